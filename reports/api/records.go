package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"gridstar/analytics/access"
	"gridstar/ingest"
	"gridstar/ingest/intake"
)

// MaxRows is how many rows one POST may hold.
const MaxRows = 10_000

// postName stands in the history where a file has its name. Nothing is read from it.
const postName = "接口报送.json"

// result is what became of rows: DESIGN §5's counts, in rows.
type result struct {
	ingest.Result
	Coverage string `json:"coverage,omitempty"` // clause: whose, what and which days the rows cover
}

// resultOf is an outcome as it is answered: what is empty is empty and not null.
func resultOf(o intake.Outcome) *result {
	r := &result{o.Result, o.Coverage}
	if r.Located == nil {
		r.Located = map[ingest.Located]int64{}
	}
	r.Warnings = append([]ingest.Warning{}, r.Warnings...)
	for i := range r.Warnings {
		r.Warnings[i].Text = inAnswer.Replace(r.Warnings[i].Text)
	}
	return r
}

// rejectedCell is one reason why a row was not taken. Values are masked and shortened.
type rejectedCell struct {
	Row     int64         `json:"row"` // position in the array, from 1
	Column  string        `json:"column,omitempty"`
	Value   string        `json:"value,omitempty"`
	Reason  ingest.Reason `json:"reason"`
	Message string        `json:"message"`
}

// maxRejects is how many reasons an answer lists; the rest are kept with the job.
const maxRejects = 1000

func cellsOf(all []ingest.Reject) []rejectedCell {
	cells := []rejectedCell{}
	for _, r := range all[:min(len(all), maxRejects)] {
		cells = append(cells, rejectedCell{r.Row, r.Column, r.Value, r.Reason, inAnswer.Replace(r.Message)})
	}
	return cells
}

// posted is the answer to POST /api/v1/records.
type posted struct {
	*result
	Rejects []rejectedCell `json:"rejects"`
}

// Records takes a JSON array of at most MaxRows rows, each an object from column to value, as one job.
//
// POST /api/v1/records?profile=&org=&crs=&max_rejects= · profile: the ledger, else it is recognised by the keys; org: unit of
// rows that name none. 200 once the rows are on disk, with the counts and what was rejected. 400 what is sent is no JSON array
// of objects; 404 a unit that is not the caller's; 413 too many rows or bytes; 415 another content type; 422 the rows do not
// fit the ledger, or too many are rejected: nothing is stored; 503 with Retry-After other loads of the same ledger are under
// way, or nothing can be written now.
func (a *API) Records(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	if err := a.records(w, r, c); err != nil {
		a.fail(w, r, err)
	}
}

func (a *API) records(w http.ResponseWriter, r *http.Request, c *access.Caller) error {
	got, err := params(r, "profile", "org", "crs", "max_rejects")
	if err != nil {
		return err
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "请以 Content-Type: application/json 提交 JSON 数组")
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	if err := checkArray(body); err != nil {
		return err
	}
	f, err := intake.Memory(body)
	if err != nil {
		return err
	}
	defer f.Close()
	by := sender(c)
	choice := intake.Choice{Profile: got["profile"], Org: got["org"], CRS: got["crs"], MaxRejects: got["max_rejects"]}
	if err := a.check(r, c, got, choice, by); err != nil {
		return err
	}
	if err := a.record(r, c, got, access.Done); err != nil {
		return err
	}
	outcomes, err := a.Desk.Load(r.Context(), f, postName, choice, by)
	if err == nil && len(outcomes) != 1 {
		err = errors.New("rows that are no table")
	}
	if err == nil {
		err = outcomes[0].Err
	}
	if err != nil {
		return a.failed(r, c, got, err)
	}
	o := outcomes[0]
	rejects := []rejectedCell{}
	if o.Result.Rejected > 0 {
		rows, err := a.Desk.Rejects(r.Context(), o.Result.Job)
		if err != nil {
			return err
		}
		rejects = cellsOf(reasons(rows))
	}
	return answer(w, http.StatusOK, posted{resultOf(intake.Outcome{Result: o.Result, Coverage: o.Result.Coverage()}), rejects})
}

// check refuses what could not be loaded by its sender. That somebody tried a unit that is not his is written down.
func (a *API) check(r *http.Request, c *access.Caller, got map[string]string, choice intake.Choice, by intake.Sender) error {
	err := a.Desk.Check(r.Context(), choice, by)
	if errors.Is(err, intake.ErrUnit) {
		return errors.Join(err, a.Audit.Write(c.Actor(), access.Refused, object(r, got), access.Denied))
	}
	return err
}

// failed writes down that nothing came of what was announced.
func (a *API) failed(r *http.Request, c *access.Caller, got map[string]string, err error) error {
	if log := a.record(r, c, got, access.Failed); log != nil {
		a.Log.Error("a failure could not be written down", "err", log)
	}
	return err
}

// readBody reads what was sent, at once: it is small enough (the guard's limit), and is read twice.
func readBody(r *http.Request) ([]byte, error) {
	var b bytes.Buffer
	if n := r.ContentLength; n > 0 && n <= 16<<20 {
		b.Grow(int(n) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(r.Body); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, err
		}
		return nil, refuse(http.StatusBadRequest, "提交的内容没有收完整，没有处理，请重试")
	}
	return b.Bytes(), nil
}

// checkArray refuses what is not an array of at most MaxRows objects: a stream that is broken off must not be half loaded.
// What is in the objects is the source's business.
func checkArray(body []byte) error {
	bad := func(at int64) error {
		return refuse(http.StatusBadRequest, "提交的内容不是完整的 JSON 数组（第 %d 字节处），没有处理；应为 [{\"列名\": \"值\", …}, …]，编码为 UTF-8", at)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return bad(d.InputOffset())
	}
	rows := 0
	for d.More() {
		var row json.RawMessage
		if err := d.Decode(&row); err != nil {
			return bad(d.InputOffset())
		}
		if rows++; row[0] != '{' {
			return refuse(http.StatusBadRequest, "第 %d 行不是 JSON 对象，没有处理；每一行应为 {\"列名\": \"值\", …}", rows)
		}
		if rows > MaxRows {
			return refuse(http.StatusRequestEntityTooLarge, "一次最多提交 %d 行，没有处理，请分次提交", MaxRows)
		}
	}
	if _, err := d.Token(); err != nil {
		return bad(d.InputOffset())
	}
	if _, err := d.Token(); err != io.EOF {
		return bad(d.InputOffset())
	}
	if rows == 0 {
		return refuse(http.StatusUnprocessableEntity, "数组中没有行，没有处理")
	}
	return nil
}
