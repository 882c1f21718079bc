package web_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for what must happen; reaching it is a failure.
const patience = 30 * time.Second

// The widths at which every page is looked at: a desk and a phone.
const (
	desk  = 1440
	phone = 390
)

// browser is the one Chromium of the test binary; every tab has a profile of its own in it.
var browser struct {
	sync.Mutex
	ctx  context.Context
	stop func() error
}

// chromium starts the browser. Without one the test is skipped, but not in the change check (CI).
func chromium(t testing.TB) context.Context {
	t.Helper()
	browser.Lock()
	defer browser.Unlock()
	if browser.ctx != nil {
		return browser.ctx
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	switch {
	case path == "" && os.Getenv("CI") != "":
		t.Fatal("Chromium is missing: install the package chromium")
	case path == "":
		t.Skip("Chromium is missing: install the package chromium to run the browser tests")
	}
	alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-component-update", true),
		chromedp.Env("LC_ALL=C.UTF-8"), chromedp.Flag("lang", "zh-CN"), // else files cannot have Chinese names
	)...)
	ctx, end := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		end()
		endAlloc()
		t.Fatalf("starting %s: %v", path, err)
	}
	browser.ctx = ctx
	browser.stop = func() error {
		err := chromedp.Cancel(ctx)
		end()
		endAlloc()
		return err
	}
	return ctx
}

func closeBrowser() error {
	browser.Lock()
	defer browser.Unlock()
	if browser.ctx == nil {
		return nil
	}
	return browser.stop()
}

// tab is a browser tab on a site. Whatever goes wrong in it unseen (an exception, a line on the console, a violation of
// the content policy, a dialog, a request to another server) fails the test when it ends.
type tab struct {
	t    testing.TB
	ctx  context.Context
	site *site

	mu       sync.Mutex
	problems []string
	allowed  []string // parts of problems that the test provokes
	requests int
}

// newTab opens a tab with a profile of its own: no cookie, no stored theme.
func newTab(t testing.TB, s *site) *tab {
	t.Helper()
	b := &tab{t: t, site: s}
	ctx, end := chromedp.NewContext(chromium(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(b.watch))
	b.ctx = ctx
	t.Cleanup(func() {
		end()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.problems {
			t.Error("in the browser: " + p)
		}
		if b.requests == 0 {
			t.Error("no request was seen: the watch does not work")
		}
	})
	b.must(chromedp.Do(ctx)) // opens the tab
	call(b, log.Enable, cdp.Empty{})
	call(b, audits.Enable, cdp.Empty{})
	call(b, network.Enable, network.EnableParams{})
	b.size(desk)
	return b
}

// enter opens a tab in which somebody is signed in who holds everything.
func enter(t testing.TB, s *site) *tab {
	t.Helper()
	b := newTab(t, s)
	b.session(s.leader(t))
	b.visit("/")
	return b
}

// session gives the tab a session.
func (b *tab) session(token string) {
	b.t.Helper()
	call(b, network.SetCookie, network.SetCookieParams{Name: "gs", Value: token, URL: b.site.server.URL, HTTPOnly: new(true)})
}

// watch is called for every event, in order.
func (b *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.problem("exception: " + text)
	case *runtime.EventConsoleAPICalled:
		var text []string
		for _, a := range e.Args {
			text = append(text, string(a.Value)+a.Description)
		}
		b.problem("console." + string(e.Type) + ": " + strings.Join(text, " "))
	case *log.EventEntryAdded:
		b.problem("log: " + e.Entry.Text + " " + e.Entry.URL)
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			b.problem(fmt.Sprintf("content policy: %+v", e.Issue.Details.ContentSecurityPolicyIssueDetails))
		}
	case *page.EventJavascriptDialogOpening:
		b.problem("dialog: " + e.Message)
	case *network.EventRequestWillBeSent:
		b.mu.Lock()
		b.requests++
		b.mu.Unlock()
		url := e.Request.URL
		if !strings.HasPrefix(url, b.site.server.URL+"/") && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:"+b.site.server.URL+"/") {
			b.problem("request to another server: " + url)
		}
	case *network.EventWebSocketCreated:
		b.problem("web socket to " + e.URL)
	}
}

