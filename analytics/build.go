package analytics

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// statement is SQL with the values bound to $1, $2 …
type statement struct {
	SQL  string
	Args []any
}

// builder writes one statement from a plan. Whatever a user gave is bound; everything else that stands in the text
// is a column or CTE name made here, a date, or a text of the checked catalogue.
type builder struct {
	*plan
	ctes  []string
	args  []any
	bound map[string]string

	beside [][]int // asked units of numbers that come from memory, for the spine

	nested bool // home tells where each unit stands in its tree: position, last and tree of units.Node
}

// bind gives the placeholder of a text; equal ones share one. A text of letters and digits alone stands in the statement
// itself, where it can do nothing but be compared: most placeholders outside a list (boundTable) have the database plan
// the whole statement twice, once before and once after it is told their values.
func (b *builder) bind(v string) string {
	if v != "" && !strings.ContainsFunc(v, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }) {
		return text(v)
	}
	return b.placeholder(v)
}

// placeholder is bind whatever the text.
func (b *builder) placeholder(v string) string {
	if ph, ok := b.bound[v]; ok {
		return ph
	}
	b.args = append(b.args, v)
	ph := "$" + strconv.Itoa(len(b.args))
	b.bound[v] = ph
	return ph
}

// bindTime writes a time. It is made of digits alone and stands in the text.
func (b *builder) bindTime(t time.Time) string { return stamp(t) }

func (b *builder) bindAll(values []string) string {
	phs := make([]string, len(values))
	for i, v := range values {
		phs[i] = b.bind(v)
	}
	return strings.Join(phs, ", ")
}

// with adds a CTE; kept ones are computed once though they are read several times.
func (b *builder) with(name, body string) { b.ctes = append(b.ctes, name+" AS ("+body+")") }

func (b *builder) keep(name, body string) {
	b.ctes = append(b.ctes, name+" AS MATERIALIZED ("+body+")")
}

// build writes the statement. Its rows are the cells of the spine in the answer's order. Columns: for each
// dimension its key (org: the unit's position); then for each leaf n, m, r, x (numerator, denominator, rows of its
// population, rows flagged), and the same for the comparison if there is one.
func (p *plan) build() statement {
	b := p.builder()
	b.scans()
	b.dues()
	for _, l := range p.leaves {
		if l.source == nil && !b.known(l) {
			b.single(l)
		}
	}
	b.spine()
	return b.statement(b.answer())
}

// builder begins a statement.
func (p *plan) builder() *builder { return &builder{plan: p, bound: map[string]string{}} }

// joinHome joins facts to home. Rows without a unit stay, unless only some units count.
func (b *builder) joinHome(code string) string {
	switch {
	case b.restricted():
		return " JOIN home h ON h.code = " + code
	case len(b.orgs) == 0:
		return ""
	}
	return " LEFT JOIN home h ON h.code = " + code
}

func (b *builder) spanValues() string {
	var rows []string
	for _, s := range b.spans {
		rows = append(rows, fmt.Sprintf("(%d, %d, %s, %s, %s, %s, %d)", s.run, flag(s.prev), stamp(s.from), stamp(s.to),
			date(s.firstDay), date(s.endDay), s.days))
	}
	return "SELECT * FROM (VALUES " + strings.Join(rows, ", ") + ") v(run, p, f, t, first_day, end_day, days)"
}

// bucketValues are the time keys of the spine, with those compared with and the weekday.
func (b *builder) bucketValues() string {
	if len(b.times) == 0 && len(b.buckets) == 1 {
		return "SELECT 0 AS run, " + strconv.Itoa(b.buckets[0].weekday) + " AS w"
	}
	names := []string{"run"}
	for _, d := range b.times {
		names = append(names, d.col)
		if b.Compare != NoCompare {
			names = append(names, "p"+d.col)
		}
	}
	names = append(names, "w")
	rows := make([]string, len(b.buckets))
	for i, k := range b.buckets {
		row := []string{strconv.Itoa(k.run)}
		for j, d := range b.times {
			row = append(row, strconv.Itoa(keyNumber(d.name, k.keys[j])))
			if b.Compare != NoCompare {
				row = append(row, strconv.Itoa(keyNumber(d.name, k.prev[j])))
			}
		}
		rows[i] = "(" + strings.Join(append(row, strconv.Itoa(k.weekday)), ", ") + ")"
	}
	return "SELECT * FROM (VALUES " + strings.Join(rows, ", ") + ") v(" + strings.Join(names, ", ") + ")"
}

// spine is every cell of the answer: units × time × the values of other dimensions that occur.
func (b *builder) spine() {
	b.with("bucket", b.bucketValues())
	from := []string{"bucket"}
	columns := []string{"bucket.*"}
	if len(b.orgs) > 0 {
		b.keep("place_of", b.unitTuples())
		from, columns = append(from, "place_of"), append(columns, "place_of.*")
	}
	for _, d := range b.parts {
		if d.name == "hour" {
			var rows []string
			for _, h := range b.hours() {
				rows = append(rows, fmt.Sprintf("(%d)", h))
			}
			from, columns = append(from, "(VALUES "+strings.Join(rows, ", ")+") hour_of(h)"), append(columns, "hour_of.h")
		}
	}
	if len(b.codes) > 0 {
		b.with("code_of", b.occurring(b.codes))
		from, columns = append(from, "code_of"), append(columns, "code_of.*")
	}
	b.keep("spine", "SELECT "+strings.Join(columns, ", ")+" FROM "+strings.Join(from, " CROSS JOIN "))
}

