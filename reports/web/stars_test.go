package web

import (
	"context"
	"encoding/csv"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/stars"
)

// rows are the codes of the matrix's units from the top down.
func (r response) rows() string {
	var codes []string
	for _, m := range regexp.MustCompile(`<th scope="row"><a href="/stars/([^?"]*)`).FindAllStringSubmatch(r.body, -1) {
		codes = append(codes, m[1])
	}
	return strings.Join(codes, " ")
}

const leadText = `(?s)<p class="lead">(.*?)</p>`

func TestMatrixIsOrderedByTheColumnAskedFor(t *testing.T) {
	t.Parallel()
	s := starSite(t)
	for _, x := range []struct{ situation, query, want string }{
		{"by place, those without one last", "", "B1 B3 B2 B4"},
		{"the last place first, those without one still last", "?sort=place&desc=1", "B2 B3 B1 B4"},
		{"official order", "?sort=name", "B1 B2 B3 B4"},
		{"official order turned around", "?sort=name&desc=1", "B4 B3 B2 B1"},
		{"best star first", "?sort=ZB&desc=1", "B1 B2 B3 B4"},
		{"worst star first, no score is not the worst", "?sort=ZB", "B3 B2 B1 B4"},
		{"equal scores in official order", "?sort=GJ&desc=1", "B1 B3 B2 B4"},
		{"by total", "?sort=total&desc=1", "B1 B3 B2 B4"},
		{"by number of stars", "?sort=grade&desc=1", "B1 B2 B3 B4"},
		{"by honour", "?sort=honour", "B2 B3 B1 B4"},
		{"a column that is not there", "?sort=nonsense", "B1 B3 B2 B4"},
		{"one street only", "?org=S2&sort=name", "B3 B4"},
		{"one committee only", "?org=P1&sort=name", "B1 B2"},
		{"the district is everything", "?org=D&sort=name", "B1 B2 B3 B4"},
	} {
		if got := get(t, s, "/stars"+x.query).rows(); got != x.want {
			t.Errorf("%s: %s, want %s", x.situation, got, x.want)
		}
	}
}

