package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// primary reads literals, columns, calls and parentheses; see parseExpr for the grammar.
func (p *parser) primary() (node, valueType, error) {
	t := p.next()
	switch t.kind {
	case tokNumber:
		return numberNode{t.text}, tNumber, nil
	case tokString:
		return stringNode{t.text}, tText, nil
	case tokNow:
		return nowNode{}, tTime, nil
	case tokEnd:
		return nil, 0, fmt.Errorf("表达式不完整")
	case tokSymbol:
		if t.text != "(" {
			return nil, 0, fmt.Errorf("“%s”不应出现在这里", t.text)
		}
		n, typ, err := p.or()
		if err != nil {
			return nil, 0, err
		}
		return n, typ, p.expect(tokSymbol, ")")
	}
	switch t.text {
	case "true", "false":
		return wordNode{strings.ToUpper(t.text)}, tBool, nil
	case "null":
		return wordNode{"NULL"}, tNull, nil
	case "case":
		return p.caseExpr()
	}
	if slices.Contains(reserved, t.text) {
		return nil, 0, fmt.Errorf("“%s”不应出现在这里", t.text)
	}
	if p.symbol("(") {
		if aggregates[t.text] {
			return p.aggregate(t.text)
		}
		return p.call(t.text)
	}
	typ, ok := p.columns[t.text]
	if !ok {
		return nil, 0, fmt.Errorf("没有名为“%s”的列", t.text)
	}
	if p.place == aggregateExpr && !p.inside {
		return nil, 0, fmt.Errorf("列“%s”应放在汇总函数（count、sum、min、max）之内", t.text)
	}
	return columnNode{t.text}, typ, nil
}

func (p *parser) caseExpr() (node, valueType, error) {
	var n caseNode
	typ := tNull
	value := func() (node, error) {
		x, t, err := p.or()
		if err == nil {
			err = same(typ, t)
		}
		if typ == tNull {
			typ = t
		}
		return x, err
	}
	for p.word("when") {
		cond, t, err := p.or()
		if err != nil {
			return nil, 0, err
		}
		if t != tBool {
			return nil, 0, fmt.Errorf("WHEN 之后应为条件")
		}
		if err := p.expect(tokWord, "then"); err != nil {
			return nil, 0, err
		}
		x, err := value()
		if err != nil {
			return nil, 0, err
		}
		n.when = append(n.when, cond, x)
	}
	if len(n.when) == 0 {
		return nil, 0, fmt.Errorf("CASE 之后应为 WHEN")
	}
	if p.word("else") {
		x, err := value()
		if err != nil {
			return nil, 0, err
		}
		n.els = x
	}
	return n, typ, p.expect(tokWord, "end")
}

func (p *parser) aggregate(name string) (node, valueType, error) {
	if p.place == rowExpr || p.inside {
		return nil, 0, fmt.Errorf("这里不能使用汇总函数 %s", name)
	}
	p.inside, p.aggregated = true, true
	defer func() { p.inside = false }()
	n := aggregateNode{name: name}
	typ := tNumber
	if name != "count" || !p.symbol("*") {
		n.distinct = p.word("distinct")
		if n.distinct && name != "count" {
			return nil, 0, fmt.Errorf("DISTINCT 只能用于 count")
		}
		arg, t, err := p.or()
		if err != nil {
			return nil, 0, err
		}
		if name == "sum" && t != tNumber {
			return nil, 0, fmt.Errorf("sum 之内应为数字")
		}
		if name != "count" {
			typ = t
		}
		n.arg = arg
	}
	if err := p.expect(tokSymbol, ")"); err != nil {
		return nil, 0, err
	}
	if !p.word("filter") {
		return n, typ, nil
	}
	if err := firstError(p.expect(tokSymbol, "("), p.expect(tokWord, "where")); err != nil {
		return nil, 0, err
	}
	cond, t, err := p.or()
	if err != nil {
		return nil, 0, err
	}
	if t != tBool {
		return nil, 0, fmt.Errorf("FILTER 之内应为条件")
	}
	n.filter = cond
	return n, typ, p.expect(tokSymbol, ")")
}

var functions = []string{"coalesce", "greatest", "least", "nullif", "abs", "date_diff", "in_group"}

// call reads a function over single values. The arguments of each are checked one by one, so that a mistake is
// found when the catalogue is loaded and not by the first reader.
func (p *parser) call(name string) (node, valueType, error) {
	if !slices.Contains(functions, name) {
		return nil, 0, fmt.Errorf("不允许使用函数 %s", name)
	}
	var args []node
	var types []valueType
	for !p.symbol(")") {
		if len(args) > 0 {
			if err := p.expect(tokSymbol, ","); err != nil {
				return nil, 0, err
			}
		}
		x, t, err := p.or()
		if err != nil {
			return nil, 0, err
		}
		args, types = append(args, x), append(types, t)
	}
	switch name {
	case "coalesce", "greatest", "least", "nullif":
		if len(args) < 2 || name == "nullif" && len(args) != 2 {
			return nil, 0, fmt.Errorf("%s 的参数个数不对", name)
		}
		typ := types[0]
		for _, t := range types[1:] {
			if err := same(typ, t); err != nil {
				return nil, 0, err
			}
			if typ == tNull {
				typ = t
			}
		}
		return callNode{name, args}, typ, nil
	case "abs":
		if len(args) != 1 || types[0] != tNumber {
			return nil, 0, fmt.Errorf("abs 之内应为一个数字")
		}
		return callNode{name, args}, tNumber, nil
	case "date_diff":
		if len(args) != 3 || types[1] != tTime || types[2] != tTime {
			return nil, 0, fmt.Errorf("date_diff 应写作 date_diff('second', 起, 止)")
		}
		// Other units count the boundaries crossed, not the time elapsed, and differ between the dialects.
		if u, ok := args[0].(stringNode); !ok || u.text != "second" {
			return nil, 0, fmt.Errorf("date_diff 的单位只能是 'second'")
		}
		return callNode{name, args}, tNumber, nil
	}
	return p.inGroup(args)
}

func (p *parser) inGroup(args []node) (node, valueType, error) {
	if len(args) == 2 {
		col, ok1 := args[0].(columnNode)
		group, ok2 := args[1].(stringNode)
		if ok1 && ok2 {
			codes, ok := p.groups(col.name, group.text)
			if !ok {
				return nil, 0, fmt.Errorf("代码表“%s”没有分组“%s”", col.name, group.text)
			}
			n := inNode{x: col}
			for _, c := range codes {
				n.list = append(n.list, stringNode{c})
			}
			return n, tBool, nil
		}
	}
	return nil, 0, fmt.Errorf("in_group 应写作 in_group(列, '分组')")
}
