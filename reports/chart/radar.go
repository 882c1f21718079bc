package chart

import (
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// RadarData is a unit's profile over several measures beside the median of its peers.
type RadarData struct {
	Name string // 水源社区
	Peer string // 同类中位（9 个）; "" where there is nobody to compare with
	Axes []RadarAxis
}

// RadarAxis is one measure, drawn from 0 to Max. Labels of the points are not used.
type RadarAxis struct {
	Label     string
	Max       float64
	Own, Peer Point
}

const radarHeight = 300

// Radar draws the unit as a filled outline and its peers as a grey dashed one, counter-clockwise from the top. An axis
// on which the unit has no value is an opening in the outline with the note written at the axis, never a point in the
// middle: ECharts' radar series knows no gaps, so its coordinate system only draws the web, and lines of a polar system
// over it draw the outlines. With fewer than three axes there is no area; then it is rows of bars.
func Radar(h Head, f Frame, d RadarData) Option {
	s := sheet{f, h}
	if len(d.Axes) < 3 {
		return radarRows(s, d)
	}
	c := charts.NewRadar()
	indicators := make([]*opts.Indicator, len(d.Axes))
	var own, peer []datum
	for i, a := range d.Axes {
		name, color := display(a.Label, 20), ink
		_, has := finite(a.Own.Value)
		switch {
		case !has:
			name, color = name+"\n"+a.Own.words(), ink3
		case f == Picture && a.Own.Text != "":
			name += "\n" + a.Own.words()
		}
		indicators[i] = &opts.Indicator{Name: name, Max: 100, Color: color}
		angle := 360 * float64(i) / float64(len(d.Axes))
		lines := []string{display(a.Label, 40), display(d.Name, 30) + "  " + a.Own.valueWords()}
		if d.Peer != "" {
			lines = append(lines, display(d.Peer, 30)+"  "+a.Peer.valueWords())
		}
		t := tip(lines...)
		own = append(own, polar(a.Own.Value, a.Max, angle, t))
		peer = append(peer, polar(a.Peer.Value, a.Max, angle, t))
		own[i].Code = a.Own.Code
	}
	own, peer = closed(own), closed(peer)

	middle := s.px(s.top() + (s.inner(radarHeight)-12)/2) // below the middle: the upper name may have two lines
	radius := s.px((s.inner(radarHeight) - 24) * 0.365)
	at := []any{"50%", middle}
	c.SetGlobalOptions(
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item"}),
		charts.WithRadarComponentOpts(opts.RadarComponent{
			Indicator: indicators, SplitNumber: 4, Center: at,
			SplitArea: &opts.SplitArea{Show: opts.Bool(false)},
			SplitLine: &opts.SplitLine{LineStyle: &opts.LineStyle{Color: line, Width: float32(s.px(1))}},
			AxisLine:  &opts.AxisLine{LineStyle: &opts.LineStyle{Color: line, Width: float32(s.px(1))}},
			AxisName:  &opts.AxisName{FontSize: int(s.px(fontSize))},
		}),
	)
	outline := func(name, color, dash string, width float64) charts.SingleSeries {
		return charts.SingleSeries{
			Name: display(name, 30), Type: "line", CoordSystem: "polar",
			Symbol: "circle", SymbolSize: s.px(5), ShowSymbol: opts.Bool(true),
			ItemStyle: &opts.ItemStyle{Color: color},
			LineStyle: &opts.LineStyle{Color: color, Width: float32(s.px(width)), Type: dash},
		}
	}
	unit := outline(d.Name, accent, "solid", 2)
	unit.AreaStyle = &opts.AreaStyle{Color: accent, Opacity: opts.Float(0.12)}
	named, series := []string{display(d.Name, 30)}, []any{node{"data": own, "clip": false, "z": 4}}
	if d.Peer != "" {
		c.MultiSeries = append(c.MultiSeries, outline(d.Peer, compare, "dashed", 1.6))
		named, series = append(named, display(d.Peer, 30)), slices.Insert(series, 0, any(node{"data": peer, "clip": false, "z": 3}))
	}
	c.MultiSeries = append(c.MultiSeries, unit)

	hidden := func(max float64) node {
		return node{
			"type": "value", "min": 0, "max": max, "axisLine": node{"show": false}, "axisTick": node{"show": false},
			"axisLabel": node{"show": false}, "splitLine": node{"show": false},
		}
	}
	angle := hidden(360)
	merge(angle, node{"startAngle": 90, "clockwise": false})
	legend := s.legend(named)
	delete(legend, "right")
	delete(legend, "top")
	merge(legend, node{"left": "center", "bottom": s.px(s.bottom() + 2)})
	return seal(s, radarHeight, c, node{
		"legend":     legend,
		"radar":      node{"radius": radius, "axisNameGap": s.px(8)},
		"polar":      node{"center": at, "radius": radius},
		"angleAxis":  angle,
		"radiusAxis": hidden(100),
		"series":     series,
	})
}

// polar is a point at value / max × 100 from the middle, held inside the web; angle in degrees.
func polar(value *float64, full, angle float64, t *tooltip) datum {
	v, ok := finite(value)
	if _, bounded := finite(&full); !ok || !bounded || full <= 0 {
		return datum{Value: []any{nil, angle}}
	}
	return datum{Value: []any{min(max(v/full, 0), 1) * 100, angle}, Tooltip: t}
}

// closed repeats the first point at 360°.
func closed(data []datum) []datum {
	first := data[0]
	first.Value = []any{first.Value.([]any)[0], 360}
	return append(data, first)
}

func radarRows(s sheet, d RadarData) Option {
	var rows []row
	for _, a := range d.Axes {
		p := a.Own
		p.Label = a.Label
		if text := a.Peer.words(); text != "" {
			p.Detail = d.Peer + "  " + text
		}
		rows = append(rows, row{Point: p, color: second})
	}
	return drawRows(s, rows, nil)
}
