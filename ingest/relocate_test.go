package ingest

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

// cut loads rectangles of the level grid: unit → west, south, east, north.
func (s *site) cut(from string, end []string, boxes map[string][4]float64) units.Report {
	s.t.Helper()
	return s.cutWith(units.LayerOptions{End: end}, from, boxes)
}

func (s *site) cutWith(opt units.LayerOptions, from string, boxes map[string][4]float64) units.Report {
	s.t.Helper()
	var fs []geo.Feature
	for _, code := range slices.Sorted(maps.Keys(boxes)) {
		b := boxes[code]
		ring := orb.Ring{{b[0], b[1]}, {b[2], b[1]}, {b[2], b[3]}, {b[0], b[3]}, {b[0], b[1]}}
		fs = append(fs, geo.Feature{Row: len(fs) + 1, Code: code, Parent: "C1", Shape: orb.MultiPolygon{{ring}}})
	}
	opt.Level, opt.Levels, opt.CRS, opt.Source, opt.Now = "grid", s.in.Levels, geo.WGS84, "t.geojson", s.now
	if from != "" {
		day, err := time.Parse(time.DateOnly, from)
		if err != nil {
			s.t.Fatal(err)
		}
		opt.ValidFrom = day
	}
	r, err := units.LoadLayer(context.Background(), s.w, fs, opt)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// where lists the rows: number, unit, unit of then, ground.
func (s *site) where() string {
	s.t.Helper()
	var got []string
	err := s.w.View(context.Background(), func(v *warehouse.View) (err error) {
		got, err = warehouse.Rows(context.Background(), v, func(r *sql.Rows) (x string, err error) { return x, r.Scan(&x) },
			"SELECT source_no || ':' || coalesce(org_code, '-') || ':' || coalesce(org_then, '=') || ':' || located FROM record ORDER BY source_no")
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(got)
}

// A new cut: G1 is split into G1 and G4, G2 and G3 become G2. Every expected answer follows from the boxes by hand.
func TestANewCutLocatesHistoryAnew(t *testing.T) {
	s := emptySite(t)
	s.units("编码|名称|层级|上级编码\nC1|一社区|community|")
	s.cut("", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.2, 39.1}, "G2": {116.2, 39.0, 116.3, 39.1}, "G3": {116.3, 39.0, 116.4, 39.1}})
	profile := `name = "t"
shape = "record"
crs = "wgs84"
[constants]
source_system = "t"
kind = "SQ"
[fields]
source_no = "no"
received_at = "at"
org_code = "org"
lon = "lon"
lat = "lat"
`
	data := "no,at,org,lon,lat\n" +
		"a,2026-01-05,,116.05,39.05\n" + // in G1, which keeps it
		"b,2026-01-06,,116.15,39.05\n" + // in G1, which G4 takes
		"c,2026-01-07,G1,116.16,39.05\n" + // says G1 and lies in it: G4 now
		"d,2026-01-08,G1,116.25,39.05\n" + // says G1, lies in G2: what it says stays
		"e,2026-01-09,,116.35,39.05\n" + // in G3, which ends
		"f,2026-01-10,G3,,\n" + // says G3 without a point: G2 took it up whole
		"g,2026-01-11,G1,,\n" + // says G1 without a point: nobody knows which half
		"h,2026-01-12,,116.50,39.05\n" + // outside, and in the new G5
		"i,2026-01-13,C1,116.17,39.02\n" // says the community, lies in G1: G4 now
	first := s.load(profile, data)
	const before = "[a:G1:=:point b:G1:=:point c:G1:=:both d:G1:=:conflict e:G3:=:point f:G3:=:code g:G1:=:code h:-:=:outside i:G1:=:both]"
	if got := s.where(); got != before {
		t.Fatalf("before the cut\n got %s\nwant %s", got, before)
	}
	cut := map[string][4]float64{"G1": {116.0, 39.0, 116.1, 39.1}, "G4": {116.1, 39.0, 116.2, 39.1}, "G2": {116.2, 39.0, 116.4, 39.1}, "G5": {116.4, 39.0, 116.6, 39.1}}
	r := s.cut("2026-02-01", []string{"G3"}, cut)
	const after = "[a:G1:=:point b:G4:G1:point c:G4:G1:both d:G1:=:conflict e:G2:G3:point f:G2:G3:code g:G1:=:code h:G5::point i:G4:G1:both]"
	if got := s.where(); got != after {
		t.Errorf("after the cut\n got %s\nwant %s", got, after)
	}
	if got, want := fmt.Sprint(r.Layer.Split, r.Layer.Merged, r.Layer.Moved), "[{[G1] [G1 G4]}] [{[G2 G3] [G2]}] map[record:6]"; got != want {
		t.Errorf("the report says %s, want %s", got, want)
	}
	if again := s.load(profile, data+"j,2026-02-14,,116.15,39.05\n"); again.Unchanged != 9 || again.Replaced != 0 {
		t.Errorf("the same rows again: %s", counts(again))
	}
	corrected := strings.Replace(data, "b,2026-01-06", "b,2026-01-16", 1) // one cell
	again := s.load(profile, corrected)
	if again.Replaced != 1 {
		t.Errorf("a corrected row: %s", counts(again))
	}
	if got := s.where(); !strings.Contains(got, "b:G4:G1:point") {
		t.Errorf("a corrected row forgets its unit of then: %s", got)
	}
	if _, err := s.w.Undo(context.Background(), again.Job); err != nil {
		t.Fatal(err)
	}
	if r := s.cut("2026-02-01", nil, cut); len(r.Layer.Moved) > 0 && r.Layer.Moved["record"] != 0 {
		t.Errorf("the same cut again moves %v", r.Layer.Moved)
	}
	undone, err := s.w.Undo(context.Background(), r.Job)
	if err != nil {
		t.Fatal(err)
	}
	if undone.Homeless != 1 || !strings.Contains(undone.Note(), "有 1 行是在作业") { // j, loaded into G4 while there was one
		t.Errorf("%d rows without a unit; %s", undone.Homeless, undone.Note())
	}
	want := before[:len(before)-1] + " j:G4:=:point]"
	if got := s.where(); got != want {
		t.Errorf("after undo\n got %s\nwant %s", got, want)
	}
	if _, err := s.w.Undo(context.Background(), first.Job); err != nil {
		t.Fatal(err)
	}
	if got := s.where(); got != "[j:G4:=:point]" {
		t.Errorf("after undoing the ledger: %s", got)
	}
	if rep, err := s.w.Verify(context.Background()); err != nil || len(rep.Damaged) > 0 {
		t.Errorf("verify: %v %v", rep.Damaged, err)
	}
}

// Polygons that come after the ledgers, without a date, find the units of what is there; nothing of “then” comes of it. A cut of
// the future moves nothing before its day.
func TestPolygonsAfterTheLedgers(t *testing.T) {
	s := emptySite(t)
	s.units("编码|名称|层级|上级编码\nC1|一社区|community|")
	profile := "name = \"t\"\nshape = \"record\"\ncrs = \"wgs84\"\n[constants]\nsource_system = \"t\"\nkind = \"SQ\"\n[fields]\nsource_no = \"no\"\nreceived_at = \"at\"\norg_code = \"org\"\nlon = \"lon\"\nlat = \"lat\"\n"
	s.load(profile, "no,at,org,lon,lat\na,2026-01-05,C1,116.05,39.05\nb,2026-01-06,C1,116.9,39.05\nc,2026-01-07,,116.15,39.05\n")
	s.cut("", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.2, 39.1}})
	if got, want := s.where(), "[a:G1:=:both b:C1:=:code c:G1:=:point]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	r := s.cut("2026-04-01", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.1, 39.1}, "G2": {116.1, 39.0, 116.2, 39.1}})
	if !r.Layer.Later || len(r.Layer.Moved) > 0 {
		t.Errorf("a cut of the future: %+v", r.Layer)
	}
	s.now = time.Date(2026, 4, 2, 8, 0, 0, 0, time.UTC)
	r = s.cut("2026-04-01", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.1, 39.1}, "G2": {116.1, 39.0, 116.2, 39.1}})
	if got, want := s.where(), "[a:G1:=:both b:C1:=:code c:G2:G1:point]"; got != want || r.Layer.Moved["record"] != 1 {
		t.Errorf("got %s, want %s; %+v", got, want, r.Layer)
	}
}

