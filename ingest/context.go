package ingest

import (
	"errors"
	"time"

	"gridstar/analytics/units"
	"gridstar/ingest/profile"
)

// fileContext is what the surroundings of a table say about all its rows: the unit and the period of the title,
// the sheet or the file name, and what was given with the file.
type fileContext struct {
	unit   string // code; "" for the whole site
	err    error  // the title fits two units: rows that name none of their own cannot be placed
	period period // zero where nothing is stated
	clock  profile.Clock
}

// within is what bounds a name in a row.
func (c *fileContext) within() []string {
	if c.unit == "" {
		return nil
	}
	return []string{c.unit}
}

// surroundings finds the unit of a file in the profile's order of sources; the unit given with the file bounds
// all of them and stands where none says more.
func surroundings(b *profile.Binding, dir *units.Directory, org string, title profile.Title, zone *time.Location) (fileContext, error) {
	ctx := fileContext{
		clock:  profile.Clock{From: title.From, To: title.To, Site: zone},
		period: period{title.From, title.To},
	}
	var within []string
	if org != "" {
		u, err := dir.Resolve(org, nil, "")
		if err != nil {
			return ctx, err
		}
		ctx.unit, within = u.Code, []string{u.Code}
	}
	for _, src := range b.Org {
		text := title.Text(src.Kind)
		if text == "" {
			continue
		}
		u, ok, err := dir.FindOne(text, within...)
		var ambiguous *units.AmbiguousError
		switch {
		case errors.As(err, &ambiguous):
			ctx.err = err
			return ctx, nil
		case err != nil:
			return ctx, err
		case ok:
			ctx.unit = u.Code
			return ctx, nil
		}
	}
	return ctx, nil
}
