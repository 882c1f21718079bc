package main

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// service is a server that runs, with what it has said so far.
type service struct {
	product
	cmd *exec.Cmd

	mu   sync.Mutex
	said bytes.Buffer
}

func (s *service) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(b)
}

func (s *service) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// start starts a verb that serves, and waits until it has said how to get in.
func (p product) start(args ...string) *service {
	p.t.Helper()
	s := &service{product: p, cmd: p.command(args...)}
	s.cmd.Stderr = s
	if err := s.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { s.end() })
	waitFor(p.t, func() bool { return strings.Contains(s.text(), "浏览器打开") && strings.HasSuffix(s.text(), "\n") })
	return s
}

func (s *service) end() {
	if s.cmd.ProcessState != nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("%v: %s", err, s.text())
	}
}

var link = regexp.MustCompile(`(https?://[^/\s]+)(/enter\?key=([A-Z2-7]{26}))?`)

// address gives the last address that was printed, and its key; "" where it is that of no link.
func address(t testing.TB, text string) (base, key string) {
	t.Helper()
	all := link.FindAllStringSubmatch(text, -1)
	if all == nil {
		t.Fatalf("no address in %q", text)
	}
	return all[len(all)-1][1], all[len(all)-1][3]
}

// browser keeps cookies and follows no redirects.
func browser(t testing.TB) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar: jar, Timeout: 20 * time.Second,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func get(t testing.TB, c *http.Client, address string) *http.Response {
	t.Helper()
	return do(t, c, http.MethodGet, address, nil)
}

func post(t testing.TB, c *http.Client, address string, form url.Values) *http.Response {
	t.Helper()
	return do(t, c, http.MethodPost, address, form)
}

func do(t testing.TB, c *http.Client, method, address string, form url.Values) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// The first start gives out one link; it makes the administrator, once, and no other is given out afterwards. Who comes in
// by TLS gets HTTP/2 and cookies that are for encrypted connections only.
func TestFirstStartByTLS(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	certFile, keyFile := issue(t, t.TempDir(), 1, time.Now().AddDate(0, 0, 20), time.Now())
	s := p.start("serve", "--addr", "127.0.0.1:0", "--cert", certFile, "--key", keyFile)
	base, first := address(t, s.text())
	if !strings.HasPrefix(base, "https://127.0.0.1:") || first == "" || !strings.Contains(s.text(), "还没有管理员") {
		t.Fatalf("first words: %s", s.text())
	}
	_, key := address(t, p.must("user", "setup").stdout)
	if key == first || key == "" {
		t.Fatalf("second link %q after %q", key, first)
	}
	me := browser(t)
	if a := get(t, me, base+"/enter?key="+first); a.StatusCode != http.StatusForbidden {
		t.Errorf("the link before the last one: %s", a.Status)
	}
	if a := get(t, me, base+"/enter?key="+key); a.StatusCode != http.StatusOK || a.ProtoMajor != 2 {
		t.Errorf("the link: %s by %s", a.Status, a.Proto)
	}
	const password = "wistful-Otter-ladder-38"
	form := url.Values{"key": {key}, "name": {"admin"}, "display": {"信息中心"}, "password": {password}, "again": {password}}
	a := post(t, me, base+"/enter", form)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("setting up: %s", a.Status)
	}
	for _, c := range a.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly {
			t.Errorf("cookie %s", c)
		}
	}
	if a := get(t, me, base+"/start"); a.StatusCode != http.StatusOK {
		t.Errorf("the administrator's first page: %s", a.Status)
	}
	if a := post(t, browser(t), base+"/enter", form); a.StatusCode != http.StatusForbidden {
		t.Errorf("the link again: %s", a.Status)
	}
	if o := p.run("user", "setup"); o.code != exitFailed || !strings.Contains(o.stderr, "已经有管理员") {
		t.Errorf("another link: exit %d: %s", o.code, o.stderr)
	}
	if a := get(t, browser(t), base+"/"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a stranger: %s", a.Status)
	}

	// What the command line does counts at the next request.
	p.must("user", "signout", "admin")
	if a := get(t, me, base+"/start"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("after everything was signed out: %s", a.Status)
	}
	if a := post(t, me, base+"/signin", url.Values{"name": {"admin"}, "password": {password}, "next": {"/start"}}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("signing in: %s", a.Status)
	}
	var sessions struct{ Total int }
	p.must("user", "sessions", "admin", "--json").into(t, &sessions)
	if sessions.Total != 1 {
		t.Errorf("%d sessions", sessions.Total)
	}
	if o := p.run("user", "disable", "admin"); o.code != exitFailed || !strings.Contains(o.stderr, "最后一位管理员") {
		t.Errorf("the last administrator: exit %d: %s", o.code, o.stderr)
	}
	s.end()

	// The next start has nothing to give away; a session outlives it.
	s = p.start("serve", "--addr", strings.TrimPrefix(base, "https://"), "--cert", certFile, "--key", keyFile)
	if again, key := address(t, s.text()); key != "" || again != base || strings.Contains(s.text(), "还没有管理员") {
		t.Errorf("second start: %s", s.text())
	}
	if a := get(t, me, base+"/start"); a.StatusCode != http.StatusOK {
		t.Errorf("after a restart: %s", a.Status)
	}
	s.end()
	if text, err := os.ReadFile(auditFile(t, p.dir)); err != nil || bytes.Contains(text, []byte(key)) || bytes.Contains(text, []byte(password)) || bytes.Contains(text, []byte("信息中心")) {
		t.Errorf("the log holds a secret or a name: %s, %v", text, err)
	}
	p.must("verify")
}

