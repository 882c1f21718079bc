package catalog

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"
)

func load(t testing.TB, files ...string) (*Catalog, error) {
	t.Helper()
	site := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		site[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return Load(site)
}

func mustLoad(t testing.TB, files ...string) *Catalog {
	t.Helper()
	c, err := load(t, files...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Scripts rely on these ids.
func TestBuiltInMetricsAreThere(t *testing.T) {
	c := mustLoad(t)
	basis := map[string]string{
		"received": "received_at", "close_rate": "received_at", "on_time_rate": "received_at", "overdue_open": "received_at",
		"no_deadline": "received_at", "rework_rate": "received_at", "proactive_share": "received_at",
		"received_per_1000_households": "", "due_on_time_rate": "due_at", "closed": "closed_at", "handle_hours_p50": "closed_at",
		"handle_hours_p90": "closed_at", "grassroots_resolved_share": "closed_at", "response_rate": "visited_at",
		"resolve_rate": "visited_at", "satisfaction_rate": "visited_at", "three_rates_score": "", "wishes": "received_at",
		"wish_claim_rate": "received_at", "wish_realised_rate": "due_at", "facilities": "", "households": "", "joint_meeting_rate": "",
	}
	for id, want := range basis {
		m, ok := c.Metric(id)
		if !ok || m.Basis != want {
			t.Errorf("metric %s: %v, basis %q, want %q", id, ok, m.Basis, want)
		}
	}
	if m, _ := c.Metric("three_rates_score"); len(m.Parts) != 3 || m.Parts[0].Weight != 0.1 || m.Parts[1].Weight != 0.5 || m.Parts[2].Weight != 0.4 {
		t.Errorf("three_rates_score has parts %v", m.Parts)
	}
	if m, _ := c.Metric("satisfaction_rate"); m.Scale() != 10 || m.PartialWhole() != 9 {
		t.Errorf("基本满意 counts %d/%d, want 9/10", m.PartialWhole(), m.Scale())
	}
	for _, id := range []string{"households", "population", "population_60plus", "area_km2", "estates", "buildings", "resident_members", "in_service_members", "staff"} {
		if m, ok := c.Measure(id); !ok || m.Time != OverLast || m.Grain.Level != "community" {
			t.Errorf("measure %s: %+v", id, m)
		}
	}
}

// DESIGN §4's own example must be accepted as it stands there.
func TestDesignExample(t *testing.T) {
	c := mustLoad(t, "catalog/a.toml", `
[metric.on_time_rate]
type = "ratio"
label = "按时办结率"
unit = "%"
better = "up"
shape = "record"
basis = "received_at"
numerator   = "count(*) FILTER (WHERE closed_at <= due_at)"
denominator = "count(*) FILTER (WHERE due_at IS NOT NULL AND (closed_at IS NOT NULL OR due_at < $now))"
min_n = 5
explain = "有时限且已办结或已到期的事项中，按时办结的比例；无时限的不计入。"
`)
	m, _ := c.Metric("on_time_rate")
	if got, want := m.NumeratorSQL("$1", ""), "count(*) FILTER (WHERE (closed_at <= due_at))"; got != want {
		t.Errorf("numerator %s, want %s", got, want)
	}
	if got, want := m.DenominatorSQL("$1", "(kind = 'SQ')"), "count(*) FILTER (WHERE (kind = 'SQ') AND ((due_at IS NOT NULL) AND ((closed_at IS NOT NULL) OR (due_at < $1))))"; got != want {
		t.Errorf("denominator %s, want %s", got, want)
	}
}

func TestSiteFilesChangeTheDefaults(t *testing.T) {
	c := mustLoad(t, "config.toml", `
[site]
name = "东风区"
week_start = 5
[[sla]]
kind = "DB"
from = []
days = []
[calendar]
workdays = ["2026-10-01"]
`, "catalog/local.toml", `
[metric.close_rate]
min_n = 30
[metric.closed]
type = "count"
label = "办结数"
better = "none"
shape = "record"
basis = "closed_at"
numerator = "count(*)"
explain = "整体替换。"
[[list.channel.code]]
code = "网格员上报"
synonyms = ["格格上报"]
[[list.channel.code]]
code = "民情驿站"
group = "公众"
[measure.meals]
label = "就餐人次"
time = "sum"
`)
	if c.Site.Name != "东风区" || c.Site.WeekStart != 5 || c.Site.TimeZone != "Asia/Shanghai" {
		t.Errorf("site %+v", c.Site)
	}
	if m, _ := c.Metric("close_rate"); m.MinN != 30 || m.Label != "办结率" {
		t.Errorf("close_rate %+v: one key replaced, the others kept", m)
	}
	if m, _ := c.Metric("closed"); m.Unit != "" || m.Label != "办结数" {
		t.Errorf("closed %+v: replaced whole", m)
	}
	if code, ok := c.Lookup(ListChannel, "格格上报"); !ok || code != "网格员上报" {
		t.Errorf("new synonym gives %q", code)
	}
	l := c.List(ListChannel)
	if last := l.Codes[len(l.Codes)-1]; last.Code != "民情驿站" || !slices.Contains(l.Members("公众"), "民情驿站") || len(l.Members("主动")) != 3 {
		t.Errorf("new code %+v", last)
	}
	if m, _ := c.Metric("proactive_share"); !strings.Contains(m.DenominatorSQL("", ""), "民情驿站") {
		t.Error("a new code of a group counts in metrics of that group")
	}
	if _, ok := c.Due("DB", "", Times{Received: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}); ok {
		t.Error("the deadline of DB was taken away")
	}
	if !c.Calendar.Working(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)) || c.Calendar.Working(time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC)) {
		t.Error("the site works on 1 October and not on the 2nd")
	}
}

// Who counts people in care says so once: a metric of figures has it from its measure, whatever way it is asked for.
func TestWhatCountsPeopleInCare(t *testing.T) {
	c := mustLoad(t, "catalog/a.toml", `
[measure.meals]
label = "助餐老人"
time = "sum"
care = true
[metric.helped]
type = "count"; label = "上门服务老人"; better = "none"; shape = "activity"; basis = "held_at"; numerator = "count(*)"; explain = "测试。"
care = true
[metric.known]
type = "stock"; label = "在册"; better = "none"; shape = "org"; column = "population"; measure = "care_registered"; explain = "测试。"
`)
	for id, want := range map[string]bool{
		"care_visited": true, "care_registered": true, "figure:care_registered": true, "figure:在册重点服务对象": true, "figure_rate:care_registered": true,
		"figure:meals": true, "helped": true, "known": true,
		"care_visit_rate": false, // its operands say it
		"received":        false, "staff": false, "figure:staff": false, "population": false, "figure:nobody_knows": false,
	} {
		if m, ok := c.Metric(id); !ok || m.Care != want {
			t.Errorf("%s: care %v, want %v", id, ok && m.Care, want)
		}
	}
	for _, m := range c.Measures() {
		if want := m.ID == "care_registered" || m.ID == "meals"; m.Care != want {
			t.Errorf("measure %s: care %v", m.ID, m.Care)
		}
	}
}

func TestHashFollowsTheContent(t *testing.T) {
	base := mustLoad(t).Hash()
	if again := mustLoad(t, "config.toml", "# nothing\n[site]\nweek_start = 1\n").Hash(); again != base {
		t.Error("the same content has another hash")
	}
	seen := map[string]string{base: "defaults"}
	for name, text := range map[string]string{
		"site":     "[site]\nweek_start = 2",
		"access":   "[access]\nidle_minutes = 20",
		"level":    "[[level]]\nid = \"community\"\nlabel = \"社区\"\ntree = \"area\"\n[[level]]\nid = \"branch\"\nlabel = \"支部\"\ntree = \"party\"",
		"calendar": "[calendar]\nholidays = [\"2030-01-01\"]",
		"weekend":  "[calendar]\nweekend = [7]",
		"sla":      "[[sla]]\nkind = \"SQ\"\nfrom = [\"received_at\"]\ndays = [1]",
	} {
		h := mustLoad(t, "config.toml", text, "catalog/none.toml", "").Hash()
		if other, ok := seen[h]; ok {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[h] = name
	}
	for name, text := range map[string]string{
		"metric":   "[metric.received]\nmin_n = 3",
		"measure":  "[measure.staff]\nlabel = \"人员\"",
		"list":     "[[list.kind.code]]\ncode = \"ZZ\"",
		"schedule": "[[schedule]]\nid = \"joint_meeting\"\nlabel = \"会\"\ntypes = [\"联席会\"]\nper = \"year\"\ncount = 1\nlevel = \"community\"",
	} {
		h := mustLoad(t, "catalog/x.toml", text).Hash()
		if other, ok := seen[h]; ok {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[h] = name
	}
}

func TestMistakesNameFileLineAndReason(t *testing.T) {
	metric := func(lines string) string {
		return "\n[metric.mine]\ntype = \"count\"\nlabel = \"我的\"\nbetter = \"none\"\nshape = \"record\"\nbasis = \"received_at\"\nexplain = \"测试\"\n" + lines
	}
	for _, c := range []struct{ situation, file, text, want string }{
		{"misspelt key of the site", "config.toml", "[site]\nname = \"甲\"\ntime_zon = \"x\"", "配置文件 config.toml 第 3 行有误：不认识的键“site.time_zon”"},
		{"unknown table", "config.toml", "\n[rules]\na = 1", "配置文件 config.toml 第 2 行有误：不认识的键“rules”"},
		{"syntax", "config.toml", "[site]\nname = ", "配置文件 config.toml 第 2 行有误：不符合 TOML 语法"},
		{"wrong type", "config.toml", "[site]\nweek_start = \"monday\"", "配置文件 config.toml 第 2 行有误：值的类型不对（site.week_start）"},
		{"a value for a table", "config.toml", "site = 3", "配置文件 config.toml 第 1 行有误：值的类型不对（site）"},
		{"too many decimals", "catalog/a.toml", "[metric.received]\nlabel = \"甲\"\ndigits = 7", "配置文件 catalog/a.toml 第 3 行有误：指标“received”：digits 应在 0 至 6 之间"},
		{"wrong type in a metric", "catalog/a.toml", "[metric.received]\nlabel = \"甲\"\nmin_n = \"五\"", "配置文件 catalog/a.toml 第 3 行有误：值的类型不对（metric.received.min_n）"},
		{"wrong type in a part", "catalog/a.toml", "[metric.three_rates_score]\nparts = [{ metric = \"a\", weight = \"b\" }]", "配置文件 catalog/a.toml 第 2 行有误：值的类型不对"},
		{"time zone", "config.toml", "[site]\ntime_zone = \"Mars/Base\"", "配置文件 config.toml 第 2 行有误：不认识的时区“Mars/Base”，应写作 Asia/Shanghai 这样的名称"},
		{"week start", "config.toml", "[site]\n\nweek_start = 8", "配置文件 config.toml 第 3 行有误：一周的第一天应为 1（周一）至 7（周日）"},
		{"password policy", "config.toml", "[access]\npolicy = \"none\"", "配置文件 config.toml 第 2 行有误：口令规则“none”应为 asvs（长度加常见口令表）或 djbh（等保：三类字符，定期更换）"},
		{"sessions that do not end", "config.toml", "[access]\nidle_minutes = 30\nhours = 0", "配置文件 config.toml 第 3 行有误：一次登录的最长时间（小时）应为 1 至 24"},
		{"no limit of guesses", "config.toml", "[access]\nfailures = 1000", "配置文件 config.toml 第 2 行有误：暂停登录前可以输错的次数应为 3 至 10"},
		{"a password kept for ever", "config.toml", "[access]\nmax_age_days = 0", "配置文件 config.toml 第 2 行有误：口令更换周期（天）应为 30 至 365"},
		{"misspelt key of access", "config.toml", "[access]\nhour = 8", "配置文件 config.toml 第 2 行有误：不认识的键“access.hour”"},
		{"holiday", "config.toml", "[calendar]\nholidays = [\n \"2026-13-01\"]", "配置文件 config.toml 第 2 行有误：“2026-13-01”不是日期，应写作 2026-10-01 或 2026-10-01/2026-10-07"},
		{"no day off the list", "config.toml", "[calendar]\nweekend = [1,2,3,4,5,6,7]", "配置文件 config.toml 第 2 行有误：weekend 不能包含一周的全部七天"},
		{"level twice", "config.toml", "[[level]]\nid = \"a\"\nlabel = \"甲\"\ntree = \"area\"\n[[level]]\nid = \"a\"\nlabel = \"乙\"\ntree = \"party\"", "配置文件 config.toml 第 1 行有误：层级“a”重复；两棵树的层级名称也不能相同"},
		{"deadline", "config.toml", "[[sla]]\nkind = \"WX\"\nfrom = [\"received_at\"]\ndays = [1, 2]", "配置文件 config.toml 第 4 行有误：时限规则“WX”的 from 与 days 应一一对应"},
		{"deadline of an unknown kind", "config.toml", "[[sla]]\nkind = \"ZZ\"\nfrom = [\"received_at\"]\ndays = [1]", "配置文件 config.toml 第 2 行有误：时限规则的事项类型“ZZ”不在代码表中"},

		{"misspelt key of a metric", "catalog/a.toml", metric("numerator = \"count(*)\"\nnumeratr = \"x\""), "配置文件 catalog/a.toml 第 10 行有误：不认识的键“metric.mine.numeratr”"},
		{"no expression", "catalog/a.toml", metric(""), "配置文件 catalog/a.toml 第 2 行有误：指标“mine”：没有填写 numerator"},
		{"unknown column", "catalog/a.toml", metric("numerator = \"count(*) FILTER (WHERE attrs = 'x')\""), "配置文件 catalog/a.toml 第 9 行有误：指标“mine”：numerator 无法使用：没有名为“attrs”的列"},
		{"a table", "catalog/a.toml", metric("numerator = \"(SELECT count(*) FROM account)\""), "配置文件 catalog/a.toml 第 9 行有误：指标“mine”：numerator 无法使用：“select”不应出现在这里"},
		{"care of a quotient of metrics", "catalog/a.toml", "[metric.care_visit_rate]\n\ncare = true", "配置文件 catalog/a.toml 第 3 行有误：指标“care_visit_rate”：类型 cross 不使用“care”"},
		{"care that is no yes or no", "catalog/a.toml", "[measure.staff]\ncare = \"是\"", "配置文件 catalog/a.toml 第 2 行有误：值的类型不对（measure.staff.care）"},
		{"foreign key of the type", "catalog/a.toml", metric("numerator = \"count(*)\"\np = 0.5"), "配置文件 catalog/a.toml 第 10 行有误：指标“mine”：类型 count 不使用“p”"},
		{"id", "catalog/a.toml", "[metric.\"A b\"]\ntype = \"count\"", "配置文件 catalog/a.toml 第 1 行有误：指标编号“A b”应由小写字母、数字和下划线组成"},
		{"a built-in one spoilt", "catalog/a.toml", "[metric.close_rate]\nbasis = \"title\"", "配置文件 catalog/a.toml 第 2 行有误：指标“close_rate”：basis 应为 occurred_at、received_at、accepted_at、assigned_at、due_at、responded_at、visited_at、closed_at 之一"},
		{"factor with too many decimals", "catalog/a.toml", "[metric.satisfaction_rate]\npartial_factor = 0.33333", "配置文件 catalog/a.toml 第 2 行有误：指标“satisfaction_rate”：partial_factor 应为正数，最多四位小数"},
		{"weight of an unknown part", "catalog/a.toml", "[metric.three_rates_score]\nparts = [{ metric = \"received\", weight = 1 }]", "配置文件 catalog/a.toml 第 2 行有误：指标“three_rates_score”：“received”不是 ratio、due 或 cross 类指标"},
		{"two codes of one name", "catalog/a.toml", "[[list.status.code]]\ncode = \"新\"\nsynonyms = [\"办结\"]", "配置文件 catalog/a.toml 第 1 行有误：代码表“status”里“办结”同时指“已办结”和“新”"},
		{"measure of a level that is none", "catalog/a.toml", "[measure.x]\nlabel = \"甲\"\ntime = \"last\"\ngrain = { level = \"village\" }", "配置文件 catalog/a.toml 第 4 行有误：指标项“x”：没有名为“village”的层级"},
		{"level of a built-in measure changed", "catalog/a.toml", "[measure.grid_households]\ngrain = { level = \"village\" }", "配置文件 catalog/a.toml 第 2 行有误：指标项“grid_households”：没有名为“village”的层级"},
		{"measure", "catalog/a.toml", "[measure.x]\nlabel = \"甲\"\ntime = \"max\"", "配置文件 catalog/a.toml 第 3 行有误：指标项“x”：time 应为 sum、last 或 mean"},
		{"schedule", "catalog/a.toml", "[[schedule]]\nid = \"x\"\nlabel = \"甲\"\ntypes = [\"乙\"]\nper = \"week\"\ncount = 1\nlevel = \"community\"", "配置文件 catalog/a.toml 第 5 行有误：任务安排“x”的 per 应为 day、month、two_months、quarter 或 year"},
	} {
		t.Run(c.situation, func(t *testing.T) {
			_, err := load(t, c.file, c.text)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error\n%s\nwant\n%s", err, c.want)
			}
			var fe *FileError
			if !errors.As(err, &fe) || !errors.Is(err, ErrCatalog) {
				t.Errorf("%T is no FileError", err)
			}
		})
	}
}

// GB/T 15834: between Han characters punctuation is full-width.
func TestCatalogueTextsUseFullWidthPunctuation(t *testing.T) {
	c := mustLoad(t)
	var texts []string
	for _, m := range c.Metrics() {
		texts = append(texts, m.Label, m.Explain, m.NumeratorLabel, m.DenominatorLabel, m.RestLabel)
		if !strings.HasSuffix(m.Explain, "。") {
			t.Errorf("%s: the explanation does not end with 。", m.ID)
		}
	}
	for _, m := range c.Measures() {
		texts = append(texts, m.Label)
	}
	for _, id := range []string{ListKind, ListChannel, ListCategory, ListStatus, ListResolvedLevel, ListResult, ListSatisfaction, ListTargetGroup, ListActivityType, ListPlaceType} {
		l := c.List(id)
		texts = append(texts, l.Label)
		for _, code := range l.Codes {
			texts = append(texts, code.Label)
		}
	}
	for _, text := range texts {
		rs := []rune(text)
		for i, r := range rs {
			if strings.ContainsRune(",.;:()!?\"'", r) && (i > 0 && unicode.Is(unicode.Han, rs[i-1]) || i+1 < len(rs) && unicode.Is(unicode.Han, rs[i+1])) {
				t.Errorf("%q has a half-width %q", text, r)
			}
		}
	}
	if len(texts) < 100 {
		t.Errorf("only %d texts were looked at", len(texts))
	}
}

func TestSettingsMayShareALine(t *testing.T) {
	c := mustLoad(t, "config.toml", "\uFEFF[site] name = \"a;[b]\"; week_start = 2 # x; y\r\n[[sla]] kind = \"SQ\"; from = [\"received_at\",\n \"accepted_at\"]; days = [1, 2];", "catalog/a.toml", `[metric.mine]
type = "ratio"; label = "甲"; unit = "%"; better = "up"; shape = "record"; basis = "received_at"
numerator   = "count(*) FILTER (WHERE dept = ';')"; denominator = "count(*)"
explain = 'a;b'
`)
	m, _ := c.Metric("mine")
	if c.Site.Name != "a;[b]" || c.Site.WeekStart != 2 || m.Explain != "a;b" || m.NumeratorSQL("", "") != "count(*) FILTER (WHERE (dept = ';'))" {
		t.Errorf("site %+v, metric %+v", c.Site, m)
	}
	if due, ok := c.Due("SQ", "", Times{Accepted: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}); !ok || due.Day() != 3 {
		t.Errorf("due %v %v", due, ok)
	}
	_, err := load(t, "config.toml", "[site] name = \"x\"; week_start = 1\n\n[calendar] weekend = [7]; holiday = []")
	if want := "配置文件 config.toml 第 3 行有误：不认识的键“calendar.holiday”"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestKeyLineFindsKeys(t *testing.T) {
	text := "# a = 1\n[site]\nname = \"x\" # [b]\nlist = [\n  \"[metric.a]\",\n  \"k = 1\",\n]\ntext = \"\"\"\n[metric.b]\nx = 1\n\"\"\"\n[metric.\"a.b\"]\nx.y = 2\n[[sla]]\nkind = { a = 1, b = 2 }\n"
	for key, want := range map[string]int{
		"site": 2, "site/name": 3, "site/list": 4, "site/text": 8, "metric/a": 0, "metric/b": 0, "metric/a.b": 12, "metric/a.b/x/y": 13,
		"sla": 14, "sla/kind/b": 15, "site/none": 2, "none": 0,
	} {
		if got := keyLine(text, strings.Split(key, "/")); got != want {
			t.Errorf("%s is on line %d, want %d", key, got, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, data := range DefaultFiles() {
		f.Add(string(data))
	}
	f.Add("[metric.x]\ntype = 3")
	f.Add("[[list.kind.code]]\ncode = \"\"")
	f.Add("[site]\n[site]")
	f.Add("[metric.received]\nparts = [{}]\nkinds = []\nfactor = -1e308")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"config.toml", "catalog/a.toml"} {
			c, err := load(t, name, text)
			var fe *FileError
			if err == nil && c.Hash() == "" || err != nil && (!errors.As(err, &fe) || fe.File == "") {
				t.Errorf("%v, %v", c, err)
			}
		}
	})
}
