package analytics

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// dues writes one CTE for all due metrics: together, because planning a statement costs more than running it. A cell is
// one unit (or place) in one calendar period of a schedule. It counts in the span in which its period ends, if that end
// is not after now; held is capped by due. n = Σ weight × min(held, due), m = Σ weight × due, r = Σ held. One row per
// unit, run and p.
func (b *builder) dues() {
	var rules []*catalog.Schedule
	var columns []string
	from := &source{name: "due", by: byRun}
	for _, l := range b.leaves {
		if l.metric.Type != catalog.Due {
			continue
		}
		l.source = from
		var of []string
		for _, id := range l.metric.Schedule {
			s, _ := b.cat.Schedule(id) // the catalogue has checked that it exists
			if !slices.Contains(rules, s) {
				rules = append(rules, s)
			}
			of = append(of, strconv.Itoa(slices.Index(rules, s)))
		}
		columns = append(columns, fmt.Sprintf(`, CAST(sum(x.weight * least(x.held, x.due)) FILTER (WHERE x.rule IN (%s)) AS DOUBLE) AS n%d,
  CAST(sum(x.weight * x.due) FILTER (WHERE x.rule IN (%[1]s)) AS DOUBLE) AS m%[2]d,
  CAST(sum(x.held) FILTER (WHERE x.rule IN (%[1]s)) AS BIGINT) AS r%[2]d, 0 AS x%[2]d`, strings.Join(of, ", "), l.i))
	}
	if len(columns) == 0 {
		return
	}
	sel, group := b.unitKeys("h.")
	b.keep(from.name, "SELECT "+sel+"x.run, x.p"+strings.Join(columns, "")+"\nFROM ("+b.cells(rules)+") x JOIN home h ON h.code = x.code\nGROUP BY "+group+"x.run, x.p")
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
	var types, pers []string
	var plans bool
	var lo, hi time.Time
	rule := []boundColumn{{name: "rule", typ: "INTEGER"}, {name: "kind", typ: "VARCHAR"}, {name: "weight", typ: "INTEGER"}, {name: "due", typ: "INTEGER"}, {name: "measure", typ: "VARCHAR"}}
	period := []boundColumn{{name: "rule", typ: "INTEGER"}, {name: "run", typ: "INTEGER"}, {name: "p", typ: "INTEGER"}, {name: "f", typ: "TIMESTAMP"}, {name: "t", typ: "TIMESTAMP"}}
	add := func(columns []boundColumn, values ...string) {
		for i, v := range values {
			columns[i].values = append(columns[i].values, v)
		}
	}
	for i, s := range rules {
		if (s.Place != "") != placed {
			continue
		}
		kind, n := s.Level+s.Place, strconv.Itoa(i)
		add(rule, n, kind, strconv.Itoa(s.Weight), strconv.Itoa(s.Count), s.Plan)
		plans = plans || s.Plan != ""
		if !slices.Contains(pers, s.Per) {
			pers = append(pers, s.Per)
		}
		for _, t := range s.Types {
			types = append(types, fmt.Sprintf("(%s, %s, %s, %s)", n, text(t), text(kind), text(s.Per)))
		}
		for _, sp := range b.spans {
			for from, end := s.Period(sp.from); !end.After(sp.to) && !end.After(b.now()); from, end = s.Period(end) {
				add(period, n, strconv.Itoa(sp.run), strconv.Itoa(flag(sp.prev)), from.Format(time.DateTime), end.Format(time.DateTime))
				if lo.IsZero() || from.Before(lo) {
					lo = from
				}
				if end.After(hi) {
					hi = end
				}
			}
		}
	}
	if lo.IsZero() {
		return ""
	}
	held := "a.held_at"
	if shift := b.cat.Site.DayShift(); shift != 0 {
		held = fmt.Sprintf("(a.held_at + INTERVAL %d HOUR)", int(shift.Hours()))
	}
	cell, key, up, open := "SELECT code AS id, code, level AS kind FROM org_unit WHERE valid", "p.ancestor", " JOIN unit_path p ON p.code = a.org_code AND p.level = k.kind", ""
	if placed {
		cell = "SELECT id, org_code AS code, type AS kind, opened_on, closed_on FROM " + warehouse.Relation(catalog.ShapePlace, b.AsOf)
		key, up = "a.place_id", ""
		open = "\nWHERE (c.opened_on IS NULL OR c.opened_on < e.t) AND (c.closed_on IS NULL OR c.closed_on >= e.t)"
	}
	due, plan := "q.due", ""
	if plans {
		due = "coalesce(plan.n, q.due)"
		plan = fmt.Sprintf(`
LEFT JOIN (SELECT measure, org_code, period_from, period_to, arg_max(value, since) AS n FROM %s WHERE measure IN (%s) GROUP BY 1, 2, 3, 4) plan
    ON plan.measure = q.measure AND plan.org_code = c.code AND plan.period_from = e.f AND plan.period_to = e.t`,
			warehouse.Relation(catalog.ShapeFigure, b.AsOf), textList(slices.DeleteFunc(slices.Clone(rule[4].values), func(m string) bool { return m == "" })))
	}
	_, sql, _ := strings.Cut(dueSQL, "\nSELECT") // the header is for who reads the file
	return strings.NewReplacer(
		"{{cell}}", cell, "{{rule}}", b.boundTable(rule), "{{period}}", b.boundTable(period), "{{key}}", key, "{{up}}", up, "{{type}}", strings.Join(types, ", "),
		"{{start}}", periodStart(pers, held), "{{activity}}", warehouse.Relation(catalog.ShapeActivity, b.AsOf), "{{now}}", b.nowSQL(), "{{held}}", held,
		"{{from}}", stamp(lo), "{{to}}", stamp(hi), "{{due}}", due, "{{plan}}", plan, "{{open}}", open,
	).Replace("SELECT" + sql)
}

// periodStart is the beginning of a schedule's period that holds a time: what Schedule.Period is in Go.
func periodStart(pers []string, at string) string {
	start := func(per string) string {
		if per == catalog.PerTwoMonths {
			return fmt.Sprintf("CASE WHEN month(%s) %% 2 = 0 THEN date_trunc('month', %[1]s) - INTERVAL '1' MONTH ELSE date_trunc('month', %[1]s) END", at)
		}
		return fmt.Sprintf("date_trunc('%s', %s)", per, at)
	}
	if len(pers) == 1 {
		return start(pers[0])
	}
	var b strings.Builder
	b.WriteString("CASE k.per")
	for _, per := range pers {
		fmt.Fprintf(&b, " WHEN %s THEN %s", text(per), start(per))
	}
	return b.String() + " END"
}
