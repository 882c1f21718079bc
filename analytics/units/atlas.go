package units

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

// polygon is one copy of the table layer.
type polygon struct {
	level, code string
	from, to    time.Time // [from, to); to zero: still in force
	shape       orb.MultiPolygon
	wkb         []byte
	area        float64 // m²
	source, crs string
	row, since  int64
}

func (p polygon) in(day time.Time) bool {
	return !day.Before(p.from) && (p.to.IsZero() || day.Before(p.to))
}

// An atlas is all polygons of all levels as a load finds them and as it leaves them, like a book.
type atlas struct {
	before map[string]polygon              // by key
	after  map[string]map[string][]polygon // by level and code, in order of day
}

func (p polygon) key() string { return p.level + "\x1e" + versionKey(p.code, p.from) }

func openAtlas(ctx context.Context, q warehouse.Queryer) (*atlas, error) {
	all, err := readPolygons(ctx, q, "true")
	if err != nil {
		return nil, err
	}
	a := &atlas{before: map[string]polygon{}, after: map[string]map[string][]polygon{}}
	for _, p := range all {
		a.before[p.key()] = p
		a.put(p)
	}
	return a, nil
}

// readPolygons reads live copies that match, by code and day.
func readPolygons(ctx context.Context, q warehouse.Queryer, where string, args ...any) ([]polygon, error) {
	ps, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (polygon, error) {
		var p polygon
		var to sql.NullTime
		if err := r.Scan(&p.level, &p.code, &p.from, &to, &p.wkb, &p.area, &p.source, &p.crs, &p.row, &p.since); err != nil {
			return p, err
		}
		p.from = Date(p.from)
		if to.Valid {
			p.to = Date(to.Time)
		}
		var err error
		if p.shape, err = geo.UnmarshalWKB(p.wkb); err != nil {
			return p, fmt.Errorf("polygon of %q: %w", p.code, err)
		}
		return p, nil
	}, `SELECT level, code, valid_from, valid_to, wkb, area_m2, source, source_crs, "row", since FROM layer
		WHERE `+where, args...)
	slices.SortFunc(ps, func(a, b polygon) int { return cmp.Or(cmp.Compare(a.code, b.code), a.from.Compare(b.from)) })
	return ps, err
}

// all walks the polygons of a level by code and day; they may be changed in place.
func (a *atlas) all(level string) iter.Seq[*polygon] {
	return func(yield func(*polygon) bool) {
		for _, code := range slices.Sorted(maps.Keys(a.after[level])) {
			for i := range a.after[level][code] {
				if !yield(&a.after[level][code][i]) {
					return
				}
			}
		}
	}
}

func (a *atlas) inForce(level string, day time.Time) []polygon {
	var out []polygon
	for p := range a.all(level) {
		if p.in(day) {
			out = append(out, *p)
		}
	}
	return out
}

// at gives the polygon of a unit that a load without a date means: the one in force, else the latest.
func (a *atlas) at(level, code string, day time.Time) (found polygon, ok bool) {
	for _, p := range a.after[level][code] {
		if found, ok = p, true; p.in(day) {
			break
		}
	}
	return found, ok
}

// put places a polygon; one of the same unit and day is replaced. Equal outlines that hold for the same time are
// left as they are, whatever file they come from.
func (a *atlas) put(p polygon) (changed, replaced bool) {
	if a.after[p.level] == nil {
		a.after[p.level] = map[string][]polygon{}
	}
	vs := a.after[p.level][p.code]
	i, found := slices.BinarySearchFunc(vs, p.from, func(v polygon, t time.Time) int { return v.from.Compare(t) })
	switch {
	case !found:
		a.after[p.level][p.code] = slices.Insert(vs, i, p)
		return true, false
	case bytes.Equal(vs[i].wkb, p.wkb) && vs[i].to.Equal(p.to):
		return false, false
	}
	vs[i] = p
	return true, true
}

// save writes the difference. A polygon that only ends earlier has a negative row, like such a version of a unit.
func (a *atlas) save(ctx context.Context, w *warehouse.Warehouse, j *warehouse.Job) error {
	var c copies
	derived := int64(0)
	for _, level := range slices.Sorted(maps.Keys(a.after)) {
		for p := range a.all(level) {
			old, ok := a.before[p.key()]
			same := ok && bytes.Equal(old.wkb, p.wkb)
			if same && old.to.Equal(p.to) {
				continue
			}
			if ok {
				c.end = append(c.end, p.key())
			}
			row := p.row
			if same {
				derived--
				row = derived
			}
			c.add(row, p.level, p.code, p.from, orNull(p.to), p.wkb, p.area, p.source, p.crs)
		}
	}
	return c.write(ctx, w, j, "layer", "level || chr(30) || code || chr(30) || valid_from")
}

// inside gives a point well inside a shape: the middle of the longest run, inside it, of the horizontal line
// through the middle of its largest polygon.
func inside(shape orb.MultiPolygon) orb.Point {
	var largest orb.Polygon
	best := -1.0
	for _, poly := range shape {
		if a := geo.AreaM2(orb.MultiPolygon{poly}); a > best {
			best, largest = a, poly
		}
	}
	if len(largest) == 0 || len(largest[0]) == 0 {
		return orb.Point{}
	}
	low, high := largest[0][0], largest[0][0]
	for _, p := range largest[0] {
		low[1], high[1] = min(low[1], p[1]), max(high[1], p[1])
	}
	y := (low[1] + high[1]) / 2
	var xs []float64
	for _, ring := range largest {
		for i := range ring {
			a, b := ring[i], ring[(i+1)%len(ring)]
			if (a[1] <= y) != (b[1] <= y) {
				xs = append(xs, a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]))
			}
		}
	}
	slices.Sort(xs)
	p, widest := largest[0][0], -1.0
	for i := 0; i+1 < len(xs); i += 2 {
		if d := xs[i+1] - xs[i]; d > widest {
			widest, p = d, orb.Point{(xs[i] + xs[i+1]) / 2, y}
		}
	}
	return p
}
