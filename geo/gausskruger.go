package geo

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// Ellipsoid of CGCS2000 (GB 22021). WGS-84 differs only in the tenth digit of
// the flattening, 0.1 mm on the semi-minor axis.
const (
	semiMajor  = 6378137.0 // metres
	flattening = 1 / 298.257222101
)

// zone is one Gauss–Krüger strip: a transverse Mercator projection with scale 1
// on its central meridian.
type zone struct {
	meridian     float64 // degrees east
	falseEasting float64 // metres; in numbered zones it begins with the zone number
}

// gaussKrugerZones holds the projected CGCS2000 systems of the EPSG register:
// 4491–4501 six-degree zones 13–23 and 4513–4533 three-degree zones 25–45, whose
// eastings begin with the zone number, and 4502–4512 and 4534–4554, the same
// strips named by central meridian, without the number.
var gaussKrugerZones = func() map[CRS]zone {
	zones := map[CRS]zone{}
	add := func(epsg int, meridian, number int) {
		zones[CRS(fmt.Sprintf("EPSG:%d", epsg))] = zone{float64(meridian), float64(number)*1e6 + 500000}
	}
	for i := range 11 {
		add(4491+i, 75+6*i, 13+i)
		add(4502+i, 75+6*i, 0)
	}
	for i := range 21 {
		add(4513+i, 75+3*i, 25+i)
		add(4534+i, 75+3*i, 0)
	}
	return zones
}()

// contains accepts 450 km on both sides of the meridian: a six-degree zone is at
// most 334 km wide to each side, and the next zone's number is 1,000 km away.
func (z zone) contains(p orb.Point) bool {
	return math.Abs(p[0]-z.falseEasting) <= 450000 && math.Abs(p[1]) <= 10002000
}

// Krüger's series in the third flattening n, to order 4, as given by Kawase,
// “A General Formula for Calculating Meridian Arc Length and its Application to
// Coordinate Conversion in the Gauss–Krüger Projection”, Bulletin of the GSI 59
// (2011). Within a zone the error is below a micrometre.
var (
	third  = flattening / (2 - flattening) // n
	radius = semiMajor / (1 + third) * (1 + third*third/4 + third*third*third*third/64)

	alpha = series(
		[4]float64{1. / 2, -2. / 3, 5. / 16, 41. / 180},
		[4]float64{0, 13. / 48, -3. / 5, 557. / 1440},
		[4]float64{0, 0, 61. / 240, -103. / 140},
		[4]float64{0, 0, 0, 49561. / 161280})
	beta = series(
		[4]float64{1. / 2, -2. / 3, 37. / 96, -1. / 360},
		[4]float64{0, 1. / 48, 1. / 15, -437. / 1440},
		[4]float64{0, 0, 17. / 480, -37. / 840},
		[4]float64{0, 0, 0, 4397. / 161280})
)

// series evaluates four polynomials in n without constant term.
func series(rows ...[4]float64) (out [4]float64) {
	for i, row := range rows {
		for k := 3; k >= 0; k-- {
			out[i] = (out[i] + row[k]) * third
		}
	}
	return out
}

// fromWGS84 returns (easting, northing) in metres.
// Example: (114.3055, 30.5928) in EPSG:4547 → (529299.8603, 3385869.4534).
func (z zone) fromWGS84(p orb.Point) orb.Point {
	e := 2 * math.Sqrt(third) / (1 + third)
	λ, sin := (p[0]-z.meridian)/degrees, math.Sin(p[1]/degrees)
	t := math.Sinh(math.Atanh(sin) - e*math.Atanh(e*sin))
	ξ0, η0 := math.Atan2(t, math.Cos(λ)), math.Atanh(math.Sin(λ)/math.Hypot(1, t))
	ξ, η := ξ0, η0
	for i, α := range alpha {
		j := 2 * float64(i+1)
		ξ += α * math.Sin(j*ξ0) * math.Cosh(j*η0)
		η += α * math.Cos(j*ξ0) * math.Sinh(j*η0)
	}
	return orb.Point{z.falseEasting + radius*η, radius * ξ}
}

// toWGS84 is the inverse of fromWGS84.
func (z zone) toWGS84(p orb.Point) orb.Point {
	ξ0, η0 := p[1]/radius, (p[0]-z.falseEasting)/radius
	ξ, η := ξ0, η0
	for i, β := range beta {
		j := 2 * float64(i+1)
		ξ -= β * math.Sin(j*ξ0) * math.Cosh(j*η0)
		η -= β * math.Cos(j*ξ0) * math.Sinh(j*η0)
	}
	// From conformal to geodetic latitude by fixed point, which gains more than two digits
	// a round; a series to the same order as β would miss by micrometres.
	e := 2 * math.Sqrt(third) / (1 + third)
	q := math.Asinh(math.Sin(ξ) / math.Hypot(math.Sinh(η), math.Cos(ξ))) // isometric latitude on the sphere
	φ := 0.0
	for range 10 {
		next := math.Atan(math.Sinh(q + e*math.Atanh(e*math.Sin(φ))))
		if next == φ {
			break
		}
		φ = next
	}
	λ := math.Atan2(math.Sinh(η), math.Cos(ξ))
	return orb.Point{z.meridian + λ*degrees, φ * degrees}
}
