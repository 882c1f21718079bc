package profile

import (
	"cmp"
	"maps"
	"slices"

	"gridstar/analytics/catalog"
)

// LedgerColumn is one column a ledger has by its profile.
type LedgerColumn struct {
	Header   string   // canonical: as the profile names it
	Spelt    string   // as [columns] says the site's files spell it; "" = no other way than Header and Synonyms
	Synonyms []string // other spellings
	Targets  []Target // what it fills; none for columns that only tell rows apart, are kept as attributes or dropped
	Type     Type     // of the first target
	Unit     string   // the number is in; "" = as written
	List     string   // code list its texts are mapped by, see CodeList; "" = none
	Example  string   // a plausible value, from [examples]

	Required    bool // with all others so marked it suffices for the ledger to be recognised and read, and cannot be left out
	Key         bool // tells rows apart
	Subject     bool // tells persons apart
	Personal    bool // its cells are about a person: hashed or left out, never stored
	Attr        bool // kept as an attribute
	Dropped     bool // known and not stored
	Clock       bool // holds the clock time that belongs to the date in another column
	Alternative bool // stands for another column in ledgers that lack that one; a blank ledger does not need it
}

// Target is a field that a column fills.
type Target struct {
	Block  string // name of the [[emit]], "" for [fields]
	Shape  string
	Column string // of the shape; "period" where the column only states which period the row covers
}

// measureList stands for the catalogue's measures, which are looked up like a code list.
const measureList = "measure"

// codeLists are the code lists of the fields that have one.
var codeLists = map[[2]string]string{
	{"record", "kind"}:           catalog.ListKind,
	{"record", "channel"}:        catalog.ListChannel,
	{"record", "category"}:       catalog.ListCategory,
	{"record", "status"}:         catalog.ListStatus,
	{"record", "resolved_level"}: catalog.ListResolvedLevel,
	{"record", "result"}:         catalog.ListResult,
	{"record", "satisfaction"}:   catalog.ListSatisfaction,
	{"record", "target_group"}:   catalog.ListTargetGroup,
	{"activity", "type"}:         catalog.ListActivityType,
	{"place", "type"}:            catalog.ListPlaceType,
	{"figure", "measure"}:        measureList,
}

// CodeList names the catalogue's code list by which a field's texts are mapped; "measure" for the measure of a figure,
// which is one of the catalogue's measures; "" where the text is kept as it is.
func CodeList(shape, column string) string { return codeLists[[2]string{shape, column}] }

// Columns returns the columns of the ledger in the order a blank one has them: that of [examples]; those without an
// example follow in the order of [synonyms], then of the file. Of a profile that refuses its ledgers these are the
// columns it recognises them by.
func (p *Profile) Columns() []LedgerColumn {
	l := &columnList{p: p, at: map[string]int{}}
	l.collect()
	for i := range l.columns {
		if _, ok := Personal(l.columns[i].Header); ok {
			l.columns[i].Personal = true
		}
	}
	order := map[string]int{}
	for i, e := range p.examples {
		order[Fold(e.header)] = i - len(p.examples)
	}
	rank := func(c LedgerColumn) (int, int) {
		syn, ok := p.synonyms[Fold(c.Header)]
		if !ok {
			syn.order = len(p.synonyms)
		}
		return order[Fold(c.Header)], syn.order
	}
	slices.SortStableFunc(l.columns, func(a, b LedgerColumn) int {
		ax, as := rank(a)
		bx, bs := rank(b)
		return cmp.Or(cmp.Compare(ax, bx), cmp.Compare(as, bs))
	})
	p.markRequired(l.columns)
	return l.columns
}

// names are the canonical headers of the profile.
func (p *Profile) names() []string {
	l := &columnList{p: p, at: map[string]int{}}
	l.collect()
	out := make([]string, len(l.columns))
	for i := range l.columns {
		out[i] = l.columns[i].Header
	}
	return out
}

// columnList gathers what a profile says about each column.
type columnList struct {
	p       *Profile
	columns []LedgerColumn
	at      map[string]int // by folded header
}

func (l *columnList) of(header string) *LedgerColumn {
	folded := Fold(header)
	i, ok := l.at[folded]
	if !ok {
		i = len(l.columns)
		l.at[folded] = i
		c := LedgerColumn{Header: header, Spelt: l.p.columns[folded]}
		if s, ok := l.p.synonyms[folded]; ok {
			c.Header, c.Synonyms = s.name, s.others
		}
		l.columns = append(l.columns, c)
	}
	return &l.columns[i]
}

