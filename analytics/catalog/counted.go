package catalog

import "strings"

// Which rows does an aggregate read? The answer opens a number to the rows behind it: count(*) FILTER (WHERE c) reads
// those where c holds, sum(x) those that have x.

// RowsSQL is a condition that holds for exactly the rows that an aggregate of the expression reads; "TRUE" for all.
// It may be null where it does not hold. A nil expression reads no row.
func (e *Expr) RowsSQL(now string) string {
	if e == nil {
		return "FALSE"
	}
	var some []string
	walk(e.root, func(n node) {
		a, ok := n.(aggregateNode)
		if !ok {
			return
		}
		w := writer{now: now}
		if a.filter != nil {
			a.filter.write(&w)
		}
		if a.arg != nil {
			if a.filter != nil {
				w.text(" AND ")
			}
			isNullNode{a.arg, true}.write(&w)
		}
		cond := w.String()
		if cond == "" {
			cond = "TRUE"
		}
		some = append(some, "("+cond+")")
	})
	if len(some) == 1 {
		return some[0]
	}
	return "(" + strings.Join(some, " OR ") + ")"
}

// counts says whether the expression is the number of rows that it reads.
func (e *Expr) counts() bool {
	if e == nil {
		return false
	}
	a, ok := e.root.(aggregateNode)
	return ok && a.name == "count" && !a.distinct
}

// columns names the columns that the expression reads.
func (e *Expr) columns(found map[string]bool) {
	if e == nil {
		return
	}
	walk(e.root, func(n node) {
		if c, ok := n.(columnNode); ok {
			found[c.name] = true
		}
	})
}

// walk visits a node and all below it.
func walk(n node, visit func(node)) {
	if n == nil {
		return
	}
	visit(n)
	each := func(nodes ...node) {
		for _, x := range nodes {
			walk(x, visit)
		}
	}
	switch n := n.(type) {
	case unaryNode:
		each(n.x)
	case binaryNode:
		each(n.l, n.r)
	case isNullNode:
		each(n.x)
	case inNode:
		each(n.x)
		each(n.list...)
	case betweenNode:
		each(n.x, n.lo, n.hi)
	case caseNode:
		each(n.when...)
		each(n.els)
	case callNode:
		each(n.args...)
	case aggregateNode:
		each(n.arg, n.filter)
	}
}

// The rows that the metric's aggregates read, as conditions on its shape's columns. See Expr.RowsSQL.

func (m *Metric) NumeratorRows(now string) string   { return m.numerator.RowsSQL(now) }
func (m *Metric) DenominatorRows(now string) string { return m.denominator.RowsSQL(now) }
func (m *Metric) PartialRows(now string) string     { return m.partial.RowsSQL(now) }

// CountsRows says whether one row counts as one: numerator and denominator are numbers of rows, neither sums nor
// distinct values.
func (m *Metric) CountsRows() bool {
	switch m.Type {
	case Quantile:
		return true
	case Ratio:
		return m.numerator.counts() && m.denominator.counts() && (m.partial == nil || m.partial.counts())
	case Count, Stock:
		return m.numerator.counts()
	}
	return false
}

// Reads says whether the metric's own expressions, or its basis, read a column of its shape.
func (m *Metric) Reads(column string) bool {
	found := map[string]bool{m.Basis: true}
	for _, e := range []*Expr{m.numerator, m.denominator, m.partial, m.of, m.where} {
		e.columns(found)
	}
	return found[column]
}
