package units

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDirectory(t *testing.T) {
	d := town()
	if diff := cmp.Diff([]string{"D", "S1"}, codes(d.Ancestors("C11"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"C11", "C12"}, codes(d.Children("S1"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"D", "P1"}, codes(d.Children(""))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"C11", "C12", "C21", "C22"}, codes(d.AtLevel("community"))); diff != "" {
		t.Error(diff)
	}
	if d.Children("X") != nil || d.Ancestors("X") != nil || d.FullName("X") != "X" {
		t.Error("an unknown code has no place")
	}
	if d.FullName("D") != "示范区" || d.FullName("C11-1") != "红旗街道朝阳社区第一网格" {
		t.Error(d.FullName("D"), d.FullName("C11-1"))
	}
	us := d.Units()
	us[0].Name = "改"
	if u, _ := d.Unit("D"); u.Name != "示范区" {
		t.Error("the directory can be changed from outside")
	}
}

func TestContains(t *testing.T) {
	versions := town().Units()
	versions = append(versions, unit(Party, "cell", "P111", "P11", "一号楼党小组", 1)) // covers nothing itself
	d := NewDirectory(levels, versions, today)
	for _, c := range []struct {
		upper, code string
		want        bool
	}{
		{"S1", "C11-1", true},
		{"C11", "C11", true},
		{"C11", "S1", false},
		{"S2", "C11-1", false},
		{"P1", "P11", true},
		{"C12", "P11", true},
		{"S1", "P11", true},
		{"S2", "P11", false},
		{"C12-1", "P11", false},
		{"S1", "P111", true}, // through the organisation above it
		{"S2", "P111", false},
		{"P11", "C12", false},
		{"X", "C11", false},
		{"S1", "X", false},
	} {
		if got := d.Contains(c.upper, c.code); got != c.want {
			t.Errorf("%s in %s: %v", c.code, c.upper, got)
		}
	}
}
