package analytics

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// scans writes one CTE per shape and basis: all metrics that share both are aggregates of one pass over the table.
// The comparison is counted in the same pass where its period lies close by (adjoins), else in one of its own.
func (b *builder) scans() {
	groups := map[string][]*leaf{}
	var order []string
	for _, l := range b.leaves {
		m := l.metric
		if m.Shape != catalog.ShapeRecord && m.Shape != catalog.ShapeActivity {
			continue
		}
		key := m.Shape + "." + m.Basis
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], l)
	}
	for i, key := range order {
		s := &source{name: fmt.Sprintf("scan%d", i), by: byCell, both: b.adjoins()}
		for _, l := range groups[key] {
			l.source = s
		}
		from := b.From
		if s.both {
			from = b.prevFrom
		}
		counted := b.counters(groups[key])
		b.keep(s.name, b.scan(groups[key], counted, from, b.To, s.both))
		if b.Compare != NoCompare && !s.both {
			b.keep(s.name+"_prev", b.scan(groups[key], counted, b.prevFrom, b.prevTo, false))
		}
	}
}

// adjoins says whether the comparison lies before the period, with less than the period's length between them: then
// one pass over both reads little in vain and spares planning a second one.
func (b *builder) adjoins() bool {
	gap := b.From.Sub(b.prevTo)
	return b.Compare != NoCompare && gap >= 0 && gap < b.To.Sub(b.From)
}

// scan aggregates the rows whose basis lies in [from, to), by the keys of the spine; with both also by p, which is 1 for
// the rows of the comparison, and without those between the two periods.
func (b *builder) scan(leaves []*leaf, counted []counter, from, to time.Time, both bool) string {
	common, only, special := b.populations(leaves)
	var sel, group []string
	add := func(expr, name string) {
		sel = append(sel, expr+" AS "+name)
		group = append(group, fmt.Sprint(len(sel)))
	}
	// Joining a unit to every row costs as much as counting: where parts add up, rows are counted by the unit they
	// carry first.
	first := len(b.orgs) > 0 && !b.restricted() && !slices.ContainsFunc(leaves, func(l *leaf) bool { return !l.metric.Additive() })
	if first {
		add("f.org_code", "org_code")
	} else {
		for _, d := range b.orgs {
			add("h."+d.col, d.col)
		}
	}
	for _, d := range b.steps {
		add(b.timeExpr(d.name), d.col)
	}
	for _, d := range b.parts {
		add(b.partExpr(d.name), d.col)
	}
	for _, d := range b.codes {
		add(b.codeExpr(d), d.col)
	}
	if both {
		add("f.p", "p")
	}
	for _, c := range counted {
		sel = append(sel, c.expr+" AS "+c.name)
	}
	where := append([]string{}, common...)
	if !slices.Contains(only, "") {
		where = append(where, anyOf(slices.Compact(slices.Sorted(slices.Values(only)))...))
	}
	join := b.joinHome("f.org_code")
	if first {
		join = ""
	}
	facts := b.factsWith(leaves[0].metric, from, to, func(c string) bool {
		switch c {
		case "org_code", "kind", "type":
			return true
		case "void":
			return slices.ContainsFunc(leaves, func(l *leaf) bool { return l.metric.VoidOut() || l.metric.Reads(c) })
		}
		return slices.ContainsFunc(leaves, func(l *leaf) bool { return l.metric.Reads(c) }) ||
			slices.ContainsFunc(b.codes, func(d dim) bool { return d.from == c })
	})
	derived := ""
	for _, c := range special {
		derived += ", " + c.expr + " AS " + c.name
	}
	if both {
		shift := b.cat.Site.DayShift()
		before := "clock < " + b.bindTime(b.prevTo.Add(-shift))
		where = append(where, "(f."+before+" OR f.clock >= "+b.bindTime(b.From.Add(-shift))+")")
		derived += ", CASE WHEN " + before + " THEN 1 ELSE 0 END AS p"
	}
	if derived != "" {
		facts = "SELECT *" + derived + " FROM (" + facts + ")"
	}
	q := "SELECT " + strings.Join(sel, ", ") + "\nFROM (" + facts + ") f" + join
	if len(where) > 0 {
		q += "\nWHERE " + strings.Join(where, " AND ")
	}
	if len(group) > 0 {
		q += "\nGROUP BY " + strings.Join(group, ", ")
	}
	if first {
		return b.sumUp(counted, q, both)
	}
	return q
}

// sumUp adds what was counted by org_code up to the asked levels.
func (b *builder) sumUp(counted []counter, q string, both bool) string {
	keys := append(cols(b.orgs, "h."), cols(b.steps, "f.")...)
	keys = append(append(keys, cols(b.parts, "f.")...), cols(b.codes, "f.")...)
	if both {
		keys = append(keys, "f.p")
	}
	sel := slices.Clone(keys)
	for _, c := range counted {
		sel = append(sel, "sum(f."+c.name+") AS "+c.name)
	}
	group := make([]string, len(keys))
	for i := range keys {
		group[i] = fmt.Sprint(i + 1)
	}
	return "SELECT " + strings.Join(sel, ", ") + "\nFROM (" + q + ") f" + b.joinHome("f.org_code") + "\nGROUP BY " + strings.Join(group, ", ")
}

