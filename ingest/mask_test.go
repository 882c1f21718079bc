package ingest

import (
	"strings"
	"testing"
)

// The ID numbers below are synthetic: area code 999999 does not exist; check characters computed by hand.
func TestMask(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing personal", "三单元楼道灯不亮，已报修2次", "三单元楼道灯不亮，已报修2次"},
		{"mobile", "请联系13800001111处理", "请联系〔电话〕处理"},
		{"grouped mobile", "138-0000-1111 或 138 0000 1111", "〔电话〕 或 〔电话〕"},
		{"country code", "+86 13800001111", "+〔电话〕"},
		{"full width", "电话１３８００００１１１１。", "电话〔电话〕。"},
		{"landline", "0376-6223344转801", "〔电话〕转801"},
		{"local number only where announced", "电话6223344，合同号6223344", "电话〔电话〕，合同号6223344"},
		{"identity with X", "证件99999919800101123X，住户", "证件〔证件号〕，住户"},
		{"identity by date", "999999198001011234", "〔证件号〕"},
		{"old identity", "999999800101123", "〔证件号〕"},
		{"two without a gap", "99999919800101123413800001111", "〔证件号〕〔电话〕"},
		{"e-mail", "发至a.b-c@example.com即可", "发至〔邮箱〕即可"},
		{"e-mail with full-width at", "a＠example.com", "〔邮箱〕"},
		{"twenty-digit grid code stays", "编码99900100100100100101", "编码99900100100100100101"},
		{"dates stay", "2023-01-02 09:30 至 2023-12-31", "2023-01-02 09:30 至 2023-12-31"},
		{"small number before a phone", "3 13800001111", "3 〔电话〕"},
		{"order number of 16 digits stays", "订单2023010212345678", "订单2023010212345678"},
		{"amounts stay", "合计 1 234 567 元", "合计 1 234 567 元"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, n := Mask(c.in)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if marks := strings.Count(got, "〔"); n != marks {
				t.Errorf("counted %d, the text has %d marks", n, marks)
			}
		})
	}
}

func FuzzMask(f *testing.F) {
	f.Add("请联系13800001111或0376-6223344，a@b.cn")
	f.Add("９９９９９９１９８００１０１１２３Ｘ")
	f.Fuzz(func(t *testing.T, s string) {
		got, n := Mask(s)
		if n == 0 && got != s {
			t.Errorf("changed %q to %q without a finding", s, got)
		}
		if again, m := Mask(got); m != 0 && strings.ToValidUTF8(s, "") == s {
			t.Errorf("masking %q again finds %d more: %q", got, m, again)
		}
	})
}
