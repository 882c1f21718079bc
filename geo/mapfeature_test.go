package geo

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

func TestWriteMap(t *testing.T) {
	outer := orb.Ring{{113.9005, 32.1}, {114, 32.1}, {114, 32.2}, {113.9005, 32.1}}
	hole := orb.Ring{{113.97, 32.13}, {113.98, 32.14}, {113.98, 32.13}, {113.97, 32.13}}
	reversed := orb.Ring{{0, 0}, {0, 2}, {2, 0}} // clockwise and open
	in := []MapFeature{
		{Code: "411502001", Name: "第一网格", Shape: orb.MultiPolygon{{outer, hole}}},
		{Code: "2", Name: "</script>\"", Shape: orb.MultiPolygon{{reversed}, {{}, hole}, {}}},
		{Code: "3"},
	}
	before := in[1].Shape.Clone()
	want := `{"type":"FeatureCollection","features":[` +
		`{"type":"Feature","properties":{"code":"411502001","name":"第一网格"},"geometry":{"type":"MultiPolygon","coordinates":` +
		`[[[[113.9005,32.1],[114,32.1],[114,32.2],[113.9005,32.1]],[[113.97,32.13],[113.98,32.14],[113.98,32.13],[113.97,32.13]]]]}},` +
		`{"type":"Feature","properties":{"code":"2","name":"\u003c/script\u003e\""},"geometry":{"type":"MultiPolygon","coordinates":` +
		`[[[[2,0],[0,2],[0,0],[2,0]]]]}},` +
		`{"type":"Feature","properties":{"code":"3","name":""},"geometry":null}` +
		"]}\n"
	var got bytes.Buffer
	if err := WriteMap(&got, in); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(before, in[1].Shape); diff != "" {
		t.Errorf("the shape given has changed:\n%s", diff)
	}
}

func TestWriteMapReadsBack(t *testing.T) {
	fs := wavy(3, 4, 9)
	var regions []MapFeature
	for i, mp := range Thin(shapesOf(fs), 500) {
		regions = append(regions, MapFeature{Code: fs[i].Code, Name: "网格", Shape: mp})
	}
	var buf bytes.Buffer
	if err := WriteMap(&buf, regions); err != nil {
		t.Fatal(err)
	}
	back, err := ReadGeoJSON(&buf, ReadOptions{CRS: WGS84, CodeProp: "code", NameProp: "name"})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range back {
		if len(f.Notes) > 0 {
			t.Errorf("%s: %s", f.Code, f.Notes[0].Text())
		}
		if got := (MapFeature{f.Code, f.Name, f.Shape}); !cmp.Equal(got, regions[i]) {
			t.Errorf("got %v, want %v", got, regions[i])
		}
	}
	if len(back) != len(regions) {
		t.Errorf("%d of %d regions", len(back), len(regions))
	}
}

func TestWriteMapReportsTheWriter(t *testing.T) {
	if err := WriteMap(failingWriter{}, []MapFeature{{Code: "1"}}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
