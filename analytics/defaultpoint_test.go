package analytics

import (
	"context"
	"fmt"
	"testing"
)

// Four sources: gx has a door that a third of its matters stand at and a tower among busy neighbours, gy a point that the units its
// rows name contradict, gz the same with one row too few, gp a register's estate; a ledger of one estate has one point.
func TestDefaultPoints(t *testing.T) {
	f, e := pointed(t)
	rows := [][]string{{"id", "source_system", "kind", "org_code", "received_at", "lon", "lat", "located"}}
	n := 0
	add := func(count int, source, lon, lat, located string) {
		for range count {
			n++
			rows = append(rows, []string{fmt.Sprintf("r%04d", n), source, "SQ", "G11", "2026-01-02", lon, lat, located})
		}
	}
	for i := range 100 { // a kilometre apart
		add(1, "gx", fmt.Sprintf("%.2f", 120+float64(i%10)/100), fmt.Sprintf("%.2f", 30+float64(i/10)/100), "point")
	}
	add(60, "gx", "120.500001", "30.500001", "point")
	add(60, "gx", "120.7", "30.7", "point")
	for i := range 30 { // within 100 m of the tower
		add(1, "gx", fmt.Sprintf("%.6f", 120.7+float64(i+1)*0.00003), "30.7003", "point")
	}
	add(25, "gy", "120.500001", "30.500001", "conflict")
	add(5, "gy", "120.500001", "30.500001", "both")
	add(19, "gz", "120.9", "30.9", "conflict")
	add(70, "one estate", "121.2", "30.2", "point")
	add(80, "gp", "121.1", "30.1", "place")
	f.insert("record", rows)
	f.publish()
	all, err := e.DefaultPoints(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := "[{gx 120.500001 30.500001 60 250 0 0} {gy 120.500001 30.500001 30 30 0 25}]"
	if got := fmt.Sprint(all); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if a, b := all[0].Words(), all[1].Words(); a != "周围 150 米内其他事项只有 0 件" || b != "其中 25 件写明的单位不在这里" {
		t.Errorf("%s; %s", a, b)
	}
	page, err := e.Bins(context.Background(), BinQuery{Query: received(t), SizeM: 100})
	if err != nil {
		t.Fatal(err)
	}
	if page.Points != 359 || page.Defaults != 90 || page.Rows != 449 { // 100 + 60 + 30 of gx, 19 of gz, 70 of the estate, 80 of gp
		t.Errorf("%d points, %d at defaults, %d rows", page.Points, page.Defaults, page.Rows)
	}
	points, err := e.Points(context.Background(), PointQuery{Query: received(t), Limit: MaxPoints, Box: &Box{120.5, 30.5, 120.6, 30.6}})
	if err != nil || len(points.Points) != 0 {
		t.Errorf("%d rows on the map at the default point, %v", len(points.Points), err)
	}
}
