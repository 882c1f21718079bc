package geo

import (
	"container/heap"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Simplify returns the shapes (WGS-84, degrees) with fewer vertices, so that no border
// lies more than toleranceM metres from where it was. Neighbours stay neighbours: a
// border that two shapes share vertex for vertex is simplified once, points where
// borders meet stay where they are, and no border comes to touch or cross another one
// or passes over a point of it. So no gap and no overlap comes into being, and no
// shape, part or hole disappears however small.
//
// Every shape keeps its area: two vertices at a time are replaced by the one that
// leaves as much on either side of the border, the pair that displaces the least area
// first. Rounding apart, only a vertex within a millimetre of the straight line between
// its neighbours is ever left out without a substitute. Source: Kronenfeld,
// Stanislawski, Buttenfield and Brockmeyer, “Simplification of polylines by segment
// collapse: minimizing areal displacement while preserving area”, International
// Journal of Cartography 6 (2020).
//
// The result has a shape for each one given, closed rings in the order and direction
// given. Rings with fewer than three different points or with coordinates that are no
// place on the Earth are left out. A shape that nothing changes is returned as it is,
// sharing its points. toleranceM ≤ 0 or not a number gives the shapes as they are.
// Sound shapes stay sound; borders that cross as given may keep doing so.
//
// Use Simplify for tiles and for whatever is measured or located in; use Thin for a
// picture of known size, whose file is to be small: it puts points on a lattice with
// few digits, which also removes parts too small to be seen, but may let borders touch.
//
// Example: a square of 1 km whose sides waver by 2 m has four vertices and some after
// Simplify with 5 m, and the same area.
func Simplify(shapes []orb.MultiPolygon, toleranceM float64) []orb.MultiPolygon {
	if !(toleranceM > 0) {
		return slices.Clone(shapes)
	}
	t := newTopology(shapes)
	s := newSimplifier(t, toleranceM)
	s.run()
	return t.shapes(shapes, s.store(t))
}

// straightM is how far in metres from the line between its neighbours a vertex may lie
// to be left out.
const straightM = 0.001

// simplifier holds all arcs as linked lists of vertices. A segment is known by the
// vertex it starts from.
type simplifier struct {
	tolerance float64
	nodes     []node
	arcs      []arcChain
	queue     collapses
	near      segmentGrid
	work      int // vertices that may still be compared with a new border
}

// arcChain is an arc under work.
type arcChain struct {
	given          []orb.Point
	closed         bool
	head           int32 // its first vertex; of a closed arc any
	count          int   // vertices
	perLon, perLat float64
	changed        bool
}

// node is a vertex of an arc.
type node struct {
	p          orb.Point
	prev, next int32 // −1 at the ends of an open arc
	arc        int32
	at         int32 // the first vertex of the arc as given that lies beside the segment it starts
	stamp      int32 // changes with the collapse it is in the middle of
	gone       bool
}

// collapse replaces the vertex it is at and the one after it by one, or, if single,
// leaves out the former.
type collapse struct {
	cost  float64 // displaced area in m²
	b     int32
	stamp int32
}

type collapses []collapse

func (q collapses) Len() int { return len(q) }
func (q collapses) Less(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].b < q[j].b
}
func (q collapses) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *collapses) Push(x any)   { *q = append(*q, x.(collapse)) }
func (q *collapses) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// simplifyTests bounds the work on all vertices given; real borders need some tens.
const simplifyTests = 2000

