package web

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Period is the time a page is about: [From, To), whole days.
type Period struct {
	Per      string // day, week, month, quarter, year or range
	From, To time.Time
	week     int // ISO weekday on which weeks begin
}

// pers are the lengths a period may have, in the order of the switch.
var pers = []struct{ id, label, noun string }{
	{"day", "日", "本日"},
	{"week", "周", "本周"},
	{"month", "月", "本月"},
	{"quarter", "季", "本季度"},
	{"year", "年", "本年"},
}

const perRange = "range"

// longest is how many years a range may have: as many as a query.
const longest = 100

// The years that a page can show. A query reaches back to 1900: room for what a period is compared with, which for the
// longest range lies twenty years before it.
const firstYear, lastYear = 1950, 2199

// periodOf is the period of a length that holds a day.
func periodOf(per string, day time.Time, weekStart int) Period {
	y, m, d := day.Date()
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	p := Period{Per: per, week: weekStart}
	switch per {
	case "week":
		p.From = at(y, m, d-(int(day.Weekday())+7-weekStart%7)%7)
		p.To = p.From.AddDate(0, 0, 7)
	case "month":
		p.From, p.To = at(y, m, 1), at(y, m+1, 1)
	case "quarter":
		m = (m-1)/3*3 + 1
		p.From, p.To = at(y, m, 1), at(y, m+3, 1)
	case "year":
		p.From, p.To = at(y, 1, 1), at(y+1, 1, 1)
	default:
		p.Per = "day"
		p.From, p.To = at(y, m, d), at(y, m, d+1)
	}
	return p
}

// parsePeriod reads the period from an address: per and at (any day of it), or from and to (the last day, which
// belongs to it). What cannot be read becomes the default, the month of latest, and a sentence that says so.
func parsePeriod(q url.Values, latest time.Time, weekStart int) (p Period, notice string) {
	per := q.Get("per")
	if !known(per) && per != perRange {
		if per != "" {
			notice = fmt.Sprintf("期间类型“%s”无法识别，已按月显示", brief(per))
		}
		per = "month"
	}
	fallback := periodOf(per, latest, weekStart)
	if per == perRange || q.Get("from") != "" || q.Get("to") != "" {
		from, okFrom := parseDay(q.Get("from"))
		to, okTo := parseDay(q.Get("to"))
		switch {
		case okFrom && okTo && !to.Before(from) && to.Before(from.AddDate(longest, 0, 0)):
			return Period{Per: perRange, From: from, To: to.AddDate(0, 0, 1), week: weekStart}.named(), notice
		case okFrom && okTo && to.Before(from):
			notice = "起始日期晚于截止日期，已改为显示默认期间"
		case okFrom && okTo:
			notice = "期间超过一百年，已改为显示默认期间"
		default:
			notice = "起止日期无法识别，应写成 2026-10-01 的样式，已改为显示默认期间"
		}
		return periodOf("month", latest, weekStart), notice
	}
	at := q.Get("at")
	if at == "" {
		return fallback, notice
	}
	day, ok := parseAt(at)
	if !ok {
		return fallback, fmt.Sprintf("期间“%s”无法识别，已改为显示%s", brief(at), fallback.Label())
	}
	return periodOf(per, day, weekStart), notice
}

func known(per string) bool {
	for _, p := range pers {
		if p.id == per {
			return true
		}
	}
	return false
}

func parseDay(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil && t.Year() >= firstYear && t.Year() <= lastYear
}

// parseAt reads 2026, 2026-10, 2026-Q3 or 2026-10-05 as a day inside it.
func parseAt(s string) (time.Time, bool) {
	if year, q, ok := strings.Cut(s, "-Q"); ok {
		n, err := strconv.Atoi(q)
		if err != nil || n < 1 || n > 4 {
			return time.Time{}, false
		}
		return parseDay(fmt.Sprintf("%s-%02d-01", year, 3*n-2))
	}
	switch len(s) {
	case 4:
		s += "-01-01"
	case 7:
		s += "-01"
	}
	return parseDay(s)
}

// named gives a range that is a month, a quarter … of the calendar its name.
func (p Period) named() Period {
	for _, k := range []string{"year", "quarter", "month"} {
		if q := periodOf(k, p.From, p.week); q.From.Equal(p.From) && q.To.Equal(p.To) {
			return q
		}
	}
	return p
}

// At is the key of the period in an address.
func (p Period) At() string {
	switch p.Per {
	case "year":
		return p.From.Format("2006")
	case "quarter":
		return fmt.Sprintf("%d-Q%d", p.From.Year(), (p.From.Month()+2)/3)
	case "month":
		return p.From.Format("2006-01")
	}
	return p.From.Format(time.DateOnly)
}

// Last is the last day that belongs to the period.
func (p Period) Last() time.Time { return p.To.AddDate(0, 0, -1) }

