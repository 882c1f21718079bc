package web

import (
	"net/http"
	"time"
	"unicode/utf8"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
)

// zeroForm is the form of a 零报告: of a ledger there was nothing to report.
type zeroForm struct {
	Ledgers []kindChoice // those that say by themselves what they deliver
	Unit    string
	From    string
	To      string // last day
	Open    bool
}

// zeroForm is the form with what was typed; without, it is about the last month that has ended and, where the caller
// loads for one unit, about that.
func (s *Server) zeroForm(typed map[string]string, by intake.Sender, dir *units.Directory, set *profile.Set) zeroForm {
	now := s.Now()
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	f := zeroForm{From: first.AddDate(0, -1, 0).Format(time.DateOnly), To: first.AddDate(0, 0, -1).Format(time.DateOnly)}
	if len(by.Units) == 1 {
		f.Unit = dir.FullName(by.Units[0])
	}
	if typed != nil {
		f.Unit, f.From, f.To, f.Open = typed["unit"], typed["from"], typed["to"], true
	}
	for _, p := range set.All() {
		if p.Refuse == "" && len(p.Covers) > 0 && p.Extends == "" {
			f.Ledgers = append(f.Ledgers, kindChoice{p.Name, p.Title, p.Name == typed["ledger"]})
		}
	}
	return f
}

// zero takes a 零报告, and leads to its job.
func (s *Server) zero(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r, "ledger", "unit", "from", "to")
	if err != nil {
		return err
	}
	z, err := readZero(f)
	var job int64
	if err == nil {
		err = s.changing(r, access.Imported, r.Pattern, func() error {
			res, err := s.Desk.Zero(r.Context(), z, s.sender(r))
			job = res.Job
			return err
		})
	}
	switch {
	case err != nil && (r.Context().Err() != nil || statusOf(err) == http.StatusServiceUnavailable):
		return err
	case err != nil:
		return s.showData(w, r, http.StatusUnprocessableEntity, said{Error: s.told(r, err)}, f)
	}
	return s.done(w, r, jobPath(job), "zero")
}

// readZero reads what was typed. The whole site has to be said: nobody reports for all by leaving a field empty.
func readZero(f map[string]string) (z intake.ZeroReport, err error) {
	z.Profile, z.Org = f["ledger"], f["unit"]
	switch {
	case z.Profile == "":
		return z, refuse("请选择零报告的台账")
	case z.Org == "":
		return z, refuse("请填写零报告的单位；如果是全部单位，请填“全站”")
	case utf8.RuneCountInString(z.Org) > maxUnitText:
		return z, refuse("单位名称过长，请填写编码或名称")
	case z.Org == wholeSite:
		z.Org = ""
	}
	for _, d := range []struct {
		text string
		to   *time.Time
	}{{f["from"], &z.From}, {f["to"], &z.To}} {
		if *d.to, err = time.Parse(time.DateOnly, d.text); err != nil {
			return z, refuse("日期“%s”无法识别，应写成 2026-12-31 的样式", brief(d.text))
		}
	}
	z.To = z.To.AddDate(0, 0, 1)
	if !z.From.Before(z.To) {
		return z, refuse("零报告的止日早于起日，请核对")
	}
	return z, nil
}
