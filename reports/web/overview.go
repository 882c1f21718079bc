package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/reports/chart"
)

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

// card is one figure with its base and its comparison.
type card struct {
	Title   string
	Unit    string
	Value   string
	None    bool // Value is the reason why there is no number
	Changes []cardChange
	Base    string
	Beside  []string
	Target  string
	Meter   *meter
	Spark   any
	Note    string
	URL     string
	Basis   basis
}

type cardChange struct {
	Label string
	analytics.Change
}

// meter is a rate as a bar, with its target as a mark; both in percent of the width.
type meter struct {
	Value, Target float64
	Text          string
}

// duty is one line of 重点督办事项.
type duty struct {
	Label string
	Text  string
	Lamp  string
	Word  string // the lamp in words
	URL   string
	N     float64
}

// overview shows how a unit is doing: the sentence, the figures, where, who, how it developed, what to do.
func (s *Server) overview(r *http.Request) (any, error) {
	ctx := r.Context()
	dir, extent, err := s.ground(ctx)
	if err != nil {
		return nil, err
	}
	st, err := s.readState(r, dir, extent.latest(s.Now()))
	if err != nil {
		return nil, err
	}
	board, _ := s.Catalog.Board("overview") // embedded: it is there
	p := &overviewPage{Frame: s.frame(st.name()+" "+st.Period.Label()+board.Label, "overview")}
	p.Charts, p.Notices = true, st.notices
	s.controls(p, st)
	p.Heading = st.Period.Label() + " " + board.Label
	p.Crumbs = st.crumbs("/")
	p.Start = "/start"
	p.Rows = st.link("/records", "metric", "received", "show", "", "map", "", "rank", "")
	if p.Empty = emptiness(dir, extent, st, s.Now()); p.Empty != "" {
		return p, nil
	}
	q := s.base(r, st)
	version, err := s.fill(ctx,
		s.leadOf(&p.Lead, st, board, q), s.cardsOf(p, st, board, q),
		s.mapOf(&p.Map, ctx, st, board, q, chart.Card), s.rankOf(&p.Rank, st, board, q, chart.Card), s.trendOf(&p.Trend, st, board, q, chart.Card),
		s.partsOf(&p.Parts, st, board, q, chart.Card), s.flowOf(&p.Flow, ctx, st, board, q, chart.Card), s.funnelOf(&p.Funnel, st, board, q, chart.Card), s.dutiesOf(p, st, board, q, extent),
	)
	if err != nil {
		return nil, err
	}
	p.AsOf = asOf(version, extent.To)
	if !slices.ContainsFunc(p.Cards, func(c card) bool { return !c.None }) {
		p.Empty = "period"
		last := periodOf("month", extent.latest(s.Now()), s.Catalog.Site.WeekStart)
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
			g.Extent, err = analytics.FindExtent(ctx, v, today.AddDate(0, 0, 1))
			return err
		})
		return g, 1 << 10, err // the directory is shared with the cache of units
	})
	return g.dir, g.extent, err
}

