package geo

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/paulmach/orb"
)

func TestThinThings(t *testing.T) {
	// At 30° a degree of latitude is 110,852 m, one of longitude 96,486 m: 1 m is 0.000009°, 5 m 0.000045°.
	bent := orb.LineString{{114, 30}, {114.001, 30.000009}, {114.002, 30}, {114.003, 30.000045}, {114.004, 30}}
	house := orb.MultiPolygon{{{{114, 30}, {114.001, 30}, {114.001, 30.001}, {114.0005, 30.001}, {114, 30.001}, {114, 30}}}}
	given := []Thing{
		{Name: "路", Shape: bent, Row: 1},
		{Shape: orb.MultiLineString{bent, {{1, 2}, {3, 4}}}, Row: 2},
		{Shape: house, Row: 3},
		{Name: "点", Shape: orb.Point{114, 30}, Row: 4},
	}
	before := orb.Clone(bent)
	got := ThinThings(given, 2)
	thin := orb.LineString{{114, 30}, {114.002, 30}, {114.003, 30.000045}, {114.004, 30}} // the bend of 1 m is gone, that of 5 m stays
	square := orb.MultiPolygon{{{{114, 30}, {114.001, 30}, {114.001, 30.001}, {114, 30.001}, {114, 30}}}}
	for i, want := range []orb.Geometry{thin, orb.MultiLineString{thin, {{1, 2}, {3, 4}}}, square, orb.Point{114, 30}} {
		if !orb.Equal(got[i].Shape, want) || got[i].Name != given[i].Name || got[i].Row != given[i].Row {
			t.Errorf("%d: %v, want %v", i, got[i], want)
		}
	}
	if !orb.Equal(bent, before) {
		t.Errorf("the line given became %v", bent)
	}
}

func TestWriteThings(t *testing.T) {
	var out bytes.Buffer
	err := WriteThings(&out, []Thing{
		{Name: "“路”<", Shape: orb.LineString{{114.12345678, 30}, {114.2, 30.1}}},
		{Shape: orb.MultiPolygon{}},
		{Shape: orb.Point{1, -2}},
		{Shape: orb.MultiPoint{{1, 2}, {3, 4}}},
		{Shape: orb.MultiLineString{{{1, 2}, {3, 4}}}},
		{Shape: orb.MultiPolygon{{{{0, 0}, {0, 4}, {4, 4}, {0, 0}}}}}, // clockwise
	})
	want := `{"type":"FeatureCollection","features":[` +
		`{"type":"Feature","properties":{"name":"“路”\u003c"},"geometry":{"type":"LineString","coordinates":[[114.123457,30],[114.2,30.1]]}},` +
		`{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,-2]}},` +
		`{"type":"Feature","properties":{},"geometry":{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}},` +
		`{"type":"Feature","properties":{},"geometry":{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}},` +
		`{"type":"Feature","properties":{},"geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[4,4],[0,4],[0,0]]]]}}` + "]}\n"
	if err != nil || out.String() != want || !json.Valid(out.Bytes()) {
		t.Errorf("got  %s\nwant %s\n%v", out.String(), want, err)
	}
}
