package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"math/big"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// WalkM is how far somebody walks in fifteen minutes, in metres: the radius of a 15-minute living circle. Source: GB 50180-2018,
// 《城市居住区规划设计标准》, 15分钟生活圈居住区, which gives 800 to 1,000 m.
const WalkM = 1000

// ReachPage says which households of a unit have a facility (阵地) within reach, in a straight line: streets are not known. Households are
// those of the registered estates (小区) that have a point; the others are counted, not guessed.
//
// Estates are those of the query's unit. A facility counts wherever the caller may see it: were those beyond the unit's border left
// out, the unit's number would contradict what the unit above says of the same estates.
type ReachPage struct {
	Facilities []Reached // with a point: those of the unit, and others within reach of one of its estates; by id
	RadiusM    float64

	Unplaced   int64 // facilities of the unit without a point
	Located    int64 // facilities with a point that the caller may see, anywhere
	Estates    int64 // registered estates
	Placed     int64 // of them, those with a point
	Silent     int64 // of the placed, those that do not say how many households they have
	Households int64 // of the placed estates
	Covered    int64 // of them, those in estates with a facility within reach
	Partial    bool  // the caller sees a part of the site: facilities outside it do not count
	Version    int64
}

// Reached is a facility.
type Reached struct {
	Name     string
	Lon, Lat float64 // degrees, WGS-84
}

// Share is the share of households covered, as it is published: 1 of 16 is 6.3%. 缺数据 where no estate has both a point and households,
// and where no facility is known to stand anywhere: 0% would be read as a finding. 不适用 where there are no estates, or all state 0.
func (p *ReachPage) Share() string {
	switch {
	case p.Households == 0 && p.Estates > p.Placed-p.Silent:
		return string(NoData)
	case p.Households == 0:
		return string(NotApplicable)
	case p.Located == 0:
		return string(NoData)
	}
	return new(big.Rat).Mul(big.NewRat(p.Covered, p.Households), big.NewRat(100, 1)).FloatString(1) + "%"
}

// Reach answers for the facilities and estates that stand at the end of the query's period, on one snapshot. Its metrics, dimensions
// and filters do not matter.
func (e *Engine) Reach(ctx context.Context, q Query) (page *ReachPage, err error) {
	q.Dims, q.Where, q.Fold, q.Compare = nil, nil, nil, NoCompare
	q.Metrics, q.Now = []string{"registered_estates"}, q.Now.Truncate(NowStep)
	err = e.View(ctx, func(v *warehouse.View) error {
		p, err := prepare(ctx, v, e.cat, q, e.register)
		if err != nil {
			return err
		}
		page = &ReachPage{RadiusM: WalkM, Partial: !p.Scope.All, Version: v.Version()}
		if p.AsOf != nil {
			page.Version = *p.AsOf
		}
		if err := p.reachShare(ctx, v, page); err != nil {
			return err
		}
		return p.reachList(ctx, v, page)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// reachCTEs writes what both statements read.
//
//	facility  id, name, lon, lat, own (in the query's unit): those standing that the caller may see, also without a point
//	estate    id, lon, lat, households: those standing in the query's unit
//	near      estate, facility: those no farther from each other than the radius
//
// Distances are those of a plane in which a degree of longitude is as long as at the estate. The box holds the circle and lets the
// database join by ranges.
func (b *builder) reachCTEs(radiusM float64) {
	facilities, _ := b.cat.Metric("facilities") // embedded: they are there
	estates, _ := b.cat.Metric("registered_estates")
	own := "TRUE"
	if b.restricted() {
		own = "coalesce(f.org_code IN (SELECT code FROM home), FALSE)"
	}
	places := "FROM span s CROSS JOIN " + warehouse.Relation(catalog.ShapePlace, b.AsOf) + " f"
	b.keep("facility", "SELECT f.id, f.name, f.lon, f.lat, "+own+" AS own "+places+" WHERE "+allOf(b.standing(facilities)...)+b.seenOnly())
	b.keep("estate", "SELECT f.id, f.lon, f.lat, f.households "+places+b.joinHome("f.org_code")+" WHERE "+allOf(b.standing(estates)...))
	b.keep("near", fmt.Sprintf(`SELECT e.id AS estate, f.id AS facility
FROM (SELECT *, cos(radians(lat)) AS c, %[2]g / %[1]g AS high, %[2]g / (%[1]g * cos(radians(lat))) AS wide FROM estate WHERE lon + lat IS NOT NULL) e
JOIN (SELECT * FROM facility WHERE lon + lat IS NOT NULL) f
ON f.lat BETWEEN e.lat - e.high AND e.lat + e.high AND f.lon BETWEEN e.lon - e.wide AND e.lon + e.wide
WHERE sqrt(pow((f.lon - e.lon) * e.c, 2) + pow(f.lat - e.lat, 2)) * %[1]g <= %[2]g`, metresPerDegree, radiusM))
}

// reachShare fills in the numbers of the estates.
func (p *plan) reachShare(ctx context.Context, v *warehouse.View, page *ReachPage) error {
	b := p.builder()
	b.reachCTEs(page.RadiusM)
	st := b.statement(`SELECT count(*), count(*) FILTER (placed), count(*) FILTER (placed AND households IS NULL),
  CAST(coalesce(sum(households) FILTER (placed), 0) AS BIGINT), CAST(coalesce(sum(households) FILTER (covered), 0) AS BIGINT)
FROM (SELECT households, lon + lat IS NOT NULL AS placed, id IN (SELECT estate FROM near) AS covered FROM estate)`)
	_, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (struct{}, error) {
		return struct{}{}, r.Scan(&page.Estates, &page.Placed, &page.Silent, &page.Households, &page.Covered)
	}, st.SQL, st.Args...)
	if err != nil {
		return &engineError{err}
	}
	return nil
}

// reachList fills in the facilities.
func (p *plan) reachList(ctx context.Context, v *warehouse.View, page *ReachPage) error {
	b := p.builder()
	b.reachCTEs(page.RadiusM)
	st := b.statement("SELECT count(lon + lat), count(*) FILTER (own AND lon + lat IS NULL) FROM facility")
	_, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (struct{}, error) { return struct{}{}, r.Scan(&page.Located, &page.Unplaced) }, st.SQL, st.Args...)
	if err != nil {
		return &engineError{err}
	}
	st = b.statement("SELECT coalesce(name, ''), lon, lat FROM facility WHERE lon + lat IS NOT NULL AND (own OR id IN (SELECT facility FROM near))" +
		fmt.Sprintf(" ORDER BY id LIMIT %d", MaxPoints+1))
	page.Facilities, err = warehouse.Rows(ctx, v, func(r *sql.Rows) (f Reached, err error) { return f, r.Scan(&f.Name, &f.Lon, &f.Lat) }, st.SQL, st.Args...)
	switch {
	case err != nil:
		return &engineError{err}
	case len(page.Facilities) > MaxPoints:
		return failf(ErrUnsupported, "阵地超过 %d 处，请先进入下级单位", MaxPoints)
	}
	return nil
}

// metresPerDegree is the length of a degree of latitude on a sphere of the Earth's mean radius, 6,371,008.8 m.
const metresPerDegree = 111195.08
