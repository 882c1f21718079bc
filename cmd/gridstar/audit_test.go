package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// logEnv is what verbs run in that need the audit log and nothing else.
func logEnv(t *testing.T) *env {
	t.Helper()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	l, err := access.OpenLog(warehouse.Dir(t.TempDir()), access.LogOptions{Now: func() time.Time { return at }, Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &env{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, uid: 1000, books: books{Audit: l}}
}

// lines are those of the log, the oldest first, as "event object outcome".
func (e *env) lines(t *testing.T) (all []string) {
	t.Helper()
	p, err := e.Audit.Find(t.Context(), access.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range slices.Backward(p.Entries) {
		if x.Account != access.CommandLine || x.Address != "uid 1000" {
			t.Errorf("line by %q at %q", x.Account, x.Address)
		}
		all = append(all, fmt.Sprintf("%s %s %s", x.Event, x.Object, x.Outcome))
	}
	return all
}

// deed is a verb that does as it is told and knows what the log held when it ran.
type deed struct {
	event access.Event
	do    func() error
	ran   bool
}

func (d *deed) audited() (access.Event, string) { return d.event, "deed" }

func (d *deed) Run(context.Context, *env) error {
	d.ran = true
	return d.do()
}

func TestAVerbIsWrittenDownBeforeItRuns(t *testing.T) {
	e := logEnv(t)
	var before []string
	code := runVerb(t.Context(), &deed{event: access.Imported, do: func() error {
		before = e.lines(t)
		return errRejected
	}}, e)
	if want := []string{"imported deed done"}; code != exitRejected || !cmp.Equal(before, want) || !cmp.Equal(e.lines(t), want) {
		t.Errorf("exit %d; while it ran %q, afterwards %q", code, before, e.lines(t))
	}
}

func TestAVerbThatFailsIsWrittenDownTwice(t *testing.T) {
	for name, do := range map[string]func() error{
		"an error": func() error { return errors.New("不行") },
		"a panic":  func() error { panic("oops") },
	} {
		e := logEnv(t)
		code := runVerb(t.Context(), &deed{event: access.Undid, do: do}, e)
		if want := []string{"undid deed done", "undid deed failed"}; code != exitFailed || !cmp.Equal(e.lines(t), want) {
			t.Errorf("%s: exit %d, %q", name, code, e.lines(t))
		}
	}
}

func TestWithoutTheLogAVerbDoesNotRun(t *testing.T) {
	closed := logEnv(t)
	if err := closed.Audit.Close(); err != nil {
		t.Fatal(err)
	}
	missing := logEnv(t)
	missing.books = books{booksErr: errors.New("审计日志打不开")}
	for name, e := range map[string]*env{"it cannot be written": closed, "it could not be opened": missing} {
		d := &deed{event: access.Imported, do: func() error { return nil }}
		if code := runVerb(t.Context(), d, e); code != exitFailed || d.ran || !strings.Contains(fmt.Sprint(e.Stderr), "审计日志") {
			t.Errorf("%s: exit %d, ran %v: %s", name, code, d.ran, e.Stderr)
		}
		d = &deed{event: access.Unrecorded, do: func() error { return nil }}
		if code := runVerb(t.Context(), d, e); code != exitDone || !d.ran {
			t.Errorf("%s: a verb that only reads: exit %d", name, code)
		}
	}
}

// Verbs that write the data or a file, and are not those of user, which the store writes down: each says what the log holds.
func TestEveryVerbThatChangesIsAudited(t *testing.T) {
	seen := 0
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		writes := false
		if d, ok := v.Addr().Interface().(directoryVerb); ok {
			writes = d.use() == useWrite
		}
		if f, ok := v.Addr().Interface().(fileVerb); ok && v.FieldByName("Out").IsValid() {
			v.FieldByName("Out").SetString("x.csv")
			writes = writes || f.output() != ""
		}
		if a, ok := v.Addr().Interface().(auditedVerb); ok {
			seen++
			if event, object := a.audited(); writes && (event == access.Unrecorded || object == "") {
				t.Errorf("%s: %s %q", name, event, object)
			}
		} else if writes && !strings.HasPrefix(name, "User") {
			t.Errorf("%s changes something and is not audited", name)
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Type.Kind() == reflect.Struct && f.IsExported() {
				walk(name+f.Name, v.Field(i))
			}
		}
	}
	walk("", reflect.ValueOf(&cli{}).Elem())
	if seen < 7 {
		t.Errorf("only %d audited verbs", seen)
	}
}

func TestObjectsOfTheLogHoldNoFileNames(t *testing.T) {
	const file = "张某某13800001111.csv"
	for _, tt := range []struct {
		verb   auditedVerb
		event  access.Event
		object string
	}{
		{&ingestVerb{Files: []string{file, file}, Profile: "居民诉求台账"}, access.Imported, "ingest files=2 profile=居民诉求台账"},
		{&ingestVerb{Files: []string{file}, Profile: "张某某.toml"}, access.Imported, "ingest files=1"},
		{&ingestVerb{Files: []string{file}, Profile: "a name with spaces"}, access.Imported, "ingest files=1 profile=?"},
		{&ingestVerb{Files: []string{file}, DryRun: true}, access.Unrecorded, ""},
		{&unitsLoadVerb{File: file, Tree: "party"}, access.Imported, "units load party"},
		{&unitsLoadVerb{File: file}, access.Imported, "units load"},
		{&gridsLoadVerb{gridsFile: gridsFile{Files: []string{file}}, Level: "grid"}, access.Imported, "grids load grid"},
		{&undoVerb{Job: 12}, access.Undid, "undo 12"},
		{&rejectsVerb{Job: 3, Out: file}, access.Exported, "rejects job=3"},
		{&rejectsVerb{Job: 3}, access.Unrecorded, ""},
		{&verifyVerb{AcceptLoss: true}, access.Settings, "verify accept-loss"},
		{&verifyVerb{}, access.Unrecorded, ""},
		{&demoVerb{}, access.Imported, "demo"},
	} {
		if event, object := tt.verb.audited(); event != tt.event || object != tt.object {
			t.Errorf("%+v: %s %q, want %s %q", tt.verb, event, object, tt.event, tt.object)
		}
	}
}

// The service's start is one line; other settings than at the start before are one more.
func TestChangedSettingsAreWrittenDown(t *testing.T) {
	e := logEnv(t)
	start := func(site string) string {
		t.Helper()
		dir := t.TempDir()
		write(t, filepath.Join(dir, "config.toml"), []byte(site), time.Now())
		var err error
		if e.Catalog, err = catalog.Load(os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := e.recordStart(t.Context()); err != nil {
			t.Fatal(err)
		}
		return settingsMark(e.Catalog)
	}
	a := start("")
	start("")
	b := start("[access]\nidle_minutes = 20")
	start("[access]\nidle_minutes = 20")
	c := start("[site]\nname = \"红旗街道\"\n[access]\nidle_minutes = 20")
	if a == b || b == c || a == c {
		t.Errorf("marks %q, %q, %q", a, b, c)
	}
	want := []string{
		"started " + a + " done", "started " + a + " done", "settings " + b + " done", "started " + b + " done", "started " + b + " done",
		"settings " + c + " done", "started " + c + " done",
	}
	if diff := cmp.Diff(want, e.lines(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// auditFile is the one file of a young log.
func auditFile(t testing.TB, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "audit", "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	return files[0]
}

// verdict is what verify --json says.
type verdict struct {
	OK    bool
	Audit struct {
		OK       bool
		Lines    int
		Head     string
		Findings []struct {
			File string
			Line int
			Text string
		}
	}
}

// What somebody with an editor does to the log, verify finds and places; and that the log ends where it ended.
func TestVerifyFindsWhatWasDoneToTheLog(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	for _, name := range []string{"wang", "zhao", "qian"} { // six lines
		p.must("user", "add", name)
	}
	var sound verdict
	p.must("verify", "--json").into(t, &sound)
	if !sound.OK || !sound.Audit.OK || sound.Audit.Lines != 6 || !strings.HasPrefix(sound.Audit.Head, "6:") {
		t.Fatalf("%+v", sound)
	}
	p.must("verify", "--head", sound.Audit.Head)
	name := auditFile(t, p.dir)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(text))
	for situation, tt := range map[string]struct {
		text []byte
		line int // of the finding; 0: of the log as a whole
		says string
	}{
		"a changed byte": {bytes.Replace(text, []byte("zhao"), []byte("zhap"), 1), 3, "被改动过"},
		"a deleted line": {bytes.Join(slices.Concat(lines[:3], lines[4:]), nil), 4, "缺少第 4"},
		"a cut-off end":  {bytes.Join(lines[:4], nil), 0, "末尾缺少第 5 至 6 条"},
	} {
		t.Run(situation, func(t *testing.T) {
			write(t, name, tt.text, time.Now())
			defer write(t, name, text, time.Now())
			o := p.run("verify", "--json")
			var v verdict
			o.into(t, &v)
			if o.code != exitFailed || v.OK || v.Audit.OK || len(v.Audit.Findings) == 0 {
				t.Fatalf("exit %d: %s", o.code, o.stdout)
			}
			if f := v.Audit.Findings[0]; f.Line != tt.line || !strings.Contains(f.Text, tt.says) {
				t.Errorf("%+v, want line %d, %q", f, tt.line, tt.says)
			}
		})
	}
	write(t, name, bytes.Replace(text, []byte("zhao"), []byte("zhap"), 1), time.Now())
	if o := p.run("verify"); o.code != exitFailed || !strings.Contains(o.stdout, "第 3 行：") || !strings.Contains(o.stderr, "审计日志核对未通过") {
		t.Errorf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
	write(t, name, text, time.Now())
	other := sound.Audit.Head[:len(sound.Audit.Head)-8] + "00000000"
	if o := p.run("verify", "--head", other); o.code != exitFailed || !strings.Contains(o.stdout, "第 6 条") {
		t.Errorf("another head than the one written down: exit %d: %s", o.code, o.stdout)
	}
	if o := p.run("verify", "--head", "6"); o.code != exitUsage {
		t.Errorf("half a head: exit %d: %s", o.code, o.stderr)
	}
}

var anchored = regexp.MustCompile(`,"audit":"[^"]*"`)

// On a directory from before there were accounts, reading makes none of their files.
func TestReadingMakesNoFilesOfAccounts(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	file, profile := ledger(t, t.TempDir(), "old", 3)
	p.must("ingest", file, "--profile", profile)
	journal := filepath.Join(p.dir, "journal.jsonl")
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	old := anchored.ReplaceAll(text, nil)
	if len(old) == len(text) {
		t.Fatalf("the job's line carries no head of the log: %s", text)
	}
	write(t, journal, old, time.Now())
	if err := os.RemoveAll(filepath.Join(p.dir, "audit")); err != nil {
		t.Fatal(err)
	}
	p.must("jobs")
	p.must("query", "received", "--from", "2026-01-01", "--to", "2026-02-01")
	p.must("user", "list")
	var v verdict
	p.must("verify", "--json").into(t, &v)
	if !v.Audit.OK || v.Audit.Lines != 0 {
		t.Errorf("%+v", v)
	}
	for _, name := range []string{"audit", "accounts.json", "sessions.json"} {
		if _, err := os.Stat(filepath.Join(p.dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Without its accounts a directory is still read and checked, and its owner is told; nothing begins anew by itself.
func TestDamagedAccountsAreNoFreshStart(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	p.must("user", "add", "wang")
	write(t, filepath.Join(p.dir, "accounts.json"), []byte("{"), time.Now())
	for _, args := range [][]string{{"user", "list"}, {"user", "add", "zhao"}, {"serve", "--addr", "127.0.0.1:0"}, {"verify"}} {
		if o := p.run(args...); o.code != exitFailed || !strings.Contains(o.stdout+o.stderr, "账号文件 accounts.json 已损坏") {
			t.Errorf("%v: exit %d: %s%s", args, o.code, o.stdout, o.stderr)
		}
	}
	p.must("jobs")
	if b, err := os.ReadFile(filepath.Join(p.dir, "accounts.json")); err != nil || string(b) != "{" {
		t.Errorf("%q, %v", b, err)
	}
}
