package profile

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Clock is what a time needs to be read besides its own text.
type Clock struct {
	// From and To are the period the file covers as its title states it, half-open; they lend their year to "9月28日".
	// Zero: no year is known.
	From, To time.Time
	// Serial1904 says that spreadsheets' day numbers count from 1904-01-01, see source.Source.
	Serial1904 bool
	// Site is the time zone into which times with an offset of their own are converted. nil = UTC+8.
	Site *time.Location

	near   time.Time // the main date of the row: it lends its year as well
	before bool      // the time to be read lies before near rather than after it
}

var beijing = time.FixedZone("UTC+8", 8*3600)

// ParseTime reads a point in time as ledgers state it and returns it as a naive time (location UTC, to be
// read as the site's local time). layouts (in the notation of package time) are tried first, then what
// can only mean one thing: year first with - / . 、 or 年月日, in digits or Chinese numerals, the clock time with colons or 时分秒,
// 上午 and 下午, an offset or Z (of a time from when to when the beginning); 20230928; the day numbers of spreadsheets; 9月28日, 9/28 and 9.28 where c
// gives the year. 9.1 is refused: a spreadsheet writes 9.10 so. Full-width digits and white space of any kind around and
// inside are accepted. Days that do not exist and years outside 1900–2199 are refused.
// The error is a *ValueError.
func ParseTime(s string, layouts []string, c Clock) (time.Time, error) {
	compiled := make([]layout, len(layouts))
	for i, l := range layouts {
		compiled[i] = newLayout(l)
	}
	m, err := parseTime(s, compiled, &c)
	return m.t, err
}

// moment is a time and whether its text had a clock time.
type moment struct {
	t     time.Time
	clock bool
}

// layout is a time layout of a profile.
type layout struct {
	text  string
	fast  bool // the hand-written reader does it
	clock bool // it states a clock time
	zone  bool // it states an offset
}

func newLayout(text string) layout {
	noon, evening := time.Date(2023, 9, 28, 12, 0, 0, 0, time.UTC), time.Date(2023, 9, 28, 18, 0, 0, 0, time.UTC)
	return layout{
		text:  text,
		fast:  text == time.DateTime || text == time.DateOnly,
		clock: noon.Format(text) != evening.Format(text),
		zone:  noon.Format(text) != time.Date(2023, 9, 28, 12, 0, 0, 0, beijing).Format(text),
	}
}

func parseTime(cell string, layouts []layout, c *Clock) (moment, error) {
	s := CleanCell(cell)
	for i := range layouts {
		if layouts[i].fast {
			if m, ok := isoTime(s); ok {
				return m, nil
			}
			continue
		}
		t, err := time.Parse(layouts[i].text, s)
		if err != nil {
			if tidy := strings.ToUpper(plainBlanks(s)); tidy != s {
				t, err = time.Parse(layouts[i].text, tidy)
			}
		}
		if err == nil {
			if layouts[i].zone {
				t = t.In(c.zone())
			}
			return moment{naive(t), layouts[i].clock}.checked(cell)
		}
	}
	if m, ok := isoTime(s); ok {
		return m, nil
	}
	return looseTime(cell, s, c)
}

