package ingest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
	"gridstar/ingest/source"
)

// converter turns the rows of one batch after the other into facts: reads and checks the fields, maps codes, masks texts,
// finds the unit, hashes identities. Several work on one file at the same time, so a row is converted by itself: what
// depends on the rows before it, such as the ordinal among equal rows, is the collector's.
type converter struct {
	*ledger
	*part // what becomes of the batch under way

	binding *profile.Binding // its own: it remembers texts
	locator *locator
	hash    *warehouse.Hasher
	emits   []*emitter
	codes   []*field          // fields that hold a unit's code
	numbers []*field          // fields that hold the source's number, one an emit
	periods map[string]period // texts of the period column met so far
	answers answers
	ready   []*emitter // of the row under way
	scratch []byte
	tokens  map[string]string // cells about persons met so far, see token
	within  [1]string         // the unit inside which the next name of the row is sought
}

func newConverter(l *ledger) *converter {
	c := &converter{
		ledger: l, binding: l.binding.Clone(), hash: l.hasher(),
		locator: l.locator(), tokens: map[string]string{},
	}
	for i := range c.binding.Emits {
		e := &c.binding.Emits[i]
		at := l.layout(e.Shape.Name)
		m := newEmitter(e, l.layouts[at])
		m.number, m.sheet = i, at
		for i := range m.fields {
			switch m.fields[i].Target {
			case "org_code":
				c.codes = append(c.codes, &m.fields[i])
			case "source_no":
				c.numbers = append(c.numbers, &m.fields[i])
			}
		}
		c.emits = append(c.emits, m)
	}
	return c
}

// convert converts the rows of a batch, but for the first skip, which belong to the header.
func (c *converter) convert(b *source.Batch, skip int) *part {
	p := c.newPart()
	c.part = p
	for _, r := range b.Bad {
		c.rows++
		c.refused++
		c.reject(Reject{Row: r.Row, Reason: Unreadable, Message: r.Reason.Message()})
	}
	c.unmerge(b, skip)
	for i := skip; i < b.Len(); i++ {
		c.row(b.Row(i), b.Rows[i])
	}
	c.part = nil
	return p
}

// row converts one row of the file. A row is taken whole or refused whole.
func (c *converter) row(cells []string, row int64) {
	c.rows++
	if why := c.binding.Skip(cells); why != "" {
		c.skip(string(why))
		c.totals(cells, row)
		return
	}
	c.amounts(cells, row)
	p := pass{row: row, cells: cells}
	c.disguise(cells, &p)
	c.readKey(&p)
	p.unit, p.unitKnown = c.unitOf(&p)
	ready := c.ready[:0]
	for _, e := range c.emits {
		if e.Applies(cells) {
			c.fill(e, &p)
			ready = append(ready, e)
		}
	}
	c.ready = ready
	switch {
	case len(p.rejects) > 0:
		for _, e := range ready {
			clear(e.fact)
		}
		c.refused++
		for _, r := range p.rejects {
			c.reject(r)
		}
		c.keepRefused(refused{row, c.original(cells)})
		c.replace(&p)
		return
	case len(ready) == 0:
		c.skip("no_fact")
		return
	}
	attrs := c.attributes(&p)
	first := len(c.facts)
	c.identify(ready, &p)
	for i, e := range ready {
		c.note(e, &p, attrs)
		f := &c.facts[first+i]
		f.flags = p.doubts.flags(e)
		f.twins = e.twins()
		if len(e.inexact) > 0 {
			f.inexact = slices.Clone(e.inexact)
		}
		f.at = int32(c.sheets[e.sheet].keep(e.fact))
	}
	c.taken = append(c.taken, taken{row: row, facts: len(ready)})
	for _, d := range p.doubts {
		c.warnings.flag(d.flag, row, d.value)
	}
	for _, code := range p.spoilt {
		c.warnings.add("DQ04_excel", spoiltText, row, code)
	}
	if p.visitUndated {
		c.warnings.add("visit_date", "有效回访没有写明回访时间，按办结时间计", row, "")
	}
	if p.ground != "" {
		c.located[p.ground]++
	}
	c.masked += p.masked
	c.produced++
	c.replace(&p)
}

// replace notes that the row stands for one that an earlier job refused. Should it be refused again, it is so under this job.
func (c *converter) replace(p *pass) {
	if p.replaces.job != 0 {
		c.named[p.replaces] = true
	}
}

