package analytics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// scopeSite is a scope of the made-up site: the whole warehouse, in which it is asked for with a scope, and the one that
// holds only its rows (world.restricted), in which everything is.
type scopeSite struct {
	worldScope
	full, part *fixture
	engine     *Engine // of full, shared by all scopes
	cat        *catalog.Catalog
}

// scopes gives the two readers: in the whole warehouse and in the restricted one. Protected fields: nowhere, in some units,
// or everywhere in the scope.
func (s *scopeSite) scopes(petitions, care string) (scoped, alone units.Scope) {
	own := units.Under(strings.Fields(s.codes)...)
	reach := func(where string) (scoped, alone units.Reach) {
		switch where {
		case "some":
			some := units.Under(strings.Fields(s.few)...)
			return some, some
		case "all":
			return own, units.Reach{All: true}
		}
		return units.Reach{}, units.Reach{}
	}
	scoped, alone = units.Scope{Reach: own}, units.Everything()
	scoped.Petitions, alone.Petitions = reach(petitions)
	scoped.Care, alone.Care = reach(care)
	return scoped, alone
}

// TestScopeDifferential (TRUST A3): what a scoped caller reads in the whole warehouse is what anybody reads in a warehouse
// that holds only the rows and units of that scope; world.restricted says which these are. Only the data version may differ.
//
// Two exceptions are not asked for here. Numbers of people in care are shown below community level by the picture of the
// whole site, whoever asks, so they are asked for with the right to all of them. And a cell of a schedule over
// places counts what was held at the place whoever held it; here that is always its own unit.
func TestScopeDifferential(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	cat := siteFS{}.load(t)
	w := newWorld(t, rng, cat)
	full := w.load(t)
	engine := NewEngine(full.w, cat, EngineOptions{Wait: time.Hour})
	queries := 100 // of each scope
	switch {
	case os.Getenv("GRIDSTAR_SOAK") != "":
		queries = 3000
	case testing.Short():
		queries = 15
	}
	var sites []*scopeSite
	for _, s := range worldScopes {
		sites = append(sites, &scopeSite{s, full, w.restricted(s).load(t), engine, cat})
	}
	var answered, refused, lists atomic.Int64
	t.Run("scope", func(t *testing.T) {
		for i, s := range sites {
			t.Run(s.codes, func(t *testing.T) {
				t.Parallel()
				a := &asking{t, rand.New(rand.NewPCG(11, uint64(i))), s}
				a.extents()
				for n := range queries {
					q := a.query()
					if ok := a.same(q); ok {
						answered.Add(1)
					} else {
						refused.Add(1)
					}
					if n%3 == 0 && a.sameRows(a.rowQuery(q)) {
						lists.Add(1)
					}
				}
			})
		}
	})
	t.Logf("%d answers, %d refusals, %d lists compared", answered.Load(), refused.Load(), lists.Load())
	total := queries * len(sites)
	if int(answered.Load()) < total*3/4 || int(refused.Load()) < total/20 || int(lists.Load()) < total/10 {
		t.Errorf("too little to tell of %d queries: %d answers, %d refusals, %d lists", total, answered.Load(), refused.Load(), lists.Load())
	}

	// callers of all scopes ask the same questions in turn, twice: what was kept for one is not another's
	rng = rand.New(rand.NewPCG(3, 1))
	for range max(3, queries/25) {
		q := (&asking{t, rng, sites[0]}).question()
		var kept []*Answer
		for round := range 2 {
			for i, s := range sites {
				mine, theirs := q, q
				mine.Scope, theirs.Scope = s.scopes("", "all")
				got, err := engine.Ask(t.Context(), mine)
				if err != nil {
					t.Fatal(err)
				}
				if round > 0 {
					if kept[i] != got[0] {
						t.Errorf("%s: what was kept is not found again", s.codes)
					}
					continue
				}
				kept = append(kept, got[0])
				want, err := s.part.run(cat, theirs)
				if err != nil {
					t.Fatal(err)
				}
				if a, b := spelt(got[0]), spelt(want); a != b {
					t.Fatalf("%s asks %s\n%s", s.codes, asked(q), firstDifference(a, b))
				}
			}
		}
	}
}

