package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Tiles is a map for units without polygons: equal squares in the order given, row by row from the top left, a little
// wider than high. It returns GeoJSON with the property code, ready to be registered and drawn by Choropleth with MidLat
// 0. The coordinates are columns and rows, not a place on earth. Without codes the collection is empty.
func Tiles(codes []string) []byte {
	columns := int(math.Ceil(math.Sqrt(float64(len(codes)) * 1.6)))
	var out bytes.Buffer
	out.WriteString(`{"type":"FeatureCollection","features":[`)
	for i, code := range codes {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(code)
		if err != nil { // a string
			panic(err)
		}
		x, y := i%columns, -(i / columns)
		fmt.Fprintf(&out, "\n"+`{"type":"Feature","properties":{"code":%s},"geometry":{"type":"Polygon","coordinates":[[[%d,%d],[%d,%d],[%d,%d],[%d,%d],[%d,%d]]]}}`,
			name, x, y-1, x+1, y-1, x+1, y, x, y, x, y-1)
	}
	out.WriteString("\n]}\n")
	return out.Bytes()
}
