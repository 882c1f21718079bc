package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// sweep passes over shapes of one or two sets from south to north, in slabs in which no
// border begins, ends or crosses another: there the shapes are a row of trapezoids.
// Borders that two shapes of a set share are gone before it begins, so a sound layer
// costs no more than its outline.
type sweep struct {
	edges []coverEdge
	ys    []float64 // where slabs end
	work  int       // edges that may still be looked at in slabs
	flip  bool      // pass from west to east instead: all points are (latitude, longitude)

	// box is what matters, if it is not nil: borders north, south and east of it are left out.
	box *orb.Bound
}

// coverEdge is a piece of border.
type coverEdge struct {
	lo, hi orb.Point
	slope  float64  // change of x with y
	turn   [2]int32 // how many shapes more of each set there are to the east than to the west
	owner  int32    // the shape it belongs to, if it is one
}

// sweepTests bounds the work of one sweep to some seconds.
const sweepTests = 400_000_000

// x is where the edge is at a height, exact at its ends.
func (e *coverEdge) x(y float64) float64 {
	switch {
	case y <= e.lo[1]:
		return e.lo[0]
	case y >= e.hi[1]:
		return e.hi[0]
	}
	return e.lo[0] + (y-e.lo[1])*e.slope
}

// add takes the border of a shape into a set. Rings count by their place in a polygon
// (the first is the outer one), whatever their direction.
func (s *sweep) add(set int, owner int32, mp orb.MultiPolygon) {
	for _, poly := range mp {
		for i, ring := range poly {
			if !onEarth(ring) {
				continue
			}
			inside := int32(-1) // turn of an edge that goes north, having the inside to its west
			if (planarArea(ring) > 0) != (i == 0) != s.flip {
				inside = 1
			}
			eachEdge(orb.MultiPolygon{{ring}}, func(a, b orb.Point) {
				if s.flip {
					a, b = orb.Point{a[1], a[0]}, orb.Point{b[1], b[0]}
				}
				turn := inside
				if b[1] < a[1] {
					a, b, turn = b, a, -turn
				}
				if a[1] == b[1] || s.box != nil &&
					(b[1] <= s.box.Min[1] || a[1] >= s.box.Max[1] || min(a[0], b[0]) > s.box.Max[0]) {
					return
				}
				e := coverEdge{lo: a, hi: b, owner: owner}
				e.turn[set] = turn
				s.edges = append(s.edges, e)
			})
		}
	}
}

// ready cancels what is shared and finds the slabs between two heights; infinite ones
// stand for the lowest and the highest point.
func (s *sweep) ready(south, north float64) {
	slices.SortFunc(s.edges, compareCoverEdges)
	kept := s.edges[:0]
	if !math.IsInf(south, 0) {
		s.ys = append(s.ys, south, north)
	}
	for i := 0; i < len(s.edges); {
		e := s.edges[i]
		for i++; i < len(s.edges) && s.edges[i].lo == e.lo && s.edges[i].hi == e.hi; i++ {
			e.turn[0] += s.edges[i].turn[0]
			e.turn[1] += s.edges[i].turn[1]
		}
		if e.turn == [2]int32{} || e.hi[1] <= south || e.lo[1] >= north {
			continue
		}
		e.slope = (e.hi[0] - e.lo[0]) / (e.hi[1] - e.lo[1])
		kept = append(kept, e)
		for _, y := range [2]float64{e.lo[1], e.hi[1]} {
			if y > south && y < north {
				s.ys = append(s.ys, y)
			}
		}
	}
	s.edges = kept
	slices.Sort(s.ys)
	s.ys = slices.Compact(s.ys)
}

// compareCoverEdges orders edges from south to north by their lower ends and puts equal
// ones side by side. It is spelt out because sorting takes most of the time.
func compareCoverEdges(e, f coverEdge) int {
	switch {
	case e.lo[1] != f.lo[1]:
		return sign(e.lo[1] < f.lo[1])
	case e.lo[0] != f.lo[0]:
		return sign(e.lo[0] < f.lo[0])
	case e.hi[1] != f.hi[1]:
		return sign(e.hi[1] < f.hi[1])
	case e.hi[0] != f.hi[0]:
		return sign(e.hi[0] < f.hi[0])
	}
	return int(e.owner - f.owner)
}

