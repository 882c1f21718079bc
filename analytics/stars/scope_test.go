package stars

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// The units of two streets, in official order: S2 stands before S1.
const streets = `
area   district       D    -    示范区          1  -
area   street         S2   D    东风街道        1  -
area   community      C3   S2   长征社区        1  3000
area   grid           G31  C3   第一网格        1  -
area   grid           G32  C3   第二网格        2  -
area   community      C4   S2   朝阳社区        2  1500
area   grid           G41  C4   第一网格        1  -
area   street         S1   D    红旗街道        2  -
area   community      C1   S1   朝阳社区        1  2000
area   grid           G11  C1   第一网格        1  -
area   grid           G12  C1   第二网格        2  -
area   community      C2   S1   民族社区        2  1000
area   grid           G21  C2   第一网格        1  -
party  committee      P1   -    红旗街道党工委  1  -
party  branch         B1   P1   朝阳党委        1  -
party  estate_branch  E1   B1   一号院党支部    1  -
party  branch         B2   P1   民族党委        2  -
party  committee      P2   -    东风街道党工委  2  -
party  branch         B3   P2   长征党委        1  -
party  branch         B4   P2   朝阳党委        2  -`

var streetCovers = strings.Fields("P1:S1 P2:S2 B1:C1 B2:C2 B3:C3 B4:C4 E1:G11")

// ledger is a table of the site: the column of the unit and the rows.
type ledger struct {
	table, header string
	unit          int
	rows          [][]string
}

// streetLedgers makes up what the streets have delivered. Every subject is stated for the whole site too: what nobody at
// the site has ever delivered is owed by nobody, and that is the same for every reader.
func streetLedgers(rng *rand.Rand, cat *catalog.Catalog) []ledger {
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	unit := func() string {
		return pick("S1", "S2", "C1", "C2", "C3", "C4", "G11", "G12", "G21", "G31", "G32", "G41", "B1", "B2", "B3", "B4", "E1", "P1", "P2", "D", "X0", "-")
	}
	day := func() string {
		return fmt.Sprintf("2026-0%d-%02dT%02d:30", 1+rng.IntN(3), 1+rng.IntN(28), rng.IntN(24))
	}
	some := func() string { return pick(day(), day(), "-") }
	truth := func() string { return pick("true", "true", "true", "false") }
	var kinds, types []string
	for _, c := range cat.List(catalog.ListKind).Codes {
		kinds = append(kinds, c.Code)
	}
	for _, c := range cat.List(catalog.ListActivityType).Codes {
		types = append(types, c.Code)
	}
	records := ledger{"record", "id kind org_code received_at accepted_at assigned_at responded_at due_at closed_at visited_at valid_visit contacted resolved satisfaction status resolved_level", 2, nil}
	for i := range 4000 {
		records.rows = append(records.rows, []string{
			fmt.Sprintf("r%d", i), pick(kinds...), unit(), day(), some(), some(), some(), day(), some(), some(), truth(), truth(), truth(),
			pick("满意", "满意", "基本满意", "不满意"), pick("已办结", "已办结", "办理中", "作废"), pick("网格", "社区", "街道"),
		})
	}
	activities := ledger{"activity", "id type org_code held_at beneficiaries attended expected subject_key resolutions resolutions_closed", 2, nil}
	for i := range 4000 {
		activities.rows = append(activities.rows, []string{
			fmt.Sprintf("a%d", i), pick(append(types, "巡查", "巡查", "巡查", "联席会", "三会一课")...), unit(), day(), pick("3", "20"), pick("5", "6"), "6", fmt.Sprintf("k%d", rng.IntN(300)), "2", pick("1", "2"),
		})
	}
	places := ledger{"place", "id type org_code opened_on party_org_code", 2, nil}
	for i := range 200 {
		places.rows = append(places.rows, []string{fmt.Sprintf("p%d", i), pick("merchant", "facility", "agreement", "estate", "building"), unit(), "2025-06-01", pick("B1", "B3", "-")})
	}
	figures := ledger{"figure", "id org_code measure period_from period_to as_of value numerator denominator", 1, nil}
	coverage := ledger{"coverage", "shape subject org_code period_from period_to", 2, nil}
	state := func(shape, subject string) {
		until := "2026-04-01"
		if shape == "record" {
			until = pick("2026-01-20", "2026-03-28", until, until, until)
		}
		coverage.rows = append(coverage.rows, []string{shape, subject, "-", "2026-01-01", until})
		for range 3 {
			coverage.rows = append(coverage.rows, []string{shape, subject, pick("S1", "S2", "C1", "C2", "C3", "C4", "G11", "X0"), "2026-01-01", "2026-04-01"})
		}
	}
	for _, k := range kinds {
		state("record", k)
	}
	for _, typ := range types {
		state("activity", typ)
	}
	for _, typ := range []string{"merchant", "facility", "agreement", "estate", "building"} {
		state("place", typ)
	}
	given := map[string]bool{} // last: how many measures there are changes nothing else
	for _, m := range cat.Metrics() {
		measure, ok := cat.Measure(m.Measure)
		if !ok || m.Shape != catalog.ShapeFigure || given[m.Measure] {
			continue
		}
		given[m.Measure] = true
		state("figure", m.Measure)
		months := map[string]int{"month": 1, "quarter": 3, "year": 12}[measure.Grain.Period]
		for j, u := range []string{"C1", "C2", "C3", "C4", "B1", "B3", "X0"} {
			from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			row := []string{fmt.Sprintf("f%d%s", len(figures.rows), u), u, m.Measure, "-", "-", "2026-03-01", fmt.Sprint(10 + 7*j), fmt.Sprint(60 + 5*j), "100"}
			if months > 0 || measure.Time != catalog.OverLast {
				row[3], row[4], row[5] = from.Format(time.DateOnly), from.AddDate(0, max(months, 1), 0).Format(time.DateOnly), "-"
			}
			figures.rows = append(figures.rows, row)
		}
	}
	return []ledger{records, activities, places, figures, coverage}
}

