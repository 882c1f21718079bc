package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"
)

func scanText(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }

const liveSQL = "SELECT id || ' ' || status || ' ' || job || '/' || row || ' since ' || since FROM %s ORDER BY id, job, row"

func live(t testing.TB, w *Warehouse) []string {
	t.Helper()
	return texts(t, w, fmt.Sprintf(liveSQL, "record"))
}

func TestSchemaMatchesTheFirstDigestList(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	for _, tab := range tables {
		var names []string
		for _, c := range w.columns[tab.name] {
			if c.name != "since" && c.name != "org_then" {
				names = append(names, c.name)
			}
		}
		if diff := cmp.Diff(strings.Join(names, ","), digestLists[1][tab.name]); diff != "" {
			t.Errorf("%s: %s", tab.name, diff)
		}
		for _, c := range w.columns[tab.name] {
			if arrowTypes[c.typ] == nil {
				t.Errorf("%s.%s: no Arrow type for %s", tab.name, c.name, c.typ)
			}
		}
	}
}

func TestSettleKeepsOneLiveCopyPerID(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	if _, s := load(t, w, matter{"a", "办理中", 2}, matter{"b", "办理中", 3}); s != (Settled{Accepted: 2}) {
		t.Errorf("first load: %+v", s)
	}
	if _, s := load(t, w, matter{"a", "办理中", 2}, matter{"b", "办理中", 3}); s != (Settled{Unchanged: 2}) {
		t.Errorf("same again: %+v", s)
	}
	// a is corrected, b stays, c comes twice: the later row lives, the earlier is accepted and ended.
	if _, s := load(t, w, matter{"a", "已办结", 2}, matter{"b", "办理中", 3}, matter{"c", "办理中", 4}, matter{"c", "已办结", 5}); s != (Settled{Accepted: 3, Replaced: 2, Unchanged: 1}) {
		t.Errorf("correction: %+v", s)
	}
	want := []string{"a 已办结 3/2 since 3", "b 办理中 1/3 since 1", "c 已办结 3/5 since 3"}
	if diff := cmp.Diff(want, live(t, w)); diff != "" {
		t.Error(diff)
	}
	past := texts(t, w, "SELECT id || ' ' || status || ' ' || since || '-' || until FROM record_past ORDER BY id")
	if diff := cmp.Diff([]string{"a 办理中 1-3", "c 办理中 3-3"}, past); diff != "" {
		t.Error(diff)
	}
	// The same file once more changes nothing, although one of its rows is not the live one of its id.
	if _, s := load(t, w, matter{"a", "已办结", 2}, matter{"b", "办理中", 3}, matter{"c", "办理中", 4}, matter{"c", "已办结", 5}); s != (Settled{Unchanged: 4}) {
		t.Errorf("correction again: %+v", s)
	}
}

