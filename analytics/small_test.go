package analytics

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// careSite is a made-up site of people in care. Communities C1, C2 … of streets S1 and S2 have grids G11, G12 …
type careSite struct {
	visits []careVisit
	listed []careListed
}

// careVisit is a visit to a person, in the ledger of a grid or of the community alone.
type careVisit struct {
	person, unit string
	at           time.Time
}

// careListed is a reading of the register of a unit.
type careListed struct {
	unit  string
	as    time.Time
	value int
}

// quarterOf gives the number of a quarter from 2025-Q1 on and its first day.
func quarterOf(at time.Time) int { return 4*(at.Year()-2025) + (int(at.Month())-1)/3 }

func quarterDay(q int) time.Time { return time.Date(2025, time.Month(1+3*q), 1, 0, 0, 0, 0, time.UTC) }

// fill writes the numbers of a community in a quarter: visited/registered of each grid, “+ n” for people visited whose grid
// the ledger does not say. Nobody is visited twice.
func (s *careSite) fill(community, quarter int, numbers string) {
	day := quarterDay(quarter)
	person := 0
	visit := func(unit string, n int) {
		for range n {
			person++
			s.visits = append(s.visits, careVisit{fmt.Sprintf("p%d-%d", community, person), unit, day.AddDate(0, 0, person%80)})
		}
	}
	grids, own, _ := strings.Cut(numbers, "+")
	for i, cell := range strings.Fields(grids) {
		unit := fmt.Sprintf("G%d%d", community, i+1)
		n, d := 0, 0
		if _, err := fmt.Sscanf(cell, "%d/%d", &n, &d); err == nil {
			s.listed = append(s.listed, careListed{unit, day.AddDate(0, 0, 40), d})
		} else {
			fmt.Sscanf(cell, "%d", &n) // no register
		}
		visit(unit, n)
	}
	n := 0
	fmt.Sscanf(own, "%d", &n)
	visit(fmt.Sprintf("C%d", community), n)
}

// careUnits: every community has so many grids; the odd ones lie in S1. G11 has two buildings, H1 and H2.
func careUnits(grids ...int) [][]string {
	rows := [][]string{strings.Fields("tree level code parent_code name sort"), strings.Fields("area street S1 - 一街 1"), strings.Fields("area street S2 - 二街 2")}
	for i, n := range grids {
		c := fmt.Sprintf("C%d", i+1)
		rows = append(rows, []string{"area", "community", c, fmt.Sprintf("S%d", 1+i%2), "社区" + c, fmt.Sprint(i)})
		for g := range n {
			code := fmt.Sprintf("G%d%d", i+1, g+1)
			rows = append(rows, []string{"area", "grid", code, c, "网格" + code, fmt.Sprint(g)})
		}
	}
	return append(rows, strings.Fields("area building H1 G11 甲楼 1"), strings.Fields("area building H2 G11 乙楼 2"))
}

func (s *careSite) load(t testing.TB, org, covers [][]string) *fixture {
	t.Helper()
	f := newFixture(t)
	f.insert("org", org)
	f.insert("org_cover", covers)
	rows := [][]string{strings.Fields("id type org_code held_at subject_key")}
	for i, v := range s.visits {
		rows = append(rows, []string{fmt.Sprintf("a%d", i), "走访", v.unit, v.at.Format(time.DateOnly), v.person})
	}
	f.insert("activity", rows)
	rows = [][]string{strings.Fields("id org_code measure as_of value")}
	for i, l := range s.listed {
		rows = append(rows, []string{fmt.Sprintf("f%d", i), l.unit, "care_registered", l.as.Format(time.DateOnly), fmt.Sprint(l.value)})
	}
	f.insert("figure", rows)
	f.insert("coverage", [][]string{strings.Fields("shape subject org_code period_from period_to"), strings.Fields("activity 走访 - 2025-01-01 2027-01-01")})
	f.publish()
	return f
}

