package web_test

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
)

// examiner answers a page's question by itself.
type examiner struct {
	t *testing.T
	s *site
	question
}

// number is an answer before it is written.
type number struct {
	exact *big.Rat // nil without a value
	note  string
	base  string // 2,301 / 2,464; the sample of a median or a score; "" of a count
	name  string // of the unit or code it belongs to
}

func (x *examiner) metric(id string) *catalog.Metric {
	x.t.Helper()
	m, ok := x.s.Catalog.Metric(id)
	if !ok {
		x.t.Fatalf("no metric %s", id)
	}
	return m
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.DateOnly, "2006-01-02T15"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Fatalf("no moment: %q", text)
	return time.Time{}
}

// count asks for one metric over [from, to), by a dimension or by none. The keys come in the order of the answer.
func (x *examiner) count(id, from, to, org, kind string, dims ...string) (keys []string, all map[string]number) {
	x.t.Helper()
	q := analytics.Query{Metrics: []string{id}, Dims: dims, From: moment(x.t, from), To: moment(x.t, to), Org: org}
	if kind != "" {
		q.Where = []analytics.Filter{{Dim: "kind", Values: []string{kind}}}
	}
	m := x.metric(id)
	parts := make([]map[string]number, len(m.Parts))
	for i, p := range m.Parts {
		_, parts[i] = x.count(p.Metric, from, to, org, kind, dims...)
	}
	all = map[string]number{}
	for _, r := range x.s.ask(x.t, q).Rows {
		key, name := "", ""
		for i, k := range r.Keys {
			if i > 0 {
				key, name = key+"→", name+"→"
			}
			key, name = key+keyOf(k), name+k.Name
		}
		c := r.Cells[0]
		n := number{note: string(c.Note), name: name}
		if c.HasD && m.Type != catalog.Weighted { // also of a sample that is too small
			n.base = digits(decimal(c.N)) + " / " + digits(decimal(c.D))
		}
		switch {
		case c.Value == nil:
		case m.Type == catalog.Weighted:
			n.exact, n.base = new(big.Rat), digits(decimal(c.D))
			for i, p := range m.Parts {
				n.exact.Add(n.exact, new(big.Rat).Mul(decimal(p.Weight), parts[i][key].exact))
			}
		case m.Type == catalog.Quantile:
			n.exact, n.base = decimal(*c.Value), digits(decimal(c.N))
		case c.HasD:
			n.exact = new(big.Rat).Mul(decimal(m.Factor), new(big.Rat).Quo(decimal(c.N), decimal(c.D)))
		default:
			n.exact = decimal(c.N)
		}
		keys = append(keys, key)
		all[key] = n
	}
	return keys, all
}

// one is a metric without dimensions, under the question's unit and kind.
func (x *examiner) one(id, from, to string) number {
	x.t.Helper()
	_, all := x.count(id, from, to, x.org, x.kind)
	return all[""]
}

func keyOf(k analytics.Key) string {
	if k.Value == nil {
		return ""
	}
	return fmt.Sprint(k.Value)
}

// places are the decimals that each unit is shown with.
var places = map[string]int{"件": 0, "个": 0, "%": 1, "分": 1, "小时": 1, "件/千户": 1}

// written is a number as it must stand on the page.
func (x *examiner) written(id string, n number) string {
	x.t.Helper()
	if n.exact == nil {
		return n.note
	}
	return rounded(n.exact, x.places(id))
}

func (x *examiner) places(id string) int {
	x.t.Helper()
	p, ok := places[x.metric(id).Unit]
	if !ok {
		x.t.Fatalf("the test does not know the decimals of %s", x.metric(id).Unit)
	}
	return p
}

// change is the comparison of two numbers: its direction and its size.
func (x *examiner) change(id string, now, before number) (sign int, size string) {
	x.t.Helper()
	if now.exact == nil || before.exact == nil {
		return 0, "—"
	}
	d, unit, p := new(big.Rat).Sub(now.exact, before.exact), x.metric(id).Unit, x.places(id)
	switch unit {
	case "%":
		unit = "个百分点"
	case "件", "个", "件/千户": // in percent of what it was
		if d.Sign() != 0 && before.exact.Sign() == 0 {
			return 1, "新增"
		}
		if d.Sign() != 0 {
			d.Mul(d.Quo(d, before.exact), big.NewRat(100, 1))
		}
		unit, p = "%", 1
	}
	size = rounded(new(big.Rat).Abs(d), p)
	if strings.Trim(size, "0.") == "" {
		return 0, "持平"
	}
	return d.Sign(), size + unit
}

// arrow is a change on a card, sign one in a table.
func arrow(sign int, size string) string { return [...]string{"▼", "", "▲"}[sign+1] + size }

func sign(sign int, size string) string {
	if size == "新增" {
		return size
	}
	return [...]string{"−", "", "+"}[sign+1] + size
}

// decimal is the number that a float is written as.
func decimal(f float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'f', -1, 64))
	return r
}

// rounded writes a number with so many decimals, halves away from zero, and separators.
func rounded(x *big.Rat, places int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	scaled := new(big.Rat).Mul(new(big.Rat).Abs(x), new(big.Rat).SetInt(scale))
	scaled.Add(scaled, big.NewRat(1, 2))
	n := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	whole, rest := new(big.Int).QuoRem(n, scale, new(big.Int))
	text := separated(whole.String())
	if places > 0 {
		text += fmt.Sprintf(".%0*d", places, rest)
	}
	if x.Sign() < 0 && n.Sign() > 0 {
		text = "-" + text
	}
	return text
}

// digits writes a count, which has a decimal where half satisfied people count partly.
func digits(x *big.Rat) string {
	if x.IsInt() {
		return rounded(x, 0)
	}
	return rounded(x, 1)
}

func separated(digits string) string {
	if len(digits) <= 3 {
		return digits
	}
	return separated(digits[:len(digits)-3]) + "," + digits[len(digits)-3:]
}

// The test's own arithmetic, by hand.
func TestRounded(t *testing.T) {
	for _, c := range []struct {
		x      *big.Rat
		places int
		want   string
	}{
		{big.NewRat(186_900, 2000), 1, "93.5"},
		{decimal(2.675), 2, "2.68"},
		{big.NewRat(1, 3), 1, "0.3"},
		{big.NewRat(-1, 40), 1, "0.0"},
		{big.NewRat(-5, 2), 0, "-3"},
		{big.NewRat(1_234_567, 1), 0, "1,234,567"},
		{big.NewRat(99_995, 100), 1, "1,000.0"},
	} {
		if got := rounded(c.x, c.places); got != c.want {
			t.Errorf("%s to %d places: %s, want %s", c.x, c.places, got, c.want)
		}
	}
}
