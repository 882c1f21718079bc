package ingest

import (
	"strconv"
	"strings"
	"testing"
)

const numbered = `name = "numbered"; shape = "record"
[constants]
source_system = "热线"
kind = "SQ"
[fields]
source_no = "编号"
received_at = "日期"
text = "内容"
status = "状态"
`

const keyed = `name = "keyed"; shape = "record"
key = ["日期", "内容", "反映人"]
[constants]
kind = "SQ"
[fields]
received_at = "日期"
text = "内容"
status = "状态"
[drop]
columns = ["序号", "反映人"]
`

const sliced = `name = "sliced"; shape = "activity"; period = "title"
[fields]
type = "类型"
held_at = "日期"
attended = "人数"
org = { from = ["column:单位", "title"] }
`

func TestSourceNumber(t *testing.T) {
	s := newSite(t)
	first := s.load(numbered, "编号,日期,内容,状态\n1,2026-01-05,路灯不亮,办理中\n2,2026-01-06,井盖松动,办理中\n")
	s.wantCounts(first, "rows 2, accepted 2")
	t.Run("a corrected row replaces its older self, the other is unchanged", func(t *testing.T) {
		res := s.load(numbered, "编号,日期,内容,状态\n1,2026-01-05,路灯不亮,已办结\n2,2026-01-06,井盖松动,办理中\n")
		s.wantCounts(res, "rows 2, accepted 1, replaced 1, unchanged 1")
		s.want("SELECT source_no, status, job FROM record ORDER BY source_no", "1|已办结|3\n2|办理中|2\n")
		s.want("SELECT source_no, status, until FROM record_past", "1|办理中|3\n")
	})
	t.Run("one number twice in a file: the later wins, the earlier is accepted and ended in the same job", func(t *testing.T) {
		file := "编号,日期,内容,状态\n7,2026-01-07,甲,办理中\n7,2026-01-07,甲,已办结\n"
		res := s.load(numbered, file)
		s.wantCounts(res, "rows 2, accepted 2, replaced 1")
		s.want("SELECT status, since FROM record WHERE source_no = '7'", "已办结|4\n")
		s.want("SELECT status, since, until FROM record_past WHERE source_no = '7'", "办理中|4|4\n")
		s.wantCounts(s.load(numbered, file), "rows 2, unchanged 2")
	})
	t.Run("a row without number is refused", func(t *testing.T) {
		res := s.load(numbered, "编号,日期,内容,状态\n,2026-01-07,甲,办理中\n")
		s.wantCounts(res, "rows 1, rejected 1")
		s.wantRejects(res.Job, "2|编号|·|no_identity\n")
	})
}

func TestSourceNumberOfARowWithSeveralFacts(t *testing.T) {
	const both = `name = "both"; key = ["编号"]
[[emit]]
name = "matter"
shape = "record"
when = ["诉求"]
constants = { kind = "SQ" }
[emit.fields]
source_no = "编号"
received_at = "日期"
text = "诉求"
[[emit]]
name = "visit"
shape = "activity"
constants = { type = "走访" }
[emit.fields]
held_at = "日期"
`
	s := newSite(t)
	file := "编号,日期,诉求\n1,2026-01-05,路灯\n2,2026-01-06,\n3,2026-01-06,\n"
	s.wantCounts(s.load(both, file), "rows 3, accepted 3")
	s.want("SELECT count(*), count(DISTINCT id) FROM activity", "3|3\n")
	s.want("SELECT source_no FROM record", "1\n")
	s.wantCounts(s.load(both, file), "rows 3, unchanged 3")
	t.Run("one number twice: the later row takes the place of the earlier", func(t *testing.T) {
		s.wantCounts(s.load(both, "编号,日期,诉求\n9,2026-01-05,路灯\n9,2026-01-07,路灯\n"), "rows 2, accepted 2, replaced 1")
	})
}

func TestKey(t *testing.T) {
	s := newSite(t)
	const file = "序号,日期,内容,反映人,状态\n1,2026-01-05,路灯不亮,甲某,办理中\n2,2026-01-05,路灯不亮,乙某,办理中\n3,2026-01-05,路灯不亮,乙某,办理中\n"
	s.wantCounts(s.load(keyed, file), "rows 3, accepted 3") // rows 1 and 2 differ only in a dropped name; 3 is 2 again
	s.want("SELECT count(DISTINCT id) FROM record", "3\n")

	t.Run("the same again, numbered anew and dated in another way, changes nothing", func(t *testing.T) {
		again := "序号,日期,内容,反映人,状态\n7,2026年1月5日,路灯不亮,甲某,办理中\n8,2026/1/5,路灯不亮,乙某,办理中\n9,2026-01-05,路灯不亮,乙某,办理中\n"
		s.wantCounts(s.load(keyed, again), "rows 3, unchanged 3")
	})
	t.Run("the second of two equal rows is corrected", func(t *testing.T) {
		corrected := strings.Replace(file, "3,2026-01-05,路灯不亮,乙某,办理中", "3,2026-01-05,路灯不亮,乙某,已办结", 1)
		s.wantCounts(s.load(keyed, corrected), "rows 3, accepted 1, replaced 1, unchanged 2")
		s.want("SELECT row, status FROM record ORDER BY row", "2|办理中\n3|办理中\n4|已办结\n")
	})
	t.Run("a row whose key is empty is refused", func(t *testing.T) {
		res := s.load(keyed, "序号,日期,内容,反映人,状态\n1,,,,办理中\n")
		s.wantRejects(res.Job, "2|·|·|no_identity\n2|日期|·|no_main_date\n")
	})
}

