package warehouse

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func clock() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }

// openTest opens a warehouse in dir and closes it with the test, unless the test has closed it itself.
func openTest(t testing.TB, dir string, o Options) *Warehouse {
	t.Helper()
	w, err := tryOpen(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeTest(t, w) })
	return w
}

func tryOpen(dir string, o Options) (*Warehouse, error) {
	lease, err := Acquire(Dir(dir))
	if err != nil {
		return nil, err
	}
	o.Log = quiet
	if o.Now == nil {
		o.Now = clock
	}
	if o.MinFree == 0 {
		o.MinFree = 1
	}
	w, err := Open(context.Background(), lease, o)
	if err != nil {
		lease.Release()
	}
	return w, err
}

// closeTest may be called again.
func closeTest(t testing.TB, w *Warehouse) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	w.lease.Release()
}

// A matter is a record reduced to what these tests look at.
type matter struct {
	id, status string
	row        int64
}

func records(w *Warehouse, ms ...matter) array.RecordReader {
	schema := w.Schema("record")
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	field := func(name string) array.Builder { return b.Field(schema.FieldIndices(name)[0]) }
	id, source := field("id").(*array.StringBuilder), field("source_system").(*array.StringBuilder)
	status, row := field("status").(*array.StringBuilder), field("row").(*array.Int64Builder)
	received := field("received_at").(*array.TimestampBuilder)
	for _, m := range ms {
		id.Append(m.id)
		source.Append("test")
		status.Append(m.status)
		row.Append(m.row)
		received.Append(arrow.Timestamp(clock().Add(time.Duration(m.row) * time.Minute).UnixMicro()))
	}
	for _, f := range b.Fields() {
		f.AppendNulls(len(ms) - f.Len())
	}
	r, err := array.NewRecordReader(schema, []arrow.Record{b.NewRecord()})
	if err != nil {
		panic(err)
	}
	return r
}

// load publishes matters as one job.
func load(t testing.TB, w *Warehouse, ms ...matter) (job int64, s Settled) {
	t.Helper()
	job, s, err := tryLoad(w, ms...)
	if err != nil {
		t.Fatal(err)
	}
	return job, s
}

func tryLoad(w *Warehouse, ms ...matter) (job int64, s Settled, err error) {
	return tryLoadIn(w, "test", ms...)
}

func tryLoadIn(w *Warehouse, space string, ms ...matter) (job int64, s Settled, err error) {
	ctx := context.Background()
	j, err := w.Begin(ctx, Spec{Verb: "ingest", File: "t.csv", Profile: "test", Spaces: []string{space}})
	if err != nil {
		return 0, s, err
	}
	defer j.Abandon()
	if _, err := j.Append(ctx, "record", records(w, ms...)); err != nil {
		return 0, s, err
	}
	if s, err = j.Settle(ctx, "record", false); err != nil {
		return 0, s, err
	}
	_, err = j.Publish(ctx, Totals{Rows: int64(len(ms)), Accepted: s.Accepted, Unchanged: s.Unchanged, Replaced: s.Replaced})
	return j.ID, s, err
}

// texts answers a query with one text per row.
func texts(t testing.TB, w *Warehouse, query string, args ...any) []string {
	t.Helper()
	var all []string
	err := w.View(context.Background(), func(v *View) (err error) {
		all, err = Rows(context.Background(), v, scanText, query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// soak says whether the long enumerations run: GRIDSTAR_SOAK=1.
func soak() bool { return os.Getenv("GRIDSTAR_SOAK") != "" }

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// soon makes a context for what must not come to pass: it waits as long as a wait that is expected takes.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// breakEngine makes the engine fail as DuckDB does when it gives up on an instance.
func breakEngine(t testing.TB, w *Warehouse) {
	t.Helper()
	w.mu.Lock()
	e := w.engine
	w.mu.Unlock()
	w.condemn(e, errors.New("FATAL Error: made by the test"))
}
