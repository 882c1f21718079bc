package geo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func part(name, data string) Part {
	return Part{Name: name, Data: strings.NewReader(data), Size: int64(len(data))}
}

func partPointer(name, data string) *Part {
	p := part(name, data)
	return &p
}

// realPart gives a file of the shared real data, or skips the test.
func realPart(t testing.TB, path ...string) Part {
	t.Helper()
	data, err := io.ReadAll(realData(t, path...))
	if err != nil {
		t.Fatal(err)
	}
	return part(path[len(path)-1], string(data))
}

// shpFile writes a .shp of the records given, each beginning with its type.
func shpFile(records ...[]byte) string {
	var body bytes.Buffer
	for i, r := range records {
		_ = binary.Write(&body, binary.BigEndian, []uint32{uint32(i + 1), uint32(len(r) / 2)})
		body.Write(r)
	}
	head := make([]byte, 100)
	binary.BigEndian.PutUint32(head, 9994)
	binary.BigEndian.PutUint32(head[24:], uint32(100+body.Len())/2)
	binary.LittleEndian.PutUint32(head[28:], 1000)
	if len(records) > 0 {
		copy(head[32:36], records[0])
	}
	return string(head) + body.String()
}

// shpParts writes a polygon (5, 15, 25) or polyline (3, 13, 23) record, with zeroes
// for heights and measures.
func shpParts(kind int, parts ...[]orb.Point) []byte {
	var b bytes.Buffer
	le := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	le(uint32(kind))
	le([4]float64{})
	le([]uint32{uint32(len(parts)), uint32(n)})
	from := 0
	for _, p := range parts {
		le(uint32(from))
		from += len(p)
	}
	for _, p := range parts {
		le([][2]float64{}) // keeps the writer happy with empty parts
		for _, q := range p {
			le([2]float64(q))
		}
	}
	if kind > 10 {
		le(make([]float64, 2+n))
	}
	if kind/10 == 1 {
		le(make([]float64, 2+n))
	}
	return b.Bytes()
}

func shpPoint(kind int, values ...float64) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, uint32(kind))
	_ = binary.Write(&b, binary.LittleEndian, values)
	return b.Bytes()
}

// clockwiseBox is a closed ring of four corners, clockwise as a Shapefile wants outer rings.
func clockwiseBox(x0, y0, x1, y1 float64) orb.Ring {
	return orb.Ring{{x0, y0}, {x0, y1}, {x1, y1}, {x1, y0}, {x0, y0}}
}

func reversed(ring orb.Ring) orb.Ring {
	ring = slices.Clone(ring)
	slices.Reverse(ring)
	return ring
}

func TestShapefileGeometry(t *testing.T) {
	outer, hole, island := clockwiseBox(0, 0, 10, 10), reversed(clockwiseBox(2, 2, 8, 8)), clockwiseBox(4, 4, 6, 6)
	pond := reversed(clockwiseBox(4.5, 4.5, 5, 5))
	far := clockwiseBox(20, 0, 30, 10)
	multiPoint := append(append(binary.LittleEndian.AppendUint32(nil, 8), make([]byte, 32)...), 2, 0, 0, 0)
	multiPoint = append(multiPoint, shpPoint(0, 1, 2, 3, 4)[4:]...)
	for _, tt := range []struct {
		name   string
		record []byte
		want   orb.Geometry
	}{
		{"null", shpPoint(0), nil},
		{"point", shpPoint(1, 114, 30), orb.Point{114, 30}},
		{"point with height and measure", shpPoint(11, 114, 30, 5, 6), orb.Point{114, 30}},
		{"point with measure", shpPoint(21, 114, 30, 6), orb.Point{114, 30}},
		{"points", multiPoint, orb.MultiPoint{{1, 2}, {3, 4}}},
		{"lines", shpParts(3, []orb.Point{{0, 0}, {1, 1}}, []orb.Point{{2, 2}, {3, 3}}), orb.MultiLineString{{{0, 0}, {1, 1}}, {{2, 2}, {3, 3}}}},
		{"line with heights", shpParts(13, []orb.Point{{0, 0}, {1, 1}}), orb.MultiLineString{{{0, 0}, {1, 1}}}},
		{"polygon", shpParts(5, outer), orb.MultiPolygon{{reversed(outer)}}},
		{"polygon with heights", shpParts(15, outer), orb.MultiPolygon{{reversed(outer)}}},
		{"polygon with measures", shpParts(25, outer), orb.MultiPolygon{{reversed(outer)}}},
		{"polygon without rings", shpParts(5), nil},
		{"an empty ring beside a real one", shpParts(5, outer, nil), orb.MultiPolygon{{reversed(outer)}}},
		{
			"hole before its outer ring, island in the hole with a pond, one apart",
			shpParts(5, pond, far, hole, island, outer),
			orb.MultiPolygon{{reversed(far)}, {reversed(island), reversed(pond)}, {reversed(outer), reversed(hole)}},
		},
		{
			"hole that touches its outer ring in all its vertices",
			shpParts(5, outer, orb.Ring{{0, 5}, {5, 0}, {10, 5}, {5, 10}, {0, 5}}),
			orb.MultiPolygon{{reversed(outer), orb.Ring{{0, 5}, {5, 10}, {10, 5}, {5, 0}, {0, 5}}}},
		},
		{"hole in no ring is a polygon", shpParts(5, far, hole), orb.MultiPolygon{{reversed(far)}, {hole}}},
		{
			"all rings run the wrong way",
			shpParts(5, reversed(outer), hole, reversed(island), reversed(far)),
			orb.MultiPolygon{{reversed(outer), reversed(hole)}, {reversed(island)}, {reversed(far)}},
		},
		{ // reported by the audit, not turned into a hole
			"two outer rings in one another",
			shpParts(5, outer, clockwiseBox(2, 2, 8, 8)),
			orb.MultiPolygon{{reversed(outer)}, {hole}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Set{Format: Shapefile, shapes: part("a.shp", shpFile(tt.record))}.Read(ReadSettings{})
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Rows) != 1 || !reflect.DeepEqual(c.Rows[0].Geometry, tt.want) {
				t.Errorf("got %v, want %v", c.Rows, tt.want)
			}
		})
	}
}

