package geo

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"

	"github.com/paulmach/orb"
)

// MapFeature is one region of a map that a browser draws: what ECharts and
// OpenLayers need of a unit, and no more.
type MapFeature struct {
	Code  string // joins the region with its number
	Name  string // as it is shown
	Shape orb.MultiPolygon
}

// WriteMap writes the regions as a FeatureCollection (RFC 7946: WGS-84, longitude
// before latitude, outer rings counter-clockwise, holes clockwise, rings closed) with
// the properties code and name, in the order given and without any white space. A
// coordinate has as many digits as it takes to read the same bits back: few, after
// Thin. A region without shape has a null geometry. The same regions give the same bytes; errors are those of w.
func WriteMap(w io.Writer, fs []MapFeature) error {
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(`{"type":"FeatureCollection","features":[`)
	var buf []byte
	for i, f := range fs {
		properties, err := json.Marshal(struct {
			Code string `json:"code"`
			Name string `json:"name"`
		}{f.Code, f.Name})
		if err != nil {
			return err
		}
		if i > 0 {
			_ = out.WriteByte(',')
		}
		buf = append(buf[:0], `{"type":"Feature","properties":`...)
		buf = append(buf, properties...)
		buf = append(buf, `,"geometry":`...)
		buf = append(appendGeometry(buf, wound(f.Shape), WGS84), '}')
		_, _ = out.Write(buf)
	}
	_, _ = out.WriteString("]}\n")
	return out.Flush() // reports the first error of all writes
}

// wound returns the shape with closed rings in the direction RFC 7946 asks for,
// without rings and polygons that have no points. The rings of mp stay as they are.
func wound(mp orb.MultiPolygon) orb.MultiPolygon {
	var out orb.MultiPolygon
	for _, poly := range mp {
		var rings orb.Polygon
		for i, ring := range poly {
			if len(ring) == 0 {
				if i == 0 {
					break // holes without an outer ring
				}
				continue
			}
			if turn := planarArea(ring); i == 0 && turn < 0 || i > 0 && turn > 0 {
				ring = slices.Clone(ring)
				slices.Reverse(ring)
			}
			if ring[0] != ring[len(ring)-1] {
				ring = append(slices.Clip(ring), ring[0])
			}
			rings = append(rings, ring)
		}
		if len(rings) > 0 {
			out = append(out, rings)
		}
	}
	return out
}
