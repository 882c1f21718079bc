package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/units"
	"gridstar/reports/chart"
)

// bins are the rows behind the map's metric in hexagons; nil where they have no place. The rows are those of the unit and period of the
// page.
func (s *Server) bins(r *http.Request, ms mapState, size float64, box *analytics.Box) (*analytics.BinPage, error) {
	q := s.base(r, ms.state)
	q.Metrics = []string{ms.metric.ID}
	page, err := s.Engine.Bins(r.Context(), analytics.BinQuery{Query: q, SizeM: size, Box: box})
	if errors.Is(err, analytics.ErrUnsupported) || errors.Is(err, analytics.ErrWithheld) {
		return nil, nil
	}
	return page, err
}

// binsAnswer is the answer of /map/bins: hexagons as analytics.BinPage describes them.
type binsAnswer struct {
	Bins  [][5]float64 `json:"bins"` // q, r, lon, lat, count
	Lon0  float64      `json:"lon0"`
	Lat0  float64      `json:"lat0"`
	MX    float64      `json:"mx"`
	MY    float64      `json:"my"`
	Size  float64      `json:"size"` // m
	Note  string       `json:"note"`
	Total int64        `json:"total"`
}

// mapBins answers with the rows behind the metric as counts in hexagons of about the size asked for.
func (s *Server) mapBins(w http.ResponseWriter, r *http.Request) error {
	ms, _, err := s.mapState(r)
	if err != nil {
		return err
	}
	size, err := strconv.ParseFloat(r.URL.Query().Get("size"), 64)
	if err != nil || math.IsNaN(size) || size > 1e6 {
		return refuse("六边形的大小应为米数")
	}
	box, err := boxOf(r)
	if err != nil {
		return err
	}
	page, err := s.bins(r, ms, max(size, analytics.MinBinM), box)
	if err != nil {
		return err
	}
	if page == nil {
		return sendJSON(w, r, binsAnswer{Bins: [][5]float64{}, Note: "“" + ms.metric.Label + "”的明细没有位置，不能逐点显示"})
	}
	out := binsAnswer{Bins: make([][5]float64, len(page.Bins)), Lon0: page.Lon0, Lat0: page.Lat0, MX: page.MX, MY: page.MY, Size: page.SizeM, Total: page.Points}
	for i, b := range page.Bins {
		out.Bins[i] = [5]float64{float64(b.Q), float64(b.R), b.Lon, b.Lat, float64(b.N)}
	}
	if box == nil && page.Points < page.Rows {
		out.Note = noPlace(page) + "，没有显示"
	}
	return sendJSON(w, r, out)
}

// boxOf reads the part of the map that a request is about; nil for all of it.
func boxOf(r *http.Request) (*analytics.Box, error) {
	text := r.URL.Query().Get("bbox")
	if text == "" {
		return nil, nil
	}
	box, ok := analytics.ParseBox(text)
	if !ok {
		return nil, refuse("地图范围应为四个经纬度：西、南、东、北")
	}
	return &box, nil
}

// mostMapPoints is how many single rows the map shows at once.
const mostMapPoints = 500

// pointsAnswer is the answer of /map/points.
type pointsAnswer struct {
	Points []mapPoint `json:"points"`
	More   int64      `json:"more"` // that are not among them
}

// mapPoint is one row.
type mapPoint struct {
	Lon   float64 `json:"x"`
	Lat   float64 `json:"y"`
	Words string  `json:"w"` // what it is
	Where string  `json:"o"` // its unit
	When  string  `json:"d"`
}

// mapPoints answers with single rows behind the metric in a part of the map.
func (s *Server) mapPoints(w http.ResponseWriter, r *http.Request) error {
	ms, _, err := s.mapState(r)
	if err != nil {
		return err
	}
	box, err := boxOf(r)
	if err != nil {
		return err
	}
	q := s.base(r, ms.state)
	q.Metrics = []string{ms.metric.ID}
	page, err := s.Engine.Points(r.Context(), analytics.PointQuery{Query: q, Box: box, Limit: mostMapPoints})
	if errors.Is(err, analytics.ErrUnsupported) {
		return sendJSON(w, r, pointsAnswer{Points: []mapPoint{}})
	}
	if err != nil {
		return err
	}
	out := pointsAnswer{Points: make([]mapPoint, len(page.Points)), More: page.Matched - int64(len(page.Points))}
	column := func(id string) int {
		return slices.IndexFunc(page.Columns, func(c analytics.RowColumn) bool { return c.ID == id })
	}
	cell := func(p analytics.Point, ids ...string) string {
		for _, id := range ids {
			i := column(id)
			if i < 0 {
				continue
			}
			switch v := p.Cells[i].(type) {
			case string:
				return v
			case analytics.Key:
				return v.Name
			case time.Time:
				return v.Format("2006年1月2日")
			}
		}
		return ""
	}
	for i, p := range page.Points {
		out.Points[i] = mapPoint{p.Lon, p.Lat, clip(cell(p, "title", "name", "brand", "category", "type"), 60), cell(p, "org"), cell(p, "received_at", "held_at", "closed_at", "opened_on")}
	}
	return sendJSON(w, r, out)
}

