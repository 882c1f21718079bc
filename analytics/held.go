package analytics

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics/catalog"
)

// owed is what schedules ask for that ask the same of every unit of their level: units times periods. Both are known
// beside the facts, so the statement needs no row for each cell, only for what was held (held.sql).
type owed struct {
	rules []*catalog.Schedule
	ended []map[spanKey]int // by rule: the periods that end in a span, and not after now
	units map[string][]int  // by tupleKey of the asked units: for each rule, the units in force that count
}

// of is Σ weight × due of a leaf in a cell of the answer.
func (o *owed) of(l *leaf, units string, k spanKey) float64 {
	sum := 0
	if counts := o.units[units]; counts != nil {
		for _, i := range l.owes {
			sum += o.rules[i].Weight * o.rules[i].Count * o.ended[i][k] * counts[i]
		}
	}
	return float64(sum)
}

func tupleKey(tuple []int) string {
	key := make([]int32, len(tuple))
	for i, at := range tuple {
		key[i] = int32(at)
	}
	return positionsKey(key)
}

//go:embed held.sql
var heldSQL string

// holdings writes the CTE of what was held by the schedules of leaves, and lays out what was owed.
func (b *builder) holdings(leaves []*leaf) {
	from := &source{name: "held", by: byRun}
	rules := b.rulesOf(leaves)
	b.owed = &owed{rules: rules, units: map[string][]int{}}
	columns := ""
	for _, l := range leaves {
		l.source, l.owes = from, b.among(rules, l.metric)
		l.columns[1], l.columns[3] = "", ""
		columns += fmt.Sprintf(`,
  sum(e.weight * least(h.n, e.due)) FILTER (WHERE h.rule IN (%s)) AS n%d, sum(h.n) FILTER (WHERE h.rule IN (%[1]s)) AS r%[2]d`, numberList(l.owes), l.i)
	}
	var types, periods []string
	var within [2]window // by p
	for i, s := range rules {
		ended := map[spanKey]int{}
		for _, sp := range b.spans {
			first, last := b.endedIn(s, sp)
			if !first.Before(last) {
				continue
			}
			lo, hi := periodNumber(s, first), periodNumber(s, last)
			ended[spanKey{sp.run, sp.prev}] = hi - lo
			periods = append(periods, fmt.Sprintf("(%d, %d, %d, %d, %d, %d, %d)", i, sp.run, flag(sp.prev), s.Weight, s.Count, lo, hi))
			within[flag(sp.prev)].take(first, last)
		}
		b.owed.ended = append(b.owed.ended, ended)
		types = append(types, s.Types...)
	}
	if len(periods) == 0 {
		periods = []string{"(0, 0, 0, 0, 0, 0, 0)"} // no number lies in it
	}
	owing := b.owing(rules, b.orgs, func(rule int, tuple []int) {
		if len(b.owed.ended[rule]) == 0 {
			return
		}
		key := tupleKey(tuple)
		if b.owed.units[key] == nil {
			b.owed.units[key] = make([]int, len(rules))
			b.beside = append(b.beside, tuple)
		}
		b.owed.units[key][rule]++
	})
	keys, group := b.unitKeys("h.")
	unitKeys, _ := b.unitKeys("o.")
	_, sql, _ := strings.Cut(heldSQL, "\nSELECT") // the header is for who reads the file
	b.keep(from.name, strings.NewReplacer(
		"{{keys}}", keys, "{{group}}", group, "{{unit_keys}}", unitKeys, "{{columns}}", columns, "{{owing}}", owing, "{{number}}", b.numberOf(rules, "a.held_at"),
		"{{activity}}", b.relation(catalog.ShapeActivity), "{{types}}", textList(types), "{{now}}", b.nowSQL(),
		"{{within}}", b.inWindows(within), "{{period}}", strings.Join(periods, ", "),
	).Replace("SELECT"+sql))
}

