package geo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

// mvtFeature is a feature as a client reads it: positions in units of the tile.
type mvtFeature struct {
	typ   uint64
	props map[string]any
	parts [][][2]int // rings closed by a last point equal to the first
}

// readMVT decodes a tile of one layer by the text of the specification, with nothing of
// the encoder, and checks what the specification demands.
func readMVT(t *testing.T, tile []byte) (name string, fs []mvtFeature) {
	t.Helper()
	layers := protobuf(t, tile)
	if len(layers) != 1 || layers[0].field != 3 {
		t.Fatalf("fields of the tile: %v, want one layer", layers)
	}
	var keys []string
	var values []any
	var features [][]byte
	for _, f := range protobuf(t, layers[0].data) {
		switch f.field {
		case 15:
			if f.num != 2 {
				t.Fatalf("version %d, want 2", f.num)
			}
		case 1:
			name = string(f.data)
		case 2:
			features = append(features, f.data)
		case 3:
			keys = append(keys, string(f.data))
		case 4:
			switch v := protobuf(t, f.data)[0]; v.field {
			case 1:
				values = append(values, string(v.data))
			case 3:
				values = append(values, math.Float64frombits(v.num))
			case 6:
				values = append(values, int64(v.num>>1)^-int64(v.num&1))
			case 7:
				values = append(values, v.num != 0)
			}
		case 5:
			if f.num != 4096 {
				t.Fatalf("extent %d", f.num)
			}
		}
	}
	for _, data := range features {
		f := mvtFeature{props: map[string]any{}}
		var geometry []uint64
		for _, p := range protobuf(t, data) {
			switch p.field {
			case 2:
				tags := varints(t, p.data)
				for i := 0; i+1 < len(tags); i += 2 {
					f.props[keys[tags[i]]] = values[tags[i+1]]
				}
			case 3:
				f.typ = p.num
			case 4:
				geometry = varints(t, p.data)
			}
		}
		f.parts = readCommands(t, f.typ, geometry)
		fs = append(fs, f)
	}
	return name, fs
}

func readCommands(t *testing.T, typ uint64, c []uint64) (parts [][][2]int) {
	t.Helper()
	x, y := 0, 0
	for i := 0; i < len(c); {
		id, count := c[i]&7, int(c[i]>>3)
		i++
		if id == 7 {
			last := &parts[len(parts)-1]
			*last = append(*last, (*last)[0])
			continue
		}
		for k := range count {
			x += int(c[i]>>1) ^ -int(c[i]&1)
			y += int(c[i+1]>>1) ^ -int(c[i+1]&1)
			i += 2
			if id == 1 && (typ != 1 || k == 0) {
				parts = append(parts, nil)
			}
			parts[len(parts)-1] = append(parts[len(parts)-1], [2]int{x, y})
		}
	}
	return parts
}

type pbField struct {
	field uint64
	num   uint64
	data  []byte
}

func protobuf(t *testing.T, b []byte) (out []pbField) {
	t.Helper()
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		b = b[n:]
		f := pbField{field: tag >> 3}
		switch tag & 7 {
		case 0:
			f.num, n = binary.Uvarint(b)
			b = b[n:]
		case 1:
			f.num = binary.LittleEndian.Uint64(b)
			b = b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			f.data = b[n : n+int(size)]
			b = b[n+int(size):]
		default:
			t.Fatalf("wire type %d", tag&7)
		}
		out = append(out, f)
	}
	return out
}

func varints(t *testing.T, b []byte) (out []uint64) {
	t.Helper()
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			t.Fatal("a broken number")
		}
		out, b = append(out, v), b[n:]
	}
	return out
}

