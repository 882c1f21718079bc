package analytics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/units"
)

// pointed is a site with units, and an engine.
func pointed(t *testing.T) (*fixture, *Engine) {
	f := newFixture(t)
	for _, s := range readCase(t, "base.inc") {
		word, _, _ := strings.Cut(s.head, " ")
		f.insert(word, s.rows)
	}
	return f, NewEngine(f.w, siteFS{}.load(t), EngineOptions{})
}

func received(t *testing.T) Query {
	return Query{Metrics: []string{"received"}, From: moment(t, "2026-01-01"), To: moment(t, "2026-02-01"), Now: moment(t, "2026-02-01"), Scope: units.Everything()}
}

func TestPoints(t *testing.T) {
	f, e := pointed(t)
	f.insert("place", [][]string{
		{"id", "type", "name", "org_code", "lon", "lat", "opened_on"},
		{"p1", "estate", "金桂园", "G11", "120.5", "30.5", "2020-01-01"},
		{"p2", "estate", "银杏里", "G21", "-", "-", "2020-01-01"},
		{"k", "facility", "居民议事厅", "G21", "120.7", "30.7", "2020-01-01"},
	})
	f.insert("record", [][]string{
		{"id", "kind", "org_code", "received_at", "lon", "lat", "located", "place_id", "source_no"},
		{"a", "SQ", "G11", "2026-01-02", "120.1", "30.1", "both", "-", "own"},
		{"b", "SQ", "G11", "2026-01-02", "-", "-", "place", "p1", "by its estate"},
		{"c", "SQ", "G11", "2026-01-02", "120.2", "30.2", "place", "p1", "own before the estate's"},
		{"d", "SQ", "G21", "2026-01-02", "-", "-", "code", "p2", "an estate without a point"},
		{"e", "SQ", "G21", "2026-01-02", "-", "-", "code", "-", "no point"},
		{"f", "SQ", "-", "2026-01-02", "121", "31", "outside", "-", "outside all units"},
		{"g", "SQ", "G21", "2026-01-02", "120.3", "30.3", "default_point", "-", "a fallback of a geocoder"},
		{"h", "XFJ", "G11", "2026-01-02", "120.4", "30.4", "both", "-", "a petition"},
		{"i", "SQ", "G31", "2026-01-02", "120.6", "30.6", "conflict", "-", "elsewhere"},
		{"j", "SQ", "G11", "2026-02-02", "120.1", "30.1", "both", "-", "later"},
	})
	f.insert("activity", [][]string{{"id", "type", "org_code", "held_at", "place_id", "attended"}, {"m", "义诊", "G11", "2026-01-05", "p1", "3"}, {"n", "义诊", "G11", "2026-01-06", "-", "4"}})
	f.publish()
	ask := func(change func(*PointQuery)) (string, *PointPage) {
		t.Helper()
		q := PointQuery{Query: received(t), Limit: MaxPoints}
		if change != nil {
			change(&q)
		}
		page, err := e.Points(context.Background(), q)
		if err != nil {
			return err.Error(), nil
		}
		var all []string
		for _, p := range page.Points {
			all = append(all, fmt.Sprintf("%s %g %g", p.ID, p.Lon, p.Lat))
		}
		return strings.Join(all, ", "), page
	}
	got, page := ask(nil)
	if want := "a 120.1 30.1, b 120.5 30.5, c 120.2 30.2, i 120.6 30.6"; got != want || page.Matched != 4 || page.Rows != 8 || page.Next != "" {
		t.Errorf("%s; %d of %d, next %q", got, page.Matched, page.Rows, page.Next)
	}
	col := slices.IndexFunc(page.Columns, func(c RowColumn) bool { return c.ID == "source_no" })
	if col < 0 || page.Points[1].Cells[col] != "by its estate" || page.Points[1].Row == 0 {
		t.Errorf("the row of b: %+v", page.Points[1])
	}
	for _, c := range []struct {
		name, want string
		change     func(*PointQuery)
	}{
		{"in a box, its border with it", "a 120.1 30.1, c 120.2 30.2", func(q *PointQuery) { q.Box = &Box{120.1, 30, 120.2, 30.2} }},
		{"in no box", "", func(q *PointQuery) { q.Box = &Box{math.NaN(), 30, 121, 31} }},
		{"of a unit", "i 120.6 30.6", func(q *PointQuery) { q.Org = "C3" }},
		{"in a scope", "i 120.6 30.6", func(q *PointQuery) { q.Scope = units.Only("S2") }},
		{"petitions with the right to them", "a 120.1 30.1, b 120.5 30.5, c 120.2 30.2, h 120.4 30.4, i 120.6 30.6", func(q *PointQuery) { q.Scope.Petitions = units.Reach{All: true} }},
		{"petitions alone without it", "信访事项只提供汇总数，明细依权限不显示，如工作需要，请联系管理员授予“信访内容”权限", func(q *PointQuery) { q.Where = []Filter{{"kind", []string{"XFJ"}}} }},
		{"behind one", "c 120.2 30.2, i 120.6 30.6", func(q *PointQuery) { q.After = "b" }},
		{"no page", "每页点数应在 1 至 10000 之间，不能是 0", func(q *PointQuery) { q.Limit = 0 }},
		{"a part that there is not", "指标“受理量”的明细没有“hit”这一部分", func(q *PointQuery) { q.Part = PartHit }},
	} {
		if got, _ := ask(c.change); strings.TrimSuffix(got, "。") != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if got, page := ask(func(q *PointQuery) { q.Limit = 3 }); page.Next != "c" || page.Matched != 4 || strings.Count(got, ",") != 2 {
		t.Errorf("a page of three: %s, next %q", got, page.Next)
	}
	q := received(t)
	q.Metrics = []string{"households"}
	if _, err := e.Points(context.Background(), PointQuery{Query: q, Limit: 5}); err == nil {
		t.Error("units have points")
	} else if mistake, ok := errors.AsType[*Error](err); !ok || !errors.Is(mistake, ErrUnsupported) {
		t.Errorf("%v", err)
	}
	for metric, want := range map[string]string{"facilities": "k 120.7", "activity_attendance": "m 120.5"} { // a place has its own point, an activity that of its place
		q.Metrics = []string{metric}
		page, err := e.Points(context.Background(), PointQuery{Query: q, Limit: 5})
		if err != nil {
			t.Errorf("%s: %v", metric, err)
		} else if len(page.Points) != 1 || fmt.Sprint(page.Points[0].ID, " ", page.Points[0].Lon) != want {
			t.Errorf("%s: %+v", metric, page.Points)
		}
	}
}

// The hexagon of a point is the one whose middle is nearest.
func TestBins(t *testing.T) {
	f, e := pointed(t)
	r := rand.New(rand.NewPCG(3, 4))
	rows := [][]string{{"id", "kind", "org_code", "received_at", "lon", "lat", "located"}}
	type point struct{ lon, lat float64 }
	var points []point
	for i := range 400 {
		p := point{120.2 + r.NormFloat64()*0.01, 30.3 + r.NormFloat64()*0.01}
		points = append(points, p)
		rows = append(rows, []string{strconv.Itoa(i), "SQ", "G11", "2026-01-05", fmt.Sprint(p.lon), fmt.Sprint(p.lat), "both"})
	}
	rows = append(rows, []string{"none", "SQ", "G11", "2026-01-05", "-", "-", "code"})
	f.insert("record", rows)
	f.publish()
	page, err := e.Bins(context.Background(), BinQuery{Query: received(t), SizeM: 300})
	if err != nil {
		t.Fatal(err)
	}
	if page.Points != 400 || page.Rows != 401 || page.SizeM != 300 || page.Lon0 != 120 || page.Lat0 != 30 {
		t.Errorf("%d points of %d rows, %g m, from %g %g", page.Points, page.Rows, page.SizeM, page.Lon0, page.Lat0)
	}
	// A degree of latitude is 111.195 km on the sphere of the mean radius; of longitude cos 30° of it.
	if math.Abs(page.MY-111195) > 1 || math.Abs(page.MX-111195*math.Sqrt(3)/2) > 1 {
		t.Errorf("%g %g metres a degree", page.MX, page.MY)
	}
	middle := func(q, r int64) (x, y float64) {
		return page.SizeM * math.Sqrt(3) * (float64(q) + float64(r)/2), page.SizeM * 1.5 * float64(r)
	}
	want, got := map[[2]int64]int64{}, map[[2]int64]int64{}
	for _, p := range points {
		x, y := (p.lon-120)*page.MX, (p.lat-30)*page.MY
		best, nearest := math.Inf(1), [2]int64{}
		r0 := int64(math.Round(y / (1.5 * page.SizeM)))
		for r := r0 - 2; r <= r0+2; r++ {
			q0 := int64(math.Round(x/(math.Sqrt(3)*page.SizeM) - float64(r)/2))
			for q := q0 - 2; q <= q0+2; q++ {
				mx, my := middle(q, r)
				if d := math.Hypot(x-mx, y-my); d < best {
					best, nearest = d, [2]int64{q, r}
				}
			}
		}
		want[nearest]++
	}
	for _, b := range page.Bins {
		got[[2]int64{b.Q, b.R}] = b.N
		mx, my := middle(b.Q, b.R)
		if d := math.Hypot((b.Lon-120)*page.MX-mx, (b.Lat-30)*page.MY-my); d > page.SizeM {
			t.Errorf("the mean of bin %d %d lies %g m from its middle", b.Q, b.R, d)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	box := &Box{120.2, 30.3, 121, 31}
	inside := int64(0)
	for _, p := range points {
		if p.lon >= 120.2 && p.lat >= 30.3 {
			inside++
		}
	}
	if part, err := e.Bins(context.Background(), BinQuery{Query: received(t), SizeM: 300, Box: box}); err != nil || part.Points != inside || part.Lon0 != 120 {
		t.Errorf("in a box: %+v %v, want %d", part, err, inside)
	}
	if none, err := e.Bins(context.Background(), BinQuery{Query: received(t), SizeM: 300, Box: &Box{1, 1, 2, 2}}); err != nil || len(none.Bins) != 0 || none.Rows != 401 {
		t.Errorf("where there are none: %+v %v", none, err)
	}
	if _, err := e.Bins(context.Background(), BinQuery{Query: received(t), SizeM: 1}); !errors.Is(err, ErrPage) {
		t.Errorf("hexagons of a metre: %v", err)
	}
}
