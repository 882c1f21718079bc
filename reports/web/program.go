package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"gridstar/analytics/access"
	"gridstar/reports/api"
)

// program serves a route of the programs' interface.
func program(h func(*api.API, http.ResponseWriter, *http.Request, *access.Caller)) func(*Server) http.Handler {
	return func(s *Server) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(s.api, w, r, s.caller(r)) })
	}
}

// forPrograms says whether a request is for the programs' interface, whose errors are JSON.
func forPrograms(r *http.Request) bool {
	return slices.ContainsFunc([]string{"/api", "/ogc", "/tiles"}, func(p string) bool {
		return r.URL.Path == p || strings.HasPrefix(r.URL.Path, p+"/")
	})
}

// turnProgramAway answers a request of a program that may not reach its handler.
func (s *Server) turnProgramAway(w http.ResponseWriter, r *http.Request, err error) {
	s.refused(r, err)
	switch {
	case errors.Is(err, errNobody):
		w.Header().Set("WWW-Authenticate", `Bearer realm="gridstar"`)
		api.Refuse(w, http.StatusUnauthorized, "请凭有效的令牌访问（Authorization: Bearer …）；令牌由管理员发放，可能已撤销或过期。")
	case passOf(r.Context()).route.pattern == "": // an address that there is not
		api.Refuse(w, http.StatusNotFound, "没有这个地址，请核对接口说明。")
	default:
		api.Refuse(w, statusOf(err), sentence(err))
	}
}
