package chart

import (
	"cmp"
	"slices"
)

// Categories ranks kinds of matter by number: horizontal bars, the largest on top, each with its value and the share the
// caller published in Point.Detail (32.1%). Equal values keep the order given, points without a value come last.
func Categories(h Head, f Frame, points []Point) Option {
	s := sheet{f, h}
	sorted := slices.Clone(points)
	slices.SortStableFunc(sorted, func(a, b Point) int {
		x, xok := finite(a.Value)
		y, yok := finite(b.Value)
		if xok != yok {
			if xok {
				return -1
			}
			return 1
		}
		return cmp.Compare(y, x)
	})
	rows := make([]row, len(sorted))
	for i, p := range sorted {
		rows[i] = row{Point: p, color: second, after: p.Detail}
	}
	return drawRows(s, rows, nil)
}
