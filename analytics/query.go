package analytics

import (
	"time"

	"gridstar/analytics/units"
)

// Compare says which earlier period a query also answers for.
// Of a period, or a bucket of time, that still runs at Now, only the part up to the moment that corresponds to Now is
// compared; what has not begun is compared with nothing. 29 to 31 March correspond to the last day of February.
type Compare string

const (
	NoCompare Compare = ""
	// Prev is the period before: one step of the finest time dimension earlier; without one, as many months earlier
	// as the period has if it is made of whole months, else its own length earlier.
	Prev Compare = "prev"
	// YoY is the same period a year earlier; weeks are compared with those 52 weeks earlier.
	YoY Compare = "yoy"
)

// Query is what can be asked. Times are naive times of the site's zone (location UTC). From and To are read as the
// limits of days: with a day cut-off at noon, the day 2026-01-05 begins on the 4th at 12:00.
type Query struct {
	Metrics []string // ids of the catalogue, in the order of the columns
	Dims    []string // org:<level>, hour, day, week, month, quarter, year, weekday, kind, channel …; the first is outermost

	From, To time.Time // half-open

	Org   string   // only what lies in or under this unit, or is covered by this party organisation; "" for all
	Where []Filter // all must hold

	Fold []Fold // values of dimensions of codes that are counted together

	Compare Compare
	Now     time.Time // what lies after it has not happened yet
	AsOf    *int64    // answer as of this data version; nil: the snapshot's own
	Units   UnitsOf   // which cut of the units rows count under
	Limit   int       // at most so many rows, in the answer's order; 0: all

	Scope units.Scope // what the caller may see; the zero Scope sees nothing
}

// UnitsOf says under which units rows count where a new cut of a layer gave them others: those of today, which the numbers of
// different times can be compared by, or those they were given when they were loaded, which reports of that time said.
// It is about records and activities; what exists (places) and what was reported (figures) counts as it is. The tree above the
// units is that of today either way.
type UnitsOf string

const (
	UnitsNow  UnitsOf = ""     // 现行
	UnitsThen UnitsOf = "then" // 当时
)

// Filter keeps the rows whose dimension has one of the values. An empty value means rows without one.
type Filter struct {
	Dim    string
	Values []string
}

// Fold keeps some values of one of the query's dimensions of codes and counts all others as FoldedKey, so that a chart
// has only as many parts as it can show. Rows without a value stay apart. The database adds up, so that a median or a
// number of distinct people is that of all the folded rows together. Where kind is folded, coverage is that of all the
// kinds a metric counts.
type Fold struct {
	Dim  string   // one of Query.Dims: kind, category …
	Keep []string // codes or labels
}

// FoldedKey is the key, and the name, of what a Fold counts together. It comes after all other values.
const FoldedKey = "其他"

// MaxRows is the greatest number of rows an answer may have.
const MaxRows = 1_000_000
