package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// tileLattice puts shapes on the units of a tile and cuts them at its margin. Units
// count from the north-west corner of the tile, east and south.
type tileLattice struct {
	scale    float64 // units around the Earth
	x0, y0   float64 // of the corner
	at       tileUnit
	commands []uint32
}

// tileUnit is a point of the lattice.
type tileUnit struct{ x, y int64 }

const (
	tileLow  = -tileMargin
	tileHigh = tileExtent + tileMargin
)

func newTileLattice(z, x, y uint32) *tileLattice {
	return &tileLattice{
		scale: math.Exp2(float64(z)) * tileExtent,
		x0:    float64(x) * tileExtent,
		y0:    float64(y) * tileExtent,
	}
}

// unit is the nearest point of the lattice. The corner of a tile is a point of it, so
// neighbouring tiles agree.
func (l *tileLattice) unit(p orb.Point) tileUnit {
	u := p[0]/360 + 0.5
	s := math.Sin(p[1] / degrees)
	v := min(max(0.5-math.Atanh(s)/(2*math.Pi), 0), 1)
	return tileUnit{int64(math.Floor(u*l.scale+0.5) - l.x0), int64(math.Floor(v*l.scale+0.5) - l.y0)}
}

// encode returns the type and the commands of what is to be drawn of a shape.
func (l *tileLattice) encode(shape orb.Geometry) (typ uint64, commands []uint32) {
	l.at, l.commands = tileUnit{}, l.commands[:0]
	switch s := shape.(type) {
	case orb.Point:
		l.points(orb.MultiPoint{s})
		return tilePoint, l.commands
	case orb.MultiPoint:
		l.points(s)
		return tilePoint, l.commands
	case orb.LineString:
		l.line(s)
		return tileLine, l.commands
	case orb.MultiLineString:
		for _, line := range s {
			l.line(line)
		}
		return tileLine, l.commands
	case orb.Polygon:
		l.polygon(s)
		return tilePolygon, l.commands
	case orb.MultiPolygon:
		for _, poly := range s {
			l.polygon(poly)
		}
		return tilePolygon, l.commands
	}
	return 0, nil
}

// Commands of the format.
const (
	moveTo    = 1
	lineTo    = 2
	closePath = 7
)

func (l *tileLattice) command(id, count int) { l.commands = append(l.commands, uint32(id|count<<3)) }

// to appends a point as its distance from the last one.
func (l *tileLattice) to(p tileUnit) {
	for _, d := range [2]int64{p.x - l.at.x, p.y - l.at.y} {
		l.commands = append(l.commands, uint32(int32(d)<<1^int32(d)>>31))
	}
	l.at = p
}

func (l *tileLattice) points(ps orb.MultiPoint) {
	var in []tileUnit
	for _, p := range ps {
		if !WGS84.Contains(p) {
			continue
		}
		if u := l.unit(p); u.inside() && !slices.Contains(in, u) {
			in = append(in, u)
		}
	}
	if len(in) == 0 {
		return
	}
	l.command(moveTo, len(in))
	for _, u := range in {
		l.to(u)
	}
}

func (u tileUnit) inside() bool {
	return u.x >= tileLow && u.x <= tileHigh && u.y >= tileLow && u.y <= tileHigh
}

// line appends the parts of a line within the margin.
func (l *tileLattice) line(line orb.LineString) {
	var part []tileUnit
	end := func() {
		if len(part) > 1 {
			l.command(moveTo, 1)
			l.to(part[0])
			l.command(lineTo, len(part)-1)
			for _, u := range part[1:] {
				l.to(u)
			}
		}
		part = part[:0]
	}
	for i := 0; i+1 < len(line); i++ {
		if !WGS84.Contains(line[i]) || !WGS84.Contains(line[i+1]) {
			end()
			continue
		}
		a, b, ok := cutSegment(l.unit(line[i]), l.unit(line[i+1]))
		if !ok || a == b {
			continue
		}
		if len(part) == 0 || part[len(part)-1] != a {
			end()
			part = append(part, a)
		}
		part = append(part, b)
	}
	end()
}

// cutSegment returns what lies of a segment within the margin.
func cutSegment(a, b tileUnit) (from, to tileUnit, ok bool) {
	for _, s := range tileSides {
		switch inA, inB := s.in(a), s.in(b); {
		case !inA && !inB:
			return a, b, false
		case !inA:
			a = s.cut(a, b)
		case !inB:
			b = s.cut(a, b)
		}
	}
	return a, b, true
}

// tileSide is one of the four lines that a tile is cut at.
type tileSide struct {
	north bool // a limit of y, else of x
	low   bool // the least, else the greatest
}

