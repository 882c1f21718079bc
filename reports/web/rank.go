package web

import (
	"fmt"
	"math"
	"slices"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/reports/chart"
)

// ends is how many units a ranking names at each end before it leaves out the middle.
const ends = 5

// below is the query that map and ranking share: all their metrics by the units one level down, with the period before.
func (s *Server) below(sc scene) (q analytics.Query, l catalog.Level, ok bool) {
	st, board := sc.st, sc.board
	if l, ok = st.level(); !ok {
		return q, l, false
	}
	var ids []string
	for _, charts := range [][]catalog.BoardChart{board.Map, board.Ranking} {
		for _, c := range charts {
			if st.Kind == "" || counts(s.Catalog, c.Metric) {
				ids = metrics(append(ids, c.Metric)...)
			}
		}
	}
	q = sc.base
	q.Org = st.field()
	q.Metrics, q.Dims, q.Compare = ids, []string{"org:" + l.ID}, analytics.Prev
	return q, l, len(ids) > 0
}

// chosen is the entry of a board that the address asks for, else the first.
func chosen(all []catalog.BoardChart, id string) catalog.BoardChart {
	for _, c := range all {
		if c.Metric == id {
			return c
		}
	}
	return all[0]
}

// choicesOf are the entries of a board as links; key is the parameter that chooses.
func (s *Server) choicesOf(st state, all []catalog.BoardChart, key, current string) []choice {
	var cs []choice
	for _, c := range all {
		if st.Kind != "" && !counts(s.Catalog, c.Metric) {
			continue
		}
		m, _ := s.Catalog.Metric(c.Metric) // the catalogue has checked it
		cs = append(cs, choice{m.Label, st.link("/", key, c.Metric) + "#" + key, c.Metric == current})
	}
	if len(cs) < 2 {
		return nil
	}
	return cs
}

// levelsOf are the levels that map and ranking can show.
func (s *Server) levelsOf(st state, current catalog.Level) []choice {
	var cs []choice
	for _, l := range st.lower() {
		cs = append(cs, choice{"按" + l.Label, st.link("/", "show", l.ID) + "#map", l.ID == current.ID})
	}
	if len(cs) < 2 {
		return nil
	}
	return cs
}

// named are the rows that stand for a unit.
func named(a *analytics.Answer) *analytics.Answer {
	b := *a
	b.Rows = slices.DeleteFunc(slices.Clone(a.Rows), func(r analytics.Row) bool { return r.Keys[0].Value == nil })
	return &b
}

// unitTable is an answer by units as a table, each name a way down.
func unitTable(st state, a *analytics.Answer, l catalog.Level, order []int) table {
	b := *a // what has no unit and counts nothing is no row
	b.Rows = slices.DeleteFunc(slices.Clone(a.Rows), func(r analytics.Row) bool {
		return r.Keys[0].Value == nil && !slices.ContainsFunc(r.Cells, func(c analytics.Cell) bool { return c.Value != nil && *c.Value != 0 || c.N > 0 })
	})
	a = &b
	t := tableOf(a, l.Label, nil, func(metric string, r analytics.Row) string {
		if r.Keys[0].Value == nil {
			return st.above().rows(metric, "none", l.ID)
		}
		return st.at(fmt.Sprint(r.Keys[0].Value)).rows(metric)
	})
	for i, r := range a.Rows {
		switch {
		case r.Keys[0].Value == nil:
			t.Rows[i].Cells[0] = "未确定" + l.Label
		default:
			t.Rows[i].URL = st.at(fmt.Sprint(r.Keys[0].Value)).link("/")
			if r.Keys[0].Upper != "" {
				t.Rows[i].Cells[0] += "（" + r.Keys[0].Upper + "）"
			}
		}
	}
	if order != nil {
		rows := make([]line, len(order))
		for i, j := range order {
			rows[i] = t.Rows[j]
		}
		t.Rows = rows
	}
	return t
}

