package source

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

const daySeconds = 24 * 60 * 60

// The last day a spreadsheet knows is 9999-12-31.
const lastDay1900, lastDay1904 = 2958465, 2957003

// maxWholeDigits is from where on a spreadsheet no longer keeps every digit of a whole number.
const maxWholeDigits = 1e15

// parseNumber reads the number of a cell as files write it. Go would also take Inf and 0x1p3 for numbers.
func parseNumber(v []byte) (float64, bool) {
	if len(bytes.Trim(v, "0123456789.+-Ee")) > 0 {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(v), 64)
	return n, err == nil
}

// appendCell writes the number of a cell as its format shows it, though with all it holds: days as 2006-01-02, with
// the time 15:04:05 where the format or the number has one, percentages as 95.3%, other numbers in full. Days count
// from 1900 with the leap day that year did not have, or from 1904. What a spreadsheet cannot show as a day stays a number.
func appendCell(dst []byte, v float64, f numFormat, is1904 bool) []byte {
	switch f.kind {
	case percentFormat:
		return append(appendNumber(dst, v, 2), '%')
	case paddedNumber:
		return appendPadded(dst, v, int(f.digits))
	case dateFormat, clockFormat, momentFormat:
		last := float64(lastDay1900)
		if is1904 {
			last = lastDay1904
		}
		if v >= 0 && v < last+1 {
			return appendMoment(dst, v, f.kind, is1904)
		}
	case spanFormat:
		if math.Abs(v) < lastDay1900 {
			return appendSpan(dst, v)
		}
	}
	return appendNumber(dst, v, 0)
}

// appendNumber writes v × 10^shift in decimal, with at most the 15 significant digits a spreadsheet keeps and without exponent.
func appendNumber(dst []byte, v float64, shift int) []byte {
	if v == math.Trunc(v) && math.Abs(v) < maxWholeDigits {
		if shift == 0 || v == 0 {
			return strconv.AppendInt(dst, int64(v), 10)
		}
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	}
	var room [32]byte
	e := strconv.AppendFloat(room[:0], v, 'e', 14, 64) // -d.dddddddddddddde±xx
	if e[0] == '-' {
		dst, e = append(dst, '-'), e[1:]
	}
	mark := bytes.IndexByte(e, 'e')
	exp, _ := strconv.Atoi(string(e[mark+1:]))
	e[1] = e[0] // over the point
	digits := bytes.TrimRight(e[1:mark], "0")
	point := exp + shift + 1 // how many digits stand before the decimal point
	switch {
	case point <= 0:
		dst = append(dst, "0."...)
		dst = append(dst, bytes.Repeat([]byte{'0'}, -point)...)
		return append(dst, digits...)
	case point >= len(digits):
		dst = append(dst, digits...)
		return append(dst, bytes.Repeat([]byte{'0'}, point-len(digits))...)
	}
	dst = append(dst, digits[:point]...)
	dst = append(dst, '.')
	return append(dst, digits[point:]...)
}

// appendPadded writes a whole number with leading zeros; another one as it is.
func appendPadded(dst []byte, v float64, digits int) []byte {
	if v < 0 || v != math.Trunc(v) || v >= maxWholeDigits {
		return appendNumber(dst, v, 0)
	}
	s := strconv.FormatInt(int64(v), 10)
	for range digits - len(s) {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

// appendMoment writes a day number. A time of day stored in a column of dates is written too, and so is the date in a
// column of times: what a cell holds decides, unless it holds nothing of the kind.
func appendMoment(dst []byte, v float64, kind formatKind, is1904 bool) []byte {
	seconds := int64(math.Round(v * daySeconds))
	if kind == clockFormat && v < 1 {
		return appendClock(dst, min(seconds, daySeconds-1))
	}
	day, rest := seconds/daySeconds, seconds%daySeconds
	dst = appendDay(dst, day, is1904)
	if kind == dateFormat && rest == 0 {
		return dst
	}
	return appendClock(append(dst, ' '), rest)
}

// appendDay writes a day as a spreadsheet shows it, with the two days of 1900 that never were.
func appendDay(dst []byte, day int64, is1904 bool) []byte {
	switch {
	case is1904:
		return time.Date(1904, 1, 1+int(day), 0, 0, 0, 0, time.UTC).AppendFormat(dst, time.DateOnly)
	case day == 0:
		return append(dst, "1900-01-00"...)
	case day == 60:
		return append(dst, "1900-02-29"...)
	case day < 60:
		day++
	}
	return time.Date(1899, 12, 30+int(day), 0, 0, 0, 0, time.UTC).AppendFormat(dst, time.DateOnly)
}

func appendClock(dst []byte, seconds int64) []byte {
	for i, n := range [3]int64{seconds / 3600, seconds / 60 % 60, seconds % 60} {
		if i > 0 {
			dst = append(dst, ':')
		}
		if n < 10 {
			dst = append(dst, '0')
		}
		dst = strconv.AppendInt(dst, n, 10)
	}
	return dst
}

func appendSpan(dst []byte, v float64) []byte {
	seconds := int64(math.Round(v * daySeconds))
	if seconds < 0 {
		dst, seconds = append(dst, '-'), -seconds
	}
	return appendClock(dst, seconds)
}

// isoCell rewrites a cell that holds its date as ISO 8601 text (2021-01-01T10:10:10) as appendMoment writes it. A moment
// at midnight is a date, for writers give every date a time. Other text stays as it is.
func isoCell(s string) string {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			t = t.Round(time.Second)
			if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
				return t.Format(time.DateOnly)
			}
			return t.Format(time.DateTime)
		}
	}
	if t, err := time.Parse("15:04:05.999999999", s); err == nil {
		return t.Round(time.Second).Format(time.TimeOnly)
	}
	return s
}
