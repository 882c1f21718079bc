package analytics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// ledgers fills a warehouse with random facts over the units of base.inc, some with units that do not exist.
func ledgers(t *testing.T, f *fixture, rng *rand.Rand) {
	base := readCase(t, "base.inc")
	f.insert("org", base[0].rows)
	f.insert("org_cover", base[1].rows)
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	unit := func() string {
		return pick("D", "S1", "S2", "C1", "C2", "C3", "G11", "G12", "G21", "G31", "G31", "E1", "B2", "X9", "-")
	}
	day := func() string {
		return fmt.Sprintf("2026-0%d-%02dT%02d:30", 1+rng.IntN(4), 1+rng.IntN(28), rng.IntN(24))
	}
	some := func() string { return pick(day(), day(), "-") }
	truth := func() string { return pick("true", "true", "false", "-") }
	cat := siteFS{}.load(t)
	codes := func(list string) (all []string) {
		for _, c := range cat.List(list).Codes {
			all = append(all, c.Code)
		}
		return all
	}
	kinds, types, places := append(codes(catalog.ListKind), "SQ", "SQ"), codes(catalog.ListActivityType), codes(catalog.ListPlaceType)
	rows := [][]string{strings.Fields("id org_code kind channel category category2 received_at accepted_at assigned_at responded_at due_at closed_at visited_at " +
		"valid_visit contacted resolved satisfaction status resolved_level result rework_count target_group procedure quantity amount source_no")}
	for i := range 1500 {
		rows = append(rows, []string{
			fmt.Sprintf("r%d", i), unit(), pick(kinds...), pick("12345热线", "网格员上报", "窗口", "怪渠道", "-"), pick("物业管理", "消防安全", "怪类", "-"),
			pick("黑榜", "红榜", "资源", "-"), day(), some(), some(), some(), some(), some(), some(), truth(), truth(), truth(),
			pick("满意", "基本满意", "不满意", "-"), pick("已办结", "办理中", "作废", "不予受理", "挂账", "-"), pick("网格", "社区", "街道", "-"),
			pick("解决", "部分解决", "未解决", "-"), pick("0", "1", "-"), pick("一般居民", "独居", "-"), pick("攻坚", "-"),
			pick("1", "2", "-"), pick("10", "-"), fmt.Sprintf("N%d", i),
		})
	}
	f.insert("record", rows)
	rows = [][]string{strings.Fields("id type org_code held_at beneficiaries attended expected subject_key resolutions resolutions_closed hours amount quantity")}
	for i := range 500 {
		rows = append(rows, []string{
			fmt.Sprintf("a%d", i), pick(types...), unit(), day(), pick("3", "20", "-"), pick("5", "-"), pick("6", "-"), pick("k1", "k2", "k3", "-"), pick("1", "2", "-"),
			pick("1", "-"), pick("2", "-"), pick("100", "-"), pick("1", "-"),
		})
	}
	f.insert("activity", rows)
	rows = [][]string{strings.Fields("id type org_code opened_on closed_on households")}
	for i := range 150 {
		rows = append(rows, []string{fmt.Sprintf("p%d", i), pick(places...), unit(), some(), pick(day(), "-", "-"), pick("10", "-")})
	}
	f.insert("place", rows)
	rows = [][]string{strings.Fields("id org_code measure period_from period_to as_of value qualifier numerator denominator")}
	measures := []string{"甲", "households", "population", "area_km2"}
	for _, m := range cat.Metrics() {
		if m.Shape == catalog.ShapeFigure && !slices.Contains(measures, m.Measure) {
			measures = append(measures, m.Measure)
		}
	}
	for i, measure := range measures {
		m, _ := cat.Measure(measure)
		for j := range 20 {
			n := rng.IntN(100)
			row := []string{fmt.Sprintf("f%d-%d", i, j), unit(), measure, "-", "-", day(), fmt.Sprint(n), pick("exact", "ge", "-"), fmt.Sprint(n), "100"}
			if m.Grain.Level != "" {
				row[1] = pick("C1", "C2", "C3", "X9", "-")
			}
			if months := map[string]int{"month": 1, "quarter": 3, "year": 12}[m.Grain.Period]; months > 0 || m.Time != catalog.OverLast {
				first := 1
				if months == 1 {
					first += rng.IntN(4)
				}
				from := moment(t, fmt.Sprintf("2026-%02d-01", first))
				row[3], row[4], row[5] = from.Format(time.DateOnly), addMonths(from, max(months, 1)).Format(time.DateOnly), "-"
			}
			rows = append(rows, row)
		}
	}
	f.insert("figure", rows)
	f.publish()
}

// reach is what a scope of one unit holds; B1 covers C1, its E1 covers G11, B2 covers C2.
var reach = map[string][]string{
	"C1": {"C1", "G11", "G12", "B1", "E1"}, "C2": {"C2", "G21", "B2"}, "S1": {"S1", "C1", "G11", "G12", "C2", "G21", "B1", "B2", "E1"},
	"G31": {"G31"}, "E1": {"E1", "G11"},
}

