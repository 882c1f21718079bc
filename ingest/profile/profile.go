package profile

import "cmp"

// Values of Profile.HeaderRow besides a row number.
const (
	FindHeaderRow = 0  // header_row = 0: the header is looked for
	NoHeaderRow   = -1 // header_row = "none": the columns are c1, c2, …
)

// Profile is a checked ledger profile. It is immutable and may be shared.
type Profile struct {
	Name      string   // what --profile takes; unique in a Set
	Title     string   // Chinese display name; the name where none is given
	File      string   // where it was read from, for messages
	Digest    string   // hex SHA-256 of the file: the same file, profile and options change nothing
	HeaderRow int      // FindHeaderRow, NoHeaderRow, or the 1-based file row of the header
	CRS       string   // of the fields lon and lat; "" = not stated, must be given with the file
	Match     []string // headers that recognise the ledger
	Absent    []string // headers that a ledger of this kind does not have: others have them, and its own as well
	Refuse    string   // set: ledgers of this kind are known and not loaded; a Chinese sentence that says why. Such a profile has no fields and is not to be bound
	Extends   string   // the name of the profile that this one adapts to other headers; "" = none
	Covers    []string // kinds, types or measures that a file of this ledger delivers in full
	Period    Source   // where the period a file covers is stated; Kind "" = nowhere

	shape    string
	ownCount bool // numbers = "own": source_no is unique only within its unit and year, and tells no rows apart
	null     nullSet
	synonyms map[string]synonym // by folded canonical header
	columns  map[string]string  // folded canonical header → the header of the file, "" for a file without; wins over names and synonyms
	examples []sample
	base     *Profile // that it extends
	key      []string
	subject  []string
	attrs    []string
	drop     []string
	org      []Source
	masked   map[string]bool
	blocks   []block
}

// Source names a place where a unit or a period may be stated.
type Source struct {
	Kind   string // "column", "title", "sheet" or "file"
	Header string // for "column": its header as the profile spells it
}

// Identity says which row of the warehouse a file row is.
type Identity uint8

const (
	BySourceNo Identity = iota // the field source_no, unless each unit counts its own
	ByKey                      // the key columns, hashed, plus the ordinal among equal rows
	BySlice                    // neither: a file replaces the rows of its profile, unit and period
)

// Ledger is the name of the ledger that the profile reads: its own, or that of the built-in profile that it extends. What
// the one has loaded the other replaces.
func (p *Profile) Ledger() string { return cmp.Or(p.Extends, p.Name) }

// SourceSystem returns the identity space of the ledger's records: the constant source_system, else the profile's name.
// A profile that extends another has its space: it is the same ledger with other headers.
func (p *Profile) SourceSystem() string {
	for i := range p.blocks {
		for _, f := range p.blocks[i].fields {
			if f.target == "source_system" && f.constant != "" {
				return f.constant
			}
		}
	}
	if p.base != nil {
		return p.base.SourceSystem()
	}
	return p.Name
}

// Shapes returns the names of the shapes a row of the ledger may fill, each once.
func (p *Profile) Shapes() []string {
	var out []string
	seen := map[string]bool{}
	for i := range p.blocks {
		if n := p.blocks[i].shape.Name; !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

// synonym is a line of [synonyms].
type synonym struct {
	name   string   // the canonical header as the profile spells it
	others []string // as spelt
	folded []string
	order  int // in the file
}

// sample is a line of [examples]: a plausible value of a column.
type sample struct{ header, value string }

// block is one [fields] or [[emit]] table: what one file row states once.
type block struct {
	name    string // distinguishes the facts of one row in their identity; "" for [fields]
	shape   *Shape
	when    []string
	fields  []fieldSpec // in the shape's column order
	unpivot []unpivotSpec
	into    string
	line    int
}

// unpivotSpec turns one column into a fact of its own: the cell is its value, `as` stands in the field `into`.
type unpivotSpec struct {
	columns   []string
	as        string
	constants map[string]string
}

// fieldSpec is how one target field gets its text: columns first, then the steps in this order.
type fieldSpec struct {
	target   string
	typ      Type
	constant string   // set: the field is this text in every row
	columns  []string // the first that exists counts
	clock    []string // columns holding the clock time of a date column
	required bool
	layouts  []layout
	dayEnd   bool // a day without a clock time means its last second
	incl     bool // the cell names the last day, month … inside a period: read as the moment after it
	steps    steps
	unit     string // unit the number must be in
	line     int
}
