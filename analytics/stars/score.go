package stars

import (
	"context"
	"errors"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// ErrNoUnits is wrapped when there is nothing to score.
var ErrNoUnits = errors.New("no units to score")

// Options say what to score.
type Options struct {
	Org   string      // only the scored units in, under or covering this unit; "" for all
	Now   time.Time   // naive time of the site's zone; what lies after it has not happened
	Scope units.Scope // what the caller may see; the zero Scope sees nothing
}

// Score scores a cycle as far as it has come by now. It asks one query for each period that the rulebook counts over.
//
// For a reader there are the units that his scope reaches, and no others: among them places are given, and over them go
// the medians and Scored. What a unit scores, and which level is scored, is the same for every reader. Org only chooses
// which of his units are returned.
//
// Errors wrap ErrCycle, ErrNoUnits, or those of package analytics, and are Chinese sentences for the user. A unit that the
// reader does not see is refused like one that does not exist; a reader who sees no scored unit gets none, and no error.
func Score(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, c Cycle, o Options) (*Result, error) {
	if o.Scope.Empty() {
		return nil, userError{analytics.ErrScope, "没有查看数据的权限，请联系管理员授权"}
	}
	if err := c.begun(o.Now); err != nil {
		return nil, err
	}
	rules := cat.Rulebook()
	site, err := units.LoadTree(ctx, v, nil, units.Date(o.Now))
	if err != nil {
		return nil, err
	}
	level, err := levelOf(site, cat, rules)
	if err != nil {
		return nil, err
	}
	tree := site.Within(o.Scope.Reach)
	all := scored(tree, level.ID)
	a := &asker{cat: cat, cycle: c, now: o.Now, level: level.ID}
	if err := a.ask(ctx, v, rules); err != nil {
		return nil, err
	}
	for i := range all {
		u := &all[i]
		for _, rule := range rules.Indicators {
			s := scoreIndicator(rule, a.count(rule, u.Code))
			if rule.Metric != "" {
				s.Query = Query{Metric: rule.Metric, From: c.From, To: a.window(rule.Per).to, Org: u.Code}
			}
			u.Indicators = append(u.Indicators, s)
		}
		scoreUnit(rules, u)
	}
	place(all)
	r := &Result{
		Cycle: c, State: Monitoring, Rulebook: rules, DataVersion: v.Version(), From: c.From, To: c.To, Now: o.Now,
		Level: level, Units: all, Scored: len(all), Medians: median(rules, all),
	}
	if o.Now.Before(c.To) {
		r.To = o.Now
	}
	if o.Org != "" {
		if r.Units, err = about(tree, level.ID, o.Org, all); err != nil {
			return nil, err
		}
	}
	return r, nil
}
