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
	Alerts       []string
	Partly       bool   // some days were not delivered
	None         string // why there is nothing to say
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
