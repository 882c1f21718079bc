package units

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"gridstar/analytics/warehouse"
)

// Tree is the units of one data version as they count on one date, with all that lies above each, held in memory:
// queries are asked far more often than units change, and working the closure out in SQL for each of them cost more than
// most of them ask (docs/performance.md). A Tree is immutable and safe for concurrent use.
//
// Of a code's versions the one in force on the date counts, else the last that has ended, else the first to come.
// Units are named by their position in the official order, 1 … n (depth first, the area tree before the party tree,
// children by sort, then code; a unit whose parent is unknown stands among the roots); 0 is none.
//
// A fact counts once per level. An area unit has units above it at its own levels and, by way of what covers it, at
// party levels; a party unit at party levels only. A party level is reached from an area unit through the
// organisations that cover it or its nearest covered ancestor and that stand at that level or have an ancestor
// there. Where several qualify, the nearest covered unit wins, then the organisation that covers it directly, then
// the covering organisation's lowest sort, then its lowest code; Directory.CoverConflicts reports such units.
type Tree struct {
	nodes  []Node // by position - 1
	byCode map[string]int
	levels map[string][]int32 // level → by position - 1, the position of the unit above there
}

// Node is one unit of a Tree.
type Node struct {
	Tree, Code, Level, Name string
	Valid                   bool // in force on the date
	Leaf                    bool // in force, and none below it is

	Position int
	Last     int // position of the last unit below it in its own tree; its own if there is none
	Parent   int // position of the unit above; 0 for a root

	// Above are itself, those above it in its own tree, and for area units the party organisations that cover it.
	Above []int32

	Population, Households *int64
	AreaKM2                *float64

	covers []int32 // of an organisation: the area units that it covers itself
}

// LoadTree reads the units of data version asOf (nil: the live one) as they count on the civil date of on.
func LoadTree(ctx context.Context, q warehouse.Queryer, asOf *int64, on time.Time) (*Tree, error) {
	covers, err := readPairs(ctx, q, "SELECT party_code, area_code FROM "+warehouse.Relation("org_cover", asOf)+" c")
	if err != nil {
		return nil, err
	}
	us, err := warehouse.Rows(ctx, q, func(rows *sql.Rows) (u Unit, err error) {
		var parent sql.NullString
		var to sql.NullTime
		err = rows.Scan(&u.Tree, &u.Code, &parent, &u.Level, &u.Name, &u.Sort, &u.ValidFrom, &to, &u.Population, &u.Households, &u.AreaKM2)
		u.Parent, u.ValidTo, u.Covers = parent.String, to.Time, covers[u.Code]
		return u, err
	}, "SELECT tree, code, parent_code, level, name, sort, valid_from, valid_to, population, households, area_km2 FROM "+
		warehouse.Relation("org", asOf)+" o")
	if err != nil {
		return nil, err
	}
	return NewTree(us, on), nil
}

// NewTree makes a tree from versions of units, any number a code, in any order.
func NewTree(versions []Unit, on time.Time) *Tree {
	on = Date(on)
	us := order(inForce(versions, on))
	t := &Tree{nodes: make([]Node, len(us)), byCode: make(map[string]int, len(us)), levels: map[string][]int32{}}
	for i, u := range us {
		t.byCode[u.Code] = i + 1
	}
	covering := map[string][]int{} // code of an area unit → positions of the organisations that cover it, the first to count first
	for i, u := range us {
		n := &t.nodes[i]
		*n = Node{
			Tree: u.Tree, Code: u.Code, Level: u.Level, Name: u.Name, Valid: u.In(on), Position: i + 1,
			Population: u.Population, Households: u.Households, AreaKM2: u.AreaKM2,
		}
		if p := t.byCode[u.Parent]; p > 0 && us[p-1].Tree == u.Tree {
			n.Parent = p
		}
		if u.Tree == Party {
			for _, area := range u.Covers {
				covering[area] = append(covering[area], i+1)
				if p := t.byCode[area]; p > 0 {
					n.covers = append(n.covers, int32(p))
				}
			}
		}
	}
	for _, by := range covering {
		slices.SortFunc(by, func(a, b int) int {
			return cmp.Or(cmp.Compare(us[a-1].Sort, us[b-1].Sort), cmp.Compare(us[a-1].Code, us[b-1].Code))
		})
	}
	t.nest()
	for i := range t.nodes {
		n := &t.nodes[i]
		for p := n.Position; p > 0; p = t.nodes[p-1].Parent {
			n.Above = append(n.Above, int32(p))
		}
	}
	for i := range t.nodes {
		if n := &t.nodes[i]; n.Tree == Area {
			n.Above = append(n.Above, t.covered(n, covering)...)
		}
		for _, a := range t.nodes[i].Above {
			t.note(i, a)
		}
	}
	return t
}

