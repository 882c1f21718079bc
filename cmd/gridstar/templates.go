package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/workbook"
)

type templatesVerb struct {
	Folder string `arg:"" name:"文件夹" help:"写到哪里；没有则新建，同名文件被替换。"`
	JSON   bool   `help:"以 JSON 输出。"`
}

// Run writes a blank workbook for each ledger that the site keeps: its own profiles too, where there is a directory.
func (v *templatesVerb) Run(ctx context.Context, e *env) error {
	var site fs.FS
	if info, err := os.Stat(e.dir); err == nil && info.IsDir() {
		site = os.DirFS(e.dir)
	}
	cat, err := catalog.Load(site)
	if err != nil {
		return err
	}
	set, err := siteProfiles(warehouse.Dir(e.dir).Profiles())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(v.Folder, 0o755); err != nil {
		return fmt.Errorf("不能建立文件夹“%s”，请换一个位置：%w", v.Folder, err)
	}
	written := []string{}
	for _, p := range set.All() {
		if !workbook.Blank(p) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		name := workbook.TemplateName(p)
		err := warehouse.WriteFile(filepath.Join(v.Folder, name), 0o644, func(w io.Writer) error { return workbook.WriteTemplate(w, p, cat) })
		if err != nil {
			return fmt.Errorf("空白台账“%s”未能写入：%w", name, err)
		}
		written = append(written, name)
	}
	if v.JSON {
		return e.json(map[string]any{"folder": v.Folder, "files": written})
	}
	_, err = fmt.Fprintf(e.Stdout, "已写入 %d 份空白台账：%s\n", len(written), v.Folder)
	return err
}
