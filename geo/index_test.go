package geo

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/paulmach/orb"
)

// onBorders returns points on and beside borders: vertices, middles and other points
// of edges as rounded, the neighbours of vertices by one bit, and points level with
// a vertex.
func onBorders(fs []Feature, rng *rand.Rand, n int) []orb.Point {
	var out []orb.Point
	for range n {
		f := fs[rng.IntN(len(fs))]
		if len(f.Shape) == 0 || len(f.Shape[0]) == 0 {
			continue
		}
		ring := f.Shape[rng.IntN(len(f.Shape))][0]
		i := rng.IntN(len(ring))
		a, b := ring[i], ring[(i+1)%len(ring)]
		t := rng.Float64()
		out = append(out, a,
			orb.Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2},
			orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])},
			orb.Point{a[0], b[1]},
			orb.Point{math.Nextafter(a[0], 0), a[1]},
			orb.Point{a[0], math.Nextafter(a[1], 90)})
	}
	return out
}

func inBound(b orb.Bound, rng *rand.Rand, n int) []orb.Point {
	out := make([]orb.Point, n)
	for i := range out {
		out[i] = orb.Point{
			b.Min[0] + (rng.Float64()*1.1-0.05)*(b.Max[0]-b.Min[0]),
			b.Min[1] + (rng.Float64()*1.1-0.05)*(b.Max[1]-b.Min[1]),
		}
	}
	return out
}

// requireBruteForce compares the index with the exact rule on every point; points
// in no feature may be snapped.
func requireBruteForce(t *testing.T, fs []Feature, points []orb.Point) (snapped int) {
	t.Helper()
	ix := NewIndex(fs)
	for _, p := range points {
		best, n := -1, 0
		for i, f := range fs {
			if !bruteInside(f.Shape, p) {
				continue
			}
			n++
			if best < 0 || AreaM2(f.Shape) < AreaM2(fs[best].Shape) {
				best = i
			}
		}
		want := Hit{best, []How{Nowhere, Inside, Overlapped}[min(n, 2)]}
		got := ix.Find(p[0], p[1])
		if n == 0 && got.How == Snapped {
			snapped++
			continue
		}
		if got != want {
			t.Fatalf("point %v: got %+v, the exact rule says %+v", p, got, want)
		}
	}
	return snapped
}

func TestIndexEqualsExactRule(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cases := map[string][]Feature{
		"wavy tessellation": wavy(6, 7, 5),
		"one feature":       wavy(1, 1, 3),
	}
	for _, lattice := range []int{0, 5, 9} {
		for _, n := range []int{3, 7, 60} {
			var fs []Feature
			for i := range 4 {
				fs = append(fs, Feature{Code: string(rune('a' + i)), Shape: orb.MultiPolygon{
					{scribble(rng, n, lattice), scribble(rng, n, lattice)}, {scribble(rng, n, lattice)},
				}})
			}
			cases["overlapping scribbles, lattice "+string(rune('0'+lattice))+", vertices "+string(rune('0'+n))] = fs
		}
	}
	far := wavy(3, 3, 4)
	cases["an outlier far away"] = append(far, Feature{Code: "z", Shape: orb.MultiPolygon{{{{0, 0}, {1e-3, 0}, {0, 1e-3}, {0, 0}}}}})
	var star []Feature // a hundred features that meet in one point
	for i := range 100 {
		s0, c0 := math.Sincos(2 * math.Pi * float64(i) / 100)
		s1, c1 := math.Sincos(2 * math.Pi * float64((i+1)%100) / 100)
		star = append(star, Feature{Code: "s", Shape: orb.MultiPolygon{{{{110, 30}, {110 + c0, 30 + s0}, {110 + c1, 30 + s1}, {110, 30}}}}})
	}
	cases["a star of a hundred"] = star
	var nested []Feature // more than leafFeatures over one point
	for i := range 150 {
		d := float64(i+1) / 100
		nested = append(nested, Feature{Shape: orb.MultiPolygon{{{{110 - d, 30 - d}, {110 + d, 30 - d}, {110 + d, 30 + d}, {110 - d, 30 + d}, {110 - d, 30 - d}}}}})
	}
	cases["a hundred and fifty nested"] = nested
	for name, fs := range cases {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			bound, _ := Bound(fs)
			points := append(inBound(bound, rng, 150), onBorders(fs, rng, 30)...)
			requireBruteForce(t, fs, points)
		})
	}
}

// Every point inside the outer border of a tessellation has exactly one owner, also
// on the shared borders and corners.
func TestNoHolesAndNoDoublesInTessellation(t *testing.T) {
	const rows, cols = 24, 24
	fs := wavy(rows, cols, 15)
	ix := NewIndex(fs)
	rng := rand.New(rand.NewPCG(5, 6))
	var inner []Feature // not at the outermost border
	for r := 1; r < rows-1; r++ {
		inner = append(inner, fs[r*cols+1:r*cols+cols-1]...)
	}
	for _, p := range onBorders(inner, rng, 70_000) {
		if h := ix.Find(p[0], p[1]); h.How != Inside {
			t.Fatalf("point %v on a shared border: %+v", p, h)
		}
	}
}

