package warehouse

import (
	"fmt"
	"slices"
)

// TRUST T7: random loads, replacements, ends, undos, reopenings and crashes against a model that is a Go map. The
// model knows nothing of tables: only what a reader may ask.

// A copy is what the model knows of a record. Its origin (job, row, id) never changes; since is who wrote it.
type modelCopy struct {
	id, status string
	job, row   int64
	since      int64
}

func (c modelCopy) origin() string { return fmt.Sprint(c.id, " ", c.job, " ", c.row) }

func (c modelCopy) String() string {
	return fmt.Sprintf("%s %s %d/%d since %d", c.id, c.status, c.job, c.row, c.since)
}

type modelJob struct {
	id, undoes int64
	wrote      []modelCopy // and did not end itself
	ended      []modelCopy // of other jobs
	rows       int64       // copies written
}

type model struct {
	live    map[string]modelCopy // by id
	jobs    map[int64]*modelJob
	order   []int64    // job ids in the order of their versions
	history [][]string // what a reader was told as of each version
}

func newModel() *model {
	return &model{live: map[string]modelCopy{}, jobs: map[int64]*modelJob{}, history: [][]string{nil}}
}

func (m *model) answer() []string {
	var all []string
	for _, c := range m.live {
		all = append(all, c.String())
	}
	slices.Sort(all)
	return all
}

func (m *model) published(j *modelJob) {
	m.jobs[j.id] = j
	m.order = append(m.order, j.id)
	m.history = append(m.history, m.answer())
}

// load is what a file of these matters does.
func (m *model) load(job int64, ms []matter) Settled {
	j := &modelJob{id: job}
	var s Settled
	byID := map[string][]matter{}
	for _, x := range ms {
		byID[x.id] = append(byID[x.id], x)
	}
	for id, xs := range byID {
		slices.SortFunc(xs, func(a, b matter) int { return int(a.row - b.row) })
		last := xs[len(xs)-1]
		old, there := m.live[id]
		if there && old.status == last.status && old.row == last.row { // the fixture's content is status and row
			s.Unchanged += int64(len(xs))
			continue
		}
		if there {
			j.ended = append(j.ended, old)
			s.Replaced++
		}
		s.Accepted += int64(len(xs))
		s.Replaced += int64(len(xs) - 1)
		c := modelCopy{id, last.status, job, last.row, job}
		m.live[id] = c
		j.wrote = append(j.wrote, c)
	}
	j.rows = s.Accepted
	m.published(j)
	return s
}

func (m *model) end(job int64, id string) (n int64) {
	j := &modelJob{id: job}
	if old, there := m.live[id]; there {
		j.ended = append(j.ended, old)
		delete(m.live, id)
		n = 1
	}
	m.published(j)
	return n
}

// undone says whether an undo of the job is in force.
func (m *model) undone(job int64) bool {
	for id, j := range m.jobs {
		if j.undoes == job && !m.undone(id) {
			return true
		}
	}
	return false
}

// mayUndo: all that the job wrote is live, by whoever's hand, and nobody else stands where its victims come back.
func (m *model) mayUndo(job int64) (replaced bool) {
	own := map[string]bool{}
	for _, c := range m.jobs[job].wrote {
		own[c.origin()] = true
		if now, there := m.live[c.id]; !there || now.origin() != c.origin() {
			return true
		}
	}
	for _, c := range m.jobs[job].ended {
		if now, there := m.live[c.id]; there && !own[now.origin()] {
			return true
		}
	}
	return false
}

func (m *model) undo(job, by int64) {
	u := &modelJob{id: by, undoes: job}
	for _, c := range m.jobs[job].wrote {
		u.ended = append(u.ended, m.live[c.id])
		delete(m.live, c.id)
	}
	for _, c := range m.jobs[job].ended {
		c.since = by
		m.live[c.id] = c
		u.wrote = append(u.wrote, c)
	}
	u.rows = int64(len(u.wrote))
	m.published(u)
}
