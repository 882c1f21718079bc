package chart

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestDisplay(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		max  int
		want string
	}{
		"short enough":             {"水源社区", 8, "水源社区"},
		"one column too long":      {"水源社区a", 8, "水源社…"},
		"digits take one column":   {"12345678", 8, "12345678"},
		"cut between digits":       {"123456789", 8, "123456…"},
		"template characters":      {"{b}和{a|红}", 40, "｛b｝和｛a|红｝"},
		"controls become blanks":   {"甲\n乙\t丙", 40, "甲 乙 丙"},
		"reversing marks go":       {"甲\u202e乙", 40, "甲乙"},
		"blanks around":            {"  甲 ", 40, "甲"},
		"no joiner is left over":   {"👨‍👩‍👧‍👦👨‍👩‍👧‍👦家", 6, "👨‍👩…"},
		"a combining mark remains": {"e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301…"},
		"nothing":                  {"", 8, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := display(c.text, c.max); got != c.want {
				t.Errorf("display(%q, %d) = %q, want %q", c.text, c.max, got, c.want)
			}
		})
	}
}

func TestTooltipWithoutWordsIsNone(t *testing.T) {
	if got := tip("", ""); got.Formatter != "" || got.Trigger != "none" {
		t.Errorf("tip = %+v: ECharts would write its own text", got)
	}
	if got := tip("甲", "", "乙"); got.Formatter != "甲\n乙" || got.Trigger != "" {
		t.Errorf("tip = %+v", got)
	}
}

func FuzzDisplay(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, 12)
	}
	f.Add("\u200d\u200d\u200d", 4)
	f.Fuzz(func(t *testing.T, text string, max int) {
		if max < 4 || max > 200 {
			return
		}
		got := display(text, max)
		if !utf8.ValidString(got) {
			t.Errorf("display(%q, %d) = %q is not UTF-8", text, max, got)
		}
		if columns(got) > max {
			t.Errorf("display(%q, %d) = %q has %d columns", text, max, got, columns(got))
		}
		for _, r := range got {
			if strings.ContainsRune("{}\n\r\u2028\u2029", r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("display(%q, %d) = %q holds %U", text, max, got, r)
			}
		}
		if short := plain(strings.TrimSpace(text)); utf8.ValidString(text) && len(text) <= 8*max && columns(strings.TrimSpace(short)) <= max && got != strings.TrimSpace(plain(text)) {
			t.Errorf("display(%q, %d) = %q: it would have fitted", text, max, got)
		}
	})
}
