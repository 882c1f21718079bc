package profile

import "testing"

func TestParseTerm(t *testing.T) {
	for text, want := range map[string]Term{
		"5个工作日": {Days: 5, Working: true}, "５个工作日内": {Days: 5, Working: true}, "五个工作日内办结": {Days: 5, Working: true}, "10工作日": {Days: 10, Working: true},
		"7天": {Days: 7}, "七天内": {Days: 7}, "15日内": {Days: 15}, "15 日之内": {Days: 15}, "两周": {Days: 14}, "1个星期内": {Days: 7}, "3个月内": {Months: 3},
		"自受理之日起15个工作日内": {Days: 15, Working: true}, "0天": {}, "30个自然日": {Days: 30},
	} {
		if got, ok := ParseTerm(text); !ok || got != want {
			t.Errorf("%q: %+v, %t, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "15日", "3月", "尽快", "2026-03-16", "5", "工作日", "9999天", "1.5天", "-3天", "5天左右", "当天"} {
		if got, ok := ParseTerm(text); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func FuzzParseTerm(f *testing.F) {
	for _, s := range []string{"5个工作日", "两周", "15日内", "3个月", "1e3天", "一百二十天"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseTerm(s)
		if ok && (got.Days < 0 || got.Months < 0 || got.Days+31*got.Months > maxTerm) {
			t.Errorf("%q: %+v", s, got)
		}
	})
}
