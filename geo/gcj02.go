package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// gcj02 shifts a WGS-84 point into GCJ-02 (longitude, latitude, degrees). There
// is no official source; this is the formula published by the eviltransform
// project and used by every open library, on the Krasovsky ellipsoid. Outside
// the rectangle in which map services shift, it is the identity.
// Example: (116.404, 39.915) → (116.410244499, 39.916404282).
func gcj02(p orb.Point) orb.Point {
	const (
		a  = 6378245.0              // Krasovsky 1940, metres
		ee = 0.00669342162296594323 // its first eccentricity squared
	)
	lon, lat := p[0], p[1]
	if !(lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271) {
		return p
	}
	x, y := lon-105, lat-35
	root := math.Sqrt(math.Abs(x))
	short := 20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)
	dLat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root + (short+
		20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi)+
		160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dLon := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root + (short+
		20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi)+
		150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3

	φ := lat / degrees
	w := 1 - ee*math.Sin(φ)*math.Sin(φ)
	meridian := a * (1 - ee) / (w * math.Sqrt(w)) // radius of curvature north–south
	parallel := a / math.Sqrt(w) * math.Cos(φ)    // radius of the parallel
	return orb.Point{lon + dLon/parallel*degrees, lat + dLat/meridian*degrees}
}

// bd09 shifts a GCJ-02 point into BD-09. Source: the formula published with
// coordtransform and gcoord.
// Example: (116.404, 39.915) → (116.410369494, 39.921336994).
func bd09(p orb.Point) orb.Point {
	const k = math.Pi * 3000 / 180
	z := math.Hypot(p[0], p[1]) + 0.00002*math.Sin(p[1]*k)
	θ := math.Atan2(p[1], p[0]) + 0.000003*math.Cos(p[0]*k)
	return orb.Point{z*math.Cos(θ) + 0.0065, z*math.Sin(θ) + 0.006}
}

// invert solves shift(w) = p by fixed point. The shifts change so slowly from
// place to place that every round gains about two digits; it stops when a round
// moves the point by less than 1e-10° (0.01 mm), and after ten rounds at the edge
// of the shifted rectangle, where no exact answer need exist.
func invert(shift func(orb.Point) orb.Point, p orb.Point) orb.Point {
	w := p
	for range 10 {
		q := shift(w)
		dx, dy := p[0]-q[0], p[1]-q[1]
		w[0] += dx
		w[1] += dy
		if math.Abs(dx) < 1e-10 && math.Abs(dy) < 1e-10 {
			break
		}
	}
	return w
}
