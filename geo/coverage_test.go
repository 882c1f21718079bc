package geo

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/peterstace/simplefeatures/geom"
)

// metreBox is a box given in metres east and north of 110°, 30°.
func metreBox(code string, x0, y0, x1, y1 float64) Feature {
	return metreRing(code, x0, y0, x1, y0, x1, y1, x0, y1)
}

func metreRing(code string, xy ...float64) Feature {
	perLon, perLat := metresPer(30)
	var ring orb.Ring
	for i := 0; i < len(xy); i += 2 {
		ring = append(ring, orb.Point{110 + xy[i]/perLon, 30 + xy[i+1]/perLat})
	}
	return Feature{Code: code, Shape: orb.MultiPolygon{{append(ring, ring[0])}}}
}

func rows(fs ...Feature) []Feature {
	for i := range fs {
		fs[i].Row = i + 1
	}
	return fs
}

func TestGapsByHand(t *testing.T) {
	type gap struct {
		kind           FindingKind
		feature, other int
		areaM2         float64
		x, y           float64 // a place, in metres; NaN: anywhere
	}
	any := math.NaN()
	holed := metreBox("holed", 0, 0, 300, 300)
	holed.Shape[0] = append(holed.Shape[0], metreBox("", 100, 100, 200, 200).Shape[0][0])
	turned := func(f Feature) Feature { // 90°
		for _, poly := range f.Shape {
			for _, ring := range poly {
				for i, p := range ring {
					perLon, perLat := metresPer(30)
					ring[i] = orb.Point{110 + (p[1]-30)*perLat/perLon, 30 + (p[0]-110)*perLon/perLat}
				}
			}
		}
		return f
	}
	for _, tt := range []struct {
		name string
		fs   []Feature
		want []gap
	}{
		{"two neighbours", rows(metreBox("a", 0, 0, 100, 100), metreBox("b", 100, 0, 200, 100)), nil},
		{"two islands", rows(metreBox("a", 0, 0, 100, 100), metreBox("b", 150, 0, 200, 100)), nil},
		{
			"a frame of four around nothing",
			rows(metreBox("s", 0, 0, 300, 100), metreBox("w", 0, 100, 100, 300), metreBox("e", 200, 100, 300, 300), metreBox("n", 100, 200, 200, 300)),
			[]gap{{Gap, 3, 2, 10_000, any, any}},
		},
		{"a hole that is filled", rows(holed, metreBox("lake", 100, 100, 200, 200)), nil},
		{"a hole that is not", rows(holed, metreBox("far", 500, 0, 600, 100)), []gap{{Unfilled, 1, 0, 10_000, 150, 150}}},
		{
			"a vertex of one border that the other does not have, 3 m away",
			rows(metreBox("a", 0, 0, 100, 100), metreRing("b", 100, 0, 200, 0, 200, 100, 100, 100, 103, 50)),
			[]gap{{Gap, 2, 1, 150, any, any}},
		},
		{
			"the same, 2 cm away",
			rows(metreBox("a", 0, 0, 100, 100), metreRing("b", 100, 0, 200, 0, 200, 100, 100, 100, 100.015, 50)),
			nil,
		},
		{"a crack of 2 m from south to north", rows(metreBox("a", 0, 0, 100, 500), metreBox("b", 102, 0, 200, 500)), []gap{{Gap, 2, 1, 1000, 101, 250}}},
		{"a crack of 2 m from west to east", rows(turned(metreBox("a", 0, 0, 100, 500)), turned(metreBox("b", 102, 0, 200, 500))), []gap{{Gap, 2, 1, 1000, 250, 101}}},
		{
			"a crack of 1.4 m from south-west to north-east",
			rows(metreRing("a", 0, 0, 100, 0, 600, 500, 0, 500), metreRing("b", 102, 0, 700, 0, 700, 500, 602, 500)),
			[]gap{{Gap, 2, 1, 1000, 351, 250}},
		},
		{"an opening of 20 m", rows(metreBox("a", 0, 0, 100, 500), metreBox("b", 120, 0, 200, 500)), nil},
		{"a notch where two outlines meet", rows(metreRing("a", 0, 0, 100, 0, 100, 100, 80, 120, 0, 120), metreRing("b", 100, 0, 200, 0, 200, 120, 120, 120, 100, 100)), nil},
		{
			"a pond between two that a crack joins to the outside",
			rows(metreRing("a", 0, 0, 99, 0, 99, 100, 80, 100, 80, 150, 100, 150, 100, 200, 0, 200), metreRing("b", 101, 0, 200, 0, 200, 200, 100, 200, 100, 150, 120, 150, 120, 100, 101, 100)),
			[]gap{{Gap, 2, 1, 2000, 100, 125}, {Gap, 2, 1, 200, 100, 50}},
		},
		{"overlapping neighbours", rows(metreBox("a", 0, 0, 110, 100), metreBox("b", 100, 0, 200, 100)), nil},
		{"the same shape twice", rows(metreBox("a", 0, 0, 100, 100), metreBox("b", 0, 0, 100, 100)), nil},
		{"no shapes", rows(Feature{Code: "a"}, Feature{Code: "b"}), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := auditGaps(tt.fs)
			perLon, perLat := metresPer(30)
			for i, f := range found {
				if i >= len(tt.want) {
					t.Errorf("too much: %s", f.Text())
					continue
				}
				w := tt.want[i]
				x, y := (f.At[0]-110)*perLon, (f.At[1]-30)*perLat
				if f.Kind != w.kind || f.Feature != w.feature || f.Other != w.other || math.Abs(f.AreaM2-w.areaM2) > 0.01*w.areaM2 ||
					math.Abs(x-w.x) > 1 || math.Abs(y-w.y) > 1 {
					t.Errorf("%+v at %.1f, %.1f\nwant %+v", f, x, y, w)
				}
				if _, in := NewIndex(tt.fs).Locate(f.At[0], f.At[1]); in {
					t.Errorf("the place %v is in a feature", f.At)
				}
			}
			if len(found) < len(tt.want) {
				t.Errorf("%d found, want %d", len(found), len(tt.want))
			}
		})
	}
}

