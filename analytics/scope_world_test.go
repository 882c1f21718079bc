package analytics

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
)

// A made-up site in two data versions, and what is left of it where only the units of one scope exist. Which units these
// are is written down here by hand, for each of the two versions; no code under test is asked.

// worldUnits: G22 moves from C2 to C3 with the second version. S3 has no committee; X9 covers parts of S3 and of nothing
// else; K1 covers nothing itself. G13 ends on 1 April.
const worldUnits = `
area   district       D    -    示范区          1  -           -
area   street         S1   D    红旗街道        2  -           700
area   street         S2   D    东风街道        1  -           -
area   street         S3   D    城南街道        3  -           -
area   community      C1   S1   朝阳社区        1  -           -
area   community      C2   S1   民族社区        2  -           400
area   community      C3   S2   长征社区        1  -           -
area   community      C4   S2   朝阳社区        2  -           150
area   community      C5   S3   南湖社区        1  -           -
area   community      C6   S3   北湖社区        2  -           90
area   grid           G11  C1   第一网格        1  -           100
area   grid           G12  C1   第二网格        2  -           200
area   grid           G13  C1   第三网格        3  2026-04-01  -
area   grid           G21  C2   第一网格        1  -           999
area   grid           G22  C2   第二网格        2  -           20
area   grid           G31  C3   第一网格        1  -           -
area   grid           G32  C3   第二网格        2  -           30
area   grid           G41  C4   第一网格        1  -           -
area   grid           G51  C5   第一网格        1  -           50
area   grid           G52  C5   第二网格        2  -           -
party  committee      P1   -    红旗街道党工委  1  -           -
party  committee      P2   -    东风街道党工委  2  -           -
party  branch         B1   P1   朝阳党组织      1  -           -
party  branch         B2   P1   民族党组织      2  -           -
party  branch         B3   P2   长征党组织      1  -           -
party  branch         B4   P2   朝阳党组织      2  -           -
party  estate_branch  E1   B1   一号院党支部    1  -           -
party  estate_branch  E2   B1   二号院党支部    2  -           -
party  cell           K1   E1   一号楼党小组    1  -           -
party  household      X9   -    湖滨中心户      1  -           -`

var worldCovers = strings.Fields("P1:S1 P2:S2 B1:C1 B2:C2 B3:C3 B4:C4 E1:G11 E2:G12 X9:G51 X9:C6")

// worldScope is a scope and what it reaches.
type worldScope struct {
	codes string
	units [2]string // by data version - 1
	few   string    // some units of it, for rights that hold for a part of the scope
}

var worldScopes = []worldScope{
	{"S1", [2]string{"S1 C1 G11 G12 G13 C2 G21 G22 P1 B1 E1 K1 E2 B2", "S1 C1 G11 G12 G13 C2 G21 P1 B1 E1 K1 E2 B2"}, "C1"},
	{"C1 G31", [2]string{"C1 G11 G12 G13 G31 B1 E1 K1 E2", "C1 G11 G12 G13 G31 B1 E1 K1 E2"}, "G12 G31"},
	{"B2 E1", [2]string{"C2 G21 G22 G11 B2 E1 K1", "C2 G21 G11 B2 E1 K1"}, "C2"},
	{"P2", [2]string{"S2 C3 G31 G32 C4 G41 P2 B3 B4", "S2 C3 G31 G32 G22 C4 G41 P2 B3 B4"}, "C4 G31"},
	{"X9 G12", [2]string{"G12 C6 G51 E2 X9", "G12 C6 G51 E2 X9"}, "C6"},
	{"S3 C3", [2]string{"C3 G31 G32 S3 C5 G51 G52 C6 B3 X9", "C3 G31 G32 G22 S3 C5 G51 G52 C6 B3 X9"}, "C5"},
}

// worldTable is a table of the site. Every row has its number in front, the same in every warehouse.
type worldTable struct {
	name   string
	header []string
	unit   int // column of the unit
	rows   []worldRow
}

type worldRow struct {
	row    int
	cells  []string
	begins int // the data version that brings it
	ends   int // the one that takes it away; 0: none
}

// in says whether the row is there in a version.
func (r worldRow) in(version int) bool {
	return r.begins <= version && (r.ends == 0 || r.ends > version)
}

// world is everything that the site ever held.
type world struct {
	tables []*worldTable
	row    int
}

func (w *world) table(name, header, unit string) *worldTable {
	h := strings.Fields(header)
	t := &worldTable{name: name, header: h, unit: slices.Index(h, unit)}
	w.tables = append(w.tables, t)
	return t
}

func (w *world) add(t *worldTable, begins, ends int, cells ...string) {
	w.row++
	t.rows = append(t.rows, worldRow{w.row, cells, begins, ends})
}

