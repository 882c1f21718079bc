package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/reports/chart"
)

// manyParts is how many values of a dimension a chart names; the table names all.
const manyParts = 14

// partsOf divides the count of a board by a dimension of codes.
func (s *Server) partsOf(to **figure, sc scene) exhibit {
	st, board, base := sc.st, sc.board, sc.base
	spec := board.Parts
	if spec == nil || st.Kind != "" && !counts(s.Catalog, spec.Metric) {
		return exhibit{}
	}
	q := partsQuery(spec, base)
	return exhibit{asks: []analytics.Query{q}, show: func(as []*analytics.Answer) error {
		a := as[0]
		m := a.Columns[0].Metric
		f := s.figure("parts", spec.Label, m.Unit, st.Period.Label(), st, a)
		ps := points(a, 0)
		for i := range ps {
			if ps[i].Label == "" {
				ps[i].Label = "未填写"
			}
			if c := analytics.PublishedChange(m, a.Rows[i].Cells[0]); c.Note == analytics.NoNote {
				ps[i].Detail = "环比 " + signed(c)
			}
		}
		f.reserved(ps)
		ps = slices.DeleteFunc(ps, func(p chart.Point) bool { return p.Value != nil && *p.Value == 0 }) // only in the table
		if len(ps) == 0 {
			f.Blank = "期内没有事项。"
			*to = f
			return nil
		}
		slices.SortStableFunc(ps, func(x, y chart.Point) int { return cmp.Compare(number(y), number(x)) })
		if more := len(ps) - manyParts; more > 0 {
			ps = ps[:manyParts]
			f.Note += fmt.Sprintf("图中为最多的 %d 类，另有 %d 类见表格。", manyParts, more)
		}
		f.draw(chart.Categories(s.head(st, spec.Label, m.Unit, "", a), sc.frame, ps))
		f.Table = tableOf(a, a.Dims[0].Label, nil, func(metric string, r analytics.Row) string {
			return st.narrowed(metric, a.Dims, r.Keys)
		})
		*to = f
		return nil
	}}
}

// partsQuery is asked by the chart and by the sentence.
func partsQuery(spec *catalog.BoardParts, base analytics.Query) analytics.Query {
	base.Metrics, base.Dims, base.Compare = []string{spec.Metric}, []string{spec.Dim}, analytics.Prev
	return base
}

// funnelOf shows how much of a cohort came how far.
func (s *Server) funnelOf(to **figure, sc scene) exhibit {
	st, board, base := sc.st, sc.board, sc.base
	spec := board.Funnel
	if spec == nil || len(spec.Metrics) == 0 {
		return exhibit{}
	}
	if !counts(s.Catalog, spec.Metrics[0]) {
		base.Where = nil // it has kinds of its own
	}
	base.Metrics = spec.Metrics
	return exhibit{asks: []analytics.Query{base}, show: func(as []*analytics.Answer) error {
		a := as[0]
		m, whole := a.Columns[0].Metric, a.Rows[0].Cells[0]
		f := s.figure("funnel", spec.Label, m.Unit, st.Period.Label(), st, a)
		*to = f
		switch {
		case whole.Value == nil:
			f.Blank = "期内没有报送相关台账（" + string(whole.Note) + "）。"
			return nil
		case *whole.Value == 0:
			f.Blank = "期内没有这类事项。"
			return nil
		}
		f.Table = table{Head: []string{"环节", m.Unit + "数", "占" + m.Label}, Num: []bool{false, true, true}}
		var stages []chart.Point
		for i, c := range a.Columns {
			cell := a.Rows[0].Cells[i]
			p := point(c.Metric, analytics.Key{Name: c.Label}, cell)
			share := analytics.PublishedShare(cell, whole)
			if i > 0 {
				p.Detail = share
			}
			stages = append(stages, p)
			f.Table.Rows = append(f.Table.Rows, line{
				Cells: []string{c.Label, analytics.Published(c.Metric, cell), share},
				URL:   st.rows(c.ID, "kind", ""),
			})
		}
		f.draw(chart.Funnel(s.head(st, spec.Label, m.Unit, "", a), sc.frame, stages))
		return nil
	}}
}

// number is a point's value; one without comes after all others.
func number(p chart.Point) float64 {
	if p.Value == nil {
		return math.Inf(-1)
	}
	return *p.Value
}
