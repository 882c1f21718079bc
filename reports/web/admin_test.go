package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gridstar/analytics/access"
)

func administrator(t *testing.T) (*site, http.Handler, string) {
	t.Helper()
	s, h := office(t)
	s.resident(t, "boss", access.Grant{Role: access.Administrator})
	return s, h, s.signIn(t, "boss")
}

// held are the grants of an account, without what the store adds.
func (s *site) held(t *testing.T, name string) []access.Grant {
	t.Helper()
	a, ok := s.access.Account(name)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	for i := range a.Grants {
		a.Grants[i].ID, a.Grants[i].By, a.Grants[i].At = "", "", time.Time{}
	}
	return a.Grants
}

var linkText = regexp.MustCompile(`http://localhost(/enter\?key=[A-Z2-7]+)`)

// An account is opened with its first grant, by the words of a form; its link is shown once and sets the password.
func TestAddAccount(t *testing.T) {
	s, h, boss := administrator(t)
	for _, c := range []struct {
		form []string
		want access.Grant
	}{
		{[]string{"name", "li", "display", "李主任", "role", "street_leader", "org", "红旗街道", "petitions", "1", "until", "2026-12-31"}, access.Grant{Role: access.StreetLeader, Org: "3101", Petitions: true, Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{[]string{"name", "王书记", "display", "王书记", "role", "secretary", "org", "东风街道朝阳社区", "until", ""}, access.Grant{Role: access.Secretary, Org: "310201"}},
		{[]string{"name", "zhao", "display", "赵", "role", "evaluator", "org", "310202", "star_GJ", "1", "star_PA", "1"}, access.Grant{Role: access.Evaluator, Org: "310202", Stars: []string{"GJ", "PA"}}},
		{[]string{"name", " qian", "display", "钱 ", "role", "district_leader", "org", "全站"}, access.Grant{Role: access.DistrictLeader}},
	} {
		name := strings.TrimSpace(c.form[1])
		code, _, body := post(h, "/admin", boss, c.form...)
		if code != http.StatusOK {
			t.Errorf("%s: %d %s", name, code, plain(body))
			continue
		}
		if diff := cmp.Diff([]access.Grant{c.want}, s.held(t, name), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		link := linkText.FindStringSubmatch(strings.ReplaceAll(body, "&amp;", "&"))
		if link == nil {
			t.Fatalf("%s: no link in %s", name, plain(body))
		}
		shows(t, name, body, "账号已开通", "只显示这一次", "别的电脑打不开")
		if code, body := get(h, "/admin/accounts/"+url.PathEscape(name), boss); code != http.StatusOK || linkText.MatchString(body) {
			t.Errorf("%s: %d, or the link is shown again", name, code)
		}
		key := strings.TrimPrefix(link[1], "/enter?key=")
		if code, to, body := post(h, "/enter", "", "key", key, "password", goodPassword, "again", goodPassword); code != http.StatusSeeOther {
			t.Errorf("%s: the link: %d to %s %s", name, code, to, plain(body))
		}
	}
	for _, e := range s.lines(t, access.Rights) {
		if strings.Contains(e.Object, "key=") || strings.Contains(e.Object, "李主任") {
			t.Errorf("the log says %q", e.Object)
		}
	}
}

// A mistake is said in a sentence, nothing is opened, and what was typed stays in the form.
func TestAddAccountMistakes(t *testing.T) {
	s, h, boss := administrator(t)
	before := len(s.access.Accounts())
	for what, c := range map[string]struct {
		form []string
		says string
	}{
		"no role":              {[]string{"org", "3101"}, "请选择角色"},
		"no unit":              {[]string{"role", "street_leader", "org", " "}, "请填“全站”"},
		"no such unit":         {[]string{"role", "street_leader", "org", "没有街道"}, "没有街道"},
		"two of one name":      {[]string{"role", "secretary", "org", "朝阳社区"}, "“红旗街道朝阳社区”（编码 310101）、“东风街道朝阳社区”（编码 310201）"},
		"a long name":          {[]string{"role", "secretary", "org", strings.Repeat("长", 81)}, "单位名称过长"},
		"a name that is taken": {[]string{"name", "BOSS", "role", "clerk", "org", "3101"}, "已经有了"},
		"a bad name":           {[]string{"name", "a b", "role", "clerk", "org", "3101"}, "用户名应为"},
		"no display":           {[]string{"display", "", "role", "clerk", "org", "3101"}, "显示名应为"},
		"administrator of one": {[]string{"role", "administrator", "org", "3101"}, "只能是全站"},
		"evaluator of no star": {[]string{"role", "evaluator", "org", "3101"}, "请选择评价人负责的星"},
		"clerk with a star":    {[]string{"role", "clerk", "org", "3101", "star_GJ", "1"}, "不要选星"},
		"fields for him":       {[]string{"role", "administrator", "care", "1"}, "不能授权查看信访内容或关爱名单"},
		"a day that is none":   {[]string{"role", "clerk", "org", "3101", "until", "2026-02-30"}, "无法识别"},
		"a day that is past":   {[]string{"role", "clerk", "org", "3101", "until", "2026-10-31"}, "今天"},
	} {
		form := append([]string{"name", "typed", "display", "写好的名字"}, c.form...)
		code, _, body := post(h, "/admin", boss, form...)
		if code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, code)
		}
		shows(t, what, body, c.says)
		for i := 0; i+1 < len(c.form); i += 2 {
			kept := `value="` + c.form[i+1] + `"`
			switch {
			case c.form[i] == "role":
				kept += " selected"
			case c.form[i+1] == "1":
				kept = `name="` + c.form[i] + `" value="1" checked`
			}
			if !strings.Contains(body, kept) {
				t.Errorf("%s: the form has lost %s", what, c.form[i])
			}
		}
	}
	if n := len(s.access.Accounts()); n != before {
		t.Errorf("%d accounts, were %d", n, before)
	}
}

// All that a page can do to an account, it does, and says so.
func TestChangePerson(t *testing.T) {
	s, h, boss := administrator(t)
	const name = "李 书记"
	who := "李书记"
	s.resident(t, who, access.Grant{Role: access.Secretary, Org: "310101"})
	base := "/admin/accounts/" + url.PathEscape(who)
	account := func() access.Account {
		a, _ := s.access.Account(who)
		return a
	}
	does := func(what, path, word string, pairs ...string) {
		t.Helper()
		code, to, body := post(h, base+path, boss, pairs...)
		if code != http.StatusSeeOther || to != base+"?done="+word {
			t.Fatalf("%s: %d to %q %s", what, code, to, plain(body))
		}
		if code, body := get(h, to, boss); code != http.StatusOK || !strings.Contains(body, `class="notice good"`) {
			t.Errorf("%s: the page (%d) does not say that it was done", what, code)
		}
	}
	does("another name", "/rename", "renamed", "display", name)
	if account().Display != name {
		t.Errorf("she is called %q", account().Display)
	}
	hers := s.signIn(t, who)
	does("a grant", "/grants", "granted", "role", "clerk", "org", "东风街道")
	if want := []access.Grant{{Role: access.Secretary, Org: "310101"}, {Role: access.Clerk, Org: "3102"}}; !cmp.Equal(want, s.held(t, who), cmpopts.EquateEmpty()) || inside(h, hers) {
		t.Errorf("after the grant: %v, still signed in: %v", s.held(t, who), inside(h, hers))
	}
	hers = s.signIn(t, who)
	does("its end", "/grants/"+account().Grants[1].ID+"/end", "taken")
	if len(account().Grants) != 1 || inside(h, hers) {
		t.Error("the grant is there, or she is still signed in")
	}
	hers, other := s.signIn(t, who), s.signIn(t, who)
	c, _ := s.access.Caller(hers, "")
	does("one session", "/sessions/"+c.Session+"/end", "session")
	if inside(h, hers) || !inside(h, other) {
		t.Error("not this session, or not only this")
	}
	does("all sessions", "/sessions/end", "sessions")
	if inside(h, other) {
		t.Error("she is still signed in")
	}
	hers = s.signIn(t, who)
	does("disable", "/disable", "disabled")
	if !account().Disabled || inside(h, hers) {
		t.Error("she is not kept out")
	}
	does("enable", "/enable", "enabled")
	if account().Disabled {
		t.Error("she is still kept out")
	}
	code, _, body := post(h, base+"/link", boss)
	if code != http.StatusOK || !linkText.MatchString(body) || !account().Invited {
		t.Errorf("a link: %d %s", code, plain(body))
	}
	_, body = get(h, base, boss)
	shows(t, "the page", body, name, "红旗街道朝阳社区", "社区书记")
	if linkText.MatchString(body) {
		t.Error("the link is shown again")
	}
}

// What cannot be done is said on the page, which keeps what was typed.
func TestChangePersonMistakes(t *testing.T) {
	s, h, boss := administrator(t)
	s.account(t, "shen", access.Grant{Role: access.Auditor})
	s.account(t, "li", access.Grant{Role: access.Clerk, Org: "3101"})
	s.account(t, "gone", access.Grant{Role: access.Clerk, Org: "3101"})
	if err := s.access.Disable(access.Actor{Account: access.CommandLine}, "gone"); err != nil {
		t.Fatal(err)
	}
	accounts := s.access.Accounts()
	for what, c := range map[string]struct {
		path string
		form []string
		says string
	}{
		"an auditor as administrator": {"/shen/grants", []string{"role", "administrator"}, "本机用命令"},
		"himself: a grant":            {"/boss/grants", []string{"role", "clerk", "org", "3101"}, "由另一位管理员操作"},
		"himself: its end":            {"/boss/grants/1/end", nil, "由另一位管理员操作"},
		"himself: disabled":           {"/boss/disable", nil, "由另一位管理员操作"},
		"himself: eyes":               {"/boss/view", nil, "您自己的账号"},
		"an auditor's eyes":           {"/shen/view", nil, "不能以管理员或审计员的身份查看"},
		"the eyes of nobody":          {"/gone/view", nil, "已停用"},
		"a link for nobody":           {"/gone/link", nil, "已停用"},
		"a name without words":        {"/li/rename", []string{"display", " "}, "显示名应为"},
		"no such grant":               {"/li/grants/99/end", nil, "没有这项授权"},
		"no such token":               {"/li/tokens/X/end", nil, "没有这个令牌"},
		"a token on nothing":          {"/li/tokens", []string{"grant", "7", "label", "x", "end", "2026-12-01"}, "请选择令牌所依据的权限"},
		"an auditor's token":          {"/shen/tokens", []string{"grant", "1", "label", "x", "end", "2026-12-01"}, "请选择令牌所依据的权限"},
		"a token without end":         {"/li/tokens", []string{"grant", "1", "label", "写好的用途", "end", ""}, "截止日期"},
		"a token for another unit":    {"/li/tokens", []string{"grant", "1", "label", "x", "only", "3102", "end", "2026-12-01"}, "现有的一项授权"},
		"no such session":             {"/li/sessions/none/end", nil, "已经结束"},
	} {
		code, _, body := post(h, "/admin/accounts"+c.path, boss, c.form...)
		if code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", what, code, plain(body))
		}
		shows(t, what, body, c.says)
		if len(c.form) > 2 && c.form[0] == "grant" && !strings.Contains(body, `value="`+c.form[3]+`"`) && strings.Contains(body, `name="label"`) {
			t.Errorf("%s: the form has lost what was typed", what)
		}
	}
	if diff := cmp.Diff(accounts, s.access.Accounts()); diff != "" {
		t.Errorf("something was changed: %s", diff)
	}
	if !inside(h, boss) {
		t.Error("he is signed out")
	}
}

