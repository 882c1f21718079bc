package chart

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTrendGapsAreNullNeverZero(t *testing.T) {
	ticks := []string{"10月", "11", "12月"}
	for _, shape := range []Shape{Bars, Line, Compare} {
		o := Trend(head("题", "件", "全区"), Card, TrendData{Ticks: ticks, Series: []Series{{"办结", shape, series("5 - 0")}}})
		got := pluck(t, dig(t, decoded(t, o), "series", 0, "data"), "value")
		if diff := cmp.Diff([]any{5., nil, 0.}, got); diff != "" {
			t.Errorf("shape %d: %s", shape, diff)
		}
	}
}

func TestTrendNumbersThatCannotBeDrawnAreGaps(t *testing.T) {
	points := []Point{{Value: num(math.NaN())}, {Value: num(math.Inf(1)), Text: "∞"}, {Value: num(2), Text: "2"}}
	o := Trend(Head{}, Card, TrendData{
		Ticks: []string{"1", "2", "3"}, Series: []Series{{"a", Line, points}}, Target: &Mark{Value: math.NaN(), Text: "目标"},
	})
	tree := decoded(t, o)
	if diff := cmp.Diff([]any{nil, nil, 2.}, pluck(t, dig(t, tree, "series", 0, "data"), "value")); diff != "" {
		t.Error(diff)
	}
	if _, is := dig(t, tree, "series", 0).(node)["markLine"]; is {
		t.Error("a target that is no number is drawn")
	}
}

func TestTrendTooltipOfABucketHasAllSeries(t *testing.T) {
	d := rateSample()
	tree := decoded(t, Trend(head("按时办结率", "%", "水源社区"), Card, d))
	tips := pluck(t, dig(t, tree, "series", 2, "data"), "tooltip", "formatter")
	if got, want := tips[3], "2026年1月\n水源社区  缺数据\n全区  92.9\n目标 95%"; got != want {
		t.Errorf("tooltip of the gap %q, want %q", got, want)
	}
	if got, want := tips[12], "2026年10月\n水源社区  93.4%（截至 10月28日）\n全区  93.4\n目标 95%"; got != want {
		t.Errorf("tooltip of the running month %q, want %q", got, want)
	}
	if got := pluck(t, dig(t, tree, "series", 0, "data"), "symbol")[12]; got != "emptyCircle" {
		t.Errorf("the running month has symbol %v", got)
	}
	// Values 88.6 to 94.0 and the target 95: the axis runs from 88 to 96.
	if lo, hi := dig(t, tree, "yAxis", 0, "min"), dig(t, tree, "yAxis", 0, "max"); lo != 88. || hi != 96. {
		t.Errorf("axis %v to %v", lo, hi)
	}
}

func TestRankingOrderColoursAndGap(t *testing.T) {
	d := RankingData{
		Top: pts("甲 99 99%", "乙 98 98%"), Omitted: 3, Watch: pts("丙 80 80%"),
		Unrated: pts("丁 样本不足"), Target: &Mark{95, "目标 95%"},
	}
	o := Ranking(head("排名", "%", "按社区"), Card, d)
	tree := decoded(t, o)
	if diff := cmp.Diff([]any{"甲", "乙", "…", "丙", "丁"}, dig(t, tree, "yAxis", 0, "data")); diff != "" {
		t.Error(diff)
	}
	data := dig(t, tree, "series", 0, "data")
	if diff := cmp.Diff([]any{99., 98., nil, 80., nil}, pluck(t, data, "value")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{good, good, nil, watch, nil}, pluck(t, data, "itemStyle", "color")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"99%", "98%", nil, "80%", nil}, pluck(t, data, "label", "formatter")); diff != "" {
		t.Error(diff)
	}
	whole := dig(t, tree, "series", 1, "data")
	if diff := cmp.Diff([]any{99., 99., nil, 99., 99.}, pluck(t, whole, "value")); diff != "" {
		t.Errorf("only the … answers to no finger (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]any{"code-甲", "code-乙", nil, "code-丙", "code-丁"}, pluck(t, whole, "code")); diff != "" {
		t.Error(diff)
	}
	if got := pluck(t, whole, "label", "formatter")[4]; got != "样本不足" {
		t.Errorf("the note in place of a bar is %v", got)
	}
	if got := dig(t, tree, "series", 0, "markLine", "data", 0, "xAxis"); got != 95. {
		t.Errorf("target at %v", got)
	}
	if lo := dig(t, tree, "xAxis", 0, "min"); lo != 0. {
		t.Errorf("bars begin at %v", lo)
	}
	if want := 5*28 + 18 + 6; o.Height() != want {
		t.Errorf("height %d, want %d", o.Height(), want)
	}
}

