package web

import (
	"net/http"
	"slices"

	"gridstar/analytics/catalog"
)

// overviewBoard is the board of the catalogue that the page shows.
const overviewBoard = "overview"

// overviewPage is overview.tmpl.
type overviewPage struct {
	Frame
	Heading string
	periodControls
	Kinds   []kindChoice
	Kind    string
	Until   string // up to when the duties are counted: 当前, or the last day with data
	Compare string // what the figures are compared with

	Empty             string // warehouse, units, future or period; "" where there are numbers
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
	p := &overviewPage{Frame: s.frame(r, st.name()+" "+st.Period.Label()+board.Label, "overview")}
	p.Charts, p.Notices = true, st.notices
	s.controls(p, st)
	p.Heading = st.Period.Label() + " " + board.Label
	p.Crumbs = st.crumbs("/")
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

// controls are the switch of periods and what stands beside it.
func (s *Server) controls(p *overviewPage, st state) {
	p.periodControls = s.periods(st, "/", []string{"org", "kind", "show", "map", "rank"})
	p.Until = "当前"
	if asOf := st.extent.AsOf(s.Now()); asOf.Before(s.Now()) {
		p.Until = asOf.AddDate(0, 0, -1).Format("1月2日")
	}
	p.Kind = st.Kind
	p.Compare = st.Period.Before() + "、去年同期"
	p.Kinds = s.kindChoices(st.Kind)
}

// kindChoices are the kinds of matters to choose from.
func (s *Server) kindChoices(current string) []kindChoice {
	all := []kindChoice{{"", "全部", current == ""}}
	list := s.Catalog.List(catalog.ListKind)
	for _, code := range catalog.Matters {
		all = append(all, kindChoice{code, list.LabelOf(code), current == code})
	}
	return all
}
