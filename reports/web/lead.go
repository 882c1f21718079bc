package web

import (
	"cmp"
	"math"
	"slices"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
)

// lead is the sentence at the top.
type lead struct {
	When         string // 本月; of a period that is over its name: 2026年9月
	What         string // 各类事项, or the kind looked at
	Than         string // 环比; of a year 较上年
	Until        string // up to when the alerts are counted
	Received     string // with its unit
	Change       analytics.Change
	Prev         bool // there is something to compare with
	OnTime       string
	OnTimeChange analytics.Change
	Top          []string
	Low          *low // units that stay below what the board asks for
	Alerts       []string
	Partly       bool   // some days were not delivered
	None         string // why there is nothing to say
}

// low are the units whose value lay beyond the board's floor in this period and in the one before.
type low struct {
	Names  []string // at most namedLow
	More   int      // further ones
	Metric string
	Worse  string // 低于, 高于
	Floor  string
	Twice  string // 连续两月
}

// Total is how many units there are.
func (l *low) Total() int { return len(l.Names) + l.More }

// namedLow is how many units the sentence names.
const namedLow = 2

// lowOf finds them by the first ranking of the board.
func (s *Server) lowOf(sc scene, a *analytics.Answer) *low {
	spec := sc.board.Ranking[0]
	col := column(a, spec.Metric)
	if spec.Floor == nil || col < 0 {
		return nil
	}
	m := a.Columns[col].Metric
	l := &low{Metric: m.Label, Worse: "低于", Floor: trim(*spec.Floor) + suffix(m), Twice: sc.st.Period.Twice()}
	if m.Better == "down" {
		l.Worse = "高于"
	}
	rows := slices.Clone(named(a).Rows)
	slices.SortStableFunc(rows, func(x, y analytics.Row) int { // the worst first
		order := cmp.Compare(orNaN(x.Cells[col].Value), orNaN(y.Cells[col].Value))
		if m.Better == "down" {
			return -order
		}
		return order
	})
	for _, r := range rows {
		c := r.Cells[col]
		if c.Value == nil || c.Prev == nil || !beyond(m, *spec.Floor, *c.Value) || !beyond(m, *spec.Floor, *c.Prev) {
			continue
		}
		if len(l.Names) < namedLow {
			l.Names = append(l.Names, brief(r.Keys[0].Upper+r.Keys[0].Name))
		} else {
			l.More++
		}
	}
	if len(l.Names) == 0 {
		return nil
	}
	return l
}

// leadOf puts the numbers of the sentence together; its words are in parts.tmpl.
func (s *Server) leadOf(l *lead, sc scene) exhibit {
	st, board, base := sc.st, sc.board, sc.base
	asks := []analytics.Query{s.figuresQuery(sc)}
	if p := board.Parts; p != nil {
		asks = append(asks, partsQuery(p, base))
	}
	below, _, compares := s.below(sc)
	compares = compares && len(board.Ranking) > 0 && len(st.lower()) > 0
	if compares {
		asks = append(asks, below)
	}
	return exhibit{asks: asks, show: func(as []*analytics.Answer) error {
		if compares {
			l.Low = s.lowOf(sc, as[len(as)-1])
		}
		i, j := column(as[0], receivedID), column(as[0], onTimeID)
		received, onTime := as[0].Columns[i].Metric, as[0].Columns[j].Metric
		all, timely := as[0].Rows[0].Cells[i], as[0].Rows[0].Cells[j]
		l.When, l.What, l.Than = st.Period.Label(), "各类事项", "环比"
		if !base.Now.Before(st.Period.From) && !base.Now.After(st.Period.To) {
			l.When = st.Period.Noun()
		}
		if st.Kind != "" {
			l.What = s.Catalog.List(catalog.ListKind).LabelOf(st.Kind)
		}
		if st.Period.Per == "year" {
			l.Than = "较上年"
		}
		if all.Value == nil {
			l.None = string(all.Note)
			return nil
		}
		l.Partly = all.Covered < 1
		l.Received = analytics.Published(received, all)
		l.Change, l.Prev = analytics.PublishedChange(received, all), all.Change != nil
		if timely.Value != nil {
			l.OnTime, l.OnTimeChange = analytics.Published(onTime, timely)+"%", analytics.PublishedChange(onTime, timely)
		}
		if board.Parts != nil {
			l.Top = leading(as[1], 0)
		}
		return nil
	}}
}

// leading are the names of the three largest values of a one-dimensional answer, without the unnamed and 其他. Who has
// as many as the third is named too, up to five.
func leading(a *analytics.Answer, col int) []string {
	rows := slices.DeleteFunc(slices.Clone(a.Rows), func(r analytics.Row) bool {
		return r.Keys[0].Value == nil || r.Cells[col].Value == nil || *r.Cells[col].Value == 0 || r.Keys[0].Name == "其他"
	})
	slices.SortStableFunc(rows, func(x, y analytics.Row) int { return cmp.Compare(*y.Cells[col].Value, *x.Cells[col].Value) })
	var names []string
	for i, r := range rows {
		if i >= 5 || i >= 3 && *r.Cells[col].Value < *rows[2].Cells[col].Value {
			break
		}
		names = append(names, brief(r.Keys[0].Name))
	}
	return names
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
