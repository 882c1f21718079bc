package hostile

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// bomb is a ledger followed by so many MiB of one character, deflated once and repeated.
func bomb(name, start string, mib int) entry {
	block := bytes.Repeat([]byte{'0'}, 1<<20)
	var first, again bytes.Buffer
	deflate(&first, []byte(start))
	deflate(&again, block)
	sum := crc32.NewIEEE()
	sum.Write([]byte(start))
	for range mib {
		sum.Write(block)
	}
	raw := append(first.Bytes(), bytes.Repeat(again.Bytes(), mib)...)
	raw = append(raw, 3, 0) // the last block, empty
	return entry{name: name, body: bytes.NewReader(raw), raw: &zip.FileHeader{
		Name: name, Method: zip.Deflate, CRC32: sum.Sum32(),
		CompressedSize64: uint64(len(raw)), UncompressedSize64: uint64(len(start) + mib<<20),
	}}
}

// deflate writes b so that more can follow: flushed to a whole byte, no block marked as the last.
func deflate(to io.Writer, b []byte) {
	w, err := flate.NewWriter(to, flate.BestSpeed)
	must(err)
	_, err = w.Write(b)
	must(err)
	must(w.Flush())
}

type entry struct {
	name string
	body io.Reader
	mode fs.FileMode
	raw  *zip.FileHeader // body is deflated already
}

func text(s string) io.Reader { return strings.NewReader(s) }

func zipped(entries ...entry) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		create := w.CreateHeader
		if e.raw != nil {
			h, create = e.raw, w.CreateRaw
		}
		f, err := create(h)
		if err == nil {
			_, err = io.Copy(f, e.body)
		}
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}

// must ends the test binary: making these files cannot fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Signatures of a zip file.
var (
	centralDir = []byte("PK\x01\x02")
	endOfDir   = []byte("PK\x05\x06")
)

// patched changes bytes at an offset behind the n-th occurrence of a signature.
func patched(data, signature []byte, offset int, with []byte) []byte {
	b := bytes.Clone(data)
	at := bytes.LastIndex(b, signature)
	if at < 0 {
		panic("no such signature")
	}
	copy(b[at+offset:], with)
	return b
}

func le16(v uint16) []byte { return binary.LittleEndian.AppendUint16(nil, v) }
func le32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
func le64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

// stored is a zip of one entry without compression, its headers as given.
func stored(name, body string, local, central func([]byte)) []byte {
	sum := crc32.ChecksumIEEE([]byte(body))
	lh := append([]byte("PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00"), le32(sum)...)
	lh = append(append(lh, le32(uint32(len(body)))...), le32(uint32(len(body)))...)
	lh = append(append(lh, le16(uint16(len(name)))...), 0, 0)
	lh = append(lh, name...)
	if local != nil {
		local(lh)
	}
	ch := append([]byte("PK\x01\x02\x14\x00\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00"), le32(sum)...)
	ch = append(append(ch, le32(uint32(len(body)))...), le32(uint32(len(body)))...)
	ch = append(append(ch, le16(uint16(len(name)))...), make([]byte, 16)...)
	ch = append(ch, name...)
	if central != nil {
		central(ch)
	}
	out := append(append(append([]byte{}, lh...), body...), ch...)
	end := append([]byte("PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00"), le32(uint32(len(ch)))...)
	end = append(append(end, le32(uint32(len(lh)+len(body)))...), 0, 0)
	return append(out, end...)
}

