package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gridstar/analytics/access"
	"gridstar/reports/web"
)

// posts are the routes that change something.
func posts() []string {
	var all []string
	for _, p := range web.Routes() {
		if path, ok := strings.CutPrefix(p, "POST "); ok {
			all = append(all, regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "wang"))
		}
	}
	return all
}

const formType = "application/x-www-form-urlencoded"

// postRaw sends a body as it stands, with pairs of header and value.
func postRaw(h http.Handler, path, token, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.AddCookie(&http.Cookie{Name: "gs", Value: token})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// state is everything that a request could change, besides the log.
func (s *site) state(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"accounts.json", "journal.jsonl", "config.toml"} {
		content, err := os.ReadFile(filepath.Join(string(s.Warehouse.Dir()), name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		b.Write(content)
	}
	return b.String()
}

// Another site in the same browser changes nothing.
func TestOtherSites(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	token := s.signIn(t, "wang")
	before := s.state(t)
	n := len(s.lines(t, access.Refused))
	for _, path := range posts() {
		for _, header := range [][2]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "http://localhost.evil.example"},
		} {
			w := postRaw(h, path, token, "name=wang&password=x", "Content-Type", formType, header[0], header[1])
			if w.Code != http.StatusForbidden {
				t.Errorf("%s with %s: %s: %d", path, header[0], header[1], w.Code)
			}
		}
		for _, kind := range []string{"text/plain", "multipart/form-data; boundary=x", "application/json", ""} {
			w := postRaw(h, path, token, `{"name":"wang","role":"administrator"}`, "Content-Type", kind)
			if w.Code < 400 || w.Code >= 500 {
				t.Errorf("%s as %q: %d", path, kind, w.Code)
			}
		}
	}
	if s.state(t) != before || !inside(h, token) {
		t.Error("something was changed")
	}
	if len(s.lines(t, access.Refused)) == n {
		t.Error("the log says nothing of it")
	}
}

// No form takes a field that its page does not have, or one twice.
func TestFieldsThatNobodyAskedFor(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	token := s.signIn(t, "wang")
	before := s.state(t)
	for _, path := range posts() {
		for _, body := range []string{"role=administrator", "org_code=D", "score=100", "status=done", "created_by=wang", "admin=1", "name=wang&name=li", "Name=wang", "name=%ff", "name=wang;password=x", "%zz"} {
			w := postRaw(h, path, token, body, "Content-Type", formType)
			if w.Code < 400 || w.Code >= 500 {
				t.Errorf("%s with %s: %d", path, body, w.Code)
			}
		}
	}
	if s.state(t) != before || !inside(h, token) {
		t.Error("something was changed")
	}
}

// Reading changes nothing, however often.
func TestReadingChangesNothing(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	token := s.leader(t)
	unit := s.directory(t).Children("")[0].Code
	before := s.state(t)
	for range 2 {
		for pattern, c := range walk {
			if strings.HasPrefix(pattern, "GET ") {
				ask(h, http.MethodGet, strings.NewReplacer("{unit}", unit, "{community}", cardIn(t, s.directory(t), unit)).Replace(c.url), token, nil)
			}
		}
	}
	if s.state(t) != before {
		t.Error("reading changed something")
	}
}

// Nobody learns anything from whatever he sends, by any method, to any route.
func TestStrangersLearnNothing(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	d := s.directory(t)
	secrets := []string{d.Children("")[0].Name, d.AtLevel("street")[0].Name, d.AtLevel("street")[0].Code, "leader", "格星 test", s.Catalog.Site.Name + "・"}
	paths := []string{"/nowhere", "/admin/../", "//", "/stars/..%2f..%2faccounts.json", "/static/..%2f..%2fsecret", "/assets/../secret", "/%2e%2e/secret", "/stars/%00", "/signin/", "/healthz/x", "/enter?key=%ff"}
	for pattern, c := range walk {
		if !strings.HasPrefix(c.url, "/assets/") && !strings.HasPrefix(pattern, "GET /assets/") {
			paths = append(paths, strings.NewReplacer("{unit}", d.AtLevel("street")[0].Code, "{community}", "x").Replace(c.url))
		}
	}
	open := map[string]bool{"/signin": true, "/healthz": true}
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			r := httptest.NewRequest(method, "http://localhost/", nil)
			var err error
			if r.URL, err = r.URL.Parse(path); err != nil {
				continue
			}
			r.Header.Set("Accept", "text/html")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			to := w.Header().Get("Location")
			if w.Code < 300 && !open[path] || w.Code >= 500 {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
			for _, header := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
				if w.Header().Get(header) == "" {
					t.Errorf("%s %s: %d without %s", method, path, w.Code, header)
				}
			}
			for _, secret := range secrets {
				if strings.Contains(w.Body.String(), secret) && !strings.Contains(path, secret) {
					t.Errorf("%s %s tells %q", method, path, secret)
				}
			}
			if w.Code == http.StatusSeeOther && !strings.HasPrefix(to, "/") {
				t.Errorf("%s %s leads to %s", method, path, to)
			}
		}
	}
}

// Only a machine that is named as a proxy is believed about its client.
func TestForwardedHeaders(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	send := func(h http.Handler, peer, forwarded, proto string) *httptest.ResponseRecorder {
		form := url.Values{"name": {"wang"}, "password": {"wrong wrong wrong"}}
		r := httptest.NewRequest(http.MethodPost, "http://localhost/signin", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = peer + ":1"
		r.Header.Set("X-Forwarded-For", forwarded)
		r.Header.Set("X-Forwarded-Proto", proto)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	if w := send(h, "10.0.0.9", "10.5.5.5", "https"); w.Header().Get("Strict-Transport-Security") != "" {
		t.Error("an untrusted machine made the connection secure")
	}
	if got := s.lines(t, access.SignIn)[0].Address; got != "10.0.0.9" {
		t.Errorf("the address in the log is %s", got)
	}
	behind, err := s.behind(netip.MustParsePrefix("10.0.0.9/32"))
	if err != nil {
		t.Fatal(err)
	}
	if w := send(behind, "10.0.0.9", "6.6.6.6, 10.5.5.5", "https"); w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("the proxy's word does not count")
	}
	if got := s.lines(t, access.SignIn)[0].Address; got != "10.5.5.5" {
		t.Errorf("behind the proxy the address in the log is %s", got)
	}
}

// Addresses as they come over a socket, which the clients of the library would clean, open nothing.
func TestRawPaths(t *testing.T) {
	s := district(t)
	addr := strings.TrimPrefix(s.server.URL, "http://")
	for _, path := range []string{
		"/stars/../admin", "/static/../accounts.json", "/static/%2e%2e/%2e%2e/accounts.json", "/assets/..%2f..%2fsecret", "/static/..\\..\\secret", "//accounts.json",
		"/./secret", "/static/%00", "/outline/..%2f..%2fsecret", "/files/chart/..%2f..%2fsecret", "/stars/;/../start", "/start;x=1", "/START", "/start/", "/records%2e", "/audit/..;/start",
	} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\nConnection: close\r\n\r\n", path, addr)
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if r.StatusCode < 300 || r.StatusCode >= 500 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
		r.Body.Close()
		c.Close()
	}
}
