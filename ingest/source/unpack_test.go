package source

import (
	"archive/zip"
	"bytes"
	stdgzip "compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/simplifiedchinese"
)

type inner struct{ Name, Text string }

// unpackHere unpacks as a reader process does, in this one.
func unpackHere(data []byte, name string, lim Limits) (out []inner, packed bool, err error) {
	packed, err = unpackTo(bytes.NewReader(data), int64(len(data)), name, lim.withDefaults(), func(name string, r io.Reader) error {
		text, err := io.ReadAll(r)
		out = append(out, inner{name, string(text)})
		return err
	})
	return out, packed, err
}

func gz(texts ...string) []byte {
	var out bytes.Buffer
	for _, s := range texts {
		w := stdgzip.NewWriter(&out)
		w.Write([]byte(s))
		w.Close()
	}
	return out.Bytes()
}

func zst(s string) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return w.EncodeAll([]byte(s), nil)
}

func gbk(s string) string {
	out, err := simplifiedchinese.GBK.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

// parcel is a zip archive made by the standard library: name and text in turns.
func parcel(pairs ...string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i]
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, NonUTF8: strings.ContainsFunc(name, func(r rune) bool { return r == '\uFFFD' })})
		if err != nil {
			panic(err)
		}
		f.Write([]byte(pairs[i+1]))
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func commented(comment string, pairs ...string) []byte {
	data := parcel(pairs...)
	binary.LittleEndian.PutUint16(data[len(data)-2:], uint16(len(comment)))
	return append(data, comment...)
}

// forged builds a zip archive with stored entries byte by byte, so that anything in it can be wrong.
type forged struct {
	name         string
	text         string
	flags        uint16
	method       uint16
	mode         uint32 // Unix
	size         uint32 // claimed; 0 = the truth
	offset       int64  // claimed; 0 = the truth
	localName    string // "" = the same
	extra        []byte // of the directory
	localMissing bool
}

func forge(entries []forged, count int, tail ...byte) []byte {
	var out, dir bytes.Buffer
	le := binary.LittleEndian
	for _, e := range entries {
		size := uint32(len(e.text))
		if e.size != 0 {
			size = e.size
		}
		crc := crc32.ChecksumIEEE([]byte(e.text))
		offset := uint32(out.Len())
		if e.offset != 0 {
			offset = uint32(e.offset)
		}
		local := e.name
		if e.localName != "" {
			local = e.localName
		}
		if !e.localMissing {
			h := make([]byte, 30)
			le.PutUint32(h, 0x04034B50)
			le.PutUint16(h[6:], e.flags)
			le.PutUint16(h[8:], e.method)
			le.PutUint32(h[14:], crc)
			le.PutUint32(h[18:], size)
			le.PutUint32(h[22:], size)
			le.PutUint16(h[26:], uint16(len(local)))
			out.Write(h)
			out.WriteString(local)
			out.WriteString(e.text)
		}
		h := make([]byte, 46)
		le.PutUint32(h, 0x02014B50)
		le.PutUint16(h[4:], 3<<8|20)
		le.PutUint16(h[8:], e.flags)
		le.PutUint16(h[10:], e.method)
		le.PutUint32(h[16:], crc)
		le.PutUint32(h[20:], size)
		le.PutUint32(h[24:], size)
		le.PutUint16(h[28:], uint16(len(e.name)))
		le.PutUint16(h[30:], uint16(len(e.extra)))
		le.PutUint32(h[38:], e.mode<<16)
		le.PutUint32(h[42:], offset)
		dir.Write(h)
		dir.WriteString(e.name)
		dir.Write(e.extra)
	}
	h := make([]byte, 22)
	le.PutUint32(h, 0x06054B50)
	le.PutUint16(h[8:], uint16(count))
	le.PutUint16(h[10:], uint16(count))
	le.PutUint32(h[12:], uint32(dir.Len()))
	le.PutUint32(h[16:], uint32(out.Len()))
	out.Write(dir.Bytes())
	out.Write(h)
	out.Write(tail)
	return out.Bytes()
}

func unicodeExtra(raw, name string) []byte {
	b := binary.LittleEndian.AppendUint16(nil, 0x7075)
	b = binary.LittleEndian.AppendUint16(b, uint16(5+len(name)))
	b = append(b, 1)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(raw)))
	return append(b, name...)
}

