package web_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// pictures are those of the README, made from the pages (make pictures).
var pictures = []struct {
	file, url string
	width     int64
	whole     bool // the whole page instead of its first screen
}{
	{"overview.png", "/?show=community", desk, true},
	{"stars.png", "/stars", desk, false},
	{"scorecard.png", "/stars/999001001003", desk, false},
	{"phone.png", "/?org=999001001", phone, false},
}

// TestPictures writes the pictures into the folder that GRIDSTAR_PICTURES names.
func TestPictures(t *testing.T) {
	dir := os.Getenv("GRIDSTAR_PICTURES")
	if dir == "" {
		t.Skip("run make pictures")
	}
	b := enter(t, district(t))
	for _, p := range pictures {
		b.size(p.width)
		b.visit(p.url)
		b.wait(`!document.querySelector("[data-fragment] .base")?.textContent.startsWith("正在计算")`)
		shot := chromedp.CaptureScreenshot()
		if p.whole {
			shot = chromedp.FullScreenshot(100)
		}
		png, err := chromedp.Run(b.ctx, shot)
		b.must(err)
		b.must(os.WriteFile(filepath.Join(dir, p.file), png, 0o644))
	}
}
