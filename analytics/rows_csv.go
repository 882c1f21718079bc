package analytics

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// WriteRows writes all rows of the asked part, whatever the page, for a spreadsheet: UTF-8 with BOM, CRLF, Chinese
// headers, times as 2006-01-02 15:04:05, numbers not rounded, 是 and 否, the code of a unit in a column of its own, an
// empty cell for null, and behind them the job and file row each was loaded from. A text that a spreadsheet would take
// for a formula gets a leading apostrophe. More than MaxRows rows are refused with ErrTooLarge before anything is written.
func WriteRows(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q RowQuery, w io.Writer) error {
	return writeRows(ctx, v, cat, q, w, loadRegister)
}

// WriteRows writes all rows behind a number that Ask gave. They are put aside first: a reader at the end of a slow line
// keeps nobody waiting at the gate, and what a reopened engine begins anew has not been sent.
func (e *Engine) WriteRows(ctx context.Context, q RowQuery, w io.Writer) error {
	q.Now = q.Now.Truncate(NowStep)
	aside, err := os.CreateTemp("", "gridstar-rows-*.csv")
	if err != nil {
		return fmt.Errorf("putting rows aside: %w", err)
	}
	defer aside.Close()
	if err := os.Remove(aside.Name()); err != nil { // it lives as long as it is open
		return fmt.Errorf("putting rows aside: %w", err)
	}
	err = e.View(ctx, func(v *warehouse.View) error {
		if err := aside.Truncate(0); err != nil {
			return err
		}
		if _, err := aside.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return writeRows(ctx, v, e.cat, q, aside, e.register)
	})
	if err != nil {
		return err
	}
	if _, err := aside.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err = io.Copy(w, aside)
	return err
}

func writeRows(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q RowQuery, w io.Writer, load registers) error {
	p, err := prepareRows(ctx, v, cat, q, load)
	if err != nil {
		return err
	}
	page, err := p.page(ctx, v)
	if err != nil {
		return err
	}
	if page.Total > MaxRows {
		return failf(ErrTooLarge, "明细有 %d 行，超过 %d 行，请缩短期间或指定单位后再导出", page.Total, MaxRows)
	}
	st, l, err := p.lines("")
	if err != nil {
		return err
	}
	rows, err := v.Query(ctx, st.SQL, st.Args...)
	if err != nil {
		return &engineError{err}
	}
	defer rows.Close()
	out := bufio.NewWriter(w)
	out.WriteString("\uFEFF")
	traced := page.Shape != catalog.ShapeOrg && page.Shape != string(catalog.Due)
	var head []string
	for _, c := range page.Columns {
		head = append(head, csvText(c.Label))
		if c.Kind == UnitColumn {
			head = append(head, csvText(c.Label+"编码"))
		}
	}
	if traced {
		head = append(head, "作业", "行号")
	}
	csvLine(out, head)
	scan := l.scan(cat)
	for rows.Next() {
		line, err := scan(rows)
		if err != nil {
			return &engineError{err}
		}
		var cells []string
		for i, c := range page.Columns {
			cells = append(cells, csvCell(c, line.Cells[i])...)
		}
		if traced {
			job, row := float64(line.Job), float64(line.Row)
			cells = append(cells, csvNumber(&job), csvNumber(&row))
		}
		csvLine(out, cells)
	}
	if err := rows.Err(); err != nil {
		return &engineError{err}
	}
	return out.Flush() // a bufio.Writer keeps its first error
}

func csvLine(out *bufio.Writer, cells []string) { out.WriteString(strings.Join(cells, ",") + "\r\n") }

// csvCell is the text of a cell; of a unit, of its name and code.
func csvCell(c RowColumn, v any) []string {
	if c.Kind == UnitColumn {
		k, _ := v.(Key)
		code, _ := k.Value.(string)
		return []string{csvText(k.Name), csvText(code)}
	}
	switch v := v.(type) {
	case string:
		return []string{csvText(v)}
	case Key:
		return []string{csvText(v.Name)}
	case Reading:
		return []string{csvText(v.String())}
	case float64:
		return []string{csvNumber(&v)}
	case bool:
		if v {
			return []string{"是"}
		}
		return []string{"否"}
	case time.Time:
		if c.Kind == DateColumn {
			return []string{v.Format(time.DateOnly)}
		}
		return []string{v.Format(time.DateTime)}
	}
	return []string{""}
}
