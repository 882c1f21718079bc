package geo

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// debris is the area in square metres (1 cm²) below which a piece left over from
// cutting at rounded crossing points is dropped.
const debris = 1e-4

// Repair mends a shape by the even–odd rule over all its rings: a point is inside
// if a ray from it crosses an odd number of edges, which is also how Index reads
// the shape. It closes rings, cuts edges where they meet, cancels doubled ones and
// rebuilds the outer rings and holes, so the result passes Audit. Corners of the
// shape keep their bits and its sound borders all their points; only crossing
// points are new. Pieces below 1 cm² are dropped. A sound shape comes back as it
// is. ErrCannotRepair: nothing is left, a coordinate is not finite, or the edges
// meet too often.
//
// Example: the bow-tie (0,0) (2,2) (2,0) (0,2) becomes the two triangles that meet
// in (1,1). Two polygons of one shape that overlap lose the common part.
func Repair(mp orb.MultiPolygon) (orb.MultiPolygon, error) {
	for _, poly := range mp {
		for _, ring := range poly {
			if slices.ContainsFunc(ring, func(p orb.Point) bool { return !finite(p) }) {
				return nil, refuse(ErrCannotRepair, "边界中有无效的坐标，无法修补，请修正文件。")
			}
		}
	}
	found := auditShape(mp)
	if slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == TooComplex }) {
		return nil, refuseRepair()
	}
	if len(mp) > 0 && !slices.ContainsFunc(found, Finding.Mendable) {
		return mp.Clone(), nil
	}
	edges := map[edge]bool{}
	eachEdge(mp, func(a, b orb.Point) { toggleEdge(edges, a, b) })
	for round := 0; ; round++ {
		cut, ok := cutEdges(edges)
		if !ok || round == cutRounds {
			return nil, refuseRepair()
		}
		if !cut {
			break
		}
	}
	out, ok := newFaces(edges).polygons()
	if !ok {
		return nil, refuseRepair()
	}
	if len(out) == 0 {
		return nil, refuse(ErrCannotRepair, "修补后没有剩下任何面，请修正文件。")
	}
	return out, nil
}

func refuseRepair() error {
	return refuse(ErrCannotRepair, "边界过于复杂，无法修补，请先简化或修正文件。")
}

// cutRounds bounds how often edges are cut: a cut moves an edge by a rounding
// error, which seldom makes it meet another one, so two or three rounds do.
const cutRounds = 20

// mostCuts bounds the memory for crossing points.
const mostCuts = 1_000_000

// edge is an undirected edge, a before b.
type edge struct{ a, b orb.Point }

// toggleEdge adds an edge or cancels it against an equal one: what is walked twice
// bounds nothing under the even–odd rule.
func toggleEdge(set map[edge]bool, a, b orb.Point) {
	if a == b {
		return
	}
	if before(b, a) {
		a, b = b, a
	}
	if e := (edge{a, b}); set[e] {
		delete(set, e)
	} else {
		set[e] = true
	}
}

// sortedEdges makes the order of work, and so the result, the same every time.
func sortedEdges(set map[edge]bool) []edge {
	return slices.SortedFunc(maps.Keys(set), func(e, f edge) int {
		return cmp.Or(comparePoints(e.a, f.a), comparePoints(e.b, f.b))
	})
}

func comparePoints(p, q orb.Point) int {
	return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1]))
}

// cutEdges cuts all edges at the points where they meet others, other than in a
// common end, and reports whether there were any. It returns !ok if it gave up.
func cutEdges(set map[edge]bool) (cut, ok bool) {
	edges := sortedEdges(set)
	cuts, ok := cutsOf(edges)
	for _, i := range slices.Sorted(maps.Keys(cuts)) {
		e := edges[i]
		toggleEdge(set, e.a, e.b)
		from := e.a
		for _, p := range append(cuts[i], e.b) {
			toggleEdge(set, from, p)
			from = p
		}
	}
	return len(cuts) > 0, ok
}

