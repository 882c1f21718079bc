package chart

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestScale(t *testing.T) {
	for name, c := range map[string]struct {
		values        string
		zero, percent bool
		want          scale
	}{
		"counts under bars":            {"1840 2760", true, false, scale{0, 3000, 500}},
		"rates close together":         {"88.6 93.4 95", false, true, scale{88, 96, 2}},
		"rates up to a hundred":        {"96.2 100", false, true, scale{96, 100, 1}},
		"bars of rates":                {"98.6 82.4", true, true, scale{0, 100, 20}},
		"more than a hundred per cent": {"90 130", true, true, scale{0, 150, 25}},
		"lines far apart keep zero":    {"10 60", false, false, scale{0, 60, 10}},
		"all zero":                     {"0 0", true, false, scale{0, 1, 0.2}},
		"nothing":                      {"", true, false, scale{0, 1, 0.2}},
		"all equal":                    {"50", false, false, scale{44, 56, 2}},
		"below zero":                   {"-3 4", true, false, scale{-4, 4, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			got := scaleOf(floats(c.values), 6, c.zero, c.percent)
			for _, pair := range [][2]float64{{got.min, c.want.min}, {got.max, c.want.max}, {got.step, c.want.step}} {
				if math.Abs(pair[0]-pair[1]) > 1e-9 {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
		})
	}
}

func FuzzScale(f *testing.F) {
	f.Add(1.0, 2.0, true, true)
	f.Add(-1e100, 1e100, false, false)
	f.Add(5e-324, 0.0, true, false)
	f.Add(1e15, 1e15+1, false, false)
	f.Add(99.99, 100.0, false, true)
	f.Fuzz(func(t *testing.T, a, b float64, zero, percent bool) {
		var values []float64
		for _, v := range []float64{a, b} {
			if v, ok := finite(&v); ok {
				values = append(values, v)
			}
		}
		s := scaleOf(values, 6, zero, percent)
		for _, v := range []float64{s.min, s.max, s.step} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%v has scale %v", values, s)
			}
		}
		if s.min >= s.max || s.step <= 0 || (s.max-s.min)/s.step > 20 {
			t.Errorf("%v has scale %v", values, s)
		}
		slack := (s.max - s.min) * 1e-6
		for _, v := range values {
			if v < s.min-slack || v > s.max+slack {
				t.Errorf("%v is outside %v", v, s)
			}
		}
		if zero && (s.min > 0 || s.max < 0) {
			t.Errorf("%v has bars without zero: %v", values, s)
		}
	})
}

func TestTicks(t *testing.T) {
	for name, c := range map[string]struct {
		dim, keys, ticks, names string
	}{
		"months over a year's end": {"month", "2025-10 2025-11 2025-12 2026-01 2026-02", "10月 11 12 1 2月", "2025年10月 2025年11月 2025年12月 2026年1月 2026年2月"},
		"one month":                {"month", "2026-03", "3月", "2026年3月"},
		"years":                    {"year", "2025 2026", "2025 2026", "2025年 2026年"},
		"quarters":                 {"quarter", "2025-Q3 2025-Q4 2026-Q1 2026-Q2", "三季度/2025年 四季度 一季度/2026年 二季度/2026年", "2025年三季度 2025年四季度 2026年一季度 2026年二季度"},
		"days over a month's end":  {"day", "2026-01-30 2026-01-31 2026-02-01 2026-02-02", "1月30日 31日 2月1日 2日", "2026年1月30日 2026年1月31日 2026年2月1日 2026年2月2日"},
		"weekdays":                 {"weekday", "1 7", "周一 周日", "周一 周日"},
		"hours":                    {"hour", "0 23", "0 23", "0时 23时"},
		"keys that are no months":  {"month", "2026-13 abc", "2026-13 abc", "2026-13 abc"},
		"keys that are no quarter": {"quarter", "2026-Q5 2026Q1 -Qx", "2026-Q5 2026Q1 -Qx", "2026-Q5 2026Q1 -Qx"},
		"another dimension":        {"kind", "SQ", "SQ", "SQ"},
	} {
		t.Run(name, func(t *testing.T) {
			ticks, names := Ticks(c.dim, strings.Fields(c.keys))
			got := strings.ReplaceAll(strings.Join(ticks, " "), "\n", "/")
			if got != c.ticks || strings.Join(names, " ") != c.names {
				t.Errorf("ticks %q names %q", got, names)
			}
		})
	}
	if _, names := Ticks("week", []string{"2026-10-05"}); names[0] != "2026年10月5日 起一周" {
		t.Errorf("week %q", names)
	}
	var long []string
	for _, y := range []string{"2025", "2026"} {
		for m := 1; m <= 12; m++ {
			long = append(long, y+"-"+map[bool]string{true: "0"}[m < 10]+strconv.Itoa(m))
		}
	}
	if ticks, _ := Ticks("month", long); ticks[12] != "2026年" || ticks[11] != "12" || ticks[23] != "12月" {
		t.Errorf("two years of months: %q", ticks)
	}
}
