package geo

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

const (
	leafEdges = 32   // a cell with more edges is divided
	minCell   = 4e-6 // degrees; a cell is never smaller, so that snap sees all it must
	edgePad   = 1e-6 // of a cell: how much wider an edge is taken than it is
)

// NewIndex builds the index of a layer from the Code and Shape of its features,
// which must be in WGS-84. Inside is decided by the even–odd rule over all rings
// of a feature, whether they are sound or not; a ring with a coordinate that is no
// place on the Earth is left out. Building takes about a second a million edges.
func NewIndex(fs []Feature, opts ...IndexOption) *Index {
	b := indexBuilder{ix: &Index{rank: make([]int32, len(fs))}}
	for _, opt := range opts {
		opt(b.ix)
	}
	b.rankFeatures(fs)
	b.collectEdges(fs)
	bound := emptyBound()
	for _, e := range b.edges {
		bound = extend(bound, e.lo, e.hi)
	}
	if len(b.edges) == 0 {
		return b.ix // its root holds no point
	}
	const margin = 4 * maxSnap
	bound.Min[0], bound.Min[1] = bound.Min[0]-margin, bound.Min[1]-margin
	bound.Max[0], bound.Max[1] = bound.Max[0]+margin, bound.Max[1]+margin
	all := make([]int32, len(b.edges))
	for i := range all {
		all[i] = int32(i)
	}
	b.budget = 16*len(all) + 1<<20
	b.ix.root = b.raster(bound, all, nil)
	return b.ix
}

type indexBuilder struct {
	ix     *Index
	byRank []int32      // features, best first
	edges  []rankedEdge // in order of compare
	budget int          // edges that may still be put into cells of divided cells
}

// rankedEdge is an edge of the feature of a rank, lower end first.
type rankedEdge struct {
	lo, hi orb.Point
	rank   int32
}

// eastStep is a height at which the parity of one feature changes east of a cell;
// −Inf for a feature that is odd all along.
type eastStep struct {
	y    float64
	rank int32
}

// compare orders edges from south to north by their lower ends, as the raster takes
// them, and puts equal edges side by side. It is spelt out because sorting takes
// most of the time of building.
func (e rankedEdge) compare(f rankedEdge) int {
	switch {
	case e.lo[1] != f.lo[1]:
		return sign(e.lo[1] < f.lo[1])
	case e.lo[0] != f.lo[0]:
		return sign(e.lo[0] < f.lo[0])
	case e.hi[1] != f.hi[1]:
		return sign(e.hi[1] < f.hi[1])
	case e.hi[0] != f.hi[0]:
		return sign(e.hi[0] < f.hi[0])
	}
	return int(e.rank - f.rank)
}

func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}

// rankFeatures orders features by area, then code, then position.
func (b *indexBuilder) rankFeatures(fs []Feature) {
	areas := make([]float64, len(fs))
	b.byRank = make([]int32, len(fs))
	for i, f := range fs {
		areas[i], b.byRank[i] = AreaM2(f.Shape), int32(i)
	}
	slices.SortStableFunc(b.byRank, func(i, j int32) int {
		return cmp.Or(cmp.Compare(areas[i], areas[j]), cmp.Compare(fs[i].Code, fs[j].Code))
	})
	for rank, i := range b.byRank {
		b.ix.rank[i] = int32(rank)
	}
}

