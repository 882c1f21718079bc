package web

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// wordy is a server that has words: the built-in catalogue, and four units of which two have one name.
func wordy(t testing.TB) (*Server, *units.Directory) {
	t.Helper()
	cat, err := catalog.Load(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	unit := func(code, parent, level, name string) units.Unit {
		return units.Unit{Tree: units.Area, Code: code, Parent: parent, Level: level, Name: name, ValidFrom: units.Beginning}
	}
	dir := units.NewDirectory(units.Levels(cat.Levels), []units.Unit{
		unit("31", "", "district", "示范区"), unit("3101", "31", "street", "红旗街道"), unit("310101", "3101", "community", "朝阳社区"),
		unit("31010101", "310101", "grid", "第一网格"), unit("31010102", "310101", "grid", "第一网格"),
	}, now)
	return &Server{Options: Options{Catalog: cat, Now: func() time.Time { return now }}}, dir
}

func TestAgentWords(t *testing.T) {
	for agent, want := range map[string]string{
		"": "未说明",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87":                                           "Edge 126・Windows",
		"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36":                                                              "Chrome 86・Windows",
		"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE":                                                   "360 浏览器・Windows",
		"Mozilla/5.0 (X11; Linux aarch64; Kylin) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/95.0.4638.69 Safari/537.36 Qaxbrowser":                                                 "奇安信浏览器・麒麟",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                                                                      "Firefox 128・Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1":                                     "Safari 17・iPhone",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x1800312d) NetType/WIFI Language/zh_CN": "微信・iPhone",
		"Mozilla/5.0 (Linux; Android 13; V2) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 wxwork/4.1.22 MicroMessenger/7.0.1":             "企业微信・Android",
		"Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.4.300":                    "华为浏览器・鸿蒙",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15":                                                       "Safari 17・macOS",
		"curl/8.5.0":       "其他程序",
		"<script>alert(1)": "其他程序",
		"Chrome/99999999":  "Chrome",
		"Edg/":             "Edge",
	} {
		if got := agentWords(agent); got != want {
			t.Errorf("%.60q: %q, want %q", agent, got, want)
		}
	}
}

// Of what a browser says of itself nothing is repeated but our own words and four digits.
func FuzzAgentWords(f *testing.F) {
	for _, seed := range []string{"", "Chrome/126.0", "Edg/1<b>", "Firefox/\x00", "Windows MicroMessenger/", "Version/12345 Safari/1"} {
		f.Add(seed)
	}
	ours := map[string]bool{"未说明": true, "其他程序": true}
	for _, b := range browsers {
		ours[b.name] = true
	}
	for _, s := range systems {
		ours[s.name] = true
	}
	f.Fuzz(func(t *testing.T, agent string) {
		for _, part := range strings.Split(agentWords(agent), "・") {
			part = strings.TrimRight(part, "0123456789")
			if !ours[part] && !ours[strings.TrimSuffix(part, " ")] && !ours[part+"360 浏览器"] {
				t.Errorf("%q says %q", agent, part)
			}
		}
	})
}

func TestGrantWords(t *testing.T) {
	s, dir := wordy(t)
	newYear := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		grant access.Grant
		want  string
		over  bool
	}{
		{access.Grant{Role: access.DistrictLeader}, "区领导（全站）", false},
		{access.Grant{Role: access.StreetLeader, Org: "3101", Petitions: true, Until: newYear}, "街道领导（红旗街道、信访内容，至 2026-12-31）", false},
		{access.Grant{Role: access.Secretary, Org: "310101", Care: true, Until: newYear.AddDate(0, -3, 0)}, "社区书记（红旗街道朝阳社区、关爱名单，至 2026-09-30）", true},
		{access.Grant{Role: access.Evaluator, Org: "3101", Stars: []string{"GJ", "没有"}}, "评价人（红旗街道、共建共享星、没有）", false},
		{access.Grant{Role: access.Clerk, Org: "gone", Until: newYear.Add(15 * time.Hour)}, "填报员（gone，至 2027-01-01）", false},
	} {
		l := s.grantWords(c.grant, dir)
		if l.String() != c.want || l.Over != c.over {
			t.Errorf("%s (over %v), want %s", l, l.Over, c.want)
		}
	}
	if got := s.grantWords(access.Grant{Role: access.Clerk, Org: "3101"}, nil).String(); got != "填报员（3101）" {
		t.Errorf("without units: %s", got)
	}
}

// What a form offers says which unit is meant: where two have one name, the second is offered by its code.
func TestUnitChoices(t *testing.T) {
	_, dir := wordy(t)
	want := []string{"全站", "示范区", "红旗街道", "红旗街道朝阳社区", "红旗街道朝阳社区第一网格", "31010102"}
	if diff := cmp.Diff(want, unitChoices(dir)); diff != "" {
		t.Error(diff)
	}
}

