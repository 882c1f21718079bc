package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gridstar/analytics/access"
)

// personPage is person.tmpl: an account, and all that can be changed of it.
type personPage struct {
	Frame
	Said        said
	Path        string // of the page, before the names of its forms
	Account     string // sign-in name
	Display     string
	Typed       string // in the field for another display name
	State       accountState
	Disabled    bool
	HasPassword bool
	Created     string
	PasswordAt  string
	PasswordBy  string // who gave the link that it was set by
	SignedIn    string
	Own         bool // the account of whoever looks
	Viewable    bool // he may look with its eyes

	Grants   []grantLine
	Form     grantForm
	Giving   bool // the form for a grant is open
	Sessions []sessionLine
	Tokens   []tokenLine
	Issue    tokenForm
	Link     *shownLink
	Secret   string // of a token, shown this once
}

// tokenLine is an API token in words.
type tokenLine struct {
	ID, Label string
	Grant     grantLine
	Used      string
}

// tokenForm is what stands in the form for a token.
type tokenForm struct {
	Grants []tokenGrant // that a token can rest on; none: the account cannot have one
	Label  string
	Only   string
	End    string
	Open   bool
}

type tokenGrant struct {
	ID, Text string
	Current  bool
}

// shownLink is a one-time link as it is shown.
type shownLink struct {
	URL   string
	Until string
	Local bool // it begins with a name that only this machine itself has
}

// shownLink is the address of a one-time link: at the name by which the administrator has come here.
func (s *Server) shownLink(r *http.Request, l access.Link) *shownLink {
	u := url.URL{Scheme: "http", Host: r.Host, Path: "/enter", RawQuery: url.Values{"key": {l.Key}}.Encode()}
	if s.Proxies.encrypted(r) {
		u.Scheme = "https"
	}
	return &shownLink{u.String(), l.Until.Format(minuteForm), loopbackHost(r.Host)}
}

// personOf is the account that an address names.
func (s *Server) personOf(r *http.Request) (access.Account, error) {
	a, ok := s.Access.Account(r.PathValue("name"))
	if !ok {
		return a, errNotFound
	}
	return a, nil
}

// person shows an account.
func (s *Server) person(w http.ResponseWriter, r *http.Request) error {
	a, err := s.personOf(r)
	if err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, "person", s.personPage(r, a, nil))
	return nil
}

// tokenable says whether a token can rest on a grant.
func tokenable(g access.Grant) bool {
	return g.Role != access.Administrator && g.Role != access.Auditor
}

// personPage fills the page; typed is what stands in its forms.
func (s *Server) personPage(r *http.Request, a access.Account, typed map[string]string) *personPage {
	c, now := s.caller(r), s.Now()
	p := &personPage{
		Frame: s.frame(r, a.Display, "admin"), Said: saidOf(r), Path: personPath(a.Name),
		Account: a.Name, Display: a.Display, Typed: a.Display, State: stateOf(a), Disabled: a.Disabled, HasPassword: a.HasPassword,
		Created: moment(a.Created, ""), PasswordAt: moment(a.PasswordAt, ""), PasswordBy: a.PasswordBy, SignedIn: moment(a.SignedInAt, "从未"), Own: a.Name == c.Account,
		Sessions: s.sessionLines(a.Name, c.Session, personPath(a.Name)), Issue: tokenForm{Label: typed["label"], Only: typed["only"], End: typed["end"]}, Form: s.grantForm(r, typed),
	}
	p.Crumbs = []Crumb{{"账号与权限", "/admin"}, {a.Display, ""}}
	if display, ok := typed["display"]; ok {
		p.Typed = display
	}
	_, p.Giving = typed["role"]
	_, p.Issue.Open = typed["label"]
	dir := s.register(r.Context())
	p.Viewable = !p.Own && !a.Disabled
	for _, g := range a.Grants {
		line := s.grantWords(g, dir)
		p.Grants = append(p.Grants, line)
		p.Viewable = p.Viewable && tokenable(g)
		if tokenable(g) && g.Live(now) && !a.Disabled {
			text := line.Role + "（" + line.Unit + "）" // a token holds neither stars nor protected fields
			p.Issue.Grants = append(p.Issue.Grants, tokenGrant{g.ID, text, typed["grant"] == g.ID})
		}
	}
	for _, t := range a.Tokens {
		p.Tokens = append(p.Tokens, tokenLine{t.ID, t.Label, s.grantWords(t.Grant, dir), moment(t.UsedAt, "从未")})
	}
	return p
}

// onPerson makes the handler of a form that changes an account. Once that is done its page says so; a mistake is said on the
// page, which keeps what was typed.
func onPerson(word string, do func(*Server, *http.Request, access.Account, map[string]string) error, fields ...string) func(*Server) http.Handler {
	return page(func(s *Server, w http.ResponseWriter, r *http.Request) error {
		return s.changePerson(w, r, fields, func(a access.Account, f map[string]string) error {
			if err := do(s, r, a, f); err != nil {
				return err
			}
			return s.done(w, r, personPath(a.Name), word)
		})
	})
}

