package geo

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// parsePRJ reads the coordinate system of a .prj file by its parameters, not by its
// name (OGC 01-009, and ESRI's spelling of it): degrees on WGS-84 or CGCS2000, Web
// Mercator, and the Gauss–Krüger zones of CGCS2000. An empty file says nothing, "".
// Anything else is refused by its own name with ErrUnsupportedCRS.
func parsePRJ(text []byte) (CRS, error) {
	s := strings.Trim(strings.TrimPrefix(string(text), "\ufeff"), " \t\r\n\x00")
	if s == "" {
		return "", nil
	}
	root, ok := parseCRSText(s)
	if !ok {
		return "", refuse(ErrUnsupportedCRS, "无法识别 .prj 的内容，请重新导出；若确知坐标系，请去掉 .prj 后用 --crs 指明。")
	}
	switch root.keyword {
	case "GEOGCS":
		if crs := root.geographic(); crs != "" && root.unit() == degreeUnit {
			return crs, nil
		}
	case "PROJCS":
		if crs := root.projected(); crs != "" {
			return crs, nil
		}
	}
	return "", root.refuse()
}

// crsNode is one KEYWORD[value, …] of the text.
type crsNode struct {
	keyword string // upper case
	values  []string
	nodes   []crsNode
}

func (n crsNode) name() string {
	if len(n.values) == 0 {
		return ""
	}
	return n.values[0]
}

func (n crsNode) child(keywords ...string) crsNode {
	for _, c := range n.nodes {
		if slices.Contains(keywords, c.keyword) {
			return c
		}
	}
	return crsNode{}
}

// number returns the value at an index, NaN if there is none.
func (n crsNode) number(i int) float64 {
	if i < len(n.values) {
		if v, err := strconv.ParseFloat(n.values[i], 64); err == nil {
			return v
		}
	}
	return math.NaN()
}

// plain makes names comparable: D_WGS_1984, WGS_1984 and "WGS 1984" are one.
func plain(name string) string {
	return strings.NewReplacer("_", "", " ", "", "-", "", "/", "").Replace(strings.ToLower(name))
}

const (
	degreeUnit = "degree"
	metreUnit  = "metre"
)

// unit tells degrees and metres by their size.
func (n crsNode) unit() string {
	u := n.child("UNIT")
	switch size := u.number(1); {
	case math.Abs(size-math.Pi/180) < 1e-12:
		return degreeUnit
	case size == 1:
		return metreUnit
	}
	return u.name()
}

// geographic recognises the system below a GEOGCS: datum by name, ellipsoid by size,
// Greenwich. The ellipsoid alone is not enough: NAD83 has that of CGCS2000.
func (n crsNode) geographic() CRS {
	datum := n.child("DATUM")
	ellipsoid := datum.child("SPHEROID", "ELLIPSOID")
	near := func(flattening float64) bool {
		return ellipsoid.number(1) == semiMajor && math.Abs(ellipsoid.number(2)-flattening) < 1e-6
	}
	if pm := n.child("PRIMEM"); pm.keyword != "" && pm.number(1) != 0 {
		return ""
	}
	switch name := strings.TrimPrefix(strings.ToLower(datum.name()), "d_"); plain(name) {
	case "wgs1984", "wgs84", "worldgeodeticsystem1984":
		if near(298.257223563) {
			return WGS84
		}
	case "china2000", "cgcs2000", "chinageodeticcoordinatesystem2000":
		if near(298.257222101) {
			return CGCS2000
		}
	}
	return ""
}

// projected recognises the two projections that are read.
func (n crsNode) projected() CRS {
	if n.unit() != metreUnit {
		return ""
	}
	base := n.child("GEOGCS")
	p := map[string]float64{}
	for _, c := range n.nodes {
		if c.keyword == "PARAMETER" {
			p[plain(c.name())] = c.number(1)
		}
	}
	is := func(want float64, names ...string) bool { // an absent parameter has its default, the one we want
		for _, name := range names {
			if v, ok := p[name]; ok && !(math.Abs(v-want) < 1e-9) {
				return false
			}
		}
		return true
	}
	switch method := plain(n.child("PROJECTION").name()); method {
	case "transversemercator", "gausskruger":
		if base.geographic() == "" || base.unit() != degreeUnit || !is(1, "scalefactor") || !is(0, "latitudeoforigin") || !is(0, "falsenorthing") {
			return ""
		}
		return zoneBy(p["centralmeridian"], p["falseeasting"], strings.Contains(plain(n.name()), "3degree"))
	case "mercatorauxiliarysphere", "mercator1sp", "mercator", "popularvisualisationpseudomercator":
		// On a sphere, which WKT of the first version can say only by name or by an
		// extension; the plain Mercator projection of the ellipsoid is another.
		sphere := method == "mercatorauxiliarysphere" || method == "popularvisualisationpseudomercator" ||
			base.child("DATUM").child("SPHEROID").number(2) == 0 ||
			strings.Contains(strings.Join(n.child("EXTENSION").values, " "), "+b=6378137")
		ellipsoid := base.child("DATUM").child("SPHEROID")
		if sphere && ellipsoid.number(1) == semiMajor && (base.geographic() == WGS84 || ellipsoid.number(2) == 0) &&
			base.unit() == degreeUnit && is(0, "centralmeridian", "longitudeofcenter") && is(0, "falseeasting") && is(0, "falsenorthing") &&
			is(0, "standardparallel1") && is(1, "scalefactor") && is(0, "auxiliaryspheretype") {
			return WebMercator
		}
	}
	return ""
}

// zoneBy finds the zone with a central meridian and false easting. A three-degree and
// a six-degree zone may have both in common; they are then one and the same
// projection, and the name decides what it is called.
func zoneBy(meridian, falseEasting float64, three bool) (found CRS) {
	for c, z := range gaussKrugerZones {
		if math.Abs(z.meridian-meridian) > 1e-9 || math.Abs(z.falseEasting-falseEasting) > 1e-6 {
			continue
		}
		if isThree := c >= "EPSG:4513"; found == "" || isThree == three {
			found = c
		}
	}
	return found
}

// refuse names the system and what to do; the ellipsoids of the older Chinese systems
// cannot be converted by any public formula.
func (n crsNode) refuse() error {
	name := shorten(n.name())
	geographic := n
	if n.keyword == "PROJCS" {
		geographic = n.child("GEOGCS")
	}
	datum := plain(geographic.child("DATUM").name())
	for part, title := range map[string]string{"beijing1954": "1954年北京坐标系", "xian1980": "1980西安坐标系"} {
		if strings.Contains(datum, part) {
			return refuse(ErrUnsupportedCRS, ".prj 写明的坐标系是“%s”（%s），它与 CGCS2000 的换算参数不公开，请向测绘部门索取 CGCS2000 坐标系的成果。", name, title)
		}
	}
	unit := ""
	if u := n.unit(); u != degreeUnit && u != metreUnit && u != "" {
		unit = fmt.Sprintf("，单位为 %s", shorten(u))
	}
	return refuse(ErrUnsupportedCRS, ".prj 写明的坐标系是“%s”%s，不在支持之列，请先转换：ogr2ogr -t_srs EPSG:4490 输出.shp 输入.shp。", name, unit)
}
