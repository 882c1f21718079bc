package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
)

// Why a load ends before its time.
var (
	errEnding    = errors.New("the service ends")
	errCancelled = errors.New("cancelled by whoever may")
)

// Publish queues an upload to be loaded as chosen, with what its publisher may write. An upload that was not loaded, or
// not whole, may be published again: what is in already stays unchanged, also where it is not among the choices. Of two people who publish one upload, the second
// is refused (ErrState).
func (d *Desk) Publish(id string, choices []Choice, by Sender) error {
	if len(choices) > 0 && !slices.ContainsFunc(choices, func(c Choice) bool { return !c.Skip }) {
		return refuse(ErrChoice, "没有选中任何一张表，请至少选择一张")
	}
	err := d.change(id, func(u *Upload) error {
		switch {
		case u.Kind != Ledgers:
			return errUnknown
		case u.State == Queued || u.State == Loading:
			return refuse(ErrState, "这份文件已由账号 %s 提交入库，正在处理", u.Publisher.Account)
		case u.State == Discarded:
			return refuse(ErrState, "这份文件已被放弃，请重新上传")
		case u.Gone:
			return errGone
		case u.State == Done:
			return refuse(ErrState, "这份文件已经入库；要改变映射后重新载入，请先撤销对应的作业，再重新上传")
		}
		u.State, u.Queued, u.Publisher, u.Choices, u.Tries = Queued, d.o.Now(), by, choices, 0
		u.Outcomes, u.Error, u.Note, u.Finished = u.Loaded(), "", "", time.Time{}
		return nil
	})
	if err != nil {
		return err
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return nil
}

// Cancel ends a load under way, or takes an upload out of the queue: it waits again. Tables that were loaded before stay.
func (d *Desk) Cancel(id string) error {
	d.mu.Lock()
	stop := d.stop[id]
	d.mu.Unlock()
	if stop != nil {
		stop(errCancelled)
		return nil
	}
	return d.change(id, func(u *Upload) error {
		if u.State != Queued {
			return refuse(ErrState, "这份文件不在处理中，不需要取消")
		}
		u.State = Waiting
		return nil
	})
}

// Run works the queue and the inbox until ctx ends. A load under way then has Options.Grace to finish; otherwise it is
// abandoned, with nothing of it kept, and begins anew with the next Run.
func (d *Desk) Run(ctx context.Context) error {
	in, err := d.openInbox()
	if err != nil {
		return err
	}
	defer in.close()
	d.sweep()
	in.sweep()
	var all sync.WaitGroup
	all.Go(func() { d.workQueue(ctx) })
	all.Go(func() { every(ctx, d.o.Interval, func() { in.look(ctx) }) })
	all.Go(func() { every(ctx, time.Hour, func() { d.sweep(); in.sweep() }) })
	all.Wait()
	return nil
}

// every calls fn again and again until ctx ends.
func every(ctx context.Context, pause time.Duration, fn func()) {
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			fn()
		case <-ctx.Done():
			return
		}
	}
}

// workQueue loads what is queued, one after another.
func (d *Desk) workQueue(ctx context.Context) {
	for ctx.Err() == nil {
		if u, ok := d.next(); ok {
			d.process(ctx, u)
			continue
		}
		select {
		case <-d.wake:
		case <-ctx.Done():
		}
	}
}

// next is the upload that has been queued longest.
func (d *Desk) next() (Upload, bool) {
	all := d.Uploads(func(u Upload) bool { return u.State == Queued })
	if len(all) == 0 {
		return Upload{}, false
	}
	return slices.MinFunc(all, func(a, b Upload) int { return cmp.Or(a.Queued.Compare(b.Queued), cmp.Compare(a.ID, b.ID)) }), true
}

// takeTurn waits until no other load of the queue or the inbox is under way.
func (d *Desk) takeTurn(ctx context.Context) (done func(), ok bool) {
	select {
	case d.turn <- struct{}{}:
		return func() { <-d.turn }, true
	case <-ctx.Done():
		return nil, false
	}
}

// lasting is a context for a load: it outlives ctx by Options.Grace.
func (d *Desk) lasting(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	load, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(d.o.Grace)
		defer t.Stop()
		select {
		case <-t.C:
			cancel(errEnding)
		case <-load.Done():
		}
	})
	return load, func(cause error) { stop(); cancel(cause) }
}

