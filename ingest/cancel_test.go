package ingest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// longFile writes a ledger that is appended in several groups.
func longFile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("编号,日期,内容,状态\n")
	for i := range 2*blockRows + 1000 {
		b.WriteString(strconv.Itoa(i) + ",2026-01-05,路灯不亮，请尽快处理,办理中\n")
	}
	name := filepath.Join(t.TempDir(), "long.csv")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// goroutines counts those of our own. A thread of the database that has once called us keeps one, locked to it and idle, for
// as long as it lives.
func goroutines() (n int, stacks string) {
	buf := make([]byte, 1<<18)
	stacks = string(buf[:runtime.Stack(buf, true)])
	for one := range strings.SplitSeq(stacks, "\n\n") {
		if !strings.Contains(strings.SplitN(one, "\n", 2)[0], "locked to thread") {
			n++
		}
	}
	return n, stacks
}

// wantGoroutines waits until no more run than before.
func wantGoroutines(t *testing.T, before int) {
	t.Helper()
	n, stacks := goroutines()
	for deadline := time.Now().Add(10 * time.Second); n > before; n, stacks = goroutines() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before:\n%s", n, before, stacks)
		}
		runtime.Gosched()
	}
}

func TestALoadThatEndsInTheMiddle(t *testing.T) {
	s := newSite(t)
	name := longFile(t)
	cause := errors.New("the user left")
	for _, c := range []struct {
		name string
		stop func(f *os.File, cancel context.CancelCauseFunc)
		is   error
	}{
		{"cancelled", func(_ *os.File, cancel context.CancelCauseFunc) { cancel(cause) }, cause},
		{"the file can no longer be read", func(f *os.File, _ context.CancelCauseFunc) { f.Close() }, os.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			before, _ := goroutines()
			groups := 0
			_, err = s.in.Load(ctx, Request{File: f, Name: "long.csv", Profile: parse(t, numbered), Progress: func(int64, int64) {
				if groups++; groups == 1 {
					c.stop(f, cancel)
				}
			}})
			if !errors.Is(err, c.is) {
				t.Errorf("got %v, want %v", err, c.is)
			}
			wantGoroutines(t, before)
			s.want("SELECT (SELECT count(*) FROM record), (SELECT max(id) FROM job)", "0|1\n")
		})
	}
	t.Run("the next load works", func(t *testing.T) {
		s.t = t
		s.wantCounts(s.load(numbered, "编号,日期,内容,状态\n1,2026-01-05,甲,\n"), "rows 1, accepted 1")
	})
}
