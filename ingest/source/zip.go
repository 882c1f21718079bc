package source

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// zipEntry is a file inside a zip archive, as its central directory describes it.
type zipEntry struct {
	name     string // decoded, with folders and forward slashes; "" = it is encoded in a way we cannot read
	raw      string
	flags    uint16
	method   uint16
	crc      uint32
	packed   uint64 // bytes
	unpacked uint64 // bytes
	offset   uint64 // of its local header
	unixMode uint32 // 0 = not made on Unix
	data     uint64 // where its bytes begin; known once its local header was read
}

const (
	zipEncrypted  = 1 << 0
	zipDescriptor = 1 << 3 // sizes stand behind the data
	zipUTF8       = 1 << 11

	zipStored   = 0
	zipDeflated = 8
	zipAES      = 99
)

// The records of a zip archive (PKWARE APPNOTE 6.3.10), by their signatures and fixed lengths.
const (
	zipLocal, zipLocalLen       = 0x04034B50, 30
	zipCentral, zipCentralLen   = 0x02014B50, 46
	zipEnd, zipEndLen           = 0x06054B50, 22
	zip64End, zip64EndLen       = 0x06064B50, 56
	zip64Locator, zip64LocLen   = 0x07064B50, 20
	zipExtra64, zipExtraUnicode = 0x0001, 0x7075
)

var errZip = errors.New("source: malformed zip")

// readZip reads the central directory, the one at the very end of the file and nowhere else: an archive that two readers
// could read differently is refused. It holds at most lim.Entries files.
func readZip(f io.ReaderAt, size int64, name string, lim Limits) ([]zipEntry, error) {
	at, length, count, err := zipDirectory(f, size)
	if err != nil {
		return nil, notUnpacked(name, err)
	}
	if count > uint64(lim.Entries) {
		return nil, refuse(name, ErrLimit, "里有 %d 个文件，超过 %d 个的上限，请分成几个压缩包后再导入；确需放宽时由管理员调整 config.toml 中 [limits] 的 entries。", count, lim.Entries)
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, int64(at), int64(length)), 64<<10)
	entries := make([]zipEntry, 0, count)
	var used uint64
	for range count {
		e, n, err := readCentral(r)
		if err != nil {
			return nil, notUnpacked(name, err)
		}
		used += n
		entries = append(entries, e)
	}
	if used != length {
		return nil, notUnpacked(name, fmt.Errorf("%w: %d bytes of directory hold %d entries of %d bytes", errZip, length, count, used))
	}
	return entries, nil
}

// zipDirectory finds the central directory: its place, its length in bytes and the number of its entries.
func zipDirectory(f io.ReaderAt, size int64) (at, length, count uint64, err error) {
	end := make([]byte, min(size, zipEndLen+0xFFFF))
	start := size - int64(len(end))
	if _, err := f.ReadAt(end, start); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, 0, err
	}
	i := len(end) - zipEndLen
	for ; i >= 0; i-- {
		if binary.LittleEndian.Uint32(end[i:]) == zipEnd && i+zipEndLen+int(binary.LittleEndian.Uint16(end[i+20:])) == len(end) {
			break
		}
	}
	if i < 0 {
		return 0, 0, 0, fmt.Errorf("%w: no end record", errZip)
	}
	e := end[i:]
	edge := uint64(start) + uint64(i) // the directory ends here
	disk, diskDir, here := binary.LittleEndian.Uint16(e[4:]), binary.LittleEndian.Uint16(e[6:]), binary.LittleEndian.Uint16(e[8:])
	count = uint64(binary.LittleEndian.Uint16(e[10:]))
	length, at = uint64(binary.LittleEndian.Uint32(e[12:])), uint64(binary.LittleEndian.Uint32(e[16:]))
	if count == 0xFFFF || length == 0xFFFFFFFF || at == 0xFFFFFFFF {
		if at, length, count, edge, err = zip64Directory(f, edge); err != nil {
			return 0, 0, 0, err
		}
	} else if disk != 0 || diskDir != 0 || uint64(here) != count {
		return 0, 0, 0, fmt.Errorf("%w: one of several volumes", errZip)
	}
	if at > edge || length != edge-at || count > length/zipCentralLen {
		return 0, 0, 0, fmt.Errorf("%w: the directory is not where it is said to be", errZip)
	}
	return at, length, count, nil
}

func zip64Directory(f io.ReaderAt, end uint64) (at, length, count, edge uint64, err error) {
	bad := fmt.Errorf("%w: zip64 end record", errZip)
	if end < zip64LocLen+zip64EndLen {
		return 0, 0, 0, 0, bad
	}
	loc := make([]byte, zip64LocLen)
	if _, err := f.ReadAt(loc, int64(end)-zip64LocLen); err != nil {
		return 0, 0, 0, 0, err
	}
	edge = binary.LittleEndian.Uint64(loc[8:])
	if binary.LittleEndian.Uint32(loc) != zip64Locator || edge > end-zip64LocLen-zip64EndLen {
		return 0, 0, 0, 0, bad
	}
	rec := make([]byte, zip64EndLen)
	if _, err := f.ReadAt(rec, int64(edge)); err != nil {
		return 0, 0, 0, 0, err
	}
	count = binary.LittleEndian.Uint64(rec[32:])
	if binary.LittleEndian.Uint32(rec) != zip64End || binary.LittleEndian.Uint64(rec[4:]) != end-zip64LocLen-edge-12 || binary.LittleEndian.Uint64(rec[24:]) != count {
		return 0, 0, 0, 0, bad
	}
	return binary.LittleEndian.Uint64(rec[48:]), binary.LittleEndian.Uint64(rec[40:]), count, edge, nil
}

