package main

import (
	"context"
	"fmt"
	"time"

	"gridstar/analytics/access"
	"gridstar/ingest"
)

type zeroVerb struct {
	Ledger string `arg:"" name:"台账" help:"台账类型的名称，如 居民诉求台账。"`
	Org    string `help:"单位（编码或名称）；不写则为全站。" placeholder:"CODE"`
	From   string `help:"起日。" required:"" placeholder:"2026-01-01"`
	To     string `help:"止日（含）。" required:"" placeholder:"2026-01-31"`
	DryRun bool   `help:"只检查，不入库。"`
	JSON   bool   `help:"以 JSON 输出。"`
}

func (*zeroVerb) use() use { return useWrite }

func (v *zeroVerb) audited() (access.Event, string) {
	if v.DryRun {
		return access.Unrecorded, ""
	}
	return access.Imported, "zero profile=" + codeOr(v.Ledger)
}

func (v *zeroVerb) Run(ctx context.Context, e *env) error {
	set, err := e.profiles()
	if err != nil {
		return err
	}
	p, ok := set.ByName(v.Ledger)
	if !ok {
		return fmt.Errorf("没有名为“%s”的台账，请核对名称", v.Ledger)
	}
	r := ingest.ZeroRequest{Profile: p, Org: v.Org, DryRun: v.DryRun}
	if r.From, err = time.Parse(time.DateOnly, v.From); err != nil {
		return usagef("--from 应写成 2026-01-01 这样的日期，不能是“%s”", v.From)
	}
	last, err := time.Parse(time.DateOnly, v.To)
	if err != nil {
		return usagef("--to 应写成 2026-01-31 这样的日期，不能是“%s”", v.To)
	}
	r.To = last.AddDate(0, 0, 1)
	in := &ingest.Ingester{Warehouse: e.W, Catalog: e.Catalog, Profiles: set, Levels: e.levels(), Units: e.Units, Now: e.now}
	res, err := in.Zero(ctx, r)
	if err != nil {
		return err
	}
	if v.JSON {
		return e.json(res)
	}
	head := fmt.Sprintf("作业 %d", res.Job)
	if v.DryRun {
		head = "试运行（未入库）"
	}
	fmt.Fprintf(e.Stdout, "%s：零报告（%s），覆盖%s。\n", head, p.Title, res.Coverage())
	for _, x := range res.Warnings {
		fmt.Fprintf(e.Stdout, "  提示：%s。\n", warningText(x))
	}
	return nil
}
