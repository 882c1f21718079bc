package assets

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

var script = strings.Repeat("export const answer = 42;\n", 100)

// sampleFiles is a tree as reports/web has one, with one file that was compressed beforehand.
func sampleFiles() fstest.MapFS {
	return fstest.MapFS{
		"app.js":        {Data: []byte(script)},
		"parts/card.js": {Data: []byte("export {};")},
		"page.css":      {Data: []byte(strings.Repeat("main { margin: 0 }\n", 100))},
		"icon.png":      {Data: bytes.Repeat([]byte("png "), 1000)},
		"big.js":        {Data: []byte("plain form of big.js")},
		"big.js.br":     {Data: []byte("br form")},
		"big.js.gz":     {Data: []byte("gz form")},
		".keep":         {Data: []byte("nothing")},
		".hidden/a.js":  {Data: []byte("nothing")},
	}
}

func sampleBundle(t testing.TB) *Bundle {
	t.Helper()
	b, err := NewBundle(sampleFiles(), "/static/")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustPath(t testing.TB, b *Bundle, name string) string {
	t.Helper()
	p, err := b.Path(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask sends one request; header comes in pairs.
func ask(h http.Handler, method, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBundleServesTheSmallestFormTheClientTakes(t *testing.T) {
	b := sampleBundle(t)
	for _, tt := range []struct {
		name, file, accept, encoding, body string
	}{
		{"browser over TLS", "big.js", "gzip, deflate, br", "br", "br form"},
		{"browser on an intranet", "big.js", "gzip, deflate", "gzip", "gz form"},
		{"no header", "big.js", "", "", "plain form of big.js"},
		{"coding without a form here", "big.js", "zstd", "", "plain form of big.js"},
		{"anything", "big.js", "*", "br", "br form"},
		{"anything but br", "big.js", "br;q=0, *", "gzip", "gz form"},
		{"upper case and spaces", "big.js", " GZIP ; Q=1 ", "gzip", "gz form"},
		{"gzip refused", "big.js", "gzip;q=0", "", "plain form of big.js"},
		{"gzip preferred", "big.js", "br;q=0.5, gzip;q=0.8", "gzip", "gz form"},
		{"plain preferred", "big.js", "br;q=0.5, identity", "", "plain form of big.js"},
		{"unreadable weight", "big.js", "br;q=much, gzip;q=0.1", "gzip", "gz form"},
		{"everything refused", "big.js", "*;q=0", "", "plain form of big.js"},
		{"not worth compressing", "parts/card.js", "gzip, br", "", "export {};"},
		{"picture", "icon.png", "gzip, br", "", strings.Repeat("png ", 1000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := ask(b.Handler(), "GET", mustPath(t, b, tt.file), "Accept-Encoding", tt.accept)
			if got := res.Header.Get("Content-Encoding"); res.StatusCode != 200 || got != tt.encoding {
				t.Errorf("status %d, coding %q; want 200 and %q", res.StatusCode, got, tt.encoding)
			}
			got := body(t, res)
			if got != tt.body {
				t.Errorf("body %.40q, want %.40q", got, tt.body)
			}
			if n := res.Header.Get("Content-Length"); n != strconv.Itoa(len(got)) {
				t.Errorf("Content-Length %s for %d bytes", n, len(got))
			}
			if vary := res.Header.Get("Vary"); (vary == "Accept-Encoding") != (tt.file == "big.js") {
				t.Errorf("Vary %q", vary)
			}
		})
	}
}

func TestBundleCompressesTextItself(t *testing.T) {
	b := sampleBundle(t)
	res := ask(b, "GET", mustPath(t, b, "app.js"), "Accept-Encoding", "gzip")
	packed := body(t, res)
	if len(packed) >= len(script)/2 {
		t.Errorf("%d bytes of %d", len(packed), len(script))
	}
	z, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || string(plain) != script {
		t.Errorf("unpacked: %.40q, %v", plain, err)
	}
}

func TestBundleHeaders(t *testing.T) {
	b := sampleBundle(t)
	for _, tt := range []struct{ file, contentType string }{
		{"app.js", "text/javascript; charset=utf-8"},
		{"page.css", "text/css; charset=utf-8"},
		{"icon.png", "image/png"},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			res := ask(b, method, mustPath(t, b, tt.file))
			for key, want := range map[string]string{
				"Content-Type":           tt.contentType,
				"Cache-Control":          "public, max-age=31536000, immutable",
				"X-Content-Type-Options": "nosniff",
			} {
				if got := res.Header.Get(key); got != want {
					t.Errorf("%s %s: %s is %q, want %q", method, tt.file, key, got, want)
				}
			}
			if got := body(t, res); (got == "") != (method == "HEAD") {
				t.Errorf("%s %s: body of %d bytes", method, tt.file, len(got))
			}
			if res.Header.Get("Content-Length") == "" {
				t.Errorf("%s %s: no length", method, tt.file)
			}
		}
	}
}

func TestBundleAsksAnewWithoutVersion(t *testing.T) {
	b := sampleBundle(t)
	res := ask(b, "GET", "/static/app.js")
	if got := res.Header.Get("Cache-Control"); res.StatusCode != 200 || got != "no-cache" {
		t.Errorf("status %d, caching %q", res.StatusCode, got)
	}
	tag := res.Header.Get("ETag")
	for _, sent := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		res := ask(b, "GET", "/static/app.js", "If-None-Match", sent)
		if got := body(t, res); res.StatusCode != 304 || got != "" {
			t.Errorf("%s: status %d, %d bytes; want 304 and none", sent, res.StatusCode, len(got))
		}
	}
	// Another coding is another representation: its tag must not stand for this one.
	for _, accept := range []string{"gzip", "br"} {
		if res := ask(b, "GET", "/static/big.js", "Accept-Encoding", accept, "If-None-Match", ask(b, "GET", "/static/big.js").Header.Get("ETag")); res.StatusCode != 200 {
			t.Errorf("%s: status %d for the tag of the plain form", accept, res.StatusCode)
		}
	}
}

func TestBundleRefuses(t *testing.T) {
	b := sampleBundle(t)
	for _, tt := range []struct {
		name, method, target string
		status               int
	}{
		{"unknown file", "GET", "/static/none.js", 404},
		{"folder", "GET", "/static/parts/", 404},
		{"nothing", "GET", "/static/", 404},
		{"another version", "GET", "/static/00000000/app.js", 404},
		{"the version alone", "GET", "/static/" + b.version, 404},
		{"compressed form by its name", "GET", "/static/big.js.gz", 404},
		{"hidden file", "GET", "/static/.keep", 404},
		{"hidden folder", "GET", "/static/.hidden/a.js", 404},
		{"way up", "GET", "/static/parts/../app.js", 404},
		{"outside the prefix", "GET", "/app.js", 404},
		{"POST", "POST", "/static/app.js", 405},
		{"DELETE", "DELETE", "/static/app.js", 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := ask(b, tt.method, tt.target)
			if res.StatusCode != tt.status || res.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("status %d, want %d; %v", res.StatusCode, tt.status, res.Header)
			}
			if strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
				t.Error("a refusal is to be kept for ever")
			}
		})
	}
}

