package chart

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// row is one horizontal bar with its label to the left and its words to the right.
type row struct {
	Point
	color string
	after string // paler words behind the value: the share
	gap   bool   // no unit at all: the … between first and last
}

const (
	rowHeight  = 28.0 // card px
	targetRoom = 18.0 // above the first row, for the words of a target line
	narrow     = 460  // CSS px: a card at most this wide gives its labels less room
	labelWide  = 150.0
	labelClose = 92.0
)

// half is the width of half an em of type, card px; digits and Latin letters are a little wider than that.
const half = fontSize * 0.56

// drawRows draws rows from top to bottom. Bars begin at zero, always: a length is read as a number. target may be nil.
func drawRows(s sheet, rows []row, target *Mark) Option {
	if len(rows) == 0 {
		return empty(s, 4*rowHeight)
	}
	target = target.drawable()
	head := 0.0
	if target != nil {
		head = targetRoom
	}
	b := band{sheet: s, count: len(rows), each: rowHeight, head: head}

	data, tips := make([]datum, len(rows)), make([]datum, len(rows))
	labels := make([]string, len(rows))
	gaps := false
	for i, r := range rows {
		labels[i] = display(r.Label, 40)
		if r.gap {
			continue
		}
		data[i] = datum{Value: r.value(), Code: r.Code}
		tips[i] = datum{Code: r.Code, Tooltip: r.tip()}
		if data[i].Value == nil {
			gaps = true
			tips[i].Label = shown(r.words())
			continue
		}
		words, columns := r.with(r.after)
		b.room = max(b.room, columns)
		data[i].Label = shown(words)
		data[i].ItemStyle = node{"color": r.color}
		if r.Note != "" {
			data[i].ItemStyle["opacity"] = pale
		}
	}

	lo, hi := extent(rows, target)
	c := b.chart(labels, lo, hi)
	c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{Type: "bar", BarWidth: s.at(min(16, 0.36*b.pitch())), Label: s.label(ink, "right")})
	first := node{
		"data": data, "silent": true, "itemStyle": node{"borderRadius": s.px(2.5)},
		"label": node{
			"fontSize": b.size(), "rich": b.rich(), "opacity": 1, "distance": s.px(3),
			"backgroundColor": card, "padding": []any{s.px(1), s.px(3)}, // a target line stops at the words
		},
	}
	if target != nil {
		merge(first, targetLine(s, "xAxis", *target, "start"))
	}
	patch := b.patch(labels)
	merge(patch, node{"markLine": underBars, "series": []any{first}})
	if s.frame == Card || gaps {
		c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{Type: "bar", YAxisIndex: 1, BarWidth: "100%"})
		whole := touch(hi, tips)
		whole["label"] = node{"position": "insideLeft", "color": ink3, "fontSize": b.size(), "distance": s.px(2), "opacity": 1}
		patch["series"] = []any{first, whole}
	}
	return seal(s, b.height(), c, patch)
}

// extent is the value axis of rows: it holds zero, every value and the target.
func extent(rows []row, target *Mark) (lo, hi float64) {
	for _, r := range rows {
		if v, ok := finite(r.Value); ok {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if target != nil {
		lo, hi = min(lo, target.Value), max(hi, target.Value)
	}
	if lo == hi {
		hi = 1
	}
	return lo, hi
}

// band is the layout of charts made of rows.
type band struct {
	sheet
	count int
	each  float64 // height of a row on a card, card px
	head  float64 // above the first row, card px
	room  int     // columns of type to the right of the bars
}

func (b band) height() float64 { return float64(b.count)*b.each + b.head + 6 }

// pitch is the height a row gets in the frame, card px.
func (b band) pitch() float64 { return (b.inner(b.height()) - b.head - 6) / float64(b.count) }

// size of the type: smaller where many rows share a picture.
func (b band) size() float64 { return b.px(min(fontSize, 0.8*b.pitch())) }

// rich is the style of the words behind a value.
func (b band) rich() node { return node{"after": node{"color": ink2, "fontSize": b.size()}} }

// chart has the axes: labels from top to bottom, values without ticks from lo to hi.
func (b band) chart(labels []string, lo, hi float64) *charts.Bar {
	label := b.axisLabel(ink)
	label.Interval, label.Width, label.Overflow, label.FontSize = "0", int(b.px(labelWide)), "truncate", int(b.size())
	c := charts.NewBar()
	c.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{
			Left: b.at(b.side()), Right: b.at(b.side() + float64(b.room)*half + 8),
			Top: b.at(b.top() + b.head + 2), Bottom: b.at(b.bottom() + 2), ContainLabel: opts.Bool(true),
		}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item"}),
		charts.WithXAxisOpts(opts.XAxis{
			Type: "value", Min: lo, Max: hi,
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(false)}, SplitLine: &opts.SplitLine{Show: opts.Bool(false)},
		}),
		charts.WithYAxisOpts(opts.YAxis{
			Type: "category", Inverse: opts.Bool(true), Data: labels, AxisLabel: label,
			AxisLine: &opts.AxisLine{Show: opts.Bool(false)},
		}),
	)
	return c
}

// patch has what go-echarts' axes lack, the second axis of touch, and less room for labels on a phone.
func (b band) patch(labels []string) node {
	width := func(px float64) node { return node{"yAxis": []any{node{"axisLabel": node{"width": px}}}} }
	return node{
		"yAxis": []any{
			node{"axisTick": node{"show": false}},
			node{"type": "category", "show": false, "inverse": true, "data": labels},
		},
		"media": []any{
			node{"query": node{"maxWidth": narrow}, "option": width(labelClose)},
			node{"option": width(labelWide)},
		},
	}
}
