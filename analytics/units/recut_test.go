package units

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gridstar/geo"
)

// A cut that merges G1 and G2 and splits G3: what the register says of people follows where it is known, and is missing where it is not.
func TestARecutRestatesTheRegister(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, [][]string{
		{"编码", "名称", "层级", "上级编码", "户数", "人口"},
		{"C1", "朝阳社区", "community", "", "", ""},
		{"C2", "光明社区", "community", "", "", ""},
		{"G1", "第一网格", "grid", "C1", "305", "900"},
		{"G2", "第二网格", "grid", "C1", "334", ""},
		{"G3", "第三网格", "grid", "C2", "100", "300"},
	}, "")
	loadLayer(t, w, "grid", "", feature(1, "G1", "", "", square(0, 0)), feature(2, "G2", "", "", square(1, 0)), feature(3, "G3", "", "", block(2, 0, 4, 1)))
	opt := LayerOptions{Level: "grid", Levels: levels, CRS: "wgs84", Source: "t", Now: today, ValidFrom: day("2025-03-01"), End: []string{"G2"}}
	r, err := LoadLayer(context.Background(), w, features(feature(1, "G1", "", "", block(0, 0, 2, 1)), feature(2, "G3", "", "", square(2, 0)), feature(3, "G4", "第四网格", "C2", square(3, 0))), opt)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Layer.Split, r.Layer.Merged); got != "[{[G3] [G3 G4]}] [{[G1 G2] [G1]}]" {
		t.Errorf("%s", got)
	}
	say := func(on time.Time) string {
		var parts []string
		d := directory(t, w, on)
		for _, code := range []string{"G1", "G2", "G3", "G4"} {
			u, ok := d.Unit(code)
			if !ok || !u.In(on) {
				parts = append(parts, code+" –")
				continue
			}
			number := func(n *int64) string {
				if n == nil {
					return "?"
				}
				return fmt.Sprint(*n)
			}
			parts = append(parts, code+" "+number(u.Households)+"/"+number(u.Population))
		}
		return strings.Join(parts, ", ")
	}
	if got, want := say(day("2025-02-01")), "G1 305/900, G2 334/?, G3 100/300, G4 –"; got != want {
		t.Errorf("before: %s, want %s", got, want)
	}
	if got, want := say(day("2025-04-01")), "G1 639/?, G2 –, G3 ?/?, G4 ?/?"; got != want {
		t.Errorf("after: %s, want %s", got, want)
	}
	// A unit with parts does not end before they have another place.
	opt = LayerOptions{Level: "community", Levels: levels, CRS: "wgs84", Source: "t", Now: today, ValidFrom: day("2025-05-01"), End: []string{"C2"}}
	if _, err := LoadLayer(context.Background(), w, features(feature(1, "C1", "", "", block(0, 0, 4, 1))), opt); err == nil || !strings.Contains(err.Error(), "下级单位") {
		t.Errorf("a community with grids ends: %v", err)
	}
	// A file of one grid that lies over a neighbour says so.
	over := loadLayer(t, w, "grid", "", feature(1, "G1", "", "", block(0, 0, 2.2, 1)))
	if got := fmt.Sprint(over.Layer.Overlapped); got != "[G3]" {
		t.Errorf("overlapped: %s", got)
	}
}

func features(fs ...geo.Feature) []geo.Feature { return fs }
