package web

import (
	"context"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/workbook"
)

type refusedRow struct {
	Job       int64
	File      string
	Sheet     string
	Row       int64
	Header    []string
	Cells     []string
	Reasons   []ingest.Reject
	ClearedBy int64
}

func refusedRows(ctx context.Context, v *warehouse.View, job int64) ([]refusedRow, error) {
	all, err := ingest.Rejects(ctx, v, job)
	return grouped(all), err
}

func grouped(all []ingest.RejectedRow) (rows []refusedRow) {
	for _, r := range all {
		if n := len(rows); n == 0 || rows[n-1].Row != r.Row || rows[n-1].Job != r.Job {
			rows = append(rows, refusedRow{Job: r.Job, File: r.File, Row: r.Row})
		}
		rows[len(rows)-1].Reasons = append(rows[len(rows)-1].Reasons, r.Reject)
	}
	return rows
}

func openRejects(ctx context.Context, v *warehouse.View) (map[int64]int64, error) {
	rows, err := refusedRows(ctx, v, 0)
	n := map[int64]int64{}
	for _, r := range rows {
		n[r.Job]++
	}
	return n, err
}

func rejectSheets(rows []refusedRow) []workbook.RejectSheet {
	var all []ingest.RejectedRow
	for _, r := range rows {
		for _, why := range r.Reasons {
			all = append(all, ingest.RejectedRow{Job: r.Job, File: r.File, Reject: why})
		}
	}
	return intake.RejectSheets(all)
}

func jobActor(j ingest.Job) string { return "" }
