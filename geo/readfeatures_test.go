package geo

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// collectionOf reads the one set that the parts make.
func collectionOf(t testing.TB, parts ...Part) *Collection {
	t.Helper()
	sets, err := Sets(parts)
	if err != nil {
		t.Fatal(err)
	}
	if len(sets) != 1 {
		t.Fatalf("%d sets, want 1", len(sets))
	}
	c, err := sets[0].Read(ReadSettings{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The same two units, whatever the format.
func TestOneLayerInEveryFormat(t *testing.T) {
	a, b := clockwiseBox(114, 30, 115, 31), clockwiseBox(115, 30, 116, 31)
	hole := reversed(clockwiseBox(114.2, 30.2, 114.4, 30.4))
	table := dbfFile(0, []dbfTestField{{"CODE", 'C', 20, 0}, {"NAME", 'C', 20, 0}, {"UP", 'N', 6, 0}}, "41150200400100000012第一网格        411502", "02                  第二网格        411502")
	const coordinatesA, coordinatesHole, coordinatesB = "114,30 115,30 115,31 114,31 114,30", "114.2,30.2 114.2,30.4 114.4,30.4 114.4,30.2 114.2,30.2", "115,30 116,30 116,31 115,31 115,30"
	kmlOf := func(code, name, inner string) string {
		return `<Placemark><name>` + name + `</name><ExtendedData><Data name="CODE"><value>` + code + `</value></Data><Data name="UP"><value>411502</value></Data></ExtendedData><Polygon>` + inner + `</Polygon></Placemark>`
	}
	ringOf := func(role, coordinates string) string {
		return "<" + role + "><LinearRing><coordinates>" + coordinates + "</coordinates></LinearRing></" + role + ">"
	}
	wktOf := func(s string) string { return strings.NewReplacer(",", " ", " ", ",").Replace(s) }
	jsonOf := func(s string) string {
		return "[[" + strings.ReplaceAll(s, " ", "],[") + "]]"
	}
	for name, parts := range map[string][]Part{
		"Shapefile": {part("a.shp", shpFile(shpParts(5, hole, a), shpParts(5, b))), part("a.dbf", table), part("a.prj", esriWGS84)},
		"KML": {part("a.kml", `<kml><Document>`+
			kmlOf("41150200400100000012", "第一网格", ringOf("outerBoundaryIs", coordinatesA)+ringOf("innerBoundaryIs", coordinatesHole))+
			kmlOf("02", "第二网格", ringOf("outerBoundaryIs", coordinatesB))+`</Document></kml>`)},
		"WKT": {part("a.csv", "CODE,NAME,UP,geom\n41150200400100000012,第一网格,411502,\"POLYGON(("+wktOf(coordinatesA)+"),("+wktOf(coordinatesHole)+"))\"\n"+
			"02,第二网格,411502,\"POLYGON(("+wktOf(coordinatesB)+"))\"\n")},
		"GeoJSON": {part("a.geojson", collection(
			feature(`{"CODE":41150200400100000012,"NAME":"第一网格","UP":411502}`, `{"type":"Polygon","coordinates":[`+jsonOf(coordinatesA)+`,`+jsonOf(coordinatesHole)+`]}`),
			feature(`{"CODE":"02","NAME":"第二网格","UP":"411502"}`, `{"type":"Polygon","coordinates":[`+jsonOf(coordinatesB)+`]}`)))},
	} {
		t.Run(name, func(t *testing.T) {
			c := collectionOf(t, parts...)
			opt := ReadOptions{CRS: WGS84, CodeProp: "CODE", NameProp: "NAME", ParentProp: "UP"}
			if c.Format == KML {
				opt.NameProp = "name"
			}
			fs, err := c.Features(opt)
			if err != nil {
				t.Fatal(err)
			}
			want := []Feature{
				{Code: "41150200400100000012", Name: "第一网格", Parent: "411502", Row: 1},
				{Code: "02", Name: "第二网格", Parent: "411502", Row: 2},
			}
			shapes := []orb.MultiPolygon{{{reversed(a), reversed(hole)}}, {{reversed(b)}}}
			for i, f := range fs {
				if !sameCycles(f.Shape, shapes[i]) {
					t.Errorf("shape %d: %v, want %v", i+1, f.Shape, shapes[i])
				}
				if f.Shape = nil; !reflect.DeepEqual(f, want[i]) {
					t.Errorf("got %+v, want %+v", f, want[i])
				}
			}
		})
	}
}

// sameCycles compares closed rings that may begin at any vertex.
func sameCycles(a, b orb.MultiPolygon) bool {
	return slices.EqualFunc(a, b, func(p, q orb.Polygon) bool {
		return slices.EqualFunc(p, q, func(r, s orb.Ring) bool {
			at := slices.Index(s, r[0])
			if at < 0 || len(r) != len(s) {
				return false
			}
			return slices.Equal(append(slices.Clone(s[at:len(s)-1]), s[:at+1]...), r)
		})
	})
}

func TestSystemOfACollection(t *testing.T) {
	geojson := func(crs, ring string) Part {
		if crs != "" {
			crs = `"crs":{"type":"name","properties":{"name":"` + crs + `"}},`
		}
		return part("a.geojson", `{"type":"FeatureCollection",`+crs+`"features":[`+feature(`{}`, `{"type":"Polygon","coordinates":[[`+ring+`]]}`)+`]}`)
	}
	degrees, zone38 := "[114,30],[115,30],[115,31],[114,30]", "[38500000,3385869],[38500100,3385869],[38500100,3385969],[38500000,3385869]"
	metres := strings.ReplaceAll(zone38, "[38", "[")
	shp := func(prj string) []Part {
		return []Part{part("a.shp", shpFile(shpParts(5, clockwiseBox(114, 30, 115, 31)))), part("a.prj", prj)}
	}
	for _, tt := range []struct {
		name   string
		parts  []Part
		given  CRS
		want   orb.Point // first point, where the reading works
		reason error
		says   string
	}{
		{"declared, none given", []Part{geojson("urn:ogc:def:crs:EPSG::4490", degrees)}, "", orb.Point{114, 30}, nil, ""},
		{"declared and given as its equal", shp(esriWGS84), CGCS2000, orb.Point{114, 30}, nil, ""},
		{"declared zone, none given", []Part{geojson("urn:ogc:def:crs:EPSG::4526", zone38)}, "", orb.Point{114, 30.59}, nil, ""},
		{"six-degree zone declared, three-degree zone of the same meridian given", []Part{geojson("EPSG:4509", metres)}, "EPSG:4548", orb.Point{117, 30.59}, nil, ""},
		{"given, none declared", []Part{geojson("", zone38)}, "EPSG:4526", orb.Point{114, 30.59}, nil, ""},
		{".prj against --crs", shp(esriWGS84), GCJ02, orb.Point{}, ErrCRSConflict, "文件声明的坐标系是“wgs84”，与 --crs gcj02 不符，请核对；若声明有误，请去掉 .prj 后重试。"},
		{"SRID against --crs", []Part{part("a.csv", "SRID=4490;POLYGON((114 30,115 30,115 31,114 30))")}, BD09, orb.Point{}, ErrCRSConflict, "请去掉 SRID"},
		{"other zone", []Part{geojson("EPSG:4526", zone38)}, "EPSG:4527", orb.Point{}, ErrCRSConflict, "“EPSG:4526”，与 --crs EPSG:4527"},
		{"no .prj", shp(""), "", orb.Point{}, ErrNoCRS, "没有 .prj，文件未声明坐标系，请用 --crs 指明"},
		{"KML is asked for its system", []Part{part("a.kml", `<kml><Placemark><Polygon><outerBoundaryIs>`+kmlRing+`</outerBoundaryIs></Polygon></Placemark></kml>`)}, "", orb.Point{}, ErrNoCRS, "KML 按标准应为 wgs84，但国内软件导出的常为 gcj02"},
		{"degrees without declaration", []Part{geojson("", degrees)}, "", orb.Point{}, ErrNoCRS, "未指明坐标系，请用 --crs"},
		{"metres without declaration", []Part{geojson("", metres)}, "", orb.Point{}, ErrNoCRS, "坐标（500000，3385869）可能是以米为单位的投影坐标；请用 --crs"},
		{"metres with a zone's number", []Part{geojson("", zone38)}, "", orb.Point{}, ErrNoCRS, "若是 CGCS2000 即为 EPSG:4526"},
		{"metres taken for degrees", []Part{geojson("", zone38)}, WGS84, orb.Point{}, ErrCoordinate, "EPSG:4526；请用 --crs 指明实际的坐标系，或先转换：ogr2ogr"},
		{"unknown system given", shp(""), "beijing54", orb.Point{}, ErrUnsupportedCRS, "beijing54"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs, err := collectionOf(t, tt.parts...).Features(ReadOptions{CRS: tt.given})
			if tt.reason == nil {
				if err != nil {
					t.Fatal(err)
				}
				if p := fs[0].Shape[0][0][0]; math.Abs(p[0]-tt.want[0]) > 1e-9 || math.Abs(p[1]-tt.want[1]) > 0.01 {
					t.Errorf("begins at %v, want %v", p, tt.want)
				}
				return
			}
			if !errors.Is(err, tt.reason) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("got %v, want %v that says %q", err, tt.reason, tt.says)
			}
		})
	}
}

func TestPropertiesOfGeoJSON(t *testing.T) {
	c := collectionOf(t, part("a.geojson", collection(
		`{"type":"Feature","id":7,"properties":{"b":" x ","a":1.0,"up":{"code":"411502","of":{"deep":true}},"list":[1,2],"none":null},"geometry":`+square+`}`,
		`{"type":"Feature","properties":{"up.code":"9","up":{"code":"8"},"c":false},"geometry":null}`)))
	if want := []string{"b", "a", "up.code", "up.of.deep", "none", "c"}; !slices.Equal(c.Props, want) {
		t.Fatalf("properties %q, want %q", c.Props, want)
	}
	if r := c.Rows[0]; r.ID != "7" || !slices.Equal(r.Props, []string{"x", "1", "411502", "true", ""}) {
		t.Errorf("row 1: %+v", r)
	}
	if r := c.Rows[1]; !slices.Equal(r.Props, []string{"", "", "9", "", "", "false"}) || r.Geometry != nil {
		t.Errorf("row 2: %+v", r)
	}
	for prop, row := range map[string]string{"list": "第1个要素", "up": "第1个要素"} {
		if _, err := c.Features(ReadOptions{CRS: WGS84, CodeProp: prop}); !errors.Is(err, ErrProperty) || !strings.Contains(err.Error(), row) {
			t.Errorf("%s: %v", prop, err)
		}
	}
	many := make([]string, mostProps+1)
	for i := range many {
		many[i] = feature(`{"p`+strconv.Itoa(i)+`":1}`, `null`)
	}
	if _, err := ReadGeoJSON(strings.NewReader(collection(many...)), ReadOptions{CRS: WGS84}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("each feature with a property of its own: %v", err)
	}
}

func TestThings(t *testing.T) {
	c := collectionOf(t, part("a.geojson", collection(
		feature(`{"name":"人民路","class":"主干道"}`, `{"type":"LineString","coordinates":[[114,30],[115,31]]}`),
		feature(`{"name":"学校"}`, `{"type":"Point","coordinates":[114.5,30.5,20]}`),
		feature(`{"name":"无"}`, `null`),
		feature(`{"name":"混合","class":"水系"}`, `{"type":"GeometryCollection","geometries":[{"type":"MultiPoint","coordinates":[[1,2]]},{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[]]},{"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":[[[0,0],[0,4],[4,4],[0,0]],[]]}]},{"type":"Point","coordinates":[]},{"type":"Polygon","coordinates":[]}]}`))))
	got, err := c.Things(ThingOptions{CRS: WGS84, NameProp: "name", ClassProp: "class"})
	if err != nil {
		t.Fatal(err)
	}
	want := []Thing{
		{"人民路", "主干道", orb.LineString{{114, 30}, {115, 31}}, 1},
		{"学校", "", orb.Point{114.5, 30.5}, 2},
		{"混合", "水系", orb.MultiPoint{{1, 2}}, 4},
		{"混合", "水系", orb.MultiLineString{{{1, 2}, {3, 4}}}, 4},
		{"混合", "水系", orb.MultiPolygon{{{{0, 0}, {4, 4}, {0, 4}, {0, 0}}}}, 4},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// The collection itself is left as it was: the ring still runs clockwise.
	if again, err := c.Things(ThingOptions{CRS: WGS84}); err != nil || !reflect.DeepEqual(again[4].Shape, want[4].Shape) {
		t.Errorf("a second time: %+v, %v", again, err)
	}
	for _, tt := range []struct {
		name, geometry string
		opt            ThingOptions
		reason         error
		says           string
	}{
		{"no system", `{"type":"Point","coordinates":[1,2]}`, ThingOptions{}, ErrNoCRS, "--crs"},
		{"nothing to draw", `null`, ThingOptions{CRS: WGS84}, ErrNoShapes, "都没有图形"},
		{"no such property", `{"type":"Point","coordinates":[1,2]}`, ThingOptions{CRS: WGS84, ClassProp: "kind"}, ErrProperty, "--class"},
		{"line out of range", `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,800]]]}`, ThingOptions{CRS: WGS84}, ErrCoordinate, "第1个要素第2线第2点"},
		{"point out of range", `{"type":"Point","coordinates":[500,2]}`, ThingOptions{CRS: WGS84}, ErrCoordinate, "第1个要素第1点"},
	} {
		_, err := collectionOf(t, part("a.geojson", collection(feature(`{"a":1}`, tt.geometry)))).Things(tt.opt)
		if !errors.Is(err, tt.reason) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, want %v that says %q", tt.name, err, tt.reason, tt.says)
		}
	}
}

// Four units of 200 m, which the shift of 500 m carries away altogether.
func TestSharesSpeakForTheRightSystem(t *testing.T) {
	units := []Feature{}
	var sample []orb.Point
	for i := range 4 {
		x, y := 114+0.002*float64(i%2), 30+0.002*float64(i/2)
		units = append(units, Feature{Code: strconv.Itoa(i), Row: i + 1, Shape: orb.MultiPolygon{{reversed(clockwiseBox(x, y, x+0.002, y+0.002))}}})
		sample = append(sample, orb.Point{x + 0.001, y + 0.001})
	}
	sample = append(sample, orb.Point{120, 30}) // in no unit
	write := func(crs CRS) *Collection {
		var out bytes.Buffer
		if err := WriteGeoJSON(&out, units, crs); err != nil {
			t.Fatal(err)
		}
		return collectionOf(t, part("a.geojson", out.String()))
	}
	for _, tt := range []struct {
		crs  CRS
		want []Share
	}{
		{WGS84, []Share{{WGS84, 4, 5}, {GCJ02, 0, 5}, {BD09, 0, 5}}},
		{GCJ02, []Share{{GCJ02, 4, 5}, {WGS84, 0, 5}, {BD09, 0, 5}}},
		{BD09, []Share{{BD09, 4, 5}, {WGS84, 0, 5}, {GCJ02, 0, 5}}},
		{"EPSG:4547", []Share{{"EPSG:4547", 4, 5}}},
		{WebMercator, []Share{{WebMercator, 4, 5}}},
	} {
		if got := Shares(write(tt.crs), ReadOptions{}, sample); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.crs, got, tt.want)
		}
	}
	undeclared := write("EPSG:4526")
	undeclared.CRS = ""
	if got := Shares(undeclared, ReadOptions{}, sample); !slices.Equal(got, []Share{{"EPSG:4526", 4, 5}}) {
		t.Errorf("zone by its number: %v", got)
	}
	undeclared = write("EPSG:4547")
	undeclared.CRS = ""
	if got := Shares(undeclared, ReadOptions{}, sample); len(got) != 0 {
		t.Errorf("a zone without number cannot be told: %v", got)
	}
	if got := Shares(undeclared, ReadOptions{CRS: "EPSG:4547"}, sample); !slices.Equal(got, []Share{{"EPSG:4547", 4, 5}}) {
		t.Errorf("the zone given: %v", got)
	}
	if got := Shares(write(WGS84), ReadOptions{}, nil); got != nil {
		t.Errorf("without sample: %v", got)
	}
}

