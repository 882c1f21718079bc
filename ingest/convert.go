package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// converter turns the rows of one file into facts: reads and checks the fields, maps codes, masks texts, finds the
// unit, hashes identities. It belongs to one goroutine.
type converter struct {
	binding *profile.Binding
	catalog *catalog.Catalog
	dir     *units.Directory
	locator *locator
	hash    *warehouse.Hasher
	now     time.Time
	context fileContext
	space   string // identity space: source_system, without one the profile

	sheets  map[string]*sheet
	emits   []*emitter
	codes   []*field       // fields that hold a unit's code
	seen    map[string]int // key of a row → rows with that key so far
	scratch []byte

	rejects  []Reject
	warnings warnings
	located  map[Located]int64
	masked   int64
	rows     int64 // rows read
	skipped  int64 // blank, 序号-only, 合计
	refused  int64
	produced int64 // rows that yielded at least one fact
	covered  *span
}

// emitter is one fact a row may state, with its columns resolved.
type emitter struct {
	*profile.Emit
	sheet  *sheet
	fact   fact
	fields []field

	orgCode                      int // columns of the sheet, -1 where the shape lacks them
	lon, lat, located, placeID   int
	id, row, dq, fuzzy, attrs    int
	kind, procedure, dueAt       int
	dueFrom, source, sourceNo    int
	received, accepted, assigned int
	occurred, closed, responded  int
	subject                      int
	main                         []int
}

// field is a bound field with the column it fills and the code list it is mapped by.
type field struct {
	*profile.Field
	col   int
	list  string
	codes map[string]coded // texts met so far
}

// coded is what a text means in a code list.
type coded struct {
	code  string
	known bool
}

// maxCodes bounds what a field remembers: a code list has far fewer texts, free text far more.
const maxCodes = 4096

func (f *field) code(cat *catalog.Catalog, text string) coded {
	if c, ok := f.codes[text]; ok {
		return c
	}
	code, ok := cat.Lookup(f.list, text)
	if len(f.codes) < maxCodes {
		if f.codes == nil {
			f.codes = map[string]coded{}
		}
		f.codes[strings.Clone(text)] = coded{code, ok} // the text is a slice of its whole batch
	}
	return coded{code, ok}
}

func newConverter(b *profile.Binding, schema func(string) *sheet) *converter {
	c := &converter{
		binding: b, sheets: map[string]*sheet{}, seen: map[string]int{}, warnings: warnings{}, located: map[Located]int64{},
		covered: newSpan(),
	}
	for i := range b.Emits {
		e := &b.Emits[i]
		sh := c.sheets[e.Shape.Name]
		if sh == nil {
			sh = schema(e.Shape.Name)
			c.sheets[e.Shape.Name] = sh
		}
		m := newEmitter(e, sh)
		for i := range m.fields {
			if m.fields[i].Target == "org_code" {
				c.codes = append(c.codes, &m.fields[i])
			}
		}
		c.emits = append(c.emits, m)
	}
	return c
}

func newEmitter(e *profile.Emit, sh *sheet) *emitter {
	m := &emitter{
		Emit: e, sheet: sh, fact: sh.fact(),
		orgCode: sh.column("org_code"), lon: sh.column("lon"), lat: sh.column("lat"), located: sh.column("located"), placeID: sh.column("place_id"),
		id: sh.column("id"), row: sh.column("row"), dq: sh.column("dq"), attrs: sh.column("attrs"),
		kind: sh.column("kind"), procedure: sh.column("procedure"), dueAt: sh.column("due_at"), dueFrom: sh.column("due_from"),
		source: sh.column("source_system"), sourceNo: sh.column("source_no"),
		received: sh.column("received_at"), accepted: sh.column("accepted_at"), assigned: sh.column("assigned_at"),
		occurred: sh.column("occurred_at"), closed: sh.column("closed_at"), responded: sh.column("responded_at"),
	}
	m.subject = sh.column("subject_key")
	m.fuzzy = sh.column("fuzzy")
	if m.fuzzy < 0 {
		m.fuzzy = sh.column("qualifier")
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		m.fields = append(m.fields, field{Field: f, col: sh.column(f.Target), list: codeLists[f.Target]})
	}
	for _, name := range e.Shape.Main {
		m.main = append(m.main, sh.column(name))
	}
	return m
}

