package chart

import "github.com/go-echarts/go-echarts/v2/charts"

// empty says in the middle of the drawing area that there is nothing to draw. Pages have an empty state of their own;
// this one is for pictures, and for a chart that runs empty while it is shown.
func empty(s sheet, height float64) Option {
	word := node{
		"text": wordEmpty, "left": "center", "top": "middle",
		"textStyle": node{"color": ink3, "fontSize": s.px(fontSize + 1), "fontWeight": "normal"},
	}
	return seal(s, height, charts.NewBar(), node{"title": append(s.titles(), word)}).without("xAxis", "yAxis")
}
