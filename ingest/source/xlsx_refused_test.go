package source

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestXLSXRefused(t *testing.T) {
	const damaged = "，请用 Excel 或 WPS 打开后另存，再重新导入。"
	one := `<c r="A1"><v>1</v></c>`
	good := bookOf(sheetData(one), "<si><t>甲</t></si>", "")
	sheet := func(s string) parts { return good.with("xl/worksheets/sheet1.xml", s) }
	rows := func(s string) parts { return sheet("<worksheet>" + s + "</worksheet>") }
	const doctype = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>`
	for _, c := range []struct {
		name string
		book parts
		is   error
		text string
	}{
		{"a document type in the sheet", sheet(doctype + good["xl/worksheets/sheet1.xml"]), ErrUnreadable, "已损坏（XML 中有文档类型声明（DOCTYPE））" + damaged},
		{"a document type in the shared strings", good.with("xl/sharedStrings.xml", doctype+"<sst><si><t>&b;</t></si></sst>"), ErrUnreadable, "已损坏（XML 中有文档类型声明（DOCTYPE））" + damaged},
		{"a document type in the workbook", good.with("xl/workbook.xml", doctype+good["xl/workbook.xml"]), ErrUnreadable, "已损坏（XML 中有文档类型声明（DOCTYPE））" + damaged},
		{"an entity nobody defined", rows(sheetData(inline("A1", "&b;"))), ErrUnreadable, "已损坏（XML 中有未定义的字符引用）" + damaged},
		{"elements nested 10,000 deep", rows(strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000) + sheetData(one)), ErrUnreadable, "已损坏（XML 嵌套过深）" + damaged},
		{"a tag of two megabytes", rows("<a b='" + strings.Repeat("x", 2<<20) + "'/>" + sheetData(one)), ErrUnreadable, "已损坏（XML 标记不完整或过长）" + damaged},
		{"tags that do not match", rows("<sheetData><row><c><v>1</c></v></row></sheetData>"), ErrUnreadable, "已损坏（XML 标记没有配对）" + damaged},
		{"XML that ends early", sheet("<worksheet>" + sheetData(one)), ErrUnreadable, "已损坏（XML 内容不完整）" + damaged},
		{"XML that goes on", sheet("<worksheet/><worksheet/>"), ErrUnreadable, "已损坏（XML 标记有误）" + damaged},
		{"an empty part", sheet(" "), ErrUnreadable, "已损坏（XML 内容不完整）" + damaged},
		{"text in front of the root", sheet("x<worksheet/>"), ErrUnreadable, "已损坏（XML 根元素之外有文字）" + damaged},
		{"an attribute without quotes", rows(`<sheetData><row r=1><c/></row></sheetData>`), ErrUnreadable, "已损坏（XML 属性有误）" + damaged},
		{"row 2147483647", rows(`<sheetData><row r="2147483647">` + one + `</row></sheetData>`), ErrUnreadable, "已损坏（第 0 行之后的行号无法识别）" + damaged},
		{"row -1", rows(`<sheetData><row r="-1">` + one + `</row></sheetData>`), ErrUnreadable, "已损坏（第 0 行之后的行号无法识别）" + damaged},
		{"row 0", rows(`<sheetData><row r="0"/></sheetData>`), ErrUnreadable, "已损坏（第 0 行之后的行号无法识别）" + damaged},
		{"rows in reverse", rows(`<sheetData><row r="5"><c r="A5"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c></row></sheetData>`), ErrUnreadable, "已损坏（行的顺序颠倒，第 5 行之后又有第 3 行）" + damaged},
		{"a row twice", rows(`<sheetData><row r="5"><c r="A5"><v>1</v></c></row><row r="5"><c r="A5"><v>1</v></c></row></sheetData>`), ErrUnreadable, "已损坏（行的顺序颠倒，第 5 行之后又有第 5 行）" + damaged},
		{"a cell of another row", rows(`<sheetData><row r="5"><c r="A6"><v>1</v></c></row></sheetData>`), ErrUnreadable, "已损坏（第 5 行有单元格的位置无法识别）" + damaged},
		{"a column past the last", rows(`<sheetData><row r="1"><c r="XFE1"><v>1</v></c></row></sheetData>`), ErrUnreadable, "已损坏（有单元格的位置无法识别）" + damaged},
		{"cells past the last column", rows(`<sheetData><row r="1"><c r="XFD1"/><c><v>1</v></c></row></sheetData>`), ErrUnreadable, "已损坏（第 1 行有单元格的位置无法识别）" + damaged},
		{"a cell without a row", rows(`<sheetData><row r="1"><c r="A"><v>1</v></c></row></sheetData>`), ErrUnreadable, "已损坏（有单元格的位置无法识别）" + damaged},
		{"a cell of a type nobody knows", rows(sheetData(`<c r="A1" t="zz"><v>1</v></c>`)), ErrUnreadable, "已损坏（有单元格的类型无法识别）" + damaged},
		{"a shared string that is not there", rows(sheetData(`<c r="A1" t="s"><v>1</v></c>`)), ErrUnreadable, "已损坏（A1 单元格的文字缺失）" + damaged},
		{"a negative shared string", rows(sheetData(`<c r="A1" t="s"><v>-1</v></c>`)), ErrUnreadable, "已损坏（A1 单元格的文字缺失）" + damaged},
		{"shared strings that are not there", good.with("xl/sharedStrings.xml", "").with("xl/worksheets/sheet1.xml", `<worksheet>`+sheetData(`<c r="A1" t="s"><v>0</v></c>`)+`</worksheet>`), ErrUnreadable, "已损坏（A1 单元格的文字缺失）" + damaged},
		{"a merged range nobody can find", rows(sheetData(one) + `<mergeCells><mergeCell ref="A1:ZZZZ9"/></mergeCells>`), ErrUnreadable, "已损坏（有合并单元格的位置无法识别）" + damaged},
		{"merged ranges without number", rows(sheetData(one) + `<mergeCells>` + strings.Repeat(`<mergeCell ref="A1:XFD9"/>`, 1025) + `</mergeCells>`), ErrUnreadable, "已损坏（合并单元格过多）" + damaged},
		{"a sheet that is not there", good.with("xl/worksheets/sheet1.xml", ""), ErrUnreadable, "已损坏（其中缺少“xl/worksheets/sheet1.xml”）" + damaged},
		{"a sheet that nothing leads to", good.with("xl/_rels/workbook.xml.rels", ""), ErrUnreadable, "已损坏（找不到工作表“台账”）" + damaged},
		{"no workbook", good.with("xl/workbook.xml", ""), ErrUnreadable, "已损坏（其中没有工作簿）" + damaged},
		{"two parts of one name", good.with("XL/Workbook.xml", "<workbook/>"), ErrUnreadable, "已损坏（其中有两个“xl/workbook.xml”）" + damaged},
		{"a path out of the package", good.with("xl/_rels/workbook.xml.rels", bookRels("../../../etc/passwd", "a", "b")), ErrUnreadable, "已损坏（其中缺少“etc/passwd”）" + damaged},
		{"a workbook without sheets", good.with("xl/workbook.xml", "<workbook><sheets/></workbook>"), ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。"},
		{"an empty sheet", rows(sheetData("", "<c r='A2' s='1'/>")), ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。"},
		{"only a hidden sheet", good.with("xl/workbook.xml", strings.Replace(good["xl/workbook.xml"], "<sheet ", `<sheet state="hidden" `, 1)), ErrEmpty, "看得见的工作表都是空的；如数据在隐藏的工作表中，请取消隐藏后再导入。"},
		{"a binary workbook", good.with("_rels/.rels", strings.Replace(good["_rels/.rels"], "workbook.xml", "workbook.bin", 1)), ErrUnsupported, "是二进制 Excel 工作簿（xlsb），暂不支持，请用 Excel 打开后另存为“Excel 工作簿（xlsx）”再导入。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readGrid(t, xlsxBytes, c.book.zip(t), Options{Limits: Limits{Ratio: 5000}})
			if !errors.Is(err, c.is) || err.Error() != "文件“台账.xlsx”"+c.text {
				t.Errorf("%v\nwant %s", err, c.text)
			}
		})
	}
}

func TestXLSXLimits(t *testing.T) {
	long := strings.Repeat("x", 2000)
	book := bookOf(sheetData(inline("A1", "1"), inline("A2", "x"+long), `<c r="A3" t="s"><v>0</v></c>`, `<c r="A4" t="str"><v>`+long+`</v></c>`, inline("A5", long)), "<si><t>y"+long+"</t></si>", "")
	t.Run("cells that are too long spoil their rows", func(t *testing.T) {
		got, err := readGrid(t, xlsxBytes, book.zip(t), Options{Limits: Limits{CellBytes: 2000}})
		if err != nil {
			t.Fatal(err)
		}
		want := []row{{1, []string{"1"}, ""}, {2, nil, CellTooLong}, {3, nil, CellTooLong}, {4, []string{long}, ""}, {5, []string{long}, ""}}
		if diff := cmp.Diff(want, got.Rows); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("no row can be read", func(t *testing.T) {
		_, err := readGrid(t, xlsxBytes, bookOf(sheetData(inline("A1", long), inline("A2", long)), "", "").zip(t), Options{Limits: Limits{CellBytes: 9}})
		if err == nil || err.Error() != "文件“台账.xlsx”没有一行可以读取；第 1 行："+CellTooLong.Message()+"。" {
			t.Error(err)
		}
	})
	t.Run("a row of nine megabytes", func(t *testing.T) {
		cells := ""
		for i := range 9 {
			cells += fmt.Sprintf(`<c r="%s" t="s"><v>0</v></c>`, cellName(2, i))
		}
		book := bookOf(sheetData(inline("A1", "1"), cells), "<si><t>"+strings.Repeat("y", 1<<20)+"</t></si>", "")
		got, err := readGrid(t, xlsxBytes, book.zip(t), Options{Limits: Limits{Ratio: 5000}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]row{{1, []string{"1"}, ""}, {2, nil, RecordTooLong}}, got.Rows); diff != "" {
			t.Error(diff)
		}
	})
	for _, c := range []struct {
		name   string
		data   []byte
		limits Limits
		text   string
	}{
		{"too many rows", book.zip(t), Limits{Rows: 4}, "超过 4 行的上限"},
		{"too many parts", book.zip(t), Limits{Entries: 6}, "里有 7 个文件，超过 6 个的上限"},
		{"too much in all", book.zip(t), Limits{UnpackedBytes: 1000}, "解压后超过 0.1 MiB 的上限"},
		{"a part that is a bomb", bookOf(sheetData(inline("A1", strings.Repeat(" ", 20<<20))), "", "").zip(t), Limits{}, "疑似压缩炸弹"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readGrid(t, xlsxBytes, c.data, Options{Limits: c.limits})
			if !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v\nwant …%s…", err, c.text)
			}
		})
	}
}

// A merged text that would fill memory, or the pipe behind it, is refused before it does.
func TestXLSXMergedTextIsBounded(t *testing.T) {
	rows := []string{inline("A1", strings.Repeat("长", 300_000)) + inline("XX1", "1")}
	for i := range 3 {
		rows = append(rows, inline(fmt.Sprintf("XX%d", i+2), "1"))
	}
	data := bookOf(sheetData(rows...)+`<mergeCells><mergeCell ref="A1:XW9"/></mergeCells>`, "", "").zip(t)
	_, err := readGrid(t, xlsxBytes, data, Options{Limits: Limits{Ratio: 5000}})
	if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "已损坏（合并单元格中重复的文字过多）") {
		t.Error(err)
	}
}

// A sheet with 65,000 formatted blank rows costs their reading, but no row and no cell.
func TestXLSXBlankRowsCostNothing(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<sheetData><row r="1"><c r="A1"><v>1</v></c></row>`)
	for r := 2; r <= 65_000; r++ {
		fmt.Fprintf(&b, `<row r="%d" ht="15" customHeight="1"><c r="A%d" s="1"/><c r="R%d" s="1"/></row>`, r, r, r)
	}
	data := bookOf(b.String()+"</sheetData>", "", "").zip(t)
	allocated := testing.AllocsPerRun(1, func() {
		s, err := xlsxBytes(data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readAll(t, s)
		if err != nil || len(rows) != 1 {
			t.Fatal(len(rows), err)
		}
	})
	if allocated > 1000 {
		t.Errorf("%.0f allocations", allocated)
	}
}

