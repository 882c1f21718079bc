package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
)

// aliasesPage is aliases.tmpl: by which further names ledgers may call the caller's units.
type aliasesPage struct {
	Frame
	Said  said
	Query string
	Rows  []aliasRow
	Total int64 // units found
	First int64
	Last  int64
	Prev  string
	Next  string
}

// aliasRow is one unit with its form.
type aliasRow struct {
	Code, Name, Upper, Level string
	Aliases                  string // one after another, as they are typed
	Typed                    string // in the form
	Open                     bool
}

const (
	aliasesPerPage = 50
	aliasPatience  = 5 * time.Second // for loads under way, which must not see names change
	maxAliasText   = 2000            // of what is typed, in bytes
)

// aliases lists units with their further names.
func (s *Server) aliases(w http.ResponseWriter, r *http.Request) error {
	return s.showAliases(w, r, http.StatusOK, saidOf(r), nil)
}

// showAliases shows the page; typed is what was sent about one unit and could not be taken.
func (s *Server) showAliases(w http.ResponseWriter, r *http.Request, status int, first said, typed map[string]string) error {
	dir, extent, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	v := r.URL.Query()
	p := &aliasesPage{Frame: s.frame(r, "单位别名", "data"), Said: first, Query: clip(strings.Join(strings.Fields(v.Get("q")), " "), 40)}
	p.AsOf = asOf(extent.Version, extent.To)
	p.Crumbs = []Crumb{{"数据", "/data"}, {"单位别名", ""}}
	found := slices.DeleteFunc(dir.Units(), func(u units.Unit) bool {
		names := append([]string{dir.FullName(u.Code), u.Code}, u.Aliases...)
		return p.Query != "" && !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, p.Query) })
	})
	p.Total = int64(len(found))
	page, err := strconv.Atoi(v.Get("page"))
	if last := (len(found) + aliasesPerPage - 1) / aliasesPerPage; err != nil || page < 1 || page > max(last, 1) {
		page = 1
	}
	if typed != nil { // the page that has the unit
		if i := slices.IndexFunc(found, func(u units.Unit) bool { return u.Code == typed["unit"] }); i >= 0 {
			page = i/aliasesPerPage + 1
		}
	}
	from := (page - 1) * aliasesPerPage
	for _, u := range found[from:min(from+aliasesPerPage, len(found))] {
		l, _ := s.Catalog.Level(u.Level)
		row := aliasRow{Code: u.Code, Name: u.Name, Level: l.Label, Aliases: strings.Join(u.Aliases, "、")}
		if up := dir.Ancestors(u.Code); len(up) > 0 {
			row.Upper = dir.FullName(up[len(up)-1].Code)
		}
		row.Typed = row.Aliases
		if typed != nil && typed["unit"] == u.Code {
			row.Typed, row.Open = typed["aliases"], true
		}
		p.Rows = append(p.Rows, row)
	}
	p.First, p.Last = int64(from)+1, int64(from+len(p.Rows))
	keep := url.Values{}
	if p.Query != "" {
		keep.Set("q", p.Query)
	}
	if page > 1 {
		p.Prev = address("/data/aliases", keep, "page", strconv.Itoa(page-1))
	}
	if p.Last < p.Total {
		p.Next = address("/data/aliases", keep, "page", strconv.Itoa(page+1))
	}
	s.render(w, r, status, "aliases", p)
	return nil
}

// setAliases gives a unit of the caller's its further names.
func (s *Server) setAliases(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r, "unit", "was", "aliases")
	if err != nil {
		return err
	}
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	u, ok := dir.Unit(f["unit"])
	if !ok {
		return unknownUnit(f["unit"])
	}
	if len(f["aliases"]) > maxAliasText {
		return errLarge
	}
	change := units.AliasChange{Code: u.Code, Aliases: []string{f["aliases"]}, Now: s.Now(), Wait: aliasPatience}
	if f["was"] != "" {
		change.Was = strings.Split(f["was"], "、")
	}
	err = s.changing(r, access.Imported, r.Pattern+" org="+u.Code, func() error {
		_, err := units.SetAliases(r.Context(), s.Warehouse, change)
		return err
	})
	if spoken(err) {
		return s.showAliases(w, r, mistaken(err), said{Error: sentence(err)}, f)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, address("/data/aliases", url.Values{}, "q", u.Name, "done", "aliases"), http.StatusSeeOther)
	return nil
}
