package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

func withShapes(fs []Feature, shapes []orb.MultiPolygon) []Feature {
	out := make([]Feature, len(fs))
	for i, f := range fs {
		f.Shape = shapes[i]
		out[i] = f
	}
	return out
}

func vertexCount(shapes ...orb.MultiPolygon) int {
	n := 0
	for _, mp := range shapes {
		for _, poly := range mp {
			for _, ring := range poly {
				n += len(ring) - 1
			}
		}
	}
	return n
}

// neighbours lists the pairs of shapes that have an edge in common, by comparing
// vertices.
func neighbours(shapes []orb.MultiPolygon) map[[2]int]bool {
	owners := map[edge][]int{}
	for i, mp := range shapes {
		eachEdge(mp, func(a, b orb.Point) {
			if before(b, a) {
				a, b = b, a
			}
			owners[edge{a, b}] = append(owners[edge{a, b}], i)
		})
	}
	out := map[[2]int]bool{}
	for _, who := range owners {
		for i, f := range who {
			for _, g := range who[i+1:] {
				out[[2]int{min(f, g), max(f, g)}] = true
			}
		}
	}
	return out
}

// farthestM is how far in metres the vertices of one set of borders lie from the other.
func farthestM(from, to orb.MultiPolygon) float64 {
	far := 0.0
	for _, poly := range from {
		for _, ring := range poly {
			for _, p := range ring {
				perLon, perLat := metresPer(p[1])
				near := math.Inf(1)
				eachEdge(to, func(a, b orb.Point) { near = min(near, distanceM(a, b, p, perLon, perLat)) })
				far = max(far, near)
			}
		}
	}
	return far
}

// requireSamePartition checks what Simplify promises of a sound tessellation.
func requireSamePartition(t *testing.T, fs []Feature, toleranceM float64) []Feature {
	t.Helper()
	given := shapesOf(fs)
	shapes := Simplify(given, toleranceM)
	total, was := 0.0, 0.0
	for i, mp := range shapes {
		if len(mp) != len(given[i]) {
			t.Fatalf("feature %d: %d polygons, had %d", i, len(mp), len(given[i]))
		}
		if err := validElsewhere(t, mp); err != nil {
			t.Fatalf("feature %d is no longer valid: %v", i, err)
		}
		a, b := AreaM2(mp), AreaM2(given[i])
		if math.Abs(a-b) > 1e-6*b+straightM*100 {
			t.Errorf("feature %d: %.3f m², had %.3f", i, a, b)
		}
		total, was = total+a, was+b
		// The distance of the farthest points of two lines is at vertices of one of them;
		// scales differ a little between the latitudes of an arc and of a point.
		if d := max(farthestM(mp, given[i]), farthestM(given[i], mp)); d > toleranceM*1.002 {
			t.Errorf("feature %d: a border moved by %.3f m, allowed %.3f", i, d, toleranceM)
		}
	}
	if math.Abs(total-was) > 1e-6*was {
		t.Errorf("total area %.3f m², had %.3f", total, was)
	}
	had, have := neighbours(given), neighbours(shapes)
	for pair := range had {
		if !have[pair] {
			t.Errorf("%v are no longer neighbours", pair)
		}
	}
	for pair := range have {
		if !had[pair] {
			t.Errorf("%v have become neighbours", pair)
		}
	}
	return withShapes(fs, shapes)
}

func TestSimplifyKeepsThePartition(t *testing.T) {
	for _, tt := range []struct {
		rows, cols, perSide int
		toleranceM          float64
		most                float64 // vertices left, of those given
	}{
		{6, 6, 40, 0.5, 0.9},
		{6, 6, 40, 5, 0.4},
		{5, 7, 60, 30, 0.2},
		{5, 5, 60, 300, 0.12},
		{4, 4, 30, 5000, 0.12},
	} {
		t.Run(fmt.Sprintf("%d×%d×%d by %g m", tt.rows, tt.cols, tt.perSide, tt.toleranceM), func(t *testing.T) {
			fs := wavy(tt.rows, tt.cols, tt.perSide)
			out := requireSamePartition(t, fs, tt.toleranceM)
			n, was := vertexCount(shapesOf(out)...), vertexCount(shapesOf(fs)...)
			t.Logf("%d of %d vertices left", n, was)
			if float64(n) > tt.most*float64(was) {
				t.Errorf("%d of %d vertices left, want at most %.0f %%", n, was, 100*tt.most)
			}
			requireOneOwner(t, out, tt.rows, tt.cols)
		})
	}
}

