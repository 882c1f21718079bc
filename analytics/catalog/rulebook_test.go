package catalog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// The table of DOMAIN §3: code, full, floor, target, metric, min_n.
func TestExampleRulebook(t *testing.T) {
	r := mustLoad(t).Rulebook()
	const table = `
GJ1 20 60 100 co_build_on_time_rate 0
GJ2 15 50 100 joint_meeting_rate 0
GJ3 15 50 90 demand_matched_rate 0
GJ4 20 30 80 checkin_service_rate 0
GJ5 15 60 95 topic_on_time_rate 5
GJ6 15 40 95 property_fee_rate 0
PA1 20 60 95 patrol_rate 0
PA2 20 70 98 hazard_on_time_rate 0
PA3 15 60 90 grassroots_resolved_share 5
PA4 15 80 98 mediation_success_rate 5
PA5 10 50 100 safety_plan_rate 0
PA6 20 70 100 petition_on_time_rate 0
XF1 25 60 95 three_rates_score 10
XF2 15 60 95 wish_realised_rate 5
XF3 20 60 98 care_visit_rate 0
XF4 15 70 98 errand_on_time_rate 0
XF5 10 50 300 activity_participation 0
XF6 15 - - - -
YY1 20 50 95 merchant_visit_rate 0
YY2 20 70 98 merchant_on_time_rate 3
YY3 15 60 95 order_corrected_rate 0
YY4 20 30 70 employment_rate 0
YY5 10 - - - -
YY6 15 10 60 station_visits_per_month 0
ZB1 20 60 100 org_life_rate 0
ZB2 15 50 85 meeting_attendance_rate 0
ZB3 15 60 95 member_points_rate 0
ZB4 15 40 85 member_service_rate 0
ZB5 15 60 100 party_coverage_rate 0
ZB6 20 - - - -`
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(r.Indicators) != len(lines) {
		t.Fatalf("%d indicators, want %d", len(r.Indicators), len(lines))
	}
	for n, i := range r.Indicators {
		got := fmt.Sprintf("%s %s %s %s %s", i.Code, i.Full, i.Floor, i.Target, i.Metric)
		if i.Method == Judged {
			got = fmt.Sprintf("%s %s - - - -", i.Code, i.Full)
		} else {
			got += fmt.Sprintf(" %d", *i.MinN)
		}
		if got != lines[n] {
			t.Errorf("%s, want %s", got, lines[n])
		}
		if want := map[string]OnEmpty{"PA6": EmptyFull}[i.Code]; want != "" && i.OnEmpty != want || i.Code != "PA6" && i.OnEmpty != EmptyNA {
			t.Errorf("%s: on_empty %s", i.Code, i.OnEmpty)
		}
		if i.Star != i.Code[:2] || i.Seed == "" || i.Explain == "" || i.Policy != PolicyRescale {
			t.Errorf("%+v", i)
		}
	}
	var stars []string
	for _, s := range r.Stars {
		stars = append(stars, s.Code+s.Name+s.Lead)
	}
	if got := strings.Join(stars, " "); got != "GJ共建共享星 PA平安法治星 XF幸福和谐星 YY宜业兴业星 ZB支部过硬星" {
		t.Error(got)
	}
	if th := r.Thresholds; th != (Thresholds{"80", "75", "450", "0.7", "ZB"}) {
		t.Errorf("thresholds %+v", th)
	}
	scopes := ""
	for _, v := range r.Vetoes {
		scopes += v.Code + v.Scope + v.Star + " "
	}
	if scopes != "V01starPA V02starPA V03starPA V04overall V05overall V06overall V07starXF V08starYY " {
		t.Error(scopes)
	}
	if r.BonusLimit != (BonusLimit{"5", "10"}) || len(r.Bonuses) != 4 || r.ID != "示例" || !strings.Contains(r.Note, "示例") {
		t.Errorf("%+v %d", r.BonusLimit, len(r.Bonuses))
	}
}

