package assets

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"sync"
)

// Prefix is where Handler expects to be mounted.
const Prefix = "/assets/"

// Names of the files that build.mjs leaves in dist/.
const (
	ECharts       = "echarts.min.js"         // ECharts 5.6.0 as published: a classic script that defines echarts
	OpenLayers    = "ol.js"                  // an ES module that exports what ol.mjs lists
	OpenLayersCSS = "ol.css"                 // the looks of its controls
	FontRegular   = "NotoSansSC-Regular.ttf" // TrueType, for documents
	FontBold      = "NotoSansSC-Bold.ttf"    // TrueType, for documents
	Licenses      = "licenses.txt"           // the licence texts of all of these
)

// ErrNotBuilt means that the program was built without "make assets".
var ErrNotBuilt = errors.New("程序中没有页面和文件所需的脚本与字体，请先运行 make build 重新构建程序。")

// all: takes .keep too, without which an empty folder could not be embedded.
//
//go:embed all:dist
var dist embed.FS

// npm is made when first asked for: most verbs of the command line serve nothing.
var npm = sync.OnceValues(func() (*Bundle, error) { return open(dist) })

// open makes the Bundle of the folder dist of a tree.
func open(tree fs.FS) (*Bundle, error) {
	if _, err := fs.Stat(tree, "dist/"+Licenses); err != nil { // build.mjs writes it when the rest is there
		return nil, ErrNotBuilt
	}
	files, err := fs.Sub(tree, "dist")
	if err != nil {
		return nil, err
	}
	return NewBundle(files, Prefix)
}

// Check returns ErrNotBuilt if the files are not in the program: for callers that
// would rather not start than serve pages without pictures.
func Check() error {
	_, err := npm()
	return err
}

// Built reports whether the files of dist/ are in the program.
func Built() bool { return Check() == nil }

// Path returns the address of an embedded file, such as "/assets/1a2b3c4d/ol.js" for
// OpenLayers, to be used as a template function. ErrNotBuilt if there is none;
// an error that wraps fs.ErrNotExist for a name that is not in dist/.
func Path(name string) (string, error) {
	b, err := npm()
	if err != nil {
		return "", err
	}
	return b.Path(name)
}

// Read returns the bytes of an embedded file, which must not be changed. Errors are
// those of Path.
func Read(name string) ([]byte, error) {
	b, err := npm()
	if err != nil {
		return nil, err
	}
	return b.Read(name)
}

// Handler serves the embedded files below Prefix. Without them it answers 503 with
// the sentence of ErrNotBuilt.
func Handler() http.Handler { return handler(npm()) }

func handler(b *Bundle, err error) http.Handler {
	if err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		})
	}
	return b
}
