package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gridstar/ingest/source"
)

func TestRepeatedRowsAreFlagged(t *testing.T) {
	const header = "编号,社区,类型,受理,内容\n"
	for _, c := range []struct{ name, rows, want string }{
		{"the same number twice: the later one", "1,C12,SQ,2026-01-05,甲\n1,C12,SQ,2026-01-06,乙\n", "1|DQ06\n"},
		{"the same day, unit, kind and text", "1,C12,SQ,2026-01-05,甲\n2,C12,SQ,2026-01-05,甲\n", "1|·\n2|DQ06\n"},
		{"the same day at another hour", "1,C12,SQ,2026-01-05 08:00,甲\n2,C12,SQ,2026-01-05 17:00,甲\n", "1|·\n2|DQ06\n"},
		{"another day", "1,C12,SQ,2026-01-05,甲\n2,C12,SQ,2026-01-06,甲\n", "1|·\n2|·\n"},
		{"another unit", "1,C12,SQ,2026-01-05,甲\n2,C21,SQ,2026-01-05,甲\n", "1|·\n2|·\n"},
		{"another kind", "1,C12,SQ,2026-01-05,甲\n2,C12,WX,2026-01-05,甲\n", "1|·\n2|·\n"},
		{"another text", "1,C12,SQ,2026-01-05,甲\n2,C12,SQ,2026-01-05,乙\n", "1|·\n2|·\n"},
		{"no text says nothing", "1,C12,SQ,2026-01-05,\n2,C12,SQ,2026-01-05,\n", "1|·\n2|·\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.load(full, header+c.rows)
			s.want("SELECT source_no, dq FROM record ORDER BY 1", c.want)
		})
	}
}

func TestCopiedTextsAreFlagged(t *testing.T) {
	s := newSite(t)
	file := "编号,社区,类型,受理,内容\n"
	for day := 1; day <= 6; day++ {
		file += fmt.Sprintf("%d,C12,SQ,2026-01-%02d,入户走访宣传反诈知识\n", day, day) + fmt.Sprintf("%d,C12,SQ,2026-01-%02d,路灯不亮\n", 10+day, day)
	}
	res := s.load(full, file)
	s.want("SELECT source_no FROM record WHERE dq = 'DQ09' ORDER BY 1", "5\n6\n")
	if w := warning(t, res, "DQ09"); w.Count != 2 || w.Rows[0] != 10 {
		t.Errorf("got %+v", w)
	}
}

// A doubt that other rows cause does not make a row another one.
func TestFlagsDoNotChangeARow(t *testing.T) {
	s := newSite(t)
	const header = "编号,社区,类型,受理,内容\n"
	s.load(full, header+"2,C12,SQ,2026-01-05,甲\n")
	s.wantCounts(s.load(full, header+"1,C12,SQ,2026-01-05,甲\n2,C12,SQ,2026-01-05,甲\n"), "rows 2, accepted 1, unchanged 1")
	s.load(full, header+"9,C12,SQ,2026-04-05,将来\n")
	s.want("SELECT dq FROM record WHERE source_no = '9'", "DQ02\n")
	s.now = s.now.AddDate(1, 0, 0)
	s.wantCounts(s.load(full, header+"9,C12,SQ,2026-04-05,将来\n"), "rows 1, unchanged 1")
}

func TestIncompleteClosings(t *testing.T) {
	const ledger = `name = "x"; shape = "record"
[constants]
kind = "SQ"
[fields]
source_no = "编号"
received_at = "日期"
closed_at = "办结"
status = "状态"
result = "结果"
`
	s := newSite(t)
	s.load(ledger, "编号,日期,办结,状态,结果\n1,2026-01-05,2026-01-06,已办结,解决\n2,2026-01-05,,已办结,解决\n3,2026-01-05,2026-01-06,已办结,\n4,2026-01-05,,办理中,\n5,2026-01-05,2026-01-06,,\n", forOrg("C12"))
	s.want("SELECT source_no, dq FROM record ORDER BY 1", "1|·\n2|DQ07\n3|DQ07\n4|·\n5|DQ07\n")
	t.Run("a ledger without these columns cannot lack them", func(t *testing.T) {
		s := newSite(t)
		s.load(ledger, "编号,日期,状态\n1,2026-01-05,已办结\n", forOrg("C12"))
		s.want("SELECT dq FROM record", "·\n")
	})
}

