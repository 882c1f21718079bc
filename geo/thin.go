package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// Thin returns the shapes (WGS-84, degrees) as a picture needs them: every point is
// moved to the nearest point of a lattice with at least the given number of cells
// along the longer side of the box around all shapes, and points that then repeat
// or lie on a straight border are left out. Neighbours stay neighbours: a point that
// two shapes share is moved to one place and left out of both or of none, so no
// gap opens along a common border.
//
// The step of the lattice is 1, 2 or 5 times a power of ten in degrees, the largest
// that gives as many cells (5° at most, 1e-9° at least, and never for more than a
// million cells), so coordinates have few digits. A point moves by at most half a step
// in each direction.
//
// The result has a shape for each one given. Holes and parts of a shape that are
// smaller than the lattice shows disappear; where nothing would be left of a shape
// it becomes one cell at its place, so no unit is missing from a map. A ring with
// a coordinate that is no place on the Earth is left out.
//
// For pictures only: borders may touch or cross themselves by less than a cell.
// Never locate or measure with the result.
//
// Example: with 1,000 cells, shapes 0.7° wide are drawn on a lattice of 0.0005°.
func Thin(shapes []orb.MultiPolygon, cells int) []orb.MultiPolygon {
	l := newLattice(shapes, cells)
	corners := corners{}
	thinned := make([][][]latticeRing, len(shapes)) // shape, polygon, ring
	for i, mp := range shapes {
		thinned[i] = make([][]latticeRing, len(mp))
		for j, poly := range mp {
			thinned[i][j] = make([]latticeRing, len(poly))
			for k, ring := range poly {
				r := l.snap(ring)
				corners.add(r)
				thinned[i][j][k] = r
			}
		}
	}
	out := make([]orb.MultiPolygon, len(shapes))
	for i, mp := range shapes {
		for j, poly := range mp {
			if p := l.polygon(poly, thinned[i][j], corners); p != nil {
				out[i] = append(out[i], p)
			}
		}
		if out[i] == nil {
			out[i] = l.oneCell(mp)
		}
	}
	return out
}

// lattice is the set of points (x·m/scale, y·m/scale) for whole x and y. Divisions
// of whole numbers give the float64 nearest to the decimal fraction, which prints
// with as few digits as the fraction has.
type lattice struct{ m, scale float64 }

// latticePoint counts steps from (0, 0).
type latticePoint struct{ x, y int64 }

// latticeRing is open: its last point is another than its first.
type latticeRing []latticePoint

// finest is the number of decimal places beyond which a lattice is never finer
// (0.1 mm).
const finest = 9

// mostCells keeps products of two distances within an int64.
const mostCells = 1_000_000

func newLattice(shapes []orb.MultiPolygon, cells int) lattice {
	b := emptyBound()
	for _, mp := range shapes {
		for _, poly := range mp {
			for _, ring := range poly {
				if onEarth(ring) {
					b = extend(b, ring...)
				}
			}
		}
	}
	extent := max(b.Max[0]-b.Min[0], b.Max[1]-b.Min[1])
	step := extent / float64(min(max(cells, 1), mostCells))
	for places, scale := 0, 1.0; ; places, scale = places+1, scale*10 {
		for _, m := range [...]float64{5, 2, 1} {
			if m/scale <= step || places == finest && m == 1 {
				return lattice{m, scale}
			}
		}
	}
}

func onEarth(ring orb.Ring) bool {
	for _, p := range ring {
		if !WGS84.Contains(p) {
			return false
		}
	}
	return true
}

func (l lattice) nearest(p orb.Point) latticePoint {
	return latticePoint{int64(math.Round(p[0] * l.scale / l.m)), int64(math.Round(p[1] * l.scale / l.m))}
}

func (l lattice) point(p latticePoint) orb.Point {
	return orb.Point{float64(p.x) * l.m / l.scale, float64(p.y) * l.m / l.scale}
}

