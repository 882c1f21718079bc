package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gridstar/analytics/access"
)

// adminPage is admin.tmpl: all accounts, and the form for a further one.
type adminPage struct {
	Frame
	Said    said
	Query   string
	Rows    []accountRow
	Shown   int64 // rows
	Total   int64 // accounts there are, whatever the filter
	Head    []sortHead
	Name    string // in the form for a further account
	Display string
	Form    grantForm
}

// accountRow is an account in the table.
type accountRow struct {
	Name, Display string
	URL           string
	Grants        []grantLine // those that hold now
	State         accountState
	SignedIn      string
}

// accountState is whether somebody can sign in, in a word.
type accountState struct {
	Word string
	Lamp string // good, warn or off
}

func stateOf(a access.Account) accountState {
	switch {
	case a.Disabled:
		return accountState{"停用", "off"}
	case a.HasPassword:
		return accountState{"正常", "good"}
	case a.Invited:
		return accountState{"未设口令，链接有效", "warn"}
	}
	return accountState{"未设口令", "warn"}
}

// personPath is where an account is shown.
func personPath(name string) string { return "/admin/accounts/" + url.PathEscape(name) }

// accounts lists all accounts.
func (s *Server) accounts(w http.ResponseWriter, r *http.Request) error {
	s.render(w, r, http.StatusOK, "admin", s.adminPage(r, nil))
	return nil
}

// adminPage fills the page; typed is what stands in the form for a further account.
func (s *Server) adminPage(r *http.Request, typed map[string]string) *adminPage {
	v := r.URL.Query()
	p := &adminPage{
		Frame: s.frame(r, "账号与权限", "admin"), Said: saidOf(r), Query: clip(strings.Join(strings.Fields(v.Get("q")), " "), 40),
		Name: typed["name"], Display: typed["display"], Form: s.grantForm(r, typed),
	}
	all := s.Access.Accounts()
	p.Total = int64(len(all))
	sort, desc := v.Get("sort"), v.Get("desc") == "1"
	if sort == "seen" {
		slices.SortStableFunc(all, func(a, b access.Account) int { return a.SignedInAt.Compare(b.SignedInAt) })
	} else {
		sort = "name" // the store's own order
	}
	if desc {
		slices.Reverse(all)
	}
	dir := s.register(r.Context())
	for _, a := range all {
		row := accountRow{Name: a.Name, Display: a.Display, URL: personPath(a.Name), State: stateOf(a), SignedIn: moment(a.SignedInAt, "从未")}
		for _, g := range a.Grants {
			if g.Live(s.Now()) {
				row.Grants = append(row.Grants, s.grantWords(g, dir))
			}
		}
		if row.holds(p.Query) {
			p.Rows = append(p.Rows, row)
		}
	}
	p.Shown = int64(len(p.Rows))
	keep := url.Values{}
	if p.Query != "" {
		keep.Set("q", p.Query)
	}
	for _, h := range []struct{ id, label string }{{"name", "用户名"}, {"", "显示名"}, {"", "权限"}, {"", "状态"}, {"seen", "最近登录"}} {
		head := sortHead{Label: h.label}
		if h.id != "" {
			turn := "" // to the other direction
			if h.id == sort {
				head.Sort = "ascending"
				if desc {
					head.Sort = "descending"
				} else {
					turn = "1"
				}
			}
			head.URL = address("/admin", keep, "sort", h.id, "desc", turn)
		}
		p.Head = append(p.Head, head)
	}
	return p
}

// holds says whether a row has a text in one of its cells, whatever the case.
func (row accountRow) holds(text string) bool {
	cells := []string{row.Name, row.Display, row.State.Word}
	for _, g := range row.Grants {
		cells = append(cells, g.String())
	}
	return slices.ContainsFunc(cells, func(c string) bool { return strings.Contains(strings.ToLower(c), strings.ToLower(text)) })
}

// addAccount makes an account with its first grant. The answer is its page, with the link for its password: it is shown
// this once.
func (s *Server) addAccount(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r, s.grantFields("name", "display")...)
	if err != nil {
		return err
	}
	f["name"], f["display"] = strings.TrimSpace(f["name"]), strings.TrimSpace(f["display"])
	by := s.caller(r).Actor()
	g, err := s.readGrant(r, f)
	if err == nil {
		err = s.Access.Add(by, access.NewAccount{Name: f["name"], Display: f["display"], Grants: []access.Grant{g}})
	}
	if spoken(err) {
		p := s.adminPage(r, f)
		p.Said = said{Error: sentence(err)}
		s.render(w, r, http.StatusUnprocessableEntity, "admin", p)
		return nil
	}
	if err != nil {
		return err
	}
	a, ok := s.Access.Account(f["name"])
	if !ok {
		return errNotFound // somebody was quicker
	}
	p := s.personPage(r, a, nil)
	p.Said.Done = "账号已开通。"
	if link, err := s.Access.Invite(by, a.Name); err != nil {
		s.Log.Error("a new account got no link", "err", err)
		p.Said = said{Error: "账号已开通，但没有得到链接，请点“发一次性链接”。"}
	} else {
		p.Link = s.shownLink(r, link)
	}
	s.render(w, r, http.StatusOK, "person", p)
	return nil
}
