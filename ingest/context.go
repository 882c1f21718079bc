package ingest

import (
	"fmt"
	"slices"
	"time"

	"gridstar/analytics/units"
	"gridstar/ingest/profile"
)

// fileContext is what the surroundings of a table say about all its rows: the unit and the period of the title,
// the sheet or the file name, and what was given with the file.
type fileContext struct {
	unit   string   // code; "" for the whole site
	within []string // what bounds a name in a row: the unit, nil for the whole site
	err    error    // the title fits two units: rows that name none of their own cannot be placed
	period period   // zero where the profile does not take it from there, or nothing is stated
	clock  profile.Clock
}

func (c *fileContext) settle(unit string) { c.unit, c.within = unit, []string{unit} }

// surroundings finds the unit of a file in the profile's order of sources. The unit given with the file bounds all
// of them and stands where none says more; a later source may only name a unit inside the one already found. The
// period counts only where the profile says that files of this ledger state theirs: a year in the name of an export
// is no promise that the export holds that whole year.
func surroundings(b *profile.Binding, dir *units.Directory, org string, title profile.Title, zone *time.Location) (fileContext, error) {
	ctx := fileContext{clock: profile.Clock{From: title.From, To: title.To, Site: zone}}
	switch b.Profile.Period.Kind {
	case "":
	case "column": // a month's report may lack the column of months; a list may not promise more than its column says
		if !b.Period.Bound() && slices.Equal(b.Profile.Shapes(), []string{"figure"}) {
			ctx.period = period{title.From, title.To}
		}
	default:
		ctx.period = period{title.From, title.To}
	}
	if org != "" {
		u, err := dir.Resolve(org, nil, "")
		if err != nil {
			return ctx, err
		}
		ctx.settle(u.Code)
	}
	stated := false // a source has named a unit
	for _, src := range b.Org {
		text := title.Text(src.Kind)
		if text == "" {
			continue
		}
		u, ok, err := dir.FindOne(text, ctx.within...)
		switch {
		case ambiguous(err) && stated: // what is already known stands
		case ambiguous(err):
			ctx.err = err
			return ctx, nil
		case err != nil:
			return ctx, err
		case ok:
			ctx.settle(u.Code)
			stated = true
		case org != "" && !stated:
			if err := contradiction(dir, text, ctx.unit); err != nil {
				return ctx, err
			}
		}
	}
	return ctx, nil
}

// contradiction refuses a file that speaks of other units than the one given with it.
func contradiction(dir *units.Directory, text, given string) error {
	found := dir.FindInText(text)
	for _, u := range found {
		if dir.Contains(u.Code, given) || dir.Contains(given, u.Code) {
			return nil
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("文件写明的单位是“%s”，与指定的单位“%s”不一致，请核对文件或 --org", dir.FullName(found[0].Code), dir.FullName(given))
}
