package analytics

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// The files in testdata are cases to read: records in, answer out, the expected numbers worked out by hand.
//
//	== use base.inc                 sections of another file
//	== config / == catalog          TOML of the site
//	== record                       rows of a table: a line of column names, then one line per row; - is null
//	== job                          publishes what stands above as one job (done at the end of data in any case)
//	== end record id = 'a'          ends copies
//	== query 2026-01-01 2026-02-01 received by=org:community now=2026-03-01 …
//	                                then a line of JSON keys and one line per expected row, in order
//	== error …                      a query and the sentence that refuses it
//
// A number may be written 200/3; ~ is any value. Lines starting with # are comments.
type section struct {
	head string
	rows [][]string
	raw  string
	line int
}

func readCase(t *testing.T, name string) []section {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []section
	for i, line := range strings.Split(string(data), "\n") {
		if head, ok := strings.CutPrefix(line, "== "); ok {
			if used, ok := strings.CutPrefix(head, "use "); ok {
				all = append(all, readCase(t, used)...)
				continue
			}
			all = append(all, section{head: head, line: i + 1})
			continue
		}
		if len(all) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		s := &all[len(all)-1]
		s.raw += line + "\n"
		if cells := strings.Fields(line); len(cells) > 0 {
			s.rows = append(s.rows, cells)
		}
	}
	return all
}

func TestCases(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			runCase(t, readCase(t, filepath.Base(name)), checkQuery, "query", "error")
		})
	}
}

// runCase plays a file: sections that begin with one of the words are checked, all others say what is in the warehouse.
func runCase(t *testing.T, sections []section, check func(*testing.T, *fixture, *catalog.Catalog, section, string), words ...string) {
	site := siteFS{}
	f := newFixture(t)
	for _, s := range sections {
		word, rest, _ := strings.Cut(s.head, " ")
		switch word {
		case "config":
			site["config.toml"] = s.raw
		case "catalog":
			site["catalog/site.toml"] = s.raw
		case "job":
			f.publish()
		case "end":
			table, where, _ := strings.Cut(rest, " ")
			f.end(table, where)
		default:
			if !slices.Contains(words, word) {
				f.insert(word, s.rows)
				continue
			}
			f.publish()
			t.Run(fmt.Sprintf("line %d %s", s.line, rest), func(t *testing.T) { check(t, f, site.load(t), s, word) })
		}
	}
}

func checkQuery(t *testing.T, f *fixture, cat *catalog.Catalog, s section, word string) {
	refused := word == "error"
	q := parseQuery(t, strings.Fields(s.head)[1:])
	a, err := f.run(cat, q)
	if refused {
		if want := strings.TrimSpace(s.raw); err == nil || err.Error() != want {
			t.Fatalf("error\n%v\nwant\n%s", err, want)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got := objectsOf(t, a)
	if len(s.rows) == 0 {
		if len(got) != 0 {
			t.Fatalf("%d rows, want none:\n%v", len(got), got)
		}
		return
	}
	keys, want := s.rows[0], s.rows[1:]
	if len(got) != len(want) {
		t.Errorf("%d rows, want %d:\n%s", len(got), len(want), show(keys, got))
		return
	}
	for i, row := range want {
		for j, k := range keys {
			v, ok := got[i][k]
			if !ok {
				t.Fatalf("the answer has no key %q", k)
			}
			if !equalCell(row[j], v) {
				t.Errorf("row %d, %s = %v, want %s\n%s", i+1, k, v, row[j], show(keys, got))
				return
			}
		}
	}
}

func show(keys []string, rows []map[string]any) string {
	var b strings.Builder
	b.WriteString(strings.Join(keys, "\t") + "\n")
	for _, r := range rows {
		for _, k := range keys {
			fmt.Fprintf(&b, "%v\t", r[k])
		}
		b.WriteString("\n")
	}
	return b.String()
}

func equalCell(want string, got any) bool {
	switch got := got.(type) {
	case nil:
		return want == "-" || want == "~"
	case float64:
		n, ok := fraction(want)
		return want == "~" || ok && math.Abs(n-got) < 1e-9
	default:
		return want == "~" || want == fmt.Sprint(got)
	}
}

func fraction(s string) (float64, bool) {
	a, b, quotient := strings.Cut(s, "/")
	n, err := strconv.ParseFloat(a, 64)
	if err != nil {
		return 0, false
	}
	if !quotient {
		return n, true
	}
	d, err := strconv.ParseFloat(b, 64)
	return n / d, err == nil
}

// objectsOf reads the answer's own JSON.
func objectsOf(t *testing.T, a *Answer) []map[string]any {
	t.Helper()
	var buf bytes.Buffer
	if err := a.JSON(&buf); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(buf.Bytes(), &rows); err != nil {
		t.Fatalf("%v in\n%s", err, buf.String())
	}
	return rows
}

func parseQuery(t *testing.T, words []string) Query {
	t.Helper()
	q := Query{From: moment(t, words[0]), To: moment(t, words[1]), Metrics: strings.Split(words[2], ","), Scope: units.Everything()}
	q.Now = q.To
	for _, w := range words[3:] {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "by":
			q.Dims = strings.Split(v, ",")
		case "now":
			q.Now = moment(t, v)
		case "org":
			q.Org = v
		case "compare":
			q.Compare = Compare(v)
		case "limit":
			q.Limit, _ = strconv.Atoi(v)
		case "scope":
			q.Scope.Reach = units.Under(strings.Split(v, ",")...)
		case "petitions": // where protected fields are open; * is everywhere
			q.Scope.Petitions = parseReach(v)
		case "care":
			q.Scope.Care = parseReach(v)
		case "asof":
			n, _ := strconv.ParseInt(v, 10, 64)
			q.AsOf = &n
		case "where":
			dim, values, _ := strings.Cut(v, "=")
			q.Where = append(q.Where, Filter{dim, strings.Split(values, ",")})
		case "fold": // fold=category=a,b; fold=category= keeps none
			dim, values, _ := strings.Cut(v, "=")
			f := Fold{Dim: dim}
			if values != "" {
				f.Keep = strings.Split(values, ",")
			}
			q.Fold = append(q.Fold, f)
		default:
			t.Fatalf("unknown word %q", w)
		}
	}
	return q
}

func parseReach(text string) units.Reach {
	if text == "*" {
		return units.Reach{All: true}
	}
	return units.Under(strings.Split(text, ",")...)
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if m, err := time.Parse(layout, s); err == nil {
			return m
		}
	}
	t.Fatalf("%q is no time", s)
	return time.Time{}
}

