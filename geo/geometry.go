package geo

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/paulmach/orb"
)

// deepest is how many GeometryCollections may lie in one another; RFC 7946
// advises against any nesting.
const deepest = 16

// readGeometry reads a GeoJSON geometry, in the file's coordinates.
func (g *geojsonReader) readGeometry(row *Row, geometry map[string]json.RawMessage) (orb.Geometry, error) {
	s := coordinateScanner{row: row.Number, b: g.b}
	return s.geometry(row, geometry, 0)
}

var errNotCoordinates = errors.New("geo: not an array of positions")

// coordinateScanner reads nested arrays of numbers from a JSON value whose syntax
// is known to be right. It knows where it is, so that a message can say so.
type coordinateScanner struct {
	data []byte
	at   int
	row  int
	ring int // counted over the feature, from 1; only of polygons
	pos  int // counted in the ring, line or geometry, from 1
	b    *budget
}

func (s *coordinateScanner) geometry(row *Row, geometry map[string]json.RawMessage, depth int) (orb.Geometry, error) {
	if bbox, ok := geometry["bbox"]; ok && !validBBox(bbox) {
		row.note(BadMember)
	}
	typ := text(geometry["type"])
	s.data, s.at, s.pos = geometry["coordinates"], 0, 0
	var g orb.Geometry
	var err error
	switch typ {
	case "Polygon":
		g, err = s.polygon()
	case "MultiPolygon":
		g, err = several[orb.MultiPolygon](s, s.polygon)
	case "Point":
		if s.emptyArray() {
			return orb.MultiPoint(nil), nil
		}
		g, err = s.position()
	case "MultiPoint":
		g, err = several[orb.MultiPoint](s, s.position)
	case "LineString":
		g, err = several[orb.LineString](s, s.position)
	case "MultiLineString":
		g, err = several[orb.MultiLineString](s, func() (orb.LineString, error) { return several[orb.LineString](s, s.position) })
	case "GeometryCollection":
		return s.collection(row, geometry, depth)
	default:
		return nil, refuse(ErrNotGeoJSON, "第%d个要素的几何类型“%s”不是 GeoJSON 的类型，请重新导出文件。",
			s.row, shorten(string(geometry["type"])))
	}
	if errors.Is(err, errNotCoordinates) {
		return nil, refuse(ErrCoordinate, "第%d个要素%s的坐标不是规定的数组形式，请重新导出文件。", s.row, s.place())
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

func (s *coordinateScanner) collection(row *Row, geometry map[string]json.RawMessage, depth int) (orb.Geometry, error) {
	var parts []map[string]json.RawMessage
	if json.Unmarshal(geometry["geometries"], &parts) != nil || slices.ContainsFunc(parts, func(p map[string]json.RawMessage) bool { return p == nil }) {
		return nil, refuse(ErrNotGeoJSON, "第%d个要素的 geometries 不是几何对象的数组，请重新导出文件。", s.row)
	}
	if depth == deepest {
		return nil, refuse(ErrNotGeoJSON, "第%d个要素的 GeometryCollection 嵌套过深，请重新导出文件。", s.row)
	}
	out := make(orb.Collection, 0, len(parts))
	for _, part := range parts {
		g, err := s.geometry(row, part, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// validBBox accepts four or six numbers.
func validBBox(raw json.RawMessage) bool {
	var box []json.Number
	return json.Unmarshal(raw, &box) == nil && (len(box) == 4 || len(box) == 6) && raw[0] == '[' && !bytes.ContainsAny(raw, `"n`)
}

func (s *coordinateScanner) place() string {
	switch {
	case s.pos > 0 && s.ring == 0:
		return "第" + strconv.Itoa(s.pos) + "点"
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

// several reads an array of elements, of positions for example.
func several[S ~[]E, E any](s *coordinateScanner, element func() (E, error)) (all S, err error) {
	err = s.array(func() error {
		e, err := element()
		if err != nil {
			return err
		}
		all = append(all, e)
		return s.b.spend(pointBytes)
	})
	return all, err
}

func (s *coordinateScanner) polygon() (orb.Polygon, error) {
	return several[orb.Polygon](s, func() (orb.Ring, error) {
		s.ring++
		s.pos = 0
		ring, err := several[orb.Ring](s, s.position)
		if err == nil {
			s.pos = 0
		}
		return ring, err
	})
}

// emptyArray tells whether the whole value is [].
func (s *coordinateScanner) emptyArray() bool {
	before := s.at
	err := s.array(func() error { return errNotCoordinates })
	s.at = before
	return err == nil
}

// position reads [x, y, …]; heights and measures are left out.
func (s *coordinateScanner) position() (p orb.Point, err error) {
	s.pos++
	n := 0
	err = s.array(func() error {
		v, err := s.number()
		if n < 2 {
			p[n] = v
		}
		n++
		return err
	})
	if err == nil && n < 2 {
		err = errNotCoordinates
	}
	return p, err
}

func (s *coordinateScanner) number() (float64, error) {
	s.peek()
	start := s.at
	for s.at < len(s.data) && numeric(s.data[s.at]) {
		s.at++
	}
	v, ok := parseNumber(string(s.data[start:s.at]))
	if !ok {
		return 0, errNotCoordinates
	}
	return v, nil
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

// declaredCRS reads the crs member of GeoJSON 2008, and its words.
func declaredCRS(raw json.RawMessage) (CRS, string, error) {
	if isNull(raw) {
		return "", "", nil
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
		return "", "", refuse(ErrUnsupportedCRS, "无法识别文件声明的坐标系（crs 成员），请删除该成员后重试。")
	}
	crs, err := ParseCRS(name)
	if err != nil {
		err = refuse(ErrUnsupportedCRS, "文件声明的坐标系是“%s”，不在支持之列，请先转换：ogr2ogr -t_srs EPSG:4490 输出.geojson 输入文件。", shorten(name))
	}
	return crs, name, err
}
