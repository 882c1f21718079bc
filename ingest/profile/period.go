package profile

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ParsePeriod reads a cell that names a day, month, quarter, half or year, or a range of days or months, such as 2023-09-28,
// 2023年9月, 2023Q3, 2023年1-6月, 2023.01-2023.12, and returns it half-open, as naive times.
func ParsePeriod(cell string) (from, to time.Time, ok bool) {
	s := periodText(CleanCell(cell))
	if from, to, ok, whole := wholePeriod(s, false, 0); whole {
		return from, to, ok
	}
	if year, err := strconv.Atoi(s); err == nil && len(s) == 4 {
		return months(year, 1, 12)
	}
	return time.Time{}, time.Time{}, false
}

// Period is ParsePeriod of a cell that may leave out the year (3月, 第一季度, 上半年): it is the year in which the cell's period
// meets that of the title, else the title's first. The year of no title is the year of none.
func (c *Clock) Period(cell string) (from, to time.Time, ok bool) {
	if from, to, ok = ParsePeriod(cell); ok || c == nil || c.From.IsZero() {
		return from, to, ok
	}
	s := periodText(CleanCell(cell))
	for year := c.From.Year(); day(year, 1, 1).Before(c.To); year++ {
		if from, to, ok, _ = wholePeriod(s, true, year); ok && from.Before(c.To) && c.From.Before(to) {
			return from, to, true
		}
	}
	from, to, ok, _ = wholePeriod(s, true, c.From.Year())
	return from, to, ok
}

// wholePeriod reads a text that is a period from end to end, in the forms with a year or in those without.
func wholePeriod(s string, yearless bool, year int) (from, to time.Time, ok, whole bool) {
	for _, f := range periodForms {
		if m := f.re.FindStringSubmatchIndex(s); m != nil && m[0] == 0 && m[1] == len(s) && f.yearless == yearless {
			from, to, ok = f.read(groups(s, m), year)
			return from, to, ok, true
		}
	}
	return time.Time{}, time.Time{}, false, false
}

// findPeriod looks for the period that a title, sheet or file name states. The most specific form wins. Forms without a
// year (第三季度) need one, from the same text or given as year (0 = none). bareYear accepts 2023 without 年.
func findPeriod(text string, year int, bareYear bool) (from, to time.Time, ok bool) {
	s := periodText(text)
	for _, f := range periodForms {
		m := f.re.FindStringSubmatchIndex(s)
		if m == nil || !separate(s, m[0], m[1]) || unfilled(s[m[1]:]) {
			continue
		}
		if f.yearless && year == 0 {
			continue
		}
		if from, to, ok := f.read(groups(s, m), year); ok {
			return from, to, true
		}
	}
	if bareYear {
		for _, m := range bareYearRE.FindAllStringIndex(s, -1) {
			if y, _ := strconv.Atoi(s[m[0]:m[1]]); separate(s, m[0], m[1]) && y >= 1949 && y < 2100 {
				return months(y, 1, 12)
			}
		}
	}
	return time.Time{}, time.Time{}, false
}

// unfilled says whether a form goes on behind a year with what nobody filled in: 2026年　月 states no year's worth of rows.
func unfilled(rest string) bool {
	return strings.HasPrefix(rest, "月") || strings.HasPrefix(rest, "第季度") || strings.HasPrefix(rest, "季度")
}

// impossiblePeriod gives what is written like a period and is none: a month 13, a 30th of February, from June to March. A
// less specific form inside it (the 2026年 of 2026年13月) must not count in its place.
func impossiblePeriod(text string) string {
	s := periodText(text)
	for _, f := range periodForms {
		m := f.re.FindStringSubmatchIndex(s)
		if m == nil || f.yearless || !separate(s, m[0], m[1]) {
			continue
		}
		if _, _, ok := f.read(groups(s, m), 0); ok {
			return ""
		}
		if strings.ContainsAny(s[m[0]:m[1]], "月日") { // 2026年20 may go on as 20件
			return s[m[0]:m[1]]
		}
	}
	return ""
}

var bareYearRE = regexp.MustCompile(`\d{4}`)

// separate holds where the match does not begin or end inside a longer number.
func separate(s string, from, to int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	return !(digit(from) && digit(from-1)) && !(digit(to) && digit(to-1))
}

func groups(s string, m []int) []string {
	out := make([]string, 0, len(m)/2)
	for i := 2; i < len(m); i += 2 {
		if m[i] >= 0 {
			out = append(out, s[m[i]:m[i+1]])
		} else {
			out = append(out, "")
		}
	}
	return out
}

type periodForm struct {
	re       *regexp.Regexp
	yearless bool
	read     func(g []string, year int) (time.Time, time.Time, bool)
}

const (
	reYear  = `(\d{4})[年./-]`
	reMonth = `(\d{1,2})`
	reDash  = `(?:至|到|-)`
	reNth   = `第?([1-4])季度?`
)

