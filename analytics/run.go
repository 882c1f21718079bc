package analytics

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// Run answers a query on one snapshot of the warehouse. Rows come in official order: by the dimensions in the order
// asked, units depth first by sort, times and codes in their order, rows without a value last.
//
// A mistake in the query is an *Error that wraps one of the sentinels; a unit outside the scope is answered like
// one that does not exist.
func Run(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q Query) (*Answer, error) {
	p, err := newPlan(cat, q)
	if errors.Is(err, ErrUnknownMetric) {
		return nil, figureMeant(ctx, v, cat, q, err)
	}
	if err != nil {
		return nil, err
	}
	if n := p.AsOf; n != nil && (*n < 0 || *n > v.Version()) {
		return nil, failf(ErrVersion, "数据版本 %d 还不存在，最新版本是 %d", *n, v.Version())
	}
	if err := p.checkUnit(ctx, v); err != nil {
		return nil, err
	}
	a := p.answer(v)
	st := p.build()
	a.Rows, err = warehouse.Rows(ctx, v, p.scanRow(), st.SQL, st.Args...)
	if err != nil {
		return nil, &engineError{err}
	}
	if len(a.Rows) > MaxRows {
		return nil, failf(ErrTooLarge, "结果超过 %d 行，请缩短期间、减少维度或指定单位", MaxRows)
	}
	if a.Notes, err = p.neverSeen(ctx, v); err != nil {
		return nil, err
	}
	if err := p.tellApart(ctx, v, a); err != nil {
		return nil, err
	}
	return a, nil
}

// checkUnit refuses a unit that does not exist, is not of the filter's level, or is out of the scope.
func (p *plan) checkUnit(ctx context.Context, v *warehouse.View) error {
	if len(p.within) == 0 {
		return nil
	}
	code, level := p.within[0], ""
	for _, f := range p.Where {
		if d, err := parseDim(p.cat, f.Dim); err == nil && d.class == orgDim {
			level = d.from
		}
	}
	b := &builder{plan: p, bound: map[any]string{}}
	reach := ""
	if !p.Scope.All {
		reach = " AND p.ancestor IN (" + b.bindAll(p.Scope.Units) + ")"
	}
	atLevel := b.bind(level) + " IN ('', u.level)"
	known, err := warehouse.Rows(ctx, v, func(rows *sql.Rows) (n name, err error) {
		err = rows.Scan(&n.id, &n.label)
		return n, err
	}, `WITH org_unit AS (`+p.unitSQL()+`), unit_path AS (`+p.pathSQL()+`)
SELECT u.code, u.name FROM org_unit u JOIN unit_path p ON p.code = u.code`+reach+
		` WHERE `+atLevel+` GROUP BY u.code, u.name, u.position ORDER BY u.position`, b.args...)
	if err != nil {
		return &engineError{err}
	}
	for _, n := range known {
		if n.id == code {
			return nil
		}
	}
	return failf(ErrUnknownUnit, "没有编码为“%s”的单位%s", code, suggest(code, known))
}

func (p *plan) answer(v *warehouse.View) *Answer {
	a := &Answer{
		From: p.From, To: p.To, PrevFrom: p.prevFrom, PrevTo: p.prevTo, Compare: p.Compare, Now: p.Now,
		PrevCut: p.Compare != NoCompare && p.elapsed(p.From, p.To).Before(p.To),
		Version: v.Version(), Catalog: p.cat.Hash(),
	}
	if p.AsOf != nil {
		a.Version = *p.AsOf
	}
	for _, d := range p.dims {
		a.Dims = append(a.Dims, Dim{Name: d.name, Label: d.label, Unit: d.class == orgDim})
	}
	for _, m := range p.metrics {
		a.Columns = append(a.Columns, Column{m})
	}
	return a
}

// scanRow reads one row of the statement; see build for its columns.
func (p *plan) scanRow() func(*sql.Rows) (Row, error) {
	periods := 1
	if p.Compare != NoCompare {
		periods = 2
	}
	texts := make([]sql.NullString, 2*len(p.dims))
	var run int
	timeKeys := map[int][]any{}
	for _, b := range p.buckets {
		for i, d := range p.times {
			if len(timeKeys[b.run]) < len(p.times) {
				timeKeys[b.run] = append(timeKeys[b.run], keyText(d.name, b.keys[i]))
			}
		}
	}
	ints := make([]int64, len(p.dims))
	numbers := make([]struct {
		n, m, c sql.NullFloat64
		r, x    sql.NullInt64
	}, periods*len(p.leaves))
	var into []any
	for i, d := range p.dims {
		switch d.class {
		case orgDim:
			into = append(into, &texts[2*i], &texts[2*i+1])
		case timeDim:
			into = append(into, &run)
		case partDim:
			into = append(into, &ints[i])
		default:
			into = append(into, &texts[2*i])
		}
	}
	for i := range numbers {
		n := &numbers[i]
		into = append(into, &n.n, &n.m, &n.r, &n.x, &n.c)
	}
	get := func(period int) func(id string) counted {
		return func(id string) counted {
			n := numbers[period*len(p.leaves)+p.leaf(id).i]
			return counted{
				n: n.n.Float64, m: n.m.Float64, given: n.n.Valid, rows: n.r.Int64, flagged: n.x.Int64, covered: n.c.Float64,
			}
		}
	}
	return func(rows *sql.Rows) (Row, error) {
		if err := rows.Scan(into...); err != nil {
			return Row{}, err
		}
		row := Row{Keys: make([]Key, len(p.dims)), Cells: make([]Cell, len(p.metrics))}
		for i, d := range p.dims {
			switch d.class {
			case orgDim:
				row.Keys[i] = key(texts[2*i], texts[2*i+1].String)
			case timeDim:
				row.Keys[i].Value = timeKeys[run][slices.IndexFunc(p.times, func(o dim) bool { return o.name == d.name })]
			case partDim:
				row.Keys[i].Value = int(ints[i])
			default:
				row.Keys[i] = key(texts[2*i], d.list.LabelOf(texts[2*i].String))
			}
		}
		for i, m := range p.metrics {
			now := p.evaluate(m, get(0))
			var prev *value
			if periods == 2 {
				v := p.evaluate(m, get(1))
				prev = &v
			}
			row.Cells[i] = cell(m, now, prev)
		}
		return row, nil
	}
}

func key(code sql.NullString, name string) Key {
	if !code.Valid {
		return Key{}
	}
	return Key{Value: code.String, Name: name}
}
