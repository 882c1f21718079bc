package geo

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

// BoxIndex finds the shapes near a box: those to draw in a tile, those a query by
// bounding box may mean. It is immutable and safe for use by many goroutines.
type BoxIndex struct {
	tree  *boxTree
	items []int // position in the tree → position in the slice given
}

// NewBoxIndex takes shapes in WGS-84 of the types that Tile draws. One without any
// point is in no box.
func NewBoxIndex[G orb.Geometry](shapes []G) *BoxIndex {
	type item struct {
		at    int
		box   orb.Bound
		place uint64
	}
	var items []item
	whole := emptyBound()
	for i, s := range shapes {
		if b := boundOf(s); b.Min[0] <= b.Max[0] && b.Min[1] <= b.Max[1] {
			items = append(items, item{at: i, box: b})
			whole = extend(whole, b.Min, b.Max)
		}
	}
	// Along a Z-shaped curve, neighbours in the tree are neighbours on the map.
	for i := range items {
		c := items[i].box.Center()
		for k := range 2 {
			share := (c[k] - whole.Min[k]) / max(whole.Max[k]-whole.Min[k], 1e-9)
			items[i].place |= spread(uint32(share*(1<<31))) << k
		}
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.at, b.at))
	})
	ix := &BoxIndex{items: make([]int, len(items))}
	boxes := make([]orb.Bound, len(items))
	for i, it := range items {
		ix.items[i], boxes[i] = it.at, it.box
	}
	ix.tree = newBoxTree(boxes, 0)
	return ix
}

// boundOf is the box around all points of a shape. (orb's takes an empty part for a
// box around 0, 0.)
func boundOf(shape orb.Geometry) orb.Bound {
	b := emptyBound()
	switch s := shape.(type) {
	case orb.Point:
		b = extend(b, s)
	case orb.MultiPoint:
		b = extend(b, s...)
	case orb.LineString:
		b = extend(b, s...)
	case orb.MultiLineString:
		for _, line := range s {
			b = extend(b, line...)
		}
	case orb.Polygon:
		for _, ring := range s {
			b = extend(b, ring...)
		}
	case orb.MultiPolygon:
		for _, poly := range s {
			for _, ring := range poly {
				b = extend(b, ring...)
			}
		}
	}
	return b
}

// spread puts a zero before every bit.
func spread(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}

// Within returns the positions, in the slice given to NewBoxIndex and in its order, of
// the shapes whose bounding boxes meet the box (degrees; touching counts).
func (ix *BoxIndex) Within(b orb.Bound) []int {
	var out []int
	ix.tree.search(b, func(i int) { out = append(out, ix.items[i]) })
	slices.Sort(out)
	return out
}

// InTile is Within for what Tile draws: the tile and its margin.
func (ix *BoxIndex) InTile(z, x, y uint32) []int { return ix.Within(TileBound(z, x, y)) }

// CountInTile is the number of shapes of InTile.
func (ix *BoxIndex) CountInTile(z, x, y uint32) int {
	n := 0
	ix.tree.search(TileBound(z, x, y), func(int) { n++ })
	return n
}

// search visits the items whose boxes meet b.
func (t *boxTree) search(b orb.Bound, visit func(i int)) { t.searchIn(0, 0, len(t.boxes), b, visit) }

func (t *boxTree) searchIn(node, lo, hi int, b orb.Bound, visit func(i int)) {
	if !overlaps(t.nodes[node], b) {
		return
	}
	if hi-lo <= leafItems {
		for i := lo; i < hi; i++ {
			if overlaps(t.boxes[i], b) {
				visit(i)
			}
		}
		return
	}
	mid := (lo + hi) / 2
	t.searchIn(2*node+1, lo, mid, b, visit)
	t.searchIn(2*node+2, mid, hi, b, visit)
}
