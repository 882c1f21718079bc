package profile

import (
	"math"
	"strings"
)

// maxTerm bounds the days of a term, as it does those of the site's rules.
const maxTerm = 3660

// ParseTerm reads a term that is counted from another date: 5个工作日, 七天内, 15日内, 两周, 3个月内. Months are calendar months. A bare
// 15日 may be a day of the month and is none; neither is 尽快.
func ParseTerm(cell string) (t Term, ok bool) {
	s := strings.ReplaceAll(plainBlanks(CleanCell(cell)), " ", "")
	for _, word := range []string{"承诺", "自受理之日起", "受理后", "收到后", "接件后", "限", "在"} {
		s = strings.TrimPrefix(s, word)
	}
	n, rest, ok := leadingNumber(s)
	if !ok || n != math.Trunc(n) || n < 0 {
		return Term{}, false
	}
	rest = strings.TrimPrefix(rest, "个")
	for _, end := range []string{"办结", "完成", "之内", "以内", "内"} {
		rest = strings.TrimSuffix(rest, end)
	}
	bare := strings.HasSuffix(s, "日")
	switch rest {
	case "工作日":
		t.Days, t.Working = int(n), true
	case "天", "自然日", "日历日":
		t.Days = int(n)
	case "日":
		if bare {
			return Term{}, false
		}
		t.Days = int(n)
	case "周", "星期", "礼拜":
		t.Days = int(7 * n)
	case "月":
		if !strings.Contains(s, "个月") { // 3月 is March
			return Term{}, false
		}
		t.Months = int(n)
	default:
		return Term{}, false
	}
	return t, n <= maxTerm && t.Days+31*t.Months <= maxTerm
}

// Term is a number of days or of calendar months.
type Term struct {
	Days    int
	Working bool // only worked days count
	Months  int
}
