package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"gridstar/analytics/warehouse"
)

// WalkM is how far somebody walks in fifteen minutes, in metres: the radius of a 15-minute living circle. Source: GB 50180-2018,
// 《城市居住区规划设计标准》 2.0.2 and 4.0.2, which gives 800 to 1,000 m.
const WalkM = 1000

// ReachPage says which households of a unit have a facility (阵地) within reach, in a straight line: streets are not known. Households are
// those of the registered estates (小区) that have a point; the others are counted, not guessed.
type ReachPage struct {
	Facilities []Reached // with a point
	RadiusM    float64

	Unplaced   int64 // facilities without a point
	Estates    int64 // registered estates
	Placed     int64 // of them, those with a point
	Silent     int64 // of the placed, those that do not say how many households they have
	Households int64 // of the placed estates
	Covered    int64 // of them, those in estates with a facility within reach
	Version    int64
}

// Reached is a facility.
type Reached struct {
	Name     string
	Lon, Lat float64 // degrees, WGS-84
}

// Share is the share of households covered, as it is published: 不适用 without estates, 缺数据 where none has both a point and households.
func (p *ReachPage) Share() string {
	switch {
	case p.Estates == 0:
		return string(NotApplicable)
	case p.Households == 0:
		return string(NoData)
	}
	return strconv.FormatFloat(100*float64(p.Covered)/float64(p.Households), 'f', 1, 64) + "%"
}

// Reach answers for the facilities and estates that stand at the end of the query's period in its unit and scope. Its metrics and
// dimensions do not matter.
func (e *Engine) Reach(ctx context.Context, q Query) (*ReachPage, error) {
	page := &ReachPage{RadiusM: WalkM}
	q.Dims, q.Where, q.Fold, q.Compare = nil, nil, nil, NoCompare
	q.Metrics = []string{"facilities"}
	facilities, err := e.Points(ctx, PointQuery{Query: q, Limit: MaxPoints})
	if err != nil {
		return nil, err
	}
	if facilities.Matched > MaxPoints {
		return nil, failf(ErrUnsupported, "阵地超过 %d 处，请先进入下级单位", MaxPoints)
	}
	name := -1
	for i, c := range facilities.Columns {
		if c.ID == "name" {
			name = i
		}
	}
	page.Unplaced = facilities.Rows - facilities.Matched
	var xs, ys []string
	for _, f := range facilities.Points {
		r := Reached{Lon: f.Lon, Lat: f.Lat}
		if name >= 0 {
			r.Name, _ = f.Cells[name].(string)
		}
		page.Facilities = append(page.Facilities, r)
		xs, ys = append(xs, strconv.FormatFloat(f.Lon, 'g', -1, 64)), append(ys, strconv.FormatFloat(f.Lat, 'g', -1, 64))
	}
	q.Metrics = []string{"registered_estates"}
	err = e.pointing(ctx, q, PartBase, func(v *warehouse.View, p *rowPlan, b *builder, _ *listing, from string) error {
		rows, err := p.page(ctx, v)
		if err != nil {
			return err
		}
		page.Estates, page.Version = rows.Total, v.Version()
		near := "FALSE"
		if len(xs) > 0 {
			near = fmt.Sprintf(`EXISTS (SELECT 1 FROM (SELECT CAST(unnest(string_split(%s, ' ')) AS DOUBLE) AS x, CAST(unnest(string_split(%s, ' ')) AS DOUBLE) AS y) fac
  WHERE abs(fac.y - at.y) * %[3]g <= %[4]g AND pow((fac.x - at.x) * cos(radians(at.y)) * %[3]g, 2) + pow((fac.y - at.y) * %[3]g, 2) <= %[5]g)`,
				b.placeholder(strings.Join(xs, " ")), b.placeholder(strings.Join(ys, " ")), metresPerDegree, page.RadiusM, page.RadiusM*page.RadiusM)
		}
		st := b.statement(fmt.Sprintf(`SELECT count(*), count(*) FILTER (households IS NULL), CAST(coalesce(sum(households), 0) AS BIGINT), CAST(coalesce(sum(households) FILTER (near), 0) AS BIGINT)
FROM (SELECT at.households, %s AS near FROM (SELECT f.households, %s AS x, %s AS y %s) at)`, near, pointLon, pointLat, from))
		counts, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (c [4]int64, err error) { return c, r.Scan(&c[0], &c[1], &c[2], &c[3]) }, st.SQL, st.Args...)
		if err != nil {
			return &engineError{err}
		}
		page.Placed, page.Silent, page.Households, page.Covered = counts[0][0], counts[0][1], counts[0][2], counts[0][3]
		return nil
	})
	return page, err
}

// metresPerDegree is the length of a degree of latitude on a sphere of the Earth's mean radius, 6,371,008.8 m.
const metresPerDegree = 111195.08
