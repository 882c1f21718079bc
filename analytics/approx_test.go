package analytics

import (
	"strings"
	"testing"

	"gridstar/analytics/catalog"
)

// A value that rests on round terms says so in every format; where there is none no column speaks of it.
func TestApproxIsSaid(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	a := &Answer{
		Columns: []Column{{&catalog.Metric{ID: "arrears", Type: catalog.Count, Unit: "元"}}, {&catalog.Metric{ID: "members", Type: catalog.Count, Unit: "人"}}},
		Rows:    []Row{{Cells: []Cell{{Value: v(900), N: 900, Flagged: 1, Covered: 1}, {Value: v(5), N: 5, Covered: 1}}}, {Cells: []Cell{{Value: v(7), N: 7, Covered: 1}, {Value: v(6), N: 6, Covered: 1}}}},
	}
	var csv, json strings.Builder
	if err := a.CSV(&csv); err != nil {
		t.Fatal(err)
	}
	if err := a.JSON(&json); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFFarrears,arrears_n,arrears_d,arrears_note,arrears_covered,arrears_approx,members,members_n,members_d,members_note,members_covered\r\n" +
		"900,900,,,1,true,5,5,,,1\r\n7,7,,,1,false,6,6,,,1\r\n"
	if csv.String() != want {
		t.Errorf("CSV:\n%s", csv.String())
	}
	if text := json.String(); strings.Count(text, `"arrears_approx":true`) != 1 || strings.Count(text, `"arrears_approx":false`) != 1 || strings.Contains(text, "members_approx") {
		t.Errorf("JSON:\n%s", text)
	}
}
