package access

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
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

// What a crash leaves of a line that was never acknowledged is taken away, and said.
func TestTornLine(t *testing.T) {
	dir, l, c := months(t)
	l.Close()
	path := filepath.Join(dir, "audit", "2026-11.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"seq":13,"at":"2026-11-0` + strings.Repeat("0", 2000)); err != nil {
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

// Files that end anywhere, and lines across the blocks in which a file is read backwards, are read whole.
func TestBackwards(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	read := func(text string) (got []string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := backwards(path, -1, func(b []byte) bool { got = append(got, string(b)); return true }); err != nil {
			t.Fatal(err)
		}
		return got
	}
	long := strings.Repeat("x", maxLine)
	for text, want := range map[string][]string{
		"":                                  nil,
		"no end":                            nil,
		"a\n":                               {"a"},
		"a\nb\nno end":                      {"b", "a"},
		"\n\n":                              {"", ""},
		long + "\nb\n" + long + "\n":        {long, "b", long},
		"a\n" + long + "\n" + long + "tail": {long, "a"},
	} {
		if got := read(text); !slices.Equal(got, want) {
			t.Errorf("%.20q: %d lines, want %d", text, len(got), len(want))
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	var lines []string
	for i := range 200 {
		lines = append(lines, strings.Repeat(string(rune('a'+i%26)), r.IntN(maxLine)))
	}
	got := read(strings.Join(lines, "\n") + "\n")
	slices.Reverse(got)
	if !slices.Equal(got, lines) {
		t.Errorf("%d lines of %d", len(got), len(lines))
	}
	if got := read("a\n" + strings.Repeat(long, 40) + "\nb\n"); len(got) != 3 || got[0] != "b" || got[2] != "a" || len(got[1]) > 6*maxLine {
		t.Errorf("%d lines around one that is too long", len(got))
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"GET /records org=330106001001": "GET /records org=330106001001",
		"a\nb\x1b[31m\u202e\u2028c":     "a b [31m  c",
		"电话13800138000。":                "电话***。",
		"8613800138000":                 "***",
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

// What is read is what was written, byte for byte, and whatever is read can be looked for.
func FuzzLine(f *testing.F) {
	text, _, err := encode(testKey, "", Entry{Seq: 1, At: newClock().now(), Account: "wang", Event: Viewed, Object: `"}{`, Outcome: Done, Count: 2}, true)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.TrimSpace(text))
	f.Add([]byte(`{"seq":1,"hash":"`))
	f.Add([]byte(`{"seq":9223372036854775807,"at":"2026-10-30T09:00:00.000","event":"x","outcome":"y"` + hashKey + strings.Repeat("0", 64) + `"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		newSieve(Filter{Account: "wang", From: time.Unix(0, 0)}).passes(text)
		e, l, body, hash, err := decode(text)
		if !bytes.Equal(text, before) {
			t.Fatal("the text was changed")
		}
		if err != nil {
			return
		}
		if e.Seq < 1 || e.Seq+1 < 1 || len(hash) != 64 || l.Seq != e.Seq || !bytes.Equal(text, append(body[:len(body)-1:len(body)-1], hashKey+hash+`"}`...)) {
			t.Errorf("%+v %q from %q", e, hash, text)
		}
	})
}

// A line as it is written is read as it was, for whatever texts people send, and its filters find it.
func FuzzEntry(f *testing.F) {
	f.Add("wang", "10.0.0.1", "GET /records org=G01", int64(0))
	f.Add(`a","event":"x`, "\u2028<>&", "\xff\n\"}", int64(1)<<40)
	f.Fuzz(func(t *testing.T, account, address, object string, at int64) {
		e := Entry{Seq: 7, At: time.UnixMilli(at % (1 << 46)).UTC(), Account: clean(account), ViewedBy: "li", Address: clean(address), Event: Viewed, Object: clean(object), Outcome: Done}
		if e.At.Year() < 1 || e.At.Year() > 9999 {
			return
		}
		text, hash, err := encode(testKey, "before", e, true)
		if err != nil || bytes.Count(text, []byte("\n")) != 1 || len(text) > maxLine {
			t.Fatalf("%q %v", text, err)
		}
		text = bytes.TrimSuffix(text, []byte("\n"))
		got, l, body, gotHash, err := decode(text)
		if err != nil || got != e || l.Prev != "before" || gotHash != hash || link(testKey, "before", body) != hash {
			t.Fatalf("%+v from %q, %v", got, text, err)
		}
		for _, x := range []Filter{{}, {Account: e.Account}, {Account: "li"}, {Event: Viewed}, {Outcome: Done}, {From: e.At, To: e.At.Add(time.Millisecond)}} {
			if !newSieve(x).passes(text) {
				t.Errorf("%+v does not find %q", x, text)
			}
		}
		for _, x := range []Filter{{Account: "somebody"}, {Event: "x"}, {Outcome: Denied}, {To: e.At}, {From: e.At.Add(time.Millisecond)}} {
			if newSieve(x).passes(text) && e.Account != "somebody" {
				t.Errorf("%+v finds %q", x, text)
			}
		}
	})
}
