package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
)

// uploadPage is upload.tmpl: what was understood of a file, and what becomes of it.
type uploadPage struct {
	Frame
	Said     said
	Path     string
	State    stateWord
	Live     *livePart
	Facts    []fact
	Error    string // why nothing of the file could be loaded
	Note     string
	Outcomes []outcomePart

	Tables  []tablePart // to be looked at; empty where nothing is to be chosen
	Hidden  []string    // sheets that are not read
	Loaded  []string    // tables that are in already, and not listed again
	Blocked bool        // no table can be loaded as it stands
	Units   []string    // to choose from
	Saving  bool        // the caller may keep an assignment as a ledger of the site
	Gone    bool        // the file is not there any more
	Discard bool        // it can be given up
}

// outcomePart is what became of one table.
type outcomePart struct {
	Name    string
	Job     string // its page; "" where nothing was loaded
	Ledger  string
	Text    string
	Covers  string
	Counts  *countBar
	Rejects *rejectList
}

// tablePart is one table that is to be looked at.
type tablePart struct {
	Index  int
	Name   string // part and sheet; "" for the only table of a file
	Part   string
	Sheet  string
	Form   tableForm
	Ledger string // that it is read as; "" for none

	Problem   string
	Facts     []fact
	Notes     []string
	Fits      []kindChoice // ledgers that fit, best first
	Others    []kindChoice
	CRS       []kindChoice // choices for a ledger with points
	Encodings []kindChoice // of a text
	Columns   []columnPart
	Options   []kindChoice // the ledger's columns
	More      int          // columns that are not listed
	Preview   *previewTable
}

// columnPart is one column of the file.
type columnPart struct {
	Index   int
	Letter  string
	Header  string
	Samples []string
	Label   string // what becomes of it
	Fixed   bool   // it cannot be assigned
	Pick    string // what is chosen, as in a form
	Use     string
}

// previewTable is the first rows as they would be stored.
type previewTable struct {
	Head   []string
	Lines  []previewLine
	Shown  int
	Hidden int // rows that the caller may not read
}

// previewLine is one fact of a row, or why the row states none.
type previewLine struct {
	Row   int64
	State stateWord
	What  string // which fact, where rows state several
	Cells []previewCell
	Words []string // what is wrong, or doubtful
	Bad   bool     // nothing of the row is stored
	Off   bool     // nor was it meant to be
}

type previewCell struct {
	Label, Text string
	When        bool // a day
}

// previewRows is how many rows of a table are shown as they would be stored.
const previewRows = 50

// columnsShown is how many columns of a file can be assigned; the others are dealt with as they are recognised.
const columnsShown = 200

// upload shows an upload.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) error {
	u, dir, err := s.uploadOf(r)
	if err != nil {
		return err
	}
	return s.showUpload(w, r, http.StatusOK, u, dir, nil, saidOf(r))
}

// showUpload shows it with what was chosen for its tables; nil: as it is recognised, or was chosen before.
func (s *Server) showUpload(w http.ResponseWriter, r *http.Request, status int, u intake.Upload, dir *units.Directory, forms []tableForm, first said) error {
	set, err := s.Desk.Profiles()
	if err != nil {
		return err
	}
	by := s.sender(r)
	words := ledgerWords{s, dir, set}
	p := &uploadPage{
		Frame: s.frame(r, u.Name, "data"), Said: first, Path: uploadPath(u.ID), State: uploadState(u), Error: onPage.Replace(u.Error), Note: u.Note, Gone: u.Gone,
		Units: unitChoices(dir)[1:], Saving: by.Units == nil, Discard: u.State != intake.Loading && u.State != intake.Done && u.State != intake.Discarded,
	}
	p.Crumbs = []Crumb{{"数据", "/data"}, {u.Name, ""}}
	p.Facts = []fact{{"大小", sizeWords(u.Size)}, {"上传", u.Sender.Account + "，" + moment(u.Received, "")}}
	if u.Publisher.Account != "" {
		p.Facts = append(p.Facts, fact{"发布", u.Publisher.Account + "，" + moment(u.Queued, "")})
	}
	if u.State == intake.Queued || u.State == intake.Loading {
		p.Live = live(u)
	}
	if in := len(u.Loaded()); u.State == intake.Failed && in > 0 {
		p.Facts = append(p.Facts, fact{"结果", fmt.Sprintf("%d 张表已入库，%d 张未入库", in, len(u.Outcomes)-in)})
	}
	own := u.Sender.Account == by.Account || u.Publisher.Account == by.Account
	for i := range u.Outcomes {
		p.Outcomes = append(p.Outcomes, words.outcome(&u, i, own, s.scope(r.Context())))
	}
	if (u.State == intake.Waiting || u.State == intake.Failed) && !u.Gone {
		if forms == nil {
			forms = formsOf(u.Choices)
		}
		look, err := s.Desk.Look(r.Context(), u.ID, choicesOf(forms), previewRows, by)
		if err != nil {
			if r.Context().Err() != nil {
				return err
			}
			p.Error, p.Blocked = s.told(r, err), true
		}
		if recalled := s.Desk.Recall(look, by); forms == nil && recalled != nil {
			forms = formsOf(recalled)
			if look, err = s.Desk.Look(r.Context(), u.ID, recalled, previewRows, by); err != nil {
				p.Error, p.Blocked = s.told(r, err), true
			}
		}
		p.look(s, p.remaining(&u, look.Tables), forms, set, own, s.scope(r.Context()))
	}
	s.render(w, r, status, "upload", p)
	return nil
}

