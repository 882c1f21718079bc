package geo

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// textEncoding is an encoding of texts; UTF-8 has no decoder.
type textEncoding struct {
	name    string
	charset encoding.Encoding
}

var (
	utf8Encoding    = textEncoding{"utf-8", nil}
	gb18030Encoding = textEncoding{"gb18030", simplifiedchinese.GB18030}
)

// languageDrivers are the code pages of the LDID byte that say something. ANSI (0x57,
// 0x03) and the DOS pages (0x01, 0x02) are what programs write that do not know.
var languageDrivers = map[byte]string{
	0x4D: "936", 0x7A: "936", // simplified Chinese
	0x4F: "950", 0x78: "950", // traditional Chinese
	0x13: "932", 0x7B: "932", // Japanese
	0x4E: "949", 0x79: "949", // Korean
	0xC9: "1251", 0xC8: "1250",
}

// encodingByName reads the name in a .cpg file or an option: a code page with or
// without a prefix, or a name of the WHATWG list. GBK and GB2312 are read as GB18030,
// which contains them.
func encodingByName(name string) (textEncoding, bool) {
	name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
	for _, prefix := range []string{"ansi ", "oem ", "cp", "ms", "windows-"} {
		name = strings.TrimPrefix(name, prefix)
	}
	switch name {
	case "65001", "utf8", "utf-8":
		return utf8Encoding, true
	case "936", "54936", "gbk", "gb2312", "gb18030":
		return gb18030Encoding, true
	case "950":
		name = "big5"
	case "932":
		name = "shift_jis"
	case "949":
		name = "euc-kr"
	case "1250", "1251", "1252":
		name = "windows-" + name
	case "88591":
		name = "iso-8859-1"
	}
	charset, err := htmlindex.Get(name)
	if err != nil {
		return textEncoding{}, false
	}
	switch canonical, err := htmlindex.Name(charset); {
	case err != nil, canonical == "replacement", canonical == "x-user-defined", strings.HasPrefix(canonical, "utf-16"):
		return textEncoding{}, false
	case canonical == "utf-8":
		return utf8Encoding, true
	case canonical == "gbk", canonical == "gb18030":
		return gb18030Encoding, true
	default:
		return textEncoding{canonical, charset}, true
	}
}

// decode gives the text in UTF-8, and false if it is not in the encoding. A text that
// was cut off at the end of its field may have lost part of its last character, which
// is left out.
func (e textEncoding) decode(s string, cut bool) (string, bool) {
	if ascii(s) {
		return s, true
	}
	text, ok := e.whole(s)
	for lost := 1; !ok && cut && lost <= 3 && lost < len(s); lost++ {
		if s[len(s)-lost] < 0x30 { // no encoding has such a byte inside a character
			break
		}
		text, ok = e.whole(s[:len(s)-lost])
	}
	return text, ok
}

func (e textEncoding) whole(s string) (string, bool) {
	if e.charset == nil {
		return s, utf8.ValidString(s)
	}
	text, err := e.charset.NewDecoder().String(s)
	return text, err == nil && !strings.ContainsRune(text, utf8.RuneError)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