// process loads one upload and keeps what became of it.
func (d *Desk) process(ctx context.Context, u Upload) {
	done, ok := d.takeTurn(ctx)
	if !ok {
		return
	}
	defer done()
	ctx, cancel := d.lasting(ctx)
	defer cancel(nil)
	d.mu.Lock()
	d.stop[u.ID] = cancel
	d.mu.Unlock()
	ended := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.stop, u.ID)
	}
	defer ended()
	var now Upload
	if err := d.change(u.ID, func(u *Upload) error {
		if u.State != Queued { // taken out meanwhile
			return refuse(ErrState, "这份文件已不在队列中")
		}
		u.State, u.Error = Loading, ""
		now = u.clone() // what it says since its turn has come: meanwhile it may have been taken out, mended and published anew
		return nil
	}); err != nil {
		if !errors.Is(err, ErrState) {
			d.o.Log.Error("an upload could not be begun", "upload", u.ID, "err", err)
			d.pause(ctx)
		}
		return
	}
	u = now
	all, err := d.loadUpload(ctx, u)
	ended() // what has ended cannot be cancelled
	outcomes, cause := outcomesOf(all), context.Cause(ctx)
	before := others(u.Outcomes, outcomes)
	if err := d.keepRefused(u.ID, len(before), all); err != nil {
		d.o.Log.Error("refused rows of an upload could not be kept", "upload", u.ID, "err", err)
	}
	settle := func(u *Upload) error {
		u.Outcomes, u.Note, u.Done, u.Total = slices.Concat(before, outcomes), "", 0, 0
		switch {
		case interrupted(all, err) && u.Tries+1 < maxTries:
			u.State, u.Outcomes, u.Note = Queued, before, "数据库在载入期间重新打开，载入已重新排队。"
			u.Tries++
		case errors.Is(cause, errEnding) && !finished(outcomes, err):
			u.State, u.Outcomes, u.Note = Queued, before, "服务重新启动，载入已重新排队。"
		case errors.Is(cause, errCancelled) && !finished(outcomes, err):
			u.State, u.Note = Waiting, "载入已取消，没有完成的表没有写入任何数据。"
		default:
			u.State, u.Finished = Done, d.o.Now()
			if err != nil {
				u.Error = sentence(err)
			}
			if !finished(outcomes, err) {
				u.State = Failed
			}
		}
		return nil
	}
	if bad := d.change(u.ID, settle); bad != nil { // the next process loads it again, which changes nothing
		d.o.Log.Error("the outcome of an upload could not be kept", "upload", u.ID, "err", bad)
		d.mu.Lock()
		defer d.mu.Unlock()
		if u := d.uploads[u.ID]; u != nil {
			_ = settle(u)
		}
	}
}

// others are the tables of before that are not among those of now.
func others(before, now []Outcome) []Outcome {
	return slices.DeleteFunc(slices.Clone(before), func(b Outcome) bool {
		return slices.ContainsFunc(now, func(o Outcome) bool { return o.Result.Part == b.Result.Part && o.Result.Sheet == b.Result.Sheet })
	})
}

// finished says that a file was loaded, whole.
func finished(outcomes []Outcome, err error) bool {
	return err == nil && !slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Error != "" })
}

// interrupted says that the engine, and not the file, was why a load failed.
func interrupted(all []ingest.Outcome, err error) bool {
	for _, o := range all {
		err = errors.Join(err, o.Err)
	}
	return errors.Is(err, warehouse.ErrReopened) || errors.Is(err, warehouse.ErrDead) || errors.Is(err, warehouse.ErrClosed)
}

// pause keeps a disk that fails from being asked without end.
func (d *Desk) pause(ctx context.Context) {
	t := time.NewTimer(d.o.Interval)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// loadUpload loads the file of an upload.
func (d *Desk) loadUpload(ctx context.Context, u Upload) (_ []ingest.Outcome, err error) {
	defer d.caught(&err, u.ID)
	f, err := d.open(u)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return d.load(ctx, order{file: f, name: u.Name, choices: u.Choices, by: u.Publisher, progress: func(done, total int64) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if u := d.uploads[u.ID]; u != nil {
			u.Done, u.Total = done, total
		}
	}})
}

// caught turns a panic into an error: a mistake of ours ends one load only.
func (d *Desk) caught(err *error, id string) {
	if p := recover(); p != nil {
		d.o.Log.Error("a load panicked", "upload", id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		*err = errors.New("程序内部出错，文件未入库，请把时间和文件名告诉管理员")
	}
}

// sentence is what a reader is told of an error.
func sentence(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	switch {
	case errors.Is(err, errCancelled), errors.Is(err, errEnding), errors.Is(err, context.Canceled):
		return "载入已取消，没有写入任何数据。"
	case errors.Is(err, warehouse.ErrClosed):
		return "服务正在结束，没有写入任何数据。"
	case !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
		return "程序内部出错，没有写入任何数据，请把时间和文件名告诉管理员。"
	case strings.HasSuffix(text, "。"), strings.HasSuffix(text, "？"):
		return text
	}
	return text + "。"
}
