package source

import (
	"bytes"
	"path/filepath"
	"strings"
	"unicode"
)

// kind is what a file is, by its content; the name is a hint at most.
type kind uint8

const (
	kindText        kind = iota // csv, tsv, json
	kindHTML                    // a web page with tables
	kindXML                     // XML, such as the workbooks of Excel 2003
	kindZip                     // an archive, or a document that is one, such as a workbook
	kindCompound                // an OLE container: a workbook of Excel 97, or an encrypted one
	kindGzip                    //
	kindZstd                    //
	kindParquet                 //
	kindArrow                   // the file format
	kindArrowStream             // the stream format
)

// foreign says whether a file of this kind is read by a process of its own: whatever unpacks, and whatever others' code reads.
func (k kind) foreign() bool { return k >= kindZip }

// kindText and the like in words, for those that are not read by everything.
var kindNames = map[kind]string{
	kindZip: " zip 压缩包", kindCompound: "旧版 Office 文件", kindGzip: " gzip 压缩文件", kindZstd: " zstd 压缩文件",
	kindParquet: " Parquet 文件", kindArrow: " Arrow 文件", kindArrowStream: " Arrow 文件",
}

const (
	saveAs     = "暂不支持，请用 Excel 或 WPS 打开后另存为“CSV UTF-8（逗号分隔）”再导入。"
	fromSource = "暂不支持，请从原系统导出为 CSV 再导入。"
	unpack     = "暂不支持，请先解压，再导入其中的文件。"
	notATable  = "不是表格，请导入 Excel、WPS 表格或 CSV 文件。"
)

// known lists the kinds that are read, by their first bytes.
var known = []struct {
	prefix string
	kind   kind
}{
	{"PK\x03\x04", kindZip},
	{"PK\x05\x06", kindZip}, // an empty one
	{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", kindCompound},
	{"\x1F\x8B", kindGzip},
	{"\x28\xB5\x2F\xFD", kindZstd},
	{"PAR1", kindParquet},
	{"ARROW1", kindArrow},
	{"\xFF\xFF\xFF\xFF", kindArrowStream}, // the continuation marker before the schema
}

// magic lists formats that are refused, by their first bytes.
var magic = []struct{ prefix, what, do string }{
	{"7z\xBC\xAF\x27\x1C", " 7z 压缩包", unpack},
	{"Rar!\x1A\x07", " rar 压缩包", unpack},
	{"BZh", " bzip2 压缩文件", unpack},
	{"\xFD7zXZ\x00", " xz 压缩文件", unpack},
	{"\x04\x22\x4D\x18", " lz4 压缩文件", unpack},
	{"PARE", "加密的 Parquet 文件", fromSource},
	{"FEA1", "旧版 Feather 文件", fromSource},
	{"Obj\x01", " Avro 文件", fromSource},
	{"ORC", " ORC 文件", fromSource},
	{"SQLite format 3\x00", " SQLite 数据库", fromSource},
	{"\x00\x01\x00\x00Standard", " Access 数据库", fromSource},
	{"%PDF-", " PDF 文件", notATable},
	{"{\\rtf", " RTF 文档", notATable},
	{"\xFF\xFE\x00\x00", " UTF-32 编码的文本", saveAs},
	{"\x00\x00\xFE\xFF", " UTF-32 编码的文本", saveAs},
	{"\x89PNG\r\n", "图片", notATable},
	{"\xFF\xD8\xFF", "图片", notATable},
	{"GIF8", "图片", notATable},
	{"MZ\x90\x00", "程序", notATable},
	{"\x7FELF", "程序", notATable},
}

// sniff finds out what a file is. It refuses what is empty, not text, or in a format that is not read, by its name.
func sniff(head []byte, name string) (kind, error) {
	if len(head) < sampleHead && len(bytes.Trim(trimMark(head), " \t\r\n\x00")) == 0 { // all of the file
		return 0, refuse(name, ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。")
	}
	for _, k := range known {
		if begins(head, k.prefix) {
			return k.kind, nil
		}
	}
	for _, m := range magic {
		if begins(head, m.prefix) {
			return 0, refuse(name, ErrUnsupported, "是%s，%s", m.what, m.do)
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return 0, refuse(name, ErrUnsupported, "是 tar 打包文件，%s", unpack)
	}
	text := head
	if enc, ok := detectUTF16(head); ok {
		text = enc.decode(head[:min(len(head), 4096)])
	} else if isBinary(head) {
		return 0, refuse(name, ErrBinary, "不是文本文件，请确认选对了文件，或在原系统中另存为“CSV UTF-8（逗号分隔）”再导入。")
	}
	return markup(text), nil
}

// begins says whether a file begins with prefix. A prefix of letters and digits alone may also be the start of a header
// (PAR1,PAR2,…): there the bytes behind it have to be those of no text.
func begins(head []byte, prefix string) bool {
	rest, ok := bytes.CutPrefix(head, []byte(prefix))
	if !ok || strings.ContainsFunc(prefix, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return ok
	}
	return bytes.ContainsFunc(rest[:min(len(rest), 32)], func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
}

// markup tells web pages and XML from other text by the first tag.
func markup(text []byte) kind {
	start := strings.ToLower(string(bytes.TrimLeft(trimMark(text[:min(len(text), 4096)]), " \t\r\n")))
	for strings.HasPrefix(start, "<!--") { // exports put the system's name there
		_, rest, ok := strings.Cut(start, "-->")
		if !ok {
			break
		}
		start = strings.TrimLeft(rest, " \t\r\n")
	}
	if strings.HasPrefix(start, "<?xml") {
		if strings.Contains(start, "<html") || strings.Contains(start, "<!doctype html") {
			return kindHTML
		}
		return kindXML
	}
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<meta", "<style", "<body", "<div", "<table"} {
		if rest, ok := strings.CutPrefix(start, tag); ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\r\n/>")) {
			return kindHTML
		}
	}
	return kindText
}

// trimMark takes a byte order mark off, of whatever encoding.
func trimMark(b []byte) []byte {
	for _, mark := range []string{"\xEF\xBB\xBF", "\x84\x31\x95\x33", "\xFF\xFE", "\xFE\xFF"} {
		if rest, ok := bytes.CutPrefix(b, []byte(mark)); ok {
			return rest
		}
	}
	return b
}

func extension(name string) string { return strings.ToLower(filepath.Ext(name)) }

// isBinary holds where more than one byte in fifty is a control character that text does not use. A stray NUL or
// two in an export is not enough.
func isBinary(head []byte) bool {
	n := 0
	for _, c := range head {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != 0x1A || c == 0x7F {
			n++
		}
	}
	return n > 2 && n*50 > len(head)
}
