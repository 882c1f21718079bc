package stars

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
// Org and Scope choose which units are returned, not what they are compared with: a unit's score, its place and the
// medians are over all units of the level and the same for every reader. A reader sees a scored unit that is in the
// scope, or whose area units all are.
//
// Errors wrap ErrCycle, ErrNoUnits, or those of package analytics, and are Chinese sentences for the user.
func Score(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, c Cycle, o Options) (*Result, error) {
	if o.Scope.Empty() {
		return nil, userError{analytics.ErrScope, "没有查看数据的权限，请联系管理员授权"}
	}
	if err := c.begun(o.Now); err != nil {
		return nil, err
	}
	rules := cat.Rulebook()
	level, all, err := scored(ctx, v, cat, rules, o.Now)
	if err != nil {
		return nil, err
	}
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
		Level: level, Scored: len(all), Medians: median(rules, all),
	}
	if o.Now.Before(c.To) {
		r.To = o.Now
	}
	r.Units, err = visible(ctx, v, level.ID, all, o)
	return r, err
}

//go:embed units.sql
var unitsSQL string

// scored are the units to be scored: those of the rulebook's first level that has any.
func scored(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, rules *catalog.Rulebook, now time.Time) (catalog.Level, []UnitScore, error) {
	var args []any
	var levels []string
	for i, id := range rules.Level {
		args, levels = append(args, id), append(levels, "$"+strconv.Itoa(i+1))
	}
	type row struct {
		level string
		unit  UnitScore
	}
	var rows []row
	if len(levels) > 0 {
		var err error
		query := strings.NewReplacer("{{units}}", units.UnitSQL(nil, units.Date(now)), "{{levels}}", strings.Join(levels, ", ")).Replace(unitsSQL)
		rows, err = warehouse.Rows(ctx, v, func(r *sql.Rows) (x row, err error) {
			var upper sql.NullString
			err = r.Scan(&x.level, &x.unit.Code, &x.unit.Name, &upper)
			x.unit.Upper = upper.String
			return x, err
		}, query, args...)
		if err != nil {
			return catalog.Level{}, nil, fmt.Errorf("reading the units to score: %w", err)
		}
	}
	var names []string
	for _, id := range rules.Level {
		level, _ := cat.Level(id)
		names = append(names, level.Label)
		var of []UnitScore
		for _, x := range rows {
			if x.level == id {
				of = append(of, x.unit)
			}
		}
		if len(of) > 0 {
			return level, of, nil
		}
	}
	return catalog.Level{}, nil, userError{ErrNoUnits, "没有可以评价的单位（" + strings.Join(names, "、") + "），请先用 units load 载入单位树"}
}

//go:embed reach.sql
var reachSQL string

// visible keeps the units that the options ask for and the scope allows, in their order.
func visible(ctx context.Context, v *warehouse.View, level string, all []UnitScore, o Options) ([]UnitScore, error) {
	if !o.Scope.All {
		seen, err := reach(ctx, v, level, o.Now, o.Scope.Units)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(slices.Clone(all), func(u UnitScore) bool { return !seen[u.Code].own && !seen[u.Code].whole })
	}
	if o.Org != "" {
		asked, err := reach(ctx, v, level, o.Now, []string{o.Org})
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(slices.Clone(all), func(u UnitScore) bool { return !asked[u.Code].own && !asked[u.Code].part })
		if len(all) == 0 {
			return nil, userError{ErrNoUnits, "“" + o.Org + "”之下没有参加评价的单位"}
		}
	}
	return all, nil
}

// belonging says how a scored unit belongs to given units; see reach.sql.
type belonging struct{ own, part, whole bool }

func reach(ctx context.Context, v *warehouse.View, level string, now time.Time, given []string) (map[string]belonging, error) {
	args := []any{level}
	var phs []string
	for _, code := range given {
		args = append(args, code)
		phs = append(phs, "$"+strconv.Itoa(len(args)))
	}
	query := strings.NewReplacer("{{path}}", units.PathSQL(nil, units.Date(now)), "{{given}}", strings.Join(phs, ", ")).Replace(reachSQL)
	found := map[string]belonging{}
	_, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (struct{}, error) {
		var code string
		var b belonging
		err := r.Scan(&code, &b.own, &b.part, &b.whole)
		found[code] = b
		return struct{}{}, err
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading which units belong to %q: %w", given, err)
	}
	return found, nil
}
