package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// overviewBoard is the board of the catalogue that the page shows.
const overviewBoard = "overview"

// overviewPage is overview.tmpl.
type overviewPage struct {
	Frame
	Heading string
	Pers    []choice
	Period  Period
	Earlier string
	Later   string // "" where it would lie in the future
	Keep    []hidden
	Kinds   []kindChoice
	Kind    string
	Until   string // up to when the duties are counted: 当前, or the last day with data
	Compare string // what the figures are compared with

	Empty             string // warehouse, units, future or period; "" where there are numbers
	Start             string // first steps
	Latest, LatestURL string // the last month with data, where this period has none

	Lead   lead
	Cards  []card
	Map    *figure
	Rank   *figure
	Trend  *figure
	Parts  *figure
	Flow   *figure
	Funnel *figure
	Duties []duty
	Rows   string
}

// hidden is a parameter that a form must keep.
type hidden struct{ Name, Value string }

type kindChoice struct {
	Code, Label string
	Current     bool
}

// overview shows how a unit is doing: the sentence, the figures, where, who, how it developed, what to do.
func (s *Server) overview(r *http.Request) (any, error) {
	ctx := r.Context()
	st, err := s.state(r)
	if err != nil {
		return nil, err
	}
	board, _ := s.Catalog.Board(overviewBoard) // embedded: it is there
	p := &overviewPage{Frame: s.frame(st.name()+" "+st.Period.Label()+board.Label, "overview")}
	p.Charts, p.Notices = true, st.notices
	s.controls(p, st)
	p.Heading = st.Period.Label() + " " + board.Label
	p.Crumbs = st.crumbs("/")
	p.Start = "/start"
	p.Rows = st.rows("received")
	if p.Empty = st.emptiness(s.Now()); p.Empty != "" {
		return p, nil
	}
	p.Lead.Until = p.Until
	sc := scene{ctx: ctx, st: st, board: board, base: s.base(r, st)}
	version, err := s.fill(ctx,
		s.leadOf(&p.Lead, sc), s.cardsOf(p, sc), s.mapOf(&p.Map, sc), s.rankOf(&p.Rank, sc), s.trendOf(&p.Trend, sc),
		s.partsOf(&p.Parts, sc), s.flowOf(&p.Flow, sc), s.funnelOf(&p.Funnel, sc), s.dutiesOf(p, sc),
	)
	if err != nil {
		return nil, err
	}
	p.AsOf = asOf(version, st.extent.To)
	if !slices.ContainsFunc(p.Cards, func(c card) bool { return !c.None }) {
		p.Empty = "period"
		last := periodOf("month", st.extent.latest(s.Now()), s.Catalog.Site.WeekStart)
		p.Latest, p.LatestURL = last.Label(), st.during(last).link("/")
	}
	return p, nil
}

// extent is the time that the data is about.
type extent struct {
	analytics.Extent
	Version int64
}

// latest is a day of the last period with data: where a page begins that was opened without one.
func (e extent) latest(now time.Time) time.Time {
	if e.To.IsZero() || e.To.After(now) {
		return units.Date(now)
	}
	return units.Date(e.To)
}

// ground gives what every page needs: the units, and from when to when there is data. Both change with the data version
// and the day only.
func (s *Server) ground(ctx context.Context) (*units.Directory, extent, error) {
	type ground struct {
		dir *units.Directory
		extent
	}
	today := units.Date(s.Now())
	g, err := analytics.Keep(ctx, s.Engine, s.Engine.Version(), "ground "+today.Format(time.DateOnly), func(ctx context.Context) (g ground, bytes int64, err error) {
		err = s.Engine.View(ctx, func(v *warehouse.View) (err error) {
			g.Version = v.Version()
			if g.dir, err = s.Units.Directory(ctx, v, s.Catalog.Levels, today); err != nil {
				return err
			}
			g.Extent, err = analytics.FindExtent(ctx, v, today.AddDate(0, 0, 1).Add(-time.Second))
			return err
		})
		return g, 1 << 10, err // the directory is shared with the cache of units
	})
	return g.dir, g.extent, err
}

// emptiness says why a page has no numbers.
func (st state) emptiness(now time.Time) string {
	switch {
	case st.dir.Len() == 0 && st.extent.To.IsZero():
		return "warehouse"
	case st.extent.To.IsZero():
		return "ledgers"
	case st.Period.From.After(now):
		return "future"
	}
	return ""
}

// controls are the switch of periods and what stands beside it.
func (s *Server) controls(p *overviewPage, st state) {
	day := st.Period.Last()
	for _, k := range pers {
		q := st.during(periodOf(k.id, day, s.Catalog.Site.WeekStart))
		p.Pers = append(p.Pers, choice{k.label, q.link("/"), st.Period.Per == k.id})
	}
	p.Period, p.Until = st.Period, "当前"
	if asOf := st.extent.AsOf(s.Now()); asOf.Before(s.Now()) {
		p.Until = asOf.AddDate(0, 0, -1).Format("1月2日")
	}
	p.Earlier = st.during(st.Period.Step(-1)).link("/")
	if next := st.Period.Step(1); !next.From.After(s.Now()) {
		p.Later = st.during(next).link("/")
	}
	for _, name := range []string{"org", "kind", "show", "map", "rank"} {
		if v := st.values().Get(name); v != "" {
			p.Keep = append(p.Keep, hidden{name, v})
		}
	}
	p.Kind = st.Kind
	p.Compare = st.Period.Before() + "、去年同期"
	p.Kinds = append(p.Kinds, kindChoice{"", "全部", st.Kind == ""})
	list := s.Catalog.List(catalog.ListKind)
	for _, code := range catalog.Matters {
		p.Kinds = append(p.Kinds, kindChoice{code, list.LabelOf(code), st.Kind == code})
	}
}
