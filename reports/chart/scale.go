package chart

import "math"

// scale is a value axis: round limits and the distance of its ticks. The limits are fixed here and not left to ECharts,
// so that page, picture and server agree on them.
type scale struct{ min, max, step float64 }

// scaleOf covers the values with about n ticks of 1, 2, 2.5 or 5 times a power of ten. Bars need zero on the axis; lines
// may leave it when their values lie close together. A percentage below 100 never gets an axis beyond 100.
func scaleOf(values []float64, n int, zero, percent bool) scale {
	if len(values) == 0 {
		values = []float64{0}
	}
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	if zero || lo >= 0 && lo < hi/2 {
		lo, hi = min(lo, 0), max(hi, 0)
	}
	if lo == hi {
		if lo == 0 {
			hi = 1
		} else {
			lo, hi = lo-math.Abs(lo)/10, hi+math.Abs(hi)/10
		}
	}
	capped := percent && hi <= 100
	if capped && !zero {
		hi = min(hi, 100)
	}
	step := niceStep((hi - lo) / float64(n))
	s := scale{min: math.Floor(lo/step+1e-9) * step, max: math.Ceil(hi/step-1e-9) * step, step: step}
	if capped {
		s.max = min(s.max, 100)
	}
	if lo >= 0 {
		s.min = max(s.min, 0)
	}
	return s
}

// niceStep is the smallest round step that is at least about raw.
func niceStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range [...]float64{1, 2, 2.5, 5} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// finite is the value if it can be drawn: beyond 1e100 the arithmetic of axes would overflow; below 1e-100 it is zero.
func finite(v *float64) (float64, bool) {
	if v == nil || math.IsNaN(*v) || math.Abs(*v) > 1e100 {
		return 0, false
	}
	if math.Abs(*v) < 1e-100 {
		return 0, true
	}
	return *v, true
}

func finites(points []Point) []float64 {
	var out []float64
	for _, p := range points {
		if v, ok := finite(p.Value); ok {
			out = append(out, v)
		}
	}
	return out
}
