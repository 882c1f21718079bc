package analytics

import (
	"gridstar/analytics/units"
)

// attributed is an attribute of the register of units added up for one combination of asked units.
type attributed struct {
	n     float64
	units int64

	pick int // whose values count: 0 the cell's own unit's, 1 those of the area tree, 2 those of the party tree
	last int // position of the last unit below those added up
}

func (a *attributed) counted() counted {
	if a == nil {
		return counted{}
	}
	return counted{n: a.n, given: true, rows: a.units}
}

// registered adds up what units state in the register, by the rule of rollup.sql: a cell takes its own unit's value, else
// those of the topmost units inside it that have one. The statement has to do it only where some cell has none, which
// then takes reported figures (figure.go): all says that there is no such cell. By tupleKey of the asked units, which
// tuples has in order.
func (p *plan) registered(attribute string) (cells map[string]*attributed, tuples [][]int, all bool) {
	cells = map[string]*attributed{}
	finest := p.finest()
	t := p.register.tree
	keys := map[string]bool{} // of the cells that any unit lies in
	for i, in := range p.inside {
		if !in {
			continue
		}
		n := t.Node(i + 1)
		tuple := make([]int, len(p.orgs))
		own, some := false, len(p.orgs) == 0
		for j, d := range p.orgs {
			tuple[j] = t.At(n.Position, d.from)
			some = some || tuple[j] > 0
		}
		if !some {
			continue
		}
		for _, d := range finest {
			if at := t.At(n.Position, d.from); at > 0 {
				own = at == n.Position
				break
			}
		}
		if len(p.orgs) == 0 && len(p.within) == 1 {
			own = n.Code == p.within[0]
		}
		key := tupleKey(tuple)
		if !keys[key] {
			keys[key] = true
			tuples = append(tuples, tuple)
		}
		value, ok := attributeOf(n, attribute)
		if !ok || !n.Valid {
			continue
		}
		pick := 2
		switch {
		case own:
			pick = 0
		case n.Tree == units.Area:
			pick = 1
		}
		c := cells[key]
		if c == nil || pick < c.pick {
			c = &attributed{pick: pick}
			cells[key] = c
		}
		if pick == c.pick && n.Position > c.last {
			c.n += value
			c.units++
			c.last = n.Last
		}
	}
	return cells, tuples, len(cells) == len(keys)
}

// attributeOf is a unit's registered value of an attribute.
func attributeOf(n *units.Node, attribute string) (value float64, ok bool) {
	switch {
	case attribute == "households" && n.Households != nil:
		return float64(*n.Households), true
	case attribute == "population" && n.Population != nil:
		return float64(*n.Population), true
	case attribute == "area_km2" && n.AreaKM2 != nil:
		return *n.AreaKM2, true
	}
	return 0, false
}
