package source

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// biffSegments are the bytes of a record and of the records that continue it.
type biffSegments struct {
	list  [][]byte // the first is being read
	units []uint16
}

// segments returns the record at a place with those that continue it. The record is known to be whole.
func (b *biffBook) segments(at int) *biffSegments {
	s := &biffSegments{}
	for {
		r, err := b.record(at)
		if err != nil || len(s.list) > 0 && r.id != biffContinue {
			return s
		}
		s.list = append(s.list, r.data)
		at = r.next
	}
}

// take returns the next n bytes, of which fewer may be left in the segment: then they are copied together.
func (s *biffSegments) take(n int) ([]byte, error) {
	if len(s.list) > 0 && len(s.list[0]) >= n {
		out := s.list[0][:n]
		s.list[0] = s.list[0][n:]
		return out, nil
	}
	var out []byte
	for len(out) < n {
		if len(s.list) == 0 {
			return nil, damage("文字不完整")
		}
		k := min(n-len(out), len(s.list[0]))
		out = append(out, s.list[0][:k]...)
		if s.list[0] = s.list[0][k:]; len(out) < n {
			s.list = s.list[1:]
		}
	}
	return out, nil
}

// done says whether nothing is left.
func (s *biffSegments) done() bool {
	for len(s.list) > 0 && len(s.list[0]) == 0 {
		s.list = s.list[1:]
	}
	return len(s.list) == 0
}

// skip passes over n bytes.
func (s *biffSegments) skip(n int) error {
	for n > 0 {
		if len(s.list) == 0 {
			return damage("文字不完整")
		}
		k := min(n, len(s.list[0]))
		n -= k
		if s.list[0] = s.list[0][k:]; n > 0 {
			s.list = s.list[1:]
		}
	}
	return nil
}

func (s *biffSegments) u8() (int, error) {
	b, err := s.take(1)
	if err != nil {
		return 0, err
	}
	return int(b[0]), nil
}

func (s *biffSegments) u16() (int, error) {
	b, err := s.take(2)
	if err != nil {
		return 0, err
	}
	return int(binary.LittleEndian.Uint16(b)), nil
}

// How the characters of a string of BIFF8 are written, by the byte before them.
const (
	biffWide     = 1 << 0 // two bytes each, else one: the lower half
	biffExtended = 1 << 2 // readings of Japanese characters follow
	biffRich     = 1 << 3 // fonts follow
)

// text reads n characters: of BIFF8 with the byte that says how they are written, of BIFF5 in the encoding of the workbook.
func (b *biffBook) text(s *biffSegments, n int) ([]byte, error) {
	if b.version == biff5 {
		raw, err := s.take(n)
		if err != nil {
			return nil, err
		}
		return b.decode(raw), nil
	}
	flags, err := s.u8()
	if err != nil {
		return nil, err
	}
	runs, extra := 0, 0
	if flags&biffRich != 0 {
		if runs, err = s.u16(); err != nil {
			return nil, err
		}
	}
	if flags&biffExtended != 0 {
		raw, err := s.take(4)
		if err != nil {
			return nil, err
		}
		extra = int(binary.LittleEndian.Uint32(raw))
	}
	out, err := b.characters(s, n, flags&biffWide != 0)
	if err == nil {
		err = s.skip(4*runs + extra)
	}
	return out, err
}

// characters reads n characters of BIFF8. Where a record is continued amid them, a byte says anew how they are written.
func (b *biffBook) characters(s *biffSegments, n int, wide bool) ([]byte, error) {
	s.units = s.units[:0]
	for n > 0 {
		if len(s.list) == 0 {
			return nil, damage("文字不完整")
		}
		seg := s.list[0]
		if len(seg) == 0 {
			if s.list = s.list[1:]; len(s.list) == 0 || len(s.list[0]) == 0 {
				return nil, damage("文字不完整")
			}
			wide = s.list[0][0]&biffWide != 0
			s.list[0] = s.list[0][1:]
			continue
		}
		width := 1
		if wide {
			width = 2
		}
		k := min(n, len(seg)/width)
		if k == 0 {
			return nil, damage("文字在字符中间断开")
		}
		for i := range k {
			if wide {
				s.units = append(s.units, binary.LittleEndian.Uint16(seg[2*i:]))
			} else {
				s.units = append(s.units, uint16(seg[i]))
			}
		}
		s.list[0] = seg[k*width:]
		n -= k
	}
	return b.clean(s.units), nil
}

// clean turns UTF-16 into UTF-8 without NUL, with U+FFFD for half characters, and with line ends as LF.
func (b *biffBook) clean(units []uint16) []byte {
	out := make([]byte, 0, 3*len(units))
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		switch {
		case r == 0:
			b.nuls++
			continue
		case r == '\r':
			if i+1 < len(units) && units[i+1] == '\n' {
				continue
			}
			r = '\n'
		case utf16.IsSurrogate(r):
			if r = utf8.RuneError; i+1 < len(units) {
				r = utf16.DecodeRune(rune(units[i]), rune(units[i+1]))
			}
			if r == utf8.RuneError {
				b.damaged++
			} else {
				i++
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

const codepageGBK = 936

// decode reads text of BIFF5. Writers in China that put no trouble into the code page say 1252 and write GBK or UTF-8.
func (b *biffBook) decode(raw []byte) []byte {
	if n := bytes.Count(raw, []byte{0}); n > 0 {
		b.nuls += int64(n)
		raw = bytes.ReplaceAll(raw, []byte{0}, nil)
	}
	if isASCII(raw) || b.codepage != codepageGBK && utf8.Valid(raw) {
		return raw
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil {
		out = nil // the decoder replaces, it does not fail
	}
	b.damaged += int64(bytes.Count(out, []byte(replacement)))
	return out
}

// readStrings reads the texts that cells refer to by number.
func (b *biffBook) readStrings(s *biffSegments) error {
	if _, err := s.take(4); err != nil { // how often they are used
		return err
	}
	raw, err := s.take(4)
	if err != nil {
		return err
	}
	var texts arena
	total := 0
	for range binary.LittleEndian.Uint32(raw) {
		if s.done() { // some writers count too many; what a cell refers to is checked there
			return nil
		}
		n, err := s.u16()
		if err != nil {
			return err
		}
		text, err := b.text(s, n)
		if err != nil {
			return err
		}
		if total += len(text); total > maxSharedText || len(b.strings) == maxSharedStrings {
			return refuse(b.name, ErrLimit, tooMuchText)
		}
		b.strings = append(b.strings, texts.add(text))
	}
	return nil
}
