package analytics

import (
	"testing"
	"time"
)

func TestTimeKeys(t *testing.T) {
	for _, c := range []struct {
		dim, day  string
		weekStart int
		first     string
		text      any
	}{
		{"day", "2026-01-31", 1, "2026-01-31", "2026-01-31"},
		{"week", "2026-01-04", 1, "2025-12-29", "2025-12-29"},
		{"week", "2026-01-05", 1, "2026-01-05", "2026-01-05"},
		{"week", "2026-01-04", 7, "2026-01-04", "2026-01-04"},
		{"week", "2026-01-03", 7, "2025-12-28", "2025-12-28"},
		{"week", "2026-01-01", 5, "2025-12-26", "2025-12-26"},
		{"month", "2026-01-31", 1, "2026-01-01", "2026-01"},
		{"quarter", "2026-06-30", 1, "2026-04-01", "2026-Q2"},
		{"quarter", "2026-10-01", 1, "2026-10-01", "2026-Q4"},
		{"year", "2026-12-31", 1, "2026-01-01", 2026},
	} {
		first := timeKey(c.dim, moment(t, c.day), c.weekStart)
		if !first.Equal(moment(t, c.first)) || keyText(c.dim, first) != c.text {
			t.Errorf("%s of %s: %v, %v", c.dim, c.day, first, keyText(c.dim, first))
		}
	}
	if epoch.Weekday() != time.Monday {
		t.Error("the epoch of week keys must be a Monday")
	}
}

func TestAddMonthsKeepsTheDayOrTakesTheLast(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-03-31", -1, "2026-02-28"},
		{"2024-03-31", -1, "2024-02-29"},
		{"2024-02-29", -12, "2023-02-28"},
		{"2026-01-01", -1, "2025-12-01"},
		{"2026-11-30", 3, "2027-02-28"},
		{"2026-05-15", 0, "2026-05-15"},
	} {
		if got := addMonths(moment(t, c.from), c.n); !got.Equal(moment(t, c.want)) {
			t.Errorf("%s %+d months: %v, want %s", c.from, c.n, got, c.want)
		}
	}
}

// Every day of a period lies in exactly one span, whatever the dimensions.
func TestSpansCoverThePeriodWithoutOverlap(t *testing.T) {
	cat := siteFS{}.load(t)
	for _, dims := range [][]string{nil, {"day"}, {"week"}, {"month"}, {"week", "month"}, {"year", "quarter"}, {"weekday"}, {"month", "weekday"}} {
		q := parseQuery(t, []string{"2024-02-10T06:00", "2026-03-20T18:00", "received"})
		q.Dims = dims
		p, err := newPlan(cat, q)
		if err != nil {
			t.Fatal(err)
		}
		at := q.From
		for i, s := range p.spans {
			if !s.from.Equal(at) || !s.from.Before(s.to) || s.run != i {
				t.Fatalf("%v: span %d is [%v, %v), want it to begin at %v", dims, i, s.from, s.to, at)
			}
			at = s.to
		}
		if !at.Equal(q.To) {
			t.Errorf("%v: the last span ends at %v", dims, at)
		}
	}
}

// The number by which the statement groups must be the one the spine has, for every day of some years.
func TestKeyNumberEqualsTheStatements(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec("INSERT INTO record (id, source_system, kind, received_at, content, job, row, since) " +
		"SELECT i::VARCHAR, 't', 'SQ', TIMESTAMP '1999-12-20 23:59:59' + INTERVAL (i) DAY, 0, 1, i, 1 FROM range(1200) r(i)")
	for _, start := range []string{"1", "4", "7"} {
		cat := siteFS{"config.toml": "[site]\nweek_start = " + start}.load(t)
		for _, dim := range []string{"day", "week", "month", "quarter", "year"} {
			q := parseQuery(t, []string{"1999-12-01", "2003-06-01", "received", "by=" + dim})
			a, err := f.run(cat, q)
			if err != nil {
				t.Fatal(err)
			}
			want := map[any]float64{}
			for i := range 1200 {
				day := moment(t, "1999-12-20").AddDate(0, 0, i)
				want[keyText(dim, timeKey(dim, day, cat.Site.WeekStart))]++
			}
			var sum float64
			for _, r := range a.Rows {
				sum += r.Cells[0].N
				if r.Cells[0].N != want[r.Keys[0].Value] {
					t.Fatalf("%s %v: %v, want %v", dim, r.Keys[0].Value, r.Cells[0].N, want[r.Keys[0].Value])
				}
			}
			if sum != 1200 {
				t.Errorf("%s: %v rows in all, want 1200", dim, sum)
			}
		}
	}
}

func TestEveryMetricRuns(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.insert("org", readCase(t, "base.inc")[0].rows)
	cat := siteFS{}.load(t)
	var ids []string
	for _, m := range cat.Metrics() {
		ids = append(ids, m.ID)
	}
	for _, dims := range [][]string{nil, {"org:community", "month"}, {"org:branch", "quarter", "org:street"}} {
		q := parseQuery(t, []string{"2026-01-01", "2026-07-01", "received"})
		q.Metrics, q.Dims, q.Compare = ids, dims, Prev
		if _, err := f.run(cat, q); err != nil {
			t.Errorf("all metrics by %v: %v", dims, err)
		}
	}
	dims, labels := Dimensions(cat)
	for i, d := range dims {
		q := parseQuery(t, []string{"2026-01-01", "2026-02-01", "received", "by=" + d})
		if a, err := f.run(cat, q); err != nil || a.Dims[0].Label != labels[i] || labels[i] == "" {
			t.Errorf("by %s: %v", d, err)
		}
	}
}