// changePerson reads a form about an account and does what it says, with the answer. A mistake is answered here.
func (s *Server) changePerson(w http.ResponseWriter, r *http.Request, fields []string, do func(access.Account, map[string]string) error) error {
	a, err := s.personOf(r)
	if err != nil {
		return err
	}
	f, err := readForm(r, fields...)
	if err != nil {
		return err
	}
	mistake := do(a, f)
	if !spoken(mistake) {
		return mistake
	}
	if a, err = s.personOf(r); err != nil { // as it is now
		return err
	}
	p := s.personPage(r, a, f)
	p.Said = said{Error: sentence(mistake)}
	s.render(w, r, http.StatusUnprocessableEntity, "person", p)
	return nil
}

func renamePerson(s *Server, r *http.Request, a access.Account, f map[string]string) error {
	return s.Access.Rename(s.caller(r).Actor(), a.Name, strings.TrimSpace(f["display"]))
}

func disablePerson(s *Server, r *http.Request, a access.Account, _ map[string]string) error {
	return s.Access.Disable(s.caller(r).Actor(), a.Name)
}

func enablePerson(s *Server, r *http.Request, a access.Account, _ map[string]string) error {
	return s.Access.Enable(s.caller(r).Actor(), a.Name)
}

func takeGrant(s *Server, r *http.Request, a access.Account, _ map[string]string) error {
	return s.Access.Take(s.caller(r).Actor(), a.Name, r.PathValue("id"))
}

func endPersonSession(s *Server, r *http.Request, a access.Account, _ map[string]string) error {
	return s.Access.EndSession(s.caller(r).Actor(), a.Name, r.PathValue("id"))
}

func endPersonSessions(s *Server, r *http.Request, a access.Account, _ map[string]string) error {
	return s.Access.SignOutAll(s.caller(r).Actor(), a.Name)
}

func revokeToken(s *Server, r *http.Request, a access.Account, _ map[string]string) error {
	return s.Access.RevokeToken(s.caller(r).Actor(), a.Name, r.PathValue("id"))
}

// giveGrant gives an account a further role.
func (s *Server) giveGrant(w http.ResponseWriter, r *http.Request) error {
	return s.changePerson(w, r, s.grantFields(), func(a access.Account, f map[string]string) error {
		g, err := s.readGrant(r, f)
		if err == nil {
			err = s.Access.Give(s.caller(r).Actor(), a.Name, g)
		}
		if err != nil {
			return err
		}
		return s.done(w, r, personPath(a.Name), "granted")
	})
}

// givePersonLink makes a link for the password and shows it this once.
func (s *Server) givePersonLink(w http.ResponseWriter, r *http.Request) error {
	return s.changePerson(w, r, nil, func(a access.Account, _ map[string]string) error {
		link, err := s.Access.Invite(s.caller(r).Actor(), a.Name)
		if err != nil {
			return err
		}
		return s.showOnce(w, r, func(p *personPage) { p.Link = s.shownLink(r, link) })
	})
}

// issueToken makes an API token, which rests on one of the account's grants, and shows its secret this once.
func (s *Server) issueToken(w http.ResponseWriter, r *http.Request) error {
	return s.changePerson(w, r, []string{"grant", "label", "only", "end"}, func(a access.Account, f map[string]string) error {
		i := slices.IndexFunc(a.Grants, func(g access.Grant) bool { return g.ID == f["grant"] && tokenable(g) })
		if i < 0 {
			return refuse("请选择令牌所依据的权限")
		}
		n := access.NewToken{Label: f["label"], Role: a.Grants[i].Role, Org: a.Grants[i].Org}
		var err error
		if f["only"] != "" {
			if n.Org, err = s.unitNamed(r, f["only"], false); err != nil {
				return err
			}
		}
		if n.Until, err = untilDay(f["end"]); err != nil {
			return err
		}
		secret, err := s.Access.IssueToken(s.caller(r).Actor(), a.Name, n)
		if err != nil {
			return err
		}
		return s.showOnce(w, r, func(p *personPage) { p.Secret = secret })
	})
}

// showOnce shows an account with what is not shown again. The page is kept nowhere (wrap).
func (s *Server) showOnce(w http.ResponseWriter, r *http.Request, more func(*personPage)) error {
	a, err := s.personOf(r)
	if err != nil {
		return err
	}
	p := s.personPage(r, a, nil)
	more(p)
	s.render(w, r, http.StatusOK, "person", p)
	return nil
}

// viewAs lets the administrator look with the account's eyes (以其身份查看).
func (s *Server) viewAs(w http.ResponseWriter, r *http.Request) error {
	return s.changePerson(w, r, nil, func(a access.Account, _ map[string]string) error {
		in, err := s.Access.ViewAs(s.caller(r), a.Name)
		if err != nil {
			return err
		}
		s.letIn(w, r, in)
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	})
}
