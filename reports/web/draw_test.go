package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/paulmach/orb"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/geo"
)

// undrawn is a site with two communities that have no file of borders, a register of estates and a ledger without coordinates.
func undrawn(t testing.TB) *site {
	t.Helper()
	dir := t.TempDir()
	s, err := openSite(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	files := t.TempDir()
	put := func(name, text string, args ...string) {
		t.Helper()
		path := filepath.Join(files, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		verb := strings.Fields(args[0])
		if err := s.load(context.Background(), append(append(verb, path), args[1:]...)...); err != nil {
			t.Fatal(err)
		}
	}
	put("单位.csv", "编码,名称,层级,上级编码\nD1,示范区,district,\nS1,红旗街道,street,D1\nC1,朝阳社区,community,S1\nC2,光明社区,community,S1\n", "units load")
	put("朝阳社区小区名册.csv", "红旗街道朝阳社区小区名册（2026年1月）,,,,,,,,\n小区,楼栋数,户数,物业公司,业委会,物管会,党支部,经度,纬度\n"+
		"金桂园,12,860,某物业公司,有,无,未建,114.0905,32.1405\n银杏苑,6,400,无,无,有,未建,114.0935,32.1405\n"+
		"老院,3,96,无,无,有,未建,114.0905,32.1435\n新村,4,128,无,无,有,未建,114.0935,32.1435\n", "ingest", "--crs", "wgs84")
	head := "红旗街道朝阳社区居民诉求台账（2026年10月）,,,,,,\n序号,受理日期,来源渠道,小区楼栋,诉求类别,诉求内容,办理结果\n"
	rows := ""
	for i, where := range []string{"金桂园3号楼", "金桂园5号楼", "金桂园1号楼", "银杏苑2栋", "老院", "老院1栋", "新村", "没有登记的院子"} {
		rows += fmt.Sprintf("%d,10月%d日,12345热线,%s,停车交通,小区门口车辆乱停%d,办结\n", i+1, i+5, where, i)
	}
	put("朝阳社区居民诉求台账.csv", head+rows, "ingest")
	return s
}

const drawReady = `document.querySelector("[data-draw]")?.dataset.ready === "1" && !document.querySelector("[data-draw]").dataset.busy`

// pixel is where a place lies in the window.
func (b *tab) pixel(lon, lat float64) (x, y float64) {
	b.t.Helper()
	at := eval[[]float64](b, fmt.Sprintf(`(() => {
		const el = document.querySelector("[data-draw]"), r = 20037508.342789244;
		const p = el.map.getPixelFromCoordinate([%[1]v * r / 180, Math.log(Math.tan((90 + %[2]v) * Math.PI / 360)) * r / Math.PI]);
		const box = el.getBoundingClientRect();
		return [box.left + p[0], box.top + p[1]];
	})()`, lon, lat))
	return at[0], at[1]
}

// drawn clicks along places and ends where it began.
func (b *tab) drawn(path ...[2]float64) {
	b.t.Helper()
	for _, p := range append(path, path[0]) {
		x, y := b.pixel(p[0], p[1])
		b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseClickXY(x, y))
	}
	b.wait(drawReady)
}

// A community without any file draws four grids, passes the audit, and its ledger without coordinates shows on the map by estate.
func TestBrowserDraw(t *testing.T) {
	s := undrawn(t)
	b := enter(t, s)
	b.size(desk)
	b.visit("/map?org=C1&per=month&at=2026-10&metric=received")
	b.follow(chromedp.Click(chromedp.CSS(`a[href^="/map/draw"]`)))
	b.wait(drawReady)
	if got := b.text("h1"); !strings.Contains(got, "朝阳社区的网格边界") {
		t.Errorf("the page is %q", got)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-draw]").scrollIntoView({ block: "center", behavior: "instant" })`))
	x0, x1, x2, y0, y1, y2 := 114.0890, 114.0920, 114.0950, 32.1390, 32.1420, 32.1450
	for i, ring := range [][][2]float64{
		{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}},
		{{x1, y0}, {x2, y0}, {x2, y1}, {x1, y1}},
		{{x0, y1}, {x1, y1}, {x1, y2}, {x0, y2}},
		{{x1, y1}, {x2, y1}, {x2, y2}, {x1, y2}},
	} {
		if i == 0 {
			b.do(chromedp.Click(chromedp.CSS(`[data-mode="add"]`)))
			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-draw]").scrollIntoView({ block: "center", behavior: "instant" })`))
		}
		b.drawn(ring...)
		b.wait(fmt.Sprintf(`document.querySelectorAll("[data-draw-units] li").length === %d`, i+1))
	}
	if got := b.text("[data-draw-verdict]"); !strings.HasPrefix(got, "检查通过") {
		t.Fatalf("the audit says %q: %s", got, b.text("[data-draw-findings]"))
	}
	if got := b.text("[data-draw-units]"); !strings.Contains(got, "第一网格") || !strings.Contains(got, "第四网格") {
		t.Errorf("the grids are %q", got)
	}
	// What was drawn outlives the page; a step back and forth.
	b.visit("/map/draw?org=C1")
	b.wait(drawReady + ` && document.querySelectorAll("[data-draw-units] li").length === 4`)
	b.do(chromedp.Click(chromedp.CSS("[data-undo]")))
	b.wait(drawReady + ` && document.querySelectorAll("[data-draw-units] li").length === 3`)
	b.do(chromedp.Click(chromedp.CSS("[data-redo]")))
	b.wait(drawReady + ` && document.querySelectorAll("[data-draw-units] li").length === 4`)
	for _, width := range []int64{phone, desk} {
		b.size(width)
		if err := b.fits(); err != nil {
			t.Errorf("%d wide: %v", width, err)
		}
	}
	b.follow(chromedp.Click(chromedp.CSS("[data-draw-save] button")))
	b.visit(b.address() + "&per=month&at=2026-10&metric=received&points=clusters")
	b.wait(mapDrawn)
	b.wait(`!document.querySelector("[data-points-key]").hidden`)
	table := b.text(".maptable tbody")
	for _, want := range []string{"第一网格3", "第二网格1", "第三网格2", "第四网格1"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q: %s", want, table)
		}
	}
	total := eval[int](b, `fetch("/map/bins?org=C1&per=month&at=2026-10&metric=received&size=100").then((r) => r.json()).then((a) => a.total)`)
	if total != 7 { // the eighth names a place that is not registered
		t.Errorf("%d matters have a place on the map, want 7", total)
	}
	if seen := eval[int](b, `document.querySelector("[data-map]").map.getLayers().getArray().flatMap((l) => l.getSource().getFeatures?.() ?? []).filter((f) => f.get("n")).reduce((n, f) => n + f.get("n"), 0)`); seen != 7 {
		t.Errorf("the map shows %d matters, want 7", seen)
	}
}

