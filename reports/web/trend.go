package web

import (
	"fmt"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/reports/chart"
)

// point is a cell as charts take it.
func point(m *catalog.Metric, k analytics.Key, c analytics.Cell) chart.Point {
	p := chart.Point{Label: k.Name, Value: c.Value, Text: analytics.Published(m, c), Note: string(c.Note), Detail: analytics.PublishedBase(m, c)}
	if k.Upper != "" {
		p.Label = k.Upper + p.Label
	}
	if code, ok := k.Value.(string); ok {
		p.Code = code
		if p.Label == "" {
			p.Label = code
		}
	}
	if c.Value != nil {
		p.Text += suffix(m)
		if c.Covered < 1 {
			p.Note = partly
		}
	}
	return p
}

// suffix is the unit where it stands right behind each number.
func suffix(m *catalog.Metric) string {
	if m.Unit == "%" {
		return "%"
	}
	return ""
}

// partly is the reservation about a number that rests on some of its days only.
const partly = "部分覆盖"

// points are a column of an answer.
func points(a *analytics.Answer, col int) []chart.Point {
	all := make([]chart.Point, len(a.Rows))
	for i, r := range a.Rows {
		all[i] = point(a.Columns[col].Metric, r.Keys[0], r.Cells[col])
	}
	return all
}

// reserved takes a reservation that all numbers share from the points to the note of their figure: said once, it is
// read; said at every bar, it only makes all of them pale.
func (f *figure) reserved(ps []chart.Point) {
	values := 0
	for _, p := range ps {
		if p.Value != nil {
			values++
			if p.Note != partly {
				return
			}
		}
	}
	if values == 0 {
		return
	}
	for i := range ps {
		if ps[i].Value != nil {
			ps[i].Note = ""
		}
	}
	f.Note += "期内有的日期尚未报送，数字为部分覆盖。"
}

// buckets are the time keys of an answer as an axis shows them.
func buckets(a *analytics.Answer) (ticks, names []string) {
	keys := make([]string, len(a.Rows))
	for i, r := range a.Rows {
		keys[i] = fmt.Sprint(r.Keys[0].Value)
	}
	return chart.Ticks(a.Dims[0].Name, keys)
}

func sparkOf(h chart.Head, a *analytics.Answer, col int) chart.Option {
	_, names := buckets(a)
	ps := points(a, col)
	for i := range ps {
		ps[i].Label = names[i]
	}
	return chart.Spark(h, chart.Card, ps)
}

// windowQuery asks how the counts of the trend and the lines on the cards developed up to the period; sparks says whether
// there are such lines.
func (s *Server) windowQuery(sc scene) (q analytics.Query, sparks bool) {
	q = sc.base
	var step string
	q.From, q.To, step, _ = sc.st.Period.Window()
	q.Dims = []string{step}
	if t := sc.board.Trend; t != nil {
		q.Metrics = metrics(t.Bars, t.Line)
	}
	for _, c := range sc.board.Cards {
		if c.Spark && (sc.st.Kind == "" || counts(s.Catalog, c.Metric)) {
			q.Metrics, sparks = metrics(append(q.Metrics, c.Metric)...), true
		}
	}
	return q, sparks
}

