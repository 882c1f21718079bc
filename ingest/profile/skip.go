package profile

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Skip says why a row is no row of the ledger.
type Skip string

// Why rows are skipped; "" = the row counts.
const (
	SkipBlank   Skip = "blank"   // no cell is filled, or none but 序号 and texts that mean nothing
	SkipTotal   Skip = "total"   // 合计, 小计 …: see Totals
	SkipFooter  Skip = "footer"  // 制表人：…, 注：…, 第 1 页, below the table
	SkipHeader  Skip = "header"  // the header repeated, or a row of it or the title, as at the top of each printed page
	SkipNumbers Skip = "numbers" // the columns numbered below the header: 1 2 3, 甲 乙 1 2
	SkipUnits   Skip = "units"   // what the columns are counted in, or how to fill them in: （人）, 单位：元, 必填
	SkipSection Skip = "section" // a line between the rows that heads those below: 一、物业管理
	SkipExample Skip = "example" // 示例: the example of a blank ledger, left in
)

// Skip says whether a row states nothing. A row that has a date is never skipped, but for an example or a repeated header.
// Merged cells may repeat their text in every column they cover.
func (b *Binding) Skip(row []string) Skip {
	for i, cell := range row {
		if s := CleanCell(cell); s != "" {
			return b.skip(row, i, s)
		}
	}
	return SkipBlank
}

// skip decides on a row by its first filled cell, the i-th. Nearly all rows pass through here: what is cheap comes first.
func (b *Binding) skip(row []string, i int, s string) Skip {
	if i < len(b.labels) && b.isLabel(i, s) && b.repeatsHeader(row) {
		return SkipHeader
	}
	if i+1 == b.serial {
		if next, text := b.next(row, i); next < 0 {
			if _, ok := digits(s); ok {
				return SkipBlank // a form numbered beforehand
			}
		} else if b.Profile.null.has(text) && b.empty(row) {
			return SkipBlank
		} else if hasTotal(text) && b.dateless(row, next, text) && totalWord.MatchString(Fold(text)) {
			return SkipTotal
		}
	}
	if s[0] < utf8.RuneSelf {
		if startsCount(s) && b.counts(row) {
			return SkipNumbers
		}
		if b.Profile.null.has(s) && b.empty(row) {
			return SkipBlank
		}
		if s[0] == '(' && b.inUnits(row) {
			return SkipUnits
		}
		return ""
	}
	return b.skipText(row, i, s)
}

// skipText is skip for a first cell that begins with no ASCII character.
func (b *Binding) skipText(row []string, i int, s string) Skip {
	if hasTotal(s) && b.dateless(row, i, s) {
		if f := Fold(s); totalWord.MatchString(f) || ofTotal.MatchString(f) {
			return SkipTotal
		}
	}
	// The name of a unit, then 小计.
	if next, text := b.next(row, i); next >= 0 && hasTotal(text) && b.dateless(row, i, s) && b.dateless(row, next, text) && totalWord.MatchString(Fold(text)) {
		return SkipTotal
	}
	if mayClose(s) {
		f := Fold(s[:min(len(s), longestNote)])
		switch {
		case exampleWord.MatchString(f):
			return SkipExample
		case startsCount(s) && b.counts(row):
			return SkipNumbers
		case !b.dateless(row, i, s):
		case footerWord.MatchString(f) && (strings.Contains(f, ":") || b.alone(row, i)), pageWord.MatchString(f) && b.alone(row, i):
			return SkipFooter
		case sectionWord.MatchString(f) && b.only(row, s) > 0:
			return SkipSection
		}
	}
	switch {
	case b.Profile.null.has(s) && b.empty(row):
		return SkipBlank
	case startsUnits(s) && b.inUnits(row):
		return SkipUnits
	case slices.Contains(b.titles, s) && b.only(row, s) > 0:
		return SkipHeader // the title as well stands at the top of each page
	case b.only(row, s) >= 3 && b.dateless(row, i, s):
		return SkipSection // one text merged over the whole row
	}
	return ""
}

