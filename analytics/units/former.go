package units

import (
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"gridstar/geo"
)

// Former is what held before the polygons of a level that hold today: rows that name a unit of then mean it as it was.
// It is immutable and safe for concurrent use.
type Former struct {
	heirs map[string]string
	once  map[string]*geo.Index
}

// leastPart and wholePart: a unit is part of another's area from leastPart on, and is taken up whole from wholePart on.
// Between two surveys borders differ by a percent.
const (
	leastPart = 0.02
	wholePart = 0.98
)

// newFormer takes the polygons of a level that ended, the layer of today, and the units that have ended.
func newFormer(past []polygon, now *Layer, ended func(code string) bool) *Former {
	f := &Former{heirs: map[string]string{}, once: map[string]*geo.Index{}}
	past = slices.Clone(past)
	slices.SortStableFunc(past, func(a, b polygon) int {
		if c := strings.Compare(a.code, b.code); c != 0 {
			return c
		}
		return a.from.Compare(b.from)
	})
	for i := 0; i < len(past); {
		code := past[i].code
		var own []geo.Feature
		var last polygon
		for ; i < len(past) && past[i].code == code; i++ {
			last = past[i]
			own = append(own, geo.Feature{Code: code, Shape: last.shape})
		}
		f.once[code] = geo.NewIndex(own)
		if ended(code) {
			for _, k := range now.Boxes().Within(last.shape.Bound()) {
				if geo.CommonAreaM2(last.shape, now.Shapes[k]) >= wholePart*last.area {
					f.heirs[code] = now.Codes[k]
				}
			}
		}
	}
	return f
}

// Heir is the unit that took an ended one up whole; the unit itself where none did or it has not ended.
func (f *Former) Heir(code string) string {
	if heir := f.heirs[code]; heir != "" {
		return heir
	}
	return code
}

// Held says whether a polygon that a unit has no more held a point.
func (f *Former) Held(code string, p orb.Point) bool {
	ix := f.once[code]
	if ix == nil {
		return false
	}
	_, ok := ix.Locate(p[0], p[1])
	return ok
}

func (p polygon) over(day time.Time) bool { return !p.to.IsZero() && !p.to.After(day) }
