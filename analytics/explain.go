package analytics

import (
	"slices"
	"strconv"
	"strings"

	"gridstar/analytics/catalog"
)

// Explanation is the 计算口径 of a metric in parts, for the page that shows the rows behind a number. Texts are Chinese;
// those that a metric does not have are empty.
type Explanation struct {
	Words       string   // the catalogue's sentence
	Formula     string   // 按时办结的事项 ÷ 有时限且已办结或已到期的事项 × 100%
	Numerator   string   // 按时办结的事项
	Denominator string   // 有时限且已办结或已到期的事项
	Basis       string   // which date puts a row into the period: 按受理时间
	Kinds       []string // labels of the kinds or types counted, unless a query names others; nil for all
	Exclusions  []string // what does not count: 作废, 不予受理, 挂账
	Unit        string
	MinN        int // a smaller sample has no value: 样本不足
}

// Explain says how a metric is counted. It is written from what the metric computes, so that it holds for a site's own
// metrics too; only numerator and denominator are in the catalogue's words.
func Explain(cat *catalog.Catalog, m *catalog.Metric) Explanation {
	e := Explanation{Words: m.Explain, Unit: m.Unit, MinN: m.MinN}
	e.Numerator, e.Denominator, e.Formula = formula(cat, m)
	e.Basis = basisLabel(cat, m)
	e.Kinds = kindLabels(cat, m)
	e.Exclusions = exclusions(cat, m)
	return e
}

// formula names numerator, denominator and the whole.
func formula(cat *catalog.Catalog, m *catalog.Metric) (numerator, denominator, whole string) {
	label := func(id string) string {
		o, _ := cat.Metric(id) // the catalogue has checked that it exists
		return o.Label
	}
	switch m.Type {
	case catalog.Ratio, catalog.Due, catalog.Cross:
		switch m.Type {
		case catalog.Cross:
			numerator, denominator = label(m.Numerator), label(m.Denominator)
		case catalog.Due:
			numerator = or(m.NumeratorLabel, "实办次数") + "（每期最多计应办次数）"
			denominator = or(m.DenominatorLabel, "应办次数")
		default:
			numerator, denominator = or(m.NumeratorLabel, "计入分子的"), or(m.DenominatorLabel, "计入分母的")
			if m.Partial != "" {
				numerator += "（其中部分计入的按" + decimalText(m.PartialFactor) + "折算）"
			}
		}
		return numerator, denominator, numerator + " ÷ " + denominator + times(m)
	case catalog.Weighted:
		var terms []string
		for _, p := range m.Parts {
			terms = append(terms, label(p.Metric)+" × "+decimalText(p.Weight))
		}
		return "", "", strings.Join(terms, " ＋ ")
	case catalog.Quantile:
		return "", "", "各件时长从短到长排列，居于" + decimalText(100*m.P) + "%位置的时长"
	case catalog.Stock:
		if m.Shape == catalog.ShapeOrg {
			return "", "", "各单位登记数之和"
		}
		return "", "", "期末" + or(m.NumeratorLabel, m.Label)
	}
	if m.Shape == catalog.ShapeFigure {
		measure, _ := cat.Measure(m.Measure)
		return "", "", map[string]string{
			catalog.OverSum: "期内各次上报数之和", catalog.OverLast: "各单位最近一次上报数之和", catalog.OverMean: "各单位期内上报数的平均数之和",
		}[measure.Time]
	}
	return "", "", or(m.NumeratorLabel, m.Label)
}

// times is the factor of a quotient.
func times(m *catalog.Metric) string {
	switch {
	case m.Unit == "%" && m.Factor == 100:
		return " × 100%"
	case m.Factor != 1:
		return " × " + decimalText(m.Factor)
	}
	return ""
}

func decimalText(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// basisLabels name the dates that put a row into a period.
var basisLabels = map[string]string{
	"occurred_at": "发生时间", "received_at": "受理时间", "accepted_at": "签收时间", "assigned_at": "转办时间", "due_at": "办理时限",
	"responded_at": "响应时间", "visited_at": "回访时间", "closed_at": "办结时间", "held_at": "举办时间",
}

func basisLabel(cat *catalog.Catalog, m *catalog.Metric) string {
	switch {
	case m.Basis != "":
		return "按" + basisLabels[m.Basis]
	case m.Type == catalog.Due:
		return "按任务周期的结束时间"
	case m.Shape == catalog.ShapePlace:
		return "按期末时点"
	case m.Shape == catalog.ShapeOrg:
		return "按单位登记，不分期间"
	case m.Shape == catalog.ShapeFigure:
		return "按上报的期间或截至日期"
	}
	var all []string
	for _, o := range madeOf(cat, m) {
		if b := basisLabel(cat, o); !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	return strings.Join(all, "；")
}

// madeOf are the metrics that a cross or weighted metric names, in its order.
func madeOf(cat *catalog.Catalog, m *catalog.Metric) []*catalog.Metric {
	var ids []string
	switch m.Type {
	case catalog.Cross:
		ids = []string{m.Numerator, m.Denominator}
	case catalog.Weighted:
		for _, part := range m.Parts {
			ids = append(ids, part.Metric)
		}
	}
	var all []*catalog.Metric
	for _, id := range ids {
		o, _ := cat.Metric(id) // the catalogue has checked that it exists
		all = append(all, o)
	}
	return all
}

// kindLabels name what is counted.
func kindLabels(cat *catalog.Catalog, m *catalog.Metric) []string {
	list, codes := catalog.ListActivityType, m.Types
	switch {
	case m.Type == catalog.Due:
		for _, id := range m.Schedule {
			s, _ := cat.Schedule(id) // the catalogue has checked that it exists
			codes = append(codes, s.Types...)
		}
	case m.Shape == catalog.ShapeRecord:
		if list, codes = catalog.ListKind, m.Kinds; codes == nil {
			codes = catalog.Matters
		}
	case m.Shape == catalog.ShapePlace:
		list = catalog.ListPlaceType
	}
	var all []string
	for _, c := range codes {
		if l := cat.List(list).LabelOf(c); !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	for _, o := range madeOf(cat, m) {
		for _, l := range kindLabels(cat, o) {
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}

// exclusions name what a metric leaves out by the rules that all metrics share.
func exclusions(cat *catalog.Catalog, m *catalog.Metric) []string {
	var all []string
	add := func(some ...string) {
		for _, s := range some {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	if m.Shape == catalog.ShapeRecord && m.VoidOut() {
		add(catalog.Void...)
	}
	if m.Reads("due_at") {
		add(catalog.Hold + "（暂不计时限）")
	}
	if m.Type == catalog.Quantile {
		add("时间先后颠倒的")
	}
	for _, o := range madeOf(cat, m) {
		add(exclusions(cat, o)...)
	}
	return all
}
