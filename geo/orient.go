package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// filterError bounds the rounding error of the plain evaluation relative to the
// sum of its two products: (3 + 16ε)ε, Shewchuk, “Adaptive Precision
// Floating-Point Arithmetic and Fast Robust Geometric Predicates” (1997), ccwerrboundA.
const filterError = 3.3306690738754716e-16

// orient returns +1 if a → b → c turns left, −1 if it turns right and 0 if the
// three lie on one line, exactly. Conversions to float64 forbid the compiler to
// fuse a product with a sum, which would break the error bound.
func orient(a, b, c orb.Point) int {
	l := float64((b[0] - a[0]) * (c[1] - a[1]))
	r := float64((b[1] - a[1]) * (c[0] - a[0]))
	d := l - r
	bound := filterError * (math.Abs(l) + math.Abs(r))
	if d > bound {
		return 1
	}
	if -d > bound {
		return -1
	}
	return orientExact(a, b, c)
}

// orientExact sums the six products of the determinant without rounding, as an
// expansion of non-overlapping parts (Shewchuk's grow-expansion): the largest
// part carries the sign. Products must not underflow, which they cannot for
// coordinates that differ by more than 1e-140.
func orientExact(a, b, c orb.Point) int {
	if a == b || b == c || a == c {
		return 0
	}
	var parts [12]float64
	n := 0
	grow := func(q float64) {
		for i := range n {
			q, parts[i] = twoSum(q, parts[i])
		}
		parts[n] = q
		n++
	}
	product := func(x, y float64) {
		p := float64(x * y)
		grow(math.FMA(x, y, -p))
		grow(p)
	}
	product(b[0], c[1])
	product(-b[0], a[1])
	product(-a[0], c[1])
	product(-b[1], c[0])
	product(b[1], a[0])
	product(a[1], c[0])
	for i := n - 1; i >= 0; i-- {
		if parts[i] > 0 {
			return 1
		}
		if parts[i] < 0 {
			return -1
		}
	}
	return 0
}

// twoSum returns the rounded sum and its rounding error (Knuth).
func twoSum(a, b float64) (sum, err float64) {
	sum = a + b
	bv := sum - a
	return sum, (a - (sum - bv)) + (b - bv)
}

// meeting says how two segments meet.
type meeting int

const (
	apart  meeting = iota
	touch          // in one point that is an end of at least one of them
	cross          // in one point inside both
	follow         // along a piece of a common line
)

// meet classifies the segments ab and cd, which must have a length, exactly, and
// returns the ends of what they have in common: one and the same point for touch,
// exactly, and for cross, rounded.
func meet(a, b, c, d orb.Point) (how meeting, from, to orb.Point) {
	oc, od := orient(a, b, c), orient(a, b, d)
	if oc*od > 0 {
		return apart, from, to
	}
	oa, ob := orient(c, d, a), orient(c, d, b)
	if oa*ob > 0 {
		return apart, from, to
	}
	if oc == 0 && od == 0 {
		return meetOnLine(a, b, c, d)
	}
	switch {
	case oc == 0:
		return touchAt(a, b, c)
	case od == 0:
		return touchAt(a, b, d)
	case oa == 0:
		return touchAt(c, d, a)
	case ob == 0:
		return touchAt(c, d, b)
	}
	p := crossing(a, b, c, d)
	return cross, p, p
}

// touchAt decides for p on the line of ab.
func touchAt(a, b, p orb.Point) (how meeting, from, to orb.Point) {
	if between(a, b, p) {
		return touch, p, p
	}
	return apart, from, to
}

// between reports whether p, on the line of ab, lies on the segment.
func between(a, b, p orb.Point) bool {
	return min(a[0], b[0]) <= p[0] && p[0] <= max(a[0], b[0]) &&
		min(a[1], b[1]) <= p[1] && p[1] <= max(a[1], b[1])
}

// meetOnLine decides for four points on one line: lexicographic order is order
// along the line.
func meetOnLine(a, b, c, d orb.Point) (how meeting, from, to orb.Point) {
	if before(b, a) {
		a, b = b, a
	}
	if before(d, c) {
		c, d = d, c
	}
	lo, hi := a, b
	if before(lo, c) {
		lo = c
	}
	if before(d, hi) {
		hi = d
	}
	switch {
	case before(lo, hi):
		return follow, lo, hi
	case lo == hi:
		return touch, lo, lo
	}
	return apart, from, to
}

// before orders points by longitude, then latitude.
func before(a, b orb.Point) bool {
	return a[0] < b[0] || a[0] == b[0] && a[1] < b[1]
}

// crossing returns the rounded point in which ab and cd cross, inside the boxes
// of both. The order of the arguments does not change the result's bits when the
// segments are swapped or reversed, so both owners of a border get one point.
func crossing(a, b, c, d orb.Point) orb.Point {
	if before(b, a) {
		a, b = b, a
	}
	if before(d, c) {
		c, d = d, c
	}
	if before(c, a) || a == c && before(d, b) {
		a, b, c, d = c, d, a, b
	}
	ux, uy := b[0]-a[0], b[1]-a[1]
	vx, vy := d[0]-c[0], d[1]-c[1]
	t := ((c[0]-a[0])*vy - (c[1]-a[1])*vx) / (ux*vy - uy*vx)
	if !(t >= 0 && t <= 1) { // parallel up to rounding
		t = 0.5
	}
	p := orb.Point{a[0] + t*ux, a[1] + t*uy}
	for k := range p {
		lo := max(min(a[k], b[k]), min(c[k], d[k]))
		hi := min(max(a[k], b[k]), max(c[k], d[k]))
		p[k] = max(lo, min(hi, p[k]))
	}
	return p
}

// side returns +1 if p is inside the ring, 0 if on it, −1 if outside, exactly.
// The ring may be open or closed.
func side(ring []orb.Point, p orb.Point) int {
	in := -1
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		if a == b {
			if a == p {
				return 0
			}
			continue
		}
		if b[1] < a[1] {
			a, b = b, a
		}
		if p[1] < a[1] || p[1] > b[1] {
			continue
		}
		switch o := orient(a, b, p); {
		case o == 0 && between(a, b, p):
			return 0
		case o > 0 && p[1] < b[1]:
			in = -in
		}
	}
	return in
}
