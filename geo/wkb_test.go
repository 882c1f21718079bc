package geo

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
)

func TestWKBKeepsEveryBit(t *testing.T) {
	for name, mp := range map[string]orb.MultiPolygon{
		"tile":       wavy(1, 1, 5)[0].Shape,
		"with hole":  {{{{0, 0}, {4, 0}, {4, 4}, {0, 0}}, {{1, 1}, {2, 1}, {1, 0.5}, {1, 1}}}, {{{9, 9}, {10, 9}, {9, 10}, {9, 9}}}},
		"empty":      {},
		"odd floats": {{{{math.Nextafter(114, 115), math.SmallestNonzeroFloat64}, {math.Copysign(0, -1), 1}, {1, 1}}}},
	} {
		t.Run(name, func(t *testing.T) {
			data := MarshalWKB(mp)
			got, err := UnmarshalWKB(data)
			if err != nil || !got.Equal(mp) || !bytes.Equal(MarshalWKB(got), data) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	if !bytes.Equal(MarshalWKB(nil), MarshalWKB(orb.MultiPolygon{})) {
		t.Error("two encodings of the empty shape")
	}
}

func TestWKBOfOtherProducers(t *testing.T) {
	// A big-endian polygon written out by hand: one ring, the triangle (0 0, 1 0, 0 1, 0 0).
	one := "3ff0000000000000"
	zero := "0000000000000000"
	data, err := hex.DecodeString("00" + "00000003" + "00000001" + "00000004" + zero + zero + one + zero + zero + one + zero + zero)
	if err != nil {
		t.Fatal(err)
	}
	got, err := UnmarshalWKB(data)
	if want := (orb.MultiPolygon{{{{0, 0}, {1, 0}, {0, 1}, {0, 0}}}}); err != nil || !got.Equal(want) {
		t.Errorf("got %v, %v", got, err)
	}
	mp := wavy(1, 1, 2)[0].Shape
	if got, err := UnmarshalWKB(wkb.MustMarshal(mp, binary.BigEndian)); err != nil || !got.Equal(mp) {
		t.Errorf("orb, big-endian: got %v, %v", got, err)
	}
}

func TestWKBRefusesDamage(t *testing.T) {
	whole := MarshalWKB(wavy(1, 1, 2)[0].Shape)
	nan := bytes.Clone(whole)
	binary.LittleEndian.PutUint64(nan[len(nan)-8:], math.Float64bits(math.NaN()))
	huge := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(huge[5:], math.MaxUint32)
	cases := map[string][]byte{
		"nothing":      nil,
		"cut":          whole[:len(whole)-1],
		"longer":       append(bytes.Clone(whole), 0),
		"not a number": nan,
		"huge count":   huge,
		"a point":      wkb.MustMarshal(orb.Point{1, 2}),
		"byte order 7": append([]byte{7}, whole[1:]...),
	}
	for name, data := range cases {
		if got, err := UnmarshalWKB(data); !errors.Is(err, ErrWKB) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func FuzzUnmarshalWKB(f *testing.F) {
	f.Add(MarshalWKB(wavy(1, 1, 1)[0].Shape))
	f.Add(MarshalWKB(nil))
	f.Add(wkb.MustMarshal(orb.Polygon{{{0, 0}, {1, 0}, {0, 1}, {0, 0}}}, binary.BigEndian))
	f.Add([]byte{1, 6, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		mp, err := UnmarshalWKB(data)
		if err != nil {
			return
		}
		again, err := UnmarshalWKB(MarshalWKB(mp))
		if err != nil || !again.Equal(mp) {
			t.Errorf("%x: %v comes back as %v, %v", data, mp, again, err)
		}
	})
}
