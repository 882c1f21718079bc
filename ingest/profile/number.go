package profile

import (
	"math"
	"strconv"
	"strings"
)

// Qualifier says how exactly a number was stated.
type Qualifier string

const (
	Exact   Qualifier = "exact"
	AtLeast Qualifier = "ge"     // 余 多 以上 超过
	Approx  Qualifier = "approx" // 约 左右
	Near    Qualifier = "near"   // 近
	Below   Qualifier = "lt"     // 不足 以下
)

// ParseNumber reads a number as ledgers state it: "1,234", "１２", "近50", "200余件", "约570人", "不足40%", "8000余元",
// "10.6万元", "百余", "一百二十", "￥1,200.00元", "12（户）". Counting words and units behind the number are dropped, 万 and 亿 are
// multiplied in; a percentage keeps its number (40% is 40). From 5 to 6 of something ("5-6次") is at least 5; a bare 5-6, which
// may be a day or a house, is refused, and so is (12), which is −12 to an accountant and a remark to everybody
// else. The error is a *ValueError.
func ParseNumber(s string) (float64, Qualifier, error) {
	n, err := parseNumber(s)
	return n.value, n.qualifier, err
}

// number is a number with the unit written behind it ("" = none).
type number struct {
	value     float64
	qualifier Qualifier
	unit      string
}

const maxNumber = 1e15 // beyond it float64 no longer holds whole numbers

func parseNumber(s string) (number, error) {
	text := CleanCell(s)
	if plainNumber(text) {
		if v, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(v) < maxNumber {
			return number{v, Exact, ""}, nil
		}
	}
	bad := &ValueError{Value: s, Text: "不是可识别的数，应如 1234 或 200余"}
	t := plainBlanks(text)
	var q Qualifier
	for { // 共约近50
		word, mark, ok := prefixOf(t)
		if !ok {
			break
		}
		if t = strings.TrimSpace(t[len(word):]); q == "" {
			q = mark
		}
	}
	v, rest, ok := leadingNumber(t)
	if !ok {
		if strings.HasPrefix(t, "(") && strings.HasSuffix(t, ")") {
			bad.Text = "括号中的数含义不明，负数应如 -12，其他数请去掉括号"
		}
		return number{}, bad
	}
	if upper, after, ok := rangeEnd(rest); ok {
		if upper <= v || strings.TrimSpace(after) == "" {
			bad.Text = "写的是一个范围，请改为一个数，或在后面写明单位，如 5-6次"
			return number{}, bad
		}
		rest = after
		if q == "" || q == Approx || q == Near {
			q = AtLeast
		}
	}
	unit := ""
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		if word, mark, ok := suffixOf(rest); ok {
			if q == "" {
				q = mark
			}
			rest = rest[len(word):]
			continue
		}
		if word, factor, ok := factorOf(rest); ok && unit == "" {
			v = scale(v, factor)
			rest = rest[len(word):]
			continue
		}
		if unit == "" && rest[0] == '(' && rest[len(rest)-1] == ')' { // 12（户）
			if inner := strings.TrimSpace(rest[1 : len(rest)-1]); inner != "" && unitOf(inner) == inner {
				unit, rest = inner, ""
				continue
			}
		}
		if unit != "" && rest == "整" { // 1200元整
			break
		}
		word := unitOf(rest)
		if word == "" || unit != "" {
			return number{}, bad
		}
		unit, rest = word, rest[len(word):]
	}
	if q == "" {
		q = Exact
	}
	if math.Abs(v) >= maxNumber {
		return number{}, bad
	}
	return number{v, q, unit}, nil
}

// prefixOf takes a word before a number: how exactly it is stated, or one that says nothing ("" as qualifier).
func prefixOf(s string) (string, Qualifier, bool) {
	for _, p := range qualifierPrefixes {
		if strings.HasPrefix(s, p.word) {
			return p.word, p.q, true
		}
	}
	return "", "", false
}

// rangeEnd reads the upper end of a range behind its lower end: -6, ~6, 至6.
func rangeEnd(s string) (upper float64, rest string, ok bool) {
	s, ok = strings.CutPrefix(spanMarks.Replace(dashes.Replace(strings.TrimSpace(s))), "-")
	if !ok {
		return 0, s, false
	}
	s = strings.TrimSpace(s)
	if s == "" || s[0] == '-' || s[0] == '+' {
		return 0, s, false
	}
	return leadingNumber(s)
}

// plainNumber holds for what strconv.ParseFloat may be asked to read: digits with at most a sign and a point, not NaN, Inf,
// hexadecimal or exponents.
func plainNumber(s string) bool {
	digits, points := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		case (c == '-' || c == '+') && i == 0:
		default:
			return false
		}
	}
	return digits > 0 && points <= 1
}

