package geo

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/paulmach/orb"
)

// wavy returns rows × cols features with wavy shared borders around a place in
// China, each of about 4·perSide vertices: neighbours share every vertex of their
// common border bit for bit.
func wavy(rows, cols, perSide int) []Feature {
	const size = 0.01 // degrees
	// The waves are flat enough that the map (u, v) → place has no folds.
	at := func(u, v float64) orb.Point { // in cells
		return orb.Point{
			113.9 + size*(u+0.21*math.Sin(2.1*v)+0.02*math.Sin(17*v+u)),
			32.1 + size*(v+0.19*math.Sin(1.7*u)+0.02*math.Cos(19*u-v)),
		}
	}
	var fs []Feature
	for r := range rows {
		for c := range cols {
			var ring orb.Ring
			add := func(u0, v0, u1, v1 float64) {
				for k := range perSide {
					t := float64(k) / float64(perSide)
					// Whole numbers first, so that both neighbours compute the same bits.
					u, v := u0, v0
					switch {
					case u1 > u0:
						u += t
					case u1 < u0:
						u = u1 + (1 - t)
					case v1 > v0:
						v += t
					default:
						v = v1 + (1 - t)
					}
					ring = append(ring, at(u, v))
				}
			}
			u, v := float64(c), float64(r)
			add(u, v, u+1, v)
			add(u+1, v, u+1, v+1)
			add(u+1, v+1, u, v+1)
			add(u, v+1, u, v)
			ring = append(ring, ring[0])
			fs = append(fs, Feature{
				Code:  fmt.Sprintf("%03d%03d", r, c),
				Shape: orb.MultiPolygon{{ring}},
				Row:   len(fs) + 1,
			})
		}
	}
	return fs
}

// scribble returns a random, usually self-crossing ring; on a lattice it also has
// collinear, touching and repeated edges.
func scribble(rng *rand.Rand, n, lattice int) orb.Ring {
	var ring orb.Ring
	for range n {
		p := orb.Point{rng.Float64(), rng.Float64()}
		if lattice > 0 {
			p = orb.Point{float64(rng.IntN(lattice)) / 64, float64(rng.IntN(lattice)) / 64}
		}
		ring = append(ring, orb.Point{114 + p[0]/16, 30 + p[1]/16})
	}
	return append(ring, ring[0])
}

// bruteInside is the half-open even–odd rule over all edges in rational numbers: a
// computation that shares nothing with the index.
func bruteInside(mp orb.MultiPolygon, p orb.Point) bool {
	in := false
	for _, poly := range mp {
		for _, ring := range poly {
			for i := range ring {
				a, b := ring[i], ring[(i+1)%len(ring)]
				if (a[1] > p[1]) == (b[1] > p[1]) {
					continue
				}
				// p.x < a.x + (p.y−a.y)·(b.x−a.x)/(b.y−a.y)
				x := new(big.Rat).Sub(rat(p[1]), rat(a[1]))
				x.Mul(x, new(big.Rat).Sub(rat(b[0]), rat(a[0])))
				x.Quo(x, new(big.Rat).Sub(rat(b[1]), rat(a[1])))
				x.Add(x, rat(a[0]))
				if rat(p[0]).Cmp(x) < 0 {
					in = !in
				}
			}
		}
	}
	return in
}

func rat(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
