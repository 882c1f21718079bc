package warehouse

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func mustUndo(t testing.TB, w *Warehouse, job int64) Undone {
	t.Helper()
	u, err := w.Undo(context.Background(), job)
	if err != nil {
		t.Fatalf("undo %d: %v", job, err)
	}
	return u
}

func refusesUndo(t testing.TB, w *Warehouse, job int64, by ...int64) {
	t.Helper()
	var replaced *ReplacedError
	if _, err := w.Undo(context.Background(), job); !errors.As(err, &replaced) || replaced.Job != job || !slices.Equal(replaced.By, by) {
		t.Errorf("undo %d should name %v: %v", job, by, err)
	}
}

func liveIs(t testing.TB, w *Warehouse, want string) {
	t.Helper()
	if got := strings.Join(texts(t, w, "SELECT id || status || job FROM record ORDER BY id"), " "); got != want {
		t.Errorf("live: %q, want %q", got, want)
	}
}

func TestUndoOfAJobThatCorrectedARowTwice(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matter{"a", "甲", 1})                      // 1
	load(t, w, matter{"a", "乙", 2}, matter{"a", "丙", 3}) // 2 writes two copies and ends one of them itself
	liveIs(t, w, "a丙2")
	mustUndo(t, w, 2)
	liveIs(t, w, "a甲1")
	mustUndo(t, w, 3)
	liveIs(t, w, "a丙2")
	mustUndo(t, w, 2)
	mustUndo(t, w, 1)
	liveIs(t, w, "")
}

// An undo of an undo of an undo of an undo: the job is live, and can be undone.
func TestUndoLooksThroughAChainOfUndos(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matter{"a", "甲", 1})
	last := int64(1)
	for i := range 6 {
		last = mustUndo(t, w, last).Job
		liveIs(t, w, []string{"", "a甲1"}[i%2])
		_, err := w.Undo(context.Background(), 1)
		if i%2 == 0 {
			if err == nil || !strings.Contains(err.Error(), "作业 1 已由作业 2 撤销") {
				t.Errorf("step %d: the job is undone, a second undo says: %v", i, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("step %d: the job is live and cannot be undone: %v", i, err)
		}
		liveIs(t, w, "")
		mustUndo(t, w, w.lastJob) // put back for the next step
		liveIs(t, w, "a甲1")
	}
}

func TestUndoRefusesWhileALaterJobBuiltOnIt(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matter{"a", "甲", 1}, matter{"b", "甲", 2}) // 1
	load(t, w, matter{"a", "乙", 1})                      // 2
	load(t, w, matter{"b", "乙", 2})                      // 3
	refusesUndo(t, w, 1, 2, 3)
	mustUndo(t, w, 2) // 4
	refusesUndo(t, w, 1, 3)
	mustUndo(t, w, 3) // 5
	mustUndo(t, w, 1) // 6: the rows that 4 and 5 wrote again are the job's own
	liveIs(t, w, "")
	// To take 4 back would end a's first copy again, but that is gone with job 1.
	refusesUndo(t, w, 4, 6)
	mustUndo(t, w, 6)
	mustUndo(t, w, 4)
	liveIs(t, w, "a乙2 b甲1")
}

func TestUndoOfAJobThatOnlyEndsRows(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matter{"a", "甲", 1}, matter{"b", "甲", 2})
	j := begin(t, w, Spec{Spaces: []string{"test"}})
	if n, err := j.End(ctx, "record", "id = $1", "b"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := j.End(ctx, "record", "id = $1", "nobody"); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := j.Publish(ctx, Totals{}); err != nil {
		t.Fatal(err)
	}
	liveIs(t, w, "a甲1")
	if u := mustUndo(t, w, j.ID); u.Ended != 0 || u.Restored != 1 {
		t.Errorf("%+v", u)
	}
	liveIs(t, w, "a甲1 b甲1")
}

func TestUndoOfAJobWithoutRowsAndOfNoJob(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	j := begin(t, w, Spec{})
	if _, err := j.Publish(ctx, Totals{}); err != nil {
		t.Fatal(err)
	}
	if u := mustUndo(t, w, j.ID); u.Ended != 0 || u.Restored != 0 || u.Version != 2 {
		t.Errorf("%+v", u)
	}
	for _, no := range []int64{0, -1, 3, 1 << 62} {
		if _, err := w.Undo(ctx, no); !errors.Is(err, ErrNoJob) {
			t.Errorf("undo %d: %v", no, err)
		}
	}
	if w.Version() != 2 {
		t.Errorf("a refused undo made version %d", w.Version())
	}
}

// Units change by jobs too: the identity of org is code and valid_from, several rows may come from one file row.
func TestUndoOfUnits(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	publish := func(end string, values ...string) int64 {
		t.Helper()
		j := begin(t, w, Spec{All: true})
		if end != "" {
			if _, err := j.End(ctx, "org", "code = $1", end); err != nil {
				t.Fatal(err)
			}
		}
		for _, v := range values {
			if _, err := j.Exec(ctx, `INSERT INTO org (tree, code, level, name, sort, valid_from, job, row, since)
				SELECT 'area', v[1], 'grid', v[2], 1, DATE '2026-01-01', $1, 5, $1 FROM (SELECT string_split($2, ' ') AS v)`, j.ID, v); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := j.Publish(ctx, Totals{}); err != nil {
			t.Fatal(err)
		}
		return j.ID
	}
	units := func(want string) {
		t.Helper()
		if got := strings.Join(texts(t, w, "SELECT code || name FROM org ORDER BY 1"), " "); got != want {
			t.Errorf("units %q, want %q", got, want)
		}
	}
	first := publish("", "01 一", "02 二")
	second := publish("02", "02 贰")
	units("01一 02贰")
	refusesUndo(t, w, first, second)
	u := mustUndo(t, w, second)
	units("01一 02二")
	publish("02", "02 两")
	refusesUndo(t, w, u.Job, w.lastJob)
	refusesUndo(t, w, first, w.lastJob)
	mustUndo(t, w, w.lastJob)
	mustUndo(t, w, first)
	units("")
	if r, err := w.Verify(ctx); err != nil || !r.OK() {
		t.Errorf("verify: %+v, %v", r, err)
	}
}
