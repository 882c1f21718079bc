package web_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// few is a street of two communities on which hardly anything has been reported: three matters of the one, none of the
// other, which has stated so.
var few = share("", func(ctx context.Context, s *site, dir string) error {
	for _, f := range []struct {
		name string
		rows [][]string
		verb []string
	}{
		{"区划.csv", [][]string{
			{"编码", "名称", "层级", "上级编码", "户数"},
			{"S", "红旗街道", "street", "", "2000"},
			{"C1", "朝阳社区", "community", "S", "1000"},
			{"C2", "东安社区", "community", "S", "1000"},
		}, []string{"units", "load"}},
		{"朝阳社区居民诉求台账（2026年10月）.csv", [][]string{
			{"受理日期", "诉求类别", "诉求内容", "办结时限", "办结时间"},
			{"2026-10-03", "环境卫生", "清运垃圾", "2026-10-10", "2026-10-04"},
			{"2026-10-05", "物业管理", "电梯异响", "2026-10-10", "2026-10-12"},
			{"2026-10-07", "物业管理", "门禁失灵", "2026-10-10", "2026-10-08"},
		}, []string{"ingest"}},
	} {
		if err := s.loadTable(ctx, filepath.Join(dir, f.name), f.rows, f.verb...); err != nil {
			return err
		}
	}
	return nil
})

// A page without numbers says why and what to do next.
func TestBrowserEmpty(t *testing.T) {
	for _, c := range []struct {
		name  string
		site  func(testing.TB) *site
		url   string
		says  string
		leads string // the address of its button
	}{
		{"nothing at all", bare, "/", "还没有数据", "/start"},
		{"nothing at all: rows", bare, "/records", "还没有台账", "/start"},
		{"nothing at all: stars", bare, "/stars", "还没有", "/start"},
		{"units only", register, "/", "单位已载入，还没有台账", "/start"},
		{"units only: stars", register, "/stars", "还没有台账", "/start"},
		{"nothing in the period", district, "/?per=month&at=2020-05", "2020年5月没有报送的数据", "/?at=2026-10&per=month"},
		{"a period to come", district, "/?per=month&at=2026-12", "这一期间尚未开始", "/?at=2026-11&per=month"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := enter(t, c.site(t))
			b.visit(c.url)
			if got := b.text(".empty"); !strings.Contains(got, c.says) {
				t.Errorf("says %q, want %q", got, c.says)
			}
			if got := eval[string](b, `document.querySelector(".empty a.button").getAttribute("href")`); got != c.leads {
				t.Errorf("leads to %s, want %s", got, c.leads)
			}
			if zeros := eval[int](b, `[...document.querySelectorAll(".kpi .value")].filter((e) => e.textContent.trim().startsWith("0")).length`); zeros > 0 {
				t.Errorf("%d cards show nothing as zero", zeros)
			}
			b.tap(".empty a.button")
			if got := b.address(); got != c.leads {
				t.Errorf("the button leads to %s, want %s", got, c.leads)
			}
		})
	}
}

// The five steps are ticked by what the warehouse holds.
func TestBrowserStart(t *testing.T) {
	for _, c := range []struct {
		name string
		site func(testing.TB) *site
		done int
		next string
	}{
		{"nothing at all", bare, 0, "单位树"},
		{"units only", register, 1, "网格"},
		{"everything, with rows that were refused", district, 4, "核对"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := enter(t, c.site(t))
			b.visit("/start")
			if got := eval[int](b, `document.querySelectorAll(".steps .done").length`); got != c.done {
				t.Errorf("%d steps are ticked, want %d", got, c.done)
			}
			if got := eval[string](b, `document.querySelector(".steps [aria-current] h2")?.textContent ?? ""`); got != c.next {
				t.Errorf("the next step is %q, want %q", got, c.next)
			}
		})
	}
}

