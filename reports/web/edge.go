package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/intake"
	"gridstar/reports/api"
)

// What a handler may return besides errors of the packages below.
var (
	errNotFound = errors.New("没有这个页面，请从总览进入")
	errLarge    = errors.New("提交的内容过大，没有处理")
	errForeign  = errors.New("请求来自别的网站，没有处理；请回到格星的页面上操作")
)

// badRequest is a parameter that cannot be read, in words for the reader.
type badRequest struct{ text string }

func (e badRequest) Error() string { return e.text }

func refuse(format string, args ...any) error { return badRequest{fmt.Sprintf(format, args...)} }

// policy lets a page load from this server only, and run no script that stands in the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// wrap is what holds for every request: headers, that other sites change nothing, and that a mistake of ours ends one
// request only.
func (s *Server) wrap(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(s.foreign))
	safe := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.Proxies.encrypted(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				s.Log.Error("request panicked", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				s.fail(w, r, errors.New("panic"))
			}
		}()
		if s.Proxies.direct(r) {
			http.Error(w, "请通过单位公布的地址访问，这个端口不直接提供服务。", http.StatusForbidden)
			return
		}
		start := time.Now()
		safe.ServeHTTP(w, r)
		s.Log.Debug("request", "method", r.Method, "pattern", r.Pattern, "ms", time.Since(start).Milliseconds())
	})
}

// foreign answers a request that another site made a browser send.
func (s *Server) foreign(w http.ResponseWriter, r *http.Request) {
	by := s.identify(r).Actor() // whose browser it was
	by.Address = s.Proxies.client(r).String()
	if err := s.Audit.Write(by, access.Refused, "跨站请求", access.Denied); err != nil {
		s.Log.Error("a refusal could not be written down", "err", err)
	}
	s.fail(w, r, errForeign)
}

// mistakes are those of the packages below that whoever filled in a form can mend.
var mistakes = slices.Concat(access.Mistakes, intake.Mistakes, []error{intake.ErrUnknown, units.ErrAlias, units.ErrAliasChanged, warehouse.ErrBusy, warehouse.ErrDiskFull})

// spoken says whether an error is a sentence for whoever filled in a form.
func spoken(err error) bool {
	var bad badRequest
	if errors.As(err, &bad) {
		return true
	}
	return slices.ContainsFunc(mistakes, func(kind error) bool { return errors.Is(err, kind) })
}

// readable says whether an address is text. Other bytes stand in none of ours, and the database takes none.
func readable(r *http.Request) bool {
	for key, values := range r.URL.Query() {
		if !utf8.ValidString(key) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			return false
		}
	}
	return utf8.ValidString(r.URL.Path)
}

// statusOf is the status that an error is answered with; 500 for one that says nothing to a reader.
func statusOf(err error) int {
	is := func(kinds ...error) bool {
		return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
	}
	var query *analytics.Error
	switch {
	case is(errNotFound, analytics.ErrUnknownUnit, intake.ErrUnknown, intake.ErrUnit):
		return http.StatusNotFound
	case is(errRight, errProgram, errForeign, errMustChange, analytics.ErrWithheld, analytics.ErrScope):
		return http.StatusForbidden
	case is(errLarge, intake.ErrLarge):
		return http.StatusRequestEntityTooLarge
	case is(intake.ErrState, units.ErrAliasChanged):
		return http.StatusConflict
	case is(analytics.ErrBusy, access.ErrBusy, access.ErrLog, context.DeadlineExceeded, warehouse.ErrBusy, warehouse.ErrDiskFull, warehouse.ErrReopened):
		return http.StatusServiceUnavailable
	case errors.As(err, &query), spoken(err):
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// fail is the one place where an error becomes an answer, and is logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody is there any more
	}
	s.refused(r, err)
	status, text := statusOf(err), sentence(err)
	switch {
	case errors.Is(err, access.ErrLog):
		s.Log.Error("the audit log could not be written", "pattern", r.Pattern, "err", err)
		text = "审计日志暂时无法写入，为安全起见没有改动，请检查磁盘。"
	case errors.Is(err, warehouse.ErrDiskFull):
		text = sentence(warehouse.ErrDiskFull) // without what the system says about it
	case errors.Is(err, context.DeadlineExceeded):
		text = "这一查询用时过长，请缩短期间或选择下级单位。"
	case status == http.StatusInternalServerError:
		s.Log.Error("request failed", "pattern", r.Pattern, "err", err)
		text = "页面暂时无法打开，请稍后再试；若仍不行，请把时间和网址告诉管理员。"
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	if forPrograms(r) {
		api.Refuse(w, status, text)
		return
	}
	if c := s.caller(r); strings.HasPrefix(r.URL.Path, "/chart/") || strings.HasPrefix(r.URL.Path, "/outline/") || c != nil && c.Token != "" {
		http.Error(w, text, status)
		return
	}
	d := errorPage{Frame: Frame{Title: "出错了", Tab: strangers}, Status: status, Text: text} // a stranger learns nothing else
	if s.caller(r) != nil {
		d.Frame = s.frame(r, "出错了", "")
	}
	s.render(w, r, status, "error", d)
}

func sentence(err error) string {
	text := err.Error()
	if strings.HasSuffix(text, "。") || strings.HasSuffix(text, "？") {
		return text
	}
	return text + "。"
}

// errorPage is error.tmpl.
type errorPage struct {
	Frame
	Status int
	Text   string
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("ok\n"))
	return err
}

// etag answers 304 where the browser has the page already. It says whether it did.
func etag(w http.ResponseWriter, r *http.Request, tag string) bool {
	tag = strconv.Quote(tag)
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-cache")
	if r.Header.Get("If-None-Match") != tag {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}
