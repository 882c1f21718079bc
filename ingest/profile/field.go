package profile

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Field is a bound field of an Emit. Its readers take the row's cells; "" cells and null values read as absent
// (ok is false, err nil) unless the profile gives a default. Errors are *ValueError.
type Field struct {
	Target string
	Type   Type
	Column Column // where the text comes from; absent for a constant
	Masked bool   // free text: phones, ID numbers and e-mail addresses must be masked before it is stored
	Unit   string // the unit its number is in; "" = as written

	counted counted // what the column's numbers are counted in, see Around

	spec  *fieldSpec
	null  nullSet
	clock Column
	near  *anchor           // the main date of the row; nil for the main date itself
	fixed string            // the text in every row, where there is no column
	plain bool              // no steps
	memo  map[string]string // texts seen and what the steps made of them
}

const maxMemo = 4096

// Raw returns the trimmed text of the cell, before any step: what a rejected row shows. It may hold personal data.
func (f *Field) Raw(row []string) string {
	if !f.Column.Bound() {
		return f.fixed
	}
	return f.Column.text(row, nil)
}

// cell returns the trimmed text, "" for null values.
func (f *Field) cell(row []string) string {
	null := f.null
	if f.Type == Bool { // 无 may stand among the null values and still mean no
		if s := f.Column.text(row, nil); s != "" && null.has(s) {
			if _, err := ParseBool(s); err == nil {
				return s
			}
		}
	}
	return f.Column.text(row, null)
}

// text returns the first non-empty text among equal columns.
func (c Column) text(row []string, null nullSet) string {
	if c.at == 0 || c.at > len(row) {
		return ""
	}
	s := CleanCell(row[c.at-1])
	if s != "" && !null.has(s) {
		return s
	}
	for _, i := range c.also {
		if i < len(row) {
			if s := CleanCell(row[i]); s != "" && !null.has(s) {
				return s
			}
		}
	}
	return ""
}

// Text returns the text of the field after all steps; "" = absent. It is fit for every type, but does not join
// the date and clock columns of a time.
func (f *Field) Text(row []string) string {
	if !f.Column.Bound() {
		return f.fixed
	}
	s := f.cell(row)
	if s == "" {
		return f.spec.steps.def
	}
	if f.plain {
		return s
	}
	out, ok := f.memo[s]
	if !ok {
		if out = f.spec.steps.apply(s); out == "" {
			out = f.spec.steps.def
		}
		if f.memo == nil || len(f.memo) >= maxMemo {
			f.memo = map[string]string{}
		}
		f.memo[strings.Clone(s)] = strings.Clone(out) // a cell is part of its whole batch
	}
	return out
}

// Time reads a Time field as a naive time (location UTC). A due_at without a clock time is the last second of its day (unless
// day_end = false): a term that ends on a day, or in a month, ends with it. A field marked inclusive is the moment after the
// day, month or year it names, period_from and opened_on (registers often know no more than the month) are the beginning
// of it and as_of its last day.
func (f *Field) Time(row []string, c *Clock) (t time.Time, ok bool, err error) {
	s := f.fixed
	if f.Column.Bound() {
		if s = f.cell(row); s == "" {
			s = f.spec.steps.def
		}
	}
	if s == "" {
		return time.Time{}, false, nil
	}
	m, err := f.moment(s, row, c)
	if err != nil {
		return time.Time{}, false, err
	}
	if f.clock.Bound() {
		if m, err = f.addClock(m, f.clock.text(row, f.null), c); err != nil {
			return time.Time{}, false, err
		}
	}
	if f.spec.dayEnd && !m.clock {
		m.t = m.t.Add(24*time.Hour - time.Second)
	}
	return m.t, true, nil
}

// anchor is where a row's main date stands, which lends its year to the other dates of the row.
type anchor struct {
	column Column
	spec   *fieldSpec
}

// anchored returns the clock for a text that may state no year.
func (f *Field) anchored(s string, row []string, c *Clock) *Clock {
	if f.near == nil || hasYear(s) {
		return c
	}
	m, err := parseTime(f.near.column.text(row, f.null), f.near.spec.layouts, c)
	if err != nil {
		return c
	}
	var own Clock
	if c != nil {
		own = *c
	}
	own.near, own.before = m.t.Truncate(24*time.Hour), f.Target == "occurred_at"
	return &own
}

// hasYear says whether four digits stand together.
func hasYear(s string) bool {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			n = 0
		} else if n++; n == 4 {
			return true
		}
	}
	return false
}

