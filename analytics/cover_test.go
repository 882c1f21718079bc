package analytics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// The covered share is worked out a second time by looking at every day, kind and leaf by itself.
func TestCoverageEqualsCountingEveryDayAndLeaf(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	f := newFixture(t)
	parent := map[string]string{}
	level := map[string]string{"D": "district"}
	codes := []string{"D"}
	add := func(code, up, lv string) {
		parent[code], level[code] = up, lv
		codes = append(codes, code)
	}
	for s := range 3 {
		street := fmt.Sprintf("S%d", s)
		add(street, "D", "street")
		for c := range 1 + rng.IntN(3) {
			community := fmt.Sprintf("%sC%d", street, c)
			add(community, street, "community")
			for g := range rng.IntN(4) {
				add(fmt.Sprintf("%sG%d", community, g), community, "grid")
			}
		}
	}
	rows := [][]string{{"tree", "code", "parent_code", "level", "name"}}
	for _, c := range codes {
		up := parent[c]
		if up == "" {
			up = "-"
		}
		rows = append(rows, []string{"area", c, up, level[c], c})
	}
	f.insert("org", rows)

	type statement struct {
		kind, org string
		from, to  time.Time
	}
	var said []statement
	begin := moment(t, "2026-01-01")
	rows = [][]string{{"shape", "subject", "org_code", "period_from", "period_to"}}
	for range 60 {
		s := statement{kind: []string{"SQ", "DB", "WX"}[rng.IntN(3)], org: codes[rng.IntN(len(codes))]}
		if rng.IntN(12) == 0 || s.org == "D" {
			s.org = "-"
		}
		s.from = begin.AddDate(0, 0, rng.IntN(60)-10)
		s.to = s.from.AddDate(0, 0, 1+rng.IntN(25))
		said = append(said, s)
		rows = append(rows, []string{"record", s.kind, s.org, s.from.Format(time.DateOnly), s.to.Format(time.DateOnly)})
	}
	f.insert("coverage", rows)

	above := func(code string) map[string]bool {
		all := map[string]bool{"-": true}
		for c := code; c != ""; c = parent[c] {
			all[c] = true
		}
		return all
	}
	children := map[string]int{}
	for _, up := range parent {
		children[up]++
	}
	share := func(unit string, kinds []string, from, to time.Time) float64 {
		covered, days := 0, 0
		for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
			for _, k := range kinds {
				days++
				all := true
				for _, leaf := range codes {
					if children[leaf] > 0 || unit != "" && !above(leaf)[unit] {
						continue
					}
					ok := false
					for _, s := range said {
						ok = ok || s.kind == k && above(leaf)[s.org] && !day.Before(s.from) && day.Before(s.to)
					}
					all = all && ok
				}
				if all {
					covered++
				}
			}
		}
		return float64(covered) / float64(days)
	}

	cat := siteFS{}.load(t)
	now := moment(t, "2026-02-10")
	seen := map[bool]int{}
	check := func(q Query, unitOf func(r Row) string, kinds []string, spanOf func(r Row) (time.Time, time.Time)) {
		t.Helper()
		a, err := f.run(cat, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Rows) == 0 {
			t.Fatal("no rows")
		}
		for _, r := range a.Rows {
			from, to := spanOf(r)
			if now.Before(to) {
				to = now
			}
			want := share(unitOf(r), kinds, from, to)
			seen[want > 0 && want < 1]++
			if math.Abs(want-r.Cells[0].Covered) > 1e-9 {
				t.Errorf("%v %v: covered %v, want %v", q.Dims, r.Keys, r.Cells[0].Covered, want)
			}
		}
	}
	q := Query{Metrics: []string{"received"}, From: begin, To: moment(t, "2026-03-01"), Now: now}
	q.Scope.All = true
	whole := func(Row) (time.Time, time.Time) { return q.From, q.To }
	site := func(Row) string { return "" }
	first := func(r Row) string { return r.Keys[0].Value.(string) }
	matters := []string{"SQ", "DB"}
	check(q, site, matters, whole)
	for _, lv := range []string{"street", "community", "grid"} {
		q.Dims = []string{"org:" + lv}
		check(q, first, matters, whole)
	}
	q.Dims = []string{"org:street", "org:community"}
	check(q, func(r Row) string { return r.Keys[1].Value.(string) }, matters, whole)
	q.Dims, q.To = []string{"org:community", "day"}, now
	check(q, first, matters, func(r Row) (time.Time, time.Time) {
		d := moment(t, r.Keys[1].Value.(string))
		return d, d.AddDate(0, 0, 1)
	})
	q.Metrics, q.Dims = []string{"wishes"}, []string{"org:street"}
	check(q, first, []string{"WX"}, whole)
	if seen[true] < 5 {
		t.Errorf("only %d partly covered cells: the test shows little", seen[true])
	}
}