// readKey reads what tells this row from others, where the profile names it.
func (c *converter) readKey(p *pass) {
	switch c.binding.Identity {
	case profile.ByKey:
		key, filled := c.binding.AppendKey(c.scratch[:0], c.harmless(p.cells), &c.context.clock)
		if c.scratch, p.key = key, string(key); !filled {
			p.refuse(NoIdentity, "", "", "能够辨认这一行的列都是空的")
		}
	case profile.BySourceNo:
		for _, f := range c.numbers {
			if p.number = f.Text(p.cells); p.number != "" {
				return
			}
		}
		p.refuse(NoIdentity, c.numbers[0].Column.Header, "", "缺少编号，无法与以前的记录对应")
	}
}

// pass is one row on its way.
type pass struct {
	row       int64
	cells     []string
	unit      string // code of the unit the row names, "" for none
	unitKnown bool   // the code is a unit of the tree
	rejects   []Reject
	doubts    doubts
	emit      *emitter // the fact that is being read; nil for what concerns all facts of the row
	ground    Located  // of the row's first fact that has a place
	masked    int64
	key       string // the key columns, as they stand in the file
	number    string // the source's number of the row

	rated        bool     // a rate of the row has been compared with the one stated
	replaces     rejectID // the refused row of an earlier job that this one is
	spoilt       []string // codes of units of which a spreadsheet kept only the first digits
	visitUndated bool     // a visit took the date of the closing

	term *profile.Term // what the row promises where it states no day; nil: nothing
}

type doubt struct {
	flag  Flag
	value string
	emit  *emitter
}

type doubts []doubt

// flags are those of one fact.
func (ds doubts) flags(e *emitter) (all flags) {
	for _, d := range ds {
		if d.of(e) {
			all |= d.flag.bit()
		}
	}
	return all
}

// has says whether a flag is already noted for a fact.
func (ds doubts) has(f Flag, e *emitter) bool {
	return slices.ContainsFunc(ds, func(d doubt) bool { return d.flag == f && d.of(e) })
}

func (d doubt) of(e *emitter) bool { return d.emit == nil || d.emit == e }

func (p *pass) doubt(f Flag, value string) { p.doubts = append(p.doubts, doubt{f, value, p.emit}) }

// refuse notes why the row is not taken. Facts of a row share columns: one bad cell is one reason.
func (p *pass) refuse(r Reason, column, value, format string, args ...any) {
	for _, old := range p.rejects {
		if old.Reason == r && old.Column == column {
			return
		}
	}
	p.rejects = append(p.rejects, Reject{Row: p.row, Column: column, Value: quotable(value), Reason: r, Message: fmt.Sprintf(format, args...)})
}

// fill reads every field of one fact.
func (c *converter) fill(e *emitter, p *pass) {
	p.emit, e.inexact = e, e.inexact[:0]
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
	if e.measure >= 0 {
		c.frame(e, p)
		c.statedRate(e, p)
	}
	if len(e.main) > 0 && !slices.ContainsFunc(e.main, func(col int) bool { return e.fact[col].set }) &&
		!slices.ContainsFunc(p.rejects, func(r Reject) bool { return r.Reason == BadTime }) {
		p.refuse(NoMainDate, c.columnOf(e, e.Shape.Main), "", "缺少%s，无法确定属于哪个时期", mainDateName[e.Shape.Name])
	}
	c.place(e, p)
	switch {
	case e.kind >= 0:
		c.deadline(e, p.term)
		c.completeness(e, p)
		e.dateVisit(p)
		c.order(e, p)
	case e.held >= 0 && e.fact.timeAt(e.held).After(c.now):
		p.doubt(FutureDate, "")
	}
	p.emit = nil
}

// frame checks what a figure cannot do without and dates it by the period of the file where it has no date itself.
func (c *converter) frame(e *emitter, p *pass) {
	if !e.fact[e.measure].set {
		p.refuse(NoIdentity, c.columnOf(e, []string{"measure"}), "", "缺少指标，无法确定这个数说明什么")
	}
	if e.fact[e.periodFrom].set || e.fact[e.periodTo].set || e.fact[e.asOf].set {
		return
	}
	days, ok := c.statedPeriod(p)
	if text := c.binding.Cell(p.cells, c.binding.Period); !ok && text != "" && c.context.period.from.IsZero() {
		p.refuse(BadTime, c.binding.Period.Header, text, "%s", unknownPeriod)
		return
	}
	if !ok {
		days = c.context.period
	}
	if !days.from.IsZero() {
		e.fact.time(e.periodFrom, days.from)
		e.fact.time(e.periodTo, days.to)
	}
}

