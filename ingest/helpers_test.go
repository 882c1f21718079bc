package ingest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest/profile"
)

// site is a warehouse with the units below, on 2026-03-01 at 8 o'clock.
//
//	D 示范区 ─ S1 红旗街道 ─ C11 朝阳社区 ─ G111 第一网格, G112 第二网格
//	        │              └ C12 和平社区 (和平里) ─ G121 第一网格, G125 第五网格
//	        └ S2 东风街道 ─ C21 建设社区 ─ G211 第一网格
//	                       └ C22 朝阳社区
type site struct {
	t   testing.TB
	dir string
	w   *warehouse.Warehouse
	in  *Ingester
	now time.Time
}

const unitTable = `code|name|level|parent|aliases
D|示范区|district||
S1|红旗街道|street|D|
S2|东风街道|street|D|
C11|朝阳社区|community|S1|
C12|和平社区|community|S1|和平里
C21|建设社区|community|S2|
C22|朝阳社区|community|S2|
G111|第一网格|grid|C11|
G112|第二网格|grid|C11|
G121|第一网格|grid|C12|
G125|第五网格|grid|C12|
G211|第一网格|grid|C21|`

func newSite(t testing.TB) *site {
	t.Helper()
	s := emptySite(t)
	s.units(unitTable)
	return s
}

// emptySite has no units yet.
func emptySite(t testing.TB) *site {
	t.Helper()
	return siteIn(t, func(string) {})
}

// siteIn is an empty site whose data directory has been prepared.
func siteIn(t testing.TB, prepare func(dir string)) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	prepare(s.dir)
	lease, err := warehouse.Acquire(warehouse.Dir(s.dir))
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return s.now }
	s.w, err = warehouse.Open(context.Background(), lease, warehouse.Options{
		Threads: 2, MemoryMiB: 512, MinFree: 1, Now: clock, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.w.Close(); err != nil {
			t.Error(err)
		}
		lease.Release()
	})
	cat, err := catalog.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	builtin, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s.in = &Ingester{
		Warehouse: s.w, Catalog: cat, Profiles: profile.NewSet(builtin...), Levels: units.Levels(cat.Levels), Units: &units.Cache{}, Now: clock,
	}
	return s
}

// units loads units from a table with | between the cells.
func (s *site) units(table string) {
	s.t.Helper()
	var rows [][]string
	for line := range strings.Lines(table) {
		rows = append(rows, strings.Split(strings.TrimSpace(line), "|"))
	}
	if _, err := units.LoadTable(context.Background(), s.w, rows, units.TableOptions{Levels: s.in.Levels, Now: s.now, File: "单位.csv"}); err != nil {
		s.t.Fatal(err)
	}
}

// squares loads polygons of 0.1° side: unit → its west and south edge, WGS-84.
func (s *site) squares(level string, at map[string]orb.Point) {
	s.t.Helper()
	var fs []geo.Feature
	for code, p := range at {
		x, y := p[0], p[1]
		ring := orb.Ring{{x, y}, {x + 0.1, y}, {x + 0.1, y + 0.1}, {x, y + 0.1}, {x, y}}
		fs = append(fs, geo.Feature{Row: len(fs) + 1, Code: code, Shape: orb.MultiPolygon{{ring}}})
	}
	opt := units.LayerOptions{Level: level, Levels: s.in.Levels, CRS: geo.WGS84, Source: "t.geojson", Now: s.now}
	if _, err := units.LoadLayer(context.Background(), s.w, fs, opt); err != nil {
		s.t.Fatal(err)
	}
}

// grids draws the grids of 红旗街道; those of 东风街道 have no polygon.
func (s *site) grids() {
	s.squares("grid", map[string]orb.Point{"G111": {116.0, 39.0}, "G112": {116.1, 39.0}, "G121": {116.2, 39.0}})
}