// cutsOf finds for each edge, by its position, the points inside it in which it meets
// others, from a to b. It returns !ok if it gave up.
func cutsOf(edges []edge) (cuts map[int][]orb.Point, ok bool) {
	boxes := make([]orb.Bound, len(edges))
	for i, e := range edges {
		boxes[i] = extend(emptyBound(), e.a, e.b).Pad(near)
	}
	known := newVertices(edges)
	cuts = map[int][]orb.Point{}
	tree, n := newBoxTree(boxes, pairTests(len(boxes))), 0
	add := func(i int, p orb.Point) {
		if p != edges[i].a && p != edges[i].b {
			cuts[i] = append(cuts[i], p)
			if n++; n > mostCuts {
				tree.stop()
			}
		}
	}
	ok = tree.pairs(func(i, j int) {
		e, f := edges[i], edges[j]
		met := false
		for _, p := range [2]orb.Point{f.a, f.b} {
			if e.passes(p) {
				add(i, p)
				met = true
			}
		}
		for _, p := range [2]orb.Point{e.a, e.b} {
			if f.passes(p) {
				add(j, p)
				met = true
			}
		}
		if met {
			return // what else they have in common shows in the next round
		}
		switch how, p, q := meet(e.a, e.b, f.a, f.b); how {
		case cross:
			p = known.snap(p)
			add(i, p)
			add(j, p)
		case touch, follow:
			for _, p := range [2]orb.Point{p, q} {
				add(i, p)
				add(j, p)
			}
		}
	})
	for i := range cuts {
		slices.SortFunc(cuts[i], func(p, q orb.Point) int {
			return cmp.Compare(along(edges[i], p), along(edges[i], q))
		})
	}
	return cuts, ok
}

// along measures how far p lies along an edge.
func along(e edge, p orb.Point) float64 {
	return (p[0]-e.a[0])*(e.b[0]-e.a[0]) + (p[1]-e.a[1])*(e.b[1]-e.a[1])
}

// near is the distance in degrees (1 µm) at which points and lines count as meeting.
// Without it three lines through one point would meet in three points a few 1e-15°
// apart, between edges that no other program can tell apart.
const near = 1e-11

// passes reports whether the edge runs within near of p, away from its own ends.
func (e edge) passes(p orb.Point) bool {
	ux, uy := e.b[0]-e.a[0], e.b[1]-e.a[1]
	vx, vy := p[0]-e.a[0], p[1]-e.a[1]
	n := math.Hypot(ux, uy)
	t := (vx*ux + vy*uy) / n // distance along the edge
	return t > near && t < n-near && math.Abs(vx*uy-vy*ux)/n < near
}

// vertices knows all points of the edges, to give one point to crossings that differ
// only by rounding.
type vertices map[[2]int64][]orb.Point

func newVertices(edges []edge) vertices {
	v := vertices{}
	for _, e := range edges {
		v.add(e.a)
		v.add(e.b)
	}
	return v
}

func (v vertices) cell(p orb.Point) [2]int64 {
	return [2]int64{int64(math.Floor(p[0] / near)), int64(math.Floor(p[1] / near))}
}

func (v vertices) add(p orb.Point) {
	if c := v.cell(p); !slices.Contains(v[c], p) {
		v[c] = append(v[c], p)
	}
}

// snap returns the point already there that is nearest to p, or adds p.
func (v vertices) snap(p orb.Point) orb.Point {
	c, best, q := v.cell(p), near, p
	for x := c[0] - 1; x <= c[0]+1; x++ {
		for y := c[1] - 1; y <= c[1]+1; y++ {
			for _, r := range v[[2]int64{x, y}] {
				if d := math.Hypot(p[0]-r[0], p[1]-r[1]); d < best {
					best, q = d, r
				}
			}
		}
	}
	if best == near {
		v.add(p)
	}
	return q
}
