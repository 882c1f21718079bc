package units

import "slices"

// Reached marks, by position - 1, the units of a reach: those Under its units; and the party organisations that belong
// there altogether. So whoever may see a street sees its committee and branches, but no organisation that is also about
// people elsewhere. An organisation belongs there if all is in reach that it and those below it cover, and what it covers
// is known: it covers something itself, or else the nearest above it does, all of it in reach.
func (t *Tree) Reached(r Reach) []bool {
	if r.All {
		in := make([]bool, len(t.nodes))
		for i := range in {
			in[i] = true
		}
		return in
	}
	in := t.Under(r.Units)
	strays := make([]bool, len(t.nodes)) // it covers something out of reach …
	below := make([]bool, len(t.nodes))  // … or one below it does
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := &t.nodes[i]
		strays[i] = slices.ContainsFunc(n.covers, func(area int32) bool { return !in[area-1] })
		below[i] = below[i] || strays[i]
		if n.Parent > 0 {
			below[n.Parent-1] = below[n.Parent-1] || below[i]
		}
	}
	by := make([]int, len(t.nodes)) // position of the organisation whose area it has; 0: none
	for i := range t.nodes {
		n := &t.nodes[i]
		switch {
		case len(n.covers) > 0:
			by[i] = n.Position
		case n.Tree == Party && n.Parent > 0:
			by[i] = by[n.Parent-1]
		}
		if by[i] > 0 && !below[i] && !strays[by[i]-1] {
			in[i] = true
		}
	}
	return in
}

// Within is the tree of the units Reached, in the same order, as if there were no others: positions count anew, a unit lies
// right below the nearest one above it that is there, and without one it is a root. What counts for what stays as it is at
// the whole site. The tree itself where the reach is everything.
func (t *Tree) Within(r Reach) *Tree {
	if r.All {
		return t
	}
	in := t.Reached(r)
	at := make([]int32, len(t.nodes)+1) // new position by the old one; 0: not there
	n := int32(0)
	for i := range in {
		if in[i] {
			n++
			at[i+1] = n
		}
	}
	w := &Tree{nodes: make([]Node, 0, n), byCode: make(map[string]int, n), levels: map[string][]int32{}}
	for i, n := range t.nodes {
		if !in[i] {
			continue
		}
		up := n.Parent
		for up > 0 && !in[up-1] {
			up = t.nodes[up-1].Parent
		}
		n.Position, n.Parent = int(at[n.Position]), int(at[up])
		var above []int32
		for _, a := range n.Above {
			if at[a] > 0 {
				above = append(above, at[a])
			}
		}
		n.Above = above
		n.covers = nil // what belongs to what is settled by the whole tree
		w.byCode[n.Code] = n.Position
		w.nodes = append(w.nodes, n)
	}
	w.nest()
	for i := range w.nodes {
		for _, a := range w.nodes[i].Above {
			w.note(i, a)
		}
	}
	return w
}

// Within is the directory of the units that a scope reaches (Tree.Reached), in the same order, as if there were no others:
// they are not found by code, name or alias, and what has no visible unit above it is a root. The directory itself where
// the scope is everything. It costs as much as making a directory: keep it.
func (d *Directory) Within(scope Scope) *Directory {
	if scope.All {
		return d
	}
	t := NewTree(d.units, d.date)
	reached := t.Reached(scope.Reach)
	in := func(code string) bool {
		p := t.Position(code)
		return p > 0 && reached[p-1]
	}
	var own []Unit
	for i, u := range d.units {
		if !in(u.Code) {
			continue
		}
		up := d.parents[i]
		for up >= 0 && !in(d.units[up].Code) {
			up = d.parents[up]
		}
		if u.Parent = ""; up >= 0 {
			u.Parent = d.units[up].Code
		}
		u.Covers = slices.DeleteFunc(slices.Clone(u.Covers), func(area string) bool { return !in(area) })
		own = append(own, u)
	}
	w := newDirectory(d.levels, own, d.date)
	w.version = d.version
	return w
}
