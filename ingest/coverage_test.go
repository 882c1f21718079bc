package ingest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/warehouse"
)

const statements = "SELECT shape, subject, org_code, period_from, period_to, stated_by FROM coverage ORDER BY since, row"

const petitionHeader = "受理日期,网格,诉求类别,诉求内容\n"

func TestCoverage(t *testing.T) {
	for _, c := range []struct {
		name          string
		profile, data string
		opts          []option
		want          string
	}{
		{
			name: "the title's month, the profile's kinds, the title's unit",
			data: "和平社区居民诉求台账（2026年1月）,,,\n" + petitionHeader + "2026-01-05,第一网格,物业管理,漏水\n",
			want: "record|SH|C12|2026-01-01|2026-02-01|title\nrecord|SQ|C12|2026-01-01|2026-02-01|title\n",
		},
		{
			name: "the title's half-year",
			data: "和平社区居民诉求台账（2025年上半年）,,,\n" + petitionHeader + "2025-01-05,第一网格,物业管理,漏水\n",
			want: "record|SH|C12|2025-01-01|2025-07-01|title\nrecord|SQ|C12|2025-01-01|2025-07-01|title\n",
		},
		{
			name: "the year of the file's name",
			data: petitionHeader + "2025-01-05,G111,物业管理,漏水\n", opts: []option{named("居民诉求台账2025年.csv")},
			want: "record|SH|·|2025-01-01|2026-01-01|title\nrecord|SQ|·|2025-01-01|2026-01-01|title\n",
		},
		{
			name: "a year that is not over is covered until today, 2026-03-01",
			data: "和平社区居民诉求台账（2026年）,,,\n" + petitionHeader + "2026-01-05,第一网格,物业管理,漏水\n",
			want: "record|SH|C12|2026-01-01|2026-03-02|title\nrecord|SQ|C12|2026-01-01|2026-03-02|title\n",
		},
		{
			name: "from the first to the last main date, the unit given",
			data: petitionHeader + "2026-01-20,第一网格,物业管理,漏水\n2026-01-05,第一网格,物业管理,噪声\n", opts: []option{forOrg("C12")},
			want: "record|SH|C12|2026-01-05|2026-01-21|dates\nrecord|SQ|C12|2026-01-05|2026-01-21|dates\n",
		},
		{
			name: "a profile that states no period does not take it from a file's name", profile: numbered,
			data: "编号,日期,内容\n1,2026-01-05,漏水\n", opts: []option{named("导出_2025年.csv")},
			want: "record|SQ|·|2026-01-05|2026-01-06|dates\n",
		},
		{
			name: "a date in the future promises nothing", profile: numbered,
			data: "编号,日期,内容\n1,2026-02-27,漏水\n2,2062-02-27,漏水\n",
			want: "record|SQ|·|2026-02-27|2026-03-02|dates\n",
		},
		{
			name: "the periods of a column, each for itself", profile: `name = "monthly"; shape = "record"; period = "column:月份"
[constants]
kind = "SQ"
[fields]
source_no = "编号"
received_at = "日期"
`,
			data: "编号,日期,月份\n1,2026-01-05,2026年1月\n2,2025-11-30,2025-11\n3,2026-01-06,2026年1月\n",
			want: "record|SQ|·|2025-11-01|2025-12-01|column\nrecord|SQ|·|2026-01-01|2026-02-01|column\n",
		},
		{
			name: "figures unit by unit and each for its own period, not for a day stated beside it",
			data: "单位,指标,数值,期间起,期间止,截至日期\n和平社区,户数,5,2026-01,2026-01,2026-02-03\n建设社区,户数,6,2025-12,2025-12,\n建设社区,户数,,2025-11,2025-11,\n",
			want: "figure|households|C12|2026-01-01|2026-02-01|figure\nfigure|households|C21|2025-12-01|2026-01-01|figure\n",
		},
		{
			name: "a column of the same name in each shape does not spill over", profile: meetings,
			data: "（2026年1月）,,,,,,\n" + meetingHeader + "2026-01-05,和平社区,20,停车,,,\n",
			want: "activity|议事会|·|2026-01-01|2026-02-01|title\nrecord|TY|·|2026-01-01|2026-02-01|title\n",
		},
		{
			name: "a file of which no row can be read delivered nothing",
			data: "和平社区居民诉求台账（2026年1月）,,,\n" + petitionHeader + "某日,第一网格,物业管理,漏水\n",
			want: "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.load(c.profile, c.data, c.opts...)
			s.want(statements, c.want)
		})
	}
}

