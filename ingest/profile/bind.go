package profile

import (
	"slices"
	"strconv"
	"strings"
)

// Column is a column of a file that a profile names. The zero Column is absent and reads as "".
type Column struct {
	Header string // as spelt in the file
	at     int    // index + 1; 0 = absent
	also   []int  // indexes of further columns with an equal header: the first non-empty counts
}

// Bound says whether the file has the column.
func (c Column) Bound() bool { return c.at > 0 }

// Binding is a profile tied to the header of one file. It remembers texts it has transformed and so
// belongs to one goroutine: Clone it for another.
type Binding struct {
	Profile  *Profile
	Header   []string
	Canon    []string // per column of the file the header by which the profile knows it, "" for those it does not know
	Identity Identity
	Emits    []Emit      // the facts a row states, in the profile's order; unpivoted columns that the file lacks are left out
	Org      []OrgSource // where the row's unit is named, in order of precedence; columns that the file lacks are left out
	Attrs    []Column    // columns kept as attributes
	Period   Column      // the column that states the covered period, if the profile names one
	Unmapped []string    // headers neither used, in attrs, nor dropped: not stored, and named to the user
	Repeated []string    // headers that stand twice, with the column (from 1) of the later: it counts only where the first is empty
	Missing  []string    // columns the profile names and the file lacks; none of them is required
	Counted  []string    // columns whose numbers are written in 万元 and the like: “应收”按万元; see Around

	key     []keyColumn
	subject []Column
	main    Column     // the first date column of the first fact
	serial  int        // index + 1 of a column that only counts the rows (序号); 0 = none
	sums    [][2]int   // emit and field of each column that adds up
	titles  []string   // see Around
	labels  [][]string // per column the texts that its header is made of, clean
	known   int        // how many columns of the file the profile names
}

// OrgSource is one place that names the row's unit.
type OrgSource struct {
	Source
	Column Column // for Kind "column"
}

// Emit is one fact that a row may state. An unpivoted column is an Emit of its own.
type Emit struct {
	Name   string // "" for [fields]; part of the identity of the fact, beside the key of its row
	Shape  *Shape
	Fields []Field // bound fields and constants, in the shape's column order; fields without a column are left out
	when   []Column
	null   nullSet
}

// NumberedHeader returns c1, c2, … for a file without a header (header_row = "none").
func NumberedHeader(width int) []string {
	out := make([]string, width)
	for i := range out {
		out[i] = "c" + strconv.Itoa(i+1)
	}
	return out
}

// Bind finds the profile's columns in a header. Of the columns a field lists the first that exists counts; of equal
// headers the first non-empty. It fails with an *Error (ErrColumns) naming the missing columns without which no row could be read:
// the main date, source_no where there is no key, and what the profile marks as required. A profile that refuses its ledgers
// fails with ErrRefused.
//
// A header of several rows is given joined, see JoinHeader. A column then goes by its joined name with or without marks (独居›人数 is
// 独居人数), by its lower levels alone (办理情况›办结时间 is 办结时间) and by its upper ones alone (独居›人数 is 独居), the
// shorter names only where no other column may be called so.
func (p *Profile) Bind(header []string) (*Binding, error) {
	if p.Refuse != "" {
		return nil, &Error{Text: p.Refuse, Err: ErrRefused}
	}
	b, required := p.bind(foldRow(header))
	if len(required) > 0 {
		return nil, &Error{
			Text: "表头缺少" + quoteAll(required) + "列，不能按台账模板“" + p.Title + "”读取，请检查表头，或用 --profile 指定其他模板。",
			Err:  ErrColumns,
		}
	}
	return b, nil
}

// Around tells the binding what stands around the table: the title, so that Skip knows it where it returns on each page, and the row
// below the header (nil: none), which like the title and the header may say that numbers are counted in 万元.
func (b *Binding) Around(t Title, below []string) {
	b.titles = t.Lines
	b.count(t, below)
}

