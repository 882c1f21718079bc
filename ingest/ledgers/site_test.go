package ledgers_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
	"gridstar/ingest/profile"
)

// site is a warehouse with the units below, on 2026-03-01 at 8 o'clock. Two communities have a 第一网格.
type site struct {
	t  testing.TB
	w  *warehouse.Warehouse
	in *ingest.Ingester
}

const unitTable = `code|name|level|parent|aliases|covers
D|示范区|district|||
S1|红旗街道|street|D||
S2|东风街道|street|D||
C11|朝阳社区|community|S1||
C12|和平社区|community|S1|和平里|
C21|建设社区|community|S2||
G111|第一网格|grid|C11||
G112|第二网格|grid|C11||
G121|第一网格|grid|C12||
G122|第二网格|grid|C12||
G211|第一网格|grid|C21||
P1|红旗街道党工委|committee|||S1
P11|朝阳社区党委|branch|P1||C11
P12|和平社区党委|branch|P1||C12
P111|金桂园党支部|estate_branch|P11||G111
P1111|金桂园1号楼党小组|cell|P111||`

func newSite(t testing.TB) *site {
	t.Helper()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	lease, err := warehouse.Acquire(warehouse.Dir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	w, err := warehouse.Open(context.Background(), lease, warehouse.Options{Threads: 2, MemoryMiB: 512, MinFree: 1, Now: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
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
	s := &site{t: t, w: w, in: &ingest.Ingester{
		Warehouse: w, Catalog: cat, Profiles: profile.NewSet(builtin...), Levels: units.Levels(cat.Levels), Units: &units.Cache{}, Now: clock,
	}}
	var rows [][]string
	for line := range strings.Lines(unitTable) {
		rows = append(rows, strings.Split(strings.TrimSpace(line), "|"))
	}
	if _, err := units.LoadTable(context.Background(), w, rows, units.TableOptions{Levels: s.in.Levels, Now: now, File: "单位.csv"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// load loads the file of an example with nothing given but its options.
func (s *site) load(e *example) (ingest.Result, error) {
	s.t.Helper()
	f, err := os.Open(e.file)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	return s.in.Load(context.Background(), ingest.Request{File: f, Name: filepath.Base(e.file), Org: e.options["org"], CRS: geo.CRS(e.options["crs"])})
}

// table runs a query and gives a line per row, | between the columns, "·" for null.
func (s *site) table(query string, args ...any) string {
	s.t.Helper()
	var b strings.Builder
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
		s.t.Fatalf("%s: %v", query, err)
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

// everything is all text that the warehouse holds of ledgers and jobs.
func (s *site) everything() string {
	s.t.Helper()
	var b strings.Builder
	for _, name := range []string{"record", "activity", "figure", "place", "coverage", "reject", "job"} {
		b.WriteString(s.table("SELECT * FROM " + name))
	}
	return b.String()
}
