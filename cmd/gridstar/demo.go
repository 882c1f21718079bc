package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"gridstar/ingest/demo"
)

type demoVerb struct {
	NoServe bool   `help:"只生成并入库，不启动服务。"`
	Seed    uint64 `help:"随机种子；同一种子与截止日期生成同样的文件。" default:"1" placeholder:"N"`
	Until   string `help:"数据截止到这一天之前，如 2026-01-01；不写则为今天。" placeholder:"DATE"`
}

func (v *demoVerb) access() access {
	if v.NoServe {
		return accessWrite
	}
	return accessServe
}

// Run writes the files of the 示范区 and loads them by the ordinary verbs, then prints the first numbers.
func (v *demoVerb) Run(ctx context.Context, e *env) error {
	until := e.now()
	if v.Until != "" {
		var err error
		if until, err = time.Parse(time.DateOnly, v.Until); err != nil {
			return usagef("--until 应写成 2026-01-01 的样式，不能是“%s”", v.Until)
		}
	}
	start := time.Now()
	dir := e.W.Dir().Demo()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("无法建立示范数据的文件夹：%w", err)
	}
	m, err := demo.Write(ctx, dir, demo.Options{Seed: v.Seed, Until: until})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "已生成 %d 个文件：%s。\n", len(m.Files), dir)
	for i, f := range m.Files {
		e.status("正在载入 %d/%d：%s", i+1, len(m.Files), filepath.Base(f.Path))
		if err := e.runStep(ctx, f.Args(dir)); err != nil {
			return err
		}
	}
	e.status("")
	fmt.Fprintf(e.Stdout, "示范区已就绪：%d 个街道、%d 个社区、%d 个网格，%d 户；居民诉求 %d 件，微心愿 %d 件。用时 %.1f 秒。\n",
		m.Streets, m.Communities, m.Grids, m.Households, m.Matters, m.Wishes, time.Since(start).Seconds())
	if err := v.firstNumbers(ctx, e, m); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "继续查看：gridstar --dir %s query received on_time_rate --by org:community --from %s --to %s\n",
		e.W.Dir(), m.From.Format(time.DateOnly), m.Until.Format(time.DateOnly))
	if v.NoServe {
		return nil
	}
	return (&serveVerb{}).Run(ctx, e)
}

// firstNumbers answers the question a leader asks first: the last full year by street.
func (v *demoVerb) firstNumbers(ctx context.Context, e *env, m demo.Manifest) error {
	q := queryVerb{
		Metrics: []string{"received", "close_rate", "on_time_rate", "satisfaction_rate", "handle_hours_p50"},
		By:      []string{"org:street"}, From: m.Until.AddDate(-1, 0, 0).Format(time.DateOnly), To: m.Until.Format(time.DateOnly), Format: "table",
	}
	return q.Run(ctx, e)
}

// runStep runs one of the ordinary verbs inside this one. Its own report is not shown, its errors are; rows that
// were rejected on purpose are no error here.
func (e *env) runStep(ctx context.Context, args []string) error {
	_, v, _ := parse(args, io.Discard, e.Stderr)
	if v == nil {
		return fmt.Errorf("示范数据的命令不可执行：%v", args)
	}
	step := &env{Stdin: e.Stdin, Stdout: io.Discard, Stderr: e.Stderr, W: e.W, Catalog: e.Catalog, Units: e.Units, files: map[string]*os.File{}}
	defer step.closeFiles()
	if err := step.openFiles(v); err != nil {
		return err
	}
	if code := runVerb(ctx, v, step); code != exitDone && code != exitRejected {
		return errReported
	}
	return nil
}
