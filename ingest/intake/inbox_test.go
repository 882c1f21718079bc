package intake

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"gridstar/ingest"
)

// box is the inbox of a site, looked into when a test says so.
type box struct {
	*site
	in *inbox
}

func newBox(t testing.TB) *box {
	t.Helper()
	s := newSite(t)
	in, err := s.desk.openInbox()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.close)
	return &box{s, in}
}

// put writes a file into the inbox.
func (b *box) put(name, content string) string {
	b.Helper()
	file := filepath.Join(b.dir, "inbox", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

func (b *box) look(times int) {
	for range times {
		b.in.look(b.Context())
	}
}

// one is the only file of a folder whose name ends so.
func (b *box) one(ending string, folder ...string) (name, content string) {
	b.Helper()
	for _, n := range b.names(folder...) {
		if strings.HasSuffix(n, ending) {
			text, err := os.ReadFile(filepath.Join(append([]string{b.dir}, append(folder, n)...)...))
			if err != nil || name != "" {
				b.Fatalf("%v, %v", err, b.names(folder...))
			}
			name, content = n, string(text)
		}
	}
	if name == "" {
		b.Fatalf("no %s in %v: %v", ending, folder, b.names(folder...))
	}
	return name, content
}

// A file that goes on growing is left alone; it is taken once it has looked the same twice, and put away with a note.
func TestInboxTakesWhatHasStoppedGrowing(t *testing.T) {
	b := newBox(t)
	file := b.put("12345/诉求.csv", ledger("a", "C11", 2))
	for i := range 3 {
		b.look(1)
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(strings.Split(ledger("b"+string(rune('0'+i)), "C11", 1), "\n")[1] + "\n"); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	b.look(1)
	if n := b.facts(); n != 0 {
		t.Fatalf("taken while it grew: %d", n)
	}
	b.look(1)
	if n := b.facts(); n != 5 {
		t.Errorf("%d matters", n)
	}
	if left := b.names("inbox", "12345"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if name, _ := b.one("诉求.csv", "done", "12345"); name != "20260301-080000 诉求.csv" {
		t.Error(name)
	}
	if _, note := b.one(reportEnding, "done", "12345"); !strings.Contains(note, "入库 5 行") || !strings.HasPrefix(note, "\uFEFF文件：12345/诉求.csv\r\n") {
		t.Error(note)
	}
}

// A file that somebody has open for writing is not taken, however long it rests.
func TestInboxWaitsForItsWriter(t *testing.T) {
	b := newBox(t)
	file := b.put("a.csv", ledger("a", "C11", 2))
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	b.look(4)
	if n := b.facts(); n != 0 {
		t.Fatalf("taken from under its writer: %d", n)
	}
	f.Close()
	b.look(1)
	if n := b.facts(); n != 2 {
		t.Errorf("%d matters", n)
	}
}

// What is no plain file is moved aside unread, with a note; what it leads to stays untouched.
func TestInboxRefusesWhatIsNoFile(t *testing.T) {
	b := newBox(t)
	secret := filepath.Join(b.dir, "secret")
	before, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(b.dir, "inbox")
	linked := b.put("plain.txt", ledger("a", "C11", 1))
	for name, make := range map[string]func(string) error{
		"link.csv":   func(at string) error { return os.Symlink(secret, at) },
		"folder":     func(at string) error { return os.Symlink(b.dir, at) },
		"dangle.csv": func(at string) error { return os.Symlink("/nowhere", at) },
		"pipe.csv":   func(at string) error { return syscall.Mkfifo(at, 0o600) },
		"hard.csv":   func(at string) error { return os.Link(linked, at) },
	} {
		if err := make(filepath.Join(in, name)); err != nil {
			t.Fatal(err)
		}
	}
	b.look(3)
	if left := b.names("inbox"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	for name, want := range map[string]string{"link.csv": "符号链接", "folder": "符号链接", "dangle.csv": "符号链接", "pipe.csv": "不是普通文件", "hard.csv": "硬链接", "plain.txt": "硬链接"} {
		moved := ""
		for _, n := range b.names("failed") {
			if strings.HasSuffix(n, " "+name) {
				moved = n
			}
		}
		note, err := os.ReadFile(filepath.Join(b.dir, "failed", moved+reportEnding))
		if moved == "" || err != nil || !strings.Contains(string(note), want) {
			t.Errorf("%s: %q, %v, %s", name, moved, err, note)
		}
	}
	if after, err := os.ReadFile(secret); err != nil || string(after) != string(before) {
		t.Errorf("the secret: %v", err)
	}
	if n := b.facts(); n != 0 { // the other name of the hard link lies in failed/ and would follow it
		t.Errorf("%d matters", n)
	}
}

// The folder says which ledger its files are, whose, and how much may be wrong.
func TestInboxSettings(t *testing.T) {
	b := newBox(t)
	b.put("s/inbox.toml", "profile = \"plain\"\norg = \"C21\"\nmax_rejects = \"50%\"\n")
	b.put("s/a.csv", ledger("a", "", 3)+"bad,,,\n")
	b.look(2)
	if n := b.facts(); n != 3 {
		t.Errorf("%d matters: %v %s", n, b.names("failed", "s"), b.log.String())
	}
	if _, sheet := b.one(rejectsEnding, "done", "s"); !strings.HasPrefix(sheet, "PK") {
		t.Errorf("%q is no workbook", sheet[:10])
	}
	if _, note := b.one(reportEnding, "done", "s"); !strings.Contains(note, "退回 1 行") || !strings.Contains(note, "“退回”工作簿") {
		t.Error(note)
	}
	if left := b.names("inbox", "s"); !slices.Equal(left, []string{"inbox.toml"}) {
		t.Errorf("left: %v", left)
	}
}

// Settings that cannot be read leave the files where they are, and say so until they are mended.
func TestInboxBadSettings(t *testing.T) {
	b := newBox(t)
	b.put("s/inbox.toml", "profil = \"plain\"\n")
	b.put("s/a.csv", ledger("a", "C11", 3))
	b.look(3)
	notes := b.desk.Notices()
	if len(notes) != 1 || !strings.Contains(notes[0], "profil") || b.facts() != 0 {
		t.Errorf("%v, %d matters", notes, b.facts())
	}
	if n := strings.Count(b.log.String(), "left where it is"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	b.put("s/inbox.toml", "profile = \"plain\"\n")
	b.look(2)
	if notes := b.desk.Notices(); len(notes) > 0 || b.facts() != 3 {
		t.Errorf("%v, %d matters", notes, b.facts())
	}
}

// A file that fits no ledger goes to failed/ with the reason; the same file again finds another name there.
func TestInboxFailed(t *testing.T) {
	b := newBox(t)
	for range 2 {
		b.put("a.csv", "甲,乙\n1,2\n")
		b.look(2)
	}
	var files, notes int
	for _, n := range b.names("failed") {
		switch {
		case strings.HasSuffix(n, reportEnding):
			notes++
			text, err := os.ReadFile(filepath.Join(b.dir, "failed", n))
			if err != nil || !strings.Contains(string(text), "未入库") || !strings.Contains(string(text), "无法识别") || strings.Contains(string(text), "--") {
				t.Errorf("%s, %v", text, err)
			}
		case strings.HasSuffix(n, " a.csv"):
			files++
		}
	}
	if files != 2 || notes != 2 {
		t.Errorf("%v", b.names("failed"))
	}
}

// What programs leave beside their files, and folders below folders, are not files to load.
func TestInboxLeavesAlone(t *testing.T) {
	b := newBox(t)
	for _, name := range []string{".hidden.csv", "~$诉求.xlsx", "a.csv.part", "b.TMP", "s/t/deep.csv"} {
		b.put(name, ledger("a", "C11", 1))
	}
	b.look(3)
	if b.facts() != 0 || len(b.names("done"))+len(b.names("failed")) > 0 {
		t.Errorf("%d matters, %v %v", b.facts(), b.names("done"), b.names("failed"))
	}
	if notes := b.desk.Notices(); len(notes) != 1 || !strings.Contains(notes[0], "下一级文件夹") {
		t.Errorf("%v", notes)
	}
}

// Names that no clerk would choose are put away like any other, and never lead out of their folder.
func TestInboxNames(t *testing.T) {
	b := newBox(t)
	long := strings.Repeat("长", 82) + ".csv"
	for _, name := range []string{"-rf.csv", "a\nb.csv", "\xff.csv", "con\x1b[31m.csv", " .csv", long, "..csv", `C:\..\..\secret.csv`, "😀👨‍👩‍👧台账.csv", "20260301-080000 -rf.csv"} {
		b.put(name, ledger("a", "C11", 1))
	}
	b.look(3)
	left := b.names("inbox")
	if !slices.Equal(left, []string{"..csv"}) { // hidden
		t.Errorf("left: %q", left)
	}
	if n := len(b.names("done")); n != 18 {
		t.Errorf("%d: %q", n, b.names("done"))
	}
}

// A file that was loaded and cannot be moved stays, is named, and is not loaded again and again.
func TestInboxStuck(t *testing.T) {
	b := newBox(t)
	if err := os.WriteFile(filepath.Join(b.dir, "done", "s"), nil, 0o600); err != nil { // where a folder should be made
		t.Fatal(err)
	}
	b.put("s/a.csv", ledger("a", "C11", 2))
	b.look(2)
	version := b.w.Version()
	b.look(3)
	if b.w.Version() != version || b.facts() != 2 {
		t.Errorf("loaded again: version %d, then %d", version, b.w.Version())
	}
	if notes := b.desk.Notices(); len(notes) != 1 || !strings.Contains(notes[0], "无法移到") {
		t.Errorf("%v", notes)
	}
	if err := os.Remove(filepath.Join(b.dir, "done", "s")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(b.dir, "inbox", "s", "a.csv")
	if err := os.Chtimes(file, time.Time{}, b.now.Add(time.Hour)); err != nil { // somebody touches it
		t.Fatal(err)
	}
	b.look(2)
	if left := b.names("inbox", "s"); len(left) > 0 || len(b.desk.Notices()) > 0 {
		t.Errorf("%v %v", left, b.desk.Notices())
	}
}

// Nothing is loaded that cannot be written down.
func TestInboxIsAudited(t *testing.T) {
	b := newBox(t)
	var said []string
	broken := errors.New("disk")
	b.desk.o.Audit = func(what string) error { said = append(said, what); return broken }
	b.put("s/inbox.toml", "profile = \"plain\"\norg = \"C11\"\n")
	b.put("s/a.csv", ledger("a", "", 2))
	b.look(2)
	if b.facts() != 0 || len(b.desk.Notices()) != 1 {
		t.Errorf("%d matters, %v", b.facts(), b.desk.Notices())
	}
	broken = nil
	b.look(1)
	if b.facts() != 2 || !slices.Equal(said, []string{"inbox profile=plain org=C11", "inbox profile=plain org=C11"}) {
		t.Errorf("%d matters, %q", b.facts(), said)
	}
}

// The queue and the inbox are worked by Run.
func TestInboxRuns(t *testing.T) {
	s := newSite(t)
	s.reopen(Options{Interval: time.Millisecond})
	stop := s.run()
	defer stop()
	b := &box{site: s}
	s.until(func() bool { return slices.Contains(s.names(), "inbox") }, func() string { return "no inbox" })
	b.put("a.csv", ledger("a", "C11", 2))
	s.until(func() bool { return len(s.names("done")) == 2 }, func() string { return strings.Join(s.names("inbox"), " ") })
	if n := s.facts(); n != 2 {
		t.Errorf("%d matters", n)
	}
}

// Whatever inbox.toml says: it is refused in one line, or what it says is what is chosen, and saying that again chooses the
// same.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{
		"", "profile = \"a\"", "org = 1", "[x]\ny=1", "max_rejects = \"5%\"", "\uFEFFcrs = \"wgs84\"", "profile = ",
		"profile = \"居民诉求台账\"\norg = '330100001'\ncrs = \"gcj02\"\nencoding = \"gb18030\"\nmax_rejects = \"20\"\n", "PROFILE = \"a\"", "org = \"a\"\norg = \"b\"",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseSettings([]byte(text))
		if err != nil {
			if !errors.Is(err, ErrChoice) || strings.ContainsAny(err.Error(), "\r\n\x00") || !reflect.DeepEqual(c, Choice{}) {
				t.Errorf("%q: %+v, %v", text, c, err)
			}
			return
		}
		if _, bad := parseLimit(c.MaxRejects); bad != nil {
			t.Errorf("%q: limit %q", text, c.MaxRejects)
		}
		var b bytes.Buffer
		if err := toml.NewEncoder(&b).Encode(settings{c.Profile, c.Org, c.CRS, c.Encoding, c.MaxRejects}); err != nil {
			t.Fatal(err)
		}
		if again, err := parseSettings(b.Bytes()); err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%q: %+v, and again %+v, %v", text, c, again, err)
		}
	})
}

func TestLimits(t *testing.T) {
	for text, want := range map[string]ingest.Limit{
		"": {}, "20": {Set: true, Rows: 20}, "0": {Set: true}, "5%": {Set: true, Percent: 5}, "0%": {Set: true}, "0.5%": {Set: true, Percent: 0.5},
	} {
		if l, err := parseLimit(text); err != nil || l != want {
			t.Errorf("%q: %+v, %v", text, l, err)
		}
	}
	for _, text := range []string{"-1", "101%", "NaN%", "many", "5 %", "%"} {
		if _, err := parseLimit(text); !errors.Is(err, ErrChoice) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
