package source

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// appendText appends the piece of text, as valid UTF-8.
func (x *xmlReader) appendText(dst []byte) []byte {
	if x.cdata {
		return x.appendClean(dst, x.raw)
	}
	return x.unescape(dst, x.raw)
}

// unescape appends text with its entities resolved.
func (x *xmlReader) unescape(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return x.appendClean(dst, raw)
		}
		dst = x.appendClean(dst, raw[:i])
		raw = raw[i+1:]
		end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if end < 0 {
			x.fail("XML 中有不完整的字符引用")
			return dst
		}
		dst = x.appendEntity(dst, raw[:end])
		raw = raw[end+1:]
	}
}

func (x *xmlReader) appendEntity(dst, name []byte) []byte {
	switch string(name) {
	case "lt":
		return append(dst, '<')
	case "gt":
		return append(dst, '>')
	case "amp":
		return append(dst, '&')
	case "quot":
		return append(dst, '"')
	case "apos":
		return append(dst, '\'')
	}
	if len(name) > 1 && name[0] == '#' {
		digits, base := string(name[1:]), 10
		if digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
		if n, err := strconv.ParseUint(digits, base, 32); err == nil {
			return x.appendRune(dst, rune(min(n, utf8.MaxRune+1)))
		}
	}
	x.fail("XML 中有未定义的字符引用")
	return dst
}

// appendRune appends a character given by its number. NUL is left out, what is none is replaced; both are counted.
func (x *xmlReader) appendRune(dst []byte, r rune) []byte {
	if r == 0 {
		x.nuls++
		return dst
	}
	if !utf8.ValidRune(r) {
		x.damaged++
	}
	return utf8.AppendRune(dst, r)
}

// appendClean appends text with line ends as LF, without NUL and with U+FFFD for what is not UTF-8.
func (x *xmlReader) appendClean(dst, raw []byte) []byte {
	if !utf8.Valid(raw) {
		var n int64
		raw, n = repair(raw)
		x.damaged += n
	}
	for {
		i := bytes.IndexAny(raw, "\r\x00")
		if i < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		if raw[i] == 0 {
			x.nuls++
		} else if i+1 == len(raw) || raw[i+1] != '\n' {
			dst = append(dst, '\n')
		}
		raw = raw[i+1:]
	}
}

// cutRune returns how many bytes at the end of b are the beginning of a character.
func cutRune(b []byte) int {
	for k := 1; k < utf8.UTFMax && k <= len(b); k++ {
		if end := b[len(b)-k:]; utf8.RuneStart(end[0]) {
			if !utf8.FullRune(end) {
				return k
			}
			break
		}
	}
	return 0
}
