package intake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/source"
)

// Options are what a Desk is made of. Dir, Ingester and Now must be given.
type Options struct {
	Dir      string                           // the data directory
	Ingester func() (*ingest.Ingester, error) // asked anew for each load: profiles may have changed
	Now      func() time.Time                 // naive, in the site's zone
	Audit    func(what string) error          // writes down what a file of the inbox does before it does it; nil: nothing is written

	Limits     source.Limits
	MaxRejects ingest.Limit  // where a Choice says nothing
	MinFree    uint64        // floor of free bytes under which nothing is taken in; default 512 MiB
	Keep       time.Duration // how long a file is kept once it is done with, or waits for somebody; default 7 days
	Interval   time.Duration // between two looks into the inbox; default 2 s
	Grace      time.Duration // how long a load under way may go on when the desk closes; default 8 s
	Patience   time.Duration // how long Load waits for other loads of the same ledger; default 5 s
	Log        *slog.Logger  // default slog.Default
}

func (o Options) withDefaults() Options {
	o.MinFree = cmp.Or(o.MinFree, 512<<20) // twice the warehouse's: what is handed in does not keep others from loading
	o.Keep = cmp.Or(o.Keep, 7*24*time.Hour)
	o.Interval = cmp.Or(o.Interval, 2*time.Second)
	o.Grace = cmp.Or(o.Grace, 8*time.Second)
	o.Patience = cmp.Or(o.Patience, 5*time.Second)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// maxTries is how often a load may be cut short before it is left alone: the file may be what ends the process.
const maxTries = 2

// metaDays is how long what is left of an upload is kept behind its file.
const metaDays = 366

// Desk takes files in. It is safe for concurrent use.
type Desk struct {
	o   Options
	dir warehouse.Dir

	mu      sync.Mutex
	uploads map[string]*Upload
	stop    map[string]context.CancelCauseFunc // of loads under way
	notices map[string]string                  // what is wrong with the inbox, by path
	wake    chan struct{}                      // something was queued
	turn    chan struct{}                      // held by the one load of the queue or the inbox
}

// Open reads what earlier processes left: what they had not finished receiving is removed, a load that was cut short is
// queued again. The directory's owner opens one Desk; nothing is loaded before Run.
func Open(o Options) (*Desk, error) {
	d := &Desk{
		o: o.withDefaults(), dir: warehouse.Dir(o.Dir), uploads: map[string]*Upload{}, stop: map[string]context.CancelCauseFunc{},
		notices: map[string]string{}, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1),
	}
	entries, err := os.ReadDir(d.dir.Uploads())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("无法读取上传文件的文件夹：%w", err)
	}
	for _, e := range entries {
		name := filepath.Join(d.dir.Uploads(), e.Name())
		if !e.IsDir() {
			if strings.HasPrefix(e.Name(), scratchPrefix) {
				os.Remove(name)
			}
			continue
		}
		u, err := readMeta(name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // never arrived whole
			err = os.RemoveAll(name)
		case err == nil && u.ID != e.Name():
			err = fmt.Errorf("the meta.json of %s is that of %s", e.Name(), u.ID)
		case err == nil:
			d.uploads[u.ID] = u
			err = d.resume(u)
		}
		if err != nil { // the others are still there
			d.o.Log.Error("an upload could not be read", "folder", e.Name(), "err", err)
		}
	}
	return d, nil
}

// resume puts a load that was cut short back into the queue.
func (d *Desk) resume(u *Upload) error {
	if u.State != Loading {
		return nil
	}
	if u.Kind == BordersOf { // nobody waits for it any more; if it was written all the same, loading it again changes nothing
		u.State, u.Note = Waiting, "上次载入时服务中断，请再次载入；已经写入的不会重复。"
		return d.save(u)
	}
	u.Tries++
	u.State, u.Note = Queued, "上次处理中断，已重新排队。"
	if u.Tries >= maxTries {
		u.State, u.Note, u.Finished = Failed, "", d.o.Now()
		u.Error = fmt.Sprintf("处理这份文件时服务中断了 %d 次，已停止自动处理；请检查文件，或告诉管理员查看日志后再发布。", u.Tries)
	}
	return d.save(u)
}

