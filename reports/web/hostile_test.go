package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// hostile are texts as they come out of other people's spreadsheets, and some that somebody has put there on purpose.
// What would run sets pwned.
var hostile = []string{
	`</script><img src=x onerror="globalThis.pwned=1">`,
	`"><svg onload=globalThis.pwned=1><b>`,
	`'-globalThis.pwned-'`,
	"`${globalThis.pwned=1}`",
	`javascript:globalThis.pwned=1//`,
	`{{.}}{{printf "%s" .Title}}{{template "lead" .}}`,
	`{b|x}{a}{c}{value}<br>{after|y`,
	`<!--<script>globalThis.pwned=1</script>`,
	`&lt;i&gt;&#60;script&#62;`,
	`=HYPERLINK("http://192.0.2.1/","x")`,
	"多行\n第二行\tTab",
	"\u202e反\u2066向\u200f مرحبا",
	"👨‍👩‍👧‍👦🏳️‍🌈" + strings.Repeat("😀", 40),
	"𠮷野家㐂寿司𬭊",
	strings.Repeat("长", 5000),
	strings.Repeat("W", 5000),
	"CODE",
}

// hostileSite has a street, a community and a grid for each hostile text, branches of such names, and ledgers with the
// texts wherever a ledger has text. It has no polygons, so that its maps are those of tiles.
var hostileSite = share("[site]\nname = \"</script><img src=x onerror=globalThis.pwned=1>区\"\n", func(ctx context.Context, s *site, dir string) error {
	area := [][]string{{"编码", "名称", "层级", "上级编码", "户数", "负责人职务"}, {"D", hostile[0] + "区", "district", "", "99999", hostile[0]}}
	party := [][]string{{"编码", "名称", "层级", "上级编码", "覆盖"}}
	matters := [][]string{{"受理日期", "来源渠道", "网格", "诉求类别", "诉求内容", "反映人类别", "承办单位", "办结时限", "办结时间", "办理结果", "是否解决", "满意度", "回访时间", "是否有效回访", "是否联系", "解决层级"}}
	whistles := [][]string{{"哨号", "吹哨日期时间", "吹哨社区", "哨源", "事项分类", "事项描述", "转哨部门", "签收时间", "办结时间", "办哨结果"}}
	for i, text := range hostile {
		name := string([]rune(text)[:min(90, len([]rune(text)))]) // the tree of units takes a hundred
		street, community, grid := fmt.Sprintf("S%02d", i), fmt.Sprintf("C%02d", i), fmt.Sprintf(`G&%02d#"'<`, i)
		area = append(area,
			[]string{street, name + "街", "street", "D", "999", name},
			[]string{community, name + "社", "community", street, "999", name},
			[]string{grid, name + "格", "grid", community, "999", name})
		party = append(party, []string{"P" + street, name + "工委", "committee", "", street}, []string{"P" + community, name + "党委", "branch", "P" + street, community})
		for n := range 12 {
			matters = append(matters, []string{
				fmt.Sprintf("2026-10-%02d", n+2), text, grid, text, fmt.Sprint(n, text), text, text, "2026-10-20", "2026-10-19", text, "是", "满意", "2026-10-25", "是", "是", "网格",
			})
			whistles = append(whistles, []string{
				fmt.Sprint(i*100 + n), fmt.Sprintf("2026-10-%02d 08:00", n+2), community, text, text, fmt.Sprint(n, text), text, "2026-10-20 08:00", "2026-10-20 09:00", text,
			})
		}
	}
	for _, f := range []struct {
		name string
		rows [][]string
		verb []string
	}{
		{"区.csv", area, []string{"units", "load"}},
		{"党.csv", party, []string{"units", "load"}},
		{"<img src=x onerror=globalThis.pwned=1>居民诉求台账.csv", matters, []string{"ingest"}},
		{strings.Repeat("长", 60) + "吹哨报到台账.csv", whistles, []string{"ingest"}},
	} {
		if err := s.loadTable(ctx, filepath.Join(dir, f.name), f.rows, f.verb...); err != nil {
			return err
		}
	}
	return nil
})

