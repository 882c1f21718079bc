package demo

import (
	"fmt"
	"strings"
	"time"
)

// Texts are grown from patterns: [a|b|c] is one of the alternatives, {地} the address, {区} the estate or
// yard, {数} a number from 2 to 9. An alternative holds no brackets.

// season restricts a pattern to a part of the year or to a kind of day.
type season int

const (
	always season = iota
	hot           // June to September
	icy           // November to March
	stormy        // on and after a storm
	frosty        // in a cold snap
)

type pattern struct {
	when    season
	text    string
	offices utility // who handles it beyond the street; none: as the topic says
}

// utility is the district and the city office of one network.
type utility struct{ district, city string }

var (
	none  utility
	heat  = utility{"区供热服务中心", "市供热集团"}
	water = utility{"区供水服务中心", "市水务集团"}
	power = utility{"区供电服务中心", "市供电公司"}
	gas   = utility{"区燃气服务中心", "市燃气公司"}
)

func (p pattern) fits(m time.Month, w weather) bool {
	switch p.when {
	case hot:
		return m >= time.June && m <= time.September
	case icy:
		return m >= time.November || m <= time.March
	case stormy:
		return w.storm
	case frosty:
		return w.cold
	}
	return true
}

var patterns = map[string][]pattern{
	"物业管理": {
		{always, "{区}物业[收费后服务跟不上|长期不公示收支账目|更换保安后值守松懈]，[楼道保洁|门禁管理|绿化养护]明显下降，业主意见较大", none},
		{always, "{地}[单元门禁|可视对讲|一楼大门]损坏{数}天无人维修，[外来人员随意进出|快递外卖随意上楼]，存在安全隐患", none},
		{always, "{区}[公共收益|维修资金|电梯广告收入]使用情况未公示，[多名业主|业主代表]要求物业企业说明去向", none},
		{always, "{地}电梯[频繁停运|运行异响|夜间困人]，[老人上下楼不便|影响{数}层以上住户出行]，物业答复等待配件", none},
		{always, "{区}[业委会换届|新老物业交接|选聘新物业]进展缓慢，居民希望社区牵头召开业主大会", none},
		{icy, "{区}[主干道|单元门口|地下车库坡道]积雪结冰未及时清理，[老人|学生|早起上班居民]容易滑倒", none},
	},
	"环境卫生": {
		{always, "{地}门前[建筑垃圾|废旧家具|装修废料]堆放{数}天未清运，[占用通道|气味难闻]，影响周边居民", none},
		{always, "{区}[楼道|地下室|墙角]堆放杂物[无人清理|长期存在]，[小广告|污渍]较多，希望组织集中整治", none},
		{hot, "{区}垃圾桶[满溢|破损|数量不足]，夏季[蚊蝇滋生|异味严重]，居民不敢开窗，盼增加清运频次", none},
		{hot, "{地}附近[夜市烧烤|流动摊点]收摊后[油污满地|垃圾乱扔]，早晨路面湿滑难走", none},
		{always, "{区}[绿地|花坛|健身广场]内[宠物粪便|烟头纸屑]较多，希望增设[垃圾桶|提示牌]并加强巡查", none},
		{stormy, "雨后{区}[下水井|污水管]返水，[污水漫到路面|臭味进入一楼住户]，请尽快清淤疏通", none},
	},
	"设施维修": {
		{always, "{地}[西侧|北门|南门|楼后]的[路灯|庭院灯]不亮已有{数}天，[老人|孩子]晚上出行不便，请尽快维修", none},
		{always, "{区}[健身器材|儿童滑梯|休闲座椅]损坏松动，[零件脱落|螺丝外露]，容易伤人，盼更换", none},
		{always, "{地}[外墙保温层|檐口抹灰|空调外机支架]松动，[已有碎块掉落|有脱落风险]，请设警示并维修", none},
		{always, "{区}[井盖|排水箅子|路沿石]破损下沉，[车辆经过声响大|夜间行人险些绊倒]，请[更换|垫平]", none},
		{stormy, "强降雨后{地}[地下车库|一楼储藏间|单元门口]积水约{数}0厘米，请协调抽排并查明原因", none},
		{stormy, "{地}顶层住户[屋面渗漏|外窗渗水]，[墙皮脱落|电线受潮]，希望物业企业尽快勘查防水层", none},
		{icy, "{地}[单元门关不严|楼道窗户玻璃破损]，冬季[冷风倒灌|水管容易冻裂]，请抓紧维修", none},
	},
	"停车交通": {
		{always, "{区}[消防通道|单元门前|主出入口]被私家车长期占用，[救护车|搬家车辆]无法通行，请加强管理", none},
		{always, "{地}[地锁|石墩|杂物]私占公共车位，[邻里多次争执|物业劝阻无效]，要求依规清理", none},
		{always, "{区}[上下学|早晚]高峰[车辆乱停|三轮车占道]造成拥堵，希望[施划标线|增设隔离桩|安排人员疏导]", none},
		{always, "{区}电动自行车[充电桩不足|停放棚已满|乱停楼道口]，希望就近增设充电车棚约{数}处", none},
		{always, "{地}门前人行道被[汽车|共享单车|外卖车辆]占用，[盲道不通|推婴儿车只能走机动车道]，请整治", none},
	},
	"消防安全": {
		{always, "{地}有住户将电动自行车[推入楼道|电池带回家中]充电，[多次劝阻无效|存在火灾隐患]，请及时处置", none},
		{always, "{区}[消火栓无水|灭火器过期|应急灯不亮|防火门损坏]，共{数}处，希望物业企业限期整改", none},
		{always, "{地}楼道[堆放纸箱杂物|摆放旧家具]堵塞疏散通道，[高层老人住户较多|已存在{数}个月]，请清理", none},
		{always, "{区}[沿街商铺|底商餐饮店][违规使用液化气罐|油烟管道长期未清洗]，居民担心安全，请检查", none},
		{icy, "{区}有居民[焚烧落叶|燃放烟花爆竹]，[火星引燃草坪|靠近停放车辆]，请加强夜间巡查", none},
	},
	"治安秩序": {
		{always, "{区}近期有[电动车电瓶|快递包裹|地下室物品]被盗，[监控损坏|照明不足]，希望加强夜间巡逻", none},
		{always, "{地}附近有人[上门推销保健品|发放贷款传单|冒充燃气安检]，疑似诈骗，请社区提醒老年人", none},
		{hot, "{区}[广场舞|露天唱歌]音量过大，[夜间十点后仍未停止|影响考生复习]，请协调控制时间", none},
		{always, "{地}一楼[棋牌室|出租房]深夜吵闹，[人员混杂|影响邻居休息]，居民请求上门核查", none},
		{always, "{区}有大型犬未拴绳，[吓到孩子|在健身广场追逐行人]，请依规管理并提醒饲养人", none},
	},
	"邻里矛盾": {
		{always, "{地}楼上住户[夜间拖动家具|清晨装修|孩子跑跳]噪音大，双方沟通{数}次未果，请网格员调解", none},
		{always, "{地}因[楼上漏水|空调滴水|下水堵塞]致[天花板受损|墙面发霉]，责任与赔偿谈不拢，申请调解", none},
		{always, "{地}邻居在公共平台[种菜养鸡|堆放煤炭木柴|加装鞋柜]，[气味难闻|影响通行]，希望协商解决", none},
		{always, "{区}两户居民因[停车先后|晾晒位置|宠物叫声]发生口角，[情绪较激动|已有{数}次争吵]，请上门劝解", none},
		{always, "{地}加装电梯费用分摊意见不一，[低层住户反对|{数}户尚未签字]，请社区组织协商", none},
	},
	"民生保障": {
		{always, "居住在{地}的居民咨询[低保复核|临时救助|医疗救助]办理条件，希望[一次性告知材料|上门代办]", none},
		{always, "{区}灵活就业人员反映[社保补贴未到账|参保关系转移不畅|认证系统无法登录]，已等待{数}周", none},
		{always, "{地}居民[失业{数}个月|返乡后无工作]，希望推荐[保洁|保安|家政|超市理货]岗位或参加技能培训", none},
		{always, "{区}居民反映[医保报销比例|异地就医备案|门诊慢性病申报]政策不清楚，盼开展集中宣讲", none},
		{always, "住{地}的家庭因[大病支出|意外受伤]生活困难，申请[临时救助|慈善帮扶]，请核实情况", none},
	},
	"养老助残": {
		{always, "{地}独居老人[行动不便|视力下降]，希望[助餐送餐上门|安排定期探访|安装紧急呼叫装置]", none},
		{always, "{区}老年居民较多，盼[日间照料中心延长开放|增设助浴点|开设智能手机课堂]，每周不少于{数}次", none},
		{always, "{地}残疾居民申请[轮椅等辅助器具|家庭无障碍改造|护理补贴]，[不清楚流程|材料已交{数}周未答复]", none},
		{always, "{区}单元门口[没有坡道|扶手松动]，[轮椅进出困难|老人上下台阶吃力]，请进行适老化改造", none},
		{icy, "{地}高龄老人家中[取暖设备老化|门窗漏风]，子女不在身边，请网格员关注并协助检查用电", none},
	},
	"一小": {
		{always, "{区}[儿童游乐区地垫破损|沙坑有碎玻璃|秋千绳索老化]，家长担心孩子受伤，请维修更换", none},
		{always, "{区}双职工家庭较多，希望社区开办[四点半课堂|寒暑假托管班|周末阅读活动]，约{数}0名孩子报名", none},
		{hot, "{区}暑期儿童在[景观水池|河堤]边玩耍[无人看管|没有护栏]，请设置警示牌并加强防溺水巡查", none},
		{always, "{地}家长咨询[普惠托育点|疫苗补种|入学片区]情况，[电话难以打通|网上信息不全]，盼社区答复", none},
	},
	"供暖供水供电供气": {
		{icy, "{地}室内温度只有1{数}度，[暖气片不热|管道有气|阀门锈死]，家中有[老人|婴幼儿]，请供热单位入户测温", heat},
		{icy, "{地}[暖气管道漏水|楼上暖气跑水|分户阀门损坏]，[墙面泡湿|地板泡坏]，请尽快关阀抢修", heat},
		{frosty, "降温后{区}整栋楼供暖[温度骤降|时断时续]，{数}户居民集中反映，请说明原因和恢复时间", heat},
		{frosty, "{地}[自来水管|水表井]冻裂停水，[高层住户用水困难|路面结冰]，请抢修并提供临时供水", water},
		{always, "{区}[自来水水压低|自来水发黄|频繁停水未通知]，[{数}层以上住户|早晚用水高峰]影响明显，请排查", water},
		{always, "{地}[频繁跳闸|电压不稳|楼道电表箱老化]，[家电无法使用|有焦糊味]，请供电部门检查", power},
		{hot, "高温期间{区}[变压器负荷过大停电|用电高峰跳闸]，[老人孩子难以入睡|冰箱食物变质]，盼尽快恢复", power},
		{always, "{地}居民反映[燃气表停走|燃气软管老化|闻到燃气味]，请燃气企业入户检查并更换", gas},
	},
	"经商兴业": {
		{always, "{区}沿街商户咨询[营业执照变更|食品经营许可|小餐饮登记]办理流程，希望社区[帮办代办|预约窗口]", none},
		{always, "{地}商铺反映[房租上涨|经营困难]，咨询[创业担保贷款|房租减免|稳岗补贴]政策，盼包联干部上门讲解", none},
		{always, "{区}商户反映[门前施工围挡|夜间照明不足|占道摊点]影响经营{数}周，请协调相关单位尽快恢复", none},
		{always, "{地}新开店铺申报[装修备案|门头招牌审批|排水接驳]，[不清楚受理部门|往返{数}次未办成]", none},
	},
	"其他": {
		{always, "{区}居民咨询[党群活动室开放时间|图书借阅|志愿者报名]事宜，希望在微信群公布联系方式", none},
		{always, "住{地}的居民建议[增设公告栏|开展邻里节活动|设置旧衣回收箱]，丰富小区文化生活", none},
		{always, "{区}居民询问[居住证明|生存认证|流动人口登记]如何办理，希望每周延时服务{数}天", none},
		{always, "{地}居民表扬[网格员及时送药|志愿者清扫积雪|物业人员归还失物]，建议通报表扬", none},
	},
}

