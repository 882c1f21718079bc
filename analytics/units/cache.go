package units

import (
	"context"
	"database/sql"
	"errors"
	"slices"
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
	former *Former
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

// Ground is the layers in force of all area levels, the finest first, and what held before them. A point belongs to the first
// layer that has it: where one community has grids and its neighbour has none yet, the neighbour's points are the neighbour's.
// Without any polygons both are nil.
func (c *Cache) Ground(ctx context.Context, v *warehouse.View, levels Levels, date time.Time) ([]*Layer, *Former, error) {
	var all []*Layer
	for _, lv := range slices.Backward(levels) {
		if lv.Tree != Area {
			continue
		}
		l, err := c.Layer(ctx, v, levels, lv.ID, date)
		if _, none := errors.AsType[*NoLayerError](err); none {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		all = append(all, l)
	}
	if all == nil {
		return nil, nil, nil
	}
	dir, err := c.Directory(ctx, v, levels, date)
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.former == nil || !c.date.Equal(Date(date)) {
		past, err := readPolygons(ctx, v, "valid_to <= $1", Date(date))
		if err != nil {
			return nil, nil, err
		}
		c.former = newFormer(past, all, dir.over, c.SnapM)
	}
	return all, c.former, nil
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
		c.former = nil
	}
	return nil
}
