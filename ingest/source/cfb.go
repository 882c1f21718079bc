package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// compound is an OLE compound file ([MS-CFB]): a small file system in a file, in which Office kept its documents before 2007. Its
// streams are chains of sectors listed in a table (FAT); short ones lie in sectors of 64 bytes inside a stream of their
// own. Every chain is followed for no more steps than the file has sectors, so a ring ends.
type compound struct {
	file    io.ReaderAt
	size    int64
	sector  int64    // bytes
	fat     []uint32 // the sector behind each
	mini    []uint32 // the same of the small ones
	pool    []byte   // the small sectors
	entries []cfbEntry
}

type cfbEntry struct {
	name              string
	kind              byte
	left, right, down uint32 // siblings and the first child, by their place in the directory
	start             uint32 // sector
	size              uint64 // bytes
}

const (
	cfbMagic      = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
	cfbLastSector = 0xFFFFFFFA // numbers above are marks
	cfbEndOfChain = 0xFFFFFFFE
	cfbStream     = 2
	cfbRoot       = 5

	miniSector = 64
	miniCutoff = 4096      // streams shorter than this lie in small sectors
	maxStream  = 128 << 20 // bytes of a stream that is read
	maxDirs    = 8 << 20   // bytes of a directory
)

func openCompound(f io.ReaderAt, size int64) (*compound, error) {
	var h [512]byte
	if _, err := f.ReadAt(h[:], 0); errors.Is(err, io.EOF) {
		return nil, damage("文件头不完整")
	} else if err != nil {
		return nil, err
	}
	u16 := func(at int) uint16 { return binary.LittleEndian.Uint16(h[at:]) }
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(h[at:]) }
	shift := u16(30)
	if string(h[:8]) != cfbMagic || u16(28) != 0xFFFE || shift != 9 && shift != 12 || u16(32) != 6 || u32(56) != miniCutoff {
		return nil, damage("文件头有误")
	}
	c := &compound{file: f, size: size, sector: 1 << shift}
	if err := c.readFAT(h[76:], u32(44), u32(68), u32(72)); err != nil {
		return nil, err
	}
	dirs, err := c.chain(u32(48), maxDirs)
	if err != nil {
		return nil, err
	}
	for ; len(dirs) >= 128; dirs = dirs[128:] {
		c.entries = append(c.entries, newCFBEntry(dirs, shift == 9))
	}
	if len(c.entries) == 0 || c.entries[0].kind != cfbRoot {
		return nil, damage("目录有误")
	}
	mini, err := c.chain(u32(60), size)
	if err != nil {
		return nil, err
	}
	c.mini = words(mini)
	return c, nil
}

func newCFBEntry(b []byte, short bool) cfbEntry {
	e := cfbEntry{
		kind: b[66], left: binary.LittleEndian.Uint32(b[68:]), right: binary.LittleEndian.Uint32(b[72:]), down: binary.LittleEndian.Uint32(b[76:]),
		start: binary.LittleEndian.Uint32(b[116:]), size: binary.LittleEndian.Uint64(b[120:]),
	}
	if short { // of files with short sectors the upper half may be anything
		e.size &= 0xFFFFFFFF
	}
	var name []uint16
	for i := 0; i < 64 && (b[i] != 0 || b[i+1] != 0); i += 2 {
		name = append(name, binary.LittleEndian.Uint16(b[i:]))
	}
	e.name = string(utf16.Decode(name))
	return e
}

// readFAT reads the table of sectors. The first 109 of its own sectors are listed in the header, the others in a chain
// of sectors from next on. count and steps are how many there should be of both.
func (c *compound) readFAT(listed []byte, count, next, steps uint32) error {
	sectors := c.sectors()
	if int64(count) > sectors || int64(steps) > sectors {
		return damage("扇区表有误")
	}
	list := words(listed)
	for ; next < cfbLastSector; steps-- {
		b, err := c.read(next)
		if err != nil {
			return err
		}
		if steps == 0 {
			return damage("扇区表有误")
		}
		more := words(b)
		list = append(list, more[:len(more)-1]...)
		next = more[len(more)-1]
	}
	list = slices.DeleteFunc(list, func(at uint32) bool { return at >= cfbLastSector })
	if steps != 0 || int64(len(list)) != int64(count) {
		return damage("扇区表有误")
	}
	for _, at := range list {
		if int64(len(c.fat)) >= sectors {
			break // what follows is about sectors that the file does not have
		}
		b, err := c.read(at)
		if err != nil {
			return err
		}
		c.fat = append(c.fat, words(b)...)
	}
	return nil
}

// sectors returns how many sectors the file has, the last one perhaps cut short.
func (c *compound) sectors() int64 { return (c.size - 1) / c.sector }

// read returns a sector. What the file lacks of its last one is zero.
func (c *compound) read(n uint32) ([]byte, error) {
	at := (int64(n) + 1) * c.sector
	if at >= c.size {
		return nil, damage("扇区在文件之外")
	}
	b := make([]byte, c.sector)
	if _, err := c.file.ReadAt(b[:min(c.sector, c.size-at)], at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b, nil
}

// chain reads the sectors from the one given on, at most limit bytes and what is left of a sector.
func (c *compound) chain(at uint32, limit int64) ([]byte, error) {
	var out bytes.Buffer
	for steps := int64(0); at < cfbLastSector; steps++ {
		if steps > c.sectors() {
			return nil, damage("扇区链成环")
		}
		if int64(out.Len()) < limit { // what follows must only end
			b, err := c.read(at)
			if err != nil {
				return nil, err
			}
			out.Write(b)
		}
		if int64(at) >= int64(len(c.fat)) {
			return nil, damage("扇区链中断")
		}
		at = c.fat[at]
	}
	return out.Bytes(), nil
}

func words(b []byte) []uint32 {
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}

// find returns the stream of that name, in capitals or not, in the root folder, not one of a document embedded in this one; nil if there is none.
func (c *compound) find(name string) *cfbEntry {
	seen := make([]bool, len(c.entries))
	open := []uint32{c.entries[0].down}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		if int64(i) >= int64(len(c.entries)) || seen[i] {
			continue
		}
		seen[i] = true
		e := &c.entries[i]
		if e.kind == cfbStream && strings.EqualFold(e.name, name) {
			return e
		}
		open = append(open, e.left, e.right)
	}
	return nil
}

// stream returns the bytes of a stream of at most maxStream bytes.
func (c *compound) stream(e *cfbEntry) ([]byte, error) {
	if e.size > uint64(c.size) {
		return nil, damage("文件不完整")
	}
	size := int(e.size)
	var b []byte
	var err error
	if size >= miniCutoff {
		b, err = c.chain(e.start, int64(size))
	} else {
		b, err = c.small(e.start, size)
	}
	if err == nil && len(b) < size {
		err = damage("文件不完整")
	}
	if err != nil {
		return nil, err
	}
	return b[:size], nil
}

// small is chain for a stream in small sectors.
func (c *compound) small(at uint32, size int) ([]byte, error) {
	if c.pool == nil {
		pool, err := c.chain(c.entries[0].start, int64(min(c.entries[0].size, uint64(c.size))))
		if err != nil {
			return nil, err
		}
		c.pool = pool
	}
	var out []byte
	for len(out) < size && at < cfbLastSector {
		from := int64(at) * miniSector
		if from+miniSector > int64(len(c.pool)) || int64(at) >= int64(len(c.mini)) {
			return nil, damage("扇区链中断")
		}
		out = append(out, c.pool[from:from+miniSector]...)
		at = c.mini[at]
	}
	return out, nil
}
