package geo

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/paulmach/orb"
)

// islands are units as they come: one with a hole and an island in it, one of two parts, one of a neighbouring
// code that touches the first, and one without shape.
func islands() []Feature {
	box := func(x0, y0, x1, y1 float64) orb.Ring { return reversed(clockwiseBox(x0, y0, x1, y1)) }
	return []Feature{
		{Code: "330100001", Name: "湖滨街道", Parent: "330100", Row: 1, Shape: orb.MultiPolygon{
			{box(114, 30, 114.1, 30.1), clockwiseBox(114.02, 30.02, 114.08, 30.08)},
			{box(114.04, 30.04, 114.06, 30.06)},
		}},
		{Code: "330100002", Name: "Longer, “quoted” 街道", Row: 2, Shape: orb.MultiPolygon{
			{box(114.1, 30, 114.2, 30.1)}, {box(114.3, 30.123456789012345, 114.4, 30.2)},
		}},
		{Code: "7", Parent: "330100", Row: 3, Shape: orb.MultiPolygon{{orb.Ring{{114.5, 30}, {114.6, 30.03}, {114.52, 30.1}, {114.5, 30}}}}},
		{Code: "330100004", Name: "无图形", Row: 4},
	}
}

// unzipped reads a zip back: its files in their order, and the parts for a reader.
func unzipped(t *testing.T, data []byte) (names []string, texts map[string]string, parts []Part) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	texts = map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		names, texts[f.Name] = append(names, f.Name), string(b)
		parts = append(parts, part(f.Name, string(b)))
	}
	return names, texts, parts
}

func shapefileOf(t *testing.T, fs []Feature, crs CRS) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteShapefile(&out, "street", fs, crs); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestShapefileComesBackAsItWas(t *testing.T) {
	full := []string{"street.shp", "street.shx", "street.dbf", "street.prj", "street.cpg"}
	silent := []string{"street.shp", "street.shx", "street.dbf", "street.cpg"}
	for _, tt := range []struct {
		crs   CRS
		names []string
		given CRS // where the file cannot say it
	}{
		{WGS84, full, ""},
		{CGCS2000, full, ""},
		{WebMercator, full, ""},
		{"EPSG:4526", full, ""}, // three degrees, zone 38
		{"EPSG:4547", full, ""}, // three degrees, 114° E
		{"EPSG:4498", full, ""}, // six degrees, zone 20: 117° E
		{"EPSG:4509", full, ""}, // six degrees, 117° E
		{GCJ02, silent, GCJ02},
		{BD09, silent, BD09},
	} {
		t.Run(string(tt.crs), func(t *testing.T) {
			want := islands()
			data := shapefileOf(t, want, tt.crs)
			if !bytes.Equal(data, shapefileOf(t, islands(), tt.crs)) {
				t.Error("the same borders give other bytes")
			}
			names, _, parts := unzipped(t, data)
			if !slices.Equal(names, tt.names) {
				t.Errorf("files %q", names)
			}
			c := collectionOf(t, parts...)
			declared := tt.crs
			if tt.given != "" {
				declared = ""
			}
			if c.CRS != declared || c.Encoding != "utf-8" || !slices.Equal(c.Props, []string{"code", "name", "parent"}) {
				t.Errorf("system %q, encoding %q, properties %q", c.CRS, c.Encoding, c.Props)
			}
			got, err := c.Features(ReadOptions{CRS: tt.given, CodeProp: "code", NameProp: "name", ParentProp: "parent"})
			if err != nil || len(got) != len(want) {
				t.Fatalf("%d features, %v", len(got), err)
			}
			for i, w := range want {
				if g := got[i]; g.Code != w.Code || g.Name != w.Name || g.Parent != w.Parent || !sameRings(g.Shape, w.Shape, 1e-9) {
					t.Errorf("got %+v, want %+v", g, w)
				}
			}
		})
	}
}

// sameRings compares shapes ring by ring, each from its first vertex in either sense of reading: turning a ring
// keeps the vertex it begins at.
func sameRings(a, b orb.MultiPolygon, tolerance float64) bool {
	return slices.EqualFunc(a, b, func(p, q orb.Polygon) bool {
		return slices.EqualFunc(p, q, func(r, s orb.Ring) bool {
			return slices.EqualFunc(r, s, func(v, w orb.Point) bool {
				return math.Abs(v[0]-w[0]) <= tolerance && math.Abs(v[1]-w[1]) <= tolerance
			})
		})
	})
}