// redraw posts a draft as a caller.
func (s *site) redraw(t testing.TB, h http.Handler, token, path string, d units.Draft, more ...string) (status int, body map[string]any) {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"draft": {string(raw)}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	w := ask(h, http.MethodPost, path+"?org="+d.Org, token, form)
	if json.Unmarshal(w.Body.Bytes(), &body) != nil {
		body = nil // a page that refuses
	}
	return w.Code, body
}

// Who draws sees and changes what is his; two who draw at once do not undo each other; what splits and merges moves the rows.
func TestDraw(t *testing.T) {
	s := undrawn(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	clerk := func(name, code string) string {
		return s.as(t, name, access.Grant{Role: access.Clerk, Org: code})
	}
	one, two := clerk("one", "C1"), clerk("two", "C2")
	box := func(x0, y0, x1, y1 float64) []orb.Point { return []orb.Point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}} }
	west := units.Draft{Org: "C1", Level: "grid", Ops: []units.Op{{Op: "add", Code: "C1001", Name: "第一网格", Path: box(114.0890, 32.1390, 114.0950, 32.1450)}}}
	status, body := s.redraw(t, h, one, "/map/draw/replay", west)
	if status != 200 || body["failed"] != -1.0 {
		t.Fatalf("%d %v", status, body)
	}
	west.Base = body["base"].(string)
	if status, body := s.redraw(t, h, two, "/map/draw/replay", west); status != 404 {
		t.Errorf("a stranger draws in C1: %d %v", status, body)
	}
	if status, body := s.redraw(t, h, one, "/map/draw/save", west, "from", ""); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	// The same draft again is one of before.
	if status, body := s.redraw(t, h, one, "/map/draw/save", west, "from", ""); status != 409 || !strings.Contains(fmt.Sprint(body["error"]), "已被更新") {
		t.Errorf("a draft of before: %d %v", status, body)
	}
	// The neighbour draws over it: what is there stays, and nothing of it is named.
	east := units.Draft{Org: "C2", Level: "grid", Ops: []units.Op{{Op: "add", Code: "C2001", Name: "第一网格", Path: box(114.0920, 32.1390, 114.0990, 32.1450)}}}
	status, body = s.redraw(t, h, two, "/map/draw/replay", east)
	text := fmt.Sprint(body)
	if status != 200 || body["failed"] != -1.0 || strings.Contains(text, "C1001") || len(body["units"].([]any)) != 2 {
		t.Errorf("%d %s", status, text)
	}
	for _, u := range body["units"].([]any) {
		if m := u.(map[string]any); m["code"] == "C2001" && m["area"] != "0.251 平方公里" { // 0.0040° × 0.0060° at 32.142° N: 377.2 m × 665.3 m
			t.Errorf("the part left of C2001: %v", m["area"])
		}
	}
	taken := east
	taken.Ops = []units.Op{{Op: "add", Code: "C1001", Name: "抢用", Path: box(114.1, 32.1390, 114.11, 32.1450)}}
	if _, body := s.redraw(t, h, two, "/map/draw/replay", taken); body["failed"] != 0.0 || strings.Contains(fmt.Sprint(body["error"]), "朝阳") {
		t.Errorf("a code of others: %v", body)
	}
	for _, op := range []units.Op{{Op: "remove", Code: "C1001"}, {Op: "merge", Code: "C1001", Other: "C2001"}, {Op: "nonsense"}, {Op: "move"}} {
		d := units.Draft{Org: "C2", Level: "grid", Ops: append(append([]units.Op{}, east.Ops...), op)}
		if _, body := s.redraw(t, h, two, "/map/draw/replay", d); body["failed"] != 1.0 {
			t.Errorf("%+v: %v", op, body["failed"])
		}
	}
	// A cut in two from a day on: the matters go with their estates, and 当时 remembers.
	cut := units.Draft{Org: "C1", Level: "grid", Ops: []units.Op{
		{Op: "split", Code: "C1001", Other: "C1002", Name: "第二网格", Path: []orb.Point{{114.0925, 32.13}, {114.0925, 32.15}}},
	}}
	if status, body := s.redraw(t, h, one, "/map/draw/save", cut, "from", "2026-10-20"); status != 200 || !strings.Contains(fmt.Sprint(body["said"]), "2 件事项按新边界重新归属") {
		t.Fatalf("%d %v", status, body)
	}
	count := func(of analytics.UnitsOf) string {
		a := s.ask(t, analytics.Query{Metrics: []string{"received"}, Dims: []string{"org:grid"}, Org: "C1", Units: of, From: until.AddDate(0, -1, 0), To: until})
		out := ""
		for _, r := range a.Rows {
			out += fmt.Sprint(r.Keys[0].Value, "=", *r.Cells[0].Value, " ")
		}
		return out
	}
	if got := count(analytics.UnitsNow); got != "C1001=5 C1002=2 <nil>=1 " {
		t.Errorf("现行 %s", got)
	}
	if got := count(analytics.UnitsThen); got != "C1001=7 C1002=0 <nil>=1 " {
		t.Errorf("当时 %s", got)
	}
	// Back together: without a day it is refused, with one the second grid ends and its matters go over.
	whole := units.Draft{Org: "C1", Level: "grid", Ops: []units.Op{{Op: "merge", Code: "C1001", Other: "C1002"}}}
	if status, body := s.redraw(t, h, one, "/map/draw/save", whole, "from", ""); status != 422 || !strings.Contains(fmt.Sprint(body["error"]), "启用日期") {
		t.Errorf("a merger without a day: %d %v", status, body)
	}
	if status, body := s.redraw(t, h, one, "/map/draw/save", whole, "from", "2026-10-25"); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	if got := count(analytics.UnitsNow); got != "C1001=7 <nil>=1 " {
		t.Errorf("after the merger %s", got)
	}
	// What would not be as it looks is refused: the code of a unit that has ended, a day before the borders it is drawn on, one to come, a
	// unit beside the one that the draft is about.
	line := []orb.Point{{114.0925, 32.13}, {114.0925, 32.15}}
	split := func(code, name string) units.Draft {
		return units.Draft{Org: "C1", Level: "grid", Ops: []units.Op{{Op: "split", Code: "C1001", Other: code, Name: name, Path: line}}}
	}
	if _, body := s.redraw(t, h, one, "/map/draw/replay", split("C1002", "")); body["failed"] != 0.0 || !strings.Contains(fmt.Sprint(body["error"]), "已停用") {
		t.Errorf("the code of a unit that has ended: %v", body["error"])
	}
	for from, want := range map[string]string{"2026-10-01": "不应早于", "2026-12-01": "今天以后"} {
		if status, body := s.redraw(t, h, one, "/map/draw/save", split("C1003", "第三网格"), "from", from); status != 422 || !strings.Contains(fmt.Sprint(body["error"]), want) {
			t.Errorf("from %s: %d %v", from, status, body["error"])
		}
	}
	for _, name := range []string{"", "　", "第一网格 ", "第一网格"} {
		if _, body := s.redraw(t, h, one, "/map/draw/replay", split("C1003", name)); body["failed"] != 0.0 {
			t.Errorf("the name %q passes", name)
		}
	}
	site := s.leader(t)
	if _, body := s.redraw(t, h, site, "/map/draw/replay", units.Draft{Org: "C2", Level: "grid", Ops: []units.Op{{Op: "remove", Code: "C1001"}}}); body["failed"] != 0.0 {
		t.Errorf("a unit beside the draft's: %v", body)
	}
	if status, body := s.redraw(t, h, site, "/map/draw/replay", units.Draft{Org: "S1", Level: "community", Ops: []units.Op{
		{Op: "add", Code: "C1", Path: box(114.08, 32.13, 114.10, 32.15)}, {Op: "remove", Code: "C1"},
	}}); status != 200 || body["failed"] != 1.0 || !strings.Contains(fmt.Sprint(body["error"]), "下级单位") {
		t.Errorf("a community with grids: %d %v", status, body["error"])
	}
}

