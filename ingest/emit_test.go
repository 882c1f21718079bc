package ingest

import "testing"

// meetings state what took place and, where a matter came up, that matter too; two columns are figures.
const meetings = `name = "meetings"; key = ["日期", "社区", "议题"]; period = "title"
[[emit]]
name = "meeting"
shape = "activity"
constants = { type = "议事会" }
[emit.fields]
held_at = "日期"
attended = "人数"
org = { from = ["column:社区"] }
[[emit]]
name = "topic"
shape = "record"
when = ["议题"]
constants = { kind = "TY" }
[emit.fields]
received_at = "日期"
text = "议题"
closed_at = "办结"
[[emit]]
name = "groups"
shape = "figure"
unpivot = ["独居", { column = "失能", as = "disabled", constants = { unit = "人" } }]
into = "measure"
constants = { subject_type = "group" }
[emit.fields]
as_of = "日期"
`

const meetingHeader = "日期,社区,人数,议题,办结,独居,失能\n"

func TestOneRowStatesSeveralFacts(t *testing.T) {
	s := newSite(t)
	file := meetingHeader + "2026-01-05,和平社区,20,停车,2026-01-09,12,3\n2026-01-06,和平社区,15,,,,4\n2026-01-07,建设社区,9,,,,\n"
	s.wantCounts(s.load(meetings, file), "rows 3, accepted 3")
	s.want("SELECT org_code, held_at, attended FROM activity ORDER BY row", "C12|2026-01-05|20\nC12|2026-01-06|15\nC21|2026-01-07|9\n")
	s.want("SELECT org_code, kind, text, due_at, due_from FROM record", "C12|TY|停车|2026-02-04 23:59:59|sla\n")
	s.want("SELECT row, measure, value, unit, subject_type, qualifier FROM figure ORDER BY row, measure",
		"2|disabled|3|人|group|exact\n2|独居|12|·|group|exact\n3|disabled|4|人|group|exact\n")
	s.wantCounts(s.load(meetings, file), "rows 3, unchanged 3")

	t.Run("one fact of a row changes: one row is replaced", func(t *testing.T) {
		changed := meetingHeader + "2026-01-05,和平社区,20,停车,2026-01-09,13,5\n2026-01-06,和平社区,15,,,,4\n2026-01-07,建设社区,9,,,,\n"
		s.wantCounts(s.load(meetings, changed), "rows 3, accepted 1, replaced 1, unchanged 2")
		s.want("SELECT measure, value FROM figure WHERE row = 2 ORDER BY measure", "disabled|5\n独居|13\n")
	})
}

func TestARowRefusedInOneFactLeavesNoneOfTheOthers(t *testing.T) {
	s := newSite(t)
	res := s.load(meetings, meetingHeader+"2026-01-05,和平社区,20,停车,不日,12,3\n2026-01-06,和平社区,15,绿化,,1,2\n")
	s.wantCounts(res, "rows 2, accepted 1, rejected 1")
	s.wantRejects(res.Job, "2|办结|不日|bad_time\n")
	s.want("SELECT 'activity', row FROM activity UNION ALL SELECT 'record', row FROM record UNION ALL SELECT 'figure', row FROM figure ORDER BY ALL",
		"activity|3\nfigure|3\nfigure|3\nrecord|3\n")
}

func TestOneBadCellIsOneReason(t *testing.T) {
	s := newSite(t)
	res := s.load(meetings, meetingHeader+"某日,和平社区,20,停车,,12,3\n") // 日期 dates all four facts
	s.wantRejects(res.Job, "2|日期|某日|bad_time\n")
}

func TestFlagsStayWithTheirFact(t *testing.T) {
	s := newSite(t)
	s.load(meetings, meetingHeader+"2026-01-05,和平社区,20余,停车,2026-01-01,12,3\n")
	s.want("SELECT dq FROM activity", "DQ18\n")
	s.want("SELECT dq FROM record", "DQ01\n")
	s.want("SELECT DISTINCT dq FROM figure", "·\n")
	t.Run("what concerns the row concerns all its facts, and is one row", func(t *testing.T) {
		res := s.load(meetings, meetingHeader+"2026-01-06,,20,停车,,12,\n")
		s.want("SELECT dq FROM activity WHERE held_at = '2026-01-06' UNION ALL SELECT dq FROM record WHERE received_at = '2026-01-06' UNION ALL SELECT dq FROM figure WHERE as_of = '2026-01-06'",
			"DQ04\nDQ04\nDQ04\n")
		if w := warning(t, res, "DQ04"); w.Count != 1 {
			t.Errorf("counted %d rows", w.Count)
		}
	})
}

func TestARowThatStatesNothingIsSkipped(t *testing.T) {
	const topics = `name = "topics"
[[emit]]
shape = "record"
when = ["议题"]
constants = { kind = "TY" }
[emit.fields]
source_no = "编号"
received_at = "日期"
`
	s := newSite(t)
	s.wantCounts(s.load(topics, "编号,日期,议题\n1,2026-01-05,停车\n2,2026-01-05,\n"), "rows 2, accepted 1, skipped 1")
}

func TestFigures(t *testing.T) {
	s := newSite(t)
	t.Run("without a date of their own they are of the title's period", func(t *testing.T) {
		s.load("", "和平社区基本情况（2025年）,,,\n社区,户数,人口,面积\n和平社区,1200,近3000,\n")
		s.want("SELECT org_code, measure, period_from, period_to, value, qualifier FROM figure ORDER BY measure",
			"C12|households|2025-01-01|2026-01-01|1200|exact\nC12|population|2025-01-01|2026-01-01|3000|near\n")
	})
	t.Run("neither a date nor a title: refused", func(t *testing.T) {
		res := s.load("", "社区,户数,人口\n和平社区,1200,3000\n")
		s.wantCounts(res, "rows 1, rejected 1")
		s.want("SELECT DISTINCT reason FROM reject", "no_main_date\n")
	})
	t.Run("a rate keeps its parts, a measure goes by any of its names, an unknown one by its own", func(t *testing.T) {
		res := s.load("", "单位,指标,数值,分子,分母,分母口径,期间起,期间止\n和平社区,总户数,1300,,,,2026-01,2026-01\n和平社区,持证网格员占比,41.7%,126,302,网格数,2026-01,2026-01\n和平社区,,5,,,,2026-01,2026-01\n")
		s.wantCounts(res, "rows 3, accepted 2, rejected 1")
		s.want("SELECT measure, period_from, period_to, value, numerator, denominator, dq FROM figure WHERE measure IN ('households', '持证网格员占比') AND period_from = '2026-01-01' ORDER BY row",
			"households|2026-01-01|2026-02-01|1300|·|·|·\n持证网格员占比|2026-01-01|2026-02-01|41.7|126|302|·\n")
		s.wantRejects(res.Job, "4|指标|·|no_identity\n")
	})
}
