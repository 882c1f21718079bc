package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// faultyReader yields good batches and then, at batch n, does what fault does.
type faultyReader struct {
	array.RecordReader
	batch arrow.Record
	left  int
	fault func() (arrow.Record, error)
	err   error
}

func newFaultyReader(w *Warehouse, good int, fault func() (arrow.Record, error)) *faultyReader {
	r := records(w, matters("faulty-", 3000)...)
	r.Next()
	return &faultyReader{RecordReader: r, batch: r.Record(), left: good, fault: fault}
}

func (f *faultyReader) Next() bool {
	if f.left--; f.left < 0 {
		f.batch, f.err = f.fault()
	}
	return f.err == nil
}
func (f *faultyReader) Record() arrow.Record { return f.batch }
func (f *faultyReader) Err() error           { return f.err }

func TestAFailingSourceRollsTheJobBackAndNothingElse(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matters("a", 5)...)
	other := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	stranger := array.NewRecordBuilder(memory.DefaultAllocator, other).NewRecord()
	for name, fault := range map[string]func() (arrow.Record, error){
		"error":          func() (arrow.Record, error) { return nil, errors.New("row 7 cannot be read") },
		"panic":          func() (arrow.Record, error) { panic("row 7 cannot be read") },
		"another schema": func() (arrow.Record, error) { return stranger, nil },
	} {
		for _, good := range []int{0, 1, 20} {
			t.Run(fmt.Sprintf("%s after %d batches", name, good), func(t *testing.T) {
				j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
				if err != nil {
					t.Fatal(err)
				}
				defer j.Abandon()
				_, err = j.Append(ctx, "record", newFaultyReader(w, good, fault))
				if err == nil {
					t.Fatal("appended")
				}
				contains(t, err.Error(), map[bool]string{true: "differs from the reader's schema", false: "row 7 cannot be read"}[name == "another schema"])
				if _, err := j.Publish(ctx, Totals{}); err == nil {
					t.Error("published after a failed append")
				}
				load(t, w, matters("a", 5)...) // the space is free, nothing changes
			})
		}
	}
	views := texts(t, w, "SELECT view_name FROM duckdb_views() WHERE NOT internal")
	if len(views) > 0 {
		t.Errorf("views left: %v", views)
	}
	soundWith(t, w, 10, "a0 a1 a2 a3 a4")
}

// A statement that failed must not be forgotten by a caller that publishes all the same: DuckDB does not end the
// transaction at every error.
func TestAJobWithAFailedStatementIsNotPublished(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	for _, bad := range []string{"INSERT INTO nowhere VALUES (1)", "SELECT 1/'a'", "not SQL"} {
		j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(ctx, "record", records(w, matters("a", 2)...)); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Exec(ctx, bad); err == nil {
			t.Fatalf("%s: no error", bad)
		}
		if _, err := j.Publish(ctx, Totals{}); err == nil || !strings.Contains(err.Error(), "本次作业有语句失败，未写入任何数据") {
			t.Errorf("published after %s failed: %v", bad, err)
		}
	}
	// Nor one whose hook does not mind.
	w.OnPublish(func(ctx context.Context, j *Job) error {
		j.Exec(ctx, "INSERT INTO nowhere VALUES (1)")
		return nil
	})
	if _, _, err := tryLoad(w, matters("a", 1)...); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("published although a hook's statement failed: %v", err)
	}
	soundWith(t, w, 0, "")
}
