package web

import (
	"cmp"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// duty is one line of 重点督办事项.
type duty struct {
	Label string
	Text  string
	Lamp  string
	Word  string // the lamp in words
	URL   string
	N     float64
}

// dutiesOf are the counts that somebody must act on: as of now, whatever the period of the page.
func (s *Server) dutiesOf(p *overviewPage, sc scene) exhibit {
	st, board, base := sc.st, sc.board, sc.base
	tomorrow := units.Date(base.Now).AddDate(0, 0, 1)
	always := Period{Per: perRange, From: st.extent.From, To: tomorrow}
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
					v := s.duty(at, d, a.Columns[i].Metric, a.Rows[0].Cells[i])
					p.Duties = append(p.Duties, v)
					if d.Urgent && v.N > 0 && v.Lamp == catalog.LampOverdue {
						p.Lead.Alerts = append(p.Lead.Alerts, v.Label+" "+v.Text)
					}
					break
				}
			}
		}
		return nil
	}}
}

func (s *Server) duty(st state, d catalog.Duty, m *catalog.Metric, c analytics.Cell) duty {
	v := duty{Label: cmp.Or(d.Label, m.Label), Lamp: "good", Word: "无需督办", URL: st.rows(m.ID)}
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