// The published pick-ups: 8,765 of 8,786 lie in a street if the streets are read as what
// they are, WGS-84. Read as GCJ-02 they hold a few more, which shows
// why shares are printed and nothing is guessed from them.
func TestShenzhenSharesOfPickups(t *testing.T) {
	c := collectionOf(t, realPart(t, "shenzhen", "深圳街道.geojson"))
	var sample []orb.Point
	for _, row := range readTable(t, realData(t, "shenzhen", "business.plates_masked.csv")) {
		var v [4]float64
		ok := true
		for i := range v {
			x, err := strconv.ParseFloat(row[13+i], 64)
			lo, hi := 113.7, 114.8
			if i%2 == 1 {
				lo, hi = 22.3, 22.9
			}
			v[i], ok = x, ok && err == nil && x >= lo && x <= hi
		}
		if ok {
			sample = append(sample, orb.Point{v[0], v[1]})
		}
	}
	shares := Shares(c, ReadOptions{}, sample)
	if len(shares) != 3 || !slices.Contains(shares, Share{WGS84, 8765, 8786}) ||
		!slices.IsSortedFunc(shares, func(a, b Share) int { return b.Inside - a.Inside }) {
		t.Errorf("got %v", shares)
	}
}

// The file states the area of each district in square degrees.
func TestShanghaiAreasAgreeWithTheFile(t *testing.T) {
	c := collectionOf(t, realPart(t, "shanghai", "区县界_area.shp"), realPart(t, "shanghai", "区县界_area.dbf"), realPart(t, "shanghai", "区县界_area.prj"))
	fs, err := c.Features(ReadOptions{CodeProp: "ADMINCODE", NameProp: "NAME"})
	if err != nil || len(fs) != 17 {
		t.Fatalf("%d districts, %v", len(fs), err)
	}
	pudong := false
	for i, f := range fs {
		want, err := strconv.ParseFloat(c.Rows[i].Prop(4), 64)
		if err != nil {
			t.Fatal(err)
		}
		area := 0.0
		for _, poly := range f.Shape {
			for _, ring := range poly {
				area += planarArea(ring)
			}
		}
		if math.Abs(area-want) > 1e-9 {
			t.Errorf("%s: %.12f square degrees, the file says %.12f", f.Name, area, want)
		}
		pudong = pudong || f.Name == "浦东新区" && f.Code == "310115"
	}
	if !pudong {
		t.Error("浦东新区 is missing")
	}
	if _, err := c.Features(ReadOptions{CRS: GCJ02}); !errors.Is(err, ErrCRSConflict) {
		t.Errorf("gcj02 against the .prj: %v", err)
	}
}