// populations says which rows each leaf is about: conditions common to all of them, and for each what remains, as the name
// of a column of special: so it is worked out once for a row and not for every number.
func (b *builder) populations(leaves []*leaf) (common, only []string, special []counter) {
	all := make([][]string, len(leaves))
	for i, l := range leaves {
		all[i] = b.population(l.metric)
	}
	for _, c := range all[0] {
		if !slices.ContainsFunc(all, func(conds []string) bool { return !slices.Contains(conds, c) }) {
			common = append(common, c)
		}
	}
	for _, conds := range all {
		rest := slices.DeleteFunc(slices.Clone(conds), func(c string) bool { return slices.Contains(common, c) })
		if len(rest) == 0 {
			only = append(only, "")
			continue
		}
		expr := strings.Join(rest, " AND ")
		at := slices.IndexFunc(special, func(c counter) bool { return c.expr == expr })
		if at < 0 {
			at = len(special)
			special = append(special, counter{expr, column("only", at)})
		}
		only = append(only, special[at].name)
	}
	return common, only, special
}

func (b *builder) population(m *catalog.Metric) []string {
	var conds []string
	switch {
	case m.Shape == catalog.ShapeActivity:
		if m.Types != nil {
			conds = append(conds, "(type IN ("+textList(m.Types)+"))")
		}
	case m.Kinds != nil:
		conds = append(conds, "(kind IN ("+textList(m.Kinds)+"))")
	case b.kinds == nil:
		conds = append(conds, "(kind IN ("+textList(catalog.Matters)+"))")
	}
	if m.Shape == catalog.ShapeRecord && m.VoidOut() {
		conds = append(conds, notVoid)
	}
	if m.Where != "" {
		conds = append(conds, m.WhereSQL(b.nowSQL()))
	}
	return conds
}

// notVoid is the condition by which 作废 and 不予受理 leave a rate.
const notVoid = "(NOT void)"

func (b *builder) nowSQL() string { return b.bindTime(b.Now) }

// counter is a column of a scan. Leaves share those that are alike.
type counter struct{ expr, name string }

// counters writes the columns that leaves of one scan need, each once, and tells the leaves which are theirs. Numbers of
// rows stay whole until they are read; everything else is a DOUBLE from the beginning.
func (b *builder) counters(leaves []*leaf) []counter {
	_, only, _ := b.populations(leaves)
	var all []counter
	for i, l := range leaves {
		for j, expr := range b.aggregates(l, only[i]) {
			if expr == "0" {
				l.columns[j] = ""
				continue
			}
			if !strings.HasPrefix(expr, "count(") { // what begins so is a single aggregate: operators stand in parentheses
				expr = "CAST(" + expr + " AS DOUBLE)"
			}
			at := slices.IndexFunc(all, func(c counter) bool { return c.expr == expr })
			if at < 0 {
				at = len(all)
				all = append(all, counter{expr, fmt.Sprintf("c%d", at)})
			}
			l.columns[j] = all[at].name
		}
	}
	return all
}

// aggregates are a leaf's four numbers: n, m, r, x (build). The numerator of a rate is in whole units of its scale.
func (b *builder) aggregates(l *leaf, only string) [4]string {
	m, now := l.metric, b.nowSQL()
	filter := func(cond string) string {
		conds := slices.DeleteFunc([]string{only, cond}, func(c string) bool { return c == "" })
		if len(conds) == 0 {
			return ""
		}
		return " FILTER (WHERE " + strings.Join(conds, " AND ") + ")"
	}
	n, d, flagged := m.NumeratorSQL(now, only), "0", "0"
	switch m.Type {
	case catalog.Ratio:
		d = m.DenominatorSQL(now, only)
		if m.Partial != "" {
			n = fmt.Sprintf("%d * coalesce(%s, 0) + %d * coalesce(%s, 0)", m.Scale(), n, m.PartialWhole(), m.PartialSQL(now, only))
		}
	case catalog.Quantile:
		of := m.OfSQL(now)
		n = fmt.Sprintf("quantile_cont(CAST(%s AS DOUBLE), %g)%s", of, m.P, filter(of+" >= 0"))
		d = "count(" + of + ")" + filter(of+" >= 0")
		flagged = "count(*)" + filter(of+" < 0")
	}
	return [4]string{n, d, "count(*)" + filter(""), flagged}
}

// facts are the rows of a metric's shape and basis in [from, to), with all columns that any metric may read. besides are
// stored columns that no metric reads, for lists of rows.
func (b *builder) facts(m *catalog.Metric, from, to time.Time, besides ...string) string {
	return b.factsWith(m, from, to, func(string) bool { return true }, besides...)
}

