package source

import (
	"strings"
)

// numFormat says what a number format makes of a number, as far as its text here depends on it: 43831 is a number, a
// day or a duration by its format alone.
type numFormat struct {
	kind   formatKind
	digits uint8 // padded: how many
}

type formatKind uint8

const (
	plainNumber  formatKind = iota
	dateFormat              // yyyy-mm-dd
	clockFormat             // h:mm, without a date
	momentFormat            // yyyy-mm-dd h:mm
	spanFormat              // [h]:mm: hours go on past 24
	percentFormat
	paddedNumber // 0000: codes with leading zeros
)

// builtinFormats are the formats that files name by number alone (ECMA-376-1 §18.8.30, with its tables for Chinese:
// 27–36 and 50–58). In xls they are the same.
var builtinFormats = func() map[int]numFormat {
	out := map[int]numFormat{
		9: {kind: percentFormat}, 10: {kind: percentFormat},
		22: {kind: momentFormat}, 46: {kind: spanFormat},
	}
	for kind, ids := range map[formatKind][]int{
		dateFormat:  {14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58},
		clockFormat: {18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56},
	} {
		for _, id := range ids {
			out[id] = numFormat{kind: kind}
		}
	}
	return out
}()

// parseFormat reads the code of a number format (ECMA-376-1 §18.8.31), of which only the section for positive numbers
// counts: yyyy"年"m"月"d"日", [$-804]h:mm, 0.0%, 000000.
func parseFormat(code string) numFormat {
	var s formatScan
	for len(code) > 0 && code[0] != ';' {
		code = code[s.step(code):]
	}
	date, clock := s.date, s.clock
	if s.months > 0 { // m that stood between nothing that makes it minutes
		date = true
	}
	switch {
	case s.span:
		return numFormat{kind: spanFormat}
	case date && clock:
		return numFormat{kind: momentFormat}
	case date:
		return numFormat{kind: dateFormat}
	case clock:
		return numFormat{kind: clockFormat}
	case s.percent:
		return numFormat{kind: percentFormat}
	case s.zeros > 1 && s.zeros <= 20 && !s.other:
		return numFormat{kind: paddedNumber, digits: uint8(s.zeros)}
	}
	return numFormat{}
}

// formatScan is what has been seen of a format code.
type formatScan struct {
	date, clock, span, percent bool
	months                     int  // runs of m not known to be minutes
	last                       byte // the letter of the date or time part before, 0 none
	zeros                      int
	other                      bool // anything that is neither 0 nor part of dates
}

// step takes the first token of code and returns its length.
func (s *formatScan) step(code string) int {
	c := code[0]
	switch c {
	case '"':
		s.other = true
		if i := strings.IndexByte(code[1:], '"'); i >= 0 {
			return i + 2
		}
		return len(code)
	case '\\', '_', '*':
		s.other = true
		if len(code) > 1 {
			return 2
		}
		return 1
	case '[':
		i := strings.IndexByte(code, ']')
		if i < 0 {
			s.other = true
			return len(code)
		}
		switch in := strings.ToLower(code[1:i]); {
		case in == "":
		case strings.Trim(in, "h") == "" || strings.Trim(in, "m") == "" || strings.Trim(in, "s") == "":
			s.span, s.last = true, in[0]
		}
		return i + 1
	case '%':
		s.percent = true
		return 1
	case '0':
		s.zeros++
		return 1
	}
	for _, word := range []string{"general", "g/通用格式", "am/pm", "a/p", "上午/下午"} {
		if len(code) >= len(word) && strings.EqualFold(code[:len(word)], word) {
			if word[0] != 'g' {
				s.clock = true
			}
			s.other = true
			return len(word)
		}
	}
	return s.letter(code)
}

// letter is step for a run of one letter, or any other character.
func (s *formatScan) letter(code string) int {
	c := code[0] | 0x20
	n := 1
	for n < len(code) && code[n]|0x20 == c && c >= 'a' && c <= 'z' {
		n++
	}
	switch c {
	case 'y', 'd', 'b':
		s.date, s.last = true, c
	case 'g': // the era of a Japanese or Taiwanese year
		s.date = true
	case 'e':
		if n < len(code) && (code[n] == '+' || code[n] == '-') { // 0.00E+00
			s.other = true
			break
		}
		s.date, s.last = true, c
	case 'a':
		if n < 3 {
			s.other = true
			break
		}
		s.date, s.last = true, c // 星期一
	case 'h':
		s.clock, s.last = true, c
	case 's':
		if s.last == 'm' && s.months > 0 {
			s.months-- // m directly before s is minutes
		}
		s.clock, s.last = true, c
	case 'm':
		if s.last != 'h' { // m directly behind h is minutes
			s.months++
		}
		s.last = 'm'
	default:
		s.other = true
	}
	return n
}
