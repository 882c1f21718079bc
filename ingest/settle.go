package ingest

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// settle lets each shape's new copies replace the old ones and counts file rows: a row is unchanged when all its
// facts are.
func (l *load) settle(ctx context.Context, res *Result) error {
	c := l.collector
	shapes := c.binding.Profile.Shapes()
	slices.Sort(shapes)
	for _, shape := range shapes {
		if c.binding.Identity == profile.BySlice && c.produced > 0 && c.rejectID < 0 { // corrected rows are added to their slice
			n, err := l.removeSlice(ctx, shape)
			if err != nil {
				return err
			}
			res.Removed += n
		}
		s, err := l.job.Settle(ctx, shape, !c.repeated)
		if err != nil {
			return err
		}
		res.Accepted += s.Accepted
		res.Replaced += s.Replaced
	}
	if len(c.binding.Emits) > 1 { // a row may state several facts: count rows instead
		var err error
		if res.Accepted, err = l.countRows(ctx, shapes, ""); err != nil {
			return err
		}
		if res.Replaced, err = l.countRows(ctx, shapes, endedAnother); err != nil {
			return err
		}
	}
	res.Unchanged = c.produced - res.Accepted
	return nil
}

// endedAnother holds for a copy n that took the place of another, of an earlier job or an earlier row.
const endedAnother = ` AND EXISTS (SELECT 1 FROM %[1]s_past o WHERE o.until = $1 AND o.id = n.id AND (o.since <> $1 OR o.row < n.row))`

// countRows counts the file rows of which the job wrote a copy that meets the condition.
func (l *load) countRows(ctx context.Context, shapes []string, condition string) (int64, error) {
	var parts []string
	for _, s := range shapes {
		for _, table := range []string{s, s + "_past"} {
			parts = append(parts, "SELECT n.row FROM "+table+" n WHERE n.since = $1"+strings.ReplaceAll(condition, "%[1]s", s))
		}
	}
	n, err := warehouse.Rows(ctx, l.job, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) },
		"SELECT count(DISTINCT row) FROM ("+strings.Join(parts, " UNION ALL ")+")", l.job.ID)
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// slice is the SQL of the dates that make a row part of what a file without a key delivers anew: records and
// activities of the file's periods, figures of exactly the periods it states, places of any time. $4 and $5 bound the
// period where there is one.
var slice = map[string]string{
	"record":   "received_at >= $4 AND received_at < $5",
	"activity": "held_at >= $4 AND held_at < $5",
	"figure":   figurePeriod + " IN (SELECT " + figurePeriod + " FROM figure WHERE since = $1)",
	"place":    "TRUE",
}

const figurePeriod = "concat_ws('/', coalesce(period_from, '-infinity'), coalesce(period_to, '-infinity'), coalesce(as_of, '-infinity'))"

// removeSlice ends the facts that a ledger without a key no longer states: those of the same profile and period which
// did not arrive again, of the units that the file speaks of (those of its rows and all below the unit of its title);
// and whatever else came of the very same file before, read when units or profile were other than now.
func (l *load) removeSlice(ctx context.Context, shape string) (removed int64, err error) {
	c := l.collector
	hash, err := l.hash()
	if err != nil {
		return 0, fmt.Errorf("文件“%s”无法读取：%w", l.request.label(), err)
	}
	var below []string
	if c.context.unit != "" {
		for _, u := range c.dir.Units() {
			if c.dir.Contains(c.context.unit, u.Code) {
				below = append(below, u.Code)
			}
		}
	}
	ps, _ := c.covered.periods(c.context)
	if len(ps) == 0 || shape == "figure" || shape == "place" {
		ps = []period{{}}
	}
	for _, p := range ps {
		where := fmt.Sprintf(`since <> $1 AND id NOT IN (SELECT id FROM %[1]s WHERE since = $1) AND (
			job IN (SELECT id FROM job WHERE profile IN (SELECT unnest(string_split($2, chr(31))))) AND (%[2]s)
				AND (org_code IN (SELECT org_code FROM %[1]s WHERE since = $1) OR org_code IN (SELECT unnest(string_split($3, chr(31)))))
			OR job IN (SELECT id FROM job WHERE profile IN (SELECT unnest(string_split($2, chr(31)))) AND file = $6 AND file_hash = $7 AND coalesce(org_code, '') = $8
				AND coalesce(json_extract_string(options, '$.sheet'), '') = $9))
			AND $4::TIMESTAMP IS NOT NULL AND $5::TIMESTAMP IS NOT NULL`, shape, slice[shape])
		n, err := l.job.End(ctx, shape, where, l.job.ID, c.family, strings.Join(below, "\x1f"), p.from, p.to,
			l.request.label(), hash, l.request.Org, l.request.Table)
		if err != nil {
			return removed, err
		}
		removed += n
	}
	return removed, nil
}
