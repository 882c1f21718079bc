package catalog

import "strings"

// SmallLevel is the level of a tree below which small numbers of people in care are not shown (Site.SmallBelow), and the
// level right below it; both are "" for a tree that the site does not have, below also where there is no lower level.
func (c *Catalog) SmallLevel(tree string) (level, below string) {
	for _, id := range c.Site.SmallBelow {
		if l, ok := c.Level(id); ok && l.Tree == tree {
			level = id
		}
	}
	found := false
	for _, l := range c.Levels {
		switch {
		case l.Tree != tree:
		case found:
			return level, l.ID
		case l.ID == level:
			found = true
		}
	}
	return level, ""
}

// checkSmallBelow holds the site to one level of each of its trees: a misspelt one would leave its tree unprotected. The
// default's level of a tree that the site does not have says nothing.
func (c *Catalog) checkSmallBelow() string {
	for _, tree := range []string{Area, Party} {
		var known, named []string
		for _, l := range c.Levels {
			if l.Tree != tree {
				continue
			}
			known = append(known, l.ID)
			for _, id := range c.Site.SmallBelow {
				if id == l.ID {
					named = append(named, id)
				}
			}
		}
		if len(known) > 0 && len(named) != 1 {
			return "small_below 应在“" + strings.Join(known, "、") + "”中写明一个层级，这一级以下的单位不显示关爱对象的小数"
		}
	}
	return ""
}

// CountsThings says whether numerator and denominator are numbers of rows or of distinct values, not sums or extremes.
func (m *Metric) CountsThings() bool {
	counts := func(e *Expr) bool {
		if e == nil {
			return false
		}
		a, ok := e.root.(aggregateNode)
		return ok && a.name == "count"
	}
	switch m.Type {
	case Count:
		return counts(m.numerator)
	case Ratio:
		return counts(m.numerator) && counts(m.denominator) && m.partial == nil
	}
	return false
}