const monthly = `name = "fee"; shape = "figure"; period = "title"
[constants]
measure = "property_fee"
subject_type = "小区"
[fields]
org = { from = ["column:社区"] }
subject = "小区"
numerator = { column = "实收", unit = "元" }
denominator = { column = "应收", unit = "元" }
[drop]
columns = ["收缴率"]
`

func TestTotalsThatContradictTheirParts(t *testing.T) {
	const header = "2026年1月物业费\n社区,小区,应收,实收\n"
	for _, c := range []struct {
		name, rows string
		want       []string // column and numbers; nil: no finding
	}{
		{"right", "C11,甲,100,80\nC11,乙,50,50\n合计,,150,130\n", nil},
		{"one column wrong", "C11,甲,100,80\nC11,乙,50,50\n合计,,150,140\n", []string{"实收写 140，明细相加为 130"}},
		{"both wrong", "C11,甲,100,80\n合计,,150,140\n", []string{"应收写 150，明细相加为 100", "实收写 140，明细相加为 80"}},
		{"subtotals of their own parts, and the whole", "C11,甲,100,80\n小计,,100,80\nC11,乙,50,50\n小计,,50,50\n合计,,150,130\n", nil},
		{"a wrong subtotal", "C11,甲,100,80\n小计,,100,80\nC11,乙,50,50\n小计,,150,50\n合计,,150,130\n", []string{"应收写 150，明细相加为 50"}},
		{"running totals hold what is not here", "C11,甲,100,80\n累计,,900,700\n", nil},
		{"rounded", "C11,甲,100.333,80\nC11,乙,0.333,1\n合计,,100.67,81\n", nil},
		{"a part that is not exact", "C11,甲,约100,80\n合计,,150,80\n", nil},
		{"a refused row counts too", "C11,甲,100,80\n某社区某社区,乙,50,二三十\n合计,,150,80\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			res := s.load(monthly, header+c.rows)
			var got []string
			for _, w := range res.Warnings {
				if w.Code == "DQ14" {
					got = w.Items
				}
			}
			if strings.Join(got, ";") != strings.Join(c.want, ";") {
				t.Errorf("got %q, want %q; %v", got, c.want, res.Warnings)
			}
		})
	}
}

func TestStatedRates(t *testing.T) {
	s := newSite(t)
	res := s.load(monthly, "2026年1月物业费\n社区,小区,应收,实收,收缴率\nC11,甲,200,150,75%\nC11,乙,200,150,75.5%\nC11,丙,200,150,75.6%\nC11,丁,200,150,0.75\nC11,戊,200,150,\nC11,己,0,0,100%\nC11,庚,200,150,95\n")
	s.want("SELECT subject, dq FROM figure ORDER BY row", "甲|·\n乙|·\n丙|DQ14\n丁|·\n戊|·\n己|·\n庚|DQ14\n")
	if w := warning(t, res, "DQ14"); w.Count != 2 || len(w.Items) != 2 || w.Items[0] != "收缴率写 75.6%，按两数计算为 75%" {
		t.Errorf("got %+v", w)
	}
}

