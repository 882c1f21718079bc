package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
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
		{"zip", "a.zip", "PK\x03\x04", ErrUnsupported, "是 zip 压缩包，"},
		{"gzip", "a.csv.gz", "\x1F\x8B\x08", ErrUnsupported, "是 gzip 压缩文件，"},
		{"zstd", "a.csv.zst", "\x28\xB5\x2F\xFD", ErrUnsupported, "是 zstd 压缩文件，"},
		{"parquet", "a.parquet", "PAR1\x15\x04", ErrUnsupported, "是 Parquet 文件，"},
		{"arrow", "a.arrow", "ARROW1\x00\x00", ErrUnsupported, "是 Arrow 文件，"},
		{"an arrow stream", "a.arrows", "\xFF\xFF\xFF\xFF\x10\x00\x00\x00", ErrUnsupported, "是 Arrow 文件，"},
		{"7z", "a.7z", "7z\xBC\xAF\x27\x1C", ErrUnsupported, "是 7z 压缩包，暂不支持，请先解压，再导入其中的文件。"},
		{"rar", "a.rar", "Rar!\x1A\x07\x01", ErrUnsupported, "是 rar 压缩包，"},
		{"bzip2", "a.csv.bz2", "BZh91AY&SY\x00\x01", ErrUnsupported, "是 bzip2 压缩文件，"},
		{"xz", "a.csv.xz", "\xFD7zXZ\x00", ErrUnsupported, "是 xz 压缩文件，"},
		{"tar", "a.tar", "a.csv" + strings.Repeat("\x00", 252) + "ustar\x0000", ErrUnsupported, "是 tar 打包文件，"},
		{"avro", "a.avro", "Obj\x01", ErrUnsupported, "是 Avro 文件，暂不支持，请从原系统导出为 CSV 再导入。"},
		{"orc", "a.orc", "ORC\x0A\x03\x00", ErrUnsupported, "是 ORC 文件，"},
		{"encrypted parquet", "a.parquet", "PARE\x15\x04", ErrUnsupported, "是加密的 Parquet 文件，"},
		{"access", "a.mdb", "\x00\x01\x00\x00Standard Jet DB\x00", ErrUnsupported, "是 Access 数据库，"},
		{"pdf", "a.pdf", "%PDF-1.7", ErrUnsupported, "是 PDF 文件，"},
		{"a picture", "a.png", "\x89PNG\r\n\x1a\n", ErrUnsupported, "是图片，不是表格，请导入 Excel、WPS 表格或 CSV 文件。"},
		{"a photograph called csv", "a.csv", "\xFF\xD8\xFF\xE0", ErrUnsupported, "是图片，"},
		{"JSON by name only", "a.json", "a,b\n", ErrUnreadable, "不是合法的 JSON，"},
		{"UTF-32", "a.txt", "\xFF\xFE\x00\x00a\x00\x00\x00", ErrUnsupported, "是 UTF-32 编码的文本，"},
		{"binary", "a.csv", "\x01\x02\x03\x04\x05abc", ErrBinary, "不是文本文件，请确认选对了文件，或在原系统中另存为“CSV UTF-8（逗号分隔）”再导入。"},
		{"empty", "空.csv", "", ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。"},
		{"a mark of UTF-16 alone", "空.txt", "\xFF\xFE", ErrEmpty, "是空的，"},
		{"blank lines only", "空.csv", "\uFEFF\r\n \t\n", ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenText(strings.NewReader(c.head), int64(len(c.head)), c.file, Options{})
			if !errors.Is(err, c.is) {
				t.Fatalf("%v, want %v", err, c.is)
			}
			if text := err.Error(); !strings.HasPrefix(text, "文件“"+c.file+"”"+c.text) || !strings.HasSuffix(text, "。") {
				t.Errorf("%s\nwant %s…", text, c.text)
			}
		})
	}
}

// Files of other systems are refused by name, whatever a person might have meant by giving them.
func TestRealFilesRefusedByName(t *testing.T) {
	for _, c := range []struct {
		path []string
		want string
	}{
		{[]string{"nyc", "NYC311-5.csv.gz"}, "是 gzip 压缩文件，暂不支持，请先解压，再导入其中的文件。"}, // by Open alone, see Unpack
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
			f, size := fileOf(t, data)
			_, err = Open(f, size, c.path[1], Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want …%s…", err, c.want)
			}
		})
	}
}

// What begins like another format and is text all the same is read.
func TestTextThatLooksLikeSomethingElse(t *testing.T) {
	for _, in := range []string{"PAR1,PAR2\n1,2\n", "ORC,名称\n1,2\n", "BZh,班长\n1,2\n", "FEA1,a\n1,2\n", "GIF89,a\n1,2\n", "ARROW1,a\n1,2\n", "<5天,a\n1,2\n", "<tables>,a\n1,2\n"} {
		rows, err := readAll(t, open(t, in, "x.csv", Options{}))
		if err != nil || len(rows) != 2 || len(rows[0].Cells) != 2 {
			t.Errorf("%q: %v, %v", in, rows, err)
		}
	}
}

