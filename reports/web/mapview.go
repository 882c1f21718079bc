package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/reports/chart"
)

// mapState is what the address of the map page says besides the state of a page.
type mapState struct {
	state
	metric *catalog.Metric
	ramp   chart.Ramp
	scheme chart.Scheme
	points string        // how single rows are shown, one of pointModes
	level  catalog.Level // of the units coloured
}

// pointModes are the ways to show where the rows behind the metric are.
var pointModes = []choice{{Text: "不显示", URL: ""}, {Text: "聚合", URL: "clusters"}, {Text: "热力", URL: "heat"}, {Text: "蜂窝", URL: "hex"}}

// mapState reads the address of the map page or of a part of it.
func (s *Server) mapState(r *http.Request) (ms mapState, ok bool, err error) {
	if ms.state, err = s.state(r); err != nil {
		return ms, false, err
	}
	ms.Map, ms.Rank = "", ""
	q := r.URL.Query()
	board, _ := s.Catalog.Board(overviewBoard) // embedded: it is there
	id := q.Get("metric")
	if id == "" && len(board.Map) > 0 {
		id = board.Map[0].Metric
	}
	if ms.metric, ok = s.Catalog.Metric(id); !ok {
		return ms, false, refuse("没有编号为“%s”的指标，请从列表中选择", brief(id))
	}
	for _, c := range board.Map {
		if c.Metric == id && c.Ramp == catalog.RampWorse {
			ms.ramp = chart.Worse
		}
	}
	if ms.Kind != "" && !counts(s.Catalog, id) {
		ms.Kind = ""
		ms.notices = append(ms.notices, "“"+ms.metric.Label+"”不分事项类型，已显示全部")
	}
	ms.scheme = chart.Quantiles
	for _, x := range chart.Schemes {
		if string(x.ID) == q.Get("classes") {
			ms.scheme = x.ID
		}
	}
	for _, m := range pointModes {
		if m.URL == q.Get("points") {
			ms.points = m.URL
		}
	}
	ms.level, ok = ms.state.level()
	return ms, ok, nil
}

// own are the parameters of the map page itself, as pairs.
func (ms mapState) own() []string {
	pairs := []string{"metric", ms.metric.ID, "map", "", "rank", ""}
	if ms.scheme != chart.Quantiles {
		pairs = append(pairs, "classes", string(ms.scheme))
	}
	return append(pairs, "points", ms.points)
}

func (ms mapState) here(path string, changes ...string) string {
	return ms.link(path, append(ms.own(), changes...)...)
}

// query asks for the metric by the units coloured.
func (s *Server) mapQuery(r *http.Request, ms mapState) analytics.Query {
	q := s.base(r, ms.state)
	q.Org, q.Metrics, q.Dims = ms.field(), []string{ms.metric.ID}, []string{"org:" + ms.level.ID}
	return q
}

// mapPage is map.tmpl.
type mapPage struct {
	Frame
	periodControls
	Heading string
	Empty   string // warehouse, ledgers, future; "" where there are numbers
	Level   string // label of the level
	Unit    string // of the metric
	Scope   string
	Title   string
	Metrics []metricGroup
	Levels  []kindChoice
	Kinds   []kindChoice
	Schemes []kindChoice
	Points  []kindChoice
	Legend  chart.Legend
	Config  mapConfig
	Blank   string // why there is no map
	Hint    string
	Draw    string // where borders are drawn; "" where the caller may not
	Table   table
	Basis   basis
	Hot     []hotSpot
	HotNote string
	Rows    string
}

// mapConfig is what the script of the page is told.
type mapConfig struct {
	Tiles    string             `json:"tiles"`
	Layer    string             `json:"layer"`
	Under    string             `json:"under,omitempty"` // address of the outlines as one GeoJSON: it fills the seams between tiles
	Extent   [4]float64         `json:"extent"`          // degrees: west, south, east, north
	Units    map[string]mapUnit `json:"units"`
	Colors   []string           `json:"colors"` // by class
	Missing  string             `json:"missing"`
	Selected string             `json:"selected,omitempty"`

	Basemap  *basemap       `json:"basemap,omitempty"`
	Contexts []contextLayer `json:"contexts,omitempty"` // the lowest first

	Points string `json:"points"` // how rows are shown
	Bins   string `json:"bins"`   // addresses that answer with data
	Rows   string `json:"rows,omitempty"`
	Months string `json:"months"`
	Reach  string `json:"reach"`
	Card   string `json:"card"`

	Title    string `json:"title"` // words for the picture
	Subtitle string `json:"subtitle"`
	Source   string `json:"source"`
	Approval string `json:"approval,omitempty"` // 审图号
	File     string `json:"file"`
}

