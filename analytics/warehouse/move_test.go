package warehouse

import (
	"context"
	"fmt"
	"testing"
)

// A new cut gives rows other units; the copy of before stays in the past, the first unit in org_then, and undo brings it back.
func TestMove(t *testing.T) {
	ctx := context.Background()
	w := openTest(t, t.TempDir(), Options{})
	first, _ := load(t, w, matter{"a", "办理中", 2}, matter{"b", "办理中", 3}, matter{"c", "办理中", 4})
	is := func(want ...string) {
		t.Helper()
		got := texts(t, w, "SELECT id || ':' || coalesce(org_code, '-') || ':' || coalesce(org_then, '-') || ':' || coalesce(located, '-') || ':' || job FROM record ORDER BY id")
		for i := range want {
			want[i] += fmt.Sprintf(":%d", first)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	move := func(moved string, keep bool, want int64) int64 {
		t.Helper()
		j := begin(t, w, Spec{Verb: "grids load", All: true})
		n, err := j.Move(ctx, "record", moved, keep)
		if err != nil || n != want {
			t.Fatalf("moved %d of %d: %v", n, want, err)
		}
		if _, err := j.Publish(ctx, Totals{}); err != nil {
			t.Fatal(err)
		}
		return j.ID
	}
	is("a:-:-:-", "b:-:-:-", "c:-:-:-")
	was := texts(t, w, "SELECT content::VARCHAR FROM record WHERE id = 'a'")
	one := move("SELECT * FROM (VALUES ('a', 'G1', 'point'), ('b', 'G2', 'point'), ('x', 'G2', 'point')) v(id, org, located)", true, 2)
	is("a:G1::point", "b:G2::point", "c:-:-:-") // '' : it had none when it was loaded
	if now := texts(t, w, "SELECT content::VARCHAR FROM record WHERE id = 'a'"); fmt.Sprint(now) == fmt.Sprint(was) {
		t.Error("the content of a moved row is that of before")
	}
	two := move("SELECT * FROM (VALUES ('a', 'G3', 'point'), ('b', '', 'outside'), ('c', '', NULL)) v(id, org, located)", true, 2)
	is("a:G3::point", "b:-:-:outside", "c:-:-:-") // b is where it was when it was loaded
	move("SELECT * FROM (VALUES ('c', 'G9', 'point')) v(id, org, located)", false, 1)
	is("a:G3::point", "b:-:-:outside", "c:G9:-:point")
	if r, err := w.Verify(ctx); err != nil || len(r.Damaged) > 0 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	if _, err := w.Undo(ctx, one); err == nil {
		t.Error("a move was undone that a later one built on")
	}
	mustUndo(t, w, two)
	is("a:G1::point", "b:G2::point", "c:G9:-:point")
	mustUndo(t, w, one)
	is("a:-:-:-", "b:-:-:-", "c:G9:-:point")
	// The same file again changes nothing of what was moved: what the rows say is what is there.
	mustUndo(t, w, first)
	if got := texts(t, w, "SELECT id FROM record"); len(got) != 0 {
		t.Errorf("after undoing the load: %v", got)
	}
	if r, err := w.Verify(ctx); err != nil || len(r.Damaged) > 0 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	j := begin(t, w, Spec{})
	defer j.Abandon()
	if _, err := j.Move(ctx, "figure", "SELECT 1", true); err == nil {
		t.Error("figures were moved")
	}
}
