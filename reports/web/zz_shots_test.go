package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

func (b *tab) shoot(name string) {
	for _, width := range []int64{desk, phone} {
		for _, scheme := range []string{"light", "dark"} {
			if width == phone && scheme == "dark" {
				continue
			}
			b.scheme(scheme)
			b.size(width)
			png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			b.must(err)
			b.must(os.WriteFile(fmt.Sprintf("/tmp/w-shots/%s-%d-%s.png", name, width, scheme), png, 0o644))
			if err := b.fits(); err != nil {
				b.t.Log(name, err)
			}
		}
	}
}

func TestZZShots(t *testing.T) {
	os.MkdirAll("/tmp/w-shots", 0o755)
	o := newCounter(t)
	hers := o.clerk(t, "李会计", "3101")
	b := newTab(t, o.site)
	b.session(hers)
	b.visit("/data")
	b.shoot("empty")
	id := o.upload(t, hers, "红旗街道居民诉求台账（2026年10月）.csv", appeals(append(goodRows, "朝阳社区,第一网格,没有日期,物业,看不懂,社区走访,", "合计,,,,,,")...))
	form := url.Values{"t0-part": {""}, "t0-sheet": {""}, "t0-was": {""}, "t0-coded": {""}, "t0-profile": {"居民诉求台账"}, "t0-org": {"3101"}, "t0-max": {"50%"}}
	ask(o.pages, http.MethodPost, "/data/"+id+"/publish", hers, form)
	u := o.ended(t, id)
	id2 := o.upload(t, hers, "社区走访记录.csv", "a,b\n1,2\n")
	id3 := o.upload(t, hers, "坏的.csv", "a,b\n1,2\n")
	ask(o.pages, http.MethodPost, "/data/"+id3+"/publish", hers, form)
	o.ended(t, id3)
	b.visit("/data")
	b.shoot("list")
	b.visit(jobAddress(u))
	b.shoot("job")
	b.visit(jobAddress(u) + "/undo")
	b.shoot("undo")
	b.visit("/data/" + id2)
	b.shoot("waiting")
	b.visit("/data/" + id3)
	b.shoot("failed")
	b.visit("/data/" + id)
	b.shoot("done")
	b.visit("/data/aliases")
	b.shoot("aliases")
}