type marked struct {
	word string
	q    Qualifier
}

// Longer words stand before their own beginnings.
var qualifierPrefixes = []marked{
	{"大约", Approx},
	{"大概", Approx},
	{"约", Approx},
	{"≈", Approx},
	{"~", Approx},
	{"将近", Near},
	{"接近", Near},
	{"近", Near},
	{"不足", Below},
	{"不到", Below},
	{"未满", Below},
	{"少于", Below},
	{"低于", Below},
	{"小于", Below},
	{"不超过", Below},
	{"不多于", Below},
	{"不高于", Below},
	{"不大于", Below},
	{"至多", Below},
	{"最多", Below},
	{"<=", Below},
	{"≤", Below},
	{"<", Below},
	{"超过", AtLeast},
	{"超", AtLeast},
	{"逾", AtLeast},
	{"多于", AtLeast},
	{"大于", AtLeast},
	{"高于", AtLeast},
	{"至少", AtLeast},
	{"最少", AtLeast},
	{"不小于", AtLeast},
	{"不少于", AtLeast},
	{"不低于", AtLeast},
	{"上", AtLeast},
	{">=", AtLeast},
	{"≥", AtLeast},
	{">", AtLeast},
	{"共计", ""},
	{"共", ""},
	{"计", ""},
	{"人民币", ""},
	{"RMB", ""},
	{"￥", ""},
	{"¥", ""},
}

var qualifierSuffixes = []marked{
	{"及以上", AtLeast},
	{"以上", AtLeast},
	{"余", AtLeast},
	{"多", AtLeast},
	{"几", AtLeast},
	{"+", AtLeast},
	{"来", Approx},
	{"左右", Approx},
	{"上下", Approx},
	{"以下", Below},
	{"及以下", Below},
	{"以内", Below},
	{"不到", Below},
	{"不足", Below},
}

func suffixOf(s string) (string, Qualifier, bool) {
	for _, m := range qualifierSuffixes {
		if strings.HasPrefix(s, m.word) {
			return m.word, m.q, true
		}
	}
	return "", "", false
}

var factors = []struct {
	word   string
	factor float64
}{{"万", 1e4}, {"亿", 1e8}, {"千", 1e3}, {"百", 1e2}}

func factorOf(s string) (string, float64, bool) {
	if strings.HasPrefix(s, "千米") || strings.HasPrefix(s, "千克") {
		return "", 0, false
	}
	for _, f := range factors {
		if strings.HasPrefix(s, f.word) {
			return f.word, f.factor, true
		}
	}
	return "", 0, false
}

// units are the counting words and units that may stand behind a number, each with the unit it is kept as.
var units = map[string]string{
	"人次": "人次", "人": "人", "名": "人", "位": "人", "户": "户", "户次": "户次", "件": "件", "起": "起", "次": "次", "场次": "场次", "场": "场", "期": "期", "处": "处",
	"个": "个", "支": "支", "家": "家", "座": "座", "栋": "栋", "幢": "栋", "份": "份", "条": "条", "项": "项", "批": "批", "批次": "批次", "篇": "篇", "台": "台", "台次": "台次", "辆": "辆", "辆次": "辆次",
	"套": "套", "间": "间", "单": "单", "对": "对", "只": "只", "株": "株", "棵": "棵", "袋": "袋", "车": "车", "车次": "车次", "年": "年", "月": "月", "天": "天", "岁": "岁", "分": "分",
	"元": "元", "块": "元", "吨": "吨", "公斤": "公斤", "千克": "公斤", "斤": "斤",
	"公里": "km", "千米": "km", "km": "km", "米": "m", "m": "m",
	"平方公里": "km²", "平方千米": "km²", "km2": "km²", "km²": "km²", "平方米": "m²", "平米": "m²", "㎡": "m²", "m2": "m²", "m²": "m²", "公顷": "公顷", "亩": "亩",
	"小时": "小时", "h": "小时", "分钟": "分钟", "%": "%", "‰": "‰",
}

func unitOf(s string) string {
	best := ""
	for word := range units {
		if len(word) > len(best) && len(s) >= len(word) && strings.EqualFold(s[:len(word)], word) {
			best = s[:len(word)]
		}
	}
	return best
}

// conversions turn a written unit into the wanted one.
var conversions = map[[2]string]float64{
	{"m²", "km²"}: 1e-6, {"公顷", "km²"}: 0.01, {"亩", "km²"}: 1.0 / 1500, {"m", "km"}: 1e-3, {"km", "m"}: 1e3, {"分钟", "小时"}: 1.0 / 60, {"斤", "公斤"}: 0.5, {"吨", "公斤"}: 1e3, {"公斤", "吨"}: 1e-3,
}

