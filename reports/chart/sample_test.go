package chart

import (
	"strconv"
	"strings"
)

// The samples are the charts of the drawn examples (look/overview.png, look/scorecard.png) with invented numbers, and one
// of each case that looks different. Golden files hold their options.

func num(v float64) *float64 { return &v }

// pt is a point "label value [text]": 东安社区 98.6 98.6%.
func pt(spec string) Point {
	f := strings.Fields(spec)
	v, err := strconv.ParseFloat(f[1], 64)
	if err != nil {
		return Point{Label: f[0], Code: "code-" + f[0], Note: f[1]}
	}
	text := f[1]
	if len(f) > 2 {
		text = f[2]
	}
	return Point{Label: f[0], Code: "code-" + f[0], Value: num(v), Text: text}
}

func pts(specs ...string) []Point {
	out := make([]Point, len(specs))
	for i, s := range specs {
		out[i] = pt(s)
	}
	return out
}

// series is a list of values in order; "-" is a gap.
func series(values string) []Point {
	var out []Point
	for _, v := range strings.Fields(values) {
		out = append(out, pt("x "+strings.ReplaceAll(v, "-", "缺数据")))
	}
	return out
}

func head(title, unit, scope string) Head {
	return Head{
		Title: title, Unit: unit, Scope: scope, Period: "2026年10月",
		Source: "数据来源：网格事项台账", AsOf: "数据截至 2026年11月1日 02:00，第 318 批",
	}
}

