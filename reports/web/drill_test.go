package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gridstar/analytics/units"
)

// spot is where on the screen a unit stands in a chart, so that a test can click there as a person would.
// The map is searched for a point inside the unit's polygon; of a ranking the middle of the unit's row is taken.
func (b *tab) spot(chart, code string) (x, y float64) {
	b.t.Helper()
	at := eval[[]float64](b, fmt.Sprintf(`(() => {
		const el = document.querySelector('[data-chart=%q]'), code = %q;
		el.scrollIntoView({ block: "center", behavior: "instant" });
		const chart = echarts.getInstanceByDom(el), frame = el.getBoundingClientRect();
		if (el.dataset.outline) {
			const region = chart.getModel().getSeriesByIndex(0).coordinateSystem.getRegion(code), box = region.getBoundingRect();
			for (let i = 1; i < 20; i++) for (let j = 1; j < 20; j++) {
				const p = [box.x + box.width * i / 20, box.y + box.height * j / 20];
				if (!region.contain(p)) continue;
				const px = chart.convertToPixel({ seriesIndex: 0 }, p);
				return [frame.left + px[0], frame.top + px[1]];
			}
			return [];
		}
		for (const series of chart.getModel().getSeries().reverse()) {
			const data = series.getData();
			for (let i = 0; i < data.count(); i++) {
				if (data.getRawDataItem(i)?.code !== code) continue;
				const bar = data.getItemGraphicEl(i), box = bar.getBoundingRect().clone();
				if (bar.transform) box.applyTransform(bar.transform);
				return [frame.left + box.x + box.width / 2, frame.top + box.y + box.height / 2];
			}
		}
		return [];
	})()`, chart, code))
	if len(at) != 2 {
		b.t.Fatalf("%s is not in the chart %s of %s", code, chart, b.address())
	}
	return at[0], at[1]
}

// press clicks a unit in a chart and waits for its page.
func (b *tab) press(chart, code string) {
	b.t.Helper()
	x, y := b.spot(chart, code)
	b.follow(chromedp.MouseClickXY(x, y))
}

// tap clicks what a selector finds and waits for the page it opens.
func (b *tab) tap(selector string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`!document.querySelector(%q).scrollIntoView({ block: "center", behavior: "instant" })`, selector))
	b.follow(chromedp.Click(chromedp.CSS(selector)))
}

// query is the value of a parameter of the address.
func (b *tab) query(name string) string {
	b.t.Helper()
	u, err := url.Parse(b.address())
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Query().Get(name)
}

// way is a street, one of its communities and one of its grids.
type way struct{ street, community, grid units.Unit }

func wayDown(t testing.TB, s *site) way {
	t.Helper()
	dir := s.directory(t)
	var w way
	w.street = dir.AtLevel("street")[1]
	w.community = dir.Children(w.street.Code)[0]
	w.grid = dir.Children(w.community.Code)[0]
	return w
}

// A leader goes from the district to a grid by clicking on the map and on the ranking, looks at the rows, and goes back.
func TestBrowserDrill(t *testing.T) {
	for _, width := range []int64{desk, phone} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			s := district(t)
			w := wayDown(t, s)
			b := enter(t, s)
			b.size(width)
			b.visit("/")
			stands := func(name, code string) {
				t.Helper()
				if got := b.text(".crumbs [aria-current]"); got != name {
					t.Errorf("the page is about %q, want %q", got, name)
				}
				if got := b.query("org"); got != code {
					t.Errorf("the address names %q, want %q", got, code)
				}
				if err := b.fits(); err != nil {
					t.Error(err)
				}
			}
			stands("示范区", "")
			b.press("map", w.street.Code)
			stands(w.street.Name, w.street.Code)
			b.press("ranking", w.community.Code)
			stands(w.community.Name, w.community.Code)
			b.press("map", w.grid.Code)
			stands(w.grid.Name, w.grid.Code)

			number := b.text(".kpi .value a")
			b.tap(".kpi .value a")
			if got := b.query("org"); got != w.grid.Code {
				t.Errorf("rows of %q, want %q", got, w.grid.Code)
			}
			if rows := eval[int](b, `document.querySelectorAll("table.records tbody tr").length`); fmt.Sprint(rows) != number {
				t.Errorf("%d rows behind the number %s", rows, number)
			}
			if err := b.fits(); err != nil {
				t.Error(err)
			}
			b.tap(`.controls a[href^="/?"]`)
			stands(w.grid.Name, w.grid.Code)
			for _, up := range []units.Unit{w.community, w.street, {Name: "示范区"}} {
				b.tap(".crumbs li:nth-last-child(2) a")
				stands(up.Name, up.Code)
			}
			for _, code := range []string{w.street.Code, w.community.Code, w.grid.Code} {
				b.back()
				if got := b.query("org"); got != code {
					t.Errorf("back to %q, want %q", got, code)
				}
			}
		})
	}
}

