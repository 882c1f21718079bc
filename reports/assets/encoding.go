package assets

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// encoding is a content coding of RFC 9110 §8.4.1.
type encoding string

const (
	identity       encoding = ""
	gzipEncoding   encoding = "gzip"
	brotliEncoding encoding = "br"
)

// preferred is the order of choice where the client has none: the smallest first.
// Browsers offer br only over TLS, so gzip is what most intranets see.
var preferred = [...]encoding{brotliEncoding, gzipEncoding}

// suffixes are those of compressed files beside the plain one.
var suffixes = map[encoding]string{brotliEncoding: ".br", gzipEncoding: ".gz"}

func encodingOf(name string) encoding {
	for enc, suffix := range suffixes {
		if path.Ext(name) == suffix {
			return enc
		}
	}
	return identity
}

// choose returns the coding to answer with: of those at hand the one to which the
// client gives most weight, identity if it names none of them (RFC 9110 §12.5.3).
// Identity is also the answer to a client that refuses everything.
func choose(acceptEncoding string, has func(encoding) bool) encoding {
	weights := map[string]float64{}
	for item := range strings.SplitSeq(acceptEncoding, ",") {
		name, params, _ := strings.Cut(item, ";")
		weights[strings.ToLower(strings.TrimSpace(name))] = weight(params)
	}
	weightOf := func(e encoding) float64 {
		if w, ok := weights[string(e)]; ok {
			return w
		}
		return weights["*"]
	}
	best, most := identity, weights["identity"]
	for _, e := range preferred {
		if w := weightOf(e); has(e) && w > 0 && (w > most || best == identity && w == most) {
			best, most = e, w
		}
	}
	return best
}

// weight reads ";q=0.5"; without it, or if it is unreadable, the weight is 1 or 0.
func weight(params string) float64 {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1
	}
	key, value, _ := strings.Cut(params, "=")
	w, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !strings.EqualFold(strings.TrimSpace(key), "q") || err != nil || !(w >= 0 && w <= 1) {
		return 0
	}
	return w
}

// Levels of gzip: files are compressed once, pages for each request.
const (
	smallest = gzip.BestCompression
	quick    = 4
)

func gzipped(data []byte, level int) []byte {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, level)
	if err != nil {
		panic(err) // the level is one of ours
	}
	_, _ = z.Write(data) // a Buffer takes everything
	_ = z.Close()
	return buf.Bytes()
}

// worthwhile is the size in bytes below which a page is not compressed: it fits one
// packet anyway.
const worthwhile = 1024

// Body is a page in the forms it may be sent in, for one that is sent many times.
type Body struct{ plain, gzip []byte }

// NewBody compresses a page once.
func NewBody(page []byte) Body {
	b := Body{plain: page}
	if len(page) >= worthwhile {
		b.gzip = gzipped(page, quick)
	}
	return b
}

// Size is the memory that the forms take, in bytes.
func (b Body) Size() int64 { return int64(len(b.plain) + len(b.gzip)) }

// For returns what to write to a client and sets Vary, Content-Encoding and
// Content-Length. It is to be called before the header is written.
func (b Body) For(w http.ResponseWriter, r *http.Request) []byte {
	header, body := w.Header(), b.plain
	header.Add("Vary", "Accept-Encoding")
	if b.gzip != nil && takesGzip(r) {
		header.Set("Content-Encoding", string(gzipEncoding))
		body = b.gzip
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	return body
}

// Compress is NewBody and For of a page that is sent once: it is compressed only for
// a client that takes it so.
func Compress(w http.ResponseWriter, r *http.Request, page []byte) []byte {
	if takesGzip(r) {
		return NewBody(page).For(w, r)
	}
	return Body{plain: page}.For(w, r)
}

func takesGzip(r *http.Request) bool {
	only := func(e encoding) bool { return e == gzipEncoding }
	return choose(r.Header.Get("Accept-Encoding"), only) == gzipEncoding
}
