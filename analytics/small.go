package analytics

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// Small numbers of people in care (TRUST A5). That two people of a grid were visited tells its neighbours who they are;
// that two of a community were does not. So personal numbers are shown as they are down to the level of Site.SmallBelow
// (社区, 社区党组织), and below it only where nobody can work out from them, or from several of them, one between 1 and
// SmallN - 1. Personal is what metrics with care = true count, whatever is made of it, and whatever a query divides or
// filters by target_group. Who holds Scope.Care for the units concerned sees everything.
//
// What is shown below the level:
//
//   - Numbers of whole quarters that have ended, and of periods made of these, by units, quarter and year, without any
//     other dimension, filter, comparison or earlier data version. All else is hidden: two windows that differ by a day,
//     a week taken from a month, today's answer against yesterday's would each tell of one person. Numbers by
//     target_group are always hidden: everything else about the same rows is open, and would narrow them down.
//   - Of these, numbers that are made of cells. A cell is all that lies in one unit of the next level below (网格 under its
//     community, 小区党组织 under its branch), or the rows of a community that no grid has; the cells of one community are
//     its block. A number of a part of a cell (楼栋) is hidden. One that takes in a whole block adds nothing to the
//     community's own number, which is open; so what a number tells is what the cells tell that it takes of other blocks.
//   - In each block and quarter, all cells or none (picture). The picture is that of the whole site, whoever asks: answers
//     to callers of different scopes cannot be told apart by what they hide, nor added up.
//
// Why nothing follows from what is shown. Registers (figures) of a block are hidden where any of their numbers in it is
// small; everything else is hidden where that holds, or where any number of it, or what it leaves of its denominator (people
// not visited), is small. Let v be a small number of a cell. Suppose that a person counted in v had been at home in another
// cell of the block: all that is said about the community, at whatever grain of time, is as before. If v was 2 or more it is
// still small afterwards, so the block is hidden as before. If v was 1, suppose that it had one more, from a cell that has
// some: it is 2, and small; and if no other cell has any, the one person may be in another cell, which is then the small
// one. So a small v always has two values that agree with everything shown, also for a reader who knows this rule. Registers
// are decided for themselves because they hardly change: what one quarter hides of them another would show. Nor does it help
// the reader that nobody is visited who is not registered. Where registers are shown a visited person can only move to a
// cell that has somebody unvisited; if none has, take one from there instead, which leaves one unvisited: small again.
// TestSmallNumbers goes through all small blocks; TestSmallNumbersOfTwins makes the other world and asks both everything.
//
// To hide fewer cells is usual: the small ones, and the next larger until the sum gives nothing away. It was tried and given
// up. Of 4, 27 and 27 it hides 4 and 27, whose sum is 31; the one hidden for company is no larger than the one shown, so the
// small one is 4. People visited, registered and left over are three such tables that share a sum. The register that one
// quarter hides for company the next quarter shows. And all or none is a rule that a community can be told.
//
// What it cannot help: a community of one cell, or with only one that has anybody registered, has its number; who knows all
// cells but one works that one out; how many the quarters of a year together left unvisited may follow from what each of
// them shows; a number that changes from one data version to the next tells of the change; where units are reorganised, the
// communities before and after tell what moved; and open facts about the same people bound what is not open.

// Hidden stands for a small number, and for one from which a small number could be worked out. A cell with it has nothing
// else: neither numbers nor coverage.
const Hidden Note = "不显示"

// shown is a number of a cell for the writers: null where the cell is Hidden.
func (c Cell) shown(n float64) *float64 {
	if c.Note == Hidden {
		return nil
	}
	return &n
}

// small hides the small numbers of an answer.
type small struct {
	*plan
	personal []bool            // by column
	plain    bool              // the query is one whose numbers may be shown below the level
	parts    map[string][]part // by tupleKey of the row's units: the blocks it takes a part of that the caller may not see
	limit    int
}

// part says that a row counts a block, but not all of it.
type part struct {
	block int  // position at the site of the unit above the level's
	whole bool // it counts its cells wholly
}

// small gives what there is to hide in the answer; nil for most queries. It takes the limit off the plan: what a row of
// nothing but hidden numbers is there for must not show in how many rows follow.
func (p *plan) small() *small {
	s := &small{plan: p, personal: make([]bool, len(p.metrics)), limit: p.Limit}
	target := p.byTarget()
	some := false
	for i, m := range p.metrics {
		s.personal[i] = target || p.isPersonal(m)
		some = some || s.personal[i]
	}
	if !some || p.Scope.Care.All {
		return nil
	}
	if s.parts = p.blockParts(); len(s.parts) == 0 {
		return nil
	}
	s.plain = !target && len(p.codes) == 0 && len(p.parts) == 0 && len(p.codeOnly) == 0 && len(p.partOnly) == 0 && len(p.Fold) == 0 && p.Compare == NoCompare
	p.Limit = 0
	if target { // nor does whether anybody has a value
		p.unlisted = slices.DeleteFunc(p.unlisted, func(f Filter) bool { return f.Dim == catalog.ListTargetGroup })
	}
	return s
}