func TestCoverageOfALoadThatChangesNothing(t *testing.T) {
	s := newSite(t)
	file := petitionHeader + "2026-01-05,第一网格,物业管理,漏水\n"
	s.load("", file, forOrg("C12"))
	first := s.table(statements)
	s.wantCounts(s.load("", file, forOrg("C12")), "rows 1, unchanged 1")
	if got := s.table(statements); got != first {
		t.Errorf("coverage grew:\n%s", got)
	}
}

func TestUndoTakesCoverageBack(t *testing.T) {
	s := newSite(t)
	s.load("", petitionHeader+"2026-01-05,第一网格,物业管理,漏水\n", forOrg("C12"))
	first := s.table(statements)
	res := s.load("", petitionHeader+"2026-02-05,第一网格,物业管理,漏水\n", forOrg("C12"))
	undo := s.undo(res.Job)
	if got := s.table(statements); got != first {
		t.Errorf("after the undo:\n%s", got)
	}
	s.undo(undo)
	s.want("SELECT subject, period_from FROM coverage ORDER BY job, row", "SH|2026-01-05\nSQ|2026-01-05\nSH|2026-02-05\nSQ|2026-02-05\n")
}

func TestHistory(t *testing.T) {
	s := newSite(t)
	res := s.load("", petitionHeader+"2026-01-05,第一网格,物业管理,请打13800001111\n某日,第一网格,物业管理,漏水\n\n", forOrg("C12"), named("一月.csv"))
	undo := s.undo(res.Job)
	read := func() (jobs []Job, rejects []RejectedRow) {
		err := s.w.View(context.Background(), func(v *warehouse.View) (err error) {
			if jobs, err = Jobs(context.Background(), v); err == nil {
				rejects, err = Rejects(context.Background(), v, 0)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return jobs, rejects
	}
	jobs, rejects := read()
	if len(jobs) != 3 || jobs[0].Verb != "undo" || jobs[0].Target != res.Job || jobs[1].UndoneBy != undo || jobs[2].Verb != "units load" {
		t.Fatalf("got %+v", jobs)
	}
	if len(rejects) != 0 {
		t.Errorf("rows of a job taken back are still listed: %v", rejects)
	}

	redo := s.undo(undo)
	jobs, rejects = read()
	day := func(d int) SiteTime { return SiteTime{time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC)} }
	want := Job{
		ID: res.Job, Version: res.Version, Verb: "ingest", File: "一月.csv", Profile: "居民诉求台账", Org: "C12",
		Rows: 3, Accepted: 1, Rejected: 1, Skipped: 1, Masked: 1, Started: SiteTime{s.now}, Finished: SiteTime{s.now},
		Located: map[Located]int64{ByCode: 1}, Warnings: []Warning{},
		Covers: []Covered{{"record", "SH", "C12", day(5), day(6), "dates"}, {"record", "SQ", "C12", day(5), day(6), "dates"}},
	}
	if diff := cmp.Diff(want, jobs[2], cmp.AllowUnexported(Warning{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(rejects) != 1 || rejects[0].Row != 3 || rejects[0].File != "一月.csv" || rejects[0].Reasons[0].Value != "某日" {
		t.Errorf("got %+v", rejects)
	}

	t.Run("the undo of an undo is taken back: the job is undone again", func(t *testing.T) {
		s.undo(redo)
		jobs, _ := read()
		if jobs[3].UndoneBy != undo || jobs[2].UndoneBy != 0 || jobs[1].UndoneBy != jobs[0].ID {
			t.Errorf("got %+v", jobs[:4])
		}
	})
}
