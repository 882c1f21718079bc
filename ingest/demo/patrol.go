package demo

import (
	"fmt"
	"strconv"
	"time"
)

const (
	patrolsLedger = "网格日巡查记录表"
	patrolMonths  = 13 // kept beside the running month: a year and the month a year before
	missedPatrol  = 0.021
	neglected     = 0.025 // of the grids: they miss a day in three
	hazardShare   = 0.032 // of the patrols find something
)

var patrolHeader = []string{
	"日期", "网格", "巡查人", "岗位", "起止时间", "巡查地段", "检查点数", "发现问题数", "问题类别", "问题描述", "处置方式", "整改时限", "整改完成日期", "照片数",
}

// hazards are what patrols find, by 问题类别. Days is how long the repair may take where it is not done on the spot.
var hazards = []struct {
	topic string
	share float64
	days  int
	texts []string
}{
	{"消防安全", 0.34, 3, []string{
		"{区}楼道堆放[纸箱杂物|旧家具|自行车]，堵塞疏散通道", "{区}[消防通道|消防车登高面]被[私家车|三轮车]占用", "{地}电动自行车[飞线充电|推入楼道充电]",
		"{区}[灭火器过期|应急灯不亮|消火栓无水|防火门损坏]，共{数}处",
	}},
	{"设施维修", 0.22, 7, []string{
		"{地}门前[井盖|排水箅子]松动破损", "{区}[路灯|庭院灯|楼道灯]不亮，共{数}盏", "{地}[外墙瓷砖|檐口抹灰]松动，有脱落风险", "{区}[健身器材|儿童滑梯]螺丝松动",
	}},
	{"环境卫生", 0.18, 2, []string{"{区}[墙角|楼后]有[建筑垃圾|废旧家具]未清运", "{地}楼道[小广告|污渍]较多", "{区}垃圾桶[满溢|破损]，共{数}个"}},
	{"停车交通", 0.10, 2, []string{"{区}[地锁|石墩]私占公共车位", "{地}门前[盲道|人行道]被车辆占用"}},
	{"治安秩序", 0.07, 3, []string{"{区}[单元门禁|监控摄像头]损坏", "{地}[空置房|地下室]门锁损坏，有人员随意进出"}},
	{heatingTopic, 0.09, 5, []string{"{地}[燃气软管老化|电表箱门敞开]", "{区}[给水管|暖气管]渗漏，路面湿滑"}},
}

// beat is the daily patrol of one grid.
type beat struct {
	grid               *grid
	missed             float64 // chance of a day without
	name, worker, post string
	sections           [3]string
	points             int
	begins             int // the earliest minute of the day
}

// patrolSpan is the time of which the records are kept.
func (s span) patrolSpan() span {
	from := s.until.AddDate(0, 0, 1-s.until.Day()).AddDate(0, -patrolMonths, 0)
	return span{from, s.until}
}

// writePatrols writes the records of patrols: one file per street.
func writePatrols(o *folder, d *district, sp span, seed uint64) error {
	kept := sp.patrolSpan()
	lives := d.lives("patrols", kept, seed)
	workers := 0
	for k, st := range d.streets {
		var beats []*beat
		for _, c := range st.communities {
			for _, g := range c.grids {
				workers++
				beats = append(beats, lives[c].beat(g, workers))
			}
		}
		var entries []entry
		for date := kept.from; date.Before(kept.until); date = date.AddDate(0, 0, 1) {
			for _, b := range beats {
				if h := lives[b.grid.community]; !h.chance(h.misses(b, date)) {
					entries = append(entries, entry{date, h.patrol(b, date, layoutOf(k))})
				}
			}
		}
		b := &book{ledger: patrolsLedger, header: patrolHeader, date: "日期", sheets: kept.whole()}
		if err := b.write(o, st.name, k, entries, seed); err != nil {
			return err
		}
	}
	return nil
}

// beat draws who patrols a grid, where, and how reliably.
func (h *history) beat(g *grid, worker int) *beat {
	b := &beat{
		grid: g, missed: missedPatrol, name: g.community.name + g.name,
		worker: fmt.Sprintf("工号%04d", worker), post: "专职网格员", points: h.intBetween(8, 18), begins: 8*60 + h.IntN(60),
	}
	if h.chance(0.3) {
		b.post = "兼职网格员"
	}
	if h.chance(neglected) {
		b.missed = h.between(0.25, 0.40)
	}
	for k := range b.sections {
		b.sections[k] = pick(h.stream, h.community.roads) + []string{"沿线商铺", "老旧院落", "背街小巷"}[k]
	}
	if g.estate != nil {
		b.sections[0] = g.estate.name
	}
	return b
}

// misses is the chance that a day passes without a patrol.
func (h *history) misses(b *beat, date time.Time) float64 {
	p := b.missed
	if wd := date.Weekday(); wd == time.Saturday || wd == time.Sunday {
		p *= 1.5
	}
	if b.grid.community.name == Slipping && h.until.Sub(date) <= 60*day {
		p += 0.12
	}
	return p
}

// patrol is the row of one day.
func (h *history) patrol(b *beat, date time.Time, layout string) []string {
	begin := b.begins + h.IntN(30)
	if h.chance(0.25) {
		begin += 6 * 60 // in the afternoon
	}
	end := begin + h.intBetween(110, 170)
	cells := []string{
		date.Format(layout), b.name, b.worker, b.post, minuteOfDay(begin) + "-" + minuteOfDay(end), b.sections[h.IntN(len(b.sections))],
		strconv.Itoa(b.points + h.IntN(4)), "0", "", "", "", "", "", strconv.Itoa(h.intBetween(1, 4)),
	}
	if !h.chance(hazardShare) {
		return cells
	}
	shares := make([]float64, len(hazards))
	for k := range hazards {
		shares[k] = hazards[k].share
	}
	hz := hazards[h.weighted(shares)]
	place, area := h.address(b.grid)
	due, done := date, date
	cells[7], cells[8], cells[9], cells[10] = "1", hz.topic, grow(h.stream, pick(h.stream, hz.texts), place, area), "现场处置"
	if h.chance(0.45) {
		cells[10] = "上报"
		due = date.AddDate(0, 0, hz.days)
		done = date.AddDate(0, 0, int(h.logNormal(0.6*float64(hz.days), 0.6)*h.community.street.pace*h.community.grade(1.2, 0.7)))
		if h.chance(0.01) {
			done = h.until // forgotten
		}
	}
	cells[11] = due.Format(layout)
	if done.Before(h.until) {
		cells[12] = done.Format(layout)
	}
	return cells
}

func minuteOfDay(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
