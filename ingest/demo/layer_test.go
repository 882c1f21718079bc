package demo

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/peterstace/simplefeatures/geom"
)

// feature is a polygon as read from a file; positions keep their digits, so that equal means bit-identical.
type feature struct {
	Properties struct{ Code, Name, Parent string }
	Geometry   struct {
		Type        string
		Coordinates [][][2]json.Number
	}
}

func (f feature) ring() [][2]json.Number { return f.Geometry.Coordinates[0] }

func (f feature) points() []orb.Point {
	var ps []orb.Point
	for _, p := range f.ring() {
		lon, _ := p[0].Float64()
		lat, _ := p[1].Float64()
		ps = append(ps, orb.Point{lon, lat})
	}
	return ps
}

func parseLayer(t *testing.T, data []byte) []feature {
	t.Helper()
	var c struct {
		Type     string
		Features []feature
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	if c.Type != "FeatureCollection" {
		t.Fatalf("type %q", c.Type)
	}
	return c.Features
}

func readLayer(t *testing.T, title string) []feature {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(read(t).dir, "图层", title+".geojson"))
	if err != nil {
		t.Fatal(err)
	}
	return parseLayer(t, data)
}

type edge struct{ from, to [2]json.Number }

// border gives the edges of the union of features: those that no other feature walks the other way. An
// edge walked twice in one direction is an overlap.
func border(t *testing.T, fs []feature) map[edge]bool {
	t.Helper()
	edges := map[edge]bool{}
	for _, f := range fs {
		ring := f.ring()
		for k := range ring[1:] {
			e := edge{ring[k], ring[k+1]}
			if edges[e] {
				t.Errorf("%s: edge %v is used twice in one direction", f.Properties.Code, e)
			}
			edges[e] = true
		}
	}
	outer := map[edge]bool{}
	for e := range edges {
		if !edges[edge{e.to, e.from}] {
			outer[e] = true
		}
	}
	return outer
}

func sameEdges(a, b map[edge]bool) bool {
	if len(a) != len(b) {
		return false
	}
	for e := range a {
		if !b[e] {
			return false
		}
	}
	return true
}

func TestEveryBorderIsSharedBitForBit(t *testing.T) {
	grids, communities, streets, district := readLayer(t, "网格"), readLayer(t, "社区"), readLayer(t, "街道"), readLayer(t, "区")
	if len(grids) != 302 || len(communities) != 24 || len(streets) != 6 || len(district) != 1 {
		t.Fatalf("%d grids, %d communities, %d streets, %d districts", len(grids), len(communities), len(streets), len(district))
	}
	for _, level := range []struct{ parts, wholes []feature }{{grids, communities}, {communities, streets}, {streets, district}} {
		for _, whole := range level.wholes {
			var parts []feature
			for _, p := range level.parts {
				if p.Properties.Parent == whole.Properties.Code {
					parts = append(parts, p)
				}
			}
			if !sameEdges(border(t, parts), border(t, []feature{whole})) {
				t.Errorf("%s is not the union of its %d parts", whole.Properties.Name, len(parts))
			}
		}
	}
	// Across communities too: every edge of a grid is used by two grids or lies on the outer border.
	if !sameEdges(border(t, grids), border(t, district)) {
		t.Error("the grids do not fill the district")
	}
}

func TestRingsAreClosedSimpleAndCounterClockwiseForEverySeed(t *testing.T) {
	for seed := range uint64(8) {
		d := newDistrict(seed)
		var ps []polygon
		for _, g := range d.grids {
			ps = append(ps, polygon{g.code, g.name, g.community.code, []rect{g.block}})
		}
		for _, c := range d.communities {
			ps = append(ps, polygon{c.code, c.name, c.street.code, blocks(c.grids)})
		}
		for _, st := range d.streets {
			ps = append(ps, polygon{st.code, st.name, districtCode, blocks(st.grids())})
		}
		ps = append(ps, polygon{districtCode, districtName, "", blocks(d.grids)})
		for _, f := range parseLayer(t, geoJSON(d.lattice, ps)) {
			points := f.points()
			if points[0] != points[len(points)-1] {
				t.Errorf("seed %d: %s is not closed", seed, f.Properties.Code)
			}
			if orb.Ring(points).Orientation() != orb.CCW {
				t.Errorf("seed %d: %s runs clockwise", seed, f.Properties.Code)
			}
			text, err := json.Marshal(f.Geometry)
			if err != nil {
				t.Fatal(err)
			}
			// The independent library checks validity while it reads.
			if _, err := geom.UnmarshalGeoJSON(text); err != nil {
				t.Errorf("seed %d: %s: %v", seed, f.Properties.Code, err)
			}
		}
	}
}

