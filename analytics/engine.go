package analytics

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// EngineOptions configure an Engine. The zero value serves.
type EngineOptions struct {
	Parallel   int           // questions that run at once; default 2
	CacheBytes int64         // memory for answers and kept values; default 64 MiB
	Wait       time.Duration // how long a question waits for its turn before ErrBusy; default 10 s
}

// Engine answers queries for many callers at once: a gate before the warehouse and a cache behind it. A question is
// known by the data version, the catalogue, the scope, the query and its Now cut to NowStep; equal questions that
// come at the same time are asked once. It is safe for concurrent use.
type Engine struct {
	w     *warehouse.Warehouse
	cat   *catalog.Catalog
	gate  *gate
	cache *cache

	reading sync.Mutex // held while a register is read

	mu      sync.Mutex
	stamp   int64 // Warehouse.Version before a snapshot was taken …
	version int64 // … and the version of that snapshot
}

// NowStep is what Ask cuts Query.Now to: within five minutes equal questions have equal answers.
const NowStep = 5 * time.Minute

// NewEngine puts an engine before a warehouse. It holds nothing that has to be closed.
func NewEngine(w *warehouse.Warehouse, cat *catalog.Catalog, o EngineOptions) *Engine {
	if o.Parallel <= 0 {
		o.Parallel = 2
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 64 << 20
	}
	if o.Wait <= 0 {
		o.Wait = 10 * time.Second
	}
	return &Engine{w: w, cat: cat, gate: newGate(o.Parallel, o.Wait), cache: newCache(o.CacheBytes), stamp: -1}
}

// Catalog is the catalogue the engine answers by.
func (e *Engine) Catalog() *catalog.Catalog { return e.cat }

// Version is the latest data version. It is that of the next answer unless something is published in between.
func (e *Engine) Version() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if stamp := e.w.Version(); stamp != e.stamp {
		return stamp
	}
	return e.version
}

// sawVersion remembers the version of a snapshot that was taken after Warehouse.Version had given stamp. The two
// differ where a job was just committed, and after jobs were lost: the number goes on above what the journal knows.
func (e *Engine) sawVersion(stamp, version int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if stamp > e.stamp || stamp == e.stamp && version > e.version {
		e.stamp, e.version = stamp, version
	}
}

// View runs fn on one snapshot, behind the same gate as Ask. fn must not call Ask, View or Keep: it would wait for a
// place while it holds one.
func (e *Engine) View(ctx context.Context, fn func(*warehouse.View) error) error {
	return e.gate.pass(ctx, func() error {
		stamp := e.w.Version()
		return e.w.View(ctx, func(v *warehouse.View) error {
			e.sawVersion(stamp, v.Version())
			return fn(v)
		})
	})
}

// errMoved: something was published while a question was under way.
var errMoved = errors.New("the data version has moved on")

// askTries bounds how often Ask begins anew because of that.
const askTries = 3