// asking makes up questions about one scope.
type asking struct {
	t   *testing.T
	rng *rand.Rand
	*scopeSite
}

func (a *asking) pick(from ...string) string { return from[a.rng.IntN(len(from))] }
func (a *asking) chance(n int) bool          { return a.rng.IntN(n) == 0 }

// question is a query that both readers can ask; what it asks is most often possible.
func (a *asking) question() Query {
	q := Query{From: moment(a.t, a.pick("2026-01-01", "2026-01-01", "2026-02-10")), To: moment(a.t, a.pick("2026-05-01", "2026-04-01", "2026-03-17"))}
	q.Now = moment(a.t, a.pick("2026-03-10", "2026-06-01", "2026-03-16T10:05"))
	var metrics []string
	records := a.chance(2)
	for _, m := range a.cat.Metrics() {
		if !records || m.Shape == catalog.ShapeRecord {
			metrics = append(metrics, m.ID)
		}
	}
	if !records {
		metrics = append(metrics, "figure:甲", "figure_rate:甲", "figure:独有G31", "figure:独有"+a.pick(officialOrder...), "figure:plan_safety_lecture")
	}
	for range 1 + a.rng.IntN(3) {
		if m := a.pick(metrics...); !slices.Contains(q.Metrics, m) {
			q.Metrics = append(q.Metrics, m)
		}
	}
	levels := []string{"org:district", "org:street", "org:community", "org:community", "org:grid", "org:committee", "org:branch", "org:estate_branch", "org:cell", "org:household"}
	add := func(dim string) {
		if !slices.Contains(q.Dims, dim) {
			q.Dims = append(q.Dims, dim)
		}
	}
	if !a.chance(4) {
		add(a.pick(levels...))
	}
	if a.chance(4) {
		add(a.pick(levels...))
	}
	code := ""
	if records && a.chance(2) {
		code = a.pick("kind", "channel", "category", "category2", "status", "dept", "target_group", "resolved_level", "result", "weekday", "hour")
		add(code)
	}
	if a.chance(3) {
		add(a.pick("month", "quarter", "year", "week"))
	} else if len(q.Dims) == 0 {
		add("day")
	}
	a.rng.Shuffle(len(q.Dims), func(i, j int) { q.Dims[i], q.Dims[j] = q.Dims[j], q.Dims[i] })
	q.Compare = Compare(a.pick("", "", "", "prev", "yoy"))
	anywhere := a.pick(officialOrder...)
	if records && a.chance(3) {
		q.Where = []Filter{a.oneOf([]Filter{
			{"kind", []string{a.pick("SQ", "WX", "XFJ"), "CS"}},
			{"channel", []string{"渠道" + anywhere}},
			{"category", []string{"类" + anywhere, "消防安全"}},
			{"dept", []string{"承办" + anywhere}},
			{"dept", []string{""}},
			{"target_group", []string{"怪对象"}},
			{"status", []string{"已办结", ""}},
			{"weekday", []string{"1", "5"}},
		})}
	}
	if a.chance(8) {
		q.Limit = 1 + a.rng.IntN(10)
	}
	if code != "" && code != "weekday" && code != "hour" && a.chance(3) {
		q.Fold = []Fold{{code, []string{a.pick("SQ", "12345热线", "物业管理"), "类" + anywhere, "承办" + anywhere}}}
	}
	if a.chance(4) {
		one := int64(1)
		q.AsOf = &one
	}
	return q
}

func (a *asking) oneOf(all []Filter) Filter { return all[a.rng.IntN(len(all))] }

