package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
	"gridstar/reports/web"
)

// site is a data directory with two streets of one community each, on 2026-03-01 at 8 o'clock, answered by the whole site's
// handler: guard and all.
type site struct {
	testing.TB
	dir     string
	w       *warehouse.Warehouse
	levels  units.Levels
	access  *access.Store
	audit   *access.Log
	desk    *intake.Desk
	handler http.Handler
	log     strings.Builder
}

const unitTable = `code|name|level|parent
D|示范区|district|
S1|红旗街道|street|D
S2|东风街道|street|D
C11|朝阳社区|community|S1
C21|建设社区|community|S2`

// plain is a ledger of matters; rows are known by their number.
const plain = `name = "plain"
shape = "record"
crs = "wgs84"
[match]
headers = ["no", "at", "text"]
[constants]
source_system = "plain"
[fields]
kind = { column = "kind", default = "SQ" }
source_no = "no"
lon = "lon"
lat = "lat"
received_at = "at"
text = "text"
org_code = "org"
`

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{TB: t, dir: t.TempDir()}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := warehouse.Dir(s.dir)
	lease, err := warehouse.Acquire(dir)
	must(err)
	clock := func() time.Time { return now }
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	s.w, err = warehouse.Open(context.Background(), lease, warehouse.Options{Threads: 2, MemoryMiB: 512, MinFree: 1, Now: clock, Log: log})
	must(err)
	t.Cleanup(func() {
		must(s.w.Close())
		lease.Release()
	})
	cat, err := catalog.Load(os.DirFS(s.dir))
	must(err)
	p, err := profile.Parse([]byte(plain), "plain.toml", profile.Options{NeedMatch: true})
	must(err)
	in := &ingest.Ingester{
		Warehouse: s.w, Catalog: cat, Profiles: profile.NewSet(p), Levels: units.Levels(cat.Levels), Units: &units.Cache{}, Now: clock,
	}
	s.levels = in.Levels
	var rows [][]string
	for line := range strings.Lines(unitTable) {
		rows = append(rows, strings.Split(strings.TrimSpace(line), "|"))
	}
	_, err = units.LoadTable(t.Context(), s.w, rows, units.TableOptions{Levels: in.Levels, Now: now, File: "单位.csv"})
	must(err)
	s.audit, err = access.OpenLog(dir, access.LogOptions{Now: clock, Key: s.w.Derive("audit"), Log: log})
	must(err)
	t.Cleanup(func() { s.audit.Close() })
	s.access, err = access.OpenStore(dir, access.Options{Now: clock, Log: s.audit, Key: s.w.Derive("access"), Settings: cat.Access, Site: cat.Site.Name})
	must(err)
	s.desk, err = intake.Open(intake.Options{
		Dir: s.dir, Now: clock, MinFree: 1, Log: log, Patience: 20 * time.Millisecond,
		Ingester: func() (*ingest.Ingester, error) { return in, nil },
	})
	must(err)
	s.handler, err = web.New(web.Options{
		Warehouse: s.w, Catalog: cat, Units: in.Units, Now: clock, Version: "test", Access: s.access, Audit: s.audit, Desk: s.desk, Log: log,
		Engine: analytics.NewEngine(s.w, cat, analytics.EngineOptions{}),
	})
	must(err)
	return s
}

var byVerb = access.Actor{Account: access.CommandLine}

// token makes an account with a grant and a token for it.
func (s *site) token(name string, role access.Role, org string) string {
	s.Helper()
	if _, ok := s.access.Account(name); !ok {
		if err := s.access.Add(byVerb, access.NewAccount{Name: name, Display: name, Grants: []access.Grant{{Role: role, Org: org}}}); err != nil {
			s.Fatal(err)
		}
	}
	secret, err := s.access.IssueToken(byVerb, name, access.NewToken{Label: "测试", Role: role, Org: org, Until: now.AddDate(0, 0, 30)})
	if err != nil {
		s.Fatal(err)
	}
	return secret
}

// clerk is the token of somebody who may load for a unit; "" for the whole site.
func (s *site) clerk(org string) string { return s.token("clerk"+org, access.Clerk, org) }

// ask sends a request as a program would.
func (s *site) ask(method, address, token, kind, body string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(method, "http://localhost"+address, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func (s *site) post(address, token, body string) *httptest.ResponseRecorder {
	s.Helper()
	return s.ask(http.MethodPost, address, token, "application/json", body)
}

// rows is a JSON array of n matters of a community, whose numbers begin with a name.
func rows(name, org string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"no":"%s-%d","at":"2026-02-%02d 08:00:00","text":"楼道灯不亮（%d）","org":"%s"}`, name, i, 1+i%28, i, org))
	}
	return "[" + strings.Join(all, ",") + "]"
}

// into reads an answer.
func into[T any](s *site, w *httptest.ResponseRecorder) (v T) {
	s.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		s.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return v
}

// facts is how many live matters there are.
func (s *site) facts() (n int) {
	s.Helper()
	err := s.w.View(s.Context(), func(v *warehouse.View) error {
		rows, err := v.Query(s.Context(), "SELECT count(*) FROM record")
		if err != nil {
			return err
		}
		defer rows.Close()
		rows.Next()
		return rows.Scan(&n)
	})
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// last are the latest lines of the audit log, the newest first, as event outcome object.
func (s *site) last(n int) (all []string) {
	s.Helper()
	page, err := s.audit.Find(s.Context(), access.Filter{Limit: n})
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range page.Entries {
		all = append(all, fmt.Sprintf("%s %s %s %s", e.Account, e.Event, e.Outcome, e.Object))
	}
	return all
}
