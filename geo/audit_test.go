package geo

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/paulmach/orb"
)

func kindsOf(found []Finding) (out []FindingKind) {
	for _, f := range found {
		out = append(out, f.Kind)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestAuditOfRings(t *testing.T) {
	big := at(p(0, 0), p(9, 0), p(9, 9), p(0, 9), p(0, 0))
	for _, tt := range []struct {
		name string
		in   orb.MultiPolygon
		want []FindingKind
		at   orb.Point // of the first finding, on the paper of at
	}{
		{"sound", shape(at(p(0, 0), p(2, 0), p(2, 2), p(0, 2), p(0, 0))), nil, orb.Point{}},
		{"sound with two holes that touch in a corner", shape(big, at(p(1, 1), p(1, 3), p(3, 3), p(3, 1), p(1, 1)), at(p(3, 3), p(3, 5), p(5, 5), p(3, 3))), nil, orb.Point{}},
		{"sound with a hole that touches the border", shape(big, at(p(0, 4), p(2, 5), p(2, 3), p(0, 4))), nil, orb.Point{}},
		{"sound, two polygons that touch in a corner", orb.MultiPolygon{{at(p(0, 0), p(1, 0), p(1, 1), p(0, 0))}, {at(p(1, 1), p(2, 1), p(2, 2), p(1, 1))}}, nil, orb.Point{}},
		{"sound, an island in a hole", orb.MultiPolygon{{big, at(p(1, 1), p(1, 8), p(8, 8), p(8, 1), p(1, 1))}, {at(p(3, 3), p(5, 3), p(5, 5), p(3, 3))}}, nil, orb.Point{}},
		{"unclosed", shape(at(p(0, 0), p(2, 0), p(2, 2))), []FindingKind{Unclosed}, p(2, 2)},
		{"empty ring", orb.MultiPolygon{{{}}}, []FindingKind{TooFewPoints}, orb.Point{}},
		{"two points", shape(at(p(3, 1), p(2, 0), p(3, 1))), []FindingKind{TooFewPoints}, p(3, 1)},
		{"repeated point", shape(at(p(0, 0), p(2, 0), p(2, 0), p(2, 2), p(0, 0))), []FindingKind{SamePoints}, p(2, 0)},
		{"on one line", shape(at(p(1, 1), p(2, 2), p(3, 3), p(1, 1))), []FindingKind{Spike, ZeroArea}, p(1, 1)},
		{"spike", shape(at(p(0, 0), p(2, 0), p(4, 0), p(2, 0), p(2, 2), p(0, 0))), []FindingKind{SelfTouch, Spike}, p(4, 0)},
		{"bow-tie", shape(at(p(0, 0), p(2, 2), p(2, 0), p(0, 2), p(0, 0))), []FindingKind{SelfCrossing}, p(1, 1)},
		{"passes a point twice", shape(at(p(0, 0), p(1, 1), p(2, 0), p(2, 2), p(1, 1), p(0, 2), p(0, 0))), []FindingKind{SelfTouch}, p(1, 1)},
		{"runs along itself", shape(at(p(0, 0), p(4, 0), p(4, 2), p(3, 2), p(3, 0), p(1, 0), p(1, 2), p(0, 2), p(0, 0))), []FindingKind{SelfCrossing, SelfTouch}, p(1, 0)},
		{"hole across the border", shape(big, at(p(8, 1), p(8, 2), p(10, 2), p(10, 1), p(8, 1))), []FindingKind{RingCrossing}, p(9, 2)},
		{"hole along the border", shape(big, at(p(0, 1), p(0, 2), p(1, 2), p(1, 1), p(0, 1))), []FindingKind{SharedLine}, p(0, 1)},
		{"hole outside", shape(big, at(p(11, 1), p(11, 2), p(12, 2), p(11, 1))), []FindingKind{HoleOutside}, p(11, 1)},
		{"hole outside that touches", shape(big, at(p(9, 1), p(11, 2), p(12, 2), p(9, 1))), []FindingKind{HoleOutside}, p(11, 2)},
		{"hole through corners of the border", shape(at(p(0, 0), p(4, 2), p(9, 0), p(9, 9), p(0, 9), p(0, 0)), at(p(4, 2), p(3, 5), p(5, 5), p(4, 2))), nil, orb.Point{}},
		{"hole in a hole", shape(big, at(p(1, 1), p(1, 8), p(8, 8), p(8, 1), p(1, 1)), at(p(2, 2), p(2, 3), p(3, 3), p(2, 2))), []FindingKind{NestedHole}, p(2, 2)},
		{"polygon in a polygon", orb.MultiPolygon{{big}, {at(p(1, 1), p(2, 1), p(2, 2), p(1, 1))}}, []FindingKind{NestedPolygon}, p(1, 1)},
		{"larger polygon second", orb.MultiPolygon{{at(p(1, 1), p(2, 1), p(2, 2), p(1, 1))}, {big}}, []FindingKind{NestedPolygon}, p(1, 1)},
		{"two polygons that share a border", orb.MultiPolygon{{at(p(0, 0), p(1, 0), p(1, 1), p(0, 1), p(0, 0))}, {at(p(1, 0), p(2, 0), p(2, 1), p(1, 1), p(1, 0))}}, []FindingKind{SharedLine}, p(1, 0)},
		{"two polygons that cross", orb.MultiPolygon{{at(p(0, 0), p(4, 0), p(4, 4), p(0, 4), p(0, 0))}, {at(p(2, 2), p(6, 2), p(6, 3), p(2, 3), p(2, 2))}}, []FindingKind{RingCrossing}, p(4, 2)},
		{"holes that cut off the middle", shape(big, at(p(2, 2), p(4, 4), p(2, 6), p(1, 4), p(2, 2)), at(p(2, 2), p(7, 4), p(2, 6), p(6, 4), p(2, 2))), []FindingKind{Disconnected}, p(2, 2)},
		{"hole that touches the border twice", shape(big, at(p(0, 4), p(4, 9), p(3, 4), p(0, 4))), []FindingKind{Disconnected}, p(0, 4)},
		{"around half the Earth", shape(orb.Ring{{-179, 0}, {179, 0}, {179, 1}, {-179, 0}}), []FindingKind{TooWide}, orb.Point{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := Audit([]Feature{{Shape: tt.in, Row: 3}})
			if got := kindsOf(found); !slices.Equal(got, tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			// An independent library must agree which shapes are sound.
			sound := len(failures(found)) == 0
			if other := validElsewhere(t, tt.in) == nil; other != sound && len(tt.in[0][0]) > 0 {
				t.Errorf("sound %v, simplefeatures says %v", sound, other)
			}
			if len(found) > 0 && tt.at != (orb.Point{}) {
				want := at(tt.at)[0]
				if !slices.ContainsFunc(found, func(f Finding) bool { return metres(f.At, want) < 0.01 }) {
					t.Errorf("none at %v: %v", want, found)
				}
			}
			for _, f := range found {
				if f.Feature != 3 {
					t.Errorf("names feature %d: %+v", f.Feature, f)
				}
			}
		})
	}
}

// Sound or not, for random rings, by this audit and by an independent library.
func TestAuditAgreesWithSimplefeatures(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 52))
	sound := 0
	for range 4000 {
		lattice := []int{0, 4, 6}[rng.IntN(3)]
		mp := shape(scribble(rng, 3+rng.IntN(4), lattice))
		if rng.IntN(2) == 0 {
			mp[0] = append(mp[0], scribble(rng, 3+rng.IntN(2), lattice))
		}
		if rng.IntN(3) == 0 {
			mp = append(mp, orb.Polygon{scribble(rng, 3, lattice)})
		}
		found := failures(auditShape(mp))
		err := validElsewhere(t, mp)
		if (err == nil) != (len(found) == 0) {
			t.Fatalf("%v:\nhere %v\nsimplefeatures %v", mp, found, err)
		}
		if err == nil {
			sound++
		}
	}
	if sound < 200 {
		t.Errorf("only %d of the shapes were sound: the comparison is one-sided", sound)
	}
}

func TestAuditOfCodesAndNames(t *testing.T) {
	tile := func(i int) orb.MultiPolygon { return wavy(1, 6, 3)[i].Shape }
	found := Audit([]Feature{
		{Code: "01", Name: "甲", Shape: tile(0), Row: 1},
		{Code: "02", Name: "乙", Shape: tile(1), Row: 2},
		{Code: "01", Name: "丙", Shape: tile(2), Row: 3},
		{Code: "", Name: "丁", Shape: tile(3), Row: 4},
		{Code: "05", Name: "", Shape: tile(4), Row: 5},
		{Code: "06", Name: "己", Row: 6},
	})
	var got []string
	for _, f := range found {
		got = append(got, f.Severity.String()+" "+f.Text())
	}
	want := []string{
		"错误 第3个要素（编码 01）与第1个要素（编码 01）编码相同，请改为各不相同的编码。",
		"错误 第4个要素没有编码，请补全。",
		"警告 第5个要素（编码 05）没有名称。",
		"警告 第6个要素（编码 06）没有边界。",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := len(Audit([]Feature{{Shape: tile(0)}, {Shape: tile(1)}})); n != 0 {
		t.Errorf("without codes and names asked for: %d findings", n)
	}
}

func TestOverlaps(t *testing.T) {
	box := func(code string, x0, y0, x1, y1 float64) Feature {
		return Feature{Code: code, Shape: shape(at(p(x0, y0), p(x1, y0), p(x1, y1), p(x0, y1), p(x0, y0)))}
	}
	area := func(x0, y0, x1, y1 float64) float64 { return AreaM2(box("", x0, y0, x1, y1).Shape) }
	for _, tt := range []struct {
		name string
		a, b Feature
		want float64
	}{
		{"side by side", box("a", 0, 0, 1, 1), box("b", 1, 0, 2, 1), 0},
		{"corner to corner", box("a", 0, 0, 1, 1), box("b", 1, 1, 2, 2), 0},
		{"apart", box("a", 0, 0, 1, 1), box("b", 5, 0, 6, 1), 0},
		{"corners over each other", box("a", 0, 0, 2, 2), box("b", 1, 1, 3, 3), area(1, 1, 2, 2)},
		{"one in the other", box("a", 0, 0, 9, 9), box("b", 1, 1, 3, 3), area(1, 1, 3, 3)},
		{"the same twice", box("a", 0, 0, 2, 2), box("b", 0, 0, 2, 2), area(0, 0, 2, 2)},
		{"a cross", box("a", 0, 1, 3, 2), box("b", 1, 0, 2, 3), area(1, 1, 2, 2)},
		{
			"in the hole of the other",
			Feature{Shape: shape(at(p(0, 0), p(9, 0), p(9, 9), p(0, 9), p(0, 0)), at(p(1, 1), p(1, 5), p(5, 5), p(5, 1), p(1, 1)))},
			box("b", 2, 2, 4, 4), 0,
		},
		{
			"two triangles",
			Feature{Shape: shape(at(p(0, 0), p(2, 0), p(0, 2), p(0, 0)))},
			Feature{Shape: shape(at(p(0, 0), p(2, 0), p(2, 2), p(0, 0)))},
			area(0, 0, 2, 2) / 4,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, fs := range [][]Feature{{tt.a, tt.b}, {tt.b, tt.a}} {
				var got float64
				for _, f := range Audit(fs) {
					if f.Kind != Overlap {
						continue
					}
					got += f.AreaM2
					if f.Feature != 2 || f.Other != 1 || f.OtherCode != fs[0].Code {
						t.Errorf("names %+v", f)
					}
					if !bruteInside(fs[0].Shape, f.At) || !bruteInside(fs[1].Shape, f.At) {
						t.Errorf("%v is not in both", f.At)
					}
				}
				if math.Abs(got-tt.want) > 1e-4*tt.want+0.01 {
					t.Errorf("%.2f m², want %.2f", got, tt.want)
				}
			}
		})
	}
}

func TestNeighboursOfATessellationDoNotOverlap(t *testing.T) {
	if found := Audit(wavy(12, 12, 15)); len(found) > 0 {
		t.Errorf("%s", found[0].Text())
	}
}

// A scribbled ring has thousands of crossings; the list stays short, the count true.
func TestManyFindingsAreThinned(t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 62))
	ring := scribble(rng, 120, 0)
	crossings := 0
	for i := range 120 {
		for j := i + 2; j < 120; j++ {
			if i == 0 && j == 119 {
				continue
			}
			a, b, c, d := ring[i], ring[i+1], ring[j], ring[j+1]
			if orientRational(a, b, c)*orientRational(a, b, d) < 0 && orientRational(c, d, a)*orientRational(c, d, b) < 0 {
				crossings++
			}
		}
	}
	found := Audit([]Feature{{Shape: shape(ring)}})
	if len(found) != 10 || Count(found, Failure) != crossings {
		t.Errorf("%d findings for %d places, want 10 for %d", len(found), Count(found, Failure), crossings)
	}
	if last := found[9].Text(); !strings.Contains(last, "（共") {
		t.Errorf("the last does not count the rest: %s", last)
	}
}

