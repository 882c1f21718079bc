package geo

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func oblong(x0, y0, x1, y1 float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}}}
}

func areaOf(d *Drawing) (sum float64) {
	for _, code := range d.Codes() {
		sum += AreaM2(d.Shape(code))
	}
	return sum
}

// partition fails unless the drawing is sound shapes that neither overlap nor leave a crack, and every point of the field has
// exactly one owner, judged in rational numbers.
func partition(t *testing.T, d *Drawing, field func() orb.Point, points int) {
	t.Helper()
	var fs []Feature
	for i, code := range d.Codes() {
		fs = append(fs, Feature{Code: code, Shape: d.Shape(code), Row: i + 1})
	}
	for _, f := range Audit(fs) {
		t.Fatalf("%s", f.Text())
	}
	for range points {
		p := field()
		var owners []string
		for _, f := range fs {
			if boundOf(f.Shape).Contains(p) && bruteInside(f.Shape, p) {
				owners = append(owners, f.Code)
			}
		}
		if len(owners) != 1 {
			t.Fatalf("point %v has the owners %v", p, owners)
		}
	}
}

// A tessellation under many random changes stays one: nothing is lost, nothing comes twice.
func TestDrawingKeepsThePartition(t *testing.T) {
	made := map[string]int{}
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 7))
		fs := wavy(4, 4, 5)
		d := NewDrawing(fs, nil)
		whole := areaOf(d)
		corner := fs[5].Shape[0][0][0]
		field := func() orb.Point { // well inside the outer border
			return orb.Point{corner[0] + rng.Float64()*0.015, corner[1] + rng.Float64()*0.015}
		}
		outer := outerVertices(d)
		for step := range 30 {
			codes := d.Codes()
			code := codes[rng.IntN(len(codes))]
			box := boundOf(d.Shape(code))
			at := func(u, v float64) orb.Point {
				return orb.Point{box.Min[0] + u*(box.Max[0]-box.Min[0]), box.Min[1] + v*(box.Max[1]-box.Min[1])}
			}
			what, err := "", error(nil)
			switch rng.IntN(4) {
			case 0:
				what = "split"
				fresh := fmt.Sprintf("n%d", step)
				before := AreaM2(d.Shape(code))
				err = d.Split(code, orb.LineString{at(-0.3, rng.Float64()), at(0.3, rng.Float64()), at(0.7, rng.Float64()), at(1.3, rng.Float64())}, fresh, 0)
				if err == nil {
					if sum := AreaM2(d.Shape(code)) + AreaM2(d.Shape(fresh)); math.Abs(sum/before-1) > 1e-6 {
						t.Fatalf("seed %d step %d: split %s leaves %.9f of the area", seed, step, code, sum/before)
					}
					if AreaM2(d.Shape(code)) < AreaM2(d.Shape(fresh)) {
						t.Fatalf("seed %d step %d: %s keeps the smaller part", seed, step, code)
					}
				}
			case 1:
				what = "merge"
				other := codes[rng.IntN(len(codes))]
				sum := AreaM2(d.Shape(code)) + AreaM2(d.Shape(other))
				err = d.Merge(code, other)
				if err == nil && math.Abs(AreaM2(d.Shape(code))/sum-1) > 1e-6 {
					t.Fatalf("seed %d step %d: merging changed the area by %.9f", seed, step, AreaM2(d.Shape(code))/sum)
				}
			case 2:
				what = "move"
				ring := d.Shape(code)[0][0]
				from := ring[rng.IntN(len(ring))]
				if outer[from] { // that would change the whole
					continue
				}
				err = d.Move(from, orb.Point{from[0] + (rng.Float64()-0.5)*0.002, from[1] + (rng.Float64()-0.5)*0.002}, 0)
			default:
				what = "bend"
				ring := d.Shape(code)[0][0]
				i := 1 + rng.IntN(len(ring)-1)
				a, b := ring[i-1], ring[i]
				if outer[a] && outer[b] {
					continue
				}
				err = d.Bend(a, b, orb.Point{(a[0]+b[0])/2 + (rng.Float64()-0.5)*0.001, (a[1]+b[1])/2 + (rng.Float64()-0.5)*0.001}, 0)
			}
			if err != nil {
				if !errors.Is(err, ErrDrawing) {
					t.Fatalf("seed %d step %d %s: %v", seed, step, what, err)
				}
				continue
			}
			made[what]++
			for p := range outerVertices(d) {
				outer[p] = true // where a line was drawn across the outer border
			}
			if now := areaOf(d); math.Abs(now/whole-1) > 1e-6 {
				t.Fatalf("seed %d step %d: after %s the whole has %.9f of its area", seed, step, what, now/whole)
			}
			partition(t, d, field, 30)
		}
	}
	for _, what := range []string{"split", "merge", "move", "bend"} {
		if made[what] < 15 {
			t.Errorf("%s succeeded %d times: the test says little about it", what, made[what])
		}
	}
}

