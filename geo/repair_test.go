package geo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/peterstace/simplefeatures/geom"
)

// evenOddAreaM2 measures a shape by sweeping, without cutting or tracing any ring.
func evenOddAreaM2(mp orb.MultiPolygon) float64 {
	box, _ := Bound([]Feature{{Shape: mp}})
	tests := math.MaxInt
	area, _ := commonArea(mp, mp, box, &tests)
	return area
}

// validElsewhere asks an independent library. It places a ring by its first point
// alone, which says nothing if that point touches another ring, so it is asked with
// several first points.
func validElsewhere(t *testing.T, mp orb.MultiPolygon) error {
	t.Helper()
	mp = mp.Clone()
	for range 3 {
		if _, err := geom.UnmarshalWKB(MarshalWKB(mp)); err != nil {
			return err
		}
		for _, poly := range mp {
			for _, ring := range poly {
				if n := len(ring); n > 3 && ring[0] == ring[n-1] {
					copy(ring, ring[1:])
					ring[n-1] = ring[0]
				}
			}
		}
	}
	return nil
}

// requireMended repairs a shape and checks the promises of Repair.
func requireMended(t *testing.T, mp orb.MultiPolygon, keep func(orb.MultiPolygon)) {
	t.Helper()
	if len(mp) == 0 {
		return
	}
	out, err := Repair(mp)
	if err != nil {
		t.Errorf("repair: %v", err)
		return
	}
	if bad := auditShape(out); len(bad) > 0 {
		t.Errorf("the result does not pass the audit: %s\nfrom %v\nto %v", bad[0].Text(), mp, out)
	}
	if err := validElsewhere(t, out); err != nil {
		t.Errorf("simplefeatures rejects the result: %v\nfrom %v\nto %v", err, mp, out)
	}
	want, got := evenOddAreaM2(mp), AreaM2(out)
	if math.Abs(got-want) > 1e-9*want+0.01 {
		t.Errorf("area %v m², by the even–odd rule %v m²", got, want)
	}
	if keep != nil {
		keep(out)
	}
}

func shape(rings ...orb.Ring) orb.MultiPolygon { return orb.MultiPolygon{orb.Polygon(rings)} }

// at draws small numbers on the map, about a kilometre each.
func at(points ...orb.Point) orb.Ring {
	for i := range points {
		points[i][0] = 114 + points[i][0]/128
		points[i][1] = 30 + points[i][1]/128
	}
	return points
}

func TestRepair(t *testing.T) {
	for _, tt := range []struct {
		name            string
		in              orb.MultiPolygon
		polygons, holes int
	}{
		{"sound square", shape(at(p(0, 0), p(2, 0), p(2, 2), p(0, 2), p(0, 0))), 1, 0},
		{"unclosed square", shape(at(p(0, 0), p(2, 0), p(2, 2), p(0, 2))), 1, 0},
		{"repeated point", shape(at(p(0, 0), p(2, 0), p(2, 0), p(2, 2), p(0, 2), p(0, 0))), 1, 0},
		{"bow-tie", shape(at(p(0, 0), p(2, 2), p(2, 0), p(0, 2), p(0, 0))), 2, 0},
		{"bow-tie with a vertex in the middle", shape(at(p(0, 0), p(1, 1), p(2, 2), p(2, 0), p(1, 1), p(0, 2), p(0, 0))), 2, 0},
		{"spike", shape(at(p(0, 0), p(2, 0), p(4, 0), p(2, 0), p(2, 2), p(0, 2), p(0, 0))), 1, 0},
		{"hole drawn into the outer ring", shape(at(p(0, 0), p(4, 0), p(4, 4), p(0, 4), p(0, 0), p(1, 1), p(1, 2), p(2, 1), p(1, 1), p(0, 0))), 1, 1},
		{"ring that ties itself off inwards", shape(at(p(0, 0), p(4, 0), p(4, 4), p(2, 4), p(1, 2), p(3, 2), p(2, 4), p(0, 4), p(0, 0))), 1, 1},
		{"star pentagram", shape(at(p(0, 3), p(2, -3), p(-3, 1), p(3, 1), p(-2, -3), p(0, 3))), 5, 0},
		{"hole across the border", shape(at(p(0, 0), p(4, 0), p(4, 4), p(0, 4), p(0, 0)), at(p(3, 1), p(3, 2), p(5, 2), p(5, 1), p(3, 1))), 2, 0},
		{"hole outside", shape(at(p(0, 0), p(1, 0), p(1, 1), p(0, 1), p(0, 0)), at(p(3, 1), p(3, 2), p(5, 2), p(5, 1), p(3, 1))), 2, 0},
		{"hole in a hole", shape(
			at(p(0, 0), p(9, 0), p(9, 9), p(0, 9), p(0, 0)),
			at(p(1, 1), p(1, 8), p(8, 8), p(8, 1), p(1, 1)),
			at(p(2, 2), p(2, 3), p(3, 3), p(3, 2), p(2, 2))), 2, 1},
		{"two polygons that share a border", orb.MultiPolygon{
			{at(p(0, 0), p(1, 0), p(1, 1), p(0, 1), p(0, 0))},
			{at(p(1, 0), p(2, 0), p(2, 1), p(1, 1), p(1, 0))},
		}, 1, 0},
		{"holes that cut off the middle", shape(
			at(p(0, 0), p(9, 0), p(9, 9), p(0, 9), p(0, 0)),
			at(p(2, 2), p(4, 4), p(2, 6), p(1, 4), p(2, 2)),
			at(p(2, 2), p(7, 4), p(2, 6), p(6, 4), p(2, 2))), 2, 1},
		{"line and square", shape(
			at(p(0, 0), p(1, 0), p(1, 1), p(0, 1), p(0, 0)),
			at(p(0.2, 0.2), p(0.5, 0.5), p(0.2, 0.2))), 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requireMended(t, tt.in, func(out orb.MultiPolygon) {
				holes := 0
				for _, poly := range out {
					holes += len(poly) - 1
				}
				if len(out) != tt.polygons || holes != tt.holes {
					t.Errorf("%d polygons, %d holes; want %d and %d: %v", len(out), holes, tt.polygons, tt.holes, out)
				}
			})
		})
	}
}

