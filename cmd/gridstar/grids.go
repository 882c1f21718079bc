package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	Export gridsExportVerb `cmd:"" help:"把一级单位的边界以 GeoJSON 写到标准输出。"`
}

type gridsLoadVerb struct {
	gridsFile

	Level     string `required:"" help:"单位层级，如 street、community、grid。" placeholder:"L"`
	Code      string `required:"" help:"存放单位编码的属性名。" placeholder:"PROP"`
	Name      string `help:"存放单位名称的属性名；不写则与编码相同。" placeholder:"PROP"`
	Parent    string `help:"存放上级单位编码的属性名；不写则按位置判断。" placeholder:"PROP"`
	ValidFrom string `help:"启用日期，如 2026-01-01；不写则视为一直如此。" placeholder:"DATE"`
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
	c, sum, err := v.read(ctx, e, ingest.SiteLimits(e.Catalog.Limits))
	if err != nil {
		return err
	}
	opt := geo.ReadOptions{CodeProp: v.Code, NameProp: v.Name, ParentProp: v.Parent, CRS: crs}
	features, err := v.features(c, opt)
	if err != nil {
		return err
	}
	if crs == "" {
		crs = c.CRS
	}
	warnings, repaired, err := v.audit(features)
	if err != nil {
		return err
	}
	nested, err := v.nested(ctx, e, features)
	if err != nil {
		return err
	}
	warnings = append(warnings, nested...)
	report, err := units.LoadLayer(ctx, e.W, features, units.LayerOptions{
		Level: v.Level, Levels: e.levels(), CRS: crs, ValidFrom: from, Now: e.now(), Source: v.name(), Hash: sum,
	})
	if err != nil {
		return err
	}
	if err := v.print(e, report, warnings, repaired, len(features)); err != nil || v.JSON || report.Layer == nil {
		return err
	}
	if err := e.printShares(ctx, c, opt); err != nil {
		return err
	}
	return e.warnHomeless(ctx, report.Layer.Created)
}

// mended is one feature that --repair changed.
type mended struct {
	Code  string   `json:"code"`
	Rings []string `json:"rings"` // one sentence a place
}

// audit checks the features, repairs what --repair asks for and refuses what is left invalid.
func (v *gridsLoadVerb) audit(features []geo.Feature) (warnings []geo.Finding, repaired []mended, err error) {
	findings, repaired, err := audited(features, v.Repair)
	if err != nil {
		return nil, nil, err
	}
	var failures []string
	for _, f := range findings {
		if f.Severity == geo.Failure {
			failures = append(failures, strings.TrimSuffix(f.Text(), "。"))
		} else if f.Severity == geo.Warning {
			warnings = append(warnings, f)
		}
	}
	if len(failures) > 0 {
		return nil, nil, &invalidLayer{file: v.name(), failures: failures}
	}
	return warnings, repaired, nil
}

// leastNested is the share of a unit below which its border may differ from that of the unit above without a word: two layers drawn
// apart never agree to the metre.
const leastNested = 0.001

// nested holds the features against the polygons of the nearest level above that has any.
func (v *gridsLoadVerb) nested(ctx context.Context, e *env, features []geo.Feature) ([]geo.Finding, error) {
	var above []geo.Feature
	err := e.W.View(ctx, func(view *warehouse.View) error {
		for _, l := range slices.Backward(e.levels()) {
			if l.Tree != units.Area || e.levels().Rank(l.ID) >= e.levels().Rank(v.Level) {
				continue
			}
			layer, err := e.Units.Layer(ctx, view, e.levels(), l.ID, e.now())
			if _, none := errors.AsType[*units.NoLayerError](err); none {
				continue
			}
			if err != nil {
				return err
			}
			for i, code := range layer.Codes {
				above = append(above, geo.Feature{Code: code, Shape: layer.Shapes[i], Row: i + 1})
			}
			return nil
		}
		return nil
	})
	if err != nil || len(above) == 0 {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range above {
		known[f.Code] = true
	}
	children := slices.Clone(features)
	for i := range children {
		if !known[children[i].Parent] { // a name, or a unit two levels up: by position
			children[i].Parent = ""
		}
	}
	findings := geo.AuditNested(above, children)
	return slices.DeleteFunc(findings, func(f geo.Finding) bool {
		switch f.Kind {
		case geo.Uncovered: // all of it: a file of one street's communities leaves out all others
			return f.Share < leastNested || f.Share >= 1-leastNested
		case geo.OutsideParent:
			return f.Share < leastNested
		}
		return false
	}), nil
}

// audited is what there is to say of features, after they were mended in place where that is wanted.
func audited(features []geo.Feature, mend bool) (findings []geo.Finding, repaired []mended, err error) {
	findings = geo.Audit(features)
	if !mend {
		return findings, nil, nil
	}
	if repaired, err = repair(features, findings); err == nil && len(repaired) > 0 {
		findings = geo.Audit(features)
	}
	return findings, repaired, err
}

// repair mends, in place, every feature with a failure that can be mended.
func repair(features []geo.Feature, findings []geo.Finding) (repaired []mended, err error) {
	for i := range features {
		m := mended{Code: features[i].Code}
		for _, f := range findings {
			if f.Feature == features[i].Row && f.Severity == geo.Failure && f.Mendable() {
				m.Rings = append(m.Rings, f.Text())
			}
		}
		if len(m.Rings) == 0 {
			continue
		}
		if features[i].Shape, err = geo.Repair(features[i].Shape); err != nil {
			return nil, fmt.Errorf("编码 %s 的图形无法修补：%w", features[i].Code, err)
		}
		repaired = append(repaired, m)
	}
	return repaired, nil
}

// invalidLayer refuses a layer with invalid features; every failure is one sentence with its place.
type invalidLayer struct {
	file     string
	failures []string
}

func (e *invalidLayer) Error() string {
	const shown = 5
	text := strings.Join(e.failures[:min(shown, len(e.failures))], "；")
	if n := len(e.failures); n > shown {
		text += fmt.Sprintf("；等共 %d 处", n)
	}
	return fmt.Sprintf("图层“%s”未载入：%s", e.file, text)
}

func (v *gridsLoadVerb) print(e *env, r units.Report, warnings []geo.Finding, repaired []mended, n int) error {
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
		{l.Overlapped, "与新图形重叠、仍在使用的旧图形（可用 --valid-from 写明启用日期）"},
	} {
		if n := len(x.codes); n > 0 {
			fmt.Fprintf(e.Stdout, "  %s %d 个：%s。\n", x.text, n, some(x.codes))
		}
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
