package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
)

type gridsVerb struct {
	Load   gridsLoadVerb   `cmd:"" help:"载入一级单位的多边形图层，并登记其中的单位。"`
	Check  gridsCheckVerb  `cmd:"" help:"只检查边界文件，不载入。"`
	Export gridsExportVerb `cmd:"" help:"把一级单位的边界以 GeoJSON 或 Shapefile 写到标准输出。"`
}

type gridsLoadVerb struct {
	gridsFile

	Level     string `required:"" help:"单位层级，如 street、community、grid。" placeholder:"L"`
	Code      string `required:"" help:"存放单位编码的属性名。" placeholder:"PROP"`
	Name      string `help:"存放单位名称的属性名；不写则与编码相同。" placeholder:"PROP"`
	Parent    string `help:"存放上级单位编码的属性名；不写则按位置判断。" placeholder:"PROP"`
	ValidFrom string `help:"启用日期，如 2026-01-01；不写则视为一直如此。" placeholder:"DATE"`
	Rename    bool   `help:"名称与已登记的不同时，按文件改名；不写则名称大量矛盾的文件不载入。"`
	Repair    bool   `help:"按奇偶规则修补自相交的环，并说明位置。"`
	JSON      bool   `help:"以 JSON 输出。"`
}

func (*gridsLoadVerb) use() use       { return useWrite }
func (*gridsLoadVerb) output() string { return "" }
func (v *gridsLoadVerb) audited() (access.Event, string) {
	return access.Imported, "grids load " + codeOr(v.Level)
}

func (v *gridsLoadVerb) Run(ctx context.Context, e *env) error {
	if err := e.checkLevel(v.Level); err != nil {
		return err
	}
	crs, err := v.crs()
	if err != nil {
		return err
	}
	var from time.Time
	if v.ValidFrom != "" {
		if from, err = time.Parse(time.DateOnly, v.ValidFrom); err != nil {
			return usagef("--valid-from 应写成 2026-01-01 的样式，不能是“%s”", v.ValidFrom)
		}
	}
	b, err := v.read(ctx, e, ingest.SiteLimits(e.Catalog.Limits))
	if err != nil {
		return err
	}
	opt := geo.ReadOptions{CodeProp: v.Code, NameProp: v.Name, ParentProp: v.Parent, CRS: crs}
	features, err := v.features(b, opt)
	if err != nil {
		return err
	}
	if crs == "" {
		crs = b.Shape.CRS
	}
	warnings, repaired, err := ingest.SoundBorders(v.name(), features, crs, v.Repair)
	if err != nil {
		return err
	}
	var nested []geo.Finding
	err = e.W.View(ctx, func(view *warehouse.View) (err error) {
		nested, err = ingest.NestedBorders(ctx, view, e.Units, e.levels(), v.Level, e.now(), features)
		return err
	})
	if err != nil {
		return err
	}
	warnings = append(warnings, nested...)
	report, err := units.LoadLayer(ctx, e.W, features, units.LayerOptions{
		Level: v.Level, Levels: e.levels(), CRS: crs, ValidFrom: from, Now: e.now(), Source: v.name(), Hash: b.Hash, SnapM: e.Catalog.Map.SnapM, Rename: v.Rename,
	})
	if err != nil {
		return err
	}
	if err := v.print(e, report, warnings, repaired, len(features)); err != nil || v.JSON || report.Layer == nil {
		return err
	}
	if err := e.printShares(ctx, b, opt); err != nil {
		return err
	}
	return e.warnHomeless(ctx, report.Layer.Created)
}

