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

func TestMerchantLedger(t *testing.T) {
	s := newSite(t)
	const header = "序号,商户名称,社区,网格,包联干部,开业日期,歇业日期,一季度走访,二季度走访\n"
	s.wantCounts(s.load("", "红旗街道商户台账（2025年）,,,,,,,,\n"+header+
		"1,好邻居便利店,朝阳社区,第一网格,甲,2020-05-01,,2025-02-03,2025-05-06\n2,老街坊面馆,朝阳社区,第一网格,甲,2021-01-01,2025-04-30,2025-02-03,\n"), "rows 2, accepted 2")
	s.wantCounts(s.load("", "红旗街道商户台账（2026年）,,,,,,,,\n"+header+
		"1,好邻居便利店,朝阳社区,第一网格,乙,2020-05-01,,2026-01-15,\n2,老街坊面馆,朝阳社区,第一网格,甲,2021-01-01,2025-04-30,,\n3,百佳药房,和平社区,第一网格,乙,2026-01-05,,,\n"),
		"rows 3, accepted 2, unchanged 1")
	s.want("SELECT name, org_code, opened_on, closed_on, person_key FROM place ORDER BY row", `
好邻居便利店|G111|2020-05-01|·|·
老街坊面馆|G111|2021-01-01|2025-05-01|·
百佳药房|G121|2026-01-05|·|·
`)
	// Whose visit it was is a hash; the merchant is the one of the row, whoever is in charge of it.
	s.want(`SELECT p.name, a.type, a.org_code, a.held_at, a.actor_key IN ('甲', '乙') FROM activity a JOIN place p ON p.id = a.place_id ORDER BY a.held_at, p.name`, `
好邻居便利店|商户走访|G111|2025-02-03|false
老街坊面馆|商户走访|G111|2025-02-03|false
好邻居便利店|商户走访|G111|2025-05-06|false
好邻居便利店|商户走访|G111|2026-01-15|false
`)
	s.want("SELECT shape, subject, org_code, period_from, period_to FROM coverage WHERE period_from >= '2026-01-01' ORDER BY shape", `
activity|商户走访|S1|2026-01-01|2026-03-02
place|merchant|S1|2026-01-01|2026-03-02
`)

	t.Run("a visit put down by mistake goes with the next file of the year", func(t *testing.T) {
		res := s.load("", "红旗街道商户台账（2026年）,,,,,,,,\n"+header+
			"1,好邻居便利店,朝阳社区,第一网格,乙,2020-05-01,,2026-01-20,\n2,老街坊面馆,朝阳社区,第一网格,甲,2021-01-01,2025-04-30,,\n3,百佳药房,和平社区,第一网格,乙,2026-01-05,,,\n")
		if res.Removed != 1 {
			t.Errorf("%d removed", res.Removed)
		}
		s.want("SELECT held_at FROM activity WHERE held_at >= '2026-01-01'", "2026-01-20\n")
		s.want("SELECT count(*) FROM activity WHERE held_at < '2026-01-01'", "3\n")
	})
}

func TestCareIsCountedByPersonAndTellsNobody(t *testing.T) {
	s := newSite(t)
	s.wantCounts(s.load("", `红旗街道走访台账（2026年1月）,,,,,,
日期,社区,网格,走访对象,走访对象类别,走访方式,走访人,了解情况
2026-01-05,朝阳社区,第一网格,某某某,独居,上门,甲,需代购药品
2026-01-19,朝阳社区,第一网格,某某某,独居,电话,甲,正常
2026-01-19,朝阳社区,第一网格,另某某,失能,上门,甲,正常
2026-01-20,朝阳社区,第一网格,,高龄,上门,甲,正常
`), "rows 4, accepted 4")
	s.want("SELECT type, org_code, count(DISTINCT subject_key), count(*) FROM activity GROUP BY ALL", "走访|G111|2|4\n")
	s.want(`SELECT count(*) FROM activity WHERE concat_ws('/', id, subject_key, actor_key, place_id, host, partner, team, brand, attrs) SIMILAR TO '.*(某某|独居|失能|药品|甲).*'`, "0\n")

	s.wantCounts(s.load("", "红旗街道特殊群体汇总表（2026年）,,,\n社区,独居,失能,合计\n朝阳社区,12,3,15\n和平社区,,0,0\n合计,12,3,15\n"), "rows 3, accepted 2, skipped 1")
	s.want("SELECT org_code, measure, subject, value, period_from FROM figure ORDER BY row, subject", `
C11|care_registered|失能|3|2026-01-01
C11|care_registered|独居|12|2026-01-01
C12|care_registered|失能|0|2026-01-01
`)
}

