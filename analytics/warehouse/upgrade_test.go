package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// formerSite is a data directory as the program before migration 3 left it: two jobs, the second of which replaced a row of the first.
func formerSite(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	load(t, w, matter{"a", "办理中", 2}, matter{"b", "办理中", 3})
	load(t, w, matter{"b", "已办结", 2})
	closeTest(t, w)
	db, err := openRaw(w.dir.Database())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(digestSQL(2, false, false, tables...))
	if err != nil {
		t.Fatal(err)
	}
	digests := map[int64]string{}
	for rows.Next() {
		var job, n int64
		var sum uint64
		if err := rows.Scan(&job, &n, &sum); err != nil {
			t.Fatal(err)
		}
		digests[job] = fmt.Sprintf("%016x", sum)
	}
	if err := rows.Close(); err != nil || len(digests) != 2 {
		t.Fatal(digests, err)
	}
	back := []string{"DROP TABLE context", "DROP TABLE context_past", "DELETE FROM schema_version WHERE version > 2"}
	for _, name := range []string{"record", "record_past", "activity", "activity_past", "place", "place_past"} {
		back = append(back, "ALTER TABLE "+name+" DROP COLUMN org_then")
	}
	for job, digest := range digests {
		back = append(back, fmt.Sprintf("UPDATE job SET digest = '%s', digest_list = 2 WHERE id = %d", digest, job))
	}
	if err := execAll(db, append(back, "CHECKPOINT")...); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "journal.jsonl")
	var lines []string
	for line := range strings.Lines(readFile(t, name)) {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Job > 0 {
			e.Digest, e.List = digests[e.Job], 2
		}
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(raw)+"\n")
	}
	if err := os.WriteFile(name, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What the program of before wrote is verified, replaced, moved and undone after the upgrade as it was then.
func TestUpgrade(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, formerSite(t), Options{})
	sound := func() {
		t.Helper()
		if r, err := w.Verify(ctx); err != nil || !r.OK() {
			t.Fatalf("verify: %+v, %v", r, err)
		}
	}
	sound()
	liveIs(t, w, "a办理中1 b已办结2")
	if _, s := load(t, w, matter{"b", "已办结", 2}); s != (Settled{Unchanged: 1}) {
		t.Errorf("the same row again: %+v", s)
	}
	j := begin(t, w, Spec{Verb: "grids load", All: true})
	if n, err := j.Move(ctx, "record", "SELECT id, 'G1' AS org, 'point' AS located FROM record", true); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if _, err := j.Publish(ctx, Totals{}); err != nil {
		t.Fatal(err)
	}
	sound()
	mustUndo(t, w, j.ID)
	mustUndo(t, w, 2)
	liveIs(t, w, "a办理中1 b办理中1")
	sound()
}
