package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/paulmach/orb"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/geo"
	"gridstar/reports/chart"
)

// mapOf shows a metric by the units one level down, where they are. Without polygons it becomes a map of equal tiles.
func (s *Server) mapOf(to **figure, sc scene) exhibit {
	st, board := sc.st, sc.board
	q, l, ok := s.below(sc)
	if !ok || len(board.Map) == 0 {
		return exhibit{}
	}
	return exhibit{asks: []analytics.Query{q}, show: func(as []*analytics.Answer) error {
		a := named(as[0])
		spec := chosen(board.Map, st.Map)
		if st.Map == "" { // a site without 户数 has no rate per household: begin with what there is
			for _, c := range board.Map {
				if valued(a, column(a, c.Metric)) {
					spec = c
					break
				}
			}
		}
		col := column(a, spec.Metric)
		if col < 0 {
			spec, col = catalog.BoardChart{Metric: a.Columns[0].ID}, 0
		}
		m := a.Columns[col].Metric
		f := s.figure("map", m.Label, m.Unit, "按"+l.Label, st, a)
		f.Basis = f.Basis[col : col+1]
		f.Class = "tall"
		f.Choices, f.Levels = s.choicesOf(st, board.Map, "map", spec.Metric), s.levelsOf(st, l)
		f.Table = unitTable(st, only(as[0], col), l, nil)
		f.Drill = st.at("").link("/", "org", "CODE", "show", "")

		field := st.field()
		layer, err := s.api.Layer(sc.ctx, l.ID)
		if err != nil {
			return err
		}
		d := chart.MapData{Map: "m." + l.ID + "." + field, Regions: points(a, col), Selected: st.Unit.Code}
		f.reserved(d.Regions)
		d.Decimals, _ = m.Decimals()
		if spec.Ramp == catalog.RampWorse {
			d.Ramp = chart.Worse
		}
		f.Outline = "/outline/" + l.ID
		if layer == nil {
			f.Note += "还没有" + l.Label + "的边界，这里用大小相同的方格代替。载入边界文件后显示地图："
			f.Hint = "gridstar grids load 文件.geojson --level " + l.ID + " --code 编码字段 --name 名称字段 --crs 坐标系"
			f.Outline = address(f.Outline, url.Values{}, "org", field, "tiles", "1")
			d.Map += ".tiles"
		} else {
			all := len(d.Regions)
			d.Regions = slices.DeleteFunc(d.Regions, func(p chart.Point) bool {
				_, drawn := slices.BinarySearch(layer.Codes, p.Code)
				return !drawn
			})
			if n := all - len(d.Regions); n > 0 {
				f.Note += fmt.Sprintf("另有 %d 个%s没有边界，数字见表格。", n, l.Label)
			}
			d.MidLat = midLat(layer, d.Regions)
			drawn, err := s.drawn(sc.ctx, st.dir, layer, field)
			if err != nil {
				return err
			}
			f.Outline = address(f.Outline, url.Values{}, "org", field, "v", drawn.version)
			d.Map += "." + drawn.version
		}
		d.Unnamed = len(d.Regions) > namedRegions
		if len(d.Regions) > chart.MaxRegions {
			f.Blank = fmt.Sprintf("%s有 %s 个，超过一张地图能画的 %s 个，请先进入下级单位。", l.Label, count(len(d.Regions)), count(chart.MaxRegions))
			f.Outline, f.Hint = "", ""
			*to = f
			return nil
		}
		o, err := chart.Choropleth(s.head(st, m.Label, m.Unit, f.Scope, a), sc.frame, d)
		if err != nil {
			return err
		}
		f.draw(o)
		*to = f
		return nil
	}}
}

// namedRegions is how many regions a map card has room to name.
const namedRegions = 80

// outlines are the polygons of some codes, in their order, thinned for a picture; without those that have none.
func outlines(l *units.Layer, codes []string) []geo.MapFeature {
	var features []geo.MapFeature
	var shapes []orb.MultiPolygon
	for _, c := range codes {
		if i, ok := slices.BinarySearch(l.Codes, c); ok {
			features = append(features, geo.MapFeature{Code: c})
			shapes = append(shapes, l.Shapes[i])
		}
	}
	for i, shape := range geo.Thin(shapes, outlinePx) {
		features[i].Shape = shape
	}
	return features
}

func midLat(l *units.Layer, regions []chart.Point) float64 {
	var b orb.Bound
	for i, p := range regions {
		j, _ := slices.BinarySearch(l.Codes, p.Code)
		if i == 0 {
			b = l.Shapes[j].Bound()
		} else {
			b = b.Union(l.Shapes[j].Bound())
		}
	}
	return b.Center().Lat()
}

// outlinePx is the width in pixels for which outlines are thinned: a map card on a large screen, twice over.
const outlinePx = 2000

// outline sends the polygons of the units of a level inside a unit, thinned for a picture.
func (s *Server) outline(w http.ResponseWriter, r *http.Request) error {
	level, ok := s.Catalog.Level(r.PathValue("level"))
	if !ok {
		return errNotFound
	}
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	field := r.FormValue("org")
	if _, known := dir.Unit(field); field != "" && !known {
		return errNotFound
	}
	body := chart.Tiles(inside(dir, level.ID, field))
	if r.FormValue("tiles") == "" {
		layer, err := s.api.Layer(r.Context(), level.ID)
		if err != nil {
			return err
		}
		if layer == nil {
			return errNotFound
		}
		d, err := s.drawn(r.Context(), dir, layer, field)
		if err != nil {
			return err
		}
		body = d.body
		if r.FormValue("v") == d.version {
			w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
		}
	}
	w.Header().Set("Content-Type", "application/geo+json")
	send(w, r, http.StatusOK, body)
	return nil
}

// drawing is the polygons of a map as they are sent, and a hash of them: equal addresses, equal outlines.
type drawing struct {
	body    []byte
	version string
}

// drawn are the polygons of a level's units inside a unit.
func (s *Server) drawn(ctx context.Context, dir *units.Directory, layer *units.Layer, field string) (drawing, error) {
	key := fmt.Sprintf("outline %s %s %s %s", layer.Level, field, layer.Version, s.scope(ctx).Key())
	return analytics.Keep(ctx, s.Engine, s.Engine.Version(), key, func(context.Context) (drawing, int64, error) {
		var b bytes.Buffer
		err := geo.WriteMap(&b, outlines(layer, inside(dir, layer.Level, field)))
		sum := sha256.Sum256(b.Bytes())
		return drawing{b.Bytes(), hex.EncodeToString(sum[:8])}, int64(b.Len()), err
	})
}

// inside are the codes of a level's units inside a unit, in official order; "" is the whole site.
func inside(dir *units.Directory, level, field string) []string {
	var codes []string
	for _, u := range dir.AtLevel(level) {
		if field == "" || dir.Contains(field, u.Code) {
			codes = append(codes, u.Code)
		}
	}
	return codes
}

// valued says whether a column of an answer has any value.
func valued(a *analytics.Answer, col int) bool {
	return col >= 0 && slices.ContainsFunc(a.Rows, func(r analytics.Row) bool { return r.Cells[col].Value != nil })
}
