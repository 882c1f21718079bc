package units

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"gridstar/analytics/warehouse"
)

// Directory is every unit as it counts on one date: an immutable snapshot, safe for concurrent use. One version
// stands for each code (see the package comment); a unit that is not in force on the date is still found by its
// code, and by its name where no unit in force bears it.
type Directory struct {
	version  int64
	date     time.Time
	levels   Levels
	units    []Unit // in official order
	parents  []int  // position of the unit above, -1 for a root
	byCode   map[string]int
	byFolded map[string]int // by fold(code): a code typed in full width; -1 where two codes look alike
	children map[int][]int  // by position, -1 for the roots, in official order
	covering map[string][]int

	names names
	cache cache
}

// LoadDirectory reads the units of the view's data version as they count on the civil date of date.
func LoadDirectory(ctx context.Context, v *warehouse.View, levels Levels, date time.Time) (*Directory, error) {
	all, err := readUnits(ctx, v)
	if err != nil {
		return nil, err
	}
	d := NewDirectory(levels, all, date)
	d.version = v.Version()
	return d, nil
}

// NewDirectory makes a directory from versions of units, any number a code, in any order.
func NewDirectory(levels Levels, versions []Unit, date time.Time) *Directory {
	return newDirectory(levels, order(inForce(versions, Date(date))), Date(date))
}

// newDirectory makes a directory from units in official order, one a code.
func newDirectory(levels Levels, ordered []Unit, date time.Time) *Directory {
	d := &Directory{
		date: date, levels: levels, units: ordered,
		byCode: map[string]int{}, byFolded: map[string]int{}, children: map[int][]int{}, covering: map[string][]int{},
	}
	for i, u := range d.units {
		d.byCode[u.Code] = i
		if _, taken := d.byFolded[fold(u.Code)]; taken {
			i = -1
		}
		d.byFolded[fold(u.Code)] = i
	}
	d.parents = make([]int, len(d.units))
	for i, u := range d.units {
		p, ok := d.byCode[u.Parent]
		if !ok || d.units[p].Tree != u.Tree {
			p = -1
		}
		d.parents[i] = p
		d.children[p] = append(d.children[p], i)
		for _, area := range u.Covers {
			d.covering[area] = append(d.covering[area], i)
		}
	}
	d.names = newNames(d)
	d.cache.answers = map[question]answer{}
	return d
}

// inForce picks of every code the version that counts on the date: the one in force, else the last that has
// ended, else the first to come.
func inForce(versions []Unit, date time.Time) []Unit {
	best := make(map[string]int, len(versions)) // code → index of the best version
	rank := func(u *Unit) (class int, distance time.Duration) {
		switch {
		case u.In(date):
			return 0, 0
		case u.ValidFrom.After(date):
			return 2, u.ValidFrom.Sub(date)
		}
		return 1, date.Sub(u.ValidFrom)
	}
	for i := range versions {
		u := &versions[i]
		old, ok := best[u.Code]
		if ok {
			c, dist := rank(u)
			oc, odist := rank(&versions[old])
			if c > oc || c == oc && dist >= odist {
				continue
			}
		}
		best[u.Code] = i
	}
	out := make([]Unit, 0, len(best))
	for i, u := range versions {
		if best[u.Code] == i {
			out = append(out, u)
		}
	}
	return out
}

// order sorts units into official order: the area tree before the party tree, depth first, the children of a
// unit by sort, then code. A unit whose parent is unknown stands among the roots.
func order(us []Unit) []Unit {
	sorted := make([]*Unit, len(us)) // a unit is large; its address is not
	tree := make(map[string]string, len(us))
	for i := range us {
		sorted[i] = &us[i]
		tree[us[i].Code] = us[i].Tree
	}
	slices.SortFunc(sorted, func(a, b *Unit) int {
		return cmp.Or(cmp.Compare(a.Tree, b.Tree), cmp.Compare(a.Sort, b.Sort), cmp.Compare(a.Code, b.Code))
	})
	below := make(map[string][]*Unit, len(us))
	for _, u := range sorted {
		parent := u.Parent
		if tree[parent] != u.Tree {
			parent = ""
		}
		below[parent] = append(below[parent], u)
	}
	out := make([]Unit, 0, len(us))
	var walk func(parent string)
	walk = func(parent string) {
		for _, u := range below[parent] {
			out = append(out, *u)
			walk(u.Code)
		}
	}
	walk("")
	return out
}

