package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// Kinds of expression: where it stands decides what it may hold.
const (
	aggregateExpr = iota // numerator: columns only inside aggregates
	rowExpr              // of, where: no aggregates
)

var aggregates = map[string]bool{"count": true, "sum": true, "min": true, "max": true}

// reserved words cannot be columns.
var reserved = strings.Fields("and or not is null in between case when then else end distinct filter where true false " +
	"select from with union join having group order limit exists any all cast like interval")

// groups finds the codes of a group in the code list that holds a column's values.
type groups func(column, group string) ([]string, bool)

const maxDepth = 64

// parseExpr reads an expression of a metric over the columns of a shape and demands its type. Grammar:
//
//	or      = and { OR and }                     unary = [ "-" ] primary
//	and     = not { AND not }                    primary = number | 'text' | TRUE | FALSE | NULL | $now | column
//	not     = [ NOT ] compare                            | "(" or ")" | case | call | aggregate
//	compare = add [ op add | IS [NOT] NULL | [NOT] IN "(" literal, … ")" | [NOT] BETWEEN add AND add ]
//	add     = mul { (+|-) (mul | interval) }     case = CASE WHEN or THEN or … [ ELSE or ] END
//	mul     = unary { (*|/) unary }              call = coalesce | nullif | abs | greatest | least | date_diff | in_group
//	aggregate = (count|sum|min|max) "(" [ DISTINCT ] ( "*" | or ) ")" [ FILTER "(" WHERE or ")" ]
//	interval  = INTERVAL 'whole number' (HOUR | DAY), added to or taken from a time: $now - INTERVAL '1' HOUR
//
// date_diff('second', a, b) is in seconds from a to b. in_group(column, 'name') is true for the codes of that group
// of the column's code list. There are no sub-queries, casts, comments or other parameters.
func parseExpr(src, shape string, place int, want valueType, g groups) (*Expr, error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks, columns: shapes[shape], place: place, groups: g}
	n, typ, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokEnd {
		return nil, fmt.Errorf("“%s”是多余的", t.text)
	}
	if typ != want {
		return nil, fmt.Errorf("结果应为%s，实为%s", want, typ)
	}
	if place == aggregateExpr && !p.aggregated {
		return nil, fmt.Errorf("没有汇总函数（count、sum、min、max）")
	}
	return &Expr{root: n}, nil
}

type parser struct {
	toks    []token
	i       int
	columns map[string]valueType
	groups  groups
	place   int
	depth   int

	inside     bool // inside an aggregate
	aggregated bool
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.kind != tokEnd {
		p.i++
	}
	return t
}

func (p *parser) accept(kind int, text string) bool {
	if t := p.peek(); t.kind == kind && t.text == text {
		p.i++
		return true
	}
	return false
}

func (p *parser) word(w string) bool   { return p.accept(tokWord, w) }
func (p *parser) symbol(s string) bool { return p.accept(tokSymbol, s) }

func (p *parser) expect(kind int, text string) error {
	if p.accept(kind, text) {
		return nil
	}
	if t := p.peek(); t.kind != tokEnd {
		return fmt.Errorf("“%s”处应为“%s”", t.text, text)
	}
	return fmt.Errorf("末尾缺少“%s”", text)
}

func (p *parser) or() (node, valueType, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, 0, fmt.Errorf("表达式嵌套超过 %d 层", maxDepth)
	}
	defer func() { p.depth-- }()
	return p.chain("or", "OR", func() (node, valueType, error) { return p.chain("and", "AND", p.not) })
}

func (p *parser) chain(word, op string, operand func() (node, valueType, error)) (node, valueType, error) {
	l, lt, err := operand()
	for err == nil && p.word(word) {
		var r node
		var rt valueType
		if r, rt, err = operand(); err != nil {
			break
		}
		if lt != tBool || rt != tBool {
			return nil, 0, fmt.Errorf("%s 两侧应为条件", op)
		}
		l, lt = binaryNode{op, l, r}, tBool
	}
	return l, lt, err
}

func (p *parser) not() (node, valueType, error) {
	negate := false
	for p.word("not") {
		negate = !negate
	}
	n, t, err := p.compare()
	if err != nil || !negate {
		return n, t, err
	}
	if t != tBool {
		return nil, 0, fmt.Errorf("NOT 之后应为条件")
	}
	return unaryNode{"NOT ", n}, tBool, nil
}

