package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// state is what the address of a page says: which unit, when, which matters. Every link of a page is its state with
// something changed.
type state struct {
	Unit   units.Unit // the zero Unit: the whole site
	Period Period
	Kind   string // one kind of matter; "" for all
	Show   string // level of the units that map and ranking show; "" for the one below
	Map    string // metric on the map; "" for the board's first
	Rank   string // metric of the ranking; "" for the board's first
	Then   bool   // rows count under the units they had when they were loaded, not under those of today

	dir     *units.Directory
	extent  extent
	cat     *catalog.Catalog
	notices []string
	files   bool // the caller may take files away
	whole   bool // he sees the whole site
}

// state reads an address. What it cannot read becomes a sentence and a default; only a unit that does not exist
// is an error, because another unit's numbers must not be taken for its own.
func (s *Server) state(r *http.Request) (st state, err error) {
	st.cat, st.files, st.whole = s.Catalog, s.caller(r).May(access.Export), s.scope(r.Context()).All
	if st.dir, st.extent, err = s.ground(r.Context()); err != nil {
		return st, err
	}
	q := r.URL.Query()
	var notice string
	if st.Period, notice = parsePeriod(q, st.extent.latest(s.Now()), s.Catalog.Site.WeekStart); notice != "" {
		st.notices = append(st.notices, notice)
	}
	if code := q.Get("org"); code != "" {
		u, ok := st.dir.Unit(code)
		if !ok {
			return st, unknownUnit(code)
		}
		st.Unit = u
	} else if roots := rootsOf(st.dir); len(roots) == 1 {
		st.Unit = roots[0] // the district is the whole site
	}
	if kind := q.Get("kind"); kind != "" {
		code, ok := s.Catalog.Lookup(catalog.ListKind, kind)
		if ok {
			st.Kind = code
		} else {
			st.notices = append(st.notices, "事项类型“"+brief(kind)+"”无法识别，已显示全部事项")
		}
	}
	if st.Then = q.Get("units") == "then" && st.extent.Moved; st.Then {
		st.notices = append(st.notices, "按当时的单位统计：边界重新划分以前的事项和活动，计入它们当时所属的单位")
	}
	if show := q.Get("show"); show != "" && slices.ContainsFunc(st.lower(), func(l catalog.Level) bool { return l.ID == show }) {
		st.Show = show
	}
	if board, ok := s.Catalog.Board(overviewBoard); ok {
		st.Map, st.Rank = offered(board.Map, q.Get("map")), offered(board.Ranking, q.Get("rank"))
	}
	return st, nil
}

// offered is the id if the board has it.
func offered(all []catalog.BoardChart, id string) string {
	if slices.ContainsFunc(all, func(c catalog.BoardChart) bool { return c.Metric == id }) {
		return id
	}
	return ""
}

// rootsOf are the area units without one above.
func rootsOf(dir *units.Directory) []units.Unit {
	return slices.DeleteFunc(dir.Children(""), func(u units.Unit) bool { return u.Tree != units.Area })
}

// top says that the unit is the whole site, so that rows without a unit count too.
func (st state) top() bool {
	if st.Unit.Code == "" {
		return true
	}
	roots := rootsOf(st.dir)
	return len(roots) == 1 && roots[0].Code == st.Unit.Code
}

// org is the unit of a query. For a caller who sees one street that is the street: so its numbers are those that others are
// shown of it, without what belongs to its party organisations alone.
func (st state) org() string {
	if st.top() && st.whole {
		return ""
	}
	return st.Unit.Code
}

// name is the unit's name. Where there is no unit it is the site's, or, for a caller who sees several parts of it, theirs.
func (st state) name() string {
	switch {
	case st.Unit.Code != "":
		return st.Unit.Name
	case !st.whole:
		return "授权范围"
	}
	return st.cat.Site.Name
}

// lower are the levels below the unit that have units in it, from the top down.
func (st state) lower() []catalog.Level {
	var found []catalog.Level
	rank := -1
	if st.Unit.Code != "" {
		rank = st.cat.Depth(st.Unit.Level)
	}
	tree := units.Area
	if st.Unit.Tree != "" {
		tree = st.Unit.Tree
	}
	for _, l := range st.cat.Levels {
		if l.Tree == tree && st.cat.Depth(l.ID) > rank && st.dir.Any(l.ID, st.Unit.Code) {
			found = append(found, l)
		}
	}
	return found
}

