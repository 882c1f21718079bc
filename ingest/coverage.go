package ingest

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/warehouse"
)

// span collects, while a file is read, which kinds or measures it holds, of which units, and from when to when.
type span struct {
	seen   map[subject]*period
	stated map[period]bool     // the periods that a column states
	days   map[time.Time]*rows // main dates of what is no figure

	last struct { // what the fact before found in the maps: rows that follow one another are mostly alike
		of   subject
		p    *period
		day  time.Time
		rows *rows
	}
}

// rows are how many facts bear a date, and the first file row that does.
type rows struct {
	n     int64
	first int64
}

// subject is what coverage is counted by: a kind, type or measure of a shape. A ledger of figures has a row for
// each unit it covers, so there the unit counts too; in the others it is empty.
type subject struct{ shape, code, org string }

// period is half-open.
type period struct{ from, to time.Time }

func (p *period) widen(q period) {
	if q.from.IsZero() {
		return
	}
	if p.from.IsZero() || q.from.Before(p.from) {
		p.from = q.from
	}
	if q.to.After(p.to) {
		p.to = q.to
	}
}

func newSpan() *span {
	return &span{seen: map[subject]*period{}, stated: map[period]bool{}, days: map[time.Time]*rows{}}
}

// subjectColumn is what coverage is counted by in each shape.
var subjectColumn = map[string]string{"record": "kind", "activity": "type", "figure": "measure", "place": "type"}

// state notes the period that one row says the file covers.
func (s *span) state(p period) { s.stated[p] = true }

// see widens the span by one fact. A fact is dated by the day of its main date; a figure by its own period, and one
// without a number says nothing.
func (s *span) see(e *emitter, row int64) {
	col := e.of
	if col < 0 || !e.fact[col].set {
		return
	}
	var days period
	if e.measure >= 0 {
		if !e.fact[e.value].set && !e.fact[e.numerator].set {
			return
		}
		days = e.framed()
	} else {
		for _, m := range e.main {
			days.widen(dayOf(e.fact.timeAt(m)))
		}
		s.count(days.from, row)
	}
	if days.from.IsZero() {
		return
	}
	of := subject{shape: e.Shape.Name, code: e.fact[col].s}
	if e.measure >= 0 {
		of.org = e.fact[e.orgCode].s
	}
	if s.last.p == nil || s.last.of != of {
		p := s.seen[of]
		if p == nil {
			p = &period{}
			of.code, of.org = strings.Clone(of.code), strings.Clone(of.org) // a cell is part of its whole batch
			s.seen[of] = p
		}
		s.last.of, s.last.p = of, p
	}
	s.last.p.widen(days)
}

// count notes a row of a day.
func (s *span) count(day time.Time, row int64) {
	if day.IsZero() {
		return
	}
	if s.last.rows == nil || s.last.day != day {
		r := s.days[day]
		if r == nil {
			r = &rows{first: row}
			s.days[day] = r
		}
		s.last.day, s.last.rows = day, r
	}
	s.last.rows.n++
}

// framed is the time a figure speaks of: its period, else the day it states.
func (e *emitter) framed() period {
	from, to := e.fact.timeAt(e.periodFrom), e.fact.timeAt(e.periodTo)
	if from.Before(to) && !from.IsZero() {
		return period{from, to}
	}
	for _, col := range []int{e.asOf, e.periodFrom, e.periodTo} {
		if t := e.fact.timeAt(col); !t.IsZero() {
			return dayOf(t)
		}
	}
	return period{}
}

// dayOf is the whole day of a time; the zero period of the zero time.
func dayOf(t time.Time) period {
	if t.IsZero() {
		return period{}
	}
	return period{midnight(t), midnight(t).AddDate(0, 0, 1)}
}

// periods are what the file covers as a whole: the period that its title states, else those that a column states,
// else from the first to the last main date over all subjects.
func (s *span) periods(ctx fileContext) (ps []period, by string) {
	if !ctx.period.from.IsZero() {
		return []period{ctx.period}, "title"
	}
	if len(s.stated) > 0 {
		return slices.SortedFunc(maps.Keys(s.stated), func(a, b period) int {
			return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to))
		}), "column"
	}
	var whole period
	for of, p := range s.seen {
		if of.shape != "figure" {
			whole.widen(*p)
		}
	}
	if whole.from.IsZero() {
		return nil, ""
	}
	return []period{whole}, "dates"
}

