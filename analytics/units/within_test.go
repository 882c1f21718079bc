package units

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// village has a party tree of every sort: committees that cover their street (P1) and not (P2), an organisation that covers
// a part of two streets (E12), one that covers nothing known (V2), and such as have the area of the one above.
func village() *Directory {
	org := func(level, code, parent, name string, covers ...string) Unit {
		return Unit{Tree: Party, Level: level, Code: code, Parent: parent, Name: name, Sort: 1, ValidFrom: Beginning, Covers: covers}
	}
	return NewDirectory(levels, []Unit{
		unit(Area, "district", "D", "", "示范区", 1),
		unit(Area, "street", "S1", "D", "红旗街道", 2),
		unit(Area, "street", "S2", "D", "东风街道", 1),
		unit(Area, "community", "C1", "S1", "朝阳社区", 1, "老朝阳"),
		unit(Area, "community", "C2", "S1", "民族社区", 2),
		unit(Area, "community", "C3", "S2", "朝阳社区", 1, "新朝阳"),
		unit(Area, "grid", "G11", "C1", "第一网格", 1),
		unit(Area, "grid", "G12", "C1", "第二网格", 2),
		unit(Area, "grid", "G31", "C3", "第一网格", 1),
		org("committee", "P1", "", "红旗街道党工委", "S1"),
		org("branch", "B1", "P1", "朝阳党委", "C1"),
		org("estate_branch", "E1", "B1", "一号院党支部", "G11"),
		org("cell", "K1", "E1", "一号楼党小组"),
		org("estate_branch", "E0", "B1", "机关党支部"),
		org("branch", "B2", "P1", "民族党委", "C2"),
		org("committee", "P2", "", "东风街道党工委"),
		org("branch", "B3", "P2", "新朝阳党委", "C3"),
		org("branch", "V2", "P2", "两新党委"),
		org("committee", "P3", "", "跨界党工委"),
		org("estate_branch", "E12", "P3", "跨界党支部", "G12", "G31"),
		org("cell", "K12", "E12", "跨界党小组"),
	}, today)
}

func TestWithin(t *testing.T) {
	d := village()
	all := strings.Join(codes(d.Units()), " ")
	for _, c := range []struct{ situation, scope, units, roots string }{
		{"a street has the organisations that belong to it", "S1", "S1 C1 G11 G12 C2 P1 B1 E0 E1 K1 B2", "S1 P1"},
		{"a street whose committee covers nothing of its own", "S2", "S2 C3 G31 B3", "S2 B3"},
		{"a community", "C1", "C1 G11 G12 B1 E0 E1 K1", "C1 B1"},
		{"a grid that is all an organisation covers", "G11", "G11 E1 K1", "G11 E1"},
		{"a grid that is a part of what an organisation covers", "G12", "G12", "G12"},
		{"an organisation", "B1", "C1 G11 G12 B1 E0 E1 K1", "C1 B1"},
		{"one that covers parts of two streets", "E12", "G31 G12 E12 K12", "G31 G12 E12"},
		{"all that such a one covers", "G12 G31", "G31 G12 E12 K12", "G31 G12 E12"},
		{"one without an area", "V2", "V2", "V2"},
		{"a street and a community of it", "S1 C1", "S1 C1 G11 G12 C2 P1 B1 E0 E1 K1 B2", "S1 P1"},
		{"a community and its grid, and a unit that is none", "C1 G11 X", "C1 G11 G12 B1 E0 E1 K1", "C1 B1"},
		{"units of both streets, in official order", "C2 C3", "C3 G31 C2 B2 B3", "C3 C2 B2 B3"},
		{"the district", "D", "D S2 C3 G31 S1 C1 G11 G12 C2 P1 B1 E0 E1 K1 B2 B3 E12 K12", "D P1 B3 E12"},
		{"nothing", "", "", ""},
		{"a unit that is none", "X", "", ""},
	} {
		t.Run(c.situation, func(t *testing.T) {
			w := d.Within(Only(strings.Split(c.scope, " ")...))
			if got := strings.Join(codes(w.Units()), " "); got != c.units {
				t.Errorf("units %s, want %s", got, c.units)
			}
			if got := strings.Join(codes(w.Children("")), " "); got != c.roots {
				t.Errorf("roots %s, want %s", got, c.roots)
			}
			for _, u := range w.Units() {
				if _, ok := w.Unit(u.Parent); u.Parent != "" && !ok {
					t.Errorf("%s still names %s above it", u.Code, u.Parent)
				}
				for _, area := range u.Covers {
					if _, ok := w.Unit(area); !ok {
						t.Errorf("%s still names %s that it covers", u.Code, area)
					}
				}
			}
		})
	}
	if got := strings.Join(codes(d.Units()), " "); got != all {
		t.Errorf("the whole directory has changed: %s", got)
	}
	if d.Within(Everything()) != d {
		t.Error("everything is another directory")
	}
	if w := d.Within(Only("S1")); w.Within(Only("C1")).Len() != 7 || w.Within(Only("S2")).Len() != 0 || w.Date() != d.Date() || len(w.Levels()) != len(levels) {
		t.Error("a part of a part is not that part")
	}
}