const pointLedger = "name = \"t\"\nshape = \"record\"\ncrs = \"wgs84\"\n[constants]\nsource_system = \"t\"\nkind = \"SQ\"\n[fields]\nsource_no = \"no\"\nreceived_at = \"at\"\norg_code = \"org\"\nplace_id = \"place\"\nlon = \"lon\"\nlat = \"lat\"\n"

// One community draws its grids; the points of its neighbour, which has none, stay the neighbour's.
func TestGridsOfOneCommunityLeaveTheOthers(t *testing.T) {
	s := emptySite(t)
	s.units("编码|名称|层级|上级编码\nC1|一社区|community|\nC2|二社区|community|")
	s.squares("community", map[string]orb.Point{"C1": {116.0, 39.0}, "C2": {116.1, 39.0}})
	rows := "no,at,org,place,lon,lat\na,2026-01-05,,,116.05,39.05\nb,2026-01-06,,,116.15,39.05\n"
	s.load(pointLedger, rows)
	s.cut("", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.05, 39.1}, "G2": {116.05, 39.0, 116.1, 39.1}})
	s.load(pointLedger, rows+"c,2026-01-07,,,116.17,39.05\nd,2026-01-08,,,116.3,39.05\n")
	if got, want := s.where(), "[a:G2:=:point b:C2:=:point c:C2:=:point d:-:=:outside]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A corrected border takes with it what stands in the register, and the rows by 小区; new rows by 小区 agree with them. A row that names the
