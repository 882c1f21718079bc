package intake

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// mount makes a folder of the data directory a file system of its own, of so many pages of 4 KiB.
func (b *box) mount(folder, size string) {
	b.Helper()
	at := filepath.Join(b.dir, folder)
	if err := unix.Mount("tmpfs", at, "tmpfs", 0, "size="+size+",mode=0700"); err != nil {
		b.Skipf("this needs a file system of its own, and mounting one is not permitted here: %v", err)
	}
	b.Cleanup(func() {
		if err := unix.Unmount(at, unix.MNT_DETACH); err != nil {
			b.Error(err)
		}
	})
}

// again opens the inbox anew, as the next process would, which knows nothing of what the last one saw.
func (b *box) again() {
	b.Helper()
	in, err := b.desk.openInbox()
	if err != nil {
		b.Fatal(err)
	}
	b.in.close()
	b.in = in
	b.Cleanup(in.close)
}

// A file that was loaded by a server which was killed before it put the file away is loaded again, which changes nothing,
// and put away then, with a note that says so.
func TestInboxKilledBeforeItPutAway(t *testing.T) {
	b := newBox(t)
	file := b.put("12345/诉求.csv", ledger("a", "C11", 3))
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	outcomes, err := b.in.load(t.Context(), f, "诉求.csv", Choice{}, Sender{Account: Inbox})
	if err != nil || len(outcomes) != 1 || outcomes[0].Err != nil || outcomes[0].Result.Accepted != 3 {
		t.Fatalf("%+v, %v", outcomes, err)
	}
	// killed here: what it had begun to write beside the file may be left too
	b.again()
	if err := os.MkdirAll(filepath.Join(b.dir, "done", "12345"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{".tmp-20260301-080000 诉求.csv" + reportEnding, "20260301-080000 诉求.csv" + reportEnding} {
		if err := os.WriteFile(filepath.Join(b.dir, "done", "12345", left), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.look(2)
	if n := b.facts(); n != 3 {
		t.Errorf("%d matters, want 3", n)
	}
	if left := b.names("inbox", "12345"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if name, _ := b.one(" 诉求.csv", "done", "12345"); name != "20260301-080000 诉求.csv" {
		t.Error(name)
	}
	if _, note := b.one(" 诉求.csv"+reportEnding, "done", "12345"); !strings.Contains(note, "入库 0 行，未变 3 行") {
		t.Error(note)
	}
}

// Two files of one name in two folders are two files: each is loaded for its folder's unit and put away in its own folder.
// The same name later in the same folder finds another name, with a note of its own.
func TestInboxEqualNames(t *testing.T) {
	b := newBox(t)
	b.put("朝阳/inbox.toml", "org = \"C11\"\n")
	b.put("建设/inbox.toml", "org = \"C21\"\n")
	b.put("朝阳/诉求.csv", ledger("a", "", 1))
	b.put("建设/诉求.csv", ledger("b", "", 2))
	b.look(2)
	b.put("建设/诉求.csv", ledger("c", "", 3))
	b.look(2)
	if n := b.facts(); n != 6 {
		t.Errorf("%d matters", n)
	}
	if _, note := b.one(reportEnding, "done", "朝阳"); !strings.Contains(note, "文件：朝阳/诉求.csv") || !strings.Contains(note, "入库 1 行") || !strings.Contains(note, "朝阳社区") {
		t.Error(note)
	}
	for name, rows := range map[string]string{"20260301-080000 诉求.csv": "2", "20260301-080000-1 诉求.csv": "3"} {
		if _, note := b.one(name+reportEnding, "done", "建设"); !strings.Contains(note, "入库 "+rows+" 行") || !strings.Contains(note, "建设社区") {
			t.Errorf("%s: %s", name, note)
		}
	}
	if n := len(b.names("done", "建设")); n != 4 {
		t.Errorf("%q", b.names("done", "建设"))
	}
}

// A file that the service may not read stays, is named, and is taken once it may.
func TestInboxUnreadable(t *testing.T) {
	b := newBox(t)
	file := b.put("a.csv", ledger("a", "C11", 2))
	if err := errors.Join(os.Chmod(file, 0), os.Chmod(filepath.Dir(file), 0o755)); err != nil {
		t.Fatal(err)
	}
	asNobody := func(do func()) { do() }
	if os.Getuid() == 0 { // who reads everything: this thread shall be somebody else to the file system
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		asNobody = func(do func()) {
			if _, err := unix.SetfsuidRetUid(65534); err != nil {
				t.Fatal(err)
			}
			defer unix.SetfsuidRetUid(0)
			do()
		}
	}
	asNobody(func() { b.look(3) })
	if notes := b.desk.Notices(); len(notes) != 1 || notes[0] != "收件文件夹中的“a.csv”无法读取，请检查权限。" || b.facts() != 0 {
		t.Errorf("%v, %d matters", notes, b.facts())
	}
	if n := strings.Count(b.log.String(), "left where it is"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	b.look(2)
	if notes := b.desk.Notices(); len(notes) > 0 || b.facts() != 2 || len(b.names("inbox")) > 0 {
		t.Errorf("%v, %d matters, %v", notes, b.facts(), b.names("inbox"))
	}
}

// An inbox that is a file system of its own (a share, a stick) is emptied like any other, by copies.
func TestInboxOnAFileSystemOfItsOwn(t *testing.T) {
	b := newBox(t)
	b.mount("inbox", "1m")
	b.again()
	text := ledger("a", "C11", 200)
	b.put("12345/诉求.csv", text)
	if err := os.Symlink("/etc/hostname", filepath.Join(b.dir, "inbox", "link.csv")); err != nil {
		t.Fatal(err)
	}
	b.look(2)
	if n := b.facts(); n != 200 {
		t.Errorf("%d matters", n)
	}
	if _, kept := b.one(" 诉求.csv", "done", "12345"); kept != text {
		t.Errorf("%d bytes of %d were put away", len(kept), len(text))
	}
	if left := b.names("inbox", "12345"); len(left) > 0 || len(b.names("inbox")) != 1 {
		t.Errorf("left: %v %v", left, b.names("inbox"))
	}
	if all := b.names("failed"); len(all) != 1 || !strings.HasSuffix(all[0], " link.csv"+reportEnding) { // a link is not copied
		t.Errorf("%q", all)
	}
}

// Where the disk of done/ is full the file stays whole in the inbox and nothing half is left there; it is not loaded again, and
// is put away once there is room.
func TestInboxDiskFullWhileMoving(t *testing.T) {
	b := newBox(t)
	text := ledger("a", "C11", 2000) // about 120 KiB
	b.mount("done", "64k")
	b.again()
	file := b.put("a.csv", text)
	b.look(2)
	version := b.w.Version()
	b.look(2)
	if b.facts() != 2000 || b.w.Version() != version {
		t.Errorf("%d matters, version %d, then %d", b.facts(), version, b.w.Version())
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != text {
		t.Errorf("the file in the inbox: %d bytes, %v", len(kept), err)
	}
	for _, name := range b.names("done") {
		if !strings.HasSuffix(name, reportEnding) {
			t.Errorf("half a file: %q", name)
		}
	}
	if notes := b.desk.Notices(); len(notes) != 1 || !strings.Contains(notes[0], "“a.csv”已处理，但无法移到 done 中") {
		t.Errorf("%v", notes)
	}
	if err := unix.Mount("tmpfs", filepath.Join(b.dir, "done"), "tmpfs", unix.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	b.look(1)
	if len(b.names("inbox")) != 1 {
		t.Error("tried again at once")
	}
	b.now = b.now.Add(retryAfter)
	b.look(1)
	if _, kept := b.one(" a.csv", "done"); kept != text || b.facts() != 2000 || b.w.Version() != version || len(b.names("inbox")) > 0 || len(b.desk.Notices()) > 0 {
		t.Errorf("%d bytes were put away, %d matters, %v, %v", len(kept), b.facts(), b.names("inbox"), b.desk.Notices())
	}
}

// Whatever a file of the inbox is called: it is put away whole, with its note, under a name of its own in the folder it
// belongs to, and nowhere else.
func FuzzPutAway(f *testing.F) {
	for _, s := range []string{"a.csv", "-rf", "..a", "a\nb", "\xff\xfe.csv", "😀.xlsx", strings.Repeat("长", 85), "x." + strings.Repeat("e", 250), `..\..\secret`, ".csv", " "} {
		f.Add(s)
	}
	b := newBox(f)
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || name == "." || name == ".." || len(name) > 255 || strings.ContainsAny(name, "/\x00") {
			t.Skip("no file can be called so")
		}
		b.TB = t
		b.put(name, name)
		if !b.in.putAway(name, leaving{to: failedFolder, report: "说明"}) {
			t.Fatalf("%q stays: %v", name, b.desk.Notices())
		}
		all := b.names("failed")
		if len(all) != 2 || len(b.names("inbox")) > 0 || len(b.names("done")) > 0 {
			t.Fatalf("%q: %q, %q", name, all, b.names("inbox"))
		}
		for _, n := range all {
			at := filepath.Join(b.dir, "failed", n)
			text, err := os.ReadFile(at)
			if want := map[bool]string{true: "\uFEFF说明", false: name}[n == all[0]+reportEnding || n == all[1]+reportEnding]; err != nil || string(text) != want {
				t.Errorf("%q: %q holds %q, %v", name, n, text, err)
			}
			if !strings.HasPrefix(n, "20260301-080000 ") || utf8.ValidString(name) && !utf8.ValidString(n) {
				t.Errorf("%q is put away as %q", name, n)
			}
			if err := os.Remove(at); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(filepath.Join(b.dir, "inbox", name)); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
}

// What was put away is deleted with what lies beside it once it is old enough; what somebody else put there stays.
func TestInboxSweep(t *testing.T) {
	b := newBox(t)
	b.put("12345/诉求.csv", ledger("a", "C11", 1))
	b.put("坏.csv", "甲,乙\n1,2\n")
	b.look(2)
	own := filepath.Join(b.dir, "done", "别动.csv")
	if err := os.WriteFile(own, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	count := func() int { return len(b.names("done", "12345")) + len(b.names("failed")) }
	for _, c := range []struct {
		days  int
		files int
	}{{6, 4}, {7, 0}} {
		b.now = time.Date(2026, 3, 1+c.days, 8, 0, 0, 0, time.UTC)
		b.in.sweep()
		if n := count(); n != c.files {
			t.Errorf("after %d days %d files: %v %v", c.days, n, b.names("done", "12345"), b.names("failed"))
		}
	}
	if _, err := os.Stat(own); err != nil {
		t.Error(err)
	}
	if n := b.facts(); n != 1 {
		t.Errorf("%d matters are in, want 1", n)
	}
}
