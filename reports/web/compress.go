package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

var gzips = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, 5) // the level is valid
	return w
}}

// send writes a body, compressed where the browser takes it. Headers but those of the compression are set already.
func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if len(body) > 1024 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		var b bytes.Buffer
		z := gzips.Get().(*gzip.Writer)
		z.Reset(&b)
		_, _ = z.Write(body) // memory does not fail
		_ = z.Close()
		gzips.Put(z)
		h.Set("Content-Encoding", "gzip")
		body = b.Bytes()
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone if this fails
	}
}
