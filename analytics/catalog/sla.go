package catalog

import (
	"slices"
	"time"
)

// SLA is one [[sla]]: the deadline of a kind of matter that states none itself.
type SLA struct {
	Kind      string   `toml:"kind"`
	Procedure string   `toml:"procedure"` // only matters handled by this procedure; "" for all others
	From      []string `toml:"from"`      // time columns; the first that is filled decides
	Days      []int    `toml:"days"`      // one per column of From
	Working   bool     `toml:"working"`   // count working days
}

// Times are what a deadline is reckoned from; the zero time means unknown.
type Times struct {
	Occurred, Received, Accepted, Assigned time.Time
}

var slaColumns = []string{"occurred_at", "received_at", "accepted_at", "assigned_at"}

func (t Times) column(name string) time.Time {
	switch name {
	case "occurred_at":
		return t.Occurred
	case "received_at":
		return t.Received
	case "accepted_at":
		return t.Accepted
	default:
		return t.Assigned
	}
}

// Due is the deadline of a matter of this kind and procedure without a stated one: the last second of the n-th day
// after the first filled time. The day of that time is not counted and a term ends when its last day ends
// (民法典第二百零一条、第二百零三条), so a ledger that gives only dates is treated like one that gives clock times.
// Received 2026-01-05 10:00 with 5 working days: 2026-01-12 23:59:59. ok is false where no rule or no time fits.
func (c *Catalog) Due(kind, procedure string, t Times) (due time.Time, ok bool) {
	rule := c.slas[slaKey{kind, procedure}]
	if rule == nil {
		rule = c.slas[slaKey{kind, ""}]
	}
	if rule == nil {
		return time.Time{}, false
	}
	for i, name := range rule.From {
		if start := t.column(name); !start.IsZero() {
			last := c.Calendar.AddDays(start, rule.Days[i], rule.Working)
			return time.Date(last.Year(), last.Month(), last.Day(), 23, 59, 59, 0, last.Location()), true
		}
	}
	return time.Time{}, false
}

type slaKey struct{ kind, procedure string }

func (s *SLA) check(c *Catalog) (key, text string) {
	if code, ok := c.Lookup(ListKind, s.Kind); !ok || code != s.Kind {
		return "kind", "时限规则的事项类型“" + s.Kind + "”不在代码表中"
	}
	if len(s.From) != len(s.Days) {
		return "days", "时限规则“" + s.Kind + "”的 from 与 days 应一一对应"
	}
	for i, f := range s.From {
		if !slices.Contains(slaColumns, f) {
			return "from", "时限规则“" + s.Kind + "”的起算时间“" + f + "”应为 occurred_at、received_at、accepted_at 或 assigned_at"
		}
		if s.Days[i] < 0 || s.Days[i] > 3660 {
			return "days", "时限规则“" + s.Kind + "”的天数应在 0 至 3660 之间"
		}
	}
	return "", ""
}
