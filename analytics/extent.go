package analytics

import (
	"context"
	"database/sql"
	"time"

	"gridstar/analytics/warehouse"
)

// Extent is the time that the facts are about: the first and the last day with a record or an activity, both zero
// where there is none. What lies after now does not count.
type Extent struct {
	From, To time.Time
}

// FindExtent reads the extent of a snapshot. It says nothing about anybody's numbers, so it has no scope.
func FindExtent(ctx context.Context, v *warehouse.View, now time.Time) (Extent, error) {
	all, err := warehouse.Rows(ctx, v, func(rows *sql.Rows) (Extent, error) {
		var from, to sql.NullTime
		err := rows.Scan(&from, &to)
		return Extent{from.Time, to.Time}, err
	}, `SELECT date_trunc('day', min(lo)), date_trunc('day', max(hi)) FROM (
SELECT min(received_at) AS lo, max(received_at) FILTER (WHERE received_at <= $1) AS hi FROM record
UNION ALL
SELECT min(held_at), max(held_at) FILTER (WHERE held_at <= $1) FROM activity)`, now)
	if err != nil {
		return Extent{}, &engineError{err}
	}
	return all[0], nil
}