// outerVertices are the ends of the edges that only one shape has.
func outerVertices(d *Drawing) map[orb.Point]bool {
	n := map[edge]int{}
	for _, code := range d.Codes() {
		eachEdge(d.Shape(code), func(a, b orb.Point) { n[between2(a, b)]++ })
	}
	out := map[orb.Point]bool{}
	for e, k := range n {
		if k == 1 {
			out[e.a], out[e.b] = true, true
		}
	}
	return out
}

// Grids drawn one beside the other over each other's borders fill a community without overlaps.
func TestDrawingAddsSideBySide(t *testing.T) {
	field := oblong(113.70, 32.10, 113.72, 32.12)
	d := NewDrawing(nil, nil)
	rings := []orb.Ring{
		{{113.699, 32.099}, {113.7102, 32.099}, {113.7101, 32.1102}, {113.699, 32.1101}}, // beyond the community's border
		{{113.7100, 32.099}, {113.7211, 32.099}, {113.7211, 32.1103}, {113.7099, 32.1101}},
		{{113.699, 32.1099}, {113.7103, 32.1099}, {113.7101, 32.121}, {113.699, 32.121}},
		{{113.705, 32.105}, {113.721, 32.1055}, {113.721, 32.121}, {113.705, 32.121}}, // across all three
	}
	for i, ring := range rings {
		if err := d.Add(fmt.Sprint("g", i), ring, field, 5); err != nil {
			t.Fatal(err)
		}
	}
	var fs []Feature
	for i, code := range d.Codes() {
		fs = append(fs, Feature{Code: code, Shape: d.Shape(code), Row: i + 1})
	}
	for _, f := range Audit(fs) {
		if f.Kind != Gap {
			t.Errorf("%s", f.Text())
		}
	}
	whole := AreaM2(field)
	if got := areaOf(d); got > whole*(1+1e-9) || got < whole*0.99 {
		t.Errorf("the four grids have %.6f of the community", got/whole)
	}
	for i := range 40 {
		for k := range 40 {
			p := orb.Point{113.6985 + float64(i)*0.0006, 32.0985 + float64(k)*0.0006}
			n := 0
			for _, code := range d.Codes() {
				if bruteInside(d.Shape(code), p) {
					n++
				}
			}
			if in := bruteInside(field, p); n > 1 || n == 1 && !in {
				t.Errorf("point %v, inside %v, has %d owners", p, in, n)
			}
		}
	}
}

func TestDrawingSharesWhatItDraws(t *testing.T) {
	d := NewDrawing([]Feature{{Code: "A", Shape: oblong(114, 30, 114.01, 30.01)}, {Code: "B", Shape: oblong(114.01, 30, 114.02, 30.01)}}, nil)
	if err := d.Split("A", orb.LineString{{113.99, 30.004}, {114.011, 30.004}}, "C", 0); err != nil {
		t.Fatal(err)
	}
	cut := orb.Point{114.01, 30.004}
	for _, code := range []string{"A", "B", "C"} { // the end of the cut is a vertex of all three
		found := false
		for _, p := range d.Shape(code)[0][0] {
			found = found || p == cut
		}
		if !found {
			t.Errorf("%s has no vertex where the cut ends: %v", code, d.Shape(code))
		}
	}
	if err := d.Move(cut, orb.Point{114.012, 30.005}, 0); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"A", "B", "C"} {
		if !strings.Contains(fmt.Sprint(d.Shape(code)), "114.012 30.005") {
			t.Errorf("%s did not follow the vertex: %v", code, d.Shape(code))
		}
	}
	changed, gone := d.Changed()
	if fmt.Sprint(changed, gone) != "[A B C] []" {
		t.Errorf("changed %v, gone %v", changed, gone)
	}
	if err := d.Straighten(orb.Point{114.012, 30.005}); err == nil {
		t.Error("a vertex in which three borders meet was left out")
	}
	if err := d.Merge("A", "C"); err != nil {
		t.Fatal(err)
	}
	if err := d.Straighten(orb.Point{114.012, 30.005}); err != nil {
		t.Error(err)
	}
	want := AreaM2(oblong(114, 30, 114.02, 30.01))
	if got := areaOf(d); math.Abs(got/want-1) > 1e-9 {
		t.Errorf("area %v, want %v", got, want)
	}
}

