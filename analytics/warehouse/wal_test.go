package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func lostJobs(w *Warehouse) []int64 {
	var ids []int64
	for _, e := range w.Lost() {
		ids = append(ids, e.Job)
	}
	return ids
}

// survives opens a damaged copy and holds it to what is promised, whatever became of the WAL; it returns the jobs
// that were lost.
func survives(t *testing.T, dir string, damaged []byte) (lost []int64) {
	t.Helper()
	ctx := context.Background()
	w := openTest(t, dir, Options{})
	lost = lostJobs(w)
	var want []string
	for n := int64(1); n <= 9; n++ {
		if !slices.Contains(lost, n) {
			want = append(want, fmt.Sprintf("%d 5", n))
		}
	}
	if diff := cmp.Diff(want, texts(t, w, "SELECT since || ' ' || count(*) FROM record GROUP BY since ORDER BY 1")); diff != "" {
		t.Errorf("lost %v are named, stored: %s", lost, diff)
	}
	if bad := strangers(t, w); len(bad) > 0 {
		t.Errorf("wrong strings in %v", bad)
	}
	if r, err := w.Verify(ctx); err != nil || r.OK() != (len(lost) == 0) || len(r.Damaged) > 0 || len(r.Lost) != len(lost) {
		t.Errorf("verify with %v lost: %+v, %v", lost, r, err)
	}
	if job, _ := load(t, w, matters("new-", 5)...); job != 10 || w.Version() != 10 {
		t.Errorf("the next job is %d, version %d; the journal's highest is 9", job, w.Version())
	}
	keepsEvidence(t, dir, lost, damaged)
	// A crash now, and the job acknowledged after the damage is still there.
	after := openTest(t, writeDir(t, readDir(t, dir)), Options{})
	if diff := cmp.Diff(lost, lostJobs(after)); diff != "" {
		t.Errorf("lost after another crash: %s", diff)
	}
	if err := after.AcceptLoss(); err != nil {
		t.Fatal(err)
	}
	if r, err := after.Verify(ctx); err != nil || !r.OK() || r.Jobs != 10-len(lost) {
		t.Errorf("verify after the loss was accepted: %+v, %v", r, err)
	}
	closeTest(t, after)
	closeTest(t, w)
	return lost
}

// keepsEvidence: the damaged WAL is kept exactly where jobs are lost. Folding may have put its mark behind it.
func keepsEvidence(t *testing.T, dir string, lost []int64, damaged []byte) {
	t.Helper()
	files, err := filepath.Glob(Dir(dir).WAL() + ".damaged-*")
	if err != nil {
		t.Fatal(err)
	}
	if want := len(lost) > 0 && len(damaged) > 0; len(files) > 1 || want != (len(files) == 1) {
		t.Errorf("lost %v, kept %v", lost, files)
		return
	}
	if _, err := os.Lstat(Dir(dir).keptWAL()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the WAL's second name is left: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || !bytes.HasPrefix(b, damaged) || len(b) > len(damaged)+100 {
			t.Errorf("%s: %d bytes, not the damaged WAL of %d: %v", f, len(b), len(damaged), err)
		}
	}
}

func TestAWholeWALLosesNothing(t *testing.T) {
	k := keptDir(t)
	if lost := survives(t, k.with(t, k.wal), k.wal); len(lost) != 0 {
		t.Errorf("lost %v", lost)
	}
}

func TestAnAcceptedLossIsNotNamedAgain(t *testing.T) {
	k := keptDir(t)
	dir := k.with(t, k.wal[:k.ends[7]])
	w := openTest(t, dir, Options{})
	if err := w.AcceptLoss(); err != nil {
		t.Fatal(err)
	}
	if err := w.AcceptLoss(); err != nil { // nothing is left to accept
		t.Fatal(err)
	}
	closeTest(t, w)
	w = openTest(t, dir, Options{})
	if got := lostJobs(w); len(got) != 0 {
		t.Errorf("named again: %v", got)
	}
	if job, _ := load(t, w, matters("new-", 1)...); job != 10 || w.Version() != 10 {
		t.Errorf("job %d, version %d", job, w.Version())
	}
	if r, err := w.Verify(context.Background()); err != nil || !r.OK() || r.Jobs != 8 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	if n := strings.Count(readFile(t, w.dir.Journal()), "accepted_loss"); n != 1 {
		t.Errorf("the journal records %d acceptances", n)
	}
}

// The trap: DuckDB opens a shortened WAL without a word.
func TestAShortenedWALIsNamedWithItsJobs(t *testing.T) {
	k := keptDir(t)
	cuts := []int64{0, k.ends[4] - 1, k.ends[6], k.ends[8] + 700}
	if soak() {
		for _, end := range k.ends {
			cuts = append(cuts, end-1, end, end+1)
		}
		for i := int64(0); i < k.ends[9]; i += 97 {
			cuts = append(cuts, i)
		}
	}
	for _, cut := range cuts {
		if cut > k.ends[9] {
			continue
		}
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			var want []int64
			for n := int64(4); n <= 9; n++ {
				if k.ends[n] > cut {
					want = append(want, n)
				}
			}
			wal := k.wal[:cut]
			if diff := cmp.Diff(want, survives(t, k.with(t, wal), wal)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		if diff := cmp.Diff([]int64{4, 5, 6, 7, 8, 9}, survives(t, k.with(t, nil), nil)); diff != "" {
			t.Error(diff)
		}
	})
}

