package web_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gridstar/analytics/access"
)

// axe is the checker of accessibility, which npm has brought.
func axe(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../assets/node_modules/axe-core/axe.min.js")
	switch {
	case err == nil:
		return string(b)
	case os.Getenv("CI") != "":
		t.Fatal("axe-core is missing: run make assets: ", err)
	default:
		t.Skip("axe-core is missing: run make assets")
	}
	return ""
}

// everyPage are the pages in each of their states, by site.
func everyPage(t testing.TB) []struct {
	name  string
	site  *site
	pages []string
} {
	t.Helper()
	w := wayDown(t, district(t))
	district(t).account(t, "axe-clerk", access.Grant{Role: access.Clerk, Org: w.street.Code, Care: true, Until: until.AddDate(1, 0, 0)}, access.Grant{Role: access.Evaluator, Stars: []string{"GJ"}})
	card := "/stars/D" + w.community.Code
	return []struct {
		name  string
		site  *site
		pages []string
	}{
		{"district", district(t), []string{
			"/", "/?show=community", "/?org=" + w.street.Code + "&kind=CS", "/?org=" + w.grid.Code, "/?per=month&at=2027-01", "/?per=month&at=2010-01", "/?per=x&kind=x",
			"/records", "/records?metric=on_time_rate&part=miss&org=" + w.street.Code, "/records?metric=wishes&per=month&at=2010-01", "/records?metric=x",
			"/stars", "/stars?sort=total&desc=1&org=" + w.street.Code, "/stars?cycle=2027", card, card + "?star=all", "/start", "/nowhere",
			"/account?done=password", "/admin", "/admin?q=x", "/admin/accounts/leader", "/admin/accounts/axe-clerk", "/search?q=%E7%A4%BE%E5%8C%BA",
			"/data", "/data?sort=open", "/data/jobs/5", "/data/jobs/5/undo", "/data/aliases?q=" + w.community.Code, "/data/none", "/data/borders", "/data/borders?level=grid",
		}},
		{"register", register(t), []string{"/", "/stars", "/start"}},
		{"handed", handed(t), handedPages(t)},
		{"bare", bare(t), []string{"/", "/records", "/stars", "/start", "/data", "/data/aliases"}},
	}
}

// opened unfolds all that a page has folded, so that it is looked at too.
const opened = `(() => {
	for (const d of document.querySelectorAll("details")) d.open = !d.matches(".range");
	for (const t of document.querySelectorAll(".datatable")) t.classList.add("open");
	return true;
})()`

// violations runs axe on the page as it stands; rules chooses which.
func (b *tab) violations(rules string) []string {
	b.t.Helper()
	return eval[[]string](b, `axe.run(document, {
		runOnly: `+rules+`, resultTypes: ["violations"], preload: false, selectors: false, ancestry: false,
	}).then((r) => r.violations.map((v) => v.id + " (" + v.help + "): " + v.nodes.length + " × " + v.nodes[0].html.slice(0, 200) + " " + (v.nodes[0].failureSummary || "").replace(/\s+/g, " ").slice(0, 250)))`)
}

const (
	allRules = `{ type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }`
	colours  = `{ type: "rule", values: ["color-contrast", "link-in-text-block"] }` // what the theme can change
)

// axe finds nothing on any page, all of it unfolded: on a desk and on a phone, light and dark. No page is wider than its
// window.
func TestBrowserAxe(t *testing.T) {
	script := axe(t)
	check := func(b *tab, path string) {
		b.scheme("light")
		b.size(desk)
		b.visit(path)
		eval[bool](b, script+";true")
		for _, width := range []int64{desk, phone} {
			b.size(width)
			if err := b.fits(); err != nil {
				b.t.Error(err)
			}
			eval[bool](b, opened)
			if err := b.fits(); err != nil {
				b.t.Errorf("unfolded: %v", err)
			}
			for scheme, rules := range map[string]string{"light": allRules, "dark": colours} {
				b.scheme(scheme)
				for _, v := range b.violations(rules) {
					b.t.Errorf("%s, %d wide, %s: %s", path, width, scheme, v)
				}
			}
		}
	}
	for _, s := range everyPage(t) {
		for i, pages := range slices.Collect(slices.Chunk(s.pages, 9)) {
			t.Run(fmt.Sprint(s.name, i), func(t *testing.T) {
				t.Parallel()
				b := enter(t, s.site)
				b.allow("status of 40") // refusals are pages too
				for _, path := range pages {
					check(b, path)
				}
			})
		}
	}
	t.Run("auditor", func(t *testing.T) {
		t.Parallel()
		b := newTab(t, district(t))
		b.session(district(t).as(t, "axe-auditor", access.Grant{Role: access.Auditor}))
		for _, path := range []string{"/audit", "/audit?event=undid&from=2026-01-01"} {
			check(b, path)
		}
	})
	t.Run("stranger", func(t *testing.T) {
		t.Parallel()
		b := newTab(t, bare(t))
		b.allow("status of 403")
		check(b, "/")
	})
}

