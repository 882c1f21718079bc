package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// segmentGrid finds the segments near a place. Segments are only ever added: what has
// gone is recognised by who looks.
type segmentGrid struct {
	x0, y0     float64
	perX, perY float64 // cells per degree
	nx, ny     int
	cells      [][]int32
}

// newSegmentGrid takes the segments of linked vertices, about one to a cell.
func newSegmentGrid(nodes []node) segmentGrid {
	b := emptyBound()
	for i := range nodes {
		b = extend(b, nodes[i].p)
	}
	g := segmentGrid{nx: 1, ny: 1, x0: b.Min[0], y0: b.Min[1]}
	w, h := b.Max[0]-b.Min[0], b.Max[1]-b.Min[1]
	if n := float64(min(len(nodes), 1<<22)); w > 0 && h > 0 {
		g.nx = int(min(max(math.Sqrt(n*w/h), 1), 1<<16))
		g.ny = int(min(max(n/float64(g.nx), 1), 1<<16))
		g.perX, g.perY = float64(g.nx)/w, float64(g.ny)/h
	}
	g.cells = make([][]int32, g.nx*g.ny)
	for i := range nodes {
		if next := nodes[i].next; next >= 0 {
			g.add(int32(i), nodes[i].p, nodes[next].p)
		}
	}
	return g
}

func (g *segmentGrid) col(x float64) int { return min(max(int((x-g.x0)*g.perX), 0), g.nx-1) }

func (g *segmentGrid) row(y float64) int { return min(max(int((y-g.y0)*g.perY), 0), g.ny-1) }

// add files the segment from p to q. It goes row by row, so that a long slanting
// segment does not fill its whole box; a column more on either side makes up for
// rounding.
func (g *segmentGrid) add(i int32, p, q orb.Point) {
	if q[1] < p[1] {
		p, q = q, p
	}
	r0, r1 := g.row(p[1]), g.row(q[1])
	west, east := min(p[0], q[0]), max(p[0], q[0])
	for r := r0; r <= r1; r++ {
		c0, c1 := g.col(west), g.col(east)
		if r1 > r0 {
			at := func(row int) float64 {
				y := g.y0 + float64(row)/g.perY
				t := min(max((y-p[1])/(q[1]-p[1]), 0), 1)
				return p[0] + t*(q[0]-p[0])
			}
			x0, x1 := at(r), at(r+1)
			c0 = max(c0, g.col(min(x0, x1))-1)
			c1 = min(c1, g.col(max(x0, x1))+1)
		}
		for c := c0; c <= c1; c++ {
			cell := &g.cells[r*g.nx+c]
			*cell = append(*cell, i)
		}
	}
}

// each visits the segments of the cells that the box touches, some of them several
// times, until visit returns false.
func (g *segmentGrid) each(b orb.Bound, visit func(i int32) bool) bool {
	c0, c1 := g.col(b.Min[0]), g.col(b.Max[0])
	for r := g.row(b.Min[1]); r <= g.row(b.Max[1]); r++ {
		for c := c0; c <= c1; c++ {
			for _, i := range g.cells[r*g.nx+c] {
				if !visit(i) {
					return false
				}
			}
		}
	}
	return true
}
