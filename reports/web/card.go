package web

import (
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
	st, board, base := sc.st, sc.board, sc.base
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
