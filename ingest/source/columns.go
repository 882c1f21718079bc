package source

import (
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// columns reads a format whose columns have names and types, parquet or arrow: slices of columns come in, batches of text
// go out.
type columns struct {
	format string
	name   string
	header []string
	limits Limits
	rows   int // rows a batch holds at most
	// slice returns the next run of rows: one array per column, all of one length; io.EOF behind the last.
	slice func() ([]arrow.Array, error)

	now     []arrow.Array
	at      int   // first row of now that was not delivered
	row     int64 // rows delivered
	damaged int64
	nuls    int64
}

func newColumns(format, name string, fields []arrow.Field, opt Options) (*columns, error) {
	if err := opt.Limits.checkColumns(name, len(fields)); err != nil {
		return nil, err
	}
	c := &columns{format: format, name: name, limits: opt.Limits, rows: max(1, min(opt.BatchRows, maxBatchCells/max(1, len(fields))))}
	c.header = make([]string, len(fields))
	for i, f := range fields {
		c.header[i] = c.clean(f.Name)
	}
	if len(fields) == 0 {
		return nil, refuse(name, ErrEmpty, "里没有列，请检查后重新导出。")
	}
	return c, nil
}

func (c *columns) Format() string   { return c.format }
func (c *columns) Header() []string { return append([]string(nil), c.header...) }
func (c *columns) Encoding() string { return "UTF-8" }
func (c *columns) Damaged() int64   { return c.damaged }
func (c *columns) NULs() int64      { return c.nuls }
func (c *columns) Mixed() bool      { return false }
func (c *columns) Serial1904() bool { return false }
func (c *columns) Notes() []string  { return nil }
func (c *columns) Close() error     { c.now = nil; return nil }

// Next implements Source. A batch ends with the slice it was taken from.
func (c *columns) Next() (*Batch, error) {
	for c.now == nil || c.at == c.now[0].Len() {
		now, err := c.slice()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil, io.EOF
			}
			var refused *Error
			if errors.As(err, &refused) {
				return nil, refused
			}
			return nil, unusable(c.name, err)
		}
		c.now, c.at = now, 0
	}
	n := min(c.rows, c.now[0].Len()-c.at)
	b := &Batch{Width: len(c.now), Rows: make([]int64, 0, n), Cells: make([]string, 0, n*len(c.now))}
	size := 0
	for ; n > 0 && size < defaultChunk; n-- {
		from := len(b.Cells)
		why := Reason("")
		total := 0
		for _, a := range c.now {
			s := c.clean(cellOf(a, c.at, c.limits.CellBytes))
			if total += len(s); len(s) > c.limits.CellBytes {
				why = CellTooLong
				break
			}
			b.Cells = append(b.Cells, s)
		}
		if why == "" && total > MaxRecordBytes {
			why = RecordTooLong
		}
		c.at++
		c.row++
		if why != "" {
			b.Cells = b.Cells[:from]
			b.Bad = append(b.Bad, BadRow{c.row, why})
			continue
		}
		b.Rows = append(b.Rows, c.row)
		size += total
	}
	return b, nil
}

// clean makes a text valid UTF-8 without NUL.
func (c *columns) clean(s string) string {
	if !utf8.ValidString(s) {
		b, n := repair([]byte(s))
		s, c.damaged = string(b), c.damaged+n
	}
	if n := strings.Count(s, "\x00"); n > 0 {
		s, c.nuls = strings.ReplaceAll(s, "\x00", ""), c.nuls+int64(n)
	}
	return s
}

// checkSlice refuses columns that are not all of one length.
func checkSlice(cols []arrow.Array) error {
	for _, a := range cols {
		if a.Len() != cols[0].Len() {
			return errors.New("source: columns of different lengths")
		}
	}
	return nil
}

// cellOf writes the i-th value of a column as the text of a cell. Null is "". Times of a column that knows its zone are
// instants and end in Z (2026-01-05 08:30:00Z); those of a column without one are what the clock said. Lists and records
// become JSON; of one that grows past limit bytes only so much is written that the caller sees it. Bytes that are not text
// become hexadecimal digits.
func cellOf(a arrow.Array, i, limit int) string {
	if a.IsNull(i) {
		return ""
	}
	switch a := a.(type) {
	case *array.Null:
		return ""
	case *array.String:
		return a.Value(i)
	case *array.LargeString:
		return a.Value(i)
	case *array.StringView:
		return a.Value(i)
	case *array.Dictionary:
		return cellOf(a.Dictionary(), a.GetValueIndex(i), limit)
	case *array.RunEndEncoded:
		return cellOf(a.Values(), a.GetPhysicalIndex(i), limit)
	case array.ExtensionArray:
		return cellOf(a.Storage(), i, limit)
	case *array.Binary:
		return bytesOf(a.Value(i))
	case *array.LargeBinary:
		return bytesOf(a.Value(i))
	case *array.BinaryView:
		return bytesOf(a.Value(i))
	case *array.FixedSizeBinary:
		return bytesOf(a.Value(i))
	}
	if isNested(a) {
		return string(appendJSON(nil, a, i, limit))
	}
	text, _ := scalarOf(a, i)
	return text
}

func bytesOf(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return hex.EncodeToString(b)
}
