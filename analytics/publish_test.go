package analytics

import (
	"testing"

	"gridstar/analytics/catalog"
)

func ptr[T any](v T) *T { return &v }

// of metrics: the fields that publishing reads.
var (
	pubRate     = &catalog.Metric{Type: catalog.Ratio, Unit: "%", Factor: 100, Better: "up"}
	pubCount    = &catalog.Metric{Type: catalog.Count, Unit: "件", Factor: 1, Better: "none", Shape: catalog.ShapeRecord}
	pubOverdue  = &catalog.Metric{Type: catalog.Count, Unit: "件", Factor: 1, Better: "down", Shape: catalog.ShapeRecord}
	pubHours    = &catalog.Metric{Type: catalog.Quantile, Unit: "小时", Better: "down"}
	pubCross    = &catalog.Metric{Type: catalog.Cross, Unit: "件/千户", Factor: 1000, Better: "none"}
	pubScore    = &catalog.Metric{Type: catalog.Weighted, Unit: "分", Better: "up"}
	pubArea     = &catalog.Metric{Type: catalog.Stock, Unit: "平方公里", Factor: 1, Better: "none"}
	pubFigure   = &catalog.Metric{Type: catalog.Count, Unit: "公里", Factor: 1, Better: "none", Shape: catalog.ShapeFigure}
	pubDigits   = &catalog.Metric{Type: catalog.Ratio, Unit: "%", Factor: 100, Better: "up", Digits: ptr(2)}
	pubUnitless = &catalog.Metric{Type: catalog.Ratio, Factor: 1, Better: "up"}
)

// quotient is a cell as evaluate makes it.
func quotientCell(m *catalog.Metric, n, d float64) Cell {
	v := m.Factor * n / d
	return Cell{Value: &v, N: n, D: d, HasD: true}
}

func valueCell(v float64) Cell { return Cell{Value: &v, N: v} }

func TestPublished(t *testing.T) {
	for _, c := range []struct {
		situation string
		m         *catalog.Metric
		cell      Cell
		want      string
	}{
		{"a half goes up: 93.45", pubRate, quotientCell(pubRate, 1869, 2000), "93.5"},
		{"the float of 100 × 23 ÷ 160 = 14.375 to two decimals", pubDigits, quotientCell(pubDigits, 23, 160), "14.38"},
		{"2.675, whose float lies below it", pubDigits, quotientCell(pubDigits, 107, 4000), "2.68"},
		{"1.005 likewise", pubDigits, quotientCell(pubDigits, 201, 20000), "1.01"},
		{"0.285 × 100 with a float above or below", pubRate, quotientCell(pubRate, 57, 20000), "0.3"},
		{"just under a half: 93.4499…", pubRate, quotientCell(pubRate, 93449999, 100000000), "93.4"},
		{"one third", pubRate, quotientCell(pubRate, 1, 3), "33.3"},
		{"two thirds", pubRate, quotientCell(pubRate, 2, 3), "66.7"},
		{"all of them", pubRate, quotientCell(pubRate, 5, 5), "100.0"},
		{"nearly all rounds to all", pubRate, quotientCell(pubRate, 9999, 10000), "100.0"},
		{"none", pubRate, quotientCell(pubRate, 0, 7), "0.0"},
		{"a numerator with a tenth: 57.9 ÷ 60", pubRate, quotientCell(pubRate, 57.9, 60), "96.5"},
		{"a numerator with a tenth on the half: 18.69 is 1,869 hundredths", pubRate, quotientCell(pubRate, 18.69, 20), "93.5"},
		{"counts have thousands", pubCount, valueCell(1234567), "1,234,567"},
		{"a count of three digits has none", pubCount, valueCell(999), "999"},
		{"a thousand", pubCount, valueCell(1000), "1,000"},
		{"zero", pubCount, valueCell(0), "0"},
		{"a sum with a half", pubCount, valueCell(2.5), "3"},
		{"hours", pubHours, valueCell(23.958333333333332), "24.0"},
		{"hours on the half: 3 minutes", pubHours, valueCell(0.05), "0.1"},
		{"many hours", pubHours, valueCell(1234.549), "1,234.5"},
		{"per thousand households: 2,447 ÷ 20,000", pubCross, quotientCell(pubCross, 2447, 20000), "122.4"},
		{"the same on the half: 2,449 ÷ 20,000 = 122.45", pubCross, quotientCell(pubCross, 2449, 20000), "122.5"},
		{"a weighted sum that floats put below the half", pubScore, Cell{Value: ptr(93.44999999999999), N: 934.5, D: 1000, HasD: true}, "93.5"},
		{"a weighted sum below the half", pubScore, Cell{Value: ptr(93.4499), D: 1000, HasD: true}, "93.4"},
		{"area", pubArea, valueCell(3.125), "3.13"},
		{"a figure of any unit keeps its decimals, up to two", pubFigure, valueCell(12.5), "12.5"},
		{"and none where it has none", pubFigure, valueCell(1200), "1,200"},
		{"rounded", pubFigure, valueCell(1200.005), "1,200.01"},
		{"a quotient without a unit", pubUnitless, quotientCell(pubUnitless, 1, 8), "0.1"},
		{"below zero", pubFigure, valueCell(-1234.5), "-1,234.5"},
		{"no zero with a sign", pubHours, valueCell(-0.04), "0.0"},
		{"a great number of the fewest digits", pubCount, valueCell(1e15), "1,000,000,000,000,000"},
		{"nothing to divide by", pubRate, Cell{Note: NotApplicable}, "不适用"},
		{"too few", pubRate, Cell{Note: SmallSample, N: 1, D: 2}, "样本不足"},
		{"nothing delivered", pubCount, Cell{Note: NoData}, "缺数据"},
		{"no value and no reason", pubCount, Cell{}, "—"},
	} {
		if got := Published(c.m, c.cell); got != c.want {
			t.Errorf("%s: %s, want %s", c.situation, got, c.want)
		}
	}
}

