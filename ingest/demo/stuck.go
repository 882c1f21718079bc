package demo

import "time"

const (
	stuckLedger = "办不成事窗口登记表"
	stuckAMonth = 14
)

var stuckHeader = []string{"序号", "登记时间", "社区", "申办事项", "未办成原因", "协调单位", "承诺时限", "办结时间", "结果"}

// What could not be done elsewhere, with why and who can help.
var stuckItems = []struct{ item, why, office string }{
	{"老旧小区加装电梯手续", "材料缺项，多部门意见不一致", "区住房和城乡建设局"},
	{"不动产证补录", "原始档案缺失", "区自然资源局"},
	{"灵活就业社保补缴", "系统信息有误", "区人力资源和社会保障局"},
	{"个体户注销后重新登记", "税务状态未清", "区市场监督管理局"},
	{"户口迁移", "证明材料不被认可", "公安分局"},
	{"残疾证换发", "鉴定排期过长", "区残疾人联合会"},
	{"燃气改线", "产权单位推诿", "燃气公司"},
}

// writeStuck writes the ledger of the window for what could not be done elsewhere.
func writeStuck(o *folder, d *district, sp span, seed uint64) error {
	b := &book{ledger: stuckLedger, header: stuckHeader, date: "登记时间", sheets: sp.whole()}
	return b.writeDaily(o, d, sp, seed, stuckAMonth, (*history).stuck)
}

// stuck is promised within 10 or 15 days.
func (h *history) stuck(date time.Time, layout string) []string {
	it := pick(h.stream, stuckItems)
	due := date.AddDate(0, 0, pick(h.stream, []int{10, 15}))
	done := afterWeekend(date.AddDate(0, 0, h.intBetween(2, 9)))
	if h.chance(0.10 * (1 - h.community.standing())) {
		done = due.AddDate(0, 0, h.intBetween(3, 20))
	}
	result := "办理中"
	if !h.happened(done).IsZero() {
		result = pick(h.stream, []string{"已办结", "已办结", "已办结", "解释引导"})
	}
	return []string{
		"", date.Format(layout), h.community.name, it.item, it.why, it.office, due.Format(layout), format(h.happened(done), layout), result,
	}
}