func TestMatrixSaysWhatEachUnitHas(t *testing.T) {
	t.Parallel()
	r := get(t, starSite(t), "/stars")
	if want := "2026年监测： 4 个社区党组织中，二星 1 个、未获星级 2 个； 1 个待补数据 。 按示例规则、监测口径计算，不是核定结果。"; r.one(leadText) != want {
		t.Errorf("sentence\n%s\nwant\n%s", r.one(leadText), want)
	}
	rows := r.all(`(?s)<tr>\s*(<td class="num place">.*?)</tr>`)
	want := []string{
		"1 朝阳社区党委 红旗街道党工委 100.00 点亮 72.00 点亮 172.00 二星 是",
		"2 " + hostile + " 光明街道党工委 100.00 点亮 40.00 未点亮 140.00 不评星级 支部过硬星未点亮 否",
		"3 民族社区党委 红旗街道党工委 50.00 未点亮 64.00 临界 临界・差 6.00 114.00 未获星级 否",
		"— 东安社区党委 光明街道党工委 待补 待补数据 待补 待补数据 — 待补数据 —",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	cards := r.all(`(?s)<article class="card kpi">(.*?)</article>`)
	want = []string{"共建共享星 2 / 3 个点亮 同类中位 100.00 没有临界的单位・1 个待补数据", "支部过硬星 1 / 3 个点亮 同类中位 64.00 临界 1 个 ・1 个待补数据"}
	if !slices.Equal(cards, want) {
		t.Errorf("cards\n%s\nwant\n%s", strings.Join(cards, "\n"), strings.Join(want, "\n"))
	}
	for _, url := range []string{
		"/stars/B2?cycle=2026", "/stars/B2?cycle=2026&star=ZB", // a unit, and a star of it
		"/stars?cycle=2026&desc=1&sort=place", "/stars?cycle=2026&sort=name", "/stars?cycle=2026&desc=1&sort=ZB", // how a click orders
		"/files/stars?cycle=2026",
	} {
		if !slices.Contains(r.links(), url) {
			t.Errorf("no link to %s in %q", url, r.links())
		}
	}
	if got := r.all(`aria-sort="([a-z]*)"`); !slices.Equal(got, []string{"ascending"}) {
		t.Errorf("aria-sort %q", got)
	}
	if state := text(r.body); !strings.Contains(state, "状态 监测") || !strings.Contains(state, "规则 测试 v9・") {
		t.Error("state and rulebook are not named")
	}
}

func TestAStreetKeepsThePlacesOfTheWholeSite(t *testing.T) {
	t.Parallel()
	r := get(t, starSite(t), "/stars?org=S2")
	if got, want := r.all(`<td class="num place">(.*?)</td>`), []string{"2", "—"}; !slices.Equal(got, want) {
		t.Errorf("places %q, want %q", got, want)
	}
	if got, want := r.one(`(?s)<nav class="crumbs".*?>(.*?)</nav>`), "示范区 光明街道"; got != want {
		t.Errorf("crumbs %q, want %q", got, want)
	}
	if got, want := r.one(`(?s)<option value="S2" selected>(.*?)</option>`), "光明街道"; got != want {
		t.Errorf("selected %q", got)
	}
	if got := r.all(`(?s)<option value="([^"]*)"`); !slices.Equal(got, []string{"", "S1", "S2"}) {
		t.Errorf("streets to choose from: %q", got)
	}
}

func TestStarsWithoutNumbersSayWhy(t *testing.T) {
	t.Parallel()
	full := starSite(t)
	bare, _ := emptySite(t, nil)
	unitsOnly, w2 := emptySite(t, nil)
	job := begin(t, w2)
	insert(t, job, "org", "tree, level, code, parent_code, name, sort, valid_from", "area", "district", "D", nil, "示范区", 1, "1900-01-01")
	publish(t, job)
	nobody, w3 := emptySite(t, nil) // matters, but no unit of a level that is scored
	job = begin(t, w3)
	insert(t, job, "org", "tree, level, code, parent_code, name, sort, valid_from", "area", "district", "D", nil, "示范区", 1, "1900-01-01")
	insert(t, job, "record", "id, source_system, content, kind, org_code, received_at", "r1", "test", "0", "SQ", "D", "2026-02-01")
	publish(t, job)
	for _, x := range []struct {
		situation string
		site      *Server
		url       string
		status    int
		title     string
	}{
		{"nothing loaded", bare, "/stars", 200, "还没有数据"},
		{"no ledger loaded", unitsOnly, "/stars", 200, "单位已载入，还没有台账"},
		{"nobody to score", nobody, "/stars", 200, "还没有可以评价的单位"},
		{"a year to come", full, "/stars?cycle=2027", 200, "2027年尚未开始"},
		{"a year before the first ledger", full, "/stars?cycle=2019", 200, "2019年没有报送的数据"},
		{"a unit without scored units in it", full, "/stars?org=G1", 200, "第一网格之下没有参加评价的单位"},
		{"the card of a year to come", full, "/stars/B1?cycle=2027", 200, "朝阳社区党委 五星评价 2027尚未开始"},
		{"the card of a year without data", full, "/stars/B1?cycle=2019", 200, "这一年没有报送的数据"},
		{"an unknown unit", full, "/stars?org=nowhere", 404, ""},
		{"the card of an unknown unit", full, "/stars/nowhere", 404, ""},
		{"the card of a grid", full, "/stars/G1", 404, ""},
	} {
		r := get(t, x.site, x.url)
		if r.status != x.status {
			t.Errorf("%s: status %d, want %d", x.situation, r.status, x.status)
		}
		if x.title != "" && r.one(`(?s)<section class="empty card">\s*<h2>(.*?)</h2>`) != x.title {
			t.Errorf("%s: %s", x.situation, r.all(`<h2>(.*?)</h2>`))
		}
	}
	r := get(t, full, "/stars?cycle=二〇二六")
	if got, want := r.one(`<p class="notice" role="status">(.*?)</p>`), "年度“二〇二六”无法识别，已改为显示2026年。"; got != want || r.rows() == "" {
		t.Errorf("a year that is none: %q, want %q", got, want)
	}
}

func TestMatrixAsCSVIsSafeForSpreadsheets(t *testing.T) {
	t.Parallel()
	r := get(t, starSite(t), "/files/stars")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatal(len(rows), err)
	}
	if got, want := strings.Join(rows[2][:9], "|"), "2|B3|'"+hostile+"|光明街道党工委|100.00|点亮|40.00|未点亮|140.00"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := strings.Join(rows[4][4:9], "|"), "—|待补数据|—|待补数据|—"; got != want {
		t.Errorf("a missing score is %s, want %s", got, want)
	}
}

