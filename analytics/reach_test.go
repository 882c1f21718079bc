package analytics

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"gridstar/analytics/units"
)

// Four estates and two facilities on a meridian and a parallel at 30° N, where a degree of latitude has 111.2 km and one of longitude
// 96.3 km: distances are by hand.
func TestReach(t *testing.T) {
	f, e := pointed(t)
	f.insert("place", [][]string{
		{"id", "type", "name", "org_code", "lon", "lat", "households", "opened_on", "closed_on"},
		{"f1", "facility", "党群服务中心", "G11", "120", "30", "-", "2020-01-01", "-"},
		{"f2", "facility", "驿站", "G31", "121", "30", "-", "2020-01-01", "-"},
		{"f3", "facility", "没有位置的", "G11", "-", "-", "-", "2020-01-01", "-"},
		{"f4", "facility", "已停用的", "G21", "120.5", "30", "-", "2020-01-01", "2025-01-01"},
		{"e1", "estate", "近的", "G11", "120", "30.0089", "100", "2020-01-01", "-"},  // 990 m north of f1
		{"e2", "estate", "远的", "G11", "120.0105", "30", "40", "2020-01-01", "-"},   // 1,011 m east of f1
		{"e3", "estate", "东边的", "G31", "121.0103", "30", "7", "2020-01-01", "-"},   // 992 m east of f2
		{"e4", "estate", "停用的旁边", "G21", "120.5", "30", "1000", "2020-01-01", "-"}, // beside what has closed
		{"e5", "estate", "没有户数的", "G11", "120", "30", "-", "2020-01-01", "-"},
		{"e6", "estate", "没有位置的小区", "G11", "-", "-", "5000", "2020-01-01", "-"},
	})
	f.publish()
	say := func(q Query) string {
		p, err := e.Reach(context.Background(), q)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%d facilities, %d without a point; %d estates, %d placed, %d silent; %d of %d households: %s",
			len(p.Facilities), p.Unplaced, p.Estates, p.Placed, p.Silent, p.Covered, p.Households, p.Share())
	}
	if got, want := say(received(t)), "2 facilities, 1 without a point; 6 estates, 5 placed, 1 silent; 107 of 1147 households: 9.3%"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	inside := received(t)
	inside.Org = "C3"
	if got, want := say(inside), "1 facilities, 0 without a point; 1 estates, 1 placed, 0 silent; 7 of 7 households: 100.0%"; got != want {
		t.Errorf("in a unit: got %s, want %s", got, want)
	}
	scoped := received(t)
	scoped.Scope = units.Only("S2")
	if got, want := say(scoped), "1 facilities, 0 without a point; 1 estates, 1 placed, 0 silent; 7 of 7 households: 100.0%"; got != want {
		t.Errorf("in a scope: got %s, want %s", got, want)
	}
	none := received(t)
	none.Scope = units.Scope{}
	if p, err := e.Reach(context.Background(), none); err == nil {
		t.Errorf("without a scope: %+v", p)
	}
	if got := (&ReachPage{}).Share(); got != "不适用" {
		t.Errorf("without estates: %s", got)
	}
	if got := (&ReachPage{Estates: 3}).Share(); got != "缺数据" {
		t.Errorf("without points: %s", got)
	}
}

