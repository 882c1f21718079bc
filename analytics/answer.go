package analytics

import (
	"slices"
	"time"

	"gridstar/analytics/catalog"
)

// Note says why a cell has no value.
type Note string

const (
	NoNote        Note = ""
	NotApplicable Note = "不适用"  // nothing to divide by
	SmallSample   Note = "样本不足" // fewer than the metric's min_n
	NoData        Note = "缺数据"  // nothing delivered, and no row
	NewlyArisen   Note = "新增"   // only of a change: from zero to something
)

// Answer is what a query gives.
type Answer struct {
	Dims    []Dim
	Columns []Column
	Rows    []Row // in official order, the first dimension outermost; rows without a unit last

	From, To         time.Time
	PrevFrom, PrevTo time.Time // zero without a comparison
	PrevCut          bool      // the period is still running: PrevTo is the moment that corresponds to now
	Compare          Compare
	Now              time.Time
	Version          int64  // data version answered from (数据截至)
	Catalog          string // hash of the catalogue

	Notes []string // sentences for the reader: a value filtered by that neither a code list nor the data has
}

// Dim is a dimension of the answer.
type Dim struct {
	Name  string // as asked: "org:community", "month"
	Label string // 社区
	Unit  bool   // its keys are units, with code and name
}

// Column is a metric of the answer.
type Column struct {
	*catalog.Metric
}

// Row is one cell of the dimensions, with one Cell per column. The grain is one row per combination of keys.
type Row struct {
	Keys  []Key
	Cells []Cell
}

// Key is the value of a dimension: nil, a string, or an int (year, hour, weekday). Name is the unit's name or the
// code's label.
type Key struct {
	Value any
	Name  string
	Upper string // name of the unit above, where another unit of the answer bears the same Name: 朝阳社区 of 第一网格
}

// Cell is one number. Value is in the metric's unit (93.4 for 93.4 %), not rounded, nil where Note says why.
//
// N and D are numerator and denominator as they were counted, zero if the number is Hidden. N of a satisfaction rate may have a decimal
// (满意 + 0.9 × 基本满意): N × Metric.Scale is a whole number. Counts and stocks: N is the value, HasD is false.
// Quantiles: N is the number of durations. Cross: the two values. Weighted: D is the smallest sample of the parts,
// N = Value/100 × D, which is exact where all parts have the same sample.
type Cell struct {
	Value *float64
	N, D  float64
	HasD  bool
	Note  Note

	Covered float64 // share of the days that have begun on which the data was delivered, 0 to 1
	Flagged int64   // rows left out (durations below zero) or fuzzy (200余)

	// The comparison, if there is one. Change is a difference in the metric's unit (个百分点 for %), but in percent of
	// Prev where Metric.Relative holds. ChangeNote: 新增 from zero, or why there is no earlier or present value.
	// PrevN and PrevD are the counts behind Prev, as N and D are behind Value.
	Prev        *float64
	PrevCovered float64 // as Covered, of the period compared with
	PrevN       float64
	PrevD       float64
	Change      *float64
	ChangeNote  Note
}

// Approx says that the value rests on figures that were reported in round terms: 200余, 近50. What a quantile leaves out is none.
func (c Cell) Approx() bool { return c.Value != nil && c.Flagged > 0 }

// inexact says whether any value of the i-th metric is Approx; its column of booleans is only there where there is something to say.
func (a *Answer) inexact(i int) bool {
	return a.Columns[i].Type != catalog.Quantile && slices.ContainsFunc(a.Rows, func(r Row) bool { return r.Cells[i].Approx() })
}