// zip64 is a zip whose one entry claims a size in its Zip64 field.
func zip64(name, body string, size uint64) []byte {
	extra := append(append([]byte{1, 0, 16, 0}, le64(size)...), le64(uint64(len(body)))...)
	sum := crc32.ChecksumIEEE([]byte(body))
	lh := append([]byte("PK\x03\x04\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00"), le32(sum)...)
	lh = append(append(lh, le32(0xFFFFFFFF)...), le32(0xFFFFFFFF)...)
	lh = append(append(lh, le16(uint16(len(name)))...), le16(uint16(len(extra)))...)
	lh = append(append(lh, name...), extra...)
	ch := append([]byte("PK\x01\x02\x2d\x00\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00"), le32(sum)...)
	ch = append(append(ch, le32(0xFFFFFFFF)...), le32(0xFFFFFFFF)...)
	ch = append(append(ch, le16(uint16(len(name)))...), le16(uint16(len(extra)))...)
	ch = append(append(ch, make([]byte, 14)...), name...)
	ch = append(ch, extra...)
	out := append(append(append([]byte{}, lh...), body...), ch...)
	end := append([]byte("PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00"), le32(uint32(len(ch)))...)
	return append(append(append(out, end...), le32(uint32(len(lh)+len(body)))...), 0, 0)
}

// archives are zip files.
func archives(s *set) {
	good := zipped(entry{name: "微心愿台账.csv", body: text(ledger)})
	s.add("bomb.zip", "unpacks to a thousandfold", zipped(bomb("a.csv", ledger, 700)))
	many := []entry{}
	for i := range 12 {
		many = append(many, bomb(fmt.Sprintf("%d.csv", i), ledger, 60))
	}
	s.add("bomb-of-twelve.zip", "each entry a bomb of its own", zipped(many...))
	s.add("nested.zip", "a zip in a zip", zipped(entry{name: "inner.zip", body: bytes.NewReader(good)}))
	deep := good
	for i := range 20 {
		deep = zipped(entry{name: fmt.Sprintf("%d.zip", i), body: bytes.NewReader(deep)})
	}
	s.add("nested-20.zip", "twenty zips in one another", deep)
	s.add("gz-inside.zip", "a packed file inside", zipped(entry{name: "a.csv.gz", body: bytes.NewReader(gzipped(ledger))}))
	crowd := []entry{}
	for i := range 100_000 {
		crowd = append(crowd, entry{name: fmt.Sprintf("%d.csv", i), body: text("")})
	}
	s.add("crowd.zip", "a hundred thousand entries", zipped(crowd...))
	for _, size := range []uint64{1 << 63, 1<<64 - 1, 1 << 40} {
		s.add("zip64.zip", fmt.Sprintf("claims %d bytes", size), zip64("a.csv", ledger, size))
	}
	s.add("twice.zip", "one name twice", zipped(entry{name: "a.csv", body: text(ledger)}, entry{name: "a.csv", body: text(header + "\n")}))
	for _, name := range []string{"../../a.csv", "/etc/a.csv", `..\..\a.csv`, `C:\a.csv`, "a/../../b.csv", "a\x00.csv"} {
		s.loads("path.zip", fmt.Sprintf("an entry named %q", name), zipped(entry{name: name, body: text(ledger)}))
	}
	s.add("symlink.zip", "a symbolic link", zipped(entry{name: "a.csv", body: text("/etc/passwd"), mode: fs.ModeSymlink | 0o777}))
	s.add("encrypted.zip", "an encrypted entry", stored("a.csv", ledger, func(b []byte) { b[6] = 1 }, func(b []byte) { b[8] = 1 }))
	s.add("names.zip", "local header and directory name different files", stored("a.csv", ledger, func(b []byte) { b[30] = 'b' }, nil))
	s.add("crc.zip", "a wrong checksum", stored("a.csv", ledger, func(b []byte) { b[14]++ }, func(b []byte) { b[16]++ }))
	s.add("method.zip", "an unknown method", stored("a.csv", ledger, func(b []byte) { b[8] = 97 }, func(b []byte) { b[10] = 97 }))
	s.add("shorter.zip", "claims fewer bytes than it has", patched(zipped(entry{name: "a.csv", body: text(strings.Repeat(ledger, 1000))}), centralDir, 24, le32(10)))
	s.add("longer.zip", "claims more bytes than it has", patched(good, centralDir, 24, le32(1<<30)))
	s.add("offset.zip", "an entry beyond the file", patched(good, centralDir, 42, le32(1<<30)))
	s.add("overlap.zip", "two entries over the same bytes", overlapping())
	s.add("truncated.zip", "cut in the middle", good[:len(good)/2])
	s.add("headless.zip", "without its directory", good[:bytes.LastIndex(good, centralDir)])
	s.add("count.zip", "claims 65,535 entries", patched(good, endOfDir, 10, le16(65535)))
	s.add("folders.zip", "only folders", zipped(entry{name: "a/", body: text("")}, entry{name: "a/b/", body: text("")}))
	s.add("empty.zip", "nothing in it", zipped())
	s.add("executable.zip", "no ledger in it", zipped(entry{name: "a.exe", body: text("MZ\x90\x00\x03")}))
	for i, b := range mutations(good, 12, 1) {
		s.loads("mutant.zip", fmt.Sprintf("variant %d of a sound zip", i), b)
	}
}