// codeLists name the code list of a field; a field of type Code without one keeps its text.
var codeLists = map[string]string{
	"kind": catalog.ListKind, "channel": catalog.ListChannel, "category": catalog.ListCategory, "status": catalog.ListStatus,
	"resolved_level": catalog.ListResolvedLevel, "result": catalog.ListResult, "satisfaction": catalog.ListSatisfaction,
	"target_group": catalog.ListTargetGroup,
}

// row converts one row of the file. A row is taken whole or refused whole.
func (c *converter) row(cells []string, row int64) {
	c.rows++
	if c.binding.Skip(cells) != "" {
		c.skipped++
		return
	}
	p := pass{row: row, cells: cells}
	if c.binding.Identity == profile.ByKey {
		key, filled := c.binding.AppendKey(c.scratch[:0], cells, &c.context.clock)
		if c.scratch, p.key = key, string(key); !filled {
			p.refuse(NoIdentity, "", "", "能够辨认这一行的列都是空的")
		}
	}
	p.unit, p.unitKnown = c.unitOf(&p)
	var ready []*emitter
	for _, e := range c.emits {
		if !e.Applies(cells) {
			continue
		}
		c.fill(e, &p)
		ready = append(ready, e)
	}
	if len(p.rejects) > 0 {
		for _, e := range ready {
			clear(e.fact)
		}
		c.rejects = append(c.rejects, p.rejects...)
		c.refused++
		return
	}
	if len(ready) == 0 {
		c.skipped++
		return
	}
	c.identify(ready, &p)
	for _, e := range ready {
		c.note(e, &p)
		e.sheet.keep(e.fact)
	}
	for _, d := range p.doubts {
		c.warnings.flag(d.flag, row, d.value)
	}
	c.masked += p.masked
	c.produced++
}

// pass is one row on its way.
type pass struct {
	row       int64
	cells     []string
	unit      string // code of the unit the row names, "" for none
	unitKnown bool   // the code is a unit of the tree
	rejects   []Reject
	doubts    []doubt
	masked    int64
	key       string // the key columns, as they stand in the file
}

type doubt struct {
	flag  Flag
	value string
}

func (p *pass) doubt(f Flag, value string) { p.doubts = append(p.doubts, doubt{f, value}) }

func (p *pass) refuse(r Reason, column, value, format string, args ...any) {
	p.rejects = append(p.rejects, Reject{Row: p.row, Column: column, Value: quotable(value), Reason: r, Message: fmt.Sprintf(format, args...)})
}

// fill reads every field of one fact.
func (c *converter) fill(e *emitter, p *pass) {
	for i := range e.fields {
		if f := &e.fields[i]; f.col >= 0 {
			c.read(e, f, p)
		}
	}
	e.fact.whole(e.row, p.row)
	if e.subject >= 0 && c.binding.HasSubject() {
		if who, filled := c.binding.AppendSubject(nil, p.cells); filled {
			e.fact.text(e.subject, c.hash.Key("subject", string(who)))
		}
	}
	c.period(e, p)
	if len(e.main) > 0 && !slices.ContainsFunc(e.main, func(col int) bool { return e.fact[col].set }) && len(p.rejects) == 0 {
		p.refuse(NoMainDate, c.columnOf(e, e.Shape.Main), "", "缺少%s，无法确定属于哪个时期", mainDateName[e.Shape.Name])
	}
	if c.binding.Identity == profile.BySourceNo && e.sourceNo >= 0 && !e.fact[e.sourceNo].set {
		p.refuse(NoIdentity, c.columnOf(e, []string{"source_no"}), "", "缺少编号，无法与以前的记录对应")
	}
	c.place(e, p)
	if e.kind >= 0 {
		c.deadline(e)
		c.order(e, p)
	}
}

// period dates a figure that has no date of its own: by the column that states its period, else by the title.
func (c *converter) period(e *emitter, p *pass) {
	if e.Shape.Name != "figure" || slices.ContainsFunc(e.main, func(col int) bool { return e.fact[col].set }) {
		return
	}
	of := c.context.period
	if from, to, ok := profile.ParsePeriod(c.binding.Cell(p.cells, c.binding.Period)); ok {
		of = period{from, to}
	}
	if !of.from.IsZero() {
		e.fact.time(e.sheet.column("period_from"), of.from)
		e.fact.time(e.sheet.column("period_to"), of.to)
	}
}

var mainDateName = map[string]string{"record": "受理时间", "activity": "开展时间", "figure": "所属期间"}

// columnOf names the file's column behind a field.
func (c *converter) columnOf(e *emitter, targets []string) string {
	for _, f := range e.fields {
		if slices.Contains(targets, f.Target) {
			return f.Column.Header
		}
	}
	return ""
}

