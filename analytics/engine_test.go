package analytics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// engineFixture has two units and, per publish, one matter of each of two kinds in the first of them: the counts of
// both kinds are equal at every data version.
func engineFixture(t *testing.T) (*fixture, Query) {
	f := newFixture(t)
	f.insert("org", [][]string{{"tree", "level", "code", "parent_code", "name"}, {"area", "street", "S1", "-", "红旗街道"}, {"area", "street", "S2", "-", "东风街道"}})
	f.publish()
	f.pair(0)
	q := Query{
		Metrics: []string{"received"}, From: moment(t, "2026-01-01"), To: moment(t, "2026-02-01"), Now: moment(t, "2026-01-20T10:07:31"),
		Scope: units.Everything(),
	}
	return f, q
}

func (f *fixture) pair(n int) {
	f.insert("record", [][]string{
		{"id", "kind", "org_code", "received_at"},
		{fmt.Sprint("a", n), "SQ", "S1", "2026-01-05"},
		{fmt.Sprint("b", n), "DB", "S1", "2026-01-06"},
	})
	f.publish()
}

func ofKind(q Query, kind string) Query {
	q.Where = []Filter{{"kind", []string{kind}}}
	return q
}

func jsonOf(t *testing.T, a *Answer) string {
	t.Helper()
	var b bytes.Buffer
	if err := a.JSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// until waits for a condition.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !cond(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("never came: ", what)
		}
	}
}

func TestEngineAnswersWhatRunAnswers(t *testing.T) {
	t.Parallel()
	f, q := engineFixture(t)
	cat := siteFS{}.load(t)
	e := NewEngine(f.w, cat, EngineOptions{})
	byUnit := q
	byUnit.Dims, byUnit.Compare = []string{"org:street"}, Prev
	got, err := e.Ask(t.Context(), q, byUnit)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range []Query{q, byUnit} {
		q.Now = moment(t, "2026-01-20T10:05")
		want, err := f.run(cat, q)
		if err != nil {
			t.Fatal(err)
		}
		if jsonOf(t, got[i]) != jsonOf(t, want) || !got[i].Now.Equal(q.Now) || got[i].Version != f.w.Version() {
			t.Errorf("query %d:\n%s, want\n%s (now %s)", i, jsonOf(t, got[i]), jsonOf(t, want), got[i].Now)
		}
	}
	later := q
	later.Now = q.Now.Add(2 * time.Minute) // 10:09 is in the same five minutes
	again, err := e.Ask(t.Context(), later)
	if err != nil || again[0] != got[0] {
		t.Errorf("asked anew within five minutes: %v", err)
	}
	f.pair(1)
	fresh, err := e.Ask(t.Context(), q)
	if err != nil || fresh[0].Rows[0].Cells[0].N != 4 || fresh[0].Version != got[0].Version+1 || e.Version() != fresh[0].Version {
		t.Errorf("after a job: %+v, %v", fresh, err)
	}
}

func TestEngineKeepsScopesApart(t *testing.T) {
	t.Parallel()
	f, q := engineFixture(t)
	e := NewEngine(f.w, siteFS{}.load(t), EngineOptions{})
	for range 2 {
		for scope, want := range map[string]float64{"*": 2, "S1": 2, "S2": 0} {
			q.Scope = units.Only(scope)
			if scope == "*" {
				q.Scope = units.Everything()
			}
			a, err := e.Ask(t.Context(), q)
			if err != nil || a[0].Rows[0].Cells[0].N != want {
				t.Errorf("scope %s sees %v, want %g (%v)", scope, a, want, err)
			}
		}
	}
	q.Scope = units.Scope{}
	if _, err := e.Ask(t.Context(), q); !errors.Is(err, ErrScope) {
		t.Errorf("no scope: %v", err)
	}
}

// Whatever field of a query differs, its key differs.
func TestKeysOfDifferentQueriesDiffer(t *testing.T) {
	n := int64(3)
	at := moment(t, "2026-01-01")
	base := Query{Metrics: []string{"received"}, Scope: units.Everything()}
	variants := map[string][]func(*Query){
		"Metrics": {func(q *Query) { q.Metrics = []string{"closed"} }, func(q *Query) { q.Metrics = []string{"received", "closed"} }, func(q *Query) { q.Metrics = []string{"received closed"} }, func(q *Query) { q.Metrics = []string{`received" "closed`} }},
		"Dims":    {func(q *Query) { q.Dims = []string{"month"} }},
		"From":    {func(q *Query) { q.From = at }},
		"To":      {func(q *Query) { q.To = at }},
		"Org":     {func(q *Query) { q.Org = "S1" }, func(q *Query) { q.Org = "S1\xff" }, func(q *Query) { q.Org = "S1\xfe" }},
		"Where":   {func(q *Query) { q.Where = []Filter{{"kind", []string{"SQ"}}} }, func(q *Query) { q.Where = []Filter{{"kind", []string{"SQ", ""}}} }},
		"Fold":    {func(q *Query) { q.Fold = []Fold{{"kind", []string{"SQ"}}} }, func(q *Query) { q.Fold = []Fold{{"kind", nil}} }},
		"Compare": {func(q *Query) { q.Compare = Prev }, func(q *Query) { q.Compare = YoY }},
		"Now":     {func(q *Query) { q.Now = at }},
		"AsOf":    {func(q *Query) { q.AsOf = &n }, func(q *Query) { q.AsOf = new(int64) }},
		"Units":   {func(q *Query) { q.Units = UnitsThen }},
		"Limit":   {func(q *Query) { q.Limit = 5 }},
		"Scope":   {func(q *Query) { q.Scope = units.Only("S1") }, func(q *Query) { q.Scope = units.Only("S1", "S2") }},
	}
	seen := map[string]string{base.key(): "base"}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Query]()) {
		if len(variants[f.Name]) == 0 {
			t.Errorf("the field %s has no variant here", f.Name)
		}
		for i, change := range variants[f.Name] {
			q := base
			change(&q)
			if other, ok := seen[q.key()]; ok {
				t.Errorf("%s %d has the key of %s", f.Name, i, other)
			}
			seen[q.key()] = fmt.Sprint(f.Name, i)
		}
	}
}