// The bytes of one small file, counted by hand after the “ESRI Shapefile Technical Description”.
func TestShapefileBytes(t *testing.T) {
	// Both rings wound the other way round, the outer one left open, as a drawing may have them.
	outer, hole := clockwiseBox(114, 30, 115, 31)[:4], reversed(clockwiseBox(114.25, 30.25, 114.5, 30.5))
	_, texts, _ := unzipped(t, shapefileOf(t, []Feature{
		{Code: "a", Name: "甲"}, {Code: "b2", Shape: orb.MultiPolygon{{reversed(outer), reversed(hole)}}},
	}, WGS84))

	shp := texts["street.shp"]
	big := func(s string, at int) uint32 { return binary.BigEndian.Uint32([]byte(s[at:])) }
	little := func(s string, at int) uint32 { return binary.LittleEndian.Uint32([]byte(s[at:])) }
	// 100 of header, 8+4 of a null shape, 8+44 and two rings of five points: 2×4 + 10×16.
	if len(shp) != 332 || big(shp, 24) != 166 || little(shp, 32) != 5 {
		t.Fatalf("%d bytes, header says %d words, kind %d", len(shp), big(shp, 24), little(shp, 32))
	}
	if n, size, kind := big(shp, 100), big(shp, 104), little(shp, 108); n != 1 || size != 2 || kind != 0 {
		t.Errorf("null shape: number %d, %d words, kind %d", n, size, kind)
	}
	if n, size, kind := big(shp, 112), big(shp, 116), little(shp, 120); n != 2 || size != 106 || kind != 5 {
		t.Errorf("polygon: number %d, %d words, kind %d", n, size, kind)
	}
	for _, at := range []int{36, 124} { // box of the file, which the null shape does not widen, and of the record
		if box := (shpRecord{data: []byte(shp)}); box.point(at) != (orb.Point{114, 30}) || box.point(at+16) != (orb.Point{115, 31}) {
			t.Errorf("box at %d: %v %v", at, box.point(at), box.point(at+16))
		}
	}
	if little(shp, 156) != 2 || little(shp, 160) != 10 || little(shp, 164) != 0 || little(shp, 168) != 5 {
		t.Errorf("rings %d, points %d, first %d and %d", little(shp, 156), little(shp, 160), little(shp, 164), little(shp, 168))
	}
	points, err := shpRecord{data: []byte(shp)}.points(172, 10)
	if err != nil {
		t.Fatal(err)
	}
	if outer, hole := planarArea(points[:5]), planarArea(points[5:]); outer != -1 || hole != 0.0625 {
		t.Errorf("areas %v, %v: the outer ring has to run clockwise, the hole counterclockwise", outer, hole)
	}

	shx := texts["street.shx"]
	if len(shx) != 116 || big(shx, 24) != 58 || shx[28:100] != shp[28:100] {
		t.Errorf("index of %d bytes, header says %d words", len(shx), big(shx, 24))
	}
	if big(shx, 100) != 50 || big(shx, 104) != 2 || big(shx, 108) != 56 || big(shx, 112) != 106 {
		t.Errorf("index %x", shx[100:])
	}

	// Widths 2, 3 and, for a column without any text, 1; with the mark of deletion a row has 7 bytes.
	table := texts["street.dbf"]
	if want := " a 甲 " + " b2    \x1a"; table[32+3*32:] != "\r"+want || little(table, 4) != 2 || table[8:12] != "\x81\x00\x07\x00" {
		t.Errorf("table %q", table)
	}
	if texts["street.cpg"] != "UTF-8" || texts["street.prj"] != esriWGS84 {
		t.Errorf("%q, %q", texts["street.cpg"], texts["street.prj"])
	}
}

