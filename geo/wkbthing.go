package geo

import (
	"encoding/binary"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
)

// WKB type numbers of what a Thing may be besides polygons.
const (
	wkbPoint           = 1
	wkbLineString      = 2
	wkbMultiPoint      = 4
	wkbMultiLineString = 5
)

// MarshalThingWKB encodes the shape of a Thing as little-endian WKB; polygons as MarshalWKB does.
func MarshalThingWKB(shape orb.Geometry) []byte {
	switch g := shape.(type) {
	case orb.Polygon:
		return MarshalWKB(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		return MarshalWKB(g)
	}
	return wkb.MustMarshal(shape, binary.LittleEndian)
}

// UnmarshalThingWKB decodes what MarshalThingWKB has written: a Point, LineString, their Multi, or a MultiPolygon. Anything else is ErrWKB,
// as with UnmarshalWKB.
func UnmarshalThingWKB(data []byte) (orb.Geometry, error) {
	d := wkbDecoder{data: data}
	var shape orb.Geometry
	switch kind := d.header(); kind {
	case wkbPoint:
		shape = d.point()
	case wkbLineString:
		shape = orb.LineString(d.points())
	case wkbMultiPoint:
		shape = orb.MultiPoint(decodeMany(&d, 21, wkbPoint, d.point))
	case wkbMultiLineString:
		lines := decodeMany(&d, 9, wkbLineString, d.points)
		out := make(orb.MultiLineString, len(lines))
		for i, l := range lines {
			out[i] = l
		}
		shape = out
	default:
		mp, err := UnmarshalWKB(data)
		return mp, err
	}
	if d.bad || len(d.data) > 0 {
		return nil, refuse(ErrWKB, "要素图层中保存的图形已损坏，请重新载入该图层。")
	}
	return shape, nil
}

// decodeMany reads the members of a Multi geometry, of at least size bytes each.
func decodeMany[T any](d *wkbDecoder, size int, kind uint32, member func() T) []T {
	n := d.count(size)
	out := make([]T, 0, n)
	for range n {
		if d.header() != kind {
			d.bad = true
		}
		out = append(out, member())
	}
	return out
}

func (d *wkbDecoder) points() []orb.Point {
	n := d.count(16)
	out := make([]orb.Point, 0, n)
	for range n {
		out = append(out, d.point())
	}
	return out
}

func (d *wkbDecoder) point() orb.Point {
	p := orb.Point{d.float(), d.float()}
	d.bad = d.bad || !finite(p)
	return p
}
