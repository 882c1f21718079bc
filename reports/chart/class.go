package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Class is a half-open range [Lo, Hi) of values and how many values lie in it.
type Class struct {
	Lo, Hi float64 // in the values' unit; the first class begins at -Inf, the last ends at +Inf
	Count  int
	Label  string // 70（含）–85, 85 及以上, 40 以下; with the count: Legend
}

const maxClasses = 5

// Classes divides values into at most five classes of about equal size with round limits, weakest first. No class is
// empty. Values are first rounded to decimals, as they are published, so that a region's text never contradicts its
// class. Fewer than five different values give one class each, no value none. NaN and infinities are left out.
//
// The limits are the quintiles, moved to multiples of the coarsest step (1, 2, 5, 10, 20 …) that keeps all five classes
// filled; where many values are equal, the quintiles of the different values. 22 values 1, 2, … 22: quintiles 5.4, 9.8,
// 14.2, 18.6, with step 5: below 5, 5–10, 10–15, 15–20, 20 and above.
func Classes(values []float64, decimals int) []Class {
	unit := math.Pow(10, float64(decimals))
	sorted := sortedUnits(values, decimals, unit)
	if len(sorted) == 0 {
		return nil
	}
	return classesAt(sorted, breaksOf(sorted), decimals, unit)
}

// sortedUnits are the values in units of the last decimal, sorted: whole numbers, so that comparing is exact.
func sortedUnits(values []float64, decimals int, unit float64) []float64 {
	sorted := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			sorted = append(sorted, rounded(v, decimals, unit))
		}
	}
	slices.Sort(sorted)
	return sorted
}

// classesAt are the classes with these inner limits.
func classesAt(sorted, breaks []float64, decimals int, unit float64) []Class {
	digits := 0 // as many as the limits need: 40 and 55, or 40.0 and 55.5
	for _, b := range breaks {
		digits = max(digits, digitsOf(b, decimals))
	}
	classes := make([]Class, len(breaks)+1)
	for i := range classes {
		lo, hi := math.Inf(-1), math.Inf(1)
		if i > 0 {
			lo = breaks[i-1]
		}
		if i < len(breaks) {
			hi = breaks[i]
		}
		classes[i] = Class{Lo: lo / unit, Hi: hi / unit, Count: countBelow(sorted, hi) - countBelow(sorted, lo)}
		classes[i].Label = classLabel(classes[i], digits)
	}
	if len(breaks) == 0 { // one value for all: it is the label
		classes[0].Label = number(sorted[0]/unit, decimals)
	}
	return classes
}

// Legend is the label with the count: 70（含）–85（6）.
func (c Class) Legend() string { return fmt.Sprintf("%s（%d）", c.Label, c.Count) }

// Holds says whether a value, rounded to the decimals the classes were made with, lies in the class.
func (c Class) Holds(v float64) bool { return v >= c.Lo && v < c.Hi }

func rounded(v float64, decimals int, unit float64) float64 {
	r, err := strconv.ParseFloat(number(v, decimals), 64) // the rounding of published texts
	if err != nil {
		return math.Round(v * unit)
	}
	return math.Round(r * unit)
}

// digitsOf is how many of the decimals of a whole number of 10^-decimals are not zeros at the end.
func digitsOf(b float64, decimals int) int {
	for decimals > 0 && math.Mod(b, 10) == 0 {
		b /= 10
		decimals--
	}
	return decimals
}

func number(v float64, decimals int) string { return strconv.FormatFloat(v, 'f', decimals, 64) }

func classLabel(c Class, decimals int) string {
	lo, hi := number(c.Lo, decimals), number(c.Hi, decimals)
	switch {
	case math.IsInf(c.Lo, -1):
		return hi + " 以下"
	case math.IsInf(c.Hi, 1):
		return lo + " 及以上"
	}
	return lo + "（含）–" + hi
}

func countBelow(sorted []float64, limit float64) int {
	n, _ := slices.BinarySearch(sorted, limit)
	return n
}

// breaksOf gives the inner limits, one less than classes.
func breaksOf(sorted []float64) []float64 {
	distinct := slices.Compact(slices.Clone(sorted))
	if len(distinct) <= maxClasses {
		return distinct[1:]
	}
	for _, sample := range [][]float64{sorted, distinct} {
		if b := roundBreaks(sorted, sample); b != nil {
			return b
		}
	}
	// Quintiles of the different values themselves: with six or more of them these always differ.
	b := make([]float64, maxClasses-1)
	for i := range b {
		b[i] = distinct[(i+1)*len(distinct)/maxClasses]
	}
	return b
}

// roundBreaks moves the quintiles of sample to the coarsest step that leaves no class of sorted empty, or nil.
func roundBreaks(sorted, sample []float64) []float64 {
	span := sorted[len(sorted)-1] - sorted[0]
	for step := floorStep(span / 4); step >= 1; step = floorStep(step * 0.99) {
		b := make([]float64, maxClasses-1)
		for i := range b {
			b[i] = math.Round(quantile(sample, float64(i+1)/maxClasses)/step) * step
		}
		if filled(sorted, b) {
			return b
		}
	}
	return nil
}

// floorStep is the largest of …, 1, 2, 5, 10, 20, 50, … that is at most v.
func floorStep(v float64) float64 {
	if v < 1 {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-12))
	for _, m := range [...]float64{5, 2} {
		if m*power <= v {
			return m * power
		}
	}
	return power
}

// quantile by linear interpolation between order statistics (R type 7).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// filled says whether every class between the breaks holds a value.
func filled(sorted, breaks []float64) bool {
	before := 0
	for _, b := range breaks {
		n := countBelow(sorted, b)
		if n == before {
			return false
		}
		before = n
	}
	return before < len(sorted)
}
