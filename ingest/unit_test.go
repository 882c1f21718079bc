package ingest

import (
	"context"
	"strconv"
	"strings"
	"testing"
)

// placed is a ledger whose rows may say whose they are in every way.
const placed = `name = "placed"; shape = "record"
[constants]
kind = "SQ"
[fields]
source_no = "编号"
received_at = { column = "日期", default = "2026-01-05" }
org_code = "编码"
org = { from = ["column:网格", "column:社区", "column:街道", "title", "file"] }
`

func TestUnitOfARow(t *testing.T) {
	s := newSite(t)
	for i, c := range []struct {
		name, title, file, org string
		row                    string // 编码,网格,社区,街道
		want                   string // org_code|located|dq, or the refused column
		names                  []string
	}{
		{name: "a code column", row: "G121,,,", want: "G121|code|·"},
		{name: "the code column goes before names", row: "C21,第一网格,朝阳社区,红旗街道", want: "C21|code|·"},
		{name: "a name inside the row's own upper units", row: ",第一网格,朝阳社区,红旗街道", want: "G111|code|·"},
		{name: "the same name in another community", row: ",一网格,和平社区,", want: "G121|code|·"},
		{name: "an alias", row: ",,和平里,", want: "C12|code|·"},
		{name: "a full name", row: ",红旗街道朝阳社区1网格,,", want: "G111|code|·"},
		{name: "an unknown grid leaves its community", row: ",第九网格,朝阳社区,红旗街道", want: "C11|code|DQ04"},
		{name: "an unknown community leaves the street, its grid is not sought elsewhere", row: ",第五网格,光明社区,红旗街道", want: "S1|code|DQ04"},
		{name: "below an unknown community a code is believed", row: ",G125,光明社区,红旗街道", want: "G125|code|DQ04"},
		{name: "a community of another street is unknown", row: ",,建设社区,红旗街道", want: "S1|code|DQ04"},
		{name: "nothing is named", row: ",,,", want: "·|none|DQ04"},
		{name: "an unknown code that nothing else places is kept", row: "X99,,,", want: "X99|none|DQ04"},
		{name: "an unknown code leaves the unit that is named", row: "X99,,和平社区,", want: "C12|code|DQ04"},

		{name: "the title", title: "红旗街道和平社区居民诉求台账", row: ",,,", want: "C12|code|·"},
		{name: "a grid inside the title's community", title: "红旗街道和平社区居民诉求台账", row: ",第一网格,,", want: "G121|code|·"},
		{name: "the title's own street in a column", title: "红旗街道和平社区居民诉求台账", row: ",第一网格,和平社区,红旗街道", want: "G121|code|·"},
		{name: "a unit outside the title's is unknown", title: "红旗街道和平社区居民诉求台账", row: ",第二网格,,", want: "C12|code|DQ04"},
		{name: "a name in the code column stays inside the title's unit", title: "红旗街道朝阳社区台账", row: "第五网格,,,", want: "C11|code|DQ04"},
		{name: "a code outside the title's unit is believed", title: "红旗街道朝阳社区台账", row: "G125,,,", want: "G125|code|·"},
		{name: "the file's name", file: "和平社区2026.csv", row: ",,,", want: "C12|code|·"},
		{name: "the file's name inside the title's unit", title: "红旗街道台账", file: "朝阳社区.csv", row: ",第一网格,,", want: "G111|code|·"},
		{name: "the title goes before a file's name that contradicts it", title: "东风街道台账", file: "和平社区.csv", row: ",,,", want: "S2|code|·"},
		{name: "the unit given with the file", org: "C12", row: ",第一网格,,", want: "G121|code|·"},
		{name: "the unit given by name", org: "和平社区", row: ",,,", want: "C12|code|·"},
		{name: "the title fits one unit inside the unit given", org: "S1", title: "朝阳社区台账", row: ",,,", want: "C11|code|·"},

		{name: "a name that fits two units", row: ",,朝阳社区,", want: "社区", names: []string{"红旗街道朝阳社区", "东风街道朝阳社区"}},
		{name: "a grid that two communities have", row: ",第一网格,,红旗街道", want: "网格", names: []string{"朝阳社区第一网格", "和平社区第一网格"}},
		{name: "a title that fits two units, a row that names none", title: "朝阳社区台账", row: ",,,", want: "·", names: []string{"C11", "C22"}},
		{name: "a title that fits two units, a row that names its own", title: "朝阳社区台账", row: ",,和平社区,", want: "C12|code|·"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			data := "编号,编码,网格,社区,街道\n" + strconv.Itoa(i) + "," + c.row + "\n"
			if c.title != "" {
				data = c.title + ",,,,\n" + data
			}
			if c.file == "" {
				c.file = "t.csv"
			}
			res := s.load(placed, data, named(c.file), forOrg(c.org))
			if c.names == nil {
				s.want("SELECT org_code, located, dq FROM record WHERE since = (SELECT max(id) FROM job)", c.want+"\n")
				return
			}
			s.wantCounts(res, "rows 1, rejected 1")
			s.want("SELECT col, reason FROM reject WHERE job = (SELECT max(id) FROM job)", c.want+"|ambiguous_unit\n")
			message := s.table("SELECT message FROM reject WHERE job = (SELECT max(id) FROM job)")
			for _, name := range c.names {
				if !strings.Contains(message, name) {
					t.Errorf("%q does not name %s", message, name)
				}
			}
		})
	}
}

func TestUnknownUnitsAreNamedInAWarning(t *testing.T) {
	s := newSite(t)
	res := s.load(placed, "编号,社区,网格\n1,光明社区,第一网格\n2,光明社区,\n3,,\n4,和平社区,第九网格\n")
	w := warning(t, res, "DQ04")
	if w.Count != 4 || strings.Join(w.Items, " ") != "光明社区 第九网格" {
		t.Errorf("got %d rows, values %v", w.Count, w.Items)
	}
}

func TestTheFileContradictsTheUnitGiven(t *testing.T) {
	s := newSite(t)
	_, err := s.try(context.Background(), placed, "和平社区台账,\n编号,社区\n1,\n", forOrg("C21"))
	if err == nil || !strings.Contains(err.Error(), "红旗街道和平社区") || !strings.Contains(err.Error(), "东风街道建设社区") {
		t.Errorf("got %v, want an error that names both units", err)
	}
	s.want("SELECT count(*) FROM record", "0\n")
	t.Run("the district in the title contradicts nobody", func(t *testing.T) {
		s.load(placed, "示范区台账,\n编号,社区\n1,\n", forOrg("C21"))
		s.want("SELECT org_code FROM record", "C21\n")
	})
}

func TestTheUnitGivenIsUnknown(t *testing.T) {
	s := newSite(t)
	_, err := s.try(context.Background(), placed, "编号,社区\n1,\n", forOrg("光明社区"))
	if err == nil || !strings.Contains(err.Error(), "找不到单位“光明社区”") {
		t.Errorf("got %v", err)
	}
}