func TestRankingEdges(t *testing.T) {
	for name, c := range map[string]struct {
		data     RankingData
		min, max any
	}{
		"one unit":                 {RankingData{Top: pts("甲 5")}, 0., 5.},
		"all zero":                 {RankingData{Top: pts("甲 0", "乙 0")}, 0., 1.},
		"none has a value":         {RankingData{Unrated: pts("甲 缺数据")}, 0., 1.},
		"changes below zero":       {RankingData{Top: pts("甲 3"), Watch: pts("乙 -2")}, -2., 3.},
		"the target above all":     {RankingData{Top: pts("甲 3"), Target: &Mark{10, "目标"}}, 0., 10.},
		"a target that is nothing": {RankingData{Top: pts("甲 3"), Target: &Mark{math.Inf(1), "目标"}}, 0., 3.},
	} {
		t.Run(name, func(t *testing.T) {
			tree := decoded(t, Ranking(Head{}, Card, c.data))
			if lo, hi := dig(t, tree, "xAxis", 0, "min"), dig(t, tree, "xAxis", 0, "max"); lo != c.min || hi != c.max {
				t.Errorf("axis %v to %v, want %v to %v", lo, hi, c.min, c.max)
			}
		})
	}
}

func TestALabelWithoutTextShowsNoNumber(t *testing.T) {
	points := []Point{{Label: "甲", Value: num(3.14159)}}
	for name, o := range map[string]Option{
		"categories": Categories(Head{}, Card, points),
		"funnel":     Funnel(Head{}, Card, points),
	} {
		for i, v := range dig(t, decoded(t, o), "series").([]any) {
			for _, label := range pluck(t, v.(node)["data"], "label") {
				if l, is := label.(node); is && l["show"] != false {
					t.Errorf("%s: series %d shows ECharts' own label: %v", name, i, l)
				}
			}
		}
	}
}

func TestCategoriesSortAndShare(t *testing.T) {
	p := shares(pts("停车 40", "物业 60", "未分类 缺数据", "环境 40"), "28.6%", "42.9%", "", "28.6%")
	tree := decoded(t, Categories(head("事项类别", "件", "全区"), Card, p))
	if diff := cmp.Diff([]any{"物业", "停车", "环境", "未分类"}, dig(t, tree, "yAxis", 0, "data")); diff != "" {
		t.Errorf("largest first, equal ones as given, gaps last (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]any{"60{after|  42.9%}", "40{after|  28.6%}", "40{after|  28.6%}", nil}, pluck(t, dig(t, tree, "series", 0, "data"), "label", "formatter")); diff != "" {
		t.Error(diff)
	}
}

func TestFunnelBarsAreCentred(t *testing.T) {
	p := shares(pts("受理 200", "办结 150", "回访 缺数据", "满意 50"), "", "75.0%", "", "")
	tree := decoded(t, Funnel(head("环节", "件", "全区"), Card, p))
	// (200 − v) / 2 on both sides.
	if diff := cmp.Diff([]any{0., 25., nil, 75.}, pluck(t, dig(t, tree, "series", 0, "data"), "value")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{200., 150., nil, 50.}, pluck(t, dig(t, tree, "series", 1, "data"), "value")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"200", "150{after|  75.0%}", "缺数据", "50"}, pluck(t, dig(t, tree, "series", 2, "data"), "label", "formatter")); diff != "" {
		t.Error(diff)
	}
}

