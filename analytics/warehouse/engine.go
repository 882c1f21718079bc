package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/marcboeker/go-duckdb"
)

// An engine is one opening of the database file. After an error that DuckDB does not survive (isFatal, a failed
// COMMIT) the whole engine is drained, closed and replaced: connections of a broken engine stay poisoned, and
// the next commit of one whose commit failed stores a corrupted string (docs/design.md).
type engine struct {
	db     *sql.DB
	ctx    context.Context // ends when the engine is condemned; every statement runs under it, but COMMIT
	cancel context.CancelCauseFunc
	users  sync.WaitGroup // connections in use

	// unfolded: the WAL this engine was opened with is still there, because the disk is full. It may have a torn
	// end, so nothing may be written before it has been folded.
	unfolded atomic.Bool
}

// dsn locks the instance down: Go opens every file, SQL never does, and no statement can change that. The file
// is named through the directory's descriptor, so that no character of a path can be taken for a setting.
func dsn(dirFD int, file string, o Options) string {
	v := url.Values{}
	v.Set("enable_external_access", "false")
	v.Set("autoinstall_known_extensions", "false")
	v.Set("autoload_known_extensions", "false")
	v.Set("lock_configuration", "true")
	// This optimizer packs texts of under 16 bytes into signed integers and so sorts short Chinese texts wrongly.
	v.Set("disabled_optimizers", "compressed_materialization")
	v.Set("threads", fmt.Sprint(o.Threads))
	v.Set("memory_limit", fmt.Sprintf("%dMiB", o.MemoryMiB))
	v.Set("checkpoint_threshold", "1TB") // we checkpoint ourselves, outside of commits
	return fmt.Sprintf("/proc/self/fd/%d/%s?%s", dirFD, file, v.Encode())
}

func openEngine(dirFD int, file string, o Options) (*engine, error) {
	c, err := duckdb.NewConnector(dsn(dirFD, file, o), nil)
	if err != nil {
		return nil, err
	}
	e := &engine{db: sql.OpenDB(c)}
	e.db.SetMaxIdleConns(8)
	e.ctx, e.cancel = context.WithCancelCause(context.Background())
	// Closing must not fold the WAL: that of a broken engine is to be read again, not trusted to it.
	if _, err := e.db.Exec("PRAGMA disable_checkpoint_on_shutdown"); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *engine) close() error {
	e.cancel(ErrClosed)
	return e.db.Close()
}

// session is a connection taken from an engine; its statements run under a context that ends with the caller's
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
	s := &session{engine: e, conn: conn}
	s.ctx, s.stop = tie(ctx, e.ctx)
	return s, nil
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

// under makes a context for one statement that ends with the caller's or the session's. Without a call of stop it
// is freed with the session: rows may be read until then. ErrReopened refuses a statement on a condemned engine
// (an interrupt that comes before the statement would be lost).
func (s *session) under(ctx context.Context) (_ context.Context, stop func(), err error) {
	if s.engine.ctx.Err() != nil {
		return nil, nil, ErrReopened
	}
	ctx, stop = tie(ctx, s.ctx)
	return ctx, stop, nil
}

// tie derives from ctx a context that also ends, for the same cause, when other does.
func tie(ctx, other context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	detach := context.AfterFunc(other, func() { cancel(context.Cause(other)) })
	return ctx, func() { detach(); cancel(nil) }
}

// fail judges an error of one of the session's statements and condemns an engine that is broken. The error is
// returned for the caller to wrap; it is ErrReopened where the engine is being replaced.
func (w *Warehouse) fail(s *session, err error) error {
	if err == nil {
		return nil
	}
	if isFatal(err) {
		w.condemn(s.engine, err)
	}
	if context.Cause(s.engine.ctx) != nil && !errors.Is(err, ErrReopened) {
		return fmt.Errorf("%w（%w）", ErrReopened, err)
	}
	return err
}

// condemn takes a broken engine out of service: no session starts on it, the running ones are cancelled, and as
// soon as the last is closed it is replaced. It does not wait: the next session does.
func (w *Warehouse) condemn(e *engine, cause error) {
	e.cancel(ErrReopened)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.engine != e || w.reopening != nil || w.dead != nil {
		return
	}
	w.log.Error("warehouse reopens", "cause", cause.Error())
	w.reopening = make(chan struct{})
	go w.replace(e)
}

