package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// A POST of 100 rows through the whole door: guard, audit line, load, journal. Wanted: a median of at most 30 ms, also
// while another ledger is loaded (see make bench).
func BenchmarkPost100(b *testing.B) {
	s := newSite(b)
	token := s.clerk("S1")
	var took []time.Duration
	n := 0
	for b.Loop() {
		n++
		body := rows(fmt.Sprint("b", n), "C11", 100)
		began := time.Now()
		if w := s.post("/api/v1/records?profile=plain", token, body); w.Code != http.StatusOK {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
}
