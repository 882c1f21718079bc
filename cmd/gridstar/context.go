package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
)

type contextVerb struct {
	Load   contextLoadVerb   `cmd:"" help:"载入一个要素图层，替换同名的图层。"`
	List   contextListVerb   `cmd:"" help:"列出要素图层。"`
	Remove contextRemoveVerb `cmd:"" help:"去掉一个要素图层。"`
}

type contextLoadVerb struct {
	gridsFile

	Name  string `required:"" help:"图层名称，如 道路，显示在地图的图层列表中。" placeholder:"名称"`
	Kind  string `required:"" enum:"road,water,building,green,facility,other" help:"种类：road 道路、water 水系、building 建筑、green 绿地、facility 设施、other 其他。" placeholder:"road|water|building|green|facility|other"`
	Label string `help:"存放要素名称的属性名；不写则不标名称。" placeholder:"PROP"`
	JSON  bool   `help:"以 JSON 输出。"`
}

func (*contextLoadVerb) use() use       { return useWrite }
func (*contextLoadVerb) output() string { return "" }
func (v *contextLoadVerb) audited() (access.Event, string) {
	return access.Imported, "context load name=" + codeOr(v.Name)
}

func (v *contextLoadVerb) Run(ctx context.Context, e *env) error {
	crs, err := v.crs()
	if err != nil {
		return err
	}
	b, err := v.read(ctx, e, ingest.SiteLimits(e.Catalog.Limits))
	if err != nil {
		return err
	}
	things, err := b.Shape.Things(geo.ThingOptions{CRS: crs, NameProp: v.Label})
	if errors.Is(err, geo.ErrNoCRS) {
		return usagef("“%s”：%s", v.name(), strings.TrimSuffix(err.Error(), "。"))
	}
	if err != nil {
		return fmt.Errorf("“%s”：%w", v.name(), err)
	}
	if crs == "" {
		crs = b.Shape.CRS
	}
	r, err := units.LoadContext(ctx, e.W, things, units.ContextOptions{
		Layer: v.Name, Kind: units.ContextKind(v.Kind), CRS: crs, Source: v.name(), Hash: b.Hash,
	})
	if err != nil {
		return err
	}
	if v.JSON {
		return e.json(map[string]any{"job": r.Job, "version": r.Version, "name": r.Layer, "kind": v.Kind, "file": v.name(), "things": r.Things, "replaced": r.Replaced})
	}
	replaced := ""
	if r.Replaced > 0 {
		replaced = fmt.Sprintf("，替换原有的 %d 个", r.Replaced)
	}
	fmt.Fprintf(e.Stdout, "要素图层“%s”：载入“%s”中的 %d 个要素%s（作业 %d，可用 undo 撤销）。\n", r.Layer, v.name(), r.Things, replaced, r.Job)
	if r.Things > units.MostContextDrawn {
		fmt.Fprintf(e.Stdout, "  提示：地图上一个图层最多显示 %d 个要素，这个图层已入库，但不会显示；请只保留主要的要素，或分成几个图层载入。\n", units.MostContextDrawn)
	}
	return nil
}

type contextListVerb struct {
	JSON bool `help:"以 JSON 输出。"`
}

func (*contextListVerb) use() use { return useRead }

func (v *contextListVerb) Run(ctx context.Context, e *env) error {
	var all []units.Context
	err := e.W.View(ctx, func(view *warehouse.View) (err error) {
		all, err = units.Contexts(ctx, view)
		return err
	})
	if err != nil {
		return err
	}
	if v.JSON {
		return e.json(orEmpty(all))
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(e.Stdout, "还没有要素图层。用 context load 载入道路、水系、建筑或设施。")
		return err
	}
	t := newTable("图层", "种类", "要素", "文件", "坐标系", "作业")
	for _, c := range all {
		t.row(c.Layer, kindText(c.Kind), count(c.Count), c.Source, c.CRS, strconv.FormatInt(c.Job, 10))
	}
	t.right(2, 5)
	return t.write(e.Stdout)
}

func kindText(k units.ContextKind) string {
	switch k {
	case units.Road:
		return "道路"
	case units.Water:
		return "水系"
	case units.Building:
		return "建筑"
	case units.Green:
		return "绿地"
	case units.Facility:
		return "设施"
	}
	return "其他"
}

type contextRemoveVerb struct {
	Name string `arg:"" name:"名称" help:"图层名称，见 context list。"`
	JSON bool   `help:"以 JSON 输出。"`
}

func (*contextRemoveVerb) use() use { return useRead } // there must be a layer: no directory is made for it
func (v *contextRemoveVerb) audited() (access.Event, string) {
	return access.Imported, "context remove name=" + codeOr(v.Name)
}

func (v *contextRemoveVerb) Run(ctx context.Context, e *env) error {
	r, err := units.RemoveContext(ctx, e.W, v.Name)
	if err != nil {
		return err
	}
	if v.JSON {
		return e.json(map[string]any{"job": r.Job, "version": r.Version, "name": r.Layer, "removed": r.Replaced})
	}
	_, err = fmt.Fprintf(e.Stdout, "已去掉要素图层“%s”的 %d 个要素（作业 %d，可用 undo 撤销）。\n", r.Layer, r.Replaced, r.Job)
	return err
}
