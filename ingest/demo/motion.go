package demo

import (
	"fmt"
	"time"
)

const (
	motionsLedger = "议事协商台账"
	motionsAMonth = 32
)

var motionHeader = []string{
	"议题编号", "征集日期", "社区", "议题名称", "议题类别", "出题主体", "议事日期", "参与方", "答题单位", "落实措施", "完成日期", "群众评题结果", "公开日期",
}

var motionItems = []struct{ topic, name, office, measure string }{
	{"停车交通", "{区}增设停车位", "物业服务企业", "施划标线，增设停车位{数}个"},
	{"停车交通", "{区}建设电动自行车充电棚", "街道城市建设办", "新建充电棚，设充电口{数}0个"},
	{"物业管理", "{区}选聘物业服务企业", neighbours, "召开业主大会，完成选聘"},
	{"物业管理", "{区}电梯维修资金使用", "物业服务企业", "公示方案，更换电梯部件"},
	{"设施维修", "{区}更换老化路灯", "区市政设施中心", "更换路灯{数}盏"},
	{"设施维修", "{区}加装单元扶手和坡道", "街道城市建设办", "加装扶手{数}处"},
	{"环境卫生", "{区}垃圾分类投放点选址", "区环卫服务中心", "调整投放点{数}处，增加清运"},
	{"养老助残", "开办社区老年食堂", civilAffairs, "引入餐饮企业，设置助餐点"},
	{"一小", "开办暑期儿童托管班", neighbours, "开设托管班，招收{数}0名儿童"},
	{"治安秩序", "{区}安装监控和门禁", safetyOffice, "安装监控{数}路"},
}

// writeMotions writes the district's ledger of deliberation: raised, deliberated, done, published.
func writeMotions(o *folder, d *district, sp span, seed uint64) error {
	b := &book{ledger: motionsLedger, header: motionHeader, date: "征集日期", sheets: sp.whole()}
	return b.writeDaily(o, d, sp, seed, motionsAMonth, (*history).motion)
}

func (h *history) motion(date time.Time, layout string) []string {
	it := pick(h.stream, motionItems)
	_, area := h.address(h.pickGrid())
	text := func(pattern string) string { return grow(h.stream, pattern, "", area) }
	pace, _ := h.story(date)
	talked := date.AddDate(0, 0, h.intBetween(3, 10))
	done := talked.AddDate(0, 0, 1+int(h.logNormal(12, 0.45)*h.community.street.pace*pace))
	published := done.AddDate(0, 0, h.intBetween(1, 6))
	at := func(t time.Time) string {
		if t.Before(h.until) {
			return t.Format(layout)
		}
		return ""
	}
	row := []string{
		fmt.Sprintf("%s-%d", date.Format("200601"), h.intBetween(1, 9)), date.Format(layout), h.community.name, text(it.name), it.topic,
		pick(h.stream, []string{"小区党支部", "居民代表", "楼栋长", "联户长", "业主委员会"}), at(talked), "居民代表、物业、业委会", it.office, text(it.measure), at(done), "", at(published),
	}
	if row[10] == "" {
		row[9], row[12] = "", ""
	} else if row[12] != "" {
		row[11] = ratings[h.weighted([]float64{84, 13, 3, 0})]
	}
	return row
}
