package profile

import (
	"regexp"
	"strings"
)

// PersonalKind says what a column tells about a person.
type PersonalKind string

// The kinds of personal columns.
const (
	PersonName    PersonalKind = "name"    // who somebody is, residents and staff alike, or an account name
	PersonPhone   PersonalKind = "phone"   // how somebody is reached
	PersonID      PersonalKind = "id"      // number of a document, account, card or car
	PersonAddress PersonalKind = "address" // where somebody lives
	PersonMail    PersonalKind = "mail"
)

// Label names the kind in Chinese.
func (k PersonalKind) Label() string { return personalLabels[k] }

var personalLabels = map[PersonalKind]string{
	PersonName: "姓名", PersonPhone: "电话", PersonID: "证件号或账号", PersonAddress: "住址", PersonMail: "电子邮箱",
}

// Personal says whether a column, by its header, holds personal data, and of what kind. 反映人 does, 反映人（类别） and
// 反映人数 do not; nor does 姓名（掩码）, which somebody has already made harmless, nor a column that may hold an office
// as well as a person (承办单位/人, 认领单位/党员). Addresses count only where they are somebody's home: 地址 may be
// a shop's. Of a joined header the lowest level decides, or all of it (户主›姓名).
func Personal(header string) (PersonalKind, bool) {
	levels := strings.Split(header, levelMark)
	for _, s := range []string{levels[len(levels)-1], strings.Join(levels, "")} {
		if kind, ok := personal(Fold(s)); ok {
			return kind, true
		}
	}
	return "", false
}

var (
	bracketed = regexp.MustCompile(`\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】`)
	// What stands in brackets behind a word for a person and says that the column holds something else.
	harmless = regexp.MustCompile(`类别|类型|分类|性质|身份|级别|部门|单位|掩码|脱敏|人数|次数|数量|编码|是否|代码`)
	anOffice = regexp.MustCompile(`单位|部门|社区|街道|公司|组织|支部|企业|机构|团队|队伍|窗口`)
)

func personal(folded string) (PersonalKind, bool) {
	for _, b := range bracketed.FindAllString(folded, -1) {
		if harmless.MatchString(b) {
			return "", false
		}
	}
	bare := bracketed.ReplaceAllString(folded, "")
	if anOffice.MatchString(bare) && strings.ContainsAny(bare, "/、或") {
		return "", false
	}
	for part := range strings.FieldsFuncSeq(bare, func(r rune) bool { return strings.ContainsRune(",;/、或", r) }) {
		part = strings.TrimRight(part, "0123456789")
		for _, p := range personalForms {
			if p.form.MatchString(part) {
				return p.kind, true
			}
		}
	}
	return "", false
}

// personalForms are the headers of personal columns, folded and without brackets; the first that fits decides.
var personalForms = []struct {
	kind PersonalKind
	form *regexp.Regexp
}{
	{PersonMail, regexp.MustCompile(`^.{0,18}(?:电子邮箱|电子邮件|邮箱|邮箱地址|email)$`)},
	{PersonPhone, regexp.MustCompile(`^(?:.{0,18}(?:联系电话|联系方式|联系手机|手机号?码?|电话号?码?|固话|座机|来电号码|主叫号码|联系号码|电话及地址)|.{0,12}(?:微信号?|qq号?码?)|tel|phone|mobile|.*(?:phonenumber|mobilenumber)|.{0,12}电话)$`)},
	{PersonID, regexp.MustCompile(`^(?:.{0,18}(?:身份证|身份证号|身份证号码|身份证件号码?|证件号|证件号码|公民身份号码|护照号码?|社保卡号|社会保障号码?|医保卡号|残疾证号码?|低保证号码?|军官证号码?|驾驶证号码?|户口簿号|户号|学号|党员编号)|.{0,12}(?:银行卡号?|银行账号|银行账户|开户账号|账号|卡号)|.{0,12}车牌号?码?|idcard|idnumber|.*身份证.{0,6}号码?.{0,4})$`)},
	{PersonAddress, regexp.MustCompile(`^(?:.{0,12}(?:家庭住址|家庭地址|现住址|住址|居住地址|居住地|住所|户籍地址|户籍所在地|户籍地|户口所在地|门牌号?码?|房号|房间号|房室号?|房屋号|室号|单元房号|楼栋房号|楼栋单元室|房屋地址|户址))$`)},
	{PersonName, regexp.MustCompile(`^(?:` + somebody + `)(?:的)?(?:姓名|名字|名单|签名|签字|确认|一|二|甲|乙)?$`)},
	{PersonName, regexp.MustCompile(`^(?:.{0,18}(?:姓名|人名|名字|昵称|网名|微信名|用户名|签名|签字)|name|username|fullname)$`)},
}