// level is that of the units that map and ranking show: below the unit, else its own. ok is false where a site has no
// units at all.
func (st state) level() (l catalog.Level, ok bool) {
	lower := st.lower()
	for _, l := range lower {
		if l.ID == st.Show {
			return l, true
		}
	}
	if len(lower) > 0 {
		return lower[0], true
	}
	if st.Unit.Parent == "" {
		return l, false
	}
	return st.cat.Level(st.Unit.Level)
}

// field is the unit whose parts map and ranking show: the state's own; of one without parts the unit above, so that
// it stands among its neighbours. "" is the whole site.
func (st state) field() string {
	if len(st.lower()) > 0 || st.Unit.Parent == "" {
		return st.org()
	}
	return st.at(st.Unit.Parent).org()
}

// where are the filters of a query.
func (st state) where() []analytics.Filter {
	if st.Kind == "" {
		return nil
	}
	return []analytics.Filter{{Dim: catalog.ListKind, Values: []string{st.Kind}}}
}

// values are the parameters of the state.
func (st state) values() url.Values {
	v := st.Period.Values()
	for key, value := range map[string]string{"kind": st.Kind, "show": st.Show, "map": st.Map, "rank": st.Rank} {
		if value != "" {
			v.Set(key, value)
		}
	}
	if st.org() != "" {
		v.Set("org", st.Unit.Code)
	}
	if st.Then {
		v.Set("units", "then")
	}
	return v
}

// link is an address with the state; changes are pairs of key and value, an empty value takes the key away.
func (st state) link(path string, changes ...string) string {
	v := st.values()
	return address(path, v, changes...)
}

// file is the address of a file; "" where the caller may take none.
func (st state) file(path string, v url.Values) string {
	if !st.files {
		return ""
	}
	return address(path, v)
}

// above is the state at the unit whose parts map and ranking show.
func (st state) above() state {
	if field := st.field(); field != st.org() {
		return st.at(field)
	}
	return st
}

// rows is the address of the rows behind a metric's number for the state.
func (st state) rows(metric string, changes ...string) string {
	return st.link("/records", append([]string{"metric", metric, "show", "", "map", "", "rank", ""}, changes...)...)
}

// narrowed is the address of the rows behind a metric's number for some keys; "" for what was folded together: no
// filter names it.
func (st state) narrowed(metric string, dims []analytics.Dim, keys []analytics.Key, folds ...analytics.Fold) string {
	codes := url.Values{}
	for i, d := range dims {
		code, _ := keys[i].Value.(string)
		switch {
		case d.Unit && code == "":
			codes.Set("none", strings.TrimPrefix(d.Name, "org:"))
		case d.Unit:
			st = st.at(code)
		case code == analytics.FoldedKey && slices.ContainsFunc(folds, func(f analytics.Fold) bool { return f.Dim == d.Name }):
			return ""
		default:
			codes.Set(d.Name, code) // also an empty one: rows that do not say
		}
	}
	return st.rows(metric) + "&" + codes.Encode()
}

func address(path string, v url.Values, changes ...string) string {
	v = maps.Clone(v)
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			v.Del(changes[i])
			continue
		}
		v.Set(changes[i], changes[i+1])
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// during is the state in another period.
func (st state) during(p Period) state {
	st.Period = p
	return st
}

// at is the state at another unit: what is shown below it starts anew.
func (st state) at(code string) state {
	u, _ := st.dir.Unit(code)
	st.Unit, st.Show = u, ""
	return st
}

// crumbs are the way from the top to the unit.
func (st state) crumbs(path string) []Crumb {
	var all []Crumb
	if len(rootsOf(st.dir)) != 1 {
		top := st
		top.Unit, top.Show = units.Unit{}, ""
		all = append(all, Crumb{top.name(), top.link(path)})
	}
	if st.Unit.Code != "" {
		for _, u := range append(st.dir.Ancestors(st.Unit.Code), st.Unit) {
			all = append(all, Crumb{u.Name, st.at(u.Code).link(path)})
		}
	}
	all[len(all)-1].URL = ""
	return all
}
