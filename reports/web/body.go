package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// How long a body may take: what a form needs, and then for each byte what a slow line needs, so that nobody keeps a
// connection by sending a byte now and then.
const (
	formPatience = 15 * time.Second
	slowestLine  = 16 << 10 // bytes a second
)

// limitBody lets a request send as many bytes as its route takes, in its time.
func (s *Server) limitBody(w http.ResponseWriter, r *http.Request, limit int64) {
	if limit == noBody {
		r.Body = http.NoBody
		return
	}
	if limit == fileBody {
		limit = s.Desk.MaxBytes() + 1<<20 // what a form puts around it
	}
	b := &body{ReadCloser: r.Body, control: http.NewResponseController(w), begun: time.Now()}
	b.allow(formPatience)
	r.Body = http.MaxBytesReader(w, b, limit)
}

// body moves the deadline of a connection with what comes in.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	begun   time.Time
	read    int64
}

func (b *body) allow(d time.Duration) {
	_ = b.control.SetReadDeadline(b.begun.Add(d)) // not every writer in tests has one
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if errors.Is(err, io.EOF) { // it is whole: the handler may take longer than the body did
		_ = b.control.SetReadDeadline(time.Time{})
		return n, err
	}
	b.allow(formPatience + time.Duration(b.read)*time.Second/slowestLine)
	return n, err
}
