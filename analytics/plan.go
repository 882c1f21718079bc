package analytics

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/catalog"
)

// plan is a query with everything looked up: what the builder writes SQL from.
type plan struct {
	Query
	cat *catalog.Catalog

	metrics []*catalog.Metric // in the order of the columns
	leaves  []*leaf           // metrics that are read from facts, each once
	dims    []dim             // in the order asked
	orgs    []dim             // those of class orgDim
	times   []dim             // timeDim
	steps   []dim             // those of times that decide the others: a month decides its quarter and year
	parts   []dim             // partDim
	codes   []dim             // codeDim

	within   []string // units of the query's filters on org:<level>
	kinds    []string // kinds the query filters by; nil: none
	kindDim  string   // column of the dimension kind; "": not asked
	codeOnly []Filter // filters on columns of record, with known codes
	partOnly []Filter // filters on hour, weekday and flags
	unlisted []Filter // values of codeOnly that no code list has
	folds    []Fold   // with columns of record and known codes

	register *register
	inside   []bool // by position - 1: the units whose rows count

	owed *owed // nil: no leaf owes

	spans            []span
	buckets          []bucket
	prevFrom, prevTo time.Time
}

// leaf is a metric that is read from facts, not worked out from other metrics.
type leaf struct {
	metric *catalog.Metric
	i      int      // its columns are n<i>, m<i>, r<i>, x<i>, unless columns says otherwise
	kinds  []string // record: the kinds it counts
	cover  []string // subjects whose coverage counts, "record:SQ"; "activity:*" for all of a shape
	set    int      // which coverage set
	source *source  // nil: none is read

	columns [4]string // the names of n, m, r, x in its source; "" for a constant 0

	known map[string]*attributed // by tupleKey: n, where the register of units has it for every cell; then there is no source

	owes []int // the rules whose sum its m is (owed), instead of a column
}

// source is a CTE that holds columns of leaves.
type source struct {
	name string
	by   grain
	both bool // byCell: the comparison's rows are in the same CTE, marked by p
}

// grain of a source: which keys its rows have besides units.
type grain int

const (
	byCell grain = iota // time keys, hour, weekday and codes; a second CTE for the comparison
	byRun               // run and p (0 the period, 1 the comparison)
	byUnit              // nothing: the same at any time
)

func newPlan(cat *catalog.Catalog, q Query) (*plan, error) {
	p := &plan{Query: q, cat: cat}
	if len(q.Metrics) == 0 {
		return nil, failf(ErrUnknownMetric, "请至少给出一个指标")
	}
	if q.Scope.Empty() {
		return nil, failf(ErrScope, "没有查看数据的权限，请联系管理员授权")
	}
	var err error
	if p.dims, err = parseDims(cat, q.Dims); err != nil {
		return nil, err
	}
	p.orgs, p.times, p.parts, p.codes = of(p.dims, orgDim), of(p.dims, timeDim), of(p.dims, partDim), of(p.dims, codeDim)
	p.steps = slices.DeleteFunc(slices.Clone(p.times), func(d dim) bool {
		return slices.ContainsFunc(p.times, func(o dim) bool { return slices.Contains(decides[o.name], d.name) })
	})
	if err := p.fold(); err != nil {
		return nil, err
	}
	for _, d := range p.codes {
		if d.name == "kind" && !p.folded(d) {
			p.kindDim = d.col
		}
	}
	if err := p.checkPeriod(); err != nil {
		return nil, err
	}
	if err := p.filters(); err != nil {
		return nil, err
	}
	for i, id := range q.Metrics {
		if slices.Contains(q.Metrics[:i], id) {
			return nil, failf(ErrUnknownMetric, "指标“%s”重复", id)
		}
		m, ok := cat.Metric(id)
		if !ok {
			return nil, failf(ErrUnknownMetric, "没有名为“%s”的指标%s", id, suggest(id, metricNames(cat)))
		}
		p.metrics = append(p.metrics, m)
		for _, m := range p.operands(m) {
			if err := p.addLeaf(m, i); err != nil {
				return nil, err
			}
		}
	}
	p.calendar()
	return p, nil
}

// decides names the time dimensions whose key follows from a finer one's.
var decides = map[string][]string{
	"day":     {"week", "month", "quarter", "year"},
	"month":   {"quarter", "year"},
	"quarter": {"year"},
}

