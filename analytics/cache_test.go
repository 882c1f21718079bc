package analytics

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestEqualQuestionsRunOnce(t *testing.T) {
	c := newCache(1 << 20)
	var runs atomic.Int32
	begun, end := make(chan struct{}), make(chan struct{})
	fn := func(context.Context) (any, int64, error) {
		if runs.Add(1) == 1 {
			close(begun)
		}
		<-end
		return "value", 8, nil
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if v, err := c.do(context.Background(), "k", fn); v != "value" || err != nil {
				t.Errorf("%v, %v", v, err)
			}
		})
	}
	<-begun
	until(t, "all wait", func() bool { return c.waiting("k") == 10 })
	close(end)
	all.Wait()
	if v, err := c.do(context.Background(), "k", fn); v != "value" || err != nil || runs.Load() != 1 {
		t.Errorf("%v, %v after %d runs", v, err, runs.Load())
	}
}

func (c *cache) waiting(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[key]; f != nil {
		return f.waiting
	}
	return 0
}

type ctxKey struct{}

// The first to ask gives up; the second still gets the value, worked out under the values of the first's context.
func TestWhoGivesUpDoesNotStopTheOthers(t *testing.T) {
	c := newCache(1 << 20)
	end := make(chan struct{})
	fn := func(ctx context.Context) (any, int64, error) {
		select {
		case <-end:
			return ctx.Value(ctxKey{}), 8, ctx.Err()
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
	first, cancel := context.WithCancelCause(context.WithValue(context.Background(), ctxKey{}, "first"))
	gone := make(chan error)
	go func() {
		_, err := c.do(first, "k", fn)
		gone <- err
	}()
	until(t, "the first waits", func() bool { return c.waiting("k") == 1 })
	got := make(chan any)
	go func() {
		v, err := c.do(context.Background(), "k", fn)
		if err != nil {
			t.Error(err)
		}
		got <- v
	}()
	until(t, "the second waits", func() bool { return c.waiting("k") == 2 })
	reason := errors.New("页面已关闭")
	cancel(reason)
	if err := <-gone; !errors.Is(err, reason) {
		t.Errorf("the first: %v", err)
	}
	close(end)
	if v := <-got; v != "first" {
		t.Errorf("the second got %v", v)
	}
}

// When all have left, the work is cancelled, and who asks next begins anew.
func TestTheLastToLeaveEndsTheWork(t *testing.T) {
	c := newCache(1 << 20)
	ended, hang := make(chan error), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, err := c.do(ctx, "k", func(ctx context.Context) (any, int64, error) {
			<-ctx.Done()
			<-hang // slow to end
			return nil, 0, ctx.Err()
		})
		ended <- err
	}()
	until(t, "it waits", func() bool { return c.waiting("k") == 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	v, err := c.do(context.Background(), "k", func(context.Context) (any, int64, error) { return 2, 8, nil })
	if v != 2 || err != nil {
		t.Errorf("the next got %v, %v", v, err)
	}
	close(hang)
	if v, ok := c.get("k"); v != 2 || !ok {
		t.Errorf("kept %v", v)
	}
}

func TestFailuresAndPanicsAreNotKept(t *testing.T) {
	c := newCache(1 << 20)
	fail := errors.New("nothing")
	if _, err := c.do(context.Background(), "k", func(context.Context) (any, int64, error) { return 1, 8, fail }); !errors.Is(err, fail) {
		t.Error(err)
	}
	_, err := c.do(context.Background(), "k", func(context.Context) (any, int64, error) { panic("loose\nend") })
	if err == nil || !strings.Contains(err.Error(), "panic: loose") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q", err)
	}
	if v, err := c.do(context.Background(), "k", func(context.Context) (any, int64, error) { return 3, 8, nil }); v != 3 || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

// The values used last stay, and never more than the limit.
func TestCacheForgetsWhatWasUsedLongestAgo(t *testing.T) {
	const limit = 10_000
	c := newCache(limit)
	for _, k := range []string{"a", "b", "c"} {
		c.put(k, k, 2000)
	}
	c.get("a")
	c.put("d", "d", 2200)
	c.put("e", "e", 2200)
	for k, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true, "e": true} {
		if _, ok := c.byKey[k]; ok != want {
			t.Errorf("%s is kept: %v", k, ok)
		}
	}
	c.put("huge", 1, limit)
	if _, ok := c.get("huge"); ok {
		t.Error("a value as great as the cache pushed out the others")
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		c.put(fmt.Sprint(r.IntN(300)), 1, int64(r.IntN(3000)))
		var sum int64
		for e := c.order.Front(); e != nil; e = e.Next() {
			sum += e.Value.(*kept).bytes
		}
		if sum != c.bytes || sum > limit || c.order.Len() != len(c.byKey) {
			t.Fatalf("%d bytes in %d entries, counted %d in %d", sum, c.order.Len(), c.bytes, len(c.byKey))
		}
	}
}

func TestKeepGivesTypedValues(t *testing.T) {
	t.Parallel()
	f, _ := engineFixture(t)
	e := NewEngine(f.w, siteFS{}.load(t), EngineOptions{})
	runs := 0
	ask := func(version int64, key string) []string {
		v, err := Keep(t.Context(), e, version, key, func(ctx context.Context) ([]string, int64, error) {
			runs++
			_, err := e.Ask(ctx) // may ask in turn
			return []string{fmt.Sprint(key, version)}, 100, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if a, b, c, d := ask(1, "map S1"), ask(1, "map S1"), ask(2, "map S1"), ask(1, "map S2"); a[0] != "map S11" || &a[0] != &b[0] || c[0] != "map S12" || d[0] != "map S21" || runs != 3 {
		t.Errorf("%v %v %v %v after %d runs", a, b, c, d, runs)
	}
	if _, err := Keep(t.Context(), e, 1, "none", func(context.Context) (int, int64, error) { return 0, 0, ErrBusy }); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
}
