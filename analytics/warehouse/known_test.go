package warehouse

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// tryDistinct is tryLoadIn of a caller who knows that no id comes twice, as the loading of files does.
func tryDistinct(w *Warehouse, space string, ms ...matter) (s Settled, err error) {
	ctx := context.Background()
	j, err := w.Begin(ctx, Spec{Verb: "ingest", File: "t.csv", Profile: "test", Spaces: []string{space}})
	if err != nil {
		return s, err
	}
	defer j.Abandon()
	if _, err := j.Append(ctx, "record", records(w, ms...)); err != nil {
		return s, err
	}
	if s, err = j.Settle(ctx, "record", true); err != nil {
		return s, err
	}
	_, err = j.Publish(ctx, Totals{Rows: int64(len(ms)), Accepted: s.Accepted, Unchanged: s.Unchanged, Replaced: s.Replaced})
	return s, err
}

func distinct(t testing.TB, w *Warehouse, ms ...matter) Settled {
	t.Helper()
	s, err := tryDistinct(w, "test", ms...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// filtered says whether there is a filter of the records.
func filtered(w *Warehouse) bool {
	w.known.mu.Lock()
	defer w.known.mu.Unlock()
	return w.known.table("record").ids != nil
}

func wantSettled(t testing.TB, what string, got, want Settled) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

// Whatever has happened to a warehouse, a small job finds the live copies of its ids.
func TestASmallJobFindsItsLiveCopies(t *testing.T) {
	fresh := func(t *testing.T) *Warehouse {
		w := openTest(t, t.TempDir(), Options{})
		distinct(t, w, matter{"a", "甲", 1}) // asks, and there is no filter yet
		distinct(t, w, matter{"b", "甲", 1}) // makes it
		if !filtered(w) {
			t.Fatal("no filter was made")
		}
		return w
	}
	again, changed, new1 := Settled{Unchanged: 1}, Settled{Accepted: 1, Replaced: 1}, Settled{Accepted: 1}

	t.Run("ids from before the filter and told since", func(t *testing.T) {
		w := fresh(t)
		distinct(t, w, matter{"c", "甲", 1})
		for _, id := range []string{"a", "b", "c"} {
			wantSettled(t, id+" once more", distinct(t, w, matter{id, "甲", 1}), again)
			wantSettled(t, id+" changed", distinct(t, w, matter{id, "乙", 1}), changed)
		}
		wantSettled(t, "a new one", distinct(t, w, matter{"d", "甲", 1}), new1)
		if !filtered(w) {
			t.Error("the filter is gone")
		}
	})
	t.Run("an undo brings copies back", func(t *testing.T) {
		w := openTest(t, t.TempDir(), Options{})
		distinct(t, w, matter{"a", "甲", 1}) // 1
		mustUndo(t, w, 1)                   // 2
		for i := range 3 {                  // 3, 4, 5: the filter is made while a is not live
			distinct(t, w, matter{strconv.Itoa(i), "甲", 1})
		}
		if !filtered(w) {
			t.Fatal("no filter was made")
		}
		mustUndo(t, w, 2)
		wantSettled(t, "a once more", distinct(t, w, matter{"a", "甲", 1}), again)
	})
	t.Run("a job that settled nothing", func(t *testing.T) {
		w := fresh(t)
		ctx := context.Background()
		j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"other"}})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Abandon()
		if _, err := j.Append(ctx, "record", records(w, matter{"x", "甲", 1})); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Publish(ctx, Totals{}); err != nil {
			t.Fatal(err)
		}
		wantSettled(t, "x once more", distinct(t, w, matter{"x", "甲", 1}), again)
	})
	t.Run("copies appended after the job has settled", func(t *testing.T) {
		w := fresh(t)
		ctx := context.Background()
		j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"other"}})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Abandon()
		for i, id := range []string{"x", "y"} {
			if _, err := j.Append(ctx, "record", records(w, matter{id, "甲", 1})); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				if _, err := j.Settle(ctx, "record", true); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := j.Publish(ctx, Totals{}); err != nil {
			t.Fatal(err)
		}
		wantSettled(t, "y once more", distinct(t, w, matter{"y", "甲", 1}), again)
	})
	t.Run("a large job", func(t *testing.T) {
		w := fresh(t)
		distinct(t, w, matters("m", smallJob+1)...)
		if filtered(w) {
			t.Error("the filter outlives a job whose ids it was not told")
		}
		for _, i := range []int{0, 1, smallJob} {
			wantSettled(t, "one of them once more", distinct(t, w, matters("m", smallJob+1)[i]), again)
		}
	})
	t.Run("a reopened engine", func(t *testing.T) {
		w := fresh(t)
		breakEngine(t, w)
		wantSettled(t, "a once more", distinct(t, w, matter{"a", "甲", 1}), again)
	})
	t.Run("an abandoned job is not live", func(t *testing.T) {
		w := fresh(t)
		ctx := context.Background()
		j, err := w.Begin(ctx, Spec{Verb: "ingest", Spaces: []string{"test"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(ctx, "record", records(w, matter{"x", "甲", 1})); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Settle(ctx, "record", true); err != nil {
			t.Fatal(err)
		}
		j.Abandon()
		wantSettled(t, "x for the first time", distinct(t, w, matter{"x", "甲", 1}), new1)
	})
	t.Run("one id twice in a file", func(t *testing.T) {
		w := fresh(t)
		if _, s := load(t, w, matter{"x", "甲", 1}, matter{"x", "乙", 2}); s != (Settled{Accepted: 2, Replaced: 1}) {
			t.Errorf("%+v", s)
		}
	})
}

// Jobs of several spaces publish while filters are made and dropped: each finds what its own space holds.
func TestFiltersMadeWhileOthersPublish(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	const spaces, rounds = 4, 25
	var wg sync.WaitGroup
	for n := range spaces {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(5, uint64(n)))
			space := fmt.Sprintf("s%d", n)
			live := map[string]string{} // id → status
			for i := range rounds {
				id := fmt.Sprintf("%s-%d", space, r.IntN(12))
				status := strconv.Itoa(r.IntN(2))
				want := Settled{Accepted: 1}
				switch live[id] {
				case "":
				case status:
					want = Settled{Unchanged: 1}
				default:
					want.Replaced = 1
				}
				s, err := tryDistinct(w, space, matter{id, status, 1})
				if err != nil || s != want {
					t.Errorf("%s, round %d: %+v %v, want %+v", space, i, s, err, want)
					return
				}
				live[id] = status
				if n == 0 && i%5 == 4 {
					w.known.dropAll()
				}
			}
		})
	}
	wg.Wait()
	if twice := texts(t, w, "SELECT id FROM record GROUP BY id HAVING count(*) > 1"); len(twice) > 0 {
		t.Errorf("live twice: %v", twice)
	}
}

