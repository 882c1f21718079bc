package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/paulmach/orb"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/geo"
)

// mapped is the site undrawn with borders of its two communities and of the grids of one, and no context layer yet.
func mapped(t testing.TB) *site {
	t.Helper()
	s := undrawn(t)
	box := func(x0, x1 float64) orb.MultiPolygon {
		return orb.MultiPolygon{{{{x0, 32.139}, {x1, 32.139}, {x1, 32.145}, {x0, 32.145}, {x0, 32.139}}}}
	}
	load := func(level string, features ...geo.Feature) {
		t.Helper()
		if _, err := units.LoadLayer(t.Context(), s.Warehouse, features, units.LayerOptions{Level: level, Levels: s.Levels, CRS: geo.WGS84, Source: level + ".geojson", Now: morning}); err != nil {
			t.Fatal(err)
		}
	}
	load("community", geo.Feature{Row: 1, Code: "C1", Name: "朝阳社区", Shape: box(114.089, 114.095)}, geo.Feature{Row: 2, Code: "C2", Name: "光明社区", Shape: box(114.095, 114.101)})
	load("grid", geo.Feature{Row: 1, Code: "G1", Name: "第一网格", Shape: box(114.089, 114.092)}, geo.Feature{Row: 2, Code: "G2", Name: "第二网格", Shape: box(114.092, 114.095)})
	return s
}

func (s *site) context(t testing.TB, name string, kind units.ContextKind, things ...geo.Thing) units.ContextReport {
	t.Helper()
	r, err := units.LoadContext(t.Context(), s.Warehouse, things, units.ContextOptions{Layer: name, Kind: kind, CRS: geo.WGS84, Source: name + ".geojson"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// line is a road that runs from west to east through both communities, as a zigzag of so many steps, 20 m wide.
func line(lat float64, steps int) orb.LineString {
	var out orb.LineString
	for i := range steps + 1 {
		out = append(out, orb.Point{114.09 + 0.01*float64(i)/float64(steps), lat + 0.00018*float64(i%2)})
	}
	return out
}

type contextConfig struct {
	Name, Kind, URL, Note string
}

var contextsInPage = regexp.MustCompile(`"contexts":(\[[^\]]*\])`)

// Context layers belong to the site: whoever sees the map sees all of them, whatever unit he is for, and nobody else does.
func TestMapContext(t *testing.T) {
	s := mapped(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	leader := s.leader(t)
	get := func(address, token string, tag ...string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "http://localhost"+address, nil)
		r.AddCookie(&http.Cookie{Name: "gs", Value: token})
		for _, x := range tag {
			r.Header.Set("If-None-Match", x)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	config := func(token, where string) (all []contextConfig) {
		t.Helper()
		page := get("/map?"+where+"&per=month&at=2026-10&metric=received", token)
		m := contextsInPage.FindStringSubmatch(page.Body.String())
		if page.Code != http.StatusOK {
			t.Fatalf("the map: %d %s", page.Code, page.Body)
		}
		if m == nil {
			return nil
		}
		if err := json.Unmarshal([]byte(m[1]), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := config(leader, "show=community"); all != nil {
		t.Errorf("before any was loaded: %+v", all)
	}
	if w := get("/map/context/x", leader); w.Code != http.StatusNotFound {
		t.Errorf("a layer that is not there: %d", w.Code)
	}

	school := geo.Thing{Row: 1, Name: "小学", Shape: orb.Point{114.0995, 32.14}} // in the other community
	s.context(t, "学校/园", units.Facility, school)
	first := s.context(t, "道路", units.Road, geo.Thing{Row: 1, Name: "人民路", Shape: orb.LineString{{114.09, 32.14}, {114.095, 32.140009}, {114.1, 32.14}}})
	all := config(leader, "show=community")
	if len(all) != 2 || all[0].Name != "道路" || all[0].Kind != "road" || all[1].Name != "学校/园" || all[1].Note != "" || !strings.HasPrefix(all[1].URL, "/map/context/"+url.PathEscape("学校/园")+"?v=") {
		t.Fatalf("%+v", all)
	}
	secretary := s.as(t, "C1-secretary", access.Grant{Role: access.Secretary, Org: "C1"})
	auditor := s.as(t, "looks-into-the-log", access.Grant{Role: access.Auditor})
	if own := config(secretary, "org=C1"); len(own) != 2 || own[0] != all[0] || own[1] != all[1] {
		t.Errorf("a secretary is told of %+v", own)
	}
	// The bend of 1 m is thinned away.
	const road = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"人民路"},"geometry":{"type":"LineString","coordinates":[[114.09,32.14],[114.1,32.14]]}}]}` + "\n"
	const schools = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"小学"},"geometry":{"type":"Point","coordinates":[114.0995,32.14]}}]}` + "\n"
	for i, want := range []string{road, schools} {
		for _, token := range []string{leader, secretary} {
			w := get(all[i].URL, token)
			if w.Code != http.StatusOK || w.Body.String() != want || w.Header().Get("Content-Type") != "application/geo+json" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d %s %s", all[i].URL, w.Code, w.Header(), w.Body)
			}
			if w := get(all[i].URL, token, w.Header().Get("ETag")); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
				t.Errorf("what the browser has already: %d", w.Code)
			}
		}
		if w := get(all[i].URL, auditor); w.Code != http.StatusForbidden {
			t.Errorf("an auditor: %d", w.Code)
		}
	}
	if w := get("/map/context/"+url.PathEscape("道路")+"?v=1", leader); w.Code != http.StatusOK || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("of another version: %d %s", w.Code, w.Header())
	}

	// Another file of the name has another address, and so has what an undo brings back.
	s.context(t, "道路", units.Road, geo.Thing{Row: 1, Shape: line(32.141, 1)})
	second := config(leader, "show=community")
	if second[0].URL == all[0].URL || second[1] != all[1] {
		t.Errorf("after a new file: %+v", second)
	}
	if _, err := s.Warehouse.Undo(t.Context(), first.Job+1); err != nil {
		t.Fatal(err)
	}
	third := config(leader, "show=community")
	if third[0].URL == second[0].URL || get(third[0].URL, leader).Body.String() != road {
		t.Errorf("after the undo: %+v", third)
	}
}

