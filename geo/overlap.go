package geo

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

// leastOverlapM2 is the common area below which two features do not count as
// overlapping: less than a parking space, it comes from digitising.
const leastOverlapM2 = 1.0

// Bounds of the work on all pairs of a layer: tessellations need about 40 tests a
// vertex and have some ten edges side by side.
const (
	overlapTests          = 20_000_000
	overlapTestsPerVertex = 400
	mostAbreast           = 4000
)

// auditOverlaps reports every pair of features with a common area of more than
// leastOverlapM2, at a point in it, under the later feature.
func auditOverlaps(fs []Feature) []Finding {
	boxes := make([]orb.Bound, len(fs))
	tests := overlapTests
	for i, f := range fs {
		boxes[i] = emptyBound()
		for _, poly := range f.Shape {
			for _, ring := range poly {
				boxes[i] = extend(boxes[i], ring...)
				tests += overlapTestsPerVertex * len(ring)
			}
		}
	}
	var out []Finding
	done := newBoxTree(boxes, tests).pairs(func(i, j int) {
		area, at := commonArea(fs[i].Shape, fs[j].Shape, intersect(boxes[i], boxes[j]), &tests)
		if area <= leastOverlapM2 {
			return
		}
		f := newFinding(Overlap, at)
		f.Feature, f.Code = rowOf(fs, j), fs[j].Code
		f.Other, f.OtherCode = rowOf(fs, i), fs[i].Code
		f.AreaM2 = area
		out = append(out, f)
	})
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Feature, b.Feature), cmp.Compare(a.Other, b.Other))
	})
	if !done || tests < 0 {
		f := newFinding(TooComplex, orb.Point{})
		f.Feature = rowOf(fs, 0)
		out = append(out, f)
	}
	return out
}

func intersect(a, b orb.Bound) orb.Bound {
	return orb.Bound{
		Min: orb.Point{max(a.Min[0], b.Min[0]), max(a.Min[1], b.Min[1])},
		Max: orb.Point{min(a.Max[0], b.Max[0]), min(a.Max[1], b.Max[1])},
	}
}

// sweptEdge is an edge of one of two shapes, lo being the lower end.
type sweptEdge struct {
	lo, hi orb.Point
	owner  int // 0 or 1
}

func (e sweptEdge) x(y float64) float64 {
	switch {
	case y <= e.lo[1]:
		return e.lo[0]
	case y >= e.hi[1]:
		return e.hi[0]
	}
	return e.lo[0] + (y-e.lo[1])/(e.hi[1]-e.lo[1])*(e.hi[0]-e.lo[0])
}

// commonArea returns the area in square metres of the points inside both shapes
// by the even–odd rule, and the middle of the largest piece of it found. It sweeps
// upwards through box, the common bounding box, in slabs in which no edge begins,
// ends or crosses another: there the common area is a row of trapezoids. tests is
// the remaining work; below zero the result is too small.
func commonArea(s, t orb.MultiPolygon, box orb.Bound, tests *int) (areaM2 float64, at orb.Point) {
	if *tests < 0 {
		return 0, at
	}
	edges, ys := sweptEdges(s, t, box, tests)
	var sum, largest float64
	var active []sweptEdge
	next := 0
	for i := 0; i+1 < len(ys) && *tests >= 0; i++ {
		y0, y1 := ys[i], ys[i+1]
		active = slices.DeleteFunc(active, func(e sweptEdge) bool { return e.hi[1] <= y0 })
		for ; next < len(edges) && edges[next].lo[1] <= y0; next++ {
			if edges[next].hi[1] > y0 {
				active = append(active, edges[next])
			}
		}
		cuts := slabCuts(active, y0, y1, tests)
		for k := 0; k+1 < len(cuts); k++ {
			lo, hi := cuts[k], cuts[k+1]
			w0, w1, x := commonWidth(active, lo, hi)
			// ∫ w dq over the slab by parts, w being linear and q by Simpson's rule.
			q0, q1 := authalicQ(lo), authalicQ(hi)
			q := (q0 + 4*authalicQ((lo+hi)/2) + q1) / 6
			piece := (w0*(q-q0) + w1*(q1-q)) / degrees
			sum += piece
			if piece > largest {
				largest, at = piece, orb.Point{x, (lo + hi) / 2}
			}
		}
	}
	return sum * semiMajor * semiMajor / 2, at
}

