package ingest

import (
	"github.com/paulmach/orb"

	"gridstar/analytics/units"
	"gridstar/geo"
)

// Located says on what ground a row's unit stands (DESIGN §3, "Where is it?").
type Located string

const (
	ByPoint  Located = "point"    // its point
	ByPlace  Located = "place"    // the point of its 小区 or 楼栋 in the register
	ByCode   Located = "code"     // only the unit it names
	ByBoth   Located = "both"     // code and point agree
	Conflict Located = "conflict" // they do not: the code wins, the point stays, flagged
	Nowhere  Located = "none"     // neither
	Outside  Located = "outside"  // a point in no polygon
)

// locator finds the unit of a point in the layer that was in force when the file was loaded.
type locator struct {
	layer *units.Layer // nil: no polygons are loaded, points decide nothing
	crs   geo.CRS
	dir   *units.Directory
}

// find takes a point in the file's CRS, x east or longitude, and gives it in WGS-84 degrees with its unit.
func (l *locator) find(x, y float64) (p orb.Point, code string, ok bool) {
	p = l.crs.ToWGS84(orb.Point{x, y})
	if l.layer == nil {
		return p, "", false
	}
	i, ok := l.layer.Index.Locate(p[0], p[1])
	if !ok {
		return p, "", false
	}
	return p, l.layer.Codes[i], true
}

// place decides the unit of one fact from what the row names and from its point. The finest of two units that
// lie in one another is stored.
func (c *converter) place(e *emitter, p *pass) {
	if e.orgCode < 0 {
		return
	}
	ground, unit := Nowhere, p.unit
	if p.unit != "" && p.unitKnown {
		ground = ByCode
	}
	if e.lon >= 0 && e.fact[e.lon].set && e.fact[e.lat].set {
		at, found, ok := c.locator.find(e.fact[e.lon].f, e.fact[e.lat].f)
		e.fact.number(e.lon, at[0])
		e.fact.number(e.lat, at[1])
		switch {
		case c.locator.layer == nil:
		case !ok && unit == "":
			ground = Outside
		case !ok, unit != "" && !c.agree(unit, found):
			ground = Conflict
			p.doubt(PointOutside, "")
		case unit == "":
			ground, unit = ByPoint, found
		default:
			ground = ByBoth
			if c.dir.Contains(unit, found) {
				unit = found
			}
		}
	}
	if unit == "" && len(p.doubts) == 0 && ground != Outside {
		p.doubt(UnknownUnit, "")
	}
	e.fact.text(e.orgCode, unit)
	if e.located >= 0 {
		e.fact.text(e.located, string(ground))
	}
}

// agree says whether a stated unit and a located one lie in one another.
func (c *converter) agree(stated, found string) bool {
	return stated == found || c.dir.Contains(stated, found) || c.dir.Contains(found, stated)
}
