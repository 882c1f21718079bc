package workbook

import (
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"
)

// Table is a ledger as an office keeps it in a workbook: title rows over the whole width, a header of one row or two,
// then its rows.
type Table struct {
	Name   string // of the sheet
	Titles []string
	Header [][]string // one row or two of equal length; in two, equal neighbours of the upper row are merged, and a column whose cells are equal is merged over both
	Rows   [][]any    // string, int, float64 or time.Time (a real date cell); nil is an empty cell
}

// WriteTable writes a workbook with one sheet for each table.
func WriteTable(w io.Writer, tables ...Table) error {
	b, err := newBook()
	if err != nil {
		return err
	}
	defer b.close()
	dates, err := b.dateStyles()
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := b.table(t, dates); err != nil {
			return fmt.Errorf("workbook: table %q: %w", t.Name, err)
		}
	}
	return b.write(w)
}

// dateStyles are the styles of a day and of a moment.
func (b *book) dateStyles() (styles [2]int, err error) {
	for i, format := range []string{"yyyy-mm-dd", "yyyy-mm-dd hh:mm"} {
		if styles[i], err = b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Family: bodyFont, Size: 11}, CustomNumFmt: &format}); err != nil {
			return styles, err
		}
	}
	return styles, nil
}

func (b *book) table(t Table, dates [2]int) error {
	sh, err := b.sheet(t.Name, "Sheet1")
	if err != nil {
		return err
	}
	if sh.out, err = b.file.NewStreamWriter(sh.name); err != nil {
		return err
	}
	width := len(t.Header[0])
	if err := sh.out.SetColWidth(1, width, 14); err != nil {
		return err
	}
	for _, title := range t.Titles {
		if err := sh.set([]any{excelize.Cell{StyleID: b.title, Value: plain(title)}}); err != nil {
			return err
		}
		if err := sh.merge(1, sh.rows, width, sh.rows); err != nil {
			return err
		}
	}
	if err := sh.header(t.Header); err != nil {
		return err
	}
	for _, row := range t.Rows {
		cells := make([]any, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case string:
				cells[i] = plain(v)
			case time.Time:
				style := dates[0]
				if v.Truncate(24*time.Hour) != v {
					style = dates[1]
				}
				cells[i] = excelize.Cell{StyleID: style, Value: v}
			default:
				cells[i] = v
			}
		}
		if err := sh.set(cells); err != nil {
			return err
		}
	}
	return sh.out.Flush()
}

// header writes the header's rows and merges what belongs together.
func (s *sheet) header(rows [][]string) error {
	top := s.rows + 1
	for _, row := range rows {
		cells := make([]any, len(row))
		for i, text := range row {
			cells[i] = excelize.Cell{StyleID: s.book.head, Value: plain(text)}
		}
		if err := s.set(cells); err != nil {
			return err
		}
	}
	if len(rows) != 2 {
		return nil
	}
	upper, lower := rows[0], rows[1]
	for from := 0; from < len(upper); {
		to := from + 1
		if upper[from] == lower[from] {
			if err := s.merge(from+1, top, from+1, top+1); err != nil {
				return err
			}
			from = to
			continue
		}
		for to < len(upper) && upper[to] == upper[from] && upper[to] != lower[to] {
			to++
		}
		if to > from+1 {
			if err := s.merge(from+1, top, to, top); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// merge merges the cells from one corner to the other, columns and rows from 1. The first keeps its text.
func (s *sheet) merge(col, row, lastCol, lastRow int) error {
	from, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		return err
	}
	to, err := excelize.CoordinatesToCellName(lastCol, lastRow)
	if err != nil {
		return err
	}
	return s.out.MergeCell(from, to)
}
