package geo

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/paulmach/orb"
)

const square = `{"type":"Polygon","coordinates":[[[114,30],[115,30],[115,31],[114,31],[114,30]]]}`

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func feature(properties, geometry string) string {
	return `{"type":"Feature","properties":` + properties + `,"geometry":` + geometry + `}`
}

func TestReadGeoJSON(t *testing.T) {
	one := orb.MultiPolygon{{{{114, 30}, {115, 30}, {115, 31}, {114, 31}, {114, 30}}}}
	for _, tt := range []struct {
		name, in string
		opt      ReadOptions
		want     []Feature // Notes by kind only
		notes    []FindingKind
	}{
		{
			"collection with names",
			collection(feature(`{"code":"01","name":" 第一网格 ","up":"411502"}`, square)),
			ReadOptions{CRS: WGS84, CodeProp: "code", NameProp: "name", ParentProp: "up"},
			[]Feature{{Code: "01", Name: "第一网格", Parent: "411502", Shape: one, Row: 1}},
			nil,
		},
		{
			"byte order mark and clockwise ring",
			"\ufeff" + collection(feature(`{}`, `{"type":"Polygon","coordinates":[[[114,30],[114,31],[115,31],[115,30],[114,30]]]}`)),
			ReadOptions{CRS: WGS84},
			[]Feature{{Shape: one, Row: 1}},
			[]FindingKind{Reversed},
		},
		{
			"hole that runs the wrong way",
			collection(feature(`{}`, `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}`)),
			ReadOptions{CRS: WGS84},
			[]Feature{{Shape: orb.MultiPolygon{{{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}, {{1, 1}, {2, 2}, {2, 1}, {1, 1}}}}, Row: 1}},
			[]FindingKind{Reversed},
		},
		{
			"bare feature", feature(`{"id":7}`, square),
			ReadOptions{CRS: CGCS2000, CodeProp: "id"},
			[]Feature{{Code: "7", Shape: one, Row: 1}},
			nil,
		},
		{"bare geometry", square, ReadOptions{CRS: WGS84}, []Feature{{Shape: one, Row: 1}}, nil},
		{
			"id of the feature itself", collection(`{"type":"Feature","id":"A1","properties":null,"geometry":` + square + `}`),
			ReadOptions{CRS: WGS84, CodeProp: "id"},
			[]Feature{{Code: "A1", Shape: one, Row: 1}},
			nil,
		},
		{
			"heights are left out",
			collection(feature(`{}`, `{"type":"Polygon","coordinates":[[[114,30,5],[115,30,5.5],[115,31,1e3],[114,31,0,7],[114,30,5]]]}`)),
			ReadOptions{CRS: WGS84},
			[]Feature{{Shape: one, Row: 1}},
			nil,
		},
		{
			"type after features, crs last, foreign members",
			`{"features":[` + feature(`{}`, square) + `],"name":"x","type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}}`,
			ReadOptions{CRS: CGCS2000},
			[]Feature{{Shape: one, Row: 1}},
			nil,
		},
		{"crs null", `{"type":"FeatureCollection","crs":null,"features":[` + feature(`{}`, square) + `]}`, ReadOptions{CRS: GCJ02}, nil, nil},
		{
			"null geometry, a point, a collection with a line",
			collection(feature(`{}`, `null`), feature(`{}`, `{"type":"Point","coordinates":[1,2]}`),
				feature(`{}`, `{"type":"GeometryCollection","geometries":[{"type":"LineString","coordinates":[]},`+square+`,{"type":"GeometryCollection","geometries":[`+square+`]}]}`),
				`{"type":"Feature","properties":{}}`, `{"type":"Feature","geometry":`+square+`}`),
			ReadOptions{CRS: WGS84},
			[]Feature{{Row: 1}, {Row: 2}, {Row: 3, Shape: append(one.Clone(), one...)}, {Row: 4}, {Row: 5, Shape: one}},
			[]FindingKind{NoGeometry, NotPolygon, NotPolygon, NoGeometry, NoProperties},
		},
		{
			"empty coordinates beside a real ring",
			collection(feature(`{}`, `{"type":"MultiPolygon","coordinates":[[],[[]],[[[114,30],[115,30],[115,31],[114,31],[114,30]],[]]]}`),
				feature(`{}`, `{"type":"Polygon","coordinates":[]}`)),
			ReadOptions{CRS: WGS84},
			[]Feature{{Shape: one, Row: 1}, {Row: 2}},
			[]FindingKind{NoGeometry},
		},
		{
			"unclosed ring stays as it is",
			collection(feature(`{}`, `{"type":"Polygon","coordinates":[[[114,30],[115,30],[115,31]]]}`)),
			ReadOptions{CRS: WGS84},
			[]Feature{{Shape: orb.MultiPolygon{{{{114, 30}, {115, 30}, {115, 31}}}}, Row: 1}},
			nil,
		},
		{
			"spaces in unusual places",
			" {\n\"type\" : \"FeatureCollection\" , \"features\":[ {\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"Polygon\",\"coordinates\" :\t[ [ [ 114 , 30 ] ,[115,3.0e1], [115,31],[114,31],[114,30] ] ] } } ] }\n",
			ReadOptions{CRS: WGS84},
			[]Feature{{Shape: one, Row: 1}},
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs, err := ReadGeoJSON(iotest.OneByteReader(strings.NewReader(tt.in)), tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == nil {
				return
			}
			if len(fs) != len(tt.want) {
				t.Fatalf("%d features, want %d", len(fs), len(tt.want))
			}
			var notes []FindingKind
			for i, f := range fs {
				w := tt.want[i]
				if f.Code != w.Code || f.Name != w.Name || f.Parent != w.Parent || f.Row != w.Row || !f.Shape.Equal(w.Shape) {
					t.Errorf("feature %d: got %+v, want %+v", i, f, w)
				}
				for _, n := range f.Notes {
					notes = append(notes, n.Kind)
					if n.Feature != f.Row || n.Code != f.Code {
						t.Errorf("note %+v does not name feature %d", n, f.Row)
					}
				}
			}
			if !slices.Equal(notes, tt.notes) {
				t.Errorf("notes %v, want %v", notes, tt.notes)
			}
		})
	}
}

