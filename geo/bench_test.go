package geo

import (
	"cmp"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// benchLayer has 3,080 features of 60 vertices.
func benchLayer() ([]Feature, []orb.Point) {
	fs := wavy(55, 56, 15)
	bound, _ := Bound(fs)
	rng := rand.New(rand.NewPCG(1, 1))
	points := make([]orb.Point, 1<<18)
	for i := range points {
		points[i] = orb.Point{
			bound.Min[0] + rng.Float64()*(bound.Max[0]-bound.Min[0]),
			bound.Min[1] + rng.Float64()*(bound.Max[1]-bound.Min[1]),
		}
	}
	return fs, points
}

// largeLayer has 20,022 features of the given number of vertices, and points in it.
func largeLayer(vertices int) ([]Feature, []orb.Point) {
	fs := wavy(141, 142, vertices/4)
	bound, _ := Bound(fs)
	rng := rand.New(rand.NewPCG(2, 2))
	points := make([]orb.Point, 1<<18)
	for i := range points {
		points[i] = orb.Point{
			bound.Min[0] + rng.Float64()*(bound.Max[0]-bound.Min[0]),
			bound.Min[1] + rng.Float64()*(bound.Max[1]-bound.Min[1]),
		}
	}
	return fs, points
}

// Limits, on one thread of the machine of docs/performance.md: 15 M points a second and
// 30 times the R-tree of the same run.
func BenchmarkLocate(b *testing.B) {
	fs, points := benchLayer()
	ix := NewIndex(fs)
	b.Run("raster index", func(b *testing.B) {
		benchLocate(b, points, func(p orb.Point) bool { _, ok := ix.Locate(p[0], p[1]); return ok })
		limit(b, 15, "Mpoints/s")
	})
	b.Run("orb with R-tree", func(b *testing.B) {
		tree := newRTree(fs)
		benchLocate(b, points, func(p orb.Point) bool { return tree.locate(p) >= 0 })
	})
}

// Limit: 4 M points a second on 20,000 features of 300 vertices.
func BenchmarkLocateLarge(b *testing.B) {
	fs, points := largeLayer(300)
	ix := NewIndex(fs)
	fs = nil
	runtime.GC()
	benchLocate(b, points, func(p orb.Point) bool { _, ok := ix.Locate(p[0], p[1]); return ok })
	limit(b, 4, "Mpoints/s")
}

func benchLocate(b *testing.B, points []orb.Point, locate func(orb.Point) bool) {
	n, i := 0, 0
	for b.Loop() {
		if locate(points[i&(len(points)-1)]) {
			n++
		}
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
	b.ReportMetric(100*float64(n)/float64(b.N), "%inside")
}

// limit sets a bound beside a measure of the same unit.
func limit(b *testing.B, value float64, unit string) { b.ReportMetric(value, unit+"-limit") }

func BenchmarkNewIndex(b *testing.B) {
	fs, _ := benchLayer()
	benchNewIndex(b, fs)
}

// Limits: 1.5 s and 150 MB for 20,000 features of 60 vertices.
func BenchmarkNewIndexLarge(b *testing.B) {
	fs, _ := largeLayer(60)
	benchNewIndex(b, fs)
	limit(b, 1.5, "s")
	limit(b, 150, "MB")
}

func benchNewIndex(b *testing.B, fs []Feature) {
	b.ReportAllocs()
	for b.Loop() {
		NewIndex(fs)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ix := NewIndex(fs)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	runtime.KeepAlive(ix)
}

func BenchmarkAudit(b *testing.B) {
	fs, _ := benchLayer()
	for b.Loop() {
		Audit(fs)
	}
}

// Limit: 20 s to audit and index 20,000 features, with the loading of the file.
func BenchmarkAuditLarge(b *testing.B) {
	fs, _ := largeLayer(60)
	for b.Loop() {
		Audit(fs)
		NewIndex(fs)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
	limit(b, 20, "s")
}

// Without a limit of its own: it is done once for a zoom, in the time of a page.
func BenchmarkSimplify(b *testing.B) {
	fs, _ := benchLayer()
	shapes := shapesOf(fs)
	left := 0
	for b.Loop() {
		left = vertexCount(Simplify(shapes, 20)...)
	}
	b.ReportMetric(100*float64(left)/float64(vertexCount(shapes...)), "%left")
}

// Limit: 30 ms for a tile of as many features as a tile may show, not simplified.
func BenchmarkTile(b *testing.B) {
	fs, _ := benchLayer()
	bound, _ := Bound(fs)
	z := uint32(8)
	u, v := tileOf(bound.Center(), z)
	features := make([]TileFeature, MostTileFeatures)
	for i := range features {
		features[i] = TileFeature{Code: fs[i].Code, Name: "网格", Shape: fs[i].Shape}
	}
	for b.Loop() {
		if _, err := Tile("grid", features, z, uint32(u), uint32(v)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(1e3*b.Elapsed().Seconds()/float64(b.N), "ms")
	limit(b, 30, "ms")
}

// rTree is a sort-tile-recursive R-tree over the boxes of features: what one would
// build from orb's parts, as the limit to beat.
type rTree struct {
	bound    orb.Bound
	shape    orb.MultiPolygon // of a leaf
	feature  int
	children []rTree
}

func newRTree(fs []Feature) rTree {
	leaves := make([]rTree, len(fs))
	for i, f := range fs {
		leaves[i] = rTree{bound: f.Shape.Bound(), shape: f.Shape, feature: i}
	}
	return packRTree(leaves, 0)
}

func packRTree(nodes []rTree, axis int) rTree {
	t := rTree{bound: nodes[0].bound}
	for _, n := range nodes {
		t.bound = t.bound.Union(n.bound)
	}
	const fan = 8
	if len(nodes) <= fan {
		t.children = nodes
		return t
	}
	slices.SortFunc(nodes, func(a, b rTree) int {
		return cmp.Compare(a.bound.Center()[axis], b.bound.Center()[axis])
	})
	for part := range slices.Chunk(nodes, (len(nodes)+fan-1)/fan) {
		t.children = append(t.children, packRTree(part, 1-axis))
	}
	return t
}

func (t *rTree) locate(p orb.Point) int {
	if !t.bound.Contains(p) {
		return -1
	}
	if t.shape != nil && planar.MultiPolygonContains(t.shape, p) {
		return t.feature
	}
	for i := range t.children {
		if f := t.children[i].locate(p); f >= 0 {
			return f
		}
	}
	return -1
}
