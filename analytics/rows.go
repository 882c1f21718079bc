package analytics

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// ErrPage is a mistake in what a list of rows was asked to show: its part, order or page. ErrWithheld says that the
// number may be seen, its rows not (see Withheld).
var (
	ErrPage     = errors.New("明细的翻页、排序或部分有误")
	ErrWithheld = errors.New("明细依权限不显示")
)

// RowQuery asks for the rows behind one cell of an answer. The Query has one metric, no dimensions and no comparison:
// the keys of the cell are given as its period (From, To), unit (Org) and code values (Where). A cell of rows without
// a unit at a level has the filter {"org:<level>", [""]}, which only row queries know.
type RowQuery struct {
	Query
	Part Part

	Sort          string // id of a sortable column; "" for the shape's own order, which Desc does not turn
	Desc          bool
	Offset, Limit int // rows passed over and shown; a Limit of 0 is 50, the greatest MaxPage
}

// MaxPage is the greatest number of rows of one page.
const MaxPage = 1000

const defaultPage = 50

// Part says which of the rows behind a number are meant.
type Part string

const (
	// PartBase is what the denominator counts; of a count, a quantile or a stock, what is counted.
	PartBase Part = ""
	// PartHit is what the numerator counts, fully or in part. Due: the cells in which enough was held. Weighted: what
	// counts in every part.
	PartHit Part = "hit"
	// PartMiss is the base without the numerator: the overdue ones, the 应巡未巡.
	PartMiss Part = "miss"
	// PartFlagged is what a quantile leaves out because its duration is negative, or the readings of a figure that
	// are no exact numbers (those do count).
	PartFlagged Part = "flagged"
	// PartExcluded is what would be in the base, were it not 作废 or 不予受理.
	PartExcluded Part = "excluded"
)

// RowPage is one page of the rows behind a number. Times are naive times of the site's zone (location UTC).
type RowPage struct {
	Metric  *catalog.Metric // as asked
	Shape   string          // of the rows: record, activity, figure, place, org, or catalog.Due for cells of a schedule
	Columns []RowColumn
	Rows    []RowLine
	Total   int64 // rows of the asked part, on all pages
	Parts   []PartCount

	HeldBack int64 // rows of the base that the caller may not see: petitions

	From, To, Now time.Time
	Version       int64  // data version answered from
	Catalog       string // hash of the catalogue

	Notes []string // sentences for the reader, as those of an Answer
}

// Kinds of RowColumn, with the types of their cells. Every cell may also be nil.
const (
	TextColumn   = "text"   // string
	TimeColumn   = "time"   // time.Time
	DateColumn   = "date"   // time.Time at midnight
	NumberColumn = "number" // float64; Reading for reported figures
	CodeColumn   = "code"   // Key: the code and its label
	UnitColumn   = "unit"   // Key: the unit's code and its name behind that of the unit above
	FlagColumn   = "flag"   // bool
)

// RowColumn is a column of a RowPage.
type RowColumn struct {
	ID, Label string
	Kind      string
	Sortable  bool
}

// RowLine is one row. Cells are in the order of the columns.
type RowLine struct {
	Job, Row int64 // the job and the file row it was loaded from; 0 where there is none
	Cells    []any
}

// PartCount is a part that the metric has with the number of its rows. One with a Metric is a link to the base of
// another metric: the denominator of a cross metric, the parts of a weighted one; its N is not counted.
type PartCount struct {
	Part   Part
	Label  string
	N      int64
	Metric string
}

// Behind lists the rows behind a number: the very rows that Run counts for the same Query, by the same conditions.
// A ratio that counts rows has as many rows in its base as its D and in its hit as its N (where a part of the
// numerator counts by a factor, that many rows of full and reduced weight). Sums list the rows that have the summed
// number, distinct counts all rows with the counted value.
//
// Rows come in the order of q.Sort with empty cells last, equal ones by job and file row, so that pages neither
// repeat nor skip rows of one data version. An offset behind the last row gives no rows. Mistakes are *Error.
func Behind(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q RowQuery) (*RowPage, error) {
	return behind(ctx, v, cat, q, loadRegister)
}

