package ingest

import (
	"context"
	"strings"
	"testing"

	"gridstar/analytics/units"
)

func forScope(codes ...string) option {
	return func(r *Request) { r.Scope, r.Scoped = units.Only(codes...), true }
}

const scopeProfile = `name = "p"
shape = "record"
[constants]
source_system = "s"
kind = "SQ"
[fields]
source_no = "号"
received_at = "日期"
org = { from = ["column:网格", "column:社区", "column:街道", "title", "file"] }
`

// orgField is the same with a code column.
var orgField = strings.Replace(scopeProfile, `received_at = "日期"`, "received_at = \"日期\"\norg_code = \"单位\"", 1)

// Rows of strangers' units are refused with the unit's name; her own are taken, by code, by name, below names of units
// above them, and without any.
func TestScopeOfOneUnit(t *testing.T) {
	s := newSite(t)
	r := s.load(scopeProfile, `号,日期,街道,社区,网格
1,2026-02-01,红旗街道,朝阳社区,第一网格
2,2026-02-01,,和平里,
3,2026-02-01,,,
4,2026-02-01,东风街道,建设社区,第一网格
5,2026-02-01,,建设社区,
6,2026-02-01,,朝阳社区,第五网格
7,2026-02-01,,幸福社区,
8,2026-02-01,示范区,朝阳社区,
`, forScope("S1"))
	s.wantCounts(r, "rows 8, accepted 6, rejected 2")
	s.want("SELECT source_no, org_code FROM record ORDER BY 1", "1|G111\n2|C12\n3|S1\n6|C11\n7|S1\n8|C11\n")
	s.wantRejects(r.Job, "5|街道|东风街道|foreign_unit\n6|社区|建设社区|foreign_unit\n")
	s.want("SELECT DISTINCT message FROM reject WHERE row = 6", "“东风街道建设社区”不在您负责的范围内，这一行不能由您导入\n")
	s.want("SELECT DISTINCT org_code FROM coverage", "S1\n")
}

func TestScopeOfCodes(t *testing.T) {
	s := newSite(t)
	r := s.load(orgField, "号,日期,单位\n1,2026-02-01,C11\n2,2026-02-01,C21\n3,2026-02-01,G211\n4,2026-02-01,建设社区\n5,2026-02-01,99999\n6,2026-02-01,\n7,2026-02-01,D\n", forScope("S1"))
	s.want("SELECT source_no, org_code FROM record ORDER BY 1", "1|C11\n5|S1\n6|S1\n")
	if r.Rejected != 4 {
		t.Errorf("%+v", r)
	}
}

// Of several units of hers a row must say which; what is ambiguous on the whole site may be plain among them; the job covers
// only them.
func TestScopeOfSeveralUnits(t *testing.T) {
	s := newSite(t)
	r := s.load(scopeProfile, `号,日期,街道,社区,网格
1,2026-02-01,,朝阳社区,第一网格
2,2026-02-01,,建设社区,
3,2026-02-01,,,
4,2026-02-01,,和平社区,
`, forScope("C11", "C21"))
	s.want("SELECT source_no, org_code FROM record ORDER BY 1", "1|G111\n2|C21\n")
	s.want("SELECT row, reason FROM reject ORDER BY row", "4|foreign_unit\n5|foreign_unit\n")
	s.want("SELECT DISTINCT org_code FROM coverage ORDER BY 1", "C11\nC21\n")
	if r.Rejected != 2 {
		t.Errorf("%+v", r)
	}
}

// A title of a stranger's unit refuses the file; one of her own, or of a unit around hers, does not.
func TestScopeOfTitles(t *testing.T) {
	const rows = "号,日期,街道,社区,网格\n1,2026-02-01,,,\n"
	for title, want := range map[string]string{
		"东风街道建设社区诉求台账": "", "东风街道诉求台账": "", "红旗街道诉求台账": "S1", "红旗街道朝阳社区诉求台账": "C11", "示范区诉求台账": "S1", "诉求台账": "S1",
	} {
		s := newSite(t)
		_, err := s.try(context.Background(), scopeProfile, title+",,,,\n"+rows, forScope("S1"))
		if (err != nil) != (want == "") {
			t.Errorf("%s: %v", title, err)
		}
		if err != nil && !strings.Contains(err.Error(), "不在您负责的范围内") {
			t.Errorf("%s: %v", title, err)
		}
		if want != "" {
			s.want("SELECT org_code FROM record", want+"\n")
		}
	}
}

// Whoever has seen the number of a stranger's record cannot write over it, nor draw it into a unit of hers.
func TestScopeOfNumbers(t *testing.T) {
	s := newSite(t)
	s.load(scopeProfile, "号,日期,街道,社区,网格\n1,2026-02-01,红旗街道,,\n2,2026-02-01,东风街道,,\n3,2026-02-01,,,\n")
	before := s.table("SELECT source_no, org_code, received_at FROM record ORDER BY 1")
	r := s.load(scopeProfile, "号,日期,街道,社区,网格\n1,2026-02-02,,,\n2,2026-02-02,,,\n3,2026-02-02,,,\n4,2026-02-02,,,\n", forScope("S1"))
	s.wantCounts(r, "rows 4, accepted 2, replaced 1, rejected 2")
	s.want("SELECT source_no, org_code, received_at FROM record ORDER BY 1", strings.Replace(before, "1|S1|2026-02-01", "1|S1|2026-02-02", 1)+"4|S1|2026-02-02\n")
	s.want("SELECT row, reason FROM reject ORDER BY row", "3|foreign_unit\n4|foreign_unit\n")
}

// Who has no unit loads nothing; a scope of everything is none.
func TestScopeOfNobody(t *testing.T) {
	s := newSite(t)
	const rows = "号,日期,街道,社区,网格\n1,2026-02-01,红旗街道,,\n"
	if r := s.load(scopeProfile, rows, forScope()); r.Rejected != 1 || r.Accepted != 0 {
		t.Errorf("%+v", r)
	}
	if r := s.load(scopeProfile, rows, func(r *Request) { r.Scope, r.Scoped = units.Everything(), true }); r.Accepted != 1 {
		t.Errorf("%+v", r)
	}
}
