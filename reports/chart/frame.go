package chart

import (
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/opts"
)

// Frame says where an option is drawn.
type Frame int

const (
	// Card: inside a page's card that already shows title, unit and scope.
	Card Frame = iota
	// Picture: alone, for Word, with everything a reader needs inside.
	Picture
)

// A Picture is laid out for this size in CSS px; draw it at this size and scale the result.
const (
	PictureWidth  = 1200
	PictureHeight = 675
)

// Head is what stands around a picture. All texts are shown as they are; an empty one is left out.
type Head struct {
	Title  string // 按时办结率排名
	Unit   string // %, 件/千户
	Scope  string // 示范区 · 按社区
	Period string // 2026年10月
	Source string // 数据来源：网格事项台账
	AsOf   string // 数据截至 11月1日 02:00 · 第 318 批
}

// fontFamily has single quotes: ECharts writes it unescaped into a style attribute when it makes an SVG text.
const fontFamily = `'Noto Sans SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif`

// pictureScale makes type readable when 1,200 px become the 15 cm of a page's text block: 20 px are then 7 pt.
const pictureScale = 5.0 / 3

// sheet is what the frame fixes for every builder.
type sheet struct {
	frame Frame
	head  Head
}

// px scales a length given for a card, in CSS px.
func (s sheet) px(card float64) float64 {
	if s.frame == Picture {
		return float64(int(card*pictureScale + 0.5))
	}
	return card
}

// at is px as go-echarts wants positions.
func (s sheet) at(card float64) string { return strconv.FormatFloat(s.px(card), 'f', -1, 64) }

// The margins of the drawing area: a picture keeps room for title and foot. Card px.
func (s sheet) top() float64 {
	if s.frame == Picture {
		return 64
	}
	return 0
}

func (s sheet) bottom() float64 {
	if s.frame == Picture {
		return 36
	}
	return 0
}

func (s sheet) side() float64 {
	if s.frame == Picture {
		return 24
	}
	return 0
}

// inner is the drawing area's height in card px.
func (s sheet) inner(card float64) float64 {
	if s.frame == Picture {
		return PictureHeight/pictureScale - s.top() - s.bottom()
	}
	return card
}

const fontSize = 12 // card px, of labels and ticks

func (s sheet) text(color string) *opts.TextStyle {
	return &opts.TextStyle{Color: color, FontSize: int(s.px(fontSize))}
}

func (s sheet) label(color, position string) *opts.Label {
	return &opts.Label{Show: opts.Bool(true), Color: color, FontSize: float32(s.px(fontSize)), Position: position}
}

func (s sheet) axisLabel(color string) *opts.AxisLabel {
	return &opts.AxisLabel{Show: opts.Bool(true), Color: color, FontSize: int(s.px(fontSize))}
}

// titles are the texts around a picture; a card has none.
func (s sheet) titles() []any {
	if s.frame != Picture {
		return nil
	}
	style := func(size float64, color, weight string) node {
		return node{
			"color": color, "fontSize": s.px(size), "fontWeight": weight,
			"width": PictureWidth - 2*s.px(s.side()), "overflow": "truncate",
		}
	}
	h := s.head
	unit := h.Unit
	if unit != "" {
		unit = wordUnit + unit
	}
	out := []any{node{
		"text": display(h.Title, 60), "textStyle": style(17, ink, "bold"),
		"subtext": joined(unit, h.Scope, h.Period), "subtextStyle": style(fontSize, ink2, "normal"),
		"left": s.px(s.side()), "top": s.px(16), "padding": 0,
	}}
	if foot := joined(h.Source, h.AsOf); foot != "" {
		out = append(out, node{
			"text": foot, "textStyle": style(11, ink2, "normal"),
			"left": s.px(s.side()), "bottom": s.px(11), "padding": 0,
		})
	}
	return out
}

func joined(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p = display(p, 80); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}
