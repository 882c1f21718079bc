package geo

import (
	"github.com/paulmach/orb"
)

// ThingOptions says what the contents of a context layer mean.
type ThingOptions struct {
	CRS CRS // as in ReadOptions

	// Names of the properties that hold a thing's name and its class, such as the kind
	// of road; "" where there is none.
	NameProp, ClassProp string
}

// Thing is a road, a water, a building or a facility, to be drawn under the units.
type Thing struct {
	Name, Class string

	// Shape is a Point, MultiPoint, LineString, MultiLineString or MultiPolygon in WGS-84,
	// never empty; outer rings run counter-clockwise, holes clockwise.
	Shape orb.Geometry

	Row int // number of its row in the file; members of one collection share it
}

// Things gives points, lines and polygons for a context layer, in WGS-84. Rows without
// geometry are left out; the members of a geometry collection become things of their
// own. It refuses what Features refuses, and files without any geometry.
func (c *Collection) Things(opt ThingOptions) ([]Thing, error) {
	crs, err := c.system(opt.CRS)
	if err != nil {
		return nil, err
	}
	props := []askedProp{{flag: "--label", name: opt.NameProp}, {flag: "--class", name: opt.ClassProp}}
	if err := c.findProps(props); err != nil {
		return nil, err
	}
	var things []Thing
	for _, row := range c.Rows {
		v := converter{crs: crs, row: row.Number}
		name, class := props[0].of(row), props[1].of(row)
		eachPart(row.Geometry, func(part orb.Geometry) {
			if err != nil {
				return
			}
			var shape orb.Geometry
			if shape, err = v.shape(part); shape != nil {
				things = append(things, Thing{name, class, shape, row.Number})
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if len(things) == 0 {
		return nil, refuse(ErrNoShapes, "文件的%d个要素都没有图形，请检查所选文件。", len(c.Rows))
	}
	if err := c.checkProps(props); err != nil {
		return nil, err
	}
	return things, nil
}

// shape converts a geometry that is no collection; nil if it is empty.
func (v *converter) shape(g orb.Geometry) (orb.Geometry, error) {
	switch g := g.(type) {
	case orb.Point:
		v.unit = ""
		points, err := v.points([]orb.Point{g})
		if err != nil {
			return nil, err
		}
		return points[0], nil
	case orb.MultiPoint:
		v.unit = ""
		points, err := v.points(g)
		if err != nil || len(points) == 0 {
			return nil, err
		}
		return orb.MultiPoint(points), nil
	case orb.LineString:
		v.unit = "线"
		points, err := v.points(g)
		if err != nil || len(points) == 0 {
			return nil, err
		}
		return orb.LineString(points), nil
	case orb.MultiLineString:
		v.unit = "线"
		var lines orb.MultiLineString
		for _, line := range g {
			points, err := v.points(line)
			if err != nil {
				return nil, err
			}
			if len(points) > 0 {
				lines = append(lines, points)
			}
		}
		if len(lines) == 0 {
			return nil, nil
		}
		return lines, nil
	case orb.Polygon:
		return v.shape(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		var mp orb.MultiPolygon
		for _, poly := range g {
			out, _, err := v.polygon(poly)
			if err != nil {
				return nil, err
			}
			if len(out) > 0 {
				mp = append(mp, out)
			}
		}
		if len(mp) == 0 {
			return nil, nil
		}
		return mp, nil
	}
	return nil, nil
}