// collectEdges gathers the edges of all features. An edge that a feature has twice
// bounds nothing under the even–odd rule and is dropped.
func (b *indexBuilder) collectEdges(fs []Feature) {
	n := 0
	for _, f := range fs {
		for _, poly := range f.Shape {
			for _, ring := range poly {
				n += len(ring)
			}
		}
	}
	b.edges = make([]rankedEdge, 0, n)
	for i, f := range fs {
		sound := make(orb.Polygon, 0, 1)
		for _, poly := range f.Shape {
			for _, ring := range poly {
				if !slices.ContainsFunc(ring, func(p orb.Point) bool { return !WGS84.Contains(p) }) {
					sound = append(sound, ring)
				}
			}
		}
		eachEdge(orb.MultiPolygon{sound}, func(lo, hi orb.Point) {
			if hi[1] < lo[1] || hi[1] == lo[1] && hi[0] < lo[0] {
				lo, hi = hi, lo
			}
			b.edges = append(b.edges, rankedEdge{lo, hi, b.ix.rank[i]})
		})
	}
	slices.SortFunc(b.edges, rankedEdge.compare)
	kept := b.edges[:0]
	for _, e := range b.edges {
		if n := len(kept); n > 0 && kept[n-1] == e {
			kept = kept[:n-1]
		} else {
			kept = append(kept, e)
		}
	}
	b.edges = kept
}

// raster builds the grid over bound from the edges that touch it, in order, and from
// what lies east of it.
func (b *indexBuilder) raster(bound orb.Bound, edges []int32, east []eastStep) raster {
	g := b.layOut(bound, edges)
	line := newRasterLine(b, &g)
	next := 0
	var active []int32
	for r := range int(g.ny) {
		active = slices.DeleteFunc(active, func(i int32) bool { return g.rowOf(b.edges[i].hi[1]) < r })
		for ; next < len(edges) && g.rowOf(b.edges[edges[next]].lo[1]) <= r; next++ {
			if g.rowOf(b.edges[edges[next]].hi[1]) >= r {
				active = append(active, edges[next])
			}
		}
		line.fill(r, active, east)
	}
	return g
}

// layOut chooses about twice as many cells as there are edges, roughly square on the
// ground, and fewer where edges are so long that they would touch many.
func (b *indexBuilder) layOut(bound orb.Bound, edges []int32) raster {
	g := raster{x0: bound.Min[0], y0: bound.Min[1], east: bound.Max[0], north: bound.Max[1]}
	w, h := g.east-g.x0, g.north-g.y0
	ground := w * max(0.05, math.Cos((g.y0+g.north)/2/degrees))
	n := 2 * float64(min(max(len(edges), 64), 1<<24))
	nx := math.Sqrt(n * ground / h)
	for ; ; n, nx = n/4, nx/2 {
		g.nx = int32(max(1, min(nx, w/minCell, 1<<24)))
		g.ny = int32(max(1, min(n/nx, h/minCell, 1<<24)))
		g.perX, g.perY = float64(g.nx)/w, float64(g.ny)/h
		touched := 0.0
		for _, i := range edges {
			e := &b.edges[i]
			touched += 1 + min(math.Abs(e.hi[0]-e.lo[0])*g.perX, float64(g.nx)) +
				min((e.hi[1]-e.lo[1])*g.perY, float64(g.ny))
		}
		if touched <= 8*float64(len(edges))+4096 || g.nx == 1 && g.ny == 1 {
			break
		}
	}
	g.cells = make([]int32, int(g.nx)*int(g.ny))
	return g
}

// rowOf is row, but −1 and ny for what lies south and north of the grid.
func (g *raster) rowOf(y float64) int {
	return int(min(max(math.Floor((y-g.y0)*g.perY), -1), float64(g.ny)))
}

// colOf is the same for columns.
func (g *raster) colOf(x float64) int {
	return int(min(max(math.Floor((x-g.x0)*g.perX), -1), float64(g.nx)))
}

// span returns the columns that an edge may touch in a row. It errs to the wide
// side by far more than rounding: an edge said to lie east of a cell must lie east
// of every point that falls into it.
func (g *raster) span(e *rankedEdge, row int) (c0, c1 int) {
	west, east := min(e.lo[0], e.hi[0]), max(e.lo[0], e.hi[0])
	if g.rowOf(e.lo[1]) == row && g.rowOf(e.hi[1]) == row {
		return g.colOf(west), g.colOf(east)
	}
	pad := edgePad / g.perY
	south, north := g.y0+float64(row)/g.perY-pad, g.y0+float64(row+1)/g.perY+pad
	at := func(y float64) float64 {
		return e.lo[0] + (y-e.lo[1])/(e.hi[1]-e.lo[1])*(e.hi[0]-e.lo[0])
	}
	x0, x1 := e.lo[0], e.hi[0]
	if e.lo[1] < south {
		x0 = at(south)
	}
	if e.hi[1] > north {
		x1 = at(north)
	}
	pad = edgePad / g.perX
	return g.colOf(max(west, min(x0, x1)-pad)), g.colOf(min(east, max(x0, x1)+pad))
}

