package web_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	browsing "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// download is a file that the browser has saved.
type download struct {
	name string
	body []byte
}

// saved presses a button or a link of a chart and waits for the file.
func (b *tab) saved(chart, button string) download {
	b.t.Helper()
	dir := b.t.TempDir()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	_, err := chromedp.CallBrowser(ctx, browsing.SetDownloadBehavior, browsing.SetDownloadBehaviorParams{
		Behavior: browsing.SetDownloadBehaviorBehaviorAllowAndName, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		DownloadPath: dir, EventsEnabled: new(true),
	})
	b.must(err)
	begins, moves := chromedp.BrowserEvents(ctx, browsing.DownloadWillBegin), chromedp.BrowserEvents(ctx, browsing.DownloadProgress)
	selector := fmt.Sprintf("[data-tools=%q] %s", chart, button)
	eval[bool](b, fmt.Sprintf(`!document.querySelector(%q).scrollIntoView({ block: "center", behavior: "instant" })`, selector))
	b.do(chromedp.Click(chromedp.CSS(selector)))
	var d download
	for e, err := range begins {
		if err != nil {
			b.t.Fatalf("%v: no download from %s; the page says %q", err, selector, eval[string](b, `document.querySelector(".toast")?.textContent ?? ""`))
		}
		d.name = e.SuggestedFilename
		break
	}
	for e, err := range moves {
		b.must(err)
		if e.State == browsing.DownloadProgressStateCanceled {
			b.t.Fatalf("the download from %s was cancelled", selector)
		}
		if e.State == browsing.DownloadProgressStateCompleted {
			d.body, err = os.ReadFile(filepath.Join(dir, e.GUID))
			b.must(err)
			return d
		}
	}
	b.t.Fatalf("the download from %s did not end", selector)
	return d
}

// charts are those of the overview, in its order.
var charts = []string{"map", "ranking", "trend", "flow", "parts", "funnel"}

// Every chart can be saved as a picture that stands alone: 2400 × 1350 on white, with title, period, source and date inside.
func TestBrowserPictures(t *testing.T) {
	b := enter(t, district(t))
	b.scheme("dark") // a document is white, whatever the page looks like
	for _, chart := range charts {
		t.Run(chart, func(t *testing.T) {
			b.visit("/") // a page may save ten files, the browser's guard against floods of them
			title := b.text(fmt.Sprintf("article:has([data-tools=%q]) h2", chart))
			p := b.saved(chart, "[data-png]")
			if !strings.HasPrefix(p.name, strings.ReplaceAll(title, "/", "_")+"-") || !strings.HasSuffix(p.name, ".png") {
				t.Errorf("saved as %q, the chart is %q", p.name, title)
			}
			img, err := png.Decode(bytes.NewReader(p.body))
			if err != nil {
				t.Fatal(err)
			}
			if size := img.Bounds().Size(); size != image.Pt(2400, 1350) {
				t.Errorf("%v pixels", size)
			}
			for _, corner := range []image.Point{{0, 0}, {2399, 0}, {0, 1349}, {2399, 1349}} {
				if got := color.NRGBAModel.Convert(img.At(corner.X, corner.Y)); got != (color.NRGBA{255, 255, 255, 255}) {
					t.Errorf("corner %v is %v", corner, got)
				}
			}
			if n := inked(img); n < 2000 {
				t.Errorf("only %d pixels are not white", n)
			}

			s := b.saved(chart, "[data-svg]")
			text, err := words(s.body)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{title, "示范区", "2026年10月", "格星", "数据截至 2026年10月31日"} {
				if !strings.Contains(text, want) {
					t.Errorf("the picture does not say %q: %.300s", want, text)
				}
			}
		})
	}
}

// inked counts the pixels that are not white.
func inked(img image.Image) (n int) {
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		for x := r.Min.X; x < r.Max.X; x += 2 {
			if r, g, b, _ := img.At(x, y).RGBA(); r+g+b < 3*0xe000 {
				n += 4
			}
		}
	}
	return n
}

// drawing are the elements that a picture is made of. Any other would have come out of a ledger.
var drawing = []string{"svg", "g", "path", "rect", "circle", "polygon", "polyline", "line", "text", "tspan", "defs", "linearGradient", "stop", "clipPath", "style"}