func TestSpacesAreApart(t *testing.T) {
	s := newSite(t)
	other := strings.Replace(numbered, `source_system = "热线"`, `source_system = "信箱"`, 1)
	file := "编号,日期,内容,状态\n1,2026-01-05,路灯不亮,办理中\n"
	s.load(numbered, file)
	s.wantCounts(s.load(other, file), "rows 1, accepted 1")
	s.want("SELECT source_system, source_no FROM record ORDER BY since", "热线|1\n信箱|1\n")
	t.Run("two profiles of one system mean the same rows", func(t *testing.T) {
		renamed := strings.Replace(numbered, `name = "numbered"`, `name = "renamed"`, 1)
		s.wantCounts(s.load(renamed, file), "rows 1, unchanged 1")
	})
}

// Without the site's secret nobody can find out by trying whose row it is: equal rows have other ids elsewhere.
func TestTheSecretDecidesIDs(t *testing.T) {
	file := "编号,日期,内容,状态\n1,2026-01-05,路灯不亮,办理中\n"
	a, b := newSite(t), newSite(t)
	a.load(numbered, file)
	b.load(numbered, file)
	if x, y := a.table("SELECT id FROM record"), b.table("SELECT id FROM record"); x == y {
		t.Errorf("two sites gave the row the same id %s", x)
	}
}

func TestSlice(t *testing.T) {
	january := "朝阳社区活动台账（2026年1月）,,\n类型,日期,人数,单位\n"
	s := newSite(t)
	s.units("code|name|level|parent\nC11|朝阳里社区|community|S1\n") // the title must fit one unit
	january = strings.Replace(january, "朝阳社区", "朝阳里社区", 1)
	s.wantCounts(s.load(sliced, january+"走访,2026-01-05,3,\n走访,2026-01-05,3,\n培训,2026-01-07,20,第一网格\n"), "rows 3, accepted 3")
	s.load(sliced, "和平社区活动台账（2026年1月）,,\n类型,日期,人数,单位\n走访,2026-01-05,3,\n")
	s.load(sliced, strings.Replace(january, "1月", "2月", 1)+"走访,2026-02-05,8,\n")
	other := strings.Replace(sliced, `name = "sliced"`, `name = "other"`, 1)
	s.load(other, january+"走访,2026-01-20,9,\n")
	before := s.table("SELECT org_code, held_at, attended FROM activity WHERE org_code = 'C12' OR held_at > '2026-01-10' ORDER BY ALL")

	res := s.load(sliced, january+"走访,2026-01-05,3,\n培训,2026-01-07,25,第一网格\n")
	s.wantCounts(res, "rows 2, accepted 1, unchanged 1, removed 2") // one 走访 less, the 培训 with another number
	s.want("SELECT org_code, attended FROM activity WHERE org_code IN ('C11', 'G111') AND held_at < '2026-01-10' ORDER BY ALL", "C11|3\nG111|25\n")
	after := s.table("SELECT org_code, held_at, attended FROM activity WHERE org_code = 'C12' OR held_at > '2026-01-10' ORDER BY ALL")
	if before != after {
		t.Errorf("rows of another unit, month or profile were touched:\n%s\n%s", before, after)
	}

	t.Run("a delivery of which no row can be read takes nothing away", func(t *testing.T) {
		live := s.table("SELECT id FROM activity ORDER BY id")
		s.wantCounts(s.load(sliced, january+"走访,坏日期,3,\n"), "rows 1, rejected 1")
		if got := s.table("SELECT id FROM activity ORDER BY id"); got != live {
			t.Errorf("the slice was emptied")
		}
	})
}

func TestSliceOfFigures(t *testing.T) {
	s := newSite(t)
	head := "社区基本情况（2025年）,,\n社区,户数,人口\n"
	s.wantCounts(s.load("", head+"和平社区,1200,3000\n建设社区,800,2000\n"), "rows 2, accepted 2")
	res := s.load("", head+"和平社区,1210,3000\n")
	s.wantCounts(res, "rows 1, accepted 1, replaced 1") // a new value for the same thing; 建设社区 is not spoken of
	s.want("SELECT org_code, measure, value FROM figure ORDER BY ALL", "C12|households|1210\nC12|population|3000\nC21|households|800\nC21|population|2000\n")
	t.Run("a cell that is emptied takes its figure away", func(t *testing.T) {
		s.wantCounts(s.load("", head+"和平社区,1210,\n"), "rows 1, unchanged 1, removed 1")
	})
	t.Run("another year touches nothing", func(t *testing.T) {
		s.wantCounts(s.load("", strings.Replace(head, "2025", "2024", 1)+"和平社区,1100,2900\n"), "rows 1, accepted 1")
		s.want("SELECT count(*) FROM figure WHERE org_code = 'C12'", "3\n")
	})
}

// A file read before its units were known is read again afterwards: its rows move, they do not double.
func TestSliceReadAgainWhenItsUnitsAreKnown(t *testing.T) {
	s := emptySite(t)
	file := "类型,日期,人数,单位\n走访,2026-01-05,3,和平社区\n"
	s.load(sliced, file)
	s.want("SELECT org_code, dq FROM activity", "·|DQ04\n")
	s.units(unitTable)
	s.wantCounts(s.load(sliced, file), "rows 1, accepted 1, removed 1")
	s.want("SELECT org_code, dq FROM activity", "C12|·\n")
}

func TestKeysAreToldApartByTheirHash(t *testing.T) {
	h := newSite(t).w.Hasher()
	met := map[uint64]int{}
	for i := range 100_000 {
		var k key
		copy(k[:], h.Key(strconv.Itoa(i)))
		if j, ok := met[k.hash()]; ok {
			t.Fatalf("keys %d and %d have one hash", i, j)
		}
		met[k.hash()] = i
		if again := k; again.hash() != k.hash() {
			t.Fatal("a key has two hashes")
		}
	}
}
