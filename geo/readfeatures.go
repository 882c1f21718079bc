package geo

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// ReadOptions says what the contents of a Collection mean.
type ReadOptions struct {
	// CRS of the coordinates; "" takes the one that the file declares. Files made in
	// China seldom say that they are shifted, so callers ask for it.
	CRS CRS

	// Names of the properties that hold the unit's code, its name and its
	// parent's code; "" where there is none. "parent.adcode" is a member of an object
	// unless a property has that very name; "id" falls back to the Row's ID.
	CodeProp, NameProp, ParentProp string
}

// Features gives the polygons of a collection as units, in WGS-84: one Feature per
// row, in the same order; a row without polygon has an empty Shape and a Note.
// Codes keep all their digits, numbers written as 101.0 or 1.01e2 become 101.
//
// Rings are turned to run counter-clockwise (holes clockwise), nothing else is
// changed: faults of the rings are for Audit. Refused, as an *Error, are a CRS that
// contradicts the declared one, none at all (ErrNoCRS), coordinates out of the
// system's range, properties that no row has, and files without any polygon.
func (c *Collection) Features(opt ReadOptions) ([]Feature, error) {
	crs, err := c.system(opt.CRS)
	if err != nil {
		return nil, err
	}
	props := []askedProp{{flag: "--code", name: opt.CodeProp}, {flag: "--name", name: opt.NameProp}, {flag: "--parent", name: opt.ParentProp}}
	if err := c.findProps(props); err != nil {
		return nil, err
	}
	fs := make([]Feature, 0, len(c.Rows))
	polygons := false
	for _, row := range c.Rows {
		f := Feature{
			Code: props[0].of(row), Name: props[1].of(row), Parent: props[2].of(row),
			Row: row.Number, Notes: slices.Clone(row.Notes),
		}
		if row.Geometry != nil {
			v := converter{crs: crs, row: row.Number}
			if err := v.addPolygons(&f, row.Geometry, c.Format); err != nil {
				return nil, err
			}
		}
		f.close()
		polygons = polygons || len(f.Shape) > 0
		fs = append(fs, f)
	}
	if !polygons {
		return nil, refuse(ErrNoPolygons, "文件的%d个要素中没有面，请提供网格等区域的边界文件。", len(c.Rows))
	}
	if err := c.checkProps(props); err != nil {
		return nil, err
	}
	return fs, nil
}

// note records what the reader did, once per kind, with a count.
func (f *Feature) note(kind FindingKind) { f.Notes = countNote(f.Notes, kind, f.Row) }

// close ends the reading of a feature.
func (f *Feature) close() {
	if len(f.Shape) == 0 && !slices.ContainsFunc(f.Notes, func(n Finding) bool { return n.Kind == NotPolygon }) {
		f.note(NoGeometry)
	}
	for i := range f.Notes {
		f.Notes[i].Code = f.Code
	}
}

// askedProp is a property that the caller wants.
type askedProp struct {
	flag, name string
	column     int  // in Collection.Props, −1: none
	found      bool // some row has a value
}

func (c *Collection) findProps(props []askedProp) error {
	for i := range props {
		p := &props[i]
		p.column = slices.Index(c.Props, p.name)
		row, bad := c.unread[p.name]
		if bad && p.name != "" && !(p.name == "id" && p.column >= 0) {
			return refuse(ErrProperty, "第%d个要素的属性“%s”不是文字或数字，请指定其他属性。", row, shorten(p.name))
		}
	}
	return nil
}

func (p *askedProp) of(row Row) string {
	if p.name == "" {
		return ""
	}
	value := row.Prop(p.column)
	if value == "" && p.name == "id" {
		value = row.ID
	}
	p.found = p.found || value != ""
	return value
}

// checkProps refuses a property that does not occur at all.
func (c *Collection) checkProps(props []askedProp) error {
	for _, p := range props {
		if p.name == "" || p.found {
			continue
		}
		if len(c.Props) == 0 {
			return refuse(ErrProperty, "文件的要素没有任何属性，无法按“%s”取值。", shorten(p.name))
		}
		const shown = 30
		names := slices.Sorted(slices.Values(c.Props))
		list := strings.Join(names[:min(shown, len(names))], "、")
		if len(names) > shown {
			list += "等"
		}
		return refuse(ErrProperty, "文件的要素没有属性“%s”，或其值全为空；现有属性：%s。请用 %s 指定其中之一。",
			shorten(p.name), list, p.flag)
	}
	return nil
}

// system is the one given, if it agrees with the declared one, else the declared one.
func (c *Collection) system(given CRS) (CRS, error) {
	if given == "" {
		if c.CRS == "" {
			return "", c.refuseNoCRS()
		}
		return c.CRS, nil
	}
	crs, err := ParseCRS(string(given))
	if err != nil {
		return "", err
	}
	if c.CRS == "" || c.CRS.same(crs) {
		return crs, nil
	}
	declared, mend := c.declared, "请统一后重试"
	if declared == "" {
		declared = string(c.CRS)
	}
	switch c.Format {
	case GeoJSON:
		mend = "请删除文件中的 crs 成员后重试"
	case Shapefile:
		mend = "请去掉 .prj 后重试"
	case WKT:
		mend = "请去掉 SRID 后重试"
	}
	return "", refuse(ErrCRSConflict, "文件声明的坐标系是“%s”，与 --crs %s 不符，请核对；若声明有误，%s。", shorten(declared), crs, mend)
}

