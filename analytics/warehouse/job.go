package warehouse

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/marcboeker/go-duckdb"
)

// Spec says what a job is and what it may touch.
type Spec struct {
	Verb       string // ingest, units load, grids load, undo …
	Target     int64  // undo: the job taken back
	File       string // name without folder
	Profile    string
	Options    string // what else decides the outcome, as text
	OrgCode    string
	InputBytes int64 // size of the input, for the free-space floor

	Spaces []string // identity spaces the job writes
	All    bool     // every space: undo, loads of units and layers

	Wait time.Duration // how long other jobs may keep it waiting before it is refused with ErrBusy; 0: as long as the context lasts
}

// Totals are a job's counts: Rows = Accepted + Unchanged + Rejected + Skipped; Replaced of the accepted rows
// ended an older copy.
type Totals struct {
	Rows, Accepted, Replaced, Unchanged, Rejected, Skipped, Masked int64

	FileHash          string // SHA-256 of the file, hex
	Located, Warnings string // JSON, for the history
}

// Job is one transaction, however big. It is published whole or not at all. Its methods are called by one
// goroutine at a time.
type Job struct {
	ID      int64
	Started time.Time

	w      *Warehouse
	s      *session
	spec   Spec
	unlock func()
	done   bool
	broken error // the first failed statement: what follows it could be published without it
	totals Totals

	written  map[string]bool     // tables that may hold copies written by this job
	appended map[string]int64    // of them the tables of facts, with how many copies were written
	hashes   map[string][]uint64 // of the ids of those copies, where they are few; see known
}

// Begin waits for the job's identity spaces and opens its transaction. ErrDiskFull refuses a job for which the
// disk has no room. The caller ends the job with Publish or Abandon (Abandon after Publish does nothing).
func (w *Warehouse) Begin(ctx context.Context, spec Spec) (*Job, error) {
	if err := w.room(spec.InputBytes); err != nil {
		return nil, err
	}
	if w.walBytes() > w.maxWAL {
		if err := w.fold(ctx); err != nil {
			return nil, err
		}
	}
	for {
		j, err := w.begin(ctx, spec)
		if !errors.Is(err, errUnfolded) {
			return j, err
		}
		if err := w.fold(ctx); err != nil {
			return nil, err
		}
	}
}

// errUnfolded: the engine must fold its WAL before it may write.
var errUnfolded = errors.New("the WAL has to be folded first")

func (w *Warehouse) begin(ctx context.Context, spec Spec) (*Job, error) {
	unlock, err := w.lock(ctx, spec)
	if err != nil {
		return nil, err
	}
	s, err := w.session(ctx)
	if err != nil {
		unlock()
		return nil, err
	}
	if s.engine.unfolded.Load() {
		s.close()
		unlock()
		return nil, errUnfolded
	}
	if _, err := s.conn.ExecContext(s.ctx, "BEGIN TRANSACTION"); err != nil {
		err = w.fail(s, err)
		s.close()
		unlock()
		return nil, err
	}
	w.mu.Lock()
	w.lastJob++
	id := w.lastJob
	w.mu.Unlock()
	return &Job{
		ID: id, Started: w.opts.Now(), w: w, s: s, spec: spec, unlock: unlock,
		written: map[string]bool{}, appended: map[string]int64{}, hashes: map[string][]uint64{},
	}, nil
}

// lock takes the job's spaces, for as long as it may wait.
func (w *Warehouse) lock(ctx context.Context, spec Spec) (unlock func(), err error) {
	if spec.Wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, spec.Wait, ErrBusy)
		defer cancel()
	}
	return w.spaces.lock(ctx, spec.All, spec.Spaces...)
}

// room holds the floor of free space: 256 MiB for anything, three times the input for a large load.
func (w *Warehouse) room(input int64) error {
	free, err := w.dir.freeBytes()
	if err != nil {
		return err
	}
	if free < max(w.opts.MinFree, 3*uint64(max(input, 0))) {
		return ErrDiskFull
	}
	return nil
}

// Verb says what kind of job it is, for hooks.
func (j *Job) Verb() string { return j.spec.Verb }

