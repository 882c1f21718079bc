package geo

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
)

func things() map[string]orb.Geometry {
	return map[string]orb.Geometry{
		"point":    orb.Point{math.Nextafter(114, 115), 30},
		"points":   orb.MultiPoint{{1, 2}, {3, 4}},
		"line":     orb.LineString{{1, 2}, {3, 4}, {math.Copysign(0, -1), 5}},
		"lines":    orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}, {9, 10}}},
		"polygons": wavy(1, 1, 2)[0].Shape,
	}
}

func TestThingWKBKeepsEveryBit(t *testing.T) {
	for name, g := range things() {
		data := MarshalThingWKB(g)
		got, err := UnmarshalThingWKB(data)
		if err != nil || got.GeoJSONType() != g.GeoJSONType() || !orb.Equal(got, g) || !bytes.Equal(MarshalThingWKB(got), data) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestThingWKBOfOtherProducers(t *testing.T) {
	// A big-endian line written out by hand: (1 0, 0 1).
	one, zero := "3ff0000000000000", "0000000000000000"
	data, err := hex.DecodeString("00" + "00000002" + "00000002" + one + zero + zero + one)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := UnmarshalThingWKB(data); err != nil || !orb.Equal(got, orb.LineString{{1, 0}, {0, 1}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestThingWKBRefusesDamage(t *testing.T) {
	for name, g := range things() {
		whole := MarshalThingWKB(g)
		swapped := bytes.Clone(whole)
		swapped[1] = 99
		for what, data := range map[string][]byte{"cut": whole[:len(whole)-1], "longer": append(bytes.Clone(whole), 0), "of no type": swapped} {
			if got, err := UnmarshalThingWKB(data); !errors.Is(err, ErrWKB) {
				t.Errorf("%s, %s: got %v, %v", name, what, got, err)
			}
		}
	}
	for name, data := range map[string][]byte{
		"nothing":        nil,
		"not a number":   wkb.MustMarshal(orb.LineString{{1, 2}, {math.NaN(), 4}}),
		"a huge count":   {1, 2, 0, 0, 0, 255, 255, 255, 255},
		"points of line": append([]byte{1, 4, 0, 0, 0, 1, 0, 0, 0}, wkb.MustMarshal(orb.LineString{{1, 2}})...),
		"a collection":   wkb.MustMarshal(orb.Collection{orb.Point{1, 2}}),
	} {
		if got, err := UnmarshalThingWKB(data); !errors.Is(err, ErrWKB) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func FuzzUnmarshalThingWKB(f *testing.F) {
	for _, g := range things() {
		f.Add(MarshalThingWKB(g))
	}
	f.Add([]byte{1, 5, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := UnmarshalThingWKB(data)
		if err != nil {
			return
		}
		again, err := UnmarshalThingWKB(MarshalThingWKB(g))
		if err != nil || !orb.Equal(again, g) {
			t.Errorf("%x: %v comes back as %v, %v", data, g, again, err)
		}
	})
}