// sweptEdges gives the edges that matter in box, lowest first, and the heights at
// which edges begin or end in it. Edges to the west of box count for parity.
func sweptEdges(s, t orb.MultiPolygon, box orb.Bound, tests *int) (edges []sweptEdge, ys []float64) {
	ys = []float64{box.Min[1], box.Max[1]}
	for owner, mp := range []orb.MultiPolygon{s, t} {
		eachEdge(mp, func(a, b orb.Point) {
			*tests--
			if b[1] < a[1] {
				a, b = b, a
			}
			if a[1] == b[1] || b[1] <= box.Min[1] || a[1] >= box.Max[1] || min(a[0], b[0]) > box.Max[0] {
				return
			}
			edges = append(edges, sweptEdge{a, b, owner})
			for _, y := range [2]float64{a[1], b[1]} {
				if y > box.Min[1] && y < box.Max[1] {
					ys = append(ys, y)
				}
			}
		})
	}
	slices.SortFunc(edges, func(a, b sweptEdge) int { return cmp.Compare(a.lo[1], b.lo[1]) })
	slices.Sort(ys)
	return edges, slices.Compact(ys)
}

// eachEdge visits the edges of all rings, also the one that closes an open ring.
func eachEdge(mp orb.MultiPolygon, visit func(a, b orb.Point)) {
	for _, poly := range mp {
		for _, ring := range poly {
			for i, a := range ring {
				if b := ring[(i+1)%len(ring)]; a != b {
					visit(a, b)
				}
			}
		}
	}
}

// slabCuts returns y0, y1 and the heights between them at which edges cross.
func slabCuts(active []sweptEdge, y0, y1 float64, tests *int) []float64 {
	cuts := []float64{y0, y1}
	*tests -= len(active) * len(active)
	if len(active) > mostAbreast {
		*tests = -1
	}
	if *tests < 0 {
		return cuts
	}
	for i, e := range active {
		for _, f := range active[i+1:] {
			d0, d1 := e.x(y0)-f.x(y0), e.x(y1)-f.x(y1)
			if d0 < 0 && d1 > 0 || d0 > 0 && d1 < 0 {
				if y := y0 + (y1-y0)*d0/(d0-d1); y > y0 && y < y1 {
					cuts = append(cuts, y)
				}
			}
		}
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// commonWidth returns the width in degrees of what is inside both shapes at two
// heights between which no edges cross, and the middle of its widest part.
func commonWidth(active []sweptEdge, y0, y1 float64) (w0, w1, middle float64) {
	y := (y0 + y1) / 2
	slices.SortFunc(active, func(a, b sweptEdge) int { return cmp.Compare(a.x(y), b.x(y)) })
	var in [2]bool
	widest := 0.0
	for i, e := range active {
		in[e.owner] = !in[e.owner]
		if !in[0] || !in[1] || i+1 == len(active) {
			continue
		}
		next := active[i+1]
		w0 += next.x(y0) - e.x(y0)
		w1 += next.x(y1) - e.x(y1)
		if x0, x1 := e.x(y), next.x(y); x1-x0 > widest {
			widest, middle = x1-x0, (x0+x1)/2
		}
	}
	return w0, w1, middle
}

// CommonAreaM2 is the area in square metres of the points inside both shapes (WGS-84, degrees) by the even–odd rule. Of
// shapes too complex to be compared it is what was found until then.
func CommonAreaM2(s, t orb.MultiPolygon) float64 {
	tests := overlapTests
	area, _ := commonArea(s, t, intersect(boundOf(s), boundOf(t)), &tests)
	return area
}
