package profile

// Type is how the text of a field is read.
type Type uint8

const (
	Text   Type = iota // kept as written
	Code               // a value of a code list or a register; ingest maps it, unknown text is kept
	Hash               // identifies a person: ingest must hash the text with the site's secret and never store it
	Time               // naive time in the site's time zone
	Bool               // 是, 否, √ …
	Int                // whole number, may be fuzzy (200余)
	Number             // number, may be fuzzy
	Lon                // longitude or easting in the profile's CRS
	Lat                // latitude or northing in the profile's CRS
)

// Shape is one of the four fact tables of the warehouse, as far as a ledger can fill it.
type Shape struct {
	Name    string
	Columns []ShapeColumn // in the table's order
	Main    []string      // the columns one of which dates a row; empty where a row needs no date
}

// ShapeColumn is a column of a shape and how its text is read.
type ShapeColumn struct {
	Name string
	Type Type
}

// Column returns the column of that name.
func (s *Shape) Column(name string) (ShapeColumn, bool) {
	for _, c := range s.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return ShapeColumn{}, false
}

// ShapeOf returns the shape of that name: record, activity, figure or place.
func ShapeOf(name string) (*Shape, bool) {
	for _, s := range shapes {
		if s.Name == name {
			return s, true
		}
	}
	return nil, false
}

// The columns of analytics/warehouse/migrations/0001_ledgers.sql without those the system fills
// (id, located, due_from, dq, fuzzy, attrs, content, job, row, since). A test compares the two.
var shapes = []*Shape{
	{
		Name: "record",
		Main: []string{"received_at"},
		Columns: []ShapeColumn{
			{"source_system", Text},
			{"source_no", Text},
			{"kind", Code},
			{"channel", Code},
			{"category", Code},
			{"category2", Text},
			{"title", Text},
			{"text", Text},
			{"org_code", Text},
			{"lon", Lon},
			{"lat", Lat},
			{"place_id", Code},
			{"target_group", Code},
			{"dept", Text},
			{"subject_key", Hash},
			{"actor_key", Hash},
			{"procedure", Text},
			{"occurred_at", Time},
			{"received_at", Time},
			{"accepted_at", Time},
			{"assigned_at", Time},
			{"due_at", Time},
			{"responded_at", Time},
			{"visited_at", Time},
			{"closed_at", Time},
			{"stage1_at", Time},
			{"stage2_at", Time},
			{"stage3_at", Time},
			{"stage4_at", Time},
			{"stage5_at", Time},
			{"stage6_at", Time},
			{"status", Code},
			{"resolved_level", Code},
			{"result", Code},
			{"satisfaction", Code},
			{"valid_visit", Bool},
			{"contacted", Bool},
			{"resolved", Bool},
			{"rework_count", Int},
			{"amount", Number},
			{"quantity", Number},
		},
	},
	{
		Name: "activity",
		Main: []string{"held_at"},
		Columns: []ShapeColumn{
			{"type", Code},
			{"brand", Text},
			{"team", Text},
			{"org_code", Text},
			{"place_id", Code},
			{"host", Text},
			{"partner", Text},
			{"subject_key", Hash},
			{"actor_key", Hash},
			{"held_at", Time},
			{"expected", Int},
			{"attended", Int},
			{"beneficiaries", Int},
			{"hours", Number},
			{"km", Number},
			{"sites", Int},
			{"amount", Number},
			{"quantity", Number},
			{"resolutions", Int},
			{"resolutions_closed", Int},
		},
	},
	{
		Name: "figure",
		Main: []string{"period_from", "period_to", "as_of"},
		Columns: []ShapeColumn{
			{"org_code", Text},
			{"subject_type", Text},
			{"subject", Text},
			{"measure", Text},
			{"period_from", Time},
			{"period_to", Time},
			{"as_of", Time},
			{"value", Number},
			{"qualifier", Text},
			{"numerator", Number},
			{"denominator", Number},
			{"denominator_label", Text},
			{"unit", Text},
		},
	},
	{
		Name: "place",
		Columns: []ShapeColumn{
			{"type", Code},
			{"name", Text},
			{"org_code", Text},
			{"party_org_code", Text},
			{"lon", Lon},
			{"lat", Lat},
			{"opened_on", Time},
			{"closed_on", Time},
			{"households", Int},
			{"has_property", Bool},
			{"has_owners_committee", Bool},
			{"has_management_committee", Bool},
			{"person_key", Hash},
			{"related_id", Text},
			{"status", Code},
		},
	},
}