func TestSentencesOfAllKinds(t *testing.T) {
	for kind := range kinds {
		f := newFinding(kind, orb.Point{113.758304, 32.27676})
		f.Feature, f.Code, f.Polygon, f.Ring, f.Other, f.OtherCode, f.AreaM2 = 2, "411502", 1, 2, 1, "411503", 12.3
		s := f.Text()
		if !strings.HasPrefix(s, "第2个要素（编码 411502）第1个面第2环") || !strings.HasSuffix(s, "。") || strings.ContainsAny(s, "{},;:()") {
			t.Errorf("%s: %s", kind, s)
		}
		if f.Placed() != strings.Contains(s, "经度113.758304、纬度32.276760") {
			t.Errorf("%s: the place: %s", kind, s)
		}
		if strings.IndexFunc(s, unicode.IsControl) >= 0 {
			t.Errorf("%s: control characters: %q", kind, s)
		}
	}
	long := newFinding(EmptyName, orb.Point{})
	long.Feature, long.Code = 1, strings.Repeat("长", 500)
	if n := len([]rune(long.Text())); n > 100 {
		t.Errorf("a sentence of %d characters", n)
	}
}

// A file made to be slow is given up, not worked on for hours.
func TestAuditGivesUpOnHostileShapes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const n = 20_000 // zigzag, every edge across all others' boxes
	var ring orb.Ring
	for i := range n {
		x := 110 + float64(i)/n
		ring = append(ring, orb.Point{x, 30}, orb.Point{x + 5, 40})
	}
	ring = append(ring, ring[0])
	for name, hostile := range map[string]orb.Ring{
		"zigzag":   ring,
		"scribble": scribble(rand.New(rand.NewPCG(71, 72)), 10_000, 0),
	} {
		found := Audit([]Feature{{Shape: shape(hostile)}})
		if !slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == TooComplex }) {
			t.Errorf("%s: not given up: %v", name, kindsOf(found))
		}
		if _, err := Repair(shape(hostile)); !errors.Is(err, ErrCannotRepair) {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := []Feature{{Shape: shape(ring)}, {Shape: shape(ring)}}
	if found := auditOverlaps(twice); len(found) == 0 || found[len(found)-1].Kind != TooComplex {
		t.Errorf("overlaps not given up: %v", kindsOf(found))
	}
}
