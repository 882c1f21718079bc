package source

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	unicodetext "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

type encoding uint8

const (
	utf8Enc encoding = iota
	gb18030
	utf16LE
	utf16BE
)

func (e encoding) String() string {
	return [...]string{"UTF-8", "GB18030", "UTF-16LE", "UTF-16BE"}[e]
}

// encodingNamed reads the names people use. GBK and GB2312 are subsets of GB18030. UTF-16 alone leaves the order of the bytes
// to the file: sure is false, and the encoding is that of a file without a mark.
func encodingNamed(s string) (enc encoding, sure, ok bool) {
	switch strings.ToLower(strings.ReplaceAll(s, "_", "-")) {
	case "utf-8", "utf8", "utf-8-sig":
		return utf8Enc, true, true
	case "gb18030", "gbk", "gb2312", "cp936":
		return gb18030, true, true
	case "utf-16le", "utf16le":
		return utf16LE, true, true
	case "utf-16be", "utf16be":
		return utf16BE, true, true
	case "utf-16", "utf16", "unicode": // “Unicode 文本” is what Excel calls it
		return utf16LE, false, true
	}
	return utf8Enc, false, false
}

// reader decodes r.
func (e encoding) reader(r io.Reader) io.Reader {
	switch e {
	case gb18030:
		return transform.NewReader(r, simplifiedchinese.GB18030.NewDecoder())
	case utf16LE:
		return transform.NewReader(r, unicodetext.UTF16(unicodetext.LittleEndian, unicodetext.IgnoreBOM).NewDecoder())
	case utf16BE:
		return transform.NewReader(r, unicodetext.UTF16(unicodetext.BigEndian, unicodetext.IgnoreBOM).NewDecoder())
	}
	return r
}

// decode decodes what fits in memory; damage becomes U+FFFD.
func (e encoding) decode(b []byte) []byte {
	out, err := io.ReadAll(e.reader(bytes.NewReader(b)))
	if err != nil { // decoders replace, they do not fail; a reader in memory does not either
		return nil
	}
	return out
}

const (
	sampleHead   = 256 << 10
	sampleWindow = 16 << 10
	sampleCount  = 15
)

// detectEncoding looks at the head of the file and at windows spread over the rest. sure is false when
// every sample was ASCII, which fits both encodings.
func detectEncoding(f io.ReaderAt, size int64, head []byte) (enc encoding, sure bool, err error) {
	if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		return utf8Enc, true, nil
	}
	if bytes.HasPrefix(head, []byte("\x84\x31\x95\x33")) { // U+FEFF in GB18030
		return gb18030, true, nil
	}
	if enc, ok := detectUTF16(head); ok {
		return enc, true, nil
	}
	samples := trimToRunes(trimToLines(head, true))
	window := make([]byte, sampleWindow)
	for i := int64(1); i <= sampleCount && size > sampleHead; i++ {
		n, err := f.ReadAt(window, sampleHead+(size-sampleHead)*i/(sampleCount+1))
		if err != nil && !errors.Is(err, io.EOF) {
			return utf8Enc, false, err
		}
		samples = append(samples, trimToRunes(trimToLines(window[:n], false))...)
	}
	if isASCII(samples) {
		return utf8Enc, false, nil
	}
	return guess(samples), true, nil
}

// detectUTF16 knows UTF-16 by its byte order mark, and without one where there is no doubt: read in one order the head holds
// line ends or tabs and hardly anything but ASCII and Han, read in the other it does not, and as bytes it is full of NULs.
func detectUTF16(head []byte) (encoding, bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		return utf16LE, true
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return utf16BE, true
	}
	sample := head[:min(len(head), sampleWindow)&^1]
	if bytes.IndexByte(sample, 0) < 0 {
		return 0, false
	}
	le, be := looksUTF16(sample, 1), looksUTF16(sample, 0)
	switch {
	case le && !be:
		return utf16LE, true
	case be && !le:
		return utf16BE, true
	}
	return 0, false
}

