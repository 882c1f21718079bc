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

// Anchors between jobs, behind a lost one and behind the acceptance of its loss change nothing for any of these.
func TestAnchorsBesideALostJob(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	seq := int64(0)
	open := func() *Warehouse {
		w := openTest(t, dir, Options{})
		w.FollowAudit(func() (int64, string) { return seq, "aa" })
		return w
	}
	anchor := func(w *Warehouse) {
		t.Helper()
		seq++
		if err := w.Anchor(ctx); err != nil {
			t.Fatal(err)
		}
	}
	w := open()
	anchor(w)
	load(t, w, matters("a", 3)...)
	anchor(w)
	closeTest(t, w)
	before, err := os.ReadFile(Dir(dir).Database())
	if err != nil {
		t.Fatal(err)
	}
	w = open()
	second, _ := load(t, w, matters("b", 3)...)
	anchor(w)
	closeTest(t, w)
	if err := os.WriteFile(Dir(dir).Database(), before, 0o600); err != nil {
		t.Fatal(err)
	}
	w = open()
	anchor(w)
	if lost := w.Lost(); len(lost) != 1 || lost[0].Job != second {
		t.Fatalf("lost %+v, want job %d", lost, second)
	}
	if err := w.AcceptLoss(); err != nil {
		t.Fatal(err)
	}
	anchor(w)
	closeTest(t, w)
	w = open()
	if lost := w.Lost(); len(lost) != 0 {
		t.Errorf("accepted and still lost: %+v", lost)
	}
	third, _ := load(t, w, matters("c", 3)...)
	if third <= second || w.Version() != 3 {
		t.Errorf("job %d at version %d after job %d was lost", third, w.Version(), second)
	}
	if r, err := w.Verify(ctx); err != nil || !r.OK() || r.Jobs != 2 {
		t.Errorf("%+v %v", r, err)
	}
	// Jobs 2 and 3 and the acceptance carry the head as well.
	var seqs []int64
	all, err := w.Anchors(ctx)
	for _, a := range all {
		seqs = append(seqs, a.Seq)
	}
	if want := []int64{1, 1, 2, 2, 3, 4, 4, 5, 5}; err != nil || !slices.Equal(seqs, want) {
		t.Errorf("anchors %v, want %v, %v", seqs, want, err)
	}
}

// A journal of the time before anchors is read as it always was; a damaged anchor is named.
func TestAnchorsOfOtherJournals(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	w := openTest(t, dir, Options{})
	load(t, w, matters("a", 3)...)
	if all, err := w.Anchors(ctx); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
	closeTest(t, w)
	b, err := os.ReadFile(Dir(dir).Journal())
	if err != nil || bytes.Contains(b, []byte("audit")) {
		t.Fatalf("%s %v", b, err)
	}
	b = append(b, `{"rows":0,"at":"2026-03-01 08:00:00","audit":"seven:aa"}`+"\n"...)
	if err := os.WriteFile(Dir(dir).Journal(), b, 0o600); err != nil {
		t.Fatal(err)
	}
	w = openTest(t, dir, Options{})
	if r, err := w.Verify(ctx); err != nil || !r.OK() || r.Jobs != 1 {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := w.Anchors(ctx); err == nil || !strings.Contains(err.Error(), "第 2 行") {
		t.Errorf("%v", err)
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
