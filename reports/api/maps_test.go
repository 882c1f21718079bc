package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/geo"
)

// Two communities side by side on either side of 113.85° E, each 0.01° wide and high, the first with a hole in the middle, and their
// streets, which have the same outlines without it. Tile 12/3343/1661 holds both: x = 4096 · (113.85 + 180) / 360 = 3343.4,
// y = 4096 · (1 − asinh(tan 32.125°) / π) / 2 = 1661.7.
const (
	west, south, side = 113.84, 32.12, 0.01
	tileXY            = "12/3343/1661"
)

func square(x, y, size float64) orb.Ring {
	return orb.Ring{{x, y}, {x + size, y}, {x + size, y + size}, {x, y + size}, {x, y}}
}

// draw loads the polygons of a level.
func (s *site) draw(level string, fs ...geo.Feature) {
	s.Helper()
	for i := range fs {
		fs[i].Row = i + 1
	}
	_, err := units.LoadLayer(context.Background(), s.w, fs, units.LayerOptions{Level: level, Levels: s.levels, CRS: geo.WGS84, Source: "边界.geojson", Now: now})
	if err != nil {
		s.Fatal(err)
	}
}

// mapped is a site with polygons, and with matters in January: three with a point in the first community, one of them a petition, one
// in the second, and one without a point.
func mapped(t testing.TB) *site {
	s := newSite(t)
	hole := square(west+0.004, south+0.004, 0.002)
	slices.Reverse(hole)
	c11, c21 := square(west, south, side), square(west+side, south, side)
	s.draw("street", geo.Feature{Code: "S1", Name: "红旗街道", Shape: orb.MultiPolygon{{c11}}}, geo.Feature{Code: "S2", Name: "东风街道", Shape: orb.MultiPolygon{{c21}}})
	s.draw("community", geo.Feature{Code: "C11", Name: "朝阳社区", Shape: orb.MultiPolygon{{c11, hole}}}, geo.Feature{Code: "C21", Name: "建设社区", Shape: orb.MultiPolygon{{c21}}})
	w := s.post("/api/v1/records", s.clerk(""), `[
		{"no":"1","at":"2026-01-05 08:00:00","text":"路灯","lon":113.842,"lat":32.122},
		{"no":"2","at":"2026-01-06","text":"漏水","lon":113.843,"lat":32.123},
		{"no":"3","at":"2026-01-07 08:00:00","text":"来信","lon":113.843,"lat":32.122,"kind":"XFJ"},
		{"no":"4","at":"2026-01-08 08:00:00","text":"停车","lon":113.855,"lat":32.125},
		{"no":"5","at":"2026-02-08 08:00:00","text":"噪声","org":"C21"}]`)
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	return s
}

// leader is the token of somebody who sees and takes away the numbers of a unit; "" for the whole site.
func (s *site) leader(org string) string { return s.token("leader"+org, access.DistrictLeader, org) }

func (s *site) get(address, token string) *httptest.ResponseRecorder {
	s.Helper()
	return s.ask(http.MethodGet, address, token, "", "")
}

