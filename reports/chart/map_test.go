package chart

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"gridstar/geo"

	"github.com/google/go-cmp/cmp"
)

func choropleth(t *testing.T, d MapData) node {
	t.Helper()
	o, err := Choropleth(head("每千户受理量", "件/千户", "按社区"), Card, d)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, o)
}

// Six values in five classes with step 1 (see TestClasses): 2 3 4 5; two regions without value.
func TestMapJoinsByCodeAndClass(t *testing.T) {
	d := MapData{Map: "layer-3", MidLat: 60}
	for i, v := range []string{"6", "缺数据", "1", "5", "2", "样本不足", "3", "4"} {
		p := pt("第一网格 " + v) // names repeat: only codes join
		p.Code = "G" + strconv.Itoa(i)
		d.Regions = append(d.Regions, p)
	}
	tree := choropleth(t, d)
	series := dig(t, tree, "series", 0)
	if got := []any{dig(t, series, "map"), dig(t, series, "nameProperty"), dig(t, series, "roam")}; cmp.Diff([]any{"layer-3", "code", false}, got) != "" {
		t.Errorf("map, nameProperty, roam: %v", got)
	}
	if got := dig(t, series, "aspectScale").(float64); math.Abs(got-0.5) > 1e-12 { // cos 60°
		t.Errorf("aspectScale %v, want 0.5", got)
	}
	data := dig(t, series, "data")
	if diff := cmp.Diff([]any{"G0", "G1", "G2", "G3", "G4", "G5", "G6", "G7"}, pluck(t, data, "name")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{4., -1., 0., 4., 1., -1., 2., 3.}, pluck(t, data, "value")); diff != "" {
		t.Errorf("classes (-want +got)\n%s", diff)
	}
	pieces := dig(t, tree, "visualMap", 0, "pieces")
	if diff := cmp.Diff([]any{"5 及以上（2）", "4（含）–5（1）", "3（含）–4（1）", "2（含）–3（1）", "2 以下（1）", "缺数据、样本不足（2）"}, pluck(t, pieces, "label")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{4., 3., 2., 1., 0., -1.}, pluck(t, pieces, "value")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"#2f5a84", "#5f83a6", "#97afc6", "#c9d5e1", "#eef2f6", missing}, pluck(t, pieces, "color")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{card, ink, ink, card, ink, ink, ink, card}, pluck(t, data, "label", "color")); diff != "" {
		t.Errorf("type on the classes (-want +got)\n%s", diff)
	}
	if got := pluck(t, data, "label", "formatter")[1]; got != "第一网格\n—" {
		t.Errorf("a region without value is named %q", got)
	}
}

func TestMapWithFewValues(t *testing.T) {
	for name, c := range map[string]struct {
		values         string
		labels, colors []any
	}{
		"one region":      {"5", []any{"5（1）"}, []any{"#97afc6"}},
		"all equal":       {"5 5 5", []any{"5（3）"}, []any{"#97afc6"}},
		"two values":      {"5 7", []any{"7 及以上（1）", "7 以下（1）"}, []any{"#5f83a6", "#c9d5e1"}},
		"none has one":    {"缺数据 缺数据", []any{"缺数据（2）"}, []any{missing}},
		"zero is a value": {"0 样本不足", []any{"0（1）", "样本不足（1）"}, []any{"#97afc6", missing}},
	} {
		t.Run(name, func(t *testing.T) {
			pieces := dig(t, choropleth(t, MapData{Map: "m", Regions: series(c.values)}), "visualMap", 0, "pieces")
			if diff := cmp.Diff(c.labels, pluck(t, pieces, "label")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.colors, pluck(t, pieces, "color")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMapOfAThousandRegionsAndOneMore(t *testing.T) {
	d := MapData{Map: "grids"}
	for i := range MaxRegions {
		d.Regions = append(d.Regions, Point{Code: strconv.Itoa(i), Label: "第" + strconv.Itoa(i) + "网格", Value: num(float64(i % 97)), Text: strconv.Itoa(i % 97)})
	}
	o, err := Choropleth(Head{}, Card, d)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if perRegion := len(data) / MaxRegions; perRegion > 300 {
		t.Errorf("%d bytes per region", perRegion)
	}
	d.Regions = append(d.Regions, Point{Code: "1000"})
	_, err = Choropleth(Head{}, Card, d)
	if !errors.Is(err, ErrTooManyRegions) || !strings.Contains(err.Error(), "1001") {
		t.Errorf("1,001 regions: %v", err)
	}
}

// A tile map must be readable by the reader of real layers, with one square per code, none over another.
func TestTiles(t *testing.T) {
	codes := []string{"甲", "乙", `"丙"`, "<丁>", "戊"}
	fs, err := geo.ReadGeoJSON(bytes.NewReader(Tiles(codes)), geo.ReadOptions{CRS: geo.WGS84, CodeProp: "code"})
	if err != nil {
		t.Fatal(err)
	}
	// Five tiles: ⌈√(5 × 1.6)⌉ = 3 columns.
	corners := [][2]float64{{0, 0}, {1, 0}, {2, 0}, {0, -1}, {1, -1}}
	if len(fs) != len(codes) {
		t.Fatalf("%d tiles", len(fs))
	}
	for i, f := range fs {
		b := f.Shape.Bound()
		if f.Code != codes[i] || b.Min[0] != corners[i][0] || b.Max[1] != corners[i][1] || b.Max[0]-b.Min[0] != 1 || b.Max[1]-b.Min[1] != 1 {
			t.Errorf("tile %d is %q at %v", i, f.Code, b)
		}
	}
	if findings := geo.Audit(fs); geo.Count(findings, geo.Failure) != 0 {
		t.Errorf("audit: %v", findings)
	}
	var empty struct{ Features []any }
	if err := json.Unmarshal(Tiles(nil), &empty); err != nil || len(empty.Features) != 0 {
		t.Errorf("no tiles: %v, %v", empty, err)
	}
}

func TestAspect(t *testing.T) {
	for lat, want := range map[float64]float64{0: 1, 60: 0.5, -60: 0.5, 90: 1, 120: 1} {
		if got := aspect(lat); math.Abs(got-want) > 1e-9 {
			t.Errorf("aspect(%v) = %v, want %v", lat, got, want)
		}
	}
	if got := aspect(math.NaN()); got != 1 {
		t.Errorf("aspect(NaN) = %v", got)
	}
}