// words are the texts of a well-formed SVG of nothing but drawing.
func words(svg []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(svg))
	var text strings.Builder
	for root := true; ; {
		token, err := d.Token()
		if err == io.EOF {
			return text.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if root && token.Name.Local != "svg" {
				return "", fmt.Errorf("the root is %s", token.Name.Local)
			}
			root = false
			if !slices.Contains(drawing, token.Name.Local) {
				return "", fmt.Errorf("it holds the element %s", token.Name.Local)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || a.Name.Local == "href" {
					return "", fmt.Errorf("%s has the attribute %s", token.Name.Local, a.Name.Local)
				}
			}
		case xml.CharData:
			text.Write(token)
		}
	}
}

// A csv is the table of its chart for a spreadsheet: a BOM, the same cells, numbers without separators.
func TestBrowserTables(t *testing.T) {
	b := enter(t, district(t))
	b.visit("/?per=quarter&at=2026-Q3")
	page := eval[seen](b, readOverview)
	for _, chart := range charts {
		t.Run(chart, func(t *testing.T) {
			d := b.saved(chart, "a[download]")
			body, ok := bytes.CutPrefix(d.body, []byte("\ufeff"))
			if !ok || !strings.HasSuffix(d.name, ".csv") {
				t.Errorf("%q begins with %q", d.name, d.body[:min(8, len(d.body))])
			}
			rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			var want [][]string
			quotient := slices.Index(page.Tables[chart][0], "分子／分母") // two columns of a spreadsheet
			for _, row := range page.Tables[chart] {
				var cells []string
				for i, cell := range row {
					if before, after, ok := strings.Cut(strings.ReplaceAll(cell, "／", " / "), " / "); ok && i == quotient {
						cells = append(cells, strings.ReplaceAll(before, ",", ""), strings.ReplaceAll(after, ",", ""))
					} else {
						cells = append(cells, strings.ReplaceAll(cell, ",", ""))
					}
				}
				want = append(want, cells)
			}
			if !slices.EqualFunc(rows, want, slices.Equal) {
				t.Errorf("csv %q\ntable %q", rows, want)
			}
		})
	}
}

// A picture can be taken to a document by way of the clipboard.
func TestBrowserClipboard(t *testing.T) {
	b := enter(t, district(t))
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(b.ctx, browsing.SetPermission, browsing.SetPermissionParams{
			Permission: &browsing.PermissionDescriptor{Name: name}, Setting: browsing.PermissionSettingGranted,
			BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
		})
		b.must(err)
	}
	b.visit("/")
	b.do(chromedp.Click(chromedp.CSS(`[data-tools="trend"] [data-copy]`)))
	b.wait(`document.querySelector(".toast")`)
	if said := b.text(".toast"); !strings.HasPrefix(said, "图片已复制") {
		t.Fatalf("the page says %q", said)
	}
	got := eval[[]string](b, `navigator.clipboard.read().then(async (items) => {
		const blob = await items[0].getType("image/png"), picture = await createImageBitmap(blob);
		return [items[0].types.join(), picture.width + "x" + picture.height];
	})`)
	if !slices.Equal(got, []string{"image/png", "2400x1350"}) {
		t.Errorf("on the clipboard: %q", got)
	}
}

// Names of files come from titles and units; what a file system does not take is replaced.
func TestFileNames(t *testing.T) {
	s := hostileSite(t)
	handler, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, handler, s}
	for i := range hostile {
		for _, path := range []string{"/files/chart/map?", "/files/records?", "/files/stars?cycle=2026&", fmt.Sprintf("/files/stars/PC%02d?", i)} {
			w := v.get(path + url.Values{"org": {fmt.Sprintf("S%02d", i)}}.Encode())
			if got := w.Header().Get("Content-Disposition"); w.Code != 200 || !strings.HasPrefix(got, "attachment; filename") || strings.ContainsAny(got, "\r\n") {
				t.Errorf("%s of unit %d: %d, %.200q", path, i, w.Code, got)
			}
			if !bytes.HasPrefix(w.Body.Bytes(), []byte("\ufeff")) {
				t.Errorf("%s of unit %d has no BOM", path, i)
			}
			rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(w.Body.Bytes(), []byte("\ufeff")))).ReadAll()
			if err != nil {
				t.Errorf("%s of unit %d: %v", path, i, err)
			}
			for _, row := range rows {
				for _, cell := range row {
					if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") {
						t.Errorf("%s of unit %d: a spreadsheet would run %.40q", path, i, cell)
					}
				}
			}
		}
	}
}
