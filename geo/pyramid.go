package geo

import (
	"math"
	"sync"

	"github.com/paulmach/orb"
)

// Zooms of a Pyramid, in the numbering of tiles 512 pixels wide: at zoom z the Earth is
// 512·2^z pixels around.
const (
	MinZoom = 3
	MaxZoom = 18
)

// Pyramid holds the shapes of a layer simplified for each zoom, so that no border lies
// more than half a pixel from where it is. A zoom is computed when it is first asked
// for, from the next finer one; asked again it costs nothing. It is safe for use by
// many goroutines.
type Pyramid struct {
	lat  float64 // in the middle of the layer
	zoom [MaxZoom + 1]struct {
		once   sync.Once
		shapes []orb.MultiPolygon
	}
}

// NewPyramid takes the shapes of a layer (WGS-84, degrees), which must not change
// afterwards.
func NewPyramid(shapes []orb.MultiPolygon) *Pyramid {
	p := &Pyramid{}
	b := emptyBound()
	for _, mp := range shapes {
		for _, poly := range mp {
			for _, ring := range poly {
				b = extend(b, ring...)
			}
		}
	}
	if b.Min[1] <= b.Max[1] {
		p.lat = (b.Min[1] + b.Max[1]) / 2
	}
	p.zoom[MaxZoom].once.Do(func() { p.zoom[MaxZoom].shapes = shapes })
	return p
}

// At returns the shapes, in the order given, for a zoom; one beyond MinZoom and MaxZoom
// counts as the nearest of these, and at MaxZoom shapes are as given. What Simplify
// promises holds at each zoom. The result is shared: do not change it.
func (p *Pyramid) At(zoom uint32) []orb.MultiPolygon {
	z := int(min(max(zoom, MinZoom), MaxZoom))
	level := &p.zoom[z]
	level.once.Do(func() {
		// Tolerances double from zoom to zoom, so steps add up to less than the last.
		level.shapes = Simplify(p.At(uint32(z+1)), halfPixelM(z, p.lat)/2)
	})
	return level.shapes
}

// halfPixelM is the length of half a pixel in metres.
func halfPixelM(zoom int, lat float64) float64 {
	return math.Pi * semiMajor * math.Cos(lat/degrees) / 512 / math.Exp2(float64(zoom))
}
