package geo

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// realData opens a file of the shared real data, which is not part of the
// repository; without it the test is skipped.
func realData(t testing.TB, path ...string) io.Reader {
	t.Helper()
	name := filepath.Join(append([]string{"..", "..", "shared", "data"}, path...)...)
	data, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		t.Skipf("real data not present: %s", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(data)
}

func readReal(t testing.TB, opt ReadOptions, path ...string) []Feature {
	t.Helper()
	fs, err := ReadGeoJSON(realData(t, path...), opt)
	if err != nil {
		t.Fatalf("%v: %v", path, err)
	}
	return fs
}

func readTable(t testing.TB, r io.Reader) [][]string {
	t.Helper()
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	rows, err := c.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func failures(found []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f Finding) bool { return f.Severity < Failure })
}

// The published matrix of pick-ups by street and hour; its author computed it with
// another library.
func TestShenzhenMatrixOfPickups(t *testing.T) {
	streets := readReal(t, ReadOptions{CRS: WGS84, CodeProp: "NAME", NameProp: "NAME"}, "shenzhen", "深圳街道.geojson")
	if len(streets) != 74 {
		t.Fatalf("%d streets, want 74", len(streets))
	}
	for _, f := range Audit(streets) {
		if f.Severity > Note {
			t.Errorf("valid polygons that do not overlap: %s", f.Text())
		}
	}
	ix := NewIndex(streets)
	got := map[string]*[24]int{}
	kept, inside := 0, 0
	for _, row := range readTable(t, realData(t, "shenzhen", "business.plates_masked.csv")) {
		var v [4]float64 // lon, lat of pick-up, then of drop-off
		ok := true
		for i := range v {
			x, err := strconv.ParseFloat(row[13+i], 64)
			v[i] = x
			lo, hi := 113.7, 114.8
			if i%2 == 1 {
				lo, hi = 22.3, 22.9
			}
			ok = ok && err == nil && x >= lo && x <= hi
		}
		if !ok {
			continue
		}
		kept++
		i, ok := ix.Locate(v[0], v[1])
		if !ok {
			continue
		}
		inside++
		hour, err := strconv.Atoi(row[0][11:13])
		if err != nil {
			t.Fatal(err)
		}
		if got[streets[i].Code] == nil {
			got[streets[i].Code] = new([24]int)
		}
		got[streets[i].Code][hour]++
	}
	if kept != 8786 || inside != 8765 {
		t.Errorf("kept %d rows, %d in a street; want 8786 and 8765", kept, inside)
	}
	cells := 0
	for _, row := range readTable(t, realData(t, "shenzhen", "street_hour_pickup.csv"))[1:] {
		for hour, cell := range row[1:] {
			n, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				t.Fatal(err)
			}
			have := 0
			if got[row[0]] != nil {
				have = got[row[0]][hour]
			}
			if have != int(n) {
				t.Errorf("%s at %d h: %d, published %v", row[0], hour, have, n)
			}
			cells++
		}
	}
	if cells != 1776 {
		t.Errorf("compared %d cells, want 1776", cells)
	}
}

func TestShenzhenAreasAgreeWithTheFile(t *testing.T) {
	streets := readReal(t, ReadOptions{CRS: WGS84, CodeProp: "NAME", NameProp: "AREA"}, "shenzhen", "深圳街道.geojson")
	ratios := []float64{}
	for _, s := range streets {
		km2, err := strconv.ParseFloat(s.Name, 64)
		if err != nil {
			t.Fatal(err)
		}
		ratios = append(ratios, AreaM2(s.Shape)/1e6/km2)
	}
	slices.Sort(ratios)
	if m := ratios[len(ratios)/2]; math.Abs(m-1) > 0.005 {
		t.Errorf("median ratio of areas %.4f, want 1", m)
	}
}

var boroughs = map[string]string{"MANHATTAN": "1", "BRONX": "2", "BROOKLYN": "3", "QUEENS": "4", "STATEN ISLAND": "5"}

// districtOf turns "04 BRONX" into "204", the way the city numbers its districts.
func districtOf(board string) string {
	number, borough, _ := strings.Cut(board, " ")
	if _, err := strconv.Atoi(number); err != nil || boroughs[borough] == "" {
		return ""
	}
	return boroughs[borough] + number
}

func TestNewYorkAgreesWithCommunityBoard(t *testing.T) {
	districts := readReal(t, ReadOptions{CRS: WGS84, CodeProp: "BoroCD", NameProp: "BoroCD"}, "nyc", "community-districts.geojson")
	if bad := failures(Audit(districts)); len(districts) != 71 || len(bad) > 0 {
		t.Fatalf("%d districts, failures %v; want 71 valid ones", len(districts), bad)
	}
	ix := NewIndex(districts)
	type request struct{ Board, Lon, Lat string }
	var first []request
	table := readTable(t, realData(t, "nyc", "311_2022-05-01_first_hour.csv"))
	col := func(names ...string) int {
		return slices.IndexFunc(table[0], func(h string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(strings.ReplaceAll(h, "_", " "), n) })
		})
	}
	board, lon, lat := col("Community Board"), col("Longitude"), col("Latitude")
	for _, row := range table[1:] {
		first = append(first, request{row[board], row[lon], row[lat]})
	}
	var objects []map[string]any
	if err := json.NewDecoder(realData(t, "nyc", "NYC311Requests.json")).Decode(&objects); err != nil {
		t.Fatal(err)
	}
	var second []request
	for _, o := range objects {
		get := func(k string) string { s, _ := o[k].(string); return s }
		second = append(second, request{get("community_board"), get("longitude"), get("latitude")})
	}
	for _, tt := range []struct {
		name          string
		requests      []request
		agree, judged int
	}{{"csv of 2022", first, 902, 908}, {"json of 2026", second, 986, 993}} {
		t.Run(tt.name, func(t *testing.T) {
			agree, judged := 0, 0
			for _, r := range tt.requests {
				x, err1 := strconv.ParseFloat(r.Lon, 64)
				y, err2 := strconv.ParseFloat(r.Lat, 64)
				want := districtOf(r.Board)
				if err1 != nil || err2 != nil || want == "" {
					continue
				}
				i, ok := ix.Locate(x, y)
				judged++
				if ok && districts[i].Code == want {
					agree++
				}
			}
			if agree < tt.agree || judged != tt.judged {
				t.Errorf("%d of %d agree, want at least %d of %d", agree, judged, tt.agree, tt.judged)
			}
		})
	}
}