// run visits the slabs from south to north, each with the edges that pass it from west
// to east. It returns false if the work ran out before the end.
func (s *sweep) run(visit func(y0, y1 float64, row []*coverEdge)) bool {
	var row []*coverEdge
	next := 0
	for i := 0; i+1 < len(s.ys); i++ {
		y0, y1 := s.ys[i], s.ys[i+1]
		row = slices.DeleteFunc(row, func(e *coverEdge) bool { return e.hi[1] <= y0 })
		for ; next < len(s.edges) && s.edges[next].lo[1] <= y0; next++ {
			row = append(row, &s.edges[next])
		}
		if !s.slab(y0, y1, row, 0, visit) {
			return false
		}
	}
	return true
}

// deepestSlab limits how often a slab is cut where edges cross: beyond it they lie so
// close that rounding decides.
const deepestSlab = 40

func (s *sweep) slab(y0, y1 float64, row []*coverEdge, depth int, visit func(y0, y1 float64, row []*coverEdge)) bool {
	y := (y0 + y1) / 2
	for i := 1; i < len(row); i++ { // the order hardly changes from slab to slab
		e := row[i]
		x := e.x(y)
		k := i
		for ; k > 0 && row[k-1].x(y) > x; k-- {
			row[k] = row[k-1]
		}
		row[k] = e
		s.work -= i - k + 1
	}
	if s.work < 0 {
		return false
	}
	var cuts []float64
	for i := 0; i+1 < len(row) && depth < deepestSlab; i++ {
		d0, d1 := row[i].x(y0)-row[i+1].x(y0), row[i].x(y1)-row[i+1].x(y1)
		if d0 > 0 && d1 < 0 || d0 < 0 && d1 > 0 {
			if cut := y0 + (y1-y0)*d0/(d0-d1); cut > y0 && cut < y1 {
				cuts = append(cuts, cut)
			}
		}
	}
	if cuts == nil {
		visit(y0, y1, row)
		return true
	}
	slices.Sort(cuts)
	for _, cut := range append(slices.Compact(cuts), y1) {
		if !s.slab(y0, cut, row, depth+1, visit) {
			return false
		}
		y0 = cut
	}
	return true
}

// uncovered returns the area in square metres of what is in the shapes of a and in none
// of b, and the middle of its largest piece found. work is the remaining work; below
// zero the result is too small.
func uncovered(a, b []orb.MultiPolygon, work *int) (areaM2 float64, at orb.Point) {
	box := emptyBound()
	for _, mp := range a {
		if b := boundOf(mp); b.Min[0] <= b.Max[0] {
			box = extend(box, b.Min, b.Max)
		}
	}
	s := sweep{work: *work, box: &box}
	for _, mp := range a {
		s.add(0, 0, mp)
	}
	for _, mp := range b {
		s.add(1, 0, mp)
	}
	s.ready(box.Min[1], box.Max[1])
	sum, largest := 0.0, 0.0
	s.run(func(y0, y1 float64, row []*coverEdge) {
		// ∫ w dq over the slab, as in commonArea.
		q0, q1 := authalicQ(y0), authalicQ(y1)
		q := (q0 + 4*authalicQ((y0+y1)/2) + q1) / 6
		var cover [2]int32
		for i, e := range row {
			cover[0], cover[1] = cover[0]+e.turn[0], cover[1]+e.turn[1]
			if cover[0] == 0 || cover[1] != 0 || i+1 == len(row) {
				continue
			}
			f := row[i+1]
			w0, w1 := max(f.x(y0)-e.x(y0), 0), max(f.x(y1)-e.x(y1), 0)
			piece := (w0*(q-q0) + w1*(q1-q)) / degrees * semiMajor * semiMajor / 2
			sum += piece
			if piece > largest {
				y := (y0 + y1) / 2
				largest, at = piece, orb.Point{(e.x(y) + f.x(y)) / 2, y}
			}
		}
	})
	*work = s.work
	return sum, at
}
