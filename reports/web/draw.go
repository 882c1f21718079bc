package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/geo"
)

// drawPage is draw.tmpl: borders of a level drawn inside a unit.
type drawPage struct {
	Frame
	Heading string
	Unit    string
	Level   string
	Levels  []kindChoice
	Org     string
	Back    string
	Blank   string // why nothing can be drawn
	Today   string
	Site    bool // the caller has to do with the whole site, and sees the jobs of layers
	Config  drawConfig
}

// drawConfig is what the script of the page is told.
type drawConfig struct {
	User    string      `json:"user"` // whose drafts the browser keeps
	Org     string      `json:"org"`
	Level   string      `json:"level"`
	Label   string      `json:"label"` // of the level
	Extent  *[4]float64 `json:"extent,omitempty"`
	Basemap *basemap    `json:"basemap,omitempty"`
	Marks   []drawMark  `json:"marks"` // 小区 and 楼栋 of the register, to find one's way by
	Replay  string      `json:"replay"`
	Save    string      `json:"save"`
	After   string      `json:"after"`
}

// drawMark is a place of the register.
type drawMark struct {
	Name string  `json:"n"`
	Lon  float64 `json:"x"`
	Lat  float64 `json:"y"`
}

// drawAnswer is a draft as it looks.
type drawAnswer struct {
	Base     string           `json:"base"`
	Units    []drawUnit       `json:"units"`
	Missing  []drawCode       `json:"missing"` // units of the level without a border
	Gone     []string         `json:"gone"`    // names of units whose borders are taken away
	Changed  int              `json:"changed"`
	Field    orb.MultiPolygon `json:"field"`
	Findings []drawFinding    `json:"findings"`
	Suggest  drawCode         `json:"suggest"`
	Failed   int              `json:"failed"` // position of the change that could not be made; -1 for none
	Error    string           `json:"error,omitempty"`
}

// drawUnit is a polygon; without code and name it is one that the caller may not change.
type drawUnit struct {
	Code    string           `json:"code,omitempty"`
	Name    string           `json:"name,omitempty"`
	Shape   orb.MultiPolygon `json:"shape"` // degrees, lon lat, with all digits: they name vertices
	Inside  bool             `json:"inside"`
	Changed bool             `json:"changed"`
	Area    string           `json:"area"`
}

type drawCode struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type drawFinding struct {
	Text string  `json:"text"`
	Bad  bool    `json:"bad"` // it stands in the way of saving
	Lon  float64 `json:"x"`
	Lat  float64 `json:"y"`
}

// drawLevels are the levels whose borders can be drawn inside a unit, the nearest first.
func (s *Server) drawLevels(u units.Unit) []catalog.Level {
	var all []catalog.Level
	rank := func(id string) int {
		return slices.IndexFunc(s.Catalog.Levels, func(l catalog.Level) bool { return l.ID == id })
	}
	if u.Tree != units.Area {
		return nil
	}
	for _, l := range s.Catalog.Levels {
		if l.Tree == catalog.Area && rank(l.ID) > rank(u.Level) {
			all = append(all, l)
		}
	}
	return all
}

// drawing is the unit and the level that an address of the drawing page names.
func (s *Server) drawing(r *http.Request) (u units.Unit, level catalog.Level, err error) {
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return u, level, err
	}
	code := r.URL.Query().Get("org")
	if code == "" {
		if all := dir.Units(); len(all) > 0 {
			code = all[0].Code
		}
	}
	u, ok := dir.Unit(code)
	if !ok {
		return u, level, unknownUnit(code)
	}
	for _, l := range s.drawLevels(u) {
		if want := r.URL.Query().Get("level"); l.ID == want || want == "" {
			return u, l, nil
		}
	}
	return u, level, nil
}