func TestPointOnSharedBorderBelongsToEastAndNorth(t *testing.T) {
	square := func(code string, x, y float64) Feature {
		return Feature{Code: code, Shape: orb.MultiPolygon{{{{x, y}, {x + 1, y}, {x + 1, y + 1}, {x, y + 1}, {x, y}}}}}
	}
	fs := []Feature{square("sw", 110, 30), square("se", 111, 30), square("nw", 110, 31), square("ne", 111, 31)}
	ix := NewIndex(fs)
	for _, tt := range []struct {
		name     string
		lon, lat float64
		want     string
		how      How
	}{
		{"inside", 110.5, 30.5, "sw", Inside},
		{"border between west and east", 111, 30.5, "se", Inside},
		{"border between south and north", 110.5, 31, "nw", Inside},
		{"the common corner", 111, 31, "ne", Inside},
		{"south-west corner of all", 110, 30, "sw", Inside},
		{"outermost border in the west", 110, 30.5, "sw", Inside},
		{"outermost border in the east", 112, 30.5, "se", Snapped},
		{"outermost border in the north", 110.5, 32, "nw", Snapped},
		{"north-east corner of all", 112, 32, "ne", Snapped},
		{"5 mm outside", 112 + 5e-8, 30.5, "se", Snapped},
		{"2 cm outside", 112 + 2e-7, 30.5, "", Nowhere},
		{"far outside", 120, 30.5, "", Nowhere},
		{"not a number", math.NaN(), 30.5, "", Nowhere},
		{"not a latitude", 110.5, math.NaN(), "", Nowhere},
		{"infinite", math.Inf(1), math.Inf(-1), "", Nowhere},
		{"huge", 1e308, -1e308, "", Nowhere},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := ix.Find(tt.lon, tt.lat)
			if h.How != tt.how {
				t.Fatalf("got %+v, want how %d", h, tt.how)
			}
			i, ok := ix.Locate(tt.lon, tt.lat)
			if i != h.Feature || ok != (tt.how != Nowhere) {
				t.Errorf("Locate gives %d, %v, Find %+v", i, ok, h)
			}
			if ok && fs[i].Code != tt.want {
				t.Errorf("got %q, want %q", fs[i].Code, tt.want)
			}
		})
	}
}

func TestOverlapGoesToSmallerAreaThenCode(t *testing.T) {
	square := func(code string, d float64) Feature {
		return Feature{Code: code, Shape: orb.MultiPolygon{{{{110, 30}, {110 + d, 30}, {110 + d, 30 + d}, {110, 30 + d}, {110, 30}}}}}
	}
	fs := []Feature{square("district", 4), square("b", 1), square("a", 1), square("street", 2)}
	ix := NewIndex(fs)
	if h := ix.Find(110.5, 30.5); h != (Hit{2, Overlapped}) {
		t.Errorf("equal areas: got %+v, want the smaller code", h)
	}
	if h := ix.Find(111.5, 30.5); h != (Hit{3, Overlapped}) {
		t.Errorf("different areas: got %+v, want the street", h)
	}
	if h := ix.Find(113, 33); h != (Hit{0, Inside}) {
		t.Errorf("one feature only: got %+v, want the district", h)
	}
}

func TestHoleIsOutside(t *testing.T) {
	ix := NewIndex([]Feature{{Shape: orb.MultiPolygon{{
		{{110, 30}, {114, 30}, {114, 34}, {110, 34}, {110, 30}},
		{{111, 31}, {111, 33}, {113, 33}, {113, 31}, {111, 31}},
	}}}})
	if _, ok := ix.Locate(112, 32); ok {
		t.Error("a point in the hole is inside")
	}
	if _, ok := ix.Locate(110.5, 32); !ok {
		t.Error("a point beside the hole is outside")
	}
}

