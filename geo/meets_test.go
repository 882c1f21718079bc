package geo

import (
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/peterstace/simplefeatures/geom"
)

func TestMeets(t *testing.T) {
	ring := func(x0, y0, x1, y1 float64) orb.Ring {
		return orb.Ring{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}
	}
	framed := orb.MultiPolygon{{ring(0, 0, 10, 10), ring(3, 3, 7, 7)}, {{{20, 0}, {30, 0}, {20, 10}, {20, 0}}}}
	for _, c := range []struct {
		name           string
		x0, y0, x1, y1 float64
		want           bool
	}{
		{"over the border", -1, -1, 1, 1, true},
		{"around everything", -1, -1, 40, 40, true},
		{"inside, off the border", 1, 1, 2, 2, true},
		{"in the hole", 4, 4, 6, 6, false},
		{"the whole hole", 3, 3, 7, 7, true},
		{"touching a corner", 10, 10, 12, 12, true},
		{"touching a side", 10, 2, 12, 3, true},
		{"outside", 10.5, 0, 12, 1, false},
		{"beside the long side of the triangle", 28, 8, 29, 9, false},
		{"on the long side of the triangle", 25, 5, 26, 6, true},
		{"a point inside", 1, 1, 1, 1, true},
		{"a point on the border", 0, 5, 0, 5, true},
		{"a point in the hole", 5, 5, 5, 5, false},
		{"a line through", -5, 5, 50, 5, true},
	} {
		if got := Meets(framed, orb.Bound{Min: orb.Point{c.x0, c.y0}, Max: orb.Point{c.x1, c.y1}}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if Meets(nil, orb.Bound{Max: orb.Point{1, 1}}) {
		t.Error("no shape meets a box")
	}
}

// The answers are those of an independent library.
func TestMeetsAsAnotherSaysIt(t *testing.T) {
	fs := wavy(4, 4, 12)
	r := rand.New(rand.NewPCG(7, 7))
	bound, _ := Bound(fs)
	wide, high := bound.Max[0]-bound.Min[0], bound.Max[1]-bound.Min[1]
	met := 0
	for range 300 {
		low := orb.Point{bound.Min[0] + r.Float64()*wide, bound.Min[1] + r.Float64()*high}
		box := orb.Bound{Min: low, Max: orb.Point{low[0] + r.ExpFloat64()*wide/20, low[1] + r.ExpFloat64()*high/20}}
		b := geom.NewEnvelope(geom.XY{X: box.Min[0], Y: box.Min[1]}, geom.XY{X: box.Max[0], Y: box.Max[1]}).AsGeometry()
		for _, f := range fs {
			shape, err := geom.UnmarshalWKB(MarshalWKB(f.Shape))
			if err != nil {
				t.Fatal(err)
			}
			want := geom.Intersects(shape, b)
			if got := Meets(f.Shape, box); got != want {
				t.Errorf("%s and %v: %v, want %v", f.Code, box, got, want)
			}
			if want {
				met++
			}
		}
	}
	if met < 300 {
		t.Errorf("only %d meet", met)
	}
}
