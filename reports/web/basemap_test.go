package web_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// The basemap comes through the server: its key reaches no browser, each picture is fetched once, and nothing but a picture comes through.
func TestBasemap(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Query().Get("tk") != "geheim" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		switch r.URL.Path {
		case "/3/1/2":
			_, _ = w.Write(picture.Bytes())
		case "/3/1/3":
			w.Header().Set("Content-Type", "image/png") // it says
			_, _ = w.Write([]byte("<html><script>alert(1)</script>"))
		case "/3/1/4":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case "/3/1/5":
			_, _ = w.Write(append(picture.Bytes(), make([]byte, 2<<20)...))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer provider.Close()
	s := district(t)
	was := s.Catalog.Map
	defer func() { s.Catalog.Map = was }()
	s.Catalog.Map.Basemap, s.Catalog.Map.BasemapZoom, s.Catalog.Map.Attribution = "", 18, "测绘局"
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, h, s}
	if w := v.get("/basemap/3/1/2"); w.Code != http.StatusNotFound || asked.Load() != 0 {
		t.Errorf("without a basemap: %d", w.Code)
	}
	s.Catalog.Map.Basemap = provider.URL + "/{z}/{x}/{y}?tk=geheim"
	for range 2 {
		w := v.get("/basemap/3/1/2")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" || !bytes.Equal(w.Body.Bytes(), picture.Bytes()) {
			t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the provider was asked %d times", asked.Load())
	}
	for address, status := range map[string]int{
		"/basemap/3/1/3": 502, "/basemap/3/1/4": 502, "/basemap/3/1/5": 502, "/basemap/3/1/6": 502,
		"/basemap/19/1/1": 404, "/basemap/3/8/1": 404, "/basemap/3/-1/1": 404, "/basemap/3/1/x": 404, "/basemap/99/1/1": 404,
	} {
		if w := v.get(address); w.Code != status || strings.Contains(w.Body.String(), "geheim") || strings.Contains(w.Body.String(), "script") && status == 502 {
			t.Errorf("%s: %d %s", address, w.Code, w.Body)
		}
	}
	page := v.get("/map?per=month&at=2026-10&metric=closed").Body.String()
	if strings.Contains(page, "geheim") || strings.Contains(page, provider.URL) || !strings.Contains(page, "测绘局") || !strings.Contains(page, "/basemap/{z}/{x}/{y}") {
		t.Error("the page does not speak of the basemap, or says too much of it")
	}
}
