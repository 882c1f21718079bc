package web

// periodControls are the switch of periods of a page: the template periods.
type periodControls struct {
	Path    string // of the page
	Pers    []choice
	Period  Period
	Earlier string
	Later   string // "" where it would lie in the future
	Keep    []hidden
	Cut     choice // the other cut of the units, where rows were moved by one
}

// periods are the controls of a page; keep are the parameters that they leave as they are.
func (s *Server) periods(st state, path string, keep []string, more ...string) periodControls {
	c := periodControls{Path: path, Period: st.Period, Earlier: st.during(st.Period.Step(-1)).link(path, more...)}
	for _, k := range pers {
		q := st.during(periodOf(k.id, st.Period.Last(), s.Catalog.Site.WeekStart))
		c.Pers = append(c.Pers, choice{k.label, q.link(path, more...), st.Period.Per == k.id})
	}
	if next := st.Period.Step(1); !next.From.After(s.Now()) {
		c.Later = st.during(next).link(path, more...)
	}
	if st.extent.Moved {
		other := st
		other.Then, c.Cut.Text = !st.Then, "按当时的单位"
		if st.Then {
			c.Cut.Text = "按现行单位"
		}
		c.Cut.URL = other.link(path, more...)
	}
	keep = append([]string{"units"}, keep...)
	values := st.values()
	for i := 0; i+1 < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	for _, name := range keep {
		if v := values.Get(name); v != "" {
			c.Keep = append(c.Keep, hidden{name, v})
		}
	}
	return c
}
