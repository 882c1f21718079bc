package geo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

type dbfTestField struct {
	name            string
	kind            byte
	width, decimals int
}

// dbfFile writes a table; a record that begins with "*" is a deleted one, others get
// the space that means it is not. Records are padded or cut to their length.
func dbfFile(language byte, fields []dbfTestField, records ...string) string {
	head := make([]byte, 32)
	head[0], head[29] = 3, language
	width := 1
	var descriptors bytes.Buffer
	for _, f := range fields {
		d := make([]byte, 32)
		copy(d[:11], f.name)
		d[11], d[16], d[17] = f.kind, byte(f.width), byte(f.decimals)
		if f.kind == 'C' && f.width > 255 {
			d[17] = byte(f.width >> 8)
		}
		width += f.width
		descriptors.Write(d)
	}
	binary.LittleEndian.PutUint32(head[4:], uint32(len(records)))
	binary.LittleEndian.PutUint16(head[8:], uint16(32+descriptors.Len()+1))
	binary.LittleEndian.PutUint16(head[10:], uint16(width))
	out := append(append(head, descriptors.Bytes()...), dbfEnd)
	for _, r := range records {
		if !strings.HasPrefix(r, "*") {
			r = " " + r
		}
		r += strings.Repeat(" ", max(0, width-len(r)))
		out = append(out, r[:width]...)
	}
	return string(append(out, 0x1A))
}

func TestDBFValues(t *testing.T) {
	for _, tt := range []struct {
		name  string
		field dbfTestField
		cell  string
		want  string
	}{
		{"text", dbfTestField{"A", 'C', 12, 0}, "  网格一 ", "网格一"},
		{"text ended by zero", dbfTestField{"A", 'C', 10, 0}, "ab\x00cd", "ab"},
		{"text of 300 bytes", dbfTestField{"A", 'C', 300, 0}, strings.Repeat("x", 300), strings.Repeat("x", 300)},
		{"decimals of a text mean nothing if the widths fit", dbfTestField{"A", 'C', 4, 1}, "abcd", "abcd"},
		{"bytes that are no number", dbfTestField{"A", 'N', 4, 0}, "1\xff2", "1�2"},
		{"code of 20 digits", dbfTestField{"A", 'N', 20, 0}, "41150200400100000012", "41150200400100000012"},
		{"code with decimals that say nothing", dbfTestField{"A", 'N', 12, 3}, "  101.000", "101"},
		{"leading zeroes", dbfTestField{"A", 'N', 6, 0}, "000101", "000101"},
		{"number", dbfTestField{"A", 'F', 10, 2}, "   -12.50", "-12.50"},
		{"number with exponent", dbfTestField{"A", 'F', 19, 11}, "1.20829536234e+000", "1.20829536234e+000"},
		{"number that did not fit", dbfTestField{"A", 'N', 5, 0}, "*****", ""},
		{"no number", dbfTestField{"A", 'N', 5, 0}, "", ""},
		{"number of zero bytes", dbfTestField{"A", 'N', 3, 0}, "\x00\x00\x00", ""},
		{"yes", dbfTestField{"A", 'L', 1, 0}, "Y", "true"},
		{"no", dbfTestField{"A", 'L', 1, 0}, "f", "false"},
		{"unknown", dbfTestField{"A", 'L', 1, 0}, "?", ""},
		{"date", dbfTestField{"A", 'D', 8, 0}, "20260228", "2026-02-28"},
		{"no such day stays as it is", dbfTestField{"A", 'D', 8, 0}, "20260230", "2026023"},
		{"empty date", dbfTestField{"A", 'D', 8, 0}, "00000000", ""},
		{"integer", dbfTestField{"A", 'I', 4, 0}, "\xfe\xff\xff\xff", "-2"},
		{"integer of the wrong width", dbfTestField{"A", 'I', 2, 0}, "\x01\x00", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := readDBF(part("a.dbf", dbfFile(0, []dbfTestField{{"BEFORE", 'C', 3, 0}, tt.field, {"MEMO", 'M', 10, 0}, {"AFTER", 'C', 3, 0}}, "abc"+tt.cell)), ReadSettings{}.budget())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.decode("", ""); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(d.props(), []string{"BEFORE", "A", "AFTER"}) || d.rows[0][0] != "abc" || d.rows[0][1] != tt.want {
				t.Errorf("got %q %q, want %q", d.props(), d.rows, tt.want)
			}
		})
	}
}

