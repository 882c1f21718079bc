package catalog

// Over says how readings of one measure for one unit join over time.
const (
	OverSum  = "sum"  // readings add up; a reading counts where its whole period lies inside
	OverLast = "last" // the latest reading holds
	OverMean = "mean" // readings are averaged, then units add up
)

// Measure is what a figure states: 户数, 人口. A measure the catalogue does not know is kept as text and read as
// OverLast without a grain.
type Measure struct {
	ID    string `toml:"-"`
	Label string `toml:"label"`
	Unit  string `toml:"unit"`
	Time  string `toml:"time"` // OverSum, OverLast or OverMean

	// Grain is the one at which rows are rolled up; coarser rows only reconcile. Empty members do not restrict:
	// without a level a unit's own reading wins over the readings below it.
	Grain Grain `toml:"grain"`

	// Care says that what is counted are people in care; see Metric.Care.
	Care bool `toml:"care"`

	Synonyms []string `toml:"synonyms"`

	builtin bool // the level of its grain need not be one of the site's: then nothing is rolled up
}

// Grain is a level of units and a length of period: month, quarter, year or "" for any.
type Grain struct {
	Level  string `toml:"level"`
	Period string `toml:"period"`
}

// Measure finds a measure by id; ok is false for one the catalogue does not know, which then reads as itself.
func (c *Catalog) Measure(id string) (m Measure, ok bool) {
	if m := c.measures[id]; m != nil {
		return *m, true
	}
	return Measure{ID: id, Label: id, Time: OverLast}, false
}

// Measures are all known measures, by id in ascending order.
func (c *Catalog) Measures() []Measure {
	var all []Measure
	for _, id := range sortedKeys(c.measures) {
		all = append(all, *c.measures[id])
	}
	return all
}

// MeasureNamed finds a measure by id, label or synonym, without regard to width, case and spaces.
func (c *Catalog) MeasureNamed(text string) (Measure, bool) {
	if id, ok := c.measureNames[foldCode(text)]; ok {
		return *c.measures[id], true
	}
	return Measure{}, false
}

func (m *Measure) check(c *Catalog) (key, text string) {
	switch {
	case m.Label == "":
		return "label", "没有填写中文名称（label）"
	case m.Time != OverSum && m.Time != OverLast && m.Time != OverMean:
		return "time", "time 应为 sum、last 或 mean"
	case m.Grain.Period != "" && m.Grain.Period != "month" && m.Grain.Period != "quarter" && m.Grain.Period != "year":
		return "grain.period", "grain.period 应为 month、quarter、year 或留空"
	}
	if m.Grain.Level != "" && !m.builtin {
		if _, ok := c.Level(m.Grain.Level); !ok {
			return "grain.level", "没有名为“" + m.Grain.Level + "”的层级"
		}
	}
	return "", ""
}
