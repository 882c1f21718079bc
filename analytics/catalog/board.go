package catalog

import "fmt"

// Board is one [board.<id>] table: which numbers a page shows, and in which place. A mechanism that a site wants to
// see on its page is an entry here, not code.
type Board struct {
	ID    string `toml:"-"`
	Label string `toml:"label"` // title of the page: 运行总览

	Cards   []Card       `toml:"card"`
	Map     []BoardChart `toml:"map"`     // what the map can show; the first is shown at once
	Ranking []BoardChart `toml:"ranking"` // what units can be compared by; the first is shown at once
	Trend   *BoardTrend  `toml:"trend"`
	Parts   *BoardParts  `toml:"parts"`
	Flow    *BoardFlow   `toml:"flow"`
	Funnel  *BoardFunnel `toml:"funnel"`
	Duties  []Duty       `toml:"duty"` // 重点督办事项, in order
}

// Card is one figure with its base and its comparison.
type Card struct {
	Metric string   `toml:"metric"`
	Label  string   `toml:"label"`  // default: the metric's
	Target *float64 `toml:"target"` // in the metric's unit; nil for none
	Spark  bool     `toml:"spark"`  // with the line of the last periods
	Beside []string `toml:"beside"` // further metrics in small type
}

// BoardChart is one metric that a map or a ranking shows.
type BoardChart struct {
	Metric string   `toml:"metric"`
	Target *float64 `toml:"target"`
	Floor  *float64 `toml:"floor"` // units below it (above it where less is better) are 需关注
	Ramp   string   `toml:"ramp"`  // map: volume (default) or worse
}

// BoardTrend is two counts over the last periods, the first as bars, the second as a line.
type BoardTrend struct {
	Label string `toml:"label"`
	Bars  string `toml:"bars"`
	Line  string `toml:"line"`
}

// BoardParts divides a count by a dimension of codes.
type BoardParts struct {
	Label  string `toml:"label"`
	Metric string `toml:"metric"`
	Dim    string `toml:"dim"`
}

// BoardFlow follows matters through dimensions of codes; "org" stands for the units one level below the one shown.
type BoardFlow struct {
	Label  string   `toml:"label"`
	Note   string   `toml:"note"`
	Metric string   `toml:"metric"`
	Dims   []string `toml:"dims"`
}

// BoardFunnel is counts of one cohort, each a part of the one before: 征集 → 认领 → 实现.
type BoardFunnel struct {
	Label   string   `toml:"label"`
	Metrics []string `toml:"metrics"`
}

// Duty is one line of 重点督办事项: a count as of now, whatever the period of the page, or a share of what was due in
// this year so far.
type Duty struct {
	Metric string `toml:"metric"`
	Label  string `toml:"label"`  // default: the metric's
	Lamp   string `toml:"lamp"`   // while there is any: overdue, or warn
	Year   bool   `toml:"year"`   // since the first of January of now, instead of since the first data
	Urgent bool   `toml:"urgent"` // named in the sentence at the top of the page
}

// The lamps of a Duty.
const (
	LampOverdue = "overdue"
	LampWarn    = "warn"
)

// The ramps of a map.
const (
	RampVolume = "volume"
	RampWorse  = "worse"
)

// FlowOrg is the dimension of a BoardFlow that stands for units.
const FlowOrg = "org"

// Board finds a board by its id.
func (c *Catalog) Board(id string) (*Board, bool) {
	b, ok := c.boards[id]
	return b, ok
}

// check gives the key and the text of the first mistake.
func (b *Board) check(c *Catalog) (key, text string) {
	if b.Label == "" {
		return "label", "缺少名称（label）"
	}
	known := func(ids ...string) string {
		for _, id := range ids {
			if _, ok := c.Metric(id); !ok {
				return "没有指标“" + id + "”"
			}
		}
		return ""
	}
	for _, card := range b.Cards {
		if text := known(append([]string{card.Metric}, card.Beside...)...); text != "" {
			return "card", text
		}
	}
	for name, charts := range map[string][]BoardChart{"map": b.Map, "ranking": b.Ranking} {
		for _, s := range charts {
			if text := known(s.Metric); text != "" {
				return name, text
			}
			if s.Ramp != "" && s.Ramp != RampVolume && s.Ramp != RampWorse {
				return name, fmt.Sprintf("ramp 只能是 %s 或 %s", RampVolume, RampWorse)
			}
		}
	}
	if t := b.Trend; t != nil {
		if text := known(t.Bars, t.Line); text != "" {
			return "trend", text
		}
	}
	if p := b.Parts; p != nil {
		if text := known(p.Metric); text != "" {
			return "parts", text
		}
	}
	if f := b.Flow; f != nil {
		if text := known(f.Metric); text != "" {
			return "flow", text
		}
		if len(f.Dims) < 2 {
			return "flow", "流向至少要有两个维度（dims）"
		}
	}
	if f := b.Funnel; f != nil {
		if text := known(f.Metrics...); text != "" {
			return "funnel", text
		}
	}
	for _, d := range b.Duties {
		if text := known(d.Metric); text != "" {
			return "duty", text
		}
		if d.Lamp != LampOverdue && d.Lamp != LampWarn {
			return "duty", fmt.Sprintf("lamp 只能是 %s 或 %s", LampOverdue, LampWarn)
		}
	}
	return "", ""
}
