package units

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

// square is a square of 0.01° with its south-west corner at (110+x/100, 30+y/100).
func square(x, y float64) orb.MultiPolygon { return block(x, y, x+1, y+1) }

func block(x0, y0, x1, y1 float64) orb.MultiPolygon {
	p := func(x, y float64) orb.Point { return orb.Point{110 + x/100, 30 + y/100} }
	return orb.MultiPolygon{{{p(x0, y0), p(x1, y0), p(x1, y1), p(x0, y1), p(x0, y0)}}}
}

func feature(row int, code, name, parent string, shape orb.MultiPolygon) geo.Feature {
	return geo.Feature{Row: row, Code: code, Name: name, Parent: parent, Shape: shape}
}

func loadLayer(t testing.TB, w *warehouse.Warehouse, level, from string, fs ...geo.Feature) Report {
	t.Helper()
	opt := LayerOptions{Level: level, Levels: levels, CRS: "wgs84", Source: "图层.geojson", Now: today}
	if from != "" {
		opt.ValidFrom = day(from)
	}
	r, err := LoadLayer(context.Background(), w, fs, opt)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != r.Accepted+r.Unchanged+r.Skipped || r.Replaced > r.Accepted {
		t.Errorf("the counts do not add up: %+v", r)
	}
	return r
}

func layer(t testing.TB, w *warehouse.Warehouse, level string, on time.Time) (*Layer, error) {
	t.Helper()
	var l *Layer
	err := w.View(context.Background(), func(v *warehouse.View) (err error) {
		l, err = LoadLayers(context.Background(), v, levels, level, on)
		return err
	})
	return l, err
}

// at locates the middle of a square in the layer of a level on a date: the code, "-" where there is none.
func at(t testing.TB, w *warehouse.Warehouse, level, on string, x, y float64) string {
	t.Helper()
	l, err := layer(t, w, level, day(on))
	if err != nil {
		t.Fatal(err)
	}
	if i, ok := l.Index.Locate(110+(x+0.5)/100, 30+(y+0.5)/100); ok {
		return l.Codes[i]
	}
	return "-"
}

// Two communities of two squares each, four grids: C1 = G1 G2, C2 = G3 G4.
func loadTown(t testing.TB, w *warehouse.Warehouse) {
	loadLayer(t, w, "community", "", feature(1, "C1", "朝阳社区", "", block(0, 0, 2, 1)), feature(2, "C2", "光明社区", "", block(2, 0, 4, 1)))
	loadLayer(t, w, "grid", "", feature(1, "G2", "第二网格", "", square(1, 0)), feature(2, "G1", "第一网格", "", square(0, 0)),
		feature(3, "G3", "第一网格", "光明社区", square(2, 0)), feature(4, "G4", "", "C2", square(3, 0)))
}

func TestLoadLayerCreatesUnits(t *testing.T) {
	w := openWarehouse(t)
	r := loadLayer(t, w, "community", "", feature(1, "C1", "朝阳社区", "", block(0, 0, 2, 1)), feature(2, "C2", "光明社区", "", block(2, 0, 4, 1)),
		feature(3, "C3", "无图社区", "", nil))
	if diff := cmp.Diff(Report{
		Job: 1, Version: 1, Rows: 3, Accepted: 2, Skipped: 1,
		Layer: &LayerReport{Created: []string{"C1", "C2"}, Empty: []int64{3}},
	}, r); diff != "" {
		t.Error(diff)
	}
	r = loadLayer(t, w, "grid", "", feature(1, "G2", "第二网格", "", square(1, 0)), feature(2, "G1", "第一网格", "", square(0, 0)),
		feature(3, "G3", "第一网格", "光明社区", square(2, 0)), feature(4, "G4", "", "C2", square(3, 0)), feature(5, "G9", "飞地", "", square(9, 9)))
	if diff := cmp.Diff(&LayerReport{Created: []string{"G2", "G1", "G3", "G4", "G9"}, ByGeometry: []string{"G2", "G1"}}, r.Layer); diff != "" {
		t.Error(diff)
	}
	d := directory(t, w, today)
	// Official order: as in the file; the unit that lies nowhere is a root.
	if diff := cmp.Diff([]string{"C1", "G2", "G1", "C2", "G3", "G4", "G9"}, codes(d.Units())); diff != "" {
		t.Error(diff)
	}
	if d.FullName("G3") != "光明社区第一网格" || d.FullName("G4") != "光明社区G4" {
		t.Error(d.FullName("G3"), d.FullName("G4"))
	}
}

