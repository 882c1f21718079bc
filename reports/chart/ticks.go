package chart

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Ticks turns the time keys of an answer (DESIGN §5: year 2026, quarter 2026-Q1, month 2026-01, week = its first day,
// day 2026-01-31, hour 0–23, weekday 1–7) into words: ticks are short and leave out what the one before already says,
// names are complete. dim is the dimension's id. A key that is none of these stays as it is.
//
// Months: 10月, 11, 12, 1, … and the last with 月 again; where they pass a year, January carries the year.
func Ticks(dim string, keys []string) (ticks, names []string) {
	ticks, names = make([]string, len(keys)), make([]string, len(keys))
	for i, key := range keys {
		before := ""
		if i > 0 {
			before = keys[i-1]
		}
		ends := i == 0 || i == len(keys)-1
		tick, name, ok := "", "", false
		switch dim {
		case "year":
			tick, name, ok = key, key+"年", key != ""
		case "quarter":
			tick, name, ok = quarterTick(key, ends)
		case "month":
			tick, name, ok = monthTick(key, ends, len(keys) > 13)
		case "day", "week":
			tick, name, ok = dayTick(key, before)
			if dim == "week" {
				name += " 起一周"
			}
		case "hour":
			tick, name, ok = key, key+"时", key != ""
		case "weekday":
			if n, err := strconv.Atoi(key); err == nil && n >= 1 && n <= 7 {
				tick, ok = "周"+string([]rune("一二三四五六日")[n-1]), true
				name = tick
			}
		}
		if !ok {
			tick, name = key, key
		}
		ticks[i], names[i] = tick, name
	}
	return ticks, names
}

func quarterTick(key string, ends bool) (tick, name string, ok bool) {
	year, q, ok := strings.Cut(key, "-Q")
	n, err := strconv.Atoi(q)
	if !ok || err != nil || n < 1 || n > 4 {
		return "", "", false
	}
	tick = string([]rune("一二三四")[n-1]) + "季度"
	name = year + "年" + tick
	if ends || n == 1 {
		tick += "\n" + year + "年"
	}
	return tick, name, true
}

func monthTick(key string, ends, long bool) (tick, name string, ok bool) {
	t, err := time.Parse("2006-01", key)
	if err != nil {
		return "", "", false
	}
	m := int(t.Month())
	tick, name = strconv.Itoa(m), fmt.Sprintf("%d年%d月", t.Year(), m)
	switch {
	case long && m == 1:
		tick = fmt.Sprintf("%d年", t.Year())
	case ends:
		tick += "月"
	}
	return tick, name, true
}

func dayTick(key, before string) (tick, name string, ok bool) {
	t, err := time.Parse(time.DateOnly, key)
	if err != nil {
		return "", "", false
	}
	tick, name = fmt.Sprintf("%d日", t.Day()), fmt.Sprintf("%d年%d月%d日", t.Year(), t.Month(), t.Day())
	if len(before) != len(key) || before[:7] != key[:7] {
		tick = fmt.Sprintf("%d月%d日", t.Month(), t.Day())
	}
	return tick, name, true
}