// Version is the data version the units were read from; 0 for NewDirectory.
func (d *Directory) Version() int64 { return d.version }

// Date is the civil date on which the units count.
func (d *Directory) Date() time.Time { return d.date }

// Levels are the levels of both trees, from the top down.
func (d *Directory) Levels() Levels { return d.levels }

// Len is the number of units.
func (d *Directory) Len() int { return len(d.units) }

// Units are all units in official order.
func (d *Directory) Units() []Unit { return slices.Clone(d.units) }

// Unit gives a unit by its exact code.
func (d *Directory) Unit(code string) (Unit, bool) {
	i, ok := d.byCode[code]
	if !ok {
		return Unit{}, false
	}
	return d.units[i], true
}

// over says whether a unit was in use and is no more.
func (d *Directory) over(code string) bool {
	u, ok := d.Unit(code)
	return ok && !u.ValidTo.IsZero() && !u.ValidTo.After(d.date)
}

// AnyOver says whether there is a unit that is in use no more.
func (d *Directory) AnyOver() bool {
	return slices.ContainsFunc(d.units, func(u Unit) bool { return !u.ValidTo.IsZero() && !u.ValidTo.After(d.date) })
}

// AtLevel are the units of a level in official order.
func (d *Directory) AtLevel(level string) []Unit {
	var out []Unit
	for _, u := range d.units {
		if u.Level == level {
			out = append(out, u)
		}
	}
	return out
}

// Children are the units directly below a code in official order; the roots of both trees for "".
func (d *Directory) Children(code string) []Unit {
	at := -1
	if code != "" {
		i, ok := d.byCode[code]
		if !ok {
			return nil
		}
		at = i
	}
	var out []Unit
	for _, i := range d.children[at] {
		out = append(out, d.units[i])
	}
	return out
}

// Ancestors are the units above a code in its own tree, from the top down, without itself.
func (d *Directory) Ancestors(code string) []Unit {
	i, ok := d.byCode[code]
	if !ok {
		return nil
	}
	var out []Unit
	for p := d.parents[i]; p >= 0; p = d.parents[p] {
		out = append(out, d.units[p])
	}
	slices.Reverse(out)
	return out
}

// FullName is a unit's name behind those of the units above it: 红旗街道朝阳社区第一网格. The root of a tree that
// has only one is left out, since it says nothing. An unknown code is given back as it is.
func (d *Directory) FullName(code string) string {
	i, ok := d.byCode[code]
	if !ok {
		return code
	}
	name := d.units[i].Name
	for p := d.parents[i]; p >= 0; p = d.parents[p] {
		if d.parents[p] < 0 && d.roots(d.units[p].Tree) == 1 {
			break
		}
		name = d.units[p].Name + name
	}
	return name
}

func (d *Directory) roots(tree string) int {
	n := 0
	for _, i := range d.children[-1] {
		if d.units[i].Tree == tree {
			n++
		}
	}
	return n
}

// Contains says whether a unit is another or lies below it. A party unit also lies in an area unit when it, or else
// the nearest organisation above it that covers anything, covers a part of it.
func (d *Directory) Contains(upper, code string) bool {
	p, ok := d.byCode[upper]
	i, ok2 := d.byCode[code]
	return ok && ok2 && d.contains(p, i)
}

