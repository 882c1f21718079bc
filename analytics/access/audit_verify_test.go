package access

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/warehouse"
)

func verify(t testing.TB, l *Log, anchors ...warehouse.Anchor) LogReport {
	t.Helper()
	r, err := l.Verify(context.Background(), anchors)
	if err != nil {
		t.Fatal(err)
	}
	return r
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
	l, err := OpenLog(warehouse.Dir(dir), LogOptions{Now: c.now, Key: testKey, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return verify(t, l, warehouse.Anchor{Seq: anchor.Seq, Hash: anchor.Hash})
}

// checked is what somebody finds out who has the files, the key and the anchor, and changes nothing.
func checked(t testing.TB, dir string, c *ticking, anchor Head) LogReport {
	t.Helper()
	r, err := VerifyLog(t.Context(), warehouse.Dir(dir), LogOptions{Now: c.now, Key: testKey}, []warehouse.Anchor{{Seq: anchor.Seq, Hash: anchor.Hash}})
	if err != nil {
		t.Fatal(err)
	}
	return r
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

// Whichever line is left out, written twice, changed or exchanged with the next, and wherever the log is cut, that is the
// place that is named, and the only one.
func TestEveryLineIsWatched(t *testing.T) {
	dir, l, c := months(t)
	head := l.Head()
	l.Close()
	text := map[string][]byte{}
	var all []struct { // the lines in their order
		file string
		line int
	}
	for _, name := range []string{"2026-10.jsonl", "2026-11.jsonl"} {
		b, err := os.ReadFile(filepath.Join(dir, "audit", name))
		if err != nil {
			t.Fatal(err)
		}
		text[name] = b
		for n := range bytes.Count(b, []byte("\n")) {
			all = append(all, struct {
				file string
				line int
			}{name, n + 1})
		}
	}
	if len(all) != 12 {
		t.Fatalf("%d lines", len(all))
	}
	// is makes the change and wants one finding, at the place, that says what.
	is := func(what, file string, change func(lines [][]byte) [][]byte, at string, line int, says string) {
		t.Helper()
		for name, b := range text {
			if err := os.WriteFile(filepath.Join(dir, "audit", name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		rewrite(t, dir, file, change)
		r := checked(t, dir, c, head)
		if strings.HasSuffix(what, "after the next") { // both lines of a pair are named
			if len(r.Findings) != 2 || !r.at(at, line+1) || !strings.Contains(r.Findings[1].Text, "次序不对") {
				t.Errorf("%s: %v", what, r.Findings)
				return
			}
			r.Findings = r.Findings[:1]
		}
		if len(r.Findings) != 1 || !r.at(at, line) || !strings.Contains(r.Findings[0].Text, says) {
			t.Errorf("%s: %v, want %s line %d: %s", what, r.Findings, at, line, says)
		}
	}
	for i, x := range all {
		n, seq := x.line-1, i+1
		what := fmt.Sprint("line ", seq)
		file, line := x.file, x.line // of the next line, if this one is left out
		says := fmt.Sprintf("缺少第 %d 至 %d 条", seq, seq)
		switch {
		case i == len(all)-1:
			file, line = "", 0
		case all[i+1].file != x.file:
			file, line = all[i+1].file, 1
		}
		is(what+" left out", x.file, func(l [][]byte) [][]byte { return slices.Delete(l, n, n+1) }, file, line, says)
		is(what+" twice", x.file, func(l [][]byte) [][]byte { return slices.Insert(l, n, l[n]) }, x.file, x.line+1, "重复")
		is(what+" rewritten", x.file, func(l [][]byte) [][]byte {
			l[n] = bytes.Replace(l[n], []byte("wang"), []byte("gnaw"), 1)
			return l
		}, x.file, x.line, "改动")
		is(what+" with another hash", x.file, func(l [][]byte) [][]byte {
			copy(l[n][len(l[n])-10:], "0000000")
			return l
		}, x.file, x.line, "改动")
		if i+1 < len(all) && all[i+1].file == x.file && n > 0 {
			is(what+" after the next", x.file, func(l [][]byte) [][]byte { l[n], l[n+1] = l[n+1], l[n]; return l }, x.file, x.line, says)
		}
		if x.file == "2026-11.jsonl" {
			is("cut before "+what, x.file, func(l [][]byte) [][]byte { return l[:n] }, "", 0, fmt.Sprintf("末尾缺少第 %d 至 12 条", seq))
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
		"another in its place":    {oct, func(l [][]byte) [][]byte { l[3] = l[0]; return l }, oct, 5, "缺少第 4 至 4 条"},
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

// What follows a cut log is a chain of its own; that another one stood there is known from the anchor alone.
func TestACutLogThatGoesOn(t *testing.T) {
	dir, l, c := months(t)
	head := l.Head()
	l.Close()
	rewrite(t, dir, "2026-11.jsonl", func(l [][]byte) [][]byte { return l[:2] })
	l = openLog(t, dir, c)
	for range 9 {
		add(t, l, "as if nothing had been")
	}
	if r := verify(t, l); !r.OK() {
		t.Errorf("without the anchor: %v", r.Findings)
	}
	if r := fresh(t, dir, c, head); len(r.Findings) != 1 || !r.at("2026-11.jsonl", 5) || !strings.Contains(r.Findings[0].Text, "第 12 条与作业日志") {
		t.Errorf("%v", r.Findings)
	}
}

// A line that the program wrote itself, with the same key and number, but in another history: a copy of the directory, say.
func TestALineOfAnotherHistory(t *testing.T) {
	dir, l, c := months(t)
	head := l.Head()
	l.Close()
	copied, again, _ := months(t)
	again.Close()
	rewrite(t, copied, "2026-11.jsonl", func(l [][]byte) [][]byte { return l[:1] })
	again = openLog(t, copied, c)
	for range 4 {
		add(t, again, "another history")
	}
	again.Close()
	rewrite(t, copied, "2026-11.jsonl", func(theirs [][]byte) [][]byte {
		rewrite(t, dir, "2026-11.jsonl", func(ours [][]byte) [][]byte {
			ours[2] = theirs[2]
			return ours
		})
		return theirs
	})
	// The hash that line 11 follows from is gone: it cannot be told from an altered one.
	if r := checked(t, dir, c, head); len(r.Findings) != 2 || !r.at("2026-11.jsonl", 3) || !strings.Contains(r.Findings[0].Text, "第 10 条被改动过") ||
		!r.at("2026-11.jsonl", 4) || !strings.Contains(r.Findings[1].Text, "接不上前一条") {
		t.Errorf("%v", r.Findings)
	}
}

// What somebody adds behind the last line of a running log is named, and gone with the next line.
func TestAddedBehindARunningLog(t *testing.T) {
	dir, l, _ := months(t)
	rewrite(t, dir, "2026-11.jsonl", func(l [][]byte) [][]byte { return append(l, []byte("hello\n")) })
	if r := verify(t, l); len(r.Findings) != 1 || !r.at("2026-11.jsonl", 6) {
		t.Errorf("%v", r.Findings)
	}
	add(t, l, "after")
	if r := verify(t, l); !r.OK() || r.Lines != 13 {
		t.Errorf("%v", r.Findings)
	}
}

// A line that somebody slips in is named; those around it are not, whatever number it bears.
func TestALineSlippedIn(t *testing.T) {
	for _, seq := range []int64{1, 3, 4, 5, 9, 999} {
		dir, l, c := months(t)
		head := l.Head()
		l.Close()
		rewrite(t, dir, "2026-10.jsonl", func(l [][]byte) [][]byte {
			text, _, err := encode([]byte("guess"), "", Entry{Seq: seq, At: c.now(), Event: Viewed, Outcome: Done}, false)
			if err != nil {
				t.Fatal(err)
			}
			return slices.Insert(l, 3, text)
		})
		r := checked(t, dir, c, head)
		if !r.at("2026-10.jsonl", 4) || r.Head != head || r.Lines != 13 {
			t.Errorf("%d: %+v", seq, r)
		}
		for _, f := range r.Findings {
			if f.File != "2026-10.jsonl" || f.Line > 5 { // the one behind it may say that it comes late
				t.Errorf("%d: %v", seq, f)
			}
		}
	}
}

// Files have to be those that were written: a month cannot pass for an older one, which might be moved away.
func TestFilesRenamedJoinedAndSplit(t *testing.T) {
	var dir string
	var clock *ticking
	path := func(month string) string { return filepath.Join(dir, "audit", month+".jsonl") }
	read := func(month string) []byte {
		b, err := os.ReadFile(path(month))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		change func() error
		file   string
		line   int
		says   string
	}{
		"renamed, and the one before removed": {func() error {
			os.Remove(path("2026-10"))
			return os.Rename(path("2026-11"), path("2025-11"))
		}, "2025-11.jsonl", 1, "不满六个月"},
		"renamed, when the one before may be gone": {func() error {
			os.Remove(path("2026-10"))
			clock.pass(7 * 31 * 24 * time.Hour)
			return os.Rename(path("2026-11"), path("2026-12"))
		}, "2026-12.jsonl", 1, "原名 2026-11.jsonl"},
		"renamed": {func() error { return os.Rename(path("2026-11"), path("2026-12")) }, "2026-12.jsonl", 1, "原名 2026-11.jsonl"},
		"joined": {func() error {
			both := append(read("2026-10"), read("2026-11")...)
			os.Remove(path("2026-11"))
			return os.WriteFile(path("2026-10"), both, 0o600)
		}, "2026-10.jsonl", 8, "并过"},
		"split": {func() error {
			lines := bytes.SplitAfter(read("2026-10"), []byte("\n"))
			return cmp.Or(os.WriteFile(path("2026-09"), bytes.Join(lines[:3], nil), 0o600), os.WriteFile(path("2026-10"), bytes.Join(lines[3:], nil), 0o600))
		}, "2026-10.jsonl", 1, "拆过"},
		"a copy as a later month": {func() error { return os.WriteFile(path("2026-12"), read("2026-10"), 0o600) }, "2026-12.jsonl", 1, "重复"},
		"no text at all":          {func() error { return os.WriteFile(path("2026-09"), bytes.Repeat([]byte{0}, 3*maxLine), 0o600) }, "2026-09.jsonl", 1, "没有写完"},
		"one endless line": {func() error {
			return os.WriteFile(path("2026-09"), append(bytes.Repeat([]byte("x"), 3*maxLine), '\n'), 0o600)
		}, "2026-09.jsonl", 1, "不是审计日志"},
		"a line not ended": {func() error {
			return os.WriteFile(path("2026-11"), bytes.TrimSuffix(read("2026-11"), []byte("\n")), 0o600)
		}, "2026-11.jsonl", 5, "没有写完"},
	} {
		t.Run(name, func(t *testing.T) {
			var l *Log
			dir, l, clock = months(t)
			head := l.Head()
			l.Close()
			if err := c.change(); err != nil {
				t.Fatal(err)
			}
			r := checked(t, dir, clock, head)
			if !slices.ContainsFunc(r.Findings, func(f LogFinding) bool {
				return f.File == c.file && f.Line == c.line && strings.Contains(f.Text, c.says)
			}) {
				t.Errorf("%v", r.Findings)
			}
		})
	}
}

// With another key nothing agrees, and the report says so first and stays short.
func TestAnotherKey(t *testing.T) {
	dir, l, c := months(t)
	for range 200 {
		add(t, l, "more")
	}
	l.Close()
	r, err := VerifyLog(t.Context(), warehouse.Dir(dir), LogOptions{Now: c.now, Key: []byte("another")}, nil)
	if err != nil || len(r.Findings) != maxFindings+2 || !strings.Contains(r.Findings[0].Text, "没有一条与密钥相符") || !strings.Contains(r.Findings[maxFindings+1].Text, "此外") {
		t.Errorf("%d findings, %v", len(r.Findings), err)
	}
	if r.Head != (Head{}) {
		t.Errorf("head %v", r.Head)
	}
}

// The service may be asked to check itself while it writes.
func TestVerifyWhileWriting(t *testing.T) {
	_, l, c := months(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			add(t, l, "meanwhile")
			c.pass(8 * time.Hour) // a new file now and then
		}
	}()
	for going := true; going; {
		select {
		case <-done:
			going = false
		default:
		}
		if r := verify(t, l); !r.OK() {
			t.Fatalf("%v", r.Findings)
		}
	}
	if r := verify(t, l); r.Lines != 312 || r.Head.Seq != 312 {
		t.Errorf("%+v", r)
	}
}
