package access

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A crash, or a disk that takes no file, between what ends sessions and the file of sessions: the next process does not
// revive them.
func TestEndedSessionsStayEnded(t *testing.T) {
	for name, end := range map[string]func(h *house) error{
		"role given":   func(h *house) error { return h.Give(boss, "wang", Grant{Role: Clerk, Org: "S2"}) },
		"password set": func(h *house) error { return h.SetPassword(t.Context(), cli, "wang", other) },
		"all ended":    func(h *house) error { return h.SignOutAll(boss, "wang") },
		"disabled, enabled": func(h *house) error {
			return errors.Join(h.Disable(boss, "wang"), h.Enable(boss, "wang"))
		},
	} {
		h := newHouse(t)
		h.person("wang", Grant{Role: StreetLeader, Org: "S1"})
		h.person("li", Grant{Role: Clerk})
		in, colleague := h.enter("wang"), h.enter("li")
		path := filepath.Join(h.dir, "sessions.json")
		before, err := os.ReadFile(path)
		h.must(err)
		h.must(end(h))
		h.must(h.Close())
		h.must(h.o.Log.Close())
		h.must(os.WriteFile(path, before, 0o600)) // as if it had not been written
		h.open(h.o.Settings)
		if h.opens(in.Token) {
			t.Errorf("%s: the next process revives the session", name)
		}
		if !h.opens(colleague.Token) {
			t.Errorf("%s: a colleague's session has ended", name)
		}
	}
}

// A clock that was set back does not make a session last longer.
func TestSessionsWhenTheClockIsSetBack(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	in := h.enter("wang")
	h.clock.pass(-30 * time.Second)
	if !h.opens(in.Token) {
		t.Error("half a minute ends a session")
	}
	h.clock.pass(-24 * time.Hour)
	if h.opens(in.Token) {
		t.Error("a session of tomorrow opens")
	}
}

// Sign-in always makes a new token; the one that the browser had opens what it opened before, and nothing more.
func TestEverySignInHasItsOwnToken(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.person("wang", Grant{Role: Clerk})
	seen := map[string]bool{}
	fresh := func(in SignedIn, err error) SignedIn {
		t.Helper()
		h.must(err)
		if len(in.Token) < 26 || seen[in.Token] {
			t.Errorf("token %q", in.Token)
		}
		seen[in.Token] = true
		return in
	}
	fresh(h.signIn("boss", good))
	in := fresh(h.signIn("boss", good))
	in = fresh(h.ChangePassword(t.Context(), in.Caller, good, other, Visit{}))
	if n := len(h.Sessions("boss")); n != 1 {
		t.Errorf("%d sessions after a change of password", n)
	}
	in = fresh(h.ViewAs(in.Caller, "wang"))
	fresh(h.StopViewing(in.Caller))
	if n := len(h.Sessions("boss")); n != 1 {
		t.Errorf("%d sessions after a view", n)
	}
}

// Whoever looks with another's eyes changes nothing, wherever it is asked for, and the log says when it began and ended,
// also where something else ended it.
func TestViewingChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.person("wang", Grant{Role: StreetLeader, Org: "S1"})
	wang := h.enter("wang")
	as, err := h.ViewAs(h.enter("boss").Caller, "wang")
	h.must(err)
	by := as.Caller.Actor()
	for name, do := range map[string]func() error{
		"add":       func() error { return h.Add(by, NewAccount{Name: "new", Display: "新"}) },
		"give":      func() error { return h.Give(by, "boss", Grant{Role: DistrictLeader}) },
		"rename":    func() error { return h.Rename(by, "wang", "别名") },
		"disable":   func() error { return h.Disable(by, "wang") },
		"invite":    func() error { _, err := h.Invite(by, "wang"); return err },
		"sign out":  func() error { return h.SignOutAll(by, "wang") },
		"end":       func() error { return h.EndSession(by, "wang", wang.Caller.Session) },
		"set":       func() error { return h.SetPassword(t.Context(), by, "wang", other) },
		"view more": func() error { _, err := h.ViewAs(as.Caller, "wang"); return err },
		"token": func() error {
			_, err := h.IssueToken(by, "wang", NewToken{Label: "x", Role: StreetLeader, Org: "S1", Until: h.clock.now().AddDate(0, 0, 1)})
			return err
		},
	} {
		wants(t, name, do(), ErrGrant)
	}
	if !h.opens(wang.Token) {
		t.Error("the session of whom he looked at has ended")
	}
	h.must(h.Give(cli, "wang", Grant{Role: Administrator})) // now there is nobody to look at
	if c, ok := h.Caller(as.Token, ""); !ok || c.Account != "boss" || c.ViewedBy != "" {
		t.Errorf("%+v", c)
	}
	p, err := h.o.Log.Find(t.Context(), Filter{Event: ViewedAs})
	h.must(err)
	if len(p.Entries) != 2 || p.Entries[1].Object != "开始 wang" || p.Entries[0].Object != "结束 wang" || p.Entries[0].Account != "boss" {
		t.Errorf("%+v", p.Entries)
	}
}

// A caller whose session has ended meanwhile ends nothing else.
func TestSignOutTwice(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	in, stays := h.enter("wang"), h.enter("wang")
	h.must(h.SignOut(in.Caller))
	wants(t, "twice", h.SignOut(in.Caller), ErrSession)
	wants(t, "nobody", h.SignOut(nil), ErrSession)
	wants(t, "a program", h.SignOut(&Caller{Account: "wang", Token: "x"}), ErrSession)
	if !h.opens(stays.Token) {
		t.Error("another session has ended")
	}
}

// Disabling, giving, signing in, asking, looking at lists, all at once: nobody is in who is disabled. For the race detector.
func TestSignInWhileDisabled(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.person("wang", Grant{Role: Clerk})
	var all sync.WaitGroup
	var mu sync.Mutex
	var tokens []string
	for range 4 {
		all.Go(func() {
			for range 10 {
				in, err := h.SignIn(t.Context(), "wang", good, Visit{Address: "10.0.0.1", Agent: "test"})
				if err != nil && !errors.Is(err, ErrSignIn) && !errors.Is(err, ErrBusy) {
					t.Error(err)
				}
				mu.Lock()
				tokens = append(tokens, in.Token)
				mu.Unlock()
				h.Caller(in.Token, "10.0.0.1")
				h.Bearer("gst_x", "")
				h.Sessions("wang")
				h.Accounts()
			}
		})
	}
	all.Go(func() {
		for range 10 {
			h.must(h.Disable(boss, "wang"))
			h.must(h.Enable(boss, "wang"))
		}
	})
	all.Wait()
	h.must(h.Disable(boss, "wang"))
	for _, token := range tokens {
		if h.opens(token) {
			t.Error("a session of a disabled account opens")
		}
	}
	if n := len(h.Sessions("wang")); n != 0 {
		t.Errorf("%d sessions are listed", n)
	}
}

func FuzzSessions(f *testing.F) {
	f.Add([]byte(`{"format":1,"sessions":[{"hash":"` + strings.Repeat("0a", 32) + `","id":"x","account":"wang","begun":"2026-11-23T09:00:00Z","seen":"2026-11-23T09:00:00Z"}],"used":{"x":"2026-11-23T09:00:00Z"}}`))
	f.Add([]byte(`{"format":2}`))
	f.Add([]byte(`{"format":1,"sessions":[null]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := readSessions(b)
		if err != nil {
			return
		}
		for _, x := range file.Sessions {
			if x == nil || x.ID == "" || !isDigest(x.Hash) {
				t.Errorf("%+v", x)
			}
		}
	})
}