// newWorld makes up the site. What it holds of foreign units must not be told from what is nowhere, so every unit has words
// and measures that no other has.
func newWorld(t *testing.T, rng *rand.Rand, cat *catalog.Catalog) *world {
	w := &world{}
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	codes := func(list string) (all []string) {
		for _, c := range cat.List(list).Codes {
			all = append(all, c.Code)
		}
		return all
	}
	org := w.table("org", "tree level code parent_code name sort valid_to households", "code")
	var all []string
	for _, line := range strings.Split(strings.TrimSpace(worldUnits), "\n") {
		cells := strings.Fields(line)
		all = append(all, cells[2])
		if cells[2] != "G22" {
			w.add(org, 1, 0, cells...)
			continue
		}
		moved := slices.Clone(cells)
		moved[3] = "C3"
		w.add(org, 1, 2, cells...)
		w.add(org, 2, 0, moved...)
	}
	covers := w.table("org_cover", "party_code area_code", "party_code")
	for _, c := range worldCovers {
		party, area, _ := strings.Cut(c, ":")
		w.add(covers, 1, 0, party, area)
	}

	unit := func() string { return pick(append(all, "X0", "-", "C1", "C2", "C3", "G51")...) }
	day := func() string {
		return fmt.Sprintf("2026-0%d-%02dT%02d:30", 1+rng.IntN(4), 1+rng.IntN(28), rng.IntN(24))
	}
	some := func() string { return pick(day(), day(), "-") }
	truth := func() string { return pick("true", "true", "false", "-") }
	// revised adds a row, some of which end with the second version or are revised by it
	revised := func(t *worldTable, cells []string, revise func([]string)) {
		switch rng.IntN(8) {
		case 0:
			w.add(t, 1, 2, cells...)
		case 1:
			later := slices.Clone(cells)
			revise(later)
			w.add(t, 1, 2, cells...)
			w.add(t, 2, 0, later...)
		case 2:
			w.add(t, 2, 0, cells...)
		default:
			w.add(t, 1, 0, cells...)
		}
	}

	record := w.table("record", "id org_code kind channel category category2 received_at accepted_at assigned_at responded_at due_at closed_at visited_at "+
		"valid_visit contacted resolved satisfaction status resolved_level result rework_count target_group procedure quantity amount source_no dept title", "org_code")
	kinds := append(codes(catalog.ListKind), "SQ", "SQ", "XFJ", "DB")
	groups := append(codes(catalog.ListTargetGroup), "怪对象", "-", "-", "-")
	for i := range 1400 {
		u := unit()
		revised(record, []string{
			fmt.Sprintf("r%d", i), u, pick(kinds...), pick("12345热线", "网格员上报", "窗口", "渠道"+u, "-"), pick("物业管理", "消防安全", "类"+u, "-"), pick("黑榜", "红榜", "资源", "-"),
			day(), some(), some(), some(), some(), some(), some(), truth(), truth(), truth(), pick("满意", "基本满意", "不满意", "-"),
			pick("已办结", "办理中", "作废", "不予受理", "挂账", "-"), pick("网格", "社区", "街道", "-"), pick("解决", "部分解决", "未解决", "-"), pick("0", "1", "-"),
			pick(groups...), pick("攻坚", "-"), pick("1", "2", "-"), pick("10", "-"), fmt.Sprintf("N%d", i), pick("城管局", "承办"+u, "-"), "事由" + u,
		}, func(r []string) { r[11], r[17] = day(), "已办结" })
	}
	places := w.table("place", "id type org_code name opened_on closed_on households party_org_code", "org_code")
	var placed [][2]string // place and its unit
	for i := range 150 {
		u := unit()
		placed = append(placed, [2]string{fmt.Sprintf("p%d", i), u})
		revised(places, []string{fmt.Sprintf("p%d", i), pick(append(codes(catalog.ListPlaceType), "merchant", "merchant")...), u, "处" + u, some(), pick(day(), "-", "-"), pick("10", "-"), pick("B1", "B3", "-")},
			func(r []string) { r[5] = day() })
	}
	activity := w.table("activity", "id type org_code held_at beneficiaries attended expected subject_key resolutions resolutions_closed hours amount quantity place_id brand", "org_code")
	types := append(codes(catalog.ListActivityType), "走访", "走访", "商户走访", "商户走访", "联席会", "巡查")
	for i := range 700 {
		u, place := unit(), "-"
		if i%3 == 0 { // what takes place at a place takes place in its unit
			at := placed[rng.IntN(len(placed))]
			place, u = at[0], at[1]
		}
		revised(activity, []string{
			fmt.Sprintf("a%d", i), pick(types...), u, day(), pick("3", "20", "-"), pick("5", "-"), pick("6", "-"), pick("k1", "k2", "k3", "k4", "-"), pick("1", "2", "-"), pick("1", "-"),
			pick("2", "-"), pick("100", "-"), pick("1", "-"), place, "队" + u,
		}, func(r []string) { r[3] = day() })
	}

	figure := w.table("figure", "id org_code subject measure period_from period_to as_of value qualifier numerator denominator", "org_code")
	measures := []string{"甲", "households", "population", "area_km2"}
	for _, m := range cat.Metrics() {
		if m.Measure != "" && !slices.Contains(measures, m.Measure) {
			measures = append(measures, m.Measure)
		}
	}
	for _, id := range []string{"plan_safety_lecture", "plan_emergency_drill"} {
		if _, ok := cat.Measure(id); ok {
			measures = append(measures, id)
		}
	}
	for _, u := range all { // a measure that nobody else reports
		w.add(figure, 1, 0, "own"+u, u, "-", "独有"+u, "-", "-", "2026-02-01T00:00", "7", "exact", "-", "-")
	}
	given := map[string]bool{} // one number for a unit, measure and time: which of two counts is another test's
	for i, measure := range measures {
		m, _ := cat.Measure(measure)
		for j := range 40 {
			n := rng.IntN(100)
			row := []string{fmt.Sprintf("f%d-%d", i, j), unit(), pick("-", "甲户", "乙户"), measure, "-", "-", day(), fmt.Sprint(n), pick("exact", "ge", "-"), fmt.Sprint(n), "100"}
			if m.Grain.Level != "" {
				row[1] = pick("C1", "C2", "C3", "C4", "C5", "C6", "X0", "-")
			}
			if months := map[string]int{"month": 1, "quarter": 3, "year": 12}[m.Grain.Period]; months > 0 || m.Time != catalog.OverLast {
				first := 1
				if months == 1 {
					first += rng.IntN(4)
				}
				from := moment(t, fmt.Sprintf("2026-%02d-01", first))
				row[4], row[5], row[6] = from.Format(time.DateOnly), addMonths(from, max(months, 1)).Format(time.DateOnly), "-"
			}
			if key := strings.Join(append(slices.Clone(row[1:4]), row[4], row[6]), " "); !given[key] {
				given[key] = true
				revised(figure, row, func(r []string) { r[7] = "5" })
			}
		}
	}

	coverage := w.table("coverage", "shape subject org_code period_from period_to", "org_code")
	state := func(shape, subject, unit string) {
		from := moment(t, "2025-12-20").AddDate(0, 0, rng.IntN(60))
		begins, ends := 1, 0
		switch rng.IntN(6) {
		case 0:
			begins = 2
		case 1:
			ends = 2
		}
		w.add(coverage, begins, ends, shape, subject, unit, from.Format(time.DateOnly), from.AddDate(0, 0, 5+rng.IntN(120)).Format(time.DateOnly))
	}
	area := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return strings.ContainsAny(c, "PBEKX") })
	for range 260 {
		u := pick(append(area, "-", "-", "X0", "S1", "S2", "S3", "D")...)
		switch rng.IntN(5) {
		case 0, 1:
			state("record", pick("SQ", "SQ", "DB", "WX", "XFJ", "MD", "CS"), u)
		case 2:
			state("activity", pick("联席会", "走访", "商户走访", "巡查", "义诊"), u)
		case 3:
			state("figure", pick(append(measures, "甲", "独有"+u)...), u)
		case 4:
			state("place", pick(codes(catalog.ListPlaceType)...), u)
		}
	}
	// what one unit alone has delivered is owed by nobody who does not see that unit
	for _, u := range area {
		w.add(coverage, 1, 0, "activity", "独有"+u, u, "2026-01-01", "2026-03-01")
	}
	w.add(coverage, 1, 0, "record", "TY", "G31", "2026-01-01", "2026-05-01")
	w.add(coverage, 1, 0, "record", "BCS", "C5", "2026-01-01", "2026-05-01")
	w.add(coverage, 1, 0, "record", "SH", "C2", "2026-01-01", "2026-05-01")
	// what only organisations state is owed by organisations
	for range 40 {
		state("activity", pick("三会一课", "主题党日"), pick("P1", "P2", "B1", "B2", "B3", "B4", "E1", "E2"))
	}
	for _, u := range []string{"P1", "P2"} {
		w.add(coverage, 1, 0, "activity", "三会一课", u, "2026-01-01", "2026-02-01")
		w.add(coverage, 1, 0, "activity", "主题党日", u, "2026-01-01", "2026-02-01")
	}
	return w
}

