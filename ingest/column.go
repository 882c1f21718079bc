package ingest

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// column holds the values of one column. Values that no row has set cost nothing until the batch is made: pad adds
// the nulls before the next value. Every value but text is a word of 8 bytes until then.
type column struct {
	typ   arrow.DataType
	kind  arrow.Type // typ's
	rows  int
	nulls int
	set   []bool
	ends  []int32 // text: 0, and where each value ends in bytes
	bytes []byte  // text
	words []uint64
}

func (c *column) init(typ arrow.DataType) { *c = column{typ: typ, kind: typ.ID(), ends: []int32{0}} }

// reset empties the column and keeps its memory.
func (c *column) reset() {
	c.rows, c.nulls = 0, 0
	c.set, c.ends, c.bytes, c.words = c.set[:0], c.ends[:1], c.bytes[:0], c.words[:0]
}

// reserve makes room for so many values like those of another column.
func (c *column) reserve(like *column, rows int) {
	c.set = slices.Grow(c.set, rows)
	if !c.isText() {
		c.words = slices.Grow(c.words, rows)
		return
	}
	c.ends = slices.Grow(c.ends, rows)
	each := float64(len(like.bytes)) / float64(like.rows)
	c.bytes = slices.Grow(c.bytes, int(1.05*each*float64(rows))+1024)
}

func (c *column) isText() bool { return c.kind == arrow.STRING }

// pad fills up with nulls.
func (c *column) pad(rows int) {
	n := rows - c.rows
	if n <= 0 {
		return
	}
	c.set = appendZeros(c.set, n)
	if c.isText() {
		c.ends = slices.Grow(c.ends, n)
		for range n {
			c.ends = append(c.ends, int32(len(c.bytes)))
		}
	} else {
		c.words = appendZeros(c.words, n)
	}
	c.rows, c.nulls = rows, c.nulls+n
}

func appendZeros[T any](s []T, n int) []T {
	s = slices.Grow(s, n)[:len(s)+n]
	clear(s[len(s)-n:])
	return s
}

func (c *column) append(v *slot) {
	switch c.kind {
	case arrow.STRING:
		c.text(v.s)
		return
	case arrow.FLOAT64:
		c.words = append(c.words, math.Float64bits(v.f))
	case arrow.TIMESTAMP, arrow.INT64, arrow.INT32, arrow.BOOL:
		c.words = append(c.words, uint64(v.i))
	default:
		panic(fmt.Sprintf("no column holds %s", c.typ))
	}
	c.set = append(c.set, true)
	c.rows++
}

func (c *column) text(s string) {
	c.bytes = append(c.bytes, s...)
	c.ends = append(c.ends, int32(len(c.bytes)))
	c.set = append(c.set, true)
	c.rows++
}

// at is the text of a row.
func (c *column) at(row int) []byte { return c.bytes[c.ends[row]:c.ends[row+1]] }

// overwrite replaces a text by one of the same length.
func (c *column) overwrite(row int, s string) {
	if copy(c.at(row), s) != len(s) || len(c.at(row)) != len(s) {
		panic("a text cannot stand in the place of one of another length")
	}
}

func (c *column) slot(row int) slot {
	if row >= c.rows || !c.set[row] {
		return slot{}
	}
	switch c.kind {
	case arrow.STRING:
		return slot{set: true, s: string(c.at(row))}
	case arrow.FLOAT64:
		return slot{set: true, f: math.Float64frombits(c.words[row])}
	}
	return slot{set: true, i: int64(c.words[row])}
}

// extend appends the values from..to of another column of the same type.
func (c *column) extend(src *column, from, to int) {
	set := src.set[from:to]
	c.set = append(c.set, set...)
	c.rows += to - from
	if src.nulls > 0 {
		for _, is := range set {
			if !is {
				c.nulls++
			}
		}
	}
	if !c.isText() {
		c.words = append(c.words, src.words[from:to]...)
		return
	}
	first := src.ends[from]
	shift := int32(len(c.bytes)) - first
	c.bytes = append(c.bytes, src.bytes[first:src.ends[to]]...)
	added := len(c.ends)
	c.ends = append(c.ends, src.ends[from+1:to+1]...)
	for i := range c.ends[added:] {
		c.ends[added+i] += shift
	}
}

// data gives the values as Arrow keeps them, in buffers on lease.
func (c *column) data(use *lease) *array.Data {
	buffers := []*memory.Buffer{c.validity()}
	switch c.kind {
	case arrow.STRING:
		buffers = append(buffers, use.buffer(arrow.Int32Traits.CastToBytes(c.ends)), use.buffer(c.bytes))
	case arrow.BOOL:
		bits := make([]byte, bitutil.BytesForBits(int64(c.rows)))
		for i, w := range c.words {
			bitutil.SetBitTo(bits, i, w != 0)
		}
		buffers = append(buffers, memory.NewBufferBytes(bits))
	case arrow.INT32:
		short := make([]int32, c.rows)
		for i, w := range c.words {
			short[i] = int32(w)
		}
		buffers = append(buffers, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(short)))
	default:
		buffers = append(buffers, use.buffer(arrow.Uint64Traits.CastToBytes(c.words)))
	}
	data := array.NewData(c.typ, c.rows, buffers, nil, c.nulls, 0)
	for _, b := range buffers {
		if b != nil {
			b.Release() // data holds it now
		}
	}
	return data
}

// validity is the bitmap of the values that are no nulls; nil where all are.
func (c *column) validity() *memory.Buffer {
	if c.nulls == 0 {
		return nil
	}
	bits := make([]byte, bitutil.BytesForBits(int64(c.rows)))
	for i, is := range c.set {
		if is {
			bitutil.SetBit(bits, i)
		}
	}
	return memory.NewBufferBytes(bits)
}
