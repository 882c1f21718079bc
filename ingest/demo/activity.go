package demo

import (
	"fmt"
	"strconv"
)

const activitiesLedger = "活动台账"

var activityHeader = []string{
	"序号", "活动日期", "社区", "活动类型", "活动名称", "主办", "协办/共建单位", "地点", "参与人次", "受益人数", "投入金额（元）", "志愿队伍", "照片", "备注",
}

// program is one type of activity and how often a community holds it.
type program struct {
	kind     string
	months   int     // one period has so many
	times    float64 // in a period, on average
	planned  bool    // exactly one in a period, unless it falls through
	names    []string
	partners []string
	least    int // who come
	most     int
	helped   float64 // 受益人数 as a share of who come
	yuan     int     // a head
	teams    []string
}

var programs = []program{
	{"安全讲座", 1, 1, true, []string{"防范电信网络诈骗讲座", "居家消防安全讲座", "燃气安全使用讲座", "道路交通安全讲座", "未成年人防溺水讲座"}, []string{"区消防救援大队", "辖区派出所", "区燃气服务中心", ""}, 25, 80, 1, 0, []string{"", "平安志愿服务队"}},
	{"应急演练", 2, 1, true, []string{"高层住宅消防疏散演练", "防汛应急演练", "电动自行车火灾处置演练", "地震避险演练"}, []string{"区消防救援大队", "区应急管理局", "物业服务企业"}, 30, 120, 1, 4, []string{"平安志愿服务队"}},
	{"义诊", 2, 1, false, []string{"血压血糖义诊", "口腔健康义诊", "中医理疗进社区"}, []string{"区人民医院", "区中医院", "社区卫生服务站"}, 40, 120, 1, 6, []string{"健康志愿服务队"}},
	{"培训", 3, 1, false, []string{"家政服务技能培训", "电商直播技能培训", "面点制作技能培训", "网格员业务培训"}, []string{"区人力资源和社会保障局", "区职业学校"}, 15, 45, 1, 60, []string{""}},
	{"志愿服务", 1, 2, false, []string{"敬老助老志愿服务", "文明交通劝导", "便民理发磨刀", "关爱困境儿童志愿服务"}, []string{"", "区税务局机关党委", "示范银行城区支行"}, 8, 30, 2.5, 3, []string{"红色志愿服务队", "青年志愿服务队", "健康志愿服务队"}},
	{"文体活动", 1, 2, false, []string{"邻里节文艺演出", "广场舞交流展演", "棋牌友谊赛", "元宵猜灯谜"}, []string{"区文化馆", "爱心商户联盟", ""}, 60, 240, 1, 8, []string{"文艺志愿服务队"}},
	{"环境整治", 1, 0.8, false, []string{"楼道清理集中行动", "背街小巷环境整治", "飞线充电专项清理"}, []string{"物业服务企业", enforcement}, 12, 40, 0, 5, []string{"红色志愿服务队", "平安志愿服务队"}},
	{"惠民活动", 3, 1, false, []string{"平价果蔬进小区", "家电义务维修日", "便民服务集市"}, []string{"爱心商户联盟", "区供销合作社党支部"}, 150, 500, 1, 0, []string{""}},
	{"课程", 1, 1.5, false, []string{"智能手机课堂", "老年书画课堂", "四点半课堂"}, []string{"区老年大学", ""}, 15, 45, 1, 10, []string{"", "青年志愿服务队"}},
}

// slack are the communities that often let a planned activity fall through.
var slack = map[string]bool{Slipping: true, "纺织社区": true, "云溪社区": true}

// writeActivities writes the ledgers of activities: one per street.
func writeActivities(o *folder, d *district, sp span, seed uint64) error {
	lives := d.lives("activities", sp, seed)
	for k, st := range d.streets {
		b := &book{ledger: activitiesLedger, header: activityHeader, date: "活动日期", sheets: sp.whole()}
		var entries []entry
		for _, c := range st.communities {
			for _, p := range programs {
				entries = append(entries, lives[c].program(p, layoutOf(k))...)
			}
		}
		if err := b.write(o, st.name, k, entries, seed); err != nil {
			return err
		}
	}
	return nil
}

// program draws what a community holds of one type.
func (h *history) program(p program, layout string) []entry {
	var all []entry
	for from := periodOf(h.from, p.months); from.Before(h.until); from = from.AddDate(0, p.months, 0) {
		count := h.poisson(p.times)
		if p.planned {
			count = 1
			if h.chance(0.03) || slack[h.community.name] && h.chance(0.35) {
				count = 0
			}
		}
		whole := int(from.AddDate(0, p.months, 0).Sub(from) / day)
		for range count {
			if date := from.AddDate(0, 0, h.IntN(whole)); !date.Before(h.from) && date.Before(h.until) {
				all = append(all, entry{date, h.activity(p, date.Format(layout))})
			}
		}
	}
	return all
}

func (h *history) activity(p program, date string) []string {
	c := h.community
	came := h.intBetween(p.least, p.most)
	if !p.planned { // people come where there are many, and where it is worth it
		came = max(3, int(float64(came)*h.scale()*c.grade(0.5, 2)))
	}
	attended, helped, yuan := strconv.Itoa(came), "", ""
	if p.helped > 0 {
		helped = strconv.Itoa(int(float64(came) * p.helped))
	}
	if p.yuan > 0 {
		yuan = strconv.Itoa(came * p.yuan / 10 * 10)
	}
	if h.chance(0.02) && came >= 10 { // nobody counted
		attended = fmt.Sprintf("%d余", came/10*10)
	}
	place := c.name + "党群服务中心"
	if len(c.estates) > 0 && h.chance(0.4) {
		place = pick(h.stream, c.estates).name
	}
	return []string{
		"", date, c.name, p.kind, pick(h.stream, p.names), c.name, pick(h.stream, p.partners), place,
		attended, helped, yuan, pick(h.stream, p.teams), strconv.Itoa(h.intBetween(1, 6)), "",
	}
}