// rasterLine fills one row of a grid after another, each from east to west, so that
// it always knows the parity of what lies further east.
type rasterLine struct {
	b *indexBuilder
	g *raster

	touching [][]int32 // by column: edges that touch the cell
	leaving  [][]int32 // by column: edges of which it is the westernmost

	odd   []int32               // ranks odd at the southern side of the row, sorted
	steps map[eastStep]struct{} // changes inside the row
}

func newRasterLine(b *indexBuilder, g *raster) *rasterLine {
	return &rasterLine{
		b: b, g: g,
		touching: make([][]int32, g.nx),
		leaving:  make([][]int32, g.nx),
		steps:    map[eastStep]struct{}{},
	}
}

func (l *rasterLine) fill(row int, active []int32, east []eastStep) {
	for c := range l.touching {
		l.touching[c], l.leaving[c] = l.touching[c][:0], l.leaving[c][:0]
	}
	l.odd = l.odd[:0]
	clear(l.steps)
	for _, s := range east {
		l.toggle(s, row)
	}
	for _, i := range active {
		c0, c1 := l.g.span(&l.b.edges[i], row)
		switch {
		case c1 < 0:
			continue
		case c0 >= int(l.g.nx):
			l.pass(i, row)
			continue
		}
		c0, c1 = max(c0, 0), min(c1, int(l.g.nx)-1)
		l.leaving[c0] = append(l.leaving[c0], i)
		for c := c0; c <= c1; c++ {
			l.touching[c] = append(l.touching[c], i)
		}
	}
	cells := l.g.cells[row*int(l.g.nx):]
	for c := int(l.g.nx) - 1; c >= 0; c-- {
		switch {
		case len(l.touching[c]) > 0 || len(l.odd) > 1 || len(l.steps) > 0:
			cells[c] = l.cell(row, c)
		case len(l.odd) == 1:
			cells[c] = l.b.byRank[l.odd[0]] + 1
		}
		for _, i := range l.leaving[c] {
			l.pass(i, row)
		}
	}
}

// pass takes over an edge that now lies to the east.
func (l *rasterLine) pass(i int32, row int) {
	e := &l.b.edges[i]
	l.toggle(eastStep{e.lo[1], e.rank}, row)
	l.toggle(eastStep{e.hi[1], e.rank}, row)
}

// toggle notes a change of parity. Where two edges of a ring join, their changes
// cancel: only the ends of a chain that leads out of the east remain.
func (l *rasterLine) toggle(s eastStep, row int) {
	switch r := l.g.rowOf(s.y); {
	case r < row:
		if k, ok := slices.BinarySearch(l.odd, s.rank); ok {
			l.odd = slices.Delete(l.odd, k, k+1)
		} else {
			l.odd = slices.Insert(l.odd, k, s.rank)
		}
	case r == row:
		if _, ok := l.steps[s]; ok {
			delete(l.steps, s)
		} else {
			l.steps[s] = struct{}{}
		}
	}
}

