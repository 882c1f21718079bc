package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"time"
)

// Purpose is what a one-time link is for.
type Purpose string

const (
	ForSetup    Purpose = "setup"    // the first administrator
	ForPassword Purpose = "password" // to set a password
	ForEntrance Purpose = "entrance" // signs in without a password: the demo
)

// Link is a one-time link. Only the hash of its key is kept.
type Link struct {
	Key     string // "" where it was looked up
	Purpose Purpose
	Account string
	Until   time.Time
}

// How long links open.
const (
	setupLife  = 15 * time.Minute
	inviteLife = 72 * time.Hour
)

// invite is a link of ForPassword in accounts.json.
type invite struct {
	Hash  string    `json:"hash"`
	Until time.Time `json:"until"`
	By    string    `json:"by"` // who gave it
}

// digestOf is what is kept of a key, a session's token or an API token: 130 random bits need no salt.
func digestOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// isDigest says whether a text can be one of them.
func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

// Setup makes the link for the first administrator; the one before opens no more. ErrReady once there is one.
func (s *Store) Setup() (Link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.administrators() > 0 {
		return Link{}, refusal{ErrReady, "已经有管理员，请由管理员开通账号"}
	}
	return s.cut(Link{Purpose: ForSetup, Until: s.o.Now().Add(setupLife)}, "发设立管理员的链接")
}

// Entrance makes a link that signs in as an account; the one before opens no more.
func (s *Store) Entrance(name string) (Link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[fold(name)]
	if a == nil {
		return Link{}, errUnknown
	}
	return s.cut(Link{Purpose: ForEntrance, Account: a.Name, Until: s.o.Now().Add(setupLife)}, "发一次性入口")
}

// cut makes a link in memory in place of those of the same purpose and account, for whoever owns the data directory. The
// lock is held.
func (s *Store) cut(l Link, what string) (Link, error) {
	if err := s.o.Log.Write(Actor{Account: CommandLine}, Password, strings.TrimSpace(what+" "+l.Account), Done); err != nil {
		return Link{}, err
	}
	maps.DeleteFunc(s.links, func(_ string, o Link) bool { return o.Purpose == l.Purpose && o.Account == l.Account })
	key := rand.Text()
	s.links[digestOf(key)] = l
	l.Key = key
	return l, nil
}

// Invite makes a link by which the owner of an account sets his password; the one before opens no more. A password there
// may be stays until then.
func (s *Store) Invite(by Actor, name string) (Link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, until := rand.Text(), s.o.Now().Add(inviteLife)
	l := Link{Key: key, Purpose: ForPassword, Until: until}
	err := s.change(by, Password, "发一次性链接", name, "", false, func(a *account) error {
		if a.Disabled {
			return refusal{ErrUnknownAccount, "账号已停用，请先恢复"}
		}
		if err := watched(by, a.Grants); err != nil {
			return err
		}
		a.Invite = &invite{digestOf(key), until, by.Account}
		l.Account = a.Name
		return nil
	})
	if err != nil {
		return Link{}, err
	}
	return l, nil
}

// Look finds a link that still opens, without using it up.
func (s *Store) Look(key string) (Link, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look(key)
}

func (s *Store) look(key string) (Link, bool) {
	hash, now := digestOf(key), s.o.Now() // hashes: comparing them tells nothing about the key
	if l, ok := s.links[hash]; ok && now.Before(l.Until) && (l.Purpose != ForSetup || s.administrators() == 0) {
		return l, true
	}
	for _, a := range s.accounts {
		if i := a.Invite; i != nil && i.Hash == hash && now.Before(i.Until) && !a.Disabled {
			return Link{Purpose: ForPassword, Account: a.Name, Until: i.Until}, true
		}
	}
	return Link{}, false
}

// SetUp makes the first administrator and signs him in. The grant is added here.
func (s *Store) SetUp(ctx context.Context, key string, n NewAccount, password string, v Visit) (SignedIn, error) {
	if l, ok := s.Look(key); !ok || l.Purpose != ForSetup {
		return SignedIn{}, errLink
	}
	if err := checkName(n.Name); err != nil {
		return SignedIn{}, err
	}
	if err := checkDisplay(n.Display); err != nil {
		return SignedIn{}, err
	}
	hash, err := s.newHash(ctx, password, nil, []string{n.Name, n.Display, s.o.Site})
	if err != nil {
		return SignedIn{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.look(key); !ok || l.Purpose != ForSetup {
		return SignedIn{}, errLink
	}
	n.Grants = []Grant{{Role: Administrator}}
	if err := s.add(Actor{Account: n.Name, Address: v.Address}, n, hash); err != nil {
		return SignedIn{}, err
	}
	delete(s.links, digestOf(key))
	return s.begin(s.accounts[fold(n.Name)], v, "设立管理员")
}

// Accept sets the password that a link is for and signs in.
func (s *Store) Accept(ctx context.Context, key, password string, v Visit) (SignedIn, error) {
	l, ok := s.Look(key)
	if !ok || l.Purpose != ForPassword {
		return SignedIn{}, errLink
	}
	err := s.setPassword(ctx, Actor{Account: l.Account, Address: v.Address}, "用一次性链接设置口令", l.Account, password, func(a *account) error {
		if again, ok := s.look(key); !ok || again != l { // somebody was quicker
			return errLink
		}
		a.PasswordBy = s.accounts[fold(l.Account)].Invite.By
		return nil
	})
	if err != nil {
		return SignedIn{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[fold(l.Account)]
	if a.Disabled {
		return SignedIn{}, errLink
	}
	s.attempts.succeed("name " + fold(a.Name))
	return s.begin(a, v, "用一次性链接")
}

// Enter signs in by an entrance.
func (s *Store) Enter(_ context.Context, key string, v Visit) (SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.look(key)
	a := s.accounts[fold(l.Account)]
	if !ok || l.Purpose != ForEntrance || a == nil || a.Disabled {
		return SignedIn{}, errLink
	}
	delete(s.links, digestOf(key))
	return s.begin(a, v, "用一次性入口")
}
