package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Options says what Parse asks of a profile.
type Options struct {
	NeedMatch bool // it must say which headers recognise the ledger; not so for one given by --profile
	// Base finds the profile that another extends; nil = among the built-in ones.
	Base func(name string) (*Profile, bool)
}

const maxProfileBytes = 1 << 20

const (
	topKeys    = "name、title、shape、header_row、crs、key、numbers、covers、period、mask、match、null、constants、synonyms、columns、fields、subject、attrs、drop、emit、examples，或 extends、refuse"
	refuseKeys = "name、title、refuse、match、synonyms"
	emitKeys   = "name、shape、when、constants、fields、unpivot、into"
	fieldKeys  = "column、time、layouts、day_end、inclusive、required、strip、pattern、template、group_map、map、other、pad、prefix、default、unit"
)

// Parse reads and checks a profile. file names it in messages. The error is the first mistake, an *Error with its line.
func Parse(data []byte, file string, opt Options) (*Profile, error) {
	file = filepath.Base(file)
	switch {
	case len(data) > maxProfileBytes:
		return nil, mistake(file, 0, "文件超过 1 MiB，不像是台账模板")
	case !utf8.Valid(data):
		return nil, mistake(file, 0, "不是 UTF-8 编码，请另存为 UTF-8")
	}
	r, top := decode(data, file)
	if r.err != nil {
		return nil, r.err
	}
	sum := sha256.Sum256(data)
	p := &Profile{File: file, Digest: hex.EncodeToString(sum[:])}
	p.read(r, top, opt)
	if r.err != nil {
		return nil, r.err
	}
	return p, nil
}

func (p *Profile) read(r *reader, top *table, opt Options) {
	p.Name = strings.TrimSpace(top.str("name"))
	if p.Name == "" {
		r.failLine(max(1, top.line("name")), "缺少 name，请给台账模板起一个名称")
	}
	if p.Title = top.str("title"); p.Title == "" {
		p.Title = p.Name
	}
	switch {
	case top.has("extends"):
		p.extend(r, top, opt)
		return
	case top.has("refuse"):
		p.refuse(r, top)
		return
	}
	p.shape = top.str("shape")
	p.headerRow(top)
	p.CRS = top.str("crs")
	p.key = top.names("key")
	p.numbers(top)
	p.Covers = top.strs("covers")
	p.Period = p.source(top, "period", top.str("period"))

	p.readMatch(top)
	if opt.NeedMatch && len(p.Match) == 0 {
		r.failLine(max(1, top.line("match")), "缺少 [match] headers，请写明凭哪些列名识别这份台账")
	}
	if p.HeaderRow == NoHeaderRow && len(p.Match) > 0 {
		r.fail([]string{"match"}, "header_row = \"none\" 的台账没有列名，不能写 [match]")
	}
	null := top.sub("null")
	p.null = null.strs("values")
	null.done("values")
	p.readSynonyms(top)

	subject := top.sub("subject")
	p.subject = subject.names("hash")
	subject.done("hash")
	attrs := top.sub("attrs")
	p.attrs = attrs.names("columns")
	attrs.done("columns")
	drop := top.sub("drop")
	p.drop = drop.names("columns")
	drop.done("columns")

	p.readBlocks(r, top)
	p.checkSubject(r)
	p.readMask(top)
	if r.err == nil { // else the columns are not all known
		p.readColumns(top)
		p.readExamples(top)
	} else {
		top.get("columns")
		top.get("examples")
	}
	top.done(topKeys)
}

func (p *Profile) readMatch(top *table) {
	match := top.sub("match")
	p.Match = match.names("headers")
	p.Absent = match.names("absent")
	match.done("headers、absent")
}

// refuse reads a profile whose ledgers are known and not loaded.
func (p *Profile) refuse(r *reader, top *table) {
	if p.Refuse = strings.TrimSpace(top.str("refuse")); !strings.HasSuffix(p.Refuse, "。") {
		r.fail([]string{"refuse"}, "refuse 应为一句话，说明为什么不导入，以句号结尾")
	}
	p.readMatch(top)
	if len(p.Match) == 0 {
		r.failLine(max(1, top.line("match")), "缺少 [match] headers，请写明凭哪些列名识别这份台账")
	}
	p.readSynonyms(top)
	top.done(refuseKeys)
}

// numbers says how far a source_no is unique: over the source system, or each unit and year counts its own.
func (p *Profile) numbers(top *table) {
	switch top.str("numbers") {
	case "":
	case "own":
		p.ownCount = true
		if len(p.key) == 0 {
			top.r.fail(top.path("numbers"), "编号由各单位自编时不能据以辨认各行，请写明 key")
		}
	default:
		top.wrong("numbers", " \"own\"（各单位自编）")
	}
}

