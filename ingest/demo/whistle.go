package demo

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	whistlesLedger  = "吹哨报到台账"
	whistlesAMonth  = 130
	freshWhistle    = 3 * day // within which a whistle may still lie unsigned
	unsignedOfFresh = 0.3
)

// whistleHeader is ledger 2 with the columns that a site may add: 网格, 转哨时间, 解决层级.
var whistleHeader = []string{
	"哨号", "吹哨日期时间", "吹哨社区", "网格", "哨源", "事项分类", "事项描述", "紧急程度", "转哨部门", "转哨时间", "签收时间", "报到时间", "办结时间",
	"办哨结果", "是否按期", "群众评价", "社区对部门评价", "解决层级", "备注",
}

// office is whom whistles are passed on to.
type office struct {
	name, level string
	share       float64 // of all whistles, where the season has any for it
	medianH     float64 // hours to close
	daily       bool    // works at weekends
	topics      []string
	network     utility // none: everything of its topics that concerns no network
}

var offices = []office{
	{"区城市管理局", "区级部门", 0.17, 46, false, []string{"环境卫生"}, none},
	{"区住房和城乡建设局", "区级部门", 0.16, 58, false, []string{"物业管理", "设施维修"}, none},
	{"区市场监督管理局", "区级部门", 0.08, 52, false, []string{"经商兴业"}, none},
	{"辖区派出所", "区级部门", 0.11, 24, true, []string{"治安秩序"}, none},
	{"区民政局", "区级部门", 0.08, 50, false, []string{"民生保障", "养老助残"}, none},
	{"区公安分局交警大队", "区级部门", 0.10, 40, true, []string{"停车交通"}, none},
	{"区消防救援大队", "区级部门", 0.07, 36, true, []string{"消防安全"}, none},
	{"区供水服务中心", "区级部门", 0.05, 26, true, []string{heatingTopic}, water},
	{"区供热服务中心", "区级部门", 0.08, 30, true, []string{heatingTopic}, heat},
	{enforcement, "街道", 0.14, 28, true, []string{"环境卫生", "停车交通", "经商兴业"}, none},
}

// fitting gives what the office is called for in a month, pattern by pattern, and the topic of each.
func (f *office) fitting(m time.Month) (ps []pattern, of []string) {
	for _, topic := range f.topics {
		for _, p := range patterns[topic] {
			if p.offices == f.network && p.fits(m, weather{}) {
				ps, of = append(ps, p), append(of, topic)
			}
		}
	}
	return ps, of
}

// whistleSources are 哨源 with their rhythm.
var whistleSources = []struct {
	name  string
	share float64
	hours [24]float64
}{
	{"居民", 0.46, allDay},
	{"网格员", 0.28, officeHours},
	{"楼栋意见箱", 0.09, officeHours},
	{"联户长", 0.07, eveningHours},
	{"议事会", 0.06, officeHours},
	{hotline, 0.04, allDay},
}

// classes are 紧急程度 with the share of each and how much longer it takes.
var classes = []struct {
	name          string
	share, longer float64
}{{"日常", 0.82, 1}, {"攻坚", 0.12, 1.8}, {"紧急", 0.06, 0.4}}

// whistle is one 吹哨. A time that is zero has not come.
type whistle struct {
	grid                            *grid
	source, topic, text, class      string
	office                          *office
	blown, assigned, signed         time.Time
	arrived, closed                 time.Time
	result, satisfaction, appraisal string
}

// writeWhistles writes the ledger of whistles that the district exports: one file per calendar year. When a whistle was
// passed on is noted since the second year.
func writeWhistles(o *folder, d *district, sp span, seed uint64) error {
	weight := 0.0
	for _, c := range d.communities {
		weight += c.weight()
	}
	lives := d.lives("whistles", sp, seed)
	var all []*whistle
	for _, c := range d.communities {
		all = append(all, lives[c].whistles(whistlesAMonth/daysAMonth*c.weight()/weight)...)
	}
	slices.SortStableFunc(all, func(a, b *whistle) int { return a.blown.Compare(b.blown) })
	transfer := slices.Index(whistleHeader, "转哨时间")
	month, count := time.Time{}, 0
	for k, sh := range sp.years() {
		b := &book{ledger: whistlesLedger, header: whistleHeader, date: "吹哨日期时间", sheets: []sheet{sh}}
		if k == 0 {
			b.header = slices.Delete(slices.Clone(whistleHeader), transfer, transfer+1)
		}
		var entries []entry
		for _, w := range all {
			if w.blown.Before(sh.from) || !w.blown.Before(sh.until) {
				continue
			}
			if first := periodOf(w.blown, 1); !first.Equal(month) {
				month, count = first, 0
			}
			count++
			cells := w.row(fmt.Sprintf("CS%s-%04d", month.Format("200601"), count), layoutOf(k)+" 15:04")
			if k == 0 {
				cells = slices.Delete(cells, transfer, transfer+1)
			}
			entries = append(entries, entry{w.blown, cells})
		}
		if err := b.write(o, districtName, k, entries, seed); err != nil {
			return err
		}
	}
	return nil
}

