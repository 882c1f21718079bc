package source

import (
	"bytes"
	"path/filepath"
	"strings"
)

const (
	saveAs     = "暂不支持，请用 Excel 或 WPS 打开后另存为“CSV UTF-8（逗号分隔）”再导入。"
	fromSource = "暂不支持，请从原系统导出为 CSV 再导入。"
	unpack     = "暂不支持，请先解压，再导入其中的 CSV 文件。"
)

// magic lists formats by their first bytes.
var magic = []struct{ prefix, what, do string }{
	{"PK\x03\x04", " zip 压缩包", unpack}, // or a workbook, see sniff
	{"PK\x05\x06", " zip 压缩包", unpack},
	{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "旧版 Excel 工作簿（xls）", saveAs},
	{"\x1F\x8B", " gzip 压缩文件", unpack},
	{"\x28\xB5\x2F\xFD", " zstd 压缩文件", unpack},
	{"7z\xBC\xAF\x27\x1C", " 7z 压缩包", unpack},
	{"Rar!\x1A\x07", " rar 压缩包", unpack},
	{"BZh", " bzip2 压缩文件", unpack},
	{"\xFD7zXZ\x00", " xz 压缩文件", unpack},
	{"PAR1", " Parquet 文件", fromSource},
	{"ARROW1", " Arrow 文件", fromSource},
	{"Obj\x01", " Avro 文件", fromSource},
	{"%PDF-", " PDF 文件", saveAs},
	{"{\\rtf", " RTF 文档", saveAs},
	{"SQLite format 3\x00", " SQLite 数据库", fromSource},
	{"\xFF\xFE", " UTF-16 编码的文本", saveAs},
	{"\xFE\xFF", " UTF-16 编码的文本", saveAs},
}

// sniff refuses what is empty, not text, or text in a format that is not read, by its name.
func sniff(head []byte, name string) error {
	if len(bytes.Trim(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n\x00")) == 0 {
		return refuse(name, ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。")
	}
	ext := extension(name)
	for _, m := range magic {
		if !bytes.HasPrefix(head, []byte(m.prefix)) {
			continue
		}
		what, do := m.what, m.do
		if strings.HasPrefix(m.prefix, "PK") && (ext == ".xlsx" || ext == ".xlsm" || bytes.Contains(head[:min(len(head), 4096)], []byte("[Content_Types].xml"))) {
			what, do = " Excel 工作簿（xlsx）", saveAs
		}
		return refuse(name, ErrUnsupported, "是%s，%s", what, do)
	}
	start := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head[:min(len(head), 512)], []byte("\uFEFF")), " \t\r\n")))
	for _, tag := range []string{"<!doctype html", "<html", "<table", "<?xml"} {
		if strings.HasPrefix(start, tag) {
			return refuse(name, ErrUnsupported, "是网页或 XML 表格，%s", saveAs)
		}
	}
	if isBinary(head) {
		return refuse(name, ErrBinary, "不是文本文件，请确认选对了文件，或在原系统中另存为“CSV UTF-8（逗号分隔）”再导入。")
	}
	return nil
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