func TestEveryZoneIsDescribedByItsOwnName(t *testing.T) {
	for _, tt := range []struct{ crs, name string }{
		{"EPSG:4491", "CGCS2000_GK_Zone_13"},
		{"EPSG:4512", "CGCS2000_GK_CM_135E"},
		{"EPSG:4526", "CGCS2000_3_Degree_GK_Zone_38"},
		{"EPSG:4554", "CGCS2000_3_Degree_GK_CM_135E"},
	} {
		if text := CRS(tt.crs).prj(); !strings.HasPrefix(text, `PROJCS["`+tt.name+`",`) {
			t.Errorf("%s: %s", tt.crs, text)
		}
	}
	for crs := range gaussKrugerZones {
		if got, err := parsePRJ([]byte(crs.prj())); err != nil || got != crs {
			t.Errorf("%s is read as %q, %v", crs, got, err)
		}
	}
}

func TestWritingAShapefileRefuses(t *testing.T) {
	good := islands()[:1]
	with := func(change func(*Feature)) []Feature {
		f := good[0]
		change(&f)
		return []Feature{f}
	}
	million := make(orb.Ring, 1_000_000)
	for i := range million {
		million[i] = orb.Point{114, 30}
	}
	huge := make(orb.MultiPolygon, 135) // 135 × 1,000,000 × 16 bytes are more than 2³¹
	for i := range huge {
		huge[i] = orb.Polygon{million}
	}
	for _, tt := range []struct {
		name   string
		file   string
		fs     []Feature
		crs    CRS
		reason error
		says   string
	}{
		{"nothing", "a", nil, WGS84, ErrNoShapes, "没有图形"},
		{"no system", "a", good, "", ErrNoCRS, "--crs"},
		{"unknown system", "a", good, "EPSG:2437", ErrUnsupportedCRS, "EPSG:2437"},
		{"file in another folder", "../a", good, WGS84, ErrProperty, "“../a”"},
		{"file without name", "", good, WGS84, ErrProperty, "文件名"},
		{"hidden file", ".a", good, WGS84, ErrProperty, "文件名"},
		{"code of 255 bytes", "a", with(func(f *Feature) { f.Code = strings.Repeat("1", 255) }), WGS84, ErrProperty, "编码“" + strings.Repeat("1", 60) + "…”有255字节"},
		{"name of 255 bytes in 85 characters", "a", with(func(f *Feature) { f.Name = strings.Repeat("街", 85) }), WGS84, ErrProperty, "名称“" + strings.Repeat("街", 60) + "…”有255字节"},
		{"parent of 255 bytes", "a", with(func(f *Feature) { f.Parent = strings.Repeat("1", 255) }), WGS84, ErrProperty, "上级编码“"},
		{"code that begins with a blank", "a", with(func(f *Feature) { f.Code = " 1" }), WGS84, ErrProperty, "首尾有空白"},
		{"zero byte", "a", with(func(f *Feature) { f.Name = "a\x00b" }), WGS84, ErrProperty, "不可用的字符"},
		{"not UTF-8", "a", with(func(f *Feature) { f.Name = "\xb8\xf1" }), WGS84, ErrProperty, "不可用的字符"},
		{"zone of another region", "a", good, "EPSG:4513", ErrCoordinate, "“330100001”的图形（第1个）超出坐标系 EPSG:4513 的范围"},
		{"once around the Earth", "a", with(func(f *Feature) { f.Shape = orb.MultiPolygon{{clockwiseBox(474, 30, 474.1, 30.1)}} }), "EPSG:4547", ErrCoordinate, "超出坐标系"},
		{"no number", "a", with(func(f *Feature) { f.Shape = orb.MultiPolygon{{{{math.NaN(), 30}, {114, 30}, {114, 31}}}} }), WGS84, ErrCoordinate, "超出坐标系"},
		{"more than 2 GB", "a", with(func(f *Feature) { f.Shape = huge }), WGS84, ErrTooLarge, "2 GB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := WriteShapefile(&out, tt.file, tt.fs, tt.crs)
			if !errors.Is(err, tt.reason) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("got %v; want a sentence that says %q", err, tt.says)
			}
			if out.Len() > 0 {
				t.Errorf("%d bytes written", out.Len())
			}
		})
	}
}

