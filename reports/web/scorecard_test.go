package web

import (
	"encoding/csv"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gridstar/analytics/catalog"
	"gridstar/analytics/stars"
)

func TestCardIsSentenceStarsAndIndicators(t *testing.T) {
	t.Parallel()
	r := get(t, starSite(t), "/stars/B2?star=ZB")
	want := "点亮 0 颗星，总分 114.00 / 200。共建共享星 50.00 ，距点亮差 20.00 分；支部过硬星 64.00 ，距点亮差 6.00 分， " +
		"主要失分项：基层化解率（50.00 / 100）、办结率（64.00 / 80） 。1 项人工指标待评。"
	if got := r.one(leadText); got != want {
		t.Errorf("sentence\n%s\nwant\n%s", got, want)
	}
	panels := r.all(`(?s)<a class="card panel"[^>]*>(.*?)</a>`)
	wantPanels := []string{"共建共享星 ，未点亮， 50.00 未点亮・差 20.00 同类中位 100.00", "支部过硬星 ，临界， 64.00 临界・差 6.00 同类中位 64.00"}
	if !slices.Equal(panels, wantPanels) {
		t.Errorf("stars\n%s\nwant\n%s", strings.Join(panels, "\n"), strings.Join(wantPanels, "\n"))
	}
	rows := r.all(`(?s)<tr>\s*<th scope="row">(.*?)</tr>`)
	// the picture's table of stars comes first
	wantRows := []string{
		"共建共享星 50.00 未点亮 100.00 20.00", "支部过硬星 64.00 临界 64.00 6.00",
		"ZB1 办结率 80.00% 8 / 10 0%—100% 64.00 / 80 (80.00−0)/(100−0)×80=64.00",
		"ZB2 阵地建设 人工 待评 — / 20 等待人工评分，评分前计入满分、不得分",
	}
	for i := range rows {
		rows[i], _, _ = strings.Cut(rows[i], " 含义")
	}
	if !slices.Equal(rows, wantRows) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(wantRows, "\n"))
	}
	if words := text(r.body); !strings.Contains(words, "70 分及以上为点亮，60 分及以上、不到 70 分为临界。已评分值不到应评分值的 70% 时为待补数据。") {
		t.Error("the thresholds of the rulebook are not named")
	}
	if got, want := r.one(`(?s)<nav class="crumbs".*?>(.*?)</nav>`), "示范区 红旗街道党工委 民族社区党委"; got != want {
		t.Errorf("crumbs %q, want %q", got, want)
	}
	if got, want := r.one(`<pre>|(<span class="pill">数据.*?</span>)`), "数据 2 / 3 项已评"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestNumbersOfACardOpenToTheirRows(t *testing.T) {
	t.Parallel()
	s := starSite(t)
	rows := slices.DeleteFunc(get(t, s, "/stars/B2?star=all").links(), func(url string) bool { return !strings.HasPrefix(url, "/records?") })
	want := []string{
		"/records?from=2026-01-01&metric=grassroots_resolved_share&org=B2&per=range&to=2026-12-31",
		"/records?from=2026-01-01&metric=close_rate&org=B2&per=range&to=2026-12-31",
	}
	if !slices.Equal(rows, want) {
		t.Fatalf("links %q, want %q", rows, want)
	}
	for url, lead := range map[string]string{want[0]: "50.0%（4 / 8）", want[1]: "80.0%（8 / 10）"} {
		if r := get(t, s, url); r.status != 200 || !strings.Contains(r.one(leadText), lead) {
			t.Errorf("%s: status %d, %s, want %s", url, r.status, r.all(leadText), lead)
		}
	}
}

func TestTheStarThatNeedsAttentionIsShownFirst(t *testing.T) {
	t.Parallel()
	s := starSite(t)
	for _, x := range []struct{ situation, url, want string }{
		{"all lit: the lowest", "/stars/B1", "支部过硬星"},
		{"not lit before 临界", "/stars/B2", "共建共享星"},
		{"not lit before lit", "/stars/B3", "支部过硬星"},
		{"all pending: the first", "/stars/B4", "共建共享星"},
		{"the one asked for", "/stars/B1?star=GJ", "共建共享星"},
		{"one that is not there", "/stars/B1?star=QQ", "支部过硬星"},
		{"all of them", "/stars/B1?star=all", "共建共享星 支部过硬星"},
	} {
		r := get(t, s, x.url)
		_, part, _ := strings.Cut(r.body, `id="indicators"`)
		r.body = part
		if got := strings.Join(r.all(`<h2>(.*?)</h2>`), " "); got != x.want {
			t.Errorf("%s: %s, want %s", x.situation, got, x.want)
		}
	}
}

func TestACardWithoutLedgersShowsNoZero(t *testing.T) {
	t.Parallel()
	r := get(t, starSite(t), "/stars/B4?star=all")
	if got, want := r.one(leadText), "各颗星均待补数据，暂不计分。 2 项指标缺数据。 1 项人工指标待评。"; got != want {
		t.Errorf("sentence\n%s\nwant\n%s", got, want)
	}
	panels := r.all(`(?s)<a class="card panel"[^>]*>(.*?)</a>`)
	want := []string{"共建共享星 ，待补数据， 待补数据 已评 0 / 应评 100 分 同类中位 100.00", "支部过硬星 ，待补数据， 待补数据 已评 0 / 应评 100 分 同类中位 64.00"}
	if !slices.Equal(panels, want) {
		t.Errorf("stars\n%s\nwant\n%s", strings.Join(panels, "\n"), strings.Join(want, "\n"))
	}
	zero := regexp.MustCompile(`(^|[^0-9])(0\.00|0 / 0)`)
	if got := text(r.body); zero.MatchString(got) || strings.Contains(got, "名次") {
		t.Errorf("something missing is shown as a number: %s", got)
	}
	if slices.ContainsFunc(r.links(), func(url string) bool { return strings.HasPrefix(url, "/records?") }) {
		t.Error("there are no rows to open")
	}
}

