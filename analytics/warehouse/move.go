package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Move gives live facts of a table other units. moved is the text of a query with one row per fact: id, org (the unit, ” for
// none) and, of records, located. Each fact whose unit changes is written anew with the same job and row, as undo does; what
// it was ends. With keep the unit that it was given when it was loaded stays in org_then, also through later moves; without
// it the former unit was a mistake and is only found in the past. It returns the number of facts moved.
func (j *Job) Move(ctx context.Context, name, moved string, keep bool) (int64, error) {
	t, err := lookupTable(name)
	if err != nil {
		return 0, err
	}
	if !t.moves {
		return 0, fmt.Errorf("moving %q: its rows keep their units", name)
	}
	then := "org_then"
	if keep {
		then = "CASE WHEN coalesce(f.org_then, f.org_code, '') <> m.org THEN coalesce(f.org_then, f.org_code, '') END"
	}
	changes := fmt.Sprintf("nullif(m.org, '') AS org_code, %s AS org_then, %d AS since", then, j.ID)
	if name == "record" {
		changes += ", m.located AS located"
	}
	_, err = j.exec(ctx, fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE moving AS SELECT * REPLACE (hash(%s) AS content) FROM (
		SELECT f.* REPLACE (%s) FROM %s f JOIN (%s) m USING (id) WHERE nullif(m.org, '') IS DISTINCT FROM f.org_code)`,
		strings.Join(j.contentOf(name), ","), changes, t.name, moved))
	if err != nil {
		return 0, err
	}
	n, err := j.End(ctx, t.name, "id IN (SELECT id FROM moving)")
	if err != nil {
		return 0, err
	}
	if n > 0 {
		if _, err = j.exec(ctx, fmt.Sprintf("INSERT INTO %s SELECT * FROM moving", t.name)); err != nil {
			return 0, err
		}
		j.wrote(t.name, n)
	}
	_, err = j.exec(ctx, "DROP TABLE moving")
	return n, err
}

// contentOf are the columns of a table of facts whose hash is its content, in the order in which they are hashed.
func (j *Job) contentOf(name string) []string {
	var all []string
	for _, c := range j.w.columns[name] {
		if !slices.Contains(besideContent, c.name) {
			all = append(all, c.name)
		}
	}
	return all
}

// remember hands the unit of then on to the copies that replace moved ones and are of the same unit: a corrected row was where it was.
func (j *Job) remember(ctx context.Context, t table) error {
	moved := fmt.Sprintf("SELECT id, org_code, org_then FROM %s_past WHERE until = %d AND org_then IS NOT NULL", t.name, j.ID)
	n, err := Rows(ctx, j, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) }, "SELECT count(*) FROM ("+moved+")")
	if err != nil || n[0] == 0 {
		return err
	}
	_, err = j.exec(ctx, fmt.Sprintf("UPDATE %[1]s SET org_then = m.org_then FROM (%[2]s) m WHERE %[1]s.since = %[3]d AND %[1]s.id = m.id AND %[1]s.org_code IS NOT DISTINCT FROM m.org_code",
		t.name, moved, j.ID))
	return err
}
