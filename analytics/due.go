package analytics

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// dues writes the CTEs of due metrics: one for those whose schedules ask the same of every unit of a level, and one for
// those where a plan or a register of places tells what is due. All of a kind go together, because planning a statement
// costs more than running it. A cell is one unit (or place) in one calendar period of a schedule. It counts in the span in
// which its period ends, if that end is not after now; held is capped by due. n = Σ weight × min(held, due), m = Σ weight ×
// due, r = Σ held. One row per unit, run and p.
func (b *builder) dues() {
	var even, other []*leaf
	for _, l := range b.leaves {
		if l.metric.Type != catalog.Due {
			continue
		}
		if slices.ContainsFunc(b.schedules(l.metric), func(s *catalog.Schedule) bool { return s.Place != "" || s.Plan != "" }) {
			other = append(other, l)
		} else {
			even = append(even, l)
		}
	}
	if len(even) > 0 {
		b.holdings(even)
	}
	if len(other) > 0 {
		b.dueCells(other)
	}
}

// schedules of a due metric.
func (p *plan) schedules(m *catalog.Metric) []*catalog.Schedule {
	all := make([]*catalog.Schedule, len(m.Schedule))
	for i, id := range m.Schedule {
		all[i], _ = p.cat.Schedule(id) // the catalogue has checked that it exists
	}
	return all
}

// rulesOf are the schedules of leaves, each once.
func (p *plan) rulesOf(leaves []*leaf) []*catalog.Schedule {
	var rules []*catalog.Schedule
	for _, l := range leaves {
		for _, s := range p.schedules(l.metric) {
			if !slices.Contains(rules, s) {
				rules = append(rules, s)
			}
		}
	}
	return rules
}

// among are the places of a metric's schedules among the rules.
func (p *plan) among(rules []*catalog.Schedule, m *catalog.Metric) []int {
	var of []int
	for _, s := range p.schedules(m) {
		of = append(of, slices.Index(rules, s))
	}
	return of
}

func numberList(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}

// dueCells writes the CTE that adds up cells.
func (b *builder) dueCells(leaves []*leaf) {
	from := &source{name: "due", by: byRun}
	rules := b.rulesOf(leaves)
	columns := ""
	for _, l := range leaves {
		l.source = from
		columns += fmt.Sprintf(`, CAST(sum(x.weight * least(x.held, x.due)) FILTER (WHERE x.rule IN (%s)) AS DOUBLE) AS n%d,
  CAST(sum(x.weight * x.due) FILTER (WHERE x.rule IN (%[1]s)) AS DOUBLE) AS m%[2]d,
  CAST(sum(x.held) FILTER (WHERE x.rule IN (%[1]s)) AS BIGINT) AS r%[2]d, 0 AS x%[2]d`, numberList(b.among(rules, l.metric)), l.i)
	}
	sel, group := b.unitKeys("h.")
	b.keep(from.name, "SELECT "+sel+"x.run, x.p"+columns+"\nFROM ("+b.cells(rules)+") x JOIN home h ON h.code = x.code\nGROUP BY "+group+"x.run, x.p")
}

//go:embed due.sql
var dueSQL string

// cells are those of some schedules, as due.sql says; rule is a schedule's place in the list.
func (b *builder) cells(rules []*catalog.Schedule) string {
	var halves []string
	for _, placed := range []bool{false, true} {
		if q := b.cellsOf(rules, placed); q != "" {
			halves = append(halves, q)
		}
	}
	if len(halves) == 0 {
		return "SELECT 0 AS rule, NULL AS code, 0 AS run, 0 AS p, 0 AS weight, 0 AS due, 0 AS held, NULL AS f, NULL AS t, NULL AS id WHERE FALSE"
	}
	return strings.Join(halves, "\nUNION ALL\n")
}

