package ingest

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// span collects, while a file is read, which kinds or measures it holds, of which units, and from when to when.
type span struct {
	seen   map[subject]*period
	stated period // the union of the periods that a column states; zero where none does
}

// subject is what coverage is counted by: a kind, type or measure of a shape. A ledger of figures has a row for
// each unit it covers, so there the unit counts too; in the others it is empty.
type subject struct{ shape, code, org string }

// period is half-open.
type period struct{ from, to time.Time }

func (p *period) widen(q period) {
	if p.from.IsZero() || q.from.Before(p.from) {
		p.from = q.from
	}
	if q.to.After(p.to) {
		p.to = q.to
	}
}

func newSpan() *span { return &span{seen: map[subject]*period{}} }

// subjectColumn is what coverage is counted by in each shape.
var subjectColumn = map[string]string{"record": "kind", "activity": "type", "figure": "measure", "place": "type"}

// state widens the stated period by what one row says.
func (s *span) state(p period) { s.stated.widen(p) }

// see widens the span by one fact. A fact is dated by its main date; a figure by its whole period.
func (s *span) see(e *emitter) {
	col := e.sheet.column(subjectColumn[e.Shape.Name])
	if col < 0 || !e.fact[col].set {
		return
	}
	var days period
	for _, m := range e.main {
		if t := e.fact.timeAt(m); !t.IsZero() {
			days.widen(period{midnight(t), midnight(t)})
		}
	}
	if days.from.IsZero() {
		return
	}
	of := subject{shape: e.Shape.Name, code: e.fact[col].s}
	if of.shape == "figure" {
		of.org = e.fact[e.orgCode].s
	}
	if of.shape != "figure" || !days.to.After(days.from) {
		days.to = days.to.AddDate(0, 0, 1) // a day counts whole
	}
	p := s.seen[of]
	if p == nil {
		p = &period{}
		of.code, of.org = strings.Clone(of.code), strings.Clone(of.org) // a cell is part of its whole batch
		s.seen[of] = p
	}
	p.widen(days)
}

// statement is one row of coverage to be written.
type statement struct {
	subject
	by string
	period
}

// statements are what the job covers (DESIGN §3), in a fixed order. The period is the one that the title or a
// column states, else from the first to the last main date over all subjects: a ledger of 诉求 without any of a
// kind still says that there was none. The subjects are those the profile names and those that occur, for the unit
// given, else the whole site; figures are covered unit by unit and each for its own period.
func (s *span) statements(b *profile.Binding, ctx fileContext) []statement {
	whole, by := ctx.period, "title"
	if whole.from.IsZero() {
		whole, by = s.stated, "column"
	}
	if whole.from.IsZero() {
		by = "dates"
		for of, p := range s.seen {
			if of.shape != "figure" {
				whole.widen(*p)
			}
		}
	}
	var out []statement
	subjects := map[subject]bool{}
	for of, p := range s.seen {
		if of.shape == "figure" {
			out = append(out, statement{of, "figure", *p})
			continue
		}
		of.org = ctx.unit
		subjects[of] = true
	}
	for _, shape := range b.Profile.Shapes() {
		for _, code := range b.Profile.Covers {
			if shape != "figure" {
				subjects[subject{shape, code, ctx.unit}] = true
			}
		}
	}
	if !whole.from.IsZero() {
		for of := range subjects {
			out = append(out, statement{of, by, whole})
		}
	}
	slices.SortFunc(out, func(a, b statement) int {
		return cmp.Or(cmp.Compare(a.shape, b.shape), cmp.Compare(a.code, b.code), cmp.Compare(a.org, b.org))
	})
	return out
}

// writeCoverage writes what the job covers. A job that changed nothing adds only what no live statement says.
func (l *load) writeCoverage(ctx context.Context, changed bool) error {
	all := l.conv.covered.statements(l.conv.binding, l.conv.context)
	if !changed {
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
	rec := sh.take()
	defer rec.Release()
	return l.appendRecords(ctx, "coverage", []arrow.Record{rec})
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
