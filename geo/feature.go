package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// Feature is one polygon feature of a layer: a unit and its shape.
type Feature struct {
	Code   string // as in the file, numbers as their decimal digits; "" if it has none
	Name   string
	Parent string

	// Shape is in WGS-84, outer rings counter-clockwise, holes clockwise, rings
	// closed if they were closed in the file. It is empty for a feature without
	// a polygon.
	Shape orb.MultiPolygon

	// Row is the number of the feature in its file, from 1.
	Row int

	// Notes holds what the reader changed or left out; Audit passes it on.
	Notes []Finding
}

// Bound returns the smallest box (lon, lat) around all features, and false if no
// feature has a shape.
func Bound(fs []Feature) (orb.Bound, bool) {
	b := emptyBound()
	for _, f := range fs {
		for _, poly := range f.Shape {
			for _, ring := range poly {
				b = extend(b, ring...)
			}
		}
	}
	return b, b.Min[0] <= b.Max[0]
}

// emptyBound is the neutral element of extend.
func emptyBound() orb.Bound {
	return orb.Bound{
		Min: orb.Point{math.Inf(1), math.Inf(1)},
		Max: orb.Point{math.Inf(-1), math.Inf(-1)},
	}
}

func extend(b orb.Bound, points ...orb.Point) orb.Bound {
	for _, p := range points {
		b.Min[0], b.Max[0] = min(b.Min[0], p[0]), max(b.Max[0], p[0])
		b.Min[1], b.Max[1] = min(b.Min[1], p[1]), max(b.Max[1], p[1])
	}
	return b
}

func overlaps(a, b orb.Bound) bool {
	return a.Min[0] <= b.Max[0] && b.Min[0] <= a.Max[0] &&
		a.Min[1] <= b.Max[1] && b.Min[1] <= a.Max[1]
}

func finite(p orb.Point) bool {
	return !math.IsNaN(p[0]) && !math.IsInf(p[0], 0) && !math.IsNaN(p[1]) && !math.IsInf(p[1], 0)
}