// requireOneOwner looks at random points and points on borders away from the outermost
// border: each has exactly one owner by the exact rule.
func requireOneOwner(t *testing.T, fs []Feature, rows, cols int) {
	t.Helper()
	for _, f := range Audit(fs) {
		t.Errorf("audit: %s", f.Text())
	}
	ix := NewIndex(fs)
	rng := rand.New(rand.NewPCG(11, 12))
	var inner []Feature
	for r := 1; r < rows-1; r++ {
		inner = append(inner, fs[r*cols+1:r*cols+cols-1]...)
	}
	bound, _ := Bound(inner)
	points := onBorders(inner, rng, 2000)
	for range 5000 {
		points = append(points, orb.Point{
			bound.Min[0] + (0.3+0.4*rng.Float64())*(bound.Max[0]-bound.Min[0]),
			bound.Min[1] + (0.3+0.4*rng.Float64())*(bound.Max[1]-bound.Min[1]),
		})
	}
	for _, p := range points {
		if h := ix.Find(p[0], p[1]); h.How != Inside {
			t.Fatalf("point %v: %+v, want exactly one owner", p, h)
		}
	}
}

// Streets of a real city: shared borders, gaps, islands.
func TestSimplifyRealStreets(t *testing.T) {
	fs := readReal(t, ReadOptions{CRS: WGS84, CodeProp: "NAME", NameProp: "NAME"}, "shenzhen", "深圳街道.geojson")
	for _, toleranceM := range []float64{50} {
		out := requireSamePartition(t, fs, toleranceM)
		n, was := vertexCount(shapesOf(out)...), vertexCount(shapesOf(fs)...)
		t.Logf("%g m: %d of %d vertices left", toleranceM, n, was)
		if n > was/4 {
			t.Errorf("%g m: %d of %d vertices left", toleranceM, n, was)
		}
		if overlaps := auditOverlaps(out); len(overlaps) > 0 {
			t.Errorf("%g m: %s", toleranceM, overlaps[0].Text())
		}
	}
}

func TestSimplifyByHand(t *testing.T) {
	square := orb.Ring{{110, 30}, {110.01, 30}, {110.01, 30.01}, {110, 30.01}, {110, 30}}
	straight := orb.Ring{{110, 30}, {110.005, 30}, {110.01, 30}, {110.01, 30.005}, {110.01, 30.01}, {110, 30.01}, {110, 30}}
	// Two shapes that share a whole ring: a hole and what fills it.
	hole := orb.Ring{{110.002, 30.002}, {110.002, 30.008}, {110.005, 30.00800001}, {110.008, 30.008}, {110.008, 30.002}, {110.002, 30.002}}
	filled := orb.Ring{{110.008, 30.002}, {110.008, 30.008}, {110.005, 30.00800001}, {110.002, 30.008}, {110.002, 30.002}, {110.008, 30.002}}
	nan := math.NaN()
	for _, tt := range []struct {
		name      string
		in        []orb.MultiPolygon
		tolerance float64
		vertices  []int // left of each shape
	}{
		{"nothing", nil, 10, nil},
		{"no shape", []orb.MultiPolygon{nil, {}}, 10, []int{0, 0}},
		{"a square stays one", []orb.MultiPolygon{{{square}}}, 10, []int{4}},
		{"vertices on straight sides go", []orb.MultiPolygon{{{straight}}}, 1, []int{4}},
		{"a ring of straight sides that nothing shares, much allowed", []orb.MultiPolygon{{{straight}}}, 1e6, []int{3}},
		{"a hole and what fills it", []orb.MultiPolygon{{{square, hole}}, {{filled}}}, 1, []int{8, 4}},
		{"nothing allowed", []orb.MultiPolygon{{{straight}}}, 0, []int{6}},
		{"no tolerance", []orb.MultiPolygon{{{straight}}}, nan, []int{6}},
		{"too few points", []orb.MultiPolygon{{{{{110, 30}, {111, 30}, {110, 30}}}}, {{square}}}, 1, []int{0, 4}},
		{"not a number", []orb.MultiPolygon{{{{{110, 30}, {nan, 30}, {110, 31}, {110, 30}}, square}}}, 1, []int{0}},
		{"an open ring", []orb.MultiPolygon{{{straight[:6]}}}, 1, []int{4}},
		{"repeated points, nothing else to do", []orb.MultiPolygon{{{{{110, 30}, {110, 30}, {110.01, 30}, {110.01, 30.01}, {110.01, 30.01}, {110, 30}}}}}, 1, []int{5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := Simplify(tt.in, tt.tolerance)
			if len(out) != len(tt.vertices) {
				t.Fatalf("%d shapes, want %d", len(out), len(tt.vertices))
			}
			for i, mp := range out {
				if n := vertexCount(mp); n != tt.vertices[i] {
					t.Errorf("shape %d has %d vertices, want %d: %v", i, n, tt.vertices[i], mp)
				}
			}
		})
	}
	out := Simplify([]orb.MultiPolygon{{{square, hole}}, {{filled}}}, 1)
	if !neighbours(out)[[2]int{0, 1}] {
		t.Errorf("the hole %v is no longer what fills it %v", out[0][0][1], out[1][0][0])
	}
}

