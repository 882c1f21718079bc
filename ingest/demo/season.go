package demo

import (
	"math"
	"time"
)

// topic is a 诉求类别 with what the model needs to know about it.
type topic struct {
	name   string      // code list category
	base   float64     // share of all matters in a plain month
	months [12]float64 // factor by month, January first
	level  [5]float64  // who resolves it: weights of levels
	depts  [5][]string // 承办单位 by level
}

// levels of 解决层级, with the median hours to resolve and the days of the deadline.
var levels = [5]struct {
	name      string
	medianH   float64
	limitDays int
}{
	{"网格", 6, 2}, {"社区", 20, 3}, {"街道", 60, 7}, {"区级部门", 110, 10}, {"市及以上", 200, 20},
}

var (
	even    = [12]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	summer  = [12]float64{0.8, 0.7, 0.8, 0.9, 1.1, 1.5, 1.7, 1.6, 1.2, 1.0, 0.8, 0.8}
	rain    = [12]float64{1.0, 0.9, 0.9, 0.9, 1.0, 1.3, 1.5, 1.5, 1.1, 1.0, 1.0, 1.1}
	heating = [12]float64{2.6, 2.1, 1.6, 0.7, 0.5, 0.7, 0.8, 0.8, 0.6, 0.9, 2.2, 2.6}
	dry     = [12]float64{1.3, 1.4, 1.1, 1.1, 0.9, 0.8, 0.8, 0.8, 0.9, 1.1, 1.2, 1.3}
	school  = [12]float64{1.2, 1.1, 0.9, 0.9, 0.9, 1.1, 1.7, 1.6, 1.1, 0.9, 0.8, 0.8}
)

func depts(grid, community, street, district, city string) [5][]string {
	return [5][]string{{grid}, {community}, {street}, {district}, {city}}
}

const (
	gridStation  = "网格服务站"
	neighbours   = "社区居委会"
	enforcement  = "街道综合行政执法队"
	civilAffairs = "街道社会事务办"
	safetyOffice = "街道平安建设办"
)

var topics = []topic{
	{"物业管理", 0.170, even, [5]float64{30, 45, 15, 9, 1}, [5][]string{{gridStation}, {"物业服务企业", neighbours}, {"街道物业管理办"}, {"区住房和城乡建设局"}, {"市住房和城乡建设局"}}},
	{"环境卫生", 0.140, summer, [5]float64{50, 33, 11, 6, 0}, depts(gridStation, neighbours, enforcement, "区环卫服务中心", "市城市管理局")},
	{"设施维修", 0.130, rain, [5]float64{35, 38, 16, 10, 1}, [5][]string{{gridStation}, {"物业服务企业", neighbours}, {"街道城市建设办"}, {"区住房和城乡建设局", "区市政设施中心"}, {"市住房和城乡建设局"}}},
	{"停车交通", 0.120, even, [5]float64{28, 34, 20, 16, 2}, [5][]string{{gridStation}, {"物业服务企业", neighbours}, {enforcement}, {"区公安分局交警大队"}, {"市公安局交警支队"}}},
	{"消防安全", 0.070, dry, [5]float64{42, 33, 15, 10, 0}, depts(gridStation, neighbours, safetyOffice, "区消防救援大队", "市消防救援支队")},
	{"治安秩序", 0.050, even, [5]float64{38, 30, 12, 19, 1}, depts(gridStation, neighbours, safetyOffice, "辖区派出所", "市公安局")},
	{"邻里矛盾", 0.080, even, [5]float64{58, 34, 7, 1, 0}, depts(gridStation, neighbours, "街道司法所", "区司法局", "市司法局")},
	{"民生保障", 0.060, even, [5]float64{25, 42, 22, 10, 1}, [5][]string{{gridStation}, {neighbours}, {civilAffairs}, {"区民政局", "区人力资源和社会保障局", "区医疗保障局"}, {"市人力资源和社会保障局"}}},
	{"养老助残", 0.050, even, [5]float64{48, 38, 10, 4, 0}, [5][]string{{gridStation}, {neighbours}, {civilAffairs}, {"区民政局", "区残疾人联合会"}, {"市民政局"}}},
	{"一小", 0.030, school, [5]float64{40, 44, 10, 6, 0}, depts(gridStation, neighbours, civilAffairs, "区教育局", "市教育局")},
	{"供暖供水供电供气", 0.060, heating, [5]float64{22, 28, 16, 27, 7}, depts(gridStation, neighbours, "街道城市建设办", heat.district, heat.city)},
	{"经商兴业", 0.030, even, [5]float64{30, 38, 20, 11, 1}, [5][]string{{gridStation}, {neighbours}, {"街道经济发展办"}, {"区市场监督管理局"}, {"市市场监督管理局"}}},
	{"其他", 0.020, even, [5]float64{40, 38, 14, 7, 1}, depts(gridStation, neighbours, "街道党政办", "区政务服务中心", "市政务服务中心")},
}