// bind is Bind that returns the missing columns as they are.
func (p *Profile) bind(row foldedRow) (b *Binding, required []string) {
	r, header := row.resolver(p), row.cells
	r.canon = make([]string, len(header))
	b = &Binding{Profile: p, Header: header, Canon: r.canon}
	for i := range p.blocks {
		r.block(b, &p.blocks[i])
	}
	if len(b.Emits) == 0 && len(r.required) == 0 { // every fact waits for a column that the file lacks
		for i := range p.blocks {
			r.demand(p.blocks[i].when[0])
		}
	}
	for i := range b.Emits {
		b.Emits[i].lendUnit()
	}
	b.anchor(r.mainSpec)
	b.sums = b.sumFields()
	for _, s := range p.org {
		o := OrgSource{Source: s}
		if s.Kind == "column" {
			if o.Column = r.find(s.Header); !o.Column.Bound() {
				continue
			}
		}
		b.Org = append(b.Org, o)
	}
	if p.Period.Kind == "column" {
		b.Period = r.find(p.Period.Header)
	}
	b.Attrs = r.all(p.attrs)
	b.subject = r.all(p.subject)
	r.identity(b)
	for i, h := range header {
		if first := r.index[Fold(h)]; r.used[i] && len(first) > 1 && first[0] != i {
			b.Repeated = append(b.Repeated, label(h)+"（第 "+strconv.Itoa(i+1)+" 列）")
		}
	}
	b.serial = 1 + slices.IndexFunc(header, func(h string) bool { return serialNames[Fold(h)] })
	if b.serial > 0 && r.used[b.serial-1] {
		b.serial = 0
	}
	r.mark(p.drop)
	b.labels = make([][]string, len(header))
	for i, h := range header {
		b.labels[i] = strings.Split(label(h), levelMark)
	}
	for i, h := range header {
		if !r.named[i] {
			continue
		}
		if r.used[i] {
			if r.index[Fold(h)][0] == i { // a name that stands twice is known once
				b.known++
			}
		} else {
			b.Unmapped = append(b.Unmapped, label(h))
		}
	}
	for _, name := range r.missing {
		if !slices.Contains(b.Missing, name) && !slices.Contains(r.required, name) {
			b.Missing = append(b.Missing, name)
		}
	}
	return b, r.required
}

func quoteAll(names []string) string { return "“" + strings.Join(names, "”“") + "”" }

// demand reports a column without which the file cannot be read.
func (r *resolver) demand(name string) {
	if !slices.Contains(r.required, name) {
		r.required = append(r.required, name)
	}
}

func (r *resolver) block(b *Binding, bl *block) {
	base := Emit{Name: bl.name, Shape: bl.shape, null: r.p.null}
	for _, name := range bl.when {
		if c := r.find(name); c.Bound() {
			base.when = append(base.when, c)
		} else {
			return // a fact that needs a column the file lacks is never stated
		}
	}
	bound := map[string]bool{}
	for i := range bl.fields {
		spec := &bl.fields[i]
		f := Field{Target: spec.target, Type: spec.typ, Unit: spec.unit, Masked: r.p.masked[spec.target], spec: spec, null: r.p.null}
		if f.Column = r.find(spec.columns...); !f.Column.Bound() {
			if spec.required {
				r.demand(spec.columns[0])
			}
			if f.fixed = spec.constant; f.fixed == "" {
				f.fixed = spec.steps.def
			}
			if f.fixed == "" {
				continue
			}
		}
		if len(spec.clock) > 0 {
			f.clock = r.find(spec.clock...)
		}
		f.plain = spec.steps.none()
		bound[spec.target] = true
		base.Fields = append(base.Fields, f)
		if spec.typ == Time && !b.main.Bound() && slices.Contains(bl.shape.Main, spec.target) {
			b.main, r.mainSpec = f.Column, spec
		}
	}
	r.demandMain(bl, bound)
	if len(bl.unpivot) == 0 {
		b.Emits = append(b.Emits, base)
		return
	}
	before := len(b.Emits)
	for _, u := range bl.unpivot {
		if c := r.find(u.columns...); c.Bound() {
			b.Emits = append(b.Emits, base.unpivot(bl, u, c))
		}
	}
	if len(b.Emits) == before {
		r.demand(bl.unpivot[0].columns[0])
	}
}

