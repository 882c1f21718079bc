package intake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/workbook"
)

const (
	shownRefused = 100    // refused rows that an Outcome carries
	maxRefused   = 50_000 // those that are kept of a table which was refused for them
)

// Rejects are the refused rows of a job.
func (d *Desk) Rejects(ctx context.Context, job int64) (rows []ingest.RejectedRow, err error) {
	in, err := d.o.Ingester()
	if err != nil {
		return nil, err
	}
	err = in.Warehouse.View(ctx, func(v *warehouse.View) error {
		rows, err = ingest.Rejects(ctx, v, job)
		return err
	})
	return rows, err
}

// refusedOf are the rows for which a table was refused as a whole; nil where it was not.
func refusedOf(o ingest.Outcome) []ingest.RejectedRow {
	many, ok := errors.AsType[*ingest.TooManyRejects](o.Err)
	if !ok {
		return nil
	}
	return many.Rows
}

// refusedFile lies beside the file of an upload and goes with it: its cells are the ledger's.
func (d *Desk) refusedFile(id string) string { return filepath.Join(d.folder(id), "refused.json") }

// keepRefused keeps the rows for which tables of an upload were refused as a whole: they are in no job. The first of all is the
// table numbered first.
func (d *Desk) keepRefused(id string, first int, all []ingest.Outcome) error {
	kept := map[int][]ingest.RejectedRow{} // by table
	for i, o := range all {
		if rows := refusedOf(o); len(rows) > 0 {
			kept[first+i] = rows[:min(len(rows), maxRefused)]
		}
	}
	if len(kept) == 0 {
		if err := os.Remove(d.refusedFile(id)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return warehouse.WriteFile(d.refusedFile(id), 0o600, func(w io.Writer) error { return json.NewEncoder(w).Encode(kept) })
}

// Refused are the rows for which a table of an upload, counted as in Upload.Outcomes, was refused as a whole, as far as they
// are kept (50,000); none where it was not.
func (d *Desk) Refused(id string, table int) ([]ingest.RejectedRow, error) {
	if _, ok := d.Upload(id); !ok {
		return nil, errUnknown
	}
	b, err := os.ReadFile(d.refusedFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("未入库的行无法读取，请检查磁盘：%w", err)
	}
	var kept map[int][]ingest.RejectedRow
	if err := json.Unmarshal(b, &kept); err != nil {
		return nil, fmt.Errorf("the refused rows of upload %s: %w", id, err)
	}
	return kept[table], nil
}

// rejects writes the refused rows of a file as a workbook to be corrected, a sheet for each table; nil where there are none.
func (in *inbox) rejects(ctx context.Context, outcomes []ingest.Outcome) func(io.Writer) error {
	var sheets []workbook.RejectSheet
	for _, o := range outcomes {
		rows := refusedOf(o)
		if o.Err == nil && o.Result.Rejected > 0 {
			var err error
			if rows, err = in.d.Rejects(ctx, o.Result.Job); err != nil { // they are with the job: the report says so
				in.d.o.Log.Error("the rejects of a file of the inbox could not be read", "job", o.Result.Job, "err", err)
				continue
			}
		}
		sheets = append(sheets, RejectSheets(rows)...)
	}
	if len(sheets) == 0 {
		return nil
	}
	return func(w io.Writer) error { return workbook.WriteRejects(w, sheets) }
}

// RejectSheets are refused rows as the sheets of a workbook to be corrected: one for each table that they come from, in
// their order, with the columns of that table.
func RejectSheets(rows []ingest.RejectedRow) []workbook.RejectSheet {
	type table struct{ file, sheet, header string }
	var sheets []workbook.RejectSheet
	at := map[table]int{}
	for _, r := range rows {
		of := table{r.File, r.Sheet, strings.Join(r.Header, "\x1f")}
		i, ok := at[of]
		if !ok {
			i = len(sheets)
			at[of] = i
			sheets = append(sheets, workbook.RejectSheet{Name: cmp.Or(r.Sheet, r.File), Header: r.Header})
		}
		sheets[i].Rows = append(sheets[i].Rows, workbook.RejectLine{ID: r.ID(), Row: r.Row, Reason: r.Why(), Cells: r.Cells})
	}
	return sheets
}
