package web

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// clocked is a connection that notes the latest deadline of its reading.
type clocked struct {
	http.ResponseWriter
	deadline time.Time
	set      int
}

func (c *clocked) SetReadDeadline(t time.Time) error {
	c.deadline = t
	c.set++
	return nil
}

// A body may take as long as it keeps coming, and no longer; once it is whole its handler has all the time.
func TestBodyMovesItsDeadline(t *testing.T) {
	w := &clocked{ResponseWriter: httptest.NewRecorder()}
	r := httptest.NewRequest(http.MethodPost, "/", io.NopCloser(iotest.OneByteReader(strings.NewReader(strings.Repeat("x", 10)))))
	begun := time.Now()
	(&Server{}).limitBody(w, r, 100)
	if allowed := w.deadline.Sub(begun); allowed < formPatience || allowed > formPatience+5*time.Second {
		t.Errorf("before the first byte: %v", allowed)
	}
	p := make([]byte, 5)
	for range 5 { // five bytes, one by one, buy nothing that a form would not have had
		if _, err := r.Body.Read(p[:1]); err != nil {
			t.Fatal(err)
		}
	}
	if allowed := w.deadline.Sub(begun); allowed > formPatience+5*time.Second || w.set != 6 {
		t.Errorf("for five bytes: %v, set %d times", allowed, w.set)
	}
	if _, err := io.ReadAll(r.Body); err != nil || !w.deadline.IsZero() {
		t.Errorf("when it is whole: %v, %v", w.deadline, err)
	}

	r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", 1<<20)))
	(&Server{}).limitBody(w, r, 4<<20)
	if _, err := io.ReadFull(r.Body, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if allowed := w.deadline.Sub(begun); !w.deadline.IsZero() && allowed < formPatience+time.Minute {
		t.Errorf("for a megabyte: %v", allowed)
	}
}

// More than the route takes is an error, and a route without body gets none.
func TestBodyIsLimited(t *testing.T) {
	for limit, want := range map[int64]int{noBody: 0, 10: 10, 100: 20} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", 20)))
		(&Server{}).limitBody(httptest.NewRecorder(), r, limit)
		b, err := io.ReadAll(r.Body)
		var large *http.MaxBytesError
		if len(b) != want || (limit == 10) != errors.As(err, &large) {
			t.Errorf("limit %d: %d bytes, %v", limit, len(b), err)
		}
	}
}
