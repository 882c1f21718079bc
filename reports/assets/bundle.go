package assets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Bundle is a set of files that belong together, served under addresses that a
// browser may keep for ever: prefix + version + "/" + name, where the version is a
// hash of all files. One version for all lets them refer to each other by relative
// names (import "./period.js", url(icon.svg)); a change of one changes all
// addresses. A file also answers under prefix + name, to be asked for anew each
// time, for those who cannot know the version.
//
// A Bundle is immutable and safe for concurrent use.
type Bundle struct {
	prefix  string
	version string
	files   map[string]*file
}

// file is one file with what a client may be given for it.
type file struct {
	contentType string
	hash        string
	content     []byte
	encoded     map[encoding][]byte // only where smaller than content
}

// contentTypes decides what may be in a Bundle. The machine's own table
// (mime.TypeByExtension) would make the answer depend on the machine.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".json":        "application/json",
	".txt":         "text/plain; charset=utf-8",
	".svg":         "image/svg+xml",
	".ico":         "image/x-icon",
	".png":         "image/png",
	".ttf":         "font/ttf",
	".woff2":       "font/woff2",
	".webmanifest": "application/manifest+json",
}

// compressible are the types worth compressing at each start. TrueType fonts would
// shrink too, but are for documents.
var compressible = map[string]bool{".css": true, ".js": true, ".mjs": true, ".json": true, ".txt": true, ".svg": true, ".webmanifest": true}

// NewBundle reads all files of a tree, to be served below prefix, which begins and
// ends with "/". Where x.br or x.gz lie beside x they are taken as its compressed
// forms; other text is compressed by gzip here, once. Names that begin with a dot
// are left out. A type of file it does not know is an error.
func NewBundle(fsys fs.FS, prefix string) (*Bundle, error) {
	if !strings.HasPrefix(prefix, "/") || !strings.HasSuffix(prefix, "/") {
		return nil, fmt.Errorf("assets: prefix %q does not begin and end with a slash", prefix)
	}
	b := &Bundle{prefix: prefix, files: map[string]*file{}}
	all := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || encodingOf(name) != identity:
			return nil
		}
		f, err := readFile(fsys, name)
		if err != nil {
			return fmt.Errorf("assets: %w", err)
		}
		b.files[name] = f
		// Files come in the order of their names; lengths keep them apart.
		all.Write(binary.AppendUvarint(nil, uint64(len(name))))
		all.Write([]byte(name + f.hash))
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.version = shortHash(all.Sum(nil))
	return b, nil
}

func readFile(fsys fs.FS, name string) (*file, error) {
	ext := path.Ext(name)
	contentType, ok := contentTypes[ext]
	if !ok {
		return nil, fmt.Errorf("%s: unknown type of file", name)
	}
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	f := &file{contentType: contentType, hash: shortHash(sum[:]), content: content, encoded: map[encoding][]byte{}}
	for enc, suffix := range suffixes {
		data, err := fs.ReadFile(fsys, name+suffix)
		if err == nil {
			f.encoded[enc] = data
		}
	}
	if len(f.encoded) == 0 && compressible[ext] {
		if packed := gzipped(content, smallest); len(packed) < len(content) {
			f.encoded[gzipEncoding] = packed
		}
	}
	return f, nil
}

// shortHash has 32 bits: enough to tell the versions of one program apart.
func shortHash(sum []byte) string { return hex.EncodeToString(sum[:4]) }

// Path returns the address under which a browser may keep the file for ever, such as
// "/assets/1a2b3c4d/ol.js", to be used as a template function. For an unknown name
// it returns an error that wraps fs.ErrNotExist.
func (b *Bundle) Path(name string) (string, error) {
	if _, ok := b.files[name]; !ok {
		return "", &fs.PathError{Op: "assets", Path: name, Err: fs.ErrNotExist}
	}
	return b.prefix + b.version + "/" + name, nil
}

// Read returns the bytes of a file, which must not be changed. For an unknown name
// it returns an error that wraps fs.ErrNotExist.
func (b *Bundle) Read(name string) ([]byte, error) {
	f, ok := b.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "assets", Path: name, Err: fs.ErrNotExist}
	}
	return f.content, nil
}

// Handler serves the files below the prefix.
func (b *Bundle) Handler() http.Handler { return b }

// ServeHTTP answers GET and HEAD with the form of the file that the client takes
// and that is smallest. An address of another version is 404: giving it the content
// of this one would keep the wrong content in the browser for ever.
func (b *Bundle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	f, caching := b.find(r.URL.Path)
	if f == nil {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	content, enc := f.content, identity
	if len(f.encoded) > 0 {
		header.Set("Vary", "Accept-Encoding")
		if enc = choose(r.Header.Get("Accept-Encoding"), f.has); enc != identity {
			content = f.encoded[enc]
		}
	}
	etag := `"` + f.hash + `"`
	if enc != identity {
		etag = `"` + f.hash + "-" + string(enc) + `"`
	}
	header.Set("Cache-Control", caching)
	header.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if enc != identity {
		header.Set("Content-Encoding", string(enc))
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(content) // the browser has gone if this fails
	}
}

// find returns the file of an address and how long it may be kept.
func (b *Bundle) find(address string) (f *file, caching string) {
	name, ok := strings.CutPrefix(address, b.prefix)
	if !ok {
		return nil, ""
	}
	if rest, ok := strings.CutPrefix(name, b.version+"/"); ok {
		return b.files[rest], "public, max-age=31536000, immutable"
	}
	return b.files[name], "no-cache"
}

func (f *file) has(e encoding) bool {
	_, ok := f.encoded[e]
	return ok
}

// matches compares If-None-Match with an entity tag, weakly (RFC 9110 §13.1.2).
func matches(ifNoneMatch, etag string) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}
