package analytics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Sentinels that callers branch on. The error that wraps one is a single Chinese sentence naming the value.
var (
	ErrUnknownMetric    = errors.New("没有这个指标")
	ErrUnknownDimension = errors.New("没有这个维度")
	ErrUnknownLevel     = errors.New("没有这个层级")
	ErrUnknownUnit      = errors.New("没有这个单位")
	ErrPeriod           = errors.New("期间有误")
	ErrFilter           = errors.New("筛选条件有误")
	ErrUnsupported      = errors.New("指标与维度不能这样组合")
	ErrScope            = errors.New("没有查看数据的权限")
	ErrTooLarge         = errors.New("结果过大")
	ErrVersion          = errors.New("没有这个数据版本")
)

// Error is a mistake in a query, in words for the person who asked.
type Error struct {
	Kind error // one of the sentinels
	Text string
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Kind }

func failf(kind error, format string, args ...any) error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// engineError keeps the engine's own words to one line: the lines after it quote the statement.
type engineError struct{ cause error }

func (e *engineError) Error() string {
	line, _, _ := strings.Cut(e.cause.Error(), "\n")
	return "查询未能完成，请联系管理员：" + line
}

func (e *engineError) Unwrap() error { return e.cause }

// name is something that can be meant: an id and how it is called.
type name struct{ id, label string }

// suggest ends a sentence about an unknown id with the nearest known ones: “…，是否指 on_time_rate（按时办结率）？”.
func suggest(text string, known []name) string {
	type near struct {
		name
		distance int
	}
	text = strings.ToLower(strings.TrimSpace(text))
	var best []near
	for _, k := range known {
		d := min(distance(text, strings.ToLower(k.id)), distance(text, k.label))
		part := len([]rune(text)) >= 2 && (strings.Contains(k.id, text) || strings.Contains(k.label, text))
		if part {
			d = min(d, 1)
		}
		if d <= max(1, len([]rune(text))/3) {
			best = append(best, near{k, d})
		}
	}
	slices.SortStableFunc(best, func(a, b near) int { return a.distance - b.distance })
	if len(best) == 0 {
		return ""
	}
	var names []string
	for _, b := range best[:min(3, len(best))] {
		if b.label == "" || b.label == b.id {
			names = append(names, b.id)
		} else {
			names = append(names, b.id+"（"+b.label+"）")
		}
	}
	return "，是否指 " + strings.Join(names, "、") + "？"
}

// distance is the Levenshtein distance in runes.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		last := row[0]
		row[0] = i + 1
		for j := range y {
			cost := last
			if x[i] != y[j] {
				cost = 1 + min(last, row[j], row[j+1])
			}
			last, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}
