package web_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gridstar/analytics/access"
)

// office is a fort with a few units, of which two have one name.
func office(t *testing.T) (*site, http.Handler) {
	t.Helper()
	s, h := fort(t)
	err := s.loadTable(t.Context(), filepath.Join(t.TempDir(), "units.csv"), [][]string{
		{"编码", "名称", "层级", "上级编码"},
		{"31", "示范区", "区", ""},
		{"3101", "红旗街道", "街道", "31"},
		{"3102", "东风街道", "街道", "31"},
		{"310101", "朝阳社区", "社区", "3101"},
		{"310201", "朝阳社区", "社区", "3102"},
		{"310202", "长青社区", "社区", "3102"},
	}, "units", "load")
	if err != nil {
		t.Fatal(err)
	}
	return s, h
}

// shows fails the test where a page lacks one of the texts.
func shows(t *testing.T, where, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("%s does not say %q: %s", where, text, plain(body))
		}
	}
}

var markup = regexp.MustCompile(`(?s)<head>.*</head>|<[^>]*>`)

// plain is a page's text.
func plain(body string) string {
	return strings.Join(strings.Fields(markup.ReplaceAllString(body, " ")), " ")
}

func post(h http.Handler, path, token string, pairs ...string) (code int, to, body string) {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w := ask(h, http.MethodPost, path, token, form)
	return w.Code, w.Header().Get("Location"), w.Body.String()
}

func get(h http.Handler, path, token string) (code int, body string) {
	w := ask(h, http.MethodGet, path, token, nil)
	return w.Code, w.Body.String()
}

// Somebody sees in words what he may do, for which units, and until when; what has run out is not there.
func TestAccountSaysWhatOneMayDo(t *testing.T) {
	s, h := office(t)
	token := s.as(t, "wang", access.Grant{Role: access.StreetLeader, Org: "3101", Petitions: true, Until: until.AddDate(0, 2, 0)},
		access.Grant{Role: access.Evaluator, Org: "310202", Stars: []string{"GJ", "PA"}})
	code, body := get(h, "/account", token)
	if code != http.StatusOK {
		t.Fatal(code)
	}
	shows(t, "the page", body, "街道领导", "红旗街道・可看信访内容・至 2026-12-31", "评价人", "东风街道长青社区・共建共享星、平安法治星", "这个账号没有口令", "当前")
	if strings.Contains(body, "关爱名单</span>") {
		t.Error("it says more than was granted")
	}
}

func TestChangeOwnPassword(t *testing.T) {
	s, h := fort(t)
	s.resident(t, "wang", access.Grant{Role: access.DistrictLeader})
	token, elsewhere := s.signIn(t, "wang"), s.signIn(t, "wang")
	const better = "另外 五只 风筝 在 屋顶"
	for _, c := range []struct{ what, old, new, again, says string }{
		{"two different ones", goodPassword, better, better + "了", "不一致"},
		{"not the old one", "not the old one", better, better, "原口令不正确"},
		{"too short", goodPassword, "short", "short", "至少"},
		{"the same again", goodPassword, goodPassword, goodPassword, "不能重复使用"},
	} {
		code, _, body := post(h, "/account/password", token, "old", c.old, "new", c.new, "again", c.again)
		if code != http.StatusUnprocessableEntity || !inside(h, token) {
			t.Errorf("%s: %d", c.what, code)
		}
		shows(t, c.what, body, c.says, `role="alert"`)
		for _, secret := range []string{c.old, c.new, c.again} {
			if strings.Contains(body, `value="`+secret) {
				t.Errorf("%s: the page holds a password", c.what)
			}
		}
	}
	w := ask(h, http.MethodPost, "/account/password", token, url.Values{"old": {goodPassword}, "new": {better}, "again": {better}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/account?done=password" {
		t.Fatalf("%d to %s: %s", w.Code, w.Header().Get("Location"), plain(w.Body.String()))
	}
	fresh := given(w, "gs")
	if fresh == "" || fresh == token || !inside(h, fresh) || inside(h, token) || inside(h, elsewhere) {
		t.Error("after the change this session goes on with a new token, and no other goes on")
	}
	if _, body := get(h, "/account?done=password", fresh); !strings.Contains(body, "口令已更换") {
		t.Error("the page does not say that it was done")
	}
	if _, body := get(h, "/account?done=%3Cscript%3E", fresh); strings.Contains(body, "notice good") {
		t.Error("an address makes the page say what it likes")
	}
	if w := signInAs(h, "wang", better, "10.1.1.1"); w.Code != http.StatusSeeOther {
		t.Errorf("the new password: %d", w.Code)
	}
}

// Everybody ends his own sessions, one or all, and nobody else's.
func TestOwnSessions(t *testing.T) {
	s, h := fort(t)
	s.account(t, "wang", access.Grant{Role: access.DistrictLeader})
	s.account(t, "li", access.Grant{Role: access.DistrictLeader})
	here, there, hers := s.signIn(t, "wang"), s.signIn(t, "wang"), s.signIn(t, "li")
	idOf := func(name, token string) string {
		t.Helper()
		c, ok := s.access.Caller(token, "")
		if !ok || c.Account != name {
			t.Fatalf("%s is not signed in", name)
		}
		return c.Session
	}
	for what, id := range map[string]string{"another account's": idOf("li", hers), "none": "none", "empty": "%20", "a path": "..%2f" + idOf("li", hers)} {
		if code, _, _ := post(h, "/account/sessions/"+id+"/end", here); code != http.StatusNotFound {
			t.Errorf("%s: %d", what, code)
		}
	}
	if !inside(h, hers) {
		t.Fatal("he has ended her session")
	}
	if code, to, _ := post(h, "/account/sessions/"+idOf("wang", there)+"/end", here); code != http.StatusSeeOther || to != "/account?done=session" || inside(h, there) || !inside(h, here) {
		t.Errorf("one of his own: %d to %s", code, to)
	}
	w := ask(h, http.MethodPost, "/account/sessions/"+idOf("wang", here)+"/end", here, nil)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/signin" || inside(h, here) || w.Header().Get("Clear-Site-Data") == "" {
		t.Errorf("the one he is in: %d to %s", w.Code, w.Header().Get("Location"))
	}
	here, there = s.signIn(t, "wang"), s.signIn(t, "wang")
	if code, to, _ := post(h, "/account/sessions/end", here); code != http.StatusSeeOther || to != "/signin" || inside(h, here) || inside(h, there) || !inside(h, hers) {
		t.Errorf("all of his: %d to %s", code, to)
	}
}

