package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"gridstar/analytics/access"
)

type task struct {
	ID, State, File, Error string
	Size                   int64
	Tables                 []struct {
		Job, Accepted, Unchanged int64
		Profile, Error           string
	}
	Links map[string]string
}

const csv = "no,at,text,org\na-1,2026-02-01 08:00:00,路灯,C11\na-2,2026-02-02 08:00:00,路灯,C11\n"

// form is a multipart form with files.
func form(t *testing.T, files ...string) (kind, body string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, name := range files {
		w, err := m.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, csv)
	}
	m.Close()
	return m.FormDataContentType(), b.String()
}

// A file is taken as body or as form, loaded by the queue, and its job says what became of it.
func TestJobs(t *testing.T) {
	s := newSite(t)
	token := s.clerk("")
	kind, body := form(t, "C:\\fakepath\\诉求.csv")
	var ids []string
	for _, w := range []*httptest.ResponseRecorder{
		s.ask(http.MethodPost, "/api/v1/jobs?name=a.csv&profile=plain", token, "text/csv", csv),
		s.ask(http.MethodPost, "/api/v1/jobs", token, kind, body),
	} {
		got := into[task](s, w)
		if w.Code != http.StatusAccepted || w.Header().Get("Location") != "/api/v1/jobs/"+got.ID || got.Links["self"] != "/api/v1/jobs/"+got.ID || got.State != "queued" || got.Size != int64(len(csv)) {
			t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		ids = append(ids, got.ID)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.desk.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	var sum [2]int64
	for i, id := range ids {
		var got task
		s.until(func() bool {
			w := s.ask(http.MethodGet, "/api/v1/jobs/"+id, token, "", "")
			got = into[task](s, w)
			if (w.Header().Get("Retry-After") == "") != (got.State == "done") {
				t.Errorf("%s: %v", got.State, w.Header())
			}
			return got.State == "done"
		})
		if len(got.Tables) != 1 || got.Tables[0].Profile != "plain" || got.File != []string{"a.csv", "诉求.csv"}[i] {
			t.Fatalf("%+v", got)
		}
		sum[0] += got.Tables[0].Accepted
		sum[1] += got.Tables[0].Unchanged
	}
	if sum != [2]int64{2, 2} || s.facts() != 2 {
		t.Errorf("accepted and unchanged %v, %d matters", sum, s.facts())
	}

	// what others handed in does not exist, whoever they are
	none := s.ask(http.MethodGet, "/api/v1/jobs/none", token, "", "").Body.String()
	for _, other := range []string{s.clerk("S1"), s.token("second", access.Clerk, "")} {
		if w := s.ask(http.MethodGet, "/api/v1/jobs/"+ids[0], other, "", ""); w.Code != http.StatusNotFound || w.Body.String() != none {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

// until waits for a condition that another goroutine brings about.
func (s *site) until(done func() bool) {
	s.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			s.Fatal("it does not come about")
		}
	}
}

// What cannot be taken is refused with a sentence, and nothing of it stays.
func TestJobsRefuses(t *testing.T) {
	s := newSite(t)
	token, hers := s.clerk(""), s.clerk("S1")
	two, both := form(t, "a.csv", "b.csv")
	one, whole := form(t, "a.csv")
	none, empty := form(t)
	for what, c := range map[string]struct {
		address, token, kind, body string
		want                       int
	}{
		"no name":              {"/api/v1/jobs", token, "text/csv", csv, 400},
		"nothing":              {"/api/v1/jobs?name=a.csv", token, "text/csv", "", 400},
		"two files":            {"/api/v1/jobs", token, two, both, 400},
		"a form without file":  {"/api/v1/jobs", token, none, empty, 400},
		"a form without end":   {"/api/v1/jobs", token, one, whole[:len(whole)-20], 400},
		"no boundary":          {"/api/v1/jobs", token, "multipart/form-data", whole, 400},
		"an unknown ledger":    {"/api/v1/jobs?name=a.csv&profile=none", token, "text/csv", csv, 422},
		"a unit of others":     {"/api/v1/jobs?name=a.csv&org=C21", hers, "text/csv", csv, 404},
		"a parameter too many": {"/api/v1/jobs?name=a.csv&scope=all", token, "text/csv", csv, 400},
		"nobody":               {"/api/v1/jobs?name=a.csv", "", "text/csv", csv, 401},
	} {
		w := s.ask(http.MethodPost, c.address, c.token, c.kind, c.body)
		if w.Code != c.want {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
		s.problem(what, w)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/api/v1/jobs?name=a.csv", io.MultiReader(strings.NewReader(csv), iotest.ErrReader(errors.New("reset"))))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("broken off: %d %s", w.Code, w.Body)
	}
	for _, u := range s.desk.Uploads(nil) {
		if u.State != "discarded" || !u.Gone {
			t.Errorf("%+v", u)
		}
	}
}
