package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/workbook"
)

type rejectsVerb struct {
	Job  int64  `help:"只列出这个作业的行；不写则为所有作业中尚未补齐的行。" placeholder:"N"`
	Out  string `help:"写入文件：.xlsx 带原来的各列，更正后可直接重新入库；.csv 每个原因一行。" placeholder:"F.xlsx|F.csv"`
	JSON bool   `help:"以 JSON 输出。"`
}

func (*rejectsVerb) use() use         { return useRead }
func (*rejectsVerb) inputs() []string { return nil }
func (v *rejectsVerb) output() string { return v.Out }

func (v *rejectsVerb) audited() (access.Event, string) {
	if v.Out == "" {
		return access.Unrecorded, ""
	}
	return access.Exported, fmt.Sprintf("rejects job=%d", v.Job)
}

func (v *rejectsVerb) Validate() error {
	if v.Out != "" && !v.workbook() && !strings.HasSuffix(strings.ToLower(v.Out), ".csv") {
		return fmt.Errorf("选项 --out 只能写入 .xlsx 或 .csv 文件，不能写入“%s”", v.Out)
	}
	return nil
}

func (v *rejectsVerb) workbook() bool { return strings.HasSuffix(strings.ToLower(v.Out), ".xlsx") }

// rejectedCell is one reason why a row was refused.
type rejectedCell struct {
	Job  int64  `json:"job"`
	File string `json:"file"`
	ingest.Reject
}

func (v *rejectsVerb) Run(ctx context.Context, e *env) error {
	var refused []ingest.RejectedRow
	err := e.W.View(ctx, func(view *warehouse.View) (err error) {
		if v.Job != 0 {
			if err := ingest.CheckJob(ctx, view, v.Job); err != nil {
				return err
			}
		}
		refused, err = ingest.Rejects(ctx, view, v.Job)
		return err
	})
	if err != nil {
		return err
	}
	var rows []rejectedCell
	for _, r := range refused {
		for _, why := range r.Reasons {
			rows = append(rows, rejectedCell{r.Job, r.File, why})
		}
	}
	if v.Out != "" {
		if v.workbook() {
			err = workbook.WriteRejects(e.out, intake.RejectSheets(refused))
		} else {
			err = writeRejects(e.out, rows)
		}
		if err != nil {
			return err
		}
		_, err := fmt.Fprintf(e.Stderr, "已写入 %d 行：%s\n", len(refused), v.Out)
		return err
	}
	if v.JSON {
		return e.json(map[string]any{"total": len(rows), "rejects": orEmpty(rows)})
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(e.Stdout, "没有未入库的行。")
		return err
	}
	t := newTable("作业", "文件", "行号", "列", "原值", "原因")
	for _, r := range rows {
		t.row(strconv.FormatInt(r.Job, 10), r.File, strconv.FormatInt(r.Row, 10), r.Column, r.Value, r.Message)
	}
	t.right(0, 2)
	return t.write(e.Stdout)
}

func writeRejects(w io.Writer, rows []rejectedCell) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write([]string{"作业", "文件", "行号", "列", "原值", "原因"}); err != nil {
		return err
	}
	for _, r := range rows {
		err := out.Write([]string{
			strconv.FormatInt(r.Job, 10), analytics.FormulaSafe(r.File), strconv.FormatInt(r.Row, 10), analytics.FormulaSafe(r.Column), analytics.FormulaSafe(r.Value), r.Message,
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
