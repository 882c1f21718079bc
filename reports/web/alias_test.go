package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Aliases are edited for one's own units; a unit of others is refused as one that does not exist, and what two people do at
// the same time is not lost.
func TestAliases(t *testing.T) {
	o := newCounter(t)
	hers := o.clerk(t, "her", "310101")
	post := func(unit, was, aliases string) (int, string) {
		t.Helper()
		w := ask(o.pages, http.MethodPost, "/data/aliases", hers, url.Values{"unit": {unit}, "was": {was}, "aliases": {aliases}})
		return w.Code, w.Body.String()
	}
	if code, body := o.get(t, hers, "/data/aliases"); code != 200 || !strings.Contains(body, "第二网格") || strings.Contains(body, "新华社区") || strings.Contains(body, "曙光社区") {
		t.Errorf("the page: %d", code)
	}
	if code, body := post("31010101", "", "东片、老一片"); code != http.StatusSeeOther {
		t.Fatalf("%d %.400s", code, body)
	}
	if u, _ := o.directory(t).Unit("31010101"); strings.Join(u.Aliases, " ") != "东片 老一片" {
		t.Errorf("the aliases are %q", u.Aliases)
	}
	if code, body := post("31010101", "", "西片"); code != http.StatusConflict || !strings.Contains(body, "刚刚被他人修改过") {
		t.Errorf("somebody was quicker: %d", code)
	}
	if code, body := post("31010102", "", "东片"); code != http.StatusUnprocessableEntity && code != http.StatusBadRequest || !strings.Contains(body, "已是同级单位") || !strings.Contains(body, `value="东片"`) {
		t.Errorf("the name of a unit beside it: %d", code)
	}
	foreign, absent := "310201", "777777"
	codeA, a := post(foreign, "", "x")
	codeB, b := post(absent, "", "x")
	if codeA != 404 || codeB != 404 || strings.ReplaceAll(a, foreign, "") != strings.ReplaceAll(b, absent, "") {
		t.Errorf("a unit of others: %d, one that there is not: %d", codeA, codeB)
	}
	if code, body := o.get(t, hers, "/data/aliases?q="+url.QueryEscape("老一")); code != 200 || !strings.Contains(body, "第一网格") || strings.Contains(body, "第二网格") {
		t.Errorf("the filter: %d", code)
	}
}
