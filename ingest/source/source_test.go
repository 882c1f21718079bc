package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestRefusedByName(t *testing.T) {
	for _, c := range []struct {
		name string
		file string
		head string
		is   error
		text string
	}{
		{"xlsx", "台账.xlsx", "PK\x03\x04", ErrUnsupported, "是 Excel 工作簿（xlsx），"},
		{"xlsx by content", "台账", "PK\x03\x04\x14\x00[Content_Types].xml", ErrUnsupported, "是 Excel 工作簿（xlsx），"},
		{"zip", "a.zip", "PK\x03\x04", ErrUnsupported, "是 zip 压缩包，"},
		{"xls", "台账.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", ErrUnsupported, "是旧版 Excel 工作簿（xls），"},
		{"gzip", "a.csv.gz", "\x1F\x8B\x08", ErrUnsupported, "是 gzip 压缩文件，"},
		{"zstd", "a.csv.zst", "\x28\xB5\x2F\xFD", ErrUnsupported, "是 zstd 压缩文件，"},
		{"parquet", "a.parquet", "PAR1\x15\x04", ErrUnsupported, "是 Parquet 文件，"},
		{"arrow", "a.arrow", "ARROW1\x00\x00", ErrUnsupported, "是 Arrow 文件，"},
		{"avro", "a.avro", "Obj\x01", ErrUnsupported, "是 Avro 文件，"},
		{"pdf", "a.pdf", "%PDF-1.7", ErrUnsupported, "是 PDF 文件，"},
		{"UTF-16", "a.txt", "\xFF\xFEa\x00,\x00", ErrUnsupported, "是 UTF-16 编码的文本，"},
		{"a web page called xls", "台账.xls", "\r\n<HTML><body><table>", ErrUnsupported, "是网页或 XML 表格，"},
		{"JSON by name only", "a.json", "a,b\n", ErrUnreadable, "不是合法的 JSON，"},
		{"binary", "a.csv", "\x01\x02\x03\x04\x05abc", ErrBinary, "不是文本文件，请确认选对了文件，或在原系统中另存为“CSV UTF-8（逗号分隔）”再导入。"},
		{"UTF-16 without a mark", "a.csv", "a\x00,\x00b\x00\n\x00", ErrBinary, "不是文本文件，"},
		{"empty", "空.csv", "", ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。"},
		{"blank lines only", "空.csv", "\uFEFF\r\n \t\n", ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(strings.NewReader(c.head), int64(len(c.head)), c.file, Options{})
			if !errors.Is(err, c.is) {
				t.Fatalf("%v, want %v", err, c.is)
			}
			if text := err.Error(); !strings.HasPrefix(text, "文件“"+c.file+"”"+c.text) || !strings.HasSuffix(text, "。") {
				t.Errorf("%s\nwant %s…", text, c.text)
			}
		})
	}
}

func TestRealFilesRefusedByName(t *testing.T) {
	for _, c := range []struct {
		path []string
		want string
	}{
		{[]string{"messages", "附件1_分类体系.xlsx"}, "是 Excel 工作簿（xlsx），"},
		{[]string{"xlsx", "calamine_merge_cells.xls"}, "是旧版 Excel 工作簿（xls），"},
		{[]string{"nyc", "NYC311-5.csv.gz"}, "是 gzip 压缩文件，"},
		{[]string{"nyc", "NYC311-5.csv.zst"}, "是 zstd 压缩文件，"},
		{[]string{"nyc", "NYC311-5.parquet"}, "是 Parquet 文件，"},
		{[]string{"nyc", "NYC311-5.arrow"}, "是 Arrow 文件，"},
		{[]string{"nyc", "NYC311-5.avro"}, "是 Avro 文件，"},
		{[]string{"boston", "police-districts-EPSG2249.shp.zip"}, "是 zip 压缩包，"},
		{[]string{"shanghai", "区县界_area.shp"}, "不是文本文件，"},
		{[]string{"boston", "Wards.geojson"}, "是 GeoJSON 图层，"},
	} {
		t.Run(c.path[1], func(t *testing.T) {
			data, err := os.ReadFile(shared(t, c.path...))
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(bytes.NewReader(data), int64(len(data)), c.path[1], Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want …%s…", err, c.want)
			}
		})
	}
}

func TestOptionsRefused(t *testing.T) {
	for _, opt := range []Options{{Encoding: "big5"}, {Delimiter: 'x'}} {
		if _, err := Open(strings.NewReader("a,b\n"), 4, "x.csv", opt); !errors.Is(err, ErrOption) {
			t.Errorf("%+v: %v, want ErrOption", opt, err)
		}
	}
}

