package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/stars"
	"gridstar/analytics/units"
)

// starsPage is stars.tmpl: every scored unit with its stars.
type starsPage struct {
	Frame
	Heading string
	Years   []choice
	Cycle   string
	Order   []hidden // the order of rows, which a form keeps
	Fields  []kindChoice
	Field   string
	State   stars.State
	Rules   string
	Note    string // of the rulebook
	CSV     string

	Empty     string // warehouse, ledgers, future, before, units or none; "" where there are units
	Available choice // where to go from an empty page
	Noun      string // 社区党组织
	EmptyOrg  string

	Sum   starSum
	Cards []starCard
	Head  []sortHead
	Rows  []starRow

	Honoured string // 五星支部
	Legend   []lamp
}

// starSum is the sentence above the matrix.
type starSum struct {
	Units    int
	Grades   []gradeCount // with at least one unit, the most stars first; without those 待补数据
	None     int          // complete, but without a grade
	Pending  int
	Missing  []string // indicators that none of the units has delivered the ledger for
	Of       int      // indicators of the rulebook
	Judged   int      // of them those that people judge
	Required string   // the star without which there is no grade
}

type gradeCount struct {
	Word string
	N    int
}

// starCard is one star over all units of the page.
type starCard struct {
	Name   string
	URL    string
	Lamp   lamp
	Lit    int
	Scored int // units whose star has a score
	Near   int
	Pend   int
	Median string // over all units of the site; "" where there is none
}

type starRow struct {
	Place  string
	Name   string
	Upper  string
	URL    string
	Stars  []starCell
	Total  string
	Grade  string
	Why    string // why there is no grade
	Honour string
	Good   bool // Honour is a yes
}

type starCell struct {
	Lamp  lamp
	Label string
	Score string
	Short string // 临界: points missing
	URL   string
}

// stars is the matrix of units and stars.
func (s *Server) stars(w http.ResponseWriter, r *http.Request) error {
	cs, err := s.readCycle(r)
	if err != nil {
		return err
	}
	p := &starsPage{Frame: s.frame(r, cs.Cycle.Name+"年五星评价", "stars"), Cycle: cs.Cycle.Name}
	p.Notices = cs.notices
	p.Heading = "五星评价 " + cs.Cycle.Name
	p.Years = cs.years(func(cycle string) string { return cs.link("/stars", "cycle", cycle) })
	p.Crumbs = s.starCrumbs(cs, cs.Unit)
	p.AsOf = asOf(cs.extent.Version, cs.extent.To)
	rules := s.Catalog.Rulebook()
	p.Rules, p.Note, p.State = rules.ID+" "+rules.Version+"・"+rules.Hash()[:8], rules.Note, stars.Monitoring
	var result *stars.Result
	if p.Empty = cs.empty(); p.Empty == "" {
		if result, err = s.scores(r.Context(), cs); noUnits(err) {
			p.Empty = "units"
		} else if err != nil {
			return err
		}
	}
	if p.Empty != "" {
		p.Available = cs.available()
		s.render(w, r, http.StatusOK, "stars", p)
		return nil
	}
	us := cs.field(result)
	p.Noun, p.AsOf = result.Level.Label, asOf(result.DataVersion, cs.extent.To)
	if len(us) == 0 {
		p.Empty, p.EmptyOrg, p.Available = "none", cs.Unit.Name, choice{Text: "查看全部", URL: cs.link("/stars", "org", "")}
		s.render(w, r, http.StatusOK, "stars", p)
		return nil
	}
	p.Honoured = honourWord(result)
	p.Notices = append(p.Notices, cs.amongThese(result)...)
	for _, l := range []stars.Lamp{stars.LampLit, stars.LampWarning, stars.LampUnlit, stars.LampPending} {
		p.Legend = append(p.Legend, lampOf(l))
	}
	p.Fields = fields(cs, result)
	p.Field = cs.Unit.Code
	p.Sum = sumOf(rules, us)
	for _, star := range rules.Stars {
		p.Cards = append(p.Cards, cardOf(cs, result, star, us))
	}
	columns := starColumns(result)
	cs.order(columns, us)
	if cs.Sort != "" {
		p.Order = append(p.Order, hidden{"sort", cs.Sort})
	}
	if cs.Desc {
		p.Order = append(p.Order, hidden{"desc", "1"})
	}
	if asFile(r) {
		download(w, "text/csv; charset=utf-8", cs.Cycle.Name+"年五星评价（监测）.csv")
		return matrixTable(result, us).csv(w)
	}
	for _, c := range columns {
		p.Head = append(p.Head, cs.head(c))
	}
	for _, u := range us {
		p.Rows = append(p.Rows, linkedRow(cs, rules, u))
	}
	p.CSV = cs.file("/files/stars", "sort", cs.Sort, "desc", map[bool]string{true: "1"}[cs.Desc])
	s.render(w, r, http.StatusOK, "stars", p)
	return nil
}

// available is where to go from a page without stars.
func (cs cycleState) available() choice {
	switch {
	case cs.extent.To.IsZero():
		return choice{}
	case !cs.Cycle.From.Before(cs.now):
		name := strconv.Itoa(cs.now.Year())
		return choice{Text: name + "年", URL: cs.link("/stars", "cycle", name)}
	}
	name := strconv.Itoa(cs.extent.latest(cs.now).Year())
	return choice{Text: name + "年", URL: cs.link("/stars", "cycle", name)}
}