// A narrow shape between two others is squeezed neither flat nor through its neighbours.
func TestSimplifyKeepsNarrowShapes(t *testing.T) {
	// A ribbon about 3 m wide along a sine, and the land on either side.
	var low, high orb.Ring
	for i := range 200 {
		x := float64(i) / 199
		y := 0.002 * math.Sin(20*x)
		low = append(low, orb.Point{110 + 0.02*x, 30 + y})
		high = append(high, orb.Point{110 + 0.02*x, 30 + y + 3e-5})
	}
	reversed := func(r orb.Ring) orb.Ring {
		r = r.Clone()
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		return r
	}
	ring := func(r orb.Ring) orb.MultiPolygon { return orb.MultiPolygon{{append(r, r[0])}} }
	fs := []Feature{
		{Code: "ribbon", Row: 1, Shape: ring(append(low.Clone(), reversed(high)...))},
		{Code: "south", Row: 2, Shape: ring(append(reversed(low), orb.Point{110, 29.99}, orb.Point{110.02, 29.99}))},
		{Code: "north", Row: 3, Shape: ring(append(high.Clone(), orb.Point{110.02, 30.01}, orb.Point{110, 30.01}))},
	}
	for _, toleranceM := range []float64{1, 20, 400} {
		out := requireSamePartition(t, fs, toleranceM)
		for _, f := range Audit(out) {
			t.Errorf("%g m: %s", toleranceM, f.Text())
		}
	}
}

// Borders that are near each other without being shared: neighbours digitised each for
// themselves, some metres apart, and small holes in the bends of an outline. However much
// is allowed, none passes over another.
func TestSimplifyDoesNotPassOverOthers(t *testing.T) {
	wave := func(n int, phase, up float64) (r orb.Ring) {
		for i := range n {
			x := (float64(i) + phase) / float64(n)
			r = append(r, orb.Point{110 + 0.02*x, 30 + 0.0005*math.Sin(60*x) + up})
		}
		return r
	}
	north := append(wave(300, 0.5, 3e-5), orb.Point{110.02, 30.01}, orb.Point{110, 30.01})
	south := wave(211, 0.2, 0)
	for i, j := 0, len(south)-1; i < j; i, j = i+1, j-1 {
		south[i], south[j] = south[j], south[i]
	}
	south = append(south, orb.Point{110, 29.99}, orb.Point{110.02, 29.99})
	poly := orb.Polygon{append(north, north[0])}
	for k := range 10 { // 6 m above the border where it is lowest: sin(60 x) = −1
		x := (1.5 + 2*float64(k)) * math.Pi / 60
		p := orb.Point{110 + 0.02*x, 30 - 0.0005 + 3e-5 + 6e-5}
		if x > 1 {
			break
		}
		poly = append(poly, orb.Ring{p, {p[0], p[1] + 1e-5}, {p[0] + 1e-5, p[1] + 1e-5}, {p[0] + 1e-5, p[1]}, p})
	}
	fs := []Feature{
		{Code: "north", Row: 1, Shape: orb.MultiPolygon{poly}},
		{Code: "south", Row: 2, Shape: orb.MultiPolygon{{append(south, south[0])}}},
	}
	if len(poly) < 9 || len(failures(Audit(fs))) > 0 || len(auditOverlaps(fs)) > 0 {
		t.Fatalf("%d rings, %v: not what is to be tested", len(poly), Audit(fs))
	}
	for _, toleranceM := range []float64{5, 60, 500} {
		out := requireSamePartition(t, fs, toleranceM)
		if n, was := vertexCount(shapesOf(out)...), vertexCount(shapesOf(fs)...); n > was*9/10 {
			t.Errorf("%g m: %d of %d vertices left", toleranceM, n, was)
		}
		for _, f := range append(failures(Audit(out)), auditOverlaps(out)...) {
			t.Errorf("%g m: %s", toleranceM, f.Text())
		}
	}
}