// A layer that would make the map slow is not drawn; the page and the address say so in one sentence.
func TestMapContextThatIsTooLarge(t *testing.T) {
	s := mapped(t)
	many := make([]geo.Thing, 20_001)
	for i := range many {
		many[i] = geo.Thing{Row: i + 1, Shape: orb.Point{114.09 + 0.01*float64(i)/20_001, 32.14}}
	}
	s.context(t, "井盖", units.Facility, many...)
	fine := make([]geo.Thing, 200) // with 2,000 points of more than 20 bytes each
	for i := range fine {
		fine[i] = geo.Thing{Row: i + 1, Shape: line(32.14+0.00002*float64(i), 2000)}
	}
	s.context(t, "管线", units.Other, fine...)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, h, s}
	page := v.get("/map?per=month&at=2026-10&show=community&metric=received").Body.String()
	if !strings.Contains(page, "“井盖”有 20,001 个要素，超过地图能画的 20,000 个，没有显示") || strings.Contains(page, "/map/context/"+url.PathEscape("井盖")) {
		t.Error("the page does not say why there are no covers of manholes")
	}
	for name, says := range map[string]string{"井盖": "超过地图能画的 20,000 个", "管线": "超过地图能画的 8 MB"} {
		w := v.get("/map/context/" + url.PathEscape(name))
		var a struct{ Note string }
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(a.Note, says) {
			t.Errorf("%s: %d %.200s", name, w.Code, w.Body)
		}
	}
}

