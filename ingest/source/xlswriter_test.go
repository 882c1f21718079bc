package source

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf16"
)

// le returns numbers as bytes, little end first; strings and byte slices as they are.
func le(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		switch v := v.(type) {
		case string:
			b.WriteString(v)
		case []byte:
			b.Write(v)
		case int: // two bytes: what most fields have
			_ = binary.Write(&b, binary.LittleEndian, uint16(v))
		default:
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	return b.Bytes()
}

// rec is a record of BIFF.
func rec(id int, values ...any) []byte {
	data := le(values...)
	return le(id, len(data), data)
}

func wide(s string) []byte { return le(utf16.Encode([]rune(s))) }

// str8 is a string of BIFF8 in two bytes a character, behind its length.
func str8(s string) []byte { return le(len(utf16.Encode([]rune(s))), uint8(biffWide), wide(s)) }

// sst is the table of shared strings.
func sst(texts ...string) []byte {
	data := le(uint32(len(texts)), uint32(len(texts)))
	for _, s := range texts {
		data = append(data, str8(s)...)
	}
	return rec(biffSST, data)
}

// biffOf is a stream of records: what is common to all sheets, then the sheets, each a list of records and named by names.
func biffOf(version int, globals []byte, names []string, states []uint8, sheets ...[]byte) []byte {
	begin := func(kind int) []byte { return rec(biffBOF, version, kind, 0, 0, 0, 0, 0, 0) }
	list := func(at []uint32) []byte {
		var b []byte
		for i, name := range names {
			text := le(uint8(len(name)), name)
			if version == biff8 {
				text = le(uint8(len(utf16.Encode([]rune(name)))), uint8(biffWide), wide(name))
			}
			b = append(b, rec(biffSheet, at[i], states[i], uint8(0), text)...)
		}
		return b
	}
	head := append(begin(5), globals...)
	at := make([]uint32, len(sheets))
	next := len(head) + len(list(at)) + 4
	for i, s := range sheets {
		at[i] = uint32(next)
		next += len(begin(16)) + len(s) + 4
	}
	out := append(head, list(at)...)
	out = append(out, rec(biffEOF)...)
	for _, s := range sheets {
		out = append(out, begin(16)...)
		out = append(out, s...)
		out = append(out, rec(biffEOF)...)
	}
	return out
}

// xlsOf is a workbook of BIFF8 with one sheet, “台账”.
func xlsOf(globals, sheet []byte) []byte {
	return cfbOf(map[string][]byte{"Workbook": biffOf(biff8, globals, []string{"台账"}, []uint8{0}, sheet)})
}

// cfbOf is a compound file with these streams, in sectors of 512 bytes; those under 4,096 bytes lie in small sectors.
func cfbOf(streams map[string][]byte) []byte {
	const sector = 512
	var sectors [][]byte
	var fat []uint32
	add := func(data []byte) uint32 { // a chain of sectors
		if len(data) == 0 {
			return cfbEndOfChain
		}
		first := uint32(len(sectors))
		for len(data) > 0 {
			s := make([]byte, sector)
			data = data[copy(s, data):]
			sectors = append(sectors, s)
			fat = append(fat, uint32(len(sectors)))
		}
		fat[len(fat)-1] = cfbEndOfChain
		return first
	}
	entry := func(name string, kind uint8, right, down, start uint32, size int) []byte {
		n := wide(name)
		return le(n, make([]byte, 64-len(n)), len(n)+2, kind, uint8(1), uint32(0xFFFFFFFF), right, down, make([]byte, 36), start, uint64(size))
	}
	var pool, entries []byte
	var mini []uint32
	i := uint32(0)
	for name, data := range streams {
		i++
		right := i + 1
		if int(i) == len(streams) {
			right = 0xFFFFFFFF
		}
		start := uint32(len(pool) / miniSector)
		if len(data) >= miniCutoff {
			start = add(data)
		} else {
			padded := append(bytes.Clone(data), make([]byte, (miniSector-len(data)%miniSector)%miniSector)...)
			pool = append(pool, padded...)
			for range len(padded) / miniSector {
				mini = append(mini, uint32(len(mini)+1))
			}
			if len(mini) > 0 {
				mini[len(mini)-1] = cfbEndOfChain
			}
		}
		entries = append(entries, entry(name, cfbStream, right, 0xFFFFFFFF, start, len(data))...)
	}
	poolAt := add(pool)
	for len(mini)%(sector/4) != 0 {
		mini = append(mini, 0xFFFFFFFF)
	}
	miniAt := add(le(mini))
	dirAt := add(append(entry("Root Entry", cfbRoot, 0xFFFFFFFF, 1, poolAt, len(pool)), entries...))
	tables := 1
	for tables*sector/4 < len(fat)+tables {
		tables++
	}
	listed := make([]uint32, 109)
	for j := range listed {
		listed[j] = 0xFFFFFFFF
		if j < tables {
			listed[j] = uint32(len(sectors) + j)
		}
	}
	for range tables {
		fat = append(fat, 0xFFFFFFFD)
	}
	for len(fat) < tables*sector/4 {
		fat = append(fat, 0xFFFFFFFF)
	}
	out := le(cfbMagic, make([]byte, 16), 0x3E, 3, 0xFFFE, 9, 6, make([]byte, 10), uint32(tables), dirAt, uint32(0), uint32(miniCutoff),
		miniAt, uint32(len(mini)/(sector/4)), uint32(cfbEndOfChain), uint32(0), listed)
	for _, s := range sectors {
		out = append(out, s...)
	}
	return append(out, le(fat)...)
}

func float(v float64) []byte { return le(math.Float64bits(v)) }