const (
	heatingTopic   = "供暖供水供电供气"
	sanitation     = "环境卫生"
	repairs        = "设施维修"
	merchantTopic  = "经商兴业"
	mattersAMonth  = 2750
	daysAMonth     = 30.44
	growthAYear    = 1.04
	stormChance    = 0.05 // of a day from June to August
	coldSnapChance = 0.06 // of a day from November to February
)

// weather is what kind of day it is.
type weather struct{ storm, cold bool }

// weatherOf draws the weather of every day of the span; a storm or a cold snap is felt for two more days.
func weatherOf(s stream, sp span) []weather {
	days := make([]weather, sp.days())
	storm, cold := 0, 0
	for k := range days {
		switch sp.from.AddDate(0, 0, k).Month() {
		case time.June, time.July, time.August:
			if s.chance(stormChance) {
				storm = 3
			}
		case time.November, time.December, time.January, time.February:
			if s.chance(coldSnapChance) {
				cold = 3
			}
		}
		days[k] = weather{storm > 0, cold > 0}
		storm, cold = storm-1, cold-1
	}
	return days
}

// topicWeights gives how much is reported of each topic on a day, as a share of a plain day.
func topicWeights(at time.Time, w weather) []float64 {
	ws := make([]float64, len(topics))
	for k, t := range topics {
		ws[k] = t.base * t.months[at.Month()-1]
		switch {
		case w.storm && t.name == repairs:
			ws[k] *= 3
		case w.storm && t.name == sanitation:
			ws[k] *= 2
		case w.cold && t.name == heatingTopic:
			ws[k] *= 2.2
		}
	}
	return ws
}

// dayFactor is how much a day's date and place in the week raise or lower what is reported.
func dayFactor(sp span, at time.Time) float64 {
	f := math.Pow(growthAYear, at.Sub(sp.from).Hours()/24/365)
	switch at.Weekday() {
	case time.Monday:
		f *= 1.18
	case time.Saturday:
		f *= 0.72
	case time.Sunday:
		f *= 0.64
	}
	switch m, d := at.Month(), at.Day(); {
	case m == time.October && d <= 7, m == time.May && d <= 3, m == time.January && d == 1:
		f *= 0.55
	case m == time.February:
		f *= 0.80 // the weeks of the Spring Festival
	}
	return f
}

// source is a 来源渠道 with its rhythm.
type source struct {
	name             string
	workday, weekend float64     // share of what is reported on such a day
	hours            [24]float64 // weights of the hours from 0 to 23
}

const (
	hotline    = "12345热线"
	gridWorker = "网格员上报"
	found      = "走访发现"
)

var (
	officeHours  = [24]float64{8: 6, 9: 14, 10: 14, 11: 9, 12: 2, 13: 3, 14: 10, 15: 13, 16: 11, 17: 5, 18: 1}
	allDay       = [24]float64{0: .4, 1: .2, 2: .1, 3: .1, 4: .1, 5: .3, 6: 1, 7: 3, 8: 8, 9: 11, 10: 11, 11: 8, 12: 5, 13: 5, 14: 8, 15: 9, 16: 8, 17: 6, 18: 5, 19: 5, 20: 4, 21: 2.5, 22: 1.4, 23: .8}
	eveningHours = [24]float64{6: 1, 7: 4, 8: 6, 9: 5, 10: 4, 11: 4, 12: 6, 13: 4, 14: 3, 15: 3, 16: 3, 17: 6, 18: 10, 19: 13, 20: 14, 21: 9, 22: 4, 23: 1}
)

var sources = []source{
	{hotline, 0.29, 0.36, allDay},
	{gridWorker, 0.30, 0.20, officeHours},
	{"居民微信群", 0.14, 0.25, eveningHours},
	{found, 0.07, 0.04, officeHours},
	{"窗口", 0.06, 0.00, officeHours},
	{"联户长", 0.04, 0.06, eveningHours},
	{"圆桌会/议事厅", 0.03, 0.01, officeHours},
	{"意见箱", 0.02, 0.02, officeHours},
	{"线上点单", 0.03, 0.05, eveningHours},
	{"上级交办", 0.015, 0.005, officeHours},
	{"其他", 0.005, 0.005, allDay},
}
