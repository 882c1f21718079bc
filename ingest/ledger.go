package ingest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest/profile"
)

// ledger is what the rows of one file are checked against. All converters of the file share it and none changes it.
type ledger struct {
	binding  *profile.Binding
	catalog  *catalog.Catalog
	dir      *units.Directory
	layers   []*units.Layer // the finest first; nil: no polygons are loaded, points decide nothing
	former   *units.Former
	crs      geo.CRS // of the file's points
	register *register
	hasher   func() *warehouse.Hasher
	now      time.Time
	context  fileContext
	bounds   *bounds   // what whoever loads the file may write for; nil: everything
	space    string    // identity space: source_system, without one the profile
	layouts  []*layout // of the profile's shapes
	spare    *spareParts
	family   string // the profiles that read this ledger, see there
	privacy
	closing closing      // which columns about the end of a matter there are
	rate    int          // column of a stated collection rate, -1: none
	numeric map[int]bool // columns read as numbers
}

// ledger loads what the rows are checked against. The job has taken its spaces, so that units and layers, whose
// loads take all of them, cannot change under it.
func (in *Ingester) ledger(ctx context.Context, t *table, r Request, space string) (*ledger, error) {
	crs := r.CRS
	if crs == "" && t.binding.Profile.CRS != "" {
		var err error
		if crs, err = geo.ParseCRS(t.binding.Profile.CRS); err != nil {
			return nil, err
		}
	}
	now := in.Now()
	l := &ledger{
		binding: t.binding, catalog: in.Catalog, crs: crs, hasher: in.Warehouse.Hasher, now: now, space: space, spare: &spareParts{},
		privacy: newPrivacy(t.binding), rate: rateColumn(t.binding), numeric: numericColumns(t.binding),
	}
	l.family = in.family(t.binding.Profile)
	l.closing = closing{closedAt: l.fills("closed_at"), result: l.fills("result")}
	for _, shape := range t.binding.Profile.Shapes() {
		l.layouts = append(l.layouts, newLayout(shape, in.Warehouse.Schema(shape)))
	}
	if crs == "" && l.hasPoints() {
		return nil, fmt.Errorf("文件“%s”含有坐标，但没有说明坐标系，请用 --crs 指定（如 wgs84、gcj02）", r.Name)
	}
	var from origin
	corrected := false
	err := in.Warehouse.View(ctx, func(v *warehouse.View) (err error) {
		if l.dir, err = in.Units.Directory(ctx, v, in.Levels, now); err != nil {
			return err
		}
		if from, corrected, err = t.origin(ctx, v, l.privacy, l.family); err != nil {
			return err
		}
		if !l.hasPoints() && !l.fills("place_id") && !l.dir.AnyOver() {
			return nil
		}
		l.layers, l.former, err = in.Units.Ground(ctx, v, in.Levels, now) // without polygons the points are stored and decide nothing
		if err == nil && r.Level != "" {
			var one *units.Layer
			if one, err = in.Units.Layer(ctx, v, in.Levels, r.Level, now); err == nil {
				l.layers = []*units.Layer{one}
			}
		}
		if err == nil && l.fills("place_id") {
			l.register, err = readRegister(ctx, v, l.locator())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if corrected { // the table they come from said more than the file of refused rows does
		r.Org = cmp.Or(from.unit, r.Org)
		t.title.From, t.title.To = from.period.from, from.period.to
	}
	l.bounds = newBounds(r, l.dir)
	if l.context, err = surroundings(t.binding, l.dir, r.Org, t.title, in.Catalog.Site.Location()); err != nil {
		return nil, err
	}
	err = l.bounds.confine(&l.context, t.binding, t.title)
	l.context.clock.Serial1904 = t.src.Serial1904()
	return l, err
}

// family are the names of the profiles that read one ledger, joined by U+001F: a profile, the one that it adapts to other
// headers, and what else adapts that. What one of them loaded, another replaces.
func (in *Ingester) family(p *profile.Profile) string {
	head := func(p *profile.Profile) string { return cmp.Or(p.Extends, p.Name) }
	names := []string{p.Name}
	if in.Profiles != nil {
		for _, q := range in.Profiles.All() {
			if head(q) == head(p) && !slices.Contains(names, q.Name) {
				names = append(names, q.Name)
			}
		}
	}
	if !slices.Contains(names, head(p)) {
		names = append(names, head(p))
	}
	return strings.Join(names, "\x1f")
}

// fills says whether the file has something for the field.
func (l *ledger) fills(target string) bool {
	return slices.ContainsFunc(l.binding.Emits, func(e profile.Emit) bool {
		return slices.ContainsFunc(e.Fields, func(f profile.Field) bool { return f.Target == target })
	})
}

// hasPoints says whether the file has coordinates.
func (l *ledger) hasPoints() bool { return l.fills("lon") }

// locator is one for one goroutine: it remembers units.
func (l *ledger) locator() *locator {
	return &locator{layers: l.layers, former: l.former, crs: l.crs, dir: l.dir}
}

// layout gives the position of a shape's layout.
func (l *ledger) layout(shape string) int {
	return slices.IndexFunc(l.layouts, func(x *layout) bool { return x.shape == shape })
}
