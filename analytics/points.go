package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// Box is a part of the map in degrees, WGS-84: west, south, east, north. Its border belongs to it.
type Box [4]float64

// ParseBox reads west,south,east,north in degrees. South may not lie above north; west may lie east of east, for the caller to judge.
func ParseBox(text string) (box Box, ok bool) {
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return box, false
	}
	for i, part := range parts {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > 360 {
			return box, false
		}
		box[i] = v
	}
	return box, box[1] <= box[3]
}

// PointQuery asks for the rows behind a number that have a place on the map: their own point, or that of the 小区, 楼栋 or 阵地 they
// belong to. Points that only stand in for an unknown address (DefaultPoint), or lie outside all units, are none. The metric's rows must be
// records, activities or places.
type PointQuery struct {
	Query
	Part Part
	Box  *Box // nil: anywhere

	ID    string // the only row wanted; "" for all
	After string // id of the row after which the page begins; "" for the first
	Limit int    // rows of the page; at most MaxPoints
}

// MaxPoints is the greatest number of points of one page.
const MaxPoints = 10_000

// PointPage is a page of points in the order of their ids, which no load changes.
type PointPage struct {
	Metric  *catalog.Metric
	Columns []RowColumn
	Points  []Point
	Matched int64  // points in the box, on all pages
	Rows    int64  // rows of the part, those without a point too
	Next    string // After of the next page; "" where this is the last
	Version int64
	Notes   []string // as those of a RowPage
}

// Point is a row with its place in degrees, WGS-84.
type Point struct {
	ID       string
	Lon, Lat float64
	RowLine
}

// Points lists the points behind a number: rows that Behind would list, and no others.
func (e *Engine) Points(ctx context.Context, q PointQuery) (page *PointPage, err error) {
	if q.Limit < 1 || q.Limit > MaxPoints {
		return nil, failf(ErrPage, "每页点数应在 1 至 %d 之间，不能是 %d", MaxPoints, q.Limit)
	}
	err = e.pointing(ctx, q.Query, q.Part, func(v *warehouse.View, p *rowPlan, b *builder, l *listing, from string) error {
		page = &PointPage{Metric: p.asked, Version: v.Version()}
		for _, c := range l.columns {
			page.Columns = append(page.Columns, RowColumn{ID: c.id, Label: c.label, Kind: c.shownKind()})
		}
		rows, err := p.page(ctx, v)
		if err != nil {
			return err
		}
		page.Rows, page.Notes = rows.Total, rows.Notes
		inside := q.Box.holds()
		if q.ID != "" {
			inside += " AND f.id = " + b.placeholder(q.ID)
		}
		count := b.statement("SELECT count(*) " + from + " AND " + inside)
		matched, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) }, count.SQL, count.Args...)
		if err != nil {
			return &engineError{err}
		}
		page.Matched = matched[0]
		sel := []string{"f.id", pointLon, pointLat, "f.job", "f.row"}
		for _, c := range l.columns {
			sel = append(sel, c.sql...)
		}
		after := "TRUE"
		if q.After != "" {
			after = "f.id > " + b.placeholder(q.After)
		}
		st := b.statement("SELECT " + strings.Join(sel, ", ") + " " + from + " AND " + inside + " AND " + after + fmt.Sprintf("\nORDER BY f.id LIMIT %d", q.Limit+1))
		line, into := l.scanAfter(p.cat, 3)
		page.Points, err = warehouse.Rows(ctx, v, func(r *sql.Rows) (pt Point, err error) {
			into[0], into[1], into[2] = &pt.ID, &pt.Lon, &pt.Lat
			pt.RowLine, err = line(r)
			return pt, err
		}, st.SQL, st.Args...)
		if err != nil {
			return &engineError{err}
		}
		if len(page.Points) > q.Limit {
			page.Points = page.Points[:q.Limit]
			page.Next = page.Points[q.Limit-1].ID
		}
		return nil
	})
	return page, err
}

// Where the point of a row is: its own, else that of its place.
const (
	pointLon = "coalesce(f.lon, pl.lon)"
	pointLat = "coalesce(f.lat, pl.lat)"
)