func TestShapefileRefuses(t *testing.T) {
	good := shpFile(shpParts(5, clockwiseBox(0, 0, 1, 1)))
	change := func(at int, value uint32, order binary.ByteOrder) string {
		b := []byte(good)
		order.PutUint32(b[at:], value)
		return string(b)
	}
	for _, tt := range []struct{ name, shp, says string }{
		{"empty", "", "不足100字节"},
		{"only a header of something else", strings.Repeat("x", 200), "不是 Shapefile"},
		{"cut off", good[:len(good)-1], "不完整"},
		{"length of the file beyond its end", change(24, math.MaxUint32, binary.BigEndian), "不完整"},
		{"length of the file below its header", change(24, 49, binary.BigEndian), "不完整"},
		{"record longer than the file", change(104, 1<<30, binary.BigEndian), "第1个图形长度有误"},
		{"record of no length", change(104, 0, binary.BigEndian), "第1个图形长度有误"},
		{"rest of three bytes", change(24, uint32(len(good)/2)-2, binary.BigEndian), "第1个图形长度有误"},
		{"unknown type", change(108, 77, binary.LittleEndian), "类型为77"},
		{"multipatch", change(108, 31, binary.LittleEndian), "MultiPatch"},
		{"2³¹ rings", change(108+36, 1<<31-1, binary.LittleEndian), "第1个图形长度有误"},
		{"−1 rings", change(108+36, math.MaxUint32, binary.LittleEndian), "第1个图形长度有误"},
		{"no rings but points", change(108+36, 0, binary.LittleEndian), "第1个图形长度有误"},
		{"2³¹ points", change(108+40, 1<<31-1, binary.LittleEndian), "第1个图形长度有误"},
		{"one point too many", change(108+40, 6, binary.LittleEndian), "第1个图形长度有误"},
		{"−1 points", change(108+40, math.MaxUint32, binary.LittleEndian), "第1个图形长度有误"},
		{"ring that begins beyond the points", change(108+44, 9, binary.LittleEndian), "第1个图形长度有误"},
		{"ring that begins before the points", change(108+44, math.MaxUint32, binary.LittleEndian), "第1个图形长度有误"},
		{"polygon without a count", shpFile(make([]byte, 40), append([]byte{5, 0, 0, 0}, make([]byte, 8)...)), "第2个图形长度有误"},
		{"point without coordinates", shpFile(shpPoint(1)), "第1个图形长度有误"},
		{"points without a count", shpFile([]byte{8, 0, 0, 0}), "第1个图形长度有误"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Set{Format: Shapefile, shapes: part("a.shp", tt.shp)}.Read(ReadSettings{})
			if !errors.Is(err, ErrShapefile) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("got %v, %v; want a sentence that says %q", c, err, tt.says)
			}
		})
	}
}

