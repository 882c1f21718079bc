package chart

import (
	"math"
	"slices"
)

// Scheme is a way to divide values into classes.
type Scheme string

const (
	Quantiles Scheme = "quantile" // about as many values in each: Classes
	Equal     Scheme = "equal"    // equally wide; a class may be empty
	Natural   Scheme = "natural"  // where the values themselves part: least squared distances from the means of the classes
)

// Schemes are all of them with their names, in the order they are offered.
var Schemes = []struct {
	ID    Scheme
	Label string
}{{Quantiles, "等数量"}, {Equal, "等间距"}, {Natural, "自然间断"}}

// Classify divides values into at most five classes by a scheme, weakest first, as Classes does for Quantiles. What holds there of
// rounding, of few different values and of NaN holds for each.
//
// Natural is exact up to a thousand different values (W. D. Fisher, “On Grouping for Maximum Homogeneity”, 1958; in cartography
// Jenks’ natural breaks); more are first put together into a thousand equally wide cells.
func Classify(values []float64, decimals int, scheme Scheme) []Class {
	if scheme != Equal && scheme != Natural {
		return Classes(values, decimals)
	}
	unit := math.Pow(10, float64(decimals))
	sorted := sortedUnits(values, decimals, unit)
	if len(sorted) == 0 {
		return nil
	}
	distinct := slices.Compact(slices.Clone(sorted))
	breaks := distinct[1:]
	if len(distinct) > maxClasses {
		if scheme == Equal {
			breaks = equalBreaks(sorted[0], sorted[len(sorted)-1])
		} else {
			breaks = naturalBreaks(sorted)
		}
	}
	return classesAt(sorted, breaks, decimals, unit)
}

// equalBreaks are the inner limits of five equally wide classes, in whole units; of a span of few units, of fewer classes.
func equalBreaks(low, high float64) []float64 {
	var breaks []float64
	for i := 1; i < maxClasses; i++ {
		b := math.Round(low + (high-low)*float64(i)/maxClasses)
		if b > low && (len(breaks) == 0 || b > breaks[len(breaks)-1]) {
			breaks = append(breaks, b)
		}
	}
	return breaks
}

// naturalCells is how many different values are divided exactly.
const naturalCells = 1000

// naturalBreaks are the inner limits, each the least value of its class.
func naturalBreaks(sorted []float64) []float64 {
	type cell struct{ value, n float64 }
	var cells []cell
	wide := max(1, math.Ceil((sorted[len(sorted)-1]-sorted[0]+1)/naturalCells))
	if len(slices.Compact(slices.Clone(sorted))) <= naturalCells {
		wide = 1
	}
	first := []float64{} // the least value of each cell
	for _, v := range sorted {
		at := math.Floor((v - sorted[0]) / wide)
		if n := len(cells); n > 0 && cells[n-1].value == at {
			cells[n-1].n++
			continue
		}
		cells, first = append(cells, cell{at, 1}), append(first, v)
	}
	// cost(i, j) are the squared distances of cells i … j-1 from their mean, by sums from the left.
	n := len(cells)
	count, sum, square := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	for i, c := range cells {
		count[i+1], sum[i+1], square[i+1] = count[i]+c.n, sum[i]+c.n*c.value, square[i]+c.n*c.value*c.value
	}
	cost := func(i, j int) float64 {
		s := sum[j] - sum[i]
		return square[j] - square[i] - s*s/(count[j]-count[i])
	}
	best := make([]float64, n+1) // of the first j cells in so many classes
	from := make([][]int, maxClasses)
	for j := 1; j <= n; j++ {
		best[j] = cost(0, j)
	}
	for k := 1; k < maxClasses; k++ {
		next := make([]float64, n+1)
		from[k] = make([]int, n+1)
		for j := k + 1; j <= n; j++ {
			next[j] = math.Inf(1)
			for i := k; i < j; i++ {
				if c := best[i] + cost(i, j); c < next[j] {
					next[j], from[k][j] = c, i
				}
			}
		}
		best = next
	}
	breaks := make([]float64, maxClasses-1)
	for k, j := maxClasses-1, n; k >= 1; k-- {
		j = from[k][j]
		breaks[k-1] = first[j]
	}
	return breaks
}

// Legend is the key of a map: classes, strongest first, then the regions without value under their reasons.
type Legend []LegendEntry

// LegendEntry is one line of a Legend.
type LegendEntry struct {
	Class int    // -1: without value
	Label string // 70（含）–85（6）
	Words string // the same without the count
	Color string // light hex; Palette has the dark one
	White bool   // type on it is white
	Count int
}

// Colors are those of the classes, weakest first.
func (l Legend) Colors() (all []string) {
	for _, e := range slices.Backward(l) {
		if e.Class >= 0 {
			all = append(all, e.Color)
		}
	}
	return all
}

// Regions puts regions into classes by a scheme: the class of each, -1 without value, and the legend.
func Regions(regions []Point, decimals int, ramp Ramp, scheme Scheme) (of []int, legend Legend) {
	classes := Classify(finites(regions), decimals, scheme)
	colors := spread(ramp.colors(), len(classes))
	var without []Point
	for _, p := range regions {
		class := classOf(classes, p.Value, decimals)
		if class < 0 {
			without = append(without, p)
		}
		of = append(of, class)
	}
	for i := len(classes) - 1; i >= 0; i-- {
		white := slices.Contains([]string{ramps[Volume][3], ramps[Volume][4], ramps[Worse][3], ramps[Worse][4]}, colors[i])
		legend = append(legend, LegendEntry{i, classes[i].Legend(), classes[i].Label, colors[i], white, classes[i].Count})
	}
	if len(without) > 0 {
		legend = append(legend, LegendEntry{Class: -1, Label: withoutLabel(without), Words: withoutWords(without), Color: missing, Count: len(without)})
	}
	return of, legend
}