// groups are the values of 反映人（类别）: what kind of person, never who.
var groups = []string{"一般居民", "独居", "高龄", "残疾", "困难户", "商户", "党员", "新业态"}

var groupWeights = []float64{76, 3, 6, 2, 3, 2, 7, 1}

// describe writes where the matter is and what is said about it.
func (h *history) describe(m *matter, t *topic, month time.Month, w weather) {
	var area string
	m.place, area = h.address(m.grid)
	var fitting []pattern
	for _, p := range patterns[t.name] {
		if p.fits(month, w) {
			fitting = append(fitting, p)
			if p.when != always { // what the season brings is what people call about
				fitting = append(fitting, p)
			}
		}
	}
	chosen := pick(h.stream, fitting)
	m.text, m.offices = grow(h.stream, chosen.text, m.place, area)+"。", chosen.offices
	m.group = groups[h.weighted(groupWeights)]
	if t.name == merchantTopic {
		m.group = "商户"
	}
	if h.chance(0.7) {
		m.phone = phone(h.stream)
	}
	m.text, m.private = slip(h.stream, m.text)
	if h.chance(0.003) {
		m.text = strings.Replace(m.text, "，", "，\n", 1) // a line break typed into the cell
	}
}

// address is a building or a house in a grid, and the estate or yard around it.
func (h *history) address(g *grid) (place, area string) {
	road := pick(h.stream, h.community.roads)
	area = road + "老旧院落"
	place = fmt.Sprintf("%s%d号", road, h.intBetween(1, 198))
	if e := g.estate; e != nil {
		area = e.name
		place = fmt.Sprintf("%s%d号楼", area, h.intBetween(1, e.buildings))
		if h.chance(0.6) {
			place += fmt.Sprintf("%d单元", h.intBetween(1, 4))
		}
	}
	return place, area
}