// trendOf shows how two counts developed up to the period.
func (s *Server) trendOf(to **figure, sc scene) exhibit {
	st, t := sc.st, sc.board.Trend
	if t == nil {
		return exhibit{}
	}
	q, _ := s.windowQuery(sc)
	step := q.Dims[0]
	_, _, _, label := st.Period.Window()
	return exhibit{asks: []analytics.Query{q}, show: func(as []*analytics.Answer) error {
		a := only(as[0], column(as[0], t.Bars), column(as[0], t.Line))
		m := a.Columns[0].Metric
		f := s.figure("trend", t.Label, m.Unit, label, st, a)
		var d chart.TrendData
		d.Ticks, d.Names = buckets(a)
		for i, c := range a.Columns {
			d.Series = append(d.Series, chart.Series{Name: c.Label, Shape: []chart.Shape{chart.Bars, chart.Line}[min(i, 1)], Points: points(a, i)})
		}
		if st.Period.Per == perRange && len(a.Rows) > 1 { // its first and last steps may be cut
			cut := func(i int, words string) {
				d.Names[i] += "（" + words + "）"
				for _, series := range d.Series {
					series.Points[i].Note = words
				}
			}
			first, _ := parseAt(fmt.Sprint(a.Rows[0].Keys[0].Value))
			if q.From.After(periodOf(step, first, st.Period.week).From) {
				cut(0, q.From.Format("1月2日")+"起")
			}
			last, _ := parseAt(fmt.Sprint(a.Rows[len(a.Rows)-1].Keys[0].Value))
			if q.To.Before(periodOf(step, last, st.Period.week).To) {
				cut(len(a.Rows)-1, "至"+q.To.AddDate(0, 0, -1).Format("1月2日"))
			}
		}
		f.draw(chart.Trend(s.head(st, t.Label, m.Unit, label, a), sc.frame, d))
		f.Table = tableOf(a, a.Dims[0].Label, d.Names, func(metric string, r analytics.Row) string {
			day, _ := parseAt(fmt.Sprint(r.Keys[0].Value))
			p := periodOf(step, day, st.Period.week)
			if st.Period.Per == perRange { // its first and last steps may be cut
				p = Period{Per: perRange, From: later(p.From, q.From), To: earlier(p.To, q.To), week: p.week}
			}
			return st.during(p).rows(metric)
		})
		*to = f
		return nil
	}}
}

// figure is a chart card with what all have in common.
func (s *Server) figure(name, title, unit, scope string, st state, a *analytics.Answer) *figure {
	f := &figure{Name: name, Title: title, Unit: unit, Scope: scope}
	f.Picture = st.file("/files/picture/"+name, st.values())
	f.CSV = st.file("/files/chart/"+name, st.values())
	for _, c := range a.Columns {
		f.Basis = append(f.Basis, s.basis(c.Metric, "各行的分子、分母见表格", a))
	}
	return f
}

// baseHead is the head of the column that says what a quotient rests on.
const baseHead = "分子／分母"

// tableOf is an answer of one dimension as a table: names, then a column per metric and, with a comparison, its change.
// open gives the address of the rows behind a metric's number in a row of the answer.
func tableOf(a *analytics.Answer, label string, names []string, open func(metric string, r analytics.Row) string) table {
	t := table{Head: []string{label}, Num: []bool{false}}
	add := func(head string) { t.Head, t.Num = append(t.Head, head), append(t.Num, true) }
	for _, c := range a.Columns {
		add(labelled(c.Metric))
		if c.Rate() || c.Type == catalog.Cross {
			add(baseHead)
		}
		if a.Compare == analytics.Prev {
			add("较上期")
		}
	}
	for i, r := range a.Rows {
		name := r.Keys[0].Name
		if names != nil {
			name = names[i]
		}
		if name == "" {
			name = "未填写"
		}
		l := line{Cells: []string{name}, Links: map[int]string{}}
		for j, c := range a.Columns {
			if r.Cells[j].Value != nil {
				l.Links[len(l.Cells)] = open(c.ID, r)
			}
			l.Cells = append(l.Cells, analytics.Published(c.Metric, r.Cells[j]))
			if c.Rate() || c.Type == catalog.Cross {
				l.Cells = append(l.Cells, analytics.PublishedBase(c.Metric, r.Cells[j]))
			}
			if a.Compare == analytics.Prev {
				l.Cells = append(l.Cells, signed(analytics.PublishedChange(c.Metric, r.Cells[j])))
			}
		}
		t.Rows = append(t.Rows, l)
	}
	return t
}

// labelled is a metric's label with its unit.
func labelled(m *catalog.Metric) string {
	if m.Unit == "" {
		return m.Label
	}
	return m.Label + "（" + m.Unit + "）"
}

// signed is a change with its direction.
func signed(c analytics.Change) string {
	switch {
	case c.Sign > 0 && c.Text != string(analytics.NewlyArisen):
		return "+" + c.Text
	case c.Sign < 0:
		return "−" + c.Text
	}
	return c.Text
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
