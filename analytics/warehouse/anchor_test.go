package warehouse

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
)

// The journal carries the head of the audit chain with every job and on demand, through reopening, and its readers do not
// take such lines for jobs.
func TestAnchors(t *testing.T) {
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	ctx := context.Background()
	if err := w.Anchor(ctx); err != nil {
		t.Fatal(err)
	}
	seq, hash := int64(0), ""
	follow := func() (int64, string) { return seq, hash }
	w.FollowAudit(follow)
	anchor := func() {
		t.Helper()
		if err := w.Anchor(ctx); err != nil {
			t.Fatal(err)
		}
	}
	anchor() // an empty chain has no head
	seq, hash = 5, "aa"
	anchor()
	anchor() // it has not moved
	seq, hash = 9, "bb"
	job, err := w.Begin(ctx, Spec{Verb: "ingest", All: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := job.Publish(ctx, Totals{}); err != nil {
		t.Fatal(err)
	}
	seq, hash = 12, "cc"
	anchor()
	want := []Anchor{{Seq: 5, Hash: "aa"}, {Seq: 9, Hash: "bb"}, {Seq: 12, Hash: "cc"}}
	check := func(w *Warehouse) {
		t.Helper()
		got, err := w.Anchors(ctx)
		for i := range got {
			if got[i].At == "" {
				t.Error("an anchor without its time")
			}
			got[i].At = ""
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v %v", got, err)
		}
		if r, err := w.Verify(ctx); err != nil || !r.OK() || r.Jobs != 1 || w.Version() != 1 {
			t.Errorf("%+v %v at version %d", r, err, w.Version())
		}
	}
	check(w)
	closeTest(t, w)
	again := openTest(t, dir, Options{})
	check(again)
	b, err := os.ReadFile(Dir(dir).Journal())
	if err != nil || strings.Count(string(b), "\n") != 3 {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestDerivedKeys(t *testing.T) {
	dir := t.TempDir()
	one := openTest(t, dir, Options{})
	a, b := one.Derive("audit"), one.Derive("access")
	if len(a) != 32 || len(b) != 32 || bytes.Equal(a, b) || bytes.Contains(a, one.key) {
		t.Errorf("%x %x", a, b)
	}
	closeTest(t, one)
	again := openTest(t, dir, Options{})
	if !bytes.Equal(a, again.Derive("audit")) {
		t.Error("another key after reopening")
	}
	other := openTest(t, t.TempDir(), Options{})
	if bytes.Equal(a, other.Derive("audit")) {
		t.Error("two sites share a key")
	}
}
