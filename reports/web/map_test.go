package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The map page on a desk and on a phone: what it shows, another metric and level, months that play, search, the way down, paper.
func TestBrowserMap(t *testing.T) {
	s := district(t)
	b := enter(t, s)
	b.allow("willReadFrequently") // what the browser says of looking at single pixels
	w := wayDown(t, s)
	for _, width := range []int64{desk, phone} {
		b.size(width)
		b.visit("/map?per=month&at=2026-10")
		b.wait(mapDrawn)
		if err := b.fits(); err != nil {
			t.Errorf("%d wide: %v", width, err)
		}
		if n := eval[int](b, `document.querySelectorAll("[data-key] li").length`); n < 2 {
			t.Errorf("%d classes in the key", n)
		}
		// The colour under a unit's name is that of its class.
		street := w.street.Code
		if got, want := b.colorAt(street), b.classColor(street); got != want {
			t.Errorf("%d wide: %s is %s on the map, %s in the key", width, w.street.Name, got, want)
		}
		b.choose(`select[name="metric"]`, "overdue_open")
		b.follow(chromedp.KeyEvent("\r"))
		b.wait(mapDrawn)
		if b.query("metric") != "overdue_open" || !strings.Contains(b.text("h1"), "超期") {
			t.Errorf("another metric: %s %q", b.address(), b.text("h1"))
		}
		b.visit("/map?per=month&at=2026-10&metric=received&show=grid&points=clusters")
		b.wait(mapDrawn)
		if n := eval[int](b, `JSON.parse(JSON.stringify(Object.keys(document.querySelector("[data-map]").map.getLayers().getArray()))).length`); n < 4 {
			t.Errorf("%d layers", n)
		}
		b.wait(`!document.querySelector("[data-points-key]").hidden`)
		b.visit("/map?per=month&at=2026-10&metric=received&show=street")
		b.wait(mapDrawn)

		// Months.
		before := b.text("[data-key-title]")
		b.do(chromedp.Click(chromedp.CSS("[data-play]")))
		b.wait(`!document.querySelector("[data-play-bar]").hidden && document.querySelector("[data-play-label]").textContent !== ""`)
		first := b.text("[data-play-label]")
		b.wait(fmt.Sprintf(`document.querySelector("[data-play-label]").textContent !== %q`, first))
		if !strings.HasPrefix(first, "2025年11月") || !strings.Contains(b.text("[data-key-title]"), "年") {
			t.Errorf("the first of twelve months is %s", first)
		}
		b.do(chromedp.Click(chromedp.CSS("[data-play]")))
		b.wait(`document.querySelector("[data-play-bar]").hidden`)
		if now := b.text("[data-key-title]"); now != before {
			t.Errorf("after the play: %q, was %q", now, before)
		}

		// Search, the card, and down to the communities.
		eval[bool](b, fmt.Sprintf(`(() => { const i = document.querySelector("[data-mapfind] input"); i.value = %q; i.dispatchEvent(new Event("change")); return true; })()`, w.street.Name))
		b.wait(`document.querySelector("[data-unit-card] h2")?.textContent === ` + fmt.Sprintf("%q", w.street.Name))
		figures := b.text(".unitfigures")
		if !strings.Contains(figures, "受理量") {
			t.Errorf("the card says %q", figures)
		}
		b.tap(".unitlinks a")
		b.wait(mapDrawn)
		if b.query("org") != w.street.Code || !eval[bool](b, `[...document.querySelectorAll("select[name=show] option")].some(o => o.selected && o.textContent === "社区")`) {
			t.Errorf("one level down: %s", b.address())
		}
		// A click on a unit opens its card.
		at := eval[[]float64](b, fmt.Sprintf(`(() => {
			const el = document.querySelector("[data-map]");
			el.scrollIntoView({ block: "center", behavior: "instant" });
			const r = el.getBoundingClientRect(), p = %s;
			return [r.left + p[0], r.top + p[1]];
		})()`, middleOf(w.community.Code)))
		b.do(chromedp.MouseClickXY(at[0], at[1]))
		b.wait(`document.querySelector("[data-unit-card] h2")?.textContent === ` + fmt.Sprintf("%q", w.community.Name))

		// On paper there is the map, its key and the table, and nothing to press.
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		for selector, shown := range map[string]bool{"#mapcanvas": true, "[data-key]": true, ".maptable": true, ".mapfind": false, ".tools": false, ".mapside": false} {
			if got := eval[bool](b, fmt.Sprintf(`!!document.querySelector(%q)?.checkVisibility()`, selector)); got != shown {
				t.Errorf("on paper %s shows: %v", selector, got)
			}
		}
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	}
}

// mapDrawn is true once the map is.
const mapDrawn = `document.querySelector("[data-map]")?.dataset.ready === "1"`

// middleOf is a script that gives where the name of a unit stands, in pixels of the map.
func middleOf(code string) string {
	return fmt.Sprintf(`(() => {
		const el = document.querySelector("[data-map]"), map = el.map;
		const source = map.getLayers().getArray().map((l) => l.getSource()).find((x) => x.getFeatureById && x.getFeatureById(%q));
		return map.getPixelFromCoordinate(source.getFeatureById(%[1]q).getGeometry().getCoordinates());
	})()`, code)
}

// colorAt is the colour of the map a little below where a unit's name stands.
func (b *tab) colorAt(code string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`(() => {
		const p = %s, el = document.querySelector("[data-map]");
		const canvas = el.querySelector("canvas"), ratio = canvas.width / el.clientWidth;
		const d = canvas.getContext("2d").getImageData(Math.round(p[0] * ratio), Math.round((p[1] + 26) * ratio), 1, 1).data;
		return "#" + [d[0], d[1], d[2]].map((v) => v.toString(16).padStart(2, "0")).join("");
	})()`, middleOf(code)))
}

