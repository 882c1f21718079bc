package units

import (
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"gridstar/geo"
)

// Former is what held before the polygons that hold today: rows that name a unit of then mean it as it was.
// It is immutable and safe for concurrent use.
type Former struct {
	heirs map[string]string
	once  map[string][]ended
}

// ended is a polygon that a unit had until a day.
type ended struct {
	index *geo.Index
	to    time.Time
}

// leastPart and wholePart: a unit is part of another's area from leastPart on, and is taken up whole from wholePart on.
// Between two surveys borders differ by a percent.
const (
	leastPart = 0.02
	wholePart = 0.98
)

// newFormer takes the polygons that ended, the layers of today, and which units have ended.
func newFormer(past []polygon, now []*Layer, over func(code string) bool, snapM float64) *Former {
	f := &Former{heirs: map[string]string{}, once: map[string][]ended{}}
	past = slices.Clone(past)
	slices.SortStableFunc(past, func(a, b polygon) int {
		if c := strings.Compare(a.code, b.code); c != 0 {
			return c
		}
		return a.from.Compare(b.from)
	})
	for i := 0; i < len(past); {
		code := past[i].code
		var last polygon
		for ; i < len(past) && past[i].code == code; i++ {
			last = past[i]
			f.once[code] = append(f.once[code], ended{geo.NewIndex([]geo.Feature{{Code: code, Shape: last.shape}}, geo.SnapWithin(snapM)), last.to})
		}
		at := slices.IndexFunc(now, func(l *Layer) bool { return l.Level == last.level })
		if at < 0 || !over(code) {
			continue
		}
		for _, k := range now[at].Boxes().Within(last.shape.Bound()) {
			if geo.CommonAreaM2(last.shape, now[at].Shapes[k]) >= wholePart*last.area {
				f.heirs[code] = now[at].Codes[k]
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

// Held says whether a polygon that a unit has no more held a point at a moment; the zero moment is any.
func (f *Former) Held(code string, p orb.Point, when time.Time) bool {
	return slices.ContainsFunc(f.once[code], func(e ended) bool {
		_, ok := e.index.Locate(p[0], p[1])
		return ok && (when.IsZero() || when.Before(e.to))
	})
}

func (p polygon) over(day time.Time) bool { return !p.to.IsZero() && !p.to.After(day) }
