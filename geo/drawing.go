package geo

import (
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Drawing is a layer under the pen: shapes in WGS-84, degrees, lon lat, by the codes of
// their units. Every change keeps what holds of the shapes: each stays sound, no two
// come to overlap, and a border that two share stays shared vertex for vertex, so no
// gap comes into being between them. A change that cannot be made so is refused with
// ErrDrawing and leaves the drawing as it was.
//
// Example: of a unit square A, Split("A", (0.5,−1)–(0.5,2), "B") leaves two halves
// whose common border is shared; Move of (0.5,1) to (0.6,1) moves a vertex of both.
type Drawing struct {
	shapes map[string]orb.MultiPolygon
	given  map[string]orb.MultiPolygon
	fixed  map[string]bool
	names  map[string]string // for sentences
}

// NewDrawing takes the shapes of a layer as they are. Those for which fixed holds may not be
// changed; they are there to keep off and to follow, and no sentence names them. fixed may be nil.
func NewDrawing(features []Feature, fixed func(code string) bool) *Drawing {
	d := &Drawing{shapes: map[string]orb.MultiPolygon{}, fixed: map[string]bool{}, names: map[string]string{}}
	for _, f := range features {
		d.shapes[f.Code] = f.Shape
		d.Call(f.Code, f.Name)
		if fixed != nil && fixed(f.Code) {
			d.fixed[f.Code] = true
		}
	}
	d.given = maps.Clone(d.shapes)
	return d
}

// Call says what sentences call a unit: by its code where name is empty.
func (d *Drawing) Call(code, name string) { d.names[code] = name }

// name is what a sentence calls a unit.
func (d *Drawing) name(code string) string {
	switch {
	case d.fixed[code]:
		return "相邻的单位"
	case d.names[code] != "":
		return "“" + d.names[code] + "”"
	}
	return "“" + code + "”"
}

// Shape is the shape of a unit; nil where it has none. It must not be changed.
func (d *Drawing) Shape(code string) orb.MultiPolygon { return d.shapes[code] }

// Codes are the units that have a shape, sorted.
func (d *Drawing) Codes() []string { return slices.Sorted(maps.Keys(d.shapes)) }

// Changed are the units whose shapes are not as they were given, sorted; gone are those that have none any more.
func (d *Drawing) Changed() (changed, gone []string) {
	for _, code := range d.Codes() {
		if old, ok := d.given[code]; !ok || !old.Equal(d.shapes[code]) {
			changed = append(changed, code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(d.given)) {
		if _, ok := d.shapes[code]; !ok {
			gone = append(gone, code)
		}
	}
	return changed, gone
}

// mostWoven is how many vertices around a change are looked at: a quarter of a million
// takes a second or two.
const mostWoven = 250_000

// change makes a change on a copy, which takes the place of the drawing if it succeeds.
func (d *Drawing) change(do func(next *Drawing) error) error {
	next := &Drawing{shapes: maps.Clone(d.shapes), given: d.given, fixed: d.fixed, names: d.names}
	if err := do(next); err != nil {
		return err
	}
	for code := range d.fixed {
		if !next.shapes[code].Equal(d.shapes[code]) {
			next.shapes[code] = d.shapes[code] // further points on its border, which it may not take
		}
	}
	if err := next.sound(d); err != nil {
		return err
	}
	*d = *next
	return nil
}

// sound checks the shapes that differ from those of before.
func (d *Drawing) sound(before *Drawing) error {
	tests := overlapTests
	done := map[[2]string]bool{}
	for _, code := range d.Codes() {
		shape := d.shapes[code]
		if shape.Equal(before.shapes[code]) {
			continue
		}
		for _, f := range auditShape(shape) {
			if f.Severity == Failure {
				return refuse(ErrDrawing, "这样改会使%s的边界自相交或有误（经度%.6f，纬度%.6f），请换一个位置。", d.name(code), f.At[0], f.At[1])
			}
		}
		box := boundOf(shape)
		for _, other := range d.near(box) {
			pair := [2]string{min(code, other), max(code, other)}
			if other == code || done[pair] {
				continue
			}
			done[pair] = true
			area, at := commonArea(shape, d.shapes[other], intersect(box, boundOf(d.shapes[other])), &tests)
			if area <= leastDrawnM2 {
				continue
			}
			was, _ := commonArea(before.shapes[code], before.shapes[other],
				intersect(boundOf(before.shapes[code]), boundOf(before.shapes[other])), &tests)
			if area > was+leastDrawnM2 {
				return refuse(ErrDrawing, "这样改会使%s与%s重叠 %.1f 平方米（经度%.6f，纬度%.6f），请换一个位置。", d.name(code), d.name(other), area, at[0], at[1])
			}
		}
	}
	if tests < 0 {
		return refuse(ErrDrawing, "附近的边界过于复杂，无法检查这次改动，请先简化边界。")
	}
	return nil
}

// leastDrawnM2 is the common area up to which shapes drawn side by side count as sharing a border: what rounding leaves.
const leastDrawnM2 = 0.01

// near are the units whose shapes may touch the box, sorted.
func (d *Drawing) near(box orb.Bound) []string {
	box = box.Pad(1e-7) // 1 cm
	var out []string
	for _, code := range d.Codes() {
		if overlaps(boundOf(d.shapes[code]), box) {
			out = append(out, code)
		}
	}
	return out
}

// weave puts common points into the borders of the units and of lines.
func (d *Drawing) weave(codes []string, lines ...*orb.LineString) error {
	paths := slices.Clone(lines)
	n := 0
	type place struct {
		code string
		i, k int
	}
	var places []place
	for _, code := range codes {
		for i, poly := range d.shapes[code] {
			for k, ring := range poly {
				path := orb.LineString(ring)
				if len(path) > 0 && path[0] != path[len(path)-1] {
					path = append(slices.Clone(path), path[0])
				}
				paths = append(paths, &path)
				places = append(places, place{code, i, k})
				n += len(path)
			}
		}
	}
	if n > mostWoven || !weave(paths) {
		return refuse(ErrDrawing, "附近的边界过于复杂，无法一次改动，请先进入下级单位或简化边界。")
	}
	fresh := map[string]orb.MultiPolygon{}
	for i, at := range places {
		path := *paths[len(lines)+i]
		if len(path) == len(d.shapes[at.code][at.i][at.k]) {
			continue
		}
		if fresh[at.code] == nil {
			fresh[at.code] = d.shapes[at.code].Clone()
		}
		fresh[at.code][at.i][at.k] = orb.Ring(path)
	}
	maps.Copy(d.shapes, fresh)
	return nil
}

// Add draws the shape of a unit that has none. What of the ring belongs to other units, or lies outside within (nil: anywhere), is
// left out of it. Vertices of the ring within snapM metres of a border are put onto it. The ring may be open.
func (d *Drawing) Add(code string, ring orb.Ring, within orb.MultiPolygon, snapM float64) error {
	if len(d.shapes[code]) > 0 {
		return refuse(ErrDrawing, "%s已有边界，请改用移动、拆分，或换一个编码。", d.name(code))
	}
	return d.change(func(d *Drawing) error {
		path, err := d.pen(orb.LineString(ring), within, snapM)
		if err != nil {
			return err
		}
		if path[0] != path[len(path)-1] {
			path = append(path, path[0])
		}
		drawn := orb.MultiPolygon{{orb.Ring(path)}}
		for _, f := range auditShape(drawn) {
			if f.Severity == Failure {
				return refuse(ErrDrawing, "画的范围自相交或不成面（经度%.6f，纬度%.6f），请重新画。", f.At[0], f.At[1])
			}
		}
		codes := d.near(boundOf(drawn))
		lines := []*orb.LineString{&path}
		for _, poly := range within {
			for _, r := range poly {
				line := orb.LineString(r)
				lines = append(lines, &line)
			}
		}
		if err := d.weave(codes, lines...); err != nil {
			return err
		}
		shapes := []orb.MultiPolygon{{{orb.Ring(path)}}}
		for _, c := range codes {
			shapes = append(shapes, d.shapes[c])
		}
		if within != nil {
			var field orb.MultiPolygon
			for i, poly := range within {
				field = append(field, nil)
				for range poly {
					lines = lines[1:]
					field[i] = append(field[i], orb.Ring(*lines[0]))
				}
			}
			shapes = append(shapes, field)
		}
		out, ok := overlay(shapes, func(inside []bool) bool {
			in := inside[0]
			if within != nil {
				last := len(inside) - 1
				in, inside = in && inside[last], inside[:last]
			}
			return in && !slices.Contains(inside[1:], true)
		})
		if !ok {
			return refuse(ErrDrawing, "画的范围牵涉的边界过多，请画小一些，或进入下级单位再画。")
		}
		if out = withoutSlivers(out); len(out) == 0 {
			return refuse(ErrDrawing, "画的范围已属于其他单位，或在上级单位的边界之外，请画在空白处。")
		}
		d.shapes[code] = out
		return nil
	})
}

// withoutSlivers leaves out the parts below a thousandth of the largest or below a square metre.
func withoutSlivers(mp orb.MultiPolygon) orb.MultiPolygon {
	largest := 0.0
	for _, poly := range mp {
		largest = max(largest, AreaM2(orb.MultiPolygon{poly}))
	}
	least := max(leastOverlapM2, largest/1000)
	return slices.DeleteFunc(mp, func(poly orb.Polygon) bool { return AreaM2(orb.MultiPolygon{poly}) < least })
}

// Split cuts a unit's shape along a line from border to border. The greater part stays with the unit, the other becomes that of
// fresh, a unit without a shape. Vertices of the line within snapM metres of a border are put onto it.
func (d *Drawing) Split(code string, line orb.LineString, fresh string, snapM float64) error {
	switch {
	case len(d.shapes[code]) == 0:
		return refuse(ErrDrawing, "%s没有边界，不能拆分。", d.name(code))
	case d.fixed[code]:
		return refuse(ErrDrawing, "%s不在您负责的范围内，不能拆分。", d.name(code))
	case len(d.shapes[fresh]) > 0:
		return refuse(ErrDrawing, "%s已有边界，请换一个编码。", d.name(fresh))
	}
	return d.change(func(d *Drawing) error {
		path, err := d.pen(line, nil, snapM)
		if err != nil {
			return err
		}
		codes := d.near(boundOf(d.shapes[code]))
		if err := d.weave(codes, &path); err != nil {
			return err
		}
		left, right, rest, ok := divide(d.shapes[code], []orb.LineString{path})
		if !ok || len(left) == 0 || len(right) == 0 {
			return refuse(ErrDrawing, "这条线没有把%s分成两部分，请从边界外画到边界外。", d.name(code))
		}
		if AreaM2(left) < AreaM2(right) {
			left, right = right, left
		}
		d.shapes[code], d.shapes[fresh] = append(left, rest...), right
		return nil
	})
}

// Merge gives a unit the shapes of others that lie beside it, which have none afterwards.
func (d *Drawing) Merge(into string, others ...string) error {
	all := append([]string{into}, others...)
	for i, code := range all {
		switch {
		case len(d.shapes[code]) == 0:
			return refuse(ErrDrawing, "%s没有边界，不能合并。", d.name(code))
		case d.fixed[code]:
			return refuse(ErrDrawing, "%s不在您负责的范围内，不能合并。", d.name(code))
		case slices.Contains(all[:i], code):
			return refuse(ErrDrawing, "%s不能与自己合并，请再选一个相邻的单位。", d.name(code))
		}
	}
	if len(others) == 0 {
		return refuse(ErrDrawing, "请再选一个相邻的单位。")
	}
	return d.change(func(d *Drawing) error {
		box := boundOf(d.shapes[into])
		for _, code := range others {
			box = box.Union(boundOf(d.shapes[code]))
		}
		if err := d.weave(d.near(box)); err != nil {
			return err
		}
		shapes := []orb.MultiPolygon{d.shapes[into]}
		parts := len(d.shapes[into])
		for _, code := range others {
			shapes = append(shapes, d.shapes[code])
			parts += len(d.shapes[code])
		}
		out, ok := overlay(shapes, func(inside []bool) bool { return slices.Contains(inside, true) })
		if !ok {
			return refuse(ErrDrawing, "要合并的边界过于复杂，无法合并，请先简化边界。")
		}
		if len(out)+len(others) > parts {
			return refuse(ErrDrawing, "选中的单位没有共用的边界，不能合并。")
		}
		d.shapes[into] = out
		for _, code := range others {
			delete(d.shapes, code)
		}
		return nil
	})
}

// Move moves a vertex in every shape that has it. from is a vertex bit for bit; to within snapM metres of a border of a shape
// without that vertex is put onto it.
func (d *Drawing) Move(from, to orb.Point, snapM float64) error {
	return d.change(func(d *Drawing) error {
		codes, err := d.holding(from)
		if err != nil {
			return err
		}
		path, err := d.penApart(orb.LineString{to}, nil, snapM, codes)
		if err != nil {
			return err
		}
		return d.redraw(codes, func(ring orb.Ring) orb.Ring {
			for i, p := range ring {
				if p == from {
					ring[i] = path[0]
				}
			}
			return ring
		})
	})
}

// Bend puts a new vertex into the edge from a to b of every shape that has it.
func (d *Drawing) Bend(a, b, to orb.Point, snapM float64) error {
	return d.change(func(d *Drawing) error {
		codes, err := d.holding(a)
		if err != nil {
			return err
		}
		path, err := d.penApart(orb.LineString{to}, nil, snapM, codes)
		if err != nil {
			return err
		}
		return d.redraw(codes, func(ring orb.Ring) orb.Ring {
			var out orb.Ring
			for i, p := range ring {
				if i > 0 && between2(ring[i-1], p) == between2(a, b) {
					out = append(out, path[0])
				}
				out = append(out, p)
			}
			return out
		})
	})
}

// Straighten leaves a vertex out of every shape that has it. One in which more than two borders meet stays.
func (d *Drawing) Straighten(at orb.Point) error {
	return d.change(func(d *Drawing) error {
		codes, err := d.holding(at)
		if err != nil {
			return err
		}
		beside := map[orb.Point]bool{}
		for _, code := range codes {
			eachEdge(d.shapes[code], func(a, b orb.Point) {
				if a == at {
					beside[b] = true
				} else if b == at {
					beside[a] = true
				}
			})
		}
		if len(beside) > 2 {
			return refuse(ErrDrawing, "这个界址点是几条边界的交点，不能去掉，可以移动。")
		}
		return d.redraw(codes, func(ring orb.Ring) orb.Ring {
			out := slices.DeleteFunc(ring, func(p orb.Point) bool { return p == at })
			if len(out) > 0 && out[0] != out[len(out)-1] {
				out = append(out, out[0])
			}
			return out
		})
	})
}

// Remove takes the shape of a unit away.
func (d *Drawing) Remove(code string) error {
	switch {
	case len(d.shapes[code]) == 0:
		return refuse(ErrDrawing, "%s没有边界。", d.name(code))
	case d.fixed[code]:
		return refuse(ErrDrawing, "%s不在您负责的范围内，不能去掉。", d.name(code))
	}
	delete(d.shapes, code)
	return nil
}

// holding are the units with a vertex. Those whose border runs through it get it first.
func (d *Drawing) holding(p orb.Point) ([]string, error) {
	near := d.near(orb.Bound{Min: p, Max: p})
	if err := d.weave(near); err != nil {
		return nil, err
	}
	var codes []string
	for _, code := range near {
		found := false
		eachEdge(d.shapes[code], func(a, _ orb.Point) { found = found || a == p })
		if !found {
			continue
		}
		if d.fixed[code] {
			return nil, refuse(ErrDrawing, "这里的边界与%s共用，它不在您负责的范围内，不能改动。", d.name(code))
		}
		codes = append(codes, code)
	}
	if len(codes) == 0 {
		return nil, refuse(ErrDrawing, "这里已没有界址点，请重新选择。")
	}
	return codes, nil
}

// redraw changes every ring of some units; of points that come to be one it keeps one.
func (d *Drawing) redraw(codes []string, change func(orb.Ring) orb.Ring) error {
	for _, code := range codes {
		shape := d.shapes[code].Clone()
		for i, poly := range shape {
			for k := range poly {
				ring := slices.Compact(change(poly[k]))
				if len(ring) < 4 {
					return refuse(ErrDrawing, "这样改会使%s的一圈边界不成面，请换一个位置。", d.name(code))
				}
				shape[i][k] = ring
			}
		}
		d.shapes[code] = shape
	}
	box := boundOf(d.shapes[codes[0]])
	for _, code := range codes[1:] {
		box = box.Union(boundOf(d.shapes[code]))
	}
	return d.weave(d.near(box)) // a vertex may have come to lie on the border of another
}

// pen is a line drawn by hand: without points that follow on themselves, and put onto borders that it nearly meets.
func (d *Drawing) pen(line orb.LineString, within orb.MultiPolygon, snapM float64) (orb.LineString, error) {
	return d.penApart(line, within, snapM, nil)
}

// penApart leaves out the borders of some units.
func (d *Drawing) penApart(line orb.LineString, within orb.MultiPolygon, snapM float64, apart []string) (orb.LineString, error) {
	if !(snapM >= 0 && snapM <= mostSnapM) {
		return nil, refuse(ErrDrawing, "捕捉距离应在 0 至 %d 米之间。", mostSnapM)
	}
	box := boundOf(line)
	for _, p := range line {
		if !finite(p) || math.Abs(p[0]) > 180 || math.Abs(p[1]) > 90 {
			return nil, refuse(ErrDrawing, "画的点不是有效的经纬度，请重新画。")
		}
	}
	if len(line) > mostDrawn {
		return nil, refuse(ErrDrawing, "一次最多画 %d 个点，请分几次画。", mostDrawn)
	}
	if len(line) == 0 {
		return nil, refuse(ErrDrawing, "没有画出任何点，请重新画。")
	}
	perLon, perLat := metresPer(line[0][1])
	box.Min[0], box.Max[0] = box.Min[0]-snapM/perLon, box.Max[0]+snapM/perLon
	box.Min[1], box.Max[1] = box.Min[1]-snapM/perLat, box.Max[1]+snapM/perLat
	borders := []orb.MultiPolygon{within}
	for _, code := range d.near(box) {
		if !slices.Contains(apart, code) {
			borders = append(borders, d.shapes[code])
		}
	}
	out := make(orb.LineString, len(line))
	for i, p := range line {
		out[i] = snapped(p, borders, snapM, perLon, perLat)
	}
	return slices.Compact(out), nil
}

const (
	mostSnapM = 100
	mostDrawn = 10_000
)

// snapped is the vertex of a border nearest to p within snapM metres, else the nearest point of an edge, else p.
func snapped(p orb.Point, borders []orb.MultiPolygon, snapM, perLon, perLat float64) orb.Point {
	corner, edge := p, p
	nearestCorner, nearestEdge := snapM, snapM
	for _, mp := range borders {
		eachEdge(mp, func(a, b orb.Point) {
			ax, ay := (a[0]-p[0])*perLon, (a[1]-p[1])*perLat
			bx, by := (b[0]-p[0])*perLon, (b[1]-p[1])*perLat
			if dist := math.Hypot(ax, ay); dist <= nearestCorner {
				nearestCorner, corner = dist, a
			}
			ux, uy := bx-ax, by-ay
			t := -(ax*ux + ay*uy) / (ux*ux + uy*uy)
			if !(t > 0 && t < 1) {
				return
			}
			if dist := math.Hypot(ax+t*ux, ay+t*uy); dist < nearestEdge {
				nearestEdge, edge = dist, orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
			}
		})
	}
	if corner != p || nearestCorner == 0 {
		return corner
	}
	return edge
}
