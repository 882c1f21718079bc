package access

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// Visit is where a sign-in comes from.
type Visit struct {
	Address string
	Device  string // value of the device's cookie; "" for none
	Agent   string // what the browser says it is
}

// SignedIn is what a browser gets after a sign-in.
type SignedIn struct {
	Token  string // value of the session's cookie
	Device string // value of the device's cookie; "" to leave it as it is
	Caller *Caller
}

// Session is one place where somebody is signed in.
type Session struct {
	ID             string
	Address, Agent string
	Begun, Seen    time.Time
	As             string // the account with whose eyes an administrator looks
}

type session struct {
	Hash    string    `json:"hash"` // of the token
	ID      string    `json:"id"`
	Account string    `json:"account"`
	Epoch   int       `json:"epoch,omitempty"` // of the account when it began
	As      string    `json:"as,omitempty"`
	Address string    `json:"address,omitempty"`
	Agent   string    `json:"agent,omitempty"`
	Begun   time.Time `json:"begun"`
	Seen    time.Time `json:"seen"`
}

// sessionsFile is sessions.json.
type sessionsFile struct {
	Format   int                  `json:"format"`
	Sessions []*session           `json:"sessions"`
	Used     map[string]time.Time `json:"used,omitempty"` // tokens
	Seen     map[string]time.Time `json:"seen,omitempty"` // accounts
}

const (
	maxSessions = 20 // of an account; the one longest not seen ends
	maxAgent    = 200
	saveStep    = time.Minute // how often the last visits are written
)

