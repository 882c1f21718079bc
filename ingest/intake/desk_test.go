package intake

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/source"
)

// What was received is on disk, under a name that is ours, for its owner only, and known to the next process.
func TestReceive(t *testing.T) {
	s := newSite(t)
	text := ledger("a", "C11", 3)
	u := s.receive(`C:\台账\居民诉求 13912345678.csv`, text, Sender{Account: "录入一", Units: []string{"S1"}})
	if u.Name != "居民诉求 〔电话〕.csv" || u.Size != int64(len(text)) || u.State != Waiting || !u.Received.Equal(s.now) {
		t.Errorf("%+v", u)
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "uploads", u.ID, "file"))
	if err != nil || string(b) != text {
		t.Errorf("%q, %v", b, err)
	}
	for _, name := range []string{"file", "meta.json"} {
		info, err := os.Stat(filepath.Join(s.dir, "uploads", u.ID, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	s.reopen(Options{})
	got, ok := s.desk.Upload(u.ID)
	if !ok || got.Name != u.Name || got.Hash != u.Hash || len(got.Sender.Units) != 1 || got.State != Waiting {
		t.Errorf("after a restart: %+v", got)
	}
	if whole := s.receive("b.csv", text, Sender{Account: "录入一"}); whole.Sender.Units != nil {
		t.Error("the whole site became no unit")
	}
	s.reopen(Options{})
	for _, u := range s.desk.Uploads(func(u Upload) bool { return u.Name == "b.csv" }) {
		if u.Sender.Units != nil {
			t.Error("the whole site became no unit on disk")
		}
	}
}

// What cannot be taken in leaves nothing behind.
func TestReceiveRefuses(t *testing.T) {
	s := newSite(t)
	for what, c := range map[string]struct {
		o    Options
		r    io.Reader
		want error
	}{
		"too large":   {Options{Limits: source.Limits{FileBytes: 10}}, strings.NewReader("no,at,text\n"), ErrLarge},
		"empty":       {Options{}, strings.NewReader(""), ErrEmpty},
		"broken off":  {Options{}, io.MultiReader(strings.NewReader("no,at"), iotest.ErrReader(io.ErrUnexpectedEOF)), ErrCutOff},
		"no disk":     {Options{MinFree: 1 << 62}, strings.NewReader("no,at,text\n"), warehouse.ErrDiskFull},
		"endless":     {Options{Limits: source.Limits{FileBytes: 40 << 20}}, endless{}, ErrLarge},
		"its sender ": {Options{}, iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("no,at"))), ErrCutOff},
	} {
		s.reopen(c.o)
		if _, err := s.desk.Receive(t.Context(), c.r, "x.csv", whole); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
		if left := s.names("uploads"); len(left) > 0 {
			t.Errorf("%s: %v is left", what, left)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A reception that a kill cut short is removed by the next process; so are temporary files.
func TestHalfReceivedIsRemoved(t *testing.T) {
	s := newSite(t)
	half := filepath.Join(s.dir, "uploads", "half")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join(half, "file"), filepath.Join(half, "meta.json.tmp"), filepath.Join(s.dir, "uploads", scratchPrefix+"1")} {
		if err := os.WriteFile(name, []byte("no,at"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.reopen(Options{})
	if left := s.names("uploads"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// A damaged meta.json hides its upload only, and is not deleted.
func TestDamagedUpload(t *testing.T) {
	s := newSite(t)
	good, bad := s.receive("a.csv", "x", whole), s.receive("b.csv", "x", whole)
	if err := os.WriteFile(filepath.Join(s.dir, "uploads", bad.ID, "meta.json"), []byte(`{"id":`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.reopen(Options{})
	all := s.desk.Uploads(nil)
	if len(all) != 1 || all[0].ID != good.ID || len(s.names("uploads")) != 2 || !strings.Contains(s.log.String(), bad.ID) {
		t.Errorf("%v, %v, %s", all, s.names("uploads"), s.log.String())
	}
}

func TestNames(t *testing.T) {
	for given, want := range map[string]string{
		"居民诉求台账.xlsx":                        "居民诉求台账.xlsx",
		"../../etc/passwd":                   "passwd",
		`..\..\warehouse.duckdb`:             "warehouse.duckdb",
		"/":                                  "未命名",
		"..":                                 "未命名",
		"":                                   "未命名",
		"a\x00b\r\nc\u202etxt.csv":           "ab  ctxt.csv",
		"\x1b[31m红.csv":                      "[31m红.csv",
		"bad\xff.csv":                        "bad\uFFFD.csv",
		"cafe\u0301.csv":                     "caf\u00e9.csv",
		strings.Repeat("长", 300) + ".csv":    strings.Repeat("长", maxName-4) + ".csv",
		"x." + strings.Repeat("e", 300):      ("x." + strings.Repeat("e", 300))[:maxName],
		"张 13912345678.csv":                  "张 〔电话〕.csv",
		"a" + strings.Repeat(" ", 300) + "b": "a",
	} {
		if got := cleanName(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

// Whatever a file is called: the name that is kept is one line of text that leads nowhere, names nobody's telephone, and is
// kept as it is when it comes again.
func FuzzName(f *testing.F) {
	for _, s := range []string{"a.csv", "../x", "a\x00", "\u202e", "\xff\xfe", "张 13912345678.csv", "台账😀👨‍👩‍👧.xlsx", ". . .", "e\u0301", strings.Repeat("长", maxName) + ".xlsx"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, given string) {
		got := cleanName(given)
		if got == "" || got == "." || got == ".." || utf8.RuneCountInString(got) > 2*maxName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\r\n\t\x1b") {
			t.Errorf("%q becomes %q", given, got)
		}
		if masked, n := ingest.Mask(got); masked != got {
			t.Errorf("%q becomes %q, in which %d numbers are left", given, got, n)
		}
		if again := cleanName(got); again != got {
			t.Errorf("%q becomes %q, and that %q", given, got, again)
		}
	})
}

// What is done with is kept for its time, then only that it was there, then nothing. What waits for nobody is given up.
func TestSweep(t *testing.T) {
	s := newSite(t)
	waiting, discarded := s.receive("a.csv", "x", whole), s.receive("b.csv", "x", whole)
	if err := s.desk.Discard(discarded.ID); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(s.names("uploads", discarded.ID), "file") {
		t.Error("what was discarded is still there")
	}
	s.now = s.now.Add(7*24*time.Hour - time.Second)
	s.desk.sweep()
	if u, _ := s.desk.Upload(waiting.ID); u.State != Waiting || !slices.Contains(s.names("uploads", waiting.ID), "file") {
		t.Errorf("after less than a week: %+v", u)
	}
	s.now = s.now.Add(time.Second)
	s.desk.sweep()
	if u, _ := s.desk.Upload(waiting.ID); u.State != Discarded || u.Note == "" || slices.Contains(s.names("uploads", waiting.ID), "file") {
		t.Errorf("after a week: %+v", u)
	}
	if err := s.desk.Publish(waiting.ID, nil, whole); !errors.Is(err, ErrState) {
		t.Errorf("what is gone can be published: %v", err)
	}
	s.now = s.now.Add(metaDays * 24 * time.Hour)
	s.desk.sweep()
	if left := s.names("uploads"); len(left) > 0 || len(s.desk.Uploads(nil)) > 0 {
		t.Errorf("after a year %v", left)
	}
}

func TestUploadsComeNewestFirst(t *testing.T) {
	s := newSite(t)
	a := s.receive("a.csv", "x", whole)
	s.now = s.now.Add(time.Minute)
	b := s.receive("b.csv", "x", Sender{Account: "录入二"})
	all := s.desk.Uploads(nil)
	if len(all) != 2 || all[0].ID != b.ID || all[1].ID != a.ID {
		t.Errorf("%+v", all)
	}
	if one := s.desk.Uploads(func(u Upload) bool { return u.Sender.Account == "录入一" }); len(one) != 1 || one[0].ID != a.ID {
		t.Errorf("%+v", one)
	}
}