// monthsAnswer is the answer of /map/months: the metric in the twelve months that end with the page's period, in one set of classes.
type monthsAnswer struct {
	Frames []monthFrame   `json:"frames"`
	Legend []legendAnswer `json:"legend"`
	Colors []string       `json:"colors"`
}

type monthFrame struct {
	Label string             `json:"label"` // 2026年3月
	Units map[string]mapUnit `json:"units"` // without places
}

type legendAnswer struct {
	Label string `json:"label"`
	Color string `json:"color"`
}

// mapMonths answers with the frames that play.
func (s *Server) mapMonths(w http.ResponseWriter, r *http.Request) error {
	ms, ok, err := s.mapState(r)
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	q := s.mapQuery(r, ms)
	last := units.Date(ms.Period.Last())
	if asOf := ms.extent.latest(s.Now()); last.After(asOf) {
		last = asOf
	}
	q.To = time.Date(last.Year(), last.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	q.From = q.To.AddDate(-1, 0, 0)
	q.Dims = []string{"month", "org:" + ms.level.ID}
	answers, err := s.Engine.Ask(r.Context(), q)
	if err != nil {
		return err
	}
	a := answers[0]
	var regions []chart.Point
	var months []string
	for _, row := range a.Rows {
		if row.Keys[1].Value == nil {
			continue
		}
		regions = append(regions, point(a.Columns[0].Metric, row.Keys[1], row.Cells[0]))
		months = append(months, fmt.Sprint(row.Keys[0].Value))
	}
	decimals, _ := ms.metric.Decimals()
	classes, legend := chart.Regions(regions, decimals, ms.ramp, ms.scheme)
	out := monthsAnswer{Frames: []monthFrame{}}
	for i, x := range regions {
		if i == 0 || months[i] != months[i-1] {
			label := months[i]
			if t, err := time.Parse("2006-01", months[i]); err == nil {
				label = t.Format("2006年1月")
			}
			out.Frames = append(out.Frames, monthFrame{label, map[string]mapUnit{}})
		}
		out.Frames[len(out.Frames)-1].Units[x.Code] = ms.unit(x, classes[i])
	}
	for _, e := range legend {
		out.Legend = append(out.Legend, legendAnswer{e.Words, e.Color})
	}
	out.Colors = legend.Colors()
	return sendJSON(w, r, out)
}

// unitPart is mapunit.tmpl: a unit that was clicked on.
type unitPart struct {
	Frame
	Name, Level, Upper string
	Code               string
	Figures            []unitFigure
	Facts              []fact
	Overview           string
	Card               string // its scorecard; "" where it has none
	Down               string // the map of the units in it; "" where there are none
	Rows               string
	AsOf               string
}

type unitFigure struct {
	Label, Value, Unit, Base, URL string
	None                          bool
}

// mapUnitCard answers with what there is to say of a unit: the map's metric and those of the overview's cards.
func (s *Server) mapUnitCard(w http.ResponseWriter, r *http.Request) error {
	ms, _, err := s.mapState(r)
	if err != nil {
		return err
	}
	if ms.Unit.Code == "" {
		return errNotFound
	}
	u := ms.Unit
	l, _ := s.Catalog.Level(u.Level)
	p := unitPart{Name: u.Name, Level: l.Label, Code: u.Code, Overview: ms.link("/"), Rows: ms.rows(ms.metric.ID)}
	if up := ms.dir.Ancestors(u.Code); len(up) > 0 {
		p.Upper = up[len(up)-1].Name
	}
	board, _ := s.Catalog.Board(overviewBoard)
	ids := []string{ms.metric.ID}
	for _, c := range board.Cards {
		if ms.Kind == "" || counts(s.Catalog, c.Metric) {
			ids = metrics(append(ids, c.Metric)...)
		}
	}
	q := s.base(r, ms.state)
	q.Metrics = ids
	answers, err := s.Engine.Ask(r.Context(), q)
	if err != nil {
		return err
	}
	a := answers[0]
	for i, c := range a.Columns {
		cell := a.Rows[0].Cells[i]
		f := unitFigure{Label: c.Label, Value: analytics.Published(c.Metric, cell), Unit: c.Unit, Base: baseWords(c.Metric, cell), URL: ms.rows(c.ID), None: cell.Value == nil}
		p.Figures = append(p.Figures, f)
	}
	if u.Households != nil {
		p.Facts = append(p.Facts, fact{"户数", count(*u.Households)})
	}
	if u.Population != nil {
		p.Facts = append(p.Facts, fact{"人口", count(*u.Population)})
	}
	if u.AreaKM2 != nil {
		p.Facts = append(p.Facts, fact{"面积", strconv.FormatFloat(*u.AreaKM2, 'f', 2, 64) + " 平方公里"})
	}
	if slices.Contains(s.Catalog.Rulebook().Level, u.Level) {
		p.Card = "/stars/" + u.Code
	}
	if len(ms.lower()) > 0 {
		p.Down = ms.here("/map")
	}
	p.AsOf = asOf(a.Version, ms.extent.To)
	return s.renderPart(w, r, "mapunit", p)
}

// noPlace says how many rows have no place, and how many of them only a default one.
func noPlace(page *analytics.BinPage) string {
	text := count(page.Rows-page.Points) + " 件没有位置"
	if page.Defaults > 0 {
		text += "（其中 " + count(page.Defaults) + " 件的坐标是来源系统的默认坐标）"
	}
	return text
}