// cell stores a cell with borders or several features and returns its number for
// the grid.
func (l *rasterLine) cell(row, col int) int32 {
	b, g, edges := l.b, l.g, l.touching[col]
	slices.Sort(edges)
	k := len(b.ix.leaves)
	w, h := 1/g.perX, 1/g.perY
	if len(edges) > leafEdges && w > 4*minCell && h > 4*minCell && b.budget > len(edges) {
		b.budget -= len(edges)
		b.ix.leaves = append(b.ix.leaves, 0, 0)
		pad := orb.Point{edgePad * w, edgePad * h}
		west, south := g.x0+float64(col)*w, g.y0+float64(row)*h
		sub := b.raster(orb.Bound{
			Min: orb.Point{west - pad[0], south - pad[1]},
			Max: orb.Point{west + w + pad[0], south + h + pad[1]},
		}, slices.Clone(edges), l.east())
		b.ix.leaves[k+1] = uint64(len(b.ix.grids))
		b.ix.grids = append(b.ix.grids, sub)
		return int32(-1 - k)
	}
	b.addLeaves(edges, l.odd, l.east())
	return int32(-1 - k)
}

// east is the state as steps, from south to north.
func (l *rasterLine) east() []eastStep {
	out := make([]eastStep, 0, len(l.odd)+len(l.steps))
	for _, rank := range l.odd {
		out = append(out, eastStep{math.Inf(-1), rank})
	}
	return append(out, slices.SortedFunc(maps.Keys(l.steps), func(s, t eastStep) int {
		return cmp.Or(cmp.Compare(s.y, t.y), cmp.Compare(s.rank, t.rank))
	})...)
}

// addLeaves appends the leaves of one cell; its edges are in order.
func (b *indexBuilder) addLeaves(edges, odd []int32, east []eastStep) {
	ranks := slices.Clone(odd)
	for _, s := range east {
		ranks = append(ranks, s.rank)
	}
	for _, i := range edges {
		ranks = append(ranks, b.edges[i].rank)
	}
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	last := 0
	for part := range slices.Chunk(ranks, leafFeatures) {
		last = len(b.ix.leaves)
		b.addLeaf(part, edges, east)
		b.ix.leaves[last] |= moreLeaves
	}
	b.ix.leaves[last] &^= moreLeaves
}

const moreLeaves = 1 << 63

// addLeaf stores what concerns the features of some ranks.
func (b *indexBuilder) addLeaf(ranks, edges []int32, east []eastStep) {
	ix := b.ix
	bit := func(rank int32) uint64 {
		if k, ok := slices.BinarySearch(ranks, rank); ok {
			return 1 << k
		}
		return 0
	}
	head := len(ix.leaves)
	ix.leaves = append(ix.leaves, 0, 0)
	for i, rank := range ranks {
		if i%2 == 0 {
			ix.leaves = append(ix.leaves, 0)
		}
		ix.leaves[len(ix.leaves)-1] |= uint64(uint32(b.byRank[rank])) << (i % 2 * 32)
	}
	first := len(ix.leaves)
	for _, s := range east {
		bits := bit(s.rank)
		switch n := len(ix.leaves); {
		case bits == 0:
		case math.IsInf(s.y, -1):
			ix.leaves[head+1] ^= bits
		case n > first && math.Float64frombits(ix.leaves[n-2]) == s.y:
			ix.leaves[n-1] ^= bits
		default:
			ix.leaves = append(ix.leaves, math.Float64bits(s.y), bits)
		}
	}
	steps := (len(ix.leaves) - first) / stepWords
	first = len(ix.leaves)
	for _, i := range edges {
		e := &b.edges[i]
		bits := bit(e.rank)
		words := [edgeWords]uint64{math.Float64bits(e.lo[1]), math.Float64bits(e.hi[1]), math.Float64bits(e.lo[0]), math.Float64bits(e.hi[0]), bits}
		switch n := len(ix.leaves); {
		case bits == 0:
		case n > first && [4]uint64(ix.leaves[n-edgeWords:n-1]) == [4]uint64(words[:4]):
			ix.leaves[n-1] |= bits
		default:
			ix.leaves = append(ix.leaves, words[:]...)
		}
	}
	ix.leaves[head] = uint64(len(ranks)) | uint64(steps)<<8 | uint64((len(ix.leaves)-first)/edgeWords)<<32
}
