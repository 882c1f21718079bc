package source

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func textBytes(name string) opener {
	return func(data []byte, opt Options) (Source, error) {
		return OpenText(strings.NewReader(string(data)), int64(len(data)), name, opt)
	}
}

func TestHTML(t *testing.T) {
	for _, c := range []struct {
		name string
		in   string
		want reading
	}{
		{
			"as a system exports it", "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><meta charset=utf-8><style>td{mso-number-format:\"\\@\"}</style></head><body>\r\n<table border=1>\r\n" +
				"<tr><th>序号</th><th>内容</th></tr>\r\n<tr><td>1</td><td style='mso-x:1'>路灯 &amp; 井盖<br style='mso-data-placement:same-cell;'>\r\n 不亮</td></tr>\r\n</table></body></html>",
			reading{Rows: []row{{1, []string{"序号", "内容"}, ""}, {2, []string{"1", "路灯 & 井盖\n不亮"}, ""}}},
		},
		{"tags in capitals, end tags left out", "<TABLE><TR><TD>a<TD>b<TR><TD>c</TABLE>", reading{Rows: []row{{1, []string{"a", "b"}, ""}, {2, []string{"c"}, ""}}}},
		{"white space", "<table><tr><td>  a\n\t b  </td><td>&nbsp;</td><td>c&nbsp;</td></tr></table>", reading{Rows: []row{{1, []string{"a b", "", "c\u00A0"}, ""}}}},
		{"blank rows count but do not come", "<table><tr><td>a</td></tr><tr></tr><tr><td>&nbsp;</td></tr><tr><td>b</td></tr></table>", reading{Rows: []row{{1, []string{"a"}, ""}, {4, []string{"b"}, ""}}}},
		{
			"merged cells", "<table><tr><td colspan=3>题目</td></tr><tr><td rowspan=2>社区</td><td colspan=2>办理情况</td></tr><tr><td>日期</td><td>结果</td></tr>" +
				"<tr><td rowspan=\"3\">东</td><td>1</td><td>2</td></tr><tr><td></td><td>3</td></tr></table>",
			reading{
				Rows: []row{
					{1, []string{"题目", "题目", "题目"}, ""},
					{2, []string{"社区", "办理情况", "办理情况"}, ""},
					{3, []string{"社区", "日期", "结果"}, ""},
					{4, []string{"东", "1", "2"}, ""},
					{5, []string{"东", "", "3"}, ""},
				},
				Merged: []string{"B1", "C1", "C2", "A3", "A5"},
			},
		},
		{"a merged range wider than the table", "<table><tr><td colspan=99999999999>题目</td></tr><tr><td>a</td><td rowspan=0>b</td></tr></table>", reading{Rows: []row{{1, []string{"题目", "题目"}, ""}, {2, []string{"a", "b"}, ""}}, Merged: []string{"B1"}}},
		{"a caption", "<table><caption>2026年3月台账</caption><tr><td>a</td></tr></table>", reading{Rows: []row{{1, []string{"2026年3月台账"}, ""}, {2, []string{"a"}, ""}}}},
		{"two tables", "<html><p>前言</p><table><tr><td>a</td></tr></table>之间<table><tr><td>b</td></tr></table>", reading{Rows: []row{{1, []string{"a"}, ""}, {2, []string{"b"}, ""}}}},
		{"a table for the layout", "<table><tr><td><table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table></td></tr><tr><td>页脚</td></tr></table>", reading{Rows: []row{{2, []string{"a", "b"}, ""}, {3, []string{"c"}, ""}, {4, []string{"页脚"}, ""}}}},
		{"scripts and comments", "<table><tr><td>a<script>var x='<td>no</td>'</script><!-- <td>no</td> --><b>b</b></td></tr></table>", reading{Rows: []row{{1, []string{"ab"}, ""}}}},
		{"paragraphs in a cell", "<table><tr><td><p>一</p><p>二</p><div>三</div></td></tr></table>", reading{Rows: []row{{1, []string{"一\n二\n三"}, ""}}}},
		{"no end at all", "<table><tr><td>a</td><td>b", reading{Rows: []row{{1, []string{"a", "b"}, ""}}}},
		{"a row too wide spoils itself alone", "<table><tr>" + strings.Repeat("<td></td>", 1000) + "<td>x</td></tr><tr><td>a</td></tr></table>", reading{Rows: []row{{1, nil, TooManyColumns}, {2, []string{"a"}, ""}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readGrid(t, textBytes("台账.xls"), []byte(c.in), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHTMLEncoding(t *testing.T) {
	const page = "<table><tr><td>路灯不亮</td></tr></table>"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(strings.Repeat(" ", 300_000) + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, in, encoding string }{
		{"UTF-8", page, "UTF-8"},
		{"GB18030 behind a long stretch of ASCII", "<html>" + gb, "GB18030"},
	} {
		s := open(t, c.in, "台账.xls", Options{})
		rows, err := readAll(t, s)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 || rows[0].Cells[0] != "路灯不亮" || s.Encoding() != c.encoding || s.Format() != "html" {
			t.Errorf("%s: %v, %s, %s", c.name, rows, s.Encoding(), s.Format())
		}
	}
	t.Run("damaged", func(t *testing.T) {
		s := open(t, "<table><tr><td>路\xFF灯\x00</td></tr></table>", "台账.xls", Options{})
		rows, err := readAll(t, s)
		if err != nil || rows[0].Cells[0] != "路\uFFFD灯" || s.Damaged() != 1 || s.NULs() != 1 {
			t.Error(rows, err, s.Damaged(), s.NULs())
		}
	})
}

func TestHTMLRefused(t *testing.T) {
	for _, c := range []struct {
		name, in string
		is       error
		text     string
	}{
		{"no table", "<html><frameset><frame src='x.files/sheet001.htm'></frameset></html>", ErrEmpty, "是网页，其中没有表格内容，请用 Excel 或 WPS 打开后另存为“Excel 工作簿（xlsx）”再导入。"},
		{"an empty table", "<html><table><tr><td>&nbsp;</td></tr></table>", ErrEmpty, "是网页，其中没有表格内容，请用 Excel 或 WPS 打开后另存为“Excel 工作簿（xlsx）”再导入。"},
		{"a tag of nine megabytes", "<table><tr><td a='" + strings.Repeat("x", 9<<20) + "'>a</td></tr></table>", ErrUnreadable, "已损坏（网页标记过长），请用 Excel 或 WPS 打开后另存，再重新导入。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readGrid(t, textBytes("台账.xls"), []byte(c.in), Options{})
			if !errors.Is(err, c.is) || err.Error() != "文件“台账.xls”"+c.text {
				t.Errorf("%.200v\nwant %s", err, c.text)
			}
		})
	}
}

// FuzzHTML: whatever the page holds, there is no panic, and rows and merged cells are what Batch says.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"<table><tr><td rowspan=3 colspan=2>a<td>b</tr><tr><td>c</table>", "<table><caption>x<tr><td><table><tr><td>a</table></td><td>b",
		"<table><tr><td>a<br>b&nbsp;&#0;&#x110000;</td></tr>", "<html><script><td></script><table><tr><td>a", "<table><td>a</td></tr><tr><td colspan=70000>b",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzGrid(t, textBytes("x.xls"), append([]byte("<html>"), data...))
	})
}