// loadStreets loads what is left of the site where only some units exist; nil for all of it. Statements about a unit above
// are read as statements about the topmost units below it.
func loadStreets(t *testing.T, ledgers []ledger, in []string) *site {
	s := newSite(t)
	job, err := s.w.Begin(context.Background(), warehouse.Spec{Verb: "ingest", All: true})
	if err != nil {
		t.Fatal(err)
	}
	exists := func(code string) bool { return in == nil || slices.Contains(in, code) }
	row := 0
	insert := func(table, header string, rows [][]string) {
		for chunk := range slices.Chunk(rows, 500) {
			var values []string
			for _, cells := range chunk {
				row++
				quoted := make([]string, len(cells))
				for i, c := range cells {
					if quoted[i] = "'" + c + "'"; c == "-" {
						quoted[i] = "NULL"
					}
				}
				for _, col := range strings.Fields(defaults[table]) {
					quoted = append(quoted, map[string]string{"source_system": "'test'", "content": "0", "valid_from": "'1900-01-01'", "stated_by": "'test'"}[col])
				}
				values = append(values, fmt.Sprintf("(%s, %d, %d, %[2]d)", strings.Join(quoted, ", "), job.ID, row))
			}
			columns := append(strings.Fields(header), strings.Fields(defaults[table])...)
			if _, err := job.Exec(context.Background(), fmt.Sprintf("INSERT INTO %s (%s, job, row, since) VALUES %s", table, strings.Join(columns, ", "), strings.Join(values, ", "))); err != nil {
				t.Fatal(table, err)
			}
		}
	}
	parents, order := map[string]string{}, []string{}
	var org [][]string
	for i, line := range strings.Split(strings.TrimSpace(streets), "\n") {
		cells := strings.Fields(line)
		parents[cells[2]], order = cells[3], append(order, cells[2])
		if !exists(cells[2]) {
			continue
		}
		if !exists(cells[3]) {
			cells[3], cells[5] = "-", fmt.Sprint(i)
		}
		org = append(org, cells)
	}
	insert("org", "tree level code parent_code name sort population", org)
	var covers [][]string
	for _, c := range streetCovers {
		if party, area, _ := strings.Cut(c, ":"); exists(party) && exists(area) {
			covers = append(covers, []string{party, area})
		}
	}
	insert("org_cover", "party_code area_code", covers)
	below := func(upper, code string) bool {
		for ; code != "" && code != "-"; code = parents[code] {
			if code == upper {
				return true
			}
		}
		return false
	}
	for _, l := range ledgers {
		var kept [][]string
		for _, cells := range l.rows {
			code := cells[l.unit]
			switch {
			case exists(code) || l.table == "coverage" && code == "-":
				kept = append(kept, cells)
			case l.table == "coverage":
				for _, c := range order {
					if below(code, c) && exists(c) && !exists(parents[c]) {
						moved := slices.Clone(cells)
						moved[l.unit] = c
						kept = append(kept, moved)
					}
				}
			}
		}
		insert(l.table, l.header, kept)
	}
	if _, err := job.Publish(context.Background(), warehouse.Totals{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestScopeDifferential (TRUST A3): what a reader is told of the stars is what anybody is told at a site that has only the
// units of his scope: the scored units with all that is said of them, their places, of how many, and the medians. The
// exceptions are decided by the site alone: which level is scored, and what somebody has delivered and so everybody owes.
func TestScopeDifferential(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	ledgers := streetLedgers(rand.New(rand.NewPCG(4, 4)), cat)
	full := loadStreets(t, ledgers, nil)
	all := full.mustScore(Options{Scope: units.Everything()})
	placed := 0
	for _, u := range all.Units {
		if u.Place > 0 {
			placed++
		}
	}
	if placed < 3 || len(all.Medians) < 3 {
		t.Errorf("too poor to tell: %d places, %d medians", placed, len(all.Medians))
	}
	told := func(r *Result) string {
		r.DataVersion = 0
		var b bytes.Buffer
		if err := r.JSON(&b); err != nil {
			t.Fatal(err)
		}
		for _, u := range r.Units {
			fmt.Fprintf(&b, "%s %s %q place %d %s\n", u.Code, u.Name, u.Upper, u.Place, u.Sentence())
			for _, i := range u.Indicators {
				fmt.Fprintf(&b, "  %s %v %v %s %s %s\n", i.Rule.Code, i.N, i.D, i.Note, i.ValueWords, i.Words)
			}
		}
		return b.String()
	}
	for _, c := range []struct {
		scope, units string
		of           int
	}{
		{"S1", "S1 C1 G11 G12 C2 G21 P1 B1 E1 B2", 2},
		{"P2", "S2 C3 G31 G32 C4 G41 P2 B3 B4", 2},
		{"C1 C3 C4", "C3 G31 G32 C4 G41 C1 G11 G12 B1 E1 B3 B4", 3},
		{"B2 G31", "C2 G21 G31 B2", 1},
	} {
		t.Run(c.scope, func(t *testing.T) {
			own := units.Only(strings.Fields(c.scope)...)
			part := loadStreets(t, ledgers, strings.Fields(c.units))
			for _, now := range []time.Time{april, time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)} {
				got, want := full.mustScore(Options{Scope: own, Now: now}), part.mustScore(Options{Scope: units.Everything(), Now: now})
				if got.Scored != c.of || len(got.Units) != c.of {
					t.Errorf("%d of %d units, want %d", len(got.Units), got.Scored, c.of)
				}
				for _, u := range got.Units {
					if x := unit(t, all, u.Code); now.Equal(april) && dash(x.Total) != dash(u.Total) {
						t.Errorf("%s has %s, and %s for who sees everything", u.Code, dash(u.Total), dash(x.Total))
					}
				}
				a, b := strings.Split(told(got), "\n"), strings.Split(told(want), "\n")
				for i := range min(len(a), len(b)) {
					if a[i] != b[i] {
						t.Fatalf("on %s\nscoped %s\nalone  %s", now.Format(time.DateOnly), a[i], b[i])
					}
				}
				if len(a) != len(b) {
					t.Errorf("%d lines, %d alone", len(a), len(b))
				}
				for star, m := range got.Medians {
					if want.Medians[star] == nil || m.Cmp(want.Medians[star]) != 0 {
						t.Errorf("median of %s", star)
					}
				}
				if len(got.Medians) != len(want.Medians) {
					t.Errorf("%d medians, %d alone", len(got.Medians), len(want.Medians))
				}
				if !now.Equal(april) {
					continue
				}
				for _, org := range []string{"C1", "G31", "B2", "X0"} {
					x, err := full.score(Options{Scope: own, Now: now, Org: org})
					y, wanted := part.score(Options{Scope: units.Everything(), Now: now, Org: org})
					if err != nil || wanted != nil {
						if !errors.Is(err, ErrNoUnits) || !errors.Is(wanted, ErrNoUnits) || err.Error() != wanted.Error() {
							t.Errorf("%s: %v, alone %v", org, err, wanted)
						}
						continue
					}
					if told(x) != told(y) {
						t.Errorf("%s: another answer", org)
					}
				}
			}
		})
	}
}