func TestMarkup(t *testing.T) {
	for _, c := range []struct {
		in   string
		want kind
	}{
		{"<html><body>", kindHTML},
		{"\uFEFF\r\n <!DOCTYPE html PUBLIC", kindHTML},
		{"<TABLE border=1>", kindHTML},
		{"<!-- 导出系统 -->\n<table>", kindHTML},
		{"<meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\">", kindHTML},
		{"<?xml version=\"1.0\"?><html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">", kindHTML},
		{"<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", kindXML},
		{"<!-- 没有结束的注释", kindText},
		{"<表>,a\n", kindText},
	} {
		for _, enc := range []encoding{utf8Enc, utf16LE, utf16BE} {
			if got, err := sniff(encoded(t, enc, c.in+"\n"), "x.xls"); err != nil || got != c.want {
				t.Errorf("%s in %s: %v, %v; want %v", c.in, enc, got, err, c.want)
			}
		}
	}
}

func TestOptionsRefused(t *testing.T) {
	for _, opt := range []Options{{Encoding: "big5"}, {Delimiter: 'x'}} {
		if _, err := OpenText(strings.NewReader("a,b\n"), 4, "x.csv", opt); !errors.Is(err, ErrOption) {
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
	le, be := string(encoded(t, utf16LE, zh)), string(encoded(t, utf16BE, zh))
	table := "序号\t办结时间\t内容\r\n1\t2026-01-05\t一、二号楼；𠮷\r\n"
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
		{"UTF-16LE with a mark", "\xFF\xFE" + le, Options{}, "UTF-16LE", last(zh), 0},
		{"UTF-16BE with a mark", "\xFE\xFF" + be, Options{}, "UTF-16BE", last(zh), 0},
		{"UTF-16LE without a mark", le, Options{}, "UTF-16LE", last(zh), 0},
		{"UTF-16BE without a mark", be, Options{}, "UTF-16BE", last(zh), 0},
		{"what Excel calls Unicode text", "\xFF\xFE" + string(encoded(t, utf16LE, table)), Options{}, "UTF-16LE", []string{"1", "2026-01-05", "一、二号楼；𠮷"}, 0},
		{"long, in UTF-16LE without a mark", string(encoded(t, utf16LE, strings.Repeat(table, 20_000))), Options{}, "UTF-16LE", []string{"1", "2026-01-05", "一、二号楼；𠮷"}, 0},
		{"ASCII in UTF-16BE without a mark", string(encoded(t, utf16BE, "a,b\n1,2\n")), Options{}, "UTF-16BE", []string{"1", "2"}, 0},
		{"told UTF-16, with a mark", "\xFE\xFF" + be, Options{Encoding: "UTF-16"}, "UTF-16BE", last(zh), 0},
		{"told UTF-16, without a mark", le, Options{Encoding: "utf-16"}, "UTF-16LE", last(zh), 0},
		{"told UTF-16BE", be, Options{Encoding: "utf-16be"}, "UTF-16BE", last(zh), 0},
		{"half a surrogate in UTF-16LE", "\xFF\xFE" + le + "\x00\xD8,\x00x\x00\n\x00", Options{}, "UTF-16LE", []string{"\uFFFD", "x"}, 1},
		{"half a character at the end of UTF-16LE", "\xFF\xFE" + le + "a\x00,\x00b\x00c", Options{}, "UTF-16LE", []string{"a", "b\uFFFD"}, 1},
		{"NULs in ASCII are no UTF-16", strings.Repeat("abcdef,ghijkl\n", 50) + "a\x00,b\n", Options{}, "UTF-8", []string{"a", "b"}, 0},
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

// encoded writes s in an encoding, without a mark.
func encoded(t testing.TB, enc encoding, s string) []byte {
	t.Helper()
	if enc == utf8Enc {
		return []byte(s)
	}
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if enc == utf16LE {
			out = binary.LittleEndian.AppendUint16(out, u)
		} else {
			out = binary.BigEndian.AppendUint16(out, u)
		}
	}
	return out
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
		s, err := OpenText(failing{after}, 2<<20, "x.csv", Options{chunk: 64 << 10})
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
			x, err := newText(bytes.NewReader(data), int64(len(data)), "x", Options{Encoding: enc, chunk: chunk}.withDefaults())
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

// FuzzUTF16: text written in UTF-16, in either order, with or without a mark, is read as it would be from UTF-8.
func FuzzUTF16(f *testing.F) {
	for _, s := range []string{"序号,内容\n1,路灯\n", "a\tb\r\n1\t2\r\n", "一\t一\n一\t一\n", "愀戀\t捐\n", "𠮷,㐂\n1,2\n", "第一网格\n"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, mark bool) {
		s = strings.ToValidUTF8(s, "?")
		s = strings.TrimLeft(strings.ReplaceAll(s, "\x00", ""), "\uFEFF")
		read := func(data []byte, opt Options) string {
			x, err := newText(bytes.NewReader(data), int64(len(data)), "x.csv", opt.withDefaults())
			if err != nil {
				return "refused"
			}
			all, part := "", ""
			for err == nil {
				part, err = x.more("")
				all += part
			}
			return all
		}
		if read([]byte("a,b\n"+s), Options{Encoding: "utf-8"}) != "a,b\n"+s { // refused as binary, say
			return
		}
		for _, enc := range []encoding{utf16LE, utf16BE} {
			data := encoded(t, enc, "a,b\n"+s)
			opt := Options{Encoding: enc.String()}
			if mark {
				data, opt.Encoding = append(encoded(t, enc, "\uFEFF"), data...), ""
			}
			if got := read(data, opt); got != "a,b\n"+s && got != "refused" {
				t.Fatalf("%s: %q, want %q", enc, got, "a,b\n"+s)
			}
		}
	})
}