// stop is where the keyboard stands.
type stop struct {
	What    string // words or label
	Tag     string
	Href    string
	X, Y    float64
	Visible bool // on the screen, not under the bars
	Ring    bool // the focus can be seen
	Again   bool // it has been here before
}

// focused looks at where the keyboard stands; been are the elements where it has stood.
const focused = `(() => {
	globalThis.been ??= new Set();
	const e = document.activeElement;
	if (!e || e === document.body) return { Tag: "BODY" };
	const again = globalThis.been.has(e) && !(e === globalThis.last && e.type === "date"); // a date has stops of its own: year, month, day
	globalThis.last = e;
	globalThis.been.add(e);
	const r = e.getBoundingClientRect(), style = getComputedStyle(e);
	const at = document.elementFromPoint(Math.min(innerWidth - 1, Math.max(0, r.left + r.width / 2)), Math.min(innerHeight - 1, Math.max(0, r.top + Math.min(r.height / 2, 20))));
	return {
		What: (e.getAttribute("aria-label") || e.textContent || e.value || "").trim().slice(0, 40), Tag: e.tagName, Href: e.getAttribute("href") || "",
		Again: again, X: r.left + scrollX, Y: r.top + scrollY,
		Visible: r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight && !!at && (e.contains(at) || at.contains(e) || e.labels?.[0]?.contains(at)) || r.top < 0 && r.bottom > innerHeight, // a region that fills the window
		Ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
	};
})()`

// missed is what the keyboard should have come to and has not: all that can be clicked and is shown.
const missed = `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']")]
	.filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !globalThis.been.has(e)).map((e) => e.outerHTML.slice(0, 150))`

// tabThrough presses Tab from the top of the page to its end.
func (b *tab) tabThrough() []stop {
	b.t.Helper()
	var stops []stop
	eval[bool](b, `(scrollTo(0, 0), document.activeElement.blur(), globalThis.been = new Set(), true)`)
	for {
		b.do(chromedp.KeyEvent(kb.Tab))
		s := eval[stop](b, focused)
		if s.Tag == "BODY" || s.Again {
			return stops
		}
		stops = append(stops, s)
	}
}

// The keyboard reaches every link and control of a page from top to bottom, and one sees where it stands.
func TestBrowserKeyboard(t *testing.T) {
	s := district(t)
	w := wayDown(t, s)
	b := enter(t, s)
	for _, path := range []string{"/", "/map", "/records?org=" + w.grid.Code, "/stars/D" + w.community.Code, "/stars?org=" + w.street.Code, "/start", "/admin", "/admin/accounts/leader", "/account"} {
		b.keyboard(path)
	}
	b = enter(t, handed(t))
	for _, path := range handedPages(t) {
		b.keyboard(path)
	}
}

// keyboard walks through a page by Tab, on a desk and on a phone.
func (b *tab) keyboard(path string) {
	t := b.t
	t.Helper()
	for _, width := range []int64{desk, phone} {
		b.size(width)
		b.visit(path)
		stops := b.tabThrough()
		if missed := eval[[]string](b, missed); len(missed) > 0 {
			t.Errorf("%s, %d wide: Tab never comes to %q", path, width, missed)
		}
		if len(stops) == 0 || stops[0].Href != "#main" {
			t.Errorf("%s does not begin with the way past the navigation", path)
		}
		back := 0
		for i, x := range stops {
			if !x.Ring {
				t.Errorf("%s: one does not see that the keyboard stands on %s %q", path, x.Tag, x.What)
			}
			if !x.Visible {
				t.Errorf("%s, %d wide: %s %q is focused out of sight", path, width, x.Tag, x.What)
			}
			if i > 0 && x.Y < stops[i-1].Y-600 {
				back++
			}
		}
		if back > 1 { // once from the bar at the foot of a phone
			t.Errorf("%s, %d wide: the keyboard jumps back up %d times", path, width, back)
		}
	}
}