func (d *Directory) contains(upper, i int) bool {
	crosses := d.units[upper].Tree != d.units[i].Tree
	for ; i >= 0; i = d.parents[i] {
		if i == upper {
			return true
		}
		if covers := d.units[i].Covers; crosses && len(covers) > 0 {
			return slices.ContainsFunc(covers, func(area string) bool {
				a, ok := d.byCode[area]
				return ok && d.contains(upper, a)
			})
		}
	}
	return false
}

// CoverConflict is an area unit that two or more organisations of one party level cover. Facts then count for
// the first of them (see Tree).
type CoverConflict struct {
	Area  string   // code of the area unit
	Level string   // party level
	By    []string // codes of the organisations, the one that counts first
}

// CoverConflicts are all units covered twice at one level, in official order, then by level.
func (d *Directory) CoverConflicts() []CoverConflict {
	var out []CoverConflict
	for _, u := range d.units {
		at := map[string][]Unit{}
		for _, i := range d.covering[u.Code] {
			o := d.units[i]
			at[o.Level] = append(at[o.Level], o)
		}
		for _, l := range d.levels {
			by := at[l.ID]
			if len(by) < 2 {
				continue
			}
			slices.SortFunc(by, func(a, b Unit) int { return cmp.Or(cmp.Compare(a.Sort, b.Sort), cmp.Compare(a.Code, b.Code)) })
			c := CoverConflict{Area: u.Code, Level: l.ID}
			for _, o := range by {
				c.By = append(c.By, o.Code)
			}
			out = append(out, c)
		}
	}
	return out
}

// readUnits reads every live version of every unit with its aliases and covers, by date. Texts are sorted here and
// not by DuckDB, whose ORDER BY puts 一网格 before 01网格 where a column's texts are all shorter than 16 bytes (it
// sorts them as signed integers).
func readUnits(ctx context.Context, q warehouse.Queryer) ([]Unit, error) {
	aliases, err := readPairs(ctx, q, "SELECT code, alias FROM org_alias")
	if err != nil {
		return nil, err
	}
	covers, err := readPairs(ctx, q, "SELECT party_code, area_code FROM org_cover")
	if err != nil {
		return nil, err
	}
	return warehouse.Rows(ctx, q, func(rows *sql.Rows) (Unit, error) {
		var u Unit
		var parent, leader, attrs sql.NullString
		var to sql.NullTime
		var population, households sql.NullInt64
		var area sql.NullFloat64
		err := rows.Scan(&u.Tree, &u.Code, &parent, &u.Level, &u.Name, &u.Sort, &u.ValidFrom, &to, &population, &households, &area, &leader, &attrs)
		u.Parent, u.LeaderTitle, u.Attrs = parent.String, leader.String, attrs.String
		u.ValidFrom = Date(u.ValidFrom)
		if to.Valid {
			u.ValidTo = Date(to.Time)
		}
		if population.Valid {
			u.Population = &population.Int64
		}
		if households.Valid {
			u.Households = &households.Int64
		}
		if area.Valid {
			u.AreaKM2 = &area.Float64
		}
		u.Aliases, u.Covers = aliases[u.Code], covers[u.Code]
		return u, err
	}, `SELECT tree, code, parent_code, level, name, sort, valid_from, valid_to, population, households, area_km2, leader_title, attrs
		FROM org ORDER BY valid_from`)
}

func readPairs(ctx context.Context, q warehouse.Queryer, query string) (map[string][]string, error) {
	type pair struct{ key, value string }
	pairs, err := warehouse.Rows(ctx, q, func(rows *sql.Rows) (p pair, err error) {
		err = rows.Scan(&p.key, &p.value)
		return p, err
	}, query)
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, p := range pairs {
		out[p.key] = append(out[p.key], p.value)
	}
	for _, values := range out {
		slices.Sort(values)
	}
	return out, nil
}

// Any says whether a level has a unit inside upper; "" is the whole site.
func (d *Directory) Any(level, upper string) bool {
	for _, u := range d.AtLevel(level) {
		if u.Code != upper && (upper == "" || d.Contains(upper, u.Code)) {
			return true
		}
	}
	return false
}
