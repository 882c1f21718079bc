package ingest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Marks that stand in the text where personal data stood.
const (
	phoneMark = "〔电话〕"
	idMark    = "〔证件号〕"
	mailMark  = "〔邮箱〕"
	cardMark  = "〔卡号〕"
)

// Mask replaces phone numbers, ID numbers, bank cards and e-mail addresses in free text and returns how many it
// found. Digits may be full width; between them may stand white space, hyphens and other marks people group digits by
// (138-1234-5678, (138)12345678, 138.1234.5678), zero-width characters anywhere. A number counts as a mobile number
// (11 digits, 13–19…, with or without +86, or 11 Chinese numerals 一三九…), a landline with its area code
// (0376-6223344), a local number of 7 or 8 digits right behind a word such as 电话, an ID number (GB 11643: 18
// characters with a plausible date of birth or a correct check character; the old 15 digits with a plausible date), or
// a bank card (16 to 19 digits with a correct check digit, ISO/IEC 7812-1). Longer runs of digits (grid codes, order
// numbers) stay, unless they are made of nothing but such numbers; so do dates, amounts and addresses of computers.
func Mask(s string) (string, int) {
	if !suspicious(s) {
		return s, 0
	}
	n := 0
	if strings.ContainsAny(s, "@＠") {
		s = mail.ReplaceAllStringFunc(s, func(string) string { n++; return mailMark })
	}
	src := []rune(s)
	out := make([]rune, 0, len(src))
	for i := 0; i < len(src); {
		if numeral(src[i]) {
			end := i
			for end < len(src) && (numeral(src[end]) || zeroWidth(src[end])) {
				end++
			}
			if spelt(src[i:end]) {
				out = append(out, []rune(phoneMark)...)
				n++
			} else {
				out = append(out, src[i:end]...)
			}
			i = end
			continue
		}
		if digit(src[i]) < 0 {
			out = append(out, src[i])
			i++
			continue
		}
		end, mark, count := numberAt(src, i)
		if mark == "" {
			end = i
			for end < len(src) && digit(src[end]) >= 0 {
				end++
			}
			out = append(out, src[i:end]...)
		} else {
			if last := len(out) - 1; last >= 0 && opens(out[last]) && closesMore(src[i:end]) {
				out = out[:last] // (139)22226666: the bracket belongs to the number
			}
			out = append(out, []rune(mark)...)
			n += count
		}
		i = end
	}
	if n == 0 {
		return s, 0
	}
	return string(out), n
}

const mailLetter = `A-Za-z0-9Ａ-Ｚａ-ｚ０-９`

var mail = regexp.MustCompile(`[` + mailLetter + `][` + mailLetter + `._%+\-]*[@＠][` + mailLetter + `\-]+(?:[.．。｡][` + mailLetter + `\-]+)+`)

// suspicious is the cheap test that most texts fail: seven digits close together, eleven Chinese numerals, or an at sign.
func suspicious(s string) bool {
	classes := classes()
	digits, numerals := 0, 0
	for i := 0; i < len(s); {
		of, size := rune(s[i]), 1
		switch {
		case of < utf8.RuneSelf:
		case of >= 0xE0 && of <= 0xEF && i+2 < len(s): // nearly all Chinese: decoded here, which halves the cost of all texts
			of, size = of&0x0F<<12|rune(s[i+1]&0x3F)<<6|rune(s[i+2]&0x3F), 3
		default:
			of, size = utf8.DecodeRuneInString(s[i:])
		}
		i += size
		if of >= classed {
			digits, numerals = 0, 0
			continue
		}
		switch classes[of] {
		case aDigit:
			digits++
			numerals = 0
		case anAt:
			return true
		case aZeroWidth:
		case aSeparator:
			numerals = 0
		case aNumeral:
			digits = 0
			numerals++
		default:
			digits, numerals = 0, 0
		}
		if digits >= 7 || numerals >= 11 {
			return true
		}
	}
	return false
}

// class is what suspicious makes of a character. Every text of every row passes there, so the classes lie in a table.
type class uint8

const (
	other class = iota
	aDigit
	anAt
	aZeroWidth
	aSeparator
	aNumeral
)

const classed = 1 << 16

// classes is made when the first text is looked at: most verbs never do.
var classes = sync.OnceValue(func() *[classed]class {
	var t [classed]class
	for r := range rune(classed) {
		switch {
		case digit(r) >= 0:
			t[r] = aDigit
		case r == '@' || r == '＠':
			t[r] = anAt
		case zeroWidth(r):
			t[r] = aZeroWidth
		case separator(r):
			t[r] = aSeparator
		case numeral(r):
			t[r] = aNumeral
		}
	}
	return &t
})

