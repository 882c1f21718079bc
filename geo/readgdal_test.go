package geo

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// Files that GDAL writes, with its own projections and encodings, hold the same units.
func TestFilesOfGDAL(t *testing.T) {
	program, err := exec.LookPath("ogr2ogr")
	if err != nil {
		t.Skip("ogr2ogr (gdal-bin) not installed")
	}
	want := wavy(3, 4, 6)
	for i := range want {
		want[i].Name = strings.Repeat("网格", i%3) + "甲"
	}
	hole := reversed(want[0].Shape[0][0])
	for i, p := range hole { // a hole in the middle of the first, and a second part of it far away
		c := want[0].Shape.Bound().Center()
		hole[i][0], hole[i][1] = c[0]+(p[0]-c[0])/4, c[1]+(p[1]-c[1])/4
	}
	far := reversed(clockwiseBox(114.5, 32.5, 114.51, 32.51))
	want[0].Shape = orb.MultiPolygon{{want[0].Shape[0][0], hole}, {far}}

	dir := t.TempDir()
	source := filepath.Join(dir, "source.geojson")
	var out bytes.Buffer
	if err := WriteGeoJSON(&out, want, WGS84); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(source, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file string
		args       []string
		given      CRS // where the file declares none
		crs        CRS // as declared
		encoding   string
		toleranceM float64
	}{
		{"Shapefile in UTF-8", "a.shp", []string{"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8"}, "", WGS84, "utf-8", 0},
		{"Shapefile in GBK and a zone with its number", "b.shp", []string{"-f", "ESRI Shapefile", "-lco", "ENCODING=CP936", "-t_srs", "EPSG:4526"}, "", "EPSG:4526", "gb18030", 1e-3},
		{"Shapefile in a zone by meridian, with heights", "c.shp", []string{"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", "-lco", "SHPT=POLYGONZ", "-t_srs", "EPSG:4547"}, "", "EPSG:4547", "utf-8", 1e-3},
		{"Shapefile in CGCS2000", "d.shp", []string{"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", "-t_srs", "EPSG:4490"}, "", CGCS2000, "utf-8", 1e-3},
		{"Shapefile in Web Mercator", "e.shp", []string{"-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", "-t_srs", "EPSG:3857"}, "", WebMercator, "utf-8", 1e-3},
		{"KML", "f.kml", []string{"-f", "KML"}, WGS84, "", "utf-8", 1e-6},
		{"table with WKT", "g.csv", []string{"-f", "CSV", "-lco", "GEOMETRY=AS_WKT"}, WGS84, "", "utf-8", 1e-6},
		{"GeoJSON in a zone", "h.geojson", []string{"-f", "GeoJSON", "-t_srs", "EPSG:4526", "-lco", "RFC7946=NO"}, "", "EPSG:4526", "utf-8", 1e-3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(dir, tt.file)
			if text, err := exec.Command(program, append(tt.args, file, source)...).CombinedOutput(); err != nil {
				t.Fatalf("ogr2ogr: %v: %s", err, text)
			}
			var parts []Part
			written, err := filepath.Glob(strings.TrimSuffix(file, filepath.Ext(file)) + ".*")
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range written {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, part(filepath.Base(name), string(data)))
			}
			c := collectionOf(t, parts...)
			if c.CRS != tt.crs || c.Encoding != tt.encoding {
				t.Errorf("system %q, encoding %q", c.CRS, c.Encoding)
			}
			fs, err := c.Features(ReadOptions{CRS: tt.given, CodeProp: "code", NameProp: "name"})
			if err != nil || len(fs) != len(want) {
				t.Fatalf("%d features, %v; properties %q", len(fs), err, c.Props)
			}
			for i, f := range fs {
				if w := want[i]; f.Code != w.Code || f.Name != w.Name || !sameWithin(f, w, tt.toleranceM) {
					t.Fatalf("got %+v, want %+v", f, w)
				}
			}
		})
	}
}

// sameWithin compares shapes whose rings may begin at any vertex.
func sameWithin(a, b Feature, toleranceM float64) bool {
	if len(a.Shape) != len(b.Shape) {
		return false
	}
	for i := range a.Shape {
		if len(a.Shape[i]) != len(b.Shape[i]) {
			return false
		}
		for k, r := range a.Shape[i] {
			s := b.Shape[i][k]
			n := len(s) - 1
			if len(r) != len(s) {
				return false
			}
			at := 0
			for at < n && metres(r[0], s[at]) > toleranceM {
				at++
			}
			for j := range n {
				if at == n || metres(r[j], s[(at+j)%n]) > toleranceM {
					return false
				}
			}
		}
	}
	return true
}