// query is a question about some unit, one that a reader may have or not, or a question with a mistake.
func (a *asking) query() Query {
	q := a.question()
	some := a.pick(append(officialOrder, "X0", "C", "G9", "朝阳社区")...)
	own := a.pick(strings.Fields(a.units[1])...)
	switch a.rng.IntN(24) {
	case 0:
		q.Org = some
	case 1:
		q.Where = append(q.Where, Filter{a.pick("org:community", "org:grid", "org:branch"), []string{some}})
	case 2: // a figure for a metric: one that some unit reports, one of the catalogue, one that nobody reports
		q.Metrics = append(q.Metrics, a.pick("独有"+a.pick(officialOrder...), "独有"+own, "甲", "plan_safety_lecture", "独有X0", "recieved"))
	case 3:
		version := int64(99)
		q.AsOf = &version
	case 4, 5, 6, 7, 8, 9:
		q.Org = own
	}
	return q
}

// rowQuery is the list behind a number of a query.
func (a *asking) rowQuery(q Query) RowQuery {
	q.Metrics, q.Dims, q.Compare, q.Limit, q.Fold = []string{a.pick(q.Metrics...)}, nil, NoCompare, 0, nil
	r := RowQuery{Query: q, Part: Part(a.pick("", "", "", "", "hit", "miss", "flagged", "excluded")), Limit: 1 + a.rng.IntN(60), Offset: a.rng.IntN(3) * 20, Desc: a.chance(2)}
	if a.chance(2) {
		r.Sort = a.pick("org", "org", "org", "received_at", "kind", "status", "dept", "subject", "due", "hours", "held_at")
	}
	if a.chance(4) {
		r.Where = append(slices.Clone(r.Where), Filter{a.pick("org:community", "org:grid", "org:branch", "org:street"), []string{""}})
	}
	if a.chance(6) {
		r.Where = []Filter{{"kind", []string{"XFJ"}}}
	}
	return r
}

// same asks both readers; ok says that there was an answer.
func (a *asking) same(q Query) (ok bool) {
	a.t.Helper()
	mine, theirs := q, q
	mine.Scope, theirs.Scope = a.scopes(a.pick("", "some", "all"), "all")
	want, wanted := a.part.run(a.cat, theirs)
	var got *Answer
	var err error
	by := a.pick("Run", "Ask")
	if by == "Run" {
		got, err = a.full.run(a.cat, mine)
	} else {
		var all []*Answer
		if all, err = a.engine.Ask(a.t.Context(), mine); err == nil {
			got = all[0]
		}
	}
	if a.refusal(by, asked(q), err, wanted) {
		return false
	}
	if x, y := spelt(got), spelt(want); x != y {
		a.t.Fatalf("%s of %s\n%s", by, asked(q), firstDifference(x, y))
	}
	for column := range got.Columns {
		if x, y := fmt.Sprint(Rank(got, column)), fmt.Sprint(Rank(want, column)); x != y {
			a.t.Fatalf("ranking of %s\n%s\n%s", asked(q), x, y)
		}
	}
	return true
}

// sameRows lists for both readers, a page and all rows as a file.
func (a *asking) sameRows(q RowQuery) (ok bool) {
	a.t.Helper()
	mine, theirs := q, q
	mine.Scope, theirs.Scope = a.scopes(a.pick("", "some", "all"), a.pick("", "some", "all"))
	name := fmt.Sprintf("rows %q sort %s desc %v from %d limit %d of %s for %+v", q.Part, q.Sort, q.Desc, q.Offset, q.Limit, asked(q.Query), mine.Scope)
	want, wanted := a.part.behind(a.cat, theirs)
	got, err := a.engine.Behind(a.t.Context(), mine)
	if a.refusal("behind", name, err, wanted) {
		return false
	}
	if x, y := speltRows(got), speltRows(want); x != y {
		a.t.Fatalf("%s\n%s", name, firstDifference(x, y))
	}
	var mineFile, theirFile bytes.Buffer
	if err := a.engine.WriteRows(a.t.Context(), mine, &mineFile); err != nil {
		a.t.Fatal(err)
	}
	err = a.part.w.View(a.t.Context(), func(v *warehouse.View) error { return WriteRows(a.t.Context(), v, a.cat, theirs, &theirFile) })
	if err != nil {
		a.t.Fatal(err)
	}
	if !bytes.Equal(mineFile.Bytes(), theirFile.Bytes()) {
		a.t.Fatalf("the file of %s\n%s", name, firstDifference(mineFile.String(), theirFile.String()))
	}
	return true
}