// old grid of its point counts as agreeing only if it is from before the cut.
func TestWhatIsByPlaceFollowsACorrection(t *testing.T) {
	s := emptySite(t)
	s.units("编码|名称|层级|上级编码\nC1|一社区|community|")
	s.cut("", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.1, 39.1}, "G2": {116.1, 39.0, 116.2, 39.1}})
	s.load("name = \"p\"\nshape = \"place\"\ncrs = \"wgs84\"\nkey = [\"小区\"]\n[constants]\ntype = \"estate\"\n[fields]\nname = \"小区\"\norg_code = \"org\"\nlon = \"lon\"\nlat = \"lat\"\n",
		"小区,org,lon,lat\n金桂园,C1,116.09,39.05\n")
	s.load(pointLedger, "no,at,org,place,lon,lat\na,2026-01-05,C1,金桂园3栋,,\nb,2026-01-06,C1,,116.09,39.05\n")
	if got, want := s.where(), "[a:G1:=:place b:G1:=:both]"; got != want {
		t.Fatalf("before: %s, want %s", got, want)
	}
	s.cut("", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.08, 39.1}, "G2": {116.08, 39.0, 116.2, 39.1}})
	s.load(pointLedger, "no,at,org,place,lon,lat\nc,2026-01-07,C1,金桂园1栋,,\n")
	if got, want := s.where(), "[a:G2:=:place b:G1:=:both c:G2:=:place]"; got != want { // b may have named G1: nobody knows
		t.Errorf("after: %s, want %s", got, want)
	}
	s.now = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	s.cut("2026-03-01", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.05, 39.1}, "G2": {116.05, 39.0, 116.2, 39.1}})
	s.load(pointLedger, "no,at,org,place,lon,lat\nx,2026-02-01,G1,,116.06,39.05\ny,2026-05-01,G1,,116.06,39.05\n")
	if got, want := s.where(), "[a:G2:=:place b:G1:=:both c:G2:=:place x:G2:=:both y:G1:=:conflict]"; got != want {
		t.Errorf("rows that name the grid of before: %s, want %s", got, want)
	}
}

// Within the site's tolerance a point beyond the outermost border moves with the border it was given to, and stays where loading it again
// puts it.
func TestTheToleranceHoldsForACutToo(t *testing.T) {
	s := emptySite(t)
	s.in.Units.SnapM = 50
	s.units("编码|名称|层级|上级编码\nC1|一社区|community|")
	s.cut("", nil, map[string][4]float64{"G1": {116.0, 39.0, 116.2, 39.1}})
	rows := "no,at,org,place,lon,lat\na,2026-01-05,,,116.05,39.1003\nb,2026-01-06,G1,,116.15,39.1003\n" // 33 m north of the border
	s.load(pointLedger, rows)
	opt := units.LayerOptions{SnapM: 50}
	s.cutWith(opt, "2026-02-01", map[string][4]float64{"G1": {116.0, 39.0, 116.1, 39.1}, "G2": {116.1, 39.0, 116.2, 39.1}})
	const want = "[a:G1:=:point b:G2:G1:both]"
	if got := s.where(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if again := s.load(pointLedger, rows); again.Unchanged != 2 {
		t.Errorf("the same rows again: %s; %s", counts(again), s.where())
	}
	// A point in the polygon of a community without grids is not drawn to a grid near by.
	s.units("编码|名称|层级|上级编码\nC2|二社区|community|")
	s.squares("community", map[string]orb.Point{"C2": {116.2, 39.0}})
	s.load(pointLedger, "no,at,org,place,lon,lat\nc,2026-02-05,,,116.2003,39.05\n") // 26 m east of G2
	if got := s.where(); got != "[a:G1:=:point b:G2:G1:both c:C2:=:point]" {
		t.Errorf("beside the grids: %s", got)
	}
}
