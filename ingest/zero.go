package ingest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// ZeroRequest is a 零报告: of a ledger, a unit and a period there was nothing to report.
type ZeroRequest struct {
	Profile  *profile.Profile
	Org      string    // code or name; "" for the whole site
	From, To time.Time // days, naive; To is not part of it
	Scope    units.Scope
	Scoped   bool
	Actor    string
	Wait     time.Duration // as in Request
	DryRun   bool
}

// Zero states, as a job of its own, that a ledger was delivered without rows: the period is covered, so that its counts are
// 0 and not 缺数据. It covers what files of the ledger cover, and nothing of days to come. Rows that are there nonetheless
// stay, and a warning says how many.
func (in *Ingester) Zero(ctx context.Context, r ZeroRequest) (Result, error) {
	start := time.Now()
	if r.Profile.Refuse != "" {
		return Result{}, fmt.Errorf("“%s”：%s", r.Profile.Title, r.Profile.Refuse)
	}
	file := Request{Name: "零报告：" + r.Profile.Title, Profile: r.Profile, Org: r.Org, Scope: r.Scope, Scoped: r.Scoped, Actor: r.Actor}
	space := r.Profile.SourceSystem()
	job, err := in.Warehouse.Begin(ctx, warehouse.Spec{
		Verb: "ingest", File: file.Name, Profile: r.Profile.Name, Options: file.options(r.Profile), OrgCode: r.Org, Spaces: []string{space}, Wait: r.Wait,
	})
	if err != nil {
		return Result{}, err
	}
	defer job.Abandon()
	lg := &ledger{
		binding: &profile.Binding{Profile: r.Profile}, catalog: in.Catalog, hasher: in.Warehouse.Hasher, now: in.Now(), space: space,
		privacy: privacy{rejectID: -1},
	}
	err = in.Warehouse.View(ctx, func(v *warehouse.View) (err error) {
		lg.dir, err = in.Units.Directory(ctx, v, in.Levels, lg.now)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if err := lg.zeroUnit(r); err != nil {
		return Result{}, err
	}
	l := &load{in: in, job: job, request: file, collector: newCollector(lg)}
	days := period{midnight(r.From), midnight(r.To)}
	if tomorrow := midnight(lg.now).AddDate(0, 0, 1); days.to.After(tomorrow) {
		days.to = tomorrow
	}
	if !days.from.Before(days.to) {
		return Result{}, fmt.Errorf("零报告的期间（%s至%s）还没有开始，或止日早于起日，请核对", r.From.Format(time.DateOnly), r.To.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	var all []statement
	for _, shape := range r.Profile.Shapes() {
		for _, code := range r.Profile.Covers {
			if _, ok := in.Catalog.Lookup(codeList(shape, subjectColumn[shape]), code); ok {
				all = append(all, statement{subject{shape, code, lg.context.unit}, "zero", days})
			} else if m, ok := in.Catalog.Measure(code); ok && shape == "figure" {
				all = append(all, statement{subject{shape, m.ID, lg.context.unit}, "zero", days})
			}
		}
	}
	if len(all) == 0 {
		return Result{}, fmt.Errorf("“%s”没有固定的报送内容，不能作零报告", r.Profile.Title)
	}
	res := Result{File: file.Name, Profile: r.Profile.Name, Located: map[Located]int64{}, Warnings: []Warning{}}
	n, err := l.rowsOf(ctx, all)
	if err != nil {
		return Result{}, err
	}
	if n > 0 {
		l.warnings.add("zero", fmt.Sprintf("该单位该期间已有 %d 行入库，与零报告不符，仍予保留，请核对", n), 0, "")
		res.Warnings = l.warnings.list()
	}
	if err := l.cover(ctx, all, &res); err != nil {
		return Result{}, err
	}
	if err := l.writeLoaded(ctx); err != nil {
		return Result{}, err
	}
	if !r.DryRun {
		if res.Version, err = job.Publish(ctx, warehouse.Totals{Located: toJSON(res.Located), Warnings: toJSON(res.Warnings)}); err != nil {
			return Result{}, err
		}
		res.Job = job.ID
	}
	res.Seconds = time.Since(start).Seconds()
	return res, nil
}

// zeroUnit settles whose report it is.
func (l *ledger) zeroUnit(r ZeroRequest) error {
	l.bounds = newBounds(Request{Scope: r.Scope, Scoped: r.Scoped}, l.dir)
	if r.Org != "" {
		u, err := l.bounds.resolve(l.dir, r.Org, nil)
		if err != nil {
			return err
		}
		l.context.settle(u.Code)
	}
	switch {
	case l.bounds.holds(l.context.unit):
		return nil
	case l.context.unit != "":
		return fmt.Errorf("“%s”不在您负责的范围内，不能由您作零报告", l.dir.FullName(l.context.unit))
	case len(l.bounds.units) == 1:
		l.context.settle(l.bounds.units[0])
		return nil
	}
	return fmt.Errorf("请选择作零报告的单位")
}

// rowsOf counts the live rows that statements say there are none of. Figures and places are not counted: a zero may stand
// among them as a number, and places are of all times.
func (l *load) rowsOf(ctx context.Context, all []statement) (total int64, err error) {
	var below []string
	for _, u := range l.dir.Units() {
		if l.context.unit == "" || l.dir.Contains(l.context.unit, u.Code) {
			below = append(below, u.Code)
		}
	}
	for _, s := range all {
		col := dateOf[s.shape]
		if col == "" {
			continue
		}
		n, err := warehouse.Rows(ctx, l.job, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) },
			fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s = $1 AND %s >= $2 AND %[3]s < $3
				AND org_code IN (SELECT unnest(string_split($4, chr(31))))`, s.shape, subjectColumn[s.shape], col),
			s.code, s.from, s.to, strings.Join(below, "\x1f"))
		if err != nil {
			return 0, err
		}
		total += n[0]
	}
	return total, nil
}
