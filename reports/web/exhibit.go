package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/reports/chart"
)

// exhibit is one part of a page: the questions it asks, and what becomes of the answers. A page puts the questions of
// all its exhibits at once, so that they are answered from one version of the data.
type exhibit struct {
	asks []analytics.Query
	show func([]*analytics.Answer) error
}

// scene is what the exhibits of a page have in common.
type scene struct {
	ctx   context.Context
	st    state
	board *catalog.Board
	base  analytics.Query // unit, period, kind and scope, without metrics
	frame chart.Frame     // Card, or Picture for a chart that stands alone
}

// fill asks for all exhibits and shows them. It gives the data version of the answers.
func (s *Server) fill(ctx context.Context, exhibits ...exhibit) (version int64, err error) {
	var asks []analytics.Query
	for _, e := range exhibits {
		asks = append(asks, e.asks...)
	}
	if len(asks) == 0 {
		return s.Engine.Version(), nil
	}
	answers, err := s.Engine.Ask(ctx, asks...)
	if err != nil {
		return 0, err
	}
	version = answers[0].Version
	for _, e := range exhibits {
		if e.show == nil {
			continue // a part that this page does not have
		}
		n := len(e.asks)
		if err := e.show(answers[:n:n]); err != nil {
			return 0, err
		}
		answers = answers[n:]
	}
	return version, nil
}

// figure is a chart card: the picture, the same as a table, and how its numbers are counted.
type figure struct {
	Name  string // of the chart, in addresses
	Title string
	Unit  string
	Scope string // what the card says beside its title: 按社区
	Class string // tall, short
	Note  string // below the picture

	Option  any    // what ECharts draws; nil where Blank says why there is nothing
	Height  int    // px that the drawing wants at least
	Outline string // address of the polygons, for a map
	Drill   string // address behind a unit of the picture: CODE stands for its code
	Blank   string // the sentence of an empty card
	Hint    string // a command line that helps

	Choices []choice // what else the card can show
	Levels  []choice

	Table   table
	Basis   []basis
	Picture string // address of the chart as a picture of its own
	CSV     string
	Rows    string // address of the rows behind it
}

// draw takes the option of the figure.
func (f *figure) draw(o chart.Option) { f.Option, f.Height = o, o.Height() }

// choice is one of several things a card can show.
type choice struct {
	Text    string
	URL     string
	Current bool
}

// basis is how a metric of a card is counted.
type basis struct {
	Label string
	analytics.Explanation
	Sample string // what the number rests on
	AsOf   string // which data it comes from, and up to when things count as having happened
}

func (s *Server) basis(m *catalog.Metric, sample string, a *analytics.Answer) basis {
	return basis{m.Label, analytics.Explain(s.Catalog, m), sample, fmt.Sprintf("第 %d 批，统计时点 %s", a.Version, clock(a.Now))}
}

// table is a figure's numbers as rows.
type table struct {
	Head []string
	Num  []bool // columns of numbers stand to the right
	Rows []line
}

// line is one row of a table.
type line struct {
	Cells []string
	Name  int            // which cell names the row
	URL   string         // what the name opens
	Links map[int]string // what other cells open: the rows behind a number
}

// behind is the line with a further cell before the others.
func (l line) behind(cell string) line {
	links := map[int]string{}
	for i, url := range l.Links {
		links[i+1] = url
	}
	return line{Cells: append([]string{cell}, l.Cells...), Name: l.Name + 1, URL: l.URL, Links: links}
}

// head is what a picture that stands alone must say.
func (s *Server) head(st state, title, unit, scope string, a *analytics.Answer) chart.Head {
	return chart.Head{
		Title: st.name() + "　" + title, Unit: unit, Scope: scope, Period: st.Period.Label(),
		Source: s.Catalog.Site.Name + "・格星", AsOf: asOf(a.Version, st.extent.To),
	}
}

// base is the query that all parts of a page about a state have in common.
func (s *Server) base(r *http.Request, st state) analytics.Query {
	of := analytics.UnitsNow
	if st.Then {
		of = analytics.UnitsThen
	}
	return analytics.Query{
		Units: of, From: st.Period.From, To: st.Period.To, Org: st.org(), Where: st.where(), Now: st.extent.AsOf(s.Now()).Truncate(analytics.NowStep), Scope: s.scope(r.Context()),
	}
}

// column is where a metric stands in an answer.
func column(a *analytics.Answer, id string) int {
	return slices.IndexFunc(a.Columns, func(c analytics.Column) bool { return c.ID == id })
}

// metrics are the distinct ids in order.
func metrics(ids ...string) []string {
	var all []string
	for _, id := range ids {
		if id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// counts says whether a filter by kind means anything to a metric.
func counts(cat *catalog.Catalog, id string) bool {
	m, ok := cat.Metric(id)
	if !ok {
		return false
	}
	switch m.Type {
	case catalog.Cross:
		return counts(cat, m.Numerator)
	case catalog.Weighted:
		return counts(cat, m.Parts[0].Metric)
	}
	return m.Shape == catalog.ShapeRecord && m.Kinds == nil
}
