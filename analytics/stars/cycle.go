package stars

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// ErrCycle is wrapped by errors about a cycle that cannot be scored.
var ErrCycle = errors.New("invalid cycle")

// Cycle is the period that is evaluated: a calendar year.
type Cycle struct {
	Name     string // 2026
	From, To time.Time
}

var yearPattern = regexp.MustCompile(`^(19|20|21)\d\d$`)

// ParseCycle reads "2026": [2026-01-01, 2027-01-01), naive times of the site's zone.
func ParseCycle(text string) (Cycle, error) {
	if !yearPattern.MatchString(text) {
		return Cycle{}, userError{ErrCycle, fmt.Sprintf("评价周期应写成年份，如 2026，不能是“%s”", text)}
	}
	year, _ := strconv.Atoi(text)
	from := time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
	return Cycle{Name: text, From: from, To: from.AddDate(1, 0, 0)}, nil
}

// begun refuses a cycle that lies ahead.
func (c Cycle) begun(now time.Time) error {
	if c.From.Before(now) {
		return nil
	}
	return userError{ErrCycle, fmt.Sprintf("%s年还没有开始，没有可以评价的数据，请选择%d年或者更早的年份", c.Name, now.Add(-1).Year())}
}

// ended gives the part of the cycle that consists of calendar months or quarters that are over, and how many they
// are; none before the first has ended. An empty per is the whole cycle, once.
func (c Cycle) ended(per string, now time.Time) (to time.Time, periods int64) {
	months := map[string]int{"month": 1, "quarter": 3}[per]
	if months == 0 {
		return c.To, 1
	}
	to = c.From
	for next := to.AddDate(0, months, 0); !next.After(c.To) && !next.After(now); next = next.AddDate(0, months, 0) {
		to = next
		periods++
	}
	return to, periods
}

// userError is a mistake of whoever asked: its text is one Chinese sentence.
type userError struct {
	kind error
	text string
}

func (e userError) Error() string { return e.text }
func (e userError) Unwrap() error { return e.kind }