// A shape of rings that all lie in one another's boxes would take hours.
func TestShapeMadeToBeSlowIsRefused(t *testing.T) {
	rings := make([][]orb.Point, 40_000)
	for i := range rings {
		r := clockwiseBox(0, 0, 1, float64(i+1))
		if i%2 == 1 {
			r = reversed(r)
		}
		rings[i] = r
	}
	_, err := Set{Format: Shapefile, shapes: part("a.shp", shpFile(shpParts(5, rings...)))}.Read(ReadSettings{})
	if !errors.Is(err, ErrShapefile) || !strings.Contains(err.Error(), "环数过多") {
		t.Errorf("got %v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	big := shpFile(shpParts(5, make([]orb.Point, 100_000)))
	for _, tt := range []struct {
		name string
		set  Set
		max  int64
	}{
		{"file beyond the limit", Set{Format: Shapefile, shapes: part("a.shp", big)}, 1 << 20},
		{"records that say they are long", Set{Format: Shapefile, shapes: Part{Data: strings.NewReader(big), Size: 1 << 40}}, 1 << 30},
		{"many null shapes", Set{Format: Shapefile, shapes: part("a.shp", shpFile(slices.Repeat([][]byte{shpPoint(0)}, 50_000)...))}, 1 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.set.Read(ReadSettings{MaxBytes: tt.max}); !errors.Is(err, ErrTooLarge) {
				t.Errorf("got %v, want ErrTooLarge", err)
			}
		})
	}
}

func TestShapefileWithItsTable(t *testing.T) {
	shp := shpFile(shpParts(5, clockwiseBox(0, 0, 1, 1)), shpPoint(0), shpParts(5, clockwiseBox(1, 0, 2, 1)))
	table := dbfFile(0, []dbfTestField{{"CODE", 'C', 4, 0}, {"NAME", 'C', 12, 0}}, "01  第一格   ", "*02  第二格   ", "03  第三格   ")
	set := Set{Name: "a.shp", Format: Shapefile, shapes: part("a.shp", shp), dbf: partPointer("a.dbf", table), prj: partPointer("a.prj", esriCGCS2000)}
	c, err := set.Read(ReadSettings{})
	if err != nil {
		t.Fatal(err)
	}
	if c.CRS != CGCS2000 || c.Encoding != "utf-8" || !slices.Equal(c.Props, []string{"CODE", "NAME"}) || len(c.Rows) != 2 {
		t.Fatalf("got %+v", c)
	}
	if r := c.Rows[1]; r.Number != 3 || r.Prop(0) != "03" || r.Prop(1) != "第三格" || r.Prop(2) != "" || r.Geometry == nil {
		t.Errorf("the deleted record shifts the rows: %+v", r)
	}
	short := dbfFile(0, []dbfTestField{{"CODE", 'C', 4, 0}}, "01  ")
	set.dbf = partPointer("a.dbf", short)
	if _, err := set.Read(ReadSettings{}); !errors.Is(err, ErrShapefile) || !strings.Contains(err.Error(), ".shp 有3个图形，.dbf 却有1行") {
		t.Errorf("a table of other length: %v", err)
	}
}

func FuzzShapefile(f *testing.F) {
	f.Add([]byte(shpFile(shpParts(5, clockwiseBox(0, 0, 4, 4), reversed(clockwiseBox(1, 1, 2, 2))), shpPoint(0))))
	f.Add([]byte(shpFile(shpParts(15, clockwiseBox(0, 0, 4, 4)))))
	f.Add([]byte(shpFile(shpParts(3, []orb.Point{{0, 0}, {1, 1}}))))
	f.Add([]byte(shpFile(shpPoint(1, 114, 30), shpPoint(21, math.NaN(), math.Inf(1), 0))))
	f.Add([]byte(shpFile(shpParts(5, clockwiseBox(2, 2, 1, 1), nil, clockwiseBox(0, 0, 0, 0), []orb.Point{{math.NaN(), 0}, {1, 1}}))))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Set{Name: "a.shp", Format: Shapefile, shapes: part("a.shp", string(data))}.Read(ReadSettings{MaxBytes: 1 << 24})
		requireSound(t, c, err)
	})
}