// The layers lie between the colours and the borders of the units, can be switched off, and stay so.
func TestBrowserMapContext(t *testing.T) {
	s := mapped(t)
	s.context(t, "湖泊", units.Water, geo.Thing{Row: 1, Name: "东湖", Shape: orb.MultiPolygon{{{{114.0945, 32.141}, {114.0955, 32.141}, {114.0955, 32.143}, {114.0945, 32.143}, {114.0945, 32.141}}}}})
	s.context(t, "道路", units.Road, geo.Thing{Row: 1, Name: "人民路", Shape: line(32.14, 1)})
	b := enter(t, s)
	b.allow("willReadFrequently") // what the browser says of looking at single pixels
	for _, width := range []int64{desk, phone} {
		b.size(width)
		b.visit("/map?per=month&at=2026-10&show=community&metric=received")
		b.wait(mapDrawn)
		b.wait(contextDrawn("湖泊", 1))
		b.wait(contextDrawn("道路", 1))
		if err := b.fits(); err != nil {
			t.Errorf("%d wide: %v", width, err)
		}
		order := eval[[]string](b, `document.querySelector("[data-map]").map.getLayers().getArray().map((l) => l.get("context") ?? (l.getRenderMode ? "units" : "")).filter(Boolean)`)
		if strings.Join(order, " ") != "units 湖泊 道路 units" {
			t.Errorf("%d wide: from below %q", width, order)
		}
		b.do(chromedp.Click(chromedp.CSS("[data-map-layers] summary")))
		if err := b.fits(); err != nil {
			t.Errorf("%d wide, with the list open: %v", width, err)
		}
		if left := eval[float64](b, `document.querySelector("[data-map-layers] ul").getBoundingClientRect().left`); left < 0 {
			t.Errorf("%d wide: the list begins at %g px", width, left)
		}
		b.do(chromedp.Click(chromedp.CSS(`[data-context="湖泊"]`)))
		b.wait(`!(` + contextDrawn("湖泊", 1) + `)`)
		b.do(chromedp.KeyEvent("\x1b"))
		b.wait(`!document.querySelector("[data-map-layers]").open`)
		b.visit("/map?per=month&at=2026-10&show=community&metric=received")
		b.wait(mapDrawn)
		b.wait(contextDrawn("道路", 1))
		if eval[bool](b, contextDrawn("湖泊", 1)) || eval[bool](b, `document.querySelector('[data-context="湖泊"]').checked`) {
			t.Errorf("%d wide: what was switched off is on again", width)
		}
		b.do(chromedp.Click(chromedp.CSS("[data-map-layers] summary")))
		b.do(chromedp.Click(chromedp.CSS(`[data-context="湖泊"]`)))
		b.wait(contextDrawn("湖泊", 1))

		// Through a lake a click still finds the unit.
		at := eval[[]float64](b, `(() => {
			const el = document.querySelector("[data-map]"), map = el.map;
			document.querySelector("[data-map-layers]").open = false;
			el.scrollIntoView({ block: "center", behavior: "instant" });
			const r = el.getBoundingClientRect(), lake = map.getLayers().getArray().find((l) => l.get("context") === "湖泊").getSource().getFeatures()[0];
			const x = lake.getGeometry().getExtent(), p = map.getPixelFromCoordinate([x[0] + (x[2] - x[0]) * 0.8, (x[1] + x[3]) / 2]);
			return [r.left + p[0], r.top + p[1]];
		})()`)
		b.do(chromedp.MouseClickXY(at[0], at[1]))
		b.wait(`document.querySelector("[data-unit-card] h2")?.textContent === "光明社区"`) // the lake's east
	}
}

// contextDrawn is true once a layer shows so many features.
func contextDrawn(name string, n int) string {
	return strings.NewReplacer("NAME", name, "N_", string(rune('0'+n))).Replace(
		`document.querySelector("[data-map]")?.map?.getLayers().getArray().some((l) => l.get("context") === "NAME" && l.getVisible() && l.getSource().getFeatures().length === N_)`)
}
