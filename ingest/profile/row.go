package profile

import "time"

// Cell returns the text of a column, trimmed; "" where the column or its value is absent or null.
func (b *Binding) Cell(row []string, c Column) string { return c.text(row, b.Profile.null) }

// Skip says why a row is no row of the ledger.
type Skip string

// Why rows are skipped; "" = the row counts.
const (
	SkipBlank  Skip = "blank"  // no cell is filled
	SkipTotal  Skip = "total"  // 合计, 小计 …
	SkipHeader Skip = "header" // the header repeated, as at the top of each printed page
)

var totals = map[string]bool{"合计": true, "总计": true, "小计": true, "共计": true, "累计": true, "本页合计": true, "本页小计": true, "本月合计": true}

// Skip says whether a row states nothing: it is blank, a line of totals (its first filled cell says so and it has no date), or the
// header once more.
func (b *Binding) Skip(row []string) Skip {
	for i, cell := range row {
		s := CleanCell(cell)
		if s == "" {
			continue
		}
		if s[0] >= 0x80 && len(s) <= 4*len("合") && totals[Fold(s)] && (b.main.at == i+1 || b.Cell(row, b.main) == "") {
			return SkipTotal
		}
		if i < len(b.Header) && s == CleanCell(b.Header[i]) && b.repeatsHeader(row) {
			return SkipHeader
		}
		return ""
	}
	return SkipBlank
}

// repeatsHeader holds where every filled cell is its own header and there are at least two.
func (b *Binding) repeatsHeader(row []string) bool {
	n := 0
	for i, cell := range row {
		if s := CleanCell(cell); s != "" {
			if i >= len(b.Header) || Fold(s) != Fold(b.Header[i]) {
				return false
			}
			n++
		}
	}
	return n > 1
}

// keyColumn is a column of the key. Times are written in one way, so that saving a ledger anew with other date formats
// changes no identity.
type keyColumn struct {
	Column
	date *Field // the field that reads this column as a time
	hour bool   // the column holds a clock time
}

func (b *Binding) keyColumn(c Column) keyColumn {
	k := keyColumn{Column: c}
	for i := range b.Emits {
		for j := range b.Emits[i].Fields {
			f := &b.Emits[i].Fields[j]
			if f.Type != Time || !c.Bound() {
				continue
			}
			if f.Column.at == c.at {
				k.date = f
			}
			k.hour = k.hour || f.clock.at == c.at
		}
	}
	return k
}

// AppendKey appends the cells of the key columns, each ended by U+001F, and says whether any of them is
// filled. The bytes may hold personal data: hash them (HMAC with the site's secret) and forget them.
func (b *Binding) AppendKey(dst []byte, row []string, c *Clock) ([]byte, bool) {
	filled := false
	for i := range b.key {
		k := &b.key[i]
		s := b.Cell(row, k.Column)
		filled = filled || s != ""
		dst = append(k.append(dst, s, c), 0x1F)
	}
	return dst, filled
}

func (k *keyColumn) append(dst []byte, s string, c *Clock) []byte {
	if s == "" {
		return dst
	}
	if k.date != nil {
		if m, err := parseTime(s, k.date.spec.layouts, c); err == nil {
			return m.t.AppendFormat(dst, "2006-01-02T15:04:05")
		}
	}
	if k.hour {
		if sec, ok := parseClock(s); ok {
			return time.Unix(int64(sec), 0).UTC().AppendFormat(dst, "15:04:05")
		}
	}
	return append(dst, s...)
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