func metricNames(cat *catalog.Catalog) []name {
	var all []name
	for _, m := range cat.Metrics() {
		all = append(all, name{m.ID, m.Label})
	}
	return all
}

// operands are the leaves a metric is worked out from.
func (p *plan) operands(m *catalog.Metric) []*catalog.Metric {
	var ids []string
	switch m.Type {
	case catalog.Cross:
		ids = []string{m.Numerator, m.Denominator}
	case catalog.Weighted:
		for _, part := range m.Parts {
			ids = append(ids, part.Metric)
		}
	default:
		return []*catalog.Metric{m}
	}
	var all []*catalog.Metric
	for _, id := range ids {
		o, _ := p.cat.Metric(id) // the catalogue has checked that they exist
		all = append(all, p.operands(o)...)
	}
	return all
}

func (p *plan) leaf(id string) *leaf {
	for _, l := range p.leaves {
		if l.metric.ID == id {
			return l
		}
	}
	return nil
}

// addLeaf checks that the metric can be divided as asked. The denominator of a cross metric need not be: received
// by category per 1,000 households divides by the households of the whole unit.
func (p *plan) addLeaf(m *catalog.Metric, asked int) error {
	top, _ := p.cat.Metric(p.Metrics[asked])
	whole := top.Type == catalog.Cross && m.ID == top.Denominator && m.ID != top.Numerator
	if err := p.divisible(m, whole); err != nil {
		return err
	}
	if p.leaf(m.ID) != nil {
		return nil
	}
	i := len(p.leaves)
	l := &leaf{metric: m, i: i, columns: [4]string{column("n", i), column("m", i), column("r", i), column("x", i)}}
	switch m.Type {
	case catalog.Due:
		for _, id := range m.Schedule {
			s, _ := p.cat.Schedule(id)
			for _, t := range s.Types {
				l.cover = append(l.cover, catalog.ShapeActivity+":"+t)
			}
		}
	case catalog.Stock:
		for _, t := range m.Types {
			l.cover = append(l.cover, catalog.ShapePlace+":"+t)
		}
	default:
		switch m.Shape {
		case catalog.ShapeFigure:
			l.cover = []string{catalog.ShapeFigure + ":" + m.Measure}
		case catalog.ShapeActivity:
			for _, t := range m.Types {
				l.cover = append(l.cover, catalog.ShapeActivity+":"+t)
			}
			if m.Types == nil {
				l.cover = []string{catalog.ShapeActivity + ":*"}
			}
		case catalog.ShapeRecord:
			l.kinds = p.kindsOf(m)
			for _, k := range l.kinds {
				l.cover = append(l.cover, catalog.ShapeRecord+":"+k)
			}
		}
	}
	p.leaves = append(p.leaves, l)
	return nil
}

// kindsOf are the kinds a record metric counts: its own, else those the query filters by, else the matters. Asking by
// kind does not widen them, so that the parts add up to the total.
func (p *plan) kindsOf(m *catalog.Metric) []string {
	kinds := m.Kinds
	switch {
	case kinds == nil && p.kinds == nil:
		return catalog.Matters
	case p.kinds == nil:
		return kinds
	case kinds == nil:
		return p.kinds
	}
	both := []string{} // not nil: perhaps none
	for _, k := range kinds {
		if slices.Contains(p.kinds, k) {
			both = append(both, k)
		}
	}
	return both
}

func (p *plan) divisible(m *catalog.Metric, whole bool) error {
	record := m.Shape == catalog.ShapeRecord
	scanned := record || m.Shape == catalog.ShapeActivity
	if whole {
		return nil
	}
	for _, d := range p.dims {
		if d.class == codeDim && !record || d.class == partDim && !scanned {
			return failf(ErrUnsupported, "指标“%s”不能按“%s”分组", m.Label, d.label)
		}
	}
	for _, f := range p.codeOnly {
		if !record {
			return failf(ErrUnsupported, "指标“%s”不能按“%s”筛选", m.Label, f.Dim)
		}
	}
	for _, f := range p.partOnly {
		if !scanned {
			return failf(ErrUnsupported, "指标“%s”不能按“%s”筛选", m.Label, f.Dim)
		}
	}
	return nil
}