// hostilePages are addresses that show the hostile texts; each must hold the fragment at least once as text.
func hostilePages() []struct{ name, url, shows string } {
	pages := []struct{ name, url, shows string }{
		{"district", "/", hostile[0]},
		{"communities of the district", "/?show=community", hostile[1]},
		{"grids of the district", "/?show=grid", hostile[1]},
		{"rows", "/records", hostile[1]},
		{"rows of one category", "/records?category=" + url.QueryEscape(hostile[0]), hostile[0]},
		{"whistles", "/records?kind=CS&metric=whistles", hostile[5]},
		{"board of stars", "/stars", hostile[0]},
		{"start", "/start", "<img src=x"},
		{"a grid of a code that an address must escape", "/?org=" + url.QueryEscape(`G&00#"'<`), hostile[0]},
	}
	for i, text := range hostile {
		short := string([]rune(strings.Fields(text)[0])[:min(4, len([]rune(strings.Fields(text)[0])))])
		pages = append(pages,
			struct{ name, url, shows string }{fmt.Sprint("street ", i), fmt.Sprintf("/?org=S%02d", i), short},
			struct{ name, url, shows string }{fmt.Sprint("scorecard ", i), fmt.Sprintf("/stars/PC%02d?star=all", i), short})
	}
	return pages
}

// unharmed says whether nothing on the page runs that came out of a ledger.
func (b *tab) unharmed() {
	b.t.Helper()
	if eval[bool](b, `"pwned" in globalThis`) {
		b.t.Errorf("a text of a ledger was run by %s", b.address())
	}
	if made := eval[[]string](b, `[...document.querySelectorAll("img, iframe, object, embed, base, meta[http-equiv], [onerror], [onload], [style]:not(.chart):not(.chart *):not(.spark):not(.spark *), a[href^='javascript:' i]")].map(e => e.outerHTML.slice(0, 120))`); len(made) > 0 {
		b.t.Errorf("%s has elements that its template did not make: %q", b.address(), made)
	}
}

// Whatever stands in the ledgers and in the tree of units is text: nothing of it runs, and no page becomes wider than
// its window.
func TestBrowserHostileTexts(t *testing.T) {
	s := hostileSite(t)
	b := enter(t, s)
	for _, p := range hostilePages() {
		b.size(desk)
		b.visit(p.url)
		if shown := eval[bool](b, fmt.Sprintf(`document.querySelector("main").textContent.includes(%q)`, p.shows)); !shown {
			t.Errorf("%s (%s) does not show %q", p.name, p.url, p.shows)
		}
		for _, width := range []int64{desk, phone} {
			b.size(width)
			if err := b.fits(); err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
			b.unharmed()
		}
		// A table may be wider than the window, but its columns must be within reach.
		b.size(desk)
		if wide := eval[int](b, `Math.max(0, ...[...document.querySelectorAll(".scroll")].map((e) => e.scrollWidth))`); wide > 4*desk {
			t.Errorf("%s: a table is %d wide", p.name, wide)
		}
	}
}

// What the charts show when the mouse is over them, and what they save, is text too.
func TestBrowserHostileCharts(t *testing.T) {
	b := enter(t, hostileSite(t))
	b.visit("/?show=street")
	x, y := b.spot("map", "S00")
	b.do(chromedp.MouseEvent("mouseMoved", x, y))
	b.wait(`echarts.getInstanceByDom(document.querySelector('[data-chart="map"]')).getZr().storage.getDisplayList(true).length > 0`)
	x, y = b.spot("ranking", "S00")
	b.do(chromedp.MouseEvent("mouseMoved", x, y))
	b.unharmed()
	for _, chart := range []string{"map", "ranking", "trend", "parts", "flow"} {
		file := b.saved(chart, "[data-svg]")
		if _, err := words(file.body); err != nil {
			t.Errorf("%s.svg: %v", chart, err)
		}
		if strings.ContainsAny(file.name, `/\:*?"<>|`) {
			t.Errorf("saved as %q", file.name)
		}
	}
	b.unharmed()
}