func TestAUnitWithoutACardLeadsToThoseInIt(t *testing.T) {
	t.Parallel()
	s := starSite(t)
	for url, want := range map[string]string{
		"/stars/C1":            "/stars/B1?cycle=2026",
		"/stars/S1":            "/stars?cycle=2026&org=S1",
		"/stars/P2?cycle=2026": "/stars?cycle=2026&org=P2",
	} {
		if r := get(t, s, url); r.status != 303 || r.header.Get("Location") != want {
			t.Errorf("%s: %d %s, want %s", url, r.status, r.header.Get("Location"), want)
		}
	}
	if r := get(t, s, "/stars/G1"); !strings.Contains(text(r.body), "“第一网格”不参加五星评价，请从五星评价表中选择单位。") {
		t.Errorf("a grid: %s", text(r.body))
	}
}

func TestDownloadsOfACard(t *testing.T) {
	t.Parallel()
	s := starSite(t)
	var option struct {
		Title []struct{ Text, Subtext string }
	}
	r := get(t, s, "/files/stars/B1?part=picture")
	if err := json.Unmarshal([]byte(r.body), &option); err != nil || len(option.Title) == 0 {
		t.Fatal(err, r.body)
	}
	if got, want := option.Title[0].Text, "朝阳社区党委　五星得分与同类中位"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if !strings.Contains(option.Title[0].Subtext, "监测口径") || !strings.Contains(option.Title[0].Subtext, "测试 v9") {
		t.Errorf("the picture does not say that it is no confirmed result: %q", option.Title[0].Subtext)
	}
	for url, want := range map[string]string{
		"/files/stars/B2?part=radar":      "支部过硬星|64.00|临界|64.00|6.00",
		"/files/stars/B2?part=indicators": "支部过硬星|ZB2|阵地建设|—|分|—|—||—|20|待评||等待人工评分，评分前计入满分、不得分|",
	} {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(get(t, s, url).body, "\uFEFF"))).ReadAll()
		if err != nil || strings.Join(rows[len(rows)-1], "|") != want {
			t.Errorf("%s: %q, want %q (%v)", url, rows[len(rows)-1], want, err)
		}
	}
}

func TestMainLossesAreWhereThePointsAre(t *testing.T) {
	t.Parallel()
	one := func(name, full, score string, note stars.Note) *stars.IndicatorScore {
		i := &stars.IndicatorScore{Rule: &catalog.Indicator{Name: name, Full: catalog.Decimal(full)}, Note: note}
		if score != "" {
			i.Score = catalog.Decimal(score).Rat()
		}
		return i
	}
	for _, x := range []struct {
		situation string
		of        []*stars.IndicatorScore
		want      []lossLine
	}{
		{
			"a ledger that was not delivered costs all its points",
			[]*stars.IndicatorScore{one("小", "20", "13", ""), one("缺", "15", "", stars.NoData)},
			[]lossLine{{"缺", "缺数据", "15"}, {"小", "13.00", "20"}},
		},
		{
			"what does not apply and what people have not judged is not lost",
			[]*stars.IndicatorScore{one("不", "20", "", stars.NotApplicable), one("少", "20", "", stars.SmallSample), one("待", "20", "", stars.Unjudged), one("全", "10", "10", "")},
			nil,
		},
		{
			"at most three, equal ones in their order",
			[]*stars.IndicatorScore{one("一", "20", "15", ""), one("二", "20", "10", ""), one("三", "20", "15", ""), one("四", "20", "15", "")},
			[]lossLine{{"二", "10.00", "20"}, {"一", "15.00", "20"}, {"三", "15.00", "20"}},
		},
		{
			"less than a point is not worth naming",
			[]*stars.IndicatorScore{one("一", "20", "5", ""), one("二", "20", "19.01", "")},
			[]lossLine{{"一", "5.00", "20"}},
		},
		{"unless it is the only one", []*stars.IndicatorScore{one("二", "20", "19.01", "")}, []lossLine{{"二", "19.01", "20"}}},
	} {
		if got := lossesOf(x.of); !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", x.situation, got, x.want)
		}
	}
}

func TestTheWeakestOfMixedStars(t *testing.T) {
	t.Parallel()
	star := func(code, score string, lamp stars.Lamp) stars.StarScore {
		x := stars.StarScore{Star: &catalog.Star{Code: code}, Lamp: lamp}
		if score != "" {
			x.Score = catalog.Decimal(score).Rat()
		}
		return x
	}
	lit, higher := star("lit", "85", stars.LampLit), star("higher", "95", stars.LampLit)
	pending, near, unlit := star("pending", "", stars.LampPending), star("near", "78", stars.LampWarning), star("unlit", "20", stars.LampUnlit)
	for _, x := range []struct {
		of   []stars.StarScore
		want string
	}{
		{[]stars.StarScore{higher, lit}, "lit"},
		{[]stars.StarScore{lit, pending, higher}, "pending"},
		{[]stars.StarScore{lit, pending, near}, "near"},
		{[]stars.StarScore{near, pending, unlit}, "unlit"},
	} {
		if got := weakest(&stars.UnitScore{Stars: x.of}); got != x.want {
			t.Errorf("%s, want %s", got, x.want)
		}
	}
}
