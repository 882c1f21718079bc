package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
)

// dataPage is data.tmpl: where files are handed in, and what has become of all that was.
type dataPage struct {
	Frame
	Said   said
	MaxMiB int64 // of one file
	Rows   []dataRow
	Head   []sortHead
	Total  int64
	First  int64
	Last   int64
	Prev   string
	Next   string
	Blanks []choice // blank ledgers, each a download
	Inbox  string   // folder on the server into which files can be put; "" for who has nothing to do with it
	Wrong  []string // what is wrong with the inbox
	Units  []string // to choose from
	Zero   zeroForm

	Borders bool // the caller may load them

	Defaults []defaultRow // default points of the sources; for who has to do with the whole site
}

// defaultRow is a default point in words.
type defaultRow struct {
	Source, Place, Why string
	N                  int64
	Share              string
}

// defaultRows are the coordinates that sources give to matters which are elsewhere.
func (s *Server) defaultRows(ctx context.Context) ([]defaultRow, error) {
	all, err := s.Engine.DefaultPoints(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]defaultRow, len(all))
	for i, d := range all {
		rows[i] = defaultRow{d.Source, fmt.Sprintf("%.6f，%.6f", d.Lon, d.Lat), d.Words(), d.N, fmt.Sprintf("%.1f%%", 100*float64(d.N)/float64(d.Of))}
	}
	return rows, nil
}

// dataRow is one file, or one table of it, and what became of it.
type dataRow struct {
	State    stateWord
	Live     *livePart // it is queued or being loaded
	Name     string    // of the file, and of the table in it
	URL      string
	Ledger   string
	Unit     string
	Covers   string
	Loaded   bool // the counts say something
	Accepted int64
	Same     int64
	Rejected int64
	Open     int64  // refused rows that are not mended
	Rejects  string // where they are downloaded
	Who      string
	When     string

	at  time.Time
	job int64
}

// stateWord is a state with its lamp.
type stateWord = accountState

// livePart is how far a load has come.
type livePart struct {
	ID      string
	Percent int64 // 0 as long as nothing is known
}

const dataRowsPerPage = 50

// showData shows the page with what there is to say first; zero is what was typed into the form of a 零报告, nil for none.
func (s *Server) showData(w http.ResponseWriter, r *http.Request, status int, first said, zero map[string]string) error {
	ctx := r.Context()
	dir, extent, err := s.ground(ctx)
	if err != nil {
		return err
	}
	by := s.sender(r)
	set, err := s.Desk.Profiles()
	if err != nil {
		return err
	}
	p := &dataPage{Frame: s.frame(r, "数据", "data"), Said: first, MaxMiB: s.Desk.MaxBytes() >> 20, Units: unitChoices(dir)[1:], Blanks: blanks(set), Zero: s.zeroForm(zero, by, dir, set)}
	p.AsOf = asOf(extent.Version, extent.To)
	if by.Units == nil {
		p.Borders, p.Inbox, p.Wrong = true, s.Warehouse.Dir().Inbox(), s.Desk.Notices()
		if p.Defaults, err = s.defaultRows(ctx); err != nil {
			return err
		}
	}
	rows, err := s.dataRows(ctx, by, dir, set)
	if err != nil {
		return err
	}
	p.list(r.URL.Query(), rows)
	s.render(w, r, status, "data", p)
	return nil
}

// data shows what was handed in, and takes more.
func (s *Server) data(w http.ResponseWriter, r *http.Request) error {
	return s.showData(w, r, http.StatusOK, saidOf(r), nil)
}

// list puts one page of the rows in the wanted order.
func (p *dataPage) list(v url.Values, rows []dataRow) {
	sort, desc := v.Get("sort"), v.Get("desc") == "1"
	order := map[string]func(a, b dataRow) int{
		"when": func(a, b dataRow) int { return b.at.Compare(a.at) }, // the latest first
		"name": func(a, b dataRow) int { return cmp.Compare(a.Name, b.Name) },
		"open": func(a, b dataRow) int { return cmp.Compare(b.Open, a.Open) },
	}
	if order[sort] == nil {
		sort = "when"
	}
	slices.SortStableFunc(rows, order[sort])
	if desc {
		slices.Reverse(rows)
	}
	keep := url.Values{}
	if sort != "when" || desc {
		keep.Set("sort", sort)
	}
	if desc {
		keep.Set("desc", "1")
	}
	for _, h := range []struct {
		id, label string
		num       bool
	}{{"", "状态", false}, {"name", "文件", false}, {"", "台账", false}, {"", "覆盖", false}, {"", "入库", true}, {"", "未变", true}, {"", "退回", true}, {"open", "待更正", true}, {"", "经办", false}, {"when", "时间", false}} {
		head := sortHead{Label: h.label, Num: h.num}
		if h.id != "" {
			turn := ""
			if h.id == sort {
				if head.Sort = "ascending"; desc == (sort == "name") { // times and counts begin with the greatest
					head.Sort = "descending"
				}
				if !desc {
					turn = "1"
				}
			}
			head.URL = address("/data", url.Values{}, "sort", h.id, "desc", turn)
		}
		p.Head = append(p.Head, head)
	}
	p.Total = int64(len(rows))
	page, err := strconv.Atoi(v.Get("page"))
	if last := (len(rows) + dataRowsPerPage - 1) / dataRowsPerPage; err != nil || page < 1 || page > max(last, 1) {
		page = 1
	}
	from := (page - 1) * dataRowsPerPage
	p.Rows = rows[from:min(from+dataRowsPerPage, len(rows))]
	p.First, p.Last = int64(from)+1, int64(from+len(p.Rows))
	if page > 1 {
		p.Prev = address("/data", keep, "page", strconv.Itoa(page-1))
	}
	if p.Last < p.Total {
		p.Next = address("/data", keep, "page", strconv.Itoa(page+1))
	}
}