// Too small a sample is said to be one, on the card, in the ranking and its table; what can be counted is.
func TestBrowserTooFew(t *testing.T) {
	b := enter(t, few(t))
	b.visit("/?per=month&at=2026-10")
	page := eval[seen](b, readOverview)
	cards := map[string]seenCard{}
	for _, c := range page.Cards {
		cards[c.Title] = c
	}
	if c := cards["受理量"]; c.Value != "3" || c.Unit != "件" {
		t.Errorf("received: %+v", c)
	}
	if c := cards["按时办结率"]; c.Value != "样本不足" || c.Unit != "" || len(c.Changes) > 0 {
		t.Errorf("on time, 2 of 3 where 5 are asked for: %+v", c)
	}
	if c := cards["日巡查覆盖"]; c.Value != "缺数据" {
		t.Errorf("patrols, of which no ledger came: %+v", c)
	}
	for _, row := range page.Tables["ranking"][1:] {
		if row[0] != "—" {
			t.Errorf("a place without a number: %v", row)
		}
		if want := map[string]string{"朝阳社区": "样本不足", "东安社区": "缺数据"}[row[1]]; row[2] != want {
			t.Errorf("%v, want %s", row, want)
		}
	}
	if said := b.text("article:has(#table-ranking) .blank"); !strings.Contains(said, "样本不足") || !strings.Contains(said, "见下表") {
		t.Errorf("the ranking says %q", said)
	}
	if !eval[bool](b, `document.querySelector("#table-ranking").checkVisibility()`) {
		t.Error("the table that the ranking points to is hidden")
	}
	drawn := map[string]string{}
	for _, words := range page.Drawn["map"] {
		drawn[words[0]] = words[1]
	}
	if drawn["朝阳社区"] != "3.0" || drawn["东安社区"] != "缺数据" {
		t.Errorf("the map says %v", drawn)
	}
}

// Parts that come later are announced, and a part that does not come is said to be missing; the rest of the page stays.
func TestBrowserLate(t *testing.T) {
	s := district(t)
	for _, c := range []struct{ name, part, while, failed string }{
		{"the card of stars", "*/honours*", `document.querySelector("[data-fragment] .base").textContent.includes("正在计算")`, `document.querySelector("[data-fragment]").textContent.includes("暂时无法取得")`},
		{"the outlines of the map", "*/outline/*", `document.querySelector('[data-chart="map"]').classList.contains("waiting")`, `document.querySelector('[data-chart="map"]').textContent.includes("暂时无法取得")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := enter(t, s)
			b.allow("net::ERR_FAILED")
			paused := chromedp.Events(b.ctx, fetch.RequestPaused)
			call(b, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: c.part}}})
			b.do(chromedp.Navigate(s.server.URL + "/?per=day"))
			for e, err := range paused {
				b.must(err)
				b.wait(c.while)
				call(b, fetch.FailRequest, fetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: network.ErrorReasonFailed})
				break
			}
			b.wait(c.failed)
			if b.text(".kpi .value a") == "" {
				t.Error("the rest of the page is gone")
			}
			b.unharmed()
		})
	}
}

// Without scripts every number is there: in the cards, and of the charts as tables.
func TestBrowserWithoutScript(t *testing.T) {
	b := enter(t, district(t))
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	for _, width := range []int64{desk, phone} {
		b.size(width)
		b.do(chromedp.Navigate(b.site.server.URL + "/"))
		page := eval[struct {
			Tables, Shown int
			Number        string
			Buttons       int // that would do nothing
			Kind          bool
		}](b, `(() => {
			const shown = (e) => e.checkVisibility({ visibilityProperty: true });
			const tables = [...document.querySelectorAll(".datatable")];
			return {
				Tables: tables.length, Shown: tables.filter(shown).length, Number: document.querySelector(".kpi .value a").textContent,
				Buttons: [...document.querySelectorAll("button:not([type=submit])")].filter(shown).length, Kind: shown(document.querySelector("#kind").form.querySelector("button")),
			};
		})()`)
		if page.Tables != len(charts) || page.Shown != page.Tables || page.Number == "" {
			t.Errorf("%d wide: %d of %d tables are shown, the first number is %q", width, page.Shown, page.Tables, page.Number)
		}
		if page.Buttons > 0 {
			t.Errorf("%d wide: %d buttons do nothing", width, page.Buttons)
		}
		if !page.Kind {
			t.Errorf("%d wide: the list of kinds cannot be sent", width)
		}
		if err := b.fits(); err != nil {
			t.Error(err)
		}
	}
}
