package web

import (
	"math/big"
	"slices"
	"strings"

	"gridstar/analytics/stars"
	"gridstar/analytics/units"
)

// starColumn is a column that the matrix can be sorted by. value is nil where a unit has none: it then stands last,
// whichever way the others stand.
type starColumn struct {
	id, label string
	num       bool
	down      bool // the first click shows the greatest first
	value     func(*stars.UnitScore) *big.Rat
}

const sortPlace, sortName = "place", "name"

func starColumns(r *stars.Result) []starColumn {
	whole := func(n int) *big.Rat { return big.NewRat(int64(n), 1) }
	all := []starColumn{
		{sortPlace, "名次", true, false, func(u *stars.UnitScore) *big.Rat {
			if u.Place == 0 {
				return nil
			}
			return whole(u.Place)
		}},
		{id: sortName, label: r.Level.Label},
	}
	for _, star := range r.Rulebook.Stars {
		all = append(all, starColumn{star.Code, strings.TrimSuffix(star.Name, "星"), true, true, func(u *stars.UnitScore) *big.Rat {
			x, _ := u.Star(star.Code)
			return x.Score
		}})
	}
	complete := func(n func(*stars.UnitScore) int) func(*stars.UnitScore) *big.Rat {
		return func(u *stars.UnitScore) *big.Rat {
			if pending(u) {
				return nil
			}
			return whole(n(u))
		}
	}
	return append(all,
		starColumn{"total", "总分", true, true, func(u *stars.UnitScore) *big.Rat { return u.Total }},
		starColumn{"grade", "几星", false, true, complete(func(u *stars.UnitScore) int { return u.Grade })},
		starColumn{"honour", honourWord(r), false, true, complete(func(u *stars.UnitScore) int {
			if u.Honour {
				return 1
			}
			return 0
		})})
}

// honourWord is what a unit with all stars is called: 五星支部.
func honourWord(r *stars.Result) string {
	noun := r.Level.Label
	if r.Level.Tree == units.Party {
		noun = "支部"
	}
	return starWord(len(r.Rulebook.Stars)) + noun
}

// order sorts the units by the state's column; equal ones stay in official order. An unknown column is that of places.
func (cs cycleState) order(columns []starColumn, us []*stars.UnitScore) {
	i := max(0, slices.IndexFunc(columns, func(c starColumn) bool { return c.id == cs.Sort }))
	value := columns[i].value
	if value == nil { // the names stand in official order already
		if cs.Desc {
			slices.Reverse(us)
		}
		return
	}
	slices.SortStableFunc(us, func(a, b *stars.UnitScore) int {
		x, y := value(a), value(b)
		switch {
		case x == nil && y == nil:
			return 0
		case x == nil:
			return 1
		case y == nil:
			return -1
		case cs.Desc:
			return y.Cmp(x)
		}
		return x.Cmp(y)
	})
}

// head is the head of a column: a click on the current one turns the order around.
func (cs cycleState) head(c starColumn) sortHead {
	h := sortHead{Label: c.label, Num: c.num}
	down := c.down
	if cs.Sort == c.id || cs.Sort == "" && c.id == sortPlace {
		down = !cs.Desc
		h.Sort = "ascending"
		if cs.Desc {
			h.Sort = "descending"
		}
	}
	desc := ""
	if down {
		desc = "1"
	}
	h.URL = cs.link("/stars", "sort", c.id, "desc", desc)
	return h
}

// matrixTable is the matrix for a spreadsheet, in the order of us.
func matrixTable(r *stars.Result, us []*stars.UnitScore) table {
	t := table{Head: []string{"名次", "编码", r.Level.Label, "上级"}, Num: []bool{true, false, false, false}}
	for _, star := range r.Rulebook.Stars {
		t.Head, t.Num = append(t.Head, star.Name, star.Name+"状态"), append(t.Num, true, false)
	}
	t.Head, t.Num = append(t.Head, "总分", "几星", honourWord(r), "状态", "规则"), append(t.Num, true, false, false, false, false)
	for _, u := range us {
		row := matrixRow(r.Rulebook, u)
		cells := []string{row.Place, u.Code, u.Name, u.Upper}
		for i := range row.Stars {
			cells = append(cells, row.Stars[i].Score, row.Stars[i].Lamp.Word)
		}
		t.Rows = append(t.Rows, line{Cells: append(cells, row.Total, row.Grade, row.Honour, string(r.State), r.RulebookName()+" "+r.ShortHash())})
	}
	return t
}
