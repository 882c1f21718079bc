package analytics

import (
	"slices"
	"testing"

	"gridstar/analytics/catalog"
)

// ranking makes an answer by unit: one cell a row, the last row without a unit where loose.
func ranking(m *catalog.Metric, loose bool, cells ...Cell) *Answer {
	a := &Answer{Dims: []Dim{{Name: "org:community", Unit: true}}, Columns: []Column{{m}}}
	for i, c := range cells {
		k := Key{Value: string(rune('A' + i))}
		if loose && i == len(cells)-1 {
			k = Key{}
		}
		a.Rows = append(a.Rows, Row{Keys: []Key{k}, Cells: []Cell{c}})
	}
	return a
}

func TestRank(t *testing.T) {
	rate := func(n, d float64) Cell { return quotientCell(pubRate, n, d) }
	for _, c := range []struct {
		situation string
		a         *Answer
		want      []Ranked
	}{
		{
			"more is better; two share the first place and the next is third", ranking(pubRate, false, rate(80, 100), rate(95, 100), rate(190, 200)),
			[]Ranked{{Row: 1, Place: 1, Tied: true}, {Row: 2, Place: 1, Tied: true}, {Row: 0, Place: 3}},
		},
		{
			"what is published decides: 93.46 and 93.54 are both 93.5, in official order", ranking(pubRate, false, rate(9346, 10000), rate(9354, 10000), rate(9356, 10000)),
			[]Ranked{{Row: 2, Place: 1}, {Row: 0, Place: 2, Tied: true}, {Row: 1, Place: 2, Tied: true}},
		},
		{
			"less is better", ranking(pubOverdue, false, valueCell(3), valueCell(0), valueCell(7), valueCell(3)),
			[]Ranked{{Row: 1, Place: 1}, {Row: 0, Place: 2, Tied: true}, {Row: 3, Place: 2, Tied: true}, {Row: 2, Place: 4}},
		},
		{
			"neither is better: the greater first", ranking(pubCount, false, valueCell(3), valueCell(9)),
			[]Ranked{{Row: 1, Place: 1}, {Row: 0, Place: 2}},
		},
		{
			"without a value there is no place, in official order, with the reason", ranking(pubRate, false, Cell{Note: NoData}, rate(1, 2), Cell{Note: SmallSample}),
			[]Ranked{{Row: 1, Place: 1}, {Row: 0, Note: NoData}, {Row: 2, Note: SmallSample}},
		},
		{
			"rows without a unit have no place, whatever their value", ranking(pubRate, true, rate(1, 2), rate(1, 4), rate(1, 1)),
			[]Ranked{{Row: 0, Place: 1}, {Row: 1, Place: 2}, {Row: 2}},
		},
		{
			"all alike", ranking(pubCount, false, valueCell(0), valueCell(0), valueCell(0)),
			[]Ranked{{Row: 0, Place: 1, Tied: true}, {Row: 1, Place: 1, Tied: true}, {Row: 2, Place: 1, Tied: true}},
		},
		{"nobody", ranking(pubRate, false), []Ranked{}},
	} {
		if got := Rank(c.a, 0); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%+v, want\n%+v", c.situation, got, c.want)
		}
	}
}
