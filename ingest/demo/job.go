package demo

import "time"

const (
	jobsLedger      = "就业台账"
	jobSeekersMonth = 34
)

var jobHeader = []string{"登记日期", "社区", "网格", "求助人类别", "求职意向", "培训日期", "推荐日期", "就业日期", "是否再就业", "推荐单位"}

// writeJobs writes the district's ledger of those who seek work.
func writeJobs(o *folder, d *district, sp span, seed uint64) error {
	b := &book{ledger: jobsLedger, header: jobHeader, date: "登记日期", sheets: sp.whole()}
	return b.writeDaily(o, d, sp, seed, jobSeekersMonth, (*history).jobSeeker)
}

func (h *history) jobSeeker(date time.Time, layout string) []string {
	trained, recommended := time.Time{}, date.AddDate(0, 0, h.intBetween(3, 20))
	if h.chance(0.6) {
		trained = date.AddDate(0, 0, h.intBetween(2, 15))
		recommended = recommended.AddDate(0, 0, 15)
	}
	hired := time.Time{}
	if h.chance(h.community.grade(0.45, 0.88)) {
		hired = recommended.AddDate(0, 0, h.intBetween(1, 25))
	}
	again := ""
	if !hired.IsZero() && !h.happened(hired).IsZero() {
		again = pick(h.stream, []string{"是", "否"})
	}
	return []string{
		date.Format(layout), h.community.name, h.pickGrid().name, pick(h.stream, []string{"失业人员", "高校毕业生", "退役军人", "灵活就业人员", "残疾人"}),
		pick(h.stream, []string{"家政服务", "超市理货", "保安保洁", "电商客服", "养老护理"}), format(h.happened(trained), layout), format(h.happened(recommended), layout),
		format(h.happened(hired), layout), again, pick(h.stream, []string{"区人力资源市场", "街道便民服务中心", "爱心商户联盟"}),
	}
}