// The last administrator who can sign in stays, whoever asks.
func TestLastAdministrator(t *testing.T) {
	s, h, _ := administrator(t)
	token := s.as(t, "demo", access.Grant{Role: access.Administrator}) // has no password: cannot come back
	for _, path := range []string{"/disable", "/grants/1/end"} {
		code, _, body := post(h, "/admin/accounts/boss"+path, token)
		if code != http.StatusUnprocessableEntity || !strings.Contains(body, "最后一位管理员") {
			t.Errorf("%s: %d %s", path, code, plain(body))
		}
	}
	if !s.access.Ready() {
		t.Error("there is no administrator any more")
	}
}

// An account that does not exist has no page, and no form works on it; a form takes its own fields only.
func TestNoSuchPerson(t *testing.T) {
	s, h, boss := administrator(t)
	s.account(t, "li", access.Grant{Role: access.Clerk, Org: "3101"})
	before := s.state(t)
	for _, name := range []string{"nobody", "%E6%9D%8E", "..", "%2e%2e", "li%2f..", "%00", "li%20"} {
		if w := ask(h, http.MethodGet, "/admin/accounts/"+name, boss, nil); w.Code == http.StatusOK || w.Code >= 500 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	for _, path := range posts() {
		person, ok := strings.CutPrefix(path, "/admin/accounts/wang")
		if !ok {
			continue
		}
		if code, _, _ := post(h, "/admin/accounts/nobody"+person, boss); code != http.StatusNotFound {
			t.Errorf("nobody%s: %d", person, code)
		}
		for _, body := range []string{"by=boss", "display=x&display=y", "role=clerk&org=3101&id=9", "password=" + url.QueryEscape(goodPassword), "star_XX=1"} {
			r := httptest.NewRequest(http.MethodPost, "http://localhost/admin/accounts/li"+person, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "gs", Value: boss})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusBadRequest {
				t.Errorf("li%s with %s: %d", person, body, w.Code)
			}
		}
	}
	if s.state(t) != before {
		t.Error("something was changed")
	}
}

