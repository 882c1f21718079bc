package source

import (
	"errors"
	"io"
	"strings"
)

// table reads csv and tsv.
//
// Rules, beyond RFC 4180: a record ends at LF or CRLF, or at CR in a file that has no other line ends; a quote counts only at the
// start of a cell, elsewhere it is a character; blanks after a closing quote are ignored. A malformed record
// spoils only its first line: reading goes on at the line behind it, so that one open quote does not swallow the rows that
// follow. Only a file built so that nearly every line has to be read again and again loses that kindness (see reject).
type table struct {
	text    *text
	rec     record // how records are cut
	maxRows int

	drop  int    // bytes of the text to leave out at its beginning
	buf   string // text not yet parsed is buf[pos:]
	pos   int
	last  bool // buf holds the end of the file
	skip  bool // inside an overlong line: everything up to its end belongs to a row already reported
	row   int64
	width int // widest record so far, so that batches agree on their width
	good  int64
	bad   *BadRow // the first
	again int64   // bytes read more than once
}

// How much of a file may be read twice: enough that 16 rows with an unclosed quote, or some for every MiB, do no harm.
const (
	rereadFloor  = 16 << 20
	rereadFactor = 4
)

func openCSV(t *text, opt Options) (Source, error) {
	sample, whole := t.sample()
	tb := &table{text: t, maxRows: opt.BatchRows, width: 1}
	tb.rec = record{newline: detectNewline(sample), cell: opt.Limits.CellBytes, columns: opt.Limits.Columns}
	stated, line := separatorLine(sample, tb.rec.newline)
	tb.drop = line
	switch opt.Delimiter {
	case 0:
		switch ext := extension(t.name); {
		case stated != 0:
			tb.rec.comma = stated
		case (ext == ".tsv" || ext == ".tab") && strings.IndexByte(sample, '\t') >= 0:
			tb.rec.comma = '\t'
		default:
			tb.rec.comma = tb.rec.detectDelimiter(sample, whole)
		}
	case ',', ';', '\t', '|':
		tb.rec.comma = byte(opt.Delimiter)
	default:
		return nil, refuse(t.name, ErrOption, "不能以“%c”作为分隔符，可用的分隔符为逗号、分号、制表符和竖线。", opt.Delimiter)
	}
	return tb, nil
}

// separatorLine understands the first line “sep=;” by which Excel is told the delimiter. length is that of the line with its
// end, 0 where the file does not begin with one: it is no row, and spreadsheets do not count it.
func separatorLine(sample string, newline byte) (comma byte, length int) {
	const prefix = "sep="
	if len(sample) <= len(prefix) || !strings.EqualFold(sample[:len(prefix)], prefix) {
		return 0, 0
	}
	comma = sample[len(prefix)]
	rest := sample[len(prefix)+1:]
	end := strings.TrimPrefix(rest, "\r")
	if newline == '\r' {
		end = rest
	}
	if end == "" || end[0] != newline || comma != '\t' && (comma <= ' ' || comma >= 0x7F || comma == '"' || comma == '\\') {
		return 0, 0
	}
	return comma, len(sample) - len(end) + 1
}

func (tb *table) Format() string {
	if tb.rec.comma == '\t' {
		return "tsv"
	}
	return "csv"
}

func (tb *table) Header() []string { return nil }
func (tb *table) Encoding() string { return tb.text.enc.String() }
func (tb *table) Damaged() int64   { return tb.text.damaged }
func (tb *table) NULs() int64      { return tb.text.nuls }
func (tb *table) Mixed() bool      { return tb.text.mixed }
func (tb *table) Serial1904() bool { return false }
func (tb *table) Notes() []string  { return nil }
func (tb *table) Close() error     { tb.buf = ""; return nil }

