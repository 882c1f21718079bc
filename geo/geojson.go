package geo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"
)

// ReadOptions says how to read a GeoJSON file.
type ReadOptions struct {
	// CRS of the coordinates; required, because files made in China seldom say
	// that they are shifted.
	CRS CRS

	// Names of the properties that hold the unit's code, its name and its
	// parent's code; "" where there is none. "parent.adcode" reaches into an object
	// unless a property has that very name; "id" falls back to the Feature's id.
	CodeProp, NameProp, ParentProp string
}

// ReadGeoJSON reads the polygons of a FeatureCollection, Feature or bare geometry
// (RFC 7946, and the crs member of its predecessor) and converts them to WGS-84.
// One Feature per feature of the file, in file order; a feature without polygon
// has an empty Shape and a Note. Codes keep all their digits, numbers written as
// 101.0 or 1.01e2 become 101.
//
// Rings are turned to run counter-clockwise (holes clockwise), nothing else is
// changed: faults of the rings are for Audit. Refused, as an *Error, are files
// that are not GeoJSON or not UTF-8, TopoJSON, a crs member that contradicts CRS
// or is unsupported, coordinates that are unreadable or out of the system's
// range, properties that no feature has, and files without any polygon.
func ReadGeoJSON(r io.Reader, opt ReadOptions) ([]Feature, error) {
	crs, err := ParseCRS(string(opt.CRS))
	if err != nil {
		return nil, err
	}
	opt.CRS = crs
	in := bufio.NewReader(r)
	switch head, _ := in.Peek(3); {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, refuseEncoding()
	}
	g := geojsonReader{
		opt:     opt,
		dec:     json.NewDecoder(in),
		members: map[string]json.RawMessage{},
		names:   map[string]bool{},
		found:   map[string]bool{},
	}
	if err := g.read(); err != nil {
		return nil, err
	}
	return g.features, nil
}

type geojsonReader struct {
	opt      ReadOptions
	dec      *json.Decoder
	features []Feature
	streamed bool                       // the member "features" was there
	members  map[string]json.RawMessage // all others of the outermost object
	names    map[string]bool            // properties that occur
	found    map[string]bool            // of those asked for, the ones with a value
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
				err = checkDeclaredCRS(raw, g.opt.CRS)
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
			return refuse(ErrNotGeoJSON, "第%d个要素不是 GeoJSON 要素（Feature），请重新导出文件。", len(g.features)+1)
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
		f := Feature{Row: 1}
		if err := g.readGeometry(&f, g.members, 0); err != nil {
			return err
		}
		g.close(&f)
	case "Topology":
		return refuse(ErrTopoJSON, "文件是 TopoJSON，请先转换为 GeoJSON：ogr2ogr -f GeoJSON 输出.geojson 输入文件。")
	default:
		return refuse(ErrNotGeoJSON, "文件不是 GeoJSON（type 为“%s”），请检查所选文件。", shorten(string(typ)))
	}
	return g.checkContent()
}

// checkContent refuses a file in which what was asked for does not occur at all.
func (g *geojsonReader) checkContent() error {
	if !slices.ContainsFunc(g.features, func(f Feature) bool { return len(f.Shape) > 0 }) {
		return refuse(ErrNoPolygons, "文件的%d个要素中没有面，请提供网格等区域的边界文件。", len(g.features))
	}
	for _, ask := range []struct{ flag, prop string }{
		{"--code", g.opt.CodeProp},
		{"--name", g.opt.NameProp},
		{"--parent", g.opt.ParentProp},
	} {
		if ask.prop == "" || g.found[ask.prop] {
			continue
		}
		if len(g.names) == 0 {
			return refuse(ErrProperty, "文件的要素没有任何属性，无法按“%s”取值。", shorten(ask.prop))
		}
		const shown = 30
		names := slices.Sorted(maps.Keys(g.names))
		list := strings.Join(names[:min(shown, len(names))], "、")
		if len(names) > shown {
			list += "等"
		}
		return refuse(ErrProperty, "文件的要素没有属性“%s”，或其值全为空；现有属性：%s。请用 %s 指定其中之一。",
			shorten(ask.prop), list, ask.flag)
	}
	return nil
}