// classColor is the colour of the class whose limits hold the number of a unit in the table.
func (b *tab) classColor(code string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`(() => {
		const row = [...document.querySelectorAll(".maptable tbody tr")].find((r) => r.querySelector("a")?.href.includes("org=" + %q));
		const value = Number(row.querySelector("td").textContent.replace(/,/g, ""));
		for (const li of document.querySelectorAll("[data-key] li")) {
			const [lo, hi] = [/^([\d.]+)(?: 及以上|（含）)/, /(?:–|^)([\d.]+)(?: 以下|（\d+）)/].map((re) => li.textContent.match(re)?.[1]);
			if ((lo === undefined || value >= Number(lo)) && (hi === undefined || value < Number(hi))) return li.querySelector("rect").getAttribute("fill");
		}
		return "none";
	})()`, code))
}

// The picture of the map has its title, its key and its source inside: it is larger than the map, and not blank.
func TestMapPicture(t *testing.T) {
	b := enter(t, district(t))
	b.visit("/map?per=month&at=2026-10&metric=received&show=community")
	b.wait(mapDrawn)
	eval[bool](b, `(() => { document.querySelector("[data-map-tools]").dataset.tools = "map"; return true; })()`)
	d := b.saved("map", "[data-picture]")
	img, err := png.Decode(bytes.NewReader(d.body))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 2400 || size.Y < 1200 || !strings.HasSuffix(d.name, ".png") || !strings.Contains(d.name, "受理量") {
		t.Errorf("%s: %v", d.name, size)
	}
	seen := map[uint32]int{}
	for x := 0; x < img.Bounds().Dx(); x += 7 {
		for y := 0; y < img.Bounds().Dy(); y += 7 {
			r, g, bl, _ := img.At(x, y).RGBA()
			seen[r>>8<<16|g>>8<<8|bl>>8]++
		}
	}
	for _, c := range []uint32{0xeef2f6, 0x97afc6, 0x2f5a84} { // of the ramp
		if seen[c] < 100 {
			t.Errorf("the colour %06x is seen %d times", c, seen[c])
		}
	}
}

// What the map's script is told is what a table of the same numbers says, and the parts of the map add up.
func TestMapData(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, h, s}
	into := func(address string, to any) {
		t.Helper()
		w := v.get(address)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", address, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), to); err != nil {
			t.Fatal(err)
		}
	}
	type bins struct {
		Bins  [][5]float64
		Total int64
		Note  string
		Size  float64
	}
	var whole, half bins
	into("/map/bins?metric=received&per=month&at=2026-10&size=300", &whole)
	sum := 0.0
	for _, x := range whole.Bins {
		sum += x[4]
	}
	if whole.Total == 0 || int64(sum) != whole.Total || !strings.Contains(whole.Note, "没有位置") {
		t.Errorf("%d points in bins of %g: %s", whole.Total, sum, whole.Note)
	}
	into("/map/bins?metric=received&per=month&at=2026-10&size=1&bbox=0,0,1,1", &half)
	if half.Total != 0 || len(half.Bins) != 0 {
		t.Errorf("nowhere: %+v", half)
	}
	var none bins
	into("/map/bins?metric=households&size=300", &none)
	if len(none.Bins) != 0 || none.Note == "" {
		t.Errorf("units have no points: %+v", none)
	}
	var rows struct {
		Points []struct{ X, Y float64 }
		More   int64
	}
	into("/map/points?metric=received&per=month&at=2026-10", &rows)
	if int64(len(rows.Points))+rows.More != whole.Total {
		t.Errorf("%d points and %d more, %d in the bins", len(rows.Points), rows.More, whole.Total)
	}
	var months struct {
		Frames []struct {
			Label string
			Units map[string]struct {
				T string
				C int
			}
		}
	}
	into("/map/months?metric=received&show=street&per=month&at=2026-10", &months)
	if len(months.Frames) != 12 || months.Frames[0].Label != "2025年11月" || months.Frames[11].Label != "2026年10月" {
		t.Fatalf("%d months", len(months.Frames))
	}
	page := v.get("/map?metric=received&show=street&per=month&at=2026-10").Body.String()
	for _, u := range s.directory(t).AtLevel("street") {
		frame := months.Frames[11].Units[u.Code]
		number := strings.TrimSuffix(frame.T, " 件")
		if number == "" || !strings.Contains(page, ">"+number+"</a>") {
			t.Errorf("%s: %q in the last month, which the page does not show", u.Name, frame.T)
		}
	}
	for _, address := range []string{"/map/bins?metric=received&size=x", "/map/bins?metric=received&size=200&bbox=1,2,3", "/map/bins?metric=nothing&size=200", "/map?metric=nothing"} {
		if w := v.get(address); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	if w := v.get("/map/unit?org=" + url.QueryEscape("没有")); w.Code != http.StatusNotFound {
		t.Errorf("the card of nothing: %d", w.Code)
	}
}

// Without polygons the page says what to do and shows the numbers.
func TestMapWithoutPolygons(t *testing.T) {
	o := newCounter(t)
	code, body := o.get(t, o.manager(t), "/map?metric=received&show=grid")
	if code != http.StatusOK || strings.Contains(body, "data-map ") && strings.Contains(body, "tiles/grid") {
		t.Errorf("%d %s", code, body)
	}
}
