package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

// packed is a body in the two forms that are sent.
type packed struct{ plain, gzip []byte }

// small is the size below which compression is not worth its header.
const small = 1024

var gzips = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, 5) // the level is valid
	return w
}}

func pack(body []byte) packed {
	if len(body) <= small {
		return packed{plain: body}
	}
	var b bytes.Buffer
	z := gzips.Get().(*gzip.Writer)
	defer gzips.Put(z)
	z.Reset(&b)
	_, _ = z.Write(body) // memory does not fail
	_ = z.Close()
	return packed{body, b.Bytes()}
}

// send writes the form that the browser takes. All headers but those of the compression are set already.
func (p packed) send(w http.ResponseWriter, r *http.Request, status int) {
	h, body := w.Header(), p.plain
	h.Add("Vary", "Accept-Encoding")
	if p.gzip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = p.gzip
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone if this fails
	}
}

// send packs a body and writes it.
func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	pack(body).send(w, r, status)
}