// Printed, the pages about files show their tables whole, and nothing that only a screen can do.
func TestBrowserPrintedData(t *testing.T) {
	b := enter(t, handed(t))
	const cut = `[...document.querySelectorAll("main *")]
		.filter((e) => e.checkVisibility() && !e.matches("select, input, textarea, svg *, .sr, [aria-hidden] *") && ["auto", "scroll", "hidden"].includes(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight + 1)
		.map((e) => e.outerHTML.slice(0, 120))`
	tables := 0
	for _, path := range handedPages(t) {
		b.visit(path)
		for _, media := range []string{"screen", "print"} {
			call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media})
			tables += eval[int](b, `document.querySelectorAll(".preview tr").length`)
			if media == "screen" {
				continue
			}
			if all := eval[[]string](b, cut); len(all) > 0 {
				t.Errorf("%s is printed without the rest of %q", path, all)
			}
			for _, selector := range []string{".bar", ".tabs", ".drop", ".decide"} {
				if eval[bool](b, fmt.Sprintf(`!!document.querySelector(%q)?.checkVisibility()`, selector)) {
					t.Errorf("%s is printed with %s", path, selector)
				}
			}
		}
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	}
	if tables == 0 {
		t.Error("no page has a preview")
	}
}

// What the mouse does the keyboard does too: menus, tables behind charts, the way down by the rows of a ranking.
func TestBrowserKeys(t *testing.T) {
	s := district(t)
	w := wayDown(t, s)
	b := enter(t, s)
	b.visit("/")
	open := func(selector string) bool {
		return eval[bool](b, fmt.Sprintf("document.querySelector(%q).open", selector))
	}
	on := func(selector string) {
		b.do(chromedp.Focus(chromedp.CSS(selector)))
	}
	standsOn := func(selector string) bool {
		return eval[bool](b, fmt.Sprintf("document.activeElement === document.querySelector(%q)", selector))
	}

	on("details.range summary")
	b.do(chromedp.KeyEvent(kb.Enter))
	if !open("details.range") {
		t.Error("Enter does not open the menu of periods")
	}
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Escape))
	if open("details.range") || !standsOn("details.range summary") {
		t.Error("Escape does not close the menu of periods, or leaves the keyboard nowhere")
	}

	on(`[data-tools="ranking"] [data-table]`)
	b.do(chromedp.KeyEvent(kb.Enter))
	shown := `document.querySelector("#table-ranking").checkVisibility()`
	if !eval[bool](b, shown) || eval[string](b, `document.querySelector('[data-tools="ranking"] [data-table]').getAttribute("aria-expanded")`) != "true" {
		t.Error("Enter does not open the table of the ranking")
	}
	if !standsOn("#table-ranking") {
		t.Error("the keyboard is not in the table that it has opened")
	}
	var names []string
	for range 30 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if !eval[bool](b, `document.querySelector("#table-ranking").contains(document.activeElement)`) {
			break
		}
		x := eval[stop](b, focused)
		if strings.HasPrefix(x.Href, "/?") {
			names = append(names, x.What)
		}
		if x.What == w.street.Name {
			break
		}
	}
	if !slices.Contains(names, w.street.Name) {
		t.Fatalf("Tab goes through %v, not to %s", names, w.street.Name)
	}
	b.follow(chromedp.KeyEvent(kb.Enter))
	if got := b.query("org"); got != w.street.Code {
		t.Errorf("Enter on %s leads to %q", w.street.Name, got)
	}

	b.visit("/")
	on(`[data-tools="ranking"] [data-table]`)
	b.do(chromedp.KeyEvent(" "))
	b.wait(shown)
	on(`[data-tools="ranking"] [data-table]`)
	b.do(chromedp.KeyEvent(" "))
	if eval[bool](b, shown) {
		t.Error("Space does not close the table")
	}

	on("[data-theme-switch]")
	before := eval[string](b, "getComputedStyle(document.body).backgroundColor")
	b.do(chromedp.KeyEvent(kb.Enter))
	after := eval[string](b, "getComputedStyle(document.body).backgroundColor")
	if before == after {
		t.Error("Enter does not switch the theme")
	}
	b.visit("/stars")
	if got := eval[string](b, "getComputedStyle(document.body).backgroundColor"); got != after {
		t.Error("the theme is forgotten on the next page")
	}
}