func mustTile(t *testing.T, fs []TileFeature, z, x, y uint32) []byte {
	t.Helper()
	b, err := Tile("grid", fs, z, x, y)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The world in one tile: longitude −90 is unit 1024 from the west, the equator 2048 and
// latitude 66.51326° unit 1024 from the north: asinh(tan φ) = π/2.
func TestTileByHand(t *testing.T) {
	const lat = 66.51326044311186
	got := mustTile(t, []TileFeature{{
		Code:  "44030100000000000001",
		Shape: orb.Polygon{{{-90, 0}, {0, 0}, {0, lat}, {-90, lat}, {-90, 0}}},
	}}, 0, 0, 0)
	code := "44030100000000000001"
	want := slices.Concat(
		[]byte{3<<3 | 2, 2 + 6 + 2 + 24 + 6 + 24 + 3}, // the layer
		[]byte{15 << 3, 2},
		[]byte{1<<3 | 2, 4}, []byte("grid"),
		[]byte{2<<3 | 2, 24, // a feature
			2<<3 | 2, 2, 0, 0, // key 0 has value 0
			3 << 3, 3, // a polygon
			4<<3 | 2, 16},
		// From (1024, 1024) clockwise on the screen: east, south, west. 1024 is written as
		// 2·1024 = 0x80 0x10, −1024 as 2·1024 − 1 = 0xff 0x0f; 9 moves to one point, 26
		// draws three lines, 15 closes.
		[]byte{9, 0x80, 0x10, 0x80, 0x10, 26, 0x80, 0x10, 0, 0, 0x80, 0x10, 0xff, 0x0f, 0, 15},
		[]byte{3<<3 | 2, 4}, []byte("code"),
		[]byte{4<<3 | 2, 22, 1<<3 | 2, 20}, []byte(code),
		[]byte{5 << 3, 0x80, 0x20},
	)
	if !bytes.Equal(got, want) {
		t.Errorf("got  % x\nwant % x", got, want)
	}
}

func TestTileOfPointsLinesAndHoles(t *testing.T) {
	deg := func(unit float64) float64 { return unit/4096*360 - 180 }
	for _, tt := range []struct {
		name  string
		shape orb.Geometry
		typ   uint64
		want  [][][2]int
	}{
		{"a point", orb.Point{deg(100), 0}, 1, [][][2]int{{{100, 2048}}}},
		{"points, one twice", orb.MultiPoint{{deg(100), 0}, {deg(101), 0}, {deg(100.2), 0}}, 1, [][][2]int{{{100, 2048}, {101, 2048}}}},
		{"a line", orb.LineString{{deg(0), 0}, {deg(7), 0}, {deg(7), 0}, {deg(9), 0}}, 2, [][][2]int{{{0, 2048}, {7, 2048}, {9, 2048}}}},
		{"two lines, one too short", orb.MultiLineString{{{deg(0), 0}, {deg(7), 0}}, {{deg(20), 0}, {deg(20.1), 0}}}, 2, [][][2]int{{{0, 2048}, {7, 2048}}}},
		{
			"an outer ring given clockwise, and its hole",
			orb.Polygon{
				{{deg(1024), 0}, {deg(1024), 66.51326044311186}, {deg(2048), 0}, {deg(1024), 0}},
				{{deg(1100), 2}, {deg(1100), 4}, {deg(1200), 2}, {deg(1100), 2}},
			},
			3,
			[][][2]int{
				{{1024, 2048}, {1024, 1024}, {2048, 2048}, {1024, 2048}},
				{{1200, 2025}, {1100, 2002}, {1100, 2025}, {1200, 2025}},
			},
		},
		{"a polygon too small to see", orb.Polygon{{{0, 0}, {0.01, 0}, {0, 0.01}, {0, 0}}}, 0, nil},
		{"a ring that is no place", orb.Polygon{{{0, 0}, {500, 0}, {0, 90}, {0, 0}}}, 0, nil},
		{"nothing", nil, 0, nil},
		{"an empty polygon", orb.Polygon{}, 0, nil},
		{"a collection", orb.Collection{orb.Point{1, 2}}, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := mustTile(t, []TileFeature{{Code: "1", Shape: tt.shape}}, 0, 0, 0)
			if tt.want == nil {
				if len(b) != 0 {
					t.Fatalf("% x, want nothing", b)
				}
				return
			}
			_, fs := readMVT(t, b)
			if len(fs) != 1 || fs[0].typ != tt.typ {
				t.Fatalf("%v, want one feature of type %d", fs, tt.typ)
			}
			if d := cmp.Diff(tt.want, fs[0].parts); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTileProperties(t *testing.T) {
	at := orb.Point{0, 0}
	b := mustTile(t, []TileFeature{
		{Code: "001", Name: "甲", Shape: at, Props: []TileProp{{"rate", 1.5}, {"n", -3}, {"big", int64(1) << 60}, {"hot", true}, {"none", math.NaN()}}},
		{Code: "002", Name: "甲", Shape: at, Props: []TileProp{{"hot", false}}},
		{Shape: at},
	}, 0, 0, 0)
	name, fs := readMVT(t, b)
	if name != "grid" {
		t.Errorf("layer %q", name)
	}
	want := []map[string]any{
		{"code": "001", "name": "甲", "rate": 1.5, "n": int64(-3), "big": int64(1) << 60, "hot": true},
		{"code": "002", "name": "甲", "hot": false},
		{},
	}
	for i, f := range fs {
		if d := cmp.Diff(want[i], f.props); d != "" {
			t.Error(d)
		}
	}
	if n := bytes.Count(b, []byte("甲")); n != 1 {
		t.Errorf("the same value is written %d times", n)
	}
	if _, err := Tile("grid", []TileFeature{{Shape: at, Props: []TileProp{{"x", []int{1}}}}}, 0, 0, 0); err == nil {
		t.Error("a property that no tile can hold is accepted")
	}
}

func TestTilesThatDoNotExist(t *testing.T) {
	for _, zxy := range [][3]uint32{{0, 1, 0}, {0, 0, 1}, {3, 8, 0}, {23, 0, 0}, {40, 0, 0}} {
		if _, err := Tile("grid", nil, zxy[0], zxy[1], zxy[2]); !errors.Is(err, ErrTile) {
			t.Errorf("%v: %v, want ErrTile", zxy, err)
		}
	}
	if b := mustTile(t, nil, 22, 1<<22-1, 0); len(b) != 0 {
		t.Errorf("an empty tile: % x", b)
	}
}

// tileOf is the tile of a place, from the formulas of the slippy map convention.
func tileOf(p orb.Point, z uint32) (x, y float64) {
	n := math.Exp2(float64(z))
	s := math.Log(math.Tan(p[1]*math.Pi/180) + 1/math.Cos(p[1]*math.Pi/180))
	return (p[0] + 180) / 360 * n, (1 - s/math.Pi) / 2 * n
}

// ownersIn counts the features that hold a point given in units, by the even–odd rule.
func ownersIn(fs []mvtFeature, x, y float64) (owners []string) {
	for _, f := range fs {
		in := false
		for _, ring := range f.parts {
			for i := range ring[1:] {
				ax, ay, bx, by := float64(ring[i][0]), float64(ring[i][1]), float64(ring[i+1][0]), float64(ring[i+1][1])
				if (ay > y) != (by > y) && x < ax+(y-ay)*(bx-ax)/(by-ay) {
					in = !in
				}
			}
		}
		if in {
			owners = append(owners, f.props["code"].(string))
		}
	}
	return owners
}

// Through pyramid and tiles the partition stays one: every point of the map has one
// owner, in a tile and in the margin of its neighbour the same one.
func TestTilesKeepThePartition(t *testing.T) {
	const rows, cols = 8, 8
	fs := wavy(rows, cols, 40)
	pyramid := NewPyramid(shapesOf(fs))
	outline := orb.MultiPolygon{}
	for _, f := range fs {
		outline = append(outline, f.Shape...)
	}
	rng := rand.New(rand.NewPCG(21, 22))
	for _, z := range []uint32{9, 11, 13, 15} {
		t.Run(fmt.Sprintf("zoom %d", z), func(t *testing.T) {
			shapes := pyramid.At(z)
			boxes := NewBoxIndex(shapes)
			tiles := map[[2]uint32][]mvtFeature{}
			tile := func(x, y uint32) []mvtFeature {
				if tiles[[2]uint32{x, y}] == nil {
					tiles[[2]uint32{x, y}] = decodedTile(t, fs, shapes, boxes, z, x, y)
				}
				return tiles[[2]uint32{x, y}]
			}
			for range 3000 {
				// Well inside the outer border of the layer.
				p := orb.Point{113.9 + 0.01*(1+6*rng.Float64()), 32.1 + 0.01*(1+6*rng.Float64())}
				if !bruteInside(outline, p) {
					continue
				}
				u, v := tileOf(p, z)
				x, y := uint32(u), uint32(v)
				px, py := (u-float64(x))*4096, (v-float64(y))*4096
				owners := ownersIn(tile(x, y), px, py)
				if len(owners) != 1 {
					t.Fatalf("%v at %.1f, %.1f of tile %d/%d/%d: owners %v, want one", p, px, py, z, x, y, owners)
				}
				if px > 4096-60 {
					if other := ownersIn(tile(x+1, y), px-4096, py); !slices.Equal(other, owners) {
						t.Fatalf("%v: %v here, %v in the tile to the east", p, owners, other)
					}
				}
				if py > 4096-60 {
					if other := ownersIn(tile(x, y+1), px, py-4096); !slices.Equal(other, owners) {
						t.Fatalf("%v: %v here, %v in the tile to the south", p, owners, other)
					}
				}
			}
		})
	}
}

// decodedTile encodes and decodes a tile and checks winding and range of its rings.
func decodedTile(t *testing.T, fs []Feature, shapes []orb.MultiPolygon, boxes *BoxIndex, z, x, y uint32) []mvtFeature {
	t.Helper()
	var in []TileFeature
	for _, i := range boxes.InTile(z, x, y) {
		in = append(in, TileFeature{Code: fs[i].Code, Shape: shapes[i]})
	}
	all := make([]TileFeature, len(fs))
	for i := range fs {
		all[i] = TileFeature{Code: fs[i].Code, Shape: shapes[i]}
	}
	b := mustTile(t, in, z, x, y)
	if !bytes.Equal(b, mustTile(t, all, z, x, y)) {
		t.Fatalf("tile %d/%d/%d: the index by box left something out", z, x, y)
	}
	if len(b) == 0 {
		return []mvtFeature{}
	}
	_, out := readMVT(t, b)
	for _, f := range out {
		for k, ring := range f.parts {
			area := 0
			for i := range ring[1:] {
				a, b := ring[i], ring[i+1]
				area += a[0]*b[1] - b[0]*a[1]
				if min(a[0], a[1]) < -64 || max(a[0], a[1]) > 4160 {
					t.Fatalf("%v beyond the margin", a)
				}
			}
			if (area > 0) != (k == 0) || len(ring) < 4 {
				t.Fatalf("%v ring %d of tile %d/%d/%d: twice the area %d, %d points", f.props, k, z, x, y, area, len(ring))
			}
		}
	}
	return out
}

// Both owners of a border meet its edge in opposite directions.
func TestEdgesAreCutAlikeFromEitherEnd(t *testing.T) {
	rng := rand.New(rand.NewPCG(91, 92))
	at := func(reach int64) tileUnit { return tileUnit{rng.Int64N(2*reach) - reach, rng.Int64N(2*reach) - reach} }
	cuts := 0
	for range 200_000 {
		reach := int64(1) << (7 + rng.IntN(24))
		a, b := at(reach), at(reach)
		for _, s := range tileSides {
			if s.in(a) == s.in(b) {
				continue
			}
			cuts++
			p, q := s.cut(a, b), s.cut(b, a)
			if p != q {
				t.Fatalf("from %v to %v: cut at %v, backwards at %v", a, b, p, q)
			}
			// Within half a unit of the edge.
			along, across := float64(b.x-a.x), float64(b.y-a.y)
			off := math.Abs(along*float64(p.y-a.y)-across*float64(p.x-a.x)) / math.Hypot(along, across)
			if off > 0.5001 {
				t.Fatalf("from %v to %v: %v lies %.2f units off", a, b, p, off)
			}
		}
	}
	if cuts < 10_000 {
		t.Errorf("only %d cuts", cuts)
	}
}

func TestPyramidNeverLosesAUnit(t *testing.T) {
	fs := wavy(5, 5, 30)
	tiny := orb.Ring{{113.92, 32.12}, {113.920001, 32.12}, {113.92, 32.120001}, {113.92, 32.12}} // 0.1 m
	fs = append(fs, Feature{Code: "tiny", Shape: orb.MultiPolygon{{tiny}}})
	given := shapesOf(fs)
	p := NewPyramid(given)
	was := vertexCount(given...)
	for z := uint32(MaxZoom); z > 0; z-- {
		shapes := p.At(z)
		if n := vertexCount(shapes...); n > was {
			t.Errorf("zoom %d has %d vertices, the next finer one %d", z, n, was)
		} else {
			was = n
		}
		for i, mp := range shapes {
			if a, b := AreaM2(mp), AreaM2(given[i]); math.Abs(a-b) > 1e-5*b+0.1*straightM {
				t.Errorf("zoom %d, feature %d: %.3f m², had %.3f", z, i, a, b)
			}
		}
	}
	if was > 8*len(fs) { // four corners, and one vertex on each side to keep the area
		t.Errorf("%d vertices left at the coarsest zoom", was)
	}
}

func TestBoxIndexEqualsTestingEveryBox(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	var shapes []orb.Geometry
	for range 300 {
		p := orb.Point{110 + rng.Float64(), 30 + rng.Float64()}
		shapes = append(shapes, p, orb.LineString{p, {p[0] + 0.1*rng.Float64(), p[1]}}, orb.MultiPolygon{{}, {{p, {p[0], p[1] + 0.05}, {p[0] + 0.02, p[1]}, p}}})
	}
	shapes = append(shapes, nil, orb.MultiPolygon{}, orb.LineString{})
	ix := NewBoxIndex(shapes)
	for range 300 {
		q := orb.Point{110 + rng.Float64(), 30 + rng.Float64()}
		b := orb.Bound{Min: q, Max: orb.Point{q[0] + 0.2*rng.Float64(), q[1] + 0.2*rng.Float64()}}
		var want []int
		for i, s := range shapes {
			box := boundOf(s)
			if box.Min[0] <= b.Max[0] && box.Max[0] >= b.Min[0] && box.Min[1] <= b.Max[1] && box.Max[1] >= b.Min[1] {
				want = append(want, i)
			}
		}
		if got := ix.Within(b); !slices.Equal(got, want) {
			t.Fatalf("%v: %v, want %v", b, got, want)
		}
	}
	if got := NewBoxIndex[orb.Point](nil).Within(orb.Bound{Max: orb.Point{1, 1}}); got != nil {
		t.Errorf("of nothing: %v", got)
	}
	if n := NewBoxIndex([]orb.Point{{10, 50}, {-10, 50}}).CountInTile(1, 1, 0); n != 1 {
		t.Errorf("%d points in the north-eastern quarter, want 1", n)
	}
}
