package geo

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

const (
	tileExtent = 4096 // units along the side of a tile
	tileMargin = 64   // units beyond its sides that are drawn too, so that outlines do not show its sides
	tileZooms  = 22   // the deepest zoom
)

// MostTileFeatures is how many features a tile should show; where there are more, the
// units above them say more and load faster.
const MostTileFeatures = 3000

// TileFeature is one thing to draw in a tile.
type TileFeature struct {
	Code string // as property code: the ids of the format itself are whole numbers; "" has none
	Name string // as property name; "" has none

	// Shape is in WGS-84: a (Multi)Polygon, (Multi)LineString or (Multi)Point. Others
	// and nil are left out.
	Shape orb.Geometry

	Props []TileProp // further properties, in this order
}

// TileProp is a property: a string, bool, int, int64 or float64. A number that is none
// (NaN) or infinite is left out.
type TileProp struct {
	Key   string
	Value any
}

// Tile encodes features as a Mapbox vector tile, version 2.1, with one layer of the
// given name (https://github.com/mapbox/vector-tile-spec/tree/master/2.1): what lies in
// tile x, y (from the north-west) of zoom z in Web Mercator, 4096 units wide, and 64
// units around it. Give it features simplified for the zoom (Pyramid) and near the tile
// (BoxIndex).
//
// Every point goes to the nearest unit of one lattice over the Earth, before borders
// are cut at the margin, and an edge is cut at the same unit from either side: shared
// borders stay shared, in a tile and across its sides. Outer rings run clockwise on the
// screen, holes the other way; rings without area on the lattice and what lies outside
// is left out, so a feature may be missing. Without any feature the result is empty,
// which is a valid tile.
//
// The same features give the same bytes. Tiles of several layers are put together by
// joining their bytes. The caller compresses. Errors: ErrTile for a tile that does not
// exist, and a property of another type.
func Tile(layer string, features []TileFeature, z, x, y uint32) ([]byte, error) {
	if z > tileZooms || x >= 1<<z || y >= 1<<z {
		return nil, refuse(ErrTile, "没有编号为 %d/%d/%d 的瓦片，请检查地图地址中的级别和行列号。", z, x, y)
	}
	l := newTileLayer(layer)
	lat := newTileLattice(z, x, y)
	for _, f := range features {
		typ, geometry := lat.encode(f.Shape)
		if len(geometry) == 0 {
			continue
		}
		if err := l.add(f, typ, geometry); err != nil {
			return nil, err
		}
	}
	return l.bytes(), nil
}

// TileBound returns the box (WGS-84, degrees) that Tile draws: the tile with its margin.
func TileBound(z, x, y uint32) orb.Bound {
	const margin = float64(tileMargin) / tileExtent
	n := math.Exp2(float64(z))
	lon := func(u float64) float64 { return u/n*360 - 180 }
	lat := func(v float64) float64 { return math.Atan(math.Sinh(math.Pi*(1-2*v/n))) * degrees }
	b := orb.Bound{
		Min: orb.Point{lon(float64(x) - margin), lat(float64(y) + 1 + margin)},
		Max: orb.Point{lon(float64(x) + 1 + margin), lat(float64(y) - margin)},
	}
	// What lies beyond the square of the projection is drawn at its edge.
	if y == 0 {
		b.Max[1] = 90
	}
	if float64(y) == n-1 {
		b.Min[1] = -90
	}
	return b
}

// Geometry types of the format.
const (
	tilePoint   = 1
	tileLine    = 2
	tilePolygon = 3
)

// tileLayer collects the parts of a layer message.
type tileLayer struct {
	name     string
	features []byte
	keys     []string
	values   [][]byte
	key      map[string]uint64
	value    map[string]uint64 // by its encoding
}

func newTileLayer(name string) *tileLayer {
	return &tileLayer{name: name, key: map[string]uint64{}, value: map[string]uint64{}}
}

func (l *tileLayer) add(f TileFeature, typ uint64, geometry []uint32) error {
	var tags []byte
	props := make([]TileProp, 0, len(f.Props)+2)
	if f.Code != "" {
		props = append(props, TileProp{"code", f.Code})
	}
	if f.Name != "" {
		props = append(props, TileProp{"name", f.Name})
	}
	for _, p := range append(props, f.Props...) {
		v, err := tileValue(p.Value)
		if err != nil {
			return fmt.Errorf("geo: tile property %q: %w", p.Key, err)
		}
		if v == nil {
			continue
		}
		k, ok := l.key[p.Key]
		if !ok {
			k = uint64(len(l.keys))
			l.key[p.Key] = k
			l.keys = append(l.keys, p.Key)
		}
		n, ok := l.value[string(v)]
		if !ok {
			n = uint64(len(l.values))
			l.value[string(v)] = n
			l.values = append(l.values, v)
		}
		tags = appendVarint(appendVarint(tags, k), n)
	}
	var packed []byte
	for _, c := range geometry {
		packed = appendVarint(packed, uint64(c))
	}
	var m []byte
	if len(tags) > 0 {
		m = appendField(m, 2, tags)
	}
	m = appendVarint(appendVarint(m, 3<<3), typ)
	m = appendField(m, 4, packed)
	l.features = appendField(l.features, 2, m)
	return nil
}

// tileValue encodes a value; nil for a number that is none.
func tileValue(value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return appendField(nil, 1, []byte(v)), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil
		}
		bits := math.Float64bits(v)
		b := []byte{3<<3 | 1}
		for range 8 {
			b = append(b, byte(bits))
			bits >>= 8
		}
		return b, nil
	case int:
		return tileValue(int64(v))
	case int64:
		return appendVarint([]byte{6 << 3}, uint64(v)<<1^uint64(v>>63)), nil
	case bool:
		if v {
			return []byte{7 << 3, 1}, nil
		}
		return []byte{7 << 3, 0}, nil
	}
	return nil, fmt.Errorf("a value of type %T", value)
}

// bytes returns the tile.
func (l *tileLayer) bytes() []byte {
	if len(l.features) == 0 {
		return []byte{}
	}
	m := appendVarint([]byte{15 << 3}, 2)
	m = appendField(m, 1, []byte(l.name))
	m = append(m, l.features...)
	for _, k := range l.keys {
		m = appendField(m, 3, []byte(k))
	}
	for _, v := range l.values {
		m = appendField(m, 4, v)
	}
	m = appendVarint(append(m, 5<<3), tileExtent)
	return appendField(nil, 3, m)
}

// appendVarint and appendField write protocol buffers: a number, and a field that holds
// bytes.
func appendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func appendField(b []byte, field uint64, data []byte) []byte {
	b = appendVarint(b, field<<3|2)
	b = appendVarint(b, uint64(len(data)))
	return append(b, data...)
}