// mapUnit is a unit coloured.
type mapUnit struct {
	Name   string     `json:"n"`
	Class  int        `json:"c"`
	Text   string     `json:"t"` // the value as published, or why there is none
	Detail string     `json:"d,omitempty"`
	Box    [4]float64 `json:"b"` // degrees: west, south, east, north
	Middle [2]float64 `json:"m"` // degrees: where its name stands
}

// unit is a unit in a class, without its place.
func (ms mapState) unit(x chart.Point, class int) mapUnit {
	u := mapUnit{Name: x.Label, Class: class, Text: x.Text}
	if x.Value == nil {
		u.Text = x.Note
	} else if ms.metric.Unit != "%" {
		u.Text += " " + ms.metric.Unit
	}
	return u
}

// hotSpot is a place where many rows lie close together.
type hotSpot struct {
	Name     string
	N        int64
	Lon, Lat float64
}

// mapView shows a metric on the map.
func (s *Server) mapView(r *http.Request) (any, error) {
	ms, ok, err := s.mapState(r)
	if err != nil {
		return nil, err
	}
	p := &mapPage{Frame: s.frame(r, ms.name()+" "+ms.metric.Label+"地图", "map"), Level: ms.level.Label, Unit: ms.metric.Unit}
	p.Notices, p.Maps = ms.notices, true
	p.Heading = ms.Period.Label() + " " + ms.metric.Label
	p.Crumbs = ms.mapCrumbs()
	p.periodControls = s.periods(ms.state, "/map", []string{"org", "kind", "show", "metric", "classes", "points"}, ms.own()...)
	s.mapChoices(p, ms)
	if s.caller(r).May(access.Enter) && len(s.drawLevels(ms.Unit)) > 0 {
		p.Draw = address("/map/draw", url.Values{}, "org", ms.Unit.Code)
	}
	if p.Empty = ms.emptiness(s.Now()); p.Empty != "" {
		return p, nil
	}
	if !ok {
		p.Empty = "warehouse"
		return p, nil
	}
	answers, err := s.Engine.Ask(r.Context(), s.mapQuery(r, ms))
	if err != nil {
		return nil, err
	}
	a := named(answers[0])
	p.AsOf = asOf(a.Version, ms.extent.To)
	p.Title, p.Scope = ms.metric.Label, "按"+ms.level.Label
	p.Rows = ms.rows(ms.metric.ID)
	p.Basis = s.basis(ms.metric, "各行的分子、分母见表格", a)
	p.Table = unitTable(ms.state, answers[0], ms.level, nil)
	for i, row := range p.Table.Rows { // a name leads to its place on the map
		if i < len(answers[0].Rows) {
			if code, ok := answers[0].Rows[i].Keys[0].Value.(string); ok && row.URL != "" {
				p.Table.Rows[i].URL = ms.at(code).link("/map", ms.own()...)
			}
		}
	}
	if err := s.drawMap(r, p, ms, a); err != nil {
		return nil, err
	}
	return p, s.hotSpots(r, p, ms)
}

// mapCrumbs are the way down, each step with the same map.
func (ms mapState) mapCrumbs() []Crumb {
	crumbs := ms.crumbs("/map")
	for i := range crumbs {
		if crumbs[i].URL != "" {
			crumbs[i].URL += "&metric=" + ms.metric.ID
		}
	}
	return crumbs
}

// mapChoices fills in the lists of the page.
func (s *Server) mapChoices(p *mapPage, ms mapState) {
	p.Metrics = s.metricGroups(ms.metric.ID)
	levels := ms.lower()
	if len(levels) == 0 {
		levels = []catalog.Level{ms.level}
	}
	for _, l := range levels {
		p.Levels = append(p.Levels, kindChoice{l.ID, l.Label, l.ID == ms.level.ID})
	}
	for _, x := range chart.Schemes {
		p.Schemes = append(p.Schemes, kindChoice{string(x.ID), x.Label, x.ID == ms.scheme})
	}
	for _, m := range pointModes {
		p.Points = append(p.Points, kindChoice{m.URL, m.Text, m.URL == ms.points})
	}
	p.Kinds = s.kindChoices(ms.Kind)
}

// mostOutlines is how many units are also sent as one file.
const mostOutlines = 3000

// mostMapUnits is how many units a map colours.
const mostMapUnits = 20_000

