package analytics

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics/catalog"
)

// Table writes the answer for people: Chinese labels with units, columns aligned by display width, the reason in
// place of a missing number, and below it period, data version and how each number is counted. Numbers are rounded
// for reading only.
func (a *Answer) Table(w io.Writer) error {
	var grid [][]string
	var head []string
	var right []bool
	add := func(label string, numeric bool) {
		head, right = append(head, label), append(right, numeric)
	}
	for _, d := range a.Dims {
		add(d.Label, false)
	}
	for _, m := range a.Columns {
		add(labelled(m.Label, m.Unit), true)
		switch a.Compare {
		case Prev:
			add("上期", true)
		case YoY:
			add("上年同期", true)
		default:
			continue
		}
		add("增减（"+changeUnit(m.Metric)+"）", true)
	}
	grid = append(grid, head)
	partial, flagged := false, false
	for _, row := range a.Rows {
		var line []string
		for i, d := range a.Dims {
			line = append(line, keyLabel(d, row.Keys[i]))
		}
		for i, m := range a.Columns {
			c := row.Cells[i]
			s := shown(m.Metric, c.Value, c.Note)
			if c.Value != nil && c.Covered < 1 {
				s, partial = s+"*", true
			}
			if c.Value != nil && c.Flagged > 0 {
				s, flagged = s+"#", true
			}
			line = append(line, s)
			if a.Compare != NoCompare {
				line = append(line, shown(m.Metric, c.Prev, ""), changed(m.Metric, c))
			}
		}
		grid = append(grid, line)
	}
	out := bufio.NewWriter(w)
	WriteGrid(out, grid, right)
	out.WriteString("\n期间：" + periodText(a.From, a.To))
	if a.Compare != NoCompare {
		out.WriteString("；比较期：" + a.prevText())
	}
	out.WriteString("；统计时点：" + a.Now.Format("2006-01-02 15:04") + "；数据版本：" + strconv.FormatInt(a.Version, 10) + "。\n")
	if partial {
		out.WriteString("*部分覆盖：期内有的日期尚未报送数据。\n")
	}
	if flagged {
		out.WriteString("#其中有时间倒置而未计入的事项，或者含约数。\n")
	}
	for _, n := range a.Notes {
		out.WriteString("注意：" + clean(n) + "。\n")
	}
	for _, m := range a.Columns {
		out.WriteString(m.Label + "：" + m.Explain + "\n")
	}
	return out.Flush() // a bufio.Writer keeps its first error
}

func labelled(label, unit string) string {
	if unit == "" {
		return label
	}
	return label + "（" + unit + "）"
}

// changeUnit is what a change is stated in.
func changeUnit(m *catalog.Metric) string {
	switch {
	case m.Relative():
		return "%"
	case m.Unit == "%":
		return "个百分点"
	}
	return m.Unit
}

func keyLabel(d Dim, k Key) string {
	switch v := k.Value.(type) {
	case int:
		if d.Name == "weekday" {
			return [...]string{"", "周一", "周二", "周三", "周四", "周五", "周六", "周日"}[v]
		}
		return strconv.Itoa(v)
	case string:
		if k.Name != "" {
			return clean(k.Upper + k.Name)
		}
		return clean(v)
	}
	if d.Unit {
		return "（未归属" + d.Label + "）"
	}
	return "（未填写）"
}

// clean keeps what a ledger says from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// shown rounds a value: counts to whole numbers where they are whole, everything else to two decimals.
func shown(m *catalog.Metric, v *float64, note Note) string {
	if v == nil {
		if note == NoNote {
			return "-"
		}
		return string(note)
	}
	if m.Relative() && m.Type != catalog.Cross && *v == math.Trunc(*v) {
		return strconv.FormatFloat(*v, 'f', 0, 64)
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}

func changed(m *catalog.Metric, c Cell) string {
	if c.Change == nil {
		if c.ChangeNote == NewlyArisen {
			return string(c.ChangeNote)
		}
		return "-"
	}
	text := strconv.FormatFloat(*c.Change, 'f', 2, 64)
	if *c.Change > 0 {
		return "+" + text
	}
	return text
}

// prevText names the period compared with by its days.
func (a *Answer) prevText() string {
	switch {
	case !a.PrevCut:
		return periodText(a.PrevFrom, a.PrevTo)
	case !a.PrevFrom.Before(a.PrevTo):
		return "无（本期尚未开始）"
	}
	return periodText(a.PrevFrom, ceilDay(a.PrevTo)) + "（与本期已过天数相同）"
}

// periodText names a half-open period by its first and last day.
func periodText(from, to time.Time) string {
	if midnight(from).Equal(from) && midnight(to).Equal(to) {
		return from.Format(time.DateOnly) + "至" + to.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return dateText(from) + "至" + dateText(to)
}
