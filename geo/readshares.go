package geo

import (
	"cmp"
	"errors"
	"slices"

	"github.com/paulmach/orb"
)

// Share says how many points of a sample lie in a layer if its coordinates are read in
// one system.
type Share struct {
	CRS        CRS
	Inside, Of int
}

// Shares tries the systems that the coordinates may be in on a sample of points whose
// system is known (WGS-84), such as records with a place, best first: so that whoever
// must say --crs sees what speaks for it. Nothing is guessed: the shift of GCJ-02 is
// half a kilometre, so the shares of neighbouring systems are close.
//
// The candidates are wgs84, gcj02 and bd09 if the coordinates are degrees; a declared
// system or the one in opt if they are projected, else the CGCS2000 zone whose number
// the eastings begin with. Without candidate, polygon or sample the list is empty.
func Shares(c *Collection, opt ReadOptions, sample []orb.Point) []Share {
	if len(sample) == 0 {
		return nil
	}
	var shares []Share
	for _, crs := range c.candidates(opt.CRS) {
		undeclared := *c
		undeclared.CRS = ""
		fs, err := undeclared.Features(ReadOptions{CRS: crs})
		if errors.Is(err, ErrCoordinate) || errors.Is(err, ErrNoPolygons) {
			continue
		}
		if err != nil {
			return nil
		}
		share := Share{CRS: crs, Of: len(sample)}
		ix := NewIndex(fs)
		for _, p := range sample {
			if _, in := ix.Locate(p[0], p[1]); in {
				share.Inside++
			}
		}
		shares = append(shares, share)
	}
	slices.SortStableFunc(shares, func(a, b Share) int { return cmp.Compare(b.Inside, a.Inside) })
	return shares
}

func (c *Collection) candidates(given CRS) []CRS {
	first, ok := c.firstPoint()
	if !ok {
		return nil
	}
	if WGS84.Contains(first) {
		return []CRS{WGS84, GCJ02, BD09}
	}
	for _, crs := range []CRS{c.CRS, given} {
		if crs != "" && !crs.Degrees() {
			return []CRS{crs}
		}
	}
	for crs, z := range gaussKrugerZones {
		if z.falseEasting > 1e6 && z.contains(first) { // at most one
			return []CRS{crs}
		}
	}
	return nil
}
