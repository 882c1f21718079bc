package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// compound is an OLE2 file with one stream, in sectors of 512 bytes: the FAT, the directory, the stream.
func compound(name string, stream []byte) []byte {
	const sector = 512
	for len(stream) < 4096 { // shorter ones would belong into the mini stream
		stream = append(stream, make([]byte, 4096-len(stream))...)
	}
	n := (len(stream) + sector - 1) / sector
	fats := (n + 2 + 127 + 127) / 128
	fat := make([]uint32, fats*128)
	for i := range fat {
		fat[i] = 0xFFFFFFFF
	}
	for i := range fats {
		fat[i] = 0xFFFFFFFD
	}
	dir := fats
	fat[dir] = 0xFFFFFFFE
	first := dir + 1
	for i := range n {
		fat[first+i] = uint32(first + i + 1)
	}
	fat[first+n-1] = 0xFFFFFFFE

	head := make([]byte, sector)
	copy(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	put16 := func(at int, v uint16) { binary.LittleEndian.PutUint16(head[at:], v) }
	put32 := func(at int, v uint32) { binary.LittleEndian.PutUint32(head[at:], v) }
	put16(24, 0x3E)
	put16(26, 3)
	put16(28, 0xFFFE)
	put16(30, 9)
	put16(32, 6)
	put32(44, uint32(fats))
	put32(48, uint32(dir))
	put32(56, 4096)
	put32(60, 0xFFFFFFFE)
	put32(68, 0xFFFFFFFE)
	for i := range 109 {
		put32(76+4*i, 0xFFFFFFFF)
	}
	for i := range fats {
		put32(76+4*i, uint32(i))
	}
	out := bytes.NewBuffer(head)
	must(binary.Write(out, binary.LittleEndian, fat))
	out.Write(dirEntry("Root Entry", 5, 0xFFFFFFFE, 0, 1))
	out.Write(dirEntry(name, 2, uint32(first), uint64(len(stream)), 0xFFFFFFFF))
	out.Write(make([]byte, sector-256))
	out.Write(stream)
	out.Write(make([]byte, n*sector-len(stream)))
	return out.Bytes()
}

func dirEntry(name string, kind byte, start uint32, size uint64, child uint32) []byte {
	b := make([]byte, 128)
	u := utf16.Encode([]rune(name))
	for i, c := range u {
		binary.LittleEndian.PutUint16(b[2*i:], c)
	}
	binary.LittleEndian.PutUint16(b[64:], uint16(2*len(u)+2))
	b[66], b[67] = kind, 1
	binary.LittleEndian.PutUint32(b[68:], 0xFFFFFFFF)
	binary.LittleEndian.PutUint32(b[72:], 0xFFFFFFFF)
	binary.LittleEndian.PutUint32(b[76:], child)
	binary.LittleEndian.PutUint32(b[116:], start)
	binary.LittleEndian.PutUint64(b[120:], size)
	return b
}

// biff is a run of BIFF8 records.
type biff struct{ bytes.Buffer }

func (b *biff) record(kind uint16, body []byte) *biff {
	b.Write(le16(kind))
	b.Write(le16(uint16(len(body))))
	b.Write(body)
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// The records used here.
const (
	bof, eof, boundSheet, sst, labelSST, label, number, mulRK, continued, merged, filePass, codePage = 0x0809, 0x000A, 0x0085, 0x00FC, 0x00FD, 0x0204, 0x0203, 0x00BD, 0x003C, 0x00E5, 0x002F, 0x0042
)

// wide spells a text as BIFF8 does: length, flag, UTF-16.
func wide(s string) []byte {
	u := utf16.Encode([]rune(s))
	b := join(le16(uint16(len(u))), []byte{1})
	for _, c := range u {
		b = append(b, le16(c)...)
	}
	return b
}

// oldBook is the Workbook stream of a sound workbook with these records in its only sheet.
func oldBook(globals, cells *biff) []byte {
	build := func(at uint32) []byte {
		var w biff
		w.record(bof, join(le16(0x0600), le16(5), make([]byte, 12)))
		w.record(codePage, le16(1200))
		w.Write(globals.Bytes())
		w.record(boundSheet, join(le32(at), []byte{0, 0, 6, 0}, []byte("Sheet1")))
		w.record(eof, nil)
		return w.Bytes()
	}
	head := build(0)
	head = build(uint32(len(head)))
	var w biff
	w.Write(head)
	w.record(bof, join(le16(0x0600), le16(0x10), make([]byte, 12)))
	w.Write(cells.Bytes())
	w.record(eof, nil)
	return w.Bytes()
}

func labelAt(row, col uint16, s string) []byte {
	return join(le16(row), le16(col), le16(0), wide(s))
}

// oldCells are the ledger of two rows as LABEL records.
func oldCells() *biff {
	var b biff
	for r, line := range []string{header, row} {
		for c, s := range bytes.Split([]byte(line), []byte(",")) {
			b.record(label, labelAt(uint16(r), uint16(c), string(s)))
		}
	}
	return &b
}

// oldWorkbooks are xls files.
func oldWorkbooks(s *set) {
	sound := compound("Workbook", oldBook(&biff{}, oldCells()))
	at := func(offset int, with []byte) []byte {
		b := bytes.Clone(sound)
		copy(b[offset:], with)
		return b
	}
	s.add("fat-loop.xls", "a chain of sectors that never ends", at(512+4*3, le32(3)))
	s.add("fat-back.xls", "a chain that goes back", at(512+4*5, le32(2)))
	s.add("fat-far.xls", "a chain that leads out of the file", at(512+4*3, le32(0x0FFFFFFF)))
	s.add("sector-shift.xls", "sectors of 2 GiB", at(30, le16(31)))
	s.add("sector-zero.xls", "sectors of one byte", at(30, le16(0)))
	s.add("mini-shift.xls", "mini sectors of 2 GiB", at(32, le16(31)))
	s.add("difat-loop.xls", "a list of tables that leads to itself", join(at(68, join(le32(1), le32(1000)))))
	s.add("fats.xls", "claims four thousand million tables", at(44, le32(0xFFFFFFFF)))
	s.add("directory.xls", "the directory is outside", at(48, le32(0x00FFFFFF)))
	s.add("no-stream.xls", "no workbook in it", compound("WordDocument", make([]byte, 5000)))
	s.add("size.xls", "a stream that claims 2^63 bytes", patched(sound, utf16Name("Workbook"), 120, le64(1<<63)))
	s.add("magic.xls", "only the first eight bytes", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))
	s.add("zeros.xls", "nothing but zeros behind the first bytes", append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 8192)...))
	s.add("cut.xls", "cut in the middle", sound[:len(sound)/2])

	stream := func(name, why string, globals, cells *biff) {
		s.add(name+".xls", why, compound("Workbook", oldBook(globals, cells)))
	}
	stream("sst-count", "claims 2^31 shared texts", new(biff).record(sst, join(le32(1<<31-1), le32(1<<31-1), wide("x"))), new(biff).record(labelSST, join(le16(0), le16(0), le16(0), le32(1<<31-2))))
	stream("sst-length", "a shared text longer than its record", new(biff).record(sst, join(le32(1), le32(1), le16(65535), []byte{1, 'x'})), &biff{})
	stream("sst-rich", "a shared text with 4 GiB of phonetics", new(biff).record(sst, join(le32(1), le32(1), le16(1), []byte{0x0C}, le16(65535), le32(0xFFFFFFFF), []byte("x"))), &biff{})
	chain := new(biff).record(sst, join(le32(1), le32(1), le16(65535), []byte{1}))
	for range 3000 {
		chain.record(continued, []byte{1})
	}
	stream("continue", "three thousand empty continuations", chain, &biff{})
	stream("password", "protected by a password", new(biff).record(filePass, make([]byte, 54)), oldCells())
	stream("mulrk", "numbers from right to left", &biff{}, new(biff).record(mulRK, join(le16(1), le16(9), make([]byte, 6), le16(2))))
	stream("merge", "a merged range over everything", &biff{}, new(biff).record(merged, join(le16(1), le16(0), le16(65535), le16(0), le16(65535))))
	stream("merges", "claims 65,535 merged ranges", &biff{}, new(biff).record(merged, le16(65535)))
	stream("short", "records shorter than what they hold", &biff{}, new(biff).record(number, []byte{1}).record(label, []byte{0, 0}).record(labelSST, nil).record(mulRK, []byte{0}))
	var w biff
	w.record(bof, join(le16(0x0600), le16(5), make([]byte, 12))).record(boundSheet, join(le32(0x7FFFFFFF), []byte{0, 0, 1, 0, 'S'})).record(eof, nil)
	s.add("sheet-offset.xls", "a sheet beyond the stream", compound("Workbook", w.Bytes()))
	var tail biff
	tail.record(bof, join(le16(0x0600), le16(5), make([]byte, 12))).Write([]byte{0xFC, 0, 0xFF, 0xFF})
	s.add("record.xls", "a record longer than the stream", compound("Workbook", tail.Bytes()))
	s.add("biff5.xls", "of 1995", compound("Book", new(biff).record(bof, join(le16(0x0500), le16(5), make([]byte, 4))).record(eof, nil).Bytes()))
	for i, b := range mutations(sound, 20, 6) {
		s.loads("mutant.xls", fmt.Sprintf("variant %d of a sound workbook", i), b)
	}
}

func utf16Name(s string) []byte {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = append(b, le16(c)...)
	}
	return b
}
