package warehouse

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TRUST T1: a process that loads is killed again and again; what it acknowledged is there, every job is whole.
func TestKilledWhileLoadingNothingAcknowledgedIsLost(t *testing.T) {
	kills := 2
	if soak() {
		kills = 100
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	var acked []int64
	for range kills {
		acked = append(acked, killLoader(t, dir, 1+r.IntN(12))...)
		w := openTest(t, dir, Options{})
		if lost := w.Lost(); len(lost) > 0 {
			t.Fatalf("lost: %+v", lost)
		}
		stored := map[string]bool{}
		for _, s := range texts(t, w, "SELECT since || ' ' || count(*) FROM record GROUP BY since") {
			stored[s] = true
		}
		for _, job := range acked {
			if !stored[fmt.Sprintf("%d 50", job)] {
				t.Fatalf("job %d was acknowledged and is not there whole", job)
			}
		}
		rep, err := w.Verify(context.Background())
		if err != nil || !rep.OK() || rep.Jobs < len(acked) || rep.Jobs != len(stored) {
			t.Fatalf("verify after %d acknowledged jobs: %+v, %v", len(acked), rep, err)
		}
		closeTest(t, w)
	}
}

// The trap: a kill inside a commit leaves a torn record at the WAL's end. DuckDB opens it without a word, writes the
// next commits behind the torn record, and at the next opening refuses the WAL or drops them.
func TestABareEngineWritesBehindATornRecord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "raw.duckdb")
	db, err := openRaw(file + "?checkpoint_threshold=1TB")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := execAll(db, "CREATE TABLE t (i INTEGER)", "CHECKPOINT", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"); err != nil {
		t.Fatal(err)
	}
	crash := func(from, to string, torn int) {
		for _, ext := range []string{"", ".wal"} {
			b := readFile(t, from+ext)
			if ext != "" {
				b = b[:len(b)-torn]
			}
			if err := os.WriteFile(to+ext, []byte(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	torn, again := file+"-torn", file+"-again"
	crash(file, torn, 5)
	next, err := openRaw(torn + "?checkpoint_threshold=1TB")
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if err := execAll(next, "INSERT INTO t VALUES (3)"); err != nil {
		t.Fatal(err)
	}
	crash(torn, again, 0)
	last, err := openRaw(again)
	if err != nil {
		return // refused: every commit of the WAL is gone
	}
	defer last.Close()
	var n int
	if err := last.QueryRow("SELECT count(*) FROM t WHERE i = 3").Scan(&n); err == nil && n == 1 {
		t.Error("the commit behind the torn record was read: reconsider the folding at start")
	}
}

// The same, with our start in between: wherever the kill tore the WAL, what is acknowledged afterwards is there after
// the next crash, and only the torn job, if it was acknowledged at all, is named.
func TestWhatIsAcknowledgedAfterATornRecordSurvivesTheNextCrash(t *testing.T) {
	k := keptDir(t)
	journal := strings.SplitAfter(string(k.files["journal.jsonl"]), "\n")
	start, end := k.ends[8], k.ends[9]
	cuts := []int64{start + 1, end - 1}
	if soak() {
		cuts = cuts[:0]
		for cut := start; cut < end; cut += 41 {
			cuts = append(cuts, cut)
		}
	}
	for _, cut := range cuts {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			dir := k.with(t, k.wal[:cut])
			// Killed inside the commit of job 9: it has no line yet.
			if err := os.WriteFile(Dir(dir).Journal(), []byte(strings.Join(journal[:8], "")), 0o600); err != nil {
				t.Fatal(err)
			}
			w := openTest(t, dir, Options{})
			if lost := w.Lost(); len(lost) > 0 {
				t.Errorf("named though never acknowledged: %+v", lost)
			}
			loadJob(t, w, 9)
			loadJob(t, w, 10)
			w = openTest(t, writeDir(t, readDir(t, dir)), Options{})
			want := strings.Fields("1 2 3 4 5 6 7 8 9 10")
			got := texts(t, w, "SELECT since FROM record GROUP BY since HAVING count(*) = 5 ORDER BY since")
			if !slices.Equal(got, want) {
				t.Errorf("stored jobs %v", got)
			}
			if r, err := w.Verify(context.Background()); err != nil || !r.OK() || r.Jobs != 10 {
				t.Errorf("verify: %+v, %v", r, err)
			}
		})
	}
}
