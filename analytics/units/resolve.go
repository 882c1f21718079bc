package units

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// UnknownError: no unit answers to the text, at the level and inside the units asked for.
type UnknownError struct {
	Text   string
	Within string // full name of the unit inside which it was sought; empty for the whole site
	Level  string // Chinese label of the level it was sought at; empty for any
}

func (e *UnknownError) Error() string {
	what := "单位"
	if e.Level != "" {
		what = e.Level
	}
	where := ""
	if e.Within != "" {
		where = "在“" + e.Within + "”内"
	}
	return fmt.Sprintf("%s找不到%s“%s”，请核对名称，或先登记该单位", where, what, e.Text)
}

// AmbiguousError: the text fits two or more units, and nothing says which.
type AmbiguousError struct {
	Text       string
	Candidates []Unit   // in official order
	FullNames  []string // of the candidates
}

func (e *AmbiguousError) Error() string {
	const shown = 5
	var names []string
	for i, u := range e.Candidates[:min(shown, len(e.Candidates))] {
		names = append(names, fmt.Sprintf("“%s”（编码 %s）", e.FullNames[i], u.Code))
	}
	more := ""
	if n := len(e.Candidates); n > shown {
		more = fmt.Sprintf("等 %d 个单位", n)
	}
	return fmt.Sprintf("“%s”同时符合%s%s，无法确定是哪一个，请写明上级单位或填写编码", e.Text, strings.Join(names, "、"), more)
}

// Resolve finds the one unit a cell means: a code; a name or alias, numerals written in whatever way (第一网格,
// 一网格, 01网格); the kind of unit written another way (朝阳居委会 for 朝阳社区); a full name made of any of the upper units' names and
// its own, with or without kinds and separators (红旗街道/朝阳社区/1网格, 红旗朝阳1网格); the name without its kind
// (朝阳). The closest agreement decides; two units that agree equally well are an *AmbiguousError that names both,
// none is an *UnknownError.
//
// The unit must lie inside every unit of within (codes; nil for the whole site) and stand at level ("" for any).
// A number alone counts as a name (1 for 第一网格) only where within or level narrows it. A unit that is not in
// force on the directory's date answers only where none in force does. Answers are kept, so that a ledger of
// millions of rows asks each text once.
func (d *Directory) Resolve(text string, within []string, level string) (Unit, error) {
	q := question{text: text, level: level}
	switch len(within) {
	case 0:
	case 1:
		q.within = within[0]
	default:
		q.within = strings.Join(within, "\x1f")
	}
	if a, ok := d.cache.get(q); ok {
		return a.unit, a.err
	}
	u, err := d.resolve(text, within, level)
	d.cache.put(q, answer{u, err})
	return u, err
}

// A text longer than this is no unit's name.
const longestText = 200

func (d *Directory) resolve(text string, within []string, level string) (Unit, error) {
	text = strings.TrimSpace(text)
	fits := d.fits(within, level)
	narrowed := len(within) > 0 || level != ""

	if i, ok := d.byCode[text]; ok && fits(i) {
		return d.units[i], nil
	}
	if n := utf8.RuneCountInString(text); n > 0 && n <= longestText {
		if i, ok := d.byFolded[fold(text)]; ok && i >= 0 && fits(i) {
			return d.units[i], nil
		}
		name := normal(text)
		for _, found := range []func() []int{
			func() []int { return d.named(name, own) },
			func() []int { return d.named(name, kindred) },
			func() []int { return d.chained(name, kindred) },
			func() []int {
				if isNumber(name) && !narrowed {
					return nil
				}
				return d.named(name, bare)
			},
			func() []int { return d.chained(name, bare) },
		} {
			switch is := d.settle(found(), fits); len(is) {
			case 0:
			case 1:
				return d.units[is[0]], nil
			default:
				return Unit{}, d.ambiguous(text, is)
			}
		}
	}
	e := &UnknownError{Text: text}
	if len(within) > 0 {
		e.Within = d.FullName(within[len(within)-1])
	}
	if l, ok := d.levels.Find(level); ok {
		e.Level = l.Label
	}
	return Unit{}, e
}

func (d *Directory) ambiguous(text string, is []int) error {
	e := &AmbiguousError{Text: text}
	for _, i := range is {
		e.Candidates = append(e.Candidates, d.units[i])
		e.FullNames = append(e.FullNames, d.FullName(d.units[i].Code))
	}
	return e
}

// fits is the condition that within and level put on a unit.
func (d *Directory) fits(within []string, level string) func(i int) bool {
	return func(i int) bool {
		if level != "" && d.units[i].Level != level {
			return false
		}
		for _, code := range within {
			p, ok := d.byCode[code]
			if !ok || !d.contains(p, i) {
				return false
			}
		}
		return true
	}
}

// settle keeps the candidates that fit, each once and in official order; those in force if there are any.
func (d *Directory) settle(is []int, fits func(int) bool) []int {
	is = slices.DeleteFunc(is, func(i int) bool { return !fits(i) })
	slices.Sort(is)
	is = slices.Compact(is)
	current := slices.DeleteFunc(slices.Clone(is), func(i int) bool { return !d.units[i].In(d.date) })
	if len(current) > 0 {
		return current
	}
	return is
}

// named are the units that bear exactly this spelling, at least as closely as c.
func (d *Directory) named(s string, c closeness) []int {
	var out []int
	for _, sp := range d.names.by[s] {
		if sp.closeness <= c {
			out = append(out, sp.unit)
		}
	}
	return out
}

// chained are the units whose spelling (at least as close as c) ends the text while what stands before it is made
// of the names of units above, from the top down, any of them left out.
func (d *Directory) chained(s string, c closeness) []int {
	var out []int
	for at := range s {
		if at == 0 {
			continue
		}
		for _, i := range d.named(strings.TrimPrefix(s[at:], "-"), c) {
			if d.above(s[:at], d.parents[i]) {
				out = append(out, i)
			}
		}
	}
	return out
}

// above says whether the text consists of names of the unit p and units above it.
func (d *Directory) above(s string, p int) bool {
	s = strings.TrimSuffix(s, "-")
	if s == "" {
		return true
	}
	for ; p >= 0; p = d.parents[p] {
		for at := range s {
			for _, sp := range d.names.by[s[at:]] {
				if sp.unit == p && d.above(s[:at], d.parents[p]) {
					return true
				}
			}
		}
	}
	return false
}

type question struct{ text, within, level string }

type answer struct {
	unit Unit
	err  error
}

// cache keeps what was asked. It stops growing at a size no list of real unit names reaches, so that a column of
// free text cannot fill the memory.
type cache struct {
	mu      sync.RWMutex
	answers map[question]answer
}

const cacheSize = 1 << 16

func (c *cache) get(q question) (answer, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	a, ok := c.answers[q]
	return a, ok
}

func (c *cache) put(q question, a answer) {
	// A cell's text is a slice of its whole batch: keep a copy, not the batch.
	q = question{strings.Clone(q.text), strings.Clone(q.within), strings.Clone(q.level)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.answers) < cacheSize {
		c.answers[q] = a
	}
}