const careMetrics = "care_visited,care_registered,care_visit_rate"

// cells writes the numbers of an answer: visited/registered·rate of each row, without zeros behind.
func cellsOf(a *Answer) string {
	var all []string
	for _, r := range a.Rows {
		var texts []string
		for i, c := range r.Cells {
			switch {
			case c.Note == Hidden:
				texts = append(texts, "×")
			case c.Value == nil:
				texts = append(texts, "-")
			default:
				texts = append(texts, Published(a.Columns[i].Metric, c))
			}
		}
		all = append(all, strings.Join(texts, "/"))
	}
	return strings.Join(all, " ")
}

func (f *fixture) ask(cat *catalog.Catalog, words string) *Answer {
	f.t.Helper()
	a, err := f.run(cat, parseQuery(f.t.(*testing.T), strings.Fields(words)))
	if err != nil {
		f.t.Fatal(words, ": ", err)
	}
	return a
}

// What is shown of the grids of a community in a quarter that has ended, as visited/registered/rate.
func TestSmallCells(t *testing.T) {
	t.Parallel()
	var s careSite
	tests := []struct{ name, numbers, want string }{
		{"nobody is small", "5/10 20/25 0/40", "5/10/50.0 20/25/80.0 0/40/0.0"},
		{"one grid with few visited", "3/10 20/25 8/40", "×/10/× ×/25/× ×/40/×"},
		{"two of them", "3/10 20/25 1/40", "×/10/× ×/25/× ×/40/×"},
		{"few left unvisited", "5/10 20/24 8/40", "×/10/× ×/24/× ×/40/×"},
		{"few registered", "0/4 20/25 8/40", "×/×/× ×/×/× ×/×/×"},
		{"everybody visited", "10/10 25/25", "10/10/100.0 25/25/100.0"},
		{"all small", "1/2 2/3", "×/×/× ×/×/×"},
		{"a total of one, no register", "1 0 0", "×/-/× ×/-/× ×/-/×"},
		{"a total of two", "2 0", "×/-/× ×/-/×"},
		{"two of one each", "1 1", "×/-/× ×/-/×"},
		{"a total of eight, four each", "4 4", "×/-/× ×/-/×"},
		{"a total of eight in one grid", "8 0", "8/-/- 0/-/-"},
		{"nobody at all", "0 0", "0/-/- 0/-/-"},
		{"a single grid", "3/10", "×/10/×"},
		{"a single grid, nobody small", "6/11", "6/11/54.5"},
		{"people without a grid are few", "6/11 8/20 + 2", "×/11/× ×/20/×"}, // nor that there are some
		{"people without a grid", "6/11 8/20 + 7", "6/11/54.5 8/20/40.0 7/-/-"},
		{"more visited than registered", "8/6 9/9", "8/6/133.3 9/9/100.0"},
	}
	var grids []int
	for i, tt := range tests {
		numbers, _, _ := strings.Cut(tt.numbers, "+")
		grids = append(grids, len(strings.Fields(numbers)))
		s.fill(i+1, 0, tt.numbers)
	}
	f := s.load(t, careUnits(grids...), nil)
	cat := siteFS{}.load(t)
	for i, tt := range tests {
		words := fmt.Sprintf("2025-01-01 2025-04-01 %s by=org:community,org:grid org=C%d now=2025-05-01", careMetrics, i+1)
		got := cellsOf(f.ask(cat, words))
		if got != tt.want {
			t.Errorf("%s (%s):\n%s, want\n%s", tt.name, tt.numbers, got, tt.want)
		}
		// the community's own numbers are open
		if a := f.ask(cat, fmt.Sprintf("2025-01-01 2025-04-01 %s by=org:community org=C%d now=2025-05-01", careMetrics, i+1)); strings.Contains(cellsOf(a), "×") || len(a.Notes) > 0 {
			t.Errorf("%s: the community shows %s %q", tt.name, cellsOf(a), a.Notes)
		}
	}
}