func TestReportsByMonthCoverTheMonthsOfTheirRows(t *testing.T) {
	s := newSite(t)
	s.units(`编码|名称|层级|上级编码|覆盖
P1|红旗街道党工委|committee||S1
P11|朝阳社区党委|branch|P1|C11
`)
	s.wantCounts(s.load("", `红旗街道党工委党员积分月报（2026年1月至2月）,,,,,
党支部,月份,党员总数,参评数,定岗且有服务人数,达标人数
朝阳社区党委,2026年1月,68,60,51,57
朝阳社区党委,2026年2月,68,60,49,55
`), "rows 2, accepted 2")
	s.want("SELECT org_code, measure, numerator, denominator, period_from, period_to FROM figure ORDER BY measure, row", `
P11|member_points|57|60|2026-01-01|2026-02-01
P11|member_points|55|60|2026-02-01|2026-03-01
P11|member_service|51|68|2026-01-01|2026-02-01
P11|member_service|49|68|2026-02-01|2026-03-01
`)
	s.want("SELECT subject, org_code, period_from, period_to FROM coverage ORDER BY subject", "member_points|P11|2026-01-01|2026-03-01\nmember_service|P11|2026-01-01|2026-03-01\n")

	// The month in the title serves where no column states it; another file of the same month replaces its figures.
	const fees = "红旗街道朝阳社区物业费收缴月报（2026年1月）,,,\n小区,应收金额（元）,实收金额（元）,收缴率\n"
	s.load("", fees+"金桂园,20000,18000,95%\n颐和花园,10000,6000,60%\n")
	s.wantCounts(s.load("", fees+"金桂园,20000,18500,92.5%\n颐和花园,10000,6000,60%\n"), "rows 2, accepted 1, replaced 1, unchanged 1")
	s.want("SELECT subject, numerator, denominator, period_to FROM figure WHERE measure = 'property_fee' ORDER BY row", "金桂园|18500|20000|2026-02-01\n颐和花园|6000|10000|2026-02-01\n")
}

func TestLettersCoverThoseWhoHadNone(t *testing.T) {
	s := newSite(t)
	s.wantCounts(s.load("", `红旗街道信访事项台账（2026年1月）,,,,,,
登记日期,社区,来源级次,类别,责任单位,应办结日期,办结日期,信访人
2026-01-08,朝阳社区,区级,物业管理,街道信访办,2026-03-09,,某某某
`), "rows 1, accepted 1")
	s.want("SELECT kind, channel, org_code, due_at, due_from FROM record", "XFJ|信访|C11|2026-03-09 23:59:59|stated\n")
	s.want(statements, "record|XFJ|S1|2026-01-01|2026-02-01|title\n")
	s.want("SELECT count(*) FROM record WHERE concat_ws('/', id, title, text, subject_key, actor_key, attrs) LIKE '%某某某%'", "0\n")
}

func TestRegistersOfEstatesAndBuildingsNameTheirPartyOrganisations(t *testing.T) {
	s := newSite(t)
	s.units(`编码|名称|层级|上级编码|覆盖
P1|红旗街道党工委|committee||S1
P11|朝阳社区党委|branch|P1|C11
P111|金桂园党支部|estate_branch|P11|G111
P1111|金桂园1号楼党小组|cell|P111|
`)
	const estates = "红旗街道小区名册（2026年）,,,,\n社区,小区,物业公司,业委会,党支部\n"
	s.load("", estates+"朝阳社区,金桂园,某物业公司,有,金桂园党支部\n朝阳社区,老院,无,无,未建\n")
	s.load("", "红旗街道楼栋名册（2026年）,,,\n社区,小区,楼栋,党小组\n朝阳社区,金桂园,金桂园1号楼,金桂园1号楼党小组\n朝阳社区,金桂园,金桂园2号楼,金桂园1号楼党小组\n朝阳社区,老院,老院1号楼,无\n")
	s.want("SELECT type, name, org_code, party_org_code, has_property FROM place ORDER BY type DESC, row", `
estate|金桂园|C11|P111|true
estate|老院|C11|·|false
building|金桂园1号楼|C11|P1111|·
building|金桂园2号楼|C11|P1111|·
building|老院1号楼|C11|·|·
`)
	// A branch is formed: the same estate.
	s.wantCounts(s.load("", estates+"朝阳社区,金桂园,某物业公司,有,金桂园党支部\n朝阳社区,老院,无,无,朝阳社区党委\n"), "rows 2, accepted 1, replaced 1, unchanged 1")
	s.want("SELECT count(*), count(party_org_code) FROM place WHERE type = 'estate'", "2|2\n")
}
