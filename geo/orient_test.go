package geo

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

func orientRational(a, b, c orb.Point) int {
	d := func(p, q orb.Point, k int) *big.Rat { return new(big.Rat).Sub(rat(p[k]), rat(q[k])) }
	l := new(big.Rat).Mul(d(b, a, 0), d(c, a, 1))
	r := new(big.Rat).Mul(d(b, a, 1), d(c, a, 0))
	return l.Cmp(r)
}

// Points that are nearly or exactly on one line, where plain floating point errs.
func TestOrientIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	wrong, zero := 0, 0
	for range 20_000 {
		a := orb.Point{114 + rng.Float64(), 30 + rng.Float64()}
		b := orb.Point{114 + rng.Float64(), 30 + rng.Float64()}
		s := rng.Float64()
		c := orb.Point{a[0] + s*(b[0]-a[0]), a[1] + s*(b[1]-a[1])}
		switch rng.IntN(4) {
		case 0:
			c[0] = math.Nextafter(c[0], 0)
		case 1:
			c[1] = math.Nextafter(c[1], 90)
		case 2: // exactly on the line
			b = orb.Point{a[0] + 0.5, a[1] + 0.25}
			c = orb.Point{a[0] + 0.25, a[1] + 0.125}
		}
		want := orientRational(a, b, c)
		if want == 0 {
			zero++
		}
		for _, got := range []int{orient(a, b, c), orient(b, c, a), orient(c, a, b), -orient(b, a, c)} {
			if got != want {
				wrong++
			}
		}
	}
	if wrong > 0 || zero < 1000 {
		t.Errorf("%d wrong signs; %d triples on a line, want at least 1000", wrong, zero)
	}
}

func TestMeet(t *testing.T) {
	for _, tt := range []struct {
		name       string
		a, b, c, d orb.Point
		how        meeting
		from, to   orb.Point
	}{
		{"apart", p(0, 0), p(1, 0), p(0, 1), p(1, 1), apart, p(0, 0), p(0, 0)},
		{"on one line, apart", p(0, 0), p(1, 1), p(2, 2), p(3, 3), apart, p(0, 0), p(0, 0)},
		{"line of one misses the other", p(0, 0), p(1, 0), p(2, -1), p(2, 1), apart, p(0, 0), p(0, 0)},
		{"cross", p(0, 0), p(2, 2), p(0, 2), p(2, 0), cross, p(1, 1), p(1, 1)},
		{"end on the other", p(0, 0), p(2, 0), p(1, 0), p(1, 5), touch, p(1, 0), p(1, 0)},
		{"common end", p(0, 0), p(2, 0), p(2, 0), p(3, 5), touch, p(2, 0), p(2, 0)},
		{"common end on one line", p(0, 0), p(2, 0), p(2, 0), p(3, 0), touch, p(2, 0), p(2, 0)},
		{"along", p(0, 0), p(4, 0), p(3, 0), p(9, 0), follow, p(3, 0), p(4, 0)},
		{"along an upright line", p(0, 0), p(0, 4), p(0, 9), p(0, -1), follow, p(0, 0), p(0, 4)},
		{"the same backwards", p(0, 0), p(4, 1), p(4, 1), p(0, 0), follow, p(0, 0), p(4, 1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, s := range [][4]orb.Point{
				{tt.a, tt.b, tt.c, tt.d},
				{tt.b, tt.a, tt.c, tt.d},
				{tt.c, tt.d, tt.a, tt.b},
				{tt.d, tt.c, tt.b, tt.a},
			} {
				how, from, to := meet(s[0], s[1], s[2], s[3])
				if how != tt.how || from != tt.from || to != tt.to {
					t.Errorf("%v: got %d %v %v, want %d %v %v", s, how, from, to, tt.how, tt.from, tt.to)
				}
			}
		})
	}
}

func TestSide(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	for range 200 {
		ring := scribble(rng, 9, 6)
		for range 20 {
			q := orb.Point{114 + float64(rng.IntN(24))/4096, 30 + float64(rng.IntN(24))/4096}
			on := false
			for i, a := range ring[:len(ring)-1] {
				b := ring[i+1]
				on = on || orientRational(a, b, q) == 0 && between(a, b, q)
			}
			want := -1
			if on {
				want = 0
			} else if bruteInside(shape(ring), q) {
				want = 1
			}
			if got := side(ring, q); got != want {
				t.Fatalf("%v in %v: got %d, want %d", q, ring, got, want)
			}
		}
	}
}
