package source

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
)

// maxBatchText bounds the text of a batch of a sheet, in bytes.
const maxBatchText = 8 << 20

// rowReader reads the rows of one sheet. Each format of sheets is one.
type rowReader interface {
	// read fills r with the next row that has a cell with text in it, or returns io.EOF. Row numbers ascend. Other
	// errors are *Error, or what broken makes one of.
	read(r *gridRow) error
	close() error
}

// gridRow is one row of a sheet without what merged ranges repeat in it. The grid makes it; a rowReader fills it.
type gridRow struct {
	number int64
	cells  []string // by column; the last is not blank
	text   int      // bytes in cells
	bad    Reason   // why the row cannot be read, "" if it can
	limits Limits
}

func (r *gridRow) begin(number int64) {
	r.number, r.cells, r.text, r.bad = number, r.cells[:0], 0, ""
}

func (r *gridRow) blank() bool { return len(r.cells) == 0 && r.bad == "" }

// set puts text into a column, counted from 0. A cell set twice keeps the later text.
func (r *gridRow) set(column int, text string) {
	r.text += len(text)
	switch {
	case text == "" || r.bad != "":
		return
	case column >= r.limits.Columns:
		r.bad = TooManyColumns
		return
	case len(text) > r.limits.CellBytes:
		r.bad = CellTooLong
		return
	case r.text > MaxRecordBytes:
		r.bad = RecordTooLong
		return
	}
	for len(r.cells) <= column {
		r.cells = append(r.cells, "")
	}
	r.cells[column] = text
}

// grid is the Source of every format whose cells have places: it builds batches out of rows, fills merged ranges and keeps
// the limits. Rows without text are not delivered, however they are formatted; a merged range does not make a row of
// one that has nothing of its own, nor a table wider than its own cells make it.
type grid struct {
	name     string
	format   string
	encoding func() string
	is1904   bool
	limits   Limits
	maxRows  int
	rows     rowReader
	merges   merges
	findings findings
	lost     func() (damaged, nuls int64) // of the text the rows are made from

	row     gridRow
	waiting bool // row was read but stands in no batch yet
	done    bool
	width   int // the widest row so far, so that batches agree on their width
	count   int64
	good    bool
	bad     *BadRow // the first
}

func newGrid(name, format, encoding string, opt Options) *grid {
	g := &grid{name: name, format: format, encoding: func() string { return encoding }, limits: opt.Limits, maxRows: opt.BatchRows, width: 1}
	g.row.limits = opt.Limits
	return g
}

func (g *grid) Format() string   { return g.format }
func (g *grid) Header() []string { return nil }
func (g *grid) Encoding() string { return g.encoding() }
func (g *grid) Mixed() bool      { return false }
func (g *grid) Serial1904() bool { return g.is1904 }
func (g *grid) Notes() []string  { return g.findings.notes() }
func (g *grid) Close() error     { return g.rows.close() }

func (g *grid) Damaged() int64 {
	damaged, _ := g.lost()
	return damaged
}

func (g *grid) NULs() int64 {
	_, nuls := g.lost()
	return nuls
}

// ofText makes a grid say what happened to the text its rows are made from.
func (g *grid) ofText(t *text) {
	g.encoding = func() string { return t.enc.String() }
	g.lost = func() (int64, int64) { return t.damaged, t.nuls }
}

// textReader reads a text as bytes of UTF-8.
type textReader struct {
	text *text
	rest string
}