func p(x, y float64) orb.Point { return orb.Point{x, y} }

func TestRepairOfBowTieByHand(t *testing.T) {
	out, err := Repair(shape(orb.Ring{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}))
	want := orb.MultiPolygon{
		{{{0, 0}, {1, 1}, {0, 2}, {0, 0}}},
		{{{1, 1}, {2, 0}, {2, 2}, {1, 1}}},
	}
	if err != nil || !out.Equal(want) {
		t.Errorf("got %v, %v", out, err)
	}
}

func TestRepairOfScribbles(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range 600 {
		lattice := []int{0, 3, 5, 8}[i%4]
		mp := shape(scribble(rng, 3+rng.IntN(15), lattice))
		if i%3 == 0 {
			mp[0] = append(mp[0], scribble(rng, 3+rng.IntN(6), lattice))
		}
		if i%5 == 0 {
			mp = append(mp, orb.Polygon{scribble(rng, 3+rng.IntN(6), lattice)})
		}
		if evenOddAreaM2(mp) < 1 {
			continue // nothing to be left
		}
		requireMended(t, mp, nil)
		if t.Failed() {
			t.Fatalf("scribble %d", i)
		}
	}
}

func TestRepairOfLongScribble(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	requireMended(t, shape(scribble(rng, 200, 0)), nil)
	requireMended(t, shape(scribble(rng, 300, 20)), nil)
}

func TestRepairKeepsSoundBordersBitForBit(t *testing.T) {
	fs := wavy(1, 1, 20)
	ring := slices.Clone(fs[0].Shape[0][0])
	// A loop across one border point: only there may anything change.
	ring = slices.Insert(ring, 5, orb.Point{ring[4][0] + 1e-4, ring[4][1] - 1e-4}, orb.Point{ring[4][0] - 1e-4, ring[4][1] - 1e-4}, orb.Point{ring[4][0] + 1e-4, ring[4][1] + 1e-4})
	out, err := Repair(shape(ring))
	if err != nil {
		t.Fatal(err)
	}
	have := map[orb.Point]bool{}
	for _, poly := range out {
		for _, r := range poly {
			for _, q := range r {
				have[q] = true
			}
		}
	}
	for _, q := range ring {
		if !have[q] {
			t.Errorf("corner %v is gone", q)
		}
	}
}

func TestRepairRefuses(t *testing.T) {
	for name, mp := range map[string]orb.MultiPolygon{
		"nothing":       nil,
		"a line":        shape(at(p(0, 0), p(1, 1), p(0, 0))),
		"not a number":  shape(orb.Ring{{0, 0}, {math.NaN(), 1}, {1, 1}, {0, 0}}),
		"doubled rings": {{at(p(0, 0), p(1, 0), p(1, 1), p(0, 0))}, {at(p(0, 0), p(1, 0), p(1, 1), p(0, 0))}},
	} {
		t.Run(name, func(t *testing.T) {
			if out, err := Repair(mp); err == nil {
				t.Errorf("got %v, want a refusal", out)
			}
		})
	}
}