func TestDBFEncoding(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("浦东新区")
	if err != nil {
		t.Fatal(err)
	}
	rare, err := simplifiedchinese.GB18030.NewEncoder().String("𠮷㐂")
	if err != nil {
		t.Fatal(err)
	}
	big5, err := traditionalchinese.Big5.NewEncoder().String("臺北")
	if err != nil {
		t.Fatal(err)
	}
	gbkName, err := simplifiedchinese.GBK.NewEncoder().String("名称")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name       string
		language   byte
		given, cpg string
		field      string
		width      int
		cell       string
		encoding   string
		want       string
		wantField  string
	}{
		{"plain letters", 0, "", "", "NAME", 8, "abc", "utf-8", "abc", "NAME"},
		{"UTF-8 that nobody declares", 0, "", "", "NAME", 12, "浦东新区", "utf-8", "浦东新区", "NAME"},
		{"GBK that nobody declares, in the names too", 0, "", "", gbkName, 8, gbk, "gb18030", "浦东新区", "名称"},
		{"GBK by language driver", 0x4D, "", "", "NAME", 8, gbk, "gb18030", "浦东新区", "NAME"},
		{"GBK beside a .cpg that says UTF-8", 0, "", "UTF-8", "NAME", 8, gbk, "gb18030", "浦东新区", "NAME"},
		{"ANSI of an unknown machine", 0x57, "", "", "NAME", 8, gbk, "gb18030", "浦东新区", "NAME"},
		{"GB18030 by .cpg with a line end", 0, "", "GB18030\r\n", "NAME", 8, rare, "gb18030", "𠮷㐂", "NAME"},
		{"code page by .cpg", 0, "", "936", "NAME", 8, gbk, "gb18030", "浦东新区", "NAME"},
		{"ANSI 936 by .cpg", 0, "", "ANSI 936", "NAME", 8, gbk, "gb18030", "浦东新区", "NAME"},
		{"Big5 by language driver", 0x78, "", "", "NAME", 4, big5, "big5", "臺北", "NAME"},
		{"Big5 given, though the .cpg says otherwise", 0, "big5", "UTF-8", "NAME", 4, big5, "big5", "臺北", "NAME"},
		{".cpg that means nothing", 0, "", "OEM", "NAME", 12, "浦东新区", "utf-8", "浦东新区", "NAME"},
		{"UTF-8 cut off in a character", 0, "", "UTF-8", "NAME", 10, "浦东新区", "utf-8", "浦东新", "NAME"},
		{"GBK cut off in a character", 0x4D, "", "", "NAME", 7, gbk, "gb18030", "浦东新", "NAME"},
		{"name of the field cut off in a character", 0, "", "UTF-8", "网格员姓名", 6, "ab", "utf-8", "ab", "网格员"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := readDBF(part("a.dbf", dbfFile(tt.language, []dbfTestField{{tt.field, 'C', tt.width, 0}}, tt.cell)), ReadSettings{}.budget())
			if err != nil {
				t.Fatal(err)
			}
			encoding, err := d.decode(tt.given, tt.cpg)
			if err != nil || encoding != tt.encoding || d.rows[0][0] != tt.want || d.props()[0] != tt.wantField {
				t.Errorf("got %q %q %q, %v; want %q %q %q", encoding, d.rows[0][0], d.props()[0], err, tt.encoding, tt.want, tt.wantField)
			}
		})
	}
	for given, cell := range map[string]string{"utf-8": gbk, "klingon": "a", "utf-16": "a", "": "\xff\xffab\xff"} {
		d, err := readDBF(part("a.dbf", dbfFile(0, []dbfTestField{{"NAME", 'C', 20, 0}}, cell)), ReadSettings{}.budget())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.decode(given, ""); !errors.Is(err, ErrEncoding) {
			t.Errorf("%q read as %q: %v", cell, given, err)
		}
	}
}