func TestGapsInWords(t *testing.T) {
	fs := rows(metreBox("a", 0, 0, 100, 100), metreRing("b", 100, 0, 200, 0, 200, 100, 100, 100, 103, 50))
	found := Audit(fs)
	if len(found) != 1 || found[0].Severity != Warning {
		t.Fatalf("%v, want one warning", found)
	}
	text := found[0].Text()
	if !strings.HasPrefix(text, "第2个要素（编码 b）在经度110.00") || !strings.HasSuffix(text, "处与第1个要素（编码 a）之间有约150平方米的空隙。") {
		t.Error(text)
	}
}

// holesOfUnion are the areas of the holes of all features together, as another library
// sees them: those of more than leastGapM2, the smallest first.
func holesOfUnion(t *testing.T, fs []Feature) []float64 {
	t.Helper()
	var all []geom.Geometry
	for _, f := range fs {
		g, err := geom.UnmarshalWKB(MarshalWKB(f.Shape))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, g)
	}
	union, err := geom.UnaryUnion(geom.NewGeometryCollection(all).AsGeometry())
	if err != nil {
		t.Fatal(err)
	}
	var holes []float64
	for _, poly := range union.Dump() {
		p, ok := poly.AsPolygon()
		if !ok {
			t.Fatalf("the union is a %v", poly.Type())
		}
		for k := range p.NumInteriorRings() {
			seq := p.InteriorRingN(k).Coordinates()
			var ring orb.Ring
			for n := range seq.Length() {
				ring = append(ring, orb.Point{seq.GetXY(n).X, seq.GetXY(n).Y})
			}
			if area := math.Abs(ringAreaM2(ring)); area > leastGapM2 {
				holes = append(holes, area)
			}
		}
	}
	slices.Sort(holes)
	return holes
}

// Neighbours that were digitised each for themselves, against the holes of the union that
// another library computes.
func TestGapsEqualHolesOfTheUnion(t *testing.T) {
	total := 0
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(51, seed))
		fs := wavy(4, 4, 6)
		uses, outline := map[edge]int{}, map[orb.Point]bool{}
		for _, f := range fs {
			eachEdge(f.Shape, func(a, b orb.Point) { uses[edge{a, b}]++; uses[edge{b, a}]++ })
		}
		for e, n := range uses {
			if n == 1 {
				outline[e.a], outline[e.b] = true, true
			}
		}
		for i := range fs {
			ring := fs[i].Shape[0][0]
			for k := range ring[1:] {
				if !outline[ring[k]] && rng.IntN(3) == 0 { // by up to some 20 m
					ring[k] = orb.Point{ring[k][0] + 2e-4*(rng.Float64()-0.5), ring[k][1] + 2e-4*(rng.Float64()-0.5)}
				}
			}
			ring[len(ring)-1] = ring[0]
		}
		holes := holesOfUnion(t, fs)
		g := newGapSweep(fs, false)
		if !g.run() {
			t.Fatal("gave up")
		}
		var gaps []float64
		ix := NewIndex(fs)
		for _, f := range g.findings(fs) {
			gaps = append(gaps, f.AreaM2)
			if h := ix.Find(f.At[0], f.At[1]); h.How == Inside || h.How == Overlapped {
				t.Errorf("seed %d: the place of a gap: %+v", seed, h)
			}
		}
		slices.Sort(gaps)
		if !slices.EqualFunc(holes, gaps, func(a, b float64) bool { return math.Abs(a-b) < 1e-4*a+0.01 }) {
			t.Errorf("seed %d: gaps of %.1f m²\nholes of the union %.1f", seed, gaps, holes)
		}
		total += len(gaps)
	}
	if total < 100 {
		t.Errorf("only %d gaps were looked at", total)
	}
}

