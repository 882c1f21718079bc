package profile

import (
	"errors"
	"strings"
	"testing"
)

func TestCleanCell(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		" ":                      "",
		"a":                      "a",
		"\n\t\t路面破损\u3000\u00a0": "路面破损",
		"\u200b甲\ufeff":          "甲",
		"甲 乙":                    "甲 乙",
		"甲\u2003":                "甲",
		"\u1680a\u0085":          "a",
		"\u00e9":                 "\u00e9",
		"甲\u00e9":                "甲\u00e9",
		"a\x7f":                  "a\x7f",
		`="00123"`:               "00123",
		`=""`:                    "",
		`="`:                     `="`,
		"'=1+1":                  "=1+1",
		"'+86":                   "+86",
		"'@某":                    "@某",
		"'＝1":                    "＝1",
		"'quoted'":               "'quoted'",
		"=1+1":                   "=1+1",
	} {
		if got := CleanCell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, same := range [][]string{
		{"Unique Key", "unique_key", "UNIQUE-KEY", " uniquekey\n", "ＵＮＩＱＵＥ　ＫＥＹ"},
		{"反映人（类别）", "反映人(类别)", " 反映人 （ 类别 ）"},
		{"是否有效\n回访", "是否有效回访", "*是否有效回访", "是否有效回访＊"},
	} {
		for _, s := range same[1:] {
			if Fold(s) != Fold(same[0]) {
				t.Errorf("%q is %q, %q is %q", s, Fold(s), same[0], Fold(same[0]))
			}
		}
	}
	for _, differ := range [][2]string{{"办结时限", "办结时间"}, {"a", "b"}, {"c1", "c11"}} {
		if Fold(differ[0]) == Fold(differ[1]) {
			t.Errorf("%q and %q fold together", differ[0], differ[1])
		}
	}
}

func TestParseBool(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  bool
	}{
		{[]string{"是", "有", "√", "✓", "☑", "true", "TRUE", "1", "Y", "y", "Yes", "Ｙ", "１", "对", " 是 "}, true},
		{[]string{"否", "无", "没有", "×", "x", "X", "☒", "false", "0", "N", "no", "Ｎ", "０", "错"}, false},
	} {
		for _, w := range c.words {
			if got, err := ParseBool(w); err != nil || got != c.want {
				t.Errorf("%q: %v, %v", w, got, err)
			}
		}
	}
	for _, w := range []string{"", "未知", "部分", "2", "是否", "/"} {
		var v *ValueError
		if _, err := ParseBool(w); !errors.As(err, &v) {
			t.Errorf("%q: %v, want a ValueError", w, err)
		}
	}
}

// FuzzCleanCell: trimming by hand equals trimming by the book.
func FuzzCleanCell(f *testing.F) {
	for _, s := range []string{" a ", "\u3000甲\u00a0", "甲乙", "\xe4\xb8", "a\u2009", "\x85", "é\u200b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.TrimFunc(s, isBlank)
		if len(want) > 0 && (want[0] == '=' || want[0] == '\'') {
			return
		}
		if got := CleanCell(s); got != want {
			t.Fatalf("%q: %q, want %q", s, got, want)
		}
	})
}
