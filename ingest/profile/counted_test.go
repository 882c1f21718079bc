package profile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a column is counted in may stand in its header, in a row of units below it or above the table; numbers are in the
// profile's unit whichever way.
func TestCounted(t *testing.T) {
	const ledger = `name = "x"; shape = "figure"
period = "column:月份"
[constants]
measure = "property_fee"
[fields]
numerator   = { column = "实收", unit = "元" }
denominator = { column = ["应收", "应收（元）"], unit = "元" }
value       = { column = "面积", unit = "km²" }
[match] headers = ["应收", "实收"]
`
	p := parse(t, ledger)
	for name, c := range map[string]struct {
		title  []string
		header []string
		below  []string
		row    []string
		want   map[string]float64
		notes  []string
	}{
		"nothing said":              {nil, []string{"月份", "应收", "实收"}, nil, []string{"2026年1月", "12.5", "9.8"}, map[string]float64{"denominator": 12.5, "numerator": 9.8}, nil},
		"in the header":             {nil, []string{"月份", "应收（万元）", "实收(元)"}, nil, []string{"2026年1月", "1.1", "9.8"}, map[string]float64{"denominator": 11000, "numerator": 9.8}, []string{"“应收（万元）”按万元"}},
		"a name the profile spells": {nil, []string{"月份", "应收（元）", "实收【千元】"}, nil, []string{"2026年1月", "12", "9.8"}, map[string]float64{"denominator": 12, "numerator": 9800}, []string{"“实收【千元】”按千元"}},
		"below the header":          {nil, []string{"月份", "应收", "实收"}, []string{"", "（万元）", "元"}, []string{"2026年1月", "12", "9.8"}, map[string]float64{"denominator": 120000, "numerator": 9.8}, []string{"“应收”按万元"}},
		"above the table":           {[]string{"物业费统计表（单位：万元、户）"}, []string{"月份", "应收", "实收（元）"}, nil, []string{"2026年1月", "0.3", "9.8"}, map[string]float64{"denominator": 3000, "numerator": 9.8}, []string{"“应收”按万元"}},
		"another kind of 单位":        {[]string{"填报单位：万元社区"}, []string{"月份", "应收", "实收"}, nil, []string{"2026年1月", "12", "9"}, map[string]float64{"denominator": 12, "numerator": 9}, nil},
		"the cell's own unit wins":  {[]string{"单位：万元"}, []string{"月份", "应收", "实收"}, nil, []string{"2026年1月", "12元", "0.5万"}, map[string]float64{"denominator": 12, "numerator": 5000}, []string{"“应收”按万元", "“实收”按万元"}},
		"areas":                     {nil, []string{"月份", "应收", "实收", "面积（公顷）"}, nil, []string{"2026年1月", "1", "1", "25"}, map[string]float64{"denominator": 1, "numerator": 1, "value": 0.25}, nil},
		"a row of values below":     {nil, []string{"月份", "应收", "实收"}, []string{"2026年1月", "3万元", "1"}, []string{"2026年1月", "12", "9"}, map[string]float64{"denominator": 12, "numerator": 9}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := p.Bind(c.header)
			if err != nil {
				t.Fatal(err)
			}
			b.Around(Title{Lines: c.title}, c.below)
			got := map[string]float64{}
			for i := range b.Emits[0].Fields {
				f := &b.Emits[0].Fields[i]
				if f.Type != Number || !f.Column.Bound() {
					continue
				}
				v, _, _, err := f.Number(c.row)
				if err != nil {
					t.Fatal(err)
				}
				got[f.Target] = v
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.notes, b.Counted); d != "" {
				t.Error(d)
			}
		})
	}
}

// A column counted in what its field cannot be given in is no other field's number in disguise.
func TestCountedInAnotherUnit(t *testing.T) {
	p := parse(t, `name = "x"; shape = "figure"
period = "column:月份"
[constants]
measure = "households"
[fields]
value = { column = "户数", unit = "户" }
`)
	b, err := p.Bind([]string{"月份", "户数（人）"})
	if err != nil {
		t.Fatal(err)
	}
	b.Around(Title{}, nil)
	for i := range b.Emits[0].Fields {
		if f := &b.Emits[0].Fields[i]; f.Target == "value" {
			if v, _, _, err := f.Number([]string{"2026年1月", "12"}); err == nil {
				t.Errorf("12 persons are %g households", v)
			}
		}
	}
}
