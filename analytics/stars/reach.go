package stars

import (
	"slices"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// scored are the units to be scored, in official order: those in force of the rulebook's first level that has any.
func scored(t *units.Tree, cat *catalog.Catalog, rules *catalog.Rulebook) (catalog.Level, []UnitScore, error) {
	var names []string
	for _, id := range rules.Level {
		level, _ := cat.Level(id) // the catalogue has checked that it exists
		names = append(names, level.Label)
		var of []UnitScore
		for _, n := range t.Nodes() {
			if n.Level != id || !n.Valid {
				continue
			}
			u := UnitScore{Code: n.Code, Name: n.Name}
			if n.Parent > 0 {
				u.Upper = t.Node(n.Parent).Name
			}
			of = append(of, u)
		}
		if len(of) > 0 {
			return level, of, nil
		}
	}
	return catalog.Level{}, nil, userError{ErrNoUnits, "没有可以评价的单位（" + strings.Join(names, "、") + "），请先用 units load 载入单位树"}
}

// visible keeps the units that the options ask for and the scope allows, in their order.
func visible(t *units.Tree, level string, all []UnitScore, o Options) ([]UnitScore, error) {
	if !o.Scope.All {
		seen := reach(t, level, o.Scope.Units)
		all = slices.DeleteFunc(slices.Clone(all), func(u UnitScore) bool { return !seen[u.Code].own && !seen[u.Code].whole() })
	}
	if o.Org != "" {
		asked := reach(t, level, []string{o.Org})
		all = slices.DeleteFunc(slices.Clone(all), func(u UnitScore) bool { return !asked[u.Code].own && asked[u.Code].in == 0 })
		if len(all) == 0 {
			return nil, userError{ErrNoUnits, "“" + o.Org + "”之下没有参加评价的单位"}
		}
	}
	return all, nil
}

// belonging says how a scored unit belongs to given units: whether it is one of them or lies below one (own), and of
// the area units that count for it, how many do (in) and how many there are.
type belonging struct {
	own      bool
	in, area int
}

func (b belonging) whole() bool { return b.area > 0 && b.in == b.area }

// reach tells for each unit of the scored level, by code, how it belongs to the given units.
func reach(t *units.Tree, level string, given []string) map[string]belonging {
	under := t.Under(given)
	all := map[string]belonging{}
	for _, n := range t.Nodes() {
		at := t.At(n.Position, level)
		if at == 0 {
			continue
		}
		code := t.Node(at).Code
		b := all[code]
		in := under[n.Position-1]
		if at == n.Position {
			b.own = in
		}
		if n.Tree == catalog.Area {
			b.area++
			if in {
				b.in++
			}
		}
		all[code] = b
	}
	return all
}
