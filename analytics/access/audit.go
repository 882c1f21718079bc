package access

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"gridstar/analytics/warehouse"
)

// LogOptions configure an audit log.
type LogOptions struct {
	Now func() time.Time // naive time of the site's zone
	Key []byte           // of the chain: Warehouse.Derive("audit")
	Log *slog.Logger     // nil: slog.Default
}

// Log is the audit log: an append-only chain of lines, each hashed with the one before it, in one file a month. It is safe
// for concurrent use. The program never deletes a file; whole months older than half a year may be moved away by hand.
type Log struct {
	dir string
	o   LogOptions

	waiting sync.Mutex // guards the queue
	queue   []*queued
	mu      sync.Mutex // guards what follows; held while lines are written
	month   string     // of the file that lines are written to; "" before the first
	file    *os.File
	size    int64 // acknowledged bytes of the file
	torn    bool  // bytes of a failed line may lie behind size
	head    Head
	floods  floods
	closed  bool
}

// queued is a line on its way to disk.
type queued struct {
	entry Entry
	done  bool // guarded by Log.mu; err is set by then
	err   error
}

// ErrLog means that a line could not be written, so that what it tells of must not be done.
var ErrLog = errors.New("审计日志无法写入，请检查磁盘空间和目录权限")

var segmentName = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])\.jsonl$`)

// segments are the files of a log, the oldest first.
func segments(dir string) ([]string, error) {
	all, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("无法读取审计日志：%w", err)
	}
	var names []string
	for _, f := range all {
		if segmentName.MatchString(f.Name()) {
			names = append(names, f.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// OpenLog opens the log of a data directory. Nothing is made on disk before the first line. A last line without its end
// was never acknowledged: it is taken away, and a line says so.
func OpenLog(dir warehouse.Dir, o LogOptions) (*Log, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	l := &Log{dir: dir.Audit(), o: o, floods: newFloods()}
	names, err := segments(l.dir)
	if err != nil || len(names) == 0 {
		return l, err
	}
	l.month = monthOf(names[len(names)-1])
	if l.file, err = os.OpenFile(l.path(l.month), os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("无法打开审计日志：%w", err)
	}
	cut, err := l.cutTorn()
	if err == nil {
		err = l.findHead(names)
	}
	if err == nil && cut > 0 {
		err = l.Append(Entry{Account: CommandLine, Event: Audited, Outcome: Failed, Object: fmt.Sprintf("末尾有 %d 字节未写完的内容，已去除", cut)})
	}
	if err != nil {
		l.file.Close()
		return nil, err
	}
	return l, nil
}

func (l *Log) path(month string) string { return filepath.Join(l.dir, month+".jsonl") }

// cutTorn takes away what lies behind the last newline of the file, and says how much.
func (l *Log) cutTorn() (int64, error) {
	info, err := l.file.Stat()
	if err != nil {
		return 0, err
	}
	end := info.Size()
	buf := make([]byte, 64<<10)
	for end > 0 {
		from := max(0, end-int64(len(buf)))
		part := buf[:end-from]
		if _, err := l.file.ReadAt(part, from); err != nil {
			return 0, fmt.Errorf("无法读取审计日志：%w", err)
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			end = from + int64(i) + 1
			break
		}
		end = from
	}
	l.size = end
	if end < info.Size() {
		return info.Size() - end, l.cut()
	}
	return 0, nil
}

// findHead reads the last line of the chain. A log whose last line cannot be read goes on behind it, and verify says so.
func (l *Log) findHead(names []string) error {
	for _, name := range slices.Backward(names) {
		found := false
		err := backwards(filepath.Join(l.dir, name), -1, func(text []byte) bool {
			e, _, _, hash, err := decode(text)
			if err != nil {
				l.o.Log.Error("the audit log holds a line that is none", "file", name)
				return true
			}
			l.head, found = Head{e.Seq, hash}, true
			return false
		})
		if err != nil || found {
			return err
		}
	}
	return nil
}

// cut removes what lies behind the last acknowledged line.
func (l *Log) cut() error {
	l.torn = true
	if err := errors.Join(l.file.Truncate(l.size), l.file.Sync()); err != nil {
		return fmt.Errorf("%w：%w", ErrLog, err)
	}
	l.torn = false
	return nil
}

// Head is the last acknowledged line.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head
}

// Write appends what an actor did.
func (l *Log) Write(by Actor, e Event, object string, o Outcome) error {
	return l.Append(Entry{Account: by.Account, ViewedBy: by.ViewedBy, Address: by.Address, Event: e, Object: object, Outcome: o})
}

// Append writes a line; when it returns nil the line is on disk. Seq and At are filled in. Of refusals only so many a
// minute are written singly, from one address and in all; the rest are counted and written as one line with the first
// line after that minute, or when the log is closed. Errors wrap ErrLog.
func (l *Log) Append(e Entry) error {
	q := &queued{entry: e}
	l.waiting.Lock()
	l.queue = append(l.queue, q)
	l.waiting.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !q.done {
		l.flush()
	}
	return q.err
}

// flush writes all queued lines. Those that were queued while the disk was busy share one write: whoever comes first
// writes them for the others.
func (l *Log) flush() {
	l.waiting.Lock()
	batch := l.queue
	l.queue = nil
	l.waiting.Unlock()
	now := l.o.Now()
	counted := l.floods.over(now)
	entries := slices.Clone(counted)
	var writing []*queued // those of the batch that are written, not counted
	for _, q := range batch {
		q.done = true
		if q.entry.Outcome == Denied && !l.closed && l.floods.count(q.entry, now) {
			continue
		}
		entries, writing = append(entries, q.entry), append(writing, q)
	}
	if len(entries) == 0 {
		return
	}
	if err := l.write(entries, now); err != nil {
		l.floods.again(counted)
		for _, q := range writing {
			q.err = err
		}
	}
}

// write appends entries to the chain: all are on disk when it returns nil, and none otherwise.
func (l *Log) write(entries []Entry, now time.Time) error {
	if l.closed {
		return fmt.Errorf("%w：已关闭", ErrLog)
	}
	if err := l.turn(now.Format("2006-01")); err != nil {
		return err
	}
	if err := l.inPlace(); err != nil {
		return err
	}
	if l.torn {
		if err := l.cut(); err != nil {
			return err
		}
	}
	head := l.head
	var text []byte
	for _, e := range entries {
		for _, field := range []*string{&e.Account, &e.ViewedBy, &e.Address, &e.Object} {
			*field = clean(*field)
		}
		e.Seq, e.At = head.Seq+1, now
		one, hash, err := encode(l.o.Key, head.Hash, e, l.size == 0 && len(text) == 0)
		if err != nil {
			return fmt.Errorf("%w：%w", ErrLog, err)
		}
		text, head = append(text, one...), Head{e.Seq, hash}
	}
	_, err := l.file.WriteAt(text, l.size)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%w：%w", ErrLog, err), l.cut())
	}
	l.size += int64(len(text))
	l.head = head
	return nil
}

// inPlace says whether the file that is written to is still the one in the folder: what is written to a file that was
// moved away by day is nowhere to be found by night.
func (l *Log) inPlace() error {
	here, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("%w：%w", ErrLog, err)
	}
	if there, err := os.Stat(l.path(l.month)); err != nil || !os.SameFile(here, there) {
		return fmt.Errorf("%w：%s.jsonl 已被移走或替换，请放回原处", ErrLog, l.month)
	}
	return nil
}

// turn opens the file of a month. A clock that was set back goes on in the file at hand.
func (l *Log) turn(month string) error {
	if l.file != nil && month <= l.month {
		return nil
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return fmt.Errorf("%w：%w", ErrLog, err)
	}
	f, err := os.OpenFile(l.path(month), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = errors.Join(warehouse.SyncDir(l.dir), warehouse.SyncDir(filepath.Dir(l.dir)))
		if err != nil {
			f.Close()
			os.Remove(l.path(month))
		}
	}
	if err != nil {
		return fmt.Errorf("%w：%w", ErrLog, err)
	}
	if l.file != nil {
		if l.torn {
			err = l.cut()
		}
		err = errors.Join(err, l.file.Close())
	}
	l.file, l.month, l.size, l.torn = f, month, 0, false
	return err
}

// Close writes what was only counted and closes the log. Nothing can be appended afterwards.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	var err error
	if counted := l.floods.counted(); len(counted) > 0 {
		err = l.write(counted, l.o.Now())
	}
	l.closed = true
	if l.file != nil {
		err = errors.Join(err, l.file.Close())
	}
	return err
}
