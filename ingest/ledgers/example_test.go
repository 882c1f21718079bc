package ledgers_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"gridstar/ingest"
	"gridstar/ingest/profile"
)

// example is a folder of testdata: a file, and what must come of it.
type example struct {
	name     string
	file     string
	profile  string // by whose name the file must be known
	refused  string // the sentence that turns it away; "" where it is taken
	counts   string
	skipped  string
	covers   []string
	warnings []string
	nowhere  []string
	options  map[string]string
	rejects  string
	facts    []facts
}

// facts are what some columns of a shape must hold.
type facts struct{ shape, columns, lines string }

func examples(t testing.TB) []*example {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join("testdata", "*", "want.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*example
	for _, want := range folders {
		all = append(all, readExample(t, filepath.Dir(want)))
	}
	return all
}

func readExample(t testing.TB, dir string) *example {
	t.Helper()
	e := &example{name: filepath.Base(dir), options: map[string]string{}}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "want.txt" {
			continue
		}
		if e.file != "" {
			t.Fatalf("%s holds two files", dir)
		}
		e.file = filepath.Join(dir, f.Name())
	}
	archive, err := txtar.ParseFile(filepath.Join(dir, "want.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Comment) == 0 {
		t.Errorf("%s does not say what is messy about it", dir)
	}
	for _, section := range archive.Files {
		body := string(section.Data)
		switch shape, columns, ok := strings.Cut(section.Name, ": "); {
		case section.Name == "load":
			for line := range strings.Lines(body) {
				e.expect(t, strings.TrimSuffix(line, "\n"))
			}
		case section.Name == "rejects":
			e.rejects = body
		case ok:
			e.facts = append(e.facts, facts{shape, columns, body})
		default:
			t.Fatalf("%s: no section is called %q", dir, section.Name)
		}
	}
	return e
}

// expect reads a line of the section load.
func (e *example) expect(t testing.TB, line string) {
	t.Helper()
	key, value, _ := strings.Cut(line, " ")
	switch key {
	case "profile":
		e.profile = value
	case "refused":
		e.refused = value
	case "rows":
		e.counts = line
	case "skipped":
		e.skipped = value
	case "covers":
		e.covers = append(e.covers, value)
	case "warn":
		e.warnings = append(e.warnings, value)
	case "nowhere":
		e.nowhere = append(e.nowhere, strings.Fields(value)...)
	case "option":
		name, v, _ := strings.Cut(value, " ")
		e.options[name] = v
	default:
		t.Fatalf("%s: the section load has no %q", e.name, key)
	}
}

func TestExamples(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.name, func(t *testing.T) {
			s := newSite(t)
			res, err := s.load(e)
			if e.refused != "" {
				if err == nil || err.Error() != e.refused {
					t.Fatalf("refused with %v\nwant         %s", err, e.refused)
				}
				e.nowhereIn(t, s)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			e.check(t, s, res)
			e.nowhereIn(t, s)

			again, err := s.load(e)
			if err != nil {
				t.Fatal(err)
			}
			if again.Accepted != 0 || again.Removed != 0 || again.Unchanged != res.Accepted {
				t.Errorf("the same file again: %s", counts(again))
			}
		})
	}
}

// check compares what came of the file with what must.
func (e *example) check(t *testing.T, s *site, res ingest.Result) {
	t.Helper()
	if res.Profile != e.profile {
		t.Errorf("read as %s, want %s", res.Profile, e.profile)
	}
	if got := counts(res); got != e.counts {
		t.Errorf("%s\nwant %s", got, e.counts)
	}
	if got := skipped(res); got != e.skipped {
		t.Errorf("skipped %s, want %s", got, e.skipped)
	}
	var covers []string
	for _, c := range res.Covers {
		if c.Shape != "figure" { // those are covered as they are reported
			covers = append(covers, strings.Join([]string{c.Shape, c.Subject, c.Org, c.From.Format("2006-01-02"), c.To.Format("2006-01-02")}, " "))
		}
	}
	if diff := cmp.Diff(e.covers, covers); diff != "" {
		t.Errorf("covers (-want +got):\n%s", diff)
	}
	for _, w := range e.warnings {
		if !slices.ContainsFunc(res.Warnings, func(x ingest.Warning) bool { return w == fmt.Sprintf("%s %d", x.Code, x.Count) }) {
			t.Errorf("no warning %s among %v", w, res.Warnings)
		}
	}
	rejects := s.table("SELECT row, col, value, reason FROM reject WHERE job = ? ORDER BY row, rowid", res.Job)
	if diff := cmp.Diff(e.rejects, rejects); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	if len(e.facts) == 0 {
		t.Error("says nothing of what is stored")
	}
	for _, f := range e.facts {
		got := s.table("SELECT row, " + f.columns + " FROM " + f.shape + " ORDER BY ALL")
		if diff := cmp.Diff(f.lines, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", f.shape, f.columns, diff)
		}
	}
}

// nowhereIn says that none of the words that name a person stands in the warehouse.
func (e *example) nowhereIn(t *testing.T, s *site) {
	t.Helper()
	if len(e.nowhere) == 0 {
		return
	}
	all := s.everything()
	for _, word := range e.nowhere {
		if strings.Contains(all, word) {
			t.Errorf("%q stands in the warehouse", word)
		}
	}
}

// counts are a result's counts, zeros left out.
func counts(r ingest.Result) string {
	var parts []string
	for _, c := range []struct {
		name string
		n    int64
	}{{"rows", r.Rows}, {"accepted", r.Accepted}, {"replaced", r.Replaced}, {"unchanged", r.Unchanged}, {"rejected", r.Rejected}, {"skipped", r.Skipped}, {"masked", r.Masked}} {
		if c.n != 0 {
			parts = append(parts, fmt.Sprintf("%s %d", c.name, c.n))
		}
	}
	return strings.Join(parts, ", ")
}

func skipped(r ingest.Result) string {
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(r.SkippedBy)) {
		parts = append(parts, fmt.Sprintf("%s %d", why, r.SkippedBy[why]))
	}
	return strings.Join(parts, ", ")
}

// foreign are the profiles of other countries' exports; they are tested on the published files.
var foreign = []string{"boston311", "nyc311"}

func TestEveryLedgerHasAnExample(t *testing.T) {
	shown := map[string]bool{}
	for _, e := range examples(t) {
		shown[e.profile] = true
	}
	builtin, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range builtin {
		if !shown[p.Name] && !slices.Contains(foreign, p.Name) {
			t.Errorf("%s has no example", p.Name)
		}
		delete(shown, p.Name)
	}
	for name := range shown {
		t.Errorf("an example is of %q, which is no built-in profile", name)
	}
}
