package profile

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func itoa(i int) string { return strconv.Itoa(i) }

// readFields reads a [fields] table and adds the constants that the shape has.
func (p *Profile) readFields(b *block, t *table, constants map[string]string) {
	for _, target := range t.keys() {
		v, _ := t.get(target)
		if target == "org" {
			p.readOrg(t)
			continue
		}
		col, ok := b.shape.Column(target)
		if !ok {
			t.r.fail(t.path(target), "“%s”没有字段“%s”", b.shape.Name, target)
			continue
		}
		f := fieldSpec{target: target, typ: col.Type, line: t.line(target), dayEnd: target == "due_at"}
		if m, ok := v.(map[string]any); ok {
			s := &table{r: t.r, at: t.path(target), m: m, used: map[string]bool{}}
			f.read(s)
			s.done(fieldKeys)
		} else {
			f.columns = t.strsOf(target, v)
		}
		if slices.ContainsFunc(f.columns, func(s string) bool { return Fold(s) == "" }) || len(f.columns) == 0 && f.steps.def == "" {
			t.r.fail(t.path(target), "字段“%s”没有写明取自哪一列", target)
		}
		if _, ok := constants[target]; ok {
			t.r.fail(t.path(target), "字段“%s”已是固定值，不能再取自列", target)
		}
		if target == b.into {
			t.r.fail(t.path(target), "字段“%s”由 unpivot 填写，不能再取自列", target)
		}
		b.fields = append(b.fields, f)
	}
	for _, k := range slices.Sorted(maps.Keys(constants)) {
		v := constants[k]
		if col, ok := b.shape.Column(k); ok {
			f := fieldSpec{target: k, typ: col.Type, constant: v, line: constantLine(t, k)}
			if !f.readable(v) {
				t.r.failLine(f.line, "固定值“%s”不适合字段“%s”", v, k)
			}
			b.fields = append(b.fields, f)
		}
	}
	order := map[string]int{}
	for i, c := range b.shape.Columns {
		order[c.Name] = i
	}
	slices.SortFunc(b.fields, func(x, y fieldSpec) int { return order[x.target] - order[y.target] })
}

// constantLine returns the line of a constant: of the block's own, which wins, or of the profile's.
func constantLine(t *table, key string) int {
	block := t.at[:len(t.at)-1]
	if line, ok := t.r.n.at[path(append(block[:len(block):len(block)], "constants", key)...)]; ok {
		return line
	}
	return t.r.n.line("constants", key)
}

// readable says whether a constant or default is a value of the field. A person is never a constant.
func (f *fieldSpec) readable(text string) bool {
	var err error
	switch f.typ {
	case Time:
		_, err = parseTime(text, f.layouts, nil)
	case Bool:
		_, err = ParseBool(text)
	case Int, Number, Lon, Lat:
		_, err = parseNumber(text)
	case Hash:
		return false
	}
	return err == nil
}

func (p *Profile) readOrg(t *table) {
	s := t.sub("org")
	if s.m == nil {
		return
	}
	from := s.strs("from")
	if len(from) == 0 {
		t.r.fail(s.path("from"), "org 要写 from，如 [\"column:网格\", \"title\"]")
	}
	var org []Source
	for _, f := range from {
		if src := p.source(s, "from", f); src.Kind != "" {
			org = append(org, src)
		}
	}
	s.done("from")
	if p.org != nil && !slices.Equal(p.org, org) {
		t.r.fail(t.path("org"), "一行只属于一个单位，各 [[emit]] 的 org 要一致")
	}
	p.org = org
}

// read reads the inline table of a field.
func (f *fieldSpec) read(t *table) {
	f.columns = t.strs("column")
	f.required = t.flag("required")
	f.unit = t.str("unit")
	f.clock = t.names("time")
	for _, l := range t.strs("layouts") {
		if !checkLayout(l) {
			t.r.fail(t.path("layouts"), "时间格式“%s”不可用，应以 2006-01-02 15:04:05 这一时刻的写法表示，并含年、月、日", l)
		}
		f.layouts = append(f.layouts, newLayout(l))
	}
	if t.has("day_end") {
		f.dayEnd = t.flag("day_end")
	}
	f.incl = t.flag("inclusive")
	f.steps.read(t)

	only := func(ok bool, what string, keys ...string) {
		for _, k := range keys {
			if t.has(k) && !ok {
				t.r.fail(t.path(k), "“%s”只用于%s字段，不能用于“%s”", k, what, f.target)
			}
		}
	}
	only(f.typ == Time, "时间", "time", "layouts", "day_end", "inclusive")
	only(f.typ == Number || f.typ == Int, "数值", "unit")
	only(f.typ != Time, "非时间", "strip", "pattern", "template", "group_map", "map", "other", "pad", "prefix")
	if f.unit != "" {
		if _, ok := units[strings.ToLower(f.unit)]; !ok {
			t.r.fail(t.path("unit"), "不认识的单位“%s”", f.unit)
		}
	}
	if f.steps.def != "" && !f.readable(f.steps.def) {
		t.r.fail(t.path("default"), "默认值“%s”不适合字段“%s”", f.steps.def, f.target)
	}
}

