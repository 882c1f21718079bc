package geo

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

const kmlFile = `<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>`

func TestSetsByContent(t *testing.T) {
	shp := shpFile(shpParts(5, clockwiseBox(0, 0, 1, 1)))
	shx := shp[:100] + "\x00\x00\x00\x32\x00\x00\x00\x44"
	table := dbfFile(0, []dbfTestField{{"A", 'C', 1, 0}}, "x")
	for _, tt := range []struct {
		name  string
		parts []Part
		want  []string // format: files
	}{
		{"GeoJSON", []Part{part("a.geojson", "{}")}, []string{"geojson: a.geojson"}},
		{"GeoJSON with byte order mark and any name", []Part{part("边界", "\ufeff\n{")}, []string{"geojson: 边界"}},
		{"KML", []Part{part("a.xml", kmlFile)}, []string{"kml: a.xml"}},
		{"KML without declaration, with a prefix", []Part{part("a", "\ufeff<k:kml xmlns:k='x'>")}, []string{"kml: a"}},
		{"table with WKT", []Part{part("a.csv", "a,geom\n1,\"POLYGON((0 0,1 1,1 0,0 0))\"\n")}, []string{"wkt: a.csv"}},
		{"WKT alone", []Part{part("a.txt", "MULTIPOLYGON Z EMPTY")}, []string{"wkt: a.txt"}},
		{"Shapefile alone", []Part{part("a.shp", shp)}, []string{"shapefile: a.shp"}},
		{"Shapefile without extension beside its index", []Part{part("a", shp), part("b", shx)}, []string{"shapefile: a"}},
		{
			"Shapefile with all that belongs to it, in any case and order",
			[]Part{part("A.PRJ", esriWGS84), part("a.cpg", "UTF-8"), part("A.dbf", table), part("a.shx", shx), part("a.Shp", shp), part("a.shp.xml", "<metadata/>"), part("a.sbn", "\x00\x00\x27\x0a")},
			[]string{"shapefile: a.Shp A.dbf A.PRJ a.cpg"},
		},
		{
			"same names in two folders, pictures, notes and what macOS adds",
			[]Part{
				part("新/", ""), part("新/网格.shp", shp), part("新/网格.dbf", table), part("旧/网格.shp", shp), part("旧/网格.prj", esriWGS84), part("b.kml", kmlFile),
				part("__MACOSX/新/._网格.dbf", "x"), part("新/.DS_Store", "x"), part("说明.txt", "网格边界"), part("图.png", "\x89PNG"), part("统计.xlsx", "PK\x03\x04"), part("人口.csv", "a,b\n1,2\n"),
			},
			[]string{"shapefile: 新/网格.shp 新/网格.dbf", "shapefile: 旧/网格.shp 旧/网格.prj", "kml: b.kml"},
		},
		{"damaged files keep their format", []Part{part("a.shp", ""), part("b.geojson", "x"), part("c.kml", "")}, []string{"shapefile: a.shp", "geojson: b.geojson", "kml: c.kml"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sets, err := Sets(tt.parts)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range sets {
				got = append(got, string(s.Format)+": "+strings.Join(s.Files(), " "))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSetsRefuseByName(t *testing.T) {
	shp := shpFile()
	for _, tt := range []struct {
		name   string
		parts  []Part
		reason error
		says   string
	}{
		{"nothing", nil, ErrFormat, "没有图形文件"},
		{"a text", []Part{part("d/说明.txt", "网格边界")}, ErrFormat, "“说明.txt”不是图形文件，可用的有"},
		{"table without shapes", []Part{part("a.csv", "a,b\n1,2\n")}, ErrFormat, "“a.csv”不是图形文件"},
		{"dbf without shp", []Part{part("a.dbf", "x"), part("b.shp", shp)}, ErrFormat, "“a.dbf”没有同名的 .shp"},
		{"only a prj", []Part{part("a.prj", esriWGS84)}, ErrFormat, "“a.prj”只是 Shapefile 的附属文件"},
		{"two of a name", []Part{part("a.shp", shp), part("A.shp", shp)}, ErrFormat, "有两个名为“A.shp”"},
		{"two tables of a name", []Part{part("a.shp", shp), part("A.dbf", "x"), part("a.DBF", "x")}, ErrFormat, "有两个名为“A.dbf”"},
		{"GeoPackage", []Part{part("a.gpkg", "SQLite format 3\x00...")}, ErrFormat, "“a.gpkg”是 GeoPackage，不能直接读取，请先转换：ogr2ogr -f GeoJSON 输出.geojson 输入.gpkg。"},
		{"GeoPackage beside a Shapefile", []Part{part("a.shp", shp), part("a.gpkg", "SQLite format 3\x00...")}, ErrFormat, "GeoPackage"},
		{"TopoJSON", []Part{part("a.json", `{"type": "Topology","arcs":[]}`)}, ErrTopoJSON, "ogr2ogr -f GeoJSON"},
		{"MapInfo TAB", []Part{part("a.tab", "!table\n!version 300\n")}, ErrFormat, "输入.tab"},
		{"MapInfo MIF", []Part{part("a.txt", "Version   300\nCharset \"WindowsSimpChinese\"\n")}, ErrFormat, "输入.mif"},
		{"DXF", []Part{part("a.dxf", "  0\r\nSECTION\r\n  2\r\nHEADER\r\n")}, ErrFormat, "输入.dxf"},
		{"DXF with a comment", []Part{part("a", "999\nmade by hand\n0\nSECTION\n")}, ErrFormat, "DXF"},
		{"DWG", []Part{part("a.dwg", "AC1032\x00")}, ErrFormat, "DWG"},
		{"FileGDB", []Part{part("d/网格.gdb/a00000001.gdbtable", "\x03\x00"), part("d/网格.gdb/timestamps", "x")}, ErrFormat, "FileGDB"},
		{"KMZ", []Part{part("a.kmz", "PK\x03\x04")}, ErrFormat, "KMZ"},
		{"archive", []Part{part("a.zip", "PK\x03\x04")}, ErrFormat, "压缩文件"},
		{"FlatGeobuf", []Part{part("a.fgb", "fgb\x03fgb\x00")}, ErrFormat, "输入.fgb"},
		{"GML", []Part{part("a.gml", `<?xml version="1.0"?><ogr:FeatureCollection>`)}, ErrFormat, "GML"},
		{"GPX", []Part{part("a.gpx", `<gpx version="1.1">`)}, ErrFormat, "GPX"},
		{"UTF-16", []Part{part("a.csv", "\xff\xfea\x00")}, ErrEncoding, "UTF-16"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sets, err := Sets(tt.parts)
			if !errors.Is(err, tt.reason) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("got %v, %v; want %v that says %q", sets, err, tt.reason, tt.says)
			}
		})
	}
}

// broken fails as a disk does.
type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }

func TestFailingFileKeepsItsCause(t *testing.T) {
	if _, err := Sets([]Part{{Name: "a.shp", Data: broken{}, Size: 200}}); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("Sets: %v", err)
	}
	bad := Part{Name: "a", Data: broken{}, Size: 200}
	good := part("a.shp", shpFile())
	for name, s := range map[string]Set{
		"shp": {Format: Shapefile, shapes: bad}, "dbf": {Format: Shapefile, shapes: good, dbf: &bad}, "prj": {Format: Shapefile, shapes: good, prj: &bad},
		"GeoJSON": {Format: GeoJSON, shapes: bad}, "KML": {Format: KML, shapes: bad}, "WKT": {Format: WKT, shapes: bad},
	} {
		if _, err := s.Read(ReadSettings{}); !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSets(f *testing.F) {
	f.Add("a.shp", []byte(shpFile()), "a.dbf", []byte(dbfFile(0, nil)))
	f.Add("a.json", []byte(`{"type":"Topology"}`), "b.kml", []byte(kmlFile))
	f.Add("x/a.csv", []byte("c,g\n1,POINT(1 2)\n"), "x/", []byte(nil))
	f.Fuzz(func(t *testing.T, name1 string, data1 []byte, name2 string, data2 []byte) {
		sets, err := Sets([]Part{part(name1, string(data1)), part(name2, string(data2))})
		if err != nil {
			var text *Error
			if !errors.As(err, &text) || sets != nil {
				t.Fatalf("not a sentence: %v", err)
			}
			return
		}
		if len(sets) == 0 {
			t.Fatal("neither sets nor a refusal")
		}
		for _, s := range sets {
			c, err := s.Read(ReadSettings{MaxBytes: 1 << 24})
			requireSound(t, c, err)
		}
	})
}