func TestUntilDay(t *testing.T) {
	for text, want := range map[string]string{"": "0001-01-01", "2026-12-31": "2027-01-01", "2028-02-28": "2028-02-29", "2026-13-01": "", "2026-02-30": "", "tomorrow": "", "2026-1-1": ""} {
		got, err := untilDay(text)
		if (err != nil) != (want == "") || err == nil && got.Format(time.DateOnly) != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		if err == nil && text != "" && lastDay(got) != text {
			t.Errorf("%q is shown as %q", text, lastDay(got))
		}
	}
}

func TestAuditWords(t *testing.T) {
	s, dir := wordy(t)
	words := auditWords{s, dir}
	for object, want := range map[string]string{
		"": "",
		"GET /records org=3101 metric=received part=miss per=month at=2026-10": "明细 单位：红旗街道（3101） 指标：受理量（received） 部分：miss 按：月 期间：2026-10",
		"GET /stars/{org} org=?": "记分卡 单位：?",
		"GET /nowhere org=3101":  "GET /nowhere 单位：红旗街道（3101）",
		"授权 street_leader org=3101 petitions care until=2027-01-01 wang": "授权 街道领导 单位：红旗街道（3101） 信访内容 关爱名单 有效至：2026-12-31 wang",
		"授权 evaluator org=99 stars=GJ,PA evaluator":                      "授权 评价人 单位：99 星：共建共享星、平安法治星 evaluator",
		"发令牌 3CYXQABC clerk org=310101 until=2026-12-02 care":            "发令牌 3CYXQABC 填报员 单位：红旗街道朝阳社区（310101） 有效至：2026-12-01 care",
		"停用账号 petitions":                                                 "停用账号 petitions",
		"开始 auditor":                                                     "开始 auditor",
		"用户名或口令不正确，暂停登录":                                                 "用户名或口令不正确，暂停登录",
		"ingest files=2 profile=appeals":                                 "载入台账 文件数：2 台账：appeals",
		"undo 12":                                                        "撤销作业 12",
		"POST /admin/accounts/{name}/grants name=wang":                   "授权 名称：wang",
		"settings 1234abcd-5678ef01":                                     "设置 1234abcd-5678ef01",
	} {
		if got := words.object(object); got != want {
			t.Errorf("%q:\n got %q\nwant %q", object, got, want)
		}
	}
	if got := (auditWords{s, nil}).object("GET /records org=3101"); got != "明细 单位：3101" {
		t.Errorf("without units: %q", got)
	}
}

// Whatever somebody may be refused has a name.
func TestRouteWords(t *testing.T) {
	known := map[string]bool{}
	for _, rt := range routes {
		known[rt.pattern] = true
		if rt.right != access.Anyone && routeWords[rt.pattern] == "" {
			t.Errorf("%s has no name in the log", rt.pattern)
		}
	}
	for pattern := range routeWords {
		if !known[pattern] {
			t.Errorf("there is no route %s", pattern)
		}
	}
}

// Whatever stands in a line, a name at its end is not translated, and a line that says something is not said as nothing.
func FuzzAuditWords(f *testing.F) {
	s, dir := wordy(f)
	for _, seed := range []string{"", "GET /records org=3101", "授权 care care care", "= == a=", "GET", "until=x stars=,"} {
		f.Add(seed)
	}
	words := auditWords{s, dir}
	f.Fuzz(func(t *testing.T, object string) {
		got := strings.Fields(words.object(object))
		given := strings.Fields(object)
		first := strings.Join(given[:min(2, len(given))], " ")
		if n := len(given); n > 1 && routeWords[first]+verbWords[first]+verbWords[given[0]] == "" && !strings.Contains(given[n-1], "=") && got[len(got)-1] != given[n-1] {
			t.Errorf("%q: the name is said as %q", object, got)
		}
		if len(given) > 0 && len(got) == 0 {
			t.Errorf("%q says nothing", object)
		}
	})
}

func TestReportWords(t *testing.T) {
	report := access.LogReport{Lines: 10, From: "2026-08", Head: access.Head{Seq: 30}}
	bad := report
	bad.Findings = []access.LogFinding{{File: "2026-11.jsonl", Line: 3, Seq: 25, Text: "第 25 条被改动过"}}
	for _, c := range []struct {
		what   string
		report access.LogReport
		noted  int64
		want   string
	}{
		{"nothing noted", report, 0, ""},
		{"as noted", report, 25, "same"},
		{"the month is gone", report, 20, "gone"},
		{"other than noted", bad, 25, "other"},
		{"another line is bad", bad, 26, "same"},
	} {
		got := reportWords(c.report, warehouse.Anchor{Seq: c.noted})
		if got.Noted != c.want || len(got.Findings) != len(c.report.Findings) {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
}
