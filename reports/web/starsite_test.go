package web

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/reports/assets"
)

// twoStars is a rulebook that can be worked out in the head: a star is one indicator, from 0 to 100 %.
const twoStars = `
id = "测试"
version = "v9"
label = "测试规则"
note = "测试用。"
level = ["branch", "community"]
[threshold]
lit = 70
warning = 60
total = 150
min_rated = 0.70
prerequisite = "ZB"
[star.GJ]
name = "共建共享星"
[star.ZB]
name = "支部过硬星"
[indicator.GJ1]
star = "GJ"
name = "基层化解率"
type = "C"
metric = "grassroots_resolved_share"
direction = "up"
method = "linear"
floor = 0
target = 100
full = 100
min_n = 1
[indicator.ZB1]
star = "ZB"
name = "办结率"
type = "C"
metric = "close_rate"
direction = "up"
method = "linear"
floor = 0
target = 100
full = 80
min_n = 1
[indicator.ZB2]
star = "ZB"
name = "阵地建设"
type = "J"
method = "judged"
full = 20
explain = "看台账。"
`

// hostile is a name that would run as a script or a formula where it is not quoted.
const hostile = `=1+1<img src=x onerror=alert(1)>"'党委`

// starSite is two streets with four communities and their branches on 1 April 2026. Each community has received 10
// matters but the last, of which no ledger came:
//
//	branch          closed  in grid or community   ZB = 80 × closed / 10       GJ
//	B1 朝阳 (S1)     9       9                      72.00 lit                   100.00 lit
//	B2 民族 (S1)     8       4                      64.00 临界, 6.00 short      50.00
//	B3 hostile (S2)  5       5                      40.00                       100.00 lit
//	B4 东安 (S2)     -       -                      待补数据                     待补数据
//
// Totals are 172, 114, 140 and none: places 1, 3, 2. The medians are 64.00 and 100.00.
func starSite(t *testing.T) *Server {
	t.Helper()
	s, w := emptySite(t, fstest.MapFS{"catalog/rulebook.toml": {Data: []byte(twoStars)}})
	job := begin(t, w)
	for _, row := range [][]any{
		{"area", "district", "D", nil, "示范区", 1},
		{"area", "street", "S1", "D", "红旗街道", 1},
		{"area", "street", "S2", "D", "光明街道", 2},
		{"area", "community", "C1", "S1", "朝阳社区", 1},
		{"area", "community", "C2", "S1", "民族社区", 2},
		{"area", "community", "C3", "S2", "向阳社区", 1},
		{"area", "community", "C4", "S2", "东安社区", 2},
		{"area", "grid", "G1", "C1", "第一网格", 1},
		{"party", "committee", "P1", nil, "红旗街道党工委", 1},
		{"party", "committee", "P2", nil, "光明街道党工委", 2},
		{"party", "branch", "B1", "P1", "朝阳社区党委", 1},
		{"party", "branch", "B2", "P1", "民族社区党委", 2},
		{"party", "branch", "B3", "P2", hostile, 1},
		{"party", "branch", "B4", "P2", "东安社区党委", 2},
	} {
		insert(t, job, "org", "tree, level, code, parent_code, name, sort, valid_from", append(row, "1900-01-01")...)
	}
	n := 0
	for _, x := range []struct {
		community                 string
		closed, grid, outOfStreet int
	}{{"C1", 9, 9, 0}, {"C2", 8, 4, 4}, {"C3", 5, 5, 0}} {
		for i := range 10 {
			n++
			var closed, level any
			if i < x.closed {
				closed, level = "2026-02-10", "街道"
				if i < x.grid {
					level = "网格"
				}
			}
			insert(t, job, "record", "id, source_system, content, kind, org_code, received_at, closed_at, resolved_level",
				fmt.Sprint("r", n), "test", "0", "SQ", x.community, "2026-02-01", closed, level)
		}
		insert(t, job, "coverage", "shape, subject, org_code, period_from, period_to, stated_by", "record", "SQ", x.community, "2026-01-01", "2026-04-01", "test")
	}
	for i := range 4 {
		insert(t, job, "org_cover", "party_code, area_code", fmt.Sprint("B", i+1), fmt.Sprint("C", i+1))
	}
	publish(t, job)
	return s
}

