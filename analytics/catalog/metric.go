package catalog

// Type is how a metric is computed. Each is one SQL template in package analytics; nothing else computes a number.
type Type string

const (
	Ratio    Type = "ratio"    // numerator ÷ denominator over the rows of one shape
	Count    Type = "count"    // one aggregate over the rows of one shape
	Quantile Type = "quantile" // the p-quantile of a duration in hours
	Stock    Type = "stock"    // what exists at the period's end
	Cross    Type = "cross"    // one metric divided by another, joined on unit and period
	Due      Type = "due"      // held against a schedule
	Weighted Type = "weighted" // a weighted sum of rates
)

// Shapes of facts. ShapeOrg is the register of units itself; only stock metrics read it.
const (
	ShapeRecord   = "record"
	ShapeActivity = "activity"
	ShapeFigure   = "figure"
	ShapePlace    = "place"
	ShapeOrg      = "org"
)

// Metric is one [metric.<id>] table: the only way a number reaches a reader.
type Metric struct {
	ID string `toml:"-"`

	Type    Type   `toml:"type"`
	Label   string `toml:"label"`
	Unit    string `toml:"unit"`   // "%", "件", "小时" … of the value
	Better  string `toml:"better"` // up, down, or none
	Shape   string `toml:"shape"`
	Explain string `toml:"explain"` // 计算口径, shown beside the number

	// Basis is the time column that puts a row into the period: the one date of the cohort.
	Basis string `toml:"basis"`

	// Which rows: kinds of record (default: Matters, unless the query names kinds), types of activity or place,
	// and a condition on the columns of the shape.
	Kinds []string `toml:"kinds"`
	Types []string `toml:"types"`
	Where string   `toml:"where"`
	// Void says whether matters that are 作废 or 不予受理 count: "out" (default of ratios and quantiles) or "in"
	// (default of counts).
	Void string `toml:"void"`

	// Numerator and Denominator are aggregates; a count has only a numerator. For a cross metric they are ids of
	// metrics. Partial, if given, adds PartialFactor × Partial to the numerator; the factor has at most four
	// decimals and the sum is kept in whole units of its last decimal, so it stays exact.
	Numerator     string  `toml:"numerator"`
	Denominator   string  `toml:"denominator"`
	Partial       string  `toml:"partial"`
	PartialFactor float64 `toml:"partial_factor"`

	// Digits are the decimals the value is shown with; nil leaves it to the unit (Decimals).
	Digits *int `toml:"digits"`

	// What numerator and denominator count, in words: 按时办结的事项 of 有时限且已办结或已到期的事项; RestLabel is what is in the
	// denominator only: 未按时办结的事项. They head the rows behind the number and its formula; all may be empty.
	NumeratorLabel   string `toml:"numerator_label"`
	DenominatorLabel string `toml:"denominator_label"`
	RestLabel        string `toml:"rest_label"`

	// Care says that what is counted are people in care: its rows are a care list, and its small numbers are theirs. The
	// measure of a figure says it for the metric too; of a cross or weighted metric its operands do.
	Care bool `toml:"care"`

	Factor float64 `toml:"factor"` // multiplies the quotient; 100 for %, 1,000 for 件/千户
	MinN   int     `toml:"min_n"`  // a sample below it is 样本不足

	P  float64 `toml:"p"`  // quantile: 0.5 is the median
	Of string  `toml:"of"` // quantile: the duration in hours, a row expression; negative ones are left out

	Measure  string   `toml:"measure"`  // figure: the measure read; org: the measure used where no unit states the attribute
	Column   string   `toml:"column"`   // org: the attribute read
	Schedule []string `toml:"schedule"` // due: ids of schedules
	Parts    []Part   `toml:"parts"`    // weighted

	numerator, denominator, partial, of, where *Expr
}

// Part is one rate of a weighted metric. The weights need not add up to 1.
type Part struct {
	Metric string  `toml:"metric"`
	Weight float64 `toml:"weight"`
}

// Matters are the kinds of record that the built-in metrics count unless a query names kinds.
var Matters = []string{"SQ", "DB", "CS", "BCS", "SH", "MD", "XFJ", "TY"}

// Void are the statuses that leave all rates; Hold is the one whose deadline is suspended.
var (
	Void = []string{"作废", "不予受理"}
	Hold = "挂账"
)

// Rate says whether the value is a quotient of the metric's own n and d that min_n applies to.
func (m *Metric) Rate() bool { return m.Type == Ratio || m.Type == Due }

// Relative says how a change is stated: true in percent of the earlier value (counts, stocks, cross), false as a
// difference in the metric's own unit (rates: 个百分点).
func (m *Metric) Relative() bool { return m.Type == Count || m.Type == Stock || m.Type == Cross }

// Scale is the whole number by which the SQL's numerator is multiplied to stay an integer: 10 for a partial factor
// of 0.9, 1 without one.
func (m *Metric) Scale() int64 {
	scale, _ := decimal(m.PartialFactor)
	return scale
}

// PartialWhole is PartialFactor × Scale: 9 for 0.9.
func (m *Metric) PartialWhole() int64 {
	_, whole := decimal(m.PartialFactor)
	return whole
}

// Additive says whether numerator and denominator of parts add up to those of the whole, so that they may be
// counted by the finest unit first. Quantiles and distinct counts are not.
func (m *Metric) Additive() bool {
	for _, e := range []*Expr{m.numerator, m.denominator, m.partial} {
		if e != nil && !additive(e.root) {
			return false
		}
	}
	return m.Type != Quantile
}

// unitDecimals are the decimals of units that are always shown alike.
var unitDecimals = map[string]int{
	"件": 0, "个": 0, "户": 0, "人": 0, "人次": 0, "场": 0, "次": 0, "栋": 0, "家": 0, "条": 0, "名": 0,
	"%": 1, "分": 1, "小时": 1, "平方公里": 2, "万元": 2,
}

// Decimals are those a value is shown with: Digits if given, else the unit's, else one for quotients and quantiles.
// Counts and stocks of other units have up to two: then fixed is false, and zeros at the end are not shown.
func (m *Metric) Decimals() (places int, fixed bool) {
	if m.Digits != nil {
		return *m.Digits, true
	}
	if n, ok := unitDecimals[m.Unit]; ok {
		return n, true
	}
	if m.Type == Count || m.Type == Stock {
		return 2, false
	}
	return 1, true
}

// VoidOut says whether 作废 and 不予受理 are left out.
func (m *Metric) VoidOut() bool { return m.Void == "out" }

// The expressions as SQL; only adds a condition to every aggregate. See Expr.SQL.

func (m *Metric) NumeratorSQL(now, only string) string   { return m.numerator.SQL(now, only) }
func (m *Metric) DenominatorSQL(now, only string) string { return m.denominator.SQL(now, only) }
func (m *Metric) PartialSQL(now, only string) string     { return m.partial.SQL(now, only) }
func (m *Metric) OfSQL(now string) string                { return m.of.SQL(now, "") }
func (m *Metric) WhereSQL(now string) string             { return m.where.SQL(now, "") }