func digit(r rune) int {
	switch {
	case '0' <= r && r <= '9':
		return int(r - '0')
	case '０' <= r && r <= '９':
		return int(r - '０')
	}
	return -1
}

// numeral holds for the characters by which people spell out a telephone number.
func numeral(r rune) bool {
	return r >= 0x3007 && strings.ContainsRune("〇零一幺二两三四五六七八九", r)
}

// spelt says whether numerals are a mobile number.
func spelt(s []rune) bool {
	d := slices.DeleteFunc(slices.Clone(s), zeroWidth)
	return len(d) == 11 && (d[0] == '一' || d[0] == '幺') && strings.ContainsRune("三四五六七八九", d[1])
}

func zeroWidth(r rune) bool {
	return r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\u2060' || r == '\ufeff' || r == '\u00ad'
}

// simple separators group any number, one of them at a time.
func simple(r rune) bool {
	return r == ' ' || r == '-' || r == '－' || r == '　' || r == '\u00a0'
}

// separator holds for all that people put between groups of digits.
func separator(r rune) bool {
	return simple(r) || strings.ContainsRune("\t._/\\·•‧・—–‐‑‒―−()（）,，．／＿", r) || r == '\u2002' || r == '\u2003' || r == '\u2009' || r == '\u202f'
}

func opens(r rune) bool { return r == '(' || r == '（' }

// closesMore says whether a number closes a bracket that it did not open.
func closesMore(s []rune) bool {
	open := 0
	for _, r := range s {
		switch {
		case opens(r):
			open++
		case r == ')' || r == '）':
			if open--; open < 0 {
				return true
			}
		}
	}
	return false
}

// maxGap is how many separators may stand between two groups of digits.
const maxGap = 8

// groups are runs of digits that stand close together.
type groups struct {
	digits []byte
	ends   []int  // where each group ends in the text
	lens   []int  // digits up to the end of each group
	wide   []bool // a gap before the group or an earlier one is more than one plain separator
	dots   []bool // likewise, all gaps so far are dots
}

func groupsAt(s []rune, at int) groups {
	var g groups
	wide, dots := false, true
	for at < len(s) && len(g.digits) <= 64 {
		end := at
		for ; at < len(s); at++ {
			if d := digit(s[at]); d >= 0 {
				g.digits = append(g.digits, byte('0'+d))
				end = at + 1
			} else if !zeroWidth(s[at]) {
				break
			}
		}
		g.ends, g.lens = append(g.ends, end), append(g.lens, len(g.digits))
		g.wide, g.dots = append(g.wide, wide), append(g.dots, dots)
		n := 0
		for ; at < len(s) && (separator(s[at]) || zeroWidth(s[at])); at++ {
			if !zeroWidth(s[at]) {
				n++
				dots = dots && (s[at] == '.' || s[at] == '．')
				wide = wide || !simple(s[at])
			}
		}
		wide = wide || n > 1
		if n > maxGap || at == len(s) || digit(s[at]) < 0 {
			break
		}
	}
	return g
}

// shape spells the sizes of the first n groups, 3-4-4.
func (g groups) shape(n int) string {
	var b []byte
	from := 0
	for _, to := range g.lens[:n] {
		if b != nil {
			b = append(b, '-')
		}
		b = strconv.AppendInt(b, int64(to-from), 10)
		from = to
	}
	return string(b)
}

// dated says whether three of the first n groups are year, month and day.
func (g groups) dated(n int) bool {
	from := 0
	for i := range n - 2 {
		y, m, d := string(g.digits[from:g.lens[i]]), string(g.digits[g.lens[i]:g.lens[i+1]]), string(g.digits[g.lens[i+1]:g.lens[i+2]])
		if len(y) == 4 && len(m) <= 2 && len(d) <= 2 && birthday(y+("0" + m)[len(m)-1:]+("0" + d)[len(d)-1:]) {
			return true
		}
		from = g.lens[i]
	}
	return false
}

// How digits are grouped where more than a space or a hyphen stands between them: there, amounts (13,800,001,111),
// addresses of computers and dates look much the same, so only what people do with telephones counts. A dot alone in
// a number is a decimal point.
var (
	mobileShapes   = regexp.MustCompile(`^(?:(?:2|4)-)?(?:11|3-4-4|3-8|7-4|4-3-4|4-4-3|3-3-5|5-3-3|5-6|6-5|3-4-2-2)$`)
	landlineShapes = regexp.MustCompile(`^(?:3|4)-(?:7|8|3-4|4-3|4-4)$`)
	idShapes       = regexp.MustCompile(`^(?:18|17|15|6-8-[34]|6-12|6-11|6-4-4-[34]|6-4-2-2-[34]|3-3-8-[34]|3-3-4-4-[34]|14-[34]|6-6-3|6-9)$`)
	cardShapes     = regexp.MustCompile(`^(?:1[6-9]|4-4-4-4(?:-[1-3])?|6-1[0-3])$`)
)

