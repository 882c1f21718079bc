package stars

import (
	"slices"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// scored are the units to be scored, in official order: of those that a tree has, the ones in force at a level.
func scored(t *units.Tree, level string) []UnitScore {
	var all []UnitScore
	for _, n := range t.Nodes() {
		if n.Level != level || !n.Valid {
			continue
		}
		u := UnitScore{Code: n.Code, Name: n.Name}
		if n.Parent > 0 {
			u.Upper = t.Node(n.Parent).Name
		}
		all = append(all, u)
	}
	return all
}

// levelOf is the level that is scored: the rulebook's first of which the site has units in force.
func levelOf(t *units.Tree, cat *catalog.Catalog, rules *catalog.Rulebook) (catalog.Level, error) {
	var names []string
	for _, id := range rules.Level {
		level, _ := cat.Level(id) // the catalogue has checked that it exists
		names = append(names, level.Label)
		if slices.ContainsFunc(t.Nodes(), func(n units.Node) bool { return n.Level == id && n.Valid }) {
			return level, nil
		}
	}
	return catalog.Level{}, userError{ErrNoUnits, "没有可以评价的单位（" + strings.Join(names, "、") + "），请先用 units load 载入单位树"}
}

// about keeps the units that are, lie below, cover, or are covered by a unit, or by parts of it, in their order.
func about(t *units.Tree, level, org string, all []UnitScore) ([]UnitScore, error) {
	asked := map[string]bool{}
	for i, under := range t.Under([]string{org}) {
		n := t.Node(i + 1)
		at := t.At(n.Position, level)
		if under && at > 0 && (n.Tree == catalog.Area || at == n.Position) {
			asked[t.Node(at).Code] = true
		}
	}
	some := slices.DeleteFunc(slices.Clone(all), func(u UnitScore) bool { return !asked[u.Code] })
	if len(some) == 0 {
		return nil, userError{ErrNoUnits, "“" + org + "”之下没有参加评价的单位"}
	}
	return some, nil
}