// Periods are changed by the switch, the steps and the form of any range; kinds by the list. What else the address says stays.
func TestBrowserPeriods(t *testing.T) {
	s := district(t)
	w := wayDown(t, s)
	b := enter(t, s)
	b.visit("/?org=" + w.street.Code)
	heading := func(want string) {
		t.Helper()
		if got := b.text("h1"); got != want {
			t.Errorf("heading %q, want %q", got, want)
		}
		if got := b.query("org"); got != w.street.Code {
			t.Errorf("unit %q, want %q", got, w.street.Code)
		}
	}
	heading("2026年10月 运行总览")
	b.tap(`.step[rel="prev"]`)
	heading("2026年9月 运行总览")
	b.tap(".switch a:nth-child(4)")
	heading("2026年第三季度 运行总览")
	b.tap(".switch a:nth-child(5)")
	heading("2026年 运行总览")
	if later := eval[bool](b, `!!document.querySelector('.step[rel="next"]')`); later {
		t.Error("there is a way into next year")
	}
	b.do(chromedp.Click(chromedp.CSS("details.range summary")),
		chromedp.SetValue(chromedp.CSS(`details.range input[name="from"]`), "2026-02-10"),
		chromedp.SetValue(chromedp.CSS(`details.range input[name="to"]`), "2026-03-05"))
	b.tap("details.range form button")
	heading("2026年2月10日—3月5日 运行总览")
	// By keyboard: walking through the list must not open a page at every step.
	b.do(chromedp.Focus(chromedp.CSS("#kind")))
	steps := eval[int](b, `[...document.querySelector("#kind").options].findIndex(o => o.value === "MD")`)
	b.do(chromedp.KeyEvent(strings.Repeat(kb.ArrowDown, steps)))
	b.follow(chromedp.KeyEvent(kb.Enter))
	heading("2026年2月10日—3月5日 运行总览")
	if got := b.query("kind"); got != "MD" {
		t.Errorf("kind %q, want MD", got)
	}
}

// The evaluator goes from the board of stars to a card, to the rows behind an indicator, and back.
func TestBrowserScorecard(t *testing.T) {
	for _, width := range []int64{desk, phone} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			b := enter(t, district(t))
			b.size(width)
			b.visit("/stars")
			if n := eval[int](b, `document.querySelectorAll(".matrix tbody tr").length`); n != 24 {
				t.Errorf("%d branches on the board, want 24", n)
			}
			name := b.text(".matrix tbody tr:first-child th a")
			b.tap(".matrix tbody tr:first-child th a")
			if got := b.text("h1"); !strings.Contains(got, name) {
				t.Errorf("card of %q, want %q", got, name)
			}
			card := b.address()
			if err := b.fits(); err != nil {
				t.Error(err)
			}
			b.visit(card + "&star=all")
			codes := eval[[]string](b, `[...document.querySelectorAll(".indicators tbody th b")].map(e => e.textContent)`)
			if len(codes) != 30 {
				t.Errorf("%d indicators, want 30: %v", len(codes), codes)
			}
			base := b.text(`.indicators td[data-label="值"] > a + small`)
			b.tap(`.indicators td[data-label="值"] > a`)
			if !strings.HasPrefix(b.address(), "/records?") || !strings.Contains(b.text(".lead"), base) {
				t.Errorf("the rows behind %s at %s: %s", base, b.address(), b.text(".lead"))
			}
			b.back()
			if got := b.address(); got != card+"&star=all" {
				t.Errorf("back at %s", got)
			}
		})
	}
}