// looksUTF16 is asked for one order of the bytes: high is the place of the higher byte of each pair.
func looksUTF16(sample []byte, high int) bool {
	var breaks, ascii, expected, units int
	for i := 0; i+1 < len(sample); i += 2 {
		u := uint16(sample[i+high])<<8 | uint16(sample[i+1-high])
		units++
		switch {
		case u == '\t' || u == '\n' || u == '\r':
			breaks++
			ascii++
			expected++
		case u >= ' ' && u < 0x7F:
			ascii++
			expected++
		case utf16.IsSurrogate(rune(u)):
			if i+3 < len(sample) && utf16.DecodeRune(rune(u), rune(uint16(sample[i+2+high])<<8|uint16(sample[i+3-high]))) != unicode.ReplacementChar {
				expected, units, i = expected+2, units+1, i+2
			}
		case u >= 0x4E00 && u <= 0x9FFF, u >= 0x3000 && u <= 0x303F, u >= 0xFF00 && u <= 0xFFEF, u >= 0x2010 && u <= 0x2033:
			expected++
		}
	}
	return breaks > 0 && ascii*50 >= units && expected*100 >= units*98
}

// trimToLines cuts a sample at line feeds, which are never part of a longer character in either encoding, so
// that it neither begins nor ends inside one. A sample without line feeds is taken whole, see trimToRunes.
func trimToLines(b []byte, first bool) []byte {
	if !first {
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			b = b[i+1:]
		}
	}
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		b = b[:i+1]
	}
	return b
}

// trimToRunes cuts what may be parts of UTF-8 characters off both ends of a sample that has no line feed to cut at: text
// of one long cell must not look damaged. To GB18030, where a cut shows no less, it makes no difference.
func trimToRunes(b []byte) []byte {
	for i := 0; i < utf8.UTFMax-1 && len(b) > 0 && !utf8.RuneStart(b[0]); i++ {
		b = b[1:]
	}
	for k := 1; k < utf8.UTFMax && k <= len(b); k++ {
		if end := b[len(b)-k:]; utf8.RuneStart(end[0]) {
			if !utf8.FullRune(end) {
				b = b[:len(b)-k]
			}
			break
		}
	}
	return b
}

// guess decides between the two encodings by which leaves fewer characters damaged; UTF-8 wins a tie,
// for text that is valid UTF-8 by accident does not occur in practice, damaged UTF-8 does.
func guess(b []byte) encoding {
	var asUTF8 int
	for rest := b; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 && utf8.FullRune(rest) {
			asUTF8++
		}
		rest = rest[size:]
	}
	if asUTF8 == 0 {
		return utf8Enc
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil {
		return utf8Enc
	}
	if asGB := bytes.Count(decoded, []byte(replacement)); asGB < asUTF8 {
		return gb18030
	}
	return utf8Enc
}

// mixedEncodings says whether some lines are surely UTF-8 and others surely GB18030. Two Han characters in GB18030 may
// happen to be valid UTF-8 as well; hardly ever is a whole line with three of them.
func mixedEncodings(head []byte) bool {
	var inUTF8, inGB bool
	decoder := simplifiedchinese.GB18030.NewDecoder()
	for line := range bytes.Lines(trimToLines(head, true)) {
		switch {
		case isASCII(line):
		case utf8.Valid(line):
			inUTF8 = inUTF8 || hanCount(line) >= 3
		case !inGB:
			text, err := decoder.Bytes(line)
			inGB = err == nil && !bytes.Contains(text, []byte(replacement)) && hanCount(text) >= 3
		}
		if inUTF8 && inGB {
			return true
		}
	}
	return false
}

func hanCount(b []byte) (n int) {
	for _, r := range string(b) {
		if unicode.Is(unicode.Han, r) {
			n++
		}
	}
	return n
}

func isASCII(b []byte) bool {
	for len(b) >= 8 { // eight at a time: the compiler turns this into one load
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
