package profile

import (
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
}

func TestLedgersAreRecognisedAndRead(t *testing.T) {
	set := builtinSet(t)
	for _, c := range ledgers {
		header, row := strings.Split(c.header, ","), strings.Split(c.row, ",")
		p, at, err := set.Recognise([][]string{{"某街道" + c.name + "（2023年）"}, header, row})
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
		if b.Identity != c.identity || !slices.Equal(org, c.org) || p.Period.Kind != "title" || len(p.Covers) == 0 {
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
var persons = []string{"巡查人", "网格员", "代办员", "调解员", "主持人", "联系电话", "服务对象", "当事人", "吹哨人", "出题人", "姓名"}

// Whoever patrols, mediates or presides may be written down; whoever is helped or quarrels is not even that.
func TestColumnsThatNameResidentsReachNoField(t *testing.T) {
	for _, c := range []struct{ name, header string }{
		{"吹哨报到台账", "吹哨日期时间,转哨部门,吹哨人,联系电话"},
		{"红色代办台账", "代办日期,事项名称,服务对象,联系电话"},
		{"矛盾纠纷台账", "排查日期,纠纷类型,当事人,联系电话"},
		{"议事协商台账", "议题名称,征集日期,议事日期,出题人"},
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
		p, _, err := builtinSet(t).Recognise([][]string{strings.Split(header, ",")})
		if err != nil || p.Name != want {
			t.Errorf("%s: %v %v, want %s", header, p, err, want)
		}
	}
}