// A facility across the border reaches the estate beside it, whoever is asked about: the site, the estate's community, or its street.
func TestReachAcrossBorders(t *testing.T) {
	f, e := pointed(t)
	f.insert("place", [][]string{
		{"id", "type", "name", "org_code", "lon", "lat", "households", "opened_on"},
		{"f1", "facility", "界边驿站", "G21", "120", "30", "-", "2020-01-01"},
		{"f2", "facility", "远处驿站", "G31", "122", "30", "-", "2020-01-01"},
		{"e1", "estate", "界另一边", "G11", "120.001", "30", "1", "2020-01-01"},
		{"e2", "estate", "够不着", "G12", "120.5", "30", "15", "2020-01-01"},
		{"e3", "estate", "零户", "G31", "120.2", "30", "0", "2020-01-01"},
	})
	f.publish()
	for _, c := range []struct {
		name, want string
		change     func(*Query)
	}{
		{"the site", "2 facilities: 1 of 16: 6.3%, partial false", func(q *Query) {}}, // 6.25 is rounded up, as every number published
		{"the estate's community", "1 facilities: 1 of 16: 6.3%, partial false", func(q *Query) { q.Org = "C1" }},
		{"its grid", "1 facilities: 1 of 1: 100.0%, partial false", func(q *Query) { q.Org = "G11" }},
		{"who sees the street sees both", "1 facilities: 1 of 16: 6.3%, partial true", func(q *Query) { q.Scope = units.Only("S1") }},
		{"who sees his community alone does not learn of the facility beyond", "0 facilities: 0 of 16: 缺数据, partial true", func(q *Query) { q.Scope = units.Only("C1") }},
		{"the other street", "1 facilities: 0 of 0: 不适用, partial true", func(q *Query) { q.Scope = units.Only("S2") }},
	} {
		q := received(t)
		c.change(&q)
		p, err := e.Reach(context.Background(), q)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := fmt.Sprintf("%d facilities: %d of %d: %s, partial %v", len(p.Facilities), p.Covered, p.Households, p.Share(), p.Partial); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	outside := received(t)
	outside.Scope, outside.Org = units.Only("S2"), "C1"
	if p, err := e.Reach(context.Background(), outside); err == nil {
		t.Errorf("a unit outside the scope: %+v", p)
	}
}

// What is covered is what the great circle says, by the haversine formula; estates that lie on a circle within a thousandth decide nothing.
func TestReachOnTheGreatCircle(t *testing.T) {
	f, e := pointed(t)
	r := rand.New(rand.NewPCG(15, 1000))
	rows := [][]string{{"id", "type", "org_code", "lon", "lat", "households", "opened_on"}}
	type point struct{ lon, lat float64 }
	draw := func() point { return point{114 + 0.2*r.Float64(), 32 + 0.2*r.Float64()} }
	var facilities []point
	for i := range 60 {
		x := draw()
		facilities = append(facilities, x)
		rows = append(rows, []string{"f" + strconv.Itoa(i), "facility", "G11", fmt.Sprint(x.lon), fmt.Sprint(x.lat), "-", "2020-01-01"})
	}
	var covered, all int64
	for i := range 300 {
		x, nearest := draw(), math.Inf(1)
		for _, y := range facilities {
			nearest = min(nearest, haversine(x.lon, x.lat, y.lon, y.lat))
		}
		if math.Abs(nearest-1000) < 1 {
			continue
		}
		n := int64(1 + i%7)
		if all += n; nearest < 1000 {
			covered += n
		}
		rows = append(rows, []string{"e" + strconv.Itoa(i), "estate", "G12", fmt.Sprint(x.lon), fmt.Sprint(x.lat), fmt.Sprint(n), "2020-01-01"})
	}
	f.insert("place", rows)
	f.publish()
	p, err := e.Reach(context.Background(), received(t))
	if err != nil {
		t.Fatal(err)
	}
	if p.Covered != covered || p.Households != all || covered == 0 || covered == all {
		t.Errorf("%d of %d, want %d of %d", p.Covered, p.Households, covered, all)
	}
}

// haversine is the length of a great circle on the sphere of the mean radius, metres.
func haversine(lon1, lat1, lon2, lat2 float64) float64 {
	rad := math.Pi / 180
	a := math.Pow(math.Sin((lat2-lat1)*rad/2), 2) + math.Cos(lat1*rad)*math.Cos(lat2*rad)*math.Pow(math.Sin((lon2-lon1)*rad/2), 2)
	return 2 * 6371008.8 * math.Asin(math.Sqrt(a))
}
