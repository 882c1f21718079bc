package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
)

// jobPage is job.tmpl: what became of one table.
type jobPage struct {
	Frame
	Said    said
	Path    string
	ID      int64
	State   stateWord
	Facts   []fact
	Counts  *countBar
	Located []fact
	Doubts  []string
	Rejects *rejectList
	Undone  int64 // the job that took it back
	Undo    string
	Upload  string // page of the file it comes from
}

// fact is a name and what there is to say of it.
type fact struct{ Name, Text string }

// countBar is the rows of a table by what became of them, as a bar of a hundred.
type countBar struct {
	Rows  int64
	Parts []countPart
}

type countPart struct {
	Class string // accepted, same, rejected, skipped
	Label string
	N     int64
	X, W  string // percent
}

func bar(rows, accepted, unchanged, rejected, skipped int64) *countBar {
	b := &countBar{Rows: rows}
	at := 0.0
	for _, p := range []countPart{
		{Class: "accepted", Label: "入库", N: accepted},
		{Class: "same", Label: "未变", N: unchanged},
		{Class: "rejected", Label: "退回", N: rejected},
		{Class: "skipped", Label: "跳过", N: skipped},
	} {
		wide := 0.0
		if rows > 0 {
			wide = float64(p.N) * 100 / float64(rows)
		}
		p.X, p.W = strconv.FormatFloat(at, 'f', 3, 64), strconv.FormatFloat(wide, 'f', 3, 64)
		at += wide
		b.Parts = append(b.Parts, p)
	}
	return b
}

// shownJob is a job that is a caller's business.
type shownJob struct {
	ingest.Job
	by      intake.Sender
	upload  *intake.Upload  // nil: it came in by another door
	outcome *intake.Outcome // of the upload
	profile *profile.Profile
	dir     *units.Directory
	words   ledgerWords
	open    int64
	own     bool // the caller handed it in, or had it loaded
	hides   func(header, cells []string) bool
}

func jobPath(id int64) string { return "/data/jobs/" + strconv.FormatInt(id, 10) }

// jobOf is the job that an address names. One that is not the caller's business is refused as one that is not there.
func (s *Server) jobOf(r *http.Request) (*shownJob, error) {
	id, err := strconv.ParseInt(r.PathValue("job"), 10, 64)
	if err != nil || id <= 0 || r.PathValue("job") != strconv.FormatInt(id, 10) {
		return nil, errNotFound
	}
	ctx := r.Context()
	dir, _, err := s.ground(ctx)
	if err != nil {
		return nil, err
	}
	by := s.sender(r)
	h, err := s.history(ctx, by, dir)
	if err != nil {
		return nil, err
	}
	job, ok := h.jobs[id]
	if !ok {
		return nil, errNotFound
	}
	set, err := s.Desk.Profiles()
	if err != nil {
		return nil, err
	}
	j := &shownJob{Job: job, by: by, upload: h.by[id], dir: dir, words: ledgerWords{s, dir, set}, open: h.open[id]}
	j.profile, _ = set.ByName(j.Profile)
	j.own = job.Actor == by.Account
	if j.upload != nil {
		for i, o := range j.upload.Outcomes {
			if o.Result.Job == id {
				j.outcome = &j.upload.Outcomes[i]
			}
		}
		j.own = j.own || j.upload.Sender.Account == by.Account || j.upload.Publisher.Account == by.Account
	}
	j.hides = hides(j.own, s.scope(ctx), j.profile)
	return j, nil
}

// job shows what became of a table.
func (s *Server) job(w http.ResponseWriter, r *http.Request) error {
	j, err := s.jobOf(r)
	if err != nil {
		return err
	}
	return s.showJob(w, r, http.StatusOK, j, saidOf(r))
}

func (s *Server) showJob(w http.ResponseWriter, r *http.Request, status int, j *shownJob, first said) error {
	row := j.words.job(j.Job, j.open, j.upload, j.outcome)
	p := &jobPage{
		Frame: s.frame(r, fmt.Sprintf("作业 %d", j.ID), "data"), Said: first, Path: jobPath(j.ID), ID: j.ID, State: row.State, Undone: j.UndoneBy,
	}
	p.Crumbs = []Crumb{{"数据", "/data"}, {fmt.Sprintf("作业 %d", j.ID), ""}}
	add := func(name, text string) {
		if text != "" {
			p.Facts = append(p.Facts, fact{name, text})
		}
	}
	add("文件", row.Name)
	add("台账", row.Ledger)
	add("单位", row.Unit)
	add("覆盖", row.Covers)
	add("经办", row.Who)
	add("完成", moment(j.Finished.Time, ""))
	if j.upload != nil {
		p.Upload = pageOf(*j.upload)
	}
	if row.Loaded {
		p.Counts = bar(j.Rows, j.Accepted, j.Unchanged, j.Rejected, j.Skipped)
		if j.Replaced > 0 {
			add("更新", "入库的行中有 "+count(j.Replaced)+" 行替换了原来的内容")
		}
		if j.Masked > 0 {
			add("隐去", "文字中的电话、证件号、卡号、邮箱 "+count(j.Masked)+" 处")
		}
	}
	if o := j.outcome; o != nil {
		if o.Result.Cleared > 0 {
			add("更正", "以前退回的 "+count(o.Result.Cleared)+" 行已更正入库")
		}
		add("个人信息", personalWords(o.Result.Personal))
		add("跳过", skipWords(o.Result.SkippedBy))
		if o.Result.Removed > 0 {
			add("不再计入", "文件中已没有的 "+count(o.Result.Removed)+" 项")
		}
	}
	p.Located = locatedWords(j.Located)
	for _, x := range j.Warnings {
		p.Doubts = append(p.Doubts, doubtWords(x, j.own))
	}
	if j.Rejected > 0 {
		rows, err := s.jobRejects(r.Context(), j.ID)
		if err != nil {
			return err
		}
		file := ""
		if j.open > 0 {
			file = rejectsPath(j.ID)
		}
		p.Rejects = listRejects(rows, j.hides, file)
	}
	if j.UndoneBy == 0 {
		p.Undo = jobPath(j.ID) + "/undo"
	}
	s.render(w, r, status, "job", p)
	return nil
}

