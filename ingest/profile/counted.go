package profile

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// counted is what the cells of a column are counted in, as its header, the row below it or the title says: 应收（万元）,
// 单位：万元. The zero value says nothing.
type counted struct {
	word   string // as written: 万元
	factor float64
	unit   string // 元
}

// countedIn reads a word that says what numbers are counted in: an optional 万, 亿 or 千 and a unit.
func countedIn(word string) (counted, bool) {
	word = strings.TrimSpace(narrow(word))
	c, rest := counted{word: word, factor: 1}, word
	if f, factor, ok := factorOf(rest); ok && len(f) < len(rest) {
		c.factor, rest = factor, rest[len(f):]
	}
	if rest == "" || unitOf(rest) != rest {
		return counted{}, false
	}
	c.unit = rest
	return c, true
}

// splitUnit cuts what a header ends with in brackets off it, where that says what its numbers are counted in: 应收（万元）,
// 面积[平方米], 金额（单位：万元）.
func splitUnit(header string) (name string, c counted, ok bool) {
	h := narrow(label(header))
	for _, bracket := range [][2]string{{"(", ")"}, {"[", "]"}, {"【", "】"}} {
		body, found := strings.CutSuffix(h, bracket[1])
		at := strings.LastIndex(body, bracket[0])
		if !found || at <= 0 {
			continue
		}
		if c, ok = countedIn(bareUnit(body[at+len(bracket[0]):])); ok {
			return strings.TrimSpace(body[:at]), c, true
		}
	}
	return "", counted{}, false
}

// bareUnit is a word without brackets and 单位： around it.
func bareUnit(s string) string {
	s = strings.Trim(narrow(CleanCell(s)), "()[]【】 ")
	return strings.TrimLeft(strings.TrimPrefix(s, "单位"), ": ")
}

// unitWords finds 单位：万元 in what stands above a table; a unit of another kind (填报单位：朝阳社区) counts nothing.
var unitWords = regexp.MustCompile(`单位\s*[:：]\s*([^\s()（）。；;]+)`)

// above says what the numbers of a table are counted in by its title: one entry for each word of 单位：万元、户.
func above(t Title) (all []counted) {
	for _, line := range t.Lines {
		for _, m := range unitWords.FindAllStringSubmatch(line, -1) {
			for _, word := range strings.FieldsFunc(m[1], func(r rune) bool { return strings.ContainsRune("、，,/和及", r) }) {
				if c, ok := countedIn(word); ok {
					all = append(all, c)
				}
			}
		}
	}
	return all
}

// reaches says whether a number counted so can be given in the unit wanted.
func (c counted) reaches(want string) bool {
	_, err := number{value: 1, unit: c.unit}.inUnit(want, "")
	return err == nil
}

// apply gives a number its column's unit, where the cell states neither a unit nor 万 or 亿 of its own.
func (c counted) apply(n number, cell string) number {
	if c.unit == "" || n.unit != "" || strings.ContainsAny(cell, "万亿") {
		return n
	}
	n.value, n.unit = scale(n.value, c.factor), c.unit
	return n
}

// scale multiplies what people wrote in decimals and keeps it one: 1.1 万 are 11000, not 11000.000000000002.
func scale(v, factor float64) float64 {
	if factor == 1 {
		return v
	}
	p, err := strconv.ParseFloat(strconv.FormatFloat(v*factor, 'g', 15, 64), 64)
	if err != nil || math.IsInf(p, 0) {
		return v * factor
	}
	return p
}

// count finds out what the numbers of each column are counted in. The cell's own unit is the surest, then the header's, then that
// of a row of units right below it, then the title's, which counts only for columns that can be given in it.
func (b *Binding) count(t Title, below []string) {
	if !b.inUnits(below) {
		below = nil
	}
	title, noted := above(t), map[int]string{}
	for i := range b.Emits {
		for k := range b.Emits[i].Fields {
			f := &b.Emits[i].Fields[k]
			if !f.Column.Bound() || f.Type != Number && f.Type != Int {
				continue
			}
			f.counted = b.countOf(f, title, below)
			if f.counted.factor > 1 {
				noted[f.Column.at] = "“" + f.Column.Header + "”按" + f.counted.word
			}
		}
	}
	b.Counted = nil
	for _, at := range slices.Sorted(maps.Keys(noted)) {
		b.Counted = append(b.Counted, noted[at])
	}
}

func (b *Binding) countOf(f *Field, title []counted, below []string) counted {
	want := f.Unit
	if _, c, ok := splitUnit(b.Header[f.Column.at-1]); ok && (c.reaches(want) || !b.spelt(f)) {
		return c
	}
	if i := f.Column.at - 1; i < len(below) {
		if c, ok := countedIn(bareUnit(below[i])); ok && (c.reaches(want) || c.factor > 1) {
			return c
		}
	}
	if want != "" {
		for _, c := range title {
			if c.reaches(want) {
				return c
			}
		}
	}
	return counted{}
}

// spelt says whether the profile itself knows a field's column by its whole header, unit and all.
func (b *Binding) spelt(f *Field) bool {
	header := Fold(b.Header[f.Column.at-1])
	canon := Fold(b.Canon[f.Column.at-1])
	return header == canon || slices.Contains(b.Profile.synonyms[canon].folded, header)
}