// holds is the condition on a point in the box.
func (b *Box) holds() string {
	if b == nil {
		return "TRUE"
	}
	return fmt.Sprintf("%s BETWEEN %s AND %s AND %s BETWEEN %s AND %s", pointLon, degrees(b[0]), degrees(b[2]), pointLat, degrees(b[1]), degrees(b[3]))
}

// degrees writes a number for SQL; one that is none, or infinite, is in no box.
func degrees(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "NULL"
	}
	return fmt.Sprintf("CAST(%.12g AS DOUBLE)", v)
}

// pointing plans a query for points on a snapshot. from is FROM and WHERE of the rows of the part that have a point and that the caller
// may see.
func (e *Engine) pointing(ctx context.Context, q Query, part Part, fn func(v *warehouse.View, p *rowPlan, b *builder, l *listing, from string) error) error {
	q.Now = q.Now.Truncate(NowStep)
	defaults, err := e.DefaultPoints(ctx)
	if err != nil {
		return err
	}
	return e.View(ctx, func(v *warehouse.View) error {
		p, err := prepareRows(ctx, v, e.cat, RowQuery{Query: q, Part: part, Limit: defaultPage}, e.register)
		if err != nil {
			return err
		}
		b := p.builder()
		l := b.list(p)
		from, err := b.pointed(p, l)
		if err != nil {
			return err
		}
		if at := b.atDefault(defaults, l.shape); at != "" {
			l.defaults = from + " AND " + at
			from += " AND NOT " + at
		}
		return fn(v, p, b, l, from)
	})
}

func (b *builder) pointed(p *rowPlan, l *listing) (string, error) {
	own, located := "", "TRUE"
	switch l.shape {
	case catalog.ShapeRecord:
		located = "coalesce(f.located, '') NOT IN ('outside', 'default_point')"
	case catalog.ShapePlace:
		own = "f.id"
	case catalog.ShapeActivity:
	default:
		return "", failf(ErrUnsupported, "指标“%s”的明细没有地点，不能在地图上逐点显示", p.asked.Label)
	}
	at := -1
	for i, o := range l.parts {
		if o.part == p.ask.Part {
			at = i
		}
	}
	if at < 0 {
		return "", failf(ErrPage, "指标“%s”的明细没有“%s”这一部分", p.asked.Label, p.ask.Part)
	}
	f := "listed f"
	if l.shape == catalog.ShapeActivity { // which has no point of its own
		f = "(SELECT *, CAST(NULL AS DOUBLE) AS lon, CAST(NULL AS DOUBLE) AS lat FROM listed) f"
	}
	return "FROM " + f + unitsOfRows + "\nLEFT JOIN " + warehouse.Relation(catalog.ShapePlace, b.AsOf) + " pl ON pl.id = " + or(own, "f.place_id") +
		"\nWHERE " + l.shows(l.parts[at]) + " AND " + pointLon + " IS NOT NULL AND " + pointLat + " IS NOT NULL AND " + located, nil
}

// BinQuery asks how the points behind a number are spread: counted in hexagons of one size.
type BinQuery struct {
	Query
	Part  Part
	Box   *Box
	SizeM float64 // from the middle of a hexagon to its corners, metres; at least MinBinM
}

// MinBinM is the smallest hexagon in metres: a count should not point at a door.
const MinBinM = 25

// Bin is the points of one hexagon. Hexagons stand on a corner, in a plane in which a degree of longitude at the latitude Lat0 of the
// BinPage is as long as it is there; the one of Q = R = 0 has its middle at Lon0, Lat0.
type Bin struct {
	Q, R     int64   // axial coordinates
	Lon, Lat float64 // mean of the points
	N        int64
}

// BinPage is the bins of a query, with what it takes to draw them: x = (lon − Lon0) · MX and y = (lat − Lat0) · MY metres from the origin; the
// middle of a bin lies at x = SizeM · √3 · (Q + R/2), y = SizeM · 3/2 · R.
type BinPage struct {
	Bins       []Bin
	Lon0, Lat0 float64
	MX, MY     float64
	SizeM      float64
	Points     int64 // counted in all bins
	Defaults   int64 // rows that have no place because they stand at a DefaultPoint
	Rows       int64 // rows of the part, those without a point too
	Version    int64
	Notes      []string
}