// anchor tells the other dates of a row where its main date stands.
func (b *Binding) anchor(spec *fieldSpec) {
	if !b.main.Bound() {
		return
	}
	near := &anchor{b.main, spec}
	for i := range b.Emits {
		for k := range b.Emits[i].Fields {
			if f := &b.Emits[i].Fields[k]; f.Type == Time && f.Column.Bound() && f.Column.at != b.main.at {
				f.near = near
			}
		}
	}
}

// demandMain asks for one of the columns that date a row, and for what a figure cannot do without.
func (r *resolver) demandMain(bl *block, bound map[string]bool) {
	need := func(targets ...string) {
		first := ""
		for i := range bl.fields {
			if f := &bl.fields[i]; slices.Contains(targets, f.target) {
				if bound[f.target] {
					return
				}
				if first == "" && len(f.columns) > 0 {
					first = f.columns[0]
				}
			}
		}
		if first != "" {
			r.demand(first)
		}
	}
	if r.p.Period.Kind == "" || bl.shape.Name != "figure" {
		need(bl.shape.Main...)
	}
	switch bl.shape.Name {
	case "figure":
		if len(bl.unpivot) == 0 {
			need("measure")
			need("value", "numerator")
		}
	case "place":
		need("name")
	}
}

// lendUnit gives the numbers of a figure the unit that the figure is said to be in: 5户 are no 5 人.
func (e *Emit) lendUnit() {
	at := slices.IndexFunc(e.Fields, func(f Field) bool { return f.Target == "unit" && !f.Column.Bound() })
	if at < 0 || e.Fields[at].fixed == "%" {
		return
	}
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Unit == "" && slices.Contains([]string{"value", "numerator", "denominator"}, f.Target) {
			f.Unit = e.Fields[at].fixed
		}
	}
}

// unpivot returns the fact that one column states.
func (e Emit) unpivot(bl *block, u unpivotSpec, c Column) Emit {
	constants := map[string]string{bl.into: u.as}
	for k, v := range u.constants {
		constants[k] = v
	}
	unit := constants["unit"]
	out := Emit{Name: e.Name + "/" + u.as, Shape: e.Shape, when: append(e.when[:len(e.when):len(e.when)], c), null: e.null}
	for _, col := range e.Shape.Columns {
		i := slices.IndexFunc(e.Fields, func(f Field) bool { return f.Target == col.Name })
		v, isConstant := constants[col.Name]
		switch {
		case isConstant:
			out.Fields = append(out.Fields, Field{Target: col.Name, Type: col.Type, fixed: v, spec: &fieldSpec{target: col.Name, typ: col.Type}, plain: true})
		case col.Name == "value":
			out.Fields = append(out.Fields, Field{Target: "value", Type: Number, Column: c, Unit: unit, spec: &fieldSpec{target: "value", typ: Number}, plain: true, null: e.null})
		case i >= 0:
			out.Fields = append(out.Fields, e.Fields[i])
		}
	}
	return out
}

// identity decides how rows of this file are told apart, and binds the key.
func (r *resolver) identity(b *Binding) {
	b.Identity = BySlice
	for i := range b.Emits {
		if !r.p.ownCount && slices.ContainsFunc(b.Emits[i].Fields, func(f Field) bool { return f.Target == "source_no" }) {
			b.Identity = BySourceNo
		}
	}
	found := 0
	for _, name := range r.p.key {
		c := r.find(name)
		if c.Bound() {
			found++
		}
		b.key = append(b.key, b.keyColumn(c))
	}
	if b.Identity == BySourceNo {
		return
	}
	if found > 0 {
		b.Identity = ByKey
		return
	}
	if len(r.p.key) > 0 {
		r.demand(r.p.key[0])
		return
	}
	for i := range r.p.blocks {
		for _, f := range r.p.blocks[i].fields {
			if f.target == "source_no" && len(f.columns) > 0 {
				r.demand(f.columns[0])
			}
		}
	}
}

// Clone returns a binding for another goroutine.
func (b *Binding) Clone() *Binding {
	c := *b
	c.Emits = make([]Emit, len(b.Emits))
	for i, e := range b.Emits {
		e.Fields = slices.Clone(e.Fields)
		for k := range e.Fields {
			e.Fields[k].memo = nil
		}
		c.Emits[i] = e
	}
	return &c
}
