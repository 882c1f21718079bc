package analytics

import (
	"context"
	"fmt"
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
