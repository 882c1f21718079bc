package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNoJob: there is no such job.
var ErrNoJob = errors.New("没有这个作业")

// Undone is the outcome of Undo.
type Undone struct {
	Job      int64 // the undo job
	Target   int64 // the job taken back
	Version  int64
	Ended    int64   // facts, units and polygons of the job taken back that were ended
	Restored int64   // those that the job had ended, written again
	Homeless int64   // records and activities of units that went with the job: they were loaded while it was in force
	Also     []int64 // later jobs of the same ledger that found rows unchanged: some of them may be gone now
}

// Note is a Chinese sentence on what else may be gone; "" where nothing is.
func (u Undone) Note() string {
	const shown = 5
	note := ""
	if u.Homeless > 0 {
		note = fmt.Sprintf("有 %d 行是在作业 %d 有效期间归入它登记的单位的，这些单位已随之撤销；请重新载入这些行的文件。", u.Homeless, u.Target)
	}
	if len(u.Also) == 0 {
		return note
	}
	var ids []string
	for _, id := range u.Also[:min(shown, len(u.Also))] {
		ids = append(ids, strconv.FormatInt(id, 10))
	}
	which := strings.Join(ids, "、")
	if n := len(u.Also); n > shown {
		which += fmt.Sprintf(" 等 %d 个", n)
	}
	return note + fmt.Sprintf("后来的作业 %s 载入同一种台账时，有的行因为已在库中而没有再写；这些行如果是作业 %d 写入的，现已一并收回，请重新载入那些文件。", which, u.Target)
}

// Undo takes one job back as a job of its own: the job's copies end, the copies it had ended are written again
// (same job and row, since = the undo job). Nothing leaves the past. It refuses with ReplacedError where later
// jobs replaced some of the job's copies or wrote others in their place. Undoing an undo brings the job back.
func (w *Warehouse) Undo(ctx context.Context, target int64) (Undone, error) {
	j, err := w.Begin(ctx, Spec{Verb: "undo", Target: target, All: true})
	if err != nil {
		return Undone{}, err
	}
	defer j.Abandon()
	if err := j.undoable(ctx, target); err != nil {
		return Undone{}, err
	}
	u := Undone{Job: j.ID, Target: target}
	if u.Also, err = j.alsoDelivered(ctx, target); err != nil {
		return Undone{}, err
	}
	for _, t := range tables {
		ended, restored, err := j.undoTable(ctx, t, target)
		if err != nil {
			return Undone{}, err
		}
		if t.counted {
			u.Ended += ended
			u.Restored += restored
		}
	}
	if u.Homeless, err = j.homeless(ctx); err != nil {
		return Undone{}, err
	}
	u.Version, err = j.Publish(ctx, Totals{Rows: u.Restored, Accepted: u.Restored, Replaced: u.Ended})
	return u, err
}

// homeless counts the live facts whose unit the job has just ended for good.
func (j *Job) homeless(ctx context.Context) (int64, error) {
	gone := fmt.Sprintf("SELECT code FROM org_past WHERE until = %d EXCEPT SELECT code FROM org", j.ID)
	n, err := Rows(ctx, j, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) }, fmt.Sprintf(
		"SELECT (SELECT count(*) FROM record WHERE org_code IN (%[1]s)) + (SELECT count(*) FROM activity WHERE org_code IN (%[1]s))", gone))
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// alsoDelivered names the later jobs that loaded the same ledger and found rows there already. What they left as it
// was is counted as the earlier job's and goes with it.
func (j *Job) alsoDelivered(ctx context.Context, target int64) ([]int64, error) {
	return Rows(ctx, j, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) }, `
		SELECT l.id FROM job t JOIN job l ON l.id > t.id AND l.verb = t.verb AND l.profile = t.profile AND l.unchanged > 0
		WHERE t.id = $1 AND NOT EXISTS (SELECT 1 FROM job u WHERE u.verb = 'undo' AND u.target = l.id) ORDER BY l.id`, target)
}

// undoable checks that the job exists, has not been undone, and that all it wrote is still live.
func (j *Job) undoable(ctx context.Context, target int64) error {
	exists, by, err := j.undoneBy(ctx, target)
	switch {
	case err != nil:
		return err
	case !exists:
		return fmt.Errorf("%w：%d，可用 jobs 查看作业清单", ErrNoJob, target)
	case by != 0:
		return fmt.Errorf("作业 %d 已由作业 %d 撤销", target, by)
	}
	replaced := map[int64]bool{}
	for _, t := range tables {
		ids, err := j.replacedBy(ctx, t, target)
		if err != nil {
			return err
		}
		for _, id := range ids {
			replaced[id] = true
		}
	}
	return replacedError(target, replaced)
}