// The longest texts that fit come back whole.
func TestShapefileKeepsTextsOfFullWidth(t *testing.T) {
	f := islands()[0]
	f.Code, f.Name = strings.Repeat("9", 254), strings.Repeat("街", 84)+"ab"
	_, _, parts := unzipped(t, shapefileOf(t, []Feature{f}, WGS84))
	got, err := collectionOf(t, parts...).Features(ReadOptions{CodeProp: "code", NameProp: "name"})
	if err != nil || got[0].Code != f.Code || got[0].Name != f.Name {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestShapefileTellsOfAFullDisk(t *testing.T) {
	var out bytes.Buffer
	if err := WriteShapefile(&out, "a", islands(), WGS84); err != nil {
		t.Fatal(err)
	}
	for limit := range out.Len() {
		if err := WriteShapefile(&fullDisk{limit}, "a", islands(), WGS84); !errors.Is(err, iotest.ErrTimeout) {
			t.Fatalf("after %d bytes: %v", limit, err)
		}
	}
}

type fullDisk struct{ left int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.left -= len(b); d.left < 0 {
		return 0, iotest.ErrTimeout
	}
	return len(b), nil
}

// GDAL finds the same units in our files, without a word of complaint, and knows the system by its number.
func TestShapefileForGDAL(t *testing.T) {
	program, err := exec.LookPath("ogrinfo")
	if err != nil {
		t.Skip("ogrinfo (gdal-bin) not installed")
	}
	for crs, number := range map[CRS]int{
		WGS84: 4326, CGCS2000: 4490, WebMercator: 3857, "EPSG:4526": 4526, "EPSG:4547": 4547, "EPSG:4498": 4498, "EPSG:4509": 4509, GCJ02: 0,
	} {
		t.Run(string(crs), func(t *testing.T) {
			want := islands()
			file := filepath.Join(t.TempDir(), "street.zip")
			if err := os.WriteFile(file, shapefileOf(t, want, crs), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(program, "-ro", "-al", "/vsizip/"+file+"/street.shp").CombinedOutput()
			text := string(out)
			if err != nil || strings.Contains(text, "Warning") || strings.Contains(text, "ERROR") {
				t.Fatalf("ogrinfo: %v: %s", err, text)
			}
			system := "Layer SRS WKT:\n(unknown)"
			if number > 0 {
				system = `ID["EPSG",` + strconv.Itoa(number) + "]]\n"
			}
			for _, part := range []string{system, "Geometry: Polygon", "Feature Count: 4", "code: String (9.0)", "name: String (27.0)", "parent: String (6.0)"} {
				if !strings.Contains(text, part) {
					t.Errorf("ogrinfo does not say %q: %s", part, text)
				}
			}
			features := strings.Split(text, "\nOGRFeature(street):")[1:]
			if len(features) != len(want) {
				t.Fatalf("%d features: %s", len(features), text)
			}
			for i, w := range want {
				sameForGDAL(t, features[i], w, crs)
			}
		})
	}
}

var (
	ogrField = regexp.MustCompile(`(?m)^  (code|name|parent) \(String\) = (.*)$`)
	ogrShape = regexp.MustCompile(`(?m)^  (?:MULTI)?POLYGON .*$`)
)

// sameForGDAL compares a feature as ogrinfo prints it.
func sameForGDAL(t *testing.T, text string, want Feature, crs CRS) {
	t.Helper()
	got := map[string]string{}
	for _, m := range ogrField.FindAllStringSubmatch(text, -1) {
		got[m[1]] = strings.TrimSuffix(m[2], "(null)") // dBASE knows no difference
	}
	if got["code"] != want.Code || got["name"] != want.Name || got["parent"] != want.Parent {
		t.Errorf("got %q, want %+v", got, want)
	}
	line := ogrShape.FindString(text)
	if len(want.Shape) == 0 || line == "" {
		if len(want.Shape) > 0 || line != "" {
			t.Errorf("%s: shape %q", want.Code, line)
		}
		return
	}
	g, _, err := (&wktText{rest: line}).one()
	if err != nil {
		t.Fatal(err)
	}
	shape, many := g.(orb.MultiPolygon)
	if !many {
		shape = orb.MultiPolygon{g.(orb.Polygon)}
	}
	f := Feature{Shape: rightHanded(shape)}
	for _, poly := range f.Shape {
		for _, ring := range poly {
			for k, p := range ring {
				ring[k] = crs.ToWGS84(p)
			}
		}
	}
	if !sameWithin(f, want, 1e-3) {
		t.Errorf("%s: got %v, want %v", want.Code, f.Shape, want.Shape)
	}
}
