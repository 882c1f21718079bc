package profile

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Cell returns the text of a column, trimmed; "" where the column or its value is absent or null.
func (b *Binding) Cell(row []string, c Column) string { return c.text(row, b.Profile.null) }

// Skip says why a row is no row of the ledger.
type Skip string

// Why rows are skipped; "" = the row counts.
const (
	SkipBlank  Skip = "blank"  // no cell is filled
	SkipTotal  Skip = "total"  // 合计, 小计 …
	SkipFooter Skip = "footer" // 制表人：…, 注：…, below the table
	SkipHeader Skip = "header" // the header repeated, as at the top of each printed page
)

// Words that begin the first filled cell of a row of totals, or of what stands below a table: who filled it in, notes.
var (
	totalWord  = regexp.MustCompile(`^(?:合计|小计|总计|共计|累计|本页合计|本页小计|本月合计)(?:$|[:(\d])`)
	footerWord = regexp.MustCompile(`^(?:制表|审核|填报|填表|统计人|负责人|单位负责人|主管领导|经办人|联系人|联系电话|打印|导出时间|更新时间|(?:备注|注|说明|填报说明|填表说明)\d*)(?:人|单位|日期|时间|部门|机构|说明)?(?:$|:)`)
)

// longestNote is how long in bytes a word before a colon may be with what follows to be looked at.
const longestNote = 300

// Skip says whether a row states nothing: it is blank, a line of totals or a footer (its first filled cell says so and
// it has no date), or the header once more.
func (b *Binding) Skip(row []string) Skip {
	for i, cell := range row {
		s := CleanCell(cell)
		if s == "" {
			continue
		}
		if s[0] >= 0x80 && mayClose(s) && (b.main.at == i+1 || b.Cell(row, b.main) == "") {
			switch f := Fold(s[:min(len(s), longestNote)]); {
			case totalWord.MatchString(f):
				return SkipTotal
			case footerWord.MatchString(f) && (strings.Contains(f, ":") || b.alone(row, i)):
				return SkipFooter
			}
		}
		if i < len(b.Header) && s == CleanCell(b.Header[i]) && b.repeatsHeader(row) {
			return SkipHeader
		}
		return ""
	}
	return SkipBlank
}

// mayClose is the cheap test that almost every first cell fails.
func mayClose(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("合小总共累本制审填统负单主经联打导更备注说", r)
}

// alone says whether no cell behind the i-th holds more than what a form says of itself: 审核人, then a name.
func (b *Binding) alone(row []string, i int) bool {
	n := 0
	for _, cell := range row[i+1:] {
		if CleanCell(cell) != "" {
			n++
		}
	}
	return n <= 1
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
