package chart

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// MaxNodes is the most nodes one layer of a flow has: more cannot be told apart.
const MaxNodes = 12

// Errors of Sankey. Callers prevent them: they merge small nodes into 其他 in the query.
var (
	ErrTooManyNodes = errors.New("流向图的一列过多")
	ErrFlow         = errors.New("流向数据有误")
)

// SankeyData is a flow from layer to layer.
type SankeyData struct {
	Layers [][]SankeyNode // from left to right, at most MaxNodes each
	Links  []SankeyLink
}

// SankeyNode is one station. Two nodes of different layers may have the same Code (转街道 as handler and as result).
type SankeyNode struct {
	Code  string // unique in its layer
	Label string
	Text  string // the count, 82; "" shows none
	Tone  Tone   // Plain: a colour of its own in the first layer, grey in the others
}

// SankeyLink is a number that goes from one layer's node to a later layer's.
type SankeyLink struct {
	FromLayer int // index in Layers
	From      string
	ToLayer   int // greater than FromLayer: a flow has no cycles
	To        string
	Value     float64 // not negative; 0 draws nothing
	Text      string  // 82 件
}

const sankeyHeight = 260

// Sankey draws a flow. Links take the colour of the node they leave in the first layer and are grey after it. Nodes that
// nothing enters or leaves are left out. Errors: ErrTooManyNodes, and ErrFlow for links that lead backwards, to no node,
// or carry a negative number, and for one code twice in a layer.
func Sankey(h Head, f Frame, d SankeyData) (Option, error) {
	s := sheet{f, h}
	nodes, err := d.nodes()
	if err != nil {
		return Option{}, err
	}
	links, err := d.links(nodes)
	if err != nil {
		return Option{}, err
	}
	if len(links) == 0 {
		return empty(s, sankeyHeight), nil
	}
	var data []flowDatum
	last := 0 // columns of the last layer's labels
	for layer, list := range d.Layers {
		for _, n := range list {
			made := nodes[nodeID(layer, n.Code)]
			if !made.used {
				continue
			}
			label := display(n.Label, 20)
			if text := display(n.Text, 16); text != "" {
				label += "  " + text
			}
			if layer == len(d.Layers)-1 {
				last = max(last, columns(label))
			}
			data = append(data, flowDatum{
				Name: nodeID(layer, n.Code), Code: n.Code, Depth: layer,
				ItemStyle: node{"color": made.color}, Label: shown(label), Tooltip: tip(display(n.Label, 40), display(n.Text, 30)),
			})
		}
	}

	c := charts.NewSankey()
	c.SetGlobalOptions(charts.WithTooltipOpts(opts.Tooltip{Trigger: "item"}))
	c.MultiSeries = append(c.MultiSeries, charts.SingleSeries{
		Type: "sankey", NodeAlign: "left", NodeWidth: opts.Int(int(s.px(8))), NodeGap: opts.Int(int(s.px(14))),
		Draggable: opts.Bool(false), Label: s.label(ink, "right"),
		Left: s.at(s.side() + 2), Right: s.at(s.side() + float64(last)*half + 8),
		Top: s.at(s.top() + 8), Bottom: s.at(s.bottom() + 10),
	})
	width := func(px int) node {
		return node{"series": []any{node{"label": node{"width": px, "overflow": "truncate"}}}}
	}
	return seal(s, sankeyHeight, c, node{
		"series": []any{node{
			"data": data, "links": links, "emphasis": node{"focus": "adjacency"},
			"blur":      node{"itemStyle": node{"opacity": 0.35}, "lineStyle": node{"opacity": 0.08}, "label": node{"opacity": 0.6}},
			"itemStyle": node{"borderWidth": 0}, "lineStyle": node{"opacity": 0.24, "curveness": 0.5},
		}},
		"media": []any{
			node{"query": node{"maxWidth": narrow}, "option": width(84)},
			node{"option": width(160)},
		},
	}), nil
}

// nodes by id.
func (d SankeyData) nodes() (map[string]*flowNode, error) {
	nodes := map[string]*flowNode{}
	for layer, list := range d.Layers {
		if len(list) > MaxNodes {
			return nil, fmt.Errorf("%w：每列最多 %d 项，第 %d 列有 %d 项，请合并较小的项", ErrTooManyNodes, MaxNodes, layer+1, len(list))
		}
		for i, n := range list {
			id := nodeID(layer, n.Code)
			if nodes[id] != nil {
				return nil, fmt.Errorf("%w：第 %d 列有两个“%s”", ErrFlow, layer+1, display(n.Code, 40))
			}
			nodes[id] = &flowNode{SankeyNode: n, color: nodeColor(layer, i, n.Tone)}
		}
	}
	return nodes, nil
}

// links that carry something; it marks the nodes they touch as used.
func (d SankeyData) links(nodes map[string]*flowNode) ([]flowLink, error) {
	var links []flowLink
	for _, l := range d.Links {
		from, to := nodes[nodeID(l.FromLayer, l.From)], nodes[nodeID(l.ToLayer, l.To)]
		v, ok := finite(&l.Value)
		if from == nil || to == nil || l.ToLayer <= l.FromLayer || !ok || v < 0 {
			return nil, fmt.Errorf("%w：不能从第 %d 列的“%s”到第 %d 列的“%s”画出 %v", ErrFlow, l.FromLayer+1, display(l.From, 40), l.ToLayer+1, display(l.To, 40), l.Value)
		}
		if v == 0 {
			continue
		}
		from.used, to.used = true, true
		color := middle
		if l.FromLayer == 0 {
			color = from.color
		}
		links = append(links, flowLink{
			Source: nodeID(l.FromLayer, l.From), Target: nodeID(l.ToLayer, l.To), Value: v,
			LineStyle: node{"color": color},
			Tooltip:   tip(display(from.Label, 30)+" → "+display(to.Label, 30), display(l.Text, 30)),
		})
	}
	return links, nil
}

type flowNode struct {
	SankeyNode
	color string
	used  bool
}

type flowDatum struct {
	Name      string   `json:"name"`
	Code      string   `json:"code,omitempty"`
	Depth     int      `json:"depth"`
	ItemStyle node     `json:"itemStyle"`
	Label     node     `json:"label"`
	Tooltip   *tooltip `json:"tooltip"`
}

type flowLink struct {
	Source    string   `json:"source"`
	Target    string   `json:"target"`
	Value     float64  `json:"value"`
	LineStyle node     `json:"lineStyle"`
	Tooltip   *tooltip `json:"tooltip"`
}

// nodeID keeps equal codes of different layers apart, so that no link can close a circle.
func nodeID(layer int, code string) string { return strconv.Itoa(layer) + ":" + code }

func nodeColor(layer, i int, t Tone) string {
	switch {
	case t != Plain:
		return t.color()
	case layer == 0:
		return sources[i%len(sources)]
	}
	return middle
}
