package web

import (
	"net/url"
	"testing"
	"time"
)

func date(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// 2026-11-22 is a Sunday; 2026-10-31 a Saturday.
func TestParsePeriod(t *testing.T) {
	latest := date("2026-10-31")
	for _, c := range []struct {
		name, query string
		week        int
		from, to    string // to is the first day after
		label       string
		noticed     bool
	}{
		{"nothing given: the month of the last data", "", 1, "2026-10-01", "2026-11-01", "2026年10月", false},
		{"a month", "per=month&at=2026-02", 1, "2026-02-01", "2026-03-01", "2026年2月", false},
		{"a day of the month stands for it", "per=month&at=2026-02-14", 1, "2026-02-01", "2026-03-01", "2026年2月", false},
		{"a day", "per=day&at=2024-02-29", 1, "2024-02-29", "2024-03-01", "2024年2月29日", false},
		{"a week begins on Monday", "per=week&at=2026-11-22", 1, "2026-11-16", "2026-11-23", "2026年11月16日—22日", false},
		{"a week begins on Friday where the site says so", "per=week&at=2026-11-22", 5, "2026-11-20", "2026-11-27", "2026年11月20日—26日", false},
		{"a week begins on Sunday", "per=week&at=2026-11-22", 7, "2026-11-22", "2026-11-29", "2026年11月22日—28日", false},
		{"a quarter by its key", "per=quarter&at=2026-Q4", 1, "2026-10-01", "2027-01-01", "2026年第四季度", false},
		{"a year", "per=year&at=2025", 1, "2025-01-01", "2026-01-01", "2025年", false},
		{"any range, its last day included", "per=range&from=2026-01-10&to=2026-02-05", 1, "2026-01-10", "2026-02-06", "2026年1月10日—2月5日", false},
		{"a range over years", "from=2025-12-30&to=2026-01-02", 1, "2025-12-30", "2026-01-03", "2025年12月30日—2026年1月2日", false},
		{"a range that is a quarter has its name", "per=range&from=2026-04-01&to=2026-06-30", 1, "2026-04-01", "2026-07-01", "2026年第二季度", false},
		{"a range of one day", "per=range&from=2026-04-03&to=2026-04-03", 1, "2026-04-03", "2026-04-04", "2026年4月3日", false},
		{"a month that does not exist", "per=month&at=2026-13", 1, "2026-10-01", "2026-11-01", "2026年10月", true},
		{"a kind of period that does not exist", "per=decade", 1, "2026-10-01", "2026-11-01", "2026年10月", true},
		{"a range backwards", "per=range&from=2026-02-05&to=2026-01-10", 1, "2026-10-01", "2026-11-01", "2026年10月", true},
		{"a range of half", "per=range&from=2026-02-05", 1, "2026-10-01", "2026-11-01", "2026年10月", true},
		{"a range of centuries", "per=range&from=1900-01-01&to=2199-01-02", 1, "2026-10-01", "2026-11-01", "2026年10月", true},
		{"a year nobody lived in", "per=year&at=0001", 1, "2026-01-01", "2027-01-01", "2026年", true},
		{"an attack", "per=month&at=%27%20OR%201%3D1--", 1, "2026-10-01", "2026-11-01", "2026年10月", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			p, notice := parsePeriod(q, latest, c.week)
			if !p.From.Equal(date(c.from)) || !p.To.Equal(date(c.to)) || p.Label() != c.label || (notice != "") != c.noticed {
				t.Errorf("[%s, %s) %q, notice %q; want [%s, %s) %q", p.From.Format(time.DateOnly), p.To.Format(time.DateOnly), p.Label(), notice, c.from, c.to, c.label)
			}
			again, notice := parsePeriod(p.Values(), latest, c.week)
			if notice != "" || !again.From.Equal(p.From) || !again.To.Equal(p.To) || again.Per != p.Per {
				t.Errorf("its own address %q gives %s, %q", p.Values().Encode(), again.Label(), notice)
			}
		})
	}
}

func TestSteps(t *testing.T) {
	for _, c := range []struct{ per, at, before, after string }{
		{"day", "2026-03-01", "2026年2月28日", "2026年3月2日"},
		{"week", "2026-01-01", "2025年12月22日—28日", "2026年1月5日—11日"},
		{"month", "2026-01", "2025年12月", "2026年2月"},
		{"quarter", "2026-Q1", "2025年第四季度", "2026年第二季度"},
		{"year", "2026", "2025年", "2027年"},
	} {
		day, _ := parseAt(c.at)
		p := periodOf(c.per, day, 1)
		if got := p.Step(-1).Label(); got != c.before {
			t.Errorf("before %s: %s, want %s", p.Label(), got, c.before)
		}
		if got := p.Step(1).Label(); got != c.after {
			t.Errorf("after %s: %s, want %s", p.Label(), got, c.after)
		}
	}
	ten := Period{Per: perRange, From: date("2026-01-11"), To: date("2026-01-21")}
	if got := ten.Step(-1).Label(); got != "2026年1月1日—10日" {
		t.Errorf("ten days earlier: %s", got)
	}
}

// A trend ends with the period and shows whole steps: thirteen months, so that the same month of last year is there.
func TestWindows(t *testing.T) {
	for _, c := range []struct {
		per, at, from, to, step string
	}{
		{"month", "2026-10", "2025-10-01", "2026-11-01", "month"},
		{"day", "2026-10-31", "2026-10-18", "2026-11-01", "day"},
		{"week", "2026-11-22", "2026-08-24", "2026-11-23", "week"},
		{"quarter", "2026-Q4", "2024-10-01", "2027-01-01", "quarter"},
		{"year", "2026", "2022-01-01", "2027-01-01", "year"},
	} {
		day, ok := parseAt(c.at)
		if !ok {
			t.Fatal(c.at)
		}
		from, to, step, _ := periodOf(c.per, day, 1).Window()
		if !from.Equal(date(c.from)) || !to.Equal(date(c.to)) || step != c.step {
			t.Errorf("%s %s: [%s, %s) by %s", c.per, c.at, from.Format(time.DateOnly), to.Format(time.DateOnly), step)
		}
	}
}

func FuzzParsePeriod(f *testing.F) {
	f.Add("month", "2026-10", "", "")
	f.Add("range", "", "2026-01-01", "2026-12-31")
	f.Add("quarter", "2026-Q9", "x", "y")
	f.Fuzz(func(t *testing.T, per, at, from, to string) {
		p, _ := parsePeriod(url.Values{"per": {per}, "at": {at}, "from": {from}, "to": {to}}, date("2026-10-31"), 1)
		if !p.From.Before(p.To) || p.Label() == "" || p.Days() == "" || p.To.Sub(p.From) > 101*366*24*time.Hour {
			t.Errorf("%+v", p)
		}
	})
}