func (p *parser) compare() (node, valueType, error) {
	l, lt, err := p.add()
	if err != nil {
		return nil, 0, err
	}
	if t := p.peek(); t.kind == tokSymbol && slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, t.text) {
		p.next()
		r, rt, err := p.add()
		if err != nil {
			return nil, 0, err
		}
		if err := same(lt, rt); err != nil {
			return nil, 0, err
		}
		return binaryNode{t.text, l, r}, tBool, nil
	}
	if p.word("is") {
		not := p.word("not")
		return isNullNode{l, not}, tBool, p.expect(tokWord, "null")
	}
	not := p.word("not")
	switch {
	case p.word("in"):
		return p.in(l, lt, not)
	case p.word("between"):
		lo, t1, err := p.add()
		if err != nil {
			return nil, 0, err
		}
		if err := p.expect(tokWord, "and"); err != nil {
			return nil, 0, err
		}
		hi, t2, err := p.add()
		if err != nil {
			return nil, 0, err
		}
		if err := firstError(same(lt, t1), same(lt, t2)); err != nil {
			return nil, 0, err
		}
		return betweenNode{l, lo, hi, not}, tBool, nil
	case not:
		return nil, 0, fmt.Errorf("NOT 之后应为 IN 或 BETWEEN")
	}
	return l, lt, nil
}

func (p *parser) in(l node, lt valueType, not bool) (node, valueType, error) {
	if err := p.expect(tokSymbol, "("); err != nil {
		return nil, 0, err
	}
	n := inNode{x: l, not: not}
	for {
		x, t, err := p.unary()
		if err != nil {
			return nil, 0, err
		}
		if err := same(lt, t); err != nil {
			return nil, 0, err
		}
		n.list = append(n.list, x)
		if !p.symbol(",") {
			return n, tBool, p.expect(tokSymbol, ")")
		}
	}
}

func (p *parser) add() (node, valueType, error) { return p.arithmetic([]string{"+", "-"}, p.mul) }
func (p *parser) mul() (node, valueType, error) { return p.arithmetic([]string{"*", "/"}, p.unary) }

func (p *parser) arithmetic(ops []string, operand func() (node, valueType, error)) (node, valueType, error) {
	l, lt, err := operand()
	for err == nil {
		t := p.peek()
		if t.kind != tokSymbol || !slices.Contains(ops, t.text) {
			break
		}
		p.next()
		if p.word("interval") {
			var r node
			if r, err = p.interval(t.text, lt); err == nil {
				l = binaryNode{t.text, l, r}
			}
			continue
		}
		var r node
		var rt valueType
		if r, rt, err = operand(); err != nil {
			break
		}
		if lt != tNumber || rt != tNumber {
			return nil, 0, fmt.Errorf("“%s”两侧应为数字；两个时间之差用 date_diff", t.text)
		}
		l = binaryNode{t.text, l, r}
	}
	return l, lt, err
}

// interval reads what follows the word INTERVAL after an operator and a left side of type lt. Hours and days are the
// units that both dialects write alike and that have one length.
func (p *parser) interval(op string, lt valueType) (node, error) {
	n, unit := p.next(), p.next()
	digits := strings.TrimLeft(n.text, "0123456789") == "" && n.text != "" && len(n.text) <= 5
	if n.kind != tokString || !digits || unit.kind != tokWord || unit.text != "hour" && unit.text != "day" {
		return nil, fmt.Errorf("INTERVAL 应写作 INTERVAL '1' HOUR 或 INTERVAL '3' DAY")
	}
	if lt != tTime || op != "+" && op != "-" {
		return nil, fmt.Errorf("INTERVAL 只能与时间相加减")
	}
	return intervalNode{n.text, strings.ToUpper(unit.text)}, nil
}

func (p *parser) unary() (node, valueType, error) {
	if !p.symbol("-") {
		return p.primary()
	}
	n, t, err := p.primary()
	if err == nil && t != tNumber {
		err = fmt.Errorf("负号之后应为数字")
	}
	return unaryNode{"-", n}, tNumber, err
}

func same(a, b valueType) error {
	if a == b || a == tNull || b == tNull {
		return nil
	}
	return fmt.Errorf("不能把%s与%s比较", a, b)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
