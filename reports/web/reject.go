package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
	"gridstar/ingest/workbook"
)

// rejectList is refused rows as a page shows them.
type rejectList struct {
	Lines  []rejectLine
	Shown  int64 // rows
	Total  int64 // rows there are
	Hidden int64 // rows that the caller may not read
	File   string
}

// rejectLine is one reason why a row was refused.
type rejectLine struct {
	Row     int64
	Column  string
	Value   string
	Message string
	Cleared bool
}

// rejectsShown is how many refused rows a page lists.
const rejectsShown = 100

func listRejects(rows []ingest.RejectedRow, hides func(header, cells []string) bool, file string) *rejectList {
	l := &rejectList{Total: int64(len(rows)), File: file}
	for _, row := range rows {
		switch {
		case hides(row.Header, textsOf(row)):
			l.Hidden++
		case l.Shown < rejectsShown:
			l.Shown++
			for _, why := range row.Reasons {
				l.Lines = append(l.Lines, rejectLine{row.Row, why.Column, why.Value, why.Message, row.ClearedBy != 0})
			}
		}
	}
	return l
}

// textsOf are all words of a refused row: its cells, as far as they are kept, and those that its reasons quote.
func textsOf(row ingest.RejectedRow) []string {
	texts := slices.Clone(row.Cells)
	for _, why := range row.Reasons {
		texts = append(texts, why.Value)
	}
	return texts
}

// hides says which rows of a ledger a caller may not read. Whoever handed a file in, or had it loaded, has its rows before
// him; for all others rows of petitions and of people in care are hidden as they are in lists of rows.
func hides(own bool, scope units.Scope, p *profile.Profile) func(header, cells []string) bool {
	petitions, care := own || reaches(scope.Petitions, scope.Reach), own || reaches(scope.Care, scope.Reach)
	groups := map[string]bool{}
	if p != nil {
		for _, c := range p.Columns() {
			if slices.ContainsFunc(c.Targets, func(t profile.Target) bool { return t.Column == "target_group" }) {
				for _, name := range append([]string{c.Header, c.Spelt}, c.Synonyms...) {
					groups[profile.Fold(name)] = true
				}
			}
		}
	}
	return func(header, cells []string) bool {
		if !petitions && (p != nil && slices.Contains(p.Covers, petitionKind) || slices.ContainsFunc(cells, func(c string) bool { return strings.Contains(c, petitionWord) })) {
			return true
		}
		if care {
			return false
		}
		for i, h := range header {
			if i < len(cells) && groups[profile.Fold(h)] && strings.TrimSpace(cells[i]) != "" {
				return true
			}
		}
		return false
	}
}

// What petitions are known by.
const (
	petitionKind = "XFJ"
	petitionWord = "信访"
)

// reaches says whether a protected field is open wherever the caller may load.
func reaches(open, all units.Reach) bool {
	if open.All {
		return true
	}
	return !all.All && len(all.Units) > 0 && !slices.ContainsFunc(all.Units, func(code string) bool { return !slices.Contains(open.Units, code) })
}

func rejectsPath(job int64) string { return "/files/rejects/" + strconv.FormatInt(job, 10) }

// rejectsFile sends the refused rows of a job as a workbook to be corrected and handed in again.
func (s *Server) rejectsFile(w http.ResponseWriter, r *http.Request) error {
	j, err := s.jobOf(r)
	if err != nil {
		return err
	}
	rows, err := s.jobRejects(r.Context(), j.ID)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(row ingest.RejectedRow) bool {
		return row.ClearedBy != 0 || j.hides(row.Header, textsOf(row))
	})
	return sendRejects(w, rows, strings.TrimSuffix(j.File, fileEnding(j.File))+"-退回.xlsx")
}

// refusedFile sends the rows for which a table of an upload was refused as a whole.
func (s *Server) refusedFile(w http.ResponseWriter, r *http.Request) error {
	u, _, err := s.uploadOf(r)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.URL.Query().Get("table"))
	if err != nil || n < 0 || n >= len(u.Outcomes) {
		return errNotFound
	}
	all, err := s.Desk.Refused(u.ID, n)
	if err != nil {
		return err
	}
	set, err := s.Desk.Profiles()
	if err != nil {
		return err
	}
	by := s.sender(r)
	p, _ := set.ByName(u.Outcomes[n].Result.Profile)
	hidden := hides(u.Sender.Account == by.Account || u.Publisher.Account == by.Account, s.scope(r.Context()), p)
	rows := slices.DeleteFunc(all, func(row ingest.RejectedRow) bool { return hidden(row.Header, textsOf(row)) })
	return sendRejects(w, rows, strings.TrimSuffix(u.Name, fileEnding(u.Name))+"-退回.xlsx")
}

// sendRejects sends refused rows as a workbook.
func sendRejects(w http.ResponseWriter, rows []ingest.RejectedRow, name string) error {
	if len(rows) == 0 {
		return refuse("没有待更正的行，不需要下载")
	}
	download(w, workbookType, name)
	return workbook.WriteRejects(w, intake.RejectSheets(rows))
}

const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// fileEnding is the last ending of a name, with its dot.
func fileEnding(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[i:]
	}
	return ""
}

// jobRejects are the refused rows of a job.
func (s *Server) jobRejects(ctx context.Context, job int64) (rows []ingest.RejectedRow, err error) {
	err = s.Engine.View(ctx, func(v *warehouse.View) error {
		rows, err = ingest.Rejects(ctx, v, job)
		return err
	})
	return rows, err
}
