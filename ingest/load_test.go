package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"gridstar/ingest/source"
)

func TestLimitOfRejects(t *testing.T) {
	file := "编号,日期,内容,状态\n1,2026-01-05,甲,\n2,某日,乙,\n3,某日,丙,\n4,2026-01-05,丁,\n"
	for _, c := range []struct {
		name  string
		limit Limit
		taken bool
	}{
		{"none is set", Limit{}, true},
		{"as many as the limit", Limit{Set: true, Rows: 2}, true},
		{"one more than the limit", Limit{Set: true, Rows: 1}, false},
		{"no bad row allowed", Limit{Set: true}, false},
		{"as many percent as the limit", Limit{Set: true, Percent: 50}, true},
		{"more percent than the limit", Limit{Set: true, Percent: 49}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			res, err := s.try(context.Background(), numbered, file, func(r *Request) { r.Limit = c.limit })
			if c.taken {
				if err != nil {
					t.Fatal(err)
				}
				s.wantCounts(res, "rows 4, accepted 2, rejected 2")
				return
			}
			var many *TooManyRejects
			if !errors.As(err, &many) {
				t.Fatalf("got %v", err)
			}
			if len(many.Rows) != 2 || many.Rows[0].Row != 3 || !strings.Contains(err.Error(), "第 3 行") {
				t.Errorf("got %v: %+v", err, many.Rows)
			}
			s.want("SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM reject), (SELECT count(*) FROM job WHERE verb = 'ingest')", "0|0|0\n")
		})
	}
}

func TestDryRun(t *testing.T) {
	s := newSite(t)
	file := "编号,日期,内容,状态\n1,2026-01-05,甲,\n2,某日,乙,\n"
	dry := s.load(numbered, file, func(r *Request) { r.DryRun = true })
	s.wantCounts(dry, "rows 2, accepted 1, rejected 1")
	if dry.Job != 0 || dry.Version != 0 {
		t.Errorf("a dry run has job %d, version %d", dry.Job, dry.Version)
	}
	s.want("SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM reject), (SELECT count(*) FROM coverage), (SELECT max(id) FROM job)", "0|0|0|1\n")
	s.wantCounts(s.load(numbered, file), "rows 2, accepted 1, rejected 1")
}

func TestFilesWithoutRows(t *testing.T) {
	for _, c := range []struct {
		name, profile, data, file, says string
	}{
		{"an empty file", numbered, "", "t.csv", ""},
		{"a header only", numbered, "编号,日期,内容,状态\n", "t.csv", "没有数据行"},
		{"blank rows only", numbered, "编号,日期,内容,状态\n,,,\n , ,,\n", "t.csv", "没有数据行"},
		{"an empty array", numbered, "[]", "t.json", ""},
		{"a missing column", numbered, "编号,内容\n1,甲\n", "t.csv", "“日期”"},
		{"an unknown header", "", "a,b\n1,2\n", "t.csv", "--profile"},
		{"a quote that never closes", numbered, "\"编号,日期", "t.csv", "引号没有配对"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			_, err := s.try(context.Background(), c.profile, c.data, named(c.file))
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "“"+c.file+"”") {
				t.Errorf("got %v", err)
			}
			if c.says == "" && !errors.Is(err, source.ErrEmpty) {
				t.Errorf("got %v", err)
			}
			s.want("SELECT max(id) FROM job", "1\n")
		})
	}
}

func TestRowsThatAreNoneOfTheLedger(t *testing.T) {
	s := newSite(t)
	res := s.load(numbered, "某台账,,,\n编号,日期,内容,状态\n1,2026-01-05,甲,\n,,,\n编号,日期,内容,状态\n合计,,1,\n\"开着的引号\n")
	s.wantCounts(res, "rows 5, accepted 1, rejected 1, skipped 3")
	s.wantRejects(res.Job, "7|·|·|unreadable\n")
}

// The same ledger in whatever form is the same ledger.
func TestFormsOfOneLedger(t *testing.T) {
	csv := "编号,日期,内容,状态\n1,2026-01-05,路灯不亮,办理中\n2,2026-01-06,井盖松动,已办结\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(csv)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, data string }{
		{"a JSON array", "t.json", `[{"编号":"1","日期":"2026-01-05","内容":"路灯不亮","状态":"办理中"},{"编号":2,"日期":"2026-01-06","内容":"井盖松动","状态":"已办结"}]`},
		{"JSON lines with another order of keys", "t.jsonl", `{"状态":"办理中","编号":"1","日期":"2026-01-05","内容":"路灯不亮"}` + "\n" + `{"编号":"2","日期":"2026-01-06","内容":"井盖松动","状态":"已办结","空":null}`},
		{"GB18030", "t.csv", gb},
		{"UTF-8 with a mark", "t.csv", "\ufeff" + csv},
		{"semicolons", "t.csv", strings.ReplaceAll(csv, ",", ";")},
		{"columns in another order", "t.csv", "状态,内容,编号,日期\n办理中,路灯不亮,1,2026-01-05\n已办结,井盖松动,2,2026-01-06\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.load(numbered, csv)
			s.wantCounts(s.load(numbered, c.data, named(c.file)), "rows 2, unchanged 2")
		})
	}
}

func TestWithoutAHeader(t *testing.T) {
	const bare = `name = "bare"; shape = "record"; header_row = "none"
[constants]
kind = "SQ"
[fields]
source_no = "c1"
received_at = "c2"
`
	s := newSite(t)
	s.wantCounts(s.load(bare, "1,2026-01-05\n2,2026-01-06,更宽\n"), "rows 2, accepted 2")
	s.want("SELECT row, source_no FROM record ORDER BY row", "1|1\n2|2\n")
}

func TestManyRejectsAreCountedButNotAllKept(t *testing.T) {
	s := newSite(t)
	const rows = keptRejects + 5
	res := s.load(numbered, "编号,日期\n"+strings.Repeat("1,某日\n", rows))
	if res.Rejected != rows {
		t.Errorf("got %d", res.Rejected)
	}
	s.want("SELECT count(*) FROM reject", "100000\n")
	warning(t, res, "rejects")
}

func TestManyBatches(t *testing.T) {
	s := newSite(t)
	var b strings.Builder
	b.WriteString("编号,日期,内容,状态\n")
	const rows = 3*blockRows/2 + 7
	for i := range rows {
		b.WriteString(text(i) + ",2026-01-05,路灯不亮,办理中\n")
	}
	s.wantCounts(s.load(numbered, b.String()), "rows "+text(rows)+", accepted "+text(rows))
	s.want("SELECT count(*), count(DISTINCT id), min(row), max(row) FROM record", text(rows)+"|"+text(rows)+"|2|"+text(rows+1)+"\n")
}
