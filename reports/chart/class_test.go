package chart

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func floats(text string) []float64 {
	var out []float64
	for _, f := range strings.Fields(text) {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			panic(err)
		}
		out = append(out, v)
	}
	return out
}

// Expected classes are worked out by hand.
func TestClasses(t *testing.T) {
	for name, c := range map[string]struct {
		values   string
		decimals int
		want     string
	}{
		// Quintiles of 1…22 (type 7): 5.2 9.4 13.6 17.8. Span 21, a quarter of it 5.25: step 5 moves them to 5 10 15 20.
		"evenly spread": {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22", 0, "5 以下（4） 5（含）–10（5） 10（含）–15（5） 15（含）–20（5） 20 及以上（3）"},
		// Quintiles 1.8 2.6 3.4 4.2 … of 1 2 3 4 5 6: at 2 3 4 5 with step 1.
		"six whole numbers": {"6 5 4 3 2 1", 0, "2 以下（1） 2（含）–3（1） 3（含）–4（1） 4（含）–5（1） 5 及以上（2）"},
		"five values":       {"3 1 4 2 5", 0, "2 以下（1） 2（含）–3（1） 3（含）–4（1） 4（含）–5（1） 5 及以上（1）"},
		"three values":      {"7 7 7 2 2 9", 0, "7 以下（2） 7（含）–9（3） 9 及以上（1）"},
		"two values":        {"0 0 0 0 1", 0, "1 以下（4） 1 及以上（1）"},
		"all equal":         {"4.5 4.5 4.5", 1, "4.5（3）"},
		"one value":         {"12", 0, "12（1）"},
		"none":              {"", 0, ""},
		"only nonsense":     {"NaN +Inf -Inf", 0, ""},
		"nonsense beside":   {"NaN 1 2", 0, "2 以下（1） 2 及以上（1）"},
		// 84.96 is published as 85.0, so it belongs to the class from 85 on; 84.94 is 84.9.
		"rounded as published": {"84.94 84.96", 1, "85 以下（1） 85 及以上（1）"},
		// To 0 decimals all are 3.
		"equal once rounded": {"3.1 2.9 3.4", 0, "3（3）"},
		"below zero":         {"-5 -3 0 2", 0, "-3 以下（1） -3（含）–0（1） 0（含）–2（1） 2 及以上（1）"},
		// Sixteen zeros and six other values: the quintiles of all are 0 0 0 and more, so those of the seven different values
		// 0 1 2 3 4 5 6 are taken: 1.2 2.4 3.6 4.8 with step 1 become 1 2 4 5.
		"mostly zeros": {"0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 2 3 4 5 6", 0, "1 以下（16） 1（含）–2（1） 2（含）–4（2） 4（含）–5（1） 5 及以上（2）"},
		// Quintiles 0.6 1.1 1.6 2.1 (of 0.1 0.6 1.1 1.6 2.1 2.6): span 25 tenths, step 5 tenths: 0.5 1.0 1.5 2.0 (6/5 rounds to 1).
		"decimals": {"0.1 0.6 1.1 1.6 2.1 2.6", 1, "0.5 以下（1） 0.5（含）–1.0（1） 1.0（含）–1.5（1） 1.5（含）–2.0（1） 2.0 及以上（2）"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, class := range Classes(floats(c.values), c.decimals) {
				got = append(got, strings.ReplaceAll(class.Legend(), " ", "_"))
			}
			text := strings.ReplaceAll(strings.Join(got, " "), "_", " ")
			if diff := cmp.Diff(c.want, text); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLimitsWithoutNeedlessDecimals(t *testing.T) {
	// The same values in tenths: 10 20 … 220. Limits are whole numbers, so they show no decimals.
	var values []float64
	for v := 1; v <= 22; v++ {
		values = append(values, float64(v)*10)
	}
	classes := Classes(values, 1)
	if got := classes[1].Label; got != "50（含）–100" {
		t.Errorf("label %q, want 50（含）–100", got)
	}
}

// Whatever the values: every one lies in exactly one class, the counts agree, no class is empty, the limits rise.
func FuzzClasses(f *testing.F) {
	f.Add("1 2 3 4 5 6 7", 0)
	f.Add("0 0 0 0 0 1e9 3 -4 5.5 6 7 8", 2)
	f.Add("0.30000000000000004 0.1 0.2 0.3 0.4 0.5 0.6", 1)
	f.Add("1e15 1e15 2 3 4 5 6", 3)
	f.Fuzz(func(t *testing.T, text string, decimals int) {
		if decimals < 0 || decimals > 6 {
			return
		}
		var values []float64
		for _, field := range strings.Fields(text) {
			if v, err := strconv.ParseFloat(field, 64); err == nil && math.Abs(v) < 1e15 {
				values = append(values, v)
			}
		}
		classes := Classes(values, decimals)
		if len(classes) > maxClasses || (len(classes) == 0) != (len(values) == 0) {
			t.Fatalf("%d classes of %d values", len(classes), len(values))
		}
		counts := make([]int, len(classes))
		for _, v := range values {
			if at := classOf(classes, &v, decimals); at >= 0 {
				counts[at]++
			}
			holding := 0
			rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', decimals, 64), 64)
			for _, c := range classes {
				if c.Holds(rounded) {
					holding++
				}
			}
			if holding != 1 {
				t.Errorf("%v (%v) lies in %d classes of %v", v, rounded, holding, classes)
			}
		}
		for i, c := range classes {
			if c.Count != counts[i] || c.Count == 0 {
				t.Errorf("class %q counts %d, holds %d", c.Label, c.Count, counts[i])
			}
			if i > 0 && c.Lo != classes[i-1].Hi || c.Lo >= c.Hi {
				t.Errorf("limits %v", classes)
			}
		}
	})
}
