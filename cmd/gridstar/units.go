package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/source"
)

type unitsVerb struct {
	Load unitsLoadVerb `cmd:"" help:"从表格载入单位树。"`
	List unitsListVerb `cmd:"" help:"列出单位。"`
}

type unitsLoadVerb struct {
	File string `arg:"" name:"文件" help:"表格：编码、名称、层级、上级编码、排序、户数、人口、面积、负责人职务、别名、覆盖、启用日期。"`
	Tree string `help:"单位树：area（行政）或 party（党组织）；不写则按层级判断。" enum:",area,party" default:"" placeholder:"area|party"`
	JSON bool   `help:"以 JSON 输出。"`

	Rename bool `help:"名称与已登记的不同时，按文件改名；不写则名称大量矛盾的文件不载入。"`
}

func (*unitsLoadVerb) use() use           { return useWrite }
func (v *unitsLoadVerb) inputs() []string { return []string{v.File} }
func (*unitsLoadVerb) output() string     { return "" }
func (v *unitsLoadVerb) audited() (access.Event, string) {
	return access.Imported, strings.TrimSpace("units load " + v.Tree)
}

// tableFileLimit bounds a table of units: a city has some ten thousand.
const tableFileLimit = 64 << 20

func (v *unitsLoadVerb) Run(ctx context.Context, e *env) error {
	f, err := e.input(v.File)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	name := filepath.Base(v.File)
	if info.Size() > tableFileLimit {
		return fmt.Errorf("单位表“%s”超过 64 MiB，请核对是否选错了文件", name)
	}
	rows, numbers, err := readTable(f, info.Size(), name)
	if err != nil {
		return err
	}
	sum, err := ingest.FileHash(ctx, f, info.Size())
	if err != nil {
		return fmt.Errorf("“%s”无法读取：%w", name, err)
	}
	report, err := units.LoadTable(ctx, e.W, rows, units.TableOptions{
		Tree: v.Tree, Levels: e.levels(), Now: e.now(), Numbers: numbers, File: name, Hash: sum, Rename: v.Rename,
	})
	if err != nil {
		return err
	}
	if v.JSON {
		return e.json(unitsJSON(report, name))
	}
	return e.printUnits(report, name)
}