// requireSound holds for whatever a reader makes of any bytes: a sentence, or rows
// whose points are no more than the bytes, that convert without a panic.
func requireSound(t *testing.T, c *Collection, err error) {
	t.Helper()
	if err != nil {
		var text *Error
		if !errors.As(err, &text) || text.Text == "" || c != nil {
			t.Fatalf("not a sentence: %v, %v", c, err)
		}
		return
	}
	last := 0
	for _, r := range c.Rows {
		if r.Number <= last || len(r.Props) > len(c.Props) {
			t.Fatalf("row %d of %d properties after row %d", r.Number, len(r.Props), last)
		}
		last = r.Number
	}
	var text *Error
	if _, err := c.Features(ReadOptions{CRS: WGS84, CodeProp: "id"}); err != nil && !errors.As(err, &text) {
		t.Fatalf("not a sentence: %v", err)
	}
	things, err := c.Things(ThingOptions{CRS: WGS84})
	if err != nil && !errors.As(err, &text) {
		t.Fatalf("not a sentence: %v", err)
	}
	for _, thing := range things {
		if b := thing.Shape.Bound(); !WGS84.Contains(b.Min) || !WGS84.Contains(b.Max) {
			t.Fatalf("%v is not in WGS-84", thing.Shape)
		}
	}
}

func TestShanghaiDistricts(t *testing.T) {
	parts := []Part{
		realPart(t, "shanghai", "区县界_area.shp"),
		realPart(t, "shanghai", "区县界_area.dbf"),
		realPart(t, "shanghai", "区县界_area.prj"),
	}
	for _, given := range []string{"", "gbk"} {
		c, err := Set{Format: Shapefile, shapes: parts[0], dbf: &parts[1], prj: &parts[2]}.Read(ReadSettings{Encoding: given})
		if err != nil {
			t.Fatal(err)
		}
		if c.CRS != WGS84 || c.Encoding != "gb18030" || len(c.Rows) != 17 ||
			!slices.Equal(c.Props, []string{"NAME", "PYNAME", "ADMINCODE", "Shape_Leng", "Shape_Area"}) {
			t.Fatalf("%s %s %d %v", c.CRS, c.Encoding, len(c.Rows), c.Props)
		}
		names := map[string]string{}
		for _, r := range c.Rows {
			names[r.Prop(0)] = r.Prop(2)
		}
		for name, code := range map[string]string{"浦东新区": "310115", "宝山区": "310113", "杨浦区": "310110", "闸北区": "310108"} {
			if names[name] != code {
				t.Errorf("%s: got %q, want %q; all: %v", name, names[name], code, names)
			}
		}
	}
	if _, err := (Set{Format: Shapefile, shapes: parts[0], dbf: &parts[1]}).Read(ReadSettings{Encoding: "utf-8"}); !errors.Is(err, ErrEncoding) {
		t.Errorf("GBK texts read as UTF-8: %v", err)
	}
}

func TestShenzhenShapefiles(t *testing.T) {
	for _, tt := range []struct {
		stem   string
		rows   int
		prop   string
		values []string // of the first rows
	}{
		// The first rows as a dump of the bytes shows them.
		{"grid", 9005, "LATCOL", []string{"54", "55", "56"}},
		{"sz", 10, "qh", []string{"罗湖", "福田", "盐田", "宝安"}},
	} {
		t.Run(tt.stem, func(t *testing.T) {
			shp, table, cpg := realPart(t, "shenzhen", tt.stem+".shp"), realPart(t, "shenzhen", tt.stem+".dbf"), realPart(t, "shenzhen", tt.stem+".cpg")
			c, err := Set{Format: Shapefile, shapes: shp, dbf: &table, cpg: &cpg}.Read(ReadSettings{})
			if err != nil {
				t.Fatal(err)
			}
			if c.CRS != "" || c.Encoding != "utf-8" || len(c.Rows) != tt.rows {
				t.Fatalf("%q %q %d rows", c.CRS, c.Encoding, len(c.Rows))
			}
			i := slices.Index(c.Props, tt.prop)
			for k, want := range tt.values {
				if got := c.Rows[k].Prop(i); got != want {
					t.Errorf("row %d: %q, want %q", k+1, got, want)
				}
			}
			if tt.stem != "grid" {
				return
			}
			for k, f := range readRectangles(t, realData(t, "shenzhen", "grid.shp")) {
				if mp := c.Rows[k].Geometry.(orb.MultiPolygon); len(mp) != 1 || len(mp[0]) != 1 || mp.Bound() != f.Shape.Bound() {
					t.Fatalf("rectangle %d: %v, want %v", k+1, mp, f.Shape)
				}
			}
		})
	}
}
