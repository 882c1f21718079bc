package analytics

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gridstar/analytics/units"
)

// The tables of units and spans that a statement may read. Each is written, before everything else, only where the
// statement names it: planning a statement costs more than running it, and most ask nothing about units.
//
//	span       run, p, f, t, first_day, end_day, days: one row per interval counted
//	home       code and per asked level its column (o0 …): one row per unit that counts, with the unit at each asked
//	           level that it is, lies in, or is covered by; where units are nested (builder) also position, last, tree
//	org_unit   code, tree, level, name, parent_code, valid, position and attributes: one row per unit
//	unit_path  code, level, tree, ancestor: one row per unit and unit above it (units.Node.Above)
//
// Units are named by their position in the official order, which is cheaper to group by than a code and sorts by
// itself. Their rows come from memory (register), as bound texts that the database cuts up.
var unitTables = []struct {
	name string
	used *regexp.Regexp
	body func(*builder) string
}{
	{"span", regexp.MustCompile(`\bspan\b`), (*builder).spanValues},
	{"home", regexp.MustCompile(`\bhome\b`), (*builder).home},
	{"org_unit", regexp.MustCompile(`\borg_unit\b`), (*builder).orgUnit},
	{"unit_path", regexp.MustCompile(`\bunit_path\b`), (*builder).unitPath},
}

// statement ends a statement: the tables of units that it names, its CTEs, and the SELECT that reads them.
func (b *builder) statement(sel string) statement {
	written := strings.Join(b.ctes, ",\n")
	var all []string
	for _, t := range unitTables {
		if t.used.MatchString(written) || t.used.MatchString(sel) {
			all = append(all, t.name+" AS MATERIALIZED ("+t.body(b)+")")
		}
	}
	sql := sel
	if all = append(all, b.ctes...); len(all) > 0 {
		sql = "WITH " + strings.Join(all, ",\n") + "\n" + sel
	}
	return statement{SQL: sql, Args: b.args}
}

// boundColumn is a column of a table that is handed over with the statement. An empty value is null.
type boundColumn struct {
	name, typ string
	values    []string
}

// boundTable is a SELECT of a table from bound texts. All columns have as many values; without any the table is empty.
func (b *builder) boundTable(columns []boundColumn) string {
	var outer, inner []string
	for _, c := range columns {
		list := "unnest(string_split(" + b.placeholder(joinValues(c.values)) + ", chr(31))) AS " + c.name
		inner = append(inner, list)
		value := "nullif(" + c.name + ", '')"
		if c.typ != "VARCHAR" {
			value = "CAST(" + value + " AS " + c.typ + ")"
		}
		outer = append(outer, value+" AS "+c.name)
	}
	sql := "SELECT " + strings.Join(outer, ", ") + " FROM (SELECT " + strings.Join(inner, ", ") + ")"
	if len(columns[0].values) == 0 {
		sql += " WHERE FALSE"
	}
	return sql
}

const separator = "\x1f"

// joinValues keeps a separator inside a value (no code has one, a name might) from shifting those behind it.
func joinValues(values []string) string {
	text := strings.Join(values, separator)
	if len(values) > 0 && strings.Count(text, separator) != len(values)-1 {
		clean := make([]string, len(values))
		for i, v := range values {
			clean[i] = strings.ReplaceAll(v, separator, " ")
		}
		text = strings.Join(clean, separator)
	}
	return text
}

func positionText(p int) string {
	if p == 0 {
		return ""
	}
	return strconv.Itoa(p)
}

// counting marks, by position - 1, the units whose rows count: all that the caller sees, or those in the query's unit.
func (p *plan) counting(t *units.Tree) []bool {
	if len(p.within) > 0 {
		return t.Under(p.within)
	}
	return t.Reached(units.Reach{All: true})
}

func (b *builder) home() string {
	t := b.register.tree
	columns := []boundColumn{{name: "code", typ: "VARCHAR"}}
	if b.nested {
		columns = append(columns, boundColumn{name: "position", typ: "INTEGER"}, boundColumn{name: "last", typ: "INTEGER"}, boundColumn{name: "tree", typ: "VARCHAR"})
	}
	for _, d := range b.orgs {
		columns = append(columns, boundColumn{name: d.col, typ: "INTEGER"})
	}
	for i, in := range b.inside {
		if !in {
			continue
		}
		n := t.Node(i + 1)
		row := []string{n.Code}
		if b.nested {
			row = append(row, strconv.Itoa(n.Position), strconv.Itoa(n.Last), n.Tree)
		}
		for _, d := range b.orgs {
			row = append(row, positionText(t.At(i+1, d.from)))
		}
		for j, v := range row {
			columns[j].values = append(columns[j].values, v)
		}
	}
	return b.boundTable(columns)
}