func TestCodesKeepAllTheirDigits(t *testing.T) {
	for value, want := range map[string]string{
		`"01"`:                    "01",
		`101`:                     "101",
		`101.0`:                   "101",
		`1.01e2`:                  "101",
		`41150200400100000012`:    "41150200400100000012",
		`41150200400100000012.0`:  "41150200400100000012",
		`4.115020040010000001E19`: "41150200400100000010",
		`"41150200400100000012"`:  "41150200400100000012",
		`101.5`:                   "101.5",
		`1e999999999`:             "1e999999999",
		`-3`:                      "-3",
		`"　网格一\n"`:                "网格一",
	} {
		fs, err := ReadGeoJSON(strings.NewReader(collection(feature(`{"c":`+value+`}`, square))), ReadOptions{CRS: WGS84, CodeProp: "c"})
		if err != nil || fs[0].Code != want {
			t.Errorf("%s: got %v, %v; want %q", value, fs, err, want)
		}
	}
}

func TestShiftedCoordinatesBecomeWGS84(t *testing.T) {
	in := collection(feature(`{}`, `{"type":"Polygon","coordinates":[[[116.41024449916938,39.91640428150164],[116.5,39.9],[116.5,40],[116.41024449916938,39.91640428150164]]]}`))
	fs, err := ReadGeoJSON(strings.NewReader(in), ReadOptions{CRS: GCJ02})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fs[0].Shape[0][0][0], (orb.Point{116.404, 39.915}); metres(got, want) > 1e-3 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReadGeoJSONRefuses(t *testing.T) {
	polygon := func(ring string) string {
		return collection(feature(`{"a":1}`, `{"type":"Polygon","coordinates":[[`+ring+`]]}`))
	}
	deep := strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 40) + square + strings.Repeat(`]}`, 40)
	for _, tt := range []struct {
		name, in string
		opt      ReadOptions
		reason   error
		says     string
	}{
		{"no system given", collection(feature(`{}`, square)), ReadOptions{}, ErrNoCRS, "--crs"},
		{"unsupported system given", collection(feature(`{}`, square)), ReadOptions{CRS: "EPSG:2249"}, ErrUnsupportedCRS, "EPSG:2249"},
		{"empty file", "", ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "空的"},
		{"only a byte order mark", "\ufeff", ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "空的"},
		{"UTF-16", "\xff\xfe{\x00", ReadOptions{CRS: WGS84}, ErrEncoding, "UTF-8"},
		{"GBK names", collection(feature("{\"name\":\"\xcd\xf8\xb8\xf1\"}", square)), ReadOptions{CRS: WGS84, NameProp: "name"}, ErrEncoding, "UTF-8"},
		{"an array", `[1]`, ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "不是 GeoJSON"},
		{"text", `hello`, ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "JSON 语法"},
		{"a zip archive", "PK\x03\x04", ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "JSON 语法"},
		{"cut off", collection(feature(`{}`, square))[:80], ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "不完整"},
		{"two objects", collection(feature(`{}`, square)) + "\n{}", ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "ogr2ogr"},
		{"TopoJSON", `{"type":"Topology","objects":{},"arcs":[]}`, ReadOptions{CRS: WGS84}, ErrTopoJSON, "ogr2ogr -f GeoJSON"},
		{"other JSON", `{"type":"dashboard"}`, ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "dashboard"},
		{"no type", `{"a":1}`, ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "type"},
		{"no features", `{"type":"FeatureCollection"}`, ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "features"},
		{"empty features", collection(), ReadOptions{CRS: WGS84}, ErrNoPolygons, "没有面"},
		{"only points", collection(feature(`{}`, `{"type":"Point","coordinates":[1,2]}`)), ReadOptions{CRS: WGS84}, ErrNoPolygons, "没有面"},
		{"feature is null", collection("null"), ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "第1个要素"},
		{"geometry is text", collection(feature(`{}`, `"x"`)), ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "第1个要素"},
		{"unknown geometry", collection(feature(`{}`, square), feature(`{}`, `{"type":"Circle"}`)), ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "第2个要素的几何类型“\"Circle\"”"},
		{"nested too deep", collection(feature(`{}`, deep)), ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "嵌套过深"},
		{"missing property", collection(feature(`{"b":2,"a":1}`, square)), ReadOptions{CRS: WGS84, CodeProp: "code"}, ErrProperty, "“code”，或其值全为空；现有属性：a、b。"},
		{"missing name property", collection(feature(`{"b":2}`, square)), ReadOptions{CRS: WGS84, CodeProp: "b", NameProp: "名称"}, ErrProperty, "--name"},
		{"no properties at all", square, ReadOptions{CRS: WGS84, CodeProp: "code"}, ErrProperty, "没有任何属性"},
		{"always empty property", collection(feature(`{"code":null}`, square), feature(`{"code":" "}`, square)), ReadOptions{CRS: WGS84, CodeProp: "code"}, ErrProperty, "全为空"},
		{"code is an object", collection(feature(`{"code":{"a":1}}`, square)), ReadOptions{CRS: WGS84, CodeProp: "code"}, ErrProperty, "不是文字或数字"},
		{"declared GCJ-02, file says WGS-84", `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"features":[` + feature(`{}`, square) + `]}`, ReadOptions{CRS: GCJ02}, ErrCRSConflict, "CRS84"},
		{"file in a system we do not know", `{"type":"FeatureCollection","crs":{"type":"EPSG","properties":{"code":2249}},"features":[` + feature(`{}`, square) + `]}`, ReadOptions{CRS: WGS84}, ErrUnsupportedCRS, "EPSG:2249"},
		{"crs by link", `{"type":"FeatureCollection","crs":{"type":"link","properties":{"href":"x"}},"features":[` + feature(`{}`, square) + `]}`, ReadOptions{CRS: WGS84}, ErrUnsupportedCRS, "crs"},
		{"metres declared as degrees", polygon(`[529299.86,3385869.45],[529300,3385869],[529301,3385870],[529299.86,3385869.45]`), ReadOptions{CRS: WGS84}, ErrCoordinate, "第1个要素第1环第1点的坐标（529299.86，3385869.45）超出坐标系 wgs84 的范围，可能是以米为单位"},
		{"degrees declared as metres", polygon(`[114,30],[115,30],[115,31],[114,30]`), ReadOptions{CRS: "EPSG:4547"}, ErrCoordinate, "可能是以度为单位"},
		{"latitude first", polygon(`[30,114],[30,115],[31,115],[30,114]`), ReadOptions{CRS: WGS84}, ErrCoordinate, "颠倒"},
		{"second ring, third point", collection(feature(`{}`, `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]],[[1,1],[2,1],[2,1e308],[1,1]]]}`)), ReadOptions{CRS: WGS84}, ErrCoordinate, "第2环第3点"},
		{"beyond float64", polygon(`[1e999,30],[115,30],[115,31],[114,30]`), ReadOptions{CRS: WGS84}, ErrCoordinate, "+Inf"},
		{"NaN", polygon(`[NaN,30],[115,30],[115,31],[114,30]`), ReadOptions{CRS: WGS84}, ErrNotGeoJSON, "JSON 语法"},
		{"null in a position", polygon(`[null,30],[115,30],[115,31],[114,30]`), ReadOptions{CRS: WGS84}, ErrCoordinate, "数组形式"},
		{"text in a position", polygon(`["114",30],[115,30],[115,31],[114,30]`), ReadOptions{CRS: WGS84}, ErrCoordinate, "第1环第1点"},
		{"one number in a position", polygon(`[114,30],[115],[115,31],[114,30]`), ReadOptions{CRS: WGS84}, ErrCoordinate, "第1环第2点"},
		{"too deep", polygon(`[[114,30],[115,30],[115,31],[114,30]]`), ReadOptions{CRS: WGS84}, ErrCoordinate, "数组形式"},
		{"too shallow", collection(feature(`{}`, `{"type":"Polygon","coordinates":[114,30]}`)), ReadOptions{CRS: WGS84}, ErrCoordinate, "数组形式"},
		{"coordinates missing", collection(feature(`{}`, `{"type":"Polygon"}`)), ReadOptions{CRS: WGS84}, ErrCoordinate, "数组形式"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs, err := ReadGeoJSON(strings.NewReader(tt.in), tt.opt)
			if !errors.Is(err, tt.reason) {
				t.Fatalf("got %v, %v; want %v", fs, err, tt.reason)
			}
			if !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("the sentence is %q, want it to say %q", err, tt.says)
			}
		})
	}
}

