package catalog

import "time"

// Schedule is one [[schedule]]: what must take place how often in which units. A due metric compares it with the
// activities held.
type Schedule struct {
	ID     string   `toml:"id"`
	Label  string   `toml:"label"`
	Types  []string `toml:"types"` // types of activity that count
	Per    string   `toml:"per"`   // a period of the calendar: PerDay, PerMonth …
	Count  int      `toml:"count"` // how many are due per unit and period
	Level  string   `toml:"level"` // every unit of this level; either Level or Place
	Place  string   `toml:"place"` // or every place of this type, matched by the activity's place
	Weight int      `toml:"weight"`
	Plan   string   `toml:"plan"` // measure whose figure for the unit and period replaces Count; may be empty

	builtin bool // its level need not be one of the site's: then nothing is due
}

// Lengths of a schedule's period.
const (
	PerDay       = "day"
	PerMonth     = "month"
	PerTwoMonths = "two_months" // January and February, March and April …
	PerQuarter   = "quarter"
	PerYear      = "year"
)

// perMonths is the length of the periods that are made of months.
var perMonths = map[string]int{PerMonth: 1, PerTwoMonths: 2, PerQuarter: 3, PerYear: 12}

// Months is the length of its period; 0 where that is a day.
func (s *Schedule) Months() int { return perMonths[s.Per] }

// Period is the period of the calendar [from, to) that holds a naive time: 2026-05-17 lies in [2026-05-01, 2026-07-01) of
// two months.
func (s *Schedule) Period(t time.Time) (from, to time.Time) {
	y, m, d := t.Date()
	n := perMonths[s.Per]
	if n == 0 { // PerDay
		from = time.Date(y, m, d, 0, 0, 0, 0, t.Location())
		return from, from.AddDate(0, 0, 1)
	}
	from = time.Date(y, time.Month((int(m)-1)/n*n+1), 1, 0, 0, 0, 0, t.Location())
	return from, from.AddDate(0, n, 0)
}

// Schedule finds a schedule by id.
func (c *Catalog) Schedule(id string) (*Schedule, bool) {
	for i := range c.schedules {
		if c.schedules[i].ID == id {
			return &c.schedules[i], true
		}
	}
	return nil, false
}

func (s *Schedule) check(c *Catalog) (key, text string) {
	switch {
	case !isID(s.ID):
		return "id", "任务安排的 id“" + s.ID + "”应由小写字母、数字和下划线组成"
	case s.Label == "":
		return "label", "任务安排“" + s.ID + "”没有中文名称（label）"
	case len(s.Types) == 0:
		return "types", "任务安排“" + s.ID + "”没有写明活动类型（types）"
	case s.Per != PerDay && perMonths[s.Per] == 0:
		return "per", "任务安排“" + s.ID + "”的 per 应为 day、month、two_months、quarter 或 year"
	case s.Count < 1:
		return "count", "任务安排“" + s.ID + "”的 count 应为正整数"
	case s.Weight < 1:
		return "weight", "任务安排“" + s.ID + "”的 weight 应为正整数"
	case (s.Level == "") == (s.Place == ""):
		return "level", "任务安排“" + s.ID + "”应写明 level 或 place 二者之一"
	}
	if s.Level != "" && !s.builtin {
		if _, ok := c.Level(s.Level); !ok {
			return "level", "任务安排“" + s.ID + "”的层级“" + s.Level + "”不存在"
		}
	}
	return "", ""
}
