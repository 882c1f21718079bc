package ingest

import (
	"context"
	"database/sql"
	"time"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

// BordersInForce are the polygons of a level as features, with the names and upper units that the register has for them, in the order
// of their codes. A *units.NoLayerError means that there are none.
func BordersInForce(ctx context.Context, v *warehouse.View, c *units.Cache, levels units.Levels, level string, date time.Time) ([]geo.Feature, error) {
	layer, err := c.Layer(ctx, v, levels, level, date)
	if err != nil {
		return nil, err
	}
	dir, err := c.Directory(ctx, v, levels, date)
	if err != nil {
		return nil, err
	}
	fs := make([]geo.Feature, len(layer.Codes))
	for i, code := range layer.Codes {
		fs[i] = geo.Feature{Code: code, Shape: layer.Shapes[i], Row: i + 1}
		if u, ok := dir.Unit(code); ok {
			fs[i].Name, fs[i].Parent = u.Name, u.Parent
		}
	}
	return fs, nil
}

// LayerSummary says of the polygons of one level in force what they are and where they come from.
type LayerSummary struct {
	Level   string
	Count   int64
	AreaM2  float64
	Sources string    // names of files, separated by 、
	From    time.Time // the first day of the latest polygon; the year 1 where they were always so
	Job     int64     // the last job that wrote one of them
}

// BordersSummary lists the levels with polygons in force on a date, in no particular order.
func BordersSummary(ctx context.Context, q warehouse.Queryer, date time.Time) ([]LayerSummary, error) {
	return warehouse.Rows(ctx, q, func(r *sql.Rows) (s LayerSummary, err error) {
		return s, r.Scan(&s.Level, &s.Count, &s.AreaM2, &s.Sources, &s.From, &s.Job)
	}, `SELECT level, count(*), sum(area_m2), string_agg(DISTINCT source, '、' ORDER BY source), max(valid_from), max(job) FROM layer
		WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) GROUP BY level`, units.Date(date))
}
