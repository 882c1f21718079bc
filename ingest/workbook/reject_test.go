package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// part gives one part of a workbook.
func part(t *testing.T, book []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// cellXML is a cell as the standard writes it.
type cellXML struct {
	At      string `xml:"r,attr"`
	Type    string `xml:"t,attr"`
	Formula string `xml:"f"`
	Value   string `xml:"v"`
	Inline  string `xml:"is>t"`
}

// cells reads a sheet without excelize. Texts stand inline, as stream writers write them.
func cells(t *testing.T, book []byte, sheet string) [][]string {
	t.Helper()
	var x struct {
		Rows []struct {
			Cells []cellXML `xml:"c"`
		} `xml:"sheetData>row"`
	}
	if err := xml.Unmarshal(part(t, book, sheet), &x); err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, r := range x.Rows {
		row := []string{}
		for _, c := range r.Cells {
			if c.Formula != "" {
				t.Errorf("%s holds a formula: %s", c.At, c.Formula)
			}
			if c.Value != "" {
				t.Errorf("%s is no inline text: %s", c.At, c.Value)
			}
			row = append(row, c.Inline)
		}
		out = append(out, row)
	}
	return out
}

func rejectsOf(t *testing.T, sheets ...RejectSheet) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteRejects(&b, sheets); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var refused = RejectSheet{
	Name: "3月", Header: []string{"受理日期", "网格编码", "诉求内容"},
	Rows: []RejectLine{
		{ID: "12-5", Row: 5, Reason: "“2月30日”不是日期", Cells: []string{"2月30日", "041002001", "=HYPERLINK(\"http://x\",\"点我\")"}},
		{ID: "12-9", Row: 9, Reason: "缺少受理日期", Cells: []string{"", "041002002", "楼道灯不亮\n三单元\x00", "多出的一格"}},
	},
}

func TestRejectsKeepTheLedgersColumns(t *testing.T) {
	got := cells(t, rejectsOf(t, refused), "xl/worksheets/sheet1.xml")
	want := [][]string{
		{"受理日期", "网格编码", "诉求内容", "", "行号", "原因", "退回编号"},
		{"2月30日", "041002001", "=HYPERLINK(\"http://x\",\"点我\")", "", "5", "“2月30日”不是日期", "12-5"},
		{"", "041002002", "楼道灯不亮\n三单元", "多出的一格", "9", "缺少受理日期", "12-9"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSameRowsSameBytes(t *testing.T) {
	if !bytes.Equal(rejectsOf(t, refused), rejectsOf(t, refused)) {
		t.Error("two runs differ")
	}
}

func TestNamesOfSheets(t *testing.T) {
	long := strings.Repeat("长", 40)
	b := rejectsOf(t,
		RejectSheet{Name: "1月"}, RejectSheet{Name: "1月"}, RejectSheet{Name: "a/b:c[1]'"}, RejectSheet{},
		RejectSheet{Name: long}, RejectSheet{Name: long}, RejectSheet{Name: "ABC"}, RejectSheet{Name: "abc"})
	var x struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := xml.Unmarshal(part(t, b, "xl/workbook.xml"), &x); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range x.Sheets {
		got = append(got, s.Name)
	}
	want := []string{"1月", "1月（2）", "abc1", "退回的行", strings.Repeat("长", 31), strings.Repeat("长", 28) + "（2）", "ABC", "abc（2）"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPlainText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a\x01b\r\n\tc", "ab\n\tc"},
		{"\xff坏", "\uFFFD坏"},
		{strings.Repeat("字", 40_000), strings.Repeat("字", 32_766) + "…"},
	} {
		if got := plain(c.in); got != c.want {
			t.Errorf("%.20q: %.20q", c.in, got)
		}
	}
}
