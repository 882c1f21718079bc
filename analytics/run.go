package analytics

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// Run answers a query on one snapshot of the warehouse. Rows come in official order: by the dimensions in the order
// asked, units depth first by sort, times and codes in their order, rows without a value last.
//
// A mistake in the query is an *Error that wraps one of the sentinels; a unit outside the scope is answered like
// one that does not exist.
func Run(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q Query) (*Answer, error) {
	return run(ctx, v, cat, q, loadRegister)
}

func run(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q Query, load registers) (*Answer, error) {
	p, err := prepare(ctx, v, cat, q, load)
	if err != nil {
		return nil, err
	}
	a := p.answer(v)
	hidden := p.small()
	if a.Rows, err = p.rows(ctx, v); err != nil {
		return nil, err
	}
	if a.Notes, err = p.neverSeen(ctx, v); err != nil {
		return nil, err
	}
	if hidden != nil {
		if err := hidden.hide(ctx, v, a); err != nil {
			return nil, err
		}
	}
	p.tellApart(a)
	return a, nil
}

// rows runs the statement.
func (p *plan) rows(ctx context.Context, v *warehouse.View) ([]Row, error) {
	st := p.build()
	rows, err := warehouse.Rows(ctx, v, p.scanRow(), st.SQL, st.Args...)
	switch {
	case err != nil:
		return nil, &engineError{err}
	case len(rows) > MaxRows:
		return nil, failf(ErrTooLarge, "结果超过 %d 行，请缩短期间、减少维度或指定单位", MaxRows)
	}
	return rows, nil
}

// registers gives the register of a snapshot, for a data version and a civil date, as a reach sees it (loadRegister).
type registers func(ctx context.Context, v *warehouse.View, asOf *int64, on time.Time, reach units.Reach) (*register, error)

// prepare plans a query and checks what only the warehouse knows.
func prepare(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q Query, load registers) (*plan, error) {
	p, err := newPlan(cat, q)
	if errors.Is(err, ErrUnknownMetric) {
		return nil, figureMeant(ctx, v, cat, q, load, err)
	}
	if err != nil {
		return nil, err
	}
	if n := p.AsOf; n != nil && (*n < 0 || *n > v.Version()) {
		return nil, failf(ErrVersion, "数据版本 %d 还不存在，最新版本是 %d", *n, v.Version())
	}
	r, err := load(ctx, v, p.AsOf, units.Date(p.Now), p.Scope.Reach)
	if err != nil {
		return nil, err
	}
	p.stand(r)
	return p, p.checkUnit()
}

// stand puts the plan on a register.
func (p *plan) stand(r *register) { p.register, p.inside = r, p.counting(r.tree) }

// checkUnit refuses a unit that does not exist, is not of the filter's level, or is out of the scope.
func (p *plan) checkUnit() error {
	if len(p.within) == 0 {
		return nil
	}
	code, level := p.within[0], ""
	for _, f := range p.Where {
		if d, err := parseDim(p.cat, f.Dim); err == nil && d.class == orgDim {
			level = d.from
		}
	}
	var known []name
	for _, n := range p.register.tree.Nodes() {
		if level != "" && n.Level != level {
			continue
		}
		if n.Code == code {
			return nil
		}
		known = append(known, name{n.Code, n.Name})
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
	covered := newCoverage(p)
	finest := make([]int, len(p.orgs)) // the indexes of the dimensions of units, the finest level first
	for i, d := range p.finest() {
		finest[i] = slices.IndexFunc(p.dims, func(o dim) bool { return o.name == d.name })
	}
	texts := make([]sql.NullString, len(p.dims))
	var run int
	timeKeys := map[int][]any{}
	for _, b := range p.buckets {
		for i, d := range p.times {
			if len(timeKeys[b.run]) < len(p.times) {
				timeKeys[b.run] = append(timeKeys[b.run], keyText(d.name, b.keys[i]))
			}
		}
	}
	ints := make([]sql.NullInt64, len(p.dims))
	numbers := make([]struct {
		n, m sql.NullFloat64
		r, x sql.NullInt64
	}, periods*len(p.leaves))
	var into []any
	for i, d := range p.dims {
		switch d.class {
		case orgDim, partDim:
			into = append(into, &ints[i])
		case timeDim:
			into = append(into, &run)
		default:
			into = append(into, &texts[i])
		}
	}
	for i := range numbers {
		n := &numbers[i]
		into = append(into, &n.n, &n.m, &n.r, &n.x)
	}
	return func(rows *sql.Rows) (Row, error) {
		if err := rows.Scan(into...); err != nil {
			return Row{}, err
		}
		row := Row{Keys: make([]Key, len(p.dims)), Cells: make([]Cell, len(p.metrics))}
		unit, kind := 0, "" // whose coverage the cell has
		var tuple []int     // the units, for what they owe
		for _, i := range finest {
			if unit == 0 {
				unit = int(ints[i].Int64)
			}
		}
		for i, d := range p.dims {
			switch d.class {
			case orgDim:
				tuple = append(tuple, int(ints[i].Int64))
				if at := int(ints[i].Int64); at > 0 {
					n := p.register.tree.Node(at)
					row.Keys[i] = Key{Value: n.Code, Name: n.Name}
				}
			case timeDim:
				row.Keys[i].Value = timeKeys[run][slices.IndexFunc(p.times, func(o dim) bool { return o.name == d.name })]
			case partDim:
				row.Keys[i].Value = int(ints[i].Int64)
			default:
				row.Keys[i] = key(texts[i], d.list.LabelOf(texts[i].String))
				if d.col == p.kindDim {
					kind = texts[i].String
				}
			}
		}
		units := tupleKey(tuple)
		get := func(period int) func(id string) counted {
			return func(id string) counted {
				l := p.leaf(id)
				n := numbers[period*len(p.leaves)+l.i]
				c := counted{n: n.n.Float64, m: n.m.Float64, given: n.n.Valid, rows: n.r.Int64, flagged: n.x.Int64}
				if l.known != nil { // its columns are not the statement's
					c = l.known[units].counted()
				}
				if l.owes != nil {
					c.m = p.owed.of(l, units, spanKey{run, period == 1})
				}
				switch {
				case l.cover != nil:
					c.covered = covered.of(p, l, unit, kind, spanKey{run, period == 1})
				case c.given: // the register of units: covered where it has a value
					c.covered = 1
				}
				return c
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
