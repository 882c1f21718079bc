package warehouse

import (
	"context"
	"sync"
)

// spaces are the identity spaces' locks. Two jobs that could touch the same rows run one after another: a
// transaction neither sees nor can end what others publish after its first statement. Names are taken together
// or not at all, so that no two jobs can wait for each other; a waiting taker of all spaces goes before
// newcomers.
type spaces struct {
	mu         sync.Mutex
	held       map[string]bool
	jobs       int // holders, also those that named no space
	all        bool
	waitingAll int
	changed    chan struct{} // closed and replaced at each release
}

func newSpaces() *spaces {
	return &spaces{held: map[string]bool{}, changed: make(chan struct{})}
}

// lock waits until the named spaces, or all of them, are free; the returned function gives them back.
func (s *spaces) lock(ctx context.Context, all bool, names ...string) (unlock func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if all {
		s.waitingAll++
		defer func() {
			s.waitingAll--
			s.wake() // newcomers that stood back look again
		}()
	}
	for !s.free(all, names) {
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
			s.mu.Lock()
		case <-ctx.Done():
			s.mu.Lock()
			return nil, context.Cause(ctx)
		}
	}
	s.take(all, names, true)
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.take(all, names, false)
		s.wake()
	}), nil
}

func (s *spaces) free(all bool, names []string) bool {
	if s.all || all && s.jobs > 0 || !all && s.waitingAll > 0 {
		return false
	}
	for _, n := range names {
		if s.held[n] {
			return false
		}
	}
	return true
}

func (s *spaces) take(all bool, names []string, on bool) {
	if all {
		s.all = on
	}
	if on {
		s.jobs++
	} else {
		s.jobs--
	}
	for _, n := range names {
		if on {
			s.held[n] = true
		} else {
			delete(s.held, n)
		}
	}
}

func (s *spaces) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}