// grow expands a pattern.
func grow(s stream, p, address, area string) string {
	var b strings.Builder
	for {
		head, rest, found := strings.Cut(p, "[")
		b.WriteString(head)
		if !found {
			break
		}
		choices, tail, _ := strings.Cut(rest, "]")
		b.WriteString(pick(s, strings.Split(choices, "|")))
		p = tail
	}
	return strings.NewReplacer("{地}", address, "{区}", area, "{数}", fmt.Sprint(s.intBetween(2, 9))).Replace(b.String())
}

// phone is a number of the synthetic block.
func phone(s stream) string { return fmt.Sprintf("199000%05d", s.IntN(100_000)) }

// slip lets personal data slip into two texts in a hundred, as clerks do, so that masking has work.
func slip(s stream, text string) (string, bool) {
	switch x := s.Float64(); {
	case x < 0.015:
		return text + "联系电话" + phone(s) + "。", true
	case x < 0.018:
		return text + "身份证号" + identity(s) + "。", true
	case x < 0.020:
		return text + fmt.Sprintf("回复邮箱resident%d@example.com。", s.IntN(1000)), true
	}
	return text, false
}

// identity is an 18-character number in the form of GB 11643 with its check character, under the
// unassigned division 999001 and born on 1 January of 1930 to 1999.
func identity(s stream) string {
	number := fmt.Sprintf("%s%d0101%03d", districtCode, s.intBetween(1930, 1999), s.IntN(1000))
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for k, w := range weights {
		sum += w * int(number[k]-'0')
	}
	return number + string("10X98765432"[sum%11])
}