// nonsense are values that no address of ours has.
var nonsense = []string{
	"", " ", "x", "-1", "0", "1.5", "999999999999999999999999", "NaN", "1e309", "null", "undefined",
	"' OR 1=1 --", `"; DROP TABLE record; --`, "1); SELECT * FROM record", "record.id", "%", "_", `\`, "*", "$1", "?",
	"\x00", "a\x00b", "\n", "\r\nSet-Cookie: x=1", "%0a", "%00", "\xff\xfe", "\u202e", "𠮷", "（", "😀",
	"../../etc/passwd", "<script>pwned</script>", "{{.}}", "{b|x}", "CODE",
	"2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "2199-12-31", "1900-01-01", "2026-13", "2026-Q5", "12345-01", "-2026-01", "2026-01-01T00:00:00",
	strings.Repeat("长", 5000), strings.Repeat("A", 1<<20),
}

// sensible are values that mean something in some parameter, so that nonsense meets every state of a page.
var sensible = map[string][]string{
	"per": {"range", "day", "week", "quarter", "year"}, "kind": {"SQ", "CS", "WX"}, "show": {"grid", "building"}, "metric": {"on_time_rate", "patrol_rate", "three_rates_score"},
	"part": {"miss", "hit"}, "sort": {"received_at", "org", "total", "name"}, "org": {"D", "S00", "PC00"}, "star": {"all"}, "cycle": {"2026", "2199"},
}

// places of the site and the parameters that each reads.
var addresses = []struct {
	path   string
	params []string
}{
	{"/", []string{"org", "per", "at", "from", "to", "kind", "show", "map", "rank"}},
	{"/records", []string{"org", "per", "at", "from", "to", "kind", "metric", "part", "sort", "desc", "page", "now", "channel", "category", "category2", "status", "dept", "target_group", "resolved_level"}},
	{"/stars", []string{"org", "cycle", "sort", "desc"}},
	{"/files/records", []string{"org", "metric", "part", "kind"}},
	{"/files/stars", []string{"org", "cycle", "sort"}},
	{"/files/picture/map", []string{"org", "per", "at", "map"}},
	{"/files/chart/map", []string{"org", "per", "at", "map"}},
	{"/search", []string{"q"}},
	{"/signin", []string{"next"}},
	{"/enter", []string{"key"}},
	{"/stars/PC00", []string{"cycle", "star", "org"}},
	{"/map", []string{"org", "per", "at", "kind", "show", "metric", "classes", "points"}},
	{"/map/bins", []string{"org", "per", "metric", "size", "bbox", "kind"}},
	{"/map/points", []string{"org", "per", "metric", "bbox", "kind"}},
	{"/map/months", []string{"org", "at", "metric", "show"}},
	{"/map/draw", []string{"org", "level"}},
	{"/map/context/x", []string{"v"}},
	{"/map/reach", []string{"org", "per", "at"}},
	{"/map/unit", []string{"org", "metric", "per"}},
	{"/ogc/collections/community/items", []string{"limit", "bbox", "datetime", "after", "name", "parent", "metric", "from", "to", "f"}},
	{"/ogc/collections/records/items", []string{"limit", "bbox", "datetime", "after", "kind", "category", "org"}},
	{"/tiles/community/10/863/415.mvt", []string{"v", "metric", "from", "to"}},
	{"/honours", []string{"org", "per", "at", "cycle"}},
	{"/start", []string{"org"}},
	{"/data/borders", []string{"level", "done"}},
	{"/data/borders/none", []string{"level", "crs", "from"}},
	{"/files/borders/community", []string{"org"}},
	{"/chart/map", []string{"org", "per", "at", "show", "map"}},
	{"/chart/flow", []string{"org", "per", "kind"}},
	{"/outline/community", []string{"org", "v", "tiles"}},
	{"/enter", []string{"key"}},
}

// core is the nonsense that every parameter of every address meets; the rest meets each parameter once.
var core = []string{"x", "-1", "' OR 1=1 --", "\x00", "\xff\xfe", "%0a", "{{.}}", "0001-01-01", strings.Repeat("A", 1<<20)}

// insides is what a reader must never see: the words of the database, of Go and of templates.
var insides = []string{
	"Binder Error", "Parser Error", "Catalog Error", "Conversion Error", "Constraint Error", "INTERNAL Error", "FATAL Error", "Out of Range", "duckdb", "sql: ",
	"syntax error", "goroutine ", ".go:", "runtime error", "invalid memory", "strconv.", "unmarshal", "template: ", "context canceled", "%!", "<nil>",
}

// visitor asks a server of the site, past the door, without a network in between.
type visitor struct {
	t       *testing.T
	handler http.Handler
	site    *site
}

func (v visitor) get(url string) *httptest.ResponseRecorder {
	v.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	var err error
	if r.URL, err = r.URL.Parse(url); err != nil {
		v.t.Fatal(err)
	}
	r.RequestURI = r.URL.RequestURI()
	r.AddCookie(&http.Cookie{Name: "gs", Value: v.site.leader(v.t)})
	v.handler.ServeHTTP(w, r)
	return w
}

// friendly asks for an address and says what is wrong with the answer: it must be a page in Chinese, or a file.
func (v visitor) friendly(url string) {
	v.t.Helper()
	w := v.get(url)
	body, short := w.Body.String(), url[:min(len(url), 200)]
	leaks := slices.IndexFunc(insides, func(words string) bool { return strings.Contains(body, words) })
	switch {
	case !slices.Contains([]int{http.StatusOK, http.StatusSeeOther, http.StatusBadRequest, http.StatusNotFound}, w.Code):
		v.t.Errorf("%s: %d %.300s", short, w.Code, body)
	case leaks >= 0:
		at := strings.Index(body, insides[leaks])
		v.t.Errorf("%s shows the inside: %q", short, body[max(0, at-100):min(len(body), at+100)])
	case w.Code >= http.StatusBadRequest && !strings.ContainsAny(body, "。？") && !strings.HasPrefix(url, "/assets/") && !strings.HasPrefix(url, "/static/"):
		v.t.Errorf("%s is refused without a sentence: %.300s", short, body)
	case strings.Contains(body, "<script>pwned"):
		v.t.Errorf("%s repeats a script", short)
	case w.Header().Get("Set-Cookie") != "":
		v.t.Errorf("%s sets a cookie", short)
	}
	if log := v.site.log.String(); log != "" {
		v.t.Fatalf("%s: the server complains: %.2000s", short, log)
	}
}

// Whatever stands in an address, the answer is a friendly page: no failure, no inside of the program.
func TestNonsense(t *testing.T) {
	s := hostileSite(t)
	handler, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, handler, s}
	n := 0
	met := map[string]bool{}
	for _, a := range addresses {
		for i, p := range a.params {
			values := core
			if !met[p] {
				met[p], values = true, slices.Concat(nonsense, sensible[p])
			}
			for _, value := range values {
				v.friendly(a.path + "?" + url.Values{p: {value}}.Encode())
				n++
			}
			// Beside it a value that means something, and one too many.
			other := a.params[(i+1)%len(a.params)]
			for _, good := range sensible[other] {
				v.friendly(a.path + "?" + url.Values{p: {"' OR 1=1 --"}, other: {good, "x"}}.Encode())
				n++
			}
		}
		for _, raw := range []string{"%zz", "%", "a;b", "=", "&&&", "org", "%00=%00", strings.Repeat("a=1&", 10_000)} {
			v.friendly(a.path + "?" + raw)
			n++
		}
	}
	for _, value := range nonsense {
		if value != "" && len(value) < 1<<16 {
			for _, folder := range []string{"/stars/", "/chart/", "/outline/", "/assets/", "/static/", "/"} {
				if path := folder + url.PathEscape(value); path != "/." {
					v.friendly(path)
					n++
				}
			}
		}
	}
	t.Logf("%d addresses", n)
}

// A period in the future or before all data has a page that says so, in the browser too.
func TestBrowserOtherTimes(t *testing.T) {
	b := enter(t, district(t))
	for _, c := range []struct{ url, says string }{
		{"/?per=month&at=2026-12", "尚未开始"},
		{"/?per=year&at=2199", "尚未开始"},
		{"/?per=range&from=2030-01-01&to=2030-01-31", "尚未开始"},
		{"/?per=month&at=1950-01", "没有报送的数据"},
		{"/?per=year&at=2010", "没有报送的数据"},
		{"/?per=range&from=1950-01-01&to=1969-12-31", "没有报送的数据"},
		{"/?per=month&at=1949-12", "无法识别"},
		{"/?per=month&at=2026-13", "无法识别"},
		{"/?per=range&from=2026-03-01&to=2026-02-01", "起始日期晚于截止日期"},
		{"/?kind=不存在", "无法识别"},
		{"/records?per=month&at=2027-01", "尚未开始"},
		{"/records?per=month&at=2010-01", "缺数据"},
		{"/stars?cycle=2027", "尚未开始"},
		{"/stars?cycle=2010", "没有报送的数据"},
		{"/stars?cycle=x", "无法识别"},
	} {
		b.visit(c.url)
		if got := b.text("main"); !strings.Contains(got, c.says) {
			t.Errorf("%s says %.300q, not %q", c.url, got, c.says)
		}
		for _, width := range []int64{desk, phone} {
			b.size(width)
			if err := b.fits(); err != nil {
				t.Error(err)
			}
		}
	}
}
