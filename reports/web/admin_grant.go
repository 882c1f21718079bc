package web

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
)

// grantForm is what stands in a form that gives a role.
type grantForm struct {
	Roles     []roleChoice
	Org       string
	Units     []string // to choose from; others can be typed
	Stars     []starChoice
	Petitions bool
	Care      bool
	Until     string
	Tomorrow  string // the first last day that makes sense
}

type roleChoice struct {
	ID, Label, About string
	Current          bool
}

type starChoice struct {
	Field, Name string
	Current     bool
}

// starField is the name of a star's tick.
func starField(code string) string { return "star_" + code }

// maxUnitText bounds a unit's name as it is typed, in characters.
const maxUnitText = 80

// maxUnits is how many units a form offers. Whole levels from the top down: below them names have to be typed.
const maxUnits = 500

// grantFields are the fields of the form, and more.
func (s *Server) grantFields(more ...string) []string {
	all := append(more, "role", "org", "petitions", "care", "until")
	for _, star := range s.Catalog.Rulebook().Stars {
		all = append(all, starField(star.Code))
	}
	return all
}

// grantForm is the form with what was typed; nil for an empty one.
func (s *Server) grantForm(r *http.Request, typed map[string]string) grantForm {
	f := grantForm{
		Org: typed["org"], Petitions: typed["petitions"] != "", Care: typed["care"] != "", Until: typed["until"],
		Tomorrow: s.Now().AddDate(0, 0, 1).Format(time.DateOnly),
	}
	for _, k := range access.Kinds {
		if k.Role == access.Auditor { // is made on the machine
			continue
		}
		f.Roles = append(f.Roles, roleChoice{string(k.Role), k.Label, k.About, typed["role"] == string(k.Role)})
	}
	for _, star := range s.Catalog.Rulebook().Stars {
		f.Stars = append(f.Stars, starChoice{starField(star.Code), star.Name, typed[starField(star.Code)] != ""})
	}
	if dir := s.register(r.Context()); dir != nil {
		f.Units = unitChoices(dir)
	}
	return f
}

// unitChoices are the full names of the units that a form offers, with their codes where two have one name.
func unitChoices(dir *units.Directory) []string {
	all := []string{wholeSite}
	met := map[string]bool{wholeSite: true}
	for _, level := range dir.Levels() {
		here := dir.AtLevel(level.ID)
		if len(all)+len(here) > maxUnits {
			continue
		}
		for _, u := range here {
			name := dir.FullName(u.Code)
			if met[name] {
				name = u.Code
			}
			met[name] = true
			all = append(all, name)
		}
	}
	return all
}

// readGrant makes a grant of what was typed. Whether it makes sense is for the store to say; here it is looked up what the
// words mean.
func (s *Server) readGrant(r *http.Request, f map[string]string) (g access.Grant, err error) {
	k, ok := access.Role(f["role"]).Kind()
	if !ok {
		return g, refuse("请选择角色")
	}
	g = access.Grant{Role: k.Role, Petitions: f["petitions"] != "", Care: f["care"] != ""}
	if g.Org, err = s.unitNamed(r, f["org"], k.Site); err != nil {
		return g, err
	}
	for _, star := range s.Catalog.Rulebook().Stars {
		if f[starField(star.Code)] != "" {
			g.Stars = append(g.Stars, star.Code)
		}
	}
	g.Until, err = untilDay(f["until"])
	return g, err
}

// unitNamed is the code of the unit that a text means, by code or name; "" is the whole site, which has to be said unless
// nothing else is possible: nobody gets all by leaving a field empty.
func (s *Server) unitNamed(r *http.Request, text string, site bool) (code string, err error) {
	text = strings.TrimSpace(text)
	switch {
	case text == wholeSite || text == "" && site:
		return "", nil
	case text == "":
		return "", refuse("请填写单位；如果是全部单位，请填“全站”")
	case utf8.RuneCountInString(text) > maxUnitText:
		return "", refuse("单位名称过长，请填写编码或名称")
	}
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return "", err
	}
	u, err := dir.Resolve(text, nil, "")
	var unknown *units.UnknownError
	var several *units.AmbiguousError
	switch {
	case errors.As(err, &unknown), errors.As(err, &several):
		return "", refuse("%s", err.Error())
	case err != nil:
		return "", err
	}
	return u.Code, nil
}

// untilDay is the first moment after a last day; zero for an empty text.
func untilDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, refuse("日期“%s”无法识别，应写成 2026-12-31 的样式", brief(text))
	}
	return day.AddDate(0, 0, 1), nil
}
