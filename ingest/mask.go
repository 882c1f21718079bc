package ingest

import (
	"regexp"
	"strings"
	"time"
)

// Marks that stand in the text where personal data stood.
const (
	phoneMark = "〔电话〕"
	idMark    = "〔证件号〕"
	mailMark  = "〔邮箱〕"
)

// Mask replaces phone numbers, ID numbers and e-mail addresses in free text and returns how many it found.
// Digits may be full width and may be grouped by single spaces or hyphens (138-1234-5678). A number counts as a
// mobile number (11 digits, 13–19…, with or without +86), a landline with its area code (0376-6223344), a local
// number of 7 or 8 digits right behind a word such as 电话, or an ID number (GB 11643: 18 characters with a
// plausible date of birth or a correct check character; the old 15 digits with a plausible date). Longer runs
// of digits (grid codes, order numbers) stay, unless they are made of nothing but such numbers.
func Mask(s string) (string, int) {
	if !suspicious(s) {
		return s, 0
	}
	n := 0
	if strings.ContainsAny(s, "@＠") {
		s = mail.ReplaceAllStringFunc(s, func(string) string { n++; return mailMark })
	}
	src := []rune(s)
	var b strings.Builder
	for i := 0; i < len(src); {
		if digit(src[i]) < 0 {
			b.WriteRune(src[i])
			i++
			continue
		}
		end, mark, count := numberAt(src, i)
		if mark == "" {
			end = i
			for end < len(src) && digit(src[end]) >= 0 {
				end++
			}
			b.WriteString(string(src[i:end]))
		} else {
			b.WriteString(mark)
			n += count
		}
		i = end
	}
	if n == 0 {
		return s, 0
	}
	return b.String(), n
}

var mail = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9._%+\-]*[@＠][A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+`)

// suspicious is the cheap test that most texts fail: seven digits close together, or an at sign.
func suspicious(s string) bool {
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
		case c == '@':
			return true
		case c == 0xEF && i+2 < len(s) && s[i+1] == 0xBC:
			if s[i+2] == 0xA0 { // ＠
				return true
			}
			if 0x90 <= s[i+2] && s[i+2] <= 0x99 { // full-width digit
				digits++
			} else if s[i+2] != 0x8D { // －
				digits = 0
			}
			i += 2
		case c == ' ' || c == '-' || c == 0xC2 || c == 0xA0 || c == 0xE3 || c == 0x80: // separators, among them NBSP and U+3000
		default:
			digits = 0
		}
		if digits >= 7 {
			return true
		}
	}
	return false
}

func digit(r rune) int {
	switch {
	case '0' <= r && r <= '9':
		return int(r - '0')
	case '０' <= r && r <= '９':
		return int(r - '０')
	}
	return -1
}

func separator(r rune) bool {
	return r == ' ' || r == '-' || r == '－' || r == '　' || r == '\u00a0'
}

// numberAt looks for personal numbers in the groups of digits that begin at i, the longest reading first.
func numberAt(s []rune, i int) (end int, mark string, count int) {
	var ends []int // where each group of digits ends
	var digits []byte
	var lens []int // digits up to the end of each group
	for at := i; at < len(s) && len(digits) <= 64; {
		for at < len(s) && digit(s[at]) >= 0 {
			digits = append(digits, byte('0'+digit(s[at])))
			at++
		}
		ends, lens = append(ends, at), append(lens, len(digits))
		if at+1 >= len(s) || !separator(s[at]) || digit(s[at+1]) < 0 {
			break
		}
		at++
	}
	for g := len(ends) - 1; g >= 0; g-- {
		d, end := string(digits[:lens[g]]), ends[g]
		if len(d) == 17 && end < len(s) && isX(s[end]) && identity(d+"X") {
			return end + 1, idMark, 1
		}
		if mark, count := personal(d); mark != "" {
			return end, mark, count
		}
		if (len(d) == 7 || len(d) == 8) && g == 0 && announced(s[:i]) {
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
	case len(d) > 18:
		for _, n := range []int{18, 11} {
			if first, _ := personal(d[:n]); first != "" {
				if rest, more := personal(d[n:]); rest != "" {
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

// announced says whether the text ends in a word that announces a telephone number.
func announced(before []rune) bool {
	const window = 6
	s := strings.ToLower(string(before[max(0, len(before)-window):]))
	for _, word := range []string{"电话", "手机", "座机", "联系方式", "致电", "拨打", "tel"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
