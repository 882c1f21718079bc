package ingest

import (
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics/units"
	"gridstar/geo"
)

// Located says on what ground a row's unit stands (DESIGN §3, "Where is it?").
type Located string

const (
	ByPoint  Located = "point"    // its point: it names no unit, or none that is known
	ByPlace  Located = "place"    // the point of its 小区 or 楼栋 in the register
	ByCode   Located = "code"     // only the unit it names, or a point that the layer cannot judge
	ByBoth   Located = "both"     // code and point agree
	Conflict Located = "conflict" // they do not: the code wins, the point stays, flagged
	Nowhere  Located = "none"     // neither
	Outside  Located = "outside"  // a point in no polygon and no known unit
)

// locator finds the unit of a point in the layer that was in force when the file was loaded.
type locator struct {
	layers []*units.Layer // the finest first; nil: no polygons are loaded, points decide nothing
	former *units.Former  // what held before them; nil like them
	crs    geo.CRS
	dir    *units.Directory
	drawn  map[string]bool // unit → a polygon of the layer is its own, above or below it
}

// find takes a point in the file's CRS, x east or longitude, and gives it in WGS-84 degrees with its unit, "" for
// none, and on what ground. ok is false where the numbers are no place on earth.
func (l *locator) find(x, y float64) (p orb.Point, code string, how geo.How, ok bool) {
	p = l.crs.ToWGS84(orb.Point{x, y})
	return l.at(p)
}

// at is find for a point in WGS-84.
func (l *locator) at(p orb.Point) (_ orb.Point, code string, how geo.How, ok bool) {
	if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) { // also false for NaN
		return p, "", geo.Nowhere, false
	}
	code, how = units.LocateIn(l.layers, p)
	return p, code, how, true
}

// draws says whether the layer shows where a unit is. A layer of two streets says nothing about a third.
func (l *locator) draws(unit string) bool {
	yes, asked := l.drawn[unit]
	if !asked {
		for _, layer := range l.layers {
			if yes = slices.ContainsFunc(layer.Codes, func(code string) bool { return l.agree(unit, code) }); yes {
				break
			}
		}
		if l.drawn == nil {
			l.drawn = map[string]bool{}
		}
		l.drawn[unit] = yes
	}
	return yes
}

// agree says whether two units lie in one another.
func (l *locator) agree(a, b string) bool {
	return a == b || l.dir.Contains(a, b) || l.dir.Contains(b, a)
}

// finest gives of two units that lie in one another the lower one.
func (l *locator) finest(a, b string) string {
	if l.dir.Contains(a, b) {
		return b
	}
	return a
}

// place decides the unit of one fact from what the row names and from its point. The finest of two units that
// agree is stored. A known unit whose polygon does not hold the point is a conflict, whether another polygon holds
// it or none.
func (c *converter) place(e *emitter, p *pass) {
	if e.orgCode < 0 {
		return
	}
	ground, unit, known := Nowhere, p.unit, p.unitKnown
	if known {
		ground = ByCode
		if c.locator.former != nil {
			unit = c.locator.former.Heir(unit)
		}
	}
	x, y, has := e.point()
	var at orb.Point
	var found string
	if has {
		var how geo.How
		at, found, how, has = c.locator.find(x, y)
		switch {
		case !has:
			p.doubt(PointOutside, "")
		case how == geo.Overlapped:
			p.doubt(SharedPoint, "")
		case how == geo.Nearest:
			p.doubt(NearestPoint, "")
		}
	}
	switch {
	case has:
		e.fact.number(e.lon, at[0])
		e.fact.number(e.lat, at[1])
	case e.lon >= 0: // half a point, or one that is nowhere on earth
		e.fact[e.lon], e.fact[e.lat] = slot{}, slot{}
	}
	if e.placeID >= 0 && e.fact[e.placeID].set {
		if home, ok := c.register.find(c.locator, e.fact[e.placeID].s, unit, known); ok {
			e.fact.text(e.placeID, home.id)
			if !has && e.lon >= 0 {
				e.fact.number(e.lon, home.point[0])
				e.fact.number(e.lat, home.point[1])
				ground = ByPlace
			}
			if !has && home.unit != "" {
				unit, known = c.locator.finest(home.unit, unit), true
			}
		} else { // not a place's id but what somebody wrote
			s, n := Mask(e.fact[e.placeID].s)
			e.fact.text(e.placeID, s)
			p.masked += int64(n)
		}
	}
	switch {
	case !has || c.locator.layers == nil:
	case found != "" && !known:
		ground, unit, known = ByPoint, found, true
	case found != "" && c.locator.agree(unit, found):
		ground, unit = ByBoth, c.locator.finest(unit, found)
	case found != "" && c.locator.former.Held(unit, at, e.when()): // it names the unit of before a new cut
		ground, unit = ByBoth, found
	case found == "" && !known:
		ground = Outside
	case found != "" || c.locator.draws(unit):
		ground = Conflict
		p.doubt(PointOutside, "")
	}
	if !known && !p.doubts.has(UnknownUnit, e) {
		p.doubt(UnknownUnit, "")
	}
	c.bound(p, unit)
	e.fact.text(e.orgCode, unit)
	if e.located >= 0 {
		e.fact.text(e.located, string(ground))
	}
}

// when is the date of the row; zero for what has none.
func (e *emitter) when() time.Time {
	for _, col := range e.main {
		if e.fact[col].set {
			return e.fact.timeAt(col)
		}
	}
	return time.Time{}
}

// point gives the row's own point as it stands in the file.
func (e *emitter) point() (x, y float64, ok bool) {
	if e.lon < 0 || !e.fact[e.lon].set || !e.fact[e.lat].set {
		return 0, 0, false
	}
	return e.fact[e.lon].f, e.fact[e.lat].f, true
}
