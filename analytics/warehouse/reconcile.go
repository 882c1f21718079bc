package warehouse

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"slices"
)

// published is a job as the database has it.
type published struct {
	id, version, written int64
	digest               string
	list                 int
	verb, file           string
	times                int // more than 1: an old WAL was replayed over a newer file
}

func readPublished(ctx context.Context, q queryer) (map[int64]published, error) {
	rows, err := q.QueryContext(ctx, "SELECT id, version, written, digest, digest_list, verb, coalesce(file, '') FROM job")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	jobs := map[int64]published{}
	for rows.Next() {
		var p published
		if err := rows.Scan(&p.id, &p.version, &p.written, &p.digest, &p.list, &p.verb, &p.file); err != nil {
			return nil, err
		}
		p.times = jobs[p.id].times + 1
		jobs[p.id] = p
	}
	return jobs, rows.Err()
}

// reconcile compares the database with the journal before anyone uses it. A job that is committed but not in the
// journal is completed there (the process died between the two); an acknowledged job that the database has not
// is lost and named; a job whose row count differs is damaged. Versions and job ids go on above both.
func (w *Warehouse) reconcile(ctx context.Context, conn *sql.Conn) error {
	jobs, err := readPublished(ctx, conn)
	if err != nil {
		return err
	}
	acknowledged := w.journal.byJob()
	accepted := w.journal.acceptedLoss()
	var missing []published
	var damaged []string
	for id, p := range jobs {
		e, ok := acknowledged[id]
		switch {
		case p.times > 1:
			damaged = append(damaged, fmt.Sprintf("作业 %d 在数据库中有 %d 条记载，应为 1 条", id, p.times))
		case ok && (e.Rows != p.written || e.Digest != p.digest || e.Seq != p.version):
			damaged = append(damaged, fmt.Sprintf("作业 %d 在数据库与作业日志中的记载不一致", id))
		case !ok && !accepted[id]:
			missing = append(missing, p)
		}
	}
	slices.SortFunc(missing, func(a, b published) int { return cmp.Compare(a.version, b.version) })
	if seq, _ := w.journal.highest(); len(missing) > 1 || len(missing) == 1 && missing[0].version != seq+1 {
		// A crash leaves one job without its line, the latest. More: the journal was cut, or the rows are not ours.
		damaged = append(damaged, fmt.Sprintf("作业日志缺少 %d 个已入库的作业，已按数据库补记，请核对数据来源", len(missing)))
		w.log.Error("the journal lacks jobs", "jobs", len(missing))
	}
	for _, p := range missing {
		if err := w.completeJournal(ctx, conn, p); err != nil {
			return err
		}
	}
	var lost []Entry
	for id, e := range acknowledged {
		if _, ok := jobs[id]; !ok {
			lost = append(lost, e)
		}
	}
	slices.SortFunc(lost, func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, e := range lost {
		w.log.Error("acknowledged job is missing", "job", e.Job, "seq", e.Seq, "verb", e.Verb, "file", e.File)
	}
	seq, job := w.journal.highest()
	for id, p := range jobs {
		seq, job = max(seq, p.version), max(job, id)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version, w.lastJob = max(w.version, seq), max(w.lastJob, job)
	w.lost, w.damaged = lost, damaged
	return nil
}

func (w *Warehouse) completeJournal(ctx context.Context, conn *sql.Conn, p published) error {
	var n int64
	var sum uint64
	err := conn.QueryRowContext(ctx, "SELECT coalesce(max(n), 0), coalesce(max(h), 0) FROM ("+digestSQL(p.list, true, true, tables...)+") AS d(since, n, h)", p.id).Scan(&n, &sum)
	if err != nil {
		return err
	}
	if n != p.written || fmt.Sprintf("%016x", sum) != p.digest {
		return fmt.Errorf("作业 %d 未完整写入数据库，请从备份恢复", p.id)
	}
	return w.journal.append(Entry{Seq: p.version, Job: p.id, Rows: p.written, Digest: p.digest, List: p.list, Verb: p.verb, File: p.file})
}

func (j *journal) acceptedLoss() map[int64]bool {
	m := map[int64]bool{}
	for _, e := range j.entries {
		for _, id := range e.Accepted {
			m[id] = true
		}
	}
	return m
}

// Lost are the acknowledged jobs that the database does not hold, in the order of their versions.
func (w *Warehouse) Lost() []Entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lost)
}

