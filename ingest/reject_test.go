package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/warehouse"
)

// peopled is a ledger without numbers: its rows are told apart by what they say, persons included.
const peopled = `name = "peopled"; shape = "record"
key = ["日期", "内容", "反映人", "电话"]
[constants]
kind = "SQ"
[fields]
received_at = "日期"
text = "内容"
org = { from = ["column:社区", "title", "file"] }
[drop]
columns = ["反映人", "电话"]
`

// refusedRows are those of a job, or all that are open.
func (s *site) refusedRows(job int64) (all []RejectedRow) {
	s.t.Helper()
	err := s.w.View(context.Background(), func(v *warehouse.View) (err error) {
		all, err = Rejects(context.Background(), v, job)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// corrected writes refused rows as the csv that a clerk hands in again: the ledger's columns, then what a file of refused
// rows adds. mend changes the cells by their column.
func corrected(rows []RejectedRow, mend map[string]string) string {
	var b strings.Builder
	header := rows[0].Header
	b.WriteString(strings.Join(header, ",") + ",行号,原因,退回编号\n")
	for _, r := range rows {
		cells := make([]string, len(header))
		copy(cells, r.Cells)
		for i, h := range header {
			if m, ok := mend[h]; ok {
				cells[i] = m
			}
		}
		b.WriteString(strings.Join(cells, ",") + ",7," + strings.ReplaceAll(r.Why(), ",", "，") + "," + r.ID() + "\n")
	}
	return b.String()
}

func (s *site) open() int { s.t.Helper(); return len(s.refusedRows(0)) }

// A refused row is kept as it stood, corrected and loaded again; it is then the row it would have been at once.
func TestRefusedRowComesBackCorrected(t *testing.T) {
	s := newSite(t)
	const file = "朝阳社区（红旗街道）居民诉求台账\n日期,内容,反映人,电话\n2026-01-05,路灯不亮，电话13800001111,秦某测,13911112222\n某日,井盖松动，请打13800001111,魏某试,139-3333-4444\n"
	first := s.load(peopled, file, forOrg("C11"), named("一月.csv"))
	s.wantCounts(first, "rows 2, accepted 1, rejected 1, masked 1")
	rows := s.refusedRows(first.Job)
	if len(rows) != 1 {
		t.Fatalf("got %+v", rows)
	}
	r := rows[0]
	if r.Row != 4 || r.ID() == "" || r.File != "一月.csv" || r.ClearedBy != 0 || !strings.HasPrefix(r.Why(), "日期“某日”：") {
		t.Errorf("got %+v", r)
	}
	if diff := cmp.Diff([]string{"日期", "内容", "反映人", "电话"}, r.Header); diff != "" {
		t.Error(diff)
	}
	if len(r.Cells) != 4 || r.Cells[1] != "井盖松动，请打〔电话〕" || !isToken(r.Cells[2]) || !isToken(r.Cells[3]) || r.Cells[2] == r.Cells[3] {
		t.Errorf("cells %q", r.Cells)
	}

	again := s.load(peopled, corrected(rows, map[string]string{"日期": "2026-01-06"}), named("一月-退回.csv"))
	s.wantCounts(again, "rows 1, accepted 1")
	if again.Cleared != 1 || s.open() != 0 {
		t.Errorf("cleared %d, %d open", again.Cleared, s.open())
	}
	// The unit of the first file's title is that of its corrected rows too.
	s.want("SELECT org_code, received_at, text FROM record ORDER BY 2", "C11|2026-01-05|路灯不亮，电话〔电话〕\nC11|2026-01-06|井盖松动，请打〔电话〕\n")
	if got := s.refusedRows(first.Job)[0].ClearedBy; got != again.Job {
		t.Errorf("cleared by %d, want %d", got, again.Job)
	}

	t.Run("the whole file, corrected by its clerk, has the same rows", func(t *testing.T) {
		s.t = t
		res := s.load(peopled, strings.Replace(file, "某日", "2026-01-06", 1), forOrg("C11"), named("一月.csv"))
		s.wantCounts(res, "rows 2, unchanged 2, masked 2")
	})
	t.Run("undoing the correction opens the row again", func(t *testing.T) {
		s.t = t
		s.undo(again.Job)
		if s.open() != 1 {
			t.Errorf("%d open", s.open())
		}
	})
}

func TestClearing(t *testing.T) {
	const bad = "编号,日期,内容\n1,2026-01-05,甲\n2,某日,乙\n3,某日,丙\n"
	for _, c := range []struct {
		name   string
		second func(s *site, first Result) Result
		open   int // of both jobs
		clears int64
	}{
		{"the file's new edition replaces its refused rows", func(s *site, _ Result) Result {
			return s.load(numbered, "编号,日期,内容\n1,2026-01-05,甲\n2,2026-01-06,乙\n3,某日,丙\n", named("一月.csv"))
		}, 1, 2},
		{"the same file again does not count them twice", func(s *site, _ Result) Result {
			return s.load(numbered, bad, named("一月.csv"))
		}, 2, 2},
		{"a file of another name has nothing to do with them", func(s *site, _ Result) Result {
			return s.load(numbered, "编号,日期,内容\n2,2026-01-06,乙\n", named("二月.csv"))
		}, 2, 0},
		{"a file of the same name for another unit neither", func(s *site, _ Result) Result {
			return s.load(numbered, "编号,日期,内容\n2,2026-01-06,乙\n", named("一月.csv"), forOrg("C12"))
		}, 2, 0},
		{"rows that a program posts are no new edition", func(s *site, _ Result) Result {
			return s.load(numbered, "编号,日期,内容\n9,2026-01-06,乙\n", named("一月.csv"), func(r *Request) { r.Posted = true })
		}, 2, 0},
		{"a dry run clears nothing", func(s *site, _ Result) Result {
			return s.load(numbered, "编号,日期,内容\n2,2026-01-06,乙\n", named("一月.csv"), func(r *Request) { r.DryRun = true })
		}, 2, 2},
		{"one of two rows corrected", func(s *site, first Result) Result {
			return s.load(numbered, corrected(s.refusedRows(first.Job)[:1], map[string]string{"日期": "2026-01-06"}), named("退回.csv"))
		}, 1, 1},
		{"a corrected row that is refused again stands under the new job alone", func(s *site, first Result) Result {
			return s.load(numbered, corrected(s.refusedRows(first.Job), map[string]string{"日期": "又一日"}), named("退回.csv"))
		}, 2, 2},
		{"the file corrected at last, after a correction that was refused", func(s *site, first Result) Result {
			s.load(numbered, corrected(s.refusedRows(first.Job), map[string]string{"日期": "又一日"}), named("退回.csv"))
			return s.load(numbered, "编号,日期,内容\n1,2026-01-05,甲\n2,2026-01-06,乙\n3,2026-01-07,丙\n", named("一月.csv"))
		}, 0, 2},
		{"what came back first is corrected, though the file was loaded twice", func(s *site, first Result) Result {
			rows := s.refusedRows(first.Job)
			s.load(numbered, bad, named("一月.csv"))
			return s.load(numbered, corrected(rows[:1], map[string]string{"日期": "2026-01-06"}), named("退回.csv"))
		}, 1, 1},
		{"a row that its clerk has changed meanwhile is another", func(s *site, first Result) Result {
			rows := s.refusedRows(first.Job)
			s.load(numbered, strings.Replace(bad, "2,某日,乙", "2,哪日,乙", 1), named("一月.csv"))
			return s.load(numbered, corrected(rows[:1], map[string]string{"日期": "2026-01-06"}), named("退回.csv"))
		}, 2, 0},
		{"a number that no job has", func(s *site, _ Result) Result {
			return s.load(numbered, "编号,日期,内容,行号,原因,退回编号\n2,2026-01-06,乙,3,x,999-3\n4,2026-01-06,丁,3,x,1-1-1\n", named("退回.csv"))
		}, 2, 0},
		{"a row of another ledger", func(s *site, first Result) Result {
			other := strings.Replace(numbered, `name = "`, `name = "x`, 1)
			return s.load(other, corrected(s.refusedRows(first.Job), map[string]string{"日期": "2026-01-06"}), named("退回.csv"))
		}, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			first := s.load(numbered, bad, named("一月.csv"))
			res := c.second(s, first)
			if res.Cleared != c.clears || s.open() != c.open {
				t.Errorf("cleared %d, want %d; open %d, want %d", res.Cleared, c.clears, s.open(), c.open)
			}
			err := s.w.View(context.Background(), func(v *warehouse.View) error {
				n, err := OpenRejects(context.Background(), v)
				total := int64(0)
				for _, k := range n {
					total += k
				}
				if total != int64(c.open) {
					t.Errorf("OpenRejects counts %d, want %d", total, c.open)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A ledger without a key replaces its slice; the few corrected rows of it must not take the others away.
func TestCorrectedRowsDoNotReplaceTheirSlice(t *testing.T) {
	const visits = `name = "visits"; shape = "activity"; period = "title"
[constants]
type = "ZF"
[fields]
held_at = "日期"
attended = "人数"
org = { from = ["column:社区", "title"] }
`
	s := newSite(t)
	first := s.load(visits, "2026年1月走访\n日期,社区,人数\n2026-01-05,C11,3\n2026-01-06,C11,4\n2026-01-07,C11,三五个\n", named("走访.csv"))
	s.wantCounts(first, "rows 3, accepted 2, rejected 1")
	again := s.load(visits, corrected(s.refusedRows(first.Job), map[string]string{"人数": "5"}), named("退回.csv"))
	s.wantCounts(again, "rows 1, accepted 1")
	s.want("SELECT held_at, attended FROM activity ORDER BY 1", "2026-01-05|3\n2026-01-06|4\n2026-01-07|5\n")
}

// Above the limit nothing is published, and the rows come with the error so that they can be corrected.
func TestTooManyRejectsCarryTheirRows(t *testing.T) {
	s := newSite(t)
	_, err := s.try(context.Background(), peopled, "日期,内容,反映人\n某日,甲,秦某测\n2026-01-05,乙,魏某试\n", func(r *Request) { r.Limit = Limit{Set: true, Percent: 10} })
	many, ok := errors.AsType[*TooManyRejects](err)
	if !ok || len(many.Rows) != 1 {
		t.Fatalf("got %v", err)
	}
	r := many.Rows[0]
	if r.Job != 0 || r.ID() != "" || r.Row != 2 || len(r.Cells) != 3 || r.Cells[1] != "甲" || !isToken(r.Cells[2]) || len(r.Header) != 3 {
		t.Errorf("got %+v", r)
	}
	if s.open() != 0 {
		t.Error("rows of a file that was refused as a whole are in the warehouse")
	}
}

func FuzzRejectID(f *testing.F) {
	for _, s := range []string{"12-345", "", "-", "1-", "-1", "0-1", "1-0", " 3-4 ", "1-2-3", "99999999999999999999-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := parseRejectID(s)
		if !ok {
			return
		}
		if again, ok := parseRejectID(RejectedRow{Job: id.job, Row: id.row}.ID()); !ok || again != id {
			t.Errorf("%q is read as %v and then as %v", s, id, again)
		}
	})
}

// A site's profile that reads a ledger with its own headers goes on where the ledger's own profile left off.
func TestProfilesOfOneLedger(t *testing.T) {
	s := newSite(t)
	base, ok := s.in.Profiles.ByName("物业费收缴月报")
	if !ok {
		t.Fatal("no such ledger")
	}
	own, _, err := base.Remap("本站物业费", map[string]string{"小区": "楼盘"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	const file = "2026年1月朝阳社区物业费\n社区,小区,应收金额,实收金额\n和平社区,甲,100,80\n和平社区,乙,100,若干\n"
	first := s.load("", file, named("一月.csv"))
	if first.Profile != base.Name || first.Rejected != 1 {
		t.Fatalf("got %+v", first)
	}
	with := func(r *Request) { r.Profile = own }
	again := s.load("", strings.NewReplacer("小区", "楼盘", "甲,100,80", "甲,100,90", "若干", "30").Replace(file), named("一月.csv"), with)
	if again.Cleared != 1 || s.open() != 0 {
		t.Errorf("cleared %d, %d open", again.Cleared, s.open())
	}
	s.want("SELECT subject, numerator FROM figure ORDER BY row", "甲|90\n乙|30\n")
}
