package web

import (
	"testing"

	"github.com/jba/templatecheck"
)

// pages are the struct that each template is filled with.
var pages = map[string]any{
	"overview":  &overviewPage{},
	"map":       &mapPage{},
	"draw":      &drawPage{},
	"mapunit":   unitPart{},
	"records":   &recordsPage{},
	"start":     startPage{},
	"stars":     &starsPage{},
	"scorecard": &scorecardPage{},
	"honours":   honoursPart{},
	"signin":    signInPage{},
	"enter":     enterPage{},
	"search":    &searchPage{},
	"account":   &accountPage{},
	"admin":     &adminPage{},
	"person":    &personPage{},
	"audit":     &auditPage{},
	"data":      &dataPage{},
	"upload":    &uploadPage{},
	"job":       &jobPage{},
	"undo":      &undoPage{},
	"aliases":   &aliasesPage{},
	"borders":   &bordersPage{},
	"error":     errorPage{},

	"bordersfile": &bordersFilePage{},
}

// A name in a template that its struct does not have would fail only when somebody opens the page.
func TestTemplates(t *testing.T) {
	s := &Server{}
	templates, err := parseTemplates(s.funcs())
	if err != nil {
		t.Fatal(err)
	}
	for name, tmpl := range templates {
		data, ok := pages[name]
		if !ok {
			t.Errorf("template %s has no struct in this test", name)
			continue
		}
		if name == "honours" || name == "mapunit" {
			tmpl = tmpl.Lookup("main") // a part without a frame
		}
		if err := templatecheck.CheckHTMLStrict(tmpl, data); err != nil {
			t.Errorf("%s with %T: %v", name, data, err)
		}
		if err := templatecheck.CheckHTMLStrict(tmpl, struct{ Frame }{}); err == nil {
			t.Errorf("%s fits any page: the check does not look inside", name)
		}
	}
	for name := range pages {
		if templates[name] == nil {
			t.Errorf("there is no template %s", name)
		}
	}
}
