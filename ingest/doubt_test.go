package ingest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"gridstar/analytics/warehouse"
)

const petitionTitle = "和平社区居民诉求台账（2026年1月）,,,\n"

// without fails where a warning of the code was given.
func without(t *testing.T, r Result, code string) {
	t.Helper()
	for _, w := range r.Warnings {
		if w.Code == code {
			t.Errorf("unexpected warning %+v", w)
		}
	}
}

func TestAbsentRows(t *testing.T) {
	s := newSite(t)
	both := petitionTitle + petitionHeader + "2026-01-05,第一网格,物业管理,漏水\n2026-01-06,第五网格,物业管理,噪声\n"
	without(t, s.load("", both), "absent")
	without(t, s.load("", both), "absent") // unchanged rows are there
	s.load("", strings.Replace(petitionTitle, "和平", "建设", 1)+petitionHeader+"2026-01-05,第一网格,物业管理,停电\n")
	res := s.load("", petitionTitle+petitionHeader+"2026-01-05,第一网格,物业管理,漏水\n")
	if w := warning(t, res, "absent"); w.Text != "本单位本期另有 1 行以前入库而本文件没有，如应删除请先撤销原作业" {
		t.Errorf("got %+v", w)
	}
	t.Run("another month's rows are not missed", func(t *testing.T) {
		without(t, s.load("", strings.Replace(petitionTitle, "1月", "2月", 1)+petitionHeader+"2026-02-05,第一网格,物业管理,漏水\n"), "absent")
	})
	t.Run("a file that states no period misses nothing", func(t *testing.T) {
		without(t, s.load("", petitionHeader+"2026-01-05,第一网格,物业管理,异响\n", forOrg("C12")), "absent")
	})
}

func TestCoverageIsTold(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, profile, data, want string }{
		{"by the title", "", petitionTitle + petitionHeader + "2026-01-05,第一网格,物业管理,漏水\n", "2026-01-01至2026-01-31（依据标题）"},
		{"by its dates, the whole site", numbered, "编号,日期,内容\n1,2026-01-05,漏水\n2,2026-01-07,漏水\n", "全站，诉求，2026-01-05至2026-01-07（依据首末日期）"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := s.load(c.profile, c.data)
			if !strings.HasSuffix(res.Coverage(), c.want) {
				t.Errorf("got %q", res.Coverage())
			}
			again := s.load(c.profile, c.data)
			if again.Coverage() != res.Coverage() || len(again.Covers) == 0 {
				t.Errorf("again %q, %v", again.Coverage(), again.Covers)
			}
		})
	}
	res := s.load("", petitionTitle+petitionHeader+"2026-01-05,第一网格,物业管理,漏水\n")
	if !strings.HasPrefix(res.Coverage(), s.fullName("C12")+"，") {
		t.Errorf("got %q", res.Coverage())
	}
	got, err := json.Marshal(res.Covers[1])
	want := `{"shape":"record","subject":"SQ","org":"C12","from":"2026-01-01T00:00:00","to":"2026-02-01T00:00:00","stated_by":"title"}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
	var back Covered
	if err := json.Unmarshal(got, &back); err != nil || back != res.Covers[1] {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

func (s *site) fullName(code string) string {
	s.t.Helper()
	var name string
	err := s.w.View(s.t.Context(), func(v *warehouse.View) error {
		dir, err := s.in.Units.Directory(s.t.Context(), v, s.in.Levels, s.now)
		if err == nil {
			name = dir.FullName(code)
		}
		return err
	})
	if err != nil || name == "" {
		s.t.Fatalf("%q, %v", name, err)
	}
	return name
}

func TestDatesThatCannotStandForAPeriod(t *testing.T) {
	day := func(n int) string { return time.Date(2025, 3, n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }
	ledger := func(days ...string) string {
		var b strings.Builder
		b.WriteString("编号,日期\n")
		for i, d := range days {
			b.WriteString(text(i) + "," + d + "\n")
		}
		return b.String()
	}
	s := newSite(t)
	res := s.load(numbered, ledger(day(1), "2015-03-02", day(3)))
	if w := warning(t, res, "span"); w.Rows[0] != 3 || !strings.Contains(w.Text, "2015-03-02至2025-03-03") || !strings.Contains(w.Text, "第 3 行的日期 2015-03-02") {
		t.Errorf("got %+v", w)
	}
	res = s.load(numbered, ledger(day(1), day(2), "2025-11-02"))
	if w := warning(t, res, "span"); w.Rows[0] != 4 {
		t.Errorf("got %+v", w)
	}
	without(t, s.load(numbered, ledger(day(1), day(60), day(150))), "span")
}

func TestTitleAndDatesDisagree(t *testing.T) {
	s := newSite(t)
	res := s.load("", petitionTitle+petitionHeader+"2026-01-05,第一网格,物业管理,漏水\n2026-02-06,第一网格,物业管理,噪声\n")
	s.wantCounts(res, "rows 2, accepted 2")
	if w := warning(t, res, "outside"); w.Count != 1 || w.Rows[0] != 4 {
		t.Errorf("got %+v", w)
	}
	res = s.load("", "和平社区居民诉求台账（2026年13月）,,,\n"+petitionHeader+"2026-01-05,第一网格,物业管理,漏水\n")
	if w := warning(t, res, "title"); w.Text != "标题中的期间“2026年13月”无法识别" {
		t.Errorf("got %+v", w)
	}
	if res.Covers[0].StatedBy != "dates" {
		t.Errorf("got %+v", res.Covers)
	}
}

func TestHeaderBehindAnUnreadableRow(t *testing.T) {
	s := newSite(t)
	huge := strings.Repeat("长", 3<<20) // 9 MiB
	for _, c := range []struct{ name, data string }{
		{"as the first row of all", huge + "\n" + petitionHeader + "2026-01-05,G121,物业管理,漏水\n"},
		{"as the first row of data", petitionHeader + "2026-01-05,G121,物业管理," + huge + "\n2026-01-05,G121,物业管理,漏水\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := s.load("", c.data, func(r *Request) { r.DryRun = true })
			s.wantCounts(res, "rows 2, accepted 1, rejected 1")
		})
	}
}

func TestMixedEncodingsAreNamed(t *testing.T) {
	s := newSite(t)
	row, err := simplifiedchinese.GB18030.NewEncoder().String(strings.Repeat("2026-01-05,第一网格,物业管理,漏水严重\n", 50))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.try(t.Context(), "", petitionHeader+row)
	if err == nil || !strings.Contains(err.Error(), "混用了两种编码") || !strings.Contains(err.Error(), "--encoding") {
		t.Errorf("got %v", err)
	}
}

func TestNULIsTold(t *testing.T) {
	s := newSite(t)
	res := s.load(numbered, "编号,日期,内容\n1,2026-01-05,漏\x00水\n")
	if w := warning(t, res, "nul"); !strings.Contains(w.Text, "1 个空字符") {
		t.Errorf("got %+v", w)
	}
}

func TestCodesThatExcelSpoilt(t *testing.T) {
	const coded = `name = "coded"; shape = "record"