// A ring that walks out along another's border and back is not taken for that border.
func TestSimplifyLeavesASpikeAlone(t *testing.T) {
	n, u, v, w := orb.Point{110, 30}, orb.Point{110.01, 30.001}, orb.Point{110.02, 30}, orb.Point{110.03, 30.02}
	middle := orb.Point{110.015, 30.01} // of w and n: goes, so that the border is another
	border := orb.MultiPolygon{{{n, u, v, w, middle, n}}}
	spike := orb.MultiPolygon{{{n, u, v, u, n, {109.99, 30}, {109.99, 29.99}, n}}}
	for i, in := range [][]orb.MultiPolygon{{border, spike}, {spike, border}} {
		out := Simplify(in, 1)
		if !out[1-i].Equal(spike) {
			t.Errorf("the spike has become %v", out[1-i])
		}
		if k := vertexCount(out[i]); k != 4 {
			t.Errorf("the border has %d vertices, want 4", k)
		}
	}
}

// What is narrower than a straight line may waver stays a shape all the same.
func TestSimplifyKeepsASliver(t *testing.T) {
	p, q := orb.Point{110, 30}, orb.Point{110.01, 30}
	low, high := orb.Point{110.005, 30 - 4e-9}, orb.Point{110.005, 30 + 4e-9} // 0.4 mm off
	in := []orb.MultiPolygon{
		{{{p, low, q, high, p}}},
		{{{p, {110.005, 29.99}, q, low, p}}},
		{{{q, {110.005, 30.01}, p, high, q}}},
	}
	out := Simplify(in, 1)
	if a := AreaM2(out[0]); a < 0.1 || a > 1 || vertexCount(out[0]) != 3 {
		t.Errorf("%v with %.3f m², had %.3f; want one vertex gone", out[0], a, AreaM2(in[0]))
	}
	for pair := range neighbours(in) {
		if !neighbours(out)[pair] {
			t.Errorf("%v are no longer neighbours: %v", pair, out)
		}
	}
}

// Shapes that cross themselves and each other are simplified too, without harm.
func TestSimplifySurvivesScribbles(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(81, seed))
		lattice := []int{0, 4, 7}[seed%3]
		var in []orb.MultiPolygon
		for range 3 {
			in = append(in, orb.MultiPolygon{{scribble(rng, 3+rng.IntN(40), lattice), scribble(rng, 5, lattice)}})
		}
		given := make([]orb.MultiPolygon, len(in))
		for i := range in {
			given[i] = in[i].Clone()
		}
		out := Simplify(in, []float64{1, 300, 1e5}[rng.IntN(3)])
		for i, mp := range out {
			if !mp.Equal(given[i]) && !in[i].Equal(given[i]) {
				t.Fatal("the shapes given have changed")
			}
			for _, poly := range mp {
				for _, r := range poly {
					if len(r) < 4 || r[0] != r[len(r)-1] {
						t.Fatalf("seed %d: ring %v", seed, r)
					}
				}
			}
		}
		if again := Simplify(given, 300); len(again) != len(given) {
			t.Fatal("not as many shapes")
		}
	}
}