func (v *gridsLoadVerb) print(e *env, r units.Report, warnings []geo.Finding, repaired []ingest.Mended, n int) error {
	texts := make([]string, len(warnings))
	for i, f := range warnings {
		texts[i] = f.Text()
	}
	file := v.name()
	if v.JSON {
		m := unitsJSON(r, file)
		m["features"], m["repaired"], m["warnings"] = n, orEmpty(repaired), texts
		return e.json(m)
	}
	verdict := "检查通过"
	if len(texts) > 0 {
		verdict = fmt.Sprintf("可以载入，检查发现 %d 处需要核对", len(texts))
	}
	fmt.Fprintf(e.Stdout, "“%s”有 %d 个图形，%s", file, n, verdict)
	if len(repaired) > 0 {
		fmt.Fprintf(e.Stdout, "（修补 %d 个）", len(repaired))
	}
	fmt.Fprintln(e.Stdout, "。")
	for _, m := range repaired {
		for _, ring := range m.Rings {
			fmt.Fprintf(e.Stdout, "  已按奇偶规则修补：%s\n", strings.Replace(ring, "，请修正，或加 --repair 修补", "", 1))
		}
	}
	const shown = 10
	for _, t := range texts[:min(shown, len(texts))] {
		fmt.Fprintf(e.Stdout, "  提示：%s\n", t)
	}
	if len(texts) > shown {
		fmt.Fprintf(e.Stdout, "  提示：另有 %d 处，用 --json 查看全部。\n", len(texts)-shown)
	}
	e.printLayer(r.Layer)
	return e.printUnits(r, file)
}

// printLayer says how the layer and the units meet.
func (e *env) printLayer(l *units.LayerReport) {
	if l == nil {
		return
	}
	for _, x := range []struct {
		codes []string
		text  string
	}{
		{l.Created, "新登记单位"},
		{l.WithoutShape, "还没有图形的单位"},
		{l.WithoutUnit, "没有对应单位的图形"},
		{l.Ended, "原图形自启用日期起停用的单位"},
		{l.Overlapped, "与新图形重叠、仍在使用的旧图形（请核对，或把相邻单位一起载入）"},
	} {
		if n := len(x.codes); n > 0 {
			fmt.Fprintf(e.Stdout, "  %s %d 个：%s。\n", x.text, n, some(x.codes))
		}
	}
	for _, s := range l.Split {
		fmt.Fprintf(e.Stdout, "  %s 拆分为 %s。\n", s.From[0], strings.Join(s.To, "、"))
	}
	for _, s := range l.Merged {
		fmt.Fprintf(e.Stdout, "  %s 合并为 %s。\n", strings.Join(s.From, "、"), s.To[0])
	}
	if n := l.Moved["record"] + l.Moved["activity"] + l.Moved["place"]; n > 0 {
		fmt.Fprintf(e.Stdout, "  按新边界重新归属事项 %d 件、活动 %d 次、阵地 %d 处。\n", l.Moved["record"], l.Moved["activity"], l.Moved["place"])
	}
	if len(l.Split)+len(l.Merged) > 0 {
		fmt.Fprintln(e.Stdout, "  查询时用 --units then 可按当时的单位统计；拆分、合并的单位的户数和人口请用 units load 更新。")
	}
	if l.Undecided > 0 {
		fmt.Fprintf(e.Stdout, "  有 %d 件只写了被拆分的单位、没有位置，仍归原单位。\n", l.Undecided)
	}
	if l.Later {
		fmt.Fprintln(e.Stdout, "  启用日期还没有到，已有数据的单位不变；到期后再载入一次这份文件，即按新边界重新归属。")
	}
	if n := len(l.Empty); n > 0 {
		fmt.Fprintf(e.Stdout, "  没有多边形、已跳过的要素 %d 个。\n", n)
	}
}

// warnHomeless says which new units hang in the air: their numbers reach no upper unit.
func (e *env) warnHomeless(ctx context.Context, created []string) error {
	return e.W.View(ctx, func(view *warehouse.View) error {
		dir, err := e.Units.Directory(ctx, view, e.levels(), e.now())
		if err != nil {
			return err
		}
		var codes []string
		for _, code := range created {
			if u, ok := dir.Unit(code); ok && u.Parent == "" && e.levels().Rank(u.Level) > 0 {
				codes = append(codes, code)
			}
		}
		if len(codes) > 0 && dir.Len() > len(codes) {
			fmt.Fprintf(e.Stdout, "  提示：新登记的 %d 个单位没有上级（%s），数据不会汇总到上级；请用 --parent 指明，或用 units load 补上。\n", len(codes), some(codes))
		}
		return nil
	})
}

// some lists the first few of many codes.
func some(codes []string) string {
	const shown = 8
	if len(codes) <= shown {
		return strings.Join(codes, "、")
	}
	return strings.Join(codes[:shown], "、") + " 等"
}
