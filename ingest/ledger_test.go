package ingest

import "testing"

// The built-in ledgers, from their rows to what the warehouse holds; now is 2026-03-01.

func TestWhistleLedger(t *testing.T) {
	s := newSite(t)
	// 2026-01-08 is a Thursday: three working days end on the 13th, five on the 15th.
	file := `红旗街道吹哨报到台账（2026年1月）,,,,,,,,,,,
哨号,吹哨日期时间,吹哨社区,网格,哨源,事项分类,事项描述,紧急程度,转哨部门,转哨时间,签收时间,办结时间
CS-1,2026-01-08 09:00,朝阳社区,第一网格,居民,停车交通,占道，请打13800001111,日常,区城管局,2026-01-08 09:20,2026-01-08 09:40,2026-01-13 17:00
CS-2,2026-01-08 10:00,和平社区,,网格员,环境卫生,垃圾,攻坚克难,区城管局,2026-01-08 10:05,,
CS-3,2026-01-08 11:00,和平社区,,楼栋意见箱,环境卫生,垃圾,日常,区城管局,,,
`
	s.wantCounts(s.load("", file), "rows 3, accepted 3, masked 1")
	s.want("SELECT source_no, kind, channel, org_code, procedure, assigned_at, accepted_at, due_at, due_from, text FROM record ORDER BY source_no", `
CS-1|CS|居民反映|G111|日常|2026-01-08 09:20:00|2026-01-08 09:40:00|2026-01-13 23:59:59|sla|占道，请打〔电话〕
CS-2|CS|网格员上报|C12|攻坚|2026-01-08 10:05:00|·|2026-01-15 23:59:59|sla|垃圾
CS-3|CS|意见箱|C12|日常|·|·|·|·|垃圾
`)
	s.want(statements, "record|CS|S1|2026-01-01|2026-02-01|title\n")
}

func TestPatrolLedger(t *testing.T) {
	s := newSite(t)
	const header = "红旗街道朝阳社区网格日巡查记录表（2026年1月）,,,,,,\n日期,网格,巡查人,起止时间,检查点数,问题类别,问题描述,整改时限,整改完成日期\n"
	file := header + "2026-01-05,第一网格,甲,8:30-10:45,12,消防安全,楼道堆物,2026-01-07,\n2026-01-05,第二网格,甲,14:30-16:00,9,,无,,\n"
	s.wantCounts(s.load("", file), "rows 2, accepted 2")
	s.want("SELECT type, org_code, held_at, sites FROM activity ORDER BY row", "巡查|G111|2026-01-05 08:30:00|12\n巡查|G112|2026-01-05 14:30:00|9\n")
	s.want("SELECT kind, org_code, received_at, category, text, channel, due_at, closed_at FROM record",
		"YH|G111|2026-01-05 08:30:00|消防安全|楼道堆物|网格员上报|2026-01-07 23:59:59|·\n")
	s.want(statements, "activity|巡查|C11|2026-01-01|2026-02-01|title\nrecord|YH|C11|2026-01-01|2026-02-01|title\n")
	s.want("SELECT count(DISTINCT actor_key), count(*) FILTER (WHERE actor_key = '甲') FROM activity", "1|0\n")

	t.Run("mended later: the same hazard, the same patrol", func(t *testing.T) {
		mended := header + "2026-01-05,第一网格,甲,8:30-10:45,12,消防安全,楼道堆物,2026-01-07,2026-01-06\n2026-01-05,第二网格,甲,14:30-16:00,9,,无,,\n"
		s.wantCounts(s.load("", mended), "rows 2, accepted 1, replaced 1, unchanged 1")
		s.want("SELECT closed_at FROM record", "2026-01-06\n")
		s.want("SELECT count(*) FROM activity", "2\n")
	})
	t.Run("a month without a hazard is covered emptiness", func(t *testing.T) {
		s.load("", "红旗街道朝阳社区网格日巡查记录表（2026年2月）,,,\n日期,网格,巡查人,问题描述\n2026-02-03,第一网格,甲,\n")
		s.want("SELECT shape, subject, period_from FROM coverage WHERE period_from = '2026-02-01' ORDER BY shape", "activity|巡查|2026-02-01\nrecord|YH|2026-02-01\n")
	})
}

