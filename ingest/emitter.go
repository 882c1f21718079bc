package ingest

import (
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/ingest/profile"
)

// emitter is one fact a row may state, with its columns resolved.
type emitter struct {
	*profile.Emit
	number int // among the facts of a row
	sheet  int // of the part: the position of its layout
	fact   fact
	fields []field
	about  []int // columns that say what the fact is about, see aboutColumns; nil: all

	orgCode                      int // columns of the sheet, -1 where the shape lacks them
	lon, lat, located, placeID   int
	id, row, fuzzy, attrs        int
	kind, procedure, dueAt       int
	dueFrom, source, sourceNo    int
	received, accepted, assigned int
	occurred, closed, responded  int
	visited, validVisit          int
	held, subject                int
	measure, value, numerator    int
	denominator, title, text     int
	status, result, resolved     int
	periodFrom, periodTo, asOf   int
	of                           int // what coverage is counted by, see subjectColumn
	main                         []int

	inexact []inexact // numbers of the row at hand that were not stated exactly
}

// inexact is a number that was not stated exactly: its column, and how it was stated.
type inexact struct {
	col int
	how profile.Qualifier
}

// field is a bound field with the column it fills and the code list it is mapped by.
type field struct {
	*profile.Field
	col   int
	list  string           // id of its code list, measures, or ""
	free  bool             // people write it: it may hold what must be masked
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
	code, ok := "", false
	if f.list == measures {
		var m catalog.Measure
		m, ok = cat.MeasureNamed(text)
		code = m.ID
	} else {
		code, ok = cat.Lookup(f.list, text)
	}
	if len(f.codes) < maxCodes {
		if f.codes == nil {
			f.codes = map[string]coded{}
		}
		f.codes[strings.Clone(text)] = coded{code, ok} // the text is a slice of its whole batch
	}
	return coded{code, ok}
}

func newEmitter(e *profile.Emit, sh *layout) *emitter {
	m := &emitter{
		Emit: e, fact: sh.fact(),
		orgCode: sh.column("org_code"), lon: sh.column("lon"), lat: sh.column("lat"), located: sh.column("located"), placeID: sh.column("place_id"),
		id: sh.column("id"), row: sh.column("row"), attrs: sh.column("attrs"),
		kind: sh.column("kind"), procedure: sh.column("procedure"), dueAt: sh.column("due_at"), dueFrom: sh.column("due_from"),
		source: sh.column("source_system"), sourceNo: sh.column("source_no"),
		received: sh.column("received_at"), accepted: sh.column("accepted_at"), assigned: sh.column("assigned_at"),
		occurred: sh.column("occurred_at"), closed: sh.column("closed_at"), responded: sh.column("responded_at"),
	}
	m.visited, m.validVisit = sh.column("visited_at"), sh.column("valid_visit")
	m.held, m.subject = sh.column("held_at"), sh.column("subject_key")
	m.measure, m.value, m.numerator = sh.column("measure"), sh.column("value"), sh.column("numerator")
	m.periodFrom, m.periodTo, m.asOf = sh.column("period_from"), sh.column("period_to"), sh.column("as_of")
	m.denominator, m.title, m.text = sh.column("denominator"), sh.column("title"), sh.column("text")
	m.status, m.result, m.resolved = sh.column("status"), sh.column("result"), sh.column("resolved")
	m.of = sh.column(subjectColumn[e.Shape.Name])
	m.fuzzy = sh.column("fuzzy")
	if m.fuzzy < 0 {
		m.fuzzy = sh.column("qualifier")
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		m.fields = append(m.fields, field{Field: f, col: sh.column(f.Target), list: codeList(e.Shape.Name, f.Target), free: f.Type == profile.Text && !plainTexts[f.Target]})
	}
	for _, name := range aboutColumns[e.Shape.Name] {
		m.about = append(m.about, sh.column(name))
	}
	for _, name := range e.Shape.Main {
		m.main = append(m.main, sh.column(name))
	}
	return m
}

// measures stands for the catalogue's measures, which are looked up like a code list.
const measures = "measure"

// codeList names the list of a field; "" where its text is kept as it is.
func codeList(shape, target string) string {
	switch shape + "." + target {
	case "record.kind":
		return catalog.ListKind
	case "record.channel":
		return catalog.ListChannel
	case "record.category":
		return catalog.ListCategory
	case "record.status":
		return catalog.ListStatus
	case "record.resolved_level":
		return catalog.ListResolvedLevel
	case "record.result":
		return catalog.ListResult
	case "record.satisfaction":
		return catalog.ListSatisfaction
	case "record.target_group":
		return catalog.ListTargetGroup
	case "activity.type":
		return catalog.ListActivityType
	case "place.type":
		return catalog.ListPlaceType
	case "figure.measure":
		return measures
	}
	return ""
}

// plainTexts are the text fields that hold identifiers and terms, in which a long number is not a telephone.
var plainTexts = map[string]bool{
	"source_system": true, "source_no": true, "org_code": true, "party_org_code": true, "related_id": true, "procedure": true,
	"measure": true, "subject_type": true, "qualifier": true, "unit": true,
}