// cellsOf are the cells of those schedules that are about places, or of the others. Empty if no period has ended.
func (b *builder) cellsOf(rules []*catalog.Schedule, placed bool) string {
	var types, measures, pairs, periods []string
	var within [2]window
	for i, s := range rules {
		if (s.Place != "") != placed {
			continue
		}
		measure := "NULL"
		if s.Plan != "" {
			measure = text(s.Plan)
			measures = append(measures, s.Plan)
		}
		types = append(types, s.Types...)
		for _, t := range s.Types {
			pairs = append(pairs, fmt.Sprintf("(%d, %s)", i, text(t)))
		}
		for _, sp := range b.spans {
			first, last := b.endedIn(s, sp)
			if !first.Before(last) {
				continue
			}
			step := "INTERVAL 1 DAY"
			if n := s.Months(); n > 0 {
				step = fmt.Sprintf("INTERVAL %d MONTH", n)
			}
			periods = append(periods, fmt.Sprintf("(%d, %s, %d, %d, %d, %d, %s, %s, %s, %s)",
				i, text(s.Level+s.Place), sp.run, flag(sp.prev), s.Weight, s.Count, measure, step, stamp(first), stamp(last)))
			within[flag(sp.prev)].take(first, last)
		}
	}
	if len(periods) == 0 {
		return ""
	}
	var cell, key, counts, open string
	if placed {
		cell = "SELECT id AS key, id, org_code AS code, type AS kind, opened_on, closed_on FROM " + warehouse.Relation(catalog.ShapePlace, b.AsOf)
		key, counts = "a.place_id", "(VALUES "+strings.Join(pairs, ", ")+") o(rule, type) ON o.type = a.type"
		open = "\nWHERE (c.opened_on IS NULL OR c.opened_on < e.t) AND (c.closed_on IS NULL OR c.closed_on >= e.t)"
	} else {
		cell, key = b.cellUnits(rules), "o.unit"
		counts = "(" + b.owing(rules, nil, nil) + ") o ON o.code = a.org_code AND o.type = a.type"
	}
	due, plan := "e.due", ""
	if len(measures) > 0 {
		due = "coalesce(plan.n, e.due)"
		plan = fmt.Sprintf(`
LEFT JOIN (SELECT measure, org_code, period_from, period_to, arg_max(value, since) AS n FROM %s WHERE measure IN (%s) GROUP BY 1, 2, 3, 4) plan
    ON plan.measure = e.measure AND plan.org_code = c.code AND plan.period_from = e.f AND plan.period_to = e.t`,
			warehouse.Relation(catalog.ShapeFigure, b.AsOf), textList(measures))
	}
	_, sql, _ := strings.Cut(dueSQL, "\nSELECT") // the header is for who reads the file
	return strings.NewReplacer(
		"{{cell}}", cell, "{{period}}", strings.Join(periods, ", "), "{{key}}", key, "{{counts}}", counts, "{{start}}", b.startOf(rules, "a.held_at"),
		"{{activity}}", b.relation(catalog.ShapeActivity), "{{types}}", textList(types), "{{now}}", b.nowSQL(), "{{within}}", b.inWindows(within),
		"{{due}}", due, "{{plan}}", plan, "{{open}}", open,
	).Replace("SELECT" + sql)
}

// cellUnits is a SELECT of the units in force that count, of the levels of the rules: key (a position), id, code, kind (the level).
func (b *builder) cellUnits(rules []*catalog.Schedule) string {
	columns := []boundColumn{{name: "key", typ: "INTEGER"}, {name: "code", typ: "VARCHAR"}, {name: "kind", typ: "VARCHAR"}}
	for i, n := range b.register.tree.Nodes() {
		if !n.Valid || !b.inside[i] || !slices.ContainsFunc(rules, func(s *catalog.Schedule) bool { return s.Level == n.Level }) {
			continue
		}
		for j, v := range []string{strconv.Itoa(n.Position), n.Code, n.Level} {
			columns[j].values = append(columns[j].values, v)
		}
	}
	return "SELECT *, code AS id FROM (" + b.boundTable(columns) + ")"
}

// startOf is the beginning of the period that holds a time, by the rule: what Schedule.Period is in Go.
func (b *builder) startOf(rules []*catalog.Schedule, at string) string {
	at = b.dayTime(at)
	return byRule(rules, func(s *catalog.Schedule) string {
		if s.Per == catalog.PerTwoMonths {
			return fmt.Sprintf("CASE WHEN month(%s) %% 2 = 0 THEN date_trunc('month', %[1]s) - INTERVAL '1' MONTH ELSE date_trunc('month', %[1]s) END", at)
		}
		return fmt.Sprintf("date_trunc('%s', %s)", s.Per, at)
	})
}

// dayTime is a column of times as times of the days that are counted.
func (b *builder) dayTime(at string) string {
	if shift := b.cat.Site.DayShift(); shift != 0 {
		return fmt.Sprintf("(%s + INTERVAL %d HOUR)", at, int(shift.Hours()))
	}
	return at
}

// byRule is an expression that depends on the length of a rule's period, by o.rule.
func byRule(rules []*catalog.Schedule, expr func(*catalog.Schedule) string) string {
	if !slices.ContainsFunc(rules, func(s *catalog.Schedule) bool { return s.Per != rules[0].Per }) {
		return expr(rules[0])
	}
	var of strings.Builder
	of.WriteString("CASE o.rule")
	for i, s := range rules {
		fmt.Fprintf(&of, " WHEN %d THEN %s", i, expr(s))
	}
	return of.String() + " END"
}
