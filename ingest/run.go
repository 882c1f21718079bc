package ingest

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
)

// run reads the blocks of one shape that follow one another (array.RecordReader) as long as the same columns are filled. The
// database asks for them from threads of its own, one at a time.
type run struct {
	ctx    context.Context
	blocks <-chan filled
	met    func() // called for every block

	shape  string
	schema *arrow.Schema
	next   filled       // the first of the run; at its end that of the next, if there is one
	block  arrow.Record // the one being read
}

func newRun(ctx context.Context, blocks <-chan filled, met func()) *run {
	return &run{ctx: ctx, blocks: blocks, met: met}
}

// begin waits for the first block of a run; false where there is none.
func (r *run) begin() bool {
	if r.next.record == nil && !r.wait() {
		return false
	}
	r.shape, r.schema = r.next.shape, r.next.record.Schema()
	return true
}

// wait fetches the next block.
func (r *run) wait() (ok bool) {
	if r.ctx.Err() == nil {
		r.next, ok = <-r.blocks // closed when the load is over, however it ends
	}
	return ok
}

// end gives back what the database has not read.
func (r *run) end() {
	r.drop()
	if r.next.record != nil {
		r.next.record.Release()
	}
}

func (r *run) drop() {
	if r.block != nil {
		r.block.Release()
		r.block = nil
	}
}

// Next implements array.RecordReader.
func (r *run) Next() bool {
	r.drop()
	if r.next.record == nil && !r.wait() || r.next.shape != r.shape || !r.next.record.Schema().Equal(r.schema) {
		return false
	}
	r.block, r.next.record = r.next.record, nil
	r.met()
	return true
}

// Err implements array.RecordReader: a load that is over inserts no half of its facts.
func (r *run) Err() error { return context.Cause(r.ctx) }

// Record implements array.RecordReader.
func (r *run) Record() arrow.Record { return r.block }

// Schema implements array.RecordReader.
func (r *run) Schema() *arrow.Schema { return r.schema }

// Retain implements array.RecordReader; the run belongs to its load.
func (r *run) Retain() {}

// Release implements array.RecordReader.
func (r *run) Release() {}