func TestTiles(t *testing.T) {
	s := mapped(t)
	all := s.leader("")
	w := s.get("/tiles/community/"+tileXY+".mvt", all)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/vnd.mapbox-vector-tile" {
		t.Fatal(w.Code, w.Body)
	}
	layer, props := decoded(t, w.Body.Bytes())
	want := []map[string]any{{"code": "C11", "name": "朝阳社区", "level": "community"}, {"code": "C21", "name": "建设社区", "level": "community"}}
	if diff := cmp.Diff(want, props); layer != "community" || diff != "" {
		t.Errorf("layer %s: %s", layer, diff)
	}
	tag := w.Header().Get("ETag")
	r := httptest.NewRequest(http.MethodGet, "http://localhost/tiles/community/"+tileXY+".mvt", nil)
	r.Header.Set("Authorization", "Bearer "+all)
	r.Header.Set("If-None-Match", tag)
	again := httptest.NewRecorder()
	s.handler.ServeHTTP(again, r)
	if tag == "" || again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("tag %s: %d", tag, again.Code)
	}
	if w := s.get("/tiles/community/12/0/0.mvt", all); w.Code != http.StatusNoContent {
		t.Errorf("where nothing is: %d", w.Code)
	}
	_, props = decoded(t, s.get("/tiles/community/"+tileXY+".mvt?metric=received&from=2026-01-01&to=2026-02-01", all).Body.Bytes())
	if len(props) != 2 || props[0]["value"] != 3.0 || props[0]["n"] != 3.0 || props[1]["value"] != 1.0 {
		t.Errorf("with values: %v", props)
	}
	_, props = decoded(t, s.get("/tiles/community/"+tileXY+".mvt?metric=on_time_rate&from=2026-01-01&to=2026-02-01", all).Body.Bytes())
	if props[0]["value"] != nil || props[0]["note"] != "不适用" { // none of the matters has a deadline
		t.Errorf("a rate of nothing: %v", props[0])
	}
	_, props = decoded(t, s.get("/tiles/community/"+tileXY+".mvt", s.leader("S2")).Body.Bytes())
	if len(props) != 1 || props[0]["code"] != "C21" {
		t.Errorf("in a scope: %v", props)
	}
	for address, status := range map[string]int{
		"/tiles/community/30/1/1.mvt": 400, "/tiles/community/12/-1/1.mvt": 400, "/tiles/community/12/4096/1.mvt": 400, "/tiles/community/12/99999999999/1.mvt": 400,
		"/tiles/community/a/1/1.mvt": 400, "/tiles/community/12/1/1.png": 404, "/tiles/grid/12/1/1.mvt": 404, "/tiles/branch/12/1/1.mvt": 404, "/tiles/x.json": 404,
		"/tiles/community.json?x=1": 400, "/tiles/community/12/1/1.mvt?metric=x": 400, "/tiles/community/12/1/1.mvt?metric=received": 400,
		"/tiles/community/12/1/1.mvt?from=2026-01-01": 400, "/tiles/": 404,
	} {
		w := s.get(address, all)
		if w.Code != status || w.Header().Get("Content-Type") != "application/problem+json; charset=utf-8" || !strings.Contains(w.Body.String(), "。\"") {
			t.Errorf("%s: %d %s", address, w.Code, w.Body)
		}
	}
	if w := s.get("/tiles/community/"+tileXY+".mvt", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", w.Code)
	}
}

