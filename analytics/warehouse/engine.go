package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/marcboeker/go-duckdb"
)

// An engine is one opening of the database file. After an error that DuckDB does not survive (isFatal, a failed
// COMMIT) the whole engine is drained, closed and replaced: connections of a broken engine stay poisoned, and
// the next commit of one whose commit failed stores a corrupted string (docs/design.md).
type engine struct {
	db     *sql.DB
	ctx    context.Context // ends when the engine must be drained; every statement runs under it
	cancel context.CancelCauseFunc
	users  sync.WaitGroup // connections in use
}

// dsn locks the instance down: Go opens every file, SQL never does, and no statement can change that. The file
// is named through the directory's descriptor, so that no character of a path can be taken for a setting.
func dsn(dirFD int, o Options) string {
	v := url.Values{}
	v.Set("enable_external_access", "false")
	v.Set("autoinstall_known_extensions", "false")
	v.Set("autoload_known_extensions", "false")
	v.Set("lock_configuration", "true")
	v.Set("threads", fmt.Sprint(o.Threads))
	v.Set("memory_limit", fmt.Sprintf("%dMiB", o.MemoryMiB))
	v.Set("checkpoint_threshold", "1TB") // we checkpoint ourselves, outside of commits
	return fmt.Sprintf("/proc/self/fd/%d/warehouse.duckdb?%s", dirFD, v.Encode())
}

func openEngine(dirFD int, o Options) (*engine, error) {
	c, err := duckdb.NewConnector(dsn(dirFD, o), nil)
	if err != nil {
		return nil, err
	}
	e := &engine{db: sql.OpenDB(c)}
	e.db.SetMaxIdleConns(8)
	e.ctx, e.cancel = context.WithCancelCause(context.Background())
	if err := e.db.Ping(); err != nil {
		e.db.Close()
		return nil, err
	}
	return e, nil
}

// drain cancels what runs and waits for every connection to come back.
func (e *engine) drain(cause error) {
	e.cancel(cause)
	e.users.Wait()
}

// session is a connection taken from an engine; the statements run under a context that ends with the caller's
// context or with the engine.
type session struct {
	engine *engine
	conn   *sql.Conn
	ctx    context.Context
	stop   func()
}

