package source

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	sheetNS = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	relNS   = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relType = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

// parts is a workbook by its parts: path → XML.
type parts map[string]string

// bookOf is a workbook with one sheet, “台账”. What is given is what stands in its worksheet, in its shared strings and in its styles.
func bookOf(worksheet, shared, styles string) parts {
	return parts{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + relType + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook ` + sheetNS + ` ` + relNS + `><sheets><sheet name="台账" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": bookRels("worksheets/sheet1.xml", "sharedStrings.xml", "styles.xml"),
		"xl/worksheets/sheet1.xml":   `<worksheet ` + sheetNS + `>` + worksheet + `</worksheet>`,
		"xl/sharedStrings.xml":       `<sst ` + sheetNS + `>` + shared + `</sst>`,
		"xl/styles.xml":              `<styleSheet ` + sheetNS + `>` + styles + `</styleSheet>`,
	}
}

// bookRels links a workbook to a sheet as rId1, its shared strings and its styles.
func bookRels(sheet, shared, styles string) string {
	return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + relType + `worksheet" Target="` + sheet + `"/>` +
		`<Relationship Id="rId2" Type="` + relType + `sharedStrings" Target="` + shared + `"/>` +
		`<Relationship Id="rId3" Type="` + relType + `styles" Target="` + styles + `"/></Relationships>`
}

// with returns a copy in which one part is another; "" removes it.
func (p parts) with(part, content string) parts {
	out := parts{}
	for k, v := range p {
		out[k] = v
	}
	if out[part] = content; content == "" {
		delete(out, part)
	}
	return out
}

