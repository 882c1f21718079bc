package chart

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// MaxRegions is the most regions one map draws: beyond it a browser takes seconds. A larger layer is drawn a level of
// units at a time.
const MaxRegions = 1000

// ErrTooManyRegions is the error of Choropleth over MaxRegions.
var ErrTooManyRegions = errors.New("地图的区域过多")

// MapData is a map of units coloured by class.
type MapData struct {
	// Map is the name under which the page (or render) registers the GeoJSON with ECharts: features with the property
	// code, WGS-84 longitude and latitude in degrees (geo.WriteGeoJSON, Tiles). The geometry is not in the option.
	Map string
	// MidLat is the middle latitude of the layer in degrees: a degree of longitude is drawn cos(MidLat) as wide as one
	// of latitude. 0 for Tiles.
	MidLat float64

	Regions  []Point // one per feature, joined by Code
	Decimals int     // to which Point.Text is rounded; class limits have as many at most
	Ramp     Ramp
	Selected string // Code of the region to mark, or ""
	Unnamed  bool   // no names on the map: where regions are too small for them, they only cover each other
}

const (
	mapHeight   = 420.0
	legendRow   = 18.0 // card px
	legendSpace = 14.0
)

// Choropleth draws a map in five half-open classes with round limits (see Classes), strongest first in the legend with
// the number of regions of each. Regions without value are a class of their own, named by their notes (缺数据、样本不足),
// with a dash below the name. Data values are class numbers (0 weakest, -1 without value), so that browser, server and
// legend cannot disagree about a limit; the number itself stands in the tooltip. A feature without a Region is drawn like
// one without value, but has no name and no tooltip. More than MaxRegions is an ErrTooManyRegions.
func Choropleth(h Head, f Frame, d MapData) (Option, error) {
	s := sheet{f, h}
	if len(d.Regions) > MaxRegions {
		return Option{}, fmt.Errorf("%w：一张地图最多画 %d 个区域，现有 %d 个，请先选择下一级单位", ErrTooManyRegions, MaxRegions, len(d.Regions))
	}
	if len(d.Regions) == 0 {
		return empty(s, mapHeight), nil
	}
	classes := Classes(finites(d.Regions), d.Decimals)
	colors := spread(d.Ramp.colors(), len(classes))

	data := make([]datum, len(d.Regions))
	var without []Point
	for i, p := range d.Regions {
		class := classOf(classes, p.Value, d.Decimals)
		name, color := display(p.Label, 24), missing
		if class < 0 {
			without = append(without, p)
		} else {
			color = colors[class]
		}
		if d.Unnamed {
			name = ""
		}
		data[i] = datum{
			Name: p.Code, Value: class, Code: p.Code, Label: s.regionLabel(name, color), Tooltip: p.tip(),
			Selected: d.Selected != "" && p.Code == d.Selected,
		}
	}
	pieces, widest := mapLegend(classes, colors, without)

	c := charts.NewMap()
	c.RegisterMapType(d.Map)
	c.SetGlobalOptions(
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item"}),
		charts.WithVisualMapOpts(opts.VisualMap{
			Type: "piecewise", Left: s.at(s.side()), Bottom: s.at(s.bottom() + 4), Orient: "vertical", TextStyle: s.text(ink2),
		}),
	)
	c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{
		Type: "map", MapType: d.Map,
		Label:       &opts.Label{Show: opts.Bool(false), FontSize: float32(s.px(fontSize))},
		LabelLayout: &opts.LabelLayout{HideOverlap: opts.Bool(true)},
		ItemStyle:   &opts.ItemStyle{AreaColor: missing, BorderColor: card, BorderWidth: float32(s.px(1.6))},
	})
	// The nulls take back ECharts' yellow: a region under the mouse or selected keeps its class and gets a dark border.
	marked := node{
		"label":     node{"color": nil},
		"itemStyle": node{"color": nil, "areaColor": nil, "borderColor": ink, "borderWidth": s.px(2)},
	}
	legend := float64(widest)*half + 24 + legendSpace
	rows := float64(len(pieces))*legendRow + legendSpace
	return seal(s, mapHeight, c, node{
		"visualMap": []any{node{
			"pieces": pieces, "showLabel": true, "hoverLink": true, "selectedMode": f == Card,
			"itemWidth": s.px(14), "itemHeight": s.px(10), "itemGap": s.px(5), "itemSymbol": "roundRect", "padding": 0,
			"outOfRange": node{"color": line},
		}},
		"series": []any{node{
			"data": data, "nameProperty": "code", "aspectScale": aspect(d.MidLat),
			"roam": false, "showLegendSymbol": false, "selectedMode": "single", "emphasis": marked, "select": marked,
			"left": s.px(s.side() + legend), "right": s.px(s.side() + 4),
			"top": s.px(s.top() + 4), "bottom": s.px(s.bottom() + 4),
		}},
		"media": []any{
			// On a phone the legend stands below the map, not beside it.
			node{"query": node{"maxWidth": narrow}, "option": node{"series": []any{node{"left": 2, "right": 2, "bottom": rows}}}},
			node{"option": node{"series": []any{node{"left": legend, "right": 4, "bottom": 4}}}},
		},
	}), nil
}

