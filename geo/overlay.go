package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// weave puts into every path the points in which it meets others, so that paths have
// only whole edges and ends of edges in common. Rings are closed paths. Paths are
// changed in place; those that meet nothing new keep their points. It returns false
// if there are so many meetings that it gave up.
func weave(paths []*orb.LineString) bool {
	for range cutRounds {
		set := map[edge]bool{}
		for _, path := range paths {
			for i := 1; i < len(*path); i++ {
				set[between2((*path)[i-1], (*path)[i])] = true
			}
		}
		delete(set, edge{})
		edges := sortedEdges(set)
		cuts, ok := cutsOf(edges)
		if !ok {
			return false
		}
		if len(cuts) == 0 {
			return true
		}
		at := make(map[edge][]orb.Point, len(cuts))
		for i, points := range cuts {
			at[edges[i]] = points
		}
		for _, path := range paths {
			cutPath(path, at)
		}
	}
	return false
}

// between2 is the edge between two points; the zero edge if they are one.
func between2(a, b orb.Point) edge {
	switch {
	case a == b:
		return edge{}
	case before(b, a):
		return edge{b, a}
	}
	return edge{a, b}
}

// cutPath puts points into the edges of a path.
func cutPath(path *orb.LineString, at map[edge][]orb.Point) {
	var out orb.LineString
	for i, p := range *path {
		if i > 0 {
			e := between2((*path)[i-1], p)
			points := at[e]
			if len(points) > 0 && out == nil {
				out = slices.Clone((*path)[:i])
			}
			if len(points) > 0 && e.a == p { // the path runs the other way
				points = slices.Clone(points)
				slices.Reverse(points)
			}
			for _, q := range points {
				if q != out[len(out)-1] {
					out = append(out, q)
				}
			}
		}
		if out != nil && out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	if out != nil {
		*path = out
	}
}

// overlay is the part of the plane for which in holds; in is told of each shape whether
// a place lies in it. The shapes are sound and woven. It returns false if it gave up.
func overlay(shapes []orb.MultiPolygon, in func(inside []bool) bool) (orb.MultiPolygon, bool) {
	type owner struct {
		shape int
		left  bool // it lies to the left of the edge, from its first end to its second
	}
	owners := map[edge][]owner{}
	for i, mp := range shapes {
		own := edgeSet(mp)
		f := newFaces(own)
		for e := range own {
			owners[e] = append(owners[e], owner{i, f.spokes[e.a][f.find(e.a, e.b)].in})
		}
	}
	index := NewBoxIndex(shapes)
	border := map[edge]bool{}
	left, right := make([]bool, len(shapes)), make([]bool, len(shapes))
	for e, own := range owners {
		middle := orb.Point{(e.a[0] + e.b[0]) / 2, (e.a[1] + e.b[1]) / 2}
		around := index.Within(orb.Bound{Min: middle, Max: middle})
		for _, i := range around {
			left[i] = holds(shapes[i], middle)
			right[i] = left[i]
		}
		for _, o := range own {
			left[o.shape], right[o.shape] = o.left, !o.left
		}
		if in(left) != in(right) {
			border[e] = true
		}
		for _, i := range around {
			left[i], right[i] = false, false
		}
		for _, o := range own {
			left[o.shape], right[o.shape] = false, false
		}
	}
	return newFaces(border).polygons()
}

// edgeSet is the edges of a shape; what is walked twice bounds nothing.
func edgeSet(mp orb.MultiPolygon) map[edge]bool {
	set := map[edge]bool{}
	eachEdge(mp, func(a, b orb.Point) { toggleEdge(set, a, b) })
	return set
}

// holds says whether a point lies inside a shape by the even–odd rule; on its border it may say either.
func holds(mp orb.MultiPolygon, p orb.Point) bool {
	odd := false
	for _, poly := range mp {
		for _, ring := range poly {
			if side(ring, p) > 0 {
				odd = !odd
			}
		}
	}
	return odd
}

// divide cuts a shape along the pieces of woven lines that lie inside it and do not end
// there, and gives the parts to the left and to the right of the lines. What the lines
// do not reach is in neither. ok is false if it gave up.
func divide(shape orb.MultiPolygon, lines []orb.LineString) (left, right, rest orb.MultiPolygon, ok bool) {
	own := edgeSet(shape)
	type step struct{ a, b orb.Point }
	var steps []step
	degree := map[orb.Point]int{}
	for e := range own {
		degree[e.a]++
		degree[e.b]++
	}
	seen := map[edge]bool{}
	for _, line := range lines {
		for i := 1; i < len(line); i++ {
			a, b := line[i-1], line[i]
			e := between2(a, b)
			if a == b || own[e] || seen[e] || !holds(shape, orb.Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}) {
				continue
			}
			seen[e] = true
			steps = append(steps, step{a, b})
			degree[a]++
			degree[b]++
		}
	}
	for again := true; again; { // what ends inside divides nothing
		again = false
		steps = slices.DeleteFunc(steps, func(s step) bool {
			if degree[s.a] > 1 && degree[s.b] > 1 {
				return false
			}
			degree[s.a]--
			degree[s.b]--
			again = true
			return true
		})
	}
	f := newFaces(own)
	for _, s := range steps {
		f.insert(s.a, s.b)
		f.insert(s.b, s.a)
	}
	slices.SortFunc(f.order, comparePoints)
	parts, ok := f.polygons()
	to, from := map[step]bool{}, map[step]bool{}
	for _, s := range steps {
		to[s], from[step{s.b, s.a}] = true, true
	}
	for _, part := range parts {
		onLeft, onRight := false, false
		for _, ring := range part {
			for i := 1; i < len(ring); i++ {
				s := step{ring[i-1], ring[i]} // the part lies to its left
				onLeft, onRight = onLeft || to[s], onRight || from[s]
			}
		}
		switch {
		case onLeft && onRight:
			return nil, nil, nil, false
		case onLeft:
			left = append(left, part)
		case onRight:
			right = append(right, part)
		default:
			rest = append(rest, part)
		}
	}
	return left, right, rest, ok
}

// insert adds one end of an edge that runs through the inside.
func (f *faces) insert(p, to orb.Point) {
	around, there := f.spokes[p]
	if !there {
		f.order = append(f.order, p)
	}
	i, _ := slices.BinarySearchFunc(around, to, func(s spoke, to orb.Point) int { return compareAngle(p, s.to, to) })
	f.spokes[p] = slices.Insert(around, i, spoke{to: to, in: true})
}
