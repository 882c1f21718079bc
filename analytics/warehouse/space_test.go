package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func begin(t testing.TB, w *Warehouse, s Spec) *Job {
	t.Helper()
	s.Verb = "ingest"
	j, err := w.Begin(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Abandon)
	return j
}

// waits says that a job of the spec has to wait now.
func waits(t testing.TB, w *Warehouse, s Spec) {
	t.Helper()
	if j, err := w.Begin(soon(t), s); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v did not wait: %v", s, err)
		if err == nil {
			j.Abandon()
		}
	}
}

// refused says that no job of the spec can be begun, and why.
func refused(t testing.TB, w *Warehouse, s Spec) error {
	t.Helper()
	j, err := w.Begin(context.Background(), s)
	if err == nil {
		j.Abandon()
		t.Errorf("%+v was begun", s)
	}
	return err
}

func TestJobsThatCouldTouchTheSameRowsRunOneAfterAnother(t *testing.T) {
	a, b, ab, all, none := Spec{Spaces: []string{"a"}}, Spec{Spaces: []string{"b"}}, Spec{Spaces: []string{"a", "b", "a"}}, Spec{All: true}, Spec{}
	for _, c := range []struct {
		name          string
		held          Spec
		wait, proceed []Spec
	}{
		{"one space", a, []Spec{a, ab, all}, []Spec{b, none}},
		{"two spaces", ab, []Spec{a, b, ab, all}, []Spec{none}},
		{"all spaces", all, []Spec{a, b, all, none}, nil},
		{"no space", none, []Spec{all}, []Spec{a, ab, none}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := openTest(t, t.TempDir(), Options{})
			j := begin(t, w, c.held)
			for _, s := range c.wait {
				waits(t, w, s)
			}
			for _, s := range c.proceed {
				begin(t, w, s).Abandon()
			}
			j.Abandon()
			for _, s := range append(c.wait, c.held) {
				begin(t, w, s).Abandon()
			}
		})
	}
}

// The job that waits for all spaces goes before those that come after it, or it would wait for ever.
func TestAJobForAllSpacesGoesBeforeNewcomers(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	first := begin(t, w, Spec{Spaces: []string{"a"}})
	waiting := func(n int) func() bool {
		return func() bool { w.spaces.mu.Lock(); defer w.spaces.mu.Unlock(); return w.spaces.waitingAll == n }
	}
	got := make(chan *Job)
	go func() {
		j, err := w.Begin(ctx, Spec{All: true})
		if err != nil {
			t.Error(err)
		}
		got <- j
	}()
	eventually(t, "it waits", waiting(1))
	waits(t, w, Spec{Spaces: []string{"b"}})

	// One that gives up lets the newcomers pass again only when no other waits.
	cctx, cancel := context.WithCancel(ctx)
	gaveUp := make(chan error)
	go func() { _, err := w.Begin(cctx, Spec{All: true}); gaveUp <- err }()
	eventually(t, "a second one waits", waiting(2))
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	waits(t, w, Spec{Spaces: []string{"b"}})

	first.Abandon()
	all := <-got
	waits(t, w, Spec{Spaces: []string{"b"}})
	all.Abandon()
	begin(t, w, Spec{Spaces: []string{"b"}}).Abandon()
}

func TestNewcomersPassOnceTheJobForAllSpacesHasGivenUp(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	begin(t, w, Spec{Spaces: []string{"a"}})
	cctx, cancel := context.WithCancel(context.Background())
	gaveUp, passed := make(chan error), make(chan error)
	go func() { _, err := w.Begin(cctx, Spec{All: true}); gaveUp <- err }()
	eventually(t, "it waits", func() bool { w.spaces.mu.Lock(); defer w.spaces.mu.Unlock(); return w.spaces.waitingAll == 1 })
	go func() {
		j, err := w.Begin(context.Background(), Spec{Spaces: []string{"b"}})
		if err == nil {
			j.Abandon()
		}
		passed <- err
	}()
	cancel()
	<-gaveUp
	if err := <-passed; err != nil {
		t.Error(err)
	}
}