// regionLabel is a region's name in the type that can be read on its colour.
func (s sheet) regionLabel(name, color string) node {
	label := shown(name)
	switch color {
	case missing:
		label["color"] = ink
		if name != "" {
			label["formatter"] = name + "\n—"
		}
	case ramps[Volume][3]:
		merge(label, node{"color": card, "textBorderColor": rim, "textBorderWidth": s.px(2)})
	case ramps[Volume][4], ramps[Worse][3], ramps[Worse][4]:
		label["color"] = card
	default:
		label["color"] = ink
	}
	return label
}

// mapLegend has the classes with their counts, strongest first, and last the regions without value under their reasons.
// widest is in columns of type.
func mapLegend(classes []Class, colors []string, without []Point) (pieces []any, widest int) {
	piece := func(value int, text, color string) {
		pieces = append(pieces, node{"value": value, "label": text, "color": color})
		widest = max(widest, columns(text))
	}
	for i := len(classes) - 1; i >= 0; i-- {
		piece(i, classes[i].Legend(), colors[i])
	}
	if len(without) > 0 {
		piece(-1, withoutLabel(without), missing)
	}
	return pieces, widest
}

// withoutLabel names regions without value by their reasons, and says how many there are.
func withoutLabel(without []Point) string {
	return fmt.Sprintf("%s（%d）", withoutWords(without), len(without))
}

func withoutWords(without []Point) string {
	var reasons []string
	for _, p := range without {
		if !slices.Contains(reasons, p.words()) {
			reasons = append(reasons, p.words())
		}
	}
	return display(strings.Join(reasons, "、"), 24)
}

// aspect is how wide a degree of longitude is drawn beside one of latitude, at a latitude in degrees.
func aspect(lat float64) float64 {
	if c := math.Cos(lat * math.Pi / 180); c > 0.01 {
		return c
	}
	return 1 // the pole, or no latitude at all
}

// spread picks the colours of n classes from the ramp's five: two classes are its second and fourth colour.
func spread(ramp [maxClasses]string, n int) []string {
	picks := [...][]int{{}, {2}, {1, 3}, {0, 2, 4}, {0, 1, 3, 4}, {0, 1, 2, 3, 4}}[n]
	out := make([]string, n)
	for i, at := range picks {
		out[i] = ramp[at]
	}
	return out
}

// classOf is the number of the class a value belongs to, -1 without value.
func classOf(classes []Class, value *float64, decimals int) int {
	v, ok := finite(value)
	if !ok {
		return -1
	}
	unit := math.Pow(10, float64(decimals))
	v = rounded(v, decimals, unit) / unit
	for i, c := range classes {
		if c.Holds(v) {
			return i
		}
	}
	return -1
}