// Which numbers are shown below community level, and to whom. Visited/registered/rate of each row.
func TestSmallQueries(t *testing.T) {
	t.Parallel()
	var s careSite
	for q := range 5 {
		s.fill(2, q, "6/20 7/20")
		s.fill(3, q, "6/20")
	}
	for q, numbers := range []string{"6/20 7/20", "6/20 8/20", "9/20 3/20", "7/20 7/20", "7/20 7/20"} {
		s.fill(1, q, numbers)
	}
	for q, numbers := range []string{"6/14 12/17", "8/14 12/17", "6/14 12/17", "6/14 12/17"} { // G42: p4-7 to 18, then 9 to 20
		s.fill(4, q, numbers)
	}
	for i := range 3 { // by an estate branch itself
		s.visits = append(s.visits, careVisit{fmt.Sprint("x", i), "E1", quarterDay(1)})
	}
	org := append(careUnits(2, 2, 1, 2),
		strings.Fields("party branch B1 - 一支部 1"), strings.Fields("party branch B2 - 二支部 2"), strings.Fields("party estate_branch E1 B1 院支部 1"),
		strings.Fields("party estate_branch E2 B1 楼支部 2"), strings.Fields("party estate_branch E3 B2 外支部 1"))
	f := s.load(t, org, [][]string{{"party_code", "area_code"}, {"B1", "C1"}, {"E1", "G11"}, {"E2", "G12"}, {"B2", "C2"}})
	rows := [][]string{strings.Fields("id org_code kind received_at target_group")}
	for i, unit := range strings.Fields("G11 G11 G12 G21 G22") {
		rows = append(rows, []string{fmt.Sprintf("r%d", i), unit, []string{"SQ", "DB"}[i/4], "2025-01-10", []string{"失能", "一般居民", "失能", "高龄", "失能"}[i]})
	}
	f.insert("record", rows) // data version 2
	cat := siteFS{}.load(t)
	const q1, q3, year = "2025-01-01 2025-04-01 ", "2025-07-01 2025-10-01 ", "2025-01-01 2026-01-01 "
	const small, coarse, none = "“不显示”表示人数少于5，或者能由此推出少于5的人数", "“不显示”表示社区、社区党组织以下关爱对象的人数只按已经结束的整季度公布，不再按其他条件细分", ""
	for _, tt := range []struct{ name, words, want, note string }{
		{"a quarter by grid", q1 + "* by=org:grid org=C1", "6/20/30.0 7/20/35.0", none},
		{"a quarter of a grid", q1 + "* org=G12", "7/20/35.0", none},
		{"a quarter with a small one", q3 + "* by=org:grid", "×/20/× ×/20/× 6/20/30.0 6/20/30.0 7/20/35.0 6/14/42.9 12/17/70.6", small},
		{"of a grid beside it", q3 + "* org=G11", "×/20/×", small},
		{"of the community", q3 + "* org=C1", "12/40/30.0", none},
		{"by quarter", year + "* by=quarter org=G11", "6/20/30.0 6/20/30.0 ×/20/× 7/20/35.0", small},
		{"a year with a small quarter", year + "* by=org:grid org=C1", "×/20/× ×/20/×", small},
		{"a year of full quarters", year + "* by=org:grid,year org=C2", "6/20/30.0 7/20/35.0", none},
		{"a year in which few are left", year + "* by=org:grid org=C4", "×/14/× ×/17/×", small},
		{"half a year", "2025-01-01 2025-07-01 * by=org:grid org=C1", "6/20/30.0 8/20/40.0", none},
		{"three years, of which one is over", "2024-01-01 2027-01-01 * by=year org=G21", "-/-/- 6/20/30.0 ×/×/×", coarse},
		{"a month", "2025-01-01 2025-02-01 * org=G21", "×/×/×", coarse},
		{"by month", q1 + "* by=month org=G21", "×/×/× ×/×/× ×/×/×", coarse},
		{"by month and quarter", q1 + "* by=quarter,month org=G21", "×/×/× ×/×/× ×/×/×", coarse},
		{"by week", "2025-01-06 2025-01-20 * by=week org=G21", "×/×/× ×/×/×", coarse},
		{"by weekday", q1 + "care_visited by=weekday org=G21", "× × × × × × ×", coarse},
		{"a day less than a quarter", "2025-01-01 2025-03-31 * org=G21", "×/×/×", coarse},
		{"a quarter shifted by a month", "2025-02-01 2025-05-01 * org=G21", "×/×/×", coarse},
		{"compared", q3 + "care_visited org=G21 compare=prev", "×", coarse},
		{"a quarter under way", "2026-01-01 2026-04-01 * by=org:grid org=C2 now=2026-03-31", "×/×/× ×/×/×", coarse},
		{"a quarter just over", "2026-01-01 2026-04-01 * by=org:grid org=C2 now=2026-04-01", "6/20/30.0 7/20/35.0", none},
		{"a community's quarter under way", "2026-01-01 2026-04-01 care_registered,care_visited org=C2 now=2026-03-31", "40/13", none},
		{"a data version that is past", q1 + "* org=G21 asof=1", "×/×/×", coarse},
		{"the present one by its number", q1 + "* org=G21 asof=2", "6/20/30.0", none},
		{"for all who may see them", q3 + "* by=org:grid org=C1 care=*", "9/20/45.0 3/20/15.0", none},
		{"for who may see those of the community", q3 + "* by=org:grid care=C1", "9/20/45.0 3/20/15.0 6/20/30.0 6/20/30.0 7/20/35.0 6/14/42.9 12/17/70.6", none},
		{"by month for who may", "2025-07-01 2025-08-01 * by=org:grid org=C1 care=C1", "9/20/45.0 3/20/15.0", none},
		{"for who may see those of a grid", q3 + "* by=org:grid org=C1 care=G12", "×/20/× 3/20/15.0", small},
		{"scope of one grid", q1 + "* scope=G12", "7/20/35.0", none},
		{"scope of one grid beside a small one", q3 + "* scope=G11", "×/20/×", small},
		{"of the community not the grid alone", q3 + "* by=org:community scope=G11,C2", "13/40/32.5", none},
		{"nor of the street", q3 + "* by=org:street scope=G11,C3", "", none},
		{"all he sees", q3 + "* scope=G11,C2", "×/60/×", small},
		{"a scope of all grids of a community", q3 + "* scope=G11,G12", "×/40/×", small},
		{"buildings", q1 + "* by=org:building org=G11", "×/×/× ×/×/×", coarse},
		{"a building", q1 + "* scope=H1", "×/×/×", coarse},
		{"by branch", q3 + "* by=org:branch", "12/40/30.0 13/40/32.5 24/-/-", none},
		{"by estate branch", q1 + "* by=org:estate_branch org=B1", "6/20/30.0 7/20/35.0", none},
		{"by estate branch beside a small one", q3 + "* by=org:estate_branch org=B1", "×/20/× ×/20/×", small},
		{"by estate branch where one has few of its own", "2025-04-01 2025-07-01 * by=org:estate_branch org=B1", "×/20/× ×/20/×", small},
		{"the branch with them", "2025-04-01 2025-07-01 * by=org:branch org=B1", "17/40/42.5", none},
		{"the grids they cover, and what the branch has besides", "2025-04-01 2025-07-01 * by=org:grid org=B1", "6/20/30.0 8/20/40.0 3/-/-", none},
		{"beside a number of no person", q3 + "care_visited,activities by=org:grid org=C1", "×/0 ×/0", small},
		{"measure and metric alike", q3 + "figure:care_registered,care_visited by=org:grid org=C1", "20/× 20/×", small},
		{"the first row", q3 + "* by=org:grid limit=1", "×/20/×", small},
		{"matters by group, by grid", q1 + "received by=org:grid where=target_group=失能", "× × × × × × ×", coarse},
		{"matters by group, by community", q1 + "received by=org:community where=target_group=失能", "2 - 1 -", none},
		{"which groups occur in a grid", q1 + "received by=target_group org=G11", "", coarse},
		{"which groups occur in a community", q1 + "received by=target_group org=C1", "1 2", none},
		{"which kinds occur among a group", q1 + "received by=kind where=target_group=失能 scope=G11,C3", "", coarse},
		{"the first of them", q1 + "received by=kind,org:community where=target_group=失能 scope=G11,C2 limit=1", "1", coarse},
		{"a group that nobody has", q1 + "received where=target_group=外星人 scope=G11", "×", coarse},
	} {
		words := strings.Replace(tt.words, "*", careMetrics, 1)
		if strings.Contains(tt.words, "care=*") {
			words = strings.Replace(tt.words, "* by", careMetrics+" by", 1)
		}
		if !strings.Contains(words, "now=") {
			words += " now=2026-02-10"
		}
		a := f.ask(cat, words)
		if got := cellsOf(a); got != tt.want {
			t.Errorf("%s (%s):\n%s, want\n%s", tt.name, tt.words, got, tt.want)
		}
		if got := strings.Join(a.Notes, "|"); got != tt.note {
			t.Errorf("%s: notes %q, want %q", tt.name, got, tt.note)
		}
	}
}