// After a new cut the pages offer both answers, and every link keeps the one chosen.
func TestThenAndNow(t *testing.T) {
	s := undrawn(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	token := s.leader(t)
	page := func(path string) string { return ask(h, http.MethodGet, path, token, nil).Body.String() }
	const at = "?org=C1&per=month&at=2026-10&show=grid"
	draw := func(from string, ops ...units.Op) {
		t.Helper()
		if status, body := s.redraw(t, h, token, "/map/draw/save", units.Draft{Org: "C1", Level: "grid", Ops: ops}, "from", from); status != 200 {
			t.Fatalf("%d %v", status, body)
		}
	}
	draw("", units.Op{Op: "add", Code: "C1001", Name: "第一网格", Path: []orb.Point{{114.0890, 32.1390}, {114.0950, 32.1390}, {114.0950, 32.1450}, {114.0890, 32.1450}}})
	if body := page("/map" + at); strings.Contains(body, "按当时的单位") {
		t.Error("nothing was moved, and the page offers 当时")
	}
	draw("2026-10-20", units.Op{Op: "split", Code: "C1001", Other: "C1002", Name: "第二网格", Path: []orb.Point{{114.0925, 32.13}, {114.0925, 32.15}}})
	for _, path := range []string{"/map", "/"} {
		if body := page(path + at); !strings.Contains(body, "按当时的单位") || strings.Contains(body, "按现行单位") {
			t.Errorf("%s does not offer 当时 alone", path)
		}
	}
	body := page("/map" + at + "&metric=received&units=then")
	for _, want := range []string{"按现行单位", "边界重新划分以前的事项和活动", `name="units" value="then"`} {
		if !strings.Contains(body, want) {
			t.Errorf("当时 lacks %q", want)
		}
	}
	rows := func(org, more string) int {
		return strings.Count(page("/records?org="+org+"&per=month&at=2026-10&metric=received"+more), "小区门口车辆乱停")
	}
	if now, then := rows("C1001", ""), rows("C1001", "&units=then"); now != 5 || then != 7 {
		t.Errorf("the rows of the first grid: %d now, %d then; want 5 and 7", now, then)
	}
}

// The facilities on the map, and whom they reach: 1,388 of the 1,484 households of the register are within a kilometre.
func TestBrowserReach(t *testing.T) {
	s := undrawn(t)
	files := t.TempDir()
	path := filepath.Join(files, "红旗街道朝阳社区阵地名册.csv")
	// The first lies 849, 600 and 833 m from 金桂园, 银杏苑 and 新村, and 1,027 m from 老院 with its 96 households; the second 29 km away.
	if err := os.WriteFile(path, []byte("红旗街道朝阳社区阵地名册（2026年1月）,,,,,\n阵地名称,类型,社区,启用日期,经度,纬度\n社区党群服务中心,党群服务中心,朝阳社区,2020年,114.0988,32.1375\n远处驿站,驿站,朝阳社区,2020年,114.4,32.14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.load(t.Context(), "ingest", path, "--crs", "wgs84"); err != nil {
		t.Fatal(err)
	}
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	if status, body := s.redraw(t, h, s.leader(t), "/map/draw/save", units.Draft{Org: "C1", Level: "grid", Ops: []units.Op{
		{Op: "add", Code: "C1001", Name: "第一网格", Path: []orb.Point{{114.0890, 32.1390}, {114.0950, 32.1390}, {114.0950, 32.1450}, {114.0890, 32.1450}}},
	}}, "from", ""); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	b := enter(t, s)
	b.size(desk)
	b.visit("/map?org=C1&per=month&at=2026-10&metric=received&show=grid")
	b.wait(mapDrawn)
	b.do(chromedp.Click(chromedp.CSS("[data-reach]")))
	b.wait(`!document.querySelector("[data-reach-text]").hidden`)
	if got := b.text("[data-reach-text]"); !strings.HasPrefix(got, "步行15分钟（直线 1,000 米）覆盖：93.5%（在册小区 1,388／1,484 户）") {
		t.Errorf("the words are %q", got)
	}
	if n := eval[int](b, `document.querySelector("[data-map]").map.getLayers().getArray().flatMap((l) => l.getSource().getFeatures?.() ?? []).filter((f) => f.get("name")?.endsWith("中心") || f.get("name")?.endsWith("驿站")).length`); n != 2 {
		t.Errorf("%d facilities are drawn", n)
	}
}

// What was drawn is taken away in both formats, with every vertex where it was drawn.
func TestDrawnBordersAsFiles(t *testing.T) {
	s := undrawn(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	ring := []orb.Point{{114.0890, 32.1390}, {114.0950, 32.1390}, {114.0950, 32.1450}, {114.0890, 32.1450}}
	if status, body := s.redraw(t, h, s.leader(t), "/map/draw/save", units.Draft{Org: "C1", Level: "grid", Ops: []units.Op{{Op: "add", Code: "C1001", Name: "第一网格", Path: ring}}}, "from", ""); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	for format, name := range map[string]string{"": "grid.geojson", "?format=shp": "grid.zip"} {
		w := ask(h, http.MethodGet, "/files/borders/grid"+format, s.leader(t), nil)
		parts := []geo.Part{{Name: name, Data: bytes.NewReader(w.Body.Bytes()), Size: int64(w.Body.Len())}}
		if format != "" {
			archive, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
			if err != nil {
				t.Fatal(err)
			}
			parts = nil
			for _, f := range archive.File {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				raw, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, geo.Part{Name: f.Name, Data: bytes.NewReader(raw), Size: int64(len(raw))})
			}
		}
		sets, err := geo.Sets(parts)
		if err != nil || len(sets) != 1 {
			t.Fatalf("%s: %d sets, %v", name, len(sets), err)
		}
		c, err := sets[0].Read(geo.ReadSettings{})
		if err != nil {
			t.Fatal(err)
		}
		fs, err := c.Features(geo.ReadOptions{CodeProp: "code", NameProp: "name", CRS: geo.WGS84})
		if err != nil || len(fs) != 1 || fs[0].Code != "C1001" || fs[0].Name != "第一网格" {
			t.Fatalf("%s: %+v, %v", name, fs, err)
		}
		for _, p := range ring {
			if !slices.Contains(fs[0].Shape[0][0], p) {
				t.Errorf("%s lacks the vertex %v: %v", name, p, fs[0].Shape)
			}
		}
	}
}
