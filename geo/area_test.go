package geo

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
)

func TestAreaM2(t *testing.T) {
	cell := func(x0, y0, x1, y1 float64) orb.Ring {
		return orb.Ring{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}
	}
	// Areas of cells follow from the closed form of the ellipsoidal zone; the whole
	// Earth has 510,065,621.724 km² (Moritz, Geodetic Reference System 1980, which
	// differs from WGS-84 by 0.0001 km²).
	earth := 0.0
	for lat := -90.0; lat < 90; lat++ {
		earth += 360 * AreaM2(orb.MultiPolygon{{cell(0, lat, 1, lat+1)}})
	}
	if math.Abs(earth/1e6-510065621.724) > 0.01 {
		t.Errorf("the Earth has %.3f km²", earth/1e6)
	}
	// A small square is as large as its sides: 0.001° at 30° are 96.4862 m by
	// 110.8522 m (GRS 80: N cos φ and M from a = 6378137, e² = 0.00669438).
	small := orb.MultiPolygon{{cell(114, 29.9995, 114.001, 30.0005)}}
	if got := AreaM2(small); math.Abs(got-96.4862*110.8522) > 0.1 {
		t.Errorf("0.001° at 30° has %.3f m², want 10695.7", got)
	}
	reversed := small.Clone()
	reversed[0][0].Reverse()
	if a, b := AreaM2(small), AreaM2(reversed); math.Abs(a-b) > 1e-6 {
		t.Errorf("direction changes the area: %v, %v", a, b)
	}
	open := orb.MultiPolygon{{small[0][0][:4]}}
	if a, b := AreaM2(small), AreaM2(open); math.Abs(a-b) > 1e-6 {
		t.Errorf("closing changes the area: %v, %v", a, b)
	}
	outer, hole := cell(114, 30, 114.2, 30.2), cell(114.1, 30.1, 114.15, 30.15)
	with := AreaM2(orb.MultiPolygon{{outer, hole}})
	if want := AreaM2(orb.MultiPolygon{{outer}}) - AreaM2(orb.MultiPolygon{{hole}}); math.Abs(with-want) > 1e-3 {
		t.Errorf("with a hole %v, want %v", with, want)
	}
	if got := AreaM2(orb.MultiPolygon{{}, {{}}, {{{1, 1}}}}); got != 0 {
		t.Errorf("empty shapes have %v", got)
	}
}