func TestScoresAreWorkedOutOnceForADataVersion(t *testing.T) {
	t.Parallel()
	s := starSite(t)
	ask := func() *stars.Result {
		r, _ := http.NewRequest(http.MethodGet, "http://localhost/stars", nil)
		r = r.WithContext(context.WithValue(r.Context(), passKey{}, pass{leader, &route{right: access.See}}))
		cs, err := s.readCycle(r)
		if err != nil {
			t.Fatal(err)
		}
		result, err := s.scores(r.Context(), cs)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	first := ask()
	if ask() != first {
		t.Error("scored again for the same data")
	}
	clock := s.Now
	s.Now = func() time.Time { return clock().Add(analytics.NowStep) }
	if later := ask(); later == first || !later.Now.After(first.Now) {
		t.Error("scores of five minutes ago")
	}
	job := begin(t, s.Warehouse)
	insert(t, job, "record", "id, source_system, content, kind, org_code, received_at, closed_at, resolved_level", "late", "test", "0", "SQ", "C1", "2026-03-01", nil, nil)
	publish(t, job)
	if second := ask(); second == first || stars.Text(second.Units[0].Stars[1].Score) != "65.45" { // 80 × 9 / 11 = 65.4545
		t.Error("new data did not change the score")
	}
}

func TestHonoursForTheOverview(t *testing.T) {
	t.Parallel()
	full := starSite(t)
	bare, _ := emptySite(t, fstest.MapFS{})
	for _, x := range []struct {
		situation string
		site      *Server
		query     string
		want      string
	}{
		{"the whole site", full, "?per=month&at=2026-02", "二星社区 监测口径 1 / 4 个 临界 1 个・待补 1 个 2026年・测试规则"},
		{"a street without one", full, "?org=S2", "二星社区 监测口径 0 / 2 个 临界 0 个・待补 1 个 2026年・测试规则"},
		{"a community is one branch", full, "?org=C1", "几星 监测口径 二星 点亮 点亮 2026年・测试规则"},
		{"a community whose branch misses the required star", full, "?org=C3", "几星 监测口径 不评星级 点亮 未点亮 支部过硬星未点亮・ 2026年・测试规则"},
		{"a community without ledgers", full, "?org=C4", "几星 监测口径 待补数据 待补数据 待补数据 缺台账，暂不能评星 2026年・测试规则"},
		{"a grid has no branch", full, "?org=G1", "二星社区 监测口径 不单独评价 这里没有参加五星评价的单位。"},
		{"a period to come shows this year", full, "?per=year&at=2030", "二星社区 监测口径 1 / 4 个 临界 1 个・待补 1 个 2026年・测试规则"},
		{"nothing loaded", bare, "", "五星 监测口径 尚无数据 2026年还没有台账可以评价。"},
	} {
		r := get(t, x.site, "/honours"+x.query)
		if r.status != 200 || strings.Contains(r.body, "<html") {
			t.Errorf("%s: status %d, or a whole page", x.situation, r.status)
		}
		if got := text(r.body); got != x.want {
			t.Errorf("%s:\n%s\nwant\n%s", x.situation, got, x.want)
		}
	}
	for query, url := range map[string]string{"?org=S2": "/stars?cycle=2026&org=S2", "?org=C1": "/stars/B1?cycle=2026"} {
		if links := get(t, full, "/honours"+query).links(); !slices.Equal(links, []string{url}) {
			t.Errorf("%s leads to %q, want %s", query, links, url)
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	s := starSite(t)
	for _, url := range []string{"/stars", "/stars/B3", "/stars?org=B3", "/honours?org=C3"} {
		if r := get(t, s, url); r.status != 200 || strings.Contains(r.body, "<img") {
			t.Errorf("%s: status %d, or the name became markup", url, r.status)
		}
	}
	for _, url := range []string{"/stars?org=%3Cscript%3Ealert(1)%3C/script%3E", "/stars?cycle=%3Cscript%3E", "/stars/B1?star=%22%3E%3Cscript%3E", "/stars?sort=%22%3E%3Cscript%3E"} {
		if r := get(t, s, url); strings.Contains(r.body, "<script>") || r.status >= 500 {
			t.Errorf("%s: status %d, or the parameter became markup", url, r.status)
		}
	}
}