func TestLoadingTheSameLayerAgainChangesNothing(t *testing.T) {
	for _, from := range []string{"", "2025-01-01"} {
		w := openWarehouse(t)
		fs := []geo.Feature{feature(1, "G1", "第一网格", "", square(0, 0)), feature(2, "G2", "第二网格", "", square(1, 0))}
		loadLayer(t, w, "grid", from, fs...)
		r := loadLayer(t, w, "grid", from, fs...)
		if r.Unchanged != 2 || r.Accepted != 0 || len(r.Layer.Created)+len(r.Layer.Overlapped)+len(r.Layer.Ended) > 0 {
			t.Errorf("%+v %+v", r, r.Layer)
		}
		for _, name := range []string{"org", "layer"} {
			if got := counts(t, w, name); got != "2 live, 0 past" {
				t.Errorf("from %q: %s has %s", from, name, got)
			}
		}
	}
}

func TestAUnitThatExistsKeepsItsAttributes(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table("编码|名称|层级|上级编码|排序|户数|别名\nC1|朝阳社区|社区||7|500|朝阳居\nC2|光明社区|社区||3||\nG1|第一网格|网格|C2|1||"), Area)
	r := loadLayer(t, w, "community", "", feature(1, "C1", "朝阳新社区", "", block(0, 0, 2, 1)), feature(2, "C2", "", "", block(2, 0, 4, 1)))
	if r.Accepted != 2 || r.Replaced != 1 || len(r.Layer.Created) > 0 {
		t.Errorf("%+v %+v", r, r.Layer)
	}
	loadLayer(t, w, "grid", "", feature(1, "G1", "第一网格", "C1", square(0, 0)))
	d := directory(t, w, today)
	if u, _ := d.Unit("C1"); u.Name != "朝阳新社区" || u.Sort != 7 || *u.Households != 500 || len(u.Aliases) != 1 {
		t.Errorf("%+v", u)
	}
	if u, _ := d.Unit("C2"); u.Name != "光明社区" {
		t.Errorf("%+v", u)
	}
	if u, _ := d.Unit("G1"); u.Parent != "C2" {
		t.Errorf("the parent in the table is the one that counts: %+v", u)
	}
	if got := counts(t, w, "org"); got != "3 live, 1 past" {
		t.Error(got)
	}
}

func TestANewCut(t *testing.T) {
	w := openWarehouse(t)
	loadTown(t, w)
	// From June on, G1 has all of C1, a new G5 a part of it to the north; C2 is not cut anew.
	cut := []geo.Feature{feature(1, "G1", "第一网格", "C1", square(0, 0)), feature(2, "G5", "第五网格", "C1", block(1, 0, 2, 2))}
	r := loadLayer(t, w, "grid", "2025-06-01", cut...)
	if diff := cmp.Diff(&LayerReport{Created: []string{"G5"}, Ended: []string{"G2"}, WithoutShape: []string{"G2"}}, r.Layer); diff != "" {
		t.Error(diff)
	}
	if r.Accepted != 2 || r.Replaced != 1 { // G1's polygon, though the same, begins anew with the cut
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		on   string
		x, y float64
		want string
	}{
		{"2025-05-31", 0, 0, "G1"},
		{"2025-05-31", 1, 0, "G2"},
		{"2025-05-31", 1, 1, "-"},
		{"2025-06-01", 0, 0, "G1"},
		{"2025-06-01", 1, 0, "G5"},
		{"2025-06-01", 1, 1, "G5"},
		{"2025-06-01", 2, 0, "G3"},
	} {
		if got := at(t, w, "grid", c.on, c.x, c.y); got != c.want {
			t.Errorf("(%g, %g) on %s is in %s, want %s", c.x, c.y, c.on, got, c.want)
		}
	}
	if r := loadLayer(t, w, "grid", "2025-06-01", cut...); r.Unchanged != 2 || len(r.Layer.Ended)+len(r.Layer.Overlapped) > 0 {
		t.Errorf("the same cut again: %+v %+v", r, r.Layer)
	}

	// An earlier cut, loaded late, ends where the later one begins, and only where it lies under it.
	r = loadLayer(t, w, "grid", "2024-01-01", feature(1, "G6", "第六网格", "C1", square(1, 0)), feature(2, "G3", "第一网格", "C2", square(2, 0)))
	if diff := cmp.Diff([]string{"G2"}, r.Layer.Ended); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		on   string
		x    float64
		want string
	}{{"2023-12-31", 1, "G2"}, {"2024-01-01", 1, "G6"}, {"2025-06-01", 1, "G5"}, {"2025-06-01", 2, "G3"}, {"2025-06-01", 3, "G4"}} {
		if got := at(t, w, "grid", c.on, c.x, 0); got != c.want {
			t.Errorf("x = %g on %s is in %s, want %s", c.x, c.on, got, c.want)
		}
	}
	// The first cut had bounded G2's polygon, which the late one bounded again: it cannot be taken back alone.
	by := new(warehouse.ReplacedError)
	if _, err := w.Undo(context.Background(), 3); !errors.As(err, &by) {
		t.Error(err)
	}
}