// Somebody whose password others know changes it before anything else.
func TestMustChange(t *testing.T) {
	s, h := office(t)
	s.resident(t, "wang", everything...)
	const known = "管理员 知道 的 一个 口令 啊"
	if err := s.access.SetPassword(t.Context(), access.Actor{Account: access.CommandLine}, "wang", known); err != nil {
		t.Fatal(err)
	}
	token := given(signInAs(h, "wang", known, "10.1.1.1"), "gs")
	for _, path := range []string{"/", "/records", "/admin", "/stars?org=3101", "/search", "/start"} {
		w := ask(h, http.MethodGet, path, token, nil)
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/account?done=mustchange" {
			t.Errorf("%s: %d to %s", path, w.Code, to)
		}
	}
	if code, _, _ := post(h, "/admin/accounts/wang/rename", token, "display", "x"); code != http.StatusForbidden {
		t.Errorf("a form: %d", code)
	}
	r := ask(h, http.MethodHead, "/files/records", token, nil)
	if r.Code != http.StatusForbidden && r.Code != http.StatusSeeOther {
		t.Errorf("a file: %d", r.Code)
	}
	code, body := get(h, "/account?done=mustchange", token)
	if code != http.StatusOK {
		t.Fatal(code)
	}
	shows(t, "the page", body, "请先更换口令", `name="old"`)
	w := ask(h, http.MethodPost, "/account/password", token, url.Values{"old": {known}, "new": {goodPassword + " 新"}, "again": {goodPassword + " 新"}})
	if w.Code != http.StatusSeeOther || !inside(h, given(w, "gs")) {
		t.Errorf("after the change: %d", w.Code)
	}
}

// Who looks with somebody else's eyes sees what that person may do, and touches nothing of that account.
func TestAccountSeenByAnother(t *testing.T) {
	s, h := office(t)
	s.resident(t, "wang", access.Grant{Role: access.StreetLeader, Org: "3101"})
	hers := s.signIn(t, "wang")
	w := ask(h, http.MethodPost, "/admin/accounts/wang/view", s.as(t, "boss", access.Grant{Role: access.Administrator}), nil)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		t.Fatalf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	token := given(w, "gs")
	code, body := get(h, "/account", token)
	if code != http.StatusOK {
		t.Fatal(code)
	}
	shows(t, "the page", body, "红旗街道", "您正以“wang”的身份查看", "不能更换口令")
	if strings.Contains(body, "我的登录") || strings.Contains(body, `name="old"`) {
		t.Error("it offers what is her own")
	}
	c, _ := s.access.Caller(hers, "")
	for _, path := range []string{"/account/password", "/account/sessions/end", "/account/sessions/" + c.Session + "/end"} {
		if code, _, _ := post(h, path, token, "old", goodPassword, "new", "x", "again", "x"); code != http.StatusForbidden {
			t.Errorf("%s: %d", path, code)
		}
	}
	for _, path := range []string{"/admin", "/admin/accounts/wang", "/start"} {
		if code, _ := get(h, path, token); code != http.StatusForbidden {
			t.Errorf("%s: %d", path, code)
		}
	}
	if !inside(h, hers) {
		t.Error("she was signed out")
	}
}