func TestTileJSON(t *testing.T) {
	s := mapped(t)
	type tileJSON struct {
		TileJSON string
		Tiles    []string
		Bounds   []float64
		Layers   []struct {
			ID     string
			Fields map[string]string
		} `json:"vector_layers"`
	}
	d := into[tileJSON](s, s.get("/tiles/community.json?metric=received&from=2026-01-01&to=2026-02-01", s.leader("S2")))
	if d.TileJSON != "3.0.0" || len(d.Tiles) != 1 || len(d.Layers) != 1 || d.Layers[0].ID != "community" || !strings.Contains(d.Layers[0].Fields["value"], "受理") {
		t.Errorf("%+v", d)
	}
	if diff := cmp.Diff([]float64{113.85, 32.12, 113.86, 32.13}, d.Bounds, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	address, err := url.Parse(strings.NewReplacer("{z}", "12", "{x}", "3343", "{y}", "1661").Replace(d.Tiles[0]))
	if err != nil {
		t.Fatal(err)
	}
	w := s.get(address.RequestURI(), s.leader("S2"))
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "private, max-age=31536000, immutable" {
		t.Errorf("%s: %d %s", address, w.Code, w.Header().Get("Cache-Control"))
	}
	s.post("/api/v1/records", s.clerk(""), `[{"no":"9","at":"2026-01-09","text":"路灯","org":"C21"}]`)
	if w := s.get(address.RequestURI(), s.leader("S2")); w.Header().Get("Cache-Control") != "private, no-cache" {
		t.Errorf("an old version is good for ever: %s", w.Header().Get("Cache-Control"))
	}
	if d := into[tileJSON](s, s.get("/tiles/community.json", s.leader("S2"))); strings.Contains(d.Tiles[0], "metric") {
		t.Error(d.Tiles)
	}
}

// A tile with more units than it can show shows those above.
func TestCrowdedTile(t *testing.T) {
	s := mapped(t)
	const rows, cols = 56, 56 // 3,136
	var grids []geo.Feature
	for i := range rows * cols {
		x, y := west+float64(i%cols)*side/cols, south+float64(i/cols)*side/rows
		ring := orb.Ring{{x, y}, {x + side/cols, y}, {x + side/cols, y + side/rows}, {x, y + side/rows}, {x, y}}
		grids = append(grids, geo.Feature{Code: fmt.Sprintf("G%04d", i), Name: fmt.Sprint("网格", i), Parent: "C11", Shape: orb.MultiPolygon{{ring}}})
	}
	s.draw("grid", grids...)
	layer, props := decoded(t, s.get("/tiles/grid/"+tileXY+".mvt", s.leader("")).Body.Bytes())
	if layer != "grid" || len(props) != 2 || props[0]["level"] != "community" {
		t.Errorf("layer %s with %d features, %v", layer, len(props), props[0])
	}
	// Four zooms further in, the tile in the middle holds a part of them.
	_, props = decoded(t, s.get("/tiles/grid/16/53492/26586.mvt", s.leader("")).Body.Bytes())
	if len(props) == 0 || len(props) > 3000 || props[0]["level"] != "grid" {
		t.Errorf("further in: %d features %v", len(props), props)
	}
}

func TestTilesAreCompressed(t *testing.T) {
	s := mapped(t)
	var grids []geo.Feature
	for i := range 200 {
		grids = append(grids, geo.Feature{Code: fmt.Sprint("G", i), Parent: "C11", Shape: orb.MultiPolygon{{square(west+float64(i)*side/200, south, side/200)}}})
	}
	s.draw("grid", grids...)
	r := httptest.NewRequest(http.MethodGet, "http://localhost/tiles/grid/"+tileXY+".mvt", nil)
	r.Header.Set("Authorization", "Bearer "+s.leader(""))
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	z, err := gzip.NewReader(w.Body)
	if err != nil || w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal(err, w.Header())
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if _, props := decoded(t, b); len(props) != 200 {
		t.Errorf("%d features", len(props))
	}
}

// page is a GeoJSON answer.
type page struct {
	Type     string
	Links    []struct{ Href, Rel, Type string }
	Matched  int    `json:"numberMatched"`
	Returned int    `json:"numberReturned"`
	Stamp    string `json:"timeStamp"`
	Features []struct {
		ID       string
		Geometry *struct {
			Type        string
			Coordinates json.RawMessage
		}
		Properties map[string]any
	}
}

func (p page) ids() (ids []string) {
	for _, f := range p.Features {
		ids = append(ids, f.ID)
	}
	return ids
}

func (p page) link(rel string) string {
	for _, l := range p.Links {
		if l.Rel == rel {
			u, _ := url.Parse(l.Href)
			return u.RequestURI()
		}
	}
	return ""
}

// Every link that a program can follow from the landing page leads somewhere.
func TestLinksOfOGC(t *testing.T) {
	s := mapped(t)
	token := s.leader("")
	seen, todo := map[string]bool{}, []string{"/ogc"}
	for len(todo) > 0 {
		address := todo[0]
		todo = todo[1:]
		if seen[address] {
			continue
		}
		seen[address] = true
		w := s.get(address, token)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", address, w.Code, w.Body)
			continue
		}
		var follow func(v any)
		follow = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				if href, ok := v["href"].(string); ok {
					u, err := url.Parse(href)
					if err != nil || u.Host != "localhost" {
						t.Errorf("%s leads to %s", address, href)
						return
					}
					if kind := strings.Split(w.Header().Get("Content-Type"), ";")[0]; v["rel"] == "self" && kind != strings.Split(fmt.Sprint(v["type"]), ";")[0] {
						t.Errorf("%s is %s, called %s", address, kind, v["type"])
					}
					todo = append(todo, u.RequestURI())
				}
				for _, x := range v {
					follow(x)
				}
			case []any:
				for _, x := range v {
					follow(x)
				}
			}
		}
		follow(into[any](s, w))
	}
	for _, want := range []string{"/ogc/api", "/ogc/conformance", "/ogc/collections", "/ogc/collections/community/items", "/ogc/collections/records/items"} {
		if !seen[want] {
			t.Errorf("nothing leads to %s", want)
		}
	}
	definition := into[struct {
		OpenAPI string
		Paths   map[string]map[string]struct{ Parameters []struct{ Name, In string } }
	}](s, s.get("/ogc/api", token))
	if definition.OpenAPI != "3.0.3" || len(definition.Paths) != 7 {
		t.Errorf("%+v", definition)
	}
	for path, methods := range definition.Paths { // each name in braces is a parameter of the path
		n := 0
		for _, p := range methods["get"].Parameters {
			if p.In == "path" {
				n++
				if !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s has no %s", path, p.Name)
				}
			}
		}
		if n != strings.Count(path, "{") {
			t.Errorf("%s describes %d parameters of its path", path, n)
		}
	}
}

