package main

import (
	"context"
	"fmt"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest/source"
)

// gridsCheckVerb is the audit alone: it needs no data directory.
type gridsCheckVerb struct {
	gridsFile

	Code   string `help:"存放单位编码的属性名；不写则以第几个图形称呼。" placeholder:"PROP"`
	Repair bool   `help:"说明修补后还有哪些问题；文件不改动。"`
	JSON   bool   `help:"以 JSON 输出。"`
}

func (*gridsCheckVerb) use() use       { return useNone }
func (*gridsCheckVerb) output() string { return "" }

func (v *gridsCheckVerb) Run(ctx context.Context, e *env) error {
	crs, err := v.crs()
	if err != nil {
		return err
	}
	c, _, err := v.read(ctx, e, source.Limits{})
	if err != nil {
		return err
	}
	fs, err := v.features(c, geo.ReadOptions{CodeProp: v.Code, CRS: crs})
	if err != nil {
		return err
	}
	findings, repaired, err := audited(fs, v.Repair)
	if err != nil {
		return err
	}
	texts := []string{}
	for _, f := range findings {
		texts = append(texts, f.Severity.String()+"："+f.Text())
	}
	failures := geo.Count(findings, geo.Failure)
	if v.JSON {
		if err := e.json(map[string]any{
			"file": v.name(), "format": c.Format, "encoding": c.Encoding, "crs": c.CRS, "features": len(fs), "failures": failures, "repaired": orEmpty(repaired), "findings": texts, "props": c.Props,
		}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.Stdout, "“%s”（%s）有 %d 个图形，问题 %d 处，其中必须修正的 %d 处。\n", v.name(), c.Format, len(fs), len(texts), failures)
		for _, t := range texts {
			fmt.Fprintln(e.Stdout, "  "+t)
		}
	}
	if failures > 0 {
		return errReported
	}
	return nil
}

// gridsExportVerb writes the polygons of a level in force as GeoJSON.
type gridsExportVerb struct {
	Level string `required:"" help:"单位层级，如 street、community、grid。" placeholder:"L"`
	CRS   string `default:"wgs84" help:"输出的坐标系。" name:"crs" placeholder:"CRS"`
}

func (*gridsExportVerb) use() use { return useRead }

func (v *gridsExportVerb) Run(ctx context.Context, e *env) error {
	crs, err := parseCRS(v.CRS)
	if err != nil {
		return err
	}
	if err := e.checkLevel(v.Level); err != nil {
		return err
	}
	var fs []geo.Feature
	err = e.W.View(ctx, func(view *warehouse.View) error {
		layer, err := e.Units.Layer(ctx, view, e.levels(), v.Level, e.now())
		if err != nil {
			return err
		}
		dir, err := e.Units.Directory(ctx, view, e.levels(), e.now())
		if err != nil {
			return err
		}
		for i, code := range layer.Codes {
			f := geo.Feature{Code: code, Shape: layer.Shapes[i]}
			if u, ok := dir.Unit(code); ok {
				f.Name, f.Parent = u.Name, u.Parent
			}
			fs = append(fs, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return geo.WriteGeoJSON(e.Stdout, fs, crs)
}