// outcome puts what became of a table into words.
func (x ledgerWords) outcome(u *intake.Upload, i int, own bool, scope units.Scope) outcomePart {
	o := u.Outcomes[i]
	part := outcomePart{Name: tableName(u.Name, o.Result.Part, o.Result.Sheet), Ledger: x.ledger(o.Result.Profile), Text: onPage.Replace(o.Summary()), Covers: o.Coverage}
	if o.Result.Rows > 0 {
		part.Counts = bar(o.Result.Rows, o.Result.Accepted, o.Result.Unchanged, o.Result.Rejected, o.Result.Skipped)
	}
	if o.Error == "" && o.Result.Job != 0 {
		part.Job = jobPath(o.Result.Job)
	}
	if len(o.Rejects) > 0 {
		p, _ := x.set.ByName(o.Result.Profile)
		part.Rejects = listRejects(o.Rejects, hides(own, scope, p), "/files/refused/"+u.ID+"?table="+strconv.Itoa(i))
		part.Rejects.Total = max(part.Rejects.Total, o.Result.Rejected)
	}
	return part
}

// remaining are the tables that are not in yet.
func (p *uploadPage) remaining(u *intake.Upload, tables []ingest.Sight) (left []ingest.Sight) {
	in := map[[2]string]int{}
	for _, o := range u.Loaded() {
		in[[2]string{o.Result.Part, o.Result.Sheet}]++
	}
	for _, t := range tables {
		if of := [2]string{t.Part, t.Sheet}; in[of] > 0 {
			in[of]--
			p.Loaded = append(p.Loaded, strings.TrimPrefix(tableName("", t.Part, t.Sheet), " › "))
			continue
		}
		left = append(left, t)
	}
	return left
}

// look fills in what was seen of a file.
func (p *uploadPage) look(s *Server, tables []ingest.Sight, forms []tableForm, set *profile.Set, own bool, scope units.Scope) {
	p.Blocked = true
	for _, sight := range tables {
		if sight.Hidden {
			p.Hidden = append(p.Hidden, strings.TrimPrefix(tableName("", sight.Part, sight.Sheet), " › "))
			continue
		}
		t := tablePart{Index: len(p.Tables), Part: sight.Part, Sheet: sight.Sheet, Problem: onPage.Replace(sight.Problem), Notes: sight.Notes}
		t.Name = strings.TrimPrefix(tableName("", sight.Part, sight.Sheet), " › ")
		if i := slices.IndexFunc(forms, func(f tableForm) bool { return f.Part == sight.Part && f.Sheet == sight.Sheet }); i >= 0 {
			t.Form = forms[i]
		} else if len(forms) == 1 && forms[0].Part == "" && forms[0].Sheet == "" {
			t.Form = forms[0]
		} else if sight.Stray {
			t.Form.Skip = true
		}
		if sight.Stray && t.Form.Skip && t.Form.Profile == "" {
			t.Problem, t.Notes = "", append(t.Notes, "没有认出是哪种台账，不载入这张表；如果是台账，请选择台账，并去掉“不载入这张表”的勾")
		}
		t.sight(s, sight, set, own, scope)
		p.Blocked = p.Blocked && (sight.Problem != "" || t.Form.Skip)
		p.Tables = append(p.Tables, t)
	}
}

