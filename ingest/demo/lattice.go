package demo

import "math"

// The map is drawn straight on paper and the paper is then shaken: every border runs along the lines of a
// lattice of whole steps, i to the east and j to the south, and each lattice point has one spot on earth,
// computed once. So neighbours share their borders bit for bit, and the outline of a community is exactly
// that of its grids.

const (
	crs       = "gcj02"
	latticeW  = 192    // steps from west to east
	latticeH  = 122    // steps from north to south
	stepM     = 48.0   // metres a step, before warping
	centreLon = 123.50 // degrees; open sea, so that no real neighbourhood is meant
	centreLat = 32.00
	tilt      = -0.09       // radians, so that borders do not run due north
	degree    = 10_000_000  // coordinates are whole 1e-7 degrees, about 1 cm
	earthM    = 6_371_008.8 // metres, mean radius
	leastCell = 0.30        // of its unwarped area
)

// node is a point of the lattice.
type node struct{ i, j int }

// rect is a block of lattice cells: i0 ≤ i < i1, j0 ≤ j < j1.
type rect struct{ i0, j0, i1, j1 int }

// spot is a position in GCJ-02 in whole 1e-7 degrees.
type spot struct{ lon, lat int64 }

// lattice holds the spot of every node.
type lattice struct{ spots []spot }

// wave moves a point by (dx, dy) · sin(2π(fx·i + fy·j) + phase); amplitudes in steps, frequencies per step.
type wave struct{ fx, fy, dx, dy, phase float64 }

// newLattice warps the paper by a sum of plane waves: long ones bend the district, middling ones its
// communities, short ones make the borders wavy. The waves are calmed until no cell is squeezed below
// leastCell: a cell counts as its two triangles, and the map that is linear on each triangle then keeps
// the orientation of all of them, so that it folds nowhere and straight edges between nodes do not cross.
func newLattice(s stream) *lattice {
	var waves []wave
	for _, kind := range []struct {
		count                              int
		shortest, longest, weakest, strong float64
	}{
		{3, 90, 170, 4.5, 7}, {5, 32, 60, 1.8, 3.0}, {6, 8, 18, 0.20, 0.34},
	} {
		for range kind.count {
			length, amplitude := s.between(kind.shortest, kind.longest), s.between(kind.weakest, kind.strong)
			along, across := s.between(0, 2*math.Pi), s.between(0, 2*math.Pi)
			waves = append(waves, wave{
				math.Cos(along) / length, math.Sin(along) / length,
				amplitude * math.Cos(across), amplitude * math.Sin(across), s.between(0, 2*math.Pi),
			})
		}
	}
	for scale := 1.0; ; scale *= 0.95 {
		if l := warp(waves, scale); l.smallest() >= leastCell*stepM*stepM/2 {
			return l
		}
	}
}

// warp places the nodes under waves whose amplitudes are scaled.
func warp(waves []wave, scale float64) *lattice {
	l := &lattice{spots: make([]spot, (latticeW+1)*(latticeH+1))}
	sin, cos := math.Sincos(tilt)
	metre := 180 / (math.Pi * earthM) // degrees of latitude
	for j := 0; j <= latticeH; j++ {
		for i := 0; i <= latticeW; i++ {
			x, y := float64(i), float64(j)
			for _, w := range waves {
				swing := scale * math.Sin(2*math.Pi*(w.fx*float64(i)+w.fy*float64(j))+w.phase)
				x += w.dx * swing
				y += w.dy * swing
			}
			x, y = (x-latticeW/2)*stepM, (latticeH/2-y)*stepM // metres east and north of the centre
			east, north := x*cos-y*sin, x*sin+y*cos
			l.spots[j*(latticeW+1)+i] = spot{
				lon: int64(math.Round((centreLon + east*metre/math.Cos(centreLat*math.Pi/180)) * degree)),
				lat: int64(math.Round((centreLat + north*metre) * degree)),
			}
		}
	}
	return l
}

// smallest is the area in m² of the smallest triangle, negative where one is turned over. The diagonal of
// a cell runs from its north-west to its south-east corner.
func (l *lattice) smallest() float64 {
	least := math.Inf(1)
	for j := range latticeH {
		for i := range latticeW {
			a, c := l.at(node{i, j}), l.at(node{i + 1, j + 1})
			least = min(
				least,
				signedM2([]spot{a, l.at(node{i, j + 1}), c}),
				signedM2([]spot{a, c, l.at(node{i + 1, j})}),
			)
		}
	}
	return least
}

func (l *lattice) at(n node) spot { return l.spots[n.j*(latticeW+1)+n.i] }

