package catalog

import "testing"

func TestRowsSQL(t *testing.T) {
	const base = `[metric.x]
type = "ratio"
label = "甲"
unit = "%"
better = "up"
shape = "record"
basis = "received_at"
explain = "测试"
`
	tests := map[string]struct {
		numerator, want string
		counts          bool
	}{
		"all rows":               {`count(*)`, `(TRUE)`, true},
		"a filter":               {`count(*) FILTER (WHERE closed_at < $now)`, `((closed_at < NOW))`, true},
		"a filter with or":       {`count(*) FILTER (WHERE contacted OR resolved)`, `((contacted OR resolved))`, true},
		"a value":                {`count(due_at)`, `((due_at IS NOT NULL))`, true},
		"distinct values":        {`count(DISTINCT subject_key)`, `((subject_key IS NOT NULL))`, false},
		"a sum":                  {`sum(amount)`, `((amount IS NOT NULL))`, false},
		"a sum with a filter":    {`sum(amount) FILTER (WHERE resolved)`, `(resolved AND (amount IS NOT NULL))`, false},
		"the greatest":           {`max(rework_count + 1)`, `(((rework_count + 1) IS NOT NULL))`, false},
		"two aggregates":         {`count(*) FILTER (WHERE resolved) + 2 * count(amount)`, `((resolved) OR ((amount IS NOT NULL)))`, false},
		"inside a function":      {`coalesce(sum(amount), 0)`, `((amount IS NOT NULL))`, false},
		"a value made by a case": {`sum(CASE WHEN resolved THEN quantity END)`, `((CASE WHEN resolved THEN quantity END IS NOT NULL))`, false},
	}
	for situation, tt := range tests {
		t.Run(situation, func(t *testing.T) {
			c := mustLoad(t, "catalog/x.toml", base+"numerator = \""+tt.numerator+"\"\ndenominator = \"count(*)\"\n")
			m, _ := c.Metric("x")
			if got := m.NumeratorRows("NOW"); got != tt.want {
				t.Errorf("rows of %s: %s, want %s", tt.numerator, got, tt.want)
			}
			if got := m.CountsRows(); got != tt.counts {
				t.Errorf("%s counts rows: %v, want %v", tt.numerator, got, tt.counts)
			}
			if got := m.PartialRows("NOW"); got != "FALSE" {
				t.Errorf("rows of no expression: %s, want FALSE", got)
			}
		})
	}
}

func TestReads(t *testing.T) {
	c := mustLoad(t)
	for _, tt := range []struct {
		metric, column string
		want           bool
	}{
		{"on_time_rate", "received_at", true}, // the basis
		{"on_time_rate", "closed_at", true},
		{"on_time_rate", "due_at", true},
		{"on_time_rate", "visited_at", false},
		{"no_deadline", "due_at", false}, // but has_deadline
		{"no_deadline", "has_deadline", true},
		{"satisfaction_rate", "satisfaction", true}, // the partial numerator
		{"handle_hours_p50", "received_at", true},   // the duration
		{"proactive_share", "channel", true},        // in_group
		{"received", "status", false},
	} {
		m, ok := c.Metric(tt.metric)
		if !ok {
			t.Fatalf("no metric %s", tt.metric)
		}
		if got := m.Reads(tt.column); got != tt.want {
			t.Errorf("%s reads %s: %v, want %v", tt.metric, tt.column, got, tt.want)
		}
	}
}
