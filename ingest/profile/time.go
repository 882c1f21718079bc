package profile

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Clock is what a time needs to be read besides its own text.
type Clock struct {
	// From and To are the period the file covers as its title states it, half-open; they lend their year to "9月28日".
	// Zero: no year is known.
	From, To time.Time
	// Site is the time zone into which times with an offset of their own are converted. nil = UTC+8.
	Site *time.Location
}

var beijing = time.FixedZone("UTC+8", 8*3600)

// ParseTime reads a point in time as ledgers state it and returns it as a naive time (location UTC, to be
// read as the site's local time). layouts (in the notation of package time) are tried first, then what
// can only mean one thing: year first with - / . or 年月日, the clock time with colons or 时分秒, 上午 and 下午,
// an offset or Z; 20230928; the day numbers of spreadsheets (1900 system); 9月28日 where c gives the year.
// Full-width digits and white space around and inside are accepted. Days that do not exist and years outside 1900–2199 are refused.
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
		if t, err := time.Parse(layouts[i].text, s); err == nil {
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
	if !ok1 || !ok2 || !ok3 || y < 1900 || y > 2199 || !validDay(y, mo, d) {
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
	p := &timeText{s: strings.TrimSpace(narrow(s))}
	if m, ok := p.serial(); ok {
		return m.checked(cell)
	}
	y, mo, d, found := p.date()
	if !found {
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
	if !validDay(y, mo, d) {
		return moment{}, &ValueError{Value: cell, Text: "日期不存在，请核对年、月、日"}
	}
	t := time.Unix(daysBefore(y, mo, d)*86400+int64(sec), int64(frac)).UTC()
	if zone != nil {
		t = naive(t.Add(-time.Duration(*zone) * time.Second).In(c.zone()))
	}
	return moment{t, clock}.checked(cell)
}

// yearOf returns the year in which month and day fall into the period, 0 if there is none or more than one.
func (c *Clock) yearOf(month, day int) int {
	if c == nil || c.From.IsZero() || !c.To.After(c.From) {
		return 0
	}
	first, last := c.From.Year(), c.To.Add(-time.Nanosecond).Year()
	if first == last {
		return first
	}
	year := 0
	for y := first; y <= last && y-first < 10; y++ {
		if t := time.Date(y, time.Month(month), day, 0, 0, 0, 0, time.UTC); validDay(y, month, day) && !t.Before(c.From) && t.Before(c.To) {
			if year != 0 {
				return 0
			}
			year = y
		}
	}
	return year
}

// timeText is the part of a time's text that is not read yet.
type timeText struct{ s string }

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
func (p *timeText) serial() (moment, bool) {
	whole, frac, _ := strings.Cut(p.s, ".")
	if len(whole) != 5 || strings.HasSuffix(p.s, ".") {
		return moment{}, false
	}
	days, ok := digits(whole)
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
	sep := p.accept("年", "月", "-", "/", ".")
	p.space()
	switch {
	case sep == "月" && firstLen <= 2: // 9月28日
		if d, ok = p.number(1, 2); !ok {
			return 0, 0, 0, false
		}
		p.space()
		p.accept("日", "号")
		return 0, first, d, true
	case (sep == "/" || sep == "-") && firstLen <= 2: // 9/28; three numbers of which the first is no year are ambiguous
		if d, ok = p.number(1, 2); !ok {
			return 0, 0, 0, false
		}
		return 0, first, d, p.s == "" || p.s[0] == ' '
	case sep == "" || sep == "月" || firstLen != 4:
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
	if sep == "月" {
		p.space()
		p.accept("日", "号")
	}
	return first, m, d, true
}

// clockAndZone reads what follows the day: nothing, or a clock time with or without an offset. sec may be 86400 (24:00).
func (p *timeText) clockAndZone() (sec, nanos int, clock bool, zone *int, ok bool) {
	p.space()
	p.weekday()
	if p.s == "" {
		return 0, 0, false, nil, true
	}
	p.accept("T")
	p.space()
	sec, nanos, ok = p.clock()
	if !ok {
		return 0, 0, false, nil, false
	}
	p.space()
	if p.s != "" {
		if zone, ok = p.zone(); !ok {
			return 0, 0, false, nil, false
		}
	}
	return sec, nanos, true, zone, true
}

// weekday skips 星期四, (周四) and the like, which state nothing new.
func (p *timeText) weekday() {
	rest := p.s
	open := p.accept("(")
	if p.accept("星期", "周") != "" && p.accept("一", "二", "三", "四", "五", "六", "日", "天") != "" && (open == "" || p.accept(")") != "") {
		p.space()
		return
	}
	p.s = rest
}

var halfDays = map[string]int{"上午": 0, "早上": 0, "凌晨": 0, "中午": 12, "下午": 12, "傍晚": 12, "晚上": 12, "夜间": 12, "AM": 0, "PM": 12}

// clock reads 9:32, 09:32:07.5, 9时32分, 下午3点半, 3:05 PM, 093207.
func (p *timeText) clock() (sec, nanos int, ok bool) {
	half := p.accept("上午", "早上", "凌晨", "中午", "下午", "傍晚", "晚上", "夜间", "AM", "PM")
	p.space()
	var h, m, s int
	if n := len(p.s) - len(strings.TrimLeft(p.s, "0123456789")); n == 4 || n == 6 {
		h, _ = p.number(2, 2)
		m, _ = p.number(2, 2)
		if n == 6 {
			s, _ = p.number(2, 2)
		}
	} else {
		if h, ok = p.number(1, 2); !ok {
			return 0, 0, false
		}
		p.space()
		sep := p.accept(":", "时", "点")
		p.space()
		switch {
		case sep == "":
			return 0, 0, false
		case sep == "点" && p.accept("半") != "":
			m = 30
		case sep != ":" && p.accept("整") != "":
		case sep == ":" || p.s != "" && p.s[0] >= '0' && p.s[0] <= '9':
			if m, ok = p.number(1, 2); !ok {
				return 0, 0, false
			}
			p.space()
			if next := p.accept(":", "分"); next == ":" || next == "分" && p.s != "" && p.s[0] >= '0' && p.s[0] <= '9' {
				if s, ok = p.number(1, 2); !ok {
					return 0, 0, false
				}
				if p.accept(".") != "" {
					from := p.s
					p.s = strings.TrimLeft(p.s, "0123456789")
					if len(p.s) == len(from) {
						return 0, 0, false
					}
					nanos, _ = digits((from[:len(from)-len(p.s)] + "000000000")[:9])
				}
				p.accept("秒")
			}
		}
	}
	p.space()
	if suffix := p.accept("AM", "PM"); suffix != "" {
		if half != "" && half != suffix {
			return 0, 0, false
		}
		half = suffix
	}
	if half != "" {
		noon := halfDays[half]
		switch {
		case h > 12 && (noon == 0 || h > 23), h == 0 && (half == "AM" || half == "PM"):
			return 0, 0, false // 下午15:00 is said, 上午15:00 is a mistake
		case half == "中午":
			if h < 10 {
				h += 12 // 中午1点
			}
		case h == 12 && noon == 0:
			h = 0
		case h == 12 && (half == "晚上" || half == "夜间"):
			h = 24 // midnight at the end of the day
		case h < 12:
			h += noon
		}
	}
	if h > 24 || m > 59 || s > 59 || h == 24 && (m > 0 || s > 0 || nanos > 0) {
		return 0, 0, false
	}
	return h*3600 + m*60 + s, nanos, true
}

// zone reads Z, UTC, +08:00, +0800, +08 and returns seconds east of UTC.
func (p *timeText) zone() (*int, bool) {
	p.accept("UTC", "GMT", "Z")
	east := 0
	if sign := p.accept("+", "-", "−"); sign != "" {
		h, ok := p.number(2, 2)
		if !ok || h > 14 {
			return nil, false
		}
		p.accept(":")
		m := 0
		if p.s != "" {
			if m, ok = p.number(2, 2); !ok || m > 59 {
				return nil, false
			}
		}
		if east = h*3600 + m*60; sign != "+" {
			east = -east
		}
	}
	return &east, p.s == ""
}

// parseClock reads a clock time alone, in seconds of the day; also a spreadsheet's fraction of a day.
func parseClock(cell string) (int, bool) {
	s := strings.TrimSpace(narrow(CleanCell(cell)))
	if strings.HasPrefix(s, "0.") && plainNumber(s) {
		f, err := strconv.ParseFloat(s, 64)
		sec := int(math.Round(f * 86400))
		return sec, err == nil && sec < 86400
	}
	p := &timeText{s: s}
	sec, _, ok := p.clock()
	return sec, ok && p.s == ""
}

// clockStart is parseClock that also reads two clock times, from when to when: 8:30-10:45, 8时30分至10时45分.
func clockStart(cell string) (int, bool) {
	if sec, ok := parseClock(cell); ok {
		return sec, true
	}
	from, to, two := strings.Cut(strings.ReplaceAll(spanMarks.Replace(dashes.Replace(narrow(cell))), "--", "-"), "-")
	if !two {
		return 0, false
	}
	sec, ok := parseClock(from)
	_, ok2 := parseClock(to)
	return sec, ok && ok2
}

var spanMarks = strings.NewReplacer("至", "-", "到", "-")

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
