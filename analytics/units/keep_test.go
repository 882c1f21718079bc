package units

import (
	"context"
	"strings"
	"testing"
)

func TestUndoMayNotOrphanUnits(t *testing.T) {
	ctx := context.Background()
	w := openWarehouse(t)
	w.OnPublish(KeepTree)
	load := func(text string) Report {
		t.Helper()
		r, err := LoadTable(ctx, w, table(text), TableOptions{Levels: levels, Now: today})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := load(`
		编码|名称|层级|上级编码
		D|示范区|district|
		S|红旗街道|street|D`)
	second := load(`
		编码|名称|层级|上级编码
		C|朝阳社区|community|S`)
	if _, err := w.Undo(ctx, first.Job); err == nil || !strings.Contains(err.Error(), "“朝阳社区”（编码 C）将失去所依附的单位 S") {
		t.Errorf("undo of the upper units: %v", err)
	}
	if d := directory(t, w, today); d.Len() != 3 {
		t.Errorf("%d units after the refused undo", d.Len())
	}
	if _, err := w.Undo(ctx, second.Job); err != nil {
		t.Error(err)
	}
	if _, err := w.Undo(ctx, first.Job); err != nil {
		t.Errorf("undo once nothing hangs on it: %v", err)
	}
}