// naive returns the same clock face in UTC.
func naive(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

func (c *Clock) zone() *time.Location {
	if c == nil || c.Site == nil {
		return beijing
	}
	return c.Site
}

func (m moment) checked(cell string) (moment, error) {
	if y := m.t.Year(); y < 1900 || y > 2199 {
		return moment{}, &ValueError{Value: cell, Text: "年份超出 1900 至 2199 年"}
	}
	return m, nil
}

// isoTime reads exactly 2006-01-02 and 2006-01-02 15:04:05 (or with T), by hand: every other way costs ten times as much.
func isoTime(s string) (moment, bool) {
	if len(s) != 10 && len(s) != 19 || s[4] != '-' || s[7] != '-' {
		return moment{}, false
	}
	y, ok1 := digits(s[0:4])
	mo, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || y < 1900 || y > 2199 || !validDay(y, mo, d) || y == 1900 && mo == 1 && d == 1 {
		return moment{}, false
	}
	sec := daysBefore(y, mo, d) * 86400
	if len(s) == 10 {
		return moment{time.Unix(sec, 0).UTC(), false}, true
	}
	h, ok1 := digits(s[11:13])
	mi, ok2 := digits(s[14:16])
	se, ok3 := digits(s[17:19])
	if !ok1 || !ok2 || !ok3 || s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' || h > 23 || mi > 59 || se > 59 {
		return moment{}, false
	}
	return moment{time.Unix(sec+int64(h*3600+mi*60+se), 0).UTC(), true}, true
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, true
}

func validDay(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return d <= 29
		}
		return d <= 28
	case 4, 6, 9, 11:
		return d <= 30
	}
	return d <= 31
}

// daysBefore returns the days from 1970-01-01 to the given day of the Gregorian calendar.
// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
func daysBefore(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400 // y > 0
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}

// looseTime reads what people write. s is the trimmed cell.
func looseTime(cell, s string, c *Clock) (moment, error) {
	unreadable := &ValueError{Value: cell, Text: "不是可识别的日期，应如 2023-09-28 或 2023-09-28 09:32:00"}
	p := &timeText{s: plainNumerals(plainBlanks(s))}
	if m, ok := p.serial(c != nil && c.Serial1904); ok {
		return m.checked(cell)
	}
	y, mo, d, found := p.date()
	if !found {
		if p.problem != "" {
			unreadable.Text = p.problem
		}
		return moment{}, unreadable
	}
	sec, frac, clock, zone, ok := p.clockAndZone()
	if !ok || p.s != "" {
		return moment{}, unreadable
	}
	if y == 0 {
		if y = c.yearOf(mo, d); y == 0 {
			return moment{}, &ValueError{Value: cell, Text: "日期没有年份，标题中也没有写明年份，应如 2023-09-28"}
		}
	}
	if y < 1900 || y > 2199 {
		return moment{}.checked(cell)
	}
	if y == 1900 && mo == 1 && d <= 1 {
		return moment{}, errEmptyDate(cell)
	}
	if !validDay(y, mo, d) {
		return moment{}, &ValueError{Value: cell, Text: "日期不存在，请核对年、月、日"}
	}
	t := time.Unix(daysBefore(y, mo, d)*86400+int64(sec), int64(frac)).UTC()
	if zone != nil {
		t = naive(t.Add(-time.Duration(*zone) * time.Second).In(c.zone()))
	}
	return moment{t, clock}.checked(cell)
}

// errEmptyDate: 1900-01-01 is what a spreadsheet makes of an empty date or of 1.
func errEmptyDate(cell string) error {
	return &ValueError{Value: cell, Text: "1900年1月1日是表格软件对空日期的显示，请填写实际日期或留空"}
}

// nextYear is how many days a date may lie outside the months that a title states and still be of the year before or
// after: 1月5日 in a ledger of December.
const nextYear = 45

// yearOf returns the year of a month and day: that in which it falls into the period; of a period within one year this year,
// unless the day is that near to the period in the year before or after; shifted to where the row's main date wants it. 0 if
// there is no such year or more than one.
func (c *Clock) yearOf(month, day int) int {
	if c == nil {
		return 0
	}
	year := c.titleYear(month, day)
	if c.near.IsZero() {
		return year
	}
	const halfYear, month1 = 183 * 24 * time.Hour, 31 * 24 * time.Hour
	at := func(y int) time.Time { return time.Date(y, time.Month(month), day, 0, 0, 0, 0, time.UTC) }
	switch y := c.near.Year(); {
	case year == 0 && c.before:
		if year = y; at(y).After(c.near.Add(month1)) {
			year--
		}
	case year == 0:
		if year = y; at(y).Before(c.near.Add(-month1)) {
			year++
		}
	case c.before && at(year).Sub(c.near) > halfYear:
		year--
	case !c.before && c.near.Sub(at(year)) > halfYear:
		year++
	}
	return year
}