// fold looks up the values that the query's folds keep.
func (p *plan) fold() error {
	for _, f := range p.Fold {
		i := slices.IndexFunc(p.codes, func(d dim) bool { return d.name == f.Dim })
		if i < 0 {
			return failf(ErrFilter, "“%s”不是本次查询的分组维度，或者不是代码类维度，不能合并其取值", f.Dim)
		}
		d := p.codes[i]
		if p.folded(d) {
			return failf(ErrFilter, "维度“%s”的合并重复", f.Dim)
		}
		known := Fold{Dim: d.from}
		for _, v := range f.Keep {
			known.Keep = append(known.Keep, v) // as it may stand in the data, even if a code list has another word for it
			if code, ok := p.cat.Lookup(d.from, v); ok && code != v {
				known.Keep = append(known.Keep, code)
			}
		}
		p.folds = append(p.folds, known)
	}
	return nil
}

// filters looks up the values of the query's filters.
func (p *plan) filters() error {
	for _, f := range p.Where {
		d, err := parseDim(p.cat, f.Dim)
		if err != nil {
			return err
		}
		if len(f.Values) == 0 {
			return failf(ErrFilter, "筛选条件“%s”没有给出取值", f.Dim)
		}
		switch d.class {
		case orgDim:
			if len(f.Values) > 1 || f.Values[0] == "" || p.Org != "" || len(p.within) > 0 {
				return failf(ErrFilter, "筛选条件“%s”只能指定一个单位，且不能与 --org 同时使用", f.Dim)
			}
			p.within = f.Values
		case timeDim:
			return failf(ErrFilter, "“%s”不能用作筛选条件，请用 --from 和 --to 给出期间", f.Dim)
		case partDim:
			lo, hi := 0, 23
			if d.name == "weekday" {
				lo, hi = 1, 7
			}
			for _, v := range f.Values {
				if n, ok := number(v); !ok || n < lo || n > hi {
					return failf(ErrFilter, "“%s”不是有效的“%s”，应为 %d 至 %d", v, d.label, lo, hi)
				}
			}
			p.partOnly = append(p.partOnly, f)
		case flagDim:
			for _, v := range f.Values {
				if _, known := flagWords[v]; !known && v != "" {
					return failf(ErrFilter, "没有数据质量标记“%s”%s", v, suggest(v, flagNames()))
				}
			}
			p.partOnly = append(p.partOnly, f)
		case codeDim:
			known := Filter{Dim: d.from}
			for _, v := range f.Values {
				code, ok := p.cat.Lookup(d.from, v)
				switch {
				case ok:
					v = code
				case d.from == catalog.ListKind && v != "":
					var kinds []name
					for _, c := range d.list.Codes {
						kinds = append(kinds, name{c.Code, c.Label})
					}
					return failf(ErrFilter, "没有名为“%s”的事项类型%s", v, suggest(v, kinds))
				}
				if !ok && v != "" {
					p.unlisted = append(p.unlisted, Filter{d.from, []string{v}})
				}
				known.Values = append(known.Values, v)
			}
			if d.from == catalog.ListKind {
				if p.kinds != nil {
					return failf(ErrFilter, "筛选条件“kind”重复，多个取值请写在一起")
				}
				p.kinds = known.Values
			}
			p.codeOnly = append(p.codeOnly, known)
		}
	}
	if p.Org != "" {
		p.within = []string{p.Org}
	}
	return nil
}

func number(s string) (int, bool) {
	n := 0
	if s == "" || len(s) > 3 {
		return 0, false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = 10*n + int(r-'0')
	}
	return n, true
}

// restricted says whether some units are out of reach or out of interest; then rows without a unit are too.
func (p *plan) restricted() bool { return !p.Scope.All || len(p.within) > 0 }

// text writes a text literal. Only texts of the catalogue and of this package are written so; what a user asks for
// is bound.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func textList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = text(v)
	}
	return strings.Join(quoted, ", ")
}

func stamp(t time.Time) string { return "TIMESTAMP '" + t.Format("2006-01-02 15:04:05.999999") + "'" }
func date(t time.Time) string  { return "DATE '" + t.Format(time.DateOnly) + "'" }

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func column(prefix string, i int) string { return fmt.Sprintf("%s%d", prefix, i) }
