package main

import (
	"context"
	"fmt"

	"gridstar/analytics/access"
)

type undoVerb struct {
	Job  int64 `arg:"" name:"作业号" help:"要撤销的作业，见 jobs。"`
	JSON bool  `help:"以 JSON 输出。"`
}

func (*undoVerb) use() use { return useRead }
func (v *undoVerb) audited() (access.Event, string) {
	return access.Undid, fmt.Sprintf("undo %d", v.Job)
}

func (v *undoVerb) Run(ctx context.Context, e *env) error {
	u, err := e.W.Undo(ctx, v.Job)
	if err != nil {
		return err
	}
	if v.JSON {
		return e.json(map[string]any{
			"job": u.Job, "version": u.Version, "undone": v.Job, "ended": u.Ended, "restored": u.Restored, "also_delivered_by": orEmpty(u.Also),
		})
	}
	if note := u.Note(); note != "" {
		fmt.Fprintln(e.Stdout, "注意："+note)
	}
	_, err = fmt.Fprintf(e.Stdout, "已撤销作业 %d：收回 %d 行，恢复 %d 行（本次为作业 %d，撤销本次可恢复原状）。\n", v.Job, u.Ended, u.Restored, u.Job)
	return err
}
