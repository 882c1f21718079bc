package demo

import (
	"fmt"
	"strconv"
	"time"
)

const wishesLedger = "微心愿台账"

var wishHeader = []string{"序号", "征集日期", "心愿人类别", "网格", "心愿内容", "认领单位/党员", "认领日期", "实现日期", "完成情况", "评价", "备注"}

// wishes by the kind of person who has them.
var wishPatterns = []struct {
	group string
	texts []string
}{
	{"独居", []string{"希望有人每周上门[陪聊天|打扫卫生|代买药品]一次", "希望添置一台[收音机|电饭煲|电热毯]", "希望学会用手机[视频通话|预约挂号|线上缴费]"}},
	{"高龄", []string{"希望在卫生间安装[防滑扶手|助浴凳|防滑垫]", "希望有一副[老花镜|助听器|四脚拐杖]", "希望[理发师|家庭医生]能够上门服务"}},
	{"残疾", []string{"希望得到一台[轻便轮椅|坐便椅|护理床]", "希望门口加装[坡道|扶手]，方便轮椅进出", "希望有志愿者陪同到[医院复查|公园散步]"}},
	{"困难户", []string{"希望得到[米面油等生活物资|一床过冬棉被|一件冬季外套]", "希望介绍一份[保洁|保安|钟点工]工作", "希望维修家中[漏水的水管|老化的电线|破损的门窗]"}},
	{"困境儿童", []string{"希望有一个[新书包|护眼台灯|篮球]", "希望周末有人辅导[数学|英语|作文]", "希望去一次[科技馆|动物园|图书馆]"}},
	{"留守儿童", []string{"希望收到一套[绘本|彩笔|文具]", "希望生日时有[一个蛋糕|大家一起唱生日歌]", "希望能和爸爸妈妈[视频通话|一起过节]"}},
	{"一般居民", []string{"希望小区增设[晾衣杆|长椅|快递柜]", "希望举办一次[义诊义剪|跳蚤市场|包饺子活动]", "希望为楼道添置[感应灯|便民工具箱]"}},
	{"新业态", []string{"希望驿站配备[充电插座|微波炉|饮水机]", "希望得到一份[防寒护具|雨衣|急救包]", "希望绘制一张小区楼栋[取餐|配送]指引图"}},
}

var wishWeights = []float64{20, 18, 10, 14, 9, 6, 17, 6}

var claimants = []string{
	"区供销合作社党支部", "区税务局机关党委", "区图书馆党支部", "区人民医院第三党支部", "区第二中学党支部", "示范银行城区支行", "示范通信营业厅党支部",
	"社区在职党员", "社区退休党员", "楼栋党小组", "青年志愿服务队", "爱心商户联盟", "社区公益合伙人",
}

// writeWishes writes the ledgers of wishes: one per street. 3 to 5 wishes are made in
// every community and month; of a month the span holds in part, those of its days.
func writeWishes(o *folder, d *district, sp span, seed uint64) error {
	for k, st := range d.streets {
		var rows []*wish
		for _, c := range st.communities {
			rows = append(rows, drawWishes(newStream(seed, "wishes/"+c.code), c, sp)...)
		}
		for _, sh := range sp.whole() {
			title := fmt.Sprintf("%s%s（%s）", st.name, wishesLedger, sh.label)
			t := table{above: [][]string{{title}}, header: wishHeader}
			for date := sh.from; date.Before(sh.until); date = date.AddDate(0, 0, 1) {
				for _, w := range rows {
					if w.made.Equal(date) {
						t.rows = append(t.rows, w.row(len(t.rows)+1))
					}
				}
			}
			f := File{
				Path: "微心愿/" + title + ".csv", Verb: []string{"ingest"}, Ledger: wishesLedger,
				Encoding: []string{utf8BOM, gb18030, utf8Plain}[k%3],
			}
			o.manifest.Wishes += len(t.rows)
			if err := o.addTable(f, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// wish is one 微心愿; days are zero that have not come.
type wish struct {
	grid                    *grid
	group, text, claimant   string
	made, claimed, realised time.Time
	rating                  string
}

func drawWishes(s stream, c *community, sp span) []*wish {
	var all []*wish
	for month := sp.from; month.Before(sp.until); month = month.AddDate(0, 1, 0) {
		length := int(month.AddDate(0, 1, 0).Sub(month) / day)
		for range s.intBetween(3, 5) {
			w := drawWish(s, c, sp, month.AddDate(0, 0, s.IntN(length)))
			if w.made.Before(sp.until) {
				all = append(all, w)
			}
		}
	}
	return all
}

func drawWish(s stream, c *community, sp span, made time.Time) *wish {
	p := wishPatterns[s.weighted(wishWeights)]
	w := &wish{grid: pick(s, c.grids), group: p.group, made: made}
	w.text = grow(s, pick(s, p.texts), "", "")
	claimed := made.AddDate(0, 0, int(s.logNormal(6, 0.9)))
	unclaimed, pace, unrealised := 0.06, c.street.pace, 0.04
	if c.standing() == model {
		unclaimed, pace, unrealised = 0.01, 0.55*pace, 0.01
	}
	if s.chance(unclaimed) || !claimed.Before(sp.until) {
		return w
	}
	w.claimed, w.claimant = claimed, pick(s, claimants)
	realised := claimed.AddDate(0, 0, 1+int(s.logNormal(12, 0.8)*pace))
	if s.chance(unrealised) || !realised.Before(sp.until) {
		return w
	}
	w.realised = realised
	w.rating = ratings[s.weighted([]float64{82, 13, 1, 4})]
	return w
}

func (w *wish) row(number int) []string {
	state := "待认领"
	switch {
	case !w.realised.IsZero():
		state = "已完成"
	case !w.claimed.IsZero():
		state = "办理中"
	}
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format("2006-01-02")
	}
	return []string{
		strconv.Itoa(number), date(w.made), w.group, w.grid.community.name + w.grid.name, w.text,
		w.claimant, date(w.claimed), date(w.realised), state, w.rating, "",
	}
}