// A token is shown once, works for what it was given, and ends when it is taken back.
func TestTokensOnThePage(t *testing.T) {
	s, h, boss := administrator(t)
	s.account(t, "screen", access.Grant{Role: access.DistrictLeader, Petitions: true})
	code, _, body := post(h, "/admin/accounts/screen/tokens", boss, "grant", "1", "label", "大屏取数", "only", "红旗街道", "end", "2026-12-31")
	secret := regexp.MustCompile(`gst_[A-Z2-7]+`).FindString(body)
	if code != http.StatusOK || secret == "" {
		t.Fatalf("%d %s", code, plain(body))
	}
	a, _ := s.access.Account("screen")
	if g := a.Tokens[0].Grant; g.Org != "3101" || g.Petitions || g.Role != access.DistrictLeader || !g.Until.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("it holds %+v", g)
	}
	program := func(path string) int {
		r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if own, others, account := program("/search?q=x&org=3101"), program("/search?q=x&org=3102"), program("/account"); own != http.StatusOK || others != http.StatusNotFound || account != http.StatusForbidden {
		t.Errorf("its own street %d, another %d, the account's page %d", own, others, account)
	}
	_, body = get(h, "/admin/accounts/screen", boss)
	if strings.Contains(body, secret) {
		t.Error("the secret is shown again")
	}
	shows(t, "the page", body, "大屏取数", "2026-12-31", "2026-11-01 08:00")
	if code, to, _ := post(h, "/admin/accounts/screen/tokens/"+a.Tokens[0].ID+"/end", boss); code != http.StatusSeeOther || !strings.HasSuffix(to, "?done=revoked") {
		t.Errorf("revoked: %d to %s", code, to)
	}
	if code := program("/search?q=x&org=3101"); code == http.StatusOK {
		t.Error("it still works")
	}
}

