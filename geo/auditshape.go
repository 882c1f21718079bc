package geo

import (
	"cmp"
	"maps"
	"slices"

	"github.com/paulmach/orb"
)

// auditedRing is a ring without its closing point and without repeated ones.
type auditedRing struct {
	polygon, ring int // from 0
	points        []orb.Point
	bound         orb.Bound
}

// auditedEdge is edge number k of ring number r of the feature.
type auditedEdge struct {
	a, b orb.Point
	r, k int
}

// shapeAudit checks one shape.
type shapeAudit struct {
	rings []auditedRing
	found []Finding

	crossed  map[[2]int]bool        // pairs of rings that cross or share a line
	touched  map[[2]int][]orb.Point // pairs of rings and the points they share
	contacts map[contact]bool       // the same as a set
	spots    map[spot]bool          // places already reported

	work int // edges that side may still look at; negative: given up
}

type contact struct {
	rings [2]int
	at    orb.Point
}

type spot struct {
	kind FindingKind
	ring int
	at   orb.Point
}

// Bounds of the work on one shape, some seconds each; real borders need some ten
// tests an edge.
const (
	sideTests    = 500_000_000
	mostFindings = 100_000 // places kept in memory
)

func pairTests(edges int) int { return 20_000_000 + 200*edges }

func auditShape(mp orb.MultiPolygon) []Finding {
	a := shapeAudit{
		crossed:  map[[2]int]bool{},
		touched:  map[[2]int][]orb.Point{},
		contacts: map[contact]bool{},
		spots:    map[spot]bool{},
		work:     sideTests,
	}
	whole := emptyBound()
	for i, poly := range mp {
		for j, ring := range poly {
			if r, ok := a.addRing(i, j, ring); ok {
				whole = extend(whole, r.bound.Min, r.bound.Max)
			}
		}
	}
	if whole.Max[0]-whole.Min[0] > 180 {
		a.found = append(a.found, newFinding(TooWide, orb.Point{}))
	}
	if a.meetings() && a.nesting() {
		a.connection()
	} else {
		a.found = append(a.found, newFinding(TooComplex, orb.Point{}))
	}
	slices.SortStableFunc(a.found, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Polygon, y.Polygon), cmp.Compare(x.Ring, y.Ring))
	})
	return a.found
}

// report adds a finding about a ring, once per place.
func (a *shapeAudit) report(kind FindingKind, r int, at orb.Point) {
	if a.spots[spot{kind, r, at}] {
		return
	}
	a.spots[spot{kind, r, at}] = true
	a.reportRing(kind, a.rings[r].polygon, a.rings[r].ring, at)
}

func (a *shapeAudit) reportRing(kind FindingKind, polygon, ring int, at orb.Point) {
	f := newFinding(kind, at)
	f.Polygon, f.Ring = polygon+1, ring+1
	a.found = append(a.found, f)
}

// addRing looks at a ring alone. Rings of fewer than three points take no part in
// the further checks.
func (a *shapeAudit) addRing(polygon, ring int, points orb.Ring) (auditedRing, bool) {
	r := auditedRing{polygon: polygon, ring: ring, bound: emptyBound()}
	for _, p := range points {
		if len(r.points) > 0 && r.points[len(r.points)-1] == p {
			a.reportRing(SamePoints, polygon, ring, p)
			continue
		}
		r.points = append(r.points, p)
	}
	r.bound = extend(r.bound, r.points...)
	if n := len(r.points); n > 1 && r.points[0] == r.points[n-1] {
		r.points = r.points[:n-1]
	} else if n > 0 {
		a.reportRing(Unclosed, polygon, ring, r.points[n-1])
	}
	distinct := map[orb.Point]bool{}
	for _, p := range r.points {
		if distinct[p] = true; len(distinct) == 3 {
			break
		}
	}
	if len(distinct) < 3 {
		var at orb.Point
		if len(r.points) > 0 {
			at = r.points[0]
		}
		a.reportRing(TooFewPoints, polygon, ring, at)
		return r, false
	}
	if flat(r.points) {
		a.reportRing(ZeroArea, polygon, ring, r.points[0])
	}
	a.rings = append(a.rings, r)
	return r, true
}

// flat reports whether all points lie on one line. (A figure of eight may have no
// signed area either, but it encloses something.)
func flat(points []orb.Point) bool {
	for i := 2; i < len(points); i++ {
		if orient(points[0], points[1], points[i]) != 0 {
			return false
		}
	}
	return true
}

// meetings finds where edges meet that should not. It returns false if it gave up.
func (a *shapeAudit) meetings() bool {
	var edges []auditedEdge
	var boxes []orb.Bound
	for r, ring := range a.rings {
		for k, p := range ring.points {
			q := ring.points[(k+1)%len(ring.points)]
			edges = append(edges, auditedEdge{p, q, r, k})
			boxes = append(boxes, extend(emptyBound(), p, q))
		}
	}
	tree := newBoxTree(boxes, pairTests(len(boxes)))
	return tree.pairs(func(i, j int) {
		a.pair(edges[i], edges[j])
		if len(a.found)+len(a.contacts) > mostFindings {
			tree.stop()
		}
	})
}

