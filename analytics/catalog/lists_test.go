package catalog

import (
	"testing"
	"time"
)

func at(s string) time.Time {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic(s)
}

func TestLookup(t *testing.T) {
	c := mustLoad(t)
	for _, x := range []struct{ list, text, want string }{
		{ListKind, "SQ", "SQ"},
		{ListKind, "ｓｑ", "SQ"},
		{ListKind, "居民诉求", "SQ"},
		{ListKind, " 微 心愿 ", "WX"},
		{ListChannel, "12345", "12345热线"},
		{ListChannel, "１２３４５热线", "12345热线"},
		{ListStatus, "办结", "已办结"},
		{ListStatus, "已转办（转哨）", "已转办"},
		{ListStatus, "已转办(转哨)", "已转办"},
		{ListSatisfaction, "非常满意", "满意"},
		{ListSatisfaction, "满意", "满意"},
		{ListSatisfaction, "非常不满意", "不满意"},
		{ListResolvedLevel, "区级", "区级部门"},
		{ListResult, "未解决", "未解决"},
		{ListActivityType, "XC", "巡查"},
		{ListTargetGroup, "独居老人", "独居"},
		{ListKind, "", ""},
		{ListKind, "别的", ""},
		{"没有这张表", "SQ", ""},
	} {
		if got, ok := c.Lookup(x.list, x.text); got != x.want || ok != (x.want != "") {
			t.Errorf("%s %q: %q %v, want %q", x.list, x.text, got, ok, x.want)
		}
	}
	if got := c.List(ListKind).LabelOf("XFJ"); got != "信访" {
		t.Errorf("XFJ is shown as %q", got)
	}
	if got := c.List(ListKind).LabelOf("怪类"); got != "怪类" {
		t.Errorf("an unknown code is shown as %q", got)
	}
	if m, ok := c.MeasureNamed("常住 人口"); !ok || m.ID != "population" {
		t.Errorf("常住人口 is %+v", m)
	}
	if m, ok := c.Measure("议题数"); ok || m.Label != "议题数" || m.Time != OverLast {
		t.Errorf("an unknown measure reads as %+v", m)
	}
}

func TestWorkingDays(t *testing.T) {
	c := mustLoad(t)
	for day, want := range map[string]bool{
		"2026-01-01": false, // 元旦
		"2026-01-04": true,  // a Sunday worked in exchange
		"2026-01-05": true, "2026-01-10": false, "2026-02-17": false, "2026-02-14": true, "2026-02-24": true, "2026-10-10": true,
		"2026-09-25": false, "2031-10-01": true, // not announced yet: Monday to Friday
	} {
		if c.Calendar.Working(at(day)) != want {
			t.Errorf("%s worked: %v", day, !want)
		}
	}
	if !c.Calendar.Known(2026) || c.Calendar.Known(2031) {
		t.Error("2026 is announced, 2031 is not")
	}
	for _, x := range []struct {
		from    string
		n       int
		working bool
		want    string
	}{
		{"2026-01-09 10:00", 1, true, "2026-01-12 10:00"},  // Friday to Monday
		{"2026-01-10 10:00", 1, true, "2026-01-12 10:00"},  // Saturday to Monday
		{"2026-02-13 10:00", 2, true, "2026-02-24 10:00"},  // the worked Saturday, then past the Spring Festival
		{"2026-02-13 10:00", 2, false, "2026-02-15 10:00"}, // calendar days
		{"2026-01-09 10:00", 0, true, "2026-01-09 10:00"},
		{"2026-01-09 10:00", -3, true, "2026-01-09 10:00"},
	} {
		if got := c.Calendar.AddDays(at(x.from), x.n, x.working); !got.Equal(at(x.want)) {
			t.Errorf("%s + %d (working %v) = %v, want %s", x.from, x.n, x.working, got, x.want)
		}
	}
}

func TestDeadlines(t *testing.T) {
	c := mustLoad(t)
	received, accepted, assigned := at("2026-01-05 10:00"), at("2026-01-08"), at("2026-01-09 16:00")
	for _, x := range []struct {
		kind, procedure string
		times           Times
		want            string
	}{
		{"WX", "", Times{Received: received, Accepted: accepted}, "2026-02-07 23:59:59"},
		{"WX", "", Times{Received: received}, "2026-01-20 23:59:59"},
		{"CS", "", Times{Received: received, Assigned: assigned}, "2026-01-14 23:59:59"},
		{"CS", "攻坚", Times{Assigned: assigned}, "2026-01-16 23:59:59"},
		{"CS", "日常", Times{Assigned: assigned}, "2026-01-14 23:59:59"},
		{"CS", "", Times{Received: received}, ""},
		{"DB", "", Times{Received: received}, "2026-01-12 23:59:59"},
		{"TY", "", Times{Received: received}, "2026-02-04 23:59:59"},
		{"SQ", "", Times{Received: received}, ""},
		{"XFJ", "", Times{Received: received}, ""},
		{"WX", "", Times{}, ""},
	} {
		got, ok := c.Due(x.kind, x.procedure, x.times)
		if ok != (x.want != "") || ok && !got.Equal(at(x.want)) {
			t.Errorf("%s %s: %v %v, want %s", x.kind, x.procedure, got, ok, x.want)
		}
	}
}

func TestSiteTime(t *testing.T) {
	c := mustLoad(t, "config.toml", "[site]\nday_cut_hour = 12\nassessment_day = 19")
	if got := c.Site.Naive(time.Date(2026, 1, 1, 20, 0, 0, 0, time.UTC)); !got.Equal(at("2026-01-02 04:00")) {
		t.Errorf("20:00 UTC is %v in Shanghai", got)
	}
	if got := at("2026-01-01 12:00").Add(c.Site.DayShift()); got.Day() != 2 {
		t.Errorf("noon counts for %v", got)
	}
	for day, want := range map[string]string{"2026-04-19": "2026-04-19", "2026-05-18 23:59": "2026-04-19", "2026-05-19": "2026-05-19", "2026-01-01": "2025-12-19"} {
		from, to := c.Site.AssessmentMonth(at(day))
		if !from.Equal(at(want)) || !to.Equal(from.AddDate(0, 1, 0)) {
			t.Errorf("%s lies in [%v, %v)", day, from, to)
		}
	}
	if mustLoad(t).Site.DayShift() != 0 {
		t.Error("by default a day begins at midnight")
	}
}

func TestLevels(t *testing.T) {
	c := mustLoad(t)
	for id, want := range map[string]int{"district": 0, "street": 1, "building": 4, "committee": 0, "household": 4, "none": -1} {
		if got := c.Depth(id); got != want {
			t.Errorf("%s stands at %d, want %d", id, got, want)
		}
	}
	if l, ok := c.Level("estate_branch"); !ok || l.Tree != Party || l.Label != "小区党组织" {
		t.Errorf("estate_branch is %+v", l)
	}
}

func FuzzLookup(f *testing.F) {
	c, err := Load(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("kind", "诉求")
	f.Add("status", "\x00\xff１２")
	f.Fuzz(func(t *testing.T, list, text string) {
		code, ok := c.Lookup(list, text)
		if again, ok2 := c.Lookup(list, code); ok && (!ok2 || again != code) {
			t.Errorf("%q gives %q, which gives %q", text, code, again)
		}
	})
}