// byTarget says that the query divides or filters by the group a person belongs to.
func (p *plan) byTarget() bool {
	return slices.ContainsFunc(p.codes, func(d dim) bool { return d.from == catalog.ListTargetGroup }) ||
		slices.ContainsFunc(p.codeOnly, func(f Filter) bool { return f.Dim == catalog.ListTargetGroup })
}

// isPersonal says that a metric, or one it is made of, counts people in care.
func (p *plan) isPersonal(m *catalog.Metric) bool {
	return slices.ContainsFunc(p.operands(m), func(m *catalog.Metric) bool {
		return m.Care || m.Shape == catalog.ShapeRecord && m.Reads(catalog.ListTargetGroup)
	})
}

// hide takes out of the rows what must not be seen.
func (s *small) hide(ctx context.Context, v *warehouse.View, a *Answer) error {
	plain := s.plain && s.Units == UnitsNow && (s.AsOf == nil || *s.AsOf == v.Version())
	var pic *picture
	if plain {
		var err error
		if pic, err = s.picture(ctx, v); err != nil {
			return err
		}
	}
	said := ""
	if !plain {
		said = s.coarse()
	}
	kept := a.Rows[:0]
	for _, row := range a.Rows {
		parts := s.parts[s.tupleOf(row)]
		why := ""
		for i, m := range s.metrics {
			if !s.personal[i] || len(parts) == 0 {
				continue
			}
			switch {
			case !plain || !pic.shows(s.timeOf(row)) || !s.mayShow(m) || slices.ContainsFunc(parts, func(b part) bool { return !b.whole }):
				why = s.coarse()
			case slices.ContainsFunc(parts, func(b part) bool { return pic.hides(b.block, s.timeOf(row), s.group(m)) }):
				why = SmallWords(s.cat)
			default:
				continue
			}
			row.Cells[i] = Cell{Note: Hidden}
			if s.Compare != NoCompare {
				row.Cells[i].ChangeNote = Hidden
			}
		}
		if !s.tells(row) {
			kept, said = append(kept, row), or(said, why)
		}
	}
	if a.Rows = kept; s.limit > 0 {
		a.Rows = a.Rows[:min(s.limit, len(a.Rows))]
	}
	if said != "" {
		a.Notes = append(a.Notes, said)
	}
	return nil
}

// tells says that a row may tell by being there that facts whose number is hidden have a value of a code, no unit, or one no
// more in force: such rows are there only where facts are, and this one shows none.
func (s *small) tells(row Row) bool {
	for _, c := range row.Cells {
		if c.Note != Hidden && (c.N != 0 || c.D != 0 || c.PrevN != 0 || c.PrevD != 0 || c.Flagged != 0) {
			return false
		}
	}
	if len(s.codes) > 0 {
		return true
	}
	for i, d := range s.dims {
		if code, _ := row.Keys[i].Value.(string); d.class == orgDim {
			if at := s.register.tree.Position(code); at == 0 || !s.register.tree.Node(at).Valid {
				return true
			}
		}
	}
	return false
}

// SmallWords say why a number is hidden, without a full stop, as notes do.
func SmallWords(cat *catalog.Catalog) string {
	return fmt.Sprintf("“不显示”表示人数少于%d，或者能由此推出少于%[1]d的人数", cat.Site.SmallN)
}

// coarse says which numbers there are.
func (s *small) coarse() string {
	var levels []string
	for _, tree := range []string{units.Area, units.Party} {
		if id, _ := s.cat.SmallLevel(tree); id != "" {
			l, _ := s.cat.Level(id)
			levels = append(levels, l.Label)
		}
	}
	return "“不显示”表示" + strings.Join(levels, "、") + "以下关爱对象的人数只按已经结束的整季度公布，不再按其他条件细分"
}

// tupleOf is the tupleKey of a row's units.
func (s *small) tupleOf(row Row) string {
	var tuple []int
	for i, d := range s.dims {
		if d.class == orgDim {
			code, _ := row.Keys[i].Value.(string)
			tuple = append(tuple, s.register.tree.Position(code))
		}
	}
	return tupleKey(tuple)
}

// timeOf names the bucket of a row by its keys.
func (s *small) timeOf(row Row) string {
	var keys []any
	for i, d := range s.dims {
		if d.class == timeDim {
			keys = append(keys, row.Keys[i].Value)
		}
	}
	return timeName(keys)
}

// quarterly are the first days of the quarters of [from, to); nil if it is not made of whole ones that have ended.
func (p *plan) quarterly(from, to time.Time) []time.Time {
	if !from.Equal(timeKey("quarter", from, 1)) || !to.Equal(timeKey("quarter", to, 1)) || p.now().Before(to) {
		return nil
	}
	var all []time.Time
	for q := from; q.Before(to); q = addMonths(q, 3) {
		all = append(all, q)
	}
	return all
}
