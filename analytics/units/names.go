package units

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// closeness is how a spelling agrees with a unit's own name; the closest agreement that any unit has decides.
type closeness uint8

const (
	own     closeness = iota // the name or an alias, numerals written in whatever way
	kindred                  // the kind of unit written another way: 朝阳居委会 for 朝阳社区
	bare                     // the name without its kind: 朝阳 for 朝阳社区
)

type spelling struct {
	unit int // position in the directory
	closeness
}

// names is the index from spellings to units.
type names struct {
	by      map[string][]spelling
	longest int // in runes, of the spellings up to kindred
}

// kinds are the ways in which one kind of unit is written at the end of a name. The first is a level's label.
var kinds = map[string][][]string{
	Area: {
		{"街道", "街道办事处", "办事处", "街道办", "街办"},
		{"社区", "社区居民委员会", "社区居委会", "社区居委", "居民委员会", "居委会"},
	},
	Party: {
		{"党组织", "党工委", "党委", "党总支部", "党总支", "党支部", "总支", "支部"},
		{"党小组", "党员小组"},
		{"党员中心户", "中心户"},
	},
}

// endings may be left off a name but are never another word for one another: 建国镇 is not 建国街道.
var endings = []string{"自治县", "区", "县", "市", "镇", "乡", "村", "网格", "楼栋", "号楼"}

func newNames(d *Directory) names {
	n := names{by: make(map[string][]spelling, 4*len(d.units))}
	for i, u := range d.units {
		name := normal(u.Name)
		n.add(i, own, name)
		for _, alias := range u.Aliases {
			n.add(i, own, normal(alias))
		}
		label := ""
		if l, ok := d.levels.Find(u.Level); ok {
			label = l.Label
		}
		others, short := respell(u.Tree, label, name)
		for _, s := range others {
			n.add(i, kindred, s)
		}
		n.add(i, bare, short)
	}
	return n
}

func (n *names) add(unit int, c closeness, s string) {
	if s == "" {
		return
	}
	for _, old := range n.by[s] {
		if old.unit == unit && old.closeness <= c {
			return
		}
	}
	n.by[s] = append(n.by[s], spelling{unit, c})
	if c < bare {
		n.longest = max(n.longest, utf8.RuneCountInString(s))
	}
}

// respell gives the ways to write a normalised name with its kind, and the name without it ("" where nothing
// telling would be left).
func respell(tree, label, name string) (others []string, short string) {
	for _, kind := range kinds[tree] {
		stem, found := name, false
		for _, word := range kind {
			if s, ok := strings.CutSuffix(name, word); ok && len(s) < len(stem) {
				stem, found = s, true
			}
		}
		if !found {
			continue
		}
		for _, word := range kind {
			others = append(others, stem+word)
		}
		return others, telling(stem)
	}
	for _, end := range endings {
		if stem, ok := strings.CutSuffix(name, end); ok {
			return nil, telling(stem)
		}
	}
	for _, kind := range kinds[tree] { // 福田 at the level 街道 is also 福田街道
		if label == kind[0] {
			for _, word := range kind {
				others = append(others, name+word)
			}
			return others, ""
		}
	}
	if label != "" {
		others = append(others, name+label)
	}
	return others, ""
}

// telling refuses a stem of one character: 南 is not 南区. A number may stand alone, see Directory.Resolve.
func telling(stem string) string {
	if utf8.RuneCountInString(stem) >= 2 || isNumber(stem) {
		return stem
	}
	return ""
}

func isNumber(s string) bool {
	return s != "" && strings.TrimFunc(s, isDigit) == ""
}

// nameable says whether a spelling may be looked for inside running text: it has two characters and a letter.
func nameable(s string) bool {
	return utf8.RuneCountInString(s) >= 2 && strings.ContainsFunc(s, unicode.IsLetter)
}