// read turns one cell into a value, or refuses it.
func (c *converter) read(e *emitter, f *field, p *pass) {
	switch f.Type {
	case profile.Time:
		t, ok, err := f.Time(p.cells, &c.context.clock)
		if ok {
			e.fact.time(f.col, t)
		}
		p.check(f, BadTime, err)
	case profile.Bool:
		v, ok, err := f.Bool(p.cells)
		if ok {
			e.fact.flag(f.col, v)
		}
		p.check(f, BadBool, err)
	case profile.Int:
		v, q, ok, err := f.Int(p.cells)
		if ok {
			e.fact.whole(f.col, int64(v))
			e.exactness(f, q, p)
		}
		p.check(f, BadNumber, err)
	case profile.Number:
		v, q, ok, err := f.Number(p.cells)
		if ok {
			e.fact.number(f.col, v)
			e.exactness(f, q, p)
		}
		p.check(f, BadNumber, err)
	case profile.Lon, profile.Lat:
		v, ok, err := f.Coord(p.cells)
		if ok {
			e.fact.number(f.col, v)
		}
		p.check(f, BadNumber, err)
	case profile.Hash:
		if s := f.Text(p.cells); s != "" {
			e.fact.text(f.col, c.hash.Key("person", s))
		}
	default:
		c.readText(e, f, p)
	}
}

// check refuses the row for a value that could not be read.
func (p *pass) check(f *field, r Reason, err error) {
	if err != nil {
		p.refuse(r, f.Column.Header, f.Raw(p.cells), "%s", err)
	}
}

// exactness notes a number that was not stated exactly.
func (e *emitter) exactness(f *field, q profile.Qualifier, p *pass) {
	switch {
	case e.fuzzy < 0:
	case q != profile.Exact:
		e.fact.text(e.fuzzy, string(q))
		p.doubt(FuzzyNumber, f.Text(p.cells))
	case f.Target == "value": // a figure always says how its value was stated
		e.fact.text(e.fuzzy, string(q))
	}
}

func (c *converter) readText(e *emitter, f *field, p *pass) {
	s := f.Text(p.cells)
	if s == "" || f.col == e.orgCode {
		return // the unit is found by unitOf
	}
	if f.Masked {
		m, n := Mask(s)
		p.masked += int64(n)
		s = m
	} else if f.list != "" {
		if v := f.code(c.catalog, s); v.known {
			s = v.code
		} else {
			p.doubt(UnknownCode, s)
		}
	}
	e.fact.text(f.col, s)
}

// deadline fills due_at by the site's rules where the ledger states none.
func (c *converter) deadline(e *emitter) {
	if e.fact[e.dueAt].set {
		e.fact.text(e.dueFrom, "stated")
		return
	}
	due, ok := c.catalog.Due(e.fact[e.kind].s, e.fact[e.procedure].s, catalog.Times{
		Occurred: e.fact.timeAt(e.occurred), Received: e.fact.timeAt(e.received),
		Accepted: e.fact.timeAt(e.accepted), Assigned: e.fact.timeAt(e.assigned),
	})
	if ok {
		e.fact.time(e.dueAt, due)
		e.fact.text(e.dueFrom, "sla")
	}
}

// order flags times that cannot be: a step before the matter was received, or a past step in the future.
func (c *converter) order(e *emitter, p *pass) {
	received := e.fact.timeAt(e.received)
	for _, col := range []int{e.accepted, e.assigned, e.responded, e.closed} {
		// A date without a clock time means some moment of that day: only an earlier day contradicts.
		if t := e.fact.timeAt(col); !t.IsZero() && t.Before(received) && (hasClock(t) && hasClock(received) || t.Before(midnight(received))) {
			p.doubt(TimeInverted, "")
			break
		}
	}
	if received.After(c.now) || e.fact.timeAt(e.closed).After(c.now) {
		p.doubt(FutureDate, "")
	}
}

func midnight(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }
func hasClock(t time.Time) bool      { return !t.Equal(midnight(t)) }

// identify gives every fact of the row its id: the source's number where the profile names one, else the key
// columns as they stand in the file (before masking and dropping) with the ordinal among equal rows, else, for a
// ledger that replaces its slice, all that the fact says.
func (c *converter) identify(ready []*emitter, p *pass) {
	var key string
	switch c.binding.Identity {
	case profile.ByKey:
		key = c.ordinal(c.hash.Key("key", p.key))
	case profile.BySlice:
		key = c.ordinal(c.hash.Key(said(ready, p)...))
	}
	for _, e := range ready {
		k := key
		if c.binding.Identity == profile.BySourceNo {
			k = e.fact[e.sourceNo].s
		}
		e.fact.text(e.id, c.hash.Key(c.space, e.Name, k))
		if e.source >= 0 {
			e.fact.text(e.source, c.space)
		}
	}
}

