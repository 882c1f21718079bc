package catalog

// Schedule is one [[schedule]]: what must take place how often in which units. A due metric compares it with the
// activities held.
type Schedule struct {
	ID     string   `toml:"id"`
	Label  string   `toml:"label"`
	Types  []string `toml:"types"` // types of activity that count
	Per    string   `toml:"per"`   // month, quarter or year of the calendar
	Count  int      `toml:"count"` // how many are due per unit and period
	Level  string   `toml:"level"` // every unit of this level; either Level or Place
	Place  string   `toml:"place"` // or every place of this type, matched by the activity's place
	Weight int      `toml:"weight"`
	Plan   string   `toml:"plan"` // measure whose figure for the unit and period replaces Count; may be empty
}

// Months is the length of the schedule's period.
func (s *Schedule) Months() int {
	switch s.Per {
	case "month":
		return 1
	case "quarter":
		return 3
	default:
		return 12
	}
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
	case s.Per != "month" && s.Per != "quarter" && s.Per != "year":
		return "per", "任务安排“" + s.ID + "”的 per 应为 month、quarter 或 year"
	case s.Count < 1:
		return "count", "任务安排“" + s.ID + "”的 count 应为正整数"
	case s.Weight < 1:
		return "weight", "任务安排“" + s.ID + "”的 weight 应为正整数"
	case (s.Level == "") == (s.Place == ""):
		return "level", "任务安排“" + s.ID + "”应写明 level 或 place 二者之一"
	}
	if s.Level != "" {
		if _, ok := c.Level(s.Level); !ok {
			return "level", "任务安排“" + s.ID + "”的层级“" + s.Level + "”不存在"
		}
	}
	return "", ""
}
