package warehouse

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// With DuckDB 1.1's defaults a plain ORDER BY puts 一网格 before 01网格: texts of under 16 bytes are compared as
// signed integers. The engine must be opened with the optimizer that does so switched off.
func TestShortChineseTextSortsByItsBytes(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matter{"01网格", "x", 1}, matter{"一网格", "x", 2}, matter{"a", "x", 3}, matter{"é", "x", 4})
	got := texts(t, w, "SELECT id FROM record ORDER BY id")
	if diff := cmp.Diff([]string{"01网格", "a", "é", "一网格"}, got); diff != "" {
		t.Error(diff)
	}
	grouped := texts(t, w, "SELECT id FROM (SELECT id, count(*) FROM record GROUP BY id) ORDER BY id")
	if diff := cmp.Diff(got, grouped); diff != "" {
		t.Error("grouped:", diff)
	}
}
