package api

import (
	"context"
	"errors"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// Directory is today's register of the units in a scope: all others do not exist for its holder.
func (a *API) Directory(ctx context.Context, scope units.Scope) (*units.Directory, error) {
	key := "directory " + a.today().Format(time.DateOnly) + scope.Reach.Key()
	return analytics.Keep(ctx, a.Engine, a.Engine.Version(), key, func(ctx context.Context) (dir *units.Directory, bytes int64, err error) {
		err = a.Engine.View(ctx, func(v *warehouse.View) error {
			all, err := a.Units.Directory(ctx, v, a.Catalog.Levels, a.today())
			if err != nil {
				return err
			}
			dir = all.Within(scope)
			return nil
		})
		return dir, 1 << 10, err // what it is made of is shared with the cache of units
	})
}

// Layer is the polygons of an area level as they are today; nil where there are none.
func (a *API) Layer(ctx context.Context, level string) (*units.Layer, error) {
	if l, ok := a.Catalog.Level(level); !ok || l.Tree != catalog.Area {
		return nil, nil
	}
	key := "layer " + level + " " + a.today().Format(time.DateOnly)
	return analytics.Keep(ctx, a.Engine, a.Engine.Version(), key, func(ctx context.Context) (layer *units.Layer, bytes int64, err error) {
		err = a.Engine.View(ctx, func(v *warehouse.View) error {
			layer, err = a.Units.Layer(ctx, v, a.Catalog.Levels, level, a.today())
			return err
		})
		if _, none := errors.AsType[*units.NoLayerError](err); none {
			return nil, 1 << 10, nil
		}
		return layer, 1 << 10, err // the polygons are shared with the cache of units
	})
}

func (a *API) today() time.Time { return units.Date(a.Now()) }
