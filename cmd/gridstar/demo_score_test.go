package main

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scoreSheet works out the stars of one community for 2025 from the ledgers of the demo, as the example's rules have it, on
// fractions: nothing of the product's is used but the files.
type scoreSheet struct {
	t       *testing.T
	name    string // 佳苑社区
	code    string
	party   string          // code of its party organisation
	within  map[string]bool // the names of that and of all below it
	ledgers map[string][]sheetRow
}

// fraction is what was counted: how many of how many.
type fraction struct{ n, d int64 }

func (f fraction) rat() *big.Rat { return big.NewRat(f.n, f.d) }

func percent(f fraction) *big.Rat { return new(big.Rat).Mul(f.rat(), big.NewRat(100, 1)) }

// count adds a row to the base and, where it holds, to what is counted.
func (f *fraction) count(holds bool) {
	f.d++
	if holds {
		f.n++
	}
}

func newScoreSheet(c demoCheck, name string) *scoreSheet {
	s := &scoreSheet{t: c.t, name: name, within: map[string]bool{}, ledgers: map[string][]sheetRow{}}
	for _, f := range c.m.Files {
		if f.Ledger != "" && strings.HasSuffix(f.Path, ".csv") && s.ledgers[f.Ledger] == nil { // the others are not scored
			s.ledgers[f.Ledger] = ledgerRows(c.t, c.dir, c.m, f.Ledger)
		}
	}
	for _, r := range unitRows(c.t, c.dir, c.m) {
		if r["名称"] == name {
			s.code = r["编码"]
			s.party = "D" + s.code
		}
	}
	for _, r := range unitRows(c.t, c.dir, c.m) {
		if strings.HasPrefix(r["编码"], s.party) {
			s.within[r["名称"]] = true
		}
	}
	return s
}

