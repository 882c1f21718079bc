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
	Identity Identity
	Emits    []Emit      // the facts a row states, in the profile's order; unpivoted columns that the file lacks are left out
	Org      []OrgSource // where the row's unit is named, in order of precedence; columns that the file lacks are left out
	Attrs    []Column    // columns kept as attributes
	Period   Column      // the column that states the covered period, if the profile names one
	Unmapped []string    // headers neither used, in attrs, nor dropped: not stored, and named to the user
	Repeated []string    // headers that stand twice, with the column (from 1) of the later: it counts only where the first is empty
	Missing  []string    // columns the profile names and the file lacks; none of them is required

	key     []keyColumn
	subject []Column
	main    Column // the first date column of the first fact
	known   int    // how many columns of the file the profile names
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
// the main date, source_no where there is no key, and what the profile marks as required.
func (p *Profile) Bind(header []string) (*Binding, error) {
	b, required := p.bind(foldRow(header))
	if len(required) > 0 {
		return nil, &Error{
			Text: "表头缺少" + quoteAll(required) + "列，不能按台账模板“" + p.Title + "”读取，请检查表头，或用 --profile 指定其他模板。",
			Err:  ErrColumns,
		}
	}
	return b, nil
}

// bind is Bind that returns the missing columns as they are.
func (p *Profile) bind(row foldedRow) (b *Binding, required []string) {
	r, header := row.resolver(p), row.cells
	b = &Binding{Profile: p, Header: header}
	for i := range p.blocks {
		r.block(b, &p.blocks[i])
	}
	if len(b.Emits) == 0 && len(r.required) == 0 { // every fact waits for a column that the file lacks
		for i := range p.blocks {
			r.demand(p.blocks[i].when[0])
		}
	}
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
			b.Repeated = append(b.Repeated, CleanCell(h)+"（第 "+strconv.Itoa(i+1)+" 列）")
		}
	}
	r.mark(p.drop)
	for i, h := range header {
		if !r.named[i] {
			continue
		}
		if r.used[i] {
			b.known++
		} else {
			b.Unmapped = append(b.Unmapped, CleanCell(h))
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

// foldedRow is a row that may be a header, with its cells folded once for all profiles.
type foldedRow struct {
	cells []string
	index map[string][]int
	named []bool // not blank
}

// maxHeader is how long a header may be in bytes; a longer cell is text.
const maxHeader = 300

func foldRow(cells []string) foldedRow {
	r := foldedRow{cells: cells, index: map[string][]int{}, named: make([]bool, len(cells))}
	for i, h := range cells {
		if len(h) > maxHeader {
			continue
		}
		if f := Fold(h); f != "" {
			r.index[f], r.named[i] = append(r.index[f], i), true
		}
	}
	return r
}

// foldRows folds the rows among which a header is sought; a profile may name a later one.
func foldRows(head [][]string) []foldedRow {
	rows := make([]foldedRow, len(head))
	for i, cells := range head {
		rows[i] = foldRow(cells)
	}
	return rows
}

// resolver looks columns up in one header for one profile.
type resolver struct {
	foldedRow
	p        *Profile
	used     []bool
	missing  []string
	required []string // missing and required
}

func (row foldedRow) resolver(p *Profile) *resolver {
	return &resolver{foldedRow: row, p: p, used: make([]bool, len(row.cells))}
}

// at returns the indexes of the columns with that name or one of its synonyms.
func (r *resolver) at(name string) []int {
	folded := Fold(name)
	if at := r.index[folded]; at != nil {
		return at
	}
	for _, s := range r.p.synonyms[folded] {
		if at := r.index[s]; at != nil {
			return at
		}
	}
	return nil
}

// find returns the first of the names that exists.
func (r *resolver) find(names ...string) Column {
	for _, name := range names {
		if at := r.at(name); at != nil {
			for _, i := range at {
				r.used[i] = true
			}
			return Column{Header: CleanCell(r.cells[at[0]]), at: at[0] + 1, also: at[1:]}
		}
	}
	if len(names) > 0 {
		r.missing = append(r.missing, names[0])
	}
	return Column{}
}

// all returns those of the names that exist.
func (r *resolver) all(names []string) []Column {
	var out []Column
	for _, n := range names {
		if c := r.find(n); c.Bound() {
			out = append(out, c)
		}
	}
	return out
}

// mark counts columns as known without binding them.
func (r *resolver) mark(names []string) {
	for _, n := range names {
		for _, i := range r.at(n) {
			r.used[i] = true
		}
	}
}

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
			b.main = f.Column
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