func (f *Field) moment(s string, row []string, c *Clock) (moment, error) {
	if len(f.spec.layouts) == 0 && !f.spec.incl { // most cells of most ledgers
		if m, ok := isoTime(s); ok {
			return m, nil
		}
	}
	c = f.anchored(s, row, c)
	if f.spec.incl && len(f.spec.layouts) == 0 {
		if _, to, ok := c.Period(s); ok {
			return moment{to, true}, nil
		}
	}
	m, err := parseTime(s, f.spec.layouts, c)
	switch {
	case err == nil && f.spec.incl && m.t.Truncate(24*time.Hour) != m.t:
		m.t = m.t.Add(time.Second)
	case err == nil && f.spec.incl:
		m.t = m.t.AddDate(0, 0, 1)
	case err != nil && (f.Target == "period_from" || f.Target == "opened_on"):
		if from, _, ok := c.Period(s); ok {
			return moment{from, true}, nil
		}
	case err != nil && f.Target == "as_of":
		if _, to, ok := c.Period(s); ok {
			return moment{to.AddDate(0, 0, -1), true}, nil
		}
	case err != nil && f.spec.dayEnd:
		if _, to, ok := c.Period(s); ok {
			return moment{to.Add(-time.Second), true}, nil
		}
	}
	return m, err
}

// addClock puts the text of the clock column onto a date that has none of its own. The clock column may hold the whole time again, or
// from when to when something lasted (8:30-10:45): then its beginning.
func (f *Field) addClock(m moment, s string, c *Clock) (moment, error) {
	if s == "" || m.clock && m.t.Truncate(24*time.Hour) != m.t {
		return m, nil
	}
	if sec, ok := clockStart(s); ok {
		return moment{m.t.Truncate(24 * time.Hour).Add(time.Duration(sec) * time.Second), true}, nil
	}
	if whole, err := parseTime(s, f.spec.layouts, c); err == nil && whole.t.Truncate(24*time.Hour).Equal(m.t.Truncate(24*time.Hour)) {
		return whole, nil
	}
	return moment{}, &ValueError{Value: s, Text: "不是可识别的时刻，应如 09:32 或 09:32:00"}
}

// Number reads a Number field with how exactly it was stated. A unit written behind it, or else the one that the column is
// counted in, is converted to f.Unit where both are known, else it is an error.
func (f *Field) Number(row []string) (v float64, q Qualifier, ok bool, err error) {
	s := f.Text(row)
	if s == "" {
		return 0, "", false, nil
	}
	n, err := parseNumber(s)
	if err == nil {
		n, err = f.counted.apply(n, s).inUnit(f.Unit, s)
	}
	switch {
	case err != nil:
		return 0, "", false, err
	case whole[f.Unit] && n.value < 0:
		return 0, "", false, &ValueError{Value: s, Text: "不应为负数"}
	case whole[f.Unit] && n.value != math.Trunc(n.value) && n.qualifier == Exact:
		return 0, "", false, &ValueError{Value: s, Text: "应为整数"}
	}
	return n.value, n.qualifier, true, nil
}

// whole are units of what is counted one by one.
var whole = map[string]bool{"人": true, "户": true, "件": true, "个": true, "场": true, "处": true, "次": true, "人次": true}

// Int reads an Int field, which must be whole, not below zero, and fit 32 bits.
func (f *Field) Int(row []string) (v int32, q Qualifier, ok bool, err error) {
	x, q, ok, err := f.Number(row)
	if err != nil || !ok {
		return 0, "", false, err
	}
	if x != math.Trunc(x) || math.Abs(x) > math.MaxInt32 {
		return 0, "", false, &ValueError{Value: f.Raw(row), Text: "应为整数"}
	}
	if x < 0 {
		return 0, "", false, &ValueError{Value: f.Raw(row), Text: "不应为负数"}
	}
	return int32(x), q, true, nil
}

// Coord reads a Lon or Lat field: a plain number in the unit of the profile's CRS, degrees or metres.
func (f *Field) Coord(row []string) (v float64, ok bool, err error) {
	s := f.Text(row)
	if s == "" {
		return 0, false, nil
	}
	if t := narrow(s); plainNumber(t) {
		if v, err = strconv.ParseFloat(t, 64); err == nil {
			return v, true, nil
		}
	}
	return 0, false, &ValueError{Value: s, Text: "不是可识别的坐标，应为数字，如 116.397428"}
}

// Bool reads a Bool field.
func (f *Field) Bool(row []string) (v, ok bool, err error) {
	s := f.Text(row)
	if s == "" {
		return false, false, nil
	}
	v, err = ParseBool(s)
	return v, err == nil, err
}