func (p *Profile) headerRow(top *table) {
	v, ok := top.get("header_row")
	switch n, isInt := v.(int64); {
	case !ok:
	case v == "none":
		p.HeaderRow = NoHeaderRow
	case isInt && n >= 0 && n <= 1000:
		p.HeaderRow = int(n)
	default:
		top.wrong("header_row", " 0（自动查找）、行号或 \"none\"")
	}
}

// source reads "title", "sheet", "file" or "column:列名".
func (p *Profile) source(t *table, key, s string) Source {
	switch header, isColumn := strings.CutPrefix(s, "column:"); {
	case s == "":
	case isColumn && Fold(header) != "":
		return Source{Kind: "column", Header: header}
	case s == "title" || s == "sheet" || s == "file":
		return Source{Kind: s}
	default:
		t.r.fail(t.path(key), "“%s”应为 title、sheet、file 或 column:列名，不能是“%s”", key, s)
	}
	return Source{}
}

func (p *Profile) readSynonyms(top *table) {
	syn := top.sub("synonyms")
	own := map[string]synonym{}
	for i, k := range syn.keys() {
		s := synonym{name: k, others: syn.names(k), order: i}
		for _, other := range s.others {
			s.folded = append(s.folded, Fold(other))
		}
		own[Fold(k)] = s
	}
	p.synonyms = own
}

func (p *Profile) readBlocks(r *reader, top *table) {
	shared := top.texts("constants")
	fields := top.sub("fields")
	emits, hasEmit := top.get("emit")
	switch {
	case hasEmit && top.has("fields"):
		r.fail([]string{"fields"}, "[fields] 与 [[emit]] 只能写一种")
		return
	case hasEmit:
		list, ok := emits.([]map[string]any)
		if !ok {
			r.fail([]string{"emit"}, "emit 应写作 [[emit]]")
			return
		}
		for i, m := range list {
			t := &table{r: r, at: []string{"emit", itoa(i)}, m: m, used: map[string]bool{}}
			p.readEmit(t, i, shared)
			t.done(emitKeys)
		}
	default:
		shape, ok := p.shapeOf(top)
		if !ok {
			return
		}
		b := block{shape: shape, line: max(1, top.line("fields"))}
		p.readFields(&b, fields, shared)
		p.checkBlock(r, &b)
		p.blocks = append(p.blocks, b)
	}
	for _, k := range slices.Sorted(maps.Keys(shared)) {
		if !slices.ContainsFunc(p.blocks, func(b block) bool { _, ok := b.shape.Column(k); return ok }) && len(p.blocks) > 0 {
			r.fail([]string{"constants", k}, "“%s”没有字段“%s”", p.blocks[0].shape.Name, k)
		}
	}
	names := map[string]bool{}
	for i := range p.blocks {
		if n := p.blocks[i].name; names[n] {
			r.failLine(p.blocks[i].line, "[[emit]] 的名称“%s”重复", n)
		} else {
			names[n] = true
		}
	}
}

func (p *Profile) shapeOf(t *table) (*Shape, bool) {
	name := t.str("shape")
	if name == "" {
		name = p.shape
	}
	shape, ok := ShapeOf(name)
	switch {
	case name == "":
		t.r.failLine(max(1, t.line("shape")), "缺少 shape，应为 record、activity、figure 或 place")
	case !ok:
		t.r.fail(t.path("shape"), "没有“%s”这种 shape，应为 record、activity、figure 或 place", name)
	}
	return shape, ok
}

func (p *Profile) readEmit(t *table, i int, shared map[string]string) {
	shape, ok := p.shapeOf(t)
	if !ok {
		return
	}
	b := block{name: t.str("name"), shape: shape, line: t.r.n.line(t.at...), into: t.str("into"), when: t.names("when")}
	if b.name == "" {
		b.name = shape.Name + itoa(i+1)
	}
	own := t.texts("constants")
	for _, k := range slices.Sorted(maps.Keys(own)) {
		if _, ok := shape.Column(k); !ok {
			t.r.fail(append(t.path("constants"), k), "“%s”没有字段“%s”", shape.Name, k)
		}
	}
	all := maps.Clone(shared)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, own)
	p.readUnpivot(t, &b)
	p.readFields(&b, t.sub("fields"), all)
	p.checkBlock(t.r, &b)
	p.blocks = append(p.blocks, b)
}

