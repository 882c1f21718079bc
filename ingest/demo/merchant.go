package demo

import (
	"fmt"
	"time"
)

const (
	merchantsLedger    = "商户台账"
	merchantListLedger = "商户红黑榜"
	merchantAverage    = 24 // of a community
	listedAMonth       = 46
)

var (
	merchantHeader     = []string{"序号", "商户名称", "类别", "社区", "网格", "包联干部", "开业日期", "歇业日期", "一季度走访", "二季度走访", "三季度走访", "四季度走访", "党员示范店"}
	merchantListHeader = []string{"公示日期", "社区", "商户", "榜别", "事由", "整改完成日期", "整改情况"}
)

var (
	shopWords = []string{"鑫源", "福满", "惠民", "百佳", "好邻居", "老街坊", "金穗", "康泰", "四季", "顺达", "美味", "真诚"}
	shopKinds = []struct{ kind, name string }{
		{"零售", "便利店"}, {"餐饮", "面馆"}, {"餐饮", "早餐店"}, {"生鲜", "果蔬店"}, {"服务", "理发店"}, {"医药", "药房"}, {"维修", "家电维修部"}, {"餐饮", "小吃店"},
	}
)

// shop is a merchant; closed is zero for one that still trades.
type shop struct {
	name, kind     string
	grid           *grid
	cadre          string
	opened, closed time.Time
	model          bool // 党员示范店
}

// shops of a community; no two have the same name.
func (h *history) shops() []*shop {
	count := max(8, int(merchantAverage*h.scale()+0.5))
	all := make([]*shop, count)
	for k := range all {
		kind := shopKinds[h.IntN(len(shopKinds))]
		s := &shop{
			name: fmt.Sprintf("%s%s%s%d店", h.community.roads[k%roadsEach], shopWords[h.IntN(len(shopWords))], kind.name, k+1), kind: kind.kind,
			grid: h.pickGrid(), cadre: "两委成员" + numeral(h.intBetween(1, 7)), opened: h.from.AddDate(0, 0, -h.intBetween(60, 2400)), model: h.chance(0.12),
		}
		if h.chance(0.08) { // opened while the ledgers were kept
			s.opened = h.from.AddDate(0, 0, h.IntN(h.days()))
		}
		if h.chance(0.06) {
			s.closed = h.happened(s.opened.AddDate(0, 0, h.intBetween(200, 1200)))
			if s.closed.Before(h.from) {
				s.closed = time.Time{}
			}
		}
		all[k] = s
	}
	return all
}

// writeMerchants writes the register of merchants of each year, with the visit of each quarter, and the list of the praised and
// the blamed.
func writeMerchants(o *folder, d *district, sp span, seed uint64) error {
	b := &book{ledger: merchantsLedger, header: merchantHeader, sheets: sp.years()}
	lives := d.lives("merchants", sp, seed)
	names := map[*community][]string{}
	var entries []entry
	for _, c := range d.communities {
		h := lives[c]
		for _, s := range h.shops() {
			names[c] = append(names[c], s.name)
			for _, year := range b.sheets {
				if s.opened.Before(year.until) {
					entries = append(entries, entry{year.from, h.register(s, year)})
				}
			}
		}
	}
	if err := b.write(o, districtName, 1, entries, seed); err != nil {
		return err
	}
	list := &book{ledger: merchantListLedger, header: merchantListHeader, date: "公示日期", sheets: sp.whole()}
	return list.writeDaily(o, d, sp, seed, listedAMonth, func(h *history, date time.Time, layout string) []string {
		return h.listed(pick(h.stream, names[h.community]), date, layout)
	})
}

// register is the row of a merchant in the register of one year.
func (h *history) register(s *shop, year sheet) []string {
	const layout = "2006-01-02"
	row := []string{"", s.name, s.kind, h.community.name, s.grid.name, s.cadre, s.opened.Format(layout), format(s.closed, layout), "", "", "", "", ""}
	for q := periodOf(year.from, 3); q.Before(year.until); q = q.AddDate(0, 3, 0) {
		at := q.AddDate(0, 0, h.IntN(85))
		open := !at.Before(s.opened) && (s.closed.IsZero() || at.Before(s.closed))
		if h.chance(h.community.grade(0.66, model)) && open && !at.Before(year.from) {
			row[8+int(q.Month()-1)/3] = format(h.happened(at), layout)
		}
	}
	if s.model {
		row[12] = "是"
	}
	return row
}

var (
	praise = []string{"诚信经营", "门前三包落实到位", "参与公益服务"}
	blame  = []string{"出店经营", "占道堆放", "乱停乱放", "油烟扰民", "噪声扰民"}
)

// listed draws a row of the list: two in three are blamed.
func (h *history) listed(name string, date time.Time, layout string) []string {
	if h.chance(0.34) {
		return []string{date.Format(layout), h.community.name, name, "红榜", pick(h.stream, praise), "", ""}
	}
	mended := date.AddDate(0, 0, 1+int(h.logNormal(4, 0.6)))
	if !h.chance(h.community.grade(0.72, model)) {
		mended = h.until
	}
	state := "整改中"
	if mended = h.happened(mended); !mended.IsZero() {
		state = "已整改"
	}
	return []string{date.Format(layout), h.community.name, name, "黑榜", pick(h.stream, blame), format(mended, layout), state}
}