// From the most to the least specific; the text has no white space and no numerals but ASCII digits.
var periodForms = []periodForm{
	{regexp.MustCompile(reYear + reMonth + `[月./-]` + reMonth + `[日号]?` + reDash + `(?:` + reYear + `)?(?:` + reMonth + `[月./-])?` + reMonth + `[日号]?`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		y, m, d := num(g[0]), num(g[1]), num(g[2])
		y2, m2, d2 := or(num(g[3]), y), or(num(g[4]), m), num(g[5])
		if !validYear(y) || !validYear(y2) || !validDay(y, m, d) || !validDay(y2, m2, d2) {
			return time.Time{}, time.Time{}, false
		}
		from, to := day(y, m, d), day(y2, m2, d2).AddDate(0, 0, 1)
		return from, to, from.Before(to)
	}},
	{regexp.MustCompile(reYear + reMonth + `月?` + reDash + reYear + reMonth + `月?`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		from, _, ok := months(num(g[0]), num(g[1]), num(g[1]))
		_, to, ok2 := months(num(g[2]), num(g[3]), num(g[3]))
		return from, to, ok && ok2 && from.Before(to)
	}},
	{regexp.MustCompile(`(\d{4})年` + reMonth + `月?` + reDash + reMonth + `月`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		return months(num(g[0]), num(g[1]), num(g[2]))
	}},
	{regexp.MustCompile(reYear + reMonth + `[月./-]` + reMonth + `[日号]?`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		y, m, d := num(g[0]), num(g[1]), num(g[2])
		if !validYear(y) || !validDay(y, m, d) {
			return time.Time{}, time.Time{}, false
		}
		return day(y, m, d), day(y, m, d).AddDate(0, 0, 1), true
	}},
	{regexp.MustCompile(`(\d{4})年?度?` + reNth), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		return quarter(num(g[0]), num(g[1]))
	}},
	{regexp.MustCompile(`(\d{4})[年-]?[Qq]([1-4])`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		return quarter(num(g[0]), num(g[1]))
	}},
	{regexp.MustCompile(`(\d{4})年?度?([上下])半年`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		return half(num(g[0]), g[1])
	}},
	{regexp.MustCompile(reYear + `(\d{1,2})月?(?:份)?`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		return months(num(g[0]), num(g[1]), num(g[1]))
	}},
	{regexp.MustCompile(`((?:19|20)\d\d)(0[1-9]|1[0-2])`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		return months(num(g[0]), num(g[1]), num(g[1]))
	}},
	{regexp.MustCompile(`(\d{4})年?` + reDash + `(\d{4})年度?`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		from, _, ok := months(num(g[0]), 1, 12)
		_, to, ok2 := months(num(g[1]), 1, 12)
		return from, to, ok && ok2 && num(g[0]) < num(g[1])
	}},
	{regexp.MustCompile(`(\d{4})年度?`), false, func(g []string, _ int) (time.Time, time.Time, bool) {
		return months(num(g[0]), 1, 12)
	}},
	{regexp.MustCompile(reMonth + `月?` + reDash + reMonth + `月`), true, func(g []string, year int) (time.Time, time.Time, bool) {
		return months(year, num(g[0]), num(g[1]))
	}},
	{regexp.MustCompile(reNth), true, func(g []string, year int) (time.Time, time.Time, bool) {
		return quarter(year, num(g[0]))
	}},
	{regexp.MustCompile(`([上下])半年`), true, func(g []string, year int) (time.Time, time.Time, bool) {
		return half(year, g[0])
	}},
	{regexp.MustCompile(reMonth + `月份?`), true, func(g []string, year int) (time.Time, time.Time, bool) {
		return months(year, num(g[0]), num(g[0]))
	}},
}

func num(s string) int { n, _ := strconv.Atoi(s); return n }

func or(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

func validYear(y int) bool { return y >= 1900 && y <= 2199 }

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func months(y, first, last int) (from, to time.Time, ok bool) {
	if !validYear(y) || first < 1 || last > 12 || first > last {
		return time.Time{}, time.Time{}, false
	}
	return day(y, first, 1), day(y, last+1, 1), true
}

func quarter(y, q int) (from, to time.Time, ok bool) { return months(y, 3*q-2, 3*q) }

func half(y int, which string) (from, to time.Time, ok bool) {
	if which == "上" {
		return months(y, 1, 6)
	}
	return months(y, 7, 12)
}

var dashes = strings.NewReplacer("—", "-", "–", "-", "－", "-", "~", "-", "～", "-", "―", "-", "一季", "1季", "二季", "2季", "三季", "3季", "四季", "4季", "--", "-")

var (
	chineseYear  = regexp.MustCompile(`[〇○零一二三四五六七八九]{4}年`)
	chineseMonth = regexp.MustCompile(`(十[一二]?|[一二三四五六七八九])月`)
)

// periodText makes the spellings of periods equal: ASCII digits, plain dashes, no white space.
func periodText(s string) string {
	s = strings.Map(func(r rune) rune {
		if isBlank(r) {
			return -1
		}
		return r
	}, narrow(s))
	s = chineseYear.ReplaceAllStringFunc(s, yearDigits)
	s = chineseMonth.ReplaceAllStringFunc(s, func(m string) string {
		n, _, _ := chineseNumber(m)
		return strconv.Itoa(int(n)) + "月"
	})
	return dashes.Replace(dashes.Replace(s))
}

// yearDigits writes 二〇二三年 in digits.
func yearDigits(y string) string {
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune("零一二三四五六七八九", r); i >= 0 {
			return rune('0' + i/len("零"))
		}
		if r == '〇' || r == '○' {
			return '0'
		}
		return r
	}, y)
}
