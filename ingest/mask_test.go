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
		{"dots", "请打139.2222.4444", "请打〔电话〕"},
		{"area in brackets", "请打(139)22226666处理", "请打〔电话〕处理"},
		{"full-width brackets", "（139）2222 6666", "〔电话〕"},
		{"brackets around the number stay", "（13922226666）", "（〔电话〕）"},
		{"slashes", "139/2222/8888", "〔电话〕"},
		{"dashes", "139—2333—2222、139–2333–2222", "〔电话〕、〔电话〕"},
		{"hyphens between spaces", "139 - 2333 - 4455", "〔电话〕"},
		{
			"underscores, middle dots, commas", "139_2333_4455；139·2333·4455；139•2333•4455；139,2333,4455；139，2333，4455",
			"〔电话〕；〔电话〕；〔电话〕；〔电话〕；〔电话〕",
		},
		{"several spaces, a tab", "139   2333   4455；139\t2333\t4455", "〔电话〕；〔电话〕"},
		{"zero-width characters", "1392\u200b3334\u200d455；1\u200b3\u200b9\ufeff23334455", "〔电话〕；〔电话〕"},
		{"country code and brackets", "+86 (139) 2333-4455", "+〔电话〕"},
		{"landline between spaces", "0376 - 6223399；(0376)6223399；0376—6223399", "〔电话〕；〔电话〕；〔电话〕"},
		{"Chinese numerals", "电话一三九二三三三六六六六，幺三九〇〇零零两两两二", "电话〔电话〕，〔电话〕"},
		{"e-mail with a Chinese full stop", "ab＠qq。com", "〔邮箱〕"},
		{"e-mail in full width", "ａｂ＠ｑｑ．ｃｏｍ", "〔邮箱〕"},
		{"bank card", "卡6222021234567890128", "卡〔卡号〕"},
		{"grouped bank card", "4111 1111 1111 1111", "〔卡号〕"},
		{"number of 16 digits without a check digit stays", "4111111111111112", "4111111111111112"},
		{"identity in groups", "999999/19800101/1234", "〔证件号〕"},
		{"two numbers with a comma", "13800001111,13800002222", "〔电话〕,〔电话〕"},
		{"a number and a local one", "13800001111 6223344", "〔电话〕 6223344"},

		{"dates with dots stay", "2023.01.02、10.30.2023、2023.1.2-2023.12.31", "2023.01.02、10.30.2023、2023.1.2-2023.12.31"},
		{"dates with slashes stay", "2023/01/02 09:30", "2023/01/02 09:30"},
		{"a house number before a date stays", "135 2023-01-02；135，2023.01.02", "135 2023-01-02；135，2023.01.02"},
		{"amounts with commas stay", "1,234,567元；13,800,001,111元；138,000,000.00元", "1,234,567元；13,800,001,111元；138,000,000.00元"},
		{"addresses of computers stay", "192.168.1.1，192.168.100.10", "192.168.1.1，192.168.100.10"},
		{"versions stay", "V15.12.2023.1104", "V15.12.2023.1104"},
		{"a longitude stays", "135.12345678,48.12345678", "135.12345678,48.12345678"},
		{"prices stay", "139.50/1500.00，150.5-200.25", "139.50/1500.00，150.5-200.25"},
		{"ten or twelve Chinese numerals stay", "一三九二三三三六六六；一三九二三三三六六六六六", "一三九二三三三六六六；一三九二三三三六六六六六"},
		{"numerals of other numbers stay", "二〇二三年一月，第一二三四五六七八九网格", "二〇二三年一月，第一二三四五六七八九网格"},
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
	f.Add("(139)2222.4444 0376 - 6223344 一三九二三三三六六六六 13800001111 6223344")
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

func BenchmarkMaskOfAnOrdinaryText(b *testing.B) {
	const text = "金桂园第12号楼路灯夜间不亮影响出行，住户反映多次，请有关部门尽快到现场查看并答复处理结果"
	for b.Loop() {
		if _, n := Mask(text); n != 0 {
			b.Fatal(n)
		}
	}
}
