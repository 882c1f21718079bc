package analytics

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gridstar/analytics/units"
)

// What a scoped caller reads equals what anybody reads in a warehouse that holds only the rows of that scope, and
// of other units no more than the names above. Any leak through totals, coverage, comparison, roll-ups or order
// shows as a difference.
func TestScopeEqualsAWarehouseWithoutTheRest(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	scope := units.Only("C1", "G31", "E9")
	full, part := newFixture(t), newFixture(t)
	base := readCase(t, "base.inc")
	org := append(base[0].rows, strings.Fields("party estate_branch E9 B2 楼院支部 2 -"))
	inside := map[string]bool{"C1": true, "G11": true, "G12": true, "G31": true, "E9": true, "G21": true} // E9 covers G21
	above := map[string]bool{"D": true, "S1": true, "S2": true, "C2": true, "C3": true, "P1": true, "B1": true, "B2": true, "E1": true}
	covers := append(base[1].rows, []string{"E9", "G21"})
	full.insert("org", org)
	full.insert("org_cover", covers)
	part.insert("org_cover", covers)
	kept := [][]string{org[0]}
	for _, r := range org[1:] {
		r = append([]string{}, r...)
		switch {
		case inside[r[2]]:
		case above[r[2]]:
			r[6] = "-" // its attributes are not the scope's
		default:
			continue
		}
		kept = append(kept, r)
	}
	part.insert("org", kept)

	codes := []string{"D", "S1", "S2", "C1", "C2", "C3", "G11", "G12", "G21", "G31", "P1", "B1", "B2", "E1", "E9", "X9", "-"}
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	day := func() string {
		return fmt.Sprintf("2026-0%d-%02dT%02d:30", 1+rng.IntN(4), 1+rng.IntN(28), rng.IntN(24))
	}
	both := func(table string, header string, rows [][]string, own func(r []string) bool) {
		var some [][]string
		for _, r := range rows {
			if own(r) {
				some = append(some, r)
			}
		}
		h := strings.Fields(header)
		full.insert(table, append([][]string{h}, rows...))
		part.insert(table, append([][]string{h}, some...))
	}
	of := func(i int) func([]string) bool { return func(r []string) bool { return inside[r[i]] } }
	var rows [][]string
	for i := range 400 {
		rows = append(rows, []string{
			fmt.Sprintf("r%d", i), pick(codes...), pick("SQ", "SQ", "DB", "WX"), day(), pick(day(), "-"), pick(day(), "-"), pick(day(), "-"),
			pick("true", "true", "false"), pick("true", "false"), pick("满意", "基本满意", "-"), pick("已办结", "作废", "挂账", "-"), pick("物业管理", "消防安全", "怪类", "-"),
		})
	}
	both("record", "id org_code kind received_at due_at closed_at visited_at valid_visit contacted satisfaction status category", rows, of(1))
	rows = nil
	for i := range 80 {
		rows = append(rows, []string{fmt.Sprintf("a%d", i), pick("联席会", "义诊"), pick(codes...), day()})
	}
	both("activity", "id type org_code held_at", rows, of(2))
	rows = nil
	for i := range 60 {
		rows = append(rows, []string{fmt.Sprintf("f%d", i), pick(codes...), pick("households", "staff", "甲"), day(), fmt.Sprint(rng.IntN(100))})
	}
	both("figure", "id org_code measure as_of value", rows, of(1))
	rows = nil
	for i := range 40 {
		rows = append(rows, []string{fmt.Sprintf("p%d", i), "facility", pick(codes...), day()})
	}
	both("place", "id type org_code opened_on", rows, of(2))
	rows = nil
	for range 80 {
		from := 1 + rng.IntN(27)
		rows = append(rows, []string{
			"record", pick("SQ", "DB", "WX"), pick(codes...), fmt.Sprintf("2026-0%d-%02d", 1+rng.IntN(3), from), fmt.Sprintf("2026-04-%02d", from),
		})
	}
	both("coverage", "shape subject org_code period_from period_to", rows, func(r []string) bool { return inside[r[2]] || above[r[2]] || r[2] == "-" })

	cat := siteFS{}.load(t)
	// Not joint_meeting_rate: in the small warehouse the units above owe meetings too. testdata/due.txt has its scope.
	metrics := []string{
		"received", "close_rate", "on_time_rate", "due_on_time_rate", "closed", "handle_hours_p50", "three_rates_score", "wishes",
		"households", "received_per_1000_households", "activities", "facilities", "staff", "figure:甲",
	}
	levels := []string{"org:district", "org:street", "org:community", "org:grid", "org:branch", "org:estate_branch", "org:committee"}
	asked := 0
	for range 100 {
		q := Query{From: moment(t, "2026-01-01"), To: moment(t, "2026-05-01"), Now: moment(t, pick("2026-03-10", "2026-06-01"))}
		for range 1 + rng.IntN(3) {
			if m := pick(metrics...); !strings.Contains(strings.Join(q.Metrics, " ")+" ", m+" ") {
				q.Metrics = append(q.Metrics, m)
			}
		}
		for _, dims := range [][]string{levels, {"month", "quarter", "week"}, {"kind", "category", "weekday", "hour"}, levels} {
			if rng.IntN(2) == 0 {
				if d := pick(dims...); len(q.Dims) == 0 || q.Dims[0] != d {
					q.Dims = append(q.Dims, d)
				}
			}
		}
		q.Compare = Compare(pick("", "", "prev", "yoy"))
		if rng.IntN(3) == 0 {
			q.Org = pick("C1", "G12", "E9")
		}
		if rng.IntN(4) == 0 {
			q.Where = []Filter{{"kind", []string{pick("SQ", "WX")}}}
		}
		q.Scope = scope
		scoped, err1 := full.run(cat, q)
		q.Scope = units.Everything()
		alone, err2 := part.run(cat, q)
		if err1 != nil || err2 != nil {
			if !errors.Is(err1, ErrUnsupported) || !errors.Is(err2, ErrUnsupported) {
				t.Fatalf("%+v\n%v\n%v", q, err1, err2)
			}
			continue
		}
		asked++
		if a, b := objectsOf(t, scoped), objectsOf(t, alone); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("metrics %v dims %v org %q where %v compare %q now %v\nscoped\n%v\nalone\n%v", q.Metrics, q.Dims, q.Org, q.Where, q.Compare, q.Now, lines(a), lines(b))
		}
	}
	if asked < 40 {
		t.Errorf("only %d queries were compared", asked)
	}
}

func lines(rows []map[string]any) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintln(&b, r)
	}
	return b.String()
}

func TestNoScopeSeesNothing(t *testing.T) {
	f := newFixture(t)
	q := Query{Metrics: []string{"received"}, From: moment(t, "2026-01-01"), To: moment(t, "2026-02-01"), Now: moment(t, "2026-02-01")}
	if _, err := f.run(siteFS{}.load(t), q); !errors.Is(err, ErrScope) {
		t.Errorf("error %v, want %v", err, ErrScope)
	}
}
