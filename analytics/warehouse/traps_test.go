package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

// The traps of the engine, each beside what keeps us out of it. Where it is quick the trap itself is shown on a bare
// engine first: a test that fails there says that a precaution may be reconsidered.

func TestOneFileOpenedTwiceInAProcessIsNotDetectedByABareEngine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "raw.duckdb")
	a, err := openRaw(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := execAll(a, "CREATE TABLE t (i INTEGER)", "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	b, err := openRaw(file)
	if err != nil {
		t.Fatalf("the second opening was refused, reconsider the lease: %v", err)
	}
	for _, db := range []*sql.DB{a, b} {
		if err := execAll(db, "INSERT INTO t SELECT i FROM range(1000) r(i)", "CHECKPOINT"); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	c, err := openRaw(file)
	if err != nil {
		return // it may also have destroyed the file
	}
	defer c.Close()
	var n int
	if err := c.QueryRow("SELECT count(*) FROM t").Scan(&n); err == nil && n == 2000 {
		t.Error("nothing was lost: reconsider the lease")
	}
}

func TestADirectoryHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	if _, err := Acquire(Dir(dir)); !errors.Is(err, ErrLocked) {
		t.Errorf("a second lease in this process: %v", err)
	}
	out, err := runChild(t, "acquire", dir)
	if err == nil {
		t.Error("a second process got the lease")
	}
	contains(t, out, ErrLocked.Error())
	closeTest(t, w)
	if out, err := runChild(t, "acquire", dir); err != nil || out != "ACQUIRED\n" {
		t.Errorf("after the release: %s", out)
	}
}

// The trap: DuckDB's lock is a POSIX lock, which the process loses when it closes any descriptor of the file.
func TestReadingTheFileLosesTheLockOfABareEngine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "raw.duckdb")
	db, err := openRaw(file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if out, err := runChild(t, "open raw", file); err == nil {
		t.Fatalf("there was no lock to lose: %s", out)
	}
	readFile(t, file)
	if out, err := runChild(t, "open raw", file); err != nil {
		t.Errorf("the lock is still held, reconsider the pinned descriptor: %s", out)
	}
}

func TestTheFileStaysLockedWhileItIsVerifiedAndReopened(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matters("a", 10)...)
	stillLocked := func(when string) {
		t.Helper()
		out, err := runChild(t, "open raw", w.dir.Database())
		if err == nil {
			t.Errorf("%s: another program got into the file", when)
		}
		contains(t, out, "Could not set lock on file")
	}
	stillLocked("after a job")
	if r, err := w.Verify(ctx); err != nil || !r.OK() || r.Bytes == 0 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	stillLocked("after verify")
	breakEngine(t, w)
	load(t, w, matters("b", 10)...)
	stillLocked("after the reopening")
	if _, err := w.Verify(ctx); err != nil {
		t.Error(err)
	}
	stillLocked("after verify behind the reopening")
	closeTest(t, w)
	if out, err := runChild(t, "open raw", w.dir.Database()); err != nil {
		t.Errorf("after the close the file is free: %s", out)
	}
}

func TestAFileOpenInAnotherProgramIsRefusedAndKeepsItsWAL(t *testing.T) {
	dir := keptDir(t).with(t, keptDir(t).wal)
	db, err := openRaw(Dir(dir).Database() + "?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// The lock does not hold against its own process: here the test is the other program, and the child is ours.
	out, err := runChild(t, "load and die", dir)
	if err == nil {
		t.Fatal("opened beside another program")
	}
	contains(t, out, "正被另一个程序打开")
	if b := readFile(t, Dir(dir).WAL()); b != string(keptDir(t).wal) {
		t.Error("the WAL was touched")
	}
	if files, _ := filepath.Glob(Dir(dir).WAL() + ".damaged-*"); len(files) > 0 {
		t.Errorf("the WAL was set aside: %v", files)
	}
}

// The trap: a long transaction neither sees nor can end what was published after its first statement.
func TestTwoTransactionsPublishOneKeyTwiceInABareEngine(t *testing.T) {
	ctx := context.Background()
	db, err := openRaw(filepath.Join(t.TempDir(), "raw.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := execAll(db, "CREATE TABLE t (k VARCHAR)"); err != nil {
		t.Fatal(err)
	}
	long, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer long.Rollback()
	const publish = "INSERT INTO t SELECT 'k' WHERE NOT EXISTS (SELECT 1 FROM t WHERE k = 'k')"
	if _, err := long.Exec("SELECT 1"); err != nil { // fixes nothing yet: no table was touched
		t.Fatal(err)
	}
	if _, err := long.Exec("SELECT count(*) FROM t"); err != nil {
		t.Fatal(err)
	}
	if err := execAll(db, publish); err != nil {
		t.Fatal(err)
	}
	if _, err := long.Exec(publish); err != nil {
		t.Fatal(err)
	}
	if err := long.Commit(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d keys, %v: reconsider the identity spaces", n, err)
	}
}

// The trap: DuckDB reads batches through a persistent view, and selecting from one that outlived its reader kills
// the process. A crash can leave one; it is gone before anyone could select it.
func TestAViewLeftByACrashIsDroppedAtStart(t *testing.T) {
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	load(t, w, matters("a", 2)...)
	closeTest(t, w)
	db, err := openRaw(w.dir.Database())
	if err != nil {
		t.Fatal(err)
	}
	if err := execAll(db, `CREATE VIEW "arrow_in_0123456789abcdef" AS SELECT error('the stale view was read') AS x`,
		`CREATE VIEW "arrow_in_"" odd" AS SELECT error('the stale view was read') AS x`, "CREATE VIEW kept AS SELECT 1 AS x"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w = openTest(t, dir, Options{})
	got := texts(t, w, "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1")
	if !slices.Equal(got, []string{"kept"}) {
		t.Errorf("views: %v", got)
	}
	load(t, w, matters("b", 2)...)
}
