package analytics

import (
	"math"

	"gridstar/analytics/catalog"
)

// counted is what the statement returns for one leaf in one cell.
type counted struct {
	n, m    float64
	given   bool // the source has a row for the cell, with a number
	rows    int64
	flagged int64
	covered float64
}

// value is one number with its reason.
type value struct {
	v       float64
	note    Note
	n, d    float64
	hasD    bool
	covered float64
	flagged int64
}

// evaluate works out a metric's value from its leaves. missing is the rule of DESIGN §3: no day covered, and no row.
func (p *plan) evaluate(m *catalog.Metric, get func(id string) counted) value {
	switch m.Type {
	case catalog.Cross:
		return p.quotient(m, get)
	case catalog.Weighted:
		return p.weighted(m, get)
	}
	return single(m, get(m.ID))
}

func single(m *catalog.Metric, c counted) value {
	v := value{covered: c.covered, flagged: c.flagged}
	missing := c.rows == 0 && c.covered == 0
	switch {
	case m.Rate():
		scale := float64(m.Scale())
		v.n, v.d, v.hasD = c.n/scale, c.m, true
		v.v = m.Factor * c.n / (scale * c.m)
		v.note = sample(m, c.m, missing)
	case m.Type == catalog.Quantile:
		v.n, v.v = c.m, c.n
		v.note = sample(m, c.m, missing)
	default:
		v.n = m.Factor * c.n
		v.v = v.n
		if missing || m.Shape == catalog.ShapeOrg && !c.given {
			v.note = NoData
		}
	}
	return v
}

// sample is the note of a value whose sample is n.
func sample(m *catalog.Metric, n float64, missing bool) Note {
	switch {
	case missing:
		return NoData
	case n == 0:
		return NotApplicable
	case n < float64(m.MinN):
		return SmallSample
	}
	return NoNote
}

// quotient of two metrics, times the factor.
func (p *plan) quotient(m *catalog.Metric, get func(id string) counted) value {
	num, _ := p.cat.Metric(m.Numerator)
	den, _ := p.cat.Metric(m.Denominator)
	a, b := single(num, get(num.ID)), single(den, get(den.ID))
	v := value{
		n: a.n, d: b.n, hasD: true, v: m.Factor * a.n / b.n,
		covered: min(a.covered, b.covered), flagged: a.flagged + b.flagged,
	}
	v.note = sample(m, b.n, a.note == NoData || b.note == NoData)
	return v
}

// weighted sum of rates. A part without a value leaves the whole without one.
func (p *plan) weighted(m *catalog.Metric, get func(id string) counted) value {
	v := value{hasD: true, covered: 1, d: math.Inf(1)}
	missing := false
	for _, part := range m.Parts {
		o, _ := p.cat.Metric(part.Metric)
		x := p.evaluate(o, get)
		v.v += part.Weight * x.v
		v.d = min(v.d, x.d)
		v.covered = min(v.covered, x.covered)
		v.flagged += x.flagged
		missing = missing || x.note == NoData
	}
	for _, part := range m.Parts {
		o, _ := p.cat.Metric(part.Metric)
		if x := p.evaluate(o, get); x.d > 0 {
			v.n += part.Weight * x.n * (v.d / x.d)
		}
	}
	v.note = sample(m, v.d, missing)
	return v
}

// cell joins a value with its comparison.
func cell(m *catalog.Metric, now value, prev *value) Cell {
	c := Cell{N: now.n, D: now.d, HasD: now.hasD, Note: now.note, Covered: now.covered, Flagged: now.flagged}
	if now.note == NoNote {
		c.Value = &now.v
	}
	if prev == nil {
		return c
	}
	if prev.note != NoNote {
		c.ChangeNote = prev.note
		return c
	}
	c.Prev, c.PrevN, c.PrevD, c.PrevCovered = &prev.v, prev.n, prev.d, prev.covered
	change := now.v - prev.v
	switch {
	case now.note != NoNote:
		c.ChangeNote = now.note
		return c
	case !m.Relative() || now.v == prev.v:
	case prev.v == 0:
		c.ChangeNote = NewlyArisen
		return c
	default:
		change = (now.v - prev.v) / math.Abs(prev.v) * 100
	}
	c.Change = &change
	return c
}
