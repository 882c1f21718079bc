package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/source"
)

// A load is one file on its way into one job.
type load struct {
	in      *Ingester
	job     *warehouse.Job
	table   *table
	conv    *converter
	request Request
	read    *meter
	size    int64
	hash    func() (string, error) // of the file, computed beside
}

// groupRows is how many facts are appended by one statement: enough for DuckDB to fill a row group per thread.
const groupRows = 4 * 61_440

// batchRows is the size of one Arrow batch.
const batchRows = 61_440

// group is a run of batches by shape, ready to be appended.
type group map[string][]arrow.Record

func (l *load) run(ctx context.Context) (Result, error) {
	if err := l.append(ctx); err != nil {
		return Result{}, err
	}
	return l.finish(ctx)
}

// append reads, converts and appends side by side: the source in one goroutine, the converter in another, the
// job's statements in this one. The first error ends all three; none of them outlives the call.
func (l *load) append(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	batches := make(chan *source.Batch, 2)
	groups := make(chan group, 1)
	var stages sync.WaitGroup
	stages.Go(func() {
		defer close(batches)
		l.guard(cancel, func() error { return l.readBatches(ctx, batches) })
	})
	stages.Go(func() {
		defer close(groups)
		l.guard(cancel, func() error { return l.convert(ctx, batches, groups) })
	})
	for g := range groups {
		if l.request.Progress != nil {
			l.request.Progress(l.read.high.Load(), l.size)
		}
		if ctx.Err() == nil {
			if err := l.appendGroup(ctx, g); err != nil {
				cancel(err)
			}
		}
		g.release()
	}
	stages.Wait()
	return context.Cause(ctx)
}

// guard runs one stage; its error, or its panic, ends the others.
func (l *load) guard(cancel context.CancelCauseFunc, stage func() error) {
	defer func() {
		if p := recover(); p != nil {
			cancel(fmt.Errorf("文件“%s”无法处理：%v", l.request.Name, p))
		}
	}()
	if err := stage(); err != nil {
		cancel(err)
	}
}

func (l *load) readBatches(ctx context.Context, out chan<- *source.Batch) error {
	for {
		b, err := l.table.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case out <- b:
		case <-ctx.Done():
			return nil
		}
	}
}

func (l *load) convert(ctx context.Context, in <-chan *source.Batch, out chan<- group) error {
	g, held, skip := group{}, 0, l.table.skip
	send := func() bool {
		if held == 0 {
			return true
		}
		select {
		case out <- g:
		case <-ctx.Done():
			g.release()
			return false
		}
		g, held = group{}, 0
		return true
	}
	for b := range in {
		l.bad(b)
		for i := range b.Len() {
			if skip > 0 {
				skip--
				continue
			}
			l.conv.row(b.Row(i), b.Rows[i])
			for shape, s := range l.conv.sheets {
				if s.rows >= batchRows {
					g[shape] = append(g[shape], s.take())
					held += batchRows
				}
			}
		}
		if held >= groupRows && !send() {
			return nil
		}
	}
	if ctx.Err() != nil {
		g.release()
		return nil
	}
	for shape, s := range l.conv.sheets {
		if rec := s.take(); rec != nil {
			held += int(rec.NumRows())
			g[shape] = append(g[shape], rec)
		}
	}
	send()
	return nil
}

// bad counts the rows that the source could not read.
func (l *load) bad(b *source.Batch) {
	for _, r := range b.Bad {
		l.conv.rows++
		l.conv.refused++
		l.conv.reject(Reject{Row: r.Row, Reason: Unreadable, Message: r.Reason.Message()})
	}
}

func (g group) release() {
	for _, recs := range g {
		for _, r := range recs {
			r.Release()
		}
	}
}

func (l *load) appendGroup(ctx context.Context, g group) error {
	for shape, recs := range g {
		if err := l.appendRecords(ctx, shape, recs); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) appendRecords(ctx context.Context, table string, recs []arrow.Record) error {
	r, err := array.NewRecordReader(l.in.Warehouse.Schema(table), recs)
	if err != nil {
		return err
	}
	defer r.Release()
	_, err = l.job.Append(ctx, table, r)
	return err
}

// finish settles what was appended against what was there, writes rejects and coverage, and publishes.
func (l *load) finish(ctx context.Context) (Result, error) {
	c := l.conv
	res := Result{
		File: l.request.Name, Profile: c.binding.Profile.Name, Rows: c.rows, Rejected: c.refused, Skipped: c.skipped,
		SkippedBy: c.skippedBy,
		Located:   c.located, Masked: c.masked,
	}
	if len(c.binding.Unmapped) > 0 {
		var names []string
		for _, h := range c.binding.Unmapped {
			names = append(names, quotable(h))
		}
		c.warnings.add("unmapped", "以下列没有入库："+strings.Join(names, "、"), 0, "")
	}
	if len(c.binding.Repeated) > 0 {
		var names []string
		for _, h := range c.binding.Repeated {
			names = append(names, quotable(h))
		}
		c.warnings.add("repeated", "以下列与前面的列重名，前面的列有内容时没有入库："+strings.Join(names, "、"), 0, "")
	}
	if n := l.table.src.Damaged(); n > 0 {
		c.warnings.add("damaged", fmt.Sprintf("有 %d 处字符无法按 %s 识别，已替换为“\uFFFD”", n, l.table.src.Encoding()), 0, "")
	}
	if n := l.table.src.NULs(); n > 0 {
		c.warnings.add("nul", fmt.Sprintf("单元格中有 %d 个空字符（NUL），已去掉，请核对原文件是否完整", n), 0, "")
	}
	if l.table.src.Mixed() {
		c.warnings.add("encodings", "文件混用了 UTF-8 和 GB18030 两种编码，按 "+l.table.src.Encoding()+" 读取，另一种编码的行可能成为乱码，请统一另存为“CSV UTF-8（逗号分隔）”后重新导入，或用 --encoding 指定", 0, "")
	}
	c.doubtSpan()
	c.doubtTitle(l.table.title)
	res.Warnings = c.warnings.list()
	slices.SortStableFunc(c.rejects, func(a, b Reject) int { return cmp.Compare(a.Row, b.Row) }) // the source's and ours
	if l.request.Limit.exceeded(c.refused, c.rows) {
		return res, &TooManyRejects{Result: res, Rejects: c.rejects}
	}
	if c.rows == 0 || c.rows == c.skipped {
		return res, fmt.Errorf("文件“%s”没有数据行，未入库；请核对文件内容，或用 --profile 指定台账类型", l.request.Name)
	}
	if err := l.doubtAbsent(ctx); err != nil {
		return res, err
	}
	if err := l.settle(ctx, &res); err != nil {
		return res, err
	}
	res.Warnings = c.warnings.list()
	if err := l.writeCoverage(ctx, &res); err != nil {
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
		return res, fmt.Errorf("文件“%s”无法读取：%w", l.request.Name, err)
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

// writeRejects keeps the refused rows with their reasons.
func (l *load) writeRejects(ctx context.Context) error {
	if len(l.conv.rejects) == 0 {
		return nil
	}
	sh := newSheet("reject", l.in.Warehouse.Schema("reject"))
	f := sh.fact()
	for _, r := range l.conv.rejects {
		f.whole(sh.column("row"), r.Row)
		f.text(sh.column("col"), r.Column)
		f.text(sh.column("value"), r.Value)
		f.text(sh.column("reason"), string(r.Reason))
		f.text(sh.column("message"), r.Message)
		sh.keep(f)
	}
	rec := sh.take()
	defer rec.Release()
	return l.appendRecords(ctx, "reject", []arrow.Record{rec})
}