// readUnpivot reads unpivot = ["独居", { column = ["失能", "失能老人"], as = "disabled", constants = { unit = "人" } }].
func (p *Profile) readUnpivot(t *table, b *block) {
	v, ok := t.get("unpivot")
	if !ok {
		if b.into != "" {
			t.r.fail(t.path("into"), "into 要与 unpivot 一起写")
		}
		return
	}
	if b.shape.Name != "figure" {
		t.r.fail(t.path("unpivot"), "只有 shape = \"figure\" 才能写 unpivot")
		return
	}
	if b.into == "" {
		b.into = "measure"
	}
	if c, ok := b.shape.Column(b.into); !ok || c.Type != Text {
		t.r.fail(t.path("into"), "into 应为“%s”的文字字段，不能是“%s”", b.shape.Name, b.into)
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		t.wrong("unpivot", "列名的列表")
		return
	}
	for i, e := range list {
		at := append(t.path("unpivot"), itoa(i))
		switch e := e.(type) {
		case string:
			b.unpivot = append(b.unpivot, unpivotSpec{columns: []string{e}, as: CleanCell(e)})
		case map[string]any:
			s := &table{r: t.r, at: at, m: e, used: map[string]bool{}}
			u := unpivotSpec{columns: s.names("column"), as: s.str("as"), constants: s.texts("constants")}
			if len(u.columns) == 0 {
				t.r.fail(at, "unpivot 的每一项要写 column")
				return
			}
			if u.as == "" {
				u.as = u.columns[0]
			}
			for _, k := range slices.Sorted(maps.Keys(u.constants)) {
				if _, ok := b.shape.Column(k); !ok {
					t.r.fail(append(at, "constants", k), "“%s”没有字段“%s”", b.shape.Name, k)
				}
			}
			s.done("column、as、constants")
			b.unpivot = append(b.unpivot, u)
		default:
			t.r.fail(at, "unpivot 的每一项应为列名")
		}
	}
}

// checkBlock holds a block against what its shape cannot do without.
func (p *Profile) checkBlock(r *reader, b *block) {
	if r.err != nil {
		return // what seems missing may only be misspelt
	}
	has := func(name string) bool {
		return slices.ContainsFunc(b.fields, func(f fieldSpec) bool { return f.target == name })
	}
	any := func(names []string) bool { return slices.ContainsFunc(names, has) }
	if has("lon") != has("lat") {
		r.failLine(b.line, "lon 与 lat 要一起写")
	}
	if len(b.shape.Main) > 0 && !any(b.shape.Main) && !(b.shape.Name == "figure" && p.Period.Kind != "") {
		r.failLine(b.line, "缺少主日期，请在 fields 中写明 %s", strings.Join(b.shape.Main, " 或 "))
	}
	switch b.shape.Name {
	case "figure":
		if len(b.unpivot) == 0 && !has("measure") {
			r.failLine(b.line, "缺少指标，请写明 measure 或 unpivot")
		}
		if len(b.unpivot) == 0 && !has("value") && !(has("numerator") && has("denominator")) {
			r.failLine(b.line, "缺少数值，请写明 value，或 numerator 和 denominator")
		}
		if len(b.unpivot) > 0 && has("value") {
			r.failLine(b.line, "有 unpivot 时数值取自各列，不能再写 value")
		}
	case "place":
		if !has("name") {
			r.failLine(b.line, "缺少名称，请在 fields 中写明 name")
		}
	}
}

// checkSubject: who is hashed needs one field to go to.
func (p *Profile) checkSubject(r *reader) {
	if len(p.subject) == 0 || len(p.blocks) == 0 {
		return
	}
	place := false
	for i := range p.blocks {
		_, ok := p.blocks[i].shape.Column("subject_key")
		place = place || ok
		if slices.ContainsFunc(p.blocks[i].fields, func(f fieldSpec) bool { return f.target == "subject_key" }) {
			r.fail([]string{"subject"}, "[subject] 与字段 subject_key 只能写一种")
		}
	}
	if !place {
		r.fail([]string{"subject"}, "“%s”没有字段 subject_key，不能写 [subject]", p.blocks[0].shape.Name)
	}
}

func (p *Profile) readMask(top *table) {
	p.masked = map[string]bool{"title": true, "text": true}
	for _, name := range top.strs("mask") {
		known := slices.ContainsFunc(p.blocks, func(b block) bool { c, ok := b.shape.Column(name); return ok && c.Type == Text })
		if !known && len(p.blocks) > 0 {
			top.r.fail(top.path("mask"), "没有文字字段“%s”，不能列入 mask", name)
		}
		p.masked[name] = true
	}
}
