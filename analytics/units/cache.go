package units

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"gridstar/analytics/warehouse"
)

// Cache keeps the directory and the layers that were loaded last, for callers that need them again and again: a
// load of a hundred rows would else spend its time on reading three thousand units. What it gives is exactly what
// LoadDirectory and LoadLayers would: units and layers change by jobs of four kinds only, and the last of those is
// asked for every time. The zero Cache is ready; it is safe for concurrent use.
type Cache struct {
	SnapM float64 // metres up to which a point in no polygon belongs to the nearest, see geo.SnapWithin; set before the first use

	mu     sync.Mutex
	change int64 // version of the last job that may have changed units or layers
	date   time.Time
	dir    *Directory
	layers map[string]*Layer // by level asked for
	former map[string]*Former
}

// Directory is LoadDirectory with memory.
func (c *Cache) Directory(ctx context.Context, v *warehouse.View, levels Levels, date time.Time) (*Directory, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refresh(ctx, v, date); err != nil {
		return nil, err
	}
	if c.dir == nil {
		d, err := LoadDirectory(ctx, v, levels, date)
		if err != nil {
			return nil, err
		}
		c.dir = d
	}
	return c.dir, nil
}

// Layer is LoadLayers with memory.
func (c *Cache) Layer(ctx context.Context, v *warehouse.View, levels Levels, level string, date time.Time) (*Layer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refresh(ctx, v, date); err != nil {
		return nil, err
	}
	if l, ok := c.layers[level]; ok {
		return l, nil
	}
	l, err := LoadLayers(ctx, v, levels, level, date)
	if err != nil {
		return nil, err
	}
	if c.SnapM > leastSnapM {
		l = l.Within(c.SnapM)
	}
	c.layers[level] = l
	return l, nil
}

// Former is what held before a layer that Layer gave.
func (c *Cache) Former(ctx context.Context, v *warehouse.View, levels Levels, now *Layer) (*Former, error) {
	dir, err := c.Directory(ctx, v, levels, now.Date)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.former[now.Level]; ok && c.date.Equal(now.Date) {
		return f, nil
	}
	past, err := readPolygons(ctx, v, "level = $1 AND valid_to <= $2", now.Level, now.Date)
	if err != nil {
		return nil, err
	}
	f := newFormer(past, now, dir.over)
	c.former[now.Level] = f
	return f, nil
}

// refresh forgets everything if units or layers may have changed, or if another date is meant.
func (c *Cache) refresh(ctx context.Context, v *warehouse.View, date time.Time) error {
	changes, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) },
		"SELECT coalesce(max(version), 0) FROM job WHERE verb IN ('units load', 'grids load', 'aliases', 'undo')")
	if err != nil {
		return err
	}
	if c.layers == nil || c.change != changes[0] || !c.date.Equal(Date(date)) {
		c.change, c.date, c.dir, c.layers = changes[0], Date(date), nil, map[string]*Layer{}
		c.former = map[string]*Former{}
	}
	return nil
}
