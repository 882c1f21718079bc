package main

import (
	"context"
	"fmt"

	"gridstar/analytics"
	"gridstar/analytics/warehouse"
)

type pointsVerb struct {
	JSON bool `help:"以 JSON 输出。"`
}

func (*pointsVerb) use() use { return useRead }

type pointLine struct {
	Source  string  `json:"source"`
	Lon     float64 `json:"lon"`
	Lat     float64 `json:"lat"`
	N       int64   `json:"n"`
	Of      int64   `json:"of"`
	Around  int64   `json:"around"`
	Strange int64   `json:"strange"`
}

// Run lists the default points of the sources.
func (v *pointsVerb) Run(ctx context.Context, e *env) error {
	var all []analytics.DefaultPoint
	err := e.W.View(ctx, func(view *warehouse.View) (err error) {
		all, err = analytics.FindDefaultPoints(ctx, view)
		return err
	})
	if err != nil {
		return err
	}
	lines := make([]pointLine, len(all))
	for i, d := range all {
		lines[i] = pointLine(d)
	}
	if v.JSON {
		return e.json(map[string]any{"total": len(lines), "points": lines})
	}
	if len(lines) == 0 {
		_, err := fmt.Fprintln(e.Stdout, "没有发现默认坐标。")
		return err
	}
	t := newTable("来源系统", "经度", "纬度", "事项（件）", "该来源有坐标（件）", "依据")
	for _, d := range all {
		t.row(d.Source, fmt.Sprintf("%.6f", d.Lon), fmt.Sprintf("%.6f", d.Lat), fmt.Sprint(d.N), fmt.Sprint(d.Of), d.Words())
	}
	t.right(1, 2, 3, 4)
	return t.write(e.Stdout)
}
