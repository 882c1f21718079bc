package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/intake"
	"gridstar/reports/api"
	"gridstar/reports/assets"
)

//go:embed static
var staticFiles embed.FS

// Options are what the pages are made of. All but Proxies, Entered and Log must be given.
type Options struct {
	Warehouse *warehouse.Warehouse
	Catalog   *catalog.Catalog
	Engine    *analytics.Engine
	Units     *units.Cache
	Now       func() time.Time // a naive time of the site's zone
	Version   string           // of the program, shown at the foot of each page
	Access    *access.Store    // who may come in
	Audit     *access.Log
	Desk      *intake.Desk // takes files in
	Proxies   Proxies      // that speak for their clients
	Entered   func()       // called after a link was used that signs in without a password: each opens once
	Log       *slog.Logger // nil: slog.Default
}

// Server answers the requests of browsers. It is safe for concurrent use.
type Server struct {
	Options
	own   *assets.Bundle
	api   *api.API
	build string // of templates, styles and scripts, and of the data directory: what another program, or this one
	// on other data, has made is not taken for ours
	templates map[string]*template.Template
	handler   http.Handler
	replaying chan struct{} // drafts of borders that are being worked out
}

// New makes the server. It fails where the front-end files were not built (make assets) or a template is wrong.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := assets.Check(); err != nil {
		return nil, err
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	if o.Access == nil || o.Audit == nil {
		return nil, errors.New("pages without accounts or audit log")
	}
	if o.Desk == nil {
		return nil, errors.New("pages without a desk for files")
	}
	s := &Server{Options: o, replaying: make(chan struct{}, 1), api: &api.API{
		Desk: o.Desk, Audit: o.Audit, Log: o.Log, Engine: o.Engine, Catalog: o.Catalog, Units: o.Units, Now: o.Now, Origin: o.Proxies.origin,
	}}
	if s.build, err = fingerprint(templateFiles, staticFiles); err != nil {
		return nil, err
	}
	s.build += o.Warehouse.Hasher().Key("pages")
	if s.own, err = assets.NewBundle(static, "/static/"); err != nil {
		return nil, err
	}
	if s.templates, err = parseTemplates(s.funcs()); err != nil {
		return nil, err
	}
	mux, err := s.mux(routes)
	if err != nil {
		return nil, err
	}
	s.handler = s.wrap(mux)
	return s, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// fingerprint is a hash over the files of some trees.
func fingerprint(trees ...fs.FS) (string, error) {
	h := sha256.New()
	for _, tree := range trees {
		err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(tree, name)
			fmt.Fprintf(h, "%s %d\n", name, len(b))
			h.Write(b)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}
