package geo

import (
	"math"
	"regexp"
	"strings"

	"github.com/paulmach/orb"
)

// CRS names the coordinate reference system of a file or a column of points.
// Values come from ParseCRS; the zero value means that none was given.
type CRS string

const (
	// WGS84 is (longitude, latitude) in degrees, EPSG:4326 in the axis order of
	// GeoJSON. Every shape and index of this package is in it.
	WGS84 CRS = "wgs84"

	// CGCS2000 is China's national system, EPSG:4490, in degrees. Its ellipsoid
	// and datum agree with WGS-84 to some centimetres, less than any ledger
	// states, so the two are treated as equal.
	CGCS2000 CRS = "cgcs2000"

	// GCJ02 is the shifted system of Amap, Tencent and DataV, in degrees. Its
	// formula is not official: results agree with those services to about 1 m.
	GCJ02 CRS = "gcj02"

	// BD09 is Baidu's shift on top of GCJ-02, in degrees, to about 1 m.
	BD09 CRS = "bd09"

	// WebMercator is EPSG:3857, (x, y) in metres.
	WebMercator CRS = "webmercator"
)

// SupportedCRS is the list a user may choose from, as it stands in messages.
const SupportedCRS = "wgs84、cgcs2000、gcj02、bd09、webmercator、EPSG:4491—4554（CGCS2000 高斯—克吕格投影）"

var crsAliases = map[string]CRS{
	"wgs84": WGS84, "wgs1984": WGS84, "gcswgs1984": WGS84, "crs84": WGS84, "epsg:4326": WGS84,
	"cgcs2000": CGCS2000, "gcschinageodeticcoordinatesystem2000": CGCS2000, "epsg:4490": CGCS2000,
	"gcj02": GCJ02, "gcj": GCJ02,
	"bd09": BD09, "bd09ll": BD09,
	"webmercator": WebMercator, "epsg:3857": WebMercator, "epsg:900913": WebMercator,
}

// urn matches the spellings of a system in GeoJSON and WFS, such as
// urn:ogc:def:crs:EPSG::4490, urn:ogc:def:crs:OGC:1.3:CRS84 and
// http://www.opengis.net/def/crs/EPSG/0/4326.
var urn = regexp.MustCompile(`^(?:urn:(?:ogc|x-ogc):def:crs:|https?://www\.opengis\.net/def/crs/)(epsg|ogc)[:/][^:/]*[:/](\w+)$`)

// ParseCRS reads a system's name: wgs84, cgcs2000, gcj02, bd09, webmercator or
// an EPSG code of one of them (4326, 4490, 3857) or of a CGCS2000 Gauss–Krüger
// zone (4491 to 4554), also as an OGC URN; case, spaces, "-" and "_" are ignored.
// Anything else is refused by name with ErrUnsupportedCRS, "" with ErrNoCRS.
func ParseCRS(text string) (CRS, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	if name == "" {
		return "", refuse(ErrNoCRS, "未指明坐标系，请用 --crs 指明，可选 %s。", SupportedCRS)
	}
	if m := urn.FindStringSubmatch(name); m != nil {
		if name = m[2]; m[1] == "epsg" {
			name = "epsg:" + m[2]
		}
	}
	name = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(name)
	if c, ok := crsAliases[name]; ok {
		return c, nil
	}
	c := CRS(strings.ToUpper(name))
	if _, ok := gaussKrugerZones[c]; ok {
		return c, nil
	}
	return "", refuse(ErrUnsupportedCRS, "不支持坐标系“%s”，请先转换为下列之一：%s。", shorten(text), SupportedCRS)
}

// Degrees reports whether coordinates are longitude and latitude in degrees.
func (c CRS) Degrees() bool {
	switch c {
	case WGS84, CGCS2000, GCJ02, BD09:
		return true
	}
	return false
}

// same reports whether two names stand for one system within our accuracy.
func (c CRS) same(d CRS) bool {
	geographic := func(x CRS) bool { return x == WGS84 || x == CGCS2000 }
	if c == d || geographic(c) && geographic(d) {
		return true
	}
	// A three-degree and a six-degree zone named by the same meridian are one.
	zc, okC := gaussKrugerZones[c]
	zd, okD := gaussKrugerZones[d]
	return okC && okD && zc == zd
}

// mercatorMax is the edge of the Web Mercator square, π × 6,378,137 m.
const mercatorMax = math.Pi * semiMajor

// Contains reports whether p, in system c, can be a point of the Earth: finite,
// degrees within ±180 and ±90, metres within the extent of the projection. It
// tells projected metres read as degrees from real degrees.
func (c CRS) Contains(p orb.Point) bool {
	if !finite(p) {
		return false
	}
	switch {
	case c.Degrees():
		return math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90
	case c == WebMercator:
		return math.Abs(p[0]) <= mercatorMax && math.Abs(p[1]) <= mercatorMax
	}
	z, ok := gaussKrugerZones[c]
	return ok && z.contains(p)
}

// ToWGS84 converts p, in system c, to (longitude, latitude) in degrees. The point
// must satisfy Contains; an unknown system leaves p as it is.
func (c CRS) ToWGS84(p orb.Point) orb.Point {
	switch c {
	case GCJ02:
		return invert(gcj02, p)
	case BD09:
		return invert(func(w orb.Point) orb.Point { return bd09(gcj02(w)) }, p)
	case WebMercator:
		lat := 2*math.Atan(math.Exp(p[1]/semiMajor)) - math.Pi/2
		return orb.Point{p[0] / semiMajor * degrees, lat * degrees}
	}
	if z, ok := gaussKrugerZones[c]; ok {
		return z.toWGS84(p)
	}
	return p
}

// FromWGS84 converts (longitude, latitude) in degrees to system c. Web Mercator
// ends at latitude ±85.0511°, beyond which points are moved to its edge.
func (c CRS) FromWGS84(p orb.Point) orb.Point {
	switch c {
	case GCJ02:
		return gcj02(p)
	case BD09:
		return bd09(gcj02(p))
	case WebMercator:
		y := semiMajor * math.Log(math.Tan(math.Pi/4+p[1]/degrees/2))
		return orb.Point{semiMajor * p[0] / degrees, max(-mercatorMax, min(mercatorMax, y))}
	}
	if z, ok := gaussKrugerZones[c]; ok {
		return z.fromWGS84(p)
	}
	return p
}

// degrees is the number of degrees in a radian.
const degrees = 180 / math.Pi

// shorten keeps a message readable whatever a file puts into it.
func shorten(text string) string {
	const longest = 60
	r := []rune(strings.ToValidUTF8(strings.TrimSpace(text), "�"))
	if len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return string(r)
}