var tileSides = [4]tileSide{{false, true}, {false, false}, {true, true}, {true, false}}

func (s tileSide) in(u tileUnit) bool {
	v := u.x
	if s.north {
		v = u.y
	}
	if s.low {
		return v >= tileLow
	}
	return v <= tileHigh
}

// cut returns the point nearest to where the side cuts the segment. It is the same for
// the segment from b to a.
func (s tileSide) cut(a, b tileUnit) tileUnit {
	if b.x < a.x || b.x == a.x && b.y < a.y {
		a, b = b, a
	}
	at := int64(tileHigh)
	if s.low {
		at = tileLow
	}
	if s.north {
		t := float64(at-a.y) / float64(b.y-a.y)
		return tileUnit{a.x + int64(math.Floor(t*float64(b.x-a.x)+0.5)), at}
	}
	t := float64(at-a.x) / float64(b.x-a.x)
	return tileUnit{at, a.y + int64(math.Floor(t*float64(b.y-a.y)+0.5))}
}

// polygon appends the rings of a polygon.
func (l *tileLattice) polygon(poly orb.Polygon) {
	for i, ring := range poly {
		r, ok := l.ring(ring)
		if !ok {
			if i == 0 {
				return // nothing of the polygon is left
			}
			continue
		}
		// Surveyor's formula with y to the south: positive is clockwise on the screen.
		if (i == 0) != (doubleArea(r) > 0) {
			slices.Reverse(r)
		}
		l.command(moveTo, 1)
		l.to(r[0])
		l.command(lineTo, len(r)-1)
		for _, u := range r[1:] {
			l.to(u)
		}
		l.command(closePath, 1)
	}
}

// ring returns what is to be drawn of a ring, open, and false if that is nothing: it
// lies outside, has no area on the lattice, or is so small that it lost its direction.
func (l *tileLattice) ring(ring orb.Ring) ([]tileUnit, bool) {
	if len(ring) < 3 || !onEarth(ring) {
		return nil, false
	}
	r := make([]tileUnit, 0, len(ring))
	lo, hi := tileUnit{math.MaxInt64, math.MaxInt64}, tileUnit{math.MinInt64, math.MinInt64}
	for _, p := range ring {
		u := l.unit(p)
		lo.x, lo.y = min(lo.x, u.x), min(lo.y, u.y)
		hi.x, hi.y = max(hi.x, u.x), max(hi.y, u.y)
		r = append(r, u)
	}
	if hi.x < tileLow || lo.x > tileHigh || hi.y < tileLow || lo.y > tileHigh {
		return nil, false
	}
	if r = tidy(r); !lo.inside() || !hi.inside() {
		for _, s := range tileSides {
			r = cutRing(r, s)
		}
		r = tidy(r)
	}
	if len(r) < 3 {
		return nil, false
	}
	return r, doubleArea(r)*planarArea(ring) < 0 // y runs to the south here
}

// cutRing is Sutherland and Hodgman's: what lies of a ring on one side of a line, with
// the line in place of what does not.
func cutRing(r []tileUnit, s tileSide) []tileUnit {
	var out []tileUnit
	for i, b := range r {
		a := r[(i+len(r)-1)%len(r)]
		inA, inB := s.in(a), s.in(b)
		if inA != inB {
			out = append(out, s.cut(a, b))
		}
		if inB {
			out = append(out, b)
		}
	}
	return out
}

// tidy removes points that repeat and edges that are walked there and at once back,
// and opens the ring.
func tidy(r []tileUnit) []tileUnit {
	out := r[:0]
	for _, u := range r {
		out = append(out, u)
		for again := true; again; {
			n := len(out)
			switch {
			case n >= 2 && out[n-1] == out[n-2]:
				out = out[:n-1]
			case n >= 3 && out[n-1] == out[n-3]:
				out = out[:n-2]
			default:
				again = false
			}
		}
	}
	for n := len(out); n >= 2; n = len(out) { // the same around the seam
		switch {
		case out[n-1] == out[0]:
			out = out[:n-1]
		case out[n-2] == out[0]:
			out = out[:n-2]
		case out[n-1] == out[1]:
			out = out[1 : n-1]
		default:
			return out
		}
	}
	return nil
}

// doubleArea is twice the signed area in square units.
func doubleArea(r []tileUnit) float64 {
	sum := 0.0
	for i, a := range r {
		b := r[(i+1)%len(r)]
		sum += float64(a.x-r[0].x)*float64(b.y-r[0].y) - float64(b.x-r[0].x)*float64(a.y-r[0].y)
	}
	return sum
}