// named lets a scope read the protected fields of all that it reaches.
func named(s units.Scope) units.Scope {
	s.Petitions, s.Care = units.Reach{All: true}, units.Reach{All: true}
	return s
}

// The rows behind a number are those that Run counted, for every metric of the catalogue, whatever the cell: the
// number worked out from the rows is the number of the answer.
func TestRowsAddUpToTheNumber(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 5))
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	f := newFixture(t)
	ledgers(t, f, rng)
	cat := siteFS{}.load(t)
	var groups [2][]string // records can be divided by codes, others not
	for _, m := range cat.Metrics() {
		switch {
		case m.Type == catalog.Cross || m.Type == catalog.Weighted: // their rows are those of other metrics
		case m.Shape == catalog.ShapeRecord:
			groups[0] = append(groups[0], m.ID)
		default:
			groups[1] = append(groups[1], m.ID)
		}
	}
	groups[1] = append(groups[1], "figure:甲")

	// ask compares one cell of an answer with its rows.
	filled := map[string]int{}
	ask := func(q Query, dim string) {
		asked := q
		if dim != "" {
			asked.Dims = []string{dim}
		}
		a, err := f.run(cat, asked)
		if err != nil {
			t.Fatalf("%+v: %v", asked, err)
		}
		if len(a.Rows) == 0 {
			return
		}
		row := a.Rows[rng.IntN(len(a.Rows))]
		cell, ok := cellQuery(t, q, dim, row)
		if !ok {
			return
		}
		for i, id := range q.Metrics {
			cell.Metrics = []string{id}
			page, err := f.behind(cat, RowQuery{Query: cell, Limit: MaxPage})
			if err != nil {
				t.Fatalf("%+v: %v", cell, err)
			}
			if page.Total > 0 {
				filled[id]++
			}
			if at := slices.IndexFunc(page.Columns, func(c RowColumn) bool { return c.Kind == UnitColumn }); !q.Scope.All {
				for _, r := range page.Rows {
					if code, _ := r.Cells[at].(Key).Value.(string); !slices.ContainsFunc(q.Scope.Units, func(u string) bool { return slices.Contains(reach[u], code) }) {
						t.Fatalf("%s: a row of %q in the scope %v", id, code, q.Scope.Units)
					}
				}
			}
			for _, problem := range rowsAgainst(t, f, cat, cell, page, row.Cells[i]) {
				t.Fatalf("%s of %s where %v org %q scope %v from %s to %s now %s by %q: %s", id, fmt.Sprint(row.Keys), cell.Where, cell.Org, cell.Scope,
					cell.From, cell.To, cell.Now, dim, problem)
			}
		}
	}
	for n := range 50 {
		group := groups[n%2]
		q := Query{Now: moment(t, pick("2026-02-10", "2026-03-15T10:00", "2026-06-01")), Scope: named(units.Everything())}
		month := 1 + rng.IntN(4)
		q.From = moment(t, fmt.Sprintf("2026-%02d-%s", month, pick("01", "01", "11")))
		q.To = moment(t, fmt.Sprintf("2026-%02d-%s", month+1+rng.IntN(4), pick("01", "01", "21")))
		for range 6 { // in turn, so that every metric comes several times
			q.Metrics = append(q.Metrics, group[0])
			copy(group, append(group[1:], group[0]))
		}
		dim := pick("", "org:community", "org:grid", "org:branch")
		if n%2 == 0 {
			dim = pick("", "org:community", "org:branch", "kind", "category", "channel", "status", "weekday", "month")
			if rng.IntN(3) == 0 {
				q.Where = []Filter{{"kind", []string{pick("SQ", "WX", "XFJ"), "CS"}}}
			}
		}
		switch {
		case rng.IntN(3) == 0:
			q.Scope = named(units.Only(pick("C1", "C2", "S1"), pick("G31", "E1")))
		case dim == "" && rng.IntN(2) == 0:
			q.Org = pick("S1", "C1", "C2", "G31", "E1", "B1")
		}
		ask(q, dim)
	}
	for _, group := range groups { // everything there is, so that no metric was only ever compared with nothing
		q := Query{From: moment(t, "2026-01-01"), To: moment(t, "2026-05-01"), Now: moment(t, "2026-04-20T10:00"), Scope: named(units.Everything())}
		for chunk := range slices.Chunk(group, 12) {
			q.Metrics = chunk
			ask(q, "")
		}
		for _, id := range group {
			if m, _ := cat.Metric(id); filled[id] == 0 && (m.Shape == catalog.ShapeRecord || m.Shape == catalog.ShapeActivity) {
				t.Errorf("%s never had a row", id)
			}
		}
	}
}

