package chart

import (
	"encoding/json"
	"fmt"
)

// Option is a chart for ECharts' setOption. It marshals to the same bytes every time.
type Option struct {
	tree   node
	height int
}

// MarshalJSON writes the option as an object. HTML metacharacters come as \u escapes, so that the JSON may stand in a
// script element of type application/json.
func (o Option) MarshalJSON() ([]byte, error) {
	if o.tree == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(o.tree)
}

// Height is what the chart wants, in CSS px: PictureHeight for a picture; for a card a height that gives each row its
// due. A page may give more.
func (o Option) Height() int { return o.height }

// node is a JSON object under construction.
type node = map[string]any

// builder is what go-echarts' charts have in common. Validate must come before JSON, or axes lose their data.
type builder interface {
	Validate()
	JSON() map[string]any
}

// seal makes the option: go-echarts' output without its leaks, what every option of ours has, and the patches over it,
// in this order. Series data belongs into a patch: it is not copied.
func seal(s sheet, height float64, c builder, patches ...node) Option {
	c.Validate()
	tree := plainTree(c.JSON())
	for _, leak := range []string{"toolbox", "color", "title"} {
		delete(tree, leak)
	}
	if series, _ := tree["series"].([]any); len(series) == 0 {
		delete(tree, "series")
	}
	merge(tree, node{
		"animation": false,
		"textStyle": node{"fontFamily": fontFamily, "fontSize": s.px(fontSize), "color": ink2},
	})
	if s.frame == Picture {
		merge(tree, node{"backgroundColor": card, "title": s.titles(), "tooltip": node{"show": false}})
	} else {
		merge(tree, node{"tooltip": node{
			"renderMode": "richText", "confine": true, "transitionDuration": 0,
			"backgroundColor": card, "borderColor": line, "borderWidth": 1, "padding": []any{8, 10},
			"textStyle": node{"color": ink, "fontSize": fontSize},
		}})
	}
	for _, p := range patches {
		merge(tree, p)
	}
	if s.frame == Picture {
		delete(tree, "media") // a picture has one size
		height = PictureHeight
	}
	return Option{tree: tree, height: int(height + 0.5)}
}

func (o Option) without(keys ...string) Option {
	for _, k := range keys {
		delete(o.tree, k)
	}
	return o
}

// plainTree turns go-echarts' structs into nodes without nulls and empty objects.
func plainTree(option map[string]any) node {
	data, err := json.Marshal(option)
	if err != nil { // only numbers that JSON cannot hold; builders pass none
		panic(fmt.Sprintf("chart: option is not JSON: %v", err))
	}
	var tree node
	if err := json.Unmarshal(data, &tree); err != nil {
		panic(fmt.Sprintf("chart: option does not read back: %v", err))
	}
	prune(tree)
	return tree
}

// prune drops nulls and empty objects of an object, at every depth; items of arrays keep their places.
func prune(v any) {
	switch v := v.(type) {
	case node:
		for k, child := range v {
			prune(child)
			if empty, is := child.(node); child == nil || is && len(empty) == 0 {
				delete(v, k)
			}
		}
	case []any:
		for _, child := range v {
			prune(child)
		}
	}
}

// merge lays patch over tree: objects merge by key, lists of objects item by item, everything else replaces.
func merge(tree, patch node) {
	for k, v := range patch {
		tree[k] = merged(tree[k], v)
	}
}

func merged(old, patch any) any {
	switch p := patch.(type) {
	case node:
		into, is := old.(node)
		if !is {
			into = node{}
		}
		merge(into, p)
		return into
	case []any:
		list, is := old.([]any)
		if !is {
			return p
		}
		for i, item := range p {
			if i < len(list) {
				list[i] = merged(list[i], item)
			} else {
				list = append(list, item)
			}
		}
		return list
	}
	return patch
}
