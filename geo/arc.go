package geo

import "github.com/paulmach/orb"

// topology is a set of shapes as arcs: the pieces of border between the points where
// borders meet. Neighbours have their common border as one arc, so what is done to
// an arc is done to both. Borders are common where their vertices are equal bit for
// bit; a vertex of one shape beside the edge of another makes two arcs.
type topology struct {
	arcs  []arc
	rings [][][]arcRing // of a shape, of a polygon; nil for a ring that encloses nothing
}

// arc is a piece of border. Its ends are nodes and stay where they are, unless it is
// closed: a whole ring that meets no other border, without its closing point.
type arc struct {
	points []orb.Point
	closed bool
}

// arcRing is a ring as the arcs along it.
type arcRing []arcUse

type arcUse struct {
	arc      int32
	backward bool
}

// vertex is a point of borders while a topology is built.
type vertex struct {
	a, b  int32 // its neighbours along all rings; −1 none yet
	ended bool  // a node: more than two neighbours, or a ring turns back here
}

type arcBuilder struct {
	ids      map[orb.Point]int32
	points   []orb.Point
	vertices []vertex
	found    map[[2]int32]int32 // the first edge of an arc → the arc
	t        *topology
}

// newTopology cuts the borders of the shapes into arcs. A ring with fewer than three
// different points or a coordinate that is no place on the Earth is left out, and
// with an outer ring its holes.
func newTopology(shapes []orb.MultiPolygon) *topology {
	b := arcBuilder{ids: map[orb.Point]int32{}, found: map[[2]int32]int32{}, t: &topology{}}
	rings := make([][][][]int32, len(shapes))
	for i, mp := range shapes {
		rings[i] = make([][][]int32, len(mp))
		for j, poly := range mp {
			rings[i][j] = make([][]int32, len(poly))
			for k, ring := range poly {
				r := b.intern(ring)
				if r == nil && k == 0 {
					break
				}
				rings[i][j][k] = r
				b.join(r)
			}
		}
	}
	b.t.rings = make([][][]arcRing, len(shapes))
	for i, mp := range rings {
		b.t.rings[i] = make([][]arcRing, len(mp))
		for j, poly := range mp {
			b.t.rings[i][j] = make([]arcRing, len(poly))
			for k, ring := range poly {
				b.t.rings[i][j][k] = b.cut(ring)
			}
		}
	}
	return b.t
}

// intern gives the numbers of a ring's points, without repeated ones and without the
// closing point.
func (b *arcBuilder) intern(ring orb.Ring) []int32 {
	if !onEarth(ring) {
		return nil
	}
	r := make([]int32, 0, len(ring))
	for _, p := range ring {
		id, ok := b.ids[p]
		if !ok {
			id = int32(len(b.points))
			b.ids[p] = id
			b.points = append(b.points, p)
			b.vertices = append(b.vertices, vertex{a: -1, b: -1})
		}
		if len(r) == 0 || r[len(r)-1] != id {
			r = append(r, id)
		}
	}
	for len(r) > 1 && r[0] == r[len(r)-1] {
		r = r[:len(r)-1]
	}
	for i := 2; i < len(r); i++ {
		if r[i] != r[0] && r[i] != r[1] {
			return r
		}
	}
	return nil
}

// join tells the points of a ring their neighbours.
func (b *arcBuilder) join(r []int32) {
	n := len(r)
	for i, id := range r {
		before, after := r[(i+n-1)%n], r[(i+1)%n]
		v := &b.vertices[id]
		v.meet(before)
		v.meet(after)
		if before == after {
			v.ended = true
		}
	}
}

func (v *vertex) meet(id int32) {
	switch {
	case v.a == id || v.b == id:
	case v.a < 0:
		v.a = id
	case v.b < 0:
		v.b = id
	default:
		v.ended = true
	}
}

