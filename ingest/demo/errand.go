package demo

import "time"

const (
	errandsLedger = "红色代办台账"
	errandsAMonth = 140
)

var errandHeader = []string{"序号", "代办日期", "社区", "网格", "事项名称", "事项类别", "服务对象类别", "代办员", "受理窗口", "办结日期", "办理结果", "满意度"}

// errands that residents cannot run themselves, by window.
var errandItems = []struct {
	window, topic string
	share, days   float64 // days: median to close
	names, groups []string
}{
	{"民政窗口", "民生保障", 0.27, 2.2, []string{"低保复核材料递交", "临时救助申请", "困难家庭证明办理"}, []string{"困难户", "残疾", "一般居民"}},
	{"养老服务窗口", "养老助残", 0.25, 1.6, []string{"高龄津贴申领", "老年优待证办理", "养老资格认证", "残疾人辅助器具申请"}, []string{"高龄", "独居", "残疾", "失能"}},
	{"社保医保窗口", "民生保障", 0.24, 1.8, []string{"医保报销材料代送", "门诊慢性病申报", "社保卡补办"}, []string{"高龄", "独居", "一般居民"}},
	{"便民服务窗口", "其他", 0.14, 1.0, []string{"水电燃气费代缴", "居住证明办理", "药品代购"}, []string{"独居", "高龄", "一般居民", "新业态"}},
	{"营商服务窗口", "经商兴业", 0.10, 2.6, []string{"营业执照变更", "食品经营许可延续", "门头招牌备案"}, []string{"商户"}},
}

// writeErrands writes the district's ledger of errands run for residents.
func writeErrands(o *folder, d *district, sp span, seed uint64) error {
	b := &book{ledger: errandsLedger, header: errandHeader, date: "代办日期", sheets: sp.whole()}
	return b.writeDaily(o, d, sp, seed, errandsAMonth, (*history).errand)
}

func (h *history) errand(date time.Time, layout string) []string {
	shares := make([]float64, len(errandItems))
	for k := range errandItems {
		shares[k] = errandItems[k].share
	}
	it := &errandItems[h.weighted(shares)]
	g := h.pickGrid()
	pace, _ := h.story(date)
	done := afterWeekend(date.AddDate(0, 0, int(h.logNormal(it.days, 0.6)*h.community.street.pace*pace)))
	if h.chance(0.006) {
		done = h.until // forgotten
	}
	closed, result, rating := "", "办理中", ""
	if done.Before(h.until) {
		closed, result = done.Format(layout), "已办结"
		rating = ratings[h.weighted([]float64{86, 11, 1, 2})]
	}
	return []string{
		"", date.Format(layout), h.community.name, g.name, pick(h.stream, it.names), it.topic, pick(h.stream, it.groups),
		"代办员" + numeral(h.intBetween(1, 6)), it.window, closed, result, rating,
	}
}
