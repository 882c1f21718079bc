package demo

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gridstar/geo"

	"github.com/paulmach/orb"
)

// The files must be sound to the reader that loads them: no finding of the audit, borders that survive the
// conversion to WGS-84, and the same grid for a point as the ledger says.
func TestLayersPassTheAuditAndLocateThePointsOfTheLedgers(t *testing.T) {
	s := read(t)
	system, err := geo.ParseCRS(s.manifest.CRS)
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string][]geo.Feature{}
	for _, title := range []string{"区", "街道", "社区", "网格"} {
		file, err := os.Open(filepath.Join(s.dir, "图层", title+".geojson"))
		if err != nil {
			t.Fatal(err)
		}
		opt := geo.ReadOptions{CRS: system, CodeProp: "code", NameProp: "name"}
		if title != "区" {
			opt.ParentProp = "parent"
		}
		layers[title], err = geo.ReadGeoJSON(file, opt)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range geo.Audit(layers[title]) {
			t.Errorf("%s: %s", title, f.Text())
		}
	}
	grids, communities := geo.NewIndex(layers["网格"]), geo.NewIndex(layers["社区"])
	checked := 0
	for _, l := range s.of(mattersLedger) {
		inside := 0
		for _, r := range s.read(t, l) {
			if r.cells["经度"] == "" || r.flaw.Rejected() || r.flaw == GridUnknown {
				continue
			}
			lon, _ := strconv.ParseFloat(r.cells["经度"], 64)
			lat, _ := strconv.ParseFloat(r.cells["纬度"], 64)
			p := system.ToWGS84(orb.Point{lon, lat})
			g, ok := grids.Locate(p[0], p[1])
			c, okToo := communities.Locate(p[0], p[1])
			if !ok || !okToo || layers["网格"][g].Parent != layers["社区"][c].Code || layers["社区"][c].Code != r.community {
				t.Fatalf("%s row %d: grid %d %v, community %d %v", l.Path, r.row, g, ok, c, okToo)
			}
			if layers["网格"][g].Code == r.grid {
				inside++
			}
			checked++
		}
		if inside != l.Inside {
			t.Errorf("%s: %d points in their grid, manifest %d", l.Path, inside, l.Inside)
		}
	}
	if checked < 3000 {
		t.Errorf("only %d points", checked)
	}
}
