package warehouse

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"
)

// Options configure a warehouse. The zero value serves.
type Options struct {
	Threads   int              // DuckDB's threads; default: the machine's cores
	MemoryMiB int              // DuckDB's memory_limit; default 1,024. The process exceeds it by 0.3–0.5 GiB
	Readers   int              // readers admitted at once; default: twice the threads
	MinFree   uint64           // floor of free bytes under which nothing is written; default 256 MiB
	Now       func() time.Time // the clock, as naive time in the site's zone; default time.Now
	Log       *slog.Logger     // default slog.Default
	OnDead    func(error)      // called once if the engine cannot be reopened; the process should end
}

func (o Options) withDefaults() Options {
	if o.Threads == 0 {
		o.Threads = runtime.NumCPU()
	}
	if o.MemoryMiB == 0 {
		o.MemoryMiB = 1024
	}
	if o.Readers == 0 {
		o.Readers = 2 * o.Threads
	}
	if o.MinFree == 0 {
		o.MinFree = 256 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// PublishHook runs inside a job's transaction just before its commit, under the writer's lock. It may read only
// rows that the job wrote or ended (its snapshot shows nothing that was published meanwhile) and write differences.
type PublishHook func(ctx context.Context, j *Job) error

// Warehouse is an open data directory.
type Warehouse struct {
	dir    Dir
	lease  *Lease
	opts   Options
	log    *slog.Logger
	key    []byte
	folder *os.File // the directory itself: DuckDB names its file through this descriptor

	// pin is our own descriptor of the database file, never closed before the Connector: closing any other one
	// would drop DuckDB's POSIX lock on the file (docs/design.md).
	pin *os.File

	journal *journal
	hooks   []PublishHook
	spaces  *spaces
	gate    chan struct{} // admits readers
	writer  chan struct{} // the one writer's lock
	columns map[string][]column
	maxWAL  int64 // see maxWAL
	known   known
	folds   sync.WaitGroup // foldings of the WAL after large jobs
	folding atomic.Bool    // one is waiting for its turn

	mu        sync.Mutex // guards what follows
	engine    *engine
	reopening chan struct{} // closed when the engine under replacement serves again
	dead      error
	version   int64 // the latest data version ever acknowledged
	lastJob   int64
	lost      []Entry
	damaged   []string
}

// Open takes over a data directory whose lease the caller holds: it migrates the file, copies a non-empty WAL,
// opens DuckDB and compares what it finds with the journal. Lost jobs do not stop it: ask Lost.
// Close gives the files back; the lease stays with the caller.
func Open(ctx context.Context, lease *Lease, o Options) (*Warehouse, error) {
	o = o.withDefaults()
	w := &Warehouse{
		dir: lease.dir, lease: lease, opts: o, log: o.Log,
		spaces: newSpaces(), gate: make(chan struct{}, o.Readers), writer: make(chan struct{}, 1),
		maxWAL: maxWAL,
	}
	if err := w.open(); err != nil {
		w.closeFiles()
		return nil, err
	}
	return w, nil
}

func (w *Warehouse) open() (err error) {
	if w.folder, err = os.Open(string(w.dir)); err != nil {
		return fmt.Errorf("无法打开数据目录：%w", err)
	}
	if w.journal, err = openJournal(w.dir.Journal(), w.opts.Now); err != nil {
		return err
	}
	_, statErr := os.Stat(w.dir.Database())
	if w.key, err = w.dir.secret(len(w.journal.entries) > 0 || statErr == nil); err != nil {
		return err
	}
	w.journal.key = fingerprint(w.key)
	if made := w.journal.madeWith(); made != "" && made != w.journal.key {
		return fmt.Errorf("密钥文件 %s 不是写入现有数据时的那一个，请从备份恢复原来的文件", w.dir.path("secret"))
	}
	if w.engine, err = w.start(); err != nil {
		return err
	}
	if w.pin, err = os.Open(w.dir.Database()); err != nil {
		return err
	}
	return SyncDir(string(w.dir))
}

func (w *Warehouse) dirFD() int { return int(w.folder.Fd()) }

// Close waits for running jobs and readers, folds the WAL into the file and closes everything.
func (w *Warehouse) Close() error {
	w.mu.Lock()
	for w.reopening != nil {
		wait := w.reopening
		w.mu.Unlock()
		<-wait
		w.mu.Lock()
	}
	if errors.Is(w.dead, ErrClosed) {
		w.mu.Unlock()
		return nil
	}
	e := w.engine
	w.engine, w.dead = nil, ErrClosed
	w.mu.Unlock()
	var err error
	if e != nil {
		e.users.Wait()
		if context.Cause(e.ctx) == nil && w.walBytes() > 0 {
			if _, err := e.db.Exec("CHECKPOINT"); err != nil {
				w.log.Error("checkpoint at close; the WAL keeps the data", "error", err.Error())
			}
		}
		err = e.close()
	}
	w.folds.Wait()
	return errors.Join(err, w.closeFiles())
}

func (w *Warehouse) closeFiles() error {
	var errs []error
	if w.engine != nil {
		errs = append(errs, w.engine.close())
		w.engine = nil
	}
	if w.pin != nil {
		errs = append(errs, w.pin.Close())
	}
	if w.journal != nil {
		errs = append(errs, w.journal.close())
	}
	if w.folder != nil {
		errs = append(errs, w.folder.Close())
	}
	return errors.Join(errs...)
}

// Dir is the data directory.
func (w *Warehouse) Dir() Dir { return w.dir }

// Version is the latest data version.
func (w *Warehouse) Version() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.version
}

// OnPublish registers a hook. Call it before the first job.
func (w *Warehouse) OnPublish(h PublishHook) { w.hooks = append(w.hooks, h) }

// Hasher returns a keyed hash for identities and pseudonyms: HMAC-SHA-256 under the directory's secret, so that
// nobody without it can recover a name or number by trying. Not safe for concurrent use; take one per goroutine.
func (w *Warehouse) Hasher() *Hasher { return &Hasher{mac: hmac.New(sha256.New, w.key)} }

// View is one admitted reader on one snapshot.
type View struct {
	s       *session
	version int64
}

// View runs fn on one snapshot of the warehouse. fn only reads; it is run a second time if the engine had to be
// reopened under it. It waits while too many readers are under way.
func (w *Warehouse) View(ctx context.Context, fn func(v *View) error) error {
	select {
	case w.gate <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-w.gate }()
	return w.snapshot(ctx, fn)
}

func (w *Warehouse) snapshot(ctx context.Context, fn func(v *View) error) error {
	err := w.view(ctx, fn)
	if errors.Is(err, ErrReopened) {
		err = w.view(ctx, fn)
	}
	return err
}

func (w *Warehouse) view(ctx context.Context, fn func(v *View) error) (err error) {
	s, err := w.session(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	defer func() { err = w.fail(s, err) }()
	tx, err := s.conn.BeginTx(s.ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	v := &View{s: s}
	if err := s.conn.QueryRowContext(s.ctx, "SELECT coalesce(max(version), 0) FROM job").Scan(&v.version); err != nil {
		return err
	}
	return fn(v)
}

// Version is the data version of the snapshot.
func (v *View) Version() int64 { return v.version }

// Query reads rows; see Rows for the helper that closes and checks them.
func (v *View) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx, _, err := v.s.under(ctx)
	if err != nil {
		return nil, err
	}
	return v.s.conn.QueryContext(ctx, query, args...)
}

// Arrow reads a result as Arrow batches. Release the reader.
func (v *View) Arrow(ctx context.Context, query string, args ...any) (r array.RecordReader, err error) {
	if ctx, _, err = v.s.under(ctx); err != nil {
		return nil, err
	}
	err = v.s.conn.Raw(func(dc any) error {
		a, err := arrowConn(dc)
		if err != nil {
			return err
		}
		r, err = a.QueryContext(ctx, query, args...)
		return err
	})
	return r, err
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	return WriteFile(to, 0o600, func(w io.Writer) error {
		_, err := io.Copy(w, src)
		return err
	})
}
