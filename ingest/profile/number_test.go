package profile

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	for _, c := range []struct {
		in   string
		want float64
		q    Qualifier // "" = refused
	}{
		{"1234", 1234, Exact},
		{"-5.25", -5.25, Exact},
		{"+3", 3, Exact},
		{"0", 0, Exact},
		{"1,234", 1234, Exact},
		{"1,234,567.5", 1234567.5, Exact},
		{"１２", 12, Exact},
		{"１，２３４．５", 1234.5, Exact},
		{" 12\u00a0", 12, Exact},
		{"1.01E+11", 1.01e11, Exact},
		{"−7", -7, Exact},
		{"12户", 12, Exact},
		{"1.5平方公里", 1.5, Exact},
		{"41.72%", 41.72, Exact},
		{"４１．７２％", 41.72, Exact},
		{"10.6万元", 106000, Exact},
		{"1.2亿", 1.2e8, Exact},
		{"4324 户", 4324, Exact},
		{"二十", 20, Exact},
		{"十二", 12, Exact},
		{"一百二十三", 123, Exact},
		{"三百五", 350, Exact},
		{"三百零五", 305, Exact},
		{"一万二", 12000, Exact},
		{"一万零二", 10002, Exact},
		{"两千五", 2500, Exact},
		{"两千五百", 2500, Exact},
		{"一万二千三", 12300, Exact},
		{"十五", 15, Exact},
		{"一百一", 110, Exact},
		{"三亿五", 350000000, Exact},
		{"一百零三", 103, Exact},
		{"两千", 2000, Exact},
		{"三万五千人", 35000, Exact},
		{"〇", 0, Exact},
		// the quantities of the source documents, DOMAIN §1.0
		{"近50", 50, Near},
		{"近50人", 50, Near},
		{"近百人", 100, Near},
		{"200余", 200, AtLeast},
		{"200余件", 200, AtLeast},
		{"200多", 200, AtLeast},
		{"400多处", 400, AtLeast},
		{"百余", 100, AtLeast},
		{"百余次", 100, AtLeast},
		{"十余", 10, AtLeast},
		{"三百余", 300, AtLeast},
		{"上百", 100, AtLeast},
		{"8000余元", 8000, AtLeast},
		{"10.6万余元", 106000, AtLeast},
		{"8万余元", 80000, AtLeast},
		{"20余吨", 20, AtLeast},
		{"3800余人次", 3800, AtLeast},
		{"50余场次", 50, AtLeast},
		{"200+", 200, AtLeast},
		{"200人以上", 200, AtLeast},
		{"≥95%", 95, AtLeast},
		{"超过30", 30, AtLeast},
		{"约570", 570, Approx},
		{"约570人", 570, Approx},
		{"100人左右", 100, Approx},
		{"不足40%", 40, Below},
		{"<30㎡", 30, Below},
		{"不到一百", 100, Below},
		{"50多", 50, AtLeast},
		{"50多人次", 50, AtLeast},
		{"约50多", 50, Approx},
		{"大约近50", 50, Approx},
		{"50来户", 50, Approx},
		{"十几", 10, AtLeast},
		{"20几人", 20, AtLeast},
		{"不超过30", 30, Below},
		{"最多30人", 30, Below},
		{"≤30", 30, Below},
		{"<=30", 30, Below},
		{"30及以下", 30, Below},
		{"至少30", 30, AtLeast},
		{"共12件", 12, Exact},
		{"共计近50人", 50, Near},
		{"12人次", 12, Exact},
		{"0.3万元", 3000, Exact},
		{"￥1,200.00元", 1200, Exact},
		{"¥1200", 1200, Exact},
		{"人民币1200元整", 1200, Exact},
		{"12（户）", 12, Exact},
		{"近50（人）", 50, Near},
		// ranges: at least the lower end, where it is clear that it is one
		{"5-6次", 5, AtLeast},
		{"3～5人", 3, AtLeast},
		{"20至30户", 20, AtLeast},
		{"约20—30户", 20, AtLeast},
		{"十到二十户", 10, AtLeast},
		{"40%-50%", 0, ""},
		{"6-5次", 0, ""},
		{"5~", 0, ""},
		{"5-6-7次", 0, ""},
		{"(12)", 0, ""},
		{"（12）", 0, ""},
		{"12（含3户空置）", 0, ""},
		{"12()", 0, ""},
		{"￥", 0, ""},
		{"元整", 0, ""},
		{"1200整", 0, ""},
		// no numbers
		{"", 0, ""},
		{"无", 0, ""},
		{"若干", 0, ""},
		{"数百", 0, ""},
		{"几十", 0, ""},
		{"约", 0, ""},
		{"余", 0, ""},
		{"126/302", 0, ""},
		{"1,23", 0, ""},
		{"1234,567", 0, ""},
		{",123", 0, ""},
		{"1.2.3", 0, ""},
		{"1.5,000", 0, ""},
		{"12abc", 0, ""},
		{"3号楼", 0, ""},
		{"0x10", 0, ""},
		{"NaN", 0, ""},
		{"Inf", 0, ""},
		{"1_000", 0, ""},
		{"1e999", 0, ""},
		{"1e16", 0, ""},
		{"一二", 0, ""},
		{"百千", 0, ""},
		{"5-10", 0, ""},
		{"3万5千", 0, ""},
		{"10元5人", 0, ""},
		{"--5", 0, ""},
		{"−-5", 0, ""},
	} {
		got, q, err := ParseNumber(c.in)
		if c.q == "" {
			var v *ValueError
			if !errors.As(err, &v) || v.Value != c.in {
				t.Errorf("%q: %v %v %v, want a ValueError", c.in, got, q, err)
			}
			continue
		}
		if err != nil || math.Abs(got-c.want) > 1e-9*math.Abs(c.want) || q != c.q {
			t.Errorf("%q: %v %v %v, want %v %v", c.in, got, q, err, c.want, c.q)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		in, unit string
		want     float64
		ok       bool
	}{
		{"1.5", "平方公里", 1.5, true},
		{"1.5平方公里", "km²", 1.5, true},
		{"1500000平方米", "平方公里", 1.5, true},
		{"150公顷", "平方公里", 1.5, true},
		{"2250亩", "平方公里", 1.5, true},
		{"1.5户", "平方公里", 0, false},
		{"559名", "人", 559, true},
		{"559", "人", 559, true},
		{"559人次", "人", 0, false},
		{"90分钟", "小时", 1.5, true},
		{"40%", "", 40, true},
		{"40%", "户", 0, false},
		{"95%", "%", 95, true},
		{"９５．３％", "%", 95.3, true},
		{"0.95", "%", 95, true},
		{"0.57", "%", 57, true},
		{"0.9533333333333333", "%", 95.3333333333, true},
		{"0.5%", "%", 0.5, true},
		{"95.3", "%", 95.3, true},
		{"0", "%", 0, true},
		{"1%", "%", 1, true},
		{"1", "%", 0, false},
	} {
		n, err := parseNumber(c.in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := n.inUnit(c.unit, c.in)
		if (err == nil) != c.ok || c.ok && math.Abs(got.value-c.want) > 1e-9 {
			t.Errorf("%s in %s: %v %v, want %v", c.in, c.unit, got.value, err, c.want)
		}
	}
}

// Fuzzy is never exact, however it is said.
func TestFuzzyNumbersAreNeverExact(t *testing.T) {
	numbers := map[string]float64{"50": 50, "1,200": 1200, "５０": 50, "3.5": 3.5, "十二": 12, "一百二十": 120}
	units := []string{"", "人", "户", "%", "人次", " 元"}
	for text, v := range numbers {
		for _, u := range units {
			for _, p := range qualifierPrefixes {
				got, q, err := ParseNumber(p.word + text + u)
				if err != nil || got != v || (q == Exact) != (p.q == "") {
					t.Errorf("%s: %v %v %v", p.word+text+u, got, q, err)
				}
			}
			for _, s := range qualifierSuffixes {
				for _, in := range []string{text + s.word + u, text + strings.TrimSpace(u) + s.word} {
					if got, q, err := ParseNumber(in); err != nil || got != v || q != s.q {
						t.Errorf("%s: %v %v %v, want %v %v", in, got, q, err, v, s.q)
					}
				}
			}
		}
	}
}

// FuzzQualifier: a word of vagueness before or behind a number never leaves it exact, nor a number an empty qualifier.
func FuzzQualifier(f *testing.F) {
	for i, s := range []string{"50", "200余", "1,234.5万元", "百", "5-6次", "(3)", "0.95", "￥3", "二十"} {
		f.Add(s, uint8(i))
	}
	f.Fuzz(func(t *testing.T, s string, pick uint8) {
		v, q, err := ParseNumber(s)
		if err == nil && q == "" {
			t.Fatalf("%q: %v without qualifier", s, v)
		}
		prefix := qualifierPrefixes[int(pick)%len(qualifierPrefixes)]
		if _, q, err := ParseNumber(prefix.word + s); err == nil && prefix.q != "" && q == Exact {
			t.Fatalf("%q is exact", prefix.word+s)
		}
		suffix := qualifierSuffixes[int(pick)%len(qualifierSuffixes)]
		if _, q, err := ParseNumber(s + suffix.word); err == nil && q == Exact {
			t.Fatalf("%q is exact", s+suffix.word)
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1,234", "近50", "200余件", "不足40%", "10.6万余元", "一百二十三", "百余", "1e11", "−7", "±", "万万万万万万", "亿亿", "+", "1.", ".5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, q, err := ParseNumber(s)
		if err != nil {
			var e *ValueError
			if !errors.As(err, &e) || e.Text == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if math.IsNaN(v) || math.Abs(v) >= maxNumber || q == "" {
			t.Fatalf("%q: %v %q", s, v, q)
		}
		// White space and full-width digits around it change nothing.
		if v2, q2, err := ParseNumber("\u3000" + s + "\t"); err != nil || v2 != v || q2 != q {
			t.Fatalf("%q: %v %v, padded %v %v %v", s, v, q, v2, q2, err)
		}
	})
}
