package intake

import (
	"context"
	"fmt"
	"io"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/workbook"
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

// rejects writes the refused rows of a file as a workbook to be corrected, a sheet for each table; nil where there are none.
func (in *inbox) rejects(ctx context.Context, outcomes []ingest.Outcome) func(io.Writer) error {
	var sheets []workbook.RejectSheet
	for _, o := range outcomes {
		if o.Result.Rejected == 0 || o.Result.Job == 0 {
			continue
		}
		rows, err := in.d.Rejects(ctx, o.Result.Job)
		if err != nil { // they are with the job: the report says so
			in.d.o.Log.Error("the rejects of a file of the inbox could not be read", "job", o.Result.Job, "err", err)
			continue
		}
		sheets = append(sheets, sheetOf(o.Result.Profile, rows))
	}
	if len(sheets) == 0 {
		return nil
	}
	return func(w io.Writer) error { return workbook.WriteRejects(w, sheets) }
}

func sheetOf(name string, rows []ingest.RejectedRow) workbook.RejectSheet {
	s := workbook.RejectSheet{Name: name, Header: []string{"列", "原值"}}
	for _, r := range rows {
		s.Rows = append(s.Rows, workbook.RejectLine{ID: fmt.Sprintf("%d-%d", r.Job, r.Row), Row: r.Row, Reason: r.Message, Cells: []string{r.Column, r.Value}})
	}
	return s
}
