package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gridstar/analytics/access"
)

// fort is a site of its own, whose clock the test moves.
func fort(t *testing.T) (*site, http.Handler) {
	t.Helper()
	dir := t.TempDir()
	s, err := openSite(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	return s, h
}

const goodPassword = "梧桐 与 三只 灯笼 过河"

// resident makes an account with a password.
func (s *site) resident(t *testing.T, name string, grants ...access.Grant) {
	t.Helper()
	s.account(t, name, grants...)
	link, err := s.access.Invite(access.Actor{Account: access.CommandLine}, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.access.Accept(t.Context(), link.Key, goodPassword, access.Visit{Address: "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
}

// signInAs sends the form of the sign-in page from an address.
func signInAs(h http.Handler, name, password, from string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	form := url.Values{"name": {name}, "password": {password}, "next": {"/stars"}}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/signin", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":40000"
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// given is the value of a cookie that an answer sets.
func given(w *httptest.ResponseRecorder, name string) string {
	for _, c := range w.Result().Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func inside(h http.Handler, token string) bool {
	return ask(h, http.MethodGet, "/search", token, nil).Code == http.StatusOK
}

// lines are the audit log's lines of an event, the newest first.
func (s *site) lines(t *testing.T, event access.Event) []access.Entry {
	t.Helper()
	page, err := s.audit.Find(t.Context(), access.Filter{Event: event, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return page.Entries
}

func TestSignInAndOut(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	w := signInAs(h, "wang", goodPassword, "10.1.1.1")
	token := given(w, "gs")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/stars" || !inside(h, token) {
		t.Fatalf("sign-in: %d to %s", w.Code, w.Header().Get("Location"))
	}
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %s", c)
		}
	}
	w = ask(h, http.MethodPost, "/signout", token, url.Values{})
	if w.Code != http.StatusSeeOther || w.Header().Get("Clear-Site-Data") == "" || inside(h, token) {
		t.Errorf("sign-out: %d; the session still opens: %v", w.Code, inside(h, token))
	}
	if len(s.lines(t, access.SignIn)) == 0 || len(s.lines(t, access.SignOut)) != 1 {
		t.Error("coming and going is not in the log")
	}
}

// Under TLS, and only then, cookies are bound to this host and to encrypted connections.
func TestCookiesUnderTLS(t *testing.T) {
	s, _ := fort(t)
	s.resident(t, "wang", everything...)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(h)
	defer server.Close()
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := client.PostForm(server.URL+"/signin", url.Values{"name": {"wang"}, "password": {goodPassword}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	want := regexp.MustCompile(`^__Host-g[sd]=[^;]+; Path=/; (Max-Age=\d+; )?HttpOnly; Secure; SameSite=Lax$`)
	if len(r.Header.Values("Set-Cookie")) != 2 || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%v", r.Header)
	}
	for _, c := range r.Header.Values("Set-Cookie") {
		if !want.MatchString(c) {
			t.Errorf("cookie %q", c)
		}
	}
}

// What opens a session is the token that was given out and nothing else, as long as the session lasts.
func TestForgedSessions(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	s.resident(t, "li", everything...)
	other, _ := fort(t)
	other.resident(t, "wang", everything...)
	token := given(signInAs(h, "wang", goodPassword, "10.1.1.1"), "gs")
	if !inside(h, token) {
		t.Fatal("the session does not open")
	}
	forged := []string{"", "x", token[:len(token)-1], token + "A", strings.ToLower(token), strings.Repeat("A", len(token)), "wang", "null", strings.Repeat("A", 1<<16), other.signIn(t, "wang")}
	// What lies in the data directory is no key to it.
	err := filepath.WalkDir(string(s.Warehouse.Dir()), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "warehouse.duckdb") {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(token)) {
			t.Errorf("%s holds the token", d.Name())
		}
		forged = append(forged, regexp.MustCompile(`[A-Za-z0-9+/=_-]{12,}`).FindAllString(string(b), -1)...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(forged) < 15 {
		t.Errorf("only %d words in the files", len(forged))
	}
	for _, f := range forged {
		if inside(h, f) {
			t.Errorf("%.40q opens a session", f)
		}
	}
	for what, end := range map[string]func() error{
		"password set": func() error {
			return s.access.SetPassword(t.Context(), access.Actor{Account: access.CommandLine}, "li", goodPassword+" 再来")
		},
		"rights given": func() error {
			return s.access.Give(access.Actor{Account: access.CommandLine}, "li", access.Grant{Role: access.Clerk})
		},
		"all ended": func() error { return s.access.SignOutAll(access.Actor{Account: access.CommandLine}, "li") },
	} {
		token := s.signIn(t, "li")
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if inside(h, token) {
			t.Errorf("%s: the session still opens", what)
		}
	}
}

// A session is not the one that somebody put into the browser beforehand.
func TestFixation(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	s.resident(t, "li", everything...)
	planted := s.signIn(t, "li")
	w := signInAs(h, "wang", goodPassword, "10.1.1.1", &http.Cookie{Name: "gs", Value: planted}, &http.Cookie{Name: "gd", Value: "x"})
	token := given(w, "gs")
	if token == "" || token == planted {
		t.Fatalf("after sign-in the session is %q", token)
	}
	again := given(signInAs(h, "wang", goodPassword, "10.1.1.1", &http.Cookie{Name: "gs", Value: token}), "gs")
	if again == token {
		t.Error("a second sign-in keeps the token")
	}
}

// What the answer says does not depend on whether there is an account.
func TestNamesAreNotGivenAway(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	s.resident(t, "gone", access.Grant{Role: access.Clerk})
	s.account(t, "new", access.Grant{Role: access.Clerk})
	if err := s.access.Disable(access.Actor{Account: access.CommandLine}, "gone"); err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for i, name := range []string{"wang", "gone", "new", "nobody", strings.Repeat("x", 500), "命令行"} {
		for round := range 7 { // from the sixth on the name is closed
			w := signInAs(h, name, "wrong wrong wrong", fmt.Sprintf("10.%d.%d.1", i, round))
			body := strings.ReplaceAll(w.Body.String(), name, "NAME")
			said[fmt.Sprint(w.Code, body)] = append(said[fmt.Sprint(w.Code, body)], fmt.Sprint(name[:min(len(name), 8)], round))
		}
	}
	if len(said) != 1 {
		t.Errorf("%d different answers: %v", len(said), said)
	}
	if w := signInAs(h, "wang", goodPassword, "10.9.9.9"); w.Code != http.StatusForbidden {
		t.Errorf("after too many guesses the right password from elsewhere: %d", w.Code)
	}
}

// Who has signed in from a browser before can do so while others guess.
func TestGuessingLocksNobodyOut(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	device := given(signInAs(h, "wang", goodPassword, "10.1.1.1"), "gd")
	if device == "" {
		t.Fatal("no device cookie")
	}
	for i := range 20 {
		signInAs(h, "wang", "guess guess guess", fmt.Sprintf("10.2.%d.1", i))
		signInAs(h, "wang", "guess guess guess", "10.1.1.1")
	}
	if w := signInAs(h, "wang", goodPassword, "10.1.1.1"); w.Code == http.StatusSeeOther {
		t.Error("without the device the name is still open")
	}
	if w := signInAs(h, "wang", goodPassword, "10.1.1.1", &http.Cookie{Name: "gd", Value: device}); w.Code != http.StatusSeeOther {
		t.Errorf("the known device is shut out too: %d", w.Code)
	}
}

// Ten thousand guesses are refused, the log stays readable, and somebody at work does not notice.
func TestTenThousandGuesses(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	token := s.signIn(t, "wang")
	var guessing sync.WaitGroup
	codes := make([]map[int]int, 8)
	for g := range codes {
		codes[g] = map[int]int{}
		guessing.Go(func() {
			for i := range 1250 {
				codes[g][signInAs(h, "wang", fmt.Sprint("guess number ", g, i), fmt.Sprintf("10.%d.%d.7", g, i%200)).Code]++
			}
		})
	}
	var slowest time.Duration
	done := make(chan struct{})
	go func() { guessing.Wait(); close(done) }()
	work := 0
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		start := time.Now()
		if w := ask(h, http.MethodGet, "/start", token, nil); w.Code != http.StatusOK {
			t.Fatalf("at work meanwhile: %d", w.Code)
		}
		slowest, work = max(slowest, time.Since(start)), work+1
	}
	total := map[int]int{}
	for _, c := range codes {
		for code, n := range c {
			total[code] += n
		}
	}
	if total[http.StatusForbidden]+total[http.StatusServiceUnavailable] != 10_000 {
		t.Errorf("answers: %v", total)
	}
	if n := len(s.lines(t, access.SignIn)); n < 5 || n > 2000 {
		t.Errorf("%d lines in the log", n)
	}
	t.Logf("answers %v; %d pages meanwhile, the slowest after %v", total, work, slowest)
}

// A password of ten megabytes costs nothing and is written down.
func TestHugePassword(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	if w := signInAs(h, "wang", strings.Repeat("长", 10<<20/9), "10.1.1.1"); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("ten megabytes: %d", w.Code)
	}
	if w := signInAs(h, "wang", strings.Repeat("x", 4000), "10.1.1.2"); w.Code != http.StatusForbidden {
		t.Errorf("four thousand characters: %d", w.Code)
	}
	if len(s.lines(t, access.SignIn)) < 2 {
		t.Error("not in the log")
	}
}

// A link that somebody made does not lead away from here after sign-in.
func TestSignInLeadsNowhereElse(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "http:evil.example", "/\t/evil.example", " //evil.example", "///evil.example", "evil.example", "/%0d%0aSet-Cookie:x=1\r\nX: y"} {
		form := url.Values{"name": {"wang"}, "password": {goodPassword}, "next": {next}}
		w := ask(h, http.MethodPost, "/signin", "", form)
		u, err := url.Parse(w.Header().Get("Location"))
		if w.Code != http.StatusSeeOther || err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || w.Header().Get("X") != "" {
			t.Errorf("%q leads to %q", next, w.Header().Get("Location"))
		}
	}
}

// Nothing that people type, and no secret, reaches the log of the service or the audit log.
func TestNothingTypedIsWrittenDown(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	token := given(signInAs(h, "wang", goodPassword, "10.1.1.1"), "gs")
	const marker = "ZZTOP13800138000"
	signInAs(h, marker, marker, "10.1.1.3")
	signInAs(h, "wang", marker, "10.1.1.4")
	for pattern, c := range walk {
		if method, _, _ := strings.Cut(pattern, " "); method == http.MethodGet {
			base, _, _ := strings.Cut(strings.NewReplacer("{unit}", marker, "{community}", marker).Replace(c.url), "?")
			ask(h, method, base+"?"+url.Values{"org": {marker}, "metric": {marker + "\n\x1b[31m"}, "q": {marker}, "next": {marker}, "key": {marker}, "kind": {marker}}.Encode(), token, nil)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/search", nil)
	r.Header.Set("Authorization", "Bearer "+marker)
	r.Header.Set("User-Agent", marker)
	h.ServeHTTP(httptest.NewRecorder(), r)
	if strings.Contains(s.log.String(), marker) || strings.Contains(s.log.String(), token) {
		t.Errorf("in the service's log: %s", s.log)
	}
	files, err := filepath.Glob(filepath.Join(string(s.Warehouse.Dir()), "audit", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("audit files: %v %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{marker, "ZZTOP", token, goodPassword} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("the audit log holds %q", secret)
			}
		}
	}
}

// Where the audit log cannot be written no rows are shown, no file is given and nobody comes in; numbers stay.
func TestNoAuditNoRows(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", everything...)
	token := s.signIn(t, "wang")
	if err := s.audit.Close(); err != nil { // as good as a full disk: nothing can be appended
		t.Fatal(err)
	}
	for _, path := range []string{"/records", "/files/records", "/files/chart/ranking"} {
		if w := ask(h, http.MethodGet, path, token, nil); w.Code != http.StatusServiceUnavailable && w.Code != http.StatusNotFound {
			t.Errorf("%s without a log: %d", path, w.Code)
		}
	}
	if w := signInAs(h, "wang", goodPassword, "10.1.1.1"); w.Code == http.StatusSeeOther {
		t.Error("somebody came in unseen")
	}
	if w := ask(h, http.MethodGet, "/search", token, nil); w.Code != http.StatusOK {
		t.Errorf("what is not written down: %d", w.Code)
	}
}

// The set-up link opens once, and not at all once there is an administrator.
func TestSetUpOnce(t *testing.T) {
	s, h := fort(t)
	first, err := s.access.Setup()
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.access.Setup()
	if err != nil {
		t.Fatal(err)
	}
	form := func(key string) url.Values {
		return url.Values{"key": {key}, "name": {"boss"}, "display": {"管理员"}, "password": {goodPassword}, "again": {goodPassword}}
	}
	if w := ask(h, http.MethodPost, "/enter", "", form(first.Key)); w.Code != http.StatusForbidden {
		t.Errorf("a link that another has replaced: %d", w.Code)
	}
	bad := form(link.Key)
	bad.Set("again", "something else entirely")
	if w := ask(h, http.MethodPost, "/enter", "", bad); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("two different passwords: %d", w.Code)
	}
	var entering sync.WaitGroup
	codes := make([]int, 4)
	for i := range codes {
		entering.Go(func() { codes[i] = ask(h, http.MethodPost, "/enter", "", form(link.Key)).Code })
	}
	entering.Wait()
	if n := len(slices.DeleteFunc(slices.Clone(codes), func(c int) bool { return c != http.StatusSeeOther })); n != 1 {
		t.Errorf("the link opened %d times: %v", n, codes)
	}
	if _, err := s.access.Setup(); err == nil {
		t.Error("there is an administrator, and another link")
	}
	if w := ask(h, http.MethodGet, "/enter?key="+link.Key, "", nil); w.Code != http.StatusForbidden {
		t.Errorf("the used link: %d", w.Code)
	}
}

// What signs in without a password opens from this machine only, whatever a proxy says, and by its own name.
func TestEntranceIsLocal(t *testing.T) {
	s, h := fort(t)
	s.account(t, "demo", everything...)
	enter := func(key, peer, host string, headers ...string) int {
		r := httptest.NewRequest(http.MethodPost, "http://"+host+"/enter", strings.NewReader(url.Values{"key": {key}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = net.JoinHostPort(peer, "1")
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	link, err := s.access.Entrance("demo")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][]string{{"10.0.0.1", "localhost"}, {"10.0.0.1", "localhost", "X-Forwarded-For", "127.0.0.1"}, {"127.0.0.1", "evil.example"}, {"10.0.0.1", "127.0.0.1"}} {
		if code := enter(link.Key, c[0], c[1], c[2:]...); code != http.StatusForbidden {
			t.Errorf("from %v: %d", c, code)
		}
	}
	if code := enter(link.Key, "127.0.0.1", "localhost:8080"); code != http.StatusSeeOther {
		t.Errorf("from here: %d", code)
	}
	if code := enter(link.Key, "127.0.0.1", "localhost:8080"); code != http.StatusForbidden {
		t.Errorf("a second time: %d", code)
	}
}
