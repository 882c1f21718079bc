package web

import (
	"bytes"
	"net/http"
	"strings"

	"gridstar/analytics/stars"
)

// honoursPart is honours.tmpl: the overview's card about stars. It is a part of a page, without a frame.
type honoursPart struct {
	Title string // 五星社区
	Cycle string
	State stars.State
	Rules string
	None  string // why there is no number: data, units, here or pending; "" where there is one
	URL   string

	N, Of   int // units with all stars, of those in the overview's unit
	Near    int // units with a star that is 临界
	Pending int // units not known yet
	Lamps   []lamp
	One     string // the grade, where the overview's unit holds one scored unit only
	Why     string // why that one has none
}

// honours answers for the overview's unit and the year in which its period ends. Nothing that is missing is an error:
// the card then says so.
func (s *Server) honours(w http.ResponseWriter, r *http.Request) error {
	cs, err := s.readCycle(r)
	if err != nil {
		return err
	}
	latest := cs.extent.latest(s.Now())
	p, _ := parsePeriod(r.URL.Query(), latest, s.Catalog.Site.WeekStart)
	if cs.Cycle, err = cycleOf(min(p.Last().Year(), cs.now.Year())); err != nil {
		return err
	}
	rules := s.Catalog.Rulebook()
	part := &honoursPart{Title: starWord(len(rules.Stars)), Cycle: cs.Cycle.Name, State: stars.Monitoring, Rules: rules.ID, URL: cs.link("/stars")}
	if cs.empty() != "" {
		part.None = "data"
		return s.renderPart(w, r, "honours", part)
	}
	result, err := s.scores(r.Context(), cs)
	switch {
	case noUnits(err):
		part.None = "units"
		return s.renderPart(w, r, "honours", part)
	case err != nil:
		return err
	}
	us := cs.field(result)
	part.fill(cs, result, us)
	return s.renderPart(w, r, "honours", part)
}

func (p *honoursPart) fill(cs cycleState, r *stars.Result, us []*stars.UnitScore) {
	// 社区党组织 is spoken of as its community.
	p.Title += strings.TrimSuffix(strings.TrimSuffix(r.Level.Label, "党组织"), "党支部")
	p.Of = len(us)
	for _, u := range us {
		switch {
		case pending(u):
			p.Pending++
		case u.Grade == len(r.Rulebook.Stars):
			p.N++
		}
		if near(u) {
			p.Near++
		}
	}
	for range r.Rulebook.Stars {
		p.Lamps = append(p.Lamps, honourLamp(p.N, p.Pending == len(us)))
	}
	if len(us) == 1 {
		u := us[0]
		p.URL = cs.card(u.Code)
		p.One, p.Why = gradeOf(r.Rulebook, u)
		p.Lamps = nil
		for i := range u.Stars {
			p.Lamps = append(p.Lamps, lampOf(u.Stars[i].Lamp))
		}
	}
	switch {
	case len(us) == 0:
		p.None = "here"
	case p.Pending == len(us):
		p.None = "pending"
	}
}

// renderPart writes the main template of a page without the frame around it.
func (s *Server) renderPart(w http.ResponseWriter, r *http.Request, name string, data any) error {
	var b bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&b, "main", data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	send(w, r, http.StatusOK, b.Bytes())
	return nil
}

// honourLamp is how the row of stars shines over several units.
func honourLamp(honoured int, pending bool) lamp {
	switch {
	case pending:
		return lampOf(stars.LampPending)
	case honoured > 0:
		return lampOf(stars.LampLit)
	}
	return lampOf(stars.LampUnlit)
}
