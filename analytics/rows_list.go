package analytics

import (
	"fmt"
	"slices"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// listing describes the CTE “listed”: one row per fact (or per cell of a schedule, per unit) behind a number, with
// org_code and one boolean per part.
type listing struct {
	defaults string // FROM and WHERE of the rows at a DefaultPoint; "" where there are none

	shape   string
	parts   []listPart // the base first
	columns []rowColumn
	order   []string // ORDER BY where none is asked
	tie     []string // what makes any order total
	held    string   // the condition on a row that the caller may not see; "" for none
}

// listPart is a part with the boolean of listed that marks its rows.
type listPart struct {
	part  Part
	label string
	col   string
}

// list writes the CTE of a row query.
func (b *builder) list(p *rowPlan) *listing {
	m := p.rows[0]
	switch {
	case m.Type == catalog.Due:
		return b.listCells(p)
	case m.Shape == catalog.ShapePlace:
		return b.listPlaces(p)
	case m.Shape == catalog.ShapeOrg:
		return b.listUnits(p)
	case m.Shape == catalog.ShapeFigure:
		return b.listFigures(p)
	}
	return b.listFacts(p)
}

// counts is the statement of the number of rows of each part, and of those of the base that are held back, in one row.
func (b *builder) counts(l *listing) statement {
	sel := make([]string, len(l.parts))
	for i, o := range l.parts {
		sel[i] = "count(*) FILTER (WHERE " + l.shows(o) + ")"
	}
	heldBack := "0"
	if l.held != "" {
		heldBack = "count(*) FILTER (WHERE f." + l.parts[0].col + " AND " + l.held + ")"
	}
	return b.statement("SELECT " + strings.Join(append(sel, heldBack), ", ") + " FROM listed f" + unitsOfRows)
}

// unitsOfRows joins the unit of a row, and the unit above.
const unitsOfRows = `
LEFT JOIN org_unit u ON u.code = f.org_code LEFT JOIN org_unit up ON up.code = u.parent_code AND up.tree = u.tree`

// shows is the condition on the rows of a part that the caller may see.
func (l *listing) shows(o listPart) string {
	if l.held == "" {
		return "f." + o.col
	}
	return "f." + o.col + " AND NOT " + l.held
}

// lines is the statement of the rows of a part. Columns: job, row, then those of each column of the listing.
func (b *builder) lines(l *listing, part Part, order []string, end string) statement {
	sel := []string{"f.job", "f.row"}
	for _, c := range l.columns {
		sel = append(sel, c.sql...)
	}
	at := slices.IndexFunc(l.parts, func(o listPart) bool { return o.part == part })
	return b.statement("SELECT " + strings.Join(sel, ", ") + `
FROM listed f` + unitsOfRows + `
WHERE ` + l.shows(l.parts[at]) + "\nORDER BY " + strings.Join(order, ", ") + "\n" + end)
}

// listed adds the CTE: the columns of a FROM item f, with the booleans of the parts. A condition that is null does
// not hold.
func (b *builder) listed(l *listing, columns []string, from string, where []string, conds map[Part]string) {
	for i, o := range l.parts {
		l.parts[i].col = "part_" + string(o.part)
		if o.part == PartBase {
			l.parts[i].col = "part_base"
		}
		columns = append(columns, "coalesce("+conds[o.part]+", FALSE) AS "+l.parts[i].col)
	}
	b.with("listed", "SELECT "+strings.Join(columns, ", ")+"\nFROM "+from+"\nWHERE "+allOf(where...))
}

// looseAt are the conditions on rows that have no unit at the asked levels.
func (p *rowPlan) looseAt(code string) []string {
	var conds []string
	for _, level := range p.loose {
		conds = append(conds, fmt.Sprintf("(%s IS NULL OR %[1]s NOT IN (SELECT code FROM unit_path WHERE level = %s))", code, text(level)))
	}
	return conds
}

func allOf(conds ...string) string { return joined(conds, " AND ", "TRUE") }
func anyOf(conds ...string) string { return joined(conds, " OR ", "FALSE") }

func joined(conds []string, op, none string) string {
	if len(conds) == 0 {
		return none
	}
	return "(" + strings.Join(conds, op) + ")"
}

// holds makes a condition that is never null.
func holds(cond string) string { return "coalesce(" + cond + ", FALSE)" }

// parted are the conditions on a record or an activity by which a metric counts it.
type parted struct{ base, hit, flagged, excluded string }

// partsOf gives the conditions of a metric; those that its type does not have are empty.
func (b *builder) partsOf(m *catalog.Metric) parted {
	now := b.nowSQL()
	all := b.population(m)
	population := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return c == notVoid })
	var counted string
	var c parted
	switch m.Type {
	case catalog.Ratio:
		counted = m.DenominatorRows(now)
		c.hit = holds(allOf(append(slices.Clone(all), anyOf(m.NumeratorRows(now), m.PartialRows(now)))...))
	case catalog.Quantile:
		counted = m.OfSQL(now) + " >= 0"
		c.flagged = allOf(append(slices.Clone(all), m.OfSQL(now)+" < 0")...)
	default:
		counted = m.NumeratorRows(now)
	}
	c.base = holds(allOf(append(slices.Clone(all), counted)...))
	if len(population) < len(all) {
		c.excluded = holds(allOf(append(population, "void", counted)...))
	}
	return c
}