// titleYear is yearOf by the title alone.
func (c *Clock) titleYear(month, day int) int {
	if c.From.IsZero() || !c.To.After(c.From) {
		return 0
	}
	first, last := c.From.Year(), c.To.Add(-time.Nanosecond).Year()
	// How many days the day lies outside the period.
	off := func(y int) int {
		t := time.Date(y, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		switch {
		case t.Before(c.From):
			return int(c.From.Sub(t).Hours()+23) / 24
		case !t.Before(c.To):
			return int(t.Sub(c.To).Hours())/24 + 1
		}
		return 0
	}
	if first == last {
		for _, y := range []int{first - 1, first + 1} {
			if n := off(y); validDay(y, month, day) && n <= nextYear && 3*n < off(first) {
				return y
			}
		}
		return first
	}
	year := 0
	for y := first; y <= last && y-first < 10; y++ {
		if validDay(y, month, day) && off(y) == 0 {
			if year != 0 {
				return 0
			}
			year = y
		}
	}
	return year
}

// plainBlanks narrows a text, turns blanks of any kind into spaces and drops those at its ends.
func plainBlanks(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if isBlank(r) {
			return ' '
		}
		return r
	}, narrow(s)))
}

var numeralUnit = regexp.MustCompile(`([一二三四五六七八九十廿]{1,3})(月|日|号|时|点|分)`)

// plainNumerals writes the Chinese numerals of a date in digits: 二〇二三年九月二十八日.
func plainNumerals(s string) string {
	if !strings.ContainsAny(s, "一二三四五六七八九十廿") {
		return s
	}
	s = chineseYear.ReplaceAllStringFunc(s, yearDigits)
	return numeralUnit.ReplaceAllStringFunc(s, func(m string) string {
		g := numeralUnit.FindStringSubmatch(m)
		n, rest, ok := chineseNumber(strings.Replace(g[1], "廿", "二十", 1))
		if !ok || strings.TrimSpace(rest) != "" {
			return m
		}
		return strconv.Itoa(int(n)) + g[2]
	})
}

// timeText is the part of a time's text that is not read yet.
type timeText struct {
	s       string
	problem string // what is wrong, where more can be said than that it is unreadable
	seconds bool   // the clock time states seconds
}

func (p *timeText) space() { p.s = strings.TrimLeft(p.s, " \t\r\n") }

// accept takes the first of the words that the text begins with.
func (p *timeText) accept(words ...string) string {
	for _, w := range words {
		if len(p.s) >= len(w) && strings.EqualFold(p.s[:len(w)], w) {
			p.s = p.s[len(w):]
			return w
		}
	}
	return ""
}

// number takes between lo and hi digits.
func (p *timeText) number(lo, hi int) (int, bool) {
	n := 0
	for n < len(p.s) && n < hi && p.s[n] >= '0' && p.s[n] <= '9' {
		n++
	}
	if n < lo || n < len(p.s) && p.s[n] >= '0' && p.s[n] <= '9' && hi-lo != 0 {
		return 0, false
	}
	v, _ := digits(p.s[:n])
	p.s = p.s[n:]
	return v, true
}

// serial reads a spreadsheet's day number with its fraction: 45197.5 is 2023-09-28 12:00. Only numbers of five digits between
// 1954 and 2119 are taken for one; a bare 2023 is not.
func (p *timeText) serial(from1904 bool) (moment, bool) {
	whole, frac, _ := strings.Cut(p.s, ".")
	if len(whole) != 5 || strings.HasSuffix(p.s, ".") {
		return moment{}, false
	}
	days, ok := digits(whole)
	if from1904 {
		days += 1462 // 1904-01-01 is day 1462 of the other count
	}
	if _, ok2 := digits(frac); !ok || !ok2 || days < 20000 || days >= 80000 {
		return moment{}, false
	}
	f, err := strconv.ParseFloat("0."+frac+"0", 64)
	if err != nil {
		return moment{}, false
	}
	sec := math.Round(f * 86400)
	return moment{time.Unix((int64(days)-25569)*86400+int64(sec), 0).UTC(), sec != 0}, true
}

