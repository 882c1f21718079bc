package demo

import (
	"fmt"
	"strconv"
)

const (
	estatesLedger   = "小区名册"
	buildingsLedger = "楼栋名册"
)

var (
	estateHeader   = []string{"序号", "社区", "小区", "楼栋数", "户数", "物业公司", "业委会", "物管会", "党支部"}
	buildingHeader = []string{"序号", "社区", "小区", "楼栋", "党小组"}
)

// writeRegisters writes the district's registers of estates and buildings, as of this year. The estates of the party tree
// have a branch; in communities that lag behind there are old courtyards besides that have neither branch nor groups.
func writeRegisters(o *folder, d *district, sp span, seed uint64) error {
	years := sp.years()
	now := years[len(years)-1:]
	estates := &book{ledger: estatesLedger, header: estateHeader, sheets: now}
	buildings := &book{ledger: buildingsLedger, header: buildingHeader, sheets: now}
	lives := d.lives("registers", sp, seed)
	var es, bs []entry
	at := now[0].from
	for _, c := range d.communities {
		h := lives[c]
		for _, e := range c.estates {
			company, ok := e.property()
			if !ok {
				company = "无"
			}
			es = append(es, entry{at, []string{
				"", c.name, e.name, strconv.Itoa(e.buildings), strconv.Itoa(total(e.grids, func(g *grid) int { return g.households })),
				company, yes(ok && h.chance(0.7)), yes(!ok), e.name + "党支部",
			}})
			for k := range e.buildings {
				group := e.cells[k*len(e.cells)/e.buildings].nameIn(e)
				if !c.keeps() && h.chance(0.25*(usualStanding-c.standing())+0.02) {
					group = "未建"
				}
				bs = append(bs, entry{at, []string{"", c.name, e.name, fmt.Sprintf("%s%d号楼", e.name, k+1), group}})
			}
		}
		if c.keeps() {
			continue
		}
		yard := c.roads[0] + "老旧院落"
		count := h.intBetween(1, 2)
		es = append(es, entry{at, []string{"", c.name, yard, strconv.Itoa(count), strconv.Itoa(count * 36), "无", "无", "无", "未建"}})
		for k := range count {
			bs = append(bs, entry{at, []string{"", c.name, yard, fmt.Sprintf("%s%d号楼", yard, k+1), "未建"}})
		}
	}
	if err := estates.write(o, districtName, 0, es, seed); err != nil {
		return err
	}
	return buildings.write(o, districtName, 1, bs, seed)
}

func yes(b bool) string {
	if b {
		return "有"
	}
	return "无"
}

// property is the company that looks after an estate; the smallest have none.
func (e *estate) property() (company string, ok bool) {
	if e.buildings <= 5 {
		return "", false
	}
	companies := []string{"示范城市物业服务有限公司", "安居物业服务有限公司", "和美物业服务有限公司", "街道国有物业服务中心"}
	return companies[(e.buildings+len(e.grids))%len(companies)], true
}
