package catalog

import (
	"strings"
)

// Expr is a checked expression of a metric. Its SQL is written from the syntax tree, in the common subset of the
// DuckDB and Trino dialects; the text it was parsed from is not used again.
type Expr struct {
	root node
}

// SQL writes the expression. now replaces $now. only, if not empty, is a condition that every aggregate must hold
// besides its own filter: that is how the rows a metric is about are kept apart inside one scan. A nil expression
// is "NULL".
func (e *Expr) SQL(now, only string) string {
	if e == nil {
		return "NULL"
	}
	w := writer{now: now, only: only}
	e.root.write(&w)
	return w.String()
}

type writer struct {
	strings.Builder
	now, only string
}

func (w *writer) text(parts ...string) {
	for _, p := range parts {
		w.WriteString(p)
	}
}

func (w *writer) list(nodes []node) {
	for i, n := range nodes {
		if i > 0 {
			w.text(", ")
		}
		n.write(w)
	}
}

// additive says whether the values of parts add up to the value of the whole: counts and sums, their sums and
// differences, and multiples by a number.
func additive(n node) bool {
	switch n := n.(type) {
	case aggregateNode:
		return !n.distinct && (n.name == "count" || n.name == "sum")
	case unaryNode:
		return n.op == "-" && additive(n.x)
	case binaryNode:
		_, left := n.l.(numberNode)
		_, right := n.r.(numberNode)
		switch n.op {
		case "+", "-":
			return additive(n.l) && additive(n.r)
		case "*":
			return left && additive(n.r) || right && additive(n.l)
		case "/":
			return right && additive(n.l)
		}
	}
	return false
}

type node interface{ write(w *writer) }

type (
	columnNode struct{ name string }
	numberNode struct{ text string }
	stringNode struct{ text string }
	wordNode   struct{ word string } // TRUE, FALSE, NULL
	nowNode    struct{}
	// intervalNode is a length of time, only ever the right side of + or -.
	intervalNode struct{ n, unit string }
	unaryNode    struct {
		op string // "NOT " or "-"
		x  node
	}
	binaryNode struct {
		op   string
		l, r node
	}
	isNullNode struct {
		x   node
		not bool
	}
	inNode struct {
		x    node
		list []node
		not  bool
	}
	betweenNode struct {
		x, lo, hi node
		not       bool
	}
	caseNode struct {
		when []node // condition, value, condition, value …
		els  node
	}
	callNode struct {
		name string
		args []node
	}
	aggregateNode struct {
		name     string
		distinct bool
		arg      node // nil: count(*)
		filter   node
	}
)

func (n columnNode) write(w *writer) { w.text(n.name) }
func (n numberNode) write(w *writer) { w.text(n.text) }
func (n stringNode) write(w *writer) { w.text(quote(n.text)) }
func (n wordNode) write(w *writer)   { w.text(n.word) }
func (n nowNode) write(w *writer)    { w.text(w.now) }

func (n intervalNode) write(w *writer) { w.text("INTERVAL '", n.n, "' ", n.unit) }

func (n unaryNode) write(w *writer) {
	w.text("(", n.op)
	n.x.write(w)
	w.text(")")
}

func (n binaryNode) write(w *writer) {
	w.text("(")
	n.l.write(w)
	w.text(" ", n.op, " ")
	n.r.write(w)
	w.text(")")
}

func (n isNullNode) write(w *writer) {
	w.text("(")
	n.x.write(w)
	w.text(map[bool]string{false: " IS NULL)", true: " IS NOT NULL)"}[n.not])
}

func (n inNode) write(w *writer) {
	w.text("(")
	n.x.write(w)
	w.text(map[bool]string{false: " IN (", true: " NOT IN ("}[n.not])
	w.list(n.list)
	w.text("))")
}

func (n betweenNode) write(w *writer) {
	w.text("(")
	n.x.write(w)
	w.text(map[bool]string{false: " BETWEEN ", true: " NOT BETWEEN "}[n.not])
	n.lo.write(w)
	w.text(" AND ")
	n.hi.write(w)
	w.text(")")
}

func (n caseNode) write(w *writer) {
	w.text("CASE")
	for i := 0; i < len(n.when); i += 2 {
		w.text(" WHEN ")
		n.when[i].write(w)
		w.text(" THEN ")
		n.when[i+1].write(w)
	}
	if n.els != nil {
		w.text(" ELSE ")
		n.els.write(w)
	}
	w.text(" END")
}

func (n callNode) write(w *writer) {
	w.text(n.name, "(")
	w.list(n.args)
	w.text(")")
}

func (n aggregateNode) write(w *writer) {
	w.text(n.name, "(")
	if n.distinct {
		w.text("DISTINCT ")
	}
	if n.arg == nil {
		w.text("*")
	} else {
		n.arg.write(w)
	}
	w.text(")")
	if n.filter == nil && w.only == "" {
		return
	}
	w.text(" FILTER (WHERE ")
	if w.only != "" {
		w.text(w.only)
		if n.filter != nil {
			w.text(" AND ")
		}
	}
	if n.filter != nil {
		n.filter.write(w)
	}
	w.text(")")
}

// quote writes a text literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