// ordinal tells rows with one key apart by their order in the file.
func (c *converter) ordinal(key string) string {
	n := c.seen[key]
	c.seen[key] = n + 1
	if n == 0 {
		return key
	}
	return key + "#" + strconv.Itoa(n)
}

// said spells out all values of the row's facts.
func said(ready []*emitter, p *pass) []string {
	var parts []string
	for _, e := range ready {
		for col, v := range e.fact {
			if v.set && col != e.row {
				parts = append(parts, fmt.Sprint(col), v.s, strconv.FormatInt(v.i, 36), strconv.FormatFloat(v.f, 'g', -1, 64))
			}
		}
		parts = append(parts, e.Name)
	}
	return parts
}

// note writes what is known only once the row is taken: its doubts, its place, what it covers.
func (c *converter) note(e *emitter, p *pass) {
	if len(p.doubts) > 0 && e.dq >= 0 {
		var flags []string
		for _, d := range p.doubts {
			if !slices.Contains(flags, string(d.flag)) {
				flags = append(flags, string(d.flag))
			}
		}
		slices.Sort(flags)
		e.fact.text(e.dq, strings.Join(flags, ","))
	}
	if e.located >= 0 {
		c.located[Located(e.fact[e.located].s)]++
	}
	if e.attrs >= 0 {
		e.fact.text(e.attrs, c.attributes(p))
	}
	c.covered.see(e)
	if c.binding.Period.Bound() {
		if from, to, ok := profile.ParsePeriod(c.binding.Cell(p.cells, c.binding.Period)); ok {
			c.covered.state(period{from, to})
		}
	}
}

// attributes are the columns a profile keeps without a field of their own, as a JSON object.
func (c *converter) attributes(p *pass) string {
	if len(c.binding.Attrs) == 0 {
		return ""
	}
	m := map[string]string{}
	for _, col := range c.binding.Attrs {
		if s := c.binding.Cell(p.cells, col); s != "" {
			s, n := Mask(s)
			p.masked += int64(n)
			m[col.Header] = s
		}
	}
	if len(m) == 0 {
		return ""
	}
	return toJSON(m)
}

// unitOf finds the unit a row names (DESIGN §3, "Whose row is it?"): a code column; names inside the row's own
// upper units; the unit of the title, sheet or file name; the unit given with the file. A name that is unknown is
// a doubt and leaves the unit above it; a name that fits two units refuses the row.
func (c *converter) unitOf(p *pass) (code string, known bool) {
	within := c.context.within()
	for i := len(c.binding.Org) - 1; i >= 0; i-- { // from the coarsest to the finest
		src := c.binding.Org[i]
		if src.Kind != "column" {
			continue
		}
		text := c.binding.Cell(p.cells, src.Column)
		if text == "" {
			continue
		}
		u, err := c.dir.Resolve(text, within, "")
		var ambiguous *units.AmbiguousError
		switch {
		case err == nil:
			code, known, within = u.Code, true, []string{u.Code}
		case errors.As(err, &ambiguous):
			p.refuse(AmbiguousUnit, src.Header, text, "%s", err)
			return "", false
		default:
			p.doubt(UnknownUnit, text)
		}
	}
	if coded, ok, named := c.codeColumn(p); named {
		return coded, ok
	}
	if code == "" {
		if c.context.err != nil {
			p.refuse(AmbiguousUnit, "", "", "%s", c.context.err)
			return "", false
		}
		code = c.context.unit
		known = code != ""
	}
	return code, known
}

// codeColumn reads the field org_code. A code that is no unit yet is kept, so that units loaded later claim it.
func (c *converter) codeColumn(p *pass) (code string, known, named bool) {
	for _, f := range c.codes {
		text := f.Text(p.cells)
		if text == "" {
			continue
		}
		u, err := c.dir.Resolve(text, nil, "")
		var ambiguous *units.AmbiguousError
		switch {
		case err == nil:
			return u.Code, true, true
		case errors.As(err, &ambiguous):
			p.refuse(AmbiguousUnit, f.Column.Header, text, "%s", err)
			return "", false, true
		}
		p.doubt(UnknownUnit, text)
		return text, false, true
	}
	return "", false, false
}