// readTable reads a whole small table; a row that cannot be read refuses it.
func readTable(f *os.File, size int64, name string) (rows [][]string, numbers []int64, err error) {
	src, err := source.Open(f, size, name, source.Options{})
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	if h := src.Header(); h != nil { // json: the keys are the header
		rows, numbers = append(rows, h), append(numbers, 0)
	}
	for {
		b, err := src.Next()
		if err == io.EOF {
			return rows, numbers, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if len(b.Bad) > 0 {
			return nil, nil, fmt.Errorf("“%s”第 %d 行：%s", name, b.Bad[0].Row, b.Bad[0].Reason.Message())
		}
		for i := range b.Len() {
			rows, numbers = append(rows, b.Row(i)), append(numbers, b.Rows[i])
		}
	}
}

type unitsListVerb struct {
	Tree  string `help:"只列 area（行政）或 party（党组织）。" enum:",area,party" default:"" placeholder:"area|party"`
	Level string `help:"只列这一级。" placeholder:"L"`
	JSON  bool   `help:"以 JSON 输出。"`
}

func (*unitsListVerb) use() use { return useRead }

type unitLine struct {
	Tree       string   `json:"tree"`
	Code       string   `json:"code"`
	Name       string   `json:"name"`
	Level      string   `json:"level"`
	Parent     string   `json:"parent"`
	Sort       int      `json:"sort"`
	ValidFrom  string   `json:"valid_from"`
	Households *int64   `json:"households"`
	Population *int64   `json:"population"`
	AreaKM2    *float64 `json:"area_km2"`
	Leader     string   `json:"leader_title"`
	Aliases    []string `json:"aliases"`
	Covers     []string `json:"covers"`
}

func (v *unitsListVerb) Run(ctx context.Context, e *env) error {
	if v.Level != "" {
		if err := e.checkLevel(v.Level); err != nil {
			return err
		}
	}
	var dir *units.Directory
	err := e.W.View(ctx, func(view *warehouse.View) (err error) {
		dir, err = e.Units.Directory(ctx, view, e.levels(), e.now())
		return err
	})
	if err != nil {
		return err
	}
	lines := []unitLine{}
	for _, u := range dir.Units() {
		if v.Tree != "" && u.Tree != v.Tree || v.Level != "" && u.Level != v.Level || !u.In(units.Date(e.now())) {
			continue
		}
		lines = append(lines, unitLine{
			u.Tree, u.Code, u.Name, u.Level, u.Parent, u.Sort, u.ValidFrom.Format(time.DateOnly),
			u.Households, u.Population, u.AreaKM2, u.LeaderTitle, orEmpty(u.Aliases), orEmpty(u.Covers),
		})
	}
	if v.JSON {
		return e.json(map[string]any{"total": len(lines), "units": lines})
	}
	if len(lines) == 0 {
		_, err := fmt.Fprintln(e.Stdout, "还没有单位。用 units load 或 grids load 载入。")
		return err
	}
	t := newTable("编码", "名称", "层级", "户数", "人口", "面积（平方公里）", "别名")
	for _, l := range lines {
		indent := strings.Repeat("  ", len(dir.Ancestors(l.Code)))
		level, _ := e.levels().Find(l.Level)
		t.row(l.Code, indent+l.Name, level.Label, optional(l.Households, "%d"), optional(l.Population, "%d"), optional(l.AreaKM2, "%.2f"), strings.Join(l.Aliases, "、"))
	}
	t.right(3, 4, 5)
	return t.write(e.Stdout)
}

// optional formats a number that may be missing; a missing one is 缺数据, never 0.
func optional[T any](v *T, format string) string {
	if v == nil {
		return "—"
	}
	return fmt.Sprintf(format, *v)
}

// unitsJSON is a load's report for scripts.
func unitsJSON(r units.Report, file string) map[string]any {
	return map[string]any{
		"job": r.Job, "version": r.Version, "file": file, "rows": r.Rows, "accepted": r.Accepted, "replaced": r.Replaced,
		"unchanged": r.Unchanged, "skipped": r.Skipped, "unmapped": orEmpty(r.Unmapped), "layer": r.Layer, "renamed": orEmpty(r.Renamed),
	}
}

// printUnits reports a load of units or of a layer.
func (e *env) printUnits(r units.Report, file string) error {
	fmt.Fprintf(e.Stdout, "作业 %d：%s，%s。\n", r.Job, file, countsText(r.Rows, r.Accepted, r.Replaced, r.Unchanged, 0, r.Skipped))
	if len(r.Unmapped) > 0 {
		fmt.Fprintf(e.Stdout, "  提示：以下列没有读取：%s。\n", strings.Join(r.Unmapped, "、"))
	}
	for i, n := range r.Renamed {
		if i == 5 {
			fmt.Fprintf(e.Stdout, "  提示：另有 %d 个单位改名，用 --json 查看全部。\n", len(r.Renamed)-i)
			break
		}
		fmt.Fprintf(e.Stdout, "  提示：%s 由“%s”改名为“%s”，请核对。\n", n.Code, n.Was, n.Name)
	}
	for i, c := range r.Conflicts {
		if i == 3 {
			fmt.Fprintf(e.Stdout, "  提示：另有 %d 个单位被同级党组织重复覆盖。\n", len(r.Conflicts)-i)
			break
		}
		fmt.Fprintf(e.Stdout, "  提示：单位 %s 被同级党组织 %s 重复覆盖，数据计入 %s。\n", c.Area, strings.Join(c.By, "、"), c.By[0])
	}
	return nil
}