// refusal says whether both were refused; they must be, and in the same words.
func (a *asking) refusal(by, what string, err, wanted error) bool {
	a.t.Helper()
	if err == nil && wanted == nil {
		return false
	}
	var mine, theirs *Error
	if !errors.As(err, &mine) || !errors.As(wanted, &theirs) || mine.Text != theirs.Text || mine.Kind != theirs.Kind {
		a.t.Fatalf("%s of %s\nrefused with %v\nwant         %v", by, what, err, wanted)
	}
	return true
}

// extents compares the time that data is about.
func (a *asking) extents() {
	scoped, alone := a.scopes("", "")
	for _, now := range []string{"2026-01-05", "2026-02-20T12:00", "2026-08-01"} {
		find := func(f *fixture, scope units.Scope) (e Extent) {
			err := f.w.View(context.Background(), func(v *warehouse.View) (err error) {
				e, err = FindExtent(context.Background(), v, scope, moment(a.t, now))
				return err
			})
			if err != nil {
				a.t.Fatal(err)
			}
			return e
		}
		if got, want := find(a.full, scoped), find(a.part, alone); got != want || want.From.IsZero() {
			a.t.Errorf("extent on %s: %v, want %v", now, got, want)
		}
	}
}

// asked names a query.
func asked(q Query) string {
	asOf := "now"
	if q.AsOf != nil {
		asOf = fmt.Sprint(*q.AsOf)
	}
	return fmt.Sprintf("metrics %q dims %q from %s to %s now %s org %q where %q fold %q compare %q limit %d as of %s",
		q.Metrics, q.Dims, dateText(q.From), dateText(q.To), dateText(q.Now), q.Org, q.Where, q.Fold, q.Compare, q.Limit, asOf)
}

// spelt writes all of an answer but its data version, a row a line.
func spelt(a *Answer) string {
	var b strings.Builder
	fmt.Fprintln(&b, a.Dims, a.From, a.To, a.PrevFrom, a.PrevTo, a.PrevCut, a.Compare, a.Now, a.Catalog, a.Notes)
	for _, c := range a.Columns {
		fmt.Fprint(&b, c.ID, " ")
	}
	number := func(n *float64) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	for _, r := range a.Rows {
		fmt.Fprintf(&b, "\n%+v", r.Keys)
		for _, c := range r.Cells {
			fmt.Fprint(&b, " | ", number(c.Value), " ", c.N, " ", c.D, " ", c.HasD, " ", c.Note, " ", c.Covered, " ", c.Flagged, " ", number(c.Prev), " ", c.PrevCovered, " ",
				c.PrevN, " ", c.PrevD, " ", number(c.Change), " ", c.ChangeNote)
		}
	}
	return b.String()
}

// speltRows writes all of a page of rows but its data version.
func speltRows(p *RowPage) string {
	var b strings.Builder
	fmt.Fprintln(&b, p.Metric.ID, p.Shape, p.Columns, p.Total, p.Parts, p.From, p.To, p.Now, p.Catalog, p.Notes)
	for _, r := range p.Rows {
		fmt.Fprintf(&b, "%+v\n", r)
	}
	return b.String()
}

// firstDifference shows the first lines in which two texts differ.
func firstDifference(got, want string) string {
	x, y := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(x), len(y)) {
		var l, r string
		if i < len(x) {
			l = x[i]
		}
		if i < len(y) {
			r = y[i]
		}
		if l != r {
			return fmt.Sprintf("line %d of %d and %d\nscoped %s\nalone  %s", i+1, len(x), len(y), l, r)
		}
	}
	return "no difference"
}

func TestNoScopeSeesNothing(t *testing.T) {
	f := newFixture(t)
	q := Query{Metrics: []string{"received"}, From: moment(t, "2026-01-01"), To: moment(t, "2026-02-01"), Now: moment(t, "2026-02-01")}
	if _, err := f.run(siteFS{}.load(t), q); !errors.Is(err, ErrScope) {
		t.Errorf("error %v, want %v", err, ErrScope)
	}
}
