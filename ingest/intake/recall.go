package intake

import (
	"slices"

	"gridstar/ingest"
)

// Recall gives what was chosen for the tables from which the corrected rows of a file come, so that who assigned columns by hand need
// not do so again: one choice for each table that is read, in the file's order. It gives nil where no table brings rows back that
// an upload still known was published with choices for, by whoever looks or seen by one who loads for the whole site.
func (d *Desk) Recall(look ingest.Look, by Sender) []Choice {
	var all []Choice
	some := false
	for _, t := range look.Tables {
		if t.Hidden {
			continue
		}
		c := Choice{Part: t.Part, Sheet: t.Sheet, Skip: t.Stray}
		if was, ok := d.chosen(t.Returned, by); ok {
			some = true
			c = was
			c.Part, c.Sheet, c.Encoding, c.MaxRejects, c.Skip = t.Part, t.Sheet, "", "", false
		}
		all = append(all, c)
	}
	if !some {
		return nil
	}
	return all
}

// chosen is the choice by which a job loaded its table.
func (d *Desk) chosen(job int64, by Sender) (c Choice, ok bool) {
	if job == 0 {
		return c, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range d.uploads {
		i := slices.IndexFunc(u.Outcomes, func(o Outcome) bool { return o.Result.Job == job })
		if i < 0 || by.Units != nil && by.Account != u.Sender.Account && by.Account != u.Publisher.Account {
			continue
		}
		r := u.Outcomes[i].Result
		if forAll(u.Choices) {
			c = only(u.Choices)
		} else if at := slices.IndexFunc(u.Choices, func(c Choice) bool { return c.Part == r.Part && c.Sheet == r.Sheet }); at >= 0 {
			c = u.Choices[at]
		}
		return c, c.Profile != ""
	}
	return c, false
}
