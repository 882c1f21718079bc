package analytics

import (
	_ "embed"
	"fmt"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

//go:embed rollup.sql
var rollupSQL string

// figure rolls up the readings of a measure. One row per unit, run and p: n and m are Σ value (counts) or
// Σ numerator and Σ denominator (ratios), r the units that reported, x those with a fuzzy number (200余, 近50).
func (b *builder) figure(l *leaf) {
	m, _ := b.cat.Measure(l.metric.Measure)
	valued := column("valued", l.i)
	b.with(valued, b.readings(m, l.metric.Type == catalog.Ratio, "span", "0"))
	b.rollup(l, valued, true)
}

// readings are the values that units reported themselves: code, run, p, n, m, fuzzy, source. Over spans, a table with
// run, p, f and t.
func (b *builder) readings(m catalog.Measure, ratio bool, spans, source string) string {
	one := b.readingRows(m, ratio, spans)
	if m.Time == catalog.OverMean {
		one = "SELECT code, run, p, avg(n) AS n, avg(m) AS m, bool_or(fuzzy) AS fuzzy FROM (" + one +
			") GROUP BY code, run, p, subject_type, subject"
	}
	return "SELECT code, run, p, sum(n) AS n, sum(m) AS m, bool_or(fuzzy) AS fuzzy, " + source + " AS source FROM (" + one + ") GROUP BY code, run, p"
}

// readingRows are the figures that readings join: code, run, p, n, m, fuzzy, subject_type, subject, and besides, which
// are stored columns.
//
// A last reading is dated by as_of, else by the end of its period if that is not after the span's end, else by the
// beginning of its period; the latest date before the span's end counts, of several the one loaded last. Sums and
// means take the readings whose whole period lies inside the span. Nothing dated after now is read, and nothing for
// spans that have not begun.
func (b *builder) readingRows(m catalog.Measure, ratio bool, spans string, besides ...string) string {
	n, d := "r.value", "0"
	if ratio {
		n, d = "r.numerator", "r.denominator"
	}
	now := b.bindTime(b.now())
	from := warehouse.Relation(catalog.ShapeFigure, b.AsOf) + " r"
	where := fmt.Sprintf("r.measure = %s AND s.f <= %s AND coalesce(r.as_of, r.period_from, r.period_to) <= %[2]s AND %s IS NOT NULL",
		b.bind(m.ID), now, n)
	if m.Grain.Level != "" {
		where += " AND r.org_code IN (" + b.codesAt(m.Grain.Level) + ")"
	}
	if length := map[string]int{"month": 1, "quarter": 3, "year": 12}[m.Grain.Period]; length > 0 {
		where += fmt.Sprintf(" AND r.period_to = r.period_from + INTERVAL %d MONTH AND date_trunc('%s', r.period_from) = r.period_from",
			length, m.Grain.Period)
	}
	one := fmt.Sprintf("SELECT r.org_code AS code, s.run, s.p, %s AS n, %s AS m, coalesce(r.qualifier, 'exact') <> 'exact' AS fuzzy, "+
		"r.subject_type, r.subject", n, d)
	for _, c := range besides {
		one += ", r." + c
	}
	inside := fmt.Sprintf("FROM %s JOIN %s s ON r.period_from >= s.f AND r.period_to <= s.t WHERE %s", from, spans, where)
	if m.Time == catalog.OverLast {
		dated := "CASE WHEN r.as_of IS NOT NULL THEN r.as_of WHEN r.period_to <= s.t THEN r.period_to - INTERVAL 1 SECOND ELSE r.period_from END"
		return fmt.Sprintf(`SELECT * FROM (
  %s, row_number() OVER (PARTITION BY s.run, s.p, r.org_code, r.subject_type, r.subject ORDER BY %s DESC, r.since DESC, r.id DESC) AS nth
  FROM %s JOIN %s s ON %[2]s < s.t WHERE %[5]s) WHERE nth = 1`, one, dated, from, spans, where)
	}
	return one + "\n  " + inside
}

// attribute reads an attribute of the register of units, at any time the same; where no unit of a cell has it, the
// latest figure of the measure.
func (b *builder) attribute(l *leaf) {
	valued := column("valued", l.i)
	body := "SELECT code, 0 AS run, 0 AS p, n, 0 AS m, FALSE AS fuzzy, 0 AS source FROM (" + b.attributes(l.metric.Column) + ")"
	if l.metric.Measure != "" {
		m, _ := b.cat.Measure(l.metric.Measure)
		whole := column("whole_span", l.i)
		b.with(whole, fmt.Sprintf("SELECT 0 AS run, 0 AS p, %s AS f, %s AS t", stamp(b.From), stamp(b.To)))
		body += "\nUNION ALL\n" + b.readings(m, false, whole, "1")
	}
	b.with(valued, body)
	b.rollup(l, valued, false)
}

// rollup adds up valued units: a unit's own value counts, else the nearest ones below it. What is added up is kept as
// the CTE top<i> (rollup.sql).
func (b *builder) rollup(l *leaf, valued string, loose bool) {
	b.nested = true
	keys, null := "", ""
	for _, d := range b.orgs {
		keys += d.col + ", "
		null += "NULL, "
	}
	known := "TRUE"
	if len(b.orgs) > 0 {
		known = "coalesce(" + strings.Join(cols(b.orgs, "h."), ", ") + ") IS NOT NULL"
	}
	own := "FALSE" // whether a value is that of the cell's own unit
	switch {
	case len(b.orgs) > 0:
		own = "h.position = " + b.coverUnit("h.")
	case len(b.within) == 1:
		own = "v.code = " + b.bind(b.within[0])
	}
	rest := ""
	if loose && !b.restricted() {
		rest = fmt.Sprintf(`
UNION ALL
SELECT %srun, p, n, m, fuzzy FROM %s WHERE code IS NULL OR code NOT IN (SELECT code FROM home)`, null, valued)
	}
	top := column("top", l.i)
	b.with(top, strings.NewReplacer(
		"{{valued}}", valued, "{{keys}}", keys, "{{home_keys}}", strings.Join(append(cols(b.orgs, "h."), ""), ", "),
		"{{own}}", own, "{{known}}", known,
	).Replace(rollupSQL))
	b.keep(l.source.name, fmt.Sprintf(`SELECT %srun, p, sum(n) AS n%d, sum(m) AS m%[2]d, count(*) AS r%[2]d, count(*) FILTER (WHERE fuzzy) AS x%[2]d
FROM (SELECT %[1]srun, p, n, m, fuzzy FROM %[3]s%[4]s) GROUP BY %[1]srun, p`, keys, l.i, top, rest))
}
