package profile

import (
	"regexp"
	"slices"
	"strings"
)

// TotalOf says which rows a row of totals sums up.
type TotalOf string

const (
	TotalWhole   TotalOf = "whole"   // 合计, 总计: all rows above
	TotalPart    TotalOf = "part"    // 小计, 本页合计, 朝阳社区合计: the rows since the last row of totals
	TotalRunning TotalOf = "running" // 累计: also what earlier ledgers hold; it cannot be checked
)

// Total is a row of totals.
type Total struct {
	Text  string // 合计, 朝阳社区小计 …, as written
	Of    TotalOf
	Cells []TotalCell // the sums it states, of columns that add up; in the order of the columns
}

// TotalCell is the sum of a column as a row of totals states it.
type TotalCell struct {
	Column    int // index of the column in the file
	Header    string
	Value     float64
	Qualifier Qualifier
}

// Totals reads a row of totals; ok is false for any other row. To hold it against the rows above, add their Amounts.
func (b *Binding) Totals(row []string) (t Total, ok bool) {
	if b.Skip(row) != SkipTotal {
		return Total{}, false
	}
	for i, cell := range row {
		s := CleanCell(cell)
		if !hasTotal(s) {
			continue
		}
		f := Fold(s)
		if !totalWord.MatchString(f) && !ofTotal.MatchString(f) {
			continue
		}
		t.Text = s
		named := i > 0 && slices.ContainsFunc(row[:i], func(c string) bool { // a unit's, where a name stands before the word
			c = CleanCell(c)
			_, serial := digits(c)
			return c != "" && c != s && !serial
		})
		switch {
		case strings.Contains(f, "累计") || strings.Contains(f, "截至目前"):
			t.Of = TotalRunning
		case named || partWord.MatchString(f) || !totalWord.MatchString(f):
			t.Of = TotalPart
		default:
			t.Of = TotalWhole
		}
		break
	}
	t.Cells = b.Amounts(row)
	return t, true
}

var (
	partWord = regexp.MustCompile(`小计|本页`)
	// Numbers that do not add up over rows.
	noSum = regexp.MustCompile(`率|比例|占比|比重|%|‰|平均|人均|户均|单价|标准|排名|名次|得分|评分|年龄|序号|编号`)
)

// Amounts returns the numbers of a row in the columns that add up: those the profile reads as numbers, but rates, means,
// ranks and the like. Cells that are empty or cannot be read are left out; a number is in the unit the profile wants.
func (b *Binding) Amounts(row []string) []TotalCell {
	var out []TotalCell
	for _, at := range b.sums {
		f := &b.Emits[at[0]].Fields[at[1]]
		if v, q, ok, err := f.Number(row); ok && err == nil {
			out = append(out, TotalCell{f.Column.at - 1, f.Column.Header, v, q})
		}
	}
	return out
}

// sumFields finds one field for every column that adds up, in the order of the columns.
func (b *Binding) sumFields() [][2]int {
	var out [][2]int
	seen := map[int]bool{}
	for i := range b.Emits {
		for k := range b.Emits[i].Fields {
			f := &b.Emits[i].Fields[k]
			if f.Type != Int && f.Type != Number || !f.Column.Bound() || seen[f.Column.at] || f.Unit == "%" || noSum.MatchString(Fold(f.Column.Header)) {
				continue
			}
			seen[f.Column.at] = true
			out = append(out, [2]int{i, k})
		}
	}
	slices.SortFunc(out, func(x, y [2]int) int {
		return b.Emits[x[0]].Fields[x[1]].Column.at - b.Emits[y[0]].Fields[y[1]].Column.at
	})
	return out
}