func (d *Desk) folder(id string) string { return filepath.Join(d.dir.Uploads(), id) }
func (d *Desk) file(id string) string   { return filepath.Join(d.folder(id), "file") }

// save writes an upload's meta.json. Who calls it holds the lock, or is the only one who knows the upload.
func (d *Desk) save(u *Upload) error {
	return warehouse.WriteFile(filepath.Join(d.folder(u.ID), "meta.json"), 0o600, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(u)
	})
}

func readMeta(folder string) (*Upload, error) {
	b, err := os.ReadFile(filepath.Join(folder, "meta.json"))
	if err != nil {
		return nil, err
	}
	var u Upload
	if err := json.Unmarshal(b, &u); err != nil {
		return nil, err
	}
	if _, known := stateLabels[u.State]; !known {
		return nil, fmt.Errorf("state %q", u.State)
	}
	return &u, nil
}

// change is the one way in which an upload changes: fn changes a copy or refuses; the copy counts once it is on disk.
func (d *Desk) change(id string, fn func(*Upload) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.uploads[id]
	if u == nil {
		return errUnknown
	}
	c := u.clone()
	if err := fn(&c); err != nil {
		return err
	}
	if err := d.save(&c); err != nil {
		return fmt.Errorf("上传文件的状态无法写入，没有改动，请检查磁盘：%w", err)
	}
	d.uploads[id] = &c
	return nil
}

// Uploads are those that match, the one received last first; nil matches all.
func (d *Desk) Uploads(match func(Upload) bool) []Upload {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []Upload
	for _, u := range d.uploads {
		if c := u.clone(); match == nil || match(c) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Upload) int {
		return cmp.Or(b.Received.Compare(a.Received), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Upload gives one upload.
func (d *Desk) Upload(id string) (Upload, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.uploads[id]
	if u == nil {
		return Upload{}, false
	}
	return u.clone(), true
}

// Discard gives an upload up and deletes its file. What the site knows of it, without contents, stays.
func (d *Desk) Discard(id string) error {
	err := d.change(id, func(u *Upload) error {
		switch u.State {
		case Loading:
			return refuse(ErrState, "这份文件正在载入，不能放弃；请等它结束，或先取消载入")
		case Done:
			return refuse(ErrState, "这份文件已经入库，不能放弃；要撤回请撤销对应的作业")
		}
		u.State, u.Finished, u.Gone, u.Note = Discarded, d.o.Now(), true, ""
		return nil
	})
	if err != nil {
		return err
	}
	return d.drop(id)
}

// drop deletes the file of an upload, and what was copied out of it.
func (d *Desk) drop(id string) error {
	for _, name := range []string{d.file(id), d.refusedFile(id)} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("上传的文件无法删除，请检查磁盘：%w", err)
		}
	}
	return warehouse.SyncDir(d.folder(id))
}

// sweep deletes the files that nobody needs any more, and later what is left of their uploads.
func (d *Desk) sweep() {
	now := d.o.Now()
	for _, u := range d.Uploads(nil) {
		since := u.Received
		if u.State.Ended() {
			since = u.Finished
		}
		var err error
		switch {
		case u.State == Queued || u.State == Loading:
		case u.Gone && now.Sub(since) >= metaDays*24*time.Hour:
			err = d.forget(u.ID)
		case !u.Gone && now.Sub(since) >= d.o.Keep:
			err = d.expire(u.ID)
		}
		if err != nil && !errors.Is(err, ErrState) {
			d.o.Log.Error("an old upload could not be removed", "upload", u.ID, "err", err)
		}
	}
}

// expire deletes the file of an upload that is old enough.
func (d *Desk) expire(id string) error {
	err := d.change(id, func(u *Upload) error {
		if u.State == Queued || u.State == Loading { // since we looked
			return errGone
		}
		if u.State == Waiting {
			u.State, u.Finished, u.Note = Discarded, d.o.Now(), "超过保存期没有处理，文件已删除。"
		}
		u.Gone = true
		return nil
	})
	if err != nil {
		return err
	}
	return d.drop(id)
}

// forget removes the last of an upload.
func (d *Desk) forget(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.uploads, id)
	return os.RemoveAll(d.folder(id))
}