func (g *geojsonReader) addFeature(members map[string]json.RawMessage) error {
	f := Feature{Row: len(g.features) + 1}
	if err := g.readProperties(&f, members); err != nil {
		return err
	}
	if geometry, ok := members["geometry"]; ok && !isNull(geometry) {
		var shape map[string]json.RawMessage
		if json.Unmarshal(geometry, &shape) != nil {
			return refuse(ErrNotGeoJSON, "第%d个要素的 geometry 不是对象，请重新导出文件。", f.Row)
		}
		if err := g.readGeometry(&f, shape, 0); err != nil {
			return err
		}
	}
	g.close(&f)
	return nil
}

// close adds a finished feature.
func (g *geojsonReader) close(f *Feature) {
	if len(f.Shape) == 0 && !slices.ContainsFunc(f.Notes, func(n Finding) bool { return n.Kind == NotPolygon }) {
		f.note(NoGeometry)
	}
	for i := range f.Notes {
		f.Notes[i].Code = f.Code
	}
	g.features = append(g.features, *f)
}

// note records what the reader did, once per kind, with a count.
func (f *Feature) note(kind FindingKind) {
	for i := range f.Notes {
		if f.Notes[i].Kind == kind {
			f.Notes[i].Count++
			return
		}
	}
	n := newFinding(kind, orb.Point{})
	n.Feature = f.Row
	f.Notes = append(f.Notes, n)
}

func (g *geojsonReader) readProperties(f *Feature, members map[string]json.RawMessage) error {
	raw, ok := members["properties"]
	if !ok {
		f.note(NoProperties)
	}
	if !utf8.Valid(raw) { // encoding/json would silently put U+FFFD into the names
		return refuseEncoding()
	}
	var props map[string]json.RawMessage
	if ok && json.Unmarshal(raw, &props) != nil {
		return refuse(ErrNotGeoJSON, "第%d个要素的 properties 不是对象，请重新导出文件。", f.Row)
	}
	for name := range props {
		g.names[name] = true
	}
	for _, ask := range []struct {
		prop string
		into *string
	}{{g.opt.CodeProp, &f.Code}, {g.opt.NameProp, &f.Name}, {g.opt.ParentProp, &f.Parent}} {
		if ask.prop == "" {
			continue
		}
		value, ok := lookUp(props, ask.prop)
		if !ok && ask.prop == "id" {
			value, ok = members["id"]
		}
		if !ok {
			continue
		}
		var err error
		if *ask.into, err = scalarText(value); err != nil {
			return refuse(ErrProperty, "第%d个要素的属性“%s”不是文字或数字，请指定其他属性。", f.Row, shorten(ask.prop))
		}
		g.found[ask.prop] = g.found[ask.prop] || *ask.into != ""
	}
	return nil
}

// lookUp finds a property by name, else by its path through nested objects.
func lookUp(props map[string]json.RawMessage, name string) (json.RawMessage, bool) {
	if value, ok := props[name]; ok {
		return value, true
	}
	head, rest, ok := strings.Cut(name, ".")
	if !ok {
		return nil, false
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(props[head], &inner) != nil {
		return nil, false
	}
	return lookUp(inner, rest)
}

var errNotScalar = errors.New("geo: neither text nor number")

// scalarText gives a text without outer blanks, a number by its digits, null as "".
func scalarText(raw json.RawMessage) (string, error) {
	switch {
	case isNull(raw):
		return "", nil
	case raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return strings.TrimSpace(s), err
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return numberText(string(raw)), nil
	}
	return "", errNotScalar
}

// numberText writes an integral JSON number without point and exponent, exactly:
// a code such as 41150200400100000012 does not fit a float64. Others stay as
// written.
func numberText(s string) string {
	if !strings.ContainsAny(s, ".eE") {
		return s
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 && len(s)-i > len("e+99") {
		return s // an exponent of three digits is no code, but could be very long
	}
	if r, ok := new(big.Rat).SetString(s); ok && r.IsInt() {
		return r.Num().String()
	}
	return s
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
	return &Error{Reason: err, Text: fmt.Sprintf("读取文件时出错（%v），请检查文件后重试。", err)}
}