func TestBostonWards(t *testing.T) {
	wards := readReal(t, ReadOptions{CRS: WGS84, CodeProp: "WARD"}, "boston", "Wards.geojson")
	bad := map[string]bool{}
	for _, f := range failures(Audit(wards)) {
		bad[f.Code] = true
	}
	if len(wards) != 22 || len(bad) != 3 || !bad["5"] || !bad["16"] || !bad["17"] {
		t.Errorf("%d wards, damaged %v; want 22 and 5, 16, 17", len(wards), bad)
	}
	for i := range wards {
		requireMended(t, wards[i].Shape, func(mp orb.MultiPolygon) { wards[i].Shape = mp })
	}
	if left := failures(Audit(wards)); len(left) > 0 {
		t.Errorf("after mending: %s", left[0].Text())
	}

	table := readTable(t, realData(t, "boston", "boston311_2022_raw_sample.csv"))
	col := func(name string) int {
		return slices.IndexFunc(table[0], func(h string) bool { return strings.EqualFold(h, name) })
	}
	ward, lon, lat := col("ward"), col("longitude"), col("latitude")
	digits := regexp.MustCompile(`\d+`)
	ix := NewIndex(wards)
	agree, judged := 0, 0
	for _, row := range table[1:] {
		x, err1 := strconv.ParseFloat(strings.TrimSpace(row[lon]), 64)
		y, err2 := strconv.ParseFloat(strings.TrimSpace(row[lat]), 64)
		want := strings.TrimLeft(digits.FindString(row[ward]), "0")
		if err1 != nil || err2 != nil || want == "" {
			continue
		}
		judged++
		if i, ok := ix.Locate(x, y); ok && wards[i].Code == want {
			agree++
		}
	}
	if judged < 4000 || float64(agree) < 0.995*float64(judged) {
		t.Errorf("%d of %d agree with the ward column, want 99.5 %%", agree, judged)
	}
}

func TestDistrictsOfTheSourceDocuments(t *testing.T) {
	for _, tt := range []struct {
		file, prop string
		features   int
		damaged    bool
	}{
		{"county_141002.json", "adcode", 1, false},
		{"county_210505.json", "adcode", 1, false},
		{"county_230805.json", "adcode", 1, false},
		{"county_411502.json", "adcode", 1, true},
		{"county_620402.json", "adcode", 1, false},
		{"county_650203.json", "adcode", 1, false},
		{"city_411500.json", "adcode", 10, true},
		{"longwosion_2015_230800.json", "id", 10, true},
		{"longwosion_2015_411500.json", "id", 10, true},
		{"china_provinces.json", "adcode", 35, true},
	} {
		t.Run(tt.file, func(t *testing.T) {
			fs := readReal(t, ReadOptions{CRS: GCJ02, CodeProp: tt.prop, NameProp: "name"}, "china", tt.file)
			if len(fs) != tt.features {
				t.Fatalf("%d features, want %d", len(fs), tt.features)
			}
			bad := failures(Audit(fs))
			if (len(bad) > 0) != tt.damaged {
				t.Errorf("damaged: %v, want %v", bad, tt.damaged)
			}
			for i := range fs {
				requireMended(t, fs[i].Shape, func(mp orb.MultiPolygon) { fs[i].Shape = mp })
			}
			if left := failures(Audit(fs)); len(left) > 0 {
				t.Errorf("after mending: %s", left[0].Text())
			}
		})
	}
}

// The place is published in the file's own coordinates, so they are not converted.
func TestPlaceOfTheKnownSelfIntersection(t *testing.T) {
	fs := readReal(t, ReadOptions{CRS: WGS84, CodeProp: "adcode"}, "china", "county_411502.json")
	for _, f := range failures(Audit(fs)) {
		if math.Hypot(f.At[0]-113.758304, f.At[1]-32.27676) < 2e-6 {
			if !strings.Contains(f.Text(), "编码 411502") || !strings.Contains(f.Text(), "经度113.7583") {
				t.Errorf("the sentence does not name the place: %s", f.Text())
			}
			return
		}
	}
	t.Errorf("nothing found at 113.758304, 32.27676: %v", failures(Audit(fs)))
}

func TestProvinceWithoutNameIsReported(t *testing.T) {
	fs := readReal(t, ReadOptions{CRS: GCJ02, CodeProp: "adcode", NameProp: "name"}, "china", "china_provinces.json")
	found := Audit(fs)
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == EmptyName && f.Feature == 35 }) {
		t.Errorf("no finding about the name of feature 35: %v", found)
	}
}

func TestDataVParentIsReachedByPath(t *testing.T) {
	fs := readReal(t, ReadOptions{CRS: GCJ02, CodeProp: "adcode", NameProp: "name", ParentProp: "parent.adcode"}, "china", "county_411502.json")
	if f := fs[0]; f.Code != "411502" || f.Name != "浉河区" || f.Parent != "411500" {
		t.Errorf("code %q, name %q, parent %q", f.Code, f.Name, f.Parent)
	}
}