// Words that begin the first filled cell of a row of totals, or of what stands below a table: who filled it in, notes.
var (
	totalWord   = regexp.MustCompile(`^(?:本页|本月|本季度?|本年度?|本期|本表|全年|全月|全区|全街道|全镇|全社区|年度|月度|当月|以上|截至目前)?(?:合计|小计|总计|共计|累计|总数|总和|总合计)(?:$|[:(\d])`)
	ofTotal     = regexp.MustCompile(`^[^:,。;]{1,40}(?:合计|小计|总计|共计|累计)(?:\([^()]*\))?:?$`)
	footerWord  = regexp.MustCompile(`^(?:制表|审核|复核|填报|填表|填写|统计人|负责人|单位负责人|主管领导|分管领导|主要领导|经办人|联系人|联系电话|打印|导出时间|更新时间|签字|签章|盖章|审批|报送|(?:备注|注|附注|附|说明|填报说明|填表说明|填写说明|填写要求|填报要求|填表要求|注意事项|提示)\d*)(?:人|单位|日期|时间|部门|机构|说明)?(?:$|:)`)
	pageWord    = regexp.MustCompile(`^(?:第\d+页[,/、]?(?:共\d+页)?|共\d+页|续表\d*|接上页|转下页|接下页|\(?以下空白\)?|\(?以下无正文\)?|以下为空|-*以下空白-*)$`)
	howMany     = regexp.MustCompile(`^(?:共|约)?\s*\d{1,6}(?:\.\d+)?\s*(?:件|条|个|户|人|人次|次|项|起|场|宗|批|处|名|元|万元|小时)$`)
	exampleWord = regexp.MustCompile(`^\(?(?:填写|填报|填表)?(?:示例|样例|范例|举例|例)(?:行|\d)?\)?:?$`)
	sectionWord = regexp.MustCompile(`^(?:\([一二三四五六七八九十]{1,3}\)|[一二三四五六七八九十]{1,3}[、.,:]|第[一二三四五六七八九十]{1,3}部分)`)
)

const (
	longestNote = 300 // how long in bytes a word before a colon may be with what follows to be looked at
	longestSum  = 90  // how long in bytes a cell may be that heads a row of totals
	longestUnit = 30  // how long in bytes a unit with brackets and all may be
)

// hasTotal is the cheap test that almost every cell fails.
func hasTotal(s string) bool {
	return len(s) <= longestSum && (strings.Contains(s, "计") || strings.HasPrefix(s, "总") || strings.Contains(s, "总数"))
}

// mayClose is the cheap test that almost every first cell fails: its first letter begins none of the words above.
func mayClose(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == '第':
		return strings.Contains(s, "页") || strings.Contains(s, "部分")
	case strings.ContainsRune("一二三四五六七八九十", r):
		return strings.ContainsAny(s[n:min(len(s), n+9)], "、.．,，:：")
	}
	return strings.ContainsRune("共累制审复填统负单主分经联打导更备注附说提示样范举例签盖报续接转以（—甲①栏", r)
}

// dateless says whether the row has no date beside the i-th cell, whose text a merged cell may repeat there. How many there are of
// something (合计, then 8件) is no date.
func (b *Binding) dateless(row []string, i int, s string) bool {
	if b.main.at == i+1 {
		return true
	}
	date := b.Cell(row, b.main)
	return date == "" || date == s || howMany.MatchString(narrow(date))
}

// next returns the first filled cell behind the i-th that says something else; -1 where there is none.
func (b *Binding) next(row []string, i int) (int, string) {
	first := CleanCell(row[i])
	for k := i + 1; k < len(row); k++ {
		if s := CleanCell(row[k]); s != "" && s != first {
			return k, s
		}
	}
	return -1, ""
}

// alone says whether no cell behind the i-th holds more than what a form says of itself: 审核人, then a name.
func (b *Binding) alone(row []string, i int) bool {
	next, text := b.next(row, i)
	if next < 0 {
		return true
	}
	for _, cell := range row[next+1:] {
		if s := CleanCell(cell); s != "" && s != text {
			return false
		}
	}
	return true
}

// only counts the cells with that text, 0 where another text stands in the row.
func (b *Binding) only(row []string, s string) int {
	n := 0
	for _, cell := range row {
		if c := CleanCell(cell); c == s {
			n++
		} else if c != "" {
			return 0
		}
	}
	return n
}

