package geo

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// What counts as a gap between features.
const (
	leastGapM2  = leastOverlapM2
	crackM      = 5.0  // an opening to the outside up to this width, if long, is a gap, a wider one a bay
	crackLength = 20.0 // how many times longer than wide, on the average, a crack is

	// A crack runs along a sweep if it is not much longer across it: one that runs from
	// corner to corner may be seen by both.
	slantedAlong = 0.9

	leakDeg = 1e-9 // what is narrower (0.1 mm) comes from rounding and is no gap
)

// auditGaps reports what lies between features and belongs to none: areas they
// enclose, whatever their width, and cracks that open to the outside. Places at which
// two features differ by less than leastGapM2 are left out.
func auditGaps(fs []Feature) []Finding {
	if len(fs) < 2 {
		return nil
	}
	var out []Finding
	done := true
	for _, flip := range []bool{false, true} {
		g := newGapSweep(fs, flip)
		if !g.run() {
			done = false
			break
		}
		seen := slices.Clone(out)
		for _, f := range g.findings(fs) {
			if !slices.ContainsFunc(seen, func(s Finding) bool { return sameCrack(s, f) }) {
				out = append(out, f)
			}
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Feature, b.Feature), cmp.Compare(b.AreaM2, a.AreaM2))
	})
	var thinned []Finding
	for len(out) > 0 {
		n := slices.IndexFunc(out, func(f Finding) bool { return f.Feature != out[0].Feature })
		if n < 0 {
			n = len(out)
		}
		thinned = append(thinned, thin(out[:n])...)
		out = out[n:]
	}
	if !done {
		f := newFinding(GapsUnknown, orb.Point{})
		f.Feature = rowOf(fs, 0)
		thinned = append(thinned, f)
	}
	return thinned
}

// sameCrack reports whether two sweeps saw one crack: between the same features, and of
// the same size but for its ends.
func sameCrack(a, b Finding) bool {
	return a.Feature == b.Feature && a.Other == b.Other && math.Abs(a.AreaM2-b.AreaM2) < 0.1*max(a.AreaM2, b.AreaM2)
}

// gapSweep gathers what no feature covers, slab by slab. Trapezoids of neighbouring
// slabs that touch are one place, but narrow ones, which may be cracks, are kept apart
// from wide ones. A crack is seen by the sweep it runs along: a second sweep, with the
// axes exchanged (flip), finds those that run east and west.
type gapSweep struct {
	sweep  sweep
	places []gapPlace
	below  []gapPiece      // of the last slab, from west to east
	top    float64         // its upper end
	beside map[[2]int]bool // a narrow place and a wide one that touch
}

// gapPiece is a trapezoid of a slab without cover.
type gapPiece struct {
	x0, x1 float64 // at the upper end of the slab
	place  int
}

// gapPlace is a connected part of what is not covered.
type gapPlace struct {
	parent  int // the place it is part of, itself if none
	narrow  bool
	outside bool
	areaM2  float64
	bound   orb.Bound
	largest float64 // area of its largest trapezoid
	at      orb.Point
	owners  [2]int32 // to the west and the east of that
}

func newGapSweep(fs []Feature, flip bool) *gapSweep {
	g := &gapSweep{sweep: sweep{flip: flip, work: sweepTests}, beside: map[[2]int]bool{}}
	for i, f := range fs {
		g.sweep.add(0, int32(i), f.Shape)
	}
	g.sweep.ready(math.Inf(-1), math.Inf(1))
	g.places = append(g.places, gapPlace{outside: true})
	return g
}

// run returns false if the work ran out before the end.
func (g *gapSweep) run() bool {
	if len(g.sweep.ys) == 0 {
		return true
	}
	g.below, g.top = []gapPiece{{math.Inf(-1), math.Inf(1), 0}}, g.sweep.ys[0] // what lies south of all
	if !g.sweep.run(g.slab) {
		return false
	}
	g.slab(g.top, g.top, nil) // what lies north of all
	return true
}

// metres returns the length of a degree along both axes of the sweep.
func (g *gapSweep) metres(p orb.Point) (perX, perY float64) {
	if g.sweep.flip {
		lon, lat := metresPer(p[0])
		return lat, lon
	}
	return metresPer(p[1])
}

func (g *gapSweep) slab(y0, y1 float64, row []*coverEdge) {
	var now []gapPiece
	k := 0 // in below
	cover := int32(0)
	for i := -1; i < len(row); i++ {
		var west, east *coverEdge
		if i >= 0 {
			west = row[i]
			cover += west.turn[0]
		}
		if i+1 < len(row) {
			east = row[i+1]
		}
		if cover != 0 {
			continue
		}
		lo, hi := [2]float64{math.Inf(-1), math.Inf(-1)}, [2]float64{math.Inf(1), math.Inf(1)}
		if west != nil {
			lo = [2]float64{west.x(y0), west.x(y1)}
		}
		if east != nil {
			hi = [2]float64{east.x(y0), east.x(y1)}
		}
		if hi[0]-lo[0] <= leakDeg && hi[1]-lo[1] <= leakDeg {
			continue
		}
		for y0 == g.top && k < len(g.below) && g.below[k].x1 <= lo[0] {
			k++
		}
		place := g.place(y0, y1, lo, hi, west, east, k)
		now = append(now, gapPiece{lo[1], hi[1], place})
	}
	g.below, g.top = now, y1
}