// MaxBins is the greatest number of bins.
const MaxBins = 20_000

// Bins counts the points behind a number in hexagons. Where there would be more than MaxBins the hexagons grow.
// Source of the rounding: Red Blob Games, “Hexagonal Grids”, cube rounding.
func (e *Engine) Bins(ctx context.Context, q BinQuery) (page *BinPage, err error) {
	if !(q.SizeM >= MinBinM) || q.SizeM > 1e6 {
		return nil, failf(ErrPage, "六边形的大小应在 %d 至 1000000 米之间", MinBinM)
	}
	err = e.pointing(ctx, q.Query, q.Part, func(v *warehouse.View, p *rowPlan, b *builder, l *listing, from string) error {
		rows, err := p.page(ctx, v)
		if err != nil {
			return err
		}
		page = &BinPage{SizeM: q.SizeM, Rows: rows.Total, Notes: rows.Notes, Version: v.Version()}
		if l.defaults != "" {
			st := b.statement("SELECT count(*) " + l.defaults)
			n, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) }, st.SQL, st.Args...)
			if err != nil {
				return &engineError{err}
			}
			page.Defaults = n[0]
		}
		from += " AND " + q.Box.holds()
		type middle struct {
			n        int64
			lon, lat sql.NullFloat64
		}
		st := b.statement("SELECT count(*), (min(" + pointLon + ") + max(" + pointLon + ")) / 2, (min(" + pointLat + ") + max(" + pointLat + ")) / 2 " + from)
		all, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (m middle, err error) { return m, r.Scan(&m.n, &m.lon, &m.lat) }, st.SQL, st.Args...)
		if err != nil {
			return &engineError{err}
		}
		if page.Points = all[0].n; page.Points == 0 {
			return nil
		}
		// One lattice for all boxes and periods: its origin lies on whole degrees.
		page.Lon0, page.Lat0 = math.Round(all[0].lon.Float64), math.Round(all[0].lat.Float64)
		page.MY = 6371008.8 * math.Pi / 180
		page.MX = page.MY * math.Cos(page.Lat0*math.Pi/180)
		for {
			st := b.statement(hexagons(page, from))
			page.Bins, err = warehouse.Rows(ctx, v, func(r *sql.Rows) (x Bin, err error) { return x, r.Scan(&x.Q, &x.R, &x.Lon, &x.Lat, &x.N) }, st.SQL, st.Args...)
			if err != nil {
				return &engineError{err}
			}
			if len(page.Bins) <= MaxBins {
				return nil
			}
			page.SizeM *= 2
		}
	})
	return page, err
}

// hexagons is the statement of the bins.
func hexagons(p *BinPage, from string) string {
	return fmt.Sprintf(`SELECT CAST(CASE WHEN dq > dr AND dq > ds THEN -rr - rs ELSE rq END AS BIGINT) AS bq,
  CAST(CASE WHEN dq > dr AND dq > ds THEN rr WHEN dr > ds THEN -rq - rs ELSE rr END AS BIGINT) AS br, avg(lon), avg(lat), count(*)
FROM (SELECT *, abs(rq - q) AS dq, abs(rr - r) AS dr, abs(rs + q + r) AS ds FROM (
  SELECT *, round(q) AS rq, round(r) AS rr, round(-q - r) AS rs FROM (
    SELECT lon, lat, (sqrt(3) / 3 * x - y / 3) / %[5]g AS q, y * 2 / 3 / %[5]g AS r FROM (
      SELECT %[7]s AS lon, %[8]s AS lat, (%[7]s - %[1]g) * %.15[3]g AS x, (%[8]s - %[2]g) * %.15[4]g AS y %[6]s))))
GROUP BY bq, br ORDER BY bq, br LIMIT %[9]d`, p.Lon0, p.Lat0, p.MX, p.MY, p.SizeM, from, pointLon, pointLat, MaxBins+1)
}
