package ingest

import (
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// layout is what all sheets of one shape have in common.
type layout struct {
	shape  string
	schema *arrow.Schema
	index  map[string]int
	id, dq int // written, or mended, once the order of the whole file is known; see collector
}

func newLayout(shape string, schema *arrow.Schema) *layout {
	l := &layout{shape: shape, schema: schema, index: map[string]int{}}
	for i, f := range schema.Fields() {
		l.index[f.Name] = i
	}
	l.id, l.dq = l.column("id"), l.column("dq")
	return l
}

// column gives a column's number, -1 where the shape has none of that name.
func (l *layout) column(name string) int {
	if i, ok := l.index[name]; ok {
		return i
	}
	return -1
}

func (l *layout) fact() fact { return make(fact, len(l.index)) }

// sheet collects the facts of one shape column by column. It is used again and again: reset keeps its memory.
type sheet struct {
	*layout
	cols []column
	rows int
}

func newSheet(shape string, schema *arrow.Schema) *sheet { return newLayout(shape, schema).sheet() }

func (l *layout) sheet() *sheet {
	s := &sheet{layout: l, cols: make([]column, len(l.index))}
	for i, f := range l.schema.Fields() {
		s.cols[i].init(f.Type)
	}
	return s
}

// keep appends a fact, clears it for the next row and says in which row it stands.
func (s *sheet) keep(f fact) (at int) {
	for i := range f {
		if f[i].set {
			c := &s.cols[i]
			if c.rows < s.rows {
				c.pad(s.rows)
			}
			c.append(&f[i])
			f[i] = slot{}
		}
	}
	s.rows++
	return s.rows - 1
}

// slot gives back a value.
func (s *sheet) slot(col, at int) slot { return s.cols[col].slot(at) }

// extend appends the rows from..to of another sheet of the shape.
func (s *sheet) extend(from *sheet, first, last int) {
	for i := range s.cols {
		if src := &from.cols[i]; src.rows > first {
			s.cols[i].pad(s.rows)
			s.cols[i].extend(src, first, min(last, src.rows))
		}
	}
	s.rows += last - first
}

// reserve makes room for a whole block of facts like those of another sheet.
func (s *sheet) reserve(like *sheet) {
	for i := range s.cols {
		if src := &like.cols[i]; src.rows > 0 {
			s.cols[i].reserve(src, blockRows)
		}
	}
}

func (s *sheet) reset() {
	for i := range s.cols {
		s.cols[i].reset()
	}
	s.rows = 0
}

// size is how many bytes of text the longest column holds: Arrow counts them in 32 bits.
func (s *sheet) size() (n int) {
	for i := range s.cols {
		n = max(n, len(s.cols[i].bytes))
	}
	return n
}

// record gives the facts as one Arrow batch of the columns that are filled and those of with, where filled ones are noted; nil
// where there are no facts. The batch shares the sheet's memory. released, if not nil, is called when nobody holds it any
// more: until then the sheet must not be touched.
func (s *sheet) record(with []bool, released func()) arrow.Record {
	if s.rows == 0 {
		return nil
	}
	use := &lease{released: released}
	use.held.Add(1)
	defer use.Free(nil)
	var fields []arrow.Field
	var arrays []arrow.Array
	for i := range s.cols {
		c := &s.cols[i]
		if with[i] = with[i] || c.rows > 0; !with[i] {
			continue
		}
		c.pad(s.rows)
		data := c.data(use)
		fields, arrays = append(fields, s.schema.Field(i)), append(arrays, array.MakeFromData(data))
		data.Release()
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), arrays, int64(s.rows))
	for _, a := range arrays {
		a.Release()
	}
	return rec
}

// lease counts the buffers of a batch that are still held. It is the memory.Allocator of those buffers because that is
// what Arrow tells of a buffer's end; it never allocates.
type lease struct {
	held     atomic.Int32
	released func()
}

func (l *lease) buffer(b []byte) *memory.Buffer {
	l.held.Add(1)
	return memory.NewBufferWithAllocator(b, l)
}

func (l *lease) Free([]byte) {
	if l.held.Add(-1) == 0 && l.released != nil {
		l.released()
	}
}

func (l *lease) Allocate(int) []byte           { panic("a lease lends memory that is there") }
func (l *lease) Reallocate(int, []byte) []byte { panic("a lease lends memory that is there") }
