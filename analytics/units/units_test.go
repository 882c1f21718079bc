package units

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"gridstar/analytics/warehouse"
)

var levels = Levels{
	{ID: "district", Label: "区", Tree: Area},
	{ID: "street", Label: "街道", Tree: Area},
	{ID: "community", Label: "社区", Tree: Area},
	{ID: "grid", Label: "网格", Tree: Area},
	{ID: "building", Label: "楼栋", Tree: Area},
	{ID: "committee", Label: "街道党工委", Tree: Party},
	{ID: "branch", Label: "社区党组织", Tree: Party},
	{ID: "estate_branch", Label: "小区党组织", Tree: Party},
	{ID: "cell", Label: "楼栋党小组", Tree: Party},
	{ID: "household", Label: "党员中心户", Tree: Party},
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

var today = day("2026-03-01")

// openWarehouse opens an empty warehouse that closes with the test.
func openWarehouse(t testing.TB) *warehouse.Warehouse {
	t.Helper()
	lease, err := warehouse.Acquire(warehouse.Dir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	w, err := warehouse.Open(context.Background(), lease, warehouse.Options{
		Threads: 2, MemoryMiB: 512, Now: func() time.Time { return today }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		lease.Release()
	})
	return w
}

// directory loads the directory of the latest data version.
func directory(t testing.TB, w *warehouse.Warehouse, date time.Time) *Directory {
	t.Helper()
	var d *Directory
	err := w.View(context.Background(), func(v *warehouse.View) (err error) {
		d, err = LoadDirectory(context.Background(), v, levels, date)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// table reads a table written with | between cells, a row a line.
func table(text string) [][]string {
	var rows [][]string
	for _, line := range lines(text) {
		rows = append(rows, split(line, '|'))
	}
	return rows
}

func lines(text string) []string { return split(text, '\n') }

func split(s string, sep rune) []string {
	var out []string
	from := 0
	for i, r := range s {
		if r == sep {
			out = append(out, s[from:i])
			from = i + len(string(r))
		}
	}
	return append(out, s[from:])
}

func load(t testing.TB, w *warehouse.Warehouse, rows [][]string, tree string) Report {
	t.Helper()
	r, err := LoadTable(context.Background(), w, rows, TableOptions{Tree: tree, Levels: levels, Now: today, File: "单位.csv"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// counts reads live copies and past ones of a table.
func counts(t testing.TB, w *warehouse.Warehouse, name string) string {
	t.Helper()
	var live, past int
	err := w.View(context.Background(), func(v *warehouse.View) error {
		rows, err := v.Query(context.Background(), fmt.Sprintf("SELECT (SELECT count(*) FROM %[1]s), (SELECT count(*) FROM %[1]s_past)", name))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&live, &past); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d live, %d past", live, past)
}

func codes(us []Unit) []string {
	out := []string{}
	for _, u := range us {
		out = append(out, u.Code)
	}
	return out
}