// somebody are words that stand for one person, with what may stand before them.
const somebody = `姓名|户主|业主|房主|房东|租户姓名|承租人|店主|老板|经营者|经营人|法人|法人代表|法定代表人|法定代表|家长|监护人|亲属|家属|配偶|子女|父亲|母亲|紧急联系人|留言用户|` +
	`(?:第一|主要|直接|双方|对方|被|.{0,6})?(?:反映|诉求|投诉|举报|来电|来访|来信|信访|上访|求助|申请|申办|登记|心愿|许愿|报修|报警|报料|留言|发布|联系|当事|纠纷|受助|帮扶|受益|服务对|救助|委托|被委托|监护|赡养|抚养|责任|负责|主持|记录|填报|填表|制表|审核|审批|审签|复核|统计|录入|登录|上报|报送|经办|承办|承接|主办|协办|代办|帮办|办理|处理|处置|受理|接收|接待|接访|接单|派单|转办|签收|认领|领取|结对|包联|包保|包抓|联络|走访|入户|探访|慰问|回访|巡查|巡逻|检查|排查|调解|调处|化解|网格管理|牵头|跟进|督办|验收|评价|出题|提出|提议|发起|主讲|授课|值班|带队|组织|介绍|推荐|领办)` + `人|` +
	`(?:会议)?主持|(?:吹哨|报到|参与|出席|参加|陪同|申报)` + `人|队长|副队长|班长|组长|窗口人员|巡查网格员|帮办代办员|走访对象|服务对象姓名|帮扶对象姓名|对象姓名|被访者|受访者|` +
	`(?:所属|责任|包片|包格|片区|专职|兼职|社区)?网格员|(?:专职|兼职)?网格长|楼栋长|楼长|单元长|联户长|中心户长|街巷长|路长|片长|代办员|帮办员|调解员|巡查员|信息员|联络员|宣传员|督导员|协管员|管理员|监督员|办事员|工作人员姓名|记录员|讲解员|主讲|` +
	`(?:包联|包保|包抓|帮扶|联系|走访|责任|驻村|下沉|挂点|挂职)(?:干部|领导|党员)|(?:党组织|党支部|支部|社区|总支|党委)?(?:书记|副书记|主任|副主任)|(?:走访|巡查|调解|检查|参与|到场|出席|主持)` + `人员`

// PersonalColumn is a column of the file that holds personal data.
type PersonalColumn struct {
	Index  int
	Header string
	Kind   PersonalKind
}

// Personal returns the columns of the file whose cells are about a person, in their order: by their own header or the one
// the profile knows them by, and those from which it hashes persons.
func (b *Binding) Personal() []PersonalColumn {
	hashed := map[int]bool{}
	mark := func(c Column) {
		if c.Bound() {
			hashed[c.at-1] = true
			for _, i := range c.also {
				hashed[i] = true
			}
		}
	}
	for i := range b.Emits {
		for k := range b.Emits[i].Fields {
			if f := &b.Emits[i].Fields[k]; f.Type == Hash {
				mark(f.Column)
			}
		}
	}
	for _, c := range b.subject {
		mark(c)
	}
	var out []PersonalColumn
	for i, h := range b.Header {
		kind, ok := Personal(h)
		if !ok {
			kind, ok = Personal(b.Canon[i])
		}
		if !ok && hashed[i] {
			kind, ok = PersonName, true
		}
		if ok {
			out = append(out, PersonalColumn{i, label(h), kind})
		}
	}
	return out
}