// While jobs publish, all answers of one Ask are from one data version.
func TestEngineAnswersFromOneVersionWhileJobsPublish(t *testing.T) {
	t.Parallel()
	f, q := engineFixture(t)
	e := NewEngine(f.w, siteFS{}.load(t), EngineOptions{})
	const jobs = 25
	var asking sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		asking.Go(func() {
			last := int64(0)
			for {
				a, err := e.Ask(context.Background(), ofKind(q, "SQ"), ofKind(q, "DB"), q)
				if err != nil {
					t.Error(err)
					return
				}
				sq, db, both := a[0].Rows[0].Cells[0].N, a[1].Rows[0].Cells[0].N, a[2].Rows[0].Cells[0].N
				if sq != db || both != sq+db || a[0].Version != a[1].Version || a[0].Version != a[2].Version || a[0].Version < last || sq != float64(a[0].Version-1) {
					t.Errorf("%g and %g of %g at versions %d, %d, %d after %d", sq, db, both, a[0].Version, a[1].Version, a[2].Version, last)
					return
				}
				last = a[0].Version
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := range jobs {
		f.pair(n + 1)
	}
	close(done)
	asking.Wait()
	a, err := e.Ask(context.Background(), q)
	if err != nil || a[0].Rows[0].Cells[0].N != 2*(jobs+1) {
		t.Errorf("at the end: %v %v", a, err)
	}
}

// A version that is guessed wrong is found out by the first snapshot.
func TestEngineFindsTheVersion(t *testing.T) {
	t.Parallel()
	f, q := engineFixture(t)
	e := NewEngine(f.w, siteFS{}.load(t), EngineOptions{})
	e.sawVersion(f.w.Version(), f.w.Version()-1)
	a, err := e.Ask(t.Context(), q)
	if err != nil || a[0].Version != f.w.Version() || e.Version() != f.w.Version() {
		t.Errorf("%v, %v; the engine says %d", a, err, e.Version())
	}
}

func TestMistakesAreNotKept(t *testing.T) {
	t.Parallel()
	f, q := engineFixture(t)
	e := NewEngine(f.w, siteFS{}.load(t), EngineOptions{})
	q.Org = "S3"
	for range 2 {
		if _, err := e.Ask(t.Context(), q); !errors.Is(err, ErrUnknownUnit) {
			t.Fatal(err)
		}
	}
	f.insert("org", [][]string{{"tree", "level", "code", "parent_code", "name"}, {"area", "street", "S3", "-", "新街道"}})
	f.publish()
	if a, err := e.Ask(t.Context(), q); err != nil || a[0].Rows[0].Cells[0].N != 0 {
		t.Errorf("%v %v", a, err)
	}
	bad := q
	bad.Metrics = []string{"nothing"}
	other := q
	other.From = time.Time{}
	if _, err := e.Ask(t.Context(), q, bad, other); !errors.Is(err, ErrUnknownMetric) {
		t.Errorf("the first mistake counts: %v", err)
	}
}

// hold takes a place in the gate until release is called.
func hold(t *testing.T, e *Engine) (release func()) {
	t.Helper()
	in, out, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- e.View(context.Background(), func(*warehouse.View) error {
			close(in)
			<-out
			return nil
		})
	}()
	<-in
	return func() {
		close(out)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAFullGateSaysSo(t *testing.T) {
	t.Parallel()
	f, q := engineFixture(t)
	e := NewEngine(f.w, siteFS{}.load(t), EngineOptions{Parallel: 1, Wait: 30 * time.Millisecond})
	before, err := e.Ask(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, e)
	if _, err := e.Ask(t.Context(), ofKind(q, "SQ")); !errors.Is(err, ErrBusy) || err.Error() != "当前访问较多，请稍后再试" {
		t.Errorf("Ask: %v", err)
	}
	if err := e.View(t.Context(), func(*warehouse.View) error { t.Error("admitted"); return nil }); !errors.Is(err, ErrBusy) {
		t.Errorf("View: %v", err)
	}
	if a, err := e.Ask(t.Context(), q); err != nil || a[0] != before[0] {
		t.Errorf("what is in memory needs no place: %v", err)
	}
	release()
	if _, err := e.Ask(t.Context(), ofKind(q, "SQ")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestACancelledQuestionLeavesAtOnce(t *testing.T) {
	f, q := engineFixture(t)
	e := NewEngine(f.w, siteFS{}.load(t), EngineOptions{Parallel: 1, Wait: time.Hour})
	goroutines := runtime.NumGoroutine()
	release := hold(t, e)
	ctx, cancel := context.WithCancel(context.Background())
	asked := make(chan error)
	go func() {
		_, err := e.Ask(ctx, q, ofKind(q, "SQ"))
		asked <- err
	}()
	until(t, "both questions wait", func() bool { return e.cache.underWay() == 2 })
	cancel()
	if err := <-asked; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	until(t, "nothing is under way", func() bool { return e.cache.underWay() == 0 })
	release()
	if _, err := e.Ask(context.Background(), q); err != nil {
		t.Error(err)
	}
	until(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
}

func (c *cache) underWay() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.flights)
}