// What a change would break is refused, and nothing of it stays.
func TestDrawingRefuses(t *testing.T) {
	fresh := func() *Drawing {
		return NewDrawing([]Feature{
			{Code: "A", Shape: oblong(114, 30, 114.01, 30.01)},
			{Code: "B", Shape: oblong(114.01, 30, 114.02, 30.01)},
			{Code: "C", Shape: oblong(114.03, 30, 114.04, 30.01)},
			{Code: "D", Shape: oblong(114.01, 30.01, 114.02, 30.02)},
		}, func(code string) bool { return code == "D" })
	}
	nan := math.NaN()
	for name, do := range map[string]func(d *Drawing) error{
		"a line that does not cross": func(d *Drawing) error {
			return d.Split("A", orb.LineString{{113.99, 30.005}, {114.005, 30.005}}, "E", 0)
		},
		"a line outside":              func(d *Drawing) error { return d.Split("A", orb.LineString{{113, 30}, {113, 31}}, "E", 0) },
		"a split of nothing":          func(d *Drawing) error { return d.Split("X", orb.LineString{{113, 30}, {113, 31}}, "E", 0) },
		"a code in use":               func(d *Drawing) error { return d.Split("A", orb.LineString{{113.9, 30.005}, {115, 30.005}}, "B", 0) },
		"units that are not adjacent": func(d *Drawing) error { return d.Merge("A", "C") },
		"a unit with itself":          func(d *Drawing) error { return d.Merge("A", "A") },
		"a fixed unit":                func(d *Drawing) error { return d.Merge("B", "D") },
		"a vertex across a border":    func(d *Drawing) error { return d.Move(orb.Point{114, 30}, orb.Point{114.015, 30.005}, 0) },
		"a vertex of a fixed unit":    func(d *Drawing) error { return d.Move(orb.Point{114.02, 30.01}, orb.Point{114.021, 30.011}, 0) },
		"no vertex":                   func(d *Drawing) error { return d.Move(orb.Point{114.005, 30.005}, orb.Point{114, 30}, 0) },
		"a ring on others": func(d *Drawing) error {
			return d.Add("E", orb.Ring{{114.001, 30.001}, {114.009, 30.001}, {114.005, 30.009}}, nil, 0)
		},
		"a bow-tie": func(d *Drawing) error {
			return d.Add("E", orb.Ring{{114, 31}, {114.01, 31.01}, {114.01, 31}, {114, 31.01}}, nil, 0)
		},
		"a line as a ring":        func(d *Drawing) error { return d.Add("E", orb.Ring{{114, 31}, {114.01, 31}}, nil, 0) },
		"no numbers":              func(d *Drawing) error { return d.Add("E", orb.Ring{{nan, 31}, {114.01, 31}, {114, 32}}, nil, 0) },
		"no snap distance":        func(d *Drawing) error { return d.Add("E", orb.Ring{{114, 31}, {114.01, 31}, {114, 32}}, nil, nan) },
		"nothing drawn":           func(d *Drawing) error { return d.Add("E", nil, nil, 1) },
		"a unit that has a shape": func(d *Drawing) error { return d.Add("A", orb.Ring{{114, 31}, {114.01, 31}, {114, 32}}, nil, 1) },
	} {
		d := fresh()
		err := do(d)
		if !errors.Is(err, ErrDrawing) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.HasSuffix(err.Error(), "。") {
			t.Errorf("%s: %q is no sentence", name, err)
		}
		if changed, gone := d.Changed(); len(changed)+len(gone) > 0 {
			t.Errorf("%s: changed %v, gone %v", name, changed, gone)
		}
	}
}

// A new grid beside one that may not be changed takes over its border and leaves it as it is.
func TestDrawingFollowsAFixedNeighbour(t *testing.T) {
	fixed := wavy(1, 1, 8)[0]
	d := NewDrawing([]Feature{fixed}, func(code string) bool { return code == fixed.Code })
	box := boundOf(fixed.Shape)
	ring := orb.Ring{{box.Min[0] + 0.004, box.Min[1] - 0.002}, {box.Max[0] + 0.01, box.Min[1] - 0.002}, {box.Max[0] + 0.01, box.Max[1] + 0.002}, {box.Min[0] + 0.004, box.Max[1] + 0.002}}
	if err := d.Add("new", ring, nil, 3); err != nil {
		t.Fatal(err)
	}
	if !d.Shape(fixed.Code).Equal(fixed.Shape) {
		t.Error("the fixed shape was changed")
	}
	tests := overlapTests
	if area, _ := commonArea(d.Shape("new"), fixed.Shape, box, &tests); area > leastDrawnM2 {
		t.Errorf("overlap of %v m²", area)
	}
	whole := AreaM2(orb.MultiPolygon{{ring}})
	covered, _ := commonArea(orb.MultiPolygon{{append(ring, ring[0])}}, fixed.Shape, box, &tests)
	if got := AreaM2(d.Shape("new")); math.Abs(got-(whole-covered)) > 10 { // square metres, of some 3 km²: what snapping moved
		t.Errorf("area %v, want %v", got, whole-covered)
	}
}