// replace closes a condemned engine, opens the file again and compares it with the journal.
func (w *Warehouse) replace(e *engine) {
	e.users.Wait()
	if err := e.close(); err != nil {
		w.log.Error("closing the broken engine", "error", err.Error())
	}
	w.known.dropAll()
	fresh, err := w.start()

	w.mu.Lock()
	defer w.mu.Unlock()
	w.engine = fresh
	close(w.reopening)
	w.reopening = nil
	if err != nil {
		w.dead = fmt.Errorf("%w（%w）", ErrDead, err)
		if w.opts.OnDead != nil {
			go w.opts.OnDead(w.dead)
		}
	}
}

// start opens the database file beside its WAL, folds the WAL, migrates the file and brings warehouse and journal
// together. What a full disk forbids waits: the engine is then unfolded and serves readers.
func (w *Warehouse) start() (*engine, error) {
	if err := os.RemoveAll(w.dir.spill()); err != nil {
		return nil, fmt.Errorf("无法清理数据库的临时文件：%w", err)
	}
	if err := w.createDatabase(); err != nil {
		return nil, fmt.Errorf("无法建立数据库文件 %s：%w", w.dir.Database(), err)
	}
	if err := w.linkWAL(); err != nil {
		return nil, err
	}
	before := len(w.Lost())
	mayFold := true
	for {
		e, err := openEngine(w.dirFD(), filepath.Base(w.dir.Database()), w.opts)
		if walRefused(err) && w.walBytes() > 0 {
			w.log.Error("the WAL is refused", "error", err.Error())
			if err := errors.Join(w.setAsideWAL(w.dir.WAL()), w.dropKeptWAL()); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, w.openingError(err)
		}
		if w.walBytes() > 0 {
			if mayFold = mayFold && w.room(0) == nil; mayFold {
				if _, err := e.db.Exec("CHECKPOINT"); err != nil { // the engine is lost, the data are not
					w.log.Error("the WAL cannot be folded", "error", err.Error())
					mayFold = false
					e.close()
					continue
				}
			}
			e.unfolded.Store(!mayFold)
		}
		again, err := w.prepare(e)
		if err == nil && !again {
			err = w.judgeWAL(len(w.Lost()) > before)
		}
		if err == nil && !again {
			return e, nil
		}
		if err = errors.Join(err, e.close()); err != nil {
			return nil, err
		}
	}
}

// createDatabase makes an empty database file whole or not at all: DuckDB refuses for ever one that it was killed
// over while writing its first blocks.
func (w *Warehouse) createDatabase() error {
	name := w.dir.Database()
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fresh := name + ".new"
	for _, left := range []string{fresh, fresh + ".wal"} {
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	e, err := openEngine(w.dirFD(), filepath.Base(fresh), w.opts)
	if err != nil {
		return err
	}
	if err := e.close(); err != nil {
		return err
	}
	f, err := os.Open(fresh) // no Connector holds it: closing takes no lock away
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(fresh, name); err != nil {
		return err
	}
	return SyncDir(string(w.dir))
}

func (w *Warehouse) openingError(err error) error {
	if strings.Contains(err.Error(), "Could not set lock") {
		return fmt.Errorf("数据库文件 %s 正被另一个程序打开，请先关闭该程序：%w", w.dir.Database(), err)
	}
	// The engine speaks English and names the file by a descriptor: its words go to the log.
	w.log.Error("opening the database", "error", err.Error())
	return &openError{file: w.dir.Database(), cause: err}
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
	if !e.unfolded.Load() {
		if again, err = migrateStep(ctx, conn); again || err != nil {
			return again, err
		}
		if err := dropStaleViews(ctx, conn); err != nil {
			return false, err
		}
	} else if version, err := schemaVersion(ctx, conn); err != nil || version != len(migrations) {
		return false, errors.Join(ErrDiskFull, err)
	}
	if w.columns == nil { // a reopening finds the same
		if w.columns, err = readColumns(ctx, conn); err != nil {
			return false, err
		}
	}
	return false, w.reconcile(ctx, conn)
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
		if _, err := conn.ExecContext(ctx, `DROP VIEW "`+strings.ReplaceAll(name, `"`, `""`)+`"`); err != nil {
			return err
		}
	}
	return nil
}
