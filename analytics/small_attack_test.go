package analytics

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
)

// smallest is the rule of small.go once more, for a block of grids in a quarter, written from the words: visited and
// registered people of each grid, and people visited whose grid nobody knows.
func smallest(visited, registered []int, own int) (hideRegisters, hideOthers bool) {
	small := func(n int) bool { return n >= 1 && n <= 4 }
	hideOthers = small(own)
	for i := range visited {
		hideRegisters = hideRegisters || small(registered[i])
		hideOthers = hideOthers || small(visited[i]) || small(registered[i]-visited[i])
	}
	return hideRegisters, hideRegisters || hideOthers
}

// TestSmallNumbers (TRUST A5), the rule: of all blocks of two to four grids, those are put together that the reader cannot
// tell apart: who knows the community's totals, what is hidden, the registers where these are shown, that nobody is visited
// who is not registered, and the rule. Every small number must have two values among them.
func TestSmallNumbers(t *testing.T) {
	t.Parallel()
	type picture struct {
		visited, registered int // totals
		hideRegisters       bool
		shown               [4]int // registers
	}
	for _, size := range []struct{ grids, most int }{{2, 24}, {3, 10}, {4, 6}} {
		k, most := size.grids, size.most
		n, d := make([]int, k), make([]int, k)
		each := func(visit func(p picture)) { // of the tables of which something is hidden
			var fill func(i int)
			fill = func(i int) {
				if i < k {
					for d[i] = 0; d[i] <= most; d[i]++ {
						for n[i] = 0; n[i] <= d[i]; n[i]++ {
							fill(i + 1)
						}
					}
					return
				}
				var p picture
				var hidden bool
				if p.hideRegisters, hidden = smallest(n, d, 0); !hidden {
					return
				}
				for i := range n {
					p.visited, p.registered = p.visited+n[i], p.registered+d[i]
					if !p.hideRegisters {
						p.shown[i] = d[i]
					}
				}
				visit(p)
			}
			fill(0)
		}
		// per grid: visited, registered, left over; as sets of numbers below 64
		seen := map[picture]*[4][3]uint64{}
		each(func(p picture) {
			if seen[p] == nil {
				seen[p] = &[4][3]uint64{}
			}
			for i := range n {
				for j, v := range []int{n[i], d[i], d[i] - n[i]} {
					seen[p][i][j] |= 1 << v
				}
			}
		})
		tables, told := 0, 0
		each(func(p picture) {
			tables++
			peopled := 0
			for i := range d {
				if d[i] > 0 {
					peopled++
				}
			}
			for i := range n {
				for j, v := range []int{n[i], d[i], d[i] - n[i]} {
					if v < 1 || v > 4 || d[i] == most { // moving somebody there would leave the table
						continue
					}
					if j == 1 && !p.hideRegisters {
						t.Fatalf("registered %v are shown", d)
					}
					alone := peopled == 1 && !p.hideRegisters // the exception that small.go names
					if set := seen[p][i][j]; set&(set-1) == 0 && !alone {
						if told++; told < 5 {
							t.Errorf("visited %v of %v: number %d of grid %d follows", n, d, j, i)
						}
					}
				}
			}
		})
		t.Logf("%d grids: %d tables in %d pictures", k, tables, len(seen))
		if tables == 0 || told > 0 {
			t.Errorf("%d grids: %d of %d tables tell a number", k, told, tables)
		}
	}
}

// careWorld is a site whose numbers are known from the facts it was made of.
type careWorld struct {
	careSite
	grids []int // of each community
}

func newCareWorld(rng *rand.Rand) *careWorld {
	w := &careWorld{grids: []int{3, 2, 4, 3, 1}}
	for c, grids := range w.grids {
		for q := range 5 {
			var cells []string
			usual := rng.IntN(3) // 0: nothing small
			for range grids {
				n, m := 5+rng.IntN(12), 5+rng.IntN(12)
				switch usual {
				case 1:
					n, m = []int{n, rng.IntN(6), 0}[rng.IntN(3)], []int{m, m, rng.IntN(6), 0}[rng.IntN(4)]
				case 2:
					n, m = rng.IntN(7), rng.IntN(7)
				}
				cells = append(cells, fmt.Sprintf("%d/%d", n, n+m))
			}
			own := []int{0, 0, 0, 1 + rng.IntN(4), 5}[rng.IntN(5)]
			w.fill(c+1, q, strings.Join(cells, " ")+fmt.Sprintf(" + %d", own))
		}
	}
	for _, v := range slices.Clone(w.visits) { // some are visited again, a few of them from another grid
		if rng.IntN(8) == 0 {
			v.at = quarterDay(quarterOf(v.at)).AddDate(0, 0, rng.IntN(88))
			if c := int(v.unit[1] - '0'); rng.IntN(4) == 0 && w.grids[c-1] > 1 {
				v.unit = fmt.Sprintf("G%d%d", c, 1+rng.IntN(w.grids[c-1]))
			}
			w.visits = append(w.visits, v)
		}
	}
	return w
}