func parse(t testing.TB, text string) *profile.Profile {
	t.Helper()
	p, err := profile.Parse([]byte(text), "t.toml", profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// option changes a request.
type option func(*Request)

func named(name string) option { return func(r *Request) { r.Name = name } }
func forOrg(code string) option {
	return func(r *Request) { r.Org = code }
}

// try loads a file with a profile given as TOML ("": recognised by the headers).
func (s *site) try(ctx context.Context, toml, data string, opts ...option) (Result, error) {
	s.t.Helper()
	name := filepath.Join(s.t.TempDir(), "t")
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		s.t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	r := Request{File: f, Name: "台账.csv"}
	if toml != "" {
		r.Profile = parse(s.t, toml)
	}
	for _, o := range opts {
		o(&r)
	}
	res, err := s.in.Load(ctx, r)
	if sum := res.Accepted + res.Unchanged + res.Rejected + res.Skipped; err == nil && res.Rows != sum {
		s.t.Errorf("%d rows, but accepted + unchanged + rejected + skipped = %d", res.Rows, sum)
	}
	return res, err
}

func (s *site) load(toml, data string, opts ...option) Result {
	s.t.Helper()
	res, err := s.try(context.Background(), toml, data, opts...)
	if err != nil {
		s.t.Fatal(err)
	}
	return res
}

// counts are a result's counts by their initials, zeros left out.
func counts(r Result) string {
	var parts []string
	for _, c := range []struct {
		name string
		n    int64
	}{
		{"rows", r.Rows},
		{"accepted", r.Accepted},
		{"replaced", r.Replaced},
		{"unchanged", r.Unchanged},
		{"rejected", r.Rejected},
		{"skipped", r.Skipped},
		{"removed", r.Removed},
		{"masked", r.Masked},
	} {
		if c.n != 0 {
			parts = append(parts, fmt.Sprintf("%s %d", c.name, c.n))
		}
	}
	return strings.Join(parts, ", ")
}

// table runs a query and gives a line per row, | between the columns, "·" for null.
func (s *site) table(query string, args ...any) string {
	s.t.Helper()
	var b bytes.Buffer
	err := s.w.View(context.Background(), func(v *warehouse.View) error {
		b.Reset()
		rows, err := v.Query(context.Background(), query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			cells, into := make([]any, len(names)), make([]any, len(names))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			for i, c := range cells {
				if i > 0 {
					b.WriteByte('|')
				}
				b.WriteString(text(c))
			}
			b.WriteByte('\n')
		}
		return rows.Err()
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "·"
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.DateTime)
	}
	return fmt.Sprint(v)
}

// want compares a query's lines.
func (s *site) want(query, lines string) {
	s.t.Helper()
	if diff := cmp.Diff(strings.TrimPrefix(lines, "\n"), s.table(query)); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

func (s *site) wantCounts(r Result, want string) {
	s.t.Helper()
	if got := counts(r); got != want {
		s.t.Errorf("got %s, want %s", got, want)
	}
}

// wantRejects compares the refused cells of a job: row|column|value|reason.
func (s *site) wantRejects(job int64, want string) {
	s.t.Helper()
	s.want(fmt.Sprintf("SELECT row, col, value, reason FROM reject WHERE job = %d ORDER BY row, rowid", job), want)
}

// content is all that the warehouse holds of facts and coverage, live and past, in a fixed order.
func (s *site) content() string {
	s.t.Helper()
	var b strings.Builder
	for _, name := range []string{"record", "activity", "figure", "place", "coverage"} {
		b.WriteString(s.table("SELECT '" + name + "', * FROM " + name + " ORDER BY ALL"))
		b.WriteString(s.table("SELECT '" + name + "_past', * FROM " + name + "_past ORDER BY ALL"))
	}
	return b.String()
}

// undo takes a job back and gives the undo's number.
func (s *site) undo(job int64) int64 {
	s.t.Helper()
	u, err := s.w.Undo(context.Background(), job)
	if err != nil {
		s.t.Fatal(err)
	}
	return u.Job
}

// warning gives the warning of a code.
func warning(t testing.TB, r Result, code string) Warning {
	t.Helper()
	for _, w := range r.Warnings {
		if w.Code == code {
			return w
		}
	}
	t.Fatalf("no warning %s among %v", code, r.Warnings)
	return Warning{}
}

// collected converts a whole table without a warehouse behind it.
func collected(l *ledger, t *table) *collector {
	k := newCollector(l)
	k.send = func(f filled) bool { f.record.Release(); return true }
	c, skip := newConverter(l), t.skip
	for b, _ := t.next(); b != nil; b, _ = t.next() {
		n := min(skip, b.Len())
		skip -= n
		k.take(c.convert(b, n))
	}
	k.end()
	return k
}
