package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
	"gridstar/ingest/source"
)

// A load is one file on its way into one job.
type load struct {
	in      *Ingester
	job     *warehouse.Job
	table   *table
	request Request
	size    int64
	hash    func() (string, error) // of the file, computed beside

	*collector // what is known of the whole file, once it has been read
}

func (l *load) run(ctx context.Context) (Result, error) {
	if err := l.append(ctx); err != nil {
		return Result{}, err
	}
	return l.finish(ctx)
}

// batch is a batch of the source on its way through a converter; what becomes of it is put into made.
type batch struct {
	*source.Batch
	skip int // rows of it that belong to the header
	made chan *part
}

// append reads, converts, collects and inserts side by side: the source in one goroutine, the batches in one each of
// several converters, their parts in file order in the collector, the statements that insert in the last. What is known
// of a row alone belongs into converter.row, what depends on other rows into collector.take. The first error ends all;
// none of the goroutines outlives the call.
func (l *load) append(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n := l.in.converters()
	batches := make(chan batch)
	order := make(chan batch, 2*n) // the batches under way, in file order
	blocks := make(chan filled)
	var stages sync.WaitGroup
	stage := func(f func() error, done func()) {
		stages.Go(func() {
			defer done()
			if l.size >= stepsBack {
				stepBack()
			}
			l.guard(cancel, f)
		})
	}
	stage(func() error { return l.readBatches(ctx, batches, order) }, func() { close(batches); close(order) })
	for range n {
		stage(func() error { return l.convertBatches(batches) }, func() {})
	}
	stage(func() error { return l.collect(ctx, order, blocks) }, func() { close(blocks) })
	stage(func() error { return l.insert(ctx, blocks) }, func() {})
	stages.Wait()
	return context.Cause(ctx)
}

// stepsBack is how large a file, in bytes, must be for its loading to make way for small loads and readers.
const stepsBack = 16 << 20

// stepBack has what remains of the goroutine run on a thread of its own, which ends with it, and only when nobody else wants
// the processor. Where that is not possible it goes on as it is.
func stepBack() {
	runtime.LockOSThread()
	const thread, nice = 0, 10 // of Linux: 0 is the calling thread
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, nice)
}

// converters is how many batches are converted at the same time.
func (in *Ingester) converters() int {
	if in.workers > 0 {
		return in.workers
	}
	return runtime.GOMAXPROCS(0)
}

// guard runs one stage; its error, or its panic, ends the others.
func (l *load) guard(cancel context.CancelCauseFunc, stage func() error) {
	defer func() {
		if p := recover(); p != nil {
			cancel(fmt.Errorf("文件“%s”无法处理：%v", l.request.label(), p))
		}
	}()
	if err := stage(); err != nil {
		cancel(err)
	}
}

