package chart

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"testing"
)

func TestPaletteIsATableOfStringsToReplace(t *testing.T) {
	hex := regexp.MustCompile(`^#[0-9a-f]{6}$`)
	names, lights := map[string]bool{}, map[string]bool{}
	for _, token := range Palette {
		if !hex.MatchString(token.Light) || !hex.MatchString(token.Dark) {
			t.Errorf("%+v", token)
		}
		if names[token.Name] || lights[token.Light] {
			t.Errorf("%s %s is there twice: replacing would be ambiguous", token.Name, token.Light)
		}
		names[token.Name], lights[token.Light] = true, true
	}
	for _, token := range Palette {
		if lights[token.Dark] {
			t.Errorf("%s: the dark value %s is another token's light one: replacing twice would change it", token.Name, token.Dark)
		}
	}
	var dark map[string]string
	if err := json.Unmarshal(PaletteJSON(), &dark); err != nil {
		t.Fatal(err)
	}
	if len(dark) != len(Palette) || dark[ink] != "#e9ebee" {
		t.Errorf("PaletteJSON is %v", dark)
	}
}

// luminance and contrast by WCAG 2.1.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	l := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a)+0.05, luminance(t, b)+0.05
	return max(x, y) / min(x, y)
}

func TestContrast(t *testing.T) {
	if got := contrast(t, "#ffffff", "#000000"); math.Abs(got-21) > 1e-9 {
		t.Fatalf("white on black is %v : 1", got)
	}
	dark := map[string]string{}
	for _, token := range Palette {
		dark[token.Light] = token.Dark
	}
	check := func(name, front, back string, atLeast float64) {
		if got := contrast(t, front, back); got < atLeast {
			t.Errorf("%s in the light theme: %s on %s has %.2f : 1", name, front, back, got)
		}
		if got := contrast(t, dark[front], dark[back]); got < atLeast {
			t.Errorf("%s in the dark theme: %s on %s has %.2f : 1", name, dark[front], dark[back], got)
		}
	}
	for name, front := range map[string]string{"ink": ink, "ink-2": ink2, "ink-3": ink3} {
		check(name+" on a card", front, card, 4.5)
	}
	check("a region without value", sheet{}.regionLabel("名", missing)["color"].(string), missing, 4.5)
	for _, ramp := range ramps {
		for i, fill := range ramp {
			label := sheet{}.regionLabel("名", fill)
			if label["textBorderColor"] != nil { // the type stands on its rim
				check("rim", label["color"].(string), label["textBorderColor"].(string), 4.5)
				continue
			}
			check("class "+strconv.Itoa(i+1), label["color"].(string), fill, 4.5)
		}
	}
	for name, mark := range map[string]string{"good": good, "watch": watch, "overdue": overdue, "second": second, "accent": accent, "compare": compare} {
		check(name, mark, card, 3)
	}
	for i, c := range sources {
		check("source "+strconv.Itoa(i+1), c, card, 3)
	}
}
