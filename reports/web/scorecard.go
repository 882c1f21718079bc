package web

import (
	"math/big"
	"net/http"
	"slices"
	"strings"

	"gridstar/analytics"
	"gridstar/analytics/stars"
	"gridstar/reports/chart"
)

// scorecardPage is scorecard.tmpl: one unit's stars, and what each of them is made of.
type scorecardPage struct {
	Frame
	Heading  string
	Years    []choice
	State    stars.State
	Rules    string
	Note     string // of the rulebook
	Rated    int    // indicators with a score
	Of       int    // all indicators
	Place    string // among all scored units; "" without a total
	Scored   int
	Compared bool   // there are others
	Noun     string // 社区党组织
	Back     string

	Empty     string // ledgers, future or before; "" where there are scores
	Available choice

	Sum    cardSum
	Stars  []starPanel
	Radar  *figure // nil where nothing is scored yet
	Groups []indicatorGroup
	All    choice // all stars one below the other
	CSV    string
	Vetoes []vetoLine
}

// cardSum is the sentence at the top of a card.
type cardSum struct {
	Lit     int
	Stars   int
	Total   string // "" while a star is 待补数据
	Full    int
	Grade   string
	Why     string // why there is no grade
	Honour  bool
	Title   string // 五星支部
	Short   []shortStar
	Losses  []lossLine // of the stars that are not lit, the greatest first
	Pending []string
	Missing int // indicators 缺数据
	Judged  int // indicators 待评
}

type shortStar struct{ Name, Score, Short string }

type lossLine struct{ Name, Score, Full string }

// starPanel is one star of the card, which is also the way to its indicators.
type starPanel struct {
	Lamp    lamp
	Name    string
	Score   string // "" while 待补数据
	Short   string
	Rated   string // of Applies points
	Applies string
	Median  string
	URL     string
	Current bool
}

type vetoLine struct{ Code, Event, Scope string }

// allStars is the star of the address that shows the indicators of all stars.
const allStars = "all"

// lossesNamed is how many indicators the sentence names.
const lossesNamed = 3

// scorecard shows one unit.
func (s *Server) scorecard(w http.ResponseWriter, r *http.Request) error {
	cs, err := s.readCycle(r)
	if err != nil {
		return err
	}
	code := r.PathValue("org")
	unit, ok := cs.dir.Unit(code)
	if !ok {
		return unknownUnit(code)
	}
	cs.Unit = unit
	rules := s.Catalog.Rulebook()
	p := &scorecardPage{Frame: s.frame(r, unit.Name+" "+cs.Cycle.Name+"年五星评价", "stars")}
	p.Notices, p.Heading = cs.notices, unit.Name+" 五星评价 "+cs.Cycle.Name
	p.Crumbs, p.AsOf = s.starCrumbs(cs, unit), asOf(cs.extent.Version, cs.extent.To)
	p.State, p.Rules, p.Note = stars.Monitoring, rules.ID+" "+rules.Version+"・"+rules.Hash()[:8], rules.Note
	p.Years = cs.years(func(cycle string) string { return cs.card(code, "cycle", cycle, "star", r.FormValue("star")) })
	p.Back = cs.link("/stars", "org", "")
	if p.Empty = cs.empty(); p.Empty != "" {
		if p.Available = cs.available(); p.Available.URL != "" {
			p.Available.URL = cs.card(code, "cycle", strings.TrimSuffix(p.Available.Text, "年"))
		}
		s.render(w, r, http.StatusOK, "scorecard", p)
		return nil
	}
	result, err := s.scores(r.Context(), cs)
	if err != nil && !noUnits(err) {
		return err
	}
	u := scoreOf(result, code)
	if u == nil {
		return s.elsewhere(w, r, cs, result)
	}
	if done, err := s.sendCardFile(w, r, cs, result, u); done || err != nil {
		return err
	}
	p.AsOf = asOf(result.DataVersion, cs.extent.To)
	p.Of, p.Scored, p.Noun = len(u.Indicators), result.Scored, result.Level.Label
	for i := range u.Indicators {
		if u.Indicators[i].Score != nil {
			p.Rated++
		}
	}
	p.Compared = compared(result)
	p.Notices = append(p.Notices, cs.amongThese(result)...)
	if u.Place > 0 && p.Compared {
		p.Place = count(u.Place)
	}
	p.Sum = cardSumOf(result, u)
	shown := r.FormValue("star")
	if _, ok := u.Star(shown); !ok && shown != allStars {
		shown = weakest(u)
	}
	for i := range u.Stars {
		x := &u.Stars[i]
		panel := panelOf(result, x)
		panel.URL, panel.Current = cs.card(code, "star", x.Code)+"#indicators", shown == x.Code
		p.Stars = append(p.Stars, panel)
		if shown == x.Code || shown == allStars {
			g := groupOf(u, x)
			g.First = len(p.Groups) == 0
			p.Groups = append(p.Groups, g)
		}
	}
	p.All = choice{Text: count(p.Of), URL: cs.card(code, "star", allStars) + "#indicators", Current: shown == allStars}
	p.CSV = cs.cardFile(code, partIndicators)
	p.Radar = s.radar(cs, result, u, chart.Card)
	p.Charts = p.Radar != nil
	for _, v := range rules.Vetoes {
		scope := "全部"
		if star, ok := rules.Star(v.Star); ok {
			scope = star.Name
		}
		p.Vetoes = append(p.Vetoes, vetoLine{v.Code, v.Event, scope})
	}
	s.render(w, r, http.StatusOK, "scorecard", p)
	return nil
}

