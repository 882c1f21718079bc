package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// searchPage is search.tmpl: the units whose name, or whose code, has what was typed.
type searchPage struct {
	Frame
	Query string
	Found []found
	More  int // found beyond those listed
	Total int // units that could be found
}

type found struct {
	Name, Upper, Level, Code string
	URL, Stars               string
}

// foundShown is how many units a search lists.
const foundShown = 50

// search finds units by name among those the caller may see.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	dir, extent, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	p := &searchPage{Frame: s.frame(r, "查找单位", ""), Query: clip(strings.Join(strings.Fields(r.URL.Query().Get("q")), " "), 40), Total: dir.Len()}
	p.AsOf = asOf(extent.Version, extent.To)
	scored := s.Catalog.Rulebook().Level
	if p.Query != "" {
		for _, u := range dir.Units() {
			if !strings.Contains(dir.FullName(u.Code), p.Query) && !strings.HasPrefix(u.Code, p.Query) {
				continue
			}
			if len(p.Found) == foundShown {
				p.More++
				continue
			}
			l, _ := s.Catalog.Level(u.Level)
			f := found{Name: u.Name, Level: l.Label, Code: u.Code, URL: address("/", url.Values{}, "org", u.Code)}
			if up := dir.Ancestors(u.Code); len(up) > 0 {
				f.Upper = up[len(up)-1].Name
			}
			if slices.Contains(scored, u.Level) {
				f.Stars = "/stars/" + url.PathEscape(u.Code)
			}
			p.Found = append(p.Found, f)
		}
	}
	s.render(w, r, http.StatusOK, "search", p)
	return nil
}