func (r *textReader) Read(p []byte) (int, error) {
	if r.rest == "" {
		var err error
		if r.rest, err = r.text.more(""); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Next implements Source.
func (g *grid) Next() (*Batch, error) {
	b := &Batch{}
	var flat []string // the rows' own cells, one row behind the other
	var ends []int    // where each row ends in flat
	text := 0
	for !g.done && len(ends) < g.maxRows && len(b.Bad) < g.maxRows && text < maxBatchText {
		if !g.waiting {
			err := g.rows.read(&g.row)
			if errors.Is(err, io.EOF) {
				g.done = true
				break
			}
			if err != nil {
				return nil, broken(g.name, err)
			}
			g.count++
			if err := g.limits.checkRows(g.name, g.count); err != nil {
				return nil, err
			}
		}
		if g.row.bad != "" {
			b.Bad = append(b.Bad, BadRow{g.row.number, g.row.bad})
			if g.bad == nil {
				g.bad = &b.Bad[0]
			}
			g.waiting = false
			continue
		}
		width := max(g.width, len(g.row.cells))
		if g.waiting = len(ends) > 0 && (len(ends)+1)*width > maxBatchCells; g.waiting {
			break
		}
		g.width = width
		flat = append(flat, g.row.cells...)
		ends = append(ends, len(flat))
		text += g.row.text
		b.Rows = append(b.Rows, g.row.number)
	}
	if len(b.Rows) == 0 && len(b.Bad) == 0 {
		if !g.good && g.bad != nil {
			return nil, refuse(g.name, ErrUnreadable, "没有一行可以读取；第 %d 行：%s。", g.bad.Row, g.bad.Reason.Message())
		}
		return nil, io.EOF
	}
	g.good = g.good || len(b.Rows) > 0
	b.Width = g.width
	b.Cells = make([]string, len(b.Rows)*b.Width)
	from := 0
	for i, end := range ends {
		copy(b.Row(i), flat[from:end])
		from = end
	}
	if err := g.merges.fill(b, &g.findings); err != nil {
		return nil, broken(g.name, err)
	}
	return b, nil
}

// isEmpty reads until the first row that has text and says whether there is none.
func (g *grid) isEmpty() (bool, error) {
	err := g.rows.read(&g.row)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	if err != nil {
		return false, broken(g.name, err)
	}
	return false, nil
}

// damage says, as a Chinese clause, in which way a file is not what its format asks for.
type damage string

func (d damage) Error() string { return "source: damaged: " + string(d) }

func damagef(format string, args ...any) damage { return damage(fmt.Sprintf(format, args...)) }

// broken makes the sentence for the user out of what a reader of sheets ran into.
func broken(name string, err error) error {
	var e *Error
	var d damage
	var corrupt flate.CorruptInputError
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, errZip) || errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		d = "压缩数据不完整"
	}
	if d != "" || errors.As(err, &d) {
		return &Error{Name: name, Text: "文件“" + name + "”已损坏（" + string(d) + "），请用 Excel 或 WPS 打开后另存，再重新导入。", Err: errors.Join(ErrUnreadable, err)}
	}
	return unreadable(name, err)
}

// findings counts what a reader notices in the cells of a sheet and the clerk should know.
type findings struct {
	formulas finding // without a stored result
	digits   finding // numbers with more digits than a spreadsheet keeps
	covered  finding // cells under a merged range that hold a text of their own
	hidden   finding // rows
}

type finding struct {
	count int64
	first string // the first cell, as B5
}

func (f *finding) add(row int64, column int) {
	if f.count == 0 {
		f.first = cellName(row, column)
	}
	f.count++
}

// number writes the number of a cell into scratch, see appendCell, and notes one that has lost digits.
func (f *findings) number(scratch *[]byte, v float64, format numFormat, is1904 bool, row int64, column int) []byte {
	if (format.kind == plainNumber || format.kind == paddedNumber) && (v >= maxWholeDigits || v <= -maxWholeDigits) {
		f.digits.add(row, column)
	}
	*scratch = appendCell((*scratch)[:0], v, format, is1904)
	return *scratch
}

// addRow is add for a row as a whole.
func (f *finding) addRow(row int64) {
	if f.count == 0 {
		f.first = fmt.Sprintf("第 %d 行", row)
	}
	f.count++
}

func (f *findings) notes() []string {
	var out []string
	for _, n := range []struct {
		of   finding
		text string
	}{
		{f.formulas, "有 %d 个公式没有保存计算结果（首个在 %s），按空白读取；请用 Excel 打开该文件并保存一次，再重新导入"},
		{f.digits, "有 %d 个数字超过 15 位（首个在 %s），表格软件已丢失末尾几位；请将该列设为文本格式后重新录入"},
		{f.covered, "有 %d 个合并单元格下面另有内容（首个在 %s），按看得见的内容读取"},
		{f.hidden, "有 %d 行是隐藏的或被筛选掉的（首个为%s），已一并读取"},
	} {
		if n.of.count > 0 {
			out = append(out, fmt.Sprintf(n.text, n.of.count, n.of.first))
		}
	}
	return out
}

// cellName returns the name a spreadsheet gives a cell; column counts from 0.
func cellName(row int64, column int) string {
	var letters string
	for c := column + 1; c > 0; c = (c - 1) / 26 {
		letters = string(rune('A'+(c-1)%26)) + letters
	}
	return fmt.Sprintf("%s%d", letters, row)
}

// arena hands out strings that share large blocks of memory: a sheet has millions of small ones.
type arena struct{ block strings.Builder }

const arenaBlock = 64 << 10

func (a *arena) add(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if a.block.Cap()-a.block.Len() < len(text) {
		a.block = strings.Builder{}
		a.block.Grow(max(arenaBlock, len(text)))
	}
	from := a.block.Len()
	a.block.Write(text)
	return a.block.String()[from:]
}