// A number written once into a merged cell is one number.
func TestMergedNumbersCountOnce(t *testing.T) {
	s := newSite(t)
	const file = "日期,社区,人数\n2026-01-05,C11,30\n2026-01-05,C12,30\n2026-01-05,C21,30\n"
	src, err := source.OpenText(strings.NewReader(file), int64(len(file)), "x.csv", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tab, err := s.in.open(&merging{src, []int{7, 8, 11}}, Request{Name: "x.csv", Profile: parse(t, `name = "x"; shape = "activity"
[constants]
type = "ZF"
[fields]
held_at = "日期"
attended = "人数"
org = { from = ["column:社区"] }
`)})
	if err != nil {
		t.Fatal(err)
	}
	lg, err := s.in.ledger(t.Context(), tab, Request{Name: "x.csv"}, "x")
	if err != nil {
		t.Fatal(err)
	}
	k := newCollector(lg)
	var got []int64
	c := newConverter(lg)
	for b, _ := tab.next(); b != nil; b, _ = tab.next() {
		p := c.convert(b, tab.skip)
		sh := p.sheets[0]
		for i := range sh.rows {
			if v := sh.slot(sh.column("attended"), i); v.set {
				got = append(got, v.i)
			} else {
				got = append(got, -1)
			}
		}
		k.warnings.merge(p.warnings)
	}
	if fmt.Sprint(got) != "[30 -1 -1]" || k.warnings["merged"] == nil || k.warnings["merged"].Count != 2 {
		t.Errorf("got %v, %v", got, k.warnings["merged"])
	}
}

// merging marks cells of its first batch as repetitions of a merged one.
type merging struct {
	source.Source
	cells []int
}

func (m *merging) Next() (*source.Batch, error) {
	b, err := m.Source.Next()
	if b != nil {
		b.Merged, m.cells = m.cells, nil
	}
	return b, err
}

func TestZeroReport(t *testing.T) {
	s := newSite(t)
	p, ok := s.in.Profiles.ByName("居民诉求台账")
	if !ok {
		t.Fatal("no such ledger")
	}
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	res, err := s.in.Zero(t.Context(), ZeroRequest{Profile: p, Org: "和平里", From: day(2026, 1, 1), To: day(2026, 2, 1), Actor: "clerk"})
	if err != nil {
		t.Fatal(err)
	}
	if res.Job == 0 || res.Rows != 0 || len(res.Covers) == 0 || len(res.Warnings) != 0 || !strings.HasSuffix(res.Coverage(), "2026-01-01至2026-01-31（依据零报告）") {
		t.Errorf("got %+v, %s", res, res.Coverage())
	}
	s.want("SELECT DISTINCT org_code, period_from, period_to, stated_by FROM coverage", "C12|2026-01-01|2026-02-01|zero\n")
	s.want("SELECT actor FROM loaded WHERE actor IS NOT NULL", "clerk\n")
	t.Run("nothing is said of days to come", func(t *testing.T) {
		s.t = t
		if _, err := s.in.Zero(t.Context(), ZeroRequest{Profile: p, Org: "C21", From: day(2026, 2, 1), To: day(2026, 4, 1)}); err != nil {
			t.Fatal(err)
		}
		s.want("SELECT max(period_to) FROM coverage WHERE org_code = 'C21'", "2026-03-02\n")
		for _, to := range []time.Time{day(2026, 5, 1), day(2026, 3, 15)} {
			if _, err := s.in.Zero(t.Context(), ZeroRequest{Profile: p, Org: "C21", From: day(2026, 4, 1), To: to}); err == nil {
				t.Error("a period to come is taken")
			}
		}
	})
	t.Run("rows that are there contradict it", func(t *testing.T) {
		s.t = t
		s.load(full, fullHeader+cells("1"))
		res, err := s.in.Zero(t.Context(), ZeroRequest{Profile: p, Org: "C12", From: day(2026, 1, 1), To: day(2026, 2, 1)})
		if err != nil {
			t.Fatal(err)
		}
		if w := warning(t, res, "zero"); !strings.Contains(w.Text, "已有 1 行") {
			t.Errorf("got %+v", w)
		}
	})
	t.Run("undone, it covers nothing", func(t *testing.T) {
		s.t = t
		s.undo(res.Job)
		s.want("SELECT count(*) FROM coverage WHERE org_code = 'C12' AND stated_by = 'zero'", "0\n")
	})
	t.Run("an unknown unit", func(t *testing.T) {
		if _, err := s.in.Zero(t.Context(), ZeroRequest{Profile: p, Org: "某社区", From: day(2026, 1, 1), To: day(2026, 2, 1)}); err == nil {
			t.Error("taken")
		}
	})
}