func (l *columnList) collect() {
	p := l.p
	for i := range p.blocks {
		l.block(&p.blocks[i])
	}
	for _, s := range p.org {
		if s.Kind == "column" {
			l.fill(l.of(s.Header), 0, Target{"", p.blocks[0].shape.Name, "org_code"}, Text, &fieldSpec{})
		}
	}
	if p.Period.Kind == "column" {
		if c := l.of(p.Period.Header); len(c.Targets) == 0 {
			l.fill(c, 0, Target{"", p.blocks[0].shape.Name, "period"}, Time, &fieldSpec{})
		}
	}
	for _, h := range p.key {
		l.of(h).Key = true
	}
	for _, h := range p.subject {
		c := l.of(h)
		c.Subject, c.Personal = true, true
	}
	for _, h := range p.attrs {
		l.of(h).Attr = true
	}
	for _, h := range p.Match {
		l.of(h)
	}
	if p.Refuse != "" {
		for _, folded := range slices.SortedFunc(maps.Keys(p.synonyms), func(a, b string) int { return p.synonyms[a].order - p.synonyms[b].order }) {
			l.of(p.synonyms[folded].name)
		}
	}
	for _, h := range p.drop {
		if c := l.of(h); len(c.Targets) == 0 && !c.Attr {
			c.Dropped = true
		}
	}
	for _, e := range p.examples {
		l.of(e.header).Example = e.value
	}
}

func (l *columnList) block(b *block) {
	fields := slices.Clone(b.fields)
	slices.SortStableFunc(fields, func(x, y fieldSpec) int { return x.line - y.line })
	for i := range fields {
		f := &fields[i]
		for k, h := range f.columns {
			l.fill(l.of(h), k, Target{b.name, b.shape.Name, f.target}, f.typ, f)
		}
		for k, h := range f.clock {
			c := l.of(h)
			c.Clock = len(c.Targets) == 0
			l.fill(c, k, Target{b.name, b.shape.Name, f.target}, f.typ, f)
		}
	}
	for _, u := range b.unpivot {
		for k, h := range u.columns {
			l.fill(l.of(h), k, Target{b.name, b.shape.Name, "value"}, Number, &fieldSpec{unit: u.constants["unit"]})
		}
	}
	for _, h := range b.when {
		l.of(h)
	}
}

// fill notes a field that a column fills, as the choice-th of those that could.
func (l *columnList) fill(c *LedgerColumn, choice int, t Target, typ Type, f *fieldSpec) {
	c.Alternative = choice > 0 && (c.Alternative || len(c.Targets) == 0)
	if slices.Contains(c.Targets, t) {
		return
	}
	if len(c.Targets) == 0 {
		c.Type, c.Unit = typ, f.unit
	}
	c.Targets = append(c.Targets, t)
	c.Personal = c.Personal || typ == Hash
	if c.List == "" && f.steps.pattern == nil && f.steps.other == "" {
		c.List = CodeList(t.Shape, t.Column)
	}
}

// markRequired marks columns that suffice for a ledger to be recognised and bound, none of which can then be left out. What is
// likelier to be missing is left out first: clock times, dropped columns, then those further behind.
func (p *Profile) markRequired(columns []LedgerColumn) {
	if p.HeaderRow == NoHeaderRow {
		return
	}
	header := make([]string, len(columns))
	var order []int
	for i, c := range columns {
		if !c.Alternative {
			header[i] = cmp.Or(c.Spelt, c.Header)
			order = append(order, i)
		}
	}
	rank := func(c LedgerColumn) int {
		switch {
		case c.Clock:
			return 0
		case c.Dropped:
			return 1
		}
		return 2
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(rank(columns[a])-rank(columns[b]), b-a) })
	for _, i := range order {
		name := header[i]
		header[i] = ""
		if !p.suffices(header) {
			header[i], columns[i].Required = name, true
		}
	}
}

// suffices says whether a ledger with that header would be recognised and could be bound.
func (p *Profile) suffices(header []string) bool {
	r := foldRow(header).resolver(p)
	if slices.ContainsFunc(p.Match, func(h string) bool { return r.at(h) == nil }) {
		return false
	}
	if p.Refuse != "" {
		return true
	}
	_, missing := p.bind(r.foldedRow)
	return len(missing) == 0
}
