package access

import (
	"bytes"
	"crypto/rand"
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

// renew gives a session a new token; the one before opens no more.
func (s *Store) renew(x *session) (token string) {
	delete(s.sessions, x.Hash)
	token = rand.Text()
	x.Hash = digestOf(token)
	s.sessions[x.Hash] = x
	return token
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

func (s *Store) sessionOf(c *Caller) *session {
	for _, x := range s.sessions {
		if c != nil && x.ID == c.Session {
			return x
		}
	}
	return nil
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
