package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// decoded reads an option back as a page does.
func decoded(t *testing.T, o Option) node {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var tree node
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// dig follows keys and indexes: dig(t, tree, "series", 0, "data").
func dig(t *testing.T, v any, path ...any) any {
	t.Helper()
	for i, step := range path {
		ok := false
		switch step := step.(type) {
		case string:
			var object node
			if object, ok = v.(node); ok {
				v, ok = object[step]
			}
		case int:
			var list []any
			if list, ok = v.([]any); ok && step < len(list) {
				v = list[step]
			} else {
				ok = false
			}
		}
		if !ok {
			t.Fatalf("the option has no %v", path[:i+1])
		}
	}
	return v
}

// pluck is what every item of a list has under a path; nil where an item has not.
func pluck(t *testing.T, list any, path ...string) []any {
	t.Helper()
	items, ok := list.([]any)
	if !ok {
		t.Fatalf("%v is no list", list)
	}
	out := make([]any, len(items))
	for i, v := range items {
		for _, key := range path {
			object, _ := v.(node)
			v = object[key]
		}
		out[i] = v
	}
	return out
}

// walk calls visit for every key and every string of an option.
func walk(v any, key string, visit func(key, text string)) {
	switch v := v.(type) {
	case node:
		for k, child := range v {
			visit(k, "")
			walk(child, k, visit)
		}
	case []any:
		for _, child := range v {
			walk(child, key, visit)
		}
	case string:
		visit(key, v)
	}
}

// hostile are texts that mean something to some parser on the way to the screen.
var hostile = []string{
	`</script><img src=x onerror=alert(1)>`,
	`{b}: {c} {a|红} {@[0]} {after|x}`,
	`javascript:alert(1)`,
	"第一行\n第二行\r\t\x00\u2028\u202e反",
	strings.Repeat("很长的名称", 1000),
	"👨‍👩‍👧‍👦𠮷野家",
	"\xff\xfe坏",
	"",
	"<b>&amp;\"'`",
}

// hostileOptions puts each hostile text into every text field of every builder.
func hostileOptions(t *testing.T) map[string]Option {
	t.Helper()
	out := map[string]Option{}
	for i, text := range hostile {
		for frame, name := range frames {
			h := Head{text, text, text, text, text, text}
			code := limit(text, 60) // keys are not cut
			p := Point{Code: code, Label: text, Value: num(1), Text: text, Note: text, Detail: text}
			gap := p
			gap.Value = nil
			points := []Point{p, gap, {Code: code + "2", Label: text, Value: num(3), Text: text}}
			mark := &Mark{2, text}
			add := func(kind string, o Option, err error) {
				if err != nil {
					t.Fatalf("%s with hostile text %d: %v", kind, i, err)
				}
				out[fmt.Sprintf("%s %s %d", kind, name, i)] = o
			}
			add("spark", Spark(h, frame, points), nil)
			add("trend", Trend(h, frame, TrendData{
				Ticks: []string{text, text, text}, Names: []string{text, text, text}, Target: mark,
				Series: []Series{{text, Bars, points}, {text, Line, points}, {text, Compare, points}},
			}), nil)
			add("categories", Categories(h, frame, points), nil)
			add("ranking", Ranking(h, frame, RankingData{Top: points, Middle: points, Omitted: 1, Watch: points, Unrated: points, Target: mark}), nil)
			o, err := Choropleth(h, frame, MapData{Map: "m", Regions: points, Selected: code})
			add("choropleth", o, err)
			add("radar", Radar(h, frame, RadarData{text, text, []RadarAxis{{text, 5, p, p}, {text, 5, gap, p}, {text, 5, p, gap}}}), nil)
			add("funnel", Funnel(h, frame, points), nil)
			o, err = Sankey(h, frame, SankeyData{
				Layers: [][]SankeyNode{{{code, text, text, Plain}}, {{code, text, text, Good}}},
				Links:  []SankeyLink{{0, code, 1, code, 5, text}},
			})
			add("sankey", o, err)
		}
	}
	return out
}

func allOptions(t *testing.T) map[string]Option {
	t.Helper()
	all := hostileOptions(t)
	for _, sample := range samples {
		for frame, name := range frames {
			o, err := sample.build(frame)
			if err != nil {
				t.Fatal(err)
			}
			all[sample.name+" "+name] = o
		}
	}
	return all
}

var (
	sinks      = regexp.MustCompile(`^(link|sublink|target|subtarget|toolbox|dataView|renderItem|valueFormatter|extraCssText|className|image|graphic|rawData)$`)
	ownRich    = regexp.MustCompile(`\{after\|  [^{}|]*\}$`)
	colorLike  = regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(`)
	colorKeys  = regexp.MustCompile(`(?i)color$`)
	notColours = regexp.MustCompile(`^(source|inherit|transparent)$`)
)

func TestOptionsHoldNoCodeNoHTMLNoStrayColour(t *testing.T) {
	tokens := map[string]bool{}
	for _, token := range Palette {
		tokens[token.Light] = true
	}
	for name, o := range allOptions(t) {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, mark := range []string{"function", "__f__", "=>", "<", ">", "renderMode\":\"html"} {
			if bytes.Contains(data, []byte(mark)) {
				t.Errorf("%s: the option holds %q", name, mark)
			}
		}
		if len(data) > 60_000 {
			t.Errorf("%s: %d bytes: a long text was not cut", name, len(data))
		}
		tree := decoded(t, o)
		if tree["animation"] != false {
			t.Errorf("%s: animation is %v", name, tree["animation"])
		}
		if !strings.Contains(name, "picture") && dig(t, tree, "tooltip", "renderMode") != "richText" {
			t.Errorf("%s: tooltips are not rich text", name)
		}
		walk(tree, "", func(key, text string) {
			if sinks.MatchString(key) && !(strings.HasPrefix(name, "sankey") && key == "target") {
				t.Errorf("%s: key %s", name, key)
			}
			if key == "formatter" {
				if rest := ownRich.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}") {
					t.Errorf("%s: template metacharacters in %q", name, text)
				}
			}
			if colorKeys.MatchString(key) && text != "" && !tokens[text] && !notColours.MatchString(text) {
				t.Errorf("%s: %s %q is no token of the palette", name, key, text)
			}
			if key != "name" && key != "code" && key != "source" && key != "target" && colorLike.MatchString(text) && !tokens[text] {
				t.Errorf("%s: colour in %s: %q", name, key, text)
			}
		})
	}
}

func TestTwoBuildsAreByteEqual(t *testing.T) {
	first, second := allOptions(t), allOptions(t)
	for name := range first {
		a, err := json.Marshal(first[name])
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(second[name])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two builds", name)
		}
	}
}

func TestBuildersLeaveTheirInputAlone(t *testing.T) {
	trend, ranking, region, radar, sankey := rateSample(), rankingSample(), mapSample(Volume), radarSample(true), sankeySample()
	trend.Series[0].Points = append(trend.Series[0].Points, trend.Series[0].Points...) // longer than the ticks
	points := pts("停车 1", "物业 3", "供暖 2")
	h := head("题", "%", "全区")
	Trend(h, Card, trend)
	Ranking(h, Card, ranking)
	if _, err := Choropleth(h, Card, region); err != nil {
		t.Fatal(err)
	}
	Radar(h, Card, radar)
	if _, err := Sankey(h, Card, sankey); err != nil {
		t.Fatal(err)
	}
	Categories(h, Card, points)
	Funnel(h, Card, points)

	wantTrend := rateSample()
	wantTrend.Series[0].Points = append(wantTrend.Series[0].Points, wantTrend.Series[0].Points...)
	for _, pair := range [][2]any{
		{trend, wantTrend},
		{ranking, rankingSample()},
		{region, mapSample(Volume)},
		{radar, radarSample(true)},
		{sankey, sankeySample()},
		{points, pts("停车 1", "物业 3", "供暖 2")},
	} {
		if diff := cmp.Diff(pair[1], pair[0]); diff != "" {
			t.Errorf("a builder changed what it was given (-before +after):\n%s", diff)
		}
	}
}

// What go-echarts adds of itself must not come through: its palette, a toolbox, nulls for pointers.
func TestNothingOfGoEchartsLeaks(t *testing.T) {
	option := Trend(head("题", "件", "全区"), Card, trendSample())
	tree := decoded(t, option)
	for _, key := range []string{"toolbox", "color", "title", "dataset", "brush", "polar", "calendar"} {
		if v, is := tree[key]; is {
			t.Errorf("%s: %v", key, v)
		}
	}
	label := dig(t, tree, "xAxis", 0, "axisLabel").(node)
	if v, is := label["showMinLabel"]; is {
		t.Errorf("showMinLabel: %v", v)
	}
	var empty Option
	if data, err := json.Marshal(empty); err != nil || string(data) != "{}" {
		t.Errorf("the zero option is %s, %v", data, err)
	}
}

func TestMerge(t *testing.T) {
	tree := node{"a": node{"x": 1, "y": 2}, "list": []any{node{"p": 1}, node{"p": 2}}, "n": 1}
	merge(tree, node{"a": node{"y": 3}, "list": []any{node{"q": 9}, node{}, node{"p": 4}}, "n": []any{1}, "new": node{"k": nil}})
	want := node{
		"a": node{"x": 1, "y": 3}, "list": []any{node{"p": 1, "q": 9}, node{"p": 2}, node{"p": 4}},
		"n": []any{1}, "new": node{"k": nil},
	}
	if diff := cmp.Diff(want, tree); diff != "" {
		t.Error(diff)
	}
}

func TestPictureCarriesItsHeadAndCardDoesNot(t *testing.T) {
	h := head("按时办结率", "%", "全区")
	picture := Trend(h, Picture, rateSample())
	tree := decoded(t, picture)
	got := []any{
		dig(t, tree, "title", 0, "text"), dig(t, tree, "title", 0, "subtext"), dig(t, tree, "title", 1, "text"),
		dig(t, tree, "backgroundColor"), picture.Height(), dig(t, tree, "tooltip", "show"),
	}
	want := []any{
		"按时办结率", "单位：% · 全区 · 2026年10月", "数据来源：网格事项台账 · 数据截至 2026年11月1日 02:00，第 318 批",
		"#ffffff", PictureHeight, false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, is := tree["media"]; is {
		t.Error("a picture has media queries")
	}

	onCard := decoded(t, Trend(h, Card, rateSample()))
	for _, key := range []string{"title", "backgroundColor"} {
		if v, is := onCard[key]; is {
			t.Errorf("a card has %s: %v", key, v)
		}
	}
}