// statement is one row of coverage to be written.
type statement struct {
	subject
	by string
	period
}

// statements are what the job covers (DESIGN §3), in a fixed order. The subjects are those the profile names and those
// that occur, for the unit given, else the whole site: a ledger of 诉求 without any of a kind still says that there was
// none. It cannot say so of days to come, so it covers nothing from until on. Figures are covered unit by unit and
// each for its own period.
func (c *collector) statements(until time.Time) []statement {
	var out []statement
	subjects := map[subject]bool{}
	for of, p := range c.covered.seen {
		if of.shape == "figure" {
			out = append(out, statement{of, "figure", *p})
			continue
		}
		for _, of.org = range c.owners() {
			subjects[of] = true
		}
	}
	for _, shape := range c.binding.Profile.Shapes() {
		for _, code := range c.binding.Profile.Covers {
			if _, ok := c.catalog.Lookup(codeList(shape, subjectColumn[shape]), code); ok {
				for _, org := range c.owners() {
					subjects[subject{shape, code, org}] = true
				}
			}
		}
	}
	ps, by := c.covered.periods(c.context)
	for _, p := range ps {
		if p.to.After(until) {
			p.to = until
		}
		if !p.from.Before(p.to) {
			continue
		}
		for of := range subjects {
			out = append(out, statement{of, by, p})
		}
	}
	slices.SortFunc(out, func(a, b statement) int {
		return cmp.Or(cmp.Compare(a.shape, b.shape), cmp.Compare(a.code, b.code), cmp.Compare(a.org, b.org), a.from.Compare(b.from))
	})
	return out
}

// writeCoverage writes what the job covers. A job that changed nothing adds only what no live statement says. A file
// of which no row could be taken delivered nothing.
//
// The Result tells all of it, whether or not it was known before; of figures, which may be thousands, the first
// shownCovers.
func (l *load) writeCoverage(ctx context.Context, res *Result) error {
	if l.produced == 0 {
		return nil
	}
	return l.cover(ctx, l.statements(midnight(l.now).AddDate(0, 0, 1)), res)
}

// cover writes statements and tells them in the Result.
func (l *load) cover(ctx context.Context, all []statement, res *Result) error {
	res.coverage = l.summary(all)
	for _, s := range all {
		if s.shape != "figure" || len(res.Covers) < shownCovers {
			res.Covers = append(res.Covers, Covered{s.shape, s.code, s.org, SiteTime{s.from}, SiteTime{s.to}, s.by})
		}
	}
	if res.Accepted == 0 {
		known, err := l.knownStatements(ctx)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(s statement) bool { return known[s.key()] })
	}
	if len(all) == 0 {
		return nil
	}
	sh := newSheet("coverage", l.in.Warehouse.Schema("coverage"))
	f := sh.fact()
	for i, s := range all {
		f.text(sh.column("shape"), s.shape)
		f.text(sh.column("subject"), s.code)
		f.text(sh.column("org_code"), s.org)
		f.time(sh.column("period_from"), s.from)
		f.time(sh.column("period_to"), s.to)
		f.text(sh.column("stated_by"), s.by)
		f.whole(sh.column("row"), int64(i+1))
		sh.keep(f)
	}
	return l.insertSheet(ctx, sh)
}

func (s statement) key() string {
	return strings.Join([]string{s.shape, s.code, s.org, s.from.Format(time.DateTime), s.to.Format(time.DateTime)}, "\x1f")
}

func (l *load) knownStatements(ctx context.Context) (map[string]bool, error) {
	keys, err := warehouse.Rows(ctx, l.job, func(r *sql.Rows) (string, error) {
		var s statement
		err := r.Scan(&s.shape, &s.code, &s.org, &s.from, &s.to)
		return s.key(), err
	}, "SELECT shape, subject, coalesce(org_code, ''), period_from, period_to FROM coverage")
	known := map[string]bool{}
	for _, k := range keys {
		known[k] = true
	}
	return known, err
}
