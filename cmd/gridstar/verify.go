package main

import (
	"context"
	"errors"
	"fmt"
)

type verifyVerb struct {
	AcceptLoss bool `help:"确认缺失的作业无法找回，不再提示。"`
	JSON       bool `help:"以 JSON 输出。"`
}

func (*verifyVerb) access() access { return accessRead }

func (v *verifyVerb) Run(ctx context.Context, e *env) error {
	if v.AcceptLoss {
		if err := e.W.AcceptLoss(); err != nil {
			return err
		}
	}
	r, err := e.W.Verify(ctx)
	if err != nil {
		return err
	}
	if v.JSON {
		if err := e.json(map[string]any{"ok": r.OK(), "jobs": r.Jobs, "rows": r.Rows, "bytes": r.Bytes, "lost": r.Lost, "damaged": r.Damaged}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.Stdout, "已核对 %d 个作业写入的 %d 行，数据库文件 %d 字节可完整读取。\n", r.Jobs, r.Rows, r.Bytes)
		for _, d := range r.Damaged {
			fmt.Fprintf(e.Stdout, "损坏：%s。\n", d)
		}
		for _, l := range r.Lost {
			fmt.Fprintf(e.Stdout, "缺失：作业 %d（%s %s，%s，%d 行）。\n", l.Job, l.Verb, l.File, l.At, l.Rows)
		}
	}
	if r.OK() {
		return nil
	}
	if len(r.Lost) > 0 {
		return errors.New("核对未通过，请从备份恢复；确认缺失的作业无法找回后，可运行 verify --accept-loss")
	}
	return errors.New("核对未通过，请从备份恢复")
}
