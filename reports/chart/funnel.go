package chart

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

const stageHeight = 40.0 // card px

// Funnel draws stages that each keep part of the one before (受理 → 签收 → 办结 → 满意), in the order given: centred bars
// whose lengths are the counts, with the count and, in Point.Detail, the conversion the caller published (93.4%) in a
// column to the right. Bars are used and not ECharts' trapezoids because only lengths from one base can be compared. A
// stage without value has its note there and no bar.
func Funnel(h Head, f Frame, stages []Point) Option {
	s := sheet{f, h}
	full := 0.0
	for _, v := range finites(stages) {
		full = max(full, v)
	}
	if len(finites(stages)) == 0 {
		return empty(s, 4*stageHeight)
	}
	if full == 0 {
		full = 1
	}
	b := band{sheet: s, count: len(stages), each: stageHeight}
	labels := make([]string, len(stages))
	space, body, words := make([]datum, len(stages)), make([]datum, len(stages)), make([]datum, len(stages))
	for i, p := range stages {
		labels[i] = display(p.Label, 40)
		text, columns := p.with(p.Detail)
		b.room = max(b.room, columns)
		words[i] = datum{Code: p.Code, Tooltip: p.tip(), Label: shown(text)}
		v, ok := finite(p.Value)
		if !ok {
			words[i].Label["color"] = ink3
			continue
		}
		v = max(v, 0)
		space[i].Value, body[i].Value = (full-v)/2, v
		if p.Note != "" {
			body[i].ItemStyle = node{"opacity": pale}
		}
	}

	c := b.chart(labels, 0, full)
	width := s.at(min(36, 0.6*b.pitch()))
	c.MultiSeries = append(
		c.MultiSeries,
		charts.SingleSeries{Type: "bar", Stack: "stage", BarWidth: width},
		charts.SingleSeries{Type: "bar", Stack: "stage", BarWidth: width, ItemStyle: &opts.ItemStyle{Color: second}},
		charts.SingleSeries{Type: "bar", YAxisIndex: 1, BarWidth: "100%"},
	)
	whole := touch(full, words)
	whole["label"] = node{"position": "right", "color": ink, "fontSize": b.size(), "opacity": 1, "distance": s.px(8), "rich": b.rich()}
	patch := b.patch(labels)
	patch["series"] = []any{
		node{"data": space, "silent": true, "itemStyle": node{"color": second, "opacity": 0}},
		node{"data": body, "silent": true, "itemStyle": node{"borderRadius": s.px(2.5)}},
		whole,
	}
	return seal(s, b.height(), c, patch)
}