// dataRows are all that a caller has to do with: uploads, and jobs that came in by another door.
func (s *Server) dataRows(ctx context.Context, by intake.Sender, dir *units.Directory, set *profile.Set) ([]dataRow, error) {
	h, err := s.history(ctx, by, dir)
	if err != nil {
		return nil, err
	}
	words := ledgerWords{s, dir, set}
	var rows []dataRow
	for _, u := range h.uploads {
		shown := false
		for _, o := range u.Outcomes {
			if j, ok := h.jobs[o.Result.Job]; ok && o.Error == "" {
				rows, shown = append(rows, words.job(j, h.open[j.ID], &u, &o)), true
			}
		}
		if !shown || u.State != intake.Done {
			rows = append(rows, words.upload(u))
		}
	}
	for _, j := range h.jobs {
		if h.by[j.ID] == nil {
			rows = append(rows, words.job(j, h.open[j.ID], nil, nil))
		}
	}
	slices.SortFunc(rows, func(a, b dataRow) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.job, a.job), cmp.Compare(a.URL, b.URL))
	})
	return rows, nil
}

// history is what a caller may know of what was handed in.
type history struct {
	uploads []intake.Upload
	jobs    map[int64]ingest.Job
	by      map[int64]*intake.Upload // the upload that a job comes from
	open    map[int64]int64          // refused rows not mended, by job
}

// history reads it. A caller for units of his own sees the jobs of uploads that are his business, and those he made himself
// by another door: a file that somebody else loaded may hold rows of others, whatever unit it was loaded for.
func (s *Server) history(ctx context.Context, by intake.Sender, dir *units.Directory) (*history, error) {
	h := &history{jobs: map[int64]ingest.Job{}, by: map[int64]*intake.Upload{}}
	h.uploads = s.Desk.Uploads(func(u intake.Upload) bool { return handles(by, u, dir) })
	for i, u := range h.uploads {
		for _, o := range u.Outcomes {
			if o.Result.Job != 0 && o.Error == "" {
				h.by[o.Result.Job] = &h.uploads[i]
			}
		}
	}
	p, err := s.published(ctx)
	if err != nil {
		return nil, err
	}
	h.open = p.open
	for _, j := range p.jobs {
		if by.Units == nil || h.by[j.ID] != nil || j.Actor == by.Account {
			h.jobs[j.ID] = j
		}
	}
	return h, nil
}

// published is all jobs, and of each how many of its refused rows nobody has mended.
type published struct {
	jobs []ingest.Job
	open map[int64]int64
}

// published reads them once a data version: they change by jobs only.
func (s *Server) published(ctx context.Context) (published, error) {
	return analytics.Keep(ctx, s.Engine, s.Engine.Version(), "jobs", func(ctx context.Context) (p published, bytes int64, err error) {
		err = s.Engine.View(ctx, func(v *warehouse.View) error {
			if p.jobs, err = ingest.Jobs(ctx, v); err != nil {
				return err
			}
			p.open, err = ingest.OpenRejects(ctx, v)
			return err
		})
		return p, int64(len(p.jobs)) << 10, err
	})
}

// ledgerWords puts jobs and uploads into words.
type ledgerWords struct {
	s   *Server
	dir *units.Directory
	set *profile.Set
}

// verbNames are what jobs do that load no ledger.
var verbNames = map[string]string{"units load": "单位表", "grids load": "边界", "context load": "要素图层", "context remove": "去掉要素图层", "aliases": "单位别名", "undo": "撤销"}

// ledger is the ledger's name.
func (x ledgerWords) ledger(name string) string {
	if p, ok := x.set.ByName(name); ok {
		return p.Title
	}
	return name
}