// The demo's link opens once, without a password, and the next one is printed then.
func (s *service) entrance(t *testing.T) {
	t.Helper()
	base, key := address(t, s.text())
	if key == "" || strings.Contains(s.text(), "还没有管理员") {
		t.Fatalf("first words: %s", s.text())
	}
	me := browser(t)
	if a := post(t, me, base+"/enter", url.Values{"key": {key}}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("entering: %s", a.Status)
	}
	for _, page := range []string{"/", "/records", "/stars", "/start"} {
		if a := get(t, me, base+page); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", page, a.Status)
		}
	}
	if a := post(t, browser(t), base+"/enter", url.Values{"key": {key}}); a.StatusCode != http.StatusForbidden {
		t.Errorf("the link again: %s", a.Status)
	}
	waitFor(t, func() bool { return strings.Contains(s.text(), "链接已使用") })
	if _, next := address(t, s.text()); next == "" || next == key {
		t.Errorf("the next link: %s", s.text())
	} else if a := post(t, browser(t), base+"/enter", url.Values{"key": {next}}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("the next link: %s", a.Status)
	}
}

// Whoever serves without TLS to others than this machine is told what that means.
func TestUnprotectedServiceIsSaid(t *testing.T) {
	const warning = "没有启用 TLS"
	certFile, keyFile := issue(t, t.TempDir(), 1, time.Now().AddDate(0, 0, 20), time.Now())
	for name, tt := range map[string]struct {
		args []string
		want bool
	}{
		"to everybody":   {[]string{"--addr", "0.0.0.0:0"}, true},
		"this machine":   {[]string{"--addr", "127.0.0.1:0"}, false},
		"behind a proxy": {[]string{"--addr", "0.0.0.0:0", "--trusted-proxy", "10.0.0.5"}, false},
		"by TLS":         {[]string{"--addr", "0.0.0.0:0", "--cert", certFile, "--key", keyFile}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := product{t, filepath.Join(t.TempDir(), "D")}.start(append([]string{"serve"}, tt.args...)...)
			if strings.Contains(s.text(), warning) != tt.want {
				t.Errorf("%s", s.text())
			}
		})
	}
}

// Nothing that opens one installation opens another.
func TestTwoInstallationsShareNoSecret(t *testing.T) {
	var secrets, keys [2]string
	for i := range 2 {
		p := product{t, filepath.Join(t.TempDir(), "D")}
		_, keys[i] = address(t, strings.ReplaceAll(p.must("user", "add", "wang").stdout, "<服务地址>", "http://x"))
		b, err := os.ReadFile(filepath.Join(p.dir, "secret"))
		if err != nil {
			t.Fatal(err)
		}
		secrets[i] = string(b)
	}
	if secrets[0] == secrets[1] || keys[0] == keys[1] || len(secrets[0]) < 64 || keys[0] == "" {
		t.Errorf("secrets %q, links %q", secrets, keys)
	}
}
