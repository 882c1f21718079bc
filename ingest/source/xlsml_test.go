package source

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bookML is a workbook of Excel 2003 as XML: styles, and the rows of its only sheet.
func bookML(styles, rows string) string {
	return `<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">
<Styles>` + styles + `</Styles><Worksheet ss:Name="台账"><Table ss:ExpandedColumnCount="2">` + rows + `</Table></Worksheet></Workbook>`
}

func TestSpreadsheetML(t *testing.T) {
	const styles = `<Style ss:ID="p"><NumberFormat ss:Format="0.0%"/></Style><Style ss:ID="P"><NumberFormat ss:Format="Percent"/></Style><Style ss:ID="d"><NumberFormat ss:Format="Short Date"/></Style><Style ss:ID="s"><NumberFormat ss:Format="Standard"/></Style>`
	cell := func(attr, kind, text string) string {
		return `<Cell ` + attr + `><Data ss:Type="` + kind + `">` + text + `</Data></Cell>`
	}
	for _, c := range []struct {
		name string
		rows string
		want reading
	}{
		{"texts and numbers", "<Row>" + cell("", "String", "路灯 &amp; 井盖&#10;不亮") + cell("", "Number", "12.50") + "</Row>", reading{Rows: []row{{1, []string{"路灯 & 井盖\n不亮", "12.5"}, ""}}}},
		{"percentages", "<Row>" + cell(`ss:StyleID="p"`, "Number", "0.953") + cell(`ss:StyleID="P"`, "Number", "0.5") + "</Row>", reading{Rows: []row{{1, []string{"95.3%", "50%"}, ""}}}},
		{
			"days and times", "<Row>" + cell("", "DateTime", "2023-03-15T00:00:00.000") + cell("", "DateTime", "2023-03-15T09:30:00.000") + cell("", "DateTime", "1899-12-31T09:30:00.000") + cell(`ss:StyleID="d"`, "Number", "45000") + cell(`ss:StyleID="s"`, "Number", "45000") + "</Row>",
			reading{Rows: []row{{1, []string{"2023-03-15", "2023-03-15 09:30:00", "09:30:00", "2023-03-15", "45000"}, ""}}},
		},
		{"truth values and errors", "<Row>" + cell("", "Boolean", "1") + cell("", "Boolean", "0") + cell("", "Error", "#REF!") + "</Row>", reading{Rows: []row{{1, []string{"TRUE", "FALSE", "#REF!"}, ""}}}},
		{"rich text and a comment", `<Row><Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>路</B><Font>灯</Font></ss:Data><Comment><Data>批注</Data></Comment></Cell></Row>`, reading{Rows: []row{{1, []string{"路灯"}, ""}}}},
		{"places that are skipped", `<Row ss:Span="3"/><Row ss:Index="7">` + cell(`ss:Index="3"`, "Number", "1") + cell("", "Number", "2") + "</Row><Row>" + cell("", "Number", "3") + "</Row>", reading{Rows: []row{{7, []string{"", "", "1", "2"}, ""}, {8, []string{"3"}, ""}}}},
		{
			"merged cells", "<Row>" + cell(`ss:MergeAcross="2"`, "String", "题目") + "</Row><Row>" + cell(`ss:MergeDown="1"`, "String", "东") + cell("", "Number", "1") + cell("", "Number", "2") + "</Row><Row>" + cell(`ss:Index="2"`, "Number", "3") + "</Row>",
			reading{Rows: []row{{1, []string{"题目", "题目", "题目"}, ""}, {2, []string{"东", "1", "2"}, ""}, {3, []string{"东", "3"}, ""}}, Merged: []string{"B1", "C1", "A3"}},
		},
		{
			"a formula without a result", `<Row><Cell ss:Formula="=A2"/>` + cell(`ss:Formula="=A3"`, "Number", "5") + "</Row>",
			reading{Rows: []row{{1, []string{"", "5"}, ""}}, Notes: []string{"有 1 个公式没有保存计算结果（首个在 A1），按空白读取；请用 Excel 打开该文件并保存一次，再重新导入"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readGrid(t, textBytes("台账.xls"), []byte(bookML(styles, c.rows)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSpreadsheetMLSheets(t *testing.T) {
	sheet := func(name, text, visible string) string {
		return `<Worksheet ss:Name="` + name + `"><Table><Row><Cell><Data ss:Type="String">` + text + `</Data></Cell></Row></Table><WorksheetOptions><Visible>` + visible + `</Visible></WorksheetOptions></Worksheet>`
	}
	book := strings.Replace(bookML("", ""), "<Worksheet", sheet("底稿", "藏", "SheetHidden")+sheet("三月", "看", "")+"<Worksheet", 1)
	newBook := func() *text {
		t.Helper()
		b, err := newText(strings.NewReader(book), int64(len(book)), "台账.xls", Options{}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	tables, err := spreadsheetMLTables(newBook(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Table{{"底稿", true}, {"三月", false}}, tables); diff != "" {
		t.Error(diff)
	}
	for table, want := range map[string]string{"": "看", "底稿": "藏"} {
		got, err := readGrid(t, textBytes("台账.xls"), []byte(book), Options{Table: table})
		if err != nil || len(got.Rows) != 1 || got.Rows[0].Cells[0] != want {
			t.Error(table, got, err)
		}
	}
}

func TestSpreadsheetMLRefused(t *testing.T) {
	for _, c := range []struct {
		name, in string
		is       error
		text     string
	}{
		{"other XML", `<?xml version="1.0"?><root><row/></root>`, ErrUnsupported, "是 XML 文件，但不是 Excel 表格，暂不支持，请从原系统导出为 CSV 再导入。"},
		{"empty", bookML("", ""), ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。"},
		{"a document type", `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>` + bookML("", "")[21:], ErrUnreadable, "已损坏（XML 中有文档类型声明（DOCTYPE）），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"cut short", bookML("", "<Row><Cell><Data ss:Type=\"String\">a</Data></Cell></Row>")[:360], ErrUnreadable, "已损坏（XML 标记不完整或过长），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"a row twice", bookML("", `<Row><Cell><Data>a</Data></Cell></Row><Row ss:Index="1"><Cell><Data>a</Data></Cell></Row>`), ErrUnreadable, "已损坏（第 1 行之后的行号无法识别），请用 Excel 或 WPS 打开后另存，再重新导入。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readGrid(t, textBytes("台账.xls"), []byte(c.in), Options{})
			if !errors.Is(err, c.is) || err.Error() != "文件“台账.xls”"+c.text {
				t.Errorf("%v\nwant %s", err, c.text)
			}
		})
	}
}

// FuzzSpreadsheetML is FuzzXLSX for the workbooks of Excel 2003.
func FuzzSpreadsheetML(f *testing.F) {
	f.Add(`<Style ss:ID="d"><NumberFormat ss:Format="Short Date"/></Style>`, `<Row ss:Index="2"><Cell ss:StyleID="d" ss:MergeDown="3"><Data ss:Type="Number">45000</Data></Cell></Row>`)
	f.Add("", `<Row ss:Span="2"/><Row><Cell ss:Index="5" ss:MergeAcross="9"><Data ss:Type="String">a<B>b</B></Data></Cell></Row>`)
	f.Fuzz(func(t *testing.T, styles, rows string) {
		fuzzGrid(t, textBytes("x.xls"), []byte(bookML(styles, rows)))
	})
}
