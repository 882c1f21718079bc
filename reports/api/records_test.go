package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gridstar/analytics/access"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/intake"
	"gridstar/reports/api"
)

type counts struct {
	Job, Rows, Accepted, Unchanged, Rejected, Replaced int64
	Rejects                                            []struct {
		Row                     int64
		Column, Reason, Message string
	}
	Coverage string
}

// The same rows twice are there once, and a row that says something else replaces its older copy.
func TestRecords(t *testing.T) {
	s := newSite(t)
	token := s.clerk("")
	const address = "/api/v1/records?profile=plain"
	for i, want := range []counts{{Rows: 3, Accepted: 3}, {Rows: 3, Unchanged: 3}} {
		w := s.post(address, token, rows("a", "C11", 3))
		got := into[counts](s, w)
		if w.Code != http.StatusOK || got.Rows != 3 || got.Accepted != want.Accepted || got.Unchanged != want.Unchanged || got.Job == 0 || got.Rejects == nil {
			t.Errorf("%d: %d %s", i, w.Code, w.Body)
		}
		if kind := w.Header().Get("Content-Type"); kind != "application/json; charset=utf-8" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("headers %v", w.Header())
		}
	}
	w := s.post("/api/v1/records", token, strings.Replace(rows("a", "C11", 1), "楼道", "路口", 1)) // recognised by its keys
	if got := into[counts](s, w); got.Accepted != 1 || got.Replaced != 1 || s.facts() != 3 {
		t.Errorf("%s, %d matters", w.Body, s.facts())
	}
	if lines := s.last(3); !slices.Equal(lines, []string{
		"clerk imported done POST /api/v1/records", "clerk imported done POST /api/v1/records profile=plain", "clerk imported done POST /api/v1/records profile=plain",
	}) {
		t.Errorf("%q", lines)
	}
}

// Rows that cannot be taken are named, and the others are; above the limit nothing is.
func TestRecordsRejects(t *testing.T) {
	s := newSite(t)
	token := s.clerk("")
	body := strings.TrimSuffix(rows("a", "C11", 3), "]") + `,{"no":"a-9","at":"昨天","text":"x"},{"no":"a-8","at":"2026-02-01","at":"2026-02-02"}]`
	w := s.post("/api/v1/records?profile=plain&max_rejects=50%25", token, body)
	got := into[counts](s, w)
	if w.Code != http.StatusOK || got.Accepted != 3 || got.Rejected != 2 || len(got.Rejects) != 2 ||
		got.Rejects[0].Row != 4 || got.Rejects[0].Reason != "bad_time" || got.Rejects[0].Message == "" || got.Rejects[1].Row != 5 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = s.post("/api/v1/records?profile=plain&max_rejects=1", token, strings.ReplaceAll(body, `"a-`, `"b-`))
	p := into[api.Problem](s, w)
	if w.Code != http.StatusUnprocessableEntity || len(p.Rejects) != 2 || p.Result == nil || p.Result.Rejected != 2 || s.facts() != 3 {
		t.Errorf("%d %s, %d matters", w.Code, w.Body, s.facts())
	}
	if lines := s.last(2); !strings.HasPrefix(lines[0], "clerk imported failed ") || !strings.HasPrefix(lines[1], "clerk imported done ") {
		t.Errorf("%q", lines)
	}
}

