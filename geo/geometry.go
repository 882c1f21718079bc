package geo

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"
)

// deepest is how many GeometryCollections may lie in one another; RFC 7946
// advises against any nesting.
const deepest = 16

// readGeometry adds the polygons of a GeoJSON geometry to the feature and notes
// points and lines, which it leaves out.
func (g *geojsonReader) readGeometry(f *Feature, geometry map[string]json.RawMessage, depth int) error {
	switch typ := text(geometry["type"]); typ {
	case "Polygon", "MultiPolygon":
		return g.readPolygons(f, geometry["coordinates"], typ == "MultiPolygon")
	case "Point", "MultiPoint", "LineString", "MultiLineString":
		f.note(NotPolygon)
		return nil
	case "GeometryCollection":
		var parts []map[string]json.RawMessage
		if json.Unmarshal(geometry["geometries"], &parts) != nil || slices.ContainsFunc(parts, func(p map[string]json.RawMessage) bool { return p == nil }) {
			return refuse(ErrNotGeoJSON, "第%d个要素的 geometries 不是几何对象的数组，请重新导出文件。", f.Row)
		}
		if depth == deepest {
			return refuse(ErrNotGeoJSON, "第%d个要素的 GeometryCollection 嵌套过深，请重新导出文件。", f.Row)
		}
		for _, part := range parts {
			if err := g.readGeometry(f, part, depth+1); err != nil {
				return err
			}
		}
		return nil
	default:
		return refuse(ErrNotGeoJSON, "第%d个要素的几何类型“%s”不是 GeoJSON 的类型，请重新导出文件。",
			f.Row, shorten(string(geometry["type"])))
	}
}

// readPolygons reads the coordinates of a Polygon or MultiPolygon. Empty rings
// are dropped: they say nothing.
func (g *geojsonReader) readPolygons(f *Feature, coordinates json.RawMessage, multi bool) error {
	s := coordinateScanner{data: coordinates, crs: g.opt.CRS, row: f.Row}
	var err error
	if multi {
		err = s.array(func() error { return s.polygon(f) })
	} else {
		err = s.polygon(f)
	}
	if errors.Is(err, errNotCoordinates) {
		return refuse(ErrCoordinate, "第%d个要素%s的坐标不是规定的数组形式，请重新导出文件。", f.Row, s.place())
	}
	return err
}

var errNotCoordinates = errors.New("geo: not an array of positions")

// coordinateScanner reads nested arrays of numbers from a JSON value whose syntax
// is known to be right. It knows where it is, so that a message can say so.
type coordinateScanner struct {
	data []byte
	at   int
	crs  CRS
	row  int
	ring int // counted over the feature, from 1
	pos  int // counted in the ring, from 1
}

func (s *coordinateScanner) place() string {
	switch {
	case s.pos > 0:
		return "第" + strconv.Itoa(s.ring) + "环第" + strconv.Itoa(s.pos) + "点"
	case s.ring > 0:
		return "第" + strconv.Itoa(s.ring) + "环"
	}
	return ""
}

func (s *coordinateScanner) peek() byte {
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// array calls element at the beginning of each element of an array.
func (s *coordinateScanner) array(element func() error) error {
	if s.peek() != '[' {
		return errNotCoordinates
	}
	s.at++
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		c := s.peek()
		s.at++
		switch c {
		case ',':
		case ']':
			return nil
		default:
			return errNotCoordinates
		}
	}
}

func (s *coordinateScanner) polygon(f *Feature) error {
	var poly orb.Polygon
	err := s.array(func() error {
		ring, err := s.readRing()
		if err != nil {
			return err
		}
		if len(ring) > 0 || len(poly) == 0 { // an empty outer ring must not make a hole the outer one
			poly = append(poly, ring)
		}
		return nil
	})
	if err != nil || len(poly) == 0 || len(poly[0]) == 0 {
		return err
	}
	for i, ring := range poly {
		if turn := planarArea(ring); i == 0 && turn < 0 || i > 0 && turn > 0 {
			slices.Reverse(ring)
			f.note(Reversed)
		}
	}
	f.Shape = append(f.Shape, poly)
	return nil
}

