package web_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gridstar/analytics/access"
	"gridstar/ingest/intake"
)

var goodRows = []string{"朝阳社区,第一网格,2026-10-02,环境卫生,垃圾没有清,社区走访,2026-10-05", "朝阳社区,第二网格,2026-10-03,物业,电梯坏了,社区走访,2026-10-06"}

// A file that is handed in is kept for whoever may load for its units, and nothing of it is in before it is published.
func TestHandIn(t *testing.T) {
	o := newCounter(t)
	hers, other, street, manager := o.clerk(t, "her", "310101"), o.clerk(t, "other", "310201"), o.clerk(t, "street", "3101"), o.manager(t)
	if code, body := o.get(t, hers, "/data"); code != http.StatusOK || !strings.Contains(body, "还没有载入过台账") {
		t.Fatalf("the empty page: %d %.300s", code, body)
	}
	id := o.upload(t, hers, "诉求.csv", appeals(goodRows...))
	for _, c := range []struct {
		who, token string
		want       int
	}{{"her", hers, 200}, {"street", street, 200}, {"manager", manager, 200}, {"other", other, 404}} {
		if code, _ := o.get(t, c.token, "/data/"+id); code != c.want {
			t.Errorf("%s: the file's page %d, want %d", c.who, code, c.want)
		}
		code, body := o.get(t, c.token, "/data")
		if code != http.StatusOK || strings.Contains(body, "诉求.csv") != (c.want == 200) {
			t.Errorf("%s: the list %d shows the file: %v", c.who, code, strings.Contains(body, "诉求.csv"))
		}
		for _, do := range []string{"publish", "discard", "look", "cancel"} {
			if c.want == 404 {
				if w := ask(o.pages, http.MethodPost, "/data/"+id+"/"+do, c.token, url.Values{}); w.Code != 404 {
					t.Errorf("%s: %s gives %d", c.who, do, w.Code)
				}
			}
		}
	}
	if u, _ := o.desk.Upload(id); u.State != intake.Waiting {
		t.Errorf("the upload is %s", u.State)
	}
}

// What cannot be taken is said in a sentence, to a script as to a form.
func TestHandInRefusals(t *testing.T) {
	o := newCounter(t)
	hers := o.clerk(t, "her", "310101")
	for _, c := range []struct {
		name  string
		files [][2]string
		want  int
		says  string
	}{
		{"no file", nil, 400, "没有选择文件"},
		{"an empty one", [][2]string{{"空.csv", ""}}, 400, "是空的"},
		{"a good one, then an empty one", [][2]string{{"好.csv", "a,b\n"}, {"空.csv", ""}}, 400, "是空的"},
	} {
		for _, script := range []bool{true, false} {
			w := o.post(t, hers, script, c.files...)
			if w.Code != c.want || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%s (script %v): %d %.200s", c.name, script, w.Code, w.Body)
			}
		}
	}
	if all := o.desk.Uploads(nil); len(all) != 2 {
		t.Errorf("%d files are there, want the two good ones", len(all))
	}
	w := o.post(t, hers, false, [2]string{"../../etc/passwd", "a,b\n1,2\n"})
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/data/") {
		t.Fatalf("a form without script: %d %s", w.Code, w.Header())
	}
	if _, body := o.get(t, hers, w.Header().Get("Location")); strings.Contains(body, "etc") || !strings.Contains(body, "passwd") {
		t.Error("the name of the file is shown with its folder")
	}
}