// Ask answers queries, all from one data version, in their order. Answers are shared between callers and must not be
// changed. Now is cut to NowStep, and the answers say so. The first mistake in a query is the error (Run).
func (e *Engine) Ask(ctx context.Context, qs ...Query) ([]*Answer, error) {
	asked := make([]Query, len(qs))
	for i, q := range qs {
		asked[i] = q
		asked[i].Now = q.Now.Truncate(NowStep)
	}
	for range askTries {
		answers, err := e.askAt(ctx, e.Version(), asked)
		if !errors.Is(err, errMoved) {
			return answers, err
		}
	}
	// Jobs follow each other closely: one snapshot for all holds them still.
	answers := make([]*Answer, len(asked))
	err := e.View(ctx, func(v *warehouse.View) error {
		for i, q := range asked {
			a, err := run(ctx, v, e.cat, q, e.register)
			if err != nil {
				return err
			}
			answers[i] = a
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// askAt answers queries at one data version; errMoved if it is not the latest any more. Of several errors the one of
// the first query counts.
func (e *Engine) askAt(ctx context.Context, version int64, qs []Query) ([]*Answer, error) {
	answers, errs := make([]*Answer, len(qs)), make([]error, len(qs))
	var running sync.WaitGroup
	for i, q := range qs {
		key := fmt.Sprintf("ask %d %s %s", version, e.cat.Hash(), q.key())
		if v, ok := e.cache.get(key); ok {
			answers[i] = v.(*Answer)
			continue
		}
		running.Go(func() {
			v, err := e.cache.do(ctx, key, func(ctx context.Context) (any, int64, error) { return e.run(ctx, version, q) })
			answers[i], _ = v.(*Answer)
			errs[i] = err
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// run answers one query on a snapshot of its own.
func (e *Engine) run(ctx context.Context, version int64, q Query) (any, int64, error) {
	var a *Answer
	err := e.View(ctx, func(v *warehouse.View) (err error) {
		if v.Version() != version {
			return errMoved
		}
		a, err = run(ctx, v, e.cat, q, e.register)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return a, a.bytes(), nil
}

// register is loadRegister with memory. It reads on the caller's own snapshot, which may end before another's would: so
// questions of a new data version take turns here, and all but the first find it read.
func (e *Engine) register(ctx context.Context, v *warehouse.View, asOf *int64, on time.Time, reach units.Reach) (*register, error) {
	whole := fmt.Sprintf("register %d %s", v.Version(), on.Format(time.DateOnly))
	if asOf != nil {
		whole += fmt.Sprintf(" %d", *asOf)
	}
	key := whole
	if !reach.All {
		key += " " + reach.Key()
	}
	if r, ok := e.cache.get(key); ok {
		return r.(*register), nil
	}
	e.reading.Lock()
	defer e.reading.Unlock()
	if r, ok := e.cache.get(key); ok {
		return r.(*register), nil
	}
	var r *register
	if kept, ok := e.cache.get(whole); ok {
		r = kept.(*register)
	} else {
		var err error
		if r, err = loadWhole(ctx, v, asOf, on); err != nil {
			return nil, err
		}
		e.cache.put(whole, r, r.bytes())
	}
	if !reach.All {
		r = r.within(reach)
		e.cache.put(key, r, r.bytes())
	}
	return r, nil
}

// Keep gives a value that fn works out from one data version (scores, the geometry of a map): the first time from fn,
// then from memory until it is pushed out. key names kind and parameters, everything besides version and catalogue
// that the value depends on; bytes is about the memory it holds. Equal keys asked for at the same time run fn once,
// under a context that ends when all who wait for it have left. The value is shared and must not be changed.
// fn may call Ask, View and Keep with other keys.
func Keep[T any](ctx context.Context, e *Engine, version int64, key string, fn func(context.Context) (value T, bytes int64, err error)) (T, error) {
	v, err := e.cache.do(ctx, fmt.Sprintf("keep %d %s %s", version, e.cat.Hash(), key), func(ctx context.Context) (any, int64, error) {
		return fn(ctx)
	})
	value, _ := v.(T) // a key that names the kind has values of one type
	return value, err
}

// key writes the query so that equal ones, and no others, have equal keys.
func (q Query) key() string {
	asOf := int64(-1)
	if q.AsOf != nil {
		asOf = *q.AsOf
	}
	var b strings.Builder
	at := func(t time.Time) string { return t.Format(time.RFC3339Nano) }
	fmt.Fprintf(&b, "%q %q %s %s %q %q %s %d %q %d %q", q.Metrics, q.Dims, at(q.From), at(q.To), q.Org, q.Compare, at(q.Now), asOf, q.Units, q.Limit, q.Scope.Key())
	for _, f := range q.Where {
		fmt.Fprintf(&b, " where %q %q", f.Dim, f.Values)
	}
	for _, f := range q.Fold {
		fmt.Fprintf(&b, " fold %q %q", f.Dim, f.Keep)
	}
	return b.String()
}

// bytes is about the memory an answer holds.
func (a *Answer) bytes() int64 {
	size := int64(1024)
	for _, r := range a.Rows {
		size += 64
		for _, k := range r.Keys {
			size += 64 + int64(len(k.Name)+len(k.Upper))
		}
		size += int64(len(r.Cells)) * 160 // the cell, and the floats it points to
	}
	return size
}
