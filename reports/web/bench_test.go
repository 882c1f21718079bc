package web_test

import (
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// The limits of the overview of the demo.
const (
	uncachedMs = 80.0
	cachedMs   = 5.0
	weightKB   = 700.0 // of 1,000 bytes, as they go over the wire
	paintMs    = 1000.0
)

// TestBench prints what the overview of the demo costs beside its limits (make bench). It decides nothing: timings never
// fail a test. Uncached is a whole page, made by an engine that has answered nothing yet; the database is warm.
func TestBench(t *testing.T) {
	if os.Getenv("GRIDSTAR_BENCH") == "" {
		t.Skip("set GRIDSTAR_BENCH=1, or run make bench")
	}
	s := district(t)
	const runs = 9
	get := func(h http.Handler) float64 {
		v := visitor{t, h, s}
		start := time.Now()
		if w := v.get("/"); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return ms(time.Since(start))
	}
	fresh := func() http.Handler {
		h, err := s.pages()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	get(fresh()) // the first one warms the database
	var uncached, cores, cached []float64
	for range runs {
		h := fresh()
		before := cpu(t)
		uncached = append(uncached, get(h))
		cores = append(cores, cpu(t)-before)
		cached = append(cached, get(h))
	}
	t.Logf("overview of the demo: uncached %.1f ms (limit %.0f; %.1f ms of one core), cached %.2f ms (limit %.0f)",
		median(uncached), uncachedMs, median(cores), median(cached), cachedMs)

	var paints, weights []float64
	var files int
	for range 5 {
		b := enter(t, s)
		b.do(chromedp.Navigate("about:blank"))
		call(b, network.ClearBrowserCache, cdp.Empty{})
		var weight float64
		var mu sync.Mutex
		files = 0
		b.must(chromedp.Listen(b.ctx, func(event any) {
			if e, ok := event.(*network.EventLoadingFinished); ok {
				mu.Lock()
				defer mu.Unlock()
				weight += e.EncodedDataLength
				files++
			}
		}))
		b.visit("/")
		b.wait(`performance.getEntriesByName("first-contentful-paint").length > 0`)
		paints = append(paints, eval[float64](b, `performance.getEntriesByName("first-contentful-paint")[0].startTime`))
		mu.Lock()
		weights = append(weights, weight/1000)
		mu.Unlock()
	}
	t.Logf("overview in Chromium, cold cache: %d files of %.1f kB in all (limit %.0f), first contentful paint after %.0f ms (limit %.0f)",
		files, median(weights), weightKB, median(paints), paintMs)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}

// cpu is the processor time that the process has used, in milliseconds: the steadier figure on a busy machine.
func cpu(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}
