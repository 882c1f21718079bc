package web

import (
	"gridstar/analytics"
	"slices"
)

// lead is the sentence at the top.
type lead struct {
	Noun, Before string
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
	for _, r := range named(a).Rows {
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
	total := base
	total.Metrics, total.Compare = []string{"received", "on_time_rate"}, analytics.Prev
	asks := []analytics.Query{total}
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
		if board.Parts != nil {
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
