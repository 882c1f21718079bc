package source

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func xlsBytes(data []byte, opt Options) (Source, error) {
	return openXLS(bytes.NewReader(data), int64(len(data)), "台账.xls", opt)
}

// styles are the formats of the tests: 0 general, 1 a date by number, 2 a date by code, 3 a percentage, 4 a code of four digits.
var styles = bytes.Join([][]byte{
	rec(biffFormatDef, 164, str8(`yyyy"年"m"月"d"日"`)), rec(biffFormatDef, 165, str8("0000")),
	rec(biffXF, 0, 0, make([]byte, 16)), rec(biffXF, 0, 14, make([]byte, 16)), rec(biffXF, 0, 164, make([]byte, 16)),
	rec(biffXF, 0, 10, make([]byte, 16)), rec(biffXF, 0, 165, make([]byte, 16)),
}, nil)

func TestXLSCells(t *testing.T) {
	unstored := []string{"有 1 个公式没有保存计算结果（首个在 A1），按空白读取；请用 Excel 打开该文件并保存一次，再重新导入"}
	text := rec(biffFormula, 0, 0, 0, uint8(0), make([]byte, 5), 0xFFFF, 0, uint32(0), 0)
	for _, c := range []struct {
		name  string
		cell  []byte
		want  string
		notes []string
	}{
		{"a shared string", rec(biffLabelSST, 0, 0, 0, uint32(1)), "路灯不亮", nil},
		{"an empty shared string", rec(biffLabelSST, 0, 0, 0, uint32(2)), "", nil},
		{"a text", rec(biffLabel, 0, 0, 0, str8("甲\r\n乙")), "甲\n乙", nil},
		{"a text in one byte a character", rec(biffLabel, 0, 0, 0, 3, uint8(0), "Sm\xF8"), "Smø", nil},
		{"a text with fonts", rec(biffRString, 0, 0, 0, str8("甲乙"), 1, 1, 5), "甲乙", nil},
		{"a number", rec(biffNumber, 0, 0, 0, float(12.5)), "12.5", nil},
		{"a date", rec(biffNumber, 0, 0, 1, float(45000)), "2023-03-15", nil},
		{"a date by a code", rec(biffRK, 0, 0, 2, uint32(45000<<2|2)), "2023-03-15", nil},
		{"a percentage", rec(biffNumber, 0, 0, 3, float(0.953)), "95.3%", nil},
		{"a code with leading zeros", rec(biffNumber, 0, 0, 4, float(7)), "0007", nil},
		{"a style that is not there", rec(biffNumber, 0, 0, 99, float(45000)), "45000", nil},
		{"a whole number in 30 bits", rec(biffRK, 0, 0, 0, uint32(45000<<2|2)), "45000", nil},
		{"a negative one", rec(biffRK, 0, 0, 0, uint32(0xFFFFFFFE)), "-1", nil},
		{"hundredths in 30 bits", rec(biffRK, 0, 0, 0, uint32(12345<<2|3)), "123.45", nil},
		{"the upper part of a float", rec(biffRK, 0, 0, 0, uint32(0x3FF80000)), "1.5", nil},
		{"true", rec(biffBoolErr, 0, 0, 0, uint8(1), uint8(0)), "TRUE", nil},
		{"an error", rec(biffBoolErr, 0, 0, 0, uint8(0x17), uint8(1)), "#REF!", nil},
		{"a formula with a number", rec(biffFormula, 0, 0, 1, float(45000), 0, uint32(0), 0), "2023-03-15", nil},
		{"a formula with a text", slices.Concat(text, rec(biffString, str8("路灯"))), "路灯", nil},
		{"a shared formula with a text", slices.Concat(text, rec(biffShared, 0, 0, 0), rec(biffString, str8("路灯"))), "路灯", nil},
		{"a formula with a truth value", rec(biffFormula, 0, 0, 0, uint8(1), uint8(0), uint8(1), make([]byte, 3), 0xFFFF, 0, uint32(0), 0), "TRUE", nil},
		{"a formula with an error", rec(biffFormula, 0, 0, 0, uint8(2), uint8(0), uint8(0x2A), make([]byte, 3), 0xFFFF, 0, uint32(0), 0), "#N/A", nil},
		{"a formula with an empty text", rec(biffFormula, 0, 0, 0, uint8(3), make([]byte, 5), 0xFFFF, 0, uint32(0), 0), "", nil},
		{"a formula without its text", text, "", unstored},
		{"a formula that nobody calculated", rec(biffFormula, 0, 0, 0, float(0), calculateOnLoad, uint32(0), 0), "", unstored},
		{"a blank with a style", rec(0x0201, 0, 0, 1), "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			globals := append(bytes.Clone(styles), sst("序号", "路灯不亮", "")...)
			data := xlsOf(globals, append(bytes.Clone(c.cell), rec(biffLabel, 0, 1, 0, str8("|"))...))
			got, err := readGrid(t, xlsBytes, data, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(reading{Rows: []row{{1, []string{c.want, "|"}, ""}}, Notes: c.notes}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestXLSLayout(t *testing.T) {
	number := func(row, column int, v float64) []byte { return rec(biffNumber, row, column, 0, float(v)) }
	join := func(b ...[]byte) []byte { return bytes.Join(b, nil) }
	chart := join(rec(biffBOF, biff8, 32, 0, 0, 0, 0), number(0, 0, 99), rec(biffEOF))
	for _, c := range []struct {
		name  string
		sheet []byte
		want  reading
	}{
		{"several numbers in a record", rec(biffMulRK, 2, 1, 0, uint32(1<<2|2), 1, uint32(45000<<2|2), 2), reading{Rows: []row{{3, []string{"", "1", "2023-03-15"}, ""}}}},
		{
			"cells column by column, as some writers write them", join(number(0, 0, 1), number(2, 0, 3), number(5, 0, 6), number(0, 1, 10), number(2, 1, 30)),
			reading{Rows: []row{{1, []string{"1", "10"}, ""}, {3, []string{"3", "30"}, ""}, {6, []string{"6"}, ""}}},
		},
		{
			"merged ranges", join(rec(biffLabel, 0, 0, 0, str8("题目")), number(1, 0, 1), number(1, 1, 2), number(2, 1, 3), rec(biffMerged, 2, 0, 0, 0, 255, 1, 2, 0, 0)),
			reading{Rows: []row{{1, []string{"题目", "题目"}, ""}, {2, []string{"1", "2"}, ""}, {3, []string{"1", "3"}, ""}}, Merged: []string{"B1", "A3"}},
		},
		{"the numbers of a chart on the sheet", join(number(1, 0, 1), chart, number(2, 0, 2)), reading{Rows: []row{{2, []string{"1"}, ""}, {3, []string{"2"}, ""}}}},
		{
			"hidden rows", join(rec(biffRow, 1, 0, 1, 0, 0, 0, rowHidden, 0), rec(biffRow, 2, 0, 1, 0, 0, 0, rowHidden, 0), rec(biffRow, 3, 0, 1, 0, 0, 0, 0x40, 0), number(1, 0, 1), number(3, 0, 3)),
			reading{Rows: []row{{2, []string{"1"}, ""}, {4, []string{"3"}, ""}}, Notes: []string{"有 1 行是隐藏的或被筛选掉的（首个为第 2 行），已一并读取"}},
		},
		{"the last row and column", number(65535, 255, 1), reading{Rows: []row{{65536, append(make([]string, 255), "1"), ""}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readGrid(t, xlsBytes, xlsOf(styles, c.sheet), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A table of shared strings longer than a record goes on in others; each begins with a byte that says how the rest of a
// string broken there is written.
func TestXLSSharedStringsContinued(t *testing.T) {
	long := strings.Repeat("居民反映路灯不亮", 3000) // 24,000 characters
	for _, c := range []struct {
		name string
		sst  [][]byte
		want []string
	}{
		{"broken between strings", [][]byte{le(str8("甲")), le(str8("乙"))}, []string{"甲", "乙"}},
		{"broken inside a string", [][]byte{le(4, uint8(1), wide("甲乙")), le(uint8(1), wide("丙丁"), str8("戊"))}, []string{"甲乙丙丁", "戊"}},
		{"from two bytes a character to one", [][]byte{le(4, uint8(1), wide("甲乙")), le(uint8(0), "ab", str8("戊"))}, []string{"甲乙ab", "戊"}},
		{"from one byte a character to two", [][]byte{le(4, uint8(0), "ab"), le(uint8(1), wide("甲乙"), str8("戊"))}, []string{"ab甲乙", "戊"}},
		{"broken behind the length", [][]byte{le(2, uint8(1)), le(uint8(1), wide("甲乙"), str8("戊"))}, []string{"甲乙", "戊"}},
		{"broken inside the fonts", [][]byte{le(1, uint8(biffWide|biffRich), 2, wide("甲"), 0, 1), le(0, 2, str8("戊"))}, []string{"甲", "戊"}},
		{"with readings", [][]byte{le(1, uint8(biffWide|biffExtended), uint32(6), wide("甲"), "123"), le("456", str8("戊"))}, []string{"甲", "戊"}},
		{"over three records", [][]byte{le(24000, uint8(1), wide(long[:3*8000])), le(uint8(1), wide(long[3*8000:3*16000])), le(uint8(1), wide(long[3*16000:]), str8("戊"))}, []string{long, "戊"}},
		{"a character broken in halves", [][]byte{le(1, uint8(1), []uint16{0xD842}), le(str8("戊"))}, []string{"\uFFFD", "戊"}},
		{"a character of four bytes", [][]byte{le(2, uint8(1), wide("𠮷")), le(str8("戊"))}, []string{"𠮷", "戊"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			globals := rec(biffSST, uint32(2), uint32(2), c.sst[0])
			for _, s := range c.sst[1:] {
				globals = append(globals, rec(biffContinue, s)...)
			}
			sheet := append(rec(biffLabelSST, 0, 0, 0, uint32(0)), rec(biffLabelSST, 0, 1, 0, uint32(1))...)
			got, err := readGrid(t, xlsBytes, xlsOf(globals, sheet), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]row{{1, c.want, ""}}, got.Rows); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("more counted than there are", func(t *testing.T) {
		globals := rec(biffSST, uint32(9), uint32(9), str8("甲"))
		got, err := readGrid(t, xlsBytes, xlsOf(globals, rec(biffLabelSST, 0, 0, 0, uint32(0))), Options{})
		if err != nil || got.Rows[0].Cells[0] != "甲" {
			t.Error(got, err)
		}
	})
}

func TestXLS5(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("路灯不亮")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		codepage int
		cell     []byte
		want     string
	}{
		{"GBK", 936, rec(biffLabel, 0, 0, 0, len(gbk), gbk), "路灯不亮"},
		{"GBK under a western code page", 1252, rec(biffLabel, 0, 0, 0, len(gbk), gbk), "路灯不亮"},
		{"UTF-8 under a western code page", 1252, rec(biffLabel, 0, 0, 0, len("路灯不亮"), "路灯不亮"), "路灯不亮"},
		{"a formula's text", 936, append(rec(biffFormula, 0, 0, 0, uint8(0), make([]byte, 5), 0xFFFF, 0, uint32(0), 0), rec(biffString, len(gbk), gbk)...), "路灯不亮"},
		{"a date", 936, rec(biffNumber, 0, 0, 1, float(45000)), "2023-03-15"},
	} {
		t.Run(c.name, func(t *testing.T) {
			globals := bytes.Join([][]byte{
				rec(biffCodepage, c.codepage), rec(biffFormatDef, 164, uint8(10), "yyyy/mm/dd"),
				rec(biffXF, 0, 0, make([]byte, 12)), rec(biffXF, 0, 164, make([]byte, 12)),
			}, nil)
			stream := biffOf(biff5, globals, []string{"Sheet1"}, []uint8{0}, c.cell)
			data := cfbOf(map[string][]byte{"Book": stream})
			got, err := readGrid(t, xlsBytes, data, Options{Table: "Sheet1"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]row{{1, []string{c.want}, ""}}, got.Rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestXLSSheets(t *testing.T) {
	sheet := func(text string) []byte { return rec(biffLabel, 0, 0, 0, str8(text)) }
	stream := biffOf(biff8, nil, []string{"空", "底稿", "三月"}, []uint8{0, 1, 0}, nil, sheet("藏"), sheet("看"))
	for _, data := range [][]byte{
		cfbOf(map[string][]byte{"Workbook": stream, "SummaryInformation": []byte("x")}),
		cfbOf(map[string][]byte{"WORKBOOK": append(stream, make([]byte, 70_000)...), "CompObj": make([]byte, 5000)}), // not in small sectors, and over two of the table
	} {
		tables, err := xlsTables(bytes.NewReader(data), int64(len(data)), "台账.xls", Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Table{{"底稿", true}, {"三月", false}}, tables); diff != "" {
			t.Error(diff)
		}
		for table, want := range map[string]string{"": "看", "底稿": "藏"} {
			got, err := readGrid(t, xlsBytes, data, Options{Table: table})
			if err != nil || len(got.Rows) != 1 || got.Rows[0].Cells[0] != want {
				t.Error(table, got, err)
			}
		}
	}
}

func TestXLSRefused(t *testing.T) {
	one := rec(biffNumber, 0, 0, 0, float(1))
	book := func(globals, sheet []byte) []byte { return xlsOf(globals, sheet) }
	stream := func(b []byte) []byte { return cfbOf(map[string][]byte{"Workbook": b}) }
	good := book(nil, one)
	ring := bytes.Clone(good) // the directory's sector follows itself
	dir := 4 * int(ring[48])
	copy(ring[len(ring)-512+dir:], []byte{ring[48], 0, 0, 0})
	large := stream(biffOf(biff8, nil, []string{"a"}, []uint8{0}, bytes.Repeat(one, 300))) // 5,400 bytes in 11 sectors
	copy(large[len(large)-512+4*10:], []byte{10, 0, 0, 0})
	for _, c := range []struct {
		name string
		data []byte
		is   error
		text string
	}{
		{"a password of Excel 97", book(rec(biffFilePass, 1, 0), one), ErrUnsupported, "设有打开密码或工作簿保护，请在 Excel 中去掉密码和保护后再导入。"},
		{"a password of Excel 2007", cfbOf(map[string][]byte{"EncryptedPackage": make([]byte, 5000), "EncryptionInfo": []byte("x")}), ErrUnsupported, "设有打开密码，请在 Excel 中去掉密码后再导入。"},
		{"a Word document", cfbOf(map[string][]byte{"WordDocument": []byte("x")}), ErrUnsupported, "是 Word 文档（doc），不是表格，请导入 Excel、WPS 表格或 CSV 文件。"},
		{"something else", cfbOf(map[string][]byte{"Contents": []byte("x")}), ErrUnsupported, "不是 Excel 工作簿，请确认选对了文件，或用 Excel、WPS 打开后另存为“Excel 工作簿（xlsx）”再导入。"},
		{"Excel 4", stream(rec(biffBOF, 0x0400, 5)), ErrUnsupported, "是 Excel 4 或更早的工作簿，暂不支持，请用 Excel 或 WPS 打开后另存为“Excel 工作簿（xlsx）”再导入。"},
		{"no cells", book(nil, nil), ErrEmpty, "是空的，没有可导入的内容，请检查后重新导出。"},
		{"no workbook", stream(rec(0x10, "hello")), ErrUnreadable, "已损坏（没有工作簿开头），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"a record past the end", stream(biffOf(biff8, rec(biffSST, 0)[:3], nil, nil)), ErrUnreadable, "已损坏（记录不完整），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"no end of the workbook", stream(rec(biffBOF, biff8, 5)), ErrUnreadable, "已损坏（记录不完整），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"a shared string that is not there", book(sst("甲"), rec(biffLabelSST, 4, 2, 0, uint32(7))), ErrUnreadable, "已损坏（C5 单元格的文字缺失），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"shared strings that end early", book(rec(biffSST, uint32(1), uint32(1), 9, uint8(1), "x"), one), ErrUnreadable, "已损坏（文字在字符中间断开），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"a number that ends early", book(nil, rec(biffNumber, 0, 0, 0, 0)), ErrUnreadable, "已损坏（记录 0203 过短），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"numbers from right to left", book(nil, rec(biffMulRK, 0, 5, 0, uint32(6), 0, uint32(6), 4)), ErrUnreadable, "已损坏（记录 00BD 有误），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"a table of sectors longer than it says", slices.Concat(good[:44], le(uint32(2)), good[48:]), ErrUnreadable, "已损坏（扇区表有误），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"a list of tables that leads to itself", slices.Concat(good[:68], le(uint32(1), uint32(1000)), good[76:]), ErrUnreadable, "已损坏（扇区表有误），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"four thousand million tables", slices.Concat(good[:68], le(uint32(1), uint32(0xFFFFFFFF)), good[76:]), ErrUnreadable, "已损坏（扇区表有误），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"merged ranges that end early", book(nil, append(rec(biffMerged, 500, 0), one...)), ErrUnreadable, "已损坏（记录 00E5 过短），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"half a header", good[:300], ErrUnreadable, "已损坏（文件头不完整），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"half a file", good[:1024], ErrUnreadable, "已损坏（扇区在文件之外），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"a ring behind the last sector that is needed", large, ErrUnreadable, "已损坏（扇区链成环），请用 Excel 或 WPS 打开后另存，再重新导入。"},
		{"a ring of sectors", ring, ErrUnreadable, "已损坏（扇区链成环），请用 Excel 或 WPS 打开后另存，再重新导入。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readGrid(t, xlsBytes, c.data, Options{})
			if !errors.Is(err, c.is) || err.Error() != "文件“台账.xls”"+c.text {
				t.Errorf("%v\nwant %s", err, c.text)
			}
		})
	}
}

func TestXLSReal(t *testing.T) {
	data, err := os.ReadFile(shared(t, "xlsx", "calamine_merge_cells.xls"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := readGrid(t, xlsBytes, data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := reading{
		Rows:   []row{{1, []string{"Row Merge", "Row Merge", "Not Merged"}, ""}, {2, []string{"Column Merge", "Chunk Merged", "Chunk Merged"}, ""}},
		Merged: []string{"B1", "C2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzXLS: whatever the records are, there is no panic, and rows and merged cells are what Batch says.
func FuzzXLS(f *testing.F) {
	cells := bytes.Join([][]byte{
		rec(biffLabelSST, 0, 0, 0, uint32(0)), rec(biffMulRK, 1, 0, 1, uint32(45000<<2|2), 1, uint32(6), 1),
		rec(biffFormula, 2, 0, 0, uint8(0), make([]byte, 5), 0xFFFF, 0, uint32(0), 0), rec(biffString, str8("路灯")), rec(biffMerged, 1, 0, 2, 0, 3),
	}, nil)
	f.Add(append(bytes.Clone(styles), sst("甲", "乙")...), cells, false)
	f.Add(append(rec(biffSST, uint32(2), uint32(2), 4, uint8(1), wide("甲乙")), rec(biffContinue, uint8(0), "ab")...), cells, false)
	f.Add(rec(biffCodepage, 936), rec(biffLabel, 0, 0, 0, 2, "\xC2\xB7"), true)
	f.Fuzz(func(t *testing.T, globals, sheet []byte, old bool) {
		version, name := biff8, "Workbook"
		if old {
			version, name = biff5, "Book"
		}
		data := cfbOf(map[string][]byte{name: biffOf(version, globals, []string{"a"}, []uint8{0}, sheet)})
		fuzzGrid(t, xlsBytes, data)
	})
}

// FuzzCFB is FuzzXLS for the container.
func FuzzCFB(f *testing.F) {
	f.Add(xlsOf(sst("甲"), rec(biffLabelSST, 0, 0, 0, uint32(0))))
	f.Add(cfbOf(map[string][]byte{"Workbook": biffOf(biff8, nil, []string{"a"}, []uint8{0}, bytes.Repeat(rec(biffNumber, 0, 0, 0, float(1)), 400))}))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzGrid(t, xlsBytes, data) })
}

// fuzzGrid reads a file that may be anything, and checks what any file keeps to.
func fuzzGrid(t *testing.T, open opener, data []byte) {
	_, err := readGrid(t, open, data, Options{Limits: Limits{UnpackedBytes: 8 << 20}})
	var e *Error
	if err != nil && (!errors.As(err, &e) || !strings.HasPrefix(e.Text, "文件“") || !strings.HasSuffix(e.Text, "。")) {
		t.Fatalf("%v", err)
	}
}