// fixture is a real warehouse in a temporary directory.
type fixture struct {
	t   testing.TB
	w   *warehouse.Warehouse
	job *warehouse.Job
	row int64
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	lease, err := warehouse.Acquire(warehouse.Dir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	w, err := warehouse.Open(context.Background(), lease, warehouse.Options{
		Threads: 2, MinFree: 1, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, w: w}
	t.Cleanup(func() {
		if f.job != nil {
			f.job.Abandon()
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		lease.Release()
	})
	return f
}

func (f *fixture) begin() *warehouse.Job {
	f.t.Helper()
	if f.job == nil {
		var err error
		if f.job, err = f.w.Begin(context.Background(), warehouse.Spec{Verb: "ingest", All: true}); err != nil {
			f.t.Fatal(err)
		}
	}
	return f.job
}

func (f *fixture) publish() {
	f.t.Helper()
	if f.job == nil {
		return
	}
	if _, err := f.job.Publish(context.Background(), warehouse.Totals{}); err != nil {
		f.t.Fatal(err)
	}
	f.job = nil
}

func (f *fixture) exec(sql string, args ...any) {
	f.t.Helper()
	if _, err := f.begin().Exec(context.Background(), sql, args...); err != nil {
		f.t.Fatalf("%v in %s", err, sql)
	}
}

func (f *fixture) end(table, where string) {
	f.t.Helper()
	if n, err := f.begin().End(context.Background(), table, where); err != nil || n == 0 {
		f.t.Fatalf("ended %d of %s where %s: %v", n, table, where, err)
	}
}

// defaults of the columns a case need not name.
var defaults = map[string]map[string]string{
	"record":   {"source_system": "test", "kind": "SQ", "content": "0"},
	"activity": {"content": "0"},
	"figure":   {"content": "0"},
	"place":    {"content": "0"},
	"org":      {"sort": "1", "valid_from": "1900-01-01"},
	"coverage": {"stated_by": "test"},
}

func (f *fixture) insert(table string, rows [][]string) {
	f.t.Helper()
	if len(rows) == 0 {
		return
	}
	header := slices.Clone(rows[0])
	var extra []string
	for col, v := range defaults[table] {
		if !slices.Contains(header, col) {
			header, extra = append(header, col), append(extra, v)
		}
	}
	for i, row := range rows[1:] {
		if len(row) != len(rows[0]) {
			f.t.Fatalf("%s row %d has %d cells, want %d: %v", table, i+1, len(row), len(rows[0]), row)
		}
		var args []any
		var phs []string
		for _, cell := range append(slices.Clone(row), extra...) {
			if cell == "-" {
				args = append(args, nil)
			} else {
				args = append(args, cell)
			}
			phs = append(phs, "$"+strconv.Itoa(len(args)))
		}
		f.row++
		f.exec(fmt.Sprintf("INSERT INTO %s (%s, job, row, since) VALUES (%s, %d, %d, %[4]d)", table, strings.Join(header, ", "),
			strings.Join(phs, ", "), f.begin().ID, f.row), args...)
	}
}

func (f *fixture) run(cat *catalog.Catalog, q Query) (a *Answer, err error) {
	f.publish()
	err = f.w.View(context.Background(), func(v *warehouse.View) error {
		a, err = Run(context.Background(), v, cat, q)
		return err
	})
	return a, err
}
