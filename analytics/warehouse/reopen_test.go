package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAReaderIsRunAgainWhenTheEngineIsReplacedUnderIt(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matters("a", 3)...)
	runs := 0
	var got []string
	err := w.View(ctx, func(v *View) (err error) {
		if runs++; runs == 1 {
			breakEngine(t, w)
		}
		got, err = Rows(ctx, v, scanText, "SELECT id FROM record ORDER BY id")
		return err
	})
	if err != nil || runs != 2 || strings.Join(got, " ") != "a0 a1 a2" {
		t.Errorf("%v after %d runs: %v", got, runs, err)
	}
	// Again and again, and it is told.
	err = w.View(ctx, func(v *View) (err error) {
		breakEngine(t, w)
		_, err = v.Query(ctx, "SELECT 1")
		return err
	})
	if !errors.Is(err, ErrReopened) {
		t.Errorf("an engine that breaks under every reader: %v", err)
	}
}

// A query that runs when the engine is condemned ends at once, so that the reopening does not wait for it.
func TestARunningQueryDoesNotHoldUpTheReopening(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	const endless = "SELECT count(*) FROM range(100000000000) a(i), range(100000) b(j) WHERE i * j % 7 = 3"
	errs := make(chan error, 2)
	started := make(chan struct{}, 3)
	go func() {
		errs <- w.View(ctx, func(v *View) error {
			started <- struct{}{}
			_, err := Rows(ctx, v, scanText, endless)
			return err
		})
	}()
	go func() {
		j, err := w.Begin(ctx, Spec{})
		if err == nil {
			defer j.Abandon()
			started <- struct{}{}
			_, err = j.Query(ctx, endless)
		}
		errs <- err
	}()
	<-started
	<-started
	breakEngine(t, w) // the reader runs once more
	<-started
	breakEngine(t, w)
	for range 2 {
		if err := <-errs; !errors.Is(err, ErrReopened) {
			t.Errorf("the query ended with: %v", err)
		}
	}
	load(t, w, matters("a", 1)...)
}

func TestACallerThatGivesUpStopsItsQuery(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{Readers: 1})
	ctx, cancel := context.WithCancel(context.Background())
	err := w.View(ctx, func(v *View) error {
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := Rows(ctx, v, scanText, "SELECT count(*) FROM range(100000000000) a(i), range(100000) b(j) WHERE i * j % 7 = 3")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the query ended with: %v", err)
	}
	load(t, w, matters("a", 1)...) // neither the place at the gate nor the engine is lost
}

func TestReadersWaitAtTheGate(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{Readers: 1})
	err := w.View(context.Background(), func(*View) error {
		return w.View(soon(t), func(*View) error { return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second reader at a gate for one: %v", err)
	}
}

// Jobs that are under way when the engine is replaced fail as a whole; those after it do not notice.
func TestAJobUnderWayAtAReopeningLeavesNothing(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	steps := map[string]func(j *Job) error{
		"append":  func(j *Job) error { _, err := j.Append(ctx, "record", records(w, matters("x", 3)...)); return err },
		"settle":  func(j *Job) error { _, err := j.Settle(ctx, "record", false); return err },
		"end":     func(j *Job) error { _, err := j.End(ctx, "record", "true"); return err },
		"query":   func(j *Job) error { _, err := j.Query(ctx, "SELECT 1"); return err },
		"publish": func(j *Job) error { _, err := j.Publish(ctx, Totals{}); return err },
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := j.Append(ctx, "record", records(w, matters("lost", 3)...)); err != nil {
				t.Fatal(err)
			}
			breakEngine(t, w)
			if err := step(j); !errors.Is(err, ErrReopened) {
				t.Errorf("the step: %v", err)
			}
			j.Abandon()
			load(t, w, matters("a", 1)...)
		})
	}
	soundWith(t, w, len(steps), "a0")
}

// Readers, jobs, verify and reopenings at once; run with -race. What was acknowledged is there in the end.
func TestReopeningsUnderMixedLoad(t *testing.T) {
	ctx := context.Background()
	before := runtime.NumGoroutine()
	w := openTest(t, t.TempDir(), Options{Readers: 3})
	var wg sync.WaitGroup
	var mu sync.Mutex
	var acked []string
	allowed := func(err error) bool { return err == nil || errors.Is(err, ErrReopened) }
	for g := range 3 {
		wg.Go(func() {
			for i := range 15 {
				prefix := fmt.Sprintf("%d-%d-", g, i)
				_, _, err := tryLoadIn(w, fmt.Sprint("space", g), matters(prefix, 3)...)
				if !allowed(err) {
					t.Errorf("a job: %v", err)
				}
				if err == nil {
					mu.Lock()
					acked = append(acked, prefix)
					mu.Unlock()
				}
			}
		})
		wg.Go(func() {
			for range 20 {
				err := w.View(ctx, func(v *View) error {
					n, err := Rows(ctx, v, func(r *sql.Rows) (n int, err error) { return n, r.Scan(&n) }, "SELECT count(*) % 3 FROM record")
					if err == nil && n[0] != 0 {
						t.Error("a part of a job was seen")
					}
					return err
				})
				if !allowed(err) {
					t.Errorf("a reader: %v", err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 4 {
			if r, err := w.Verify(ctx); !allowed(err) || err == nil && !r.OK() {
				t.Errorf("verify: %+v, %v", r, err)
			}
			if err := w.AcceptLoss(); !allowed(err) {
				t.Errorf("accepting nothing: %v", err)
			}
		}
	})
	wg.Go(func() {
		for range 5 {
			breakEngine(t, w)
			w.Schema("record")
			w.View(ctx, func(*View) error { return nil }) // waits for the reopening
		}
	})
	wg.Wait()
	stored := texts(t, w, "SELECT id FROM record")
	if len(stored) != 3*len(acked) || len(acked) == 0 {
		t.Errorf("%d rows of %d jobs", len(stored), len(acked))
	}
	if r, err := w.Verify(ctx); err != nil || !r.OK() || r.Jobs != len(acked) {
		t.Errorf("verify: %+v, %v", r, err)
	}
	closeTest(t, w)
	eventually(t, "every goroutine ends", func() bool { return runtime.NumGoroutine() <= before })
}

func TestCloseWaitsAndEndsEverything(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(ctx, "record", records(w, matters("a", 1)...)); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- w.Close() }()
	eventually(t, "new work is refused", func() bool {
		return errors.Is(w.View(ctx, func(*View) error { return nil }), ErrClosed)
	})
	select {
	case <-closed:
		t.Fatal("closed under a running job")
	default:
	}
	if _, err := j.Publish(ctx, Totals{}); err != nil {
		t.Errorf("the running job: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if err := refused(t, w, Spec{}); !errors.Is(err, ErrClosed) {
		t.Errorf("a job after the close: %v", err)
	}
	if _, err := w.Verify(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("verify after the close: %v", err)
	}
	if n := w.walBytes(); n != 0 {
		t.Errorf("%d bytes of WAL were not folded", n)
	}
	w.lease.Release()
	soundWith(t, openTest(t, dir, Options{}), 1, "a0")
}

func TestCloseDuringAReopeningWaitsForIt(t *testing.T) {
	for range 3 {
		dir := t.TempDir()
		w := openTest(t, dir, Options{})
		load(t, w, matters("a", 1)...)
		breakEngine(t, w)
		closeTest(t, w)
		soundWith(t, openTest(t, dir, Options{}), 1, "a0")
	}
}