func (b *builder) orgUnit() string {
	t := b.register.tree
	columns := []boundColumn{
		{name: "code", typ: "VARCHAR"},
		{name: "tree", typ: "VARCHAR"},
		{name: "level", typ: "VARCHAR"},
		{name: "name", typ: "VARCHAR"},
		{name: "parent_code", typ: "VARCHAR"},
		{name: "valid", typ: "BOOLEAN"},
		{name: "position", typ: "INTEGER"},
		{name: "households", typ: "BIGINT"},
		{name: "population", typ: "BIGINT"},
		{name: "area_km2", typ: "DOUBLE"},
		{name: "bare", typ: "BOOLEAN"}, // a root whose name says nothing
	}
	fields := map[string][]bool{} // where a protected field shows
	for field, reach := range b.protected() {
		if !reach.All && !reach.Empty() {
			fields[field] = b.register.reached(reach)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		columns = append(columns, boundColumn{name: field, typ: "BOOLEAN"})
	}
	roots := 0 // of the area tree
	for _, n := range t.Nodes() {
		if n.Parent == 0 && n.Tree == units.Area {
			roots++
		}
	}
	whole := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	for _, n := range t.Nodes() {
		parent, area := "", ""
		if n.Parent > 0 {
			parent = t.Node(n.Parent).Code
		}
		if n.AreaKM2 != nil {
			area = strconv.FormatFloat(*n.AreaKM2, 'g', -1, 64)
		}
		row := []string{
			n.Code, n.Tree, n.Level, n.Name, parent, strconv.FormatBool(n.Valid), strconv.Itoa(n.Position),
			whole(n.Households), whole(n.Population), area, strconv.FormatBool(n.Parent == 0 && (roots == 1 || n.Tree == units.Party)),
		}
		for _, c := range columns[len(row):] {
			row = append(row, strconv.FormatBool(fields[c.name][n.Position-1]))
		}
		for j, v := range row {
			columns[j].values = append(columns[j].values, v)
		}
	}
	return b.boundTable(columns)
}

func (b *builder) unitPath() string {
	t := b.register.tree
	columns := []boundColumn{{name: "code", typ: "VARCHAR"}, {name: "level", typ: "VARCHAR"}, {name: "tree", typ: "VARCHAR"}, {name: "ancestor", typ: "VARCHAR"}}
	for _, n := range t.Nodes() {
		for _, a := range n.Above {
			up := t.Node(int(a))
			for j, v := range []string{n.Code, up.Level, up.Tree, up.Code} {
				columns[j].values = append(columns[j].values, v)
			}
		}
	}
	return b.boundTable(columns)
}

// finest are the asked levels from the finest up.
func (p *plan) finest() []dim {
	finest := slices.Clone(p.orgs)
	slices.SortStableFunc(finest, func(x, y dim) int { return p.cat.Depth(y.from) - p.cat.Depth(x.from) })
	return finest
}

// coverUnit is the position of a row's finest unit, whose coverage it takes; 0 for none.
func (b *builder) coverUnit(prefix string) string {
	if len(b.orgs) == 0 {
		return "0"
	}
	return "coalesce(" + strings.Join(cols(b.finest(), prefix), ", ") + ", 0)"
}

// tuples are the combinations of units at the asked levels: first those where every level has a unit in force, then
// units of a level that occur in none of these.
func (p *plan) tuples() [][]int {
	t := p.register.tree
	var all [][]int
	seen := map[string]bool{}
	add := func(tuple []int) {
		var key []int32
		for _, at := range tuple {
			key = append(key, int32(at))
		}
		if k := positionsKey(key); !seen[k] {
			seen[k] = true
			all = append(all, tuple)
		}
	}
	valid := func(at int) bool { return at > 0 && t.Node(at).Valid }
	homes := make([][]int, 0, t.Len())
	whole := make([]map[int]bool, len(p.orgs))
	for i := range whole {
		whole[i] = map[int]bool{}
	}
	for i, in := range p.inside {
		if !in {
			continue
		}
		tuple := make([]int, len(p.orgs), len(p.orgs)+1)
		every := true
		for j, d := range p.orgs {
			tuple[j] = t.At(i+1, d.from)
			every = every && valid(tuple[j])
		}
		homes = append(homes, append(tuple, i+1)) // and the unit itself, behind its tuple
		if every {
			add(tuple)
			for j, at := range tuple {
				whole[j][at] = true
			}
		}
	}
	if len(p.orgs) > 1 {
		for _, h := range homes {
			tuple, own := h[:len(p.orgs)], h[len(p.orgs)]
			for j, at := range tuple {
				if at == own && valid(at) && !whole[j][at] {
					add(tuple)
				}
			}
		}
	}
	return all
}

// attributes is a SELECT of code and n: the units in force that state an attribute of the register.
func (b *builder) attributes(attribute string) string {
	columns := []boundColumn{{name: "code", typ: "VARCHAR"}, {name: "n", typ: "DOUBLE"}}
	for _, u := range b.register.tree.Nodes() {
		if value, ok := attributeOf(&u, attribute); ok && u.Valid {
			columns[0].values = append(columns[0].values, u.Code)
			columns[1].values = append(columns[1].values, strconv.FormatFloat(value, 'g', -1, 64))
		}
	}
	return b.boundTable(columns)
}

// seen is a SELECT of the codes of the units that the caller sees.
func (b *builder) seen() string {
	codes := boundColumn{name: "code", typ: "VARCHAR"}
	for _, u := range b.register.tree.Nodes() {
		codes.values = append(codes.values, u.Code)
	}
	return b.boundTable([]boundColumn{codes})
}

// seenOnly is the condition that a row is of a unit that the caller sees; empty for who sees everything, also rows without
// a unit.
func (b *builder) seenOnly() string {
	if b.Scope.All {
		return ""
	}
	return " AND org_code IN (" + b.seen() + ")"
}

// codesAt is a SELECT of the codes of a level's units.
func (b *builder) codesAt(level string) string {
	codes := boundColumn{name: "code", typ: "VARCHAR"}
	for _, u := range b.register.tree.Nodes() {
		if u.Level == level {
			codes.values = append(codes.values, u.Code)
		}
	}
	return b.boundTable([]boundColumn{codes})
}
