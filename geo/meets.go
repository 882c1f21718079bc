package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// Meets says whether a shape (WGS-84, degrees) and a closed box have a point in common, exactly: touching counts, and so does a
// box that lies inside the shape without touching its border. A box inside a hole does not meet it.
func Meets(shape orb.MultiPolygon, box orb.Bound) bool {
	inside := false // the box's first corner, by the even–odd rule
	for _, poly := range shape {
		for _, ring := range poly {
			for i, a := range ring {
				if edgeMeets(a, ring[(i+1)%len(ring)], box) {
					return true
				}
			}
			if side(ring, box.Min) > 0 {
				inside = !inside
			}
		}
	}
	return inside
}

// edgeMeets says whether a segment and a box have a point in common.
func edgeMeets(a, b orb.Point, box orb.Bound) bool {
	if max(a[0], b[0]) < box.Min[0] || min(a[0], b[0]) > box.Max[0] || max(a[1], b[1]) < box.Min[1] || min(a[1], b[1]) > box.Max[1] {
		return false
	}
	if a == b {
		return true // a point, which lies in the box
	}
	// Their boxes meet: what is left is that the line passes the box.
	corners := []orb.Point{box.Min, {box.Max[0], box.Min[1]}, box.Max, {box.Min[0], box.Max[1]}}
	first := orient(a, b, corners[0])
	return first == 0 || slices.ContainsFunc(corners[1:], func(c orb.Point) bool { return orient(a, b, c) != first })
}