// Behind lists the rows behind a number that Ask gave: on a snapshot of its own, behind the same gate, with Now cut
// alike. RowPage.Version says which version the rows are of, where jobs were published since.
func (e *Engine) Behind(ctx context.Context, q RowQuery) (page *RowPage, err error) {
	q.Now = q.Now.Truncate(NowStep)
	err = e.View(ctx, func(v *warehouse.View) error {
		page, err = behind(ctx, v, e.cat, q, e.register)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

func behind(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q RowQuery, load registers) (*RowPage, error) {
	if q.Limit == 0 {
		q.Limit = defaultPage
	}
	switch {
	case q.Limit < 0 || q.Limit > MaxPage:
		return nil, failf(ErrPage, "每页行数应在 1 至 %d 之间，不能是 %d", MaxPage, q.Limit)
	case q.Offset < 0:
		return nil, failf(ErrPage, "明细的起始行不能是负数 %d", q.Offset)
	}
	p, err := prepareRows(ctx, v, cat, q, load)
	if err != nil {
		return nil, err
	}
	page, err := p.page(ctx, v)
	if err != nil {
		return nil, err
	}
	st, l, err := p.lines(fmt.Sprintf("LIMIT %d OFFSET %d", q.Limit, q.Offset))
	if err != nil {
		return nil, err
	}
	if page.Rows, err = warehouse.Rows(ctx, v, l.scan(cat), st.SQL, st.Args...); err != nil {
		return nil, &engineError{err}
	}
	return page, nil
}

// rowPlan is a row query with everything looked up.
type rowPlan struct {
	*plan          // of the metric whose rows are listed
	ask   RowQuery // as asked
	asked *catalog.Metric
	rows  []*catalog.Metric // whose rows are listed together: one metric, or the parts of a weighted one
	links []PartCount
	loose []string // levels at which the rows have no unit
}

func prepareRows(ctx context.Context, v *warehouse.View, cat *catalog.Catalog, q RowQuery, load registers) (*rowPlan, error) {
	switch {
	case len(q.Metrics) != 1:
		return nil, failf(ErrUnsupported, "查看明细时请给出一个指标")
	case len(q.Dims) > 0 || len(q.Fold) > 0:
		return nil, failf(ErrUnsupported, "查看明细时不能分组，请用期间、单位和筛选条件指明是哪一个数")
	case q.Compare != NoCompare:
		return nil, failf(ErrUnsupported, "查看明细时不能比较，请直接给出要看的期间")
	}
	p := &rowPlan{ask: q}
	query := q.Query
	query.Where = nil
	for _, f := range q.Where {
		d, err := parseDim(cat, f.Dim)
		if err != nil {
			return nil, err
		}
		if d.class == orgDim && len(f.Values) == 1 && f.Values[0] == "" {
			p.loose = append(p.loose, d.from)
			continue
		}
		query.Where = append(query.Where, f)
	}
	var err error
	if p.plan, err = prepare(ctx, v, cat, query, load); err != nil {
		return nil, err
	}
	p.asked = p.metrics[0]
	if err := p.withheld(); err != nil {
		return nil, err
	}
	p.choose()
	if len(p.rows) == 1 && p.rows[0] != p.asked {
		query.Metrics = []string{p.rows[0].ID}
		r := p.register
		if p.plan, err = newPlan(cat, query); err != nil {
			return nil, err
		}
		p.stand(r)
	}
	return p, nil
}

// choose settles whose rows are listed. A metric made of others opens to the rows of its parts where these have one
// list in common, else to those of the first; the others are links.
func (p *rowPlan) choose() {
	p.rows = []*catalog.Metric{p.asked}
	parts := madeOf(p.cat, p.asked)
	link := func(label string, m *catalog.Metric) {
		p.links = append(p.links, PartCount{Label: label + "：" + m.Label, Metric: m.ID})
	}
	switch p.asked.Type {
	case catalog.Cross:
		p.rows = parts[:1]
		link("分母", parts[1])
	case catalog.Weighted:
		p.rows = parts
		for _, m := range parts {
			o := parts[0]
			if m.Type != o.Type || m.Shape != o.Shape || m.Basis != o.Basis || m.Type == catalog.Cross || m.Shape == catalog.ShapeFigure {
				p.rows = parts[:1]
			}
			link("组成", m)
		}
		if p.rows[0].Type == catalog.Cross {
			p.rows = madeOf(p.cat, p.rows[0])[:1]
		}
	}
}

// page is the page without its rows.
func (p *rowPlan) page(ctx context.Context, v *warehouse.View) (*RowPage, error) {
	b := p.builder()
	l := b.list(p)
	at := slices.IndexFunc(l.parts, func(o listPart) bool { return o.part == p.ask.Part })
	if at < 0 {
		var known []string
		for _, o := range l.parts {
			known = append(known, fmt.Sprintf("“%s”（%s）", o.part, o.label))
		}
		return nil, failf(ErrPage, "指标“%s”的明细没有“%s”这一部分，可选 %s", p.asked.Label, p.ask.Part, strings.Join(known, "、"))
	}
	page := &RowPage{
		Metric: p.asked, Shape: l.shape, From: p.From, To: p.To, Now: p.Now, Version: v.Version(), Catalog: p.cat.Hash(),
	}
	if p.AsOf != nil {
		page.Version = *p.AsOf
	}
	for _, c := range l.columns {
		page.Columns = append(page.Columns, RowColumn{ID: c.id, Label: c.label, Kind: c.shownKind(), Sortable: c.sort != nil})
	}
	st := b.counts(l)
	counts, err := warehouse.Rows(ctx, v, func(rows *sql.Rows) ([]int64, error) {
		counts := make([]int64, len(l.parts)+1)
		into := make([]any, len(counts))
		for i := range counts {
			into[i] = &counts[i]
		}
		return counts, rows.Scan(into...)
	}, st.SQL, st.Args...)
	if err != nil {
		return nil, &engineError{err}
	}
	for i, o := range l.parts {
		page.Parts = append(page.Parts, PartCount{Part: o.part, Label: o.label, N: counts[0][i]})
	}
	page.Total = counts[0][at]
	page.Parts = append(page.Parts, p.links...)
	if page.Notes, err = p.neverSeen(ctx, v); err != nil {
		return nil, err
	}
	if n := counts[0][len(l.parts)]; n > 0 {
		page.HeldBack = n
		page.Notes = append(page.Notes, fmt.Sprintf("另有 %d 件信访事项依权限不列出，汇总数已计入", n))
	}
	return page, nil
}

// lines is the statement of the rows of the asked part in order; end is its LIMIT.
func (p *rowPlan) lines(end string) (statement, *listing, error) {
	b := p.builder()
	l := b.list(p)
	order := l.order
	if p.ask.Sort != "" {
		i := slices.IndexFunc(l.columns, func(c rowColumn) bool { return c.id == p.ask.Sort })
		if i < 0 || l.columns[i].sort == nil {
			var known []name
			for _, c := range l.columns {
				if c.sort != nil {
					known = append(known, name{c.id, c.label})
				}
			}
			return statement{}, nil, failf(ErrPage, "明细不能按“%s”排序%s", p.ask.Sort, suggest(p.ask.Sort, known))
		}
		order = []string{l.columns[i].ordered(p.ask.Desc)}
	}
	return b.lines(l, p.ask.Part, append(slices.Clone(order), l.tie...), end), l, nil
}

// Reading is a reported number with its qualifier: exact, ge, approx, near or lt.
type Reading struct {
	Value     float64
	Qualifier string
}

// String writes the number as it was reported: 200+, 约570, 近50, 不足40.
func (r Reading) String() string {
	return catalog.Stated(csvNumber(&r.Value), r.Qualifier)
}
