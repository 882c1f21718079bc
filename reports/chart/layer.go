package chart

// pale is the opacity of a value with a reservation.
const pale = 0.45

// underBars keeps target lines below bars and their words. A line takes its z from here, not from its series.
var underBars = node{"z": 1}

// targetLine is a dashed line across the first series of a chart, at a value of the named axis, with its words. It goes
// together with underBars.
func targetLine(s sheet, axis string, m Mark, position string) node {
	return node{"markLine": node{
		"silent": true, "symbol": []any{"none", "none"}, "precision": 9,
		"lineStyle": node{"color": compare, "type": "dashed", "width": s.px(1)},
		"label":     node{"position": position, "color": ink2, "fontSize": s.px(fontSize - 1), "formatter": display(m.Text, 24)},
		"data":      []any{node{axis: m.Value}},
	}}
}

// touch is an invisible bar over each whole band of a chart on a card: what it covers answers to mouse and finger with
// one tooltip (and one click) for the band, however short the bar or thin the line below is. It has the value axis' full
// length. Its series stands on a category axis of its own, because bars of one axis stand side by side.
// A band without a tooltip has none.
func touch(full float64, data []datum) node {
	for i := range data {
		if data[i].Tooltip != nil {
			data[i].Value = full
		}
	}
	return node{
		"data": data, "z": 9, "itemStyle": node{"color": ink, "opacity": 0},
		"emphasis": node{"itemStyle": node{"color": ink, "opacity": 0.05}},
	}
}

// legend names series in the corner above the drawing area.
func (s sheet) legend(names []string) node {
	return node{
		"show": true, "data": names, "right": s.px(s.side() + 4), "top": s.px(s.top()),
		"itemWidth": s.px(14), "itemHeight": s.px(8), "itemGap": s.px(12), "selectedMode": false,
		"textStyle": node{"color": ink2, "fontSize": s.px(fontSize)},
	}
}