func TestDBFRefuses(t *testing.T) {
	good := dbfFile(0, []dbfTestField{{"CODE", 'C', 4, 0}, {"N", 'N', 5, 0}}, "01", "02")
	change := func(at int, bytes ...byte) string {
		b := []byte(good)
		copy(b[at:], bytes)
		return string(b)
	}
	for _, tt := range []struct{ name, data string }{
		{"empty", ""},
		{"cut off in the header", good[:20]},
		{"cut off in the fields", good[:50]},
		{"cut off in the last record", good[:len(good)-2]},
		{"2³² records", change(4, 0xff, 0xff, 0xff, 0xff)},
		{"header of no length", change(8, 0, 0)},
		{"header longer than the file", change(8, 0xff, 0xff)},
		{"records of no length", change(10, 0, 0)},
		{"fields longer than the record", change(32+16, 200)},
		{"records shorter than the fields", change(10, 5, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := readDBF(part("a.dbf", tt.data), ReadSettings{}.budget())
			if !errors.Is(err, ErrShapefile) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("got %v, %v", d, err)
			}
		})
	}
	if _, err := readDBF(part("a.dbf", good[:len(good)-1]), ReadSettings{}.budget()); err != nil {
		t.Errorf("the mark at the end is optional: %v", err)
	}
	wide := dbfFile(0, slices.Repeat([]dbfTestField{{"A", 'C', 0, 0}}, 2000), slices.Repeat([]string{""}, 5000)...)
	if _, err := readDBF(part("a.dbf", wide), ReadSettings{MaxBytes: 1 << 20}.budget()); !errors.Is(err, ErrTooLarge) {
		t.Errorf("2,000 empty fields of 5,000 records: %v", err)
	}
}

func TestNamesOfPropertiesAreDistinct(t *testing.T) {
	got := distinct([]string{"code", " ", "name", "name", "name_2", "code", "name", ""})
	want := []string{"code", "第2列", "name", "name_3", "name_2", "code_2", "name_4", "第8列"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzDBF(f *testing.F) {
	f.Add([]byte(dbfFile(0x4D, []dbfTestField{{"CODE", 'C', 4, 0}, {"N", 'N', 5, 2}}, "01   1.0", "*02", "03\xb1\xa6")), "")
	f.Add([]byte(dbfFile(0, []dbfTestField{{"L", 'L', 1, 0}, {"D", 'D', 8, 0}, {"I", 'I', 4, 0}, {"M", 'M', 10, 0}, {"F", 'F', 19, 11}}, "T20260101")), "UTF-8")
	f.Add([]byte(dbfFile(0x78, []dbfTestField{{"LONG", 'C', 700, 0}}, "网格")), "OEM")
	f.Fuzz(func(t *testing.T, data []byte, cpg string) {
		d, err := readDBF(part("a.dbf", string(data)), ReadSettings{MaxBytes: 1 << 24}.budget())
		if err != nil {
			var text *Error
			if !errors.As(err, &text) || text.Text == "" {
				t.Fatalf("not a sentence: %v", err)
			}
			return
		}
		if _, err := d.decode("", cpg); err != nil {
			if !errors.Is(err, ErrEncoding) {
				t.Errorf("%v", err)
			}
			return
		}
		props := d.props()
		if len(slices.Compact(slices.Sorted(slices.Values(props)))) != len(props) {
			t.Errorf("names repeat: %q", props)
		}
		for _, row := range d.rows {
			if row != nil && len(row) != len(props) {
				t.Fatalf("%d values of %d properties", len(row), len(props))
			}
			for i, s := range row {
				if d.fields[i].kind == 'C' && !utf8.ValidString(s) {
					t.Errorf("%q is not UTF-8", s)
				}
			}
		}
	})
}
