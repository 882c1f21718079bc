package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/geo"
)

// mattersOf is the metric whose rows the collection of matters is.
const mattersOf = "received"

func bound(b *analytics.Box) orb.Bound {
	return orb.Bound{Min: orb.Point{b[0], b[1]}, Max: orb.Point{b[2], b[3]}}
}

// matters are those with a point, received in the selection's time. What is asked for is written down before it is answered.
func (a *API) matters(r *http.Request, c *access.Caller, x collection, sel selection) (page featurePage, err error) {
	q := analytics.PointQuery{
		Query: analytics.Query{
			Metrics: []string{mattersOf}, From: sel.from, To: sel.to, Org: sel.filters["org"], Now: a.Now(), Scope: x.scope,
		},
		Box: sel.box, ID: sel.id, After: sel.after, Limit: sel.limit,
	}
	end := a.today().AddDate(0, 0, 1)
	if q.To.IsZero() || q.To.After(end) {
		q.To = end // nothing is received after today
	}
	if q.From.IsZero() {
		q.From = earliest
	}
	if !q.From.Before(q.To) {
		return page, nil
	}
	for _, dim := range recordParams {
		if value, ok := sel.filters[dim]; ok && dim != "org" {
			q.Where = append(q.Where, analytics.Filter{Dim: dim, Values: []string{value}})
		}
	}
	about := object(r, sel.got) + " collection=" + recordsID
	if kind := sel.got["kind"]; kind != "" {
		about += " kind=" + code(kind)
	}
	if err := a.Audit.Write(c.Actor(), access.Exported, about, access.Done); err != nil {
		return page, err
	}
	points, err := a.Engine.Points(r.Context(), q)
	if err != nil {
		return page, err
	}
	page.matched, page.next = points.Matched, points.Next
	for _, p := range points.Points {
		page.features = append(page.features, feature{
			id: p.ID, props: a.rowProps(points.Columns, p.RowLine),
			geometry: func(buf []byte) []byte {
				buf = append(buf, `{"type":"Point","coordinates":[`...)
				buf = append(strconv.AppendFloat(buf, p.Lon, 'f', -1, 64), ',')
				return append(strconv.AppendFloat(buf, p.Lat, 'f', -1, 64), "]}"...)
			},
		})
	}
	return page, nil
}

// earliest is before every ledger.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// rowProps are the columns of a row: a code and its name, a unit and its name, times with the site's offset.
func (a *API) rowProps(columns []analytics.RowColumn, row analytics.RowLine) []geo.TileProp {
	var all []geo.TileProp
	put := func(key string, value any) { all = append(all, geo.TileProp{Key: key, Value: value}) }
	for i, c := range columns {
		switch v := row.Cells[i].(type) {
		case nil:
			put(c.ID, nil)
			if slices.Contains([]string{analytics.CodeColumn, analytics.UnitColumn}, c.Kind) {
				put(c.ID+"_name", nil)
			}
		case analytics.Key:
			put(c.ID, v.Value)
			put(c.ID+"_name", v.Name)
		case time.Time:
			if c.Kind == analytics.DateColumn {
				put(c.ID, v.Format(time.DateOnly))
			} else {
				put(c.ID, a.stampOf(v))
			}
		default:
			put(c.ID, v)
		}
	}
	return all
}
