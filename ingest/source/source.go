package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// Batch is one run of rows, row-major. Its strings share one backing string per batch, so keeping a
// single cell keeps the whole batch in memory: clone what outlives it. A batch belongs to the caller; the
// source never touches it again.
type Batch struct {
	// Rows holds the file row of each row, ascending. For sheets it is the row number a spreadsheet shows. For csv it is
	// the 1-based record number, counted the way a spreadsheet counts rows (blank records count and are delivered as rows
	// of empty cells); for a JSON array, parquet and arrow the 1-based index of the record; for JSON lines the 1-based line.
	Rows []int64
	// Width is the number of cells per row; shorter records are padded with "", longer ones widen the batch.
	Width int
	// Cells holds len(Rows)*Width cells.
	Cells []string
	// Bad holds the rows met while this batch was read that could not be read, in file order.
	Bad []BadRow
	// Merged holds the indexes into Cells, ascending, of cells that repeat the first cell of a merged range; nil
	// for formats that cannot merge cells.
	Merged []int
}

// Row returns the cells of the i-th row of the batch (not of the file). The slice is part of the batch.
func (b *Batch) Row(i int) []string {
	return b.Cells[i*b.Width : (i+1)*b.Width : (i+1)*b.Width]
}

// Len returns the number of rows in the batch.
func (b *Batch) Len() int { return len(b.Rows) }

// Source yields the rows of one table, in file order. It is used by one goroutine at a time.
type Source interface {
	// Format names the format: csv, tsv, json, html, xlsx, xls, parquet or arrow.
	Format() string
	// Header returns the names of the columns where the format itself has them: the keys of a JSON file, in the order of
	// their first appearance, the columns of parquet and arrow; nil for the others, where finding the header is the
	// profile's work.
	Header() []string
	// Next returns the next batch, or io.EOF after the last one. A batch has at least one row or one bad row. Any other
	// error is an *Error and means that the rest of the file cannot be read.
	Next() (*Batch, error)
	// Encoding returns "UTF-8", "GB18030", "UTF-16LE" or "UTF-16BE". It is final once Next has returned io.EOF: a file
	// that begins with megabytes of ASCII shows its encoding late.
	Encoding() string
	// Damaged returns how many invalid bytes or characters were replaced by U+FFFD so far.
	Damaged() int64
	// NULs returns how many NUL characters were left out so far.
	NULs() int64
	// Mixed says whether the head of the file has lines in UTF-8 and others in GB18030, as when exports of two systems
	// are pasted together. No encoding reads such a file whole.
	Mixed() bool
	// Serial1904 says whether day numbers in it count from 1904-01-01, as in workbooks of old Macs, instead of 1900.
	Serial1904() bool
	// Notes returns what the reader noticed, as Chinese clauses without a full stop; final once Next has returned io.EOF.
	Notes() []string
	// Close releases what the source holds; the file itself stays the caller's.
	Close() error
}

// Table is one table of a file: a sheet of a workbook, else the file itself.
type Table struct {
	Name   string // the sheet's name; "" in formats without sheets
	Hidden bool
}

// Options says how to read a file; the zero value finds everything out by itself.
type Options struct {
	Encoding  string // "" = detect; "utf-8", "gb18030" (also "gbk", "gb2312"), "utf-16le", "utf-16be", "utf-16"
	Delimiter rune   // csv only; 0 = detect among comma, semicolon and tab
	BatchRows int    // rows a batch holds at most; 0 = 16,384
	Table     string // the sheet to read; "" = the first visible one that is not empty
	Limits    Limits

	// Context ends the reading of a file whose reader is a process of its own; nil = never. Next then returns its cause.
	Context context.Context `json:"-"`
	// Read is kept at how many bytes of the file have been read so far, for a progress bar; nil = not wanted.
	Read *atomic.Int64 `json:"-"`

	chunk int // bytes read at a time; tests cut the file at every place
}

