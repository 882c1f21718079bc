package demo

import (
	"strconv"
	"time"
)

const (
	disputesLedger = "矛盾纠纷台账"
	disputesAMonth = 42
)

var disputeHeader = []string{"序号", "排查日期", "社区", "网格", "纠纷类型", "当事人（类别）", "涉及人数", "调解员", "调解日期", "化解情况", "是否成功", "上报层级"}

var disputeKinds = []struct {
	name   string
	share  float64
	groups []string
}{
	{"邻里纠纷", 0.40, []string{"一般居民"}},
	{"物业纠纷", 0.20, []string{"一般居民"}},
	{"停车纠纷", 0.14, []string{"一般居民"}},
	{"婚姻家庭纠纷", 0.14, []string{"一般居民"}},
	{"消费纠纷", 0.07, []string{"商户", "一般居民"}},
	{"劳资纠纷", 0.05, []string{"新业态", "一般居民"}},
}

// writeDisputes writes the district's ledger of disputes.
func writeDisputes(o *folder, d *district, sp span, seed uint64) error {
	b := &book{ledger: disputesLedger, header: disputeHeader, date: "排查日期", sheets: sp.whole()}
	return b.writeDaily(o, d, sp, seed, disputesAMonth, (*history).dispute)
}

func (h *history) dispute(date time.Time, layout string) []string {
	shares := make([]float64, len(disputeKinds))
	for k := range disputeKinds {
		shares[k] = disputeKinds[k].share
	}
	kind := &disputeKinds[h.weighted(shares)]
	g := h.pickGrid()
	mediated := date.AddDate(0, 0, int(h.logNormal(3, 0.8)*h.community.street.pace))
	settled, level := h.chance(h.community.grade(0.88, 0.985)+h.community.street.content), levels[h.weighted([]float64{52, 38, 8, 2, 0})].name
	at, state, success := "", "调解中", ""
	if mediated.Before(h.until) {
		at, state, success = mediated.Format(layout), "调解成功", "是"
		if !settled {
			state, success = pick(h.stream, []string{"调解不成", "引导诉讼"}), "否"
		}
	} else {
		level = ""
	}
	return []string{
		"", date.Format(layout), h.community.name, g.name, kind.name, pick(h.stream, kind.groups), strconv.Itoa(h.intBetween(2, 6)),
		"调解员" + numeral(h.intBetween(1, 4)), at, state, success, level,
	}
}
