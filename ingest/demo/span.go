package demo

import (
	"fmt"
	"time"
)

const day = 24 * time.Hour

// span is the time the ledgers tell of: [from, until), both midnights. Times are naive, in the site's
// zone, and carried as UTC.
type span struct{ from, until time.Time }

// newSpan starts on the first day of the month two years before until, so that every month of the last
// two years is whole but the running one.
func newSpan(until time.Time) (span, error) {
	y, m, d := until.Date()
	if y < 2000 || y > 2099 {
		return span{}, fmt.Errorf("%w：%s 不在 2000 年至 2099 年之间，请用 --until 另给一个日期", ErrUntil, until.Format("2006-01-02"))
	}
	return span{time.Date(y-2, m, 1, 0, 0, 0, 0, time.UTC), time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}, nil
}

// days is the length of the span.
func (s span) days() int { return int(s.until.Sub(s.from) / day) }

// founded is the day since which the units and polygons are valid, well before the first matter.
func (s span) founded() string { return fmt.Sprintf("%d-01-01", s.from.Year()-1) }

// lastYear is the last calendar year that has ended.
func (s span) lastYear() int { return s.until.Year() - 1 }

// sheet is the part of a span that one file holds.
type sheet struct {
	span
	label string // how a title names it: 2025年, 2024年11月至12月, 2026年1月1日至11月21日
}

// years cuts the span at the calendar years, as ledgers are handed in.
func (s span) years() []sheet {
	return s.sheets(12, func(first time.Time) string { return fmt.Sprintf("%d年", first.Year()) })
}

// whole is the span in one sheet, as a ledger that is kept on and on.
func (s span) whole() []sheet { return []sheet{{s, partLabel(s)}} }

// sheets cuts the span into calendar periods of so many months. One that the span holds only in part is
// named by its months or days, so that a title never claims time of which the file says nothing.
func (s span) sheets(months int, whole func(first time.Time) string) []sheet {
	var all []sheet
	for start := periodOf(s.from, months); start.Before(s.until); start = start.AddDate(0, months, 0) {
		part := span{start, start.AddDate(0, months, 0)}
		label := whole(start)
		if part.from.Before(s.from) || part.until.After(s.until) {
			if part.from.Before(s.from) {
				part.from = s.from
			}
			if part.until.After(s.until) {
				part.until = s.until
			}
			label = partLabel(part)
		}
		all = append(all, sheet{part, label})
	}
	return all
}

// periodOf is the first day of the calendar period of so many months, a part of a year, that holds t.
func periodOf(t time.Time, months int) time.Time {
	n := time.Month(months)
	return time.Date(t.Year(), (t.Month()-1)/n*n+1, 1, 0, 0, 0, 0, time.UTC)
}

// partLabel names a time that begins with a month: by its months if they are whole, else by its first and last day.
func partLabel(part span) string {
	last := part.until.AddDate(0, 0, -1)
	month, date := "1月", "1月2日"
	if last.Year() != part.from.Year() {
		month, date = "2006年"+month, "2006年"+date
	}
	switch {
	case part.until.Day() == 1 && part.until.Equal(part.from.AddDate(0, 1, 0)):
		return part.from.Format("2006年1月")
	case part.until.Day() == 1:
		return part.from.Format("2006年1月") + last.Format("至"+month)
	case part.from.Equal(last):
		return part.from.Format("2006年1月2日")
	}
	return part.from.Format("2006年1月2日") + last.Format("至"+date)
}