func TestRadarMissingAxisIsAnOpening(t *testing.T) {
	tree := decoded(t, Radar(head("与同类社区", "分", "水源社区"), Card, radarSample(true)))
	own := pluck(t, dig(t, tree, "series", 1, "data"), "value")
	want := []any{ // [value of 100, degrees]; the first again at 360°
		[]any{91.35, 0.}, []any{nil, 72.}, []any{88.07, 144.}, []any{87.9, 216.}, []any{94.5, 288.}, []any{91.35, 360.},
	}
	if diff := cmp.Diff(want, own, nearly); diff != "" {
		t.Errorf("outline (-want +got)\n%s", diff)
	}
	peer := pluck(t, dig(t, tree, "series", 0, "data"), "value")
	if diff := cmp.Diff([]any{84.8, 72.}, peer[1], nearly); diff != "" {
		t.Errorf("the peers' median has no opening: %s", diff)
	}
	if got := dig(t, tree, "radar", "indicator", 1, "name"); got != "平安法治\n样本不足" {
		t.Errorf("the axis says %q", got)
	}
}

var nearly = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })

func TestRadarScalesHoldsAndFallsBack(t *testing.T) {
	axis := func(full, v float64) RadarAxis {
		return RadarAxis{Label: "轴", Max: full, Own: Point{Value: num(v), Text: "x"}}
	}
	d := RadarData{Name: "甲", Peer: "中位", Axes: []RadarAxis{axis(20, 5), axis(20, 30), axis(20, -3), axis(0, 1), axis(math.NaN(), 1)}}
	own := pluck(t, dig(t, decoded(t, Radar(Head{}, Card, d)), "series", 1, "data"), "value")
	var got []any
	for _, v := range own[:5] {
		got = append(got, v.([]any)[0])
	}
	if diff := cmp.Diff([]any{25., 100., 0., nil, nil}, got, nearly); diff != "" {
		t.Error(diff)
	}
	d.Axes = d.Axes[:2]
	tree := decoded(t, Radar(Head{}, Card, d))
	if got := dig(t, tree, "series", 0, "type"); got != "bar" {
		t.Errorf("two axes are drawn as %v", got)
	}
	if _, is := decoded(t, Radar(Head{}, Card, RadarData{}))["radar"]; is {
		t.Error("no axes and a radar")
	}
}