// The list says of everybody what he may do and whether he can sign in; it is sorted and narrowed by its address.
func TestAccountList(t *testing.T) {
	s, h, boss := administrator(t)
	s.account(t, "chen", access.Grant{Role: access.StreetLeader, Org: "3102", Until: until.AddDate(0, 1, 0)})
	s.resident(t, "zhou", access.Grant{Role: access.Clerk, Org: "310202"})
	s.account(t, "none")
	if err := s.access.Disable(access.Actor{Account: access.CommandLine}, "none"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.access.Invite(access.Actor{Account: access.CommandLine}, "chen"); err != nil {
		t.Fatal(err)
	}
	rows := func(query string) []string {
		t.Helper()
		code, body := get(h, "/admin"+query, boss)
		if code != http.StatusOK {
			t.Fatalf("%s: %d", query, code)
		}
		var names []string
		for _, m := range regexp.MustCompile(`<a href="/admin/accounts/([^"]+)"><b>`).FindAllStringSubmatch(body, -1) {
			names = append(names, m[1])
		}
		return names
	}
	for query, want := range map[string][]string{
		"":                              {"boss", "chen", "none", "zhou"},
		"?desc=1":                       {"zhou", "none", "chen", "boss"},
		"?sort=x&desc=x":                {"boss", "chen", "none", "zhou"},
		"?q=" + url.QueryEscape("东风街道"): {"chen", "zhou"},
		"?q=" + url.QueryEscape("街道领导"): {"chen"},
		"?q=CH":                         {"chen"},
		"?q=" + url.QueryEscape("停用"):   {"none"},
		"?q=" + url.QueryEscape("没有的"):  nil,
	} {
		if got := rows(query); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
	if got := rows("?sort=seen&desc=1"); len(got) != 4 || !slices.Contains(got[:2], "boss") || !slices.Contains(got[:2], "zhou") {
		t.Errorf("the latest first: %v", got)
	}
	_, body := get(h, "/admin", boss)
	shows(t, "the list", body, "街道领导（东风街道，至 2026-11-30）", "未设口令，链接有效", "停用", "没有授权", "从未", "2026-11-01 08:00")
	_, body = get(h, "/admin?q=%3Cscript%3E", boss)
	shows(t, "nothing found", body, "没有符合“&lt;script&gt;”的账号")
}

// The link is written as the administrator's browser has found the server, TLS at a trusted proxy too; what others say of
// the host or the protocol does not count.
func TestLinkAddress(t *testing.T) {
	s, _, boss := administrator(t)
	s.account(t, "li", access.Grant{Role: access.Clerk, Org: "3101"})
	h, err := s.behind(netip.MustParsePrefix("10.0.0.0/8"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		peer, want string
		headers    []string
	}{
		{"10.1.1.1:1", "https://gridstar.example:8443/enter?key=", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example"}},
		{"127.0.0.1:1", "http://gridstar.example:8443/enter?key=", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example"}},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://gridstar.example:8443/admin/accounts/li/link", nil)
		r.RemoteAddr = c.peer
		for i := 0; i+1 < len(c.headers); i += 2 {
			r.Header.Set(c.headers[i], c.headers[i+1])
		}
		r.AddCookie(&http.Cookie{Name: "gs", Value: boss})
		r.AddCookie(&http.Cookie{Name: "__Host-gs", Value: boss})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c.want) || strings.Contains(w.Body.String(), "evil") || strings.Contains(w.Body.String(), "别的电脑打不开") {
			t.Errorf("from %s: %d %s", c.peer, w.Code, plain(w.Body.String()))
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("the page may be kept: %q", got)
		}
	}
}