// starCrumbs are the way from all units to one, as far as the stars are concerned.
func (s *Server) starCrumbs(cs cycleState, u units.Unit) []Crumb {
	all := []Crumb{{s.Catalog.Site.Name, cs.link("/stars", "org", "")}}
	roots := rootsOf(cs.dir)
	if len(roots) == 1 {
		all[0].Text = roots[0].Name
	}
	if u.Code == "" || len(roots) == 1 && u.Code == roots[0].Code {
		all[0].URL = ""
		return all
	}
	for _, a := range cs.dir.Ancestors(u.Code) {
		if len(roots) == 1 && a.Code == roots[0].Code {
			continue
		}
		all = append(all, Crumb{a.Name, cs.link("/stars", "org", a.Code)})
	}
	return append(all, Crumb{Text: u.Name})
}

// fields are the units that the matrix can be cut down to: those right below the top that have scored units, by area,
// or by organisation where organisations cover no area.
func fields(cs cycleState, r *stars.Result) []kindChoice {
	tops := rootsOf(cs.dir)
	if len(tops) == 1 {
		tops = cs.dir.Children(tops[0].Code)
	}
	has := func(u units.Unit) bool {
		return slices.ContainsFunc(r.Units, func(x stars.UnitScore) bool { return x.Code != u.Code && cs.dir.Contains(u.Code, x.Code) })
	}
	tops = slices.DeleteFunc(slices.Clone(tops), func(u units.Unit) bool { return !has(u) })
	if len(tops) == 0 {
		for _, x := range r.Units {
			above := cs.dir.Ancestors(x.Code)
			if n := len(above); n > 0 && !slices.ContainsFunc(tops, func(u units.Unit) bool { return u.Code == above[n-1].Code }) {
				tops = append(tops, above[n-1])
			}
		}
	}
	all := []kindChoice{{"", "全部", cs.Unit.Code == ""}}
	for _, u := range tops {
		all = append(all, kindChoice{u.Code, u.Name, u.Code == cs.Unit.Code})
	}
	if cs.Unit.Code != "" && !slices.ContainsFunc(all, func(c kindChoice) bool { return c.Current }) {
		all = append(all, kindChoice{cs.Unit.Code, cs.Unit.Name, true})
	}
	return all
}

func sumOf(rules *catalog.Rulebook, us []*stars.UnitScore) starSum {
	sum := starSum{Units: len(us), Of: len(rules.Indicators)}
	grades := make([]int, len(rules.Stars)+1)
	for _, u := range us {
		switch {
		case pending(u):
			sum.Pending++
		case u.Grade == 0:
			sum.None++
		default:
			grades[u.Grade]++
		}
	}
	for n := len(grades) - 1; n > 0; n-- {
		if grades[n] > 0 {
			sum.Grades = append(sum.Grades, gradeCount{starWord(n), grades[n]})
		}
	}
	if must, ok := rules.Star(rules.Thresholds.Prerequisite); ok {
		sum.Required = must.Name
	}
	for i, rule := range rules.Indicators {
		if rule.Method == catalog.Judged {
			sum.Judged++
		}
		if !slices.ContainsFunc(us, func(u *stars.UnitScore) bool { return u.Indicators[i].Note != stars.NoData }) {
			sum.Missing = append(sum.Missing, rule.Code+" "+rule.Name)
		}
	}
	return sum
}

func cardOf(cs cycleState, r *stars.Result, star *catalog.Star, us []*stars.UnitScore) starCard {
	c := starCard{Name: star.Name, URL: cs.link("/stars", "sort", star.Code, "desc", "1")}
	if m := r.Medians[star.Code]; m != nil && compared(r) {
		c.Median = stars.Text(m)
	}
	for _, u := range us {
		x, _ := u.Star(star.Code)
		switch x.Lamp {
		case stars.LampLit:
			c.Lit++
		case stars.LampWarning:
			c.Near++
		case stars.LampPending:
			c.Pend++
		}
	}
	c.Scored = len(us) - c.Pend
	c.Lamp = lampOf(map[bool]stars.Lamp{true: stars.LampLit, false: stars.LampUnlit}[c.Lit > 0])
	if c.Scored == 0 {
		c.Lamp = lampOf(stars.LampPending)
	}
	return c
}

// linkedRow is matrixRow with the addresses of the cards.
func linkedRow(cs cycleState, rules *catalog.Rulebook, u *stars.UnitScore) starRow {
	row := matrixRow(rules, u)
	row.URL = cs.card(u.Code)
	for i := range row.Stars {
		row.Stars[i].URL = cs.card(u.Code, "star", u.Stars[i].Code)
	}
	return row
}

func matrixRow(rules *catalog.Rulebook, u *stars.UnitScore) starRow {
	row := starRow{Place: "—", Name: u.Name, Upper: u.Upper, Total: stars.Text(u.Total), Honour: "—"}
	if u.Place > 0 {
		row.Place = count(u.Place)
	}
	for i := range u.Stars {
		x := &u.Stars[i]
		cell := starCell{Lamp: lampOf(x.Lamp), Label: strings.TrimSuffix(x.Name, "星"), Score: stars.Text(x.Score)}
		if x.Lamp == stars.LampWarning {
			cell.Short = stars.Text(x.Short)
		}
		row.Stars = append(row.Stars, cell)
	}
	row.Grade, row.Why = gradeOf(rules, u)
	if !pending(u) {
		row.Honour, row.Good = "否", u.Honour
		if u.Honour {
			row.Honour = "是"
		}
	}
	return row
}

// gradeOf is 几星 in words, and why there is none.
func gradeOf(rules *catalog.Rulebook, u *stars.UnitScore) (grade, why string) {
	must, ok := rules.Star(rules.Thresholds.Prerequisite)
	switch {
	case pending(u):
		return string(stars.LampPending), ""
	case u.Grade > 0:
		return starWord(u.Grade), ""
	case ok && u.Lit > 0:
		return "不评星级", must.Name + "未点亮"
	}
	return "未获星级", ""
}