func TestACutBringsBackAUnitThatHadEnded(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table("编码|名称|层级|停用日期\nG1|第一网格|网格|2024-01-01"), Area)
	loadLayer(t, w, "grid", "2025-06-01", feature(1, "G1", "第一网格", "", square(0, 0)))
	for on, want := range map[string]bool{"2023-12-31": true, "2024-01-01": false, "2025-05-31": false, "2025-06-01": true} {
		if u, ok := directory(t, w, day(on)).Unit("G1"); !ok || u.In(day(on)) != want {
			t.Errorf("in force on %s: %v, want %v", on, !want, want)
		}
	}
}

func TestUndoOfACutBringsTheEarlierOneBack(t *testing.T) {
	w := openWarehouse(t)
	loadTown(t, w)
	r := loadLayer(t, w, "grid", "2025-06-01", feature(1, "G1", "大网格", "C1", block(0, 0, 2, 1)))
	if got := at(t, w, "grid", "2026-01-01", 1, 0); got != "G1" {
		t.Fatal(got)
	}
	if _, err := w.Undo(context.Background(), r.Job); err != nil {
		t.Fatal(err)
	}
	if got := at(t, w, "grid", "2026-01-01", 1, 0); got != "G2" {
		t.Error(got)
	}
	if u, _ := directory(t, w, today).Unit("G1"); u.Name != "第一网格" {
		t.Errorf("%+v", u)
	}
}

func TestANewShapeWithoutADateReplacesTheOldOne(t *testing.T) {
	w := openWarehouse(t)
	loadTown(t, w)
	r := loadLayer(t, w, "grid", "", feature(1, "G1", "", "", block(0, 0, 2, 1)))
	if r.Accepted != 1 || r.Replaced != 1 {
		t.Errorf("%+v", r)
	}
	// G2 lies under the new shape of G1 and nothing says from when: it stays, and is named.
	if diff := cmp.Diff(&LayerReport{Overlapped: []string{"G2"}}, r.Layer); diff != "" {
		t.Error(diff)
	}
	if got := counts(t, w, "layer"); got != "6 live, 1 past" {
		t.Error(got)
	}
}

