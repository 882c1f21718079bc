package analytics

import (
	"fmt"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// known settles a leaf that the register of units answers by itself.
func (b *builder) known(l *leaf) bool {
	if l.metric.Shape != catalog.ShapeOrg {
		return false
	}
	cells, tuples, all := b.registered(l.metric.Column)
	if all {
		l.known, l.columns = cells, [4]string{}
		b.beside = append(b.beside, tuples...)
	}
	return all
}

// single writes the CTE of a leaf that is not part of a scan.
func (b *builder) single(l *leaf) {
	l.source = &source{name: column("one", l.i), by: byRun}
	switch {
	case l.metric.Shape == catalog.ShapePlace:
		b.keep(l.source.name, b.places(l))
	case l.metric.Shape == catalog.ShapeOrg:
		l.source.by = byUnit
		b.attribute(l)
	default:
		b.figure(l)
	}
}

// keys of units for a CTE that is grouped by them: "h.o0 AS o0, " and "o0, ".
func (b *builder) unitKeys(prefix string) (sel, group string) {
	for _, d := range b.orgs {
		sel += prefix + d.col + " AS " + d.col + ", "
		group += prefix + d.col + ", "
	}
	return sel, group
}

// places counts what exists at the end of each span: opened before its end (or at an unknown time) and not closed
// before it. Spans that have not begun by now have no rows. One row per unit, run and p.
func (b *builder) places(l *leaf) string {
	m, now := l.metric, b.nowSQL()
	sel, group := b.unitKeys("h.")
	return fmt.Sprintf(`SELECT %ss.run, s.p, CAST(%s AS DOUBLE) AS n%d, 0 AS m%[3]d, count(*) AS r%[3]d, 0 AS x%[3]d
FROM span s CROSS JOIN %s f%s
WHERE %s
GROUP BY %ss.run, s.p`,
		sel, m.NumeratorSQL(now, ""), l.i, warehouse.Relation(catalog.ShapePlace, b.AsOf), b.joinHome("f.org_code"),
		strings.Join(b.standing(m), " AND "), group)
}

// standing are the conditions on a place f and a span s under which the place exists at the span's end.
func (b *builder) standing(m *catalog.Metric) []string {
	now := b.nowSQL()
	conds := []string{
		"f.type IN (" + textList(m.Types) + ")",
		"(f.opened_on IS NULL OR f.opened_on <= " + now + " AND f.opened_on < s.t)",
		"(f.closed_on IS NULL OR f.closed_on > " + now + " OR f.closed_on >= s.t)",
		"s.f <= " + b.bindTime(b.now()),
	}
	if m.Where != "" {
		conds = append(conds, m.WhereSQL(now))
	}
	return conds
}
