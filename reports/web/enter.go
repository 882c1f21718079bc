package web

import (
	"errors"
	"net/http"

	"gridstar/analytics/access"
)

// enterPage is enter.tmpl: what a one-time link opens. Opening it changes nothing; its button does.
type enterPage struct {
	Frame
	Key     string
	Purpose access.Purpose
	Name    string // of the account; on set-up as it was typed
	Display string
	Error   string
	Least   int // characters of a password
}

// linkGone is said of every link that does not open, whatever the reason.
const linkGone = "这个链接已经用过、已过期或不完整，请向管理员要一个新的"

// enterForm shows what a link is for.
func (s *Server) enterForm(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer") // the key stands in the address until the page takes it out
	key := r.URL.Query().Get("key")
	link, ok := s.Access.Look(key)
	if !ok || !s.near(r, link) {
		if s.identify(r) != nil {
			http.Redirect(w, r, "/", http.StatusSeeOther) // a link opened twice
			return nil
		}
		s.showEnter(w, r, http.StatusForbidden, enterPage{Error: sentence(errors.New(linkGone))})
		return nil
	}
	s.showEnter(w, r, http.StatusOK, enterPage{Key: key, Purpose: link.Purpose, Name: link.Account})
	return nil
}

// near says whether a link may be used from where the request comes: what signs in without a password only from this
// machine itself, by one of its own names.
func (s *Server) near(r *http.Request, link access.Link) bool {
	return link.Purpose != access.ForEntrance || peer(r).IsLoopback() && s.Proxies.client(r).IsLoopback() && loopbackHost(r.Host)
}

func (s *Server) showEnter(w http.ResponseWriter, r *http.Request, status int, p enterPage) {
	p.Frame, p.Least = Frame{Title: "进入格星", Tab: strangers}, s.Catalog.Access.MinLength()
	s.render(w, r, status, "enter", p)
}

// enter uses a link up: it sets the password that the link is for and signs in.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	f, err := readForm(r, "key", "name", "display", "password", "again")
	if err != nil {
		return err
	}
	key := f["key"]
	link, ok := s.Access.Look(key)
	if !ok || !s.near(r, link) {
		s.showEnter(w, r, http.StatusForbidden, enterPage{Error: sentence(errors.New(linkGone))})
		return nil
	}
	p := enterPage{Key: key, Purpose: link.Purpose, Name: link.Account, Display: f["display"]}
	if link.Purpose == access.ForSetup {
		p.Name = f["name"]
	}
	var in access.SignedIn
	switch {
	case link.Purpose == access.ForEntrance:
		in, err = s.Access.Enter(r.Context(), key, s.visit(r))
	case f["password"] != f["again"]:
		err = errAgain
	case link.Purpose == access.ForSetup:
		in, err = s.Access.SetUp(r.Context(), key, access.NewAccount{Name: f["name"], Display: f["display"]}, f["password"], s.visit(r))
	default:
		in, err = s.Access.Accept(r.Context(), key, f["password"], s.visit(r))
	}
	switch {
	case errors.Is(err, access.ErrLink):
		s.showEnter(w, r, http.StatusForbidden, enterPage{Error: sentence(errors.New(linkGone))})
		return nil
	case spoken(err):
		p.Error = sentence(err)
		s.showEnter(w, r, http.StatusUnprocessableEntity, p)
		return nil
	case err != nil:
		return err
	}
	s.letIn(w, r, in)
	to := "/"
	if link.Purpose == access.ForSetup {
		to = "/start"
	}
	if link.Purpose == access.ForEntrance && s.Entered != nil {
		s.Entered()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// errAgain: the password was not typed twice alike.
var errAgain = refuse("两次输入的口令不一致，请重新输入")
