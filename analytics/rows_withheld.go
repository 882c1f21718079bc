package analytics

import (
	"slices"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// withheld refuses a list whose very rows would tell what its columns do not show: of nothing but petitions, or of people
// in care. It is open to who may read the protected field of every unit that the list is about.
func (p *rowPlan) withheld() error {
	switch {
	case p.onlyPetitions() && !p.allWithin(p.Scope.Petitions):
		return failf(ErrWithheld, "信访事项只提供汇总数，明细依权限不显示，如工作需要，请联系管理员授予“信访内容”权限")
	case p.byCareGroup() && !p.allWithin(p.Scope.Care):
		return failf(ErrWithheld, "按关爱对象的类别只提供汇总数，明细依权限不显示，请去掉对象类别的条件")
	case p.ofCare() && !p.allWithin(p.Scope.Care):
		return failf(ErrWithheld, "关爱对象只提供汇总数，明细依权限不显示，如工作需要，请联系管理员授予“关爱名单”权限")
	}
	return nil
}

// allWithin says whether all units whose rows are listed are in reach. Where rows without a unit are listed too only
// everything will do.
func (p *rowPlan) allWithin(reach units.Reach) bool {
	if reach.All || reach.Empty() || !p.restricted() {
		return reach.All
	}
	in := p.register.reached(reach)
	for i, counts := range p.inside {
		if counts && !in[i] {
			return false
		}
	}
	return true
}

// onlyPetitions says that one of the lists that the metric opens to has no other kind of matter.
func (p *rowPlan) onlyPetitions() bool {
	return slices.ContainsFunc(p.operands(p.asked), func(m *catalog.Metric) bool {
		if m.Shape != catalog.ShapeRecord {
			return false
		}
		kinds := p.kindsOf(m)
		return len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return k != petition })
	})
}

// byCareGroup says that the query is about some target groups: those that are in no care group would tell the others.
func (p *rowPlan) byCareGroup() bool {
	if slices.ContainsFunc(p.codeOnly, func(f Filter) bool { return f.Dim == catalog.ListTargetGroup }) {
		return true
	}
	return slices.ContainsFunc(p.operands(p.asked), func(m *catalog.Metric) bool {
		return m.Shape == catalog.ShapeRecord && m.Reads(catalog.ListTargetGroup)
	})
}

// ofCare says that the metric counts people in care.
func (p *rowPlan) ofCare() bool {
	return slices.ContainsFunc(p.operands(p.asked), func(m *catalog.Metric) bool { return m.Care })
}