// unitsAbove are the units above each, of its own tree, in a version.
func unitsAbove(version int) map[string][]string {
	parent := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(worldUnits), "\n") {
		cells := strings.Fields(line)
		parent[cells[2]] = cells[3]
	}
	if version == 2 {
		parent["G22"] = "C3"
	}
	above := map[string][]string{}
	for code := range parent {
		for up := parent[code]; up != "-"; up = parent[up] {
			above[code] = append(above[code], up)
		}
	}
	return above
}

// officialOrder is that of the units of worldUnits: S2 stands before S1, and X9 beside P1 before P2.
var officialOrder = strings.Fields("D S2 C3 G31 G32 C4 G41 S1 C1 G11 G12 G13 C2 G21 G22 S3 C5 G51 G52 C6 P1 B1 E1 K1 E2 B2 X9 P2 B3 B4")

// restricted is the site where only the units of a scope exist. The rows of the scope are
//   - its units; right below what is left above them, and those without anything above in the order they had at the site;
//   - what organisations of it cover of it;
//   - facts of its units (so none without a unit, or of a unit that is none);
//   - statements about its units, about the whole site, and those about a unit above: these are read as statements about
//     the topmost units of the scope below it, in its own tree.
//
// Where a unit comes into the scope with the second version, its rows come with that version, and they go with it.
func (w *world) restricted(s worldScope) *world {
	r := &world{}
	var in [2]map[string]bool
	for i, codes := range s.units {
		in[i] = map[string]bool{}
		for _, c := range strings.Fields(codes) {
			in[i][c] = true
		}
	}
	for _, t := range w.tables {
		kept := &worldTable{name: t.name, header: t.header, unit: t.unit}
		r.tables = append(r.tables, kept)
		for _, row := range t.rows {
			var as [2][][]string // by version - 1: what is left of the row
			for i := range as {
				if row.in(i + 1) {
					as[i] = t.left(row.cells, in[i], unitsAbove(i+1))
				}
			}
			same := slices.EqualFunc(as[0], as[1], slices.Equal)
			for i := range as {
				for _, cells := range as[i] {
					switch {
					case same && i == 0:
						kept.rows = append(kept.rows, worldRow{row.row, cells, 1, 0})
					case !same && i == 0:
						kept.rows = append(kept.rows, worldRow{row.row, cells, 1, 2})
					case !same:
						kept.rows = append(kept.rows, worldRow{row.row, cells, 2, 0})
					}
				}
			}
		}
	}
	return r
}

