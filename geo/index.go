package geo

import (
	"math"
	mathbits "math/bits"

	"github.com/paulmach/orb"
)

// Index answers which feature holds a point. It is a raster over all features: a
// cell that no border touches knows its feature at once; a cell with borders keeps
// the edges that touch it, each with the set of features it bounds, and what the
// edges further east do to the parity, so a point is tested against a handful of
// edges, exactly. A cell with too many edges is divided again.
//
// An Index is immutable and safe for use by many goroutines.
type Index struct {
	root   raster
	grids  []raster // divided cells
	leaves []uint64 // cells with borders or several features, one leaf behind the other; see leafAt
	rank   []int32  // of every feature: its place by area, then code
	reachM float64  // how far a point in no feature may be from the one it is given to
}

// Hit is the answer for one point.
type Hit struct {
	Feature int // position in the slice given to NewIndex; −1 if none
	How     How
}

// How says on what ground a feature was chosen.
type How uint8

const (
	Nowhere    How = iota // in no feature
	Inside                // in exactly one feature
	Overlapped            // in several: the one of the smaller area, then of the smaller code
	Snapped               // in none, but on this one's border, which is to say within 1 cm of it
	Nearest               // in none nor on a border, but this one is the nearest within the distance of SnapWithin
)

// snapM is the distance in metres up to which a point outside every feature
// belongs to the nearest one: the half-open rule puts half of the outermost border
// outside, and rounded coordinates put points on it to either side.
const snapM = 0.01

// IndexOption changes what an Index answers.
type IndexOption func(*Index)

// SnapWithin gives points in no feature, in a gap between features or beyond the outermost
// border, to the feature whose border is nearest, up to the given distance in metres;
// of several at one distance to the one of the smaller area, then of the smaller code.
// Their ground is Nearest, for the caller to flag. Without it, or with less, the
// distance is 1 cm.
func SnapWithin(metres float64) IndexOption {
	return func(ix *Index) { ix.reachM = min(metres, farthestReach) }
}

// farthestReach is half around the Earth in metres.
const farthestReach = 20_037_508

// maxSnap limits the same in degrees of longitude, which matters within 6° of the
// poles.
const maxSnap = 1e-6

// leafFeatures is how many features one leaf can tell apart; a cell with more has
// several leaves in a row.
const leafFeatures = 64

// raster is a grid of equal cells.
type raster struct {
	x0, y0      float64 // its south-west corner
	perX, perY  float64 // cells per degree
	nx, ny      int32
	east, north float64 // its far corner; only the root needs it
	cells       []int32 // row by row from the south: 0 nobody, f+1 feature f, −1−k leaf k
}

// A leaf is a cell, or a part of its features, as words that lie together: a point costs one or two lines of memory, and
// fetching those is what takes the time. Its head says how many of each follow:
//
//	head   owners 8 bits, steps 24 bits, edges 31 bits, more 1 bit; 0: the cell is divided, and the next word is its grid
//	base   the features, as bits by position in owners, that are odd at the southern side
//	owners features, best first, two to a word
//	steps  y and bits: the height at which the parity of the edges east of the cell changes for those features
//	edges  lo y, hi y, lo x, hi x, lower end first, and the bits of the features that the edge bounds
//
// Both owners of a shared border meet the very same edge, so a point cannot be in both or in neither.
type leaf struct {
	base   uint64
	owners []uint64
	steps  []uint64
	edges  []uint64
	next   int // where the next leaf of the same cell begins; 0: it is the last
}

const (
	leafHead  = 2 // words of head and base
	stepWords = 2
	edgeWords = 5
)

// leafAt reads the leaf at a place in leaves.
func (ix *Index) leafAt(k int) leaf {
	head := ix.leaves[k]
	at := k + leafHead
	steps := at + int(head&0xff+1)/2
	edges := steps + stepWords*int(head>>8&0xffffff)
	end := edges + edgeWords*int(head>>32&0x7fffffff)
	l := leaf{base: ix.leaves[k+1], owners: ix.leaves[at:steps], steps: ix.leaves[steps:edges], edges: ix.leaves[edges:end]}
	if head>>63 != 0 {
		l.next = end
	}
	return l
}

