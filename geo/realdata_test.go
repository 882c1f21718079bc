package geo

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
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
	var gaps []float64
	for _, f := range Audit(streets) {
		switch {
		case f.Kind == Gap || f.Kind == Unfilled:
			gaps = append(gaps, f.AreaM2)
		case f.Severity > Note:
			t.Errorf("valid polygons that do not overlap: %s", f.Text())
		}
	}
	slices.Sort(gaps)
	if holes := holesOfUnion(t, streets); !slices.EqualFunc(gaps, holes, func(a, b float64) bool { return math.Abs(a-b) < 0.01+1e-3*a }) {
		t.Errorf("gaps of %.1f m², holes of the union of %.1f", gaps, holes)
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

// readRectangles reads the rectangles of a Shapefile without its help: record header,
// type 5, box, one part of five points.
func readRectangles(t *testing.T, r io.Reader) (fs []Feature) {
	t.Helper()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for b := data[100:]; len(b) > 0; {
		size := 8 + 2*int(binary.BigEndian.Uint32(b[4:]))
		var ring orb.Ring
		for at := 8 + 44 + 4; at < size; at += 16 {
			ring = append(ring, orb.Point{
				math.Float64frombits(binary.LittleEndian.Uint64(b[at:])),
				math.Float64frombits(binary.LittleEndian.Uint64(b[at+8:])),
			})
		}
		if len(ring) != 5 {
			t.Fatalf("record %d has %d points", len(fs)+1, len(ring))
		}
		fs = append(fs, Feature{Code: strconv.Itoa(len(fs) + 1), Row: len(fs) + 1, Shape: orb.MultiPolygon{{ring}}})
		b = b[size:]
	}
	return fs
}

// The rectangles lie on a lattice of meridians and parallels, so that which one holds a
// point is known without any geometry: the one whose south-western corner is the last
// meridian and parallel not beyond it.
func TestShenzhenRectanglesHaveOneOwnerEach(t *testing.T) {
	fs := readRectangles(t, realData(t, "shenzhen", "grid.shp"))
	if len(fs) != 9005 {
		t.Fatalf("%d rectangles, want 9005", len(fs))
	}
	at := map[orb.Point]int{} // south-western corner → rectangle
	corners := map[orb.Point]int{}
	edges := map[edge]int{}
	var xs, ys []float64
	for i, f := range fs {
		b := f.Shape.Bound()
		at[b.Min] = i
		xs, ys = append(xs, b.Min[0], b.Max[0]), append(ys, b.Min[1], b.Max[1])
		eachEdge(f.Shape, func(a, b orb.Point) {
			corners[a]++
			if before(b, a) {
				a, b = b, a
			}
			edges[edge{a, b}]++
		})
	}
	slices.Sort(xs)
	slices.Sort(ys)
	xs, ys = slices.Compact(xs), slices.Compact(ys)
	expect := func(p orb.Point) int {
		x, foundX := slices.BinarySearch(xs, p[0])
		y, foundY := slices.BinarySearch(ys, p[1])
		if !foundX {
			x--
		}
		if !foundY {
			y--
		}
		if x >= 0 && y >= 0 {
			if i, ok := at[orb.Point{xs[x], ys[y]}]; ok {
				return i
			}
		}
		return -1
	}
	ix := NewIndex(fs)
	check := func(p orb.Point, shared bool) {
		t.Helper()
		h, want := ix.Find(p[0], p[1]), expect(p)
		switch {
		case want >= 0:
			if h != (Hit{want, Inside}) {
				t.Fatalf("%v: %+v, want rectangle %d", p, h, want)
			}
		case shared: // in none by the half-open rule, so on the outermost border
			if h.How != Snapped || !fs[h.Feature].Shape.Bound().Contains(p) {
				t.Fatalf("%v on an outer border: %+v", p, h)
			}
		case h.How != Nowhere && h.How != Snapped:
			t.Fatalf("%v outside: %+v", p, h)
		}
	}
	bound, _ := Bound(fs)
	rng := rand.New(rand.NewPCG(71, 72))
	for range 1_000_000 {
		check(orb.Point{
			bound.Min[0] + rng.Float64()*(bound.Max[0]-bound.Min[0]),
			bound.Min[1] + rng.Float64()*(bound.Max[1]-bound.Min[1]),
		}, false)
	}
	for p, n := range corners {
		check(p, n > 1)
	}
	for e, n := range edges {
		check(orb.Point{(e.a[0] + e.b[0]) / 2, (e.a[1] + e.b[1]) / 2}, n > 1)
	}
	// Nothing to simplify on straight borders, and the partition stays one.
	if n, was := vertexCount(Simplify(shapesOf(fs), 50)...), vertexCount(shapesOf(fs)...); n > was {
		t.Errorf("%d vertices after Simplify, had %d", n, was)
	}
	// One rectangle is missing in the middle of others, and nothing else is wrong.
	found := Audit(fs)
	if len(found) != 1 || found[0].Kind != Gap {
		t.Fatalf("%v, want one gap", found)
	}
	p, w, h := found[0].At, xs[1]-xs[0], ys[1]-ys[0]
	if expect(p) >= 0 {
		t.Errorf("the gap at %v is rectangle %d", p, expect(p))
	}
	for _, q := range [4]orb.Point{{p[0] - w, p[1]}, {p[0] + w, p[1]}, {p[0], p[1] - h}, {p[0], p[1] + h}} {
		if expect(q) < 0 {
			t.Errorf("no rectangle at %v beside the gap", q)
		}
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
