package catalog

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// allowed names the keys each type of metric reads besides label, unit, better, explain, min_n and digits. A key that its
// type does not read is a mistake of whoever wrote it.
var allowed = map[Type]string{
	Ratio:    "shape basis kinds types where void numerator denominator partial partial_factor factor measure numerator_label denominator_label rest_label care",
	Count:    "shape basis kinds types where void numerator measure factor numerator_label care",
	Quantile: "shape basis kinds types where void p of care",
	Stock:    "shape types where numerator column measure",
	Cross:    "numerator denominator factor",
	Due:      "schedule factor numerator_label denominator_label rest_label",
	Weighted: "parts",
}

// check completes a metric and finds its mistakes: the key at fault and a Chinese sentence.
func (m *Metric) check(c *Catalog) (key, text string) {
	keys, ok := allowed[m.Type]
	switch {
	case !ok:
		return "type", "type 应为 ratio、count、quantile、stock、cross、due 或 weighted"
	case m.Label == "":
		return "label", "没有填写中文名称（label）"
	case m.Explain == "":
		return "explain", "没有填写计算口径（explain）"
	case m.Better != "up" && m.Better != "down" && m.Better != "none":
		return "better", "better 应为 up、down 或 none"
	case m.MinN < 0:
		return "min_n", "min_n 不能为负数"
	case m.Digits != nil && (*m.Digits < 0 || *m.Digits > 6):
		return "digits", "digits 应在 0 至 6 之间"
	}
	for _, given := range m.given() {
		if !slices.Contains(strings.Fields(keys), given) {
			return given, "类型 " + string(m.Type) + " 不使用“" + given + "”"
		}
	}
	if m.Factor < 0 || math.IsInf(m.Factor, 0) || math.IsNaN(m.Factor) {
		return "factor", "factor 应为正数"
	}
	if m.Factor == 0 {
		m.Factor = 1
		if m.Unit == "%" {
			m.Factor = 100
		}
	}
	switch m.Type {
	case Ratio, Count, Quantile:
		if m.Shape == ShapeFigure {
			return m.checkFigure(c)
		}
		return m.checkRows(c)
	case Stock:
		return m.checkStock(c)
	case Cross:
		return m.checkCross(c)
	case Due:
		if len(m.Schedule) == 0 {
			return "schedule", "没有写明任务安排（schedule）"
		}
		for _, id := range m.Schedule {
			if _, ok := c.Schedule(id); !ok {
				return "schedule", "没有名为“" + id + "”的任务安排"
			}
		}
	case Weighted:
		return m.checkParts(c)
	}
	return "", ""
}

