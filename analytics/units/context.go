package units

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

// ContextKind says how a context layer is drawn.
type ContextKind string

// The kinds of context layers.
const (
	Road     ContextKind = "road"
	Water    ContextKind = "water"
	Building ContextKind = "building"
	Green    ContextKind = "green"
	Facility ContextKind = "facility"
	Other    ContextKind = "other"
)

// ContextKinds are all kinds, in the order in which they lie on a map: the lowest first.
var ContextKinds = []ContextKind{Green, Water, Other, Building, Road, Facility}

// MostContextThings is how many things a context layer may hold: what lies under a map helps to find one's way, it is no register.
const MostContextThings = 200_000

// MostContextDrawn is how many of them a browser draws at once without getting slow.
const MostContextDrawn = 20_000

// ContextOptions say what a set of things is.
type ContextOptions struct {
	Layer  string // its name as it is shown: 道路
	Kind   ContextKind
	CRS    geo.CRS // of the file, for the record; the things are WGS-84
	Source string  // the file's name
	Hash   string  // SHA-256 of the file, hex
}

// Context is a layer that is drawn under the units: roads, water, buildings, facilities. It belongs to the site as a whole and says
// nothing about any unit.
type Context struct {
	Layer  string      `json:"name"`
	Kind   ContextKind `json:"kind"`
	Count  int64       `json:"count"`
	Source string      `json:"source"`
	CRS    string      `json:"crs"`
	Job    int64       `json:"job"` // that loaded it

	Version string `json:"-"` // another wherever another thing may be drawn
}

// ContextReport is the outcome of LoadContext and RemoveContext.
type ContextReport struct {
	Job, Version int64
	Layer        string
	Things       int64 // loaded
	Replaced     int64 // of the layer as it was
}

// NoContextError: there is no context layer of that name.
type NoContextError struct{ Layer string }

func (e *NoContextError) Error() string {
	return fmt.Sprintf("没有名为“%s”的要素图层，可用 context list 查看已有的图层", e.Layer)
}

// ContextName takes the name of a layer as somebody has written it.
func ContextName(s string) (string, error) {
	name := clean(s)
	switch {
	case name == "":
		return "", errors.New("要素图层应有名称，如 --name 道路")
	case !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }): // it stands in an address
		return "", fmt.Errorf("要素图层的名称“%.20s”中没有文字，请换一个，如 道路", name)
	case tooLong(name):
		return "", fmt.Errorf("要素图层的名称超过 %d 个字，请改短", longestName)
	}
	return name, nil
}

// LoadContext stores the things as the layer of that name, in place of those that it held: one job, which can be undone.
func LoadContext(ctx context.Context, w *warehouse.Warehouse, things []geo.Thing, opt ContextOptions) (r ContextReport, err error) {
	if opt.Layer, err = ContextName(opt.Layer); err != nil {
		return r, err
	}
	r.Layer = opt.Layer
	switch {
	case !slices.Contains(ContextKinds, opt.Kind):
		return r, fmt.Errorf("要素图层没有“%s”这一种类，可填 %s", opt.Kind, kindList())
	case len(things) == 0:
		return r, ErrEmpty
	case len(things) > MostContextThings:
		return r, fmt.Errorf("“%s”有 %d 个要素，一个图层最多 %d 个，请只保留地图上要画的，或分成几个图层载入", opt.Source, len(things), MostContextThings)
	}
	job, err := w.Begin(ctx, warehouse.Spec{
		Verb: "context load", File: opt.Source, Options: fmt.Sprintf("name=%s kind=%s crs=%s", opt.Layer, opt.Kind, opt.CRS), All: true,
	})
	if err != nil {
		return r, err
	}
	defer job.Abandon()
	r.Job, r.Things = job.ID, int64(len(things))
	if r.Replaced, err = job.End(ctx, "context", "layer = $1", opt.Layer); err != nil {
		return r, fmt.Errorf("ending context layer %q: %w", opt.Layer, err)
	}
	var c copies
	for i, t := range things {
		name := clean(t.Name)
		if tooLong(name) {
			name = string([]rune(name)[:longestName])
		}
		c.add(int64(t.Row), opt.Layer, int64(i+1), string(opt.Kind), orNull(name), geo.MarshalThingWKB(t.Shape), opt.Source, string(opt.CRS))
	}
	if err := c.write(ctx, w, job, "context", ""); err != nil {
		return r, err
	}
	r.Version, err = job.Publish(ctx, warehouse.Totals{FileHash: opt.Hash, Rows: r.Things, Accepted: r.Things, Replaced: min(r.Replaced, r.Things)})
	return r, err
}

func kindList() string {
	names := make([]string, len(ContextKinds))
	for i, k := range ContextKinds {
		names[i] = string(k)
	}
	return strings.Join(names, "、")
}

// RemoveContext takes the layer of a name off the map: one job, which can be undone.
func RemoveContext(ctx context.Context, w *warehouse.Warehouse, layer string) (r ContextReport, err error) {
	if layer, err = ContextName(layer); err != nil {
		return r, err
	}
	job, err := w.Begin(ctx, warehouse.Spec{Verb: "context remove", Options: "name=" + layer, All: true})
	if err != nil {
		return r, err
	}
	defer job.Abandon()
	r.Job, r.Layer = job.ID, layer
	if r.Replaced, err = job.End(ctx, "context", "layer = $1", layer); err != nil {
		return r, fmt.Errorf("ending context layer %q: %w", layer, err)
	}
	if r.Replaced == 0 {
		return r, &NoContextError{layer}
	}
	r.Version, err = job.Publish(ctx, warehouse.Totals{})
	return r, err
}

// Contexts lists the context layers, the lowest on the map first, those of one kind by name.
func Contexts(ctx context.Context, q warehouse.Queryer) ([]Context, error) {
	all, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (c Context, err error) {
		return c, r.Scan(&c.Layer, &c.Kind, &c.Count, &c.Source, &c.CRS, &c.Job, &c.Version)
	}, contextsSQL)
	slices.SortStableFunc(all, func(a, b Context) int {
		return slices.Index(ContextKinds, a.Kind) - slices.Index(ContextKinds, b.Kind)
	})
	return all, err
}

// contextsSQL answers: which context layers are there? One row per layer, by name. A layer is written by one job, or written again by the
// undo of one (since), whose number and digest tell what stands there.
const contextsSQL = `
	SELECT layer, kind, n, source, source_crs, l.job, since || '.' || digest
	FROM (SELECT layer, kind, count(*) AS n, any_value(source) AS source, any_value(source_crs) AS source_crs, max(job) AS job, max(since) AS since
		FROM context GROUP BY layer, kind) l
	JOIN job j ON j.id = l.since ORDER BY layer`

// ContextThings are the things of a layer in WGS-84, in the order of the file.
func ContextThings(ctx context.Context, q warehouse.Queryer, layer string) ([]geo.Thing, error) {
	return warehouse.Rows(ctx, q, func(r *sql.Rows) (t geo.Thing, err error) {
		var name sql.NullString
		var wkb []byte
		var row int64
		if err := r.Scan(&name, &wkb, &row); err != nil {
			return t, err
		}
		t.Name, t.Row = name.String, int(row)
		if t.Shape, err = geo.UnmarshalThingWKB(wkb); err != nil {
			return t, fmt.Errorf("a thing of context layer %q: %w", layer, err)
		}
		return t, nil
	}, `SELECT name, wkb, "row" FROM context WHERE layer = $1 ORDER BY number`, layer)
}