// empty says whether all cells but 序号 are blank or mean nothing.
func (b *Binding) empty(row []string) bool {
	for i, cell := range row {
		if s := CleanCell(cell); s != "" && i+1 != b.serial && !b.Profile.null.has(s) {
			return false
		}
	}
	return true
}

// isLabel says whether a text is one of those that the i-th column's header is made of.
func (b *Binding) isLabel(i int, s string) bool {
	for _, l := range b.labels[i] {
		if s == l || len(s) > len(l) && strings.IndexByte(s, '\n') >= 0 && label(s) == l {
			return true
		}
	}
	return false
}

// repeatsHeader holds where every filled cell is a label of its own column's header and there are at least two.
func (b *Binding) repeatsHeader(row []string) bool {
	n := 0
	for i, cell := range row {
		s := CleanCell(cell)
		if s == "" {
			continue
		}
		if i >= len(b.labels) || !b.isLabel(i, s) && Fold(s) != Fold(b.Header[i]) {
			return false
		}
		n++
	}
	return n > 1
}

// serialNames are headers, folded, of columns that only count the rows.
var serialNames = map[string]bool{"序号": true, "序": true, "编号": true, "号": true, "行号": true, "顺序号": true, "项次": true, "no": true, "no.": true, "#": true}

// startsCount is the cheap test for counts.
func startsCount(s string) bool {
	switch s[0] {
	case '1', 'A', 'a', '(':
		return len(s) <= 3
	}
	return strings.HasPrefix(s, "甲") || strings.HasPrefix(s, "①") || strings.HasPrefix(s, "栏次") || strings.HasPrefix(s, "（1") || strings.HasPrefix(s, "１")
}

// counts says whether the row numbers the columns, as forms do below the header: 1 2 3, (1) (2) (3), 甲 乙 1 2, A B 1 2. A
// number may say how it is computed (3=1+2). One column may stay blank.
func (b *Binding) counts(row []string) bool {
	letters, n, filled, named := 0, 0, 0, 0
	for i, cell := range row {
		s := CleanCell(cell)
		if i < len(b.Header) && Fold(b.Header[i]) != "" {
			named++
		}
		if s == "" {
			continue
		}
		if filled++; filled == 1 && s == "栏次" {
			continue
		}
		s = strings.Trim(narrow(s), "() ")
		if head, _, computed := strings.Cut(s, "="); computed {
			s = head
		}
		switch {
		case n == 0 && letters < 10 && (s == string([]rune("甲乙丙丁戊己庚辛壬癸")[letters]) || strings.EqualFold(s, string(rune('A'+letters)))):
			letters++
		case s == strconv.Itoa(n+1), n < 10 && s == string(rune('①'+n)):
			n++
		default:
			return false
		}
	}
	return filled >= 3 && filled >= named-1
}

// startsUnits is the cheap test for inUnits.
func startsUnits(s string) bool {
	if len(s) > longestUnit {
		return false
	}
	_, unit := countedIn(s)
	return unit || fillWords[s] || strings.HasPrefix(s, "（") || strings.HasPrefix(s, "单位") || strings.HasPrefix(s, "【")
}

// inUnits says whether every filled cell names a unit or tells how to fill in its column.
func (b *Binding) inUnits(row []string) bool {
	for _, cell := range row {
		s := CleanCell(cell)
		if s == "" {
			continue
		}
		if len(s) > longestUnit {
			return false
		}
		f := strings.ToLower(bareUnit(s))
		if _, ok := countedIn(f); !ok && !fillWords[f] {
			return false
		}
	}
	return true
}

// fillWords tell below a header what a column is counted in or how it is to be filled in.
var fillWords = map[string]bool{
	"人数": true, "户数": true, "金额": true, "数量": true, "次数": true, "件数": true, "面积": true,
	"必填": true, "选填": true, "必填项": true, "选填项": true, "非必填": true, "不填": true, "自动计算": true, "自动生成": true, "下拉选择": true, "下拉": true, "单选": true, "多选": true,
	"文本": true, "文字": true, "数字": true, "整数": true, "小数": true, "日期": true, "时间": true, "年月日": true, "年/月/日": true, "年-月-日": true, "年.月.日": true, "yyyy-mm-dd": true, "yyyy/mm/dd": true, "yyyy.mm.dd": true, "是/否": true, "填是或否": true,
}
