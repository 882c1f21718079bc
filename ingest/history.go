package ingest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"gridstar/analytics/warehouse"
)

// Job is one published job as the history shows it.
type Job struct {
	ID        int64             `json:"job"`
	Version   int64             `json:"version"`
	Verb      string            `json:"verb"`
	Target    int64             `json:"target,omitempty"` // undo: the job taken back
	File      string            `json:"file,omitempty"`
	Profile   string            `json:"profile,omitempty"`
	Org       string            `json:"org,omitempty"`
	Sheet     string            `json:"sheet,omitempty"`
	Actor     string            `json:"actor,omitempty"` // account that loaded it; "" where that is not known
	Started   SiteTime          `json:"started_at"`
	Finished  SiteTime          `json:"finished_at"`
	Rows      int64             `json:"rows"`
	Accepted  int64             `json:"accepted"`
	Unchanged int64             `json:"unchanged"`
	Rejected  int64             `json:"rejected"`
	Skipped   int64             `json:"skipped"`
	Replaced  int64             `json:"replaced"`
	Masked    int64             `json:"masked"`
	Located   map[Located]int64 `json:"located,omitempty"`
	Warnings  []Warning         `json:"warnings,omitempty"`
	UndoneBy  int64             `json:"undone_by,omitempty"`
	Covers    []Covered         `json:"covers,omitempty"`
}

// Covered is one statement of what a job delivered: a kind, type or measure of a unit ("" for the whole site) in
// [From, To).
type Covered struct {
	Shape    string   `json:"shape"`
	Subject  string   `json:"subject"`
	Org      string   `json:"org,omitempty"`
	From     SiteTime `json:"from"`
	To       SiteTime `json:"to"`
	StatedBy string   `json:"stated_by"` // title, column, dates or zero (零报告); figure: its own period
}

// SiteTime is a naive time in the site's zone. It is written without a zone: with the Z that time.Time would add,
// programs take 8 o'clock here for 8 o'clock in Greenwich.
type SiteTime struct{ time.Time }

const siteLayout = "2006-01-02T15:04:05"

// MarshalJSON writes "2006-01-02T15:04:05".
func (t SiteTime) MarshalJSON() ([]byte, error) {
	return []byte(t.Format(`"` + siteLayout + `"`)), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *SiteTime) UnmarshalJSON(b []byte) (err error) {
	t.Time, err = time.Parse(`"`+siteLayout+`"`, string(b))
	return err
}

// Jobs reads the history, the latest job first.
func Jobs(ctx context.Context, q warehouse.Queryer) ([]Job, error) {
	covers, err := readCovers(ctx, q)
	if err != nil {
		return nil, err
	}
	undone, err := undoneBy(ctx, q)
	if err != nil {
		return nil, err
	}
	return warehouse.Rows(ctx, q, func(r *sql.Rows) (Job, error) {
		var j Job
		var target sql.NullInt64
		var file, profile, org, located, warns sql.NullString
		err := r.Scan(&j.ID, &j.Version, &j.Verb, &target, &file, &profile, &org, &j.Started.Time, &j.Finished.Time,
			&j.Rows, &j.Accepted, &j.Unchanged, &j.Rejected, &j.Skipped, &j.Replaced, &j.Masked, &located, &warns, &j.Actor, &j.Sheet)
		if err != nil {
			return j, err
		}
		j.Target, j.UndoneBy = target.Int64, undone[j.ID]
		j.File, j.Profile, j.Org = file.String, profile.String, org.String
		j.Covers = covers[j.ID]
		if located.Valid {
			err = json.Unmarshal([]byte(located.String), &j.Located)
		}
		if warns.Valid && err == nil {
			err = json.Unmarshal([]byte(warns.String), &j.Warnings)
		}
		return j, err
	}, `SELECT id, version, verb, target, file, profile, org_code, started_at, finished_at,
			"rows", accepted, unchanged, rejected, skipped, replaced, masked, located, warnings, coalesce(l.actor, ''), coalesce(l.sheet, '')
		FROM job LEFT JOIN loaded l ON l.job = job.id ORDER BY version DESC`)
}

// undoneBy names, for each job that is taken back, the undo in force. An undo may itself be undone, and that again;
// its number is always greater than its target's, so the latest decide first.
func undoneBy(ctx context.Context, q warehouse.Queryer) (map[int64]int64, error) {
	type undo struct{ job, target int64 }
	undos, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (u undo, err error) { return u, r.Scan(&u.job, &u.target) },
		"SELECT id, target FROM job WHERE verb = 'undo' ORDER BY id DESC")
	by := map[int64]int64{}
	for _, u := range undos {
		if by[u.job] == 0 && by[u.target] == 0 {
			by[u.target] = u.job
		}
	}
	return by, err
}

func readCovers(ctx context.Context, q warehouse.Queryer) (map[int64][]Covered, error) {
	type of struct {
		job int64
		Covered
	}
	all, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (c of, err error) {
		var org sql.NullString
		err = r.Scan(&c.job, &c.Shape, &c.Subject, &org, &c.From.Time, &c.To.Time, &c.StatedBy)
		c.Org = org.String
		return c, err
	}, "SELECT job, shape, subject, org_code, period_from, period_to, stated_by FROM coverage ORDER BY job, row")
	if err != nil {
		return nil, err
	}
	m := map[int64][]Covered{}
	for _, c := range all {
		m[c.job] = append(m[c.job], c.Covered)
	}
	return m, nil
}

// CheckJob refuses the number of a job that does not exist.
func CheckJob(ctx context.Context, q warehouse.Queryer, job int64) error {
	found, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) }, "SELECT count(*) FROM job WHERE id = $1", job)
	if err != nil || found[0] > 0 {
		return err
	}
	return fmt.Errorf("%w：%d，可用 jobs 查看作业清单", warehouse.ErrNoJob, job)
}