// of are the rows of a ledger that name the community, dated where they must be.
func (s *scoreSheet) of(ledger, date string) (rows []sheetRow) {
	for _, r := range s.ledgers[ledger] {
		here := r["社区"] == s.name || r["吹哨社区"] == s.name || strings.HasPrefix(r["网格"], s.name) || strings.HasPrefix(r["网格"], s.code)
		if here && (date == "" || !r.at(date).IsZero()) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (s *scoreSheet) whole(r sheetRow, header string) int64 {
	s.t.Helper()
	n, err := strconv.ParseInt(strings.TrimSuffix(r[header], "余"), 10, 64)
	if err != nil {
		s.t.Fatalf("%s: %q", header, r[header])
	}
	return n
}

func in2025(at time.Time) bool { return at.Year() == 2025 }

// byDay says whether something was done by the end of a day.
func byDay(done, day time.Time) bool { return !done.IsZero() && done.Before(day.AddDate(0, 0, 1)) }

// dueIn2025 counts of the rows that fall due in 2025 those done in time.
func (s *scoreSheet) dueIn2025(rows []sheetRow, done string, due func(sheetRow) time.Time) (f fraction) {
	for _, r := range rows {
		if at := due(r); in2025(at) {
			f.count(byDay(r.at(done), at.Truncate(24*time.Hour)))
		}
	}
	return f
}

func column(header string) func(sheetRow) time.Time {
	return func(r sheetRow) time.Time { return r.at(header) }
}

// petitions are the rows of 居民诉求台账 that could be taken.
func (s *scoreSheet) petitions() (rows []sheetRow) {
	for _, r := range s.of("居民诉求台账", "受理日期") {
		if r["办结时间"] == "" || !r.at("办结时间").IsZero() {
			rows = append(rows, r)
		}
	}
	return rows
}

// workingDays is the day so many working days after another; those of 2025 as the State Council arranged them.
func workingDays(at time.Time, n int) time.Time {
	free := map[string]bool{}
	for _, span := range []string{"0101/0101", "0128/0204", "0404/0406", "0501/0505", "0531/0602", "1001/1008"} {
		from, _ := time.Parse("20060102", "2025"+span[:4])
		to, _ := time.Parse("20060102", "2025"+span[5:])
		for ; !from.After(to); from = from.AddDate(0, 0, 1) {
			free[from.Format(time.DateOnly)] = true
		}
	}
	worked := map[string]bool{"2025-01-26": true, "2025-02-08": true, "2025-04-27": true, "2025-09-28": true, "2025-10-11": true}
	for at = at.Truncate(24 * time.Hour); n > 0; {
		at = at.AddDate(0, 0, 1)
		key, wd := at.Format(time.DateOnly), at.Weekday()
		if worked[key] || wd != time.Saturday && wd != time.Sunday && !free[key] {
			n--
		}
	}
	return at
}

// held counts the calendar periods of so many months of 2025 in which one of the rows lies, of all of them.
func held(rows []sheetRow, date string, months int) fraction {
	met := map[int]bool{}
	for _, r := range rows {
		if at := r.at(date); in2025(at) {
			met[int(at.Month()-1)/months] = true
		}
	}
	return fraction{int64(len(met)), int64(12 / months)}
}

func filter(rows []sheetRow, header string, values ...string) (some []sheetRow) {
	for _, r := range rows {
		for _, v := range values {
			if r[header] == v {
				some = append(some, r)
			}
		}
	}
	return some
}

// monthly adds up two columns of a report over the months of 2025; without a denominator the rows are counted.
func (s *scoreSheet) monthly(rows []sheetRow, numerator, denominator string) (f fraction) {
	for _, r := range rows {
		if !strings.HasPrefix(r["月份"], "2025年") {
			continue
		}
		f.n += s.whole(r, numerator)
		if denominator == "" {
			f.d++
		} else {
			f.d += s.whole(r, denominator)
		}
	}
	return f
}

// threeRates is 0.1 × 响应率 + 0.5 × 解决率 + 0.4 × 满意率, and its sample.
func (s *scoreSheet) threeRates() (value *big.Rat, sample int64) {
	var contacted, settled, pleased int64 // pleased in tenths
	for _, r := range s.petitions() {
		if r["是否有效回访"] != "是" || !in2025(r.at("回访时间")) {
			continue
		}
		sample++
		if r["是否联系"] == "是" {
			contacted++
		}
		if r["是否解决"] == "是" {
			settled++
		}
		switch strings.TrimPrefix(r["满意度"], "非常") {
		case "满意":
			pleased += 10
		case "基本满意":
			pleased += 9
		}
	}
	return big.NewRat(10*contacted+50*settled+4*pleased, sample), sample
}

// grassroots counts what was closed in 2025 by who resolved it, over the ledgers that say so.
func (s *scoreSheet) grassroots() (f fraction) {
	add := func(rows []sheetRow, closed, level string) {
		for _, r := range rows {
			if r[level] != "" && in2025(r.at(closed)) {
				f.count(r[level] == "网格" || r[level] == "社区")
			}
		}
	}
	add(s.petitions(), "办结时间", "解决层级")
	add(s.of("吹哨报到台账", "吹哨日期时间"), "办结时间", "解决层级")
	add(s.of("矛盾纠纷台账", "排查日期"), "调解日期", "上报层级")
	return f
}

func (s *scoreSheet) patrols() (patrolled, mended fraction) {
	days, grids := map[string]bool{}, map[string]bool{}
	for _, r := range s.of("网格日巡查记录表", "日期") {
		grids[r["网格"]] = true
		if in2025(r.at("日期")) {
			days[r["网格"]+r.at("日期").String()] = true
		}
		if at := r.at("整改时限"); r["问题描述"] != "" && in2025(at) {
			mended.count(byDay(r.at("整改完成日期"), at))
		}
	}
	return fraction{int64(len(days)), int64(365 * len(grids))}, mended
}

// merchants counts the quarters of 2025 at whose end a merchant traded, and those in which it was visited.
func (s *scoreSheet) merchants() (f fraction) {
	for _, r := range s.of("商户台账", "") {
		// The register of 2024 has been replaced by that of 2025, which alone has visits of its quarters.
		if r["sheet"] != "2025" {
			continue
		}
		for q, h := range []string{"一季度走访", "二季度走访", "三季度走访", "四季度走访"} {
			end := time.Date(2025, time.Month(3*q+4), 1, 0, 0, 0, 0, time.UTC)
			if opened, closed := r.at("开业日期"), r.at("歇业日期"); opened.Before(end) && (closed.IsZero() || !closed.AddDate(0, 0, 1).Before(end)) {
				f.count(!r.at(h).IsZero())
			}
		}
	}
	return f
}

// organisation are the counts of the branch: meetings due and held, who came, points, duties, and who has an organisation.
func (s *scoreSheet) organisation() (life, came, points, service, estates, buildings fraction) {
	var own, groups []sheetRow
	for _, r := range s.ledgers["三会一课台账"] {
		if !s.within[r["党组织"]] || r.at("召开日期").IsZero() {
			continue
		}
		if strings.HasSuffix(r["党组织"], "党小组") {
			groups = append(groups, r)
		} else {
			own = append(own, r)
		}
		if in2025(r.at("召开日期")) {
			came.n, came.d = came.n+s.whole(r, "实到"), came.d+s.whole(r, "应到")
		}
	}
	for _, f := range []fraction{
		held(filter(own, "会议类型", "党员大会"), "召开日期", 3), held(filter(own, "会议类型", "支委会"), "召开日期", 1),
		held(filter(own, "会议类型", "主题党日"), "召开日期", 1), held(groups, "召开日期", 1),
	} {
		life.n, life.d = life.n+f.n, life.d+f.d
	}
	var reports []sheetRow
	for _, r := range s.ledgers["党员积分月报"] {
		if s.within[r["党支部"]] {
			reports = append(reports, r)
		}
	}
	last := filter(reports, "月份", "2025年12月")
	points = s.monthly(last, "达标人数", "参评数")
	service = s.monthly(reports, "定岗且有服务人数", "党员总数")
	for _, r := range s.of("小区名册", "") {
		estates.count(r["党支部"] != "未建")
	}
	for _, r := range s.of("楼栋名册", "") {
		buildings.count(r["党小组"] != "未建")
	}
	return life, came, points, service, estates, buildings
}

// values are those of all indicators that are counted.
func (s *scoreSheet) values() map[string]*big.Rat {
	v := map[string]*big.Rat{}
	rate := func(code string, f fraction, least int64) {
		s.t.Helper()
		if f.d < max(least, 1) {
			s.t.Fatalf("%s of %s: %d are too few", code, s.name, f.d)
		}
		v[code] = percent(f)
	}
	halves := func(a, b fraction) *big.Rat {
		sum := new(big.Rat).Add(percent(a), percent(b))
		return sum.Quo(sum, big.NewRat(2, 1))
	}
	rate("GJ1", s.dueIn2025(s.of("共建项目清单", "立项日期"), "实际完成", column("计划完成")), 1)
	rate("GJ2", held(s.of("会议台账", "会议日期"), "会议日期", 3), 1)
	var needs, settled, listed, hired fraction
	for _, r := range filter(s.of("需求资源清单", "登记日期"), "清单类型", "需求") {
		if in2025(r.at("登记日期")) {
			needs.count(r["对接日期"] != "" && r["完成日期"] != "")
		}
	}
	rate("GJ3", needs, 1)
	rate("GJ4", s.monthly(s.of("双报到统计表", ""), "参加服务人数", "已报到数"), 1)
	rate("GJ5", s.dueIn2025(s.of("议事协商台账", "征集日期"), "完成日期", func(r sheetRow) time.Time { return r.at("征集日期").AddDate(0, 0, 30) }), 5)
	rate("GJ6", s.monthly(s.of("物业费收缴月报", ""), "实收金额", "应收金额"), 1)
	patrolled, mended := s.patrols()
	rate("PA1", patrolled, 1)
	rate("PA2", mended, 1)
	rate("PA3", s.grassroots(), 5)
	for _, r := range s.of("矛盾纠纷台账", "排查日期") {
		if in2025(r.at("排查日期")) {
			settled.count(r["是否成功"] == "是")
		}
	}
	rate("PA4", settled, 5)
	activities := s.of("活动台账", "活动日期")
	v["PA5"] = halves(held(filter(activities, "活动类型", "安全讲座"), "活动日期", 1), held(filter(activities, "活动类型", "应急演练"), "活动日期", 2))
	if letters := s.dueIn2025(s.of("信访事项台账", "登记日期"), "办结日期", column("应办结日期")); letters.d > 0 {
		rate("PA6", letters, 1)
	}
	rates, sample := s.threeRates()
	if sample < 10 {
		s.t.Fatalf("%s: %d visits", s.name, sample)
	}
	v["XF1"] = rates
	rate("XF2", s.dueIn2025(s.of("微心愿台账", "征集日期"), "实现日期", func(r sheetRow) time.Time {
		if at := r.at("认领日期"); !at.IsZero() {
			return at.AddDate(0, 0, 30)
		}
		return r.at("征集日期").AddDate(0, 0, 15)
	}), 5)
	seen, registered := map[string]bool{}, int64(0)
	for _, r := range s.of("走访台账", "日期") {
		if in2025(r.at("日期")) {
			seen[r["走访对象编号"]] = true
		}
	}
	for _, r := range s.of("特殊群体汇总表", "") {
		if r["sheet"] == "2025" {
			registered = s.whole(r, "合计")
		}
	}
	rate("XF3", fraction{int64(len(seen)), registered}, 1)
	errands := s.dueIn2025(s.of("红色代办台账", "代办日期"), "办结日期", func(r sheetRow) time.Time { return workingDays(r.at("代办日期"), 5) })
	stuck := s.dueIn2025(s.of("办不成事窗口登记表", "登记时间"), "办结时间", column("承诺时限"))
	rate("XF4", fraction{errands.n + stuck.n, errands.d + stuck.d}, 1)
	came, population := int64(0), int64(0)
	for _, r := range filter(activities, "活动类型", "文体活动", "惠民活动", "义诊", "课程") {
		if in2025(r.at("活动日期")) {
			came += s.whole(r, "参与人次")
		}
	}
	for _, r := range s.of("社区基本情况", "") {
		population = s.whole(r, "人口")
	}
	v["XF5"] = big.NewRat(1000*came, 4*population)
	rate("YY1", s.merchants(), 1)
	var merchants fraction
	for _, r := range filter(s.petitions(), "诉求类别", "经商兴业") {
		if due := r.at("办结时限"); in2025(due) {
			done := r.at("办结时间")
			merchants.count(!done.IsZero() && !done.After(due))
		}
	}
	rate("YY2", merchants, 3)
	for _, r := range filter(s.of("商户红黑榜", "公示日期"), "榜别", "黑榜") {
		if in2025(r.at("公示日期")) {
			listed.count(r["整改完成日期"] != "")
		}
	}
	rate("YY3", listed, 1)
	for _, r := range s.of("就业台账", "登记日期") {
		if in2025(r.at("登记日期")) {
			hired.count(r["就业日期"] != "")
		}
	}
	rate("YY4", hired, 1)
	v["YY6"] = s.monthly(filter(s.of("阵地服务月报", ""), "类型", "驿站"), "服务人次", "").rat()
	life, attended, points, service, estates, buildings := s.organisation()
	rate("ZB1", life, 1)
	rate("ZB2", attended, 1)
	rate("ZB3", points, 1)
	rate("ZB4", service, 1)
	v["ZB5"] = halves(estates, buildings)
	return v
}

// marks are floor, target and full points of the example's indicators (DOMAIN §3); those judged by people are not here.
var marks = []struct {
	code                string
	floor, target, full int64
}{
	{"GJ1", 60, 100, 20},
	{"GJ2", 50, 100, 15},
	{"GJ3", 50, 90, 15},
	{"GJ4", 30, 80, 20},
	{"GJ5", 60, 95, 15},
	{"GJ6", 40, 95, 15},
	{"PA1", 60, 95, 20},
	{"PA2", 70, 98, 20},
	{"PA3", 60, 90, 15},
	{"PA4", 80, 98, 15},
	{"PA5", 50, 100, 10},
	{"PA6", 70, 100, 20},
	{"XF1", 60, 95, 25},
	{"XF2", 60, 95, 15},
	{"XF3", 60, 98, 20},
	{"XF4", 70, 98, 15},
	{"XF5", 50, 300, 10},
	{"YY1", 50, 95, 20},
	{"YY2", 70, 98, 20},
	{"YY3", 60, 95, 15},
	{"YY4", 30, 70, 20},
	{"YY6", 10, 60, 15},
	{"ZB1", 60, 100, 20},
	{"ZB2", 50, 85, 15},
	{"ZB3", 60, 95, 15},
	{"ZB4", 40, 85, 15},
	{"ZB5", 60, 100, 15},
}

// hundredths is full × (v − floor) ÷ (target − floor) between 0 and full, in hundredths of a point, rounded half up. Without a
// value (no letters fell due) it is full.
func hundredths(v *big.Rat, floor, target, full int64) int64 {
	if v == nil {
		return 100 * full
	}
	x := new(big.Rat).Sub(v, big.NewRat(floor, 1))
	x.Mul(x, big.NewRat(100*full, target-floor)).Add(x, big.NewRat(1, 2))
	if x.Sign() < 0 {
		return 0
	}
	return min(100*full, new(big.Int).Quo(x.Num(), x.Denom()).Int64())
}

// stars holds the scores of a model, of a middling community and of all against the files. Both keep their matters in the
// ledgers of their street, which write the year into every date.
func (c demoCheck) stars() {
	var got struct {
		Units []struct {
			Code, Name string
			Total      *float64
			Grade, Lit int
			Stars      []struct {
				Star, State string
				Score       *float64
			}
			Indicators []struct {
				Code  string
				Score *float64
				Note  *string
			}
		}
	}
	c.p.must("score", "2025", "--now", "2026-01-01T00:00", "--json").into(c.t, &got)
	text := func(x *float64) string {
		if x == nil {
			return "–"
		}
		return fmt.Sprintf("%.2f", *x)
	}
	checked, grades, pending := 0, map[int]int{}, map[string]string{}
	for _, u := range got.Units {
		grades[u.Grade]++
		for _, s := range u.Stars {
			if s.State == "待补数据" {
				pending[u.Name] += s.Star
			}
		}
		if u.Name != "佳苑社区党委" && u.Name != "双拥社区党委" {
			continue
		}
		checked++
		sheet := newScoreSheet(c, strings.TrimSuffix(u.Name, "党委"))
		values, stars, total := sheet.values(), map[string]int64{}, int64(0)
		want := map[string]string{}
		for _, m := range marks {
			points := hundredths(values[m.code], m.floor, m.target, m.full)
			want[m.code] = fmt.Sprintf("%d.%02d", points/100, points%100)
			stars[m.code[:2]] += points // the base is 100: what people judge stays in it
			total += points
		}
		for _, i := range u.Indicators {
			if w, counted := want[i.Code]; counted && text(i.Score) != w {
				c.t.Errorf("%s %s: %s, the files give %s (%v)", u.Name, i.Code, text(i.Score), w, values[i.Code])
			}
		}
		for _, s := range u.Stars {
			if w := fmt.Sprintf("%d.%02d", stars[s.Star]/100, stars[s.Star]%100); text(s.Score) != w {
				c.t.Errorf("%s %s: %s, the files give %s", u.Name, s.Star, text(s.Score), w)
			}
		}
		if w := fmt.Sprintf("%d.%02d", total/100, total%100); text(u.Total) != w {
			c.t.Errorf("%s: %s, the files give %s", u.Name, text(u.Total), w)
		}
	}
	if checked != 2 {
		c.t.Errorf("%d of the two communities were scored", checked)
	}
	// What the board of stars has to show: all five, some, none, and two that owe a ledger.
	if grades[5] < 4 || grades[5] > 7 || grades[3]+grades[4] < 5 || grades[0] < 3 {
		c.t.Errorf("stars: %v", grades)
	}
	if len(pending) != 2 || pending["新立社区党委"] != "ZB" || pending["清泉社区党委"] != "XF" {
		c.t.Errorf("owe a ledger: %v", pending)
	}
}