// Content does not hold the row number: received_at of these fixtures does, so keep the rows.
func TestAsOfAndUndoGiveTheEarlierAnswers(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	j1, _ := load(t, w, matter{"a", "办理中", 2}, matter{"b", "办理中", 3})
	at1 := live(t, w)
	j2, _ := load(t, w, matter{"a", "已办结", 2}, matter{"c", "办理中", 4})
	at2 := live(t, w)

	asOf := func(v int64) []string { return texts(t, w, fmt.Sprintf(liveSQL, Relation("record", &v))) }
	if diff := cmp.Diff(at1, asOf(1)); diff != "" {
		t.Error("as of 1:", diff)
	}
	if diff := cmp.Diff([]string(nil), asOf(0)); diff != "" {
		t.Error("as of 0:", diff)
	}

	var replaced *ReplacedError
	if _, err := w.Undo(ctx, j1); !errors.As(err, &replaced) || !cmp.Equal(replaced.By, []int64{j2}) {
		t.Errorf("undo of a job whose row was replaced: %v", err)
	}
	u, err := w.Undo(ctx, j2)
	if err != nil {
		t.Fatal(err)
	}
	if u.Ended != 2 || u.Restored != 1 {
		t.Errorf("undo: %+v", u)
	}
	answer := func(rel string) []string {
		return texts(t, w, "SELECT id || status || job || '/' || row FROM "+rel+" ORDER BY 1")
	}
	v1 := int64(1)
	if diff := cmp.Diff(answer(Relation("record", &v1)), answer("record")); diff != "" {
		t.Error("after undo:", diff)
	}
	if diff := cmp.Diff(at2, asOf(2)); diff != "" {
		t.Error("as of 2, after the undo:", diff)
	}
	if _, err := w.Undo(ctx, j2); err == nil || !strings.Contains(err.Error(), "已由作业 3 撤销") {
		t.Errorf("second undo: %v", err)
	}
	// The undo taken back: job 2's rows are live again, byte for byte.
	if _, err := w.Undo(ctx, u.Job); err != nil {
		t.Fatal(err)
	}
	v2 := int64(2)
	if diff := cmp.Diff(answer(Relation("record", &v2)), answer("record")); diff != "" {
		t.Error("undo of the undo:", diff)
	}
	if _, err := w.Undo(ctx, 99); !errors.Is(err, ErrNoJob) {
		t.Errorf("unknown job: %v", err)
	}
	// Once what stood in its way is gone for good, the first job can go too.
	if _, err := w.Undo(ctx, j2); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Undo(ctx, j1); err != nil {
		t.Fatal(err)
	}
	if got := live(t, w); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	r, err := w.Verify(ctx)
	if err != nil || !r.OK() || r.Jobs != 6 {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

// A row that was removed by one job and loaded anew by a later one must not come back beside it.
func TestUndoRefusesWhereAnotherJobStandsInThePlace(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matter{"a", "办理中", 2})
	j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := j.End(ctx, "record", "id = $1", "a"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := j.Publish(ctx, Totals{}); err != nil {
		t.Fatal(err)
	}
	again, _ := load(t, w, matter{"a", "办理中", 2})
	var replaced *ReplacedError
	if _, err := w.Undo(ctx, j.ID); !errors.As(err, &replaced) || !cmp.Equal(replaced.By, []int64{again}) {
		t.Errorf("undo: %v", err)
	}
}

func TestAbandonedJobLeavesNothing(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(ctx, "record", records(w, matter{"a", "办理中", 1})); err != nil {
		t.Fatal(err)
	}
	j.Abandon()
	if got := live(t, w); len(got) != 0 || w.Version() != 0 {
		t.Errorf("left %v at version %d", got, w.Version())
	}
	load(t, w, matter{"a", "办理中", 1}) // the space is free again
}

// A file that lacks a column says the same as one in which it is empty.
func TestAColumnThatIsLeftOutIsNull(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matter{"a", "甲", 1}, matter{"b", "乙", 2})
	all := records(w, matter{"a", "甲", 1}, matter{"b", "丙", 2})
	all.Next()
	var fields []arrow.Field
	var columns []arrow.Array
	for i, f := range all.Schema().Fields() {
		if c := all.Record().Column(i); c.NullN() < c.Len() {
			fields, columns = append(fields, f), append(columns, c)
		}
	}
	if len(fields) == 0 || len(fields) > 10 {
		t.Fatalf("%d columns are filled", len(fields))
	}
	schema := arrow.NewSchema(fields, nil)
	r, err := array.NewRecordReader(schema, []arrow.Record{array.NewRecord(schema, columns, 2)})
	if err != nil {
		t.Fatal(err)
	}
	j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Abandon()
	if _, err := j.Append(ctx, "record", r); err != nil {
		t.Fatal(err)
	}
	s, err := j.Settle(ctx, "record", true)
	if err != nil || s != (Settled{Accepted: 1, Replaced: 1, Unchanged: 1}) {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := j.Publish(ctx, Totals{}); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, w, "SELECT concat_ws('|', id, status, source_system, row, received_at) FROM record ORDER BY id"); strings.Join(got, " ") !=
		"a|甲|test|1|2026-03-01 08:01:00 b|丙|test|2|2026-03-01 08:02:00" {
		t.Errorf("%q", got)
	}
}