func TestItems(t *testing.T) {
	s := mapped(t)
	all := s.leader("")
	const items = "/ogc/collections/community/items"
	p := into[page](s, s.get(items, all))
	if diff := cmp.Diff([]string{"C11", "C21"}, p.ids()); p.Type != "FeatureCollection" || p.Matched != 2 || p.Returned != 2 || p.link("next") != "" || diff != "" {
		t.Errorf("%+v", p)
	}
	if _, err := time.Parse(time.RFC3339, p.Stamp); err != nil {
		t.Error(err)
	}
	f := p.Features[0]
	var rings [][][][2]float64
	if err := json.Unmarshal(f.Geometry.Coordinates, &rings); err != nil || f.Geometry.Type != "MultiPolygon" || len(rings) != 1 || len(rings[0]) != 2 || rings[0][0][0] != [2]float64{west, south} {
		t.Errorf("%v %+v", err, f.Geometry)
	}
	if f.Properties["name"] != "朝阳社区" || f.Properties["parent"] != "S1" || f.Properties["households"] != nil {
		t.Errorf("%v", f.Properties)
	}
	for query, want := range map[string]string{
		"bbox=113.83,32.11,113.8401,32.1201":       "C11",
		"bbox=113.83,32.11,113.85,32.1201":         "C11 C21", // touching counts
		"bbox=113.8441,32.1241,113.8459,32.1259":   "",        // in the hole
		"bbox=113.83,32.11,0,113.8401,32.1201,100": "C11",
		"bbox=0,0,1,1": "",
		"name=" + url.QueryEscape("建设社区"): "C21",
		"parent=S1":                             "C11",
		"code=C21&parent=S1":                    "",
		"datetime=2026-01-01":                   "C11 C21",
		"datetime=../2026-01-01&limit=99999999": "C11 C21",
		"f=json":                                "C11 C21",
		"metric=received&from=2026-01-01&to=2026-02-01&code=C11": "C11",
		"limit=1":           "C11",
		"limit=1&after=C11": "C21",
	} {
		p := into[page](s, s.get(items+"?"+query, all))
		if got := strings.Join(p.ids(), " "); got != want || p.Returned != len(p.Features) {
			t.Errorf("%s: %s", query, got)
		}
	}
	p = into[page](s, s.get(items+"?metric=received&from=2026-01-01&to=2026-02-01", all))
	if p.Features[0].Properties["value"] != 3.0 || p.Features[1].Properties["value"] != 1.0 {
		t.Errorf("values: %v", p.Features)
	}
	for _, query := range []string{
		"limt=1", "limit=0", "limit=-1", "limit=x", "bbox=1,2,3", "bbox=1,2,3,x", "bbox=3,2,1,4", "bbox=1,4,3,2", "bbox=NaN,2,3,4", "bbox-crs=EPSG:4326", "crs=x",
		"datetime=x", "datetime=2026-13-01", "datetime=2026-02-01/2026-01-01", "datetime=../..", "datetime=", "f=html", "limit=1&limit=2", "after=nobody", "kind=SQ",
	} {
		if w := s.get(items+"?"+query, all); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "。\"") {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	if p := into[page](s, s.get(items, s.leader("S2"))); !slices.Equal(p.ids(), []string{"C21"}) || p.Matched != 1 {
		t.Errorf("in a scope: %v", p.ids())
	}
	if w := s.get(items+"/C11", s.leader("S2")); w.Code != http.StatusNotFound {
		t.Errorf("of others: %d", w.Code)
	}
	one := into[struct {
		ID, Type string
		Links    []struct{ Rel string }
	}](s, s.get(items+"/C11", all))
	if one.ID != "C11" || one.Type != "Feature" || len(one.Links) != 2 {
		t.Errorf("%+v", one)
	}
	for _, address := range []string{"/ogc/collections/nothing", "/ogc/collections/branch/items", items + "/nobody", "/ogc/x"} {
		if w := s.get(address, all); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	if p := into[page](s, s.get("/ogc/collections/district/items", all)); len(p.Features) != 1 || p.Features[0].Geometry != nil {
		t.Errorf("a unit without polygon: %+v", p)
	}
}

func TestMatters(t *testing.T) {
	s := mapped(t)
	all := s.leader("")
	const items = "/ogc/collections/records/items"
	numbers := func(query, token string) string {
		t.Helper()
		w := s.get(items+"?"+query, token)
		p := into[page](s, w)
		var all []string
		for _, f := range p.Features {
			all = append(all, fmt.Sprint(f.Properties["source_no"]))
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	for query, want := range map[string]string{
		"":                                      "1 2 4", // not the petition, nor what has no point
		"kind=SQ":                               "1 2 4",
		"org=C21":                               "4",
		"bbox=113.842,32.122,113.8425,32.13":    "1",
		"datetime=2026-01-06":                   "2",
		"datetime=2026-01-06/..":                "2 4",
		"datetime=../2026-01-05":                "1",
		"datetime=2026-01-05T00:00:00Z":         "1", // 8 o'clock here
		"datetime=2026-01-05T00:00:01Z":         "",
		"datetime=2027-01-01/..":                "",
		"datetime=2026-01-05/2026-01-06&org=S1": "1 2",
	} {
		if got := numbers(query, all); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	// Page by page, each once.
	var ids []string
	address := items + "?limit=1"
	for pages := 0; address != "" && pages < 10; pages++ {
		p := into[page](s, s.get(address, all))
		if len(p.Features) != 1 || p.Matched != 3 {
			t.Fatalf("%s: %d features of %d", address, len(p.Features), p.Matched)
		}
		ids, address = append(ids, p.ids()...), p.link("next")
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 3 {
		t.Errorf("page by page: %v", ids)
	}
	w := s.get(items+"/"+ids[0], all)
	f := into[struct {
		Geometry   struct{ Coordinates []float64 }
		Properties map[string]any
	}](s, w)
	if len(f.Geometry.Coordinates) != 2 || !strings.HasSuffix(fmt.Sprint(f.Properties["received_at"]), "+08:00") || f.Properties["kind_name"] != "诉求" {
		t.Errorf("%s", w.Body)
	}
	if got := s.last(1)[0]; !strings.Contains(got, string(access.Exported)) || !strings.Contains(got, "collection=records") {
		t.Errorf("the log: %s", got)
	}
	if got := numbers("", s.leader("S2")); got != "4" {
		t.Errorf("in a scope: %s", got)
	}
	if w := s.get(items+"?org=C11", s.leader("S2")); w.Code != http.StatusNotFound {
		t.Errorf("of others: %d", w.Code)
	}
	if w := s.get(items+"?kind=XFJ", all); w.Code != http.StatusForbidden {
		t.Errorf("petitions: %d %s", w.Code, w.Body)
	}
	if w := s.get(items, s.clerk("")); w.Code != http.StatusNotFound {
		t.Errorf("who may not take rows away: %d", w.Code)
	}
}

// GDAL reads both by its own drivers: OAPIF and MVT.
func TestGDAL(t *testing.T) {
	ogrinfo, err := exec.LookPath("ogrinfo")
	if err != nil {
		t.Skip("ogrinfo is missing: install gdal-bin")
	}
	s := mapped(t)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	read := func(args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), ogrinfo, append([]string{"-ro", "-al"}, args...)...)
		c.Env = append(c.Environ(), "GDAL_HTTP_HEADERS=Authorization: Bearer "+s.leader(""), "no_proxy=127.0.0.1", "GDAL_HTTP_MAX_RETRY=0")
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Run(); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		return out.String()
	}
	has := func(out string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("it does not say %q:\n%s", want, out)
			}
		}
	}
	has(read("OAPIF:"+server.URL+"/ogc", "-oo", "PAGE_SIZE=1"), "Layer name: community", "Feature Count: 2", "name (String) = 朝阳社区", "name (String) = 建设社区",
		"((113.84 32.12,113.85 32.12,113.85 32.13,113.84 32.13,113.84 32.12),", "Layer name: records", "Feature Count: 3", "POINT (113.855 32.125)")
	has(read("MVT:"+server.URL+"/tiles/community/"+tileXY+".mvt"), "Layer name: community", "Feature Count: 2", "code (String) = C11", "name (String) = 建设社区")
	has(read("MVT:"+server.URL+"/tiles/community/12", "-oo", "METADATA_FILE="+server.URL+"/tiles/community.json", "-oo", "TILE_EXTENSION=mvt"), "ZOOM_LEVEL=12", "code (String) = C21")
}
