package source

import (
	"cmp"
	"slices"
)

const (
	maxMerges      = 1 << 20   // of one sheet
	maxMergedWidth = 16 << 20  // columns of all merged ranges of a sheet together
	maxMergedText  = 256 << 20 // bytes of all copies in a sheet
)

// merge is a merged range. Rows count from 1, columns from 0; all four are part of it.
type merge struct {
	top, bottom int64
	left, right int32
}

// merges fills the cells of merged ranges with the text of their first cell, which is what a reader of the sheet sees.
// Spreadsheets write no ranges that overlap; where a file has such, the one that begins first is kept.
type merges struct {
	waiting []merge // that begin in rows not filled yet, by their first row and column
	active  []activeMerge
	columns int64 // of all ranges
	bytes   int64 // copied so far
}

type activeMerge struct {
	merge
	text string
}

// add takes a range whose first row has not been filled yet. Ranges of one cell, or the wrong way round, are none.
func (m *merges) add(r merge) error {
	if r.bottom < r.top || r.right < r.left || r.top == r.bottom && r.left == r.right {
		return nil
	}
	m.columns += int64(r.right-r.left) + 1
	if len(m.waiting) == maxMerges || m.columns > maxMergedWidth {
		return damage("合并单元格过多")
	}
	m.waiting = append(m.waiting, r)
	return nil
}

// sort puts ranges into the order in which fill needs them; readers that learn of all of them first call it once.
func (m *merges) sort() {
	slices.SortFunc(m.waiting, func(a, b merge) int {
		return cmp.Or(cmp.Compare(a.top, b.top), cmp.Compare(a.left, b.left))
	})
}

// fill writes the copies into a batch and lists them in Merged. A range is cut at the width of the batch.
func (m *merges) fill(b *Batch, f *findings) error {
	for i, row := range b.Rows {
		cells := b.Row(i)
		m.active = slices.DeleteFunc(m.active, func(a activeMerge) bool { return a.bottom < row })
		before := len(m.active)
		for len(m.waiting) > 0 && m.waiting[0].top <= row {
			r := m.waiting[0]
			m.waiting = m.waiting[1:]
			// Where the first row was not delivered it is blank, and so is all of the range.
			if r.top != row || int(r.left) >= b.Width || cells[r.left] == "" {
				continue
			}
			r.right = min(r.right, int32(b.Width-1))
			m.active = append(m.active, activeMerge{r, cells[r.left]})
		}
		if len(m.active) == 0 {
			continue
		}
		if len(m.active) > before {
			m.settle(row)
		}
		for _, a := range m.active {
			for c := a.left; c <= a.right; c++ {
				if row == a.top && c == a.left {
					continue
				}
				if own := cells[c]; own != "" && own != a.text {
					f.covered.add(row, int(c))
				}
				cells[c] = a.text
				b.Merged = append(b.Merged, i*b.Width+int(c))
				m.bytes += int64(len(a.text))
			}
		}
		if m.bytes > maxMergedText {
			return damage("合并单元格中重复的文字过多")
		}
	}
	return nil
}

// settle orders the active ranges by column and drops those that overlap one that began before, or further left.
func (m *merges) settle(row int64) {
	slices.SortStableFunc(m.active, func(a, b activeMerge) int { return cmp.Compare(a.left, b.left) })
	kept := m.active[:0]
	for _, a := range m.active {
		for len(kept) > 0 && kept[len(kept)-1].right >= a.left && kept[len(kept)-1].top == row && a.top < row {
			kept = kept[:len(kept)-1] // a began in a row above
		}
		if len(kept) == 0 || kept[len(kept)-1].right < a.left {
			kept = append(kept, a)
		}
	}
	m.active = kept
}
