package stars

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// window is a period that some indicators are counted over, and what it divides by (Indicator.Per).
type window struct {
	per     string
	to      time.Time
	periods int64 // 0: none has ended

	ids   []string // metrics asked, each once
	cells map[string][]analytics.Cell
}

// asker asks for all that a rulebook counts, with one query for each window.
type asker struct {
	cat     *catalog.Catalog
	cycle   Cycle
	now     time.Time
	level   string
	windows []*window
}

// ask answers for every unit of the level. The scope is everything: a unit's score is the same whoever looks at it, and
// whose scores a reader is told is decided by his tree (Score).
func (a *asker) ask(ctx context.Context, v *warehouse.View, rules *catalog.Rulebook) error {
	for _, rule := range rules.Indicators {
		if rule.Metric == "" {
			continue
		}
		w := a.window(rule.Per)
		w.add(a.leaves(rule.Metric)...)
		for _, id := range rule.Requires {
			w.add(id)
		}
	}
	scope := units.Everything()
	scope.Care = units.Reach{All: true} // a score is made of whatever there is
	for _, w := range a.windows {
		w.cells = map[string][]analytics.Cell{}
		if w.periods == 0 {
			continue
		}
		answer, err := analytics.Run(ctx, v, a.cat, analytics.Query{
			Metrics: w.ids, Dims: []string{"org:" + a.level}, From: a.cycle.From, To: w.to, Now: a.now, Scope: scope,
		})
		if err != nil {
			return err
		}
		for _, row := range answer.Rows {
			if code, ok := row.Keys[0].Value.(string); ok {
				w.cells[code] = row.Cells
			}
		}
	}
	return nil
}

func (a *asker) window(per string) *window {
	for _, w := range a.windows {
		if w.per == per {
			return w
		}
	}
	w := &window{per: per}
	w.to, w.periods = a.cycle.ended(per, a.now)
	a.windows = append(a.windows, w)
	return w
}

func (w *window) add(ids ...string) {
	for _, id := range ids {
		if !slices.Contains(w.ids, id) {
			w.ids = append(w.ids, id)
		}
	}
}

func (a *asker) metric(id string) *catalog.Metric {
	m, _ := a.cat.Metric(id) // the catalogue has checked that it exists
	return m
}

// leaves are the metrics whose own n and d a metric is worked out from.
func (a *asker) leaves(id string) []string {
	m := a.metric(id)
	switch m.Type {
	case catalog.Cross:
		return []string{m.Numerator, m.Denominator}
	case catalog.Weighted:
		var all []string
		for _, p := range m.Parts {
			all = append(all, a.leaves(p.Metric)...)
		}
		return all
	}
	return []string{id}
}

// count is what a rule counts for one unit.
func (a *asker) count(rule *catalog.Indicator, unit string) Count {
	if rule.Metric == "" {
		return Count{}
	}
	w := a.window(rule.Per)
	if w.periods == 0 { // nothing can be counted yet, and nothing is owed
		return Count{Covered: 1, Words: map[string]string{"month": "还没有结束的月份", "quarter": "还没有结束的季度"}[rule.Per]}
	}
	at := func(id string) analytics.Cell {
		cells := w.cells[unit]
		if cells == nil {
			return analytics.Cell{Note: analytics.NoData}
		}
		return cells[slices.Index(w.ids, id)]
	}
	c := a.work(a.metric(rule.Metric), at)
	if w.periods > 1 && c.Value != nil {
		c.Value = new(big.Rat).Quo(c.Value, big.NewRat(w.periods, 1))
		c.Words = fmt.Sprintf("%s÷%d%s", c.Words, w.periods, map[string]string{"month": "个月", "quarter": "个季度"}[rule.Per])
	}
	for _, id := range rule.Requires {
		if at(id).Note == analytics.NoData {
			c.Missing = true
		}
	}
	if c.Value != nil && c.D != nil && rule.Unit == "%" && c.Value.Cmp(big.NewRat(100, 1)) > 0 {
		c.Doubt = "分子大于分母，请核对台账和登记数"
	}
	return c
}

