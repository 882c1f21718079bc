package api_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// decoded reads a vector tile: the name of its layer, and the properties of each feature. Written from the specification,
// https://github.com/mapbox/vector-tile-spec/tree/master/2.1.
func decoded(t testing.TB, tile []byte) (layer string, props []map[string]any) {
	t.Helper()
	var keys []string
	var values []any
	var tags [][]uint64
	for _, l := range messages(t, tile) {
		if l.field != 3 || layer != "" {
			t.Fatal("not one layer")
		}
		for _, m := range messages(t, l.bytes) {
			switch m.field {
			case 1:
				layer = string(m.bytes)
			case 2:
				var own []uint64
				for _, f := range messages(t, m.bytes) {
					if f.field == 2 {
						own = packed(t, f.bytes)
					}
				}
				tags = append(tags, own)
			case 3:
				keys = append(keys, string(m.bytes))
			case 4:
				v := messages(t, m.bytes)[0]
				switch v.field {
				case 1:
					values = append(values, string(v.bytes))
				case 3:
					values = append(values, math.Float64frombits(v.number))
				default:
					t.Fatalf("a value of field %d", v.field)
				}
			}
		}
	}
	for _, own := range tags {
		f := map[string]any{}
		for i := 0; i < len(own); i += 2 {
			f[keys[own[i]]] = values[own[i+1]]
		}
		props = append(props, f)
	}
	return layer, props
}

// message is a field of a protocol buffer.
type message struct {
	field  uint64
	number uint64
	bytes  []byte
}

func messages(t testing.TB, b []byte) (all []message) {
	t.Helper()
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		b = b[n:]
		m := message{field: tag >> 3}
		switch tag & 7 {
		case 0:
			m.number, n = binary.Uvarint(b)
			b = b[n:]
		case 1:
			m.number = binary.LittleEndian.Uint64(b)
			b = b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			m.bytes, b = b[n:n+int(size)], b[n+int(size):]
		default:
			t.Fatal(fmt.Sprint("wire type ", tag&7))
		}
		all = append(all, m)
	}
	return all
}

func packed(t testing.TB, b []byte) (all []uint64) {
	t.Helper()
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		all, b = append(all, v), b[n:]
	}
	return all
}
