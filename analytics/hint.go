package analytics

import (
	"context"
	"database/sql"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// figureMeant turns “no such metric” into the way to ask for a reported figure, if the unknown id is a measure of the
// catalogue or one that a unit of the caller's has reported; otherwise it returns the error it was given.
func figureMeant(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q Query, load registers, unknown error) error {
	for _, id := range q.Metrics {
		if _, ok := cat.Metric(id); ok {
			continue
		}
		_, measure := cat.MeasureNamed(id)
		if !measure {
			r, err := load(ctx, v, nil, units.Date(q.Now), q.Scope.Reach)
			if err != nil {
				return err
			}
			b := (&plan{Query: q, register: r}).builder()
			found, err := texts(ctx, v, "SELECT measure FROM "+warehouse.Relation(catalog.ShapeFigure, nil)+" r WHERE measure = "+b.placeholder(id)+
				b.seenOnly()+" LIMIT 1", b.args...)
			measure = err == nil && len(found) > 0 // without an answer the first complaint stands
		}
		if measure {
			return failf(ErrUnknownMetric, "没有名为“%[1]s”的指标，它是上报的数据项，是否指 %[2]s%[1]s（比率用 %[3]s%[1]s）？",
				id, catalog.FigurePrefix, catalog.FigureRatePrefix)
		}
		return unknown // the first unknown one is the one complained about
	}
	return unknown
}

// neverSeen has a sentence for each value the query filters by that neither a code list nor, within the caller's
// scope, any record has: most likely a misspelling. It is no mistake: a ledger may bring any value, any day.
func (p *plan) neverSeen(ctx context.Context, v *warehouse.View) ([]string, error) {
	var notes []string
	for _, f := range p.unlisted {
		b := p.builder()
		found, err := texts(ctx, v, "SELECT "+f.Dim+" FROM "+warehouse.Relation(catalog.ShapeRecord, p.AsOf)+" r WHERE "+
			b.oneOf(f.Dim, f.Values)+b.seenOnly()+" LIMIT 1", b.args...)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			notes = append(notes, "筛选条件 "+f.Dim+"="+f.Values[0]+" 的取值在代码表和数据中都没有，请检查是否写错")
		}
	}
	return notes, nil
}

// texts reads one column of text.
func texts(ctx context.Context, v *warehouse.View, query string, args ...any) ([]string, error) {
	all, err := warehouse.Rows(ctx, v, func(rows *sql.Rows) (s string, err error) {
		err = rows.Scan(&s)
		return s, err
	}, query, args...)
	if err != nil {
		return nil, &engineError{err}
	}
	return all, nil
}
