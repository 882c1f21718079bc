package profile

import "slices"

// Index returns the index of the column in the file, -1 where the file lacks it.
func (c Column) Index() int { return c.at - 1 }

// KeyColumns returns the indexes of the columns that AppendKey reads, ascending.
func (b *Binding) KeyColumns() []int {
	var out []int
	for i := range b.key {
		if c := b.key[i].Column; c.Bound() {
			out = append(append(out, c.at-1), c.also...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Null says whether a cell's text means nothing in this ledger.
func (b *Binding) Null(text string) bool {
	return Column{at: 1}.text([]string{text}, b.Profile.null) == ""
}

// KeyText returns a text in the spelling in which AppendKey compares texts, see there.
func KeyText(s string) string { return string(appendFolded(nil, s)) }
