package ingest

import (
	"math/rand/v2"
	"testing"
)

func TestHashSetCountsLikeAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	var s hashSet
	want := map[uint64]int{}
	for range 200_000 {
		h := r.Uint64N(60_000) // neighbours, as no hash would be, and 0
		if r.IntN(3) == 0 {
			h = r.Uint64N(5) << 60
		}
		k := max(h, 1)
		if got := s.add(h, 0); got != min(want[k], 255) {
			t.Fatalf("%x: %d, want %d", h, got, want[k])
		}
		want[k]++
	}
	if s.n != len(want) {
		t.Errorf("%d hashes, want %d", s.n, len(want))
	}
}

func TestHashSetKeepsNoMoreThanThereIsRoomFor(t *testing.T) {
	var s hashSet
	for round := range 3 {
		for h := range uint64(20) {
			want := round
			if h >= 10 {
				want = 0
			}
			if got := s.add(h+1, 10); got != want {
				t.Fatalf("round %d, hash %d: came %d times before, want %d", round, h+1, got, want)
			}
		}
	}
	if s.n != 10 {
		t.Errorf("%d hashes", s.n)
	}
}
