package chart

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Expected classes are worked out by hand.
func TestSchemes(t *testing.T) {
	for name, c := range map[string]struct {
		scheme   Scheme
		values   string
		decimals int
		want     string
	}{
		"equal":                     {Equal, "0 1 2 3 4 50 99 100", 0, "20 以下（5） 20（含）–40（0） 40（含）–60（1） 60（含）–80（0） 80 及以上（2）"},
		"equal to a decimal":        {Equal, "0 0.1 0.2 0.3 0.4 0.5 1", 1, "0.2 以下（2） 0.2（含）–0.4（2） 0.4（含）–0.6（2） 0.6（含）–0.8（0） 0.8 及以上（1）"},
		"equal of few values":       {Equal, "1 9 9", 0, "9 以下（1） 9 及以上（2）"},
		"natural":                   {Natural, "1 2 2 10 11 50 51 52 90 91 200", 0, "10 以下（3） 10（含）–50（2） 50（含）–90（3） 90（含）–200（2） 200 及以上（1）"},
		"natural of equal values":   {Natural, "5 5 5", 0, "5（3）"},
		"natural of few values":     {Natural, "3 1 2", 0, "2 以下（1） 2（含）–3（1） 3 及以上（1）"},
		"natural with many of one":  {Natural, "0 0 0 0 0 0 0 0 1 2 3 4 100", 0, "1 以下（8） 1（含）–2（1） 2（含）–3（1） 3（含）–100（2） 100 及以上（1）"},
		"nothing":                   {Natural, "", 0, ""},
		"another word is quantiles": {"x", "1 2 3", 0, "2 以下（1） 2（含）–3（1） 3 及以上（1）"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, class := range Classify(floats(c.values), c.decimals, c.scheme) {
				got = append(got, class.Legend())
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
		})
	}
}

// No other division into five has less squared distances: all are tried.
func TestNaturalIsTheBest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		values := make([]float64, 14)
		for i := range values {
			values[i] = math.Round(r.ExpFloat64() * 30)
		}
		slices.Sort(values)
		distinct := slices.Compact(slices.Clone(values))
		if len(distinct) <= maxClasses {
			continue
		}
		spreadOf := func(breaks []float64) (total float64) {
			for k := 0; k <= len(breaks); k++ {
				var part []float64
				for _, v := range values {
					if (k == 0 || v >= breaks[k-1]) && (k == len(breaks) || v < breaks[k]) {
						part = append(part, v)
					}
				}
				mean := 0.0
				for _, v := range part {
					mean += v / float64(len(part))
				}
				for _, v := range part {
					total += (v - mean) * (v - mean)
				}
			}
			return total
		}
		best := math.Inf(1)
		n := len(distinct)
		for a := 1; a < n; a++ {
			for b := a + 1; b < n; b++ {
				for c := b + 1; c < n; c++ {
					for d := c + 1; d < n; d++ {
						best = min(best, spreadOf([]float64{distinct[a], distinct[b], distinct[c], distinct[d]}))
					}
				}
			}
		}
		var breaks []float64
		for _, c := range Classify(values, 0, Natural)[1:] {
			breaks = append(breaks, c.Lo)
		}
		if got := spreadOf(breaks); got > best+1e-6 {
			t.Errorf("%v: %v with %g, but there is one with %g", values, breaks, got, best)
		}
	}
}

func TestManyNaturalValues(t *testing.T) {
	var values []float64
	for i := range 30_000 {
		values = append(values, float64(i%10_000)+float64(i/10_000)*1e6) // three heaps far apart
	}
	classes := Classify(values, 0, Natural)
	total := 0
	for _, c := range classes {
		total += c.Count
	}
	if len(classes) != maxClasses || total != len(values) {
		t.Errorf("%d classes with %d of %d values", len(classes), total, len(values))
	}
	for _, limit := range []float64{1e6, 2e6} { // each heap begins a class
		if !slices.ContainsFunc(classes, func(c Class) bool { return c.Lo == limit }) {
			t.Errorf("no class begins at %g: %v", limit, classes)
		}
	}
}

func TestRegions(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	of, legend := Regions([]Point{{Code: "a", Value: v(1)}, {Code: "b", Value: v(9)}, {Code: "c", Note: "缺数据"}}, 0, Worse, Equal)
	if !slices.Equal(of, []int{0, 1, -1}) || len(legend) != 3 || legend[0].Class != 1 || legend[0].Color != ramps[Worse][3] || !legend[0].White || legend[2].Label != "缺数据（1）" || legend[2].Class != -1 {
		t.Errorf("%v %+v", of, legend)
	}
}
