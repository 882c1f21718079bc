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

func BenchmarkLocate(b *testing.B) {
	fs, points := benchLayer()
	ix := NewIndex(fs)
	b.Run("raster index", func(b *testing.B) {
		n, i := 0, 0
		for b.Loop() {
			p := points[i&(len(points)-1)]
			if _, ok := ix.Locate(p[0], p[1]); ok {
				n++
			}
			i++
		}
		reportRate(b, n)
	})
	b.Run("orb with R-tree", func(b *testing.B) {
		tree := newRTree(fs)
		n, i := 0, 0
		for b.Loop() {
			if tree.locate(points[i&(len(points)-1)]) >= 0 {
				n++
			}
			i++
		}
		reportRate(b, n)
	})
}

func reportRate(b *testing.B, inside int) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
	b.ReportMetric(100*float64(inside)/float64(b.N), "%inside")
}

func BenchmarkNewIndex(b *testing.B) {
	fs, _ := benchLayer()
	b.ReportAllocs()
	for b.Loop() {
		NewIndex(fs)
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ix := NewIndex(fs)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
	runtime.KeepAlive(ix)
}

func BenchmarkAudit(b *testing.B) {
	fs, _ := benchLayer()
	for b.Loop() {
		Audit(fs)
	}
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