// cut returns a ring as arcs, adding those that are new.
func (b *arcBuilder) cut(r []int32) arcRing {
	n := len(r)
	if n == 0 {
		return nil
	}
	first := -1
	for i, id := range r {
		if b.vertices[id].ended {
			first = i
			break
		}
	}
	if first < 0 {
		return arcRing{b.whole(r)}
	}
	var out arcRing
	for i := 0; i < n; {
		chain := []int32{r[(first+i)%n]}
		for {
			i++
			id := r[(first+i)%n]
			chain = append(chain, id)
			if b.vertices[id].ended {
				break
			}
		}
		out = append(out, b.use(chain, false))
	}
	return out
}

// whole is the use of a closed arc. It begins at its westernmost point and goes on to
// the western one of that point's neighbours, whichever ring is seen first.
func (b *arcBuilder) whole(r []int32) arcUse {
	n, least := len(r), 0
	for i, id := range r {
		if before(b.points[id], b.points[r[least]]) {
			least = i
		}
	}
	chain := make([]int32, n)
	for i := range r {
		chain[i] = r[(least+i)%n]
	}
	return b.use(chain, true)
}

// use finds or adds the arc along a chain.
func (b *arcBuilder) use(chain []int32, closed bool) arcUse {
	n := len(chain)
	back := before(b.points[chain[n-1]], b.points[chain[0]])
	if closed || chain[0] == chain[n-1] { // begins and ends at one point
		second, last := chain[1], chain[n-2]
		if closed {
			last = chain[n-1]
		}
		back = before(b.points[last], b.points[second])
	}
	key := [2]int32{chain[0], chain[1]}
	if back {
		key = [2]int32{chain[n-1], chain[n-2]}
		if closed {
			key = [2]int32{chain[0], chain[n-1]}
		}
	}
	id, ok := b.found[key]
	if !ok {
		id = int32(len(b.t.arcs))
		b.found[key] = id
		a := arc{closed: closed, points: make([]orb.Point, n)}
		for i, v := range chain {
			switch {
			case !back:
				a.points[i] = b.points[v]
			case closed:
				a.points[(n-i)%n] = b.points[v]
			default:
				a.points[n-1-i] = b.points[v]
			}
		}
		b.t.arcs = append(b.t.arcs, a)
	}
	return arcUse{id, back}
}

// shapes puts the shapes together again: rings are closed, in the order and direction
// they had. A shape of whose arcs none is changed is the one given, not a copy.
func (t *topology) shapes(given []orb.MultiPolygon, changed []bool) []orb.MultiPolygon {
	out := make([]orb.MultiPolygon, len(given))
	for i, polys := range t.rings {
		if !t.touched(polys, changed) {
			out[i] = given[i]
			continue
		}
		for _, rings := range polys {
			var poly orb.Polygon
			for _, r := range rings {
				if r != nil {
					poly = append(poly, t.ring(r))
				}
			}
			if poly != nil {
				out[i] = append(out[i], poly)
			}
		}
	}
	return out
}

func (t *topology) touched(polys [][]arcRing, changed []bool) bool {
	for _, rings := range polys {
		for _, r := range rings {
			if r == nil {
				return true
			}
			for _, u := range r {
				if changed[u.arc] {
					return true
				}
			}
		}
	}
	return false
}

func (t *topology) ring(uses arcRing) orb.Ring {
	n := 1
	for _, u := range uses {
		n += len(t.arcs[u.arc].points)
	}
	ring := make(orb.Ring, 0, n)
	for _, u := range uses {
		points := t.arcs[u.arc].points
		last := len(points) - 1
		switch {
		case t.arcs[u.arc].closed && u.backward:
			ring = append(ring, points[0])
			for i := last; i > 0; i-- {
				ring = append(ring, points[i])
			}
		case t.arcs[u.arc].closed:
			ring = append(ring, points...)
		case u.backward: // without its last point, which begins the next arc
			for i := last; i > 0; i-- {
				ring = append(ring, points[i])
			}
		default:
			ring = append(ring, points[:last]...)
		}
	}
	return append(ring, ring[0])
}
