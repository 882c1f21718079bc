package demo

import (
	"fmt"
	"strconv"
	"time"
)

// Reports of numbers by month. Each ledger is one of the district, a row a month for whoever reports; the month under way is
// reported as it stands.

const (
	checkinLedger = "双报到统计表"
	pointsLedger  = "党员积分月报"
	feesLedger    = "物业费收缴月报"
	stationLedger = "阵地服务月报"
)

var (
	checkinHeader = []string{"月份", "社区", "单位", "党员数", "已报到数", "参加服务人数", "本月服务人次", "认领岗位数", "认领微心愿数", "反馈数"}
	pointsHeader  = []string{"党支部", "月份", "党员总数", "参评数", "认岗数", "定岗且有服务人数", "参加服务人数", "服务次数", "服务时长", "总积分", "达标人数"}
	feesHeader    = []string{"月份", "社区", "小区", "物业公司", "总户数", "应缴户数", "已缴户数", "应收金额", "实收金额", "收缴率", "陈欠回收", "备注"}
	stationHeader = []string{"月份", "社区", "阵地名称", "类型", "服务人次", "老人支付（元）", "政府投入（元）", "社区奉献（元）"}
)

const monthLayout = "2006年1月"

// writeMonthly writes a report of the district; reporters gives for a community what draws the rows of a month.
func (b *book) writeMonthly(o *folder, d *district, sp span, seed uint64, k int, reporters func(*history) []func(month time.Time) []string) error {
	b.sheets = sp.whole()
	lives := d.lives(b.ledger, sp, seed)
	var entries []entry
	for _, c := range d.communities {
		for _, report := range reporters(lives[c]) {
			for month := sp.from; month.Before(sp.until); month = month.AddDate(0, 1, 0) {
				entries = append(entries, entry{month, report(month)})
			}
		}
	}
	return b.write(o, districtName, k, entries, seed)
}

func writeMonthlyReports(o *folder, d *district, sp span, seed uint64) error {
	for k, r := range []struct {
		book      *book
		reporters func(*history) []func(time.Time) []string
	}{
		{&book{ledger: checkinLedger, header: checkinHeader}, (*history).checkins},
		{&book{ledger: pointsLedger, header: pointsHeader}, (*history).points},
		{&book{ledger: feesLedger, header: feesHeader}, (*history).fees},
		{&book{ledger: stationLedger, header: stationHeader}, (*history).stations},
	} {
		if err := r.book.writeMonthly(o, d, sp, seed, k, r.reporters); err != nil {
			return err
		}
	}
	return nil
}

// checkins are of three units whose members in service live in the community.
func (h *history) checkins() (all []func(time.Time) []string) {
	for _, at := range h.Perm(len(members))[:3] {
		count := h.intBetween(30, 110)
		checked := h.share(count, 0.95)
		all = append(all, func(month time.Time) []string {
			served := h.share(checked, h.community.grade(0.46, 0.81))
			return []string{
				month.Format(monthLayout), h.community.name, members[at], strconv.Itoa(count), strconv.Itoa(checked), strconv.Itoa(served),
				strconv.Itoa(served + h.IntN(20)), strconv.Itoa(h.share(checked, 0.6)), strconv.Itoa(h.IntN(4)), strconv.Itoa(h.share(served, 0.9)),
			}
		})
	}
	return all
}

// points are those of the community's own party members. The exempt (very old, away for work) take no part in the appraisal.
func (h *history) points() []func(time.Time) []string {
	if h.community.name == NoPointsReport {
		return nil
	}
	all := h.intBetween(60, 140)
	rated := h.share(all, 0.9)
	return []func(time.Time) []string{func(month time.Time) []string {
		posted := h.share(all, h.community.grade(0.80, 0.98))
		active := min(posted, h.share(all, h.community.grade(0.66, 0.98)))
		times := active + h.intBetween(active/2, active)
		reached := min(rated, h.share(rated, h.community.grade(0.80, 1.06)))
		return []string{
			h.community.branch(), month.Format(monthLayout), strconv.Itoa(all), strconv.Itoa(rated), strconv.Itoa(posted), strconv.Itoa(active),
			strconv.Itoa(active + h.IntN(all-active+1)/2), strconv.Itoa(times), strconv.Itoa(times * 2), strconv.Itoa(rated * h.intBetween(74, 88)), strconv.Itoa(reached),
		}
	}}
}

// fees of the estates that have a property company. Who does not pay is seldom the same household; the rate stays.
func (h *history) fees() (all []func(time.Time) []string) {
	for _, e := range h.community.estates {
		company, ok := e.property()
		if !ok {
			continue
		}
		households := total(e.grids, func(g *grid) int { return g.households })
		fee := h.intBetween(55, 150) // yuan a household and month
		paying := h.community.grade(0.60, 0.94) + h.between(-0.03, 0.02)
		all = append(all, func(month time.Time) []string {
			owe := households - h.IntN(households/25+1)
			paid := h.share(owe, paying)
			return []string{
				month.Format(monthLayout), h.community.name, e.name, company, strconv.Itoa(households), strconv.Itoa(owe), strconv.Itoa(paid),
				strconv.Itoa(owe * fee), strconv.Itoa(paid * fee), fmt.Sprintf("%.1f%%", 100*float64(paid)/float64(owe)), strconv.Itoa(h.IntN(30) * fee), "",
			}
		})
	}
	return all
}

// stations for couriers and drivers, one or two a community; every third community runs a canteen besides.
func (h *history) stations() (all []func(time.Time) []string) {
	for k := range h.intBetween(1, 2) {
		name := h.community.name + []string{"暖心驿站", "骑手驿站"}[k]
		all = append(all, func(month time.Time) []string {
			came := int(h.community.grade(27, 74) + h.between(-6, 6))
			return []string{month.Format(monthLayout), h.community.name, name, "驿站", strconv.Itoa(came), "", "", ""}
		})
	}
	if h.chance(0.33) {
		all = append(all, func(month time.Time) []string {
			meals := h.intBetween(380, 900)
			return []string{
				month.Format(monthLayout), h.community.name, h.community.name + "社区食堂", "社区食堂", strconv.Itoa(meals),
				strconv.Itoa(meals * 8), strconv.Itoa(meals * 3), strconv.Itoa(meals * 2),
			}
		})
	}
	return all
}