func TestShenzhenShapefilesAskForTheirSystem(t *testing.T) {
	for stem, rows := range map[string]int{"grid": 9005, "sz": 10} {
		c := collectionOf(t, realPart(t, "shenzhen", stem+".shp"), realPart(t, "shenzhen", stem+".dbf"), realPart(t, "shenzhen", stem+".cpg"))
		if _, err := c.Features(ReadOptions{}); !errors.Is(err, ErrNoCRS) || !strings.Contains(err.Error(), "--crs") {
			t.Errorf("%s without --crs: %v", stem, err)
		}
		fs, err := c.Features(ReadOptions{CRS: WGS84})
		if err != nil || len(fs) != rows {
			t.Errorf("%s: %d features, %v", stem, len(fs), err)
		}
	}
}

func TestBostonDistrictsInFeetAreRefused(t *testing.T) {
	p := realPart(t, "boston", "police-districts-EPSG2249.shp.zip")
	z, err := zip.NewReader(p.Data, p.Size)
	if err != nil {
		t.Fatal(err)
	}
	var parts, undeclared []Part
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part(f.Name, string(data)))
		if !strings.HasSuffix(f.Name, ".prj") {
			undeclared = append(undeclared, part(f.Name, string(data)))
		}
	}
	sets, err := Sets(parts)
	if err != nil || len(sets) != 1 || len(sets[0].Files()) != 4 {
		t.Fatalf("%v, %v", sets, err)
	}
	_, err = sets[0].Read(ReadSettings{})
	if !errors.Is(err, ErrUnsupportedCRS) || !strings.Contains(err.Error(), "NAD_1983_StatePlane_Massachusetts_Mainland_FIPS_2001_Feet") || !strings.Contains(err.Error(), "US survey foot") {
		t.Errorf("got %v", err)
	}
	// Without its .prj it cannot pass for degrees either.
	if _, err := collectionOf(t, undeclared...).Features(ReadOptions{CRS: WGS84}); !errors.Is(err, ErrCoordinate) {
		t.Errorf("feet as degrees: %v", err)
	}
}

