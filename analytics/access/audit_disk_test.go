package access

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gridstar/analytics/warehouse"
)

// A line that cannot be written is an error, leaves nothing behind, and does not stop the next one.
func TestAFailedWriteLeavesNothing(t *testing.T) {
	dir, l, _ := months(t)
	good := l.file
	ro, err := os.Open(l.path(l.month))
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Close()
	l.file = ro // as good as a disk that takes nothing
	var writing sync.WaitGroup
	for range 20 { // those who share a write share its failure
		writing.Go(func() {
			if err := l.Write(Actor{Account: "wang"}, Viewed, "lost", Done); !errors.Is(err, ErrLog) {
				t.Errorf("the line was not written, and nobody said so: %v", err)
			}
		})
	}
	writing.Wait()
	l.file = good
	add(t, l, "after")
	if r := verify(t, l); !r.OK() || r.Lines != 13 {
		t.Errorf("%+v", r)
	}
	b, err := os.ReadFile(filepath.Join(dir, "audit", "2026-11.jsonl"))
	if err != nil || bytes.Contains(b, []byte("lost")) {
		t.Errorf("%v %s", err, b)
	}
}

// The next month's file cannot be begun: nothing is acknowledged, and once it can be, the chain goes on.
func TestAMonthThatCannotBegin(t *testing.T) {
	dir, l, c := months(t)
	c.pass(31 * 24 * time.Hour)
	inTheWay := filepath.Join(dir, "audit", "2026-12.jsonl")
	if err := os.Mkdir(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Write(Actor{Account: "wang"}, Viewed, "lost", Done); !errors.Is(err, ErrLog) {
			t.Fatalf("written: %v", err)
		}
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	add(t, l, "after")
	if r := verify(t, l); !r.OK() || r.Lines != 13 {
		t.Errorf("%+v", r)
	}
}

// Nor can the folder be made.
func TestALogWithoutItsFolder(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := openLog(t, dir, c)
	if err := os.WriteFile(filepath.Join(dir, "audit"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Write(Actor{Account: "wang"}, Viewed, "lost", Done); !errors.Is(err, ErrLog) {
		t.Fatalf("written: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "audit")); err != nil {
		t.Fatal(err)
	}
	add(t, l, "after")
	if r := verify(t, l); !r.OK() || r.Lines != 1 {
		t.Errorf("%+v", r)
	}
}

// The file at hand is moved away, or another is put in its place: nothing more is acknowledged until it is back.
func TestAFileMovedAwayWhileItIsWritten(t *testing.T) {
	dir, l, _ := months(t)
	path, away := filepath.Join(dir, "audit", "2026-11.jsonl"), filepath.Join(dir, "away")
	if err := os.Rename(path, away); err != nil {
		t.Fatal(err)
	}
	if err := l.Write(Actor{Account: "wang"}, Viewed, "lost", Done); !errors.Is(err, ErrLog) || !strings.Contains(err.Error(), "移走") {
		t.Errorf("written: %v", err)
	}
	b, err := os.ReadFile(away)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Write(Actor{Account: "wang"}, Viewed, "lost", Done); !errors.Is(err, ErrLog) {
		t.Errorf("written: %v", err)
	}
	if err := os.Rename(away, path); err != nil {
		t.Fatal(err)
	}
	add(t, l, "after")
	if r := verify(t, l); !r.OK() || r.Lines != 13 {
		t.Errorf("%+v", r)
	}
}

// TestChild is no test: it is what runs in a process of its own, so that this can be killed or be short of disk.
func TestChild(t *testing.T) {
	name, dir := os.Getenv("GRIDSTAR_ACCESS_TEST_CHILD"), os.Getenv("GRIDSTAR_ACCESS_TEST_DIR")
	if name == "" {
		return
	}
	l, err := OpenLog(warehouse.Dir(dir), LogOptions{Now: newClock().now, Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	write := func(object string) bool {
		if err := l.Write(Actor{Account: "wang"}, Viewed, object, Done); err != nil {
			fmt.Println("LOST", object)
			return false
		}
		fmt.Println("ACK", object)
		return true
	}
	switch name {
	case "writes until it is killed":
		var writing sync.WaitGroup
		for g := range 4 {
			writing.Go(func() {
				for i := 0; ; i++ {
					write(fmt.Sprintf("%d-%d-%d", os.Getpid(), g, i))
				}
			})
		}
		writing.Wait()
	case "runs out of disk":
		signal.Ignore(unix.SIGXFSZ)
		var old unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
		room, err := strconv.ParseUint(os.Getenv("GRIDSTAR_ACCESS_TEST_ROOM"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(dir, "audit", "2026-10.jsonl")); err == nil {
			room += uint64(info.Size())
		}
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: room, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 100 && write(fmt.Sprintf("%d %d", room, i)+strings.Repeat(" longer than the one that follows", 5)); i++ {
		}
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
		write(fmt.Sprint(room, " after"))
	}
}

func child(t *testing.T, name, dir string, room int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "GRIDSTAR_ACCESS_TEST_CHILD="+name, "GRIDSTAR_ACCESS_TEST_DIR="+dir, fmt.Sprint("GRIDSTAR_ACCESS_TEST_ROOM=", room))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// objects are those of the lines, the oldest first.
func objects(t *testing.T, l *Log) (all []string) {
	t.Helper()
	p, err := l.Find(t.Context(), Filter{Limit: 1 << 30, Event: Viewed})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Backward(p.Entries) {
		all = append(all, e.Object)
	}
	return all
}

// A process that writes is killed again and again: what it acknowledged is there, and the chain is whole.
func TestKilledWhileWritingNothingAcknowledgedIsLost(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	var acked []string
	for n := 1; n <= 200; n *= 3 {
		cmd, lines := child(t, "writes until it is killed", dir, 0)
		for i := 0; lines.Scan(); i++ {
			object, ok := strings.CutPrefix(lines.Text(), "ACK ")
			if !ok {
				t.Fatal(lines.Text())
			}
			acked = append(acked, object)
			if i == n {
				cmd.Process.Kill() // what it acknowledges before it is dead is still read
			}
		}
		cmd.Wait()
		l := openLog(t, dir, c)
		stored := map[string]bool{}
		for _, o := range objects(t, l) {
			stored[o] = true
		}
		for _, o := range acked {
			if !stored[o] {
				t.Fatalf("%s was acknowledged and is not there", o)
			}
		}
		if r := verify(t, l); !r.OK() || r.Lines < int64(len(acked)) {
			t.Fatalf("%+v", r)
		}
		l.Close()
	}
	if len(acked) < 1+3+9+27+81 {
		t.Errorf("%d lines only", len(acked))
	}
}

// A disk that fills up within a line: what was acknowledged is there, what was refused is not, and the next line follows.
func TestDiskFull(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	var acked []string
	for room := 600; room < 1000; room += 40 { // ends in another part of a line each time
		before, lost := len(acked), 0
		cmd, lines := child(t, "runs out of disk", dir, room)
		for lines.Scan() {
			switch what, object, _ := strings.Cut(lines.Text(), " "); what {
			case "ACK":
				acked = append(acked, object)
			case "LOST":
				lost++
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		if lost != 1 || len(acked) < before+2 {
			t.Fatalf("%d refused, %d acknowledged", lost, len(acked)-before)
		}
		l := openLog(t, dir, c)
		if got := objects(t, l); !slices.Equal(got, acked) {
			t.Fatalf("stored %q, acknowledged %q", got, acked)
		}
		if r := verify(t, l); !r.OK() || r.Lines != int64(len(acked)) {
			t.Fatalf("%+v", r)
		}
		l.Close()
	}
}
