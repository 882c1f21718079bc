package chart

import (
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// TrendData is a development over buckets of time.
type TrendData struct {
	Ticks  []string // under the axis, one per bucket (see Ticks)
	Names  []string // the buckets in full, for tooltips: 2026年10月
	Series []Series // each with one point per bucket
	Target *Mark    // a dashed line, or nil
}

// Series is one line, or one set of bars, of a trend.
type Series struct {
	Name   string
	Shape  Shape
	Points []Point // Label is not used, Code goes to the page when the bucket is clicked
}

// Shape says how a series is drawn.
type Shape int

const (
	// Bars are grey: the volume against which the lines are read.
	Bars Shape = iota
	// Line is coloured, the first in the colour of the second series.
	Line
	// Compare is a grey dashed line: 去年同期, 全区.
	Compare
)

const trendHeight = 250

// Trend draws bars and lines over time. A point without value is a gap in the line or a missing bar, never zero. The
// value axis begins at zero where there are bars, or where the values are not close together.
func Trend(h Head, f Frame, d TrendData) Option {
	s := sheet{f, h}
	var numbers []float64
	zero, n := false, len(d.Ticks)
	d.Target = d.Target.drawable()
	d.Series = slices.Clone(d.Series)
	for i := range d.Series {
		one := &d.Series[i]
		one.Name, one.Points = display(one.Name, 30), one.Points[:min(n, len(one.Points))]
		numbers = append(numbers, finites(one.Points)...)
		zero = zero || one.Shape == Bars
	}
	if len(numbers) == 0 {
		return empty(s, trendHeight)
	}
	if d.Target != nil {
		numbers = append(numbers, d.Target.Value)
	}
	axis := scaleOf(numbers, 6, zero, h.Unit == "%")

	c := charts.NewBar()
	ticks := make([]string, n)
	for i, t := range d.Ticks {
		ticks[i] = plainLines(t)
	}
	c.SetXAxis(ticks)
	top := s.top() + 10
	if len(d.Series) > 1 {
		top = s.top() + 30
	}
	c.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{
			Left: s.at(s.side()), Right: s.at(s.side() + 4), Top: s.at(top), Bottom: s.at(s.bottom() + 2), ContainLabel: opts.Bool(true),
		}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item"}),
		charts.WithXAxisOpts(opts.XAxis{
			Type: "category", AxisLabel: s.axisLabel(ink2),
			AxisTick: &opts.AxisTick{Show: opts.Bool(false)},
			AxisLine: &opts.AxisLine{LineStyle: &opts.LineStyle{Color: line}},
		}),
		charts.WithYAxisOpts(opts.YAxis{
			Type: "value", AxisLabel: s.axisLabel(ink2), Min: axis.min, Max: axis.max,
			SplitLine: &opts.SplitLine{LineStyle: &opts.LineStyle{Color: line, Width: float32(s.px(1))}},
		}),
	)
	var series []any
	lines := 0
	for _, one := range d.Series {
		typed, patch := s.trendSeries(one.Shape, sources[lines%len(sources)])
		if one.Shape == Line {
			lines++
		}
		typed.Name = one.Name
		c.MultiSeries = append(c.MultiSeries, typed)
		merge(patch, node{"data": trendData(s, one, len(d.Series) == 1), "silent": true})
		series = append(series, patch)
	}
	patch := node{"markLine": underBars, "series": series, "yAxis": []any{node{"interval": axis.step}}}
	if d.Target != nil {
		merge(series[0].(node), targetLine(s, "yAxis", *d.Target, "insideEndTop"))
	}
	if len(d.Series) > 1 {
		patch["legend"] = s.legend(names(d.Series))
	}
	if f == Card {
		c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{Type: "bar", XAxisIndex: 1, BarWidth: "100%"})
		patch["xAxis"] = []any{node{}, node{"type": "category", "show": false, "data": ticks}}
		patch["series"] = append(series, touch(axis.max, trendTips(d)))
	}
	return seal(s, trendHeight, c, patch)
}

// trendSeries is the look of a series, in go-echarts' words and in those it lacks; only a Line takes the colour.
func (s sheet) trendSeries(shape Shape, color string) (charts.SingleSeries, node) {
	width, dash := 1.8, "solid"
	switch shape {
	case Bars:
		return charts.SingleSeries{Type: "bar", BarWidth: "42%", BarMaxWidth: s.at(30), ItemStyle: &opts.ItemStyle{Color: bar}},
			node{"itemStyle": node{"borderRadius": []any{s.px(2), s.px(2), 0, 0}}}
	case Compare:
		color, width, dash = compare, 1.5, "dashed"
	}
	typed := charts.SingleSeries{
		Type: "line", Symbol: "circle", SymbolSize: s.px(5), ShowSymbol: opts.Bool(true),
		ItemStyle: &opts.ItemStyle{Color: color},
		LineStyle: &opts.LineStyle{Color: color, Width: float32(s.px(width)), Type: dash},
	}
	if shape == Compare {
		typed.Symbol = "none"
	}
	return typed, node{"z": 3}
}

// trendData are the items of one series; the only series of a chart has its last value written beside it.
func trendData(s sheet, one Series, only bool) []datum {
	data := make([]datum, len(one.Points))
	last := -1
	for i, p := range one.Points {
		data[i] = datum{Value: p.value()}
		if data[i].Value == nil {
			continue
		}
		last = i
		switch {
		case p.Note != "" && one.Shape == Bars:
			data[i].ItemStyle = node{"opacity": pale}
		case p.Note != "" && one.Shape == Line:
			data[i].Symbol = "emptyCircle"
		case one.Shape == Compare && alone(one.Points, i):
			data[i].Symbol = "circle"
		}
	}
	if only && last >= 0 {
		if text := one.Points[last].words(); text != "" {
			data[last].Label = shown(text)
			merge(data[last].Label, node{"position": "top", "color": ink, "opacity": 1, "fontSize": s.px(fontSize)})
		}
	}
	return data
}

// trendTips has one tooltip per bucket, with all series.
func trendTips(d TrendData) []datum {
	data := make([]datum, len(d.Ticks))
	for i := range data {
		lines := []string{""}
		if i < len(d.Names) {
			lines[0] = display(d.Names[i], 30)
		}
		for _, one := range d.Series {
			if i >= len(one.Points) {
				continue
			}
			p := one.Points[i]
			lines = append(lines, one.Name+"  "+p.valueWords())
			if data[i].Code == "" {
				data[i].Code = p.Code
			}
		}
		if d.Target != nil {
			lines = append(lines, display(d.Target.Text, 30))
		}
		data[i].Tooltip = tip(lines...)
	}
	return data
}

func names(series []Series) []string {
	out := make([]string, len(series))
	for i, one := range series {
		out[i] = one.Name
	}
	return out
}