func TestPublishedChange(t *testing.T) {
	// pair makes the cell of two quotients, as cell does.
	pair := func(m *catalog.Metric, n, d, pn, pd float64) Cell {
		now := value{v: m.Factor * n / d, n: n, d: d, hasD: true}
		prev := value{v: m.Factor * pn / pd, n: pn, d: pd, hasD: true}
		return cell(m, now, &prev)
	}
	plain := func(m *catalog.Metric, now, prev float64) Cell {
		return cell(m, value{v: now, n: now}, &value{v: prev, n: prev})
	}
	for _, c := range []struct {
		situation string
		m         *catalog.Metric
		cell      Cell
		want      Change
	}{
		{"a share in points: 93.5 after 92.4", pubRate, pair(pubRate, 935, 1000, 924, 1000), Change{Text: "1.1个百分点", Sign: 1, Good: 1}},
		{"worse", pubRate, pair(pubRate, 924, 1000, 935, 1000), Change{Text: "1.1个百分点", Sign: -1, Good: -1}},
		{"on the half: 90.25 after 90.1 is 0.15", pubRate, pair(pubRate, 3610, 4000, 901, 1000), Change{Text: "0.2个百分点", Sign: 1, Good: 1}},
		{"rounded once, not as a difference of rounded values: 93.44 after 92.36", pubRate, pair(pubRate, 9344, 10000, 9236, 10000), Change{Text: "1.1个百分点", Sign: 1, Good: 1}},
		{"too small to show", pubRate, pair(pubRate, 9341, 10000, 9340, 10000), Change{Text: "持平"}},
		{"the same", pubRate, pair(pubRate, 1, 2, 2, 4), Change{Text: "持平"}},
		{"a count in percent: 2,450 after 2,307", pubCount, plain(pubCount, 2450, 2307), Change{Text: "6.2%", Sign: 1}},
		{"on the half: 2,001 after 2,000 is 0.05 %", pubCount, plain(pubCount, 2001, 2000), Change{Text: "0.1%", Sign: 1}},
		{"fewer overdue is better", pubOverdue, plain(pubOverdue, 3, 4), Change{Text: "25.0%", Sign: -1, Good: 1}},
		{"more overdue is worse", pubOverdue, plain(pubOverdue, 4, 3), Change{Text: "33.3%", Sign: 1, Good: -1}},
		{"twelvefold", pubCount, plain(pubCount, 1300, 100), Change{Text: "1,200.0%", Sign: 1}},
		{"none left", pubCount, plain(pubCount, 0, 7), Change{Text: "100.0%", Sign: -1}},
		{"from zero", pubOverdue, plain(pubOverdue, 3, 0), Change{Text: "新增", Sign: 1, Good: -1}},
		{"from zero to zero", pubCount, plain(pubCount, 0, 0), Change{Text: "持平"}},
		{"hours in hours", pubHours, plain(pubHours, 22, 24), Change{Text: "2.0小时", Sign: -1, Good: 1}},
		{"points of a score", pubScore, plain(pubScore, 95, 93.5), Change{Text: "1.5分", Sign: 1, Good: 1}},
		{"per thousand households in percent", pubCross, pair(pubCross, 110, 1000, 100, 1000), Change{Text: "10.0%", Sign: 1}},
		{"nothing before", pubRate, Cell{Value: ptr(1.0), ChangeNote: NoData}, Change{Text: "—", Note: NoData}},
		{"nothing now", pubRate, Cell{Prev: ptr(1.0), ChangeNote: SmallSample}, Change{Text: "—", Note: SmallSample}},
		{"not compared", pubRate, Cell{Value: ptr(1.0)}, Change{Text: "—"}},
	} {
		if got := PublishedChange(c.m, c.cell); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.situation, got, c.want)
		}
	}
	if got := PublishedPrev(pubRate, pair(pubRate, 1, 2, 1869, 2000)); got != "93.5" {
		t.Errorf("the earlier value: %s", got)
	}
	if got := PublishedPrev(pubRate, Cell{}); got != "—" {
		t.Errorf("no earlier value: %s", got)
	}
}