func newSimplifier(t *topology, toleranceM float64) *simplifier {
	total := 0
	for _, a := range t.arcs {
		total += len(a.points)
	}
	s := &simplifier{tolerance: toleranceM, nodes: make([]node, 0, total+total/2)}
	for id, a := range t.arcs {
		first := int32(len(s.nodes))
		lat := 0.0
		for i, p := range a.points {
			k := first + int32(i)
			s.nodes = append(s.nodes, node{p: p, prev: k - 1, next: k + 1, arc: int32(id), at: int32(i)})
			lat += p[1] / float64(len(a.points))
		}
		last := int32(len(s.nodes)) - 1
		s.nodes[first].prev, s.nodes[last].next = -1, -1
		if a.closed {
			s.nodes[first].prev, s.nodes[last].next = last, first
		}
		c := arcChain{given: a.points, closed: a.closed, head: first, count: len(a.points)}
		c.perLon, c.perLat = metresPer(lat)
		s.arcs = append(s.arcs, c)
	}
	s.work = simplifyTests*total + 1<<20
	s.near = newSegmentGrid(s.nodes)
	return s
}

func (s *simplifier) run() {
	for i := range s.nodes {
		s.offer(int32(i))
	}
	for len(s.queue) > 0 && s.work > 0 {
		c := heap.Pop(&s.queue).(collapse)
		if n := &s.nodes[c.b]; !n.gone && n.stamp == c.stamp {
			s.try(c.b)
		}
	}
}

// quad returns the vertices around the segment that starts at b: a, b, c, d. ok is false
// if b is an end of an arc or nothing may be left out; single if b alone may be, with c
// at the end and d meaningless.
func (s *simplifier) quad(b int32) (a, c, d int32, single, ok bool) {
	n := &s.nodes[b]
	a, c = n.prev, n.next
	if n.gone || a < 0 || c < 0 {
		return a, c, d, false, false
	}
	if ch := &s.arcs[n.arc]; ch.closed {
		return a, c, s.nodes[c].next, false, ch.count >= 4
	}
	d = s.nodes[c].next
	if d < 0 {
		return a, c, d, true, s.nodes[a].prev < 0 && s.nodes[a].p != s.nodes[c].p
	}
	return a, c, d, false, s.nodes[a].p != s.nodes[d].p
}

// offer puts what may be done at b into the queue.
func (s *simplifier) offer(b int32) {
	s.nodes[b].stamp++
	a, c, d, single, ok := s.quad(b)
	if !ok {
		return
	}
	cost := 0.0
	if !single {
		if _, cost, ok = s.substitute(a, b, c, d); !ok {
			return
		}
	}
	heap.Push(&s.queue, collapse{cost, b, s.nodes[b].stamp})
}

// substitute returns the point e for which a–e–d has as much on either side as
// a–b–c–d, on the line through ab or through cd, and the area between the two in
// square metres.
func (s *simplifier) substitute(ia, ib, ic, id int32) (e orb.Point, cost float64, ok bool) {
	ch := &s.arcs[s.nodes[ia].arc]
	o := s.nodes[ia].p
	local := func(i int32) (x, y float64) {
		p := s.nodes[i].p
		return (p[0] - o[0]) * ch.perLon, (p[1] - o[1]) * ch.perLat
	}
	bx, by := local(ib)
	cx, cy := local(ic)
	dx, dy := local(id)
	length := math.Hypot(dx, dy)
	if length == 0 {
		return e, 0, false
	}
	// With a at the origin and the first axis along ad: heights of b and c, and the
	// height h of e that gives the triangle aed the signed area of abcd.
	hb, hc := (dx*by-dy*bx)/length, (dx*cy-dy*cx)/length
	h := (bx*cy - by*cx + cx*dy - cy*dx) / -length
	if h == 0 {
		h = 0 // also −0
	}
	onAB := math.Abs(hb) > math.Abs(hc)
	if hb*hc < 0 {
		onAB = hb*h > 0
	}
	// The point of height h on the line from one of ad's ends through b or c.
	var ex, ey float64
	switch {
	case h == 0:
		ex, ey = dx/2, dy/2
	case onAB:
		ex, ey = bx*h/hb, by*h/hb
	default:
		ex, ey = dx+(cx-dx)*h/hc, dy+(cy-dy)*h/hc
	}
	if math.IsNaN(ex+ey) || math.IsInf(ex+ey, 0) {
		return e, 0, false
	}
	cost = displacedArea([4][2]float64{{0, 0}, {bx, by}, {cx, cy}, {dx, dy}}, [2]float64{ex, ey}, onAB)
	return orb.Point{o[0] + ex/ch.perLon, o[1] + ey/ch.perLat}, cost, true
}