// SignIn checks a name and a password. Whatever is wrong, the error wraps ErrSignIn and is the same sentence, after the
// same work; ErrBusy where too many sign in at once.
func (s *Store) SignIn(ctx context.Context, name, password string, v Visit) (SignedIn, error) {
	s.mu.Lock()
	now := s.o.Now()
	a := s.accounts[fold(name)]
	keys := []string{"name " + digestOf(fold(name)), "net " + neighbourhood(v.Address)}
	if a != nil {
		keys[0] = "name " + fold(a.Name)
		if id, ok := s.device(a.Name, v.Device); ok { // counted by itself: guessing elsewhere locks nobody out
			keys = []string{"device " + fold(a.Name) + " " + id}
		}
	}
	by := Actor{Address: v.Address}
	hash := s.hasher.dummy
	if a != nil {
		by.Account = a.Name
		if a.Password != "" && !a.Disabled {
			hash = a.Password
		}
	}
	closed := s.attempts.closed(now, keys...)
	s.mu.Unlock()
	switch {
	case closed:
		return SignedIn{}, s.deny(by, "暂停登录期间")
	case len(password) > maxPassword:
		s.mu.Lock()
		s.attempts.fail(now, keys...)
		s.mu.Unlock()
		return SignedIn{}, s.deny(by, "口令过长")
	}
	right, old, err := s.hasher.check(ctx, hash, password)
	if err != nil {
		return SignedIn{}, err
	}
	renewed := ""
	if right && old {
		if renewed, err = s.hasher.hash(ctx, password); err != nil {
			renewed = "" // the next sign-in will do
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a = s.accounts[fold(name)]
	switch {
	case s.attempts.closed(s.o.Now(), keys...): // others have failed while this one was hashed
		return SignedIn{}, s.deny(by, "暂停登录期间")
	case !right || a == nil || a.Disabled || a.Password != hash:
		object := "用户名或口令不正确"
		if a == nil {
			object = "没有这个账号"
		} else if a.Disabled {
			object = "账号已停用"
		}
		if s.attempts.fail(s.o.Now(), keys...) {
			object += "，暂停登录"
		}
		return SignedIn{}, s.deny(by, object)
	}
	s.attempts.succeed(keys...)
	if renewed != "" {
		kept := a.Password
		a.Password = renewed
		if err := s.save(); err != nil {
			a.Password = kept
			s.warn("a password could not be kept with new parameters", err)
		}
	}
	return s.begin(a, v, "用口令")
}

// deny writes a refused sign-in down. What was typed is not.
func (s *Store) deny(by Actor, object string) error {
	if err := s.o.Log.Write(by, SignIn, object, Denied); err != nil {
		s.warn("a refused sign-in could not be written down", err)
	}
	return errSignIn
}

// begin makes a session. The lock is held.
func (s *Store) begin(a *account, v Visit, how string) (SignedIn, error) {
	if err := s.o.Log.Write(Actor{Account: a.Name, Address: v.Address}, SignIn, how, Done); err != nil {
		return SignedIn{}, err
	}
	now := s.o.Now()
	s.drop(func(x *session) bool { return s.over(x, now) })
	mine := s.of(a.Name)
	for i := maxSessions - 1; i < len(mine); i++ { // the latest first
		delete(s.sessions, mine[i].Hash)
	}
	x := &session{ID: rand.Text()[:12], Account: a.Name, Epoch: a.Epoch, Address: clean(v.Address), Agent: short(clean(v.Agent), maxAgent), Begun: now, Seen: now}
	token := s.renew(x)
	s.seen[fold(a.Name)] = now
	if err := s.saveSessions(); err != nil {
		s.warn("sessions could not be kept", err) // they end with the process
	}
	in := SignedIn{Token: token, Caller: s.caller(x, v.Address)}
	if _, ok := s.device(a.Name, v.Device); !ok {
		in.Device = s.newDevice(a.Name)
	}
	return in, nil
}

// renew gives a session a new token; the one before opens no more.
func (s *Store) renew(x *session) (token string) {
	delete(s.sessions, x.Hash)
	token = rand.Text()
	x.Hash = digestOf(token)
	s.sessions[x.Hash] = x
	return token
}

func short(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	return strings.ToValidUTF8(text[:bytes], "")
}

// device says whether a cookie was given to this account's owner, and names the device.
func (s *Store) device(name, value string) (id string, ok bool) {
	id, mac, found := strings.Cut(value, ".")
	if !found || len(id) > 64 {
		return "", false
	}
	return id, hmac.Equal([]byte(mac), []byte(s.deviceMAC(name, id)))
}

func (s *Store) newDevice(name string) string {
	id := rand.Text()
	return id + "." + s.deviceMAC(name, id)
}

func (s *Store) deviceMAC(name, id string) string {
	mac := hmac.New(sha256.New, s.o.Key)
	fmt.Fprintf(mac, "device\x00%s\x00%s", fold(name), id)
	return hex.EncodeToString(mac.Sum(nil))
}

// over says whether a session has ended by itself. One that begins in the future, because the clock was set back, has: it
// would last too long.
func (s *Store) over(x *session, now time.Time) bool {
	return now.Sub(x.Seen) >= s.o.Settings.Idle() || now.Sub(x.Begun) >= s.o.Settings.Longest() || now.Before(x.Begun.Add(-time.Minute))
}

// Caller is who a session's token belongs to; ok is false where it opens nothing. It keeps the session alive.
func (s *Store) Caller(token, address string) (c *Caller, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[digestOf(token)]
	if x == nil {
		return nil, false
	}
	now := s.o.Now()
	if s.over(x, now) {
		delete(s.sessions, x.Hash)
		return nil, false
	}
	if c = s.caller(x, address); c == nil {
		delete(s.sessions, x.Hash)
		return nil, false
	}
	x.Seen = now
	s.keep(now)
	return c, true
}

// keep writes the last visits, once in a while.
func (s *Store) keep(now time.Time) {
	if now.Sub(s.saved) < saveStep {
		return
	}
	if err := s.saveSessions(); err != nil {
		s.saved = now // not at every request
		s.warn("sessions could not be kept", err)
	}
}

// caller is who a session stands for; nil where it stands for nobody any more.
func (s *Store) caller(x *session, address string) *Caller {
	now := s.o.Now()
	a := s.accounts[fold(x.Account)]
	if a == nil || a.Disabled || x.Epoch != a.Epoch {
		return nil
	}
	c := &Caller{Account: a.Name, Name: a.Display, Grants: a.live(now), Session: x.ID, Address: address, MustChange: s.mustChange(a)}
	if x.As == "" {
		return c
	}
	to := s.accounts[fold(x.As)]
	if !c.May(Manage) || to == nil || to.Disabled {
		s.endView(x) // he looks with his own eyes again
		return c
	}
	return &Caller{Account: to.Name, Name: to.Display, Grants: to.live(now), ViewedBy: a.Name, Session: x.ID, Address: address, MustChange: c.MustChange}
}

func (a *account) live(now time.Time) []Grant {
	return slices.DeleteFunc(slices.Clone(a.Grants), func(g Grant) bool { return !g.Live(now) })
}

// endView ends 以其身份查看. It takes place also where it cannot be written down.
func (s *Store) endView(x *session) {
	if err := s.o.Log.Write(Actor{Account: x.Account, Address: x.Address}, ViewedAs, "结束 "+x.As, Done); err != nil {
		s.warn("the end of a view could not be written down", err)
	}
	x.As = ""
}

// SignOut ends the caller's session.
func (s *Store) SignOut(c *Caller) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessionOf(c)
	if x == nil {
		return refusal{ErrSession, "登录已经结束"}
	}
	if err := s.o.Log.Write(c.Actor(), SignOut, "", Done); err != nil {
		s.warn("a sign-out could not be written down", err) // it takes place all the same
	}
	delete(s.sessions, x.Hash)
	return s.saveSessions()
}

// SignOutAll ends all sessions of an account.
func (s *Store) SignOutAll(by Actor, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(by, SignOut, "全部退出", name, "", true, func(*account) error { return nil })
}

// EndSession ends one session of an account.
func (s *Store) EndSession(by Actor, name, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[fold(name)]
	if a == nil {
		return errUnknown
	}
	if by.ViewedBy != "" {
		return errViewing
	}
	if !slices.ContainsFunc(s.of(a.Name), func(x *session) bool { return x.ID == id }) {
		return refusal{ErrSession, "这处登录已经结束，请刷新页面"}
	}
	if err := s.o.Log.Write(by, SignOut, "结束一处登录 "+a.Name, Done); err != nil {
		return err
	}
	s.drop(func(x *session) bool { return x.ID == id })
	return s.saveSessions()
}

// endAll ends the sessions of an account, and lets nobody look with its eyes any more. The lock is held. Where the file
// cannot be written they have ended all the same: they are of an epoch that is over.
func (s *Store) endAll(name string) {
	s.drop(func(x *session) bool { return fold(x.Account) == fold(name) })
	for _, x := range s.sessions {
		if x.As != "" && fold(x.As) == fold(name) {
			s.endView(x)
		}
	}
	if err := s.saveSessions(); err != nil {
		s.warn("sessions could not be kept", err)
	}
}

func (s *Store) drop(ends func(*session) bool) {
	maps.DeleteFunc(s.sessions, func(_ string, x *session) bool { return ends(x) })
}

// of are the sessions of an account, the one seen latest first.
func (s *Store) of(name string) []*session {
	var all []*session
	for _, x := range s.sessions {
		if fold(x.Account) == fold(name) {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b *session) int {
		if c := b.Seen.Compare(a.Seen); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// Sessions are the places where an account is signed in, the one seen latest first.
func (s *Store) Sessions(name string) []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	s.drop(func(x *session) bool { return s.over(x, now) })
	var all []Session
	for _, x := range s.of(name) {
		all = append(all, Session{ID: x.ID, Address: x.Address, Agent: x.Agent, Begun: x.Begun, Seen: x.Seen, As: x.As})
	}
	return all
}

// ChangePassword changes the caller's own password. All his sessions end, and this one begins anew.
func (s *Store) ChangePassword(ctx context.Context, c *Caller, old, password string, v Visit) (SignedIn, error) {
	if c == nil || c.Session == "" || c.ViewedBy != "" {
		return SignedIn{}, errSignIn
	}
	s.mu.Lock()
	a := s.accounts[fold(c.Account)]
	key := "own " + fold(c.Account)
	if a == nil || a.Password == "" || len(old) > maxPassword || s.attempts.closed(s.o.Now(), key) {
		s.mu.Unlock()
		return SignedIn{}, s.denyChange(c)
	}
	kept := a.Password
	s.mu.Unlock()
	right, _, err := s.hasher.check(ctx, kept, old)
	if err != nil {
		return SignedIn{}, err
	}
	if !right {
		s.mu.Lock()
		s.attempts.fail(s.o.Now(), key)
		s.mu.Unlock()
		return SignedIn{}, s.denyChange(c)
	}
	err = s.setPassword(ctx, c.Actor(), "本人更换口令", c.Account, password, func(a *account) error {
		if len(a.Past) > 0 && a.Past[0] != kept && s.o.Settings.History > 1 {
			return errSignIn // it was changed meanwhile
		}
		return nil
	})
	if err != nil {
		return SignedIn{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts.succeed(key)
	return s.begin(s.accounts[fold(c.Account)], v, "更换口令后")
}

func (s *Store) denyChange(c *Caller) error {
	if err := s.o.Log.Write(c.Actor(), Password, "原口令不正确", Denied); err != nil {
		s.warn("a refusal could not be written down", err)
	}
	return refusal{ErrPassword, "原口令不正确，或因多次输错已暂停；请核对后再试，或请管理员发一次性链接"}
}

// ViewAs lets an administrator look with an account's eyes (以其身份查看): numbers and rows, nothing else. The session
// gets a new token.
func (s *Store) ViewAs(c *Caller, name string) (SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to, x := s.accounts[fold(name)], s.sessionOf(c)
	switch {
	case to == nil:
		return SignedIn{}, errUnknown
	case x == nil || !c.May(Manage) || c.ViewedBy != "":
		return SignedIn{}, refusal{ErrGrant, "只有管理员本人登录时才能以他人身份查看"}
	case to.Disabled:
		return SignedIn{}, refusal{ErrGrant, "账号已停用，不能以其身份查看"}
	case fold(to.Name) == fold(c.Account):
		return SignedIn{}, refusal{ErrGrant, "这是您自己的账号"}
	case slices.ContainsFunc(to.Grants, func(g Grant) bool { return g.Role == Administrator || g.Role == Auditor }):
		return SignedIn{}, refusal{ErrGrant, "不能以管理员或审计员的身份查看"}
	}
	if err := s.o.Log.Write(c.Actor(), ViewedAs, "开始 "+to.Name, Done); err != nil {
		return SignedIn{}, err
	}
	x.As = to.Name
	return s.again(x, c.Address), nil
}

// StopViewing ends that. The session gets a new token.
func (s *Store) StopViewing(c *Caller) (SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessionOf(c)
	if x == nil || x.As == "" {
		return SignedIn{}, refusal{ErrSession, "现在没有以他人身份查看"}
	}
	s.endView(x)
	return s.again(x, c.Address), nil
}

func (s *Store) sessionOf(c *Caller) *session {
	for _, x := range s.sessions {
		if c != nil && x.ID == c.Session {
			return x
		}
	}
	return nil
}

func (s *Store) again(x *session, address string) SignedIn {
	token := s.renew(x)
	if err := s.saveSessions(); err != nil {
		s.warn("sessions could not be kept", err)
	}
	return SignedIn{Token: token, Caller: s.caller(x, address)}
}

// saveSessions writes sessions.json. The lock is held.
func (s *Store) saveSessions() error {
	f := sessionsFile{Format: fileFormat, Used: s.used, Seen: s.seen}
	for _, x := range s.sessions {
		f.Sessions = append(f.Sessions, x)
	}
	slices.SortFunc(f.Sessions, func(a, b *session) int { return strings.Compare(a.ID, b.ID) })
	if err := writeJSON(s.dir.Sessions(), f); err != nil {
		return err
	}
	s.saved = s.o.Now()
	return nil
}

// loadSessions reads sessions.json. Without it, or where it is damaged, nobody is signed in: no harm is done.
func (s *Store) loadSessions() {
	b, err := os.ReadFile(s.dir.Sessions())
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	f, bad := readSessions(b)
	if err = errors.Join(err, bad); err != nil {
		s.warn("sessions could not be read; everybody has to sign in again", err)
		return
	}
	now := s.o.Now()
	for _, x := range f.Sessions {
		if a := s.accounts[fold(x.Account)]; a != nil && a.Epoch == x.Epoch && !s.over(x, now) {
			s.sessions[x.Hash] = x
		}
	}
	if f.Used != nil {
		s.used = f.Used
	}
	if f.Seen != nil {
		s.seen = f.Seen
	}
}

func readSessions(b []byte) (f sessionsFile, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, err
	}
	if f.Format != fileFormat {
		return f, fmt.Errorf("format %d", f.Format)
	}
	for _, x := range f.Sessions {
		if x == nil || !isDigest(x.Hash) || x.ID == "" {
			return f, errors.New("a session without token or id")
		}
	}
	return f, nil
}