// place returns the place of a trapezoid between two heights and two edges (nil: none).
// Pieces of the slab below that it may touch begin with number k.
func (g *gapSweep) place(y0, y1 float64, lo, hi [2]float64, west, east *coverEdge, k int) int {
	var p gapPlace // of the trapezoid alone
	at := 0
	if west != nil && east != nil {
		w0, w1 := max(hi[0]-lo[0], 0), max(hi[1]-lo[1], 0)
		p.at = orb.Point{(lo[0] + lo[1] + hi[0] + hi[1]) / 4, (y0 + y1) / 2}
		perX, perY := g.metres(p.at)
		p.areaM2 = (w0 + w1) / 2 * perX * (y1 - y0) * perY
		p.narrow = west.owner != east.owner && (w0+w1)/2*perX <= crackM
		p.bound = orb.Bound{Min: orb.Point{min(lo[0], lo[1]), y0}, Max: orb.Point{max(hi[0], hi[1]), y1}}
		p.largest, p.owners = p.areaM2, [2]int32{west.owner, east.owner}
		at = -1 // not known yet
	}
	var other []int // places of the other width that it touches
	for ; y0 == g.top && k < len(g.below) && g.below[k].x0 < hi[0]; k++ {
		if min(hi[0], g.below[k].x1)-max(lo[0], g.below[k].x0) <= leakDeg {
			continue
		}
		switch q := g.root(g.below[k].place); {
		case g.places[q].narrow != p.narrow:
			other = append(other, q)
		case at < 0:
			at = q
			g.places[at].grow(p)
		default:
			at = g.join(at, q)
		}
	}
	if at < 0 {
		at = len(g.places)
		p.parent = at
		g.places = append(g.places, p)
	}
	for _, q := range other {
		if p.narrow {
			g.beside[[2]int{at, q}] = true
		} else {
			g.beside[[2]int{q, at}] = true
		}
	}
	return at
}

// grow adds a part that touches a place.
func (p *gapPlace) grow(q gapPlace) {
	p.outside = p.outside || q.outside
	p.areaM2 += q.areaM2
	p.bound = extend(p.bound, q.bound.Min, q.bound.Max)
	if q.largest > p.largest {
		p.largest, p.at, p.owners = q.largest, q.at, q.owners
	}
}

// root is the place that a place is part of.
func (g *gapSweep) root(i int) int {
	for g.places[i].parent != i {
		g.places[i].parent = g.places[g.places[i].parent].parent
		i = g.places[i].parent
	}
	return i
}

// join makes one place of two, and returns its root.
func (g *gapSweep) join(i, j int) int {
	i, j = g.root(i), g.root(j)
	if i > j {
		i, j = j, i
	}
	if i != j {
		g.places[j].parent = i
		g.places[i].grow(g.places[j])
	}
	return i
}

// findings decides which places are gaps.
func (g *gapSweep) findings(fs []Feature) []Finding {
	open := map[int]bool{} // narrow places that lead to the outside
	for pair := range g.beside {
		if g.places[g.root(pair[1])].outside {
			open[g.root(pair[0])] = true
		}
	}
	// The tips of an enclosed gap are part of it. In order, so that equal layers give
	// equal findings.
	pairs := slices.SortedFunc(maps.Keys(g.beside), func(a, b [2]int) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	for _, pair := range pairs {
		if i, j := g.root(pair[0]), g.root(pair[1]); !open[i] && !g.places[j].outside {
			g.join(i, j)
		}
	}
	var out []Finding
	for i := range g.places {
		p := &g.places[i]
		if p.parent != i || p.outside || p.areaM2 <= leastGapM2 {
			continue
		}
		if open[i] {
			perX, perY := g.metres(p.at)
			length, across := (p.bound.Max[1]-p.bound.Min[1])*perY, (p.bound.Max[0]-p.bound.Min[0])*perX
			if length < slantedAlong*across || length*length < crackLength*p.areaM2 {
				continue
			}
		} else if g.sweep.flip {
			continue // known from the first sweep
		}
		f := newFinding(Gap, p.at)
		if g.sweep.flip {
			f.At = orb.Point{p.at[1], p.at[0]}
		}
		a, b := int(min(p.owners[0], p.owners[1])), int(max(p.owners[0], p.owners[1]))
		f.Feature, f.Code = rowOf(fs, b), fs[b].Code
		if a == b {
			f.Kind = Unfilled
		} else {
			f.Other, f.OtherCode = rowOf(fs, a), fs[a].Code
		}
		f.AreaM2 = p.areaM2
		out = append(out, f)
	}
	return out
}