// draw is the page on which borders are drawn.
func (s *Server) draw(w http.ResponseWriter, r *http.Request) error {
	u, level, err := s.drawing(r)
	if err != nil {
		return err
	}
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	p := &drawPage{Frame: s.frame(r, "绘制"+u.Name+level.Label+"边界", "map"), Unit: u.Name, Level: level.Label, Org: u.Code, Back: address("/map", url.Values{}, "org", u.Code), Today: s.Now().Format(time.DateOnly)}
	p.Heading = "绘制" + dir.FullName(u.Code) + "的" + level.Label + "边界"
	p.Maps, p.Site = true, s.caller(r).Scope(access.Enter).All
	p.Crumbs = []Crumb{{"地图", p.Back}, {"绘制边界", ""}}
	for _, l := range s.drawLevels(u) {
		p.Levels = append(p.Levels, kindChoice{l.ID, l.Label, l.ID == level.ID})
	}
	if level.ID == "" {
		p.Heading, p.Blank = "绘制边界", "“"+u.Name+"”以下没有可以画边界的层级，请先在地图上选择上级单位。"
		s.render(w, r, http.StatusOK, "draw", p)
		return nil
	}
	p.Config = drawConfig{
		User: s.caller(r).Actor().Account, Org: u.Code, Level: level.ID, Label: level.Label, Basemap: s.basemapOf(), Marks: []drawMark{},
		Replay: address("/map/draw/replay", url.Values{}, "org", u.Code), Save: address("/map/draw/save", url.Values{}, "org", u.Code),
		After: address("/map", url.Values{}, "org", u.Code, "show", level.ID),
	}
	g, err := s.drawnOn(r, u, level)
	if err != nil {
		return err
	}
	if p.Config.Marks, err = s.drawMarks(r, u); err != nil {
		return err
	}
	p.Config.Extent = extentOf(g, dir, u, p.Config.Marks)
	s.render(w, r, http.StatusOK, "draw", p)
	return nil
}

// extentOf is what the map shows at first: the unit, else what lies in it, else what is known around it; nil where nothing is.
func extentOf(g units.Ground, dir *units.Directory, u units.Unit, marks []drawMark) *[4]float64 {
	var b orb.Bound
	some := false
	take := func(x orb.Bound) {
		if !some {
			b, some = x, true
		}
		b = b.Union(x)
	}
	if g.Field != nil {
		take(g.Field.Bound())
	}
	if g.Layer != nil && !some {
		for i, code := range g.Layer.Codes {
			if dir.Contains(u.Code, code) {
				take(g.Layer.Shapes[i].Bound())
			}
		}
	}
	if !some {
		for _, m := range marks {
			take(orb.Bound{Min: orb.Point{m.Lon, m.Lat}, Max: orb.Point{m.Lon, m.Lat}}.Pad(0.002))
		}
	}
	if g.Layer != nil && !some {
		for i, code := range g.Layer.Codes {
			if _, mine := dir.Unit(code); mine {
				take(g.Layer.Shapes[i].Bound())
			}
		}
	}
	if !some {
		return nil
	}
	return &[4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

// mostMarks is how many places of the register the drawing page shows.
const mostMarks = 2000

// drawMarks are the 小区 and 楼栋 of a unit.
func (s *Server) drawMarks(r *http.Request, u units.Unit) ([]drawMark, error) {
	q := analytics.Query{Metrics: []string{"registered_estates"}, From: s.Now().AddDate(-1, 0, 0), To: s.Now(), Now: s.Now(), Org: u.Code, Scope: s.caller(r).Scope(access.Open)}
	page, err := s.Engine.Points(r.Context(), analytics.PointQuery{Query: q, Limit: mostMarks})
	if errors.Is(err, analytics.ErrUnsupported) || errors.Is(err, analytics.ErrWithheld) {
		return []drawMark{}, nil
	}
	if err != nil {
		return nil, err
	}
	name := slices.IndexFunc(page.Columns, func(c analytics.RowColumn) bool { return c.ID == "name" })
	marks := make([]drawMark, 0, len(page.Points))
	for _, p := range page.Points {
		m := drawMark{Lon: p.Lon, Lat: p.Lat}
		if name >= 0 {
			m.Name, _ = p.Cells[name].(string)
		}
		marks = append(marks, m)
	}
	return marks, nil
}

// drawnOn is what a draft inside a unit is drawn on, as it is today.
func (s *Server) drawnOn(r *http.Request, u units.Unit, level catalog.Level) (g units.Ground, err error) {
	g.Levels = units.Levels(s.Catalog.Levels)
	if g.Dir, _, err = s.ground(r.Context()); err != nil {
		return g, err
	}
	if g.All, err = s.api.Directory(r.Context(), units.Everything()); err != nil {
		return g, err
	}
	if g.Layer, err = s.api.Layer(r.Context(), level.ID); err != nil {
		return g, err
	}
	upper, err := s.api.Layer(r.Context(), u.Level)
	if err != nil || upper == nil {
		return g, err
	}
	if i, ok := slices.BinarySearch(upper.Codes, u.Code); ok {
		g.Field = upper.Shapes[i]
	}
	return g, nil
}

// longestReplay is how long the changes of a draft may take, with waiting; most take some milliseconds, the largest a second.
const longestReplay = 15 * time.Second

var errBusyDrawing = errors.New("现在绘制边界的人较多，请稍后再试，画好的内容还在")

// draft reads the draft of a form.
func (s *Server) draft(r *http.Request, form map[string]string) (units.Sketch, units.Ground, error) {
	var d units.Draft
	if json.Unmarshal([]byte(form["draft"]), &d) != nil {
		return units.Sketch{}, units.Ground{}, units.ErrDraft
	}
	q := r.URL.Query()
	if q.Get("org") != d.Org {
		return units.Sketch{}, units.Ground{}, units.ErrDraft
	}
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return units.Sketch{}, units.Ground{}, err
	}
	u, ok := dir.Unit(d.Org)
	level, known := s.Catalog.Level(d.Level)
	if !ok || !known || level.Tree != catalog.Area {
		return units.Sketch{}, units.Ground{}, units.ErrDraft
	}
	g, err := s.drawnOn(r, u, level)
	if err != nil {
		return units.Sketch{}, g, err
	}
	ctx, stop := context.WithTimeout(r.Context(), longestReplay)
	defer stop()
	select { // one at a time: a replay may keep a processor busy
	case s.replaying <- struct{}{}:
		defer func() { <-s.replaying }()
	case <-ctx.Done():
		return units.Sketch{}, g, errBusyDrawing
	}
	sk, err := g.Replay(ctx, d)
	if err != nil {
		return units.Sketch{}, g, err
	}
	return *sk, g, nil
}

// drawReplay answers with a draft as it looks.
func (s *Server) drawReplay(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r, "draft")
	if err != nil {
		return err
	}
	sk, g, err := s.draft(r, form)
	if err != nil {
		return s.drawRefused(w, r, err)
	}
	return sendJSON(w, r, s.drawAnswer(&sk, g))
}

