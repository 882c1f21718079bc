package analytics

import (
	"math/big"
	"slices"
)

// Ranked is one row of an answer in a ranking.
type Ranked struct {
	Row   int  // index into Answer.Rows
	Place int  // 1, 1, 3 …; 0 without a place
	Tied  bool // another row has the same place
	Note  Note // why there is no value, and so no place
}

// Rank orders the rows of an answer by a column. The better value comes first (Metric.Better; where neither side is,
// the larger one). Rows whose published values are equal share a place and stand in the official order. Behind them
// come, in the official order, those without a value and those that stand for no unit or code: rows without a unit
// are nobody's rank.
func Rank(a *Answer, column int) []Ranked {
	m := a.Columns[column].Metric
	type entry struct {
		Ranked
		published *big.Rat
	}
	var ranked []entry
	var rest []Ranked
	for i, row := range a.Rows {
		c := row.Cells[column]
		none := slices.ContainsFunc(row.Keys, func(k Key) bool { return k.Value == nil })
		if c.Value == nil || none {
			rest = append(rest, Ranked{Row: i, Note: c.Note})
			continue
		}
		places, _ := m.Decimals()
		shown, _ := new(big.Rat).SetString(exact(m, *c.Value, c.N, c.D).FloatString(places)) // its own notation is valid
		ranked = append(ranked, entry{Ranked{Row: i}, shown})
	}
	slices.SortStableFunc(ranked, func(x, y entry) int {
		if m.Better == "down" {
			return x.published.Cmp(y.published)
		}
		return y.published.Cmp(x.published)
	})
	all := make([]Ranked, 0, len(a.Rows))
	for i := range ranked {
		ranked[i].Place = i + 1
		if i > 0 && ranked[i].published.Cmp(ranked[i-1].published) == 0 {
			ranked[i].Place, ranked[i].Tied = all[i-1].Place, true
			all[i-1].Tied = true
		}
		all = append(all, ranked[i].Ranked)
	}
	return append(all, rest...)
}
