package analytics

import (
	"fmt"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// single writes the CTE of a leaf that is not part of a scan.
func (b *builder) single(l *leaf) {
	l.source = &source{name: column("one", l.i), by: byRun}
	switch {
	case l.metric.Type == catalog.Due:
		b.keep(l.source.name, b.due(l))
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
	conds := []string{
		"f.type IN (" + textList(m.Types) + ")",
		"(f.opened_on IS NULL OR f.opened_on <= " + now + " AND f.opened_on < s.t)",
		"(f.closed_on IS NULL OR f.closed_on > " + now + " OR f.closed_on >= s.t)",
		"s.f <= " + b.bindTime(b.now()),
	}
	if m.Where != "" {
		conds = append(conds, m.WhereSQL(now))
	}
	return fmt.Sprintf(`SELECT %ss.run, s.p, CAST(%s AS DOUBLE) AS n%d, 0 AS m%[3]d, count(*) AS r%[3]d, 0 AS x%[3]d
FROM span s CROSS JOIN %s f%s
WHERE %s
GROUP BY %ss.run, s.p`,
		sel, m.NumeratorSQL(now, ""), l.i, warehouse.Relation(catalog.ShapePlace, b.AsOf), b.joinHome("f.org_code"),
		strings.Join(conds, " AND "), group)
}

// due compares what was held with what was due: a cell is one unit (or place) in one calendar period of a
// schedule. It counts in the span in which its period ends, if that end is not after now; held is capped by due.
// n = Σ weight × min(held, due), m = Σ weight × due, r = Σ held. One row per unit, run and p.
func (b *builder) due(l *leaf) string {
	sel, group := b.unitKeys("h.")
	var cells []string
	for _, id := range l.metric.Schedule {
		s, _ := b.cat.Schedule(id) // the catalogue has checked that it exists
		if q := b.cells(s); q != "" {
			cells = append(cells, q)
		}
	}
	if len(cells) == 0 {
		cells = []string{"SELECT NULL AS code, 0 AS run, 0 AS p, 0 AS weight, 0 AS due, 0 AS held WHERE FALSE"}
	}
	return fmt.Sprintf(`SELECT %sx.run, x.p, CAST(sum(x.weight * least(x.held, x.due)) AS DOUBLE) AS n%d, CAST(sum(x.weight * x.due) AS DOUBLE) AS m%[2]d,
  CAST(sum(x.held) AS BIGINT) AS r%[2]d, 0 AS x%[2]d
FROM (%s) x JOIN home h ON h.code = x.code
GROUP BY %sx.run, x.p`, sel, l.i, strings.Join(cells, "\nUNION ALL\n"), group)
}

// cells of one schedule: code of the unit, run, p, weight, due, held. Empty if no period has ended.
func (b *builder) cells(s *catalog.Schedule) string {
	var periods []string
	for _, sp := range b.spans {
		first := timeKey(map[int]string{1: "month", 3: "quarter", 12: "year"}[s.Months()], sp.from, 1)
		for end := addMonths(first, s.Months()); !end.After(sp.to) && !end.After(b.now()); end = addMonths(end, s.Months()) {
			if end.After(sp.from) {
				periods = append(periods, fmt.Sprintf("(%d, %d, %s, %s)", sp.run, flag(sp.prev), stamp(addMonths(end, -s.Months())), stamp(end)))
			}
		}
	}
	if len(periods) == 0 {
		return ""
	}
	held := "a.held_at"
	if shift := b.cat.Site.DayShift(); shift != 0 {
		held = fmt.Sprintf("(a.held_at + INTERVAL %d HOUR)", int(shift.Hours()))
	}
	// what the activity counts for, the cells, and the unit of a cell
	key, up := "p.ancestor", "JOIN unit_path p ON p.code = a.org_code AND p.level = "+text(s.Level)
	each := "SELECT code AS id, code FROM org_unit WHERE valid AND level = " + text(s.Level)
	open := ""
	if s.Place != "" {
		key, up = "a.place_id", ""
		each = fmt.Sprintf("SELECT id, org_code AS code, opened_on, closed_on FROM %s WHERE type = %s",
			warehouse.Relation(catalog.ShapePlace, b.AsOf), text(s.Place))
		open = " WHERE (c.opened_on IS NULL OR c.opened_on < e.t) AND (c.closed_on IS NULL OR c.closed_on >= e.t)"
	}
	due, plan := fmt.Sprint(s.Count), ""
	if s.Plan != "" {
		due = fmt.Sprintf("coalesce(plan.n, %d)", s.Count)
		plan = fmt.Sprintf(`
  LEFT JOIN (SELECT org_code, period_from, period_to, arg_max(value, since) AS n FROM %s WHERE measure = %s GROUP BY 1, 2, 3) plan
    ON plan.org_code = c.code AND plan.period_from = e.f AND plan.period_to = e.t`,
			warehouse.Relation(catalog.ShapeFigure, b.AsOf), text(s.Plan))
	}
	return fmt.Sprintf(`SELECT c.code, e.run, e.p, %d AS weight, %s AS due, coalesce(held.n, 0) AS held
  FROM (%s) c CROSS JOIN (VALUES %s) e(run, p, f, t)
  LEFT JOIN (
    SELECT %s AS id, e.f, count(*) AS n
    FROM %s a %s JOIN (SELECT DISTINCT f, t FROM (VALUES %[4]s) v(run, p, f, t)) e ON %[8]s >= e.f AND %[8]s < e.t
    WHERE a.type IN (%[9]s) AND a.held_at <= %[10]s
    GROUP BY 1, 2) held ON held.id = c.id AND held.f = e.f%[11]s%[12]s`,
		s.Weight, due, each, strings.Join(periods, ", "), key, warehouse.Relation(catalog.ShapeActivity, b.AsOf), up, held,
		textList(s.Types), b.nowSQL(), plan, open)
}
