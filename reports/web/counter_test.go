package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/access"
	"gridstar/ingest/intake"
	"gridstar/reports/web"
)

// counter is a small site in which ledgers are handed in: two streets, three communities, five grids, and nothing loaded.
type counter struct {
	*site
	pages *web.Server
}

var counterUnits = [][]string{
	{"编码", "名称", "层级", "上级编码", "户数"},
	{"31", "示范区", "district", "", "9000"},
	{"3101", "红旗街道", "street", "31", "6000"},
	{"3102", "东风街道", "street", "31", "3000"},
	{"310101", "朝阳社区", "community", "3101", "3000"},
	{"310102", "曙光社区", "community", "3101", "3000"},
	{"310201", "新华社区", "community", "3102", "3000"},
	{"31010101", "第一网格", "grid", "310101", "1500"},
	{"31010102", "第二网格", "grid", "310101", "1500"},
	{"31010201", "第一网格", "grid", "310102", "3000"},
	{"31020101", "第一网格", "grid", "310201", "3000"},
}

// newCounter makes a site of its own for a test, and works its queue until the test ends.
func newCounter(t testing.TB) *counter {
	t.Helper()
	dir := t.TempDir()
	s, err := openSite(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.desk.Run(ctx) }()
	t.Cleanup(func() {
		end()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.loadTable(ctx, filepath.Join(dir, "单位.csv"), counterUnits, "units", "load"); err != nil {
		t.Fatal(err)
	}
	pages, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	return &counter{s, pages}
}

// clerk is the session of a clerk of a unit.
func (o *counter) clerk(t testing.TB, name, unit string) string {
	t.Helper()
	return o.as(t, name, access.Grant{Role: access.Clerk, Org: unit})
}

// manager is the session of an administrator.
func (o *counter) manager(t testing.TB) string {
	t.Helper()
	return o.as(t, "manager", access.Grant{Role: access.Administrator})
}

// appeals is a ledger of appeals as a community keeps it, one line a row.
func appeals(rows ...string) string {
	return "社区,网格,受理日期,诉求类别,诉求内容,来源渠道,办结时间\n" + strings.Join(rows, "\n") + "\n"
}

// post sends a form of files as a browser does; script says that it is the page's script that sends it.
func (o *counter) post(t testing.TB, token string, script bool, files ...[2]string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range files {
		w, err := form.CreateFormFile("file", f[0])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, f[1])
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/data", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Accept", "text/html")
	if script {
		r.Header.Set("Accept", "application/json")
	}
	r.AddCookie(&http.Cookie{Name: "gs", Value: token})
	w := httptest.NewRecorder()
	o.pages.ServeHTTP(w, r)
	return w
}

// upload hands one file in and gives its id.
func (o *counter) upload(t testing.TB, token, name, content string) string {
	t.Helper()
	w := o.post(t, token, true, [2]string{name, content})
	var answer struct{ Uploads []string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK || len(answer.Uploads) != 1 {
		t.Fatalf("uploading %s: %d %s", name, w.Code, w.Body)
	}
	return strings.TrimPrefix(answer.Uploads[0], "/data/")
}

// ended waits until an upload has ended, and gives it.
func (o *counter) ended(t testing.TB, id string) intake.Upload {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		u, ok := o.desk.Upload(id)
		if !ok {
			t.Fatalf("there is no upload %s", id)
		}
		if u.State.Ended() {
			return u
		}
		if time.Now().After(deadline) {
			t.Fatalf("upload %s is still %s", id, u.State)
		}
		time.Sleep(2 * time.Millisecond) // waits for a condition
	}
}

// get asks for a page.
func (o *counter) get(t testing.TB, token, address string) (int, string) {
	t.Helper()
	w := ask(o.pages, http.MethodGet, address, token, nil)
	return w.Code, w.Body.String()
}

// handed is a site into which files have been handed: one that waits to be looked at, one that is in but for a row, and one
// that could not be loaded.
var handed = share("", func(ctx context.Context, s *site, dir string) error {
	if err := s.loadTable(ctx, filepath.Join(dir, "单位.csv"), counterUnits, "units", "load"); err != nil {
		return err
	}
	by := intake.Sender{Account: "leader"}
	good := appeals("朝阳社区,第一网格,2026-10-02,环境卫生,垃圾没有清,社区走访,2026-10-05", "朝阳社区,第二网格,十月,物业,电梯坏了,社区走访,", "合计,,,,,,")
	ctx, end := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- s.desk.Run(ctx) }()
	defer func() { end(); <-done }()
	for _, f := range []struct{ name, content, ledger string }{
		{"待核对的诉求.csv", good + strings.Repeat("朝阳社区,第一网格,2026-10-09,环境卫生,路灯不亮,社区走访,\n", 20), ""},
		{"十月诉求.csv", good, "居民诉求台账"},
		{"不是台账.csv", "甲,乙\n1,2\n", "居民诉求台账"},
	} {
		u, err := s.desk.Receive(ctx, strings.NewReader(f.content), f.name, by)
		if err != nil {
			return err
		}
		if f.ledger == "" {
			continue
		}
		if err := s.desk.Publish(u.ID, []intake.Choice{{Profile: f.ledger, MaxRejects: "60%"}}, by); err != nil {
			return err
		}
		for deadline := time.Now().Add(patience); ; {
			if now, _ := s.desk.Upload(u.ID); now.State.Ended() {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s was not loaded", f.name)
			}
			time.Sleep(2 * time.Millisecond) // waits for a condition
		}
	}
	return nil
})

// handedPages are the pages of that site.
func handedPages(t testing.TB) []string {
	pages := []string{"/data", "/data/jobs/2", "/data/jobs/2/undo", "/data/aliases", "/data/aliases?q=x"}
	for _, u := range handed(t).desk.Uploads(nil) {
		pages = append(pages, "/data/"+u.ID)
	}
	if len(pages) != 8 {
		t.Fatalf("the pages are %q", pages)
	}
	return pages
}