// A hidden number has nothing that a writer, a page or a ranking could show.
func TestSmallWritten(t *testing.T) {
	t.Parallel()
	var s careSite
	s.fill(1, 0, "9/20 3/20 17/30")
	s.fill(2, 0, "6/20 12/20")
	f := s.load(t, careUnits(3, 2), nil)
	cat := siteFS{}.load(t)
	words := "2025-01-01 2025-04-01 care_visit_rate by=org:grid now=2025-05-01"
	a := f.ask(cat, words)
	var b bytes.Buffer
	if err := a.JSON(&b); err != nil {
		t.Fatal(err)
	}
	if want := `{"org:grid":"G12","org:grid_name":"网格G12","care_visit_rate":null,"care_visit_rate_n":null,"care_visit_rate_d":null,` +
		`"care_visit_rate_note":"不显示","care_visit_rate_covered":null}`; !strings.Contains(b.String(), want) {
		t.Errorf("json\n%s, want\n%s", b.String(), want)
	}
	b.Reset()
	if err := a.CSV(&b); err != nil {
		t.Fatal(err)
	}
	if want := "\r\nG11,网格G11,,,,不显示,\r\nG12,网格G12,,,,不显示,\r\n"; !strings.Contains(b.String(), want) {
		t.Errorf("csv\n%s, want\n%s", b.String(), want)
	}
	b.Reset()
	if err := a.Table(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "网格G12                           不显示\n") || !strings.Contains(b.String(), "注意：“不显示”表示人数少于5，或者能由此推出少于5的人数。\n") {
		t.Errorf("table\n%s", b.String())
	}
	m := a.Columns[0].Metric
	if c := a.Rows[1].Cells[0]; Published(m, c) != "不显示" || PublishedBase(m, c) != "" || PublishedShare(c, c) != "—" {
		t.Errorf("published as %q of %q", Published(m, c), PublishedBase(m, c))
	}
	var places []string
	for _, r := range Rank(a, 0) {
		places = append(places, fmt.Sprintf("%d %v", r.Place, a.Rows[r.Row].Keys[0].Value))
	}
	if got := strings.Join(places, ", "); got != "1 G22, 2 G21, 0 G11, 0 G12, 0 G13" {
		t.Errorf("ranked %s", got)
	}
	compared := f.ask(cat, words+" compare=prev")
	for _, r := range compared.Rows {
		if c := PublishedChange(m, r.Cells[0]); r.Cells[0].Note != Hidden || c.Text != "—" || c.Note != Hidden || PublishedPrev(m, r.Cells[0]) != "—" {
			t.Errorf("a change of %+v, %+v", r.Cells[0], c)
		}
	}
	for _, unit := range []string{"G12", "G21", "C1"} {
		q := RowQuery{Query: parseQuery(t, strings.Fields("2025-01-01 2025-04-01 care_visited now=2025-05-01 org="+unit))}
		if _, err := f.behind(cat, q); !errors.Is(err, ErrWithheld) {
			t.Errorf("rows behind the number of %s: %v", unit, err)
		}
	}
	// An engine answers alike, and keeps apart who may see and who may not.
	e := NewEngine(f.w, cat, EngineOptions{})
	q := parseQuery(t, strings.Fields(words))
	open := q
	open.Scope.Care = units.Under("C1")
	for range 2 {
		got, err := e.Ask(t.Context(), q, open)
		if err != nil || cellsOf(got[0]) != "× × × 30.0 60.0" || cellsOf(got[1]) != "45.0 15.0 56.7 30.0 60.0" {
			t.Fatalf("%v\n%s\n%s", err, cellsOf(got[0]), cellsOf(got[1]))
		}
	}
}