func TestXLSXReal(t *testing.T) {
	texts := func(cells ...string) []row {
		var out []row
		for i, c := range cells {
			out = append(out, row{int64(i + 1), strings.Split(c, "|"), ""})
		}
		return out
	}
	for _, c := range []struct {
		file   string
		is1904 bool
		want   reading
	}{
		{"calamine_date_1904.xlsx", true, reading{Rows: texts("2021-01-01|15", "2021-01-02|16", "255:10:10|17")}},
		{"calamine_date_iso.xlsx", false, reading{Rows: texts("2021-01-01", "2021-01-01 10:10:10", "10:10:10", "This workbook contains datetime in ISO 8601", "Please, check source code of the file, if you resave it", "Created with openpyxl, see https://openpyxl.readthedocs.io/en/latest/datetime.html#using-the-iso-8601-format")}},
		{"calamine_date_quoted_format.xlsx", false, reading{Rows: texts("2021-01-01", "2021-01-01", "2021-01-01", "2021-01-01")}},
		{"calamine_encoded_entities.xlsx", false, reading{Rows: texts("&", "\n")}},
		{"calamine_header-row.xlsx", false, reading{Rows: []row{{3, []string{"", "", "Note 1"}, ""}, {9, []string{"Columns", "Column A", "Column B", "Column C"}, ""}, {10, []string{"put data here", "1", "2", "3"}, ""}}}},
		{"calamine_merge_cells.xlsx", false, reading{Rows: texts("Row Merge|Row Merge|Not Merged", "Column Merge|Chunk Merged|Chunk Merged"), Merged: []string{"B1", "C2"}}},
		{"calamine_merged_range.xlsx", false, reading{Rows: []row{{1, strings.Split("A1|B1|C1|C1|E1|F1|G1|H1", "|"), ""}, {3, strings.Split("A3|B3|C3|C3|E3|F3|G3|H3", "|"), ""}, {4, strings.Split("A4|B4|C4|C4|E4|F4|G4|H4", "|"), ""}}, Merged: []string{"D1", "D3", "D4"}}},
		{"calamine_no-header.xlsx", false, reading{Rows: []row{{3, []string{"a", "0"}, ""}, {4, []string{"b", "1"}, ""}}}},
	} {
		t.Run(c.file, func(t *testing.T) {
			data, err := os.ReadFile(shared(t, "xlsx", c.file))
			if err != nil {
				t.Fatal(err)
			}
			got, err := readGrid(t, xlsxBytes, data, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if s, err := xlsxBytes(data, Options{}); err != nil || s.Serial1904() != c.is1904 {
				t.Error(err)
			}
		})
	}
}

func TestXLSXMessages(t *testing.T) {
	data, err := os.ReadFile(shared(t, "messages", "附件4_答复.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := readGrid(t, xlsxBytes, data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 2817 || len(got.Notes) > 0 || len(got.Merged) > 0 {
		t.Fatalf("%d rows, %v, %d merged", len(got.Rows), got.Notes, len(got.Merged))
	}
	if diff := cmp.Diff([]string{"留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"}, got.Rows[0].Cells); diff != "" {
		t.Error(diff)
	}
	longest := 0
	for i, r := range got.Rows {
		if r.Row != int64(i+1) || r.Bad != "" || len(r.Cells) != 7 {
			t.Fatalf("row %d: %d cells, %s", r.Row, len(r.Cells), r.Bad)
		}
		for _, c := range r.Cells {
			longest = max(longest, len([]rune(c)))
		}
	}
	for _, c := range []struct {
		row, column int
		want        string
	}{
		{7, 3, "2019-04-08 08:37:20"}, // the one cell that is a date
		{1141, 6, "2018/4/24"},        // the one text without a time
		{2, 3, "2019/4/25 9:32:09"},
		{2817, 0, "185986"},
	} {
		if got := strings.TrimSpace(got.Rows[c.row-1].Cells[c.column]); got != c.want {
			t.Errorf("%s: %q, want %q", cellName(int64(c.row), c.column), got, c.want)
		}
	}
	if longest != 7883 || !strings.HasPrefix(got.Rows[1].Cells[4], "\n\t\t") {
		t.Errorf("the longest cell has %d characters; %q", longest, got.Rows[1].Cells[4][:10])
	}
}

func TestXLSXDamagedZip(t *testing.T) {
	good := bookOf(sheetData(inline("A1", strings.Repeat("路灯不亮", 100))), "", "").zip(t)
	t.Run("a byte here and there", func(t *testing.T) {
		for i := 0; i < len(good); i += 7 {
			data := bytes.Clone(good)
			data[i] ^= 0x55
			fuzzGrid(t, xlsxBytes, data)
		}
	})
	t.Run("cut short everywhere", func(t *testing.T) {
		for i := range good {
			if _, err := xlsxBytes(good[:i], Options{}); !errors.Is(err, ErrUnreadable) {
				t.Fatalf("%d of %d bytes: %v", i, len(good), err)
			}
		}
	})
}

// FuzzXLSX: whatever the parts hold, there is no panic, and rows and merged cells are what Batch says.
func FuzzXLSX(f *testing.F) {
	f.Add(sheetData(`<c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>45000</v></c>`, inline("A2", "甲&amp;乙"))+`<mergeCells><mergeCell ref="A1:A3"/></mergeCells>`, "<si><t>a_x000D_</t></si>", `<numFmts><numFmt numFmtId="164" formatCode="h:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>`)
	f.Add(`<sheetData><row><c t="d"><v>2021-01-01T10:10:10</v></c><c t="b"><v>1</v></c></row><row r="7"><c r="C7"><f>A1</f></c></row></sheetData>`, "<si><r><t>a</t></r><rPh><t>b</t></rPh></si>", "")
	f.Add(`<sheetData><row r="1"><c r="XFD1"><v>1E400</v></c></row></sheetData>`, "<!-- --><si><![CDATA[x]]></si>", "<cellXfs/>")
	f.Fuzz(func(t *testing.T, sheet, shared, styles string) {
		fuzzGrid(t, xlsxBytes, bookOf(sheet, shared, styles).zip(t))
	})
}