func TestFailingReaderKeepsItsCause(t *testing.T) {
	_, err := ReadGeoJSON(io.MultiReader(strings.NewReader(`{"type":`), iotest.ErrReader(os.ErrPermission)), ReadOptions{CRS: WGS84})
	if !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

// Each invalid file of the collection gives a refusal or a finding, by the reason in
// its name, and never a panic.
func TestInvalidFilesByName(t *testing.T) {
	want := map[string]any{ // error or kind of finding
		"invalid_exterior_not_ccw":                      Reversed,
		"invalid_incorrect_geometry_data_type":          ErrCoordinate,
		"invalid_interior_not_cw":                       Reversed,
		"invalid_less_three_unique_nodes":               TooFewPoints,
		"invalid_unclosed":                              Unclosed,
		"invalid_feature_id_type":                       BadMember,
		"invalid_feature_no_properties":                 NoProperties,
		"invalid_feature_wrong_geometry_key":            ErrNoPolygons,
		"invalid_geometry_bbox_not4or6":                 BadMember,
		"invalid_geometry_bbox_not_list":                BadMember,
		"invalid_geometry_bbox_not_numbers":             BadMember,
		"invalid_geometry_coordinates_string":           ErrCoordinate,
		"invalid_geometry_depth_deep_point":             ErrCoordinate,
		"invalid_geometry_depth_shallow_linestring":     ErrCoordinate,
		"invalid_geometry_coordinates_1d":               ErrCoordinate,
		"invalid_geometry_coordinates_empty_position":   ErrCoordinate,
		"invalid_geometry_coordinates_missing":          ErrCoordinate,
		"invalid_geometry_depth_deep_polygon":           ErrCoordinate,
		"invalid_geometry_depth_shallow_multipolygon":   ErrCoordinate,
		"invalid_geometry_depth_shallow_polygon":        ErrCoordinate,
		"invalid_geometry_mislabeled_point":             ErrCoordinate,
		"problematic_outside_lat_lon_boundaries":        ErrCoordinate,
		"problematic_crs_defined":                       ErrUnsupportedCRS,
		"problematic_feature_null_geometry":             ErrNoPolygons,
		"problematic_zero_length_linestring":            ErrNoPolygons,
		"problematic_geometrycollection_single":         ErrNoPolygons,
		"problematic_nested_geometrycollection":         ErrNoPolygons,
		"problematic_crosses_antimeridian":              TooWide,
		"problematic_duplicate_nodes":                   SamePoints,
		"problematic_inner_and_exterior_ring_intersect": RingCrossing,
		"problematic_self_intersection_large":           SelfCrossing,
		"problematic_self_intersection_small":           SelfCrossing,
	}
	dir := filepath.Join("..", "..", "shared", "data", "geojson", "chrieke", "examples")
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("real data not present: %s", dir)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".geojson")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			expected, listed := want[name]
			if !listed && strings.HasPrefix(name, "invalid_") {
				expected = ErrNotGeoJSON
			}
			c, err := Set{Format: GeoJSON, shapes: part(name, string(data))}.Read(ReadSettings{})
			var noted []Finding
			var fs []Feature
			if err == nil {
				for _, row := range c.Rows {
					noted = append(noted, row.Notes...)
				}
				fs, err = c.Features(ReadOptions{CRS: WGS84})
			}
			if refusal, ok := expected.(error); ok {
				if !errors.Is(err, refusal) {
					t.Errorf("got %v, want %v", err, refusal)
				}
				return
			}
			if err != nil && !errors.Is(err, ErrNoPolygons) { // of the valid files, some hold only points
				t.Fatal(err)
			}
			found := append(noted, Audit(fs)...)
			if kind, ok := expected.(FindingKind); ok && !slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == kind }) {
				t.Errorf("got %v, want %s", found, kind)
			}
			if strings.HasPrefix(name, "valid_") && len(failures(found)) > 0 {
				t.Errorf("a valid file fails: %s", found[0].Text())
			}
		})
	}
}