// locatedNames says on what ground rows have their unit, in the order of a list.
var locatedNames = []struct {
	ground ingest.Located
	text   string
}{
	{ingest.ByBoth, "单位与坐标一致"},
	{ingest.ByPoint, "按坐标"},
	{ingest.ByPlace, "按小区楼栋"},
	{ingest.ByCode, "按所填单位"},
	{ingest.Conflict, "单位与坐标不一致"},
	{ingest.Outside, "坐标在所有网格之外"},
	{ingest.Nowhere, "没有单位"},
}

func locatedWords(m map[ingest.Located]int64) (all []fact) {
	for _, l := range locatedNames {
		if n := m[l.ground]; n > 0 {
			all = append(all, fact{l.text, count(n) + " 行"})
		}
	}
	return all
}

// skipNames are why rows state nothing.
var skipNames = []struct{ id, text string }{
	{"blank", "空行"}, {"total", "合计行"}, {"footer", "表尾"}, {"header", "重复的表头"}, {"example", "示例行"}, {"no_fact", "没有内容的行"},
}

func skipWords(m map[string]int64) string {
	var all []string
	for _, x := range skipNames {
		if n := m[x.id]; n > 0 {
			all = append(all, x.text+" "+count(n)+" 行")
		}
	}
	return strings.Join(all, "，")
}

// doubtWords is a warning as a clause. The values it quotes are left out for who may not read the rows.
func doubtWords(x ingest.Warning, values bool) string {
	text := onPage.Replace(x.Text)
	if x.Count > 1 || len(x.Rows) > 0 {
		text += "，" + count(x.Count) + " 处"
	}
	switch {
	case values && len(x.Items) > 0:
		text += "（如“" + strings.Join(x.Items[:min(3, len(x.Items))], "”“") + "”）"
	case len(x.Rows) > 0:
		text += "（如第 " + strconv.FormatInt(x.Rows[0], 10) + " 行）"
	}
	return text
}

// undoPage is undo.tmpl: what would be taken back.
type undoPage struct {
	Frame
	Said     said
	Path     string
	Back     string
	ID       int64
	Verb     string // empty for a ledger
	Facts    []fact
	Accepted int64
	Replaced int64
	Cleared  int64
	Target   int64 // the job that an undo took back
}

// undoForm asks before a job is taken back.
func (s *Server) undoForm(w http.ResponseWriter, r *http.Request) error {
	j, err := s.jobOf(r)
	if err != nil {
		return err
	}
	return s.showUndo(w, r, http.StatusOK, j, said{})
}

func (s *Server) showUndo(w http.ResponseWriter, r *http.Request, status int, j *shownJob, first said) error {
	row := j.words.job(j.Job, j.open, j.upload, j.outcome)
	p := &undoPage{
		Frame: s.frame(r, fmt.Sprintf("撤销作业 %d", j.ID), "data"), Said: first, Path: jobPath(j.ID) + "/undo", Back: jobPath(j.ID), ID: j.ID,
		Verb: verbNames[j.Job.Verb], Accepted: j.Accepted, Replaced: j.Replaced, Target: j.Target,
	}
	p.Crumbs = []Crumb{{"数据", "/data"}, {fmt.Sprintf("作业 %d", j.ID), p.Back}, {"撤销", ""}}
	for _, f := range []fact{{"文件", row.Name}, {"台账", row.Ledger}, {"单位", row.Unit}, {"覆盖", row.Covers}, {"经办", row.Who}, {"时间", row.When}} {
		if f.Text != "" {
			p.Facts = append(p.Facts, f)
		}
	}
	if j.outcome != nil {
		p.Cleared = j.outcome.Result.Cleared
	}
	if j.UndoneBy != 0 && first.Error == "" {
		p.Said.Error = fmt.Sprintf("作业 %d 已由作业 %d 撤销。", j.ID, j.UndoneBy)
	}
	s.render(w, r, status, "undo", p)
	return nil
}

// undo takes a job back, and says what came of it.
func (s *Server) undo(w http.ResponseWriter, r *http.Request) error {
	j, err := s.jobOf(r)
	if err != nil {
		return err
	}
	if _, err := readForm(r); err != nil {
		return err
	}
	text := ""
	err = s.changing(r, access.Undid, fmt.Sprintf("undo %d", j.ID), func() error {
		u, err := s.Warehouse.Undo(r.Context(), j.ID)
		if err != nil {
			return err
		}
		text = fmt.Sprintf("已撤销作业 %d：收回 %s 项，恢复 %s 项。本次为作业 %d，撤销它可恢复原状。", j.ID, count(u.Ended), count(u.Restored), u.Job)
		text += u.Note()
		return nil
	})
	if errors.Is(err, access.ErrLog) || err != nil && r.Context().Err() != nil {
		return err
	}
	if err != nil {
		return s.showUndo(w, r, http.StatusConflict, j, said{Error: s.told(r, err)})
	}
	if j, err = s.jobOf(r); err != nil { // as it is now
		return err
	}
	return s.showJob(w, r, http.StatusOK, j, said{Done: text})
}
