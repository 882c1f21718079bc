package warehouse_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/marcboeker/go-duckdb"
	"golang.org/x/sys/unix"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/profile"
)

// TestBench prints our figures beside the limit measured in the same run (make bench). It decides nothing: timings
// never fail a test. GRIDSTAR_BENCH_ROWS sets the number of records, 5,000,000 by default.
func TestBench(t *testing.T) {
	if os.Getenv("GRIDSTAR_BENCH") == "" {
		t.Skip("set GRIDSTAR_BENCH=1, or run make bench")
	}
	rows := 5_000_000
	if s := os.Getenv("GRIDSTAR_BENCH_ROWS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		rows = n
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "records.csv")
	size := writeRecords(t, file, rows, 0)
	t.Logf("%d records × 18 columns, %.2f GB CSV, %d cores", rows, float64(size)/1e9, runtime.NumCPU())

	limit := bareReadCSV(t, file)
	b := newBench(t, filepath.Join(dir, "D"))
	ours := measure(func() { b.load(file) })
	t.Logf("load: %s; limit, bare read_csv into the same table: %s; %.2f × (of processor time %.2f ×; limit 0.7 ×, 1,600 MiB)",
		ours.perSecond(rows), limit.perSecond(rows), limit.took.Seconds()/ours.took.Seconds(), limit.cpu.Seconds()/ours.cpu.Seconds())
	b.queries()
	b.stream(dir, rows)
	b.update(dir, rows)
	b.encoded(dir, file, rows, limit)
	b.workbook(dir)
}

// measured is what something cost: the time, the processor time of all cores, the peak of resident memory.
type measured struct {
	took, cpu time.Duration
	peakMiB   int
}

func measure(f func()) (m measured) {
	resetPeak()
	start, before := time.Now(), cpuTime(unix.RUSAGE_SELF)
	f()
	return measured{time.Since(start), cpuTime(unix.RUSAGE_SELF) - before, peakMiB()}
}

func (m measured) perSecond(rows int) string {
	return fmt.Sprintf("%.0f rows/s (%.1f µs of processor time a row, peak RSS %d MiB)",
		float64(rows)/m.took.Seconds(), float64(m.cpu.Microseconds())/float64(rows), m.peakMiB)
}

