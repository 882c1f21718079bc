package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
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
		in.Device = s.newDevice(a.Name, v.Device)
	}
	return in, nil
}

func short(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	return strings.ToValidUTF8(text[:bytes], "")
}

// device says whether a cookie was given to this account's owner, and names the device. The cookie of a shared computer
// has an entry for each of those who signed in there.
func (s *Store) device(name, value string) (id string, ok bool) {
	for _, entry := range devices(value) {
		id, mac, _ := strings.Cut(entry, ".")
		if hmac.Equal([]byte(mac), []byte(s.deviceMAC(name, id))) {
			return id, true
		}
	}
	return "", false
}

// maxDevices bounds the people that a device's cookie is good for; the first is forgotten.
const maxDevices = 6

// devices are the entries of a device's cookie.
func devices(value string) []string {
	if len(value) > 128*maxDevices {
		return nil
	}
	all := strings.Split(value, "~")
	return all[max(0, len(all)-maxDevices):]
}

// newDevice is the cookie with an entry for one more.
func (s *Store) newDevice(name, value string) string {
	id := rand.Text()
	all := slices.DeleteFunc(devices(value), func(entry string) bool { return len(entry) < 64 })
	all = append(all, id+"."+s.deviceMAC(name, id))
	return strings.Join(all[max(0, len(all)-maxDevices):], "~")
}

func (s *Store) deviceMAC(name, id string) string {
	mac := hmac.New(sha256.New, s.o.Key)
	fmt.Fprintf(mac, "device\x00%s\x00%s", fold(name), id)
	return hex.EncodeToString(mac.Sum(nil))
}