// owner is the feature at a position in the leaf.
func (l *leaf) owner(bit uint32) int32 { return int32(uint32(l.owners[bit/2] >> (bit % 2 * 32))) }

// edge is the edge whose words begin at i.
func (l *leaf) edge(i int) (lo, hi orb.Point, bits uint64) {
	e := l.edges[i : i+edgeWords]
	return orb.Point{math.Float64frombits(e[2]), math.Float64frombits(e[0])}, orb.Point{math.Float64frombits(e[3]), math.Float64frombits(e[1])}, e[4]
}

// Locate returns the position, in the slice given to NewIndex, of the feature that
// holds the point (WGS-84, degrees), and false if there is none. A point that is
// not a number or not on the Earth is in none.
func (ix *Index) Locate(lon, lat float64) (feature int, ok bool) {
	h := ix.Find(lon, lat)
	return h.Feature, h.How != Nowhere
}

// Find is Locate with its ground.
func (ix *Index) Find(lon, lat float64) Hit {
	g := &ix.root
	p := orb.Point{lon, lat}
	if !(lon >= g.x0 && lon < g.east && lat >= g.y0 && lat < g.north) { // also NaN
		return ix.reach(p)
	}
	c := ix.cell(g, p)
	if c > 0 {
		return Hit{int(c) - 1, Inside}
	}
	if c < 0 {
		if h := ix.findIn(-1-c, p); h.How != Nowhere {
			return h
		}
	}
	if h := ix.snap(p); h.How != Nowhere || ix.reachM <= snapM {
		return h
	}
	return ix.reach(p)
}

// cell returns the content of the smallest cell around p: 0, f+1 or −1−k, k being the place of a leaf.
func (ix *Index) cell(g *raster, p orb.Point) int32 {
	for {
		c := g.cells[g.row(p[1])*g.nx+g.col(p[0])]
		if c >= 0 || ix.leaves[-1-c] != 0 {
			return c
		}
		g = &ix.grids[ix.leaves[-c]]
	}
}

// findIn tests the point against the leaves of a cell.
func (ix *Index) findIn(k int32, p orb.Point) Hit {
	hit := Hit{-1, Nowhere}
	for at := int(k); ; {
		l := ix.leafAt(at)
		if in := l.parity(p); in != 0 {
			if hit.How == Nowhere {
				hit = Hit{int(l.owner(firstBit(in))), Inside}
				in &= in - 1
			}
			if in != 0 {
				hit.How = Overlapped
				return hit
			}
		}
		if at = l.next; at == 0 {
			return hit
		}
	}
}

// parity returns the features of a leaf that hold p: for each, whether the ray
// from p to the east crosses an odd number of its edges.
func (l *leaf) parity(p orb.Point) uint64 {
	in := l.base
	for s := l.steps; len(s) >= stepWords; s = s[stepWords:] {
		if math.Float64frombits(s[0]) <= p[1] {
			in ^= s[1]
		}
	}
	for e := l.edges; len(e) >= edgeWords; e = e[edgeWords:] {
		loY, hiY := math.Float64frombits(e[0]), math.Float64frombits(e[1])
		if p[1] < loY || p[1] >= hiY {
			continue
		}
		loX, hiX := math.Float64frombits(e[2]), math.Float64frombits(e[3])
		// orient, with its sure cases in line: this is the innermost loop.
		a := float64((hiX - loX) * (p[1] - loY))
		b := float64((hiY - loY) * (p[0] - loX))
		d, bound := a-b, filterError*(math.Abs(a)+math.Abs(b))
		if d > bound || d >= -bound && orientExact(orb.Point{loX, loY}, orb.Point{hiX, hiY}, p) > 0 {
			in ^= e[4]
		}
	}
	return in
}

// col and row give the cell of a coordinate. They are monotone, also after
// rounding: what lies in a column further east lies further east.
func (g *raster) col(x float64) int32 { return min(max(int32((x-g.x0)*g.perX), 0), g.nx-1) }

func (g *raster) row(y float64) int32 { return min(max(int32((y-g.y0)*g.perY), 0), g.ny-1) }

