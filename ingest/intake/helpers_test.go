package intake

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/profile"
	"gridstar/ingest/workbook"
)

// site is a data directory with two streets of one community each, on 2026-03-01 at 8 o'clock, and a desk in it.
type site struct {
	testing.TB
	dir  string
	w    *warehouse.Warehouse
	in   *ingest.Ingester
	now  time.Time
	log  strings.Builder
	desk *Desk
}

const unitTable = `code|name|level|parent
D|示范区|district|
S1|红旗街道|street|D
S2|东风街道|street|D
C11|朝阳社区|community|S1
C21|建设社区|community|S2`

// plain is a ledger of matters; rows are known by their number.
const plain = `name = "plain"
shape = "record"
covers = ["SQ"]
[match]
headers = ["no", "at", "text"]
[constants]
source_system = "plain"
kind = "SQ"
[fields]
source_no = "no"
received_at = "at"
text = "text"
org_code = "org"
`

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{TB: t, dir: t.TempDir(), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	lease, err := warehouse.Acquire(warehouse.Dir(s.dir))
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return s.now }
	s.w, err = warehouse.Open(context.Background(), lease, warehouse.Options{
		Threads: 2, MemoryMiB: 512, MinFree: 1, Now: clock, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.w.Close(); err != nil {
			t.Error(err)
		}
		lease.Release()
	})
	cat, err := catalog.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse([]byte(plain), "plain.toml", profile.Options{NeedMatch: true})
	if err != nil {
		t.Fatal(err)
	}
	s.in = &ingest.Ingester{
		Warehouse: s.w, Catalog: cat, Profiles: profile.NewSet(p), Levels: units.Levels(cat.Levels), Units: &units.Cache{}, Now: clock,
	}
	var rows [][]string
	for line := range strings.Lines(unitTable) {
		rows = append(rows, strings.Split(strings.TrimSpace(line), "|"))
	}
	if _, err := units.LoadTable(t.Context(), s.w, rows, units.TableOptions{Levels: s.in.Levels, Now: s.now, File: "单位.csv"}); err != nil {
		t.Fatal(err)
	}
	s.reopen(Options{})
	return s
}

// reopen makes a new desk in the directory, as the next process would.
func (s *site) reopen(o Options) {
	s.Helper()
	o.Dir, o.Now, o.MinFree = s.dir, func() time.Time { return s.now }, max(o.MinFree, 1)
	if o.Ingester == nil {
		o.Ingester = func() (*ingest.Ingester, error) { return s.in, nil }
	}
	o.Log = slog.New(slog.NewTextHandler(&s.log, nil))
	var err error
	if s.desk, err = Open(o); err != nil {
		s.Fatal(err)
	}
}

// ledger is a file of n matters of a community, whose numbers begin with a name.
func ledger(name, org string, n int) string {
	var b strings.Builder
	b.WriteString("no,at,text,org\n")
	for i := range n {
		fmt.Fprintf(&b, "%s-%d,2026-02-%02d 08:00:00,楼道灯不亮（%d）,%s\n", name, i, 1+i%28, i, org)
	}
	return b.String()
}

var whole = Sender{Account: "录入一"}

// receive hands a file in.
func (s *site) receive(name, content string, by Sender) Upload {
	s.Helper()
	u, err := s.desk.Receive(s.Context(), strings.NewReader(content), name, by)
	if err != nil {
		s.Fatal(err)
	}
	return u
}

// run runs the desk until the returned function is called.
func (s *site) run() (stop func()) {
	ctx, cancel := context.WithCancel(s.Context())
	done := make(chan error, 1)
	go func() { done <- s.desk.Run(ctx) }()
	return func() {
		s.Helper()
		cancel()
		if err := <-done; err != nil {
			s.Error(err)
		}
	}
}

// wait waits until an upload is in a state.
func (s *site) wait(id string, state State) Upload {
	s.Helper()
	var u Upload
	s.until(func() bool {
		u, _ = s.desk.Upload(id)
		return u.State == state
	}, func() string { return fmt.Sprintf("the upload is %+v, not %s", u, state) })
	return u
}

// until waits for a condition that another goroutine brings about.
func (s *site) until(done func() bool, said func() string) {
	s.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			s.Fatal(said())
		}
	}
}

// hold takes the identity space of the plain ledger, as a long load would.
func (s *site) hold() (release func()) {
	s.Helper()
	job, err := s.w.Begin(s.Context(), warehouse.Spec{Verb: "ingest", Spaces: []string{"plain"}})
	if err != nil {
		s.Fatal(err)
	}
	return job.Abandon
}

// facts is how many live matters there are.
func (s *site) facts() (n int) {
	s.Helper()
	err := s.w.View(s.Context(), func(v *warehouse.View) error {
		rows, err := v.Query(s.Context(), "SELECT count(*) FROM record")
		if err != nil {
			return err
		}
		defer rows.Close()
		rows.Next()
		return rows.Scan(&n)
	})
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// names are what a folder of the data directory holds, hidden files too.
func (s *site) names(folder ...string) []string {
	s.Helper()
	entries, err := os.ReadDir(filepath.Join(append([]string{s.dir}, folder...)...))
	if err != nil && !os.IsNotExist(err) {
		s.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// workbookOf is a workbook with these sheets, in the order of their names.
func workbookOf(t testing.TB, sheets map[string][][]string) string {
	t.Helper()
	var tables []workbook.Table
	for _, name := range slices.Sorted(maps.Keys(sheets)) {
		table := workbook.Table{Name: name, Header: sheets[name][:1]}
		for _, row := range sheets[name][1:] {
			cells := make([]any, len(row))
			for i := range row {
				cells[i] = row[i]
			}
			table.Rows = append(table.Rows, cells)
		}
		tables = append(tables, table)
	}
	var b bytes.Buffer
	if err := workbook.WriteTable(&b, tables...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
