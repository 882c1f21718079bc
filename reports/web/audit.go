package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/warehouse"
)

// auditPage is audit.tmpl: the audit log, and what its chain stands at.
type auditPage struct {
	Frame
	Said     said
	From, To string // days, both included
	Accounts []kindChoice
	Events   []kindChoice
	Outcomes []kindChoice
	Filtered bool
	Rows     []auditRow
	First    int64
	Last     int64
	Prev     string
	Next     string
	CSV      string
	Head     access.Head
	Noted    string // as it was typed
	Report   *auditReport
}

// auditRow is one line in words.
type auditRow struct {
	Seq     int64
	At      string
	Account string
	By      string // the administrator who looked with its eyes
	Address string
	Event   string
	Object  string // in words
	Raw     string // as the line says it, where that differs
	Outcome string
	Class   string // of the outcome: is-bad for what did not go well
	Count   int    // how many refusals like this; 0 for one
}

// auditReport is what checking the chain found.
type auditReport struct {
	Lines    int64
	From     string // the oldest month
	Findings []string
	Noted    string // what became of the value that was written down: same, other, gone; "" for none
	Seq      int64  // its number
}

const linesPerPage = 100

// strangerName stands in the list of accounts for whoever has not signed in.
const strangerName = "未登录"

// auditFilter reads which lines an address asks for, and the part of the address that says so.
func (s *Server) auditFilter(v url.Values) (f access.Filter, keep url.Values, err error) {
	keep = url.Values{}
	for _, key := range []string{"from", "to", "account", "event", "outcome"} {
		if text := v.Get(key); text != "" {
			keep.Set(key, text)
		}
	}
	if f.From, err = auditDay(v.Get("from")); err != nil {
		return f, keep, err
	}
	if f.To, err = untilDay(v.Get("to")); err != nil {
		return f, keep, err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return f, keep, refuse("起始日期应在截止日期之前")
	}
	f.Account, f.Event, f.Outcome = v.Get("account"), access.Event(v.Get("event")), access.Outcome(v.Get("outcome"))
	if f.Event != "" && f.Event.Label() == "" {
		return f, keep, refuse("没有“%s”这类事项，请从列表中选择", brief(string(f.Event)))
	}
	if f.Outcome != "" && f.Outcome.Label() == "" {
		return f, keep, refuse("没有“%s”这种结果，请从列表中选择", brief(string(f.Outcome)))
	}
	f.Limit = linesPerPage
	if page := v.Get("page"); page != "" {
		n, err := strconv.Atoi(page)
		if err != nil || n < 1 || n > 1_000_000 {
			return f, keep, refuse("没有第“%s”页，请从第一页看起", brief(page))
		}
		f.Offset = (n - 1) * linesPerPage
	}
	return f, keep, nil
}

// auditDay is the beginning of a day; zero for an empty text.
func auditDay(text string) (time.Time, error) {
	end, err := untilDay(text)
	if err != nil || end.IsZero() {
		return time.Time{}, err
	}
	return end.AddDate(0, 0, -1), nil
}

// audit shows the log.
func (s *Server) audit(w http.ResponseWriter, r *http.Request) error {
	p, err := s.auditPage(r)
	if err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, "audit", p)
	return nil
}

func (s *Server) auditPage(r *http.Request) (*auditPage, error) {
	f, keep, err := s.auditFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	p := &auditPage{
		Frame: s.frame(r, "审计日志", "audit"), From: keep.Get("from"), To: keep.Get("to"), Filtered: len(keep) > 0,
		CSV: address("/files/audit", keep), Head: s.Audit.Head(),
	}
	found, err := s.Audit.Find(r.Context(), f)
	if err != nil {
		return nil, err
	}
	p.First, p.Last = int64(f.Offset+1), int64(f.Offset+len(found.Entries))
	words := s.auditWords(r.Context())
	for _, e := range found.Entries {
		p.Rows = append(p.Rows, words.row(e))
	}
	if current := f.Offset/linesPerPage + 1; current > 1 {
		p.Prev = address("/audit", keep, "page", strconv.Itoa(current-1))
	}
	if found.More {
		p.Next = address("/audit", keep, "page", strconv.Itoa(f.Offset/linesPerPage+2))
	}
	s.auditChoices(p, f)
	return p, nil
}

