package chart

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

const sparkHeight = 36

// Spark is the development of one number without axes, for a figure's card: a thin line over a grey area. Points come in
// the order of time; a gap stays a gap. Both frames draw the same line; a Picture has its titles around it.
func Spark(h Head, f Frame, values []Point) Option {
	s := sheet{f, h}
	numbers := finites(values)
	if len(numbers) == 0 {
		return empty(s, sparkHeight)
	}
	axis := scaleOf(numbers, 2, false, h.Unit == "%")
	names := make([]string, len(values))
	data := make([]datum, len(values))
	for i, p := range values {
		names[i] = display(p.Label, 20)
		data[i] = datum{Value: p.value()}
		if alone(values, i) { // without neighbours there is no line to see
			data[i].Symbol = "circle"
		}
	}

	c := charts.NewLine()
	c.SetXAxis(names)
	c.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{
			Left: s.at(s.side() + 2), Right: s.at(s.side() + 2), Top: s.at(s.top() + 3), Bottom: s.at(s.bottom() + 2),
		}),
	)
	c.AddSeries("", nil,
		charts.WithLineStyleOpts(opts.LineStyle{Color: compare, Width: float32(s.px(1.2))}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: compare}),
		charts.WithAreaStyleOpts(opts.AreaStyle{Color: line, Opacity: opts.Float(0.5), Origin: "start"}),
	)
	return seal(s, sparkHeight, c, node{
		"xAxis":   []any{node{"type": "category", "show": false, "boundaryGap": false}},
		"yAxis":   []any{node{"type": "value", "show": false, "min": axis.min, "max": axis.max}},
		"series":  []any{node{"data": data, "symbol": "none", "symbolSize": s.px(3), "silent": true}},
		"tooltip": node{"show": false},
	})
}

// alone says whether the point at i has a value and no neighbour with one.
func alone(points []Point, i int) bool {
	has := func(i int) bool {
		if i < 0 || i >= len(points) {
			return false
		}
		_, ok := finite(points[i].Value)
		return ok
	}
	return has(i) && !has(i-1) && !has(i+1)
}
