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

// spoken says whether an error is a sentence for whoever filled in a form.
func spoken(err error) bool {
	var bad badRequest
	if errors.As(err, &bad) {
		return true
	}
	for _, kind := range access.Mistakes {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
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

// fail is the one place where an error becomes an answer, and is logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody is there any more
	}
	s.refused(r, err)
	status, text := http.StatusInternalServerError, "页面暂时无法打开，请稍后再试；若仍不行，请把时间和网址告诉管理员。"
	var query *analytics.Error
	switch {
	case errors.Is(err, errNotFound):
		status, text = http.StatusNotFound, sentence(err)
	case errors.Is(err, analytics.ErrBusy), errors.Is(err, access.ErrBusy):
		w.Header().Set("Retry-After", "5")
		status, text = http.StatusServiceUnavailable, sentence(err)
	case errors.Is(err, errRight), errors.Is(err, analytics.ErrWithheld), errors.Is(err, errForeign), errors.Is(err, analytics.ErrScope):
		status, text = http.StatusForbidden, sentence(err)
	case errors.Is(err, access.ErrLog):
		s.Log.Error("the audit log could not be written", "pattern", r.Pattern, "err", err)
		status, text = http.StatusServiceUnavailable, "审计日志暂时无法写入，为安全起见没有改动，请检查磁盘。"
	case errors.Is(err, errMustChange):
		status, text = http.StatusForbidden, sentence(err)
	case errors.Is(err, errLarge):
		status, text = http.StatusRequestEntityTooLarge, sentence(err)
	case errors.Is(err, analytics.ErrUnknownUnit):
		status, text = http.StatusNotFound, sentence(err)
	case errors.As(err, &query), spoken(err):
		status, text = http.StatusBadRequest, sentence(err)
	case errors.Is(err, context.DeadlineExceeded):
		status, text = http.StatusServiceUnavailable, "这一查询用时过长，请缩短期间或选择下级单位。"
	default:
		s.Log.Error("request failed", "pattern", r.Pattern, "err", err)
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