// inUnit converts n to the unit wanted ("" = any). A unit that cannot be converted is an error: the number means something else.
func (n number) inUnit(want, cell string) (number, error) {
	if want == "%" && n.unit == "" && n.value > 0 && n.value <= 1 {
		return n.share(cell)
	}
	if want == "" || n.unit == "" {
		return n, nil
	}
	have := units[strings.ToLower(n.unit)]
	if to, ok := units[strings.ToLower(want)]; ok {
		want = to
	}
	if have == want {
		return n, nil
	}
	if f, ok := conversions[[2]string{have, want}]; ok {
		n.value *= f
		return n, nil
	}
	return n, &ValueError{Value: cell, Text: "单位是“" + n.unit + "”，应为“" + want + "”"}
}

// share reads a rate without its sign that is 1 at most: 0.95 is 95 %, as spreadsheets keep it and as no one writes a rate below 1 %.
// 1 may be either and is refused.
func (n number) share(cell string) (number, error) {
	if n.value == 1 {
		return n, &ValueError{Value: cell, Text: "可能是 1%，也可能是 100%，请写明百分号"}
	}
	n.value, n.unit = math.Round(n.value*1e12)/1e10, "%"
	return n, nil
}

// leadingNumber reads digits (thousands in groups of three) or Chinese numerals at the start of s.
func leadingNumber(s string) (v float64, rest string, ok bool) {
	end, digits := 0, 0
	for end < len(s) {
		c := s[end]
		if c >= '0' && c <= '9' {
			digits++
		} else if c != ',' && c != '.' && (c != '-' && c != '+' || end > 0) {
			break
		}
		end++
	}
	if digits == 0 {
		if strings.HasPrefix(s, "−") { // U+2212
			v, rest, ok = leadingNumber(s[len("−"):])
			return -v, rest, ok && v >= 0
		}
		return chineseNumber(s)
	}
	token := s[:end]
	if e := exponent(s[end:]); e > 0 {
		token, end = token+s[end:end+e], end+e
	}
	whole, frac, _ := strings.Cut(token, ".")
	if strings.Contains(frac, ",") {
		return 0, s, false
	}
	if groups := strings.Split(strings.TrimLeft(whole, "+-"), ","); len(groups) > 1 {
		for i, g := range groups {
			if len(g) != 3 && (i > 0 || len(g) == 0 || len(g) > 3) {
				return 0, s, false
			}
		}
		token = strings.ReplaceAll(token, ",", "")
	}
	v, err := strconv.ParseFloat(token, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, s, false
	}
	return v, s[end:], true
}

// exponent returns the length of an exponent such as E+11, which spreadsheets write for long numbers.
func exponent(s string) int {
	if len(s) < 2 || s[0] != 'e' && s[0] != 'E' {
		return 0
	}
	i := 1
	if s[i] == '+' || s[i] == '-' {
		i++
	}
	from := i
	for i < len(s) && i-from < 3 && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == from {
		return 0
	}
	return i
}

// chineseNumber reads 一百二十三, 两千, 十余, 百余: a leading unit counts once.
func chineseNumber(s string) (v float64, rest string, ok bool) {
	var total, section, digit float64
	seen, pending := false, false
	lastUnit := math.Inf(1)
	short := 0.0 // what a digit right behind the unit before counts: 三百五 is 350, 一万二 12,000
	end := func() float64 {
		if pending && short > 1 {
			return total + section + digit*short
		}
		return total + section + digit
	}
	for i, r := range s {
		rest = s[i:]
		if d := strings.IndexRune("零一二三四五六七八九", r); d >= 0 || r == '〇' || r == '两' {
			if pending && digit != 0 {
				return 0, s, false // 一二: an enumeration, not a number
			}
			digit = float64(d / len("零"))
			if r == '〇' {
				digit = 0
			} else if r == '两' {
				digit = 2
			}
			if digit == 0 {
				short = 0 // 三百零五
			}
			seen, pending = true, true
		} else if u := map[rune]float64{'十': 10, '百': 100, '千': 1000}[r]; u > 0 {
			if u >= lastUnit {
				return 0, s, false
			}
			if !pending || digit == 0 {
				if seen && u != 10 {
					return 0, s, false
				}
				digit = 1
			}
			section, digit, pending, seen, lastUnit = section+digit*u, 0, false, true, u
			short = u / 10
		} else if u := map[rune]float64{'万': 1e4, '亿': 1e8}[r]; u > 0 {
			if section += digit; section == 0 {
				if seen {
					return 0, s, false
				}
				section = 1
			}
			total, section, digit, pending, seen, lastUnit = (total+section)*u, 0, 0, false, true, math.Inf(1)
			short = u / 10
		} else {
			return end(), rest, seen
		}
		rest = ""
	}
	return end(), rest, seen
}