func scoreOf(r *stars.Result, code string) *stars.UnitScore {
	if r == nil {
		return nil
	}
	for i := range r.Units {
		if r.Units[i].Code == code {
			return &r.Units[i]
		}
	}
	return nil
}

// elsewhere answers for a unit that has no card: with the card of the one scored unit in it, or the matrix of several.
func (s *Server) elsewhere(w http.ResponseWriter, r *http.Request, cs cycleState, result *stars.Result) error {
	var in []*stars.UnitScore
	if result != nil {
		in = cs.field(result)
	}
	switch len(in) {
	case 0:
		return &analytics.Error{Kind: analytics.ErrUnknownUnit, Text: "“" + brief(cs.Unit.Name) + "”不参加五星评价，请从五星评价表中选择单位"}
	case 1:
		http.Redirect(w, r, cs.card(in[0].Code), http.StatusSeeOther)
	default:
		http.Redirect(w, r, cs.link("/stars"), http.StatusSeeOther)
	}
	return nil
}

// weakest is the star that needs attention first: of those not lit the one with the lowest score, else one that is
// 待补数据, else the lowest of all.
func weakest(u *stars.UnitScore) string {
	rank := func(x *stars.StarScore) int {
		switch {
		case x.Lamp == stars.LampPending:
			return 1
		case x.Lit():
			return 2
		}
		return 0
	}
	best := &u.Stars[0]
	for i := range u.Stars {
		x := &u.Stars[i]
		if d := rank(x) - rank(best); d < 0 || d == 0 && x.Score != nil && x.Score.Cmp(best.Score) < 0 {
			best = x
		}
	}
	return best.Code
}

func cardSumOf(r *stars.Result, u *stars.UnitScore) cardSum {
	sum := cardSum{Lit: u.Lit, Stars: len(u.Stars), Full: 100 * len(u.Stars), Honour: u.Honour, Title: honourWord(r)}
	if !pending(u) {
		sum.Total = stars.Text(u.Total)
	}
	sum.Grade, sum.Why = gradeOf(r.Rulebook, u)
	var unlit []*stars.IndicatorScore
	for i := range u.Stars {
		x := &u.Stars[i]
		switch {
		case x.Lamp == stars.LampPending:
			sum.Pending = append(sum.Pending, x.Name)
		case !x.Lit():
			sum.Short = append(sum.Short, shortStar{x.Name, stars.Text(x.Score), stars.Text(x.Short)})
			unlit = append(unlit, u.Of(x.Code)...)
		}
	}
	sum.Losses = lossesOf(unlit)
	for i := range u.Indicators {
		switch u.Indicators[i].Note {
		case stars.NoData:
			sum.Missing++
		case stars.Unjudged:
			sum.Judged++
		}
	}
	return sum
}

// lossesOf names where the most points are lost, the greatest loss first. What a ledger that was not delivered would be
// worth is lost like any other point; what people have not judged yet is not. Less than a point is not worth naming
// unless nothing else is lost.
func lossesOf(of []*stars.IndicatorScore) []lossLine {
	lost := func(i *stars.IndicatorScore) *big.Rat {
		switch loss := i.Loss(); {
		case loss != nil:
			return loss
		case i.Note == stars.NoData:
			return i.Rule.Full.Rat()
		}
		return new(big.Rat)
	}
	of = slices.DeleteFunc(slices.Clone(of), func(i *stars.IndicatorScore) bool { return lost(i).Sign() == 0 })
	slices.SortStableFunc(of, func(a, b *stars.IndicatorScore) int { return lost(b).Cmp(lost(a)) })
	var lines []lossLine
	for n, i := range of[:min(len(of), lossesNamed)] {
		if n > 0 && lost(i).Cmp(big.NewRat(1, 1)) < 0 {
			break
		}
		score := string(i.Note)
		if i.Score != nil {
			score = stars.Text(i.Score)
		}
		lines = append(lines, lossLine{i.Rule.Name, score, string(i.Rule.Full)})
	}
	return lines
}

func panelOf(r *stars.Result, x *stars.StarScore) starPanel {
	panel := starPanel{Lamp: lampOf(x.Lamp), Name: x.Name, Rated: figureText(x.Rated), Applies: figureText(new(big.Rat).Sub(ratHundred, x.NA))}
	if x.Score != nil {
		panel.Score = stars.Text(x.Score)
	}
	if x.Short != nil {
		panel.Short = stars.Text(x.Short)
	}
	if m := r.Medians[x.Code]; m != nil && compared(r) {
		panel.Median = stars.Text(m)
	}
	return panel
}