// auditChoices are the lists to filter by.
func (s *Server) auditChoices(p *auditPage, f access.Filter) {
	names := []string{access.CommandLine}
	for _, a := range s.Access.Accounts() {
		names = append(names, a.Name)
		label := a.Name
		if a.Display != a.Name {
			label += "（" + a.Display + "）"
		}
		p.Accounts = append(p.Accounts, kindChoice{a.Name, label, a.Name == f.Account})
	}
	p.Accounts = append(p.Accounts, kindChoice{access.CommandLine, access.CommandLine, f.Account == access.CommandLine})
	if f.Account != "" && !slices.Contains(names, f.Account) {
		p.Accounts = append(p.Accounts, kindChoice{f.Account, brief(f.Account), true})
	}
	for _, e := range access.Events {
		p.Events = append(p.Events, kindChoice{string(e), e.Label(), e == f.Event})
	}
	for _, o := range []access.Outcome{access.Done, access.Denied, access.Failed} {
		p.Outcomes = append(p.Outcomes, kindChoice{string(o), o.Label(), o == f.Outcome})
	}
}

// auditCSV sends all lines that a filter keeps.
func (s *Server) auditCSV(w http.ResponseWriter, r *http.Request) error {
	f, keep, err := s.auditFilter(r.URL.Query())
	if err != nil {
		return err
	}
	name := "审计日志"
	if keep.Has("from") || keep.Has("to") {
		name += " " + keep.Get("from") + "至" + keep.Get("to")
	}
	started := &lateHeader{ResponseWriter: w, start: func() { download(w, "text/csv; charset=utf-8", name+".csv") }}
	err = s.Audit.WriteCSV(r.Context(), started, f)
	if err != nil && started.begun {
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
	return err
}

// notedHead is how the end of the chain is written down: its number and its hash.
var notedHead = regexp.MustCompile(`^\s*([1-9][0-9]{0,17})\s*[:：]\s*([0-9a-f]{64})\s*$`)

// verifyAudit checks the chain against itself, against the ends that the journal of jobs has kept, and against one that was
// written down elsewhere, if it is given.
func (s *Server) verifyAudit(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r, "noted")
	if err != nil {
		return err
	}
	anchors, err := s.Warehouse.Anchors(r.Context())
	if err != nil {
		return err
	}
	var noted warehouse.Anchor
	m := notedHead.FindStringSubmatch(form["noted"])
	if m != nil {
		if noted.Seq, err = strconv.ParseInt(m[1], 10, 64); err != nil {
			return err
		}
		noted.Hash = m[2]
		anchors = append(anchors, noted)
	}
	p, err := s.auditPage(r)
	if err != nil {
		return err
	}
	p.Noted = form["noted"]
	if m == nil && p.Noted != "" {
		p.Said.Error = "抄录的内容应写成“序号：校验值”，校验值是 64 位数字和小写字母，请照原样填写。"
		s.render(w, r, http.StatusUnprocessableEntity, "audit", p)
		return nil
	}
	report, err := s.Audit.Verify(r.Context(), anchors)
	if err != nil {
		return err
	}
	p.Head, p.Report = report.Head, reportWords(report, noted)
	s.render(w, r, http.StatusOK, "audit", p)
	return nil
}

// reportWords puts the outcome into words. noted is the value that was written down; zero for none.
func reportWords(report access.LogReport, noted warehouse.Anchor) *auditReport {
	out := &auditReport{Lines: report.Lines, From: report.From, Seq: noted.Seq}
	if noted.Seq > 0 {
		out.Noted = "same"
	}
	if noted.Seq > 0 && noted.Seq <= report.Head.Seq-report.Lines {
		out.Noted = "gone" // its month was moved away
	}
	for _, f := range report.Findings {
		out.Findings = append(out.Findings, f.String())
		if f.Seq == noted.Seq && noted.Seq > 0 {
			out.Noted = "other"
		}
	}
	return out
}