// nest works out Last and Leaf from the parents.
func (t *Tree) nest() {
	for i := range t.nodes {
		n := &t.nodes[i]
		n.Last, n.Leaf = n.Position, n.Valid
	}
	for i := len(t.nodes) - 1; i >= 0; i-- { // those below a unit follow it
		if n := &t.nodes[i]; n.Parent > 0 {
			p := &t.nodes[n.Parent-1]
			p.Last = max(p.Last, n.Last)
			p.Leaf = p.Leaf && !n.Valid
		}
	}
}

// covered are the organisations above an area unit, one a level: the nearest covered unit wins, then the organisation
// that covers it directly, then the covering organisation's lowest sort and code.
func (t *Tree) covered(n *Node, covering map[string][]int) []int32 {
	var found []int32
	var levels []string
	for p := n.Position; p > 0; p = t.nodes[p-1].Parent {
		by := covering[t.nodes[p-1].Code]
		for step := 0; len(by) > 0; step++ { // up from all covering organisations at the same pace
			further := false
			for _, o := range by {
				chain := t.nodes[o-1].Above // of party units: their own tree
				if step >= len(chain) {
					continue
				}
				further = true
				if level := t.nodes[chain[step]-1].Level; !slices.Contains(levels, level) {
					levels, found = append(levels, level), append(found, chain[step])
				}
			}
			if !further {
				break
			}
		}
	}
	return found
}

// note records that a lies above the unit at index i, at its level. Of two in one chain, which no load lets in, the
// lower one counts.
func (t *Tree) note(i int, a int32) {
	level := t.nodes[a-1].Level
	at := t.levels[level]
	if at == nil {
		at = make([]int32, len(t.nodes))
		t.levels[level] = at
	}
	at[i] = max(at[i], a)
}

// Len is the number of units.
func (t *Tree) Len() int { return len(t.nodes) }

// Node gives a unit by its position.
func (t *Tree) Node(position int) *Node { return &t.nodes[position-1] }

// Nodes are all units in official order. They must not be changed.
func (t *Tree) Nodes() []Node { return t.nodes }

// Position finds a unit by its exact code; 0 if there is none.
func (t *Tree) Position(code string) int { return t.byCode[code] }

// At is the position of the unit above a unit at a level: itself at its own; 0 where it has none there.
func (t *Tree) At(position int, level string) int {
	at := t.levels[level]
	if at == nil {
		return 0
	}
	return int(at[position-1])
}

// Under marks, by position - 1, the units that are one of codes, lie below one or are covered by one.
func (t *Tree) Under(codes []string) []bool {
	upper := map[int32]bool{}
	for _, c := range codes {
		if p := t.byCode[c]; p > 0 {
			upper[int32(p)] = true
		}
	}
	in := make([]bool, len(t.nodes))
	for i := range t.nodes {
		in[i] = slices.ContainsFunc(t.nodes[i].Above, func(a int32) bool { return upper[a] })
	}
	return in
}