// session waits while the engine is being replaced.
func (w *Warehouse) session(ctx context.Context) (*session, error) {
	e, err := w.use(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := e.db.Conn(ctx)
	if err != nil {
		e.users.Done()
		return nil, err
	}
	sctx, cancel := context.WithCancelCause(ctx)
	detach := context.AfterFunc(e.ctx, func() { cancel(context.Cause(e.ctx)) })
	return &session{engine: e, conn: conn, ctx: sctx, stop: func() { detach(); cancel(nil) }}, nil
}

// use registers a user of the current engine.
func (w *Warehouse) use(ctx context.Context) (*engine, error) {
	for {
		w.mu.Lock()
		e, wait, err := w.engine, w.reopening, w.dead
		if err == nil && wait == nil {
			e.users.Add(1)
		}
		w.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case wait == nil:
			return e, nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// close gives the connection back. Its transaction, if any, must have ended.
func (s *session) close() {
	s.stop()
	s.conn.Close()
	s.engine.users.Done()
}

func (s *session) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.conn.QueryContext(ctx, query, args...)
}

// fail judges an error of one of the session's statements: if the engine is broken, it is replaced in the
// background as soon as every session has been closed. The error is returned for the caller to wrap.
func (w *Warehouse) fail(s *session, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(s.engine.ctx); cause != nil {
		return fmt.Errorf("%w（%w）", ErrReopened, err)
	}
	if isFatal(err) {
		go w.reopen(s.engine, err)
	}
	return err
}

// reopen replaces a broken engine: no new session starts, the running ones are cancelled, the file is closed,
// opened again and compared with the journal. It returns once a sound engine serves, or ErrDead.
func (w *Warehouse) reopen(broken *engine, cause error) error {
	w.mu.Lock()
	if w.engine != broken || w.dead != nil {
		dead, wait := w.dead, w.reopening
		w.mu.Unlock()
		if dead != nil {
			return dead
		}
		if wait != nil { // a third party already replaces the replacement
			<-wait
		}
		return nil
	}
	if wait := w.reopening; wait != nil {
		w.mu.Unlock()
		<-wait
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.dead
	}
	done := make(chan struct{})
	w.reopening = done
	w.mu.Unlock()

	w.log.Error("warehouse reopens", "cause", cause.Error())
	broken.drain(ErrReopened)
	err := broken.db.Close()
	if err != nil {
		w.log.Error("closing the broken engine", "error", err.Error())
	}
	fresh, err := w.start()

	w.mu.Lock()
	defer w.mu.Unlock()
	w.reopening = nil
	close(done)
	if err != nil {
		w.dead = fmt.Errorf("%w（%w）", ErrDead, err)
		if w.opts.OnDead != nil {
			go w.opts.OnDead(w.dead)
		}
		return w.dead
	}
	w.engine = fresh
	return nil
}

// start opens the database file beside its WAL, migrates it and brings warehouse and journal together. A WAL that
// DuckDB refuses is set aside, never deleted, and the main file is opened alone: the jobs that were only in the
// WAL are then found missing by the comparison.
func (w *Warehouse) start() (*engine, error) {
	kept, err := w.keepWAL()
	if err != nil {
		return nil, err
	}
	for {
		e, err := openEngine(w.dirFD(), w.opts)
		if err != nil && kept && !errors.Is(err, os.ErrPermission) {
			w.log.Error("the WAL is refused", "error", err.Error())
			if err := w.setAsideWAL(w.dir.WAL()); err != nil {
				return nil, err
			}
			kept = false
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("无法打开数据库文件 %s：%w", w.dir.Database(), err)
		}
		again, err := w.prepare(e)
		if err == nil && !again {
			return e, w.keepEvidence(kept)
		}
		if cerr := e.db.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return nil, err
		}
	}
}

// prepare does what every opening needs, on one connection before anyone else has one. again says that a
// migration step ran: the file is to be reopened before the next, because most WAL replays that are known to
// fail follow DDL.
func (w *Warehouse) prepare(e *engine) (again bool, err error) {
	ctx := context.Background()
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if again, err = migrateStep(ctx, conn); again || err != nil {
		return again, err
	}
	if err := dropStaleViews(ctx, conn); err != nil {
		return false, err
	}
	if w.columns, err = readColumns(ctx, conn); err != nil {
		return false, err
	}
	return false, w.reconcile(ctx, conn)
}

// keepEvidence keeps the copy of a WAL that opened but held fewer jobs than were acknowledged.
func (w *Warehouse) keepEvidence(kept bool) error {
	if !kept || len(w.Lost()) == 0 {
		return nil
	}
	return w.setAsideWAL(w.dir.WAL() + ".copy")
}

// keepWAL copies a non-empty WAL before DuckDB replays it, because DuckDB neither reports a shortened WAL nor
// keeps it.
func (w *Warehouse) keepWAL() (kept bool, err error) {
	info, err := os.Stat(w.dir.WAL())
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if info.Size() == 0 {
		return false, nil
	}
	if err := copyFile(w.dir.WAL(), w.dir.WAL()+".copy"); err != nil {
		return false, fmt.Errorf("无法备份预写日志：%w", err)
	}
	return true, nil
}

func (w *Warehouse) setAsideWAL(name string) error {
	aside := w.dir.WAL() + ".damaged-" + w.opts.Now().Format("20060102-150405")
	for i := 2; ; i++ {
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s.damaged-%s-%d", w.dir.WAL(), w.opts.Now().Format("20060102-150405"), i)
	}
	if err := os.Rename(name, aside); err != nil {
		return err
	}
	w.log.Error("WAL set aside", "file", aside)
	return syncDir(string(w.dir))
}

// views of Arrow readers carry this prefix: one that survived a crash must never be selected from.
const viewPrefix = "arrow_in_"

func dropStaleViews(ctx context.Context, conn *sql.Conn) error {
	rows, err := conn.QueryContext(ctx, "SELECT view_name FROM duckdb_views() WHERE NOT internal")
	if err != nil {
		return err
	}
	defer rows.Close()
	var stale []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		if strings.HasPrefix(name, viewPrefix) {
			stale = append(stale, name)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, name := range stale {
		if _, err := conn.ExecContext(ctx, "DROP VIEW "+name); err != nil {
			return err
		}
	}
	return nil
}

// checkpoint folds the WAL into the main file. DuckDB refuses while another write transaction is open: that is
// no failure, the next quiet moment will do.
func (w *Warehouse) checkpoint(ctx context.Context) error {
	s, err := w.session(ctx)
	if err != nil {
		return err
	}
	_, err = s.conn.ExecContext(s.ctx, "CHECKPOINT")
	if err != nil && strings.Contains(err.Error(), "other write transactions") {
		err = nil
	}
	err = w.fail(s, err)
	s.close()
	return err
}

// walBytes is the size of the WAL now.
func (w *Warehouse) walBytes() int64 {
	info, err := os.Stat(w.dir.WAL())
	if err != nil {
		return 0
	}
	return info.Size()
}
