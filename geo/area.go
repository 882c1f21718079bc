package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// AreaM2 returns the area of a shape on the WGS-84 ellipsoid in square metres:
// outer rings minus holes, whatever their direction or closure. Rings that cross
// give the area of their signed loops; Repair first.
//
// It is the area in the cylindrical equal-area projection, which keeps areas
// exactly: Snyder, “Map Projections: A Working Manual”, USGS Professional Paper
// 1395 (1987), equations 3-12 and 10-1; an edge counts by Simpson's rule, so an
// edge of 1° is right to some 1e-9. Example: the cell from (0, 0) to (1, 1)
// degrees has 12,308.464 km².
func AreaM2(mp orb.MultiPolygon) float64 {
	sum := 0.0
	for _, poly := range mp {
		for i, ring := range poly {
			a := math.Abs(ringAreaM2(ring))
			if i > 0 {
				a = -a
			}
			sum += a
		}
	}
	return sum
}

// ringAreaM2 is positive for a counter-clockwise ring. The ring may be open.
func ringAreaM2(ring orb.Ring) float64 {
	if len(ring) < 3 {
		return 0
	}
	// Differences to the first point keep the digits of small rings.
	o := ring[0]
	q0 := authalicQ(o[1])
	sum := 0.0
	a, qa := o, 0.0
	for i := 1; i <= len(ring); i++ {
		b := ring[i%len(ring)]
		qb := authalicQ(b[1]) - q0
		qm := authalicQ((a[1]+b[1])/2) - q0
		sum -= (b[0] - a[0]) / degrees * (qa + 4*qm + qb) / 6
		a, qa = b, qb
	}
	return sum * semiMajor * semiMajor / 2
}

// authalicQ is Snyder's q (3-12) for a latitude in degrees: the area between the
// equator and the latitude is a²/2 · q per radian of longitude.
func authalicQ(lat float64) float64 {
	const f = 1 / 298.257223563
	e := math.Sqrt(f * (2 - f))
	s := math.Sin(lat / degrees)
	return (1 - e*e) * (s/(1-e*e*s*s) + math.Atanh(e*s)/e)
}

// metresPer returns the length of one degree of longitude and of latitude at a
// latitude, for distances of some metres. Source: Snyder, equations 4-18, 4-20.
func metresPer(lat float64) (lon, lat1 float64) {
	const f = 1 / 298.257223563
	e2 := f * (2 - f)
	s, c := math.Sincos(lat / degrees)
	w := 1 - e2*s*s
	return semiMajor * c / math.Sqrt(w) / degrees, semiMajor * (1 - e2) / (w * math.Sqrt(w)) / degrees
}
