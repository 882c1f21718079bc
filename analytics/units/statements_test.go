package units

import (
	_ "embed"
	"strings"
	"time"

	"gridstar/analytics/warehouse"
)

var (
	//go:embed testdata/unit.sql
	unitSQL string
	//go:embed testdata/path.sql
	pathSQL string
)

// What Tree holds in memory, said a second time in SQL, to hold the one against the other.

// PathSQL is the body of the CTE unit_path: the unit above every unit at every level.
//
//	WITH unit_path AS MATERIALIZED (<PathSQL>) SELECT …
//	FROM fact f LEFT JOIN unit_path p ON p.code = f.org_code AND p.level = 'community'
//
// Columns: code (the unit a fact carries), level, tree (of the ancestor), ancestor (its code; the unit itself at
// its own level). One row per (code, level), so a fact counts once per level. An area unit has rows for its own
// levels and, by way of org_cover, for party levels; a party unit has rows for party levels only.
//
// A party level is reached from an area unit through the organisations that cover it or its nearest covered
// ancestor and that stand at that level or have an ancestor there. Where several qualify, the nearest covered
// unit wins, then the organisation that covers it directly, then the covering organisation's lowest sort, then
// its lowest code; Directory.CoverConflicts reports such units.
//
// Rows are of the data version asOf (nil: the live one) and of the tree as it is on the civil date of on. The
// text is complete: it has no parameters and holds nothing that a user wrote.
func PathSQL(asOf *int64, on time.Time) string { return fill(pathSQL, asOf, on) }

// UnitSQL is the body of a CTE with the units in official order: one row per code, in the version that counts on
// the civil date of on.
//
// Columns: tree, code, parent_code, level, name, sort, households, population, area_km2, leader_title, valid
// (false: ended or not yet begun on that date), position (1 … n: depth first, the area tree before the party tree,
// children by sort, then code; a unit whose parent is unknown stands among the roots).
func UnitSQL(asOf *int64, on time.Time) string { return fill(unitSQL, asOf, on) }

func fill(text string, asOf *int64, on time.Time) string {
	return strings.NewReplacer(
		"{{org}}", warehouse.Relation("org", asOf),
		"{{org_cover}}", warehouse.Relation("org_cover", asOf),
		"{{on}}", "DATE '"+on.Format(time.DateOnly)+"'",
	).Replace(text)
}
