package analytics

import (
	"context"
	"database/sql"
	"time"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// Extent is the time that the facts are about: the first day with a record or an activity, and the last one with such a
// row or of a period that a ledger says it delivers. Both are zero where there is none. What lies after now does not count.
type Extent struct {
	From, To time.Time
	Moved    bool // a new cut gave rows other units: 当时 and 现行 differ
}

// AsOf is the moment up to which a page may judge: now, unless the data ends more than a day before it. Offices that
// deliver by the month would else see everything overdue on the 20th that nobody has had the occasion to report as done.
// A site whose last row is of 31 October is judged as of 1 November 0:00, whenever somebody looks.
func (e Extent) AsOf(now time.Time) time.Time {
	if e.To.IsZero() {
		return now
	}
	if end := e.To.AddDate(0, 0, 1); end.AddDate(0, 0, 1).Before(now) {
		return end
	}
	return now
}

// FindExtent reads the extent of what a scope reaches: rows of its units, and what was stated about these or units above
// them; those without a unit only where the scope is everything. now is also the day on which the units count.
func FindExtent(ctx context.Context, v *warehouse.View, scope units.Scope, now time.Time) (Extent, error) {
	b := (&plan{Query: Query{Scope: scope}}).builder()
	stated := ""
	if !scope.All {
		r, err := loadRegister(ctx, v, nil, units.Date(now), scope.Reach)
		if err != nil {
			return Extent{}, err
		}
		b.register = r
		above := boundColumn{name: "code", typ: "VARCHAR"}
		for at := range r.shows() {
			if at > 0 {
				above.values = append(above.values, r.site.Node(int(at)).Code)
			}
		}
		stated = " AND (org_code IS NULL OR org_code IN (" + b.boundTable([]boundColumn{above}) + "))"
	}
	at := b.bindTime(now)
	all, err := warehouse.Rows(ctx, v, func(rows *sql.Rows) (Extent, error) {
		var from, to sql.NullTime
		err := rows.Scan(&from, &to)
		return Extent{From: from.Time, To: to.Time}, err
	}, `SELECT date_trunc('day', min(lo)), date_trunc('day', max(hi)) FROM (
SELECT min(received_at) AS lo, max(received_at) FILTER (WHERE received_at <= `+at+`) AS hi FROM record WHERE TRUE`+b.seenOnly()+`
UNION ALL
SELECT min(held_at), max(held_at) FILTER (WHERE held_at <= `+at+`) FROM activity WHERE TRUE`+b.seenOnly()+`
UNION ALL
SELECT NULL, least(CAST(period_to AS TIMESTAMP) - INTERVAL 1 DAY, `+at+`) FROM coverage WHERE shape IN ('record', 'activity')`+stated+")", b.args...)
	if err != nil {
		return Extent{}, &engineError{err}
	}
	m := (&plan{Query: Query{Scope: scope}}).builder()
	m.register = b.register
	moved, err := warehouse.Rows(ctx, v, func(rows *sql.Rows) (yes bool, err error) { return yes, rows.Scan(&yes) },
		"SELECT EXISTS (SELECT 1 FROM record WHERE org_then IS NOT NULL"+m.seenOnly()+") OR EXISTS (SELECT 1 FROM activity WHERE org_then IS NOT NULL"+m.seenOnly()+")", m.args...)
	if err != nil {
		return Extent{}, &engineError{err}
	}
	all[0].Moved = moved[0]
	return all[0], nil
}