const unknownPeriod = "不是可识别的所属期间，应如 2026年3月、2026-03、2026年第一季度；不写年份的，标题中应写明年份"

// statedPeriod is the period that a column of the row states.
func (c *converter) statedPeriod(p *pass) (period, bool) {
	if !c.binding.Period.Bound() {
		return period{}, false
	}
	text := c.binding.PeriodText(p.cells)
	days, met := c.periods[text]
	if !met {
		days.from, days.to, _ = c.context.clock.Period(text)
		if c.periods == nil || len(c.periods) >= maxCodes {
			c.periods = map[string]period{}
		}
		c.periods[strings.Clone(text)] = days
	}
	return days, !days.from.IsZero()
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
		if err != nil && f.col == e.dueAt {
			if term, is := profile.ParseTerm(f.Text(p.cells)); is {
				p.term, err = &term, nil
			}
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
	if q != profile.Exact {
		p.doubt(FuzzyNumber, f.Text(p.cells))
		e.inexact = append(e.inexact, inexact{f.col, q})
	}
	// A figure always says how its value was stated, a record only what is not exact.
	if e.fuzzy >= 0 && (q != profile.Exact || f.Target == "value") {
		e.fact.text(e.fuzzy, string(q))
	}
}

func (c *converter) readText(e *emitter, f *field, p *pass) {
	s := f.Text(p.cells)
	if s == "" || f.col == e.orgCode {
		return // the unit is found by unitOf
	}
	if f.Target == "party_org_code" {
		if u, err := c.dir.Resolve(s, nil, ""); err == nil {
			s = u.Code
		} else {
			p.doubt(UnknownUnit, s)
		}
	}
	hide := f.Masked || f.free
	if f.list != "" {
		v := f.code(c.catalog, s)
		switch {
		case v.known:
			s = v.code
		case f.list != measures: // a site may report measures that the catalogue does not list
			p.doubt(UnknownCode, s)
			hide = true // what is in no list may be any text
		}
	}
	if hide {
		m, n := Mask(s)
		p.masked += int64(n)
		s = m
	}
	e.fact.text(f.col, s)
}

// deadline fills due_at where the ledger states no day: a term it states (5个工作日) counts from the day the matter was received, and
// without one the site's rules hold. Either ends with its last day, see catalog.Due.
func (c *converter) deadline(e *emitter, term *profile.Term) {
	if from := e.fact.timeAt(e.received); term != nil && !from.IsZero() {
		day := midnight(c.catalog.Calendar.AddDays(from, term.Days, term.Working))
		last := day.AddDate(0, term.Months, 0)
		if last.Day() != day.Day() { // a month from the 31st of January ends with February
			last = last.AddDate(0, 0, -last.Day())
		}
		e.fact.time(e.dueAt, last.Add(24*time.Hour-time.Second))
	}
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

// dateVisit dates a valid visit that the ledger records without a date by the closing it follows: the three rates
// count by the date of the visit and would else not see the ledgers that have no such column, which are most.
func (e *emitter) dateVisit(p *pass) {
	if v := e.fact[e.validVisit]; v.set && v.i != 0 && !e.fact[e.visited].set && e.fact[e.closed].set {
		e.fact[e.visited] = e.fact[e.closed]
		p.visitUndated = true
	}
}

// order flags times that cannot be: a step before the matter was received, or a past step in the future.
func (c *converter) order(e *emitter, p *pass) {
	received := e.fact.timeAt(e.received)
	for _, col := range []int{e.accepted, e.assigned, e.responded, e.visited, e.closed} {
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

// note writes what is known only once the row is taken: its attributes, what it covers.
func (c *converter) note(e *emitter, p *pass, attrs string) {
	if e.located >= 0 && p.ground == "" {
		p.ground = Located(e.fact[e.located].s)
	}
	if e.attrs >= 0 {
		e.fact.text(e.attrs, attrs)
	}
	c.covered.see(e, p.row)
	if days, ok := c.statedPeriod(p); ok {
		c.covered.state(days)
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
