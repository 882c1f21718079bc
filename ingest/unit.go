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
		code, err := c.resolve(text, c.context.within)
		if err != nil {
			if exact, is := c.dir.Unit(text); is {
				code, err = exact.Code, nil
			}
		}
		switch {
		case err == nil:
			return code, "", true
		case ambiguous(err):
			p.refuse(AmbiguousUnit, f.Column.Header, text, "%s", err)
			return "", "", true
		}
		if c.foreign(p, f.Column.Header, text) {
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

// resolve finds the code of the unit that a text names. The directory remembers answers too, but for everybody: there the
// converters would wait for one another.
func (c *converter) resolve(text string, within []string) (code string, err error) {
	inside := ""
	if len(within) > 0 {
		inside = within[0] // there is never more than one
	}
	if a, met := c.answers.in(inside)[text]; met {
		return a.code, a.err
	}
	code, err = c.lookUp(text, within)
	c.answers.keep(inside, text, answer{code, err})
	return code, err
}

// answers remembers what names of units meant inside which unit, maxCodes of them.
type answers struct {
	by     map[string]map[string]answer
	n      int
	inside string // asked last, and what is known there: rows that follow one another mostly ask there again
	there  map[string]answer
}

func (a *answers) in(inside string) map[string]answer {
	if a.there == nil || a.inside != inside {
		a.inside, a.there = inside, a.by[inside]
	}
	return a.there
}

func (a *answers) keep(inside, text string, x answer) {
	if a.n++; a.n > maxCodes || a.by == nil {
		a.by, a.n = map[string]map[string]answer{}, 1
	}
	inside = strings.Clone(inside) // cells are part of their whole batch
	if a.by[inside] == nil {
		a.by[inside] = map[string]answer{}
	}
	a.by[inside][strings.Clone(text)] = x
	a.inside, a.there = inside, a.by[inside]
}

// answer is what a name of a unit means inside another.
type answer struct {
	code string
	err  error
}

// lookUp asks the directory; the .0 that spreadsheets and data frames put behind a code counts as nothing where what is
// left is a unit.
func (c *converter) lookUp(text string, within []string) (string, error) {
	u, err := c.bounds.resolve(c.dir, text, within)
	if code, cut := strings.CutSuffix(text, ".0"); err != nil && cut {
		if exact, ok := c.dir.Unit(code); ok {
			return exact.Code, nil
		}
	}
	return u.Code, err
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
		found, err := c.resolve(text, within)
		if lost && (err != nil || found != strings.TrimSuffix(text, ".0")) {
			continue
		}
		switch {
		case err == nil:
			c.within[0] = found
			code, within, lost = found, c.within[:], false
		case ambiguous(err):
			p.refuse(AmbiguousUnit, src.Header, text, "%s", err)
			return "", false
		case len(within) > 0 && c.above(text, within[0]): // 红旗街道 in a file of its 朝阳社区
		case code == "" && !lost && c.foreign(p, src.Header, text):
			return "", false
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
