package catalog

import (
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestDecimalsAreReadAsWritten(t *testing.T) {
	for _, c := range []struct {
		situation, toml, want string
		num, den              int64
	}{
		{"whole", "x = 20", "20", 20, 1},
		{"a fraction that no float64 holds", "x = 0.70", "0.7", 7, 10},
		{"2.675", "x = 2.675", "2.675", 2675, 1000},
		{"more digits than a float64 has", "x = 123456789.123456789", "123456789.123456789", 123456789123456789, 1000000000},
		{"negative", "x = -0.50", "-0.5", -1, 2},
		{"minus zero", "x = -0.0", "0", 0, 1},
		{"signed", "x = +1.5", "1.5", 3, 2},
		{"as text", `x = "79.995"`, "79.995", 79995, 1000},
	} {
		t.Run(c.situation, func(t *testing.T) {
			var v struct {
				X Decimal `toml:"x"`
			}
			if _, err := toml.Decode(quoteDecimals(c.toml), &v); err != nil {
				t.Fatal(err)
			}
			if string(v.X) != c.want || v.X.Rat().Cmp(big.NewRat(c.num, c.den)) != 0 {
				t.Errorf("%q, %s, want %q", v.X, v.X.Rat(), c.want)
			}
		})
	}
	if d := Decimal(""); d.Given() || d.Rat().Sign() != 0 {
		t.Error("a number that was not given counts as 0")
	}
}

func TestNoDecimals(t *testing.T) {
	for _, value := range []string{`"abc"`, `""`, `"1/3"`, `"0x10"`, `"1e3"`, "1e3", "inf", "nan", "true", "[1]", `"1."`, `"12345678901"`, "2026-01-01", `"１"`} {
		text, lines := plain("x = " + value)
		f := &file{name: "x.toml", text: quoteDecimals(text), lines: lines}
		var v struct {
			X Decimal `toml:"x"`
		}
		if err := f.decode(&v, v); err == nil || !strings.Contains(err.Error(), "x.toml 第 1 行有误：值的类型不对") {
			t.Errorf("%s: %v, %q", value, err, v.X)
		}
	}
}

func TestQuoteDecimalsTouchesValuesOnly(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"a = 1.5 # 2.5", "a = \"1.5\" # 2.5"},
		{"a = [1.5,2,\n  3.5]\nb.c = 0.7", "a = [\"1.5\",2,\n  \"3.5\"]\nb.c = \"0.7\""},
		{"a = { x = 1.5, y = '2.5' }", "a = { x = \"1.5\", y = '2.5' }"},
		{"a = \"= 1.5\"\nb = \"\"\"\n= 1.5\"\"\"", "a = \"= 1.5\"\nb = \"\"\"\n= 1.5\"\"\""},
		{"[a.1.5]\n[[2.5]]\nx = 1", "[a.1.5]\n[[2.5]]\nx = 1"},
		{"t = 07:32:00.999", "t = 07:32:00.999"},
		{"a = 1_0.5", "a = 1_0.5"},
		{"a = \"\\\" = 1.5\"", "a = \"\\\" = 1.5\""},
		{"a =\t-1.5\r\nb = 1", "a =\t\"-1.5\"\r\nb = 1"},
	} {
		if got := quoteDecimals(c.from); got != c.to {
			t.Errorf("%q became\n%q, want\n%q", c.from, got, c.to)
		}
	}
}

// Quoting changes nothing but fractions into text, keeps the lines, and loses no precision.
func FuzzQuoteDecimals(f *testing.F) {
	f.Add(string(DefaultRulebook()))
	for _, s := range []string{"a = 0.70\n[b.1.2]\nc = [1.5, \"x\", 'y']", "a = \"\"\"\n1.5\"\"\" # 2.5", "a = {b = 1.5}", "a = 1e5\nb = -inf", "x = [\n1.5 # a\n,2.5]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		out := quoteDecimals(src)
		if strings.Count(out, "\n") != strings.Count(src, "\n") || strings.ReplaceAll(out, `"`, "") != strings.ReplaceAll(src, `"`, "") {
			t.Fatalf("%q became %q", src, out)
		}
		var before, after map[string]any
		if _, err := toml.Decode(src, &before); err != nil {
			return
		}
		if _, err := toml.Decode(out, &after); err != nil {
			if strings.Contains(src, "{") { // a bare key such as {1.5 = 2} is no longer one
				return
			}
			t.Fatalf("%q became %q: %v", src, out, err)
		}
		if !sameValues(reflect.ValueOf(before), reflect.ValueOf(after)) && !strings.Contains(src, "{") {
			t.Errorf("%q: %v became %v", src, before, after)
		}
	})
}

// sameValues says whether b is a with some float64 as text.
func sameValues(a, b reflect.Value) bool {
	for a.IsValid() && a.Kind() == reflect.Interface {
		a = a.Elem()
	}
	for b.IsValid() && b.Kind() == reflect.Interface {
		b = b.Elem()
	}
	switch {
	case a.Kind() == reflect.Float64 && b.Kind() == reflect.String:
		r, ok := new(big.Rat).SetString(b.String())
		if !ok {
			return false
		}
		f, _ := r.Float64()
		return f == a.Float()
	case a.Kind() != b.Kind():
		return false
	case a.Kind() == reflect.Map:
		for _, k := range a.MapKeys() {
			if v := b.MapIndex(k); !v.IsValid() || !sameValues(a.MapIndex(k), v) {
				return false
			}
		}
		return a.Len() == b.Len()
	case a.Kind() == reflect.Slice:
		for i := range min(a.Len(), b.Len()) {
			if !sameValues(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return a.Len() == b.Len()
	case a.Kind() == reflect.Float64:
		return a.Float() == b.Float() || math.IsNaN(a.Float())
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