// block counts a community in a quarter.
func (w *careWorld) block(community, quarter int) (visited, registered []int, own int) {
	people := map[string]map[string]bool{}
	for _, v := range w.visits {
		if quarterOf(v.at) == quarter {
			if people[v.unit] == nil {
				people[v.unit] = map[string]bool{}
			}
			people[v.unit][v.person] = true
		}
	}
	for g := range w.grids[community-1] {
		unit, d := fmt.Sprintf("G%d%d", community, g+1), 0
		for _, l := range w.listed {
			if l.unit == unit && quarterOf(l.as) == quarter {
				d = l.value
			}
		}
		visited, registered = append(visited, len(people[unit])), append(registered, d)
	}
	return visited, registered, len(people[fmt.Sprintf("C%d", community)])
}

// move says that in a quarter a person was visited from another unit, or that somebody is registered in another, or both.
type move struct {
	quarter        int
	person         string
	visitFrom      string
	visitTo        string
	listFrom, list string
}

func (w *careWorld) after(m move) *careWorld {
	o := &careWorld{careSite{slices.Clone(w.visits), slices.Clone(w.listed)}, w.grids}
	for i := range o.visits {
		if v := &o.visits[i]; quarterOf(v.at) == m.quarter && v.person == m.person && v.unit == m.visitFrom {
			v.unit = m.visitTo
		}
	}
	for i := range o.listed {
		switch l := &o.listed[i]; {
		case quarterOf(l.as) != m.quarter:
		case l.unit == m.listFrom:
			l.value--
		case l.unit == m.list:
			l.value++
		}
	}
	return o
}

// moves are those possible in a block.
func (w *careWorld) moves(community, quarter int) []move {
	none := move{quarter: quarter}
	visits, lists := []move{none}, []move{none}
	unitsOf := []string{fmt.Sprintf("C%d", community)}
	for g := range w.grids[community-1] {
		unitsOf = append(unitsOf, fmt.Sprintf("G%d%d", community, g+1))
	}
	for _, v := range w.visits {
		if quarterOf(v.at) != quarter || !slices.Contains(unitsOf, v.unit) {
			continue
		}
		for _, to := range unitsOf {
			m := none
			m.person, m.visitFrom, m.visitTo = v.person, v.unit, to
			if to != v.unit && !slices.Contains(visits, m) {
				visits = append(visits, m)
			}
		}
	}
	for _, l := range w.listed {
		for _, to := range unitsOf[1:] {
			if quarterOf(l.as) == quarter && slices.Contains(unitsOf, l.unit) && l.value > 0 && to != l.unit {
				m := none
				m.listFrom, m.list = l.unit, to
				lists = append(lists, m)
			}
		}
	}
	var all []move
	for _, v := range visits {
		for _, l := range lists {
			m := v
			m.listFrom, m.list = l.listFrom, l.list
			all = append(all, m)
		}
	}
	return all[1:]
}

// numbersOf are the numbers of a block: visited, registered and left over of each grid, and visited without a grid.
func numbersOf(visited, registered []int, own int) []int {
	all := []int{own}
	for i := range visited {
		all = append(all, visited[i], registered[i], registered[i]-visited[i])
	}
	return all
}

