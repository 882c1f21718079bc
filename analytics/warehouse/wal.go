package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// What DuckDB does with its WAL, measured, and what follows from it:
//
//   - a WAL with a wrong checksum refuses to open: it is set aside and the main file is opened alone;
//   - a WAL that has been shortened opens with fewer rows and no word: the journal tells which jobs are gone;
//   - after opening a WAL with a torn end (any kill -9 inside a commit leaves one) DuckDB appends the next commits
//     behind the torn record, and the opening after that refuses or drops them all: therefore nothing is written
//     before the WAL has been folded into the main file;
//   - folding removes the WAL, and so does opening it where the main file is missing: therefore it gets a second
//     name before DuckDB sees it, which is kept as evidence when jobs are missing.

// thresholds for folding the WAL: after a job of this many copies, or when the WAL has grown beyond this size;
// beyond maxWAL new jobs wait until it has been folded.
const (
	largeJobRows = 100_000
	largeWAL     = 64 << 20
	maxWAL       = 1 << 30
)

// walRefused says whether an opening failed because of what the WAL holds, as opposed to a shortage that may pass
// or to something about the main file: only then may the WAL be set aside.
func walRefused(err error) bool {
	if err == nil || !strings.Contains(err.Error(), "Failure while replaying WAL file") {
		return false
	}
	for _, shortage := range []string{"Out of Memory", "No space left", "Input/output error", "Too many open files"} {
		if strings.Contains(err.Error(), shortage) {
			return false
		}
	}
	return true
}

// linkWAL gives a WAL that is not empty its second name. One that is left from a start that did not come to its
// end is the older evidence and stays.
func (w *Warehouse) linkWAL() error {
	if w.walBytes() == 0 {
		return nil
	}
	err := os.Link(w.dir.WAL(), w.dir.keptWAL())
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without hard links
		err = copyFile(w.dir.WAL(), w.dir.keptWAL())
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("无法备份预写日志：%w", err)
	}
	return nil
}

// judgeWAL ends a start: with jobs newly found missing the WAL as it was found is set aside, else its second name
// goes.
func (w *Warehouse) judgeWAL(newlyLost bool) error {
	if newlyLost {
		if _, err := os.Lstat(w.dir.keptWAL()); err == nil {
			return w.setAsideWAL(w.dir.keptWAL())
		}
		return nil
	}
	return w.dropKeptWAL()
}

func (w *Warehouse) dropKeptWAL() error {
	if err := os.Remove(w.dir.keptWAL()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// setAsideWAL renames a WAL for good. Nothing here ever deletes such a file.
func (w *Warehouse) setAsideWAL(name string) error {
	stem := w.dir.WAL() + ".damaged-" + w.opts.Now().Format("20060102-150405")
	aside := stem
	for i := 2; ; i++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d", stem, i)
	}
	if err := os.Rename(name, aside); err != nil {
		return err
	}
	w.log.Error("WAL set aside", "file", aside)
	return SyncDir(string(w.dir))
}

// walBytes is the size of the WAL now.
func (w *Warehouse) walBytes() int64 {
	info, err := os.Stat(w.dir.WAL())
	if err != nil {
		return 0
	}
	return info.Size()
}

// checkpoint folds the WAL into the main file. DuckDB refuses while another write transaction is open: that is
// no failure (done is false), the next quiet moment will do.
func (w *Warehouse) checkpoint(ctx context.Context) (done bool, err error) {
	s, err := w.session(ctx)
	if err != nil {
		return false, err
	}
	defer s.close()
	_, err = s.conn.ExecContext(s.ctx, "CHECKPOINT")
	if err != nil && strings.Contains(err.Error(), "other write transactions") {
		return false, nil
	}
	if err == nil {
		s.engine.unfolded.Store(false)
	}
	return err == nil, w.fail(s, err)
}

// fold waits for the running jobs to end, keeps new ones waiting and folds the WAL.
func (w *Warehouse) fold(ctx context.Context) error {
	unlock, err := w.spaces.lock(ctx, true)
	if err != nil {
		return err
	}
	defer unlock()
	done, err := w.checkpoint(ctx)
	if err == nil && !done {
		err = errors.New("other write transactions are open")
	}
	if err != nil {
		return fmt.Errorf("无法把预写日志并入数据库文件，本次作业未执行，查询不受影响；请检查磁盘后重试：%w", err)
	}
	return nil
}

// afterLargeJob has the WAL folded where the job or the WAL is large. The job is published whatever comes of it, and is
// acknowledged before: in a table of millions of which a tenth was replaced, folding takes longer than the job. Commits
// wait for it, readers do not. The caller still has its session, so that Close waits.
func (w *Warehouse) afterLargeJob(rows int64) {
	if rows < largeJobRows && w.walBytes() < largeWAL || !w.folding.CompareAndSwap(false, true) {
		return
	}
	w.folds.Go(func() {
		w.writer <- struct{}{}
		defer func() { <-w.writer }()
		w.folding.Store(false) // who commits from now on comes too late for this one
		if _, err := w.checkpoint(context.Background()); err != nil && !errors.Is(err, ErrClosed) {
			w.log.Error("checkpoint", "error", strings.TrimSpace(err.Error()))
		}
	})
}