// date reads the day; y is 0 where the text has no year.
func (p *timeText) date() (y, m, d int, ok bool) {
	start := p.s
	if len(p.s) >= 8 {
		if n, all := digits(p.s[:8]); all {
			rest := p.s[8:]
			if n2 := len(rest) - len(strings.TrimLeft(rest, "0123456789")); n2 == 0 || n2 == 4 || n2 == 6 {
				p.s = rest
				return n / 10000, n / 100 % 100, n % 100, true
			}
			return 0, 0, 0, false
		}
	}
	first, ok := p.number(1, 4)
	if !ok {
		return 0, 0, 0, false
	}
	firstLen := len(start) - len(p.s)
	p.space()
	sep := p.accept("年", "月", "-", "/", ".", "、")
	p.space()
	switch {
	case sep == "年" && firstLen == 2 && first < 70: // 23年9月28日
		first += 2000
	case firstLen == 4 && sep != "" && sep != "月":
	case firstLen <= 2 && sep != "" && sep != "年" && sep != "、":
		return p.yearless(first, sep)
	default:
		return 0, 0, 0, false
	}
	if m, ok = p.number(1, 2); !ok {
		return 0, 0, 0, false
	}
	p.space()
	if sep == "年" {
		sep = "月"
	}
	if p.accept(sep) == "" {
		return 0, 0, 0, false
	}
	p.space()
	if d, ok = p.number(1, 2); !ok {
		return 0, 0, 0, false
	}
	p.dayWord()
	if sep == "." && p.s == "." { // 2023.9.28.
		p.s = ""
	}
	return first, m, d, true
}

// yearless reads the day behind a month: 9月28日, 9/28, 9-28, 9.28. Three numbers of which the first is no year are ambiguous.
func (p *timeText) yearless(month int, sep string) (y, m, d int, ok bool) {
	before := len(p.s)
	if d, ok = p.number(1, 2); !ok {
		return 0, 0, 0, false
	}
	single := before-len(p.s) == 1
	if p.dayWord() || sep == "月" {
		return 0, month, d, true
	}
	if sep == "." && single && validDay(2000, month, 10*d) {
		p.problem = "可能是" + monthDay(month, d) + "，也可能是" + monthDay(month, 10*d) + "，请写明是哪一天，如“" + monthDay(month, d) + "”"
		return 0, 0, 0, false
	}
	return 0, month, d, p.s == "" || p.s[0] == ' '
}

func monthDay(m, d int) string { return itoa(m) + "月" + itoa(d) + "日" }

// dayWord takes 日 or 号 behind a day.
func (p *timeText) dayWord() bool {
	rest := p.s
	p.space()
	if p.accept("日", "号") != "" {
		return true
	}
	p.s = rest
	return false
}

// checkLayout says whether a layout of a profile states year, month and day: two days that differ must look different and be
// read back as they were.
func checkLayout(text string) bool {
	for _, t := range []time.Time{
		time.Date(2023, 9, 28, 0, 0, 0, 0, time.UTC), time.Date(2024, 9, 28, 0, 0, 0, 0, time.UTC),
		time.Date(2023, 11, 28, 0, 0, 0, 0, time.UTC), time.Date(2023, 9, 3, 0, 0, 0, 0, time.UTC),
	} {
		back, err := time.Parse(text, t.Format(text))
		if err != nil {
			return false
		}
		y, m, d := back.Date()
		if wy, wm, wd := t.Date(); y != wy || m != wm || d != wd {
			return false
		}
	}
	return true
}
