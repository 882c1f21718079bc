package units

import (
	"context"
	"testing"

	"gridstar/analytics/warehouse"
)

func TestCacheSeesEveryChange(t *testing.T) {
	ctx := context.Background()
	w := openWarehouse(t)
	var c Cache
	names := func() (name string, d *Directory) {
		t.Helper()
		if err := w.View(ctx, func(v *warehouse.View) (err error) {
			d, err = c.Directory(ctx, v, levels, today)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		u, _ := d.Unit("D")
		return u.Name, d
	}
	load := func(name string) Report {
		t.Helper()
		r, err := LoadTable(ctx, w, [][]string{{"编码", "名称", "层级"}, {"D", name, "district"}}, TableOptions{Levels: levels, Now: today})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	load("甲区")
	first, d1 := names()
	_, d2 := names()
	if first != "甲区" || d1 != d2 {
		t.Errorf("%q; the second call loaded again: %v", first, d1 != d2)
	}
	r := load("乙区")
	if name, _ := names(); name != "乙区" {
		t.Errorf("after a load: %q", name)
	}
	if _, err := w.Undo(ctx, r.Job); err != nil {
		t.Fatal(err)
	}
	if name, _ := names(); name != "甲区" {
		t.Errorf("after an undo: %q", name)
	}
}