// rankOf orders the units one level down: the first five and those that need attention, all of them in the table.
func (s *Server) rankOf(to **figure, sc scene) exhibit {
	st, board := sc.st, sc.board
	q, l, ok := s.below(sc)
	if !ok || len(board.Ranking) == 0 {
		return exhibit{}
	}
	return exhibit{asks: []analytics.Query{q}, show: func(as []*analytics.Answer) error {
		a := named(as[0])
		spec := chosen(board.Ranking, st.Rank)
		col := column(a, spec.Metric)
		if col < 0 {
			return nil
		}
		m := a.Columns[col].Metric
		ranked := analytics.Rank(a, col)
		var d chart.RankingData
		placed := 0
		for _, r := range ranked {
			if r.Place > 0 {
				placed++
			}
		}
		scope := "按" + l.Label
		if m.MinN > 0 {
			scope += fmt.Sprintf("・样本≥%d", m.MinN)
		}
		scope += "・同分同名次"
		f := s.figure("ranking", m.Label+"排名", m.Unit, scope, st, a)
		all := points(a, col)
		f.reserved(all)
		order := make([]int, 0, len(ranked))
		// Green says that a value is good: first among the bad is not.
		short := func(p chart.Point) bool {
			limit := spec.Target
			if limit == nil {
				limit = spec.Floor
			}
			return limit != nil && beyond(m, *limit, *p.Value)
		}
		for i, r := range ranked {
			order = append(order, r.Row)
			p := all[r.Row]
			switch {
			case r.Place == 0:
				d.Unrated = append(d.Unrated, p)
			case placed <= 2*ends && spec.Floor != nil && beyond(m, *spec.Floor, *p.Value):
				d.Watch = append(d.Watch, p)
			case placed <= 2*ends && i < (placed+1)/2 && i < ends && !short(p):
				d.Top = append(d.Top, p)
			case placed <= 2*ends:
				d.Middle = append(d.Middle, p)
			case i < ends && !short(p):
				d.Top = append(d.Top, p)
			case i < ends:
				d.Middle = append(d.Middle, p)
			case i >= placed-ends:
				d.Watch = append(d.Watch, p)
			default:
				d.Omitted++
			}
		}
		if spec.Target != nil {
			d.Target = &chart.Mark{Value: *spec.Target, Text: "目标 " + trim(*spec.Target)}
		}
		f.Basis = f.Basis[col : col+1]
		if placed == 0 {
			f.Blank = "期内没有可以排名的" + l.Label + "（" + string(ranked[0].Note) + "），各单位情况见下表。"
		} else {
			if more := len(d.Unrated) - ends; more > 0 {
				d.Unrated = d.Unrated[:ends]
				f.Note += fmt.Sprintf("另有 %d 个没有名次，原因见表格。", more)
			}
			f.draw(chart.Ranking(s.head(st, f.Title, m.Unit, scope, a), sc.frame, d))
		}
		f.Class = "tall"
		f.Drill = st.at("").link("/", "org", "CODE", "show", "")
		f.Choices = s.choicesOf(st, board.Ranking, "rank", spec.Metric)
		f.Table = unitTable(st, only(a, col), l, order)
		f.Table.Head = append([]string{"名次"}, f.Table.Head...)
		f.Table.Num = append([]bool{true}, f.Table.Num...)
		for i, r := range ranked {
			place := "—"
			if r.Place > 0 {
				place = count(r.Place)
			}
			f.Table.Rows[i] = f.Table.Rows[i].behind(place)
		}
		if placed > 2*ends {
			f.Note += fmt.Sprintf("图中为前%s和后%s，全部 %d 个见表格。", han(ends), han(ends), len(ranked))
			if last := ranked[ends-1].Place; ranked[ends].Place == last {
				tied := 0
				for _, r := range ranked {
					if r.Place == last {
						tied++
					}
				}
				f.Note += fmt.Sprintf("并列第 %d 名的有 %d 个。", last, tied)
			}
		}
		*to = f
		return nil
	}}
}

// beyond says whether a value lies on the wrong side of a board's floor. What is compared is the value as published,
// so that a unit shown with 85.0 is not below 85.
func beyond(m *catalog.Metric, floor, v float64) bool {
	places, _ := m.Decimals()
	unit := math.Pow(10, float64(places))
	v = math.Round(v*unit) / unit
	if m.Better == "down" {
		return v > floor
	}
	return v < floor
}

// only is an answer with some of its columns, each once.
func only(a *analytics.Answer, cols ...int) *analytics.Answer {
	b := *a
	b.Columns, b.Rows = nil, make([]analytics.Row, len(a.Rows))
	for i, r := range a.Rows {
		b.Rows[i].Keys = r.Keys
	}
	for n, col := range cols {
		if slices.Contains(cols[:n], col) {
			continue
		}
		b.Columns = append(b.Columns, a.Columns[col])
		for i, r := range a.Rows {
			b.Rows[i].Cells = append(b.Rows[i].Cells, r.Cells[col])
		}
	}
	return &b
}

func han(n int) string { return string([]rune("零一二三四五六七八九十")[n]) }
