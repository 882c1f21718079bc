package source

import "io"

// Limits. A row past one of them is a BadRow; they bound memory, whatever the file says.
const (
	MaxCellBytes   = 1 << 20 // a cell of a table; a longer one is almost always an unclosed quote
	MaxRecordBytes = 8 << 20 // a row of a table, or one JSON record
	MaxColumns     = 16384   // what a spreadsheet holds
	MaxDepth       = 64      // nesting of a JSON record
)

const (
	defaultBatchRows = 16384
	defaultChunk     = 4 << 20 // bytes read at a time; a batch never spans two chunks
	maxBatchCells    = 1 << 20 // bounds a batch of very wide rows
)

// Batch is one run of rows, row-major. Its strings share one backing string per batch, so keeping a
// single cell keeps the whole batch in memory: clone what outlives it. A batch belongs to the caller; the
// source never touches it again.
type Batch struct {
	// Rows holds the file row of each row. For csv it is the 1-based record number, counted the way a
	// spreadsheet counts rows (blank records count and are delivered as rows of empty cells); for a JSON array the
	// 1-based index of the element; for JSON lines the 1-based line.
	Rows []int64
	// Width is the number of cells per row; shorter records are padded with "", longer ones widen the batch.
	Width int
	// Cells holds len(Rows)*Width cells.
	Cells []string
	// Bad holds the rows met while this batch was read that could not be read, in file order.
	Bad []BadRow
}

// Row returns the cells of the i-th row of the batch (not of the file). The slice is part of the batch.
func (b *Batch) Row(i int) []string {
	return b.Cells[i*b.Width : (i+1)*b.Width : (i+1)*b.Width]
}

// Len returns the number of rows in the batch.
func (b *Batch) Len() int { return len(b.Rows) }

// Source yields the rows of one file, in file order. It is used by one goroutine at a time.
type Source interface {
	// Format names the format: "csv" or "json".
	Format() string
	// Header returns the keys of a JSON file, all of them, in the order of their first appearance; nil for csv, where
	// finding the header is the profile's work.
	Header() []string
	// Next returns the next batch, or io.EOF after the last one. A batch has at least one row or one bad row. Any other
	// error is an *Error and means that the rest of the file cannot be read.
	Next() (*Batch, error)
	// Encoding returns "UTF-8" or "GB18030". It is final once Next has returned io.EOF: a file that begins with
	// megabytes of ASCII shows its encoding late.
	Encoding() string
	// Damaged returns how many invalid bytes or characters were replaced by U+FFFD so far.
	Damaged() int64
	// NULs returns how many NUL characters were left out so far.
	NULs() int64
	// Mixed says whether the head of the file has lines in UTF-8 and others in GB18030, as when exports of two systems
	// are pasted together. No encoding reads such a file whole.
	Mixed() bool
	// Close releases what the source holds; the file itself stays the caller's.
	Close() error
}

// Options says how to read a file; the zero value finds everything out by itself.
type Options struct {
	Encoding  string // "" = detect; "utf-8", "gb18030" (also "gbk", "gb2312")
	Delimiter rune   // csv only; 0 = detect among comma, semicolon and tab
	BatchRows int    // rows a batch holds at most; 0 = 16,384

	chunk int // bytes read at a time; tests cut the file at every place
}

// Open looks at the first bytes of a file and returns the source that reads it. name is used in messages and for its
// extension; f must stay open and unchanged while the source is in use.
//
// Errors are *Error (a sentence for the user) and wrap ErrEmpty, ErrUnsupported, ErrBinary, ErrOption or ErrUnreadable.
func Open(f io.ReaderAt, size int64, name string, opt Options) (Source, error) {
	if opt.BatchRows <= 0 {
		opt.BatchRows = defaultBatchRows
	}
	if opt.chunk <= 0 {
		opt.chunk = defaultChunk
	}
	t, err := newText(f, size, name, opt)
	if err != nil {
		return nil, err
	}
	if isJSON(name, t.head) {
		return openJSON(t, opt)
	}
	return openCSV(t, opt)
}