// snap moves the points of a ring and leaves out those that repeat and edges that
// are walked there and at once back.
func (l lattice) snap(ring orb.Ring) latticeRing {
	if !onEarth(ring) {
		return nil
	}
	var r latticeRing
	for _, p := range ring {
		r = append(r, l.nearest(p))
		for again := true; again; {
			n := len(r)
			switch {
			case n >= 2 && r[n-1] == r[n-2]:
				r = r[:n-1]
			case n >= 3 && r[n-1] == r[n-3]:
				r = r[:n-2]
			default:
				again = false
			}
		}
	}
	for n := len(r); n >= 2; n = len(r) { // the same around the seam
		switch {
		case r[n-1] == r[0]:
			r = r[:n-1]
		case r[n-2] == r[0]:
			r = r[:n-2]
		case r[n-1] == r[1]:
			r = r[1 : n-1]
		default:
			return r
		}
	}
	return nil
}

// area2 is twice the signed area in cells.
func (r latticeRing) area2() float64 {
	sum := 0.0
	for i, a := range r {
		b := r[(i+1)%len(r)]
		// Relative to one of its points a ring fits the digits of a float64.
		sum += float64(a.x-r[0].x)*float64(b.y-r[0].y) - float64(b.x-r[0].x)*float64(a.y-r[0].y)
	}
	return sum
}

// corners knows for each point its neighbours along all rings: two, unless borders
// meet there, which is never left out.
type corners map[latticePoint]corner

type corner struct {
	a, b latticePoint
	n    int // how many different ones, at most 3
}

func (c corners) add(r latticeRing) {
	n := len(r)
	for i, p := range r {
		c.meet(p, r[(i+1)%n])
		c.meet(p, r[(i+n-1)%n])
	}
}

func (c corners) meet(p, q latticePoint) {
	switch at := c[p]; {
	case at.n == 3, at.n >= 1 && q == at.a, at.n == 2 && q == at.b:
	case at.n == 0:
		c[p] = corner{a: q, n: 1}
	case at.n == 1:
		c[p] = corner{at.a, q, 2}
	default:
		c[p] = corner{n: 3}
	}
}

// straight reports whether one straight border, and nothing else, passes p.
func (c corners) straight(p latticePoint) bool {
	at := c[p]
	if at.n != 2 {
		return false
	}
	ux, uy := at.a.x-p.x, at.a.y-p.y
	vx, vy := at.b.x-p.x, at.b.y-p.y
	return ux*vy == uy*vx && ux*vx+uy*vy < 0
}

// polygon returns what is to be drawn of a polygon, nil if its outer ring has no
// area left or lost its direction, as rings of less than a cell may.
func (l lattice) polygon(poly orb.Polygon, rings []latticeRing, c corners) orb.Polygon {
	var out orb.Polygon
	for i, r := range rings {
		if len(r) < 3 || r.area2()*planarArea(poly[i]) <= 0 {
			if i == 0 {
				return nil
			}
			continue
		}
		var ring orb.Ring
		for _, p := range r {
			if !c.straight(p) {
				ring = append(ring, l.point(p))
			}
		}
		out = append(out, append(ring, ring[0]))
	}
	return out
}

// oneCell returns the cell at the point of a shape that is nearest to the middle of
// its box, nil for a shape without points.
func (l lattice) oneCell(mp orb.MultiPolygon) orb.MultiPolygon {
	b := emptyBound()
	var points []orb.Point
	for _, poly := range mp {
		if len(poly) > 0 && onEarth(poly[0]) {
			b = extend(b, poly[0]...)
			points = append(points, poly[0]...)
		}
	}
	if len(points) == 0 {
		return nil
	}
	middle, best := b.Center(), points[0]
	for _, p := range points {
		if math.Hypot(p[0]-middle[0], p[1]-middle[1]) < math.Hypot(best[0]-middle[0], best[1]-middle[1]) {
			best = p
		}
	}
	p := l.nearest(best)
	var ring orb.Ring
	for _, q := range [...]latticePoint{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}} {
		ring = append(ring, l.point(latticePoint{p.x + q.x, p.y + q.y}))
	}
	return orb.MultiPolygon{{ring}}
}
