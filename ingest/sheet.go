package ingest

import (
	"fmt"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// slot is one value of a fact: text in s; whole numbers, booleans and times (microseconds since 1970, naive) in i;
// other numbers in f.
type slot struct {
	set bool
	s   string
	i   int64
	f   float64
}

// fact is one row of a shape while it is put together, one slot per column. A row of a file is kept or refused
// whole, so a fact reaches its sheet only when every fact of the row is sound.
type fact []slot

func (f fact) text(col int, v string) {
	if v != "" {
		f[col] = slot{set: true, s: v}
	}
}
func (f fact) number(col int, v float64) { f[col] = slot{set: true, f: v} }
func (f fact) whole(col int, v int64)    { f[col] = slot{set: true, i: v} }

func (f fact) flag(col int, v bool) {
	f[col] = slot{set: true}
	if v {
		f[col].i = 1
	}
}

func (f fact) time(col int, v time.Time) { f[col] = slot{set: true, i: v.UnixMicro()} }

// timeAt gives a time column, the zero time where it is empty.
func (f fact) timeAt(col int) time.Time {
	if !f[col].set {
		return time.Time{}
	}
	return time.UnixMicro(f[col].i).UTC()
}

// sheet collects the facts of one shape as Arrow batches.
type sheet struct {
	shape  string
	schema *arrow.Schema
	index  map[string]int
	build  *array.RecordBuilder
	used   []int // columns that ever held a value; the others are all null and cost nothing
	seen   []bool
	rows   int
	expect int // rows of the batch before: what to make room for
}

func newSheet(shape string, schema *arrow.Schema) *sheet {
	s := &sheet{shape: shape, schema: schema, index: map[string]int{}, build: array.NewRecordBuilder(memory.DefaultAllocator, schema)}
	for i, f := range schema.Fields() {
		s.index[f.Name] = i
	}
	s.seen = make([]bool, len(s.index))
	return s
}

func (s *sheet) fact() fact { return make(fact, len(s.index)) }

// column gives a column's number, -1 where the shape has none of that name.
func (s *sheet) column(name string) int {
	if i, ok := s.index[name]; ok {
		return i
	}
	return -1
}

// keep appends a fact and clears it for the next row.
func (s *sheet) keep(f fact) {
	for col := range f {
		if f[col].set && !s.seen[col] {
			s.seen[col] = true
			s.used = append(s.used, col)
			s.build.Field(col).Reserve(s.expect)
			s.build.Field(col).AppendNulls(s.rows)
		}
	}
	for _, col := range s.used {
		s.append(col, &f[col])
	}
	s.rows++
	clear(f)
}

func (s *sheet) append(col int, v *slot) {
	field := s.build.Field(col)
	if !v.set {
		field.AppendNull()
		return
	}
	switch b := field.(type) {
	case *array.StringBuilder:
		b.Append(v.s)
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.i))
	case *array.Int64Builder:
		b.Append(v.i)
	case *array.Int32Builder:
		b.Append(int32(v.i))
	case *array.Float64Builder:
		b.Append(v.f)
	case *array.BooleanBuilder:
		b.Append(v.i != 0)
	default:
		panic(fmt.Sprintf("%s.%s: no builder for %T", s.shape, s.schema.Field(col).Name, field))
	}
}

// take gives the facts kept so far as one batch and starts anew; nil where there are none.
func (s *sheet) take() arrow.Record {
	if s.rows == 0 {
		return nil
	}
	for col := range s.seen {
		if !s.seen[col] {
			s.build.Field(col).AppendNulls(s.rows)
		}
	}
	rec := s.build.NewRecord()
	s.used, s.rows, s.expect = s.used[:0], 0, s.rows
	clear(s.seen)
	return rec
}
