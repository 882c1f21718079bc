package main

import (
	"context"
	"fmt"
	"strconv"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
)

type jobsVerb struct {
	Limit int  `help:"最多列出多少个作业，0 为全部。" default:"50"`
	JSON  bool `help:"以 JSON 输出。"`
}

func (*jobsVerb) use() use { return useRead }

func (v *jobsVerb) Run(ctx context.Context, e *env) error {
	var jobs []ingest.Job
	err := e.W.View(ctx, func(view *warehouse.View) (err error) {
		jobs, err = ingest.Jobs(ctx, view)
		return err
	})
	if err != nil {
		return err
	}
	total := len(jobs)
	if v.Limit > 0 && total > v.Limit {
		jobs = jobs[:v.Limit]
	}
	if v.JSON {
		return e.json(map[string]any{"total": total, "jobs": jobs})
	}
	if total == 0 {
		_, err := fmt.Fprintln(e.Stdout, "还没有作业。用 units load、grids load 或 ingest 载入数据。")
		return err
	}
	t := newTable("作业", "时间", "操作", "文件", "行数", "入库", "未变", "替换", "退回", "跳过", "备注")
	for _, j := range jobs {
		note := ""
		switch {
		case j.Target > 0:
			note = fmt.Sprintf("撤销作业 %d", j.Target)
		case j.UndoneBy > 0:
			note = fmt.Sprintf("已由作业 %d 撤销", j.UndoneBy)
		}
		t.row(strconv.FormatInt(j.ID, 10), j.Finished.Format("2006-01-02 15:04"), verbText(j.Verb), j.File, count(j.Rows), count(j.Accepted),
			count(j.Unchanged), count(j.Replaced), count(j.Rejected), count(j.Skipped), note)
	}
	t.right(0, 4, 5, 6, 7, 8, 9)
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	if total > len(jobs) {
		_, err = fmt.Fprintf(e.Stdout, "共 %d 个作业，已列出最近 %d 个；--limit 0 列出全部。\n", total, len(jobs))
	}
	return err
}

func verbText(verb string) string {
	switch verb {
	case "ingest":
		return "台账入库"
	case "units load":
		return "载入单位"
	case "grids load":
		return "载入图层"
	case "context load":
		return "载入要素"
	case "context remove":
		return "去掉要素"
	case "undo":
		return "撤销"
	}
	return verb
}