// Next implements Source. A batch ends with the chunk of text it was cut from.
func (tb *table) Next() (*Batch, error) {
	for {
		b := &Batch{Width: tb.width}
		if len(tb.buf)-tb.pos > 0 {
			guess := min(tb.maxRows, max(64, (len(tb.buf)-tb.pos)/(8*tb.width)), max(1, maxBatchCells/tb.width))
			b.Rows = make([]int64, 0, guess)
			b.Cells = make([]string, 0, guess*tb.width)
		}
		tb.fill(b)
		if len(b.Rows) > 0 || len(b.Bad) > 0 {
			return b, nil
		}
		if tb.last {
			if tb.good == 0 && tb.bad != nil {
				return nil, refuse(tb.text.name, ErrUnreadable, "没有一行可以读取；第 %d 行：%s。", tb.bad.Row, tb.bad.Reason.Message())
			}
			return nil, io.EOF
		}
		s, err := tb.text.more(tb.buf[tb.pos:])
		if errors.Is(err, io.EOF) {
			tb.last = true
		} else if err != nil {
			return nil, err
		}
		tb.buf, tb.pos = s, min(tb.drop, len(s))
		tb.drop -= tb.pos
	}
}

// fill parses records of buf into b until b is full or buf holds no further whole record.
func (tb *table) fill(b *Batch) {
	for len(b.Rows) < tb.maxRows && len(b.Bad) < tb.maxRows {
		if tb.skip && !tb.skipLine() || tb.pos == len(tb.buf) {
			return
		}
		from := len(b.Cells)
		cells, next, why := tb.rec.parse(b.Cells, tb.buf, tb.pos, tb.last)
		switch n := len(cells) - from; {
		case why == needMore:
			return
		case why != "":
			tb.reject(b, why, next)
			continue
		case n > b.Width:
			tb.width = n
			if !b.widen(n) {
				return // it opens the next batch, which is made wide enough
			}
			continue // parsed again behind the rows that were moved
		default:
			for ; n < b.Width; n++ {
				cells = append(cells, "")
			}
		}
		b.Cells = cells
		tb.row++
		tb.good++
		b.Rows = append(b.Rows, tb.row)
		tb.pos = next
		if len(b.Cells)+b.Width > maxBatchCells {
			return
		}
	}
}

// reject reports the record at pos, which had to be read up to `read` to know that it is bad, and moves to the line behind
// its first. What lies between is read twice. A hostile file can have that done for every line; so once more has been read
// twice than any honest file asks for, reading goes on behind `read` instead, and the whole costs linear time.
func (tb *table) reject(b *Batch, why Reason, read int) {
	tb.row++
	bad := BadRow{Row: tb.row, Reason: why}
	b.Bad = append(b.Bad, bad)
	if tb.bad == nil {
		tb.bad = &bad
	}
	tb.skip = true
	if i := indexByte(tb.buf[tb.pos:read], tb.rec.newline); i >= 0 {
		tb.again += int64(read - tb.pos - i)
	}
	if tb.again > rereadFloor+rereadFactor*tb.text.file.Size() {
		tb.pos = read
	}
}

// skipLine moves behind the next line end and says whether it was there; at the end of the file it always is.
func (tb *table) skipLine() bool {
	i := indexByte(tb.buf[tb.pos:], tb.rec.newline)
	if i < 0 {
		tb.pos = len(tb.buf)
		if tb.last {
			tb.skip = false
		}
		return tb.last
	}
	tb.pos += i + 1
	tb.skip = false
	return true
}

// widen makes room for rows of n cells. It refuses where that means moving much.
func (b *Batch) widen(n int) bool {
	if len(b.Rows)*n > 1<<16 {
		return false
	}
	cells := make([]string, 0, max(cap(b.Cells), (len(b.Rows)+64)*n))
	for i := range b.Rows {
		cells = append(cells, b.Row(i)...)
		for range n - b.Width {
			cells = append(cells, "")
		}
	}
	b.Cells, b.Width = cells, n
	return true
}
