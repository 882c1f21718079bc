package intake

import (
	"context"

	"gridstar/ingest"
)

// Look says what an upload holds and what would become of it as chosen, with the first rows of each table as they would
// be stored; nothing is written. Tables without a choice are looked at as they are recognised. What would be refused is judged
// with the units of whoever looks, who may be the one to publish it.
func (d *Desk) Look(ctx context.Context, id string, choices []Choice, rows int, by Sender) (_ ingest.Look, err error) {
	defer d.caught(&err, id)
	u, ok := d.Upload(id)
	if !ok || u.Kind != Ledgers {
		return ingest.Look{}, errUnknown
	}
	f, err := d.open(u)
	if err != nil {
		return ingest.Look{}, err
	}
	defer f.Close()
	in, err := d.o.Ingester()
	if err != nil {
		return ingest.Look{}, err
	}
	base := order{file: f, name: u.Name, by: by}.request(d)
	var c Choice
	if forAll(choices) {
		c = only(choices)
	}
	r, err := d.request(ctx, in, base, c, by)
	if err != nil {
		return ingest.Look{}, err
	}
	all, err := in.Look(ctx, r, rows)
	if err != nil || forAll(choices) {
		return all, err
	}
	sights := map[[2]string][]int{} // by part and sheet
	for i, s := range all.Tables {
		key := [2]string{s.Part, s.Sheet}
		sights[key] = append(sights[key], i)
	}
	err = d.tables(ctx, base, choices, func(r ingest.Request, c Choice) error {
		key := [2]string{r.Part, r.Table}
		if len(sights[key]) == 0 {
			return nil
		}
		i := sights[key][0]
		sights[key] = sights[key][1:]
		r, err := d.request(ctx, in, r, c, by)
		if err != nil {
			all.Tables[i].Problem = sentence(err)
			return nil
		}
		one, err := in.Look(ctx, r, rows)
		if err != nil {
			all.Tables[i].Problem = sentence(err)
			return nil
		}
		for _, s := range one.Tables {
			if s.Sheet == r.Table {
				s.Part = r.Part
				all.Tables[i] = s
			}
		}
		return nil
	})
	return all, err
}