// snap finds the nearest border within snapM. The edges within that distance touch
// the cells around the four corners of a square about p, since no cell is smaller
// than the square.
func (ix *Index) snap(p orb.Point) Hit {
	perLon, perLat := metresPer(p[1])
	dx, dy := min(snapM/perLon, maxSnap), snapM/perLat
	best, hit := snapM, Hit{-1, Nowhere}
	for _, q := range [4]orb.Point{
		{p[0] - dx, p[1] - dy},
		{p[0] + dx, p[1] - dy},
		{p[0] - dx, p[1] + dy},
		{p[0] + dx, p[1] + dy},
	} {
		c := ix.cell(&ix.root, q)
		if c >= 0 {
			continue
		}
		for at := int(-1 - c); ; {
			l := ix.leafAt(at)
			for i := 0; i < len(l.edges); i += edgeWords {
				lo, hi, bits := l.edge(i)
				d := distanceM(lo, hi, p, perLon, perLat)
				f := l.owner(firstBit(bits))
				if d < best || d == best && (hit.How == Nowhere || ix.rank[f] < ix.rank[hit.Feature]) {
					best, hit = d, Hit{int(f), Snapped}
				}
			}
			if at = l.next; at == 0 {
				break
			}
		}
	}
	return hit
}

// reach finds the nearest border within reachM of a point that is in no feature nor on
// a border. It looks in a square that grows until it holds the nearest one for sure.
func (ix *Index) reach(p orb.Point) Hit {
	hit := Hit{-1, Nowhere}
	if !(ix.reachM > snapM) || len(ix.root.cells) == 0 || !WGS84.Contains(p) {
		return hit
	}
	perLon, perLat := metresPer(p[1])
	best := ix.reachM
	for m := snapM; m < 4*ix.reachM; m *= 4 {
		m = min(m, ix.reachM)
		dx, dy := m/max(perLon, 1), m/perLat
		box := orb.Bound{Min: orb.Point{p[0] - dx, p[1] - dy}, Max: orb.Point{p[0] + dx, p[1] + dy}}
		ix.leavesIn(&ix.root, box, func(l leaf) {
			for i := 0; i < len(l.edges); i += edgeWords {
				lo, hi, bits := l.edge(i)
				d := distanceM(lo, hi, p, perLon, perLat)
				f := l.owner(firstBit(bits))
				if d < best || d == best && (hit.How == Nowhere || ix.rank[f] < ix.rank[hit.Feature]) {
					best, hit = d, Hit{int(f), Nearest}
				}
			}
		})
		if hit.How != Nowhere && best <= m {
			break
		}
	}
	return hit
}

// leavesIn visits the leaves of the cells that a box touches.
func (ix *Index) leavesIn(g *raster, box orb.Bound, visit func(leaf)) {
	if box.Max[0] < g.x0 || box.Min[0] > g.east || box.Max[1] < g.y0 || box.Min[1] > g.north {
		return
	}
	c0, c1 := g.col(max(box.Min[0], g.x0)), g.col(min(box.Max[0], g.east))
	r0, r1 := g.row(max(box.Min[1], g.y0)), g.row(min(box.Max[1], g.north))
	for r := r0; r <= r1; r++ {
		for c := c0; c <= c1; c++ {
			k := g.cells[r*g.nx+c]
			if k >= 0 {
				continue
			}
			if ix.leaves[-1-k] == 0 {
				ix.leavesIn(&ix.grids[ix.leaves[-k]], box, visit)
				continue
			}
			for at := int(-1 - k); ; {
				l := ix.leafAt(at)
				visit(l)
				if at = l.next; at == 0 {
					break
				}
			}
		}
	}
}

func firstBit(bits uint64) uint32 { return uint32(mathbits.TrailingZeros64(bits)) }

// distanceM is the distance in metres from p to the segment ab, in the plane with
// the given metres per degree, good for distances of some metres.
func distanceM(a, b, p orb.Point, perLon, perLat float64) float64 {
	ax, ay := (a[0]-p[0])*perLon, (a[1]-p[1])*perLat
	bx, by := (b[0]-p[0])*perLon, (b[1]-p[1])*perLat
	dx, dy := bx-ax, by-ay
	t := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		t = -(ax*dx + ay*dy) / n
	}
	switch { // at an end without rounding, so that edges that meet there are equally far
	case t <= 0:
		return math.Hypot(ax, ay)
	case t >= 1:
		return math.Hypot(bx, by)
	}
	return math.Hypot(ax+t*dx, ay+t*dy)
}