// A site may draw the line elsewhere, and count other people in care.
func TestSmallOfASite(t *testing.T) {
	t.Parallel()
	var s careSite
	s.fill(1, 0, "9/20 3/20")
	s.fill(2, 0, "6/20 12/20")
	s.fill(3, 0, "30/60 30/60")
	f := s.load(t, careUnits(2, 2, 2), nil)
	f.insert("activity", [][]string{strings.Fields("id type org_code held_at subject_key beneficiaries"), strings.Fields("b1 助浴 G21 2025-01-10 q1 12")})
	f.insert("figure", [][]string{strings.Fields("id org_code measure as_of value"), strings.Fields("m1 G31 unable 2025-01-10 2"), strings.Fields("m2 G32 unable 2025-01-10 40")})
	for _, tt := range []struct {
		name, config, catalog string
		metrics, want         string
	}{
		{"as it comes", "", "", careMetrics, "×/20/× ×/20/× 30/60/50.0 30/60/50.0 6/20/30.0 12/20/60.0"},
		{"from three on", "[site]\nsmall_n = 3", "", "care_visited", "9 3 30 30 6 12"},
		{"below ten", "[site]\nsmall_n = 10", "", "care_visited", "× × 30 30 × ×"},
		{"below the street", "[site]\nsmall_below = [\"street\", \"branch\"]", "", "care_visited", "× × × × × ×"}, // grids are not right below it
		{
			"another visit to people in care", "", "[metric.bathed]\ntype = \"count\"\nlabel = \"助浴的人数\"\nunit = \"人\"\nbetter = \"none\"\nshape = \"activity\"\n" +
				"basis = \"held_at\"\ntypes = [\"助浴\"]\nnumerator = \"count(DISTINCT subject_key)\"\ncare = true\nexplain = \"助浴。\"", "bathed,care_visited", "×/× ×/× -/30 -/30 ×/× ×/×",
		},
		{"another register", "", "[measure.unable]\nlabel = \"失能人数\"\nunit = \"人\"\ntime = \"last\"\ncare = true", "figure:unable,care_visited", "-/× -/× ×/× ×/× -/6 -/12"},
		{
			"a sum about people in care", "", "[metric.helped]\ntype = \"count\"\nlabel = \"受助人次\"\nunit = \"人次\"\nbetter = \"none\"\nshape = \"activity\"\n" +
				"basis = \"held_at\"\ntypes = [\"助浴\"]\nnumerator = \"sum(beneficiaries)\"\ncare = true\nexplain = \"助浴。\"", "helped", "× × × × × ×",
		},
	} {
		site := siteFS{"config.toml": tt.config, "catalog/site.toml": tt.catalog}
		if got := cellsOf(f.ask(site.load(t), "2025-01-01 2025-04-01 "+tt.metrics+" by=org:grid now=2025-05-01")); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
