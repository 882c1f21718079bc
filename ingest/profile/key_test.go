package profile

import "testing"

func TestSpellingsOfAKey(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spellings  []string
	}{
		{"width, spaces and closing punctuation", "3号楼,灯不亮", []string{"3号楼,灯不亮", "３号楼，灯不亮。", " 3号楼， 灯不亮！", "3号楼,灯\u200b不亮．", "3号楼,灯不亮；。"}},
		{"a telephone", "13911111111", []string{"13911111111", "139-1111-1111", "+86 139 1111 1111", "(139)11111111", "0086-13911111111", "１３９１１１１１１１１"}},
		{"a landline", "03766223344", []string{"0376-6223344", "(0376) 6223344", "03766223344"}},
		{"a grid", "1网格", []string{"第一网格", "一网格", "1网格", "01网格", "第01网格", "第 1 网格", "１号网格"}},
		{"a grid of two digits", "12网格", []string{"第十二网格", "12网格", "十二网格"}},
		{"a grid with its community", "朝阳社区2网格", []string{"朝阳社区第二网格", "朝阳社区02网格"}},
		{"a grid named by a word stays", "红旗网格", []string{"红旗网格"}},
		{"a number that is no telephone keeps its marks", "2026-01", []string{"2026-01", "２０２６-01"}},
		{"nothing but punctuation", "。", []string{"。"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, s := range c.spellings {
				if got := string(appendFolded([]byte("x\x1f"), s)); got != "x\x1f"+c.want {
					t.Errorf("%q: %q, want %q", s, got, c.want)
				}
			}
		})
	}
}

// What differs in more than spelling must stay apart.
func TestKeysThatDiffer(t *testing.T) {
	for _, pair := range [][2]string{{"第一网格", "第二网格"}, {"第十一网格", "第一网格"}, {"3号楼", "13号楼"}, {"13911111111", "13911111112"}, {"甲。乙", "甲乙"}} {
		if a, b := appendFolded(nil, pair[0]), appendFolded(nil, pair[1]); string(a) == string(b) {
			t.Errorf("%q and %q are one: %q", pair[0], pair[1], a)
		}
	}
}

func TestMidnightInAClockColumnIsNone(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"
key = ["日期", "时间"]
[fields]
received_at = { column = "日期", time = "时间" }
`)
	b := bind(t, p, "日期", "时间")
	want, _ := b.AppendKey(nil, []string{"2026-01-05", ""}, &Clock{})
	for _, clock := range []string{"00:00", "0:00", "00:00:00"} {
		if got, _ := b.AppendKey(nil, []string{"2026/1/5", clock}, &Clock{}); string(got) != string(want) {
			t.Errorf("%s: %q, want %q", clock, got, want)
		}
	}
	if got, _ := b.AppendKey(nil, []string{"2026-01-05", "08:30"}, &Clock{}); string(got) == string(want) {
		t.Errorf("08:30 is lost: %q", got)
	}
	want, _ = b.AppendKey(nil, []string{"2026-01-05", "8:30-10:45"}, &Clock{})
	for _, span := range []string{"08:30—10:45", "8时30分至10时45分", "８：３０－１０：４５"} {
		if got, _ := b.AppendKey(nil, []string{"2026-01-05", span}, &Clock{}); string(got) != string(want) {
			t.Errorf("%s: %q, want %q", span, got, want)
		}
	}
}

// FuzzKey: space around a text makes no difference, whatever the text, and what stands before it stays.
func FuzzKey(f *testing.F) {
	for _, s := range []string{"第一网格", "+86 139-1111-1111", "灯不亮。", "\u200b", "①。", "第第一网格", "，。", "\xe9", "\xf7\u0340"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		bare := appendFolded([]byte("x\x1f"), s)
		if wide := appendFolded([]byte("x\x1f"), "\u3000"+s+" \t"); string(wide) != string(bare) || string(bare[:2]) != "x\x1f" {
			t.Errorf("%q: %q, with space around it %q", s, bare, wide)
		}
	})
}