func TestSankeyKeepsLayersApart(t *testing.T) {
	d := SankeyData{
		Layers: [][]SankeyNode{
			{{Code: "street", Label: "街道", Text: "9"}, {Code: "unused", Label: "无"}},
			{{Code: "street", Label: "转街道", Text: "9"}},
			{{Code: "done", Label: "已解决", Text: "9", Tone: Good}},
		},
		Links: []SankeyLink{{0, "street", 1, "street", 9, "9 件"}, {1, "street", 2, "done", 9, "9 件"}, {0, "unused", 2, "done", 0, "0 件"}},
	}
	o, err := Sankey(head("流向", "件", "全区"), Card, d)
	if err != nil {
		t.Fatal(err)
	}
	tree := decoded(t, o)
	data, links := dig(t, tree, "series", 0, "data"), dig(t, tree, "series", 0, "links")
	if diff := cmp.Diff([]any{"0:street", "1:street", "2:done"}, pluck(t, data, "name")); diff != "" {
		t.Errorf("nodes (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]any{"街道  9", "转街道  9", "已解决  9"}, pluck(t, data, "label", "formatter")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{second, middle, good}, pluck(t, data, "itemStyle", "color")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{second, middle}, pluck(t, links, "lineStyle", "color")); diff != "" {
		t.Errorf("links take the colour of the first layer (-want +got)\n%s", diff)
	}
}

func TestSankeyRefuses(t *testing.T) {
	two := func() SankeyData {
		return SankeyData{Layers: [][]SankeyNode{{{Code: "a"}}, {{Code: "b"}}}}
	}
	for name, c := range map[string]struct {
		change func(d *SankeyData)
		want   error
	}{
		"a link backwards":      {func(d *SankeyData) { d.Links = []SankeyLink{{1, "b", 0, "a", 1, ""}} }, ErrFlow},
		"a link inside a layer": {func(d *SankeyData) { d.Links = []SankeyLink{{0, "a", 0, "a", 1, ""}} }, ErrFlow},
		"a link to nowhere":     {func(d *SankeyData) { d.Links = []SankeyLink{{0, "a", 1, "c", 1, ""}} }, ErrFlow},
		"a negative number":     {func(d *SankeyData) { d.Links = []SankeyLink{{0, "a", 1, "b", -1, ""}} }, ErrFlow},
		"a number that is none": {func(d *SankeyData) { d.Links = []SankeyLink{{0, "a", 1, "b", math.NaN(), ""}} }, ErrFlow},
		"one code twice":        {func(d *SankeyData) { d.Layers[1] = append(d.Layers[1], SankeyNode{Code: "b"}) }, ErrFlow},
		"thirteen nodes in a layer": {func(d *SankeyData) {
			d.Layers[1] = nil
			for _, code := range strings.Split("abcdefghijklm", "") {
				d.Layers[1] = append(d.Layers[1], SankeyNode{Code: code})
			}
		}, ErrTooManyNodes},
	} {
		t.Run(name, func(t *testing.T) {
			d := two()
			c.change(&d)
			if _, err := Sankey(Head{}, Card, d); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestNothingToDrawIsSaidInThePicture(t *testing.T) {
	none := []Point{{Label: "甲", Note: "缺数据"}}
	sankey, err := Sankey(Head{}, Picture, SankeyData{Layers: [][]SankeyNode{{{Code: "a"}}}})
	if err != nil {
		t.Fatal(err)
	}
	region, err := Choropleth(Head{}, Picture, MapData{Map: "m"})
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Option{
		"spark":      Spark(Head{}, Picture, none),
		"trend":      Trend(Head{}, Picture, TrendData{Ticks: []string{"1"}, Series: []Series{{"a", Line, none}}}),
		"categories": Categories(Head{}, Picture, nil),
		"ranking":    Ranking(Head{}, Picture, RankingData{}),
		"radar":      Radar(Head{}, Picture, RadarData{}),
		"funnel":     Funnel(Head{}, Picture, none),
		"sankey":     sankey,
		"choropleth": region,
	} {
		tree := decoded(t, o)
		said := false
		for _, text := range pluck(t, dig(t, tree, "title"), "text") {
			said = said || text == wordEmpty
		}
		if !said {
			t.Errorf("%s does not say that there is nothing", name)
		}
		if _, is := tree["series"]; is {
			t.Errorf("%s has series", name)
		}
	}
}

func TestOneDatum(t *testing.T) {
	tree := decoded(t, Spark(Head{}, Card, pts("十月 5")))
	if got := pluck(t, dig(t, tree, "series", 0, "data"), "symbol")[0]; got != "circle" {
		t.Errorf("a single point is drawn with symbol %v: nothing to see", got)
	}
	tree = decoded(t, Trend(Head{}, Card, TrendData{Ticks: []string{"10月"}, Series: []Series{{"办结", Line, pts("x 5 5件")}}}))
	if got := dig(t, tree, "series", 0, "data", 0, "label", "formatter"); got != "5件" {
		t.Errorf("the only value is labelled %v", got)
	}
}
