package access

import (
	"container/list"
	"net/netip"
	"slices"
	"time"
)

// maxAttempts bounds the names and addresses that failures are counted for; the ones longest quiet are forgotten first.
const maxAttempts = 10_000

// attempts counts wrong passwords by key: a name, an address, a known device. Store's lock guards it.
type attempts struct {
	limit  int           // failures within window that close a key
	window time.Duration // and for how long
	order  *list.List    // of *attempt; the latest in front
	byKey  map[string]*list.Element
}

type attempt struct {
	key    string
	failed []failure // within window, at most limit
}

type failure struct {
	at time.Time
	by string // the first of the keys it was counted for: whose it was
}

func newAttempts(limit int, window time.Duration) *attempts {
	return &attempts{limit: limit, window: window, order: list.New(), byKey: map[string]*list.Element{}}
}

// closed says whether one of the keys has failed too often: limit times within the window before now.
func (as *attempts) closed(now time.Time, keys ...string) bool {
	for _, k := range keys {
		if e, ok := as.byKey[k]; ok && as.recent(e.Value.(*attempt), now) >= as.limit {
			return true
		}
	}
	return false
}

// recent forgets old failures and counts the others. Once closed, a key stays so for the window after its last failure.
// Failures that lie ahead, because the clock was set back, would close it for too long.
func (as *attempts) recent(a *attempt, now time.Time) int {
	within := func(f failure) bool { return now.Before(f.at.Add(as.window)) && f.at.Before(now.Add(time.Minute)) }
	if n := len(a.failed); n > 0 && (n < as.limit || !within(a.failed[n-1])) {
		a.failed = slices.DeleteFunc(a.failed, func(f failure) bool { return !within(f) })
	}
	return len(a.failed)
}

// fail counts a failure for each of the keys. It says whether one was closed by it.
func (as *attempts) fail(now time.Time, keys ...string) (closed bool) {
	for _, k := range keys {
		e, ok := as.byKey[k]
		if ok {
			as.order.MoveToFront(e)
		} else {
			e = as.order.PushFront(&attempt{key: k})
			as.byKey[k] = e
			if as.order.Len() > maxAttempts {
				last := as.order.Back()
				delete(as.byKey, as.order.Remove(last).(*attempt).key)
			}
		}
		a := e.Value.(*attempt)
		if as.recent(a, now) < as.limit {
			a.failed = append(a.failed, failure{now, keys[0]})
			closed = closed || len(a.failed) == as.limit
		}
	}
	return closed
}

// succeed takes back the failures of the first key, and of those that were counted for it with the others: whoever
// mistypes and then comes in does not use up what his colleagues in the same network have.
func (as *attempts) succeed(keys ...string) {
	for _, k := range keys {
		e, ok := as.byKey[k]
		if !ok {
			continue
		}
		a := e.Value.(*attempt)
		a.failed = slices.DeleteFunc(a.failed, func(f failure) bool { return f.by == keys[0] })
		if len(a.failed) == 0 {
			as.order.Remove(e)
			delete(as.byKey, k)
		}
	}
}

// neighbourhood is the network that failures of an address are counted for: /24, or /64 for IPv6.
func neighbourhood(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "?"
	}
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 64
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return "?"
	}
	return p.String()
}
