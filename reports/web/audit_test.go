package web_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gridstar/analytics/access"
)

var logRow = regexp.MustCompile(`(?s)<tr><td data-label="时间">.*?</tr>`)

// logged are the rows of the page, as text.
func logged(body string) []string {
	var all []string
	for _, row := range logRow.FindAllString(body, -1) {
		all = append(all, plain(row))
	}
	return all
}

// The auditor reads who did what, the newest first, with the names of units beside their codes; that he does so is a line
// too. Numbers he is not shown.
func TestAuditPage(t *testing.T) {
	s, h := office(t)
	s.account(t, "li", access.Grant{Role: access.StreetLeader, Org: "3101", Until: until.AddDate(0, 2, 0)})
	if code, _ := get(h, "/records?org=3102&metric=received", s.signIn(t, "li")); code != http.StatusNotFound {
		t.Fatalf("another street: %d", code)
	}
	token := s.as(t, "shen", access.Grant{Role: access.Auditor})
	code, body := get(h, "/audit", token)
	if code != http.StatusOK {
		t.Fatal(code)
	}
	rows := logged(body)
	if len(rows) < 5 || !strings.Contains(rows[0], "shen") || !strings.Contains(rows[0], "登录") {
		t.Fatalf("the newest is %q of %d", rows[0], len(rows))
	}
	shows(t, "the log", plain(body), "明细 单位：东风街道（3102） 指标：受理量（received）", "GET /records org=3102 metric=received", "拒绝访问", "授权 街道领导 单位：红旗街道（3101） 有效至：2026-12-31 li")
	if _, body = get(h, "/audit", token); !strings.Contains(logged(body)[0], "查看审计日志") {
		t.Errorf("that the log was read is not in it: %q", logged(body)[0])
	}
	head := s.audit.Head()
	_, body = get(h, "/audit", token)
	shows(t, "the end of the chain", body, fmt.Sprintf("%d:%s", head.Seq, head.Hash))
	if strings.Contains(body, `action="/search"`) {
		t.Error("he is offered to look for units, which he may not")
	}
}

func TestAuditFilters(t *testing.T) {
	s, h := fort(t)
	token := s.as(t, "shen", access.Grant{Role: access.Auditor})
	s.account(t, "li")
	signInAs(h, "li", "wrong", "10.1.1.1")
	for query, want := range map[string]int{
		"?event=sign_in&outcome=denied":                         1,
		"?event=sign_in&account=li":                             1,
		"?event=undid":                                          0,
		"?from=2026-11-01&to=2026-11-01&outcome=denied":         1,
		"?from=2026-11-02":                                      0,
		"?to=2026-10-31":                                        0,
		"?account=" + url.QueryEscape("没有") + "&outcome=denied": 0,
		"?event=undid&page=3":                                   0,
	} {
		code, body := get(h, "/audit"+query, token)
		if rows := logged(body); code != http.StatusOK || len(rows) != want {
			t.Errorf("%s: %d, %d rows, want %d", query, code, len(rows), want)
		}
	}
	for _, query := range []string{"?from=x", "?to=2026-02-30", "?event=x", "?outcome=x", "?page=0", "?page=x", "?page=99999999", "?from=2026-11-02&to=2026-11-01"} {
		if code, _ := get(h, "/audit"+query, token); code != http.StatusBadRequest {
			t.Errorf("%s: %d", query, code)
		}
		if code, _ := get(h, "/files/audit"+query, token); code != http.StatusBadRequest {
			t.Errorf("file %s: %d", query, code)
		}
	}
	code, body := get(h, "/audit?event=undid", token)
	if code != http.StatusOK {
		t.Fatal(code)
	}
	shows(t, "nothing found", body, "没有符合条件的记录")
}

// Whoever turns the pages comes to every line once.
func TestAuditPages(t *testing.T) {
	s, h := fort(t)
	token := s.as(t, "shen", access.Grant{Role: access.Auditor})
	for i := range 250 {
		if err := s.audit.Write(access.Actor{Account: access.CommandLine}, access.Undid, fmt.Sprint("undo ", i), access.Done); err != nil {
			t.Fatal(err)
		}
	}
	at, seen := "/audit?event=undid", 0
	for n := 249; at != ""; {
		code, body := get(h, at, token)
		if code != http.StatusOK {
			t.Fatalf("%s: %d", at, code)
		}
		for _, row := range logged(body) {
			if !strings.Contains(row, fmt.Sprintf("撤销作业 %d ", n)) {
				t.Fatalf("%s: %q, want %d", at, row, n)
			}
			n--
			seen++
		}
		next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(body)
		if at = ""; next != nil {
			at = strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
	if seen != 250 {
		t.Errorf("%d lines", seen)
	}
}

func TestAuditFile(t *testing.T) {
	s, h := fort(t)
	token := s.as(t, "shen", access.Grant{Role: access.Auditor})
	signInAs(h, "nobody", "wrong", "10.1.1.1")
	w := ask(h, http.MethodGet, "/files/audit?event=sign_in&to=2026-11-30", token, nil)
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][5] != "登录" || rows[1][7] != "拒绝" {
		t.Errorf("%v %v", rows, err)
	}
	if lines := s.lines(t, access.Audited); len(lines) != 1 || !strings.Contains(lines[0].Object, "GET /files/audit") {
		t.Errorf("the log says %v", lines)
	}
}

// Checking the log finds what was changed in it, and tells a value that was written down from another.
func TestAuditCheck(t *testing.T) {
	s, h := fort(t)
	token := s.as(t, "shen", access.Grant{Role: access.Auditor})
	head := s.audit.Head()
	noted := fmt.Sprintf("%d:%s", head.Seq, head.Hash)
	other := fmt.Sprintf("%d:%s", head.Seq, strings.Repeat("0", 64))
	for _, c := range []struct {
		what, noted string
		code        int
		says        string
	}{
		{"the log alone", "", http.StatusOK, "没有发现改动"},
		{"what was written down", " " + noted + " ", http.StatusOK, fmt.Sprintf("抄录的第 %d 条与日志一致", head.Seq)},
		{"with a full-width colon", strings.Replace(noted, ":", "：", 1), http.StatusOK, "与日志一致"},
		{"another value", other, http.StatusOK, "抄录有误，或日志被换过"},
		{"a line that is not there", "999:" + head.Hash, http.StatusOK, "抄录有误，或日志被换过"},
		{"no such thing", "第三条", http.StatusUnprocessableEntity, "序号：校验值"},
		{"a shorter value", noted[:40], http.StatusUnprocessableEntity, "序号：校验值"},
	} {
		code, _, body := post(h, "/audit/verify", token, "noted", c.noted)
		if code != c.code {
			t.Errorf("%s: %d", c.what, code)
		}
		shows(t, c.what, body, c.says)
	}
	name := filepath.Join(s.Warehouse.Dir().Audit(), "2026-11.jsonl")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte("shen"))
	b[at] = 'S'
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, body := post(h, "/audit/verify", token)
	if code != http.StatusOK {
		t.Fatal(code)
	}
	shows(t, "a line that was changed", body, "核对发现 1 处问题", "第 1 行", "被改动过", "请保留现场")
}
