package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// DefaultPoint is a coordinate that a source gives to records which are elsewhere: what its geocoder answers where it finds no
// address (the office's door, the middle of the district), or what a form is filled with. Its records have no place on maps
// and in hot spots; their units stay as they are.
//
// It is a finding about all that a source has delivered, worked out from the live records for each data version, and not
// something stored in a row: so a load or an undo that changes it needs to change nothing else.
type DefaultPoint struct {
	Source   string  // source_system
	Lon, Lat float64 // degrees, WGS-84, to 1e-6
	N        int64   // records of the source there
	Of       int64   // records of the source with a point of their own
	Around   int64   // other records of the source within defaultAroundM
	Strange  int64   // of N, those that name a unit in whose border the point does not lie
}

// A coordinate is a default where many records share it and either they contradict it or nothing around explains it. One house
// may have dozens of matters in a year; a tenth of all that a source delivers does not happen at one door while its
// neighbours have none. Both rules ask for more than a hot spot has, because a hot spot that is hidden is worse than a default that shows.
const (
	defaultLeast    = 20   // records that name other units: chance does not mistake so many
	defaultStrange  = 0.5  // their share of the records at the point
	defaultMass     = 50   // records without that evidence
	defaultShare    = 0.10 // … which are at least this share of their source,
	defaultOverRest = 10   // … and so many times as many as all others around,
	defaultPlaces   = 20   // in a source that knows so many places: a ledger of one estate has one
	defaultAroundM  = 150
	mostDefaults    = 200 // points listed; a source with more has no coordinates worth the name
)

// DefaultPoints are the default points of all sources, those with the most records first.
func (e *Engine) DefaultPoints(ctx context.Context) ([]DefaultPoint, error) {
	return Keep(ctx, e, e.Version(), "default points", func(ctx context.Context) (all []DefaultPoint, bytes int64, err error) {
		err = e.View(ctx, func(v *warehouse.View) (err error) {
			all, err = FindDefaultPoints(ctx, v)
			return err
		})
		return all, int64(len(all))*96 + 64, err
	})
}

// FindDefaultPoints is DefaultPoints of one snapshot, without memory.
func FindDefaultPoints(ctx context.Context, v *warehouse.View) ([]DefaultPoint, error) {
	all, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (d DefaultPoint, err error) {
		return d, r.Scan(&d.Source, &d.Lon, &d.Lat, &d.N, &d.Of, &d.Around, &d.Strange)
	}, defaultPointsSQL)
	if err != nil {
		return nil, &engineError{err}
	}
	return all, nil
}

// defaultPointsSQL groups the records with a point of their own; that of a 小区 in the register is no geocoder's. Distances are those of a
// plane in which a degree of longitude is as long as at the candidate.
var defaultPointsSQL = fmt.Sprintf(`WITH p AS (
  SELECT source_system AS s, round(lon, 6) AS x, round(lat, 6) AS y, count(*) AS n, count(*) FILTER (WHERE located = 'conflict') AS strange
  FROM record WHERE lon IS NOT NULL AND lat IS NOT NULL AND coalesce(located, '') <> 'place' GROUP BY ALL
), c AS (
  SELECT p.*, t.of FROM p JOIN (SELECT s, sum(n) AS of, count(*) AS places FROM p GROUP BY s) t USING (s)
  WHERE strange >= %[1]d AND strange >= %[2]g * n OR n >= %[3]d AND n >= %[4]g * t.of AND t.places >= %[8]d
)
SELECT c.s, c.x, c.y, c.n, CAST(c.of AS BIGINT), CAST(sum(q.n) - c.n AS BIGINT) AS around, c.strange
FROM c JOIN p q ON q.s = c.s AND abs(q.y - c.y) * 111320 <= %[6]d AND abs(q.x - c.x) * 111320 * cos(radians(c.y)) <= %[6]d
GROUP BY c.s, c.x, c.y, c.n, c.of, c.strange
HAVING c.strange >= %[1]d AND c.strange >= %[2]g * c.n OR c.n >= %[5]d * (sum(q.n) - c.n)
ORDER BY c.n DESC, c.s, c.x, c.y LIMIT %[7]d`, defaultLeast, defaultStrange, defaultMass, defaultShare, defaultOverRest, defaultAroundM, mostDefaults, defaultPlaces)

// atDefault is the condition that a record f stands at one of the points; "" where there are none.
func (b *builder) atDefault(points []DefaultPoint, shape string) string {
	if len(points) == 0 || shape != catalog.ShapeRecord {
		return ""
	}
	conds := make([]string, len(points))
	for i, d := range points {
		conds[i] = fmt.Sprintf("(f.source_system = %s AND round(f.lon, 6) = %s AND round(f.lat, 6) = %s)", b.placeholder(d.Source), degrees(d.Lon), degrees(d.Lat))
	}
	return "(coalesce(f.located, '') <> 'place' AND (" + strings.Join(conds, " OR ") + "))"
}

// Words say why a point is taken for a default.
func (d DefaultPoint) Words() string {
	if d.Strange >= defaultLeast && float64(d.Strange) >= defaultStrange*float64(d.N) {
		return fmt.Sprintf("其中 %d 件写明的单位不在这里", d.Strange)
	}
	return fmt.Sprintf("周围 %d 米内其他事项只有 %d 件", defaultAroundM, d.Around)
}