// unitTuples are the combinations of units at the asked levels: those of the register (tuples), then what numbers from
// memory and facts bring along, such as rows without a unit.
func (b *builder) unitTuples() string {
	columns := make([]boundColumn, len(b.orgs))
	for i, d := range b.orgs {
		columns[i] = boundColumn{name: d.col, typ: "INTEGER"}
	}
	seen := map[string]bool{}
	for _, tuple := range append(b.tuples(), b.beside...) {
		key := tupleKey(tuple)
		if seen[key] {
			continue
		}
		seen[key] = true
		for i, at := range tuple {
			columns[i].values = append(columns[i].values, positionText(at))
		}
	}
	occurring := b.occurring(b.orgs)
	switch {
	case occurring == "":
		return b.boundTable(columns)
	case len(seen) == 0:
		return occurring
	}
	return b.boundTable(columns) + " UNION " + occurring
}

// occurring are the combinations of keys that facts have, in the period or the comparison.
func (b *builder) occurring(dims []dim) string {
	var parts []string
	seen := map[string]bool{}
	for _, l := range b.leaves {
		if l.source == nil || seen[l.source.name] || l.source.by != byCell && dims[0].class == codeDim {
			continue
		}
		seen[l.source.name] = true
		list := strings.Join(cols(dims, ""), ", ")
		parts = append(parts, "SELECT DISTINCT "+list+" FROM "+l.source.name)
		if l.source.by == byCell && b.Compare != NoCompare && !l.source.both {
			parts = append(parts, "SELECT "+list+" FROM "+l.source.name+"_prev")
		}
	}
	return strings.Join(parts, " UNION ")
}

// answer joins everything to the spine.
func (b *builder) answer() string {
	var sel, joins, order []string
	for i, d := range b.dims {
		switch d.class {
		case orgDim:
			sel = append(sel, "s."+d.col)
			order = append(order, "s."+d.col+" NULLS LAST")
		case timeDim:
			sel, order = append(sel, "s.run"), append(order, "s."+d.col)
		case codeDim:
			sel = append(sel, "s."+d.col)
			order = append(order, "s."+d.col+" IS NULL")
			if b.folded(d) {
				order = append(order, "s."+d.col+" = "+text(FoldedKey))
			}
			if d.list != nil && len(d.list.Codes) > 0 {
				var rows []string
				for n, c := range d.list.Codes {
					rows = append(rows, fmt.Sprintf("(%s, %d)", text(c.Code), n))
				}
				q := "q" + strconv.Itoa(i)
				joins = append(joins, fmt.Sprintf("LEFT JOIN (VALUES %s) %s(code, position) ON %[2]s.code = s.%s", strings.Join(rows, ", "), q, d.col))
				order = append(order, q+".position NULLS LAST")
			}
			order = append(order, "s."+d.col)
		default:
			sel, order = append(sel, "s."+d.col), append(order, "s."+d.col)
		}
	}
	joined := map[string]bool{}
	for _, prev := range []bool{false, true} {
		if prev && b.Compare == NoCompare {
			break
		}
		for _, l := range b.leaves {
			if l.source == nil {
				sel = append(sel, "0", "0", "0", "0")
				continue
			}
			alias, join := b.joinSource(l, prev)
			if !joined[alias] {
				joined[alias] = true
				joins = append(joins, join)
			}
			for j, typ := range []string{"DOUBLE", "DOUBLE", "BIGINT", "BIGINT"} {
				if l.columns[j] == "" {
					sel = append(sel, "0")
				} else {
					sel = append(sel, "CAST("+alias+"."+l.columns[j]+" AS "+typ+")")
				}
			}
		}
	}
	limit := MaxRows + 1
	if b.Limit > 0 {
		limit = min(limit, b.Limit)
	}
	end := ""
	if len(order) > 0 {
		end = "\nORDER BY " + strings.Join(order, ", ")
	}
	return "SELECT " + strings.Join(sel, ", ") + "\nFROM spine s\n" + strings.Join(joins, "\n") + end + "\nLIMIT " + strconv.Itoa(limit)
}

// joinSource joins a leaf's source to the spine by the keys it has. The comparison has an alias of its own, and where
// its rows stand in the same CTE (both), p tells them apart.
func (b *builder) joinSource(l *leaf, prev bool) (alias, join string) {
	alias = l.source.name
	var on []string
	for _, d := range b.orgs {
		on = append(on, d.col)
	}
	switch l.source.by {
	case byUnit:
		return alias, "LEFT JOIN " + alias + " ON " + b.equal(alias, on)
	case byRun:
		if prev {
			alias += "_prev"
		}
		return alias, fmt.Sprintf("LEFT JOIN %s %s ON %s AND %[2]s.run = s.run AND %[2]s.p = %[4]d", l.source.name, alias, b.equal(alias, on), flag(prev))
	}
	if prev {
		alias += "_prev"
	}
	on = append(on, cols(b.codes, "")...)
	cond := b.equal(alias, on)
	if l.source.both {
		cond = fmt.Sprintf("%s.p = %d AND %s", alias, flag(prev), cond)
	}
	for _, d := range b.steps {
		key := "s." + d.col
		if prev {
			key = "s.p" + d.col
		}
		cond += " AND " + alias + "." + d.col + " = " + key
	}
	for _, d := range b.parts {
		cond += " AND " + alias + "." + d.col + " = s." + d.col
	}
	from := alias
	if l.source.both && prev {
		from = l.source.name + " " + alias
	}
	return alias, "LEFT JOIN " + from + " ON " + cond
}

func (b *builder) equal(alias string, columns []string) string {
	conds := []string{"TRUE"}
	for _, c := range columns {
		conds = append(conds, fmt.Sprintf("%s.%s IS NOT DISTINCT FROM s.%[2]s", alias, c))
	}
	if len(conds) > 1 {
		conds = conds[1:]
	}
	return strings.Join(conds, " AND ")
}
