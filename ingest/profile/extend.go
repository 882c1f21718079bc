package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const extendKeys = "name、title、extends、header_row、crs、match、null、synonyms、columns、attrs、drop、examples"

// extend reads a profile that adapts another one: everything is as there but for what it says itself. [columns] gives columns the
// headers of the site's files; synonyms, null values, attributes and dropped columns are added to those of the other.
func (p *Profile) extend(r *reader, top *table, opt Options) {
	find := opt.Base
	if find == nil {
		find = builtinNamed
	}
	p.Extends = strings.TrimSpace(top.str("extends"))
	base, ok := find(p.Extends)
	switch {
	case !ok:
		r.fail([]string{"extends"}, "没有名为“%s”的台账模板可供 extends 引用", p.Extends)
		return
	case base.base != nil:
		r.fail([]string{"extends"}, "“%s”本身也是改写来的，请改为 extends = %q", p.Extends, base.base.Name)
		return
	case base.Refuse != "":
		r.fail([]string{"extends"}, "“%s”不作为台账导入，不能改写", p.Extends)
		return
	}
	own := *p
	*p = *base
	p.Name, p.Title, p.File, p.Extends, p.base = own.Name, own.Title, own.File, own.Extends, base
	sum := sha256.Sum256([]byte(own.Digest + base.Digest)) // what a file becomes depends on both
	p.Digest = hex.EncodeToString(sum[:])
	if top.has("header_row") {
		p.headerRow(top)
	}
	if top.has("crs") {
		p.CRS = top.str("crs")
	}
	if top.has("match") {
		p.readMatch(top)
	}
	null := top.sub("null")
	p.null = append(p.null[:len(p.null):len(p.null)], null.strs("values")...)
	null.done("values")
	p.readSynonyms(top)
	all := maps.Clone(base.synonyms)
	for folded, s := range p.synonyms {
		old, ok := all[folded]
		if !ok {
			old = synonym{name: s.name, order: len(all)}
		}
		old.others = append(old.others[:len(old.others):len(old.others)], s.others...)
		old.folded = append(old.folded[:len(old.folded):len(old.folded)], s.folded...)
		all[folded] = old
	}
	p.synonyms = all
	p.readColumns(top)
	attrs, drop := top.sub("attrs"), top.sub("drop")
	keep, leave := attrs.names("columns"), drop.names("columns")
	attrs.done("columns")
	drop.done("columns")
	p.attrs = slices.DeleteFunc(slices.Clone(p.attrs), func(h string) bool { return containsFolded(leave, h) })
	p.attrs = append(p.attrs, keep...)
	p.drop = append(p.drop[:len(p.drop):len(p.drop)], leave...)
	p.Match = slices.DeleteFunc(slices.Clone(p.Match), func(h string) bool { header, ok := p.columns[Fold(h)]; return ok && header == "" })
	switch {
	case len(p.Match) > 0 || !opt.NeedMatch:
	case len(base.Match) == 0:
		r.failLine(1, "缺少 [match] headers，请写明凭哪些列名识别这份台账")
	default:
		r.fail([]string{"columns"}, "识别台账所用的列都写成了没有，请在 [match] headers 中写明凭哪些列名识别")
	}
	p.readExamples(top)
	top.done(extendKeys)
}

func containsFolded(names []string, name string) bool {
	folded := Fold(name)
	return slices.ContainsFunc(names, func(n string) bool { return Fold(n) == folded })
}

// readColumns reads [columns] 受理日期 = "登记的日子".
func (p *Profile) readColumns(top *table) {
	t := top.sub("columns")
	if t.m == nil {
		return
	}
	p.columns = map[string]string{}
	known := p.names()
	for _, k := range t.keys() {
		header := t.str(k)
		switch {
		case !containsFolded(known, k):
			t.r.fail(t.path(k), "台账没有“%s”这一列", k)
		case header != "" && Fold(header) == "":
			t.r.fail(t.path(k), "“%s”对应的列名是空的", k)
		}
		p.columns[Fold(k)] = header
	}
}

// readExamples reads [examples] 受理日期 = "2026-03-02".
func (p *Profile) readExamples(top *table) {
	t := top.sub("examples")
	if t.m == nil {
		return
	}
	known := p.names()
	p.examples = nil
	for _, k := range t.keys() {
		v, ok := t.text(k)
		switch {
		case !containsFolded(known, k):
			t.r.fail(t.path(k), "台账没有“%s”这一列", k)
		case !ok:
			t.wrong(k, "文字")
		}
		p.examples = append(p.examples, sample{k, v})
	}
}

// Remap returns a profile of that name that reads ledgers with other headers as p does, and its TOML. columns gives for
// canonical headers of p (see Columns) the header of the file, "" where the file has none; attrs are headers of the file
// to be kept as attributes, drop those to be left out. A profile that itself extends another is followed to that one and keeps
// what it says. The error is an *Error that says what is wrong.
func (p *Profile) Remap(name string, columns map[string]string, attrs, drop []string) (*Profile, []byte, error) {
	base := p
	if p.base != nil {
		base = p.base
	}
	spelt := map[string]string{} // by folded canonical header
	maps.Copy(spelt, p.columns)
	for canonical, header := range columns {
		spelt[Fold(canonical)] = label(header)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "# 在“%s”的基础上，按本站表格的列名改写。\nname = %s\nextends = %s\n", oneLine(base.Title), quoted(name), quoted(base.Name))
	if p.HeaderRow != base.HeaderRow {
		row := itoa(p.HeaderRow)
		if p.HeaderRow == NoHeaderRow {
			row = quoted("none")
		}
		fmt.Fprintf(&out, "header_row = %s\n", row)
	}
	out.WriteString("\n[columns]\n")
	for _, c := range p.Columns() {
		if header, ok := spelt[Fold(c.Header)]; ok {
			fmt.Fprintf(&out, "%s = %s\n", quoted(c.Header), quoted(header))
			delete(spelt, Fold(c.Header))
		}
	}
	for _, folded := range slices.Sorted(maps.Keys(spelt)) { // Parse says that there is no such column
		fmt.Fprintf(&out, "%s = %s\n", quoted(folded), quoted(spelt[folded]))
	}
	list := func(key string, headers []string) {
		if len(headers) == 0 {
			return
		}
		texts := make([]string, len(headers))
		for i, h := range headers {
			texts[i] = quoted(label(h))
		}
		fmt.Fprintf(&out, "\n[%s]\ncolumns = [%s]\n", key, strings.Join(texts, ", "))
	}
	list("attrs", attrs)
	list("drop", drop)
	text := []byte(out.String())
	q, err := Parse(text, oneLine(name)+".toml", Options{NeedMatch: len(base.Match) > 0, Base: func(string) (*Profile, bool) { return base, true }})
	return q, text, err
}

// quoted writes a TOML string.
func quoted(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r < ' ' || r == 0x7F:
			fmt.Fprintf(&out, `\u%04X`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ") }
