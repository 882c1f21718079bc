package web

import (
	"encoding/csv"
	"io"
	"net/http"
	"strings"

	"gridstar/analytics"
	"gridstar/reports/chart"
)

// chartNames are the charts of the overview.
var chartNames = []string{"map", "ranking", "trend", "parts", "funnel", "flow"}

// chart sends one chart of the overview on its own: the option of a picture, or its numbers as csv.
func (s *Server) chart(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	st, err := s.state(r)
	if err != nil {
		return err
	}
	board, _ := s.Catalog.Board(overviewBoard)
	sc := scene{ctx: ctx, st: st, board: board, base: s.base(r, st)}
	picture := strings.HasPrefix(r.Pattern, "GET /files/picture/")
	if picture {
		sc.frame = chart.Picture
	}
	var f *figure
	var e exhibit
	switch r.PathValue("name") {
	case "map":
		e = s.mapOf(&f, sc)
	case "ranking":
		e = s.rankOf(&f, sc)
	case "trend":
		e = s.trendOf(&f, sc)
	case "parts":
		e = s.partsOf(&f, sc)
	case "funnel":
		e = s.funnelOf(&f, sc)
	case "flow":
		e = s.flowOf(&f, sc)
	default:
		return errNotFound
	}
	if len(e.asks) == 0 {
		return errNotFound
	}
	if _, err := s.fill(ctx, e); err != nil {
		return err
	}
	if f == nil {
		return errNotFound
	}
	if asFile(r) && !picture {
		download(w, "text/csv; charset=utf-8", st.name()+st.Period.Label()+f.Title+".csv")
		return f.Table.csv(w)
	}
	if f.Option == nil {
		return errNotFound
	}
	return sendJSON(w, r, f.Option)
}

// csv writes the table for a spreadsheet: UTF-8 with BOM, CRLF, numbers as on the page but without separators, and no
// text that a spreadsheet would take for a formula.
func (t table) csv(w io.Writer) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	write := func(cells []string) error {
		var safe []string
		for i, c := range cells {
			switch n, d, both := strings.Cut(c, " / "); {
			case t.Head[i] == baseHead && c == baseHead:
				safe = append(safe, "分子", "分母")
			case t.Head[i] == baseHead: // 4 / 5 would be read as a date
				if !both {
					n, d = "", ""
				}
				safe = append(safe, strings.ReplaceAll(n, ",", ""), strings.ReplaceAll(d, ",", ""))
			case t.Num[i]:
				safe = append(safe, strings.ReplaceAll(c, ",", ""))
			default:
				safe = append(safe, analytics.FormulaSafe(c))
			}
		}
		return out.Write(safe)
	}
	if err := write(t.Head); err != nil {
		return err
	}
	for _, l := range t.Rows {
		if err := write(l.Cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
