package profile

import "strings"

// Cell returns the text of a column, trimmed; "" where the column or its value is absent or null.
func (b *Binding) Cell(row []string, c Column) string { return c.text(row, b.Profile.null) }

// PeriodText is what the period column of a row says; a bare number below 月份 or 季度 is a month or a quarter.
func (b *Binding) PeriodText(row []string) string {
	s := b.Cell(row, b.Period)
	if n := narrow(s); n != "" && len(n) <= 2 && strings.Trim(n, "0123456789") == "" {
		switch header := Fold(b.Period.Header); {
		case strings.Contains(header, "月"):
			return n + "月"
		case strings.Contains(header, "季"):
			return "第" + n + "季度"
		}
	}
	return s
}

// AppendSubject appends the cells that tell one person from another, each ended by U+001F, and says whether any is
// filled. As with AppendKey: hash and forget.
func (b *Binding) AppendSubject(dst []byte, row []string) ([]byte, bool) {
	filled := false
	for _, c := range b.subject {
		s := b.Cell(row, c)
		filled = filled || s != ""
		dst = append(append(dst, s...), 0x1F)
	}
	return dst, filled
}

// HasSubject says whether the file has a column that AppendSubject reads.
func (b *Binding) HasSubject() bool { return len(b.subject) > 0 }

// Applies says whether the row states this fact: the cells of its `when` columns, and of the column it was unpivoted
// from, are not empty.
func (e *Emit) Applies(row []string) bool {
	for _, c := range e.when {
		if c.text(row, e.null) == "" {
			return false
		}
	}
	return true
}
