package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A smallDisk is a file system of 24 MiB.
type smallDisk struct {
	t   testing.TB
	dir string
}

func newSmallDisk(t testing.TB) smallDisk {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=24m,mode=0700"); err != nil {
		t.Skipf("a full disk needs a file system of its own, and mounting one is not permitted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return smallDisk{t, dir}
}

// leave fills the disk with ballast but for so many bytes.
func (d smallDisk) leave(bytes int64) {
	d.t.Helper()
	f, err := os.OpenFile(filepath.Join(d.dir, "ballast"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	for {
		free, err := Dir(d.dir).freeBytes()
		if err != nil {
			d.t.Fatal(err)
		}
		if int64(free) < bytes+4096 {
			return
		}
		if _, err := f.Write(page); err != nil {
			d.t.Fatal(err)
		}
	}
}

// enlarge is what the administrator does.
func (d smallDisk) enlarge() {
	d.t.Helper()
	if err := unix.Mount("tmpfs", d.dir, "tmpfs", unix.MS_REMOUNT, "size=100m"); err != nil {
		d.t.Fatal(err)
	}
}

// goesOn holds a warehouse whose disk was full to what is promised: nothing acknowledged is lost, nothing refused is
// kept, and once there is room the same process loads on.
func (d smallDisk) goesOn(w *Warehouse, acked int) {
	t := d.t
	t.Helper()
	ctx := context.Background()
	check := func(when string, jobs int) {
		t.Helper()
		if n := texts(t, w, "SELECT count(*) FROM record WHERE id NOT LIKE 'refused%'"); n[0] != fmt.Sprint(10*jobs) {
			t.Errorf("%s: %s rows of %d jobs", when, n[0], jobs)
		}
		if n := texts(t, w, "SELECT count(*) FROM record WHERE id LIKE 'refused%'"); n[0] != "0" {
			t.Errorf("%s: %s rows of a refused job", when, n[0])
		}
		if bad := strangers(t, w); len(bad) > 0 {
			t.Errorf("%s: corrupted strings in %v", when, bad)
		}
		if r, err := w.Verify(ctx); err != nil || !r.OK() || r.Jobs != jobs {
			t.Errorf("%s: verify %+v, %v", when, r, err)
		}
	}
	check("full", acked)
	d.enlarge()
	for i := range 3 {
		load(t, w, matters(fmt.Sprintf("after-%d-", i), 10)...)
	}
	check("enlarged", acked+3)
	files := readDir(t, d.dir)
	delete(files, "ballast")
	again := openTest(t, writeDir(t, files), Options{}) // a crash now
	if lost := again.Lost(); len(lost) > 0 {
		t.Errorf("lost after a crash: %+v", lost)
	}
	closeTest(t, again)
	closeTest(t, w)
	w = openTest(t, d.dir, Options{})
	check("opened again", acked+3)
	closeTest(t, w)
}

func (d smallDisk) open(jobs int) *Warehouse {
	d.t.Helper()
	w := openTest(d.t, d.dir, Options{Threads: 1})
	for i := range jobs {
		load(d.t, w, matters(fmt.Sprintf("before-%d-", i), 10)...)
	}
	return w
}

func TestADiskThatIsFullWhenAJobLoads(t *testing.T) {
	d := newSmallDisk(t)
	w := d.open(2)
	d.leave(300 << 10)
	ctx := context.Background()
	j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
	if err != nil {
		t.Fatal(err)
	}
	// Full row groups, of 122,880 rows, go to the file before the commit.
	if _, err = j.Append(ctx, "record", records(w, matters("refused-", 250_000)...)); err == nil {
		t.Fatal("the disk was not full")
	}
	d.goesOn(w, 2)
}

func TestADiskThatIsFullAtTheCommit(t *testing.T) {
	for _, left := range []int64{8 << 10, 64 << 10} {
		t.Run(fmt.Sprint(left), func(t *testing.T) {
			d := newSmallDisk(t)
			w := d.open(2)
			d.leave(left)
			if _, _, err := tryLoad(w, matters("refused-", 2000)...); err == nil || !strings.Contains(err.Error(), "本次作业未写入任何数据") {
				t.Fatalf("the job says: %v", err)
			}
			d.goesOn(w, 2)
		})
	}
}

func TestADiskWithoutRoomForTheJournal(t *testing.T) {
	d := newSmallDisk(t)
	w := d.open(2)
	// The journal's page must be full, or its line needs no room: lines up to the page's end.
	for w.journal.size%4096 < 4096-300 {
		load(t, w, matters("before-x-", 0)...)
	}
	jobs := len(w.journal.entries)
	w.opts.MinFree = 0
	d.leave(0)
	_, _, err := tryLoad(w, matters("refused-", 5)...)
	for err == nil { // the page had room for one more line
		jobs++
		_, _, err = tryLoad(w, matters("before-x-", 0)...)
	}
	if !errors.Is(err, ErrDiskFull) && !strings.Contains(err.Error(), "本次作业未写入任何数据") {
		t.Errorf("the job says: %v", err)
	}
	if got := len(w.journal.entries); got != jobs {
		t.Errorf("%d lines, %d jobs", got, jobs)
	}
	d.enlarge()
	load(t, w, matters("after-", 5)...)
	if r, err := w.Verify(context.Background()); err != nil || !r.OK() || r.Jobs != jobs+1 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	closeTest(t, w)
}

// The trap: a full disk at CHECKPOINT disables the instance until it is reopened; the data are whole.
func TestADiskThatIsFullAtTheCheckpoint(t *testing.T) {
	d := newSmallDisk(t)
	w := d.open(30)
	d.leave(0)
	before := w.engine
	if _, err := w.checkpoint(context.Background()); !errors.Is(err, ErrReopened) {
		t.Fatalf("checkpoint on a full disk: %v", err)
	}
	texts(t, w, "SELECT id FROM record") // waits for the reopening
	if w.engine == before {
		t.Error("the engine was not replaced")
	}
	w.opts.MinFree = 1 << 20
	if err := refused(t, w, Spec{}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("a job on the full disk: %v", err)
	}
	w.opts.MinFree = 0
	if err := refused(t, w, Spec{}); err == nil || !strings.Contains(err.Error(), "查询不受影响") {
		t.Errorf("a job before the WAL could be folded: %v", err)
	}
	d.goesOn(w, 30)
}

func TestADiskThatIsFullAtTheStartAndAtTheEnd(t *testing.T) {
	d := newSmallDisk(t)
	w := d.open(30)
	d.leave(0)
	if err := w.Close(); err != nil { // cannot fold: the WAL keeps the jobs
		t.Error(err)
	}
	w.lease.Release()
	if w.walBytes() == 0 {
		t.Fatal("the WAL was folded on a full disk")
	}
	w = openTest(t, d.dir, Options{Threads: 1})
	d.goesOn(w, 30)
}