func (a *shapeAudit) pair(e, f auditedEdge) {
	if e.r == f.r {
		n := len(a.rings[e.r].points)
		switch {
		case (e.k+1)%n == f.k:
			a.spike(e, f)
			return
		case (f.k+1)%n == e.k:
			a.spike(f, e)
			return
		}
	}
	how, at, to := meet(e.a, e.b, f.a, f.b)
	if how == apart {
		return
	}
	if e.r == f.r {
		kind := SelfCrossing
		if how == touch {
			kind = SelfTouch
		}
		a.report(kind, e.r, at)
		a.report(kind, e.r, to)
		return
	}
	pair := [2]int{min(e.r, f.r), max(e.r, f.r)}
	if how == touch {
		if key := (contact{pair, at}); !a.contacts[key] {
			a.contacts[key] = true
			a.touched[pair] = append(a.touched[pair], at)
		}
		return
	}
	a.crossed[pair] = true
	kind := RingCrossing
	if how == follow {
		kind = SharedLine
	}
	a.report(kind, pair[1], at)
	a.report(kind, pair[1], to)
}

// spike looks at two consecutive edges e and f.
func (a *shapeAudit) spike(e, f auditedEdge) {
	back := (e.a[0]-e.b[0])*(f.b[0]-e.b[0]) + (e.a[1]-e.b[1])*(f.b[1]-e.b[1])
	if back > 0 && orient(e.a, e.b, f.b) == 0 {
		a.report(Spike, e.r, e.b)
	}
}

// nesting checks that holes lie in their outer ring, not in each other, and that
// polygons lie apart. Rings that cross have been reported. It returns false if it
// gave up.
func (a *shapeAudit) nesting() bool {
	boxes := make([]orb.Bound, len(a.rings))
	holesOf := map[int][]int{} // polygon → its hole rings
	outerOf := map[int]int{}
	for r, ring := range a.rings {
		boxes[r] = ring.bound
		if ring.ring == 0 {
			outerOf[ring.polygon] = r
		} else {
			holesOf[ring.polygon] = append(holesOf[ring.polygon], r)
		}
	}
	for polygon, holes := range holesOf {
		outer, ok := outerOf[polygon]
		for _, h := range holes {
			if ok && !a.crossed[pairOf(outer, h)] {
				if at, out := a.anyPoint(h, outer, -1); out {
					a.report(HoleOutside, h, at)
				}
			}
		}
	}
	done := newBoxTree(boxes, pairTests(len(boxes))).pairs(func(i, j int) {
		ri, rj := a.rings[i], a.rings[j]
		if a.crossed[pairOf(i, j)] {
			return
		}
		for _, c := range [2][2]int{{i, j}, {j, i}} { // does c[0] lie in c[1]?
			inner, outer := c[0], c[1]
			switch {
			case ri.polygon == rj.polygon && ri.ring > 0 && rj.ring > 0:
				if at, in := a.anyPoint(inner, outer, 1); in {
					a.report(NestedHole, inner, at)
				}
			case ri.polygon != rj.polygon && ri.ring == 0 && rj.ring == 0:
				at, in := a.anyPoint(inner, outer, 1)
				inHole := slices.ContainsFunc(holesOf[a.rings[outer].polygon], func(h int) bool {
					if a.crossed[pairOf(inner, h)] {
						return true // reported as crossing
					}
					_, in := a.anyPoint(inner, h, 1)
					_, out := a.anyPoint(inner, h, -1)
					return in && !out
				})
				if in && !inHole {
					a.report(NestedPolygon, inner, at)
				}
			}
		}
	})
	return done && a.work >= 0
}

func pairOf(i, j int) [2]int { return [2]int{min(i, j), max(i, j)} }

// anyPoint returns a point of ring r that lies on the wanted side of ring o: +1
// inside, −1 outside. Rings that do not meet lie wholly on one side, so one point
// decides; where they touch, every vertex and every middle of an edge is looked at.
func (a *shapeAudit) anyPoint(r, o int, want int) (orb.Point, bool) {
	points, other := a.rings[r].points, a.rings[o].points
	apart := len(a.touched[pairOf(r, o)]) == 0
	for i, p := range points {
		if a.work -= len(other); a.work < 0 {
			break
		}
		s := side(other, p)
		if s == want {
			return p, true
		}
		if apart && s != 0 {
			return p, false
		}
		q := points[(i+1)%len(points)]
		if s == 0 && side(other, q) == 0 {
			if m := (orb.Point{(p[0] + q[0]) / 2, (p[1] + q[1]) / 2}); side(other, m) == want {
				return m, true
			}
		}
	}
	return orb.Point{}, false
}

// connection finds holes that cut the interior: rings and the points in which they
// touch form a graph, and a cycle in it encloses a piece.
func (a *shapeAudit) connection() {
	parent := make([]int, len(a.rings)) // union–find over rings, then points
	for r := range parent {
		parent[r] = r
	}
	root := func(x int) int {
		for parent[x] != x {
			parent[x] = parent[parent[x]]
			x = parent[x]
		}
		return x
	}
	pairs := slices.SortedFunc(maps.Keys(a.touched), func(x, y [2]int) int { return slices.Compare(x[:], y[:]) })
	nodes := map[spot]int{}   // a point of a polygon
	joined := map[spot]bool{} // a point of a ring
	for _, pair := range pairs {
		polygon := a.rings[pair[0]].polygon
		if a.rings[pair[1]].polygon != polygon || a.crossed[pair] {
			continue
		}
		for _, at := range a.touched[pair] {
			node, ok := nodes[spot{ring: polygon, at: at}]
			if !ok {
				node = len(parent)
				parent = append(parent, node)
				nodes[spot{ring: polygon, at: at}] = node
			}
			for _, r := range pair {
				if joined[spot{ring: r, at: at}] {
					continue
				}
				joined[spot{ring: r, at: at}] = true
				if root(r) == root(node) {
					a.report(Disconnected, r, at)
				}
				parent[root(r)] = root(node)
			}
		}
	}
}
