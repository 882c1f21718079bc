package ledgers_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gridstar/analytics/catalog"
	"gridstar/ingest/profile"
)

var update = flag.Bool("update", false, "write docs/coverage.md")

// coverageFile is seen from this folder, where its tests run.
const coverageFile = "../../docs/coverage.md"

// section is a source document in mechanisms.txt.
type section struct {
	title      string
	mechanisms []mechanism
}

// mechanism is a line of mechanisms.txt.
type mechanism struct {
	line    int
	name    string
	ledgers []string // names of profiles
	metrics []string
	note    string
}

func mechanisms(t testing.TB) []section {
	t.Helper()
	data, err := os.ReadFile("mechanisms.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []section
	for i, line := range strings.Split(string(data), "\n") {
		if title, ok := strings.CutPrefix(line, "== "); ok {
			all = append(all, section{title: title})
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			t.Fatalf("line %d of mechanisms.txt has %d cells", i+1, len(cells))
		}
		m := mechanism{line: i + 1, name: strings.TrimSpace(cells[0]), metrics: strings.Fields(cells[2]), note: strings.TrimSpace(cells[3])}
		if s := strings.TrimSpace(cells[1]); s != "" {
			m.ledgers = strings.Split(s, "、")
		}
		last := &all[len(all)-1]
		last.mechanisms = append(last.mechanisms, m)
	}
	return all
}

// known are the catalogue and the built-in profiles by name.
func known(t testing.TB) (*catalog.Catalog, map[string]*profile.Profile) {
	t.Helper()
	cat, err := catalog.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	builtin, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*profile.Profile{}
	for _, p := range builtin {
		byName[p.Name] = p
	}
	return cat, byName
}

// A line names ledgers that there are and metrics that they feed, or says why no ledger carries it.
func TestMechanismsAreFedByTheirLedgers(t *testing.T) {
	cat, profiles := known(t)
	used := map[string]bool{}
	for _, s := range mechanisms(t) {
		for _, m := range s.mechanisms {
			var feeding []*profile.Profile
			for _, name := range m.ledgers {
				p := profiles[name]
				if p == nil {
					t.Errorf("line %d: there is no ledger %s", m.line, name)
					continue
				}
				used[name] = true
				feeding = append(feeding, p)
			}
			for _, id := range m.metrics {
				metric, ok := cat.Metric(id)
				if !ok {
					t.Errorf("line %d: there is no metric %s", m.line, id)
					continue
				}
				if !fed(cat, metric, feeding) {
					t.Errorf("line %d: none of %v feeds %s", m.line, m.ledgers, id)
				}
			}
			if len(m.ledgers) == 0 && m.note == "" {
				t.Errorf("line %d: %s has no ledger, and nothing says why", m.line, m.name)
			}
		}
	}
	for name, p := range profiles {
		if !used[name] && p.Refuse == "" && !slices.Contains(foreign, name) {
			t.Errorf("no mechanism is kept in %s", name)
		}
	}
}

// fed says whether one of the ledgers delivers what a metric counts; of a metric made of others, its numerator or a part.
func fed(cat *catalog.Catalog, m *catalog.Metric, ledgers []*profile.Profile) bool {
	covers := func(shape string, codes ...string) bool {
		return slices.ContainsFunc(ledgers, func(p *profile.Profile) bool {
			return slices.Contains(p.Shapes(), shape) && slices.ContainsFunc(p.Covers, func(c string) bool { return slices.Contains(codes, c) })
		})
	}
	operand := func(id string) bool {
		o, ok := cat.Metric(id)
		return ok && fed(cat, o, ledgers)
	}
	switch {
	case m.Type == catalog.Cross:
		return operand(m.Numerator)
	case m.Type == catalog.Weighted:
		return slices.ContainsFunc(m.Parts, func(p catalog.Part) bool { return operand(p.Metric) })
	case m.Type == catalog.Due:
		return slices.ContainsFunc(m.Schedule, func(id string) bool {
			s, ok := cat.Schedule(id)
			return ok && covers(catalog.ShapeActivity, s.Types...)
		})
	case m.Measure != "":
		return covers(catalog.ShapeFigure, m.Measure)
	case m.Shape == catalog.ShapeRecord && len(m.Kinds) == 0:
		return covers(m.Shape, catalog.Matters...)
	case m.Shape == catalog.ShapeRecord:
		return covers(m.Shape, m.Kinds...)
	case m.Shape == catalog.ShapeActivity && len(m.Types) == 0:
		return slices.ContainsFunc(ledgers, func(p *profile.Profile) bool { return slices.Contains(p.Shapes(), m.Shape) })
	}
	return covers(m.Shape, m.Types...)
}

// The documents that the mechanisms are taken from are not part of the repository; where they are at hand, no mechanism of
// theirs is left out.
func TestNoMechanismIsLeftOut(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "DOMAIN.md"))
	if err != nil {
		t.Skip("the list of mechanisms is not at hand (../shared/DOMAIN.md)")
	}
	want := map[string]int{}
	at, heading := "", false
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "## "); ok {
			at, _, _ = strings.Cut(rest, " ")
			heading = true
		}
		if !strings.HasPrefix(at, "1.") || !strings.HasPrefix(line, "|") {
			continue
		}
		if heading || strings.HasPrefix(line, "|---") { // the head of the table and the line below it
			heading = false
			continue
		}
		want[at]++
	}
	for _, s := range mechanisms(t) {
		number, _, _ := strings.Cut(s.title, " ")
		if want[number] != len(s.mechanisms) {
			t.Errorf("section %s has %d mechanisms, want %d", number, len(s.mechanisms), want[number])
		}
		delete(want, number)
	}
	for number, n := range want {
		if n > 0 {
			t.Errorf("section %s is left out", number)
		}
	}
}

