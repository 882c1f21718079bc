package analytics

import (
	"context"
	"database/sql"

	"gridstar/analytics/warehouse"
)

// tellApart gives the keys of units whose name another unit of the same dimension bears the name of the unit above:
// every community has a 第一网格. Answers without such names cost nothing.
func (p *plan) tellApart(ctx context.Context, v *warehouse.View, a *Answer) error {
	var upper map[string]string
	for i, d := range a.Dims {
		if !d.Unit {
			continue
		}
		first := map[string]any{} // name → the code that was first to bear it
		shared := map[string]bool{}
		for _, r := range a.Rows {
			k := r.Keys[i]
			if k.Value == nil {
				continue
			}
			if code, ok := first[k.Name]; !ok {
				first[k.Name] = k.Value
			} else if code != k.Value {
				shared[k.Name] = true
			}
		}
		if len(shared) == 0 {
			continue
		}
		if upper == nil {
			var err error
			if upper, err = p.upperNames(ctx, v); err != nil {
				return err
			}
		}
		for _, r := range a.Rows {
			if code, ok := r.Keys[i].Value.(string); ok && shared[r.Keys[i].Name] {
				r.Keys[i].Upper = upper[code]
			}
		}
	}
	return nil
}

// upperNames are the names of the units above, by code.
func (p *plan) upperNames(ctx context.Context, v *warehouse.View) (map[string]string, error) {
	names := map[string]string{}
	_, err := warehouse.Rows(ctx, v, func(rows *sql.Rows) (struct{}, error) {
		var code, name string
		err := rows.Scan(&code, &name)
		names[code] = name
		return struct{}{}, err
	}, `WITH org_unit AS (`+p.unitSQL()+`) SELECT u.code, a.name FROM org_unit u JOIN org_unit a ON a.code = u.parent_code AND a.tree = u.tree`)
	if err != nil {
		return nil, &engineError{err}
	}
	return names, nil
}