func (o Options) withDefaults() Options {
	if o.BatchRows <= 0 {
		o.BatchRows = defaultBatchRows
	}
	if o.chunk <= 0 {
		o.chunk = defaultChunk
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	o.Limits = o.Limits.withDefaults()
	return o
}

// Open looks at the first bytes of a file and returns the source that reads it. name is used in messages and for its
// extension; f must stay open and unchanged while the source is in use, and is only read at offsets: its own offset is
// neither used nor moved. A packed file is refused here: see Unpack.
//
// Formats that unpack or that others' code reads (workbooks, parquet, arrow) are read by a process of this same binary, see
// readerName; the others in this one, under recover.
//
// Errors, here and from Next, are *Error (a sentence for the user) and wrap ErrEmpty, ErrUnsupported, ErrBinary, ErrOption,
// ErrLimit, ErrChanged or ErrUnreadable.
func Open(f *os.File, size int64, name string, opt Options) (Source, error) {
	opt = opt.withDefaults()
	seen, err := see(f, size, name, opt.Limits)
	if err != nil {
		return nil, err
	}
	k, err := kindOf(f, size, name)
	if err != nil {
		return nil, err
	}
	if !k.foreign() {
		s, err := OpenText(f, size, name, opt)
		if err != nil {
			return nil, err
		}
		s.(*guarded).seen = seen
		return s, nil
	}
	s, err := openChild(f, size, name, opt)
	if err != nil {
		return nil, err
	}
	return &guarded{Source: s, name: name, limits: opt.Limits, seen: seen}, nil
}

// OpenText is Open for text formats alone (csv, tsv, json, html, XML of Excel 2003), from anything that can be read at
// offsets.
func OpenText(f io.ReaderAt, size int64, name string, opt Options) (_ Source, err error) {
	defer rescue(name, &err)
	opt = opt.withDefaults()
	if err := opt.Limits.checkFile(name, size); err != nil {
		return nil, err
	}
	if opt.Read != nil {
		m := newMeter(f, size)
		m.to, f = opt.Read, m
	}
	t, err := newText(f, size, name, opt)
	if err != nil {
		return nil, err
	}
	var s Source
	switch {
	case t.isJSON():
		s, err = openJSON(t, opt)
	case t.kind == kindHTML:
		s, err = openHTML(t, opt)
	case t.kind == kindXML:
		s, err = openSpreadsheetML(t, opt)
	default:
		s, err = openCSV(t, opt)
	}
	if err != nil {
		return nil, err
	}
	return &guarded{Source: s, name: name, limits: opt.Limits}, nil
}

// Tables lists the tables of a file that are not empty, in the file's order; formats without sheets have one, without a
// name. Errors are those of Open.
func Tables(f *os.File, size int64, name string, opt Options) (tables []Table, err error) {
	defer rescue(name, &err)
	opt = opt.withDefaults()
	if _, err := see(f, size, name, opt.Limits); err != nil {
		return nil, err
	}
	k, err := kindOf(f, size, name)
	switch {
	case err != nil:
		return nil, err
	case k == kindXML:
		t, err := newText(f, size, name, opt)
		if err != nil {
			return nil, err
		}
		return spreadsheetMLTables(t, opt)
	case k == kindZip || k == kindCompound:
		return childTables(f, size, name, opt)
	case k == kindGzip || k == kindZstd:
		return nil, refuse(name, ErrUnsupported, "是%s，%s", kindNames[k], unpack)
	}
	return []Table{{}}, nil
}

// kindOf reads the first bytes of a file.
func kindOf(f io.ReaderAt, size int64, name string) (kind, error) {
	head := make([]byte, min(size, sampleHead))
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, unreadable(name, err)
	}
	return sniff(head[:n], name)
}

// rescue turns a panic into an error.
func rescue(name string, err *error) {
	if p := recover(); p != nil {
		*err = unusable(name, fmt.Errorf("panic: %s", panicText(p)))
	}
}

// guarded is a source as Open hands it out: within the limit on rows, with a panic turned into an error, and with the file
// looked at again when its end is reached.
type guarded struct {
	Source
	name   string
	limits Limits
	seen   *sight // nil: what is read is no file
	rows   int64
	end    error // what Next answered last, once it was an error
}

func (g *guarded) Next() (b *Batch, err error) {
	if g.end != nil {
		return nil, g.end
	}
	defer func() { g.end = err }()
	defer rescue(g.name, &err)
	b, err = g.Source.Next()
	if errors.Is(err, io.EOF) && g.seen != nil {
		if changed := g.seen.again(); changed != nil {
			return nil, changed
		}
	}
	if err != nil {
		return nil, err
	}
	g.rows += int64(len(b.Rows) + len(b.Bad))
	if err := g.limits.checkRows(g.name, g.rows); err != nil {
		return nil, err
	}
	return b, nil
}
