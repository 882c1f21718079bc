package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
)

// accountPage is account.tmpl: one's own account.
type accountPage struct {
	Frame
	Said        said
	Account     string // sign-in name
	Display     string
	Grants      []grantLine
	Sessions    []sessionLine
	HasPassword bool
	PasswordAt  string
	PasswordBy  string // who gave the link that it was set by
	MustChange  bool   // the password has to be changed before anything else
	Least       int    // characters of a password
	Idle, Hours int    // minutes and hours after which a session ends
}

// said is what a page says of what was done before it: that it was, or why not.
type said struct{ Done, Error string }

// saidOf is what the address of a page tells it to say.
func saidOf(r *http.Request) said { return said{Done: doneWords[r.URL.Query().Get("done")]} }

// grantLine is a grant in words.
type grantLine struct {
	ID    string
	Role  string
	About string   // what the role may do
	Unit  string   // full name, or 全站
	Stars []string // names
	Open  []string // protected fields
	Until string   // the last day; "" for no end
	Over  bool     // it holds no more
	By    string   // who gave it, and when
}

// sessionLine is one place where somebody is signed in.
type sessionLine struct {
	ID      string
	Begun   string
	Seen    string
	Address string
	Browser string
	Current bool
	End     string // where the form goes that ends it
	As      string // the account with whose eyes an administrator looks
}

const (
	minuteForm = "2006-01-02 15:04"
	wholeSite  = "全站"
)

// moment is a time to the minute; a word for none.
func moment(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.Format(minuteForm)
}

// lastDay is the last day of what holds up to a moment; "" for what has no end.
func lastDay(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return until.Add(-time.Nanosecond).Format(time.DateOnly)
}

// register is all units, for their names only; nil where the database cannot be read: accounts and the log are to be had
// also then.
func (s *Server) register(ctx context.Context) *units.Directory {
	dir, _, err := s.groundOf(ctx, units.Everything())
	if err != nil {
		s.Log.Warn("units could not be named", "err", err)
		return nil
	}
	return dir
}

// nameIn is a unit's full name; its code where there is no register.
func nameIn(dir *units.Directory, code string) string {
	if dir == nil {
		return code
	}
	return dir.FullName(code)
}

// starName is the name of a star; its code where the rules have none of it any more.
func (s *Server) starName(code string) string {
	for _, star := range s.Catalog.Rulebook().Stars {
		if star.Code == code {
			return star.Name
		}
	}
	return code
}

// grantWords puts a grant into words.
func (s *Server) grantWords(g access.Grant, dir *units.Directory) grantLine {
	k, _ := g.Role.Kind()
	l := grantLine{ID: g.ID, Role: k.Label, About: k.About, Unit: wholeSite, Until: lastDay(g.Until), Over: !g.Live(s.Now())}
	if g.Org != "" {
		l.Unit = nameIn(dir, g.Org)
	}
	for _, star := range g.Stars {
		l.Stars = append(l.Stars, s.starName(star))
	}
	if g.Petitions {
		l.Open = append(l.Open, "信访内容")
	}
	if g.Care {
		l.Open = append(l.Open, "关爱名单")
	}
	if g.By != "" {
		l.By = g.By + "，" + g.At.Format(time.DateOnly)
	}
	return l
}

// String is the grant in one phrase: 街道领导（红旗街道、信访内容，至 2026-12-31）.
func (l grantLine) String() string {
	text := strings.Join(append(append([]string{l.Unit}, l.Stars...), l.Open...), "、")
	if l.Until != "" {
		text += "，至 " + l.Until
	}
	return l.Role + "（" + text + "）"
}

// sessionLines are the places where an account is signed in. current is the id of the session that asks, path the page's.
func (s *Server) sessionLines(account, current, path string) []sessionLine {
	var all []sessionLine
	for _, x := range s.Access.Sessions(account) {
		all = append(all, sessionLine{
			ID: x.ID, Begun: x.Begun.Format(minuteForm), Seen: x.Seen.Format(minuteForm),
			Address: x.Address, Browser: agentWords(x.Agent), Current: x.ID == current, As: x.As,
			End: path + "/sessions/" + url.PathEscape(x.ID) + "/end",
		})
	}
	return all
}