// contains is the even–odd rule, written for this test.
func contains(ring []orb.Point, p orb.Point) bool {
	in := false
	for k := range ring[1:] {
		a, b := ring[k], ring[k+1]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}

func TestEveryPointOfTheDistrictLiesInOneGrid(t *testing.T) {
	grids := readLayer(t, "网格")
	var rings [][]orb.Point
	for _, g := range grids {
		rings = append(rings, g.points())
	}
	whole := readLayer(t, "区")[0].points()
	bound := orb.Ring(whole).Bound()
	s := rand.New(rand.NewPCG(1, 2))
	inside := 0
	for range 3000 {
		p := orb.Point{
			bound.Min[0] + s.Float64()*(bound.Max[0]-bound.Min[0]),
			bound.Min[1] + s.Float64()*(bound.Max[1]-bound.Min[1]),
		}
		owners := 0
		for _, r := range rings {
			if contains(r, p) {
				owners++
			}
		}
		want := 0
		if contains(whole, p) {
			want = 1
			inside++
		}
		if owners != want {
			t.Errorf("%v has %d grids, want %d", p, owners, want)
		}
	}
	if inside < 2000 {
		t.Errorf("only %d points inside", inside)
	}
}

func TestAreasAndSumsOfTheTree(t *testing.T) {
	s := read(t)
	shapes := map[string]feature{}
	for _, title := range []string{"网格", "社区", "街道", "区"} {
		for _, f := range readLayer(t, title) {
			shapes[f.Properties.Code] = f
		}
	}
	sums := map[string][3]int{} // households, population, area in 0.0001 km² by parent
	sizes := func(u unit) [3]int {
		households, err1 := strconv.Atoi(u.row["户数"])
		population, err2 := strconv.Atoi(u.row["人口"])
		area, err3 := strconv.ParseFloat(u.row["面积"], 64)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatalf("%s: %v %v %v", u.code, err1, err2, err3)
		}
		return [3]int{households, population, int(math.Round(area * 10_000))}
	}
	least, most := math.MaxInt, 0
	for _, u := range s.units {
		f, ok := shapes[u.code]
		if u.level == "committee" || slices.Contains([]string{"branch", "estate_branch", "cell", "household"}, u.level) {
			if ok {
				t.Errorf("party unit %s has a polygon", u.code)
			}
			continue
		}
		if !ok || f.Properties.Name != u.name || f.Properties.Parent != u.parent {
			t.Errorf("%s %s: polygon %+v", u.code, u.name, f.Properties)
			continue
		}
		z := sizes(u)
		sum := sums[u.parent]
		for k := range z {
			sum[k] += z[k]
		}
		sums[u.parent] = sum
		if u.level == "grid" {
			least, most = min(least, z[0]), max(most, z[0])
		}
		// orb's spherical area with the equatorial radius, brought to the mean radius.
		want := math.Abs(geo.Area(orb.Polygon{f.points()})) * math.Pow(earthM/orb.EarthRadius, 2)
		if got := float64(z[2]) * 100; math.Abs(got-want) > want/500+100 {
			t.Errorf("%s: area %.0f m², independent %.0f m²", u.code, got, want)
		}
	}
	for code, sum := range sums {
		if code == "" {
			continue
		}
		if z := sizes(s.units[code]); z != sum {
			t.Errorf("%s: %v, its parts %v", code, z, sum)
		}
	}
	if top := sums[""]; top[0] != s.manifest.Households || top[1] != s.manifest.Population || top[0] < 80_000 {
		t.Errorf("district %v, manifest %d and %d", top, s.manifest.Households, s.manifest.Population)
	}
	if least < 120 || most > 700 || most < 5*least {
		t.Errorf("households of a grid: %d to %d", least, most)
	}
}

func TestPartyTreeCoversExistingUnits(t *testing.T) {
	s := read(t)
	above := map[string]string{
		"district": "", "street": "district", "community": "street", "grid": "community",
		"committee": "", "branch": "committee", "estate_branch": "branch", "cell": "estate_branch", "household": "cell",
	}
	counts := map[string]int{}
	covered := map[string]string{}
	for _, u := range s.units {
		counts[u.level]++
		if want, ok := above[u.level]; !ok || s.units[u.parent].level != want {
			t.Errorf("%s %s: level %s under %q", u.code, u.name, u.level, s.units[u.parent].level)
		}
		want := map[string]string{"committee": "street", "branch": "community", "estate_branch": "grid"}[u.level]
		if (want == "") != (len(u.covers) == 0) {
			t.Errorf("%s covers %v", u.code, u.covers)
		}
		for _, code := range u.covers {
			if s.units[code].level != want {
				t.Errorf("%s covers %s, a %s", u.code, code, s.units[code].level)
			}
			if other := covered[code]; other != "" {
				t.Errorf("%s is covered by %s and %s", code, other, u.code)
			}
			covered[code] = u.code
			if u.level == "estate_branch" && s.units[code].parent != s.units[u.parent].covers[0] {
				t.Errorf("%s covers a grid of another community", u.code)
			}
		}
	}
	want := map[string]int{
		"district": 1, "street": 6, "community": 24, "grid": 302,
		"committee": 6, "branch": 24, "estate_branch": 88, "cell": 212, "household": 241,
	}
	if fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", counts, want)
	}
	bare := 0
	for _, u := range s.units {
		if u.level == "grid" && covered[u.code] == "" {
			bare++
		}
	}
	if bare < 20 || bare > 70 {
		t.Errorf("%d grids without an estate", bare)
	}
}

func TestGridNamesRepeatAcrossCommunitiesAndNeverWithin(t *testing.T) {
	s := read(t)
	byName, within := map[string]int{}, map[string]bool{}
	for _, u := range s.units {
		if u.level != "grid" {
			continue
		}
		byName[u.name]++
		for _, n := range u.names {
			if within[u.parent+n] {
				t.Errorf("%s twice in %s", n, u.parent)
			}
			within[u.parent+n] = true
		}
	}
	if byName["第一网格"] != 24 || byName["第七网格"] != 24 {
		t.Errorf("第一网格 %d times, 第七网格 %d times", byName["第一网格"], byName["第七网格"])
	}
}