[constants]
kind = "SQ"
[fields]
source_no = "编号"
received_at = "日期"
org_code = "网格编码"
`
	s := newSite(t)
	s.units("code|name|level|parent\n411502001001|第九网格|grid|C12\n")
	res := s.load(coded, "编号,日期,网格编码\n1,2026-01-05,411502001001.0\n2,2026-01-05,4.11502E+11\n3,2026-01-05,411502001001\n")
	s.want("SELECT source_no, org_code, dq FROM record ORDER BY source_no", "1|411502001001|·\n2|·|DQ04\n3|411502001001|·\n")
	if w := warning(t, res, "DQ04_excel"); w.Rows[0] != 3 || !strings.Contains(w.Text, "Excel") {
		t.Errorf("got %+v", w)
	}
	without(t, s.load(coded, "编号,日期,网格编码\n1,2026-01-05,411502001001\n"), "DQ04")
}

func TestFootersAreSkipped(t *testing.T) {
	s := newSite(t)
	res := s.load("", petitionTitle+petitionHeader+"2026-01-05,第一网格,物业管理,漏水\n小计：1件,,,\n\n合计,7件,,\n制表人：某某,,审核人：某某,\n注：按月填报,,,\n")
	s.wantCounts(res, "rows 6, accepted 1, skipped 5")
	if res.SkippedBy["total"] != 2 || res.SkippedBy["footer"] != 2 || res.SkippedBy["blank"] != 1 {
		t.Errorf("got %v", res.SkippedBy)
	}
}

func TestRepeatedHeadersAreNamed(t *testing.T) {
	s := newSite(t)
	res := s.load(numbered, "编号,日期,内容,状态,内容\n1,2026-01-05,甲,,乙\n2,2026-01-05,,,丙\n")
	s.want("SELECT text FROM record ORDER BY source_no", "甲\n丙\n")
	if w := warning(t, res, "repeated"); !strings.HasSuffix(w.Text, "：内容（第 5 列）") {
		t.Errorf("got %+v", w)
	}
	without(t, s.load(keyed, "日期,内容,反映人,序号,序号\n2026-01-05,甲,丁,1,1\n"), "repeated")
}
