package workbook

import (
	"fmt"
	"io"
	"strconv"
)

// RejectSheet is the refused rows of one table of a ledger.
type RejectSheet struct {
	Name   string   // of the table it came from; becomes the sheet's name as far as a sheet may be named so
	Header []string // as in the file; columns of a wider row than that have none
	Rows   []RejectLine
}

// RejectLine is one refused row.
type RejectLine struct {
	ID     string   // by which the row is known again when it comes back: 12-345, job and row
	Row    int64    // file row
	Reason string   // Chinese, why it was refused
	Cells  []string // as in the file; cells with personal data hold what stands for them
}

// The columns behind those of the ledger. A file that has IDColumn is a corrected one: rows that are taken clear what
// the column names.
const (
	RowColumn    = "行号"
	ReasonColumn = "原因"
	IDColumn     = "退回编号"
)

// WriteRejects writes one sheet for each table: the ledger's own columns, then 行号, 原因 and 退回编号, so that the rows are
// corrected where they stand and the file is loaded again as it is.
func WriteRejects(w io.Writer, sheets []RejectSheet) error {
	b, err := newBook()
	if err != nil {
		return err
	}
	defer b.close()
	for _, s := range sheets {
		if err := b.rejects(s); err != nil {
			return fmt.Errorf("workbook: rejects %q: %w", s.Name, err)
		}
	}
	return b.write(w)
}

// rejects adds one sheet.
func (b *book) rejects(s RejectSheet) error {
	width := len(s.Header)
	for _, r := range s.Rows {
		width = max(width, len(r.Cells))
	}
	sh, err := b.sheet(s.Name, "退回的行")
	if err != nil {
		return err
	}
	columns := make([]column, 0, width+3)
	for i := range width {
		c := column{style: b.text}
		if i < len(s.Header) {
			c.header = s.Header[i]
		}
		c.width = columnWidth(c.header, s.Rows, i)
		columns = append(columns, c)
	}
	columns = append(columns,
		column{header: RowColumn, width: 8, style: b.text, head: b.marked},
		column{header: ReasonColumn, width: 44, style: b.reason, head: b.marked},
		column{header: IDColumn, width: 14, style: b.quiet, head: b.marked})
	if err := sh.begin(columns); err != nil {
		return err
	}
	cells := make([]string, width+3)
	for _, r := range s.Rows {
		clear(cells)
		copy(cells, r.Cells)
		cells[width], cells[width+1], cells[width+2] = strconv.FormatInt(r.Row, 10), r.Reason, r.ID
		if err := sh.row(cells); err != nil {
			return err
		}
	}
	return sh.end()
}

// columnWidth is wide enough for the header and the first rows, within reason.
func columnWidth(header string, rows []RejectLine, col int) float64 {
	w := textWidth(header)
	for _, r := range rows[:min(len(rows), 50)] {
		if col < len(r.Cells) {
			w = max(w, textWidth(r.Cells[col]))
		}
	}
	return min(max(w+2, 8), 40)
}