func TestEncoding(t *testing.T) {
	ascii := strings.Repeat("1,2,3\n", 100_000) // 600 kB: past the head
	zh := "序号,内容\n1,路面破损，请处理\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(zh)
	if err != nil {
		t.Fatal(err)
	}
	rare, err := simplifiedchinese.GB18030.NewEncoder().String("姓,名\n𠮷,㐂\n")
	if err != nil {
		t.Fatal(err)
	}
	last := func(s string) []string {
		return strings.Split(strings.TrimSuffix(s[strings.LastIndex(s[:len(s)-1], "\n")+1:], "\n"), ",")
	}
	for _, c := range []struct {
		name    string
		in      string
		opt     Options
		enc     string
		last    []string
		damaged int64
	}{
		{"ASCII", "a,b\n", Options{}, "UTF-8", []string{"a", "b"}, 0},
		{"UTF-8", zh, Options{}, "UTF-8", last(zh), 0},
		{"GB18030", gb, Options{}, "GB18030", last(zh), 0},
		{"characters of four bytes", rare, Options{}, "GB18030", []string{"𠮷", "㐂"}, 0},
		{"GB18030 after a long stretch of ASCII", ascii + gb, Options{}, "GB18030", last(zh), 0},
		{"GB18030 between two long stretches of ASCII", ascii + gb + ascii, Options{}, "GB18030", []string{"1", "2", "3"}, 0},
		{"UTF-8 after a long stretch of ASCII", ascii + zh, Options{}, "UTF-8", last(zh), 0},
		{"UTF-8 with a damaged byte", zh + "2,坏\xffx\n", Options{}, "UTF-8", []string{"2", "坏\uFFFDx"}, 1},
		{"GB18030 with a damaged byte", gb + "2,x\xffy\n", Options{}, "GB18030", []string{"2", "x\uFFFDy"}, 1},
		{"told, not guessed", gb, Options{Encoding: "GBK"}, "GB18030", last(zh), 0},
		{"told wrongly", gb, Options{Encoding: "utf-8"}, "UTF-8", nil, 19},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, chunk := range []int{997, 1 << 20} {
				opt := c.opt
				opt.chunk = chunk
				s := open(t, c.in, "x.csv", opt)
				rows, err := readAll(t, s)
				if err != nil {
					t.Fatal(err)
				}
				if c.last != nil {
					if diff := cmp.Diff(c.last, rows[len(rows)-1].Cells); diff != "" {
						t.Errorf("chunks of %d:\n%s", chunk, diff)
					}
				}
				if s.Encoding() != c.enc || s.Damaged() != c.damaged {
					t.Errorf("chunks of %d: %s with %d damaged, want %s with %d", chunk, s.Encoding(), s.Damaged(), c.enc, c.damaged)
				}
			}
		})
	}
}

type failing struct{ after int64 }

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at >= f.after {
		return 0, errors.New("disk gone")
	}
	for i := range p {
		p[i] = "a,b\n"[(at+int64(i))%4]
	}
	return len(p), nil
}

func TestFileThatFails(t *testing.T) {
	for _, after := range []int64{0, 1 << 20} {
		s, err := Open(failing{after}, 2<<20, "x.csv", Options{chunk: 64 << 10})
		for err == nil {
			_, err = s.Next()
		}
		if !errors.Is(err, ErrUnreadable) || errors.Is(err, io.EOF) || !strings.HasPrefix(err.Error(), "文件“x.csv”读取失败，") {
			t.Errorf("failing after %d: %v", after, err)
		}
	}
}

// FuzzText: whatever the bytes, the text is valid UTF-8 without NUL and the same for every size of chunk.
func FuzzText(f *testing.F) {
	for _, s := range []string{"a,b\n", "\uFEFF序号", "\xd6\xd0\xce\xc4", "\xe4\xb8", "\xf0\x9f\x98", "\x81\x30\x81\x30", "a\x00\xff\xed\xa0\x80", "\x84\x31\x95\x33x"} {
		f.Add([]byte(s), uint8(1), "")
		f.Add([]byte(s), uint8(3), "gb18030")
	}
	f.Fuzz(func(t *testing.T, data []byte, chunk uint8, enc string) {
		read := func(chunk int) (string, int64, bool) {
			x, err := newText(bytes.NewReader(data), int64(len(data)), "x", Options{Encoding: enc, chunk: chunk})
			if err != nil {
				return "", 0, false
			}
			var s, all string
			for err == nil {
				s, err = x.more("")
				all += s
			}
			return all, x.damaged, true
		}
		a, da, oka := read(int(chunk) + 1)
		b, db, okb := read(len(data) + 16)
		if a != b || da != db || oka != okb {
			t.Fatalf("chunks of %d: %q (%d damaged), at once %q (%d damaged)", chunk, a, da, b, db)
		}
		if !utf8.ValidString(a) || strings.ContainsRune(a, 0) {
			t.Fatalf("%q", a)
		}
	})
}