func TestActivityLedgersCoverTheTypesTheyHoldAndThoseTheyLack(t *testing.T) {
	s := newSite(t)
	s.wantCounts(s.load("", `红旗街道会议台账（2026年1月）,,,,,
会议日期,社区,会议类型,主持人,参会单位,实到
2026-01-15,朝阳社区,党建联席会,甲,税务局、供电所,12
2026-01-16,和平社区,红色圆桌会,甲,物业,8
`), "rows 2, accepted 2")
	s.want("SELECT type, org_code, held_at, attended, partner FROM activity ORDER BY row", "联席会|C11|2026-01-15|12|税务局、供电所\n圆桌会|C12|2026-01-16|8|物业\n")
	s.want("SELECT subject, org_code FROM coverage ORDER BY subject", "圆桌会|S1\n联席会|S1\n议事会|S1\n")

	s.wantCounts(s.load("", `红旗街道活动台账（2026年1月）,,,,
活动日期,社区,活动类型,活动名称,参与人次
2026-01-15,朝阳社区,安全教育讲座,防诈骗,近50
某日,和平社区,义诊,义诊,20
`), "rows 2, accepted 1, rejected 1")
	s.want("SELECT type, attended, fuzzy, attrs FROM activity WHERE type = '安全讲座'", "安全讲座|50|near|{\"活动名称\":\"防诈骗\"}\n")
	s.want("SELECT count(*) FROM coverage WHERE subject IN ('安全讲座', '应急演练') AND org_code = 'S1'", "2\n")
}

func TestLedgersOfErrandsDisputesAndMotions(t *testing.T) {
	s := newSite(t)
	s.load("", "红旗街道红色代办台账（2026年1月）,,,,,,\n代办日期,社区,事项名称,服务对象,代办员,办结日期,办理结果\n2026-01-08,朝阳社区,津贴申领,某某某,甲,2026-01-09,已办结\n")
	s.load("", "红旗街道矛盾纠纷台账（2026年1月）,,,,,,\n排查日期,社区,纠纷类型,当事人,调解日期,化解情况,是否成功\n2026-01-08,朝阳社区,物业纠纷,某某某,2026-01-09,调解成功,是\n")
	s.load("", "红旗街道议事协商台账（2026年1月）,,,,,\n征集日期,社区,议题名称,议事日期,完成日期,群众评题结果\n2026-01-08,朝阳社区,增设车位,2026-01-12,,\n")
	s.want("SELECT kind, org_code, category, title, due_at, closed_at, result, resolved, stage2_at FROM record ORDER BY kind", `
DB|C11|·|津贴申领|2026-01-15 23:59:59|2026-01-09|解决|·|·
MD|C11|物业管理|·|·|2026-01-09|解决|true|·
TY|C11|·|增设车位|2026-02-07 23:59:59|·|·|·|2026-01-12
`)
	s.want("SELECT count(*) FROM record WHERE concat_ws('/', id, title, text, subject_key, actor_key, attrs) LIKE '%某某某%'", "0\n")
}

func TestBranchMeetingsBelongToTheirOrganisation(t *testing.T) {
	s := newSite(t)
	s.units(`编码|名称|层级|上级编码|覆盖
P1|红旗街道党工委|committee||S1
P11|朝阳社区党委|branch|P1|C11
`)
	s.load("", "红旗街道党工委三会一课台账（2026年1月）,,,,,,\n党组织,会议类型,召开日期,主持人,应到,实到,请假\n朝阳社区党委,主题党日,2026-01-15,甲,60,55,5\n,支委会,2026-01-20,甲,5,5,0\n")
	s.want("SELECT type, org_code, expected, attended FROM activity ORDER BY row", "主题党日|P11|60|55\n支委会|P1|5|5\n")
	s.want("SELECT DISTINCT org_code FROM coverage", "P1\n")
}