func TestASitesRulebookReplacesTheExample(t *testing.T) {
	c := mustLoad(t, "catalog/rulebook.toml", smallRulebook)
	r := c.Rulebook()
	if r.ID != "试点" || len(r.Stars) != 1 || len(r.Indicators) != 2 {
		t.Errorf("%+v", r)
	}
	i, _ := r.Indicator("A1")
	if *i.MinN != 5 || i.Unit != "%" || i.Explain == "" {
		t.Errorf("what is not given comes from the metric: %+v", i)
	}
	if c.Hash() == mustLoad(t).Hash() || r.Hash() == mustLoad(t).Rulebook().Hash() {
		t.Error("another rulebook has the same hash")
	}
	same, err := c.ParseRulebook("x", []byte(strings.Replace(smallRulebook, "0.5", "0.50", 1)+"\n# nothing else\n"))
	if err != nil || same.Hash() != r.Hash() {
		t.Errorf("the same content has another hash: %v", err)
	}
	// the levels of a site that has neither branches nor communities are no mistake of the built-in rulebook
	if lean := mustLoad(t, "config.toml", "[[level]]\nid = \"community\"\nlabel = \"村\"\ntree = \"area\""); len(lean.Rulebook().Level) != 1 {
		t.Errorf("levels %v", lean.Rulebook().Level)
	}
}

const smallRulebook = `id = "试点"
version = "v2"
label = "试点规则"
level = ["community"]
[threshold]
lit = 80
total = 80
min_rated = 0.5
[star.A]
name = "甲星"
[indicator.A1]
star = "A"
name = "甲一"
type = "C"
metric = "close_rate"
direction = "up"
method = "linear"
floor = 60
target = 95
full = 60
[indicator.A2]
star = "A"
name = "甲二"
type = "J"
method = "judged"
full = 40
explain = "人工评分。"
`

func TestMistakesOfARulebook(t *testing.T) {
	c := mustLoad(t)
	for _, x := range []struct{ situation, old, new, want string }{
		{"points that do not add up", "full = 60", "full = 59.5", "第 9 行有误：“甲星”各指标满分之和应为100，实为99.5"},
		{"an unknown metric", `"close_rate"`, `"close_rat"`, "第 15 行有误：指标“A1”：指标目录中没有“close_rat”"},
		{"an unknown star", `star = "A"`, `star = "B"`, "第 12 行有误：指标“A1”：没有编号为“B”的星"},
		{"floor above target", "floor = 60", "floor = 95", "第 19 行有误：指标“A1”：目标值（target）应大于起评值（floor）"},
		{"down, but floor below target", `direction = "up"`, `direction = "down"`, "第 19 行有误：指标“A1”：目标值（target）应小于起评值（floor）"},
		{"no floor", "floor = 60\n", "", "第 11 行有误：指标“A1”：没有填写起评值（floor）"},
		{"a misspelt key", "target = 95", "targt = 95", "第 19 行有误：不认识的键“indicator.A1.targt”"},
		{"a number that is none", "target = 95", `target = "many"`, "第 19 行有误：值的类型不对（indicator.A1.target）"},
		{"an exponent", "target = 95", "target = 9.5e1", "第 19 行有误：值的类型不对（indicator.A1.target）"},
		{"an unknown level", `["community"]`, `["village"]`, "第 4 行有误：没有名为“village”的层级"},
		{"no level", `["community"]`, `[]`, "第 4 行有误：没有写明评价哪一级单位（level）"},
		{"threshold out of range", "lit = 80", "lit = 101", "第 6 行有误：点亮分数线（lit）应大于0且不超过100"},
		{"total out of reach", "total = 80", "total = 100.5", "第 7 行有误：总分要求（total）应在0与100之间"},
		{"warning above lit", "lit = 80", "lit = 80\nwarning = 85", "第 7 行有误：临界分数线（warning）应在0与点亮分数线之间"},
		{"a share above one", "min_rated = 0.5", "min_rated = 70", "第 8 行有误：最低已评比例（min_rated）应在0与1之间"},
		{"an unknown prerequisite", "total = 80", "total = 80\nprerequisite = \"ZB\"", "第 8 行有误：没有编号为“ZB”的星"},
		{"a judged indicator with a metric", `type = "J"`, "type = \"J\"\nmetric = \"received\"", "第 25 行有误：指标“A2”：人工指标不使用 metric"},
		{"a computed one that is judged", `type = "J"`, `type = "C"`, "第 21 行有误：指标“A2”：没有写明取数的指标（metric）"},
		{"an unknown method", `"linear"`, `"cubic"`, "第 17 行有误：指标“A1”：计算指标的 method 应为 linear、band、deduct 或 bool"},
		{"an unknown direction", `direction = "up"`, `direction = "sideways"`, "第 16 行有误：指标“A1”：direction 应为 up 或 down；equal 只用于 bool"},
		{"bands in the wrong order", `"linear"`, "\"band\"\nbands = [{ from = 90, share = 0.8 }, { from = 95, share = 1 }]", "第 18 行有误：指标“A1”：分档应从最好的一档写起"},
		{"a band beyond its points", `"linear"`, "\"band\"\nbands = [{ from = 90, share = 1.2 }]", "第 18 行有误：指标“A1”：分档的得分比例（share）应在0与1之间"},
		{"deduct without points", `"linear"`, `"deduct"`, "第 11 行有误：指标“A1”：没有填写每件扣分（each）"},
		{"an average of a rate", "full = 60", "full = 60\nper = \"month\"", "第 21 行有误：指标“A1”：per 只用于 count 和 cross 类指标"},
		{"a register that is none", "full = 60", "full = 60\nrequires = [\"close_rate\"]", "第 21 行有误：指标“A1”：requires 应为 stock 或 count 类指标的编号，“close_rate”不是"},
		{"what nothing may earn", "full = 60", "full = 60\non_empty = \"half\"", "第 21 行有误：指标“A1”：on_empty 应为 na、full 或 manual"},
		{"an unknown policy", "full = 60", "full = 60\npolicy = \"x\"", "第 21 行有误：指标“A1”：policy 应为 rescale、manual 或 zero"},
		{"a veto of no star", "[star.A]", "[veto.V1]\nevent = \"事\"\nscope = \"star\"\nstar = \"C\"\n[star.A]", "第 12 行有误：否决事项“V1”：没有编号为“C”的星"},
		{"a bonus above its limit", "[star.A]", "[bonus_limit]\neach = 5\n[bonus.B1]\nevent = \"事\"\npoints = 6\n[star.A]", "第 13 行有误：加分事项“B1”的分值应大于0且不超过单项上限"},
		{"one code twice", "[indicator.A2]", "[indicator.A1]", "第 21 行有误：重复定义（indicator）"},
		{"no id", `id = "试点"`, `id = ""`, "第 1 行有误：没有填写规则编号（id）"},
	} {
		t.Run(x.situation, func(t *testing.T) {
			if !strings.Contains(smallRulebook, x.old) {
				t.Fatalf("%q is not in the rulebook", x.old)
			}
			_, err := c.ParseRulebook("r.toml", []byte(strings.Replace(smallRulebook, x.old, x.new, 1)))
			if want := "配置文件 r.toml " + x.want; err == nil || err.Error() != want {
				t.Fatalf("error\n%v\nwant\n%s", err, want)
			}
			var fe *FileError
			if !errors.As(err, &fe) {
				t.Errorf("%T is no FileError", err)
			}
		})
	}
}

