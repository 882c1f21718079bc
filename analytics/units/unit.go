package units

import (
	"time"

	"gridstar/analytics/catalog"
)

// The two trees. Level names are unique over both.
const (
	Area  = catalog.Area
	Party = catalog.Party
)

// Beginning is the valid_from of what has no stated beginning: it was always so.
var Beginning = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// Unit is one version of a unit, in force in [ValidFrom, ValidTo). Dates are at midnight UTC and mean the civil
// date of the site's time zone.
type Unit struct {
	Tree   string // Area or Party
	Code   string // over all trees and levels, a code is one unit at any time
	Parent string // code of the unit above; empty for a root
	Level  string // level id such as "community"
	Name   string
	Sort   int // official order among the children of one parent; ties go by code

	ValidFrom time.Time
	ValidTo   time.Time // zero: still in force

	Population  *int64
	Households  *int64
	AreaKM2     *float64
	LeaderTitle string
	Attrs       string // JSON object; empty for none

	Aliases []string // further names, sorted
	Covers  []string // party units: codes of the area units they cover, sorted
}

// In says whether the version is in force on the date.
func (u Unit) In(date time.Time) bool {
	return !date.Before(u.ValidFrom) && (u.ValidTo.IsZero() || date.Before(u.ValidTo))
}

// Level is one level of a tree: its id, its Chinese label and its tree.
type Level = catalog.Level

// Levels are the levels of both trees, each tree's from the top down. The site's config.toml states them.
type Levels []Level

// Find gives a level by its id.
func (ls Levels) Find(id string) (Level, bool) {
	for _, l := range ls {
		if l.ID == id {
			return l, true
		}
	}
	return Level{}, false
}

// Rank is a level's place in its tree, 0 at the top; -1 for an unknown id.
func (ls Levels) Rank(id string) int {
	n := map[string]int{}
	for _, l := range ls {
		if l.ID == id {
			return n[l.Tree]
		}
		n[l.Tree]++
	}
	return -1
}

// Date cuts a time to its civil date at midnight UTC, the form in which this package keeps dates.
func Date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