// besides are the stored columns that lists show and no metric reads.
var besides = map[string][]string{
	catalog.ShapeRecord:   {"job", "row", "id", "source_no", "title", "text", "dq", "lon", "lat"},
	catalog.ShapeActivity: {"job", "row", "id", "dq"},
}

// listFacts lists records or activities. Those of a weighted metric share shape and basis: the base is what counts in
// any part.
func (b *builder) listFacts(p *rowPlan) *listing {
	m := p.rows[0]
	l := &listing{shape: m.Shape, tie: []string{"f.job", "f.row", "f.id"}}
	columns := []string{"f.*"}
	shown := p.columnsOf(m.Shape, p.rows...)
	var base, miss, excluded, flagged []string
	for i, o := range p.rows {
		c := b.partsOf(o)
		base = append(base, c.base)
		if c.excluded != "" {
			excluded = append(excluded, c.excluded)
		}
		if c.flagged != "" {
			flagged = append(flagged, c.flagged)
		}
		if c.hit == "" {
			continue
		}
		miss = append(miss, c.base+" AND NOT "+c.hit)
		label := "计入分子"
		if len(p.rows) > 1 {
			label = o.Label + "（计入分子）"
		}
		col := column("hit", i)
		columns = append(columns, fmt.Sprintf("CASE WHEN %s THEN %s END AS %s", c.base, c.hit, col))
		shown = append(shown, flagOf(col, label, "f."+col))
	}
	conds := map[Part]string{PartBase: anyOf(base...)}
	part := func(part Part, cond, label string) {
		conds[part] = cond
		l.parts = append(l.parts, listPart{part: part, label: label})
	}
	part(PartBase, anyOf(base...), baseLabel(p.asked, m))
	switch {
	case len(p.rows) > 1:
		part(PartHit, allOf(conds[PartBase], "NOT "+holds(anyOf(miss...))), "各项都计入分子")
		part(PartMiss, anyOf(miss...), "有一项未计入分子")
	case len(miss) > 0:
		part(PartHit, b.partsOf(m).hit, or(m.NumeratorLabel, "计入分子的"))
		part(PartMiss, anyOf(miss...), or(m.RestLabel, "未计入分子的"))
	}
	if len(flagged) > 0 {
		part(PartFlagged, anyOf(flagged...), "时间先后颠倒，未计入")
	}
	if len(excluded) > 0 {
		part(PartExcluded, anyOf(excluded...), "作废和不予受理，未计入")
	}
	l.order = []string{"f." + m.Basis + " DESC NULLS LAST"}
	if m.Type == catalog.Quantile {
		columns = append(columns, "CAST("+m.OfSQL(b.nowSQL())+" AS DOUBLE) AS length")
		hours := numberOf("hours", "时长（"+m.Unit+"）", "f.length")
		l.order = []string{hours.ordered(true)}
		shown = slices.DeleteFunc(shown, func(c rowColumn) bool { return c.id == hours.id })
		shown = append(shown, hours)
	}
	l.columns = shown
	if m.Shape == catalog.ShapeRecord {
		l.held = p.heldBack()
	}
	from := "(" + b.facts(m, b.From, b.To, besides[m.Shape]...) + ") f" + b.joinHome("f.org_code")
	b.listed(l, columns, from, p.looseAt("f.org_code"), conds)
	return l
}

