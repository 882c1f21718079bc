package demo

import (
	"fmt"
	"strconv"
	"time"
)

const (
	staffLedger = "网格员花名册"
	gridsLedger = "网格基础信息表"
	teamsLedger = "志愿服务队台账"
	plansLedger = "年度计划目标表"

	placesLedger   = "阵地名册"
	partnersLedger = "共建单位名册"
	partyLedger    = "党组织名册"
)

var (
	staffHeader = []string{"序号", "社区", "网格", "姓名（掩码）", "岗位类别", "专兼职", "社工证", "到岗日期", "负责户数"}
	gridsHeader = []string{"序号", "网格编码", "网格名称", "社区", "户数", "人口", "面积（平方公里）", "楼栋", "商户数", "网格长"}
	teamsHeader = []string{"序号", "社区", "队伍名称", "颜色", "职责", "负责人", "人数"}
	plansHeader = []string{"序号", "单位", "项目", "期间", "目标数"}

	staffUpper = []string{"序号", "所在网格", "所在网格", "人员情况", "人员情况", "人员情况", "人员情况", "人员情况", "负责户数"}

	placesHeader   = []string{"序号", "社区", "阵地名称", "类型", "地址", "启用日期", "停用日期"}
	partnersHeader = []string{"序号", "社区", "单位名称", "单位类型", "职责", "结对日期"}
	partyHeader    = []string{"序号", "党组织名称", "类型", "上级党组织", "覆盖小区/楼栋", "成立日期", "党员数"}
)

// teams that a community may have: 橙色平安 and its like, as one of the public cases names them.
var teams = []struct{ name, colour, duty string }{
	{"平安巡逻队", "橙色", "义务巡逻、防诈骗和消防宣传"},
	{"文艺宣传队", "金色", "文体活动"},
	{"环境保护队", "绿色", "公共环境维护"},
	{"红色先锋队", "红色", "社区服务"},
	{"爱心帮扶队", "蓝色", "困难群众帮扶"},
}

// writeRosters writes who works in the grids, what the grids are like, the teams of volunteers, the places open to residents,
// the units that work with a community, the party organisations, and what the district has planned for each community and year.
func writeRosters(o *folder, d *district, sp span, seed uint64) error {
	years := sp.years()
	now := years[len(years)-1:]
	lives := d.lives("rosters", sp, seed)
	at := now[0].from
	stations := d.lives(stationLedger, sp, seed)
	var staff, grids, groups, plans, places, partners, party []entry
	for _, c := range d.communities {
		h := lives[c]
		for k, g := range c.grids {
			staff = append(staff, entry{at, h.gridWorker(g, k)})
			grids = append(grids, entry{at, []string{
				"", g.code, g.name, c.name, strconv.Itoa(g.households), strconv.Itoa(g.population), fmt.Sprintf("%.4f", float64(g.hectares)/1e4),
				strconv.Itoa(h.intBetween(4, 14)), strconv.Itoa(h.IntN(9)), "网格长" + numeral(g.number),
			}})
		}
		for _, t := range teams[:h.intBetween(2, len(teams))] {
			groups = append(groups, entry{at, []string{"", c.name, c.name + t.name, t.colour, t.duty, "队长" + numeral(h.intBetween(1, 9)), strconv.Itoa(h.intBetween(8, 40))}})
		}
		places = append(places, h.places(at, stations[c])...)
		partners = append(partners, h.partners(at)...)
		party = append(party, h.partyBranches(at)...)
		for _, y := range years {
			year := strconv.Itoa(y.from.Year()) + "年"
			plans = append(plans,
				entry{y.from, []string{"", c.name, "安全讲座", year, "12"}},
				entry{y.from, []string{"", c.name, "应急演练", year, "6"}},
				entry{y.from, []string{"", c.name, "志愿服务", year, strconv.Itoa(12 * h.intBetween(2, 6))}})
		}
	}
	for k, b := range []struct {
		book *book
		rows []entry
	}{
		{&book{ledger: staffLedger, header: staffHeader, upper: staffUpper, sheets: now, as: asBook}, staff},
		{&book{ledger: gridsLedger, header: gridsHeader, sheets: now}, grids},
		{&book{ledger: teamsLedger, header: teamsHeader, sheets: now, as: asPage}, groups},
		{&book{ledger: plansLedger, header: plansHeader, sheets: sp.whole(), as: asZip}, plans},
		{&book{ledger: placesLedger, header: placesHeader, sheets: now, as: asBook}, places},
		{&book{ledger: partnersLedger, header: partnersHeader, sheets: now}, partners},
		{&book{ledger: partyLedger, header: partyHeader, sheets: now}, party},
	} {
		if err := b.book.write(o, districtName, k, b.rows, seed); err != nil {
			return err
		}
	}
	return nil
}

// gridWorker is the one of a grid: a grid in nine is looked after by a part-time worker.
func (h *history) gridWorker(g *grid, k int) []string {
	kind, full := "专职", "专职"
	if k%9 == 8 {
		kind, full = "兼职", "兼职"
	}
	since := time.Date(h.from.Year()-h.intBetween(0, 5), time.Month(h.intBetween(1, 12)), 1, 0, 0, 0, 0, time.UTC)
	return []string{
		"", h.community.name, g.name, "网格员" + numeral(g.number), kind, full, yes(h.chance(h.community.grade(0.25, 0.6))),
		since.Format("2006年1月"), strconv.Itoa(g.households),
	}
}

// places that a community has opened: its service centre, the stations that the monthly report names, sometimes more.
func (h *history) places(at time.Time, stations *history) (all []entry) {
	add := func(name, kind string) {
		opened := h.from.AddDate(-h.intBetween(1, 6), -h.IntN(12), h.IntN(28))
		all = append(all, entry{at, []string{"", h.community.name, h.community.name + name, kind, h.community.roads[0] + strconv.Itoa(h.intBetween(1, 90)) + "号", format(opened, "2006-01-02"), ""}})
	}
	add("党群服务中心", "党群服务中心")
	for k := range stations.intBetween(1, 2) { // as (*history).stations draws them
		add([]string{"暖心驿站", "骑手驿站"}[k], "驿站")
	}
	for _, more := range []string{"养老驿站", "议事厅"} {
		if h.chance(h.community.grade(0.4, 0.95)) {
			add(more, more)
		}
	}
	return all
}

// partners are units of the neighbourhood with what they have taken on.
func (h *history) partners(at time.Time) (all []entry) {
	duties := []string{"开放停车场和活动场地", "提供法律咨询", "组织义诊", "结对帮扶困难家庭", "参与环境整治"}
	for _, k := range h.Perm(len(members))[:h.intBetween(3, 6)] {
		since := h.from.AddDate(0, -h.intBetween(1, 30), 0)
		all = append(all, entry{at, []string{"", h.community.name, members[k], "机关企事业单位", pick(h.stream, duties), since.Format("2006年1月2日")}})
	}
	return all
}

// partyBranches are the community's own organisation and those of its estates.
func (h *history) partyBranches(at time.Time) (all []entry) {
	add := func(name, kind, above, covers string, of int) {
		since := h.from.AddDate(-h.intBetween(1, 9), 0, 0)
		all = append(all, entry{at, []string{"", name, kind, above, covers, since.Format("2006年1月2日"), strconv.Itoa(of)}})
	}
	add(h.community.branch(), "社区党组织", h.community.street.committee(), h.community.name, h.intBetween(60, 140))
	for _, e := range h.community.estates {
		add(e.name+"党支部", "小区党组织", h.community.branch(), e.name, h.intBetween(8, 30))
	}
	return all
}
