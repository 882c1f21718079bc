package units

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gridstar/geo"
)

// A corrected name passes and is said; a list that disagrees about many codes is another list, and is refused with the codes.
func TestNamesThatContradict(t *testing.T) {
	list := func(name func(i int) string) [][]string {
		rows := [][]string{{"编码", "名称", "层级"}}
		for i := range 40 {
			rows = append(rows, []string{fmt.Sprintf("S%02d", i), name(i), "street"})
		}
		return rows
	}
	named := func(i int) string { return fmt.Sprintf("第%d街道", i) }
	w := openWarehouse(t)
	load(t, w, list(named), "")
	r := load(t, w, list(func(i int) string {
		if i == 7 {
			return "红旗街道"
		}
		return named(i)
	}), "")
	if fmt.Sprint(r.Renamed) != "[{S07 第7街道 红旗街道}]" || r.Replaced != 1 {
		t.Errorf("one corrected name: %+v", r)
	}
	other := list(func(i int) string {
		if i < 3 {
			return fmt.Sprintf("东风%d路街道", i)
		}
		return strings.TrimSuffix(named(i), "街道") // the short form of a name is no contradiction
	})
	_, err := LoadTable(context.Background(), w, other, TableOptions{Levels: levels, Now: today, File: "单位.csv"})
	c, ok := errors.AsType[*ContradictionError](err)
	if !ok || c.Shared != 40 || len(c.Names) != 4 { // 0, 1, 2, and 红旗街道 against 第7
		t.Fatalf("another list: %v", err)
	}
	if !strings.Contains(err.Error(), "S00 已登记为“第0街道”，文件中是“东风0路街道”") {
		t.Errorf("the sentence is %q", err)
	}
	if counts := counts(t, w, "org"); counts != "40 live, 1 past" {
		t.Errorf("after the refusal: %s", counts)
	}
	if _, err := LoadTable(context.Background(), w, other, TableOptions{Levels: levels, Now: today, File: "单位.csv", Rename: true}); err != nil {
		t.Errorf("names that are meant: %v", err)
	}
	// A layer that names them otherwise is refused too.
	_, err = LoadLayer(context.Background(), w, layerOf(5), LayerOptions{Level: "street", Levels: levels, CRS: "wgs84", Source: "t", Now: today})
	if _, ok := errors.AsType[*ContradictionError](err); !ok {
		t.Errorf("a layer with other names: %v", err)
	}
}

// The two public lists of China's streets share 34,164 codes and agree about the names of 27,689.
func TestCodeListsThatContradictEachOther(t *testing.T) {
	read := func(name string, code, text int) map[string]string {
		f, err := os.Open(filepath.Join("../../../shared/data/china", name))
		if err != nil {
			t.Skipf("no real data: %v", err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, r := range rows[1:] {
			if len(r[code]) == 9 {
				all[r[code]] = r[text]
			}
		}
		return all
	}
	one, two := read("modood_streets.csv", 0, 1), read("areacity_level4.csv", 0, 7)
	shared, same := 0, 0
	for code, name := range one {
		if other, ok := two[code]; ok {
			if shared++; other == name {
				same++
			}
		}
	}
	if shared != 34164 || same != 27689 {
		t.Logf("the files share %d codes and %d names", shared, same)
	}
	table := func(list map[string]string) [][]string {
		rows := [][]string{{"编码", "名称", "层级"}}
		for code, name := range list {
			rows = append(rows, []string{code, name, "street"})
		}
		return rows
	}
	w := openWarehouse(t)
	load(t, w, table(one), "")
	_, err := LoadTable(context.Background(), w, table(two), TableOptions{Levels: levels, Now: today, File: "areacity_level4.csv"})
	c, ok := errors.AsType[*ContradictionError](err)
	if !ok || c.Shared != shared || len(c.Names) > shared-same {
		t.Fatalf("%v", err)
	}
	found := false
	for _, n := range c.Names {
		found = found || n == Renaming{"411502103", "董家河镇", "李家寨镇"}
	}
	if !found {
		t.Error("411502103 is not among the contradictions")
	}
	t.Logf("%v", err)
}

// layerOf is squares for the first n streets, under names of its own.
func layerOf(n int) (fs []geo.Feature) {
	for i := range n {
		fs = append(fs, feature(i+1, fmt.Sprintf("S%02d", i), fmt.Sprintf("西湖%d号街道", i), "", square(float64(i), 0)))
	}
	return fs
}