// account shows somebody what he may do, his password's age and where he is signed in. Who looks with somebody else's eyes
// sees what that person may do and no more.
func (s *Server) account(w http.ResponseWriter, r *http.Request) error {
	return s.showAccount(w, r, http.StatusOK, nil)
}

func (s *Server) showAccount(w http.ResponseWriter, r *http.Request, status int, mistake error) error {
	c := s.caller(r)
	a, ok := s.Access.Account(c.Account)
	if !ok {
		return errNotFound
	}
	settings := s.Catalog.Access
	p := &accountPage{
		Frame: s.frame(r, "我的账号", "account"), Said: saidOf(r), Account: c.Account, Display: c.Name,
		HasPassword: a.HasPassword, PasswordAt: moment(a.PasswordAt, ""), PasswordBy: a.PasswordBy, MustChange: c.MustChange,
		Least: settings.MinLength(), Idle: settings.IdleMinutes, Hours: settings.Hours,
	}
	if mistake != nil {
		p.Said = said{Error: sentence(mistake)}
	}
	dir := s.register(r.Context())
	for _, g := range c.Grants {
		p.Grants = append(p.Grants, s.grantWords(g, dir))
	}
	if c.ViewedBy == "" {
		p.Sessions = s.sessionLines(c.Account, c.Session, "/account")
	}
	s.render(w, r, status, "account", p)
	return nil
}

// himself refuses what only the owner of an account may do to it. Who looks with his eyes may not.
func himself(c *access.Caller) error {
	if c.ViewedBy != "" {
		return errRight
	}
	return nil
}

// changePassword changes one's own password. This session goes on with a new token, all others end.
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request) error {
	c := s.caller(r)
	if err := himself(c); err != nil {
		return err
	}
	f, err := readForm(r, "old", "new", "again")
	if err != nil {
		return err
	}
	if f["new"] != f["again"] {
		return s.showAccount(w, r, http.StatusUnprocessableEntity, errAgain)
	}
	in, err := s.Access.ChangePassword(r.Context(), c, f["old"], f["new"], s.visit(r))
	switch {
	case spoken(err):
		return s.showAccount(w, r, http.StatusUnprocessableEntity, err)
	case err != nil:
		return err
	}
	s.letIn(w, r, in)
	return s.done(w, r, "/account", "password")
}

// endOwnSession ends one session of the caller's, and of nobody else's.
func (s *Server) endOwnSession(w http.ResponseWriter, r *http.Request) error {
	c := s.caller(r)
	if err := himself(c); err != nil {
		return err
	}
	if _, err := readForm(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := s.Access.EndSession(c.Actor(), c.Account, id)
	switch {
	case errors.Is(err, access.ErrSession):
		return s.showAccount(w, r, http.StatusNotFound, err)
	case err != nil:
		return err
	case id == c.Session:
		return s.leave(w, r)
	}
	return s.done(w, r, "/account", "session")
}

// endOwnSessions ends all sessions of the caller's, this one too.
func (s *Server) endOwnSessions(w http.ResponseWriter, r *http.Request) error {
	c := s.caller(r)
	if err := himself(c); err != nil {
		return err
	}
	if _, err := readForm(r); err != nil {
		return err
	}
	if err := s.Access.SignOutAll(c.Actor(), c.Account); err != nil {
		return err
	}
	return s.leave(w, r)
}

// done leads to a page that says what was done.
func (s *Server) done(w http.ResponseWriter, r *http.Request, path, word string) error {
	http.Redirect(w, r, path+"?done="+word, http.StatusSeeOther)
	return nil
}

// doneWords are what a page can be told to say by its address.
var doneWords = map[string]string{
	"password": "口令已更换，其他设备上的登录已全部结束。",
	"session":  "这处登录已结束。",
	"sessions": "该账号的登录已全部结束。",
	"renamed":  "显示名已更改。",
	"disabled": "账号已停用，其登录和令牌即刻失效。",
	"enabled":  "账号已恢复，可以登录。",
	"granted":  "已授权，本人须重新登录。",
	"taken":    "授权已撤销，本人的登录已全部结束。",
	"revoked":  "令牌已撤销，即刻失效。",

	"zero":      "零报告已入库，这一期间计为已报送。",
	"received":  "文件已上传，请逐份核对后发布入库。",
	"discarded": "已放弃，文件已删除。",
	"cancelled": "已取消载入。",
	"aliases":   "别名已保存，以后载入的台账按新的别名辨认单位。",
}
