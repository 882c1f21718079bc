package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// All 1,776 cells of the published matrix of pick-ups per street and hour (issue A, point 2), by the command line.
func TestShenzhenMatrix(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data", "shenzhen")
	if _, err := os.Stat(data); err != nil {
		t.Skip("the shared data are not here")
	}
	p := product{t, filepath.Join(t.TempDir(), "D")}
	p.must("grids", "load", filepath.Join(data, "深圳街道.geojson"), "--level", "street", "--code", "NAME", "--name", "NAME", "--crs", "wgs84")

	var in bytes.Buffer
	fmt.Fprintln(&in, "hour,lon,lat")
	kept := 0
	for _, r := range readCSV(t, filepath.Join(data, "business.plates_masked.csv")) {
		if inWindow(r[13], r[14]) && inWindow(r[15], r[16]) {
			fmt.Fprintf(&in, "%s,%s,%s\n", r[0][11:13], r[13], r[14])
			kept++
		}
	}
	if kept != 8786 {
		t.Fatalf("%d rows kept, the data's README says 8,786", kept)
	}
	cmd := p.command("locate", "--level", "street", "--crs", "wgs84")
	cmd.Stdin = &in
	o := finish(t, cmd)
	if o.code != exitDone {
		t.Fatal(o.stderr)
	}
	rows, err := csv.NewReader(strings.NewReader(o.stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*[24]int{}
	located := 0
	for _, r := range rows[1:] {
		if r[3] == "" {
			continue
		}
		located++
		if got[r[3]] == nil {
			got[r[3]] = &[24]int{}
		}
		hour, err := strconv.Atoi(r[0])
		if err != nil {
			t.Fatal(err)
		}
		got[r[3]][hour]++
	}
	if located != 8765 {
		t.Errorf("%d pick-ups lie in a street, the data's README says 8,765", located)
	}
	cells := 0
	for _, r := range readCSV(t, filepath.Join(data, "street_hour_pickup.csv"))[1:] {
		for hour := range 24 {
			want, err := strconv.Atoi(r[1+hour])
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			if got[r[0]] != nil {
				n = got[r[0]][hour]
			}
			if n != want {
				t.Errorf("%s, hour %d: %d, published %d", r[0], hour, n, want)
			}
			cells++
		}
	}
	if cells != 1776 {
		t.Errorf("%d cells compared, want 1,776", cells)
	}
}

func inWindow(lon, lat string) bool {
	x, errX := strconv.ParseFloat(lon, 64)
	y, errY := strconv.ParseFloat(lat, 64)
	return errX == nil && errY == nil && x >= 113.7 && x <= 114.8 && y >= 22.3 && y <= 22.9
}

func readCSV(t *testing.T, name string) [][]string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
