package access

import (
	"fmt"
	"testing"
	"time"
)

// In the morning a whole office mistypes: whoever comes in at last has not used up what his colleagues in the same network
// have; who never comes in has.
func TestMistypingColleagues(t *testing.T) {
	h := newHouse(t)
	at := func(name, password string, n int) error {
		_, err := h.SignIn(t.Context(), name, password, Visit{Address: fmt.Sprintf("10.5.0.%d", n)})
		return err
	}
	for i := range 4 {
		name := fmt.Sprint("person", i)
		h.person(name, Grant{Role: Clerk})
		for range 3 {
			wants(t, name, at(name, other, i), ErrSignIn)
		}
		h.must(at(name, good, i)) // the twelve mistakes before were made by those who are in
	}
	for i := range 4 {
		wants(t, "a stranger", at(fmt.Sprint("stranger", i), other, i), ErrSignIn)
	}
	h.must(at("person0", good, 0))
	wants(t, "a stranger", at("stranger9", other, 9), ErrSignIn)
	wants(t, "the network is closed", at("person0", good, 0), ErrSignIn)
}

// Somebody who has an account cannot use his own sign-ins to go on guessing at others.
func TestOwnSignInForgivesNoGuesses(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.person("mallory", Grant{Role: Clerk})
	before := h.hasher.calls.Load()
	in := 0
	for range 20 {
		if _, err := h.SignIn(t.Context(), "mallory", good, Visit{Address: "10.6.0.1"}); err == nil {
			in++
		}
		_, err := h.SignIn(t.Context(), "wang", other, Visit{Address: "10.6.0.1"})
		wants(t, "a guess", err, ErrSignIn)
	}
	if in != 5 || h.hasher.calls.Load()-before != 10 {
		t.Errorf("%d own sign-ins, %d hashes, before the network was closed", in, h.hasher.calls.Load()-before)
	}
}

func TestAttempts(t *testing.T) {
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	min := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	for situation, c := range map[string]struct {
		failed []int // minutes
		open   map[int]bool
	}{
		"four are no reason":              {[]int{0, 1, 2, 3}, map[int]bool{3: true, 4: true}},
		"five within a quarter":           {[]int{0, 3, 6, 9, 14}, map[int]bool{14: false, 28: false, 29: true}},
		"five, but the first is long ago": {[]int{0, 5, 8, 12, 15}, map[int]bool{15: true}},
		"closed is not prolonged":         {[]int{0, 0, 0, 0, 0, 10, 14}, map[int]bool{14: false, 15: true}},
		"counting begins anew":            {[]int{0, 0, 0, 0, 0, 15, 15, 15, 15}, map[int]bool{15: true}},
		"the clock was set back an hour":  {[]int{60, 60, 60, 60, 60}, map[int]bool{0: true}},
	} {
		for at, open := range c.open {
			as := newAttempts(5, 15*time.Minute)
			for _, m := range c.failed {
				as.fail(min(m), "key")
			}
			if got := !as.closed(min(at), "other", "key"); got != open {
				t.Errorf("%s: after %d minutes open %v, want %v", situation, at, got, open)
			}
		}
	}
}

func TestNeighbourhood(t *testing.T) {
	for address, want := range map[string]string{
		"10.1.2.3": "10.1.2.0/24", "::ffff:10.1.2.3": "10.1.2.0/24", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
		"": "?", "uid 0": "?", "10.1.2.3:80": "?",
	} {
		if got := neighbourhood(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