// outline returns the border of the union of blocks as a ring of nodes, counter-clockwise on a map with
// north up, every lattice step a vertex, the first not repeated. The union must be one piece without
// holes and without blocks that meet only in a corner.
func outline(blocks []rect) []node {
	edges := map[node]node{} // border steps by their start; steps walked both ways cancel
	inner := map[[2]node]bool{}
	var steps [][2]node
	for _, b := range blocks {
		for j := b.j0; j < b.j1; j++ {
			steps = append(steps, [2]node{{b.i0, j}, {b.i0, j + 1}}, [2]node{{b.i1, j + 1}, {b.i1, j}})
		}
		for i := b.i0; i < b.i1; i++ {
			steps = append(steps, [2]node{{i, b.j1}, {i + 1, b.j1}}, [2]node{{i + 1, b.j0}, {i, b.j0}})
		}
	}
	for _, st := range steps {
		inner[st] = true
	}
	var first node
	found := false
	for _, st := range steps {
		if inner[[2]node{st[1], st[0]}] {
			continue
		}
		edges[st[0]] = st[1]
		if !found {
			first, found = st[0], true
		}
	}
	ring := []node{first}
	for n := edges[first]; n != first; n = edges[n] {
		ring = append(ring, n)
	}
	return ring
}

// ring gives the spots along an outline.
func (l *lattice) ring(blocks []rect) []spot {
	nodes := outline(blocks)
	spots := make([]spot, len(nodes))
	for k, n := range nodes {
		spots[k] = l.at(n)
	}
	return spots
}

// areaM2 is the area inside a ring in m².
func areaM2(ring []spot) float64 { return math.Abs(signedM2(ring)) }

// signedM2 is the area in m², positive where the ring runs counter-clockwise on a map with north up: the shoelace formula on the equirectangular projection at the
// latitude of the district's centre, within 0.1 % over its 6 km. It is taken in GCJ-02, whose local
// distortion is of the order of 0.01 %.
func signedM2(ring []spot) float64 {
	const rad = math.Pi / 180 / degree
	kx, ky := earthM*rad*math.Cos(centreLat*math.Pi/180), earthM*rad
	o := ring[0] // a near origin keeps the products small
	sum := 0.0
	for k, p := range ring {
		q := ring[(k+1)%len(ring)]
		sum += kx * ky * (float64(p.lon-o.lon)*float64(q.lat-o.lat) - float64(q.lon-o.lon)*float64(p.lat-o.lat))
	}
	return sum / 2
}

// inside returns a random spot in a block, at least about a metre from every lattice line and so from
// every border: a random point of one of the two triangles of a random cell, kept off its sides. It is
// rounded to 1e-6 degrees as hand-held devices do.
func (l *lattice) inside(s stream, b rect) spot {
	i, j := s.intBetween(b.i0, b.i1-1), s.intBetween(b.j0, b.j1-1)
	a, c := l.at(node{i, j}), l.at(node{i + 1, j + 1})
	corner := l.at(node{i + 1, j})
	if s.chance(0.5) {
		corner = l.at(node{i, j + 1})
	}
	u, v := s.Float64(), s.Float64()
	if u+v > 1 {
		u, v = 1-u, 1-v
	}
	u, v = 0.08+0.76*u, 0.08+0.76*v // each of the three weights is at least 0.08
	w := 1 - u - v
	const micro = degree / 1_000_000
	round := func(x float64) int64 { return int64(math.Round(x/micro)) * micro }
	return spot{
		lon: round(u*float64(a.lon) + v*float64(corner.lon) + w*float64(c.lon)),
		lat: round(u*float64(a.lat) + v*float64(corner.lat) + w*float64(c.lat)),
	}
}

// cut splits the lattice length [from, to) into parts whose lengths follow weights, none shorter than
// least steps, and returns the len(weights)+1 bounds.
func cut(from, to int, weights []float64, least int) []int {
	bounds := []int{from}
	for _, part := range apportion(to-from, weights, least) {
		bounds = append(bounds, bounds[len(bounds)-1]+part)
	}
	return bounds
}

// divide splits a block into n smaller ones, row by row from the north-west, about as wide as high.
func divide(s stream, b rect, n int) []rect {
	w, h := float64(b.i1-b.i0), float64(b.j1-b.j0)
	rows := min(n, max(1, int(math.Round(math.Sqrt(float64(n)*h/w)))))
	even := make([]float64, rows)
	for k := range even {
		even[k] = s.between(0.8, 1.2)
	}
	counts := apportion(n, even, n/rows-n/rows/4)
	heights := make([]float64, rows)
	for k, c := range counts {
		heights[k] = float64(c) * s.between(0.85, 1.15)
	}
	js := cut(b.j0, b.j1, heights, 4)
	var parts []rect
	for k, c := range counts {
		widths := make([]float64, c)
		for x := range widths {
			widths[x] = s.between(0.7, 1.3)
		}
		is := cut(b.i0, b.i1, widths, 3)
		for x := range c {
			parts = append(parts, rect{is[x], js[k], is[x+1], js[k+1]})
		}
	}
	return parts
}