// Publishing, and what a clerk and others then see; every change stands in the audit log, with codes only.
func TestPublishAndUndo(t *testing.T) {
	o := newCounter(t)
	hers, other, manager := o.clerk(t, "her", "310101"), o.clerk(t, "other", "310201"), o.manager(t)
	id := o.upload(t, hers, "诉求.csv", appeals(append(goodRows, "朝阳社区,第一网格,没有日期,物业,看不懂,社区走访,")...))
	form := url.Values{"t0-part": {""}, "t0-sheet": {""}, "t0-was": {""}, "t0-coded": {""}, "t0-profile": {"居民诉求台账"}, "t0-org": {"310101"}, "t0-max": {"50%"}}
	if w := ask(o.pages, http.MethodPost, "/data/"+id+"/publish", hers, form); w.Code != http.StatusSeeOther {
		t.Fatalf("publishing: %d %s", w.Code, w.Body)
	}
	if w := ask(o.pages, http.MethodPost, "/data/"+id+"/publish", o.clerk(t, "street", "3101"), form); w.Code != http.StatusConflict && w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "这份文件") {
		t.Errorf("publishing it once more: %d", w.Code)
	}
	u := o.ended(t, id)
	if u.State != intake.Done || len(u.Outcomes) != 1 || u.Outcomes[0].Result.Accepted != 2 || u.Outcomes[0].Result.Rejected != 1 {
		t.Fatalf("loaded: %+v", u)
	}
	job := jobAddress(u)
	for token, want := range map[string]int{hers: 200, manager: 200, other: 404} {
		code, body := o.get(t, token, job)
		if code != want || want == 200 && !strings.Contains(body, "下载 Excel 更正") {
			t.Errorf("the job's page: %d, want %d: %.300s", code, want, body)
		}
		if code, _ := o.get(t, token, "/files/rejects"+strings.TrimPrefix(job, "/data/jobs")); code != want {
			t.Errorf("its rejects: %d, want %d", code, want)
		}
	}
	if _, body := o.get(t, hers, "/data"); !strings.Contains(body, "已入库，有退回") || !strings.Contains(body, job) {
		t.Error("the list does not show the job")
	}
	if w := ask(o.pages, http.MethodPost, job+"/undo", other, url.Values{}); w.Code != 404 {
		t.Errorf("somebody else takes it back: %d", w.Code)
	}
	if code, body := o.get(t, hers, job+"/undo"); code != 200 || !strings.Contains(body, "入库的 2 行不再计入") {
		t.Errorf("what would be taken back: %d %.300s", code, body)
	}
	if w := ask(o.pages, http.MethodPost, job+"/undo", hers, url.Values{}); w.Code != 200 || !strings.Contains(w.Body.String(), "收回 2 项") {
		t.Errorf("taking it back: %d %.600s", w.Code, w.Body)
	}
	if w := ask(o.pages, http.MethodPost, job+"/undo", hers, url.Values{}); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "撤销") {
		t.Errorf("taking it back twice: %d", w.Code)
	}
	page, err := o.audit.Find(t.Context(), access.Filter{Account: "her", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range page.Entries {
		log = append(log, string(e.Event)+" "+e.Object+" "+string(e.Outcome))
		if strings.Contains(e.Object, "诉求.csv") {
			t.Errorf("the log quotes the name of a file: %s", e.Object)
		}
	}
	text := strings.Join(log, "\n")
	for _, want := range []string{"imported POST /data upload=" + id + " done", "imported POST /data/{upload}/publish upload=" + id + " done", "undid undo ", "exported GET /files/rejects/{job} job="} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not say %q:\n%s", want, text)
		}
	}
}

// jobAddress is the page of the first job of an upload.
func jobAddress(u intake.Upload) string {
	return "/data/jobs/" + strconv.FormatInt(u.Outcomes[0].Result.Job, 10)
}

