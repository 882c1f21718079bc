package analytics

import (
	"slices"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// inBlock is where a unit's facts lie in the blocks of small numbers (small.go).
type inBlock struct {
	block int // position at the site of the community; that of the unit above, negative, for units without a community
	cell  int // position at the site of the grid, or of the community for its own rows
}

// places says for the units of the site, by position - 1, in which block they lie; zero for those above the level.
func (p *plan) places() []inBlock {
	t := p.register.site
	all := make([]inBlock, t.Len())
	for i := range all {
		n := t.Node(i + 1)
		level, below := p.cat.SmallLevel(n.Tree)
		deep := func(at int) bool { return p.cat.Depth(t.Node(at).Level) > p.cat.Depth(level) }
		switch b := t.At(n.Position, level); {
		case level == "":
		case b > 0:
			all[i] = inBlock{b, b}
			if c := t.At(n.Position, below); c > 0 {
				all[i].cell = c
			}
		case deep(n.Position):
			up := n.Parent
			for up > 0 && deep(up) {
				up = t.Node(up).Parent
			}
			all[i].block = -up
			if up == 0 { // the roots of a tree are a block, of each tree one
				all[i].block = -t.Len() - 1 - slices.Index([]string{units.Area, units.Party}, n.Tree)
			}
		}
	}
	return all
}

// blockParts finds, for the combinations of units that rows stand for (by tupleKey), the blocks of which they count some
// units and not all, unless the caller may see those. Combinations without such a block are left out.
func (p *plan) blockParts() map[string][]part {
	type count struct {
		units int
		cells map[int]int
		care  bool // all of it is open to the caller
	}
	places := p.places()
	blocks, cells := map[int]int{}, map[inBlock]int{} // units of the site
	for _, at := range places {
		blocks[at.block]++
		cells[at]++
	}
	care := p.register.site.Reached(p.Scope.Care)
	rows := map[string]map[int]*count{}
	for i, in := range p.inside {
		site := p.register.site.Position(p.register.tree.Node(i + 1).Code)
		at := places[site-1]
		if !in || at.block == 0 {
			continue
		}
		tuple := make([]int, len(p.orgs))
		for j, d := range p.orgs {
			tuple[j] = p.register.tree.At(i+1, d.from)
		}
		key := tupleKey(tuple)
		if rows[key] == nil {
			rows[key] = map[int]*count{}
		}
		c := rows[key][at.block]
		if c == nil {
			c = &count{cells: map[int]int{}, care: true}
			rows[key][at.block] = c
		}
		c.units++
		c.cells[at.cell]++
		c.care = c.care && care[site-1]
	}
	parts := map[string][]part{}
	for key, counted := range rows {
		for block, c := range counted {
			if c.units == blocks[block] || c.care {
				continue
			}
			whole := block > 0
			for cell, n := range c.cells {
				whole = whole && n == cells[inBlock{block, cell}]
			}
			parts[key] = append(parts[key], part{block, whole})
		}
	}
	return parts
}

// partial are the trees that have blocks which rows count in part.
func (s *small) partial() []string {
	var trees []string
	for _, parts := range s.parts {
		for _, b := range parts {
			if b.block > 0 {
				if t := s.register.site.Node(b.block).Tree; !slices.Contains(trees, t) {
					trees = append(trees, t)
				}
			}
		}
	}
	slices.Sort(trees)
	return trees
}

// smallGroup is one of the two that are hidden together.
type smallGroup int

const (
	smallRegisters smallGroup = iota // figures
	smallOthers
)

func groupOf(leaf *catalog.Metric) smallGroup {
	if leaf.Shape == catalog.ShapeFigure {
		return smallRegisters
	}
	return smallOthers
}

// group of a metric: others as soon as it is made of any of these.
func (s *small) group(m *catalog.Metric) smallGroup {
	g := smallRegisters
	for _, o := range s.operands(m) {
		if s.isPersonal(o) {
			g = max(g, groupOf(o))
		}
	}
	return g
}

// mayShow says that all that is personal about a metric is decided by the picture.
func (s *small) mayShow(m *catalog.Metric) bool {
	return !slices.ContainsFunc(s.operands(m), func(o *catalog.Metric) bool { return s.isPersonal(o) && !s.decided(o) })
}

// decided says that the picture knows a leaf: numbers of people whose quarters, taken together, hold all that a longer
// period does. Records are left out: they are open row by row, but for the words.
func (p *plan) decided(leaf *catalog.Metric) bool {
	switch {
	case !leaf.Care || leaf.Type != catalog.Count && leaf.Type != catalog.Ratio || leaf.Type == catalog.Count && leaf.Factor != 1:
		return false
	case leaf.Shape == catalog.ShapeFigure:
		m, _ := p.cat.Measure(leaf.Measure)
		return m.Time == catalog.OverLast || m.Time == catalog.OverSum && (m.Grain.Period == "month" || m.Grain.Period == "quarter")
	}
	return leaf.Shape == catalog.ShapeActivity && leaf.CountsThings()
}