// unit is a unit's name; "" for the whole site and for one that is not the caller's.
func (x ledgerWords) unit(code string) string {
	if _, ok := x.dir.Unit(code); !ok {
		return ""
	}
	return x.dir.FullName(code)
}

// upload is the row of a file of which nothing is in.
func (x ledgerWords) upload(u intake.Upload) dataRow {
	row := dataRow{State: uploadState(u), Name: u.Name, URL: pageOf(u), Who: u.Sender.Account, When: moment(u.Received, ""), at: u.Received}
	for _, c := range u.Choices {
		if row.Ledger == "" && c.Profile != "" {
			row.Ledger, row.Unit = x.ledger(c.Profile), x.unit(c.Org)
		}
	}
	if u.Kind == intake.BordersOf {
		row.Ledger = verbNames["grids load"]
	} else if u.State == intake.Queued || u.State == intake.Loading {
		row.Live = live(u)
	}
	return row
}

// job is the row of a job; u and o are the upload and the outcome it comes from, nil where it came in by another door.
func (x ledgerWords) job(j ingest.Job, open int64, u *intake.Upload, o *intake.Outcome) dataRow {
	id := strconv.FormatInt(j.ID, 10)
	row := dataRow{
		State: jobState(j, open), Name: j.File, URL: jobPath(j.ID), Ledger: x.ledger(j.Profile), Unit: x.unit(j.Org),
		Loaded: j.Verb != "undo" && j.Verb != "aliases", Accepted: j.Accepted, Same: j.Unchanged, Rejected: j.Rejected, Open: open,
		Who: j.Actor, When: moment(j.Finished.Time, ""), at: j.Finished.Time, job: j.ID,
	}
	if name, ok := verbNames[j.Verb]; ok {
		row.Ledger = name
	}
	switch {
	case j.Verb == "undo":
		row.Name = "撤销作业 " + strconv.FormatInt(j.Target, 10)
	case row.Name == "":
		row.Name = "作业 " + id
	}
	if u != nil {
		row.Name, row.Who = u.Name, u.Publisher.Account
	}
	if o != nil {
		row.Name = tableName(u.Name, o.Result.Part, o.Result.Sheet)
		row.Covers = o.Coverage
	} else {
		row.Covers = x.covers(j.Covers)
	}
	if open > 0 {
		row.Rejects = rejectsPath(j.ID)
	}
	return row
}

// covers says in a few words what a job delivered: from the first to the last day.
func (x ledgerWords) covers(all []ingest.Covered) string {
	if len(all) == 0 {
		return ""
	}
	from, to := all[0].From.Time, all[0].To.Time
	for _, c := range all {
		if c.From.Before(from) {
			from = c.From.Time
		}
		if c.To.After(to) {
			to = c.To.Time
		}
	}
	return from.Format(time.DateOnly) + " 至 " + lastDay(to)
}

// tableName names a table of a file: 台账.zip › 一月.xlsx › 诉求.
func tableName(file, part, sheet string) string {
	for _, more := range []string{part, sheet} {
		if more != "" {
			file += " › " + more
		}
	}
	return file
}

func uploadState(u intake.Upload) stateWord {
	lamp := map[intake.State]string{intake.Waiting: "warn", intake.Queued: "warn", intake.Loading: "warn", intake.Done: "good", intake.Failed: "overdue", intake.Discarded: "off"}[u.State]
	if len(u.Loaded()) > 0 && u.State == intake.Failed {
		lamp = "warn"
	}
	return stateWord{u.Label(), lamp}
}

func jobState(j ingest.Job, open int64) stateWord {
	switch {
	case j.UndoneBy != 0:
		return stateWord{"已撤销", "off"}
	case j.Verb == "undo":
		return stateWord{"已执行", "good"}
	case open > 0:
		return stateWord{"已入库，有退回", "warn"}
	}
	return stateWord{"已入库", "good"}
}

// live is how far the load of an upload has come.
func live(u intake.Upload) *livePart {
	l := &livePart{ID: u.ID}
	if u.Total > 0 {
		l.Percent = min(100, u.Done*100/u.Total)
	}
	return l
}

// progress is what a script asks for while something is under way.
type progress struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	Percent int64  `json:"percent"`
}

// dataProgress says how far the loads have come that are under way.
func (s *Server) dataProgress(w http.ResponseWriter, r *http.Request) error {
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	by := s.sender(r)
	under := []progress{}
	for _, u := range s.Desk.Uploads(func(u intake.Upload) bool {
		return (u.State == intake.Queued || u.State == intake.Loading) && handles(by, u, dir)
	}) {
		under = append(under, progress{u.ID, u.State.Label(), live(u).Percent})
	}
	return sendJSON(w, r, under)
}