// undoneBy names the undo of the target that is in force, 0 where there is none. An undo is in force unless one of
// its own undos is; an undo's number is always greater than its target's.
func (j *Job) undoneBy(ctx context.Context, target int64) (exists bool, by int64, err error) {
	type undo struct{ job, target int64 }
	later, err := Rows(ctx, j, func(r *sql.Rows) (u undo, err error) { return u, r.Scan(&u.job, &u.target) },
		"SELECT id, CASE verb WHEN 'undo' THEN target ELSE 0 END FROM job WHERE id >= $1 ORDER BY id DESC", target)
	if err != nil || len(later) == 0 {
		return false, 0, err
	}
	undone := map[int64]int64{}
	for _, u := range later[:len(later)-1] {
		if undone[u.job] == 0 && undone[u.target] == 0 {
			undone[u.target] = u.job
		}
	}
	return later[len(later)-1].job == target, undone[target], nil
}

// wroteSQL is one row per copy that job $1 wrote and did not end itself: its key columns.
func (t table) wroteSQL() string {
	return fmt.Sprintf("SELECT %[2]s FROM %[1]s WHERE since = $1 UNION SELECT %[2]s FROM %[1]s_past WHERE since = $1 AND until <> $1", t.name, t.key())
}

// replacedBy lists the jobs that ended copies which the target wrote and which are not live now, and the jobs
// whose live copies stand where copies ended by the target would come back.
func (j *Job) replacedBy(ctx context.Context, t table, target int64) ([]int64, error) {
	scan := func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) }
	ended, err := Rows(ctx, j, scan, fmt.Sprintf(`
		WITH wrote AS (%[3]s), gone AS (SELECT * FROM wrote ANTI JOIN %[1]s USING (%[2]s))
		SELECT DISTINCT last FROM (
			SELECT arg_max(p.until, u.version) AS last FROM gone JOIN %[1]s_past p USING (%[2]s) JOIN job u ON u.id = p.until
			WHERE p.until <> $1 GROUP BY %[2]s)`, t.name, t.key(), t.wroteSQL()), target)
	if err != nil || len(t.identity) == 0 {
		return ended, err
	}
	stand, err := Rows(ctx, j, scan, fmt.Sprintf(`
		WITH wrote AS (%[3]s)
		SELECT DISTINCT l.since FROM %[1]s_past p JOIN (SELECT * FROM %[1]s ANTI JOIN wrote USING (%[2]s)) l ON %[4]s
		WHERE p.until = $1 AND p.since <> $1`, t.name, t.key(), t.wroteSQL(), t.each("l.%[1]s = p.%[1]s")), target)
	if err != nil || !t.moves {
		return append(ended, stand...), err
	}
	moved, err := j.movedAgainBy(ctx, t, target)
	return append(append(ended, stand...), moved...), err
}

// movedAgainBy lists the jobs that moved rows which the target had moved. A row that only came from the target goes with it
// wherever it was moved to.
func (j *Job) movedAgainBy(ctx context.Context, t table, target int64) ([]int64, error) {
	later, err := Rows(ctx, j, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) }, fmt.Sprintf(`
		SELECT DISTINCT p.until FROM %s_past p JOIN job u ON u.id = p.until
		WHERE p.since = $1 AND p.job <> $1 AND p.until <> $1 AND u.verb <> 'undo' ORDER BY p.until`, t.name), target)
	if err != nil {
		return nil, err
	}
	var standing []int64
	for _, id := range later {
		_, undone, err := j.undoneBy(ctx, id)
		if err != nil {
			return nil, err
		}
		if undone == 0 {
			standing = append(standing, id)
		}
	}
	return standing, nil
}

func (j *Job) undoTable(ctx context.Context, t table, target int64) (ended, restored int64, err error) {
	// The copies to come back are found before the live ones end, which adds to the past.
	if _, err = j.exec(ctx, fmt.Sprintf(
		"CREATE OR REPLACE TEMP TABLE back AS SELECT * EXCLUDE (until) REPLACE (%d AS since) FROM %s_past WHERE until = %d AND since <> %d",
		j.ID, t.name, target, target)); err != nil {
		return 0, 0, err
	}
	ended, err = j.End(ctx, t.name, fmt.Sprintf("(%[1]s) IN (SELECT (%[1]s) FROM (%[2]s))", t.key(), t.wroteSQL()), target)
	if err != nil {
		return 0, 0, err
	}
	restored, err = j.exec(ctx, fmt.Sprintf("INSERT INTO %s SELECT * FROM back", t.name))
	if err != nil {
		return 0, 0, err
	}
	j.wrote(t.name, restored)
	_, err = j.exec(ctx, "DROP TABLE back")
	return ended, restored, err
}
