package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"

	"gridstar/analytics/access"
	"gridstar/ingest"
	"gridstar/ingest/intake"
)

// job is what became of a file that a program handed in.
type job struct {
	ID       string            `json:"id"`
	State    intake.State      `json:"state"` // queued, loading, done, failed; waiting after it was cancelled, discarded
	File     string            `json:"file"`
	Size     int64             `json:"size"` // bytes
	Received ingest.SiteTime   `json:"received_at"`
	Finished *ingest.SiteTime  `json:"finished_at,omitempty"`
	Done     int64             `json:"done,omitempty"` // bytes of the table under way that have been read, of Total
	Total    int64             `json:"total,omitempty"`
	Tables   []loadedTable     `json:"tables,omitempty"`
	Error    string            `json:"error,omitempty"` // sentence: why the file was not loaded
	Note     string            `json:"note,omitempty"`
	Links    map[string]string `json:"links"`
}

// loadedTable is what became of one table of it. Job is 0 where it was not loaded.
type loadedTable struct {
	*result
	Error   string         `json:"error,omitempty"`
	Rejects []rejectedCell `json:"rejects,omitempty"` // of a table that was refused for them: the first
}

func jobOf(u intake.Upload) job {
	j := job{
		ID: u.ID, State: u.State, File: u.Name, Size: u.Size, Received: ingest.SiteTime{Time: u.Received},
		Done: u.Done, Total: u.Total, Error: inAnswer.Replace(u.Error), Note: u.Note, Links: map[string]string{"self": jobsPath + u.ID},
	}
	if !u.Finished.IsZero() {
		j.Finished = &ingest.SiteTime{Time: u.Finished}
	}
	for _, o := range u.Outcomes {
		j.Tables = append(j.Tables, loadedTable{resultOf(o), inAnswer.Replace(o.Error), cellsOf(reasons(o.Rejects))})
	}
	return j
}

const jobsPath = "/api/v1/jobs/"

// Submit takes a file of any format that can be loaded, as the body or as the one file of a multipart form, and queues it.
//
// POST /api/v1/jobs?name=&profile=&org=&crs=&encoding=&max_rejects= · name: what the file is called, where the body is the
// file: its ending says what is in it. 202 once the file is on disk, with the job and its address in Location. 400 the body is
// empty or was broken off; 404 a unit that is not the caller's; 413 too large; 503 with Retry-After nothing can be taken now.
func (a *API) Submit(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	if err := a.submit(w, r, c); err != nil {
		a.fail(w, r, err)
	}
}

func (a *API) submit(w http.ResponseWriter, r *http.Request, c *access.Caller) error {
	got, err := params(r, "name", "profile", "org", "crs", "encoding", "max_rejects")
	if err != nil {
		return err
	}
	by := sender(c)
	choice := intake.Choice{Profile: got["profile"], Org: got["org"], CRS: got["crs"], Encoding: got["encoding"], MaxRejects: got["max_rejects"]}
	if err := a.check(r, c, got, choice, by); err != nil { // before the file has been sent for nothing
		return err
	}
	u, err := a.receive(r, got["name"], by)
	if err != nil {
		return err
	}
	if err := a.record(r, c, got, access.Done); err != nil {
		return errors.Join(err, a.Desk.Discard(u.ID))
	}
	if err := a.Desk.Publish(u.ID, []intake.Choice{choice}, by); err != nil {
		return a.failed(r, c, got, errors.Join(err, a.Desk.Discard(u.ID)))
	}
	u, _ = a.Desk.Upload(u.ID)
	w.Header().Set("Location", jobsPath+u.ID)
	return answer(w, http.StatusAccepted, jobOf(u))
}

// receive takes the file out of a request.
func (a *API) receive(r *http.Request, name string, by intake.Sender) (intake.Upload, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		if name == "" {
			return intake.Upload{}, refuse(http.StatusBadRequest, "请用参数 name 写明文件名（如 name=居民诉求台账.xlsx），或以 multipart/form-data 提交文件")
		}
		return a.Desk.Receive(r.Context(), r.Body, name, by)
	}
	form, err := r.MultipartReader()
	if err != nil {
		return intake.Upload{}, errForm
	}
	part, err := form.NextPart()
	if err != nil || part.FileName() == "" {
		return intake.Upload{}, errForm
	}
	if name == "" {
		name = part.FileName()
	}
	u, err := a.Desk.Receive(r.Context(), part, name, by)
	if err != nil {
		return u, err
	}
	if _, err := form.NextPart(); err != io.EOF { // another file, or an end that is missing
		return intake.Upload{}, errors.Join(errForm, a.Desk.Discard(u.ID))
	}
	return u, nil
}

var errForm = refuse(http.StatusBadRequest, "表单中应有且只有一个文件，没有处理；其他参数请写在网址中")

// Job says what has become of a file.
//
// GET /api/v1/jobs/{id} · 200; 404 there is none, or it is not this token's account's and scope's.
func (a *API) Job(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	u, ok := a.Desk.Upload(r.PathValue("id"))
	if by := sender(c); !ok || u.Sender.Account != by.Account || !slices.Equal(u.Sender.Units, by.Units) || (u.Sender.Units == nil) != (by.Units == nil) {
		a.fail(w, r, refuse(http.StatusNotFound, "没有这个作业，请核对作业号"))
		return
	}
	if !u.State.Ended() {
		w.Header().Set("Retry-After", "1")
	}
	if err := answer(w, http.StatusOK, jobOf(u)); err != nil {
		a.fail(w, r, err)
	}
}

// reasons are those of all refused rows.
func reasons(rows []ingest.RejectedRow) []ingest.Reject {
	var all []ingest.Reject
	for _, row := range rows {
		all = append(all, row.Reasons...)
	}
	return all
}