// emptySite serves a warehouse without anything in it.
func emptySite(t *testing.T, files fstest.MapFS) (*Server, *warehouse.Warehouse) {
	t.Helper()
	if !assets.Built() {
		t.Skip("the front-end files were not built: run make assets")
	}
	cat, err := catalog.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return date("2026-04-01") }
	lease, err := warehouse.Acquire(warehouse.Dir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	w, err := warehouse.Open(context.Background(), lease, warehouse.Options{Threads: 2, MinFree: 1, Log: quiet, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		lease.Release()
	})
	log, err := access.OpenLog(w.Dir(), access.LogOptions{Now: now, Key: w.Derive("audit"), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	store, err := access.OpenStore(w.Dir(), access.Options{Now: now, Log: log, Key: w.Derive("access"), Settings: cat.Access})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(store.Close(), log.Close()); err != nil {
			t.Error(err)
		}
	})
	desk, err := intake.Open(intake.Options{Dir: string(w.Dir()), Now: now, Log: quiet, Ingester: func() (*ingest.Ingester, error) { return nil, errors.New("nothing is handed in here") }})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{
		Access: store, Audit: log, Desk: desk,
		Warehouse: w, Catalog: cat, Engine: analytics.NewEngine(w, cat, analytics.EngineOptions{}), Units: &units.Cache{}, Now: now, Log: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, w
}

func begin(t *testing.T, w *warehouse.Warehouse) *warehouse.Job {
	t.Helper()
	job, err := w.Begin(context.Background(), warehouse.Spec{Verb: "ingest", All: true})
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func publish(t *testing.T, job *warehouse.Job) {
	t.Helper()
	if _, err := job.Publish(context.Background(), warehouse.Totals{}); err != nil {
		t.Fatal(err)
	}
}

func insert(t *testing.T, job *warehouse.Job, table, columns string, values ...any) {
	t.Helper()
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")
	query := fmt.Sprintf("INSERT INTO %s (%s, job, row, since) VALUES (%s, %d, 1, %[4]d)", table, columns, marks, job.ID)
	if _, err := job.Exec(context.Background(), query, values...); err != nil {
		t.Fatalf("%v in %s", err, query)
	}
}

// response is a page as it was sent.
type response struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// leader holds everything but the audit log.
var leader = &access.Caller{Account: "leader", Name: "leader", Grants: []access.Grant{{Role: access.DistrictLeader, Petitions: true, Care: true}, {Role: access.Administrator}}}

// get asks as somebody who holds everything.
func get(t *testing.T, s *Server, url string) response {
	t.Helper()
	const name = "leader"
	if _, ok := s.Access.Account(name); !ok {
		if err := s.Access.Add(access.Actor{}, access.NewAccount{Name: name, Display: name, Grants: leader.Grants}); err != nil {
			t.Fatal(err)
		}
	}
	link, err := s.Access.Entrance(name)
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.Access.Enter(t.Context(), link.Key, access.Visit{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+url, nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: in.Token})
	s.ServeHTTP(w, r)
	return response{t, w.Code, w.Header(), w.Body.String()}
}

var (
	tags   = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// text is what a reader sees of some HTML.
func text(body string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(body, " ")), " "))
}

// all are the texts of what a pattern's first group matches.
func (r response) all(pattern string) []string {
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(r.body, -1) {
		found = append(found, text(m[1]))
	}
	return found
}

// one is the text of the only match.
func (r response) one(pattern string) string {
	r.t.Helper()
	found := r.all(pattern)
	if len(found) != 1 {
		r.t.Fatalf("%q is there %d times", pattern, len(found))
	}
	return found[0]
}

func (r response) links() []string {
	var found []string
	for _, m := range regexp.MustCompile(`(?:href|action)="([^"]*)"`).FindAllStringSubmatch(r.body, -1) {
		found = append(found, html.UnescapeString(m[1]))
	}
	return found
}
