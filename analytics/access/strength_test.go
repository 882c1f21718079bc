package access

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestGuessablePasswords(t *testing.T) {
	about := []string{"wangfang", "王芳 信息中心", "示范区"}
	for password, want := range map[string]bool{
		// What zxcvbn finds by itself must still be found when it stands behind Han characters.
		"password1234":     true,
		"密码password1234":   true,
		"梧桐password1234":   true,
		"灯笼qwertyuiop":     true,
		"春天abcdefghijkl":   true,
		"p@$$w0rd!p@$$":    true,
		"ｐａｓｓｗｏｒｄ１２３４":     true,
		"1949100119491001": true,
		// Repeated.
		"啊啊啊啊啊啊啊啊啊啊啊啊":           true,
		"春天花开春天花开春天花开":           true,
		"春天春天春天春天春天春天":           true,
		"啊啊啊啊啊啊啊啊password":       true,
		"kX7kX7kX7kX7kX7kX7":     true,
		"tr0ub4dour&3tr0ub4dour": false,
		// Words of this place, of the account and of the site.
		"一二三四五六七八九十一二":          true,
		"我的密码123456我的密码":        true,
		"登录系统管理员密码123":          true,
		"王芳王芳12345678":          true,
		"信息中心wangfang2026":      true,
		"示范区街道社区网格党建":           true,
		"woaibeijing123":        true,
		"wangge-dangjian-shequ": true,
		// Good ones.
		"correct horse battery staple": false,
		good:                           false,
		other:                          false,
		"梧桐灯笼围巾铁轨河边旧伞":                 false,
		"gM4#tLq9!zWv":                 false,
		"éclair-Straße-voilà":          false,
	} {
		if got := guessable(password, about); got != want {
			t.Errorf("%s: guessable %v, want %v", password, got, want)
		}
	}
}

// Characters that stand for others are what makes zxcvbn slow: it would take a second and more for these.
func TestStrengthIsJudgedQuickly(t *testing.T) {
	signs := "4@8({[<36913!|7|0$5+7%2"
	for _, p := range []string{strings.Repeat(signs, 3)[:64], signs + strings.Repeat("z9", 100), strings.Repeat("a", 256), strings.Repeat("梧桐灯笼", 20), strings.Repeat("12345678901", 20)} {
		best := time.Hour
		for range 3 { // other tests run beside this one
			start := time.Now()
			guessable(p, nil)
			best = min(best, time.Since(start))
		}
		if best > 200*time.Millisecond {
			t.Errorf("%.30s…: %v", p, best)
		}
	}
}

// Each character counts once, whatever its length in bytes, and different ones stay different as long as there is room.
func TestBytesOf(t *testing.T) {
	text, symbols := bytesOf([]rune("aＡ　王b芳王\x01é É"))
	if len(text) != 11 || text[:3] != "aA " || text[3] != text[6] || text[3] == text[5] || text[8] != text[10] || symbols['\x01'] == '\x00' {
		t.Errorf("%q", text)
	}
	if word, ok := symbols.of("王Ｂ芳"); !ok || word != string([]byte{text[3], 'B', text[5]}) {
		t.Errorf("%q %v", word, ok)
	}
	if _, ok := symbols.of("王五"); ok {
		t.Error("五 is not in the text")
	}
	for in, want := range map[string]string{"": "", "a": "a", "aaaa": "a", "abab": "ab", "ababa": "ababa", "abcabcabc": "abc"} {
		if got := oneBlock(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzGuessable(f *testing.F) {
	for _, p := range []string{"", "password", good, "\xff\x00", strings.Repeat("王", 100), "12-31-1999", "ſKİ"} {
		f.Add(p, "王芳")
	}
	f.Fuzz(func(t *testing.T, password, about string) {
		if len(password) > maxPassword || len(about) > maxPassword {
			return
		}
		if !guessable(password, []string{about}) && utf8.RuneCountInString(password) < 5 {
			t.Errorf("%q passes", password) // five printable characters are 33 bits at most, and 34 are asked for
		}
		if text, _ := bytesOf([]rune(password)); len(text) != utf8.RuneCountInString(password) {
			t.Errorf("%q has %d bytes", password, len(text))
		}
	})
}
