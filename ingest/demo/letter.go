package demo

import (
	"fmt"
	"time"
)

const (
	lettersLedger = "信访事项台账"
	lettersAMonth = 1.3
)

var letterHeader = []string{"序号", "信访编号", "登记日期", "社区", "来源级次", "类别", "是否集体", "是否重复", "责任单位", "应办结日期", "受理告知日期", "办结日期", "办理结果"}

// writeLetters writes the district's ledger of 信访: few, and none at all of many communities.
func writeLetters(o *folder, d *district, sp span, seed uint64) error {
	b := &book{ledger: lettersLedger, header: letterHeader, date: "登记日期", sheets: sp.whole()}
	return b.writeDaily(o, d, sp, seed, lettersAMonth, (*history).letter)
}

// letter is due in 60 days, and told of within 15.
func (h *history) letter(date time.Time, layout string) []string {
	due, told := date.AddDate(0, 0, 60), date.AddDate(0, 0, h.intBetween(2, 14))
	done := date.AddDate(0, 0, h.intBetween(18, 57))
	if h.chance(0.12 * (1 - h.community.standing())) {
		done = due.AddDate(0, 0, h.intBetween(4, 30))
	}
	result := ""
	if !h.happened(done).IsZero() {
		result = "已化解"
	}
	return []string{
		"", fmt.Sprintf("XF%s-%03d", date.Format("20060102"), h.IntN(1000)), date.Format(layout), h.community.name, pick(h.stream, []string{"区级", "市级", "省级"}),
		pick(h.stream, []string{"物业管理", "停车交通", "民生保障", "供暖供水供电供气"}), "否", "否", "街道信访工作办", due.Format(layout),
		format(h.happened(told), layout), format(h.happened(done), layout), result,
	}
}
