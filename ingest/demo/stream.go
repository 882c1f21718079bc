package demo

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sort"
)

// stream is one source of chance. Each part of the district has its own, seeded by the seed and a name, so
// that drawing once more in one part does not change the others.
type stream struct{ *rand.Rand }

func newStream(seed uint64, name string) stream {
	h := fnv.New64a()
	h.Write([]byte(name))
	return stream{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// chance is true with probability p.
func (s stream) chance(p float64) bool { return s.Float64() < p }

// between returns a number of [lo, hi).
func (s stream) between(lo, hi float64) float64 { return lo + (hi-lo)*s.Float64() }

// intBetween returns a whole number of [lo, hi], both included.
func (s stream) intBetween(lo, hi int) int { return lo + s.IntN(hi-lo+1) }

// pick returns one of the choices, each equally likely.
func pick[T any](s stream, choices []T) T { return choices[s.IntN(len(choices))] }

// weighted returns an index of weights, each as likely as its weight; the weights need not sum to 1.
func (s stream) weighted(weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	x := s.Float64() * total
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// logNormal returns a duration-like number with the given median; sigma is the deviation of its logarithm.
func (s stream) logNormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*s.NormFloat64())
}

// poisson returns the number of events where mean are expected (Knuth's product of uniforms: fine for the
// daily means below 50 that occur here).
func (s stream) poisson(mean float64) int {
	limit, product := math.Exp(-mean), s.Float64()
	n := 0
	for product > limit {
		product *= s.Float64()
		n++
	}
	return n
}

// apportion splits total into whole parts in proportion to weights, each at least least, by the method of
// largest remainders; equal remainders go to the earlier part. total must be at least least × len(weights).
func apportion(total int, weights []float64, least int) []int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	free := total - least*len(weights)
	parts := make([]int, len(weights))
	order := make([]int, len(weights))
	rest := make([]float64, len(weights))
	for i, w := range weights {
		share := float64(free) * w / sum
		parts[i] = least + int(share)
		rest[i] = share - math.Floor(share)
		order[i] = i
		total -= parts[i]
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for _, i := range order[:total] {
		parts[i]++
	}
	return parts
}
