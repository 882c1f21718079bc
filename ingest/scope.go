package ingest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// bounds are the units that whoever loads a file may write for (Request.Scope); nil is every unit. Strangers' units are
// known, so that a row of theirs is refused and not taken for one of his own.
type bounds struct {
	units []string // codes
	dir   *units.Directory
	own   func() *units.Directory // dir without strangers; made when it is first needed
}

func newBounds(r Request, dir *units.Directory) *bounds {
	if !r.Scoped || r.Scope.All {
		return nil
	}
	return &bounds{units: r.Scope.Units, dir: dir, own: sync.OnceValue(func() *units.Directory { return dir.Within(r.Scope) })}
}

// holds says whether a unit is within the bounds.
func (b *bounds) holds(code string) bool {
	switch {
	case b == nil:
		return true
	case code == "":
		return false
	case slices.ContainsFunc(b.units, func(u string) bool { return u == code || b.dir.Contains(u, code) }):
		return true
	}
	_, ok := b.own().Unit(code)
	return ok
}

// around says whether a unit is within the bounds or contains some of them.
func (b *bounds) around(code string) bool {
	return b.holds(code) || slices.ContainsFunc(b.units, func(u string) bool { return b.dir.Contains(code, u) })
}

// resolve is Directory.Resolve where a name that fits several units of the site, and one within the bounds, means that.
func (b *bounds) resolve(dir *units.Directory, text string, within []string) (units.Unit, error) {
	u, err := dir.Resolve(text, within, "")
	if b == nil || !ambiguous(err) {
		return u, err
	}
	if own, bad := b.own().Resolve(text, slices.DeleteFunc(slices.Clone(within), func(c string) bool { _, mine := b.own().Unit(c); return !mine }), ""); bad == nil {
		return own, nil
	}
	return u, err
}

// stranger is the unit that a text means, where that is neither within the bounds nor around them.
func (b *bounds) stranger(text string) (name string, is bool) {
	if b == nil {
		return "", false
	}
	u, err := b.dir.Resolve(text, nil, "")
	if err == nil {
		return b.dir.FullName(u.Code), !b.around(u.Code)
	}
	several, ok := errors.AsType[*units.AmbiguousError](err)
	if !ok || slices.ContainsFunc(several.Candidates, func(u units.Unit) bool { return b.around(u.Code) }) {
		return "", false
	}
	return text, true
}

// foreign refuses a row that names a stranger's unit. It says whether it did.
func (c *converter) foreign(p *pass, column, text string) bool {
	name, is := c.bounds.stranger(text)
	if is {
		p.refuse(ForeignUnit, column, text, "“%s”不在您负责的范围内，这一行不能由您导入", name)
	}
	return is
}

// bound refuses a row whose unit, as it was decided, is not within the bounds.
func (c *converter) bound(p *pass, unit string) {
	switch {
	case c.bounds.holds(unit):
	case slices.ContainsFunc(p.rejects, func(r Reject) bool { return r.Reason == ForeignUnit || r.Reason == AmbiguousUnit }): // it has been said
	case unit == "":
		p.refuse(ForeignUnit, "", "", "没有写明单位，无法确定是否在您负责的范围内；请填写单位，或在导入时指定文件所属的单位")
	default:
		name := unit
		if _, known := c.dir.Unit(unit); known {
			name = c.dir.FullName(unit)
		}
		p.refuse(ForeignUnit, "", "", "“%s”不在您负责的范围内，这一行不能由您导入", quotable(name))
	}
}

// confine refuses a file that speaks of strangers' units. One that speaks of a unit around the bounds is about what is
// within them.
func (b *bounds) confine(c *fileContext, binding *profile.Binding, title profile.Title) error {
	if b == nil || b.holds(c.unit) {
		return nil
	}
	if c.unit != "" && !b.around(c.unit) {
		return fmt.Errorf("文件写明的单位是“%s”，不在您负责的范围内，整个文件未入库；请核对文件", b.dir.FullName(c.unit))
	}
	c.unit, c.within, c.err = "", nil, nil
	if len(b.units) == 1 {
		if _, ok := b.dir.Unit(b.units[0]); ok {
			c.settle(b.units[0])
		}
		return nil
	}
	for _, src := range binding.Org { // a name that only the bounds make plain
		u, ok, err := b.own().FindOne(title.Text(src.Kind), c.within...)
		switch {
		case ambiguous(err):
			c.err = err
		case err == nil && ok:
			c.settle(u.Code)
		}
	}
	return nil
}

// owners are the units that a file covers as a whole: the one it is about, else those of the bounds, else the site ("").
func (l *ledger) owners() []string {
	if l.context.unit == "" && l.bounds != nil {
		return l.bounds.units
	}
	return []string{l.context.unit}
}

// refuseForeign refuses the rows that would replace facts of strangers' units: a number is known to whoever has seen it.
// The rows' facts are taken out of the job again, before they are settled.
func (l *load) refuseForeign(ctx context.Context) error {
	if l.bounds == nil {
		return nil
	}
	shapes := l.binding.Profile.Shapes()
	refused := map[int64]string{} // file row → the stranger
	for _, shape := range shapes {
		type clash struct {
			row int64
			org sql.NullString
		}
		all, err := warehouse.Rows(ctx, l.job, func(r *sql.Rows) (c clash, err error) { return c, r.Scan(&c.row, &c.org) },
			"SELECT n.row, o.org_code FROM "+shape+" n JOIN "+shape+" o ON o.id = n.id AND o.since <> $1 WHERE n.since = $1", l.job.ID)
		if err != nil {
			return err
		}
		for _, c := range all {
			if !l.bounds.holds(c.org.String) {
				refused[c.row] = c.org.String
			}
		}
	}
	if len(refused) == 0 {
		return nil
	}
	var list []string
	for row := range refused {
		list = append(list, fmt.Sprint(row))
	}
	for _, shape := range shapes {
		if _, err := l.job.Exec(ctx, "DELETE FROM "+shape+" WHERE since = $1 AND row IN (SELECT unnest(string_split($2, ','))::BIGINT)", l.job.ID, strings.Join(list, ",")); err != nil {
			return err
		}
	}
	for row, org := range refused {
		of := "没有单位"
		if _, known := l.dir.Unit(org); known {
			of = "属于“" + l.dir.FullName(org) + "”"
		}
		l.refused++
		l.produced--
		l.reject(Reject{Row: row, Reason: ForeignUnit, Message: "库中同一编号的记录" + of + "，不在您负责的范围内，不能由您更新"})
	}
	return nil
}
