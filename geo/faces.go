package geo

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

// faces is the plane cut up by edges that meet only in their ends and of which an
// even number meets in every point, so that each edge has inside on one side and
// outside on the other.
type faces struct {
	spokes map[orb.Point][]spoke // the edges around a point, counter-clockwise
	order  []orb.Point           // all points from west to east
	edges  []edge

	work int // edges that may still be looked at; negative: given up
}

// spoke is an edge seen from one of its ends.
type spoke struct {
	to   orb.Point
	in   bool // the shape lies to the left
	used bool
}

func newFaces(set map[edge]bool) *faces {
	f := &faces{spokes: map[orb.Point][]spoke{}, edges: sortedEdges(set), work: sideTests}
	for _, e := range f.edges {
		f.spokes[e.a] = append(f.spokes[e.a], spoke{to: e.b})
		f.spokes[e.b] = append(f.spokes[e.b], spoke{to: e.a})
	}
	for p, around := range f.spokes {
		slices.SortFunc(around, func(s, t spoke) int { return compareAngle(p, s.to, t.to) })
		f.order = append(f.order, p)
	}
	slices.SortFunc(f.order, comparePoints)
	f.colour()
	return f
}

// compareAngle orders directions from p by angle in (−π, π], exactly.
func compareAngle(p, a, b orb.Point) int {
	half := func(q orb.Point) int {
		if q[1] < p[1] || q[1] == p[1] && q[0] > p[0] {
			if q[1] == p[1] {
				return 1 // angle 0
			}
			return 0
		}
		if q[1] == p[1] {
			return 3 // angle π
		}
		return 2
	}
	if c := cmp.Compare(half(a), half(b)); c != 0 {
		return c
	}
	return -orient(p, a, b)
}

// colour finds for every spoke whether the shape lies to its left. Of each
// connected piece of the border, the westernmost point looks west into a face that
// encloses the piece; how many edges lie further west in that direction says
// whether it is inside. From there the sides alternate around every point.
func (f *faces) colour() {
	known := map[orb.Point]bool{}
	for _, start := range f.order {
		if known[start] {
			continue
		}
		// Spokes of the westernmost point lie in (−π/2, π/2], and the face to the
		// west is to the left of the last one. Edges of the piece itself are all
		// to the east.
		known[start] = true
		f.paint(start, len(f.spokes[start])-1, f.parityWest(start))
		for queue := []orb.Point{start}; len(queue) > 0; {
			p := queue[0]
			queue = queue[1:]
			for _, s := range f.spokes[p] {
				if known[s.to] {
					continue
				}
				known[s.to] = true
				i := f.find(s.to, p)
				f.paint(s.to, i, !s.in) // the same edge from its other end
				queue = append(queue, s.to)
			}
		}
	}
}

// paint sets the sides around p, given the one to the left of spoke i.
func (f *faces) paint(p orb.Point, i int, in bool) {
	around := f.spokes[p]
	for k := range around {
		around[(i+k)%len(around)].in = in
		in = !in
	}
}

// parityWest counts the edges that the ray from p to the west crosses, with the
// half-open rule.
func (f *faces) parityWest(p orb.Point) bool {
	odd := false
	for _, e := range f.edges {
		f.work--
		if e.a[0] >= p[0] || f.work < 0 {
			break // sorted from west to east
		}
		lo, hi := e.a, e.b
		if hi[1] < lo[1] {
			lo, hi = hi, lo
		}
		if lo[1] <= p[1] && p[1] < hi[1] && orient(lo, hi, p) < 0 {
			odd = !odd
		}
	}
	return odd
}

func (f *faces) find(p, to orb.Point) int {
	return slices.IndexFunc(f.spokes[p], func(s spoke) bool { return s.to == to })
}

// polygons walks around every face of the shape. It returns false if there are so
// many pieces that it gave up.
func (f *faces) polygons() (orb.MultiPolygon, bool) {
	var outers, holes []orb.Ring
	for _, start := range f.order {
		for i := range f.spokes[start] {
			if s := &f.spokes[start][i]; !s.in || s.used {
				continue
			}
			for _, ring := range simpleRings(f.walk(start, i)) {
				if a := ringAreaM2(ring); a >= debris {
					outers = append(outers, ring)
				} else if a <= -debris {
					holes = append(holes, ring)
				}
			}
		}
	}
	out := f.nest(outers, holes)
	return out, f.work >= 0
}

// walk follows the border of the face to the left of spoke i of start. It returns
// an open ring.
func (f *faces) walk(start orb.Point, i int) orb.Ring {
	var ring orb.Ring
	for p := start; ; {
		s := &f.spokes[p][i]
		if s.used {
			return ring
		}
		s.used = true
		ring = append(ring, p)
		// At the far end the border of the same face goes on with the next spoke
		// clockwise from where we came.
		from, n := p, len(f.spokes[s.to])
		p = s.to
		i = (f.find(p, from) + n - 1) % n
	}
}

// simpleRings cuts a ring at the points it passes more than once: what such a point
// ties off is a hole that touches the outer ring, or another such ring.
func simpleRings(ring orb.Ring) []orb.Ring {
	var out []orb.Ring
	var path orb.Ring
	at := map[orb.Point]int{} // position in path
	for _, p := range ring {
		if i, ok := at[p]; ok {
			loop := slices.Clone(path[i:])
			for _, q := range loop {
				delete(at, q)
			}
			path = path[:i]
			out = append(out, loop)
		}
		at[p] = len(path)
		path = append(path, p)
	}
	return append(out, path)
}

// nest gives every hole to the smallest outer ring that holds it, and closes the
// rings. Polygons come from west to east.
func (f *faces) nest(outers, holes []orb.Ring) orb.MultiPolygon {
	type candidate struct {
		ring  orb.Ring
		bound orb.Bound
		area  float64
	}
	cs := make([]candidate, len(outers))
	out := make(orb.MultiPolygon, len(outers))
	for i, ring := range outers {
		cs[i] = candidate{ring, extend(emptyBound(), ring...), ringAreaM2(ring)}
		out[i] = orb.Polygon{closed(ring)}
	}
	for _, hole := range holes {
		box, best := extend(emptyBound(), hole...), -1
		if f.work -= len(outers); f.work < 0 {
			break
		}
		for i, c := range cs {
			if c.bound.Min[0] <= box.Min[0] && c.bound.Min[1] <= box.Min[1] &&
				c.bound.Max[0] >= box.Max[0] && c.bound.Max[1] >= box.Max[1] &&
				(best < 0 || c.area < cs[best].area) {
				f.work -= len(c.ring)
				if contains(c.ring, hole) {
					best = i
				}
			}
		}
		if best >= 0 {
			out[best] = append(out[best], closed(hole))
		}
	}
	return out
}

// contains reports whether a hole lies in a ring it may touch but does not cross.
func contains(ring, hole orb.Ring) bool {
	for _, p := range hole {
		if s := side(ring, p); s != 0 {
			return s > 0
		}
	}
	for i, p := range hole {
		q := hole[(i+1)%len(hole)]
		if s := side(ring, orb.Point{(p[0] + q[0]) / 2, (p[1] + q[1]) / 2}); s != 0 {
			return s > 0
		}
	}
	return false
}

func closed(ring orb.Ring) orb.Ring { return append(slices.Clone(ring), ring[0]) }
