package profile

import (
	stdcmp "cmp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Ledgers with the headers of DOMAIN §4.3 and what one row of each states.
var ledgers = []struct {
	name, header, row string
	want              []map[string]string
	org               []string // columns that name the unit
	identity          Identity
	period            string // where it is stated; "" is the title
}{
	{
		name:   "吹哨报到台账",
		header: "哨号,吹哨日期时间,吹哨社区,哨源,事项分类,事项描述,紧急程度,转哨部门,签收时间,报到时间,办结时间,办哨结果,是否按期,群众评价,社区对部门评价,备注",
		row:    "CS202309-001,2023.9.28 9:05,朝阳社区,居民,停车交通,消防通道被占,攻坚克难,区城市管理局,2023.9.28 9:30,2023.9.28 15:00,2023.9.30 10:00,已办结,是,满意,配合及时,",
		want: []map[string]string{{
			"source_system": "吹哨报到台账", "source_no": "CS202309-001", "kind": "CS", "channel": "居民", "category": "停车交通", "text": "消防通道被占", "dept": "区城市管理局",
			"procedure": "攻坚", "received_at": "2023-09-28 09:05:00", "assigned_at": "2023-09-28 09:05:00", "accepted_at": "2023-09-28 09:30:00",
			"responded_at": "2023-09-28 15:00:00", "closed_at": "2023-09-30 10:00:00", "result": "解决", "satisfaction": "满意",
		}},
		org: []string{"吹哨社区"}, identity: ByKey,
	},
	{
		name:   "吹哨报到台账", // of a community that numbers its rows only, writes date and clock apart and notes when a whistle is passed on
		header: "序号,吹哨日期,吹哨时间,网格,哨源,事项内容,转哨部门,转哨时间,签收时间,办结时间,办理结果,联系电话",
		row:    "1,2023.9.28,9:05,第一网格,网格员,井盖破损,区住建局,2023.9.28 10:20,,,办理中,19900000000",
		want: []map[string]string{{
			"source_system": "吹哨报到台账", "kind": "CS", "channel": "网格员", "text": "井盖破损", "dept": "区住建局",
			"received_at": "2023-09-28 09:05:00", "assigned_at": "2023-09-28 10:20:00",
		}},
		org: []string{"网格"}, identity: ByKey,
	},
	{
		name:   "网格日巡查记录表",
		header: "日期,网格,巡查人,岗位,起止时间,巡查地段,检查点数,发现问题数,问题类别,问题描述,处置方式,整改时限,整改完成日期,照片数",
		row:    "2023.9.28,第一网格,甲,专职,8:30-10:45,人民东路,12,1,消防隐患,楼道堆放纸箱,上报,2023.9.30,2023.9.29,2",
		want: []map[string]string{
			{"type": "巡查", "held_at": "2023-09-28 08:30:00", "actor_key": "甲", "sites": "12 exact", "quantity": "1 exact"},
			{
				"kind": "YH", "source_system": "网格日巡查记录表", "channel": "网格员上报", "received_at": "2023-09-28 08:30:00", "place_id": "人民东路", "actor_key": "甲",
				"category": "消防安全", "text": "楼道堆放纸箱", "procedure": "上报", "due_at": "2023-09-30 23:59:59", "closed_at": "2023-09-29 00:00:00",
			},
		},
		org: []string{"网格"}, identity: ByKey,
	},
	{
		name:   "网格日巡查记录表", // nothing found: a patrol and no hazard
		header: "巡查时间,所属网格,网格员,发现问题,巡查里程（公里）",
		row:    "2023-09-28 08:30,第一网格,甲,未发现问题,3.5",
		want:   []map[string]string{{"type": "巡查", "held_at": "2023-09-28 08:30:00", "actor_key": "甲", "km": "3.5 exact"}},
		org:    []string{"所属网格"}, identity: ByKey,
	},
	{
		name:   "活动台账",
		header: "序号,活动日期,活动类型,活动名称,主办,协办/共建单位,地点,参与人次,受益人数,投入金额(元),志愿队伍,照片,备注",
		row:    "1,2023.9.28,义诊,重阳义诊,朝阳社区,区人民医院,党群服务中心,近50,48,1200元,绿色健康队,,",
		want: []map[string]string{{
			"type": "义诊", "team": "绿色健康队", "place_id": "党群服务中心", "host": "朝阳社区", "partner": "区人民医院", "held_at": "2023-09-28 00:00:00",
			"attended": "50 near", "beneficiaries": "48 exact", "amount": "1200 exact",
		}},
		identity: ByKey,
	},
	{
		name:   "会议台账",
		header: "序号,会议日期,社区,会议类型,会议议题,主持人,参会单位,应到,实到,决议事项数,已落实数,备注",
		row:    "1,2023.9.28,朝阳社区,党建联席会,停车共享,甲,区税务局、区供电公司,12,11,3,2,",
		want: []map[string]string{{
			"type": "党建联席会", "partner": "区税务局、区供电公司", "actor_key": "甲", "held_at": "2023-09-28 00:00:00",
			"expected": "12 exact", "attended": "11 exact", "resolutions": "3 exact", "resolutions_closed": "2 exact",
		}},
		org: []string{"社区"}, identity: ByKey,
	},
	{
		name:   "三会一课台账",
		header: "年月,会议类型,召开日期,主持人,应到,实到,请假,主要内容,决议事项",
		row:    "2023年9月,支委会,2023.9.15,甲,5,4,1,学习文件,同意",
		want: []map[string]string{{
			"type": "支委会", "actor_key": "甲", "held_at": "2023-09-15 00:00:00", "expected": "5 exact", "attended": "4 exact",
		}},
		identity: ByKey,
	},
	{
		name:   "红色代办台账",
		header: "序号,代办日期,事项名称,服务对象类别,代办员,受理窗口,办结日期,办理结果,满意度",
		row:    "1,2023.9.28,高龄津贴申领,高龄,甲,民政窗口,2023.9.29,已办结,满意",
		want: []map[string]string{{
			"source_system": "红色代办台账", "kind": "DB", "title": "高龄津贴申领", "target_group": "高龄", "dept": "民政窗口", "actor_key": "甲",
			"received_at": "2023-09-28 00:00:00", "closed_at": "2023-09-29 00:00:00", "result": "解决", "satisfaction": "满意",
		}},
		identity: ByKey,
	},
	{
		name:   "矛盾纠纷台账",
		header: "序号,排查日期,网格,纠纷类型,当事人(类别),涉及人数,调解员,调解日期,化解情况,是否成功,上报层级",
		row:    "1,2023.9.28,第一网格,物业纠纷,一般居民,4,甲,2023.9.30,调解成功,是,社区",
		want: []map[string]string{{
			"source_system": "矛盾纠纷台账", "kind": "MD", "category": "物业管理", "category2": "物业纠纷", "target_group": "一般居民", "actor_key": "甲",
			"received_at": "2023-09-28 00:00:00", "responded_at": "2023-09-30 00:00:00", "closed_at": "2023-09-30 00:00:00", "resolved_level": "社区",
			"result": "解决", "resolved": "true", "quantity": "4 exact",
		}},
		org: []string{"网格"}, identity: ByKey,
	},
	{
		name:   "议事协商台账",
		header: "议题编号,征集日期,议题名称,出题主体,议事日期,参与方,答题单位,落实措施,完成日期,群众评题结果,公开日期",
		row:    "2023-07,2023.9.1,小区增设停车位,小区党支部,2023.9.8,居民代表、物业,物业服务企业,施划标线,2023.9.28,满意,2023.9.30",
		want: []map[string]string{{
			"source_system": "议事协商台账", "source_no": "2023-07", "kind": "TY", "title": "小区增设停车位", "text": "施划标线", "dept": "物业服务企业",
			"received_at": "2023-09-01 00:00:00", "stage1_at": "2023-09-01 00:00:00", "stage2_at": "2023-09-08 00:00:00", "stage3_at": "2023-09-28 00:00:00",
			"stage4_at": "2023-09-30 00:00:00", "closed_at": "2023-09-28 00:00:00", "satisfaction": "满意",
		}},
		identity: ByKey,
	},
	{
		name:   "共建协议台账",
		header: "协议编号,社区,共建单位,签订日期,有效期至,协议内容,联系人,联系电话",
		row:    "GJ-01,朝阳社区,区税务局,2023.1.10,2026.1.9,资源共享,甲,19900000000",
		want: []map[string]string{{
			"type": "agreement", "name": "区税务局", "related_id": "GJ-01", "opened_on": "2023-01-10 00:00:00", "closed_on": "2026-01-10 00:00:00",
		}},
		org: []string{"社区"}, identity: ByKey,
	},
	{
		name:   "共建项目清单", // with the columns of the agreement before those of the item
		header: "协议编号,共建单位,签订日期,期限,共建事项,类别(六联),责任人,计划完成,实际完成,状态",
		row:    "GJ-01,区税务局,2023.1.10,三年,共享停车位,服务难题联解,甲,2023.9.30,2023.9.28,按期完成",
		want: []map[string]string{{
			"source_system": "共建项目清单", "kind": "GJ", "category2": "服务难题联解", "title": "共享停车位", "dept": "区税务局", "actor_key": "甲",
			"received_at": "2023-01-10 00:00:00", "due_at": "2023-09-30 23:59:59", "closed_at": "2023-09-28 00:00:00", "status": "已办结",
		}},
		identity: ByKey,
	},
	{
		name:   "需求资源清单",
		header: "编号,清单类型,提出/提供单位,类别,内容,登记日期,对接单位,对接日期,完成日期",
		row:    "1,需求清单,甲,停车交通,夜间停车场地,2023.9.1,区供销合作社,2023.9.5,2023.9.20",
		want: []map[string]string{{
			"source_system": "需求资源清单", "source_no": "1", "kind": "XQ", "category": "停车交通", "category2": "需求", "text": "夜间停车场地", "dept": "区供销合作社", "actor_key": "甲",
			"received_at": "2023-09-01 00:00:00", "accepted_at": "2023-09-05 00:00:00", "closed_at": "2023-09-20 00:00:00",
		}},
		identity: ByKey,
	},
	{
		name:   "双报到统计表",
		header: "月份,单位,党员数,已报到数,参加服务人数,本月服务人次,认领岗位数,认领微心愿数,反馈数",
		row:    "2023年9月,区税务局,70,64,48,55,30,2,40",
		want: []map[string]string{
			{
				"measure": "checkin_service", "subject_type": "单位", "subject": "区税务局", "numerator": "48 exact", "denominator": "64 exact",
				"denominator_label": "已报到在职党员", "unit": "人",
			},
			{
				"measure": "checkin_members", "subject_type": "单位", "subject": "区税务局", "numerator": "64 exact", "denominator": "70 exact",
				"denominator_label": "在职党员", "unit": "人",
			},
			{"measure": "checkin_service_times", "subject_type": "单位", "subject": "区税务局", "value": "55 exact", "unit": "人次"},
			{"measure": "checkin_posts", "subject_type": "单位", "subject": "区税务局", "value": "30 exact", "unit": "个"},
			{"measure": "checkin_wishes", "subject_type": "单位", "subject": "区税务局", "value": "2 exact", "unit": "个"},
			{"measure": "checkin_feedback", "subject_type": "单位", "subject": "区税务局", "value": "40 exact", "unit": "条"},
		},
		identity: BySlice, period: "column:月份",
	},
	{
		name:   "双报到统计表", // without the column of persons who served: no rate of service, the rest all the same
		header: "单位,党员数,已报到数,反馈数",
		row:    "区税务局,70,64,",
		want: []map[string]string{{
			"measure": "checkin_members", "subject_type": "单位", "subject": "区税务局", "numerator": "64 exact", "denominator": "70 exact",
			"denominator_label": "在职党员", "unit": "人",
		}},
		identity: BySlice, period: "column:月份",
	},
	{
		name:   "党员积分月报",
		header: "党支部,月份,党员总数,参评数,认岗数,定岗且有服务人数,参加服务人数,服务次数,服务时长,总积分,达标人数",
		row:    "朝阳社区党委,2023年9月,68,60,62,51,55,100余,200,4800,57",
		want: []map[string]string{
			{"measure": "member_points", "numerator": "57 exact", "denominator": "60 exact", "denominator_label": "参评党员", "unit": "人"},
			{"measure": "member_service", "numerator": "51 exact", "denominator": "68 exact", "denominator_label": "自管党员", "unit": "人"},
			{"measure": "member_posted", "numerator": "62 exact", "denominator": "68 exact", "denominator_label": "自管党员", "unit": "人"},
			{"measure": "member_served", "numerator": "55 exact", "denominator": "68 exact", "denominator_label": "自管党员", "unit": "人"},
			{"measure": "member_service_times", "value": "100 ge", "unit": "次"},
			{"measure": "member_service_hours", "value": "200 exact", "unit": "小时"},
			{"measure": "member_points_total", "value": "4800 exact", "unit": "分"},
		},
		org: []string{"党支部"}, identity: BySlice, period: "column:月份",
	},
	{
		name:   "物业费收缴月报", // 95 % stands there and is not believed
		header: "月份,小区,物业公司,总户数,应缴户数,已缴户数,应收金额(元),实收金额(元),收缴率,陈欠回收,备注",
		row:    "2023年9月,金桂园,某物业,300,290,270,29000,1.8万元,95%,0,",
		want: []map[string]string{
			{
				"measure": "property_fee", "subject_type": "小区", "subject": "金桂园", "numerator": "18000 exact", "denominator": "29000 exact",
				"denominator_label": "应收物业费", "unit": "元",
			},
			{
				"measure": "property_fee_households", "subject_type": "小区", "subject": "金桂园", "numerator": "270 exact", "denominator": "290 exact",
				"denominator_label": "应缴户数", "unit": "户",
			},
			{"measure": "property_fee_arrears", "subject_type": "小区", "subject": "金桂园", "value": "0 exact", "unit": "元"},
		},
		identity: BySlice, period: "column:月份",
	},
	{
		name:   "商户台账",
		header: "序号,商户名称,类别,地址,网格,包联干部,最近走访,党员示范店",
		row:    "1,好邻居便利店,零售,人民路1号,第一网格,甲,2023.9.12,是",
		want: []map[string]string{
			{"type": "merchant", "name": "好邻居便利店"},
			{"type": "商户走访", "held_at": "2023-09-12 00:00:00", "actor_key": "甲"},
		},
		org: []string{"网格"}, identity: BySlice,
	},
	{
		name:   "商户台账", // a column for the visit of each quarter
		header: "序号,店铺名称,所在社区,包联人,开业日期,歇业日期,一季度走访,二季度走访,三季度走访,四季度走访",
		row:    "1,好邻居便利店,朝阳社区,甲,2020.5.1,2023.8.31,2023.2.3,,2023.8.4,—",
		want: []map[string]string{
			{"type": "merchant", "name": "好邻居便利店", "opened_on": "2020-05-01 00:00:00", "closed_on": "2023-09-01 00:00:00"},
			{"type": "商户走访", "held_at": "2023-02-03 00:00:00", "actor_key": "甲"},
			{"type": "商户走访", "held_at": "2023-08-04 00:00:00", "actor_key": "甲"},
		},
		org: []string{"所在社区"}, identity: BySlice,
	},
	{
		name:   "商户红黑榜",
		header: "月份,商户,榜别,事由,公示日期,整改情况,销榜日期",
		row:    "9月,好邻居便利店,黑榜,出店经营,2023.9.5,已整改,2023.9.20",
		want: []map[string]string{{
			"source_system": "商户红黑榜", "kind": "HB", "category": "经商兴业", "category2": "黑榜", "text": "出店经营", "place_id": "好邻居便利店",
			"received_at": "2023-09-05 00:00:00", "closed_at": "2023-09-20 00:00:00", "status": "已办结",
		}},
		identity: ByKey,
	},
	{
		name:   "就业台账",
		header: "登记日期,求助人,联系电话,求助人类别,培训日期,推荐日期,就业日期,是否再就业",
		row:    "2023.9.1,甲,19900000000,失业人员,2023.9.10,2023.9.20,2023.10.8,是",
		want: []map[string]string{{
			"source_system": "就业台账", "kind": "JY", "category": "民生保障", "category2": "失业人员", "procedure": "再就业",
			"received_at": "2023-09-01 00:00:00", "responded_at": "2023-09-10 00:00:00", "assigned_at": "2023-09-20 00:00:00", "closed_at": "2023-10-08 00:00:00",
		}},
		identity: ByKey,
	},
	{
		name:   "信访事项台账",
		header: "序号,登记日期,来源级次,类别,是否集体,是否重复,责任单位,应办结日期,受理告知日期,办结日期,办理结果,信访人",
		row:    "1,2023.9.1,市级,物业管理,否,否,街道信访办,2023.10.31,2023.9.10,2023.10.20,已化解,甲",
		want: []map[string]string{{
			"source_system": "信访事项台账", "kind": "XFJ", "channel": "信访", "category": "物业管理", "dept": "街道信访办", "procedure": "市级",
			"received_at": "2023-09-01 00:00:00", "accepted_at": "2023-09-10 00:00:00", "due_at": "2023-10-31 23:59:59", "closed_at": "2023-10-20 00:00:00", "result": "解决",
		}},
		identity: ByKey,
	},
	{
		name:   "小区名册",
		header: "小区,楼栋数,户数,物业公司,业委会,物管会,党支部,经度,纬度",
		row:    "金桂园,12,860,某物业公司,√,无,金桂园党支部,114.05,32.12",
		want: []map[string]string{{
			"type": "estate", "name": "金桂园", "households": "860 exact", "has_property": "true", "has_owners_committee": "true", "has_management_committee": "false",
			"party_org_code": "金桂园党支部", "lon": "114.05", "lat": "32.12",
		}},
		identity: ByKey,
	},
	{
		name:   "小区名册", // three times none
		header: "小区名称,社区,物业企业,业主委员会,小区党组织",
		row:    "老院,朝阳社区,无,未成立,未建",
		want:   []map[string]string{{"type": "estate", "name": "老院", "has_property": "false", "has_owners_committee": "false"}},
		org:    []string{"社区"}, identity: ByKey,
	},
	{
		name:   "楼栋名册",
		header: "序号,小区,楼栋,单元数,户数,楼栋长,所属党小组",
		row:    "1,金桂园,金桂园3号楼,2,48,甲,金桂园1号楼党小组",
		want: []map[string]string{{
			"type": "building", "name": "金桂园3号楼", "households": "48 exact", "party_org_code": "金桂园1号楼党小组", "related_id": "金桂园",
		}},
		identity: ByKey,
	},
	{
		name:   "阵地服务月报",
		header: "阵地名称,类型,月份,服务人次,老人支付(元),政府投入(元),社区奉献(元)",
		row:    "暖心驿站,新业态驿站,2023年9月,近60,,,",
		want: []map[string]string{{
			"measure": "station_visits", "subject_type": "新业态驿站", "subject": "暖心驿站", "value": "60 near", "numerator": "60 near", "denominator": "1 exact",
			"denominator_label": "阵地·月", "unit": "人次",
		}},
		identity: BySlice, period: "column:月份",
	},
	{
		name:   "阵地服务月报", // a canteen is no station; three bear its costs
		header: "阵地名称,类型,月份,服务人次,老人支付(元),政府投入(元),社区奉献(元)",
		row:    "幸福食堂,社区食堂,2023年9月,600,4800,0.18万元,约1200",
		want: []map[string]string{
			{
				"measure": "facility_visits", "subject_type": "社区食堂", "subject": "幸福食堂", "value": "600 exact", "numerator": "600 exact", "denominator": "1 exact",
				"denominator_label": "阵地·月", "unit": "人次",
			},
			{"measure": "meals_paid_elderly", "subject_type": "社区食堂", "subject": "幸福食堂", "value": "4800 exact", "unit": "元"},
			{"measure": "meals_paid_government", "subject_type": "社区食堂", "subject": "幸福食堂", "value": "1800 exact", "unit": "元"},
			{"measure": "meals_paid_community", "subject_type": "社区食堂", "subject": "幸福食堂", "value": "1200 approx", "unit": "元"},
		},
		identity: BySlice, period: "column:月份",
	},
	{
		name:   "办不成事窗口登记表",
		header: "序号,登记时间,申办事项,未办成原因,协调单位,承诺时限,办结时间,结果",
		row:    "1,2023.9.28 9:05,加装电梯手续,材料缺项,区住建局,2023.10.12,2023.10.9,已办结",
		want: []map[string]string{{
			"source_system": "办不成事窗口登记表", "kind": "BCS", "channel": "窗口", "title": "加装电梯手续", "text": "材料缺项", "dept": "区住建局",
			"received_at": "2023-09-28 09:05:00", "due_at": "2023-10-12 23:59:59", "closed_at": "2023-10-09 00:00:00", "result": "解决",
		}},
		identity: ByKey,
	},
	{
		name:   "网格员花名册",
		header: "网格,姓名（掩码）,岗位类别,专兼职,社工证,到岗日期,负责户数",
		row:    "第一网格,张某,网格长,专职,√,2021年3月,321",
		want: []map[string]string{{
			"type": "post", "name": "网格长", "person_key": "张某", "opened_on": "2021-03-01 00:00:00", "households": "321 exact", "status": "专职", "related_id": "社工证",
		}},
		org: []string{"网格"}, identity: BySlice,
	},
	{
		name:   "网格员花名册", // a grade of the certificate is kept, none is none
		header: "所属网格,网格员,岗位类别,专（兼）职,是否持证",
		row:    "第一网格,张某,警务员,兼,否",
		want:   []map[string]string{{"type": "post", "name": "警务员", "person_key": "张某", "status": "兼职"}},
		org:    []string{"所属网格"}, identity: BySlice,
	},
	{
		name:   "志愿服务队台账",
		header: "队伍名称,颜色,职责,负责人,人数",
		row:    "平安巡逻队,橙色,义务巡逻,甲,近40",
		want: []map[string]string{
			{"type": "team", "name": "平安巡逻队"},
			{"measure": "team_members", "subject_type": "志愿服务队", "subject": "平安巡逻队", "value": "40 near", "unit": "人"},
		},
		identity: BySlice,
	},
	{
		name:   "党组织名册",
		header: "党组织名称,类型,上级党组织,覆盖小区/楼栋,成立日期,党员数",
		row:    "金桂园党支部,小区党支部,朝阳社区党委,金桂园,2020年7月,23",
		want:   []map[string]string{{"measure": "party_members", "subject_type": "党组织", "subject": "金桂园党支部", "value": "23 exact", "unit": "人"}},
		org:    []string{"党组织名称"}, identity: BySlice,
	},
	{
		name:   "年度计划目标表",
		header: "单位,项目,期间,目标数",
		row:    "朝阳社区,安全教育讲座,2023年,12场",
		want:   []map[string]string{{"measure": "plan_safety_lecture", "value": "12 exact"}},
		org:    []string{"单位"}, identity: BySlice, period: "column:期间",
	},
	{
		name:   "年度计划目标表", // a target is never an achievement
		header: "单位,项目,期间,目标数",
		row:    "朝阳社区,人口,2023年,8000",
		want:   []map[string]string{{"measure": "plan_人口", "value": "8000 exact"}},
		org:    []string{"单位"}, identity: BySlice, period: "column:期间",
	},
	{
		name:   "阵地名册",
		header: "阵地名称,类型,社区,地址,启用日期,停用日期",
		row:    "暖心驿站,驿站,朝阳社区,人民路1号,2022年6月,2023.9.30",
		want:   []map[string]string{{"type": "facility", "name": "暖心驿站", "opened_on": "2022-06-01 00:00:00", "closed_on": "2023-10-01 00:00:00"}},
		org:    []string{"社区"}, identity: BySlice,
	},
	{
		name:     "共建单位名册",
		header:   "序号,单位名称,单位性质,职责,结对日期",
		row:      "1,区税务局,机关,政策宣讲,2021.3.5",
		want:     []map[string]string{{"type": "partner", "name": "区税务局", "opened_on": "2021-03-05 00:00:00"}},
		identity: BySlice,
	},
	{
		name:   "走访台账",
		header: "日期,网格,走访对象,走访对象类别,走访方式,走访人,了解情况,需求,帮扶措施,帮扶责任人,下次走访日期",
		row:    "2023.9.28,第一网格,甲,独居,上门,乙,身体尚好,代购药品,每周上门,乙,2023.12.28",
		want:   []map[string]string{{"type": "走访", "held_at": "2023-09-28 00:00:00", "actor_key": "乙"}},
		org:    []string{"网格"}, identity: ByKey,
	},
	{
		name:   "特殊群体汇总表",
		header: "社区,独居,高龄老人,失能,困难群众,合计",
		row:    "朝阳社区,12,9,,4,25",
		want: []map[string]string{
			{"measure": "care_registered", "subject_type": "对象类别", "subject": "独居", "value": "12 exact", "unit": "人"},
			{"measure": "care_registered", "subject_type": "对象类别", "subject": "高龄", "value": "9 exact", "unit": "人"},
			{"measure": "care_registered", "subject_type": "对象类别", "subject": "困难户", "value": "4 exact", "unit": "人"},
		},
		org: []string{"社区"}, identity: BySlice,
	},
}

func TestLedgersAreRecognisedAndRead(t *testing.T) {
	set := builtinSet(t)
	for _, c := range ledgers {
		header, row := strings.Split(c.header, ","), strings.Split(c.row, ",")
		p, at, err := recognise(set, [][]string{{"某街道" + c.name + "（2023年）"}, header, row})
		if err != nil || p.Name != c.name || at != 1 {
			t.Errorf("%s: recognised as %v in row %d: %v", c.name, p, at, err)
			continue
		}
		if diff := cmp.Diff(c.want, facts(t, c.name, nil, header, row)); diff != "" {
			t.Errorf("%s (%s…):\n%s", c.name, header[0], diff)
		}
		b := bind(t, p, header...)
		var org []string
		for _, o := range b.Org {
			if o.Kind == "column" {
				org = append(org, o.Column.Header)
			}
		}
		stated := strings.TrimSuffix(p.Period.Kind+":"+p.Period.Header, ":")
		if b.Identity != c.identity || !slices.Equal(org, c.org) || stated != stdcmp.Or(c.period, "title") || len(p.Covers) == 0 {
			t.Errorf("%s: identity %v, unit from %q, period from %q, covers %q", c.name, b.Identity, org, p.Period.Kind, p.Covers)
		}
		for i := range b.Emits {
			for _, f := range b.Emits[i].Fields {
				if f.Column.Bound() && slices.Contains(persons, f.Column.Header) && f.Type != Hash {
					t.Errorf("%s: %s keeps %s in clear", c.name, f.Target, f.Column.Header)
				}
			}
		}
		for _, a := range b.Attrs {
			if slices.Contains(persons, a.Header) {
				t.Errorf("%s: %s is kept in clear", c.name, a.Header)
			}
		}
	}
}

// persons are the columns that name someone.
var persons = []string{"责任人", "包联干部", "包联人", "求助人", "信访人", "走访对象", "走访人", "帮扶责任人", "提出/提供单位", "巡查人", "网格员", "代办员", "调解员", "主持人", "联系电话", "服务对象", "当事人", "吹哨人", "出题人", "姓名"}

// Whoever patrols, mediates or presides may be written down; whoever is helped or quarrels is not even that.
func TestColumnsThatNameResidentsReachNoField(t *testing.T) {
	for _, c := range []struct{ name, header string }{
		{"吹哨报到台账", "吹哨日期时间,转哨部门,吹哨人,联系电话"},
		{"红色代办台账", "代办日期,事项名称,服务对象,联系电话"},
		{"矛盾纠纷台账", "排查日期,纠纷类型,当事人,联系电话"},
		{"议事协商台账", "议题名称,征集日期,议事日期,出题人"},
		{"信访事项台账", "登记日期,来源级次,应办结日期,信访人,联系电话"},
		{"就业台账", "登记日期,求助人类别,就业日期,求助人,联系电话"},
		{"走访台账", "日期,走访对象类别,走访方式,走访对象"},
	} {
		p, _ := builtinSet(t).ByName(c.name)
		header := strings.Split(c.header, ",")
		b := bind(t, p, header...)
		if len(b.Unmapped) > 0 {
			t.Errorf("%s: %q are named to the user as not known", c.name, b.Unmapped)
		}
		for i := range b.Emits {
			for _, f := range b.Emits[i].Fields {
				if slices.Contains(persons, f.Column.Header) {
					t.Errorf("%s: %s takes %s", c.name, f.Target, f.Column.Header)
				}
			}
		}
	}
}

// A row keeps its identity when what is said of it is corrected or completed.
func TestWhatIsFilledInLaterLeavesTheIdentityOfARow(t *testing.T) {
	for _, c := range []struct{ name, header, before, after string }{
		{"网格日巡查记录表", "日期,网格,巡查人,起止时间,问题描述,整改完成日期", "2023-09-28,第一网格,甲,8:30-10:45,,", "2023-09-28,第一网格,甲,8:30-10:45,楼道堆物,2023-09-29"},
		{"会议台账", "会议日期,社区,会议类型,参会单位,会议议题,已落实数", "2023-09-28,朝阳社区,联席会,税务局,停车,1", "2023-09-28,朝阳社区,联席会,税务局,停车共享,3"},
		{"红色代办台账", "代办日期,网格,事项名称,办结日期,办理结果", "2023-09-28,第一网格,津贴申领,,办理中", "2023-09-28,第一网格,津贴申领,2023-09-29,已办结"},
		{"矛盾纠纷台账", "排查日期,网格,纠纷类型,调解日期,是否成功", "2023-09-28,第一网格,物业纠纷,,", "2023-09-28,第一网格,物业纠纷,2023-09-30,是"},
		{"议事协商台账", "征集日期,议题名称,议事日期,完成日期", "2023-09-01,增设车位,,", "2023-09-01,增设车位,2023-09-08,2023-09-28"},
		{"共建项目清单", "协议编号,共建单位,立项日期,共建事项,计划完成,实际完成,状态", "GJ-01,税务局,2023-09-01,共享车位,2023-10-01,,推进中", "GJ-01,税务局,2023-09-01,共享车位,2023-11-01,2023-10-20,已完成"},
		{"需求资源清单", "登记日期,社区,内容,对接单位,对接日期,完成日期", "2023-09-01,朝阳社区,停车场地,,,", "2023-09-01,朝阳社区,停车场地,供销社,2023-09-05,2023-09-20"},
		{"商户红黑榜", "公示日期,社区,商户,榜别,事由,整改日期", "2023-09-01,朝阳社区,甲店,黑榜,出店经营,", "2023-09-01,朝阳社区,甲店,黑榜,出店经营,2023-09-05"},
		{"就业台账", "登记日期,社区,求助人类别,推荐日期,就业日期", "2023-09-01,朝阳社区,失业人员,,", "2023-09-01,朝阳社区,失业人员,2023-09-08,2023-09-20"},
		{"信访事项台账", "登记日期,社区,来源级次,应办结日期,办结日期", "2023-09-01,朝阳社区,区级,2023-10-31,", "2023-09-01,朝阳社区,区级,2023-10-31,2023-10-20"},
		{"小区名册", "社区,小区,业委会,党支部", "朝阳社区,金桂园,无,未建", "朝阳社区,金桂园,有,金桂园党支部"},
		{"楼栋名册", "社区,小区,楼栋,党小组", "朝阳社区,金桂园,1号楼,未建", "朝阳社区,金桂园,1号楼,金桂园党小组"},
	} {
		p, _ := builtinSet(t).ByName(c.name)
		b := bind(t, p, strings.Split(c.header, ",")...)
		before, ok := b.AppendKey(nil, strings.Split(c.before, ","), nil)
		after, _ := b.AppendKey(nil, strings.Split(c.after, ","), nil)
		if !ok || string(before) != string(after) {
			t.Errorf("%s: %q became %q", c.name, before, after)
		}
	}
}

func TestAResultThatIsPendingIsNone(t *testing.T) {
	for _, c := range []struct{ name, header, row, want string }{
		{"吹哨报到台账", "吹哨日期时间,转哨部门,办哨结果", "2023-09-28,城管局,办理中", ""},
		{"吹哨报到台账", "吹哨日期时间,转哨部门,办哨结果", "2023-09-28,城管局,待办理", ""},
		{"吹哨报到台账", "吹哨日期时间,转哨部门,办哨结果", "2023-09-28,城管局,部分解决", "部分解决"},
		{"红色代办台账", "代办日期,事项名称,办理结果", "2023-09-28,津贴申领,办理中", ""},
		{"矛盾纠纷台账", "排查日期,纠纷类型,化解情况", "2023-09-28,物业纠纷,调解中", ""},
		{"矛盾纠纷台账", "排查日期,纠纷类型,化解情况", "2023-09-28,物业纠纷,未化解", "未解决"},
	} {
		p, _ := builtinSet(t).ByName(c.name)
		f := field(t, bind(t, p, strings.Split(c.header, ",")...), 0, "result")
		if got := f.Text(strings.Split(c.row, ",")); got != c.want {
			t.Errorf("%s: %s reads %q, want %q", c.name, c.row, got, c.want)
		}
	}
}

// Two communities that both count from 1, or one in two years, blow two whistles.
func TestANumberThatEachUnitCountsItselfTellsNoRowsApart(t *testing.T) {
	p, _ := builtinSet(t).ByName("吹哨报到台账")
	b := bind(t, p, "哨号", "吹哨日期时间", "吹哨社区", "转哨部门")
	seen := map[string]string{}
	for _, row := range []string{"1,2023-09-28 09:05,朝阳社区,城管局", "1,2023-09-28 09:05,和平社区,城管局", "1,2024-09-28 09:05,朝阳社区,城管局", "2,2023-09-28 09:05,朝阳社区,城管局"} {
		key, ok := b.AppendKey(nil, strings.Split(row, ","), nil)
		if other, again := seen[string(key)]; again || !ok {
			t.Errorf("%s is %s", row, other)
		}
		seen[string(key)] = row
	}
	first, _ := b.AppendKey(nil, []string{"1", "2023-09-28 09:05", "朝阳社区", ""}, nil)
	if seen[string(first)] == "" {
		t.Error("a whistle that is passed on later becomes another")
	}
}

// The minutes of a joint meeting are no branch meeting, whichever name the day has: each states that it delivers its
// types in full.
func TestMeetingsOfCommunitiesAndOfBranchesAreToldApart(t *testing.T) {
	for header, want := range map[string]string{
		"召开日期,会议类型,参会单位,应到,实到":        "会议台账",
		"会议日期,会议类型,应到,实到,请假人数":        "三会一课台账",
		"党组织,会议类型,召开时间,应到,实到,缺席,主要内容": "三会一课台账",
	} {
		p, _, err := recognise(builtinSet(t), [][]string{strings.Split(header, ",")})
		if err != nil || p.Name != want {
			t.Errorf("%s: %v %v, want %s", header, p, err, want)
		}
	}
}

// A merchant, a house, an agreement are told apart from the columns that other ledgers have as well.
func TestLedgersWithCommonColumnsAreToldApart(t *testing.T) {
	for header, want := range map[string]string{
		"协议编号,共建单位,签订日期,有效期至,协议内容":                "共建协议台账",
		"协议编号,共建单位,签订日期,有效期至,共建事项,计划完成,实际完成":      "共建项目清单",
		"月份,商户,榜别,事由,公示日期,整改情况,销榜日期":              "商户红黑榜",
		"序号,商户名称,网格,包联干部,最近走访":                    "商户台账",
		"社区,小区数,楼栋数,户数,人口":                        "社区基本情况",
		"小区,楼栋数,户数,业委会,党支部":                       "小区名册",
		"登记日期,诉求内容,反映人,类别,办结时限":                   "居民诉求台账",
		"登记日期,来源级次,应办结日期,责任单位":                    "信访事项台账",
		"单位,党员数,已报到数,本月服务人次,参加服务人数,反馈数":           "双报到统计表",
		"单位,指标,数值,期间起,期间止":                        "公布数据",
		"小区,物业公司,总户数,应收金额（元）,实收金额（元）,收缴率":         "物业费收缴月报",
		"日期,网格,走访对象类别,走访方式,走访人,了解情况":              "走访台账",
		"编号,提出/提供单位,类别,内容,登记日期,对接单位,对接日期,完成日期":    "需求资源清单",
		"网格编码,网格名称,社区,户数,人口,面积,楼栋,商户数,网格长":        "网格基础信息表",
		"网格,姓名(掩码),岗位类别,专兼职,社工证,到岗日期,负责户数":        "网格员花名册",
		"登记日期,来源,诉求内容,办结时限":                       "居民诉求台账",
		"阵地名称,类型,社区,启用日期":                         "阵地名册",
		"单位名称,单位性质,职责,联系人":                        "共建单位名册",
		"队伍名称,颜色,职责,负责人,人数":                       "志愿服务队台账",
		"党组织名称,类型,上级党组织,覆盖小区/楼栋,成立日期,党员数":         "党组织名册",
		"单位,项目,期间,目标数":                            "年度计划目标表",
		"评价对象,年度,星,指标编码,自评分,街道分,区级分,依据/佐证,评价人,日期": "评分表",
		"党支部,姓名,联系电话,积分":                          "党员积分名册",
		"单位,否决事项,认定单位,认定日期":                       "否决事项登记表",
		"单位,荣誉名称,级别,授予单位,加分":                      "荣誉加分申报表",
	} {
		p, _, err := recognise(builtinSet(t), [][]string{strings.Split(header, ",")})
		if err != nil || p.Name != want {
			t.Errorf("%s: %v %v, want %s", header, p, err, want)
		}
	}
}