// AcceptLoss records that the administrator accepts the loss: the jobs are no longer reported.
func (w *Warehouse) AcceptLoss() error {
	return w.View(context.Background(), func(v *View) error {
		unlock, err := v.s.lockWriter(w)
		if err != nil {
			return err
		}
		defer unlock()
		var ids []int64
		for _, e := range w.Lost() {
			ids = append(ids, e.Job)
		}
		if len(ids) == 0 {
			return nil
		}
		if err := w.journal.append(Entry{Accepted: ids}); err != nil {
			return err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.lost = nil
		return nil
	})
}

// lockWriter takes the one writer's lock for a session. While both are held, nobody else reads or writes the
// journal: jobs append under the lock, an opening when there is no session.
func (s *session) lockWriter(w *Warehouse) (unlock func(), err error) {
	select {
	case w.writer <- struct{}{}:
		return func() { <-w.writer }, nil
	case <-s.ctx.Done():
		return nil, context.Cause(s.ctx)
	}
}

// Report is the outcome of Verify.
type Report struct {
	Jobs    int      // jobs whose digests agree
	Rows    int64    // copies they wrote
	Bytes   int64    // size of the database file, read from end to end
	Lost    []Entry  // acknowledged, not in the database
	Damaged []string // one sentence each
}

// OK says whether nothing is lost or damaged.
func (r Report) OK() bool { return len(r.Lost) == 0 && len(r.Damaged) == 0 }

// Verify recomputes every job's digest from the rows and compares it with the journal; it also reads the database
// file from end to end, so that an unreadable block is found.
func (w *Warehouse) Verify(ctx context.Context) (Report, error) {
	var r Report
	var acknowledged map[int64]Entry
	found := map[int64]Entry{}
	err := w.View(ctx, func(v *View) error {
		unlock, err := v.s.lockWriter(w) // every job of the snapshot has its line by then
		if err != nil {
			return err
		}
		acknowledged = w.journal.byJob()
		unlock()
		maps.DeleteFunc(acknowledged, func(_ int64, e Entry) bool { return e.Seq > v.version })
		w.mu.Lock()
		r = Report{Lost: slices.Clone(w.lost), Damaged: slices.Clone(w.damaged)}
		w.mu.Unlock()
		clear(found)
		for list := range digestLists {
			if err := v.digests(ctx, list, found); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	for id, e := range acknowledged {
		f, ok := found[id]
		switch {
		case slices.ContainsFunc(r.Lost, func(l Entry) bool { return l.Job == id }):
		case !ok && e.Rows == 0, ok && f.Rows == e.Rows && f.Digest == e.Digest:
			r.Jobs++
			r.Rows += e.Rows
		default:
			r.Damaged = append(r.Damaged, fmt.Sprintf("作业 %d（%s %s）应有 %d 行，现有 %d 行，校验值不符", id, e.Verb, e.File, e.Rows, f.Rows))
		}
		delete(found, id)
	}
	for id, f := range found {
		r.Damaged = append(r.Damaged, fmt.Sprintf("数据库中有 %d 行属于作业 %d，作业日志中没有该作业", f.Rows, id))
	}
	slices.Sort(r.Damaged)
	n, err := io.Copy(io.Discard, io.NewSectionReader(w.pin, 0, 1<<62))
	if err != nil {
		r.Damaged = append(r.Damaged, fmt.Sprintf("数据库文件第 %d 字节之后无法读取：%v", n, err))
	}
	r.Bytes = n
	return r, nil
}

// digests adds the digests of the jobs that were written under one column list.
func (v *View) digests(ctx context.Context, list int, found map[int64]Entry) error {
	type of struct {
		job, rows int64
		digest    uint64
	}
	all, err := Rows(ctx, v, func(r *sql.Rows) (d of, err error) {
		return d, r.Scan(&d.job, &d.rows, &d.digest)
	}, "SELECT since, n, h FROM ("+digestSQL(list, false, true, tables...)+") AS d(since, n, h) WHERE since NOT IN (SELECT id FROM job WHERE digest_list <> $1)", list)
	if err != nil {
		return err
	}
	for _, d := range all {
		found[d.job] = Entry{Job: d.job, Rows: d.rows, Digest: fmt.Sprintf("%016x", d.digest)}
	}
	return nil
}
