package units

import (
	"context"
	"database/sql"
	"fmt"

	"gridstar/analytics/warehouse"
)

// KeepTree is a publish hook: it refuses an undo that would leave a unit without the unit above it, or an
// organisation covering what no longer exists. Loads check their own rows; an undo knows nothing of trees.
func KeepTree(ctx context.Context, j *warehouse.Job) error {
	if j.Verb() != "undo" {
		return nil
	}
	type orphan struct{ name, code, lost string }
	orphans, err := warehouse.Rows(ctx, j, func(r *sql.Rows) (o orphan, err error) {
		return o, r.Scan(&o.name, &o.code, &o.lost)
	}, `SELECT name, code, parent_code FROM org WHERE parent_code IS NOT NULL AND parent_code NOT IN (SELECT code FROM org)
		UNION ALL
		SELECT coalesce(o.name, c.party_code), c.party_code, c.area_code FROM org_cover c LEFT JOIN org o ON o.code = c.party_code
		WHERE c.area_code NOT IN (SELECT code FROM org) OR o.code IS NULL
		ORDER BY 2, 3`)
	if err != nil || len(orphans) == 0 {
		return err
	}
	o, more := orphans[0], ""
	if n := len(orphans); n > 1 {
		more = fmt.Sprintf("等 %d 个单位", n)
	}
	return fmt.Errorf("撤销后“%s”（编码 %s）%s将失去所依附的单位 %s，请先撤销后来载入它们的作业", o.name, o.code, more, o.lost)
}