func (s *coordinateScanner) readRing() (orb.Ring, error) {
	var ring orb.Ring
	s.ring++
	s.pos = 0
	err := s.array(func() error {
		s.pos++
		p, err := s.position()
		if err != nil {
			return err
		}
		ring = append(ring, p)
		return nil
	})
	if err == nil {
		s.pos = 0
	}
	return ring, err
}

// position reads [x, y, …]; heights and measures are left out.
func (s *coordinateScanner) position() (orb.Point, error) {
	var xy [2]float64
	n := 0
	err := s.array(func() error {
		v, err := s.number()
		if n < 2 {
			xy[n] = v
		}
		n++
		return err
	})
	if err == nil && n < 2 {
		err = errNotCoordinates
	}
	if err != nil {
		return orb.Point{}, err
	}
	p := orb.Point(xy)
	if !s.crs.Contains(p) {
		return p, s.outOfRange(p)
	}
	w := s.crs.ToWGS84(p)
	if !WGS84.Contains(w) {
		return p, s.outOfRange(p)
	}
	return w, nil
}

func (s *coordinateScanner) number() (float64, error) {
	s.peek()
	start := s.at
	for s.at < len(s.data) {
		c := s.data[s.at]
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		s.at++
	}
	v, err := strconv.ParseFloat(string(s.data[start:s.at]), 64)
	if errors.Is(err, strconv.ErrRange) {
		return v, nil // ±Inf: refused with its place as out of range
	}
	if err != nil {
		return 0, errNotCoordinates
	}
	return v, nil
}

// outOfRange names the place and the most likely mistake.
func (s *coordinateScanner) outOfRange(p orb.Point) error {
	hint := "请检查坐标和 --crs"
	x, y := math.Abs(p[0]), math.Abs(p[1])
	switch deg := s.crs.Degrees(); {
	case deg && x <= 90 && y <= 180:
		hint = "可能是经度与纬度颠倒，请检查文件"
	case deg && (x > 1000 || y > 1000):
		hint = "可能是以米为单位的投影坐标，请用 --crs 指明实际的坐标系"
	case !deg && x <= 180 && y <= 90:
		hint = "可能是以度为单位的经纬度，请用 --crs 指明实际的坐标系"
	}
	return refuse(ErrCoordinate, "第%d个要素%s的坐标（%s，%s）超出坐标系 %s 的范围，%s。",
		s.row, s.place(), shortFloat(p[0]), shortFloat(p[1]), s.crs, hint)
}

func shortFloat(v float64) string { return strconv.FormatFloat(v, 'g', 12, 64) }

// planarArea is the signed area of a ring in square degrees, positive if it runs
// counter-clockwise; the ring may be open.
func planarArea(ring []orb.Point) float64 {
	if len(ring) == 0 {
		return 0
	}
	o, sum := ring[0], 0.0
	for i := 1; i+1 < len(ring); i++ {
		a, b := ring[i], ring[i+1]
		sum += (a[0]-o[0])*(b[1]-o[1]) - (b[0]-o[0])*(a[1]-o[1])
	}
	return sum / 2
}

// checkDeclaredCRS compares the crs member of GeoJSON 2008 with the system given.
func checkDeclaredCRS(raw json.RawMessage, given CRS) error {
	if isNull(raw) {
		return nil
	}
	var member struct {
		Properties struct {
			Name string      `json:"name"`
			Code json.Number `json:"code"`
		} `json:"properties"`
	}
	name := text(raw)
	if name == "" && json.Unmarshal(raw, &member) == nil {
		if name = member.Properties.Name; name == "" && member.Properties.Code != "" {
			name = "EPSG:" + member.Properties.Code.String()
		}
	}
	if name == "" {
		return refuse(ErrUnsupportedCRS, "无法识别文件声明的坐标系（crs 成员），请删除该成员后重试。")
	}
	declared, err := ParseCRS(name)
	if err != nil {
		return err
	}
	if !declared.same(given) {
		return refuse(ErrCRSConflict, "文件声明的坐标系是“%s”，与 --crs %s 不符，请核对；若声明有误，请删除文件中的 crs 成员后重试。",
			shorten(name), given)
	}
	return nil
}