// One code, whether a file has it as number or as text; byte order marks do not matter.
func TestCodesOfChinaByFile(t *testing.T) {
	dir := filepath.Join("..", "..", "shared", "data", "china")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("real data not present: %s", dir)
	}
	names := map[string]map[string]bool{} // by code
	marks := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(data, []byte("\ufeff")) {
			marks++
		}
		// Counted by the standard library.
		var plain struct{ Features []json.RawMessage }
		if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &plain); err != nil {
			t.Fatal(err)
		}
		c := collectionOf(t, part(filepath.Base(file), string(data)))
		prop := "adcode"
		if !slices.Contains(c.Props, prop) {
			prop = "id"
		}
		fs, err := c.Features(ReadOptions{CRS: GCJ02, CodeProp: prop, NameProp: "name"})
		if err != nil || len(fs) != len(plain.Features) {
			t.Errorf("%s: %d of %d features, %v", file, len(fs), len(plain.Features), err)
		}
		for _, f := range fs {
			if names[f.Code] == nil {
				names[f.Code] = map[string]bool{}
			}
			names[f.Code][f.Name] = true
		}
	}
	if marks != 2 {
		t.Errorf("%d files with a byte order mark, want 2", marks)
	}
	for code, name := range map[string]string{"230805": "东风区", "411502": "浉河区", "650203": "克拉玛依区", "141002": "尧都区", "620402": "白银区", "210505": "南芬区", "110000": "北京市"} {
		if got := names[code]; len(got) != 1 || !got[name] {
			t.Errorf("%s: %v, want %s", code, got, name)
		}
	}
}
