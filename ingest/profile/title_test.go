package profile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTitleContext(t *testing.T) {
	for _, c := range []struct {
		name        string
		head        [][]string
		header      int
		sheet, file string
		lines       []string
		from, to    string
	}{
		{
			"title row",
			[][]string{{"红旗街道朝阳社区居民诉求台账（2025年上半年）", "", ""}, {"序号", "受理日期"}},
			1, "", "台账.csv",
			[]string{"红旗街道朝阳社区居民诉求台账（2025年上半年）"},
			"2025-01-01", "2025-07-01",
		},
		{
			"two rows, the form's date is no period",
			[][]string{{"朝阳社区台账"}, {"填报单位：朝阳社区", "", "填报日期：2023年10月5日"}, {"序号"}},
			2, "Sheet1", "2023年第三季度.csv",
			[]string{"朝阳社区台账", "填报单位：朝阳社区 填报日期：2023年10月5日"},
			"2023-07-01", "2023-10-01",
		},
		{"sheet before file", [][]string{{"序号"}}, 0, "2023年9月", "2024年.csv", nil, "2023-09-01", "2023-10-01"},
		{"the year from the file", [][]string{{"第三季度统计"}, {"序号"}}, 1, "", "朝阳社区2023.csv", []string{"第三季度统计"}, "2023-07-01", "2023-10-01"},
		{"a month with its year in the file", [][]string{{"9月份台账"}, {"序号"}}, 1, "", "2023年/2023年台账.csv", []string{"9月份台账"}, "2023-09-01", "2023-10-01"},
		{"range of months", [][]string{{"某社区（2023.01-2023.12）"}, {"x"}}, 1, "", "a.csv", []string{"某社区（2023.01-2023.12）"}, "2023-01-01", "2024-01-01"},
		{"assessment month", [][]string{{"某街道2023年9月19日至10月18日"}, {"x"}}, 1, "", "a.csv", []string{"某街道2023年9月19日至10月18日"}, "2023-09-19", "2023-10-19"},
		{"a form that nobody filled in", [][]string{{"（单位名称）居民诉求台账（    年  月）"}, {"x"}}, 1, "", "a.csv", []string{"（单位名称）居民诉求台账（    年  月）"}, "", ""},
		{"a form without its month", [][]string{{"居民诉求台账（2026年  月）"}, {"x"}}, 1, "", "a.csv", []string{"居民诉求台账（2026年  月）"}, "", ""},
		{"a form without its month, the file has it", [][]string{{"居民诉求台账（2026年  月）"}, {"x"}}, 1, "", "2026年3月.csv", []string{"居民诉求台账（2026年  月）"}, "2026-03-01", "2026-04-01"},
		{
			"merged cells that repeat their text",
			[][]string{{"朝阳社区台账（2023年9月）", "朝阳社区台账（2023年9月）", "朝阳社区台账（2023年9月）"}, {"朝阳社区台账（2023年9月）"}, {"填报\n单位", "朝阳社区", "填报\n单位"}, {"x"}},
			3, "", "a.xlsx",
			[]string{"朝阳社区台账（2023年9月）", "填报单位 朝阳社区"},
			"2023-09-01", "2023-10-01",
		},
		{"up to which day", [][]string{{"铁西社区2025年居民诉求台账（截至2026年1月5日）"}, {"x"}}, 1, "", "a.csv", []string{"铁西社区2025年居民诉求台账（截至2026年1月5日）"}, "2025-01-01", "2026-01-01"},
		{"the day it was printed", [][]string{{"铁西社区2025年12月居民诉求台账（2026.1.5）"}, {"x"}}, 1, "", "a.csv", []string{"铁西社区2025年12月居民诉求台账（2026.1.5）"}, "2025-12-01", "2026-01-01"},
		{"a day without a label beside who reports", [][]string{{"居民诉求台账"}, {"填报单位：铁西社区", "2026年1月10日"}, {"x"}}, 2, "", "a.csv", []string{"居民诉求台账", "填报单位：铁西社区 2026年1月10日"}, "", ""},
		{"a meeting on one day", [][]string{{"2026年3月4日议事会签到表"}, {"x"}}, 1, "", "a.csv", []string{"2026年3月4日议事会签到表"}, "2026-03-04", "2026-03-05"},
		{"over New Year", [][]string{{"台账（2023年12月—2024年1月）"}, {"x"}}, 1, "", "a.csv", []string{"台账（2023年12月—2024年1月）"}, "2023-12-01", "2024-02-01"},
		{"no period", [][]string{{"朝阳社区台账"}, {"x"}}, 1, "", "12345热线工单.csv", []string{"朝阳社区台账"}, "", ""},
		{"a code in the file name is no year", [][]string{{"x"}}, 0, "", "20191234567.csv", nil, "", ""},
		{"Windows path", [][]string{{"x"}}, 0, "", `C:\台账\朝阳社区（2023年9月）.csv`, nil, "2023-09-01", "2023-10-01"},
		{"no header", [][]string{{"2023年9月", "x"}}, -1, "", "a.csv", nil, "", ""},
		{"a header row past the head", [][]string{{"2023年9月"}}, 5, "", "a.csv", []string{"2023年9月"}, "2023-09-01", "2023-10-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := TitleContext(c.head, c.header, c.sheet, c.file)
			if diff := cmp.Diff(c.lines, got.Lines); diff != "" {
				t.Error(diff)
			}
			if got.HasPeriod() != (c.from != "") || got.HasPeriod() && (got.From.Format(time.DateOnly) != c.from || got.To.Format(time.DateOnly) != c.to) {
				t.Errorf("%v to %v, want %s to %s", got.From, got.To, c.from, c.to)
			}
		})
	}
	for _, c := range []struct{ name, text, bad, from, to string }{
		{"month 13", "台账（2026年13月）", "2026年13月", "", ""},
		{"30th of February", "台账（2026年2月30日）", "2026年2月30日", "", ""},
		{"from June to March", "台账（2026年6月至3月）", "2026年6月至3月", "", ""},
		{"two years", "台账（2025-2026年度）", "", "2025-01-01", "2027-01-01"},
		{"two years in words", "台账（2025年至2026年）", "", "2025-01-01", "2027-01-01"},
		{"a number behind a year is no month", "2025年20件", "", "2025-01-01", "2026-01-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := TitleContext([][]string{{c.text}, {"x"}}, 1, "", "a.csv")
			if got.BadPeriod != c.bad {
				t.Errorf("bad %q, want %q", got.BadPeriod, c.bad)
			}
			if got.HasPeriod() != (c.from != "") || got.HasPeriod() && (got.From.Format(time.DateOnly) != c.from || got.To.Format(time.DateOnly) != c.to) {
				t.Errorf("%v to %v, want %s to %s", got.From, got.To, c.from, c.to)
			}
		})
	}
	title := TitleContext([][]string{{"甲", "", "乙"}, {"x"}}, 1, " 表一 ", "dir/丙.v2.csv")
	for kind, want := range map[string]string{"title": "甲 乙", "sheet": "表一", "file": "丙.v2", "column": ""} {
		if got := title.Text(kind); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}