// A job sees what the one before it in its space published: no key lives twice.
func TestTheNextJobOfASpaceSeesThePreviousOne(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	first := begin(t, w, Spec{Spaces: []string{"test"}})
	if _, err := first.Append(ctx, "record", records(w, matters("a", 3)...)); err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		s   Settled
		err error
	}
	second := make(chan outcome)
	go func() {
		_, s, err := tryLoad(w, append(matters("a", 2), matter{"a2", "已办结", 3})...)
		second <- outcome{s, err}
	}()
	waits(t, w, Spec{Spaces: []string{"test"}})
	if _, err := first.Publish(ctx, Totals{}); err != nil {
		t.Fatal(err)
	}
	if o := <-second; o.err != nil || o.s != (Settled{Accepted: 1, Replaced: 1, Unchanged: 2}) {
		t.Errorf("second job: %+v", o)
	}
	soundWith(t, w, 2, "a0 a1 a2")
}

// Small jobs of other spaces are published while a big one is under way, which sees none of them and loses nothing.
func TestSmallJobsPassBesideABigOne(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	const rows = 10_000
	big := begin(t, w, Spec{Spaces: []string{"big"}})
	for part := range 2 {
		if _, err := big.Append(ctx, "record", records(w, matters(fmt.Sprintf("big-%d-", part), rows)...)); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if _, _, err := tryLoadIn(w, "small", matters(fmt.Sprintf("small-%d-%d-", part, i), 2)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A checkpoint is refused now; that is no failure.
	if done, err := w.checkpoint(ctx); done || err != nil {
		t.Errorf("checkpoint beside an open job: %v, %v", done, err)
	}
	if n := texts(t, w, "SELECT count(*) FROM record"); n[0] != "12" {
		t.Errorf("readers see %s rows before the big job is published", n[0])
	}
	if s, err := big.Settle(ctx, "record", false); err != nil || s.Accepted != 2*rows {
		t.Fatal(s, err)
	}
	if v, err := big.Publish(ctx, Totals{}); err != nil || v != 7 {
		t.Errorf("version %d: %v", v, err)
	}
	if w.afterLargeJob(largeJobRows - 1); w.walBytes() == 0 {
		t.Error("folded after a small job")
	}
	w.afterLargeJob(largeJobRows)
	if w.folds.Wait(); w.walBytes() != 0 {
		t.Errorf("%d bytes of WAL after a large job", w.walBytes())
	}
	if r, err := w.Verify(ctx); err != nil || !r.OK() || r.Jobs != 7 || r.Rows != 2*rows+12 {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

// Beyond maxWAL a new job waits until those under way have ended and the WAL is folded.
func TestAJobWaitsWhileTheWALIsTooLarge(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	open := begin(t, w, Spec{Spaces: []string{"a"}})
	load(t, w, matters("a", 1)...)
	w.maxWAL = w.walBytes() - 1
	waits(t, w, Spec{Spaces: []string{"b"}})
	open.Abandon()
	begin(t, w, Spec{Spaces: []string{"b"}}).Abandon()
	if n := w.walBytes(); n != 0 {
		t.Errorf("the WAL has %d bytes", n)
	}
}

func TestUnderTheFloorOfFreeSpaceReadersAreServedAndJobsRefused(t *testing.T) {
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	load(t, w, matters("a", 1)...)
	running := begin(t, w, Spec{Spaces: []string{"test"}})
	free, err := w.dir.freeBytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := refused(t, w, Spec{InputBytes: int64(free/3) + 1<<30}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("an input three times which does not fit: %v", err)
	}
	w.opts.MinFree = 1 << 62
	if err := refused(t, w, Spec{}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a new job: %v", err)
	}
	if _, err := running.Publish(context.Background(), Totals{}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a running job: %v", err)
	}
	if diff := cmp.Diff([]string{"a0"}, texts(t, w, "SELECT id FROM record")); diff != "" {
		t.Error(diff)
	}
	// A start below the floor serves readers too, with the WAL as it is.
	w2 := openTest(t, writeDir(t, readDir(t, dir)), Options{MinFree: 1 << 62})
	soundWith(t, w2, 1, "a0")
	if err := refused(t, w2, Spec{}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a job below the floor: %v", err)
	}
	w2.opts.MinFree = 1
	load(t, w2, matters("b", 1)...)
	if strings.Contains(readFile(t, w2.dir.Journal()), `"seq":3`) {
		t.Error("a refused job has a version")
	}
	soundWith(t, w2, 2, "a0 b0")
}
