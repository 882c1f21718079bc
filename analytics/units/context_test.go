package units

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

func thing(row int, name string, shape orb.Geometry) geo.Thing {
	return geo.Thing{Row: row, Name: name, Shape: shape}
}

func loadContext(t testing.TB, w *warehouse.Warehouse, layer string, kind ContextKind, things ...geo.Thing) ContextReport {
	t.Helper()
	r, err := LoadContext(context.Background(), w, things, ContextOptions{Layer: layer, Kind: kind, CRS: geo.GCJ02, Source: "要素.geojson", Hash: "ab"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// contexts are the layers and, by name, what they hold.
func contexts(t testing.TB, w *warehouse.Warehouse) (all []Context, held map[string][]geo.Thing) {
	t.Helper()
	ctx := context.Background()
	held = map[string][]geo.Thing{}
	err := w.View(ctx, func(v *warehouse.View) (err error) {
		if all, err = Contexts(ctx, v); err != nil {
			return err
		}
		for _, c := range all {
			if held[c.Layer], err = ContextThings(ctx, v, c.Layer); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, held
}

var noVersion = cmpopts.IgnoreFields(Context{}, "Version")

func TestContextLayersAreLoadedReplacedAndUndone(t *testing.T) {
	w := openWarehouse(t)
	old := []geo.Thing{
		thing(1, "人民路", orb.LineString{{110, 30}, {110.01, 30}}),
		thing(2, "", orb.MultiLineString{{{110, 30.01}, {110.01, 30.01}}, {{110, 30.02}, {110.01, 30.02}}}),
		thing(2, "", orb.LineString{{110, 30.03}, {110.01, 30.03}}), // the second member of a collection
	}
	fresh := []geo.Thing{thing(7, "解放路", orb.LineString{{110, 30.5}, {110.01, 30.5}})}
	lake := []geo.Thing{thing(1, "湖", square(0, 0))}
	school := []geo.Thing{thing(1, "小学", orb.Point{110, 30})}

	if got, want := loadContext(t, w, " 道路 ", Road, old...), (ContextReport{Job: 1, Version: 1, Layer: "道路", Things: 3}); got != want {
		t.Errorf("load: %+v, want %+v", got, want)
	}
	loadContext(t, w, "学校", Facility, school...)
	loadContext(t, w, "湖泊", Water, lake...)
	first, held := contexts(t, w)
	road := Context{Layer: "道路", Kind: Road, Count: 3, Source: "要素.geojson", CRS: "gcj02", Job: 1}
	lakes := Context{Layer: "湖泊", Kind: Water, Count: 1, Source: "要素.geojson", CRS: "gcj02", Job: 3}
	schools := Context{Layer: "学校", Kind: Facility, Count: 1, Source: "要素.geojson", CRS: "gcj02", Job: 2}
	if diff := cmp.Diff([]Context{lakes, road, schools}, first, noVersion); diff != "" { // water lies below roads, points on top
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][]geo.Thing{"道路": old, "湖泊": lake, "学校": school}, held); diff != "" {
		t.Error(diff)
	}

	// Another file of the same name takes its place, and nobody else's.
	if got, want := loadContext(t, w, "道路", Road, fresh...), (ContextReport{Job: 4, Version: 4, Layer: "道路", Things: 1, Replaced: 3}); got != want {
		t.Errorf("replace: %+v, want %+v", got, want)
	}
	second, held := contexts(t, w)
	if diff := cmp.Diff(map[string][]geo.Thing{"道路": fresh, "湖泊": lake, "学校": school}, held); diff != "" {
		t.Error(diff)
	}
	if second[1].Version == first[1].Version || second[0].Version != first[0].Version {
		t.Errorf("versions: %+v then %+v", first, second)
	}

	// What was replaced cannot be undone before what replaced it.
	ctx := context.Background()
	var replaced *warehouse.ReplacedError
	if _, err := w.Undo(ctx, 1); !errors.As(err, &replaced) {
		t.Errorf("undo of the first load: %v", err)
	}
	if u, err := w.Undo(ctx, 4); err != nil || u.Ended != 1 || u.Restored != 3 {
		t.Errorf("undo: %+v, %v", u, err)
	}
	third, held := contexts(t, w)
	if diff := cmp.Diff(map[string][]geo.Thing{"道路": old, "湖泊": lake, "学校": school}, held); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(road, third[1], noVersion); diff != "" {
		t.Error(diff)
	}
	if third[1].Version == second[1].Version {
		t.Error("the version of the layer that was taken back still holds")
	}

	r, err := RemoveContext(ctx, w, "道路")
	if err != nil || r.Replaced != 3 {
		t.Errorf("remove: %+v, %v", r, err)
	}
	if all, _ := contexts(t, w); len(all) != 2 {
		t.Errorf("after the removal: %+v", all)
	}
	loadContext(t, w, "道路", Road, fresh...)
	if _, err := w.Undo(ctx, r.Job); !errors.As(err, &replaced) { // it would bring back two layers of one name
		t.Errorf("undo of a removal after which a layer of the name was loaded: %v", err)
	}
	rep, err := w.Verify(ctx)
	if err != nil || len(rep.Damaged)+len(rep.Lost) > 0 {
		t.Errorf("%+v, %v", rep, err)
	}
}

func TestContextLayersThatAreRefused(t *testing.T) {
	w := openWarehouse(t)
	one := []geo.Thing{thing(1, "", orb.Point{110, 30})}
	many := make([]geo.Thing, MostContextThings+1)
	for _, tt := range []struct {
		layer  string
		kind   ContextKind
		things []geo.Thing
		says   string
	}{
		{" ", Road, one, "应有名称"},
		{"..", Road, one, "没有文字"},
		{strings.Repeat("路", 101), Road, one, "超过 100 个字"},
		{"道路", "street", one, "没有“street”这一种类，可填 green、water、other、building、road、facility"},
		{"道路", Road, nil, "没有数据行"},
		{"道路", Road, many, "有 200001 个要素，一个图层最多 200000 个"},
	} {
		_, err := LoadContext(context.Background(), w, tt.things, ContextOptions{Layer: tt.layer, Kind: tt.kind, Source: "a.shp"})
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q %s: %v, want %q", tt.layer, tt.kind, err, tt.says)
		}
	}
	var none *NoContextError
	if _, err := RemoveContext(context.Background(), w, "道路"); !errors.As(err, &none) {
		t.Errorf("removing what is not there: %v", err)
	}
	if w.Version() != 0 {
		t.Errorf("%d jobs were published", w.Version())
	}
}
