package source

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseFormat(t *testing.T) {
	for kind, codes := range map[formatKind][]string{
		plainNumber: {
			"", "General", "G/通用格式", "0", "#,##0.00", "0.00E+00", "##0.0E+0", "@", `"d"0`, `0\d`, "_(* #,##0_);_(* (#,##0)", "[Red]0;[Blue]-0", `[$￥-804]#,##0.00`,
			`General"元"`, "# ?/?", "0.0_h", `"年"`, "[<=9]0", "[", `"`, ";yyyy",
		},
		dateFormat: {
			"yyyy-mm-dd", "m/d/yy", "d-mmm", "mmm-yy", `yyyy"年"m"月"d"日"`, `yyyy"年"m"月"d"日";@`, "[$-804]yyyy/m/d", `[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, `m"月"d"日"`,
			"aaaa", "[$-411]ge.m.d", "[DBNum1][$-804]yyyy年m月d日", "YYYY/MM", "mm", "[Red]d", `[$-404]e"年"m"月"`, "[>1]yyyy;0",
		},
		clockFormat:   {"h:mm", "h:mm AM/PM", "hh:mm:ss", "mm:ss", "mm:ss.0", `h"时"mm"分"ss"秒"`, `上午/下午h"时"mm"分"`, "A/P h", "s", "[$-804]h:mm"},
		momentFormat:  {"yyyy-mm-dd hh:mm:ss", "m/d/yy h:mm", `yyyy"年"m"月"d"日" h"时"mm"分"`, "dd/mm/yyyy\\ hh:mm", "h:mm d", "yyyy-mm-ddThh:mm"},
		spanFormat:    {"[h]:mm", "[hh]:mm:ss", "[mm]:ss", "[s]", "[H]"},
		percentFormat: {"0%", "0.00%", "#,##0.0%;-0%", `0" "%`},
		paddedNumber:  {"00", "000000", "0000;@"},
	} {
		for _, code := range codes {
			if got := parseFormat(code); got.kind != kind {
				t.Errorf("%s: %d, want %d", code, got.kind, kind)
			}
		}
	}
	if got := parseFormat("000000").digits; got != 6 {
		t.Errorf("%d digits", got)
	}
}

func TestBuiltinFormats(t *testing.T) {
	for kind, ids := range map[formatKind][]int{
		plainNumber:   {0, 1, 2, 3, 4, 11, 12, 13, 23, 37, 44, 48, 49, 59, 163},
		dateFormat:    {14, 15, 16, 17, 27, 28, 31, 36, 50, 58},
		clockFormat:   {18, 19, 20, 21, 32, 45, 47, 55},
		momentFormat:  {22},
		spanFormat:    {46},
		percentFormat: {9, 10},
	} {
		for _, id := range ids {
			if got := builtinFormats[id].kind; got != kind {
				t.Errorf("%d: %d, want %d", id, got, kind)
			}
		}
	}
}

func TestAppendNumber(t *testing.T) {
	for _, c := range []struct {
		v     float64
		shift int
		want  string
	}{
		{0, 0, "0"},
		{math.Copysign(0, -1), 0, "0"},
		{-12, 0, "-12"},
		{0.1 + 0.2, 0, "0.3"},
		{1.0 / 3, 0, "0.333333333333333"},
		{2.0 / 3, 0, "0.666666666666667"},
		{123456789012345, 0, "123456789012345"},
		{1234567890123456, 0, "1234567890123460"},
		{1e20, 0, "100000000000000000000"},
		{1.5e-10, 0, "0.00000000015"},
		{-0.05, 0, "-0.05"},
		{0.953, 2, "95.3"},
		{1, 2, "100"},
		{0.29, 2, "29"},
		{0.0005, 2, "0.05"},
		{-1.5, 2, "-150"},
		{0, 2, "0"},
		{12.345678901234567, 2, "1234.56789012346"},
		{999999999999999.9, 0, "1000000000000000"},
	} {
		if got := string(appendNumber(nil, c.v, c.shift)); got != c.want {
			t.Errorf("%v × 10^%d: %s, want %s", c.v, c.shift, got, c.want)
		}
	}
	if got := string(appendNumber(nil, math.MaxFloat64, 0)); !strings.HasPrefix(got, "179769313486232") || len(got) != 309 {
		t.Error(got)
	}
}

// Every day a spreadsheet knows, against the calendar of package time; 1900 to 9999 and 1904 to 9999.
func TestDays(t *testing.T) {
	for _, system := range []struct {
		is1904 bool
		first  time.Time // the day with the number from
		from   int
		last   int
	}{
		{false, time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), 1, 59},
		{false, time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC), 61, lastDay1900},
		{true, time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC), 0, lastDay1904},
	} {
		day := system.first
		for n := system.from; n <= system.last; n++ {
			if n%97 == 0 || n < 500 || n > system.last-500 {
				if got := string(appendCell(nil, float64(n), numFormat{kind: dateFormat}, system.is1904)); got != day.Format(time.DateOnly) {
					t.Fatalf("%d: %s, want %s", n, got, day.Format(time.DateOnly))
				}
			}
			day = day.AddDate(0, 0, 1)
		}
		if got := day.AddDate(0, 0, -1).Format(time.DateOnly); system.last > 60 && got != "9999-12-31" {
			t.Errorf("the last day is %s", got)
		}
	}
}

// Every second of a day comes back from the nearest float, in each of the formats that show one.
func TestSeconds(t *testing.T) {
	for s := range 86400 {
		clock := time.Unix(int64(s), 0).UTC().Format(time.TimeOnly)
		v := float64(s) / 86400
		if got := string(appendCell(nil, v, numFormat{kind: clockFormat}, false)); got != clock {
			t.Fatalf("%d as a time: %s", s, got)
		}
		if got := string(appendCell(nil, 45000+v, numFormat{kind: momentFormat}, false)); got != "2023-03-15 "+clock {
			t.Fatalf("%d as a moment: %s", s, got)
		}
		if got := string(appendCell(nil, v, numFormat{kind: spanFormat}, false)); got != clock {
			t.Fatalf("%d as a span: %s", s, got)
		}
	}
}

func TestAppendCellEdges(t *testing.T) {
	for _, c := range []struct {
		name   string
		v      float64
		format numFormat
		want   string
	}{
		{"the day before the first", 0, numFormat{kind: dateFormat}, "1900-01-00"},
		{"a moment just before midnight", 45000.999999, numFormat{kind: momentFormat}, "2023-03-16 00:00:00"},
		{"a time just before midnight", 0.9999999, numFormat{kind: clockFormat}, "23:59:59"},
		{"a negative date", -1, numFormat{kind: dateFormat}, "-1"},
		{"a date past the last day", 2958466.5, numFormat{kind: momentFormat}, "2958466.5"},
		{"a negative span", -0.5, numFormat{kind: spanFormat}, "-12:00:00"},
		{"a span of years", 400.5, numFormat{kind: spanFormat}, "9612:00:00"},
		{"an endless span", 1e300, numFormat{kind: spanFormat}, "1" + strings.Repeat("0", 300)},
		{"a fraction in a format of zeros", 12.5, numFormat{paddedNumber, 6}, "12.5"},
		{"a negative number in a format of zeros", -12, numFormat{paddedNumber, 6}, "-12"},
		{"a number longer than its format of zeros", 1234567, numFormat{paddedNumber, 6}, "1234567"},
		{"not a number", math.NaN(), numFormat{kind: dateFormat}, "NaN"},
	} {
		if got := string(appendCell(nil, c.v, c.format, false)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestISOCell(t *testing.T) {
	for in, want := range map[string]string{
		"2021-01-01": "2021-01-01", "2021-01-01T00:00:00": "2021-01-01", "2021-01-01T10:10:10": "2021-01-01 10:10:10", "2021-01-01T10:10:10.999Z": "2021-01-01 10:10:11",
		"2021-01-01T10:10": "2021-01-01 10:10:00", "10:10:10": "10:10:10", "10:10:10.000": "10:10:10", "昨天": "昨天",
	} {
		if got := isoCell(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// FuzzParseFormat: no code hangs or panics, and what follows the first section does not matter.
func FuzzParseFormat(f *testing.F) {
	for _, s := range []string{`yyyy"年"m"月"d"日";@`, "[h]:mm", "0.00E+00", `\`, "[", `"`, "上午/下午h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code string) {
		got := parseFormat(code)
		if again := parseFormat(code + ";[h]yyyy"); again != got && !strings.ContainsAny(code, "\"[\\_*") {
			t.Errorf("%q: %v, then %v", code, got, again)
		}
	})
}

// FuzzNumber: the text of a number is that number to 15 digits, without exponent.
func FuzzNumber(f *testing.F) {
	for _, v := range []float64{0, 1, -1.5, 0.1 + 0.2, 1e15, 1e-300, math.MaxFloat64, 4.9e-324} {
		f.Add(v, uint8(0))
		f.Add(v, uint8(2))
	}
	f.Fuzz(func(t *testing.T, v float64, shift uint8) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		shift %= 3
		s := string(appendNumber(nil, v, int(shift)))
		if strings.ContainsAny(s, "eE") || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") {
			t.Fatalf("%v: %s", v, s)
		}
		got, ok := new(big.Rat).SetString(s)
		want := new(big.Rat)
		want.SetString(strconv.FormatFloat(v, 'e', 14, 64))
		want.Mul(want, new(big.Rat).SetInt64([]int64{1, 10, 100}[shift]))
		if !ok || got.Cmp(want) != 0 {
			t.Fatalf("%v × 10^%d: %s", v, shift, s)
		}
	})
}