// readCentral reads one entry of the directory and says how many bytes it took.
func readCentral(r io.Reader) (zipEntry, uint64, error) {
	h := make([]byte, zipCentralLen)
	if _, err := io.ReadFull(r, h); err != nil {
		return zipEntry{}, 0, fmt.Errorf("%w: %w", errZip, err)
	}
	u16 := func(i int) uint16 { return binary.LittleEndian.Uint16(h[i:]) }
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(h[i:]) }
	if u32(0) != zipCentral || u16(34) != 0 && u16(34) != 0xFFFF {
		return zipEntry{}, 0, fmt.Errorf("%w: entry", errZip)
	}
	e := zipEntry{flags: u16(8), method: u16(10), crc: u32(16), packed: uint64(u32(20)), unpacked: uint64(u32(24)), offset: uint64(u32(42))}
	if madeBy := u16(4) >> 8; madeBy == 3 || madeBy == 19 { // Unix, macOS
		e.unixMode = u32(38) >> 16
	}
	rest := make([]byte, int(u16(28))+int(u16(30))+int(u16(32)))
	if _, err := io.ReadFull(r, rest); err != nil {
		return zipEntry{}, 0, fmt.Errorf("%w: %w", errZip, err)
	}
	e.raw = string(rest[:u16(28)])
	unicode, err := e.readExtra(rest[u16(28):][:u16(30)])
	if err != nil {
		return zipEntry{}, 0, err
	}
	e.name = zipName(e.raw, unicode, e.flags&zipUTF8 != 0)
	return e, zipCentralLen + uint64(len(rest)), nil
}

// readExtra takes the sizes that do not fit 32 bits and the name in UTF-8 from the extra fields.
func (e *zipEntry) readExtra(b []byte) (unicode string, err error) {
	for len(b) >= 4 {
		tag, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if b = b[4:]; n > len(b) {
			return "", fmt.Errorf("%w: extra field", errZip)
		}
		field := b[:n]
		b = b[n:]
		switch {
		case tag == zipExtra64:
			for _, v := range []*uint64{&e.unpacked, &e.packed, &e.offset} {
				if *v != 0xFFFFFFFF {
					continue
				}
				if len(field) < 8 {
					return "", fmt.Errorf("%w: zip64 extra field", errZip)
				}
				*v, field = binary.LittleEndian.Uint64(field), field[8:]
			}
		case tag == zipExtraUnicode && n > 5 && field[0] == 1 && binary.LittleEndian.Uint32(field[1:]) == crc32.ChecksumIEEE([]byte(e.raw)):
			unicode = string(field[5:])
		}
	}
	return unicode, nil
}

