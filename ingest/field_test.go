package ingest

import (
	"strings"
	"testing"
)

const full = `name = "full"; shape = "record"
[null]
values = ["-", "无"]
[fields]
source_no = "编号"
kind = { column = "类型", default = "SQ" }
received_at = "受理"
accepted_at = "认领"
assigned_at = "转办"
closed_at = "办结"
due_at = "时限"
category = "类别"
result = "结果"
dept = "单位"
text = "内容"
resolved = "是否解决"
rework_count = "返工"
amount = { column = "金额", unit = "元" }
quantity = "数量"
actor_key = "经办人"
org = { from = ["column:社区"] }
`

const fullHeader = "编号,社区,类型,受理,认领,转办,办结,时限,类别,结果,单位,内容,是否解决,返工,金额,数量,经办人\n"

// cells builds a row of fullHeader: 编号 a, 社区 C12, 受理 2026-01-05, and what is given as "列=值".
func cells(no string, given ...string) string {
	row := map[string]string{"编号": no, "社区": "C12", "受理": "2026-01-05"}
	for _, g := range given {
		k, v, _ := strings.Cut(g, "=")
		row[k] = v
	}
	var out []string
	for h := range strings.SplitSeq(strings.TrimSpace(fullHeader), ",") {
		out = append(out, row[h])
	}
	return strings.Join(out, ",") + "\n"
}

func TestFieldsOfEveryType(t *testing.T) {
	s := newSite(t)
	s.load(full, fullHeader+
		cells("1", "受理=2026-01-05 10:30", "办结=2026年1月7日", "是否解决=是", "返工=2", "金额=1.5万元", "内容=路灯不亮", "单位=城管局")+
		cells("2", "受理=2026/1/5", "办结=-", "是否解决=否", "返工=无", "金额=-", "数量=", "内容=无"))
	s.want("SELECT source_no, kind, received_at, closed_at, resolved, rework_count, amount, text, dept, dq FROM record ORDER BY row",
		"1|SQ|2026-01-05 10:30:00|2026-01-07|true|2|15000|路灯不亮|城管局|·\n2|SQ|2026-01-05|·|false|·|·|·|·|·\n")
}

func TestACommaInAQuotedNumber(t *testing.T) {
	s := newSite(t)
	s.load(full, "编号,受理,数量\n1,2026-01-05,\"1,234.5\"\n")
	s.want("SELECT quantity FROM record", "1234.5\n")
}

func TestFuzzyNumbers(t *testing.T) {
	s := newSite(t)
	res := s.load(full, fullHeader+cells("1", "数量=200余")+cells("2", "数量=近50")+cells("3", "数量=约570人")+cells("4", "数量=7"))
	s.want("SELECT quantity, fuzzy, dq FROM record ORDER BY row", "200|ge|DQ18\n50|near|DQ18\n570|approx|DQ18\n7|·|·\n")
	if w := warning(t, res, "DQ18"); w.Count != 3 || len(w.Rows) != 3 || w.Rows[0] != 2 {
		t.Errorf("got %+v", w)
	}
}

func TestCodes(t *testing.T) {
	s := newSite(t)
	res := s.load(full, fullHeader+cells("1", "结果=已解决", "类别=电梯困人")+cells("2", "结果=部分", "类别=电梯困人"))
	s.want("SELECT result, category, dq FROM record ORDER BY row", "解决|电梯困人|DQ03\n部分解决|电梯困人|DQ03\n")
	if w := warning(t, res, "DQ03"); w.Count != 2 || len(w.Items) != 1 || w.Items[0] != "电梯困人" {
		t.Errorf("got %+v", w)
	}
	t.Run("two unknown values in one row are one row", func(t *testing.T) {
		res := s.load(full, fullHeader+cells("3", "结果=不详", "类别=电梯困人"))
		if w := warning(t, res, "DQ03"); w.Count != 1 || len(w.Items) != 2 {
			t.Errorf("got %+v", w)
		}
	})
	t.Run("each shape has its own lists", func(t *testing.T) {
		const shops = `name = "shops"; shape = "place"
[fields]
name = "名称"
type = "类型"
status = "状态"
org = { from = ["column:社区"] }
`
		s.load(shops, "名称,类型,状态,社区\n某超市,商户,营业,和平社区\n某书屋,书屋,营业,和平社区\n")
		s.want("SELECT name, type, status, dq FROM place ORDER BY row", "某超市|merchant|营业|·\n某书屋|书屋|营业|DQ03\n")
	})
}