// window is a half-open interval of time; the zero one is empty.
type window struct{ from, to time.Time }

func (w *window) take(from, to time.Time) {
	if w.from.IsZero() || from.Before(w.from) {
		w.from = from
	}
	if to.After(w.to) {
		w.to = to
	}
}

// inWindows is the condition on an activity to lie in the period or the comparison. The outer limits come first: by them
// the database leaves out most of the table unread.
func (b *builder) inWindows(within [2]window) string {
	shift := b.cat.Site.DayShift()
	inside := func(w window) string {
		return fmt.Sprintf("a.held_at >= %s AND a.held_at < %s", b.bindTime(w.from.Add(-shift)), b.bindTime(w.to.Add(-shift)))
	}
	all := within[0]
	if !within[1].from.IsZero() {
		all.take(within[1].from, within[1].to)
	}
	switch {
	case all.from.IsZero():
		return "FALSE"
	case within[0].from.IsZero(), within[1].from.IsZero(), !within[0].from.After(within[1].to): // one alone, or no time between the two
		return inside(all)
	}
	return inside(all) + " AND (" + inside(within[0]) + " OR " + inside(within[1]) + ")"
}

// endedIn are the periods of a schedule that end in a span and not after now: from the beginning of the first to the end
// of the last.
func (p *plan) endedIn(s *catalog.Schedule, sp span) (first, last time.Time) {
	first, end := s.Period(sp.from)
	last = first
	for !end.After(sp.to) && !end.After(p.now()) {
		last = end
		_, end = s.Period(end)
	}
	return first, last
}

// owing is a SELECT of what an activity counts for: code (its unit), type, rule, unit (a position) and the columns of orgs;
// one row per rule, type, unit in force at the rule's level, and unit at or below that. Each unit that owes by a rule is told
// to owes, with the units of orgs.
func (b *builder) owing(rules []*catalog.Schedule, orgs []dim, owes func(rule int, tuple []int)) string {
	columns := []boundColumn{{name: "code", typ: "VARCHAR"}, {name: "type", typ: "VARCHAR"}, {name: "rule", typ: "INTEGER"}, {name: "unit", typ: "INTEGER"}}
	for _, d := range orgs {
		columns = append(columns, boundColumn{name: d.col, typ: "INTEGER"})
	}
	t := b.register.tree
	for _, n := range t.Nodes() {
		for _, a := range n.Above {
			up := t.Node(int(a))
			if !up.Valid || !b.inside[a-1] {
				continue
			}
			for i, s := range rules {
				if s.Level != up.Level {
					continue
				}
				tuple := make([]int, len(orgs))
				for j, d := range orgs {
					tuple[j] = t.At(up.Position, d.from)
				}
				if up.Position == n.Position && owes != nil {
					owes(i, tuple)
				}
				for _, typ := range s.Types {
					row := []string{n.Code, typ, strconv.Itoa(i), strconv.Itoa(up.Position)}
					for _, at := range tuple {
						row = append(row, positionText(at))
					}
					for j, v := range row {
						columns[j].values = append(columns[j].values, v)
					}
				}
			}
		}
	}
	return b.boundTable(columns)
}

// periodNumber counts the periods of a schedule's length: the number of the one that begins at a time.
func periodNumber(s *catalog.Schedule, from time.Time) int {
	if n := s.Months(); n > 0 {
		return (from.Year()*12 + int(from.Month()) - 1) / n
	}
	return dayNumber(from)
}

// numberOf is periodNumber of the period that holds a time, by the rule.
func (b *builder) numberOf(rules []*catalog.Schedule, at string) string {
	at = b.dayTime(at)
	return byRule(rules, func(s *catalog.Schedule) string {
		if n := s.Months(); n > 0 {
			return fmt.Sprintf("(year(%s) * 12 + month(%[1]s) - 1) // %d", at, n)
		}
		return fmt.Sprintf("CAST(%s AS DATE) - %s", at, date(epoch))
	})
}