// overlapping has two entries of the directory point at one local header.
func overlapping() []byte {
	b := zipped(entry{name: "a.csv", body: text(ledger)}, entry{name: "b.csv", body: text(ledger)})
	return patched(b, centralDir, 42, le32(0))
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.Copy(w, strings.NewReader(s))
	must(err)
	must(w.Close())
	return b.Bytes()
}

func zstandard(r io.Reader) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	must(err)
	_, err = io.Copy(w, r)
	must(err)
	must(w.Close())
	return b.Bytes()
}

// packed are gzip and zstd files.
func packed(s *set) {
	good := gzipped(ledger)
	member := gzipped(strings.Repeat("0", 8<<20))
	s.add("bomb.csv.gz", "a gigabyte of one character", append(bytes.Clone(good), bytes.Repeat(member, 128)...))
	frame := zstandard(strings.NewReader(strings.Repeat("0", 8<<20)))
	s.add("bomb.csv.zst", "a gigabyte of one character", append(zstandard(text(ledger)), bytes.Repeat(frame, 128)...))
	s.add("truncated.csv.gz", "cut in the middle", good[:len(good)/2])
	s.add("checksum.csv.gz", "a wrong checksum", patchedEnd(good, 8, 0xFF))
	s.add("length.csv.gz", "a wrong length", patchedEnd(good, 4, 0xFF))
	s.add("nothing.csv.gz", "nothing in it", gzipped(""))
	s.add("header.csv.gz", "only a header", good[:10])
	s.add("nested.csv.gz.gz", "gzip in gzip", gzipped(string(good)))
	s.add("workbook.csv.gz", "a damaged workbook inside", gzipped("PK\x03\x04nonsense"))
	s.loads("garbage.csv.gz", "garbage behind the end", append(bytes.Clone(good), bytes.Repeat([]byte("garbage"), 100)...))
	z := zstandard(text(ledger))
	s.add("truncated.csv.zst", "cut in the middle", z[:len(z)/2])
	s.add("window.csv.zst", "asks for a window of 2 GiB and more", []byte("\x28\xB5\x2F\xFD\x00\xF8\x01\x00\x00"))
	s.add("content.csv.zst", "claims 2^62 bytes", append([]byte("\x28\xB5\x2F\xFD\xE0"), le64(1<<62)...))
	for i, b := range mutations(z, 6, 2) {
		s.loads("mutant.csv.zst", fmt.Sprintf("variant %d of a sound file", i), b)
	}
	for i, b := range mutations(good, 6, 3) {
		s.loads("mutant.csv.gz", fmt.Sprintf("variant %d of a sound file", i), b)
	}
}

// patchedEnd changes a byte counted from the end.
func patchedEnd(data []byte, back int, mask byte) []byte {
	b := bytes.Clone(data)
	b[len(b)-back] ^= mask
	return b
}