// cellQuery asks for one row of an answer.
func cellQuery(t *testing.T, q Query, dim string, row Row) (Query, bool) {
	q.Where = slices.Clone(q.Where)
	switch {
	case dim == "":
	case dim == "month":
		from := moment(t, fmt.Sprint(row.Keys[0].Value, "-01"))
		to := addMonths(from, 1)
		if from.After(q.From) {
			q.From = from
		}
		if to.Before(q.To) {
			q.To = to
		}
	case strings.HasPrefix(dim, orgPrefix):
		if code, ok := row.Keys[0].Value.(string); ok {
			q.Org = code
		} else {
			q.Where = append(q.Where, Filter{dim, []string{""}})
		}
	case dim == "kind" && len(q.Where) > 0:
		q.Where = []Filter{{"kind", []string{fmt.Sprint(row.Keys[0].Value)}}}
	case dim == "kind":
		// A kind that the answer lists widens what metrics without kinds count; see kindsOf.
		if !slices.Contains(catalog.Matters, fmt.Sprint(row.Keys[0].Value)) {
			return q, false
		}
		q.Where = append(q.Where, Filter{dim, []string{fmt.Sprint(row.Keys[0].Value)}})
	default:
		v := ""
		if row.Keys[0].Value != nil {
			v = fmt.Sprint(row.Keys[0].Value)
		}
		q.Where = append(q.Where, Filter{dim, []string{v}})
	}
	return q, true
}

// rowsAgainst works the number out from the rows.
func rowsAgainst(t *testing.T, f *fixture, cat *catalog.Catalog, q Query, page *RowPage, want Cell) (problems []string) {
	m := page.Metric
	same := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-6 {
			problems = append(problems, fmt.Sprintf("%s: %v from the rows, %v in the answer", what, got, want))
		}
	}
	part := map[Part]float64{}
	for _, p := range page.Parts {
		if p.Metric == "" {
			part[p.Part] = float64(p.N)
		}
	}
	same("rows of the page", float64(len(page.Rows)), part[PartBase])
	number := func(id string) (sum float64, all []float64) {
		i := slices.IndexFunc(page.Columns, func(c RowColumn) bool { return c.ID == id })
		for _, r := range page.Rows {
			n := 0.0
			switch v := r.Cells[i].(type) {
			case float64:
				n = v
			case Reading:
				n = v.Value
			}
			sum += n
			all = append(all, n)
		}
		return sum, all
	}
	// readings of one subject of a unit are averaged where its measure is a mean, then added up
	reported := func(id string) (total float64) {
		sum, all := number(id)
		if measure, _ := cat.Measure(m.Measure); measure.Time != catalog.OverMean {
			return sum
		}
		of := map[string][]float64{}
		for i, r := range page.Rows {
			subject := fmt.Sprint(r.Cells[:2])
			of[subject] = append(of[subject], all[i])
		}
		for _, some := range of {
			mean := 0.0
			for _, n := range some {
				mean += n / float64(len(some))
			}
			total += mean
		}
		return total
	}
	switch {
	case m.Type == catalog.Due:
		due, _ := number("due")
		counted, _ := number("counted")
		same("due", due, want.D)
		same("held", counted, want.N)
		same("enough and too few", part[PartHit]+part[PartMiss], part[PartBase])
	case m.Shape == catalog.ShapeFigure && m.Type == catalog.Ratio:
		same("numerators", reported("numerator"), want.N)
		same("denominators", reported("denominator"), want.D)
	case m.Shape == catalog.ShapeFigure, m.Shape == catalog.ShapeOrg:
		same("sum", reported("value"), want.N)
	case m.Type == catalog.Quantile:
		_, hours := number("hours")
		same("sample", part[PartBase], want.N)
		same("negative", part[PartFlagged], float64(want.Flagged))
		if want.Value != nil {
			same("quantile", quantile(hours, m.P), *want.Value)
		}
	case m.Type == catalog.Ratio && m.CountsRows():
		same("base", part[PartBase], want.D)
		if m.Partial == "" {
			same("hit", part[PartHit], want.N)
		}
		same("hit and miss", part[PartHit]+part[PartMiss], part[PartBase])
	case m.CountsRows():
		same("rows", part[PartBase], want.N)
	case m.ID == "beneficiaries":
		sum, _ := number("beneficiaries")
		same("sum", sum, want.N)
	case part[PartBase] == 0 && want.N != 0:
		problems = append(problems, fmt.Sprintf("no rows, but %v in the answer", want.N))
	}
	if m.ID == "satisfaction_rate" && part[PartHit] > 0 {
		hit, err := f.behind(cat, RowQuery{Query: q, Part: PartHit, Limit: MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(hit.Columns, func(c RowColumn) bool { return c.ID == "satisfaction" })
		n := 0.0
		for _, r := range hit.Rows {
			n += map[any]float64{"满意": 1, "基本满意": 0.9}[r.Cells[i].(Key).Value]
		}
		same("满意 and 0.9 基本满意", n, want.N)
	}
	return problems
}

// quantile is the linear one between the order statistics, as quantile_cont has it.
func quantile(all []float64, p float64) float64 {
	all = slices.Sorted(slices.Values(all))
	at := p * float64(len(all)-1)
	lo := int(at)
	hi := min(lo+1, len(all)-1)
	return all[lo] + (all[hi]-all[lo])*(at-float64(lo))
}
