package demo

import (
	"fmt"
	"strconv"
	"strings"
)

var unitHeader = []string{"编码", "名称", "层级", "上级编码", "排序", "户数", "人口", "面积", "负责人职务", "别名", "覆盖", "启用日期"}

// unitTable gathers the rows of a tree; 排序 counts them.
type unitTable struct {
	rows    [][]string
	founded string
}

func (t *unitTable) add(code, name, level, parent string, size []string, leader string, aliases, covers []string) {
	if size == nil {
		size = []string{"", "", ""}
	}
	t.rows = append(t.rows, []string{
		code, name, level, parent, strconv.Itoa(len(t.rows) + 1), size[0], size[1], size[2],
		leader, strings.Join(aliases, "；"), strings.Join(covers, "；"), t.founded,
	})
}

// size gives 户数, 人口 and 面积 (km²) of the union of grids.
func size(gs []*grid) []string {
	hectares := total(gs, func(g *grid) int { return g.hectares })
	return []string{
		strconv.Itoa(total(gs, func(g *grid) int { return g.households })),
		strconv.Itoa(total(gs, func(g *grid) int { return g.population })),
		fmt.Sprintf("%d.%04d", hectares/10000, hectares%10000),
	}
}

// writeUnits writes the two trees: each unit after its parent, siblings in official order.
func writeUnits(o *folder, d *district, s span, _ uint64) error {
	area := &unitTable{founded: s.founded()}
	area.add(districtCode, districtName, "district", "", size(d.grids), "区委书记", nil, nil)
	for _, st := range d.streets {
		short := strings.TrimSuffix(st.name, "街道")
		area.add(st.code, st.name, "street", districtCode, size(st.grids()), "街道党工委书记", []string{short + "街道办事处"}, nil)
		for _, c := range st.communities {
			short := strings.TrimSuffix(c.name, "社区")
			area.add(c.code, c.name, "community", st.code, size(c.grids), "社区党组织书记", []string{short + "社区居委会"}, nil)
			for _, g := range c.grids {
				area.add(g.code, g.name, "grid", c.code, size([]*grid{g}), "网格长", g.aliases(), nil)
			}
		}
	}
	if err := o.addTable(unitFile("单位/行政区划.csv", "area"), table{header: unitHeader, rows: area.rows}); err != nil {
		return err
	}
	party := &unitTable{founded: s.founded()}
	for _, st := range d.streets {
		party.addCommittee(st, o.manifest)
	}
	return o.addTable(unitFile("单位/党组织.csv", "party"), table{header: unitHeader, rows: party.rows})
}

func unitFile(path, tree string) File {
	return File{Path: path, Verb: []string{"units", "load"}, Flags: []string{"--tree", tree}, Encoding: utf8BOM}
}

// addCommittee adds a street's party committee and all below it. The code of an organisation is D and the
// code of the street or community it leads, then two digits a level.
func (t *unitTable) addCommittee(st *street, m *Manifest) {
	committee := "D" + st.code
	t.add(committee, st.committee(), "committee", "", nil, "党工委书记", nil, []string{st.code})
	m.Committees++
	for _, c := range st.communities {
		branch := "D" + c.code
		t.add(branch, c.branch(), "branch", committee, nil, "党组织书记", []string{c.name + "党组织", c.name + "党支部"}, []string{c.code})
		m.Branches++
		for k, e := range c.estates {
			t.addEstate(e, fmt.Sprintf("%s%02d", branch, k+1), branch, m)
		}
	}
}

func (t *unitTable) addEstate(e *estate, code, branch string, m *Manifest) {
	var covers []string
	for _, g := range e.grids {
		covers = append(covers, g.code)
	}
	t.add(code, e.name+"党支部", "estate_branch", branch, nil, "支部书记", nil, covers)
	m.EstateBranches++
	for k, cl := range e.cells {
		cell := fmt.Sprintf("%s%02d", code, k+1)
		building := cl.buildingOf(e)
		t.add(cell, cl.nameIn(e), "cell", code, nil, "党小组组长", nil, nil)
		m.Cells++
		for h := range cl.households {
			t.add(fmt.Sprintf("%s%02d", cell, h+1), building+"第"+numeral(h+1)+"党员中心户", "household", cell, nil, "", nil, nil)
			m.PartyHouseholds++
		}
	}
}

// The names of party organisations.
func (st *street) committee() string         { return st.name + "党工委" }
func (c *community) branch() string          { return c.name + "党委" }
func (cl *cell) nameIn(e *estate) string     { return cl.buildingOf(e) + "党小组" }
func (cl *cell) buildingOf(e *estate) string { return fmt.Sprintf("%s%d号楼", e.name, cl.building) }
