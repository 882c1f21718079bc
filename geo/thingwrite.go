package geo

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

// ThinThings returns the things with fewer vertices: no line and no border lies more than about toleranceM metres from where it was.
// Polygons are simplified as Simplify does, so houses that share a wall keep sharing it; lines by Douglas and Peucker, “Algorithms for
// the reduction of the number of points required to represent a digitized line”, Cartographica 10 (1973), so their ends stay where
// they are. For pictures only: a line may come to cross another. The shapes given are left as they are.
func ThinThings(things []Thing, toleranceM float64) []Thing {
	out := slices.Clone(things)
	var polygons []orb.MultiPolygon
	var at []int
	for i, t := range things {
		switch g := t.Shape.(type) {
		case orb.LineString:
			out[i].Shape = thinLine(g, toleranceM)
		case orb.MultiLineString:
			lines := make(orb.MultiLineString, len(g))
			for k, line := range g {
				lines[k] = thinLine(line, toleranceM)
			}
			out[i].Shape = lines
		case orb.MultiPolygon:
			polygons, at = append(polygons, g), append(at, i)
		}
	}
	for k, shape := range Simplify(polygons, toleranceM) {
		out[at[k]].Shape = shape
	}
	return out
}

// thinLine measures in degrees of latitude, of which one is at least as long as one of longitude: it leaves out rather less.
func thinLine(line orb.LineString, toleranceM float64) orb.LineString {
	if len(line) < 3 {
		return line
	}
	_, perLat := metresPer(line[0][1])
	return simplify.DouglasPeucker(toleranceM / perLat).LineString(slices.Clone(line))
}

// WriteThings writes things as a FeatureCollection (RFC 7946) with the property name where they have one, in the order given. Coordinates
// have six decimal places, about 0.1 m: it is for a map, not for keeping. Things that have no shape are left out.
func WriteThings(w io.Writer, things []Thing) error {
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(`{"type":"FeatureCollection","features":[`)
	var buf []byte
	first := true
	for _, t := range things {
		properties, err := json.Marshal(struct {
			Name string `json:"name,omitempty"`
		}{t.Name})
		if err != nil {
			return err
		}
		buf = buf[:0]
		if !first {
			buf = append(buf, ',')
		}
		buf = append(append(append(buf, `{"type":"Feature","properties":`...), properties...), `,"geometry":`...)
		buf, ok := appendThing(buf, t.Shape)
		if !ok {
			continue
		}
		first = false
		_, _ = out.Write(append(buf, '}'))
	}
	_, _ = out.WriteString("]}\n")
	return out.Flush() // reports the first error of all writes
}

// appendThing appends a shape as a geometry; ok is false for none.
func appendThing(buf []byte, shape orb.Geometry) (_ []byte, ok bool) {
	if shape == nil {
		return buf, false
	}
	if p, single := shape.(orb.Polygon); single {
		shape = orb.MultiPolygon{p}
	}
	buf = append(append(append(buf, `{"type":"`...), shape.GeoJSONType()...), `","coordinates":`...)
	switch g := shape.(type) {
	case orb.Point:
		buf = appendRounded(buf, g)
	case orb.MultiPoint:
		buf = appendArray(buf, g, appendRounded)
	case orb.LineString:
		buf = appendLine(buf, g)
	case orb.MultiLineString:
		buf = appendArray(buf, g, appendLine)
	case orb.MultiPolygon:
		g = wound(g)
		if len(g) == 0 {
			return buf, false
		}
		buf = appendArray(buf, g, func(buf []byte, poly orb.Polygon) []byte {
			return appendArray(buf, poly, func(buf []byte, ring orb.Ring) []byte { return appendArray(buf, ring, appendRounded) })
		})
	default:
		return buf, false
	}
	return append(buf, '}'), true
}

func appendLine(buf []byte, line orb.LineString) []byte { return appendArray(buf, line, appendRounded) }

func appendRounded(buf []byte, p orb.Point) []byte {
	for i, sep := range [...]byte{'[', ','} {
		buf = strconv.AppendFloat(append(buf, sep), math.Round(p[i]*1e6)/1e6, 'f', -1, 64)
	}
	return append(buf, ']')
}
