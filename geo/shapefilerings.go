package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// ringTests bounds the work of nesting the rings of all shapes of a file: comparisons
// of boxes and of points with edges. 10,000 islands with 1,000 lakes need about 10
// million.
const ringTests = 200_000_000

// nestRings makes polygons of the rings of a Shapefile record, which are in no
// particular order: those that run clockwise are outer ones, the others are holes of
// the smallest outer ring that holds them, or outer ones themselves if none does.
// Where no ring runs clockwise, the writer did not know the rule, and a ring is a hole
// if an odd number of others hold it. Rings are wound as GeoJSON wants it. It takes
// what it does from the tests left, and returns false when they have run out: the
// shapes were made to be slow.
func nestRings(rings []orb.Ring, tests *int) (orb.MultiPolygon, bool) {
	n := ringNester{rings: rings, tests: tests}
	n.boxes, n.areas = make([]orb.Bound, len(rings)), make([]float64, len(rings))
	clockwise := make([]bool, len(rings))
	for i, ring := range rings {
		n.boxes[i], n.areas[i] = extend(emptyBound(), ring...), planarArea(ring)
		clockwise[i] = n.areas[i] < 0
	}
	all := make([]int, len(rings))
	for i := range all {
		all[i] = i
	}
	outer := clockwise
	if !slices.Contains(clockwise, true) {
		outer = make([]bool, len(rings))
		for i := range rings {
			outer[i] = n.holders(i, all)%2 == 0
		}
	}
	candidates := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return !outer[i] })
	polygonOf := make([]int, len(rings))
	var mp orb.MultiPolygon
	for _, i := range candidates {
		polygonOf[i] = len(mp)
		mp = append(mp, orb.Polygon{turned(rings[i], n.areas[i] < 0)})
	}
	for i, ring := range rings {
		if outer[i] {
			continue
		}
		if at := n.smallestHolder(i, candidates); at >= 0 {
			k := polygonOf[at]
			mp[k] = append(mp[k], turned(ring, n.areas[i] > 0))
		} else {
			mp = append(mp, orb.Polygon{turned(ring, n.areas[i] < 0)})
		}
	}
	return mp, *tests >= 0
}

func turned(ring orb.Ring, turn bool) orb.Ring {
	if turn {
		slices.Reverse(ring)
	}
	return ring
}

type ringNester struct {
	rings []orb.Ring
	boxes []orb.Bound
	areas []float64 // signed, in the square of the file's unit
	tests *int
}

// holds reports whether ring k holds ring i, which it may touch but does not cross.
func (n *ringNester) holds(k, i int) bool {
	if *n.tests--; *n.tests < 0 || k == i {
		return false
	}
	if out, in := n.boxes[k], n.boxes[i]; !(out.Min[0] <= in.Min[0] && out.Min[1] <= in.Min[1] && out.Max[0] >= in.Max[0] && out.Max[1] >= in.Max[1]) {
		return false
	}
	ring := n.rings[i]
	for j := range 2 * len(ring) {
		p := ring[j%len(ring)]
		if j >= len(ring) { // all vertices lie on the other ring: ask for the middles of the edges
			q := ring[(j+1)%len(ring)]
			p = orb.Point{(p[0] + q[0]) / 2, (p[1] + q[1]) / 2}
		}
		if *n.tests -= len(n.rings[k]); *n.tests < 0 {
			return false
		}
		if s := side(n.rings[k], p); s != 0 {
			return s > 0
		}
	}
	return false
}

func (n *ringNester) holders(i int, among []int) (count int) {
	for _, k := range among {
		if n.holds(k, i) {
			count++
		}
	}
	return count
}

func (n *ringNester) smallestHolder(i int, among []int) int {
	best := -1
	for _, k := range among {
		if (best < 0 || math.Abs(n.areas[k]) < math.Abs(n.areas[best])) && n.holds(k, i) {
			best = k
		}
	}
	return best
}