// baseLabel is what the rows of the base are called.
func baseLabel(asked, m *catalog.Metric) string {
	switch {
	case m.DenominatorLabel != "":
		return m.DenominatorLabel
	case asked.Type == catalog.Cross:
		return m.Label
	case m.Type == catalog.Count && m.NumeratorLabel != "":
		return m.NumeratorLabel
	}
	return map[string]string{
		catalog.ShapeRecord: "计入的事项", catalog.ShapeActivity: "计入的活动", catalog.ShapePlace: "期末在用的", catalog.ShapeOrg: "计入的单位",
		catalog.ShapeFigure: "计入的上报数",
	}[m.Shape]
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// listPlaces lists what exists at the end of the period.
func (b *builder) listPlaces(p *rowPlan) *listing {
	m := p.rows[0]
	l := &listing{
		shape: m.Shape, columns: p.columnsOf(m.Shape, m), order: []string{"u.position NULLS LAST", "f.name"}, tie: []string{"f.job", "f.row", "f.id"},
		parts: []listPart{{part: PartBase, label: baseLabel(p.asked, m)}},
	}
	from := "span s CROSS JOIN " + warehouse.Relation(catalog.ShapePlace, b.AsOf) + " f" + b.joinHome("f.org_code")
	b.listed(l, []string{"f.*"}, from, append(b.standing(m), p.looseAt("f.org_code")...), map[Part]string{PartBase: m.NumeratorRows(b.nowSQL())})
	return l
}

// listUnits lists the units whose registered attribute, or latest figure, adds up to a number.
func (b *builder) listUnits(p *rowPlan) *listing {
	b.single(p.leaves[0])
	m := p.rows[0]
	l := &listing{
		shape: m.Shape, columns: unitColumns(p.cat, m), order: []string{"u.position NULLS LAST"}, tie: []string{"f.org_code"},
		parts: []listPart{{part: PartBase, label: baseLabel(p.asked, m)}},
	}
	conds := map[Part]string{PartBase: "TRUE"}
	if m.Measure != "" {
		l.parts = append(l.parts, listPart{part: PartFlagged, label: "其中含约数"})
		conds[PartFlagged] = "f.fuzzy"
	}
	var where []string
	if len(p.loose) > 0 {
		where = []string{"FALSE"} // an attribute belongs to a unit
	}
	b.listed(l, []string{"NULL AS job", "NULL AS row", "f.code AS org_code", "f.n", "f.source"}, column("top", p.leaves[0].i)+" f", where, conds)
	return l
}

// listFigures lists the reported rows that add up to a number.
func (b *builder) listFigures(p *rowPlan) *listing {
	leaf := p.leaves[0]
	b.single(leaf)
	m := p.rows[0]
	l := &listing{
		shape: m.Shape, columns: p.columnsOf(m.Shape, m), order: []string{"u.position NULLS LAST", "f.period_from NULLS LAST", "f.subject NULLS FIRST"},
		tie:   []string{"f.job", "f.row", "f.id"},
		parts: []listPart{{part: PartBase, label: baseLabel(p.asked, m)}, {part: PartFlagged, label: "其中的约数"}},
	}
	counted := "f.code IN (SELECT code FROM " + column("top", leaf.i) + " WHERE run = f.run AND p = f.p)"
	foreign := "(f.code IS NULL OR f.code NOT IN (SELECT code FROM org_unit))"
	switch {
	case b.restricted() && len(p.loose) > 0:
		counted = "FALSE"
	case b.restricted():
	case len(p.loose) > 0:
		counted = foreign
	default:
		counted = anyOf(counted, foreign)
	}
	measure, _ := b.cat.Measure(m.Measure)
	rows := b.readingRows(measure, m.Type == catalog.Ratio, "span", "job", "row", "id", "period_from", "period_to", "as_of", "value", "qualifier",
		"numerator", "denominator", "denominator_label", "unit", "dq")
	b.listed(l, []string{"f.* EXCLUDE (code)", "f.code AS org_code"}, "("+rows+") f", []string{counted}, map[Part]string{PartBase: "TRUE", PartFlagged: "f.fuzzy"})
	return l
}

// listCells lists the cells of schedules: a unit or place in one calendar period, with what was due and held.
func (b *builder) listCells(p *rowPlan) *listing {
	var rules []*catalog.Schedule
	for _, m := range p.rows {
		for _, id := range m.Schedule {
			s, _ := b.cat.Schedule(id) // the catalogue has checked that it exists
			if !slices.Contains(rules, s) {
				rules = append(rules, s)
			}
		}
	}
	m := p.rows[0]
	l := &listing{
		shape: string(catalog.Due), columns: cellColumns(rules), order: []string{"u.position NULLS LAST", "f.rule", "f.f"},
		tie: []string{"u.position NULLS LAST", "f.rule", "f.f", "f.id"},
	}
	if len(p.rows) == 1 {
		l.parts = []listPart{
			{part: PartBase, label: or(m.DenominatorLabel, "应办的")}, {part: PartHit, label: "已达到应办次数的"}, {part: PartMiss, label: or(m.RestLabel, "未达到应办次数的")},
		}
	} else {
		l.parts = []listPart{{part: PartBase, label: "应办的"}, {part: PartHit, label: "已达到应办次数的"}, {part: PartMiss, label: "未达到应办次数的"}}
	}
	from := "(" + b.cells(rules) + ") f JOIN home h ON h.code = f.code"
	columns := []string{"NULL AS job", "NULL AS row", "f.* EXCLUDE (code)", "f.code AS org_code"}
	if slices.ContainsFunc(rules, func(s *catalog.Schedule) bool { return s.Place != "" }) {
		columns = append(columns, "pl.name AS place")
		from += " LEFT JOIN " + warehouse.Relation(catalog.ShapePlace, b.AsOf) + " pl ON pl.id = f.id"
	}
	b.listed(l, columns, from, append(p.looseAt("f.code"), "f.run = 0", "f.p = 0"),
		map[Part]string{PartBase: "TRUE", PartHit: "f.held >= f.due", PartMiss: "f.held < f.due"})
	return l
}