// given lists the keys that were filled.
func (m *Metric) given() []string {
	var keys []string
	for _, k := range []struct {
		key string
		set bool
	}{
		{"shape", m.Shape != ""},
		{"basis", m.Basis != ""},
		{"kinds", m.Kinds != nil},
		{"types", m.Types != nil},
		{"where", m.Where != ""},
		{"void", m.Void != ""},
		{"numerator", m.Numerator != ""},
		{"denominator", m.Denominator != ""},
		{"partial", m.Partial != ""},
		{"partial_factor", m.PartialFactor != 0},
		{"numerator_label", m.NumeratorLabel != ""},
		{"denominator_label", m.DenominatorLabel != ""},
		{"rest_label", m.RestLabel != ""},
		{"care", m.Care},
		{"factor", m.Factor != 0},
		{"p", m.P != 0},
		{"of", m.Of != ""},
		{"measure", m.Measure != ""},
		{"column", m.Column != ""},
		{"schedule", m.Schedule != nil},
		{"parts", m.Parts != nil},
	} {
		if k.set {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// checkRows is for aggregates over records or activities.
func (m *Metric) checkRows(c *Catalog) (key, text string) {
	switch {
	case m.Shape != ShapeRecord && m.Shape != ShapeActivity:
		return "shape", "shape 应为 record、activity 或 figure"
	case !slices.Contains(bases[m.Shape], m.Basis):
		return "basis", "basis 应为 " + strings.Join(bases[m.Shape], "、") + " 之一"
	case m.Measure != "":
		return "measure", "measure 只用于 shape = \"figure\""
	case m.Shape != ShapeRecord && m.Kinds != nil:
		return "kinds", "kinds 只用于 shape = \"record\""
	case m.Shape != ShapeActivity && m.Types != nil:
		return "types", "types 只用于活动和场所"
	case m.Shape != ShapeRecord && m.Void != "":
		return "void", "void 只用于 shape = \"record\""
	}
	for _, k := range m.Kinds {
		if l := c.List(ListKind); l == nil || l.LabelOf(k) == k {
			return "kinds", "事项类型“" + k + "”不在代码表中"
		}
	}
	if m.Void == "" {
		m.Void = "out"
		if m.Type == Count || m.Shape != ShapeRecord {
			m.Void = "in"
		}
	}
	if m.Void != "in" && m.Void != "out" {
		return "void", "void 应为 in 或 out"
	}
	if key, text := m.parse(c, "where", m.Where, rowExpr, tBool, &m.where, false); text != "" {
		return key, text
	}
	if m.Type == Quantile {
		if m.P <= 0 || m.P >= 1 {
			return "p", "p 应在 0 与 1 之间"
		}
		return m.parse(c, "of", m.Of, rowExpr, tNumber, &m.of, true)
	}
	if key, text := m.parse(c, "numerator", m.Numerator, aggregateExpr, tNumber, &m.numerator, true); text != "" {
		return key, text
	}
	if m.Type == Count {
		return "", ""
	}
	if (m.Partial == "") != (m.PartialFactor == 0) {
		return "partial_factor", "partial 与 partial_factor 应同时填写"
	}
	if scale, whole := decimal(m.PartialFactor); m.Partial != "" && (scale == 0 || whole <= 0) {
		return "partial_factor", "partial_factor 应为正数，最多四位小数"
	}
	if key, text := m.parse(c, "partial", m.Partial, aggregateExpr, tNumber, &m.partial, false); text != "" {
		return key, text
	}
	return m.parse(c, "denominator", m.Denominator, aggregateExpr, tNumber, &m.denominator, true)
}

func (m *Metric) checkFigure(c *Catalog) (key, text string) {
	switch {
	case m.Type == Quantile:
		return "type", "上报数据不能计算分位数"
	case m.Measure == "":
		return "measure", "没有写明指标项（measure）"
	}
	for _, key := range m.given() {
		if !slices.Contains([]string{"shape", "measure", "factor", "numerator_label", "denominator_label", "rest_label", "care"}, key) {
			return key, "上报数据类指标不使用“" + key + "”"
		}
	}
	m.Void = "in"
	measure, _ := c.Measure(m.Measure)
	m.Care = m.Care || measure.Care
	return "", ""
}

func (m *Metric) checkStock(c *Catalog) (key, text string) {
	switch m.Shape {
	case ShapeOrg:
		if m.Column != "households" && m.Column != "population" && m.Column != "area_km2" {
			return "column", "column 应为 households、population 或 area_km2"
		}
		if m.Types != nil || m.Where != "" || m.Numerator != "" {
			return "column", "取自单位登记的指标只使用 column 和 measure"
		}
		measure, _ := c.Measure(m.Measure)
		m.Care = measure.Care
		return "", ""
	case ShapePlace:
		if m.Column != "" || m.Measure != "" {
			return "column", "column 和 measure 只用于 shape = \"org\""
		}
		if len(m.Types) == 0 {
			return "types", "没有写明场所类型（types）"
		}
		if m.Numerator == "" {
			m.Numerator = "count(*)"
		}
		if key, text := m.parse(c, "where", m.Where, rowExpr, tBool, &m.where, false); text != "" {
			return key, text
		}
		return m.parse(c, "numerator", m.Numerator, aggregateExpr, tNumber, &m.numerator, true)
	}
	return "shape", "shape 应为 place 或 org"
}

func (m *Metric) checkCross(c *Catalog) (key, text string) {
	for _, side := range []struct{ key, id string }{{"numerator", m.Numerator}, {"denominator", m.Denominator}} {
		if o := c.metrics[side.id]; o == nil || o.Type != Count && o.Type != Stock {
			return side.key, side.key + " 应为 count 或 stock 类指标的编号，“" + side.id + "”不是"
		}
	}
	return "", ""
}

func (m *Metric) checkParts(c *Catalog) (key, text string) {
	if len(m.Parts) == 0 {
		return "parts", "没有写明组成（parts）"
	}
	for _, p := range m.Parts {
		if o := c.metrics[p.Metric]; o == nil || !o.Rate() && o.Type != Cross {
			return "parts", "“" + p.Metric + "”不是 ratio、due 或 cross 类指标"
		}
		if scale, whole := decimal(p.Weight); scale == 0 || whole <= 0 {
			return "parts", "“" + p.Metric + "”的权重应为正数，最多四位小数"
		}
	}
	return "", ""
}

// parse checks one expression of the metric.
func (m *Metric) parse(c *Catalog, key, src string, place int, want valueType, into **Expr, must bool) (string, string) {
	if strings.TrimSpace(src) == "" {
		if must {
			return key, "没有填写 " + key
		}
		return "", ""
	}
	e, err := parseExpr(src, m.Shape, place, want, func(column, group string) ([]string, bool) {
		l := c.List(column)
		if l == nil {
			return nil, false
		}
		codes := l.Members(group)
		return codes, len(codes) > 0
	})
	if err != nil {
		return key, key + " 无法使用：" + err.Error()
	}
	*into = e
	return "", ""
}

// decimal writes a factor as whole ÷ scale, scale a power of ten: 0.9 is 9 ÷ 10. A scale of 0 means more than four
// decimals.
func decimal(f float64) (scale, whole int64) {
	text := strconv.FormatFloat(f, 'f', -1, 64)
	_, decimals, _ := strings.Cut(text, ".")
	if len(decimals) > 4 || math.Abs(f) > 1e6 {
		return 0, 0
	}
	scale = 1
	for range decimals {
		scale *= 10
	}
	whole, err := strconv.ParseInt(strings.Replace(text, ".", "", 1), 10, 64)
	if err != nil {
		return 0, 0
	}
	return scale, whole
}