func TestLoadLayerRefuses(t *testing.T) {
	w := openWarehouse(t)
	loadTown(t, w)
	for _, c := range []struct {
		situation, level string
		fs               []geo.Feature
		want             string
	}{
		{"a level of the party tree", "branch", []geo.Feature{feature(1, "B", "", "", square(0, 0))}, "层级“branch”没有定义或不是区划层级，图层只能装入区划层级"},
		{"an unknown level", "片区", []geo.Feature{feature(1, "B", "", "", square(0, 0))}, "层级“片区”没有定义或不是区划层级，图层只能装入区划层级"},
		{"no features", "grid", nil, ErrEmpty.Error()},
		{"no code", "grid", []geo.Feature{feature(4, "", "", "", square(0, 0))}, "第 4 个图形：没有填写编码，图层未作任何改动"},
		{"a code twice", "grid", []geo.Feature{feature(1, "A", "", "", square(0, 0)), feature(2, "A", "", "", square(1, 0))}, "第 2 个图形：编码“A”与第 1 个图形重复，图层未作任何改动"},
		{"a code of another level", "grid", []geo.Feature{feature(1, "C1", "", "", square(0, 0))}, "第 1 个图形：编码“C1”已是区划树的“朝阳社区”（社区），不能再用作网格，图层未作任何改动"},
		{"an unknown parent", "grid", []geo.Feature{feature(1, "A", "", "C9", square(0, 0))}, "第 1 个图形：上级单位“C9”不存在，请先登记该单位或核对编码，图层未作任何改动"},
		{"a parent that is not above", "grid", []geo.Feature{feature(1, "A", "", "G1", square(0, 0))}, "第 1 个图形：上级“G1”不是网格以上的区划单位，图层未作任何改动"},
		{"a name longer than any", "grid", []geo.Feature{feature(1, "A", strings.Repeat("长", 101), "", square(0, 0))}, "第 1 个图形：名称“" + strings.Repeat("长", 60) + "…”超过 100 个字，图层未作任何改动"},
	} {
		t.Run(c.situation, func(t *testing.T) {
			_, err := LoadLayer(context.Background(), w, c.fs, LayerOptions{Level: c.level, Levels: levels, Now: today})
			if err == nil || err.Error() != c.want {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
	if w.Version() != 2 {
		t.Error("something was published")
	}
}

func TestLoadLayers(t *testing.T) {
	w := openWarehouse(t)
	var none *NoLayerError
	if _, err := layer(t, w, "", today); !errors.As(err, &none) || none.Error() != "还没有装入任何图层，请先用 grids load 装入边界数据" {
		t.Error(err)
	}
	loadTown(t, w)
	if _, err := layer(t, w, "street", today); !errors.As(err, &none) || none.Level != "街道" {
		t.Error(err)
	}
	if _, err := layer(t, w, "branch", today); err == nil {
		t.Error("party units have no polygons")
	}
	l, err := layer(t, w, "", today)
	if err != nil {
		t.Fatal(err)
	}
	if l.Level != "grid" || l.Job != 2 || !cmp.Equal(l.Codes, []string{"G1", "G2", "G3", "G4"}) || len(l.Shapes) != 4 {
		t.Errorf("the finest level with a layer: %s, job %d, %v", l.Level, l.Job, l.Codes)
	}
	if diff := cmp.Diff(square(0, 0), l.Shapes[0]); diff != "" {
		t.Error("the stored shape differs from the loaded one:", diff)
	}
}

func TestInside(t *testing.T) {
	ring := func(ps ...float64) orb.Ring {
		var r orb.Ring
		for i := 0; i < len(ps); i += 2 {
			r = append(r, orb.Point{ps[i], ps[i+1]})
		}
		return r
	}
	for _, c := range []struct {
		situation string
		shape     orb.MultiPolygon
		want      orb.Point
	}{
		{"a square", orb.MultiPolygon{{ring(0, 0, 2, 0, 2, 2, 0, 2, 0, 0)}}, orb.Point{1, 1}},
		{"the hole is avoided", orb.MultiPolygon{{ring(0, 0, 4, 0, 4, 4, 0, 4, 0, 0), ring(1, 1, 1, 3, 2, 3, 2, 1, 1, 1)}}, orb.Point{3, 2}},
		{"the larger part", orb.MultiPolygon{{ring(0, 0, 1, 0, 1, 1, 0, 1, 0, 0)}, {ring(10, 0, 14, 0, 14, 4, 10, 4, 10, 0)}}, orb.Point{12, 2}},
		{"a horseshoe, whose middle is outside", orb.MultiPolygon{{ring(0, 0, 5, 0, 5, 4, 3, 4, 3, 1, 1, 1, 1, 4, 0, 4, 0, 0)}}, orb.Point{4, 2}},
		{"an open ring", orb.MultiPolygon{{ring(0, 0, 2, 0, 2, 2, 0, 2)}}, orb.Point{1, 1}},
		{"nothing", nil, orb.Point{}},
		{"a line", orb.MultiPolygon{{ring(3, 5, 4, 5, 3, 5)}}, orb.Point{3, 5}},
	} {
		if got := inside(c.shape); got != c.want {
			t.Errorf("%s: %v, want %v", c.situation, got, c.want)
		}
	}
}

// shared is the folder of real data beside the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("real data are not here: %s", path)
	}
	return path
}

func TestRealLayers(t *testing.T) {
	for _, c := range []struct {
		file, level, code, name string
		crs                     geo.CRS
		units                   int
	}{
		{"shenzhen/深圳街道.geojson", "street", "NAME", "NAME", "wgs84", 74},
		{"nyc/community-districts.geojson", "community", "BoroCD", "BoroCD", "wgs84", 71},
	} {
		t.Run(c.file, func(t *testing.T) {
			f, err := os.Open(shared(t, c.file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			fs, err := geo.ReadGeoJSON(f, geo.ReadOptions{CRS: c.crs, CodeProp: c.code, NameProp: c.name})
			if err != nil {
				t.Fatal(err)
			}
			w := openWarehouse(t)
			if r := loadLayer(t, w, c.level, "", fs...); int(r.Accepted) != c.units || len(r.Layer.Created) != c.units {
				t.Errorf("%+v", r)
			}
			if r := loadLayer(t, w, c.level, "", fs...); int(r.Unchanged) != c.units || len(r.Layer.Overlapped) > 0 {
				t.Errorf("the same again: %+v %v", r, r.Layer.Overlapped)
			}
			l, err := layer(t, w, "", today)
			if err != nil {
				t.Fatal(err)
			}
			direct := geo.NewIndex(fs)
			for _, f := range fs { // the stored layer answers like the file, at a point well inside every unit
				p := inside(f.Shape)
				i, ok := l.Index.Locate(p[0], p[1])
				j, _ := direct.Locate(p[0], p[1])
				if !ok || l.Codes[i] != f.Code || fs[j].Code != f.Code {
					t.Errorf("%s: %v", f.Code, p)
				}
			}
			d := directory(t, w, today)
			for _, f := range fs {
				if u, err := d.Resolve(f.Name, nil, ""); err != nil || u.Code != f.Code {
					t.Errorf("%s: %v %v", f.Name, u.Code, err)
				}
			}
		})
	}
}
