package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: StreetLeader, Org: "S1"})
	for name, ok := range map[string]bool{"wang": true, "WANG": true, "wan": false, "": false} {
		in, err := h.signIn(name, good)
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
		if ok && (!h.opens(in.Token) || in.Caller.Account != "wang" || in.Caller.Name != "wang同志" || in.Caller.Scope(See).Key() != "=S1") {
			t.Errorf("%q: %+v", name, in.Caller)
		}
	}
	for _, wrong := range []string{"", good + " ", strings.ToUpper(other), other} {
		_, err := h.SignIn(t.Context(), "wang", wrong, Visit{Address: "10.9.0.1"})
		wants(t, "wrong password", err, ErrSignIn)
	}
}

// Whatever is wrong with a sign-in, the words are the same and the work is.
func TestNobodyLearnsWhichNamesThereAre(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.person("gone", Grant{Role: Clerk})
	h.must(h.Disable(cli, "gone"))
	h.must(h.Add(cli, NewAccount{Name: "new", Display: "新"}))
	var words []string
	for i, name := range []string{"wang", "gone", "new", "nobody"} {
		before := h.hasher.calls.Load()
		for round := range 8 {
			_, err := h.SignIn(t.Context(), name, other, Visit{Address: fmt.Sprintf("10.%d.%d.1", i, round)})
			words = append(words, err.Error())
		}
		if n := h.hasher.calls.Load() - before; n != 5 {
			t.Errorf("%s: %d hashes, want 5", name, n)
		}
	}
	for _, w := range words {
		if w != words[0] {
			t.Errorf("%q and %q", w, words[0])
		}
	}
	p, err := h.o.Log.Find(t.Context(), Filter{Event: SignIn, Outcome: Denied, Limit: 100})
	h.must(err)
	if len(p.Entries) != 32 {
		t.Errorf("%d lines", len(p.Entries))
	}
	for _, e := range p.Entries {
		if strings.Contains(e.Object+e.Account, "nobody") {
			t.Errorf("the log holds what was typed: %+v", e)
		}
	}
}

func TestGuessesCloseNameAndAddress(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.person("li", Grant{Role: Clerk})
	first, err := h.SignIn(t.Context(), "wang", good, Visit{Address: "10.7.7.7"})
	h.must(err)
	for i := range 5 {
		_, err := h.SignIn(t.Context(), "wang", other, Visit{Address: fmt.Sprintf("10.1.%d.1", i)})
		wants(t, "a guess", err, ErrSignIn)
	}
	_, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1"})
	wants(t, "the name is closed", err, ErrSignIn)
	if _, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1", Device: first.Device}); err != nil {
		t.Errorf("a known device: %v", err)
	}
	_, err = h.SignIn(t.Context(), "li", good, Visit{Address: "10.2.0.1", Device: first.Device})
	h.must(err) // li is not closed
	_, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1", Device: first.Device + "x"})
	wants(t, "a forged device", err, ErrSignIn)
	h.clock.pass(15*time.Minute - time.Second)
	_, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1"})
	wants(t, "a second before the end", err, ErrSignIn)
	h.clock.pass(time.Second)
	_, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1"})
	h.must(err)

	for i := range 5 { // many names from one network
		_, err := h.SignIn(t.Context(), fmt.Sprint("someone", i), other, Visit{Address: fmt.Sprintf("10.3.0.%d", i)})
		wants(t, "a guess", err, ErrSignIn)
	}
	_, err = h.SignIn(t.Context(), "li", good, Visit{Address: "10.3.0.99"})
	wants(t, "the network is closed", err, ErrSignIn)
	_, err = h.SignIn(t.Context(), "li", good, Visit{Address: "10.4.0.99"})
	h.must(err)
	l, err := h.Invite(cli, "li")
	h.must(err)
	if _, err := h.Accept(t.Context(), l.Key, other, Visit{Address: "10.3.0.99"}); err != nil {
		t.Errorf("a one-time link from the closed network: %v", err)
	}
}

// Guesses are cheap, and what is remembered of them is bounded.
func TestTenThousandGuesses(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	before := h.hasher.calls.Load()
	for i := range 12_000 {
		if _, err := h.SignIn(t.Context(), fmt.Sprint("wang", i%3), other, Visit{Address: fmt.Sprintf("10.%d.%d.1", i/256, i%256)}); !errors.Is(err, ErrSignIn) {
			t.Fatal(err)
		}
	}
	if n := h.hasher.calls.Load() - before; n > 20 {
		t.Errorf("%d hashes", n)
	}
	for i := range 2 * maxAttempts {
		h.attempts.fail(h.clock.now(), fmt.Sprint(i))
	}
	if n, m := len(h.attempts.byKey), h.attempts.order.Len(); n > maxAttempts || n != m {
		t.Errorf("%d keys, %d in order", n, m)
	}
}

// More sign-ins than there is room for are told to come back; none is lost, none holds a place for ever.
func TestTooManyAtOnce(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.hasher.slots <- struct{}{}
	for len(h.hasher.slots) < cap(h.hasher.slots) {
		h.hasher.slots <- struct{}{}
	}
	h.hasher.waiting.Store(int32(cap(h.hasher.slots)))
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	results := make(chan error, 100)
	for i := range 30 {
		waiting.Go(func() {
			_, err := h.SignIn(ctx, "wang", good, Visit{Address: fmt.Sprintf("10.0.%d.1", i)})
			results <- err
		})
	}
	for range 30 - hashQueue {
		if err := <-results; !errors.Is(err, ErrBusy) {
			t.Errorf("beyond the queue: %v", err)
		}
	}
	cancel()
	waiting.Wait()
	for range cap(h.hasher.slots) {
		<-h.hasher.slots
		h.hasher.waiting.Add(-1)
	}
	if n := h.hasher.waiting.Load(); n != 0 {
		t.Errorf("%d wait for ever", n)
	}
	h.enter("wang")
}
