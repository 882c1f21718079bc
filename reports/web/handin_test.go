package web_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"gridstar/analytics/access"
)

// choose picks an option of a list by its value, as a person does.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	if got := eval[string](b, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.value = %q;
		e.dispatchEvent(new Event("change", { bubbles: true }));
		return e.value;
	})()`, selector, value)); got != value {
		b.t.Fatalf("%s has no %q in %s", selector, value, b.address())
	}
}

// pick is the list that says what becomes of the column with a header.
func (b *tab) pick(header string) string {
	b.t.Helper()
	name := eval[string](b, fmt.Sprintf(`[...document.querySelectorAll(".columns tbody tr")].find((r) => r.cells[1].textContent === %q)?.querySelector("select")?.name ?? ""`, header))
	if name == "" {
		b.t.Fatalf("no column %q can be assigned: %s", header, b.text("main"))
	}
	return fmt.Sprintf("select[name=%q]", name)
}

// button presses the button with these words and waits for the page that it opens.
func (b *tab) button(words string) {
	b.t.Helper()
	b.follow(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`void [...document.querySelectorAll("main button, main a")].find((e) => e.textContent.trim() === %q).click()`, words)))
}

// send chooses a file in the form of the page, which sends it by itself and opens its page.
func (b *tab) send(file string) {
	b.t.Helper()
	b.follow(chromedp.SetUploadFiles(chromedp.CSS("form[data-drop] input[type=file]"), []string{file}))
	if !strings.HasPrefix(b.address(), "/data/") {
		b.t.Fatalf("%s opens %s: %s", file, b.address(), b.text("main"))
	}
}

// loaded waits until the page of a file, which opens itself anew when the load has ended, says that it is in.
func (b *tab) loaded() {
	b.t.Helper()
	const said = `new Promise((done) => { const look = () => document.readyState === "complete" && document.querySelector("#state .state") && !document.querySelector("[data-live]")
		? done(document.querySelector("#state .state").textContent) : setTimeout(look, 15); look(); })`
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		state, err := chromedp.Run(ctx, chromedp.Evaluate[string](said, func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
		switch {
		case ctx.Err() != nil:
			b.t.Fatalf("%v, waiting for the load: %s", ctx.Err(), b.text("main"))
		case err != nil: // the page was left for itself
		case state != "已入库":
			b.t.Fatalf("the file is %s: %s", state, b.text("main"))
		default:
			return
		}
	}
}

// received is the number of a month's matters that the overview shows.
func (b *tab) received() string {
	b.t.Helper()
	b.visit("/?per=month&at=2026-10")
	return eval[string](b, `document.querySelector(".kpi .value a")?.textContent ?? "none"`)
}

// From the file that a clerk has to the number that her leader sees, and back: a header nobody knows is assigned by hand,
// what cannot be read is refused with its reason, corrected in the workbook that the page gives, and handed in again.
func TestBrowserData(t *testing.T) {
	o := newCounter(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(o.log.String())
		}
	})
	b := newTab(t, o.site)
	b.allow("status of 4")
	b.session(o.as(t, "clerk", access.Grant{Role: access.Clerk, Org: "3101"}))
	dir := t.TempDir()
	file := filepath.Join(dir, "十月登记.csv")
	rows := []string{
		"序号,哪一天说的,所在网格,说了什么,哪一类,办好的日子",
		"1,2026-10-02,第一网格,楼道里堆放杂物,环境卫生,2026-10-05",
		"2,2026-10-03,第二网格,三号楼电梯停运,物业管理,2026-10-06",
		"3,十月的一天,第一网格,路灯不亮,市政设施,2026-10-09",
		"4,2026-10-08,第二网格,下水道堵塞,环境卫生,",
	}
	if err := os.WriteFile(file, []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	// The upload. Its columns are nobody's: the ledger is chosen, then each column.
	b.visit("/data")
	if text := b.text("#list"); !strings.Contains(text, "第一步") {
		t.Errorf("the empty list says %q", text)
	}
	b.send(file)
	b.choose(`select[name="t0-profile"]`, "居民诉求台账")
	b.button("重新预览")
	if text := b.text(".notice.overdue"); !strings.Contains(text, "受理日期") {
		t.Errorf("the page does not say what is missing: %q", text)
	}
	for header, field := range map[string]string{"哪一天说的": "受理日期", "所在网格": "网格", "说了什么": "诉求内容", "哪一类": "诉求类别", "办好的日子": "办结时间"} {
		b.choose(b.pick(header), "="+field)
	}
	eval[bool](b, `!(document.querySelector("input[name='t0-org']").value = "朝阳社区")`)
	eval[bool](b, `!(document.querySelector("input[name='t0-max']").value = "30%")`)
	b.button("重新预览")
	preview := b.text(".preview")
	for _, want := range []string{"楼道里堆放杂物", "红旗街道朝阳社区第一网格", "2026-10-03", "十月的一天", "退回"} {
		if !strings.Contains(preview, want) {
			t.Errorf("the preview does not show %q: %s", want, preview)
		}
	}
	if before := o.jobs(t); before != 1 {
		t.Fatalf("%d jobs before anything was published", before)
	}

	// Published: three rows are in, one is refused.
	b.button("发布入库")
	b.loaded()
	if got := b.received(); got != "3" {
		t.Errorf("the overview shows %s, want 3", got)
	}
	b.visit("/data")
	if text := b.text("#list tbody"); !strings.Contains(text, "已入库，有退回") || !strings.Contains(text, "1 ↓") {
		t.Errorf("the list says %q", text)
	}
	b.follow(chromedp.Click(chromedp.CSS("#list tbody a")))
	job := b.address()
	if text := b.text("#rejects"); !strings.Contains(text, "十月的一天") || !strings.Contains(text, "哪一天说的") {
		t.Errorf("the refused row: %q", text)
	}

	// The workbook with the refused row is corrected and handed in like any other file.
	corrected := o.corrected(t, b, dir, "十月的一天", "2026-10-07")
	b.visit("/data")
	b.send(corrected)
	// How its columns are read is known from the file that the row comes from.
	if got := eval[string](b, `document.querySelector("select[name='t0-profile']").value + " " + document.querySelector("input[name='t0-org']").value`); got != "居民诉求台账 朝阳社区" {
		t.Errorf("recalled %q", got)
	}
	if preview := b.text(".preview"); !strings.Contains(preview, "2026-10-07") || !strings.Contains(preview, "路灯不亮") {
		t.Errorf("the preview of the corrected row: %s", preview)
	}
	b.button("发布入库")
	b.loaded()
	b.visit("/data")
	if text := b.text("#list tbody"); strings.Contains(text, "↓") {
		t.Errorf("the refused row is still open: %q", text)
	}
	if got := b.received(); got != "4" {
		t.Errorf("the overview shows %s, want 4", got)
	}

	// Taken back, the correction first.
	b.visit("/data")
	latest := eval[string](b, `document.querySelector("#list tbody a").getAttribute("href")`)
	for _, path := range []string{latest, job} {
		b.visit(path)
		b.button("撤销这个作业…")
		b.button("确认撤销")
		if text := b.text(".notice.good"); !strings.Contains(text, "已撤销作业") {
			t.Errorf("%s is not taken back: %q", path, b.text("main"))
		}
	}
	if got := b.received(); got != "none" {
		t.Errorf("the overview still shows %s", got)
	}
}

// jobs is how many jobs there are.
func (o *counter) jobs(t testing.TB) int64 {
	t.Helper()
	return o.Warehouse.Version()
}

// corrected downloads the refused rows of the page's job, exchanges one value, and gives the file to be handed in.
func (o *counter) corrected(t testing.TB, b *tab, dir, wrong, right string) string {
	t.Helper()
	href := eval[string](b, `document.querySelector("#rejects .tools a").getAttribute("href")`)
	w := ask(o.pages, http.MethodGet, href, o.as(t, "clerk"), nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", href, w.Code, w.Body)
	}
	book := filepath.Join(dir, "退回.xlsx")
	if err := os.WriteFile(book, w.Body.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := table(f, int64(w.Body.Len()), "退回.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || !slices.Contains(rows[0], "退回编号") || !slices.Contains(rows[1], wrong) {
		t.Fatalf("the workbook holds %q", rows)
	}
	rows[1][slices.Index(rows[1], wrong)] = right
	name := filepath.Join(dir, "更正.csv")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := csv.NewWriter(out).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return name
}

// A sheet that is no ledger, beside one that is, is not loaded unless somebody says what it is.
func TestSheetsThatAreNoLedgers(t *testing.T) {
	o := newCounter(t)
	hers := o.clerk(t, "her", "310101")
	row := func(cells ...string) string {
		return "<Row><Cell><Data ss:Type=\"String\">" + strings.Join(cells, "</Data></Cell><Cell><Data ss:Type=\"String\">") + "</Data></Cell></Row>"
	}
	id := o.upload(t, hers, "诉求.xls", `<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">`+
		`<Worksheet ss:Name="十月"><Table>`+row("受理日期", "网格", "诉求内容")+row("2026-10-02", "第一网格", "路灯")+`</Table></Worksheet>`+
		`<Worksheet ss:Name="说明"><Table>`+row("本表每月五日前报送")+`</Table></Worksheet></Workbook>`)
	_, body := o.get(t, hers, "/data/"+id)
	if n := strings.Count(body, `-skip" value="1" checked`); n != 1 || !strings.Contains(body, "没有认出是哪种台账，不载入这张表") || strings.Contains(body, "role=\"alert\"") {
		t.Errorf("%d tables are left out: %s", n, body)
	}
}

