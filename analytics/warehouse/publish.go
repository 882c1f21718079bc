package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Publish makes the job visible and durable and returns the data version it made. Under the one writer's lock it
// runs the hooks, writes the job row, commits, and then appends to the journal: only a job whose journal line is
// on disk is acknowledged.
//
// After a failed commit, or a journal that could not be written, the engine is reopened and asked whether the job
// is there: a commit that reported an error may still have reached the disk. If it is there it is acknowledged
// like any other; if not, nothing of it is kept.
func (j *Job) Publish(ctx context.Context, t Totals) (version int64, err error) {
	if j.done {
		return 0, errors.New("the job has ended")
	}
	if j.broken != nil {
		j.Abandon()
		return 0, fmt.Errorf("本次作业有语句失败，未写入任何数据：%w", j.broken)
	}
	j.totals = t
	entry, err := j.digest(ctx)
	if err != nil {
		j.Abandon()
		return 0, err
	}
	unlock, err := j.s.lockWriter(j.w)
	if err != nil {
		j.Abandon()
		return 0, err
	}
	defer unlock()
	entry.Seq = j.w.Version() + 1
	if err := j.prepareCommit(ctx, entry); err != nil {
		j.Abandon()
		return 0, err
	}
	if err := j.w.journal.reserve(entry); err != nil {
		j.Abandon()
		return 0, err
	}
	j.tellKnown()
	if err := j.commit(entry); err != nil {
		return j.afterFailure(err)
	}
	j.w.mu.Lock()
	j.w.version = entry.Seq
	j.w.mu.Unlock()
	j.w.afterLargeJob(entry.Rows)
	j.finish()
	return entry.Seq, nil
}

// digest counts and hashes the job's copies as they stand in its transaction, in the tables that it has written.
func (j *Job) digest(ctx context.Context) (Entry, error) {
	e := Entry{Job: j.ID, List: currentDigestList, Verb: j.spec.Verb, File: j.spec.File, Digest: fmt.Sprintf("%016x", 0)}
	var written []table
	for _, t := range tables {
		if j.written[t.name] {
			written = append(written, t)
		}
	}
	if written == nil {
		return e, nil
	}
	_, err := Rows(ctx, j, func(r *sql.Rows) (since int64, err error) {
		var sum uint64
		err = r.Scan(&since, &e.Rows, &sum)
		e.Digest = fmt.Sprintf("%016x", sum)
		return since, err
	}, digestSQL(currentDigestList, true, false, written...), j.ID)
	return e, err
}

func (j *Job) prepareCommit(ctx context.Context, e Entry) error {
	for _, hook := range j.w.hooks {
		if err := hook(ctx, j); err != nil {
			return err
		}
	}
	if err := j.w.room(0); err != nil {
		return err
	}
	if j.broken != nil { // a hook did not mind
		return j.broken
	}
	t := j.totals
	_, err := j.exec(ctx, `INSERT INTO job (id, version, verb, target, file, file_hash, profile, options, org_code, started_at, finished_at,
		"rows", accepted, replaced, unchanged, rejected, skipped, masked, located, warnings, written, digest, digest_list)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23)`,
		j.ID, e.Seq, j.spec.Verb, nullable(j.spec.Target), nullable(j.spec.File), nullable(t.FileHash), nullable(j.spec.Profile),
		nullable(j.spec.Options), nullable(j.spec.OrgCode), j.Started, j.w.opts.Now(),
		t.Rows, t.Accepted, t.Replaced, t.Unchanged, t.Rejected, t.Skipped, t.Masked, nullable(t.Located), nullable(t.Warnings),
		e.Rows, e.Digest, e.List)
	return err
}

func nullable[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// commit ends the transaction and writes the journal line. It is not cancelled: a commit half abandoned would
// have to be treated as failed.
func (j *Job) commit(e Entry) error {
	if _, err := j.s.conn.ExecContext(context.Background(), "COMMIT"); err != nil {
		return fmt.Errorf("提交失败：%w", err)
	}
	return j.w.journal.append(e)
}

// afterFailure has the engine replaced and finds out what became of the job. The writer's lock is held.
func (j *Job) afterFailure(cause error) (version int64, err error) {
	j.w.condemn(j.s.engine, cause)
	j.rollback() // after a failed commit there may be no transaction left; then this does nothing
	j.finish()
	ctx := context.Background()
	err = j.w.snapshot(ctx, func(v *View) error { // past the gate: readers in it may be waiting for the writer's lock
		found, err := Rows(ctx, v, func(r *sql.Rows) (version int64, err error) { return version, r.Scan(&version) },
			"SELECT version FROM job WHERE id = $1", j.ID)
		if len(found) == 1 {
			version = found[0]
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	if version == 0 {
		return 0, fmt.Errorf("写入磁盘失败，本次作业未写入任何数据，请检查磁盘后重试：%w", cause)
	}
	j.w.log.Error("the commit reported an error but reached the disk", "job", j.ID, "cause", cause.Error())
	return version, nil
}