// emptiness says why a page has no numbers.
func emptiness(dir *units.Directory, e extent, st state, now time.Time) string {
	switch {
	case dir.Len() == 0 && e.To.IsZero():
		return "warehouse"
	case e.To.IsZero():
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
	p.Period = st.Period
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

// cardsOf asks for the figures and what they are compared with.
func (s *Server) cardsOf(p *overviewPage, st state, board *catalog.Board, base analytics.Query) exhibit {
	var ids []string
	for _, c := range board.Cards {
		ids = metrics(append(append(ids, c.Metric), c.Beside...)...)
	}
	// Metrics of their own kinds (wishes, patrols) do not follow a filter by kind: they would always be empty.
	if st.Kind != "" {
		ids = slices.DeleteFunc(ids, func(id string) bool { return !counts(s.Catalog, id) })
	}
	if len(ids) == 0 {
		return exhibit{}
	}
	prev, yoy, sparks := base, base, base
	prev.Metrics, prev.Compare = ids, analytics.Prev
	yoy.Metrics, yoy.Compare = ids, analytics.YoY
	asks := []analytics.Query{prev, yoy}
	var spark []string
	for _, c := range board.Cards {
		if c.Spark && slices.Contains(ids, c.Metric) {
			spark = append(spark, c.Metric)
		}
	}
	var step string
	if len(spark) > 0 {
		sparks.From, sparks.To, step, _ = st.Period.Window()
		sparks.Metrics, sparks.Dims = spark, []string{step}
		asks = append(asks, sparks)
	}
	return exhibit{asks: asks, show: func(as []*analytics.Answer) error {
		for _, c := range board.Cards {
			if i := column(as[0], c.Metric); i >= 0 {
				p.Cards = append(p.Cards, s.card(st, c, as, i))
			}
		}
		return nil
	}}
}

func (s *Server) card(st state, c catalog.Card, as []*analytics.Answer, i int) card {
	m, now := as[0].Columns[i].Metric, as[0].Rows[0].Cells[i]
	v := card{Title: m.Label, Unit: m.Unit, Value: analytics.Published(m, now), None: now.Value == nil}
	if c.Label != "" {
		v.Title = c.Label
	}
	v.URL = st.link("/records", "metric", m.ID, "show", "", "map", "", "rank", "")
	if now.Value != nil {
		if st.Period.Per != "year" {
			v.Changes = append(v.Changes, cardChange{"环比", analytics.PublishedChange(m, now)})
		}
		v.Changes = append(v.Changes, cardChange{"同比", analytics.PublishedChange(m, as[1].Rows[0].Cells[i])})
		if now.Covered < 1 {
			v.Note = "部分日期尚未报送"
		}
	}
	if now.Value != nil {
		v.Base = analytics.PublishedBase(m, now)
	}
	if v.Base != "" && (m.Type == catalog.Weighted || m.Type == catalog.Quantile) {
		v.Base = "有效样本 " + analytics.PublishedBase(m, now)
	}
	v.Basis = s.basis(m, analytics.PublishedBase(m, now), as[0])
	for _, id := range c.Beside {
		j := column(as[0], id)
		if j < 0 {
			continue
		}
		b := as[0].Columns[j].Metric
		text := analytics.Published(b, as[0].Rows[0].Cells[j])
		if as[0].Rows[0].Cells[j].Value != nil {
			text += " " + b.Unit
		}
		v.Beside = append(v.Beside, b.Label+" "+text)
	}
	if c.Target != nil && now.Value != nil && m.Unit == "%" {
		v.Target = trim(*c.Target) + m.Unit
		v.Meter = &meter{Value: min(100, max(0, *now.Value)), Target: *c.Target, Text: m.Label + " " + v.Value + "%，目标 " + v.Target}
	}
	if c.Spark && len(as) > 2 {
		if j := column(as[2], m.ID); j >= 0 {
			v.Spark = sparkOf(s.head(st, m.Label, m.Unit, "", as[2]), as[2], j)
		}
	}
	return v
}

// dutiesOf are the counts that somebody must act on: as of now, whatever the period of the page.
func (s *Server) dutiesOf(p *overviewPage, st state, board *catalog.Board, base analytics.Query, e extent) exhibit {
	tomorrow := units.Date(base.Now).AddDate(0, 0, 1)
	always := Period{Per: perRange, From: e.From, To: tomorrow}
	year := Period{Per: perRange, From: time.Date(base.Now.Year(), time.January, 1, 0, 0, 0, 0, time.UTC), To: tomorrow}
	base.Where = nil // what must be done must be done, whichever kind is looked at
	var asks []analytics.Query
	for _, span := range []Period{always, year} {
		var ids []string
		for _, d := range board.Duties {
			if d.Year == (span == year) {
				ids = metrics(append(ids, d.Metric)...)
			}
		}
		if len(ids) > 0 {
			q := base
			q.Metrics, q.From, q.To = ids, span.From, span.To
			asks = append(asks, q)
		}
	}
	return exhibit{asks: asks, show: func(as []*analytics.Answer) error {
		for _, d := range board.Duties {
			at := st.during(always)
			if d.Year {
				at = st.during(year)
			}
			at.Kind = ""
			for _, a := range as {
				if i := column(a, d.Metric); i >= 0 && a.From.Equal(at.Period.From) {
					p.Duties = append(p.Duties, s.duty(at, d, a.Columns[i].Metric, a.Rows[0].Cells[i]))
					break
				}
			}
		}
		for _, d := range p.Duties {
			if i := slices.IndexFunc(board.Duties, func(b catalog.Duty) bool { return b.Urgent && dutyLabel(s.Catalog, b) == d.Label }); i >= 0 && d.N > 0 && d.Lamp == catalog.LampOverdue {
				p.Lead.Alerts = append(p.Lead.Alerts, d.Label+" "+d.Text)
			}
		}
		return nil
	}}
}

func dutyLabel(cat *catalog.Catalog, d catalog.Duty) string {
	if d.Label != "" {
		return d.Label
	}
	m, _ := cat.Metric(d.Metric)
	return m.Label
}

func (s *Server) duty(st state, d catalog.Duty, m *catalog.Metric, c analytics.Cell) duty {
	v := duty{Label: dutyLabel(s.Catalog, d), Lamp: "good", Word: "无需督办", URL: st.link("/records", "metric", m.ID, "show", "", "map", "", "rank", "")}
	switch {
	case c.Value == nil:
		v.Text, v.Lamp, v.Word = string(c.Note), "none", "没有数据"
		return v
	case m.Rate(): // so many of what is due
		v.Text, v.N = analytics.PublishedBase(m, c), c.D-c.N
	default:
		v.Text, v.N = analytics.Published(m, c)+" "+m.Unit, *c.Value
	}
	if v.N > 0 {
		v.Lamp, v.Word = d.Lamp, map[string]string{catalog.LampOverdue: "已逾期", catalog.LampWarn: "需关注"}[d.Lamp]
	}
	return v
}

// lead is the sentence at the top.
type lead struct {
	Noun, Before string
	Received     string // with its unit
	Change       analytics.Change
	Prev         bool // there is something to compare with
	OnTime       string
	OnTimeChange analytics.Change
	Top          []string
	Alerts       []string
	Partly       bool   // some days were not delivered
	None         string // why there is nothing to say
}

// leadOf puts the numbers of the sentence together; its words are in parts.tmpl.
func (s *Server) leadOf(l *lead, st state, board *catalog.Board, base analytics.Query) exhibit {
	total := base
	total.Metrics, total.Compare = []string{"received", "on_time_rate"}, analytics.Prev
	asks := []analytics.Query{total}
	if p := board.Parts; p != nil {
		asks = append(asks, partsQuery(p, base))
	}
	return exhibit{asks: asks, show: func(as []*analytics.Answer) error {
		row := as[0].Rows[0]
		l.Noun, l.Before = st.Period.Noun(), st.Period.Before()
		if row.Cells[0].Value == nil {
			l.None = string(row.Cells[0].Note)
			return nil
		}
		received, onTime := as[0].Columns[0].Metric, as[0].Columns[1].Metric
		l.Partly = row.Cells[0].Covered < 1
		l.Received = analytics.Published(received, row.Cells[0])
		l.Change, l.Prev = analytics.PublishedChange(received, row.Cells[0]), row.Cells[0].Change != nil
		if row.Cells[1].Value != nil {
			l.OnTime, l.OnTimeChange = analytics.Published(onTime, row.Cells[1])+"%", analytics.PublishedChange(onTime, row.Cells[1])
		}
		if len(as) > 1 {
			for i, k := range largest(as[1], 0) {
				if i == 3 {
					break
				}
				l.Top = append(l.Top, k)
			}
		}
		return nil
	}}
}

// largest are the names of the keys of a one-dimensional answer, by value from the top; without the unnamed and 其他.
func largest(a *analytics.Answer, col int) []string {
	rows := slices.DeleteFunc(slices.Clone(a.Rows), func(r analytics.Row) bool {
		return r.Keys[0].Value == nil || r.Cells[col].Value == nil || *r.Cells[col].Value == 0 || r.Keys[0].Name == "其他"
	})
	slices.SortStableFunc(rows, func(x, y analytics.Row) int {
		switch {
		case *x.Cells[col].Value > *y.Cells[col].Value:
			return -1
		case *x.Cells[col].Value < *y.Cells[col].Value:
			return 1
		}
		return 0
	})
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = brief(r.Keys[0].Name)
	}
	return names
}

// trim writes a target: 95, 87.5.
func trim(f float64) string {
	return strconv.FormatFloat(f, 'f', -1, 64)
}
