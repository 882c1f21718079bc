package web

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
)

// card is one figure with its base and its comparison.
type card struct {
	Title   string
	Unit    string
	Value   string
	None    bool // Value is the reason why there is no number
	Changes []cardChange
	Base    string
	Beside  []choice
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

// cardsOf asks for the figures and what they are compared with.
func (s *Server) cardsOf(p *overviewPage, sc scene) exhibit {
	st, board := sc.st, sc.board
	prev := s.figuresQuery(sc)
	yoy := prev
	yoy.Compare = analytics.YoY
	asks := []analytics.Query{prev, yoy}
	window, sparks := s.windowQuery(sc)
	if sparks {
		asks = append(asks, window)
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

// figuresQuery asks for all figures of a page with the period before. The sentence reads two of them, whether or not
// they are cards.
func (s *Server) figuresQuery(sc scene) analytics.Query {
	q := sc.base
	q.Metrics, q.Compare = metrics(receivedID, onTimeID), analytics.Prev
	for _, c := range sc.board.Cards {
		q.Metrics = metrics(append(append(q.Metrics, c.Metric), c.Beside...)...)
	}
	// Metrics of their own kinds (wishes, patrols) do not follow a filter by kind: they would always be empty.
	if sc.st.Kind != "" {
		q.Metrics = slices.DeleteFunc(q.Metrics, func(id string) bool { return !counts(s.Catalog, id) })
	}
	return q
}

// The metrics that the sentence at the top of a page is about.
const receivedID, onTimeID = "received", "on_time_rate"

func (s *Server) card(st state, c catalog.Card, as []*analytics.Answer, i int) card {
	m, now := as[0].Columns[i].Metric, as[0].Rows[0].Cells[i]
	v := card{Title: cmp.Or(c.Label, m.Label), Unit: m.Unit, Value: analytics.Published(m, now), None: now.Value == nil}
	v.URL = st.rows(m.ID)
	if now.Value != nil {
		if st.Period.Per != "year" {
			v.Changes = append(v.Changes, cardChange{"环比", analytics.PublishedChange(m, now)})
		}
		than := "同比"
		if st.Period.Per == "year" {
			than = "较上年"
		}
		if st.Period.To.Sub(st.Period.From) <= 366*24*time.Hour { // a longer one would be compared with a part of itself
			v.Changes = append(v.Changes, cardChange{than, analytics.PublishedChange(m, as[1].Rows[0].Cells[i])})
		}
		if now.Covered < 1 {
			v.Note = "部分日期尚未报送"
		}
	}
	if now.Value != nil {
		v.Base = baseWords(m, now)
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
		v.Beside = append(v.Beside, choice{Text: b.Label + " " + text, URL: st.rows(b.ID)})
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

// trim writes a target: 95, 87.5.
func trim(f float64) string {
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// baseWords are what a number rests on, as it stands below it: of a median or a score how many rows it is made of.
func baseWords(m *catalog.Metric, c analytics.Cell) string {
	base := analytics.PublishedBase(m, c)
	if base != "" && (m.Type == catalog.Weighted || m.Type == catalog.Quantile) {
		return "有效样本 " + base
	}
	return base
}