// Abandon rolls the job back; nothing of it is kept.
func (j *Job) Abandon() {
	if j.done {
		return
	}
	j.rollback()
	j.w.mu.Lock()
	if j.w.lastJob == j.ID { // nothing carries the number: keep the history without gaps where that is possible
		j.w.lastJob--
	}
	j.w.mu.Unlock()
	j.finish()
}

func (j *Job) rollback() {
	_, err := j.s.conn.ExecContext(context.Background(), "ROLLBACK")
	if err != nil && !strings.Contains(err.Error(), "no transaction is active") {
		j.w.condemn(j.s.engine, err) // the connection must not serve again with a transaction open
	}
}

func (j *Job) finish() {
	j.done = true
	j.s.close()
	j.unlock()
}

// Query reads inside the job's transaction: its own rows and the snapshot of its first statement.
func (j *Job) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx, _, err := j.s.under(ctx)
	if err != nil {
		return nil, j.fail(err)
	}
	rows, err := j.s.conn.QueryContext(ctx, query, args...)
	return rows, j.fail(err)
}

// Exec runs a statement inside the job's transaction and returns the number of rows it touched. Copies come into versioned
// tables through Append; a statement that inserts some itself must name the table behind INSERT INTO.
func (j *Job) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	n, err := j.exec(ctx, query, args...)
	for _, t := range tables {
		if strings.Contains(query, "INSERT INTO "+t.name) {
			j.wrote(t.name, n)
		}
	}
	return n, err
}

func (j *Job) exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, stop, err := j.s.under(ctx)
	if err != nil {
		return 0, j.fail(err)
	}
	defer stop()
	res, err := j.s.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, j.fail(err)
	}
	return res.RowsAffected()
}

// fail remembers the first failed statement: DuckDB does not end a transaction at every error, and would then
// commit what is left of the job.
func (j *Job) fail(err error) error {
	err = j.w.fail(j.s, err)
	if j.broken == nil {
		j.broken = err
	}
	return err
}

// Arrow reads a result inside the job's transaction as Arrow batches. Release the reader.
func (j *Job) Arrow(ctx context.Context, query string, args ...any) (array.RecordReader, error) {
	r, err := (&View{s: j.s}).Arrow(ctx, query, args...)
	return r, j.fail(err)
}

func arrowConn(dc any) (*duckdb.Arrow, error) {
	c, ok := dc.(driver.Conn)
	if !ok {
		return nil, fmt.Errorf("driver connection is %T", dc)
	}
	return duckdb.NewArrowFromConn(c)
}

// Append inserts Arrow batches as copies written by this job and returns how many. The reader's schema is
// Warehouse.Schema(table), or that without columns of which every value is null; facts get their content hash here. After
// an error the job can only be abandoned.
//
// DuckDB reads the batches through a view. That view is dropped, or the transaction rolled back, before the
// reader is released: selecting from it afterwards would kill the process.
func (j *Job) Append(ctx context.Context, name string, r array.RecordReader) (int64, error) {
	suffix := make([]byte, 8)
	if _, err := rand.Read(suffix); err != nil {
		return 0, err
	}
	view := viewPrefix + hex.EncodeToString(suffix)
	guarded := &guardedReader{RecordReader: r}
	var release func()
	err := j.s.conn.Raw(func(dc any) error {
		a, err := arrowConn(dc)
		if err != nil {
			return err
		}
		release, err = a.RegisterView(guarded, view)
		return err
	})
	if err != nil {
		j.Abandon()
		return 0, fmt.Errorf("registering batches: %w", err)
	}
	defer release()
	n, err := j.exec(ctx, j.insertSQL(name, r.Schema(), view))
	j.wrote(name, n)
	if cause := guarded.Err(); cause != nil {
		err = j.fail(cause) // DuckDB says only that get_next failed
	}
	if err == nil {
		_, err = j.exec(ctx, "DROP VIEW "+view)
	}
	if err != nil {
		j.Abandon() // before release: the rollback removes the view
		return 0, err
	}
	return n, nil
}