// TestSmallNumbersOfTwins (TRUST A5), the whole: for every small number of a made-up site a twin site is found in which one
// person is at home elsewhere and the number is another one; and everything that anybody without Scope.Care can ask is
// asked of both, and answered alike: totals, grids, quarters and years, all narrower windows, scopes and rankings.
func TestSmallNumbersOfTwins(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 4))
	cat := siteFS{}.load(t)
	sites, twins := 1, 2
	switch {
	case os.Getenv("GRIDSTAR_SOAK") != "":
		sites, twins = 5, 8
	case testing.Short():
		twins = 1
	}
	for site := range sites {
		w := newCareWorld(rng)
		f := w.loadWorld(t)
		checkPattern(t, f, cat, w)
		heard := interrogate(t, f, cat, uint64(site))

		// what is wanted of each block in turn: another value of one small number
		wanted := map[[2]int][]move{}
		found, rounds := 0, 0
		for c, grids := range w.grids {
			for q := range 4 {
				visited, registered, own := w.block(c+1, q)
				hideRegisters, hideOthers := smallest(visited, registered, own)
				if !hideOthers {
					continue
				}
				all := numbersOf(visited, registered, own)
				for i, v := range all {
					if v < 1 || v > 4 {
						continue
					}
					m, ok := w.twin(c+1, q, i, hideRegisters)
					if !ok {
						if grids > 1 {
							t.Errorf("community %d quarter %d: number %d of %v, %v registered, %d without a grid, follows", c+1, q, i, visited, registered, own)
						}
						continue
					}
					found++
					wanted[[2]int{c, q}] = append(wanted[[2]int{c, q}], m)
					rounds = max(rounds, len(wanted[[2]int{c, q}]))
				}
			}
		}
		t.Logf("site %d: twins for %d small numbers in %d blocks", site, found, len(wanted))
		if found < 20 {
			t.Errorf("site %d: too little is small", site)
		}
		for range min(rounds, twins) {
			o, moved := w, 0
			for _, block := range slices.SortedFunc(maps.Keys(wanted), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }) {
				if some := wanted[block]; len(some) > 0 {
					at := rng.IntN(len(some))
					o, moved = o.after(some[at]), moved+1
					wanted[block] = slices.Delete(some, at, at+1)
				}
			}
			twin := o.loadWorld(t)
			other := interrogate(t, twin, cat, uint64(site))
			for i := range heard {
				if heard[i] != other[i] {
					t.Fatalf("site %d, %d people moved, is told from its twin: %s", site, moved, firstDifference(heard[i], other[i]))
				}
			}
			// who may see them sees that they differ
			q := "2025-01-01 2026-01-01 " + careMetrics + " by=org:grid,quarter now=2026-02-10 care=*"
			if cellsOf(f.ask(cat, q)) == cellsOf(twin.ask(cat, q)) {
				t.Error("the twin is the same site")
			}
		}
	}
}

// twin finds a move that changes a number of a block, and nothing that anybody may see.
func (w *careWorld) twin(community, quarter, number int, hideRegisters bool) (move, bool) {
	visited, registered, own := w.block(community, quarter)
	for _, m := range w.moves(community, quarter) {
		if m.listFrom != "" && !hideRegisters {
			continue // registers are shown
		}
		n, d, o := w.after(m).block(community, quarter)
		if numbersOf(n, d, o)[number] == numbersOf(visited, registered, own)[number] {
			continue
		}
		if r, all := smallest(n, d, o); r != hideRegisters || !all {
			continue
		}
		consistent := true // as the site is, or better: nobody is visited who is not registered
		for i := range n {
			consistent = consistent && (n[i] <= d[i] || visited[i] > registered[i])
		}
		if consistent {
			return m, true
		}
	}
	return move{}, false
}

func (w *careWorld) loadWorld(t *testing.T) *fixture {
	org := append(careUnits(w.grids...),
		strings.Fields("party branch B1 - 一支部 1"), strings.Fields("party branch B2 - 二支部 2"), strings.Fields("party branch B3 - 三支部 3"),
		strings.Fields("party estate_branch E1 B1 院支部 1"), strings.Fields("party estate_branch E2 B1 楼支部 2"), strings.Fields("party estate_branch E3 B2 外支部 1"))
	return w.load(t, org, [][]string{{"party_code", "area_code"}, {"B1", "C1"}, {"E1", "G11"}, {"E2", "G12"}, {"E2", "G13"}, {"B2", "C2"}, {"E3", "G22"}, {"B3", "G31"}, {"B3", "G32"}})
}

