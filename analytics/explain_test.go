package analytics

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/catalog"
)

func TestExplain(t *testing.T) {
	cat := siteFS{"catalog/site.toml": `[measure.meals]
label = "就餐人次"
time = "sum"
[metric.meals]
type = "count"
label = "就餐人次"
unit = "人次"
better = "none"
shape = "figure"
measure = "meals"
explain = "测试。"
[metric.own_rate]
type = "ratio"
label = "自定"
unit = "‰"
better = "up"
shape = "activity"
basis = "held_at"
types = ["义诊", "培训"]
numerator = "sum(attended)"
denominator = "sum(expected)"
factor = 1000
explain = "测试。"
`}.load(t)
	matters := []string{"诉求", "代办", "吹哨", "办不成事", "商户事项", "矛盾纠纷", "信访", "议题"}
	for id, want := range map[string]Explanation{
		"on_time_rate": {
			Formula: "按时办结的事项 ÷ 有时限且已办结或已到期的事项 × 100%", Numerator: "按时办结的事项", Denominator: "有时限且已办结或已到期的事项",
			Basis: "按受理时间", Kinds: matters, Exclusions: []string{"作废", "不予受理", "挂账（暂不计时限）"}, Unit: "%", MinN: 5,
		},
		"satisfaction_rate": {
			Formula: "满意和基本满意的事项（其中部分计入的按0.9折算） ÷ 有效回访的事项 × 100%", Numerator: "满意和基本满意的事项（其中部分计入的按0.9折算）",
			Denominator: "有效回访的事项", Basis: "按回访时间", Kinds: matters, Exclusions: []string{"作废", "不予受理"}, Unit: "%", MinN: 10,
		},
		"three_rates_score": {
			Formula: "响应率 × 0.1 ＋ 解决率 × 0.5 ＋ 满意率 × 0.4", Basis: "按回访时间", Kinds: matters, Exclusions: []string{"作废", "不予受理"}, Unit: "分", MinN: 10,
		},
		"handle_hours_p90": {
			Formula: "各件时长从短到长排列，居于90%位置的时长", Basis: "按办结时间", Kinds: matters,
			Exclusions: []string{"作废", "不予受理", "时间先后颠倒的"}, Unit: "小时", MinN: 10,
		},
		"received_per_1000_households": {
			Formula: "受理量 ÷ 户数 × 1000", Numerator: "受理量", Denominator: "户数", Basis: "按受理时间；按单位登记，不分期间", Kinds: matters, Unit: "件/千户",
		},
		"joint_meeting_rate": {
			Formula: "实际召开的联席会（每期最多计应办次数） ÷ 应召开的联席会 × 100%", Numerator: "实际召开的联席会（每期最多计应办次数）", Denominator: "应召开的联席会",
			Basis: "按任务周期的结束时间", Kinds: []string{"联席会", "圆桌会"}, Unit: "%",
		},
		"facilities": {Formula: "期末阵地数", Basis: "按期末时点", Kinds: []string{"阵地"}, Unit: "个"},
		"meals":      {Formula: "期内各次上报数之和", Basis: "按上报的期间或截至日期", Unit: "人次"},
		"own_rate": {
			Formula: "计入分子的 ÷ 计入分母的 × 1000", Numerator: "计入分子的", Denominator: "计入分母的", Basis: "按举办时间",
			Kinds: []string{"义诊", "培训"}, Unit: "‰",
		},
	} {
		m, ok := cat.Metric(id)
		if !ok {
			t.Fatalf("no metric %s", id)
		}
		want.Words = m.Explain
		if diff := cmp.Diff(want, Explain(cat, m)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// What the product ships is explained in its own words, and each of its parts is named.
func TestBuiltInMetricsAreExplained(t *testing.T) {
	cat := siteFS{}.load(t)
	for _, m := range cat.Metrics() {
		e := Explain(cat, m)
		if e.Words == "" || e.Formula == "" || e.Basis == "" {
			t.Errorf("%s: %+v", m.ID, e)
		}
		if m.Type != catalog.Ratio && m.Type != catalog.Due {
			continue
		}
		if m.NumeratorLabel == "" || m.DenominatorLabel == "" || m.RestLabel == "" && m.Shape != catalog.ShapeFigure {
			t.Errorf("%s does not name numerator (%q), denominator (%q) and rest (%q)", m.ID, m.NumeratorLabel, m.DenominatorLabel, m.RestLabel)
		}
		if strings.Contains(e.Formula, "计入分") {
			t.Errorf("%s: %s", m.ID, e.Formula)
		}
		if m.Shape == catalog.ShapeRecord && !slices.Contains(e.Exclusions, "作废") {
			t.Errorf("%s does not say that 作废 leaves it: %v", m.ID, e.Exclusions)
		}
	}
}
