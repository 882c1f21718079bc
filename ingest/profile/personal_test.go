package profile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPersonal(t *testing.T) {
	for kind, headers := range map[PersonalKind]string{
		PersonName: "姓名 户主 户主姓名 业主姓名 反映人 反映人姓名 诉求人 联系人 当事人 双方当事人 申请人 申办人 心愿人 求助人 信访人 来访人 投诉人 服务对象姓名 走访对象 居民姓名 负责人 项目负责人 " +
			"责任人 帮扶责任人 包联人 包联干部 巡查人 巡查人员 巡查网格员 走访人 代办员 调解员 调解人 网格员 网格员姓名 网格长 楼栋长 联户长 主持人 记录人 填报人 承办人 经办人 受理人 回访人 签收人 认领人 " +
			"法定代表人 经营者 监护人 书记 党支部书记 留言用户 昵称 队长 *姓名 姓名* 姓名（必填） 联系人1 家庭情况›户主 户主›姓名 反映人/联系人 负责人（签字） 党员姓名",
		PersonPhone:   "电话 联系电话 联系电话（不入库） 手机 手机号 手机号码 联系方式 固话 来电号码 主叫号码 户主电话 负责人联系方式 姓名及联系电话 微信号 QQ号 电话/联系人 联系人及电话 联系电话1 Phone",
		PersonID:      "身份证 身份证号 身份证号码 居民身份证号 证件号 证件号码 公民身份号码 护照号 社保卡号 残疾证号 银行卡号 开户账号 车牌号 户主身份证号码 身份证号（后四位）",
		PersonAddress: "家庭住址 家庭地址 现住址 住址 居住地址 户籍地址 门牌号 门牌 房号 单元房号 楼栋单元室",
		PersonMail:    "邮箱 电子邮箱 联系人邮箱 E-mail",
	} {
		for _, h := range strings.Fields(headers) {
			if got, ok := Personal(h); !ok || got != kind {
				t.Errorf("%s: %q %v, want %s", h, got, ok, kind)
			}
		}
		if kind.Label() == "" {
			t.Errorf("%s has no name", kind)
		}
	}
	for _, h := range strings.Fields("反映人(类别) 反映人（类别） 反映人类别 反映人数 心愿人类别 求助人（类别） 当事人(类别) 服务对象类别 服务对象 人员类别 姓名（掩码） 姓名（脱敏） " +
		"人数 人次 参与人次 受益人数 参评人数 户数 人口 工作人员 党员 党员数 居民党员 在职党员 网格员数 专职网格员数 联系人数 老人支付 " +
		"承办单位 承办单位/人 承办单位（人） 认领单位/党员 认领单位（党员） 责任单位 责任单位/责任人 提出/提供单位 哨源(居民/网格员) 走访方式(电话/上门) 回访情况 电话回访情况 是否电话回访 " +
		"网格 网格名称 小区楼栋 小区/楼栋 楼栋 地址 商户名称 名称 单位名称 党组织名称 队伍名称 阵地名称 活动名称 统一社会信用代码 营业执照号 编号 哨号 协议编号 网格编码 " +
		"经度 纬度 诉求内容 办理结果 满意度 社工证 证件类型 主持 岗位类别 住址类型 满意率 日期 备注 Name_of_street location location_street_name phone_calls") {
		if h == "主持" {
			continue // who presided
		}
		if got, ok := Personal(h); ok {
			t.Errorf("%s is taken for a person's %s", h, got)
		}
	}
	if kind, ok := Personal("姓\u3000名\n"); !ok || kind != PersonName {
		t.Error("a name set wide")
	}
	if _, ok := Personal(""); ok {
		t.Error("nothing is personal")
	}
}

// No column that a built-in profile stores as it stands may be taken for a person's: its values would be lost.
func TestNoStoredColumnIsPersonal(t *testing.T) {
	checked := 0
	for _, p := range builtinSet(t).All() {
		for _, c := range p.Columns() {
			stored := c.Attr
			for _, target := range c.Targets {
				s, _ := ShapeOf(target.Shape)
				if col, ok := s.Column(target.Column); ok && col.Type != Hash {
					stored = true
				}
			}
			if !stored || c.Personal && len(c.Targets) > 1 { // hashed and looked at besides
				continue
			}
			checked++
			if kind, ok := Personal(c.Header); ok {
				t.Errorf("%s: %s is stored and taken for a person's %s", p.Name, c.Header, kind)
			}
		}
	}
	if checked < 300 {
		t.Errorf("only %d columns", checked)
	}
}

func TestPersonalColumnsOfAFile(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"; key = ["日期", "反映人", "网格"]
[synonyms] 经手人 = ["办事的"]
[subject] hash = ["对象编号"]
[fields] received_at = "日期"; text = "内容"; actor_key = "经手人"
[drop] columns = ["电话"]`)
	b := bind(t, p, "日期", "反映人", "内容", "办事的", "对象编号", "电话", "紧急联系人", "网格", "反映人")
	want := []PersonalColumn{
		{1, "反映人", PersonName},
		{3, "办事的", PersonName}, // by what the profile does with it
		{4, "对象编号", PersonName},
		{5, "电话", PersonPhone},
		{6, "紧急联系人", PersonName}, // though the profile does not know it
		{8, "反映人", PersonName},
	}
	if diff := cmp.Diff(want, b.Personal()); diff != "" {
		t.Error(diff)
	}
}