// work applies a metric's formula to the cells of its leaves, in fractions.
func (a *asker) work(m *catalog.Metric, at func(id string) analytics.Cell) Count {
	switch m.Type {
	case catalog.Cross:
		return a.cross(m, at)
	case catalog.Weighted:
		return a.weighted(m, at)
	}
	cell := at(m.ID)
	c := Count{N: counted(cell.N), Covered: cell.Covered, Missing: cell.Covered < a.cat.Site.MinCovered}
	switch {
	case m.Rate():
		c.D = counted(cell.D)
		c.Sample = c.D
		c.divide(m)
	case m.Type == catalog.Quantile:
		c.Sample = c.N
		if cell.Value != nil {
			c.Value = counted(*cell.Value)
			c.Words = grouped(c.N) + "件"
		}
	case a.standing(m):
		c.Missing = cell.Note == analytics.NoData
		c.Value, c.Words = c.N, grouped(c.N)
	default:
		c.Value, c.Words = c.N, grouped(c.N)
	}
	return c
}

// cross divides one metric by another. The denominator must have been delivered. What stands (a register, the last
// reading) needs no days of coverage; what happens does.
func (a *asker) cross(m *catalog.Metric, at func(id string) analytics.Cell) Count {
	num, den := a.work(a.metric(m.Numerator), at), a.work(a.metric(m.Denominator), at)
	c := Count{N: num.N, D: den.N, Sample: den.N, Covered: 1, Missing: den.Missing}
	if den.Missing {
		c.Covered = 0
	}
	if !a.standing(a.metric(m.Numerator)) {
		c.Covered = min(c.Covered, num.Covered)
		c.Missing = c.Missing || num.Missing
	}
	c.divide(m)
	return c
}

// divide sets the value n ÷ d × factor, if there is something to divide by.
func (c *Count) divide(m *catalog.Metric) {
	c.Words = grouped(c.N) + "/" + grouped(c.D)
	if c.D.Sign() <= 0 {
		return
	}
	c.Value = new(big.Rat).Quo(c.N, c.D)
	c.Value.Mul(c.Value, exact(m.Factor))
	if m.Unit != "%" && m.Factor != 1 {
		c.Words += "×" + plainText(exact(m.Factor), 4)
	}
}

// standing says whether a metric reads what stands at a point of time, not what happens over days.
func (a *asker) standing(m *catalog.Metric) bool {
	if m.Type == catalog.Stock {
		return true
	}
	measure, _ := a.cat.Measure(m.Measure)
	return m.Type == catalog.Count && m.Shape == catalog.ShapeFigure && measure.Time == catalog.OverLast
}

// weighted adds up rates by their weights. It has a value only where all parts have one. As in an Answer, d is the
// smallest sample and n = Σ weight × n × d ÷ its own d.
func (a *asker) weighted(m *catalog.Metric, at func(id string) analytics.Cell) Count {
	c := Count{Covered: 1, Value: new(big.Rat), N: new(big.Rat)}
	var words []string
	for _, p := range m.Parts {
		of := a.metric(p.Metric)
		x := a.work(of, at)
		weight := exact(p.Weight)
		c.Parts = append(c.Parts, Part{Metric: of, Weight: weight, N: x.N, D: x.D, Value: x.Value, Covered: x.Covered})
		c.Covered = min(c.Covered, x.Covered)
		c.Missing = c.Missing || x.Missing
		if c.D == nil || x.D.Cmp(c.D) < 0 {
			c.D, c.Sample = x.D, x.Sample
		}
		if x.Value == nil {
			c.Value = nil
			words = append(words, of.Label+"没有可计的数")
			continue
		}
		if c.Value != nil {
			c.Value.Add(c.Value, new(big.Rat).Mul(weight, x.Value))
		}
		words = append(words, fmt.Sprintf("%s×%s%s", plainText(weight, 4), of.Label, fixed(x.Value, 2)))
	}
	for _, p := range c.Parts {
		if p.D.Sign() > 0 {
			n := new(big.Rat).Quo(p.N, p.D)
			c.N.Add(c.N, n.Mul(n, p.Weight).Mul(n, c.D))
		}
	}
	c.Words = strings.Join(words, "+")
	if c.Value == nil {
		c.Words = strings.Join(words, "，")
	}
	return c
}

// grouped writes a count with commas: 2,610.
func grouped(x *big.Rat) string {
	text := plainText(x, 2)
	whole, fraction, _ := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}