// factsWith is the one place where rows are read as metrics understand them: what lies after now has not happened,
// 挂账 suspends the deadline, 作废 and 不予受理 are marked void. at is the basis, as a time of the days counted. reads says
// which columns are needed: planning those that are not would cost as much as counting.
func (b *builder) factsWith(m *catalog.Metric, from, to time.Time, reads func(column string) bool, besides ...string) string {
	shift := b.cat.Site.DayShift()
	now := b.nowSQL()
	var sel []string
	for _, c := range catalog.Columns(m.Shape) {
		switch {
		case !reads(c):
		case c == "due_at":
			sel = append(sel, "CASE WHEN r.status = "+text(catalog.Hold)+" THEN NULL ELSE r.due_at END AS due_at")
		case slices.Contains(catalog.TimeColumns(m.Shape), c):
			sel = append(sel, fmt.Sprintf("CASE WHEN r.%s <= %s THEN r.%[1]s END AS %[1]s", c, now))
		default:
			sel = append(sel, "r."+c)
		}
	}
	if m.Shape == catalog.ShapeRecord {
		for _, derived := range [][2]string{
			{"has_deadline", "r.due_at IS NOT NULL"},
			{"on_hold", "coalesce(r.status = " + text(catalog.Hold) + ", FALSE)"},
			{"void", "coalesce(r.status IN (" + textList(catalog.Void) + "), FALSE)"},
		} {
			if reads(derived[0]) {
				sel = append(sel, derived[1]+" AS "+derived[0])
			}
		}
	}
	basis := "r." + m.Basis
	at := basis
	if shift != 0 {
		at = fmt.Sprintf("%s + INTERVAL %d HOUR", basis, int(shift.Hours()))
	}
	sel = append(sel, basis+" AS clock", at+" AS at")
	for _, c := range besides {
		sel = append(sel, "r."+c)
	}
	conds := []string{
		basis + " >= " + b.bindTime(from.Add(-shift)),
		basis + " < " + b.bindTime(to.Add(-shift)),
	}
	if m.Basis == "due_at" {
		conds = append(conds, "r.status IS DISTINCT FROM "+text(catalog.Hold))
	} else {
		conds = append(conds, basis+" <= "+now)
	}
	for _, f := range b.codeOnly {
		conds = append(conds, b.oneOf("r."+f.Dim, f.Values))
	}
	for _, f := range b.partOnly {
		if f.Dim == flagName {
			conds = append(conds, flagged("r.dq", f.Values))
			continue
		}
		expr := "hour(" + basis + ")"
		if f.Dim == "weekday" {
			expr = "isodow(" + at + ")"
		}
		conds = append(conds, expr+" IN ("+strings.Join(f.Values, ", ")+")") // checked to be whole numbers
	}
	return "SELECT " + strings.Join(sel, ", ") + " FROM " + b.relation(m.Shape) + " r WHERE " + strings.Join(conds, " AND ")
}

// oneOf compares a column with bound values; an empty one means null.
func (b *builder) oneOf(col string, values []string) string {
	some := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	var conds []string
	if len(some) > 0 {
		conds = append(conds, col+" IN ("+b.bindAll(some)+")")
	}
	if len(some) < len(values) {
		conds = append(conds, col+" IS NULL")
	}
	return "(" + strings.Join(conds, " OR ") + ")"
}

// timeExpr is keyNumber of the interval that holds f.at. date_trunc would cost three times as much.
func (b *builder) timeExpr(dim string) string {
	switch dim {
	case "month":
		return "year(f.at) * 12 + month(f.at)"
	case "quarter":
		return "year(f.at) * 4 + quarter(f.at)"
	case "year":
		return "year(f.at)"
	}
	day := fmt.Sprintf("(CAST(f.at AS DATE) - %s)", date(epoch))
	if dim == "week" {
		// the first day of the week, as timeKey has it, then as many whole weeks from the epoch, a Monday
		first := fmt.Sprintf("(%s - (%[1]s + %d) %% 7)", day, 8-b.cat.Site.WeekStart)
		return first + " // 7"
	}
	return day
}

// codeExpr is the value of a dimension of codes, those that are folded as one.
func (b *builder) codeExpr(d dim) string {
	col := "f." + d.from
	for _, f := range b.folds {
		if f.Dim == d.from {
			keep := col + " IS NULL"
			if len(f.Keep) > 0 {
				keep += " OR " + col + " IN (" + b.bindAll(f.Keep) + ")"
			}
			return "CASE WHEN " + keep + " THEN " + col + " ELSE " + text(FoldedKey) + " END"
		}
	}
	return col
}

// folded says whether a dimension has values that are counted together.
func (p *plan) folded(d dim) bool {
	return d.class == codeDim && slices.ContainsFunc(p.folds, func(f Fold) bool { return f.Dim == d.from })
}

// partExpr is the hour of the clock, or the weekday of the day that counts.
func (b *builder) partExpr(dim string) string {
	if dim == "hour" {
		return "hour(f.clock)"
	}
	return "isodow(f.at)"
}

// relation is the rows of a shape under the units that the query means.
func (b *builder) relation(shape string) string {
	rows := warehouse.Relation(shape, b.AsOf)
	if b.Units == UnitsNow || shape != catalog.ShapeRecord && shape != catalog.ShapeActivity {
		return rows
	}
	return "(SELECT * REPLACE (CASE WHEN org_then IS NULL THEN org_code ELSE nullif(org_then, '') END AS org_code) FROM " + rows + " moved)"
}