// sight fills in what was seen of one table.
func (t *tablePart) sight(s *Server, sight ingest.Sight, set *profile.Set, own bool, scope units.Scope) {
	add := func(name, text string) {
		if text != "" {
			t.Facts = append(t.Facts, fact{name, text})
		}
	}
	if sight.HeaderRow > 0 {
		add("表头", fmt.Sprintf("第 %d 行", sight.HeaderRow))
	}
	add("标题", clip(sight.Title, 60))
	add("格式", strings.TrimSpace(sight.Format+" "+sight.Encoding))
	if !sight.From.IsZero() && sight.To.After(sight.From) {
		add("期间", sight.From.Format(time.DateOnly)+" 至 "+lastDay(sight.To))
	}
	add("覆盖", sight.Coverage)
	if sight.Unit != "" && t.Form.Org == "" {
		t.Form.Org = sight.Unit
		if dir := s.register(context.Background()); dir != nil {
			if _, ok := dir.Unit(sight.Unit); ok {
				t.Form.Org = dir.FullName(sight.Unit)
			}
		}
	}
	if sight.Profile != nil {
		t.Form.Profile, t.Ledger = sight.Profile.Name, sight.Profile.Title
	}
	t.Form.Was, t.Form.Coded = t.Form.Profile, t.Form.Encoding
	t.ledgers(sight, set)
	if sight.Encoding != "" {
		t.Encodings = choose(encodings, t.Form.Encoding)
	}
	if sight.Profile == nil {
		return
	}
	for _, c := range sight.Profile.Columns() {
		if slices.ContainsFunc(c.Targets, func(x profile.Target) bool { return x.Column == "lon" }) {
			t.CRS = choose(references, t.Form.CRS)
		}
		if len(c.Targets) > 0 || c.Key || c.Subject || c.Attr { // also one that only tells rows apart: what is picked must be among these
			name := c.Header
			if c.Required {
				name += "（必需）"
			}
			t.Options = append(t.Options, kindChoice{Code: readAs + c.Header, Label: name})
		}
	}
	t.columns(sight, own)
	if len(sight.Preview) > 0 {
		t.Preview = preview(sight, hides(own, scope, sight.Profile))
	}
}

// ledgers are those that can be chosen: first those that fit.
func (t *tablePart) ledgers(sight ingest.Sight, set *profile.Set) {
	fits := map[string]bool{}
	for _, c := range sight.Candidates {
		fits[c.Profile.Name] = true
		t.Fits = append(t.Fits, kindChoice{c.Profile.Name, c.Profile.Title, c.Profile.Name == t.Form.Profile})
	}
	for _, p := range set.All() {
		if !fits[p.Name] && p.Refuse == "" {
			t.Others = append(t.Others, kindChoice{p.Name, p.Title, p.Name == t.Form.Profile})
		}
	}
}

// columns lists the columns of the file. Samples are shown to who has the file.
func (t *tablePart) columns(sight ingest.Sight, own bool) {
	t.More = max(0, len(sight.Columns)-columnsShown)
	for i, c := range sight.Columns[:len(sight.Columns)-t.More] {
		part := columnPart{Index: i, Letter: c.Letter, Header: c.Header, Label: c.Label, Use: c.Use, Pick: pickOf(c), Fixed: fixed(c)}
		if !part.Fixed && !strings.HasPrefix(part.Pick, readAs) {
			part.Label = "" // the choice says it
		}
		if own {
			part.Samples = c.Samples
		}
		t.Columns = append(t.Columns, part)
	}
}

// preview lays the first rows out as a table. A row that states several facts has a line for each.
func preview(sight ingest.Sight, hides func(header, cells []string) bool) *previewTable {
	t := &previewTable{}
	at := map[string]int{} // position of a field's label
	kinds := map[string]bool{}
	for _, row := range sight.Preview {
		for _, f := range row.Facts {
			kinds[f.Label] = true
			for _, v := range f.Values {
				if _, ok := at[v.Label]; !ok {
					at[v.Label] = len(t.Head)
					t.Head = append(t.Head, v.Label)
				}
			}
		}
	}
	for _, row := range sight.Preview {
		var texts []string
		for _, f := range row.Facts {
			for _, v := range f.Values {
				texts = append(texts, v.Text)
			}
		}
		for _, bad := range row.Problems {
			texts = append(texts, bad.Value)
		}
		if hides(nil, texts) {
			t.Hidden++
			continue
		}
		t.Shown++
		line := previewLine{Row: row.Row, State: previewStates[row.State]}
		for _, bad := range row.Problems {
			text := bad.Message
			switch {
			case bad.Column != "" && bad.Value != "":
				text = bad.Column + "“" + clip(bad.Value, 30) + "”：" + text
			case bad.Column != "":
				text = bad.Column + "：" + text
			}
			line.Words = append(line.Words, text)
		}
		line.Words = append(line.Words, row.Flags...)
		if len(row.Facts) == 0 {
			line.Bad, line.Off = true, row.State == "skipped"
			t.Lines = append(t.Lines, line)
			continue
		}
		for _, f := range row.Facts {
			one := line
			if len(kinds) > 1 {
				one.What = f.Label
			}
			one.Cells = make([]previewCell, len(t.Head))
			for i, label := range t.Head {
				one.Cells[i].Label = label
			}
			for _, v := range f.Values {
				one.Cells[at[v.Label]].Text, one.Cells[at[v.Label]].When = clip(v.Text, 80), isDay(v.Text)
			}
			t.Lines = append(t.Lines, one)
			line.Words = nil // said once
		}
	}
	return t
}

// isDay says whether a text begins with a day, so that it is not broken across lines.
func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
	return err == nil
}