func (b *tab) problem(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.allowed {
		if strings.Contains(text, a) {
			return
		}
	}
	b.problems = append(b.problems, text)
}

// allow says that problems with this part are meant to happen.
func (b *tab) allow(part string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allowed = append(b.allowed, part)
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// do runs actions, each within patience.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, a := range actions {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		err := chromedp.Do(ctx, a)
		cancel()
		b.must(err)
	}
}

// call sends a command of the protocol.
func call[P, R any](b *tab, c cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, c, params)
	b.must(err)
	return r
}

// eval evaluates an expression, of which a promise is awaited.
func eval[T any](b *tab, js string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
	if err != nil {
		b.t.Fatalf("%v, evaluating %.300s", err, js)
	}
	return v
}

// wait waits until an expression is true. The page itself looks again and again: what chromedp.Poll puts there is
// refused by the content policy.
func (b *tab) wait(js string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	look := "new Promise(done => { const look = () => (" + js + ") ? done(true) : setTimeout(look, 15); look(); })"
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](look, func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
	if err != nil {
		b.t.Fatalf("%v, waiting for %s in %s", err, js, b.address())
	}
}

// settled is true once a page is complete: its charts are drawn and the parts that come later have come.
const settled = `document.readyState === "complete" && (!document.querySelector("[data-chart]") || window.echarts) &&
	[...document.querySelectorAll("[data-chart]")].every(e => echarts.getInstanceByDom(e)) &&
	![...document.querySelectorAll("[data-fragment]")].some(e => e.textContent.includes("正在计算"))`

// visit opens an address and waits until the page is settled.
func (b *tab) visit(url string) {
	b.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = b.site.server.URL + url
	}
	b.do(chromedp.Navigate(url))
	b.wait(settled)
}

// follow does something that opens another page, and waits for it.
func (b *tab) follow(trigger chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, trigger)); err != nil {
		b.t.Fatalf("%v, following from %s", err, b.address())
	}
	b.wait(settled)
}

// back goes back in history. A page that the browser has kept is shown again without being loaded.
func (b *tab) back() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(page.FrameNavigated, nil, chromedp.Evaluate[chromedp.Void]("history.back()"))); err != nil {
		b.t.Fatalf("%v, going back from %s", err, b.address())
	}
	b.wait(settled)
}

// address is where the tab is: path and query.
func (b *tab) address() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	url, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return strings.TrimPrefix(url, b.site.server.URL)
}

// size sets the width of the window, and with a phone's width everything that makes a phone. It waits for the charts to
// follow.
func (b *tab) size(width int64) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 600,
	})
	b.wait(`!window.echarts || [...document.querySelectorAll("[data-chart]")].every((e) => (echarts.getInstanceByDom(e)?.getWidth() ?? e.clientWidth) === e.clientWidth)`)
}

// scheme is the theme that the system asks for: light or dark. It asks for less motion as well: colours on their way
// from one theme to the other are neither.
func (b *tab) scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
}

// text is what a reader sees of the element, spaces folded.
func (b *tab) text(selector string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.TextContent(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("%v, reading %s of %s", err, selector, b.address())
	}
	return strings.Join(strings.Fields(s), " ")
}

// fits says whether a page can be read without scrolling sideways; else which element sticks out furthest.
func (b *tab) fits() error {
	b.t.Helper()
	wide := eval[string](b, `(() => {
		if (document.scrollingElement.scrollWidth <= innerWidth) return "";
		let widest, right = 0;
		for (const e of document.querySelectorAll("body *")) {
			const r = e.getBoundingClientRect().right;
			if (r > right) { right = r; widest = e; }
		}
		return document.scrollingElement.scrollWidth + " > " + innerWidth + " in " + location + ", to " + right + ": " + widest.outerHTML.slice(0, 200);
	})()`)
	if wide != "" {
		return errors.New(wide)
	}
	return nil
}