// What is wrong with a request is said in one Chinese sentence, and nothing is stored.
func TestRecordsRefuses(t *testing.T) {
	s := newSite(t)
	token := s.clerk("")
	const address = "/api/v1/records?profile=plain"
	good := rows("a", "C11", 1)
	for what, c := range map[string]struct {
		address, kind, body string
		want                int
	}{
		"a form":              {address, "application/x-www-form-urlencoded", good, 415},
		"no type":             {address, "", good, 415},
		"text":                {address, "text/plain", good, 415},
		"no JSON":             {address, "application/json", "no,at\n", 400},
		"nothing":             {address, "application/json", "", 400},
		"an object":           {address, "application/json", `{"no":"1"}`, 400},
		"broken off":          {address, "application/json", good[:len(good)-3], 400},
		"no end":              {address, "application/json", strings.TrimSuffix(good, "]"), 400},
		"something behind":    {address, "application/json", good + good, 400},
		"numbers":             {address, "application/json", "[1,2]", 400},
		"an array in it":      {address, "application/json", "[" + good + "]", 400},
		"null":                {address, "application/json", "null", 400},
		"a null row":          {address, "application/json", "[null]", 400},
		"no rows":             {address, "application/json", "[]", 422},
		"a row too many":      {address, "application/json", "[" + strings.Repeat(`{"no":"1"},`, api.MaxRows) + `{"no":"1"}]`, 413},
		"too many bytes":      {address, "application/json", `[{"no":"` + strings.Repeat("x", 17<<20) + `"}]`, 413},
		"deep":                {address, "application/json", `[{"no":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}]`, 400},
		"an unknown ledger":   {"/api/v1/records?profile=none", "application/json", good, 422},
		"keys of no ledger":   {"/api/v1/records", "application/json", `[{"甲":"1"}]`, 422},
		"keys are missing":    {address, "application/json", `[{"no":"1"}]`, 422},
		"an unknown system":   {address + "&crs=beijing54", "application/json", good, 422},
		"an unknown limit":    {address + "&max_rejects=many", "application/json", good, 422},
		"an unknown unit":     {address + "&org=none", "application/json", good, 422},
		"a parameter twice":   {address + "&profile=plain", "application/json", good, 400},
		"another parameter":   {address + "&role=administrator", "application/json", good, 400},
		"bytes in the query":  {address + "&org=%ff", "application/json", good, 400},
		"all rows are wrong":  {address + "&max_rejects=10%25", "application/json", `[{"no":"1","at":"x","text":""}]`, 422},
		"SQL for a parameter": {address + "&org=" + "%27%20OR%201=1--", "application/json", good, 422},
	} {
		w := s.ask(http.MethodPost, c.address, token, c.kind, c.body)
		p := s.problem(what, w)
		if w.Code != c.want || p.Status != c.want {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	if n := s.facts(); n != 0 {
		t.Errorf("%d matters", n)
	}
	if s.log.Len() > 0 {
		t.Errorf("the operator is told: %s", s.log.String())
	}
}

// problem checks that an answer is an error as programs expect it.
func (s *site) problem(what string, w *httptest.ResponseRecorder) (p api.Problem) {
	s.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Header().Get("Content-Type") != "application/problem+json; charset=utf-8" {
		s.Errorf("%s: %d %v %s", what, w.Code, w.Header(), w.Body)
		return p
	}
	if n := strings.Count(p.Detail, "。") + strings.Count(p.Detail, "？"); n < 1 || !strings.HasSuffix(p.Detail, "。") || p.Title == "" || p.Type == "" {
		s.Errorf("%s: %+v is no sentence", what, p)
	}
	for _, machine := range []string{"json:", "invalid", "Binder", "SELECT", "error"} {
		if strings.Contains(p.Detail, machine) {
			s.Errorf("%s: %q talks like a machine", what, p.Detail)
		}
	}
	return p
}

// 10,000 rows are not too many.
func TestRecordsAtTheLimit(t *testing.T) {
	s := newSite(t)
	w := s.post("/api/v1/records?profile=plain", s.clerk(""), rows("a", "C11", api.MaxRows))
	if got := into[counts](s, w); w.Code != http.StatusOK || got.Accepted != api.MaxRows {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
}

// Only an API token of somebody who may load ledgers is let in, and only while it holds.
func TestWhoMay(t *testing.T) {
	s := newSite(t)
	clerk, leader := s.clerk("S1"), s.token("leader", access.DistrictLeader, "")
	body := rows("a", "C11", 1)
	for what, c := range map[string]struct {
		token string
		want  int
	}{
		"nobody":           {"", 401},
		"no token of ours": {"abc", 401},
		"a made-up one":    {"gst_" + strings.Repeat("A", 26), 401},
		"a leader's":       {leader, 403},
		"a clerk's":        {clerk, 200},
	} {
		w := s.post("/api/v1/records?profile=plain", c.token, body)
		if w.Code != c.want {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
		if w.Code != http.StatusOK {
			s.problem(what, w)
		}
		if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") {
			t.Errorf("%s: %v", what, w.Header())
		}
	}

	// a browser's session is not enough, whoever it is of
	link, err := s.access.Entrance("clerkS1")
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.access.Enter(t.Context(), link.Key, access.Visit{Address: "192.0.2.1", Agent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range []string{"", "cross-site"} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/api/v1/records?profile=plain", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.AddCookie(&http.Cookie{Name: "gs", Value: in.Token})
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("a session, %q: %d %s", site, w.Code, w.Body)
		}
		s.problem("a session", w)
	}

	a, _ := s.access.Account("clerkS1")
	if err := s.access.RevokeToken(byVerb, "clerkS1", a.Tokens[0].ID); err != nil {
		t.Fatal(err)
	}
	if w := s.post("/api/v1/records?profile=plain", clerk, body); w.Code != 401 {
		t.Errorf("a revoked token: %d", w.Code)
	}
	second := s.clerk("S1")
	if err := s.access.Disable(byVerb, "clerkS1"); err != nil {
		t.Fatal(err)
	}
	if w := s.post("/api/v1/records?profile=plain", second, body); w.Code != 401 {
		t.Errorf("the token of a disabled account: %d", w.Code)
	}
}

// A unit of others looks like one that does not exist, and the attempt is written down.
func TestForeignUnit(t *testing.T) {
	s := newSite(t)
	token := s.clerk("S1")
	foreign := s.post("/api/v1/records?profile=plain&org=C21", token, rows("a", "", 1))
	absent := s.post("/api/v1/records?profile=plain&org=C99", token, rows("a", "", 1))
	if foreign.Code != 404 || strings.ReplaceAll(foreign.Body.String(), "C21", "C99") != absent.Body.String() {
		t.Errorf("%d %s, %s", foreign.Code, foreign.Body, absent.Body)
	}
	s.problem("foreign", foreign)
	if lines := s.last(2); lines[1] != "clerkS1 refused denied POST /api/v1/records profile=plain org=C21" {
		t.Errorf("%q", lines)
	}
	if n := s.facts(); n != 0 {
		t.Errorf("%d matters", n)
	}
	if w := s.post("/api/v1/records?profile=plain", token, rows("a", "", 1)); w.Code != 200 { // her own unit goes without saying
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// While the ledger is being loaded a program is told to come again, and soon.
func TestBusy(t *testing.T) {
	s := newSite(t)
	token := s.clerk("")
	job, err := s.w.Begin(t.Context(), warehouse.Spec{Verb: "ingest", Spaces: []string{"plain"}})
	if err != nil {
		t.Fatal(err)
	}
	w := s.post("/api/v1/records?profile=plain", token, rows("a", "C11", 1))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	s.problem("busy", w)
	job.Abandon()
	if w := s.post("/api/v1/records?profile=plain", token, rows("a", "C11", 1)); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// What cannot be written down is not done.
func TestNoAuditNoLoad(t *testing.T) {
	s := newSite(t)
	token := s.clerk("")
	if err := s.audit.Close(); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"/api/v1/records?profile=plain", "/api/v1/jobs?name=a.json"} {
		w := s.post(address, token, rows("a", "C11", 1))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", address, w.Code, w.Body)
		}
	}
	if n := len(s.desk.Uploads(nil)); n > 1 || s.facts() != 0 {
		t.Errorf("%d uploads, %d matters", n, s.facts())
	}
}

// Addresses that are none: an answer for programs, and never a failure of ours (TRUST A20).
func TestStrangeAddresses(t *testing.T) {
	s := newSite(t)
	token := s.clerk("")
	for _, path := range []string{
		"/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/records", "/api/v1/jobs/", "/api/v1/jobs/none", "/api/v1/jobs/..%2f..%2fsecret", "/api/v1/jobs/%2e%2e",
		"/api/v1/jobs/..%5c..%5csecret", "/api/v1/jobs/%00", "/api/v1/jobs/a;x=1", "/api/v1/jobs/none/", "/api/v1/jobs/none/file", "/api/v1/jobs/%ff", "/api/v1/jobs/" + strings.Repeat("a", 5000),
	} {
		w := s.ask(http.MethodGet, path, token, "", "")
		if w.Code != http.StatusNotFound && w.Code != http.StatusMovedPermanently && w.Code != http.StatusTemporaryRedirect && w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if w.Code == http.StatusNotFound {
			s.problem(path, w)
		}
	}
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
		w := s.ask(method, "/api/v1/records", token, "", "")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
		s.problem(method, w)
	}
}

// Rows of a unit that is not the sender's are refused one by one; the others are taken.
func TestForeignRows(t *testing.T) {
	s := newSite(t)
	body := strings.TrimSuffix(rows("a", "C11", 2), "]") + "," + strings.TrimPrefix(rows("b", "C21", 1), "[")
	w := s.post("/api/v1/records?profile=plain&max_rejects=50%25", s.clerk("S1"), body)
	got := into[counts](s, w)
	if w.Code != http.StatusOK || got.Accepted != 2 || got.Rejected != 1 || got.Rejects[0].Row != 3 || s.facts() != 2 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// What files of the inbox do is written down under a name that no account can have.
func TestInboxIsNobody(t *testing.T) {
	s := newSite(t)
	if intake.Inbox != access.Inbox {
		t.Errorf("%s, %s", intake.Inbox, access.Inbox)
	}
	if err := s.access.Add(byVerb, access.NewAccount{Name: access.Inbox, Display: "x"}); !errors.Is(err, access.ErrName) {
		t.Error(err)
	}
}

// Whatever is posted: rows are counted once, what was refused left nothing, what was taken is there, and the same again
// changes nothing.
func FuzzRecords(f *testing.F) {
	for _, body := range []string{
		"[]", "[{}]", rows("a", "C11", 2), `[{"no":"1","no":"2"}]`, "[{", "null", `[{"no":null,"at":1e308,"text":[1]}]`, "[{}]x", "\xef\xbb\xbf[]",
		strings.TrimSuffix(rows("a", "C11", 2), "]") + "," + strings.TrimPrefix(rows("a", "C21", 3), "["), // numbers twice
		`[{"no":"1","at":"2026-02-01","text":"x"},{"no":"","at":"","text":""},{"no":"2","at":"昨天","text":"y"},{"no":"合计","at":"","text":"2"}]`,
		`[{"no":" 1","at":"2026-02-01","text":"x","org":"C11"},{"no":"１","at":"2026年2月1日","text":"x","org":"朝阳社区","more":{"a":1}}]`,
	} {
		f.Add(body)
	}
	s := newSite(f)
	token := s.clerk("")
	type taken struct{ Rows, Accepted, Unchanged, Rejected, Skipped, Replaced, Removed int64 }
	f.Fuzz(func(t *testing.T, body string) {
		s.TB = t
		before, version := s.facts(), s.w.Version()
		w := s.post("/api/v1/records?profile=plain&max_rejects=100%25", token, body)
		if w.Code >= 500 {
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
		if w.Code != http.StatusOK {
			if s.facts() != before || s.w.Version() != version {
				t.Errorf("%q was refused and left something: %d %s", body, w.Code, w.Body)
			}
			if p := into[api.Problem](s, w); p.Status != w.Code || !strings.HasSuffix(p.Detail, "。") {
				t.Errorf("%q: %d %s", body, w.Code, w.Body)
			}
			return
		}
		got := into[taken](s, w)
		if got.Rows != got.Accepted+got.Unchanged+got.Rejected+got.Skipped || got.Removed != 0 {
			t.Errorf("%q: %s", body, w.Body)
		}
		if after := s.facts(); int64(after-before) != got.Accepted-got.Replaced {
			t.Errorf("%q: %d matters became %d: %s", body, before, after, w.Body)
		}
		after := s.facts()
		again := into[taken](s, s.post("/api/v1/records?profile=plain&max_rejects=100%25", token, body))
		if again.Rows != got.Rows || again.Rejected != got.Rejected || again.Skipped != got.Skipped || s.facts() != after {
			t.Errorf("%q: %+v, and again %+v: %d matters became %d", body, got, again, after, s.facts())
		}
	})
}
