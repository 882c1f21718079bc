package analytics

import (
	"math/big"
	"strconv"
	"strings"

	"gridstar/analytics/catalog"
)

// noText stands where there is nothing to show and no reason to give.
const noText = "—"

// Published is a cell's number as pages, charts and documents show it: rounded half up to the metric's decimals
// (catalog.Metric.Decimals), with thousands separators and without the unit; the Note where there is no value.
//
// What is rounded is the exact quotient of numerator and denominator, not the float next to it: 1,869 ÷ 2,000 is
// 93.45 % and shown as 93.5. A quantile is rounded as the decimal its value is written with; a weighted metric as its
// value cut to twelve digits, which takes away what adding floats brought in.
func Published(m *catalog.Metric, c Cell) string {
	if c.Value == nil {
		if c.Note == NoNote {
			return noText
		}
		return string(c.Note)
	}
	return decimals(m, exact(m, *c.Value, c.N, c.D))
}

// PublishedPrev is the earlier number of the comparison, written like Published.
func PublishedPrev(m *catalog.Metric, c Cell) string {
	if c.Prev == nil {
		return noText
	}
	return decimals(m, exact(m, *c.Prev, c.PrevN, c.PrevD))
}

// Change is a comparison in words for the reader.
type Change struct {
	Text string // size without a sign: 6.2%, 1.1个百分点, 2.0小时; 持平 if it rounds to zero, 新增, or — if there is none
	Sign int    // -1 less, 0 neither or none, +1 more than before
	Good int    // -1 worse, +1 better by Metric.Better; 0 where the metric has no better side
	Note Note   // why there is none
}

// comparable is the share of the present coverage that the earlier period must have: a year of which two months were
// delivered says nothing about growth.
const comparable = 0.9

// NotComparable is the Note of a change against a period of which too little was delivered.
const NotComparable Note = "可比数据不足"

// PublishedChange is a cell's comparison: in percent of the earlier value for counts, in 个百分点 for shares, in the
// metric's own unit for other rates and durations. It is worked out from the exact values and rounded once.
func PublishedChange(m *catalog.Metric, c Cell) Change {
	if c.Prev != nil && c.PrevCovered < comparable*c.Covered {
		return Change{Text: noText, Note: NotComparable}
	}
	if c.Change == nil || c.Value == nil || c.Prev == nil {
		if c.ChangeNote == NewlyArisen {
			return Change{Text: string(NewlyArisen), Sign: 1, Good: good(m, 1)}
		}
		return Change{Text: noText, Note: c.ChangeNote}
	}
	now, before := exact(m, *c.Value, c.N, c.D), exact(m, *c.Prev, c.PrevN, c.PrevD)
	change := new(big.Rat).Sub(now, before)
	places, unit := 1, changeUnit(m)
	switch {
	case !m.Relative():
		places, _ = m.Decimals()
	case before.Sign() != 0:
		change.Quo(change, new(big.Rat).Abs(before))
		change.Mul(change, big.NewRat(100, 1))
	}
	size := new(big.Rat).Abs(change).FloatString(places)
	sign := change.Sign()
	if strings.Trim(size, "0.") == "" {
		return Change{Text: "持平"}
	}
	return Change{Text: Thousands(size) + unit, Sign: sign, Good: good(m, sign)}
}

func good(m *catalog.Metric, sign int) int {
	switch m.Better {
	case "up":
		return sign
	case "down":
		return -sign
	}
	return 0
}

// PublishedBase is what a number rests on: 2,301 / 2,464 for quotients, the size of the sample alone for quantiles and
// weighted metrics, nothing for counts.
func PublishedBase(m *catalog.Metric, c Cell) string {
	switch {
	case c.Note == Hidden:
		return ""
	case m.Type == catalog.Quantile:
		return whole(c.N)
	case m.Type == catalog.Weighted:
		return whole(c.D)
	case c.HasD:
		return whole(c.N) + " / " + whole(c.D)
	}
	return ""
}

// PublishedShare is the share of a part in its whole, 32.1%, from their exact values; — where either has none, or the
// whole is zero. Both are counts of the same rows.
func PublishedShare(part, whole Cell) string {
	if part.Value == nil || whole.Value == nil || *whole.Value == 0 {
		return noText
	}
	q := new(big.Rat).Quo(written(*part.Value, -1), written(*whole.Value, -1))
	return q.Mul(q, big.NewRat(100, 1)).FloatString(1) + "%"
}

// exact is a value as a fraction. Quotients come from their integers; everything else is taken as it is written.
func exact(m *catalog.Metric, value, n, d float64) *big.Rat {
	switch {
	case (m.Rate() || m.Type == catalog.Cross) && d != 0:
		q := new(big.Rat).Quo(written(n, -1), written(d, -1))
		return q.Mul(q, written(m.Factor, -1))
	case m.Type == catalog.Weighted:
		return written(value, 12)
	}
	return written(value, -1)
}

// written is the fraction that a float's decimal notation stands for: 0.1 is one tenth. With digits < 0 it is the
// shortest notation that reads back as the float.
func written(f float64, digits int) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', digits, 64))
	if !ok { // no number: a value is finite
		return new(big.Rat)
	}
	return r
}

// decimals writes a value with the metric's decimals; those that are only a maximum lose their last zeros.
func decimals(m *catalog.Metric, v *big.Rat) string {
	places, fixed := m.Decimals()
	text := v.FloatString(places) // rounds halves away from zero
	if !fixed && places > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return Thousands(text)
}

// whole writes a numerator or denominator, which may have the decimals of a partial factor.
func whole(f float64) string {
	return Thousands(strings.TrimRight(strings.TrimRight(written(f, -1).FloatString(4), "0"), "."))
}

// Thousands puts a comma before every third digit of the whole part of a decimal: -12345.60 is -12,345.60.
func Thousands(text string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, text = "-", rest
	}
	digits, rest, _ := strings.Cut(text, ".")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if rest != "" {
		rest = "." + rest
	}
	return sign + digits + rest
}