func (l *load) readBatches(ctx context.Context, out, order chan<- batch) error {
	skip := l.table.skip
	for {
		b, err := l.table.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		x := batch{b, min(skip, b.Len()), make(chan *part, 1)}
		skip -= x.skip
		for _, to := range []chan<- batch{order, out} {
			select {
			case to <- x:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

func (l *load) convertBatches(in <-chan batch) error {
	c := newConverter(l.ledger)
	for b := range in {
		b.made <- c.convert(b.Batch, b.skip)
	}
	return nil
}

// collect puts the parts into file order again.
func (l *load) collect(ctx context.Context, order <-chan batch, out chan<- filled) error {
	l.send = func(f filled) bool {
		select {
		case out <- f:
			return true
		case <-ctx.Done():
			f.record.Release()
			return false
		}
	}
	for b := range order {
		select {
		case p := <-b.made:
			if !l.take(p) {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
	if ctx.Err() == nil {
		l.end()
	}
	return nil
}

// insert appends the blocks as they come. One statement takes all that follow one another of one shape: each statement
// begins its own row groups.
func (l *load) insert(ctx context.Context, blocks <-chan filled) error {
	run := newRun(ctx, blocks, l.progress)
	defer run.end()
	for run.begin() {
		if _, err := l.job.Append(ctx, run.shape, run); err != nil {
			return err
		}
	}
	return nil
}

// insertSheet appends what is little enough to be laid out at once.
func (l *load) insertSheet(ctx context.Context, s *sheet) error {
	rec := s.record(make([]bool, len(s.cols)), nil)
	defer rec.Release()
	r, err := array.NewRecordReader(rec.Schema(), []arrow.Record{rec})
	if err != nil {
		return err
	}
	defer r.Release()
	_, err = l.job.Append(ctx, s.shape, r)
	return err
}

func (l *load) progress() {
	if l.request.Progress != nil {
		l.request.Progress(l.request.read.Load(), l.size)
	}
}

// unmapped names the columns that are not stored, but for those that a file of refused rows has from us.
func (l *load) unmapped() (names []string) {
	ours := map[string]bool{}
	for _, i := range l.added {
		ours[profile.Fold(l.binding.Header[i])] = true
	}
	for _, h := range l.binding.Unmapped {
		if !ours[profile.Fold(h)] {
			names = append(names, quotable(h))
		}
	}
	return names
}

// finish settles what was appended against what was there, writes rejects and coverage, and publishes.
func (l *load) finish(ctx context.Context) (Result, error) {
	res := Result{
		File: l.request.Name, Part: l.request.Part, Sheet: l.request.Table, Profile: l.binding.Profile.Name, Rows: l.rows, Rejected: l.refused, Skipped: l.skipped,
		SkippedBy: l.skippedBy,
		Located:   l.located, Masked: l.masked, Personal: l.personal,
	}
	if names := l.unmapped(); len(names) > 0 {
		l.warnings.add("unmapped", "以下列没有入库："+strings.Join(names, "、"), 0, "")
	}
	if len(l.binding.Repeated) > 0 {
		var names []string
		for _, h := range l.binding.Repeated {
			names = append(names, quotable(h))
		}
		l.warnings.add("repeated", "以下列与前面的列重名，前面的列有内容时没有入库："+strings.Join(names, "、"), 0, "")
	}
	if n := l.table.src.Damaged(); n > 0 {
		l.warnings.add("damaged", fmt.Sprintf("有 %d 处字符无法按 %s 识别，已替换为“\uFFFD”", n, l.table.src.Encoding()), 0, "")
	}
	if n := l.table.src.NULs(); n > 0 {
		l.warnings.add("nul", fmt.Sprintf("单元格中有 %d 个空字符（NUL），已去掉，请核对原文件是否完整", n), 0, "")
	}
	if l.table.src.Mixed() {
		l.warnings.add("encodings", "文件混用了 UTF-8 和 GB18030 两种编码，按 "+l.table.src.Encoding()+" 读取，另一种编码的行可能成为乱码，请统一另存为“CSV UTF-8（逗号分隔）”后重新导入，或用 --encoding 指定", 0, "")
	}
	if said := l.table.binding.Counted; len(said) > 0 {
		l.warnings.add("counted", "以下列的数字按所注单位换算："+strings.Join(said, "、"), 0, "")
	}
	for _, n := range l.table.src.Notes() {
		l.warnings.add("reader", n, 0, "")
	}
	if err := l.refuseForeign(ctx); err != nil {
		return res, err
	}
	res.Rejected = l.refused
	l.doubtSpan()
	l.doubtTitle(l.table.title)
	res.Warnings = l.warnings.list()
	sortRejects(l.rejects)
	if l.request.Limit.exceeded(l.refused, l.rows) {
		return res, &TooManyRejects{Result: res, Rows: l.rejected(0)}
	}
	if l.rows == 0 || l.rows == l.skipped {
		return res, fmt.Errorf("文件“%s”没有数据行，未入库；请核对文件内容，或用 --profile 指定台账类型", l.request.label())
	}
	if err := l.doubtAbsent(ctx); err != nil {
		return res, err
	}
	if err := l.settle(ctx, &res); err != nil {
		return res, err
	}
	res.Warnings = l.warnings.list()
	if err := l.writeCoverage(ctx, &res); err != nil {
		return res, err
	}
	if err := l.writeLoaded(ctx); err != nil {
		return res, err
	}
	var err error
	if res.Cleared, err = l.clear(ctx); err != nil { // before its own are written
		return res, err
	}
	if err := l.writeRejects(ctx); err != nil {
		return res, err
	}
	if l.request.DryRun {
		return res, nil
	}
	hash, err := l.hash()
	if err != nil {
		return res, fmt.Errorf("文件“%s”无法读取：%w", l.request.label(), err)
	}
	version, err := l.job.Publish(ctx, warehouse.Totals{
		Rows: res.Rows, Accepted: res.Accepted, Replaced: res.Replaced, Unchanged: res.Unchanged, Rejected: res.Rejected,
		Skipped: res.Skipped, Masked: res.Masked, FileHash: hash, Located: toJSON(res.Located), Warnings: toJSON(res.Warnings),
	})
	if err != nil {
		return res, err
	}
	res.Job, res.Version = l.job.ID, version
	return res, nil
}
