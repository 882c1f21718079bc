package units

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold brings the spellings of one name together that differ only in typing: width (１ and 1), case, spaces and
// separators (红旗/朝阳, 红旗-朝阳, 红旗·朝阳), invisible characters. Between two numerals or two Latin letters a
// separator stays as one "-", because 1-2 is not 12.
func fold(s string) string {
	var b strings.Builder
	last := utf8.RuneError // the last rune written
	gap := false
	for _, r := range norm.NFKC.String(s) {
		switch {
		case isGap(r):
			gap = true
			continue
		case unicode.Is(unicode.Cf, r):
			continue
		}
		r = unicode.ToLower(r)
		if gap && (isNumeral(last) && isNumeral(r) || isLatin(last) && isLatin(r)) {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

func isGap(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.IsPunct(r) || unicode.IsSymbol(r)
}

func isLatin(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

const hanNumerals = "零一二三四五六七八九十百千〇"

func isNumeral(r rune) bool { return isDigit(r) || strings.ContainsRune(hanNumerals, r) }

// normal is fold with numerals written one way: 第一网格, 第1网格, 01网格, 1号网格 and 网格1 all become 1网格. It is
// applied to names and to texts alike, so a name such as 五一街社区 (→ 51街社区) keeps meeting itself.
func normal(s string) string {
	rs := []rune(fold(s))
	var b strings.Builder
	for i := 0; i < len(rs); {
		if rs[i] == '第' && i+1 < len(rs) && isNumeral(rs[i+1]) {
			i++
			continue
		}
		if !isNumeral(rs[i]) {
			b.WriteRune(rs[i])
			i++
			continue
		}
		j := i
		for j < len(rs) && isNumeral(rs[j]) && isDigit(rs[j]) == isDigit(rs[i]) {
			j++
		}
		b.WriteString(number(rs[i:j]))
		if j+2 < len(rs) && rs[j] == '号' && rs[j+1] == '网' && rs[j+2] == '格' {
			j++
		}
		i = j
	}
	return gridFirst(b.String())
}

// gridFirst turns a trailing 网格1 into 1网格, unless a number stands before it already.
func gridFirst(s string) string {
	head := strings.TrimRightFunc(s, isDigit)
	digits := s[len(head):]
	rest, ok := strings.CutSuffix(head, "网格")
	if digits == "" || !ok {
		return s
	}
	if r, _ := utf8.DecodeLastRuneInString(rest); isDigit(r) {
		return s
	}
	return rest + digits + "网格"
}

// number writes a run of digits, or of Han numerals, as a decimal number without leading zeros. What is no
// number (十百) stays as it is.
func number(run []rune) string {
	if isDigit(run[0]) {
		if s := strings.TrimLeft(string(run), "0"); s != "" {
			return s
		}
		return "0"
	}
	if n, ok := hanNumber(run); ok {
		return strconv.Itoa(n)
	}
	return string(run)
}

// hanNumber reads 十二 and 一百零三 by value, 二〇二五 by digits.
func hanNumber(run []rune) (n int, ok bool) {
	if len(run) > 9 {
		return 0, false
	}
	digit := func(r rune) int {
		if r == '〇' {
			return 0
		}
		return strings.Index(hanNumerals, string(r)) / len("零")
	}
	if !strings.ContainsAny(string(run), "十百千") {
		for _, r := range run {
			n = n*10 + digit(r)
		}
		return n, true
	}
	unit, pending := 10000, -1 // units must fall: 千 百 十
	for _, r := range run {
		switch r {
		case '十', '百', '千':
			u := map[rune]int{'十': 10, '百': 100, '千': 1000}[r]
			if u >= unit {
				return 0, false
			}
			if pending < 0 {
				pending = 1
			}
			n, unit, pending = n+pending*u, u, -1
		case '零', '〇':
		default:
			if pending >= 0 {
				return 0, false
			}
			pending = digit(r)
		}
	}
	return n + max(pending, 0), true
}
