package source

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestMixedEncodings(t *testing.T) {
	gb := func(s string) string {
		out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, c := range []struct {
		name, data string
		mixed      bool
	}{
		{"a UTF-8 header before rows in GB18030", "受理日期,诉求内容\n" + gb("2026-01-05,路灯不亮\n"), true},
		{"rows in UTF-8 behind rows in GB18030", gb("受理日期,诉求内容\n") + "2026-01-05,路灯不亮\n", true},
		{"UTF-8 throughout", "受理日期,诉求内容\n2026-01-05,路灯不亮\n", false},
		{"GB18030 throughout", gb("受理日期,诉求内容\n2026-01-05,路灯不亮\n"), false},
		{"two characters of GB18030 that are valid UTF-8", gb("联通\n受理日期,诉求内容\n"), false},
		{"a damaged line in UTF-8", "受理日期,诉求内容\n路灯\xff\n", false},
		{"ASCII", "a,b\n1,2\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := OpenText(strings.NewReader(c.data), int64(len(c.data)), "t.csv", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Mixed() != c.mixed {
				t.Errorf("got %v", s.Mixed())
			}
		})
	}
}

func TestNULsAreCounted(t *testing.T) {
	for _, c := range []struct{ name, data string }{
		{"t.csv", "a,b\n1\x00,2\x00\n"},
		{"t.json", `[{"a":"1` + "\x00" + `","b":"2` + "\x00" + `"}]`},
	} {
		s, err := OpenText(strings.NewReader(c.data), int64(len(c.data)), c.name, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = s.Next()
		}
		if s.NULs() != 2 {
			t.Errorf("%s: got %d", c.name, s.NULs())
		}
	}
}