func TestUnpack(t *testing.T) {
	const csv = "序号,内容\n1,路灯\n"
	for _, c := range []struct {
		name string
		file string
		data []byte
		want []inner
	}{
		{"not packed", "a.csv", []byte(csv), nil},
		{"gzip", "台账.csv.gz", gz(csv), []inner{{"台账.csv", csv}}},
		{"gzip in members", "台账.csv.GZ", gz("序号,内容\n", "1,路灯\n"), []inner{{"台账.csv", csv}}},
		{"gzip under another name", "台账", gz(csv), []inner{{"台账", csv}}},
		{"zstd", "台账.csv.zst", zst(csv), []inner{{"台账.csv", csv}}},
		{"zip", "a.zip", parcel("一.csv", csv, "二.csv", "x"), []inner{{"一.csv", csv}, {"二.csv", "x"}}},
		{"zip with names in GBK", "a.zip", forge([]forged{{name: gbk("三月台账.csv"), text: csv}}, 1), []inner{{"三月台账.csv", csv}}},
		{"zip with a name in GBK and again in UTF-8", "a.zip", forge([]forged{{name: gbk("台账.csv"), text: csv, extra: unicodeExtra(gbk("台账.csv"), "㐂台账.csv")}}, 1), []inner{{"㐂台账.csv", csv}}},
		{"a name in UTF-8 that belongs to another", "a.zip", forge([]forged{{name: "a.csv", text: csv, extra: unicodeExtra("b.csv", "c.csv")}}, 1), []inner{{"a.csv", csv}}},
		{"folders", "a.zip", parcel("区/", "", "区/街道/一.csv", csv, `区\二.csv`, "x"), []inner{{"一.csv", csv}, {"二.csv", "x"}}},
		{"one name in two folders", "a.zip", parcel("甲社区/台账.csv", "1", "乙社区/台账.csv", "2", "说明.csv", "3"), []inner{{"甲社区-台账.csv", "1"}, {"乙社区-台账.csv", "2"}, {"说明.csv", "3"}}},
		{"one name in two folders, and again when joined", "a.zip", parcel("甲/a.csv", "1", "乙/a.csv", "2", "甲-a.csv", "3"), []inner{{"甲-a.csv", "1"}, {"乙-a.csv", "2"}, {"甲-a-2.csv", "3"}}},
		{"what systems leave behind", "a.zip", parcel("a.csv", csv, "__MACOSX/._a.csv", "x", ".DS_Store", "x", "b/Thumbs.db", "x", "~$台账.xlsx", "x", "b/._c.csv", "x"), []inner{{"a.csv", csv}}},
		{"a comment at the end", "a.zip", commented("PK\x05\x06 三月", "a.csv", csv), []inner{{"a.csv", csv}}},
		{"a workbook inside", "a.zip", parcel("台账.xlsx", string(parcel(contentTypes, "<Types/>", "xl/workbook.xml", "<workbook/>"))), []inner{{"台账.xlsx", string(parcel(contentTypes, "<Types/>", "xl/workbook.xml", "<workbook/>"))}}},
		{"a workbook", "台账.xlsx", parcel(contentTypes, "<Types/>", "xl/workbook.xml", "<workbook/>"), nil},
		{"a gzipped workbook", "台账.xlsx.gz", gz(string(parcel(contentTypes, "<Types/>"))), []inner{{"台账.xlsx", string(parcel(contentTypes, "<Types/>"))}}},
		{"an empty file inside", "a.zip", parcel("a.csv", ""), []inner{{"a.csv", ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, packed, err := unpackHere(c.data, c.file, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if packed != (c.want != nil) {
				t.Errorf("packed %v", packed)
			}
		})
	}
}

func TestUnpackRefused(t *testing.T) {
	long := strings.Repeat("序号,内容\n", 200_000) // 2.6 MB, 1:1000
	many := make([]string, 0, 4002)
	for i := range 2001 {
		many = append(many, fmt.Sprintf("%d.csv", i), "")
	}
	zip64 := func(field int, value uint64) []byte { // an archive of one entry, whose size stands in the extra field
		b := make([]byte, 4+24)
		binary.LittleEndian.PutUint16(b, 1)
		binary.LittleEndian.PutUint16(b[2:], 24)
		for i, v := range []uint64{3, 3, 0} {
			binary.LittleEndian.PutUint64(b[4+8*i:], v)
		}
		binary.LittleEndian.PutUint64(b[4+8*field:], value)
		return forge([]forged{{name: "a.csv", text: "a,b", size: 0xFFFFFFFF, offset: 0xFFFFFFFF, extra: b}}, 1)
	}
	good := parcel("a.csv", "a,b\n1,2\n")
	flip := func(data []byte, i int) []byte {
		out := bytes.Clone(data)
		out[i] ^= 0xFF
		return out
	}
	for _, c := range []struct {
		name string
		file string
		data []byte
		lim  Limits
		is   error
		want string
	}{
		{"a bomb", "a.csv.gz", gz(long), Limits{}, ErrLimit, "文件“a.csv.gz”解压后是压缩前的 200 倍以上，疑似压缩炸弹，"},
		{"a bomb in zstd", "a.csv.zst", zst(long), Limits{}, ErrLimit, "文件“a.csv.zst”解压后是压缩前的 200 倍以上，"},
		{"a bomb in zip", "a.zip", parcel("a.csv", long), Limits{}, ErrLimit, "解压后是压缩前的 200 倍以上，"},
		{"too much", "a.csv.gz", gz("0123456789"), Limits{UnpackedBytes: 9}, ErrLimit, "解压后超过 0.1 MiB 的上限，未处理；"},
		{"too much in all", "a.zip", parcel("a", "012345", "b", "012345"), Limits{UnpackedBytes: 9}, ErrLimit, "[limits] 的 unpacked_mib。"},
		{"too many files", "a.zip", parcel(many...), Limits{}, ErrLimit, "里有 2001 个文件，超过 2000 个的上限，"},
		{"more files than bytes", "a.zip", forge([]forged{{name: "a.csv"}}, 60000), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"fewer files than it says", "a.zip", forge([]forged{{name: "a.csv"}, {name: "b.csv"}}, 1), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"gzip in gzip", "a.csv.gz.gz", gz(string(gz("a,b"))), Limits{}, ErrUnsupported, "文件“a.csv.gz.gz”是压缩文件里的 gzip 压缩文件，请先解压，再导入其中的文件。"},
		{"zip in zip", "a.zip", parcel("b.zip", string(good)), Limits{}, ErrUnsupported, "文件“a.zip/b.zip”是压缩文件里的 zip 压缩包，"},
		{"gzip in zip", "a.zip", parcel("b.csv.gz", string(gz("a"))), Limits{}, ErrUnsupported, "文件“a.zip/b.csv.gz”是压缩文件里的 gzip 压缩文件，"},
		{"rar in zip", "a.zip", parcel("b.rar", "Rar!\x1A\x07\x01"), Limits{}, ErrUnsupported, "是压缩文件里的 rar 压缩包，"},
		{"tar in gzip", "a.tgz", gz("a.csv" + strings.Repeat("\x00", 252) + "ustar\x0000" + strings.Repeat("\x00", 300)), Limits{}, ErrUnsupported, "是压缩文件里的 tar 打包文件，"},
		{"an archive of nothing", "a.zip", parcel(), Limits{}, ErrEmpty, "文件“a.zip”里没有文件，"},
		{"an archive of folders", "a.zip", parcel("a/", "", ".DS_Store", "x"), Limits{}, ErrEmpty, "里没有文件，"},
		{"a password", "a.zip", forge([]forged{{name: "a.csv", text: "x", flags: 1}}, 1), Limits{}, ErrUnsupported, "设有解压密码，"},
		{"AES", "a.zip", forge([]forged{{name: "a.csv", text: "x", method: 99}}, 1), Limits{}, ErrUnsupported, "设有解压密码，"},
		{"another method", "a.zip", forge([]forged{{name: "a.csv", text: "x", method: 14}}, 1), Limits{}, ErrUnsupported, "里的“a.csv”用了不常见的压缩方法，"},
		{"a symbolic link", "a.zip", forge([]forged{{name: "a.csv", text: "/etc/passwd", mode: 0o120777}}, 1), Limits{}, ErrUnsupported, "里的“a.csv”是链接或特殊文件，"},
		{"a device", "a.zip", forge([]forged{{name: "a.csv", mode: 0o060600}}, 1), Limits{}, ErrUnsupported, "是链接或特殊文件，"},
		{"a way out", "a.zip", forge([]forged{{name: "../a.csv", text: "x"}}, 1), Limits{}, ErrUnreadable, "里的文件“../a.csv”带有指向压缩包之外的路径，"},
		{"a way out backwards", "a.zip", forge([]forged{{name: `b\..\..\a.csv`, text: "x"}}, 1), Limits{}, ErrUnreadable, "里的文件“b/../../a.csv”带有"},
		{"an absolute name", "a.zip", forge([]forged{{name: "/a.csv", text: "x"}}, 1), Limits{}, ErrUnreadable, "带有指向压缩包之外的路径，"},
		{"a drive", "a.zip", forge([]forged{{name: `C:\a.csv`, text: "x"}}, 1), Limits{}, ErrUnreadable, "带有指向压缩包之外的路径，"},
		{"a name in no encoding", "a.zip", forge([]forged{{name: "\xff\xff.csv", text: "x"}}, 1), Limits{}, ErrUnreadable, "里有文件名无法识别的文件，"},
		{"a name with a line end", "a.zip", forge([]forged{{name: "a\n.csv", text: "x"}}, 1), Limits{}, ErrUnreadable, "里有文件名无法识别的文件，"},
		{"one name twice", "a.zip", forge([]forged{{name: "a.csv", text: "x"}, {name: "a.csv", text: "y"}}, 2), Limits{}, ErrUnreadable, "里有两个文件都叫“a.csv”，"},
		{"two entries in one place", "a.zip", forge([]forged{{name: "a.csv", text: "x"}, {name: "b.csv", localMissing: true, text: "x", offset: 1}}, 2), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"entries that overlap", "a.zip", overlapping(), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"another name in the entry", "a.zip", forge([]forged{{name: "a.csv", localName: "b.csv", text: "x"}}, 1), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"a longer entry than there is", "a.zip", forge([]forged{{name: "a.csv", text: "x", size: 1 << 20}}, 1), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"zip64: unpacked to 2^63", "a.zip", zip64(0, 1<<63), Limits{}, ErrLimit, "解压后超过 8 GiB 的上限，"},
		{"zip64: packed to 2^63", "a.zip", zip64(1, 1<<63), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"zip64: at 2^63", "a.zip", zip64(2, 1<<63), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"half a workbook", "台账.xlsx", good[:60], Limits{}, ErrUnreadable, "文件“台账.xlsx”已损坏，无法读取，请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"something behind the end", "a.zip", append(bytes.Clone(good), "x"...), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"something before the beginning", "a.zip", append([]byte("PK\x03\x04"), good...), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"another checksum", "a.zip", flip(forge([]forged{{name: "a.csv", text: "abc"}}, 1), 35), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"a damaged gzip", "a.csv.gz", flip(gz("a,b\n1,2\n"), 14), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"a gzip with something behind", "a.csv.gz", append(gz("a,b\n"), "x"...), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
		{"a damaged zstd", "a.csv.zst", flip(zst("a,b\n1,2\n"), 5), Limits{}, ErrUnreadable, "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, packed, err := unpackHere(c.data, c.file, c.lim)
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, c.is) || !packed {
				t.Fatalf("%v (packed %v), want %v", err, packed, c.is)
			}
			if !strings.Contains(e.Text, c.want) || !strings.HasSuffix(e.Text, "。") {
				t.Errorf("%s\nwant …%s…", e.Text, c.want)
			}
		})
	}
}

// overlapping is the quine-like bomb: the second entry lies inside the first.
func overlapping() []byte {
	second := forge([]forged{{name: "b.csv", text: "yy"}}, 1)
	local := string(second[:30+5+2])
	return forge([]forged{{name: "a.csv", text: local}, {name: "b.csv", text: "yy", localMissing: true, offset: 35}}, 2)
}

// However a packed file is cut off, it is refused.
func TestUnpackCutOff(t *testing.T) {
	for name, data := range map[string][]byte{
		"a.csv.gz": gz("a,b\n", "1,2\n"), "a.csv.zst": zst("a,b\n1,2\n"), "a.zip": parcel("a.csv", "a,b\n1,2\n", "b.csv", "x"),
	} {
		whole, _, err := unpackHere(data, name, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for n := 4; n < len(data); n++ {
			if got, _, err := unpackHere(data[:n], name, Limits{}); err == nil && !(name == "a.csv.gz" && n == len(gz("a,b\n"))) {
				t.Errorf("%s: %d of %d bytes are unpacked to %v (whole %v)", name, n, len(data), got, whole)
			}
		}
	}
}

// The same through the reader process, into files.
func TestUnpackIntoFiles(t *testing.T) {
	scratch := func() (*os.File, error) { return newScratch(t) }
	big := strings.Repeat("2026-01-05,路灯不亮，请处理\n", 100) + strings.Repeat("x", 3)
	var noise strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&noise, "%d,%s\n", i*7919, "诉求")
	}
	data := parcel("一.csv", big, "二.csv", noise.String())
	f, size := fileOf(t, data)
	parts, err := Unpack(context.Background(), f, size, "台账.zip", scratch, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []inner{{"一.csv", big}, {"二.csv", noise.String()}} {
		got := make([]byte, parts[i].Size)
		if _, err := parts[i].File.ReadAt(got, 0); err != nil {
			t.Fatal(err)
		}
		if parts[i].Name != want.Name || string(got) != want.Text {
			t.Errorf("part %d is %s of %d bytes", i, parts[i].Name, len(got))
		}
		if err := parts[i].Close(); err != nil {
			t.Error(err)
		}
		if _, err := parts[i].File.Stat(); err == nil {
			t.Error("the part is still open")
		}
	}

	plain, n := fileOf(t, []byte("a,b\n"))
	parts, err = Unpack(context.Background(), plain, n, "a.csv", scratch, Limits{})
	if err != nil || len(parts) != 1 || parts[0].File != plain || parts[0].Name != "a.csv" || parts[0].Size != n {
		t.Errorf("%+v, %v", parts, err)
	}
	if parts[0].Close(); plain.Sync() != nil {
		t.Error("what was not unpacked was closed")
	}
}

func TestUnpackFails(t *testing.T) {
	scratch := func() (*os.File, error) { return newScratch(t) }
	bomb := gz(strings.Repeat("0", 4<<20))
	two := parcel("a.csv", strings.Repeat("a,b\n", 1000), "b.zip", string(parcel("c", "d")))
	for _, c := range []struct {
		name    string
		data    []byte
		scratch func() (*os.File, error)
		is      error
		want    string
	}{
		{"a bomb", bomb, scratch, ErrLimit, "疑似压缩炸弹，"},
		{"the second file is packed", two, scratch, ErrUnsupported, "文件“台账/b.zip”是压缩文件里的 zip 压缩包，"},
		{"the disk is full", two, func() (*os.File, error) { return os.OpenFile("/dev/full", os.O_RDWR, 0) }, ErrUnreadable, "无法解压，磁盘空间不足，请管理员清理磁盘后重试。"},
		{"no room for a file", two, func() (*os.File, error) { return nil, os.ErrPermission }, os.ErrPermission, "无法解压，临时目录不能写入，"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, size := fileOf(t, c.data)
			before := descriptors(t)
			parts, err := Unpack(context.Background(), f, size, "台账", c.scratch, Limits{})
			if len(parts) != 0 || !errors.Is(err, c.is) || !strings.Contains(fmt.Sprint(err), c.want) {
				t.Errorf("%d parts, %v", len(parts), err)
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors, %d before", after, before)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f, size := fileOf(t, two)
	if _, err := Unpack(ctx, f, size, "台账", scratch, Limits{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// FuzzZip: an archive that we take is read the same by the standard library.
func FuzzZip(f *testing.F) {
	f.Add(parcel("a.csv", "a,b\n1,2\n", "b/c.csv", "x"))
	f.Add(forge([]forged{{name: gbk("台账.csv"), text: "a"}}, 1))
	f.Add(overlapping())
	f.Add(parcel("a.csv", strings.Repeat("x", 2<<20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !bytes.HasPrefix(data, []byte("PK")) {
			return
		}
		got, packed, err := unpackHere(data, "a.zip", Limits{UnpackedBytes: 16 << 20})
		mustRefuse(t, err)
		if err != nil || !packed {
			return
		}
		r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
			t.Fatalf("we read %d files, the standard library: %v", len(got), err)
		}
		texts := map[string]int{}
		for _, e := range r.File {
			if body, err := e.Open(); err == nil {
				text, _ := io.ReadAll(body) // it also asks the descriptor behind the data, which nobody needs
				texts[string(text)]++
			}
		}
		for _, p := range got {
			if texts[p.Text] == 0 {
				t.Fatalf("%q holds %q to us alone", p.Name, p.Text)
			}
		}
	})
}

// FuzzUnpack: gzip and zstd unpack to what was packed, or are refused; never to more than the limits.
func FuzzUnpack(f *testing.F) {
	f.Add(gz("a,b\n", "1,2\n"))
	f.Add(zst("a,b\n1,2\n"))
	f.Add(gz(strings.Repeat("0", 2<<20)))
	f.Add(zst(strings.Repeat("0", 2<<20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, _, err := unpackHere(data, "a", Limits{UnpackedBytes: 3 << 20})
		mustRefuse(t, err)
		total := 0
		for _, p := range got {
			total += len(p.Text)
		}
		if err == nil && (total > 3<<20 || total > ratioFloor && total > 200*len(data)+200) {
			t.Fatalf("%d bytes unpack to %d", len(data), total)
		}
		if total > 4<<20 {
			t.Fatalf("%d bytes were unpacked before they were too many", total)
		}
		whole, _, err := unpackHere(gz(string(data)), "a.gz", Limits{Ratio: 1 << 20})
		if err == nil && (len(whole) != 1 || whole[0].Text != string(data)) {
			t.Fatal("packed and unpacked are not the same")
		}
	})
}
