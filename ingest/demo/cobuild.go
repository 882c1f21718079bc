package demo

import (
	"fmt"
	"slices"
	"time"
)

const (
	agreementsLedger = "共建协议台账"
	itemsLedger      = "共建项目清单"
	needsLedger      = "需求资源清单"
	needsAMonth      = 62
)

var (
	agreementHeader = []string{"协议编号", "社区", "共建单位", "签订日期", "有效期至", "协议内容"}
	itemHeader      = []string{"协议编号", "社区", "共建单位", "立项日期", "共建事项", "类别", "责任人", "计划完成", "实际完成", "状态"}
	needHeader      = []string{"编号", "登记日期", "社区", "清单类型", "提出/提供单位", "类别", "内容", "对接单位", "对接日期", "完成日期", "状态"}
)

// items are what is agreed on, by 六联.
var items = []struct{ kind, name string }{
	{"党建工作联做", "联合开展主题党日"},
	{"党建资源联享", "开放单位会议室和活动场地"},
	{"精神文明联创", "文明楼栋创建和邻里节"},
	{"服务难题联解", "夜间错时共享停车位"},
	{"公益事业联办", "结对帮扶困难家庭"},
	{"居住环境联建", "背街小巷和楼道整治"},
}

// agreement of a community with a unit, in force for the years the demo tells of.
type agreement struct {
	number, unit string
	signed       time.Time
}

// writeCoBuild writes the district's registers of agreements and of what came of them, and its list of needs.
func writeCoBuild(o *folder, d *district, sp span, seed uint64) error {
	agreements := &book{ledger: agreementsLedger, header: agreementHeader, sheets: sp.whole()}
	works := &book{ledger: itemsLedger, header: itemHeader, date: "立项日期", sheets: sp.whole()}
	lives := d.lives("co-build", sp, seed)
	var signed, planned []entry
	for _, c := range d.communities {
		h := lives[c]
		for _, a := range h.agreements() {
			signed = append(signed, entry{sp.from, []string{
				a.number, c.name, a.unit, a.signed.Format("2006-01-02"), a.signed.AddDate(4, 0, -1).Format("2006-01-02"), "组织联建、资源共享、活动联办",
			}})
			planned = append(planned, h.items(a, layoutOf(1))...)
		}
	}
	if err := agreements.write(o, districtName, 2, signed, seed); err != nil {
		return err
	}
	if err := works.write(o, districtName, 1, planned, seed); err != nil {
		return err
	}
	needs := &book{ledger: needsLedger, header: needHeader, date: "登记日期", sheets: sp.whole()}
	return needs.writeDaily(o, d, sp, seed, needsAMonth, (*history).need)
}

// agreements draws five to seven units that a community signed with in the year before the ledgers begin.
func (h *history) agreements() []agreement {
	var all []agreement
	for k, at := range h.Perm(len(members))[:h.intBetween(5, 7)] {
		signed := h.from.AddDate(0, 0, -h.intBetween(30, 300))
		all = append(all, agreement{fmt.Sprintf("GJ%s-%02d", h.community.code[len(districtCode):], k+1), members[at], signed})
	}
	return all
}

// items draws what one agreement leads to: something every four months or so.
func (h *history) items(a agreement, layout string) []entry {
	var all []entry
	for begin := h.from.AddDate(0, 0, h.IntN(100)); begin.Before(h.until); begin = begin.AddDate(0, 0, h.intBetween(90, 150)) {
		it := pick(h.stream, items)
		due := begin.AddDate(0, 0, h.intBetween(30, 90))
		done := due.AddDate(0, 0, -h.intBetween(1, 20))
		if h.chance(1 - h.community.grade(0.76, 0.97)) {
			done = due.AddDate(0, 0, h.intBetween(3, 40))
		}
		state := "推进中"
		if done.Before(h.until) {
			state = "已完成"
		}
		all = append(all, entry{begin, []string{
			a.number, h.community.name, a.unit, begin.Format(layout), it.name, it.kind, "共建联络员", due.Format(layout),
			format(h.happened(done), layout), state,
		}})
	}
	return all
}

var needItems = []struct{ topic, text string }{
	{"停车交通", "夜间临时停车场地"},
	{"设施维修", "小广场健身器材"},
	{"养老助残", "助老餐桌和送餐人手"},
	{"一小", "四点半课堂辅导老师"},
	{"民生保障", "困难家庭过冬物资"},
	{"环境卫生", "楼道清理志愿者"},
	{"消防安全", "消防安全体验课"},
	{"经商兴业", "商户普法讲座"},
}

// need draws a row of the list: nine in ten are needs, the others what a unit offers.
func (h *history) need(date time.Time, layout string) []string {
	it := pick(h.stream, needItems)
	unit, number := pick(h.stream, members), fmt.Sprintf("%s-%02d", date.Format("200601"), h.intBetween(1, 40))
	if h.chance(0.1) {
		return []string{number, date.Format(layout), h.community.name, "资源", unit, it.topic, "可提供" + it.text, "", "", "", ""}
	}
	matched := date.AddDate(0, 0, h.intBetween(1, 12))
	done := matched.AddDate(0, 0, h.intBetween(2, 16))
	kept := h.chance(h.community.grade(0.62, 0.98))
	if !kept {
		done = h.until
		if h.chance(0.5) {
			matched = h.until
		}
	}
	matched, done = h.happened(matched), h.happened(done)
	state := "待对接"
	switch {
	case !done.IsZero():
		state = "已完成"
	case !matched.IsZero():
		state = "已对接"
	default:
		unit = ""
	}
	asker := pick(h.stream, []string{"居民代表", "小区党支部", "楼栋长", "商户联盟", "网格党小组"})
	return slices.Concat([]string{number, date.Format(layout), h.community.name, "需求", asker, it.topic, it.text, unit},
		[]string{format(matched, layout), format(done, layout), state})
}