// drawMap fills in the map, its key and what its script needs.
func (s *Server) drawMap(r *http.Request, p *mapPage, ms mapState, a *analytics.Answer) error {
	layer, err := s.api.Layer(r.Context(), ms.level.ID)
	if err != nil {
		return err
	}
	tiles, ok, err := s.api.TileAddress(r.Context(), s.scope(r.Context()), ms.level.ID)
	if err != nil {
		return err
	}
	regions := points(a, 0)
	drawn := regions
	if ok {
		drawn = slices.DeleteFunc(slices.Clone(regions), func(x chart.Point) bool {
			_, drawn := slices.BinarySearch(layer.Codes, x.Code)
			return !drawn
		})
	}
	switch {
	case !ok || len(drawn) == 0:
		p.Blank = "还没有" + ms.level.Label + "的边界，数字见下表。"
		if c := s.caller(r); c.May(access.Enter) && c.Scope(access.Enter).All {
			p.Hint = "/data/borders"
		}
		return nil
	case len(drawn) > mostMapUnits:
		p.Blank = ms.level.Label + "有 " + count(len(drawn)) + " 个，超过一张地图能画的 " + count(mostMapUnits) + " 个，请先进入下级单位。"
		return nil
	}
	if n := len(regions) - len(drawn); n > 0 {
		p.Notices = append(p.Notices, count(n)+" 个"+ms.level.Label+"没有边界，数字见表格")
	}
	decimals, _ := ms.metric.Decimals()
	classes, legend := chart.Regions(drawn, decimals, ms.ramp, ms.scheme)
	p.Legend = legend
	c := mapConfig{
		Tiles: tiles, Layer: ms.level.ID, Units: make(map[string]mapUnit, len(drawn)), Missing: chart.Missing, Colors: legend.Colors(), Points: ms.points,
		Basemap: s.basemapOf(), Bins: ms.here("/map/bins"), Months: ms.here("/map/months"), Reach: ms.here("/map/reach"), Card: ms.here("/map/unit", "org", "CODE"),
		Title: ms.name() + ms.Period.Label() + ms.metric.Label, Subtitle: strings.Trim(ms.metric.Unit+"・按"+ms.level.Label, "・"),
		Source: p.Site + "・" + p.AsOf, Approval: s.Catalog.Map.Approval, File: ms.name() + "-" + ms.metric.Label + "-" + ms.Period.Label(),
	}
	if len(drawn) <= mostOutlines {
		d, err := s.drawn(r.Context(), ms.dir, layer, ms.field())
		if err != nil {
			return err
		}
		c.Under = address("/outline/"+ms.level.ID, url.Values{}, "org", ms.field(), "v", d.version)
	}
	if s.caller(r).May(access.Open) {
		c.Rows = ms.here("/map/points")
	}
	if len(ms.lower()) == 0 {
		c.Selected = ms.Unit.Code
	}
	if c.Contexts, err = s.contexts(r.Context()); err != nil {
		return err
	}
	var whole orb.Bound
	middles := layer.Middles()
	for i, x := range drawn {
		at, _ := slices.BinarySearch(layer.Codes, x.Code)
		b := layer.Shapes[at].Bound()
		if i == 0 {
			whole = b
		}
		whole = whole.Union(b)
		u := ms.unit(x, classes[i])
		u.Detail, u.Box, u.Middle = x.Detail, [4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}, middles[at]
		c.Units[x.Code] = u
	}
	c.Extent = [4]float64{whole.Min[0], whole.Min[1], whole.Max[0], whole.Max[1]}
	p.Config = c
	return nil
}

// Hot spots: hexagons of about 200 m across in which several rows lie.
const (
	hotSize  = 115 // m from the middle to a corner
	hotLeast = 3
	hotShown = 8
)

// hotSpots lists where most rows behind the metric lie close together, named by the finest unit they lie in. Metrics whose rows have no
// place have none.
func (s *Server) hotSpots(r *http.Request, p *mapPage, ms mapState) error {
	page, err := s.bins(r, ms, hotSize, nil)
	if err != nil || page == nil {
		return err
	}
	if page.Rows > 0 && page.Points < page.Rows {
		p.HotNote = noPlace(page) + "，不在其中"
	}
	bins := slices.DeleteFunc(slices.Clone(page.Bins), func(b analytics.Bin) bool { return b.N < hotLeast })
	slices.SortStableFunc(bins, func(x, y analytics.Bin) int { return cmp.Compare(y.N, x.N) })
	finest, err := s.finest(r)
	if err != nil {
		return err
	}
	for _, b := range bins[:min(len(bins), hotShown)] {
		name := "未确定单位"
		if finest != nil {
			if i, ok := finest.Index.Locate(b.Lon, b.Lat); ok {
				if u, ok := ms.dir.Unit(finest.Codes[i]); ok {
					name = ms.dir.FullName(u.Code)
				}
			}
		}
		p.Hot = append(p.Hot, hotSpot{name, b.N, b.Lon, b.Lat})
	}
	return nil
}

// finest is the layer of the lowest level that has polygons; nil where there is none.
func (s *Server) finest(r *http.Request) (*units.Layer, error) {
	for _, l := range slices.Backward(s.Catalog.Levels) {
		if l.Tree != units.Area {
			continue
		}
		if layer, err := s.api.Layer(r.Context(), l.ID); layer != nil || err != nil {
			return layer, err
		}
	}
	return nil, nil
}
