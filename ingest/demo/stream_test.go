package demo

import (
	"math"
	"slices"
	"testing"
)

func TestApportion(t *testing.T) {
	for _, c := range []struct {
		name    string
		total   int
		weights []float64
		least   int
		want    []int
	}{
		{"in proportion", 10, []float64{1, 3, 1}, 0, []int{2, 6, 2}},
		{"largest remainders first", 10, []float64{1, 1, 1}, 0, []int{4, 3, 3}},
		{"by remainder, not by size", 7, []float64{10, 5, 1}, 0, []int{4, 2, 1}}, // 4.375, 2.1875, 0.4375
		{"a least part", 5, []float64{100, 1, 1}, 1, []int{3, 1, 1}},
		{"nothing but the least", 3, []float64{5, 1, 1}, 1, []int{1, 1, 1}},
	} {
		if got := apportion(c.total, c.weights, c.least); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestPoissonHasItsMeanAndVariance(t *testing.T) {
	s := newStream(3, "test")
	const n, mean = 20_000, 4.5
	sum, squares := 0.0, 0.0
	for range n {
		x := float64(s.poisson(mean))
		sum += x
		squares += x * x
	}
	m := sum / n
	v := squares/n - m*m
	// Four standard errors: √(4.5/20000) = 0.015 for the mean, about 0.047 for the variance.
	if math.Abs(m-mean) > 0.06 || math.Abs(v-mean) > 0.19 {
		t.Errorf("mean %.3f, variance %.3f", m, v)
	}
}

func TestStreamsOfDifferentNamesDiffer(t *testing.T) {
	a, b, again := newStream(1, "a"), newStream(1, "b"), newStream(1, "a")
	x, y, z := a.Uint64(), b.Uint64(), again.Uint64()
	if x == y || x != z {
		t.Errorf("%d %d %d", x, y, z)
	}
}

func TestNumeral(t *testing.T) {
	for n, want := range map[int]string{1: "一", 9: "九", 10: "十", 12: "十二", 20: "二十", 21: "二十一", 99: "九十九"} {
		if got := numeral(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestOutlineOfAnLShape(t *testing.T) {
	// Two cells above, one below the left: the edge between them is gone, every step is a vertex.
	got := outline([]rect{{0, 0, 2, 1}, {0, 1, 1, 2}})
	want := []node{{0, 0}, {0, 1}, {0, 2}, {1, 2}, {1, 1}, {2, 1}, {2, 0}, {1, 0}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDivideFillsTheBlockOnce(t *testing.T) {
	s := newStream(5, "divide")
	for n := 1; n <= 24; n++ {
		b := rect{3, 5, 39, 35}
		parts := divide(s, b, n)
		if len(parts) != n {
			t.Fatalf("%d parts, want %d", len(parts), n)
		}
		owner := map[node]int{}
		for _, p := range parts {
			for i := p.i0; i < p.i1; i++ {
				for j := p.j0; j < p.j1; j++ {
					owner[node{i, j}]++
				}
			}
		}
		for i := b.i0; i < b.i1; i++ {
			for j := b.j0; j < b.j1; j++ {
				if owner[node{i, j}] != 1 {
					t.Fatalf("n = %d: cell %d,%d has %d owners", n, i, j, owner[node{i, j}])
				}
			}
		}
		if len(owner) != 36*30 {
			t.Errorf("n = %d: %d cells", n, len(owner))
		}
	}
}
