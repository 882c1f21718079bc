package units

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"gridstar/analytics/warehouse"
)

func loadTree(t testing.TB, w *warehouse.Warehouse, asOf *int64, on time.Time) *Tree {
	t.Helper()
	var tree *Tree
	err := w.View(context.Background(), func(v *warehouse.View) (err error) {
		tree, err = LoadTree(context.Background(), v, asOf, on)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// treePaths writes the tree as PathSQL's rows, and its order as UnitSQL's.
func treePaths(t *Tree) (paths, order []string) {
	for _, n := range t.Nodes() {
		code := n.Code
		if !n.Valid {
			code += "†"
		}
		order = append(order, code)
		for _, a := range n.Above {
			up := t.Node(int(a))
			paths = append(paths, fmt.Sprintf("%s %s → %s (%s)", n.Code, up.Level, up.Code, up.Tree))
		}
	}
	slices.Sort(paths)
	return paths, order
}

// The tree in memory and the two statements are three ways to say one thing.
func TestTreeEqualsTheStatementsOnRandomTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	conflicts := 0
	for round := range 6 {
		w := openWarehouse(t)
		first := randomTrees(r)
		v1 := store(t, w, first)
		second := slices.Clone(first)
		for i := range second {
			second[i].Sort = r.IntN(4)
			if r.IntN(3) == 0 {
				second[i].Covers = nil
			}
		}
		store(t, w, second)
		for _, asOf := range []*int64{&v1, nil} {
			for _, on := range []time.Time{day("2024-01-01"), day("2025-06-01"), today, day("2028-01-01")} {
				tree := loadTree(t, w, asOf, on)
				gotPaths, gotOrder := treePaths(tree)
				if diff := gocmp.Diff(paths(t, w, asOf, on), gotPaths); diff != "" {
					t.Fatalf("round %d on %s: %s", round, on.Format(time.DateOnly), diff)
				}
				if diff := gocmp.Diff(official(t, w, asOf, on), gotOrder); diff != "" {
					t.Fatalf("round %d on %s: %s", round, on.Format(time.DateOnly), diff)
				}
				checkTree(t, tree)
			}
		}
		conflicts += len(directory(t, w, today).CoverConflicts())
	}
	if conflicts < 10 {
		t.Errorf("the trees were too poor to tell: %d conflicts", conflicts)
	}
}

// checkTree holds what is derived against its definition.
func checkTree(t *testing.T, tree *Tree) {
	t.Helper()
	above := func(n *Node, position int) bool { return slices.Contains(n.Above, int32(position)) }
	for i := range tree.Nodes() {
		n := tree.Node(i + 1)
		if n.Position != i+1 || tree.Position(n.Code) != i+1 {
			t.Fatalf("%s stands at %d, found at %d", n.Code, n.Position, tree.Position(n.Code))
		}
		leaf := n.Valid
		for j := range tree.Nodes() {
			o := tree.Node(j + 1)
			below := o.Tree == n.Tree && above(o, n.Position)
			if inside := n.Position <= o.Position && o.Position <= n.Last; inside != below {
				t.Fatalf("%s in [%s, %d] is %v, below it %v", o.Code, n.Code, n.Last, inside, below)
			}
			leaf = leaf && !(o.Parent == n.Position && o.Valid)
		}
		if leaf != n.Leaf {
			t.Fatalf("%s is a leaf: %v, want %v", n.Code, n.Leaf, leaf)
		}
		for _, a := range n.Above {
			if up := tree.Node(int(a)); tree.At(n.Position, up.Level) != up.Position {
				t.Fatalf("%s at %s is %d, want %s", n.Code, up.Level, tree.At(n.Position, up.Level), up.Code)
			}
		}
	}
	var some []string
	for i := 0; i < tree.Len(); i += 5 {
		some = append(some, tree.Node(i+1).Code)
	}
	in := tree.Under(append(some, "nowhere"))
	for i := range tree.Nodes() {
		want := slices.ContainsFunc(some, func(c string) bool { return above(tree.Node(i+1), tree.Position(c)) })
		if in[i] != want {
			t.Fatalf("%s under %v: %v", tree.Node(i+1).Code, some, in[i])
		}
	}
}

func TestTreeOfNoUnits(t *testing.T) {
	tree := loadTree(t, openWarehouse(t), nil, today)
	if tree.Len() != 0 || tree.Position("") != 0 || len(tree.Under([]string{"A"})) != 0 {
		t.Error("something came from nothing")
	}
}

func TestTreeAttributes(t *testing.T) {
	w := openWarehouse(t)
	u := unit(Area, "street", "S", "", "红旗街道", 1)
	households, area := int64(1234), 5.25
	u.Households, u.AreaKM2 = &households, &area
	store(t, w, []Unit{u})
	n := loadTree(t, w, nil, today).Node(1)
	if n.Name != "红旗街道" || *n.Households != 1234 || *n.AreaKM2 != 5.25 || n.Population != nil || n.Tree != Area || n.Level != "street" || n.Parent != 0 {
		t.Errorf("%+v", n)
	}
}
