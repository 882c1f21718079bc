package ingest

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"gridstar/analytics/units"
)

// unitOf finds the unit a row names (DESIGN §3, "Whose row is it?"): a code column; names inside the row's own
// upper units; the unit of the title, sheet or file name; the unit given with the file. What is unknown is a doubt
// and leaves the unit above it; a name that fits two units refuses the row. A code that is no unit, in a row that
// nothing else places, is kept: units loaded later claim it. known is false for it and for "".
func (c *converter) unitOf(p *pass) (code string, known bool) {
	code, stranger, ok := c.codeColumn(p)
	if ok {
		return code, code != ""
	}
	if code, ok = c.namedUnit(p); !ok {
		return "", false
	}
	switch {
	case code != "":
	case c.context.err != nil && stranger == "":
		p.refuse(AmbiguousUnit, "", "", "%s", c.context.err)
		return "", false
	default:
		code = c.context.unit
	}
	if code == "" {
		return stranger, false
	}
	return code, true
}

// codeColumn reads the field org_code. ok: it decides, with a unit or, code "", by refusing the row; otherwise
// stranger is what stands there and is no unit. A name in it is looked for in the unit of the file, as any other is.
func (c *converter) codeColumn(p *pass) (code, stranger string, ok bool) {
	for _, f := range c.codes {
		text := f.Text(p.cells)
		if text == "" {
			continue
		}
		u, err := c.resolve(text, c.context.within)
		if err != nil {
			if exact, is := c.dir.Unit(text); is {
				u, err = exact, nil
			}
		}
		switch {
		case err == nil:
			return u.Code, "", true
		case ambiguous(err):
			p.refuse(AmbiguousUnit, f.Column.Header, text, "%s", err)
			return "", "", true
		}
		p.doubt(UnknownUnit, text)
		if scientific.MatchString(text) { // digits are lost: no unit loaded later can be meant by it
			p.spoilt = append(p.spoilt, text)
			continue
		}
		return "", text, false
	}
	return "", "", false
}

// scientific is what spreadsheets make of a long code in a column that is not formatted as text.
var scientific = regexp.MustCompile(`^[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}$`)

// resolve finds the unit that a text names; the .0 that spreadsheets and data frames put behind a code counts as
// nothing where what is left is a unit.
func (c *converter) resolve(text string, within []string) (units.Unit, error) {
	u, err := c.dir.Resolve(text, within, "")
	if code, cut := strings.CutSuffix(text, ".0"); err != nil && cut {
		if exact, ok := c.dir.Unit(code); ok {
			return exact, nil
		}
	}
	return u, err
}

// namedUnit reads the columns that name units, from the coarsest to the finest, each inside the one before. ok is
// false where the row is refused. Below a name that is unknown only codes are believed: the 第五网格 of a
// community that is not registered must not become that of its neighbour.
func (c *converter) namedUnit(p *pass) (code string, ok bool) {
	within, lost := c.context.within, false
	for i := len(c.binding.Org) - 1; i >= 0; i-- {
		src := c.binding.Org[i]
		if src.Kind != "column" {
			continue
		}
		text := c.binding.Cell(p.cells, src.Column)
		if text == "" {
			continue
		}
		u, err := c.resolve(text, within)
		if lost && (err != nil || u.Code != strings.TrimSuffix(text, ".0")) {
			continue
		}
		switch {
		case err == nil:
			c.within[0] = u.Code
			code, within, lost = u.Code, c.within[:], false
		case ambiguous(err):
			p.refuse(AmbiguousUnit, src.Header, text, "%s", err)
			return "", false
		case len(within) > 0 && c.above(text, within[0]): // 红旗街道 in a file of its 朝阳社区
		default:
			p.doubt(UnknownUnit, text)
			if scientific.MatchString(text) {
				p.spoilt = append(p.spoilt, text)
			}
			lost = true
		}
	}
	return code, true
}

// above says whether the text names a unit that contains the given one.
func (c *converter) above(text, unit string) bool {
	u, err := c.dir.Resolve(text, nil, "")
	if err == nil {
		return c.dir.Contains(u.Code, unit)
	}
	several, ok := errors.AsType[*units.AmbiguousError](err)
	return ok && slices.ContainsFunc(several.Candidates, func(u units.Unit) bool { return c.dir.Contains(u.Code, unit) })
}

// ambiguous says whether a text fits two units or more.
func ambiguous(err error) bool {
	_, is := errors.AsType[*units.AmbiguousError](err)
	return is
}