func cpuTime(who int) time.Duration {
	var u unix.Rusage
	if unix.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bench is a warehouse with the grids the generated records name.
type bench struct {
	t       *testing.T
	w       *warehouse.Warehouse
	in      *ingest.Ingester
	profile *profile.Profile
	cat     *catalog.Catalog
}

const benchProfile = `name = "bench"
shape = "record"
header_row = 1
[constants]
source_system = "bench"
kind = "SQ"
[fields]
source_no = "no"
channel = "channel"
category = "category"
category2 = "category2"
title = "title"
text = "text"
org_code = "grid"
dept = "dept"
received_at = "received"
accepted_at = "accepted"
due_at = "due"
closed_at = "closed"
status = "status"
resolved_level = "level"
satisfaction = "satisfaction"
valid_visit = "visit"
contacted = "contacted"
resolved = "resolved"
`

func newBench(t *testing.T, dir string) *bench {
	lease, err := warehouse.Acquire(warehouse.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	w, err := warehouse.Open(context.Background(), lease, warehouse.Options{Now: now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); lease.Release() })
	p, err := profile.Parse([]byte(benchProfile), "bench.toml", profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	levels := units.Levels(cat.Levels)
	table := [][]string{{"code", "name", "level", "parent"}, {"D", "示范区", "district", ""}}
	for c := range benchCommunities {
		table = append(table, []string{fmt.Sprintf("C%03d", c), fmt.Sprintf("第%d社区", c), "community", "D"})
	}
	for g := range benchGrids {
		table = append(table, []string{fmt.Sprintf("G%04d", g), fmt.Sprintf("第%d网格", g), "grid", fmt.Sprintf("C%03d", g%benchCommunities)})
	}
	if _, err := units.LoadTable(context.Background(), w, table, units.TableOptions{Levels: levels, Now: now(), File: "units"}); err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, w: w, profile: p, cat: cat, in: &ingest.Ingester{Warehouse: w, Catalog: cat, Levels: levels, Units: &units.Cache{}, Now: now}}
}

const (
	benchGrids       = 3000
	benchCommunities = 240
)

// load loads a file of which every row is to be accepted.
func (b *bench) load(name string) ingest.Result {
	b.t.Helper()
	f, err := os.Open(name)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	res, err := b.in.Load(context.Background(), ingest.Request{File: f, Name: filepath.Base(name), Profile: b.profile})
	if err != nil {
		b.t.Fatal(err)
	}
	if res.Accepted != res.Rows {
		b.t.Fatalf("%d of %d rows accepted: %+v", res.Accepted, res.Rows, res.Warnings)
	}
	return res
}

// bareReadCSV is the limit: DuckDB reads the same file into the same table by itself.
func bareReadCSV(t *testing.T, file string) measured {
	c, err := duckdb.NewConnector(filepath.Join(t.TempDir(), "limit.duckdb")+"?threads="+strconv.Itoa(runtime.NumCPU())+"&memory_limit=1GiB", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	schema, err := os.ReadFile(filepath.Join("migrations", "0001_ledgers.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(schema)); err != nil {
		t.Fatal(err)
	}
	return measure(func() {
		if _, err := db.Exec(`INSERT INTO record (id, source_system, source_no, kind, channel, category, category2, title, text, org_code, dept,
			received_at, accepted_at, due_at, closed_at, status, resolved_level, satisfaction, valid_visit, contacted, resolved, content, job, row, since)
		SELECT no, 'bench', no, 'SQ', channel, category, category2, title, text, grid, dept,
			received, accepted, due, closed, status, level, satisfaction, visit, contacted, resolved, 0, 1, 1, 1
		FROM read_csv('` + file + `', header = true, columns = {'no':'VARCHAR','channel':'VARCHAR','category':'VARCHAR','category2':'VARCHAR',
			'title':'VARCHAR','text':'VARCHAR','grid':'VARCHAR','dept':'VARCHAR','received':'TIMESTAMP','accepted':'TIMESTAMP','due':'TIMESTAMP',
			'closed':'TIMESTAMP','status':'VARCHAR','level':'VARCHAR','satisfaction':'VARCHAR','visit':'BOOLEAN','contacted':'BOOLEAN','resolved':'BOOLEAN'})`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CHECKPOINT"); err != nil {
			t.Fatal(err)
		}
	})
}

func year(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }

// question is what a page asks, with the time that hand-written SQL took (docs/performance.md).
type question struct {
	name, peer string
	analytics.Query
}

var questions = []question{
	{"KPI by community × month with a median", "131 ms", analytics.Query{
		Metrics: []string{"received", "close_rate", "on_time_rate", "handle_hours_p50"}, Dims: []string{"org:community", "month"}, From: year(2024), To: year(2026),
	}},
	{"ranking of communities with the period before", "7 ms", analytics.Query{
		Metrics: []string{"received"}, Dims: []string{"org:community"}, From: year(2025).AddDate(0, 10, 0), To: year(2025).AddDate(0, 11, 0), Compare: analytics.Prev, Limit: 10,
	}},
	{"grid counts of a month", "2.5 ms", analytics.Query{
		Metrics: []string{"received"}, Dims: []string{"org:grid"}, From: year(2025).AddDate(0, 10, 0), To: year(2025).AddDate(0, 11, 0),
	}},
}

// ask answers a question, past every cache.
func (b *bench) ask(q analytics.Query) (took time.Duration, rows int) {
	q.Now, q.Scope = year(2026), units.Everything()
	start := time.Now()
	err := b.w.View(context.Background(), func(v *warehouse.View) error {
		a, err := analytics.Run(context.Background(), v, b.cat, q)
		if err == nil {
			rows = len(a.Rows)
		}
		return err
	})
	if err != nil {
		b.t.Error(err)
	}
	return time.Since(start), rows
}

// queries measures what pages ask, warm.
func (b *bench) queries() {
	for _, q := range questions {
		b.ask(q.Query) // warms up
		var times []time.Duration
		n := 0
		for range 5 {
			var took time.Duration
			took, n = b.ask(q.Query)
			times = append(times, took)
		}
		b.t.Logf("query, %s: median %.1f ms, %d rows (peer: %s)", q.name, quantile(times, 0.5), n, q.peer)
	}
}

// update loads a tenth of the records once more, with other contents.
func (b *bench) update(dir string, rows int) {
	name := filepath.Join(dir, "update.csv")
	writeRecords(b.t, name, rows/10, 0)
	var res ingest.Result
	m := measure(func() { res = b.load(name) })
	if res.Replaced != int64(rows/10) {
		b.t.Errorf("%d of %d rows replaced", res.Replaced, rows/10)
	}
	b.t.Logf("update of %d records among %d, until it is acknowledged: %.1f s, peak RSS %d MiB (limit for 500,000 among 5,000,000: 5 s)", rows/10, rows, m.took.Seconds(), m.peakMiB)
}

// stream loads files of 100 rows in another identity space, and asks for a board, alone and while a big file loads.
func (b *bench) stream(dir string, rows int) {
	big := filepath.Join(dir, "more.csv")
	writeRecords(b.t, big, rows/2, rows)
	other, err := profile.Parse([]byte(strings.ReplaceAll(benchProfile, `"bench"`, `"small"`)), "small.toml", profile.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	small, number := filepath.Join(dir, "small.csv"), 10_000_000
	post := func() time.Duration {
		number += 100
		writeRecords(b.t, small, 100, number)
		f, err := os.Open(small)
		if err != nil {
			b.t.Fatal(err)
		}
		defer f.Close()
		start := time.Now()
		if _, err := b.in.Load(context.Background(), ingest.Request{File: f, Name: "small.csv", Profile: other}); err != nil {
			b.t.Error(err)
		}
		return time.Since(start)
	}
	board := func() time.Duration { took, _ := b.ask(questions[1].Query); return took }
	var posts, boards [2][]time.Duration // alone, beside
	for range 40 {
		posts[0], boards[0] = append(posts[0], post()), append(boards[0], board())
	}
	done := make(chan struct{})
	var took time.Duration
	go func() {
		defer close(done)
		start := time.Now()
		b.load(big)
		took = time.Since(start)
	}()
	running := func() bool {
		select {
		case <-done:
			return false
		default:
			return true
		}
	}
	for running() {
		posts[1], boards[1] = append(posts[1], post()), append(boards[1], board())
	}
	alone, beside := quantile(boards[0], 0.5), quantile(boards[1], 0.5)
	b.t.Logf("beside a load of %d rows (%.1f s), small loads and boards by turns:", rows/2, took.Seconds())
	b.t.Logf("  100-row loads: alone median %.1f ms, p95 %.1f ms; beside, %d of them, median %.1f ms, p95 %.1f ms, worst %.1f ms (limit: median 30 ms)",
		quantile(posts[0], 0.5), quantile(posts[0], 0.95), len(posts[1]), quantile(posts[1], 0.5), quantile(posts[1], 0.95), quantile(posts[1], 1))
	b.t.Logf("  %s: alone median %.1f ms; beside, %d of them, median %.1f ms, worst %.1f ms: %.1f × (limit 3 ×)",
		questions[1].name, alone, len(boards[1]), beside, quantile(boards[1], 1), beside/alone)
}

// encoded loads up to a million of the records in GB18030, into a warehouse of their own.
func (b *bench) encoded(dir, file string, rows int, limit measured) {
	n := min(rows, 1_000_000)
	utf8, gb := filepath.Join(dir, "head.csv"), filepath.Join(dir, "gb18030.csv")
	writeRecords(b.t, utf8, n, 0)
	if err := encodeGB18030(utf8, gb); err != nil {
		b.t.Fatal(err)
	}
	fresh := newBench(b.t, filepath.Join(dir, "G"))
	m := measure(func() { fresh.load(gb) })
	bare := float64(rows) / limit.took.Seconds()
	bareCPU := limit.cpu.Seconds() / float64(rows)
	b.t.Logf("load of GB18030: %s; %.2f × bare read_csv of UTF-8 (of processor time %.2f ×; limit 0.55 ×)",
		m.perSecond(n), float64(n)/m.took.Seconds()/bare, bareCPU*float64(n)/m.cpu.Seconds())
}

// workbook loads 100,000 records from a workbook, which a process of its own reads.
func (b *bench) workbook(dir string) {
	const n = 100_000
	csv, book := filepath.Join(dir, "book.csv"), filepath.Join(dir, "book.xlsx")
	writeRecords(b.t, csv, n, 0)
	if err := writeWorkbook(csv, book); err != nil {
		b.t.Fatal(err)
	}
	fresh := newBench(b.t, filepath.Join(dir, "X"))
	peak := watchReaders()
	m := measure(func() { fresh.load(book) })
	b.t.Logf("load of a workbook of %d rows: %.1f s, peak RSS of its reader %d MiB (limits: 10 s, 300 MiB)", n, m.took.Seconds(), peak())
}

// quantile is that of some times, in milliseconds.
func quantile(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return float64(sorted[int(q*float64(len(sorted)-1)+0.5)].Microseconds()) / 1000
}

// resetPeak and peakMiB measure the process's peak of resident memory between them.
func resetPeak() { os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

func peakMiB() int { return statusMiB("self") }

// watchReaders looks at this process's children until the function it returns is called, which gives the greatest peak of
// their resident memory in MiB. (ru_maxrss of children would count what the parent held when it forked.)
func watchReaders() func() int {
	stop, peak := make(chan struct{}), make(chan int)
	go func() {
		greatest := 0
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				peak <- greatest
				return
			case <-tick.C:
			}
			lists, _ := filepath.Glob("/proc/self/task/*/children")
			for _, list := range lists {
				b, _ := os.ReadFile(list)
				for _, pid := range strings.Fields(string(b)) {
					if name, _ := os.ReadFile("/proc/" + pid + "/cmdline"); strings.HasPrefix(string(name), "gridstar-reader") {
						greatest = max(greatest, statusMiB(pid))
					}
				}
			}
		}
	}()
	return func() int { close(stop); return <-peak }
}

// statusMiB is a process's peak of resident memory; 0 when it has ended.
func statusMiB(pid string) int {
	b, _ := os.ReadFile("/proc/" + pid + "/status")
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb / 1024
		}
	}
	return 0
}