// A column that only tells rows apart can be published as it was recognised: what it is read as is among the choices.
func TestEveryPickCanBeSent(t *testing.T) {
	o := newCounter(t)
	hers := o.clerk(t, "her", "310101")
	id := o.upload(t, hers, "走访.csv", "日期,网格,走访对象类别,走访方式\n2026-10-02,第一网格,独居,上门\n")
	_, body := o.get(t, hers, "/data/"+id)
	if n := strings.Count(body, `<select name="t0-c`); n == 0 || strings.Count(body, " selected>") < n {
		t.Errorf("%d columns, but %d choices: %s", n, strings.Count(body, " selected>"), body)
	}
	for _, part := range strings.Split(body, `<select name="t0-c`)[1:] {
		if choices, _, _ := strings.Cut(part, "</select>"); !strings.Contains(choices, " selected") {
			t.Errorf("nothing is chosen in %.300s", choices)
		}
	}
}

// Every ledger that the product knows is published from the page, unchanged, just as it was recognised.
func TestPublishedAsShown(t *testing.T) {
	files, err := filepath.Glob("../../ingest/ledgers/testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	o := newCounter(t) // which loads nothing: it says what would be loaded
	manager := o.manager(t)
	ledgers := map[string]bool{}
	for _, file := range files {
		if filepath.Base(file) == "want.txt" {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		id := o.upload(t, manager, filepath.Base(file), string(content))
		_, body := o.get(t, manager, "/data/"+id)
		form := formOf(t, body, "tables")
		if len(form) == 0 {
			t.Errorf("%s: there is nothing to publish: %.2000s", file, body)
			continue
		}
		w := ask(o.pages, http.MethodPost, "/data/"+id+"/publish", manager, form)
		u, _ := o.desk.Upload(id)
		if w.Code != http.StatusSeeOther || len(u.Choices) == 0 {
			t.Errorf("%s: %d %s", file, w.Code, w.Body)
			continue
		}
		for _, c := range u.Choices {
			if len(c.Columns)+len(c.Attrs)+len(c.Drop) > 0 {
				t.Errorf("%s: what was left as it is says of columns %v, %v, %v", file, c.Columns, c.Attrs, c.Drop)
			}
			if !c.Skip {
				ledgers[c.Profile] = true
			}
		}
	}
	set, err := o.desk.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range set.All() {
		if p.Refuse == "" && !ledgers[p.Name] && p.Name != "boston311" && p.Name != "nyc311" {
			t.Errorf("no example of %s was published", p.Name)
		}
	}
}

// formOf is what a browser sends of a form that nobody has touched.
func formOf(t testing.TB, page, id string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	values := url.Values{}
	inside := func(n *html.Node) bool {
		for ; n != nil; n = n.Parent {
			if n.DataAtom == atom.Form && attribute(n, "id") == id {
				return true
			}
		}
		return false
	}
	for n := range doc.Descendants() {
		name := attribute(n, "name")
		if name == "" || !inside(n) {
			continue
		}
		switch n.DataAtom {
		case atom.Input:
			if kind := attribute(n, "type"); kind != "checkbox" && kind != "radio" || hasAttribute(n, "checked") {
				values.Set(name, attribute(n, "value"))
			}
		case atom.Select:
			first := true
			for option := range n.Descendants() {
				if option.DataAtom == atom.Option && (first || hasAttribute(option, "selected")) {
					values.Set(name, attribute(option, "value"))
					first = false
				}
			}
		}
	}
	return values
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// Of a workbook of which one sheet is in, the other is offered alone.
func TestWhatIsInIsNotOfferedAgain(t *testing.T) {
	o := newCounter(t)
	hers := o.clerk(t, "her", "310101")
	sheet := func(name string, rows ...string) string {
		s := `<Worksheet ss:Name="` + name + `"><Table>`
		for _, r := range rows {
			s += "<Row><Cell><Data ss:Type=\"String\">" + strings.ReplaceAll(r, ",", "</Data></Cell><Cell><Data ss:Type=\"String\">") + "</Data></Cell></Row>"
		}
		return s + "</Table></Worksheet>"
	}
	id := o.upload(t, hers, "诉求.xls", `<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">`+
		sheet("十月", "受理日期,网格,诉求内容", "2026-10-02,第一网格,路灯")+sheet("九月", "受理日期,网格,诉求内容", "某日,第一网格,漏水")+`</Workbook>`)
	_, body := o.get(t, hers, "/data/"+id)
	form := formOf(t, body, "tables")
	form.Set("t1-max", "0")
	if w := ask(o.pages, http.MethodPost, "/data/"+id+"/publish", hers, form); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.desk.Run(ctx) }()
	defer func() { end(); <-done }()
	o.ended(t, id)
	_, body = o.get(t, hers, "/data/"+id)
	form = formOf(t, body, "tables")
	if form.Get("t0-sheet") != "九月" || form.Has("t1-sheet") {
		t.Errorf("offered: %v", form)
	}
	for _, want := range []string{"部分入库", "1 张表已入库，1 张未入库", "已入库的表不再列出：十月"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, list := o.get(t, hers, "/data"); strings.Contains(list, ">未入库<") || !strings.Contains(list, "部分入库") {
		t.Error("the list calls it not loaded")
	}
}
