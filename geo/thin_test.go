package geo

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

func shapesOf(fs []Feature) []orb.MultiPolygon {
	var out []orb.MultiPolygon
	for _, f := range fs {
		out = append(out, f.Shape)
	}
	return out
}

// box is a frame that makes the box around all shapes a little more than 20 wide, so
// that 20 cells are steps of 1.
var box = shape(orb.Ring{{-0.4, -0.4}, {20.4, -0.4}, {20.4, 20.4}, {-0.4, 20.4}, {-0.4, -0.4}})

func TestThinByHand(t *testing.T) {
	for _, tt := range []struct {
		name     string
		in, want []orb.MultiPolygon // beside the frame
	}{
		{
			"points move to the nearest whole numbers",
			[]orb.MultiPolygon{shape(orb.Ring{{1.3, 0.6}, {9.6, 1.4}, {7.7, 8.2}, {1.3, 0.6}})},
			[]orb.MultiPolygon{shape(orb.Ring{{1, 1}, {10, 1}, {8, 8}, {1, 1}})},
		},
		{
			"points that repeat or lie on a line are left out",
			[]orb.MultiPolygon{shape(orb.Ring{{1, 1}, {1.2, 0.9}, {3, 1.3}, {5, 0.8}, {9, 1}, {9, 9}, {6.8, 7.1}, {1, 1}})},
			[]orb.MultiPolygon{shape(orb.Ring{{1, 1}, {9, 1}, {9, 9}, {1, 1}})},
		},
		{
			"a point at which three borders meet stays in all three",
			[]orb.MultiPolygon{
				shape(orb.Ring{{2, 6}, {5.9, 5.6}, {9, 6}, {9, 9}, {2, 9}, {2, 6}}),
				shape(orb.Ring{{2, 2}, {6.2, 2.1}, {5.9, 5.6}, {2, 6}, {2, 2}}),
				shape(orb.Ring{{6.2, 2.1}, {9, 2}, {9, 6}, {5.9, 5.6}, {6.2, 2.1}}),
			},
			[]orb.MultiPolygon{
				shape(orb.Ring{{2, 6}, {6, 6}, {9, 6}, {9, 9}, {2, 9}, {2, 6}}),
				shape(orb.Ring{{2, 2}, {6, 2}, {6, 6}, {2, 6}, {2, 2}}),
				shape(orb.Ring{{6, 2}, {9, 2}, {9, 6}, {6, 6}, {6, 2}}),
			},
		},
		{
			"a spike too thin to be seen goes, also at the seam",
			[]orb.MultiPolygon{
				shape(orb.Ring{{1, 1}, {8, 1}, {8, 4}, {12, 4.2}, {8, 4.4}, {8, 8}, {1, 1}}),
				shape(orb.Ring{{15, 4}, {11, 4.4}, {11, 8}, {4, 1}, {11, 1}, {11, 4}, {15, 4}}),
				shape(orb.Ring{{8, 4}, {12, 4}, {8, 4.4}, {8, 8}, {1, 1}, {8, 1}, {8, 4}}),
			},
			[]orb.MultiPolygon{
				shape(orb.Ring{{1, 1}, {8, 1}, {8, 8}, {1, 1}}),
				shape(orb.Ring{{11, 8}, {4, 1}, {11, 1}, {11, 8}}),
				shape(orb.Ring{{8, 8}, {1, 1}, {8, 1}, {8, 8}}),
			},
		},
		{
			"a shape smaller than a cell becomes a cell",
			[]orb.MultiPolygon{shape(orb.Ring{{7.1, 3.2}, {7.3, 3.2}, {7.2, 3.3}, {7.1, 3.2}})},
			[]orb.MultiPolygon{shape(orb.Ring{{7, 3}, {8, 3}, {8, 4}, {7, 4}, {7, 3}})},
		},
		{
			"a strip thinner than a cell becomes a cell in its middle",
			[]orb.MultiPolygon{shape(orb.Ring{{2, 5}, {10, 5}, {18, 5}, {18, 5.3}, {2, 5.3}, {2, 5}})},
			[]orb.MultiPolygon{shape(orb.Ring{{10, 5}, {11, 5}, {11, 6}, {10, 6}, {10, 5}})},
		},
		{
			"small holes and islands go, large ones stay",
			[]orb.MultiPolygon{{
				{
					{{1, 1}, {9, 1}, {9, 9}, {1, 9}, {1, 1}},
					{{2.1, 2.1}, {2.2, 2.3}, {2.3, 2.1}, {2.1, 2.1}},
					{{4.2, 4.2}, {4.2, 6.2}, {6.2, 6.2}, {6.2, 4.2}, {4.2, 4.2}},
				},
				{{{12.1, 2.1}, {12.3, 2.1}, {12.2, 2.2}, {12.1, 2.1}}},
			}},
			[]orb.MultiPolygon{{{
				{{1, 1}, {9, 1}, {9, 9}, {1, 9}, {1, 1}},
				{{4, 4}, {4, 6}, {6, 6}, {6, 4}, {4, 4}},
			}}},
		},
		{
			"a ring that is not closed is closed, one that runs the other way stays so",
			[]orb.MultiPolygon{shape(orb.Ring{{1, 1}, {4, 7}, {9, 1}})},
			[]orb.MultiPolygon{shape(orb.Ring{{1, 1}, {4, 7}, {9, 1}, {1, 1}})},
		},
		{"nothing stays nothing", []orb.MultiPolygon{nil, {}, {{}}, {{{}}}}, []orb.MultiPolygon{nil, nil, nil, nil}},
		{
			"what is no place is left out",
			[]orb.MultiPolygon{
				shape(orb.Ring{{1, 1}, {math.NaN(), 4}, {3, 3}, {1, 1}}),
				shape(orb.Ring{{1, 1}, {1e300, 4}, {3, 3}, {1, 1}}),
			},
			[]orb.MultiPolygon{nil, nil},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Thin(append(slices.Clone(tt.in), box), 20)
			if diff := cmp.Diff(tt.want, got[:len(got)-1]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestThinStep(t *testing.T) {
	for _, tt := range []struct {
		extent float64
		cells  int
		step   float64 // by hand: the largest 1, 2 or 5 × 10ⁿ up to extent / cells
	}{
		{0.7, 1000, 0.0005},
		{1, 1000, 0.001},
		{0.999, 1000, 0.0005},
		{0.0123, 800, 0.00001},
		{60, 1000, 0.05},
		{180, 4, 5},
		{0, 1000, 1e-9},
	} {
		l := newLattice([]orb.MultiPolygon{shape(orb.Ring{{0, 0}, {tt.extent, tt.extent / 2}})}, tt.cells)
		if got := l.m / l.scale; got != tt.step {
			t.Errorf("%v° in %d cells: step %v, want %v", tt.extent, tt.cells, got, tt.step)
		}
	}
}

// chain is a border as a sum of steps between neighbouring lattice points, each with
// how often it is walked forwards minus backwards: what is walked there and back is
// nothing, and it makes no difference which points of a straight line are named.
type chain map[[2]latticePoint]int

func (c chain) walk(a, b latticePoint) {
	dx, dy := b.x-a.x, b.y-a.y
	n, m := dx, dy
	for m != 0 {
		n, m = m, n%m
	}
	if n < 0 {
		n = -n
	}
	for range n {
		to := latticePoint{a.x + dx/n, a.y + dy/n}
		key, turn := [2]latticePoint{a, to}, 1
		if dx < 0 || dx == 0 && dy < 0 {
			key, turn = [2]latticePoint{to, a}, -1
		}
		if c[key] += turn; c[key] == 0 {
			delete(c, key)
		}
		a = to
	}
}

// border is the chain of a shape after its points moved to the lattice.
func border(l lattice, shapes ...orb.MultiPolygon) chain {
	c := chain{}
	for _, mp := range shapes {
		eachEdge(mp, func(a, b orb.Point) { c.walk(l.nearest(a), l.nearest(b)) })
	}
	return c
}

func diffChains(want, got chain) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(latticePoint{}))
}

// Each shape keeps exactly the border that moving its points gives it, so what two
// shapes have in common they still have in common; and both name the same points of it.
func TestThinKeepsCommonBorders(t *testing.T) {
	in := shapesOf(wavy(6, 7, 40))
	for _, cells := range []int{40, 100, 300, 1000, 3000, 100000} {
		t.Run(strconv.Itoa(cells), func(t *testing.T) {
			l := newLattice(in, cells)
			out := Thin(in, cells)
			edges := map[[2]orb.Point]int{} // walked this way minus the other way
			before, after := 0, 0
			for i, mp := range out {
				if diff := diffChains(border(l, in[i]), border(l, mp)); diff != "" {
					t.Fatalf("shape %d has another border: -want +got\n%s", i, diff)
				}
				eachEdge(in[i], func(orb.Point, orb.Point) { before++ })
				eachEdge(mp, func(a, b orb.Point) {
					after++
					edges[[2]orb.Point{a, b}]++
					edges[[2]orb.Point{b, a}]--
				})
			}
			outer := chain{} // what is left when edges of two shapes cancel
			for e, n := range edges {
				for range n {
					outer.walk(l.nearest(e[0]), l.nearest(e[1]))
				}
			}
			if diff := diffChains(border(l, in...), outer); diff != "" {
				t.Errorf("neighbours name different points of their common border: -want +got\n%s", diff)
			}
			if cells <= 100 && after > before/2 {
				t.Errorf("%d of %d edges are left", after, before)
			}
			requireAreasKept(t, l, in, out)
		})
	}
}

// requireAreasKept: when the ends of an edge move by at most d, it sweeps no more than
// d times the mean of its lengths before and after, and d².
func requireAreasKept(t *testing.T, l lattice, in, out []orb.MultiPolygon) {
	t.Helper()
	d := math.Sqrt2 / 2 * l.m / l.scale
	for i := range in {
		limit, before, after := 0.0, 0.0, 0.0
		eachEdge(in[i], func(a, b orb.Point) {
			limit += d*(math.Hypot(a[0]-b[0], a[1]-b[1])+d) + d*d
		})
		for _, poly := range in[i] {
			before += planarArea(poly[0])
		}
		for _, poly := range out[i] {
			after += planarArea(poly[0])
		}
		if math.Abs(before-after) > limit {
			t.Errorf("shape %d: area %v became %v, at most %v was to change", i, before, after, limit)
		}
	}
}

// drawn turns bytes into shapes: a pair is a point, or begins a ring, polygon or shape.
func drawn(data []byte) []orb.MultiPolygon {
	out := []orb.MultiPolygon{{{{}}}}
	for pair := range slices.Chunk(data, 2) {
		mp := &out[len(out)-1]
		poly := &(*mp)[len(*mp)-1]
		ring := &(*poly)[len(*poly)-1]
		switch {
		case len(pair) < 2:
		case pair[0] == 253:
			*poly = append(*poly, orb.Ring{})
		case pair[0] == 254:
			*mp = append(*mp, orb.Polygon{{}})
		case pair[0] == 255:
			out = append(out, orb.MultiPolygon{{{}}})
		default:
			*ring = append(*ring, orb.Point{114 + float64(pair[0])/1000, 30 + float64(pair[1])/1000})
		}
	}
	return out
}

// FuzzThin: whatever the shapes, nothing is lost and all points are on the lattice.
func FuzzThin(f *testing.F) {
	f.Add([]byte{}, uint16(0))
	f.Add([]byte{0, 0, 9, 0, 9, 9, 0, 9, 255, 0, 9, 0, 9, 9, 9, 20, 0, 20, 0, 0}, uint16(10)) // neighbours
	f.Add([]byte{0, 0, 90, 0, 90, 90, 0, 90, 253, 0, 30, 30, 30, 60, 60, 30, 254, 0, 99, 99}, uint16(7))
	rng := rand.New(rand.NewPCG(15, 16))
	for n := range 6 {
		scribbles := make([]byte, 30*n)
		for i := range scribbles {
			scribbles[i] = byte(rng.IntN(256))
		}
		f.Add(scribbles, uint16(40*n))
	}
	f.Fuzz(func(t *testing.T, data []byte, cells uint16) {
		in := drawn(data)
		l := newLattice(in, int(cells))
		out := Thin(in, int(cells))
		if len(out) != len(in) {
			t.Fatalf("%d shapes became %d", len(in), len(out))
		}
		for i, mp := range out {
			hasPoints := slices.ContainsFunc(in[i], func(p orb.Polygon) bool { return len(p[0]) > 0 })
			if (len(mp) > 0) != hasPoints {
				t.Fatalf("shape %d: %v became %v", i, in[i], mp)
			}
			for _, poly := range mp {
				for _, ring := range poly {
					if len(ring) < 4 || ring[0] != ring[len(ring)-1] || planarArea(ring) == 0 {
						t.Fatalf("shape %d: ring %v", i, ring)
					}
					for k, p := range ring {
						if p != l.point(l.nearest(p)) || k > 0 && p == ring[k-1] {
							t.Fatalf("shape %d: point %v", i, p)
						}
					}
				}
			}
		}
		if again := Thin(in, int(cells)); !slices.EqualFunc(out, again, orb.MultiPolygon.Equal) {
			t.Fatal("a second run gives another result")
		}
	})
}

// TestThinnedMapsAreSmall: a map as wide as a screen costs no more than a picture.
func TestThinnedMapsAreSmall(t *testing.T) {
	for _, tt := range []struct {
		name string
		opt  ReadOptions
		path []string
		n    int
	}{
		{"74 streets of Shenzhen", ReadOptions{CRS: WGS84, CodeProp: "NAME", NameProp: "NAME"}, []string{"shenzhen", "深圳街道.geojson"}, 74},
		{"71 community districts of New York", ReadOptions{CRS: WGS84, CodeProp: "BoroCD"}, []string{"nyc", "community-districts.geojson"}, 71},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs := readReal(t, tt.opt, tt.path...)
			in := shapesOf(fs)
			out := Thin(in, 1000)
			var regions []MapFeature
			var before, after int
			for i, f := range fs {
				regions = append(regions, MapFeature{Code: f.Code, Name: f.Name, Shape: out[i]})
				eachEdge(in[i], func(orb.Point, orb.Point) { before++ })
				eachEdge(out[i], func(orb.Point, orb.Point) { after++ })
			}
			var plain, packed bytes.Buffer
			if err := WriteMap(&plain, regions); err != nil {
				t.Fatal(err)
			}
			z := gzip.NewWriter(&packed)
			if _, err := z.Write(plain.Bytes()); err != nil || z.Close() != nil {
				t.Fatal(err)
			}
			t.Logf("%d points, %d after; %d bytes, %d compressed", before, after, plain.Len(), packed.Len())
			if len(regions) != tt.n || packed.Len() > 150_000 {
				t.Errorf("%d regions, %d bytes compressed; want %d and at most 150,000", len(regions), packed.Len(), tt.n)
			}
			var back struct {
				Features []struct {
					Geometry struct{ Coordinates [][][][2]float64 }
				}
			}
			if err := json.Unmarshal(plain.Bytes(), &back); err != nil || len(back.Features) != tt.n {
				t.Fatalf("%d features, %v", len(back.Features), err)
			}
		})
	}
}

func BenchmarkThin(b *testing.B) {
	in := shapesOf(wavy(30, 33, 15)) // 990 shapes of 60 points: the most a map shows
	b.ReportAllocs()
	for b.Loop() {
		Thin(in, 1000)
	}
}
