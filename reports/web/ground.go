package web

import (
	"context"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// extent is the time that the data is about.
type extent struct {
	analytics.Extent
	Version int64
}

// latest is a day of the last period with data: where a page begins that was opened without one.
func (e extent) latest(now time.Time) time.Time {
	if e.To.IsZero() || e.To.After(now) {
		return units.Date(now)
	}
	return units.Date(e.To)
}

// ground gives what every page needs: the units that the caller may see, so that all others do not exist for him, and
// from when to when there is data about them. Both change with the data version, the day and the caller's scope only.
func (s *Server) ground(ctx context.Context) (*units.Directory, extent, error) {
	return s.groundOf(ctx, s.scope(ctx))
}

func (s *Server) groundOf(ctx context.Context, scope units.Scope) (*units.Directory, extent, error) {
	type ground struct {
		dir *units.Directory
		extent
	}
	today := units.Date(s.Now())
	g, err := analytics.Keep(ctx, s.Engine, s.Engine.Version(), "ground "+today.Format(time.DateOnly)+scope.Key(), func(ctx context.Context) (g ground, bytes int64, err error) {
		if g.dir, err = s.api.Directory(ctx, scope); err != nil {
			return g, 0, err
		}
		err = s.Engine.View(ctx, func(v *warehouse.View) (err error) {
			g.Version = v.Version()
			g.Extent, err = analytics.FindExtent(ctx, v, scope, today.AddDate(0, 0, 1).Add(-time.Second))
			return err
		})
		return g, 1 << 10, err // the directory is shared with the cache of units
	})
	return g.dir, g.extent, err
}

// lack says what has to be loaded before there are numbers: warehouse (everything), ledgers; "" where there are some.
func (e extent) lack(dir *units.Directory) string {
	switch {
	case !e.To.IsZero():
		return ""
	case dir.Len() == 0:
		return "warehouse"
	}
	return "ledgers"
}

// emptiness says why a page has no numbers.
func (st state) emptiness(now time.Time) string {
	if lack := st.extent.lack(st.dir); lack != "" {
		return lack
	}
	if st.Period.From.After(now) {
		return "future"
	}
	return ""
}
