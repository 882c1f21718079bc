package ingest

import (
	"context"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

const pointed = `name = "pointed"; shape = "record"; crs = "wgs84"
[constants]
kind = "SQ"
[fields]
source_no = "编号"
received_at = { column = "日期", default = "2026-01-05" }
org_code = "编码"
org = { from = ["column:社区", "title"] }
place_id = "小区"
lon = "经度"
lat = "纬度"
`

func TestLocated(t *testing.T) {
	s := newSite(t)
	s.grids()
	for i, c := range []struct{ name, row, want string }{ // 编码,社区,经度,纬度 → org_code|located|lon|dq
		{"a point alone", ",,116.05,39.05", "G111|point|116.05|·"},
		{"a unit alone", "G111,,,", "G111|code|·|·"},
		{"a community and a point in one of its grids: the finest is stored", "C11,,116.15,39.05", "G112|both|116.15|·"},
		{"a grid and a point in it", "G121,,116.25,39.05", "G121|both|116.25|·"},
		{"a grid and a point in another: the code wins, the point stays", "G111,,116.15,39.05", "G111|conflict|116.15|DQ05"},
		{"a grid and a point in no polygon", "G111,,118,39.05", "G111|conflict|118|DQ05"},
		{"a grid that the layer does not draw, a point in no polygon: nothing contradicts", "G211,,118,39.05", "G211|code|118|·"},
		{"a grid that the layer does not draw, a point in the polygon of another", "G211,,116.05,39.05", "G211|conflict|116.05|DQ05"},
		{"no unit and a point in no polygon", ",,118,39.05", "·|outside|118|DQ04"},
		{"neither", ",,,", "·|none|·|DQ04"},
		{"an unknown code and a point: the point", "X9,,116.05,39.05", "G111|point|116.05|DQ04"},
		{"an unknown code and a point in no polygon: the code is kept", "X9,,118,39.05", "X9|outside|118|DQ04"},
		{"an unknown name and a point: the point", ",光明社区,116.05,39.05", "G111|point|116.05|DQ04"},
		{"half a point is none", "G111,,116.15,", "G111|code|·|·"},
		{"longitude and latitude exchanged: nowhere on earth", "G111,,39.05,116.05", "G111|code|·|DQ05"},
		{"a point on a shared border has one owner", ",,116.1,39.05", "G112|point|116.1|·"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			s.load(pointed, "编号,编码,社区,经度,纬度\n"+strconv.Itoa(i)+","+c.row+"\n")
			s.want("SELECT org_code, located, lon, dq FROM record WHERE since = (SELECT max(id) FROM job)", c.want+"\n")
		})
	}
	t.Run("the result counts the grounds", func(t *testing.T) {
		res := s.load(pointed, "编号,编码,经度,纬度\na,,116.05,39.05\nb,,116.05,39.05\nc,G111,116.05,39.05\n")
		if res.Located[ByPoint] != 2 || res.Located[ByBoth] != 1 || len(res.Located) != 2 {
			t.Errorf("got %v", res.Located)
		}
	})
}

func TestLocatedAtALevel(t *testing.T) {
	s := newSite(t)
	s.grids()
	s.squares("street", map[string]orb.Point{"S1": {116.0, 39.0}, "S2": {116.1, 39.0}})
	atStreet := func(r *Request) { r.Level = "street" }
	file := "编号,编码,经度,纬度\na,,116.15,39.05\nb,G121,116.05,39.05\n"
	s.load(pointed, file, atStreet)
	s.want("SELECT source_no, org_code, located FROM record ORDER BY source_no", "a|S2|point\nb|G121|both\n")
	t.Run("a level without polygons is refused", func(t *testing.T) {
		_, err := s.try(context.Background(), pointed, file, func(r *Request) { r.Level = "community" })
		if err == nil || !strings.Contains(err.Error(), "社区") {
			t.Errorf("got %v", err)
		}
	})
}

func TestLocatedWithoutPolygons(t *testing.T) {
	s := newSite(t)
	s.load(pointed, "编号,编码,经度,纬度\na,,116.05,39.05\nb,G111,116.05,39.05\n")
	s.want("SELECT source_no, org_code, located, lon FROM record ORDER BY source_no", "a|·|none|116.05\nb|G111|code|116.05\n")
}

func TestPointsNeedACRS(t *testing.T) {
	s := newSite(t)
	bare := strings.Replace(pointed, `crs = "wgs84"`, "", 1)
	_, err := s.try(context.Background(), bare, "编号,经度,纬度\na,116.05,39.05\n")
	if err == nil || !strings.Contains(err.Error(), "--crs") {
		t.Errorf("got %v", err)
	}
	s.load(bare, "编号,编码\na,G111\n") // without coordinates nobody asks
}

