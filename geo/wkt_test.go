package geo

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/peterstace/simplefeatures/geom"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func readWKTText(text string) (*Collection, error) {
	return Set{Name: "a.csv", Format: WKT, shapes: part("a.csv", text)}.Read(ReadSettings{})
}

func TestWKTGeometry(t *testing.T) {
	ring := orb.Ring{{0, 0}, {4, 0}, {4, 4}, {0, 0}}
	hole := orb.Ring{{3, 1}, {3, 2}, {2, 1}, {3, 1}}
	for text, want := range map[string]orb.Geometry{
		"POINT (114.5 30.5)":                       orb.Point{114.5, 30.5},
		"point(1e2 -3.5)":                          orb.Point{100, -3.5},
		"POINT Z (1 2 3)":                          orb.Point{1, 2},
		"POINTZM(1 2 3 4)":                         orb.Point{1, 2},
		"POINT EMPTY":                              orb.MultiPoint(nil),
		"MULTIPOINT (1 2, 3 4)":                    orb.MultiPoint{{1, 2}, {3, 4}},
		"MULTIPOINT ((1 2), EMPTY, (3 4))":         orb.MultiPoint{{1, 2}, {3, 4}},
		"LINESTRING M (0 0 9, 1 1 9)":              orb.LineString{{0, 0}, {1, 1}},
		"MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))": orb.MultiLineString{{{0, 0}, {1, 1}}, {{2, 2}, {3, 3}}},
		"POLYGON ((0 0, 4 0, 4 4, 0 0))":           orb.Polygon{ring},
		"polygonz((0 0 1,4 0 1,4 4 1,0 0 1),(3 1 0,3 2 0,2 1 0,3 1 0))": orb.Polygon{ring, hole},
		"POLYGON EMPTY": orb.Polygon(nil),
		" SRID=4490 ; POLYGON\n((0 0,4 0,4 4,0 0))\n":                                  orb.Polygon{ring},
		"MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0), (3 1, 3 2, 2 1, 3 1)), EMPTY)":           orb.MultiPolygon{{ring, hole}, nil},
		"GEOMETRYCOLLECTION (POINT (1 2), GEOMETRYCOLLECTION EMPTY, POLYGON ZM EMPTY)": orb.Collection{orb.Point{1, 2}, orb.Collection(nil), orb.Polygon(nil)},
	} {
		c, err := readWKTText(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if len(c.Rows) != 1 || !reflect.DeepEqual(c.Rows[0].Geometry, want) {
			t.Errorf("%s: got %#v, want %#v", text, c.Rows[0].Geometry, want)
		}
	}
	c, err := readWKTText("POINT(1 2);POINT(3 4)\r\nPOINT(5 6),\n")
	if err != nil || len(c.Rows) != 3 || c.Rows[2].Number != 3 || c.Rows[2].Geometry != orb.Geometry(orb.Point{5, 6}) {
		t.Errorf("three in a row: %+v, %v", c, err)
	}
}

func TestTableWithWKT(t *testing.T) {
	want := orb.Polygon{{{114, 30}, {115, 30}, {115, 31}, {114, 30}}}
	const shape = "POLYGON((114 30,115 30,115 31,114 30))"
	chinese := "编码,名称,范围\n01,第一网格,\"" + shape + "\"\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(chinese)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		props      []string
		first      []string
		encoding   string
		crs        CRS
	}{
		{"commas and quotes", chinese, []string{"编码", "名称"}, []string{"01", "第一网格"}, "utf-8", ""},
		{"byte order mark", "\ufeff" + chinese, []string{"编码", "名称"}, []string{"01", "第一网格"}, "utf-8", ""},
		{"GB18030", gb, []string{"编码", "名称"}, []string{"01", "第一网格"}, "gb18030", ""},
		{"tabs, shape first", "WKT\tcode\n" + shape + "\t 41150200400100000012 \n", []string{"code"}, []string{"41150200400100000012"}, "utf-8", ""},
		{"semicolons", "code;geom\n01;" + shape + "\n", []string{"code"}, []string{"01"}, "utf-8", ""},
		{"bars and a declared system", "code|geom\n01|SRID=4490;" + shape + "\n", []string{"code"}, []string{"01"}, "utf-8", CGCS2000},
		{"a point before the polygon", "c,centre,geom\n1,POINT(114.5 30.5),\"" + shape + "\"\n", []string{"c", "centre"}, []string{"1", "POINT(114.5 30.5)"}, "utf-8", ""},
		{"first row without shape, one short", "c,geom,n\n0\n1,\"" + shape + "\",x\n", []string{"c", "n"}, []string{"0"}, "utf-8", ""},
		{"header twice and blank", "c,c,,geom\n1,2,3,\"" + shape + "\"\n", []string{"c", "c_2", "第3列"}, []string{"1", "2", "3"}, "utf-8", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := readWKTText(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			last := c.Rows[len(c.Rows)-1]
			if !slices.Equal(c.Props, tt.props) || !slices.Equal(c.Rows[0].Props, tt.first) || c.Encoding != tt.encoding || c.CRS != tt.crs || !reflect.DeepEqual(last.Geometry, want) {
				t.Errorf("got %+v", c)
			}
		})
	}
}

func TestWKTRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		reason     error
		says       string
	}{
		{"empty", "", ErrFormat, "空的"},
		{"table without shapes", "a,b\n1,2\n", ErrFormat, "没有哪一列是 WKT"},
		{"neither UTF-8 nor GB18030", "POINT(1 2)\xff\xff", ErrEncoding, "gb18030"},
		{"not closed", "POLYGON ((0 0, 1 0", ErrWKT, "第1个图形不是有效的 WKT（第19个字符“”附近有误）"},
		{"one number", "POINT (1)", ErrWKT, "第9个字符“)”"},
		{"five numbers", "POINT (1 2 3 4 5)", ErrWKT, "第1个图形"},
		{"two points in one", "POINT (1 2, 3 4)", ErrWKT, "第1个图形"},
		{"word for a number", "POINT (1 nan)", ErrWKT, "第1个图形"},
		{"text in a column of shapes", "c,geom\n1,\"POINT(1 2)\"\n2,无\n", ErrWKT, "第2行“geom”列不是有效的 WKT"},
		{"something behind the shape", "c;geom\n1;POINT(1 2)\n2;POINT(1 2) x\n", ErrWKT, "第2行“geom”列"},
		{"curve", "CURVEPOLYGON ((0 0, 1 1, 1 0, 0 0))", ErrWKT, "“CURVEPOLYGON”"},
		{"without quotes", "c,geom\n1,POLYGON((0 0,1 0,1 1,0 0))\n", ErrWKT, "第1行有5列，多于表头的2列"},
		{"quote without end", "c,geom\n1,\"POINT(1 2)\n", ErrWKT, "引号不成对"},
		{"two systems", "SRID=4326;POINT(1 2);SRID=4490;POINT(1 2)", ErrCRSConflict, "4326又有4490"},
		{"system that is not supported", "SRID=2249;POINT(1 2)", ErrUnsupportedCRS, "EPSG:2249"},
		{"nested too deep", strings.Repeat("GEOMETRYCOLLECTION(", 5000) + "POINT(1 2)", ErrWKT, "嵌套过深"},
		{"2,000 columns", strings.Repeat("a,", 2000) + "geom\n", ErrTooLarge, "1000列"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := readWKTText(tt.text)
			if !errors.Is(err, tt.reason) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("got %v, %v; want %v that says %q", c, err, tt.reason, tt.says)
			}
		})
	}
}

// What another library writes is read back to the same bits.
func TestWKTOfAnotherLibrary(t *testing.T) {
	for i, f := range wavy(3, 3, 7) {
		g, err := geom.UnmarshalWKB(MarshalWKB(f.Shape))
		if err != nil {
			t.Fatal(err)
		}
		c, err := readWKTText(fmt.Sprintf("code,geom\n%s,\"%s\"\n", f.Code, g.AsText()))
		if err != nil || !reflect.DeepEqual(c.Rows[0].Geometry, orb.Geometry(f.Shape)) {
			t.Errorf("shape %d: %v", i, err)
		}
	}
}

func FuzzWKT(f *testing.F) {
	f.Add([]byte("POLYGON ((0 0, 4 0, 4 4, 0 0), (3 1, 3 2, 2 1, 3 1))"))
	f.Add([]byte("SRID=4490;MULTIPOLYGON ZM (((0 0 1 1, 4 0 1 1, 4 4 1 1, 0 0 1 1)), EMPTY);POINT EMPTY"))
	f.Add([]byte("c,geom\n1,\"GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))\"\n2,\n"))
	f.Add([]byte("\xb1\xe0\xc2\xeb;x\n01;MULTIPOINT(1 2,(3 4))\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Set{Name: "a.csv", Format: WKT, shapes: part("a.csv", string(data))}.Read(ReadSettings{MaxBytes: 1 << 24})
		requireSound(t, c, err)
	})
}