// A broken rulebook of the site must not keep its successor from being checked.
func TestCheckRulebookIgnoresTheOneInForce(t *testing.T) {
	site := fstest.MapFS{"catalog/rulebook.toml": {Data: []byte("id = 3")}, "catalog/m.toml": {Data: []byte("[metric.close_rate]\nmin_n = 8")}}
	r, c, err := CheckRulebook(site, "new.toml", []byte(smallRulebook))
	if err != nil {
		t.Fatal(err)
	}
	if i, _ := r.Indicator("A1"); *i.MinN != 8 {
		t.Errorf("min_n %d: the site's own metric counts", *i.MinN)
	}
	if _, ok := c.Metric("close_rate"); !ok {
		t.Error("no catalogue")
	}
	if _, err := Load(site); err == nil || !strings.Contains(err.Error(), "catalog/rulebook.toml 第 1 行") {
		t.Errorf("in force: %v", err)
	}
}

func FuzzParseRulebook(f *testing.F) {
	c := mustLoad(f)
	f.Add(string(DefaultRulebook()))
	f.Add(smallRulebook)
	f.Add("star = 3")
	f.Add("[star.\"\"]\n[indicator.\"a b\"]\nfull = -1")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := c.ParseRulebook("x.toml", []byte(text))
		var fe *FileError
		if err != nil && (!errors.As(err, &fe) || fe.File != "x.toml") {
			t.Fatalf("%T %v", err, err)
		}
		if err == nil {
			for _, i := range r.Indicators {
				if _, ok := r.Star(i.Star); !ok || i.Full.Rat().Sign() <= 0 || i.Method != Judged && i.MinN == nil {
					t.Errorf("accepted %+v", i)
				}
			}
		}
	})
}
