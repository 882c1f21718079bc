package web

import (
	"net/http"

	"gridstar/reports/assets"
)

// route is one address of the site. The mux is built from the table and from nothing else.
type route struct {
	pattern string
	serve   func(*Server) http.Handler
	open    bool // also for those who have not come through the door: nothing that a stranger may not know
}

// routes is the whole site.
var routes = []route{
	// pages
	{pattern: "GET /{$}", serve: kept("overview", (*Server).overview)},
	{pattern: "GET /records", serve: page((*Server).records)},
	{pattern: "GET /stars", serve: page((*Server).stars)},
	{pattern: "GET /stars/{org}", serve: page((*Server).scorecard)},
	{pattern: "GET /start", serve: page((*Server).start)},

	// what pages load
	{pattern: "GET /chart/{name}", serve: page((*Server).chart)},
	{pattern: "GET /outline/{level}", serve: page((*Server).outline)},
	{pattern: "GET /honours", serve: page((*Server).honours)},

	// files
	{pattern: "GET /assets/", serve: func(*Server) http.Handler { return assets.Handler() }, open: true},
	{pattern: "GET /static/", serve: func(s *Server) http.Handler { return s.own }, open: true},

	// the door
	{pattern: "GET /enter", serve: page((*Server).enter), open: true},
	{pattern: "GET /healthz", serve: page((*Server).health), open: true},
}

// handle answers a request or gives an error for the edge.
type handle func(*Server, http.ResponseWriter, *http.Request) error

func page(h handle) func(*Server) http.Handler {
	return func(s *Server) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !readable(r) {
				s.fail(w, r, refuse("网址中有无法识别的文字，请从总览进入"))
				return
			}
			if err := h(s, w, r); err != nil {
				s.fail(w, r, err)
			}
		})
	}
}

func (s *Server) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, rt := range routes {
		h := rt.serve(s)
		if !rt.open {
			h = s.behindDoor(h)
		}
		mux.Handle(rt.pattern, h)
	}
	mux.Handle("/", page(func(*Server, http.ResponseWriter, *http.Request) error { return errNotFound })(s))
	return mux
}
