package analytics

import (
	"container/list"
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// cache keeps values by key, the ones used last up to a number of bytes, and works each out once however many ask for
// it at the same time.
type cache struct {
	mu      sync.Mutex
	limit   int64
	bytes   int64
	order   *list.List // of *kept; the one used last in front
	byKey   map[string]*list.Element
	flights map[string]*flight
}

type kept struct {
	key   string
	value any
	bytes int64
}

// flight is a value being worked out. It ends early when nobody waits for it any more.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // guarded by cache.mu
	value   any
	err     error
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, order: list.New(), byKey: map[string]*list.Element{}, flights: map[string]*flight{}}
}

// get finds a value that is kept.
func (c *cache) get(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lookup(key)
}

func (c *cache) lookup(key string) (any, bool) {
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).value, true
}

// do gives the value of a key, from memory or from fn. Callers with the same key share one run of fn, under a context
// with the values of the first caller's that ends when the last of them has left: one who gives up does not stop it
// for the others. What fn fails with is given to those who waited and not kept.
func (c *cache) do(ctx context.Context, key string, fn func(context.Context) (value any, bytes int64, err error)) (any, error) {
	c.mu.Lock()
	if v, ok := c.lookup(key); ok {
		c.mu.Unlock()
		return v, nil
	}
	f := c.flights[key]
	if f == nil {
		runs, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &flight{done: make(chan struct{}), cancel: cancel}
		c.flights[key] = f
		go c.fly(runs, key, f, fn)
	}
	f.waiting++
	c.mu.Unlock()
	defer c.leave(key, f)
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// leave counts a waiting caller out; the last one ends the flight.
func (c *cache) leave(key string, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	f.cancel()
	if c.flights[key] == f {
		delete(c.flights, key) // who asks from now on does not get a cancelled answer
	}
}

func (c *cache) fly(ctx context.Context, key string, f *flight, fn func(context.Context) (any, int64, error)) {
	value, bytes, err := recovered(ctx, fn)
	c.mu.Lock()
	defer c.mu.Unlock()
	f.value, f.err = value, err
	if c.flights[key] == f {
		delete(c.flights, key)
	}
	if err == nil {
		c.keep(key, value, bytes)
	}
	close(f.done)
}

// recovered runs fn away from its caller's stack, where a panic would end the process and not one request.
func recovered(ctx context.Context, fn func(context.Context) (any, int64, error)) (value any, bytes int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &engineError{fmt.Errorf("panic: %v\n%s", p, debug.Stack())} // it shows its first line
		}
	}()
	return fn(ctx)
}

// put stores a value.
func (c *cache) put(key string, value any, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(key, value, bytes)
}

// keep stores a value and forgets those used longest ago beyond the limit. A value greater than a quarter of the
// limit would push out too much and is not kept.
func (c *cache) keep(key string, value any, bytes int64) {
	bytes += int64(2*len(key)) + entryBytes
	if _, ok := c.byKey[key]; ok || bytes > c.limit/4 {
		return
	}
	c.byKey[key] = c.order.PushFront(&kept{key, value, bytes})
	c.bytes += bytes
	for c.bytes > c.limit {
		last := c.order.Back()
		k := c.order.Remove(last).(*kept)
		delete(c.byKey, k.key)
		c.bytes -= k.bytes
	}
}

// entryBytes is about what the cache itself needs for an entry.
const entryBytes = 256
