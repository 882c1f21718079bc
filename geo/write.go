package geo

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// WriteGeoJSON writes features as a FeatureCollection (RFC 7946) with the
// properties code, name and parent, in the order given, converted to crs. Every
// coordinate has as many digits as it takes to read the same bits back. Systems of
// the EPSG register other than WGS-84 are declared in a crs member, as GIS
// programs expect; GCJ-02 and BD-09 have no registered name and stay undeclared.
// A feature without shape has a null geometry.
func WriteGeoJSON(w io.Writer, fs []Feature, crs CRS) error {
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(`{"type":"FeatureCollection",`)
	if urn := crs.urn(); urn != "" {
		_, _ = out.WriteString(`"crs":{"type":"name","properties":{"name":"` + urn + `"}},`)
	}
	_, _ = out.WriteString(`"features":[`)
	var buf []byte
	for i, f := range fs {
		properties, err := json.Marshal(struct {
			Code   string `json:"code"`
			Name   string `json:"name,omitempty"`
			Parent string `json:"parent,omitempty"`
		}{f.Code, f.Name, f.Parent})
		if err != nil {
			return err
		}
		if i > 0 {
			_ = out.WriteByte(',')
		}
		buf = append(buf[:0], "\n"+`{"type":"Feature","properties":`...)
		buf = append(buf, properties...)
		buf = append(buf, `,"geometry":`...)
		buf = append(appendGeometry(buf, f.Shape, crs), '}')
		_, _ = out.Write(buf)
	}
	_, _ = out.WriteString("\n]}\n")
	return out.Flush() // reports the first error of all writes
}

// urn is the OGC name of a system that a file may declare.
func (c CRS) urn() string {
	switch {
	case c == CGCS2000:
		return "urn:ogc:def:crs:EPSG::4490"
	case c == WebMercator:
		return "urn:ogc:def:crs:EPSG::3857"
	case strings.HasPrefix(string(c), "EPSG:"):
		return "urn:ogc:def:crs:EPSG::" + strings.TrimPrefix(string(c), "EPSG:")
	}
	return ""
}

// AppendGeoJSON appends a shape (WGS-84) as a GeoJSON geometry; null where it is empty. Rings are wound as RFC 7946 wants it: the
// outer one counterclockwise, holes clockwise.
func AppendGeoJSON(buf []byte, shape orb.MultiPolygon) []byte {
	return appendGeometry(buf, rightHanded(shape), WGS84)
}

// rightHanded is a shape with its rings wound by the right-hand rule.
func rightHanded(shape orb.MultiPolygon) orb.MultiPolygon {
	out := make(orb.MultiPolygon, len(shape))
	for i, poly := range shape {
		out[i] = slices.Clone(poly)
		for k, ring := range poly {
			if counterclockwise := ring.Orientation() == orb.CCW; counterclockwise != (k == 0) {
				out[i][k] = slices.Clone(ring)
				slices.Reverse(out[i][k])
			}
		}
	}
	return out
}

func appendGeometry(buf []byte, mp orb.MultiPolygon, crs CRS) []byte {
	if len(mp) == 0 {
		return append(buf, "null"...)
	}
	buf = append(buf, `{"type":"MultiPolygon","coordinates":`...)
	buf = appendArray(buf, mp, func(buf []byte, poly orb.Polygon) []byte {
		return appendArray(buf, poly, func(buf []byte, ring orb.Ring) []byte {
			return appendArray(buf, ring, func(buf []byte, p orb.Point) []byte {
				p = crs.FromWGS84(p)
				buf = strconv.AppendFloat(append(buf, '['), p[0], 'f', -1, 64)
				return append(strconv.AppendFloat(append(buf, ','), p[1], 'f', -1, 64), ']')
			})
		})
	})
	return append(buf, '}')
}

func appendArray[T any](buf []byte, items []T, element func([]byte, T) []byte) []byte {
	buf = append(buf, '[')
	for i, item := range items {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = element(buf, item)
	}
	return append(buf, ']')
}
