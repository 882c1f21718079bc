package access

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gridstar/analytics/warehouse"
)

var testKey = bytes.Repeat([]byte{7}, 32)

// ticking is a clock that the test sets.
type ticking struct {
	mu sync.Mutex
	at time.Time
}

func (c *ticking) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *ticking) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *ticking { return &ticking{at: time.Date(2026, 10, 30, 9, 0, 0, 0, time.UTC)} }

func openLog(t testing.TB, dir string, c *ticking) *Log {
	t.Helper()
	l, err := OpenLog(warehouse.Dir(dir), LogOptions{Now: c.now, Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func add(t testing.TB, l *Log, object string) {
	t.Helper()
	if err := l.Write(Actor{Account: "wang", Address: "10.0.0.1"}, Viewed, object, Done); err != nil {
		t.Fatal(err)
	}
}

// months is a log of twelve lines, one every six hours: seven of October, five of November.
func months(t testing.TB) (dir string, l *Log, c *ticking) {
	t.Helper()
	dir, c = t.TempDir(), newClock()
	l = openLog(t, dir, c)
	for i := range 12 {
		add(t, l, fmt.Sprintf("GET /records org=G%02d", i))
		c.pass(6 * time.Hour)
	}
	return dir, l, c
}

func verify(t testing.TB, l *Log, anchors ...warehouse.Anchor) LogReport {
	t.Helper()
	r, err := l.Verify(context.Background(), anchors)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLogGoesOnWhereItEnded(t *testing.T) {
	dir, l, c := months(t)
	if r := verify(t, l); !r.OK() || r.Lines != 12 || r.From != "2026-10" || r.Head != l.Head() || r.Head.Seq != 12 {
		t.Fatalf("%+v", r)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Write(Actor{}, Viewed, "", Done); err == nil {
		t.Error("a closed log took a line")
	}
	l = openLog(t, dir, c)
	add(t, l, "after")
	names, _ := segments(filepath.Join(dir, "audit"))
	if r := verify(t, l); !r.OK() || r.Lines != 13 || len(names) != 2 {
		t.Errorf("%+v in %v", r, names)
	}
	for _, name := range append(names, "") {
		info, err := os.Stat(filepath.Join(dir, "audit", name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v %v", name, info.Mode(), err)
		}
	}
}

// Nothing is made on disk by looking.
func TestAnEmptyLogIsNothing(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir, newClock())
	if r := verify(t, l); !r.OK() || r.Lines != 0 {
		t.Errorf("%+v", r)
	}
	if p, err := l.Find(t.Context(), Filter{}); err != nil || len(p.Entries) != 0 {
		t.Errorf("%+v %v", p, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d files", len(files))
	}
}

// rewrite changes a file of the log behind its back.
func rewrite(t testing.TB, dir, name string, change func(lines [][]byte) [][]byte) {
	t.Helper()
	path := filepath.Join(dir, "audit", name)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := change(bytes.SplitAfter(bytes.Clone(b), []byte("\n")))
	if err := os.WriteFile(path, bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fresh is the log as whoever starts the program tomorrow finds it: it knows nothing but the files and the anchor.
func fresh(t testing.TB, dir string, c *ticking, anchor Head) LogReport {
	t.Helper()
	l, err := OpenLog(warehouse.Dir(dir), LogOptions{Now: c.now, Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return verify(t, l, warehouse.Anchor{Seq: anchor.Seq, Hash: anchor.Hash})
}

// at finds the finding of a file and line.
func (r LogReport) at(file string, line int) bool {
	return slices.ContainsFunc(r.Findings, func(f LogFinding) bool { return f.File == file && f.Line == line })
}

// Every flipped bit of every byte of a line in the middle is found, in that line.
func TestEveryFlippedByteIsFound(t *testing.T) {
	dir, l, c := months(t)
	head := l.Head()
	l.Close()
	path := filepath.Join(dir, "audit", "2026-10.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	from := len(lines[0]) + len(lines[1])
	for i := range lines[2] {
		for _, bit := range []byte{1, 0x20} {
			b := bytes.Clone(whole)
			b[from+i] ^= bit
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if r := fresh(t, dir, c, head); r.OK() || !r.at("2026-10.jsonl", 3) {
				t.Fatalf("byte %d of %q: %v", i, lines[2], r.Findings)
			}
		}
	}
}

// Whatever is done to the lines is found, where it was done.
func TestTamperingIsFound(t *testing.T) {
	const oct, nov = "2026-10.jsonl", "2026-11.jsonl"
	other := func(e Entry, prev string, first bool) []byte { // what somebody writes who does not have the key
		text, _, err := encode([]byte("guess"), prev, e, first)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, c := range map[string]struct {
		file   string
		change func([][]byte) [][]byte
		found  string // file
		line   int
		says   string
	}{
		"first line deleted":      {oct, func(l [][]byte) [][]byte { return l[1:] }, oct, 1, ""},
		"line deleted":            {oct, func(l [][]byte) [][]byte { return slices.Delete(l, 3, 4) }, oct, 4, "缺少第 4 至 4 条"},
		"three lines deleted":     {oct, func(l [][]byte) [][]byte { return slices.Delete(l, 2, 5) }, oct, 3, "缺少第 3 至 5 条"},
		"last of a month deleted": {oct, func(l [][]byte) [][]byte { return l[:6] }, nov, 1, "缺少第 7 至 7 条"},
		"two lines swapped":       {oct, func(l [][]byte) [][]byte { l[2], l[3] = l[3], l[2]; return l }, oct, 3, ""},
		"line twice":              {oct, func(l [][]byte) [][]byte { return slices.Insert(l, 3, l[2]) }, oct, 4, "重复"},
		"foreign line":            {oct, func(l [][]byte) [][]byte { return slices.Insert(l, 3, []byte("hello\n")) }, oct, 4, "不是审计日志"},
		"blank line":              {oct, func(l [][]byte) [][]byte { return slices.Insert(l, 3, []byte("\n")) }, oct, 4, "不是审计日志"},
		"line rewritten": {oct, func(l [][]byte) [][]byte {
			_, _, _, prev, _ := decode(bytes.TrimSpace(l[3]))
			l[4] = other(Entry{Seq: 5, At: time.Date(2026, 10, 31, 9, 0, 0, 0, time.UTC), Account: "li", Event: Viewed, Outcome: Done}, prev, false)
			return l
		}, oct, 5, "改动"},
		"end cut":         {nov, func(l [][]byte) [][]byte { return l[:2] }, "", 0, "末尾缺少第 10 至 12 条"},
		"end cut to half": {nov, func(l [][]byte) [][]byte { l[3] = l[3][:20]; return l }, "", 0, ""},
		"month emptied":   {nov, func([][]byte) [][]byte { return nil }, "", 0, "末尾缺少第 8 至 12 条"},
		"field added": {oct, func(l [][]byte) [][]byte {
			l[1] = bytes.Replace(l[1], []byte(`"event"`), []byte(`"x":1,"event"`), 1)
			return l
		}, oct, 2, ""},
		"spaces added": {oct, func(l [][]byte) [][]byte {
			l[1] = bytes.Replace(l[1], []byte(`,"event"`), []byte(`, "event"`), 1)
			return l
		}, oct, 2, "改动"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, l, clock := months(t)
			head := l.Head()
			l.Close()
			rewrite(t, dir, c.file, c.change)
			r := fresh(t, dir, clock, head)
			if !slices.ContainsFunc(r.Findings, func(f LogFinding) bool {
				return f.File == c.found && f.Line == c.line && strings.Contains(f.Text, c.says)
			}) {
				t.Errorf("found %v", r.Findings)
			}
		})
	}
}

func TestFilesAsAWhole(t *testing.T) {
	dir, l, c := months(t)
	head := l.Head()
	l.Close()
	october, november := filepath.Join(dir, "audit", "2026-10.jsonl"), filepath.Join(dir, "audit", "2026-11.jsonl")
	away := filepath.Join(dir, "away")
	if err := os.Rename(october, away); err != nil {
		t.Fatal(err)
	}
	if r := fresh(t, dir, c, head); len(r.Findings) != 1 || !r.at("2026-11.jsonl", 1) || r.From != "2026-11" {
		t.Errorf("a month that is still to be kept was moved away: %v", r.Findings)
	}
	c.pass(7 * 31 * 24 * time.Hour)
	if r := fresh(t, dir, c, head); !r.OK() {
		t.Errorf("an old month was moved away: %v", r.Findings)
	}
	if err := os.Rename(november, october); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(away, november); err != nil {
		t.Fatal(err)
	}
	if r := fresh(t, dir, c, head); r.OK() {
		t.Error("two months were exchanged")
	}
	if err := os.RemoveAll(filepath.Join(dir, "audit")); err != nil {
		t.Fatal(err)
	}
	if r := fresh(t, dir, c, head); len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Text, "第 1 至 12 条") {
		t.Errorf("the whole log is gone: %v", r.Findings)
	}
}

// A whole log written anew, with another key or another history, does not meet its anchors.
func TestAnotherLogInItsPlace(t *testing.T) {
	_, l, c := months(t)
	head := l.Head()
	l.Close()
	dir := t.TempDir()
	again := openLog(t, dir, c)
	for range 20 {
		add(t, again, "something else")
	}
	again.Close()
	if r := fresh(t, dir, c, head); r.OK() {
		t.Error("another history with the same key")
	}
}

// What a crash leaves of a line that was never acknowledged is taken away, and said.
func TestTornLine(t *testing.T) {
	dir, l, c := months(t)
	l.Close()
	path := filepath.Join(dir, "audit", "2026-11.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"seq":13,"at":"2026-11-0`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	l = openLog(t, dir, c)
	add(t, l, "after")
	p, err := l.Find(t.Context(), Filter{Limit: 2})
	if err != nil || len(p.Entries) != 2 || p.Entries[1].Event != Audited || p.Entries[1].Outcome != Failed || !p.More {
		t.Errorf("%+v %v", p, err)
	}
	if r := verify(t, l); !r.OK() || r.Lines != 14 {
		t.Errorf("%+v", r)
	}
}

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
	if err := l.Write(Actor{Account: "wang"}, Viewed, "lost", Done); err == nil {
		t.Fatal("the line was not written, and nobody said so")
	}
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

// A clock that was set back goes on in the file at hand; the order is that of the numbers.
func TestClockSetBack(t *testing.T) {
	dir, l, c := months(t)
	c.pass(-40 * 24 * time.Hour)
	add(t, l, "back in september")
	names, _ := segments(filepath.Join(dir, "audit"))
	if r := verify(t, l); !r.OK() || len(names) != 2 || r.Head.Seq != 13 {
		t.Errorf("%+v in %v", r, names)
	}
}

func TestManyAtOnce(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := openLog(t, dir, c)
	var writing sync.WaitGroup
	for g := range 8 {
		writing.Go(func() {
			for i := range 25 {
				if err := l.Write(Actor{Account: fmt.Sprint("u", g)}, Viewed, fmt.Sprint(i), Done); err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					if _, err := l.Find(t.Context(), Filter{Account: "u0"}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	writing.Wait()
	if r := verify(t, l); !r.OK() || r.Lines != 200 {
		t.Errorf("%+v", r)
	}
}

func TestFind(t *testing.T) {
	_, l, c := months(t)
	if err := l.Write(Actor{Account: "li", ViewedBy: "wang", Address: "10.0.0.2"}, Exported, "=1+1", Failed); err != nil {
		t.Fatal(err)
	}
	day := func(d int) time.Time { return time.Date(2026, 10, d, 0, 0, 0, 0, time.UTC) }
	for name, x := range map[string]struct {
		f    Filter
		want string // numbers, the newest first
		more bool
	}{
		"all":              {Filter{}, "13 12 11 10 9 8 7 6 5 4 3 2 1", false},
		"the second page":  {Filter{Offset: 5, Limit: 5}, "8 7 6 5 4", true},
		"behind the end":   {Filter{Offset: 50}, "", false},
		"a day":            {Filter{From: day(31), To: day(32)}, "7 6 5 4", false},
		"from":             {Filter{From: day(32)}, "13 12 11 10 9 8", false},
		"to":               {Filter{To: day(31)}, "3 2 1", false},
		"account":          {Filter{Account: "li"}, "13", false},
		"looked as others": {Filter{Account: "wang", Limit: 2}, "13 12", true},
		"event":            {Filter{Event: Exported}, "13", false},
		"outcome":          {Filter{Outcome: Failed}, "13", false},
		"nothing":          {Filter{Event: Marked}, "", false},
	} {
		p, err := l.Find(t.Context(), x.f)
		var got []string
		for _, e := range p.Entries {
			got = append(got, fmt.Sprint(e.Seq))
		}
		if err != nil || strings.Join(got, " ") != x.want || p.More != x.more {
			t.Errorf("%s: %v, more %v, %v", name, got, p.More, err)
		}
	}
	var b bytes.Buffer
	if err := l.WriteCSV(t.Context(), &b, Filter{Account: "li"}); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\uFEFF")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	want := "13|" + c.now().Format("2006-01-02 15:04:05") + "|li|wang|10.0.0.2|导出|'=1+1|失败|1"
	if !ok || err != nil || len(rows) != 2 || strings.Join(rows[1], "|") != want || !strings.Contains(text, "\r\n") {
		t.Errorf("%q %v", b.String(), err)
	}
}

// Lines longer than the blocks in which a file is read backwards, and files that end anywhere, are read whole.
func TestBackwards(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	long := strings.Repeat("长", 50_000)
	for text, want := range map[string][]string{
		"":                                  nil,
		"no end":                            nil,
		"a\n":                               {"a"},
		"a\nb\nno end":                      {"b", "a"},
		"\n\n":                              {"", ""},
		long + "\n" + "b\n" + long + "c\n":  {long + "c", "b", long},
		"a\n" + long + "\n" + long + "tail": {long, "a"},
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := backwards(path, -1, func(b []byte) bool { got = append(got, string(b)); return true }); err != nil || !slices.Equal(got, want) {
			t.Errorf("%.20q: %d lines, want %d, %v", text, len(got), len(want), err)
		}
	}
}

// A flood of refusals is counted, not written; nothing else is ever left out.
func TestFlood(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := openLog(t, dir, c)
	deny := func(address string) {
		t.Helper()
		if err := l.Write(Actor{Address: address}, SignIn, "口令不正确", Denied); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		deny("10.0.0.1")
	}
	deny("10.0.0.2")
	add(t, l, "at work")
	if p, _ := l.Find(t.Context(), Filter{Limit: 5000}); len(p.Entries) != singlyFrom+2 {
		t.Errorf("%d lines in the first minute", len(p.Entries))
	}
	c.pass(time.Minute)
	add(t, l, "later")
	p, err := l.Find(t.Context(), Filter{Limit: 2})
	if err != nil || p.Entries[1].Count != 1000-singlyFrom || p.Entries[1].Address != "10.0.0.1" || p.Entries[1].Outcome != Denied {
		t.Errorf("%+v %v", p.Entries, err)
	}
	for i := range 5000 { // from everywhere
		deny(fmt.Sprintf("10.1.%d.%d", i/250, i%250))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir, c)
	p, err = l.Find(t.Context(), Filter{Event: SignIn, Limit: 9999})
	total := 0
	for _, e := range p.Entries {
		total += max(1, e.Count)
	}
	if err != nil || total != 6001 || len(p.Entries) > singlyAll+singlyFrom+singlyFrom+5 {
		t.Errorf("%d refusals in %d lines, %v", total, len(p.Entries), err)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"GET /records org=330106001001": "GET /records org=330106001001",
		"a\nb\x1b[31m\u202e\u2028c":     "a b [31m  c",
		"电话13800138000。":                "电话***。",
		"138001380001":                  "138001380001", // a code, not a phone
		"11010519491231002X":            "***",
		"110105194912310021":            "110105194912310021", // its check character is wrong
		"110101001001001001":            "110101001001001001", // a building
		"zhang@example.com":             "***",
		strings.Repeat("长", 100):        strings.Repeat("长", 66),
		"\xff":                          " ",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	text, _, err := encode(testKey, "", Entry{Seq: 1, At: newClock().now(), Account: "wang", Event: Viewed, Object: `"}{`, Outcome: Done, Count: 2}, true)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"seq":1,"hash":"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, l, _, hash, err := decode(text)
		if err != nil {
			return
		}
		if e.Seq < 1 || len(hash) != 64 || l.Seq != e.Seq {
			t.Errorf("%+v %q from %q", e, hash, text)
		}
	})
}