// fits says whether a kind of number may be grouped as the first n groups are.
func (g groups) fits(n int, mark string) bool {
	shape := g.shape(n)
	if n == 1 {
		return true
	}
	if mark == cardMark {
		return cardShapes.MatchString(shape)
	}
	if mark == phoneMark && g.dated(n) {
		return false
	}
	if !g.wide[n-1] {
		return true
	}
	switch mark {
	case idMark:
		return idShapes.MatchString(shape)
	case phoneMark:
		if g.digits[0] == '0' && g.digits[1] != '0' {
			return landlineShapes.MatchString(shape)
		}
		return mobileShapes.MatchString(shape) && !(n == 2 && g.dots[1])
	}
	return false
}

// numberAt looks for personal numbers in the groups of digits that begin at i, the longest reading first.
func numberAt(s []rune, i int) (end int, mark string, count int) {
	g := groupsAt(s, i)
	for n := len(g.ends); n > 0; n-- {
		d, end := string(g.digits[:g.lens[n-1]]), g.ends[n-1]
		if len(d) == 17 && end < len(s) && isX(s[end]) && identity(d+"X") && g.fits(n, idMark) {
			return end + 1, idMark, 1
		}
		if mark, count := personal(d); mark != "" && g.fits(n, mark) {
			return end, mark, count
		}
		if (len(d) == 7 || len(d) == 8) && n == 1 && announced(s[:i]) {
			return end, phoneMark, 1
		}
	}
	return i, "", 0
}

func isX(r rune) bool { return r == 'x' || r == 'X' || r == 'Ｘ' || r == 'ｘ' }

// personal judges a whole run of digits; runs written without a gap may hold several numbers.
func personal(d string) (mark string, count int) {
	switch {
	case identity(d):
		return idMark, 1
	case phone(d):
		return phoneMark, 1
	case card(d):
		return cardMark, 1
	case len(d) > 18:
		for _, n := range []int{18, 11} {
			if first, _ := personal(d[:n]); first != "" && first != cardMark {
				if rest, more := personal(d[n:]); rest != "" && !strings.Contains(rest, cardMark) {
					return first + rest, 1 + more
				}
			}
		}
	}
	return "", 0
}

func phone(d string) bool {
	for _, prefix := range []string{"0086", "86"} {
		if rest, ok := strings.CutPrefix(d, prefix); ok && mobile(rest) {
			return true
		}
	}
	landline := len(d) >= 10 && len(d) <= 12 && d[0] == '0' && d[1] != '0'
	return mobile(d) || landline
}

func mobile(d string) bool { return len(d) == 11 && d[0] == '1' && d[1] >= '3' }

// identity says whether the characters can be a resident's ID number: 18 with a plausible date of birth or a
// correct check character (GB 11643-1999: Σ digit × 2^(17−i) mod 11), or the 15 digits in use until 2013.
func identity(d string) bool {
	switch len(d) {
	case 15:
		return d[0] != '0' && birthday("19"+d[6:12])
	case 18:
		return d[0] != '0' && (birthday(d[6:14]) || checked(d))
	}
	return false
}

func birthday(yyyymmdd string) bool {
	t, err := time.Parse("20060102", yyyymmdd)
	return err == nil && t.Year() >= 1900 && t.Year() < 2100
}

func checked(d string) bool {
	sum := 0
	for i := range 17 {
		sum += int(d[i]-'0') * (1 << (17 - i) % 11)
	}
	return "10X98765432"[sum%11] == d[17]
}

// card says whether a run of digits is the number of a bank card: 16 to 19 digits of an issuer (3 to 6 and 9; a leading
// 1 or 2 is rather a date) with a correct check digit (Luhn: from the right, every second digit doubled, the digit
// sums add up to a multiple of 10).
func card(d string) bool {
	if len(d) < 16 || len(d) > 19 || !strings.ContainsRune("34569", rune(d[0])) {
		return false
	}
	sum := 0
	for i := range len(d) {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			v = 2*v/10 + 2*v%10
		}
		sum += v
	}
	return sum%10 == 0
}

// announced says whether the text ends in a word that announces a telephone number.
func announced(before []rune) bool {
	const window = 6
	s := strings.ToLower(string(before[max(0, len(before)-window):]))
	s = strings.ReplaceAll(s, "电话〕", "") // our own mark announces nothing
	for _, word := range []string{"电话", "手机", "座机", "联系方式", "致电", "拨打", "tel"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