// checkPattern compares what is shown of the grids with the rule.
func checkPattern(t *testing.T, f *fixture, cat *catalog.Catalog, w *careWorld) {
	t.Helper()
	shown, hidden := 0, 0
	a := f.ask(cat, "2025-01-01 2026-04-01 "+careMetrics+" by=org:grid,quarter now=2026-02-10")
	for _, r := range a.Rows {
		unit, _ := r.Keys[0].Value.(string)
		if unit == "" {
			continue
		}
		var c, g, q, y int
		fmt.Sscanf(unit, "G%1d%1d", &c, &g)
		fmt.Sscanf(r.Keys[1].Value.(string), "%d-Q%d", &y, &q)
		quarter := 4*(y-2025) + q - 1
		visited, registered, own := w.block(c, quarter)
		hideRegisters, hideOthers := smallest(visited, registered, own)
		if quarter == 4 { // still running
			hideRegisters, hideOthers = true, true
		}
		want := []string{fmt.Sprint(visited[g-1]), fmt.Sprint(registered[g-1])}
		if hideOthers {
			want[0] = "×"
		}
		if hideRegisters {
			want[1] = "×"
		}
		if hideOthers {
			hidden++
		} else {
			shown++
		}
		one := &Answer{Columns: a.Columns, Rows: []Row{r}}
		if got := cellsOf(one); !strings.HasPrefix(got, strings.Join(want, "/")+"/") || strings.HasSuffix(got, "/×") != hideOthers {
			t.Errorf("%s in %v: %s, want %s of %v, %v registered, %d without a grid", unit, r.Keys[1].Value, got, strings.Join(want, "/"), visited, registered, own)
		}
	}
	if shown < 10 || hidden < 10 {
		t.Errorf("%d shown and %d hidden tell little", shown, hidden)
	}
}

// interrogate asks everything that somebody without Scope.Care may think of, and gives question and answer of each.
func interrogate(t *testing.T, f *fixture, cat *catalog.Catalog, seed uint64) (heard []string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 9)) // the same questions to the same site's twins
	e := NewEngine(f.w, cat, EngineOptions{})
	ask := func(words string) {
		q := parseQuery(t, strings.Fields(words))
		answers, err := e.Ask(t.Context(), q)
		if err != nil {
			heard = append(heard, words+": "+err.Error())
			return
		}
		a := answers[0]
		var b bytes.Buffer
		b.WriteString(words + "\n")
		if err := a.JSON(&b); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, a.Notes)
		if len(q.Dims) > 0 && len(q.Dims) < 3 {
			for i := range a.Columns {
				for _, r := range Rank(a, i) {
					fmt.Fprint(&b, r.Row, " ", r.Place, " ", r.Note, "; ")
				}
			}
		}
		heard = append(heard, b.String())
	}
	const all = careMetrics + ",figure:care_registered,activities"
	orgs := []string{"", "org:street", "org:community", "org:grid", "org:community,org:grid", "org:building", "org:branch", "org:estate_branch", "org:branch,org:grid"}
	times := []string{"", "quarter", "year", "year,quarter", "month", "week", "quarter,weekday", "hour"}
	for _, o := range orgs {
		for _, d := range []string{"quarter", "year", ""} {
			ask("2025-01-01 2026-01-01 " + all + " now=2026-02-10" + by(o, d))
		}
	}
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	for range 120 {
		from := quarterDay(rng.IntN(4))
		to := addMonths(from, pick2(rng, 3, 3, 6, 12))
		if rng.IntN(3) == 0 {
			from = from.AddDate(0, pick2(rng, 0, 1), pick2(rng, 0, 1, 13))
			to = to.AddDate(0, -pick2(rng, 0, 1), -pick2(rng, 0, 1, 13))
		}
		words := from.Format(time.DateOnly) + " " + to.Format(time.DateOnly) + " " + pick(all, careMetrics, "care_visited", "care_registered", "care_visit_rate") +
			" now=" + pick("2026-02-10", "2026-02-10", "2025-10-01", "2025-08-05") + by(orgs[rng.IntN(len(orgs))], times[rng.IntN(len(times))])
		switch rng.IntN(3) {
		case 0:
			words += " scope=" + pick("S1", "S2", "C1", "C2", "G11", "G12", "G11,G12", "G11,G12,G13", "C1,G21", "C2,G31", "H1", "B1", "B3", "E1", "E2", "E1,C3", "S2,G31")
		case 1:
			words += " org=" + pick("S1", "C1", "C2", "C3", "C4", "C5", "G11", "G12", "G21", "G31", "H1", "B1", "E2", "B3")
		}
		words += pick("", "", "", " compare=prev", " compare=yoy", " limit=2", " asof=1", " asof=0")
		ask(words)
	}
	return heard
}

func by(dims ...string) string {
	if some := slices.DeleteFunc(dims, func(d string) bool { return d == "" }); len(some) > 0 {
		return " by=" + strings.Join(some, ",")
	}
	return ""
}

func pick2(rng *rand.Rand, from ...int) int { return from[rng.IntN(len(from))] }