func TestNestedByHand(t *testing.T) {
	child := func(f Feature, parent string) Feature { f.Parent = parent; return f }
	parents := rows(metreBox("A", 0, 0, 100, 100), metreBox("B", 100, 0, 200, 100))
	type finding struct {
		kind           FindingKind
		feature, other int
		areaM2, share  float64
	}
	for _, tt := range []struct {
		name     string
		children []Feature
		want     []finding
	}{
		{
			"four children that fill two parents",
			rows(child(metreBox("a1", 0, 0, 50, 100), "A"), child(metreBox("a2", 50, 0, 100, 100), "A"), metreBox("b1", 100, 0, 150, 100), metreBox("b2", 150, 0, 200, 100)),
			nil,
		},
		{
			"one reaches 10 m into the other parent and 20 m beyond",
			rows(child(metreBox("a1", 0, 0, 110, 100), "A"), child(metreBox("b1", 100, 0, 220, 100), "B")),
			[]finding{{OutsideParent, 1, 1, 1000, 1.0 / 11}, {OutsideParent, 2, 2, 2000, 1.0 / 6}},
		},
		{
			"a parent filled to a quarter, twice the same quarter, and one without children",
			rows(child(metreBox("a1", 0, 0, 50, 50), "A"), child(metreBox("a2", 0, 0, 50, 50), "A")),
			[]finding{{Uncovered, 1, 0, 7500, 0.75}, {Uncovered, 2, 0, 10_000, 1}},
		},
		{
			"a child of nobody, one of an unknown parent, one with another's code",
			rows(metreBox("x", 500, 0, 600, 100), child(metreBox("y", 0, 0, 100, 100), "C"), child(metreBox("z", 0, 0, 100, 100), "B")),
			[]finding{{NoParent, 1, 0, 10_000, 1}, {UnknownParent, 2, 0, 0, 0}, {OutsideParent, 3, 2, 10_000, 1}, {Uncovered, 1, 0, 10_000, 1}, {Uncovered, 2, 0, 10_000, 1}},
		},
		{
			"less than a square metre",
			rows(child(metreBox("a", 0, 0, 100.005, 100), "A"), child(metreBox("b", 100.005, 0, 200, 100), "B")),
			nil,
		},
		{
			"no children, and none with a shape",
			rows(Feature{Code: "n", Parent: "A"}),
			[]finding{{Uncovered, 1, 0, 10_000, 1}, {Uncovered, 2, 0, 10_000, 1}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := AuditNested(parents, tt.children)
			if len(found) != len(tt.want) {
				t.Errorf("%d findings, want %d", len(found), len(tt.want))
			}
			for i, f := range found[:min(len(found), len(tt.want))] {
				w := tt.want[i]
				if f.Kind != w.kind || f.Feature != w.feature || f.Other != w.other ||
					math.Abs(f.AreaM2-w.areaM2) > 0.001*w.areaM2 || math.Abs(f.Share-w.share) > 0.001 {
					t.Errorf("%s\n%+v\nwant %+v", f.Text(), f, w)
				}
			}
		})
	}
}

func TestNestedInWords(t *testing.T) {
	parents := rows(metreBox("A", 0, 0, 100, 100))
	b := metreBox("b", 50, 0, 110, 100)
	b.Parent = "A"
	var texts []string
	for _, f := range AuditNested(parents, rows(b, Feature{Code: "c", Parent: "X", Shape: b.Shape})) {
		texts = append(texts, f.Text())
	}
	for i, want := range []string{
		"处超出上级第1个要素（编码 A）约1000平方米（占16.67%）。",
		"第2个要素（编码 c）的上级编码“X”不在上级图层中，请核对。",
		"有约5000平方米（占50%）不属于任何下级。",
	} {
		if i >= len(texts) || !strings.HasSuffix(texts[i], want) {
			t.Errorf("%q, want …%q", texts, want)
		}
	}
	for share, want := range map[float64]string{1: "100%", 0.99999: "99.99%", 1e-9: "不足0.01%", 0.125: "12.5%"} {
		if got := shareText(share); got != want {
			t.Errorf("share %g: %q, want %q", share, got, want)
		}
	}
	if got := areaText(3_204_999); got != "约3.20平方千米" {
		t.Error(got)
	}
}