func TestWhatIsToldWhileAFilterIsMade(t *testing.T) {
	for _, c := range []struct {
		name      string
		meanwhile func(k *known)
		want      bool // 7 is excluded once the filter is there
		filter    bool
	}{
		{"nothing", func(*known) {}, true, true},
		{"an id", func(k *known) { k.tell("record", []uint64{7}) }, false, true},
		{"a drop", func(k *known) { k.drop("record") }, false, false},
		{"an id, then a drop", func(k *known) { k.tell("record", []uint64{7}); k.drop("record") }, false, false},
		{"more than there is room for", func(k *known) { k.tell("record", make([]uint64, 11)) }, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var k known
			k.excludes("record", nil)
			if k.claim("record") {
				t.Error("who comes alone makes it")
			}
			k.excludes("record", nil)
			k.excludes("record", nil)
			if !k.claim("record") {
				t.Fatal("the second to ask should make it")
			}
			if k.claim("record") { // before its snapshot is taken, and after
				t.Error("two make it")
			}
			era := k.begin("record")
			if k.claim("record") {
				t.Error("two make it")
			}
			c.meanwhile(&k)
			k.made("record", newBloom(10), era)
			if got := k.table("record").ids != nil; got != c.filter {
				t.Errorf("filter: %v", got)
			}
			if no := k.excludes("record", []uint64{7}); no != c.want {
				t.Errorf("excluded: %v", no)
			}
			if k.table("record").making {
				t.Error("it is still being made")
			}
		})
	}
}

func TestBloomMissesNoKeyAndSuspectsFew(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 300_000
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = r.Uint64()
	}
	b := newBloom(n)
	b.add(keys)
	for _, k := range keys {
		if !b.has(k) {
			t.Fatalf("%x is missed", k)
		}
	}
	wrong := 0
	for range n {
		if b.has(r.Uint64()) {
			wrong++
		}
	}
	// (1 − e^(−7·24⁻¹))⁷ ≈ 0.00006 for evenly filled blocks, about twice that for blocks as full as chance has it.
	if wrong > n/2000 {
		t.Errorf("%d of %d strangers are taken for known", wrong, n)
	}
}

func TestIDPartsHoldEveryIDOnce(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	var ms []matter
	for i, c := range idAlphabet {
		ms = append(ms, matter{string(c) + "xyz", "甲", int64(i)}, matter{string(c), "甲", int64(i)})
	}
	load(t, w, ms...)
	for _, rows := range []int64{0, hashesAtOnce, 3 * hashesAtOnce, 50_000_000, 1 << 40} {
		var counts []string
		total := 0
		for _, part := range idParts(rows) {
			n := texts(t, w, "SELECT count(*)::VARCHAR FROM record"+part)[0]
			counts = append(counts, n)
			k, _ := strconv.Atoi(n)
			total += k
		}
		if total != len(ms) {
			t.Errorf("%d rows: %s", rows, strings.Join(counts, " "))
		}
	}
}
