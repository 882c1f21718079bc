package geo

import "github.com/paulmach/orb"

// leastNestedM2 is the area below which a child and its parent do not count as
// disagreeing.
const leastNestedM2 = leastOverlapM2

// AuditNested checks the features of one level against those of the level above, both in
// WGS-84 and sound (Audit finds nothing grave): each child lies in its parent
// (OutsideParent, NoParent, UnknownParent), each parent is covered by its children (Uncovered).
// Areas of up to 1 m² are left out; AreaM2 and Share say how much it is, so that a caller
// can leave out more. The parent of a child is the feature whose Code is the child's
// Parent; a child without Parent belongs to the feature with which it has most area in
// common, if there is one.
//
// Feature, Code and Share are those of the child, for Uncovered of the parent; Other and
// OtherCode those of the child's parent. Findings come in the order of the children,
// then of the parents. Features without shape are left out: Audit reports them.
func AuditNested(parents, children []Feature) []Finding {
	n := nesting{parents: parents, children: children, boxes: NewBoxIndex(shapesIn(parents)), work: sweepTests}
	n.byCode = map[string]int{}
	for i, p := range parents {
		if _, ok := n.byCode[p.Code]; !ok && p.Code != "" {
			n.byCode[p.Code] = i
		}
	}
	n.of = make([][]orb.MultiPolygon, len(parents))
	for i := range children {
		n.child(i)
	}
	for i := range parents {
		n.parent(i)
	}
	if n.work < 0 {
		f := newFinding(NestingUnknown, orb.Point{})
		f.Feature = rowOf(children, 0)
		n.found = append(n.found, f)
	}
	return n.found
}

func shapesIn(fs []Feature) []orb.MultiPolygon {
	out := make([]orb.MultiPolygon, len(fs))
	for i, f := range fs {
		out[i] = f.Shape
	}
	return out
}

// nesting compares two levels.
type nesting struct {
	parents, children []Feature
	boxes             *BoxIndex // of the parents
	byCode            map[string]int
	of                [][]orb.MultiPolygon // children of a parent
	work              int
	found             []Finding
}

func (n *nesting) child(i int) {
	c := n.children[i]
	if len(c.Shape) == 0 || n.work < 0 {
		return
	}
	p := -1
	if c.Parent == "" {
		p = n.nearest(c.Shape)
	} else if known, ok := n.byCode[c.Parent]; ok {
		p = known
	} else {
		f := newFinding(UnknownParent, orb.Point{})
		f.Feature, f.Code, f.OtherCode = rowOf(n.children, i), c.Code, c.Parent
		n.found = append(n.found, f)
		return
	}
	var parent []orb.MultiPolygon
	f := newFinding(OutsideParent, orb.Point{})
	f.Feature, f.Code = rowOf(n.children, i), c.Code
	if p >= 0 {
		n.of[p] = append(n.of[p], c.Shape)
		parent = []orb.MultiPolygon{n.parents[p].Shape}
		f.Other, f.OtherCode = rowOf(n.parents, p), n.parents[p].Code
	} else {
		f.Kind = NoParent
	}
	n.compare(f, c.Shape, parent)
}

func (n *nesting) parent(i int) {
	p := n.parents[i]
	if len(p.Shape) == 0 || n.work < 0 {
		return
	}
	f := newFinding(Uncovered, orb.Point{})
	f.Feature, f.Code = rowOf(n.parents, i), p.Code
	n.compare(f, p.Shape, n.of[i])
}

// compare adds the finding if more of a shape than leastNestedM2 is not in the others.
func (n *nesting) compare(f Finding, shape orb.MultiPolygon, in []orb.MultiPolygon) {
	area, at := uncovered([]orb.MultiPolygon{shape}, in, &n.work)
	if n.work < 0 || area <= leastNestedM2 {
		return
	}
	f.At, f.AreaM2 = at, area
	if whole := AreaM2(shape); whole > 0 {
		f.Share = min(area/whole, 1)
	}
	n.found = append(n.found, f)
}

// nearest is the parent with which a shape has most area in common, −1 if none.
func (n *nesting) nearest(shape orb.MultiPolygon) int {
	box := boundOf(shape)
	best, most := -1, leastNestedM2
	for _, p := range n.boxes.Within(box) {
		if area, _ := commonArea(shape, n.parents[p].Shape, intersect(box, boundOf(n.parents[p].Shape)), &n.work); area > most {
			best, most = p, area
		}
	}
	return best
}