// zipName decodes a name: as UTF-8 where the archive or the bytes say so, else as GBK, which Windows in China writes.
func zipName(raw, unicode string, isUTF8 bool) string {
	switch {
	case unicode != "" && utf8.ValidString(unicode):
		raw = unicode
	case utf8.ValidString(raw):
	case isUTF8:
		return ""
	default:
		s, err := simplifiedchinese.GBK.NewDecoder().String(raw)
		if err != nil || strings.Contains(s, replacement) {
			return ""
		}
		raw = s
	}
	return strings.ReplaceAll(raw, `\`, "/")
}

// locate reads the local header of e and checks that it says what the directory says.
func (e *zipEntry) locate(f io.ReaderAt, size int64) error {
	if e.offset > uint64(size) || e.packed > uint64(size) || e.offset+zipLocalLen > uint64(size) {
		return fmt.Errorf("%w: entry outside the file", errZip)
	}
	h := make([]byte, zipLocalLen)
	if _, err := f.ReadAt(h, int64(e.offset)); err != nil {
		return err
	}
	u16 := func(i int) uint16 { return binary.LittleEndian.Uint16(h[i:]) }
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(h[i:]) }
	name := make([]byte, u16(26))
	if _, err := f.ReadAt(name, int64(e.offset)+zipLocalLen); err != nil {
		return fmt.Errorf("%w: %w", errZip, err)
	}
	later := u16(6)&zipDescriptor != 0
	same := func(local uint32, central uint64) bool {
		return uint64(local) == central || later && local == 0 || local == 0xFFFFFFFF
	}
	if u32(0) != zipLocal || u16(6)&zipEncrypted != e.flags&zipEncrypted || u16(8) != e.method || string(name) != e.raw ||
		!same(u32(18), e.packed) || !same(u32(22), e.unpacked) || u32(14) != e.crc && !(later && u32(14) == 0) {
		return fmt.Errorf("%w: the directory contradicts the entry", errZip)
	}
	e.data = e.offset + zipLocalLen + uint64(len(name)) + uint64(u16(28))
	if e.data > uint64(size) || e.packed > uint64(size)-e.data {
		return fmt.Errorf("%w: entry outside the file", errZip)
	}
	return nil
}

// open returns the unpacked bytes of a located entry; reading them to the end checks length and sum.
func (e *zipEntry) open(f io.ReaderAt) io.Reader {
	var r io.Reader = bufio.NewReaderSize(io.NewSectionReader(f, int64(e.data), int64(e.packed)), 64<<10)
	if e.method == zipDeflated {
		r = flate.NewReader(r)
	}
	return &zipBody{r: r, entry: e}
}

type zipBody struct {
	r     io.Reader
	entry *zipEntry
	n     uint64
	crc   uint32
}

func (z *zipBody) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	z.n += uint64(n)
	z.crc = crc32.Update(z.crc, crc32.IEEETable, p[:n])
	switch {
	case z.n > z.entry.unpacked, errors.Is(err, io.EOF) && (z.n != z.entry.unpacked || z.crc != z.entry.crc):
		return n, fmt.Errorf("%w: the entry is not what the directory says", errZip)
	}
	return n, err
}

// checkZip refuses archives that are not a plain parcel of files, and returns the entries that may be ledgers, located.
func checkZip(f io.ReaderAt, size int64, name string, entries []zipEntry, lim Limits) ([]zipEntry, error) {
	var out []zipEntry
	var packed, unpacked uint64
	seen := map[string]bool{}
	for _, e := range entries {
		switch {
		case e.name == "" || strings.ContainsFunc(e.name, func(r rune) bool { return r < ' ' || r == 0x7F }):
			return nil, refuse(name, ErrUnreadable, "里有文件名无法识别的文件，请解压后导入其中的文件。")
		case strings.HasPrefix(e.name, "/") || len(e.name) > 1 && e.name[1] == ':' || slices.Contains(strings.Split(e.name, "/"), ".."):
			return nil, refuse(name, ErrUnreadable, "里的文件“%s”带有指向压缩包之外的路径，未处理，请重新压缩后再导入。", e.name)
		case e.unixMode&0o170000 != 0 && e.unixMode&0o170000 != 0o100000 && e.unixMode&0o170000 != 0o040000:
			return nil, refuse(name, ErrUnsupported, "里的“%s”是链接或特殊文件，未处理，请重新压缩后再导入。", e.name)
		}
		if strings.HasSuffix(e.name, "/") && e.unpacked == 0 || isJunk(e.name) {
			continue
		}
		switch {
		case e.flags&zipEncrypted != 0 || e.method == zipAES:
			return nil, refuse(name, ErrUnsupported, "设有解压密码，请解压后导入其中的文件，或去掉密码重新压缩。")
		case e.method != zipStored && e.method != zipDeflated:
			return nil, refuse(name, ErrUnsupported, "里的“%s”用了不常见的压缩方法，请解压后导入其中的文件，或重新压缩为普通 zip。", e.name)
		case seen[e.name]:
			return nil, refuse(name, ErrUnreadable, "里有两个文件都叫“%s”，无法判断以哪个为准，请重新压缩后再导入。", e.name)
		}
		seen[e.name] = true
		if err := e.locate(f, size); err != nil {
			return nil, notUnpacked(name, err)
		}
		if packed, unpacked = packed+e.packed, unpacked+e.unpacked; unpacked < e.unpacked {
			return nil, notUnpacked(name, errZip)
		}
		if err := lim.checkUnpacked(name, e.packed, e.unpacked); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if err := lim.checkUnpacked(name, packed, unpacked); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, refuse(name, ErrEmpty, "里没有文件，请检查后重新压缩。")
	}
	order := slices.SortedFunc(slices.Values(out), func(a, b zipEntry) int { return cmp.Compare(a.offset, b.offset) })
	for i, e := range order[1:] {
		if before := order[i]; e.offset < before.data+before.packed {
			return nil, notUnpacked(name, fmt.Errorf("%w: entries overlap", errZip))
		}
	}
	return out, nil
}

// isJunk says whether an entry is what systems and editors leave behind rather than what somebody packed.
func isJunk(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, "~$") || strings.HasPrefix(base, "._") ||
		slices.Contains([]string{".DS_Store", "Thumbs.db", "desktop.ini"}, base)
}

// partNames gives each entry a name without folders; where two would have the same, as when each community packed its
// folder, the folders stand before it.
func partNames(entries []zipEntry) []string {
	count := map[string]int{}
	for _, e := range entries {
		count[path.Base(e.name)]++
	}
	taken := map[string]bool{}
	names := make([]string, len(entries))
	for i, e := range entries {
		name := path.Base(e.name)
		if count[name] > 1 {
			name = strings.ReplaceAll(e.name, "/", "-")
		}
		ext := path.Ext(name)
		for n, stem := 2, strings.TrimSuffix(name, ext); taken[name]; n++ {
			name = fmt.Sprintf("%s-%d%s", stem, n, ext)
		}
		taken[name] = true
		names[i] = name
	}
	return names
}
