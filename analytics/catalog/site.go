package catalog

import (
	"time"
)

// Site is the [site] table of config.toml.
type Site struct {
	Name     string `toml:"name"`
	TimeZone string `toml:"time_zone"` // IANA name; every stored time is naive in this zone

	WeekStart int `toml:"week_start"` // ISO weekday a week begins on: 1 Monday … 7 Sunday

	// DayCutHour is the hour at which the next day begins for counting. 0: midnight. 12: a day is noon to noon
	// and bears the date of its end, so what comes in after noon counts for tomorrow.
	DayCutHour int `toml:"day_cut_hour"`

	// AssessmentDay is the day on which a 考核月 begins: 1 is the calendar month; 19 makes the month of May run from
	// 19 April to 18 May.
	AssessmentDay int `toml:"assessment_day"`

	// MinCovered is the share of covered days below which a scored indicator counts as 缺数据.
	MinCovered float64 `toml:"min_covered"`

	// Of people in care no number from 1 up to below SmallN is shown for units below the levels of SmallBelow, one level
	// of each tree, nor any that gives it away (small numbers: package analytics).
	SmallN     int      `toml:"small_n"`
	SmallBelow []string `toml:"small_below"`

	location *time.Location
}

// Location is the site's time zone.
func (s *Site) Location() *time.Location { return s.location }

// Naive gives a moment as the warehouse stores it: the wall clock of the site's zone, labelled UTC.
func (s *Site) Naive(t time.Time) time.Time {
	t = t.In(s.location)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// DayShift is what must be added to a naive time so that its date is the day it counts for.
func (s *Site) DayShift() time.Duration {
	return time.Duration((24-s.DayCutHour)%24) * time.Hour
}

// AssessmentMonth is the 考核月 that contains a naive time: its first day and the first day of the next.
// With assessment_day = 19 both 19 April and 18 May 2026 lie in [2026-04-19, 2026-05-19), the month of May.
func (s *Site) AssessmentMonth(t time.Time) (from, to time.Time) {
	from = time.Date(t.Year(), t.Month(), s.AssessmentDay, 0, 0, 0, 0, t.Location())
	if t.Before(from) {
		from = from.AddDate(0, -1, 0)
	}
	return from, from.AddDate(0, 1, 0)
}

func (s *Site) check() (key, text string) {
	var err error
	switch {
	case s.TimeZone == "":
		return "time_zone", "没有填写时区，例如 Asia/Shanghai"
	case s.WeekStart < 1 || s.WeekStart > 7:
		return "week_start", "一周的第一天应为 1（周一）至 7（周日）"
	case s.DayCutHour < 0 || s.DayCutHour > 23:
		return "day_cut_hour", "日切时点应为 0 至 23 之间的整点"
	case s.AssessmentDay < 1 || s.AssessmentDay > 28:
		return "assessment_day", "考核月起始日应为 1 至 28"
	case s.MinCovered < 0 || s.MinCovered > 1:
		return "min_covered", "最低覆盖率应在 0 与 1 之间"
	case s.SmallN < 3 || s.SmallN > 20: // of a small number there must be two that it may be
		return "small_n", "不显示的小数上限应为 3 至 20"
	}
	if s.location, err = time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		return "time_zone", "不认识的时区“" + s.TimeZone + "”，应写作 Asia/Shanghai 这样的名称"
	}
	return "", ""
}

// The two trees of units.
const (
	Area  = "area"
	Party = "party"
)

// Level is one level of a tree of units. Ids are unique over both trees.
type Level struct {
	ID    string `toml:"id"`
	Label string `toml:"label"`
	Tree  string `toml:"tree"` // Area or Party
}

// Level finds a level by its id.
func (c *Catalog) Level(id string) (Level, bool) {
	for _, l := range c.Levels {
		if l.ID == id {
			return l, true
		}
	}
	return Level{}, false
}

// Depth is a level's place in its own tree, 0 at the top; -1 for an unknown id.
func (c *Catalog) Depth(id string) int {
	depth := map[string]int{}
	for _, l := range c.Levels {
		if l.ID == id {
			return depth[l.Tree]
		}
		depth[l.Tree]++
	}
	return -1
}

func checkLevels(levels []Level) string {
	seen := map[string]bool{}
	for _, l := range levels {
		switch {
		case !isID(l.ID):
			return "层级的 id“" + l.ID + "”应由小写字母、数字和下划线组成"
		case l.Label == "":
			return "层级“" + l.ID + "”没有中文名称（label）"
		case l.Tree != Area && l.Tree != Party:
			return "层级“" + l.ID + "”的 tree 应为 area 或 party"
		case seen[l.ID]:
			return "层级“" + l.ID + "”重复；两棵树的层级名称也不能相同"
		}
		seen[l.ID] = true
	}
	return ""
}

// isID holds ids to letters that need no quoting in SQL, JSON, TOML or a URL.
func isID(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}
