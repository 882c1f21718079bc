package web_test

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gridstar/analytics/access"
	"gridstar/ingest/demo"
)

// fill types into the field of a form that has this name.
func (b *tab) fill(form, name, value string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(form+` [name="`+name+`"]`), value))
}

// From the first start to the auditor, as the people of an office do it: the first administrator sets up himself and
// opens accounts, a street leader sees her street and nothing else wherever she looks, a colleague's link is refused in
// plain words, and the auditor finds the refusal.
func TestBrowserPeople(t *testing.T) {
	s, _ := fort(t)
	dir := t.TempDir()
	m, err := demo.Write(context.Background(), dir, demo.Options{Seed: 1, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Files {
		if err := s.load(t.Context(), f.Args(dir)...); err != nil {
			t.Fatal(err)
		}
	}
	d := s.directory(t)
	mine, theirs := d.AtLevel("street")[0], d.AtLevel("street")[1]
	community := under(t, d, "community", 0)
	foreign := foreignMarkers(d, mine.Code)

	// The first start: the link opens the form, and its key does not stay in the address.
	link, err := s.access.Setup()
	if err != nil {
		t.Fatal(err)
	}
	b := newTab(t, s)
	b.allow("status of 4")                // what the browser says about refusals
	b.allow("Password forms should have") // the set-up has no account yet
	b.visit("/")
	if got := b.address(); got != "/signin" || !strings.Contains(b.text("main"), "还没有管理员账号") {
		t.Fatalf("a stranger is shown %s: %s", got, b.text("main"))
	}
	b.visit("/enter?key=" + link.Key)
	if got := b.address(); got != "/enter" {
		t.Errorf("the key stays in the address: %s", got)
	}
	b.fill(".sign", "name", "boss")
	b.fill(".sign", "display", "信息中心管理员")
	b.fill(".sign", "password", "一二三四五六七八九十甲乙")
	b.fill(".sign", "again", "又一个不同的口令在这里")
	b.follow(chromedp.Click(chromedp.CSS(".sign button")))
	if !strings.Contains(b.text(".sign"), "不一致") {
		t.Errorf("two different passwords: %s", b.text(".sign"))
	}
	b.fill(".sign", "password", goodPassword)
	b.fill(".sign", "again", goodPassword)
	b.follow(chromedp.Click(chromedp.CSS(".sign button")))
	if got := b.address(); got != "/start" || b.text(".who") != "信息中心管理员" || eval[string](b, "document.cookie") != "" {
		t.Fatalf("after the set-up: %s, %q, cookie %q", got, b.text(".who"), eval[string](b, "document.cookie"))
	}

	// The administrator opens an account and hands over its link.
	open := func(name, display string, role access.Role, org string) string {
		b.visit("/admin")
		b.fill("#new", "name", name)
		b.fill("#new", "display", display)
		b.do(chromedp.SetValue(chromedp.CSS(`#new [name="role"]`), string(role)))
		if org != "" {
			b.fill("#new", "org", org)
		}
		b.follow(chromedp.Click(chromedp.CSS(`#new button[type="submit"]`)))
		found := regexp.MustCompile(`/enter\?key=[A-Z2-7]+`).FindString(b.text("main"))
		if found == "" {
			t.Fatalf("no link for %s: %s", name, b.text("main"))
		}
		return found
	}
	leader := open("wang", "河东街道领导", access.StreetLeader, mine.Code)

	// The auditor's account is made on the machine, not by the administrator, who cannot get at it either.
	s.account(t, "shen", access.Grant{Role: access.Auditor})
	invited, err := s.access.Invite(access.Actor{Account: access.CommandLine}, "shen")
	if err != nil {
		t.Fatal(err)
	}
	auditor := "/enter?key=" + invited.Key
	b.visit("/admin/accounts/shen")
	if _, err := s.access.Invite(access.Actor{Account: "boss"}, "shen"); err == nil {
		t.Error("the administrator makes a link to be the auditor with")
	}

	// The street leader sets her password and sees her street.
	w := newTab(t, s)
	w.allow("status of 4")
	w.allow("Clear-Site-Data") // which the browser tells when she signs out
	w.visit(leader)
	w.fill(".sign", "password", goodPassword)
	w.fill(".sign", "again", goodPassword)
	w.follow(chromedp.Click(chromedp.CSS(".sign button")))
	if got := w.text(".crumbs"); w.address() != "/" || !strings.HasPrefix(got, mine.Name) {
		t.Fatalf("she begins at %s %s", w.address(), got)
	}
	look := func(where string) {
		t.Helper()
		body := eval[string](w, "document.documentElement.outerHTML")
		if got := foreign.FindString(body); got != "" {
			t.Errorf("%s shows %q", where, got)
		}
		if !strings.Contains(body, "河东街道领导") {
			t.Errorf("%s does not say who is signed in", where)
		}
	}
	fetched := func(address string) {
		t.Helper()
		body := eval[string](w, `fetch(`+quote(address)+`).then(r => r.status + " " + r.url + "\n" ).then(async head => head + await (await fetch(`+quote(address)+`)).text())`)
		if !strings.HasPrefix(body, "200 ") {
			t.Errorf("%s: %.120s", address, body)
		}
		if got := foreign.FindString(body); got != "" {
			t.Errorf("%s holds %q", address, got)
		}
	}
	look("the overview")
	for _, address := range eval[[]string](w, `[...document.querySelectorAll("a[download]")].map(a => a.getAttribute("href"))`) {
		fetched(address)
	}
	for _, address := range []string{"/chart/map", "/chart/ranking?show=grid", "/chart/flow", "/outline/community", "/outline/street", "/honours"} {
		fetched(address)
	}
	w.press("ranking", community.Code)
	look("the drill")
	for _, path := range []string{"/?org=" + community.Code, "/records", "/records?metric=patrol_rate&per=month&at=2026-10", "/stars", "/stars/" + cardIn(t, d, mine.Code), "/search?q=" + url.QueryEscape("社区")} {
		w.visit(path)
		look(path)
	}
	w.visit("/search?q=" + url.QueryEscape(theirs.Name))
	if got := w.text("main"); !strings.Contains(got, "没有找到") {
		t.Errorf("a search for another street finds %s", got)
	}
	fetched("/files/records?per=month&at=2026-10")
	fetched("/files/stars?cycle=2026")
	if got := w.text(".tabs"); strings.Contains(got, "账号") || strings.Contains(got, "审计") || strings.Contains(got, "起步") {
		t.Errorf("she is offered %s", got)
	}

	// A colleague of another street sends a link.
	for _, path := range []string{"/?org=" + theirs.Code, "/records?org=" + theirs.Code, "/stars/" + cardIn(t, d, theirs.Code), "/admin", "/audit", "/start"} {
		w.visit(path)
		if got := w.text("main"); !strings.Contains(got, "权限") || foreign.MatchString(strings.ReplaceAll(strings.ReplaceAll(got, theirs.Code, ""), cardIn(t, d, theirs.Code), "")) {
			t.Errorf("%s says %q", path, got)
		}
	}

	// The auditor sees the refusal, and no number.
	a := newTab(t, s)
	a.allow("status of 4")
	a.visit(auditor)
	a.fill(".sign", "password", goodPassword)
	a.fill(".sign", "again", goodPassword)
	a.follow(chromedp.Click(chromedp.CSS(".sign button")))
	if got := a.address(); got != "/audit" {
		t.Fatalf("the auditor begins at %s", got)
	}
	a.visit("/audit?event=refused")
	log := a.text("main")
	for _, want := range []string{"wang", "拒绝访问", "org=" + theirs.Code} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q: %.600s", want, log)
		}
	}
	for _, path := range []string{"/", "/records", "/stars", "/admin"} {
		a.visit(path)
		if strings.Contains(a.text("main"), mine.Name) && path != "/" {
			t.Errorf("the auditor is shown %s", path)
		}
	}

	// Signing out ends it, also for the page that the browser has kept.
	w.visit("/")
	w.follow(chromedp.Click(chromedp.CSS(".out button")))
	w.visit("/")
	if got := w.address(); got != "/signin" {
		t.Errorf("after signing out she is at %s", got)
	}
}

func quote(s string) string { return "`" + s + "`" }