func TestUnreadableValues(t *testing.T) {
	s := newSite(t)
	res := s.load(full, fullHeader+
		cells("1", "办结=尽快")+
		cells("2", "数量=若干")+
		cells("3", "是否解决=也许")+
		cells("4", "返工=1.5")+
		cells("5", "受理=")+
		cells("6", "受理=13800001111前后")+
		cells("7", "办结=尽快", "数量=若干")+
		cells("8"))
	s.wantCounts(res, "rows 8, accepted 1, rejected 7")
	s.wantRejects(res.Job, `2|办结|尽快|bad_time
3|数量|若干|bad_number
4|是否解决|也许|bad_bool
5|返工|1.5|bad_number
6|受理|·|no_main_date
7|受理|〔电话〕前后|bad_time
8|办结|尽快|bad_time
8|数量|若干|bad_number
`)
	for line := range strings.Lines(s.table("SELECT message FROM reject")) {
		if line = strings.TrimSpace(line); line == "" || strings.ContainsAny(line, ".;!?") || strings.Contains(line, "1380000") {
			t.Errorf("message %q", line)
		}
	}
}

func TestDeadlines(t *testing.T) {
	s := newSite(t)
	// 2026-01-05 is a Monday. Days are counted without the first; a term ends with its last day.
	s.load(full, fullHeader+
		cells("1", "时限=2026-01-20")+
		cells("2", "类型=DB")+ // received + 5 working days: Monday the 12th
		cells("3", "类型=WX")+ // received + 15 days
		cells("4", "类型=WX", "认领=2026-01-06")+ // accepted + 30 days
		cells("5"))
	s.want("SELECT due_at, due_from FROM record ORDER BY row", `2026-01-20 23:59:59|stated
2026-01-12 23:59:59|sla
2026-01-20 23:59:59|sla
2026-02-05 23:59:59|sla
·|·
`)
}

func TestTimeOrder(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, received, given, want string }{
		{"closed on the day before", "2026-01-05", "办结=2026-01-04", "DQ01"},
		{"closed on the same day, dates only", "2026-01-05", "办结=2026-01-05", "·"},
		{"received with a clock, closed on the same day without", "2026-01-05 15:00", "办结=2026-01-05", "·"},
		{"closed an hour earlier", "2026-01-05 15:00", "办结=2026-01-05 14:00", "DQ01"},
		{"assigned before it came", "2026-01-05", "转办=2026-01-03", "DQ01"},
		{"received tomorrow", "2026-03-02", "", "DQ02"},
		{"received today", "2026-03-01", "", "·"},
		{"closed next week", "2026-02-20", "办结=2026-03-08", "DQ02"},
		{"due next year is no finding", "2026-02-20", "时限=2027-01-01", "·"},
		{"both", "2026-03-05", "办结=2026-03-04", "DQ01,DQ02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			s.load(full, fullHeader+cells(strings.ReplaceAll(c.name, ",", ";"), "受理="+c.received, "结果=已解决", c.given))
			s.want("SELECT dq FROM record WHERE since = (SELECT max(id) FROM job)", c.want+"\n")
		})
	}
	t.Run("an activity still to come", func(t *testing.T) {
		s.t = t
		s.load(sliced, "类型,日期,人数,单位\n走访,2026-03-05,3,和平社区\n走访,2026-02-05,3,和平社区\n")
		s.want("SELECT held_at, dq FROM activity ORDER BY row", "2026-03-05|DQ02\n2026-02-05|·\n")
	})
}

