package api

import (
	"context"
	"net/http"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/geo"
)

// values are those of one metric by the units of a level, for a period.
type values struct {
	metric *catalog.Metric
	cells  map[string]analytics.Cell // by the unit's code
}

// values asks for the metric that the parameters metric, from and to name (days, to not included); nil where they name none.
func (a *API) values(ctx context.Context, scope units.Scope, level string, got map[string]string) (*values, error) {
	id := got["metric"]
	if id == "" {
		if got["from"] != "" || got["to"] != "" {
			return nil, refuse(http.StatusBadRequest, "参数 from、to 要与 metric 一起使用")
		}
		return nil, nil
	}
	if _, ok := a.Catalog.Metric(id); !ok {
		return nil, refuse(http.StatusBadRequest, "没有指标“%s”，请核对 metric", code(id))
	}
	q := analytics.Query{Metrics: []string{id}, Dims: []string{"org:" + level}, Now: a.Now(), Scope: scope}
	for key, day := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		var err error
		if *day, err = time.Parse(time.DateOnly, got[key]); err != nil {
			return nil, refuse(http.StatusBadRequest, "请用 from 和 to 写明期间，如 from=2026-01-01&to=2026-02-01（不含 to 当天）")
		}
	}
	answers, err := a.Engine.Ask(ctx, q)
	if err != nil {
		return nil, err
	}
	answer := answers[0]
	vs := &values{metric: answer.Columns[0].Metric, cells: make(map[string]analytics.Cell, len(answer.Rows))}
	for _, row := range answer.Rows {
		if unit, ok := row.Keys[0].Value.(string); ok {
			vs.cells[unit] = row.Cells[0]
		}
	}
	return vs, nil
}

// title is the metric with its unit.
func (vs *values) title() string {
	if vs.metric.Unit == "" {
		return vs.metric.Label
	}
	return vs.metric.Label + "（" + vs.metric.Unit + "）"
}

// props are the properties of a unit: value in the metric's unit, or note, which says why there is none (不适用, 样本不足, 缺数据); n and d as
// they were counted; covered, the share of the days for which the data was delivered.
func (vs *values) props(unit string) (all []geo.TileProp) {
	if vs == nil {
		return nil
	}
	cell, ok := vs.cells[unit]
	if !ok {
		cell = analytics.Cell{Note: analytics.NoData}
	}
	if cell.Value != nil {
		all = append(all, geo.TileProp{Key: "value", Value: *cell.Value})
	} else {
		all = append(all, geo.TileProp{Key: "note", Value: string(cell.Note)})
	}
	all = append(all, geo.TileProp{Key: "n", Value: cell.N})
	if cell.HasD {
		all = append(all, geo.TileProp{Key: "d", Value: cell.D})
	}
	return append(all, geo.TileProp{Key: "covered", Value: cell.Covered})
}