func TestVersionFollowsEveryFile(t *testing.T) {
	before := sampleBundle(t)
	if again := sampleBundle(t); again.version != before.version {
		t.Error("the same files have two versions")
	}
	for name, change := range map[string]func(fstest.MapFS){
		"content": func(m fstest.MapFS) { m["parts/card.js"].Data = []byte("export default 1;") },
		"name":    func(m fstest.MapFS) { m["parts/cards.js"] = m["parts/card.js"]; delete(m, "parts/card.js") },
		"swapped": func(m fstest.MapFS) { m["app.js"], m["big.js"] = m["big.js"], m["app.js"] },
		"one less": func(m fstest.MapFS) {
			delete(m, "icon.png")
		},
	} {
		files := sampleFiles()
		change(files)
		after, err := NewBundle(files, "/static/")
		if err != nil {
			t.Fatal(err)
		}
		if after.version == before.version {
			t.Errorf("%s: the version stays", name)
		}
	}
}

func TestRelativeNamesStayInTheVersion(t *testing.T) {
	b := sampleBundle(t)
	app, card := mustPath(t, b, "app.js"), mustPath(t, b, "parts/card.js")
	// What a browser makes of import "./parts/card.js" in app.js.
	if got := strings.TrimSuffix(app, "app.js") + "parts/card.js"; got != card {
		t.Errorf("%s refers to %s, which is at %s", app, got, card)
	}
}

func TestNewBundleRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		files  fstest.MapFS
		prefix string
	}{
		"unknown type":           {fstest.MapFS{"page.tmpl": {}}, "/static/"},
		"no type":                {fstest.MapFS{"README": {}}, "/static/"},
		"prefix without an end":  {sampleFiles(), "/static"},
		"prefix without a begin": {sampleFiles(), "static/"},
		"no prefix":              {sampleFiles(), ""},
	} {
		if b, err := NewBundle(tt.files, tt.prefix); err == nil {
			t.Errorf("%s: got %v, want an error", name, b)
		}
	}
}

func TestUnknownName(t *testing.T) {
	b := sampleBundle(t)
	if _, err := b.Path("none.js"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Path: %v", err)
	}
	if _, err := b.Read("big.js.gz"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read: %v", err)
	}
	if data, err := b.Read("app.js"); err != nil || string(data) != script {
		t.Errorf("Read: %.20q, %v", data, err)
	}
}
