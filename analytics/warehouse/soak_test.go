package warehouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A run is the warehouse and the model side by side.
type run struct {
	t   *testing.T
	r   *rand.Rand
	w   *Warehouse
	m   *model
	log []string
}

func (r *run) note(format string, args ...any) { r.log = append(r.log, fmt.Sprintf(format, args...)) }

func (r *run) fatal(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("%s\nafter:\n%s", fmt.Sprintf(format, args...), strings.Join(r.log[max(0, len(r.log)-30):], "\n"))
}

func (r *run) matters() []matter {
	ms := make([]matter, 1+r.r.IntN(6))
	for i := range ms {
		ms[i] = matter{string(rune('a' + r.r.IntN(8))), []string{"待办", "办理中", "已办结"}[r.r.IntN(3)], int64(i + 1)}
	}
	return ms
}

func (r *run) load() {
	ms := r.matters()
	job, got, err := tryLoad(r.w, ms...)
	r.note("load %v: job %d", ms, job)
	if err != nil {
		r.fatal("load: %v", err)
	}
	if want := r.m.load(job, ms); got != want {
		r.fatal("settled %+v, want %+v", got, want)
	}
}

func (r *run) end() {
	ctx := context.Background()
	id := string(rune('a' + r.r.IntN(8)))
	j := begin(r.t, r.w, Spec{Spaces: []string{"test"}})
	n, err := j.End(ctx, "record", "id = $1", id)
	if err == nil {
		_, err = j.Publish(ctx, Totals{})
	}
	r.note("end %s: job %d", id, j.ID)
	if err != nil {
		r.fatal("end: %v", err)
	}
	if want := r.m.end(j.ID, id); n != want {
		r.fatal("ended %d, want %d", n, want)
	}
}

func (r *run) abandon() {
	j := begin(r.t, r.w, Spec{Spaces: []string{"test"}})
	_, err := j.Append(context.Background(), "record", records(r.w, r.matters()...))
	r.note("abandon %d", j.ID)
	if err != nil {
		r.fatal("append: %v", err)
	}
	j.Abandon()
}

func (r *run) undo() {
	if len(r.m.order) == 0 {
		return
	}
	// The latest jobs are the ones that can be undone most often.
	back := min(r.r.IntN(4)*r.r.IntN(4), len(r.m.order)-1)
	job := r.m.order[len(r.m.order)-1-back]
	undone, replaced := r.m.undone(job), r.m.mayUndo(job)
	u, err := r.w.Undo(context.Background(), job)
	r.note("undo %d: job %d, %v", job, u.Job, err)
	var by *ReplacedError
	switch {
	case undone:
		if err == nil || !strings.Contains(err.Error(), "撤销") || errors.As(err, &by) {
			r.fatal("job %d is undone: %v", job, err)
		}
	case replaced:
		if !errors.As(err, &by) || len(by.By) == 0 || slices.Contains(by.By, job) {
			r.fatal("rows of job %d were replaced: %v", job, err)
		}
	case err != nil:
		r.fatal("job %d can be undone: %v", job, err)
	default:
		r.m.undo(job, u.Job)
		if u.Restored != r.m.jobs[u.Job].rows || u.Ended != int64(len(r.m.jobs[u.Job].ended)) {
			r.fatal("undo %+v, want %d restored, %d ended", u, r.m.jobs[u.Job].rows, len(r.m.jobs[u.Job].ended))
		}
	}
}

func (r *run) reopen() {
	r.note("reopen")
	closeTest(r.t, r.w)
	r.w = openTest(r.t, string(r.w.dir), Options{Threads: 1})
}

// condemned: the engine is replaced in the process.
func (r *run) condemned() {
	r.note("condemn")
	breakEngine(r.t, r.w)
}

// crash goes on with what a kill -9 would have left; now and then the kill fell between COMMIT and the journal.
func (r *run) crash() {
	files := readDir(r.t, string(r.w.dir))
	lines := strings.SplitAfter(string(files["journal.jsonl"]), "\n")
	cut := len(lines) > 1 && r.r.IntN(2) == 0
	if cut {
		last := lines[len(lines)-2]
		files["journal.jsonl"] = []byte(strings.Join(lines[:len(lines)-2], "") + last[:r.r.IntN(len(last))])
	}
	r.note("crash, journal cut: %v", cut)
	old := r.w
	r.w = openTest(r.t, writeDir(r.t, files), Options{Threads: 1})
	closeTest(r.t, old)
	if err := os.RemoveAll(string(old.dir)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) check() {
	if v := r.w.Version(); v != int64(len(r.m.order)) {
		r.fatal("version %d of %d jobs", v, len(r.m.order))
	}
	ask := func(v *int64) []string {
		got := texts(r.t, r.w, fmt.Sprintf(liveSQL, Relation("record", v)))
		slices.Sort(got)
		return got
	}
	if diff := cmp.Diff(r.m.answer(), ask(nil)); diff != "" {
		r.fatal("live: %s", diff)
	}
	v := int64(r.r.IntN(len(r.m.history)))
	if diff := cmp.Diff(r.m.history[v], ask(&v)); diff != "" {
		r.fatal("as of %d: %s", v, diff)
	}
}

func (r *run) verify() {
	var rows int64
	for j := range maps.Values(r.m.jobs) {
		rows += j.rows
	}
	rep, err := r.w.Verify(context.Background())
	if err != nil || !rep.OK() || rep.Jobs != len(r.m.jobs) || rep.Rows != rows {
		r.fatal("verify %+v, %v; want %d jobs, %d rows", rep, err, len(r.m.jobs), rows)
	}
}

// TestModel runs for three seconds; with GRIDSTAR_SOAK for ten minutes, or until half a minute before the test
// binary's -timeout. The seed of a failure is in its name: GRIDSTAR_SEED repeats it.
func TestModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("GRIDSTAR_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	end := time.Now().Add(3 * time.Second)
	if soak() {
		end = time.Now().Add(10 * time.Minute)
		if limit, ok := t.Deadline(); ok && limit.Add(-30*time.Second).Before(end) {
			end = limit.Add(-30 * time.Second)
		}
	}
	for time.Now().Before(end) {
		t.Run(fmt.Sprint("GRIDSTAR_SEED=", seed), func(t *testing.T) {
			r := &run{t: t, r: rand.New(rand.NewPCG(seed, 0)), m: newModel()}
			r.w = openTest(t, t.TempDir(), Options{Threads: 1})
			for range 60 {
				switch n := r.r.IntN(100); {
				case n < 40:
					r.load()
				case n < 50:
					r.end()
				case n < 55:
					r.abandon()
				case n < 85:
					r.undo()
				case n < 89:
					r.reopen()
				case n < 93:
					r.crash()
				case n < 96:
					r.condemned()
				default:
					r.verify()
				}
				r.check()
			}
			r.verify()
		})
		seed++
	}
}