func months() (ticks, names []string) {
	var keys []string
	for m := 10; m < 23; m++ {
		keys = append(keys, strconv.Itoa(2025+(m-1)/12)+"-"+[]string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"}[(m-1)%12])
	}
	return Ticks("month", keys)
}

func trendSample() TrendData {
	ticks, names := months()
	return TrendData{Ticks: ticks, Names: names, Series: []Series{
		{Name: "受理", Shape: Bars, Points: series("2760 2410 2260 2200 1840 2420 2510 2600 2720 2680 2600 2500 2684")},
		{Name: "办结", Shape: Line, Points: series("2610 2390 2250 2160 1800 2340 2450 2580 2640 2660 2550 2500 2620")},
	}}
}

func rateSample() TrendData {
	ticks, names := months()
	rate := series("93.1 92.4 91.8 - 88.6 90.2 91.9 92.3 93.0 92.7 92.3 92.3 93.4")
	rate[12].Note = "截至 10月28日"
	rate[12].Text = "93.4%"
	return TrendData{Ticks: ticks, Names: names, Series: []Series{
		{Name: "水源社区", Shape: Line, Points: rate},
		{Name: "全区", Shape: Compare, Points: series("94.0 93.8 93.1 92.9 92.0 92.4 92.8 93.1 93.3 93.2 93.0 93.1 93.4")},
	}, Target: &Mark{95, "目标 95%"}}
}

func rankingSample() RankingData {
	return RankingData{
		Top:     pts("东安社区 98.6 98.6%", "南兴社区 98.3 98.3%", "水源社区 97.2 97.2%", "佳东社区 96.5 96.5%", "长胜社区 96.0 96.0%"),
		Omitted: 14,
		Watch:   pts("桥南社区 85.2 85.2%", "双拥社区 84.4 84.4%", "文昌社区 83.8 83.8%", "锦绣社区 82.9 82.9%", "民安社区 82.4 82.4%"),
		Target:  &Mark{95, "目标 95%"},
	}
}

// communities are the 24 of the demonstration district, so that the golden option can be drawn with its layer.
var communities = strings.Fields(`
	999001001001 铁西 999001001002 桥南 999001001003 幸福 999001001004 友谊 999001001005 红旗 999001002001 双拥
	999001002002 文昌 999001002003 纺织 999001003001 锦绣 999001003002 民安 999001003003 胜利 999001003004 新立
	999001004001 光复 999001004002 福民 999001004003 东园 999001004004 南苑 999001005001 望江 999001005002 滨河
	999001005003 清泉 999001005004 佳苑 999001005005 长乐 999001006001 建新 999001006002 和平 999001006003 云溪`)

// mapSample has 22 values from 36.1 to 96.8 and two regions without one.
func mapSample(ramp Ramp) MapData {
	values := strings.Fields("71.2 74.8 70.4 48.9 61.5 44.0 88.3 缺数据 36.1 96.8 58.2 79.9 57.6 82.0 56.3 41.7 63.3 45.5 69.8 91.0 样本不足 49.2 86.4 52.1")
	d := MapData{Map: "community", MidLat: 32.02, Decimals: 1, Ramp: ramp, Selected: "999001005004"}
	for i, v := range values {
		p := pt(communities[2*i+1] + " " + v + " " + v + " 件/千户")
		p.Code, p.Detail = communities[2*i], "受理 104 件，1,460 户"
		d.Regions = append(d.Regions, p)
	}
	return d
}

func radarSample(missing bool) RadarData {
	d := RadarData{Name: "水源社区", Peer: "同类中位"}
	for _, spec := range []string{"共建共享 91.35 86.20", "平安法治 78.21 84.80", "幸福和谐 88.07 85.11", "宜业兴业 87.90 84.75", "支部过硬 94.50 90.30"} {
		f := strings.Fields(spec)
		a := RadarAxis{Label: f[0], Max: 100, Own: pt("x " + f[1]), Peer: pt("x " + f[2])}
		if missing && f[0] == "平安法治" {
			a.Own = Point{Note: "样本不足"}
		}
		d.Axes = append(d.Axes, a)
	}
	return d
}

func sankeySample() SankeyData {
	d := SankeyData{Layers: [][]SankeyNode{
		{{Code: "resident", Label: "居民", Text: "82"}, {Code: "worker", Label: "网格员", Text: "40"}, {Code: "box", Label: "楼栋意见箱", Text: "14"}},
		{{Code: "own", Label: "社区自办", Text: "61"}, {Code: "street", Label: "转街道", Text: "75"}},
		{{Code: "urban", Label: "城管部门", Text: "41"}, {Code: "housing", Label: "住建部门", Text: "29"}},
		{{Code: "done", Label: "已解决", Text: "111", Tone: Good}, {Code: "open", Label: "办理中", Text: "25", Tone: Attention}},
	}}
	for _, spec := range []string{
		"0 resident 1 own 48", "0 resident 1 street 34", "0 worker 1 own 13", "0 worker 1 street 27", "0 box 1 street 14",
		"1 own 3 done 57", "1 own 3 open 4", "1 street 2 urban 41", "1 street 2 housing 29", "1 street 3 open 5",
		"2 urban 3 done 33", "2 urban 3 open 8", "2 housing 3 done 21", "2 housing 3 open 8",
	} {
		f := strings.Fields(spec)
		from, _ := strconv.Atoi(f[0])
		to, _ := strconv.Atoi(f[2])
		v, _ := strconv.ParseFloat(f[4], 64)
		d.Links = append(d.Links, SankeyLink{FromLayer: from, From: f[1], ToLayer: to, To: f[3], Value: v, Text: f[4] + " 件"})
	}
	return d
}

func shares(points []Point, texts ...string) []Point {
	for i := range texts {
		points[i].Detail = texts[i]
	}
	return points
}

// samples are drawn in both frames.
var samples = []struct {
	name  string
	build func(f Frame) (Option, error)
}{
	{"spark", func(f Frame) (Option, error) {
		return Spark(head("受理量", "件", "全区"), f, series("2410 2500 2260 2200 2480 2560 2610 2700 2760 2740 2600 2500 2684")), nil
	}},
	{"spark_gap", func(f Frame) (Option, error) {
		return Spark(head("受理量", "件", "全区"), f, series("2410 - 2260 2200 - - 2610 2700 2760")), nil
	}},
	{"trend", func(f Frame) (Option, error) {
		return Trend(head("受理与办结", "件/月", "全区 · 近 13 个月"), f, trendSample()), nil
	}},
	{"trend_rate", func(f Frame) (Option, error) {
		return Trend(head("按时办结率", "%", "水源社区"), f, rateSample()), nil
	}},
	{"categories", func(f Frame) (Option, error) {
		p := shares(pts("停车交通 402", "物业管理 612", "环境卫生 377", "供暖 241", "噪声扰民 198", "其他 854"),
			"15.0%", "22.8%", "14.0%", "9.0%", "7.4%", "31.8%")
		return Categories(head("事项类别", "件", "全区"), f, p), nil
	}},
	{"ranking", func(f Frame) (Option, error) {
		return Ranking(head("按时办结率排名", "%", "按社区 · 前五与需关注，全部 24 个"), f, rankingSample()), nil
	}},
	{"ranking_all", func(f Frame) (Option, error) {
		d := rankingSample()
		d.Omitted, d.Middle = 0, pts("望江社区 94.1 94.1%", "红旗社区 92.0 92.0%", "建新社区 91.3 91.3%")
		d.Middle[1].Note = "部分覆盖"
		d.Unrated = pts("云溪社区 样本不足（3件）", "清泉社区 缺数据")
		return Ranking(head("按时办结率排名", "%", "按社区"), f, d), nil
	}},
	{"choropleth", func(f Frame) (Option, error) {
		return Choropleth(head("每千户受理量", "件/千户", "按社区"), f, mapSample(Volume))
	}},
	{"choropleth_worse", func(f Frame) (Option, error) {
		return Choropleth(head("超期未结", "件", "按社区"), f, mapSample(Worse))
	}},
	{"tiles", func(f Frame) (Option, error) {
		d := mapSample(Volume)
		d.Map, d.MidLat = "tiles", 0
		return Choropleth(head("每千户受理量", "件/千户", "按社区，未载入网格图层"), f, d)
	}},
	{"radar", func(f Frame) (Option, error) {
		return Radar(head("与同类社区", "分", "水源社区，老旧小区为主 9 个"), f, radarSample(false)), nil
	}},
	{"radar_gap", func(f Frame) (Option, error) {
		return Radar(head("与同类社区", "分", "水源社区，老旧小区为主 9 个"), f, radarSample(true)), nil
	}},
	{"funnel", func(f Frame) (Option, error) {
		p := shares(pts("受理 2684 2,684", "签收 2610 2,610", "办结 2301 2,301", "有效回访 1120 1,120", "满意 1021 1,021"), "", "97.2%", "88.2%", "48.7%", "91.2%")
		return Funnel(head("办理环节", "件", "全区"), f, p), nil
	}},
	{"sankey", func(f Frame) (Option, error) {
		return Sankey(head("吹哨去向", "件", "居民吹哨—社区转哨—部门办哨，136 件"), f, sankeySample())
	}},
	{"empty", func(f Frame) (Option, error) {
		return Trend(head("受理与办结", "件/月", "全区"), f, TrendData{}), nil
	}},
}