func TestColumnsWithoutAField(t *testing.T) {
	s := newSite(t)
	p := keyed + "[attrs]\ncolumns = [\"排队号\", \"备注\"]\n"
	res := s.load(p, "日期,内容,反映人,排队号,备注,楼层,房号\n2026-01-05,甲,某,A-1,请打13800001111,3,301\n2026-01-06,乙,某,,,3,302\n")
	s.want("SELECT attrs FROM record ORDER BY row", `{"备注":"请打〔电话〕","排队号":"A-1"}`+"\n·\n")
	if w := warning(t, res, "unmapped"); w.Text != "以下列没有入库：楼层、房号" {
		t.Errorf("got %q", w.Text)
	}
	s.wantCounts(res, "rows 2, accepted 2, masked 1")
}

func TestPartyOrganisationOfAPlace(t *testing.T) {
	s := newSite(t)
	s.units("code|name|level|parent\nP1|红旗街道党工委|committee|\nP11|和平社区党支部|branch|P1\n")
	s.load(`name = "posts"; shape = "place"
[fields]
name = "名称"
party_org_code = "党组织"
org = { from = ["column:社区"] }
`, "名称,社区,党组织\n某超市,和平社区,和平社区党组织\n某书屋,和平社区,某支部\n")
	s.want("SELECT name, org_code, party_org_code, dq FROM place ORDER BY row", "某超市|C12|P11|·\n某书屋|C12|某支部|DQ04\n")
}

// A term is counted from the day the matter was received, not counting that day: five working days
// from Monday the 5th end on Monday the 12th.
func TestTerms(t *testing.T) {
	s := newSite(t)
	const promised = `name = "promised"; shape = "record"
[constants]
kind = "SQ"
source_system = "x"
[fields]
source_no = "编号"
received_at = "日期"
due_at = "时限"
`
	res := s.load(promised, "编号,日期,时限\n1,2026-01-05 10:00,5个工作日\n2,2026-01-05,七天内\n3,2026-01-31,1个月内\n4,2026-01-05,15日\n5,2026-01-05,\n")
	s.wantCounts(res, "rows 5, accepted 4, rejected 1") // 15日 may be a day of the month
	s.want("SELECT source_no, due_at, due_from FROM record ORDER BY 1", "1|2026-01-12 23:59:59|stated\n2|2026-01-12 23:59:59|stated\n3|2026-02-28 23:59:59|stated\n5|·|·\n")
}

func TestPeriodsOfAColumn(t *testing.T) {
	const monthly = `name = "monthly"; shape = "figure"; period = "column:月份"
[constants]
measure = "member_points_total"
[fields]
org   = { from = ["column:社区"] }
value = "总积分"
`
	s := newSite(t)
	res := s.load(monthly, "2026年党员积分月报,,\n社区,月份,总积分\n和平社区,3月,5\n建设社区,4,6\n和平社区,2025年12月,7\n建设社区,13月,8\n建设社区,月初,9\n建设社区,,10\n")
	s.wantCounts(res, "rows 6, accepted 3, rejected 3")
	s.want("SELECT org_code, value, period_from::DATE, period_to::DATE FROM figure ORDER BY row", "C12|5|2026-03-01|2026-04-01\nC21|6|2026-04-01|2026-05-01\nC12|7|2025-12-01|2026-01-01\n")
	s.wantRejects(res.Job, "6|月份|13月|bad_time\n7|月份|月初|bad_time\n8|·|·|no_main_date\n")
}

// What is counted one by one is whole and not below zero, and in its own unit; two rows about one thing are doubted.
func TestFiguresThatCannotBe(t *testing.T) {
	s := newSite(t)
	res := s.load(`name = "care"; shape = "figure"; period = "title"
[constants]
measure = "care_registered"
unit = "人"
[null]
values = ["-"]
[fields]
org     = { from = ["column:社区"] }
subject = "类别"
value   = "人数"
`, "2026年1月特殊群体,,\n社区,类别,人数\n和平社区,独居,-3\n和平社区,失能,12.5\n和平社区,残疾,5户\n和平社区,孤寡,6人\n和平社区,困境儿童,－\n和平社区,孤寡,7\n")
	s.wantCounts(res, "rows 6, accepted 3, rejected 3")
	s.wantRejects(res.Job, "3|人数|-3|bad_number\n4|人数|12.5|bad_number\n5|人数|5户|bad_number\n")
	s.want("SELECT subject, value, dq FROM figure ORDER BY row", "孤寡|6|·\n困境儿童|·|·\n孤寡|7|DQ06\n")
}