// balance moves e off the line ad by what the plane's area, true in the middle of the
// arc, differs from the ellipsoid's: some 1e-6 over hundreds of metres.
func (s *simplifier) balance(a, b, c, d, e orb.Point, at int32) orb.Point {
	ch := &s.arcs[s.nodes[at].arc]
	x, y := (d[0]-a[0])*ch.perLon, (d[1]-a[1])*ch.perLat
	up := -2 * ringAreaM2(orb.Ring{a, b, c, d, e}) / (x*x + y*y) // in lengths of ad
	return orb.Point{e[0] - up*y/ch.perLon, e[1] + up*x/ch.perLat}
}

// displacedArea is the area between a–b–c–d and a–e–d, e being on the line ab or cd:
// since as much lies on either side, twice what lies on one of them, the triangle at
// that end whose sides are bc and ed (or ae).
func displacedArea(q [4][2]float64, e [2]float64, onAB bool) float64 {
	if !onAB { // seen from the other end
		q[0], q[1], q[2], q[3] = q[3], q[2], q[1], q[0]
	}
	// Triangle b, e and where ed crosses bc, or, if they do not cross, b, c, e and
	// the rest on the other side.
	b, c, d := q[1], q[2], q[3]
	ux, uy := c[0]-b[0], c[1]-b[1]
	vx, vy := d[0]-e[0], d[1]-e[1]
	den := ux*vy - uy*vx
	t := 1.0
	if den != 0 {
		t = min(max(((e[0]-b[0])*vy-(e[1]-b[1])*vx)/den, 0), 1)
	}
	x := [2]float64{b[0] + t*ux, b[1] + t*uy}
	return math.Abs((e[0]-b[0])*(x[1]-b[1]) - (e[1]-b[1])*(x[0]-b[0]))
}

// try does what may be done at b, unless a border moved too far or met another.
func (s *simplifier) try(b int32) {
	a, c, d, single, ok := s.quad(b)
	if !ok {
		return
	}
	if single {
		s.leaveOut(a, b, c)
		return
	}
	e, _, ok := s.substitute(a, b, c, d)
	pa, pb, pc, pd := s.nodes[a].p, s.nodes[b].p, s.nodes[c].p, s.nodes[d].p
	if e = s.balance(pa, pb, pc, pd, e, b); !ok || !WGS84.Contains(e) {
		return
	}
	at, ok := s.close(a, b, c, d, e)
	if !ok || e == pa || e == pd || !s.free(orb.Ring{pa, pb, pc, pd, e}, [3]int32{a, b, c}) {
		return
	}
	n := int32(len(s.nodes))
	arc := s.nodes[a].arc
	s.nodes = append(s.nodes, node{p: e, prev: a, next: d, arc: arc, at: at})
	s.nodes[b].gone, s.nodes[c].gone = true, true
	s.nodes[a].next, s.nodes[d].prev = n, n
	ch := &s.arcs[arc]
	ch.count--
	ch.changed = true
	if ch.head == b || ch.head == c {
		ch.head = n
	}
	s.near.add(a, pa, e)
	s.near.add(n, e, pd)
	if p := s.nodes[a].prev; p >= 0 {
		s.offer(p)
	}
	s.offer(a)
	s.offer(n)
	s.offer(d)
}