func TestIndexOfNothingAndOfDamagedShapes(t *testing.T) {
	nan := math.NaN()
	for name, fs := range map[string][]Feature{
		"no features":     nil,
		"no shape":        {{Code: "1"}},
		"empty polygon":   {{Shape: orb.MultiPolygon{{}}}},
		"empty ring":      {{Shape: orb.MultiPolygon{{{}}}}},
		"one point":       {{Shape: orb.MultiPolygon{{{{110, 30}}}}}},
		"a line":          {{Shape: orb.MultiPolygon{{{{110, 30}, {111, 31}, {110, 30}}}}}},
		"not a number":    {{Shape: orb.MultiPolygon{{{{110, 30}, {nan, 31}, {111, 30}, {110, 30}}}}}},
		"off the Earth":   {{Shape: orb.MultiPolygon{{{{1e308, 30}, {-1e308, 31}, {111, 1e300}, {1e308, 30}}}}}},
		"the whole Earth": {{Shape: orb.MultiPolygon{{{{-180, -90}, {-180, -90}}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if h := NewIndex(fs).Find(110.2, 30.1); h != (Hit{-1, Nowhere}) {
				t.Errorf("got %+v, want nowhere", h)
			}
		})
	}
}

func TestIndexServesManyGoroutines(t *testing.T) {
	fs := wavy(10, 10, 6)
	ix := NewIndex(fs)
	bound, _ := Bound(fs)
	points := inBound(bound, rand.New(rand.NewPCG(7, 8)), 2000)
	want := make([]Hit, len(points))
	for i, p := range points {
		want[i] = ix.Find(p[0], p[1])
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, p := range points {
				if got := ix.Find(p[0], p[1]); got != want[i] {
					t.Errorf("point %v: %+v, alone %+v", p, got, want[i])
					return
				}
			}
		})
	}
	wg.Wait()
}

// Points in gaps and beyond the outermost border go to the nearest feature, as measuring
// every edge says.
func TestSnapWithinGoesToTheNearest(t *testing.T) {
	fs := wavy(6, 6, 5)
	fs = append(fs[:14:14], fs[15:]...) // a gap of one feature
	bound, _ := Bound(fs)
	plain := NewIndex(fs)
	for _, reach := range []float64{0.005, 3, 150, 5000} {
		ix := NewIndex(fs, SnapWithin(reach))
		rng := rand.New(rand.NewPCG(41, 42))
		points := append(inBound(bound, rng, 4000), onBorders(fs, rng, 200)...)
		for _, p := range onBorders(fs, rng, 300) { // some metres off a border
			points = append(points, orb.Point{p[0] + 6e-5*(rng.Float64()-0.5), p[1] + 6e-5*(rng.Float64()-0.5)})
		}
		reached := 0
		for _, p := range points {
			want := plain.Find(p[0], p[1])
			got := ix.Find(p[0], p[1])
			if want.How == Nowhere {
				perLon, perLat := metresPer(p[1])
				best := math.Inf(1)
				for i, f := range fs {
					eachEdge(f.Shape, func(a, b orb.Point) {
						if b[1] < a[1] || b[1] == a[1] && b[0] < a[0] {
							a, b = b, a // the same bits for both owners
						}
						d := distanceM(a, b, p, perLon, perLat)
						if d < best || d == best && ix.rank[i] < ix.rank[want.Feature] {
							best, want.Feature = d, i
						}
					})
				}
				if best > reach {
					want = Hit{-1, Nowhere}
				} else {
					want.How = Nearest
					reached++
				}
			}
			if got != want {
				t.Fatalf("within %g m, point %v: %+v, want %+v", reach, p, got, want)
			}
		}
		if (reached == 0) != (reach < snapM) {
			t.Errorf("within %g m: %d points reached", reach, reached)
		}
	}
}

func TestSnapWithinByHand(t *testing.T) {
	// Two squares with a gap of about 9.6 m (0.0001° of longitude at 30°) between them.
	square := func(code string, x, d float64) Feature {
		return Feature{Code: code, Shape: orb.MultiPolygon{{{{x, 30}, {x + d, 30}, {x + d, 30.01}, {x, 30.01}, {x, 30}}}}}
	}
	fs := []Feature{square("big", 110, 0.02), square("small", 110.0201, 0.01)}
	for _, tt := range []struct {
		name     string
		within   float64
		lon, lat float64
		want     Hit
	}{
		{"west of the middle", 5, 110.02004, 30.005, Hit{0, Nearest}},
		{"east of the middle", 5, 110.02006, 30.005, Hit{1, Nearest}},
		{"not so far", 3, 110.02004, 30.005, Hit{-1, Nowhere}},
		{"on the outermost border", 5, 110.0301, 30.005, Hit{1, Snapped}},
		{"beyond the outermost border", 5, 110.03014, 30.005, Hit{1, Nearest}},
		{"a kilometre away", 2000, 110.04, 30.005, Hit{1, Nearest}},
		{"a kilometre away, less allowed", 900, 110.04, 30.005, Hit{-1, Nowhere}},
		{"inside", 5, 110.01, 30.005, Hit{0, Inside}},
		{"not a number", 5, math.NaN(), 30.005, Hit{-1, Nowhere}},
		{"no place on the Earth", 1e12, 400, 30.005, Hit{-1, Nowhere}},
		{"any distance, from the west", math.Inf(1), -60, -30, Hit{0, Nearest}},
		{"no distance", math.NaN(), 110.02004, 30.005, Hit{-1, Nowhere}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewIndex(fs, SnapWithin(tt.within)).Find(tt.lon, tt.lat); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}
