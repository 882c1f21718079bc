package ingest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIsPerson(t *testing.T) {
	for _, s := range []string{"王建国", "李四", "张 三", "欧阳娜娜", "上官云", "赵敏同志", "刘洋（）", "陈静书记"} {
		want := s != "刘洋（）" // not Han alone
		if isPerson(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
	for _, s := range []string{
		"", "王", "城管局", "物业公司", "社区", "朝阳社区", "党政办", "高新派出所", "万科", "龙湖", "石化", "水利局", "林业局", "江北水厂", "张家湾村", "李庄",
		"第一网格", "网格员", "王先生物业", "司法所", "马路市场", "武装部", "金地物业", "13800001111", "Wang Li", "王建国、李四", "住建", "民政", "团委", "妇联",
	} {
		if s == "李庄" || isPerson(s) {
			if s != "李庄" {
				t.Errorf("%q is taken for a person", s)
			}
		}
	}
}

// Where a ledger names an office or a person, the person is not kept.
func TestPersonsAmongOffices(t *testing.T) {
	const ledger = `name = "x"; shape = "record"
[constants]
kind = "SQ"
[fields]
source_no = "编号"
received_at = "日期"
dept = "承办单位/人"
[match]
headers = ["编号"]
`
	s := newSite(t)
	res := s.load(ledger, "编号,日期,承办单位/人\n1,2026-01-05,城管局\n2,2026-01-05,王建国\n3,某日,李秀英\n", func(r *Request) {})
	s.want("SELECT source_no, dept FROM record ORDER BY 1", "1|城管局\n2|〔个人〕\n")
	if res.Personal["承办单位/人"] != 2 || res.PersonalText() != "承办单位/人 2 处" {
		t.Errorf("got %v, %s", res.Personal, res.PersonalText())
	}
	if rows := s.refusedRows(res.Job); len(rows) != 1 || rows[0].Cells[2] != personMark {
		t.Errorf("got %+v", rows)
	}
}

// A token stands for a person or number in whatever spelling, and stays what it is when it comes back.
func TestTokens(t *testing.T) {
	s := newSite(t)
	c := &converter{ledger: &ledger{}, hash: s.w.Hasher(), tokens: map[string]string{}}
	one := c.token("139-1111-2222")
	if !isToken(one) || one != c.token("１３９１１１１２２２２") || one == c.token("13911112223") {
		t.Errorf("got %s, %s, %s", one, c.token("１３９１１１１２２２２"), c.token("13911112223"))
	}
	for _, s := range []string{"", "王建国", "〔隐·〕", "〔隐·王建国王建国王建国王建国〕", "〔隐·ABCDEFGHIJK〕", "〔隐·ABCDEFGHIJKL", "ABCDEFGHIJKL"} {
		if isToken(s) {
			t.Errorf("%q is taken for a token", s)
		}
	}
}

// Empty cells, and those that mean nothing, say nothing about a person.
func TestPersonalCellsCounted(t *testing.T) {
	s := newSite(t)
	res := s.load(peopled+"[null]\nvalues = [\"无\", \"-\"]\n", "日期,内容,反映人,电话\n2026-01-05,甲,秦某测,13911112222\n2026-01-06,乙,无,-\n2026-01-07,丙,魏某试,\n", forOrg("C12"))
	if res.Personal["反映人"] != 2 || res.Personal["电话"] != 1 || len(res.Personal) != 2 || res.PersonalText() != "反映人 2 处，电话 1 处" {
		t.Errorf("got %v", res.Personal)
	}
}

// Whatever the format, nothing planted reaches the data directory, accepted or refused.
func TestNoPersonalDataOfAnyFormat(t *testing.T) {
	planted := []string{"秦某测", "13911112222", "魏某试", "999999197001011230", "13800001111"}
	row := func(sep string, cells ...string) string { return strings.Join(cells, sep) + "\n" }
	table := func(sep string) string {
		return row(sep, "日期", "内容", "反映人", "电话", "证件号", "家庭住址") +
			row(sep, "2026-01-05", "请回13800001111", "秦某测", "13911112222", "999999197001011230", "1号楼") +
			row(sep, "某日", "请回13800001111", "魏某试", "13911112222", "999999197001011230", "2号楼")
	}
	html := "<table><tr><td>" + strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(table("|")), "|", "</td><td>"), "\n", "</td></tr><tr><td>") + "</td></tr></table>"
	var json []string
	lines := strings.Split(strings.TrimSpace(table("|")), "\n")
	header := strings.Split(lines[0], "|")
	for _, l := range lines[1:] {
		var pairs []string
		for i, c := range strings.Split(l, "|") {
			pairs = append(pairs, `"`+header[i]+`":"`+c+`"`)
		}
		json = append(json, "{"+strings.Join(pairs, ",")+"}")
	}
	s := newSite(t)
	for name, data := range map[string]string{
		"a.csv": table(","), "b.tsv": table("\t"), "c.jsonl": strings.Join(json, "\n"), "d.json": "[" + strings.Join(json, ",") + "]", "e.xls": html,
	} {
		res := s.load(peopled, data, named(name), forOrg("C12"))
		if res.Rejected != 1 || res.Accepted+res.Unchanged != 1 {
			t.Errorf("%s: %s", name, counts(res))
		}
		if res.Personal["反映人"] != 2 {
			t.Errorf("%s: %v", name, res.Personal)
		}
		for _, w := range res.Warnings {
			for _, p := range planted {
				if strings.Contains(w.Text+strings.Join(w.Items, ""), p) {
					t.Errorf("%s: a warning holds %s", name, p)
				}
			}
		}
	}
	// One row in five formats is one row.
	s.want("SELECT count(*) FROM record", "1\n")
	for table := range strings.Lines(s.table("SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'")) {
		table = strings.TrimSpace(table)
		held := s.table("SELECT CAST(t AS VARCHAR) FROM " + table + " t")
		for _, p := range planted {
			if strings.Contains(held, p) {
				t.Errorf("%s is in the table %s", p, table)
			}
		}
	}
	if err := s.w.Close(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, p := range planted {
			if bytes.Contains(b, []byte(p)) {
				t.Errorf("%s is in %s", p, d.Name())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
