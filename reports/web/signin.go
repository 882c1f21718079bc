package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gridstar/analytics/access"
)

// signInPage is signin.tmpl.
type signInPage struct {
	Frame
	Next  string // where to go afterwards
	Name  string // as it was typed
	Error string
}

// signInForm asks for name and password.
func (s *Server) signInForm(w http.ResponseWriter, r *http.Request) error {
	next := local(r.URL.Query().Get("next"))
	if s.Access.Ready() && s.identify(r) != nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	s.showSignIn(w, r, http.StatusOK, signInPage{Next: next})
	return nil
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, p signInPage) {
	p.Frame = Frame{Title: "登录", Tab: strangers}
	if !s.Access.Ready() {
		p.Error = "还没有管理员账号。请打开启动格星时窗口中显示的一次性链接，设立管理员。"
	}
	s.render(w, r, status, "signin", p)
}

// signIn lets somebody in.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r, "name", "password", "next")
	if err != nil {
		return err
	}
	in, err := s.Access.SignIn(r.Context(), f["name"], f["password"], s.visit(r))
	next := local(f["next"])
	switch {
	case errors.Is(err, access.ErrBusy):
		w.Header().Set("Retry-After", "2")
		s.showSignIn(w, r, http.StatusServiceUnavailable, signInPage{Next: next, Name: f["name"], Error: sentence(err)})
		return nil
	case errors.Is(err, access.ErrSignIn):
		s.showSignIn(w, r, http.StatusForbidden, signInPage{Next: next, Name: f["name"], Error: sentence(err)})
		return nil
	case err != nil:
		return err
	}
	s.letIn(w, r, in)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// deviceAge is how long a browser is remembered after somebody signed in with it.
const deviceAge = 180 * 24 * time.Hour

// letIn gives the browser its session.
func (s *Server) letIn(w http.ResponseWriter, r *http.Request, in access.SignedIn) {
	if old, ok := s.Access.Caller(s.cookie(r, sessionCookie), ""); ok { // whoever was signed in here before is no more
		if err := s.Access.SignOut(old); err != nil {
			s.Log.Error("a session could not be ended", "err", err)
		}
	}
	s.setCookie(w, r, sessionCookie, in.Token, 0)
	if in.Device != "" {
		s.setCookie(w, r, deviceCookie, in.Device, int(deviceAge/time.Second))
	}
}

// signOut ends the session, and what the browser kept of the pages.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if _, err := readForm(r); err != nil {
		return err
	}
	if err := s.Access.SignOut(s.caller(r)); err != nil {
		return err
	}
	return s.leave(w, r)
}

// leave takes away what the browser has of a session that has ended.
func (s *Server) leave(w http.ResponseWriter, r *http.Request) error {
	s.setCookie(w, r, sessionCookie, "", -1)
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
	return nil
}

// stopViewing ends 以其身份查看.
func (s *Server) stopViewing(w http.ResponseWriter, r *http.Request) error {
	if _, err := readForm(r); err != nil {
		return err
	}
	in, err := s.Access.StopViewing(s.caller(r))
	if errors.Is(err, access.ErrSession) { // it has ended by itself
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	s.letIn(w, r, in)
	http.Redirect(w, r, "/admin", http.StatusSeeOther)
	return nil
}

// local is an address of this site: what somebody else put into a link must not lead away from it.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "/"
	}
	return address
}