// leaveOut removes the only vertex b between the ends of an arc if it lies on the line
// between them.
func (s *simplifier) leaveOut(a, b, c int32) {
	ch := &s.arcs[s.nodes[b].arc]
	pa, pb, pc := s.nodes[a].p, s.nodes[b].p, s.nodes[c].p
	for _, p := range ch.given {
		if distanceM(pa, pc, p, ch.perLon, ch.perLat) > min(s.tolerance, straightM) {
			return
		}
	}
	if !s.free(orb.Ring{pa, pb, pc}, [3]int32{a, b, b}) {
		return
	}
	s.nodes[b].gone = true
	s.nodes[a].next, s.nodes[c].prev = c, a
	ch.count--
	ch.changed = true
	s.near.add(a, pa, pc)
}

// close reports whether the border as given from a to d lies within the tolerance of
// a–e–d and e within it of that border. at is the first given vertex that counts as
// lying beside ed: those before, from a's, are near enough to ae.
func (s *simplifier) close(a, b, c, d int32, e orb.Point) (at int32, ok bool) {
	ch := &s.arcs[s.nodes[a].arc]
	n := int32(len(ch.given))
	pa, pd := s.nodes[a].p, s.nodes[d].p
	from := s.nodes[a].at
	after := func(i int32) int32 { // counted on past the seam of a closed arc
		if k := s.nodes[i].at; k > from {
			return k
		}
		return s.nodes[i].at + n
	}
	first, last, to := after(b), after(c), after(d)
	nearest := math.Inf(1)
	for k := from; k < to; k++ {
		nearest = min(nearest, distanceM(ch.given[k%n], ch.given[(k+1)%n], e, ch.perLon, ch.perLat))
	}
	if nearest > s.tolerance {
		return 0, false
	}
	s.work -= int(to - from)
	// Whatever is near enough to ae, up to c's vertex; the rest must be so to ed.
	at = from
	for at < last && distanceM(pa, e, ch.given[at%n], ch.perLon, ch.perLat) <= s.tolerance {
		at++
	}
	if at < first {
		return 0, false
	}
	least := to
	for least > first && distanceM(e, pd, ch.given[(least-1)%n], ch.perLon, ch.perLat) <= s.tolerance {
		least--
	}
	return (least + at) / 2 % n, least <= at
}

// free reports whether the border along swept[0], swept[1], … may be replaced by the
// way back along the ring: no other border meets the new edges but in the fixed ends,
// and no point of another lies between the old and the new. own are the segments that
// go.
func (s *simplifier) free(swept orb.Ring, own [3]int32) bool {
	fixed := [2]orb.Point{swept[0], swept[0]}
	var edges [2][2]orb.Point
	n := 1
	if len(swept) == 3 {
		fixed[1] = swept[2]
		edges[0] = [2]orb.Point{swept[0], swept[2]}
	} else {
		fixed[1] = swept[3]
		edges = [2][2]orb.Point{{swept[0], swept[4]}, {swept[4], swept[3]}}
		n = 2
	}
	return s.near.each(extend(emptyBound(), swept...), func(i int32) bool {
		s.work--
		m := &s.nodes[i]
		if m.gone || m.next < 0 || i == own[0] || i == own[1] || i == own[2] {
			return true
		}
		p, q := m.p, s.nodes[m.next].p
		for _, edge := range edges[:n] {
			switch how, at, _ := meet(edge[0], edge[1], p, q); {
			case how == apart:
			case how == touch && (at == fixed[0] || at == fixed[1]):
			default:
				return false
			}
		}
		for _, end := range [2]orb.Point{p, q} {
			if end != fixed[0] && end != fixed[1] && side(swept, end) >= 0 {
				return false
			}
		}
		return true
	})
}

// store writes the arcs back and says which are changed.
func (s *simplifier) store(t *topology) (changed []bool) {
	changed = make([]bool, len(t.arcs))
	for i := range s.arcs {
		c := &s.arcs[i]
		if !c.changed {
			continue
		}
		changed[i] = true
		points := make([]orb.Point, 0, c.count)
		for k, n := c.head, 0; n < c.count; n++ {
			points = append(points, s.nodes[k].p)
			k = s.nodes[k].next
		}
		t.arcs[i].points = points
	}
	return changed
}