// steps change the text of a cell, in the order of the fields. They see a trimmed text that is neither empty nor
// null; the default is for those.
type steps struct {
	strip    []string          // removed wherever they stand
	pattern  *regexp.Regexp    // a text that does not match is no value
	template string            // what a match becomes; "" = the whole match
	groups   map[string]string // applied to what the groups caught
	values   map[string]string // folded text → value
	other    string            // for a text that is not in values; "" = the text itself
	pad      int               // digits are filled up with zeros on the left
	prefix   string
	def      string
}

func (s *steps) read(t *table) {
	s.strip = t.strs("strip")
	if slices.Contains(s.strip, "") {
		t.r.fail(t.path("strip"), "strip 不能是空的")
	}
	if expr := t.str("pattern"); expr != "" {
		re, err := regexp.Compile(expr)
		if err != nil {
			t.r.fail(t.path("pattern"), "正则表达式“%s”有误", expr)
		}
		s.pattern = re
	}
	s.template = t.str("template")
	s.groups = foldKeys(t, "group_map")
	s.values = foldKeys(t, "map")
	s.other = t.str("other")
	s.pad = t.whole("pad", 1, 40)
	s.prefix = t.str("prefix")
	s.def = t.str("default")
	for _, k := range []string{"template", "group_map"} {
		if t.has(k) && !t.has("pattern") {
			t.r.fail(t.path(k), "%s 要与 pattern 一起写", k)
		}
	}
	if s.pattern != nil {
		for _, m := range reference.FindAllStringSubmatch(s.template, -1) {
			if n, err := strconv.Atoi(m[1] + m[2]); err != nil || n > s.pattern.NumSubexp() {
				t.r.fail(t.path("template"), "template 引用了 pattern 中没有的组“%s”", m[0])
			}
		}
	}
	if s.other != "" && s.values == nil {
		t.r.fail(t.path("other"), "other 要与 map 一起写")
	}
}

// reference is $1 or ${1} in a template.
var reference = regexp.MustCompile(`\$(?:\{([^}]*)\}|(\d))`)

// foldKeys reads a map whose keys are compared folded.
func foldKeys(t *table, key string) map[string]string {
	raw := t.texts(key)
	if raw == nil {
		return nil
	}
	out := map[string]string{}
	for _, k := range t.sub(key).keys() { // in the order of the file, so that the later one is at fault
		v := raw[k]
		if old, ok := out[foldText(k)]; ok && old != v {
			t.r.fail(append(t.path(key), k), "“%s”与另一项只差大小写或空格，无法区分", k)
		}
		out[foldText(k)] = v
	}
	return out
}

// foldText makes spellings of a value equal, keeping signs that Fold drops from headers.
func foldText(s string) string { return strings.ToLower(strings.Join(strings.Fields(narrow(s)), " ")) }

func (s *steps) none() bool {
	return len(s.strip) == 0 && s.pattern == nil && s.values == nil && s.pad == 0 && s.prefix == ""
}

// apply runs the steps over a text.
func (s *steps) apply(text string) string {
	for _, cut := range s.strip {
		text = strings.ReplaceAll(text, cut, "")
	}
	if text = CleanCell(text); text == "" {
		return ""
	}
	if s.pattern != nil {
		m := s.pattern.FindStringSubmatch(text)
		if m == nil {
			return ""
		}
		text = s.expand(m)
	}
	if s.values != nil {
		if v, ok := s.values[foldText(text)]; ok {
			text = v
		} else if s.other != "" {
			text = s.other
		}
	}
	if _, ok := digits(text); ok && len(text) < s.pad {
		text = strings.Repeat("0", s.pad-len(text)) + text
	}
	if text == "" {
		return ""
	}
	return s.prefix + text
}

// expand puts what the groups caught, mapped, into the template.
func (s *steps) expand(m []string) string {
	if s.template == "" {
		return m[0]
	}
	return reference.ReplaceAllStringFunc(s.template, func(ref string) string {
		i, _ := strconv.Atoi(strings.Trim(ref, "${}"))
		if v, ok := s.groups[foldText(m[i])]; ok {
			return v
		}
		return m[i]
	})
}
