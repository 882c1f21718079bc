package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
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
	b, err := v.read(ctx, e, source.Limits{})
	if err != nil {
		return err
	}
	fs, err := v.features(b, geo.ReadOptions{CodeProp: v.Code, CRS: crs})
	if err != nil {
		return err
	}
	if crs == "" {
		crs = b.Shape.CRS
	}
	findings, repaired, err := ingest.CheckBorders(fs, crs, v.Repair)
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
			"file": v.name(), "format": b.Shape.Format, "encoding": b.Shape.Encoding, "crs": b.Shape.CRS, "features": len(fs), "failures": failures, "repaired": orEmpty(repaired), "findings": texts, "props": b.Shape.Props,
		}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.Stdout, "“%s”（%s）有 %d 个图形，问题 %d 处，其中必须修正的 %d 处。\n", v.name(), b.Shape.Format, len(fs), len(texts), failures)
		for _, m := range repaired {
			for _, ring := range m.Rings {
				fmt.Fprintf(e.Stdout, "  可按奇偶规则修补：%s\n", strings.Replace(ring, "，请修正，或加 --repair 修补", "", 1))
			}
		}
		for _, t := range texts {
			fmt.Fprintln(e.Stdout, "  "+t)
		}
	}
	if failures > 0 {
		return errReported
	}
	return nil
}

// gridsExportVerb writes the polygons of a level in force as GeoJSON or as a zipped Shapefile.
type gridsExportVerb struct {
	Level  string `required:"" help:"单位层级，如 street、community、grid。" placeholder:"L"`
	CRS    string `default:"wgs84" help:"输出的坐标系。" name:"crs" placeholder:"CRS"`
	Format string `default:"geojson" enum:"geojson,shp" help:"输出格式：geojson，或 shp（Shapefile 的 zip 压缩包；gcj02、bd09 没有 .prj，交付时须另行注明）。" placeholder:"geojson|shp"`
}

func (*gridsExportVerb) use() use { return useRead }

func (v *gridsExportVerb) Run(ctx context.Context, e *env) error {
	crs, err := parseCRS(v.CRS)
	if err != nil {
		return err
	}
	if out, ok := e.Stdout.(*os.File); ok && v.Format == "shp" && term.IsTerminal(int(out.Fd())) {
		return usagef("Shapefile 是压缩包，不能显示在终端上，请重定向到文件，如 > %s.zip", v.Level)
	}
	if err := e.checkLevel(v.Level); err != nil {
		return err
	}
	var fs []geo.Feature
	err = e.W.View(ctx, func(view *warehouse.View) (err error) {
		fs, err = ingest.BordersInForce(ctx, view, e.Units, e.levels(), v.Level, e.now())
		return err
	})
	if err != nil {
		return err
	}
	if v.Format == "shp" {
		return geo.WriteShapefile(e.Stdout, v.Level, fs, crs)
	}
	return geo.WriteGeoJSON(e.Stdout, fs, crs)
}