// A 零报告 covers the unit and the period it is about, is refused where it is not the sender's, and is a job like any other.
func TestZeroReport(t *testing.T) {
	o := newCounter(t)
	hers := o.clerk(t, "her", "310101")
	for _, c := range []struct {
		name string
		form url.Values
		says string
	}{
		{"no ledger", url.Values{"ledger": {""}, "unit": {"朝阳社区"}, "from": {"2026-10-01"}, "to": {"2026-10-31"}}, "请选择零报告的台账"},
		{"no unit", url.Values{"ledger": {"微心愿台账"}, "unit": {""}, "from": {"2026-10-01"}, "to": {"2026-10-31"}}, "请填写零报告的单位"},
		{"a unit of others", url.Values{"ledger": {"微心愿台账"}, "unit": {"新华社区"}, "from": {"2026-10-01"}, "to": {"2026-10-31"}}, "没有单位"},
		{"the whole site", url.Values{"ledger": {"微心愿台账"}, "unit": {"全站"}, "from": {"2026-10-31"}, "to": {"2026-10-01"}}, "止日早于起日"},
		{"no day", url.Values{"ledger": {"微心愿台账"}, "unit": {"朝阳社区"}, "from": {"十月"}, "to": {"2026-10-31"}}, "无法识别"},
		{"days to come", url.Values{"ledger": {"微心愿台账"}, "unit": {"朝阳社区"}, "from": {"2027-10-01"}, "to": {"2027-10-31"}}, "还没有开始"},
	} {
		if w := ask(o.pages, http.MethodPost, "/data/zero", hers, c.form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %.400s", c.name, w.Code, w.Body)
		}
	}
	w := ask(o.pages, http.MethodPost, "/data/zero", hers, url.Values{"ledger": {"微心愿台账"}, "unit": {"朝阳社区"}, "from": {"2026-10-01"}, "to": {"2026-10-31"}})
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/data/jobs/") {
		t.Fatalf("%d %s %.400s", w.Code, to, w.Body)
	}
	if code, body := o.get(t, hers, to); code != 200 || !strings.Contains(body, "零报告已入库") || !strings.Contains(body, "2026-10-01 至 2026-10-31") {
		t.Errorf("its page: %d %.600s", code, body)
	}
	if _, body := o.get(t, hers, "/data"); !strings.Contains(body, "零报告：") {
		t.Error("the list does not show it")
	}
}

// An assignment of columns is kept as a ledger of the site by who may load for all of it, and by nobody else.
func TestSaveLedger(t *testing.T) {
	o := newCounter(t)
	manager := o.manager(t)
	id := o.upload(t, manager, "x.csv", "哪天,哪里,什么事\n2026-10-02,31010101,路灯\n")
	form := func(more ...string) url.Values {
		f := url.Values{"t0-part": {""}, "t0-sheet": {""}, "t0-profile": {"居民诉求台账"}, "t0-was": {"居民诉求台账"}, "t0-coded": {""}, "t0-encoding": {""}, "t0-name": {"某街道诉求登记"}, "save": {"0"}}
		for i := 0; i < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return f
	}
	mapped := []string{"t0-c0", "=受理日期", "t0-c1", "=网格", "t0-c2", "=诉求内容"}
	for _, c := range []struct {
		name string
		form url.Values
		want int
		says string
	}{
		{"nothing is assigned", form(), 422, "不需要另存模板"},
		{"one column twice", form("t0-c0", "=受理日期", "t0-c1", "=受理日期"), 422, "都对应了"},
		{"the name of a ledger of ours", form(append(mapped, "t0-name", "居民诉求台账")...), 422, "换一个名称"},
		{"a name that is a path", form(append(mapped, "t0-name", "../x")...), 422, "名称只能用"},
		{"no such table", form(append(mapped, "save", "7")...), 422, "不完整"},
		{"as it should be", form(mapped...), 200, "已保存为本站的台账模板“某街道诉求登记”"},
	} {
		if w := ask(o.pages, http.MethodPost, "/data/"+id+"/ledger", manager, c.form); w.Code != c.want || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %.300s", c.name, w.Code, w.Body)
		}
	}
	text, err := os.ReadFile(filepath.Join(o.Warehouse.Dir().Profiles(), "某街道诉求登记.toml"))
	if err != nil || !strings.Contains(string(text), `"受理日期" = "哪天"`) {
		t.Errorf("kept: %s %v", text, err)
	}
	hers := o.clerk(t, "her", "310101")
	own := o.upload(t, hers, "x.csv", "哪天,哪里,什么事\n2026-10-02,31010101,路灯\n")
	if w := ask(o.pages, http.MethodPost, "/data/"+own+"/ledger", hers, form(append(mapped, "t0-name", "她的")...)); w.Code != http.StatusForbidden {
		t.Errorf("a clerk of a community: %d", w.Code)
	}
}