// whistles draws those of one community; daily is how many a day are blown there on average.
func (h *history) whistles(daily float64) []*whistle {
	var all []*whistle
	for date := h.from; date.Before(h.until); date = date.AddDate(0, 0, 1) {
		mean := daily * 1.12
		if wd := date.Weekday(); wd == time.Saturday || wd == time.Sunday {
			mean = daily * 0.7 // 5 × 1.12 + 2 × 0.7 = 7
		}
		for range h.poisson(mean) {
			all = append(all, h.whistle(date))
		}
	}
	return all
}

func (h *history) whistle(date time.Time) *whistle {
	w := &whistle{grid: h.pickGrid()}
	h.call(w, date)
	h.respond(w)
	return w
}

// call decides who blows when, about what, and for whom.
func (h *history) call(w *whistle, date time.Time) {
	shares := make([]float64, len(whistleSources))
	for k, s := range whistleSources {
		shares[k] = s.share
	}
	src := &whistleSources[h.weighted(shares)]
	w.source = src.name
	for {
		w.blown = date.Add(time.Duration(h.weighted(src.hours[:]))*time.Hour + time.Duration(h.IntN(60))*time.Minute)
		if w.blown.Before(h.end()) {
			break
		}
	}
	shares = make([]float64, len(offices))
	for k := range offices {
		if ps, _ := offices[k].fitting(date.Month()); len(ps) > 0 {
			shares[k] = offices[k].share
		}
	}
	w.office = &offices[h.weighted(shares)]
	ps, topics := w.office.fitting(date.Month())
	k := h.IntN(len(ps))
	place, area := h.address(w.grid)
	w.topic, w.text = topics[k], grow(h.stream, ps[k].text, place, area)+"。"
	shares = make([]float64, len(classes))
	for k, c := range classes {
		shares[k] = c.share
	}
	w.class = classes[h.weighted(shares)].name
}

// respond decides how the office takes it up; what lies after the end has not happened.
func (h *history) respond(w *whistle) {
	assigned := w.blown.Add(time.Duration(h.intBetween(4, 40)) * time.Minute)
	if hour := w.blown.Hour(); hour < 8 || hour >= 18 {
		assigned = morning(w.blown, 60)
	}
	signed := assigned.Add(time.Duration(math.Min(55, h.logNormal(16, 0.8))) * time.Minute)
	if h.chance(0.03) {
		signed = signed.Add(time.Duration(h.intBetween(60, 300)) * time.Minute)
	}
	pace, content := h.story(w.blown)
	hours := h.logNormal(w.office.medianH, 0.5) * math.Sqrt(h.community.street.pace*pace)
	for _, c := range classes {
		if c.name == w.class {
			hours *= c.longer
		}
	}
	closed := assigned.Add(time.Duration(hours*60) * time.Minute)
	if hour := closed.Hour(); hour < 8 || hour >= 20 {
		closed = morning(closed, h.IntN(150))
	}
	if !w.office.daily {
		closed = afterWeekend(closed)
	}
	arrived := signed.Add(time.Duration(h.logNormal(5, 0.7)*60) * time.Minute)
	if hour := arrived.Hour(); hour < 7 || hour >= 21 {
		arrived = morning(arrived, 60)
	}
	if arrived.After(closed) {
		arrived = signed.Add(closed.Sub(signed) / 2).Truncate(time.Minute)
	}
	forgotten := 0.003
	if h.until.Sub(w.blown) < 30*day {
		forgotten = 0.04
	}
	unsigned := h.until.Sub(w.blown) < freshWhistle && h.chance(unsignedOfFresh)
	open := h.chance(forgotten)
	if w.assigned = h.happened(assigned); w.assigned.IsZero() || unsigned {
		return
	}
	if w.signed = h.happened(signed); w.signed.IsZero() {
		return
	}
	w.arrived = h.happened(arrived)
	if w.closed = h.happened(closed); w.closed.IsZero() || open {
		w.closed = time.Time{}
		return
	}
	chance := math.Min(0.97, 0.90+content+h.community.street.content)
	w.result = "解决"
	if !h.chance(chance) {
		w.result = []string{"部分解决", "解释引导", "未解决"}[h.weighted([]float64{45, 35, 20})]
	}
	weights := []float64{0.80, 0.15, 0.03, 0.02}
	if w.result != "解决" {
		weights = []float64{0.35, 0.35, 0.28, 0.02}
	}
	w.satisfaction = ratings[h.weighted(weights)]
	w.appraisal = ratings[h.weighted([]float64{0.84, 0.13, 0.03, 0})]
}

func (w *whistle) row(number, layout string) []string {
	timely, level := "", ""
	if !w.closed.IsZero() {
		timely, level = "是", w.office.level
		days := 3
		if w.class == "攻坚" {
			days = 5
		}
		last := w.assigned.Truncate(day)
		for ; days > 0; days-- {
			last = afterWeekend(last.AddDate(0, 0, 1))
		}
		if !w.closed.Before(last.AddDate(0, 0, 1)) {
			timely = "否"
		}
	}
	return []string{
		number, w.blown.Format(layout), w.grid.community.name, w.grid.name, w.source, w.topic, w.text, w.class, w.office.name,
		format(w.assigned, layout), format(w.signed, layout), format(w.arrived, layout), format(w.closed, layout),
		w.result, timely, w.satisfaction, w.appraisal, level, "",
	}
}