// What uncovered measures, against another library's difference.
func TestUncoveredEqualsDifference(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(61, seed))
		star := func() orb.MultiPolygon {
			var ring orb.Ring
			x, y := rng.Float64(), rng.Float64()
			for k := range 9 {
				s, c := math.Sincos(2 * math.Pi * float64(k) / 9)
				r := 0.3 + rng.Float64()
				ring = append(ring, orb.Point{113.9 + 0.01*(x+r*c), 32 + 0.01*(y+r*s)})
			}
			return orb.MultiPolygon{{append(ring, ring[0])}}
		}
		a, b, c := star(), star(), star()
		work := math.MaxInt
		got, at := uncovered([]orb.MultiPolygon{a}, []orb.MultiPolygon{b, c}, &work)
		left, err := geom.UnmarshalWKB(MarshalWKB(a))
		if err != nil {
			t.Fatal(err)
		}
		for _, mp := range []orb.MultiPolygon{b, c} {
			g, err := geom.UnmarshalWKB(MarshalWKB(mp))
			if err != nil {
				t.Fatal(err)
			}
			if left, err = geom.Difference(left, g); err != nil {
				t.Fatal(err)
			}
		}
		want := 0.0
		if !left.IsEmpty() {
			mp, err := UnmarshalWKB(left.AsBinary())
			if err != nil {
				t.Fatal(err)
			}
			want = AreaM2(mp)
		}
		if math.Abs(got-want) > 1e-6*want+0.01 {
			t.Errorf("seed %d: %.3f m², the difference has %.3f", seed, got, want)
		}
		if want > 1 && (!bruteInside(a, at) || bruteInside(b, at) || bruteInside(c, at)) {
			t.Errorf("seed %d: %v is not in the difference", seed, at)
		}
	}
}

// A district in one piece over all its grids, and streets of sixteen grids each: as large
// as a real district.
func TestNestedOfATessellation(t *testing.T) {
	const n = 24
	grids := wavy(n, n, 8)
	merged := func(name string, r0, c0, size int) Feature { // along the outer sides of the grids
		at := func(r, c, side int) orb.Ring {
			ring := grids[r*n+c].Shape[0][0] // sides of 8 edges: south, east, north, west
			return ring[8*side : 8*side+8]
		}
		var ring orb.Ring
		for k := range size {
			ring = append(ring, at(r0, c0+k, 0)...)
		}
		for k := range size {
			ring = append(ring, at(r0+k, c0+size-1, 1)...)
		}
		for k := range size {
			ring = append(ring, at(r0+size-1, c0+size-1-k, 2)...)
		}
		for k := range size {
			ring = append(ring, at(r0+size-1-k, c0, 3)...)
		}
		return Feature{Code: name, Shape: orb.MultiPolygon{{append(ring, ring[0])}}}
	}
	district := rows(merged("district", 0, 0, n))
	var streets []Feature
	for r := 0; r < n; r += 4 {
		for c := 0; c < n; c += 4 {
			streets = append(streets, merged("street", r, c, 4))
		}
	}
	streets = rows(streets...)
	for name, pair := range map[string][2][]Feature{
		"grids in a district":   {district, grids},
		"streets in a district": {district, streets},
		"grids in streets":      {streets, grids},
	} {
		for _, f := range AuditNested(pair[0], pair[1]) {
			t.Errorf("%s: %s", name, f.Text())
		}
	}
	// A grid is taken away, another is moved by 0.0001°.
	var damaged []Feature
	for i, f := range grids {
		if i == 100 {
			continue
		}
		if i == 300 {
			shape := f.Shape.Clone()
			for k := range shape[0][0] {
				shape[0][0][k][0] += 1e-4
			}
			f.Shape = shape
		}
		damaged = append(damaged, f)
	}
	kinds := map[FindingKind]int{}
	for _, f := range AuditNested(streets, damaged) {
		kinds[f.Kind]++
		if f.Kind == Uncovered && f.Feature == 1+100/n/4*6+100%n/4 && math.Abs(f.AreaM2-AreaM2(grids[100].Shape)) > 1 {
			t.Errorf("%s, want the area of the missing grid, %.0f m²", f.Text(), AreaM2(grids[100].Shape))
		}
	}
	if kinds[Uncovered] != 2 || kinds[OutsideParent] > 1 {
		t.Errorf("%v, want two streets not covered", kinds)
	}
}