// drawRefused answers a draft that is none, or one of polygons that have changed.
func (s *Server) drawRefused(w http.ResponseWriter, r *http.Request, err error) error {
	status := http.StatusUnprocessableEntity
	if errors.Is(err, units.ErrStale) {
		status = http.StatusConflict
	}
	if errors.Is(err, access.ErrLog) || r.Context().Err() != nil {
		return err
	}
	return sendJSONAs(w, r, status, map[string]string{"error": s.told(r, err)})
}

// nearby is how far around the unit, in degrees (some 300 m), the polygons of others are shown.
const nearby = 0.003

func (s *Server) drawAnswer(sk *units.Sketch, g units.Ground) drawAnswer {
	a := drawAnswer{Base: sk.Base, Field: g.Field, Failed: sk.Failed, Units: []drawUnit{}, Missing: []drawCode{}, Gone: []string{}, Findings: []drawFinding{}}
	if sk.Why != nil {
		a.Error = sentence(sk.Why)
	}
	changed, gone := sk.Changed()
	a.Changed = len(changed) + len(gone)
	for _, code := range gone {
		a.Gone = append(a.Gone, sk.Names[code])
	}
	box, some := g.Field.Bound(), g.Field != nil
	codes := sk.Codes()
	for _, code := range codes {
		if !sk.Inside(code) {
			continue
		}
		b := sk.Shape(code).Bound()
		if !some {
			box, some = b, true
		}
		box = box.Union(b)
	}
	box = box.Pad(nearby)
	for _, code := range codes {
		shape := sk.Shape(code)
		if !sk.Inside(code) && !(some && shape.Bound().Intersects(box)) {
			continue
		}
		u := drawUnit{Shape: shape, Inside: sk.Inside(code), Changed: slices.Contains(changed, code)}
		if sk.Mine(code) {
			u.Code, u.Name = code, sk.Names[code]
			u.Area = strconv.FormatFloat(geo.AreaM2(shape)/1e6, 'f', 3, 64) + " 平方公里"
		}
		a.Units = append(a.Units, u)
	}
	for _, u := range g.Dir.AtLevel(sk.Level()) {
		if sk.Inside(u.Code) && len(sk.Shape(u.Code)) == 0 && !slices.Contains(gone, u.Code) && u.In(units.Date(s.Now())) {
			a.Missing = append(a.Missing, drawCode{u.Code, u.Name})
		}
	}
	for _, f := range sk.Findings {
		a.Findings = append(a.Findings, drawFinding{findingWords(f, sk), inTheWay(f, changed), f.At[0], f.At[1]})
	}
	a.Suggest.Code, a.Suggest.Name = sk.Suggest()
	return a
}

