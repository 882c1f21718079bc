package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

type queryVerb struct {
	Metrics []string `arg:"" name:"指标" help:"指标编号，可有多个，如 received on_time_rate。"`
	By      []string `help:"分组维度，用逗号分开，如 org:community,month。" placeholder:"DIM[,DIM]"`
	From    string   `required:"" help:"起始日期（含）。" placeholder:"DATE"`
	To      string   `required:"" help:"截止日期（不含）。" placeholder:"DATE"`
	Org     string   `help:"只看这个单位及其下级（编码或名称）。" placeholder:"CODE"`
	Where   []string `help:"筛选，如 --where channel=12345热线；同一维度可写多个值。" placeholder:"DIM=V" sep:"none"`
	Compare string   `help:"比较：prev 环比，yoy 同比。" enum:",prev,yoy" default:"" placeholder:"prev|yoy"`
	Now     string   `help:"以这个时刻为“现在”，不写则为当前时间。" placeholder:"T"`
	AsOf    *int64   `help:"按这个数据版本回答。" placeholder:"N"`
	Units   string   `help:"按哪时的单位统计：now 现行，then 当时（载入时所属，边界重划之前的说法）。" enum:"now,then" default:"now" placeholder:"now|then"`
	Limit   int      `help:"最多输出多少行，0 为全部。" default:"0"`
	Format  string   `help:"输出格式。" enum:"table,csv,json" default:"table" placeholder:"table|csv|json"`
	JSON    bool     `help:"等同于 --format json。"`
}

func (*queryVerb) use() use { return useRead }

func (v *queryVerb) Run(ctx context.Context, e *env) error {
	q, err := v.query(e)
	if err != nil {
		return err
	}
	var a *analytics.Answer
	err = e.W.View(ctx, func(view *warehouse.View) (err error) {
		if v.Org != "" {
			if q.Org, err = e.unit(ctx, view, v.Org); err != nil {
				return err
			}
		}
		a, err = analytics.Run(ctx, view, e.Catalog, q)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case v.JSON || v.Format == "json":
		return a.JSON(e.Stdout)
	case v.Format == "csv":
		return a.CSV(e.Stdout)
	default:
		return a.Table(e.Stdout)
	}
}

func (v *queryVerb) query(e *env) (q analytics.Query, err error) {
	q = analytics.Query{
		Metrics: v.Metrics, Dims: v.By, Compare: analytics.Compare(v.Compare), AsOf: v.AsOf, Limit: v.Limit,
		Now: e.now(), Scope: units.Everything(),
	}
	if q.From, err = parseMoment("--from", v.From); err != nil {
		return q, err
	}
	if q.To, err = parseMoment("--to", v.To); err != nil {
		return q, err
	}
	if v.Units == "then" {
		q.Units = analytics.UnitsThen
	}
	if v.Now != "" {
		if q.Now, err = parseMoment("--now", v.Now); err != nil {
			return q, err
		}
	}
	for _, w := range v.Where {
		dim, value, ok := strings.Cut(w, "=")
		if !ok {
			return q, usagef("--where 应写成 维度=取值，不能是“%s”", w)
		}
		q.Where = addFilter(q.Where, dim, value)
	}
	return q, nil
}

// addFilter lets several values of one dimension stand for each other.
func addFilter(fs []analytics.Filter, dim, value string) []analytics.Filter {
	for i := range fs {
		if fs[i].Dim == dim {
			fs[i].Values = append(fs[i].Values, value)
			return fs
		}
	}
	return append(fs, analytics.Filter{Dim: dim, Values: []string{value}})
}

func parseMoment(flag, s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("%s 应写成 2026-01-31 的样式，不能是“%s”", flag, s)
}

// unit finds the code of a unit that the user named by code or name.
func (e *env) unit(ctx context.Context, v *warehouse.View, text string) (string, error) {
	dir, err := e.Units.Directory(ctx, v, e.levels(), e.now())
	if err != nil {
		return "", err
	}
	u, err := dir.Resolve(text, nil, "")
	if err != nil {
		return "", fmt.Errorf("--org：%w", err)
	}
	return u.Code, nil
}