// Nothing that can be asked of a narrowed directory tells of the units outside.
func TestWithinKnowsNothingAbove(t *testing.T) {
	d := village().Within(Only("C1"))
	if u, ok := d.Unit("S1"); ok || len(d.Ancestors("G11")) != 1 || d.Contains("S1", "G11") || d.Contains("D", "C1") || !d.Contains("C1", "B1") || !d.Contains("B1", "E0") {
		t.Errorf("the street is known: %+v", u)
	}
	if got := d.FullName("G11") + " " + d.FullName("C1") + " " + d.FullName("S1"); got != "第一网格 朝阳社区 S1" {
		t.Error(got)
	}
	if d.Any("street", "") || !d.Any("grid", "C1") || d.Any("grid", "S1") || !d.Any("branch", "") || d.Any("committee", "") {
		t.Error("levels")
	}
	for _, text := range []string{"红旗街道朝阳社区台账", "朝阳社区台账（老朝阳）", "朝阳社区"} {
		if u, ok, err := d.FindOne(text); err != nil || !ok || u.Code != "C1" {
			t.Errorf("%s speaks of %s, %v", text, u.Code, err)
		}
	}
	for _, text := range []string{"新朝阳台账", "民族社区台账", "东风街道", "跨界党支部"} {
		if found := d.FindInText(text); len(found) > 0 {
			t.Errorf("%s speaks of %v", text, codes(found))
		}
	}
	// what a unit elsewhere is called, and what nothing is called, is refused in the same words
	for foreign, nothing := range map[string]string{"C3": "C9", "新朝阳": "没有这个", "S1": "S9", "东风街道": "西风街道"} {
		_, err := d.Resolve(foreign, nil, "")
		_, want := d.Resolve(nothing, nil, "")
		var unknown *UnknownError
		if !errors.As(err, &unknown) || err.Error() != strings.Replace(want.Error(), nothing, foreign, 1) {
			t.Errorf("%s: %v, want %v", foreign, err, want)
		}
	}
	if u, err := d.Resolve("朝阳社区", nil, ""); err != nil || u.Code != "C1" {
		t.Errorf("the community of that name elsewhere is in the way: %s, %v", u.Code, err)
	}
}

// A narrowed tree is the whole one with the others left out, by definition and not by how it is made. And the two kinds of
// narrowing, of trees and of directories, leave the same units.
func TestTreeWithinRandomTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 15))
	organisations := 0
	for range 60 {
		versions := randomTrees(r)
		for _, on := range []time.Time{day("2024-01-01"), today, day("2028-01-01")} {
			tree := NewTree(versions, on)
			var given []string
			for range 1 + r.IntN(3) {
				given = append(given, versions[r.IntN(len(versions))].Code)
			}
			reach := Under(given...)
			w := tree.Within(reach)
			checkTree(t, w)
			in := reachedByHand(versions, tree, given)
			organisations += len(in) - len(underByHand(tree, given))
			var want []string
			for _, n := range tree.Nodes() {
				if in[n.Code] {
					want = append(want, n.Code)
				}
			}
			var got []string
			for i := range w.Nodes() {
				n, whole := w.Node(i+1), tree.Node(tree.Position(w.Node(i+1).Code))
				got = append(got, n.Code)
				var above []string
				for _, a := range whole.Above {
					if up := tree.Node(int(a)).Code; in[up] {
						above = append(above, up)
					}
				}
				var kept []string
				for _, a := range n.Above {
					kept = append(kept, w.Node(int(a)).Code)
				}
				up, parent := 0, ""
				for up = whole.Parent; up > 0 && !in[tree.Node(up).Code]; up = tree.Node(up).Parent {
				}
				if n.Parent > 0 {
					parent = w.Node(n.Parent).Code
				}
				if up > 0 != (parent != "") || up > 0 && tree.Node(up).Code != parent {
					t.Fatalf("%s within %v: right below %q", n.Code, given, parent)
				}
				if !slices.Equal(above, kept) || n.Valid != whole.Valid || n.Name != whole.Name {
					t.Fatalf("%s within %v: above %v, want %v (%+v)", n.Code, given, kept, above, n)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("within %v: %s", given, diff)
			}
			d := NewDirectory(levels, versions, on).Within(Scope{Reach: reach})
			if diff := cmp.Diff(append([]string{}, want...), codes(d.Units())); diff != "" {
				t.Fatalf("directory within %v: %s", given, diff)
			}
			for _, u := range d.Units() {
				if n := w.Node(w.Position(u.Code)); n.Parent > 0 && w.Node(n.Parent).Code != u.Parent || n.Parent == 0 && u.Parent != "" {
					t.Fatalf("%s within %v: right below %q in the directory", u.Code, given, u.Parent)
				}
			}
		}
	}
	if organisations < 20 {
		t.Errorf("only %d organisations belonged to an area", organisations)
	}
}

func underByHand(tree *Tree, given []string) map[string]bool {
	in := map[string]bool{}
	for _, n := range tree.Nodes() {
		for _, a := range n.Above {
			if slices.Contains(given, tree.Node(int(a)).Code) {
				in[n.Code] = true
			}
		}
	}
	return in
}

// reachedByHand follows the words of Reached, unit by unit.
func reachedByHand(versions []Unit, tree *Tree, given []string) map[string]bool {
	in := underByHand(tree, given)
	covers := map[string][]string{} // only of units that there are
	for _, u := range versions {
		for _, area := range u.Covers {
			if u.Tree == Party && tree.Position(area) > 0 && !slices.Contains(covers[u.Code], area) {
				covers[u.Code] = append(covers[u.Code], area)
			}
		}
	}
	reached := map[string]bool{}
	for code := range in {
		reached[code] = true
	}
	strays := func(code string) bool {
		return slices.ContainsFunc(covers[code], func(area string) bool { return !in[area] })
	}
	for _, n := range tree.Nodes() {
		if n.Tree != Party {
			continue
		}
		known := false
		for p := n.Position; p > 0; p = tree.Node(p).Parent {
			if code := tree.Node(p).Code; len(covers[code]) > 0 {
				known = !strays(code)
				break
			}
		}
		for _, below := range tree.Nodes() {
			if below.Tree == Party && slices.Contains(below.Above, int32(n.Position)) && strays(below.Code) {
				known = false
			}
		}
		if known {
			reached[n.Code] = true
		}
	}
	return reached
}