// mostOutside is the share of a changed polygon that may lie beyond the border of the unit above: two surveys never agree to the metre.
const mostOutside = 0.01

// inTheWay says whether a finding keeps a draft from being saved.
func inTheWay(f geo.Finding, changed []string) bool {
	return f.Severity == geo.Failure || f.Kind == geo.OutsideParent && f.Share > mostOutside && slices.Contains(changed, f.Code)
}

var featureWords = regexp.MustCompile(`第\d+个要素(?:（编码 ([^）]*)）)?`)

// findingWords is a finding with the names of the units in it.
func findingWords(f geo.Finding, sk *units.Sketch) string {
	return onPage.Replace(featureWords.ReplaceAllStringFunc(f.Text(), func(m string) string {
		code := featureWords.FindStringSubmatch(m)[1]
		if name := sk.Names[code]; name != "" {
			return "“" + name + "”"
		}
		return "“" + code + "”"
	}))
}

// drawSave saves a draft as a new layer version.
func (s *Server) drawSave(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r, "draft", "from")
	if err != nil {
		return err
	}
	var from time.Time
	if form["from"] != "" {
		if from, err = time.Parse(time.DateOnly, form["from"]); err != nil {
			return s.drawRefused(w, r, errors.New("启用日期应写成 2026-01-01 的样式"))
		}
		if from.After(units.Date(s.Now())) {
			return s.drawRefused(w, r, errors.New("启用日期不能在今天以后，请到那一天再保存"))
		}
	}
	sk, g, err := s.draft(r, form)
	if err != nil {
		return s.drawRefused(w, r, err)
	}
	changed, _ := sk.Changed()
	for _, f := range sk.Findings {
		if inTheWay(f, changed) {
			return s.drawRefused(w, r, errors.New(findingWords(f, &sk)))
		}
	}
	var report units.Report
	err = s.changing(r, access.Imported, "grids draw "+r.URL.Query().Get("org"), func() error {
		report, err = sk.Load(context.WithoutCancel(r.Context()), s.Warehouse, g, units.LayerOptions{ValidFrom: from, Now: s.Now(), Source: drawnSource, SnapM: s.Catalog.Map.SnapM})
		return err
	})
	if err != nil {
		return s.drawRefused(w, r, err)
	}
	said := "已保存为作业 " + strconv.FormatInt(report.Job, 10)
	for _, x := range report.Layer.Split {
		said += "，" + sk.Names[x.From[0]] + "已拆分"
	}
	for _, x := range report.Layer.Merged {
		said += "，合并为" + sk.Names[x.To[0]]
	}
	if n := report.Layer.Moved["record"]; n > 0 {
		said += "，" + count(n) + " 件事项按新边界重新归属"
	}
	if n := report.Layer.Undecided; n > 0 {
		said += "；" + count(n) + " 件只写了被拆分的网格、没有位置，仍归原网格"
	}
	return sendJSON(w, r, map[string]any{"job": report.Job, "said": said + "。", "url": jobPath(report.Job)})
}

// drawnSource is where polygons come from that were drawn here.
const drawnSource = "地图绘制"