// Label is the period in words: 2026年10月.
func (p Period) Label() string {
	switch p.Per {
	case "day":
		return p.From.Format("2006年1月2日")
	case "month":
		return p.From.Format("2006年1月")
	case "quarter":
		return fmt.Sprintf("%d年第%s季度", p.From.Year(), [...]string{"一", "二", "三", "四"}[(p.From.Month()-1)/3])
	case "year":
		return p.From.Format("2006年")
	}
	return p.Days()
}

// Short is the label where there is little room: 10月.
func (p Period) Short() string {
	switch p.Per {
	case "month":
		return p.From.Format("1月")
	case "day":
		return p.From.Format("1月2日")
	case "week":
		return p.From.Format("1月2日") + "起一周"
	}
	return p.Label()
}

// Days are the first and last day: 2026年10月1日—31日.
func (p Period) Days() string {
	first, last := p.From, p.Last()
	switch {
	case first.Equal(last):
		return first.Format("2006年1月2日")
	case first.Year() != last.Year():
		return first.Format("2006年1月2日") + "—" + last.Format("2006年1月2日")
	case first.Month() != last.Month():
		return first.Format("2006年1月2日") + "—" + last.Format("1月2日")
	}
	return first.Format("2006年1月2日") + "—" + last.Format("2日")
}

// Noun is how a sentence speaks of the period: 本月; of one that is not the current one too, as bulletins do.
func (p Period) Noun() string {
	for _, k := range pers {
		if k.id == p.Per {
			return k.noun
		}
	}
	return "期内"
}

// Before is the word for the period before: 上月.
func (p Period) Before() string {
	switch p.Per {
	case "day":
		return "前一日"
	case "week":
		return "上周"
	case "month":
		return "上月"
	case "quarter":
		return "上季度"
	case "year":
		return "上年"
	}
	return "上一个同样长的期间"
}

// Twice says that something held in the period and in the one before.
func (p Period) Twice() string {
	switch p.Per {
	case "day":
		return "连续两日"
	case "week":
		return "连续两周"
	case "month":
		return "连续两个月"
	case "quarter":
		return "连续两个季度"
	case "year":
		return "连续两年"
	}
	return "连续两期"
}

// Step is the period n steps later.
func (p Period) Step(n int) Period {
	switch p.Per {
	case "year":
		return periodOf("year", p.From.AddDate(n, 0, 0), p.week)
	case "quarter":
		return periodOf("quarter", p.From.AddDate(0, 3*n, 0), p.week)
	case "month":
		return periodOf("month", p.From.AddDate(0, n, 0), p.week)
	case "week":
		return periodOf("week", p.From.AddDate(0, 0, 7*n), p.week)
	case "day":
		return periodOf("day", p.From.AddDate(0, 0, n), p.week)
	}
	days := int(p.To.Sub(p.From).Hours() / 24)
	return Period{Per: perRange, From: p.From.AddDate(0, 0, n*days), To: p.To.AddDate(0, 0, n*days), week: p.week}
}

// Window is the stretch of time that a trend shows: the period with some before it, and the step it is cut into.
func (p Period) Window() (from, to time.Time, step, label string) {
	from, to, step, label = p.window()
	return later(from, time.Date(firstYear, time.January, 1, 0, 0, 0, 0, time.UTC)), to, step, label
}

func (p Period) window() (from, to time.Time, step, label string) {
	switch p.Per {
	case "day":
		return p.From.AddDate(0, 0, -13), p.To, "day", "近14日"
	case "week":
		return p.From.AddDate(0, 0, -7*12), p.To, "week", "近13周"
	case "month":
		return p.From.AddDate(0, -12, 0), p.To, "month", "近13个月"
	case "quarter":
		return p.From.AddDate(0, -24, 0), p.To, "quarter", "近9个季度"
	case "year":
		return p.From.AddDate(-4, 0, 0), p.To, "year", "近5年"
	}
	switch days := p.To.Sub(p.From).Hours() / 24; {
	case days <= 31:
		return p.From, p.To, "day", "期内各日"
	case days <= 120:
		return p.From, p.To, "week", "期内各周"
	case days <= 1100:
		return p.From, p.To, "month", "期内各月"
	}
	return p.From, p.To, "year", "期内各年"
}

// Values are the parameters that give the period in an address.
func (p Period) Values() url.Values {
	if p.Per == perRange {
		return url.Values{"per": {perRange}, "from": {p.From.Format(time.DateOnly)}, "to": {p.Last().Format(time.DateOnly)}}
	}
	return url.Values{"per": {p.Per}, "at": {p.At()}}
}

// brief keeps a text that somebody else wrote short enough to be shown in a sentence.
func brief(s string) string { return clip(s, 20) }

func clip(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return s
}