// GCJ-02 lies some 500 m from WGS-84 here. 116.1 E 39.05 N is a border: shifted by 0.006° it belongs to the west.
func TestPointsInGCJ02(t *testing.T) {
	s := newSite(t)
	s.grids()
	gcj := func(r *Request) { r.CRS = geo.GCJ02 }
	s.load(pointed, "编号,经度,纬度\na,116.103,39.05\n", gcj)
	s.load(pointed, "编号,经度,纬度\nb,116.103,39.05\n")
	s.want("SELECT source_no, org_code FROM record ORDER BY source_no", "a|G111\nb|G112\n")
	var lon, lat float64
	err := s.w.View(context.Background(), func(v *warehouse.View) error {
		rows, err := v.Query(context.Background(), "SELECT lon, lat FROM record WHERE source_no = 'a'")
		if err != nil {
			return err
		}
		defer rows.Close()
		rows.Next()
		return rows.Scan(&lon, &lat)
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Hypot((116.103-lon)*math.Cos(39.05*math.Pi/180), 39.05-lat) * 111_320; d < 400 || d > 700 {
		t.Errorf("stored at %v, %v: %.0f m away", lon, lat, d)
	}
}

const estates = `name = "estates"; shape = "place"; crs = "wgs84"; key = ["小区", "社区"]
[constants]
type = "小区"
[fields]
name = "小区"
org = { from = ["column:社区"] }
lon = "经度"
lat = "纬度"
`

func TestLocatedByTheRegisterOfEstates(t *testing.T) {
	s := newSite(t)
	s.grids()
	s.load(estates, "小区,社区,经度,纬度\n幸福小区,红旗街道朝阳社区,116.15,39.05\n阳光花园,红旗街道朝阳社区,116.05,39.05\n阳光花园,和平社区,116.25,39.05\n无坐标小区,和平社区,,\n")
	for i, c := range []struct{ name, row, want string }{ // 编码,小区,经度,纬度 → org_code|located|lon|estate
		{"by name", ",幸福小区,,", "G112|place|116.15|幸福小区"},
		{"by name with a building behind it", ",幸福小区3栋2单元,,", "G112|place|116.15|幸福小区"},
		{"another name that begins alike", ",幸福小区东门外,,", "·|none|·|·"},
		{"two of one name: the row's unit decides", "C12,阳光花园,,", "G121|place|116.25|阳光花园"},
		{"two of one name and no unit: never guessed", ",阳光花园,,", "·|none|·|·"},
		{"an estate outside the row's unit is another", "C21,幸福小区,,", "C21|code|·|·"},
		{"the row's own point goes before", ",幸福小区,116.05,39.05", "G111|point|116.05|幸福小区"},
		{"an estate without a point", "C12,无坐标小区,,", "C12|code|·|·"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			s.load(pointed, "编号,编码,小区,经度,纬度\n"+strconv.Itoa(i)+","+c.row+"\n")
			s.want(`SELECT r.org_code, r.located, r.lon, p.name FROM record r LEFT JOIN place p ON p.id = r.place_id
				WHERE r.since = (SELECT max(id) FROM job)`, c.want+"\n")
		})
	}
}

// A point where borders overlap goes to the smaller unit, one in a gap to the nearest within the site's tolerance: both are flagged.
// Without the option a gap is outside.
func TestDoubtfulPointsAreFlagged(t *testing.T) {
	for _, c := range []struct {
		snap float64
		want string
	}{
		{0.01, "[a:G1:=:point b:G2:=:point c:-:=:outside]"},
		{50, "[a:G1:=:point b:G2:=:point c:G1:=:point]"},
	} {
		s := emptySite(t)
		s.in.Units.SnapM = c.snap
		s.units("编码|名称|层级|上级编码\nC1|一社区|community|")
		// G2 is the smaller one and overlaps G1 by 0.01°; east of them lies nothing, G1 ends at 39.1.
		s.cut("", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.2, 39.1}, "G2": {116.19, 39.0, 116.25, 39.1}})
		r := s.load("name = \"t\"\nshape = \"record\"\ncrs = \"wgs84\"\n[constants]\nsource_system = \"t\"\nkind = \"SQ\"\n[fields]\nsource_no = \"no\"\nreceived_at = \"at\"\nlon = \"lon\"\nlat = \"lat\"\n",
			"no,at,lon,lat\na,2026-01-05,116.05,39.05\nb,2026-01-06,116.195,39.05\nc,2026-01-07,116.05,39.1003\n") // 33 m north of G1
		if got := s.where(); got != c.want {
			t.Errorf("within %v m: %s, want %s", c.snap, got, c.want)
		}
		flags := map[string]int64{}
		for _, w := range r.Warnings {
			flags[w.Code] = w.Count
		}
		if flags["DQ22"] != 1 || (flags["DQ23"] == 1) != (c.snap == 50) {
			t.Errorf("within %v m the flags are %v", c.snap, flags)
		}
	}
}
