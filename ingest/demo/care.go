package demo

import (
	"fmt"
	"strconv"
)

const (
	careVisitsLedger   = "走访台账"
	careRegisterLedger = "特殊群体汇总表"
	careShare          = 0.004 // of the population
)

var (
	careVisitHeader    = []string{"日期", "社区", "网格", "走访对象编号", "走访对象类别", "走访方式", "走访人", "了解情况", "下次走访日期"}
	careRegisterHeader = []string{"社区", "独居", "高龄", "失能", "失独", "残疾", "困难户", "困境儿童", "留守儿童", "合计"}
)

var careGroups = []struct {
	name  string
	share float64
}{
	{"独居", 0.27}, {"高龄", 0.25}, {"失能", 0.09}, {"失独", 0.04}, {"残疾", 0.13}, {"困难户", 0.14}, {"困境儿童", 0.04}, {"留守儿童", 0.04},
}

// ward is a person in care: a number, no name.
type ward struct {
	number string
	group  int
	grid   *grid
}

// writeCare writes the district's ledger of visits to those in care, and how many they are each year.
func writeCare(o *folder, d *district, sp span, seed uint64) error {
	shares := make([]float64, len(careGroups))
	for k := range careGroups {
		shares[k] = careGroups[k].share
	}
	visits := &book{ledger: careVisitsLedger, header: careVisitHeader, date: "日期", sheets: sp.whole()}
	counts := &book{ledger: careRegisterLedger, header: careRegisterHeader, sheets: sp.years()}
	lives := d.lives("care", sp, seed)
	var visited, registered []entry
	for _, c := range d.communities {
		h := lives[c]
		count := int(careShare*float64(total(c.grids, func(g *grid) int { return g.population })) + 0.5)
		groups := make([]int, len(careGroups))
		for k := range count {
			w := ward{fmt.Sprintf("GA%s-%03d", c.code[len(districtCode):], k+1), h.weighted(shares), h.pickGrid()}
			groups[w.group]++
			visited = append(visited, h.careVisits(w, layoutOf(0))...)
		}
		if c.name == NoCareRegister {
			continue
		}
		row := []string{c.name}
		for _, n := range groups {
			row = append(row, strconv.Itoa(n))
		}
		for _, year := range counts.sheets {
			registered = append(registered, entry{year.from, append(row[:len(row):len(row)], strconv.Itoa(count))})
		}
	}
	if err := visits.write(o, districtName, 1, visited, seed); err != nil {
		return err
	}
	return counts.write(o, districtName, 0, registered, seed)
}

// careVisits are those of one person: once a quarter; some are seen only now and then.
func (h *history) careVisits(w ward, layout string) []entry {
	seldom := !h.chance(h.community.grade(0.66, model))
	var all []entry
	for q := periodOf(h.from, 3); q.Before(h.until); q = q.AddDate(0, 3, 0) {
		date := q.AddDate(0, 0, h.IntN(88))
		if h.chance(0.06) || seldom && h.chance(0.85) || date.Before(h.from) || h.happened(date).IsZero() {
			continue
		}
		how := []string{"上门", "电话"}[h.weighted([]float64{7, 3})]
		all = append(all, entry{date, []string{
			date.Format(layout), h.community.name, w.grid.name, w.number, careGroups[w.group].name, how, "网格员" + numeral(w.grid.number),
			pick(h.stream, []string{"生活正常", "身体状况平稳", "需代购药品", "需维修水电"}), date.AddDate(0, 3, 0).Format(layout),
		}})
	}
	return all
}
