package demo

import (
	"fmt"
	"math"
	"strconv"
)

const (
	profileLedger   = "社区基本情况"
	publishedLedger = "公布数据"
)

var (
	profileHeader   = []string{"社区", "户数", "人口", "60岁以上人口", "面积", "小区数", "楼栋数", "居民党员", "在职党员", "工作人员"}
	publishedHeader = []string{"单位", "指标", "数值", "分子", "分母", "分母口径", "计量单位", "期间起", "期间止", "截至日期", "出处"}
)

// writeProfiles writes 社区基本情况: one row per community, for the last calendar year that has ended.
func writeProfiles(o *folder, d *district, sp span, seed uint64) error {
	s := newStream(seed, "profiles")
	t := table{
		above:  [][]string{{fmt.Sprintf("%s%s（%d年）", districtName, profileLedger, sp.lastYear())}},
		header: profileHeader,
	}
	for _, c := range d.communities {
		sizes := size(c.grids)
		population := float64(total(c.grids, func(g *grid) int { return g.population }))
		buildings := s.intBetween(4, 15) // beside those of the estates
		for _, e := range c.estates {
			buildings += e.buildings
		}
		whole := func(share float64) string { return strconv.Itoa(int(math.Round(population * share))) }
		t.rows = append(t.rows, []string{
			c.name, sizes[0], sizes[1], whole(c.over60), sizes[2], strconv.Itoa(len(c.estates)), strconv.Itoa(buildings),
			whole(s.between(0.012, 0.025)), whole(s.between(0.015, 0.030)), strconv.Itoa(s.intBetween(9, 19)),
		})
	}
	f := File{
		Path: fmt.Sprintf("%s（%d年）.csv", profileLedger, sp.lastYear()),
		Verb: []string{"ingest"}, Ledger: profileLedger, Encoding: utf8BOM,
	}
	return o.addTable(f, t)
}

// published is a figure of a public account of urban community work. What is fuzzy there stays fuzzy: 200余 is
// not 200. A rate stands with its numerator and denominator, and with what the denominator counts.
type published struct {
	about                  string // unit of the 示范区 that stands in for the real one
	measure, value         string
	numerator, denominator string
	denominatorLabel, unit string
	years                  int // the figure sums up so many years to its date; 0: a state on that date
	source                 string
}

const (
	sourceDistrict   = "公开案例：某区社区治理经验材料"
	sourceAnchor     = "公开案例：某五星社区党建经验材料"
	sourceRoundTable = "公开案例：某社区联户长与圆桌会议经验材料"
	sourceProperty   = "公开案例：某社区党建引领物业治理经验材料"
)

var publishedTable = []published{
	{districtName, "网格员", "559", "", "", "", "名", 0, sourceDistrict},
	{districtName, "专职网格员社工证持证率", "41.72%", "126", "302", "专职网格员", "%", 0, sourceDistrict},
	{districtName, "持证网格员", "126", "", "", "", "名", 0, sourceDistrict},
	{districtName, "小区党组织", "88", "", "", "", "个", 0, sourceDistrict},
	{districtName, "楼栋党小组", "212", "", "", "", "个", 0, sourceDistrict},
	{districtName, "党员中心户", "241", "", "", "", "户", 0, sourceDistrict},
	{districtName, "社区党群服务中心", "24", "", "", "", "个", 0, sourceDistrict},
	{districtName, "红色议事厅", "24", "", "", "", "个", 0, sourceDistrict},
	{districtName, "红色圆桌会", "58", "", "", "", "次", 1, sourceDistrict},
	{districtName, "议题", "349", "", "", "", "个", 1, sourceDistrict},
	{districtName, "微心愿", "164", "", "", "", "件", 1, sourceDistrict},
	{districtName, "吹哨", "136", "", "", "", "件", 1, sourceDistrict},
	{districtName, "办不成事窗口办件", "164", "", "", "", "件", 1, sourceDistrict},
	{districtName, "网格员培训", "400余", "", "", "", "人次", 1, sourceDistrict},
	{districtName, "网格员晋升", "13", "", "", "", "名", 1, sourceDistrict},
	{districtName, "社会组织服务", "130余", "", "", "", "次", 3, sourceDistrict},
	{districtName, "帮扶失独家庭", "12", "", "", "", "户", 3, sourceDistrict},
	{districtName, "资助留守学生", "126", "", "", "", "名", 3, sourceDistrict},
	{districtName, "资助金额", "10.6万余", "", "", "", "元", 3, sourceDistrict},
	{districtName, "新就业群体驿站", "24", "", "", "", "个", 0, sourceDistrict},
	{districtName, "驿站服务", "1300余", "", "", "", "人次", 1, sourceDistrict},
	{districtName, "养老驿站", "24", "", "", "", "个", 0, sourceDistrict},
	{districtName, "义诊服务人数", "2300余", "", "", "", "名", 1, sourceDistrict},
	{districtName, "上门服务", "3800余", "", "", "", "人次", 1, sourceDistrict},
	{districtName, "党团志愿服务队", "23", "", "", "", "支", 0, sourceDistrict},
	{districtName, "志愿服务活动", "50余", "", "", "", "场次", 2, sourceDistrict},
	{"红旗社区", "红色代办", "200余", "", "", "", "件", 1, sourceAnchor},
	{"红旗社区", "共建协议", "10", "", "", "", "份", 0, sourceAnchor},
	{"红旗社区", "安全教育讲座", "16", "", "", "", "次", 1, sourceAnchor},
	{"红旗社区", "应急演练", "11", "", "", "", "次", 1, sourceAnchor},
	{"红旗社区", "技能培训", "80", "", "", "", "人", 1, sourceAnchor},
	{"红旗社区", "就业和再就业", "近50", "", "", "", "人", 1, sourceAnchor},
	{"红旗社区", "自管党员", "68", "", "", "", "名", 0, sourceAnchor},
	{"友谊社区", "60岁以上老年人", "约570", "", "", "", "人", 0, sourceRoundTable},
	{"友谊社区", "圆桌会议解决问题", "80余", "", "", "", "件", 2, sourceRoundTable},
	{"友谊社区", "报到党员", "574", "", "", "", "名", 0, sourceRoundTable},
	{"胜利社区", "物业费收缴率（治理前）", "不足40%", "", "", "", "%", 0, sourceProperty},
	{"胜利社区", "物业费收缴率", "95%", "", "", "", "%", 0, sourceProperty},
	{"胜利社区", "四步法解决问题", "200余", "", "", "", "个", 2, sourceProperty},
}

// writePublished writes 公布数据, dated to the last calendar year that has ended.
func writePublished(o *folder, _ *district, sp span, _ uint64) error {
	year := sp.lastYear()
	end := fmt.Sprintf("%d-12-31", year)
	t := table{header: publishedHeader}
	for _, p := range publishedTable {
		from, to := "", ""
		if p.years > 0 {
			from, to = fmt.Sprintf("%d-01-01", year-p.years+1), end
		}
		t.rows = append(t.rows, []string{
			p.about, p.measure, p.value, p.numerator, p.denominator, p.denominatorLabel, p.unit, from, to, end, p.source,
		})
	}
	f := File{Path: publishedLedger + ".csv", Verb: []string{"ingest"}, Ledger: publishedLedger, Encoding: utf8Plain}
	return o.addTable(f, t)
}
