package profile

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// CleanCell trims what people and exports leave around the content of a cell: white space of any kind (tabs, line ends, NBSP,
// U+3000), zero-width characters, the ="…" that keeps leading zeros in spreadsheets, and the apostrophe
// that our own exports put before a cell a spreadsheet would take for a formula.
func CleanCell(s string) string {
	if s == "" {
		return s
	}
	if !solidStart(s[0]) || !solidEnd(s) {
		s = strings.TrimFunc(s, isBlank)
	}
	if len(s) < 2 {
		return s
	}
	switch {
	case s[0] == '=' && len(s) >= 3 && s[1] == '"' && s[len(s)-1] == '"':
		return strings.TrimFunc(s[2:len(s)-1], isBlank)
	case s[0] == '\'' && strings.IndexAny(s[1:], "=+-@＝＋－＠") == 0:
		return s[1:]
	}
	return s
}

// solidStart holds where a character that begins with c is surely not blank: visible ASCII and what begins with
// 0xE4 to 0xEE, nearly all Han characters. Almost every cell passes, and none costs a decoding.
func solidStart(c byte) bool { return c > ' ' && c < 0x7F || c >= 0xE4 && c <= 0xEE }

// solidEnd is solidStart for the last character of s.
func solidEnd(s string) bool {
	n := len(s)
	if s[n-1] < 0x80 {
		return solidStart(s[n-1])
	}
	return n >= 3 && s[n-3] >= 0xE4 && s[n-3] <= 0xEE && s[n-2]&0xC0 == 0x80 && s[n-1]&0xC0 == 0x80
}

func isBlank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200B' || r == '\uFEFF' || r == '\u200C' || r == '\u200D' || r == '\u2060'
}

// Fold makes the spellings of a header equal: without white space, underscores, hyphens and asterisks, in
// lower case, full-width characters as half-width ones. "Unique Key" and unique_key are one header, so are
// 反映人（类别） and 反映人(类别); 受理日期, *受理日期 and 受理日期（*）; 办理情况›办结时间 and 办理情况/办结时间.
func Fold(header string) string {
	header = strings.Map(func(r rune) rune {
		switch {
		case isBlank(r) || r == '_' || r == '-' || r == '*':
			return -1
		case r == levelSign:
			return '/'
		}
		return unicode.ToLower(r)
	}, narrow(header))
	return strings.ReplaceAll(header, "()", "") // what is left of (*)
}

// narrow turns full-width letters, digits and punctuation into ASCII and U+3000 into a space. What has no ASCII form stays.
func narrow(s string) string {
	if isASCII(s) {
		return s
	}
	if s = width.Narrow.String(s); strings.Contains(s, "\xEF\xBD") { // how the half-width forms begin
		s = widePoints.Replace(s)
	}
	return s
}

// widePoints undoes what narrowing does to the punctuation that Chinese has for itself.
var widePoints = strings.NewReplacer("､", "、", "｡", "。", "｢", "「", "｣", "」")

// nullSet holds the texts that mean "nothing", beside the empty one.
type nullSet []string

func (n nullSet) has(s string) bool {
	for _, v := range n {
		if len(v) == len(s) && strings.EqualFold(v, s) {
			return true
		}
	}
	if len(s) <= longestNull && strings.IndexByte(s, 0xEF) >= 0 { // － and ／ as Chinese keyboards write them
		if plain := narrow(s); plain != s {
			return n.has(plain)
		}
	}
	return false
}

// longestNull is how many bytes a text in full width may have that means nothing.
const longestNull = 24

var boolWords = map[string]bool{
	"是": true, "有": true, "对": true, "真": true, "已": true, "√": true, "✓": true, "✔": true, "☑": true, "y": true, "yes": true, "t": true, "true": true, "1": true,
	"否": false, "无": false, "没有": false, "不是": false, "错": false, "假": false, "未": false, "×": false, "✗": false, "✘": false, "☒": false, "x": false, "n": false, "no": false, "f": false, "false": false, "0": false,
}

// ParseBool reads 是 否 有 无 √ × true false yes no Y N 1 0 and their like. The error is a *ValueError.
func ParseBool(s string) (bool, error) {
	text := CleanCell(s)
	if v, ok := boolWords[text]; ok {
		return v, nil
	}
	if v, ok := boolWords[strings.ToLower(narrow(text))]; ok {
		return v, nil
	}
	return false, &ValueError{Value: s, Text: "应填“是”或“否”"}
}