// refuseNoCRS says why the system cannot be known from the file.
func (c *Collection) refuseNoCRS() error {
	if p, ok := c.firstPoint(); ok && !WGS84.Contains(p) {
		return refuse(ErrNoCRS, "文件没有声明坐标系，坐标（%s，%s）%s；请用 --crs 指明，可选 %s。",
			shortFloat(p[0]), shortFloat(p[1]), projectedHint(p), SupportedCRS)
	}
	why := "未指明坐标系"
	switch c.Format {
	case Shapefile:
		why = "没有 .prj，文件未声明坐标系"
	case KML:
		why = "KML 按标准应为 wgs84，但国内软件导出的常为 gcj02 或 bd09，无法据文件判断"
	}
	return refuse(ErrNoCRS, "%s，请用 --crs 指明，可选 %s。", why, SupportedCRS)
}

func (c *Collection) firstPoint() (first orb.Point, found bool) {
	for _, row := range c.Rows {
		eachPart(row.Geometry, func(part orb.Geometry) {
			eachRun(part, func(points []orb.Point) {
				if !found && len(points) > 0 {
					first, found = points[0], true
				}
			})
		})
		if found {
			break
		}
	}
	return first, found
}

// projectedHint says what coordinates beyond degrees may be.
func projectedHint(p orb.Point) string {
	hint := "可能是以米为单位的投影坐标"
	for crs, z := range gaussKrugerZones { // eastings with a zone's number belong to one system only
		if z.falseEasting > 1e6 && z.contains(p) {
			hint += fmt.Sprintf("，从带号看，若是 CGCS2000 即为 %s", crs)
		}
	}
	return hint
}

// converter turns the coordinates of one row to WGS-84. It knows where it is, so that
// a message can say so.
type converter struct {
	crs  CRS
	row  int
	part int    // ring or line, counted over the row from 1
	unit string // what a part is called; "" for points
}

// points converts a ring or line.
func (v *converter) points(in []orb.Point) ([]orb.Point, error) {
	v.part++
	out := make([]orb.Point, len(in))
	for i, p := range in {
		if v.crs.Contains(p) {
			out[i] = v.crs.ToWGS84(p)
		}
		if !v.crs.Contains(p) || !WGS84.Contains(out[i]) {
			return nil, v.outOfRange(p, i+1)
		}
	}
	return out, nil
}

// polygon converts a polygon and winds its rings; it returns how many it has turned.
// Empty rings are dropped: they say nothing. Without outer ring it is empty.
func (v *converter) polygon(in orb.Polygon) (out orb.Polygon, turned int, err error) {
	v.unit = "环"
	for i, ring := range in {
		points, err := v.points(ring)
		if err != nil {
			return nil, 0, err
		}
		if len(points) == 0 {
			if i == 0 { // the next ring is a hole and must not become the outer one
				v.part += len(in) - 1
				return nil, 0, nil
			}
			continue
		}
		if turn := planarArea(points); i == 0 && turn < 0 || i > 0 && turn > 0 {
			slices.Reverse(points)
			turned++
		}
		out = append(out, points)
	}
	return out, turned, nil
}

// addPolygons adds the polygons of a geometry to the feature and notes points and
// lines, which it leaves out.
func (v *converter) addPolygons(f *Feature, g orb.Geometry, format Format) error {
	var err error
	eachPart(g, func(part orb.Geometry) {
		var polys orb.MultiPolygon
		switch part := part.(type) {
		case orb.Polygon:
			polys = orb.MultiPolygon{part}
		case orb.MultiPolygon:
			polys = part
		default:
			f.note(NotPolygon)
			return
		}
		for _, poly := range polys {
			out, turned, bad := v.polygon(poly)
			if bad != nil {
				if err == nil {
					err = bad
				}
				return
			}
			if format == GeoJSON || format == KML { // the others have no rule, or have been wound
				for range turned {
					f.note(Reversed)
				}
			}
			if len(out) > 0 {
				f.Shape = append(f.Shape, out)
			}
		}
	})
	return err
}

// eachPart visits a geometry, the members of a collection one by one.
func eachPart(g orb.Geometry, visit func(orb.Geometry)) {
	switch g := g.(type) {
	case nil:
	case orb.Collection:
		for _, part := range g {
			eachPart(part, visit)
		}
	default:
		visit(g)
	}
}

// eachRun visits the rings, lines and points of a geometry that is no collection.
func eachRun(g orb.Geometry, visit func([]orb.Point)) {
	switch g := g.(type) {
	case orb.Point:
		visit([]orb.Point{g})
	case orb.MultiPoint:
		visit(g)
	case orb.LineString:
		visit(g)
	case orb.MultiLineString:
		for _, line := range g {
			visit(line)
		}
	case orb.Polygon:
		for _, ring := range g {
			visit(ring)
		}
	case orb.MultiPolygon:
		for _, poly := range g {
			eachRun(poly, visit)
		}
	}
}

// outOfRange names the place and the most likely mistake.
func (v *converter) outOfRange(p orb.Point, pos int) error {
	hint := "请检查坐标和 --crs"
	x, y := math.Abs(p[0]), math.Abs(p[1])
	switch deg := v.crs.Degrees(); {
	case deg && x <= 90 && y <= 180:
		hint = "可能是经度与纬度颠倒，请检查文件"
	case deg && (x > 1000 || y > 1000):
		hint = projectedHint(p) + "；请用 --crs 指明实际的坐标系，或先转换：ogr2ogr -s_srs 原坐标系 -t_srs EPSG:4490 输出.geojson 输入文件"
	case !deg && x <= 180 && y <= 90:
		hint = "可能是以度为单位的经纬度，请用 --crs 指明实际的坐标系"
	}
	place := ""
	if v.unit != "" {
		place = fmt.Sprintf("第%d%s", v.part, v.unit)
	}
	return refuse(ErrCoordinate, "第%d个要素%s第%d点的坐标（%s，%s）超出坐标系 %s 的范围，%s。",
		v.row, place, pos, shortFloat(p[0]), shortFloat(p[1]), v.crs, hint)
}
