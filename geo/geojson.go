package geo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// ReadGeoJSON reads the polygons of a GeoJSON file and converts them to WGS-84: what
// Set.Read and Collection.Features do, for callers who have a stream.
func ReadGeoJSON(r io.Reader, opt ReadOptions) ([]Feature, error) {
	if opt.CRS != "" {
		if _, err := ParseCRS(string(opt.CRS)); err != nil { // before a large file is read
			return nil, err
		}
	}
	c, err := readGeoJSON(r, ReadSettings{}.budget())
	if err != nil {
		return nil, err
	}
	return c.Features(opt)
}

// readGeoJSON reads a FeatureCollection, Feature or bare geometry (RFC 7946, and the
// crs member of its predecessor). One Row per feature of the file, in file order.
// Refused are files that are not GeoJSON or not UTF-8, TopoJSON, a crs member of an
// unsupported system, and coordinates that are not arrays of numbers as deep as their
// geometry needs.
func readGeoJSON(r io.Reader, b *budget) (*Collection, error) {
	in := bufio.NewReader(r)
	switch head, _ := in.Peek(3); {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, refuseEncoding()
	}
	g := geojsonReader{
		b:       b,
		c:       &Collection{Format: GeoJSON, Encoding: utf8Encoding.name, unread: map[string]int{}},
		dec:     json.NewDecoder(in),
		members: map[string]json.RawMessage{},
	}
	if err := g.read(); err != nil {
		return nil, err
	}
	g.c.Props = g.props.names
	return g.c, nil
}

type geojsonReader struct {
	b        *budget
	c        *Collection
	dec      *json.Decoder
	props    columns
	streamed bool                       // the member "features" was there
	members  map[string]json.RawMessage // all others of the outermost object
}

func (g *geojsonReader) read() error {
	tok, err := g.dec.Token()
	if err != nil {
		return g.syntax(err)
	}
	if tok != json.Delim('{') {
		return refuse(ErrNotGeoJSON, "文件不是 GeoJSON（最外层不是对象），请检查所选文件。")
	}
	for g.dec.More() {
		key, err := g.dec.Token()
		if err != nil {
			return g.syntax(err)
		}
		if key == "features" {
			err = g.readFeatures()
		} else {
			var raw json.RawMessage
			if err = g.dec.Decode(&raw); err != nil {
				err = g.syntax(err)
			}
			if g.members[key.(string)] = raw; err == nil && key == "crs" {
				g.c.CRS, g.c.declared, err = declaredCRS(raw)
			}
		}
		if err != nil {
			return err
		}
	}
	if _, err := g.dec.Token(); err != nil {
		return g.syntax(err)
	}
	if _, err := g.dec.Token(); !errors.Is(err, io.EOF) {
		return refuse(ErrNotGeoJSON, "文件在第一个 JSON 对象之后还有内容，请先转换为一个 FeatureCollection：ogr2ogr -f GeoJSON 输出.geojson 输入文件。")
	}
	return g.finish()
}

// readFeatures streams the member "features", so that a large file is never held
// as a whole.
func (g *geojsonReader) readFeatures() error {
	tok, err := g.dec.Token()
	if err != nil {
		return g.syntax(err)
	}
	if tok != json.Delim('[') {
		return refuse(ErrNotGeoJSON, "GeoJSON 的 features 不是数组，请重新导出文件。")
	}
	g.streamed = true
	for g.dec.More() {
		var raw json.RawMessage
		if err := g.dec.Decode(&raw); err != nil {
			return g.syntax(err)
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil || text(members["type"]) != "Feature" {
			return refuse(ErrNotGeoJSON, "第%d个要素不是 GeoJSON 要素（Feature），请重新导出文件。", len(g.c.Rows)+1)
		}
		if err := g.addFeature(members); err != nil {
			return err
		}
	}
	if _, err := g.dec.Token(); err != nil {
		return g.syntax(err)
	}
	return nil
}

// finish looks at the outermost members, which may come in any order, so after
// the features.
func (g *geojsonReader) finish() error {
	switch typ := g.members["type"]; text(typ) {
	case "FeatureCollection":
		if !g.streamed {
			return refuse(ErrNotGeoJSON, "GeoJSON 缺少 features，请重新导出文件。")
		}
	case "Feature":
		if err := g.addFeature(g.members); err != nil {
			return err
		}
	case "Polygon", "MultiPolygon", "GeometryCollection", "Point", "MultiPoint", "LineString", "MultiLineString":
		row := Row{Number: 1}
		var err error
		if row.Geometry, err = g.readGeometry(&row, g.members); err != nil {
			return err
		}
		g.c.Rows = append(g.c.Rows, row)
	case "Topology":
		return refuseTopoJSON()
	default:
		return refuse(ErrNotGeoJSON, "文件不是 GeoJSON（type 为“%s”），请检查所选文件。", shorten(string(typ)))
	}
	return nil
}

func (g *geojsonReader) addFeature(members map[string]json.RawMessage) error {
	row := Row{Number: len(g.c.Rows) + 1}
	if err := g.readProperties(&row, members); err != nil {
		return err
	}
	if geometry, ok := members["geometry"]; ok && !isNull(geometry) {
		var shape map[string]json.RawMessage
		if json.Unmarshal(geometry, &shape) != nil {
			return refuse(ErrNotGeoJSON, "第%d个要素的 geometry 不是对象，请重新导出文件。", row.Number)
		}
		var err error
		if row.Geometry, err = g.readGeometry(&row, shape); err != nil {
			return err
		}
	}
	g.c.Rows = append(g.c.Rows, row)
	return g.b.spend(rowBytes)
}

// text decodes a JSON string; anything else is "".
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func refuseEncoding() error {
	return refuse(ErrEncoding, "文件不是 UTF-8 编码，请另存为 UTF-8 后重试。")
}

// syntax turns a decoder's error into a sentence; a failure of the underlying
// reader keeps its cause.
func (g *geojsonReader) syntax(err error) error {
	var bad *json.SyntaxError
	switch {
	case g.dec.InputOffset() == 0 && errors.Is(err, io.EOF):
		return refuse(ErrNotGeoJSON, "文件是空的，请检查所选文件。")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(ErrNotGeoJSON, "文件不完整（在第%d字节后中断），请重新导出或复制。", g.dec.InputOffset())
	case errors.As(err, &bad):
		return refuse(ErrNotGeoJSON, "文件不是有效的 GeoJSON（第%d字节附近不合 JSON 语法），请检查所选文件。", bad.Offset)
	}
	return readFailure(err)
}
