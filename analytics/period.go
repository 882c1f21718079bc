package analytics

import (
	"fmt"
	"slices"
	"time"
)

// maxYears keeps a mistyped year from filling an answer with empty days.
const maxYears = 100

const firstYear, lastYear = 1900, 2199

// span is an interval of days [from, to) on which one bucket of the answer, or its comparison, is counted. Spans
// with the same run belong together.
type span struct {
	run      int
	prev     bool
	from, to time.Time

	// The whole days of the interval that have begun by now, for coverage: [firstDay, endDay), days of them.
	firstDay, endDay time.Time
	days             int
}

// bucket is one combination of time keys of the spine. Without a time dimension there is one, without keys.
type bucket struct {
	run     int
	keys    []time.Time // one per time dimension
	prev    []time.Time // the keys that it is compared with
	weekday int         // 0 where weekday was not asked
}

// timeKey is the first day of the interval of a time dimension that holds a day.
func timeKey(dim string, t time.Time, weekStart int) time.Time {
	y, m, d := t.Date()
	switch dim {
	case "week":
		d -= (isoWeekday(t) - weekStart + 7) % 7
	case "month":
		d = 1
	case "quarter":
		m, d = (m-1)/3*3+1, 1
	case "year":
		m, d = 1, 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// keyNumber is the key by which the statement groups: a number that is cheap to compute from a time (timeExpr) and
// ascends with it.
func keyNumber(dim string, first time.Time) int {
	switch dim {
	case "month":
		return first.Year()*12 + int(first.Month())
	case "quarter":
		return first.Year()*4 + (int(first.Month())+2)/3
	case "year":
		return first.Year()
	case "week":
		return dayNumber(first) / 7
	default:
		return dayNumber(first)
	}
}

// dayNumber counts the days since an epoch before all others.
func dayNumber(t time.Time) int { return int((midnight(t).Unix() - epoch.Unix()) / (24 * 60 * 60)) }

// epoch is a Monday; days before it do not occur (checkPeriod).
var epoch = time.Date(1800, 1, 6, 0, 0, 0, 0, time.UTC)

// keyText writes the key of a time dimension: 2026, 2026-Q1, 2026-01, 2026-01-31; a week by its first day.
// The year alone is a number.
func keyText(dim string, t time.Time) any {
	switch dim {
	case "year":
		return t.Year()
	case "quarter":
		return fmt.Sprintf("%04d-Q%d", t.Year(), (t.Month()+2)/3)
	case "month":
		return t.Format("2006-01")
	default:
		return t.Format(time.DateOnly)
	}
}

func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

func midnight(t time.Time) time.Time { return timeKey("day", t, 1) }

// ceilDay is the first midnight not before t.
func ceilDay(t time.Time) time.Time {
	if d := midnight(t); d.Equal(t) {
		return d
	}
	return midnight(t).AddDate(0, 0, 1)
}

// addMonths moves t by months and keeps its day of the month, or takes the month's last where there is no such day.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// shift gives the function from a time to the time it is compared with.
func (p *plan) shift() func(time.Time) time.Time {
	months := func(n int) func(time.Time) time.Time {
		return func(t time.Time) time.Time { return addMonths(t, n) }
	}
	days := func(n int) func(time.Time) time.Time {
		return func(t time.Time) time.Time { return t.AddDate(0, 0, n) }
	}
	has := func(id string) bool { return slices.ContainsFunc(p.dims, func(d dim) bool { return d.name == id }) }
	if p.Compare == YoY {
		if has("week") {
			return days(-364)
		}
		return months(-12)
	}
	switch {
	case has("day"):
		return days(-1)
	case has("week"):
		return days(-7)
	case has("month"):
		return months(-1)
	case has("quarter"):
		return months(-3)
	case has("year"):
		return months(-12)
	}
	if p.From.Day() == 1 && p.To.Day() == 1 && midnight(p.From).Equal(p.From) && midnight(p.To).Equal(p.To) {
		return months(-((p.To.Year()-p.From.Year())*12 + int(p.To.Month()) - int(p.From.Month())))
	}
	length := p.To.Sub(p.From)
	return func(t time.Time) time.Time { return t.Add(-length) }
}

// checkPeriod refuses what no calendar can answer.
func (p *plan) checkPeriod() error {
	switch {
	case p.From.IsZero() && p.To.IsZero():
		return failf(ErrPeriod, "请给出期间的起止日期")
	case p.From.IsZero(), p.To.IsZero(): // also what was written 0001-01-01
		return failf(ErrPeriod, "期间的起止日期都要给出，年份应在 %d 年至 %d 年之间", firstYear, lastYear)
	case !p.From.Before(p.To):
		return failf(ErrPeriod, "起始时间 %s 应早于截止时间 %s（截止日不含在内）", dateText(p.From), dateText(p.To))
	case p.From.Year() < firstYear || p.To.Year() > lastYear:
		return failf(ErrPeriod, "期间 %s 至 %s 应在 %d 年至 %d 年之间，请检查年份", dateText(p.From), dateText(p.To), firstYear, lastYear)
	case p.To.After(addMonths(p.From, 12*maxYears)):
		return failf(ErrPeriod, "期间 %s 至 %s 超过 %d 年，请检查年份", dateText(p.From), dateText(p.To), maxYears)
	case p.Now.IsZero():
		return failf(ErrPeriod, "请给出统计时点")
	case p.Compare != NoCompare && p.Compare != Prev && p.Compare != YoY:
		return failf(ErrPeriod, "不认识的比较方式“%s”，应为 prev（环比）或 yoy（同比）", string(p.Compare))
	}
	names := make([]string, 0, len(p.times))
	for _, d := range p.times {
		names = append(names, d.name)
	}
	if p.Compare != NoCompare && slices.Contains(names, "week") && !slices.Contains(names, "day") && len(names) > 1 {
		return failf(ErrUnsupported, "周可能跨月，按周比较时请不要同时按月、季度或年分组")
	}
	return nil
}

func dateText(t time.Time) string {
	if midnight(t).Equal(t) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04:05")
}

// calendar lays out the period: the buckets of the spine in order and the spans they count.
func (p *plan) calendar() {
	weekStart := p.cat.Site.WeekStart
	weekday := slices.ContainsFunc(p.dims, func(d dim) bool { return d.name == "weekday" })
	shift := p.shift()
	keysOf := func(t time.Time) []time.Time {
		keys := make([]time.Time, len(p.times))
		for i, d := range p.times {
			keys[i] = timeKey(d.name, t, weekStart)
		}
		return keys
	}
	var last []time.Time
	var seen [8]bool
	for day := midnight(p.From); day.Before(p.To); day = day.AddDate(0, 0, 1) {
		keys := keysOf(day)
		begins := len(p.spans) == 0 || !slices.EqualFunc(keys, last, time.Time.Equal)
		if begins {
			if n := len(p.spans); n > 0 {
				p.spans[n-1].to = day
			}
			start := day
			if day.Before(p.From) {
				start = p.From
			}
			p.spans = append(p.spans, span{run: len(p.spans), from: start, to: p.To})
			last, seen = keys, [8]bool{}
		}
		d := 0
		if weekday {
			d = isoWeekday(day)
		}
		if begins || weekday && !seen[d] {
			seen[d] = true
			b := bucket{run: len(p.spans) - 1, keys: keys, weekday: d}
			if p.Compare != NoCompare {
				b.prev = keysOf(shift(p.spans[b.run].from))
			}
			p.buckets = append(p.buckets, b)
		}
	}
	if p.Compare != NoCompare {
		for _, s := range slices.Clone(p.spans) {
			if e := p.elapsed(s.from, s.to); s.from.Before(e) {
				p.spans = append(p.spans, span{run: s.run, prev: true, from: shift(s.from), to: shift(e)})
			}
		}
		p.prevFrom, p.prevTo = shift(p.From), shift(p.elapsed(p.From, p.To))
	}
	end := ceilDay(p.now())
	for i := range p.spans {
		s := &p.spans[i]
		s.firstDay, s.endDay = midnight(s.from), ceilDay(s.to)
		if end.Before(s.endDay) {
			s.endDay = end
		}
		s.days = max(0, int(s.endDay.Sub(s.firstDay)/(24*time.Hour)))
	}
}

// elapsed is the end of the part of [from, to) that has passed by now. What is still running is compared with the
// same part of the earlier period: half a month with half a month. What has not begun is compared with nothing.
func (p *plan) elapsed(from, to time.Time) time.Time {
	switch now := p.now(); {
	case now.Before(from):
		return from
	case now.Before(to):
		return now
	}
	return to
}

// now is the query's now as a time of the days that are counted.
func (p *plan) now() time.Time { return p.Now.Add(p.cat.Site.DayShift()) }

// hours are the hours of the day inside the period: all, unless it is shorter than a day.
func (p *plan) hours() []int {
	from, to := p.From.Add(-p.cat.Site.DayShift()), p.To.Add(-p.cat.Site.DayShift())
	var hours []int
	for t := from.Truncate(time.Hour); t.Before(to) && len(hours) < 24; t = t.Add(time.Hour) {
		if h := t.Hour(); !slices.Contains(hours, h) {
			hours = append(hours, h)
		}
	}
	slices.Sort(hours)
	return hours
}
