package warehouse

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What needs a process of its own: the test binary runs itself with childEnv set, and TestMain takes the branch.
const childEnv = "GRIDSTAR_WAREHOUSE_TEST_CHILD"

var children = map[string]func(args []string) error{
	"open raw":       childOpensRaw,
	"acquire":        childAcquires,
	"load and die":   childLoadsAndDies,
	"failed commit":  childFailsACommit,
	"raw failed one": childFailsARawCommit,
}

func TestMain(m *testing.M) {
	name := os.Getenv(childEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := children[name](os.Args[1:]); err != nil {
		fmt.Println("ERROR", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	if children[name] == nil {
		t.Fatalf("no child %q", name)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	return cmd
}

// runChild returns what the child printed and whether it ended well.
func runChild(t testing.TB, name string, args ...string) (string, error) {
	t.Helper()
	out, err := child(t, name, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err
}

// open raw FILE: another program that knows nothing of the lease.
func childOpensRaw(args []string) error {
	db, err := openRaw(args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	fmt.Println("OPENED")
	return nil
}

func childAcquires(args []string) error {
	lease, err := Acquire(Dir(args[0]))
	if err != nil {
		return err
	}
	fmt.Println("ACQUIRED")
	return lease.Release()
}

// load and die DIR: loads job after job, names each that was acknowledged, and is killed from outside.
func childLoadsAndDies(args []string) error {
	w, err := tryOpen(args[0], Options{})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		job, _, err := tryLoad(w, matters(fmt.Sprintf("%d-%d-", w.Version(), i), 50)...)
		if err != nil {
			return err
		}
		fmt.Println("ACK", job)
	}
}

// killLoader starts "load and die", kills it once it has acknowledged n jobs, and returns those it acknowledged.
func killLoader(t testing.TB, dir string, n int) (acked []int64) {
	t.Helper()
	cmd := child(t, "load and die", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var job int64
		if _, err := fmt.Sscanf(lines.Text(), "ACK %d", &job); err != nil {
			t.Fatalf("child: %s", lines.Text())
		}
		if acked = append(acked, job); len(acked) == n {
			cmd.Process.Kill() // what it acknowledges before it is dead is still read
		}
	}
	return acked
}

// limitFileSize makes every write behind byte n of any file fail with EFBIG; it returns how to lift the limit.
func limitFileSize(n int64) (lift func() error, err error) {
	signal.Ignore(unix.SIGXFSZ)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		return nil, err
	}
	lift = func() error { return unix.Setrlimit(unix.RLIMIT_FSIZE, &old) }
	return lift, unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: uint64(n), Max: old.Max})
}

// openRaw opens a database file as any program would.
func openRaw(file string) (*sql.DB, error) {
	db, err := sql.Open("duckdb", file)
	if err != nil {
		return nil, err
	}
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func execAll(db *sql.DB, statements ...string) error {
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// matters makes n matters with ids prefix0, prefix1, …; each status tells its id, so that a string that belongs
// to another row is seen.
func matters(prefix string, n int) []matter {
	ms := make([]matter, n)
	for i := range ms {
		id := fmt.Sprintf("%s%d", prefix, i)
		ms[i] = matter{id, "the status of the matter " + id, int64(i + 1)}
	}
	return ms
}

// strangers are the ids whose status is not the one that matters gave them.
func strangers(t testing.TB, w *Warehouse) []string {
	t.Helper()
	return texts(t, w, "SELECT id FROM record WHERE status <> 'the status of the matter ' || id ORDER BY id")
}

func contains(t testing.TB, what, part string) {
	t.Helper()
	if !strings.Contains(what, part) {
		t.Errorf("%q does not say %q", what, part)
	}
}