func (p parts) zip(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range p {
			if !yield(k) {
				return
			}
		}
	}) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(p[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// reading is what a test expects of a table: its rows, and the cells that repeat the first of a merged range, by name.
type reading struct {
	Rows   []row
	Merged []string
	Notes  []string
}

// opener is openXLSX, openXLS or the like on bytes.
type opener func(data []byte, opt Options) (Source, error)

func xlsxBytes(data []byte, opt Options) (Source, error) {
	return openXLSX(bytes.NewReader(data), int64(len(data)), "台账.xlsx", opt)
}

// readGrid reads a table in batches of every size that matters and checks that it makes no difference.
func readGrid(t testing.TB, open opener, data []byte, opt Options) (reading, error) {
	t.Helper()
	var first reading
	for i, rows := range []int{0, 3} {
		opt.BatchRows = rows
		s, err := open(data, opt)
		if err != nil {
			return reading{}, err
		}
		listed := &listMerged{Source: s}
		var g reading
		g.Rows, err = readAll(t, listed)
		if err != nil {
			return reading{}, err
		}
		g.Merged, g.Notes = listed.cells, s.Notes()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = g
		} else if diff := cmp.Diff(first.Rows, g.Rows); diff != "" {
			t.Errorf("batches of %d rows differ:\n%s", rows, diff)
		}
	}
	return first, nil
}

// listMerged notes which cells of a source are copies, and checks that Merged is what it should be.
type listMerged struct {
	Source
	cells []string
}

func (l *listMerged) Next() (*Batch, error) {
	b, err := l.Source.Next()
	if err != nil {
		return nil, err
	}
	last := -1
	for _, m := range b.Merged {
		if m <= last || m >= len(b.Cells) || b.Cells[m] == "" {
			return nil, fmt.Errorf("%d in Merged comes after %d of %d cells", m, last, len(b.Cells))
		}
		last = m
		l.cells = append(l.cells, cellName(b.Rows[m/b.Width], m%b.Width))
	}
	return b, nil
}

// sheetData is a worksheet of rows, each given as the XML inside <row r="…">.
func sheetData(rows ...string) string {
	var b strings.Builder
	b.WriteString("<sheetData>")
	for i, r := range rows {
		fmt.Fprintf(&b, `<row r="%d">%s</row>`, i+1, r)
	}
	return b.String() + "</sheetData>"
}

// inline is a cell with a text of its own.
func inline(at, text string) string {
	return `<c r="` + at + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
}

func TestXLSXCells(t *testing.T) {
	const styles = `<numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/>` +
		`<numFmt numFmtId="165" formatCode="0.0%"/><numFmt numFmtId="166" formatCode="000000"/></numFmts>` +
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="20"/>` +
		`<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="46"/></cellXfs>`
	const shared = `<si><t>诉求内容</t></si><si><r><rPr><b/></rPr><t>路灯</t></r><r><t xml:space="preserve"> 不亮</t></r></si>` +
		`<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si><si/><si><t>a_x000D_&#10;b_x005F_x0041_&amp;&lt;</t></si>`
	for _, c := range []struct {
		name  string
		cell  string
		want  string
		notes []string
	}{
		{"a shared string", `<c r="A1" t="s"><v>0</v></c>`, "诉求内容", nil},
		{"runs of rich text joined", `<c r="A1" t="s"><v>1</v></c>`, "路灯 不亮", nil},
		{"readings left out", `<c r="A1" t="s"><v>2</v></c>`, "東京", nil},
		{"escaped characters and entities", `<c r="A1" t="s"><v>4</v></c>`, "a\nb_x0041_&<", nil},
		{"an inline string", inline("A1", "  有空格 "), "  有空格 ", nil},
		{"inline rich text", `<c r="A1" t="inlineStr"><is><r><t>甲</t></r><r><t>乙</t></r><rPh sb="0" eb="1"><t>x</t></rPh></is></c>`, "甲乙", nil},
		{"CDATA", `<c r="A1" t="inlineStr"><is><t><![CDATA[<甲>&amp;]]></t></is></c>`, "<甲>&amp;", nil},
		{"a whole number", `<c r="A1"><v>45000</v></c>`, "45000", nil},
		{"a number written with an exponent", `<c r="A1"><v>1.5E3</v></c>`, "1500", nil},
		{"a small number", `<c r="A1"><v>1E-7</v></c>`, "0.0000001", nil},
		{"a float that cannot be written exactly", `<c r="A1"><v>0.30000000000000004</v></c>`, "0.3", nil},
		{"a float as Excel stores it", `<c r="A1"><v>0.95299999999999996</v></c>`, "0.953", nil},
		{"a number of 18 digits", `<c r="A1"><v>1.1010119900307123E+17</v></c>`, "110101199003071000", []string{"有 1 个数字超过 15 位（首个在 A1），表格软件已丢失末尾几位；请将该列设为文本格式后重新录入"}},
		{"no number at all", `<c r="A1"><v>NaN</v></c>`, "NaN", nil},
		{"a date", `<c r="A1" s="1"><v>45000</v></c>`, "2023-03-15", nil},
		{"a date with a time in it", `<c r="A1" s="1"><v>45000.5</v></c>`, "2023-03-15 12:00:00", nil},
		{"a moment at midnight", `<c r="A1" s="2"><v>45000</v></c>`, "2023-03-15 00:00:00", nil},
		{"a moment", `<c r="A1" s="2"><v>43580.397326388891</v></c>`, "2019-04-25 09:32:09", nil},
		{"a time", `<c r="A1" s="3"><v>0.75</v></c>`, "18:00:00", nil},
		{"a time with its date", `<c r="A1" s="3"><v>45000.75</v></c>`, "2023-03-15 18:00:00", nil},
		{"hours past a day", `<c r="A1" s="7"><v>1.125</v></c>`, "27:00:00", nil},
		{"a Chinese date format", `<c r="A1" s="4"><v>45000</v></c>`, "2023-03-15", nil},
		{"a percentage", `<c r="A1" s="5"><v>0.95299999999999996</v></c>`, "95.3%", nil},
		{"a code with leading zeros", `<c r="A1" s="6"><v>4107</v></c>`, "004107", nil},
		{"a style that is not there", `<c r="A1" s="99"><v>45000</v></c>`, "45000", nil},
		{"the last day before the leap day that never was", `<c r="A1" s="1"><v>59</v></c>`, "1900-02-28", nil},
		{"the leap day that never was", `<c r="A1" s="1"><v>60</v></c>`, "1900-02-29", nil},
		{"the day behind it", `<c r="A1" s="1"><v>61</v></c>`, "1900-03-01", nil},
		{"no day at all", `<c r="A1" s="1"><v>-3</v></c>`, "-3", nil},
		{"past the last day", `<c r="A1" s="1"><v>2958466</v></c>`, "2958466", nil},
		{"true", `<c r="A1" t="b"><v>1</v></c>`, "TRUE", nil},
		{"false", `<c r="A1" t="b"><v>0</v></c>`, "FALSE", nil},
		{"an error", `<c r="A1" t="e"><v>#REF!</v></c>`, "#REF!", nil},
		{"an ISO date", `<c r="A1" t="d"><v>2021-01-01T10:10:10.5</v></c>`, "2021-01-01 10:10:11", nil},
		{"an ISO date without time", `<c r="A1" t="d"><v>2021-01-01</v></c>`, "2021-01-01", nil},
		{"a formula with its result", `<c r="A1"><f>SUM(B1:B9)</f><v>12</v></c>`, "12", nil},
		{"a formula with its text", `<c r="A1" t="str"><f>B1&amp;C1</f><v>路灯</v></c>`, "路灯", nil},
		{"a formula whose text is empty", `<c r="A1" t="str"><f>""</f><v></v></c>`, "", nil},
		{"a formula without a result", `<c r="A1"><f>SUM(B1:B9)</f><v></v></c>`, "", []string{"有 1 个公式没有保存计算结果（首个在 A1），按空白读取；请用 Excel 打开该文件并保存一次，再重新导入"}},
		{"a formula without a value at all", `<c r="A1"><f>SUM(B1:B9)</f></c>`, "", []string{"有 1 个公式没有保存计算结果（首个在 A1），按空白读取；请用 Excel 打开该文件并保存一次，再重新导入"}},
		{"a shared formula without a result", `<c r="A1"><f t="shared" si="0"/></c>`, "", []string{"有 1 个公式没有保存计算结果（首个在 A1），按空白读取；请用 Excel 打开该文件并保存一次，再重新导入"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := bookOf(sheetData(c.cell+inline("B1", "|")), shared, styles).zip(t)
			got, err := readGrid(t, xlsxBytes, data, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(reading{Rows: []row{{1, []string{c.want, "|"}, ""}}, Notes: c.notes}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestXLSXLayout(t *testing.T) {
	wide := strings.Repeat("<c/>", 1000)
	for _, c := range []struct {
		name      string
		worksheet string
		want      reading
	}{
		{
			"rows and cells without numbers", `<sheetData><row><c t="b"><v>1</v></c><c><v>2</v></c></row><row/><row><c r="C5"><v>3</v></c><c><v>4</v></c></row><row><c><v>5</v></c></row></sheetData>`,
			reading{Rows: []row{{1, []string{"TRUE", "2"}, ""}, {5, []string{"", "", "3", "4"}, ""}, {6, []string{"5"}, ""}}},
		},
		{
			"cells out of order, and one twice", sheetData(`<c r="C1"><v>3</v></c><c r="A1"><v>1</v></c><c r="C1"><v>33</v></c>`),
			reading{Rows: []row{{1, []string{"1", "", "33"}, ""}}},
		},
		{
			"unknown elements", `<extra><row r="9"/></extra><sheetData><!-- c --><row r="2"><c r="A2"><v>7</v><extLst><v>8</v></extLst></c></row></sheetData><extLst><row r="1"/></extLst>`,
			reading{Rows: []row{{2, []string{"7"}, ""}}},
		},
		{
			"a dimension that lies", `<dimension ref="A1:XFD1048576"/>` + sheetData(`<c r="A1"><v>1</v></c>`),
			reading{Rows: []row{{1, []string{"1"}, ""}}},
		},
		{
			"formatted blank rows", `<sheetData><row r="1"><c r="A1"><v>1</v></c></row>` + strings.Repeat("<row>"+`<c s="1"/><c s="1"/></row>`, 2000) + `<row r="5000"><c r="B5000"><v>2</v></c></row></sheetData>`,
			reading{Rows: []row{{1, []string{"1"}, ""}, {5000, []string{"", "2"}, ""}}},
		},
		{
			"hidden rows", `<sheetData><row r="2" hidden="1"><c><v>1</v></c></row><row r="3" hidden="0"><c><v>2</v></c></row><row r="4" hidden="1"><c s="1"/></row><row r="5" hidden="true"><c><v>3</v></c></row></sheetData>`,
			reading{Rows: []row{{2, []string{"1"}, ""}, {3, []string{"2"}, ""}, {5, []string{"3"}, ""}}, Notes: []string{"有 2 行是隐藏的或被筛选掉的（首个为第 2 行），已一并读取"}},
		},
		{
			"a row too wide spoils itself alone", sheetData(`<c r="A1"><v>1</v></c>`, wide+`<c><v>2</v></c>`, wide+`<c/>`+`<c r="ALL3"><v>3</v></c>`),
			reading{Rows: []row{{1, []string{"1"}, ""}, {2, nil, TooManyColumns}, {3, append(make([]string, 999), "3"), ""}}},
		},
		{
			"merged ranges", sheetData(inline("A1", "题目"), inline("A2", "社区")+inline("B2", "办理情况")+inline("D2", "备注"), inline("B3", "日期")+inline("C3", "结果"), inline("A4", "东社区")+inline("B4", "x"), inline("B5", "y")) +
				`<mergeCells><mergeCell ref="A4:A9"/><mergeCell ref="B2:C2"/><mergeCell ref="A2:A3"/><mergeCell ref="A1:XFD1"/><mergeCell ref="D2:D3"/></mergeCells>`,
			reading{
				Rows: []row{
					{1, []string{"题目", "题目", "题目", "题目"}, ""},
					{2, []string{"社区", "办理情况", "办理情况", "备注"}, ""},
					{3, []string{"社区", "日期", "结果", "备注"}, ""},
					{4, []string{"东社区", "x"}, ""},
					{5, []string{"东社区", "y"}, ""},
				},
				Merged: []string{"B1", "C1", "D1", "C2", "A3", "D3", "A5"},
			},
		},
		{
			"a merged range over all rows", sheetData(inline("A1", "甲")+inline("B1", "1"), "", inline("B3", "3")) + `<mergeCells><mergeCell ref="A1:A1048576"/></mergeCells>`,
			reading{Rows: []row{{1, []string{"甲", "1"}, ""}, {3, []string{"甲", "3"}, ""}}, Merged: []string{"A3"}},
		},
		{
			"a merged range that hides a text", sheetData(inline("A1", "甲")+inline("B1", "1"), inline("A2", "乙")+inline("B2", "2")) + `<mergeCells><mergeCell ref="A1:A2"/></mergeCells>`,
			reading{Rows: []row{{1, []string{"甲", "1"}, ""}, {2, []string{"甲", "2"}, ""}}, Merged: []string{"A2"}, Notes: []string{"有 1 个合并单元格下面另有内容（首个在 A2），按看得见的内容读取"}},
		},
		{
			"a merged range without text keeps what is there", sheetData(inline("B1", "1"), inline("A2", "乙")+inline("B2", "2")) + `<mergeCells><mergeCell ref="A1:A2"/></mergeCells>`,
			reading{Rows: []row{{1, []string{"", "1"}, ""}, {2, []string{"乙", "2"}, ""}}},
		},
		{
			"merged ranges that overlap", sheetData(inline("A1", "甲")+inline("C1", "丙"), inline("B2", "乙")+inline("C2", "丁")) + `<mergeCells><mergeCell ref="A1:B3"/><mergeCell ref="B2:C2"/></mergeCells>`,
			reading{Rows: []row{{1, []string{"甲", "甲", "丙"}, ""}, {2, []string{"甲", "甲", "丁"}, ""}}, Merged: []string{"B1", "A2", "B2"}, Notes: []string{"有 1 个合并单元格下面另有内容（首个在 B2），按看得见的内容读取"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readGrid(t, xlsxBytes, bookOf(c.worksheet, "", "").zip(t), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The same workbook, written the ways different programs write it.
func TestXLSXPackaging(t *testing.T) {
	plain := bookOf(sheetData(`<c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>45000</v></c>`), "<si><t>路灯</t></si>", `<cellXfs><xf/><xf numFmtId="14"/></cellXfs>`)
	want := reading{Rows: []row{{1, []string{"路灯", "2023-03-15"}, ""}}}
	moved := func(from, to string) parts { return plain.with(from, "").with(to, plain[from]) }
	strict := func() parts {
		out := parts{}
		for k, v := range plain {
			v = strings.ReplaceAll(v, "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
			out[k] = strings.ReplaceAll(v, relType, "http://purl.oclc.org/ooxml/officeDocument/relationships/")
		}
		return out
	}
	prefixed := func(s string) string {
		for _, name := range []string{"worksheet", "sheetData", "row", "c", "v"} {
			for _, end := range []string{" ", ">"} {
				s = strings.ReplaceAll(s, "<"+name+end, "<x:"+name+end)
				s = strings.ReplaceAll(s, "</"+name+end, "</x:"+name+end)
			}
		}
		return s
	}
	utf16 := func(s string) string {
		out := "\xFF\xFE"
		for _, r := range s {
			out += string([]byte{byte(r), byte(r >> 8)})
		}
		return out
	}
	for _, c := range []struct {
		name string
		book parts
	}{
		{"as Excel does", plain},
		{"strict", strict()},
		{"prefixed elements", plain.with("xl/worksheets/sheet1.xml", prefixed(plain["xl/worksheets/sheet1.xml"]))},
		{"absolute targets", plain.with("xl/_rels/workbook.xml.rels", bookRels("/xl/worksheets/sheet1.xml", "/xl/sharedStrings.xml", "/xl/styles.xml"))},
		{"targets with dots", plain.with("xl/_rels/workbook.xml.rels", bookRels("./worksheets/../worksheets/sheet1.xml", "../xl/sharedStrings.xml", "styles.xml"))},
		{"backslashes", moved("xl/worksheets/sheet1.xml", `xl\worksheets\sheet1.xml`)},
		{"names in another case", moved("xl/sharedStrings.xml", "xl/SharedStrings.xml")},
		{"a leading slash", moved("xl/styles.xml", "/xl/styles.xml")},
		{"without relations of the package", plain.with("_rels/.rels", "")},
		{"a byte order mark", plain.with("xl/worksheets/sheet1.xml", "\uFEFF"+plain["xl/worksheets/sheet1.xml"])},
		{"UTF-16", plain.with("xl/worksheets/sheet1.xml", utf16(plain["xl/worksheets/sheet1.xml"]))},
		{"line ends between all tags", plain.with("xl/worksheets/sheet1.xml", strings.ReplaceAll(plain["xl/worksheets/sheet1.xml"], "><", ">\r\n  <"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readGrid(t, xlsxBytes, c.book.zip(t), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("days from 1904", func(t *testing.T) {
		book := plain.with("xl/workbook.xml", strings.Replace(plain["xl/workbook.xml"], "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1))
		book = book.with("xl/worksheets/sheet1.xml", strings.Replace(plain["xl/worksheets/sheet1.xml"], "45000", "43538", 1))
		s, err := xlsxBytes(book.zip(t), Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readAll(t, s)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Rows, rows); diff != "" || !s.Serial1904() {
			t.Error(s.Serial1904(), diff)
		}
	})
}

// threeSheets is a workbook with an empty sheet, a chart, a hidden one and one to read.
func threeSheets() parts {
	book := bookOf(sheetData(""), "", "")
	book["xl/worksheets/sheet2.xml"] = `<worksheet>` + sheetData(inline("A1", "藏")) + `</worksheet>`
	book["xl/worksheets/sheet3.xml"] = `<worksheet>` + sheetData(inline("A1", "看")) + `</worksheet>`
	book["xl/workbook.xml"] = `<workbook ` + relNS + `><sheets><sheet name="空" r:id="rId1"/><sheet name="图" r:id="c"/><sheet name="底稿" state="veryHidden" r:id="s2"/><sheet name="三月" r:id="s3"/></sheets></workbook>`
	book["xl/_rels/workbook.xml.rels"] = `<Relationships><Relationship Id="rId1" Type="` + relType + `worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="c" Type="` + relType + `chartsheet" Target="chartsheets/sheet1.xml"/>` +
		`<Relationship Id="s2" Type="` + relType + `worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="s3" Type="` + relType + `worksheet" Target="worksheets/sheet3.xml"/></Relationships>`
	return book
}

func TestXLSXSheets(t *testing.T) {
	book := threeSheets()
	data := book.zip(t)
	tables, err := xlsxTables(bytes.NewReader(data), int64(len(data)), "台账.xlsx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Table{{"底稿", true}, {"三月", false}}, tables); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		table, want, refused string
	}{
		{"", "看", ""},
		{"三月", "看", ""},
		{"底稿", "藏", ""},
		{"四月", "", "文件“台账.xlsx”里没有名为“四月”的工作表，现有工作表：“空”、“底稿”、“三月”。"},
	} {
		got, err := readGrid(t, xlsxBytes, data, Options{Table: c.table})
		if err != nil {
			if err.Error() != c.refused || !errors.Is(err, ErrOption) {
				t.Errorf("%q: %v", c.table, err)
			}
			continue
		}
		if diff := cmp.Diff([]row{{1, []string{c.want}, ""}}, got.Rows); diff != "" {
			t.Errorf("%q:\n%s", c.table, diff)
		}
	}
}