// wrote notes that copies of the job's own came into a table.
func (j *Job) wrote(name string, n int64) {
	t, err := lookupTable(name)
	if err != nil || n == 0 { // a table without versions
		return
	}
	j.written[name] = true
	if t.fact {
		j.appended[name] += n
		delete(j.hashes, name)
	}
}

// insertSQL lists the columns by name, so that a batch with a column that the table lacks fails instead of shifting. It reads
// all columns of the view, in their order: of a part of them DuckDB would take the values of others (docs/design.md).
func (j *Job) insertSQL(name string, of *arrow.Schema, view string) string {
	var into, from []string
	for _, f := range of.Fields() {
		into, from = append(into, f.Name), append(from, f.Name)
	}
	var content []string
	for _, c := range j.w.columns[name] {
		switch {
		case c.name == "job" || c.name == "since":
			into, from = append(into, c.name), append(from, fmt.Sprint(j.ID))
		case slices.Contains(besideContent, c.name):
		case of.HasField(c.name):
			content = append(content, c.name)
		default:
			content = append(content, "NULL::"+c.typ)
		}
	}
	if slices.ContainsFunc(j.w.columns[name], func(c column) bool { return c.name == "content" }) {
		into, from = append(into, "content"), append(from, "hash("+strings.Join(content, ",")+")")
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", name, strings.Join(into, ","), strings.Join(from, ","), view)
}

// guardedReader stands between a source and C++: it keeps a panic from unwinding through DuckDB, refuses a batch
// that is not of the promised schema (DuckDB would read it as if it were), and remembers the error.
type guardedReader struct {
	array.RecordReader

	mu    sync.Mutex // DuckDB calls from threads of its own
	batch arrow.Record
	err   error
}

func (g *guardedReader) Next() (ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			g.err, ok = fmt.Errorf("reading batches: %v", p), false
		}
	}()
	if g.err != nil || !g.RecordReader.Next() {
		if g.err == nil {
			g.err = g.RecordReader.Err()
		}
		return false
	}
	g.batch = g.RecordReader.Record()
	if !g.batch.Schema().Equal(g.RecordReader.Schema()) {
		g.err = errors.New("reading batches: a batch differs from the reader's schema")
	}
	return g.err == nil
}

func (g *guardedReader) Record() arrow.Record {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.batch
}

func (g *guardedReader) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// End moves the live copies that match to the table's past, ended by this job, and returns how many.
// where is SQL over the table's columns with bound arguments.
func (j *Job) End(ctx context.Context, name, where string, args ...any) (int64, error) {
	t, err := lookupTable(name)
	if err != nil {
		return 0, err
	}
	n, err := j.exec(ctx, fmt.Sprintf("INSERT INTO %[1]s_past BY NAME SELECT *, %[2]d AS until FROM %[1]s WHERE %[3]s", t.name, j.ID, where), args...)
	if err != nil || n == 0 {
		return n, err
	}
	_, err = j.exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE %s", t.name, where), args...)
	return n, err
}

// Settled is what became of the copies a job appended.
type Settled struct {
	Accepted  int64 // copies kept, also those ended by a later row of the same job
	Replaced  int64 // of them, those that ended an older copy
	Unchanged int64 // copies dropped again because the live one says the same
}

