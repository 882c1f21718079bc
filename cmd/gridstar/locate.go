package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

type locateVerb struct {
	Level string `help:"按哪一级图层定位，不写则先按最细的一级，不在其中的再按上一级。" placeholder:"L"`
	CRS   string `required:"" help:"输入坐标的坐标系，如 wgs84、gcj02。" name:"crs" placeholder:"CRS"`

	Snap float64 `help:"不在任何单位内的点，距最近单位不超过这么多米的归入该单位；不写则按配置（默认 0.01 米）。" placeholder:"米"`
}

func (*locateVerb) use() use { return useRead }

// Run copies CSV from stdin to stdout and adds the columns code, name and note. A row without a readable point
// keeps its place with the reason in note.
func (v *locateVerb) Run(ctx context.Context, e *env) error {
	crs, err := parseCRS(v.CRS)
	if err != nil {
		return err
	}
	if v.Level != "" {
		if err := e.checkLevel(v.Level); err != nil {
			return err
		}
	}
	var layers []*units.Layer // the finest first
	var dir *units.Directory
	err = e.W.View(ctx, func(view *warehouse.View) (err error) {
		one, err := e.Units.Layer(ctx, view, e.levels(), v.Level, e.now()) // says so where there is none
		if err != nil {
			return err
		}
		if layers = []*units.Layer{one}; v.Level == "" {
			if layers, _, err = e.Units.Ground(ctx, view, e.levels(), e.now()); err != nil {
				return err
			}
		}
		dir, err = e.Units.Directory(ctx, view, e.levels(), e.now())
		return err
	})
	if err != nil {
		return err
	}
	if v.Snap != 0 {
		if !(v.Snap >= 0.01 && v.Snap <= 500) {
			return usagef("--snap 应为 0.01 至 500 米，不能是 %g", v.Snap)
		}
		for i := range layers {
			layers[i] = layers[i].Within(v.Snap)
		}
	}
	in := csv.NewReader(e.Stdin)
	in.FieldsPerRecord, in.ReuseRecord, in.LazyQuotes = -1, true, true
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("标准输入是空的，需要含 lon、lat 两列的 CSV")
	}
	if err != nil {
		return fmt.Errorf("标准输入不是可读的 CSV：%w", err)
	}
	head[0] = strings.TrimPrefix(head[0], "\uFEFF")
	x, y := pointColumn(head, "lon", "longitude", "经度", "x"), pointColumn(head, "lat", "latitude", "纬度", "y")
	if x < 0 || y < 0 {
		return fmt.Errorf("标准输入的表头里没有 lon、lat 两列（现有：%s）", strings.Join(head, "、"))
	}
	out := csv.NewWriter(e.Stdout)
	width := len(head)
	if err := out.Write(append(slices.Clone(head), "code", "name", "note")); err != nil {
		return err
	}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("标准输入不是可读的 CSV：%w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		code, name, note := locateRow(row, x, y, crs, layers, dir)
		line := append(make([]string, 0, width+3), row...)
		for len(line) < width {
			line = append(line, "")
		}
		if err := out.Write(append(line, code, name, note)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func pointColumn(head []string, names ...string) int {
	return slices.IndexFunc(head, func(h string) bool {
		return slices.Contains(names, strings.ToLower(strings.TrimSpace(h)))
	})
}

func locateRow(row []string, x, y int, crs geo.CRS, layers []*units.Layer, dir *units.Directory) (code, name, note string) {
	if x >= len(row) || y >= len(row) {
		return "", "", "缺少坐标"
	}
	px, errX := strconv.ParseFloat(strings.TrimSpace(row[x]), 64)
	py, errY := strconv.ParseFloat(strings.TrimSpace(row[y]), 64)
	if errX != nil || errY != nil || math.IsNaN(px) || math.IsNaN(py) {
		return "", "", "坐标不是数字"
	}
	p := crs.ToWGS84(orb.Point{px, py})
	code, how := units.LocateIn(layers, p)
	switch how {
	case geo.Nowhere:
		return "", "", "不在任何单位内"
	case geo.Overlapped:
		note = "多个单位重叠，取面积较小者"
	case geo.Snapped:
		note = "在外边界上"
	case geo.Nearest:
		note = "不在任何单位内，归入最近的单位"
	}
	if u, ok := dir.Unit(code); ok {
		name = u.Name
	}
	return code, name, note
}