func TestCoverage(t *testing.T) {
	cat, profiles := known(t)
	got := coverage(t, cat, profiles)
	if *update {
		if err := os.WriteFile(coverageFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(coverageFile)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/coverage.md is out of date (%v): run go generate ./ingest/ledgers", err)
	}
}

// coverage writes docs/coverage.md.
func coverage(t testing.TB, cat *catalog.Catalog, profiles map[string]*profile.Profile) []byte {
	var b bytes.Buffer
	b.WriteString(`# Coverage: which ledger carries what

Written by ` + "`go generate ./ingest/ledgers`" + ` from ingest/ledgers/mechanisms.txt, the built-in profiles and the examples; do not edit.

## Ledgers

The number is that of the list of ledgers in the domain notes; those without one were added for a mechanism that no ledger of the
list carries. A file is recognised by its headers; ` + "`templates DIR`" + ` writes a blank one.

| no. | ledger | profile | becomes | delivers in full | example |
|---|---|---|---|---|---|
`)
	for _, e := range ordered(examples(t)) {
		p := profiles[e.profile]
		becomes := strings.Join(p.Shapes(), ", ")
		if p.Refuse != "" {
			becomes = "turned away: " + p.Refuse
		}
		covers := slices.Clone(p.Covers)
		slices.Sort(covers)
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", e.number(), p.Title, p.File, becomes, strings.Join(covers, ", "), e.name+"/"+filepath.Base(e.file))
	}
	b.WriteString(`
## Mechanisms

What the five source documents describe, in their order. A mechanism without a ledger says why.
`)
	for _, s := range mechanisms(t) {
		fmt.Fprintf(&b, "\n### %s\n\n| mechanism | ledgers | metrics | not carried |\n|---|---|---|---|\n", s.title)
		for _, m := range s.mechanisms {
			var metrics []string
			for _, id := range m.metrics {
				if metric, ok := cat.Metric(id); ok {
					metrics = append(metrics, metric.Label+" `"+id+"`")
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.name, strings.Join(m.ledgers, "、"), strings.Join(metrics, "、"), m.note)
		}
	}
	return b.Bytes()
}

// number is that of the ledger in the list; "" for one that is not on it.
func (e *example) number() string {
	n, _, _ := strings.Cut(e.name, "-")
	if i, err := strconv.Atoi(n); err == nil && i > 0 {
		return strconv.Itoa(i)
	}
	return ""
}

// ordered puts the examples into the order of the list, those that are not on it last.
func ordered(all []*example) []*example {
	slices.SortStableFunc(all, func(a, b *example) int {
		return cmp.Or(cmp.Compare(boolInt(a.number() == ""), boolInt(b.number() == "")), cmp.Compare(a.name, b.name))
	})
	return all
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