// Settle compares the facts appended by the job with the live ones of the same id. Equal content: the new copies
// go, the old one stays. Otherwise the old one ends. Of several new ones the one with the greatest row lives, the
// earlier are written and ended in this same job. All appended rows of a file are to be settled at once. distinct
// says that the caller knows that no id arrived twice; false is always right.
func (j *Job) Settle(ctx context.Context, name string, distinct bool) (Settled, error) {
	t, err := lookupTable(name)
	if err != nil || !t.fact {
		return Settled{}, fmt.Errorf("settling %q: not a table of facts", name)
	}
	if rows, all, err := j.allNew(ctx, t.name); err != nil || distinct && all {
		return Settled{Accepted: rows}, err
	}
	p, err := j.compare(ctx, t, distinct)
	if err != nil {
		return Settled{}, err
	}
	s := Settled{Accepted: p.arrived}
	// Each step scans the table, so it is taken only where the comparison found something for it.
	if p.same > 0 {
		s.Unchanged, err = j.exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE since = %d AND id IN (SELECT id FROM met WHERE same)", t.name, j.ID))
		if err != nil {
			return Settled{}, err
		}
	}
	if p.changed > 0 {
		s.Replaced, err = j.End(ctx, t.name, fmt.Sprintf("since <> %d AND %s AND id IN (SELECT id FROM met WHERE NOT same)", j.ID, p.where))
		if err == nil && t.moves {
			err = j.remember(ctx, t)
		}
		if err != nil {
			return Settled{}, err
		}
	}
	if p.repeated > 0 {
		earlier, err := j.End(ctx, t.name, fmt.Sprintf(
			"since = %[1]d AND EXISTS (SELECT 1 FROM arrived a WHERE a.id = %[2]s.id AND a.n > 1 AND %[2]s.row < a.last)", j.ID, t.name))
		if err != nil {
			return Settled{}, err
		}
		s.Replaced += earlier
	}
	_, err = j.exec(ctx, "DROP TABLE IF EXISTS arrived; DROP TABLE IF EXISTS met")
	s.Accepted -= s.Unchanged
	return s, err
}

// comparison counts, of the copies that arrived: all of them, the ids that arrived more than once, and the ids whose
// live copy says the same or something else.
type comparison struct {
	arrived, repeated, same, changed int64

	where string // SQL that holds for the copies to be ended and lets the database pass over most others
}

// compare leaves the temporary tables arrived (one row per id that arrived more than once or may meet a live copy:
// its last row, its content there, how often it came) and met (one row per id that has a live copy: same content or
// not), where there is anything to settle.
func (j *Job) compare(ctx context.Context, t table, distinct bool) (c comparison, err error) {
	one := func(query string, into ...*int64) error {
		_, err := Rows(ctx, j, func(r *sql.Rows) (struct{}, error) {
			dest := make([]any, len(into))
			for i := range into {
				dest[i] = into[i]
			}
			return struct{}{}, r.Scan(dest...)
		}, query)
		return err
	}
	var older int64
	err = one(fmt.Sprintf("SELECT count(*) FILTER (since = %[1]d), count(*) FILTER (since <> %[1]d) FROM %[2]s", j.ID, t.name), &c.arrived, &older)
	if err != nil || c.arrived == 0 {
		return c, err
	}
	arrived := fmt.Sprintf("SELECT id, max(row) AS last, count(*) AS n, arg_max(content, row) AS content FROM %s WHERE since = %d GROUP BY id", t.name, j.ID)
	switch {
	case distinct && older == 0:
		return c, nil
	case distinct:
		arrived = fmt.Sprintf("SELECT id, row AS last, 1 AS n, content FROM %s WHERE since = %d", t.name, j.ID)
	case older == 0:
		arrived += " HAVING count(*) > 1"
	}
	if _, err := j.exec(ctx, "CREATE OR REPLACE TEMP TABLE arrived AS "+arrived); err != nil {
		return c, err
	}
	if err := one("SELECT count(*) FILTER (n > 1) FROM arrived", &c.repeated); err != nil || older == 0 {
		return c, err
	}
	if _, err := j.exec(ctx, fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE met AS SELECT a.id, a.content = o.content AS same, o.job, o.row
		FROM %s o JOIN arrived a USING (id) WHERE o.since <> %d`, t.name, j.ID)); err != nil {
		return c, err
	}
	var firstJob, lastJob, firstRow, lastRow int64
	err = one(`SELECT count(*) FILTER (same), count(*) FILTER (NOT same), coalesce(min(job) FILTER (NOT same), 0), coalesce(max(job) FILTER (NOT same), 0),
		coalesce(min(row) FILTER (NOT same), 0), coalesce(max(row) FILTER (NOT same), 0) FROM met`,
		&c.same, &c.changed, &firstJob, &lastJob, &firstRow, &lastRow)
	// Copies of one file lie together in its order, and what is corrected together was mostly delivered together.
	c.where = fmt.Sprintf("job BETWEEN %d AND %d AND row BETWEEN %d AND %d", firstJob, lastJob, firstRow, lastRow)
	return c, err
}