// Whatever is wrong in the WAL, the main file's jobs are whole, and those of the WAL are there or named.
func TestADamagedWALIsSetAside(t *testing.T) {
	k := keptDir(t)
	r := rand.New(rand.NewPCG(1, 2))
	many := 2
	if soak() {
		many = 150
	}
	refused := 0
	damage := func(name string, change func(b []byte)) {
		t.Run(name, func(t *testing.T) {
			wal := bytes.Clone(k.wal)
			change(wal)
			lost := survives(t, k.with(t, wal), wal)
			for i, n := range lost {
				if n < 4 || i > 0 && n != lost[i-1]+1 || n+int64(len(lost)-i) != 10 {
					t.Errorf("lost %v: not the end of 4 to 9", lost)
				}
			}
			if len(lost) == 6 {
				refused++
			}
		})
	}
	for i := range many {
		at, bit := r.IntN(len(k.wal)), r.IntN(8)
		damage(fmt.Sprintf("bit %d of byte %d", bit, at), func(b []byte) { b[at] ^= 1 << bit })
		page := at &^ 4095
		if i%2 == 0 {
			damage(fmt.Sprintf("4 KiB of zeros at %d", page), func(b []byte) { clear(b[page:min(page+4096, len(b))]) })
		}
	}
	damage("text", func(b []byte) { copy(b, strings.Repeat("这不是预写日志", len(b)/21)) })
	if refused == 0 {
		t.Error("no WAL was refused: the setting aside was not tested")
	}
}

// An old WAL beside a newer file: DuckDB 1.1 replays it once more.
func TestAnOldWALBesideANewerFileIsReported(t *testing.T) {
	k := keptDir(t)
	dir := k.with(t, k.wal)
	w := openTest(t, dir, Options{})
	closeTest(t, w) // folded
	if err := os.WriteFile(w.dir.WAL(), k.wal, 0o600); err != nil {
		t.Fatal(err)
	}
	w = openTest(t, dir, Options{})
	r, err := w.Verify(context.Background())
	if err != nil || r.OK() {
		t.Fatalf("verify: %+v, %v", r, err)
	}
	contains(t, strings.Join(r.Damaged, "；"), "作业 4 在数据库中有 2 条记载，应为 1 条")
}

func TestAMissingMainFileLosesItsJobsByName(t *testing.T) {
	k := keptDir(t)
	dir := k.with(t, k.wal)
	if err := os.Remove(Dir(dir).Database()); err != nil {
		t.Fatal(err)
	}
	w := openTest(t, dir, Options{})
	if diff := cmp.Diff([]int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, lostJobs(w)); diff != "" {
		t.Error(diff)
	}
	keepsEvidence(t, dir, lostJobs(w), k.wal)
	if job, _ := load(t, w, matters("new-", 1)...); job != 10 || w.Version() != 10 {
		t.Errorf("job %d, version %d", job, w.Version())
	}
}

// What passes must not cost the WAL: only what DuckDB says of its content may.
func TestAShortageIsNoReasonToSetTheWALAside(t *testing.T) {
	for text, want := range map[string]bool{
		`IO Error: Failure while replaying WAL file "w": Corrupt WAL file: entry at byte position 8 computed checksum 1 does not match stored checksum 2`: true,
		`Out of Memory Error: Failure while replaying WAL file "w": could not allocate block`:                                                             false,
		`IO Error: Failure while replaying WAL file "w": Could not write file "w": No space left on device`:                                               false,
		`IO Error: Could not set lock on file "f": Conflicting lock is held in PID 7`:                                                                     false,
		`IO Error: The file "f" exists, but it is not a valid DuckDB database file!`:                                                                      false,
	} {
		if got := walRefused(errors.New(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// A database file that DuckDB cannot read is refused, and the WAL stays where it is.
func TestADamagedMainFileLeavesTheWALAlone(t *testing.T) {
	k := keptDir(t)
	for name, spoil := range map[string]func(file string) error{
		"empty":       func(f string) error { return os.Truncate(f, 0) },
		"shortened":   func(f string) error { return os.Truncate(f, 9000) },
		"not DuckDB":  func(f string) error { return os.WriteFile(f, bytes.Repeat([]byte("文件"), 4000), 0o600) },
		"a directory": func(f string) error { return errors.Join(os.Remove(f), os.Mkdir(f, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := k.with(t, k.wal)
			if err := spoil(Dir(dir).Database()); err != nil {
				t.Fatal(err)
			}
			w, err := tryOpen(dir, Options{})
			if err == nil {
				closeTest(t, w)
				t.Fatal("opened")
			}
			contains(t, err.Error(), "请检查磁盘，必要时从备份恢复")
			if b, err := os.ReadFile(Dir(dir).WAL()); err != nil || !bytes.Equal(b, k.wal) {
				t.Errorf("the WAL was touched: %d bytes, %v", len(b), err)
			}
		})
	}
}
