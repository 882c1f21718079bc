package source

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// parquetRows is how many rows are held unpacked at a time, if they are not wide.
const parquetRows = 4096

// openParquet reads a parquet file column by column in the goroutine of the caller: the reader of whole tables panics on
// damaged files in a goroutine of its own, where nothing can catch it (apache/arrow#43605).
func openParquet(f io.ReaderAt, size int64, name string, opt Options) (Source, error) {
	props := parquet.NewReaderProperties(memory.DefaultAllocator)
	props.BufferedStreamEnabled = true // column chunks are read as a stream, not at once
	props.BufferSize = 64 << 10
	pf, err := file.NewParquetReader(io.NewSectionReader(f, 0, size), file.WithReadProps(props))
	if err != nil {
		return nil, unusable(name, err)
	}
	p := &parquetFile{total: pf.NumRows()}
	groups := make([]int, pf.NumRowGroups())
	var sum int64
	for i := range groups {
		groups[i] = i
		n := pf.MetaData().RowGroup(i).NumRows()
		if n < 0 || n > p.total {
			return nil, unusable(name, fmt.Errorf("source: a row group of %d rows", n))
		}
		sum += n
	}
	if sum != p.total {
		return nil, unusable(name, fmt.Errorf("source: row groups of %d rows in a file of %d", sum, p.total))
	}
	if err := opt.Limits.checkRows(name, p.total); err != nil {
		return nil, err
	}
	if err := opt.Limits.checkColumns(name, pf.MetaData().Schema.NumColumns()); err != nil {
		return nil, err
	}
	reader, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: parquetRows}, memory.DefaultAllocator)
	if err != nil {
		return nil, unusable(name, err)
	}
	leaves := map[int]bool{}
	for i := range pf.MetaData().Schema.NumColumns() {
		leaves[i] = true
	}
	var fields []arrow.Field
	for i := range reader.Manifest.Fields {
		col, err := reader.GetFieldReader(context.Background(), i, leaves, groups)
		if err != nil {
			return nil, unusable(name, err)
		}
		p.columns = append(p.columns, col)
		fields = append(fields, *col.Field())
	}
	c, err := newColumns("parquet", name, fields, opt)
	if err != nil {
		return nil, err
	}
	p.rows = int64(min(parquetRows, max(1, maxBatchCells/len(fields))))
	c.slice = p.slice
	return c, nil
}

type parquetFile struct {
	columns []*pqarrow.ColumnReader
	rows    int64 // of a slice
	read    int64
	total   int64 // rows the file says it has
}

// slice reads the next rows of all columns. Where the columns end before the file says they do, rows are missing.
func (p *parquetFile) slice() ([]arrow.Array, error) {
	if p.read == p.total {
		return nil, io.EOF
	}
	out := make([]arrow.Array, len(p.columns))
	for i, c := range p.columns {
		chunks, err := c.NextBatch(min(p.rows, p.total-p.read))
		if err != nil {
			return nil, err
		}
		if out[i], err = array.Concatenate(chunks.Chunks(), memory.DefaultAllocator); err != nil {
			return nil, err
		}
	}
	if err := checkSlice(out); err != nil {
		return nil, err
	}
	n := int64(out[0].Len())
	if n == 0 || n > p.total-p.read {
		return nil, fmt.Errorf("source: %d rows behind %d of %d", n, p.read, p.total)
	}
	p.read += n
	return out, nil
}