// left is what is left of a row of a table where only some units exist.
func (t *worldTable) left(cells []string, in map[string]bool, above map[string][]string) [][]string {
	code := cells[t.unit]
	switch {
	case t.name == "org" && in[code]:
		cells = slices.Clone(cells)
		parent := slices.IndexFunc(above[code], func(up string) bool { return in[up] })
		if parent < 0 {
			cells[3], cells[5] = "-", fmt.Sprint(slices.Index(officialOrder, code))
		} else {
			cells[3] = above[code][parent]
		}
		return [][]string{cells}
	case t.name == "org_cover":
		if in[code] && in[cells[1]] {
			return [][]string{cells}
		}
		return nil
	case in[code]:
		return [][]string{cells}
	case t.name != "coverage":
		return nil
	case code == "-":
		return [][]string{cells}
	}
	var all [][]string
	for _, c := range officialOrder {
		n := slices.Index(above[c], code)
		if !in[c] || n < 0 || slices.ContainsFunc(above[c][:n], func(up string) bool { return in[up] }) {
			continue
		}
		moved := slices.Clone(cells)
		moved[t.unit] = c
		all = append(all, moved)
	}
	return all
}

// load puts the site into a new warehouse, by two jobs.
func (w *world) load(t *testing.T) *fixture {
	f := newFixture(t)
	for version := 1; version <= 2; version++ {
		for _, table := range w.tables {
			var ended, values []string
			header := append(slices.Clone(table.header), "job", "row", "since")
			var extra []string
			for col, v := range defaults[table.name] {
				if !slices.Contains(header, col) {
					header, extra = append(header, col), append(extra, text(v))
				}
			}
			for _, r := range table.rows {
				if r.ends == version {
					ended = append(ended, fmt.Sprint(r.row))
				}
				if r.begins != version {
					continue
				}
				var cells []string
				for _, c := range r.cells {
					if c == "-" {
						cells = append(cells, "NULL")
					} else {
						cells = append(cells, text(c))
					}
				}
				cells = append(append(cells, fmt.Sprint(7), fmt.Sprint(r.row), fmt.Sprint(f.begin().ID)), extra...)
				values = append(values, "("+strings.Join(cells, ", ")+")")
			}
			if len(ended) > 0 {
				f.end(table.name, "row IN ("+strings.Join(ended, ", ")+")")
			}
			for chunk := range slices.Chunk(values, 500) {
				f.exec("INSERT INTO " + table.name + " (" + strings.Join(header, ", ") + ") VALUES " + strings.Join(chunk, ", "))
			}
		}
		f.begin()
		f.publish()
	}
	return f
}
