package geo

import "github.com/paulmach/orb"

// boxTree finds all pairs of items whose boxes meet. It is a binary tree of boxes
// over the items in the order given; edges along a ring and features in a file
// lie near their neighbours, so no sorting is needed.
type boxTree struct {
	boxes []orb.Bound // of the items
	nodes []orb.Bound // heap order; children of i are 2i+1 and 2i+2
	tests int         // box pairs that may still be tested
}

// leafItems is how many items end a branch.
const leafItems = 8

// newBoxTree takes the number of box pairs after which pairs gives up.
func newBoxTree(boxes []orb.Bound, tests int) *boxTree {
	t := &boxTree{boxes: boxes, tests: tests}
	t.build(0, 0, len(boxes))
	return t
}

func (t *boxTree) build(node, lo, hi int) orb.Bound {
	for len(t.nodes) <= node {
		t.nodes = append(t.nodes, emptyBound())
	}
	b := emptyBound()
	if hi-lo <= leafItems {
		for _, box := range t.boxes[lo:hi] {
			b = extend(b, box.Min, box.Max)
		}
	} else {
		mid := (lo + hi) / 2
		l, r := t.build(2*node+1, lo, mid), t.build(2*node+2, mid, hi)
		b = extend(l, r.Min, r.Max)
	}
	t.nodes[node] = b
	return b
}

// pairs calls visit once for every pair i < j of items whose boxes meet. It
// returns false if the number of tests ran out before the end, or at stop: the input
// was made to be slow, since real borders meet in few places.
func (t *boxTree) pairs(visit func(i, j int)) bool {
	return t.within(0, 0, len(t.boxes), visit)
}

// stop makes pairs return false after the current visit.
func (t *boxTree) stop() { t.tests = 0 }

func (t *boxTree) within(node, lo, hi int, visit func(i, j int)) bool {
	if hi-lo <= leafItems {
		return t.all(lo, hi, lo, hi, visit)
	}
	mid := (lo + hi) / 2
	return t.within(2*node+1, lo, mid, visit) &&
		t.within(2*node+2, mid, hi, visit) &&
		t.across(2*node+1, lo, mid, 2*node+2, mid, hi, visit)
}

// across pairs the items of two different branches, the first left of the second.
func (t *boxTree) across(n1, lo1, hi1, n2, lo2, hi2 int, visit func(i, j int)) bool {
	if t.tests--; t.tests < 0 {
		return false
	}
	if !overlaps(t.nodes[n1], t.nodes[n2]) {
		return true
	}
	leaf1, leaf2 := hi1-lo1 <= leafItems, hi2-lo2 <= leafItems
	switch {
	case leaf1 && leaf2:
		return t.all(lo1, hi1, lo2, hi2, visit)
	case leaf2 || !leaf1 && hi1-lo1 >= hi2-lo2:
		mid := (lo1 + hi1) / 2
		return t.across(2*n1+1, lo1, mid, n2, lo2, hi2, visit) &&
			t.across(2*n1+2, mid, hi1, n2, lo2, hi2, visit)
	default:
		mid := (lo2 + hi2) / 2
		return t.across(n1, lo1, hi1, 2*n2+1, lo2, mid, visit) &&
			t.across(n1, lo1, hi1, 2*n2+2, mid, hi2, visit)
	}
}

func (t *boxTree) all(lo1, hi1, lo2, hi2 int, visit func(i, j int)) bool {
	for i := lo1; i < hi1; i++ {
		for j := max(i+1, lo2); j < hi2; j++ {
			if t.tests--; t.tests < 0 {
				return false
			}
			if overlaps(t.boxes[i], t.boxes[j]) {
				visit(i, j)
			}
		}
	}
	return true
}
