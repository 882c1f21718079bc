package catalog

import (
	"time"
)

// Calendar knows which dates are worked. Dates it has no entry for follow the weekend rule, so years without a
// published holiday arrangement are Monday to Friday.
type Calendar struct {
	weekend [8]bool // by ISO weekday
	days    map[civil]bool
}

// civil is a date without time and zone.
type civil struct {
	year  int
	month time.Month
	day   int
}

func civilOf(t time.Time) civil {
	y, m, d := t.Date()
	return civil{y, m, d}
}

// Working says whether the date of t is worked.
func (c *Calendar) Working(t time.Time) bool {
	if worked, ok := c.days[civilOf(t)]; ok {
		return worked
	}
	return !c.weekend[isoWeekday(t)]
}

// Known says whether the calendar has the holiday arrangement of a year.
func (c *Calendar) Known(year int) bool {
	for d := range c.days {
		if d.year == year {
			return true
		}
	}
	return false
}

// AddDays moves t by n days and keeps its clock time: calendar days, or with working only worked ones, where the
// day of t itself is never counted. Friday 10:00 plus one working day is Monday 10:00; so is Saturday 10:00. n < 0
// counts as 0.
func (c *Calendar) AddDays(t time.Time, n int, working bool) time.Time {
	if !working {
		return t.AddDate(0, 0, max(n, 0))
	}
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if c.Working(t) {
			n--
		}
	}
	return t
}

func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// calendarFile is the [calendar] table of config.toml. A site's dates are put over the built-in ones, date by date.
type calendarFile struct {
	Weekend  []int    `toml:"weekend"`  // ISO weekdays off
	Holidays []string `toml:"holidays"` // dates off, or ranges 2026-02-15/2026-02-23, both ends included
	Workdays []string `toml:"workdays"` // weekend dates worked in exchange
}

func (c *Calendar) apply(f calendarFile) (key, text string) {
	if c.days == nil {
		c.days = map[civil]bool{}
	}
	if f.Weekend != nil {
		c.weekend = [8]bool{}
		for _, d := range f.Weekend {
			if d < 1 || d > 7 {
				return "weekend", "weekend 应为 1（周一）至 7（周日）"
			}
			c.weekend[d] = true
		}
		if len(f.Weekend) > 6 {
			return "weekend", "weekend 不能包含一周的全部七天"
		}
	}
	for _, list := range []struct {
		key    string
		dates  []string
		worked bool
	}{{"holidays", f.Holidays, false}, {"workdays", f.Workdays, true}} {
		for _, s := range list.dates {
			from, to, ok := dateRange(s)
			if !ok {
				return list.key, "“" + s + "”不是日期，应写作 2026-10-01 或 2026-10-01/2026-10-07"
			}
			for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
				c.days[civilOf(d)] = list.worked
			}
		}
	}
	return "", ""
}

func dateRange(s string) (from, to time.Time, ok bool) {
	a, b := s, s
	if i := len(time.DateOnly); len(s) == 2*i+1 && s[i] == '/' {
		a, b = s[:i], s[i+1:]
	}
	from, err1 := time.Parse(time.DateOnly, a)
	to, err2 := time.Parse(time.DateOnly, b)
	ok = err1 == nil && err2 == nil && !to.Before(from) && to.Sub(from) < 366*24*time.Hour
	return from, to, ok
}