func TestWrittenGeoJSONReadsBack(t *testing.T) {
	fs := wavy(2, 3, 5)
	fs[1].Name, fs[1].Parent = "第二网格 <\"&>", "411502"
	fs = append(fs, Feature{Code: "无形", Row: 7})
	for _, crs := range []CRS{WGS84, CGCS2000, GCJ02, BD09, WebMercator, "EPSG:4547"} {
		t.Run(string(crs), func(t *testing.T) {
			var out bytes.Buffer
			if err := WriteGeoJSON(&out, fs, crs); err != nil {
				t.Fatal(err)
			}
			got, err := ReadGeoJSON(&out, ReadOptions{CRS: crs, CodeProp: "code", NameProp: "name", ParentProp: "parent"})
			if err != nil || len(got) != len(fs) {
				t.Fatalf("%d features, %v", len(got), err)
			}
			for i, f := range fs {
				g := got[i]
				if g.Code != f.Code || g.Name != f.Name || g.Parent != f.Parent {
					t.Errorf("got %+v, want %+v", g, f)
				}
				if crs == WGS84 && !g.Shape.Equal(f.Shape) {
					t.Errorf("feature %d changed", i)
				}
				for k := range f.Shape {
					for j, q := range f.Shape[k][0] {
						if metres(g.Shape[k][0][j], q) > 1e-4 {
							t.Fatalf("%v comes back as %v", q, g.Shape[k][0][j])
						}
					}
				}
			}
		})
	}
	if err := WriteGeoJSON(failingWriter{}, fs, WGS84); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a failing writer gives %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

func FuzzReadGeoJSON(f *testing.F) {
	f.Add([]byte(collection(feature(`{"code":101.0,"name":"a"}`, square))), "wgs84")
	f.Add([]byte("\ufeff"+collection(feature(`null`, `{"type":"MultiPolygon","coordinates":[[[[0,0],[1,1],[1,0],[0,1]]],[[]]]}`))), "gcj02")
	f.Add([]byte(feature(`{}`, `{"type":"GeometryCollection","geometries":[`+square+`]}`)), "bd09")
	f.Add([]byte(`{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:3857"}},"features":[]}`), "EPSG:3857")
	f.Add([]byte(`{"type":"Topology"}`), "EPSG:4547")
	f.Fuzz(func(t *testing.T, data []byte, crs string) {
		fs, err := ReadGeoJSON(bytes.NewReader(data), ReadOptions{CRS: CRS(crs), NameProp: "name"})
		if err != nil {
			var text *Error
			if !errors.As(err, &text) || text.Text == "" {
				t.Fatalf("not a sentence: %v", err)
			}
			return
		}
		for i, f := range fs {
			if f.Row != i+1 {
				t.Errorf("feature %d has row %d", i, f.Row)
			}
			if got, err := UnmarshalWKB(MarshalWKB(f.Shape)); err != nil || !got.Equal(f.Shape) {
				t.Errorf("WKB of %v: %v, %v", f.Shape, got, err)
			}
		}
		for _, n := range Audit(fs) {
			if n.Text() == "" || n.Count < 1 || n.Feature < 1 {
				t.Errorf("finding %+v", n)
			}
		}
		NewIndex(fs).Find(114.5, 30.5)
	})
}

// Shapes drawn from random bytes: Repair never panics, and what it returns is valid.
func FuzzRepair(f *testing.F) {
	rng := rand.New(rand.NewPCG(41, 42))
	for range 20 {
		seed := make([]byte, 8+rng.IntN(40))
		for i := range seed {
			seed[i] = byte(rng.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var mp orb.MultiPolygon
		ring := orb.Ring{}
		for i := 0; i+1 < len(data) && i < 120; i += 2 {
			if data[i] == 255 { // a new ring
				mp = append(mp, orb.Polygon{ring})
				ring = orb.Ring{}
				continue
			}
			ring = append(ring, orb.Point{114 + float64(data[i]%16)/512, 30 + float64(data[i+1]%16)/700})
		}
		mp = append(mp, orb.Polygon{ring})
		out, err := Repair(mp)
		if err != nil {
			if evenOddAreaM2(mp) > 1 {
				t.Errorf("%v: %v", mp, err)
			}
			return
		}
		requireMended(t, mp, nil)
		if bad := auditShape(out); len(bad) > 0 {
			t.Errorf("%s", bad[0].Text())
		}
	})
}
