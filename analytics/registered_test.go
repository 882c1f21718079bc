package analytics

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/units"
)

// C1 states nothing, its grids 100 and 200; the 30 of a building are among the 200. P1 covers C1 and states 999 of its own, P2
// covers G11 and states nothing, and the 7 of its party cell are overruled by the grid's 100. C2 states 400 beside the 50 of its
// grid; C3 nothing.
func TestRegisteredAttributes(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	var all []units.Unit
	add := func(tree, level, code, parent string, households *int64, covers ...string) {
		all = append(all, units.Unit{Tree: tree, Level: level, Code: code, Parent: parent, Name: code, Households: households, Covers: covers, ValidFrom: units.Beginning})
	}
	add(units.Area, "community", "C1", "", nil)
	add(units.Area, "grid", "G11", "C1", n(100))
	add(units.Area, "grid", "G12", "C1", n(200))
	add(units.Area, "building", "B121", "G12", n(30))
	add(units.Area, "community", "C2", "", n(400))
	add(units.Area, "grid", "G21", "C2", n(50))
	add(units.Party, "branch", "P1", "", n(999), "C1")
	add(units.Party, "estate_branch", "P2", "P1", nil, "G11")
	add(units.Party, "cell", "P3", "P2", n(7))
	for _, x := range []struct {
		situation string
		without   string // a unit that is not in force
		dims      []string
		org       string
		want      map[string]float64 // by the codes of the asked units
		all       bool
	}{
		{"the whole site takes the topmost area units", "", nil, "", map[string]float64{"": 700}, true},
		{"a community its own, else its grids'", "", []string{"org:community"}, "", map[string]float64{"C1": 300, "C2": 400}, true},
		{"without its own, those below count", "C2", []string{"org:community"}, "", map[string]float64{"C1": 300, "C2": 50}, true},
		{"a grid with no value leaves its cell empty", "G11", []string{"org:grid"}, "", map[string]float64{"G12": 200, "G21": 50}, false},
		{"a party branch its own", "", []string{"org:branch"}, "", map[string]float64{"P1": 999}, true},
		{"an estate branch what it covers before its cells", "", []string{"org:estate_branch"}, "", map[string]float64{"P2": 100}, true},
		{"where it covers nothing valued, its cells", "G11", []string{"org:estate_branch"}, "", map[string]float64{"P2": 7}, true},
		{"two levels", "", []string{"org:community", "org:grid"}, "", map[string]float64{"C1 G11": 100, "C1 G12": 200, "C2 ": 400, "C2 G21": 50}, false},
		{"the filter's unit its own", "", nil, "C2", map[string]float64{"": 400}, true},
	} {
		t.Run(x.situation, func(t *testing.T) {
			var versions []units.Unit
			for _, u := range all {
				if u.Code == x.without {
					u.ValidTo = units.Beginning.AddDate(1, 0, 0)
				}
				versions = append(versions, u)
			}
			tree := units.NewTree(versions, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
			cat := siteFS{}.load(t)
			dims, err := parseDims(cat, x.dims)
			if err != nil {
				t.Fatal(err)
			}
			p := &plan{cat: cat, orgs: dims}
			if x.org != "" {
				p.within = []string{x.org}
			}
			p.Scope = units.Everything()
			p.stand(&register{tree: tree})
			cells, tuples, complete := p.registered("households")
			got := map[string]float64{}
			for _, tuple := range tuples {
				name := ""
				for i, at := range tuple {
					if i > 0 {
						name += " "
					}
					if at > 0 {
						name += tree.Node(at).Code
					}
				}
				if c := cells[tupleKey(tuple)]; c != nil {
					got[name] = c.n
				}
			}
			if diff := cmp.Diff(x.want, got); diff != "" || complete != x.all {
				t.Errorf("complete %v, want %v; (-want +got)\n%s", complete, x.all, diff)
			}
		})
	}
}