func TestPublishedBase(t *testing.T) {
	for _, c := range []struct {
		situation string
		m         *catalog.Metric
		cell      Cell
		want      string
	}{
		{"a share", pubRate, Cell{N: 2301, D: 2464, HasD: true}, "2,301 / 2,464"},
		{"also where there is no value", pubRate, Cell{N: 1, D: 2, HasD: true, Note: SmallSample}, "1 / 2"},
		{"a partial numerator", pubRate, Cell{N: 1234.9, D: 1300, HasD: true}, "1,234.9 / 1,300"},
		{"per thousand households", pubCross, Cell{N: 2450, D: 58200, HasD: true}, "2,450 / 58,200"},
		{"of a median the number of durations", pubHours, Cell{N: 1024}, "1,024"},
		{"of a score the smallest sample", pubScore, Cell{N: 1217.3333, D: 1284, HasD: true}, "1,284"},
		{"a count rests on itself", pubCount, Cell{N: 12}, ""},
	} {
		if got := PublishedBase(c.m, c.cell); got != c.want {
			t.Errorf("%s: %s, want %s", c.situation, got, c.want)
		}
	}
}

// Every built-in metric has decimals that its unit asks for, and a site may set its own.
func TestDecimalsOfTheCatalogue(t *testing.T) {
	cat := siteFS{"catalog/site.toml": "[metric.on_time_rate]\ndigits = 2\n"}.load(t)
	for id, want := range map[string]int{
		"received": 0, "on_time_rate": 2, "close_rate": 1, "handle_hours_p50": 1, "three_rates_score": 1, "received_per_1000_households": 1, "area_km2": 2, "households": 0,
	} {
		m, ok := cat.Metric(id)
		if !ok {
			t.Fatal(id)
		}
		if n, fixed := m.Decimals(); n != want || !fixed {
			t.Errorf("%s has %d decimals, want %d", id, n, want)
		}
	}
}
