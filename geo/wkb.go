package geo

import (
	"encoding/binary"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
)

// WKB type numbers of OGC 06-103r4.
const (
	wkbPolygon      = 3
	wkbMultiPolygon = 6
)

// MarshalWKB encodes a shape as little-endian WKB MultiPolygon, also when it is
// empty, so that equal shapes have equal bytes. Coordinates keep every bit.
func MarshalWKB(mp orb.MultiPolygon) []byte {
	if len(mp) == 0 {
		return []byte{1, wkbMultiPolygon, 0, 0, 0, 0, 0, 0, 0}
	}
	return wkb.MustMarshal(mp, binary.LittleEndian)
}

// UnmarshalWKB decodes a WKB Polygon or MultiPolygon of either byte order with
// two finite coordinates a point; anything else is ErrWKB. orb's own decoder is
// not used because it trusts the lengths of nested geometries.
func UnmarshalWKB(data []byte) (orb.MultiPolygon, error) {
	d := wkbDecoder{data: data}
	mp := d.shape()
	if d.bad || len(d.data) > 0 {
		return nil, refuse(ErrWKB, "图层中保存的边界数据已损坏，请重新加载该图层。")
	}
	return mp, nil
}

// wkbDecoder consumes data from the front; after the first fault bad is set and
// every read gives zero.
type wkbDecoder struct {
	data  []byte
	order binary.ByteOrder
	bad   bool
}

func (d *wkbDecoder) take(n int) []byte {
	if d.bad || n > len(d.data) {
		d.bad = true
		return make([]byte, 8)
	}
	head := d.data[:n]
	d.data = d.data[n:]
	return head
}

// header reads the byte order and the geometry type.
func (d *wkbDecoder) header() uint32 {
	switch d.take(1)[0] {
	case 0:
		d.order = binary.BigEndian
	case 1:
		d.order = binary.LittleEndian
	default:
		d.bad, d.order = true, binary.LittleEndian
	}
	return d.order.Uint32(d.take(4))
}

// count reads a number of items of at least size bytes each; a number that the
// remaining data cannot hold is a fault, so memory is bounded by the input.
func (d *wkbDecoder) count(size int) int {
	n := int64(d.order.Uint32(d.take(4)))
	if n*int64(size) > int64(len(d.data)) {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *wkbDecoder) shape() orb.MultiPolygon {
	switch d.header() {
	case wkbPolygon:
		return orb.MultiPolygon{d.polygon()}
	case wkbMultiPolygon:
		n := d.count(9)
		mp := make(orb.MultiPolygon, 0, n)
		for range n {
			if d.header() != wkbPolygon {
				d.bad = true
			}
			mp = append(mp, d.polygon())
		}
		return mp
	}
	d.bad = true
	return nil
}

func (d *wkbDecoder) polygon() orb.Polygon {
	n := d.count(4)
	poly := make(orb.Polygon, 0, n)
	for range n {
		m := d.count(16)
		ring := make(orb.Ring, 0, m)
		for range m {
			p := orb.Point{d.float(), d.float()}
			d.bad = d.bad || !finite(p)
			ring = append(ring, p)
		}
		poly = append(poly, ring)
	}
	return poly
}

func (d *wkbDecoder) float() float64 {
	return math.Float64frombits(d.order.Uint64(d.take(8)))
}