var previewStates = map[string]stateWord{"accepted": {"入库", "good"}, "rejected": {"退回", "overdue"}, "skipped": {"跳过", "off"}}

// sizeWords is a size in a unit that a person can picture.
func sizeWords(bytes int64) string {
	switch {
	case bytes < 1<<10:
		return count(bytes) + " 字节"
	case bytes < 1<<20:
		return fmt.Sprintf("%.0f KB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
}

// personalWords says which columns about persons were left out.
func personalWords(m map[string]int64) string {
	if len(m) == 0 {
		return ""
	}
	return strings.Join(slices.Sorted(maps.Keys(m)), "、") + "未保存"
}

// lookAgain shows an upload with what was chosen.
func (s *Server) lookAgain(w http.ResponseWriter, r *http.Request) error {
	u, dir, err := s.uploadOf(r)
	if err != nil {
		return err
	}
	forms, _, err := s.readTables(r, u)
	if spoken(err) && forms != nil {
		return s.showUpload(w, r, http.StatusUnprocessableEntity, u, dir, forms, said{Error: sentence(err)})
	}
	if err != nil {
		return err
	}
	return s.showUpload(w, r, http.StatusOK, u, dir, forms, said{})
}

// publish has an upload loaded as chosen.
func (s *Server) publish(w http.ResponseWriter, r *http.Request) error {
	u, dir, err := s.uploadOf(r)
	if err != nil {
		return err
	}
	forms, _, err := s.readTables(r, u)
	if err == nil {
		err = s.changing(r, access.Imported, s.object(r), func() error { return s.Desk.Publish(u.ID, choicesOf(forms), s.sender(r)) })
	}
	if spoken(err) && forms != nil {
		if now, ok := s.Desk.Upload(u.ID); ok { // somebody else may have been quicker
			u = now
		}
		return s.showUpload(w, r, mistaken(err), u, dir, forms, said{Error: sentence(err)})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, uploadPath(u.ID), http.StatusSeeOther)
	return nil
}

// mistaken is the status of a page that says what is wrong with its form.
func mistaken(err error) int {
	if status := statusOf(err); status != http.StatusBadRequest {
		return status
	}
	return http.StatusUnprocessableEntity
}

// discard gives an upload up; cancel stops its load.
func (s *Server) discard(w http.ResponseWriter, r *http.Request) error {
	return s.endUpload(w, r, s.Desk.Discard, "/data", "discarded")
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request) error {
	return s.endUpload(w, r, s.Desk.Cancel, uploadPath(r.PathValue("upload")), "cancelled")
}

func (s *Server) endUpload(w http.ResponseWriter, r *http.Request, do func(id string) error, to, word string) error {
	u, dir, err := s.uploadOf(r)
	if err != nil {
		return err
	}
	if _, err := readFields(r, tableField.MatchString); err != nil { // the button stands in the form of the tables
		return err
	}
	err = s.changing(r, access.Imported, s.object(r), func() error { return do(u.ID) })
	if spoken(err) {
		if now, ok := s.Desk.Upload(u.ID); ok {
			u = now
		}
		return s.showUpload(w, r, mistaken(err), u, dir, nil, said{Error: sentence(err)})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, to, word)
}

// saveLedger keeps the assignment of a table's columns as a ledger of the site. It changes how everybody's files are read,
// and is for who may load for the whole site.
func (s *Server) saveLedger(w http.ResponseWriter, r *http.Request) error {
	u, dir, err := s.uploadOf(r)
	if err != nil {
		return err
	}
	if !s.scope(r.Context()).All {
		return errRight
	}
	forms, which, err := s.readTables(r, u)
	if err == nil {
		err = s.keepLedger(r, forms, which)
	}
	if spoken(err) && forms != nil {
		return s.showUpload(w, r, mistaken(err), u, dir, forms, said{Error: sentence(err)})
	}
	if err != nil {
		return err
	}
	return s.showUpload(w, r, http.StatusOK, u, dir, forms, said{Done: "已保存为本站的台账模板“" + forms[which].Name + "”，以后表头相同的文件自动按它识别。"})
}

func (s *Server) keepLedger(r *http.Request, forms []tableForm, which int) error {
	if which < 0 || which >= len(forms) {
		return errForm
	}
	set, err := s.Desk.Profiles()
	if err != nil {
		return err
	}
	f := forms[which]
	base, ok := set.ByName(f.Profile)
	if !ok {
		return refuse("请先选择台账，再保存模板")
	}
	if len(f.Columns)+len(f.Attrs)+len(f.Drop) == 0 {
		return refuse("各列的对应与“%s”相同，不需要另存模板", base.Title)
	}
	return s.changing(r, access.Settings, s.object(r), func() error { return s.Desk.SaveProfile(f.Name, base, f.Choice) })
}
